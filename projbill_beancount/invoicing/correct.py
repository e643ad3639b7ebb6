"""Correcting what was issued: credit notes, voids. The invoice itself stays as it is."""

from __future__ import annotations

import difflib
from datetime import date
from typing import TYPE_CHECKING
from typing import NamedTuple

from beancount.core import data

from projbill_beancount.invoicing.days import Numbering
from projbill_beancount.invoicing.days import check_day
from projbill_beancount.invoicing.entering import check_expected
from projbill_beancount.invoicing.steps import due_hours
from projbill_beancount.invoicing.steps import on_former_names
from projbill_beancount.invoicing.steps import opened_books
from projbill_beancount.invoicing.steps import put
from projbill_beancount.ledger.credit import CreditAccounts
from projbill_beancount.ledger.credit import credit_voucher
from projbill_beancount.ledger.errors import LedgerWriteError
from projbill_beancount.ledger.freeze import Issue
from projbill_beancount.ledger.freeze import credit_of_draft
from projbill_beancount.ledger.left import left_of
from projbill_beancount.ledger.left import taken_entries
from projbill_beancount.ledger.left import taken_whole
from projbill_beancount.ledger.record import one_line
from projbill_beancount.ledger.voucher import Item
from projbill_beancount.ledger.voucher import Money
from projbill_beancount.ledger.voucher import Voucher
from projbill_beancount.ledger.voucher import sealed
from projbill_beancount.terms.currencies import places as places_of

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Mapping
    from collections.abc import Sequence
    from decimal import Decimal

    from projbill_beancount.billing.model import Draft
    from projbill_beancount.book import Book
    from projbill_beancount.facts.model import Invoice
    from projbill_beancount.ledger.left import Left
    from projbill_beancount.ledger.left import Taken
    from projbill_beancount.ledger.voucher import Value

Day = date
#: Why a draft below zero waits for a person: crediting it is the answer.
CONFIRMED = frozenset(("change-order-below-billed", "negative-invoice", "retainer-refund-due"))


class Corrected(NamedTuple):
    """A credit note (its `number`) or a void (`number` "") as it was written, and where.

    Amounts are positive, in the invoice's currency; `path` is None for a trial run.
    """

    number: str
    invoice: str
    date: Day
    net: Decimal
    total: Decimal
    currency: str
    text: str
    path: str | None


def credit_invoice(
    ledger: str,
    number: str,
    *,
    line: int | None = None,
    entries: Mapping[str, Decimal | None] | None = None,
    corrects: str = "",
    reason: str = "",
    as_of: Day | None = None,
    on: Day | None = None,
    dry_run: bool = False,
    expected: str | None = None,
) -> Corrected:
    """Credit an invoice whole, one of its lines (counted from 1), or hours of entries.

    `entries` maps ids to hours, None for all that is left of one. Earlier credit notes count.
    `number` may be the id of a draft below zero, which becomes a credit note on the invoice that
    it `corrects`.

    `expected` is the text that a person was shown before, `Corrected.text` of a trial run; where
    another text would be written now, nothing is.

    Raises:
        BookUnreadable: the ledger or `projbill.yaml` cannot be read.
        LedgerWriteError: nothing was written, with the reason.
    """
    with opened_books(ledger, as_of, dry_run=dry_run) as opened:
        day = on or opened.book.billing.as_of
        book = opened.book
        draft = next((one for one in book.billing.drafts if one.id == number), None)
        if draft is not None:
            note = planned_credit_of(book, draft, corrects, day, reason)
        else:
            note = planned_credit(book, number, day, line=line, entries=entries, reason=reason)
        check_expected(note.text, expected)
        return note._replace(path=put(opened, [note.text], dry_run=dry_run))


def void_invoice(
    ledger: str,
    number: str,
    reason: str,
    *,
    as_of: Day | None = None,
    on: Day | None = None,
    dry_run: bool = False,
) -> Corrected:
    """Take back a whole invoice that nobody has seen: unpaid, unsent, without credit notes.

    Its number stays in the books; its entries are free again.

    Raises:
        BookUnreadable: the ledger or `projbill.yaml` cannot be read.
        LedgerWriteError: nothing was written, with the reason.
    """
    with opened_books(ledger, as_of, dry_run=dry_run) as opened:
        void = planned_void(opened.book, number, on or opened.book.billing.as_of, reason)
        return void._replace(path=put(opened, [void.text], dry_run=dry_run))


