"""The periods of a retainer: what each allows, what is used, carried over, expired, and too much."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.billing.calendar import DAY
from projbill_beancount.billing.calendar import period_containing
from projbill_beancount.billing.model import Period
from projbill_beancount.billing.rounding import divide_half_up
from projbill_beancount.terms.model import Trigger

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable
    from collections.abc import Iterator
    from collections.abc import Mapping
    from collections.abc import Sequence

    from projbill_beancount.terms.model import Contract
    from projbill_beancount.terms.model import Retainer

#: A prepaid block without an end lasts.
FOR_GOOD = date(9999, 12, 31)
#: Allowances are rounded to two places of an hour.
CENTIHOUR = 36
#: Hours that are left of a period, by its number, in seconds.
Part = tuple[int, int]


class Allowance(NamedTuple):
    """A period with its fee and its hours, in seconds; `whole_days` are those of a full period.

    `allocated` is None where the fee pays for all hours.
    """

    period: Period
    days: int
    whole_days: int
    fee: Decimal
    allocated: int | None


class Use(NamedTuple):
    """What became of a period's hours, in seconds.

    `carried` came in from earlier periods, `overage` is beyond both, `unused` is left of its own.
    At its end `expired` lapsed; before that, `expiring` lapses at its end unless it is used.
    """

    allowance: Allowance
    used: int
    carried: int
    overage: int
    unused: int
    expired: int
    expiring: int

    @property
    def period(self) -> Period:
        """The days of the period."""
        return self.allowance.period


def allowances(
    contract: Contract, retainer: Retainer, first: date, until: date, raised: Callable[[date], int]
) -> Iterator[Allowance]:
    """The periods from that of `first` to those that begin by `until`, none after the contract.

    `raised` tells the seconds that change orders add to the allocation by a day.
    """
    start, end = contract.start or first, contract.end
    if retainer.every == "once":
        yield _allowance(contract, retainer, Period(start, end or FOR_GOOD), 1, 1, raised)
        return
    trigger = trigger_of(retainer, contract.start)
    day = start
    while day <= until and (end is None or day <= end):
        whole = period_containing(day, trigger, None, None)
        period = period_containing(day, trigger, contract.start, end)
        yield _allowance(contract, retainer, period, _days(period), _days(whole), raised)
        day = whole.end + DAY


def settled_before(periods: Sequence[Allowance], covers: date | None) -> list[Allowance]:
    """The periods; those that were billed before the books began have no hours left to speak of."""
    return [
        one._replace(allocated=0)
        if covers is not None and one.period.end <= covers and one.allocated is not None
        else one
        for one in periods
    ]


def trigger_of(retainer: Retainer, start: date | None) -> Trigger:
    """A trigger that fires with the retainer's periods; two weeks begin in the week of `start`."""
    assert retainer.every != "once"
    anchor = retainer.anchor
    if anchor is None and start is not None and retainer.every == "two-weeks":
        anchor = start - DAY * start.weekday()
    return Trigger("", "time", retainer.place, retainer.every, anchor)


def billing_trigger(contract: Contract) -> Trigger:
    """The trigger that bills the retainer: the contract's first by time, for all tasks if it can."""
    by_time = [trigger for trigger in contract.triggers if trigger.type == "time"]
    for_all = [trigger for trigger in by_time if not trigger.tasks]
    return (for_all or by_time or list(contract.triggers))[0]


def _allowance(
    contract: Contract,
    retainer: Retainer,
    period: Period,
    days: int,
    whole: int,
    raised: Callable[[date], int],
) -> Allowance:
    """Fee and hours by days where the contract begins or ends inside the period."""
    fee, seconds = retainer.fee.quantize(Decimal(1).scaleb(-contract.places)), retainer.seconds
    if seconds is not None:
        seconds += raised(period.end)
    if retainer.prorate == "days" and days != whole:
        fee = divide_half_up(fee * days, whole, contract.places)
        if seconds is not None:
            hundredths = divide_half_up(Decimal(seconds * days), CENTIHOUR * whole, 0)
            seconds = int(hundredths) * CENTIHOUR
    return Allowance(period, days, whole, fee, seconds)


def uses(
    retainer: Retainer,
    periods: Sequence[Allowance],
    covered: Mapping[date, int],
    beyond: Mapping[date, int],
    as_of: date,
    before: Sequence[Part] = (),
) -> list[Use]:
    """What became of each period's hours, by the first day of a period in seconds.

    `covered` are those that the retainer pays for, `beyond` those that it does not; `before` is
    what an earlier contract left. The oldest hours are used first. What is carried over lapses
    after so many periods, and the oldest of it where it is more than may be carried.
    """
    return list(_uses(retainer, periods, covered, beyond, as_of, list(before)))


def left_over(
    retainer: Retainer,
    periods: Sequence[Allowance],
    covered: Mapping[date, int],
    as_of: date,
    before: Sequence[Part] = (),
) -> list[Part]:
    """What is left to carry over after the last period; the periods before it count down from -1."""
    pool = list(before)
    for _ in _uses(retainer, periods, covered, {}, as_of, pool):
        pass
    return [(origin - len(periods), seconds) for origin, seconds in pool]


def _uses(
    retainer: Retainer,
    periods: Sequence[Allowance],
    covered: Mapping[date, int],
    beyond: Mapping[date, int],
    as_of: date,
    pool: list[Part],
) -> Iterator[Use]:
    """As `uses`; `pool` is changed to what is left after each period."""
    for index, allowance in enumerate(periods):
        start = allowance.period.start
        worked, more = covered.get(start, 0), beyond.get(start, 0)
        if allowance.allocated is None:
            yield Use(allowance, worked + more, 0, 0, 0, 0, 0)
            continue
        carried = sum(seconds for _, seconds in pool)
        pool[:] = _draw([*pool, (index, allowance.allocated)], worked)
        overage = max(worked - carried - allowance.allocated, 0) + more
        unused = sum(seconds for origin, seconds in pool if origin == index)
        kept = _kept(pool, index, retainer)
        lapses = sum(seconds for _, seconds in pool) - sum(seconds for _, seconds in kept)
        if retainer.unused == "refund":
            lapses = 0
        if allowance.period.end > as_of:
            yield Use(allowance, worked + more, carried, overage, unused, 0, lapses)
            return
        yield Use(allowance, worked + more, carried, overage, unused, lapses, 0)
        pool[:] = kept


def _kept(pool: Sequence[Part], index: int, retainer: Retainer) -> list[Part]:
    """What of the pool is carried over at the end of a period: the newest hours up to the most."""
    if retainer.unused != "rollover":
        return []
    last, most = retainer.rollover_periods, retainer.rollover_seconds
    young = [part for part in pool if last is None or index - part[0] < last]
    if most is None:
        return young
    return _draw(young, sum(seconds for _, seconds in young) - most)


def _draw(pool: Sequence[Part], seconds: int) -> list[Part]:
    """The pool after `seconds` were taken from it, the oldest first."""
    left = []
    for origin, available in pool:
        taken = min(available, max(seconds, 0))
        seconds -= taken
        if available > taken:
            left.append((origin, available - taken))
    return left


def _days(period: Period) -> int:
    return (period.end - period.start).days + 1


def period_said(period: Period) -> str:
    """A period in words."""
    if period.end == FOR_GOOD:
        return f"from {period.start}"
    return f"{period.start} to {period.end}"


def hours_said(seconds: int) -> str:
    """Hours and minutes."""
    return f"{seconds // 3600}:{seconds % 3600 // 60:02}"
