"""Hours and value of a contract over time, against what was agreed on them: budget, cap, allocation.

All lines are steps: a number holds from its day until the next one. Hours are in hours, amounts in
the contract's currency, net of tax and without expenses.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING
from typing import Literal
from typing import NamedTuple

from projbill_beancount.billing.calendar import DAY
from projbill_beancount.billing.calendar import period_containing
from projbill_beancount.billing.invoiced import billed_before
from projbill_beancount.billing.invoiced import cuts_of_caps
from projbill_beancount.billing.model import WorkedTime
from projbill_beancount.billing.scope_lines import is_of_scope
from projbill_beancount.terms.model import Trigger

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Collection
    from collections.abc import Iterable
    from collections.abc import Iterator
    from collections.abc import Mapping
    from collections.abc import Sequence

    from projbill_beancount.billing.model import Analysis
    from projbill_beancount.billing.model import Period
    from projbill_beancount.reports.milestones import Agreed
    from projbill_beancount.terms.model import Cap

ZERO = Decimal(0)
HOUR = 3600
BY_HOUR = frozenset(("billed", "unbilled"))
FOR_CLIENT = BY_HOUR | {"covered"}
#: A line of more days than this is thinned to one number a week.
MOST_DAYS = 400
#: So many changes of a fixed scope are followed, the newest ones.
MOST_CHANGES = 200

LineName = Literal[
    "worked",
    "billable",
    "used",
    "by-the-hour",
    "effort",
    "earned",
    "billed",
    "budget",
    "planned",
    "cap",
    "allocation",
    "value",
]
Steps = list[tuple[date, Decimal]]


class BurnLine(NamedTuple):
    """What something comes to from each day on; each of several runs begins again from 0."""

    name: LineName
    runs: Sequence[Steps]

    def on(self, day: date) -> Decimal | None:
        """What it is on a day; None before it begins."""
        known = [size for run in self.runs for since, size in run if since <= day]
        return known[-1] if known else None


class BurnChart(NamedTuple):
    """What happened (`lines`) against what was agreed (`limits`), from `start` to `end`."""

    lines: Sequence[BurnLine]
    limits: Sequence[BurnLine]
    start: date
    end: date


class Burn(NamedTuple):
    """The charts of a contract, None where there is nothing to draw."""

    hours: BurnChart | None
    value: BurnChart | None


def burn_of(agreed: Agreed, analysis: Analysis) -> Burn:
    """The burn charts of a contract up to the day of the books."""
    return Burn(
        _chart(agreed, _hours(agreed, analysis), _hour_limits(agreed, analysis)),
        _chart(agreed, _values(agreed), _value_limits(agreed)),
    )


def _chart(
    agreed: Agreed, lines: Iterable[BurnLine], limits: Iterable[BurnLine]
) -> BurnChart | None:
    """A chart from the first day on which something happened; what has no number is left out."""
    drawn = [line._replace(runs=[_thinned(run) for run in line.runs if run]) for line in lines]
    drawn = [line for line in drawn if line.runs]
    if not drawn:
        return None
    start = min(run[0][0] for line in drawn for run in line.runs)
    agreed_on = [limit for limit in limits if any(limit.runs)]
    for limit in agreed_on:
        for run in limit.runs:
            run[:] = [(max(day, start), size) for day, size in run]
    end = max(agreed.as_of, agreed.contract.end or agreed.as_of)
    return BurnChart(drawn, agreed_on, start, end)


def _hours(agreed: Agreed, analysis: Analysis) -> Iterator[BurnLine]:
    worked = [one for one in agreed.worked if one.kind != "outside"]
    billable = [one for one in worked if one.kind in BY_HOUR]
    retainer = agreed.contract.retainer
    if retainer is not None:
        tasks = retainer.tasks
        own = [one for one in worked if one.kind in FOR_CLIENT and (not tasks or one.task in tasks)]
        over = [one.period for one in analysis.periods if not one.running]
        own += _unapproved(agreed, tasks, over)
        yield BurnLine(
            "used", _runs(own, [one.period for one in analysis.periods], _seconds, agreed.as_of)
        )
    elif periods := _cap_periods(agreed, in_hours=True):
        yield BurnLine("billable", _runs(billable, periods, _seconds, agreed.as_of))
    else:
        yield BurnLine("worked", [_added(_seconds(worked))])
        if len(billable) < len(worked):
            yield BurnLine("billable", [_added(_seconds(billable))])


def _unapproved(
    agreed: Agreed, tasks: Collection[str], over: Sequence[Period]
) -> Iterator[WorkedTime]:
    """What takes hours out again that nobody approved by the end of their period."""
    for entry in agreed.told[0].entries if agreed.contract.approval else ():
        waits = not entry.approved and entry.account == "unbilled" and entry.billable is not False
        late = any(period.start <= entry.date <= period.end for period in over)
        if waits and late and (not tasks or entry.task in tasks):
            yield WorkedTime(entry.date, entry.person, entry.task, -entry.seconds, "unbilled", None)


def _hour_limits(agreed: Agreed, analysis: Analysis) -> Iterator[BurnLine]:
    contract, scope = agreed.contract, agreed.scopes[0]
    if contract.retainer is not None:
        sizes = [(one.period, one.allocated, one.carried) for one in analysis.periods]
        runs = [
            _held(period, Decimal(allocated + carried) / HOUR)
            for period, allocated, carried in sizes
            if allocated is not None
        ]
        yield BurnLine("allocation", runs)
        return
    first = contract.start or date.min
    planned = sum(scope.planned(milestone) for milestone in scope.scope.values())
    if contract.budget.seconds:
        yield BurnLine("budget", [[(first, Decimal(contract.budget.seconds) / HOUR)]])
    elif planned:
        yield BurnLine("planned", [[(first, Decimal(planned) / HOUR)]])
    for cap in _caps(agreed, in_hours=True):
        yield _cap_line(agreed, cap)


def _values(agreed: Agreed) -> Iterator[BurnLine]:
    contract = agreed.contract
    if contract.billing == "retainer":
        return
    hourly = [one for one in agreed.worked if one.kind in BY_HOUR]
    if periods := _cap_periods(agreed, in_hours=False):
        yield BurnLine("by-the-hour", _runs(hourly, periods, _worth, agreed.as_of))
        return
    has_scope = contract.billing != "time-and-materials"
    if has_scope:
        yield BurnLine("earned", [_earned(agreed)])
        covered = [one for one in agreed.worked if one.kind == "covered"]
        yield BurnLine("effort", [_added(_worth(covered))])
    yield BurnLine("billed", [_added(_billed(agreed, of_scope=has_scope))])
    yield BurnLine("by-the-hour", [_added(_worth(hourly))])


def _value_limits(agreed: Agreed) -> Iterator[BurnLine]:
    contract = agreed.contract
    first = contract.start or date.min
    if contract.billing not in {"time-and-materials", "retainer"}:
        values = [(day, agreed.value_on(day)) for day in (first, *_approvals(agreed))]
        yield BurnLine("value", [[(day, value) for day, value in values if value is not None]])
    if contract.budget.amount is not None:
        yield BurnLine("budget", [[(first, contract.budget.amount)]])
    for cap in _caps(agreed, in_hours=False):
        yield _cap_line(agreed, cap)


def _caps(agreed: Agreed, *, in_hours: bool) -> list[Cap]:
    """The caps of all tasks, in hours or in money."""
    return [
        cap
        for cap in agreed.contract.caps
        if not cap.tasks and (cap.seconds is not None) == in_hours
    ]


def _cap_periods(agreed: Agreed, *, in_hours: bool) -> list[Period]:
    """The periods of the one cap that there is, [] where it holds for the whole contract."""
    caps = _caps(agreed, in_hours=in_hours)
    return _periods(agreed, caps[0]) if len(caps) == 1 and caps[0].every else []


def _periods(agreed: Agreed, cap: Cap) -> list[Period]:
    """The periods of a cap from the first work up to the day of the books."""
    contract = agreed.contract
    if cap.every is None or not agreed.worked:
        return []
    trigger = Trigger("cap", "time", cap.place, cap.every, cap.anchor)
    found = []
    day = min(one.date for one in agreed.worked)
    while day <= agreed.as_of:
        period = period_containing(day, trigger, contract.start, contract.end)
        found.append(period._replace(start=min(day, period.start)))
        day = max(period.end, day) + DAY
    return found


def _cap_line(agreed: Agreed, cap: Cap) -> BurnLine:
    """What a cap is from each day on, with what approved changes raise it by."""
    if cap.every is not None:
        periods = _periods(agreed, cap)
        return BurnLine("cap", [_held(one, _size(agreed, cap, one.end)) for one in periods])
    first = agreed.contract.start or date.min
    days = (first, *_approvals(agreed))
    return BurnLine("cap", [[(day, _size(agreed, cap, day)) for day in days]])


def _size(agreed: Agreed, cap: Cap, day: date) -> Decimal:
    """A cap on a day, in hours or in money."""
    orders = [told.orders for told in agreed.told]
    if cap.seconds is not None:
        return Decimal(cap.seconds + orders[0].seconds_raise(day)) / HOUR
    return (cap.amount or ZERO) + sum((one.cap_raise(day) for one in orders), ZERO)


def _held(period: Period, size: Decimal) -> Steps:
    """What holds for one period; a block that does not end has one day."""
    last = [(period.end, size)] if period.end.year != date.max.year else []
    return [(period.start, size), *last]


def _earned(agreed: Agreed) -> Steps:
    """What of the fixed scope was earned, on each day on which a report or an approval changed it."""
    reports = [one for told in agreed.told for one in told.progress]
    days = {one.date for one in reports} | {one.accepted for one in reports if one.accepted}
    days |= {*_approvals(agreed), agreed.as_of}
    known = sorted(day for day in days if day <= agreed.as_of)[-MOST_CHANGES:]
    earned = [(day, agreed.earned_on(day)) for day in known]
    return [(day, amount) for day, amount in earned if amount is not None]


def _billed(agreed: Agreed, *, of_scope: bool) -> dict[date, Fraction]:
    """What invoices bill less credits by their days: all fees, or those of the fixed scope alone."""
    found: dict[date, Fraction] = {}

    def add(day: date, amount: Decimal) -> None:
        found[day] = found.get(day, Fraction(0)) + Fraction(amount)

    for told in agreed.told:
        for sign, pairs in ((1, told.invoiced), (-1, told.credited)):
            for document, line in pairs:
                if is_of_scope(line) if of_scope else line.kind != "expense":
                    add(document.date, sign * line.amount)
        for day, cut in cuts_of_caps(told.invoiced, told.credited) if of_scope else ():
            add(day, -cut)
    for before in billed_before(agreed.decisions, agreed.as_of):
        add(before.date, before.amount or ZERO)
    return found


def _approvals(agreed: Agreed) -> list[date]:
    """The days on which change orders were approved."""
    approved = agreed.told[0].orders.approved
    return sorted({order.approved for order in approved if order.approved is not None})


def _seconds(worked: Iterable[WorkedTime]) -> dict[date, Fraction]:
    """Hours by day."""
    found: dict[date, int] = {}
    for one in worked:
        found[one.date] = found.get(one.date, 0) + one.seconds
    return {day: Fraction(seconds, HOUR) for day, seconds in found.items()}


def _worth(worked: Iterable[WorkedTime]) -> dict[date, Fraction]:
    """The value of hours by day, of those that have a price."""
    found: dict[date, Fraction] = {}
    for one in worked:
        if one.price is not None:
            found[one.date] = found.get(one.date, Fraction(0)) + one.seconds * one.price
    return found


def _runs(
    worked: Sequence[WorkedTime],
    periods: Iterable[Period],
    sized: Callable[[Iterable[WorkedTime]], Mapping[date, Fraction]],
    as_of: date,
) -> list[Steps]:
    """What was worked, counted anew in each period, up to its end or the day of the books."""
    sizes = sized(worked)
    runs = []
    for period in periods:
        inside = {day: size for day, size in sizes.items() if period.start <= day <= period.end}
        run = [(period.start, ZERO), *_added(inside)]
        last = min(period.end, as_of)
        runs.append([*run, (last, run[-1][1])] if last > run[-1][0] else run)
    return runs


def _added(sizes: Mapping[date, Fraction]) -> Steps:
    """The sums up to each day, with four places."""
    total, found = Fraction(0), []
    for day in sorted(sizes):
        total += sizes[day]
        found.append((day, Decimal(round(total * 10000)).scaleb(-4)))
    return found


def _thinned(run: Steps) -> Steps:
    """A run with the last number of each week, where it has very many."""
    if len(run) <= MOST_DAYS:
        return run
    weeks = {day.isocalendar()[:2]: (day, size) for day, size in run}
    return list(weeks.values())
