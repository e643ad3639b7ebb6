"""Logged time and reported progress as records of the ledger."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP
from decimal import Decimal
from functools import lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.ledger.record import NO_META
from projbill_beancount.ledger.record import Leg
from projbill_beancount.ledger.record import Record
from projbill_beancount.ledger.record import RecordText
from projbill_beancount.ledger.record import laid_out
from projbill_beancount.ledger.record import meta_text
from projbill_beancount.ledger.record import number_of
from projbill_beancount.ledger.record import one_line
from projbill_beancount.ledger.record import ticks_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Sequence

    from projbill_beancount.ledger.record import Meta
    from projbill_beancount.terms.accounts import Accounts
    from projbill_beancount.terms.model import Terms

Day = date
#: What an entry adds to a day: the contract, whether its hours wait for an invoice, and seconds.
Work = tuple[tuple[str, bool], int]


class LoggedTime(NamedTuple):
    """Time to be written: who worked how many seconds on what, on a local day.

    `counted` says whether the hours wait for an invoice (True) or stand on the account of those
    that will not be billed. `billable` is the entry's own word, None where it has none. `start`
    and `end` are ISO 8601 texts, `rate` is text like "165" or "165 EUR"; empty where unknown.
    `tool_invoice` is what a time tracker says of its own invoice: a number, or True.
    """

    id: str
    date: Day
    person: str
    project: str
    seconds: int
    counted: bool
    task: str = ""
    billable: bool | None = None
    note: str = ""
    role: str = ""
    rate: str = ""
    start: str = ""
    end: str = ""
    tool_invoice: str | bool = ""


class ReportedProgress(NamedTuple):
    """A report to be written: a milestone's cumulative completion, its acceptance, or both.

    `milestone` is empty for a report of the whole contract; `percent` is None for a report that
    only accepts.
    """

    id: str
    date: Day
    project: str
    milestone: str
    percent: Decimal | None
    accepted: Day | None = None


def is_counted(terms: Terms, project: str, task: str, billable: bool | None) -> bool:
    """Whether hours wait for an invoice: nothing says that they are not billable."""
    if billable is False:
        return False
    known = terms.contracts[project].tasks.get(task)
    return known is None or known.billable is not False


def time_records(
    entries: Iterable[LoggedTime], terms: Terms, accounts: Accounts, source: str
) -> list[Record]:
    """One record per person and day, in order of date and person; entries by start and id."""
    days: dict[tuple[Day, str], list[LoggedTime]] = {}
    for entry in entries:
        days.setdefault((entry.date, entry.person), []).append(entry)
    make = DayRecords(terms, accounts, source)
    return [make.record(person, days[day, person]) for day, person in sorted(days)]


_ORDER = attrgetter("start", "id")


class DayRecords:
    """Makes the records of persons' days; what they share is looked up once."""

    def __init__(self, terms: Terms, accounts: Accounts, source: str) -> None:
        self.terms = terms
        self.accounts = accounts
        self.source = source
        self._unbilled: dict[tuple[str, bool], str] = {}
        self._people: dict[str, tuple[str, str, Meta]] = {}

    def record(self, person: str, entries: Iterable[LoggedTime]) -> Record:
        """The record of a person's entries of one day, in order of start and id."""
        ordered = sorted(entries, key=_ORDER)
        works = [((one.project, one.counted), one.seconds) for one in ordered]
        record, legs = self._day(ordered[0].date, person, works)
        metas = [*map(entry_meta, ordered), NO_META]
        said = zip(legs, metas, strict=True)
        return record._replace(
            legs=tuple(Leg(account, ticks, meta) for (account, ticks), meta in said)
        )

    def text(
        self, day: Day, person: str, works: Sequence[Work], metas: Sequence[str], hour: str
    ) -> RecordText:
        """The text of `record` for entries whose metadata is text already, in their order."""
        record, legs = self._day(day, person, works)
        said = zip(legs, (*metas, ""), strict=True)
        text = laid_out(
            record, [(account, number_of(ticks), hour, meta) for (account, ticks), meta in said]
        )
        return RecordText(text, [account for account, _ in legs])

    def _day(
        self, day: Day, person: str, works: Sequence[Work]
    ) -> tuple[Record, list[tuple[str, int]]]:
        """The record without its legs, and account and ticks of each."""
        known = self._unbilled
        legs = [(known.get(key) or self._account(key), ticks_of(seconds)) for key, seconds in works]
        projects: dict[str, int] = {}
        for (project, _), seconds in works:
            projects[project] = projects.get(project, 0) + seconds
        name, worked, meta = self._people.get(person) or self._person(person)
        legs.append((worked, -sum([ticks for _, ticks in legs])))
        narration = ", ".join([f"{one} {hours(seconds)} h" for one, seconds in projects.items()])
        return Record(day, name, narration, meta, ()), legs

    def _account(self, key: tuple[str, bool]) -> str:
        project, counted = key
        of = self.accounts.unbilled_time if counted else self.accounts.non_billable_time
        account = self._unbilled[key] = of(project)
        return account

    def _person(self, person: str) -> tuple[str, str, Meta]:
        known = self.terms.firm.people.get(person)
        name = one_line(known.name if known else person)
        meta = {"person": person, "source": self.source}
        found = self._people[person] = name, self.accounts.worked(person), meta
        return found


