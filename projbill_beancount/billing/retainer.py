"""Retainers: a fee per period, the hours that it pays for, and the hours beyond."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

from projbill_beancount.billing.drafts import Hold
from projbill_beancount.billing.findings import finding
from projbill_beancount.billing.hourly import entry_holds
from projbill_beancount.billing.lines import covered_line
from projbill_beancount.billing.lines import overage_lines
from projbill_beancount.billing.model import Line
from projbill_beancount.billing.model import Period
from projbill_beancount.billing.model import Reason
from projbill_beancount.billing.rates import RateResult
from projbill_beancount.billing.retainer_fees import Fees
from projbill_beancount.billing.retainer_periods import FOR_GOOD
from projbill_beancount.billing.retainer_periods import Use
from projbill_beancount.billing.retainer_periods import allowances
from projbill_beancount.billing.retainer_periods import uses
from projbill_beancount.billing.rounding import divide_half_up
from projbill_beancount.billing.schedule import Slot
from projbill_beancount.billing.tax import tax_on
from projbill_beancount.billing.work import Covered

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable
    from collections.abc import Iterator
    from collections.abc import Sequence
    from datetime import date

    from projbill_beancount.billing.drafting import Known
    from projbill_beancount.billing.invoiced import Issued
    from projbill_beancount.billing.model import Draft
    from projbill_beancount.billing.model import Finding
    from projbill_beancount.billing.pricing import Priced
    from projbill_beancount.billing.pricing import Pricer
    from projbill_beancount.billing.schedule import Schedule
    from projbill_beancount.billing.told import Told
    from projbill_beancount.facts.model import TimeEntry
    from projbill_beancount.terms.model import Contract
    from projbill_beancount.terms.model import Retainer
    from projbill_beancount.terms.model import Trigger

ZERO = Decimal(0)
#: Carried hours that lapse within so many days are about to expire.
EXPIRING_DAYS = 14


class Retained:
    """What a contract's retainer bills and covers.

    `priced` are the hours beyond it with their prices, `covered_seconds` those that it pays for and
    that no invoice lists.
    """

    def __init__(
        self,
        contract: Contract,
        retainer: Retainer,
        known: Known,
        entries: Sequence[TimeEntry],
        told: Told,
    ) -> None:
        self.contract = contract
        self.retainer = retainer
        self.known = known
        self.priced: list[Priced] = []
        self._open = sorted(entries, key=lambda entry: (entry.date, entry.person, entry.id))
        self._listed = _listed(told.invoiced, told.credited)
        first = self._first_day(told.invoiced)
        raised = told.orders.seconds_raise
        periods = list(allowances(contract, retainer, first, known.as_of, raised)) if first else []
        self._starting = [one.period.start for one in reversed(periods)]
        self._fees = Fees(periods, told.invoiced, told.credited)
        self._covers = told.billed.covers
        self.uses = uses(retainer, periods, self._used(), known.as_of)
        self._covered, self._beyond = self._divided()
        self.covered_seconds = sum(entry.seconds for entry in self._covered)
        self._slots_of: dict[tuple[str, date], list[Priced]] = {}
        self._trigger = _trigger_of(contract)

    def price(self, pricer: Pricer, schedule: Schedule) -> None:
        """Give the hours beyond the retainer their prices and slots."""
        for entry in self._beyond:
            item = pricer.price(entry, schedule)
            if self.retainer.overage_rate is not None:
                rate = RateResult(self.retainer.overage_rate, "the retainer's overage rate")
                code = item.rate.code if item.rate.code == "tax-rate-missing" else None
                price = None if code else rate.price
                item = item._replace(
                    item=item.item._replace(price=price), rate=item.rate if code else rate
                )
            item = self._at_the_end(item)
            self.priced.append(item)
            if item.slot is not None:
                key = (item.slot.trigger.id, item.slot.date)
                self._slots_of.setdefault(key, []).append(item)

    def slots(self) -> list[Slot]:
        """Where fees, overage and refunds are billed."""
        slots = [self._fee_slot(use) for use in self.uses]
        slots += [item.slot for item in self.priced if item.slot is not None]
        return [*slots, *(self._end_slot(use.period) for use in self.uses if self._refund(use))]

    def lines_at(self, slot: Slot) -> tuple[list[Line], list[Hold]]:
        """The fee, the overage and the refund of a slot, and what holds them."""
        lines: list[Line] = []
        holds: list[Hold] = []
        for use in self.uses:
            fee = self._fee_slot(use)
            if _same(fee, slot) and self._owes(use):
                lines.append(self._fee_line(use))
            if _same(self._end_slot(use.period), slot):
                more, why = self._refunded(use, lines)
                lines += more
                holds += why
        if any(line.amount < ZERO for line in lines) and holds:
            return lines, holds
        items = self._slots_of.get((slot.trigger.id, slot.date), [])
        overage = overage_lines(self.contract, [item.item for item in items])
        lines += overage
        holds += entry_holds(items, self.known.blocks)
        if overage and self.retainer.overage == "hold":
            holds.append(self._overage_hold(overage))
        return lines, holds

    def covered_at(self, slot: Slot) -> list[Line]:
        """The hours that the retainer pays for of the periods that have ended."""
        done = [entry for entry in self._covered if self._ends(entry.date) <= slot.date]
        if not done:
            return []
        self._covered = [entry for entry in self._covered if self._ends(entry.date) > slot.date]
        return [covered_line(self.contract, "", (Covered(entry, "") for entry in done))]

    def count(self, draft: Draft) -> None:
        """Fees do not depend on what else is billed."""

    def unbilled(self) -> Decimal:
        """The fees that are due and on no invoice."""
        due = (
            use.allowance.fee
            for use in self.uses
            if self._owes(use) and self._fee_slot(use).date <= self.known.as_of
        )
        in_arrears = () if self.retainer.advance else self.uses
        refunds = (self._refund(use) for use in in_arrears if self._owes(use))
        return sum(due, ZERO) - sum((max(refund, ZERO) for refund in refunds), ZERO)

    def earned(self) -> Decimal:
        """The fees by elapsed days; of a prepaid block, what is drawn of its hours."""
        total = ZERO
        for use in self.uses:
            period, fee = use.period, use.allowance.fee
            if self.retainer.every == "once" and use.allowance.allocated:
                drawn = min(use.used, use.allowance.allocated)
                over = period.end <= self.known.as_of
                total += fee if over else self._hours_value(drawn, use)
            elif period.end <= self.known.as_of or period.end == FOR_GOOD:
                total += fee
            else:
                days = (self.known.as_of - period.start).days + 1
                length = (period.end - period.start).days + 1
                total += divide_half_up(fee * days, length, self.contract.places)
        return total

    def findings(self) -> Iterator[Finding]:
        """Overage while a period runs or that is absorbed, and hours that lapsed or are about to."""
        for use in self.uses:
            yield from self._overage(use)
            yield from self._lapsed(use)

    @cached_property
    def current(self) -> Use | None:
        """The period of the day, or the last one."""
        return self.uses[-1] if self.uses else None

    def _first_day(self, invoiced: Iterable[Issued]) -> date | None:
        """Where the first period lies: the contract's start, else the first fact."""
        if self.contract.start is not None:
            return self.contract.start if self.contract.start <= self.known.as_of else None
        days = [entry.date for entry in self._open]
        days += [invoice.period_start or invoice.date for invoice, _ in invoiced]
        return min(days, default=None)

    def _used(self) -> dict[date, int]:
        """The seconds worked on what the retainer pays for, by the first day of the period."""
        used: defaultdict[date, int] = defaultdict(int)
        for entry in self._open:
            used[self._starts(entry.date)] += entry.seconds
        for day, seconds, _ in self._listed:
            used[self._starts(day)] += seconds
        return used

    def _divided(self) -> tuple[list[TimeEntry], list[TimeEntry]]:
        """The open entries that the retainer pays for, and those beyond: parts of one in both."""
        room: dict[date, int | None] = {}
        for use in self.uses:
            allowed = use.allowance.allocated
            is_absorbed = self.retainer.overage == "absorb"
            unlimited = allowed is None or is_absorbed
            room[use.period.start] = None if unlimited else (allowed or 0) + use.carried
        for day, seconds, kind in self._listed:
            left = room.get(self._starts(day))
            if kind == "covered" and left is not None:
                room[self._starts(day)] = max(left - seconds, 0)
        covered, beyond = [], []
        for entry in self._open:
            start = self._starts(entry.date)
            left = room.get(start, 0)
            inside = entry.seconds if left is None else min(entry.seconds, left)
            if left is not None:
                room[start] = left - inside
            if inside:
                covered.append(entry._replace(seconds=inside))
            if entry.seconds != inside:
                beyond.append(entry._replace(seconds=entry.seconds - inside))
        return covered, beyond

    def _period_of(self, day: date) -> Period | None:
        return next(
            (use.period for use in self.uses if use.period.start <= day <= use.period.end), None
        )

    def _starts(self, day: date) -> date:
        """The first day of the period that contains a day."""
        return next((one for one in self._starting if one <= day), day)

    def _ends(self, day: date) -> date:
        period = self._period_of(day)
        return day if period is None or self.retainer.every == "once" else period.end

    def _fee_slot(self, use: Use) -> Slot:
        period = use.period
        if self.retainer.advance:
            end = None if period.end == FOR_GOOD else period.end
            return Slot(self._trigger, period.start, Period(period.start, end or period.start))
        return self._end_slot(period)

    def _end_slot(self, period: Period) -> Slot:
        return Slot(self._trigger, period.end, period)

    def _at_the_end(self, item: Priced) -> Priced:
        """Overage of a prepaid block with an end is billed at that end."""
        end = self.contract.end
        if self.retainer.every != "once" or end is None or item.slot is None or item.slot.late:
            return item
        start = self.contract.start or item.slot.date
        return item._replace(slot=Slot(self._trigger, end, Period(min(start, end), end)))

    def _owes(self, use: Use) -> bool:
        """Whether the period's fee is on no invoice, and was not billed before the books began."""
        if self._covers is not None and use.period.start <= self._covers:
            return False
        given_back = self._fees.credited.get(use.period.start, ZERO)
        refunded = self.retainer.unused == "refund" and given_back > ZERO
        return not refunded and not self._fees.is_billed(use.period)

    def _fee_line(self, use: Use) -> Line:
        allowance, retainer = use.allowance, self.retainer
        text = f"{self.contract.name}: retainer {_named(allowance.period)}"
        if allowance.fee != retainer.fee:
            text += f" ({allowance.days}/{allowance.whole_days} of {retainer.fee})"
        return self._line(text, allowance.fee, allowance.period)

    def _line(self, text: str, amount: Decimal, period: Period) -> Line:
        supplied = period.start if period.end == FOR_GOOD else period.end
        tax = tax_on(self.contract.invoice.tax, self.known.firm.taxes, supplied)
        exact = amount.quantize(Decimal(1).scaleb(-self.contract.places))
        return Line("retainer", text, exact, tax=tax.code, tax_rate=tax.rate)

    def _refund(self, use: Use) -> Decimal:
        """What the unused hours of an ended period give back, less what is credited already."""
        ended = use.period.end <= self.known.as_of
        if self.retainer.unused != "refund" or not ended or use.unused <= 0:
            return ZERO
        return self._hours_value(use.unused, use) - self._fees.credited.get(use.period.start, ZERO)

    def _hours_value(self, seconds: int, use: Use) -> Decimal:
        """Hours at fee ÷ hours, exact, rounded once."""
        whole = self.retainer.seconds or use.allowance.allocated or 1
        return divide_half_up(self.retainer.fee * seconds, whole, self.contract.places)

    def _refunded(self, use: Use, lines: Sequence[Line]) -> tuple[list[Line], list[Hold]]:
        """The refund, taken off the fee of the same draft, or proposed as a credit."""
        amount = self._refund(use)
        if amount <= ZERO:
            return [], []
        text = f"{self.contract.name}: {_hours(use.unused)} h unused {_named(use.period)}"
        line = self._line(text, -amount, use.period)
        if lines:
            return [line], []
        message = (
            f"{_hours(use.unused)} h of {_named(use.period)} were paid and not used: credit "
            f"{amount} {self.contract.currency}"
        )
        reason = Reason("retainer-refund-due", amount, message, ())
        return [line], [Hold(reason, self.retainer.place)]

    def invoice_of(self, end: date) -> str | None:
        """The number of the invoice that bills the fee of the period that ends on a day."""
        starts = [use.period.start for use in self.uses if use.period.end == end]
        invoices = [self._fees.invoices[day] for day in starts if day in self._fees.invoices]
        return invoices[0].number if invoices else None

    def _overage_hold(self, lines: Sequence[Line]) -> Hold:
        value = sum((line.amount for line in lines), ZERO)
        seconds = sum(line.seconds or 0 for line in lines)
        message = (
            f"{_hours(seconds)} h are beyond the retainer ({value} {self.contract.currency}): agree "
            "with the client, then release the draft"
        )
        ids = tuple(entry.id for line in lines for entry in line.entries)
        return Hold(Reason("retainer-overage", value, message, ids), self.retainer.place)

    def _overage(self, use: Use) -> Iterator[Finding]:
        """`retainer-overage`: while the period runs, or after it where it is absorbed or held."""
        if not use.overage:
            return
        runs = use.period.end > self.known.as_of
        policy = self.retainer.overage
        if not runs and policy == "bill":
            return
        value = self._overage_value(use)
        said = f"{_hours(use.overage)} h beyond the retainer {_named(use.period)}"
        if value is not None:
            said += f", worth {value} {self.contract.currency}"
        if runs and use.period.end == FOR_GOOD:
            said += "; the block has no end"
        elif runs:
            said += f"; the period runs for another {(use.period.end - self.known.as_of).days} days"
        elif policy == "absorb":
            said += ", are not billed"
        severity = "warning" if runs else "hold" if policy == "hold" else "info"
        if severity == "hold" and not any(
            use.period.start <= item.item.entry.date <= use.period.end for item in self.priced
        ):
            return
        yield finding(
            "retainer-overage",
            self.contract.id,
            self.known.as_of if runs else use.period.end,
            said,
            self.retainer.place,
            amount=value,
            identity=use.period.start.isoformat(),
            severity=severity,  # type: ignore[arg-type]
        )

    def _overage_value(self, use: Use) -> Decimal | None:
        """What the overage is worth, at its own rate or the open entries' prices."""
        places = self.contract.places
        if self.retainer.overage_rate is not None:
            return divide_half_up(self.retainer.overage_rate * use.overage, 3600, places)
        inside = [
            item
            for item in self.priced
            if use.period.start <= item.item.entry.date <= use.period.end
            and item.item.price is not None
        ]
        values = (
            line.amount for line in overage_lines(self.contract, [one.item for one in inside])
        )
        return sum(values, ZERO) if inside else None

    def _lapsed(self, use: Use) -> Iterator[Finding]:
        """`retainer-expired` and `retainer-expiring`: hours that lapsed, or soon will."""
        end = use.period.end
        if use.expired:
            message = f"{_hours(use.expired)} h lapsed unused at the end of {_named(use.period)}"
            yield self._hours_finding("retainer-expired", end, message, use)
        left = (end - self.known.as_of).days
        soon = 0 < left <= EXPIRING_DAYS
        expiring = use.expiring
        if self.retainer.every == "once" and self.retainer.unused == "expire":
            expiring = use.unused
        if soon and expiring:
            message = f"{_hours(expiring)} h lapse on {end}, in {left} days, unless they are used"
            yield self._hours_finding("retainer-expiring", end, message, use)

    def _hours_finding(self, code: str, day: date, message: str, use: Use) -> Finding:
        return finding(
            code,
            self.contract.id,
            day,
            message,
            self.retainer.place,
            identity=use.period.start.isoformat(),
        )


def _listed(invoiced: Iterable[Issued], credited: Iterable[Issued]) -> list[tuple[date, int, str]]:
    """The retainer's hours on invoices, less credited ones: day, seconds and kind of the line."""
    return [
        (entry.date, sign * entry.seconds, line.kind)
        for sign, pairs in ((1, invoiced), (-1, credited))
        for _, line in pairs
        if line.kind in {"covered", "overage"} and not line.milestone
        for entry in line.entries
        if entry.date is not None and entry.seconds is not None
    ]


def _trigger_of(contract: Contract) -> Trigger:
    """The trigger that bills the retainer: the contract's first by time, for all tasks if it can."""
    by_time = [trigger for trigger in contract.triggers if trigger.type == "time"]
    for_all = [trigger for trigger in by_time if not trigger.tasks]
    return (for_all or by_time or list(contract.triggers))[0]


def _same(one: Slot, other: Slot) -> bool:
    return (one.trigger.id, one.date) == (other.trigger.id, other.date)


def _named(period: Period) -> str:
    if period.end == FOR_GOOD:
        return f"from {period.start}"
    return f"{period.start} to {period.end}"


def _hours(seconds: int) -> str:
    return f"{seconds // 3600}:{seconds % 3600 // 60:02}"
