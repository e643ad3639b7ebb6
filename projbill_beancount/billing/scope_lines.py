"""What of a document's lines bills a contract's fixed scope, and not hours, fees or expenses.

A cap takes off the newest hours first and fees last: its adjustment is of the hours as far as the
document bills any. What it carries was of the hours, but for what such adjustments took off fees.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from projbill_beancount.facts.model import InvoiceLine

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable

    from projbill_beancount.billing.model import Line

ZERO = Decimal(0)
HOURLY = frozenset(("time", "overage"))
VARIABLE = HOURLY | {"retainer", "expense"}


def is_of_cap(line: Line | InvoiceLine) -> bool:
    """Whether a cap made the line: what it takes off or carries depends on the whole document."""
    return line.kind == "carried" or (line.kind == "adjustment" and not line.adjustment)


def is_of_scope(line: Line | InvoiceLine) -> bool:
    """Whether a line that no cap made bills the fixed scope; so does what was agreed to take off."""
    if line.kind == "manual" and isinstance(line, InvoiceLine) and line.frozen:
        return False
    return line.kind not in VARIABLE and not is_of_cap(line)


def cut_of_scope(lines: Iterable[Line | InvoiceLine], cut_before: Decimal = ZERO) -> Decimal:
    """What caps take off the fixed scope on one document, net of tax; below 0 where they give back.

    `cut_before` is what they took off it on earlier documents: of what is carried without hours
    only so much belongs to it.
    """
    taken, carried, hours = ZERO, ZERO, ZERO
    for line in lines:
        if line.kind in HOURLY or (line.kind == "carried" and _has_hours(line)):
            hours += line.amount
        elif line.kind == "carried":
            carried += line.amount
        elif is_of_cap(line):
            taken -= line.amount
    cut = max(taken - max(hours + carried, ZERO), ZERO)
    return cut - min(max(carried, ZERO), cut_before)


def scope_amount(lines: Iterable[Line | InvoiceLine]) -> Decimal:
    """What lines bill of the fixed scope, net of tax, before what caps take off it."""
    return sum((line.amount for line in lines if is_of_scope(line)), ZERO)


def agreed_reduction(lines: Iterable[Line | InvoiceLine]) -> Decimal:
    """What was taken off by agreement, so that it is not missing at completion; at least 0."""
    return sum((max(-line.amount, ZERO) for line in lines if line.adjustment), ZERO)


def _has_hours(line: Line | InvoiceLine) -> bool:
    """Whether a carried line bills hours, as those of caps in hours do."""
    return (line.quantity if isinstance(line, InvoiceLine) else line.seconds) is not None
