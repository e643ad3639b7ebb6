"""Billing one contract: its drafts in date order, what is held, what waits."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from functools import partial
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.billing.caps import Caps
from projbill_beancount.billing.change_orders import Orders
from projbill_beancount.billing.decisions import Decisions
from projbill_beancount.billing.drafting import Check
from projbill_beancount.billing.drafting import Drafting
from projbill_beancount.billing.drafting import Known
from projbill_beancount.billing.drafting import Parts
from projbill_beancount.billing.drafting import Source
from projbill_beancount.billing.drafts import Hold
from projbill_beancount.billing.effort import Effort
from projbill_beancount.billing.fixed import FixedScope
from projbill_beancount.billing.hourly import Hourly
from projbill_beancount.billing.invoiced import BilledBefore
from projbill_beancount.billing.invoiced import billed_before
from projbill_beancount.billing.milestone_checks import milestone_findings
from projbill_beancount.billing.model import Reason
from projbill_beancount.billing.model import UnbilledTime
from projbill_beancount.billing.position import position_of
from projbill_beancount.billing.pricing import Pricer
from projbill_beancount.billing.pricing import lateness_findings
from projbill_beancount.billing.pricing import rate_findings
from projbill_beancount.billing.pricing import waiting_findings
from projbill_beancount.billing.reconcile import Reconciliation
from projbill_beancount.billing.retainer import Retained
from projbill_beancount.billing.riders import Riders
from projbill_beancount.billing.schedule import CHANGE_ORDER
from projbill_beancount.billing.schedule import Schedule
from projbill_beancount.billing.schedule import Slot
from projbill_beancount.billing.schedule import overlaps
from projbill_beancount.billing.work import sort_work
from projbill_beancount.terms.model import Trigger

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable
    from collections.abc import Mapping
    from collections.abc import Sequence
    from datetime import date

    from projbill_beancount.billing.invoiced import Issued
    from projbill_beancount.billing.model import Draft
    from projbill_beancount.billing.model import Finding
    from projbill_beancount.billing.model import Position
    from projbill_beancount.billing.pricing import Priced
    from projbill_beancount.billing.work import Work
    from projbill_beancount.terms.model import Contract

ZERO = Decimal(0)
SlotKey = tuple[str, "date"]


class ContractBilling(NamedTuple):
    """What is to be billed on one contract, and where it stands, once that is asked."""

    drafts: list[Draft]
    closings: list[Draft]
    findings: list[Finding]
    unbilled: list[UnbilledTime]
    position: Callable[[], Position]


def bill_contract(contract: Contract, known: Known) -> ContractBilling:
    """Draft what `contract` lets be billed up to the day, earlier dates first."""
    projects = (contract.id, *contract.formerly)
    entries = [entry for name in projects for entry in known.facts.time.get(name, ())]
    invoiced_lines = known.invoiced.lines_of(projects)
    invoiced = known.invoiced
    decisions = [one for name in projects for one in known.facts.decisions.get(name, ())]
    decided = Decisions(decisions, known.as_of)
    billed = BilledBefore(
        invoiced_lines,
        invoiced.credits_of(projects),
        billed_before(decisions, known.as_of),
        invoiced.entries if invoiced.credited else None,
    )
    looks_back = known.invoiced.looks_back
    progress = [report for name in projects for report in known.facts.progress.get(name, ())]
    changes = [one for name in projects for one in known.facts.change_orders.get(name, ())]
    orders = Orders(contract, changes, known.as_of)
    logged = cache(lambda: _logged(work, invoiced_lines))
    fixed = FixedScope(
        contract,
        progress,
        billed,
        known.firm,
        known.as_of,
        orders,
        logged,
        looks_back=looks_back,
    )
    people = known.firm.people
    settled = [known.facts.settled[name] for name in projects if name in known.facts.settled]
    originals = cache(lambda: {entry.id: entry for entry in entries})
    work = sort_work(
        contract,
        entries,
        known.invoiced,
        known.blocks,
        people,
        known.as_of,
        originals,
        looks_back=looks_back,
        covers=billed.covers,
        written_off=decided.written_off,
    )
    schedule = Schedule(contract, fixed.events, billed, complete=fixed.complete)
    pricer = Pricer(contract, known.firm, known.invoiced, originals)
    retained = _retained(contract, known, work, orders, billed, projects)
    priced = [pricer.price(entry, schedule) for entry in work.billable]
    fixed.cover(work.covered)
    hourly = Hourly(contract, priced, known.blocks)
    changed = Riders(
        orders.riders(billed.orders, _credits_due(fixed), known.firm.taxes),
        lambda rider: schedule.next_slot(rider.ready),
    )
    sources: list[Source] = [fixed]
    if retained is not None:
        retained.price(pricer, schedule)
        sources.append(retained)
    slots = [
        *(retained.slots() if retained else ()),
        *milestone_slots(fixed, schedule),
        *reduction_slots(fixed),
        *hourly.slots(),
        *changed.slots(),
    ]
    reconciliation = Reconciliation(contract, fixed, billed.fixed)
    effort = Effort(contract, fixed, logged)
    checks: list[Check] = [reconciliation, effort, decided]
    caps = Caps(contract, orders, invoiced_lines, invoiced.credits_of(projects), known.as_of)
    slots += caps.slots(schedule)
    parts = Parts(slots, hourly, sources, [changed], [caps], checks)
    hidden = _hidden_invoices(known, projects)
    drafting = Drafting(contract, known, parts, hidden, decided)
    drafting.run()
    drafts = [_correcting(draft, billed, retained) for draft in drafting.drafts]
    if retained is not None:
        priced = [*priced, *retained.priced]
    priced = _without_dropped(priced, drafting.dropped, work)
    waiting = [item for item in priced if item.item.entry.id not in drafting.on_draft]
    findings = [
        *work.findings,
        *orders.findings,
        *fixed.findings,
        *fixed.depends_on_order(),
        *milestone_findings(fixed, billed),
        *(retained.findings() if retained else ()),
        *reconciliation.findings(known.as_of),
        *effort.findings(known.as_of),
        *caps.findings(drafts, waiting),
        *overlaps(contract),
        *rate_findings(contract, priced),
        *lateness_findings(contract, priced, pricer, known.as_of),
        *waiting_findings(contract, priced, pricer, known.as_of),
        *drafting.findings,
    ]
    unbilled = _unbilled(priced, pricer, drafting.on_draft)
    position = partial(
        position_of,
        contract,
        known.as_of,
        invoiced_lines,
        billed,
        work,
        settled_hours=partial(known.invoiced.hours, settled),
        drafts=drafts,
        unbilled=unbilled,
        fixed=fixed,
        priced=priced,
        retained=retained,
        cap=lambda: (caps.standing(drafts, waiting), caps.beyond(drafts, waiting)),
        standing=lambda: reconciliation.standing,
        riding=sum((riders.unbilled() for riders in parts.riders), ZERO),
        credit_notes=[credit for credit, _ in invoiced.credits_of(projects)],
    )
    return ContractBilling(drafts, drafting.closings, findings, unbilled, position)


def milestone_slots(fixed: FixedScope, schedule: Schedule) -> list[Slot]:
    """Where milestones are billed."""
    trigger = fixed.trigger
    return [schedule.milestone_slot(trigger, day) for day in fixed.events] if trigger else []


def _correcting(draft: Draft, billed: BilledBefore, retained: Retained | None) -> Draft:
    """A proposed credit with the number of the invoice that it corrects, where there is one."""
    if not draft.is_proposal:
        return draft
    numbers = [billed.numbers.get(line.milestone or "") for line in draft.lines]
    if retained is not None and draft.lines[0].kind == "retainer":
        numbers = [retained.invoice_of(draft.date)]
    return draft._replace(corrects=next((number for number in numbers if number), None))


def _retained(
    contract: Contract,
    known: Known,
    work: Work,
    orders: Orders,
    billed: BilledBefore,
    projects: Sequence[str],
) -> Retained | None:
    """The contract's retainer with the hours that it pays for, which are not billed by the hour."""
    retainer, invoiced = contract.retainer, known.invoiced
    if retainer is None:
        return None
    tasks = retainer.tasks
    own = [entry for entry in work.billable if not tasks or entry.task in tasks]
    lines, credited = invoiced.lines_of(projects), invoiced.credits_of(projects)
    retained = Retained(contract, retainer, known, own, lines, credited, orders, billed.covers)
    work.billable = [entry for entry in work.billable if tasks and entry.task not in tasks]
    work.unbilled -= retained.covered_seconds
    work.covered_seconds += retained.covered_seconds
    return retained


