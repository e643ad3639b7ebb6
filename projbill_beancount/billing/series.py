"""Series of numbers: gapless, rising, begun anew with each year or month that the pattern has."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING
from typing import NamedTuple

if TYPE_CHECKING:  # pragma: no cover
    from datetime import date


#: A year and a month, "" where the pattern has none.
Series = tuple[str, str]


class SerialNumber(NamedTuple):
    """A number and its series: the year and the month, as far as the pattern has them."""

    series: Series
    number: int


def serial_of(pattern: str, text: str) -> SerialNumber | None:
    """A number as one of a series of `pattern`; None if it does not fit it."""
    match = _matcher(pattern).fullmatch(text)
    if match is None:
        return None
    found = match.groupdict(default="")
    series = (found.get("year", ""), found.get("month", "").lstrip("0"))
    return SerialNumber(series, int(found["number"]))


def series_text(pattern: str) -> str:
    """What two patterns have in common whose numbers are of one series."""
    return _matcher(pattern).pattern


def written(pattern: str, serial: SerialNumber) -> str:
    """A number of a series as its pattern writes it."""
    year, month = serial.series
    return pattern.format(number=serial.number, year=int(year or 0), month=int(month or 0))


def series_on(pattern: str, day: date) -> Series:
    """The series of the numbers of a day."""
    sample = serial_of(pattern, pattern.format(number=0, year=day.year, month=day.month))
    assert sample is not None  # the pattern is checked when it is read
    return sample.series


@lru_cache(maxsize=64)
def _matcher(pattern: str) -> re.Pattern[str]:
    """The regular expression of a number pattern such as `INV-{year}-{number:04}`."""
    seen: set[str] = set()
    text = ""
    for part in re.split(r"(\{[^}]*\})", pattern):
        name, _, width = part.strip("{}").partition(":") if part.startswith("{") else ("", "", "")
        if not name:
            text += re.escape(part)
        elif name in seen:
            text += f"(?P={name})"
        else:
            seen.add(name)
            month = r"\d\d" if width else r"\d{1,2}"
            digits = {"year": r"\d{4}", "month": month}.get(name, r"\d+")
            text += f"(?P<{name}>{digits})"
    return re.compile(text)
