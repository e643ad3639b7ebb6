"""What is known of each fact: where the ledger has it, and what bills it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.billing.contract import Case
from projbill_beancount.billing.drafting import Known
from projbill_beancount.billing.invoiced import Invoiced
from projbill_beancount.billing.joint import known_of
from projbill_beancount.billing.payers import payers_of
from projbill_beancount.billing.time_checks import check_time
from projbill_beancount.reports.numbers import price
from projbill_beancount.reports.numbers import quantity

if TYPE_CHECKING:
    from collections.abc import Container
    from collections.abc import Iterable
    from collections.abc import Iterator

    from projbill_beancount.billing.model import Billing
    from projbill_beancount.billing.model import Draft
    from projbill_beancount.billing.model import Finding
    from projbill_beancount.billing.model import Line
    from projbill_beancount.facts.model import ChangeOrder
    from projbill_beancount.facts.model import Decision
    from projbill_beancount.facts.model import Expense
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
    """Terms, facts and billing of a ledger, with what they say of each entry's id.

    `drafted` has the draft lines of an entry. Only entries that the facts list are known.
    """

    def __init__(self, terms: Terms, facts: Facts, billing: Billing) -> None:
        self.terms = terms
        self.facts = facts
        self.billing = billing
        self.entries: dict[str, list[TimeEntry]] = {}
        self.drafted: dict[str, list[tuple[Draft, Line]]] = {}
        self.findings: dict[str, list[Finding]] = {}
        self._cases: dict[tuple[str, str], Case] = {}
        for finding in billing.findings:
            self.findings.setdefault(finding.id, []).append(finding)
        for entries in facts.time.values():
            for entry in entries:
                self.entries.setdefault(entry.id, []).append(entry)
        for draft in (*billing.drafts, *billing.closings):
            for line in draft.lines:
                for billed in line.entries:
                    self.drafted.setdefault(billed.id, []).append((draft, line))

    @cached_property
    def invoiced(self) -> dict[str, list[tuple[Invoice, InvoiceLine]]]:
        """The lines of invoices of an entry."""
        return _lines_of(self.facts.invoices, self.entries)

    @cached_property
    def credited(self) -> dict[str, list[tuple[Invoice, InvoiceLine]]]:
        """The lines of credit notes of an entry."""
        return _lines_of(self.facts.credit_notes, self.entries)

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

    def orders_of(self, contract: Contract) -> list[ChangeOrder]:
        """The change orders of a contract under all its ids."""
        projects = (contract.id, *contract.formerly)
        return [one for name in projects for one in self.facts.change_orders.get(name, ())]

    def decisions_of(self, contract: Contract) -> list[Decision]:
        """The decisions on a contract up to the day, under all its ids."""
        projects = (contract.id, *contract.formerly)
        told = [one for name in projects for one in self.facts.decisions.get(name, ())]
        return [one for one in told if one.date <= self.billing.as_of]

    def expenses_of(self, contract: Contract) -> list[Expense]:
        """The rebillable expenses of a contract under all its ids."""
        projects = (contract.id, *contract.formerly)
        return [one for name in projects for one in self.facts.expenses.get(name, ())]

    def is_live(self, document: Invoice) -> bool:
        """Whether an invoice or a credit note counts on the day."""
        return document.is_live(self.billing.as_of)

    def case(self, contract: Contract, client: str = "") -> Case:
        """What the engine knows of a contract, as the payer `client` has it where several pay."""
        key = (contract.id, client)
        if key not in self._cases:
            known = self._known
            payers = [one for one in payers_of(contract) if not client or one.payer == client]
            self._cases[key] = (
                Case(payers[0], known_of(payers[0], known)) if payers else Case(contract, known)
            )
        return self._cases[key]

    @cached_property
    def _known(self) -> Known:
        facts, as_of = self.facts, self.billing.as_of
        invoiced = Invoiced(facts.invoices, facts.credit_notes, as_of)
        owners = {
            name: contract.id
            for contract in self.terms.contracts.values()
            for name in (contract.id, *contract.formerly)
        }
        clients = {name: self.terms.contracts[one].client for name, one in owners.items()}
        blocks = check_time(facts.time, facts.problems, invoiced, owners, clients, as_of)
        return Known(self.terms.firm, facts, invoiced, blocks, as_of)


def _lines_of(
    documents: Iterable[Invoice], wanted: Container[str]
) -> dict[str, list[tuple[Invoice, InvoiceLine]]]:
    """The lines of invoices or credit notes by the ids of their entries, of those that are wanted."""
    found: dict[str, list[tuple[Invoice, InvoiceLine]]] = {}
    for document in documents:
        for line in document.lines:
            for identity in line.ids:
                if identity in wanted:
                    found.setdefault(identity, []).append((document, line))
    return found


def entry_words(entry: TimeEntry) -> str:
    """An entry in one line: `2026-03-03 carol 6.00 h backend "Login page" (toggl-11aa)`."""
    note = f' "{entry.note}"' if entry.note else ""
    task = f" {entry.task}" if entry.task else ""
    hours = quantity(entry.seconds)
    return f"{entry.date} {entry.person} {hours} h{task}{note} ({entry.id})"


def rate_words(case: Case, entry: TimeEntry) -> str:
    """Which price applies to an hour (or a day) of `entry`, and the rule that gives it."""
    contract = case.contract
    found = case.pricer.price(entry, case.schedule).rate
    if found.price is None:
        return f"{found.code}: {found.rule}"
    unit = "day" if contract.rates.day_seconds else "hour"
    return f"{price(found.price, contract.currency)} {contract.currency} per {unit} by {found.rule}"


def order_name(order: ChangeOrder) -> str:
    """A change order by its id, and its title where it has one."""
    return order.id if order.title == order.id else f"{order.id} {order.title}"


def contract_node(contract: Contract) -> Node:
    """The contract that something belongs to."""
    return Node("contract", f"{contract.id} {contract.name}", contract.place)


def decision_words(decision: Decision) -> str:
    """The day and the reason of a decision."""
    reason = f": {decision.text}" if decision.text else ""
    return f"on {decision.date}{reason}"
