"""Linear's CSV of issues."""

from __future__ import annotations

from projbill_beancount.importers.tracker import Layout
from projbill_beancount.importers.tracker import Level
from projbill_beancount.importers.tracker_format import Tracker
from projbill_beancount.importers.tracker_format import tracker_format

ISSUES = Layout(
    needed=(("ID",), ("Team",), ("Title",), ("Status",), ("Completed",), ("Canceled",)),
    fields={
        # The ID carries the team's prefix and changes with it; older files have no UUID.
        "id": ("UUID", "ID"),
        "key": ("ID",),
        "name": ("Title",),
        "project": ("Project",),
        "status": ("Status",),
        "closed": ("Completed",),
        "dropped": ("Canceled", "Duplicate of"),
        "updated": ("Updated",),
        "created": ("Created",),
        "points": ("Estimate",),
        "milestone": ("Project Milestone ID",),
        "milestone-name": ("Project Milestone",),
        "project-id": ("Project ID",),
    },
    levels=(
        Level("linear", "issue", "id", also=("key",)),
        Level("linear", "project milestone", "milestone", also=("milestone-name",), group=True),
        Level("linear", "project", "project-id", also=("project",), group=True),
    ),
    # A team calls its states as it likes; Linear dates what it completed.
    exact=True,
)

LINEAR = tracker_format(Tracker("linear", "Linear issues (CSV)", (ISSUES,)))
