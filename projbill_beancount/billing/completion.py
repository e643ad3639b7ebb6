"""How far a contract's fixed scope is complete, in percent, by the method that it declares."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING
from typing import NamedTuple

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable
    from collections.abc import Iterable
    from collections.abc import Mapping
    from collections.abc import Sequence

    from projbill_beancount.billing.milestones import Report
    from projbill_beancount.facts.model import Progress
    from projbill_beancount.terms.model import CompletionMethod
    from projbill_beancount.terms.model import Contract
    from projbill_beancount.terms.model import Milestone

ZERO = Decimal(0)
FULL = Decimal(100)


class Scope(NamedTuple):
    """A part of the fixed scope: its price, its reports, oldest first, its planned seconds."""

    milestone: Milestone
    price: Decimal
    reports: Sequence[Report]
    planned: int = 0


def method_of(contract: Contract) -> CompletionMethod:
    """The declared method, "progress" where none is."""
    return contract.reconcile.completion or "progress"


def counts_accepted(contract: Contract, milestone: Milestone) -> bool:
    """Whether a milestone counts from its acceptance on, not by what is reported of it.

    That is so where the contract declares it; where it declares nothing, so do those that bill
    when they are accepted.
    """
    declared = contract.reconcile.completion
    return declared == "accepted" or (declared is None and milestone.bill.kind == "accepted")


def completion(
    contract: Contract,
    scope: Iterable[Scope],
    value: Decimal,
    done: Decimal,
    whole: Sequence[Progress],
    logged: Callable[[], Mapping[str, int]],
) -> Decimal | None:
    """Completion in percent, exact, from 0 to 100; None if nothing was ever reported.

    Parts count by their price out of the contract's `value`; those that are billed in advance are
    left out. `done` is the price of what is complete by agreement (approved changes without a report of their own). `whole` are
    the reports of the whole contract, which count too while no part is reported, `logged` tells the seconds by milestone, "" for the rest.
    """
    method = method_of(contract)
    if method == "manual" and whole:
        return _newest(whole)
    every = list(scope)
    parts = [part for part in every if not part.milestone.bill.advance]
    out_of = value - sum((part.price for part in every if part.milestone.bill.advance), ZERO)
    if method == "hours":
        return _by_hours(contract, parts, out_of, done, whole, logged())
    if not any(part.reports for part in parts):
        return _newest(whole) if method == "progress" else None
    return _weighted(((one.price, counted_percent(contract, one)) for one in parts), out_of, done)


def counted_percent(contract: Contract, part: Scope) -> Decimal:
    """What counts of a part: unreported ones 0, and by acceptance only what is accepted."""
    if not part.reports:
        return ZERO
    newest = part.reports[-1]
    if counts_accepted(contract, part.milestone) and not newest.accepted:
        return ZERO
    return newest.percent


def _weighted(
    parts: Iterable[tuple[Decimal, Decimal]], out_of: Decimal, done: Decimal
) -> Decimal | None:
    total = done * FULL + sum((price * percent for price, percent in parts), ZERO)
    return min(max(total / out_of, ZERO), FULL) if out_of > ZERO else None


def _newest(whole: Sequence[Progress]) -> Decimal | None:
    percents = [
        report
        for report in sorted(whole, key=lambda report: (report.date, report.order))
        if report.percent is not None
    ]
    return min(max(percents[-1].percent or ZERO, ZERO), FULL) if percents else None


def _by_hours(
    contract: Contract,
    parts: Sequence[Scope],
    out_of: Decimal,
    done: Decimal,
    whole: Sequence[Progress],
    logged: Mapping[str, int],
) -> Decimal | None:
    """Hours to date ÷ (hours to date + hours to complete), else ÷ the planned hours."""
    all_logged = sum(logged.values())
    remaining = _remaining(whole)
    if remaining is not None:
        return _ratio(all_logged, all_logged + remaining)
    ratios = [_part_by_hours(part, logged.get(part.milestone.id, 0)) for part in parts]
    if any(ratio is not None for ratio in ratios):
        prices = [part.price for part in parts]
        pairs = ((p, r or ZERO) for p, r in zip(prices, ratios, strict=True))
        return _weighted(pairs, out_of, done)
    if contract.budget.seconds:
        return _ratio(all_logged, contract.budget.seconds)
    return None


def _part_by_hours(part: Scope, logged: int) -> Decimal | None:
    if part.reports and part.reports[-1].accepted:
        return FULL
    remaining = _remaining([report.source for report in part.reports])
    if remaining is not None:
        return _ratio(logged, logged + remaining)
    return _ratio(logged, part.planned)


def _remaining(reports: Iterable[Progress]) -> int | None:
    known = [report for report in reports if report.remaining is not None]
    newest = max(known, key=lambda report: (report.date, report.order), default=None)
    return newest.remaining if newest else None


def _ratio(done: int, of: int) -> Decimal | None:
    return min(Decimal(done) * 100 / of, FULL) if of else None
