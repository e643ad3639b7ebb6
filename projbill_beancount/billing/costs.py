"""What hours cost the firm: each person's cost per hour, in the firm's currency."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.billing.rounding import in_step

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable
    from collections.abc import Mapping
    from collections.abc import Sequence

    from projbill_beancount.billing.model import WorkedTime
    from projbill_beancount.terms.model import Person

HOUR = 3600


class Cost(NamedTuple):
    """What hours cost; None while the cost of any of the people is unknown, who are named."""

    amount: Decimal | None
    unknown: tuple[str, ...] = ()


def cost_of(seconds: Mapping[str, int], people: Mapping[str, Person], places: int) -> Cost:
    """The cost of the seconds of each person, billable or not, rounded once to `places`."""
    (cost,) = _costs([seconds], people, places)
    return cost


def costs_of(
    lists: Sequence[Iterable[WorkedTime]], people: Mapping[str, Person], places: int
) -> list[Cost]:
    """The costs of several lists of hours, rounded so that they add up to the cost of all."""
    by_person: list[dict[str, int]] = []
    for worked in lists:
        seconds: dict[str, int] = {}
        for item in worked:
            seconds[item.person] = seconds.get(item.person, 0) + item.seconds
        by_person.append(seconds)
    return _costs(by_person, people, places)


def _costs(
    lists: Iterable[Mapping[str, int]], people: Mapping[str, Person], places: int
) -> list[Cost]:
    known: list[Fraction] = []
    unknown: list[tuple[str, ...]] = []
    for seconds in lists:
        costs = {name: people[name].cost if name in people else None for name in seconds}
        exact = (Fraction(cost) * seconds[name] for name, cost in costs.items() if cost is not None)
        known.append(sum(exact, Fraction(0)) / HOUR)
        unknown.append(tuple(sorted(name for name, cost in costs.items() if cost is None)))
    return [
        Cost(None if names else amount, names)
        for amount, names in zip(in_step(known, places), unknown, strict=True)
    ]


def together(costs: Iterable[Cost]) -> Cost:
    """The sum of costs; unknown where one of them is."""
    every = list(costs)
    unknown = {name for cost in every for name in cost.unknown}
    if any(cost.amount is None for cost in every):
        return Cost(None, tuple(sorted(unknown)))
    return Cost(sum((cost.amount for cost in every if cost.amount is not None), Decimal(0)))
