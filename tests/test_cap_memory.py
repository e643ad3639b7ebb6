"""What caps remember: through issuing, credits, holds, renewals, and as a law."""

from __future__ import annotations

from datetime import date
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


def amounts(billing: Billing) -> dict[str, Decimal | None]:
    """The amounts of the findings by code, but of drafts that wait to be closed."""
    apart = {"zero-invoice", "invoice-overdue"}
    return {one.code: one.amount for one in billing.findings if one.code not in apart}


def cap_of(billing: Billing) -> tuple[str, str, str]:
    """Cap, use and excess of the shown cap: hours of one in hours."""
    cap = billing.positions["APP"].cap
    assert cap is not None
    unit = 3600 if cap.in_hours else 1
    return tuple(f"{size / unit:.2f}" for size in (cap.amount, cap.used, cap.over))  # type: ignore[return-value]


@pytest.mark.parametrize("excess", ["carry", "drop", "adjust"])
@pytest.mark.parametrize(
    "cap", ["hours: 20, every: month", "amount: 2000, every: month", "hours: 20, every: quarter"]
)
def test_issuing_step_by_step_bills_the_same(tmp_path: Path, cap: str, excess: str) -> None:
    contract = HOURLY + f"cap: {{{cap}, excess: {excess}}}\n"
    at_once = bill(tmp_path / "once", contract, JUNE, "2025-08-31")
    stepped, facts = issued(tmp_path / "steps", contract, JUNE, ENDS[:8])
    assert [(d.id, lines(d)) for d in stepped if d.net] == [
        (d.id, lines(d)) for d in at_once.drafts
    ]
    after = bill(tmp_path / "after", contract, facts, "2025-08-31")
    assert after.drafts == []
    assert cap_of(after)[:2] == cap_of(at_once)[:2]
    if excess != "drop":
        assert cap_of(after) == cap_of(at_once)
        assert amounts(after) == amounts(at_once)


@pytest.mark.parametrize("kind", ["time", "adjustment"])
def test_a_credit_frees_room(tmp_path: Path, kind: str) -> None:
    contract = HOURLY + "cap: {amount: 1000}\n"
    facts = worked("t-1", "2025-01-05", 8) + worked("t-2", "2025-02-05", 5)
    drafts, ledger = issued(tmp_path / "steps", contract, facts, ENDS[:2])
    assert [str(draft.net) for draft in drafts] == ["800.00", "200.00"]
    first, second = drafts
    if kind == "time":
        credit = credit_text(
            first,
            "CN-2025-0001",
            date(2025, 3, 5),
            "INV-2025-0001",
            [first.lines[0]._replace(amount=Decimal("100.00"), entries=(), seconds=None)],
        )
    else:
        credit = credit_text(
            second, "CN-2025-0001", date(2025, 3, 5), "INV-2025-0002", list(second.lines)
        )
    billing = bill(
        tmp_path, contract, ledger + credit + worked("t-3", "2025-03-07", 4), "2025-03-31"
    )
    net = {"time": Decimal(100), "adjustment": Decimal(200)}[kind]
    assert sum(draft.net for draft in billing.drafts) == net
    assert cap_of(billing)[1] == "1000.00"
    # What a price credit gives away is billed no more; what is credited whole is open again.
    assert amounts(billing)["cap-exceeded"] == {"time": 600, "adjustment": 700}[kind]


def test_what_was_billed_before_the_books_began_counts(tmp_path: Path) -> None:
    contract = HOURLY + "cap: {amount: 1000}\n"
    before = '2025-01-01 custom "billed-before" "APP" 700.00 EUR\n'
    billing = bill(tmp_path, contract, before + worked("t-1", "2025-01-05", 7), "2025-01-31")
    assert nets(billing) == [("time/2025-01-31", "300.00")]


def test_a_held_draft_keeps_what_it_carries(tmp_path: Path) -> None:
    hold = '2025-06-30 custom "billing-hold" "APP" "APP/time/2025-06-30"\n'
    facts = JUNE + worked("t-4", "2025-07-05", 4)
    billing = bill(tmp_path, MONTHLY % "carry", facts + hold, "2025-07-31")
    assert [(draft.held, lines(draft)) for draft in billing.drafts] == [
        (False, [("time", "20.00", "2000.00")]),
        (True, [("carried", "5.00", "500.00"), ("time", "15.00", "1500.00")]),
        (False, [("time", "4.00", "400.00")]),
    ]


def test_rounded_hours_count_as_they_are_billed(tmp_path: Path) -> None:
    contract = MONTHLY % "carry" + "invoice: {hours: {to: 1h, direction: up, per: day}}\n"
    facts = worked("t-1", "2025-05-05", "18.5") + worked("t-2", "2025-05-06", "2.2")
    at_once = bill(tmp_path, contract, facts, "2025-06-30")
    assert [lines(draft) for draft in at_once.drafts] == [
        [("time", "20.00", "2000.00")],
        [("carried", "2.00", "200.00")],
    ]
    stepped, _ = issued(tmp_path / "steps", contract, facts, ENDS[4:6])
    assert [lines(draft) for draft in stepped] == [lines(draft) for draft in at_once.drafts]


