"""What the firm of the bench agreed: its people, clients and contracts as YAML files.

Twenty kinds of contract follow each other, so that every twenty contracts have all of them: time
billed by the month, week and quarter, with caps and approvals; hybrid and fixed-fee with steps,
reported progress and instalments; retainers; change orders, expenses, deposits and two payers.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from typing import TYPE_CHECKING
from typing import Literal
from typing import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Billing = Literal["fixed-fee", "time-and-materials", "hybrid", "retainer"]

MONTHS = tuple((2022 + (6 + n) // 12, (6 + n) % 12 + 1) for n in range(46))
LENGTH = 10
MILESTONE = 5000
AMENDED, AMENDMENT = "M03", 1000
ARCHITECTURE = 180
RATE_CHANGE = date(2024, 7, 1)
STANDUP = "standup"
SUPPORT = "support"
COVERED = "phase-"
TASKS = ("build", "architecture", STANDUP, "test", "build", SUPPORT)
OTHER_PAYER = "partner"


class Kind(NamedTuple):
    """What a contract agrees beside its rates, tasks and milestones, as YAML.

    A milestone lasts `span` months, and takes the work on a task of its own where it is
    `exclusive`, else a part of it.
    """

    billing: Billing
    more: str = ""
    bill: str = ""
    span: int = 0
    exclusive: bool = False
    instalments: bool = False
    orders: bool = False
    expenses: bool = False
    deposit: int = 0
    split: bool = False
    approval: bool = False


MONTHLY = Kind("time-and-materials")
KINDS = (
    MONTHLY,
    MONTHLY,
    MONTHLY,
    Kind("time-and-materials", "invoice: {hours: {to: 15m, direction: up, per: day}}\n"),
    Kind("time-and-materials", "triggers: [{type: time, every: quarter}]\n"),
    Kind("time-and-materials", "triggers: [{type: time, every: week}]\n"),
    Kind("time-and-materials", "cap: {amount: 20000, warn: 90 %}\n"),
    Kind("time-and-materials", "cap: {hours: 27, every: month, excess: carry}\n"),
    Kind("hybrid", span=1),
    Kind("hybrid", "reconcile: {tolerance: 10 %}\n", span=2),
    Kind("fixed-fee", span=2, bill="[50, 100]", exclusive=True),
    Kind("fixed-fee", span=2, bill="progress", exclusive=True),
    Kind("fixed-fee", span=1, exclusive=True, instalments=True),
    Kind(
        "retainer",
        "retainer: {fee: 3000, hours: 25, every: month, in: advance, overage: {rate: 140}}\n",
    ),
    Kind(
        "retainer",
        "retainer: {fee: 9000, hours: 80, every: quarter, unused: rollover,"
        " rollover: {max: 20, periods: 1}}\n",
    ),
    Kind("retainer", f"retainer: {{fee: 1500, every: month, tasks: [{SUPPORT}, test]}}\n"),
    Kind("hybrid", span=1, orders=True),
    Kind("time-and-materials", expenses=True, deposit=8000),
    Kind("time-and-materials", "triggers: [{type: time, every: quarter}]\n", split=True),
    Kind("time-and-materials", "approval: required\nbudget: {amount: 60000}\n", approval=True),
)


class Project(NamedTuple):
    """A contract; `months` are the positions in `MONTHS` in which it runs."""

    id: str
    client: str
    kind: Kind
    months: range
    rate: int
    runs_on: bool

    @property
    def start(self) -> date:
        """Its first day."""
        return first_day(self.months.start)

    @property
    def end(self) -> date | None:
        """Its last day, if it ended."""
        return None if self.runs_on else last_day(self.months.stop - 1)

    @property
    def payers(self) -> list[str]:
        """The clients who are billed."""
        return [self.client, OTHER_PAYER] if self.kind.split else [self.client]


def month_of(day: date) -> int:
    """The day's position in `MONTHS`."""
    return (day.year - 2022) * 12 + day.month - 7


def first_day(month: int) -> date:
    """The first day of a month by its position."""
    return date(*MONTHS[month], 1)


def last_day(month: int) -> date:
    """The last day of a month by its position."""
    year, number = MONTHS[month]
    return date(year, number, monthrange(year, number)[1])


