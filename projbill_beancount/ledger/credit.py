"""What is left to credit of an issued invoice, and the voucher of a credit note."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.billing.rounding import divide_half_up
from projbill_beancount.billing.rounding import share
from projbill_beancount.facts.model import FROZEN_ID
from projbill_beancount.facts.model import FrozenEntry
from projbill_beancount.facts.values import seconds_of
from projbill_beancount.ledger.errors import LedgerWriteError
from projbill_beancount.ledger.freeze import short
from projbill_beancount.ledger.record import one_line
from projbill_beancount.ledger.voucher import Item
from projbill_beancount.ledger.voucher import Money
from projbill_beancount.ledger.voucher import Value
from projbill_beancount.ledger.voucher import Voucher

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable
    from collections.abc import Mapping
    from collections.abc import Sequence

    from projbill_beancount.facts.model import FrozenWords
    from projbill_beancount.facts.model import Invoice
    from projbill_beancount.facts.model import InvoiceLine

Day = date
ZERO = Decimal(0)
HOUR = Decimal(3600)
FOUR_PLACES = Decimal("0.0001")


class Left(NamedTuple):
    """A line of an invoice with what earlier credit notes left of it.

    `amount` is in the invoice's currency, `hours` are the worked hours of its entries by id.
    """

    line: InvoiceLine
    amount: Decimal
    hours: Mapping[str, Decimal]

    @property
    def is_taken_back(self) -> bool:
        """Whether nothing is left to credit."""
        return not self.amount and not any(self.hours.values())


class Taken(NamedTuple):
    """What a credit note takes back of a line; `entries` as the line froze them, with their hours."""

    line: InvoiceLine
    amount: Decimal
    entries: tuple[tuple[FrozenWords, Decimal], ...]


def left_of(invoice: Invoice, credit_notes: Iterable[Invoice]) -> list[Left]:
    """The lines of an invoice less what credit notes took back, in the invoice's order."""
    amounts: defaultdict[tuple[object, ...], Decimal] = defaultdict(Decimal)
    hours: defaultdict[str, Decimal] = defaultdict(Decimal)
    for credit in credit_notes:
        for line in credit.lines:
            amounts[_key(line)] += line.amount
            for entry in line.entries:
                hours[entry.id] += Decimal(entry.hours.partition("/")[0] or 0)
    found = []
    for line in invoice.lines:
        key = _key(line)
        credited = _part_of(line.amount, amounts[key])
        amounts[key] -= credited
        kept = {}
        for entry in line.entries:
            size = Decimal(entry.hours.partition("/")[0] or 0)
            taken = _part_of(size, hours[entry.id])
            hours[entry.id] -= taken
            kept[entry.id] = size - taken
        found.append(Left(line, line.amount - credited, kept))
    return found


def taken_whole(left: Sequence[Left]) -> list[Taken]:
    """Everything that is left."""
    return [
        Taken(one.line, one.amount, tuple(_all_entries(one)))
        for one in left
        if not one.is_taken_back
    ]


def taken_entries(
    left: Sequence[Left], wanted: Mapping[str, Decimal | None], places: int
) -> list[Taken]:
    """The hours of entries (None: all that is left of one), at the prices of their lines.

    Raises:
        LedgerWriteError: the invoice does not have them.
    """
    due = {
        identity: None if hours is None else hours.quantize(FOUR_PLACES)
        for identity, hours in wanted.items()
    }
    found = []
    for one in left:
        entries = []
        for words in one.line.frozen:
            identity, there = words[FROZEN_ID], one.hours.get(words[FROZEN_ID], ZERO)
            if identity not in due or not there:
                continue
            asked = due[identity]
            size = there if asked is None else min(asked, there)
            if asked is not None:
                due[identity] = asked - size
            if size:
                entries.append((words, size))
        if entries:
            found.append(Taken(one.line, _value(one, entries, places), tuple(entries)))
    listed = {words[FROZEN_ID] for taken in found for words, _ in taken.entries}
    for identity, hours in due.items():
        if identity not in listed:
            raise LedgerWriteError(f"the invoice has nothing left of entry {identity} to credit")
        if hours:
            raise LedgerWriteError(
                f"the invoice has {hours} h less of entry {identity} than is to be credited"
            )
    return found


