"""Cells that are amounts of money: their sign, their number, and a currency beside it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.importers.model import RowRefusedError
from projbill_beancount.importers.values import number_of
from projbill_beancount.terms.currencies import places

if TYPE_CHECKING:  # pragma: no cover
    from decimal import Decimal

_SIGN = r"\s*([-+]?)\s*"
_UNIT = r"([A-Za-z]{3}|€)?"
_AMOUNT = re.compile(rf"{_SIGN}{_UNIT}{_SIGN}(\d[\d.,'\u00a0\u202f ]*?){_SIGN}{_UNIT}\s*")
_CURRENCY = re.compile(r"[A-Z][A-Z0-9'._-]{0,22}[A-Z0-9]")
#: Words of Beancount that cannot be commodities.
_WORDS = frozenset(("NULL", "TRUE", "FALSE"))
_ONE_MARK = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")


class Money(NamedTuple):
    """An amount; its currency is empty where the cell has none."""

    amount: Decimal
    currency: str


def money_of(text: str, mark: str = "") -> Money:
    """The amount of "1.234,50", "84.00 EUR", "€ 84", "84.00-" or "(84.00)", the last two negative.

    `mark` is the decimal mark; without one it is guessed from the amount alone.

    Raises:
        RowRefusedError: it is none, or may be read in two ways.
    """
    clean = text.strip().replace("\u2212", "-")
    bare = clean[1:-1] if clean.startswith("(") and clean.endswith(")") else clean
    found = _AMOUNT.fullmatch(bare)
    if found is None:
        raise RowRefusedError(f'the amount "{text}" is not one such as 84.00 or 84.00 EUR')
    first, before, second, number, last, after = found.groups()
    signs = [sign for sign in (first, second, last) if sign]
    if bare is not clean:
        signs.append("-")
    if len(signs) > 1 or (before and after):
        raise RowRefusedError(f'the amount "{text}" is not one such as 84.00 or 84.00 EUR')
    if not mark and _ONE_MARK.fullmatch(number):
        raise RowRefusedError(
            f'the amount "{text}" may be in thousands or have three places; set `decimal:` under'
            " `imports: expenses-csv:` in projbill.yaml"
        )
    amount = number_of(number, mark)
    return Money(-amount if signs == ["-"] else amount, currency_of(before or after or ""))


def currency_of(text: str) -> str:
    """The commodity that a currency's code means, "" for an empty cell.

    Raises:
        RowRefusedError: it is no code.
    """
    clean = text.strip().upper().replace("€", "EUR")
    if clean and (clean in _WORDS or not _CURRENCY.fullmatch(clean)):
        raise RowRefusedError(f'"{text}" is not the code of a currency such as EUR')
    return clean


def exact(amount: Decimal, currency: str) -> Decimal:
    """The amount if the currency has its places.

    Raises:
        RowRefusedError: it is finer, and nobody but the person can say how it is rounded.
    """
    allowed = places(currency)
    if amount != round(amount, allowed):
        raise RowRefusedError(
            f"{amount:f} {currency} is finer than {currency} has places ({allowed}); round it"
        )
    return round(amount, allowed)
