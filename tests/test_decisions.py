"""Holds, releases and write-offs in real ledgers, and drafts that come to nothing or less."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fixed_books import FIXED
from tests.fixed_books import HEAD
from tests.fixed_books import bill
from tests.fixed_books import codes
from tests.fixed_books import found
from tests.fixed_books import held
from tests.fixed_books import issued
from tests.fixed_books import nets
from tests.fixed_books import report
from tests.fixed_books import worked

if TYPE_CHECKING:
    from pathlib import Path

HOURLY = HEAD + "billing: time-and-materials\nrates: {default: 100}\n"
DATED = FIXED + "value: 4000\nmilestones: {P1: {value: 4000, bill: {date: 2025-03-31}}}\n"
TWO = worked("t-1", "2025-01-10", 1) + worked("t-2", "2025-02-10", 2)
JANUARY, FEBRUARY = "time/2025-01-31", "time/2025-02-28"
PHASE = "milestone/2025-03-31"


def hold(day: str, draft: str = "", reason: str = "Scope under discussion") -> str:
    """A hold of the project or of one draft."""
    subject = f' "APP/{draft}"' if draft else ""
    return f'{day} custom "billing-hold" "APP"{subject}\n  reason: "{reason}"\n'


def release(day: str, draft: str = "", net: str = "") -> str:
    """A release of the project, or of one draft with its net."""
    subject = f' "APP/{draft}" {net} EUR' if draft else ""
    return f'{day} custom "billing-release" "APP"{subject}\n  reason: "Agreed by mail"\n'


@pytest.mark.parametrize(
    ("decisions", "on_hold"),
    [
        ("", []),
        (hold("2025-01-01"), [JANUARY, FEBRUARY]),
        (hold("2025-01-31"), [JANUARY, FEBRUARY]),
        (hold("2025-02-01"), [FEBRUARY]),
        (hold("2025-03-01"), []),
        (hold("2025-03-01", JANUARY), [JANUARY]),
        (hold("2025-03-01", "time/2025-03-31"), []),
        (hold("2025-01-01") + release("2025-02-15"), []),
        (hold("2025-01-01") + release("2025-02-15") + hold("2025-02-20"), [FEBRUARY]),
        (hold("2025-01-01") + release("2025-02-15", JANUARY, "100.00"), [FEBRUARY]),
        (hold("2025-01-01") + release("2025-02-15", JANUARY, "100.01"), [JANUARY, FEBRUARY]),
        (hold("2025-02-01", JANUARY) + release("2025-02-15", JANUARY, "100.00"), []),
        (hold("2025-02-01", JANUARY) + release("2025-02-15", JANUARY, "90.00"), [JANUARY]),
        (hold("2025-02-01", JANUARY) + release("2025-02-15"), [JANUARY]),
        (release("2025-02-15", JANUARY, "100.00") + hold("2025-02-16", JANUARY), [JANUARY]),
        (
            hold("2025-01-01") + release("2025-02-15", JANUARY, "100.00") + hold("2025-02-16"),
            [FEBRUARY],
        ),
        (hold("2025-04-01", JANUARY), []),
    ],
)
def test_holds_stand_until_they_are_released(
    tmp_path: Path, decisions: str, on_hold: list[str]
) -> None:
    billing = bill(tmp_path, HOURLY, TWO + decisions, "2025-03-31")
    assert [(name, reasons) for name, _, reasons in held(billing)] == [
        (name, ["billing-on-hold"]) for name in on_hold
    ]
    assert codes(billing) == ["hold billing-on-hold"] * len(on_hold)
    assert {name for name, _ in nets(billing)} == {JANUARY, FEBRUARY} - set(on_hold)


def test_a_hold_says_why_and_where(tmp_path: Path) -> None:
    billing = bill(tmp_path, HOURLY, TWO + hold("2025-02-01"), "2025-03-31")
    finding = found(billing, "billing-on-hold")
    assert "2025-02-01: Scope under discussion" in finding.message
    text = (tmp_path / "facts.beancount").read_text().splitlines()
    assert "billing-hold" in text[finding.place.line - 1]


def test_a_release_lets_a_phase_be_billed_ahead(tmp_path: Path) -> None:
    facts = report("2025-03-31", 60, "P1")
    assert held(bill(tmp_path / "1", DATED, facts, "2025-03-31"))
    facts += release("2025-04-01", PHASE, "4000.00")
    billing = bill(tmp_path / "2", DATED, facts, "2025-04-01")
    assert (nets(billing), codes(billing)) == ([(PHASE, "4000.00")], [])
    early = bill(tmp_path / "3", DATED, facts, "2025-03-31")
    assert [reasons for _, _, reasons in held(early)] == [["invoice-held-overbilling"]]


def test_a_release_lapses_with_another_net(tmp_path: Path) -> None:
    facts = report("2025-03-31", 60, "P1") + release("2025-04-01", PHASE, "3999.99")
    billing = bill(tmp_path / "1", DATED, facts, "2025-04-01")
    assert held(billing) == [(PHASE, "4000.00", ["invoice-held-overbilling"])]
    assert "has lapsed" in found(billing, "invoice-held-overbilling").message
    again = facts + release("2025-04-02", PHASE, "4000.00")
    assert nets(bill(tmp_path / "2", DATED, again, "2025-04-02")) == [(PHASE, "4000.00")]
    other = again + release("2025-04-03", PHASE, "4100.00")
    assert nets(bill(tmp_path / "3", DATED, other, "2025-04-03")) == [(PHASE, "4000.00")]


def test_a_release_lifts_effort_and_lets_the_next_draft_count_it(tmp_path: Path) -> None:
    contract = FIXED + (
        "value: 8000\ntasks: {build: {milestone: P1}}\nmilestones: {P1: {value: 4000, hours: 10, "
        "bill: {date: 2025-03-31}}, P2: {value: 4000}}\n"
    )
    facts = report("2025-03-20", 60, "P1") + worked("t-1", "2025-03-03", 12, task="build")
    facts += release("2025-04-01", PHASE, "4000.00") + report("2025-04-10", 100, "P2")
    billing = bill(tmp_path, contract, facts, "2025-04-30")
    assert nets(billing) == [(PHASE, "4000.00")]
    # 8000 would be billed of 6400 earned, and 400 are tolerated.
    assert held(billing) == [("milestone/2025-04-10", "4000.00", ["invoice-held-overbilling"])]


def test_a_missing_rate_cannot_be_released(tmp_path: Path) -> None:
    contract = HEAD + "billing: time-and-materials\nrates: {tasks: {dev: 100}}\n"
    facts = worked("t-1", "2025-01-10", 1, task="dev") + worked("t-2", "2025-01-11", 1, task="law")
    facts += release("2025-02-01", JANUARY, "100.00")
    billing = bill(tmp_path, contract, facts, "2025-02-01")
    assert held(billing) == [(JANUARY, "100.00", ["rate-missing"])]


def test_what_is_written_off_is_not_billed(tmp_path: Path) -> None:
    entry = '2025-03-01 custom "write-off" "APP" "t-1"\n  reason: "Goodwill"\n'
    billing = bill(tmp_path / "1", HOURLY, TWO + entry, "2025-03-31")
    assert (nets(billing), codes(billing)) == ([(FEBRUARY, "200.00")], [])
    facts = report("2025-03-31", 60, "P1") + (
        f'2025-04-01 custom "write-off" "APP" "APP/{PHASE}"\n  reason: "Goodwill"\n'
    )
    billing = bill(tmp_path / "2", DATED, facts, "2025-04-01")
    assert billing.drafts == []


def adjustment(identity: str, day: str, amount: str) -> str:
    """An agreed adjustment."""
    return (
        f'{day} custom "billing-adjustment" "APP" "{identity}" {amount} EUR\n  text: "Goodwill"\n'
    )


@pytest.mark.parametrize(
    ("amount", "ready", "on_hold", "code"),
    [
        ("-99.99", [(JANUARY, "0.01")], [], []),
        ("-100.00", [], [], ["info zero-invoice"]),
        (
            "-100.01",
            [],
            [(JANUARY, "-0.01", ["negative-invoice"])],
            ["hold negative-invoice"],
        ),
    ],
)
def test_a_draft_is_never_below_zero(
    tmp_path: Path,
    amount: str,
    ready: list[tuple[str, str]],
    on_hold: list[tuple[str, str, list[str]]],
    code: list[str],
) -> None:
    facts = worked("t-1", "2025-01-10", 1) + adjustment("ADJ-1", "2025-01-20", amount)
    billing = bill(tmp_path, HOURLY, facts, "2025-02-15")
    assert (nets(billing), held(billing), codes(billing)) == (ready, on_hold, code)
    assert [draft.kind for draft in billing.drafts if draft.held] == ["credit"] * len(on_hold)
    assert len(billing.closings) == (code == ["info zero-invoice"])


def test_an_adjustment_is_billed_once(tmp_path: Path) -> None:
    facts = worked("t-1", "2025-01-10", 9) + adjustment("ADJ-1", "2025-01-20", "-350.00")
    billing = bill(tmp_path / "1", HOURLY, facts, "2025-01-31")
    assert nets(billing) == [(JANUARY, "550.00")]
    invoice = issued(tmp_path / "2", HOURLY, facts, "2025-01-31")
    assert invoice.count("350.00") == 1


def test_adjustments_of_a_day_are_in_order_of_their_ids(tmp_path: Path) -> None:
    facts = worked("t-1", "2025-01-10", 9) + adjustment("ADJ-2", "2025-01-20", "-35.00")
    facts += adjustment("ADJ-1", "2025-01-20", "-36.00")
    (draft,) = bill(tmp_path, HOURLY, facts, "2025-01-31").drafts
    assert [str(line.amount) for line in draft.lines[1:]] == ["-36.00", "-35.00"]


@pytest.mark.parametrize("day", ["2024-12-31", "2025-02-01"])
def test_work_outside_the_dates_can_be_written_off(tmp_path: Path, day: str) -> None:
    contract = HOURLY + "end: 2025-01-31\n"
    facts = worked("t-1", "2025-01-10", 1) + worked("t-2", day, 2)
    assert len(codes(bill(tmp_path / "1", contract, facts, "2025-02-28"))) == 1
    facts += '2025-02-10 custom "write-off" "APP" "t-2"\n  reason: "Goodwill"\n'
    billing = bill(tmp_path / "2", contract, facts, "2025-02-28")
    assert (nets(billing), codes(billing)) == ([(JANUARY, "100.00")], [])
    assert billing.positions["APP"].hours.non_billable == 7200
