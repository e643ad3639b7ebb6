"""Which fees of a retainer are billed already, and which credits took them back."""

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

ZERO = Decimal(0)
DATE = re.compile(r"\d{4}-\d\d-\d\d")


class Fees:
    """The fee lines of issued invoices and what credit notes gave back, by period's first day.

    `invoices` has the invoice of each billed fee.
    """

    def __init__(
        self,
        periods: Sequence[Allowance],
        lines: Iterable[Issued],
        credited: Iterable[Issued],
    ) -> None:
        self.billed: dict[date, Decimal] = {}
        self.credited: dict[date, Decimal] = {}
        self.invoices: dict[date, Invoice] = {}
        self._periods = [allowance.period for allowance in periods]
        for invoice, line in lines:
            if line.kind == "retainer" or (line.kind == "manual" and not line.frozen):
                self._bill(invoice, line.draft or invoice.draft, line.amount)
        numbers = {invoice.number: start for start, invoice in self.invoices.items()}
        for credit, line in credited:
            if line.kind in {"retainer", "manual"} and credit.corrects in numbers:
                start = numbers[credit.corrects]
                self.credited[start] = self.credited.get(start, ZERO) + line.amount

    def is_billed(self, period: Period) -> bool:
        """Whether an invoice bills the period's fee and no credit note took all of it back."""
        billed = self.billed.get(period.start)
        return billed is not None and billed > self.credited.get(period.start, ZERO)

    def _bill(self, invoice: Invoice, draft: str, amount: Decimal) -> None:
        day = date_of_draft(draft) or invoice.period_start or invoice.date
        period = self._period_of(day)
        if period is not None:
            self.billed[period.start] = self.billed.get(period.start, ZERO) + amount
            self.invoices.setdefault(period.start, invoice)

    def _period_of(self, day: date) -> Period | None:
        """The period whose fee a draft of that day bills."""
        return next((one for one in self._periods if one.start <= day <= one.end), None)


def date_of_draft(draft: str) -> date | None:
    """The date in a draft's id, None where it has none."""
    words = [word for word in draft.split("/") if DATE.fullmatch(word)]
    return date.fromisoformat(words[-1]) if words else None
