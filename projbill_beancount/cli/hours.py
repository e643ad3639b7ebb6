"""Hours as people type them."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP
from decimal import Decimal

from projbill_beancount.cli.settings import Refusal

HOURS = re.compile(
    r"(?P<decimal>\d+(\.\d+)?|\.\d+)h?"
    r"|(?P<clock>\d+):(?P<minute>[0-5]\d)"
    r"|((?P<h>\d+)h)? ?(?P<m>\d+)m(in)?",
    re.ASCII,
)
DAY = 24 * 3600


def parse_hours(text: str) -> int:
    """The seconds in `1.5`, `1.5h`, `1:30`, `90m` or `1h30m`.

    Raises:
        Refusal: it is none of these, nothing, or more than a day.
    """
    found = HOURS.fullmatch(text.strip())
    if found is None:
        raise Refusal([f'"{text}" are no hours; write 1.5, 1:30, 90m or 1h30m'])
    seconds = _seconds(found)
    if not 0 < seconds <= DAY:
        raise Refusal([f'"{text}" are not more than 0 and at most 24 hours'])
    return seconds


def _seconds(found: re.Match[str]) -> int:
    if found["decimal"]:
        exact = Decimal(found["decimal"]) * 3600
        return int(exact.quantize(Decimal(1), ROUND_HALF_UP))
    if found["clock"]:
        return int(found["clock"]) * 3600 + int(found["minute"]) * 60
    return int(found["h"] or 0) * 3600 + int(found["m"]) * 60
