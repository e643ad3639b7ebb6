"""Checks of time entries against each other: ids, days, sessions.

They look across projects, since the same hour can be sold twice to two clients.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.billing.findings import finding
from projbill_beancount.billing.sessions import check_sessions

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Collection
    from collections.abc import Container
    from collections.abc import Iterable
    from collections.abc import Mapping
    from collections.abc import Sequence
    from datetime import date

    from projbill_beancount.billing.invoiced import Invoiced
    from projbill_beancount.billing.model import Finding
    from projbill_beancount.facts.model import Problem
    from projbill_beancount.facts.model import TimeEntry
    from projbill_beancount.terms.model import Severity

DAY_SECONDS = 24 * 3600
MINUTE = 60


class Block(NamedTuple):
    """Why an entry cannot be billed: it holds the draft that would have it."""

    code: str
    message: str


class Blocks:
    """What holds single entries back.

    `copies` are the `id()` of entries that repeat another one and are left out; `reasons` maps an
    entry's id to its blocks; entries that are `apart` are on no draft, and hold none. `owners` maps
    a project as written to its contract's id, `clients` to the client that the work is done for.
    """

    def __init__(self, owners: Mapping[str, str], clients: Mapping[str, str]) -> None:
        self.owners = owners
        self.clients = clients
        self.copies: set[int] = set()
        self.apart: frozenset[str] = frozenset()
        self.reasons: dict[str, list[Block]] = {}
        self.findings: list[Finding] = []

    def add(
        self, entry: TimeEntry, code: str, message: str, severity: Severity | None = None
    ) -> None:
        """Hold the draft that `entry` would be on, and report it."""
        self.reasons.setdefault(entry.id, []).append(Block(code, message))
        self.report(entry, code, message, severity)

    def report(
        self, entry: TimeEntry, code: str, message: str, severity: Severity | None = None
    ) -> None:
        """Report a finding about `entry`."""
        project = self.owners.get(entry.project, entry.project)
        self.findings.append(
            finding(
                code,
                project,
                entry.date,
                message,
                entry.place,
                identity=entry.id,
                severity=severity,
            )
        )


def check_time(
    time: Mapping[str, Sequence[TimeEntry]],
    problems: Iterable[Problem],
    invoiced: Invoiced,
    owners: Mapping[str, str],
    clients: Mapping[str, str],
    as_of: date,
) -> Blocks:
    """Check every entry up to `as_of`; entries on an invoice are only looked at beside others."""
    blocks = Blocks(owners, clients)
    billed = invoiced.entries
    seen = {entry.id: entry for entries in time.values() for entry in entries}
    if len(seen) < sum(map(len, time.values())):
        seen = _drop_copies(time, blocks)
    open_entries = [
        entry
        for entries in time.values()
        for entry in entries
        if entry.id not in billed and entry.date <= as_of and id(entry) not in blocks.copies
    ]
    for entry in open_entries:
        _check_entry(entry, seen, billed, blocks)
    _check_days(open_entries, seen.values(), blocks)
    check_sessions(time, open_entries, blocks)
    for problem in problems:
        if problem.entry:
            blocks.reasons.setdefault(problem.entry, []).append(
                Block(problem.code, problem.message)
            )
    return blocks


def _content(entry: TimeEntry) -> tuple[object, ...]:
    """What makes two entries of one id the same entry; notes may be corrected."""
    return (
        entry.date,
        entry.project,
        entry.person,
        entry.seconds,
        entry.account,
        entry.task,
        entry.role,
        entry.rate,
        entry.milestone,
    )


def _drop_copies(time: Mapping[str, Sequence[TimeEntry]], blocks: Blocks) -> dict[str, TimeEntry]:
    """Report ids that are there more than once; the first entry of each id, by id."""
    seen: dict[str, TimeEntry] = {}
    for entries in time.values():
        for entry in entries:
            first = seen.setdefault(entry.id, entry)
            if first is not entry:
                _report_copy(first, entry, blocks)
    return seen


def _report_copy(first: TimeEntry, entry: TimeEntry, blocks: Blocks) -> None:
    """Report an entry whose id was there before; within one project it is left out."""
    where = f"{first.file}:{first.line}"
    if _content(first) == _content(entry):
        message = f"entry {entry.id} is there twice, first at {where}: it counts once; delete one"
        blocks.report(entry, "time-duplicate", message)
    else:
        message = (
            f"entry {entry.id} is there twice with different content, first at {where}: "
            "delete the wrong one, or give it another id"
        )
        blocks.add(entry, "time-id-conflict", message)
        if first.project != entry.project:
            return
    blocks.copies.add(id(entry))


def _check_entry(
    entry: TimeEntry, seen: Container[str], billed: Container[str], blocks: Blocks
) -> None:
    """Check one entry on its own; `seen` and `billed` are the ids that it may correct."""
    if " " in entry.id or " " in entry.person or not entry.person:
        blocks.add(entry, "fact-invalid", _unfit_words(entry))
    if entry.seconds == 0:
        message = f"entry {entry.id} has a start and no end: a timer still runs; give it its hours"
        blocks.add(entry, "time-open", message)
    elif entry.seconds < 0 and not (entry.corrects in seen or entry.corrects in billed):
        wanted = (
            f"there is no entry {entry.corrects} that it corrects"
            if entry.corrects
            else "it does not say with `corrects:` which entry it corrects"
        )
        blocks.add(entry, "time-negative", f"entry {entry.id} is negative and {wanted}")
    if entry.start is None or entry.end is None:
        return
    span = entry.end - entry.start
    if span < 0:
        blocks.add(entry, "time-impossible", f"entry {entry.id} ends before it starts")
    elif abs(span - entry.seconds) > MINUTE and entry.seconds > 0:
        message = (
            f"entry {entry.id} has {_hours(entry.seconds)} h, but {_hours(span)} h lie between "
            "start and end; the posted hours count"
        )
        blocks.report(entry, "time-duration-differs", message)


def _unfit_words(entry: TimeEntry) -> str:
    """Why an invoice could not list an entry: its words there are set apart by blanks."""
    if not entry.person:
        return f'entry {entry.id} has no person; say whose work it is with `person: "ID"`'
    what, word = ("id", entry.id) if " " in entry.id else ("person", entry.person)
    return f'entry {entry.id}: {what} "{word}" holds a blank; an invoice could not list it'


def _check_days(
    open_entries: Collection[TimeEntry], all_entries: Iterable[TimeEntry], blocks: Blocks
) -> None:
    """Hold the open entries of a person's day of more than 24 hours."""
    open_dates = {entry.date for entry in open_entries}
    days: dict[tuple[str, date], int] = {}
    for entry in all_entries:
        if entry.date in open_dates:
            key = (entry.person, entry.date)
            days[key] = days.get(key, 0) + entry.seconds
    long_days = {key: seconds for key, seconds in days.items() if seconds > DAY_SECONDS}
    if not long_days:
        return
    for entry in open_entries:
        seconds = long_days.get((entry.person, entry.date))
        if seconds is not None:
            message = (
                f"entry {entry.id}: {entry.person} has {_hours(seconds)} h on {entry.date}, "
                "and a day has 24"
            )
            blocks.add(entry, "time-impossible", message)


def _hours(seconds: int) -> str:
    return f"{seconds // 3600}:{seconds % 3600 // 60:02}"
