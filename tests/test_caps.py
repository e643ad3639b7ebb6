"""Caps in money and in hours: what is billed up to them, what is left out, what comes back."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING
from typing import Any

import pytest

from tests.ledgers import FIRM
from tests.ledgers import progress_text
from tests.stepping import TAXED
from tests.stepping import bill
from tests.stepping import codes
from tests.stepping import issued
from tests.stepping import lines
from tests.stepping import nets
from tests.stepping import worked

if TYPE_CHECKING:
    from pathlib import Path

    from projbill_beancount.billing.model import Billing

HOURLY = (
    "project: APP\nclient: acme\nstart: 2025-01-01\n"
    "billing: time-and-materials\nrates: {default: 100}\n"
)
MONTHLY = HOURLY + "cap: {hours: 20, every: month, excess: %s}\n"
MAY = worked("t-1", "2025-05-05", 20) + worked("t-2", "2025-05-06", 5)
JUNE = MAY + worked("t-3", "2025-06-05", 18)
ENDS = [str(date(2025, month + 1, 1) - date.resolution) for month in range(1, 12)]


def by_hand(amount: str, day: str = "2025-04-30") -> str:
    """An invoice that a person wrote."""
    return (
        f'{day} * "ACME Corp" "I1" ^I1\n  invoice: "I1"\n  project: "APP"\n'
        f"  Assets:Receivable:ACME   {amount} EUR\n  Income:Services:APP     -{amount} EUR\n"
    )


def raise_cap(day: str, what: str, amount: str = "0.00", number: int = 1) -> str:
    """An approved change order that raises a cap."""
    return (
        f'{day} custom "change-order" "APP" "CO-{number}" {amount} EUR\n'
        f"  approved: {day}\n  {what}\n"
    )


def amounts(billing: Billing) -> dict[str, Decimal | None]:
    """The amounts of the findings by code, but of drafts that wait to be closed."""
    return {one.code: one.amount for one in billing.findings if one.code != "zero-invoice"}


def cap_of(billing: Billing) -> tuple[str, str, str]:
    """Cap, use and excess of the shown cap: hours of one in hours."""
    cap = billing.positions["APP"].cap
    assert cap is not None
    unit = 3600 if cap.in_hours else 1
    return tuple(f"{size / unit:.2f}" for size in (cap.amount, cap.used, cap.over))  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("billed", "rate", "line", "net"),
    [
        ("9700.00", "100", "500.00", "300.00"),
        ("9750.00", "120", "600.00", "250.00"),
        ("9500.00", "100", "500.00", "500.00"),
    ],
    ids=["inside an entry", "no whole hours", "to the cent"],
)
def test_what_is_above_an_amount_is_taken_off(
    tmp_path: Path, billed: str, rate: str, line: str, net: str
) -> None:
    contract = HOURLY.replace("100}", f"{rate}}}") + "cap: {amount: 10000}\n"
    facts = by_hand(billed) + worked("t-1", "2025-05-12", 5)
    billing = bill(tmp_path, contract, facts, "2025-05-31")
    (draft,) = billing.drafts
    over = Decimal(line) - Decimal(net)
    adjusted = [("adjustment", "", str(-over))] if over else []
    assert lines(draft) == [("time", "5.00", line), *adjusted]
    assert str(draft.net) == net
    assert amounts(billing) == ({"cap-exceeded": over} if over else {"cap-near": None})
    assert cap_of(billing) == ("10000.00", "10000.00", f"{over:.2f}")
    # What is above the cap is no asset.
    assert str(billing.positions["APP"].unbilled) == net


@pytest.mark.parametrize(("hours", "code"), [("10", "cap-near"), ("9.99", None)])
def test_a_cap_is_near_from_its_threshold_on(tmp_path: Path, hours: str, code: str | None) -> None:
    contract = HOURLY + "cap: {amount: 10000, warn: 80}\n"
    facts = by_hand("7000.00") + worked("t-1", "2025-05-05", hours)
    billing = bill(tmp_path, contract, facts, "2025-05-15")
    assert list(amounts(billing)) == ([code] if code else [])
    assert billing.drafts == []


@pytest.mark.parametrize(("hours", "code"), [("16", "cap-near"), ("15.99", None)])
def test_a_cap_in_hours_is_near_in_the_period_of_the_day(
    tmp_path: Path, hours: str, code: str | None
) -> None:
    facts = worked("t-0", "2025-04-05", 19) + worked("t-1", "2025-05-05", hours)
    billing = bill(tmp_path, MONTHLY % "carry", facts, "2025-05-15")
    assert list(amounts(billing)) == ([code] if code else [])


@pytest.mark.parametrize(
    ("excess", "june", "over"),
    [
        ("carry", [("carried", "5.00", "500.00"), ("time", "15.00", "1500.00")], "300.00"),
        ("drop", [("time", "18.00", "1800.00")], "500.00"),
        ("adjust", [("time", "18.00", "1800.00")], "500.00"),
    ],
)
def test_hours_above_a_month_s_cap_are_carried_or_dropped_or_left(
    tmp_path: Path, excess: str, june: list[Any], over: str
) -> None:
    billing = bill(tmp_path, MONTHLY % excess, JUNE, "2025-06-30")
    assert [lines(draft) for draft in billing.drafts] == [[("time", "20.00", "2000.00")], june]
    assert amounts(billing) == {"cap-exceeded": Decimal(over)}


def test_what_is_carried_comes_from_a_month_and_says_so(tmp_path: Path) -> None:
    billing = bill(tmp_path, MONTHLY % "carry", JUNE, "2025-06-30")
    assert billing.drafts[1].lines[0].text == "Carried from 2025-05: cap of 20:00 h a month"


def test_the_last_excess_makes_a_draft_of_its_own(tmp_path: Path) -> None:
    billing = bill(tmp_path, MONTHLY % "carry", JUNE, "2025-07-31")
    assert nets(billing)[-1] == ("time/2025-07-31", "300.00")
    assert codes(billing) == []


@pytest.mark.parametrize("first", [False, True], ids=["drafts", "issued"])
def test_an_excess_is_billed_once_a_change_order_raises_the_cap(
    tmp_path: Path, *, first: bool
) -> None:
    contract = HOURLY + "cap: {amount: 1000}\n"
    facts = worked("t-1", "2025-01-05", 10) + worked("t-2", "2025-02-05", 5)
    if first:
        _, facts = issued(tmp_path / "steps", contract, facts, ENDS[:2])
    before = bill(tmp_path, contract, facts, "2025-03-09")
    assert amounts(before)["cap-exceeded"] == 500
    raised = facts + raise_cap("2025-03-10", "cap: 300.00 EUR")
    billing = bill(tmp_path, contract, raised, "2025-03-31")
    assert lines(billing.drafts[-1]) == [("carried", "", "300.00")]
    assert amounts(billing)["cap-exceeded"] == 200
    assert cap_of(billing) == ("1300.00", "1300.00", "200.00")


def test_a_pending_order_raises_no_cap(tmp_path: Path) -> None:
    facts = worked("t-1", "2025-01-05", 12)
    pending = '2025-01-10 custom "change-order" "APP" "CO-1" 0.00 EUR\n  cap: 500.00 EUR\n'
    contract = HOURLY + "cap: {amount: 1000}\n"
    assert nets(bill(tmp_path, contract, facts + pending, "2025-02-28")) == [
        ("time/2025-01-31", "1000.00")
    ]


def test_hours_of_a_change_order_raise_a_month_s_cap_from_then_on(tmp_path: Path) -> None:
    facts = JUNE + worked("t-4", "2025-06-06", 10)
    raised = facts + raise_cap("2025-06-01", "hours: 5")
    billing = bill(tmp_path, MONTHLY % "adjust", raised, "2025-06-30")
    assert nets(billing) == [("time/2025-05-31", "2000.00"), ("time/2025-06-30", "2500.00")]


def test_hours_count_in_the_month_of_their_date(tmp_path: Path) -> None:
    contract = MONTHLY % "carry" + "triggers: {type: time, every: week}\n"
    facts = "".join(
        worked(f"t-{number}", day, hours)
        for number, (day, hours) in enumerate(
            [("2025-01-28", 12), ("2025-01-30", 11), ("2025-02-01", 3), ("2025-02-05", 10)]
        )
    )
    billing = bill(tmp_path, contract, facts, "2025-02-28")
    assert [lines(draft) for draft in billing.drafts] == [
        [("time", "23.00", "2300.00")],
        [("carried", "3.00", "300.00"), ("time", "10.00", "1000.00")],
    ]


@pytest.mark.parametrize("first", [False, True], ids=["drafts", "issued"])
def test_several_caps_hold_at_once_and_keep_apart(tmp_path: Path, *, first: bool) -> None:
    contract = HOURLY + (
        "cap: [{hours: 10, every: month, excess: carry}, {amount: 1500}, "
        "{amount: 500, tasks: [dev]}]\n"
    )
    facts = (
        worked("t-1", "2025-01-07", 6, task="dev")
        + worked("t-2", "2025-01-08", 7, task="ops")
        + worked("t-3", "2025-02-08", 7, task="ops")
    )
    if first:
        drafts, facts = issued(tmp_path / "steps", contract, facts, ENDS[:2])
    else:
        drafts = list(bill(tmp_path, contract, facts, "2025-02-28").drafts)
    assert [str(draft.net) for draft in drafts] == ["900.00", "600.00"]
    assert lines(drafts[1]) == [
        ("carried", "3.00", "300.00"),
        ("time", "7.00", "700.00"),
        ("adjustment", "", "-400.00"),
    ]
    billing = bill(tmp_path, contract, facts, "2025-03-15")
    exceeded = [found.amount for found in billing.findings if found.code == "cap-exceeded"]
    assert sorted(exceeded, key=str) == [100, 400]
    # The cap of the one task rises by nothing, that of the contract by 250.
    raised = bill(
        tmp_path, contract, facts + raise_cap("2025-03-02", "cap: 250.00 EUR"), "2025-03-31"
    )
    assert lines(raised.drafts[-1]) == [("carried", "", "250.00")]


def test_a_cap_of_tasks_leaves_other_work_alone(tmp_path: Path) -> None:
    contract = HOURLY + "cap: {amount: 500, tasks: [dev]}\ninvoice: {group-by: [rate]}\n"
    facts = worked("t-1", "2025-01-07", 6, task="dev") + worked("t-2", "2025-01-08", 7, task="ops")
    billing = bill(tmp_path, contract, facts, "2025-01-31")
    assert lines(billing.drafts[0]) == [("time", "13.00", "1300.00"), ("adjustment", "", "-100.00")]


def test_expenses_count_in_no_cap(tmp_path: Path) -> None:
    expense = (
        "2020-01-01 open Expenses:Travel\n2020-01-01 open Income:Reimbursed:APP\n"
        '2025-01-10 * "Rail" "Ticket"\n  Expenses:Travel  300.00 EUR\n'
        '    project: "APP"\n    billable: TRUE\n    id: "exp-1"\n  Assets:Bank  -300.00 EUR\n'
    )
    contract = HOURLY + "cap: {amount: 1000, warn: 100}\n"
    billing = bill(tmp_path, contract, expense + worked("t-1", "2025-01-07", 9), "2025-01-31")
    assert nets(billing) == [("time/2025-01-31", "1200.00")]
    assert codes(billing) == []


def test_tax_is_not_in_a_cap_and_follows_what_is_left_out(tmp_path: Path) -> None:
    contract = HOURLY + (
        "cap: {amount: 1000}\ninvoice: {tax: V}\ntriggers: {type: time, every: quarter, "
        "anchor: 2025-02-01}\n"
    )
    facts = worked("t-1", "2025-03-07", 6) + worked("t-2", "2025-04-08", 6)
    billing = bill(tmp_path, contract, facts, "2025-04-30", TAXED)
    (draft,) = billing.drafts
    assert [(str(tax.rate), str(tax.base)) for tax in draft.taxes] == [
        ("7", "400.00"),
        ("19", "600.00"),
    ]
    # What is left out of work in April keeps the rate of April, also once it is issued.
    _, ledger = issued(tmp_path / "steps", contract, facts, ["2025-04-30"], TAXED)
    raised = ledger + raise_cap("2025-05-02", "cap: 200.00 EUR")
    (later,) = bill(tmp_path, contract, raised, "2025-07-31", TAXED).drafts
    assert [(str(tax.rate), str(tax.base)) for tax in later.taxes] == [("7", "200.00")]


def test_milestones_and_hours_share_the_cap_of_a_hybrid(tmp_path: Path) -> None:
    contract = (
        "project: APP\nclient: acme\nstart: 2025-01-01\nbilling: hybrid\nvalue: 600\n"
        "rates: {default: 100}\nmilestones: {M1: {value: 600}}\ncap: {amount: 1000}\n"
    )
    facts = worked("t-1", "2025-01-05", 6) + progress_text(
        "2025-01-20", 100, project="APP", milestone="M1"
    )
    billing = bill(tmp_path, contract, facts, "2025-01-31")
    assert lines(billing.drafts[0]) == [
        ("milestone", "", "600.00"),
        ("time", "6.00", "600.00"),
        ("adjustment", "", "-200.00"),
    ]


def test_the_fee_of_a_retainer_counts_in_its_cap(tmp_path: Path) -> None:
    contract = HOURLY.replace("time-and-materials", "retainer") + (
        "retainer: {fee: 900, hours: 5}\ncap: {amount: 1000}\n"
    )
    billing = bill(tmp_path, contract, worked("t-1", "2025-01-05", 7), "2025-01-31")
    assert lines(billing.drafts[0]) == [
        ("retainer", "", "900.00"),
        ("overage", "2.00", "200.00"),
        ("adjustment", "", "-100.00"),
        ("covered", "5.00", "0.00"),
    ]


def test_payers_share_a_cap(tmp_path: Path) -> None:
    firm = FIRM.replace("clients:\n", "clients:\n  bolt: {name: BOLT AG}\n")
    contract = HOURLY + "split: {acme: 60, bolt: 40}\ncap: {amount: 1000}\n"
    facts = "2020-01-01 open Assets:Receivable:BOLT\n" + worked("t-1", "2025-01-07", 12)
    billing = bill(tmp_path, contract, facts, "2025-01-31", firm)
    assert [str(draft.net) for draft in billing.drafts] == ["600.00", "400.00"]
    assert amounts(billing) == {"cap-exceeded": Decimal("200.00")}
    assert cap_of(billing) == ("1000.00", "1000.00", "200.00")
    said = [part.partition(" EUR above")[0] for part in billing.findings[0].message.split("; ")]
    assert said == ["acme: 120.00", "bolt: 80.00"]


def test_what_a_payer_is_billed_of_carried_hours_can_be_recomputed(tmp_path: Path) -> None:
    firm = FIRM.replace("clients:\n", "clients:\n  bolt: {name: BOLT AG}\n")
    contract = MONTHLY % "carry" + "split: {acme: 62.5, bolt: 37.5}\n"
    opened = "2020-01-01 open Assets:Receivable:BOLT\n"
    billing = bill(tmp_path, contract, opened + JUNE, "2025-06-30", firm)
    carried = [line for draft in billing.drafts for line in draft.lines if line.kind == "carried"]
    assert [(line.text, str(line.amount)) for line in carried] == [
        ("Carried from 2025-05 (62.5 % share): cap of 20:00 h a month", "312.50"),
        ("Carried from 2025-05 (37.5 % share): cap of 20:00 h a month", "187.50"),
    ]