def credit_voucher(
    number: str,
    day: Day,
    invoice: Invoice,
    taken: Sequence[Taken],
    before: Sequence[Invoice],
    parties: Sequence[tuple[str, Value]],
    payee: str,
    reason: str,
    accounts: CreditAccounts,
) -> Voucher:
    """The credit note `number` on an invoice; `before` are its earlier ones.

    Amounts and quantities are positive. Taxes and what was kept back are taken back in proportion,
    and to the last cent once nothing is left of the invoice.
    """
    currency = invoice.currency
    net = sum((one.amount for one in taken), invoice.net * 0)
    taxes = list(_taxes(invoice, taken, before, accounts.places))
    total = sum((amount for _, _, _, amount in taxes), net)
    retained = _retained(invoice, net, before, accounts.places)
    meta: list[tuple[str, Value]] = [("invoice", number), ("corrects", invoice.number)]
    projects = {one.line.project for one in taken}
    joined = len(projects) > 1
    if not joined:
        meta.append(("project", projects.pop()))
    if reason:
        meta.append(("reason", one_line(reason)))
    meta += [("net", Money(net, currency)), ("total", Money(total, currency)), *parties]
    owed = [Item(invoice.receivable, Money(retained - total, currency))]
    if retained:
        owed.append(Item(accounts.retention, Money(-retained, currency)))
    return Voucher(
        day,
        payee,
        one_line(f"{number} credit on {invoice.number}"),
        ("credit-note",),
        (number, invoice.number),
        (*meta, ("format", 1)),
        (
            *owed,
            *(_item(one, currency, accounts, joined=joined) for one in taken),
            *(_tax_item(tax, currency, accounts.taxes) for tax in taxes),
            *_hour_legs(taken, accounts),
        ),
    )


class CreditAccounts(NamedTuple):
    """What a credit note posts to beside the accounts of the lines.

    `taxes` are by code; `unbilled_time` and `billed_time` by project, without those whose hours
    stand on another payer's invoice.
    """

    retention: str
    taxes: Mapping[str, str]
    unbilled_time: Mapping[str, str]
    billed_time: Mapping[str, str]
    hour: str
    places: int


def _item(one: Taken, currency: str, accounts: CreditAccounts, *, joined: bool) -> Item:
    line = one.line
    meta: list[tuple[str, Value]] = [("line", one_line(line.text)), ("kind", line.kind)]
    if joined:
        meta.append(("project", line.project))
    meta += _sizes(one, currency, accounts)
    texts = (
        ("task", line.task),
        ("milestone", line.milestone),
        ("change-order", line.change_order),
        ("adjustment", line.adjustment),
        ("expenses", " ".join(line.expenses)),
        ("tax", line.tax),
    )
    meta += [(key, text) for key, text in texts if text]
    if line.tax_rate is not None:
        meta.append(("rate", line.tax_rate))
    if line.prior_period:
        meta.append(("prior-period", True))
    if one.entries:
        frozen = [_words(words, hours) for words, hours in one.entries]
        meta.append(("entries", "\n      ".join(["", *frozen])))
    return Item(line.account, Money(one.amount, currency), tuple(meta))


def _sizes(one: Taken, currency: str, accounts: CreditAccounts) -> Iterable[tuple[str, Value]]:
    """Quantity and price, where they make the amount: a last cent of the invoice they do not."""
    line = one.line
    if line.quantity is None or not one.entries:
        return
    quantity = short(_quantity(one))
    whole = line.unit == "DAY" or one.amount == line.amount
    seconds = sum(_billed_seconds(words, hours) for words, hours in one.entries)
    if line.price is None:
        yield "quantity", Money(quantity, line.unit if line.unit == "DAY" else accounts.hour)
    elif whole or divide_half_up(seconds * line.price, int(HOUR), accounts.places) == one.amount:
        yield "quantity", Money(quantity, line.unit if line.unit == "DAY" else accounts.hour)
        yield "price", Money(line.price, currency)


def _words(words: FrozenWords, hours: Decimal) -> str:
    day, person, _, identity, task = words
    billed = _billed_seconds(words, hours)
    size = f"{hours:f}"
    if billed != seconds_of(hours):
        size += f"/{(billed / HOUR).quantize(FOUR_PLACES):f}"
    return f"{day} {person} {size} {identity} {task}".rstrip() if day else identity


def _quantity(one: Taken) -> Decimal:
    seconds = sum(_billed_seconds(words, hours) for words, hours in one.entries)
    if one.line.unit == "DAY" and one.line.quantity:
        whole = sum(FrozenEntry(*words).billed_seconds or 0 for words in one.line.frozen)
        return (one.line.quantity * seconds / whole).quantize(FOUR_PLACES)
    return (seconds / HOUR).quantize(FOUR_PLACES)


