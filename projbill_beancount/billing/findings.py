"""Findings: made with the severity of their code, and put in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from projbill_beancount.billing.model import Finding
from projbill_beancount.terms.codes import RANK
from projbill_beancount.terms.codes import SEVERITIES

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable
    from collections.abc import Iterator
    from collections.abc import Mapping
    from datetime import date
    from decimal import Decimal

    from projbill_beancount.terms.model import Contract
    from projbill_beancount.terms.model import Place
    from projbill_beancount.terms.model import Severity


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


def counted(count: int, one: str, many: str) -> str:
    """A number of things in words: `1 entry`, `2 entries`."""
    return f"{count} {one if count == 1 else many}"


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


def as_set(findings: Iterable[Finding], contracts: Mapping[str, Contract]) -> Iterator[Finding]:
    """The findings with the severities that their contracts give them, and the reasons for it."""
    for found in findings:
        contract = contracts.get(found.project)
        setting = contract.finding_settings.get(found.code) if contract else None
        if setting is None:
            yield found
        elif setting.severity != "ignore":
            message = f"{found.message} (accepted: {setting.reason})"
            # A setting accepts: what the case made milder than usual stays so.
            severity = max(found.severity, setting.severity, key=RANK.index)
            yield found._replace(severity=severity, message=message)


def holds_drafts(contract: Contract, code: str) -> bool:
    """Whether a code that holds drafts does so on this contract."""
    setting = contract.finding_settings.get(code)
    return setting is None or setting.severity in {"error", "hold"}
