"""Milestones: what reported progress entitles to bill, cumulatively.

The newest report counts. A report that was taken back later never entitles to more than what is
still reported, so entitlement on a day is the least that was reported from that day on.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.billing.findings import counted
from projbill_beancount.billing.findings import finding
from projbill_beancount.terms.model import Trigger

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Container
    from collections.abc import Iterable
    from collections.abc import Sequence
    from datetime import date

    from projbill_beancount.billing.model import Finding
    from projbill_beancount.facts.model import Progress
    from projbill_beancount.terms.model import Contract
    from projbill_beancount.terms.model import Milestone

ZERO = Decimal(0)
FULL = Decimal(100)


class Report(NamedTuple):
    """What is known of a milestone from a day on: cumulative percent (0 to 100), acceptance."""

    date: date
    percent: Decimal
    accepted: bool
    source: Progress


class Entitlement(NamedTuple):
    """From `date` on, `percent` of the milestone's price may be billed."""

    date: date
    percent: Decimal


def milestone_of(contract: Contract, name: str) -> str:
    """The milestone that `name` means: a contract without milestones is one, under all its ids."""
    whole = not name or name in contract.formerly
    return contract.id if whole and name not in contract.milestones else name


def reports_of(
    contract: Contract, milestone: Milestone, progress: Iterable[Progress], as_of: date
) -> list[Report]:
    """The milestone's reports up to `as_of`, one a day, oldest first.

    A report without a milestone is one of the milestone that stands for the whole contract.
    Acceptance implies 100 %, and lasts until less is reported; of one day the last in the ledger's
    order counts.
    """
    found: list[tuple[date, int, bool, Report]] = []
    for report in progress:
        if report.date > as_of or milestone_of(contract, report.milestone) != milestone.id:
            continue
        if report.percent is not None:
            percent = min(max(report.percent, ZERO), FULL)
            accepted = report.accepted is not None and report.accepted <= report.date
            reported = Report(report.date, FULL if accepted else percent, accepted, report)
            found.append((report.date, report.order, False, reported))
        if report.accepted is not None and report.accepted <= as_of:
            day = max(report.accepted, report.date) if report.percent is None else report.accepted
            found.append((day, report.order, True, Report(day, FULL, True, report)))
    by_day = {day: of_day for day, _, _, of_day in sorted(found, key=lambda item: item[:3])}
    known: list[Report] = []
    for of_day in by_day.values():
        lasts = bool(known) and known[-1].accepted and of_day.percent == FULL
        known.append(of_day._replace(accepted=of_day.accepted or lasts))
    return known


def entitlements(milestone: Milestone, reports: Sequence[Report], as_of: date) -> list[Entitlement]:
    """The days on which more of the milestone may be billed, oldest first, percent rising."""
    rule = milestone.bill
    if rule.kind == "date":
        reached = rule.date is not None and rule.date <= as_of
        return [Entitlement(rule.date, FULL)] if reached and rule.date else []
    if rule.kind == "manual":
        percent = reports[-1].percent if reports else FULL
        return [Entitlement(rule.date, percent)] if rule.date and percent else []
    least, lasting = FULL, []
    for report in reversed(reports):
        least = min(least, billable_percent(milestone, report))
        lasting.append(Entitlement(report.date, least))
    rising: list[Entitlement] = []
    for step in reversed(lasting):
        if step.percent > (rising[-1].percent if rising else ZERO):
            rising.append(step)
    return rising


def billable_percent(milestone: Milestone, report: Report) -> Decimal:
    """What the milestone's `bill` rule makes of one report."""
    rule = milestone.bill
    if rule.kind == "progress":
        return report.percent
    if rule.kind == "steps":
        return max((step for step in rule.steps if step <= report.percent), default=ZERO)
    done = report.accepted if rule.kind == "accepted" else report.percent >= FULL
    return FULL if done else ZERO


def entitled_percent(steps: Sequence[Entitlement], day: date) -> Decimal:
    """The percentage of the price that may be billed up to `day`."""
    return max((step.percent for step in steps if step.date <= day), default=ZERO)


def completed_on(steps: Sequence[Entitlement]) -> date | None:
    """The day from which the whole price may be billed, None if not yet."""
    return next((step.date for step in steps if step.percent == FULL), None)


def progress_findings(
    contract: Contract,
    scope: Container[str],
    progress: Sequence[Progress],
    as_of: date,
    *,
    looks_back: bool,
) -> list[Finding]:
    """Reports that cannot be right: out of range, of an unknown milestone, in the future.

    `scope` are the ids that may be reported on.
    """
    found = []
    future: list[Progress] = []
    for report in progress:
        if looks_back and report.date > as_of:
            continue
        if report.percent is not None and not ZERO <= report.percent <= FULL:
            message = f"{report.percent} % is not between 0 and 100"
            found.append(
                finding("progress-out-of-range", contract.id, report.date, message, report.place)
            )
        named = milestone_of(contract, report.milestone)
        if report.milestone and named not in scope:
            known = ", ".join(contract.milestones) or "none"
            message = f"no milestone {report.milestone} in the contract (it has: {known})"
            found.append(
                finding("milestone-unknown", contract.id, report.date, message, report.place)
            )
        if max(report.date, report.accepted or report.date) > as_of:
            future.append(report)
    if future and not looks_back:
        first = min(future, key=lambda report: (report.date, report.order))
        reports = counted(len(future), "report", "reports")
        message = f"{reports} of completion or acceptance after {as_of}"
        found.append(finding("milestone-future", contract.id, first.date, message, first.place))
    return found


def milestone_trigger(contract: Contract) -> Trigger | None:
    """The trigger that bills milestones: milestone before hybrid; without one they bill themselves.

    None where the contract is billed by hand, but on the day on which it is.
    """
    for kind in ("milestone", "hybrid"):
        for trigger in contract.triggers:
            if trigger.type == kind:
                return trigger
    by_hand = next((one for one in contract.triggers if one.type == "manual"), None)
    if by_hand is not None:
        return by_hand if contract.billed_now else None
    return Trigger("milestone", "milestone", contract.place)


def total_mismatch(contract: Contract) -> list[Finding]:
    """Whether the milestones' prices add up to the agreed price of the fixed scope."""
    own = [one for one in contract.milestones.values() if not one.change_order]
    if contract.value is None or not own:
        return []
    total = sum((milestone.value for milestone in own), ZERO)
    difference = (contract.value - total).quantize(Decimal(1).scaleb(-contract.places))
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
