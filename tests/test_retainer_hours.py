"""Hours of retainers that come late, are taken back, credited, in question, or carried on."""

from __future__ import annotations

from datetime import date
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from tests.ledgers import ask
from tests.ledgers import credit_text
from tests.ledgers import write_ledger
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


def hours(billing: Billing) -> tuple[str, ...]:
    """Worked, covered, billed and unbilled hours."""
    known = billing.positions["APP"].hours
    return tuple(
        f"{Decimal(size) / 3600:.2f}"
        for size in (known.worked, known.covered, known.billed, known.unbilled)
    )


def test_late_hours_find_what_their_period_has_left(tmp_path: Path) -> None:
    facts = (
        worked("t-1", "2025-01-10", 3)
        + worked("t-2", "2025-02-10", 14)
        + worked("t-3", "2025-03-10", 12)
    )
    _, ledger = issued(tmp_path / "steps", ROLLOVER, facts, ENDS[:2])
    # Two hours of January lapsed, five were used in February, one of February is left.
    late = bill(tmp_path, ROLLOVER, ledger + worked("l-1", "2025-01-20", 7), "2025-03-31")
    (draft,) = late.drafts
    assert lines(draft) == [
        ("retainer", "", "2000.00"),
        ("overage", "4.00", "880.00"),
        ("overage", "2.00", "440.00"),
        ("covered", "13.00", "0.00"),
    ]
    assert [line.prior_period for line in draft.lines[1:3]] == [True, False]
    assert draft.lines[1].text.endswith("(prior period, worked 2025-01-20)")
    assert codes(late) == ["warning time-late"]
    covered = bill(tmp_path, ROLLOVER, ledger + worked("l-1", "2025-01-20", 1), "2025-03-31")
    assert lines(covered.drafts[0])[2] == ("covered", "12.00", "0.00")
    assert codes(covered) == ["warning time-late", "info retainer-expired"]


@pytest.mark.parametrize(
    ("back", "expected", "unused"),
    [
        (-1, [("overage", "-1.00", "-220.00")], 0),
        (-3, [("overage", "-2.00", "-440.00"), ("covered", "-1.00", "0.00")], 1),
    ],
)
def test_hours_that_are_taken_back_were_overage_first(
    tmp_path: Path, back: int, expected: list[tuple[str, str, str]], unused: int
) -> None:
    _, ledger = issued(tmp_path / "steps", TEN, USED, ENDS[:2])
    facts = ledger + worked("c-1", "2025-02-10", back, corrects="t-2")
    billing = bill(tmp_path, TEN, facts, "2025-03-31")
    assert lines(billing.drafts[0])[1:] == expected
    lapsed = [f for f in billing.findings if f.code == "retainer-expired" and "02-28" in f.message]
    assert len(lapsed) == unused


def test_a_credited_fee_is_billed_again_a_lowered_one_is_not(tmp_path: Path) -> None:
    drafts, ledger = issued(tmp_path / "steps", TEN, USED, ENDS[:2])
    fee = drafts[1].lines[0]
    day = date(2025, 3, 5)
    for amount, expected in ((Decimal("2000.00"), 1), (Decimal("500.00"), 0)):
        credit = credit_text(
            drafts[1], "CN-2025-0001", day, "INV-2025-0002", [fee._replace(amount=amount)]
        )
        billing = bill(tmp_path, TEN, ledger + credit, "2025-03-31")
        again = [("time/2025-02-28", "2000.00")] * expected
        assert nets(billing) == [*again, ("time/2025-03-31", "2000.00")]


@pytest.mark.parametrize("kind", ["overage", "covered"])
def test_credited_hours_are_divided_again(tmp_path: Path, kind: str) -> None:
    drafts, ledger = issued(tmp_path / "steps", TEN, USED, ENDS[:2])
    lines_back = [line for line in drafts[1].lines if line.kind in {"overage", kind}]
    credit = credit_text(drafts[1], "CN-2025-0001", date(2025, 3, 5), "INV-2025-0002", lines_back)
    billing = bill(tmp_path, TEN, ledger + credit, "2025-03-31")
    seen = [line for draft in billing.drafts for line in lines(draft) if line[1]]
    covered = [("covered", "10.00", "0.00")] if kind == "covered" else []
    assert seen == [("overage", "2.00", "440.00"), *covered]
    assert hours(billing) == ("19.00", "17.00", "0.00", "2.00")


