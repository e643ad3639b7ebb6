"""Dates as exports write them; the order of day and month is decided for a whole file."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from projbill_beancount.importers.model import FileRefusedError
from projbill_beancount.importers.model import RowRefusedError

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable

_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d\d?)[-/.](\d\d?)")
_NUMBERS = re.compile(r"(\d\d?)([-/. ])(\d\d?)\2(\d{4}|\d\d)")
_NAMED = re.compile(r"(\d\d?)[-/. ]+([^\W\d_]{3,})[-/. ]+(\d{4}|\d\d)")

_MONTHS = {
    name: number
    for names in (
        "jan feb mar apr may jun jul aug sep oct nov dec",
        "jan feb mär apr mai jun jul aug sep okt nov dez",
        "janv févr mars avr mai juin juil août sept oct nov déc",
    )
    for number, name in enumerate(names.split(), 1)
}
_MONTHS |= {"mrz": 3, "maerz": 3, "june": 6, "july": 7, "sept": 9}
ORDERS = {"dmy": (0, 2), "mdy": (2, 0)}
LAST_MONTH = 12
#: Years in which somebody may have worked; a date outside is a slip of the pen.
YEARS = range(1900, 2200)


def split_moment(text: str) -> tuple[str, str]:
    """A date with a time as (date, time); the time is empty where there is none."""
    clean = text.strip()
    for gap in ("T", " "):
        before, found, after = clean.partition(gap)
        if found and ":" in after and len(before) > 5 and before[-1].isdigit():  # noqa: PLR2004
            return before, after.strip()
    found_time = re.search(r"\s(\d\d?:\d\d.*)$", clean)
    if found_time:
        return clean[: found_time.start()].rstrip(" ,"), found_time[1]
    return clean, ""


def date_order(texts: Iterable[str], chosen: str = "") -> str:
    """`dmy` or `mdy`: the order that all dates with a month in figures fit.

    `chosen` is the setting `dates:`, which wins. Dates that begin with the year, or name the
    month, or have dots between the figures, need no order.

    Raises:
        FileRefusedError: both fit, or neither.
    """
    if chosen in ORDERS:
        return chosen
    firsts, seconds, example = 0, 0, ""
    for text in set(texts):
        found = _NUMBERS.fullmatch(split_moment(text)[0])
        if found and found[2] != ".":
            first, second = int(found[1]), int(found[3])
            firsts, seconds = max(firsts, first), max(seconds, second)
            if first != second or not example:
                example = min(example, text) if example else text
    if not example or (firsts > LAST_MONTH) != (seconds > LAST_MONTH):
        return "mdy" if seconds > LAST_MONTH else "dmy"
    if firsts > LAST_MONTH:
        raise FileRefusedError(
            "some dates have the day first and others the month; export the file with one format"
        )
    raise FileRefusedError(
        f'"{example}" may have the day or the month first, and no date in the file tells; '
        "set `dates: dmy` or `dates: mdy` under `imports:` in projbill.yaml"
    )


class Dates:
    """Reads dates with the order of one file, each text once."""

    def __init__(self, order: str) -> None:
        self.order = order
        self._known: dict[str, date] = {}

    def __call__(self, text: str) -> date:
        """The date.

        Raises:
            RowRefusedError: it is none, does not exist, or is in no year of ours.
        """
        found = self._known.get(text)
        if found is None:
            found = self._read(text)
            if found.year not in YEARS:
                raise RowRefusedError(f'the year of "{text}" cannot be right; correct the date')
            self._known[text] = found
        return found

    def _read(self, text: str) -> date:
        clean = text.strip()
        try:
            if found := _YEAR_FIRST.fullmatch(clean):
                return date(int(found[1]), int(found[2]), int(found[3]))
            if found := _NUMBERS.fullmatch(clean):
                order = "dmy" if found[2] == "." and self.order != "mdy" else self.order
                numbers = (int(found[1]), 0, int(found[3]))
                day, month = ORDERS[order]
                return date(_year(found[4]), numbers[month], numbers[day])
            if found := _NAMED.fullmatch(clean):
                month = _month(found[2])
                return date(_year(found[3]), month, int(found[1]))
        except ValueError as error:
            raise RowRefusedError(f'the date "{text}" does not exist') from error
        raise RowRefusedError(f'"{text}" is not a date such as 2026-03-31')


def _year(text: str) -> int:
    return int(text) + (2000 if len(text) == 2 else 0)  # noqa: PLR2004


def _month(name: str) -> int:
    word = name.lower()
    found = _MONTHS.get(word) or _MONTHS.get(word[:3])
    if found is None:
        raise RowRefusedError(f'"{name}" is not a month')
    return found
