"""Cells as values: times of day, durations, numbers, yes and no."""

from __future__ import annotations

import re
from datetime import datetime
from datetime import timedelta
from datetime import timezone
from decimal import ROUND_HALF_UP
from decimal import Decimal
from functools import lru_cache

from projbill_beancount.importers.model import RowRefusedError

DAY = 86_400
#: Longer numbers are no hours, rates or percentages, and do not fit a Decimal's 28 places.
DIGITS = 12

_TIME = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d)(?:\.\d+)?)?(?:\s*([ap])\.?m\.?)?", re.IGNORECASE)
_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?\s*(Z|[+-]\d\d(?::?\d\d)?)?"
)
_WORDS = re.compile(
    r"(-?)\s*(?:(\d{1,9})\s*h(?:ours?|rs?)?)?\s*(?:(\d{1,9})\s*m(?:in(?:utes?)?)?)?"
    r"\s*(?:(\d{1,9})\s*s(?:ec(?:onds?)?)?)?",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"(-?)(\d{1,9}):(\d\d)(?::(\d\d))?")
_NUMBER = re.compile(r"[+-]?\d[\d.,'\u00a0\u202f ]*")

YES = frozenset(
    [
        "yes",
        "y",
        "true",
        "1",
        "x",
        "ja",
        "j",
        "oui",
        "si",
        "sí",
        "sì",
        "sim",
        "tak",
        "ano",
        "igen",
        "да",
        "はい",
    ]
)
NO = frozenset(
    [
        "no",
        "n",
        "false",
        "0",
        "nein",
        "non",
        "não",
        "nao",
        "nie",
        "nee",
        "nej",
        "nei",
        "ne",
        "nem",
        "нет",
        "いいえ",
    ]
)


@lru_cache(maxsize=4096)
def billable_of(text: str) -> bool | None:
    """A yes or no; None for an empty cell.

    Raises:
        RowRefusedError: any other word.
    """
    word = text.strip().lower()
    if word in {"", "-"}:
        return None
    if word in YES:
        return True
    if word in NO:
        return False
    raise RowRefusedError(f'billable is "{text}", which is neither yes nor no')


@lru_cache(maxsize=4096)
def time_of_day(text: str) -> int:
    """Seconds since midnight of "9:30", "09:30:00" or "9:30 PM".

    Raises:
        RowRefusedError: anything else.
    """
    found = _TIME.fullmatch(text.strip())
    if found is None:
        raise RowRefusedError(f'"{text}" is not a time of day such as 09:30 or 9:30 AM')
    hour, minute, second = int(found[1]), int(found[2]), int(found[3] or 0)
    half = (found[4] or "").lower()
    if half:
        hour = hour % 12 + (12 if half == "p" else 0) if 1 <= hour <= 12 else 99  # noqa: PLR2004
    if hour > 23 or minute > 59 or second > 59:  # noqa: PLR2004
        raise RowRefusedError(f'"{text}" is not a time of day')
    return hour * 3600 + minute * 60 + second


def iso_moment(text: str) -> datetime:
    """The moment of "2026-03-31T09:00:00+02:00", with or without seconds and offset.

    Raises:
        RowRefusedError: it is none.
    """
    found = _ISO.fullmatch(text.strip())
    if found is None:
        raise RowRefusedError(f'"{text}" is not a time such as 2026-03-31T09:00')
    numbers = [int(found[group] or 0) for group in range(1, 7)]
    try:
        return datetime(*numbers, tzinfo=_offset(found[7]))  # type: ignore[arg-type,misc]
    except (ValueError, OverflowError) as error:
        raise RowRefusedError(f'the time "{text}" does not exist') from error


def _offset(text: str | None) -> timezone | None:
    if not text:
        return None
    if text == "Z":
        return timezone.utc
    digits = text[1:].replace(":", "")
    span = timedelta(hours=int(digits[:2]), minutes=int(digits[2:] or 0))
    return timezone(-span if text[0] == "-" else span)


@lru_cache(maxsize=8192)
def duration_of(text: str, mark: str = "", unit: int = 3600) -> int:
    """Seconds of "1:30", "1:30:00", "1h 30m", or of a number of units, hours by default.

    `mark` is the decimal mark, guessed where it is empty; `unit` is in seconds.

    Raises:
        RowRefusedError: anything else; negative; more than a day.
    """
    clean = text.strip()
    found = _CLOCK.fullmatch(clean)
    if found:
        minutes, seconds = int(found[3]), int(found[4] or 0)
        if minutes > 59 or seconds > 59:  # noqa: PLR2004
            raise RowRefusedError(f'"{text}" is not a duration such as 1:30 or 1:30:00')
        total = int(found[2]) * 3600 + minutes * 60 + seconds
        total = -total if found[1] else total
    elif _TIME.fullmatch(clean):
        raise RowRefusedError(
            f'the duration is "{text}": a spreadsheet turned it into a time of day; export again'
        )
    elif clean[-1:].isalpha() and (found := _WORDS.fullmatch(clean)) and any(found.groups()[1:]):
        hours, minutes, seconds = (int(found[group] or 0) for group in (2, 3, 4))
        total = hours * 3600 + minutes * 60 + seconds
        total = -total if found[1] else total
    else:
        if clean[-1:] in {"h", "H"}:
            clean, unit = clean[:-1], 3600
        total = int((number_of(clean, mark) * unit).quantize(Decimal(1), ROUND_HALF_UP))
    if total < 0:
        raise RowRefusedError(
            f'the duration "{text}" is negative; correct the entry it is meant for'
        )
    if total > DAY:
        raise RowRefusedError(f'the duration "{text}" is longer than a day')
    return total


def number_of(text: str, mark: str = "") -> Decimal:
    """A number with decimal mark `mark`; without one, a single mark is taken as decimal.

    Raises:
        RowRefusedError: it is no number, or longer than any that is meant.
    """
    clean = text.strip()
    if not _NUMBER.fullmatch(clean):
        raise RowRefusedError(f'"{text}" is not a number')
    digits = re.sub(r"['\s]", "", clean)
    if not mark:
        mark = "," if digits.rfind(",") > digits.rfind(".") else "."
    group = "." if mark == "," else ","
    whole, point, places = digits.partition(mark)
    wrong_groups = group in whole and not re.fullmatch(
        rf"[+-]?\d{{1,3}}(?:{re.escape(group)}\d{{3}})+", whole
    )
    if wrong_groups or group in places or mark in places or (point and not places):
        raise RowRefusedError(f'"{text}" is not a number with decimal mark "{mark}"')
    whole = whole.replace(group, "")
    if len(whole.lstrip("+-")) > DIGITS:
        raise RowRefusedError(f'"{text[:DIGITS]}…" is too long a number; correct the row')
    return Decimal(whole + ("." + places if places else ""))
