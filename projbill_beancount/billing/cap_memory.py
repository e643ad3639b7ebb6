"""What is above a cap and remembered: hours at a price, or money."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.billing.lines import line_value

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable
    from collections.abc import Iterator
    from datetime import date

    from projbill_beancount.billing.model import Line
    from projbill_beancount.terms.model import Contract

ZERO = Decimal(0)


class Excess(NamedTuple):
    """Hours or money above a cap: `seconds` at a `price` an hour, or an amount where it is None.

    `since` is a day of the period in which it was above.
    """

    amount: Decimal
    seconds: int
    price: Decimal | None
    task: str | None
    tax: str | None
    tax_rate: Decimal | None
    since: date

    def less(self, contract: Contract, amount: Decimal, seconds: int) -> Excess | None:
        """What is left after an amount, or after hours where it is in hours; None for nothing."""
        if self.price is None:
            left = self.amount - amount
            return self._replace(amount=left) if left else None
        rest = self.seconds - seconds
        value = line_value(contract, rest, self.price)
        return self._replace(amount=value, seconds=rest) if rest else None


class Memory:
    """What one cap remembers, in the order in which it came."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._known: list[Excess] = []

    def __iter__(self) -> Iterator[Excess]:
        return iter(self._known)

    def add(self, *excess: Excess) -> None:
        """Remember more."""
        self._known += excess

    def forget(self, amount: Decimal, seconds: int) -> None:
        """Forget an amount, or hours, the oldest first."""
        left: list[Excess] = []
        for one in self._known:
            money = min(one.amount, max(amount, ZERO)) if one.price is None else ZERO
            hours = 0 if one.price is None else min(one.seconds, max(seconds, 0))
            amount, seconds = amount - money, seconds - hours
            rest = one.less(self._contract, money, hours)
            if rest is not None:
                left.append(rest)
        self._known = left


def joined(lines: Iterable[Line]) -> list[Line]:
    """One adjustment for each tax."""
    found: dict[tuple[str | None, Decimal | None], Line] = {}
    for line in lines:
        key = (line.tax, line.tax_rate)
        known = found.get(key)
        found[key] = line if known is None else known._replace(amount=known.amount + line.amount)
    return list(found.values())
