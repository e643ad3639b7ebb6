"""What a write-off takes out of billing: entries by their ids, or all that a draft bills."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from beancount.core.data import Transaction

from projbill_beancount.invoicing.errors import Refused
from projbill_beancount.invoicing.subjects import live_invoices
from projbill_beancount.invoicing.subjects import no_draft
from projbill_beancount.invoicing.subjects import place_words
from projbill_beancount.invoicing.subjects import unknown
from projbill_beancount.invoicing.trial import tried
from projbill_beancount.ledger.decisions import Closed
from projbill_beancount.ledger.decisions import read_decided
from projbill_beancount.ledger.decisions import write_off
from projbill_beancount.ledger.decisions import write_off_draft
from projbill_beancount.ledger.record import number_of
from projbill_beancount.ledger.record import ticks_of
from projbill_beancount.ledger.write import decisions_file

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Collection
    from collections.abc import Iterator
    from collections.abc import Mapping
    from collections.abc import Sequence
    from datetime import date

    from projbill_beancount.billing.model import Draft
    from projbill_beancount.book import Book
    from projbill_beancount.facts.model import Invoice
    from projbill_beancount.facts.model import InvoiceLine
    from projbill_beancount.facts.model import TimeEntry
    from projbill_beancount.ledger.decisions import Decided
    from projbill_beancount.terms.model import Contract


def written_off(
    book: Book, contract: Contract, subjects: Sequence[str], day: date, reason: str
) -> list[Decided]:
    """The directives that write off `subjects` of a contract on a day.

    Hours are taken out by their entries, so that what is logged later for the same period is
    billed; what else a draft bills is taken out by the draft and its amount.

    Raises:
        Refused: something cannot be written off, with the reason, one line each.
    """
    closed_until = book.terms.firm.closed_until
    if closed_until is not None and day <= closed_until:
        raise Refused([f"the books are closed until {closed_until}; give a later --date"])
    known = _entries_of(book, contract)
    drafts = {draft.id: draft for draft in book.billing.drafts if draft.project == contract.id}
    names = list(dict.fromkeys(subjects))
    chosen = [drafts[name] for name in names if name in drafts]
    wrong = [problem for draft in chosen for problem in _draft_problem(draft)]
    parts: dict[str, dict[str, int]] = {}
    for name in names:
        if name not in drafts:
            problem = _problem(book, contract, name, known)
            wrong += problem
            if not problem:
                parts[name] = {"write-off": _seconds(book, known[name][0])}
    for draft in chosen if not contract.split else ():
        _add_draft(parts, draft, names)
    wrong += [said for name in parts for said in _date_problem(known[name][0], day)]
    if wrong:
        raise Refused(list(dict.fromkeys(wrong)))
    posted = _posted(book, {(known[name][0].file, known[name][0].line) for name in parts})
    listed = [
        closed
        for name, of_kind in parts.items()
        for closed in _closed(known[name][0], of_kind, posted)
    ]
    decided = []
    if listed:
        decided = write_off(book.terms, book.accounts, day, contract.id, listed, reason)
    decided += _rests(book, decided, chosen, day, reason)
    if not decided:
        raise Refused([f"{draft.id} comes to 0; write off its entries" for draft in chosen])
    return decided


def _entries_of(book: Book, contract: Contract) -> dict[str, list[TimeEntry]]:
    found: dict[str, list[TimeEntry]] = {}
    for project in (contract.id, *contract.formerly):
        for entry in book.facts.time.get(project, ()):
            found.setdefault(entry.id, []).append(entry)
    return found


def _draft_problem(draft: Draft) -> list[str]:
    if draft.kind == "credit":
        return [f"{draft.id} is a credit, which you owe; there is nothing to write off"]
    return []


def _problem(
    book: Book, contract: Contract, name: str, known: dict[str, list[TimeEntry]]
) -> list[str]:
    """Why an entry of that id cannot be written off; nothing where it can."""
    done = _done(book, contract, name)
    if done:
        return [done]
    if name not in known:
        return [_unknown(book, contract, name, known)]
    first, *others = known[name]
    if any(one.seconds != first.seconds or one.date != first.date for one in others):
        return [f"{name} is in the ledger twice with different content; delete the wrong one first"]
    if first.account != "unbilled":
        return [f"{name} is not billable; there is nothing to write off"]
    return []


def _done(book: Book, contract: Contract, name: str) -> str:
    """What took an entry out of billing already, "" if nothing did or credits freed it.

    The first of several payers whose invoice has an entry moves its hours, so that the others'
    shares can only be written off by their drafts.
    """
    for decisions in book.facts.decisions.values():
        for decision in decisions:
            if decision.kind == "write-off" and decision.subject == name:
                place = place_words(book, decision.place)
                return f"{name} was written off already, on {decision.date} ({place})"
    found = _invoiced(book, name)
    open_again = _open_again(book, name) is not None
    if found is None or (open_again and not contract.split):
        return ""
    invoice, line = found
    place = place_words(book, line.place)
    if open_again:
        return (
            f"{name} is on invoice {invoice.number} ({place}); write off the other payers' drafts"
        )
    if not invoice.number:
        return f"{name} is closed already, on {invoice.date} ({place})"
    return f"{name} is on invoice {invoice.number} ({place}); credit it there"


def _invoiced(book: Book, name: str) -> tuple[Invoice, InvoiceLine] | None:
    """The newest live invoice with its line that lists an entry."""
    pairs = (
        (invoice, line)
        for invoice in reversed(live_invoices(book))
        for line in invoice.lines
        if name in line.ids
    )
    return next(pairs, None)


def _open_again(book: Book, name: str) -> int | None:
    """The seconds of an entry that are billable and on no invoice, None if there are none."""
    return next((one.seconds for one in book.billing.unbilled if one.id == name), None)


def _unknown(book: Book, contract: Contract, name: str, known: dict[str, list[TimeEntry]]) -> str:
    for project, entries in book.facts.time.items():
        if any(entry.id == name for entry in entries):
            return f"{name} is an entry of {project}, not of {contract.id}"
    if name.startswith(f"{contract.id}/"):
        return no_draft(book, name)
    projects = (contract.id, *contract.formerly)
    if any(one.id == name for of in projects for one in book.facts.expenses.get(of, ())):
        return f"{name} is an expense: set `billable: FALSE` on it, or write off its draft"
    drafts = [draft.id for draft in book.billing.drafts if draft.project == contract.id]
    return unknown("entry", name, [*known, *drafts])


def _date_problem(entry: TimeEntry, day: date) -> list[str]:
    if entry.date <= day:
        return []
    return [f"{entry.id} is dated {entry.date}; it cannot be written off on {day}"]


def _seconds(book: Book, entry: TimeEntry) -> int:
    """What of an entry can be written off: all of it, or what credit notes freed."""
    if _invoiced(book, entry.id) is None:
        return entry.seconds
    return _open_again(book, entry.id) or entry.seconds


def _add_draft(parts: dict[str, dict[str, int]], draft: Draft, named: Collection[str]) -> None:
    """Add what a draft bills or covers of each entry, in seconds, but of those named themselves."""
    for line in draft.lines:
        kind = "covered" if line.kind == "covered" else "write-off"
        for billed in line.entries:
            if billed.id not in named:
                of_kind = parts.setdefault(billed.id, {})
                of_kind[kind] = of_kind.get(kind, 0) + billed.seconds


def _posted(book: Book, places: Collection[tuple[str, int]]) -> dict[tuple[str, int], Decimal]:
    """The hours that the ledger has at each of the places, as they are written there."""
    found: dict[tuple[str, int], Decimal] = {}
    for entry in book.entries:
        for posting in entry.postings if isinstance(entry, Transaction) else ():
            meta, units = posting.meta or {}, posting.units
            place = (str(meta.get("filename")), int(meta.get("lineno") or 0))
            if place in places and units is not None and units.number is not None:
                found[place] = units.number
    return found


def _closed(
    entry: TimeEntry, of_kind: dict[str, int], posted: Mapping[tuple[str, int], Decimal]
) -> Iterator[Closed]:
    """The parts of an entry; those of a whole one add up to what is posted, to the last digit."""
    total = sum(of_kind.values())
    left = Decimal(number_of(ticks_of(total)))
    if total == entry.seconds:
        left = posted.get((entry.file, entry.line), left)
    kinds = list(of_kind)
    for kind in kinds:
        hours = left if kind == kinds[-1] else Decimal(number_of(ticks_of(of_kind[kind])))
        left -= hours
        yield Closed(entry.id, entry.date, entry.person, hours, entry.task, entry.project, kind)


def _rests(
    book: Book, decided: Sequence[Decided], drafts: Sequence[Draft], day: date, reason: str
) -> list[Decided]:
    """The write-offs of what is left of the drafts once their hours are taken out."""
    path = decisions_file(book.ledger, book.terms.firm)
    trial = tried(book, read_decided(path, decided, book.options))
    found = []
    for draft in drafts:
        left = trial.draft(draft.id)
        if left is not None and left.net:
            found.append(
                write_off_draft(day, draft.project, draft.id, left.net, left.currency, reason)
            )
    return found
