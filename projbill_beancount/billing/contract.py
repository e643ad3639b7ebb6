"""Billing one contract: its drafts in date order, what is held, what waits."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from functools import partial
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.billing.analysis import analysis_of
from projbill_beancount.billing.analysis import outline_of
from projbill_beancount.billing.backdated import backdated_rates
from projbill_beancount.billing.cap_documents import documents
from projbill_beancount.billing.cap_documents import of_drafts
from projbill_beancount.billing.caps import Caps
from projbill_beancount.billing.drafting import Drafting
from projbill_beancount.billing.drafting import Parts
from projbill_beancount.billing.effort import Effort
from projbill_beancount.billing.expenses import adjustment_riders
from projbill_beancount.billing.expenses import early_expenses
from projbill_beancount.billing.expenses import expense_riders
from projbill_beancount.billing.expenses import expense_slot
from projbill_beancount.billing.fixed import FixedScope
from projbill_beancount.billing.hand_posted import HandPosted
from projbill_beancount.billing.hourly import Hourly
from projbill_beancount.billing.milestone_checks import milestone_findings
from projbill_beancount.billing.model import UnbilledTime
from projbill_beancount.billing.outlook import outlook_findings
from projbill_beancount.billing.payers import payers_of
from projbill_beancount.billing.position import position_of
from projbill_beancount.billing.pricing import Pricer
from projbill_beancount.billing.pricing import lateness_findings
from projbill_beancount.billing.pricing import rate_findings
from projbill_beancount.billing.pricing import waiting_findings
from projbill_beancount.billing.reconcile import Reconciliation
from projbill_beancount.billing.reductions import original_of
from projbill_beancount.billing.retainer import Retained
from projbill_beancount.billing.retainer_checks import retainer_findings
from projbill_beancount.billing.retainer_refunds import Refunds
from projbill_beancount.billing.riders import Riders
from projbill_beancount.billing.schedule import Schedule
from projbill_beancount.billing.schedule import overlaps
from projbill_beancount.billing.told import told_of
from projbill_beancount.billing.whole import whole_findings
from projbill_beancount.billing.whole import whole_holds
from projbill_beancount.billing.work import sort_work

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable
    from collections.abc import Mapping
    from collections.abc import Sequence

    from projbill_beancount.billing.cap_documents import Document
    from projbill_beancount.billing.drafting import Check
    from projbill_beancount.billing.drafting import Known
    from projbill_beancount.billing.drafting import Source
    from projbill_beancount.billing.drafts import Hold
    from projbill_beancount.billing.invoiced import Issued
    from projbill_beancount.billing.model import Analysis
    from projbill_beancount.billing.model import Draft
    from projbill_beancount.billing.model import Finding
    from projbill_beancount.billing.model import Outline
    from projbill_beancount.billing.model import Position
    from projbill_beancount.billing.pricing import Priced
    from projbill_beancount.billing.retainer_periods import Part
    from projbill_beancount.billing.work import Work
    from projbill_beancount.facts.model import InvoiceLine
    from projbill_beancount.facts.model import TimeEntry
    from projbill_beancount.terms.model import Contract

ZERO = Decimal(0)
#: Lines without hours that a write-off of their draft gives up.
FORGONE = frozenset(("milestone", "change-order", "expense", "retainer"))


class ContractBilling(NamedTuple):
    """What is to be billed on one contract, and, once that is asked, where it stands."""

    drafts: list[Draft]
    closings: list[Draft]
    findings: list[Finding]
    unbilled: list[UnbilledTime]
    position: Callable[[], Position]
    analysis: Callable[[], Analysis]
    outline: Callable[[], Outline]


def bill_contract(contract: Contract, known: Known) -> ContractBilling:
    """Draft what `contract` lets be billed up to the day, earlier dates first."""
    case = Case(contract, known)
    drafting = Drafting(contract, known, case.parts(), case.held_whole(), case.told.decided)
    drafting.run()
    return case.result(drafting)


class Case:
    """One contract with what is known of it, put together for its drafts."""

    def __init__(self, contract: Contract, known: Known) -> None:
        self.contract = contract
        self.known = known
        told = self.told = told_of(contract, known)
        firm, as_of = known.firm, known.as_of
        looks_back = known.invoiced.looks_back
        logged = cache(lambda: _logged(self.work, told.invoiced, known.invoiced.entries))
        self.fixed = FixedScope(
            contract,
            told.progress,
            told.billed,
            firm,
            as_of,
            told.orders,
            logged,
            looks_back=looks_back,
        )
        originals = cache(lambda: {entry.id: entry for entry in told.entries})
        self.work = sort_work(
            contract,
            told.entries,
            known.invoiced,
            known.blocks,
            firm.people,
            as_of,
            originals,
            looks_back=looks_back,
            covers=told.billed.covers,
            written_off=told.decided.written_off,
        )
        fixed = self.fixed
        self.schedule = self._schedule(contract)
        self.pricer = Pricer(contract, firm, known.invoiced, originals)
        self.previous = self._previous()
        self.retained = self._retained()
        self.priced = [self._price(entry) for entry in self.work.billable]
        fixed.cover(self.work.covered)
        self.riders = self._riders()
        self.reconciliation = Reconciliation(
            contract, fixed, told.billed.fixed, told.billed.given_up, told.billed.cut
        )
        self.effort = Effort(contract, fixed, logged)
        self.caps = Caps(contract, told, firm.taxes, as_of, self.billed_before())

    def _price(self, entry: TimeEntry) -> Priced:
        priced = self.pricer.price(entry, self.schedule)
        return priced._replace(slot=None) if entry.id in self.known.blocks.apart else priced

    def _schedule(self, contract: Contract) -> Schedule:
        """The days of the contract; hours beyond a retainer wait for its period's end even now."""
        return Schedule(
            contract,
            self.fixed.unlocking,
            self.told.billed,
            complete=self.fixed.complete,
            singled_out=self.told.decided.singled_out,
        )

    def parts(self) -> Parts:
        """What the contract's drafts are made of."""
        fixed, retained = self.fixed, self.retained
        hourly = Hourly(self.contract, self.priced, self.known.blocks)
        sources: list[Source] = [fixed]
        if retained is not None:
            sources = [Refunds(retained), retained, fixed]
        slots = [
            *(retained.slots() if retained else ()),
            *fixed.slots(self.schedule),
            *hourly.slots(),
            *(slot for riders in self.riders for slot in riders.slots()),
        ]
        slots += self.caps.slots(self.schedule, slots)
        booked = HandPosted(self.known.facts.income.get(self.contract.id, ()), self.told.invoiced)
        checks: list[Check] = [self.reconciliation, self.effort, self.told.decided, booked]
        return Parts(slots, hourly, sources, self.riders, [self.caps], checks)

    def held_whole(self) -> list[Hold]:
        """What holds all drafts of the contract."""
        return whole_holds(self.contract, self.known.facts, self.told)

    def result(self, drafting: Drafting) -> ContractBilling:
        """The drafts with what is to be said of the contract beside them."""
        retained, told = self.retained, self.told
        drafts = [self._correcting(draft) for draft in drafting.drafts]
        priced = [*self.priced, *(retained.priced if retained else ())]
        priced = _without_dropped(priced, drafting.dropped, self.work)
        waiting = [item for item in priced if item.item.entry.id not in drafting.on_draft]
        unbilled = _unbilled(priced, self.pricer, drafting.on_draft)
        riding = sum((riders.unbilled() for riders in self.riders), ZERO)
        riding -= _forgone(drafting.dropped)

        def position() -> Position:
            return position_of(
                self.contract,
                self.known.as_of,
                told,
                self.work,
                self.known.invoiced.hours(told.settled),
                drafts,
                unbilled,
                self.fixed,
                priced,
                retained,
                self.caps.standing(drafts, waiting),
                self.reconciliation.standing,
                riding - self.caps.beyond(drafts, waiting),
                sum((riders.expenses() for riders in self.riders), ZERO),
                self._unapproved(drafts, waiting),
            )

        findings = [*self._findings(drafts, priced, waiting), *drafting.findings]
        analysis = partial(analysis_of, self, drafting)
        outline = partial(outline_of, self, drafting)
        return ContractBilling(
            drafts, drafting.closings, findings, unbilled, position, analysis, outline
        )

    def _unapproved(self, drafts: Sequence[Draft], waiting: Sequence[Priced]) -> Decimal:
        """What of the open hours, within the caps, waits for an approval and is not earned yet."""
        if not self.contract.approval:
            return ZERO
        approved = [item for item in waiting if item.item.entry.approved]
        values = (self.pricer.value(item) for item in waiting if not item.item.entry.approved)
        beyond = self.caps.beyond(drafts, waiting) - self.caps.beyond(drafts, approved)
        return sum((value for value in values if value is not None), ZERO) - beyond

    def _findings(
        self, drafts: Sequence[Draft], priced: Sequence[Priced], waiting: Sequence[Priced]
    ) -> list[Finding]:
        contract, as_of, told = self.contract, self.known.as_of, self.told
        apart = self.known.facts.priced_apart
        return [
            *self.work.findings,
            *told.orders.findings,
            *self.fixed.findings,
            *self.fixed.depends_on_order(),
            *milestone_findings(self.fixed, told.billed),
            *(retainer_findings(self.retained) if self.retained else ()),
            *self.reconciliation.findings(as_of),
            *self.effort.findings(as_of),
            *outlook_findings(contract, self.known, told, self.fixed),
            *self.caps.findings(drafts, waiting),
            *early_expenses(contract, told.expenses, as_of),
            *overlaps(contract),
            *rate_findings(contract, priced),
            *lateness_findings(contract, priced, self.pricer, as_of),
            *waiting_findings(contract, priced, self.pricer, as_of),
            *whole_findings(contract, self.held_whole()),
            *backdated_rates(contract, told.invoiced, told.credited, self.known, apart),
        ]

    def _riders(self) -> list[Riders]:
        """Change orders, expenses and adjustments: what goes on the next draft, whichever it is."""
        contract, told, known = self.contract, self.told, self.known
        schedule, firm, as_of = self.schedule, known.firm, known.as_of
        due = self.fixed.credits_due()
        issued = (told.invoiced, told.credited)
        prices = known.facts.prices
        return [
            Riders(
                told.orders.riders(told.billed.orders, due, firm.taxes, self.fixed.finished),
                lambda rider: self.fixed.order_slot(schedule, rider),
            ),
            Riders(
                expense_riders(contract, told.expenses, *issued, prices, firm, as_of),
                lambda rider: expense_slot(contract, schedule, rider),
            ),
            Riders(
                adjustment_riders(contract, told.adjustments, *issued, firm, as_of),
                lambda rider: schedule.next_slot(rider.ready),
            ),
        ]

    def _retained(self) -> Retained | None:
        """The contract's retainer with the hours that it pays for, not billed by the hour then."""
        retainer, told, work = self.contract.retainer, self.told, self.work
        if retainer is None:
            return None
        tasks = retainer.tasks
        retained = Retained(
            self.contract,
            retainer,
            self.known,
            [entry for entry in work.billable if not tasks or entry.task in tasks],
            told,
            self._rolled_over(),
        )
        work.billable = [entry for entry in work.billable if tasks and entry.task not in tasks]
        work.unbilled -= retained.covered_seconds
        work.covered_seconds += retained.covered_seconds
        retained.price(self.pricer, self._schedule(self.contract._replace(billed_now=None)))
        return retained

    def _previous(self) -> Case | None:
        """The contract that this one renews, where something of it goes on."""
        contract, others = self.contract, dict(self.known.contracts)
        others.pop(contract.id, None)
        if not contract.carries or contract.follows not in others:
            return None
        previous = others[contract.follows]
        payers = (one for one in payers_of(previous) if one.payer == contract.payer)
        return Case(next(payers, previous), self.known._replace(contracts=others))

    def _rolled_over(self) -> list[Part]:
        """The hours that the retainer of the earlier contract left over."""
        before = self.previous
        if before is None or before.retained is None or "rollover" not in self.contract.carries:
            return []
        return before.retained.left

    def billed_before(self) -> list[Document]:
        """What the earlier contract billed of the cap that goes on."""
        before = self.previous
        if before is None or "cap" not in self.contract.carries:
            return []
        drafting = Drafting(
            before.contract, before.known, before.parts(), before.held_whole(), before.told.decided
        )
        drafting.run()
        told = before.told
        issued = documents(before.contract, told.invoiced, told.credited, with_entries=True)
        return [*before.billed_before(), *issued, *of_drafts(drafting.drafts)]

    def _correcting(self, draft: Draft) -> Draft:
        """A proposed credit with the number of the invoice that it corrects, if there is one."""
        if not draft.is_proposal:
            return draft
        told = self.told
        numbers = [
            original_of(told.invoiced, told.credited, line)
            for line in draft.lines
            if line.milestone
        ]
        if self.retained is not None and draft.lines[0].kind == "retainer":
            end = draft.period.end if draft.period else draft.date
            numbers = [self.retained.invoice_of(end)]
        return draft._replace(corrects=next((number for number in numbers if number), None))


