"""timedot files of hledger: days, and below each the accounts with dots or amounts of time.

A dot is a quarter of an hour, a bare number is hours. There are no times of day, so the day and a
running number make an entry's id. Who worked is `person:` of the import.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from projbill_beancount.importers.dates import YEARS
from projbill_beancount.importers.model import Content
from projbill_beancount.importers.model import Format
from projbill_beancount.importers.model import RowRefusedError
from projbill_beancount.importers.model import Where
from projbill_beancount.importers.model import WorkRow
from projbill_beancount.importers.table import take_rows
from projbill_beancount.importers.timeclock import readings_of
from projbill_beancount.importers.workcolumns import ZERO

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator

    from projbill_beancount.terms.model import ImportSettings
    from projbill_beancount.terms.model import Terms

HEAD = 65_536
QUARTER = 900
LONGEST = 86_400
_DAY = re.compile(r"(?:\*+\s+)?(\d{4})[-/.](\d\d?)[-/.](\d\d?)(?:\s+([^;]*))?(?:;.*)?")
_ENTRY = re.compile(r"\s*(?:\*+\s+)?(\S.*?)(?:(?:\s{2,}|\t)\s*([^\s;][^;]*?)?)?\s*(?:;\s*(.*))?")
_DOTS = re.compile(r"[. ]+")
_LETTERS = re.compile(r"[a-zA-Z]+")
_AMOUNT = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)\s*(mo|s|m|h|d|w|y)?")
#: As hledger has them: a day has 24 hours.
UNITS = {"s": 1, "m": 60, "": 3600, "h": 3600, "d": 86_400, "w": 604_800}
_SURE = re.compile(r"^\S.*?(?: {2,}|\t)\s*(?:\.[. ]*|\d+(?:\.\d+)?[smh])\s*(?:;.*)?$", re.MULTILINE)


def recognise(text: str, settings: ImportSettings) -> bool:
    """Whether `text` begins with a day and has nothing but days and times, some in dots or units.

    A bare number alone may be an amount of money in a journal.
    """
    del settings
    head = text[:HEAD]
    lines = list(_lines(head if len(text) <= HEAD else head.rpartition("\n")[0]))
    if not lines or not _DAY.fullmatch(lines[0][1]) or not _SURE.search(head):
        return False
    return all(_DAY.fullmatch(line) or _is_entry(line) for _, line in lines)


def nearly(text: str, settings: ImportSettings) -> str:
    """Nothing is almost a timedot file."""
    del text, settings
    return ""


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines that are neither blank, comments, nor org headings without an amount."""
    for number, line in enumerate(text.splitlines(), 1):
        clean = line.rstrip()
        bare = clean.lstrip()
        if not bare or bare[0] in "#;" or (bare[0] == "*" and not _is_line(clean)):
            continue
        yield number, clean


def _is_line(line: str) -> bool:
    return bool(_DAY.fullmatch(line)) or _is_entry(line)


def _is_entry(line: str) -> bool:
    found = _ENTRY.fullmatch(line)
    if not found or not found[2]:
        return False
    amount = found[2].strip()
    return any(one.fullmatch(amount) for one in (_DOTS, _LETTERS, _AMOUNT))


def read(text: str, settings: ImportSettings, terms: Terms) -> Content:
    """The entries of a timedot file."""
    del settings, terms
    content = Content()
    reader = _Reader(content)
    content.work += take_rows(reader.entries(text), reader.row, content)
    content.notices.append("timedot does not say what is billable; the contract's tasks decide")
    return content


class _Reader:
    """Reads entries below their day."""

    def __init__(self, content: Content) -> None:
        self.content = content
        self._wheres: dict[str, Where] = {}

    def entries(self, text: str) -> Iterator[tuple[int, tuple[str, str]]]:
        """Each line of work with the line of its day."""
        day = ""
        for number, line in _lines(text):
            if _DAY.fullmatch(line):
                day = line
            else:
                self.content.rows += 1
                yield number, (day, line)

    def row(self, number: int, found: tuple[str, str]) -> WorkRow | str:
        """The entry, or why it is skipped.

        Raises:
            RowRefusedError: it cannot be read, or stands below no day.
        """
        day_line, line = found
        entry = _ENTRY.fullmatch(line)
        if not day_line or entry is None:
            raise RowRefusedError(f'"{line.strip()}" stands below no day such as 2026-03-02')
        day, description = _day(day_line)
        account, amount, comment = entry[1].strip(), (entry[2] or "").strip(), entry[3] or ""
        seconds = _seconds(amount) if amount else 0
        if not seconds:
            return ZERO
        if account not in self._wheres:
            self._wheres[account] = Where(tuple(readings_of(account)))
        where = self._wheres[account]
        note = comment.strip() or description
        raw = (day_line, line.strip())
        return WorkRow(number, ("",), where, day, None, None, seconds, None, note, raw=raw)


def _day(line: str) -> tuple[date, str]:
    found = _DAY.fullmatch(line)
    assert found is not None
    try:
        day = date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError as error:
        raise RowRefusedError(f'the date of "{line}" does not exist') from error
    if day.year not in YEARS:
        raise RowRefusedError(f'the year of "{line}" cannot be right; correct the date')
    return day, (found[4] or "").strip()


def _seconds(amount: str) -> int:
    found = _AMOUNT.fullmatch(amount)
    if _DOTS.fullmatch(amount):
        seconds = amount.count(".") * QUARTER
    elif found and (found[2] or "") in UNITS:
        seconds = int((Decimal(found[1]) * UNITS[found[2] or ""]).to_integral_value())
    elif _LETTERS.fullmatch(amount):
        seconds = len(amount) * QUARTER
    else:
        raise RowRefusedError(f'"{amount}" is no time such as .... or 1.5 or 90m')
    if seconds > LONGEST:
        raise RowRefusedError(f'the duration "{amount}" is longer than a day')
    return seconds


TIMEDOT = Format("timedot", "timedot (hledger)", recognise, nearly, read)
