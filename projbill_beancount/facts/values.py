"""Reading single values out of Beancount metadata: hours, moments, percentages, prices.

Importers write text and booleans; people also write numbers, dates and amounts.
"""

from __future__ import annotations

import re
from datetime import date
from datetime import datetime
from datetime import timezone
from decimal import Decimal
from decimal import InvalidOperation
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING
from typing import cast

from projbill_beancount.terms.model import BillRule

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable
    from datetime import tzinfo

    from projbill_beancount.terms.model import BillKind

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
DAY_SECONDS = 24 * 3600
HOUR_SECONDS = 3600
TRUE_WORDS = frozenset(("true", "yes"))
FALSE_WORDS = frozenset(("false", "no"))
TIME_LENGTHS = (5, 8)


def seconds_of(hours: Decimal) -> int:
    """`hours` as whole seconds, to the nearest, halves away from zero."""
    numerator, denominator = hours.as_integer_ratio()
    size = (2 * abs(numerator) * HOUR_SECONDS + denominator) // (2 * denominator)
    return -size if numerator < 0 else size


@lru_cache(maxsize=65536)  # the same hours are on very many lines of invoices
def seconds_said(hours: str) -> int:
    """Seconds of hours in words: "0.3333" are 1200. Raises ArithmeticError for anything else."""
    return seconds_of(Decimal(hours))


@lru_cache(maxsize=4096)
def day_said(day: str) -> date:
    """A day in words: "2026-03-31". Raises ValueError for anything else."""
    return date.fromisoformat(day)


def moment_of(text: str, day: date, zone: Callable[[], tzinfo]) -> int:
    """Seconds since the epoch of an ISO 8601 time `text`, or of a time of `day` ("09:00").

    A text without an offset is in `zone()`. Raises ValueError for any other text.
    """
    if len(text) in TIME_LENGTHS:
        text = f"{day.isoformat()}T{text}"
    if text.endswith("Z"):
        text = text[:-1] + "+00:00"
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        found = found.replace(tzinfo=zone())
    since = found - EPOCH
    return since.days * DAY_SECONDS + since.seconds


def date_of(value: object) -> date:
    """A date that is written as a date or as text. Raises ValueError for anything else."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    return date.fromisoformat(str(value).strip())


def percent_of(value: object) -> Decimal:
    """A percentage written `60`, `"60"`, `"60 %"` or `"60%"`. Raises ValueError otherwise."""
    text = str(value).strip()
    return decimal_of(text[:-1].rstrip() if text.endswith("%") else text)


def decimal_of(value: object) -> Decimal:
    """A finite decimal number. Raises ValueError for anything else."""
    if isinstance(value, Decimal):
        return value
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation as error:
        raise ValueError(value) from error
    if not number.is_finite():
        raise ValueError(value)
    return number


def price_of(value: object) -> tuple[Decimal, str]:
    """A price per hour and its currency ("" where none is said): `150`, `"150 EUR"`, an amount.

    Raises ValueError for anything else, negative prices included.
    """
    number, currency = getattr(value, "number", None), getattr(value, "currency", "")
    if number is None:
        text, _, currency = str(value).strip().partition(" ")
        number = decimal_of(text)
    if number < 0:
        raise ValueError(value)
    return number, currency.strip()


def money_of(value: object) -> tuple[Decimal, str]:
    """An amount and its currency ("" where none is said): `350`, `"-350 EUR"`, an amount.

    Raises ValueError for anything else.
    """
    number, currency = getattr(value, "number", None), getattr(value, "currency", "")
    if number is not None:
        return number, currency
    text, _, currency = str(value).strip().partition(" ")
    return decimal_of(text), currency.strip()


def number_of(value: object) -> Decimal:
    """A number that is written as a number, an amount, or text with or without a unit.

    Raises ValueError for anything else.
    """
    return money_of(value)[0]


def bill_rule_of(value: object, *, advance: bool = False) -> BillRule:
    """A bill rule as text or date: `complete`, `50, 100`, `2026-05-31`.

    Raises ValueError for anything else.
    """
    text = str(value).strip().strip("[]")
    if text in {"complete", "accepted", "progress", "manual"}:
        return BillRule(cast("BillKind", text))
    if isinstance(value, date) or re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return BillRule("date", date=date_of(value), advance=advance)
    steps = tuple(percent_of(step) for step in text.split(","))
    if any(later <= earlier for earlier, later in pairwise((Decimal(0), *steps))):
        raise ValueError(text)
    return BillRule("steps", steps=steps)


def flag_of(value: object) -> bool:
    """A yes or no, written as a boolean or as text. Raises ValueError for anything else."""
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word in TRUE_WORDS:
        return True
    if word in FALSE_WORDS:
        return False
    raise ValueError(value)
