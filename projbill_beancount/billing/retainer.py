"""Retainers: a fee per period, the hours that it pays for, and the hours beyond."""

from __future__ import annotations

from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

from projbill_beancount.billing.hourly import entry_holds
from projbill_beancount.billing.lines import covered_line
from projbill_beancount.billing.lines import overage_lines
from projbill_beancount.billing.model import Line
from projbill_beancount.billing.model import Period
from projbill_beancount.billing.payers import part_of
from projbill_beancount.billing.retainer_fees import Fees
from projbill_beancount.billing.retainer_hours import Hours
from projbill_beancount.billing.retainer_overage import Overage
from projbill_beancount.billing.retainer_overage import overage_hold
from projbill_beancount.billing.retainer_periods import FOR_GOOD
from projbill_beancount.billing.retainer_periods import allowances
from projbill_beancount.billing.retainer_periods import billing_trigger
from projbill_beancount.billing.retainer_periods import hours_said
from projbill_beancount.billing.retainer_periods import period_said
from projbill_beancount.billing.retainer_periods import settled_before
from projbill_beancount.billing.rounding import divide_half_up
from projbill_beancount.billing.schedule import Slot
from projbill_beancount.billing.tax import tax_on
from projbill_beancount.billing.work import Covered

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable
    from collections.abc import Iterable
    from collections.abc import Sequence
    from datetime import date

    from projbill_beancount.billing.drafting import Known
    from projbill_beancount.billing.drafts import Hold
    from projbill_beancount.billing.invoiced import Issued
    from projbill_beancount.billing.model import Draft
    from projbill_beancount.billing.pricing import Priced
    from projbill_beancount.billing.pricing import Pricer
    from projbill_beancount.billing.retainer_periods import Part
    from projbill_beancount.billing.retainer_periods import Use
    from projbill_beancount.billing.schedule import Schedule
    from projbill_beancount.billing.told import Told
    from projbill_beancount.facts.model import TimeEntry
    from projbill_beancount.terms.model import Contract
    from projbill_beancount.terms.model import Retainer

ZERO = Decimal(0)
SlotKey = tuple[str, "date"]


