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

    `carried` came in from earlier periods, `overage` is beyond both. At its end `expired` lapsed,
    `unused` is what is left of its own hours. `expiring` is what of the carried lapses at its end.
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
    trigger = Trigger("", "time", retainer.place, retainer.every, retainer.anchor)
    day = start
    while day <= until and (end is None or day <= end):
        whole = period_containing(day, trigger, None, None)
        period = period_containing(day, trigger, contract.start, end)
        yield _allowance(contract, retainer, period, _days(period), _days(whole), raised)
        day = whole.end + DAY


def _allowance(
    contract: Contract,
    retainer: Retainer,
    period: Period,
    days: int,
    whole: int,
    raised: Callable[[date], int],
) -> Allowance:
    """Fee and hours by days where the contract begins or ends inside the period."""
    fee, seconds = retainer.fee, retainer.seconds
    if seconds is not None:
        seconds += raised(period.end)
    if retainer.prorate == "days" and days != whole:
        fee = divide_half_up(fee * days, whole, contract.places)
        if seconds is not None:
            hundredths = divide_half_up(Decimal(seconds * days), CENTIHOUR * whole, 0)
            seconds = int(hundredths) * CENTIHOUR
    return Allowance(period, days, whole, fee, seconds)


def uses(
    retainer: Retainer, periods: Sequence[Allowance], used: Mapping[date, int], as_of: date
) -> list[Use]:
    """What became of each period's hours; `used` has the seconds worked by first day of a period.

    The oldest hours are used first. What is carried over lapses after so many periods, and the
    oldest of it where it is more than may be carried.
    """
    pool: list[tuple[int, int]] = []
    found = []
    for index, allowance in enumerate(periods):
        worked = used.get(allowance.period.start, 0)
        carried = sum(seconds for _, seconds in pool)
        if allowance.allocated is None:
            found.append(Use(allowance, worked, 0, 0, 0, 0, 0))
            continue
        pool = _draw([*pool, (index, allowance.allocated)], worked)
        overage = max(worked - carried - allowance.allocated, 0)
        unused = sum(seconds for origin, seconds in pool if origin == index)
        aged, fresh = _aged(pool, index, retainer)
        expiring = sum(seconds for origin, seconds in aged if origin != index)
        if allowance.period.end > as_of:
            found.append(Use(allowance, worked, carried, overage, unused, 0, expiring))
            break
        before = sum(seconds for _, seconds in pool)
        pool = _capped(fresh, retainer) if retainer.unused == "rollover" else []
        lapsed = 0 if retainer.unused == "refund" else before - sum(left for _, left in pool)
        found.append(Use(allowance, worked, carried, overage, unused, lapsed, expiring))
    return found


def _draw(pool: Sequence[tuple[int, int]], seconds: int) -> list[tuple[int, int]]:
    """The pool after `seconds` were taken from it, the oldest first."""
    left = []
    for origin, available in pool:
        taken = min(available, max(seconds, 0))
        seconds -= taken
        if available > taken:
            left.append((origin, available - taken))
    return left


def _aged(
    pool: Sequence[tuple[int, int]], index: int, retainer: Retainer
) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """What of the pool lapses by age at the end of a period, and what does not."""
    if retainer.unused != "rollover" or retainer.rollover_periods is None:
        return [], list(pool)
    last = retainer.rollover_periods
    aged = [part for part in pool if index - part[0] >= last]
    return aged, [part for part in pool if index - part[0] < last]


def _capped(pool: Sequence[tuple[int, int]], retainer: Retainer) -> list[tuple[int, int]]:
    """What of the pool may be carried over: the newest hours up to the most."""
    if retainer.rollover_seconds is None:
        return list(pool)
    excess = sum(seconds for _, seconds in pool) - retainer.rollover_seconds
    return _draw(pool, excess)


def _days(period: Period) -> int:
    return (period.end - period.start).days + 1