def entry_meta(entry: LoggedTime) -> dict[str, str | bool]:
    """The metadata of an entry's posting; `entry_in` reads it."""
    meta: dict[str, str | bool] = {"id": entry.id}
    if entry.task:
        meta["task"] = entry.task
    if entry.role:
        meta["role"] = entry.role
    if entry.rate:
        meta["rate"] = entry.rate
    if entry.billable is not None:
        meta["billable"] = entry.billable
    if entry.note:
        meta["note"] = entry.note
    if entry.start:
        meta["start"] = entry.start
    if entry.end:
        meta["end"] = entry.end
    if entry.tool_invoice:
        meta["tool-invoice"] = entry.tool_invoice
    return meta


_BILLABLE = {None: "", True: "    billable: TRUE\n", False: "    billable: FALSE\n"}


def entry_text(entry: LoggedTime) -> str:
    """`entry_meta` as the lines of the posting, quickly: this is made for each row of an import."""
    identity, _, _, _, _, _, task, billable, note, role, rate, start, end, mark = entry
    texts = f"{identity}{task}{note}{start}{end}"
    if role or rate or mark or '"' in texts or "\\" in texts:
        return meta_text(entry_meta(entry))
    task = f'    task: "{task}"\n' if task else ""
    note = f'    note: "{note}"\n' if note else ""
    start = f'    start: "{start}"\n' if start else ""
    end = f'    end: "{end}"\n' if end else ""
    return f'    id: "{identity}"\n{task}{_BILLABLE[billable]}{note}{start}{end}'


def entry_in(meta: Meta, day: Day, person: str, work: Work) -> LoggedTime:
    """The entry that has this metadata."""
    (project, counted), seconds = work
    text = {key: value for key, value in meta.items() if isinstance(value, str)}
    return LoggedTime(
        id=text["id"],
        date=day,
        person=person,
        project=project,
        seconds=seconds,
        counted=counted,
        task=text.get("task", ""),
        billable=None if "billable" not in meta else meta["billable"] is True,
        note=text.get("note", ""),
        role=text.get("role", ""),
        rate=text.get("rate", ""),
        start=text.get("start", ""),
        end=text.get("end", ""),
        tool_invoice=meta.get("tool-invoice", ""),
    )


@lru_cache(maxsize=4096)
def hours(seconds: int) -> str:
    """Hours for reading, two places at most: 22788 seconds are "6.33", a whole hour is "1"."""
    exact = Decimal(seconds) / 3600
    text = str(exact.quantize(Decimal("0.01"), ROUND_HALF_UP))
    return text.rstrip("0").rstrip(".")


def progress_record(
    report: ReportedProgress, terms: Terms, accounts: Accounts, source: str
) -> Record:
    """A report as a transaction of zero hours, named after the client and the milestone."""
    contract = terms.contracts[report.project]
    milestone = contract.milestones.get(report.milestone)
    subject = report.milestone or contract.id
    if milestone is not None and milestone.name not in ("", report.milestone):
        subject = f"{report.milestone} {milestone.name}"
    meta: dict[str, str | bool] = {"project": report.project}
    if report.milestone:
        meta["milestone"] = report.milestone
    if report.percent is not None:
        meta["complete"] = percent_text(report.percent)
    if report.accepted is not None:
        meta["accepted"] = report.accepted.isoformat()
    meta |= {"id": report.id, "source": source}
    client = terms.firm.clients.get(contract.client)
    return Record(
        report.date,
        one_line(client.name if client else contract.client),
        one_line(f"{subject}: {_said(report)}"),
        meta,
        (Leg(accounts.unbilled_time(report.project), 0),),
    )


def _said(report: ReportedProgress) -> str:
    if report.percent is None:
        return "accepted"
    if report.percent == 100:  # noqa: PLR2004
        return "complete"
    return percent_text(report.percent)


def percent_text(percent: Decimal) -> str:
    """A percentage as the ledger has it: "60 %", "33.33 %"."""
    return f"{percent.normalize():f} %"