class Retained:
    """What a contract's retainer bills and covers.

    `priced` are the hours beyond it with their prices, and those that wait to be approved;
    `covered_seconds` those that it pays for and that no invoice lists. `uses` says what became of
    the hours of each period, `overdrawn` where more was covered than there was, `late` which
    covered hours came after their period was invoiced. `before` is what
    the contract that this one renews left over.
    """

    def __init__(
        self,
        contract: Contract,
        retainer: Retainer,
        known: Known,
        entries: Sequence[TimeEntry],
        told: Told,
        before: Sequence[Part] = (),
    ) -> None:
        self.contract = contract
        self.retainer = retainer
        self.known = known
        self.priced: list[Priced] = []
        self._told = told
        first = self._first_day(entries, told.invoiced)
        raised = told.orders.seconds_raise
        periods = list(allowances(contract, retainer, first, known.as_of, raised)) if first else []
        periods = settled_before(periods, told.billed.covers)
        self._fees = Fees(periods, told.invoiced, told.credited)
        self._hours = Hours(
            retainer,
            periods,
            known.as_of,
            listed=(told.invoiced, told.credited),
            refunded={one.period.start: self._refunded_seconds(one.period) for one in periods},
            before=before,
        )
        self._waiting = [entry for entry in entries if self._waits(entry)]
        self._hours.divide(entry for entry in entries if not self._waits(entry))
        self.uses = self._hours.uses
        self.overdrawn = self._hours.overdrawn
        self._covered = self._hours.covered
        self.covered_seconds = sum(entry.seconds for entry in self._covered)
        self._items: dict[tuple[str, date], list[Priced]] = {}
        self._rest_at: dict[str, date] = {}
        self._trigger = billing_trigger(contract)

    def price(self, pricer: Pricer, schedule: Schedule) -> None:
        """Give the hours beyond the retainer their prices and slots."""
        self._schedule = schedule
        beyond = Overage(self.contract, self.retainer, self._told, schedule)
        for entry in self._hours.beyond:
            item = beyond.priced(pricer.price(entry, schedule))
            self.priced.append(item)
            if item.slot is not None:
                key = (item.slot.trigger.id, item.slot.date)
                self._items.setdefault(key, []).append(item)
                # An entry that is paid for in part is on one invoice with both its parts.
                self._rest_at[entry.id] = item.slot.date
        self.priced += [
            beyond.priced(pricer.price(entry, schedule))._replace(slot=None)
            for entry in self._waiting
        ]
        settled = schedule.settled_until(self._trigger)
        told = {*self.known.invoiced.credited, *(entry.id for entry in self._hours.beyond)}
        self.late = [
            entry
            for entry in self._covered
            if settled is not None and self._ends(entry.date) <= settled and entry.id not in told
        ]
        blocked = self.known.blocks.reasons
        self._blocked = [
            pricer.price(entry, schedule) for entry in self._covered if entry.id in blocked
        ]

    @property
    def current(self) -> Use | None:
        """The period of the day, or the last one."""
        return self.uses[-1] if self.uses else None

    @property
    def left(self) -> list[Part]:
        """The hours that are left for a contract that renews this one, once it has ended."""
        ended = self.contract.end is not None and self.contract.end <= self.known.as_of
        return self._hours.left() if ended else []

    @property
    def paid_for(self) -> Sequence[TimeEntry]:
        """The open entries, or their parts, that it pays for."""
        return self._hours.covered

    def billed_fee(self, use: Use) -> Decimal:
        """What invoices bill of a period's fee, less what was given back."""
        return self._fees.billed.get(use.period.start, ZERO) - self._fees.given_back(use.period)

    def slots(self) -> list[Slot]:
        """Where fees, overage and refunds are billed, and where the last hours are closed."""
        slots = [self._fee_slot(use) for use in self.uses]
        slots += [item.slot for item in self.priced if item.slot is not None]
        slots += [self.end_slot(use.period) for use in self.uses if self.refund(use) > ZERO]
        end = self.contract.end
        if end is not None and self.uses and self._covered:
            slots.append(self.end_slot(self.uses[-1].period._replace(end=end)))
        return slots

    def lines_at(self, slot: Slot) -> tuple[list[Line], list[Hold]]:
        """The fee and the overage of a slot, less a refund on the same draft; what holds them."""
        lines: list[Line] = []
        for use in self._owed.get(_key(slot), ()):
            lines.append(self._fee_line(use))
            if self.in_arrears and self.refund(use) > ZERO:
                lines.append(self.refund_line(use))
        items = self._items.get((slot.trigger.id, slot.date), [])
        overage = overage_lines(self.contract, [item.item for item in items])
        holds = entry_holds(items, self.known.blocks)
        if overage:
            holds += self._holds(overage, items)
        return [*lines, *overage], holds

    @cached_property
    def _owed(self) -> dict[SlotKey, list[Use]]:
        """The periods whose fee is on no invoice, by the slot that bills it."""
        return _by_slot(self._fee_slot, (use for use in self.uses if self.owes(use)))

    @cached_property
    def given_back(self) -> dict[SlotKey, list[Use]]:
        """The periods whose fee is billed and whose unused hours are given back, by slot."""
        due = (
            use
            for use in self.uses
            if self.refund(use) > ZERO and not (self.in_arrears and self.owes(use))
        )
        return _by_slot(lambda use: self.end_slot(use.period), due)

    def covered_at(self, slot: Slot) -> list[Line]:
        """The hours that the retainer pays for of the periods that have ended."""
        blocked = self.known.blocks.reasons
        done = [
            entry
            for entry in self._covered
            if max(self._ends(entry.date), self._rest_at.get(entry.id, entry.date)) <= slot.date
            and entry.id not in blocked
        ]
        if not done:
            return []
        listed = {id(entry) for entry in done}
        self._covered = [entry for entry in self._covered if id(entry) not in listed]
        return [covered_line(self.contract, "", (Covered(entry, "") for entry in done))]

    def count(self, draft: Draft) -> None:
        """Fees do not depend on what else is billed."""

    def unbilled(self) -> Decimal:
        """The fees that are due and on no invoice."""
        due = [
            use
            for use in self.uses
            if self.owes(use) and self._fee_slot(use).date <= self.known.as_of
        ]
        fees = sum((use.allowance.fee for use in due), ZERO)
        if not self.in_arrears:
            return fees
        return fees - sum((max(self.refund(use), ZERO) for use in due), ZERO)

    def earned(self) -> Decimal:
        """The fees by elapsed days; of a prepaid block, what is drawn of its hours.

        What is given back of an ended period was never earned.
        """
        return sum((self._earned(use) for use in self.uses), ZERO)

    def kept(self) -> Decimal:
        """What is earned of the fees that these books bill, less what was let off of them.

        What was billed below the fee, or credited beyond the unused hours, is not billed again.
        """
        total = ZERO
        for use in self.uses:
            period, fees = use.period, self._fees
            if self._is_old(use) or period.start in fees.closed:
                continue
            total += self._earned(use)
            if period.start not in fees.billed or self.owes(use):
                continue
            over = period.end <= self.known.as_of and self.retainer.unused == "refund"
            unused = self._hours_value(use.unused, use) if over else ZERO
            total -= max(use.allowance.fee - unused - self.billed_fee(use), ZERO)
        return total

    def _earned(self, use: Use) -> Decimal:
        period, fee = use.period, use.allowance.fee
        over = period.end <= self.known.as_of
        if self.retainer.every == "once" and use.allowance.allocated and not over:
            return self._hours_value(min(use.used, use.allowance.allocated), use)
        if over and self.retainer.unused == "refund":
            return fee - self._hours_value(use.unused, use)
        if over or period.end == FOR_GOOD:
            return fee
        days = (self.known.as_of - period.start).days + 1
        length = (period.end - period.start).days + 1
        return divide_half_up(fee * days, length, self.contract.places)

    def refund(self, use: Use) -> Decimal:
        """What the unused hours of an ended period give back, less what is given back already."""
        ended = use.period.end <= self.known.as_of
        if self.retainer.unused != "refund" or not ended or use.unused <= 0 or self._is_old(use):
            return ZERO
        if use.period.start in self._fees.closed:
            return ZERO
        again = self._fees.is_taken_back(use.period) and self.owes(use)
        given = ZERO if again else self._fees.given_back(use.period)
        return self._hours_value(use.unused, use) - given

    def overage_value(self, use: Use) -> Decimal | None:
        """What the overage is worth, at its own rate or the open entries' prices."""
        if self.retainer.overage_rate is not None:
            exact = self.retainer.overage_rate * use.overage
            return part_of(self.contract, divide_half_up(exact, 3600, self.contract.places))
        inside = [
            item.item
            for item in self.priced
            if use.period.start <= item.item.entry.date <= use.period.end
            and item.item.price is not None
        ]
        values = (line.amount for line in overage_lines(self.contract, inside))
        return sum(values, ZERO) if inside else None

    def invoice_of(self, end: date) -> str | None:
        """The number of the invoice that bills the fee of the period that ends on a day."""
        starts = [use.period.start for use in self.uses if use.period.end == end]
        invoices = [self._fees.invoices[day] for day in starts if day in self._fees.invoices]
        return invoices[0].number if invoices else None

    @property
    def in_arrears(self) -> bool:
        """Whether the fee is billed when its period has ended; a block without an end has none."""
        lasts = self.retainer.every == "once" and self.contract.end is None
        return not self.retainer.advance and not lasts

    def _first_day(self, entries: Iterable[TimeEntry], invoiced: Iterable[Issued]) -> date | None:
        """Where the first period lies: the contract's start, else the first fact."""
        if self.contract.start is not None:
            return self.contract.start if self.contract.start <= self.known.as_of else None
        days = [entry.date for entry in entries]
        for invoice, line in invoiced:
            days += [entry.date for entry in line.entries[:1] if entry.date is not None]
            days.append(invoice.period_start or invoice.date)
        return min(days, default=None)

    def _waits(self, entry: TimeEntry) -> bool:
        """Whether an entry must wait: it is put apart, or nobody approved it by its period's end."""
        if entry.id in self.known.blocks.apart:
            return True
        return (
            self.contract.approval
            and not entry.approved
            and self._ends(entry.date) <= self.known.as_of
        )

    def _ends(self, day: date) -> date:
        """When the hours of a day may be listed as covered."""
        period = self._hours.period_of(day)
        return day if period is None or self.retainer.every == "once" else period.end

    def _fee_slot(self, use: Use) -> Slot:
        period = use.period
        if self.in_arrears:
            return self.end_slot(period)
        last = period.start if period.end == FOR_GOOD else period.end
        slot = Slot(self._trigger, period.start, Period(period.start, last))
        return self._schedule.consolidated(slot)

    def end_slot(self, period: Period) -> Slot:
        """Where what is known at a period's end is billed."""
        return self._schedule.consolidated(Slot(self._trigger, period.end, period))

    def _is_old(self, use: Use) -> bool:
        """Whether the period's fee was billed before the books began."""
        covers = self._told.billed.covers
        return covers is not None and use.period.start <= covers

    def owes(self, use: Use) -> bool:
        """Whether the period's fee is on no invoice; a refund is no reason to bill it again."""
        if self._is_old(use) or self._fees.is_billed(use.period):
            return False
        given = self._fees.credited.get(use.period.start, ZERO)
        refunds = self.retainer.unused == "refund" and use.period.end <= self.known.as_of
        return not (refunds and ZERO < given <= self._hours_value(use.unused, use))

    def _fee_line(self, use: Use) -> Line:
        allowance, retainer = use.allowance, self.retainer
        text = f"{self.contract.name}: retainer {period_said(allowance.period)}"
        if allowance.fee != retainer.fee:
            text += f" ({allowance.days}/{allowance.whole_days} of {retainer.fee})"
        return self._line(text, allowance.fee, allowance.period)

    def refund_line(self, use: Use) -> Line:
        """The line that gives back unused hours."""
        said = f"{hours_said(use.unused)} h unused {period_said(use.period)}"
        return self._line(f"{self.contract.name}: {said}", -self.refund(use), use.period)

    def _line(self, text: str, amount: Decimal, period: Period) -> Line:
        supplied = period.start if period.end == FOR_GOOD else period.end
        tax = tax_on(self.contract.invoice.tax, self.known.firm.taxes, supplied)
        exact = amount.quantize(Decimal(1).scaleb(-self.contract.places))
        return Line("retainer", text, exact, tax=tax.code, tax_rate=tax.rate)

    def _hours_value(self, seconds: int, use: Use) -> Decimal:
        """Hours at fee ÷ hours, exact, rounded once; all of them are the whole fee."""
        allowance = use.allowance
        if seconds == allowance.allocated:
            return allowance.fee
        whole = self.retainer.seconds or allowance.allocated or 1
        return divide_half_up(self.retainer.fee * seconds, whole, self.contract.places)

    def _refunded_seconds(self, period: Period) -> int:
        """The hours of a period that were given back in money."""
        given = self._fees.given_back(period)
        if self.retainer.unused != "refund" or given <= ZERO or not self.retainer.fee:
            return 0
        if self._fees.is_taken_back(period):
            return 0
        exact = given * (self.retainer.seconds or 0) / self.retainer.fee
        return int(exact.to_integral_value())

    def _holds(self, overage: Sequence[Line], items: Sequence[Priced]) -> list[Hold]:
        """What holds overage: the policy, and hours in question that the retainer would pay for."""
        holds = []
        if self.retainer.overage == "hold":
            holds.append(overage_hold(self.contract, self.retainer, overage))
        periods = {self._hours.period_of(item.item.entry.date) for item in items}
        blocked = [
            item._replace(rate=item.rate._replace(code=""))
            for item in self._blocked
            if self._hours.period_of(item.item.entry.date) in periods
        ]
        return [*holds, *entry_holds(blocked, self.known.blocks)]


def _key(slot: Slot) -> SlotKey:
    return slot.trigger.id, slot.date


def _by_slot(slot_of: Callable[[Use], Slot], uses: Iterable[Use]) -> dict[SlotKey, list[Use]]:
    found: dict[SlotKey, list[Use]] = {}
    for use in uses:
        found.setdefault(_key(slot_of(use)), []).append(use)
    return found
