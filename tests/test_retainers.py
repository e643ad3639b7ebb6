"""Retainers: fees by period, hours that they pay for, and hours beyond."""

from __future__ import annotations

from datetime import date
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from tests.ledgers import credit_text
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
    from projbill_beancount.billing.model import Draft

BASE = "project: APP\nclient: acme\nbilling: retainer\nrates: {default: 100}\n"
HEAD = BASE + "start: 2025-01-01\n"
TEN = HEAD + "retainer: {fee: 2000, hours: 10, overage: {rate: 220}}\n"
ROLLOVER = TEN.replace("}}", "}, unused: rollover, rollover: {max: 5, periods: 1}}")
REFUND = TEN.replace("}}", "}, unused: refund}")
PREPAID = REFUND.replace("fee", "in: advance, fee")
BLOCK = HEAD + (
    "end: 2025-06-30\n"
    "retainer: {fee: 5500, hours: 50, every: once, in: advance, overage: {rate: 130}}\n"
)
USED = worked("t-1", "2025-01-10", 7) + worked("t-2", "2025-02-10", 12)
ENDS = [str(date(2025, month + 1, 1) - timedelta(1)) for month in range(1, 12)]


def held(draft: Draft) -> list[str]:
    """Why a draft is held."""
    return [reason.code for reason in draft.reasons]


def standing(billing: Billing) -> dict[str, str]:
    """The hours of the shown period."""
    retainer = billing.positions["APP"].retainer
    assert retainer is not None
    sizes = {"allocated": retainer.allocated or 0, "used": retainer.used}
    sizes |= {"carried": retainer.carried, "expired": retainer.expired}
    return {name: f"{Decimal(size) / 3600:.2f}" for name, size in sizes.items()}


def said(billing: Billing, code: str) -> list[str]:
    """The messages of a code."""
    return [found.message for found in billing.findings if found.code == code]


@pytest.mark.parametrize(
    ("start", "days"),
    [
        ("2024-01-31", ["2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30"]),
        ("2025-01-31", ["2025-01-31", "2025-02-28", "2025-03-31", "2025-04-30"]),
    ],
)
def test_an_anchor_on_the_31st_does_not_drift(tmp_path: Path, start: str, days: list[str]) -> None:
    contract = BASE + f"start: {start}\nretainer: {{fee: 1000, in: advance, anchor: {start}}}\n"
    billing = bill(tmp_path, contract, "", days[-1])
    assert nets(billing) == [(f"time/{day}", "1000.00") for day in days]


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ("in: arrears, prorate: days", "1451.61 3000.00 3000.00 1000.00"),
        ("prorate: none", "3000.00 3000.00 3000.00 3000.00"),
        ("in: advance", "1451.61 3000.00 3000.00 1000.00"),
    ],
)
def test_a_fee_is_pro_rated_at_both_ends(tmp_path: Path, terms: str, expected: str) -> None:
    contract = BASE + f"start: 2025-03-17\nend: 2025-06-10\nretainer: {{fee: 3000, {terms}}}\n"
    billing = bill(tmp_path, contract, "", "2025-06-10")
    days = ["2025-03-31", "2025-04-30", "2025-05-31", "2025-06-10"]
    if "advance" in terms:
        days = ["2025-03-17", "2025-04-01", "2025-05-01", "2025-06-01"]
    assert nets(billing) == [
        (f"time/{day}", net) for day, net in zip(days, expected.split(), strict=True)
    ]
    assert bill(tmp_path, contract, "", "2025-09-30").drafts == billing.drafts


@pytest.mark.parametrize(
    ("every", "start", "expected"),
    [
        ("week", "2025-01-08", [("time/2025-01-12", "1428.57"), ("time/2025-01-19", "2000.00")]),
        (
            "two-weeks",
            "2025-01-08",
            [("time/2025-01-19", "1714.29"), ("time/2025-02-02", "2000.00")],
        ),
        (
            "two-weeks",
            "2025-01-15",
            [("time/2025-01-26", "1714.29"), ("time/2025-02-09", "2000.00")],
        ),
        ("quarter", "2025-02-01", [("time/2025-03-31", "1311.11"), ("time/2025-06-30", "2000.00")]),
        ("year", "2025-07-01", [("time/2025-12-31", "1008.22"), ("time/2026-12-31", "2000.00")]),
    ],
)
def test_a_fee_comes_once_a_period(
    tmp_path: Path, every: str, start: str, expected: list[tuple[str, str]]
) -> None:
    contract = BASE + f"start: {start}\nretainer: {{fee: 2000, every: {every}}}\n"
    last = expected[-1][0].removeprefix("time/")
    assert nets(bill(tmp_path, contract, "", last))[:2] == expected
    assert len(bill(tmp_path, contract, "", last).drafts) == len(expected)


