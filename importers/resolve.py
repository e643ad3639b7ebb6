"""Rows of work as entries of the ledger: who, for which contract, on which local days."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.importers.kept import Found
from projbill_beancount.importers.matching import Matcher
from projbill_beancount.importers.matching import People
from projbill_beancount.importers.model import Refused
from projbill_beancount.importers.model import RowRefusedError
from projbill_beancount.importers.proposals import unknown_tasks
from projbill_beancount.importers.sessions import clock
from projbill_beancount.importers.workcolumns import INVOICED
from projbill_beancount.ledger.by_hand import id_part
from projbill_beancount.ledger.facts import LoggedTime
from projbill_beancount.ledger.facts import is_counted
from projbill_beancount.ledger.record import one_line
from projbill_beancount.ledger.record import quoted

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator
    from datetime import date

    from projbill_beancount.importers.matching import Match
    from projbill_beancount.importers.model import Content
    from projbill_beancount.importers.model import Where
    from projbill_beancount.importers.model import WorkRow
    from projbill_beancount.importers.sessions import Clock
    from projbill_beancount.terms.model import ImportSettings
    from projbill_beancount.terms.model import Terms

new = tuple.__new__
IGNORED = "ignored on purpose"


class _Kind(NamedTuple):
    """Who worked on what, on whose clock; `prefix` begins the ids of rows that have none."""

    person: str
    project: str
    task: str
    counted: bool
    clock: Clock
    prefix: str


class Resolver:
    """Resolves the rows of one file against the terms."""

    def __init__(self, terms: Terms, settings: ImportSettings) -> None:
        self.terms = terms
        self.settings = settings
        self.people = People(terms, settings)
        self.matcher = Matcher(terms, settings)
        self._known: dict[tuple[Where, tuple[str, ...], bool | None], _Kind] = {}
        self._kinds: dict[tuple[Match, str, bool | None], _Kind] = {}
        self._tasks: set[tuple[str, str]] = set()

    def resolve(self, content: Content) -> Iterator[Found]:
        """The sessions of all rows; rows that are left out or refused go to `content`.

        Raises:
            FileRefusedError, OtherOrderError: the rows turn out to be unreadable, or read wrongly.
        """
        for row in chain(content.work, content.unread):
            try:
                found = self._session(row)
            except RowRefusedError as error:
                if row.invoiced:
                    content.skipped[INVOICED] += 1
                else:
                    content.refused.append(self._refused(row, error))
                continue
            if found is None:
                content.skipped[IGNORED] += 1
            else:
                yield found

    def tell_tasks(self, content: Content) -> None:
        """Say in `content` which tasks of its rows the contracts lack, where that matters."""
        for project, one in unknown_tasks(self._tasks, self.terms.contracts, self.terms.firm.root):
            many = "is" if len(one.nearest) == 1 else "are"
            hint = (
                f"; nearest {many} {' or '.join(map(quoted, one.nearest))}" if one.nearest else ""
            )
            content.notices.append(f"{project} has no task {quoted(one.name)}{hint}")
            content.proposals.append(one)

    def _refused(self, row: WorkRow, error: RowRefusedError) -> Refused:
        """The refusal of a row, with what to do about its person too."""
        person = self.people.proposed(row.people)
        return Refused(row.line, str(error), tuple(dict.fromkeys((*error.proposals, *person))))

    def _session(self, row: WorkRow) -> Found | None:
        (
            line,
            people,
            where,
            day,
            start,
            end,
            seconds,
            billable,
            note,
            role,
            rate,
            identity,
            raw,
            invoiced,
            tool_invoice,
        ) = row
        key = (where, people, billable)
        known = self._known.get(key)
        kind = known or self._kind(where, people, day, billable)
        if kind is None:
            return None
        person, project, task, counted, wall, prefix = kind
        parts = wall.parts(day, start, end, seconds)
        if known is None:
            self._taken(key, kind)
        if identity:
            base = f"{self.settings.name}-{id_part(identity)}"
        elif start is None:
            base = f"{prefix}{day.isoformat()}-"
        else:
            begun = parts[0].start
            if not wall.is_same or not begun or start.tzinfo is not None:
                begun = start.isoformat()
            base = prefix + begun[:19].replace("-", "").replace(":", "")
        note = one_line(note)
        entries: tuple[LoggedTime, ...] = ()
        for on, worked, begun, ended in parts:
            # By position, and unchecked: a call with this many names would cost as much as all above.
            entry = (
                *(base, on, person, project, worked, counted, task, billable),
                *(note, role, rate, begun, ended, tool_invoice),
            )
            entries += (new(LoggedTime, entry),)
        return new(Found, (line, base, entries, raw, invoiced))

    def _kind(
        self, where: Where, people: tuple[str, ...], day: date, billable: bool | None
    ) -> _Kind | None:
        """What rows say that is the same for many of them; None if they are left out.

        Raises:
            RowRefusedError: the contract or the person is not known.
        """
        match = self.matcher.find(where, day)
        if match is None:
            return None
        person = self.people.find(people)
        key = (match, person, billable)
        found = self._kinds.get(key)
        if found is None:
            counted = is_counted(self.terms, *match, billable)
            prefix = f"{self.settings.name}-{id_part(person)}-"
            found = _Kind(person, *match, counted, self._clock(person), prefix)
            self._kinds[key] = found
        return found

    def _taken(self, key: tuple[Where, tuple[str, ...], bool | None], kind: _Kind) -> None:
        """Know a kind of rows from now on: one of them was taken."""
        self._tasks.add((kind.project, kind.task))
        if not self.matcher.is_dated:
            self._known[key] = kind

    def _clock(self, person: str) -> Clock:
        known = self.terms.firm.people.get(person)
        return clock(self.settings.zone, known.zone if known else "")
