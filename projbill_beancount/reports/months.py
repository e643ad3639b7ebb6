"""What was worked, billed and collected in each month, by project.

Worked is the value of the work, net of tax and without expenses: hours by the day of the work, at
what they are or will be billed; of fixed prices what progress reports add to value × completion;
fees of retainers over the days of their periods. Billed is what invoices bill net of tax, expenses
included, less credit notes, by their own dates. Collected is what clients paid, without the tax in
it, so that the three can be compared; what is no money (a discount, a write-off) is not in it.
"""

from __future__ import annotations

from calendar import monthrange
from collections import defaultdict
from datetime import date
from datetime import timedelta
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.billing.earned import is_scope
from projbill_beancount.billing.retainer_fees import date_of_draft
from projbill_beancount.facts.model import FrozenEntry
from projbill_beancount.reports.numbers import rounded
from projbill_beancount.reports.scopes import FIXED

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Iterator
    from collections.abc import Mapping
    from collections.abc import Sized

    from projbill_beancount.billing.model import Billing
    from projbill_beancount.billing.model import Draft
    from projbill_beancount.billing.model import Line
    from projbill_beancount.facts.model import Facts
    from projbill_beancount.facts.model import Invoice
    from projbill_beancount.facts.model import InvoiceLine
    from projbill_beancount.facts.model import Settlement
    from projbill_beancount.reports.scopes import Scopes
    from projbill_beancount.terms.model import AccountTemplates
    from projbill_beancount.terms.model import Contract
    from projbill_beancount.terms.model import Terms

#: An amount by month, as `2026-04`.
ByMonth = dict[str, Decimal]
MONTH = len("2026-04")
DAY = timedelta(days=1)
ZERO, ONE = Decimal(0), Decimal(1)


class Month(NamedTuple):
    """The sums of a month in one currency, rounded to its places."""

    month: str
    worked: Decimal
    billed: Decimal
    collected: Decimal


class Flows(NamedTuple):
    """The amounts by project and currency; a project that has no contract has the name it is given."""

    worked: Mapping[tuple[str, str], ByMonth]
    billed: Mapping[tuple[str, str], ByMonth]
    collected: Mapping[tuple[str, str], ByMonth]


def month_of(day: date) -> str:
    """The month of a day: `2026-04`."""
    return day.isoformat()[:MONTH]


def flows_of(
    terms: Terms, facts: Facts, billing: Billing, scopes: Scopes, since: str = ""
) -> Flows:
    """What was worked, billed and collected from the month `since` up to the day of `billing`."""
    return _Reading(terms, facts, billing, since).flows(scopes)


def months_between(first: str, last: str) -> list[str]:
    """The months from one to another, both included."""
    found = []
    year, month = int(first[:4]), int(first[5:])
    while (name := f"{year:04}-{month:02}") <= last:
        found.append(name)
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)  # noqa: PLR2004
    return found


def months_of(
    flows: Flows, currency: str, projects: Iterable[str] | None, months: Iterable[str]
) -> list[Month]:
    """The sums of `projects`, of all where None, in one currency, for each of `months`."""
    chosen = None if projects is None else set(projects)
    sums = [
        [
            amounts
            for (project, of), amounts in by_project.items()
            if of == currency and (chosen is None or project in chosen)
        ]
        for by_project in flows
    ]
    return [Month(month, *(_sum(parts, month, currency) for parts in sums)) for month in months]


def _sum(parts: Iterable[ByMonth], month: str, currency: str) -> Decimal:
    return rounded(sum((part.get(month, ZERO) for part in parts), ZERO), currency)


