"""Issued invoices against themselves: lines, totals, taxes, credits. They are compared, never changed."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

from projbill_beancount.billing.findings import finding
from projbill_beancount.billing.rounding import divide_half_up
from projbill_beancount.billing.rounding import divided
from projbill_beancount.billing.rounding import share
from projbill_beancount.billing.tax import NO_TAX
from projbill_beancount.facts.model import InvoiceTax
from projbill_beancount.facts.values import seconds_said

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable
    from collections.abc import Iterator
    from collections.abc import Mapping

    from projbill_beancount.billing.model import Finding
    from projbill_beancount.facts.model import Booking
    from projbill_beancount.facts.model import Invoice
    from projbill_beancount.facts.model import InvoiceLine
    from projbill_beancount.terms.model import Contract
    from projbill_beancount.terms.model import Tax

ZERO = Decimal(0)
HOUR = 3600
CENT = Decimal("0.01")
#: Where the words of a frozen entry have its hours.
FROZEN_HOURS = 2
CHANGED = "its content is not what was issued; `projbill verify` says since when: put it back, or credit it"
#: Half of the last place that a quantity of four places has, in hours or days.
QUANTITY_SLACK = Decimal("0.00006")


def invoice_findings(
    invoices: Iterable[Invoice],
    contracts: Mapping[str, Contract],
    owners: Mapping[str, str],
    taxes: Mapping[str, Tax],
) -> Iterator[Finding]:
    """What an invoice or a credit note says that does not add up: once for each and code."""
    for invoice in invoices:
        project = owners.get(invoice.project, invoice.project)
        if not invoice.number:
            if invoice.is_changed:
                yield _finding("issued-changed", project, invoice, CHANGED)
            if invoice.posted:
                yield _numberless(project, invoice)
            continue
        contract = contracts.get(project)
        mismatch = _ledger_mismatch(invoice)
        wrong = mismatch or (contract and _wrong_line(invoice, contract, contracts, owners))
        wrong = wrong or (CHANGED if invoice.is_changed else "")
        if wrong:
            code = "ledger-amount-mismatch" if mismatch else "issued-changed"
            yield _finding(code, project, invoice, wrong)
        places = contract.places if contract else 2
        tax = _tax_mismatch(invoice, taxes, places, stands=not wrong)
        if tax:
            yield _finding("tax-amount-mismatch", project, invoice, tax)


def _numberless(project: str, invoice: Invoice) -> Finding:
    """`invoice-unregistered`: it is tagged and posts to a client, and no payment can name it."""
    message = (
        f"{invoice.posted} {invoice.currency} are posted to {invoice.receivable} by a document "
        "without a number: add `invoice:`, so that it can be paid, credited and found"
    )
    return finding(
        "invoice-unregistered",
        project,
        invoice.date,
        message,
        invoice.place,
        amount=invoice.posted,
        identity=invoice.receivable,
    )._replace(currency=invoice.currency)


def _ledger_mismatch(invoice: Invoice) -> str:
    """What is posted on the receivable, or by the lines, against `total` and `net`."""
    if invoice.posted != invoice.total:
        return f"{invoice.posted} are posted to the client, and `total` is {invoice.total}"
    lines = sum((line.amount for line in invoice.lines), ZERO)
    if lines != invoice.net:
        return f"the lines come to {lines}, and `net` is {invoice.net}"
    return ""


def _wrong_line(
    invoice: Invoice,
    contract: Contract,
    contracts: Mapping[str, Contract],
    owners: Mapping[str, str],
) -> str:
    """The first line that is not its own quantity × price, or not its entries' hours."""
    for line in invoice.lines:
        price, quantity = line.price, line.quantity
        if price is None or quantity is None:
            continue
        own = contracts.get(owners.get(line.project, line.project), contract)
        hours = _hours(line)
        if hours is not None and not _is_quantity(line, quantity, hours, own):
            return f"line {line.text}: its entries have {hours} hours, which is not {quantity}"
        if abs(line.amount - quantity * price) <= CENT / 2:
            continue
        exact = None if hours is None else _worth(line, price, own)
        if exact is None and _is_near(line, quantity * price, price, own):
            continue
        if line.amount == exact or _is_share(line, exact, own):
            continue
        return f"line {line.text}: {quantity} x {price} is not {line.amount}"
    return ""


