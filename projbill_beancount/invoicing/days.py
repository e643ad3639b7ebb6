"""Which days a voucher may have: in an open period, and never before its series' last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from projbill_beancount.billing.series import serial_of
from projbill_beancount.ledger.errors import LedgerWriteError

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable
    from datetime import date

    from projbill_beancount.billing.series import SerialNumber
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


def check_series(
    documents: Iterable[Invoice], pattern: str, serial: SerialNumber, day: date
) -> None:
    """Numbers rise with the date: refuse a day before the last of the series.

    Raises:
        LedgerWriteError: naming the last document.
    """
    same = [
        one
        for one in documents
        if (known := serial_of(pattern, one.number)) is not None and known.series == serial.series
    ]
    last = max(same, key=lambda one: one.date, default=None)
    if last is not None and last.date > day:
        raise LedgerWriteError(
            f"{last.number} is dated {last.date}: the next number cannot be dated {day}, before that"
        )
