"""Hours and percentages as people type them."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP
from decimal import Decimal

HOURS = re.compile(
    r"(?P<decimal>\d+(\.\d+)?|\.\d+)h?"
    r"|(?P<clock>\d+):(?P<minute>[0-5]\d)"
    r"|((?P<h>\d+)h)? ?(?P<m>\d+)m(in)?",
    re.ASCII,
)
DAY = 24 * 3600
PERCENT = re.compile(r"(\d+(?:\.\d+)?) ?%?", re.ASCII)
FULL = Decimal(100)


def parse_hours(text: str) -> int:
    """The seconds in `1.5`, `1.5h`, `1:30`, `90m` or `1h30m`.

    Raises:
        ValueError: it is none of these, nothing, or more than a day; the message is ready to show.
    """
    found = HOURS.fullmatch(text.strip())
    if found is None:
        raise ValueError(f'"{text}" are no hours; write 1.5, 1:30, 90m or 1h30m')
    seconds = _seconds(found)
    if not 0 < seconds <= DAY:
        raise ValueError(f'"{text}" are not more than 0 and at most 24 hours')
    return seconds


def _seconds(found: re.Match[str]) -> int:
    if found["decimal"]:
        exact = Decimal(found["decimal"]) * 3600
        return int(exact.quantize(Decimal(1), ROUND_HALF_UP))
    if found["clock"]:
        return int(found["clock"]) * 3600 + int(found["minute"]) * 60
    return int(found["h"] or 0) * 3600 + int(found["m"]) * 60


def parse_percent(text: str) -> Decimal:
    """The number in `60`, `60%` or `33.5 %`, from 0 to 100.

    Raises:
        ValueError: it is none; the message is ready to show.
    """
    found = PERCENT.fullmatch(text.strip())
    if found is None or Decimal(found[1]) > FULL:
        raise ValueError(f'"{text}" is not a percentage; write a number from 0 to 100')
    return Decimal(found[1])
