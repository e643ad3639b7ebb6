"""What was done on a contract by a day, billed or not, from the facts that are dated up to it."""

from __future__ import annotations

from bisect import bisect_right
from decimal import Decimal
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING

from projbill_beancount.billing.contract import Case
from projbill_beancount.billing.drafting import Drafting
from projbill_beancount.billing.earned import Performed
from projbill_beancount.billing.earned import performed_of
from projbill_beancount.billing.invoiced import Invoiced
from projbill_beancount.billing.invoiced import billed_before
from projbill_beancount.billing.joint import known_of
from projbill_beancount.billing.payers import payers_of
from projbill_beancount.billing.plain_hours import earned_by_hour
from projbill_beancount.billing.plain_hours import is_plain

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator
    from collections.abc import Mapping
    from datetime import date

    from projbill_beancount.billing.drafting import Known
    from projbill_beancount.facts.model import Facts
    from projbill_beancount.facts.model import Invoice
    from projbill_beancount.facts.model import TimeEntry
    from projbill_beancount.terms.model import Contract

ZERO = Decimal(0)


class History:
    """What was done on one contract by any day, in any order of asking.

    `opened` is the day up to which something was billed
    before the books began, None where nothing was.
    """

    def __init__(self, contract: Contract, known: Known) -> None:
        self.contract = contract
        names = self._names = set(_names(contract, known.contracts))
        self._known = known._replace(facts=_of_names(known.facts, names))
        own = {contract.id, *contract.formerly}
        decisions = [one for name in own for one in known.facts.decisions.get(name, ())]
        self.opened = max((one.date for one in billed_before(decisions, known.as_of)), default=None)
        self._found: dict[int, tuple[date, Performed]] = {}

    def __eq__(self, other: object) -> bool:
        """Whether both tell the same of all days."""
        return (
            isinstance(other, History)
            and (self.contract, self.opened, self.days)
            == (other.contract, other.opened, other.days)
            and all(self.on(day) == other.on(day) for day in self.days)
        )

    __hash__ = None  # type: ignore[assignment]

    @cached_property
    def days(self) -> list[date]:
        """The days of the facts; where hours are all that there is, the first and the last."""
        if self._by_hour is not None:
            return [day for day, _ in (*self._by_hour[:1], *self._by_hour[-1:])]
        return sorted(_days(self.contract, self._whole, self._names))

    def on(self, day: date) -> Performed:
        """What was done by a day. Where nothing happened in between it is as it was before."""
        if self._by_hour is not None:
            number = bisect_right(self._by_hour, day, key=lambda one: one[0])
            return Performed(ZERO, self._by_hour[number - 1][1] if number else ZERO, waits=False)
        facts = bisect_right(self.days, day)
        known, found = self._found.get(facts, (day, None))
        if found is None or found.waits or (known != day and self._moves(known)):
            found = self._on(day)
            self._found[facts] = (day, found)
        return found

    def _open(self, day: date) -> dict[str, list[TimeEntry]]:
        """The entries that a day knows, without those that its invoices settle: most of them."""
        settled = self._settled
        return {
            name: [
                entry
                for entry in entries
                if entry.date <= day and ((last := settled.get(entry.id)) is None or last > day)
            ]
            for name, entries in self._whole.time.items()
        }

    @cached_property
    def _whole(self) -> Facts:
        """The facts with the entries that stand as invoiced."""
        facts = self._known.facts
        return facts._replace(time={name: list(_entries(facts, name)) for name in facts.time})

    @cached_property
    def _settled(self) -> dict[str, date]:
        """The last day on which a document concerns an entry, of those that stand as invoiced."""
        found: dict[str, date] = {}
        facts = self._known.facts
        listed = {entry.id for name in facts.time for entry in facts.invoiced_time.get(name, ())}
        for document in (*facts.invoices, *facts.credit_notes):
            last = document.voided or document.date
            for line in document.lines:
                for identity in listed.intersection(line.ids):
                    found[identity] = max(found.get(identity, last), last)
        return found

    def _moves(self, since: date) -> bool:
        """Whether days alone change what is earned: of a retainer, and where caps have periods."""
        contract = self.contract
        if contract.end is not None and since > contract.end:
            return False
        return contract.retainer is not None or any(cap.every for cap in contract.caps)

    @cached_property
    def _by_hour(self) -> list[tuple[date, Decimal]] | None:
        """What is earned by each day where hours are all that there is; None elsewhere."""
        contract, known = self.contract, self._known
        if not is_plain(contract, known.facts, self._names):
            return None
        facts = known.facts
        invoiced = Invoiced(facts.invoices, facts.credit_notes, known.as_of)
        case, drafting = _drafted(contract, known._replace(facts=facts, invoiced=invoiced))
        waiting = [one for one in case.priced if one.item.entry.id not in drafting.on_draft]
        earned = sorted(earned_by_hour(contract, case, drafting.drafts, waiting))
        sums = accumulate(amount for _, amount in earned)
        return [(day, total) for (day, _), total in zip(earned, sums, strict=True)]

    def _on(self, day: date) -> Performed:
        facts = self._whole
        invoiced = Invoiced(facts.invoices, facts.credit_notes, day)
        facts = facts._replace(time=self._open(day))
        known = self._known._replace(facts=facts, invoiced=invoiced, as_of=day)
        payers = payers_of(self.contract)
        if not payers:
            return performed(self.contract, known)
        parts = [performed(payer, known_of(payer, known)) for payer in payers]
        scopes = [part.scope for part in parts if part.scope is not None]
        return Performed(
            sum(scopes, ZERO) if len(scopes) == len(parts) else None,
            sum((part.rest for part in parts), ZERO),
            any(part.waits for part in parts),
        )


