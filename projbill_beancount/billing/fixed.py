"""The fixed scope of a contract while its drafts are made: milestones, changes, covered hours."""

from __future__ import annotations

from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

from projbill_beancount.billing.completion import Scope
from projbill_beancount.billing.completion import completion
from projbill_beancount.billing.completion import counted_percent
from projbill_beancount.billing.completion import method_of
from projbill_beancount.billing.drafts import Hold
from projbill_beancount.billing.findings import finding
from projbill_beancount.billing.lines import covered_line
from projbill_beancount.billing.milestones import FULL
from projbill_beancount.billing.milestones import Entitlement
from projbill_beancount.billing.milestones import completed_on
from projbill_beancount.billing.milestones import entitled_percent
from projbill_beancount.billing.milestones import entitlements
from projbill_beancount.billing.milestones import milestone_of
from projbill_beancount.billing.milestones import progress_findings
from projbill_beancount.billing.milestones import reports_of
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
    from projbill_beancount.billing.schedule import Schedule
    from projbill_beancount.billing.work import Covered
    from projbill_beancount.facts.model import Progress
    from projbill_beancount.terms.model import Contract
    from projbill_beancount.terms.model import Firm
    from projbill_beancount.terms.model import Milestone

ZERO = Decimal(0)


class FixedScope:
    """What milestones entitle to bill, and what is billed on them so far.

    `scope` has the milestones by id, with the approved change orders that are billed like one.
    `events` are the days on which more may be billed, `unlocking` those of what is agreed by now,
    `complete` says that all of that may be billed. `value`
    is the contract's value with its approved changes, None without a fixed price.
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
        self.contract = contract
        self.firm = firm
        self.as_of = as_of
        self.orders = orders
        self.scope = {**contract.milestones, **{one.id: one for one in orders.scope()}}
        self.trigger = milestone_trigger(contract)
        self.value = orders.value()
        self.reports = {m.id: reports_of(contract, m, progress, as_of) for m in self.scope.values()}
        self.steps = {m.id: self._steps(m) if self.trigger else [] for m in self.scope.values()}
        self.completed = {identity: completed_on(steps) for identity, steps in self.steps.items()}
        agreed = [milestone.id for milestone in self.scope.values() if self._is_agreed(milestone)]
        self.complete = all(self.completed[identity] for identity in agreed)
        self.bases = _frozen_bases(self, billed)
        self.before = _billed_on(contract, billed)
        self.billed = dict(self.before)
        self.reductions = reductions_of(self, billed.fixed)
        self.events = sorted({step.date for steps in self.steps.values() for step in steps})
        self.unlocking = sorted({step.date for name in agreed for step in self.steps[name]})
        self.progress = [report for report in progress if report.date <= as_of]
        self._logged = logged
        self._waiting: dict[str, Decimal] = {}
        self._covered: list[Covered] = []
        self.findings: list[Finding] = [
            *progress_findings(contract, self.scope, progress, as_of, looks_back=looks_back),
            *total_mismatch(contract),
        ]

    @property
    def removed(self) -> list[str]:
        """The milestones that are billed and that the contract has no longer."""
        known = {*self.contract.milestones, self.contract.id, "", *self.contract.formerly}
        orders = {order.id for order in self.orders.approved}
        return [
            name
            for name, amount in self.before.items()
            if amount and name not in known and name not in orders
        ]

    def parts(self) -> list[Scope]:
        """The agreed scope: what depends on a change order is part of it once that is approved."""
        return [
            Scope(
                milestone,
                self.price(milestone, self.as_of),
                self.reports[milestone.id],
                self.planned(milestone),
            )
            for milestone in self.scope.values()
            if self._is_agreed(milestone)
        ]

    @property
    def finished(self) -> date | None:
        """The day on which the last of the agreed scope could be billed, None before."""
        return max(self.unlocking, default=None) if self.complete else None

    @cached_property
    def completion(self) -> Decimal | None:
        """Completion in percent, exact; None where it is not known."""
        if not self.scope or not self.value:
            return None
        whole = [
            report for report in self.progress if not report.milestone and not self._is_whole()
        ]
        done = sum((order.amount for order in self.orders.whole()), ZERO)
        return completion(self.contract, self.parts(), self.value, done, whole, self._logged)

    def earned(self) -> Decimal | None:
        """The contract's value × its completion, rounded once; None where one is not known."""
        if self.value is None or self.completion is None:
            return None
        return share(self.value, self.completion, self.contract.places)

    def scheduled(self) -> Decimal:
        """What may be billed by now regardless of progress: agreed advance instalments.

        What is delivered beside them may be billed on top: an agreed advance does not keep the
        next milestone from being billed when it is complete.
        """
        parts = self.parts()
        advance = sum(
            (
                part.price
                for part in parts
                if part.milestone.bill.advance
                and part.milestone.bill.date is not None
                and part.milestone.bill.date <= self.as_of
            ),
            ZERO,
        )
        if not advance or method_of(self.contract) in {"manual", "hours"}:
            return advance
        delivered = (
            share(part.price, counted_percent(self.contract, part), self.contract.places)
            for part in parts
            if not part.milestone.bill.advance
        )
        return advance + sum(delivered, sum((one.amount for one in self.orders.whole()), ZERO))

    def billable(self) -> Decimal:
        """What the bill rules let be billed by now, billed or not; `manual` always lets all.

        What approved changes add counts once it is billed: they wait for the next draft.
        """
        last = max((day for day in self.events if day <= self.as_of), default=self.as_of)
        total = sum(
            (min(one.amount, self.billed.get(one.id, ZERO)) for one in self.orders.whole()), ZERO
        )
        for part in self.parts():
            if part.milestone.bill.kind == "manual":
                total += part.price
            elif self.trigger is None:
                steps = entitlements(part.milestone, part.reports, self.as_of)
                percent = entitled_percent(steps, self.as_of)
                total += share(part.price, percent, self.contract.places)
            else:
                total += self._entitled(part.milestone, last)
        return total

    def slots(self, schedule: Schedule) -> list[Slot]:
        """Where milestones are billed, and where credits of reduced prices are proposed."""
        trigger = self.trigger
        billed = [schedule.milestone_slot(trigger, day) for day in self.events] if trigger else []
        own = Trigger(CHANGE_ORDER, "milestone", self.contract.place)
        return [*billed, *(Slot(own, one.date, None) for one in self.reductions)]

    def credits_due(self) -> dict[str, Decimal]:
        """What proposed credits give back on change orders (negative), by order."""
        return {
            one.line.change_order: one.line.amount
            for one in self.reductions
            if one.line.change_order and not one.line.milestone
        }

    def price(self, milestone: Milestone, day: date) -> Decimal:
        """The price on a day: the agreed one with approved amendments, or what an invoice froze.

        A price that was changed after it was billed, without a change order, bills nothing.
        """
        frozen = self.bases.get(milestone.id)
        if frozen is not None:
            since, basis = frozen
            return basis + self.orders.amended(milestone.id, since, day)
        return self.orders.price(milestone, day)

    def planned(self, milestone: Milestone) -> int:
        """The seconds that it is planned to take, with what approved changes add; 0 without a plan."""
        if not milestone.seconds:
            return 0
        more = self.orders.amendments(milestone.id, None, self.as_of)
        return max(milestone.seconds + sum(order.seconds or 0 for order in more), 0)

    def lowest_price(self, milestone: Milestone, day: date) -> Decimal:
        """The price that may be billed on a day: never more than what it is by now.

        A reduction that is approved later lowers what is not issued yet, as a report that is taken
        back does.
        """
        later = self.orders.amendments(milestone.id, day, self.as_of)
        days = [day, *(order.approved for order in later if order.approved)]
        return min(self.price(milestone, one) for one in days)

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
            entitled = self._entitled(milestone, slot.date)
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
                max(self._entitled(m, last) - self.before.get(m.id, ZERO), ZERO)
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

    def _steps(self, milestone: Milestone) -> list[Entitlement]:
        """Its entitlements; a change order entitles from its approval on, an amendment anew."""
        steps = entitlements(milestone, self.reports[milestone.id], self.as_of)
        approval = self.orders.approval(milestone.change_order)
        if approval is not None:
            steps = _not_before(steps, approval)
        done = completed_on(steps)
        if done is not None:
            later = self.orders.amendments(milestone.id, done, self.as_of)
            days = sorted({one.approved for one in later if one.approved and one.amount > ZERO})
            steps += [Entitlement(day, FULL) for day in days]
        return steps

    def _is_agreed(self, milestone: Milestone) -> bool:
        """Whether it is part of the scope: one that depends on an order, once that is approved."""
        order = milestone.change_order
        return not order or self.orders.standing(order) == "approved"

    def _is_whole(self) -> bool:
        """Whether the contract is its one milestone, which reports without a milestone mean."""
        return self.contract.id in self.scope

    def _done(self, milestone: str) -> date | None:
        """When a milestone, or with "" the whole fixed scope, was complete."""
        if milestone:
            return self.completed[milestone]
        days = [day for day in self.completed.values() if day is not None]
        return max(days) if days and self.complete else None

    def _entitled(self, milestone: Milestone, day: date) -> Decimal:
        """The cumulative amount that may be billed up to a day, rounded once."""
        percent = entitled_percent(self.steps[milestone.id], day)
        price = self.lowest_price(milestone, day)
        return price if percent == FULL else share(price, percent, self.contract.places)

    def _amount(self, milestone: Milestone, day: date) -> Decimal:
        """Cumulative entitlement less what is billed."""
        return self._entitled(milestone, day) - self.billed.get(milestone.id, ZERO)

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


