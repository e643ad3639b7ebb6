"""Laws of the accrual style over random histories: income is what is earned, whenever it is read."""

from __future__ import annotations

import tempfile
from datetime import date
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any
from typing import NamedTuple

from beancount.core import data
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from projbill_beancount.book import open_book
from tests.accrual_books import DEFERRED
from tests.accrual_books import HEAD
from tests.accrual_books import INCOME
from tests.accrual_books import UNBILLED
from tests.accrual_books import Books
from tests.accrual_books import number_of
from tests.ledgers import progress_text
from tests.one_book import worked

if TYPE_CHECKING:
    from collections.abc import Sequence

FIRST = date(2025, 1, 1)
AS_OF = date(2025, 6, 30)
MONTHS = [date(2025, month, 1) - timedelta(days=1) for month in range(2, 8)]
ZERO = Decimal(0)
MILESTONES = "milestones: {A: {value: 3000, bill: {date: 2025-01-20, advance: true}}, "
CONTRACTS = (
    "billing: time-and-materials\nrates: {default: 101.01}\n",
    (
        "billing: time-and-materials\nrates: {default: 99.99}\n"
        "triggers: [{type: time, every: quarter}]\ninvoice: {hours: {to: 15m, per: day}}\n"
    ),
    (
        "billing: time-and-materials\nrates: {default: 99.99}\n"
        "triggers: [{type: time, every: quarter}]\n"
    ),
    (
        "billing: time-and-materials\nrates: {unit: day, default: 777.77}\n"
        "triggers: [{type: time, every: two-weeks}]\n"
    ),
    "billing: time-and-materials\nrates: {default: 77.77}\ninvoice: {minimum: 300}\n",
    "billing: time-and-materials\nrates: {default: 97.31}\ncap: {amount: 900}\n",
    (
        "billing: fixed-fee\nvalue: 10000\nreconcile: {tolerance: 100 %}\n"
        + MILESTONES
        + "M1: {value: 3333.33, bill: [50, 100]}, M2: {value: 3666.67, bill: progress}}\n"
    ),
    (
        "billing: hybrid\nvalue: 10000\nrates: {default: 88.80}\nreconcile: {tolerance: 100 %}\n"
        + MILESTONES
        + "M1: {value: 3000}, M2: {value: 4000, bill: [30, 100]}}\n"
    ),
    (
        "billing: retainer\nrates: {default: 90}\n"
        "retainer: {fee: 1000, hours: 400, every: quarter, in: advance}\n"
    ),
    (
        "billing: retainer\nrates: {default: 90}\nend: 2025-05-15\n"
        "retainer: {fee: 1000, hours: 400, prorate: days, unused: rollover}\n"
    ),
    "billing: retainer\nrates: {default: 90}\nretainer: {fee: 1000, hours: 3, in: advance}\n",
    (
        "billing: retainer\nrates: {default: 90}\nend: 2025-05-31\n"
        "retainer: {fee: 1000, hours: 6, unused: refund, in: advance}\n"
    ),
    "billing: retainer\nrates: {default: 90}\nretainer: {fee: 1000, hours: 6, unused: refund}\n",
    (
        "billing: time-and-materials\nrates: {default: 100}\n"
        "cap: {amount: 300, every: month, excess: carry}\n"
    ),
    (
        "billing: time-and-materials\nrates: {default: 100}\n"
        "triggers: [{type: time, every: quarter}]\ncap: {hours: 5, every: month, excess: drop}\n"
    ),
    (
        "billing: retainer\nrates: {default: 90}\nend: 2025-06-10\n"
        "retainer: {fee: 5500, hours: 400, every: once, in: advance}\n"
    ),
)


class Past(NamedTuple):
    """What was logged and reported (day, amount), and what became of the first invoices."""

    contract: str
    time: Sequence[tuple[int, int]]
    reports: Sequence[tuple[int, str, int]]
    issued: Sequence[tuple[int, str, int]]
    decided: Sequence[tuple[int, str, int]] = ()


pasts = st.builds(
    Past,
    st.sampled_from(CONTRACTS),
    st.lists(st.tuples(st.integers(0, 170), st.integers(460, 20000)), min_size=1, max_size=8),
    st.lists(
        st.tuples(st.integers(0, 170), st.sampled_from(["M1", "M2"]), st.integers(0, 100)),
        max_size=5,
    ),
    st.lists(
        st.tuples(st.integers(0, 45), st.sampled_from(["", "void", "credit"]), st.integers(1, 40)),
        max_size=4,
    ),
    st.lists(
        st.tuples(
            st.integers(0, 150),
            st.sampled_from(["adjustment", "order", "amendment", "write-off"]),
            st.integers(-20, 90),
        ),
        max_size=3,
    ),
)


def _facts(past: Past) -> str:
    parts = [
        worked(f"t-{number}", str(FIRST + timedelta(days=day)), seconds / 3600)
        for number, (day, seconds) in enumerate(past.time)
    ]
    if "milestones" in past.contract:
        parts += [
            progress_text(FIRST + timedelta(days=day), percent, project="APP", milestone=milestone)
            for day, milestone, percent in past.reports
        ]
    parts += [
        _decided(number, kind, FIRST + timedelta(days=day), amount)
        for number, (day, kind, amount) in enumerate(past.decided)
        if kind != "amendment" or "milestones" in past.contract
    ]
    return "".join(parts)


