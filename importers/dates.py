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
        "ene feb mar abr may jun jul ago sep oct nov dic",
        "gen feb mar apr mag giu lug ago set ott nov dic",
        "jan fev mar abr mai jun jul ago set out nov dez",
        "jan feb mrt apr mei jun jul aug sep okt nov dec",
        "sty lut mar kwi maj cze lip sie wrz paź lis gru",
        "янв фев мар апр май июн июл авг сен окт ноя дек",
    )
    for number, name in enumerate(names.split(), 1)
}
_MONTHS |= {"mrz": 3, "maerz": 3, "june": 6, "july": 7, "juillet": 7, "sept": 9}
ORDERS = {"dmy": (0, 2), "mdy": (2, 0)}
LAST_MONTH = 12
#: So many texts of a file are not looked at again; most files have fewer days and times of day.
SEEN = 4096
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
    order = DateOrder(chosen)
    order.look(texts)
    return order.found()


class DateOrder:
    """Finds the order of a file's dates while the file is read; see `date_order`."""

    def __init__(self, chosen: str = "") -> None:
        self.chosen = chosen if chosen in ORDERS else ""
        self._firsts = self._seconds = 0
        self._example = ""
        self._seen: set[str] = set()

    def look(self, texts: Iterable[str]) -> None:
        """Take account of some dates; texts that are none mean nothing."""
        if self.chosen:
            return
        texts = set(texts) - self._seen
        if len(self._seen) < SEEN:
            self._seen |= texts
        for text in texts:
            if text[:4].isdigit():
                continue
            found = _NUMBERS.fullmatch(split_moment(text)[0])
            if found and found[2] != ".":
                first, second = int(found[1]), int(found[3])
                self._firsts = max(self._firsts, first)
                self._seconds = max(self._seconds, second)
                if first != second or not self._example:
                    self._example = min(self._example, text) if self._example else text

    @property
    def guess(self) -> str:
        """The order as far as it is known: `dmy` where both fit."""
        return self.chosen or ("mdy" if self._seconds > LAST_MONTH >= self._firsts else "dmy")

    def found(self) -> str:
        """The order that all dates fit.

        Raises:
            FileRefusedError: both fit, or neither.
        """
        is_day_first, is_month_first = self._firsts > LAST_MONTH, self._seconds > LAST_MONTH
        if self.chosen or not self._example or is_day_first != is_month_first:
            return self.guess
        if is_day_first:
            raise FileRefusedError(
                "some dates have the day first and others the month; export the file with one format"
            )
        raise FileRefusedError(
            f'"{self._example}" may have the day or the month first, and no date in the file tells;'
            " set `dates: dmy` or `dates: mdy` under `imports:` in projbill.yaml"
        )


class OtherOrderError(Exception):
    """Raised where a file turns out to have its dates in another order than its first rows let guess."""

    def __init__(self, order: str) -> None:
        super().__init__(order)
        self.order = order


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
