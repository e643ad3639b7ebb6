"""What counts against one cap, and in which of its periods.

Hours count in the period of their work date, fees in that of their draft.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from projbill_beancount.billing.calendar import period_containing
from projbill_beancount.billing.lines import line_value
from projbill_beancount.billing.payers import shared_text
from projbill_beancount.terms.model import Trigger

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator
    from collections.abc import Mapping
    from datetime import date

    from projbill_beancount.billing.change_orders import Orders
    from projbill_beancount.billing.model import BilledEntry
    from projbill_beancount.billing.model import Line
    from projbill_beancount.billing.pricing import Priced
    from projbill_beancount.terms.model import Cap
    from projbill_beancount.terms.model import Contract

ZERO = Decimal(0)
HOUR = 3600
#: Lines whose hours count against a cap in hours.
HOUR_LINES = frozenset(("time", "overage", "carried"))
#: Lines that take nothing of any cap.
FREE_LINES = frozenset(("expense", "covered"))
#: How the lines begin that take off what is above a cap: for now, or for good.
ADJUSTED = "Not-to-exceed adjustment"
DROPPED = "Above the cap, not billed"
#: What these lines say of the cap that they belong to, after its size.
OF_CAP = re.compile(r": cap of \S+ \S+(?P<scope>.*)$")


class Measure:
    """How one cap of a contract is measured; `raised` says that approved orders change it.

    A period is named by its first day, None for a cap on the whole contract.
    """

    def __init__(self, contract: Contract, cap: Cap, orders: Orders, *, raised: bool) -> None:
        self.contract = contract
        self.cap = cap
        self.orders = orders
        self.in_hours = cap.seconds is not None
        self.raised = raised
        self._periods: dict[date, tuple[date, date]] = {}

    @property
    def order(self) -> tuple[bool, bool, bool]:
        """Caps in hours first, then the narrower ones."""
        return (not self.in_hours, not self.cap.tasks, self.cap.every is None)

    @property
    def is_whole(self) -> bool:
        """Whether it limits the whole contract."""
        return not self.cap.tasks and self.cap.every is None

    @property
    def scope(self) -> str:
        """What it limits, in words."""
        tasks = f" for {', '.join(self.cap.tasks)}" if self.cap.tasks else ""
        return f"{tasks} a {self.cap.every}" if self.cap.every else tasks

    @property
    def becomes(self) -> str:
        """What becomes of what is above it, in words."""
        return {
            "adjust": "it is billed if a change order raises the cap",
            "carry": "it is carried to the next period",
            "drop": "it is not billed",
        }[self.cap.excess]

    def said(self, size: Decimal) -> str:
        """An amount or hours with their unit."""
        if not self.in_hours:
            return f"{size.quantize(Decimal(1).scaleb(-self.contract.places))} {self.contract.currency}"
        seconds = int(size)
        return f"{seconds // HOUR}:{seconds % HOUR // 60:02} h"

    def mark(self, day: date) -> str:
        """What a line says of the cap that it belongs to, by which it is known once it is issued."""
        return f": cap of {self.said(self.most(day))}{self.scope}"

    def carried(self, since: date) -> str:
        """What a line says that bills what was left out from a day on."""
        text = shared_text(self.contract, f"Carried from {since:%Y-%m}")
        return text if self.is_whole else text + self.mark(since)

    def most(self, day: date) -> Decimal:
        """The cap on a day, in money or seconds, with the changes approved by then."""
        if self.cap.seconds is not None:
            raised = self.orders.seconds_raise(day) if self.raised else 0
            return Decimal(self.cap.seconds + raised)
        assert self.cap.amount is not None
        return self.cap.amount + (self.orders.cap_raise(day) if self.raised else ZERO)

    def parts(self, line: Line, day: date) -> dict[date | None, Decimal]:
        """What a line takes of the cap, in money or seconds, by period.

        Hours count by work date, all else by the `day` of the draft.
        """
        if line.kind in FREE_LINES or (self.in_hours and line.kind not in HOUR_LINES):
            return {}
        if not line.entries or (self.is_whole and not self.in_hours):
            if not (self.has_task(line.task) or self.is_own(line)):
                return {}
            size = Decimal(line.seconds or 0) if self.in_hours else line.amount
            return {self.key(day): size} if size else {}
        counted: dict[date | None, int] = {}
        for entry in self.counted(line):
            key = self.key(entry.date)
            counted[key] = counted.get(key, 0) + entry.billed_seconds
        if self.in_hours:
            return {key: Decimal(seconds) for key, seconds in counted.items()}
        return self._values(line, counted)

    def key(self, day: date) -> date | None:
        """The first day of the cap's period, None for a cap on the whole contract."""
        period = self.period(day)
        return period[0] if period else None

    def _values(self, line: Line, counted: Mapping[date | None, int]) -> dict[date | None, Decimal]:
        """What the counted seconds of a line are worth, by period; all of them its amount."""
        whole = len(list(self.counted(line))) == len(line.entries)
        if line.price is None:
            return {}
        found: dict[date | None, Decimal] = {}
        seconds, before = 0, ZERO
        for number, key in enumerate(sorted(counted, key=str), 1):
            seconds += counted[key]
            value = line_value(self.contract, seconds, line.price)
            if whole and number == len(counted):
                value = line.amount
            found[key], before = value - before, value
        return found

    def counted(self, line: Line) -> Iterator[BilledEntry]:
        """The entries of a line that count."""
        return (entry for entry in line.entries if self.has_task(entry.task or line.task))

    def has_task(self, task: str | None) -> bool:
        """Whether the cap limits work on a task."""
        return not self.cap.tasks or (task or "") in self.cap.tasks

    def is_own(self, line: Line) -> bool:
        """Whether a line takes off or carries what is above this cap, by what it says."""
        if line.kind == "carried" and (line.seconds is not None) != self.in_hours:
            return False
        if line.kind == "adjustment" and not line.text.startswith((ADJUSTED, DROPPED)):
            return False
        said = OF_CAP.search(line.text)
        return line.kind in {"carried", "adjustment"} and (
            said["scope"] == self.scope if said else self.is_whole
        )

    def most_of(self, key: date | None, day: date) -> Decimal:
        """The cap of a period, as it is on a day or was at the period's end."""
        return self.most(self.since(key, day))

    def since(self, key: date | None, day: date) -> date:
        """The day on which something of a period is above the cap: its end, at most `day`."""
        period = self.period(key) if key is not None else None
        return min(period[1], day) if period else day

    def period(self, day: date) -> tuple[date, date] | None:
        """The first and the last day of the cap's period, None for the whole contract."""
        if self.cap.every is None:
            return None
        if day not in self._periods:
            trigger = Trigger("", "time", self.cap.place, self.cap.every, self.cap.anchor)
            period = period_containing(day, trigger, self.contract.start, self.contract.end)
            self._periods[day] = (period.start, period.end)
        return self._periods[day]

    def size_waiting(self, item: Priced) -> Decimal:
        """What an entry on no draft would take of the cap."""
        if not self.has_task(item.item.task):
            return ZERO
        seconds = item.item.entry.seconds
        if self.in_hours:
            return Decimal(seconds)
        price = item.item.price
        return ZERO if price is None else line_value(self.contract, seconds, price)
