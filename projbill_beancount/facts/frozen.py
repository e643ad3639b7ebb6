"""The words in which an invoice line freezes its entries."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # pragma: no cover
    from projbill_beancount.facts.model import FrozenWords

DATE = re.compile(r"\d{4}-\d\d-\d\d")
HOURS = r"-?\d+(?:\.\d+)?"
#: An entry of a line: date, person, hours with or without billed hours, id, task or nothing.
ENTRY = re.compile(
    rf"^[ \t]*({DATE.pattern}) +(\S+) +({HOURS}(?:/{HOURS})?) +(\S+)(?: +(.*))?$", re.MULTILINE
)


def read_entries(text: str) -> tuple[FrozenWords, ...]:
    """The words of a line's entries: `DATE PERSON HOURS[/BILLED] ID [TASK]` each, or ids alone.

    Raises ValueError with the offending line or date.
    """
    found: tuple[FrozenWords, ...] = tuple(ENTRY.findall(text))
    lines = text.strip().count("\n") + 1
    if len(found) != lines:
        found = tuple(entry for line in text.split("\n") for entry in _read_line(line))
    for words in found:
        _check_date(words[0])
    return found


@lru_cache(maxsize=4096)  # the days of eleven years; each is on many lines
def _check_date(day: str) -> None:
    if not day:
        return
    try:
        date.fromisoformat(day)
    except ValueError as error:
        raise ValueError(day) from error


def _read_line(line: str) -> list[FrozenWords]:
    """An entry in full, or ids alone; a line that begins like the first and is not, is refused."""
    if ENTRY.fullmatch(line):
        return ENTRY.findall(line)
    words = line.replace(",", " ").split()
    if words and DATE.fullmatch(words[0]):
        raise ValueError(line.strip())
    return [("", "", "", word, "") for word in words]
