"""Rows of work out of a table whose columns are known by field.

A format declares which headers mean which field; everything else is the same for all of them.
"""

from __future__ import annotations

from datetime import datetime
from datetime import time
from datetime import timedelta
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.importers.dates import Dates
from projbill_beancount.importers.dates import date_order
from projbill_beancount.importers.dates import split_moment
from projbill_beancount.importers.model import Content
from projbill_beancount.importers.model import Reading
from projbill_beancount.importers.model import Refused
from projbill_beancount.importers.model import RowRefusedError
from projbill_beancount.importers.model import WorkRow
from projbill_beancount.importers.table import data_rows
from projbill_beancount.importers.values import billable_of
from projbill_beancount.importers.values import duration_of
from projbill_beancount.importers.values import number_of
from projbill_beancount.importers.values import time_of_day

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Mapping
    from collections.abc import Sequence
    from datetime import date

    from projbill_beancount.importers.table import Table

    from projbill_beancount.terms.model import ImportSettings

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
    for line, cells in rows:
        try:
            found = reader.row(line, cells)
        except RowRefusedError as error:
            content.refused.append(Refused(line, str(error)))
            continue
        if isinstance(found, str):
            content.skipped[found] += 1
        else:
            content.work.append(found)
    content.notices += reader.notices()
    return content


class _Reader:
    """Turns the rows of one table into rows of work."""

    def __init__(self, dates: Dates, places: Mapping[str, int], empty: str, mark: str) -> None:
        self.dates = dates
        self.places = places
        self.empty = empty
        self.mark = mark
        self.differing = 0
        self._readings: dict[tuple[str, str, str], tuple[Reading, ...]] = {}
        self._moments: dict[tuple[str, int], datetime] = {}

    def notices(self) -> list[str]:
        """What the person should know about the whole table."""
        notices = []
        if self.differing:
            notices.append(
                f"in {self.differing} rows the duration differs from end − start by more than a"
                " minute; the duration counts"
            )
        if "billable" not in self.places:
            notices.append("no column says what is billable; the contract's tasks decide")
        return notices

    def row(self, line: int, cells: Sequence[str]) -> WorkRow | str:
        """The row, or the reason why it is skipped.

        Raises:
            RowRefusedError: a cell cannot be read.
        """
        day, start, end = self._span(cells)
        seconds = self._seconds(cells)
        if seconds is None:
            if start is None or end is None:
                return self._without_end(cells, start)
            if end == start:
                return ZERO
        elif seconds == 0:
            return ZERO
        elif start is not None and end is not None and start.tzinfo is end.tzinfo:
            self.differing += abs((end - start) // SECOND - seconds) > MINUTE
        get = self._cell
        place = (get(cells, "client"), get(cells, "project"), get(cells, "task"))
        readings = self._readings.get(place)
        if readings is None:
            readings = self._readings[place] = (Reading(*place),)
        return WorkRow(
            line,
            (get(cells, "person"), get(cells, "email")),
            readings,
            day,
            start,
            end,
            seconds,
            billable_of(get(cells, "billable")),
            get(cells, "note"),
            get(cells, "tags"),
            get(cells, "role"),
            self._rate(get(cells, "rate")),
            get(cells, "id"),
            cells,
        )

    def _rate(self, text: str) -> str:
        if not text:
            return ""
        number, _, currency = text.partition(" ")
        price = number_of(number, self.mark)
        if price < 0:
            raise RowRefusedError(f'the rate "{text}" is negative')
        return f"{price:f} {currency.strip()}".strip()

    def _without_end(self, cells: Sequence[str], start: datetime | None) -> str:
        ends = [name for name in ("end", "end-date") if name in self.places]
        if start is not None and (ends or "duration" in self.places):
            return RUNNING if not any(self._cell(cells, name) for name in ends) else ZERO
        raise RowRefusedError("the row has neither a duration nor a start and an end")

    def _cell(self, cells: Sequence[str], name: str) -> str:
        place = self.places.get(name)
        if place is None:
            return ""
        text = cells[place].strip()
        return "" if text == self.empty else text

    def _seconds(self, cells: Sequence[str]) -> int | None:
        text = self._cell(cells, "duration") or self._cell(cells, "hours")
        return duration_of(text, self.mark) if text else None

    def _span(self, cells: Sequence[str]) -> tuple[date, datetime | None, datetime | None]:
        """The day of the row, and its start and end where it has them."""
        day_text = self._cell(cells, "date")
        day = self.dates(split_moment(day_text)[0]) if day_text else None
        start = self._moment(self._cell(cells, "start"), day_text)
        end_day = self._cell(cells, "end-date")
        end_text = self._cell(cells, "end")
        end = self._moment(end_text, end_day or day_text)
        if day is None:
            if start is None:
                raise RowRefusedError("the row has no date")
            day = start.date()
        if start is not None and end is not None and end < start:
            if end_day or len(end_text) > len("00:00:00 AM"):
                raise RowRefusedError(f"it ends ({end}) before it starts ({start})")
            end += DAY
        return day, start, end

    def _moment(self, text: str, day_text: str) -> datetime | None:
        if not text:
            return None
        if text[-1:].isdigit() and len(text) <= 8 and day_text:  # noqa: PLR2004
            return self._at(day_text, time_of_day(text))
        if "T" in text[8:11]:
            try:
                return datetime.fromisoformat(text.replace("Z", "+00:00"))
            except ValueError as error:
                raise RowRefusedError(f'"{text}" is not a time such as 2026-03-31T09:00') from error
        own_day, clock = split_moment(text)
        if not clock or ":" in own_day:
            own_day, clock = day_text, text
        if not own_day:
            raise RowRefusedError(f'"{text}" has no date')
        return self._at(own_day, time_of_day(clock))

    def _at(self, day_text: str, seconds: int) -> datetime:
        found = self._moments.get((day_text, seconds))
        if found is None:
            midnight = datetime.combine(self.dates(split_moment(day_text)[0]), time())
            found = self._moments[day_text, seconds] = midnight + timedelta(seconds=seconds)
        return found
