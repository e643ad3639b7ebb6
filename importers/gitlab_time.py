"""GitLab's timelogs, as its GraphQL answers them.

Time can be taken back with a negative timelog, which is imported as such. Nothing says what is
billable; labels are tags for `match:`.
"""

from __future__ import annotations

import re
from datetime import timezone
from typing import TYPE_CHECKING
from typing import Any
from zoneinfo import ZoneInfo

from projbill_beancount.importers.declared import declared
from projbill_beancount.importers.jsontext import objects
from projbill_beancount.importers.model import RowRefusedError
from projbill_beancount.importers.objects import Item
from projbill_beancount.importers.objects import Objects
from projbill_beancount.importers.objects import more_if
from projbill_beancount.importers.values import iso_moment
from projbill_beancount.importers.workcolumns import WorkColumns

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator

    from projbill_beancount.importers.objects import Cells
    from projbill_beancount.terms.model import ImportSettings

#: Objects that GraphQL wraps a list in go no deeper.
DEEPEST = 12
#: So many timelogs are in one answer.
MOST = 100
#: The day alone is written as its midnight or noon in UTC.
_WHOLE_DAY = re.compile(r"T(?:00|12):00:00(?:\.0+)?Z$")

COLUMNS = WorkColumns(
    {
        "date": ("spentAt",),
        "duration": ("timeSpent",),
        "person": ("user.name",),
        "email": ("user.username",),
        "project": ("project.name", "project.fullPath", "issue.project.name"),
        "code": ("project.fullPath", "issue.project.fullPath"),
        "tags": ("issue.labels.nodes.title", "mergeRequest.labels.nodes.title"),
        "note": ("summary", "note.body"),
        "subject": ("issue.title", "mergeRequest.title"),
        "id": ("id",),
    },
    unit=1,
    negative=True,
    sums=(),
)


def timelogs(text: str) -> Iterator[Item]:
    """The timelogs anywhere in an answer."""
    number = 0
    for _, value in objects(text):
        for one in _nodes(value, 0):
            number += 1
            yield Item(number, one)


def _nodes(value: Any, depth: int) -> Iterator[dict[str, Any]]:
    if depth > DEEPEST:
        return
    for inner in value if isinstance(value, list) else ():
        yield from _nodes(inner, depth + 1)
    for name, inner in value.items() if isinstance(value, dict) else ():
        if name == "timelogs" and isinstance(inner, dict):
            for one in inner.get("nodes") or inner.get("edges") or ():
                node = one.get("node", one) if isinstance(one, dict) else None
                if isinstance(node, dict):
                    yield node
        else:
            yield from _nodes(inner, depth + 1)


def _plain(cells: Cells, settings: ImportSettings) -> None:
    """The number of an id, and the day on which the time was spent where the import's zone is."""
    cells["id"] = cells["id"].rpartition("/")[2]
    said = cells["date"]
    if "T" not in said or _WHOLE_DAY.search(said) or not settings.zone:
        cells["date"] = said.partition("T")[0]
        return
    try:
        moment = iso_moment(said)
    except RowRefusedError:
        return
    local = (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).astimezone(
        ZoneInfo(settings.zone)
    )
    cells["date"] = local.date().isoformat()


_NEXT = more_if(r'"hasNextPage"\s*:\s*true')


def _missing(text: str, rows: int) -> str:
    """That a page follows, or may follow where the answer does not say so."""
    if rows == MOST and "hasNextPage" not in text:
        return f"{rows} entries are just what GitLab answers at most; see that none is missing"
    return _NEXT(text, rows)


GITLAB_TIME = declared(
    "gitlab-time",
    "GitLab, timelogs (JSON)",
    objects=[
        Objects(
            COLUMNS,
            ("timeSpent", "spentAt"),
            items=timelogs,
            change=_plain,
            missing=_missing,
        )
    ],
)