@pytest.mark.parametrize(
    "contract",
    [
        TEN,
        ROLLOVER,
        REFUND,
        TEN.replace("fee", "in: advance, fee"),
        TEN.replace("hours: 10", "every: week, hours: 4"),
        TEN.replace("hours: 10", "every: week, hours: 4") + "invoice: {consolidate: month}\n",
        TEN.replace("220}", "220, policy: absorb}"),
        ROLLOVER.replace("2025-01-01", "2025-01-08").replace("fee", "anchor: 2025-01-31, fee"),
    ],
    ids=["expire", "rollover", "refund", "advance", "week", "joined", "absorb", "31st"],
)
def test_issuing_changes_nothing(tmp_path: Path, contract: str) -> None:
    facts = USED + worked("t-3", "2025-02-20", "2.3456") + worked("t-4", "2025-03-20", 9)
    at_once = bill(tmp_path / "once", contract, facts, "2025-03-31")
    days = [str(date(2025, 1, 1) + timedelta(number)) for number in range(0, 90, 4)]
    stepped, ledger = issued(tmp_path / "steps", contract, facts, [*days, "2025-03-31"])
    assert [(draft.id, lines(draft)) for draft in stepped] == [
        (draft.id, lines(draft)) for draft in at_once.drafts
    ]
    after = bill(tmp_path / "after", contract, ledger, "2025-03-31")
    assert after.drafts == []
    assert standing(after) == standing(at_once)
    assert codes(after) == codes(at_once)
    assert hours(after)[:2] == hours(at_once)[:2]
    assert hours(after)[2] == hours(at_once)[3]


@pytest.mark.parametrize(("hours_now", "finds"), [(9, 1), (10, 0), (12, 0)])
def test_more_covered_than_there_is_is_an_error(tmp_path: Path, hours_now: int, finds: int) -> None:
    _, ledger = issued(tmp_path / "steps", TEN, USED, ENDS[:2])
    billing = bill(tmp_path, TEN.replace("hours: 10", f"hours: {hours_now}"), ledger, "2025-02-28")
    assert codes(billing).count("error retainer-overdrawn") == finds


def test_hours_wait_to_be_approved(tmp_path: Path) -> None:
    contract = TEN + "approval: required\n"
    facts = worked("t-1", "2025-01-10", 7, approved="TRUE") + worked("t-2", "2025-01-11", 4)
    running = bill(tmp_path, contract, facts, "2025-01-15")
    assert codes(running) == ["warning retainer-overage"]
    ended = bill(tmp_path, contract, facts, "2025-01-31")
    assert lines(ended.drafts[0]) == [("retainer", "", "2000.00"), ("covered", "7.00", "0.00")]
    assert codes(ended) == ["warning time-unapproved", "info retainer-expired"]


def test_hours_in_question_hold_the_overage_that_depends_on_them(tmp_path: Path) -> None:
    twice = worked("t-1", "2025-01-10", 8) + worked("t-1", "2025-01-10", 7)
    billing = bill(tmp_path, TEN, twice + worked("t-2", "2025-01-20", 5), "2025-01-31")
    (draft,) = billing.drafts
    assert held(draft) == ["time-id-conflict"]
    assert [line[0] for line in lines(draft)] == ["retainer", "overage", "covered"]


@pytest.mark.parametrize(
    ("follows", "net", "carried"),
    [
        ("OLD", "2440.00", "0.00"),
        ("{project: OLD, carry: rollover}", "2000.00", "5.00"),
        ("{project: OLD, carry: [cap]}", "2440.00", "0.00"),
    ],
)
def test_a_renewed_contract_takes_over_hours_only_where_it_says_so(
    tmp_path: Path, follows: str, net: str, carried: str
) -> None:
    old = ROLLOVER.replace("APP", "OLD") + "end: 2025-03-31\n"
    new = ROLLOVER.replace("01-01", "04-01") + f"follows: {follows}\n"
    facts = worked("t-1", "2025-03-05", 3).replace("APP", "OLD") + worked("t-2", "2025-04-05", 12)
    ledger = write_ledger(tmp_path, "2025-04-30", contracts={"OLD": old, "APP": new}, facts=facts)
    drafts = ask(ledger, "2025-04-30", "drafts")["drafts"]
    assert [draft["net"] for draft in drafts if draft["project"] == "APP"] == [net]
    (row, _) = ask(ledger, "2025-04-30", "status")["projects"]
    assert row["retainer"]["carried"] == carried


