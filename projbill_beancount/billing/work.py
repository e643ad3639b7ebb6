"""Sorting a contract's time entries: what is billed, billable, covered, or not billable."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.billing.findings import counted
from projbill_beancount.billing.findings import finding
from projbill_beancount.billing.invoiced import WRITE_OFF
from projbill_beancount.billing.milestones import milestone_of

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable
    from collections.abc import Container
    from collections.abc import Iterable
    from collections.abc import Mapping
    from datetime import date

    from projbill_beancount.billing.invoiced import Invoiced
    from projbill_beancount.billing.model import Finding
    from projbill_beancount.billing.time_checks import Blocks
    from projbill_beancount.facts.model import InvoiceLine
    from projbill_beancount.facts.model import TimeEntry
    from projbill_beancount.terms.model import Contract
    from projbill_beancount.terms.model import Person


class Covered(NamedTuple):
    """An entry that a fixed price pays for; `milestone` is "" for the contract's whole price."""

    entry: TimeEntry
    milestone: str


class Work:
    """A contract's time up to a day, sorted by what becomes of it. Sums are whole seconds."""

    def __init__(self) -> None:
        self.billable: list[TimeEntry] = []
        self.covered: list[Covered] = []
        self.worked = self.non_billable = self.covered_seconds = self.billed = self.unbilled = 0
        self.findings: list[Finding] = []
        self._outside: dict[str, list[TimeEntry]] = {}

    def outside(self, code: str, entry: TimeEntry) -> None:
        """Remember an entry that lies outside the contract's or the report's dates."""
        self._outside.setdefault(code, []).append(entry)
        if code != "time-future" and (entry.account != "unbilled" or entry.billable is False):
            self.non_billable += entry.seconds

    def close(self, contract: Contract, as_of: date, *, looks_back: bool) -> None:
        """Report the entries outside the dates: one finding per code."""
        limits = {
            "time-before-start": f"before the contract starts on {contract.start}",
            "time-after-end": f"after the contract ended on {contract.end}",
            "time-future": f"dated after {as_of}",
        }
        for code, entries in self._outside.items():
            if code == "time-future" and looks_back:
                continue
            first = min(entries, key=lambda entry: (entry.date, entry.id))
            hours = sum(entry.seconds for entry in entries)
            message = (
                f"{counted(len(entries), 'entry', 'entries')} "
                f"({hours // 3600}:{hours % 3600 // 60:02} h) {limits[code]}: not billed"
            )
            if code != "time-future":
                message += "; change the contract's dates or move the time"
            self.findings.append(
                finding(code, contract.id, first.date, message, first.place, identity=first.id)
            )


def hourly_tasks(contract: Contract) -> frozenset[str] | None:
    """The tasks that can be billed by the hour, None for all of them.

    A fixed fee covers all hours but those that a time or hybrid trigger of its own bills.
    """
    if contract.billing != "fixed-fee":
        return None
    triggers = [trigger for trigger in contract.triggers if trigger.type in {"time", "hybrid"}]
    if any(not trigger.tasks for trigger in triggers):
        return None
    return frozenset(task for trigger in triggers for task in trigger.tasks)


def bills_hours(contract: Contract) -> bool:
    """Whether any hours can be billed by the hour; a plain fixed fee covers all of them."""
    return hourly_tasks(contract) != frozenset()


def sort_work(
    contract: Contract,
    entries: Iterable[TimeEntry],
    invoiced: Invoiced,
    blocks: Blocks,
    people: Mapping[str, Person],
    as_of: date,
    originals: Callable[[], Mapping[str, TimeEntry]],
    *,
    looks_back: bool,
    covers: date | None = None,
    written_off: Container[str] = (),
) -> Work:
    """Sort the contract's entries, report what is wrong with single ones.

    `originals` has the entries that corrections may mean, by id. Time up to `covers` was billed
    before the books began; what is `written_off` is not billed.
    """
    work = Work()
    hourly = hourly_tasks(contract)
    billed_lines = invoiced.entries
    twice = blocks.copies
    for entry in entries:
        if twice and id(entry) in twice:
            continue
        line = billed_lines.get(entry.id)
        if line is not None:
            rest = _rest(entry, line, invoiced, work, written_off)
            if rest is None:
                continue
            entry = rest  # noqa: PLW2901 - what a credit note freed of it is open again
        if entry.date > as_of:
            work.outside("time-future", entry)
            continue
        work.worked += entry.seconds
        if not _is_out(contract, entry, work, covers, written_off):
            told = _as_corrected(entry, invoiced, originals) if entry.corrects else entry
            by_hour = hourly is None or told.task in hourly
            _sort_open(contract, entry, told, work, blocks, hourly=by_hour)
            if people:
                _check_person(contract, entry, people, work)
    work.close(contract, as_of, looks_back=looks_back)
    return work


