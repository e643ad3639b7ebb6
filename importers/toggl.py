"""Toggl Track's detailed report as CSV, in all the layouts that its users have.

The old layout says User and End, the new one Member and Stop with `-` for empty cells; columns
can be left out and reordered. No entry has an id, so its person and start make one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from projbill_beancount.importers.model import FileRefusedError
from projbill_beancount.importers.model import Format
from projbill_beancount.importers.table import find_table
from projbill_beancount.importers.table import missing_columns
from projbill_beancount.importers.worktable import WorkColumns
from projbill_beancount.importers.worktable import read_work

if TYPE_CHECKING:  # pragma: no cover
    from projbill_beancount.importers.model import Content
    from projbill_beancount.importers.table import Header
    from projbill_beancount.terms.model import ImportSettings
    from projbill_beancount.terms.model import Terms

COLUMNS = WorkColumns(
    {
        "date": ("Start date",),
        "start": ("Start time",),
        "end-date": ("End date", "Stop date"),
        "end": ("End time", "Stop time"),
        "duration": ("Duration",),
        "person": ("Member", "User"),
        "email": ("Email",),
        "client": ("Client",),
        "project": ("Project",),
        "task": ("Task",),
        "tags": ("Tags",),
        "note": ("Description",),
        "billable": ("Billable",),
    },
    empty="-",
)
NEEDED = ("Start date", "Start time", "Duration")
PEOPLE = ("Email", "User", "Member")


def _fits(header: Header) -> bool:
    people = any(name.lower() in header for name in PEOPLE)
    return people and all(name.lower() in header for name in NEEDED)


def recognise(text: str, settings: ImportSettings) -> bool:
    """Whether `text` is a detailed report of Toggl Track."""
    return find_table(text, settings, _fits) is not None


def nearly(text: str, settings: ImportSettings) -> str:
    """What a text lacks that is almost a report, or ""."""
    return missing_columns(text, settings, (*NEEDED, "Email"), "Toggl Track")


def read(text: str, settings: ImportSettings, terms: Terms) -> Content:
    """The rows of a report.

    Raises:
        FileRefusedError: it has no header of a report.
    """
    del terms
    table = find_table(text, settings, _fits)
    if table is None:
        raise FileRefusedError("no header of a Toggl Track report")
    return read_work(table, COLUMNS, settings)


TOGGL = Format("toggl", "Toggl Track detailed report (CSV)", recognise, nearly, read)
