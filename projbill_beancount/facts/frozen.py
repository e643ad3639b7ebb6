"""The words in which an invoice line freezes its entries."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # pragma: no cover
    from projbill_beancount.facts.model import FrozenWords

DATE = re.compile(r"\d{4}-\d\d-\d\d")
#: Worked hours with or without billed ones.
HOURS = re.compile(r"-?\d+(?:\.\d+)?(?:/-?\d+(?:\.\d+)?)?")
#: How many words an entry has, the last one being its task; without a task it has one less.
WORDS = 5


def read_entries(text: str) -> tuple[FrozenWords, ...]:
    """The words of a line's entries: `DATE PERSON HOURS[/BILLED] ID [TASK]` each, or ids alone.

    Raises ValueError with the offending line or date.
    """
    lines = text.replace("\r", "").strip().split("\n")
    split = [line.split(None, WORDS - 1) for line in lines]
    if (
        {*map(len, split)} == {WORDS}
        and all(map(_is_day, {words[0] for words in split}))
        and all(map(_are_hours, [words[2] for words in split]))
    ):
        return tuple(map(tuple, split))  # type: ignore[arg-type]
    found: list[FrozenWords] = []
    for line, words in zip(lines, split, strict=True):
        if len(words) >= WORDS - 1 and _is_day(words[0]) and _are_hours(words[2]):
            if len(words) < WORDS:
                words.append("")
            found.append(tuple(words))  # type: ignore[arg-type]
        else:
            found += _read_ids(line)
    return tuple(found)


@lru_cache(maxsize=4096)  # the days of eleven years; each is on many lines
def _is_day(word: str) -> bool:
    """Whether a word is a date; ValueError for one that looks like a date and is none."""
    if not DATE.fullmatch(word):
        return False
    try:
        date.fromisoformat(word)
    except ValueError as error:
        raise ValueError(word) from error
    return True


@lru_cache(maxsize=65536)
def _are_hours(word: str) -> bool:
    return HOURS.fullmatch(word) is not None


def _read_ids(line: str) -> list[FrozenWords]:
    """A line of ids alone; one that begins like an entry and is not, is refused."""
    words = line.replace(",", " ").split()
    if words and _is_day(words[0]):
        raise ValueError(line.strip())
    return [("", "", "", word, "") for word in words]
