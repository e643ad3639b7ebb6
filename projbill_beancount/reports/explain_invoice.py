"""An issued invoice from its contract down to the time entries, and what was paid on it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from projbill_beancount.reports.evidence import Evidence
from projbill_beancount.reports.evidence import Node
from projbill_beancount.reports.evidence import entry_words
from projbill_beancount.reports.numbers import money
from projbill_beancount.reports.numbers import price
from projbill_beancount.reports.numbers import quantity

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from projbill_beancount.facts.model import FrozenEntry
    from projbill_beancount.facts.model import Invoice
    from projbill_beancount.facts.model import InvoiceLine


def invoice_node(evidence: Evidence, invoice: Invoice) -> Node:
    """The contract, the draft, the lines with their entries, and the payments of `invoice`."""
    children = [*_origin(evidence, invoice)]
    children += [_line(evidence, line, invoice.currency) for line in invoice.lines]
    children += _payments(invoice, evidence.billing.as_of)
    name = invoice.number or "closed without a number"
    net, total = money(invoice.net, invoice.currency), money(invoice.total, invoice.currency)
    text = f"{name} of {invoice.date}, {net} {invoice.currency} net, {total} with tax"
    return Node("invoice", text, invoice.place, tuple(children))


def _origin(evidence: Evidence, invoice: Invoice) -> Iterator[Node]:
    projects = dict.fromkeys((invoice.project, *(line.project for line in invoice.lines)))
    for project in filter(None, projects):
        contract = evidence.contract(project)
        if contract is None:
            yield Node("contract", f"{project}: no contract of that id can be read")
        else:
            yield Node("contract", f"{contract.id} {contract.name}", contract.place)
    if invoice.draft:
        yield Node("draft", invoice.draft)
    if invoice.period_start and invoice.period_end:
        yield Node("period", f"{invoice.period_start} to {invoice.period_end}")


def _line(evidence: Evidence, line: InvoiceLine, currency: str) -> Node:
    how = ""
    if line.quantity is not None and line.price is not None:
        how = f"{line.quantity:f} h x {price(line.price, currency)} = "
    text = f"{line.text}: {how}{money(line.amount, currency)} {currency}"
    entries = tuple(_entry(evidence, frozen) for frozen in line.entries)
    return Node("line", text, line.place, entries)


def _entry(evidence: Evidence, frozen: FrozenEntry) -> Node:
    """The entry as the ledger has it now, and as the invoice froze it where the two differ."""
    known = evidence.entries.get(frozen.id)
    if not known:
        return Node("entry", f"{_frozen_words(frozen)} is no longer in the ledger")
    entry = known[0]
    same = (
        frozen.seconds in (None, entry.seconds)
        and frozen.date in (None, entry.date)
        and frozen.person in (None, entry.person)
    )
    billed = () if same else (Node("frozen", f"was billed as {_frozen_words(frozen)}"),)
    return Node("entry", entry_words(entry), entry.place, billed)


def _frozen_words(frozen: FrozenEntry) -> str:
    hours = "" if frozen.seconds is None else f"{quantity(frozen.seconds)} h"
    words = (str(frozen.date or ""), frozen.person or "", hours, frozen.task, f"({frozen.id})")
    return " ".join(filter(None, words))


def _payments(invoice: Invoice, as_of: date) -> Iterator[Node]:
    currency = invoice.currency
    paid = Decimal(0)
    for day, amount in (item for item in invoice.paid if item[0] <= as_of):
        paid += amount
        yield Node("payment", f"{money(amount, currency)} {currency} on {day}")
    left = money(invoice.total - paid, currency)
    due = f", due {invoice.due}" if invoice.due else ""
    yield Node(
        "open", f"{left} {currency}{due}" if invoice.total != paid else "nothing, it is paid"
    )