def test_hours_of_the_last_month_are_not_closed_by_its_fee(tmp_path: Path) -> None:
    contract = TEN.replace("fee", "in: advance, fee") + "end: 2025-02-28\n"
    drafts, _ = issued(tmp_path, contract, USED, ["2025-01-31", "2025-02-01", "2025-02-28"])
    assert [(str(draft.date), lines(draft)) for draft in drafts[1:]] == [
        ("2025-02-01", [("retainer", "", "2000.00"), ("covered", "7.00", "0.00")]),
        ("2025-02-28", [("overage", "2.00", "440.00"), ("covered", "10.00", "0.00")]),
    ]


def test_both_parts_of_an_entry_are_on_one_invoice(tmp_path: Path) -> None:
    contract = TEN.replace("fee", "in: advance, fee")
    _, facts = issued(tmp_path, contract, USED, ENDS[:2])
    facts += worked("l-1", "2025-01-20", 8)
    stepped, facts = issued(tmp_path, contract, facts, [ENDS[2]])
    assert [lines(draft) for draft in stepped] == [
        [("retainer", "", "2000.00")],
        [("overage", "5.00", "1100.00"), ("covered", "3.00", "0.00")],
    ]
    assert "error invoiced-entry-changed" not in codes(bill(tmp_path, contract, facts, ENDS[2]))


def test_months_before_the_books_began_leave_no_hours(tmp_path: Path) -> None:
    adopted = (
        '2025-01-31 * "ACME Corp" "I1" ^I1\n  invoice: "I1"\n  project: "APP"\n'
        "  covers: 2025-01-31\n"
        "  Assets:Receivable:ACME   2000.00 EUR\n  Income:Services:APP     -2000.00 EUR\n"
    )
    billing = bill(tmp_path, ROLLOVER, adopted + USED, "2025-02-28")
    assert nets(billing) == [("time/2025-02-28", "2440.00")]
    assert codes(billing) == []


@settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
@given(
    quarters=st.lists(
        st.tuples(st.integers(1, 6), st.integers(1, 28), st.integers(1, 90)), max_size=8
    ),
    unused=st.sampled_from(
        ["expire", "refund", "rollover", "rollover, rollover: {max: 4, periods: 2}"]
    ),
    advance=st.booleans(),
)
def test_all_hours_are_paid_for_or_billed_or_lapse(
    tmp_path_factory: pytest.TempPathFactory,
    quarters: list[tuple[int, int, int]],
    unused: str,
    advance: bool,
) -> None:
    way = "advance" if advance else "arrears"
    contract = TEN.replace("}}", f"}}, in: {way}, unused: {unused}}}")
    worked_on: dict[int, Decimal] = {}
    facts = ""
    for number, (month, day, size) in enumerate(quarters):
        worked_on[month] = worked_on.get(month, Decimal(0)) + Decimal(size) / 4
        facts += worked(f"t-{number}", f"2025-{month:02}-{day:02}", Decimal(size) / 4)
    folder = tmp_path_factory.mktemp("retainer")
    before = Decimal(0)
    for month in range(1, 7):
        billing = bill(folder, contract, facts, ENDS[month - 1])
        seen = {name: Decimal(size) for name, size in standing(billing).items()}
        overage = sum(
            (
                Decimal(line.seconds or 0) / 3600
                for draft in billing.drafts
                if str(draft.date) == ENDS[month - 1]
                for line in draft.lines
                if line.kind == "overage"
            ),
            Decimal(0),
        )
        assert seen["used"] == worked_on.get(month, 0)
        assert seen["carried"] == before
        within = seen["used"] - overage
        left = seen["allocated"] + seen["carried"] - within - seen["expired"]
        assert left >= 0
        assert overage == max(seen["used"] - seen["allocated"] - seen["carried"], 0)
        before = left if unused.startswith("rollover") else Decimal(0)
        if unused == "expire":
            assert left == 0
        if "max" in unused:
            assert left <= 4
