"""Taskwarrior's `task export` (JSON)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

from projbill_beancount.importers.jsontext import Value
from projbill_beancount.importers.jsontext import objects
from projbill_beancount.importers.tracker import Entry
from projbill_beancount.importers.tracker import Layout
from projbill_beancount.importers.tracker import Level
from projbill_beancount.importers.tracker import have
from projbill_beancount.importers.tracker_format import Tracker
from projbill_beancount.importers.tracker_format import tracker_format

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Sequence


def _tasks(text: str) -> Sequence[Value] | None:
    values = objects(text)
    if not have(values, "uuid", "status", "description", "entry"):
        return None
    return [Value(line, value | _names(value)) for line, value in values]


def _names(task: dict[str, Any]) -> dict[str, Any]:
    """The projects that a task is in, `acme` as well as `acme.portal`, and its short id."""
    parts = str(task.get("project") or "").split(".")
    projects = [".".join(parts[:end]) for end in range(1, len(parts) + 1)]
    return {"projects": projects, "short": str(task["uuid"])[:8]}


def _is_template(entry: Entry) -> str:
    return "template of recurring tasks" if entry.first("status") == "recurring" else ""


TASKS = Layout(
    items=_tasks,
    fields={
        # The number is given anew after every change.
        "id": ("uuid",),
        "short": ("short",),
        "name": ("description",),
        "project": ("project",),
        "projects": ("projects",),
        "status": ("status",),
        # A deleted task has an end too.
        "closed": ("end",),
        "updated": ("modified",),
        "created": ("entry",),
        "points": ("points",),
    },
    levels=(
        Level("taskwarrior", "task", "id", also=("short", "name")),
        Level("taskwarrior", "project", "projects", group=True, tag="project"),
    ),
    done=frozenset(("completed",)),
    left_out=_is_template,
)

TASKWARRIOR = tracker_format(Tracker("taskwarrior", "Taskwarrior (task export)", (TASKS,)))
