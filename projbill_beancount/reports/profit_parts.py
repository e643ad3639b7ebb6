"""What the hours and fees of one contract come to, by whatever its rows are of.

Amounts are rounded so that the parts of a contract add up to its own amount: the same total
stands under a report by project, by person and by task.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.billing.costs import Cost
from projbill_beancount.billing.costs import costs_of
from projbill_beancount.billing.rounding import in_step
from projbill_beancount.billing.rounding import spread
from projbill_beancount.terms.currencies import places

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Iterable
    from collections.abc import Mapping
    from collections.abc import Sequence
    from datetime import date

    from projbill_beancount.billing.model import Analysis
    from projbill_beancount.billing.model import BilledFee
    from projbill_beancount.billing.model import WorkedTime
    from projbill_beancount.terms.model import Firm

    KeyOf = Callable[[WorkedTime | BilledFee], str]

ZERO = Decimal(0)
#: Work for the client, whoever pays for it.
FOR_CLIENT = frozenset(("billed", "unbilled", "covered"))
#: What has a standard value: work for the client, and what was given up of it.
VALUED = FOR_CLIENT | {"written-off"}

#: What a row is of: a project, a client, a person or a task; None of no hours in particular.
Key = str | None


class Part(NamedTuple):
    """What a contract adds to a row: seconds by kind of work, and amounts in its currency.

    `standard` is the value of the hours that have a price, `unpriced` are those that have none.
    `cost` is in the firm's currency. `people` are those who worked.
    """

    seconds: Mapping[str, int]
    standard: Decimal
    unpriced: int
    unbilled: Decimal
    billed: Decimal
    cost: Cost
    people: frozenset[str]


def parts_of(
    analysis: Analysis,
    currency: str,
    firm: Firm,
    key_of: KeyOf,
    since: date | None,
    *,
    whole: bool,
) -> dict[Key, Part]:
    """The parts of a contract by their key, of work and invoices from `since` on.

    With `whole` all of it has one key. Otherwise what is billed for no hours, a fixed price or a
    fee, is shared among the hours that it covers, by their standard value; where there are none,
    it stands under the key None.
    """
    worked: dict[Key, list[WorkedTime]] = {}
    for item in analysis.worked:
        if since is None or item.date >= since:
            worked.setdefault(key_of(item), []).append(item)
    billed: dict[Key, Decimal] = {}
    for fee in analysis.fees:
        if since is None or fee.date >= since:
            shares: dict[Key, Decimal] = {key_of(fee): fee.amount}
            if not fee.person and not whole:
                shares = _shared(fee, analysis.worked, key_of, currency)
            for key, amount in shares.items():
                billed[key] = billed.get(key, ZERO) + amount
    keys = sorted({*worked, *billed}, key=lambda key: (key is None, key or ""))
    lists = [worked.get(key, []) for key in keys]
    standard = _values(lists, VALUED, currency)
    unbilled = _values(lists, frozenset(("unbilled",)), currency)
    costs = costs_of(lists, firm.people, places(firm.currency))
    return {
        key: Part(
            _seconds(items),
            standard[index],
            sum(one.seconds for one in items if one.kind in VALUED and one.price is None),
            unbilled[index],
            billed.get(key, ZERO),
            costs[index],
            frozenset(one.person for one in items),
        )
        for index, (key, items) in enumerate(zip(keys, lists, strict=True))
    }


def _shared(
    fee: BilledFee,
    worked: Iterable[WorkedTime],
    key_of: KeyOf,
    currency: str,
) -> dict[Key, Decimal]:
    """A fixed price by key: among the hours of its milestone, else of all that prices cover."""
    covered = [item for item in worked if item.kind == "covered"]
    own = [item for item in covered if fee.milestone and item.milestone == fee.milestone]
    items = own or covered
    priced = all(item.price is not None for item in items)
    weights: dict[Key, Fraction] = {}
    for item in items:
        weight = Fraction(item.seconds) * (item.price or 0 if priced else 1)
        weights[key_of(item)] = weights.get(key_of(item), Fraction(0)) + weight
    if not sum(weights.values()):
        return {None: fee.amount}
    keys = sorted(weights, key=str)
    parts = spread(fee.amount, [weights[key] for key in keys], places(currency))
    return dict(zip(keys, parts, strict=True))


def _seconds(items: Iterable[WorkedTime]) -> dict[str, int]:
    found: dict[str, int] = {}
    for item in items:
        found[item.kind] = found.get(item.kind, 0) + item.seconds
    return found


def _values(
    lists: Sequence[Sequence[WorkedTime]], kinds: frozenset[str], currency: str
) -> list[Decimal]:
    """What the hours of these kinds are worth at their prices, list by list."""
    exact = []
    for items in lists:
        at: dict[Fraction, int] = {}
        for item in items:
            if item.kind in kinds and item.price is not None:
                at[item.price] = at.get(item.price, 0) + item.seconds
        exact.append(sum((price * seconds for price, seconds in at.items()), Fraction(0)))
    return in_step(exact, places(currency))
