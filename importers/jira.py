"""Jira's issue CSV: tickets, versions and epics that are milestones of a contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

from projbill_beancount.importers.model import Content
from projbill_beancount.importers.table import data_rows
from projbill_beancount.importers.table import find_table
from projbill_beancount.importers.tracker import DONE
from projbill_beancount.importers.tracker import Layout
from projbill_beancount.importers.tracker import Level
from projbill_beancount.importers.tracker_read import Tracker
from projbill_beancount.importers.tracker_read import tracker_format

if TYPE_CHECKING:  # pragma: no cover
    from projbill_beancount.terms.model import ImportSettings
    from projbill_beancount.terms.model import Terms

LOG_WORK = "Log Work"
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

_TICKETS = tracker_format(Tracker("jira", "Jira issues (CSV)", (ISSUES,)))


def read(text: str, settings: ImportSettings, terms: Terms) -> Content:
    """The milestones among the issues; worklogs beside them are only pointed out.

    Where a firm logs time with Tempo they are the same hours once more, without ids.

    Raises:
        FileRefusedError: it is no issue export, or day and month cannot be told apart.
    """
    content = _TICKETS.read(text, settings, terms)
    table = find_table(text, settings, lambda header: LOG_WORK.lower() in header)
    if table:
        places = table.all_columns(LOG_WORK)
        logged = sum(
            bool(cells[place].strip())
            for _, cells in data_rows(table, Content())
            for place in places
        )
        if logged:
            content.notices.append(
                f"{logged} worklogs in the columns {LOG_WORK} are not imported; import them from"
                " Tempo, or as JSON (jira-worklogs)"
            )
    return content


JIRA = _TICKETS._replace(read=read)
