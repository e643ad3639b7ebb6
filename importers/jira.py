"""Jira's issue CSV: tickets, versions and epics that are milestones of a contract."""

from __future__ import annotations

from projbill_beancount.importers.tracker import DONE
from projbill_beancount.importers.tracker import Layout
from projbill_beancount.importers.tracker import Level
from projbill_beancount.importers.tracker_read import Tracker
from projbill_beancount.importers.tracker_read import tracker_format

#: Every ticket whose status is done has a resolution; not all of them say that work was delivered.
DELIVERING = frozenset(("", "done", "fixed", "complete", "completed", "resolved"))

ISSUES = Layout(
    needed=(("Issue key",), ("Issue id",), ("Status",), ("Resolved",)),
    fields={
        "id": ("Issue id",),
        "key": ("Issue key",),
        "name": ("Summary",),
        "project": ("Project key",),
        "status": ("Status",),
        "resolution": ("Resolution",),
        "closed": ("Resolved",),
        "updated": ("Updated",),
        "created": ("Created",),
        "points": (
            "Custom field (Story Points)",
            "Custom field (Story point estimate)",
            "Story Points",
            "Story point estimate",
        ),
        "version": ("Fix versions", "Fix version/s", "Fix version"),
        # An epic's own ticket is part of it.
        "epic": ("Epic Link", "Custom field (Epic Link)", "Parent key", "Parent"),
        "own": ("Issue key",),
    },
    levels=(
        Level("jira", "issue", "id", also=("key",)),
        Level("fix-version", "version", "version", group=True, scoped=True),
        Level("epic", "epic", "epic", itself="own", group=True, tag="epic"),
    ),
    done=DONE,
    delivering=DELIVERING,
    # A search gives no more; the rest is missing without a word.
    limits=(1000,),
)

JIRA = tracker_format(Tracker("jira", "Jira issues (CSV)", (ISSUES,)))
