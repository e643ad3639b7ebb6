"""What importing files would do to the ledger: nothing is written here."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.importers.brought import NewSessions
from projbill_beancount.importers.brought import TimeRecords
from projbill_beancount.importers.expenses import compare_expenses
from projbill_beancount.importers.expenses import shown_expense
from projbill_beancount.importers.formats import content_of_file
from projbill_beancount.importers.formats import recognise
from projbill_beancount.importers.identity import compare
from projbill_beancount.importers.kept import Found
from projbill_beancount.importers.known import KnownFacts
from projbill_beancount.importers.known import content_of
from projbill_beancount.importers.model import FileRefusedError
from projbill_beancount.importers.model import Refused
from projbill_beancount.importers.reading import ExportReader
from projbill_beancount.importers.same_hours import seen_elsewhere
from projbill_beancount.importers.tracked import TOGETHER
from projbill_beancount.importers.tracked import judged
from projbill_beancount.importers.vanished import missing
from projbill_beancount.importers.vanished import notice
from projbill_beancount.importers.vanished import vanished
from projbill_beancount.importers.workcolumns import INVOICED
from projbill_beancount.ledger.expenses import expense_record
from projbill_beancount.ledger.facts import DayRecords
from projbill_beancount.ledger.facts import ReportedProgress
from projbill_beancount.ledger.facts import hours
from projbill_beancount.ledger.facts import percent_text
from projbill_beancount.ledger.facts import progress_record
from projbill_beancount.ledger.record import JoinedRecords
from projbill_beancount.terms.accounts import accounts_of

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable
    from collections.abc import Iterable
    from collections.abc import Mapping
    from collections.abc import Sequence

    from projbill_beancount.importers.expenses import ChangedExpense
    from projbill_beancount.importers.formats import Recognised
    from projbill_beancount.importers.identity import Altered
    from projbill_beancount.importers.kept import KeptSessions
    from projbill_beancount.importers.known import ProgressContent
    from projbill_beancount.importers.known import TimeContent
    from projbill_beancount.importers.model import Content
    from projbill_beancount.importers.model import ProgressRow
    from projbill_beancount.importers.proposals import Proposal
    from projbill_beancount.importers.rewriting import Rewritten
    from projbill_beancount.importers.updating import Updater
    from projbill_beancount.importers.vanished import Missing
    from projbill_beancount.ledger.facts import LoggedTime
    from projbill_beancount.ledger.files import Change
    from projbill_beancount.ledger.record import Record
    from projbill_beancount.terms.model import Terms

BILLED_TWICE = (
    "{} of the entries that the ledger has are invoiced in the tool; see that they are not billed"
    " twice, `projbill write-off` takes them out"
)


class Changed(NamedTuple):
    """A row that the ledger has with another content.

    `update` is "possible" where the ledger's entry may be replaced and "done" where the plan does
    so; else it is reported and not written, and `reason` says why, as far as that was looked into.
    """

    line: int
    id: str
    old: str
    new: str
    rows: int = 1
    update: str = ""
    reason: str = ""


class FileReport(NamedTuple):
    """What became of a file's rows: `rows` = new + known + changed + skipped + refused.

    With a refused row nothing of the file is written, its new rows neither. A file that cannot be
    read at all has no rows and one refusal. `format` is empty where it is not known. `vanished` are
    ids of entries of its time that the ledger has and the file has not; that may be a filter's doing.
    `proposals` are lines that would make known what the file names and nobody knows.
    """

    path: str
    format: str
    rows: int
    new: int
    known: int
    changed: tuple[Changed, ...]
    skipped: Mapping[str, int]
    refused: tuple[Refused, ...]
    notices: tuple[str, ...]
    records: Sequence[Record] = ()
    cells: Mapping[str, Sequence[str]] = {}
    vanished: tuple[str, ...] = ()
    proposals: tuple[Proposal, ...] = ()

    @property
    def sources(self) -> Mapping[str, str]:
        """The export's row behind each id that the file brings, as text."""
        return {identity: " | ".join(cells) for identity, cells in self.cells.items()}

    @property
    def is_refused(self) -> bool:
        """Whether nothing of the file is written."""
        return bool(self.refused)


class ImportPlan(NamedTuple):
    """What the files would do, in the order given; `edits` are files with entries replaced."""

    files: tuple[FileReport, ...]
    edits: tuple[Change, ...] = ()

    @property
    def records(self) -> Sequence[Record]:
        """All transactions to be written."""
        return JoinedRecords(file.records for file in self.files)


