"""How far a contract is complete, by each method, in real ledgers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fixed_books import FIXED
from tests.fixed_books import HEAD
from tests.fixed_books import bill
from tests.fixed_books import codes
from tests.fixed_books import held
from tests.fixed_books import nets
from tests.fixed_books import order
from tests.fixed_books import report
from tests.fixed_books import worked

if TYPE_CHECKING:
    from pathlib import Path

MIXED = FIXED + "value: 10000\nmilestones: {M1: {value: 6000}, M2: {value: 4000, bill: accepted}}\n"
TASKS = "tasks: {build: {milestone: M1}, test: {milestone: M2}}\n"
HOURS = FIXED + "value: 10000\nreconcile: {completion: hours}\n" + TASKS


def percent(folder: Path, contract: str, facts: str, as_of: str = "2025-03-31") -> str:
    """The completion with two places, "unknown" without one."""
    known = bill(folder, contract, facts, as_of).positions["APP"].completion
    return "unknown" if known is None else f"{known:.2f}"


@pytest.mark.parametrize(
    ("declared", "first", "second", "seen"),
    [
        ("", 100, "", "60.00"),
        ("", 50, "accepted", "70.00"),
        ("accepted", 100, "", "0.00"),
        ("accepted", 100, "accepted", "40.00"),
        ("progress", 100, "", "100.00"),
        ("progress", 50, "", "70.00"),
    ],
)
def test_acceptance_counts_where_it_bills_or_is_declared(
    tmp_path: Path, declared: str, first: int, second: str, seen: str
) -> None:
    contract = MIXED + (f"reconcile: {{completion: {declared}}}\n" if declared else "")
    day = "2025-03-20" if second else ""
    facts = report("2025-03-10", first, "M1") + report("2025-03-20", 100, "M2", accepted=day)
    assert percent(tmp_path, contract, facts) == seen


def test_a_complete_milestone_beside_one_to_be_accepted_is_billed(tmp_path: Path) -> None:
    facts = report("2025-03-10", 100, "M1") + report("2025-03-20", 100, "M2")
    billing = bill(tmp_path, MIXED, facts, "2025-03-31")
    assert nets(billing) == [("milestone/2025-03-10", "6000.00")]
    assert codes(billing) == []


def test_declared_acceptance_holds_what_is_only_reported(tmp_path: Path) -> None:
    contract = MIXED + "reconcile: {completion: accepted}\n"
    billing = bill(tmp_path, contract, report("2025-03-10", 100, "M1"), "2025-03-31")
    assert held(billing) == [("milestone/2025-03-10", "6000.00", ["invoice-held-overbilling"])]
    accepted = report("2025-03-10", 100, "M1", accepted="2025-03-12")
    billing = bill(tmp_path / "2", contract, accepted, "2025-03-31")
    assert (nets(billing), codes(billing)) == ([("milestone/2025-03-10", "6000.00")], [])


def test_acceptance_counts_as_complete_without_a_percentage(tmp_path: Path) -> None:
    facts = report("2025-03-10", 0, "M2", accepted="2025-03-12").replace('  complete: "0 %"\n', "")
    assert percent(tmp_path, MIXED, facts) == "40.00"


def test_of_one_day_the_last_report_counts(tmp_path: Path) -> None:
    facts = report("2025-03-10", 30, "M1") + report("2025-03-10", 50, "M1").replace("report-", "b-")
    assert percent(tmp_path, MIXED, facts) == "30.00"


def test_unreported_milestones_count_nothing_once_one_is_reported(tmp_path: Path) -> None:
    assert percent(tmp_path / "1", MIXED, "") == "unknown"
    assert percent(tmp_path / "2", MIXED, report("2025-03-10", 100, "M1")) == "60.00"
    assert percent(tmp_path / "3", MIXED, report("2025-03-10", 0, "M1")) == "0.00"
    assert percent(tmp_path / "4", MIXED, report("2025-04-01", 9, "M1")) == "unknown"


def test_the_whole_is_read_where_it_is_reported_by_hand(tmp_path: Path) -> None:
    facts = report("2025-03-10", 100, "M1") + report("2025-03-20", 33)
    assert percent(tmp_path / "1", MIXED, facts) == "60.00"
    manual = MIXED + "reconcile: {completion: manual}\n"
    assert percent(tmp_path / "2", manual, facts) == "33.00"


def test_the_whole_counts_while_no_milestone_is_reported(tmp_path: Path) -> None:
    assert percent(tmp_path / "1", MIXED, report("2025-03-20", 33)) == "33.00"
    accepted = MIXED + "reconcile: {completion: accepted}\n"
    assert percent(tmp_path / "2", accepted, report("2025-03-20", 33)) == "unknown"


def test_agreed_instalments_are_no_progress(tmp_path: Path) -> None:
    contract = FIXED + (
        "value: 10000\nmilestones: {A: {value: 5000, bill: {date: 2025-02-01, advance: true}}, "
        "M1: {value: 4000}, M2: {value: 1000}}\n"
    )
    facts = report("2025-03-10", 50, "M1")
    assert percent(tmp_path, contract, facts) == "40.00"


@pytest.mark.parametrize(
    ("terms", "facts", "seen"),
    [
        ("milestones: {M1: {value: 6000, hours: 40}, M2: {value: 4000, hours: 20}}\n", "", "41.00"),
        ("milestones: {M1: {value: 6000}, M2: {value: 4000}}\nbudget: {hours: 80}\n", "", "31.25"),
        ("milestones: {M1: {value: 6000}, M2: {value: 4000}}\n", "", "unknown"),
        ("milestones: {M1: {value: 6000}, M2: {value: 4000}}\n", "whole", "50.00"),
        (
            "milestones: {M1: {value: 6000, hours: 40}, M2: {value: 4000, hours: 20}}\n",
            "part",
            "50.00",
        ),
        ("milestones: {M1: {value: 6000, hours: 10}, M2: {value: 4000, hours: 5}}\n", "", "100.00"),
        (
            "milestones: {M1: {value: 6000, hours: 40}, M2: {value: 4000, hours: 20}}\n",
            "accepted",
            "74.00",
        ),
    ],
    ids=["planned", "budget", "no plan", "remaining", "remaining of one", "overrun", "accepted"],
)
def test_hours_measure_completion(tmp_path: Path, terms: str, facts: str, seen: str) -> None:
    told = worked("t-1", "2025-03-03", 10, task="build") + worked(
        "t-2", "2025-03-04", 8, task="build"
    )
    told += worked("t-3", "2025-03-05", 7, task="test")
    if facts == "whole":
        told += report("2025-03-10", 10).replace("  id:", '  remaining: "25"\n  id:')
    if facts == "part":
        told += report("2025-03-10", 10, "M1").replace("  id:", '  remaining: "12.0"\n  id:')
    if facts == "accepted":  # nothing is left to do on it, whatever was planned
        told += report("2025-03-10", 100, "M1", accepted="2025-03-10")
    assert percent(tmp_path, HOURS + terms, told) == seen


def test_completion_follows_orders_with_milestones_of_their_own(tmp_path: Path) -> None:
    contract = FIXED + (
        "value: 10000\nmilestones: {M1: {value: 10000}, M2: {value: 2500, change-order: CO-1}}\n"
    )
    facts = report("2025-03-10", 100, "M1") + report("2025-03-10", 40, "M2")
    pending = order("CO-1", "2025-03-01", "2500.00")
    assert percent(tmp_path / "1", contract, facts + pending) == "100.00"
    approved = order("CO-1", "2025-03-01", "2500.00", approved="2025-03-02")
    assert percent(tmp_path / "2", contract, facts + approved) == "88.00"


def test_a_retainer_and_plain_hours_have_no_completion(tmp_path: Path) -> None:
    contract = HEAD + "billing: time-and-materials\nrates: {default: 100}\n"
    assert percent(tmp_path / "1", contract, worked("t-1", "2025-03-03", 5)) == "unknown"
    budget = contract + "budget: {amount: 2000}\n"
    assert percent(tmp_path / "2", budget, worked("t-1", "2025-03-03", 5)) == "25.00"
    retainer = HEAD + "billing: retainer\nretainer: {fee: 500, hours: 5}\n"
    assert percent(tmp_path / "3", retainer, "") == "unknown"
