"""What a file brings to the ledger, made when it is written: records of days, out of kept sessions."""

from __future__ import annotations

from array import array
from datetime import date
from typing import TYPE_CHECKING

from projbill_beancount.importers.identity import numbered
from projbill_beancount.importers.kept import session_id
from projbill_beancount.importers.updating import with_keys
from projbill_beancount.ledger.record import LazyRecords

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator
    from collections.abc import Mapping

    from projbill_beancount.importers.kept import Found
    from projbill_beancount.importers.kept import KeptSessions
    from projbill_beancount.ledger.facts import DayRecords
    from projbill_beancount.ledger.record import Place
    from projbill_beancount.ledger.record import Record
    from projbill_beancount.ledger.record import RecordText


class NewSessions:
    """The new sessions of a file with their ids, each read when its turn comes."""

    def __init__(self, sessions: KeptSessions) -> None:
        self.sessions = sessions

    def __iter__(self) -> Iterator[Found]:
        for index, number in enumerate(self.sessions.numbers):
            if number:
                found = self.sessions[index]
                yield numbered(found, session_id(found.base, number))


class TimeRecords(LazyRecords):
    """One record per person and day of the new sessions, in order of date and person.

    `kept` are the keys that people gave to entries which are moved, by their ids.
    """

    def __init__(
        self,
        sessions: KeptSessions,
        days: DayRecords,
        kept: Mapping[str, Mapping[str, str | bool]],
    ) -> None:
        self.sessions = sessions
        self.days = days
        self.kept = kept
        self._dates = array("I")
        self._people: list[str] = []
        self._ends = array("I")
        self._places = array("I")
        for day, person, places in sessions.new_days():
            self._places.extend(places)
            self._ends.append(len(self._places))
            self._dates.append(day.toordinal())
            self._people.append(person)

    def __len__(self) -> int:
        return len(self._dates)

    def places(self) -> Iterator[Place]:
        """Where each record is to be written."""
        return (("time", date.fromordinal(day)) for day in self._dates)

    def made(self, index: int) -> Record:
        """The record of a person's day."""
        entries = [self.sessions.entry(place) for place in self._of(index)]
        record = self.days.record(self._people[index], entries)
        return with_keys([record], self.kept)[0] if self.kept else record

    def text(self, index: int, hour: str) -> RecordText:
        """The text of a person's day."""
        if self.kept:
            return super().text(index, hour)
        sessions = self.sessions
        places = self._of(index)
        ordered = sorted(zip(sessions.texts(places), places, strict=True), key=_order)
        works = [sessions.work(place) for _, place in ordered]
        day = date.fromordinal(self._dates[index])
        return self.days.text(day, self._people[index], works, [text for text, _ in ordered], hour)

    def _of(self, index: int) -> array[int]:
        return self._places[self._ends[index - 1] if index else 0 : self._ends[index]]


def _order(entry: tuple[str, int]) -> tuple[str, str]:
    """An entry's start and id, as its metadata has them; the id is its first line."""
    text, _ = entry
    return text.partition('\n    start: "')[2].partition('"')[0], text
