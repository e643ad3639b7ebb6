"""Watson's frames: its own file, `watson log --json` and `watson log --csv`.

Only the first seven characters of a frame's id make it here, as `--csv` has no more: the same
frame is the same entry by whichever way it comes. The times of `--csv` have no offset; they are
of `zone:` of the import, or of the person's, and what lies between them is the time that went by:
Watson writes all of a log in the offset of the day on which it is asked.
"""

from __future__ import annotations

import re
from datetime import datetime
from datetime import timedelta
from datetime import timezone
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.importers.dates import YEARS
from projbill_beancount.importers.jsontext import json_values
from projbill_beancount.importers.model import Content
from projbill_beancount.importers.model import FileRefusedError
from projbill_beancount.importers.model import Format
from projbill_beancount.importers.model import RowRefusedError
from projbill_beancount.importers.model import WorkRow
from projbill_beancount.importers.table import data_rows
from projbill_beancount.importers.table import find_table
from projbill_beancount.importers.table import take_rows
from projbill_beancount.importers.tags import Tagged
from projbill_beancount.importers.values import iso_moment
from projbill_beancount.importers.workcolumns import ZERO
from projbill_beancount.importers.worktable import RUNNING

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable
    from collections.abc import Iterator

    from projbill_beancount.importers.table import Header
    from projbill_beancount.terms.model import ImportSettings
    from projbill_beancount.terms.model import Terms

HEADER = ("id", "start", "stop", "project", "tags")
REPORT = ("from", "to", "project", "tag", "time")
KEYS = frozenset(HEADER)
#: As much of an id as `watson log --csv` shows.
SHOWN = 7
SECOND = timedelta(seconds=1)
FIELDS = 5
NO_OFFSET = (
    "the times have no offset, so an entry may be on the wrong side of midnight; `watson log"
    " --json` has them"
)
_ID = re.compile(r"[0-9a-f]{7,32}|current")
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
LATEST = 10_000_000_000


class _Frame(NamedTuple):
    """A frame whose times are texts of moments or seconds since 1970."""

    id: str
    project: str
    start: str | int
    stop: str | int
    tags: list[str]


def _fits(header: Header) -> bool:
    return tuple(header) == HEADER


def recognise(text: str, settings: ImportSettings) -> bool:
    """Whether `text` is one of Watson's."""
    if find_table(text, settings, _fits):
        return True
    return next(_json_frames(text), None) is not None


def nearly(text: str, settings: ImportSettings) -> str:
    """That a report of sums is no log, or ""."""
    if find_table(text, settings, lambda header: tuple(header) == REPORT):
        return "a report of Watson has sums, once more for each tag; use `watson log --json`"
    return ""


def read(text: str, settings: ImportSettings, terms: Terms) -> Content:
    """The frames of a log.

    Raises:
        FileRefusedError: it is none.
    """
    del terms
    content, tagged = Content(), Tagged(settings)
    table = find_table(text, settings, _fits)
    rows: Iterable[tuple[int, _Frame]]
    if table:
        rows = ((line, _of_cells(cells)) for line, cells in data_rows(table, content))
    else:
        frames = list(_json_frames(text))
        if not frames:
            raise FileRefusedError("no log of Watson")
        content.rows = len(frames)
        rows = frames
    content.work += take_rows(rows, lambda line, frame: _row(line, frame, tagged), content)
    content.notices += tagged.notices()
    if table:
        content.notices.append(NO_OFFSET)
    return content


def _of_cells(cells: list[str]) -> _Frame:
    identity, start, stop, project, tags = cells
    return _Frame(identity, project, start, stop, [tag for tag in tags.split(", ") if tag])


def _json_frames(text: str) -> Iterator[tuple[int, _Frame]]:
    """The frames of the file or the log, as long as they are some."""
    for line, value in json_values(text) or ():
        if isinstance(value, dict) and value.keys() == KEYS:
            identity, start, stop, project, tags = (value[name] for name in HEADER)
        elif isinstance(value, list) and len(value) >= FIELDS:
            start, stop, project, identity, tags = value[:FIELDS]
        else:
            return
        if not _ID.fullmatch(str(identity)) or not isinstance(tags, list):
            return
        yield line, _Frame(str(identity), str(project), start, stop, [str(tag) for tag in tags])


def _row(line: int, frame: _Frame, tagged: Tagged) -> WorkRow | str:
    if frame.id == "current":
        return RUNNING
    start, end = _moment(frame.start), _moment(frame.stop)
    if (start.tzinfo is None) != (end.tzinfo is None):
        raise RowRefusedError(f"of start ({start}) and end ({end}) only one has an offset")
    if start == end:
        return ZERO
    if end < start:
        raise RowRefusedError(f"it ends ({end}) before it starts ({start})")
    is_local = start.tzinfo is None
    return WorkRow(
        line,
        ("",),
        tagged.where(frame.tags, frame.project),
        start.date(),
        start,
        None if is_local else end,
        (end - start) // SECOND if is_local else None,
        tagged.billable(frame.tags),
        "",
        id=frame.id[:SHOWN],
        raw=(frame.id, str(frame.start), str(frame.stop), frame.project, *frame.tags),
    )


def _moment(said: str | int) -> datetime:
    if isinstance(said, int):
        moment = _EPOCH + timedelta(seconds=min(max(said, 0), LATEST))
    else:
        moment = iso_moment(str(said))
    if moment.year not in YEARS:
        raise RowRefusedError(f'the year of "{said}" cannot be right; correct the date')
    return moment


WATSON = Format("watson", "Watson, log (JSON, CSV) or frames", recognise, nearly, read)