def planned_credit(
    book: Book,
    number: str,
    day: Day,
    *,
    line: int | None = None,
    entries: Mapping[str, Decimal | None] | None = None,
    reason: str = "",
) -> Corrected:
    """The credit note that these books allow; nothing is written.

    Raises:
        LedgerWriteError: there is none, with the reason.
    """
    invoice = live_invoice(book, number)
    if not invoice.receivable:
        raise LedgerWriteError(
            f"{invoice.file}:{invoice.line}: {number} is on no receivable of a client in "
            "projbill.yaml: put its client back there"
        )
    before = [
        one
        for one in book.facts.credit_notes
        if one.corrects == number and one.is_live(book.billing.as_of)
    ]
    places = places_of(invoice.currency)
    taken = _taken(left_of(invoice, before), line, entries, places)
    if not taken:
        raise LedgerWriteError(f"{number} has nothing left to credit")
    size = sum((one.amount for one in taken), invoice.net * 0)
    if size < 0:
        raise LedgerWriteError(
            f"what is to be credited of {number} comes to {size}, below zero: a line that takes "
            "something off is credited with the whole invoice"
        )
    check_day(book, day, invoice.date, number)
    new = next_credit_number(book, day)
    transaction = transaction_of(book, invoice)
    accounts = _accounts(book, invoice, places)
    is_first = line is None and not entries and not before
    if is_first and any(one.ids and not one.entries[0].hours for one in invoice.lines):
        accounts = accounts._replace(legs=_reversed_hours(transaction, accounts.hour))
    voucher = credit_voucher(
        new,
        day,
        invoice,
        taken,
        before,
        _parties(transaction),
        transaction.payee or "",
        reason,
        accounts,
    )
    amounts = {key: value for key, value in voucher.meta if isinstance(value, Money)}
    net, total = amounts["net"], amounts["total"]
    text = sealed(voucher, book.options)
    return Corrected(new, number, day, net.number, total.number, net.currency, text, None)


def planned_credit_of(
    book: Book, draft: Draft, corrects: str, day: Day, reason: str = ""
) -> Corrected:
    """The credit note that a draft below zero becomes; nothing is written.

    Raises:
        LedgerWriteError: it may not go out, with the reason.
    """
    if draft.kind != "credit":
        raise LedgerWriteError(f"{draft.id} is no credit: `projbill issue {draft.id}` issues it")
    others = [reason for reason in draft.reasons if reason.code not in CONFIRMED]
    if others:
        raise LedgerWriteError(f"{draft.id} is held: {others[0].code}: {others[0].message}")
    original = corrects or draft.corrects
    if not original:
        raise LedgerWriteError(
            f"{draft.id} names no invoice: say with --corrects which one it gives back from"
        )
    invoice = live_invoice(book, original)
    check_day(book, day, max(invoice.date, draft.date), draft.id)
    number = next_credit_number(book, day)
    hours = due_hours(book.entries, book.terms, book.facts, book.billing.as_of)
    former = on_former_names(book.terms, book.facts)
    issue = Issue(number, day, day, book.terms, book.accounts, hours, former)
    text = sealed(credit_of_draft(issue, draft, original, reason), book.options)
    return Corrected(number, original, day, -draft.net, -draft.total, draft.currency, text, None)


def planned_void(book: Book, number: str, day: Day, reason: str) -> Corrected:
    """The void of an invoice that these books allow; nothing is written.

    Raises:
        LedgerWriteError: there is none, with the reason.
    """
    invoice = live_invoice(book, number)
    _check_unseen(book, invoice)
    check_day(book, day, invoice.date, number)
    voucher = _void_voucher(transaction_of(book, invoice), invoice, day, reason)
    text = sealed(voucher, book.options)
    return Corrected("", number, day, invoice.net, invoice.total, invoice.currency, text, None)


def next_credit_number(book: Book, day: Day) -> str:
    """The next number of the credit notes' series of a day.

    Raises:
        LedgerWriteError: the series has a later date already.
    """
    documents = (*book.facts.invoices, *book.facts.credit_notes)
    return Numbering(book.terms.firm.credit_note_numbers, documents).next(day)


def live_invoice(book: Book, number: str) -> Invoice:
    """The issued invoice of that number.

    Raises:
        LedgerWriteError: there is none, or it was taken back, or two have the number.
    """
    found = [one for one in book.facts.invoices if one.number == number and number]
    if not found:
        names = [one.number for one in book.facts.invoices if one.number]
        near = difflib.get_close_matches(number, names, 1)
        hint = f'; did you mean "{near[0]}"?' if near else ""
        raise LedgerWriteError(f'there is no invoice "{number}"{hint}')
    if len(found) > 1:
        raise LedgerWriteError(
            f"two invoices have the number {number}: `projbill renumber {number}` first"
        )
    if found[0].voided is not None:
        raise LedgerWriteError(f"{number} was taken back on {found[0].voided}")
    return found[0]


