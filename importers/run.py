"""Importing as the command line does it: the plan for a ledger, and its report for people."""

from __future__ import annotations

import contextlib
import gc
import os
from pathlib import Path
from typing import TYPE_CHECKING

from beancount.parser import parser

from projbill_beancount.importers.known import KnownFacts
from projbill_beancount.importers.plan import FileReport
from projbill_beancount.importers.plan import ImportPlan
from projbill_beancount.importers.plan import Planner
from projbill_beancount.importers.updating import Updater
from projbill_beancount.terms.accounts import accounts_of

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable
    from collections.abc import Iterable
    from collections.abc import Iterator
    from collections.abc import Mapping
    from collections.abc import Sequence

    from beancount.core.data import Directive

    from projbill_beancount.facts.model import Facts
    from projbill_beancount.terms.model import Terms

SHOWN_ROWS = 5
LONGEST_LINE = 1000


def plan_for_ledger(
    paths: Sequence[str],
    ledger: str,
    terms: Terms,
    existing: Iterable[Directive],
    options: Mapping[str, object] | None = None,
    facts: Facts | None = None,
    *,
    update: bool = False,
    done: Callable[[float], None] = lambda _: None,
) -> ImportPlan:
    """What the exports would bring to a ledger; nothing is written.

    `existing` and `options` are the ledger's as Beancount loaded it. Files of time and expenses
    that stand where this ledger's are written, but that it does not include, count as well: importing twice adds
    nothing even then. Load and plan within `ledger_lock` if `write_records`
    follows. With the ledger's `facts` the plan says which changed rows may be taken, and with
    `update` it takes them. `done` is told how much of the reading is done, from 0 to 1.

    Raises:
        LedgerWriteError: entries cannot be replaced, with the reason.
    """
    with _collector_paused():
        known = KnownFacts(terms, options)
        entries = [*existing]
        for path in _left_out(ledger, terms, options):
            entries += parser.parse_file(path)[0]
        known.read(entries)
        updater = None
        if facts is not None:
            accounts = accounts_of(terms.firm, options)
            updater = Updater(terms, accounts, facts, known, entries, ledger, options)
        planner = Planner(terms, known, options, updater, update=update, done=done)
        files = planner.files(paths)
        return ImportPlan(files, updater.changes() if updater else ())


@contextlib.contextmanager
def _collector_paused() -> Iterator[None]:
    """Keep the garbage collector from looking through rows that all live on: a fourth of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _left_out(ledger: str, terms: Terms, options: Mapping[str, object] | None) -> list[str]:
    included = (options or {}).get("include")
    assert included is None or isinstance(included, (list, tuple))
    there = {os.path.realpath(path) for path in included or ()}
    folder = Path(ledger).absolute().parent
    files: dict[Path, None] = {}
    for pattern in (terms.firm.files.time, terms.firm.files.expenses):
        for field in ("{year}", "{month:02}", "{month}", "{day:02}", "{day}"):
            pattern = pattern.replace(field, "*")  # noqa: PLW2901 - what is left is a glob
        found = [folder / pattern] if "*" not in pattern else sorted(folder.glob(pattern))
        files |= dict.fromkeys(found)
    return [str(path) for path in files if path.is_file() and os.path.realpath(path) not in there]


def report_lines(report: FileReport) -> list[str]:
    """A file's report for people, one line each: first the sums, then what needs attention."""
    skipped = sum(report.skipped.values())
    changed = sum(change.rows for change in report.changed)
    sums = (
        f"{report.rows} rows: {report.new} new, {report.known} known, {changed} changed,"
        f" {skipped} skipped, {len(report.refused)} refused"
    )
    title = f"{report.path} ({report.format})" if report.format else report.path
    lines = [f"{title}: {sums}" + ("; nothing of it is written" if report.is_refused else "")]
    lines += [f"  skipped {count}: {reason}" for reason, count in report.skipped.items()]
    for change in report.changed:
        what = "updated" if change.update == "done" else "left as it is"
        why = f"; {change.reason}" if change.reason else ""
        if change.update == "possible":
            why = "; --update takes it"
        lines.append(
            f"  changed {change.id} (line {change.line}), {what}: {change.old} → {change.new}{why}"
        )
    lines += [f"  note: {notice}" for notice in report.notices]
    return list(map(_line, lines))


def refusal_lines(report: FileReport) -> list[str]:
    """Why a file is refused, `file:line: reason`; rows with the same reason share a line."""
    reasons: dict[str, list[int]] = {}
    for refused in report.refused:
        reasons.setdefault(refused.reason, []).append(refused.line)
    return [
        f"{report.path}:{lines[0]}: {_line(reason)}{_also(lines[1:])}"
        for reason, lines in reasons.items()
    ]


def proposal_lines(reports: Iterable[FileReport]) -> list[str]:
    """What to paste so that all is known, each line under a comment; the same thing is told once."""
    told = dict.fromkeys(one for report in reports for one in report.proposals)
    lines: dict[str, list[str]] = {}
    for one in told:
        near = f", nearest {' or '.join(one.nearest)}" if one.nearest else ""
        title = f"# unknown {one.kind} {one.name}{near}"
        lines.setdefault(_line(title), []).extend(one.lines)
    return [line for title, found in lines.items() for line in (title, *found)]


def _line(text: str) -> str:
    """What a cell with line ends, or a very long one, made of a message: one line to read."""
    line = " ".join(text.splitlines())
    return line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]}…"


def _also(lines: list[int]) -> str:
    if not lines:
        return ""
    shown = ", ".join(map(str, lines[:SHOWN_ROWS]))
    more = f" and {len(lines) - SHOWN_ROWS} more" if len(lines) > SHOWN_ROWS else ""
    return f" (also line{'' if len(lines) == 1 else 's'} {shown}{more})"
