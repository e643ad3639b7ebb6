"""Writes a consultancy's books of a chosen size: contracts, timesheets, issued invoices, payments.

The firm works on the 1,000 weekdays from July 2022 to April 2026. Every contract ran for ten
months; a fifth of them go on into April 2026, which nobody has invoiced yet. What grows with the
size is the number of people, contracts and invoices. The same size always gives the same bytes.
"""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import date
from datetime import datetime
from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING
from typing import NamedTuple
from zoneinfo import ZoneInfo

from bench import invoices
from bench import terms

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FIRST_DAY = date(2022, 7, 1)
DAYS = 1000
AS_OF = date(2026, 4, 30)
ENTRIES_A_DAY = (4, 5, 6, 5, 5)
SECONDS = (450, 5400)
FRIDAY = 4
ZONE = ZoneInfo("Europe/Berlin")
PLUGIN = (
    'plugin "projbill_beancount.plugins.billing"'
    f" \"{{'config': 'projbill.yaml', 'as-of': '{AS_OF}'}}\"\n"
)
HEAD = (
    'option "title" "Bench"\noption "operating_currency" "EUR"\n'
    'include "accounts.beancount"\ninclude "time/*.beancount"\ninclude "facts.beancount"\n'
)
FAMILIES = (
    "Equity:Time:Unbilled",
    "Equity:Time:NonBillable",
    "Equity:Time:Billed",
    "Assets:Unbilled",
    "Income:Services",
    "Income:Reimbursed",
)


class Work(NamedTuple):
    """A time entry; `hours` is in ten-thousandths of an hour, as it is posted."""

    id: str
    date: date
    project: terms.Project
    person: str
    task: str
    seconds: int
    start: datetime

    @property
    def hours(self) -> int:
        """The posted hours."""
        return (self.seconds * 20_000 + 3600) // 7200


class Size(NamedTuple):
    """How many time entries and invoices the books have."""

    entries: int
    invoices: int


def write(folder: Path, people: int, contracts: int) -> Size:
    """Writes the books into `folder` (5,000 time entries a person).

    `without.beancount` and `with.beancount` include the same files; only the second has the
    plugin.
    """
    projects = [terms.project(n, contracts) for n in range(contracts)]
    staff = [f"person{n:02}" for n in range(people)]
    work = list(_work(projects, staff))
    terms.write(folder, projects, staff)
    _write_time(folder, work)
    facts = "\n".join(text for project in projects for text in _facts(project))
    (folder / "facts.beancount").write_text(facts, encoding="utf-8")
    accounts = "".join(_opens(projects, staff))
    (folder / "accounts.beancount").write_text(accounts, encoding="utf-8")
    issued = invoices.write(folder, HEAD)
    head = f'{HEAD}include "invoices.beancount"\n'
    (folder / "without.beancount").write_text(head, encoding="utf-8")
    (folder / "with.beancount").write_text(PLUGIN + head, encoding="utf-8")
    return Size(len(work), issued)


def _opens(projects: list[terms.Project], staff: list[str]) -> Iterator[str]:
    yield '2022-01-01 commodity HOUR\n  name: "Hour"\n  precision: 2\n'
    clients = sorted({payer.upper() for project in projects for payer in project.payers})
    names = ["Assets:Bank", "Liabilities:VAT:Output", "Expenses:Travel"]
    names += [f"Equity:Time:Worked:{person.capitalize()}" for person in staff]
    names += [f"Assets:Receivable:{client}" for client in clients]
    names += [f"Liabilities:Deposits:{client}" for client in clients]
    for project in projects:
        names += [f"{family}:{project.id}" for family in FAMILIES]
    for name in names:
        yield f"2022-01-01 open {name}\n"


