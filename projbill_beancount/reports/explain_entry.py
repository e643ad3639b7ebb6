"""Where a time entry stands: on which invoice or draft, or why on none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from projbill_beancount.billing.milestones import milestone_of
from projbill_beancount.billing.work import hourly_tasks
from projbill_beancount.reports.evidence import Node
from projbill_beancount.reports.evidence import contract_node
from projbill_beancount.reports.evidence import decision_words
from projbill_beancount.reports.evidence import entry_words
from projbill_beancount.reports.evidence import rate_words
from projbill_beancount.reports.numbers import quantity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from projbill_beancount.billing.contract import Case
    from projbill_beancount.billing.model import Line
    from projbill_beancount.facts.model import Invoice
    from projbill_beancount.facts.model import InvoiceLine
    from projbill_beancount.facts.model import TimeEntry
    from projbill_beancount.reports.evidence import Evidence
    from projbill_beancount.terms.model import Contract


def entry_node(evidence: Evidence, entry: TimeEntry) -> Node:
    """Where a time entry stands, with what invoices, credits and decisions say of it."""
    contract = evidence.contract(entry.project)
    children = [] if contract is None else [contract_node(contract)]
    children += [_invoiced(evidence, *pair) for pair in evidence.invoiced.get(entry.id, ())]
    children += [_credited(entry, *pair) for pair in evidence.credited.get(entry.id, ())]
    children += list(_decided(evidence, contract, entry))
    drafted = evidence.drafted.get(entry.id, [])
    for draft, line in drafted:
        state = "held" if draft.held else "ready"
        children.append(Node("draft", f'on {state} draft {draft.id}, line "{line.text}"'))
    if not drafted and not is_billed(evidence, entry.id):
        children.append(Node("left-out", f"on no draft: {why_not_drafted(evidence, entry)}"))
    if contract is not None:
        for draft, line in drafted:
            children += rate_nodes(evidence.case(contract, draft.client), line, entry)
    children += [
        Node("finding", f"{item.severity} {item.code}: {item.message}", item.place)
        for item in evidence.findings.get(entry.id, ())
    ]
    return Node("entry", entry_words(entry), entry.place, tuple(children))


def rate_nodes(case: Case, line: Line, entry: TimeEntry) -> list[Node]:
    """The rule behind the price of an entry on a line; nothing on a line without hourly prices."""
    retainer = case.contract.retainer
    if line.kind == "time" or (line.kind == "overage" and not (retainer and retainer.overage_rate)):
        return [Node("rate", rate_words(case, entry))]
    if line.kind == "overage" and retainer is not None:
        return [Node("rate", "the retainer's overage rate", retainer.place)]
    return []


def is_billed(evidence: Evidence, identity: str) -> bool:
    """Whether an invoice that counts lists an entry, and no credit note freed it whole."""
    invoices = [one for one, _ in evidence.invoiced.get(identity, ()) if evidence.is_live(one)]
    credit_notes = [one for one, _ in evidence.credited.get(identity, ()) if evidence.is_live(one)]
    return len(invoices) > len(credit_notes)


def why_not_drafted(evidence: Evidence, entry: TimeEntry) -> str:
    """Why an entry that is on no invoice is on no draft either, in one sentence."""
    contract = evidence.contract(entry.project)
    if contract is None:
        if entry.project in evidence.terms.unreadable:
            return f"the contract of {entry.project} cannot be read, so it bills nothing"
        return f"there is no contract {entry.project}"
    return (
        _written_off(evidence, contract, entry)
        or _outside(evidence, contract, entry)
        or _billed_before(evidence, contract, entry)
        or _held_back(evidence, entry)
        or _covered(evidence, contract, entry)
        or _not_billable(contract, entry)
        or _unapproved(contract, entry)
        or _waiting(evidence, contract, entry)
    )


def _invoiced(evidence: Evidence, invoice: Invoice, line: InvoiceLine) -> Node:
    """An invoice, or a transaction without a number, that lists an entry."""
    if not invoice.number:
        what = "written off by" if line.kind == "write-off" else "on"
        text = f"{what} a #closed transaction without a number, of {invoice.date}"
        return Node("write-off" if line.kind == "write-off" else "invoice", text, line.place)
    text = f'on invoice {invoice.number}, line "{line.text}"'
    if invoice.voided is not None and invoice.voided <= evidence.billing.as_of:
        text += f", which is void since {invoice.voided}"
    elif invoice.date > evidence.billing.as_of:
        text += f", which is dated {invoice.date}, after {evidence.billing.as_of}"
    return Node("invoice", text, line.place)


def _credited(entry: TimeEntry, credit: Invoice, line: InvoiceLine) -> Node:
    """A credit note that takes back an entry, or some of its hours."""
    frozen = next(item for item in line.entries if item.id == entry.id)
    hours = "it" if frozen.seconds is None else f"{quantity(frozen.seconds)} h of it"
    text = f"credit note {credit.number} of {credit.date} takes {hours} off {credit.corrects}"
    return Node("credit", text, line.place)


def _decided(evidence: Evidence, contract: Contract | None, entry: TimeEntry) -> Iterator[Node]:
    for decision in evidence.decisions_of(contract) if contract else ():
        if decision.kind == "write-off" and decision.subject == entry.id:
            yield Node("write-off", f"written off {decision_words(decision)}", decision.place)


def _written_off(evidence: Evidence, contract: Contract, entry: TimeEntry) -> str:
    for decision in evidence.decisions_of(contract):
        if decision.kind == "write-off" and decision.subject == entry.id:
            return f"it was written off {decision_words(decision)}"
    return ""


def _outside(evidence: Evidence, contract: Contract, entry: TimeEntry) -> str:
    if entry.date > evidence.billing.as_of:
        return f"it is dated after {evidence.billing.as_of}"
    if contract.start and entry.date < contract.start:
        return f"it is dated before the contract's start, {contract.start}"
    if contract.end and entry.date > contract.end:
        return f"it is dated after the contract's end, {contract.end}"
    return ""


def _billed_before(evidence: Evidence, contract: Contract, entry: TimeEntry) -> str:
    """An invoice from before the books began that covers the entry's day."""
    projects = (contract.id, *contract.formerly)
    for invoice in evidence.facts.invoices:
        covers = invoice.covers if evidence.is_live(invoice) else None
        if covers and entry.date <= covers and invoice.project in projects:
            return f"invoice {invoice.number} covers all time up to {covers}"
    return ""


