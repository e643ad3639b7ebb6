"""Writes a consultancy's books of a chosen size: contracts, timesheets, issued invoices, payments.

The firm works on the 1,000 weekdays from July 2022 to April 2026. Every contract ran for ten
months, each of which was invoiced; a fifth of them go on into April 2026, which nobody has
invoiced yet. What grows with the size is the number of people, contracts and invoices. The same
size always gives the same bytes.
"""

from __future__ import annotations

import random
from calendar import monthrange
from collections import defaultdict
from datetime import date
from datetime import datetime
from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING
from typing import NamedTuple
from zoneinfo import ZoneInfo

from bench import terms

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FIRST_DAY = date(2022, 7, 1)
DAYS = 1000
UNPAID_FROM = date(2026, 4, 1)
ENTRIES_A_DAY = (4, 5, 6, 5, 5)
SECONDS = (450, 5400)
FRIDAY = 4
ZONE = ZoneInfo("Europe/Berlin")
TAX = 19
PLUGIN = (
    'plugin "projbill_beancount.plugins.billing"'
    " \"{'config': 'projbill.yaml', 'as-of': '2026-04-30'}\"\n"
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


class Line(NamedTuple):
    """An invoice line; `amount` in cents, `price` per hour in whole euros, 0 on fixed lines."""

    kind: str
    text: str
    amount: int
    price: int
    milestone: str
    work: list[Work]


def write(folder: Path, people: int, contracts: int) -> int:
    """Writes the books into `folder` and returns the number of time entries (5,000 a person).

    `without.beancount` and `with.beancount` include the same files; only the second has the
    plugin.
    """
    projects = [terms.project(n, contracts) for n in range(contracts)]
    staff = [f"person{n:02}" for n in range(people)]
    work = list(_work(projects, staff))
    terms.write(folder, projects, staff)
    _write_time(folder, work)
    _write_invoices(folder, projects, work)
    accounts = "".join(_opens(projects, staff))
    (folder / "accounts.beancount").write_text(accounts, encoding="utf-8")
    head = (
        'option "title" "Bench"\noption "operating_currency" "EUR"\n'
        'include "accounts.beancount"\ninclude "time/*.beancount"\n'
        'include "progress.beancount"\ninclude "invoices.beancount"\n'
    )
    (folder / "without.beancount").write_text(head, encoding="utf-8")
    (folder / "with.beancount").write_text(PLUGIN + head, encoding="utf-8")
    return len(work)


def _opens(projects: list[terms.Project], staff: list[str]) -> Iterator[str]:
    yield '2022-01-01 commodity HOUR\n  name: "Hour"\n  precision: 2\n'
    names = ["Assets:Bank", "Liabilities:VAT:Output"]
    names += [f"Equity:Time:Worked:{person.capitalize()}" for person in staff]
    names += sorted({f"Assets:Receivable:{project.client.upper()}" for project in projects})
    for project in projects:
        names += [f"{family}:{project.id}" for family in terms.FAMILIES]
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
    lines.append(f"  Equity:Time:Worked:{person.capitalize()}  -{_hours(total)} HOUR\n")
    return "\n".join(lines)


def _write_invoices(folder: Path, projects: list[terms.Project], work: list[Work]) -> None:
    billable: dict[tuple[str, int], list[Work]] = defaultdict(list)
    for entry in work:
        if entry.task != terms.STANDUP:
            billable[entry.project.id, terms.month_of(entry.date)].append(entry)
    numbers: dict[int, int] = defaultdict(int)
    invoices = []
    progress = []
    for month in range(len(terms.MONTHS) - 1):
        year, number = terms.MONTHS[month]
        end = date(year, number, monthrange(year, number)[1])
        for project in (project for project in projects if month in project.months):
            if project.milestones:
                progress.append(_progress(project, month, end))
            numbers[year] += 1
            name = f"INV-{year}-{numbers[year]:04}"
            lines = list(_lines(project, month, billable[project.id, month]))
            invoices.append(_invoice(name, project, end, lines))
    (folder / "progress.beancount").write_text("\n".join(progress), encoding="utf-8")
    (folder / "invoices.beancount").write_text("\n".join(invoices), encoding="utf-8")


def _progress(project: terms.Project, month: int, day: date) -> str:
    milestone = terms.milestone(project, month)
    return (
        f'{day} * "Client" "{milestone} complete"\n  project: "{project.id}"\n'
        f'  milestone: "{milestone}"\n  complete: "100 %"\n'
        f'  id: "jira-{project.id}-{milestone}"\n'
        f"  Equity:Time:Unbilled:{project.id}  0.0000 HOUR\n"
    )


def _lines(project: terms.Project, month: int, work: list[Work]) -> Iterator[Line]:
    if project.milestones:
        milestone = terms.milestone(project, month)
        yield Line("milestone", milestone, terms.MILESTONE_CENTS, 0, milestone, [])
        covered = [entry for entry in work if entry.task.startswith(terms.COVERED)]
        if covered:
            yield Line("covered", f"Covered by {milestone}", 0, 0, milestone, covered)
    priced = sorted(
        (entry.task, terms.price(project, entry), position, entry)
        for position, entry in enumerate(work)
        if not entry.task.startswith(terms.COVERED)
    )
    for (task, price), group in groupby(priced, key=lambda item: item[:2]):
        entries = [item[3] for item in group]
        seconds = sum(entry.seconds for entry in entries)
        cents = (seconds * price * 200 + 3600) // 7200
        yield Line("time", task, cents, price, "", entries)


def _invoice(number: str, project: terms.Project, day: date, lines: list[Line]) -> str:
    net = sum(line.amount for line in lines)
    tax = (net * TAX * 2 + 100) // 200
    trigger = {"time-and-materials": "time", "hybrid": "hybrid"}.get(project.billing, "milestone")
    client = project.client.upper()
    due = day + timedelta(30)
    text = [
        f'{day} * "{client}" "{number}" #invoice ^{number}',
        f'  invoice: "{number}"',
        f'  project: "{project.id}"',
        f'  draft: "{project.id}/{trigger}/{day}"',
        f"  period-start: {day.replace(day=1)}",
        f"  period-end: {day}",
        f"  due: {due}",
        f"  net: {_money(net)}",
        f"  total: {_money(net + tax)}",
        '  seller: "Bench GmbH, Hafenstr. 1, 20457 Hamburg"',
        f'  buyer: "{client}, Hauptstr. 2, 10115 Berlin"',
        "  format: 1",
        f"  Assets:Receivable:{client}  {_money(net + tax)}",
        *(part for line in lines for part in _line(project, line)),
        f"  Liabilities:VAT:Output  {_money(-tax)}",
        '    tax: "S19"',
        f"    rate: {TAX}",
        f"    base: {_money(net)}",
        *_relief(project, lines),
    ]
    if due < UNPAID_FROM:
        text += [
            f'\n{due} * "{client}" "Payment" ^{number}',
            f"  Assets:Bank  {_money(net + tax)}",
            f"  Assets:Receivable:{client}  {_money(-net - tax)}",
        ]
    return "\n".join(text) + "\n"


def _line(project: terms.Project, line: Line) -> Iterator[str]:
    yield f"  Income:Services:{project.id}  {_money(-line.amount)}"
    yield f'    line: "{line.text}"'
    yield f'    kind: "{line.kind}"'
    if line.milestone:
        yield f'    milestone: "{line.milestone}"'
    if line.kind == "milestone":
        yield f"    basis: {_money(line.amount)}"
        yield '    complete: "100 %"'
    if line.price:
        seconds = sum(entry.seconds for entry in line.work)
        yield f"    quantity: {_hours((seconds * 20_000 + 3600) // 7200)} HOUR"
        yield f"    price: {_money(line.price * 100)}"
        yield f'    task: "{line.text}"'
    if line.work:
        frozen = (
            f"\n      {entry.date} {entry.person} {_hours(entry.hours)} {entry.id} {entry.task}"
            for entry in line.work
        )
        yield f'    entries: "{"".join(frozen)}"'


def _relief(project: terms.Project, lines: list[Line]) -> Iterator[str]:
    hours: dict[str, int] = defaultdict(int)
    for line in lines:
        for entry in line.work:
            hours[entry.person] += entry.hours
    for person, moved in sorted(hours.items()):
        yield f"  Equity:Time:Unbilled:{project.id}  -{_hours(moved)} HOUR"
        yield f'    person: "{person}"'
    if hours:
        yield f"  Equity:Time:Billed:{project.id}  {_hours(sum(hours.values()))} HOUR"


def _hours(ten_thousandths: int) -> str:
    return f"{ten_thousandths // 10_000}.{ten_thousandths % 10_000:04}"


def _money(cents: int) -> str:
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02} EUR"
