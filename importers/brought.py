"""What a file brings to the ledger, made when it is written: records of days, out of kept sessions."""

from __future__ import annotations

from array import array
from datetime import date
from typing import TYPE_CHECKING

from projbill_beancount.importers.identity import numbered
from projbill_beancount.importers.identity import session_id
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


class NewSessions:
    """The new sessions of a file with their ids, each read when its turn comes."""

    def __init__(self, sessions: KeptSessions) -> None:
        self.sessions = sessions

    def __iter__(self) -> Iterator[Found]:
        for index, number in enumerate(self.sessions.numbers):
            if number:
                yield self.session(index)

    def session(self, index: int) -> Found:
        """The session at an index of the kept ones."""
        found = self.sessions[index]
        return numbered(found, session_id(found.base, self.sessions.numbers[index]))


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
        self.new = NewSessions(sessions)
        self.days = days
        self.kept = kept
        self._dates = array("I")
        self._ends = array("I")
        self._owners = array("I")
        for day, owners in sessions.new_days():
            self._owners.extend(owners)
            self._ends.append(len(self._owners))
            self._dates.append(day.toordinal())

    def __len__(self) -> int:
        return len(self._dates)

    def places(self) -> Iterator[Place]:
        """Where each record is to be written."""
        return (("time", date.fromordinal(day)) for day in self._dates)

    def made(self, index: int) -> Record:
        """The record of a person's day."""
        day = date.fromordinal(self._dates[index])
        owners = self._owners[self._ends[index - 1] if index else 0 : self._ends[index]]
        entries = [
            entry
            for owner in dict.fromkeys(owners)
            for entry in self.new.session(owner).entries
            if entry.date == day
        ]
        record = self.days.record(entries[0].person, entries)
        return with_keys([record], self.kept)[0] if self.kept else record
