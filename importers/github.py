"""GitHub's milestones and issues, as `gh api` and `gh issue list --json` write them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from typing import Any

from projbill_beancount.importers.jsontext import Value
from projbill_beancount.importers.jsontext import objects
from projbill_beancount.importers.tracker import Entry
from projbill_beancount.importers.tracker import Layout
from projbill_beancount.importers.tracker import Level
from projbill_beancount.importers.tracker import counted_state
from projbill_beancount.importers.tracker import have
from projbill_beancount.importers.tracker_format import Tracker
from projbill_beancount.importers.tracker_format import tracker_format

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Sequence

#: Closed issues have no reason where they were closed before GitHub asked for one.
DELIVERING = frozenset(("", "completed"))
PROJECT = re.compile(r"^https?://[^/]+/(?:api/v3/)?(?:repos/)?([^/]+/[^/]+)")
PAGES = (30, 100)


def _milestones(text: str) -> Sequence[Value] | None:
    values = objects(text)
    if not have(values, "number", "state", "open_issues", "closed_issues"):
        return None
    return [Value(line, _counted(value)) for line, value in values]


def _counted(value: dict[str, Any]) -> dict[str, Any]:
    still_open, closed = value["open_issues"], value["closed_issues"]
    return value | counted_state(value["state"], closed, still_open)


def _issues(text: str) -> Sequence[Value] | None:
    values = objects(text)
    # The command line tool writes `closedAt`; a pull request has a branch to merge.
    rest = have(values, "number", "state", "closed_at", "html_url")
    tool = have(values, "number", "state", "closedAt")
    branches = any({"headRefName", "mergedAt", "head"} & one.value.keys() for one in values)
    return values if (rest or tool) and not branches else None


def _is_pull_request(entry: Entry) -> str:
    return "pull request" if entry.first("pull-request") else ""


MILESTONES = Layout(
    items=_milestones,
    fields={
        "id": ("number",),
        "key": ("number",),
        "name": ("title",),
        "project": ("url", "html_url"),
        "url": ("html_url",),
        "status": ("state",),
        "percent": ("percent",),
        "closed": ("closed_at",),
        "updated": ("updated_at",),
        "created": ("created_at",),
    },
    levels=(
        Level(
            "github",
            "milestone",
            "id",
            also=("name",),
            url="url",
            sign="%",
            tag="milestone",
            scoped=True,
        ),
    ),
    done=frozenset(("closed",)),
    project=PROJECT,
    limits=PAGES,
)
ISSUES = Layout(
    items=_issues,
    fields={
        "id": ("number",),
        "key": ("number",),
        "name": ("title",),
        "project": ("repository_url", "html_url", "url"),
        "url": ("html_url", "url"),
        "status": ("state",),
        "resolution": ("state_reason", "stateReason"),
        "labels": ("labels.name",),
        "closed": ("closed_at", "closedAt"),
        "updated": ("updated_at", "updatedAt"),
        "created": ("created_at", "createdAt"),
        "pull-request": ("pull_request.url", "pull_request.html_url"),
        "milestone": ("milestone.number",),
        "milestone-title": ("milestone.title",),
        "milestone-url": ("milestone.html_url",),
        "group-state": ("milestone.state",),
        "group-open": ("milestone.open_issues",),
        "group-closed": ("milestone.closed_issues",),
    },
    levels=(
        Level("github", "issue", "id", url="url", sign="#", bare=False, scoped=True),
        Level(
            "github",
            "milestone",
            "milestone",
            also=("milestone-title",),
            url="milestone-url",
            group=True,
            sign="%",
            tag="milestone-issues",
            scoped=True,
        ),
    ),
    done=frozenset(("closed",)),
    delivering=DELIVERING,
    project=PROJECT,
    left_out=_is_pull_request,
    limits=PAGES,
)

GITHUB = tracker_format(
    Tracker("github", "GitHub milestones or issues (JSON)", (MILESTONES, ISSUES))
)
