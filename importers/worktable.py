"""Rows of work out of a table whose columns are known by field.

A format declares which headers mean which field; everything else is the same for all of them.
"""

from __future__ import annotations

import re
from datetime import datetime
from datetime import time
from datetime import timedelta
from operator import itemgetter
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.importers.dates import Dates
from projbill_beancount.importers.dates import date_order
from projbill_beancount.importers.dates import split_moment
from projbill_beancount.importers.model import Content
from projbill_beancount.importers.model import Reading
from projbill_beancount.importers.model import RowRefusedError
from projbill_beancount.importers.model import Where
from projbill_beancount.importers.model import WorkRow
from projbill_beancount.importers.table import data_rows
from projbill_beancount.importers.table import take_rows
from projbill_beancount.importers.values import billable_of
from projbill_beancount.importers.values import duration_of
from projbill_beancount.importers.values import number_of
from projbill_beancount.importers.values import time_of_day
from projbill_beancount.ledger.record import one_line

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Mapping

    from projbill_beancount.importers.table import Table
    from projbill_beancount.terms.model import ImportSettings

_CURRENCY = re.compile(r"[A-Z][A-Z0-9'._-]*[A-Z0-9]")
RUNNING = "running timer"
ZERO = "zero duration"
MINUTE = 60
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
DATED = ("date", "start", "end", "end-date")


class WorkColumns(NamedTuple):
    """Which headers mean a field, the first that a table has; `empty` is an empty cell's text.

    Fields: date, start, end-date, end, duration, hours, person, email, client, project, task,
    tags, note, billable, role, rate, id.
    """

    headers: Mapping[str, tuple[str, ...]]
    empty: str = ""

    def places(self, table: Table) -> dict[str, int]:
        """The column of each field that the table has."""
        found = {name: table.column(*texts) for name, texts in self.headers.items()}
        return {name: place for name, place in found.items() if place is not None}


def read_work(table: Table, columns: WorkColumns, settings: ImportSettings) -> Content:
    """All rows of work in a table.

    Raises:
        FileRefusedError: the order of day and month cannot be told.
    """
    content = Content()
    places = columns.places(table)
    rows = list(data_rows(table, content))
    dated = [places[name] for name in DATED if name in places]
    order = date_order((cells[place] for _, cells in rows for place in dated), settings.dates)
    reader = _Reader(Dates(order), places, columns.empty, settings.decimal)
    content.work += take_rows(rows, reader.row, content)
    content.notices += reader.notices()
    return content


#: The cells that `_Reader` takes of every row, in this order.
FIELDS = (
    *("date", "start", "end-date", "end", "duration", "hours", "person", "email", "client"),
    *("project", "task", "tags", "billable", "note", "role", "rate", "id"),
)


