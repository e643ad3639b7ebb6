"""Drafts as the vouchers that freeze them: an invoice, or the closing of work that costs nothing."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.billing.revenue import revenue_account
from projbill_beancount.billing.tax import taxes_of
from projbill_beancount.ledger.record import one_line
from projbill_beancount.ledger.voucher import Item
from projbill_beancount.ledger.voucher import Money
from projbill_beancount.ledger.voucher import Value
from projbill_beancount.ledger.voucher import Voucher

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable
    from collections.abc import Iterable
    from collections.abc import Iterator
    from collections.abc import Mapping
    from collections.abc import Sequence

    from projbill_beancount.billing.model import BilledEntry
    from projbill_beancount.billing.model import Draft
    from projbill_beancount.billing.model import Line
    from projbill_beancount.billing.model import TaxAmount
    from projbill_beancount.terms.accounts import Accounts
    from projbill_beancount.terms.model import Client
    from projbill_beancount.terms.model import Company
    from projbill_beancount.terms.model import Contract
    from projbill_beancount.terms.model import Terms

Day = date
FORMAT = 1
HOUR = Decimal(3600)
FOUR_PLACES = Decimal("0.0001")


class Issue(NamedTuple):
    """What makes an invoice of drafts: its number, its days, and who is concerned.

    `due_hours` tells the posted hours of an entry that no live invoice has; `former` the former
    name of its project on whose account an entry stands, for those that do.
    """

    number: str
    date: Day
    due: Day
    terms: Terms
    accounts: Accounts
    due_hours: Callable[[str], Decimal]
    former: Mapping[str, str]


class _Moved(NamedTuple):
    """Hours that an invoice takes out of `Unbilled`; `name` is the project's on that account."""

    project: str
    name: str
    person: str
    hours: Decimal


def invoice_voucher(issue: Issue, drafts: Sequence[Draft]) -> Voucher:
    """The invoice that bills `drafts`: all of one client and one currency, in order of their lines.

    Several drafts are joined: project and draft then stand on each line.
    """
    first = drafts[0]
    client = issue.terms.firm.clients.get(first.client)
    net = sum((draft.net for draft in drafts), abs(first.net) * 0)
    places = issue.terms.contracts[first.project].places
    taxes = taxes_of([line for draft in drafts for line in draft.lines], places)
    total = sum((tax.amount for tax in taxes), net)
    frozen = _Lines(issue, drafts, taxes)
    lines = [frozen.item(draft, line) for draft in drafts for line in draft.lines]
    meta: list[tuple[str, Value]] = [("invoice", issue.number)]
    if not frozen.joined:
        meta += [("project", first.project), ("draft", first.id)]
    periods = [draft.period for draft in drafts if draft.period is not None]
    if periods:
        meta.append(("period-start", min(period.start for period in periods)))
        meta.append(("period-end", max(period.end for period in periods)))
    meta += [
        ("due", issue.due),
        ("net", Money(net, first.currency)),
        ("total", Money(total, first.currency)),
        *_parties(issue.terms.firm.company, client, first.client),
        *_reference([issue.terms.contracts[draft.project] for draft in drafts], client),
        ("format", FORMAT),
    ]
    return Voucher(
        issue.date,
        one_line(client.name if client else first.client),
        one_line(f"{issue.number} {_subject(issue.terms, drafts)}"),
        ("invoice",),
        (issue.number,),
        tuple(meta),
        (
            *_owed(issue.accounts, drafts, total),
            *lines,
            *_taxes(issue.terms, taxes, first.currency),
            *_hour_legs(issue, drafts, frozen.hours.moved),
        ),
    )


def credit_of_draft(issue: Issue, draft: Draft, corrects: str, reason: str) -> Voucher:
    """The credit note that a draft below zero becomes.

    What it gives back is positive, as a credit note has it; what it bills is taken off.
    """
    client = issue.terms.firm.clients.get(draft.client)
    frozen = _Lines(issue, [draft], draft.taxes, sign=-1)
    lines = [frozen.item(draft, line) for line in draft.lines]
    meta: list[tuple[str, Value]] = [
        ("invoice", issue.number),
        ("corrects", corrects),
        ("project", draft.project),
        ("draft", draft.id),
    ]
    if reason:
        meta.append(("reason", one_line(reason)))
    meta += [
        ("net", Money(-draft.net, draft.currency)),
        ("total", Money(-draft.total, draft.currency)),
        *_parties(issue.terms.firm.company, client, draft.client),
        ("format", FORMAT),
    ]
    return Voucher(
        issue.date,
        one_line(client.name if client else draft.client),
        one_line(f"{issue.number} credit on {corrects}"),
        ("credit-note",),
        (issue.number, corrects),
        tuple(meta),
        (
            Item(issue.accounts.receivable(draft.client), Money(draft.total, draft.currency)),
            *lines,
            *_taxes(issue.terms, draft.taxes, draft.currency, sign=-1),
            *_hour_legs(issue, [draft], frozen.hours.moved),
        ),
    )


