"""The first page: what needs me now, what can be billed, what is held and why, what is owed."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.fava.views.attention import attention
from projbill_beancount.fava.views.board import board
from projbill_beancount.fava.views.board import in_hundredths
from projbill_beancount.fava.views.board import owing_of
from projbill_beancount.fava.views.board import sums_of
from projbill_beancount.fava.views.board import unpriced_entries
from projbill_beancount.fava.views.flows import charts
from projbill_beancount.fava.views.flows import main_currency

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Sequence
    from decimal import Decimal

    from projbill_beancount.fava.books import Books
    from projbill_beancount.fava.shown import Shown


class Figures(NamedTuple):
    """The figures on top, by currency: `ready`, `held` and `unbilled` net, what is owed gross.

    `seconds` are of billable hours on no invoice, rounded to hundredths of an hour. `unpriced`
    counts the entries on held drafts that have no price; `held` does not have them.
    """

    ready: Sequence[tuple[str, Decimal]]
    held: Sequence[tuple[str, Decimal]]
    unbilled: Sequence[tuple[str, Decimal]]
    outstanding: Sequence[tuple[str, Decimal]]
    overdue: Sequence[tuple[str, Decimal]]
    seconds: int
    drafts: int
    holding: int
    late: int
    unpriced: int


def overview_view(books: Books, shown: Shown, _: Mapping[str, str]) -> Mapping[str, object]:
    """The figures, what needs somebody, the board and the charts."""
    return {
        "is_empty": _is_empty(books),
        "is_idle": not (books.facts.time or books.facts.settled or books.facts.invoices),
        "figures": _figures(books, shown),
        "attention": attention(books, shown),
        "board": board(books, shown),
        "charts": charts(books, shown),
        "actions": ("issue", "release", "approve", "progress", "accept"),
    }


def _is_empty(books: Books) -> bool:
    """Whether nothing was agreed and nothing happened, as in a ledger that is just begun."""
    terms, facts = books.terms, books.facts
    known = terms.contracts or terms.unreadable or facts.time or facts.invoices
    return not (known or books.billing.findings)


def _figures(books: Books, shown: Shown) -> Figures:
    first = main_currency(books)
    drafts = [draft for draft in books.billing.drafts if shown.draft(draft)]
    held = [draft for draft in drafts if draft.held and not draft.is_proposal]
    owing = list(owing_of(books, shown))
    late = [one for one in owing if one.days]
    positions = [
        books.billing.positions[one.id] for one in books.contracts if shown.project(one.id)
    ]
    return Figures(
        sums_of(((one.currency, one.net) for one in drafts if not one.held), first),
        sums_of(((one.currency, one.net) for one in held), first),
        sums_of(((one.currency, one.unbilled) for one in positions), first),
        sums_of(((one.item.document.currency, one.item.open) for one in owing), first),
        sums_of(((one.item.document.currency, one.item.open) for one in late), first),
        in_hundredths(sum(one.hours.unbilled for one in positions)),
        sum(not one.held for one in drafts),
        len(held),
        len(late),
        sum(map(unpriced_entries, held)),
    )
