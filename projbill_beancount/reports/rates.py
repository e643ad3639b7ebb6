"""The rates of a contract, the most specific rule first, with those that apply on a day."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Literal
from typing import NamedTuple

from projbill_beancount.billing.rates import role_on

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping
    from datetime import date

    from projbill_beancount.terms.model import Contract
    from projbill_beancount.terms.model import DatedRate
    from projbill_beancount.terms.model import Person
    from projbill_beancount.terms.model import RateSchedule

Rule = Literal["person-task", "task", "person", "role", "default"]
#: `ambiguous` are several prices that would apply at once: hours that meet them have none.
When = Literal["past", "now", "later", "ambiguous"]


class RateRow(NamedTuple):
    """A dated rate, per hour or per day of the contract's, and whom or what it is for.

    `people` are those of a role's or a person's rule on the day, by id.
    """

    rule: Rule
    person: str
    task: str
    role: str
    rate: DatedRate
    when: When
    people: tuple[str, ...] = ()


def rate_rows(contract: Contract, people: Mapping[str, Person], day: date) -> list[RateRow]:
    """The rates in the order in which they win, those of one rule by their dates."""
    rates = contract.rates
    rows: list[RateRow] = []
    for (person, task), schedule in rates.person_tasks.items():
        rows += _rows("person-task", schedule, day, person=person, task=task)
    for task, schedule in rates.tasks.items():
        rows += _rows("task", schedule, day, task=task)
    for person, schedule in rates.people.items():
        rows += _rows("person", schedule, day, person=person)
    for role, schedule in rates.roles.items():
        having = tuple(name for name, one in people.items() if role_on(one, day) == role)
        rows += (row._replace(people=having) for row in _rows("role", schedule, day, role=role))
    rows += _rows("default", rates.default, day)
    return rows


def _rows(
    rule: Rule,
    schedule: RateSchedule,
    day: date,
    *,
    person: str = "",
    task: str = "",
    role: str = "",
) -> Iterator[RateRow]:
    begun = [rate.start for rate in schedule if rate.start <= day]
    current = max(begun, default=None)
    prices = {(rate.amount, rate.currency) for rate in schedule if rate.start == current}
    for rate in schedule:
        when: When = "past" if rate.start <= day else "later"
        if rate.start == current:
            when = "now" if len(prices) == 1 else "ambiguous"
        yield RateRow(rule, person, task, role, rate, when)
