"""The page of retainers: what became of the hours of each period; and money on account."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.reports.retainers import days_left
from projbill_beancount.reports.retainers import deposit_rows
from projbill_beancount.reports.retainers import last_day
from projbill_beancount.reports.retainers import retained_contracts

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Sequence
    from datetime import date

    from projbill_beancount.billing.model import RetainerPeriod
    from projbill_beancount.fava.books import Books
    from projbill_beancount.fava.shown import Shown
    from projbill_beancount.terms.model import Contract
    from projbill_beancount.terms.model import Retainer

ZERO = Decimal(0)
#: Periods that are shown at once; the older ones are a click away.
NEWEST = 13


class PeriodRow(NamedTuple):
    """A period with its last day (None: it does not end), days left, and what may be used in it.

    `share` is what is used of the `available` seconds in percent, None where the fee pays for all.
    """

    period: RetainerPeriod
    end: date | None
    days_left: int | None
    available: int | None
    share: Decimal | None


class RetainerRow(NamedTuple):
    """A contract with a retainer, and its periods, newest first."""

    contract: Contract
    retainer: Retainer
    periods: Sequence[PeriodRow]

    @property
    def current(self) -> PeriodRow | None:
        """The period that runs, or the last one."""
        return self.periods[0] if self.periods else None

    @property
    def newest(self) -> Sequence[PeriodRow]:
        """The periods that are shown at once."""
        return self.periods[:NEWEST]

    @property
    def older(self) -> Sequence[PeriodRow]:
        """The periods before those."""
        return self.periods[NEWEST:]


def retainers_view(books: Books, shown: Shown, _: Mapping[str, str]) -> Mapping[str, object]:
    """The periods and deposits that the filters let through."""
    projects = {name for name in books.terms.contracts if shown.project(name)}
    found = []
    for contract in retained_contracts(books.terms, books.billing, projects):
        rows = [
            period_row(one, books.as_of)
            for one in reversed(books.billing.outlines[contract.id].periods)
            if shown.begin is None or one.period.end >= shown.begin
            if shown.end is None or one.period.start < shown.end
        ]
        assert contract.retainer is not None
        if rows or shown.is_all:
            found.append(RetainerRow(contract, contract.retainer, rows))
    deposits = deposit_rows(books.terms, books.facts, books.billing, projects)
    return {
        "retainers": found,
        "deposits": [row for row in deposits if shown.client(row.client)],
        "is_any": bool(deposits) or any(one.retainer for one in books.contracts),
    }


def period_row(one: RetainerPeriod, as_of: date) -> PeriodRow:
    """A period with what people compare: what is used with what there is."""
    available = None if one.allocated is None else one.allocated + one.carried
    share = Decimal(one.used) * 100 / available if available else None
    return PeriodRow(one, last_day(one), days_left(one, as_of), available, share)
