"""What a retainer bills and covers: the fee of a period, its hours, and those beyond."""

from __future__ import annotations

from typing import TYPE_CHECKING

from projbill_beancount.billing.retainer_periods import FOR_GOOD
from projbill_beancount.reports.evidence import Node
from projbill_beancount.reports.evidence import order_name
from projbill_beancount.reports.numbers import money
from projbill_beancount.reports.numbers import price
from projbill_beancount.reports.numbers import quantity

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from projbill_beancount.billing.contract import Case
    from projbill_beancount.billing.model import Draft
    from projbill_beancount.billing.model import Line
    from projbill_beancount.billing.retainer_periods import Use
    from projbill_beancount.terms.model import Contract
    from projbill_beancount.terms.model import Retainer


def retainer_nodes(case: Case, draft: Draft, line: Line) -> Iterator[Node]:
    """What a fee, a refund, covered hours or hours beyond a retainer rest on."""
    retainer, retained = case.contract.retainer, case.retained
    if retainer is None or retained is None:
        return
    days = {entry.date for entry in line.entries} or {_day_of(draft)}
    uses = [use for use in retained.uses if any(_is_in(use, day) for day in days)]
    if line.kind == "retainer":
        yield from _fee(case.contract, retainer, uses)
    for use in uses:
        yield _hours(case, retainer, use)
    if line.kind == "retainer" and line.amount < 0:
        fee = f"{money(retainer.fee, draft.currency)} {draft.currency}"
        whole = quantity(retainer.seconds or 0)
        yield Node("refund", f"unused hours are given back at {fee} / {whole} h", retainer.place)


def _day_of(draft: Draft) -> date:
    """The day that says which period's fee a draft bills."""
    return draft.period.start if draft.period else draft.date


def _is_in(use: Use, day: date) -> bool:
    return use.period.start <= day <= use.period.end


def _fee(contract: Contract, retainer: Retainer, uses: list[Use]) -> Iterator[Node]:
    """The agreed fee, and its part where the contract begins or ends inside a period."""
    currency = contract.currency
    every = "once" if retainer.every == "once" else f"a {retainer.every}"
    when = "in advance" if retainer.advance else "at the period's end"
    fee = f"{money(retainer.fee, currency)} {currency}"
    yield Node("retainer", f"the fee is {fee} {every}, billed {when}", retainer.place)
    for use in uses:
        allowance = use.allowance
        if allowance.fee != retainer.fee:
            text = (
                f"{_named(use)} is {allowance.days} of {allowance.whole_days} days: "
                f"{money(allowance.fee, currency)} {currency}"
            )
            yield Node("pro-rated", text, retainer.place)


def _hours(case: Case, retainer: Retainer, use: Use) -> Node:
    """The hours of a period: allocated, carried in, used, and what is left or beyond."""
    allowance, used = use.allowance, quantity(use.used)
    if allowance.allocated is None:
        text = f"{_named(use)}: {used} h used, the fee pays for all of them"
        return Node("hours", text, retainer.place)
    text = f"{_named(use)}: {quantity(allowance.allocated)} h allocated"
    if use.carried:
        text += f" and {quantity(use.carried)} h carried over"
    text += f", {used} h used"
    if use.overage:
        text += f": {quantity(use.overage)} h beyond"
    elif use.unused or use.expired:
        text += f": {quantity(use.unused)} h of its own left"
    if use.expired:
        text += f", {quantity(use.expired)} h lapsed"
    children = [
        Node(
            "change-order",
            f"{order_name(order)} adds {quantity(order.seconds)} h, approved on {order.approved}",
            order.approved_at,
        )
        for order in case.told.orders.approved
        if order.seconds and order.approved is not None and order.approved <= use.period.end
    ]
    if use.overage:
        beyond = _overage_words(case.contract, retainer)
        children.append(Node("beyond", beyond, retainer.place))
    else:
        children.append(Node("unused", _unused_words(retainer), retainer.place))
    return Node("hours", text, retainer.place, tuple(children))


def _overage_words(contract: Contract, retainer: Retainer) -> str:
    becomes = {
        "bill": "are billed",
        "hold": "hold the draft until it is released",
        "absorb": "are not billed",
    }[retainer.overage]
    if retainer.overage == "absorb":
        return f"hours beyond the retainer {becomes}"
    rate = "at the contract's rates"
    if retainer.overage_rate is not None:
        rate = f"at {price(retainer.overage_rate, contract.currency)} {contract.currency} an hour"
    return f"hours beyond the retainer {becomes}, {rate}"


def _unused_words(retainer: Retainer) -> str:
    if retainer.unused == "expire":
        return "unused hours lapse at the period's end"
    if retainer.unused == "refund":
        return "unused hours are given back at the period's end"
    text = "unused hours are carried over"
    if retainer.rollover_seconds is not None:
        text += f", at most {quantity(retainer.rollover_seconds)} h"
    if retainer.rollover_periods is not None:
        plural = "period" if retainer.rollover_periods == 1 else "periods"
        text += f", for {retainer.rollover_periods} {plural}"
    return text


def _named(use: Use) -> str:
    if use.period.end == FOR_GOOD:
        return f"from {use.period.start}"
    return f"{use.period.start} to {use.period.end}"
