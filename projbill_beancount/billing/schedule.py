"""Which trigger bills an hour, and on what date.

The more specific trigger takes an entry: task filter > milestone > hybrid > time, then the
shorter period. Late work goes to the next date on which its trigger fires.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.billing.calendar import DAY
from projbill_beancount.billing.calendar import month_end
from projbill_beancount.billing.calendar import period_containing
from projbill_beancount.billing.findings import finding
from projbill_beancount.billing.model import Period
from projbill_beancount.terms.model import Trigger

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Container
    from collections.abc import Sequence
    from datetime import date

    from projbill_beancount.billing.invoiced import BilledBefore
    from projbill_beancount.billing.model import Finding
    from projbill_beancount.terms.model import Contract

#: The trigger of work that none of the contract's triggers takes.
UNSCHEDULED = "unscheduled"
TYPE_RANK = {"milestone": 0, "hybrid": 1, "time": 2, "manual": 3}
#: The trigger of change orders that no other trigger takes.
CHANGE_ORDER = "change-order"
#: The trigger in the ids of drafts that join those of a month.
CONSOLIDATED = "consolidated"
LENGTH_RANK = {"week": 0, "two-weeks": 1, "month": 2, "quarter": 3, "year": 4}


class Slot(NamedTuple):
    """When and by which trigger something is billed; the date may lie in the future."""

    trigger: Trigger
    date: date
    period: Period | None
    late: bool = False


def specificity(trigger: Trigger) -> tuple[bool, int, int]:
    """Sorts the more specific trigger first."""
    return (not trigger.tasks, TYPE_RANK[trigger.type], LENGTH_RANK[trigger.every])


class Schedule:
    """The dates on which a contract's triggers fire.

    `events` are the days on which milestones became billable, `complete` says that none is left.
    Drafts that decisions have `singled_out` keep their work, whatever was issued since.
    """

    def __init__(
        self,
        contract: Contract,
        events: Sequence[date],
        billed: BilledBefore,
        *,
        complete: bool,
        singled_out: Container[str] = (),
    ) -> None:
        self.contract = contract
        self._singled_out = singled_out
        self.events = sorted(set(events))
        self.billed = billed
        self.complete = complete
        rest = Trigger(UNSCHEDULED, "time", contract.place)
        self.hourly = [
            *sorted(
                (trigger for trigger in contract.triggers if trigger.type != "milestone"),
                key=specificity,
            ),
            rest,
        ]
        self._slots: dict[tuple[str, date], Slot | None] = {}
        self._settled: dict[str, date | None] = {}

    def trigger_of(self, task: str) -> Trigger:
        """The trigger that bills hours of a task; what none takes is billed month by month."""
        return next(
            trigger for trigger in self.hourly if not trigger.tasks or task in trigger.tasks
        )

    def slot(self, task: str, day: date) -> Slot | None:
        """Where work of that day and task is billed; None where only a person can say."""
        trigger = self.trigger_of(task)
        key = (trigger.id, day)
        if key not in self._slots:
            own = self.first_slot(task, day) if self._singled_out else None
            if own and f"{self.contract.id}/{own.trigger.id}/{own.date}" in self._singled_out:
                self._slots[key] = own
                return own
            slot = self._find(trigger, day)
            self._slots[key] = self._hastened(self.consolidated(slot) if slot else None, trigger)
        return self._slots[key]

    def first_slot(self, task: str, day: date) -> Slot | None:
        """Where work is billed whatever was issued: what was credited may have no later draft."""
        slot = self._find_from(self.trigger_of(task), day, late=False)
        return self.consolidated(slot) if slot else None

    def is_final(self, task: str) -> bool:
        """Whether the invoice that closes the work on a task is issued already."""
        if self.billed.final:
            return True
        settled = self.settled_until(self.trigger_of(task))
        end = self.contract.end
        return settled is not None and end is not None and settled >= end

    def settled_until(self, trigger: Trigger) -> date | None:
        """The newest day whose work with this trigger an issued invoice has settled."""
        if trigger.id not in self._settled:
            days = [self.billed.settled_until(trigger.id), self._joined_until(trigger)]
            self._settled[trigger.id] = max((day for day in days if day), default=None)
        return self._settled[trigger.id]

    def _joined_until(self, trigger: Trigger) -> date | None:
        """As `settled_until`, by invoices that join a month.

        Such an invoice has no work of a period or up to a milestone that ends after the month.
        """
        joined = self.billed.periods.get(CONSOLIDATED)
        if joined is None or trigger.type == "manual":
            return joined
        start, end = self.contract.start, self.contract.end
        if trigger.type == "hybrid":
            past = [event for event in self.events if event <= joined]
            waits = end is not None and end > joined
            if self.complete and len(past) == len(self.events) and not waits:
                return joined
            return max(past, default=None)
        period = period_containing(joined, trigger, start, end)
        return joined if period.end <= joined else period.start - DAY

    def next_slot(self, day: date) -> Slot | None:
        """Where something that became ready on a day is billed at the latest, if nothing else is.

        None where it waits for a milestone that is still to come.
        """
        now, slot = self.contract.billed_now, self._next(day)
        if now is not None and day <= now and (slot is None or slot.date > now):
            return Slot(Trigger(CHANGE_ORDER, "milestone", self.contract.place), now, None)
        return slot

    def _next(self, day: date) -> Slot | None:
        trigger = self.trigger_of("")
        if trigger.type == "time" and trigger.id != UNSCHEDULED:
            return self.slot("", day)
        end = self.contract.end
        if self.complete or trigger.type == "manual":
            last = max((day, *self.events))
        elif end and end >= day:
            last = end
        else:
            return None
        own = Trigger(CHANGE_ORDER, "milestone", self.contract.place)
        return self.consolidated(Slot(own, last, None))

    def milestone_slot(self, trigger: Trigger, day: date) -> Slot:
        """Where a milestone that became billable on that day is billed."""
        period = self._event_period(trigger, day) if trigger.type == "hybrid" else None
        return self.consolidated(Slot(trigger, day, period))

    def _hastened(self, slot: Slot | None, trigger: Trigger) -> Slot | None:
        """The slot, or the day on which all is billed now, with the trigger's period up to it."""
        now = self.contract.billed_now
        if now is None or (slot is not None and slot.date <= now):
            return slot
        running = self._find_from(trigger, now, late=False)
        first = running.period.start if running and running.period else self.contract.start
        settled = self.settled_until(trigger)
        if settled is not None and settled < now:
            first = max(first or now, settled + DAY)
        start = min(first or now.replace(day=1), now)
        return Slot(trigger, now, Period(start, now), slot is not None and slot.late)

    def _find(self, trigger: Trigger, day: date) -> Slot | None:
        settled = self.settled_until(trigger)
        late = settled is not None and day <= settled
        first = settled + DAY if settled is not None and late else day
        return self._find_from(trigger, first, late=late)

    def _find_from(self, trigger: Trigger, first: date, *, late: bool) -> Slot | None:
        if trigger.type == "manual":
            return None
        if trigger.type == "hybrid":
            return self._hybrid(trigger, first, late=late)
        period = period_containing(first, trigger, self.contract.start, self.contract.end)
        return Slot(trigger, period.end, period, late)

    def _hybrid(self, trigger: Trigger, first: date, *, late: bool) -> Slot | None:
        """The first milestone date on or after `first`, else the final draft."""
        for event in self.events:
            if event >= first:
                return Slot(trigger, event, self._event_period(trigger, event), late)
        if not self.complete:
            return None
        end = self.contract.end
        last = self.events[-1] if self.events else first
        start = last + DAY if self.events else first.replace(day=1)
        if end and end >= max(last, first):
            closing = end
        else:
            closing = month_end(max(last, first))
            start = max(start, closing.replace(day=1))
        return Slot(trigger, closing, Period(min(start, closing), closing), late)

    def _event_period(self, trigger: Trigger, event: date) -> Period:
        before = [day for day in self.events if day < event]
        settled = self.settled_until(trigger)
        known = [day for day in (*before[-1:], settled) if day is not None and day < event]
        start = max(known) + DAY if known else self.contract.start
        return Period(start or event.replace(day=1), event)

    def consolidated(self, slot: Slot) -> Slot:
        """`slot` moved to the month's end where the contract joins the drafts of a month."""
        if self.contract.invoice.consolidate != "month":
            return slot
        end, now = self.contract.end, self.contract.billed_now
        last = month_end(slot.date)
        day = end if end and slot.date <= end < last else last
        day = now if now is not None and slot.date <= now < day else day
        joint = Trigger(CONSOLIDATED, "time", self.contract.place)
        first = day.replace(day=1)
        start = self.contract.start
        return Slot(joint, day, Period(max(first, start) if start else first, day), slot.late)


def overlaps(contract: Contract) -> list[Finding]:
    """Pairs of triggers that can match the same work, each named with the one that wins."""
    found = []
    for one, other in combinations(sorted(contract.triggers, key=specificity), 2):
        if _same_hours(one, other) or _same_milestones(one, other):
            message = (
                f"triggers {one.id} and {other.id} can match the same work; {one.id} takes it, "
                "being more specific"
            )
            found.append(
                finding(
                    "trigger-overlap",
                    contract.id,
                    None,
                    message,
                    other.place,
                    identity=f"{one.id}/{other.id}",
                )
            )
    return found


def _same_hours(one: Trigger, other: Trigger) -> bool:
    bill_hours = {one.type, other.type} <= {"time", "hybrid"}
    disjoint = one.tasks and other.tasks and set(one.tasks).isdisjoint(other.tasks)
    return bill_hours and not disjoint


def _same_milestones(one: Trigger, other: Trigger) -> bool:
    return {one.type, other.type} <= {"milestone", "hybrid"} and "milestone" in {
        one.type,
        other.type,
    }