class Planner:
    """Plans one file after the other; what a file brings is known to the next.

    An `updater` judges changed rows; with `update` those that may be taken are. With `cells` the
    reports have the cells of the rows that they bring.
    """

    def __init__(
        self,
        terms: Terms,
        known: KnownFacts,
        options: Mapping[str, object] | None = None,
        updater: Updater | None = None,
        *,
        update: bool = False,
        cells: bool = False,
        done: Callable[[float], None] = lambda _: None,
    ) -> None:
        self.terms = terms
        self.known = known
        self.accounts = accounts_of(terms.firm, options)
        self.updater = updater
        self.update = update
        self.cells = cells
        self._reader = ExportReader(terms, known, done, cells=cells)
        self._brought: Iterable[Found] = ()
        self._missing: list[Missing | None] = []
        self._moved: list[LoggedTime] = []
        self._kept_keys: dict[str, Mapping[str, str | bool]] = {}

    def files(self, paths: Sequence[str]) -> tuple[FileReport, ...]:
        """The reports on all files of an import."""
        reports = []
        self._reader.files = len(paths)
        for self._reader.at, path in enumerate(paths):
            self._missing.append(None)
            reports.append(self.file(path))
        if self.updater is None or not any(one and one.ids for one in self._missing):
            return tuple(reports)
        return tuple(map(_with_vanished, reports, vanished(self._missing, self.updater.taken)))

    def file(self, path: str) -> FileReport:
        """The report on one file, with the records that it brings."""
        form = ""
        try:
            found = recognise(content_of_file(path), self.terms.firm, path)
            form = found.format.name
            for entry in (entry for session in self._brought for entry in session.entries):
                self.known.add(entry.id, content_of(entry))
            self._brought = ()
            content, sessions = self._reader.read(found)
            found = found._replace(text="")  # it may be large, and nothing asks for it any more
        except FileRefusedError as error:
            refused = (Refused(error.line, str(error)),)
            return FileReport(path, form, 0, 0, 0, (), {}, refused, ())
        return self._planned(path, found, content, sessions)

    def _planned(
        self, path: str, found: Recognised, content: Content, sessions: KeptSessions
    ) -> FileReport:
        source = found.format.name
        verdict = compare(sessions, self.known)
        new = NewSessions(sessions)
        content.skipped[INVOICED] += verdict.left_out
        content.notices += seen_elsewhere(new, self.known, f"{found.settings.name}-")
        content.notices += [BILLED_TWICE.format(verdict.marked)] if verdict.marked else []
        progress = self._progress(content.progress)
        self._track(content, progress)
        expenses = compare_expenses(content, self.known.expenses)
        refused = tuple(sorted(content.refused))
        if self._missing and not refused:
            prefix = f"{found.settings.name}-"
            self._missing[-1] = missing(sessions, verdict.left, self.known, prefix)
        self._moved, self._kept_keys = [], {}
        taken = not refused
        changed = [self._changed(row, source, refused=not taken) for row in verdict.changed]
        changed += [self._report_changed(*row, source, take=taken) for row in progress.changed]
        changed += [self._expense_changed(row, source, take=taken) for row in expenses.changed]
        records: list[Sequence[Record]] = []
        cells: dict[str, Sequence[str]] = {}
        if not refused:
            self._brought = new
            if self.cells:
                cells = {one.id: session.raw for session in new for one in session.entries}
            for entry in self._moved:
                sessions.add(Found(0, entry.id, (entry,)), is_known=False)
            days = DayRecords(self.terms, self.accounts, source)
            others: list[Record] = []
            for report in progress.new:
                self.known.progress[report.id] = _progress_content(report)
                others.append(progress_record(report, self.terms, self.accounts, source))
            cells |= {row.id: row.raw for row in content.progress} | progress.cells
            for spent, raw in expenses.new:
                self.known.expenses.add(spent)
                others.append(expense_record(spent, self.terms, source))
                cells[spent.id] = raw
            records = [TimeRecords(sessions, days, self._kept_keys), others]
        return FileReport(
            path,
            source,
            content.rows,
            verdict.new + sum(progress.new_rows) + len(expenses.new),
            verdict.known + sum(progress.known_rows) + expenses.known,
            tuple(sorted(changed)),
            {reason: count for reason, count in sorted(content.skipped.items()) if count},
            refused,
            tuple(content.notices),
            JoinedRecords(records) if records else (),
            cells,
            proposals=_proposals(content),
        )

    def _changed(self, row: Altered, source: str, *, refused: bool) -> Changed:
        """What is said of a changed row; with `update` it is taken, if it may be."""
        session = row.session
        said = _shown(row.old), _shown(map(content_of, session.entries))
        changed = Changed(session.line, row.id, *said)
        if self.updater is None or refused:
            return changed
        verdict = self.updater.judge(row, source)
        if verdict.reason:
            return changed._replace(reason=verdict.reason)
        if not self.update:
            return changed._replace(update="possible")
        self.updater.take(row, verdict)
        self._moved += [moved.entry for moved in verdict.moved]
        self._kept_keys |= {moved.entry.id: moved.kept for moved in verdict.moved if moved.kept}
        return changed._replace(update="done")

    def _report_changed(
        self, changed: Changed, report: ReportedProgress, source: str, *, take: bool
    ) -> Changed:
        """What is said of a changed report; with `update` it is taken, if it may be."""
        if self.updater is None or not take:
            return changed
        old = self.known.progress.get(report.id)
        if old is None:
            return changed._replace(reason="the file says it twice, in other words")
        verdict = self.updater.rewriter.judge_report(old, report, source)
        if self._is_taken(verdict):
            self.known.progress[report.id] = _progress_content(report)
        return self._told(changed, verdict)

    def _expense_changed(self, row: ChangedExpense, source: str, *, take: bool) -> Changed:
        """What is said of a changed expense; with `update` it is taken, if it may be."""
        changed = _changed_expense(row)
        if self.updater is None or not take:
            return changed
        verdict = self.updater.rewriter.judge_expense(row, source)
        if self._is_taken(verdict):
            self.known.expenses.add(row.new)
        return self._told(changed, verdict)

    def _is_taken(self, verdict: Rewritten) -> bool:
        if verdict.reason or not self.update:
            return False
        assert self.updater is not None
        self.updater.rewriter.take(verdict)
        return True

    def _told(self, changed: Changed, verdict: Rewritten) -> Changed:
        if verdict.reason:
            return changed._replace(reason=verdict.reason)
        return changed._replace(update="done" if self.update else "possible")

    def _progress(self, rows: Sequence[ProgressRow]) -> _Progress:
        verdict = _Progress([], [], [], [], {})
        seen: dict[str, ProgressContent] = {}
        for row in rows:
            report = ReportedProgress(
                row.id, row.date, row.project, row.milestone, row.percent, row.accepted
            )
            content = _progress_content(report)
            old = seen.get(row.id) or self.known.progress.get(row.id)
            if old is None:
                verdict.new.append(report)
                verdict.new_rows.append(row.rows)
                seen[row.id] = content
            elif old == content:
                verdict.known_rows.append(row.rows)
            else:
                shown = _shown_progress(old), _shown_progress(content)
                changed = Changed(row.line, row.id, *shown, row.rows)
                verdict.changed.append((changed, report))
        return verdict

    def _track(self, content: Content, found: _Progress) -> None:
        """What issue trackers say, beside the reports of the same file."""
        there = dict(self.known.progress)
        for row in content.tracked:
            verdict = judged(row, there)
            if verdict.refused:
                content.refused.append(Refused(row.line, verdict.refused))
                content.skipped[TOGETHER] += row.rows - 1
                continue
            if verdict.skipped:
                content.skipped[verdict.skipped] += row.rows
                continue
            if verdict.day is None:
                found.known_rows.append(row.rows)
                continue
            report = ReportedProgress(
                verdict.id, verdict.day, row.project, row.milestone, row.percent, None
            )
            shown = _progress_content(report)
            if verdict.instead_of:
                texts = _shown_progress(there[verdict.id]), _shown_progress(shown)
                changed = Changed(row.line, verdict.id, *texts, row.rows)
                found.changed.append((changed, report))
                continue
            there[verdict.id] = shown
            found.new.append(report)
            found.new_rows.append(row.rows)
            found.cells[verdict.id] = row.raw