def performed(contract: Contract, known: Known) -> Performed:
    """What was done by the day of `known` for one payer, as the engine bills it on that day."""
    return performed_of(*_drafted(contract, known))


def _drafted(contract: Contract, known: Known) -> tuple[Case, Drafting]:
    case = Case(contract, known)
    drafting = Drafting(contract, known, case.parts(), case.held_whole(), case.told.decided)
    drafting.run()
    return case, drafting


def _names(contract: Contract, contracts: Mapping[str, Contract]) -> Iterator[str]:
    """All names of a contract and of those that it renews."""
    seen: set[str] = set()
    known: Contract | None = contract
    while known is not None and known.id not in seen:
        seen.add(known.id)
        yield from (known.id, *known.formerly)
        known = contracts.get(known.follows) if known.carries else None


def _of_names(facts: Facts, names: set[str]) -> Facts:
    """The facts with the open time and the documents of some projects alone."""

    def concerns(document: Invoice) -> bool:
        return document.project in names or any(line.project in names for line in document.lines)

    return facts._replace(
        time={name: facts.time.get(name, ()) for name in sorted(names)},
        settled={},
        invoices=[one for one in facts.invoices if concerns(one)],
        credit_notes=[one for one in facts.credit_notes if concerns(one)],
    )


def _entries(facts: Facts, name: str) -> Iterator[TimeEntry]:
    """The entries of a project, those that stand as invoiced as well."""
    entries = facts.time.get(name, ())
    yield from entries
    known = {entry.id for entry in entries}
    yield from (entry for entry in facts.invoiced_time.get(name, ()) if entry.id not in known)


def _days(contract: Contract, facts: Facts, names: set[str]) -> set[date]:
    """The days of which the facts are, and that on which a retainer begins."""
    days = set()
    for name in names:
        days |= {entry.date for entry in facts.time.get(name, ())}
        days |= {expense.date for expense in facts.expenses.get(name, ())}
        days |= {decision.date for decision in facts.decisions.get(name, ())}
        for report in facts.progress.get(name, ()):
            days |= {report.date, report.accepted or report.date}
        for order in facts.change_orders.get(name, ()):
            days |= {order.date, order.approved or order.date, order.rejected or order.date}
    for document in (*facts.invoices, *facts.credit_notes):
        days |= {document.date, document.voided or document.date}
    if contract.retainer is not None and contract.start is not None:
        days.add(contract.start)
    return days
