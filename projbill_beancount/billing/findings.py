"""Finding codes and their severities; stable for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

from projbill_beancount.billing.model import Finding

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable
    from datetime import date
    from decimal import Decimal

    from projbill_beancount.terms.model import Place
    from projbill_beancount.terms.model import Severity

SEVERITIES: dict[str, Severity] = {
    "account-missing": "error",
    "below-minimum": "info",
    "billable-conflict": "warning",
    "contract-invalid": "error",
    "contract-unknown": "error",
    "currency-mismatch": "hold",
    "entry-already-invoiced": "error",
    "fact-invalid": "error",
    "invoice-held-overbilling": "hold",
    "milestone-future": "warning",
    "milestone-total-mismatch": "error",
    "milestone-unknown": "error",
    "negative-invoice": "hold",
    "period-closed": "warning",
    "person-ended": "warning",
    "person-unknown": "warning",
    "progress-out-of-range": "error",
    "rate-ambiguous": "hold",
    "rate-missing": "hold",
    "task-unknown": "error",
    "tax-rate-missing": "hold",
    "tax-rate-period": "warning",
    "time-after-end": "error",
    "time-after-final": "error",
    "time-before-start": "error",
    "time-duplicate": "warning",
    "time-duration-differs": "warning",
    "time-future": "warning",
    "time-id-conflict": "hold",
    "time-impossible": "hold",
    "time-late": "warning",
    "time-negative": "hold",
    "time-open": "hold",
    "time-overlap": "warning",
    "time-possible-duplicate": "warning",
    "time-unbalanced": "error",
    "trigger-overlap": "warning",
    "zero-invoice": "info",
}


def finding(
    code: str,
    project: str,
    day: date | None,
    message: str,
    place: Place,
    *,
    amount: Decimal | None = None,
    identity: str = "",
    severity: Severity | None = None,
) -> Finding:
    """A finding with the severity of its code, unless the case has another."""
    return Finding(
        code, severity or SEVERITIES[code], project, day, amount, message, place, identity
    )


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Findings by contract, date, code and id; those without a date first."""
    return sorted(
        findings,
        key=lambda found: (
            found.project,
            found.date.isoformat() if found.date else "",
            found.code,
            found.id,
            found.place,
        ),
    )
