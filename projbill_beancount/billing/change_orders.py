"""Change orders: what was agreed after the contract, from the day of its approval on.

Only approved orders count in the contract's value, its caps and its percentages (IFRS 15.18).
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING
from typing import Literal

from projbill_beancount.billing.drafts import Hold
from projbill_beancount.billing.findings import finding
from projbill_beancount.billing.model import Line
from projbill_beancount.billing.model import Reason
from projbill_beancount.billing.riders import Rider
from projbill_beancount.billing.tax import tax_on
from projbill_beancount.terms.model import Milestone

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable
    from collections.abc import Mapping
    from datetime import date

    from projbill_beancount.billing.model import Finding
    from projbill_beancount.facts.model import ChangeOrder
    from projbill_beancount.terms.model import Contract
    from projbill_beancount.terms.model import Tax

ZERO = Decimal(0)
Standing = Literal["approved", "pending", "rejected", "unknown"]


class Orders:
    """A contract's change orders as they stand on a day, by id; `approved` in order of approval."""

    def __init__(self, contract: Contract, orders: Iterable[ChangeOrder], as_of: date) -> None:
        self.contract = contract
        self.findings: list[Finding] = []
        self._standing: dict[str, Standing] = {}
        known = [order for order in orders if order.date <= as_of]
        self.known = {order.id: order for order in known}
        self.approved = [order for order in known if self._counts(order, as_of)]
        self.approved.sort(key=lambda order: (_approval(order), order.id))
        self._with_milestone = {
            milestone.change_order
            for milestone in contract.milestones.values()
            if milestone.change_order
        }

    def standing(self, identity: str) -> Standing:
        """How the order of that id stands."""
        return self._standing.get(identity, "unknown")

    def approval(self, identity: str) -> date | None:
        """The day on which the order of that id was approved, None if it is not."""
        return next((_approval(one) for one in self.approved if one.id == identity), None)

    def price(self, milestone: Milestone, day: date) -> Decimal:
        """The milestone's price with the amendments that are approved by `day`."""
        return self._exact(milestone.value + self.amended(milestone.id, None, day))

    def prices(self, milestone: Milestone, first: date, last: date) -> set[Decimal]:
        """The prices that a milestone has had from one day to another."""
        changes = self.amendments(milestone.id, first, last)
        days = (first, *map(_approval, changes))
        return {self.price(milestone, day) for day in days}

    def amended(self, milestone: str, after: date | None, until: date) -> Decimal:
        """What amendments approved after a day (None: ever) and up to another add to a price."""
        return sum((order.amount for order in self.amendments(milestone, after, until)), ZERO)

    def amendments(self, milestone: str, after: date | None, until: date) -> list[ChangeOrder]:
        """The approved orders that amend a milestone's price, approved after a day up to another."""
        return [
            order
            for order in self.approved
            if order.milestone == milestone
            and not self._is_its_price(order)
            and _approval(order) <= until
            and (after is None or _approval(order) > after)
        ]

    def value(self) -> Decimal | None:
        """The contract's value: the agreed price and all approved changes.

        None where nothing fixed is agreed. An order that has a milestone of its own counts by that
        milestone's price.
        """
        contract = self.contract
        own = [m for m in contract.milestones.values() if not m.change_order]
        base = contract.value
        if base is None:
            if contract.billing in {"time-and-materials", "retainer"} or not contract.milestones:
                return None
            base = sum((milestone.value for milestone in own), ZERO)
        with_milestones = [
            milestone.value
            for milestone in contract.milestones.values()
            if milestone.change_order and self.standing(milestone.change_order) == "approved"
        ]
        amounts = [
            one.amount
            for one in self.approved
            if not self._is_its_price(one) and (one.milestone or one.id not in self._with_milestone)
        ]
        return self._exact(base + sum((*with_milestones, *amounts), ZERO))

    def cap_raise(self, day: date) -> Decimal:
        """What approved orders add to the contract's cap by `day`."""
        return sum((one.cap for one in self._by(day) if one.cap is not None), ZERO)

    def seconds_raise(self, day: date) -> int:
        """The seconds that approved orders add to an allocation or a cap in hours by `day`."""
        return sum(one.seconds for one in self._by(day) if one.seconds is not None)

    def scope(self) -> list[Milestone]:
        """Approved orders that are billed like milestones, by a rule of their own."""
        return [
            Milestone(
                order.id,
                order.title,
                order.amount,
                order.bill,
                order.place,
                tax=order.tax,
                change_order=order.id,
            )
            for order in self._alone()
            if order.bill is not None
        ]

    def whole(self) -> list[ChangeOrder]:
        """Approved orders that are billed in full on the next draft."""
        return [order for order in self._alone() if order.bill is None]

    def riders(
        self,
        billed: Mapping[str, Decimal],
        credits_due: Mapping[str, Decimal],
        taxes: Mapping[str, Tax],
        last: date | None = None,
    ) -> list[Rider]:
        """The lines of `whole` orders: their amount less what is billed on them.

        What is due as a credit already (negative, by order) is not taken off drafts as well. With
        `last`, the day on which the last milestone was billable, no other draft is to come: a
        reduction is taken off that one if it is not issued yet, else off what another order adds.
        """
        open_orders = [
            (order, order.amount - billed.get(order.id, ZERO) - credits_due.get(order.id, ZERO))
            for order in self.whole()
        ]
        found = []
        for order, left in open_orders:
            if not left:
                continue
            line = self.line(order, left, taxes)
            ready = own = _approval(order)
            if left < ZERO and last is not None:
                ready = min(ready, last)
                adding = (_approval(one) for one, more in open_orders if more > ZERO)
                own = max((own, *adding))
            found.append(Rider(ready, line, self._tax_hold(order, line), own))
        return found

    def _tax_hold(self, order: ChangeOrder, line: Line) -> tuple[Hold, ...]:
        """What holds a line whose tax has no rate on the day of the order's approval."""
        if line.tax is None or line.tax_rate is not None:
            return ()
        message = (
            f"{order.id} cannot be taxed: tax {line.tax} has no rate on {_approval(order)}; give "
            "it one from that day on"
        )
        return (Hold(Reason("tax-rate-missing", None, message, ()), order.place),)

    def line(self, order: ChangeOrder, amount: Decimal, taxes: Mapping[str, Tax]) -> Line:
        """The line that bills `amount` on an order, taxed by the day of its approval."""
        code = order.tax if order.tax is not None else self.contract.invoice.tax
        tax = tax_on(code, taxes, _approval(order))
        return Line(
            "change-order",
            f"{order.id} {order.title}" if order.title != order.id else order.id,
            self._exact(amount),
            tax=tax.code,
            tax_rate=tax.rate,
            change_order=order.id,
        )

    def unapproved(self, milestone: Milestone, amount: Decimal) -> list[Hold]:
        """A milestone that depends on an order that is not approved holds its draft."""
        identity = milestone.change_order
        standing = self.standing(identity)
        if not identity or standing == "approved":
            return []
        approve = f"`projbill approve {self.contract.id} {identity}` approves it"
        said = {
            "pending": f"change order {identity} is not approved yet; {approve}",
            "rejected": f"change order {identity} was rejected; take the milestone out, or agree on "
            "an order of another id",
            "unknown": f"the ledger has no change order {identity}; write it, or correct the id",
        }[standing]
        message = (
            f"{milestone.id} {milestone.name} is billed once its change order is approved, and "
            f"{said}"
        )
        return [Hold(Reason("change-order-unapproved", amount, message, ()), milestone.place)]

    def mismatches(self) -> list[Finding]:
        """Approved orders that are not worth what the milestones cost that depend on them."""
        found = []
        for order in self.approved:
            own = [m for m in self.contract.milestones.values() if m.change_order == order.id]
            total = sum((milestone.value for milestone in own), ZERO)
            amends = order.milestone and not self._is_its_price(order)
            if not own or amends or not order.amount or total == order.amount:
                continue
            message = (
                f"change order {order.id} is worth {order.amount} {self.contract.currency}, and "
                f"what depends on it costs {total}: change the order or a milestone"
            )
            found.append(
                finding(
                    "milestone-total-mismatch",
                    self.contract.id,
                    None,
                    message,
                    own[0].place,
                    amount=self._exact(order.amount - total),
                    identity=order.id,
                )
            )
        return found

    def _is_its_price(self, order: ChangeOrder) -> bool:
        """Whether an order names the milestone that is made for it: its price is that already."""
        milestone = self.contract.milestones.get(order.milestone)
        return bool(milestone and milestone.change_order == order.id and milestone.value)

    def _exact(self, amount: Decimal) -> Decimal:
        """An amount with the places of the contract's currency; it has no more than those."""
        return amount.quantize(Decimal(1).scaleb(-self.contract.places))

    def _alone(self) -> list[ChangeOrder]:
        return [
            order
            for order in self.approved
            if not order.milestone and order.id not in self._with_milestone
        ]

    def _by(self, day: date) -> list[ChangeOrder]:
        return [order for order in self.approved if _approval(order) <= day]

    def _counts(self, order: ChangeOrder, as_of: date) -> bool:
        """Note how an order stands; whether it is approved and can be billed."""
        contract = self.contract
        rejected = order.rejected is not None and order.rejected <= as_of
        approved = order.approved is not None and order.approved <= as_of
        self._standing[order.id] = "rejected" if rejected else "approved" if approved else "pending"
        if not approved or rejected:
            return False
        problem = None
        if order.currency and order.currency != contract.currency:
            code, problem = "currency-mismatch", f"is in {order.currency}, and the contract in"
            problem = f"{problem} {contract.currency}; give its amount in {contract.currency}"
        elif -int(order.amount.as_tuple().exponent) > contract.places:
            code = "fact-invalid"
            problem = f"{order.amount} is finer than {contract.currency} has places; round it"
        elif order.milestone and order.milestone not in contract.milestones:
            names = ", ".join(contract.milestones) or "none"
            code = "milestone-unknown"
            problem = f"amends milestone {order.milestone}; the contract has: {names}"
        if problem is None:
            return True
        self._standing[order.id] = "pending"
        message = f"change order {order.id}: {problem}; it does not count"
        self.findings.append(
            finding(code, contract.id, order.date, message, order.place, identity=order.id)
        )
        return False


def _approval(order: ChangeOrder) -> date:
    assert order.approved is not None
    return order.approved
