"""Hours beyond a retainer: at which price and on which draft they are billed, and what holds them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from projbill_beancount.billing.calendar import DAY
from projbill_beancount.billing.calendar import period_containing
from projbill_beancount.billing.drafts import Hold
from projbill_beancount.billing.model import Period
from projbill_beancount.billing.model import Reason
from projbill_beancount.billing.rates import RateResult
from projbill_beancount.billing.retainer_periods import billing_trigger
from projbill_beancount.billing.retainer_periods import hours_said
from projbill_beancount.billing.retainer_periods import trigger_of
from projbill_beancount.billing.schedule import Slot

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Sequence
    from datetime import date

    from projbill_beancount.billing.model import Line
    from projbill_beancount.billing.pricing import Priced
    from projbill_beancount.billing.schedule import Schedule
    from projbill_beancount.billing.told import Told
    from projbill_beancount.facts.model import TimeEntry
    from projbill_beancount.terms.model import Contract
    from projbill_beancount.terms.model import Retainer

ZERO = Decimal(0)


class Overage:
    """Gives hours beyond a retainer their price and their slot."""

    def __init__(
        self, contract: Contract, retainer: Retainer, told: Told, schedule: Schedule
    ) -> None:
        self.contract = contract
        self.retainer = retainer
        self._told = told
        self._schedule = schedule
        self._trigger = billing_trigger(contract)

    def priced(self, item: Priced) -> Priced:
        """Overage at its own rate, on the draft of its retainer period's end."""
        price = self._price(item.item.entry)
        if price is not None:
            rate = RateResult(price, "the retainer's overage rate")
            code = item.rate.code if item.rate.code == "tax-rate-missing" else None
            price = None if code else rate.price
            item = item._replace(
                item=item.item._replace(price=price), rate=item.rate if code else rate
            )
        if item.slot is None:
            return item
        slot = self._slot(item.item.entry.date, item.slot)
        return item._replace(slot=slot, item=item.item._replace(late=slot.late))

    def _price(self, entry: TimeEntry) -> Decimal | None:
        """The agreed price of overage; a correction has that at which its entry was billed."""
        for _, line in self._told.invoiced if entry.corrects else ():
            if line.kind == "overage" and entry.corrects in line.ids:
                return line.price
        return self.retainer.overage_rate

    def _slot(self, day: date, slot: Slot) -> Slot:
        """Where overage is billed: at its period's end, where that is settled at the next one's."""
        start, end = self.contract.start, self.contract.end
        if self.retainer.every == "once":
            if end is None or slot.late:
                return slot
            return self._schedule.consolidated(
                Slot(self._trigger, end, Period(min(start or day, end), end))
            )
        trigger = trigger_of(self.retainer, start)
        period = period_containing(day, trigger, start, end)
        settled = self._schedule.settled_until(self._trigger)
        late = settled is not None and period.end <= settled
        if late and settled is not None:
            period = period_containing(settled + DAY, trigger, start, end)
        return self._schedule.consolidated(Slot(self._trigger, period.end, period, late))


def overage_hold(contract: Contract, retainer: Retainer, lines: Sequence[Line]) -> Hold:
    """What holds overage where the client has to agree to it first."""
    value = sum((line.amount for line in lines), ZERO)
    seconds = sum(line.seconds or 0 for line in lines)
    message = (
        f"{hours_said(seconds)} h are beyond the retainer ({value} {contract.currency}): "
        "agree with the client, then release the draft"
    )
    ids = tuple(entry.id for line in lines for entry in line.entries)
    return Hold(Reason("retainer-overage", value, message, ids), retainer.place)
