"""Which sessions of an export are new, known, or changed since they were imported.

The id of a session comes from the tool, or from person and start; sessions that share a base id
are told apart by a number. Never from text, which people correct.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.importers.kept import session_id
from projbill_beancount.importers.known import content_of

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import MutableSequence
    from collections.abc import Sequence

    from projbill_beancount.importers.kept import Found
    from projbill_beancount.importers.kept import KeptSessions
    from projbill_beancount.importers.known import KnownFacts
    from projbill_beancount.importers.known import Session


class Altered(NamedTuple):
    """A session that the ledger has under that id with another content.

    It is doubtful where the id alone does not say that it is the same: of several sessions of one
    start, or of a day.
    """

    id: str
    session: Found
    old: Session
    is_doubtful: bool


class Verdict(NamedTuple):
    """What is to be done about the sessions of an export, as far as their numbers do not say it.

    `new`, `known` and `left_out` count sessions; what was invoiced in the tool is left out, and
    `marked` are those of it that the ledger has. `left` are ids of known sessions that share their
    base with some of the export, but meet none.
    """

    new: int
    known: int
    changed: list[Altered]
    left_out: int
    marked: int
    left: list[str]


def compare(sessions: KeptSessions, known: KnownFacts) -> Verdict:
    """Tell new, known and changed sessions apart, and give new ones their numbers.

    Equal contents are paired first; of the rest, what meets a known session of its base has
    changed, and what meets none is new with the next free number, in the order of contents, so
    that the order of rows in the export means nothing.
    """
    comparison = _Comparison(sessions.numbers)
    for group in sessions.groups():
        by_base: dict[str, list[tuple[int, Found]]] = {}
        for index in group:
            session = sessions[index]
            by_base.setdefault(session.base, []).append((index, session))
        for base, some in by_base.items():
            comparison.take(base, some, known.of(base) if base in known.sessions else {})
    return comparison.verdict()


class _Comparison:
    """Compares the sessions of one base after another."""

    def __init__(self, numbers: MutableSequence[int]) -> None:
        self.numbers = numbers
        self.changed: list[Altered] = []
        self.left: list[str] = []
        self.known = self.left_out = self.marked = 0

    def verdict(self) -> Verdict:
        """What was found, once all that must be compared was."""
        new = len(self.numbers) - self.known - len(self.changed) - self.left_out
        return Verdict(new, self.known, self.changed, self.left_out, self.marked, self.left)

    def take(self, base: str, some: Sequence[tuple[int, Found]], there: dict[int, Session]) -> None:
        """Compare all sessions of a base with those that are there."""
        rest = []
        free = dict(sorted(there.items()))
        for index, session in sorted(some, key=_order) if len(some) > 1 else some:
            content = tuple(map(content_of, session.entries))
            number = next((number for number, one in free.items() if one == content), None)
            if number is None:
                rest.append((index, session))
            else:
                del free[number]
                self.numbers[index] = 0
                self.known += 1
                self.marked += session.invoiced
        following = max(there, default=0)
        one = len(rest) == len(free) == 1
        several = len(there) > 1 or base.endswith("-")
        for index, session in rest:
            if session.invoiced and (not free or base.endswith("-")):
                # It may be any of the day; only the same content says that it is known.
                self.left_out += 1
                self.numbers[index] = 0
            elif free:
                number = next(iter(free))
                old = free.pop(number)
                doubtful = not one or (several and {part[2] for part in old} != _projects(session))
                self.changed.append(Altered(session_id(base, number), session, old, doubtful))
                self.marked += session.invoiced
                self.numbers[index] = 0
            else:
                following += 1
                self.numbers[index] = following
        if not base.endswith("-"):
            self.left.extend(session_id(base, number) for number in free)


def _projects(session: Found) -> set[str]:
    return {entry.project for entry in session.entries}


def _order(session: tuple[int, Found]) -> list[str]:
    return [repr(content_of(entry)) for entry in session[1].entries]


def numbered(session: Found, identity: str) -> Found:
    """The session with the ids of its entries."""
    first, *others = session.entries
    if first.id == identity and not others:
        return session
    entries = [first._replace(id=identity)]
    entries += [entry._replace(id=f"{identity}/{part}") for part, entry in enumerate(others, 2)]
    return session._replace(entries=tuple(entries))
