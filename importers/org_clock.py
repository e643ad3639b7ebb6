"""org-mode clocks as org-clock-csv writes them.

A clock without an end is open. The headings above a task, or its category, name the project. Who
worked is `person:` of the import; times are local.
"""

from __future__ import annotations

from projbill_beancount.importers.declared import Layout
from projbill_beancount.importers.declared import declared
from projbill_beancount.importers.model import Reading
from projbill_beancount.importers.workcolumns import WorkColumns


def readings(client: str, category: str, parents: str, task: str) -> tuple[Reading, ...]:
    """The places that headings `a/b`, category and task may mean, most said first."""
    parts = [part.strip() for part in parents.split("/") if part.strip()]
    found = []
    if len(parts) > 1:
        found.append(Reading(parts[0], parts[1], task))
    found += [Reading(client, part, task) for part in (*parts, category) if part]
    return tuple(found) or (Reading(client, task, ""),)


COLUMNS = WorkColumns(
    {
        "start": ("start",),
        "end": ("end",),
        "project": ("category",),
        "code": ("parents",),
        "task": ("task",),
        "tags": ("tags",),
        "subject": ("task",),
    },
    readings=readings,
    tag_mark=":",
)

ORG_CLOCK = declared(
    "org-clock",
    "org-mode clocks, org-clock-csv (CSV)",
    [Layout(COLUMNS, needs=("start", "end", "task", "project"), marks=("parents", "ishabit"))],
)
