"""Change orders in real ledgers: only approved ones count, and each is billed once."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from projbill_beancount.book import open_book
from tests.fixed_books import FIXED
from tests.fixed_books import HEAD
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
from tests.fixed_books import worked
from tests.ledgers import write_ledger

if TYPE_CHECKING:
    from pathlib import Path

TWO = FIXED + "value: 10000\nmilestones: {M1: {value: 6000}, M2: {value: 4000}}\n"
ONE = FIXED + "value: 10000\nmilestones: {M1: {value: 10000}}\n"
PROGRESS = FIXED + "value: 10000\nmilestones: {M1: {value: 10000, bill: progress}}\n"
HOURLY = HEAD + "billing: time-and-materials\nrates: {default: 100}\n"
M1 = report("2025-02-10", 100, "M1")
M2 = report("2025-03-10", 100, "M2")


def test_an_approved_order_is_a_line_of_the_next_draft(tmp_path: Path) -> None:
    facts = M1 + order("CO-1", "2025-02-15", "1500.00", title='"Single sign-on"') + M2
    pending = bill(tmp_path / "1", TWO, facts, "2025-03-31")
    assert nets(pending) == [
        ("milestone/2025-02-10", "6000.00"),
        ("milestone/2025-03-10", "4000.00"),
    ]
    assert str(pending.positions["APP"].value) == "10000.00"
    assert pending.positions["APP"].completion == 100
    assert codes(pending) == []
    facts += approval("CO-1", "2025-02-20")
    billing = bill(tmp_path / "2", TWO, facts, "2025-03-31")
    assert nets(billing) == [
        ("milestone/2025-02-10", "6000.00"),
        ("milestone/2025-03-10", "5500.00"),
    ]
    line = billing.drafts[1].lines[1]
    assert (line.kind, line.text, line.change_order) == (
        "change-order",
        "CO-1 Single sign-on",
        "CO-1",
    )
    assert str(billing.positions["APP"].value) == "11500.00"
    assert billing.positions["APP"].completion == 100
    facts += issued(tmp_path / "3", TWO, facts, "2025-03-31")
    billing = bill(tmp_path / "4", TWO, facts, "2025-04-30")
    assert (nets(billing), codes(billing)) == ([], [])
    assert billing.positions["APP"].billed_percent == 100


@pytest.mark.parametrize(
    ("meta", "value"),
    [
        ({}, "10000.00"),
        ({"approved": "2025-04-01"}, "10000.00"),
        ({"rejected": "2025-02-20"}, "10000.00"),
        ({"approved": "2025-02-18", "rejected": "2025-02-20"}, "10000.00"),
        ({"approved": "2025-03-31"}, "11500.00"),
        ({"approved": "2025-02-18", "rejected": "2025-04-20"}, "11500.00"),
    ],
    ids=["pending", "approved later", "rejected", "closed", "approved", "rejected later"],
)
def test_only_approved_orders_count(tmp_path: Path, meta: dict[str, str], value: str) -> None:
    facts = M1 + M2 + order("CO-1", "2025-02-15", "1500.00", **meta)
    billing = bill(tmp_path, TWO, facts, "2025-03-31")
    assert str(billing.positions["APP"].value) == value
    assert sum(draft.net for draft in billing.drafts) == Decimal(value)


def test_completion_follows_approved_orders(tmp_path: Path) -> None:
    facts = M1 + order("CO-1", "2025-02-15", "2500.00", approved="2025-02-20")
    billing = bill(tmp_path, TWO, facts, "2025-02-28")
    assert billing.positions["APP"].completion == 68  # (6000 + 2500) / 12500
    assert str(billing.positions["APP"].earned) == "8500.00"
    assert codes(billing) == []


@pytest.mark.parametrize("amends", ['milestone: "M1"', ""], ids=["amends", "own line"])
def test_an_order_after_the_last_draft_makes_its_own(tmp_path: Path, amends: str) -> None:
    facts = M1 + issued(tmp_path / "1", ONE, M1, "2025-02-28")
    meta = {"milestone": '"M1"'} if amends else {}
    facts += order("CO-1", "2025-03-01", "500.00", approved="2025-03-05", **meta)
    billing = bill(tmp_path / "2", ONE, facts, "2025-03-31")
    name = "milestone" if amends else "change-order"
    assert nets(billing) == [(f"{name}/2025-03-05", "500.00")]
    assert codes(billing) == []
    facts += issued(tmp_path / "3", ONE, facts, "2025-03-31", first=2)
    billing = bill(tmp_path / "4", ONE, facts, "2025-04-30")
    assert (nets(billing), codes(billing)) == ([], [])


def test_an_order_on_hours_rides_on_the_period_it_was_approved_in(tmp_path: Path) -> None:
    facts = worked("t-1", "2025-02-10", 5) + worked("t-2", "2025-03-10", 5)
    facts += order("CO-1", "2025-02-15", "700.00", approved="2025-03-01")
    billing = bill(tmp_path, HOURLY, facts, "2025-03-31")
    assert nets(billing) == [("time/2025-02-28", "500.00"), ("time/2025-03-31", "1200.00")]


def test_an_order_amends_what_was_billed_in_part(tmp_path: Path) -> None:
    facts = report("2025-02-10", 50, "M1")
    facts += issued(tmp_path / "1", PROGRESS, facts, "2025-02-28", day="2025-02-28")
    facts += order("CO-1", "2025-03-01", "2000.00", approved="2025-03-05", milestone='"M1"')
    billing = bill(tmp_path / "2", PROGRESS, facts, "2025-03-06")
    assert (nets(billing), codes(billing)) == ([], [])
    facts += report("2025-03-31", 80, "M1")
    billing = bill(tmp_path / "3", PROGRESS, facts, "2025-03-31")
    assert nets(billing) == [("milestone/2025-03-31", "4600.00")]
    assert codes(billing) == []


def test_an_order_approved_between_draft_and_issue_changes_no_price(tmp_path: Path) -> None:
    facts = M1 + order("CO-1", "2025-02-11", "500.00", approved="2025-02-15", milestone='"M1"')
    drafts = bill(tmp_path / "1", ONE, facts, "2025-02-28")
    assert nets(drafts) == [
        ("milestone/2025-02-10", "10000.00"),
        ("milestone/2025-02-15", "500.00"),
    ]
    invoices = issued(tmp_path / "2", ONE, facts, "2025-02-28", day="2025-02-28")
    billing = bill(tmp_path / "3", ONE, facts + invoices, "2025-03-31")
    assert (nets(billing), codes(billing)) == ([], [])


def test_an_order_of_nothing_is_allowed_and_bills_nothing(tmp_path: Path) -> None:
    facts = M1 + order("CO-1", "2025-02-01", "0.00", approved="2025-02-02") + M2
    billing = bill(tmp_path, TWO, facts, "2025-03-31")
    assert nets(billing) == [
        ("milestone/2025-02-10", "6000.00"),
        ("milestone/2025-03-10", "4000.00"),
    ]
    assert codes(billing) == []


def test_an_order_may_be_billed_like_a_milestone(tmp_path: Path) -> None:
    facts = M1 + order("CO-1", "2025-02-01", "2000.00", approved="2025-02-05", bill_='"50, 100"')
    billing = bill(tmp_path / "1", ONE, facts, "2025-02-28")
    assert nets(billing) == [("milestone/2025-02-10", "10000.00")]
    assert f"{billing.positions['APP'].completion:.2f}" == "83.33"
    facts += report("2025-03-10", 60, "CO-1")
    billing = bill(tmp_path / "2", ONE, facts, "2025-03-31")
    assert nets(billing)[1:] == [("milestone/2025-03-10", "1000.00")]
    assert billing.drafts[1].lines[0].kind == "change-order"
    facts += issued(tmp_path / "3", ONE, facts, "2025-03-31") + report("2025-04-10", 100, "CO-1")
    billing = bill(tmp_path / "4", ONE, facts, "2025-04-30")
    assert (nets(billing), codes(billing)) == ([("milestone/2025-04-10", "1000.00")], [])


def test_an_order_with_a_date_is_held_before_it_is_delivered(tmp_path: Path) -> None:
    facts = order("CO-1", "2025-02-01", "2000.00", approved="2025-02-05", bill_="2025-03-01")
    billing = bill(tmp_path / "1", ONE, facts, "2025-03-31")
    assert held(billing) == [("milestone/2025-03-01", "2000.00", ["invoice-held-overbilling"])]
    advance = facts.rstrip("\n") + "\n  advance: TRUE\n"
    billing = bill(tmp_path / "2", ONE, advance, "2025-03-31")
    assert nets(billing) == [("milestone/2025-03-01", "2000.00")]


def test_an_order_reported_before_its_approval_waits_for_it(tmp_path: Path) -> None:
    facts = order("CO-1", "2025-02-01", "2000.00", approved="2025-03-05", bill_='"complete"')
    facts += report("2025-02-20", 100, "CO-1") + M1
    billing = bill(tmp_path, ONE, facts, "2025-03-31")
    assert nets(billing) == [
        ("milestone/2025-02-10", "10000.00"),
        ("milestone/2025-03-05", "2000.00"),
    ]


@pytest.mark.parametrize(
    ("meta", "said"),
    [
        (None, "the ledger has no change order CO-2"),
        ({}, "change order CO-2 is not approved yet"),
        ({"rejected": "2025-02-05"}, "change order CO-2 was rejected"),
    ],
    ids=["unknown", "pending", "rejected"],
)
def test_what_depends_on_an_order_waits_for_its_approval(
    tmp_path: Path, meta: dict[str, str] | None, said: str
) -> None:
    contract = FIXED + (
        "value: 10000\n"
        "milestones: {M1: {value: 10000}, M3: {value: 4000, bill: progress, change-order: CO-2}}\n"
        "tasks: {extra: {milestone: M3}}\n"
    )
    facts = "" if meta is None else order("CO-2", "2025-02-01", "4000.00", **meta)
    hours = facts + worked("t-1", "2025-02-12", 5, task="extra")
    billing = bill(tmp_path / "1", contract, hours, "2025-02-28")
    assert (billing.drafts, codes(billing)) == ([], ["hold change-order-unapproved"])
    facts = hours + M1 + report("2025-02-20", 40, "M3") + report("2025-02-25", 100, "M3")
    billing = bill(tmp_path / "2", contract, facts, "2025-02-28")
    assert nets(billing) == [("milestone/2025-02-10", "10000.00")]
    assert held(billing) == [
        ("milestone/2025-02-20", "1600.00", ["change-order-unapproved"]),
        ("milestone/2025-02-25", "4000.00", ["change-order-unapproved"]),
    ]
    assert set(codes(billing)) == {"hold change-order-unapproved"}
    assert all(said in each.message for each in billing.findings)
    assert str(billing.positions["APP"].value) == "10000.00"


def test_a_milestone_of_an_approved_order_is_billed_once(tmp_path: Path) -> None:
    contract = FIXED + (
        "value: 10000\nmilestones: {M1: {value: 10000}, M3: {value: 4000, change-order: CO-2}}\n"
    )
    facts = order("CO-2", "2025-02-01", "4000.00", approved="2025-02-05")
    facts += M1 + report("2025-02-20", 100, "M3")
    billing = bill(tmp_path / "1", contract, facts, "2025-02-28")
    assert nets(billing) == [
        ("milestone/2025-02-10", "10000.00"),
        ("milestone/2025-02-20", "4000.00"),
    ]
    facts += issued(tmp_path / "2", contract, facts, "2025-02-28")
    billing = bill(tmp_path / "3", contract, facts, "2025-03-31")
    assert (nets(billing), codes(billing)) == ([], [])
    assert billing.positions["APP"].billed_percent == 100


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (
            '2025-02-01 custom "change-order" "APP" "CO-1" 10.00 USD\n  approved: 2025-02-02\n',
            "hold currency-mismatch",
        ),
        (order("CO-1", "2025-02-01", "10.001", approved="2025-02-02"), "error fact-invalid"),
        (
            order("CO-1", "2025-02-01", "10.00", approved="2025-02-02", milestone='"M9"'),
            "error milestone-unknown",
        ),
    ],
    ids=["currency", "places", "milestone"],
)
def test_an_order_that_cannot_be_right_does_not_count(tmp_path: Path, text: str, code: str) -> None:
    ledger = write_ledger(tmp_path, "2025-03-31", contracts={"APP": ONE}, facts=text + M1)
    billing = open_book(str(ledger)).billing
    assert codes(billing) == [code]
    assert nets(billing) == [("milestone/2025-02-10", "10000.00")]
    assert str(billing.positions["APP"].value) == "10000.00"


def test_a_cap_and_its_percentage_follow_approved_orders_only(tmp_path: Path) -> None:
    capped = HOURLY + "cap: {amount: 1000}\n"
    facts = worked("t-1", "2025-02-10", 12)
    pending = facts + order("CO-1", "2025-02-11", None, cap="500.00 EUR")
    billing = bill(tmp_path / "1", capped, pending, "2025-02-28")
    assert nets(billing) == [("time/2025-02-28", "1000.00")]
    assert "warning cap-exceeded" in codes(billing)
    approved = pending + approval("CO-1", "2025-02-20")
    billing = bill(tmp_path / "2", capped, approved, "2025-02-28")
    assert nets(billing) == [("time/2025-02-28", "1200.00")]
    cap = billing.positions["APP"].cap
    assert cap is not None
    assert (str(cap.amount), str(cap.percent)) == ("1500.00", "80")


def test_an_order_adds_hours_to_what_a_milestone_is_planned_to_take(tmp_path: Path) -> None:
    contract = ONE.replace("value: 10000}", "value: 10000, hours: 40, bill: accepted}") + (
        "tasks: {build: {milestone: M1}}\n"
    )
    facts = worked("t-1", "2025-02-03", 20, task="build") + report("2025-02-10", 40, "M1")
    assert codes(bill(tmp_path / "1", contract, facts, "2025-02-28")) == ["warning effort-ahead"]
    facts += order(
        "CO-1", "2025-02-04", "0.00", approved="2025-02-05", milestone='"M1"', hours="10"
    )
    assert codes(bill(tmp_path / "2", contract, facts, "2025-02-28")) == []


@pytest.mark.parametrize("meta", [{}, {"rejected": "2025-03-05"}], ids=["pending", "rejected"])
def test_an_order_that_is_billed_must_be_approved(tmp_path: Path, meta: dict[str, str]) -> None:
    facts = M1 + issued(tmp_path / "1", ONE, M1, "2025-02-28")
    facts += order("CO-1", "2025-03-01", "500.00", **meta)
    invoice = by_hand("I-2", "2025-03-06", "500.00").rstrip("\n") + '\n    change-order: "CO-1"\n'
    billing = bill(tmp_path / "2", ONE, facts + invoice, "2025-03-31")
    assert codes(billing) == ["hold change-order-unapproved"]
    assert str(found(billing, "change-order-unapproved").amount) == "500.00"


def test_an_order_on_a_fee_that_is_billed_by_hand_makes_its_own_draft(tmp_path: Path) -> None:
    contract = FIXED + "value: 10000\nend: 2025-12-31\n"
    facts = order("CO-1", "2025-02-01", "300.00", approved="2025-02-05") + report("2025-02-20", 50)
    billing = bill(tmp_path, contract, facts, "2025-02-28")
    assert nets(billing) == [("change-order/2025-02-05", "300.00")]


@pytest.mark.parametrize(
    ("price", "amount", "meta", "net", "code"),
    [
        ("4000", "4000.00", {}, "4000.00", []),
        ("4000", "3500.00", {}, "4000.00", ["error milestone-total-mismatch"]),
        ("4000", "4000.00", {"milestone": '"M3"'}, "4000.00", []),
        ("0", "4000.00", {"milestone": '"M3"'}, "4000.00", []),
        ("4000", None, {}, "4000.00", []),
    ],
    ids=["equal", "differs", "names it", "is its price", "without an amount"],
)
def test_an_order_and_the_milestone_made_for_it_are_one(
    tmp_path: Path,
    price: str,
    amount: str | None,
    meta: dict[str, str],
    net: str,
    code: list[str],
) -> None:
    contract = FIXED + (
        f"value: 10000\nmilestones: {{M1: {{value: 10000}}, "
        f"M3: {{value: {price}, change-order: CO-2}}}}\n"
    )
    facts = order("CO-2", "2025-02-01", amount, approved="2025-02-05", **meta)
    billing = bill(tmp_path, contract, facts + report("2025-02-20", 100, "M3"), "2025-02-28")
    assert nets(billing) == [("milestone/2025-02-20", net)]
    assert codes(billing) == code
    value = billing.positions["APP"].value
    assert value is not None
    assert value - 10000 == billing.drafts[0].net


def test_an_order_billed_by_hand_is_not_billed_again(tmp_path: Path) -> None:
    facts = M1 + issued(tmp_path / "1", ONE, M1, "2025-02-28")
    facts += order("CO-1", "2025-03-01", "500.00", approved="2025-03-05")
    invoice = by_hand("I-2", "2025-03-06", "500.00").rstrip("\n") + '\n    change-order: "CO-1"\n'
    billing = bill(tmp_path / "2", ONE, facts + invoice, "2025-03-31")
    assert (nets(billing), codes(billing)) == ([], [])


@pytest.mark.parametrize("meta", [{}, {"rejected": "2025-02-22"}], ids=["pending", "rejected"])
def test_hours_do_not_wait_for_what_depends_on_an_order(
    tmp_path: Path, meta: dict[str, str]
) -> None:
    contract = HEAD + (
        "billing: hybrid\nrates: {default: 100}\nvalue: 10000\n"
        "milestones: {M1: {value: 10000}, M3: {value: 4000, change-order: CO-2}}\n"
    )
    facts = order("CO-2", "2025-02-01", "4000.00", **meta) + report("2025-02-10", 100, "M3")
    facts += worked("t-1", "2025-02-05", 2) + report("2025-02-20", 100, "M1")
    facts += worked("t-2", "2025-02-25", 3)
    facts += order("CO-3", "2025-02-21", "50.00", approved="2025-02-22")
    billing = bill(tmp_path, contract, facts, "2025-03-31")
    assert nets(billing) == [
        ("hybrid/2025-02-20", "10200.00"),
        ("change-order/2025-02-22", "50.00"),
        ("hybrid/2025-02-28", "300.00"),
    ]
    assert held(billing) == [("hybrid/2025-02-10", "4000.00", ["change-order-unapproved"])]
