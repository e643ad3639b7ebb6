"""What the ledger tells of one contract, under all its ids."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import NamedTuple
from typing import TypeVar

from projbill_beancount.billing.change_orders import Orders
from projbill_beancount.billing.decisions import Decisions
from projbill_beancount.billing.invoiced import BilledBefore
from projbill_beancount.billing.invoiced import billed_before

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Mapping
    from collections.abc import Sequence

    from projbill_beancount.billing.drafting import Known
    from projbill_beancount.billing.invoiced import Issued
    from projbill_beancount.facts.model import Decision
    from projbill_beancount.facts.model import Expense
    from projbill_beancount.facts.model import FrozenWords
    from projbill_beancount.facts.model import Progress
    from projbill_beancount.facts.model import TimeEntry
    from projbill_beancount.terms.model import Contract

Fact = TypeVar("Fact")


class Told(NamedTuple):
    """The facts of one contract, and what they come to by themselves.

    `invoiced` and `credited` are the lines of its issued invoices and credit notes; `settled` are
    entries that stand as invoiced.
    """

    entries: list[TimeEntry]
    settled: list[Sequence[FrozenWords]]
    progress: list[Progress]
    expenses: list[Expense]
    adjustments: list[Decision]
    invoiced: list[Issued]
    credited: list[Issued]
    decided: Decisions
    billed: BilledBefore
    orders: Orders


def told_of(contract: Contract, known: Known) -> Told:
    """What the facts up to the day say of `contract`."""
    projects = (contract.id, *contract.formerly)
    facts, invoiced = known.facts, known.invoiced

    def of(by_project: Mapping[str, Sequence[Fact]]) -> list[Fact]:
        return [fact for name in projects for fact in by_project.get(name, ())]

    decisions = of(facts.decisions)
    lines, credited = invoiced.lines_of(projects), invoiced.credits_of(projects)
    return Told(
        entries=of(facts.time),
        settled=[facts.settled[name] for name in projects if name in facts.settled],
        progress=of(facts.progress),
        expenses=of(facts.expenses),
        adjustments=[one for one in decisions if one.kind == "adjustment"],
        invoiced=lines,
        credited=credited,
        decided=Decisions(contract, decisions, known.as_of),
        billed=BilledBefore(
            lines,
            credited,
            billed_before(decisions, known.as_of),
            invoiced.entries if invoiced.credited else None,
        ),
        orders=Orders(contract, of(facts.change_orders), known.as_of),
    )
