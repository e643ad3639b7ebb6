"""timeclock files of hledger, Ledger and timeclock.el."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.importers.dates import YEARS
from projbill_beancount.importers.model import Content
from projbill_beancount.importers.model import Format
from projbill_beancount.importers.model import Reading
from projbill_beancount.importers.model import Refused
from projbill_beancount.importers.model import Where
from projbill_beancount.importers.model import WorkRow
from projbill_beancount.importers.workcolumns import ZERO
from projbill_beancount.importers.worktable import RUNNING

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator

    from projbill_beancount.terms.model import ImportSettings
    from projbill_beancount.terms.model import Terms

_LINE = re.compile(
    r"([iobhO])\s+(\d{4})[-/.](\d\d?)[-/.](\d\d?)\s+(\d\d?):(\d\d)(?::(\d\d))?"
    r"(?:\s*[+-]\d{4}(?!\S))?(?:\s+(.*))?"
)
_CLOCK_LINE = re.compile(r"^i\s+\d{4}[-/.]\d\d?[-/.]\d\d?\s+\d\d?:\d\d", re.MULTILINE)
_BEGINS = re.compile(r"[ioO]\s+\d")
HEAD = 65_536


class _Session(NamedTuple):
    line: int
    start: datetime
    account: str
    note: str
    raw: str


def recognise(text: str, settings: ImportSettings) -> bool:
    """Whether `text` has a clock-in line near its beginning."""
    del settings
    return _CLOCK_LINE.search(text[:HEAD]) is not None


def nearly(text: str, settings: ImportSettings) -> str:
    """Nothing is almost a timeclock file."""
    del text, settings
    return ""


def read(text: str, settings: ImportSettings, terms: Terms) -> Content:
    """The sessions of a timeclock file; one still open at its end is a running timer."""
    del settings, terms
    content = Content()
    waiting: list[_Session] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not _BEGINS.match(line):
            continue
        found = _LINE.fullmatch(line.rstrip())
        moment = _moment(found) if found else None
        if found is None or moment is None:
            content.rows += 1
            content.refused.append(
                Refused(
                    number,
                    f'"{line.strip()}" is not a clock line such as'
                    " `i 2026-03-02 09:00:00 acme:web  note`",
                )
            )
            continue
        rest = (found[8] or "").strip()
        if found[1] == "i":
            content.rows += 1
            account, note = _account_and_note(rest)
            waiting.append(_Session(number, moment, account, note, line))
        else:
            _close(waiting, number, moment, rest, line, content)
    content.skipped[RUNNING] += len(waiting)
    content.work.sort(key=lambda row: row.line)
    content.notices.append("timeclock does not say what is billable; the contract's tasks decide")
    return content


def _moment(found: re.Match[str]) -> datetime | None:
    try:
        moment = datetime(*(int(found[group] or 0) for group in range(2, 8)))  # type: ignore[arg-type]  # noqa: DTZ001
    except ValueError:
        return None
    return moment if moment.year in YEARS else None


def _account_and_note(rest: str) -> tuple[str, str]:
    """Account, and description or comment: two blanks or a tab end an account."""
    text, _, comment = rest.partition(";")
    account, *others = re.split(r"\s{2,}|\t", text.strip(), maxsplit=1)
    return account, (others[0] if others else comment).strip()


def _close(
    waiting: list[_Session], number: int, moment: datetime, rest: str, line: str, content: Content
) -> None:
    """End the session that the clock-out names, else the newest; its text may be a note."""
    if not waiting:
        content.rows += 1
        content.refused.append(Refused(number, "a clock-out without a clock-in before it"))
        return
    account, note = _account_and_note(rest)
    named = [index for index, session in enumerate(waiting) if account == session.account]
    session = waiting.pop(named[-1] if account and named else -1)
    if not (account and named):
        note = " ".join(rest.replace(";", " ").split())
    if moment < session.start:
        content.refused.append(
            Refused(number, f"the clock-out is before the clock-in of line {session.line}")
        )
    elif moment == session.start:
        content.skipped[ZERO] += 1
    else:
        content.work.append(
            WorkRow(
                session.line,
                ("",),
                Where(tuple(readings_of(session.account))),
                session.start.date(),
                session.start,
                moment,
                None,
                None,
                session.note or note,
                raw=(session.raw, line),
            )
        )


def readings_of(account: str) -> Iterator[Reading]:
    """What `a:b:c` may mean, most said first."""
    parts = [part.strip() for part in account.split(":")]
    if len(parts) > 2:  # noqa: PLR2004
        yield Reading(parts[0], parts[1], ":".join(parts[2:]))
    if len(parts) > 1:
        yield Reading("", parts[0], ":".join(parts[1:]))
        yield Reading(parts[0], ":".join(parts[1:]), "")
    yield Reading("", account, "")


TIMECLOCK = Format(
    "timeclock", "timeclock (hledger, Ledger, timeclock.el)", recognise, nearly, read
)
