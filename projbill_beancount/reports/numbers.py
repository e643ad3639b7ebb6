"""Numbers as text: money with its currency's places, hours, percentages."""

from __future__ import annotations

from decimal import ROUND_HALF_UP
from decimal import Context
from decimal import Decimal

from projbill_beancount.terms.currencies import places

HOUR = Decimal(3600)
FOUR_PLACES = Decimal("0.0001")
TWO_PLACES = Decimal("0.01")
# what people type can be longer than the 28 digits of Python's usual context
WIDE = Context(prec=400, rounding=ROUND_HALF_UP)


def money(amount: Decimal, currency: str) -> str:
    """`amount` in major units with the currency's places: `1425.00`, `1425` in JPY."""
    return format(WIDE.plus(rounded(amount, currency)), "f")


def rounded(amount: Decimal, currency: str) -> Decimal:
    """`amount` with the currency's places."""
    return amount.quantize(Decimal(1).scaleb(-places(currency)), context=WIDE)


def money_or_none(amount: Decimal | None, currency: str) -> str | None:
    """Like `money`; None where the amount is unknown."""
    return None if amount is None else money(amount, currency)


def price(amount: Decimal, currency: str) -> str:
    """A price per hour with the currency's places, or more where it has more."""
    return _at_least(amount, places(currency))


def quantity(seconds: int) -> str:
    """Hours of whole seconds with two places, up to four where two are not exact: `9.50`."""
    hours = WIDE.divide(Decimal(seconds), HOUR).quantize(FOUR_PLACES, context=WIDE)
    return _at_least(hours, 2)


def days(seconds: int, day_seconds: int) -> str:
    """Days of so many seconds with two places, up to four where two are not exact: `2.125`."""
    found = WIDE.divide(Decimal(seconds), Decimal(day_seconds)).quantize(FOUR_PLACES, context=WIDE)
    return _at_least(found, 2)


def percent(share: Decimal | None) -> str | None:
    """A share of 0 to 100 with two places, None where it is undefined."""
    if share is None:
        return None
    return format(WIDE.plus(share.quantize(TWO_PLACES, context=WIDE)), "f")


def plain(number: Decimal) -> str:
    """A number without an exponent and without zeros that say nothing: `19`, `7.7`."""
    return _at_least(number, 0)


def _at_least(number: Decimal, least: int) -> str:
    whole, _, fraction = format(number, "f").partition(".")
    fraction = fraction.rstrip("0").ljust(least, "0")
    return f"{whole}.{fraction}" if fraction else whole
