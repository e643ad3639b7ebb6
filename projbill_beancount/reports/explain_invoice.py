"""An issued invoice or credit note from its contract down to its entries, and what was paid on it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from projbill_beancount.reports.ageing import receivables_of
from projbill_beancount.reports.evidence import Evidence
from projbill_beancount.reports.evidence import Node
from projbill_beancount.reports.evidence import contract_node
from projbill_beancount.reports.evidence import entry_words
from projbill_beancount.reports.explain_line import expense_node
from projbill_beancount.reports.explain_line import order_nodes
from projbill_beancount.reports.numbers import money
from projbill_beancount.reports.numbers import plain
from projbill_beancount.reports.numbers import price
from projbill_beancount.reports.numbers import quantity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from projbill_beancount.facts.model import FrozenEntry
    from projbill_beancount.facts.model import Invoice
    from projbill_beancount.facts.model import InvoiceLine

ZERO = Decimal(0)


def invoice_node(evidence: Evidence, invoice: Invoice) -> Node:
    """The contract, the draft, the lines with their entries, and the payments of `invoice`."""
    children = [*_origin(evidence, invoice)]
    children += [_line(evidence, line, invoice.currency) for line in invoice.lines]
    children += _findings(evidence, invoice)
    if invoice.number:
        children += [*_corrections(evidence, invoice), *_papers(evidence, invoice)]
        children += _settled(evidence, invoice)
    name = invoice.number or "closed without a number"
    return Node("invoice", f"{name} {_amounts(invoice)}", invoice.place, tuple(children))


def credit_node(evidence: Evidence, credit: Invoice) -> Node:
    """What a credit note takes back: of which invoice, on which lines, of which entries."""
    children: list[Node] = []
    corrected = [one for one in evidence.facts.invoices if one.number == credit.corrects]
    for invoice in corrected if credit.corrects else ():
        text = f"credits {invoice.number} {_amounts(invoice)}"
        children.append(Node("corrects", text, invoice.place))
    if not children:
        children.append(Node("corrects", f"no invoice is called {credit.corrects or '(none)'}"))
    children += [*_origin(evidence, credit)]
    children += [_line(evidence, line, credit.currency) for line in credit.lines]
    children += [*_findings(evidence, credit), *_void(evidence, credit)]
    text = f"{credit.number} {_amounts(credit)}"
    return Node("credit", text, credit.place, tuple(children))


def _amounts(document: Invoice) -> str:
    net, total = (money(one, document.currency) for one in (document.net, document.total))
    return f"of {document.date}, {net} {document.currency} net, {total} with tax"


def _origin(evidence: Evidence, invoice: Invoice) -> Iterator[Node]:
    projects = dict.fromkeys((invoice.project, *(line.project for line in invoice.lines)))
    for project in filter(None, projects):
        contract = evidence.contract(project)
        if contract is None:
            yield Node("contract", f"{project}: no contract of that id can be read")
        else:
            yield contract_node(contract)
    for draft in dict.fromkeys((invoice.draft, *(line.draft for line in invoice.lines))):
        if draft:
            yield Node("draft", draft, None, tuple(_trigger(evidence, draft)))
    if invoice.period_start and invoice.period_end:
        yield Node("period", f"{invoice.period_start} to {invoice.period_end}")
    if invoice.covers:
        yield Node("covers", f"all time up to {invoice.covers} is billed with it")
    if invoice.final:
        yield Node("final", "it closes the project")


def _trigger(evidence: Evidence, draft: str) -> Iterator[Node]:
    """The rule of the contract that made a draft, by its id."""
    project, _, rest = draft.partition("/")
    contract = evidence.contract(project)
    for trigger in contract.triggers if contract else ():
        if trigger.id == rest.partition("/")[0]:
            every = f" every {trigger.every}" if trigger.type == "time" else ""
            yield Node("trigger", f"{trigger.id}: {trigger.type}{every}", trigger.place)


def _papers(evidence: Evidence, invoice: Invoice) -> Iterator[Node]:
    """The documents of an invoice, and when it was sent."""
    for paper in evidence.facts.papers.get(invoice.number, ()):
        if paper.date <= evidence.billing.as_of:
            text = f"{paper.text} of {paper.date}" if paper.text else f"on {paper.date}"
            yield Node(paper.kind, text, paper.place)


def _line(evidence: Evidence, line: InvoiceLine, currency: str) -> Node:
    how = ""
    if line.quantity is not None and line.price is not None:
        unit = "days" if line.unit == "DAY" else "h"
        how = f"{line.quantity:f} {unit} x {price(line.price, currency)} = "
    late = ", from an earlier period" if line.prior_period else ""
    text = f"{line.text}: {how}{money(line.amount, currency)} {currency}{late}"
    entries = [_entry(evidence, frozen) for frozen in line.entries]
    return Node("line", text, line.place, (*_basis(evidence, line, currency), *entries))


def _basis(evidence: Evidence, line: InvoiceLine, currency: str) -> Iterator[Node]:
    """What a line of fixed price froze, and the change order or the receipts behind it."""
    contract = evidence.contract(line.project)
    if line.kind == "covered" and line.milestone:
        yield Node("covers", f"the price of milestone {line.milestone} pays for them")
    elif line.milestone:
        done = "" if line.complete is None else f", complete up to {plain(line.complete)} %"
        cost = (
            "" if line.basis is None else f" at a price of {money(line.basis, currency)} {currency}"
        )
        place = None
        if contract is not None and line.milestone in contract.milestones:
            place = contract.milestones[line.milestone].place
        yield Node("milestone", f"{line.milestone}{cost}{done}", place)
    if contract is None:
        return
    if line.change_order:
        yield from order_nodes(evidence, contract, line.change_order)
    for expense in evidence.expenses_of(contract) if line.expenses else ():
        if expense.id in line.expenses:
            yield expense_node(evidence, contract, expense)
    for decision in evidence.decisions_of(contract) if line.adjustment else ():
        if decision.kind == "adjustment" and decision.subject == line.adjustment:
            yield Node("adjustment", f"{line.adjustment} of {decision.date}", decision.place)


def _entry(evidence: Evidence, frozen: FrozenEntry) -> Node:
    """The entry as the ledger has it now, and as the invoice froze it where the two differ."""
    known = evidence.entries.get(frozen.id)
    if not known:
        return Node("entry", f"{_frozen_words(frozen)} is no longer in the ledger")
    entry = known[0]
    same = (
        frozen.seconds in (None, entry.seconds)
        and frozen.date in (None, entry.date)
        and frozen.person in ("", entry.person)
    )
    children = []
    if not same:
        children.append(Node("frozen", f"was billed as {_frozen_words(frozen)}"))
    if frozen.billed_seconds is not None and frozen.billed_seconds != frozen.seconds:
        children.append(Node("rounding", f"billed as {quantity(frozen.billed_seconds)} h"))
    return Node("entry", entry_words(entry), entry.place, tuple(children))


def _frozen_words(frozen: FrozenEntry) -> str:
    hours = "" if frozen.seconds is None else f"{quantity(frozen.seconds)} h"
    words = (str(frozen.date or ""), frozen.person or "", hours, frozen.task, f"({frozen.id})")
    return " ".join(filter(None, words))


def _findings(evidence: Evidence, document: Invoice) -> Iterator[Node]:
    """What does not fit of the document itself."""
    for item in evidence.findings.get(document.number, ()) if document.number else ():
        yield Node("finding", f"{item.severity} {item.code}: {item.message}", item.place)


def _corrections(evidence: Evidence, invoice: Invoice) -> Iterator[Node]:
    """The credit notes on an invoice, and the void that took it back."""
    for credit in evidence.facts.credit_notes:
        if credit.corrects == invoice.number and evidence.is_live(credit):
            yield Node("credit", f"{credit.number} {_amounts(credit)}", credit.place)
    yield from _void(evidence, invoice)


def _void(evidence: Evidence, document: Invoice) -> Iterator[Node]:
    if document.voided is not None and document.voided <= evidence.billing.as_of:
        text = f"void since {document.voided}: nothing of it counts, its entries are free again"
        yield Node("void", text)


def _settled(evidence: Evidence, invoice: Invoice) -> Iterator[Node]:
    """What was paid, kept back or credited, and what is left open."""
    currency, as_of = invoice.currency, evidence.billing.as_of
    if invoice.deposit:
        yield Node("deposit", f"{money(invoice.deposit, currency)} {currency} paid by the deposit")
    if invoice.retained:
        yield Node("retention", f"{money(invoice.retained, currency)} {currency} kept back")
    paid = ZERO
    for day, amount in (item for item in invoice.paid if item[0] <= as_of):
        paid += amount
        yield Node("payment", f"{money(amount, currency)} {currency} on {day}")
    left = _left(evidence, invoice)
    due = f", due {invoice.due}" if invoice.due else ""
    if invoice.voided is not None and invoice.voided <= as_of:
        yield Node("open", "nothing, it is void")
    elif left:
        yield Node("open", f"{money(left, currency)} {currency}{due}")
    else:
        yield Node("open", "nothing, it is paid" if paid else "nothing, it is settled")


def _left(evidence: Evidence, invoice: Invoice) -> Decimal:
    """What is open on it; negative where more was paid."""
    owed = receivables_of(evidence.facts).on(evidence.billing.as_of)
    items = (item for account in owed.accounts for item in account.items)
    return next((item.left for item in items if item.document is invoice), ZERO)