def test_an_allowance_is_pro_rated_and_rounded(tmp_path: Path) -> None:
    contract = TEN.replace("2025-01-01", "2025-03-17")
    billing = bill(tmp_path, contract, worked("t-1", "2025-03-20", 6), "2025-03-31")
    assert lines(billing.drafts[0]) == [
        ("retainer", "", "967.74"),
        ("overage", "1.16", "255.20"),
        ("covered", "4.84", "0.00"),
    ]
    assert billing.drafts[0].lines[0].text.endswith("2025-03-17 to 2025-03-31 (15/31 of 2000)")
    whole = bill(
        tmp_path,
        contract.replace("hours:", "prorate: none, hours:"),
        worked("t-1", "2025-03-20", 6),
        "2025-03-31",
    )
    assert nets(whole) == [("time/2025-03-31", "2000.00")]


@pytest.mark.parametrize(("minutes", "finds"), [(600, 0), (606, 1)])
def test_overage_is_told_while_the_period_runs(tmp_path: Path, minutes: int, finds: int) -> None:
    facts = worked("t-1", "2025-01-10", Decimal(minutes) / 60)
    billing = bill(tmp_path, TEN, facts, "2025-01-20")
    assert billing.drafts == []
    assert codes(billing) == ["warning retainer-overage"] * finds
    expected = (
        "0:06 h beyond the retainer 2025-01-01 to 2025-01-31, worth 22.00 EUR; "
        "the period runs for another 11 days"
    )
    assert said(billing, "retainer-overage") == [expected] * finds
    assert [str(found.amount) for found in billing.findings] == ["22.00"] * finds


@pytest.mark.parametrize(
    ("policy", "net", "why", "found"),
    [
        ("bill", "2440.00", [], []),
        ("hold", "2440.00", ["retainer-overage"], ["hold retainer-overage"]),
        ("absorb", "2000.00", [], ["info retainer-overage"]),
    ],
)
def test_overage_at_the_end_goes_by_the_policy(
    tmp_path: Path, policy: str, net: str, why: list[str], found: list[str]
) -> None:
    contract = TEN.replace("220}", f"220, policy: {policy}}}")
    billing = bill(tmp_path, contract, worked("t-1", "2025-01-10", 12), "2025-01-31")
    assert nets(billing) == [("time/2025-01-31", net)]
    assert held(billing.drafts[0]) == why
    assert codes(billing) == found
    assert [found.amount for found in billing.findings] == [Decimal(440)] * len(found)


def test_held_overage_is_released_for_its_net(tmp_path: Path) -> None:
    contract = TEN.replace("220}", "220, policy: hold}")
    release = (
        '2025-02-02 custom "billing-release" "APP" "APP/time/2025-01-31" 2440.00 EUR\n'
        '  reason: "agreed"\n'
    )
    facts = worked("t-1", "2025-01-10", 12) + release
    billing = bill(tmp_path, contract, facts, "2025-02-03")
    assert [held(draft) for draft in billing.drafts] == [[]]
    assert codes(billing) == []


def test_without_a_fee_of_hours_nothing_is_beyond(tmp_path: Path) -> None:
    contract = HEAD + "retainer: {fee: 2000}\n"
    billing = bill(tmp_path, contract, worked("t-1", "2025-01-10", 12), "2025-01-31")
    assert lines(billing.drafts[0]) == [("retainer", "", "2000.00"), ("covered", "12.00", "0.00")]
    assert codes(billing) == []


def test_overage_without_a_rate_of_its_own_has_the_contract_s(tmp_path: Path) -> None:
    contract = TEN.replace(", overage: {rate: 220}", "")
    billing = bill(tmp_path, contract, worked("t-1", "2025-01-10", 12), "2025-01-31")
    assert lines(billing.drafts[0])[1] == ("overage", "2.00", "200.00")