def _hours(line: InvoiceLine) -> Decimal | None:
    """The billed hours of a line's frozen entries; None where they are not there.

    Old ledgers have very many, so that no entry is made of their words.
    """
    said = [words[FROZEN_HOURS] for words in line.frozen]
    return sum(map(_billed_hours, said), ZERO) if said and all(said) else None


@lru_cache(maxsize=65536)  # the same hours are on many lines
def _billed_hours(said: str) -> Decimal:
    return Decimal(said.rpartition("/")[2])


def _is_quantity(line: InvoiceLine, quantity: Decimal, hours: Decimal, contract: Contract) -> bool:
    """Whether a line's quantity is that of its entries, as exactly as both are written."""
    slack = len(line.frozen) * QUANTITY_SLACK
    places = -int(quantity.as_tuple().exponent)
    written = Decimal(1).scaleb(-places) / 2 if places > 1 else ZERO
    if line.unit == "DAY":
        whole = _whole(line, contract)
        return abs(quantity * whole - hours * HOUR) <= written * whole + slack * HOUR
    return abs(quantity - hours) <= written + slack


def _worth(line: InvoiceLine, price: Decimal, contract: Contract) -> Decimal:
    """Quantity × price from the seconds of the frozen entries, which all have their hours."""
    seconds = sum(seconds_said(words[FROZEN_HOURS].rpartition("/")[2]) for words in line.frozen)
    return divide_half_up(seconds * price, _whole(line, contract), contract.places)


def _whole(line: InvoiceLine, contract: Contract) -> int:
    """The seconds of one of a line's units."""
    return (contract.rates.day_seconds or HOUR) if line.unit == "DAY" else HOUR


def _is_near(line: InvoiceLine, worth: Decimal, price: Decimal, contract: Contract) -> bool:
    """Whether the amount is the worth of a written quantity, which has four places, or a share."""
    slack = price * QUANTITY_SLACK + CENT
    shares = [
        worth * payer.fraction.numerator / payer.fraction.denominator for payer in contract.split
    ]
    return any(abs(line.amount - one) <= slack for one in (worth, *shares))


def _is_share(line: InvoiceLine, exact: Decimal | None, contract: Contract) -> bool:
    """Whether the amount is one payer's share of what the entries are worth."""
    fractions = [payer.fraction for payer in contract.split]
    if not fractions or sum(fractions) != 1 or exact is None:
        return False
    return line.amount in divided(exact, fractions, contract.places)


def _tax_mismatch(invoice: Invoice, taxes: Mapping[str, Tax], places: int, *, stands: bool) -> str:
    """A tax that is not its rate on its base, beyond the smallest unit a line, or is missing.

    What the posting does not say of base and rate is that of the lines, where the invoice `stands`
    as it was issued, and of the firm's taxes.
    """
    bases: Counter[str] = Counter()
    for line in invoice.lines if stands else ():
        if line.tax and line.tax != NO_TAX:
            bases[line.tax] += line.amount  # type: ignore[assignment]
    slack = Decimal(1).scaleb(-places) * max(len(invoice.lines), 1)
    by_code: dict[str, list[InvoiceTax]] = {code: [] for code in bases}
    for tax in invoice.taxes:
        by_code.setdefault(tax.code, []).append(tax)
    for code, parts in by_code.items():
        base = Decimal(bases[code]) if code in bases else None
        known = [part.base for part in parts if part.base is not None]
        if base is not None and parts and len(known) == len(parts) and sum(known) != base:
            return f"tax {code}: its base is {sum(known)}, and the lines come to {base}"
        if not parts and "" not in by_code:
            parts = [InvoiceTax(code, None, base, ZERO)]  # noqa: PLW2901 - none is posted
        for part in parts:
            told = _wrong_tax(part, base if len(parts) == 1 else None, taxes, slack, places)
            if told:
                return told
    return ""


def _wrong_tax(
    tax: InvoiceTax, base: Decimal | None, taxes: Mapping[str, Tax], slack: Decimal, places: int
) -> str:
    base = tax.base if tax.base is not None else base
    known = [dated.percent for dated in taxes[tax.code].rates] if tax.code in taxes else []
    rates = known if tax.rate is None else [tax.rate]
    if base is None or not rates:
        return ""
    if any(abs(tax.amount - share(base, rate, places)) <= slack for rate in rates):
        return ""
    said = " or ".join(f"{rate} %" for rate in rates)
    return f"tax {tax.code}: {said} of {base} is not {tax.amount}"


