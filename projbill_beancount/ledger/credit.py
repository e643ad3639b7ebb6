"""The voucher of a credit note on an issued invoice."""

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
from projbill_beancount.ledger.left import billed_seconds
from projbill_beancount.ledger.left import part_of
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
    from projbill_beancount.facts.model import InvoiceTax
    from projbill_beancount.ledger.left import Taken

Day = date
ZERO = Decimal(0)
HOUR = Decimal(3600)
FOUR_PLACES = Decimal("0.0001")


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
    and to the last cent once nothing is left of the invoice. What a deposit paid goes back to it
    once the client has nothing more to pay of the invoice.

    Raises:
        LedgerWriteError: a tax of the invoice is on none of its lines.
    """
    currency = invoice.currency
    net = sum((one.amount for one in taken), invoice.net * 0)
    taxes = list(_taxes(invoice, taken, before, accounts.places))
    total = sum((tax.amount for tax in taxes), net)
    retained = _retained(invoice, net, before, accounts.places)
    meta: list[tuple[str, Value]] = [("invoice", number), ("corrects", invoice.number)]
    projects = {one.line.project for one in taken}
    joined = len(projects) > 1
    if not joined:
        meta.append(("project", projects.pop()))
    if reason:
        meta.append(("reason", one_line(reason)))
    meta += [("net", Money(net, currency)), ("total", Money(total, currency)), *parties]
    deposit = _deposit(invoice, total - retained, before)
    owed = [Item(invoice.receivable, Money(retained + deposit - total, currency))]
    if deposit:
        owed.append(Item(accounts.deposits, Money(-deposit, currency)))
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
            *(_tax_item(tax, currency) for tax in taxes),
            *(_hour_legs(taken, accounts) if accounts.legs is None else accounts.legs),
        ),
    )


class CreditAccounts(NamedTuple):
    """What a credit note posts to beside the accounts of the lines.

    `unbilled_time` and `billed_time` by project, without those whose hours
    stand on another payer's invoice; `former` has the account of entries that the invoice took from
    one of a former name. `legs` are the hours of entries that the invoice lists by their ids alone.
    """

    retention: str
    deposits: str
    unbilled_time: Mapping[str, str]
    billed_time: Mapping[str, str]
    former: Mapping[str, str]
    hour: str
    places: int
    legs: Sequence[Item] | None = None


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
    return Item(line.account, Money(one.amount + 0, currency), tuple(meta))


def _sizes(one: Taken, currency: str, accounts: CreditAccounts) -> Iterable[tuple[str, Value]]:
    """Quantity and price, where they make the amount: a last cent of the invoice they do not."""
    line = one.line
    whole = one.amount == line.amount
    has_hours = any(hours for _, hours in one.entries)
    if line.quantity is None or not (
        has_hours or (whole and not any(entry.hours for entry in line.entries))
    ):
        return
    quantity = short(_quantity(one) if has_hours else line.quantity)
    whole = whole or line.unit == "DAY"
    seconds = sum(billed_seconds(words, hours) for words, hours in one.entries)
    if line.price is None:
        yield "quantity", Money(quantity, line.unit if line.unit == "DAY" else accounts.hour)
    elif whole or divide_half_up(seconds * line.price, int(HOUR), accounts.places) == one.amount:
        yield "quantity", Money(quantity, line.unit if line.unit == "DAY" else accounts.hour)
        yield "price", Money(line.price, currency)


def _words(words: FrozenWords, hours: Decimal) -> str:
    day, person, _, identity, task = words
    billed = billed_seconds(words, hours)
    size = f"{hours:f}"
    if billed != seconds_of(hours):
        size += f"/{(billed / HOUR).quantize(FOUR_PLACES):f}"
    return f"{day} {person} {size} {identity} {task}".rstrip() if day else identity


def _quantity(one: Taken) -> Decimal:
    seconds = sum(billed_seconds(words, hours) for words, hours in one.entries)
    if one.line.unit == "DAY" and one.line.quantity:
        whole = sum(FrozenEntry(*words).billed_seconds or 0 for words in one.line.frozen)
        return (one.line.quantity * seconds / whole).quantize(FOUR_PLACES)
    return (seconds / HOUR).quantize(FOUR_PLACES)


def _taxes(
    invoice: Invoice, taken: Sequence[Taken], before: Sequence[Invoice], places: int
) -> Iterable[InvoiceTax]:
    """What is taken back of each tax of the invoice, on its account; with the last of its base, all.

    A tax that says neither rate nor base is one on the lines of its code, in proportion.

    Raises:
        LedgerWriteError: a tax is on no line.
    """
    for tax in invoice.taxes:
        of_tax = [line for line in invoice.lines if _is_taxed(line, tax, invoice)]
        if tax.amount and not of_tax:
            raise LedgerWriteError(
                f"{invoice.file}:{invoice.line}: it does not say what its tax on {tax.account} is a "
                "tax on: give that posting and the lines the same `tax:`"
            )
        base = sum((one.amount for one in taken if one.line in of_tax), ZERO)
        whole = tax.base if tax.base is not None else sum((one.amount for one in of_tax), ZERO)
        credited = [two for one in before for two in one.taxes if _is_same(two, tax)]
        left = whole - sum((two.base or ZERO for two in credited), ZERO)
        base = part_of(left, base)
        if not base:
            continue
        if base == left:
            amount = tax.amount - sum((two.amount for two in credited), ZERO)
        elif tax.rate is not None:
            amount = share(base, tax.rate, places)
        else:
            numerator, denominator = whole.as_integer_ratio()
            amount = divide_half_up(tax.amount * base * denominator, numerator, places)
        yield tax._replace(base=base, amount=amount)


def _is_taxed(line: InvoiceLine, tax: InvoiceTax, invoice: Invoice) -> bool:
    if line.kind == "covered":
        return False
    if not any(one.tax for one in invoice.lines):
        return len(invoice.taxes) == 1
    return line.tax == tax.code and line.tax_rate in {None, tax.rate}


def _is_same(credited: InvoiceTax, tax: InvoiceTax) -> bool:
    return (credited.code, credited.rate) == (tax.code, tax.rate)


def _tax_item(tax: InvoiceTax, currency: str) -> Item:
    base = tax.base or ZERO
    pairs = (("tax", tax.code or None), ("rate", tax.rate), ("base", Money(base, currency)))
    meta = tuple((key, value) for key, value in pairs if value is not None)
    return Item(tax.account, Money(tax.amount, currency), meta)


def _retained(invoice: Invoice, net: Decimal, before: Sequence[Invoice], places: int) -> Decimal:
    """The part of what the client keeps back, cumulatively."""
    if not invoice.retained or not invoice.net:
        return invoice.net * 0
    credited = sum((one.net for one in before), ZERO)
    given = sum((one.retained for one in before), ZERO)
    until = (credited + net) * invoice.retained
    numerator, denominator = invoice.net.as_integer_ratio()
    return divide_half_up(until * denominator, numerator, places) - given


def _deposit(invoice: Invoice, owed: Decimal, before: Sequence[Invoice]) -> Decimal:
    """The part of `owed`, what is taken back after retention, that goes back to the deposit."""
    given = sum((one.deposit for one in before), ZERO)
    taken = sum((one.total - one.retained - one.deposit for one in before), ZERO)
    to_pay = invoice.total - invoice.retained - invoice.deposit
    beyond = owed - max(to_pay - taken, ZERO)
    return invoice.net * 0 + max(min(beyond, invoice.deposit - given), ZERO)


def _hour_legs(taken: Sequence[Taken], accounts: CreditAccounts) -> list[Item]:
    """The hours go back from billed to unbilled, one posting a person."""
    sums: defaultdict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for one in taken:
        unbilled = accounts.unbilled_time.get(one.line.project)
        for words, hours in one.entries if unbilled else ():
            account = accounts.former.get(words[FROZEN_ID], unbilled)
            sums[one.line.project, str(account), words[1]] += hours
    items = []
    for project in sorted({project for project, _, _ in sums}):
        total = ZERO
        for (of, account, person), hours in sorted(sums.items()):
            if of == project and hours:
                who: tuple[tuple[str, Value], ...] = (("person", person),) if person else ()
                items.append(Item(account, Money(hours, accounts.hour), who))
                total += hours
        if total:
            items.append(Item(accounts.billed_time[project], Money(-total, accounts.hour)))
    return items
