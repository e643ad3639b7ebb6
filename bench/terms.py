"""What the firm of the bench agreed: its people, clients and contracts as YAML files.

Of ten contracts seven bill time monthly, two are hybrid and one is fixed-fee; the last two kinds
bill a milestone at each month's end, and the work on a task `phase-M01` is covered by `M01`.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING
from typing import NamedTuple
from typing import Protocol

if TYPE_CHECKING:
    from pathlib import Path

MONTHS = tuple((2022 + (6 + n) // 12, (6 + n) % 12 + 1) for n in range(46))
LENGTH = 10
MILESTONE_CENTS = 500_000
FAMILIES = (
    "Equity:Time:Unbilled",
    "Equity:Time:NonBillable",
    "Equity:Time:Billed",
    "Assets:Unbilled",
    "Income:Services",
)
ARCHITECTURE = 180
RATE_CHANGE = date(2024, 7, 1)
STANDUP = "standup"
COVERED = "phase-"
TASKS = ("build", "architecture", STANDUP, "test", "build", "support")


class Project(NamedTuple):
    """A contract; `months` are the positions in `MONTHS` in which it runs."""

    id: str
    client: str
    billing: str
    months: range
    rate: int

    @property
    def milestones(self) -> bool:
        """Whether it bills milestones."""
        return self.billing != "time-and-materials"


class Priced(Protocol):
    """What decides the price of a time entry."""

    @property
    def date(self) -> date:
        """The day of the work."""

    @property
    def task(self) -> str:
        """What was done."""

    @property
    def person(self) -> str:
        """Who did it."""


def month_of(day: date) -> int:
    """The day's position in `MONTHS`."""
    return (day.year - 2022) * 12 + day.month - 7


def project(number: int, count: int) -> Project:
    """Contract `number` of `count`: a fifth of them still run in the last month."""
    ended = count - count // 5
    last_start = len(MONTHS) - 1 - LENGTH
    running = number >= ended
    start = last_start if running else number * (last_start + 1) // ended
    billing = ("time-and-materials",) * 7 + ("hybrid",) * 2 + ("fixed-fee",)
    return Project(
        f"P{number:03}",
        f"client{number // 4:02}",
        billing[number % 10],
        range(start, start + LENGTH + (1 if running else 0)),
        100 + number % 7 * 5,
    )


def milestone(project: Project, month: int) -> str:
    """The milestone that is due in a month."""
    return f"M{month - project.months.start + 1:02}"


def task(project: Project, month: int, visit: int) -> str:
    """The task of a month's work: the n-th entry of the month on this contract."""
    name = TASKS[visit % len(TASKS)]
    if name != STANDUP and (project.billing == "fixed-fee" or (project.milestones and visit % 2)):
        return COVERED + milestone(project, month)
    return name


def price(project: Project, work: Priced) -> int:
    """The agreed price per hour, in euros."""
    if work.task == "architecture":
        return ARCHITECTURE
    if not _senior(work.person):
        return project.rate
    return project.rate + (40 if work.date >= RATE_CHANGE else 30)


def _senior(person: str) -> bool:
    return int(person[-2:]) % 2 == 0


def write(folder: Path, projects: list[Project], staff: list[str]) -> None:
    """Writes `projbill.yaml` and a file for each contract."""
    clients = sorted({project.client for project in projects})
    people = "".join(
        f"  {person}: {{name: {person.capitalize()}, role: {'senior' if _senior(person) else 'junior'},"
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
        path.write_text(_contract(project), encoding="utf-8")


def _contract(project: Project) -> str:
    year, month = MONTHS[project.months.start]
    head = (
        f"project: {project.id}\nname: Contract {project.id}\nclient: {project.client}\n"
        f"billing: {project.billing}\ncurrency: EUR\nstart: {year}-{month:02}-01\n"
        f"match:\n  - {{client: {project.client}, project: {project.id}}}\n"
        f"rates:\n  default: {project.rate}\n"
        f"  roles: {{senior: [{{from: 2022-01-01, rate: {project.rate + 30}}},"
        f" {{from: {RATE_CHANGE}, rate: {project.rate + 40}}}], junior: {project.rate}}}\n"
        f"  tasks: {{architecture: {ARCHITECTURE}}}\n"
        "tasks:\n  architecture: {billable: true}\n  standup: {billable: false}\n"
    )
    if not project.milestones:
        return head + "triggers:\n  - {type: time, every: month}\n"
    count = len(project.months)
    names = [milestone(project, month) for month in project.months]
    covered = "".join(f"  {COVERED}{name}: {{milestone: {name}}}\n" for name in names)
    steps = "".join(
        f"  {name}: {{name: Phase {name}, value: {MILESTONE_CENTS // 100}.00, hours: 80}}\n"
        for name in names
    )
    return f"{head}{covered}value: {count * MILESTONE_CENTS // 100}.00\nmilestones:\n{steps}"
