"""TimeCamp: entries as its service answers them (JSON), and the detailed report as CSV or XLSX."""

from __future__ import annotations

from typing import TYPE_CHECKING

from projbill_beancount.importers.declared import Layout
from projbill_beancount.importers.declared import declared
from projbill_beancount.importers.model import Reading
from projbill_beancount.importers.objects import Objects
from projbill_beancount.importers.table import find_table
from projbill_beancount.importers.workcolumns import WorkColumns

if TYPE_CHECKING:  # pragma: no cover
    from projbill_beancount.importers.objects import Cells
    from projbill_beancount.terms.model import ImportSettings

COLUMNS = WorkColumns(
    {
        "date": ("Date",),
        "start": ("Start time", "Start", "From"),
        "end": ("End time", "End", "To"),
        "duration": ("Duration", "Time"),
        "hours": ("Hours",),
        "person": ("User name", "User", "Person", "Name"),
        "email": ("Email", "User email"),
        "client": ("Client",),
        "project": ("Project",),
        "task": ("Task",),
        "tags": ("Tags",),
        "note": ("Note", "Notes", "Description"),
        "billable": ("Billable",),
        "invoiced": ("Invoiced",),
    }
)


def readings(client: str, path: str, code: str, task: str) -> tuple[Reading, ...]:
    """The places that a path of tasks, `client / project`, and the innermost task may mean."""
    del code
    parts = [part.strip() for part in path.split("/") if part.strip()]
    found = []
    if len(parts) > 1:
        found.append(Reading(parts[0], parts[1], task))
    found += [Reading(client, part, task) for part in parts if part != task]
    return tuple(found) or (Reading(client, task, ""),)


OBJECTS = WorkColumns(
    {
        "date": ("date",),
        "start": ("start_time",),
        "end": ("end_time",),
        "duration": ("duration",),
        "person": ("user_name",),
        "email": ("user_email", "user_id"),
        "project": ("breadcrumps", "breadcrumbs"),
        "task": ("name",),
        "tags": ("tags.name",),
        "note": ("description",),
        "billable": ("billable",),
        "invoiced": ("invoiceId",),
        "invoice": ("invoiceId",),
        "id": ("id",),
    },
    unit=1,
    readings=readings,
)


def _invoiced(cells: Cells, settings: ImportSettings) -> None:
    """An entry is invoiced once it has the number of an invoice."""
    del settings
    number = "" if cells["invoiced"] == "0" else cells["invoiced"]
    cells["invoiced"] = "yes" if number else "no"
    cells["invoice"] = number


def refuses(text: str, settings: ImportSettings) -> str:
    """That a summary has no days, or ""."""
    if find_table(text, settings, lambda header: "hours with subtasks" in header):
        return "a summary of TimeCamp has no dates; export the detailed report, or the entries"
    return ""


TIMECAMP = declared(
    "timecamp",
    "TimeCamp, detailed report (CSV, XLSX) or entries (JSON)",
    [
        Layout(
            COLUMNS,
            needs=("date", "duration|hours", "person", "project", "task", "note", "start"),
            lacks=("Customer", "Activity", "Start Date"),
        )
    ],
    [Objects(OBJECTS, ("user_name", "duration", "date"), change=_invoiced)],
    refuses=refuses,
)
