"""ClickUp's CSV of tasks, of the workspace or of a view."""

from __future__ import annotations

from projbill_beancount.importers.tracker import DONE
from projbill_beancount.importers.tracker import Layout
from projbill_beancount.importers.tracker import Level
from projbill_beancount.importers.tracker_format import Tracker
from projbill_beancount.importers.tracker_format import tracker_format

TASKS = Layout(
    needed=(("Task ID",), ("Task Name",), ("Status",), ("List Name",), ("Space Name",)),
    without=("Time Entry ID",),
    fields={
        "id": ("Task ID",),
        "key": ("Task Custom ID", "Custom Task ID", "Custom ID"),
        "name": ("Task Name",),
        "url": ("Task Link",),
        "project": ("Space Name",),
        "status": ("Status",),
        # Only views have a day of completion.
        "closed": ("Date Closed", "Date Done"),
        "updated": ("Date Updated", "Last Updated"),
        "created": ("Date Created",),
        "list": ("List Name",),
        "points": ("Sprint Points", "Points"),
        "parent": ("Parent ID",),
    },
    levels=(
        Level("clickup", "task", "id", also=("key", "name"), url="url"),
        Level("clickup", "list", "list", group=True, scoped=True),
    ),
    done=DONE - {"resolved"},
)

CLICKUP = tracker_format(Tracker("clickup", "ClickUp tasks (CSV)", (TASKS,)))