def closing_voucher(issue: Issue, draft: Draft) -> Voucher:
    """The numberless transaction that closes the entries of a draft of 0.00: nothing is posted."""
    frozen = _Lines(issue, [draft], draft.taxes)
    unbilled = issue.accounts.unbilled_time(draft.project)
    none = Money(FOUR_PLACES * 0, issue.terms.firm.hour)
    lines = [Item(unbilled, none, frozen.meta(draft, line)) for line in draft.lines]
    client = issue.terms.firm.clients.get(draft.client)
    meta: list[tuple[str, Value]] = [("project", draft.project), ("draft", draft.id)]
    if draft.period:
        meta += [("period-start", draft.period.start), ("period-end", draft.period.end)]
    return Voucher(
        issue.date,
        one_line(client.name if client else draft.client),
        one_line(f"Closed: {_subject(issue.terms, [draft])}, 0.00 {draft.currency}"),
        ("closed",),
        (),
        (*meta, ("format", FORMAT)),
        (*lines, *_hour_legs(issue, [draft], frozen.hours.moved)),
    )


def _parties(company: Company, client: Client | None, name: str) -> list[tuple[str, Value]]:
    """Who bills whom, frozen: name, address, country and tax number."""
    seller = (company.name, *company.address, company.country, company.vat_id)
    buyer = (client.name, *client.address, client.country, client.vat_id) if client else (name,)
    found = [("seller", seller), ("buyer", buyer)]
    return [
        (key, one_line(", ".join(part for part in parts if part)))
        for key, parts in found
        if any(parts)
    ]


def _hour_legs(issue: Issue, drafts: Sequence[Draft], moved: Iterable[_Moved]) -> list[Item]:
    """The hours that leave `Unbilled`, one posting a person, and the one that takes them.

    Where several clients pay shares, the first one's invoice moves the hours.
    """
    projects = {draft.project for draft in drafts if _is_first_payer(issue.terms, draft)}
    sums: dict[tuple[str, str, str], Decimal] = {}
    for one in moved:
        if one.project in projects and one.hours:
            key = (one.project, one.name, one.person)
            sums[key] = sums.get(key, Decimal(0)) + one.hours
    hour = issue.terms.firm.hour
    names = issue.accounts
    items = []
    for project in sorted({project for project, _, _ in sums}):
        own = [
            (name, person, hours)
            for (of, name, person), hours in sorted(sums.items())
            if of == project
        ]
        for name, person, hours in own:
            who: tuple[tuple[str, Value], ...] = (("person", person),) if person else ()
            items.append(Item(names.unbilled_time(name), Money(-hours, hour), who))
        total = sum((hours for _, _, hours in own), Decimal(0))
        items.append(Item(names.billed_time(project), Money(total, hour)))
    return items


class _Hours:
    """Tells the hours of entries as the ledger has them, and notes what is moved."""

    def __init__(self, issue: Issue) -> None:
        self._due = issue.due_hours
        self._former = issue.former
        self.moved: list[_Moved] = []
        self._taken: dict[str, Decimal] = {}

    def of(self, project: str, entry: BilledEntry) -> Decimal:
        """The hours of an entry's part on a line; the parts of an entry add up to what is due."""
        taken = self._taken.get(entry.id, Decimal(0))
        left = self._due(entry.id) - taken
        exact = (entry.seconds / HOUR).quantize(FOUR_PLACES)
        hours = left if abs(left - exact) <= FOUR_PLACES else exact
        self._taken[entry.id] = taken + hours
        name = self._former.get(entry.id, project)
        self.moved.append(_Moved(project, name, entry.person, hours))
        return hours


def _owed(accounts: Accounts, drafts: Sequence[Draft], total: Decimal) -> list[Item]:
    """The receivable, what the client keeps back, and what the deposit pays."""
    first = drafts[0]
    client, currency = first.client, first.currency
    retained = sum((draft.retained for draft in drafts), first.net * 0)
    deposit = sum((draft.deposit for draft in drafts), first.net * 0)
    payable = total - retained - deposit
    items = [Item(accounts.receivable(client), Money(payable, currency))]
    if retained:
        items.append(Item(accounts.retention(client), Money(retained, currency)))
    if deposit:
        items.append(Item(accounts.deposits(client), Money(deposit, currency)))
    return items


