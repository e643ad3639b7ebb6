"""Billing periods: which one contains a day, and when an invoice is due.

A period is computed from its anchor each time, so that an anchor on the 31st never drifts.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from datetime import timedelta
from typing import TYPE_CHECKING

from projbill_beancount.billing.model import Period

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Container

    from projbill_beancount.terms.model import PaymentTerms
    from projbill_beancount.terms.model import Trigger

DAY = timedelta(days=1)
SATURDAY = 5
MONTHS = {"month": 1, "quarter": 3, "year": 12}
WEEKS = {"week": 1, "two-weeks": 2}


def period_containing(day: date, trigger: Trigger, start: date | None, end: date | None) -> Period:
    """The trigger's period that contains `day`, clipped to the contract's `start` and `end`."""
    if trigger.every in MONTHS:
        whole = _months_period(day, _month_anchor(trigger), MONTHS[trigger.every])
    else:
        whole = _weeks_period(day, _week_anchor(trigger, start), 7 * WEEKS[trigger.every])
    first = max(whole.start, start) if start and start <= whole.end else whole.start
    last = min(whole.end, end) if end and end >= whole.start else whole.end
    return Period(first, last)


def _month_anchor(trigger: Trigger) -> date:
    return trigger.anchor or date(2000, 1, 1)


def _week_anchor(trigger: Trigger, start: date | None) -> date:
    """Weeks begin on Monday; two weeks on the Monday of the week of the contract's start."""
    if trigger.anchor:
        return trigger.anchor
    first = start if start and trigger.every == "two-weeks" else date(2000, 1, 3)
    return first - timedelta(days=first.weekday())


def _months_period(day: date, anchor: date, length: int) -> Period:
    months = (day.year - anchor.year) * 12 + day.month - anchor.month
    number = months // length
    start = _months_later(anchor, number * length)
    if start > day:
        number -= 1
        start = _months_later(anchor, number * length)
    return Period(start, _months_later(anchor, (number + 1) * length) - DAY)


def _months_later(day: date, months: int) -> date:
    """The same day so many months later, or that month's last."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _weeks_period(day: date, anchor: date, length: int) -> Period:
    start = anchor + timedelta(days=(day - anchor).days // length * length)
    return Period(start, start + timedelta(days=length - 1))


def month_end(day: date) -> date:
    """The last day of the month of `day`."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def due_date(
    invoiced: date, terms: PaymentTerms, *, shift: bool = False, holidays: Container[date] = ()
) -> date:
    """When an invoice of that date is due; with `shift` on a business day, not before."""
    if terms.kind == "eom-plus":
        due = month_end(invoiced) + timedelta(days=terms.days)
    else:
        due = invoiced + timedelta(days=terms.days)
        due = month_end(due) if terms.kind == "net-eom" else due
    while shift and (due.weekday() >= SATURDAY or due in holidays):
        due += DAY
    return due
