"""Time entries out of the ledger: postings in hours on a time account.

Any grouping is understood: metadata of the transaction, but `id`, is inherited by its postings.
This runs over every transaction of the ledger on every load, so it is one pass without helpers
for the common case.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timezone
from decimal import Decimal
from typing import TYPE_CHECKING
from typing import Any
from typing import NamedTuple

from projbill_beancount.facts.model import FROZEN_ID
from projbill_beancount.facts.model import Problem
from projbill_beancount.facts.model import TimeEntry
from projbill_beancount.facts.settled import Billed
from projbill_beancount.facts.values import flag_of
from projbill_beancount.facts.values import moment_of
from projbill_beancount.facts.values import price_of
from projbill_beancount.facts.values import seconds_of
from projbill_beancount.terms.model import Place

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable
    from collections.abc import Container
    from collections.abc import Iterable
    from collections.abc import Mapping
    from datetime import date
    from datetime import tzinfo

    from projbill_beancount.facts.accounts import TimeAccounts
    from projbill_beancount.facts.accounts import TimeRole
    from projbill_beancount.facts.booked import Transaction
    from projbill_beancount.facts.model import FrozenWords
    from projbill_beancount.terms.model import Firm

    Route = tuple[
        TimeRole, Callable[[str, None], FrozenWords | None], Callable[[FrozenWords], None]
    ]

ZERO = Decimal(0)
NOTHING: Mapping[str, Any] = {}
TEXTS = ("task", "role", "milestone", "note", "source", "corrects")
VALUES = ("billable", "rate", "start", "end", "approved")
#: An entry's id with the file and line of its posting.
Where = tuple[str, str, int]
new: Any = tuple.__new__  # a NamedTuple without the cost of its keyword arguments


class Found(NamedTuple):
    """A posting that is time: the role of its account, its hours and its metadata."""

    role: TimeRole
    hours: Decimal
    meta: Mapping[str, Any]


class _Routes(dict[str, "Route | None"]):
    """What becomes of hours on an account, worked out once for each; None where it has no entries.

    A route takes an entry out of those that invoices settle, and puts it to those that are settled.
    Of hours that are not billed, invoices settle none.
    """

    def __init__(
        self,
        accounts: TimeAccounts,
        unmet: Mapping[str, dict[str, FrozenWords]],
        settled: defaultdict[str, list[FrozenWords]],
    ) -> None:
        super().__init__()
        self._accounts = accounts
        self._unmet = unmet
        self._settled = settled

    def __missing__(self, account: str) -> Route | None:
        role, route = self._accounts[account], None
        if role is not None and role.is_entry:
            unmet = self._unmet.get(role.component, {}) if role.family == "unbilled" else {}
            route = (role, unmet.pop, self._settled[role.component].append)
        self[account] = route
        return route


class TimeReader:
    """Collects the time entries of one ledger, by project, in the ledger's order.

    `billed` has the entries that invoices settle as they were frozen. Most of an old ledger's
    entries stand exactly so: they are settled, and become entries only where the same person has
    open time on the same day, to be compared with it.
    """

    def __init__(
        self,
        firm: Firm,
        accounts: TimeAccounts,
        billed: Billed,
    ) -> None:
        self.firm = firm
        self.accounts = accounts
        self.entries: dict[str, list[TimeEntry]] = {}
        self.problems: list[Problem] = []
        self.priced_apart: set[str] = set()
        self._billed = billed.ids
        self._folded: list[tuple[str, Transaction]] = []
        #: Invoiced ids that are there more than once, to be compared with each other.
        self._repeated: set[str] = set()
        self._settled: defaultdict[str, list[FrozenWords]] = defaultdict(list)
        self._routes = _Routes(accounts, billed.by_project, self._settled)
        self._unsettled: set[str] = set()
        #: Entries by list and index with their unread start and end.
        self._sessions: list[tuple[list[TimeEntry], int, object, object]] = []
        self._seconds: dict[str, int] = {}
        self._zones: dict[str, tzinfo] = {}
        self._unnamed: dict[str, int] = {}
        self._persons = {person.account: person.id for person in firm.people.values()}

    def read(self, transaction: Transaction) -> bool:  # noqa: C901 - one loop over every posting
        """Take the time entries of `transaction`; whether it has any. Check that it balances."""
        hour, routes = self.firm.hour, self._routes
        total, day, folded = ZERO, "", False
        person = transaction.meta.get("person")
        others: list[Found] = []
        for account, (number, currency), _, _, _, meta in transaction.postings:
            if currency != hour:
                continue
            total += number
            route = routes[account]
            if route is None:
                continue
            role, pop, settle = route
            if not day:
                person = person or self._worker(transaction)
                day = transaction.date.isoformat()
                flag, task = map(transaction.meta.get, ("billable", "task"))
            get = meta.get if meta else NOTHING.get
            identity = get("id", "")
            was = pop(identity, None)
            if was is not None:
                worked_on, worker, hours, _, worked_at = was
                billable = get("billable", flag)
                if (
                    worked_on == day
                    and worker == get("person", person)
                    and (not worked_at or worked_at == get("task", task))
                    and (billable is None or billable is True)
                    and (hours == (text := str(number)) or hours.startswith(f"{text}/"))
                ):
                    settle(was)
                    folded = True
                    if "rate" in meta or "role" in meta or "corrects" in meta:
                        self.priced_apart.add(identity)
                    continue
            elif identity in self._billed:
                self._repeated.add(identity)
            others.append(Found(role, number, meta or NOTHING))
        if folded:
            self._folded.append((person or "", transaction))
        if others:
            self._take(transaction, person or "", others)
        if total:
            self._check_sum(transaction, total)
        return bool(day)

    def close(self) -> dict[str, list[FrozenWords]]:
        """Take the settled entries of days with open time; the words of the others, by project.

        Start and end are read of entries on such days, since others are compared with nothing.
        """
        open_days = {
            (entry.person, entry.date)
            for entries in self.entries.values()
            for entry in entries
            if entry.account == "unbilled" and entry.id not in self._billed
        }
        unfolded = [
            (person, transaction)
            for person, transaction in self._folded
            if (person, transaction.date) in open_days
            or (self._repeated and self._repeats(transaction))
        ]
        days = {transaction.date for _, transaction in unfolded}
        read = {
            (entry.id, entry.file, entry.line)
            for entries in self.entries.values()
            for entry in entries
            if entry.date in days
        }
        for person, transaction in unfolded:
            self._take(transaction, person, self._unfold(transaction, read))
        for entries, index, start, end in self._sessions:
            entry = entries[index]
            if (entry.person, entry.date) in open_days:
                entries[index] = self._with_session(entry, start, end)
        if self._repeated:  # of several with one id, the first in the ledger's order counts
            for entries in self.entries.values():
                entries.sort(key=lambda entry: (entry.date, entry.line))
        if not self._unsettled:
            return dict(self._settled)
        gone = self._unsettled
        return {
            project: [words for words in settled if words[FROZEN_ID] not in gone]
            for project, settled in self._settled.items()
        }

    def invoiced(self, projects: Container[str]) -> dict[str, list[TimeEntry]]:
        """The entries of some projects that invoices settle, by project; not those of `entries`."""
        reader = TimeReader(self.firm, self.accounts, Billed(set(), {}))
        for person, transaction in self._folded:
            found = [
                Found(role, posting.units.number, posting.meta)
                for posting in transaction.postings
                if (role := self.accounts[posting.account])
                and role.component in projects
                and role.family == "unbilled"
                and (posting.meta or NOTHING).get("id") in self._billed
            ]
            reader._take(transaction, person, found)
        return reader.entries

    def _repeats(self, transaction: Transaction) -> bool:
        """Whether some invoiced entry of a transaction is in the ledger a second time."""
        return any(
            (posting.meta or NOTHING).get("id") in self._repeated
            for posting in transaction.postings
        )

    def _unfold(self, transaction: Transaction, read: Container[Where]) -> list[Found]:
        """The settled postings of a transaction, which are settled no more.

        `read` tells which of its postings became entries at once.
        """
        found = []
        file, line = transaction.meta["filename"], transaction.meta["lineno"]
        for account, (number, _), _, _, _, meta in transaction.postings:
            role = self.accounts[account]
            get = (meta or NOTHING).get
            identity = get("id", "")
            if not (role and role.is_entry and identity in self._billed):
                continue
            if (identity, get("filename") or file, get("lineno") or line) not in read:
                self._unsettled.add(identity)
                found.append(Found(role, number, meta))
        return found

    def _take(self, transaction: Transaction, person: str, postings: Iterable[Found]) -> None:
        """Add the entries of a transaction; each posting's own metadata beats the shared."""
        shared, day = transaction.meta, transaction.date
        task_, role_, milestone_, note_, source_, corrects_ = map(shared.get, TEXTS)
        billable_, rate_, start_, end_, approved_ = map(shared.get, VALUES)
        for role, hours, own in postings:
            get, seconds = own.get, self._seconds_of(hours)
            start, end = get("start", start_), get("end", end_)
            if not seconds and (start is None or end is not None):
                continue
            worker, source = get("person") or person, get("source", source_)
            entries = self.entries.setdefault(role.component, [])
            entry = new(
                TimeEntry,
                (
                    get("id") or self._derived_id(worker, day, start, source),
                    day,
                    role.component,
                    worker,
                    seconds,
                    role.family,
                    get("task", task_) or "",
                    get("role", role_) or "",
                    None,
                    get("billable", billable_),
                    get("milestone", milestone_) or "",
                    get("note", note_) or "",
                    None,
                    None,
                    get("corrects", corrects_) or "",
                    source or "",
                    get("filename") or shared["filename"],
                    get("lineno") or shared["lineno"],
                    get("approved", approved_),
                ),
            )
            if rate_ is not None or "rate" in own or "role" in own or "corrects" in own:
                self.priced_apart.add(entry.id)
            if start is not None:
                self._sessions.append((entries, len(entries), start, end))
            entries.append(self._checked(entry, get("rate", rate_)))

    def _checked(self, entry: TimeEntry, rate: object) -> TimeEntry:
        """`entry` as its types want it; most metadata is text already."""
        billable, approved = entry.billable, entry.approved
        if (
            rate is None
            and (billable is None or billable is True or billable is False)
            and (approved is None or approved is True or approved is False)
        ):
            for value in entry[6:16]:
                if type(value) is not str and value is not None and value is not billable:
                    break
            else:
                if type(entry.id) is str and type(entry.person) is str:
                    return entry
        texts: dict[str, Any] = {key: str(getattr(entry, key)) for key in ("id", "person", *TEXTS)}
        entry = entry._replace(billable=None, approved=None, **texts)
        flags = (("billable", billable, flag_of), ("approved", approved, flag_of))
        return self._with_values(entry, (("rate", rate, price_of), *flags))

    def _with_session(self, entry: TimeEntry, start: object, end: object) -> TimeEntry:
        day = entry.date

        def parse(value: object) -> int:
            return moment_of(str(value), day, lambda: self._zone(entry))

        return self._with_values(entry, (("start", start, parse), ("end", end, parse)))

    def _with_values(
        self, entry: TimeEntry, wanted: Iterable[tuple[str, object, Callable[[object], Any]]]
    ) -> TimeEntry:
        """`entry` with the values that must be parsed; one that cannot be is a problem of it."""
        values = {}
        for key, value, parse in wanted:
            if value is None:
                continue
            try:
                values[key] = parse(value)
            except ValueError:
                self.problems.append(_unreadable(entry, key, value))
        return entry._replace(**values)

    def _zone(self, entry: TimeEntry) -> tzinfo:
        """The zone of the entry's person; UTC where none is known, which keeps durations right."""
        person = self.firm.people.get(entry.person)
        name = person.zone if person else ""
        if name not in self._zones:
            from zoneinfo import ZoneInfo  # noqa: PLC0415 - costs 8 ms that few ledgers need

            self._zones[name] = ZoneInfo(name) if name else timezone.utc
        return self._zones[name]

    def _seconds_of(self, hours: Decimal) -> int:
        """Whole seconds; the same hours occur so often that they are looked up, by their text."""
        text = str(hours)
        seconds = self._seconds.get(text)
        if seconds is None:
            seconds = self._seconds[text] = seconds_of(hours)
        return seconds

    def _derived_id(self, person: str, day: date, start: object, source: object) -> str:
        """An id for an entry without one: never from text that people correct later.

        It is made of source, person and start; without a start, and where several have one start,
        of a running number as well.
        """
        base = f"{source or 'ledger'}-{person}-{day.isoformat()}"
        if start is not None:
            base += f"T{str(start).rpartition('T')[2]}"
        base = base.replace(" ", "")
        number = self._unnamed[base] = self._unnamed.get(base, 0) + 1
        return base if start is not None and number == 1 else f"{base}-{number}"

    def _worker(self, transaction: Transaction) -> str:
        """The person of the transaction's only `Worked` account, "" if there is no such one."""
        workers = {
            role.component
            for posting in transaction.postings
            if (role := self.accounts[posting.account]) and role.family == "worked"
        }
        if len(workers) != 1:
            return ""
        component = workers.pop()
        return self._persons.get(component, component.lower())

    def _check_sum(self, transaction: Transaction, total: Decimal) -> None:
        roles = (self.accounts[posting.account] for posting in transaction.postings)
        project = next((role.component for role in roles if role and role.is_entry), "")
        if not project:
            return
        self.problems.append(
            Problem(
                "time-unbalanced",
                project,
                transaction.date,
                f"the hours of this transaction add up to {total} {self.firm.hour}, not to 0; "
                f"change the posting on {self.firm.accounts.worked.partition(':{')[0]}"
                f" by {-total}",
                Place(transaction.meta["filename"], transaction.meta["lineno"]),
            )
        )


def _unreadable(entry: TimeEntry, key: str, value: object) -> Problem:
    wanted = {
        "start": 'a time such as "2026-03-02T09:00"',
        "end": 'a time such as "2026-03-02T17:30"',
        "rate": 'a price per hour such as "150" or "150 EUR"',
        "billable": "TRUE or FALSE",
        "approved": "TRUE or FALSE",
    }[key]
    return Problem(
        "fact-invalid",
        entry.project,
        entry.date,
        f"entry {entry.id}: {key}: {value!r} is not {wanted}",
        entry.place,
        entry.id,
    )
