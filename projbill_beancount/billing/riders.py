"""What goes on a contract's next draft, whichever that is: approved changes, expenses, adjustments.

A rider waits for the first draft on or after the day on which it is ready; where no trigger is
left to wait for, it makes a draft of its own.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING
from typing import NamedTuple

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable
    from collections.abc import Sequence
    from datetime import date

    from projbill_beancount.billing.drafts import Hold
    from projbill_beancount.billing.model import Line
    from projbill_beancount.billing.schedule import Slot

ZERO = Decimal(0)


class Rider(NamedTuple):
    """A line that may go on any draft from the day on which it is `ready`.

    `decided` is the day of what it rests on, where that is another: it makes no draft of its own
    before.
    """

    ready: date
    line: Line
    holds: tuple[Hold, ...] = ()
    decided: date | None = None


class Riders:
    """The riders of one contract; each goes on one draft, held or not.

    `own_slot` tells where a rider that became ready on a day is drafted if no other draft takes it
    before; None where it has to wait for a trigger that may still come.
    """

    def __init__(self, waiting: Sequence[Rider], own_slot: Callable[[Rider], Slot | None]) -> None:
        self._waiting = sorted(waiting, key=lambda rider: rider.ready)
        self._own_slot = own_slot
        self._amount = sum((rider.line.amount for rider in waiting), ZERO)
        expenses = (rider.line for rider in waiting if rider.line.kind == "expense")
        self._expenses = sum((line.amount for line in expenses), ZERO)

    def slots(self) -> list[Slot]:
        """Where the riders are drafted at the latest."""
        slots = (self._own_slot(rider) for rider in self._waiting)
        return [slot for slot in slots if slot is not None]

    def lines_at(self, slot: Slot, *, alone: bool) -> tuple[list[Line], list[Hold]]:
        """The lines that ride on the draft of `slot`, and what holds them.

        `alone` says that nothing else is on the draft, so that only a rider's own slot makes one.
        """
        ready = [rider for rider in self._waiting if rider.ready <= slot.date]
        if alone and not any(self._is_own(rider, slot) for rider in ready):
            return [], []
        self._waiting = [rider for rider in self._waiting if rider.ready > slot.date]
        return [rider.line for rider in ready], [hold for rider in ready for hold in rider.holds]

    def unbilled(self) -> Decimal:
        """What the riders come to, on a draft or waiting for one."""
        return self._amount

    def expenses(self) -> Decimal:
        """What of it are expenses that are billed on."""
        return self._expenses

    def _is_own(self, rider: Rider, slot: Slot) -> bool:
        own = self._own_slot(rider)
        return own is not None and (own.date, own.trigger.id) == (slot.date, slot.trigger.id)
