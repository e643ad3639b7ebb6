"""Rounding: amounts once, half-up, to the currency's places; hours as the contract says.

Half-up means away from zero, so that a reversal mirrors its original (DIN 1333).
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Sequence

    from projbill_beancount.terms.model import HourRounding

HUNDRED = 100


def divide_half_up(amount: Decimal, divisor: int, places: int) -> Decimal:
    """`amount` ÷ `divisor`, exact and then rounded once to `places` decimal places.

    `divisor` is positive. Integer arithmetic, so that no tie is missed by a rounded quotient.
    """
    numerator, denominator = amount.as_integer_ratio()
    scaled, denominator = abs(numerator) * 10**places, denominator * divisor
    units = (2 * scaled + denominator) // (2 * denominator)
    return Decimal(-units if numerator < 0 else units).scaleb(-places)


def share(amount: Decimal, percent: Decimal, places: int) -> Decimal:
    """`percent` per cent of `amount`, rounded once."""
    return divide_half_up(amount * percent, HUNDRED, places)


def divided(amount: Decimal, fractions: Sequence[Fraction], places: int) -> list[Decimal]:
    """`amount` (of at most `places` places) in parts of these `fractions`, which add up to 1.

    The parts add up to the amount: what rounding down leaves goes to the largest remainders, ties
    to the first. Parts of a negative amount mirror those of the positive one.
    """
    if amount < 0:
        return [-part for part in divided(-amount, fractions, places)]
    units = int(amount.scaleb(places))
    exact = [fraction * units for fraction in fractions]
    whole = [int(part) for part in exact]
    by_remainder = sorted(range(len(exact)), key=lambda index: whole[index] - exact[index])
    for index in by_remainder[: units - sum(whole)]:
        whole[index] += 1
    return [Decimal(part).scaleb(-places) for part in whole]


def in_step(exact: Sequence[Fraction], places: int) -> list[Decimal]:
    """Each amount rounded so that they add up to their rounded sum.

    Each is what the rounded running sum grows by.
    """
    parts, running, before = [], Fraction(0), Decimal(0)
    for amount in exact:
        running += amount
        now = divide_half_up(Decimal(running.numerator), running.denominator, places)
        parts.append(now - before)
        before = now
    return parts


def spread(
    amount: Decimal, weights: Sequence[int] | Sequence[Fraction], places: int
) -> list[Decimal]:
    """`amount` (of at most `places` places) in proportion to `weights`; the parts add up to it.

    Where the weights come to nothing the first part is all of it.
    """
    whole = sum(weights)
    if not whole:
        return [amount, *(Decimal(0) for _ in weights[1:])]
    return in_step([Fraction(amount) * weight / whole for weight in weights], places)


def round_seconds(seconds: int, rounding: HourRounding) -> int:
    """`seconds` as a multiple of the rounding's unit; `up` and `nearest` ties go away from zero."""
    unit, size = rounding.unit, abs(seconds)
    if rounding.direction == "up":
        units = -(-size // unit)
    elif rounding.direction == "down":
        units = size // unit
    else:
        units = (2 * size + unit) // (2 * unit)
    return units * unit if seconds >= 0 else -units * unit
