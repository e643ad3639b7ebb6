"""How a contract goes on: reports that have grown stale, costs above its value, retention to claim."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from projbill_beancount.billing.completion import counted_percent
from projbill_beancount.billing.findings import finding
from projbill_beancount.billing.milestones import FULL
from projbill_beancount.billing.rounding import divide_half_up
from projbill_beancount.facts.model import FrozenEntry

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator
    from collections.abc import Mapping
    from datetime import date

    from projbill_beancount.billing.drafting import Known
    from projbill_beancount.billing.fixed import FixedScope
    from projbill_beancount.billing.model import Finding
    from projbill_beancount.billing.told import Told
    from projbill_beancount.facts.model import Invoice
    from projbill_beancount.terms.model import Contract
    from projbill_beancount.terms.model import Person

ZERO = Decimal(0)
HOUR = 3600
#: Billing types whose fees are limited by what was agreed, so that costs above it are a loss.
LIMITED = frozenset(("fixed-fee", "time-and-materials"))


def outlook_findings(
    contract: Contract, known: Known, told: Told, fixed: FixedScope
) -> Iterator[Finding]:
    """What is to be expected of a contract, beside what is to be billed on it."""
    yield from _stale(contract, known.as_of, told, fixed)
    yield from _loss(contract, known, told, fixed)
    yield from _releasable(contract, known.as_of, told, fixed)


def _stale(contract: Contract, as_of: date, told: Told, fixed: FixedScope) -> Iterator[Finding]:
    """`progress-stale`: no report for so many days, and time was logged since the last one.

    What was never reported has no completion that could be stale.
    """
    newest = max(fixed.progress, key=lambda report: (report.date, report.order), default=None)
    if newest is None or fixed.completion is None or fixed.completion >= FULL:
        return
    if as_of - newest.date <= timedelta(days=contract.reconcile.stale):
        return
    latest = _latest_work(told, newest.date, as_of)
    if latest is None:
        return
    message = (
        f"the last report of progress is of {newest.date}, {(as_of - newest.date).days} days ago, "
        f"and time was logged up to {latest}: {fixed.completion:.2f} % complete may no longer be "
        "true; report where it stands"
    )
    yield finding("progress-stale", contract.id, as_of, message, newest.place)


def _latest_work(told: Told, after: date, until: date) -> date | None:
    """The last day after one and up to another on which time was logged; None if on no day."""
    days = {entry.date for entry in told.entries if after < entry.date <= until}
    for invoice, line in told.invoiced:
        if invoice.date > after and line.frozen:
            logged = (entry.date for entry in line.entries)
            days.update(day for day in logged if day and after < day <= until)
    return max(days, default=None)


def _loss(contract: Contract, known: Known, told: Told, fixed: FixedScope) -> Iterator[Finding]:
    """`loss-contract`: the estimate at completion is above the contract's value.

    The estimate is `budget.cost`, or what the hours to date have cost where that is more already.
    Without a budget of costs there is no estimate, and no verdict.
    """
    planned, value = contract.budget.cost, _most(contract, fixed)
    if planned is None or value is None or contract.currency != known.firm.currency:
        return
    spent = _cost_to_date(contract, known.firm.people, told, known.as_of)
    estimate = max(planned, spent)
    if estimate <= value:
        return
    currency = contract.currency
    message = (
        f"it is expected to cost {estimate} {currency} ({planned} planned, {spent} spent), and its "
        f"value is {value}: a loss of {estimate - value}"
    )
    yield finding(
        "loss-contract",
        contract.id,
        known.as_of,
        message,
        contract.place,
        amount=estimate - value,
    )


def _most(contract: Contract, fixed: FixedScope) -> Decimal | None:
    """What a contract brings at most: its value, or its cap, with approved changes."""
    if contract.billing not in LIMITED:
        return None
    if fixed.value is not None:
        return fixed.value
    caps = [cap.amount for cap in contract.caps if cap.amount and not cap.every and not cap.tasks]
    return min(caps) + fixed.orders.cap_raise(fixed.as_of) if caps else None


def _cost_to_date(
    contract: Contract, people: Mapping[str, Person], told: Told, as_of: date
) -> Decimal:
    """What the hours up to a day have cost, at what each person costs per hour; rounded once."""
    seconds: dict[str, int] = {}
    for entry in told.entries:
        if entry.date <= as_of:
            seconds[entry.person] = seconds.get(entry.person, 0) + entry.seconds
    for settled in told.settled:
        for frozen in map(FrozenEntry._make, settled):
            seconds[frozen.person] = seconds.get(frozen.person, 0) + (frozen.seconds or 0)
    costs = ((people[name].cost or ZERO) * of for name, of in seconds.items() if name in people)
    return divide_half_up(sum(costs, ZERO), HOUR, contract.places)


def _releasable(
    contract: Contract, as_of: date, told: Told, fixed: FixedScope
) -> Iterator[Finding]:
    """`retention-releasable`: all is done, and the client still keeps a part back.

    Done is what is complete and accepted in full, once the contract has ended or its final invoice
    is issued.
    """
    invoices = [invoice for invoice, _ in told.invoiced if invoice.retained or invoice.released]
    if not invoices:
        return
    credit_notes = [credit for credit, _ in told.credited]
    kept = _kept(invoices, as_of) - _kept(credit_notes, as_of)
    ended = (contract.end is not None and contract.end < as_of) or told.billed.final
    if kept <= ZERO or not ended or not _is_done(contract, fixed):
        return
    newest = max(invoices, key=lambda one: one.date)
    message = (
        f"{kept} {contract.currency} are retained by {contract.payer}, and all is complete: "
        "ask for their release"
    )
    yield finding("retention-releasable", contract.id, as_of, message, newest.place, amount=kept)


def _kept(invoices: list[Invoice], as_of: date) -> Decimal:
    """What is retained of invoices, each counted once, less what was released by a day."""
    each = {(one.file, one.line): one for one in invoices}.values()
    released = (amount for invoice in each for day, amount in invoice.released if day <= as_of)
    return sum((one.retained for one in each), ZERO) - sum(released, ZERO)


def _is_done(contract: Contract, fixed: FixedScope) -> bool:
    """Whether all of the fixed scope is complete; without one there is nothing to wait for."""
    parts = [part for part in fixed.parts() if not part.milestone.bill.advance]
    return fixed.completion == FULL or all(
        counted_percent(contract, part) == FULL for part in parts
    )