def _held_back(evidence: Evidence, entry: TimeEntry) -> str:
    """What the engine found wrong with this very entry, if that keeps it from being billed."""
    for item in evidence.findings.get(entry.id, ()):
        if item.severity in {"error", "hold"}:
            return f"{item.code}: {item.message}"
    return ""


def _covered(evidence: Evidence, contract: Contract, entry: TimeEntry) -> str:
    task = contract.tasks.get(entry.task)
    if entry.account != "unbilled" or entry.billable is False or (task and task.billable is False):
        return ""
    milestone = entry.milestone or (task.milestone if task else None) or ""
    milestone = milestone and milestone_of(contract, milestone)
    if milestone in contract.milestones:
        return f"the price of milestone {milestone} covers it"
    hourly = hourly_tasks(contract)
    if hourly is not None and entry.task not in hourly:
        return "the contract's fixed price covers it"
    retainer = contract.retainer
    if retainer is None or (retainer.tasks and entry.task not in retainer.tasks):
        return ""
    waiting = evidence.case(contract).retained
    if waiting is None or any(one.item.entry.id == entry.id for one in waiting.priced):
        return ""
    return "the retainer's fee covers it; the invoice at the period's end, or the next, lists it"


def _not_billable(contract: Contract, entry: TimeEntry) -> str:
    task = contract.tasks.get(entry.task)
    voices = {
        "its account": entry.account == "unbilled",
        "its own flag": entry.billable is not False,
        f"the contract's task {entry.task}": task is None or task.billable is not False,
    }
    against = [voice for voice, billable in voices.items() if not billable]
    return f"not billable by {' and '.join(against)}" if against else ""


def _unapproved(contract: Contract, entry: TimeEntry) -> str:
    if contract.approval and not entry.approved:
        return "the contract bills approved time only, and it is not; `approved: TRUE` approves it"
    return ""


def _waiting(evidence: Evidence, contract: Contract, entry: TimeEntry) -> str:
    case = evidence.case(contract)
    if case.schedule.is_final(entry.task):
        return "the invoice that closes the project is issued already"
    slot = case.schedule.slot(entry.task, entry.date)
    if slot is None and case.schedule.trigger_of(entry.task).type == "manual":
        return "billable; no date bills it, it is invoiced by hand"
    below = [item for item in evidence.billing.findings if item.code == "below-minimum"]
    if any(item.project == contract.id for item in below):
        return f"billable; it waits, since a draft would be below the minimum of {contract.invoice.minimum}"
    if slot is not None and slot.date > evidence.billing.as_of:
        return f"billable; it waits for the next trigger on {slot.date}"
    if slot is None:
        return "billable; it waits for a milestone to be complete"
    return "billable, but no trigger of the contract will bill it"
