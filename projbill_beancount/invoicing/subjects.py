"""What a name that people give means: a draft or an entry, or why there is none."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import TYPE_CHECKING

from projbill_beancount.invoicing.errors import Refused
from projbill_beancount.reports.places import shown

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable

    from projbill_beancount.billing.model import Draft
    from projbill_beancount.book import Book
    from projbill_beancount.facts.model import Invoice
    from projbill_beancount.terms.model import Place


def place_words(book: Book, place: Place) -> str:
    """`place` as `file:line`, relative to the ledger's folder."""
    return shown(place, str(Path(book.ledger).parent))


def draft_named(book: Book, name: str) -> Draft:
    """The draft of that id.

    Raises:
        Refused: there is none, with what became of it or the nearest id.
    """
    for draft in book.billing.drafts:
        if draft.id == name:
            return draft
    raise Refused([no_draft(book, name)])


def no_draft(book: Book, name: str) -> str:
    """Why there is no draft of that id, in one line."""
    for closing in book.billing.closings:
        if closing.id == name:
            return f"{name} comes to 0: there is nothing to bill"
    for invoice in live_invoices(book):
        drafts = {invoice.draft, *(line.draft for line in invoice.lines)}
        if name in drafts:
            return (
                f"{name} was issued as {invoice.number or 'closed'}; an invoice is corrected by a "
                "credit note"
            )
    for decisions in book.facts.decisions.values():
        for decision in decisions:
            if decision.kind == "write-off" and decision.subject == name:
                return f"{name} was written off on {decision.date}"
    return unknown("draft", name, [draft.id for draft in book.billing.drafts])


def live_invoices(book: Book) -> list[Invoice]:
    """The invoices and `#closed` transactions that count on the day."""
    as_of = book.billing.as_of
    return [invoice for invoice in book.facts.invoices if invoice.is_live(as_of)]


def unknown(kind: str, name: str, names: Iterable[str]) -> str:
    """That nothing is called `name`, with the nearest name that something has."""
    near = difflib.get_close_matches(name, names, n=1)
    hint = f'did you mean "{near[0]}"?' if near else "`projbill drafts` lists what can be billed"
    return f'unknown {kind} "{name}"; {hint}'
