"""QuickBooks Time (once TSheets): the timesheet export as CSV or XLSX.

Its jobs are columns from the outer to the inner, read like `client:project:task`. Entries by hand
have no start. What is billable is a field of one's own, `Billable`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from projbill_beancount.importers.declared import Layout
from projbill_beancount.importers.declared import declared
from projbill_beancount.importers.timeclock import readings_of
from projbill_beancount.importers.workcolumns import WorkColumns

if TYPE_CHECKING:  # pragma: no cover
    from projbill_beancount.importers.model import Reading


def readings(first: str, second: str, third: str, fourth: str) -> tuple[Reading, ...]:
    """The places that a job and those within it may mean."""
    return tuple(readings_of(":".join(filter(None, (first, second, third, fourth)))))


COLUMNS = WorkColumns(
    {
        "date": ("local_date",),
        "start": ("local_start_time",),
        "end": ("local_end_time",),
        "hours": ("hours",),
        "first": ("fname",),
        "last": ("lname",),
        "email": ("username",),
        "zone": ("tz",),
        "client": ("jobcode_1",),
        "project": ("jobcode_2",),
        "code": ("jobcode_3",),
        "task": ("jobcode_4",),
        "note": ("notes",),
        "billable": ("billable", "billable?"),
    },
    readings=readings,
)

QUICKBOOKS_TIME = declared(
    "quickbooks-time",
    "QuickBooks Time, timesheets (CSV, XLSX)",
    [
        Layout(
            COLUMNS,
            needs=("date", "hours", "email|first", "client"),
            near=("username", "local_date", "hours", "jobcode_1"),
        )
    ],
)
