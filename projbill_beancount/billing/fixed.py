"""The fixed scope of a contract while its drafts are made: milestones and covered hours."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from projbill_beancount.billing.drafts import Hold
from projbill_beancount.billing.findings import finding
from projbill_beancount.billing.lines import covered_line
from projbill_beancount.billing.milestones import FULL
from projbill_beancount.billing.milestones import completed_on
from projbill_beancount.billing.milestones import completion
from projbill_beancount.billing.milestones import entitled_amount
from projbill_beancount.billing.milestones import entitled_percent
from projbill_beancount.billing.milestones import entitlements
from projbill_beancount.billing.milestones import milestone_of
from projbill_beancount.billing.milestones import progress_findings
from projbill_beancount.billing.milestones import reports_of
from projbill_beancount.billing.model import Line
from projbill_beancount.billing.model import Reason
from projbill_beancount.billing.rounding import share
from projbill_beancount.billing.schedule import CONSOLIDATED
from projbill_beancount.billing.tax import tax_on
from projbill_beancount.terms.model import Trigger

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Sequence
    from datetime import date

    from projbill_beancount.billing.invoiced import BilledBefore
    from projbill_beancount.billing.model import Draft
    from projbill_beancount.billing.model import Finding
    from projbill_beancount.billing.schedule import Slot
    from projbill_beancount.billing.work import Covered
    from projbill_beancount.facts.model import Progress
    from projbill_beancount.terms.model import Contract
    from projbill_beancount.terms.model import Firm
    from projbill_beancount.terms.model import Milestone

ZERO = Decimal(0)


class FixedScope:
    """What milestones entitle to bill, and what is billed on them so far.

    `events` are the days on which more may be billed, `complete` says that all of it may.
    """

    def __init__(
        self,
        contract: Contract,
        progress: Sequence[Progress],
        billed: BilledBefore,
        firm: Firm,
        as_of: date,
        *,
        looks_back: bool,
    ) -> None:
        milestones = contract.milestones.values()
        self.contract = contract
        self.firm = firm
        self.trigger = milestone_trigger(contract)
        self.reports = {m.id: reports_of(contract, m, progress, as_of) for m in milestones}
        self.steps = {
            m.id: entitlements(m, self.reports[m.id], as_of) if self.trigger else []
            for m in milestones
        }
        self.events = sorted({step.date for steps in self.steps.values() for step in steps})
        self.completed = {identity: completed_on(steps) for identity, steps in self.steps.items()}
        self.complete = all(self.completed.values())
        self.before = _billed_on(contract, billed)
        self.billed = dict(self.before)
        self._waiting: set[str] = set()
        self._covered: list[Covered] = []
        self.completion = completion(contract, self.reports)
        self.findings: list[Finding] = [
            *progress_findings(contract, progress, as_of, looks_back=looks_back),
            *total_mismatch(contract),
        ]

    def lines_at(self, slot: Slot) -> tuple[list[Line], list[Hold]]:
        """The milestone lines of a slot and what holds them; [] where its trigger bills none."""
        lines: list[Line] = []
        holds: list[Hold] = []
        if self.trigger is None or slot.trigger.id not in {self.trigger.id, CONSOLIDATED}:
            return lines, holds
        for milestone in self.contract.milestones.values():
            amount = self._amount(milestone, slot.date)
            if not (amount > ZERO or self._is_open_gate(milestone, slot.date)):
                continue
            line = self._line(milestone, slot.date, amount)
            own = self._holds(milestone, amount)
            if own and milestone.id in self._waiting:
                continue  # it holds its own draft already, and need not hold this one too
            if own:
                self._waiting.add(milestone.id)
            lines.append(line)
            holds += [*own, *self._tax_hold(milestone, line, slot.date)]
        return lines, holds

    def count(self, draft: Draft) -> None:
        """Count a draft that may go out as billed."""
        for line in draft.lines:
            if line.kind == "milestone" and line.milestone:
                self.billed[line.milestone] = self.billed.get(line.milestone, ZERO) + line.amount

    def unbilled(self) -> Decimal:
        """What milestones entitle to and no invoice bills, whether on a draft or held."""
        if not self.events:
            return ZERO
        last = self.events[-1]
        return sum(
            (
                max(
                    entitled_amount(m, self.steps[m.id], last, self.contract.places)
                    - self.before.get(m.id, ZERO),
                    ZERO,
                )
                for m in self.contract.milestones.values()
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

    def _done(self, milestone: str) -> date | None:
        """When a milestone, or with "" the whole fixed scope, was complete."""
        if milestone:
            return self.completed[milestone]
        days = [day for day in self.completed.values() if day is not None]
        return max(days) if days and self.complete else None

    def _amount(self, milestone: Milestone, day: date) -> Decimal:
        """Cumulative entitlement less what is billed."""
        steps = self.steps[milestone.id]
        entitled = entitled_amount(milestone, steps, day, self.contract.places)
        return entitled - self.billed.get(milestone.id, ZERO)

    def _is_open_gate(self, milestone: Milestone, day: date) -> bool:
        """A milestone without a price that is complete and on no invoice yet."""
        done = self.completed[milestone.id]
        is_open = milestone.id not in self.billed
        return not milestone.value and is_open and done is not None and done <= day

    def _line(self, milestone: Milestone, day: date, amount: Decimal) -> Line:
        steps = [step for step in self.steps[milestone.id] if step.date <= day]
        percent = entitled_percent(steps, day)
        code = milestone.tax if milestone.tax is not None else self.contract.invoice.tax
        tax = tax_on(code, self.firm.taxes, self._supplied_on(milestone, steps[-1].date))
        before = self.billed.get(milestone.id, ZERO)
        text = milestone.name
        if percent != FULL or before:
            text += f" ({percent.normalize():f} %"
            text += f" of {milestone.value} less {before})" if before else f" of {milestone.value})"
        return Line(
            "milestone",
            text,
            amount.quantize(Decimal(1).scaleb(-self.contract.places)),
            milestone=milestone.id,
            complete=percent,
            tax=tax.code,
            tax_rate=tax.rate,
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
        """A milestone that bills on a date is held until its own report says 100 %."""
        if milestone.bill.kind != "date" or milestone.bill.advance:
            return []
        reports = self.reports[milestone.id]
        percent = reports[-1].percent if reports else ZERO
        if percent == FULL:
            return []
        delivered = share(milestone.value, percent, self.contract.places)
        excess = self.billed.get(milestone.id, ZERO) + amount - delivered
        said = (
            f"is reported {percent.normalize():f} % complete on {reports[-1].date}"
            if reports
            else "has no report of completion"
        )
        currency = self.contract.currency
        message = (
            f"{milestone.id} {milestone.name} {said}, and the draft would bill {excess} {currency} "
            f"more than the {delivered} {currency} that are delivered; report it complete first"
        )
        place = reports[-1].source.place if reports else milestone.place
        return [Hold(Reason("invoice-held-overbilling", excess, message, ()), place)]


def _billed_on(contract: Contract, billed: BilledBefore) -> dict[str, Decimal]:
    """What is billed by milestone; where the contract is the milestone, what names none as well."""
    found: dict[str, Decimal] = {}
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
    if contract.value is None or not contract.milestones:
        return []
    total = sum((milestone.value for milestone in contract.milestones.values()), ZERO)
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
