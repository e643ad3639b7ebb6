"""The fixed scope of a contract on any day, without going through its hours."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from projbill_beancount.billing.agreed import AgreedScope
from projbill_beancount.billing.change_orders import Orders
from projbill_beancount.billing.invoiced import BilledBefore
from projbill_beancount.billing.invoiced import billed_before

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
        self._found: dict[tuple[str, date], AgreedScope] = {}

    def on(self, contract: Contract, day: date) -> AgreedScope:
        """The scope of a contract as it is agreed, reported and billed up to a day."""
        key = contract.id, day
        if key not in self._found:
            facts = self._facts
            self._found[key] = AgreedScope(
                contract,
                _of(contract, facts.progress),
                BilledBefore(
                    _live(_of(contract, self._invoiced), day),
                    _live(_of(contract, self._credited), day),
                    billed_before(_of(contract, facts.decisions), day),
                ),
                day,
                Orders(contract, _of(contract, facts.change_orders), day),
                dict,
            )
        return self._found[key]

    def earned(self, contract: Contract, day: date) -> Decimal:
        """The value of the scope × its completion up to a day; 0 while one of them is not known."""
        return self.on(contract, day).earned() or ZERO

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


def _by_project(documents: Iterable[Invoice]) -> dict[str, list[Issued]]:
    found: dict[str, list[Issued]] = {}
    for document in documents:
        for line in document.lines:
            found.setdefault(line.project, []).append((document, line))
    return found


def _live(issued: Iterable[Issued], day: date) -> list[Issued]:
    return [one for one in issued if one[0].is_live(day)]
