"""What a contract has earned, billed or not: its scope, and the hours and differences beside it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.billing.invoiced import billed_before
from projbill_beancount.billing.position import BY_HOUR

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable

    from projbill_beancount.billing.contract import Case
    from projbill_beancount.billing.drafting import Drafting
    from projbill_beancount.billing.model import Draft
    from projbill_beancount.terms.model import Contract

ZERO = Decimal(0)
#: Lines that are earned as they are billed: hours by the day of the work, and agreed differences.
AS_BILLED = frozenset(("time", "overage", "adjustment", "carried", "covered", "write-off"))


class Performed(NamedTuple):
    """What is earned by a day, net of tax and without expenses.

    `scope` is the fixed scope's value × completion, or a retainer's fees as far as they are
    earned; None where nobody ever reported. `rest` is all else: hours at their prices, within the
    caps, and what is earned as it is billed. `waits` says that hours are on no draft yet, whose
    sum may still be rounded otherwise.
    """

    scope: Decimal | None
    rest: Decimal
    waits: bool


def is_scope(contract: Contract, kind: str, *, has_entries: bool) -> bool:
    """Whether a line bills the contract's fixed scope, or its retainer's fee."""
    if contract.billing == "time-and-materials":
        return False
    by_hand = kind == "manual" and not has_entries
    if contract.billing == "retainer":
        return kind == "retainer" or by_hand
    return by_hand or (kind not in AS_BILLED and kind not in {"expense", "retainer", "manual"})


def performed_of(case: Case, drafting: Drafting) -> Performed:
    """What is earned on the day of a case whose drafts are made, for its one payer."""
    contract = case.contract
    items = [*case.priced, *(case.retained.priced if case.retained else ())]
    waiting = [item for item in items if item.item.entry.id not in drafting.on_draft]
    worked = [item for item in waiting if item.item.entry.approved or not contract.approval]
    values = [value for item in worked if (value := case.pricer.value(item)) is not None]
    by_scope = contract.billing not in {"time-and-materials", "retainer"}
    orders, _, adjustments = case.riders
    rest = (
        _issued(contract, case)
        + _by_hour(drafting.drafts)
        + sum(values, ZERO)
        + adjustments.unbilled()
        - case.caps.beyond(drafting.drafts, worked)
    )
    if not by_scope:
        rest += orders.unbilled() + case.fixed.unbilled()
    scope = case.fixed.earned() if by_scope else ZERO
    if case.retained is not None:
        scope = case.retained.kept()
    for draft in drafting.dropped:
        for line in draft.lines:
            if line.adjustment is not None:
                rest -= line.amount
            elif line.kind in {"milestone", "change-order", "retainer"}:
                if is_scope(contract, line.kind, has_entries=False):
                    scope = None if scope is None else scope - line.amount
                else:
                    rest -= line.amount
    return Performed(scope, rest, bool(waiting))


def _issued(contract: Contract, case: Case) -> Decimal:
    """What documents bill beside the scope, and what was billed before the books of no scope."""
    told, total = case.told, ZERO
    for sign, documents in ((1, told.invoiced), (-1, told.credited)):
        for _, line in documents:
            of_scope = is_scope(contract, line.kind, has_entries=bool(line.frozen))
            if line.kind != "expense" and not of_scope:
                total += sign * line.amount
    if contract.billing in {"time-and-materials", "retainer"}:
        names = (contract.id, *contract.formerly)
        decisions = [one for name in names for one in case.known.facts.decisions.get(name, ())]
        known = billed_before(decisions, case.known.as_of)
        total += sum((one.amount or ZERO for one in known), ZERO)
    return total


def _by_hour(drafts: Iterable[Draft]) -> Decimal:
    """Hours on drafts, held or not, as their lines and the caps bill them."""
    return sum(
        (
            line.amount
            for draft in drafts
            for line in draft.lines
            if line.kind in BY_HOUR and line.adjustment is None
        ),
        ZERO,
    )
