"""What is known of each time entry: where the ledger has it, and what bills it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.billing.rates import find_rate
from projbill_beancount.billing.work import bills_hours
from projbill_beancount.reports.numbers import price
from projbill_beancount.reports.numbers import quantity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from projbill_beancount.billing.model import Billing
    from projbill_beancount.billing.model import Draft
    from projbill_beancount.billing.model import Finding
    from projbill_beancount.billing.model import Line
    from projbill_beancount.facts.model import Facts
    from projbill_beancount.facts.model import Invoice
    from projbill_beancount.facts.model import InvoiceLine
    from projbill_beancount.facts.model import TimeEntry
    from projbill_beancount.terms.model import Contract
    from projbill_beancount.terms.model import Place
    from projbill_beancount.terms.model import Terms


class Node(NamedTuple):
    """One statement of an explanation, where it can be seen, and what it rests on.

    `kind` names what the statement is about: `draft`, `line`, `entry`, `rate`, `payment`, …
    """

    kind: str
    text: str
    place: Place | None = None
    children: tuple[Node, ...] = ()


class Evidence:
    """Terms, facts and billing of a ledger, with what they say of each entry's id."""

    def __init__(self, terms: Terms, facts: Facts, billing: Billing) -> None:
        self.terms = terms
        self.facts = facts
        self.billing = billing
        self.entries: dict[str, list[TimeEntry]] = {}
        self.drafted: dict[str, tuple[Draft, Line]] = {}
        self.invoiced: dict[str, list[tuple[Invoice, InvoiceLine]]] = {}
        self.findings: dict[str, list[Finding]] = {}
        for finding in billing.findings:
            self.findings.setdefault(finding.id, []).append(finding)
        for entries in facts.time.values():
            for entry in entries:
                self.entries.setdefault(entry.id, []).append(entry)
        for draft in billing.drafts:
            for line in draft.lines:
                self.drafted.update({entry.id: (draft, line) for entry in line.entries})
        for invoice in facts.invoices:
            for issued in invoice.lines:
                for frozen in issued.entries:
                    self.invoiced.setdefault(frozen.id, []).append((invoice, issued))

    def contract(self, project: str) -> Contract | None:
        """The contract of that id or former id, None where none can be read."""
        known = self.terms.contracts.get(project)
        if known is not None:
            return known
        return next((c for c in self.terms.contracts.values() if project in c.formerly), None)

    def entries_of(self, contract: Contract) -> Iterator[TimeEntry]:
        """The time of a contract under all its ids."""
        for project in (contract.id, *contract.formerly):
            yield from self.facts.time.get(project, ())


def entry_words(entry: TimeEntry) -> str:
    """An entry in one line: `2026-03-03 carol 6.00 h backend "Login page" (toggl-11aa)`."""
    note = f' "{entry.note}"' if entry.note else ""
    task = f" {entry.task}" if entry.task else ""
    hours = quantity(entry.seconds)
    return f"{entry.date} {entry.person} {hours} h{task}{note} ({entry.id})"


def rate_words(evidence: Evidence, contract: Contract, entry: TimeEntry) -> str:
    """Which price applies to an hour of `entry`, and the rule that gives it."""
    found = find_rate(contract, entry, evidence.terms.firm.people)
    if found.price is None:
        return f"{found.code}: {found.rule}"
    return f"{price(found.price, contract.currency)} {contract.currency} per hour by {found.rule}"


def why_not_drafted(evidence: Evidence, entry: TimeEntry) -> str:
    """Why an entry that is on no invoice is on no draft either, in one sentence."""
    contract = evidence.contract(entry.project)
    if contract is None:
        if entry.project in evidence.terms.unreadable:
            return f"the contract of {entry.project} cannot be read, so it bills nothing"
        return f"there is no contract {entry.project}"
    return (
        _outside(evidence, contract, entry)
        or _held_back(evidence, entry)
        or _covered(contract, entry)
        or _not_billable(contract, entry)
        or _waiting(evidence, contract)
    )


def _outside(evidence: Evidence, contract: Contract, entry: TimeEntry) -> str:
    if entry.date > evidence.billing.as_of:
        return f"it is dated after {evidence.billing.as_of}"
    if contract.start and entry.date < contract.start:
        return f"it is dated before the contract's start, {contract.start}"
    if contract.end and entry.date > contract.end:
        return f"it is dated after the contract's end, {contract.end}"
    return ""


def _held_back(evidence: Evidence, entry: TimeEntry) -> str:
    """What the engine found wrong with this very entry, if that keeps it from being billed."""
    for item in evidence.findings.get(entry.id, ()):
        if item.severity in {"error", "hold"}:
            return f"{item.code}: {item.message}"
    return ""


def _covered(contract: Contract, entry: TimeEntry) -> str:
    if entry.account != "unbilled":
        return ""
    task = contract.tasks.get(entry.task)
    milestone = entry.milestone or (task.milestone if task else None)
    if milestone in contract.milestones:
        return f"the price of milestone {milestone} covers it"
    return "" if bills_hours(contract) else "the contract's fixed price covers it"


def _not_billable(contract: Contract, entry: TimeEntry) -> str:
    task = contract.tasks.get(entry.task)
    voices = {
        "its account": entry.account == "unbilled",
        "its own flag": entry.billable is not False,
        f"the contract's task {entry.task}": task is None or task.billable is not False,
    }
    against = [voice for voice, billable in voices.items() if not billable]
    return f"not billable by {' and '.join(against)}" if against else ""


def _waiting(evidence: Evidence, contract: Contract) -> str:
    position = evidence.billing.positions.get(contract.id)
    if position is None or position.next_trigger is None:
        return "billable, but no trigger of the contract will bill it"
    return f"billable; it waits for the next trigger on {position.next_trigger}"
