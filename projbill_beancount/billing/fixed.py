"""The fixed scope of a contract while its drafts are made: milestones, changes, covered hours."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from projbill_beancount.billing.agreed import AgreedScope
from projbill_beancount.billing.drafts import Hold
from projbill_beancount.billing.findings import finding
from projbill_beancount.billing.lines import covered_line
from projbill_beancount.billing.milestones import FULL
from projbill_beancount.billing.milestones import completed_on
from projbill_beancount.billing.milestones import entitled_percent
from projbill_beancount.billing.milestones import entitlements
from projbill_beancount.billing.milestones import progress_findings
from projbill_beancount.billing.milestones import total_mismatch
from projbill_beancount.billing.model import Line
from projbill_beancount.billing.model import Reason
from projbill_beancount.billing.reductions import credits_at
from projbill_beancount.billing.reductions import reductions_of
from projbill_beancount.billing.rounding import share
from projbill_beancount.billing.schedule import CHANGE_ORDER
from projbill_beancount.billing.schedule import CONSOLIDATED
from projbill_beancount.billing.schedule import Slot
from projbill_beancount.billing.tax import tax_on
from projbill_beancount.terms.model import Trigger

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable
    from collections.abc import Mapping
    from collections.abc import Sequence
    from datetime import date

    from projbill_beancount.billing.change_orders import Orders
    from projbill_beancount.billing.invoiced import BilledBefore
    from projbill_beancount.billing.model import Draft
    from projbill_beancount.billing.model import Finding
    from projbill_beancount.billing.riders import Rider
    from projbill_beancount.billing.schedule import Schedule
    from projbill_beancount.billing.work import Covered
    from projbill_beancount.facts.model import Progress
    from projbill_beancount.terms.model import Contract
    from projbill_beancount.terms.model import Firm
    from projbill_beancount.terms.model import Milestone

ZERO = Decimal(0)


class FixedScope(AgreedScope):
    """The fixed scope while drafts are made: its lines, what holds them, the hours it covers.

    `reductions` are the credits that approved changes make due.
    """

    def __init__(
        self,
        contract: Contract,
        progress: Sequence[Progress],
        billed: BilledBefore,
        firm: Firm,
        as_of: date,
        orders: Orders,
        logged: Callable[[], Mapping[str, int]],
        *,
        looks_back: bool,
    ) -> None:
        super().__init__(contract, progress, billed, as_of, orders, logged)
        self.firm = firm
        self.reductions = reductions_of(self, billed.fixed)
        self._waiting: dict[str, Decimal] = {}
        self._covered: list[Covered] = []
        self.findings: list[Finding] = [
            *progress_findings(contract, self.scope, progress, as_of, looks_back=looks_back),
            *total_mismatch(contract),
            *orders.mismatches(),
        ]

    def slots(self, schedule: Schedule) -> list[Slot]:
        """Where milestones are billed, and where credits of reduced prices are proposed."""
        trigger = self.trigger
        billed = [schedule.milestone_slot(trigger, day) for day in self.events] if trigger else []
        own = Trigger(CHANGE_ORDER, "milestone", self.contract.place)
        return [*billed, *(Slot(own, one.date, None) for one in self.reductions)]

    def order_slot(self, schedule: Schedule, rider: Rider) -> Slot | None:
        """Where a change order is billed by itself, if no other draft takes it before.

        None where it waits for a milestone; for those that are billed by hand nothing waits.
        """
        day = rider.decided or rider.ready
        open_rules = {
            part.milestone.bill.kind
            for part in self.parts()
            if self.completed[part.milestone.id] is None
        }
        if open_rules == {"manual"} and self.contract.billing == "fixed-fee":
            own = Trigger(CHANGE_ORDER, "milestone", self.contract.place)
            return schedule.consolidated(Slot(own, day, None))
        return schedule.next_slot(day)

    def credits_due(self) -> dict[str, Decimal]:
        """What proposed credits give back on change orders (negative), by order."""
        return {
            one.line.change_order: one.line.amount
            for one in self.reductions
            if one.line.change_order and not one.line.milestone
        }

    def lines_at(self, slot: Slot) -> tuple[list[Line], list[Hold]]:
        """The milestone lines of a slot and what holds them; [] where its trigger bills none.

        A milestone that holds its own draft already is not repeated until it lets more be billed.
        """
        if slot.trigger.id == CHANGE_ORDER:
            return credits_at(self.contract, self.reductions, slot.date)
        lines: list[Line] = []
        holds: list[Hold] = []
        if self.trigger is None or slot.trigger.id not in {self.trigger.id, CONSOLIDATED}:
            return lines, holds
        for milestone in self.scope.values():
            amount = self._amount(milestone, slot.date)
            if not (amount > ZERO or self._is_open_gate(milestone, slot.date)):
                continue
            own = self._holds(milestone, amount)
            entitled = self.entitled(milestone, slot.date)
            if own and entitled <= self._waiting.get(milestone.id, ZERO - 1):
                continue
            if own:
                self._waiting[milestone.id] = entitled
            line = self.line(milestone, slot.date, amount)
            lines.append(line)
            holds += [*own, *self._tax_hold(milestone, line, slot.date)]
        return lines, holds

    def count(self, draft: Draft) -> None:
        """Count a draft that may go out as billed."""
        for line in draft.lines:
            identity = line.milestone or line.change_order
            if line.kind in {"milestone", "change-order"} and identity:
                self.billed[identity] = self.billed.get(identity, ZERO) + line.amount

    def unbilled(self) -> Decimal:
        """What milestones entitle to and no invoice bills, whether on a draft or held."""
        if not self.events:
            return ZERO
        last = self.events[-1]
        return sum(
            (
                max(self.entitled(m, last) - self.before.get(m.id, ZERO), ZERO)
                for m in self.scope.values()
            ),
            ZERO,
        )

    def cover(self, waiting: Sequence[Covered]) -> None:
        """Take the hours that the milestones' prices pay for and that no invoice lists."""
        self._covered = list(waiting)

    def covered_at(self, slot: Slot) -> list[Line]:
        """The lines that list the covered hours of what is complete by the slot's date."""
        listed: dict[str, list[Covered]] = {}
        still: list[Covered] = []
        for item in self._covered:
            done = self._done(item.milestone)
            if done is not None and max(done, item.entry.date) <= slot.date:
                listed.setdefault(item.milestone, []).append(item)
            else:
                still.append(item)
        self._covered = still
        return [
            covered_line(self.contract, milestone, items)
            for milestone, items in sorted(listed.items())
        ]

    def depends_on_order(self) -> list[Finding]:
        """Hours on milestones whose change order is not approved, where no draft says so."""
        found = []
        for item in self._covered:
            milestone = self.scope.get(item.milestone)
            if milestone is None or milestone.id in self._waiting:
                continue
            for hold in self.orders.unapproved(milestone, ZERO):
                self._waiting[milestone.id] = ZERO
                entry = item.entry
                found.append(
                    finding(
                        hold.reason.code,
                        self.contract.id,
                        entry.date,
                        f"entry {entry.id}: {hold.reason.message}",
                        entry.place,
                        identity=milestone.id,
                    )
                )
        return found

    def _done(self, milestone: str) -> date | None:
        """When a milestone, or with "" the whole fixed scope, was complete."""
        if milestone:
            return self.completed[milestone]
        days = [day for day in self.completed.values() if day is not None]
        return max(days) if days and self.complete else None

    def _amount(self, milestone: Milestone, day: date) -> Decimal:
        """Cumulative entitlement less what is billed."""
        return self.entitled(milestone, day) - self.billed.get(milestone.id, ZERO)

    def _is_open_gate(self, milestone: Milestone, day: date) -> bool:
        """A milestone without a price that is complete and on no invoice yet."""
        done = self.completed[milestone.id]
        is_open = milestone.id not in self.billed
        return (
            not self.lowest_price(milestone, day) and is_open and done is not None and done <= day
        )

    def line(
        self, milestone: Milestone, day: date, amount: Decimal, percent: Decimal | None = None
    ) -> Line:
        """The line that bills `amount` of a milestone, up to `percent` of its price, on a day."""
        steps = [step for step in self.steps[milestone.id] if step.date <= day]
        if percent is None:
            percent = entitled_percent(steps, day)
        code = milestone.tax if milestone.tax is not None else self.contract.invoice.tax
        supplied = self._supplied_on(milestone, steps[-1].date) if steps else day
        tax = tax_on(code, self.firm.taxes, supplied)
        before = self.billed.get(milestone.id, ZERO)
        price = self.lowest_price(milestone, day)
        text = milestone.name
        if percent != FULL or before:
            text += f" ({percent.normalize():f} %"
            text += f" of {price} less {before})" if before else f" of {price})"
        is_order = milestone.id not in self.contract.milestones
        return Line(
            "change-order" if is_order else "milestone",
            text,
            amount.quantize(Decimal(1).scaleb(-self.contract.places)),
            milestone=None if is_order else milestone.id,
            complete=percent,
            tax=tax.code,
            tax_rate=tax.rate,
            change_order=milestone.change_order or None,
            basis=price,
        )

    def _supplied_on(self, milestone: Milestone, entitled: date) -> date:
        """The day of supply: of completion, too, where the bill rule goes by an agreed date."""
        rule = milestone.bill
        if rule.kind != "date" or rule.advance:
            return entitled
        as_complete = milestone._replace(bill=rule._replace(kind="complete"))
        done = entitlements(as_complete, self.reports[milestone.id], entitled)
        return completed_on(done) or entitled

    def _tax_hold(self, milestone: Milestone, line: Line, day: date) -> list[Hold]:
        """A line whose tax has no rate on its date of supply holds the draft."""
        if line.tax is None or line.tax_rate is not None:
            return []
        step = [step.date for step in self.steps[milestone.id] if step.date <= day][-1]
        supplied = self._supplied_on(milestone, step)
        message = (
            f"{milestone.id} {milestone.name} cannot be taxed: tax {line.tax} has no rate on "
            f"{supplied}; give it one from that day on"
        )
        return [Hold(Reason("tax-rate-missing", None, message, ()), milestone.place)]

    def _holds(self, milestone: Milestone, amount: Decimal) -> list[Hold]:
        """What holds the draft of a milestone: its change order, or its date before its progress.

        One that bills on a date is held until its own report says 100 %.
        """
        unapproved = self.orders.unapproved(milestone, amount)
        if milestone.bill.kind != "date" or milestone.bill.advance:
            return unapproved
        reports = self.reports[milestone.id]
        percent = reports[-1].percent if reports else ZERO
        if percent == FULL:
            return unapproved
        price = self.price(milestone, self.as_of)
        delivered = share(price, percent, self.contract.places)
        excess = self.billed.get(milestone.id, ZERO) + amount - delivered
        message = (
            f"{milestone.id} {milestone.name} {self._reported(milestone)}, and the draft would "
            f"bill {excess} {self.contract.currency} more than the {delivered} "
            f"{self.contract.currency} of {price} that are delivered; report it complete first, or "
            "release the draft if the client agreed to pay ahead"
        )
        place = reports[-1].source.place if reports else milestone.place
        reason = Reason("invoice-held-overbilling", excess, message, ())
        return [*unapproved, Hold(reason, place)]

    def _reported(self, milestone: Milestone) -> str:
        """What is said of a milestone: its newest report, and its hours against the plan."""
        reports = self.reports[milestone.id]
        said = (
            f"is reported {reports[-1].percent.normalize():f} % complete on {reports[-1].date}"
            if reports
            else "has no report of completion"
        )
        logged = self._logged().get(milestone.id, 0)
        planned = self.planned(milestone)
        if planned:
            said += f", with {_hours(logged)} h logged of {_hours(planned)} h planned"
        return said


def _hours(seconds: int) -> str:
    return f"{seconds // 3600}:{seconds % 3600 // 60:02}"
