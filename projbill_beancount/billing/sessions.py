"""Sessions of one person that coincide or intersect."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable
    from collections.abc import Mapping
    from collections.abc import Sequence

    from projbill_beancount.billing.time_checks import Blocks
    from projbill_beancount.facts.model import TimeEntry

Session = tuple[int, int, str, "TimeEntry"]


def check_sessions(
    time: Mapping[str, Sequence[TimeEntry]], open_entries: Iterable[TimeEntry], blocks: Blocks
) -> None:
    """Report look-alikes and overlaps in which at least one entry is not invoiced yet."""
    open_ids = {entry.id for entry in open_entries}
    open_days = {(entry.person, entry.date) for entry in open_entries if entry.start is not None}
    if not open_days:
        return
    sessions: dict[str, list[Session]] = {}
    copies = blocks.copies
    for entries in time.values():
        for entry in entries:
            start = entry.start
            if start is None or (entry.person, entry.date) not in open_days:
                continue
            if id(entry) not in copies:
                end = entry.end if entry.end is not None else start + entry.seconds
                session = (start, end, entry.id, entry)
                sessions.setdefault(entry.person, []).append(session)
    for person in sorted(sessions):
        _check_person(sorted(sessions[person], key=lambda item: item[:3]), open_ids, blocks)


def _check_person(sessions: Sequence[Session], open_ids: set[str], blocks: Blocks) -> None:
    """Compare each session with the one before it that lasts longest, and with its equal start."""
    longest: Session | None = None
    before: Session | None = None
    for session in sessions:
        start, end, identity, entry = session
        compared = longest
        if longest is not None and (start < longest[1] or start == longest[0]):
            first = longest[3]
            if identity in open_ids or first.id in open_ids:
                _compare(first, entry, min(end, longest[1]) - start, blocks)
        twin = before is not None and before is not compared and before[0] == start
        if before is not None and twin and not open_ids.isdisjoint((identity, before[2])):
            _compare(before[3], entry, 0, blocks)
        before = session
        if longest is None or end > longest[1]:
            longest = session


def _compare(first: TimeEntry, second: TimeEntry, shared: int, blocks: Blocks) -> None:
    """Two sessions of one person: look-alikes, else an overlap of `shared` seconds."""
    if first.id.partition("/")[0] == second.id.partition("/")[0]:
        return
    same_start = first.start == second.start
    tools = (_tool(first), _tool(second))
    if same_start and tools[0] != tools[1]:
        message = (
            f"entry {second.id} starts with {first.id} of another tool: the same work seems to "
            "be there twice; delete one or correct a start"
        )
        blocks.add(second, "time-possible-duplicate", message, "hold")
        blocks.reasons.setdefault(first.id, []).append(blocks.reasons[second.id][-1])
    elif same_start and (first.seconds, first.note) == (second.seconds, second.note):
        message = f"entry {second.id} looks like {first.id}: same person, start, length and text"
        blocks.report(second, "time-possible-duplicate", message)
    elif shared > 0:
        client_of = blocks.clients.get
        clients = [client_of(one.project, one.project) for one in (first, second)]
        across = clients[0] != clients[1]
        message = f"entry {second.id} overlaps {first.id} by {shared // 60} minutes"
        if across:
            message += f" for another client ({clients[0]}, {first.project})"
        blocks.report(second, "time-overlap", message, "error" if across else None)


def _tool(entry: TimeEntry) -> str:
    """The tool that an id begins with, without its workspace."""
    return entry.id.partition("-")[0].partition(".")[0]