def _work(projects: list[terms.Project], staff: list[str]) -> Iterator[Work]:
    rng = random.Random(20260430)
    weekdays = [
        day for n in range(DAYS * 7 // 5) if (day := FIRST_DAY + timedelta(n)).weekday() <= FRIDAY
    ]
    visits: dict[tuple[str, int], int] = defaultdict(int)
    for month, days in groupby(weekdays, key=terms.month_of):
        active = [project for project in projects if month in project.months]
        turn = 0
        for day in days:
            for index, person in enumerate(staff):
                start = datetime.combine(day, datetime.min.time(), ZONE).replace(hour=8)
                for _ in range(ENTRIES_A_DAY[(day.toordinal() + index) % 5]):
                    project = active[turn % len(active)]
                    turn += 1
                    start += timedelta(seconds=rng.randrange(60, 600))
                    seconds = rng.randrange(*SECONDS)
                    visit = visits[project.id, month]
                    visits[project.id, month] = visit + 1
                    task = terms.task(project, month, visit)
                    stamp = start.strftime("%Y%m%dT%H%M%S")
                    yield Work(
                        f"toggl-{person}-{stamp}", day, project, person, task, seconds, start
                    )
                    start += timedelta(seconds=seconds)


def _write_time(folder: Path, work: list[Work]) -> None:
    (folder / "time").mkdir()
    for month, in_month in groupby(work, key=lambda entry: entry.date.strftime("%Y-%m")):
        days = groupby(in_month, key=lambda entry: (entry.date, entry.person))
        text = "\n".join(_timesheet(*key, list(entries)) for key, entries in days)
        (folder / "time" / f"{month}.beancount").write_text(text, encoding="utf-8")


def _timesheet(day: date, person: str, entries: list[Work]) -> str:
    projects = sorted({entry.project.id for entry in entries})
    total = sum(entry.hours for entry in entries)
    lines = [
        f'{day} * "{person.capitalize()}" "{", ".join(projects)} {total / 10_000:.2f} h"',
        f'  person: "{person}"',
        '  source: "toggl"',
    ]
    for entry in entries:
        billable = entry.task != terms.STANDUP
        family = "Unbilled" if billable else "NonBillable"
        end = entry.start + timedelta(seconds=entry.seconds)
        lines += [
            f"  Equity:Time:{family}:{entry.project.id}  {_hours(entry.hours)} HOUR",
            f'    id: "{entry.id}"',
            f'    task: "{entry.task}"',
            f"    billable: {str(billable).upper()}",
            f'    note: "Work on {entry.task} for {entry.project.client}"',
            f'    start: "{entry.start.isoformat()}"',
            f'    end: "{end.isoformat()}"',
        ]
        if entry.project.kind.approval:
            lines.append("    approved: TRUE")
    lines.append(f"  Equity:Time:Worked:{person.capitalize()}  -{_hours(total)} HOUR\n")
    return "\n".join(lines)


def _facts(project: terms.Project) -> Iterator[str]:
    """What happened on a contract beside the time: reports, change orders, receipts, deposits."""
    kind = project.kind
    if kind.span:
        yield from (_report(project, month) for month in project.months)
    if kind.orders:
        yield from _orders(project)
    if kind.deposit:
        yield (
            f'{project.start} * "{project.client.upper()}" "On account"\n'
            f"  Assets:Bank  {kind.deposit}.00 EUR\n"
            f"  Liabilities:Deposits:{project.client.upper()}  -{kind.deposit}.00 EUR\n"
        )
    for month in project.months if kind.expenses else ():
        day = terms.first_day(month) + timedelta(9)
        yield (
            f'{day} * "Railway" "Trip to the client"\n'
            f"  Expenses:Travel  {80 + month}.50 EUR\n"
            f'    id: "trip-{project.id}-{day}"\n    project: "{project.id}"\n'
            '    billable: TRUE\n    markup: "10 %"\n'
            "  Assets:Bank\n"
        )


def _report(project: terms.Project, month: int) -> str:
    milestone, day = terms.milestone(project, month), terms.last_day(month)
    percent = 100 if terms.is_last_month(project, month) else 50
    return (
        f'{day} * "{project.client.upper()}" "{milestone}: {percent} %"\n'
        f'  project: "{project.id}"\n  milestone: "{milestone}"\n  complete: "{percent} %"\n'
        f'  id: "jira-{project.id}-{day}"\n'
        f"  Equity:Time:Unbilled:{project.id}  0.0000 HOUR\n"
    )


def _orders(project: terms.Project) -> Iterator[str]:
    """An order on its own, one that amends a milestone, one that waits for its approval."""
    name, day = f'"{project.id}"', project.start + timedelta(20)
    yield (
        f'{day} custom "change-order" {name} "CO-1" 3500.00 EUR\n  title: "Single sign-on"\n'
        f'{day + timedelta(5)} custom "change-order-approval" {name} "CO-1"\n'
    )
    yield (
        f'{day} custom "change-order" {name} "CO-2" {terms.AMENDMENT}.00 EUR\n'
        f'  title: "Larger scope"\n  milestone: "{terms.AMENDED}"\n'
        f"  approved: {day + timedelta(9)}\n"
    )
    later = project.start + timedelta(200)
    yield f'{later} custom "change-order" {name} "CO-3" 2000.00 EUR\n  title: "Reports"\n'


def _hours(ten_thousandths: int) -> str:
    return f"{ten_thousandths // 10_000}.{ten_thousandths % 10_000:04}"
