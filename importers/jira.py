"""Jira's issue CSV: tickets, versions and epics that are milestones of a contract."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.importers.dates import Dates
from projbill_beancount.importers.dates import date_order
from projbill_beancount.importers.dates import split_moment
from projbill_beancount.importers.matching import fits
from projbill_beancount.importers.milestones import Target
from projbill_beancount.importers.milestones import only
from projbill_beancount.importers.milestones import targets
from projbill_beancount.importers.model import Content
from projbill_beancount.importers.model import FileRefusedError
from projbill_beancount.importers.model import Format
from projbill_beancount.importers.model import ProgressRow
from projbill_beancount.importers.model import Refused
from projbill_beancount.importers.model import RowRefusedError
from projbill_beancount.importers.table import data_rows
from projbill_beancount.importers.table import find_table
from projbill_beancount.importers.table import missing_columns
from projbill_beancount.ledger.by_hand import id_part

if TYPE_CHECKING:  # pragma: no cover
    from projbill_beancount.importers.table import Header
    from projbill_beancount.importers.table import Table
    from projbill_beancount.terms.model import ImportSettings
    from projbill_beancount.terms.model import Terms

NEEDED = ("Issue key", "Issue id", "Status", "Resolved")
DELIVERED = frozenset(("done", "closed", "resolved"))
DELIVERING = frozenset(("", "done", "fixed", "complete", "completed", "resolved"))
OTHER_TICKET = "not a milestone of any contract"
NOT_DELIVERED = "not delivered yet"
WHOLE = Decimal(100)
ANY_DAY = date.min


class _Ticket(NamedTuple):
    """A row of the export; `resolved` is the text of its date."""

    line: int
    key: str
    id: str
    project: str
    status: str
    resolution: str
    resolved: str
    versions: tuple[str, ...]
    epics: tuple[str, ...]
    raw: list[str]

    @property
    def delivered(self) -> bool:
        """Whether it is done, and not declined."""
        return self.status.lower() in DELIVERED and self.resolution.lower() in DELIVERING


def _fits(header: Header) -> bool:
    return all(name.lower() in header for name in NEEDED)


def recognise(text: str, settings: ImportSettings) -> bool:
    """Whether `text` is an issue export of Jira."""
    return find_table(text, settings, _fits) is not None


def nearly(text: str, settings: ImportSettings) -> str:
    """What a text lacks that is almost such an export, or ""."""
    return missing_columns(text, settings, NEEDED, "Jira")


def read(text: str, settings: ImportSettings, terms: Terms) -> Content:
    """The milestones among the tickets; all other tickets are skipped.

    Raises:
        FileRefusedError: it is no issue export, or day and month cannot be told apart.
    """
    table = find_table(text, settings, _fits)
    if table is None:
        raise FileRefusedError("no header of a Jira issue export")
    content = Content()
    tickets = _tickets(table, content)
    units = _sorted_out(tickets, terms, content)
    dates = Dates(_order(table, tickets, settings) if units else "")
    broken = _undated(units, dates, content)
    for unit in units:
        _report(unit, dates, broken, content)
    return content


def _tickets(table: Table, content: Content) -> list[_Ticket]:
    place = {
        name: table.column(*headers)
        for name, headers in {
            "key": ("Issue key",),
            "id": ("Issue id",),
            "project": ("Project key",),
            "status": ("Status",),
            "resolution": ("Resolution",),
            "resolved": ("Resolved",),
        }.items()
    }
    versions = table.all_columns("Fix versions", "Fix version/s", "Fix version")
    epics = table.all_columns("Epic Link", "Custom field (Epic Link)", "Parent key", "Parent")

    def cell(cells: list[str], name: str) -> str:
        at = place[name]
        return cells[at].strip() if at is not None else ""

    return [
        _Ticket(
            line,
            cell(cells, "key"),
            cell(cells, "id"),
            cell(cells, "project"),
            cell(cells, "status"),
            cell(cells, "resolution"),
            cell(cells, "resolved"),
            tuple(text for at in versions if (text := cells[at].strip())),
            tuple(text for at in epics if (text := cells[at].strip())),
            cells,
        )
        for line, cells in data_rows(table, content)
    ]


class _Unit(NamedTuple):
    """A milestone and the tickets that are it; `counted` of them count as its rows.

    `group` is the text of a version or epic, empty for a milestone that is one ticket.
    """

    target: Target
    group: str
    members: list[_Ticket]
    counted: list[_Ticket]


def _sorted_out(tickets: list[_Ticket], terms: Terms, content: Content) -> list[_Unit]:
    wanted = list(targets(terms))
    units: dict[tuple[str, str, str], _Unit] = {}
    for ticket in tickets:
        try:
            found = _units_of(ticket, wanted)
        except RowRefusedError as error:
            content.refused.append(Refused(ticket.line, str(error)))
            continue
        if not found:
            content.skipped[OTHER_TICKET] += 1
        for number, (target, group) in enumerate(found):
            # A ticket that is its own milestone and in a version is still one row.
            key = (target.contract.id, target.milestone.id, group)
            unit = units.setdefault(key, _Unit(target, group, [], []))
            unit.members.append(ticket)
            if number == 0:
                unit.counted.append(ticket)
    return list(units.values())


def _units_of(ticket: _Ticket, wanted: list[Target]) -> list[tuple[Target, str]]:
    """The milestones that a ticket belongs to, each with its version or epic.

    Raises:
        RowRefusedError: two milestones have the same ticket, version or epic.
    """
    found = []
    for kind, texts in (
        ("jira", (ticket.key, ticket.id)),
        ("fix-version", ticket.versions),
        ("epic", (ticket.key, *ticket.epics)),
    ):
        for text in dict.fromkeys(text for text in texts if text):
            fitting = [
                one
                for one in wanted
                if one.milestone.match.get(kind, "").casefold() == text.casefold()
                and _in_project(one, ticket)
            ]
            target = only(fitting, f'{kind} "{text}"')
            if target is not None:
                found.append((target, "" if kind == "jira" else text))
    return found


def _in_project(target: Target, ticket: _Ticket) -> bool:
    """Whether the contract's `jira-project` rules, if it has any, fit the ticket."""
    rules = [rule for rule in target.contract.match if "jira-project" in rule.patterns]
    cells = {"jira-project": (ticket.project,)}
    return not rules or any(
        fits(
            rule._replace(patterns={"jira-project": rule.patterns["jira-project"]}), cells, ANY_DAY
        )
        for rule in rules
    )


