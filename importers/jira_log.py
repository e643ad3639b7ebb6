"""Worklogs in Jira's issue CSV: each cell of the columns `Log Work` is a row of time.

A cell is `comment;day and time;author;seconds`, and only the comment may have semicolons itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.importers.dates import date_order
from projbill_beancount.importers.model import Content
from projbill_beancount.importers.model import RowRefusedError
from projbill_beancount.importers.table import data_rows
from projbill_beancount.importers.table import find_table
from projbill_beancount.importers.table import take_rows
from projbill_beancount.importers.tempo import KEY
from projbill_beancount.importers.workcolumns import WorkColumns
from projbill_beancount.importers.worktable import read_cells
from projbill_beancount.ledger.facts import hours
from projbill_beancount.ledger.record import one_line

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator
    from collections.abc import Sequence

    from projbill_beancount.importers.table import Header
    from projbill_beancount.importers.table import Table
    from projbill_beancount.terms.model import ImportSettings

LOG_WORK = "Log Work"
SPENT = "Time Spent"
#: Other columns with dates, which may tell the order of day and month.
DATED = ("Created", "Updated", "Resolved", "Last Viewed", "Due date")
TWICE = "worklogs of an issue that is in the file again"
SHOWN = 60
#: So many issues are named, and so many semicolons of a cell are marks.
NAMED, MARKS = 3, 3

# A start at midnight is what tools write that know the day only.
COLUMNS = WorkColumns({}, unit=1, key=KEY, sums=(), date_only=True)
FIELDS = ("date", "start", "duration", "person", "project", "code", "note", "subject")
PLACES = {name: place for place, name in enumerate(FIELDS)}


class Logged(NamedTuple):
    """A cell of `Log Work` and the issue that it is of, in the texts of the export."""

    key: str
    project: str
    summary: str
    spent: str
    cell: str


def has_log(text: str, settings: ImportSettings) -> bool:
    """Whether a text is a table of issues with worklogs."""
    return _table(text, settings) is not None


def _table(text: str, settings: ImportSettings) -> Table | None:
    return find_table(text, settings, _fits)


def _fits(header: Header) -> bool:
    return LOG_WORK.lower() in header and "issue key" in header


class WorkLog:
    """The worklogs of one export; `order` is that of day and month in the whole file.

    `broken` are rows that cannot be read; a reader of the issues refuses them as well.

    Raises:
        FileRefusedError: there are worklogs, and day and month cannot be told apart.
    """

    def __init__(self, text: str, settings: ImportSettings) -> None:
        self.logged: list[tuple[int, Logged]] = []
        self.again = 0
        self.order = settings.dates
        self.broken = Content()
        table = _table(text, settings)
        if table is None:
            return
        rows = list(data_rows(table, self.broken))
        self.broken.rows = len(self.broken.refused)
        self._gather(table, rows)
        if self.logged:
            self.order = date_order(self._dates(table, rows), settings.dates)

    def _gather(self, table: Table, rows: Sequence[tuple[int, list[str]]]) -> None:
        seen: set[str] = set()
        places = table.all_columns(LOG_WORK)
        for line, cells in rows:
            key = _cell(table, cells, "Issue key")
            found = [cells[place] for place in places if cells[place].strip()]
            if key in seen:
                self.again += len(found)
                continue
            seen.add(key)
            named = _cell(table, cells, "Project name") or key.rpartition("-")[0]
            about = (key, named, _cell(table, cells, "Summary"), _cell(table, cells, SPENT))
            self.logged += [(line, Logged(*about, cell)) for cell in found]

    def _dates(self, table: Table, rows: Sequence[tuple[int, list[str]]]) -> Iterator[str]:
        for _, one in self.logged:
            parts = one.cell.rsplit(";", MARKS)
            if len(parts) >= MARKS:
                yield parts[-MARKS].strip()
        for place in table.all_columns(*DATED):
            yield from (cells[place].strip() for _, cells in rows)

    def read(self, settings: ImportSettings, content: Content) -> None:
        """Take the worklogs into `content`; each is a row of its own."""
        content.rows += len(self.logged) + self.again
        content.skipped[TWICE] += self.again
        rows = list(take_rows(self.logged, _cells, content))
        if rows:
            given = settings._replace(dates=self.order)
            read_cells(rows, PLACES, COLUMNS, given, content)
            content.notices += self._differing()

    def _differing(self) -> list[str]:
        """That the worklogs of issues are not the time that Jira says was spent on them."""
        logged: dict[tuple[str, str], int] = {}
        for _, one in self.logged:
            seconds = one.cell.rpartition(";")[2].strip()
            issue = (one.key, one.spent)
            logged[issue] = logged.get(issue, 0) + (int(seconds) if seconds.isdecimal() else 0)
        wrong = [
            f"{key} {hours(seconds)} of {hours(int(spent))} h"
            for (key, spent), seconds in logged.items()
            if spent.isdecimal() and int(spent) != seconds
        ]
        if not wrong:
            return []
        more = f" and {len(wrong) - NAMED} more" if len(wrong) > NAMED else ""
        told = f"{', '.join(wrong[:NAMED])}{more}"
        return [f"the worklogs in {LOG_WORK} are not the {SPENT}; see whether some miss: {told}"]


def _cell(table: Table, cells: Sequence[str], name: str) -> str:
    place = table.column(name)
    return cells[place].strip() if place is not None else ""


def _cells(line: int, one: Logged) -> tuple[int, list[str]]:
    """The cells of a worklog by `FIELDS`, with its line.

    Raises:
        RowRefusedError: it has too few parts.
    """
    parts = one.cell.rsplit(";", MARKS)
    if len(parts) < MARKS:
        told = one_line(one.cell)[:SHOWN]
        raise RowRefusedError(
            f'"{told}" of {one.key} in {LOG_WORK} is not comment;date;author;seconds'
        )
    started, author, seconds = parts[-MARKS:]
    note = parts[0] if len(parts) > MARKS else ""
    return line, [started, started, seconds, author, one.project, one.key, note, one.summary]
