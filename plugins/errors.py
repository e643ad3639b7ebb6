"""Findings as errors of Beancount: one class a severity, so that Fava's list can be read by it.

Beancount's cache pickles errors, so the classes stand at the top level of this module.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any
from typing import NamedTuple

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable

    from projbill_beancount.billing.model import Finding
    from projbill_beancount.terms.model import Mistake


class BillingError(NamedTuple):
    """Something that must be put right before the figures can be trusted."""

    source: dict[str, Any]
    message: str
    entry: None = None


class BillingHold(NamedTuple):
    """A draft, or an entry of one, that may not go out."""

    source: dict[str, Any]
    message: str
    entry: None = None


class BillingWarning(NamedTuple):
    """Something to look at; it holds nothing back."""

    source: dict[str, Any]
    message: str
    entry: None = None


CLASSES = {"error": BillingError, "hold": BillingHold, "warning": BillingWarning}
REPORTED = {"hold": ("error", "hold"), "warning": ("error", "hold", "warning")}

AnyBillingError = BillingError | BillingHold | BillingWarning


def errors_of(findings: Iterable[Finding], report_from: str) -> list[AnyBillingError]:
    """The findings that are at least as severe as `report_from`, in their order."""
    wanted = REPORTED[report_from]
    return [
        CLASSES[found.severity](
            {"filename": found.place.file, "lineno": found.place.line},
            f"{found.code}: {found.project}: {found.message}",
        )
        for found in findings
        if found.severity in wanted
    ]


def mistake_errors(mistakes: Iterable[Mistake]) -> list[AnyBillingError]:
    """Mistakes of the firm's own file, because of which nothing is billed."""
    return [
        BillingError(
            {"filename": mistake.place.file, "lineno": mistake.place.line},
            f"contract-invalid: {mistake.key + ': ' if mistake.key else ''}{mistake.message}; "
            "nothing is billed until this is put right",
        )
        for mistake in mistakes
    ]


def plugin_error(options_map: dict[str, Any], message: str) -> BillingError:
    """An error at the plugin's line in the ledger."""
    ledger = str(options_map.get("filename") or "<ledger>")
    return BillingError({"filename": ledger, "lineno": _plugin_line(ledger)}, message)


def _plugin_line(ledger: str) -> int:
    try:
        lines = Path(ledger).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return 1
    for number, line in enumerate(lines, 1):
        if line.lstrip().startswith("plugin") and "projbill_beancount.plugins" in line:
            return number
    return 1
