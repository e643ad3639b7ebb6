"""Harvest's detailed time report as CSV or XLSX, in its columns since 2015, and its import file.

An entry has neither id nor start: person, date and a running number of the day make one, and equal
rows are all counted. `Hours Rounded` is not read: the contract says how hours are rounded.
"""

from __future__ import annotations

from projbill_beancount.importers.declared import Layout
from projbill_beancount.importers.declared import declared
from projbill_beancount.importers.workcolumns import WorkColumns

COLUMNS = WorkColumns(
    {
        "date": ("Date",),
        "hours": ("Hours",),
        "first": ("First Name",),
        "last": ("Last Name",),
        "client": ("Client",),
        "project": ("Project",),
        "code": ("Project Code",),
        "task": ("Task",),
        "note": ("Notes",),
        "billable": ("Billable?",),
        "invoiced": ("Invoiced?",),
        "amount": ("Billable Amount",),
        "currency": ("Currency",),
    }
)

HARVEST = declared(
    "harvest",
    "Harvest, detailed time report (CSV, XLSX)",
    [
        Layout(
            COLUMNS,
            needs=("date", "hours", "first", "last"),
            near=("Hours", "First Name", "Last Name", "Notes"),
        )
    ],
)
