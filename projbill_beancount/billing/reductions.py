"""Approved changes that leave a price below what is billed: the credit that each makes due."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.billing.drafts import Hold
from projbill_beancount.billing.milestones import FULL
from projbill_beancount.billing.model import Reason

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable
    from datetime import date

    from projbill_beancount.billing.fixed import FixedScope
    from projbill_beancount.billing.invoiced import Issued
    from projbill_beancount.billing.model import Line
    from projbill_beancount.terms.model import Contract
    from projbill_beancount.terms.model import Place

ZERO = Decimal(0)


class Reduction(NamedTuple):
    """What gives back the part of a price that is gone and billed, and when.

    `price` is the milestone's, or the contract's value, with its approved changes.
    """

    date: date
    line: Line
    price: Decimal
    place: Place


def reductions_of(fixed: FixedScope, billed: Decimal) -> list[Reduction]:
    """The credits that are due; `billed` is what is billed on the fixed scope as a whole."""
    prices = _of_prices(fixed)
    given_back = sum((one.line.amount for one in prices), ZERO)
    return [*prices, *_of_value(fixed, billed + given_back)]


def credits_at(
    contract: Contract, reductions: Iterable[Reduction], day: date
) -> tuple[list[Line], list[Hold]]:
    """The lines of the credits that are proposed on a day, and why."""
    lines, holds = [], []
    currency = contract.currency
    for one in reductions:
        if one.date != day:
            continue
        lines.append(one.line)
        due = -one.line.amount
        message = (
            f"{one.line.milestone or one.line.change_order or contract.id} is {one.price} "
            f"{currency} with its approved changes, and {one.price + due} {currency} are billed: "
            f"credit {due}"
        )
        holds.append(Hold(Reason("change-order-below-billed", due, message, ()), one.place))
    return lines, holds


def original_of(invoiced: Iterable[Issued], credited: Iterable[Issued], line: Line) -> str | None:
    """The newest invoice that bills at least as much of the milestone as a line gives back.

    None where no single one does: a credit note never exceeds the invoice that it corrects.
    """
    left: dict[str, Decimal] = {}
    for invoice, billed in sorted(invoiced, key=lambda pair: pair[0].date):
        if billed.milestone == line.milestone and billed.kind != "covered":
            left[invoice.number] = left.pop(invoice.number, ZERO) + billed.amount
    for credit, back in credited:
        if back.milestone == line.milestone and credit.corrects in left:
            left[credit.corrects] -= back.amount
    return next((number for number in reversed(left) if left[number] >= -line.amount), None)


def _of_prices(fixed: FixedScope) -> list[Reduction]:
    """Milestones, and changes that are billed like one, of which more is billed than they cost."""
    found = []
    for milestone in fixed.scope.values():
        price = fixed.price(milestone, fixed.as_of)
        excess = fixed.before.get(milestone.id, ZERO) - price
        amendments = fixed.orders.amendments(milestone.id, None, fixed.as_of)
        lowering = [order for order in amendments if order.amount < ZERO]
        if excess > ZERO and lowering and lowering[-1].approved is not None:
            line = fixed.line(milestone, lowering[-1].approved, -excess, FULL)
            found.append(Reduction(lowering[-1].approved, line, price, milestone.place))
    return found


def _of_value(fixed: FixedScope, billed: Decimal) -> list[Reduction]:
    """The approved change that left the contract's value below what is billed on it."""
    lowering = [order for order in fixed.orders.whole() if order.amount < ZERO]
    if fixed.value is None or not lowering:
        return []
    order, excess = lowering[-1], billed - fixed.value
    if excess <= ZERO or order.approved is None:
        return []
    line = fixed.orders.line(order, -excess, fixed.firm.taxes)
    return [Reduction(order.approved, line, fixed.value, order.place)]
