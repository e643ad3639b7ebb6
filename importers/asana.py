"""Asana's CSV of tasks."""

from __future__ import annotations

from projbill_beancount.importers.tracker import Layout
from projbill_beancount.importers.tracker import Level
from projbill_beancount.importers.tracker_format import Tracker
from projbill_beancount.importers.tracker_format import tracker_format

TASKS = Layout(
    needed=(("Task ID",), ("Completed At",), ("Name",), ("Projects",)),
    fields={
        "id": ("Task ID",),
        "name": ("Name",),
        "project": ("Projects",),
        "closed": ("Completed At",),
        "updated": ("Last Modified",),
        "created": ("Created At",),
        "section": ("Section/Column", "Section"),
    },
    levels=(
        Level("asana", "task", "id", also=("name",)),
        Level("asana", "section", "section", group=True, tag="section"),
    ),
)

ASANA = tracker_format(Tracker("asana", "Asana tasks (CSV)", (TASKS,)))
