"""Rows of work out of a table whose columns are known by field.

A format declares which headers mean which field; everything else is the same for all of them.
"""

from __future__ import annotations

import re
from datetime import datetime
from datetime import timedelta
from itertools import islice
from operator import itemgetter
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from projbill_beancount.importers.amounts import amount_cells
from projbill_beancount.importers.clocktimes import ClockTimes
from projbill_beancount.importers.dates import DateOrder
from projbill_beancount.importers.dates import Dates
from projbill_beancount.importers.dates import OtherOrderError
from projbill_beancount.importers.dates import date_order
from projbill_beancount.importers.model import Content
from projbill_beancount.importers.model import RowRefusedError
from projbill_beancount.importers.model import Where
from projbill_beancount.importers.model import WorkRow
from projbill_beancount.importers.table import data_rows
from projbill_beancount.importers.table import take_rows
from projbill_beancount.importers.values import billable_of
from projbill_beancount.importers.values import duration_of
from projbill_beancount.importers.values import number_of
from projbill_beancount.importers.workcolumns import FIELDS
from projbill_beancount.importers.workcolumns import INVOICED
from projbill_beancount.importers.workcolumns import SUBTOTAL
from projbill_beancount.importers.workcolumns import ZERO
from projbill_beancount.importers.workcolumns import Extras
from projbill_beancount.importers.workcolumns import WorkColumns
from projbill_beancount.ledger.record import one_line

#: What the cells of `KIND` say: the people, the place, and whether it is billable.
_Kind = tuple[tuple[str, str], Where, "bool | None"]

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable
    from collections.abc import Iterator
    from collections.abc import Mapping
    from collections.abc import Sequence

    from projbill_beancount.importers.table import Table
    from projbill_beancount.terms.model import ImportSettings

_CURRENCY = re.compile(r"[A-Z][A-Z0-9'._-]*[A-Z0-9]")
_ONE_MARK = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")
_ISSUE = re.compile(r"^([A-Z][A-Z0-9_]+)-\d+$")
RUNNING = "running timer"
MINUTE = 60
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
#: So many rows are read at a time; their dates let guess the order of day and month.
CHUNK = 2000
#: The cells that are the same in many rows: who, where, and whether it is billable.
KIND = slice(FIELDS.index("person"), FIELDS.index("billable") + 1)
DATED = ("date", "start", "end", "end-date")


def read_work(table: Table, columns: WorkColumns, settings: ImportSettings) -> Content:
    """All rows of work in a table.

    They are `unread`: whoever takes them may be told then that the order of day and month cannot
    be told, by `FileRefusedError`, or is another than it seemed, by `OtherOrderError`.
    """
    content = Content()
    rows = data_rows(table, content)
    places = columns.places(table)
    content.amounts = amount_cells(table.columns, columns, places, settings.decimal)
    content.unread = _taken(rows, places, columns, settings, content)
    return content


def read_cells(
    rows: Iterable[tuple[int, list[str]]],
    places: Mapping[str, int],
    columns: WorkColumns,
    settings: ImportSettings,
    content: Content,
) -> Content:
    """Take rows of cells, with `places` by field, into `content`.

    Raises:
        FileRefusedError: the order of day and month cannot be told.
    """
    kept = list(rows)
    order = date_order(_dates(kept, places), settings.dates)
    reader = _Reader(Dates(order), places, columns, settings)
    content.work += take_rows(kept, reader.row, content)
    content.notices += reader.notices()
    return content


def _taken(
    rows: Iterator[tuple[int, list[str]]],
    places: Mapping[str, int],
    columns: WorkColumns,
    settings: ImportSettings,
    content: Content,
) -> Iterator[WorkRow]:
    """The rows of work, read while they are taken, so that a large file is never there whole.

    Raises:
        FileRefusedError: the order of day and month cannot be told.
        OtherOrderError: it is another than the first rows let guess.
    """
    last = content.notices[:]  # what a format says of every file comes after what is found in it
    content.notices.clear()
    order = DateOrder(settings.dates)
    some = list(islice(rows, CHUNK))
    order.look(_dates(some, places))
    guess = order.guess
    reader = _Reader(Dates(guess), places, columns, settings)
    while some:
        yield from take_rows(some, reader.row, content)
        some = list(islice(rows, CHUNK))
        order.look(_dates(some, places))
    if (found := order.found()) != guess:
        raise OtherOrderError(found)
    content.notices += [*reader.notices(), *last]


