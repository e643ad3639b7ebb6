"""Which sessions of an export are new, known, or changed since they were imported.

The id of a session comes from the tool, or from person and start; sessions that share a base id
are told apart by a number. Never from text, which people correct.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.importers.known import content_of

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable
    from collections.abc import Sequence

    from projbill_beancount.importers.known import KnownFacts
    from projbill_beancount.importers.known import Session
    from projbill_beancount.ledger.facts import LoggedTime


class Found(NamedTuple):
    """A session of an export: its line, base id and entries, whose ids are not yet numbered.

    A base that ends in `-` is continued by a running number. What was `invoiced` in the tool is
    looked for, but is never new.
    """

    line: int
    base: str
    entries: tuple[LoggedTime, ...]
    raw: Sequence[str] = ()
    invoiced: bool = False


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
    """What is to be done about the sessions of an export; `left_out` was invoiced in the tool.

    `left` are ids of known sessions that share their base with some of the export, but meet none.
    """

    new: list[Found]
    known: list[Found]
    changed: list[Altered]
    left_out: list[Found]
    left: list[str]


def compare(found: Iterable[Found], known: KnownFacts) -> Verdict:
    """Tell new, known and changed sessions apart, and give new ones their ids.

    Equal contents are paired first; of the rest, what meets a known session of its base has
    changed, and what meets none is new with the next free number, in the order of contents, so
    that the order of rows in the export means nothing.
    """
    by_base: dict[str, list[Found]] = {}
    for session in found:
        by_base.setdefault(session.base, []).append(session)
    verdict = Verdict([], [], [], [], [])
    for base, sessions in by_base.items():
        there = known.of(base) if base in known.sessions else {}
        if there or len(sessions) > 1 or base.endswith("-") or sessions[0].invoiced:
            _compare_base(base, sessions, there, verdict)
        else:
            verdict.new.append(numbered(sessions[0], base))
    verdict.new.sort(key=lambda session: session.line)
    return verdict


def _compare_base(
    base: str, sessions: Sequence[Found], there: dict[int, Session], verdict: Verdict
) -> None:
    rest = []
    free = dict(sorted(there.items()))
    for session in sorted(sessions, key=_order):
        content = tuple(map(content_of, session.entries))
        number = next((number for number, one in free.items() if one == content), None)
        if number is None:
            rest.append(session)
        else:
            del free[number]
            verdict.known.append(session)
    following = max(there, default=0)
    one = len(rest) == len(free) == 1
    several = len(there) > 1 or base.endswith("-")
    for session in rest:
        if session.invoiced and (not free or base.endswith("-")):
            # It may be any of the day; only the same content says that it is known.
            verdict.left_out.append(session)
        elif free:
            number = next(iter(free))
            old = free.pop(number)
            doubtful = not one or (several and {part[2] for part in old} != _projects(session))
            verdict.changed.append(Altered(_name(base, number), session, old, doubtful))
        else:
            following += 1
            verdict.new.append(numbered(session, _name(base, following)))
    if not base.endswith("-"):
        verdict.left.extend(_name(base, number) for number in free)


def _projects(session: Found) -> set[str]:
    return {entry.project for entry in session.entries}


def _order(session: Found) -> list[str]:
    return [repr(content_of(entry)) for entry in session.entries]


def _name(base: str, number: int) -> str:
    if base.endswith("-"):
        return f"{base}{number}"
    return base if number == 1 else f"{base}~{number}"


def numbered(session: Found, identity: str) -> Found:
    """The session with the ids of its entries."""
    first, *others = session.entries
    if first.id == identity and not others:
        return session
    entries = [first._replace(id=identity)]
    entries += [entry._replace(id=f"{identity}/{part}") for part, entry in enumerate(others, 2)]
    return session._replace(entries=tuple(entries))