def _proposals(content: Content) -> tuple[Proposal, ...]:
    told = [one for refused in content.refused for one in refused.proposals]
    return tuple(dict.fromkeys([*told, *content.proposals]))


def _with_vanished(report: FileReport, gone: tuple[str, ...]) -> FileReport:
    if not gone:
        return report
    return report._replace(vanished=gone, notices=(*report.notices, notice(gone)))


class _Progress(NamedTuple):
    """Reports by what is to be done about them, and how many rows say so."""

    new: list[ReportedProgress]
    new_rows: list[int]
    known_rows: list[int]
    changed: list[tuple[Changed, ReportedProgress]]
    cells: dict[str, Sequence[str]]


def _progress_content(report: ReportedProgress) -> ProgressContent:
    percent = None if report.percent is None else percent_text(report.percent).replace(" ", "")
    accepted = report.accepted.isoformat() if report.accepted else ""
    return (report.date, report.project, report.milestone, percent, accepted)


def _shown(parts: Iterable[TimeContent]) -> str:
    return " + ".join(map(_shown_part, parts))


def _shown_part(part: TimeContent) -> str:
    day, person, project, ticks, task, billable, note, role, rate = part
    words = {None: "", True: "billable", False: "not billable"}[billable]
    texts = (task, words, role, rate, f'"{note}"' if note else "")
    said = ", ".join(text for text in texts if text)
    return f"{day} {person} {project} {hours(_seconds(ticks))} h" + (f" ({said})" if said else "")


def _seconds(ticks: int) -> int:
    return (ticks * 36 + 50) // 100


def _changed_expense(row: ChangedExpense) -> Changed:
    texts = shown_expense(row.old), shown_expense(row.new)
    return Changed(row.line, row.new.id, *texts)


def _shown_progress(content: ProgressContent) -> str:
    day, project, milestone, percent, accepted = content
    said = [str(percent)] if percent is not None else []
    said += [f"accepted {accepted}"] if accepted else []
    return f"{day} {project} {milestone} {', '.join(said)}"
