"""One cap while drafts are made: what is used of it, and what is remembered above it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING

from projbill_beancount.billing.calendar import DAY
from projbill_beancount.billing.cap_documents import key_of
from projbill_beancount.billing.cap_measure import ADJUSTED
from projbill_beancount.billing.cap_measure import DROPPED
from projbill_beancount.billing.cap_measure import HOUR_LINES
from projbill_beancount.billing.cap_memory import Excess
from projbill_beancount.billing.cap_memory import Memory
from projbill_beancount.billing.cap_memory import joined
from projbill_beancount.billing.lines import line_value
from projbill_beancount.billing.model import Line
from projbill_beancount.billing.tax import tax_on

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable
    from collections.abc import Iterable
    from collections.abc import Iterator
    from collections.abc import Mapping
    from collections.abc import Sequence

    from projbill_beancount.billing.cap_documents import Document
    from projbill_beancount.billing.cap_measure import Measure
    from projbill_beancount.billing.model import Draft
    from projbill_beancount.billing.pricing import Priced
    from projbill_beancount.billing.schedule import Slot
    from projbill_beancount.terms.model import Tax

ZERO = Decimal(0)
EARLIEST = date.min


class Limit:
    """One cap of a contract: what drafts and invoices use of it, and what they leave out."""

    def __init__(self, measure: Measure, taxes: Mapping[str, Tax]) -> None:
        self.measure = measure
        self._taxes = taxes
        self._used: dict[date | None, Decimal] = {}
        self._pending: dict[tuple[str, date], list[Excess]] = {}
        self._out: dict[tuple[str, date], dict[date | None, Decimal]] = {}
        self._remembered = Memory(measure.contract)
        self._dropped: list[Excess] = []

    def days(self, first: date | None, as_of: date) -> Iterator[date]:
        """Days on which what is above the cap may become billable; `first` is that of any work."""
        if self.measure.raised:
            for order in self.measure.orders.approved:
                if (order.cap or order.seconds) and order.approved is not None:
                    yield order.approved
        if self.measure.cap.excess != "carry":
            return
        day = min((one for one in (first, *self._used) if one), default=self.measure.contract.start)
        while day is not None:
            period = self.measure.period(day)
            if period is None or period[1] >= as_of:
                return
            day = period[1] + DAY
            yield day

    def issued(self, document: Document, left: dict[str, int], *, all_left: bool = False) -> None:
        """Count what an invoice or a credit note bills, and remember what it leaves out.

        `left` are the hours that it lists and does not bill, by entry; those that are above this
        cap are taken from there, with `all_left` whether it was full or not.
        """
        sign, day = document.sign, document.day
        if not all_left:
            own = [line for line in document.lines if self._is_adjustment(line)]
            for line in document.lines:
                if line not in own:
                    self._use(line, day, sign)
            self._adjusted(document, own)
        if self.measure.in_hours and left:
            self._left_out(document, left, all_left=all_left)

    def use(self, amount: Decimal) -> None:
        """Count money that was billed on the whole contract before the books began."""
        if amount and not self.measure.in_hours:
            self._used[None] = self._used.get(None, ZERO) + amount

    def limited(self, slot: Slot, lines: list[Line]) -> list[Line]:
        """The lines as far as this cap lets them be billed."""
        self._pending[slot.trigger.id, slot.date] = []
        self._out[slot.trigger.id, slot.date] = {}
        carried, used = self._carried(slot)
        room = {self.measure.key(slot.date): -used}
        limited = self._limited_hours if self.measure.in_hours else self._limited_amount
        found = [*carried, *limited(slot, lines, room)]
        return [*self._carried_at_once(slot, found), *found]

    def take(self, lines: Iterable[Line], sign: int = 1) -> None:
        """What a draft carries is on it, held or not, and on no other; a credit takes it back."""
        for line in lines:
            self._forget_carried(line, sign)

    def count(self, draft: Draft) -> None:
        """A draft that may go out counts; what it leaves out is remembered."""
        key = key_of(draft)
        for period, size in self._sizes(draft).items():
            self._used[period] = self._used.get(period, ZERO) + size
        left = self._pending.pop(key, [])
        if self.measure.cap.excess == "drop":
            self._dropped += left
        else:
            self._remembered.add(*left)

    def position(
        self, drafts: Sequence[Draft], waiting: Sequence[Priced], as_of: date
    ) -> tuple[Decimal, Decimal, Decimal]:
        """What is above the cap, what is used or waiting, and the cap, on a day.

        In money or seconds; of a cap per period, what is used in the period of that day.
        """
        used = dict(self._used)
        for draft in drafts:
            for key, size in self._sizes(draft).items() if draft.held else ():
                used[key] = used.get(key, ZERO) + size
        open_size: dict[date | None, Decimal] = {}
        for item in waiting:
            key = self.measure.key(item.item.entry.date)
            open_size[key] = open_size.get(key, ZERO) + self.measure.size_waiting(item)
        now = self.measure.key(as_of)
        above = max(used.get(now, ZERO) - self.measure.most(as_of), ZERO)
        for key, size in open_size.items():
            most = self.measure.most_of(key, as_of)
            over = used.get(key, ZERO) + size - most - (above if key == now else ZERO)
            above += max(min(over, size), ZERO)
        above += sum((self._size(one) for one in self._excess(drafts)), ZERO)
        return above, used.get(now, ZERO) + open_size.get(now, ZERO), self.measure.most(as_of)

    def value(
        self, drafts: Sequence[Draft], waiting: Sequence[Priced], as_of: date
    ) -> Decimal | None:
        """What is above the cap, in money; None where the hours have no price."""
        beyond = self.beyond(drafts, waiting, as_of)
        if beyond is None:
            return None
        return sum((one.amount for one in self._excess(drafts)), beyond)

    def beyond(
        self, drafts: Sequence[Draft], waiting: Sequence[Priced], as_of: date
    ) -> Decimal | None:
        """What of the work on no draft has no room, in money; None where it has no price."""
        above, _, _ = self.position(drafts, waiting, as_of)
        size = above - sum((self._size(one) for one in self._excess(drafts)), ZERO)
        if size <= ZERO:
            return ZERO
        if not self.measure.in_hours:
            return size
        newest = sorted(waiting, key=lambda item: item.item.entry.date, reverse=True)
        total, left = ZERO, int(size)
        for item in newest:
            part = min(left, int(self.measure.size_waiting(item)))
            if part > 0 and item.item.price is not None:
                total += line_value(self.measure.contract, part, item.item.price)
                left -= part
        return total if left < size else None

    def _sizes(self, draft: Draft) -> dict[date | None, Decimal]:
        """What a draft takes of the cap, by period, less what it leaves out of each."""
        key = key_of(draft)
        found: dict[date | None, Decimal] = {}
        for line in draft.lines:
            parts = {} if self._is_adjustment(line) else self.measure.parts(line, key[1])
            for period, size in parts.items():
                found[period] = found.get(period, ZERO) + size
        out = {} if self.measure.in_hours else self._out.get(key, {})
        return {period: size - out.get(period, ZERO) for period, size in found.items()}

    def _is_adjustment(self, line: Line) -> bool:
        return not self.measure.in_hours and line.kind == "adjustment" and self.measure.is_own(line)

    def _adjusted(self, document: Document, own: Sequence[Line]) -> None:
        """Take off what issued adjustments took off, in the periods that were full, and remember it."""
        day = document.day
        keys = {key for line in document.lines for key in self.measure.parts(line, day)}
        taken = [(line, -line.amount) for line in own]
        taken += [(line, line.amount) for line in document.closed if self.measure.parts(line, day)]
        for line, amount in taken:
            closes = line in document.closed
            left = amount
            for key in sorted(keys, key=str):
                over = self._used.get(key, ZERO) - self.measure.most_of(key, day)
                part = max(min(left, over), ZERO) if document.sign > 0 else ZERO
                self._take_off(document, line, key, part)
                left -= part
            if closes:
                self._use(line._replace(amount=left, entries=()), day, -document.sign)
            else:
                self._take_off(document, line, self.measure.key(day), left)

    def _take_off(self, document: Document, line: Line, key: date | None, amount: Decimal) -> None:
        """Take an amount above the cap off what is used of it, and remember it; a credit forgets it."""
        if not amount:
            return
        self._used[key] = self._used.get(key, ZERO) - document.sign * amount
        if document.sign < 0:
            self._remembered.forget(amount, 0)
        elif self.measure.cap.excess != "drop" and not line.text.startswith(DROPPED):
            self._remember(line, amount, 0, self.measure.since(key, document.day))

    def _left_out(self, document: Document, left: dict[str, int], *, all_left: bool) -> None:
        for line in document.lines:
            if line.kind == "carried" or line.price is None or line.kind not in HOUR_LINES:
                continue
            entries = [entry for entry in self.measure.counted(line) if left.get(entry.id)]
            for key, own in groupby(entries, key=lambda entry: self.measure.key(entry.date)):
                most = self.measure.most_of(key, document.day)
                if document.sign > 0 and not all_left and self._used.get(key, ZERO) < most:
                    continue
                seconds = sum(left.pop(entry.id) for entry in own)
                if document.sign < 0:
                    self._remembered.forget(ZERO, seconds)
                elif self.measure.cap.excess != "drop":
                    value = line_value(self.measure.contract, seconds, line.price)
                    self._remember(line, value, seconds, self.measure.since(key, document.day))

    def _remember(self, line: Line, amount: Decimal, seconds: int, since: date) -> None:
        """Remember what an issued line left out, taxed as on its invoice or by its own day."""
        rate = line.tax_rate
        if line.tax and rate is None:
            rate = tax_on(line.tax, self._taxes, since).rate
        price = line.price if seconds else None
        excess = Excess(amount, seconds, price, line.task, line.tax, rate, since)
        self._remembered.add(excess)

    def _forget_carried(self, line: Line, sign: int) -> None:
        if line.kind != "carried" or not self.measure.is_own(line):
            return
        if sign > 0:
            self._remembered.forget(line.amount, line.seconds or 0)
        elif self.measure.cap.excess != "drop":
            since = min((one.since for one in self._remembered), default=None)
            start = self.measure.contract.start or since
            if start is not None:
                self._remember(line, line.amount, line.seconds or 0, start)

    def _carried(self, slot: Slot) -> tuple[list[Line], Decimal]:
        """What is remembered and has room now, first what is oldest, and what that takes."""
        own = self.measure.key(slot.date)
        room = self._room(own, slot.date)
        lines: list[Line] = []
        used = ZERO
        for one in self._remembered:
            since = self.measure.key(one.since)
            if since is not None and own is not None:
                fits = since < own if self.measure.cap.excess == "carry" else since == own
            else:
                fits = True
            size = min(self._size(one), room - used)
            if fits and size > ZERO:
                used += size
                lines.append(self._carried_line(one, size))
        return lines, used

    def _carried_at_once(self, slot: Slot, lines: Sequence[Line]) -> list[Line]:
        """What came late for a period that is full, as far as the draft's own period has room."""
        own = self.measure.key(slot.date)
        first = self.measure.key(slot.period.start if slot.period else slot.date)
        if self.measure.cap.excess != "carry" or own is None or first is None:
            return []
        used = sum((self.measure.parts(line, slot.date).get(own, ZERO) for line in lines), ZERO)
        room = self._room(own, slot.date) - used
        found: list[Line] = []
        kept: list[Excess] = []
        for one in self._pending[slot.trigger.id, slot.date]:
            rest: Excess | None = one
            is_late = (self.measure.key(one.since) or own) < first
            size = min(self._size(one), room) if is_late else ZERO
            if size > ZERO:
                room -= size
                line = self._carried_line(one, size)
                found.append(line)
                self._remembered.add(one._replace(amount=line.amount, seconds=line.seconds or 0))
                rest = one.less(self.measure.contract, size, line.seconds or 0)
            if rest is not None:
                kept.append(rest)
        self._pending[slot.trigger.id, slot.date] = kept
        return found

    def _carried_line(self, one: Excess, size: Decimal) -> Line:
        text = self.measure.carried(one.since)
        line = Line("carried", text, size, task=one.task, tax=one.tax, tax_rate=one.tax_rate)
        if one.price is None:
            return line
        value = line_value(self.measure.contract, int(size), one.price)
        return line._replace(amount=value, seconds=int(size), price=one.price)

    def _limited_amount(
        self, slot: Slot, lines: list[Line], less: Mapping[date | None, Decimal]
    ) -> list[Line]:
        """The lines less what is above the cap: of the newest work first, of fees last."""
        newest = sorted(
            lines, key=lambda line: max((e.date for e in line.entries), default=EARLIEST)
        )
        sized = [(line, self.measure.parts(line, slot.date)) for line in newest]
        taken: list[Line] = []
        for key in sorted({key for _, parts in sized for key in parts}, key=str):
            room = self._room(key, slot.date) + less.get(key, ZERO)
            excess = sum((parts.get(key, ZERO) for _, parts in sized), ZERO) - room
            for line, parts in reversed(sized):
                part = min(excess, parts.get(key, ZERO))
                if part > ZERO:
                    excess -= part
                    taken.append(self._adjustment(line, part, slot.date))
                    self._leave(slot, line, part, 0, key)
        return [*lines, *joined(taken)]

    def _adjustment(self, line: Line, amount: Decimal, day: date) -> Line:
        start = DROPPED if self.measure.cap.excess == "drop" else ADJUSTED
        task = self.measure.cap.tasks[0] if len(self.measure.cap.tasks) == 1 else None
        text = f"{start}{self.measure.mark(day)}"
        return Line("adjustment", text, -amount, task=task, tax=line.tax, tax_rate=line.tax_rate)

    def _limited_hours(
        self, slot: Slot, lines: list[Line], less: Mapping[date | None, Decimal]
    ) -> list[Line]:
        room: dict[date | None, int] = {}

        def kept_of(key: date | None, seconds: int) -> int:
            if key not in room:
                room[key] = int(self._room(key, slot.date) + less.get(key, ZERO))
            part = min(seconds, max(room[key], 0)) if seconds > 0 else seconds
            room[key] -= part
            return part

        found = [self._shorter(line, slot, kept_of) for line in lines]
        counted = [line for line in found if self.measure.parts(line, slot.date)]
        entries = sorted(
            (e for line in counted if line.kind != "carried" for e in self.measure.counted(line)),
            key=lambda entry: (entry.billed_seconds >= 0, entry.date, entry.person, entry.id),
        )
        kept = {one.id: kept_of(self.measure.key(one.date), one.billed_seconds) for one in entries}
        return [self._cut(line, slot, kept) if line in counted else line for line in found]

    def _shorter(self, line: Line, slot: Slot, kept_of: Callable[[date | None, int], int]) -> Line:
        """What another cap carried, as far as this one has room; the rest stays remembered there."""
        if line.kind != "carried" or line.price is None or not self.measure.parts(line, slot.date):
            return line
        seconds = kept_of(self.measure.key(slot.date), line.seconds or 0)
        return line._replace(
            seconds=seconds, amount=line_value(self.measure.contract, seconds, line.price)
        )

    def _cut(self, line: Line, slot: Slot, kept: Mapping[str, int]) -> Line:
        """The line with the hours that the cap lets it bill; its other hours are remembered."""
        if line.kind == "carried" or line.price is None:
            return line
        entries = []
        left: dict[date | None, int] = {}
        for entry in line.entries:
            billed = kept.get(entry.id, entry.billed_seconds)
            key = self.measure.key(entry.date)
            left[key] = left.get(key, 0) + entry.billed_seconds - billed
            entries.append(entry._replace(billed_seconds=billed))
        for key, seconds in left.items():
            if seconds:
                value = line_value(self.measure.contract, seconds, line.price)
                self._leave(slot, line, value, seconds, key)
        seconds = sum(entry.billed_seconds for entry in entries)
        if not any(left.values()):
            return line
        amount = line_value(self.measure.contract, seconds, line.price)
        return line._replace(amount=amount, seconds=seconds, entries=tuple(entries))

    def _leave(
        self, slot: Slot, line: Line, amount: Decimal, seconds: int, key: date | None
    ) -> None:
        """Note what a draft leaves out, until it counts."""
        price = line.price if seconds else None
        since = self.measure.since(key, slot.date)
        excess = Excess(amount, seconds, price, line.task, line.tax, line.tax_rate, since)
        self._pending[slot.trigger.id, slot.date].append(excess)
        out = self._out[slot.trigger.id, slot.date]
        out[key] = out.get(key, ZERO) + amount

    def _excess(self, drafts: Sequence[Draft]) -> list[Excess]:
        """What is remembered and not carried, and what the drafts leave out."""
        held = [key_of(draft) for draft in drafts if draft.held]
        pending = [one for key in held for one in self._pending.get(key, ())]
        return [*self._remembered, *self._dropped, *pending]

    def _use(self, line: Line, day: date, sign: int) -> None:
        for key, size in self.measure.parts(line, day).items():
            self._used[key] = self._used.get(key, ZERO) + sign * size

    def _room(self, key: date | None, day: date) -> Decimal:
        return max(self.measure.most_of(key, day) - self._used.get(key, ZERO), ZERO)

    def _size(self, one: Excess) -> Decimal:
        return Decimal(one.seconds) if self.measure.in_hours else one.amount
