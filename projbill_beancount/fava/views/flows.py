"""The chart of the first page: what was worked, billed and collected in each month."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.fava.settings import is_incognito
from projbill_beancount.reports.months import Month
from projbill_beancount.reports.months import month_of
from projbill_beancount.reports.months import months_between
from projbill_beancount.reports.months import months_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from projbill_beancount.fava.books import Books
    from projbill_beancount.fava.shown import Shown
    from projbill_beancount.reports.months import Flows

ZERO = Decimal(0)
#: So many months are in a chart; a filter of time may ask for more, up to three years.
MONTHS, MOST_MONTHS = 12, 36
SERIES = ("worked", "billed", "collected")


class Chart(NamedTuple):
    """The months of one currency; `bars` is the same for the drawing."""

    currency: str
    months: Sequence[Month]
    bars: Sequence[dict[str, str]]


def charts(books: Books, shown: Shown) -> list[Chart]:
    """One for each currency in which something was worked, billed or collected, the main first."""
    names = _months(books, shown)
    if not names:
        return []
    flows = books.flows(names[0])
    names = [month for month in names if month >= _earliest(flows, names)]
    projects = None if shown.touched is None else shown.touched.projects
    first = main_currency(books)
    currencies = {currency for by_project in flows for _, currency in by_project}
    found = []
    for currency in sorted(currencies, key=lambda one: (one != first, one)):
        months = months_of(flows, currency, projects, names)
        if any(getattr(month, name) for month in months for name in SERIES):
            found.append(Chart(currency, months, _bars(months)))
    return found


def main_currency(books: Books) -> str:
    """The currency that comes first: the first operating one, else the firm's."""
    operating = books.ledger.options["operating_currency"]
    return operating[0] if operating else books.terms.firm.currency


def _months(books: Books, shown: Shown) -> list[str]:
    """The last months of the books, or those that a filter of time lets through."""
    last = books.as_of
    if shown.end is not None:
        last = min(last, date.fromordinal(shown.end.toordinal() - 1))
    count = MONTHS
    if shown.begin is not None:
        whole = (last.year - shown.begin.year) * 12 + last.month - shown.begin.month + 1
        count = min(max(whole, 0), MOST_MONTHS)
    back = last.year * 12 + last.month - count
    return months_between(f"{back // 12:04}-{back % 12 + 1:02}", month_of(last))


def _earliest(flows: Flows, names: Sequence[str]) -> str:
    """The first of the months in which there is something: young books have no empty months."""
    known = {
        month
        for by_project in flows
        for months in by_project.values()
        for month, amount in months.items()
        if amount
    }
    return next((month for month in names if month in known), names[-1])


def _bars(months: Sequence[Month]) -> list[dict[str, str]]:
    """The amounts as text; where numbers are hidden, only how they compare, out of 100."""
    top = max((abs(getattr(month, name)) for month in months for name in SERIES), default=ZERO)
    scale = 100 / top if is_incognito() and top else Decimal(1)
    return [
        {
            "month": month.month,
            "what": name,
            "amount": f"{getattr(month, name) * scale:.4f}"
            if scale != 1
            else str(getattr(month, name)),
        }
        for month in months
        for name in SERIES
    ]