def project(number: int, count: int) -> Project:
    """Contract `number` of `count`: a fifth of them, of all kinds in turn, still run on."""
    last_start = len(MONTHS) - 1 - LENGTH
    runs_on = number * 7 % 5 == 4  # noqa: PLR2004 - the last of five
    start = last_start if runs_on else number * (last_start + 1) // count
    return Project(
        f"P{number:03}",
        f"client{number // 4:02}",
        KINDS[(number + number // 20) % len(KINDS)],
        range(start, start + LENGTH + (1 if runs_on else 0)),
        100 + number % 7 * 5,
        runs_on,
    )


def milestone(project: Project, month: int) -> str:
    """The milestone that is worked on in a month."""
    return f"M{(month - project.months.start) // project.kind.span + 1:02}"


def is_last_month(project: Project, month: int) -> bool:
    """Whether the milestone of a month is complete at its end."""
    return (month - project.months.start + 1) % project.kind.span == 0


def task(project: Project, month: int, visit: int) -> str:
    """The task of a month's work: the n-th entry of the month on this contract."""
    name = TASKS[visit % len(TASKS)]
    if name != STANDUP and project.kind.span and (project.kind.exclusive or visit % 2):
        return COVERED + milestone(project, month)
    return name


def is_senior(person: str) -> bool:
    """Every other person is."""
    return int(person[-2:]) % 2 == 0


def write(folder: Path, projects: list[Project], staff: list[str]) -> None:
    """Writes `projbill.yaml` and a file for each contract."""
    clients = sorted({payer for project in projects for payer in project.payers})
    people = "".join(
        f"  {person}: {{name: {person.capitalize()}, role: {'senior' if is_senior(person) else 'junior'},"
        f" cost: 62.50, zone: Europe/Berlin}}\n"
        for person in staff
    )
    named = "".join(
        f"  {client}: {{name: {client.upper()}, address: [Hauptstr. 2, 10115 Berlin], country: DE}}\n"
        for client in clients
    )
    (folder / "projbill.yaml").write_text(
        "company: {name: Bench GmbH, address: [Hafenstr. 1, 20457 Hamburg], country: DE}\n"
        f"clients:\n{named}people:\n{people}contracts: contracts/*.yaml\n"
        "defaults: {currency: EUR, invoice: {terms: net 30, tax: S19}}\n"
        'taxes: {S19: {rate: 19, name: VAT 19 %, account: "Liabilities:VAT:Output"}}\n',
        encoding="utf-8",
    )
    (folder / "contracts").mkdir()
    for project in projects:
        path = folder / "contracts" / f"{project.id.lower()}.yaml"
        path.write_text("".join(_contract(project)), encoding="utf-8")


def _contract(project: Project) -> Iterator[str]:
    kind = project.kind
    yield f"project: {project.id}\nname: Contract {project.id}\nclient: {project.client}\n"
    yield f"billing: {kind.billing}\ncurrency: EUR\nstart: {project.start}\n"
    if project.end is not None:
        yield f"end: {project.end}\n"
    yield f"match:\n  - {{client: {project.client}, project: {project.id}}}\n"
    yield (
        f"rates:\n  default: {project.rate}\n"
        f"  roles: {{senior: [{{from: 2022-01-01, rate: {project.rate + 30}}},"
        f" {{from: {RATE_CHANGE}, rate: {project.rate + 40}}}], junior: {project.rate}}}\n"
        f"  tasks: {{architecture: {ARCHITECTURE}}}\n"
        f"tasks:\n  architecture: {{billable: true}}\n  {STANDUP}: {{billable: false}}\n"
    )
    if kind.span:
        names = dict.fromkeys(milestone(project, month) for month in project.months)
        yield from (f"  {COVERED}{name}: {{milestone: {name}}}\n" for name in names)
        yield f"value: {len(names) * MILESTONE}.00\nmilestones:\n"
        yield from _milestones(project)
    if kind.deposit:
        yield f"deposit: {{target: {kind.deposit}, replenish-below: 0}}\n"
    if kind.split:
        yield f"split: {{{project.client}: 60, {OTHER_PAYER}: 40}}\n"
    yield kind.more


def _milestones(project: Project) -> Iterator[str]:
    kind, seen = project.kind, set()
    for month in project.months:
        name = milestone(project, month)
        if name in seen:
            continue
        seen.add(name)
        bill = f", bill: {kind.bill}" if kind.bill else ""
        if kind.instalments:
            bill = f", bill: {{date: {first_day(month)}, advance: true}}"
        yield f"  {name}: {{name: Phase {name}, value: {MILESTONE}.00, hours: 80{bill}}}\n"
