"""GitLab's milestones and issues (JSON of the REST API), and its issue CSV."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from projbill_beancount.importers.jsontext import Value
from projbill_beancount.importers.jsontext import objects
from projbill_beancount.importers.tracker import Layout
from projbill_beancount.importers.tracker import Level
from projbill_beancount.importers.tracker import have
from projbill_beancount.importers.tracker_format import Tracker
from projbill_beancount.importers.tracker_format import tracker_format

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Sequence

PROJECT = re.compile(r"^https?://[^/]+/(?:groups/)?(.+?)/-/")
CLOSED = frozenset(("closed",))
PAGES = (20, 100)
ISSUE = Level("gitlab", "issue", "id", url="url", sign="#", bare=False, scoped=True)


def _milestones(text: str) -> Sequence[Value] | None:
    values = objects(text)
    if have(values, "milestone") and not have(values, "iid"):
        inner = tuple(Value(line, value["milestone"]) for line, value in values)
        values = inner if all(isinstance(one.value, dict) for one in inner) else ()
    # An iteration has a `sequence`; an issue names its author and when it was closed.
    if not have(values, "iid", "title", "state", "web_url") or not have(values, "due_date"):
        return None
    strange = any({"sequence", "author", "closed_at"} & one.value.keys() for one in values)
    return None if strange else values


def _issues(text: str) -> Sequence[Value] | None:
    values = objects(text)
    # Merge requests have branches, and are no issues.
    if not have(values, "iid", "state", "closed_at", "web_url"):
        return None
    return None if any("source_branch" in one.value for one in values) else values


MILESTONES = Layout(
    items=_milestones,
    fields={
        "id": ("iid",),
        "key": ("iid",),
        "name": ("title",),
        "project": ("web_url",),
        "url": ("web_url",),
        "status": ("state",),
        # Nothing says when it was closed, only when it was changed last.
        "closed": ("updated_at",),
        "updated": ("updated_at",),
        "created": ("created_at",),
    },
    levels=(
        Level(
            "gitlab",
            "milestone",
            "id",
            also=("name",),
            url="url",
            sign="%",
            tag="milestone",
            scoped=True,
        ),
    ),
    done=CLOSED,
    exact=False,
    project=PROJECT,
    limits=PAGES,
)
#: The milestone of issues; the table has its title alone.
GROUP = Level(
    "gitlab",
    "milestone",
    "milestone",
    group=True,
    sign="%",
    tag="milestone-issues",
    scoped=True,
)
ISSUES = Layout(
    items=_issues,
    fields={
        "id": ("iid",),
        "key": ("iid",),
        "name": ("title",),
        "project": ("web_url",),
        "url": ("web_url",),
        "status": ("state",),
        "labels": ("labels", "labels.name"),
        "closed": ("closed_at",),
        "updated": ("updated_at",),
        "created": ("created_at",),
        "points": ("weight",),
        "milestone": ("milestone.iid",),
        "milestone-title": ("milestone.title",),
        "milestone-url": ("milestone.web_url",),
        "group-state": ("milestone.state",),
    },
    levels=(
        ISSUE,
        GROUP._replace(also=("milestone-title",), url="milestone-url"),
    ),
    done=CLOSED,
    project=PROJECT,
    limits=PAGES,
)
TABLE = Layout(
    needed=(("Title",), ("URL",), ("State",), ("Closed At (UTC)",), ("Milestone",)),
    fields={
        # Newer tables have both numbers; the older `Issue ID` is the one that people see.
        "id": ("IID", "Issue ID"),
        "key": ("IID", "Issue ID"),
        "name": ("Title",),
        "project": ("URL",),
        "url": ("URL",),
        "status": ("State",),
        "labels": ("Labels",),
        "closed": ("Closed At (UTC)",),
        "updated": ("Updated At (UTC)",),
        "created": ("Created At (UTC)",),
        "points": ("Weight",),
        "milestone": ("Milestone",),
    },
    levels=(
        ISSUE,
        GROUP,
    ),
    done=CLOSED,
    in_utc=True,
    project=PROJECT,
)

GITLAB = tracker_format(
    Tracker("gitlab", "GitLab milestones or issues (JSON, CSV)", (MILESTONES, ISSUES, TABLE))
)