def _billed_seconds(words: FrozenWords, hours: Decimal) -> int:
    """What is billed of an entry's hours: all of it, or in proportion."""
    entry, worked = FrozenEntry(*words), seconds_of(hours)
    seconds, billed = entry.seconds or 0, entry.billed_seconds or 0
    if worked == seconds or not seconds:
        return billed
    return int(divide_half_up(Decimal(billed * worked), abs(seconds), 0)) * (
        1 if seconds > 0 else -1
    )


def _value(one: Left, entries: Sequence[tuple[FrozenWords, Decimal]], places: int) -> Decimal:
    """What hours are worth on a line: all that is left of it with its last hours."""
    taken = {words[FROZEN_ID]: hours for words, hours in entries}
    if all(hours == taken.get(identity, ZERO) for identity, hours in one.hours.items()):
        return one.amount
    whole = sum(FrozenEntry(*words).billed_seconds or 0 for words in one.line.frozen)
    seconds = sum(_billed_seconds(words, hours) for words, hours in entries)
    return divide_half_up(one.line.amount * seconds, whole, places) if whole else ZERO


def _all_entries(one: Left) -> Iterable[tuple[FrozenWords, Decimal]]:
    return (
        (words, one.hours[words[FROZEN_ID]])
        for words in one.line.frozen
        if one.hours.get(words[FROZEN_ID])
    )


def _taxes(
    invoice: Invoice, taken: Sequence[Taken], before: Sequence[Invoice], places: int
) -> Iterable[tuple[str, Decimal, Decimal, Decimal]]:
    """Code, rate, base and amount of each tax; what is left of it with the last of its base."""
    bases: defaultdict[tuple[str, Decimal | None], Decimal] = defaultdict(Decimal)
    for one in taken:
        if one.line.tax and one.line.kind != "covered":
            bases[one.line.tax, one.line.tax_rate] += one.amount
    for tax in invoice.taxes:
        key = (tax.code, tax.rate) if (tax.code, tax.rate) in bases else (tax.code, None)
        if tax.rate is None or not bases.get(key):
            continue
        credited = [
            two
            for one in before
            for two in one.taxes
            if (two.code, two.rate) == (tax.code, tax.rate)
        ]
        left = (tax.base or ZERO) - sum((two.base or ZERO for two in credited), ZERO)
        base = _part_of(left, bases[key])
        bases[key] -= base
        amount = share(base, tax.rate, places)
        if base == left:
            amount = tax.amount - sum((two.amount for two in credited), ZERO)
        yield tax.code, tax.rate, base, amount


def _tax_item(
    tax: tuple[str, Decimal, Decimal, Decimal], currency: str, accounts: Mapping[str, str]
) -> Item:
    code, rate, base, amount = tax
    meta = (("tax", code), ("rate", rate), ("base", Money(base, currency)))
    return Item(accounts[code], Money(amount, currency), meta)


def _retained(invoice: Invoice, net: Decimal, before: Sequence[Invoice], places: int) -> Decimal:
    """The part of what the client keeps back, cumulatively."""
    if not invoice.retained or not invoice.net:
        return invoice.net * 0
    credited = sum((one.net for one in before), ZERO)
    given = sum((one.retained for one in before), ZERO)
    until = (credited + net) * invoice.retained
    numerator, denominator = invoice.net.as_integer_ratio()
    return divide_half_up(until * denominator, numerator, places) - given


def _hour_legs(taken: Sequence[Taken], accounts: CreditAccounts) -> list[Item]:
    """The hours go back from billed to unbilled, one posting a person."""
    sums: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for one in taken:
        for words, hours in one.entries:
            if one.line.project in accounts.unbilled_time:
                sums[one.line.project, words[1]] += hours
    items = []
    for project in sorted({project for project, _ in sums}):
        total = ZERO
        for (of, person), hours in sorted(sums.items()):
            if of == project and hours:
                who: tuple[tuple[str, Value], ...] = (("person", person),) if person else ()
                units = Money(hours, accounts.hour)
                items.append(Item(accounts.unbilled_time[project], units, who))
                total += hours
        if total:
            items.append(Item(accounts.billed_time[project], Money(-total, accounts.hour)))
    return items


def _key(line: InvoiceLine) -> tuple[object, ...]:
    """What makes a credit note's line one of an invoice's line."""
    return (
        line.kind,
        line.text,
        line.project,
        line.task,
        line.milestone,
        line.change_order,
        line.adjustment,
        line.prior_period,
        line.tax,
        line.tax_rate,
    )


def _part_of(size: Decimal, wanted: Decimal) -> Decimal:
    """As much of `wanted` as `size` has; both may be negative."""
    if size >= ZERO:
        return max(min(size, wanted), ZERO)
    return min(max(size, wanted), ZERO)