def _dates(rows: Sequence[tuple[int, list[str]]], places: Mapping[str, int]) -> set[str]:
    columns = [itemgetter(places[name]) for name in DATED if name in places]
    table = [cells for _, cells in rows]
    return set().union(*(map(column, table) for column in columns))


class _Reader:
    """Turns the rows of one table into rows of work, reading equal texts once."""

    def __init__(
        self,
        dates: Dates,
        places: Mapping[str, int],
        columns: WorkColumns,
        settings: ImportSettings,
    ) -> None:
        self.has = frozenset(places)
        self.has_zone = "zone" in self.has
        self.columns = columns
        self.empty = columns.empty
        self.mark = settings.decimal
        self.part = settings.partly_billed
        self.differing = 0
        self.taken_back = 0
        self.extras = Extras(columns, places, keep=settings.invoiced == "import")
        # A column that is not there is read from the empty cell that each row is given at its end.
        self._pick = itemgetter(*(places.get(name, -1) for name in FIELDS))
        self._kinds: dict[tuple[str, ...], _Kind] = {}
        self._wheres: dict[tuple[str, ...], Where] = {}
        self.times = ClockTimes(dates, self._text, date_only=columns.date_only)
        self._moment = self.times.moment
        self._durations: dict[str, int | None] = {"": None}

    def notices(self) -> list[str]:
        """What the person should know about the whole table."""
        notices = []
        if self.differing:
            notices.append(
                f"in {_rows(self.differing)} the duration differs from end − start by more than a"
                " minute; the duration counts"
            )
        if self.taken_back:
            notices.append(f"in {_rows(self.taken_back)} time is taken back: hours below zero")
        if not self.has & {"billable", "billed"}:
            notices.append("no column says what is billable; the contract's tasks decide")
        return notices

    def row(self, line: int, cells: list[str]) -> WorkRow | str:
        """The row, or the reason why it is skipped.

        Raises:
            RowRefusedError: a cell cannot be read.
        """
        taken = self._pick([*cells, ""])
        if taken[0] not in self.times.midnights and self.extras.is_sum(cells):
            return SUBTOTAL
        if not self.extras.is_needed:
            return self._work(line, cells, taken)
        if reason := self.extras.not_work(cells):
            return reason
        invoiced = self.extras.is_invoiced(cells)
        try:
            row = self._work(line, cells, self._full(cells, taken))
        except RowRefusedError:
            if invoiced:
                # What is left out anyhow keeps nothing else out.
                return INVOICED
            raise
        if isinstance(row, WorkRow) and (invoiced or self.extras.keep_invoiced):
            mark = "" if invoiced else self.extras.tool_invoice(cells)
            return row._replace(invoiced=invoiced, tool_invoice=mark)
        return row

    def _full(self, cells: list[str], taken: tuple[str, ...]) -> tuple[str, ...]:
        """The cells of a row, with those that stand in for empty ones."""
        full = dict(zip(FIELDS, taken, strict=True))
        full["person"] = full["person"] or self.extras.person(cells)
        if not self._text(full["note"]):
            full["note"] = self.extras.cell(cells, "subject")
        if "billable" not in self.has:
            worked = self._seconds(full["duration"]) or self._seconds(full["hours"])
            word, counts = self.extras.billed(cells, worked, self._seconds, self.part)
            full["billable"] = word
            if counts:
                full["duration"] = counts
        return tuple(full.values())

    def _work(self, line: int, cells: list[str], taken: tuple[str, ...]) -> WorkRow | str:
        (
            day_text,
            start_text,
            end_day,
            end_text,
            length,
            hours,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            note,
            role,
            rate,
            identity,
        ) = taken
        start = self._moment(start_text, day_text)
        end = self._moment(end_text, end_day or day_text)
        if self.has_zone:
            start, end = self._zoned(cells, start), self._zoned(cells, end)
        if start and end and (start.tzinfo is not end.tzinfo or end < start):
            end = self._after(start, end, own_day=end_day or end_text)
        seconds = self._durations[length] if length in self._durations else self._seconds(length)
        if seconds is None:
            seconds = self._seconds(hours)
        day = self.times.midnight(day_text).date() if start is None else start.date()
        if seconds is None and (start is None or end is None):
            return self._without_end(start, end_text)
        if seconds == 0 or (seconds is None and start == end):
            return RUNNING if "end" in self.has and start and not self._text(end_text) else ZERO
        if seconds is not None and seconds < 0:
            self.taken_back += 1
        elif seconds is not None and start is not None and end is not None:
            elapsed = end - start
            self.differing += abs(elapsed.days * 86_400 + elapsed.seconds - seconds) > MINUTE
        kind = self._kinds.get(taken[KIND])
        people, where, billable = kind or self._kind(taken[KIND])
        # By position, and unchecked: a call with this many names is most of what a row costs.
        return tuple.__new__(
            WorkRow,
            (
                line,
                people,
                where,
                day,
                start,
                end,
                seconds,
                billable,
                self._note(note),
                one_line(self._text(role)) if role else "",
                self._rate(rate) if rate else "",
                self._text(identity) if identity else "",
                cells,
                False,
                "",
            ),
        )

    def _zoned(self, cells: list[str], moment: datetime | None) -> datetime | None:
        """A time of day in the zone that its row names, if that is one; else as it is."""
        name = self.extras.cell(cells, "zone")
        if moment is None or moment.tzinfo is not None or "/" not in name:
            return moment
        try:
            return moment.replace(tzinfo=ZoneInfo(name))
        except (KeyError, OSError, ValueError) as error:
            raise RowRefusedError(f'"{name}" is no time zone such as Europe/Berlin') from error

    def _kind(self, cells: tuple[str, ...]) -> _Kind:
        """What the cells of `KIND` say.

        Raises:
            RowRefusedError: whether it is billable is neither yes nor no.
        """
        person, email, *place, word = cells
        people = (self._text(person), self._text(email))
        where = self._wheres.get(tuple(place)) or self._where(tuple(place))
        found = self._kinds[cells] = people, where, self._billable(word)
        return found

    def _billable(self, text: str) -> bool | None:
        word = self._text(text).lower()
        own = self.columns.billable
        use_own = word in own and (word or "billable" in self.has)
        return own[word] if use_own else billable_of(word)

    def _note(self, text: str) -> str:
        if text == self.empty:
            return ""
        return text.removeprefix(self.columns.guard) if self.columns.guard else text

    def _text(self, text: str) -> str:
        clean = text.strip()
        return "" if clean == self.empty else self._note(clean)

    def _where(self, place: tuple[str, ...]) -> Where:
        client, project, code, task, tags = map(self._text, place)
        tag_texts = tuple(tag.strip() for tag in tags.split(self.columns.tag_mark) if tag.strip())
        code = _ISSUE.sub(r"\1", code) if self.columns.key else code
        keys = {self.columns.key: (code,)} if self.columns.key and code else {}
        readings = self.columns.readings(client, project, code, task)
        found = self._wheres[place] = Where(readings, tag_texts, keys)
        return found

    def _rate(self, text: str) -> str:
        number, _, currency = self._text(text).partition(" ")
        if not number:
            return ""
        if not self.mark and _ONE_MARK.fullmatch(number):
            raise RowRefusedError(
                f'the rate "{text}" may be in thousands or have three places; set `decimal:` under'
                " `imports:` in projbill.yaml"
            )
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
            self._durations[text] = self._duration(clean) if clean else None
        return self._durations[text]

    def _duration(self, text: str) -> int:
        unit, whole = self.columns.unit, self.columns.whole
        if whole and text.isdigit():
            unit = whole
        if self.columns.negative and text.startswith("-"):
            return -duration_of(text[1:], self.mark, unit)
        return duration_of(text, self.mark, unit)

    def _without_end(self, start: datetime | None, end_text: str) -> str:
        if start is not None and self.has & {"end", "duration", "hours"}:
            return ZERO if self._text(end_text) else RUNNING
        raise RowRefusedError("the row has neither a duration nor a start and an end")

    def _after(self, start: datetime, end: datetime, own_day: str) -> datetime:
        """The end, on the next day if it is but a time of day before the start's."""
        if (start.tzinfo is None) != (end.tzinfo is None):
            raise RowRefusedError(
                f"of start ({start}) and end ({end}) only one has an offset from UTC; export both"
                " with it, or both without"
            )
        if end >= start:
            return end
        if len(own_day) > len("00:00:00 AM") or "end-date" in self.has:
            raise RowRefusedError(f"it ends ({end}) before it starts ({start})")
        return end + DAY


def _rows(number: int) -> str:
    return f"{number} row{'' if number == 1 else 's'}"
