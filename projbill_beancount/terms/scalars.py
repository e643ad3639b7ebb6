"""The texts of the terms files and what they mean: numbers, dates, percentages, words.

Each parser takes a text and returns its value, or raises `Unfit` with what was expected.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING
from typing import Any
from typing import NamedTuple

from projbill_beancount.terms.model import PaymentTerms
from projbill_beancount.terms.names import did_you_mean
from projbill_beancount.terms.names import quoted
from projbill_beancount.terms.shapes import JsonSchema
from projbill_beancount.terms.shapes import Scalar
from projbill_beancount.terms.shapes import Unfit

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Sequence

#: Prices per hour and percentages may be finer than the currency.
FINE_PLACES = 4

_NUMBER = "-?(0|[1-9][0-9]{0,14})(\\.[0-9]+)?"
_POSITIVE = _NUMBER.removeprefix("-?")
_DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_CURRENCY = "[A-Z]([A-Z0-9'._-]{0,22}[A-Z0-9])?"
_UNITS = {"h": 3600, "m": 60}
_DAY = 24 * 3600
_PERCENT_MAX = 100


def text(pattern: str = "", expected: str = "a text", *, blank: bool = False) -> Scalar:
    """One line of text, of `pattern` where one is given; `blank` allows the empty text."""

    def parse(found: str) -> str:
        if not blank and not found.strip():
            raise Unfit(f"is empty; expected {expected}")
        if not found.isprintable() and re.search("[\x00-\x1f\x7f\ud800-\udfff]", found):
            raise Unfit(f"expected {expected} on one line, without control characters")
        if pattern and not re.fullmatch(pattern, found):
            raise Unfit(f"found {quoted(found)}, expected {expected}")
        return found

    schema: JsonSchema = {"type": ["string", "number", "boolean"]}
    if pattern or not blank:
        schema["pattern"] = f"^({pattern})$" if pattern else r"\S"
    return Scalar(expected, parse, schema)


def choice(*words: str) -> Scalar:
    """One of `words`."""
    expected = ", ".join(words[:-1]) + f" or {words[-1]}" if len(words) > 1 else words[0]

    def parse(found: str) -> str:
        if found in words:
            return found
        hint = did_you_mean(found, words, otherwise=f"expected {expected}")
        raise Unfit(f"found {quoted(found)}; {hint}")

    # Editors that read YAML 1.1 see a boolean in the word "no".
    values = [*words, False] if "no" in words else list(words)
    return Scalar(expected, parse, {"enum": values})


def flag() -> Scalar:
    """True or false."""
    words = {"true": True, "yes": True, "false": False, "no": False}

    def parse(found: str) -> bool:
        value = words.get(found.lower())
        if value is None:
            raise Unfit(f"found {quoted(found)}, expected true or false")
        return value

    schema = {"type": ["boolean", "string"], "pattern": f"^({_any_case('|'.join(words))})$"}
    return Scalar("true or false", parse, schema)


def number(expected: str, places: int | None = FINE_PLACES) -> Scalar:
    """A number from 0 with at most `places` decimal places (None: any), as `Decimal`."""
    return Scalar(expected, lambda found: decimal_of(found, expected, places), _NUMBER_SCHEMA)


def decimal_of(found: str, expected: str, places: int | None = FINE_PLACES) -> Decimal:
    """The number that is written in digits, with a point for the decimals.

    Raises:
        Unfit: it is written otherwise, negative, or has more than `places` decimal places.
    """
    if not re.fullmatch(_NUMBER, found):
        hint = "; write plain digits with a point, 1200.50" if re.search("[0-9]", found) else ""
        raise Unfit(f"found {quoted(found)}, expected {expected}{hint}")
    if found.startswith("-"):
        raise Unfit(f"{found} is negative; expected 0 or more")
    if places is not None:
        limit_places(found, places, f"at most {places} are read")
    return Decimal(found)


def limit_places(found: str | Decimal, places: int, rule: str) -> None:
    """Raise `Unfit`, with the `rule`, if a number has more decimal places than `places`."""
    digits = found if isinstance(found, str) else f"{found:f}"
    has = len(digits.partition(".")[2])
    if has > places:
        raise Unfit(f"{digits} has {has} decimal place{'s' * (has > 1)}; {rule}")


def whole(expected: str) -> Scalar:
    """A whole number from 1."""

    def parse(found: str) -> int:
        if not re.fullmatch("[1-9][0-9]{0,8}", found):
            raise Unfit(f"found {quoted(found)}, expected {expected} from 1 on")
        return int(found)

    return Scalar(expected, parse, _WHOLE_SCHEMA)


def percent() -> Scalar:
    """A percentage from 0 to 100, with or without the sign."""

    def parse(found: str) -> Decimal:
        value = decimal_of(found.removesuffix("%").strip(), "a percentage such as 19")
        if value > _PERCENT_MAX:
            raise Unfit(f"{value} is more than 100 %")
        return value

    schema = {"type": ["number", "string"], "minimum": 0, "maximum": 100}
    return Scalar("a percentage such as 19", parse, {**schema, "pattern": f"^{_POSITIVE} *%?$"})


class Part(NamedTuple):
    """A part of a whole, as a fraction of 1; `bare` if it is a number without `%` or `/`."""

    fraction: Fraction
    bare: bool


def part() -> Scalar:
    """A part of a whole: a percentage, or a fraction such as 1/3."""
    expected = "a percentage such as 60 or a fraction such as 1/3"
    over = "([1-9][0-9]{0,5}) */ *([1-9][0-9]{0,5})"

    def parse(found: str) -> Part:
        fit = re.fullmatch(over, found.strip())
        if fit:
            fraction = Fraction(int(fit[1]), int(fit[2]))
        else:
            percentage = decimal_of(found.removesuffix("%").strip(), expected)
            fraction = Fraction(percentage) / _PERCENT_MAX
        if not 0 < fraction <= 1:
            raise Unfit(f"{found} is not between 0 and all of it; expected {expected}")
        return Part(fraction, bare=not fit and not found.endswith("%"))

    schema = {"type": ["number", "string"], "exclusiveMinimum": 0, "maximum": 100}
    return Scalar(expected, parse, {**schema, "pattern": f"^({_POSITIVE} *%?|{over})$"})


def day() -> Scalar:
    """A date."""

    def parse(found: str) -> date:
        if not re.fullmatch(_DATE, found):
            raise Unfit(f"found {quoted(found)}, expected a date such as 2026-03-31")
        year, month, number_of_day = map(int, found.split("-"))
        try:
            return date(year, month, number_of_day)
        except ValueError:
            raise Unfit(f"there is no {found} in the calendar") from None

    schema = {"type": "string", "format": "date", "pattern": f"^{_DATE}$"}
    return Scalar("a date such as 2026-03-31", parse, schema)


def currency() -> Scalar:
    """A currency or commodity name."""
    return text(_CURRENCY, "a currency in capitals such as EUR")


def rate() -> Scalar:
    """A price per hour, `120` or `120 EUR`: the number and the currency ("" if not given)."""
    expected = 'a price per hour such as 120 or "120 EUR"'

    def parse(found: str) -> tuple[Decimal, str]:
        amount, _, unit = found.partition(" ")
        if unit and not re.fullmatch(_CURRENCY, unit.strip()):
            raise Unfit(f"found {quoted(found)}, expected {expected}")
        return decimal_of(amount, expected), unit.strip()

    pattern = f"^{_POSITIVE}( +{_CURRENCY} *)?$"
    return Scalar(expected, parse, {**_NUMBER_SCHEMA, "pattern": pattern})


def hours() -> Scalar:
    """Hours as a decimal number, read as whole seconds."""
    expected = "hours such as 40 or 7.5"

    def parse(found: str) -> int:
        return _seconds(decimal_of(found, expected, None), "h", found)

    return Scalar(expected, parse, _NUMBER_SCHEMA)


def span() -> Scalar:
    """A stretch of time up to a day, `15m` or `0.1h`, read as whole seconds."""
    expected = "a stretch of time such as 15m or 0.1h"

    def parse(found: str) -> int:
        amount, unit = found[:-1].strip(), found[-1:]
        if unit not in _UNITS:
            raise Unfit(f"found {quoted(found)}, expected {expected}")
        seconds = _seconds(decimal_of(amount, expected, None), unit, found)
        if not 0 < seconds <= _DAY:
            raise Unfit(f"{found} is not between a minute and a day; expected {expected}")
        return seconds

    return Scalar(expected, parse, {"type": "string", "pattern": f"^{_POSITIVE} *[hm]$"})


def _seconds(amount: Decimal, unit: str, found: str) -> int:
    exact = Fraction(amount) * _UNITS[unit]
    if exact.denominator != 1:
        raise Unfit(f"{found} is no whole number of seconds; give fewer decimal places")
    return exact.numerator


def payment_terms() -> Scalar:
    """When an invoice is due."""
    expected = 'payment terms: "net 30", "net 30 eom", "eom + 30" or "on receipt"'
    patterns: Sequence[tuple[str, Callable[[str], PaymentTerms]]] = (
        (r"net +([0-9]{1,3})", lambda days: PaymentTerms("net", int(days))),
        (r"net +([0-9]{1,3}) +eom", lambda days: PaymentTerms("net-eom", int(days))),
        (r"eom *\+ *([0-9]{1,3})", lambda days: PaymentTerms("eom-plus", int(days))),
        (r"on +(receipt)", lambda _: PaymentTerms("net", 0)),
    )

    def parse(found: str) -> PaymentTerms:
        for pattern, made in patterns:
            fit = re.fullmatch(pattern, found.strip().lower())
            if fit:
                return made(fit[1])
        raise Unfit(f"found {quoted(found)}, expected {expected}")

    choices = "|".join(f"({pattern})" for pattern, _ in patterns)
    return Scalar(expected, parse, {"type": "string", "pattern": f"^({_any_case(choices)})$"})


def _any_case(pattern: str) -> str:
    """The pattern for capitals too; JSON Schema has no flag for it."""
    return "".join(f"[{char.upper()}{char}]" if char.isalpha() else char for char in pattern)


_NUMBER_SCHEMA: dict[str, Any] = {
    "type": ["number", "string"],
    "minimum": 0,
    "pattern": f"^{_POSITIVE}$",
}
_WHOLE_SCHEMA: dict[str, Any] = {
    "type": ["integer", "string"],
    "minimum": 1,
    "maximum": 999_999_999,
    "pattern": "^[1-9][0-9]{0,8}$",
}
