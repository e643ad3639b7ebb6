"""Two invoices of one number, as a merge of two branches leaves them: one of them gets a new one."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.facts.digest import digest_of
from projbill_beancount.invoicing.correct import is_sent
from projbill_beancount.invoicing.days import Numbering
from projbill_beancount.invoicing.steps import opened_books
from projbill_beancount.ledger.errors import LedgerWriteError
from projbill_beancount.ledger.files import Change
from projbill_beancount.ledger.files import read_snapshot
from projbill_beancount.ledger.files import write_changes
from projbill_beancount.ledger.voucher import read_back

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Sequence

    from projbill_beancount.book import Book
    from projbill_beancount.facts.model import Invoice

Day = date
DIGEST = re.compile(r'^(\s+digest:\s*")[0-9a-f]*(")', re.MULTILINE)
#: A directive or a comment at the margin ends the transaction before it.
MARGIN = re.compile(r"^\S", re.MULTILINE)


class Renumbered(NamedTuple):
    """The old and the new number, the place of the invoice, and its text now."""

    old: str
    new: str
    file: str
    line: int
    text: str


def renumber(
    ledger: str,
    number: str,
    *,
    at: tuple[str, int] | None = None,
    as_of: Day | None = None,
    dry_run: bool = False,
) -> Renumbered:
    """Give one of two documents with the same number the next free one of its series.

    It is the later one in the file, or the one `at` a file and line. One that was sent keeps its
    number, and so does one that payments or credit notes name. Nothing else of it changes.

    Raises:
        BookUnreadable: the ledger or `projbill.yaml` cannot be read.
        LedgerWriteError: nothing was written, with the reason.
    """
    with opened_books(ledger, as_of) as opened:
        book = opened.book
        document = _chosen(book, number, at)
        if is_sent(book, number):
            raise LedgerWriteError(
                f'{number} was sent: the ledger has custom "invoice-sent" "{number}"; credit one of '
                "the two instead"
            )
        _check_free(book, document)
        firm = book.terms.firm
        is_credit = any(document is one for one in book.facts.credit_notes)
        pattern = firm.credit_note_numbers if is_credit else firm.invoice_numbers
        new = Numbering(pattern, _documents(book)).free(document.date)
        old = read_snapshot(document.file)
        if old.stamp is not None and old.stamp[1] > opened.since:
            raise LedgerWriteError(f"{document.file}: it was changed just now; run this again")
        content, text = _renamed(old.content, document.line, number, new, book)
        if not dry_run:
            write_changes([Change(old, content)])
        return Renumbered(number, new, document.file, document.line, text)


def _documents(book: Book) -> Sequence[Invoice]:
    return [one for one in (*book.facts.invoices, *book.facts.credit_notes) if one.number]


def _chosen(book: Book, number: str, at: tuple[str, int] | None) -> Invoice:
    same = [one for one in _documents(book) if one.number == number]
    if len(same) < 2:  # noqa: PLR2004 - two make a duplicate
        said = "is there once" if same else "is no invoice's or credit note's"
        raise LedgerWriteError(f"{number} {said}: only one of two that share a number gets another")
    if at is None:
        return max(same, key=lambda one: (one.file == same[0].file, one.line))
    place = (str(Path(at[0]).resolve()), at[1])
    for one in same:
        if (str(Path(one.file).resolve()), one.line) == place:
            return one
    known = ", ".join(f"{one.file}:{one.line}" for one in same)
    raise LedgerWriteError(f"{at[0]}:{at[1]} is not {number}; it stands at {known}")


def _check_free(book: Book, document: Invoice) -> None:
    """Refuse one that payments or credit notes name, and one whose content was changed."""
    if document.is_changed:
        raise LedgerWriteError(
            f"{document.file}:{document.line}: it is not as it was issued; `projbill verify` says "
            "more; put that right first"
        )
    number, client = document.number, document.client
    notes = [one for one in book.facts.credit_notes if one.corrects == number]
    credited = next((one.number for one in notes if one.client == client), "")
    said = f"credited by {credited}" if credited else "paid" if document.paid else ""
    if said:
        raise LedgerWriteError(
            f"{document.file}:{document.line}: {number} is {said}, under this number; give the other "
            "one a new number, with --at FILE:LINE"
        )


def _renamed(content: bytes, line: int, old: str, new: str, book: Book) -> tuple[bytes, str]:
    """The file with the number of the transaction on a line changed, and the transaction's text."""
    text = content.decode()
    start = sum(len(before) + 1 for before in text.split("\n")[: line - 1])
    end = MARGIN.search(text, text.index("\n", start) + 1)
    stop = end.start() if end else len(text)
    block = text[start:stop]
    header, newline, rest = block.partition("\n")
    header = re.sub(rf"(?<![\w-]){re.escape(old)}(?![\w-])", new, header)
    rest = re.sub(
        rf'^(\s+invoice:\s*"){re.escape(old)}(")',
        rf"\g<1>{new}\g<2>",
        rest,
        count=1,
        flags=re.MULTILINE,
    )
    changed = header + newline + rest
    if DIGEST.search(changed):
        plain = changed.replace("\r\n", "\n")
        changed = DIGEST.sub(
            rf"\g<1>{digest_of(read_back(plain, book.options))}\g<2>", changed, count=1
        )
    return (text[:start] + changed + text[stop:]).encode(), changed.rstrip() + "\n"
