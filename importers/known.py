"""What the ledger has already: time and progress by the ids that importers wrote."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING
from typing import Any

from beancount.core.data import Transaction

from projbill_beancount.facts.accounts import TimeAccounts
from projbill_beancount.facts.values import seconds_of
from projbill_beancount.importers.known_expenses import KnownExpenses
from projbill_beancount.ledger.record import ticks_of
from projbill_beancount.terms.accounts import accounts_of
from projbill_beancount.terms.exports import EXPENSES

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable
    from collections.abc import Mapping

    from beancount.core.data import Directive
    from beancount.core.data import Posting

    from projbill_beancount.ledger.facts import LoggedTime
    from projbill_beancount.terms.model import Terms

# Time content: date, person, project, hours in ticks, task, billable, note, role, rate.
TimeContent = tuple[date, str, str, int, str, bool | None, str, str, str]
ProgressContent = tuple[object, ...]
Session = tuple[TimeContent, ...]

_NUMBERED = re.compile(r"(.*-\d{4}-\d\d-\d\d-)(\d+)")


def content_of(entry: LoggedTime) -> TimeContent:
    """What makes two entries equal: all that is billed or said, but not the end of the session."""
    return (
        entry.date,
        entry.person,
        entry.project,
        ticks_of(entry.seconds),
        entry.task,
        entry.billable,
        entry.note,
        entry.role,
        entry.rate,
    )


class KnownFacts:
    """Sessions by base id and number, and progress by id.

    The session of `BASE~3` has number 3 of base `BASE`, that of `BASE` itself number 1; of an id
    that ends in a date and a number, the number counts within that base too. `BASE/2` is the
    second day of a session.
    """

    def __init__(self, terms: Terms, options: Mapping[str, object] | None = None) -> None:
        self.hour = terms.firm.hour
        self.accounts = TimeAccounts(accounts_of(terms.firm, options))
        self.renamed = {
            old: contract.id for contract in terms.contracts.values() for old in contract.formerly
        }
        self.sessions: dict[str, dict[int, dict[int, TimeContent]]] = {}
        self.progress: dict[str, ProgressContent] = {}
        self.ids: set[str] = set()
        self.expenses = KnownExpenses(f"{EXPENSES}-", self.renamed, options)

    def read(self, entries: Iterable[Directive]) -> None:
        """Take the facts of a ledger's transactions."""
        hour = self.hour
        entries = list(entries)
        self.expenses.later(entries)
        for entry in entries:
            if not isinstance(entry, Transaction):
                continue
            for posting in entry.postings:
                units = posting.units
                if not units or units.currency != hour or units.number is None or not posting.meta:
                    continue
                identity = posting.meta.get("id")
                if identity is not None and str(identity) not in self.ids:
                    self.add(str(identity), self.content(entry, posting))
            if "id" in entry.meta and ("complete" in entry.meta or "accepted" in entry.meta):
                self._take_progress(entry)

    def add(self, identity: str, content: TimeContent) -> None:
        """Know an entry of time from now on."""
        self.ids.add(identity)
        for base, number, part in _places(identity):
            self.sessions.setdefault(base, {}).setdefault(number, {})[part] = content

    def forget(self, identity: str) -> None:
        """Know an entry of time no more."""
        self.ids.discard(identity)
        for base, number, part in _places(identity):
            numbers = self.sessions[base]
            numbers[number].pop(part, None)
            if not numbers[number]:
                del numbers[number]
            if not numbers:
                del self.sessions[base]

    def of(self, base: str) -> dict[int, Session]:
        """The known sessions of a base by number."""
        return {
            number: tuple(parts[part] for part in sorted(parts))
            for number, parts in self.sessions.get(base, {}).items()
        }

    def names(self, base: str) -> list[str]:
        """The ids of the sessions of a base, but of one that is a person's day."""
        if base.endswith("-") or _NUMBERED.fullmatch(base):
            return []
        return [base if number == 1 else f"{base}~{number}" for number in self.sessions[base]]

    def first(self, identity: str) -> TimeContent:
        """The content of a known session, of several days the first."""
        base, number, _ = _places(identity)[0]
        parts = self.sessions[base][number]
        return parts[min(parts)]

    def content(self, entry: Transaction, posting: Posting) -> TimeContent:
        """What a posting in hours says, with what its transaction says for all."""
        units = posting.units
        number = units.number if units is not None else None
        assert number is not None
        shared = entry.meta
        own: Mapping[str, Any] = posting.meta or {}

        def text(key: str) -> str:
            value = own.get(key, shared.get(key))
            return "" if value is None else str(value)

        role = self.accounts[posting.account]
        project = role.component if role else ""
        billable = own.get("billable", shared.get("billable"))
        return (
            entry.date,
            text("person"),
            self.renamed.get(project, project),
            ticks_of(seconds_of(number)),
            text("task"),
            billable if isinstance(billable, bool) else None,
            text("note"),
            text("role"),
            text("rate"),
        )

    def _take_progress(self, entry: Transaction) -> None:
        meta = entry.meta
        project = str(meta.get("project", ""))
        complete = meta.get("complete")
        self.progress[str(meta["id"])] = (
            entry.date,
            self.renamed.get(project, project),
            str(meta.get("milestone", "")),
            None if complete is None else str(complete).replace(" ", ""),
            str(meta.get("accepted") or ""),
        )


def _places(identity: str) -> list[tuple[str, int, int]]:
    """The bases that an id belongs to, with the number of the session and its part."""
    base, _, text = identity.partition("/")
    part = int(text) if text.isdigit() else 1
    if "~" in base:
        base, _, text = base.partition("~")
        return [(base, int(text) if text.isdigit() else 1, part)]
    found = _NUMBERED.fullmatch(base)
    return [(base, 1, part)] + ([(found[1], int(found[2]), part)] if found else [])
