"""A contract's prices: amounts in its currency and its rates per hour."""

from __future__ import annotations

from projbill_beancount.terms.currencies import places
from projbill_beancount.terms.model import DatedRate
from projbill_beancount.terms.model import Rates
from projbill_beancount.terms.model import RateSchedule
from projbill_beancount.terms.parts import Known
from projbill_beancount.terms.parts import check_known
from projbill_beancount.terms.parts import dated
from projbill_beancount.terms.scalars import limit_places
from projbill_beancount.terms.shapes import Unfit
from projbill_beancount.terms.sheet import Fields
from projbill_beancount.terms.sheet import Sheet

HOURS_PER_DAY = 8
_DAY = 24 * 3600


def check_amount(fields: Fields, name: str, currency: str, sheet: Sheet) -> None:
    """Note a mistake if the amount under a key is finer than the currency."""
    amount = fields.get(name)
    if amount is None:
        return
    try:
        most = places(currency)
        limit_places(
            amount, most, f"amounts in {currency} have {f'at most {most}' if most else 'none'}"
        )
    except Unfit as unfit:
        sheet.wrong(fields.line_of(name), fields.path(name), str(unfit))


def rates_of(contract: Fields, currency: str, known: Known, sheet: Sheet) -> Rates:
    """The contract's `rates:`; a price without a currency is in the contract's."""
    if not isinstance(contract.get("rates"), Fields):
        return Rates(_schedule(contract, "rates", currency, sheet))
    rates = contract.inner("rates")
    people, pairs = rates.inner("people"), rates.inner("person-tasks")
    for group, names in ((people, list(people.lines)), (pairs, list(pairs.lines))):
        for name in names:
            _check_person(group, name, known, sheet)
    person_tasks = _by_name(pairs, currency, sheet)
    return Rates(
        default=_schedule(rates, "default", currency, sheet),
        roles=_by_name(rates.inner("roles"), currency, sheet),
        tasks=_by_name(rates.inner("tasks"), currency, sheet),
        people=_by_name(people, currency, sheet),
        person_tasks={_pair(name): schedule for name, schedule in person_tasks.items()},
        day_seconds=_day_seconds(rates, sheet),
    )


def _day_seconds(rates: Fields, sheet: Sheet) -> int | None:
    """The seconds of a day where the prices are per day, None where they are per hour."""
    unit, given = rates.get("unit"), rates.get("hours-per-day", HOURS_PER_DAY * 3600)
    if unit == "day":
        if not 0 < given <= _DAY:
            told = "a working day has more than 0 and at most 24 hours; the usual number is 8"
            sheet.wrong(rates.line_of("hours-per-day"), rates.path("hours-per-day"), told)
        return int(given)
    if rates.given("hours-per-day") and (unit or not rates.given("unit")):
        told = "belongs to `unit: day`; add that or remove it"
        sheet.wrong(rates.line_of("hours-per-day"), rates.path("hours-per-day"), told)
    return None


def _pair(name: str) -> tuple[str, str]:
    person, _, task = name.partition("/")
    return person, task.strip()


def _check_person(group: Fields, name: str, known: Known, sheet: Sheet) -> None:
    person, _ = _pair(name)
    if known.people:
        check_known(sheet, group.line_of(name), group.path(name), "person", person, known.people)


def _by_name(fields: Fields, currency: str, sheet: Sheet) -> dict[str, RateSchedule]:
    return {name: _schedule(fields, name, currency, sheet) for name, _ in fields.items()}


def _schedule(fields: Fields, name: str, currency: str, sheet: Sheet) -> RateSchedule:
    return tuple(
        DatedRate(start, amount, unit or currency, sheet.place(line))
        for start, (amount, unit), line in dated(fields, name, "rate")
    )
