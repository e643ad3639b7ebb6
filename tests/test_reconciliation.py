"""What is billed against what is done, in real ledgers: tolerances, holds, effort, completion."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from tests.fixed_books import FIXED
from tests.fixed_books import HEAD
from tests.fixed_books import bill
from tests.fixed_books import by_hand
from tests.fixed_books import codes
from tests.fixed_books import found
from tests.fixed_books import held
from tests.fixed_books import issued
from tests.fixed_books import nets
from tests.fixed_books import report
from tests.fixed_books import worked

if TYPE_CHECKING:
    from pathlib import Path

#: Measured as a whole, so that its milestones can be billed before it is as far.
WHOLE = FIXED + (
    "value: 100000\nreconcile: {completion: manual}\n"
    "milestones: {M1: {value: 38000}, M2: {value: NEXT}, M3: {value: REST}}\n"
)
MANUAL = FIXED + "value: 100000\n"
STANDING = FIXED + (
    "value: {value}\nmilestones:\n"
    "  P1: {{name: Phase 1, value: 4000, hours: 40, bill: {{date: 2025-03-31}}}}\n"
    "{rest}tasks: {{build: {{milestone: P1}}}}\n"
)


def split_at(amount: str) -> str:
    """The contract whose next milestone costs so much."""
    rest = f"{62000 - Decimal(amount):.2f}"
    return WHOLE.replace("NEXT", amount).replace("REST", rest)


@pytest.mark.parametrize(
    ("amount", "excess"),
    [("7000.00", ""), ("7000.01", "5000.01"), ("10000.00", "8000.00")],
)
def test_a_draft_is_held_strictly_above_the_tolerance(
    tmp_path: Path, amount: str, excess: str
) -> None:
    contract = split_at(amount)
    facts = report("2025-03-31", 40) + report("2025-03-31", 100, "M1")
    facts += issued(tmp_path / "1", contract, facts, "2025-03-31")
    facts += report("2025-04-30", 40) + report("2025-04-30", 100, "M2")
    billing = bill(tmp_path / "2", contract, facts, "2025-04-30")
    if not excess:
        assert nets(billing) == [("milestone/2025-04-30", amount)]
        assert codes(billing) == []
        return
    assert held(billing) == [("milestone/2025-04-30", amount, ["invoice-held-overbilling"])]
    assert codes(billing) == ["hold invoice-held-overbilling"]
    finding = found(billing, "invoice-held-overbilling")
    assert str(finding.amount) == excess
    for said in (
        "45000.01" if amount == "7000.01" else "48000.00",
        "40.00 %",
        "40000.00",
        "5000.00",
        "100000",
    ):
        assert said in finding.message


@pytest.mark.parametrize(
    ("tolerance", "is_held"),
    [
        ("8 %", False),
        ("7.99 %", True),
        ("{percent: 0, amount: 8000}", False),
        ("{percent: 0, amount: 7999.99}", True),
        ("{percent: 8, amount: 1}", False),
    ],
)
def test_the_larger_tolerance_counts(tmp_path: Path, tolerance: str, is_held: bool) -> None:
    contract = split_at("10000.00").replace("manual}", f"manual, tolerance: {tolerance}}}")
    facts = by_hand("I-1", "2025-03-31", "38000.00", milestone="M1")
    facts += report("2025-04-30", 40) + report("2025-04-30", 100, "M2")
    billing = bill(tmp_path, contract, facts, "2025-04-30")
    assert bool(held(billing)) == is_held


def test_earlier_drafts_count_and_held_ones_do_not(tmp_path: Path) -> None:
    contract = FIXED + (
        "value: 100000\nreconcile: {completion: manual}\n"
        "milestones: {A: {value: 30000}, B: {value: 20000}, C: {value: 2000}, D: {value: 48000}}\n"
    )
    facts = report("2025-02-01", 30)
    for day, milestone in enumerate("ABC", 1):
        facts += report(f"2025-02-0{day + 1}", 100, milestone)
    billing = bill(tmp_path, contract, facts, "2025-02-28")
    assert nets(billing) == [("milestone/2025-02-02", "30000.00")]
    assert [(name, net) for name, net, _ in held(billing)] == [
        ("milestone/2025-02-03", "20000.00"),
        ("milestone/2025-02-04", "22000.00"),
    ]


@pytest.mark.parametrize(
    ("billed", "code", "amount"),
    [
        ("45000.00", "", ""),
        ("45000.01", "error overbilled", "5000.01"),
        ("100000.01", "error billed-exceeds-contract", "0.01"),
        ("35000.00", "", ""),
        ("34999.99", "warning underbilled", "5000.01"),
    ],
)
def test_what_is_issued_is_held_against_what_is_done(
    tmp_path: Path, billed: str, code: str, amount: str
) -> None:
    facts = by_hand("I-1", "2025-03-31", billed) + report("2025-04-15", 40)
    billing = bill(tmp_path, MANUAL, facts, "2025-04-30")
    assert codes(billing) == [code] * bool(code)
    if code:
        assert str(found(billing, code.split()[1]).amount) == amount
    position = billing.positions["APP"]
    assert position.earned is not None
    assert position.over_billed is not None
    assert position.under_billed is not None
    gap = position.earned - position.billed_fixed
    assert gap == position.under_billed - position.over_billed


@pytest.mark.parametrize(
    ("billed", "code"),
    [
        ("100000.00", ""),
        ("99999.99", "error unbilled-at-completion"),
        ("100000.01", "error billed-exceeds-contract"),
    ],
)
def test_nothing_is_tolerated_at_completion(tmp_path: Path, billed: str, code: str) -> None:
    facts = by_hand("I-1", "2025-03-31", billed) + report("2025-04-15", 100)
    billing = bill(tmp_path, MANUAL, facts, "2025-04-30")
    assert codes(billing) == [code] * bool(code)
    if code:
        assert str(found(billing, code.split()[1]).amount) == "0.01"


@pytest.mark.parametrize("amount", ["-50.00", "50.00"])
def test_what_was_agreed_to_be_less_is_not_missing(tmp_path: Path, amount: str) -> None:
    contract = FIXED + "value: 1000\nmilestones: {M1: {value: 1000}}\n"
    facts = report("2025-02-10", 100, "M1")
    facts += f'2025-02-01 custom "billing-adjustment" "APP" "A-1" {amount} EUR\n'
    billing = bill(tmp_path / "1", contract, facts, "2025-02-28")
    if amount == "50.00":
        assert codes(billing) == ["hold invoice-held-overbilling"]
        return
    assert (nets(billing), codes(billing)) == ([("milestone/2025-02-10", "950.00")], [])
    facts += issued(tmp_path / "2", contract, facts, "2025-02-28")
    facts = facts.replace('line: "A-1"', 'line: "A-1"\n    adjustment: "A-1"')
    billing = bill(tmp_path / "3", contract, facts, "2025-02-28")
    assert (nets(billing), codes(billing)) == ([], [])


def test_what_was_agreed_to_be_less_is_not_underbilled(tmp_path: Path) -> None:
    contract = FIXED + "value: 1000\nmilestones: {M1: {value: 600}, M2: {value: 400}}\n"
    facts = report("2025-02-10", 100, "M1")
    facts += '2025-02-01 custom "billing-adjustment" "APP" "A-1" -80.00 EUR\n'
    billing = bill(tmp_path, contract, facts, "2025-02-28")
    assert (nets(billing), codes(billing)) == ([("milestone/2025-02-10", "520.00")], [])


def test_a_draft_over_a_complete_contract_is_held_by_a_cent(tmp_path: Path) -> None:
    contract = FIXED + "value: 10000\nmilestones: {M1: {value: 6000}, M2: {value: 4000.01}}\n"
    facts = report("2025-02-10", 100, "M1") + report("2025-02-20", 100, "M2")
    billing = bill(tmp_path, contract, facts, "2025-02-28")
    assert nets(billing) == [("milestone/2025-02-10", "6000.00")]
    assert held(billing) == [("milestone/2025-02-20", "4000.01", ["invoice-held-overbilling"])]


def test_a_pending_bill_rule_is_not_underbilled(tmp_path: Path) -> None:
    contract = FIXED + "value: 10000\nmilestones: {M1: {value: 10000, bill: RULE}}\n"
    facts = report("2025-02-10", 80, "M1")
    rules = ("complete", "accepted", "[90, 100]", "{date: 2025-12-31}")
    for folder, rule in enumerate(rules):
        billing = bill(tmp_path / str(folder), contract.replace("RULE", rule), facts, "2025-02-28")
        assert (billing.drafts, codes(billing)) == ([], []), rule
    billing = bill(tmp_path / "m", contract.replace("RULE", "manual"), facts, "2025-02-28")
    assert codes(billing) == ["warning underbilled"]
    assert str(found(billing, "underbilled").amount) == "8000.00"


def test_what_is_billed_by_hand_may_be_underbilled(tmp_path: Path) -> None:
    contract = FIXED + (
        "value: 10000\ntriggers: {type: manual}\n"
        "milestones: {M1: {value: 501}, M2: {value: 9499}}\n"
    )
    facts = report("2025-02-10", 100, "M1")
    billing = bill(tmp_path / "1", contract, facts, "2025-02-28")
    assert (billing.drafts, codes(billing)) == ([], ["warning underbilled"])
    smaller = contract.replace("501", "500").replace("9499", "9500")
    assert codes(bill(tmp_path / "2", smaller, facts, "2025-02-28")) == []


def test_a_hold_says_what_is_over_billed_already(tmp_path: Path) -> None:
    contract = FIXED + (
        "value: 4000\nmilestones: {P1: {value: 2000, bill: progress}, "
        "P2: {value: 2000, bill: progress}}\n"
    )
    facts = report("2025-03-31", 50, "P1") + by_hand("I1", "2025-03-31", "2000.00", milestone="P1")
    assert codes(bill(tmp_path / "1", contract, facts, "2025-04-30")) == ["error overbilled"]
    facts += report("2025-04-01", 30, "P2")
    billing = bill(tmp_path / "2", contract, facts, "2025-04-30")
    assert codes(billing) == ["hold invoice-held-overbilling"]
    release = '2025-04-02 custom "billing-release" "APP" "APP/milestone/2025-04-01" 600.00 EUR\n'
    billing = bill(tmp_path / "3", contract, facts + release, "2025-04-30")
    assert nets(billing) == [("milestone/2025-04-01", "600.00")]
    assert codes(billing) == ["error overbilled"]


@pytest.mark.parametrize("value", ["", "value: 12000\n"])
def test_a_changed_price_explains_what_is_missing(tmp_path: Path, value: str) -> None:
    contract = FIXED + "milestones: {M1: {value: 10000}}\n"
    facts = report("2025-02-10", 100, "M1")
    facts += issued(tmp_path / "1", contract, facts, "2025-02-28")
    dearer = FIXED + value + "milestones: {M1: {value: 12000}}\n"
    billing = bill(tmp_path / "2", dearer, facts, "2025-02-28")
    assert (billing.drafts, codes(billing)) == ([], ["error milestone-price-changed"])
    cheaper = FIXED + "milestones: {M1: {value: 9000}}\n"
    billing = bill(tmp_path / "3", cheaper, facts, "2025-02-28")
    assert codes(billing) == ["error milestone-price-changed"]


def test_no_verdict_without_a_report(tmp_path: Path) -> None:
    facts = by_hand("I-1", "2025-03-31", "20000.00")
    billing = bill(tmp_path / "1", MANUAL, facts, "2025-06-30")
    assert codes(billing) == ["warning progress-unknown"]
    position = billing.positions["APP"]
    assert (position.completion, position.earned, position.gap) == (None, None, None)
    assert (position.over_billed, position.under_billed) == (None, None)
    billing = bill(tmp_path / "2", MANUAL, facts + report("2025-03-31", 0), "2025-06-30")
    assert codes(billing) == ["error overbilled"]
    assert bill(tmp_path / "3", MANUAL, "", "2025-06-30").findings == []


def test_time_and_materials_have_no_verdict(tmp_path: Path) -> None:
    contract = HEAD + "billing: time-and-materials\nrates: {default: 100}\n"
    billing = bill(tmp_path, contract, by_hand("I-1", "2025-01-31", "900.00"), "2025-06-30")
    assert codes(billing) == []


def test_hours_of_a_hybrid_are_no_over_billing(tmp_path: Path) -> None:
    contract = HEAD + (
        "billing: hybrid\nvalue: 1000\nrates: {default: 100}\n"
        "milestones: {M1: {value: 500}, M2: {value: 500}}\n"
    )
    facts = worked("t-1", "2025-02-03", 20) + report("2025-02-10", 100, "M1")
    billing = bill(tmp_path / "1", contract, facts, "2025-02-28")
    assert nets(billing) == [("hybrid/2025-02-10", "2500.00")]
    facts += issued(tmp_path / "2", contract, facts, "2025-02-28")
    billing = bill(tmp_path / "3", contract, facts, "2025-02-28")
    assert codes(billing) == []
    position = billing.positions["APP"]
    assert [position.billed_percent, position.completion, position.gap] == [50, 50, 0]
    assert (str(position.billed), str(position.billed_fixed)) == ("2500.00", "500.00")


@pytest.mark.parametrize("value", [4000, 100000])
@pytest.mark.parametrize("hours", [24, 40])
def test_a_phase_with_a_billing_date_is_held_before_it_is_complete(
    tmp_path: Path, value: int, hours: int
) -> None:
    rest = f"  P2: {{value: {value - 4000}}}\n" if value > 4000 else ""
    contract = STANDING.format(value=value, rest=rest)
    facts = "".join(
        worked(f"t-{day}", f"2025-03-{day + 2:02}", hours // 4, task="build") for day in range(4)
    )
    facts += report("2025-03-31", 60, "P1")
    billing = bill(tmp_path, contract, facts, "2025-03-31")
    reasons = ["effort-ahead"] * (hours == 40) + ["invoice-held-overbilling"]
    assert held(billing) == [("milestone/2025-03-31", "4000.00", reasons)]
    assert nets(billing) == []
    assert codes(billing) == [f"hold {code}" for code in reasons]
    hold = found(billing, "invoice-held-overbilling")
    assert str(hold.amount) == "1600.00"
    assert hold.message.startswith(
        f"P1 Phase 1 is reported 60 % complete on 2025-03-31, with {hours}:00 h logged of 40:00 h "
        "planned, and the draft would bill 1600.00 EUR more than the 2400.00 EUR of 4000.00 that are "
        "delivered"
    ), hold.message
    assert hold.place.file.endswith("facts.beancount")
    done = bill(tmp_path / "done", contract, facts + report("2025-04-02", 100, "P1"), "2025-04-02")
    assert nets(done) == [("milestone/2025-03-31", "4000.00")]
    assert codes(done) == []
