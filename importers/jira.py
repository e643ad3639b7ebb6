"""Jira's issue CSV: issues, versions and epics that are milestones of a contract, and worklogs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from projbill_beancount.importers.jira_log import WorkLog
from projbill_beancount.importers.jira_log import has_log
from projbill_beancount.importers.milestones import targets
from projbill_beancount.importers.tracked import ANY_ITEM
from projbill_beancount.importers.tracker import DONE
from projbill_beancount.importers.tracker import Layout
from projbill_beancount.importers.tracker import Level
from projbill_beancount.importers.tracker_format import Tracker
from projbill_beancount.importers.tracker_format import tracker_format

if TYPE_CHECKING:  # pragma: no cover
    from projbill_beancount.importers.model import Content
    from projbill_beancount.terms.model import ImportSettings
    from projbill_beancount.terms.model import Terms

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


def recognise(text: str, settings: ImportSettings) -> bool:
    """Whether a text is an issue export, or a table of issues with worklogs and little else."""
    return _TICKETS.recognise(text, settings) or has_log(text, settings)


def read(text: str, settings: ImportSettings, terms: Terms) -> Content:
    """The milestones among the issues, and the worklogs beside them as rows of time.

    Raises:
        FileRefusedError: it is no issue export, or day and month cannot be told apart.
    """
    log = WorkLog(text, settings)
    content = log.broken
    if _TICKETS.recognise(text, settings):
        content = _TICKETS.read(text, settings._replace(dates=log.order), terms)
    log.read(settings, content)
    if log.logged and not _names_items(terms):
        # Who imports the hours need not be told how a milestone is named.
        content.notices = [one for one in content.notices if not one.startswith(ANY_ITEM)]
        content.proposals = [one for one in content.proposals if one.nearest]
    return content


def _names_items(terms: Terms) -> bool:
    kinds = {level.kind for level in ISSUES.levels}
    return any(not kinds.isdisjoint(one.milestone.match) for one in targets(terms))


JIRA = _TICKETS._replace(recognise=recognise, read=read)
