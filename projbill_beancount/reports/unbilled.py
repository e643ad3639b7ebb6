"""Billable hours on no invoice, grouped by project, client, task and person, with their age."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING
from typing import NamedTuple

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
    values = [item.value for item in items if item.value is not None]
    oldest = min(item.date for item in items)
    return UnbilledGroup(
        project=project,
        client=client,
        task=task,
        person=person,
        seconds=sum(item.seconds for item in items),
        value=sum(values, Decimal(0)) if values else None,
        unpriced=sum(item.seconds for item in items if item.value is None),
        currency=billing.positions[project].currency,
        oldest=oldest,
        days=(billing.as_of - oldest).days,
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


def _total_cells(groups: Sequence[UnbilledGroup]) -> Iterator[Sequence[str]]:
    for currency in sorted({group.currency for group in groups}):
        shared = [group for group in groups if group.currency == currency]
        if len(shared) > 1:
            value = sum((group.value or Decimal(0) for group in shared), Decimal(0))
            hours = quantity(sum(group.seconds for group in shared))
            yield ("Total", "", "", "", hours, money(value, currency), currency, "", "")
