"""Caps: what is billed at most, in money or in hours, and what becomes of the excess.

Caps count fees net of tax, without expenses. What an invoice left out is remembered by the invoice
itself: an adjustment line in money, billed hours below the worked ones in hours. It is billed later
as `carried`, where the cap lets it.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.billing.calendar import period_containing
from projbill_beancount.billing.findings import finding
from projbill_beancount.billing.lines import line_value
from projbill_beancount.billing.model import CapStanding
from projbill_beancount.billing.model import Line
from projbill_beancount.billing.retainer_fees import date_of_draft
from projbill_beancount.billing.rounding import round_seconds
from projbill_beancount.terms.model import Trigger

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable
    from collections.abc import Iterator
    from collections.abc import Sequence
    from datetime import date

    from projbill_beancount.billing.change_orders import Orders
    from projbill_beancount.billing.invoiced import Issued
    from projbill_beancount.billing.model import BilledEntry
    from projbill_beancount.billing.model import Draft
    from projbill_beancount.billing.model import Finding
    from projbill_beancount.billing.pricing import Priced
    from projbill_beancount.billing.schedule import Schedule
    from projbill_beancount.billing.schedule import Slot
    from projbill_beancount.facts.model import InvoiceLine
    from projbill_beancount.terms.model import Cap
    from projbill_beancount.terms.model import Contract

ZERO = Decimal(0)
HOUR = 3600
#: Lines whose hours count against a cap in hours.
HOUR_LINES = frozenset(("time", "overage", "carried"))
#: How the lines begin that take off what is above a cap: for now, or for good.
ADJUSTED = "Not-to-exceed adjustment"
DROPPED = "Above the cap, not billed"


class Excess(NamedTuple):
    """Hours or money above a cap: `seconds` at a `price` an hour, or an amount where it is None."""

    amount: Decimal
    seconds: int
    price: Decimal | None
    tax: str | None
    tax_rate: Decimal | None
    since: date


class Caps:
    """The caps of one contract while its drafts are made."""

    def __init__(
        self,
        contract: Contract,
        orders: Orders,
        invoiced: Sequence[Issued],
        credited: Sequence[Issued],
        as_of: date,
    ) -> None:
        self.contract = contract
        self.as_of = as_of
        limits = [_Limit(contract, cap, orders, invoiced, credited) for cap in contract.caps]
        self._limits = sorted(limits, key=lambda limit: limit.order)
        self._own: set[tuple[str, date]] = set()

    def limited(self, slot: Slot, lines: list[Line]) -> list[Line]:
        """The lines as far as the caps let them be billed, what was carried first."""
        if not lines and (slot.trigger.id, slot.date) not in self._own:
            return lines
        for limit in self._limits:
            lines = limit.limited(slot, lines)
        return lines

    def count(self, draft: Draft) -> None:
        """A draft that may go out counts against the caps."""
        for limit in self._limits:
            limit.count(draft)

    def slots(self, schedule: Schedule) -> list[Slot]:
        """Where something carried is billed if no other draft takes it."""
        found = [day for limit in self._limits for day in limit.days(self.as_of)]
        asked = [schedule.next_slot(day) for day in sorted(set(found))]
        slots = [slot for slot in asked if slot is not None]
        self._own = {(slot.trigger.id, slot.date) for slot in slots}
        return slots

    def findings(self, drafts: Sequence[Draft], waiting: Sequence[Priced]) -> Iterator[Finding]:
        """`cap-exceeded` and `cap-near`, one finding a cap."""
        for limit in self._limits:
            over, used, most = limit.position(drafts, waiting, self.as_of)
            if over > ZERO:
                message = (
                    f"{limit.said(over)} above the cap of {limit.said(most)}{limit.scope}: "
                    f"{limit.becomes}"
                )
                value = limit.value(drafts, waiting, self.as_of)
                yield self._finding("cap-exceeded", limit, message, value)
            elif most > ZERO and used * 100 >= limit.cap.warn * most:
                percent = used * 100 / most
                message = (
                    f"{limit.said(used)} of the cap of {limit.said(most)}{limit.scope} are billed "
                    f"or waiting ({percent:.2f} %)"
                )
                yield self._finding("cap-near", limit, message, None)

    def standing(self, drafts: Sequence[Draft], waiting: Sequence[Priced]) -> CapStanding | None:
        """Where the contract-wide cap stands, else the first one; None without a cap."""
        whole = [limit for limit in self._limits if limit.is_whole]
        for limit in whole or self._limits:
            over, used, most = limit.position(drafts, waiting, self.as_of)
            percent = min(used, most) * 100 / most if most else None
            in_hours = limit.cap.seconds is not None
            return CapStanding(most, min(used, most), percent, over, in_hours)
        return None

    def beyond(self, drafts: Sequence[Draft], waiting: Sequence[Priced]) -> Decimal:
        """The value of what waits on no draft and that no cap leaves room for."""
        values = [limit.beyond(drafts, waiting, self.as_of) for limit in self._limits]
        return max((value for value in values if value is not None), default=ZERO)

    def _finding(self, code: str, limit: _Limit, message: str, amount: Decimal | None) -> Finding:
        place = limit.cap.place
        return finding(code, self.contract.id, self.as_of, message, place, amount=amount)


class _Limit:
    """One cap: what is used of it, by period, and what is remembered above it."""

    def __init__(
        self,
        contract: Contract,
        cap: Cap,
        orders: Orders,
        invoiced: Sequence[Issued],
        credited: Sequence[Issued],
    ) -> None:
        self.contract = contract
        self.cap = cap
        self.orders = orders
        self.used: dict[date | None, Decimal] = {}
        self._excess: dict[tuple[str, date], list[Excess]] = {}
        self._remembered: list[Excess] = []
        self._issued(invoiced, credited)

    @property
    def order(self) -> tuple[bool, bool, bool]:
        """Caps in hours first, then the narrower ones."""
        cap = self.cap
        return (cap.seconds is None, not cap.tasks, cap.every is None)

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
        if self.cap.seconds is None:
            return f"{size.quantize(Decimal(1).scaleb(-self.contract.places))} {self.contract.currency}"
        seconds = int(size)
        return f"{seconds // HOUR}:{seconds % HOUR // 60:02} h"

    def most(self, day: date) -> Decimal:
        """The cap on a day, in money or seconds; approved changes raise that of the contract."""
        if self.cap.seconds is not None:
            raised = self.orders.seconds_raise(day) if self.is_whole else 0
            return Decimal(self.cap.seconds + raised)
        assert self.cap.amount is not None
        return self.cap.amount + (self.orders.cap_raise(day) if self.is_whole else ZERO)

    def days(self, as_of: date) -> Iterator[date]:
        """Days on which what is above the cap may become billable."""
        for order in self.orders.approved:
            if (order.cap or order.seconds) and order.approved is not None and self.is_whole:
                yield order.approved
        if self.cap.excess != "carry":
            return
        first = min((key for key in self.used if key is not None), default=None)
        day = first or self.contract.start
        while day is not None and day <= as_of:
            period = self._period(day)
            if period is None:
                return
            if period[1] <= as_of:
                yield period[1]
            day = period[1].fromordinal(period[1].toordinal() + 1)

    def limited(self, slot: Slot, lines: list[Line]) -> list[Line]:
        """The lines as far as this cap lets them be billed."""
        room = max(self.most(slot.date) - self.used.get(self._key(slot.date), ZERO), ZERO)
        carried, room = self._carried(slot, room)
        if self.cap.seconds is not None:
            return [*carried, *self._limited_hours(slot, lines, int(room))]
        return [*carried, *self._limited_amount(slot, lines, room)]

    def count(self, draft: Draft) -> None:
        """A draft that may go out counts; what it left out is remembered, what it carries is not."""
        _, day = key = _key_of(draft)
        for line in draft.lines:
            self._use(day, self._size_of(line))
            if line.kind == "carried":
                self._forget(line.amount, line.seconds)
        if self.cap.excess != "drop":
            self._remembered += self._excess.get(key, [])

    def position(
        self, drafts: Sequence[Draft], waiting: Sequence[Priced], as_of: date
    ) -> tuple[Decimal, Decimal, Decimal]:
        """What is above the cap, what is used or waiting, and the cap, on a day.

        In money or seconds; of a cap per period, what is used in the period of that day.
        """
        key, most = self._key(as_of), self.most(as_of)
        used = self.used.get(key, ZERO)
        for draft in drafts:
            if draft.held and self._key(_key_of(draft)[1]) == key:
                used += sum((self._size_of(line) for line in draft.lines), ZERO)
        mine = [item for item in waiting if self._key(item.item.entry.date) == key]
        open_size = sum((self._size_waiting(item) for item in mine), ZERO)
        above = max(used + open_size - most, ZERO)
        above += sum((self._excess_size(one) for one in self._all_excess(drafts)), ZERO)
        return above, used + open_size, most

    def value(
        self, drafts: Sequence[Draft], waiting: Sequence[Priced], as_of: date
    ) -> Decimal | None:
        """What is above the cap, in money; None where the hours have no price."""
        beyond = self.beyond(drafts, waiting, as_of)
        if beyond is None:
            return None
        return sum((one.amount for one in self._all_excess(drafts)), beyond)

    def beyond(
        self, drafts: Sequence[Draft], waiting: Sequence[Priced], as_of: date
    ) -> Decimal | None:
        """What of the work on no draft has no room, in money; None where it has no price."""
        above, _, _ = self.position(drafts, waiting, as_of)
        size = above - sum((self._excess_size(one) for one in self._all_excess(drafts)), ZERO)
        if size <= ZERO:
            return ZERO
        if self.cap.seconds is None:
            return size
        prices = [item.item.price for item in waiting if item.item.price is not None]
        return line_value(self.contract, int(size), prices[-1]) if prices else None

    def _all_excess(self, drafts: Sequence[Draft]) -> list[Excess]:
        """What is remembered and not carried, and what the drafts that are held leave out."""
        pending = [
            one
            for draft in drafts
            if draft.held or self.cap.excess == "drop"
            for one in self._excess.get(_key_of(draft), ())
        ]
        return [*self._remembered, *pending]

    def _issued(self, invoiced: Sequence[Issued], credited: Sequence[Issued]) -> None:
        """Count what is issued, and remember what those invoices left out."""
        for sign, pairs in ((1, invoiced), (-1, credited)):
            for invoice, line in pairs:
                day = (
                    date_of_draft(line.draft or invoice.draft) or invoice.period_end or invoice.date
                )
                seconds = None if line.quantity is None else int(line.quantity * HOUR)
                size = self._size(line.kind, line.task or None, line.amount, seconds)
                self._use(day, sign * size)
                if sign > 0:
                    self._remember(line, day)
        for _, line in invoiced:
            if line.kind == "carried":
                seconds = None if line.quantity is None else int(line.quantity * HOUR)
                self._forget(line.amount, seconds)

    def _remember(self, line: InvoiceLine, day: date) -> None:
        if self.cap.excess == "drop":
            return
        if self.cap.seconds is None:
            if line.kind == "adjustment" and line.text.startswith(ADJUSTED):
                excess = Excess(-line.amount, 0, None, line.tax or None, None, day)
                self._remembered.append(excess)
        elif (
            line.kind in {"time", "overage"} and line.price is not None and self._counts(line.task)
        ):
            left = sum(
                self._left_out(entry.seconds, entry.billed_seconds) for entry in line.entries
            )
            if left > 0:
                value = line_value(self.contract, left, line.price)
                tax = line.tax or None
                self._remembered.append(Excess(value, left, line.price, tax, None, day))

    def _left_out(self, seconds: int | None, billed: int | None) -> int:
        rounding = self.contract.invoice.hours
        if seconds is None or billed is None:
            return 0
        return (round_seconds(seconds, rounding) if rounding else seconds) - billed

    def _forget(self, amount: Decimal, seconds: int | None) -> None:
        """Take what was carried from what is remembered, the oldest first."""
        left: list[Excess] = []
        for one in self._remembered:
            if one.price is None:
                taken = min(one.amount, max(amount, ZERO))
                amount -= taken
                if one.amount > taken:
                    left.append(one._replace(amount=one.amount - taken))
            else:
                hours = min(one.seconds, max(seconds or 0, 0))
                seconds = (seconds or 0) - hours
                if one.seconds > hours:
                    rest = one.seconds - hours
                    value = line_value(self.contract, rest, one.price)
                    left.append(one._replace(amount=value, seconds=rest))
        self._remembered = left

    def _carried(self, slot: Slot, room: Decimal) -> tuple[list[Line], Decimal]:
        """What is remembered and has room now: first what is oldest."""
        lines: list[Line] = []
        if self.cap.excess == "adjust" and self.cap.every is not None:
            return lines, room  # no change order raises the cap of a period that is over
        for one in self._remembered:
            same = self.cap.excess == "carry" and self._key(one.since) == self._key(slot.date)
            size = min(self._excess_size(one), room)
            if same or size <= ZERO:
                continue
            room -= size
            lines.append(self._carried_line(one, size))
        return lines, room

    def _carried_line(self, one: Excess, size: Decimal) -> Line:
        text = f"Carried from {one.since:%Y-%m}"
        if one.price is None:
            return Line("carried", text, size, tax=one.tax, tax_rate=one.tax_rate)
        seconds = int(size)
        value = line_value(self.contract, seconds, one.price)
        return Line("carried", text, value, seconds, one.price, tax=one.tax, tax_rate=one.tax_rate)

    def _limited_amount(self, slot: Slot, lines: list[Line], room: Decimal) -> list[Line]:
        counted = [line for line in lines if self._size_of(line)]
        excess = sum((line.amount for line in counted), ZERO) - room
        if excess <= ZERO or not counted:
            return lines
        key = (slot.trigger.id, slot.date)
        taken, self._excess[key] = [], []
        for line in reversed(counted):
            part = min(excess, line.amount)
            if part > ZERO:
                excess -= part
                taken.append(self._adjustment(line, part, slot.date))
                since = Excess(part, 0, None, line.tax, line.tax_rate, slot.date)
                self._excess[key].append(since)
        return [*lines, *_joined(taken)]

    def _adjustment(self, line: Line, amount: Decimal, day: date) -> Line:
        start = DROPPED if self.cap.excess == "drop" else ADJUSTED
        task = self.cap.tasks[0] if len(self.cap.tasks) == 1 else None
        text = f"{start}: cap of {self.said(self.most(day))}{self.scope}"
        return Line("adjustment", text, -amount, task=task, tax=line.tax, tax_rate=line.tax_rate)

    def _limited_hours(self, slot: Slot, lines: list[Line], room: int) -> list[Line]:
        counted = [line for line in lines if self._size_of(line) and line.kind != "carried"]
        if sum(line.seconds or 0 for line in counted) <= room:
            return lines
        entries = sorted(
            (entry for line in counted for entry in line.entries),
            key=lambda entry: (entry.date, entry.person, entry.id),
        )
        kept: dict[str, int] = {}
        for entry in entries:
            part = min(entry.billed_seconds, room)
            kept[entry.id] = part
            room -= part
        key = (slot.trigger.id, slot.date)
        self._excess[key] = []
        return [self._shortened(line, kept, key) if line in counted else line for line in lines]

    def _shortened(self, line: Line, kept: dict[str, int], key: tuple[str, date]) -> Line:
        """The line with the hours that the cap lets it bill; its other hours are remembered."""
        entries: tuple[BilledEntry, ...] = tuple(
            entry._replace(billed_seconds=kept[entry.id]) for entry in line.entries
        )
        seconds = sum(entry.billed_seconds for entry in entries)
        left = (line.seconds or 0) - seconds
        if not left or line.price is None:
            return line
        value = line_value(self.contract, left, line.price)
        self._excess[key].append(Excess(value, left, line.price, line.tax, line.tax_rate, key[1]))
        amount = line_value(self.contract, seconds, line.price)
        return line._replace(amount=amount, seconds=seconds, entries=entries)

    def _use(self, day: date, size: Decimal) -> None:
        key = self._key(day)
        self.used[key] = self.used.get(key, ZERO) + size

    def _key(self, day: date) -> date | None:
        """The first day of the cap's period, None for a cap on the whole contract."""
        period = self._period(day)
        return period[0] if period else None

    def _period(self, day: date) -> tuple[date, date] | None:
        if self.cap.every is None:
            return None
        trigger = Trigger("", "time", self.cap.place, self.cap.every, self.cap.anchor)
        period = period_containing(day, trigger, self.contract.start, self.contract.end)
        return period.start, period.end

    def _counts(self, task: str | None) -> bool:
        return not self.cap.tasks or (task or "") in self.cap.tasks

    def _size(self, kind: str, task: str | None, amount: Decimal, seconds: int | None) -> Decimal:
        """What a line takes of the cap, in money or seconds."""
        if kind == "expense" or not (self._counts(task) or kind == "carried"):
            return ZERO
        if self.cap.seconds is None:
            return amount
        return Decimal(seconds or 0) if kind in HOUR_LINES else ZERO

    def _size_of(self, line: Line) -> Decimal:
        return self._size(line.kind, line.task, line.amount, line.seconds)

    def _size_waiting(self, item: Priced) -> Decimal:
        """What an entry on no draft would take of the cap."""
        if not self._counts(item.item.task):
            return ZERO
        seconds = item.item.entry.seconds
        if self.cap.seconds is not None:
            return Decimal(seconds)
        price = item.item.price
        return ZERO if price is None else line_value(self.contract, seconds, price)

    def _excess_size(self, one: Excess) -> Decimal:
        return one.amount if self.cap.seconds is None else Decimal(one.seconds)


def _key_of(draft: Draft) -> tuple[str, date]:
    """The trigger and the day of a draft's slot."""
    return draft.trigger_id, date_of_draft(draft.id) or draft.date


def _joined(lines: Iterable[Line]) -> list[Line]:
    """One adjustment for each tax."""
    found: dict[tuple[str | None, Decimal | None], Line] = {}
    for line in lines:
        key = (line.tax, line.tax_rate)
        known = found.get(key)
        found[key] = line if known is None else known._replace(amount=known.amount + line.amount)
    return list(found.values())