def test_unused_hours_expire(tmp_path: Path) -> None:
    billing = bill(tmp_path, TEN, USED, "2025-02-28")
    assert nets(billing) == [("time/2025-01-31", "2000.00"), ("time/2025-02-28", "2440.00")]
    assert codes(billing) == ["info retainer-expired"]
    assert said(billing, "retainer-expired")[0].startswith("3:00 h lapsed unused")
    assert standing(bill(tmp_path, TEN, USED, "2025-01-31"))["expired"] == "3.00"
    used_up = bill(tmp_path, TEN, worked("t-1", "2025-01-10", 10), "2025-01-31")
    assert codes(used_up) == []


def test_unused_hours_roll_over_for_a_month(tmp_path: Path) -> None:
    facts = (
        worked("t-1", "2025-01-10", 3)
        + worked("t-2", "2025-02-10", 14)
        + worked("t-3", "2025-03-10", 12)
    )
    billing = bill(tmp_path, ROLLOVER, facts, "2025-03-31")
    assert nets(billing) == [
        ("time/2025-01-31", "2000.00"),
        ("time/2025-02-28", "2000.00"),
        ("time/2025-03-31", "2220.00"),
    ]
    assert [found.date for found in billing.findings] == [date(2025, 1, 31)]
    assert said(billing, "retainer-expired")[0].startswith("2:00 h")
    seen = [standing(bill(tmp_path, ROLLOVER, facts, day)) for day in ENDS[:3]]
    assert [one["carried"] for one in seen] == ["0.00", "5.00", "1.00"]
    assert [one["expired"] for one in seen] == ["2.00", "0.00", "0.00"]


def test_hours_that_roll_over_for_good_never_lapse(tmp_path: Path) -> None:
    contract = TEN.replace("}}", "}, unused: rollover}")
    facts = worked("t-1", "2025-04-10", 20) + worked("t-2", "2025-04-11", 19)
    billing = bill(tmp_path, contract, facts, "2025-04-30")
    assert {net for _, net in nets(billing)} == {"2000.00"}
    assert standing(billing)["carried"] == "30.00"
    assert codes(billing) == []


@pytest.mark.parametrize(
    ("as_of", "finds"), [("2025-02-13", 0), ("2025-02-14", 1), ("2025-02-27", 1)]
)
def test_carried_hours_that_are_about_to_lapse(tmp_path: Path, as_of: str, finds: int) -> None:
    facts = worked("t-1", "2025-01-10", 7) + worked("t-2", "2025-02-10", 2)
    billing = bill(tmp_path, ROLLOVER, facts, as_of)
    messages = said(billing, "retainer-expiring")
    assert len(messages) == finds
    # One of three carried hours is left, and of the own ten not more than five go on.
    assert all(message.startswith("6:00 h lapse on 2025-02-28, in ") for message in messages)


def test_hours_that_are_used_are_not_about_to_lapse(tmp_path: Path) -> None:
    assert codes(bill(tmp_path, TEN, worked("t-1", "2025-01-10", 10), "2025-01-20")) == []
    weekly = TEN.replace("hours: 10", "hours: 10, every: week")
    assert "warning retainer-expiring" not in codes(bill(tmp_path, weekly, "", "2025-01-08"))


def test_a_refund_in_arrears_is_taken_off_the_fee(tmp_path: Path) -> None:
    at_once = bill(tmp_path, REFUND, USED, "2025-02-28")
    assert lines(at_once.drafts[0]) == [
        ("retainer", "", "2000.00"),
        ("retainer", "", "-600.00"),
        ("covered", "7.00", "0.00"),
    ]
    assert codes(at_once) == []
    stepped, facts = issued(tmp_path / "steps", REFUND, USED, ENDS[:2])
    assert [lines(draft) for draft in stepped] == [lines(draft) for draft in at_once.drafts]
    after = bill(tmp_path, REFUND, facts, "2025-02-28")
    assert (nets(after), codes(after)) == ([], [])


