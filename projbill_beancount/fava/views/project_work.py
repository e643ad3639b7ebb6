"""A project's hours by task and person: what becomes of them, what they are worth."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.reports.profit_parts import parts_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from projbill_beancount.billing.model import Analysis
    from projbill_beancount.billing.model import UnbilledTime
    from projbill_beancount.fava.books import Books
    from projbill_beancount.fava.shown import Shown
    from projbill_beancount.reports.profit_parts import Key
    from projbill_beancount.reports.profit_parts import KeyOf
    from projbill_beancount.reports.profit_parts import Part
    from projbill_beancount.terms.model import Contract

#: So many entries that no document has are shown.
MOST_WAITING = 200
#: Stands between the task and the person in a key; no id has it.
BETWEEN = "\0"


class WorkRow(NamedTuple):
    """The hours of a task, a person or both, in seconds.

    `value` is what they are worth at the agreed prices, whoever pays; `unpriced` are the seconds
    without one. `billed` is what invoices bill of them, fixed prices shared among the hours that
    they cover; with `is_rest` it is what is billed for no hours at all.
    """

    task: str
    person: str
    billable: int
    unbilled: int
    covered: int
    other: int
    outside: int
    value: Decimal
    unpriced: int
    billed: Decimal
    open: Decimal
    is_rest: bool

    @property
    def worked(self) -> int:
        """All of them."""
        return self.billable + self.covered + self.other + self.outside


class Work(NamedTuple):
    """The hours of a contract by task, by person, by both, and together (None: there are none).

    `waiting` are entries on no draft and no invoice, oldest first, `waiting_count` all of them.
    """

    by_task: Sequence[WorkRow]
    by_person: Sequence[WorkRow]
    by_both: Sequence[WorkRow]
    total: WorkRow | None
    waiting: Sequence[UnbilledTime]
    waiting_count: int


def work_of(books: Books, shown: Shown, contract: Contract) -> Work:
    """The work on a contract that the filters let through."""
    analysis = books.billing.analyses[contract.id]
    if shown.begin is not None or shown.end is not None:
        analysis = analysis._replace(
            worked=[one for one in analysis.worked if shown.day(one.date)],
            fees=[one for one in analysis.fees if shown.day(one.date)],
        )
    waiting = [
        one
        for one in books.billing.unbilled
        if one.project == contract.id and one.draft is None and shown.day(one.date)
    ]
    whole = _rows(books, contract, analysis, lambda _: BETWEEN, whole=True)
    return Work(
        _rows(books, contract, analysis, lambda one: one.task + BETWEEN),
        _rows(books, contract, analysis, lambda one: BETWEEN + one.person),
        _rows(books, contract, analysis, lambda one: one.task + BETWEEN + one.person),
        whole[0] if whole else None,
        waiting[:MOST_WAITING],
        len(waiting),
    )


def _rows(
    books: Books,
    contract: Contract,
    analysis: Analysis,
    key_of: KeyOf,
    *,
    whole: bool = False,
) -> list[WorkRow]:
    parts = parts_of(analysis, contract.currency, books.terms.firm, key_of, None, whole=whole)
    return [_row(key, part) for key, part in parts.items()]


def _row(key: Key, part: Part) -> WorkRow:
    task, _, person = (key or "").partition(BETWEEN)
    of = part.seconds
    return WorkRow(
        task,
        person,
        of.get("billed", 0) + of.get("unbilled", 0),
        of.get("unbilled", 0),
        of.get("covered", 0),
        of.get("non-billable", 0) + of.get("written-off", 0),
        of.get("outside", 0),
        part.standard,
        part.unpriced,
        part.billed,
        part.unbilled,
        key is None,
    )
