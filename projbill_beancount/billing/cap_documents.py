"""Issued invoices and credit notes as caps see them: by draft, in order of their dates."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.billing.lines import billed_entries
from projbill_beancount.billing.lines import line_value
from projbill_beancount.billing.model import BilledEntry
from projbill_beancount.billing.model import Line
from projbill_beancount.billing.retainer_fees import date_of_draft
from projbill_beancount.facts.values import seconds_of

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable
    from collections.abc import Iterator
    from collections.abc import Mapping
    from collections.abc import Sequence
    from datetime import date

    from projbill_beancount.billing.invoiced import Issued
    from projbill_beancount.billing.model import Draft
    from projbill_beancount.facts.model import FrozenEntry
    from projbill_beancount.facts.model import Invoice
    from projbill_beancount.facts.model import InvoiceLine
    from projbill_beancount.terms.model import Contract

ZERO = Decimal(0)
#: Lines that may list more hours than they bill.
SHORTENED = frozenset(("time", "overage"))


class Document(NamedTuple):
    """The lines of an invoice (`sign` 1) or a credit note (-1) that come from one draft.

    `day` is the draft's. `closed` are those of its lines whose value was not invoiced: they came
    to nothing. `left` are the seconds that it lists and does not bill, by entry.
    """

    day: date
    sign: int
    lines: Sequence[Line]
    closed: Sequence[Line] = ()
    left: Mapping[str, int] = {}


def key_of(draft: Draft) -> tuple[str, date]:
    """The trigger and the day of a draft's slot."""
    return draft.trigger_id, date_of_draft(draft.id) or draft.date


def documents(
    contract: Contract,
    invoiced: Iterable[Issued],
    credited: Iterable[Issued],
    *,
    with_entries: bool,
) -> list[Document]:
    """The issued lines of a contract, earlier dates first; without their entries if none is asked.

    A credit note counts on the day of what it corrects. Of the credit notes of one day that of the
    last invoice comes first, so that what an invoice carried is back before its origin is undone.
    """
    found: dict[tuple[date, int, int, str, int, str], list[Issued]] = {}
    days: dict[str, date] = {}
    places: dict[str, int] = {}
    for sign, pairs in ((1, invoiced), (-1, credited)):
        for invoice, line in pairs:
            order = 0 if sign > 0 else -places.get(invoice.corrects, 0)
            place = (invoice.file, invoice.line, line.draft or invoice.draft)
            key = (invoice.date, -sign, order, *place)
            found.setdefault(key, []).append((invoice, line))
            if sign > 0:
                places.setdefault(invoice.number, len(places))
                days.setdefault(invoice.number, _day_of(invoice, line))
    made = []
    for key in sorted(found, key=lambda key: key[:3]):
        invoice, line = found[key][0]
        sign = 1 if key[1] == -1 else -1
        day = _day_of(invoice, line)
        if sign < 0:
            day = days.get(invoice.corrects, day)
        made.append(_document(contract, day, sign, found[key], with_entries=with_entries))
    return made


def of_drafts(drafts: Iterable[Draft]) -> Iterator[Document]:
    """Drafts that may go out, as the invoices that they will be."""
    for draft in drafts:
        if not draft.held and draft.kind == "invoice":
            yield Document(key_of(draft)[1], 1, draft.lines)


def _day_of(invoice: Invoice, line: InvoiceLine) -> date:
    return date_of_draft(line.draft or invoice.draft) or invoice.period_end or invoice.date


def _document(
    contract: Contract, day: date, sign: int, pairs: Sequence[Issued], *, with_entries: bool
) -> Document:
    lines, closed = [], []
    left: dict[str, int] = {}
    for invoice, frozen in pairs:
        line = _line(contract, invoice, frozen, with_entries=with_entries)
        if not invoice.number and line.kind in SHORTENED and line.price and not line.amount:
            value = line_value(contract, line.seconds or 0, line.price)
            line = line._replace(amount=value)
            closed.append(line)
        lines.append(line)
        if line.kind in SHORTENED:
            left.update(_left_out(contract, line, frozen))
    return Document(day, sign, lines, closed, left)


def _line(contract: Contract, invoice: Invoice, line: InvoiceLine, *, with_entries: bool) -> Line:
    """An issued line as the draft had it, as far as it says so."""
    frozen = line.entries if with_entries else ()
    entries = tuple(entry for entry in map(_entry, frozen) if entry is not None)
    if len(entries) < len(frozen):
        entries = ()
    whole = (contract.rates.day_seconds or 0) if line.unit == "DAY" else 3600
    seconds = None if line.quantity is None else seconds_of(line.quantity * whole / 3600)
    if entries and line.kind in SHORTENED:
        seconds = sum(entry.billed_seconds for entry in entries)
    rates = {tax.rate for tax in invoice.taxes if tax.code == line.tax}
    return Line(
        line.kind,  # type: ignore[arg-type]
        line.text,
        line.amount,
        seconds,
        line.price,
        line.task or None,
        tax=line.tax or None,
        tax_rate=rates.pop() if len(rates) == 1 else None,
        entries=entries,
    )


def _entry(frozen: FrozenEntry) -> BilledEntry | None:
    day, seconds, billed = frozen.date, frozen.seconds, frozen.billed_seconds
    if day is None or seconds is None or billed is None:
        return None
    return BilledEntry(frozen.id, day, frozen.person, seconds, billed, frozen.task)


def _left_out(contract: Contract, line: Line, frozen: InvoiceLine) -> dict[str, int]:
    """The seconds of a line's entries, rounded as the contract says, that it does not bill."""
    if not line.entries or all(e.billed_seconds == e.seconds for e in line.entries):
        return {}
    rounded = billed_entries(frozen.entries, contract.invoice.hours)  # type: ignore[arg-type]
    return {
        entry.id: most.billed_seconds - entry.billed_seconds
        for entry, most in zip(line.entries, rounded, strict=True)
        if most.billed_seconds > entry.billed_seconds
    }