def credit_findings(
    credit_notes: Iterable[Invoice], invoices: Iterable[Invoice], owners: Mapping[str, str]
) -> Iterator[Finding]:
    """Credit notes that correct nothing that is known, or more than there was."""
    known = {invoice.number: invoice for invoice in invoices if invoice.number}
    taken: dict[str, _Taken] = {}
    for credit in credit_notes:
        project = owners.get(credit.project, credit.project)
        invoice = known.get(credit.corrects)
        if invoice is None:
            said = f'no invoice "{credit.corrects}"' if credit.corrects else "no `corrects:`"
            yield _finding("credit-unlinked", project, credit, f"it corrects an invoice: {said}")
            continue
        if credit.client and invoice.client and credit.client != invoice.client:
            said = f"{credit.corrects} is of {invoice.client}, this credit note of {credit.client}"
            yield _finding("credit-unlinked", project, credit, said)
            continue
        so_far = taken.setdefault(credit.corrects, _Taken(invoice))
        excess = so_far.add(credit)
        if excess is not None:
            said = (
                f"{so_far.net} {credit.currency} are credited on {credit.corrects}, which bills "
                f"{invoice.net}"
            )
            if excess <= ZERO:
                said += ": more is taken off one of its lines than it has"
            amount = excess if excess > ZERO else None
            yield _finding("credit-exceeds-invoice", project, credit, said, amount)


class _Taken:
    """What credit notes took off an invoice so far: `net`, of its lines, of its entries' hours."""

    def __init__(self, invoice: Invoice) -> None:
        self.net = ZERO
        self._invoice = invoice
        self._lines: Counter[tuple[int, ...]] = Counter()
        self._seconds: Counter[str] = Counter()

    def add(self, credit: Invoice) -> Decimal | None:
        """Count a credit note; what it takes too much, 0 or less where only a line says so.

        The lines of one that was a draft below zero are its own, not the invoice's.
        """
        self.net += credit.net
        lines = () if credit.draft else [self._exceeds_line(line) for line in credit.lines]
        excess = self.net - self._invoice.net
        return excess if excess > ZERO or any(lines) else None

    def _exceeds_line(self, line: InvoiceLine) -> bool:
        """Whether more is taken off the lines that a credit's line means than they bill."""
        alike = self._alike(line)
        self._lines[alike] += line.amount  # type: ignore[assignment]
        billed = sum((self._invoice.lines[index].amount for index in alike), ZERO)
        too_much = bool(alike) and self._lines[alike] > billed
        for entry in line.entries:
            self._seconds[entry.id] += abs(entry.seconds or 0)
            held = self._held(entry.id)
            too_much = too_much or (held is not None and self._seconds[entry.id] > held)
        return too_much

    def _alike(self, line: InvoiceLine) -> tuple[int, ...]:
        """The invoice's lines of that milestone, change order or text, or with those entries."""
        lines, ids = self._invoice.lines, set(line.ids)
        if line.milestone:
            fits = [one.milestone == line.milestone for one in lines]
        elif line.change_order:
            fits = [one.change_order == line.change_order for one in lines]
        else:
            fits = [one.text == line.text for one in lines]
            if not any(fits):
                fits = [not ids.isdisjoint(one.ids) for one in lines]
        return tuple(index for index, fit in enumerate(fits) if fit)

    def _held(self, identity: str) -> int | None:
        """The seconds that the invoice holds of an entry; None where it does not say."""
        held = [
            entry.seconds
            for line in self._invoice.lines
            if identity in line.ids
            for entry in line.entries
            if entry.id == identity
        ]
        known = [abs(seconds) for seconds in held if seconds is not None]
        return sum(known) if len(known) == len(held) else None


def unregistered_findings(
    bookings: Iterable[Booking], owners: Mapping[str, str]
) -> Iterator[Finding]:
    """`invoice-unregistered`: a client is debited, and no invoice says for what."""
    for booking in bookings:
        message = (
            f"{booking.amount} {booking.currency} are debited to {booking.account} without an "
            "invoice: add `invoice:` and `project:`, so that it counts as billed"
        )
        yield finding(
            "invoice-unregistered",
            owners.get(booking.project, booking.project),
            booking.date,
            message,
            booking.place,
            amount=booking.amount,
            identity=booking.account,
        )._replace(currency=booking.currency)


def _finding(
    code: str, project: str, invoice: Invoice, message: str, amount: Decimal | None = None
) -> Finding:
    return finding(
        code,
        project,
        invoice.date,
        f"{invoice.number}: {message}",
        invoice.place,
        amount=amount,
        identity=invoice.number,
    )
