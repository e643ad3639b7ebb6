"""Rows of work as entries of the ledger: who, for which contract, on which local days."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

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

    from projbill_beancount.importers.matching import Match
    from projbill_beancount.importers.model import Content
    from projbill_beancount.importers.model import Where
    from projbill_beancount.importers.model import WorkRow
    from projbill_beancount.importers.sessions import Clock
    from projbill_beancount.terms.model import ImportSettings
    from projbill_beancount.terms.model import Terms

new = tuple.__new__
IGNORED = "ignored on purpose"


class Resolver:
    """Resolves the rows of one file against the terms."""

    def __init__(self, terms: Terms, settings: ImportSettings) -> None:
        self.terms = terms
        self.settings = settings
        self.people = People(terms, settings)
        self.matcher = Matcher(terms, settings)
        self._known: dict[tuple[Where, tuple[str, ...]], tuple[Match, str, Clock]] = {}
        self._clocks: dict[str, Clock] = {}
        self._prefixes: dict[str, str] = {}
        self._counted: dict[tuple[Match, bool | None], bool] = {}

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
        said = {(match.project, match.task) for match, _ in self._counted}
        for project, one in unknown_tasks(said, self.terms.contracts, self.terms.firm.root):
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
        told = (where, people)
        known = self._known.get(told)
        if known is None:
            match = self.matcher.find(where, day)
            if match is None:
                return None
            person = self.people.find(people)
            wall = self._clocks.get(person) or self._clock(person)
            if not self.matcher.is_dated:
                self._known[told] = match, person, wall
        else:
            match, person, wall = known
        parts = wall.parts(day, start, end, seconds)
        key = (match, billable)
        counted = self._counted.get(key)
        if counted is None:
            counted = self._counted[key] = is_counted(self.terms, *match, billable)
        project, task = match
        note = one_line(note)
        if identity:
            base = f"{self.settings.name}-{id_part(identity)}"
        else:
            base = self._base(row, person, parts[0].start if wall.is_same else "")
        said = (counted, task, billable, note, role, rate)
        # By position, and unchecked: a call with this many names would cost as much as all above.
        entries = [
            new(LoggedTime, (base, on, person, project, worked, *said, begun, ended, tool_invoice))
            for on, worked, begun, ended in parts
        ]
        return Found(line, base, tuple(entries), raw, invoiced)

    def _base(self, row: WorkRow, person: str, begun: str) -> str:
        """The id without a number; `begun` is the start as the export has it, if it is at hand."""
        prefix = self._prefixes.get(person)
        if prefix is None:
            prefix = self._prefixes[person] = f"{self.settings.name}-{id_part(person)}-"
        if row.start is not None:
            if not begun or row.start.tzinfo is not None:
                begun = row.start.isoformat()
            return prefix + begun[:19].replace("-", "").replace(":", "")
        return f"{prefix}{row.day.isoformat()}-"

    def _clock(self, person: str) -> Clock:
        known = self.terms.firm.people.get(person)
        found = clock(self.settings.zone, known.zone if known else "")
        self._clocks[person] = found
        return found
