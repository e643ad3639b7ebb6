"""What is to be said of a retainer's hours: too many, about to lapse, lapsed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from projbill_beancount.billing.findings import finding
from projbill_beancount.billing.retainer_periods import FOR_GOOD
from projbill_beancount.billing.retainer_periods import hours_said
from projbill_beancount.billing.retainer_periods import period_said

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator
    from datetime import date

    from projbill_beancount.billing.model import Finding
    from projbill_beancount.billing.model import Period
    from projbill_beancount.billing.retainer import Retained
    from projbill_beancount.billing.retainer_periods import Use

#: Hours that lapse within so many days are about to expire.
EXPIRING_DAYS = 14


def retainer_findings(retained: Retained) -> Iterator[Finding]:
    """Overage while a period runs or that is absorbed, hours that lapsed or are about to.

    What is held or billed at a period's end, its draft says.
    """
    for use in retained.uses:
        yield from _overage(retained, use)
        yield from _lapsed(retained, use)
    for period, seconds in retained.overdrawn.items():
        message = (
            f"invoices list {hours_said(seconds)} h more as covered {period_said(period)} than the "
            "retainer has; credit them or raise its hours"
        )
        yield _finding(retained, "retainer-overdrawn", period.start, message, period)
    for entry in retained.late:
        message = (
            f"entry {entry.id} came after its period was invoiced; the retainer covers it, and the "
            "next invoice lists it"
        )
        yield finding(
            "time-late",
            retained.contract.id,
            entry.date,
            message,
            entry.place,
            identity=entry.id,
        )


def _overage(retained: Retained, use: Use) -> Iterator[Finding]:
    retainer, as_of, end = retained.retainer, retained.known.as_of, use.period.end
    runs = end > as_of
    if use.overage <= 0 or not (runs or retainer.overage == "absorb"):
        return
    value = retained.overage_value(use)
    said = f"{hours_said(use.overage)} h beyond the retainer {period_said(use.period)}"
    if value is not None:
        said += f", worth {value} {retained.contract.currency}"
    if runs and end == FOR_GOOD:
        said += "; the block has no end"
    elif runs:
        days = (end - as_of).days
        said += f"; the period runs for another {days} day{'s' if days > 1 else ''}"
    else:
        said += ", are not billed"
    yield finding(
        "retainer-overage",
        retained.contract.id,
        as_of if runs else end,
        said,
        retainer.place,
        amount=value,
        identity=use.period.start.isoformat(),
        severity="warning" if runs else "info",
    )


def _lapsed(retained: Retained, use: Use) -> Iterator[Finding]:
    end = use.period.end
    if use.expired:
        said = period_said(use.period)
        message = f"{hours_said(use.expired)} h lapsed unused at the end of {said}"
        yield _finding(retained, "retainer-expired", end, message, use.period)
    left = (end - retained.known.as_of).days
    expiring = use.expiring
    if (end - use.period.start).days < EXPIRING_DAYS:
        # A period that is no longer than the notice would give it from its first day.
        expiring = max(expiring - use.unused, 0)
    if expiring and 0 < left <= EXPIRING_DAYS:
        days = f"{left} day{'s' if left > 1 else ''}"
        message = f"{hours_said(expiring)} h lapse on {end}, in {days}, unless they are used"
        yield _finding(retained, "retainer-expiring", end, message, use.period)


def _finding(retained: Retained, code: str, day: date, message: str, period: Period) -> Finding:
    return finding(
        code,
        retained.contract.id,
        day,
        message,
        retained.retainer.place,
        identity=period.start.isoformat(),
    )