def _not_before(steps: Sequence[Entitlement], day: date) -> list[Entitlement]:
    """The steps from a day on: those before it take effect then."""
    reached = [step for step in steps if step.date <= day]
    first = [reached[-1]._replace(date=day)] if reached else []
    return [*first, *(step for step in steps if step.date > day)]


def _frozen_bases(fixed: FixedScope, billed: BilledBefore) -> dict[str, tuple[date, Decimal]]:
    """Prices that were changed after they were billed, as the newest invoice froze them."""
    found = {}
    for name, (day, basis, _) in billed.bases.items():
        milestone = fixed.contract.milestones.get(milestone_of(fixed.contract, name))
        if milestone is None:
            continue
        if basis not in fixed.orders.prices(milestone, billed.drafted[name], day):
            found[milestone.id] = (day, basis)
    return found


def _billed_on(contract: Contract, billed: BilledBefore) -> dict[str, Decimal]:
    """What is billed by milestone; where the contract is the milestone, what names none as well."""
    found: dict[str, Decimal] = dict(billed.orders)
    for name, amount in billed.milestones.items():
        milestone = milestone_of(contract, name)
        found[milestone] = found.get(milestone, ZERO) + amount
    return found


def milestone_trigger(contract: Contract) -> Trigger | None:
    """The trigger that bills milestones: milestone before hybrid; without one they bill themselves.

    None where the contract is billed by hand.
    """
    for kind in ("milestone", "hybrid"):
        for trigger in contract.triggers:
            if trigger.type == kind:
                return trigger
    if any(trigger.type == "manual" for trigger in contract.triggers):
        return None
    return Trigger("milestone", "milestone", contract.place)


def total_mismatch(contract: Contract) -> list[Finding]:
    """Whether the milestones' prices add up to the agreed price of the fixed scope."""
    own = [one for one in contract.milestones.values() if not one.change_order]
    if contract.value is None or not own:
        return []
    total = sum((milestone.value for milestone in own), ZERO)
    difference = contract.value - total
    if not difference:
        return []
    message = (
        f"the milestones add up to {total} {contract.currency}, the contract's value is "
        f"{contract.value}: {difference} cannot be billed; change a milestone or the value"
    )
    place = contract.value_place or contract.place
    return [
        finding("milestone-total-mismatch", contract.id, None, message, place, amount=difference)
    ]
