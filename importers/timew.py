"""Timewarrior's `timew export`: JSON with times in UTC, tags and an annotation.

An interval's `id` is its place from the newest and means another one after every change, so the
start makes the id here. Who worked is `person:` of the import.
"""

from __future__ import annotations

import re
from datetime import datetime
from datetime import timezone
from typing import TYPE_CHECKING
from typing import Any

from projbill_beancount.importers.dates import YEARS
from projbill_beancount.importers.jsontext import objects
from projbill_beancount.importers.model import Content
from projbill_beancount.importers.model import Format
from projbill_beancount.importers.model import RowRefusedError
from projbill_beancount.importers.model import WorkRow
from projbill_beancount.importers.table import take_rows
from projbill_beancount.importers.tags import Tagged
from projbill_beancount.importers.workcolumns import ZERO
from projbill_beancount.importers.worktable import RUNNING

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Mapping

    from projbill_beancount.terms.model import ImportSettings
    from projbill_beancount.terms.model import Terms

KEYS = frozenset(("id", "start", "end", "tags", "annotation"))
_MOMENT = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z")


def recognise(text: str, settings: ImportSettings) -> bool:
    """Whether `text` is an export of Timewarrior."""
    del settings
    found = objects(text)
    return bool(found) and all(
        value.keys() <= KEYS and _MOMENT.fullmatch(str(value.get("start", "")))
        for _, value in found
    )


def nearly(text: str, settings: ImportSettings) -> str:
    """Nothing is almost an export of Timewarrior."""
    del text, settings
    return ""


def read(text: str, settings: ImportSettings, terms: Terms) -> Content:
    """The intervals of an export; one without an end is running."""
    del terms
    content, tagged = Content(), Tagged(settings)
    found = objects(text)
    content.rows = len(found)
    content.work += take_rows(found, lambda line, value: _row(line, value, tagged), content)
    content.notices += tagged.notices()
    return content


def _row(line: int, value: Mapping[str, Any], tagged: Tagged) -> WorkRow | str:
    start = _moment(value["start"])
    if "end" not in value:
        return RUNNING
    end = _moment(value["end"])
    if end == start:
        return ZERO
    listed = value.get("tags", [])
    tags = [str(tag) for tag in listed] if isinstance(listed, list) else []
    note = str(value.get("annotation") or "")
    raw = (f"{value['start']} - {value['end']}", *tags, note)
    return WorkRow(
        line,
        ("",),
        tagged.where(tags),
        start.date(),
        start,
        end,
        None,
        tagged.billable(tags),
        note,
        raw=raw,
    )


def _moment(text: Any) -> datetime:
    found = _MOMENT.fullmatch(str(text))
    try:
        moment = datetime(*map(int, found.groups()), tzinfo=timezone.utc) if found else None  # type: ignore[arg-type,misc]
    except ValueError:
        moment = None
    if moment is None or moment.year not in YEARS:
        raise RowRefusedError(f'"{text}" is not a time such as 20260331T090000Z')
    return moment


TIMEW = Format("timew", "Timewarrior, `timew export` (JSON)", recognise, nearly, read)
