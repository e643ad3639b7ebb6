"""Income that was posted by hand for what a draft would bill as well."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from projbill_beancount.billing.drafts import Hold
from projbill_beancount.billing.model import Reason

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable
    from collections.abc import Sequence

    from projbill_beancount.billing.invoiced import Issued
    from projbill_beancount.billing.model import Draft
    from projbill_beancount.facts.model import Booking
    from projbill_beancount.facts.model import Invoice
    from projbill_beancount.facts.model import InvoiceLine

ZERO = Decimal(0)


class HandPosted:
    """Holds drafts that would bill what income by hand, or an invoice by hand, has billed already.

    An invoice by hand that names neither entries nor what it covers may have billed the hours of
    its period.
    """

    def __init__(self, income: Sequence[Booking], invoiced: Iterable[Issued]) -> None:
        self._income = [booking for booking in income if booking.amount < ZERO]
        self._invoiced = [
            (invoice, line) for invoice, line in invoiced if _is_of_a_period(invoice, line)
        ]

    def holds(self, draft: Draft) -> list[Hold]:
        """`invoice-double-posted`: a posting by hand in the draft's period, or on its date."""
        first, last = draft.period or (draft.date, draft.date)
        for booking in self._income:
            if first <= booking.date <= last and booking.currency == draft.currency:
                message = (
                    f"{-booking.amount} {booking.currency} are posted by hand to "
                    f"{booking.account} on {booking.date}, in the period of {draft.id}: make it an "
                    "invoice with `invoice:` and `project:`, or remove it"
                )
                reason = Reason("invoice-double-posted", -booking.amount, message, ())
                return [Hold(reason, booking.place)]
        return self._twice(draft) if self._invoiced else []

    def _twice(self, draft: Draft) -> list[Hold]:
        """The hold of hours within the period of an invoice that may have billed them."""
        hours = [line for line in draft.lines if line.kind == "time"]
        days = {entry.date for line in hours for entry in line.entries}
        for invoice, line in self._invoiced:
            start, end = invoice.period_start or date.min, invoice.period_end or date.min
            if any(start <= day <= end for day in days):
                message = (
                    f"{invoice.number} bills {line.amount} {invoice.currency} from {start} to "
                    f"{end} and names no entries, and {draft.id} has hours of those days: say with "
                    "`covers:` up to which day it bills all hours, or with `entries:` which ones"
                )
                reason = Reason("invoice-double-posted", line.amount, message, ())
                return [Hold(reason, invoice.place)]
        return []

    def count(self, draft: Draft) -> None:
        """What is posted by hand does not depend on what is billed."""


def _is_of_a_period(invoice: Invoice, line: InvoiceLine) -> bool:
    """Whether a line by hand bills a period and does not say what of it."""
    told = line.frozen or line.milestone or line.change_order or line.expenses or line.adjustment
    return bool(
        line.kind == "manual"
        and line.amount > ZERO
        and not told
        and not invoice.draft
        and invoice.period_end
        and invoice.covers is None
    )
