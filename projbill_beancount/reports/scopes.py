"""The fixed scope of a contract on any day, without going through its hours."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from projbill_beancount.billing.agreed import AgreedScope
from projbill_beancount.billing.change_orders import Orders
from projbill_beancount.billing.invoiced import BilledBefore
from projbill_beancount.billing.invoiced import billed_before
from projbill_beancount.billing.payers import payers_of
from projbill_beancount.billing.payers import shared_facts

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Mapping
    from collections.abc import Sequence
    from datetime import date
    from typing import TypeVar

    from projbill_beancount.billing.invoiced import Issued
    from projbill_beancount.facts.model import Facts
    from projbill_beancount.facts.model import Invoice
    from projbill_beancount.terms.model import Contract

    Fact = TypeVar("Fact")

ZERO = Decimal(0)
FIXED = frozenset(("fixed-fee", "hybrid"))


class Scopes:
    """Tells what the fixed scope of contracts is on a day of the facts.

    Completion that is measured in hours is not known here: it takes all hours of the contract.
    """

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._invoiced = _by_project(facts.invoices)
        self._credited = _by_project(facts.credit_notes)
        self._found: dict[tuple[str, str, date], AgreedScope] = {}

    def on(self, contract: Contract, day: date) -> AgreedScope:
        """The scope of a contract as it is agreed, reported and billed up to a day.

        Where clients share it, it is that of them together, at the prices that are agreed now.
        """
        key = contract.id, "", day
        if key not in self._found:
            facts = self._documents_of(contract)
            if contract.split:  # what their invoices froze are the prices of their shares
                facts = facts._replace(invoices=[_without_bases(one) for one in facts.invoices])
            self._found[key] = _scope_of(contract, facts, day)
        return self._found[key]

    def earned(self, contract: Contract, day: date) -> Decimal:
        """The value of the scope × its completion up to a day; 0 while one of them is not known."""
        payers = payers_of(contract)
        if not payers:
            return self.on(contract, day).earned() or ZERO
        earned = [self._share(payer, day).earned() for payer in payers]
        return sum((one or ZERO for one in earned), ZERO) if None not in earned else ZERO

    def _share(self, payer: Contract, day: date) -> AgreedScope:
        """The scope of a contract as one of its clients has it."""
        key = payer.id, payer.payer, day
        if key not in self._found:
            facts = shared_facts(payer, self._documents_of(payer))
            self._found[key] = _scope_of(payer, facts, day)
        return self._found[key]

    def _documents_of(self, contract: Contract) -> Facts:
        """The facts with no other documents than those of a contract."""
        return self._facts._replace(
            invoices=_unique(_of(contract, self._invoiced)),
            credit_notes=_unique(_of(contract, self._credited)),
        )

    def changes(self, contract: Contract) -> set[date]:
        """The days on which something is reported or decided that changes what is earned."""
        days = set()
        for report in _of(contract, self._facts.progress):
            days |= {report.date, report.accepted or report.date}
        for order in _of(contract, self._facts.change_orders):
            days |= {order.approved} if order.approved else set()
        return days


def _of(contract: Contract, by_project: Mapping[str, Sequence[Fact]]) -> list[Fact]:
    """What is known of a contract under all its ids."""
    names = (contract.id, *contract.formerly)
    return [one for name in names for one in by_project.get(name, ())]


def _scope_of(contract: Contract, facts: Facts, day: date) -> AgreedScope:
    """The scope of a contract up to a day, of facts with its own documents alone."""
    return AgreedScope(
        contract,
        _of(contract, facts.progress),
        BilledBefore(
            _lines(contract, facts.invoices, day),
            _lines(contract, facts.credit_notes, day),
            billed_before(_of(contract, facts.decisions), day),
        ),
        day,
        Orders(contract, _of(contract, facts.change_orders), day),
        dict,
    )


def _by_project(documents: Iterable[Invoice]) -> dict[str, list[Invoice]]:
    found: dict[str, list[Invoice]] = {}
    for document in documents:
        for project in {line.project for line in document.lines}:
            found.setdefault(project, []).append(document)
    return found


def _unique(documents: Iterable[Invoice]) -> list[Invoice]:
    """Documents without those that bill a contract under two of its ids a second time."""
    return list({id(document): document for document in documents}.values())


def _lines(contract: Contract, documents: Iterable[Invoice], day: date) -> list[Issued]:
    """The lines of a contract that are live on a day, with their documents."""
    names = (contract.id, *contract.formerly)
    live = [document for document in documents if document.is_live(day)]
    return [
        (document, line)
        for name in names
        for document in live
        for line in document.lines
        if line.project == name
    ]


def _without_bases(document: Invoice) -> Invoice:
    return document._replace(lines=tuple(line._replace(basis=None) for line in document.lines))
