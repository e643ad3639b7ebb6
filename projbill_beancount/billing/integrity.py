"""Issued invoices against themselves: lines, totals, taxes, credits. They are compared, never changed."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from projbill_beancount.billing.findings import finding
from projbill_beancount.billing.rounding import divide_half_up
from projbill_beancount.billing.rounding import divided

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable
    from collections.abc import Iterator
    from collections.abc import Mapping

    from projbill_beancount.billing.model import Finding
    from projbill_beancount.facts.model import Booking
    from projbill_beancount.facts.model import Invoice
    from projbill_beancount.facts.model import InvoiceLine
    from projbill_beancount.terms.model import Contract

ZERO = Decimal(0)
HOUR = 3600
CENT = Decimal("0.01")
#: Half of the last place that a quantity of four places has, in hours or days.
QUANTITY_SLACK = Decimal("0.00006")


def invoice_findings(
    invoices: Iterable[Invoice], contracts: Mapping[str, Contract], owners: Mapping[str, str]
) -> Iterator[Finding]:
    """What an invoice or a credit note says that does not add up: once for each and code."""
    for invoice in invoices:
        if not invoice.number:
            continue
        project = owners.get(invoice.project, invoice.project)
        contract = contracts.get(project)
        mismatch = _ledger_mismatch(invoice)
        wrong = mismatch or (contract and _wrong_line(invoice, contract, contracts, owners))
        if wrong:
            code = "ledger-amount-mismatch" if mismatch else "issued-changed"
            yield _finding(code, project, invoice, wrong)
        tax = _tax_mismatch(invoice)
        if tax:
            yield _finding("tax-amount-mismatch", project, invoice, tax)


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
    """The first line that is not its own quantity × price."""
    for line in invoice.lines:
        price, quantity = line.price, line.quantity
        if price is None or quantity is None:
            continue
        slack = price * QUANTITY_SLACK + CENT
        if abs(line.amount - quantity * price) <= CENT / 2:
            continue
        own = contracts.get(owners.get(line.project, line.project), contract)
        exact = _exact(line, own)
        near = exact is None and abs(line.amount - quantity * price) <= slack
        if near or line.amount == exact or _is_share(line, exact, own):
            continue
        return f"line {line.text}: {quantity} x {price} is not {line.amount}"
    return ""


def _exact(line: InvoiceLine, contract: Contract) -> Decimal | None:
    """Quantity × price from the seconds of the frozen entries; None where they are not there."""
    if line.price is None or not line.frozen:
        return None
    seconds = 0
    for entry in line.entries:
        if entry.billed_seconds is None:
            return None
        seconds += entry.billed_seconds
    if line.quantity is not None and line.unit == "HOUR":
        stated = line.quantity * HOUR
        if abs(stated - seconds) > 1:
            return divide_half_up(stated * line.price, HOUR, contract.places)
    whole = (contract.rates.day_seconds or HOUR) if line.unit == "DAY" else HOUR
    return divide_half_up(seconds * line.price, whole, contract.places)


def _is_share(line: InvoiceLine, exact: Decimal | None, contract: Contract) -> bool:
    """Whether the amount is one payer's share of quantity × price."""
    fractions = [share.fraction for share in contract.split]
    if not fractions or sum(fractions) != 1 or line.price is None or line.quantity is None:
        return False
    whole = exact
    if whole is None:
        whole = divide_half_up(line.quantity * line.price, 1, contract.places)
    return line.amount in divided(whole, fractions, contract.places)


def _tax_mismatch(invoice: Invoice) -> str:
    """A tax that is not its rate on its base, beyond a cent a line."""
    for tax in invoice.taxes:
        if tax.rate is None or tax.base is None:
            continue
        slack = CENT * max(len(invoice.lines), 1)
        if abs(tax.amount - tax.base * tax.rate / 100) > slack:
            return f"tax {tax.code}: {tax.rate} % of {tax.base} is not {tax.amount}"
    return ""


def credit_findings(
    credit_notes: Iterable[Invoice], invoices: Iterable[Invoice], owners: Mapping[str, str]
) -> Iterator[Finding]:
    """Credit notes that correct nothing that is known, or more than there was."""
    known = {invoice.number: invoice for invoice in invoices if invoice.number}
    taken: dict[str, Decimal] = {}
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
        before = taken.get(credit.corrects, ZERO)
        taken[credit.corrects] = before + credit.net
        excess = taken[credit.corrects] - invoice.net
        if excess > ZERO or _line_exceeded(credit, invoice):
            said = (
                f"{taken[credit.corrects]} {credit.currency} are credited on {credit.corrects}, "
                f"which bills {invoice.net}"
            )
            amount = excess if excess > ZERO else None
            yield _finding("credit-exceeds-invoice", project, credit, said, amount)


def _line_exceeded(credit: Invoice, invoice: Invoice) -> bool:
    """Whether a line gives back more than the lines of that milestone or text bill."""
    for line in credit.lines:
        if line.milestone:
            alike = [one for one in invoice.lines if one.milestone == line.milestone]
        else:
            alike = [one for one in invoice.lines if one.text == line.text]
        if alike and line.amount > sum((one.amount for one in alike), ZERO):
            return True
    return False


def unregistered_findings(bookings: Iterable[Booking]) -> Iterator[Finding]:
    """`invoice-unregistered`: a client is debited, and no invoice says for what."""
    for booking in bookings:
        message = (
            f"{booking.amount} {booking.currency} are debited to {booking.account} without an "
            "invoice: add `invoice:` and `project:`, so that it counts as billed"
        )
        yield finding(
            "invoice-unregistered",
            "",
            booking.date,
            message,
            booking.place,
            amount=booking.amount,
            identity=booking.account,
        )


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
