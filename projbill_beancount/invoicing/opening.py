"""The books under a lock, for a fact or a decision to be entered."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from projbill_beancount.book import Book
from projbill_beancount.ledger.files import ledger_lock

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator

#: Opens a ledger as of a day: `open_book`, or what also tells a person how the books are.
Reader = Callable[[str, date | None], Book]


@contextmanager
def books_to_enter(
    ledger: str, as_of: date | None, read: Reader, *, dry_run: bool
) -> Iterator[Book]:
    """The books, while no other command of ours may change them; a trial run takes no lock.

    Raises:
        BookUnreadable: the ledger or `projbill.yaml` cannot be read.
        LedgerWriteError: another command holds the lock.
    """
    if dry_run:
        yield read(ledger, as_of)
        return
    if not Path(ledger).is_file():
        read(ledger, as_of)  # refuses; a lock would be left behind in a folder without ledger
    with ledger_lock(ledger):
        yield read(ledger, as_of)