@pytest.mark.parametrize(
    ("follows", "net"),
    [
        ("OLD", "600.00"),
        ("{project: OLD, carry: [cap]}", "200.00"),
        ("{project: OLD, carry: rollover}", "600.00"),
    ],
)
def test_a_renewed_contract_takes_over_a_cap_only_where_it_says_so(
    tmp_path: Path, follows: str, net: str
) -> None:
    old = HOURLY.replace("APP", "OLD") + "end: 2025-03-31\ncap: {amount: 1000}\n"
    new = HOURLY.replace("01-01", "04-01") + f"cap: {{amount: 1000}}\nfollows: {follows}\n"
    facts = worked("t-1", "2025-03-05", 8).replace("APP", "OLD") + worked("t-2", "2025-04-05", 6)
    ledger = write_ledger(tmp_path, "2025-04-30", contracts={"OLD": old, "APP": new}, facts=facts)
    drafts = ask(ledger, "2025-04-30", "drafts")["drafts"]
    assert [draft["net"] for draft in drafts] == [net, "800.00"]


@pytest.mark.parametrize(
    ("excess", "net", "over"),
    [("carry", "700.00", "0.00"), ("drop", "500.00", "200.00"), ("adjust", "500.00", "200.00")],
)
@pytest.mark.parametrize("cap", ["amount: 1000", "hours: 10"])
def test_late_work_has_the_room_of_its_own_month(
    tmp_path: Path, cap: str, excess: str, net: str, over: str
) -> None:
    contract = HOURLY + f"cap: {{{cap}, every: month, excess: {excess}}}\n"
    _, facts = issued(tmp_path / "steps", contract, worked("t-1", "2025-01-07", 9), ENDS[:1])
    facts += worked("l-1", "2025-01-20", 3) + worked("t-2", "2025-02-03", 4)
    billing = bill(tmp_path, contract, facts, "2025-02-28")
    assert [str(draft.net) for draft in billing.drafts] == [net]
    unit = 100 if "hours" in cap else 1
    assert Decimal(cap_of(billing)[2]) * unit == Decimal(over)
    _, facts = issued(tmp_path / "more", contract, facts, ["2025-02-28"])
    after = bill(tmp_path, contract, facts, "2025-03-31")
    assert after.drafts == []
    if excess != "drop":
        assert Decimal(cap_of(after)[2]) * unit == Decimal(over)


@pytest.mark.parametrize("first", [False, True], ids=["drafts", "issued"])
def test_two_caps_in_hours_remember_what_is_theirs(tmp_path: Path, *, first: bool) -> None:
    contract = HOURLY + "cap: [{hours: 10, every: month, excess: carry}, {hours: 15}]\n"
    facts = worked("t-1", "2025-01-07", 12) + worked("t-2", "2025-02-08", 7)
    if first:
        _, facts = issued(tmp_path / "steps", contract, facts, ENDS[:3])
    assert amounts(bill(tmp_path, contract, facts, "2025-03-31"))["cap-exceeded"] == 400
    order = '2025-03-10 custom "change-order" "APP" "CO-1" 0.00 EUR\n  approved: 2025-03-12\n'
    raised = bill(tmp_path, contract, facts + order + "  hours: 3\n", "2025-03-31")
    assert lines(raised.drafts[-1]) == [("carried", "3.00", "300.00")]
    assert amounts(raised)["cap-exceeded"] == 100


def test_a_credit_of_cut_hours_takes_back_what_was_left_out(tmp_path: Path) -> None:
    contract = MONTHLY.replace("20", "10") % "carry"
    facts = worked("t-1", "2025-01-07", 12)
    (draft,), ledger = issued(tmp_path / "steps", contract, facts, ENDS[:1])
    credit = credit_text(
        draft, "CN-2025-0001", date(2025, 2, 5), "INV-2025-0001", list(draft.lines)
    )
    billing = bill(tmp_path, contract, ledger + credit, "2025-02-28")
    assert [lines(draft) for draft in billing.drafts] == [
        [("time", "10.00", "1000.00")],
        [("carried", "2.00", "200.00")],
    ]


@settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
@given(
    hours=st.lists(
        st.tuples(st.integers(1, 7), st.integers(1, 28), st.integers(1, 96)), max_size=8
    ),
    cap=st.sampled_from(["hours: 10, every: month", "amount: 950, every: month", "amount: 1500"]),
    excess=st.sampled_from(["carry", "drop", "adjust"]),
    steps=st.booleans(),
)
def test_nothing_is_lost_above_a_cap_and_no_more_is_billed(
    tmp_path_factory: pytest.TempPathFactory,
    hours: list[tuple[int, int, int]],
    cap: str,
    excess: str,
    steps: bool,
) -> None:
    if "every" not in cap and excess == "carry":
        excess = "adjust"
    contract = HOURLY + f"cap: {{{cap}, excess: {excess}}}\n"
    facts = "".join(
        worked(f"t-{number}", f"2025-{month:02}-{day:02}", Decimal(quarters) / 4)
        for number, (month, day, quarters) in enumerate(hours)
    )
    folder = tmp_path_factory.mktemp("cap")
    before = bill(folder, contract, facts, "2025-08-31")
    drafts = [draft for draft in before.drafts if not draft.held]
    if len(drafts) < len(before.drafts):
        return  # More than a day's hours on one day hold a draft.
    if steps:
        drafts, facts = issued(folder, contract, facts, ENDS[:8])
    billed = sum((draft.net for draft in drafts), Decimal(0))
    in_hours, every = "hours" in cap, "every" in cap
    most = Decimal(1500) if not every else Decimal(1000 if in_hours else 950)
    if every:
        assert all(draft.net <= most for draft in drafts)
    else:
        assert billed <= most
    worth = sum((Decimal(quarters) * 25 for _, _, quarters in hours), Decimal(0))
    over = before.positions["APP"].cap
    assert over is not None
    left = over.over / 36 if in_hours else over.over
    assert worth == billed + left
    assert not [draft for draft in bill(folder, contract, facts, "2025-08-31").drafts if steps]
