"""A session of work as the local days that it falls on, in elapsed seconds."""

from __future__ import annotations

from datetime import date
from datetime import datetime
from datetime import time
from datetime import timedelta
from datetime import timezone
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from projbill_beancount.importers.model import RowRefusedError

new = tuple.__new__
ONE_DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
LONGEST = 86_400
#: Clock texts of every minute of a day: datetime.isoformat() would cost more than all the rest.
MINUTES = tuple(f"{minute // 60:02}:{minute % 60:02}" for minute in range(24 * 60))


class Part(NamedTuple):
    """What of a session falls on one day; `start` and `end` are ISO 8601, empty if unknown."""

    date: date
    seconds: int
    start: str
    end: str


class _Regular(NamedTuple):
    """A day on which no clock is changed: its text up to the time, what ends a text, without seconds."""

    date: date
    begin: str
    offset: str
    zero: str


class Clock:
    """How times of an export (`source` zone) become times of a person (`local` zone).

    Either may be empty: then the other is taken for both; if both are, times stay without offset
    and count by the clock on the wall.
    """

    def __init__(self, source: str, local: str) -> None:
        self.source = ZoneInfo(source or local) if source or local else None
        self.local = ZoneInfo(local or source) if source or local else None
        self.is_same = self.source == self.local
        self._days: dict[int, _Regular | None] = {}

    def parts(
        self, day: date, start: datetime | None, end: datetime | None, seconds: int | None
    ) -> list[Part]:
        """The session, split at local midnight; a stated duration of `seconds` wins.

        Raises:
            RowRefusedError: it ends before it starts, or is longer than a day.
        """
        if start is None:
            return [Part(day, seconds or 0, "", "")]
        if start.tzinfo is None and (end is None or end.tzinfo is None):
            simple = self._simple(start, end, seconds)
            if simple is not None:
                return [simple]
        return self._split(start, end, seconds)

    def _simple(self, start: datetime, end: datetime | None, seconds: int | None) -> Part | None:
        """The one part of a session within a day on which no clock is changed, else None."""
        last = start + timedelta(seconds=seconds or 0) if end is None else end
        number = start.toordinal()
        if last.toordinal() != number:
            return None
        regular = self._days.get(number) or self._day(number)
        if regular is None:
            return None
        if seconds is None:
            seconds = (last - start) // SECOND
        day, begin, offset, zero = regular
        minute = MINUTES[start.hour * 60 + start.minute]
        second = start.second
        begun = f"{begin}{minute}:{second:02}{offset}" if second else f"{begin}{minute}{zero}"
        ended = ""
        if end is not None:
            minute = MINUTES[end.hour * 60 + end.minute]
            second = end.second
            ended = f"{begin}{minute}:{second:02}{offset}" if second else f"{begin}{minute}{zero}"
        return new(Part, (day, seconds, begun, ended))

    def _day(self, number: int) -> _Regular | None:
        """A day by its ordinal number, None if a clock is changed on it."""
        if number not in self._days:
            day = date.fromordinal(number)
            offset = self._regular_offset(day)
            self._days[number] = (
                None
                if offset is None
                else _Regular(day, f"{day.isoformat()}T", offset, f":00{offset}")
            )
        return self._days[number]

    def _regular_offset(self, day: date) -> str | None:
        """The local offset of the whole day as text; None if it changes or zones differ."""
        if self.local is None:
            return ""
        if self.source != self.local:
            return None
        midnight = datetime.combine(day, time(), self.local)
        offsets = {(midnight + ONE_DAY * part / 4).utcoffset() for part in range(5)}
        return midnight.isoformat()[19:] if len(offsets) == 1 else None

    def _split(self, start: datetime, end: datetime | None, seconds: int | None) -> list[Part]:
        begun = self._universal(start)
        ended = self._universal(end) if end is not None else None
        if ended is not None and end is not None and ended < begun:
            # In the hour that comes twice the later reading may be the one that was meant.
            ended = self._universal(end.replace(fold=1))
        if ended is None:
            ended = begun + timedelta(seconds=seconds or 0)
        if ended < begun:
            raise RowRefusedError(f"it ends ({end}) before it starts ({start})")
        elapsed = (ended - begun) // SECOND
        if elapsed > LONGEST:
            raise RowRefusedError(f"from {start} to {end} is longer than a day")
        return self._shared(begun, ended, elapsed if seconds is None else seconds)

    def _shared(self, begun: datetime, ended: datetime, seconds: int) -> list[Part]:
        """Parts by local day; `seconds` are shared in proportion and add up."""
        elapsed = (ended - begun) // SECOND
        parts, done, since = [], 0, begun
        while True:
            local = self._local(since)
            midnight = self._midnight(local)
            until = min(ended, midnight)
            share = (
                seconds * ((until - begun) // SECOND) // elapsed
                if elapsed and until < ended
                else seconds
            )
            parts.append(
                Part(local.date(), share - done, local.isoformat(), self._local(until).isoformat())
            )
            done, since = share, until
            if until >= ended:
                return [part for part in parts if part.seconds] or parts[:1]

    def _universal(self, moment: datetime) -> datetime:
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=self.source or timezone.utc)
        return moment.astimezone(timezone.utc)

    def _local(self, moment: datetime) -> datetime:
        if self.local is None:
            return moment.replace(tzinfo=None)
        return moment.astimezone(self.local)

    def _midnight(self, local: datetime) -> datetime:
        following = datetime.combine(local.date() + ONE_DAY, time(), local.tzinfo)
        return (
            self._universal(following) if local.tzinfo else following.replace(tzinfo=timezone.utc)
        )


@lru_cache(maxsize=256)
def clock(source: str, local: str) -> Clock:
    """The clock of two zones by name, made once."""
    return Clock(source, local)
