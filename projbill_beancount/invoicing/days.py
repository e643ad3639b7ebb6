"""Which days and numbers a voucher may have: in an open period, never before its series' last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from projbill_beancount.billing.series import SerialNumber
from projbill_beancount.billing.series import serial_of
from projbill_beancount.billing.series import series_on
from projbill_beancount.billing.series import written
from projbill_beancount.ledger.errors import LedgerWriteError

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable
    from datetime import date

    from projbill_beancount.billing.series import Series
    from projbill_beancount.book import Book
    from projbill_beancount.facts.model import Invoice


def check_day(book: Book, day: date, earliest: date, what: str) -> None:
    """Refuse a day after that of the books, in a closed period, or before what it concerns.

    Raises:
        LedgerWriteError: with what to do.
    """
    closed, as_of = book.terms.firm.closed_until, book.billing.as_of
    if day > as_of:
        raise LedgerWriteError(
            f"{day} is after {as_of}, the day of the books; give --as-of {day} as well"
        )
    if closed is not None and day <= closed:
        raise LedgerWriteError(
            f"the books are closed until {closed}: nothing can be dated {day}; choose a later day"
        )
    if day < earliest:
        raise LedgerWriteError(f"{what} is dated {earliest}: nothing of it can be dated {day}")


class Numbering:
    """The numbers of one kind of document: each has the next one, and none an earlier day.

    `documents` are all that have a number, of either kind; `first` begins an empty series.
    """

    def __init__(self, pattern: str, documents: Iterable[Invoice], first: int = 1) -> None:
        self._pattern = pattern
        self._before = first - 1
        self._highest: dict[Series, int] = {}
        self._last: dict[Series, Invoice] = {}
        for document in documents:
            serial = serial_of(pattern, document.number)
            if serial is not None:
                series, number = serial
                self._highest[series] = max(number, self._highest.get(series, number))
                last = self._last.get(series)
                if last is None or last.date < document.date:
                    self._last[series] = document

    def free(self, day: date) -> str:
        """The next number of the day's series, one above the highest; it is taken with this."""
        series = series_on(self._pattern, day)
        number = self._highest[series] = self._highest.get(series, self._before) + 1
        return written(self._pattern, SerialNumber(series, number))

    def next(self, day: date) -> str:
        """As `free`, for a new document of that day: numbers rise with the date.

        Raises:
            LedgerWriteError: the series has a later day already; it names the last document.
        """
        last = self._last.get(series_on(self._pattern, day))
        if last is not None and last.date > day:
            raise LedgerWriteError(
                f"{last.number} is dated {last.date}: the next number cannot be dated {day}, before"
                " that"
            )
        return self.free(day)