def _is_out(
    contract: Contract,
    entry: TimeEntry,
    work: Work,
    covers: date | None,
    written_off: Container[str],
) -> bool:
    """Count an entry that is given up, outside the contract, or billed before the books began.

    Whether it was. What is written off needs no other dates any more.
    """
    start, end = contract.start, contract.end
    if written_off and entry.id in written_off:
        work.non_billable += entry.seconds
    elif start is not None and entry.date < start:
        work.outside("time-before-start", entry)
    elif end is not None and entry.date > end:
        work.outside("time-after-end", entry)
    elif covers is not None and entry.date <= covers and entry.account == "unbilled":
        work.billed += entry.seconds
    else:
        return False
    return True


def _rest(
    entry: TimeEntry,
    line: InvoiceLine,
    invoiced: Invoiced,
    work: Work,
    written_off: Container[str],
) -> TimeEntry | None:
    """Count an entry that an invoice lists; what is to be billed again of it, if anything."""
    rest = invoiced.rest(entry) if entry.id in invoiced.credited else 0
    seconds = entry.seconds - rest
    work.worked += seconds
    if line.kind == WRITE_OFF or (written_off and entry.id in written_off):
        work.non_billable += seconds
    elif invoiced.beyond and entry.id in invoiced.beyond:
        billed = min(invoiced.beyond[entry.id], seconds)
        work.billed += billed
        work.covered_seconds += seconds - billed
    elif line.kind == "covered":
        work.covered_seconds += seconds
    else:
        work.billed += seconds
    return entry._replace(seconds=rest) if rest else None


def _as_corrected(
    entry: TimeEntry, invoiced: Invoiced, originals: Callable[[], Mapping[str, TimeEntry]]
) -> TimeEntry:
    """A correction with the task and the milestone of what it corrects, where it names none."""
    line = invoiced.entries.get(entry.corrects)
    original = originals().get(entry.corrects)
    task, milestone = (original.task, original.milestone) if original else ("", "")
    if line is not None:
        frozen = next(item for item in line.entries if item.id == entry.corrects)
        task = frozen.task or task
        milestone = line.milestone if line.kind == "covered" else milestone
    return entry._replace(task=entry.task or task, milestone=entry.milestone or milestone)


def _sort_open(
    contract: Contract,
    entry: TimeEntry,
    told: TimeEntry,
    work: Work,
    blocks: Blocks,
    *,
    hourly: bool,
) -> None:
    """Sort an entry that is inside the contract's dates and on no invoice.

    `told` is the entry with the task and the milestone that it has or inherits.
    """
    task = contract.tasks.get(told.task)
    if task is None and contract.strict_tasks:
        near = get_close_matches(told.task, contract.tasks, 1)
        hint = f'; did you mean "{near[0]}"?' if near else ""
        said = f'task "{told.task}" is not in the contract{hint}' if told.task else "it has no task"
        message = f"entry {entry.id}: {said}"
        blocks.add(entry, "task-unknown", message)
    milestone = told.milestone or (task.milestone if task else None) or ""
    milestone = milestone and milestone_of(contract, milestone)
    if milestone and milestone not in contract.milestones:
        known = ", ".join(contract.milestones) or "none"
        message = f"entry {entry.id}: no milestone {milestone} in the contract (it has: {known})"
        blocks.add(entry, "milestone-unknown", message)
        milestone = ""
    covered = bool(milestone) or not hourly
    task_billable = task.billable if task else None
    posted = entry.account == "unbilled"
    if not posted or entry.billable is False or task_billable is False:
        work.non_billable += entry.seconds
        if not covered and (posted or entry.billable or task_billable):
            work.findings.append(_conflict(contract, told, task_billable))
    elif covered:
        work.covered_seconds += entry.seconds
        work.covered.append(Covered(entry, milestone))
    else:
        work.unbilled += entry.seconds
        work.billable.append(entry)


def _conflict(contract: Contract, entry: TimeEntry, task_billable: bool | None) -> Finding:
    words = {True: "billable", False: "not billable"}
    voices = [f"its account {words[entry.account == 'unbilled']}"]
    if entry.billable is not None:
        voices.append(f"its own flag {words[entry.billable]}")
    if task_billable is not None:
        voices.append(f"the contract's task {entry.task} {words[task_billable]}")
    message = f"entry {entry.id} is not billed: {', '.join(voices)}; make them agree"
    return finding(
        "billable-conflict", contract.id, entry.date, message, entry.place, identity=entry.id
    )


def _check_person(
    contract: Contract, entry: TimeEntry, people: Mapping[str, Person], work: Work
) -> None:
    person = people.get(entry.person)
    if person is None:
        near = get_close_matches(entry.person, people, 1)
        hint = f'; did you mean "{near[0]}"?' if near else ""
        code = "person-unknown"
        message = f'entry {entry.id}: "{entry.person}" is not in people{hint}'
    elif person.until is not None and entry.date > person.until:
        code = "person-ended"
        message = f"entry {entry.id}: {person.name} left on {person.until}"
    else:
        return
    work.findings.append(
        finding(code, contract.id, entry.date, message, entry.place, identity=entry.id)
    )