def _decided(number: int, kind: str, day: date, amount: int) -> str:
    if kind == "write-off":
        return f'{day} custom "write-off" "APP" "t-0"\n  reason: "Goodwill"\n'
    if kind == "adjustment":
        return f'{day} custom "billing-adjustment" "APP" "ADJ-{number}" {amount} EUR\n  text: "A"\n'
    milestone = '  milestone: "M1"\n' if kind == "amendment" else ""
    return (
        f'{day} custom "change-order" "APP" "CO-{number}" {abs(amount)} EUR\n'
        f'  approved: {day + timedelta(days=9)}\n  title: "More"\n{milestone}'
    )


def _grow(books: Books, past: Past) -> None:
    """Issue the first drafts one by one, and take back what the past says."""
    refunds = "unused: refund" in past.contract  # a credit gives unused hours back there
    for number, (delay, wanted, later) in enumerate(past.issued, 1):
        undo = "" if refunds and wanted == "credit" else wanted
        ready = [one for one in books.billing(str(AS_OF)).drafts if not one.held and one.net > ZERO]
        if not ready:
            return
        day = min(ready[0].date + timedelta(days=delay), AS_OF)
        day = max(day, ready[0].date)
        taken = books.texts()
        books.issue(str(AS_OF), ready[0].id, "--date", str(max(day, _last(books))))
        assert books.texts() != taken
        undone = str(min(max(day, _last(books)) + timedelta(days=later), AS_OF))
        if undo:
            books.attempt(undone, undo, f"INV-2025-{number:04}", *_reason(undo))


def _reason(undo: str) -> tuple[str, ...]:
    return ("--reason", "Wrong client") if undo == "void" else ()


def _last(books: Books) -> date:
    """The date of the last document."""
    facts = open_book(str(books.ledger), AS_OF).facts
    documents = (*facts.invoices, *facts.credit_notes)
    return max((one.voided or one.date for one in documents), default=FIRST)


def _sum(entries: Sequence[Any], account: str, until: date, tag: str = "") -> Decimal:
    return sum(
        (
            number_of(posting)
            for entry in entries
            if isinstance(entry, data.Transaction) and entry.date <= until
            if not tag or tag in entry.tags
            for posting in entry.postings
            if posting.account == account
        ),
        ZERO,
    )


def _earned(books: Books, day: date) -> Decimal | None:
    """What the engine says is earned when it is asked on that day."""
    return open_book(str(books.ledger), day).billing.analyses["APP"].earned


def _billed(books: Books, day: date) -> Decimal:
    return open_book(str(books.ledger), day).billing.positions["APP"].billed


@settings(deadline=None, max_examples=25)
@given(pasts)
def test_income_is_what_is_earned_at_every_month_end(past: Past) -> None:
    with tempfile.TemporaryDirectory() as folder:
        books = Books(Path(folder), HEAD + past.contract, _facts(past))
        _grow(books, past)
        entries = books.entries(str(AS_OF))
        assert books.found(str(AS_OF)) == []
        for month in MONTHS:
            earned, billed = _earned(books, month), _billed(books, month)
            if earned is None:
                continue
            drafted = _sum(entries, UNBILLED, month, "draft")
            unbilled, deferred = (_sum(entries, one, month) for one in (UNBILLED, DEFERRED))
            assert -_sum(entries, INCOME, month) == earned, month
            assert unbilled + deferred == earned - billed, month
            assert unbilled - drafted == max(earned - billed - drafted, ZERO), month
            assert -deferred == max(billed + drafted - earned, ZERO), month


@settings(deadline=None, max_examples=15)
@given(pasts, st.integers(0, 30))
def test_past_months_read_the_same_after_issuing(past: Past, delay: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        books = Books(Path(folder), HEAD + past.contract, _facts(past))
        _grow(books, past)
        ready = [one for one in books.billing(str(AS_OF)).drafts if not one.held and one.net > ZERO]
        if not ready:
            return
        day = max(ready[0].date + timedelta(days=delay), _last(books))
        before = books.entries(str(AS_OF))
        books.issue(str(AS_OF), ready[0].id, "--date", str(min(day, AS_OF)))
        after = books.entries(str(AS_OF))
        for month in MONTHS:
            assert _sum(after, INCOME, month) == _sum(before, INCOME, month)
            net = [
                _sum(some, UNBILLED, month) + _sum(some, "Assets:Receivable:ACME", month)
                for some in (before, after)
            ]
            assert net[0] == net[1]
            assert _sum(after, DEFERRED, month) == _sum(before, DEFERRED, month)


@settings(deadline=None, max_examples=15)
@given(pasts)
def test_the_direct_style_posts_no_accruals_and_the_same_drafts(past: Past) -> None:
    with tempfile.TemporaryDirectory() as folder:
        accrual = Books(Path(folder) / "a", HEAD + past.contract, _facts(past))
        direct = Books(
            Path(folder) / "d",
            HEAD.replace("style: accrual\n", "") + past.contract,
            _facts(past),
        )
        nets = [
            [(draft.id, draft.net, draft.held) for draft in books.billing(str(AS_OF)).drafts]
            for books in (accrual, direct)
        ]
        assert nets[0] == nets[1]
        assert direct.accruals(str(AS_OF)) == []
        assert _sum(direct.entries(str(AS_OF)), DEFERRED, AS_OF) == ZERO
