"""What can be wrong with a milestone that was billed, reported or accepted already."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from projbill_beancount.billing.findings import finding
from projbill_beancount.billing.milestones import FULL
from projbill_beancount.billing.milestones import billable_percent
from projbill_beancount.billing.milestones import milestone_of
from projbill_beancount.billing.rounding import share

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator
    from datetime import date

    from projbill_beancount.billing.fixed import FixedScope
    from projbill_beancount.billing.invoiced import BilledBefore
    from projbill_beancount.billing.milestones import Report
    from projbill_beancount.billing.model import Finding
    from projbill_beancount.terms.model import Milestone

ZERO = Decimal(0)
#: After so many days without acceptance, what is complete should be accepted.
UNACCEPTED_DAYS = 30


def milestone_findings(fixed: FixedScope, billed: BilledBefore) -> Iterator[Finding]:
    """The findings on the milestones of a contract, in the order of the contract."""
    yield from _removed(fixed, billed)
    yield from _unapproved(fixed)
    for milestone in fixed.contract.milestones.values():
        yield from _price_changed(fixed, milestone)
        yield from _regress(fixed, milestone, billed)
        yield from _completed_twice(fixed, milestone)
        yield from _unaccepted(fixed, milestone)


def _removed(fixed: FixedScope, billed: BilledBefore) -> Iterator[Finding]:
    """`milestone-removed`: it is billed, and no longer in the contract."""
    for name in fixed.removed:
        known = billed.bases.get(name)
        place = known[2] if known else billed.places.get(name, fixed.contract.place)
        amount = fixed.before[name]
        message = (
            f"milestone {name} is billed with {amount} {fixed.contract.currency}, and the contract "
            "has it no longer: put it back, or credit it"
        )
        yield finding(
            "milestone-removed",
            fixed.contract.id,
            None,
            message,
            place,
            amount=amount,
            identity=name,
        )


def _unapproved(fixed: FixedScope) -> Iterator[Finding]:
    """`change-order-unapproved`: an order is billed that was rejected, or that nobody approved."""
    for name in fixed.unapproved:
        order = fixed.orders.known[name]
        amount = fixed.before[name]
        message = (
            f"change order {name} is billed with {amount} {fixed.contract.currency}, and is "
            f"{fixed.orders.standing(name)}: approve it, or credit it"
        )
        yield finding(
            "change-order-unapproved",
            fixed.contract.id,
            order.date,
            message,
            order.place,
            amount=amount,
            identity=name,
        )


def _price_changed(fixed: FixedScope, milestone: Milestone) -> Iterator[Finding]:
    """`milestone-price-changed`: another price than an invoice froze, and no change order."""
    if milestone.id not in fixed.bases:
        return
    frozen = fixed.price(milestone, fixed.as_of)
    now = fixed.orders.price(milestone, fixed.as_of)
    message = (
        f"{milestone.id} {milestone.name} was billed at a price of {frozen} "
        f"{fixed.contract.currency} and is {now} in the contract now: a change after billing needs "
        "a change order; until then the billed price counts"
    )
    yield _found("milestone-price-changed", fixed, milestone, message, amount=now - frozen)


def _regress(fixed: FixedScope, milestone: Milestone, billed: BilledBefore) -> Iterator[Finding]:
    """`milestone-regress`: less is reported or accepted than what was billed on it rests on."""
    amount = fixed.before.get(milestone.id, ZERO)
    day = billed.billed_on.get(milestone.id)
    rule = milestone.bill
    if amount <= ZERO or day is None or rule.kind == "manual" or rule.advance:
        return
    reports = fixed.reports[milestone.id]
    below = [
        one
        for one in _gone_back(milestone, reports)
        if (one.date >= day or one is reports[-1]) and _entitled(fixed, milestone, one) < amount
    ]
    if not below:
        return
    last = below[-1]
    recovered = last is not reports[-1]
    what = "was taken back to" if recovered else "is reported"
    message = (
        f"{milestone.id} {milestone.name} {what} {last.percent.normalize():f} % on {last.date}, "
        f"after {amount} {fixed.contract.currency} were billed on it"
    )
    message += "; it has recovered since" if recovered else ": credit it, or correct the report"
    yield finding(
        "milestone-regress",
        fixed.contract.id,
        last.date,
        message,
        last.source.place,
        amount=amount - _entitled(fixed, milestone, last),
        identity=milestone.id,
        severity="warning" if recovered else None,
    )


def _entitled(fixed: FixedScope, milestone: Milestone, report: Report) -> Decimal:
    rule = milestone.bill
    as_reported = milestone._replace(
        bill=rule._replace(kind="progress") if rule.kind == "date" else rule
    )
    percent = billable_percent(as_reported, report)
    return share(fixed.price(milestone, report.date), percent, fixed.contract.places)


def _gone_back(milestone: Milestone, reports: list[Report]) -> list[Report]:
    """The reports that say less than one before them did."""
    found = []
    most, accepted = ZERO, False
    for one in reports:
        taken_back = milestone.bill.kind == "accepted" and accepted and not one.accepted
        if one.percent < most or taken_back:
            found.append(one)
        most, accepted = max(most, one.percent), accepted or one.accepted
    return found


def _completed_twice(fixed: FixedScope, milestone: Milestone) -> Iterator[Finding]:
    """`milestone-duplicate-event`: a second completion, or a second acceptance."""
    contract = fixed.contract
    sources = [
        one for one in fixed.progress if milestone_of(contract, one.milestone) == milestone.id
    ]
    done = accepted = False
    for source in sorted(sources, key=lambda source: (source.date, source.order)):
        says_accepted = source.accepted is not None and source.accepted <= fixed.as_of
        says_done = says_accepted or (source.percent is not None and source.percent >= FULL)
        if (accepted and says_accepted) or (done and says_done and not says_accepted):
            message = f"{milestone.id} {milestone.name} was complete already before {source.date}"
            yield finding(
                "milestone-duplicate-event",
                contract.id,
                source.date,
                message,
                source.place,
                identity=milestone.id,
            )
        if says_done:
            done, accepted = True, accepted or says_accepted
        elif source.percent is not None:
            done = accepted = False


def _unaccepted(fixed: FixedScope, milestone: Milestone) -> Iterator[Finding]:
    """`milestone-unaccepted`: complete for a month, not accepted, not billed."""
    reports = fixed.reports[milestone.id]
    if milestone.bill.kind != "accepted" or not reports or reports[-1].accepted:
        return
    if reports[-1].percent < FULL or fixed.before.get(milestone.id, ZERO) > ZERO:
        return
    since = _complete_since(reports)
    if fixed.as_of - since > timedelta(days=UNACCEPTED_DAYS):
        message = (
            f"{milestone.id} {milestone.name} is complete since {since} and not accepted, so that "
            "it cannot be billed: ask for the acceptance"
        )
        price = fixed.price(milestone, fixed.as_of)
        yield _found("milestone-unaccepted", fixed, milestone, message, amount=price)


def _complete_since(reports: list[Report]) -> date:
    since = reports[-1].date
    for report in reversed(reports):
        if report.percent < FULL:
            break
        since = report.date
    return since


def _found(
    code: str, fixed: FixedScope, milestone: Milestone, message: str, *, amount: Decimal
) -> Finding:
    return finding(
        code,
        fixed.contract.id,
        fixed.as_of,
        message,
        milestone.place,
        amount=amount,
        identity=milestone.id,
    )
