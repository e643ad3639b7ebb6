"""What every entered fact and decision shares: the proof and the writing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from typing import NamedTuple

from beancount.core.data import Transaction

from projbill_beancount.invoicing.errors import Refused
from projbill_beancount.invoicing.trial import new_errors
from projbill_beancount.invoicing.trial import tried
from projbill_beancount.ledger.decisions import read_decided
from projbill_beancount.ledger.errors import LedgerWriteError
from projbill_beancount.ledger.record import text_of
from projbill_beancount.ledger.write import append_to_ledger
from projbill_beancount.ledger.write import decisions_file
from projbill_beancount.ledger.write import write_records
from projbill_beancount.reports.places import shown_text

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Sequence

    from projbill_beancount.book import Book
    from projbill_beancount.ledger.decisions import Decided
    from projbill_beancount.ledger.record import Record


class Entered(NamedTuple):
    """What was written, or would be: the exact directives, and the files that they go to.

    `text` is the directives in the order of their file, a blank line between them, each line ended
    by a line feed. `paths` are absolute. `remarks` are what the person should know, one line each,
    with paths relative to the ledger's folder.
    """

    text: str
    paths: tuple[str, ...]
    remarks: tuple[str, ...] = ()


def check_expected(text: str, expected: str | None) -> None:
    """Refuse to write another text than the one that a person was shown; None expects nothing.

    Raises:
        LedgerWriteError: they differ.
    """
    if expected is not None and text != expected:
        raise LedgerWriteError(
            "the books changed since the preview: something else would be written now; nothing was "
            "written, look at it again"
        )


def enter_decisions(
    book: Book,
    decided: Sequence[Decided],
    *,
    dry_run: bool,
    expected: str | None,
    remarks: Sequence[str] = (),
    lifts: str = "",
) -> Entered:
    """Prove that decisions do what they are meant to, and append them to the ledger.

    `lifts` is what a release is for: it must lift what holds that. `remarks` come first.

    Raises:
        LedgerWriteError: nothing was written, with the reason.
        Refused: the ledger would not load with them, or a release would not release.
    """
    text = "\n".join(one.text for one in decided)
    check_expected(text, expected)
    path = decisions_file(book.ledger, book.terms.firm)
    trial = tried(book, read_decided(path, decided, book.options))
    moves = any(isinstance(one.meant, Transaction) for one in decided)
    errors = new_errors(book, trial) if moves else []
    if errors:
        raise Refused(_shown(book, errors))
    told = list(remarks)
    as_of = book.billing.as_of
    later = [one.meant.date for one in decided if one.meant.date > as_of]
    if later:
        told.append(f"note: this counts from {later[0]} on, and the books are billed as of {as_of}")
    elif lifts:
        held = trial.draft(lifts)
        if held is not None and held.held:
            raise Refused(f"this would not release it: {one.message}" for one in held.reasons)
    if dry_run:
        return Entered(text, (path,), tuple(told))
    written = append_to_ledger(book.ledger, path, [one.text for one in decided], book.options)
    return Entered(text, written.paths, (*told, *_shown(book, written.warnings)))


def enter_record(book: Book, record: Record, *, dry_run: bool, expected: str | None) -> Entered:
    """Prove that Beancount reads a fact as it is meant, and put it into its file.

    Raises:
        LedgerWriteError: nothing was written, with the reason.
    """
    firm = book.terms.firm
    text = text_of(record, firm.hour)
    check_expected(text, expected)
    written = write_records(book.ledger, firm, [record], book.options, dry_run=dry_run)
    return Entered(text, written.paths, tuple(_shown(book, written.warnings)))


def _shown(book: Book, lines: Sequence[str]) -> list[str]:
    root = str(Path(book.ledger).parent)
    return [shown_text(line, root) for line in lines]