class _Reading:
    """The way through the facts, once."""

    def __init__(self, terms: Terms, facts: Facts, billing: Billing, since: str) -> None:
        self.terms, self.facts, self.billing = terms, facts, billing
        self.since = date(int(since[:4]), int(since[5:]), 1) if since else date.min
        self.as_of = billing.as_of
        self._owners = {
            name: one for one in terms.contracts.values() for name in (one.id, *one.formerly)
        }
        self._worked: dict[tuple[str, str], ByMonth] = defaultdict(lambda: defaultdict(Decimal))
        self._billed: dict[tuple[str, str], ByMonth] = defaultdict(lambda: defaultdict(Decimal))
        self._collected: dict[tuple[str, str], ByMonth] = defaultdict(lambda: defaultdict(Decimal))
        self._documents: dict[tuple[str, str, str], Invoice] = {}
        for one in (*facts.invoices, *facts.credit_notes):
            self._documents.setdefault((one.number, one.receivable, one.currency), one)

    def flows(self, scopes: Scopes) -> Flows:
        for sign, documents in ((1, self.facts.invoices), (-1, self.facts.credit_notes)):
            for document in documents:
                if document.date <= self.as_of and self._last_of(document) >= self.since:
                    self._issued(document, sign)
        self._not_issued()
        for contract in self.terms.contracts.values():
            self._scope(contract, scopes)
        for settlement in self.facts.settlements:
            if self.since <= settlement.date <= self.as_of:
                self._paid(settlement)
        return Flows(self._worked, self._billed, self._collected)

    def _last_of(self, document: Invoice) -> date:
        """The last day that a document concerns: it bills no work of later days, but for fees."""
        days = [document.date, *(day for day, _ in document.released)]
        return max(*days, self._period_of(document)[1], document.voided or document.date)

    def _period_of(self, document: Invoice) -> tuple[date, date]:
        """The days that a fee on a document is for; a credit note may leave them to its invoice."""
        own = document
        if document.corrects and document.period_end is None:
            key = (document.corrects, document.receivable, document.currency)
            own = self._documents.get(key, document)
        return own.period_start or document.date, own.period_end or document.date

    @cached_property
    def _issued_by_kind(self) -> dict[tuple[str, str], Decimal]:
        """What invoices bill less credits, by project and kind of line."""
        found: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for sign, documents in ((1, self.facts.invoices), (-1, self.facts.credit_notes)):
            for document in documents:
                for line in document.lines if document.is_live(self.as_of) else ():
                    contract = self._owners.get(line.project)
                    project = contract.id if contract else line.project
                    found[project, line.kind] += sign * line.amount
        return found

    @cached_property
    def _drafted_by_kind(self) -> dict[tuple[str, str], Decimal]:
        """The same of drafts, held or not; what is to be paid back of a fee is no fee."""
        found: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for draft in self.billing.drafts:
            for line in draft.lines:
                if not (draft.is_proposal and line.kind == "retainer"):
                    found[draft.project, line.kind] += line.amount
        return found

    def _not_issued(self) -> None:
        """What is worked and on drafts, held or not, or on none yet."""
        for draft in self.billing.drafts:
            self._drafted(draft)
        waiting: dict[str, list[tuple[date, Decimal]]] = defaultdict(list)
        for item in self.billing.unbilled:
            if item.draft is None and item.value is not None:
                waiting[item.project].append((item.date, item.value))
        for project, values in waiting.items():
            contract = self.terms.contracts[project]
            beyond = self._beyond(contract, values)
            for day, value in sorted(values, reverse=True):
                lost = min(beyond, max(value, ZERO))  # corrections are below zero
                beyond -= lost
                self._work(project, contract.currency, month_of(day), value - lost)

    def _beyond(self, contract: Contract, values: Iterable[tuple[date, Decimal]]) -> Decimal:
        """What of hours that wait is not earned by them: above the caps, or on one payer's draft."""
        position = self.billing.positions[contract.id]
        limited = contract.caps or contract.split
        if not limited or contract.billing != "time-and-materials":
            return ZERO
        issued = position.billed - self._issued_by_kind[contract.id, "expense"]
        drafted = sum(
            amount
            for (project, kind), amount in self._drafted_by_kind.items()
            if project == contract.id and kind != "expense"
        )
        earned = (position.earned or ZERO) - issued - drafted
        return max(sum((value for _, value in values), ZERO) - max(earned, ZERO), ZERO)

    def _work(self, project: str, currency: str, month: str, amount: Decimal) -> None:
        self._worked[project, currency][month] += amount

    def _issued(self, document: Invoice, sign: int) -> None:
        month, currency = month_of(document.date), document.currency
        voided = document.voided
        taken_back = voided is not None and voided <= self.as_of
        for line in document.lines:
            if not line.amount:
                continue
            amount = sign * line.amount
            contract = self._owners.get(line.project)
            project = contract.id if contract else line.project
            self._billed[project, currency][month] += amount
            if taken_back and voided is not None:
                self._billed[project, currency][month_of(voided)] -= amount
            elif _counts(contract, line.kind, line.frozen):
                for of_month, part in self._line_months(contract, document, line):
                    self._work(project, currency, of_month, amount * part)
        if document.deposit and not taken_back:
            self._collect(document, document.date, sign * document.deposit)
        for day, released in document.released:
            if day <= self.as_of:
                self._collect(document, day, sign * released)

    def _line_months(
        self, contract: Contract | None, document: Invoice, line: InvoiceLine
    ) -> Iterator[tuple[str, Decimal]]:
        """The months in which a line was worked, with the part of it that each has."""
        if line.kind == "retainer":
            if contract is not None and is_block(contract):
                return
            yield from _days_by_month(*self._period_of(document), self.as_of)
            return
        months = {words[0][:MONTH] for words in line.frozen}
        if len(months) == 1 and "" not in months:
            yield months.pop(), ONE
            return
        own = date_of_draft(line.draft or document.draft) or document.date
        worked = ((entry.day[:MONTH], entry.billed_seconds or 0) for entry in line.entries)
        yield from _by_weight(worked, month_of(min(own, document.date)))

    def _drafted(self, draft: Draft) -> None:
        contract = self.terms.contracts[draft.project]
        for line in draft.lines:
            if not (line.amount and _counts(contract, line.kind, line.entries)):
                continue
            for month, part in self._draft_months(contract, draft, line):
                self._work(contract.id, draft.currency, month, line.amount * part)

    def _draft_months(
        self, contract: Contract, draft: Draft, line: Line
    ) -> Iterator[tuple[str, Decimal]]:
        if line.kind == "retainer":
            if not is_block(contract):
                period = draft.period
                start, end = (period.start, period.end) if period else (draft.date, draft.date)
                yield from _days_by_month(start, end, self.as_of)
            return
        worked = ((month_of(entry.date), entry.billed_seconds) for entry in line.entries)
        yield from _by_weight(worked, month_of(draft.date))

    def _scope(self, contract: Contract, scopes: Scopes) -> None:
        """What a fixed price, a prepaid block, or a running period has earned in each month."""
        is_fixed = contract.billing in FIXED
        if is_block(contract) or (is_fixed and contract.reconcile.completion == "hours"):
            self._scope_by_hours(contract)
            return
        if contract.retainer is not None and not contract.retainer.advance:
            self._running(contract)
        if not is_fixed:
            return
        days = [day for day in scopes.changes(contract) if day <= self.as_of]
        earlier = max((day for day in days if day < self.since), default=None)
        later = sorted({month_of(day) for day in days if day >= self.since})
        before = scopes.earned(contract, earlier) if earlier and later else ZERO
        for month in later:
            now = scopes.earned(contract, min(_last_day(month), self.as_of))
            self._work(contract.id, contract.currency, month, now - before)
            before = now

    def _running(self, contract: Contract) -> None:
        """What a retainer has earned in a period whose fee is on no draft before its end."""
        position = self.billing.positions[contract.id]
        standing, earned = position.retainer, position.earned or ZERO
        fee = (contract.id, "retainer")
        left = earned - self._issued_by_kind[fee] - self._drafted_by_kind[fee]
        if standing is None or standing.period.end <= self.as_of or left <= ZERO:
            return
        start = min(standing.period.start, self.as_of)
        for month, part in _days_by_month(start, self.as_of, self.as_of):
            self._work(contract.id, contract.currency, month, left * part)

    def _scope_by_hours(self, contract: Contract) -> None:
        """Completion that is measured in hours is what the hours of each month make of it."""
        worked: dict[str, int] = defaultdict(int)
        for name in (contract.id, *contract.formerly):
            for words in self.facts.settled.get(name, ()):
                worked[words[0][:MONTH]] += FrozenEntry(*words).seconds or 0
            for entry in self.facts.time.get(name, ()):
                if entry.date <= self.as_of:
                    worked[month_of(entry.date)] += entry.seconds
        earned = self.billing.positions[contract.id].earned or Decimal(0)
        for month, part in _by_weight(worked.items(), month_of(self.as_of)):
            self._work(contract.id, contract.currency, month, earned * part)

    def _paid(self, settlement: Settlement) -> None:
        amount = settlement.amount * _money_part(settlement, self.terms.firm.accounts)
        key = (settlement.number, settlement.account, settlement.currency)
        document = None if settlement.problem else self._documents.get(key)
        if document is not None:
            self._collect(document, settlement.date, amount)
            return
        contract = self._owners.get(settlement.project)
        project = contract.id if contract else settlement.project
        month = month_of(settlement.date)
        self._collected[project, settlement.currency][month] += amount

    def _collect(self, document: Invoice, day: date, gross: Decimal) -> None:
        """Money for a document, without the tax in it, shared by what its projects bill on it."""
        nets: dict[str, Decimal] = {}
        for line in document.lines:
            contract = self._owners.get(line.project)
            project = contract.id if contract else line.project
            nets[project] = nets.get(project, ZERO) + line.amount
        net = sum(nets.values(), ZERO)
        whole = net + sum((tax.amount for tax in document.taxes), ZERO)
        for project, own in nets.items():
            part = own / whole if whole else ONE / len(nets)
            self._collected[project, document.currency][month_of(day)] += gross * part


