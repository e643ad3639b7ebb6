"""Income that was posted by hand for what a draft would bill as well."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from projbill_beancount.billing.drafts import Hold
from projbill_beancount.billing.model import Reason

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Sequence

    from projbill_beancount.billing.model import Draft
    from projbill_beancount.facts.model import Booking

ZERO = Decimal(0)


class HandPosted:
    """Holds drafts whose period has income on the project's account that no invoice explains."""

    def __init__(self, income: Sequence[Booking]) -> None:
        self._income = [booking for booking in income if booking.amount < ZERO]

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
        return []

    def count(self, draft: Draft) -> None:
        """What is posted by hand does not depend on what is billed."""
