"""Amounts of several currencies in the ledger's own, with the rates that they are converted at.

For people only: JSON and CSV have every amount in its contract's currency.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any
from typing import NamedTuple

from beancount.core.prices import build_price_map
from beancount.core.prices import get_price

if TYPE_CHECKING:
    from collections.abc import Collection
    from collections.abc import Mapping
    from collections.abc import Sequence
    from datetime import date
    from decimal import Decimal

    from beancount.core.data import Directive


class Rate(NamedTuple):
    """What one unit of a currency is worth in another, and since when."""

    currency: str
    amount: Decimal
    since: date


class Rates(NamedTuple):
    """The rates into one currency, and the currencies for which there is no price."""

    into: str
    known: Mapping[str, Rate]
    missing: tuple[str, ...]


def rates_into(
    entries: Sequence[Directive],
    options: Mapping[str, Any],
    currencies: Collection[str],
    as_of: date,
) -> Rates | None:
    """The newest rates up to a day into the ledger's first operating currency.

    None where the ledger names none, or where there is nothing to convert.
    """
    operating = options.get("operating_currency") or [""]
    into = str(operating[0])
    foreign = sorted(set(currencies) - {into})
    if not into or not foreign:
        return None
    prices: Any = build_price_map(list(entries))  # type: ignore[no-untyped-call]
    found: dict[str, tuple[date | None, Decimal | None]] = {
        currency: get_price(prices, (currency, into), as_of)  # type: ignore[no-untyped-call]
        for currency in foreign
    }
    known = {
        currency: Rate(currency, amount, since)
        for currency, (since, amount) in found.items()
        if amount is not None and since is not None
    }
    return Rates(into, known, tuple(one for one in foreign if one not in known))


def missing_rates(rates: Rates | None, as_of: date) -> list[str]:
    """What is not converted and why, a line each."""
    if rates is None:
        return []
    return [
        f"warning: fx-rate-missing: no price of {currency} in {rates.into} on or before {as_of}: "
        "it is not converted"
        for currency in rates.missing
    ]