def transaction_of(book: Book, invoice: Invoice) -> data.Transaction:
    """The ledger's transaction of an invoice."""
    for entry in book.entries:
        if (
            isinstance(entry, data.Transaction)
            and entry.meta["filename"] == invoice.file
            and entry.meta["lineno"] == invoice.line
        ):
            return entry
    raise AssertionError(invoice.number)


def is_sent(book: Book, number: str) -> bool:
    """Whether the ledger says that the invoice was sent: `custom "invoice-sent" "NUMBER"`."""
    return any(paper.kind == "sent" for paper in book.facts.papers.get(number, ()))


def _taken(
    left: Sequence[Left],
    line: int | None,
    entries: Mapping[str, Decimal | None] | None,
    places: int,
) -> list[Taken]:
    if line is not None:
        if not 1 <= line <= len(left):
            raise LedgerWriteError(f"there is no line {line}; the invoice has {len(left)}")
        left = left[line - 1 : line]
    if entries:
        return taken_entries(left, entries, places)
    return taken_whole(left)


def _accounts(book: Book, invoice: Invoice, places: int) -> CreditAccounts:
    names, contracts = book.accounts, book.terms.contracts
    moved = {
        line.project
        for line in invoice.lines
        if not (contract := contracts.get(line.project))
        or not contract.split
        or contract.split[0].client == invoice.client
    }
    return CreditAccounts(
        names.retention(invoice.client),
        names.deposits(invoice.client),
        {project: names.unbilled_time(project) for project in moved},
        {project: names.billed_time(project) for project in moved},
        _on_former_names(book, invoice),
        book.terms.firm.hour,
        places,
    )


def _on_former_names(book: Book, invoice: Invoice) -> dict[str, str]:
    """The entries whose hours the invoice took from the account of a project's former name."""
    used = {posting.account for posting in transaction_of(book, invoice).postings}
    former = used & {
        book.accounts.unbilled_time(name)
        for contract in book.terms.contracts.values()
        for name in contract.formerly
    }
    return {
        str(posting.meta["id"]): posting.account
        for entry in (book.entries if former else ())
        if isinstance(entry, data.Transaction)
        for posting in entry.postings
        if posting.account in former and posting.meta and "id" in posting.meta
    }


def _parties(transaction: data.Transaction) -> list[tuple[str, Value]]:
    return [(key, str(transaction.meta[key])) for key in ("seller", "buyer", "reference")
            if transaction.meta.get(key)]  # fmt: skip


def _check_unseen(book: Book, invoice: Invoice) -> None:
    """A client who has seen or paid an invoice gets a credit note."""
    number = invoice.number
    remedy = f"`projbill credit {number}` credits it"
    credited = [one.number for one in book.facts.credit_notes if one.corrects == number]
    if invoice.paid:
        raise LedgerWriteError(f"{number} is paid in part or whole: {remedy}")
    if credited:
        raise LedgerWriteError(f"{number} is credited by {credited[0]}: {remedy}")
    if is_sent(book, number):
        raise LedgerWriteError(f"{number} was sent to the client: {remedy}")


def _void_voucher(
    transaction: data.Transaction, invoice: Invoice, day: Day, reason: str
) -> Voucher:
    items = [_reversed(posting) for posting in transaction.postings]
    pairs: list[tuple[str, Value]] = [("corrects", invoice.number)]
    if invoice.project:
        pairs.append(("project", invoice.project))
    return Voucher(
        day,
        transaction.payee or "",
        one_line(f"{invoice.number} void: {reason}"),
        ("void",),
        (invoice.number,),
        (*pairs, ("reason", one_line(reason)), ("format", 1)),
        tuple(items),
    )


def _reversed_hours(transaction: data.Transaction, hour: str) -> list[Item]:
    """The hours of an invoice moved back."""
    items = [_reversed(posting) for posting in transaction.postings]
    return [item for item in items if item.units.currency == hour and item.units.number]


def _reversed(posting: data.Posting) -> Item:
    assert posting.units is not None
    assert posting.units.number is not None
    person = (posting.meta or {}).get("person")
    meta: tuple[tuple[str, Value], ...] = (("person", str(person)),) if person else ()
    return Item(posting.account, Money(-posting.units.number + 0, posting.units.currency), meta)