def _order(table: Table, tickets: list[_Ticket], settings: ImportSettings) -> str:
    columns = table.all_columns("Resolved", "Created", "Updated")
    texts = (ticket.raw[at] for ticket in tickets for at in columns)
    return date_order((text for text in texts if text.strip()), settings.dates)


def _undated(units: list[_Unit], dates: Dates, content: Content) -> set[int]:
    """Refuse the delivered tickets whose day cannot be read; gives their lines."""
    broken: set[int] = set()
    for ticket in (ticket for unit in units for ticket in unit.members if ticket.delivered):
        if ticket.line in broken:
            continue
        try:
            _resolved(ticket, dates)
        except RowRefusedError as error:
            content.refused.append(Refused(ticket.line, str(error)))
            broken.add(ticket.line)
    return broken


def _resolved(ticket: _Ticket, dates: Dates) -> date:
    if not ticket.resolved:
        raise RowRefusedError(
            f"{ticket.key} is {ticket.status} but has no date in Resolved; export with that field,"
            " or report it with `projbill progress`"
        )
    return dates(split_moment(ticket.resolved)[0])


def _report(unit: _Unit, dates: Dates, broken: set[int], content: Content) -> None:
    counted = [ticket for ticket in unit.counted if ticket.line not in broken]
    done = [ticket for ticket in unit.members if ticket.delivered]
    if any(ticket.line in broken for ticket in unit.members):
        content.skipped["together with a refused row"] += len(counted)
        return
    if not done:
        content.skipped[NOT_DELIVERED] += len(counted)
        return
    day = max(_resolved(ticket, dates) for ticket in done)
    first = unit.members[0]
    identity = f"jira-{id_part(first.id)}"
    percent = WHOLE
    if unit.group:
        identity = f"jira-{id_part(first.project or 'issues')}-{id_part(unit.group)}-{day}"
        # Rounded down: a version is complete only when its last ticket is.
        percent = Decimal(len(done) * 10_000 // len(unit.members)) / 100
    content.progress.append(
        ProgressRow(
            first.line,
            len(counted),
            identity,
            unit.target.contract.id,
            unit.target.milestone.id,
            day,
            percent,
            None,
            first.raw,
        )
    )


JIRA = Format("jira", "Jira issues (CSV)", recognise, nearly, read)
