"""Everhour's detailed report as CSV or XLSX, with the columns that were chosen for it.

Two lines of title stand above the header, sums between and below the rows.
"""

from __future__ import annotations

from projbill_beancount.importers.declared import Layout
from projbill_beancount.importers.declared import declared
from projbill_beancount.importers.workcolumns import WorkColumns

COLUMNS = WorkColumns(
    {
        "date": ("Date",),
        "hours": ("Time", "Total time", "Hours"),
        "billed": ("Billable time",),
        "person": ("Member", "Team member", "Employee"),
        "email": ("Email",),
        "client": ("Client",),
        "project": ("Project",),
        "task": ("Task",),
        "tags": ("Labels", "Tags"),
        "note": ("Comment", "Note", "Notes"),
        "billable": ("Billable",),
        "invoiced": ("Invoiced", "Billed"),
        "amount": ("Billable amount",),
        "currency": ("Currency",),
    }
)

EVERHOUR = declared(
    "everhour",
    "Everhour, detailed report (CSV, XLSX)",
    [Layout(COLUMNS, needs=("date", "hours", "person", "project", "task"))],
)