class _Lines:
    """The lines of drafts as an invoice freezes them."""

    def __init__(
        self, issue: Issue, drafts: Sequence[Draft], taxes: Iterable[TaxAmount], sign: int = 1
    ) -> None:
        self.issue = issue
        self.sign = sign
        self.joined = len(drafts) > 1
        self.hours = _Hours(issue)
        codes = Counter(tax.code for tax in taxes)
        self._ambiguous = {code for code, count in codes.items() if count > 1}

    def item(self, draft: Draft, line: Line) -> Item:
        """The posting of a line."""
        contract = self.issue.terms.contracts[draft.project]
        account = revenue_account(self.issue.accounts, contract, line)
        return Item(account, Money(-line.amount + 0, draft.currency), self.meta(draft, line))

    def meta(self, draft: Draft, line: Line) -> tuple[tuple[str, Value], ...]:
        """What a posting freezes of its line."""
        meta: list[tuple[str, Value]] = [("line", one_line(line.text)), ("kind", line.kind)]
        if self.joined:
            meta += [("project", draft.project), ("draft", draft.id)]
        meta += [*self._sizes(draft, line), *self._words(line, draft.currency)]
        if line.tax_rate is not None and line.tax in self._ambiguous:
            meta.append(("rate", line.tax_rate))
        if line.prior_period:
            meta.append(("prior-period", True))
        if line.entries:
            frozen = [
                _frozen(entry, self.hours.of(draft.project, entry), self.sign)
                for entry in line.entries
            ]
            meta.append(("entries", "\n      ".join(["", *frozen])))
        return tuple(meta)

    def _sizes(self, draft: Draft, line: Line) -> Iterator[tuple[str, Value]]:
        if line.seconds is not None:
            unit = Decimal(line.day_seconds) if line.day_seconds else HOUR
            size = short((self.sign * line.seconds / unit).quantize(FOUR_PLACES))
            yield "quantity", Money(size, "DAY" if line.day_seconds else self.issue.terms.firm.hour)
        if line.price is not None:
            yield "price", Money(_with_places(line.price, draft.net), draft.currency)

    def _words(self, line: Line, currency: str) -> Iterator[tuple[str, Value]]:
        if line.task:
            yield "task", line.task
        if line.milestone:
            yield "milestone", line.milestone
        if line.basis is not None:
            yield "basis", Money(line.basis, currency)
        if line.complete is not None:
            yield "complete", f"{line.complete.normalize():f} %"
        texts = (
            ("change-order", line.change_order),
            ("adjustment", line.adjustment),
            ("expenses", " ".join(line.expenses)),
            ("tax", line.tax),
        )
        yield from ((key, text) for key, text in texts if text)


def _frozen(entry: BilledEntry, hours: Decimal, sign: int) -> str:
    """An entry in words: `DATE PERSON HOURS[/BILLED] ID [TASK]`."""
    size = f"{sign * hours:f}"
    if entry.billed_seconds != entry.seconds:
        size += f"/{(sign * entry.billed_seconds / HOUR).quantize(FOUR_PLACES):f}"
    return f"{entry.date} {entry.person or '-'} {size} {entry.id} {entry.task}".rstrip()


def _taxes(terms: Terms, taxes: Iterable[TaxAmount], currency: str, sign: int = 1) -> list[Item]:
    """One posting for each tax code and rate; a tax of 0 without an account is on the lines alone."""
    items = []
    for tax in taxes:
        account = terms.firm.taxes[tax.code].account
        if account:
            meta: tuple[tuple[str, Value], ...] = (
                ("tax", tax.code),
                ("rate", tax.rate),
                ("base", Money(sign * tax.base, currency)),
            )
            items.append(Item(account, Money(-tax.amount + 0, currency), meta))
    return items


def _reference(contracts: Iterable[Contract], client: Client | None) -> list[tuple[str, Value]]:
    """The client's order numbers, the contracts' before the client's own."""
    known = dict.fromkeys(contract.reference for contract in contracts if contract.reference)
    text = ", ".join(known) or (client.reference if client else "")
    return [("reference", one_line(text))] if text else []


def _subject(terms: Terms, drafts: Sequence[Draft]) -> str:
    """What an invoice is for, in its narration: the contracts and the month or period."""
    names = dict.fromkeys(terms.contracts[draft.project].name for draft in drafts)
    text = ", ".join(names)
    periods = {draft.period for draft in drafts}
    period = periods.pop() if len(periods) == 1 else None
    if period is None:
        return text
    if (period.start.year, period.start.month) == (period.end.year, period.end.month):
        return f"{text}, {period.end:%Y-%m}"
    return f"{text}, {period.start} to {period.end}"


def _is_first_payer(terms: Terms, draft: Draft) -> bool:
    split = terms.contracts[draft.project].split
    return not split or split[0].client == draft.client


def short(number: Decimal) -> Decimal:
    """A number of four places with two, where two are exact."""
    short = number.quantize(Decimal("0.01"))
    return short if short == number else number


def _with_places(price: Decimal, amount: Decimal) -> Decimal:
    """A price with at least the places of an amount in its currency."""
    return price + amount * 0 if price else amount * 0