class _Reader:
    """Turns the rows of one table into rows of work, reading equal texts once."""

    def __init__(self, dates: Dates, places: Mapping[str, int], empty: str, mark: str) -> None:
        self.dates = dates
        self.has = frozenset(places)
        self.empty = empty
        self.mark = mark
        self.differing = 0
        # A column that is not there is read from the empty cell that each row is given at its end.
        self._pick = itemgetter(*(places.get(name, -1) for name in FIELDS))
        self._wheres: dict[tuple[str, ...], Where] = {}
        self._people: dict[tuple[str, str], tuple[str, ...]] = {}
        self._midnights: dict[str, datetime] = {}
        self._clocks: dict[str, timedelta] = {}
        self._durations: dict[str, int | None] = {"": None}

    def notices(self) -> list[str]:
        """What the person should know about the whole table."""
        notices = []
        if self.differing:
            notices.append(
                f"in {self.differing} rows the duration differs from end − start by more than a"
                " minute; the duration counts"
            )
        if "billable" not in self.has:
            notices.append("no column says what is billable; the contract's tasks decide")
        return notices

    def row(self, line: int, cells: list[str]) -> WorkRow | str:
        """The row, or the reason why it is skipped.

        Raises:
            RowRefusedError: a cell cannot be read.
        """
        day_text, start_text, end_day, end_text, length, hours, *names = self._pick([*cells, ""])
        person, email, client, project, task, tags, billable, note, role, rate, identity = names
        start = self._moment(start_text, day_text)
        end = self._moment(end_text, end_day or day_text)
        seconds = self._seconds(length)
        if seconds is None:
            seconds = self._seconds(hours)
        if start is None or end is None:
            day = self._midnight(day_text).date() if start is None else start.date()
        elif (start.tzinfo is None) != (end.tzinfo is None):
            raise RowRefusedError(
                f"of start ({start}) and end ({end}) only one has an offset from UTC; export both"
                " with it, or both without"
            )
        else:
            day = start.date()
            if end < start:
                end = self._next_day(start, end, own_day=end_day or end_text)
        if seconds is None:
            if start is None or end is None:
                return self._without_end(start, end_text)
            if end == start:
                return ZERO
        elif seconds == 0:
            return ZERO
        elif start is not None and end is not None:
            self.differing += abs((end - start) // SECOND - seconds) > MINUTE
        place = (client, project, task, tags)
        people = (person, email)
        return WorkRow(
            line,
            self._people.get(people) or self._named(people),
            self._wheres.get(place) or self._where(place),
            day,
            start,
            end,
            seconds,
            billable_of(billable),
            "" if note == self.empty else note,
            one_line(self._text(role)) if role else "",
            self._rate(rate) if rate else "",
            self._text(identity) if identity else "",
            cells,
        )

    def _text(self, text: str) -> str:
        clean = text.strip()
        return "" if clean == self.empty else clean

    def _where(self, place: tuple[str, str, str, str]) -> Where:
        client, project, task, tags = map(self._text, place)
        tag_texts = tuple(tag.strip() for tag in tags.split(",") if tag.strip())
        found = self._wheres[place] = Where((Reading(client, project, task),), tag_texts)
        return found

    def _named(self, people: tuple[str, str]) -> tuple[str, ...]:
        found = self._people[people] = tuple(map(self._text, people))
        return found

    def _rate(self, text: str) -> str:
        number, _, currency = self._text(text).partition(" ")
        if not number:
            return ""
        price = number_of(number, self.mark)
        if price < 0:
            raise RowRefusedError(f'the rate "{text}" is negative')
        currency = currency.strip()
        if currency and not _CURRENCY.fullmatch(currency):
            raise RowRefusedError(f'the rate "{text}" is not a price such as 165 or 165 EUR')
        return f"{price:f} {currency}".strip()

    def _seconds(self, text: str) -> int | None:
        if text not in self._durations:
            clean = self._text(text)
            self._durations[text] = duration_of(clean, self.mark) if clean else None
        return self._durations[text]

    def _without_end(self, start: datetime | None, end_text: str) -> str:
        if start is not None and self.has & {"end", "duration", "hours"}:
            return ZERO if self._text(end_text) else RUNNING
        raise RowRefusedError("the row has neither a duration nor a start and an end")

    def _next_day(self, start: datetime, end: datetime, own_day: str) -> datetime:
        """The end of a session past midnight whose end is only a time of day."""
        if len(own_day) > len("00:00:00 AM") or "end-date" in self.has:
            raise RowRefusedError(f"it ends ({end}) before it starts ({start})")
        return end + DAY

    def _midnight(self, day_text: str) -> datetime:
        found = self._midnights.get(day_text)
        if found is None:
            clean = self._text(day_text)
            if not clean:
                raise RowRefusedError("the row has no date")
            day = self.dates(split_moment(clean)[0])
            found = self._midnights[day_text] = datetime.combine(day, time())
        return found

    def _moment(self, text: str, day_text: str) -> datetime | None:
        clock = self._clocks.get(text)
        if clock is not None and day_text:
            return self._midnight(day_text) + clock
        clean = self._text(text)
        if not clean:
            return None
        if "T" in clean[8:11]:
            return self._iso(clean)
        own_day, own_clock = split_moment(clean)
        if own_clock and ":" not in own_day:
            return self._midnight(own_day) + timedelta(seconds=time_of_day(own_clock))
        self._clocks[text] = timedelta(seconds=time_of_day(clean))
        return self._midnight(day_text) + self._clocks[text]

    def _iso(self, text: str) -> datetime:
        try:
            moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
        except ValueError as error:
            raise RowRefusedError(f'"{text}" is not a time such as 2026-03-31T09:00') from error
        self.dates(text[:10])
        return moment
