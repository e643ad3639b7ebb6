"""Milestones in real ledgers: partial billing by progress, and what can be wrong with one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fixed_books import FIXED
from tests.fixed_books import approval
from tests.fixed_books import bill
from tests.fixed_books import by_hand
from tests.fixed_books import codes
from tests.fixed_books import found
from tests.fixed_books import held
from tests.fixed_books import issued
from tests.fixed_books import nets
from tests.fixed_books import order
from tests.fixed_books import report
from tests.ledgers import credit_text

if TYPE_CHECKING:
    from pathlib import Path

PROGRESS = FIXED + "value: 10000\nmilestones: {M1: {value: 10000, bill: progress}}\n"
COMPLETE = FIXED + "value: 10000\nmilestones: {M1: {value: 10000}}\n"
STEPS = FIXED + "value: 10000\nmilestones: {M1: {value: 10000, bill: [30, 80, 100]}}\n"
ACCEPTED = FIXED + "value: 10000\nmilestones: {M1: {value: 10000, bill: accepted}}\n"
THIRD = PROGRESS.replace("10000", "1000.01")


def test_parts_by_progress_add_up_to_the_price(tmp_path: Path) -> None:
    facts = "".join(
        report(f"2025-0{month}-28", percent, "M1")
        for month, percent in enumerate(("33.33", "66.67", "100"), 2)
    )
    billing = bill(tmp_path, THIRD, facts, "2025-04-30")
    assert nets(billing) == [
        ("milestone/2025-02-28", "333.30"),
        ("milestone/2025-03-28", "333.41"),
        ("milestone/2025-04-28", "333.30"),
    ]
    assert codes(billing) == []


def test_steps_bill_what_is_reached_and_no_more(tmp_path: Path) -> None:
    facts = (
        report("2025-02-10", 29, "M1")
        + report("2025-02-20", 30, "M1")
        + report("2025-03-10", 99, "M1")
        + report("2025-03-20", 100, "M1")
    )
    billing = bill(tmp_path, STEPS, facts, "2025-03-31")
    assert nets(billing) == [
        ("milestone/2025-02-20", "3000.00"),
        ("milestone/2025-03-10", "5000.00"),
        ("milestone/2025-03-20", "2000.00"),
    ]
    early = bill(tmp_path / "early", STEPS, facts[: facts.index("2025-03-20")], "2025-03-15")
    assert codes(early) == []  # 19 % are earned that the steps do not let be billed yet
    assert str(early.positions["APP"].earned) == "9900.00"


def test_what_was_taken_back_before_it_was_issued_is_not_billed(tmp_path: Path) -> None:
    facts = report("2025-02-10", 60, "M1") + report("2025-02-20", 40, "M1")
    billing = bill(tmp_path, PROGRESS, facts, "2025-02-28")
    assert nets(billing) == [("milestone/2025-02-10", "4000.00")]
    assert codes(billing) == []


def test_progress_goes_on_from_what_is_billed_after_a_regress(tmp_path: Path) -> None:
    first = report("2025-02-10", 60, "M1")
    invoice = issued(tmp_path / "1", PROGRESS, first, "2025-02-10")
    back = first + invoice + report("2025-03-10", 40, "M1")
    billing = bill(tmp_path / "2", PROGRESS, back, "2025-03-31")
    assert nets(billing) == []
    assert codes(billing) == ["error milestone-regress", "error overbilled"]
    regress = found(billing, "milestone-regress")
    assert str(regress.amount) == "2000.00"
    assert str(regress.date) == "2025-03-10"
    again = back + report("2025-04-10", 75, "M1")
    billing = bill(tmp_path / "3", PROGRESS, again, "2025-04-30")
    assert nets(billing) == [("milestone/2025-04-10", "1500.00")]
    assert codes(billing) == ["warning milestone-regress"]


def test_a_regress_that_stays_above_what_is_billed_is_none(tmp_path: Path) -> None:
    first = report("2025-02-10", 30, "M1")
    invoice = issued(tmp_path / "1", STEPS, first, "2025-02-10")
    facts = first + invoice + report("2025-03-10", 70, "M1") + report("2025-03-20", 50, "M1")
    billing = bill(tmp_path / "2", STEPS, facts, "2025-03-31")
    assert codes(billing) == []


def test_progress_that_rises_below_what_is_billed_is_no_regress(tmp_path: Path) -> None:
    facts = (
        report("2025-02-10", 40, "M1")
        + by_hand("I1", "2025-02-20", "8000.00", milestone="M1")
        + report("2025-03-10", 60, "M1")
    )
    billing = bill(tmp_path, COMPLETE, facts, "2025-03-31")
    assert codes(billing) == ["error overbilled"]
    assert str(found(billing, "overbilled").amount) == "2000.00"


def test_acceptance_that_is_taken_back_after_billing_is_a_regress(tmp_path: Path) -> None:
    first = report("2025-02-10", 100, "M1", accepted="2025-02-10")
    invoice = issued(tmp_path / "1", ACCEPTED, first, "2025-02-10")
    billing = bill(
        tmp_path / "2", ACCEPTED, first + invoice + report("2025-03-10", 90, "M1"), "2025-03-31"
    )
    assert codes(billing) == ["error milestone-regress", "error overbilled"]
    repeated = first + invoice + report("2025-03-10", 100, "M1")
    billing = bill(tmp_path / "3", ACCEPTED, repeated, "2025-03-31")
    assert codes(billing) == ["warning milestone-duplicate-event"]


def test_a_credit_note_lets_a_milestone_be_billed_again(tmp_path: Path) -> None:
    facts = report("2025-02-10", 100, "M1")
    (draft,) = bill(tmp_path / "1", COMPLETE, facts, "2025-02-10").drafts
    invoice = issued(tmp_path / "2", COMPLETE, facts, "2025-02-10")
    (line,) = draft.lines
    half = line._replace(amount=line.amount / 2)
    credit = credit_text(draft, "CN-2025-0001", draft.date, "INV-2025-0001", [half])
    billing = bill(tmp_path / "3", COMPLETE, facts + invoice + credit, "2025-02-28")
    assert nets(billing) == [("milestone/2025-02-10", "5000.00")]
    assert billing.positions["APP"].billed_percent == 50


@pytest.mark.parametrize(
    ("percent", "day", "why"),
    [(99, "2025-02-28", "is reported 99 % complete on 2025-02-28"), (None, "", "has no report")],
    ids=["below", "missing"],
)
def test_a_date_is_held_before_its_own_report_says_complete(
    tmp_path: Path, percent: int | None, day: str, why: str
) -> None:
    contract = FIXED + (
        "value: 100000\nreconcile: {tolerance: 50 %}\n"
        "milestones: {M1: {value: 10000, bill: {date: 2025-03-01}}, M2: {value: 90000}}\n"
    )
    facts = report("2025-02-20", 100, "M2") + (report(day, percent, "M1") if percent else "")
    billing = bill(tmp_path, contract, facts, "2025-03-31")
    assert nets(billing) == [("milestone/2025-02-20", "90000.00")]
    assert held(billing) == [("milestone/2025-03-01", "10000.00", ["invoice-held-overbilling"])]
    assert why in found(billing, "invoice-held-overbilling").message
    done = facts + report("2025-03-20", 100, "M1")
    billing = bill(tmp_path / "done", contract, done, "2025-03-31")
    assert nets(billing)[1:] == [("milestone/2025-03-01", "10000.00")]
    assert codes(billing) == []


def test_an_agreed_instalment_goes_out_without_progress(tmp_path: Path) -> None:
    contract = FIXED + (
        "value: 10000\n"
        "milestones:\n"
        "  A: {value: 3000, bill: {date: 2025-01-15, advance: true}}\n"
        "  M1: {value: 4000}\n"
        "  M2: {value: 3000}\n"
    )
    early = bill(tmp_path / "0", contract, "", "2025-01-14")
    assert nets(early) == []
    facts = report("2025-01-10", 0, "M1")
    billing = bill(tmp_path / "1", contract, facts, "2025-01-15")
    assert (nets(billing), codes(billing)) == ([("milestone/2025-01-15", "3000.00")], [])
    facts = issued(tmp_path / "2", contract, "", "2025-01-15")
    billing = bill(tmp_path / "3", contract, facts, "2025-01-31")
    assert (nets(billing), codes(billing)) == ([], [])
    facts += report("2025-02-28", 100, "M1")
    billing = bill(tmp_path / "4", contract, facts, "2025-02-28")
    assert (nets(billing), codes(billing)) == ([("milestone/2025-02-28", "4000.00")], [])
    facts += issued(tmp_path / "5", contract, facts, "2025-02-28", first=2)
    billing = bill(tmp_path / "6", contract, facts + report("2025-03-31", 100, "M2"), "2025-03-31")
    assert (nets(billing), codes(billing)) == ([("milestone/2025-03-31", "3000.00")], [])


def test_an_instalment_covers_no_other_milestone(tmp_path: Path) -> None:
    contract = FIXED + (
        "value: 10000\n"
        "milestones:\n"
        "  A: {value: 3000, bill: {date: 2025-01-15, advance: true}}\n"
        "  M1: {value: 7000}\n"
    )
    facts = report("2025-01-20", 0, "M1") + by_hand("I1", "2025-01-31", "7000.00", milestone="M1")
    billing = bill(tmp_path, contract, facts, "2025-01-31")
    assert codes(billing) == ["error overbilled"]
    assert str(found(billing, "overbilled").amount) == "4000.00"
    assert nets(billing) == [("milestone/2025-01-15", "3000.00")]


@pytest.mark.parametrize(("percent", "told"), [(0, False), (100, False), (-1, True), (101, True)])
def test_a_report_is_between_nothing_and_all(tmp_path: Path, percent: int, told: bool) -> None:
    billing = bill(tmp_path, COMPLETE, report("2025-02-10", percent, "M1"), "2025-02-28")
    assert codes(billing) == ["error progress-out-of-range"] * told
    assert nets(billing) == [("milestone/2025-02-10", "10000.00")] * (percent >= 100)


def test_a_changed_price_is_not_billed_without_a_change_order(tmp_path: Path) -> None:
    facts = report("2025-02-10", 50, "M1")
    facts += issued(tmp_path / "1", PROGRESS, facts, "2025-02-10")
    facts += report("2025-03-10", 100, "M1")
    dearer = PROGRESS.replace("10000", "12000")
    billing = bill(tmp_path / "2", dearer, facts, "2025-03-31")
    assert nets(billing) == [("milestone/2025-03-10", "5000.00")]
    assert codes(billing) == ["error milestone-price-changed"]
    assert str(found(billing, "milestone-price-changed").amount) == "2000.00"
    agreed = facts + order("CO-1", "2025-02-20", "2000.00", approved="2025-02-21", milestone='"M1"')
    billing = bill(tmp_path / "3", PROGRESS, agreed, "2025-03-31")
    assert nets(billing) == [("milestone/2025-03-10", "7000.00")]
    assert codes(billing) == []


def test_a_price_folded_into_the_contract_beside_its_order_is_noticed(tmp_path: Path) -> None:
    facts = order("CO-1", "2025-01-10", "2000.00", approved="2025-01-11", milestone='"M1"')
    facts += report("2025-02-10", 50, "M1")
    facts += issued(tmp_path / "1", PROGRESS, facts, "2025-02-10")
    billing = bill(tmp_path / "2", PROGRESS, facts, "2025-02-28")
    assert codes(billing) == []
    twice = PROGRESS.replace("10000", "12000")
    billing = bill(tmp_path / "3", twice, facts, "2025-02-28")
    assert "error milestone-price-changed" in codes(billing)


def test_a_removed_milestone_that_was_billed_is_noticed(tmp_path: Path) -> None:
    two = FIXED + "milestones: {M1: {value: 6000}, M2: {value: 4000}}\n"
    facts = report("2025-02-10", 100, "M1")
    facts += issued(tmp_path / "1", two, facts, "2025-02-10")
    one = FIXED + "milestones: {M2: {value: 4000}}\n"
    facts = facts.replace(report("2025-02-10", 100, "M1"), "")
    billing = bill(tmp_path / "2", one, facts, "2025-02-28")
    assert codes(billing) == ["error milestone-removed", "warning progress-unknown"]
    assert str(found(billing, "milestone-removed").amount) == "6000.00"
    unbilled = FIXED + "milestones: {M1: {value: 6000}}\n"
    billing = bill(tmp_path / "3", unbilled, facts, "2025-02-28")
    assert "milestone-removed" not in " ".join(codes(billing))


@pytest.mark.parametrize(
    ("second", "told"),
    [
        (report("2025-02-20", 100, "M1"), True),
        (report("2025-02-20", 100, "M1", accepted="2025-02-20"), False),
        (report("2025-02-20", 90, "M1") + report("2025-02-25", 100, "M1"), False),
        (report("2025-02-10", 100, "M1").replace("report-", "again-"), True),
    ],
    ids=["again", "accepted", "taken back", "same day"],
)
def test_a_second_completion_is_noticed_and_bills_nothing(
    tmp_path: Path, second: str, told: bool
) -> None:
    facts = report("2025-02-10", 100, "M1") + second
    billing = bill(tmp_path, COMPLETE, facts, "2025-02-28")
    assert codes(billing) == ["warning milestone-duplicate-event"] * told
    assert sum(draft.net for draft in billing.drafts) == 10000


@pytest.mark.parametrize(("as_of", "told"), [("2025-02-09", True), ("2025-02-10", False)])
def test_a_completion_in_the_future_does_not_bill(tmp_path: Path, as_of: str, told: bool) -> None:
    facts = report("2025-02-10", 100, "M1") + report("2025-02-10", 120, "M1") * told
    billing = bill(tmp_path, COMPLETE, facts.replace("120 %", "100 %"), as_of)
    assert codes(billing) == ["warning milestone-future"] * told
    assert len(billing.drafts) == (0 if told else 1)


def test_the_future_is_not_there_yet_when_looking_back(tmp_path: Path) -> None:
    facts = report("2025-02-10", 100, "M1") + by_hand("I1", "2025-03-01", "1.00")
    billing = bill(tmp_path, COMPLETE, facts + report("2025-02-20", 130, "M1"), "2025-02-05")
    assert (codes(billing), billing.drafts) == ([], [])


@pytest.mark.parametrize(("as_of", "told"), [("2025-03-12", False), ("2025-03-13", True)])
def test_what_nobody_accepts_is_asked_for_after_a_month(
    tmp_path: Path, as_of: str, told: bool
) -> None:
    billing = bill(tmp_path, ACCEPTED, report("2025-02-10", 100, "M1"), as_of)
    assert codes(billing) == ["warning milestone-unaccepted"] * told
    assert billing.drafts == []
    if told:
        assert str(found(billing, "milestone-unaccepted").amount) == "10000.00"


def test_a_total_that_misses_the_value_is_noticed_and_the_rest_bills(tmp_path: Path) -> None:
    facts = report("2025-02-10", 100, "M1")
    billing = bill(
        tmp_path, COMPLETE.replace("value: 10000\n", "value: 10000.01\n"), facts, "2025-02-28"
    )
    assert nets(billing) == [("milestone/2025-02-10", "10000.00")]
    assert codes(billing) == ["error milestone-total-mismatch"]
    assert str(found(billing, "milestone-total-mismatch").amount) == "0.01"
    outside = COMPLETE.replace("value: 10000}", "value: 10000, change-order: CO-1}")
    pending = order("CO-1", "2025-01-10", "10000.00")
    billing = bill(tmp_path / "2", outside, pending, "2025-02-28")
    assert codes(billing) == []


def test_approval_by_directive_opens_a_milestone(tmp_path: Path) -> None:
    contract = FIXED + (
        "value: 10000\nmilestones: {M1: {value: 10000}, M2: {value: 4000, change-order: CO-2}}\n"
    )
    facts = order("CO-2", "2025-02-01", "4000.00") + report("2025-02-10", 100, "M2")
    billing = bill(tmp_path, contract, facts, "2025-02-28")
    assert held(billing) == [("milestone/2025-02-10", "4000.00", ["change-order-unapproved"])]
    assert codes(billing) == ["hold change-order-unapproved"]
    assert str(billing.positions["APP"].value) == "10000.00"
    facts += approval("CO-2", "2025-02-20")
    billing = bill(tmp_path / "2", contract, facts, "2025-02-28")
    assert nets(billing) == [("milestone/2025-02-20", "4000.00")]
    assert codes(billing) == []
    assert str(billing.positions["APP"].value) == "14000.00"
    facts += issued(tmp_path / "3", contract, facts, "2025-02-28")
    billing = bill(tmp_path / "4", contract, facts, "2025-03-31")
    assert (nets(billing), codes(billing)) == ([], [])
