"""Toggl Track's detailed report as CSV, in all the layouts that its users have.

The old layout says User and End, the new one Member and Stop with `-` for empty cells; columns
can be left out and reordered. No entry has an id, so its person and start make one.
"""

from __future__ import annotations

from projbill_beancount.importers.declared import Layout
from projbill_beancount.importers.declared import declared
from projbill_beancount.importers.workcolumns import WorkColumns

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
        "amount": ("Amount",),
        "currency": ("Currency",),
    },
    empty="-",
)

TOGGL = declared(
    "toggl",
    "Toggl Track, detailed report (CSV)",
    [
        Layout(
            COLUMNS,
            needs=("date", "start", "duration", "person|email"),
            near=("Start date", "Start time", "Duration", "Email"),
        )
    ],
)
