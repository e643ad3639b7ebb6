"""Billable hours on no invoice, grouped by project, client, task and person, with their age."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING
from typing import Literal
from typing import NamedTuple
from typing import get_args

from projbill_beancount.reports.numbers import money
from projbill_beancount.reports.numbers import money_or_none
from projbill_beancount.reports.numbers import quantity
from projbill_beancount.reports.table import Column
from projbill_beancount.reports.table import Table

if TYPE_CHECKING:
    from collections.abc import Collection
    from collections.abc import Iterator
    from collections.abc import Sequence
    from datetime import date

    from projbill_beancount.billing.model import Billing
    from projbill_beancount.billing.model import UnbilledTime

COLUMNS = (
    Column("Project"),
    Column("Client"),
    Column("Task"),
    Column("Person"),
    Column("Hours", right=True),
    Column("Value", right=True),
    Column("Currency"),
    Column("Oldest"),
    Column("Days", right=True),
)

ROW_COLUMNS = (
    "project",
    "client",
    "task",
    "person",
    "hours",
    "value",
    "unpriced-hours",
    "currency",
    "oldest",
    "days",
)

By = Literal["project", "client", "task", "person", "age"]
BYS: tuple[By, ...] = get_args(By)
SUM_COLUMNS = ("hours", "value", "unpriced-hours", "currency", "oldest", "days")

BUCKETS = ((30, "0-30"), (60, "31-60"), (90, "61-90"))
OLDER = "90+"


class UnbilledGroup(NamedTuple):
    """Unbilled seconds of one person on one task of a project.

    `value` is that of the hours that have a price, None where none has; `unpriced` are the
    seconds without one. `days` is the age of the oldest entry.
    """

    project: str
    client: str
    task: str
    person: str
    seconds: int
    value: Decimal | None
    unpriced: int
    currency: str
    oldest: date
    days: int


class UnbilledSum(NamedTuple):
    """Unbilled seconds of whatever a report is by, in one currency; as `UnbilledGroup` else."""

    key: str
    currency: str
    seconds: int
    value: Decimal | None
    unpriced: int
    oldest: date
    days: int


def unbilled_sums(billing: Billing, projects: Collection[str], by: By) -> list[UnbilledSum]:
    """The unbilled time of `projects` by one of its sides; ages from the youngest on."""
    grouped: dict[tuple[str, str], list[UnbilledTime]] = defaultdict(list)
    for item in _chosen(billing, projects):
        position = billing.positions[item.project]
        key = {
            "project": item.project,
            "client": position.client,
            "task": item.task,
            "person": item.person,
            "age": _bucket((billing.as_of - item.date).days),
        }[by]
        grouped[key, position.currency].append(item)
    ages = [name for _, name in BUCKETS] + [OLDER]
    place = {name: str(index) for index, name in enumerate(ages)} if by == "age" else {}
    return [
        _summed(billing, key, currency, grouped[key, currency])
        for key, currency in sorted(grouped, key=lambda one: (place.get(one[0], one[0]), one[1]))
    ]


def sums_data(billing: Billing, sums: Sequence[UnbilledSum], by: By) -> dict[str, object]:
    """The sums as JSON wants them."""
    return {
        "as-of": billing.as_of.isoformat(),
        "by": by,
        "unbilled": [sum_row(one, by) for one in sums],
    }


def sum_row(one: UnbilledSum, by: By) -> dict[str, object]:
    """One sum as JSON and CSV want it; None where the hours have no task."""
    return {
        by: one.key or None,
        "hours": quantity(one.seconds),
        "value": money_or_none(one.value, one.currency),
        "unpriced-hours": quantity(one.unpriced),
        "currency": one.currency,
        "oldest": one.oldest.isoformat(),
        "days": one.days,
    }


def sums_table(sums: Sequence[UnbilledSum], by: By) -> Table:
    """The sums for people, with a total for each currency."""
    rows = [
        (
            one.key,
            quantity(one.seconds),
            money_or_none(one.value, one.currency) or "no rate",
            one.currency,
            one.oldest.isoformat(),
            str(one.days),
        )
        for one in sums
    ]
    # of a group's titles the last five: hours, value, currency, oldest, days
    columns = (Column(by.capitalize()), *COLUMNS[4:])
    return Table(columns, rows + [("Total", *cells[4:]) for cells in _total_cells(sums)])


def unbilled_groups(billing: Billing, projects: Collection[str]) -> list[UnbilledGroup]:
    """The unbilled time of `projects`, in order of project, client, task and person."""
    grouped: dict[tuple[str, str, str, str], list[UnbilledTime]] = defaultdict(list)
    for item in _chosen(billing, projects):
        client = billing.positions[item.project].client
        grouped[item.project, client, item.task, item.person].append(item)
    return [_group(billing, key, grouped[key]) for key in sorted(grouped)]


def unbilled_data(billing: Billing, projects: Collection[str]) -> dict[str, object]:
    """The groups as JSON wants them, and the value of each age in days by currency."""
    return {
        "as-of": billing.as_of.isoformat(),
        "unbilled": [unbilled_row(group) for group in unbilled_groups(billing, projects)],
        "age": list(_ages(billing, projects)),
    }


def unbilled_row(group: UnbilledGroup) -> dict[str, object]:
    """One group as JSON wants it."""
    return {
        "project": group.project,
        "client": group.client,
        "task": group.task or None,
        "person": group.person,
        "hours": quantity(group.seconds),
        "value": money_or_none(group.value, group.currency),
        "unpriced-hours": quantity(group.unpriced),
        "currency": group.currency,
        "oldest": group.oldest.isoformat(),
        "days": group.days,
    }


def unbilled_table(groups: Sequence[UnbilledGroup]) -> Table:
    """The groups for people, with a total for each currency."""
    rows = [
        (
            group.project,
            group.client,
            group.task,
            group.person,
            quantity(group.seconds),
            money_or_none(group.value, group.currency) or "no rate",
            group.currency,
            group.oldest.isoformat(),
            str(group.days),
        )
        for group in groups
    ]
    return Table(COLUMNS, rows + list(_total_cells(groups)))


def _chosen(billing: Billing, projects: Collection[str]) -> Iterator[UnbilledTime]:
    return (item for item in billing.unbilled if item.project in projects)


def _group(
    billing: Billing, key: tuple[str, str, str, str], items: Sequence[UnbilledTime]
) -> UnbilledGroup:
    project, client, task, person = key
    one = _summed(billing, project, billing.positions[project].currency, items)
    return UnbilledGroup(
        project=project,
        client=client,
        task=task,
        person=person,
        seconds=one.seconds,
        value=one.value,
        unpriced=one.unpriced,
        currency=one.currency,
        oldest=one.oldest,
        days=one.days,
    )


def _summed(
    billing: Billing, key: str, currency: str, items: Sequence[UnbilledTime]
) -> UnbilledSum:
    values = [item.value for item in items if item.value is not None]
    oldest = min(item.date for item in items)
    return UnbilledSum(
        key,
        currency,
        sum(item.seconds for item in items),
        sum(values, Decimal(0)) if values else None,
        sum(item.seconds for item in items if item.value is None),
        oldest,
        (billing.as_of - oldest).days,
    )


def _ages(billing: Billing, projects: Collection[str]) -> Iterator[dict[str, str]]:
    names = [name for _, name in BUCKETS] + [OLDER]
    sums: dict[str, dict[str, Decimal]] = {}
    for item in _chosen(billing, projects):
        currency = billing.positions[item.project].currency
        ages = sums.setdefault(currency, dict.fromkeys(names, Decimal(0)))
        ages[_bucket((billing.as_of - item.date).days)] += item.value or Decimal(0)
    for currency in sorted(sums):
        yield {
            "currency": currency,
            **{name: money(value, currency) for name, value in sums[currency].items()},
        }


def _bucket(days: int) -> str:
    return next((name for limit, name in BUCKETS if days <= limit), OLDER)


def _total_cells(
    groups: Sequence[UnbilledGroup] | Sequence[UnbilledSum],
) -> Iterator[Sequence[str]]:
    for currency in sorted({group.currency for group in groups}):
        shared = [group for group in groups if group.currency == currency]
        if len(shared) > 1:
            value = sum((group.value or Decimal(0) for group in shared), Decimal(0))
            hours = quantity(sum(group.seconds for group in shared))
            yield ("Total", "", "", "", hours, money(value, currency), currency, "", "")
