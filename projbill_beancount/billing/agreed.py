"""The fixed scope of a contract as it is agreed and reported: prices, entitlements, completion."""

from __future__ import annotations

from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

from projbill_beancount.billing.completion import Scope
from projbill_beancount.billing.completion import completion
from projbill_beancount.billing.completion import counted_percent
from projbill_beancount.billing.completion import method_of
from projbill_beancount.billing.milestones import FULL
from projbill_beancount.billing.milestones import Entitlement
from projbill_beancount.billing.milestones import completed_on
from projbill_beancount.billing.milestones import entitled_percent
from projbill_beancount.billing.milestones import entitlements
from projbill_beancount.billing.milestones import milestone_of
from projbill_beancount.billing.milestones import milestone_trigger
from projbill_beancount.billing.milestones import reports_of
from projbill_beancount.billing.rounding import share

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable
    from collections.abc import Mapping
    from collections.abc import Sequence
    from datetime import date

    from projbill_beancount.billing.change_orders import Orders
    from projbill_beancount.billing.invoiced import BilledBefore
    from projbill_beancount.facts.model import Progress
    from projbill_beancount.terms.model import Contract
    from projbill_beancount.terms.model import Milestone

ZERO = Decimal(0)


class AgreedScope:
    """What the fixed scope is worth, how far it is, and what it entitles to bill.

    `scope` has the milestones by id, with the approved change orders that are billed like one.
    `events` are the days on which more may be billed, `unlocking` those of what is agreed by now,
    `complete` says that all of that may be billed. `value` is the contract's value with its
    approved changes, None without a fixed price. `before` is what invoices bill, by milestone or
    change order, and `billed` the same with the drafts that may go out. `bases` are prices that
    were changed after they were billed, as the newest invoice froze them.
    """

    def __init__(
        self,
        contract: Contract,
        progress: Sequence[Progress],
        billed: BilledBefore,
        as_of: date,
        orders: Orders,
        logged: Callable[[], Mapping[str, int]],
    ) -> None:
        self.contract = contract
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
        self.events = sorted({step.date for steps in self.steps.values() for step in steps})
        self.unlocking = sorted({step.date for name in agreed for step in self.steps[name]})
        self.progress = [report for report in progress if report.date <= as_of]
        self._logged = logged

    @property
    def removed(self) -> list[str]:
        """The milestones that are billed and that the contract has no longer."""
        known = {*self.contract.milestones, self.contract.id, "", *self.contract.formerly}
        return [
            name
            for name, amount in self.before.items()
            if amount and name not in known and self.orders.standing(name) == "unknown"
        ]

    @property
    def unapproved(self) -> list[str]:
        """The change orders that are billed and that do not count, being pending or rejected."""
        return [
            name
            for name, amount in self.before.items()
            if amount and self.orders.standing(name) in {"pending", "rejected"}
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
                total += self.entitled(part.milestone, last)
        return total

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

    def entitled(self, milestone: Milestone, day: date) -> Decimal:
        """The cumulative amount that may be billed up to a day, rounded once."""
        percent = entitled_percent(self.steps[milestone.id], day)
        price = self.lowest_price(milestone, day)
        return price if percent == FULL else share(price, percent, self.contract.places)


def _not_before(steps: Sequence[Entitlement], day: date) -> list[Entitlement]:
    """The steps from a day on: those before it take effect then."""
    reached = [step for step in steps if step.date <= day]
    first = [reached[-1]._replace(date=day)] if reached else []
    return [*first, *(step for step in steps if step.date > day)]


def _frozen_bases(fixed: AgreedScope, billed: BilledBefore) -> dict[str, tuple[date, Decimal]]:
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