def test_a_refund_in_advance_is_proposed_as_a_credit(tmp_path: Path) -> None:
    stepped, facts = issued(tmp_path / "steps", PREPAID, USED, ENDS[:2])
    assert [str(draft.net) for draft in stepped] == ["2000.00", "2000.00", "440.00"]
    billing = bill(tmp_path, PREPAID, facts, "2025-02-28")
    (proposed,) = billing.drafts
    assert (proposed.id, proposed.kind) == ("APP/time/2025-01-31/credit", "credit")
    assert (str(proposed.net), proposed.corrects) == ("-600.00", "INV-2025-0001")
    assert held(proposed) == ["retainer-refund-due"]
    assert codes(billing) == ["hold retainer-refund-due"]
    credited = [line._replace(amount=-line.amount) for line in proposed.lines]
    facts += credit_text(stepped[0], "CN-2025-0001", date(2025, 3, 1), "INV-2025-0001", credited)
    after = bill(tmp_path, PREPAID, facts, "2025-03-05")
    assert nets(after) == [("time/2025-03-01", "2000.00")]
    assert codes(after) == []
    # Hours that are given back in money are gone: what comes late is beyond.
    late = bill(tmp_path, PREPAID, facts + worked("l-1", "2025-01-20", 2), "2025-03-31")
    assert ("time/2025-03-31", "440.00") in nets(late)


def test_all_hours_used_give_nothing_back(tmp_path: Path) -> None:
    billing = bill(tmp_path, PREPAID, worked("t-1", "2025-01-10", 10), "2025-01-31")
    assert codes(billing) == []


def test_a_refund_stands_beside_the_hours_of_its_day(tmp_path: Path) -> None:
    contract = PREPAID.replace("fee", "tasks: [support], fee")
    facts = worked("t-1", "2025-01-10", 7, task="support") + worked(
        "t-2", "2025-01-11", 4, task="dev"
    )
    billing = bill(tmp_path, contract, facts, "2025-01-31")
    assert [(draft.id, lines(draft)) for draft in billing.drafts] == [
        ("APP/time/2025-01-01", [("retainer", "", "2000.00")]),
        ("APP/time/2025-01-31", [("time", "4.00", "400.00"), ("covered", "7.00", "0.00")]),
        ("APP/time/2025-01-31/credit", [("retainer", "", "-600.00")]),
    ]


def test_a_refund_of_all_hours_is_the_whole_fee(tmp_path: Path) -> None:
    contract = PREPAID.replace("2025-01-01", "2025-03-17")
    billing = bill(tmp_path, contract, "", "2025-03-31")
    assert nets(billing) == [("time/2025-03-17", "967.74"), ("time/2025-03-31/credit", "-967.74")]


def test_a_block_is_drawn_down_and_lapses_at_the_end(tmp_path: Path) -> None:
    facts = "".join(worked(f"t-{day}", f"2025-03-{day:02}", 8) for day in range(1, 7))
    running = bill(tmp_path, BLOCK, facts, "2025-03-31")
    assert nets(running) == [("time/2025-01-01", "5500.00")]
    assert str(running.positions["APP"].earned) == "5280.00"
    assert codes(bill(tmp_path, BLOCK, facts, "2025-06-15")) == []
    assert codes(bill(tmp_path, BLOCK, facts, "2025-06-20")) == ["warning retainer-expiring"]
    over = bill(tmp_path, BLOCK, facts, "2025-06-30")
    assert "info retainer-expired" in codes(over)
    assert str(over.positions["APP"].earned) == "5500.00"
    beyond = bill(tmp_path, BLOCK, facts + worked("t-9", "2025-04-04", 5), "2025-06-30")
    assert nets(beyond)[-1] == ("time/2025-06-30", "390.00")
    lasting = BLOCK.replace("end: 2025-06-30\n", "")
    forever = bill(tmp_path, lasting, facts + worked("t-9", "2025-04-04", 5), "2025-06-30")
    assert nets(forever)[-1] == ("time/2025-04-30", "390.00")


def test_the_last_covered_hours_are_closed_at_the_end(tmp_path: Path) -> None:
    contract = TEN.replace("fee", "in: advance, fee") + "end: 2025-02-28\n"
    drafts, facts = issued(tmp_path, contract, USED.replace("12.0000", "9.0000"), ["2025-02-28"])
    assert [(str(draft.date), lines(draft)) for draft in drafts] == [
        ("2025-01-01", [("retainer", "", "2000.00")]),
        ("2025-02-01", [("retainer", "", "2000.00"), ("covered", "7.00", "0.00")]),
        ("2025-02-28", [("covered", "9.00", "0.00")]),
    ]
    assert codes(bill(tmp_path, contract, facts, "2025-03-31")) == ["info retainer-expired"] * 2


