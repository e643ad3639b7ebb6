"""The page of change orders: what waits for an approval, and what became of the others."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.fava.texts import marked

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Iterator
    from collections.abc import Mapping
    from collections.abc import Sequence

    from projbill_beancount.fava.books import Books
    from projbill_beancount.fava.shown import Shown
    from projbill_beancount.reports.change_orders import ChangeOrderRow

ZERO = Decimal(0)
WAITING = frozenset(("pending", "not-counted"))
STATES = {
    "pending": marked("pending"),
    "approved": marked("approved"),
    "rejected": marked("rejected"),
    "not-counted": marked("approved, does not count"),
}


class Sums(NamedTuple):
    """Orders of one currency: what is asked for, what is approved, and what of that is left.

    `left` is what of approved orders is on no invoice: of those with a line of their own.
    """

    currency: str
    pending: Decimal
    approved: Decimal
    left: Decimal


def change_orders_view(books: Books, shown: Shown, _: Mapping[str, str]) -> Mapping[str, object]:
    """The orders that the filters let through, those first that wait for somebody."""
    rows = [row for row in books.change_orders if _is_shown(row, shown)]
    return {
        "waiting": [row for row in rows if row.state in WAITING],
        "decided": sorted(
            (row for row in rows if row.state not in WAITING),
            key=lambda row: row.order.rejected or row.order.approved or row.order.date,
            reverse=True,
        ),
        "sums": list(_sums(rows)),
        "states": STATES,
        "is_any_order": bool(books.change_orders),
        "actions": ("approve",),
    }


def _is_shown(row: ChangeOrderRow, shown: Shown) -> bool:
    """Whether its project is shown, and a day on which something happened to it."""
    order = row.order
    days = (order.date, *(day for day in (order.approved, order.rejected) if day is not None))
    return shown.project(row.project) and any(map(shown.day, days))


def _sums(rows: Sequence[ChangeOrderRow]) -> Iterator[Sums]:
    for currency in sorted({row.currency for row in rows}):
        shared = [row for row in rows if row.currency == currency]
        approved = [row for row in shared if row.state == "approved"]
        yield Sums(
            currency,
            _total(row for row in shared if row.state == "pending"),
            _total(approved),
            sum((row.order.amount - row.billed for row in approved if row.price is None), ZERO),
        )


def _total(rows: Iterable[ChangeOrderRow]) -> Decimal:
    return sum((row.order.amount for row in rows), ZERO)
