"""What a retainer gives back of fees that are billed: credits, on a proposal of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from projbill_beancount.billing.drafts import Hold
from projbill_beancount.billing.model import Reason
from projbill_beancount.billing.retainer_periods import hours_said
from projbill_beancount.billing.retainer_periods import period_said

if TYPE_CHECKING:  # pragma: no cover
    from projbill_beancount.billing.model import Draft
    from projbill_beancount.billing.model import Line
    from projbill_beancount.billing.retainer import Retained
    from projbill_beancount.billing.schedule import Slot


class Refunds:
    """The refunds of a retainer that cannot be taken off the fee, since that is billed."""

    def __init__(self, retained: Retained) -> None:
        self._retained = retained

    def lines_at(self, slot: Slot) -> tuple[list[Line], list[Hold]]:
        """What is to be credited in a slot, and why."""
        retained = self._retained
        lines: list[Line] = []
        holds: list[Hold] = []
        for use in retained.given_back.get((slot.trigger.id, slot.date), ()):
            amount = retained.refund(use)
            lines.append(retained.refund_line(use))
            message = (
                f"{hours_said(use.unused)} h of {period_said(use.period)} were paid and not used: "
                f"credit {amount} {retained.contract.currency}"
            )
            reason = Reason("retainer-refund-due", amount, message, ())
            holds.append(Hold(reason, retained.retainer.place))
        return lines, holds

    def covered_at(self, slot: Slot) -> list[Line]:
        """Nothing: what is unused covers no hours."""
        del slot
        return []

    def count(self, draft: Draft) -> None:
        """Refunds do not depend on what is billed."""