def test_hours_outside_the_retainer_go_on_the_same_invoice(tmp_path: Path) -> None:
    contract = TEN.replace("fee", "tasks: [support], fee")
    facts = worked("t-1", "2025-01-10", 12, task="support") + worked(
        "t-2", "2025-01-11", 4, task="dev"
    )
    (draft,) = bill(tmp_path, contract, facts, "2025-01-31").drafts
    assert lines(draft) == [
        ("retainer", "", "2000.00"),
        ("overage", "2.00", "440.00"),
        ("time", "4.00", "400.00"),
        ("covered", "10.00", "0.00"),
    ]


def test_overage_waits_for_the_end_of_a_longer_period(tmp_path: Path) -> None:
    contract = HEAD + (
        "retainer: {fee: 3000, hours: 10, every: quarter, tasks: [support], overage: {rate: 200}}\n"
        "triggers: {type: time, every: month}\n"
    )
    facts = (
        worked("t-1", "2025-01-10", 8, task="support")
        + worked("t-2", "2025-02-10", 8, task="support")
        + worked("t-3", "2025-01-15", 2, task="dev")
    )
    at_once = bill(tmp_path, contract, facts, "2025-03-31")
    assert nets(at_once) == [("time/2025-01-31", "200.00"), ("time/2025-03-31", "4200.00")]
    stepped, _ = issued(tmp_path / "steps", contract, facts, ENDS[:3])
    assert [lines(draft) for draft in stepped] == [lines(draft) for draft in at_once.drafts]


def test_a_change_order_raises_the_allocation_from_its_period_on(tmp_path: Path) -> None:
    order = '2025-02-01 custom "change-order" "APP" "CO-1" 0.00 EUR\n  approved: 2025-02-05\n'
    facts = USED.replace("12.0000", "16.0000") + order + "  hours: 5\n"
    billing = bill(tmp_path, TEN, facts, "2025-02-28")
    assert nets(billing) == [("time/2025-01-31", "2000.00"), ("time/2025-02-28", "2220.00")]
    assert standing(billing)["allocated"] == "15.00"
    pending = facts.replace("  approved: 2025-02-05\n", "")
    assert nets(bill(tmp_path, TEN, pending, "2025-02-28"))[1] == ("time/2025-02-28", "3320.00")


def test_a_fee_is_taxed_by_the_end_of_its_period(tmp_path: Path) -> None:
    contract = TEN.replace("fee", "in: advance, every: quarter, anchor: 2025-02-01, fee")
    contract = contract.replace("01-01", "02-01") + "invoice: {tax: V}\n"
    (draft,) = bill(tmp_path, contract, "", "2025-02-01", TAXED).drafts
    assert [(str(tax.rate), str(tax.amount)) for tax in draft.taxes] == [("7", "140.00")]


@pytest.mark.parametrize(("as_of", "earned"), [("2025-01-15", "967.74"), ("2025-01-31", "2000.00")])
def test_a_fee_is_earned_by_elapsed_days(tmp_path: Path, as_of: str, earned: str) -> None:
    billing = bill(tmp_path, TEN.replace("fee", "in: advance, fee"), "", as_of)
    assert Decimal(earned) == billing.positions["APP"].earned


@pytest.mark.parametrize(
    ("terms", "day"),
    [("", "2025-06-30"), ("in: advance, ", "2025-01-01"), ("in: arrears, ", "2025-06-30")],
)
def test_a_block_without_an_end_is_paid_before_it_is_used(
    tmp_path: Path, terms: str, day: str
) -> None:
    contract = BLOCK.replace("in: advance, ", terms)
    assert nets(bill(tmp_path, contract, "", "2025-06-30")) == [(f"time/{day}", "5500.00")]
    lasting = contract.replace("end: 2025-06-30\n", "")
    assert nets(bill(tmp_path, lasting, "", "2025-06-30")) == [("time/2025-01-01", "5500.00")]