def is_block(contract: Contract) -> bool:
    """Whether its retainer is a prepaid block, which hours draw down."""
    return contract.retainer is not None and contract.retainer.every == "once"


def _counts(contract: Contract | None, kind: str, entries: Sized) -> bool:
    """Whether a line is worked as it is billed: no expense, and no price that reports earn."""
    if kind == "expense":
        return False
    is_fixed = contract is not None and contract.billing in FIXED
    return not (is_fixed and contract and is_scope(contract, kind, has_entries=bool(entries)))


def _last_day(month: str) -> date:
    year, number = int(month[:4]), int(month[5:])
    return date(year, number, monthrange(year, number)[1])


def _days_by_month(start: date, end: date, until: date) -> Iterator[tuple[str, Decimal]]:
    """The part of a period that each month has, as far as it has passed."""
    days = max((end - start).days + 1, 1)
    day = start
    while day <= min(end, until):
        last = min(_last_day(month_of(day)), end, until)
        yield month_of(day), Decimal((last - day).days + 1) / days
        day = last + DAY


def _by_weight(worked: Iterable[tuple[str, int]], otherwise: str) -> Iterator[tuple[str, Decimal]]:
    """The part of each month by its seconds; all of it `otherwise` where there are none."""
    weights: dict[str, int] = {}
    for month, seconds in worked:
        weights[month or otherwise] = weights.get(month or otherwise, 0) + seconds
    whole = sum(weights.values())
    if not whole:
        yield otherwise, ONE
        return
    for month, seconds in weights.items():
        yield month, Decimal(seconds) / whole


def _money_part(settlement: Settlement, templates: AccountTemplates) -> Decimal:
    """How much of a settlement is money: not what is booked on income or expenses."""
    roots = {
        template.partition(":")[0]
        for name, template in templates._asdict().items()
        if name not in {"income", "expenses"}
    }
    money = other = ZERO
    for account, amount, _ in settlement.booked:
        if account.partition(":")[0] in roots:
            money += amount
        else:
            other += amount
    return money / (money + other) if other and money + other else ONE
