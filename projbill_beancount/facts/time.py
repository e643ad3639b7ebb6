"""Time entries out of the ledger: postings in hours on a time account.

Any grouping is understood: metadata of the transaction, but `id`, is inherited by its postings.
This runs over every transaction of the ledger on every load, so it is one pass without helpers
for the common case.
"""

from __future__ import annotations

from datetime import timezone
from decimal import Decimal
from typing import TYPE_CHECKING
from typing import Any

from projbill_beancount.facts.model import Problem
from projbill_beancount.facts.model import TimeEntry
from projbill_beancount.facts.values import flag_of
from projbill_beancount.facts.values import moment_of
from projbill_beancount.facts.values import price_of
from projbill_beancount.facts.values import seconds_of
from projbill_beancount.terms.model import Place

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Mapping
    from datetime import date
    from datetime import tzinfo

    from projbill_beancount.facts.accounts import TimeAccounts
    from projbill_beancount.facts.booked import Posting
    from projbill_beancount.facts.booked import Transaction
    from projbill_beancount.terms.model import Firm

ZERO = Decimal(0)
OPEN_FAMILIES = frozenset(("unbilled", "non-billable"))
NOTHING: Mapping[str, Any] = {}


class TimeReader:
    """Collects the time entries of one ledger, by project, in the ledger's order."""

    def __init__(self, firm: Firm, accounts: TimeAccounts) -> None:
        self.firm = firm
        self.accounts = accounts
        self.entries: dict[str, list[TimeEntry]] = {}
        self.problems: list[Problem] = []
        self._seconds: dict[Decimal, int] = {}
        self._zones: dict[str, tzinfo] = {}
        self._unnamed: dict[tuple[str, date], int] = {}
        self._persons = {person.account: person.id for person in firm.people.values()}

    def read(self, transaction: Transaction) -> None:
        """Take the time entries of `transaction`, if it has any; check that it balances."""
        hour = self.firm.hour
        accounts = self.accounts
        total = ZERO
        found: list[Posting] = []
        for posting in transaction.postings:
            units = posting.units
            if units is None or units.currency != hour:
                continue
            total += units.number
            role = accounts[posting.account]
            if role is not None and role.family in OPEN_FAMILIES:
                found.append(posting)
        if not found:
            return
        if total != ZERO:
            self._unbalanced(transaction, total, found)
        worker = transaction.meta.get("person") or self._worker(transaction)
        for posting in found:
            self._take(transaction, posting, worker)

    def _take(self, transaction: Transaction, posting: Posting, worker: str) -> None:
        shared = transaction.meta
        own: Mapping[str, Any] = posting.meta or NOTHING
        get, fallback = own.get, shared.get
        number = posting.units.number
        seconds = self._seconds.get(number)
        if seconds is None:
            seconds = self._seconds[number] = seconds_of(number)
        start = get("start") or fallback("start")
        end = get("end") or fallback("end")
        if seconds == 0 and (start is None or end is not None):
            return
        person = str(get("person") or worker)
        day = transaction.date
        identity = get("id")
        if identity is None:
            identity = self._derived_id(person, day, start, get("source") or fallback("source"))
        role = self.accounts[posting.account]
        assert role is not None
        project = role.component
        billable, rate = get("billable", fallback("billable")), get("rate") or fallback("rate")
        entry = TimeEntry(
            str(identity),
            day,
            project,
            person,
            seconds,
            role.family,  # type: ignore[arg-type]
            str(get("task") or fallback("task") or ""),
            str(get("role") or fallback("role") or ""),
            None,
            billable if billable is None or billable is True or billable is False else None,
            str(get("milestone") or fallback("milestone") or ""),
            str(get("note") or fallback("note") or ""),
            None,
            None,
            str(get("corrects") or fallback("corrects") or ""),
            str(get("source") or fallback("source") or ""),
            get("filename") or shared["filename"],
            get("lineno") or shared["lineno"],
        )
        if start is not None or rate is not None or entry.billable is not billable:
            entry = self._with_values(entry, start, end, rate, billable)
        self.entries.setdefault(project, []).append(entry)

    def _with_values(
        self, entry: TimeEntry, start: object, end: object, rate: object, billable: object
    ) -> TimeEntry:
        """`entry` with the values that must be parsed; one that cannot be is a problem of it."""
        zone = self._zone
        wanted: tuple[tuple[str, object, Any], ...] = (
            ("start", start, lambda text: moment_of(str(text), entry.date, lambda: zone(entry))),
            ("end", end, lambda text: moment_of(str(text), entry.date, lambda: zone(entry))),
            ("rate", rate, price_of),
            ("billable", billable, flag_of),
        )
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

    def _derived_id(self, person: str, day: date, start: object, source: object) -> str:
        """An id for an entry without one: never from text that people correct later."""
        tool = source or "ledger"
        if start is not None:
            return f"{tool}-{person}-{day.isoformat()}T{str(start)[-14:]}".replace(" ", "")
        number = self._unnamed[person, day] = self._unnamed.get((person, day), 0) + 1
        return f"{tool}-{person}-{day.isoformat()}-{number}"

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

    def _unbalanced(self, transaction: Transaction, total: Decimal, found: list[Posting]) -> None:
        role = self.accounts[found[0].account]
        assert role is not None
        self.problems.append(
            Problem(
                "time-unbalanced",
                role.component,
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
    }[key]
    return Problem(
        "fact-invalid",
        entry.project,
        entry.date,
        f"entry {entry.id}: {key}: {value!r} is not {wanted}",
        entry.place,
        entry.id,
    )
