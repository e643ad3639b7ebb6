"""Which fees of a retainer are billed already, and what was given back of them."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable
    from collections.abc import Sequence

    from projbill_beancount.billing.invoiced import Issued
    from projbill_beancount.billing.model import Period
    from projbill_beancount.billing.retainer_periods import Allowance
    from projbill_beancount.facts.model import Invoice
    from projbill_beancount.facts.model import InvoiceLine

ZERO = Decimal(0)
DATE = re.compile(r"\d{4}-\d\d-\d\d")


class Fees:
    """The fee lines of issued invoices and what was given back of them, by period's first day.

    `credited` is what credit notes took back, `refunded` what a later line of an invoice took off
    for unused hours, less what credit notes took back of that. `invoices` has the invoice of each
    billed fee; `closed` are the fees that came to nothing together with what was on their draft.
    """

    def __init__(
        self,
        periods: Sequence[Allowance],
        lines: Iterable[Issued],
        credited: Iterable[Issued],
    ) -> None:
        self.billed: dict[date, Decimal] = {}
        self.credited: dict[date, Decimal] = {}
        self.refunded: dict[date, Decimal] = {}
        self.invoices: dict[date, Invoice] = {}
        self.closed: set[date] = set()
        self._proposed: dict[date, Decimal] = {}
        self._periods = [allowance.period for allowance in periods]
        of_invoice: dict[str, list[date]] = {}
        for invoice, line in lines:
            if line.kind == "retainer" or (line.kind == "manual" and not line.frozen):
                start = self._start(invoice, line)
                if start is not None:
                    of_invoice.setdefault(invoice.number, []).append(start)
                    self._bill(invoice, start, line.amount)
                    if not invoice.number:
                        self.closed.add(start)
        for credit, line in credited:
            starts = of_invoice.get(credit.corrects)
            if starts and line.kind in {"retainer", "manual"}:
                said = self._said(line)
                start = said if said in starts else starts[0]
                self._credit(credit, start, line.amount)

    def is_billed(self, period: Period) -> bool:
        """Whether an invoice bills the period's fee and no credit note took all of it back."""
        billed = self.billed.get(period.start)
        if period.start in self.closed:
            return True
        return billed is not None and billed > self.credited.get(period.start, ZERO)

    def is_taken_back(self, period: Period) -> bool:
        """Whether credit notes took back the whole fee, and not as refunds of unused hours alone."""
        credited = self.credited.get(period.start, ZERO)
        whole = self.billed.get(period.start, ZERO) <= credited
        return whole and credited > self._proposed.get(period.start, ZERO)

    def given_back(self, period: Period) -> Decimal:
        """What of the period's fee was given back."""
        start = period.start
        return self.credited.get(start, ZERO) + self.refunded.get(start, ZERO)

    def _bill(self, invoice: Invoice, start: date, amount: Decimal) -> None:
        if amount < ZERO:
            self.refunded[start] = self.refunded.get(start, ZERO) - amount
        else:
            self.billed[start] = self.billed.get(start, ZERO) + amount
            self.invoices.setdefault(start, invoice)

    def _credit(self, credit: Invoice, start: date, amount: Decimal) -> None:
        if amount < ZERO:
            self.refunded[start] = self.refunded.get(start, ZERO) + amount
            return
        self.credited[start] = self.credited.get(start, ZERO) + amount
        if credit.draft:
            self._proposed[start] = self._proposed.get(start, ZERO) + amount

    def _start(self, invoice: Invoice, line: InvoiceLine) -> date | None:
        """The first day of the period that a line is about: what it says, else its draft's day."""
        said = self._said(line) if line.kind == "retainer" else None
        if said is not None:
            return said
        day = date_of_draft(line.draft or invoice.draft) or invoice.period_start or invoice.date
        return self._containing(day)

    def _said(self, line: InvoiceLine) -> date | None:
        """The first day of the period whose days are in a line's text."""
        for text in DATE.findall(line.text):
            try:
                start = self._containing(date.fromisoformat(text))
            except ValueError:
                continue
            if start is not None and start.isoformat() == text:
                return start
        return None

    def _containing(self, day: date) -> date | None:
        """The first day of the period whose fee a draft of that day bills."""
        return next((one.start for one in self._periods if one.start <= day <= one.end), None)


def date_of_draft(draft: str) -> date | None:
    """The date in a draft's id, None where it has none."""
    words = [word for word in draft.split("/") if DATE.fullmatch(word)]
    return date.fromisoformat(words[-1]) if words else None