def reduction_slots(fixed: FixedScope) -> list[Slot]:
    """Where credits of milestones are proposed whose price fell below what is billed."""
    trigger = Trigger(CHANGE_ORDER, "milestone", fixed.contract.place)
    return [Slot(trigger, one.date, None) for one in fixed.reductions]


def _credits_due(fixed: FixedScope) -> dict[str, Decimal]:
    """What proposed credits give back on change orders, by order."""
    return {
        one.line.change_order: one.line.amount
        for one in fixed.reductions
        if one.line.change_order and not one.line.milestone
    }


def _without_dropped(priced: list[Priced], dropped: Sequence[Draft], work: Work) -> list[Priced]:
    """The open entries without those of drafts that were written off."""
    gone = {entry.id for draft in dropped for line in draft.lines for entry in line.entries}
    if not gone:
        return priced
    seconds = sum(item.item.entry.seconds for item in priced if item.item.entry.id in gone)
    work.unbilled -= seconds
    work.non_billable += seconds
    return [item for item in priced if item.item.entry.id not in gone]


def _logged(work: Work, invoiced: Sequence[Issued]) -> dict[str, int]:
    """The seconds that were worked on each milestone, "" for those on none."""
    found = {"": work.billed + work.unbilled}
    for item in work.covered:
        found[item.milestone] = found.get(item.milestone, 0) + item.entry.seconds
    for _, line in invoiced:
        for entry in line.entries if line.kind == "covered" else ():
            found[line.milestone] = found.get(line.milestone, 0) + (entry.seconds or 0)
    return found


def _hidden_invoices(known: Known, projects: Sequence[str]) -> list[Hold]:
    """A hold for each invoice of the projects that cannot be read, and may bill anything."""
    return [
        Hold(Reason(problem.code, None, problem.message, ()), problem.place)
        for problem in known.facts.problems
        if problem.hides_invoice and problem.project in projects
    ]


def _unbilled(
    priced: Sequence[Priced], pricer: Pricer, on_draft: Mapping[str, str]
) -> list[UnbilledTime]:
    """The billable entries that no invoice bills, with what each is worth alone."""
    ordered = sorted(priced, key=lambda item: (item.item.entry.date, item.item.entry.id))
    return [
        UnbilledTime(
            item.item.entry.id,
            item.item.entry.date,
            pricer.contract.id,
            item.item.entry.person,
            item.item.task,
            item.item.entry.seconds,
            pricer.value(item),
            on_draft.get(item.item.entry.id),
        )
        for item in ordered
    ]
