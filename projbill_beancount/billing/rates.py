"""Which price applies to an hour: the most specific rule in force on the work date.

Entry's own rate > person and task > task > person > role > default.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import NamedTuple

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator
    from collections.abc import Mapping
    from datetime import date
    from decimal import Decimal

    from projbill_beancount.facts.model import TimeEntry
    from projbill_beancount.terms.model import Contract
    from projbill_beancount.terms.model import DatedPercent
    from projbill_beancount.terms.model import DatedRate
    from projbill_beancount.terms.model import Person
    from projbill_beancount.terms.model import RateSchedule
    from projbill_beancount.terms.model import Tax


class RateResult(NamedTuple):
    """A price per hour in the contract's currency and the rule that gave it.

    `price` is None where `code` says why: `rate-missing`, `rate-ambiguous`, `currency-mismatch`.
    `rule` reads as the end of "billed at the rate of …".
    """

    price: Decimal | None
    rule: str
    code: str = ""


def role_on(person: Person | None, day: date) -> str:
    """The role that a person has on a day, "" if none."""
    role = ""
    for dated in person.roles if person else ():
        if dated.start <= day:
            role = dated.text
    return role


def find_rate(contract: Contract, entry: TimeEntry, people: Mapping[str, Person]) -> RateResult:
    """The price of an hour of `entry`, by its work date."""
    if entry.rate is not None:
        price, currency = entry.rate
        return _in_currency(contract, price, currency, "the entry itself")
    role = entry.role or role_on(people.get(entry.person), entry.date)
    for rule, schedule in _rules(contract, entry, role):
        in_force = _in_force(schedule, entry.date)
        if not in_force:
            continue
        first = in_force[0]
        if any((rate.amount, rate.currency) != (first.amount, first.currency) for rate in in_force):
            prices = " and ".join(str(rate.amount) for rate in in_force)
            return RateResult(
                None, f"{rule}: {prices} both apply on {entry.date}", "rate-ambiguous"
            )
        since = f" from {first.start}" if first.start.year > 1 else ""
        return _in_currency(contract, first.amount, first.currency, f"{rule}{since}")
    return RateResult(None, _missing(entry, role), "rate-missing")


def _rules(contract: Contract, entry: TimeEntry, role: str) -> Iterator[tuple[str, RateSchedule]]:
    """The schedules that name the entry, most specific first."""
    rates, person, task = contract.rates, entry.person, entry.task
    if schedule := rates.person_tasks.get((person, task)):
        yield f"person and task {person}/{task}", schedule
    if schedule := rates.tasks.get(task):
        yield f"task {task}", schedule
    if schedule := rates.people.get(person):
        yield f"person {person}", schedule
    if schedule := rates.roles.get(role):
        yield f"role {role}", schedule
    if rates.default:
        yield "default", rates.default


def _in_force(schedule: RateSchedule, day: date) -> list[DatedRate]:
    """The rates with the newest start on or before `day`: one, or several that compete."""
    started = [rate for rate in schedule if rate.start <= day]
    return [rate for rate in started if rate.start == started[-1].start]


def _in_currency(contract: Contract, price: Decimal, currency: str, rule: str) -> RateResult:
    if currency and currency != contract.currency:
        said = f"{rule}: {price} {currency}, but the contract is in {contract.currency}"
        return RateResult(None, said, "currency-mismatch")
    return RateResult(price, rule)


def _missing(entry: TimeEntry, role: str) -> str:
    of_role = f", role {role}" if role else ""
    return f"no rate for {entry.person} on task {entry.task or '(none)'}{of_role} on {entry.date}"


def tax_rate_on(tax: Tax | None, day: date) -> DatedPercent | None:
    """The tax's rate in force on a day of supply, None if it has none yet."""
    found = None
    for dated in tax.rates if tax else ():
        if dated.start <= day:
            found = dated
    return found