def _forgone(dropped: Sequence[Draft]) -> Decimal:
    """What drafts that were written off would have billed beside hours."""
    return sum(
        (
            line.amount
            for draft in dropped
            for line in draft.lines
            if line.kind in FORGONE or line.adjustment is not None
        ),
        ZERO,
    )


def _without_dropped(priced: list[Priced], dropped: Sequence[Draft], work: Work) -> list[Priced]:
    """The open entries without those of drafts that were written off."""
    gone = {entry.id for draft in dropped for line in draft.lines for entry in line.entries}
    if not gone:
        return priced
    seconds = sum(item.item.entry.seconds for item in priced if item.item.entry.id in gone)
    work.unbilled -= seconds
    work.non_billable += seconds
    return [item for item in priced if item.item.entry.id not in gone]


def _logged(
    work: Work, invoiced: Sequence[Issued], live: Mapping[str, InvoiceLine]
) -> dict[str, int]:
    """The seconds that were worked on each milestone, "" for those on none.

    `live` has the lines that entries are on: those that credit notes freed are open work again.
    """
    found = {"": work.billed + work.unbilled}
    for item in work.covered:
        found[item.milestone] = found.get(item.milestone, 0) + item.entry.seconds
    for _, line in invoiced:
        for entry in line.entries if line.kind == "covered" else ():
            if live.get(entry.id) is not line:
                continue
            found[line.milestone] = found.get(line.milestone, 0) + (entry.seconds or 0)
    return found


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
