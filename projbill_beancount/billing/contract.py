"""Billing one contract: its drafts in date order, what is held, what waits."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from functools import partial
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.billing.drafts import Hold
from projbill_beancount.billing.drafts import make_draft
from projbill_beancount.billing.drafts import missing_accounts
from projbill_beancount.billing.drafts import tax_findings
from projbill_beancount.billing.findings import finding
from projbill_beancount.billing.fixed import FixedScope
from projbill_beancount.billing.invoiced import BilledBefore
from projbill_beancount.billing.lines import covered_line
from projbill_beancount.billing.lines import time_lines
from projbill_beancount.billing.model import Reason
from projbill_beancount.billing.model import UnbilledTime
from projbill_beancount.billing.position import position_of
from projbill_beancount.billing.pricing import Pricer
from projbill_beancount.billing.pricing import lateness_findings
from projbill_beancount.billing.pricing import rate_findings
from projbill_beancount.billing.schedule import Schedule
from projbill_beancount.billing.schedule import overlaps
from projbill_beancount.billing.schedule import specificity
from projbill_beancount.billing.work import sort_work

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable
    from collections.abc import Mapping
    from collections.abc import Sequence
    from datetime import date

    from projbill_beancount.billing.invoiced import Invoiced
    from projbill_beancount.billing.model import Draft
    from projbill_beancount.billing.model import Finding
    from projbill_beancount.billing.model import Line
    from projbill_beancount.billing.model import Position
    from projbill_beancount.billing.pricing import Priced
    from projbill_beancount.billing.schedule import Slot
    from projbill_beancount.billing.time_checks import Blocks
    from projbill_beancount.billing.work import Covered
    from projbill_beancount.facts.model import Facts
    from projbill_beancount.facts.model import TimeEntry
    from projbill_beancount.terms.model import Contract
    from projbill_beancount.terms.model import Firm

ZERO = Decimal(0)
SlotKey = tuple[str, "date"]


class Known(NamedTuple):
    """What billing one contract may look at: the firm, all facts up to a day, their checks."""

    firm: Firm
    facts: Facts
    invoiced: Invoiced
    blocks: Blocks
    as_of: date


class ContractBilling(NamedTuple):
    """What is to be billed on one contract, and where it stands, once that is asked."""

    drafts: list[Draft]
    findings: list[Finding]
    unbilled: list[UnbilledTime]
    position: Callable[[], Position]


def bill_contract(contract: Contract, known: Known) -> ContractBilling:
    """Draft what `contract` lets be billed up to the day, earlier dates first."""
    projects = (contract.id, *contract.formerly)
    entries = [entry for name in projects for entry in known.facts.time.get(name, ())]
    invoiced_lines = known.invoiced.lines_of(projects)
    billed = BilledBefore(invoiced_lines)
    looks_back = known.invoiced.looks_back
    progress = [report for name in projects for report in known.facts.progress.get(name, ())]
    fixed = FixedScope(contract, progress, billed, known.firm, known.as_of, looks_back=looks_back)
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
    )
    schedule = Schedule(contract, fixed.events, billed, complete=fixed.complete)
    pricer = Pricer(contract, known.firm, known.invoiced, originals)
    priced = [pricer.price(entry, schedule) for entry in work.billable]
    drafting = _Drafting(contract, known, fixed, _hidden_invoices(known, projects))
    drafting.run(_fired(fixed, schedule, priced, known.as_of), work.covered)
    findings = [
        *work.findings,
        *fixed.findings,
        *overlaps(contract),
        *rate_findings(contract, priced),
        *lateness_findings(contract, priced, pricer, known.as_of),
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
        drafts=drafting.drafts,
        unbilled=unbilled,
        fixed=fixed,
        priced=priced,
    )
    return ContractBilling(drafting.drafts, findings, unbilled, position)


def _fired(
    fixed: FixedScope, schedule: Schedule, priced: Sequence[Priced], as_of: date
) -> list[tuple[Slot, list[Priced]]]:
    """The slots that have come, with their entries, in order of date and specificity."""
    slots: dict[SlotKey, tuple[Slot, list[Priced]]] = {}
    for day in fixed.events:
        assert fixed.trigger is not None
        slot = schedule.milestone_slot(fixed.trigger, day)
        slots.setdefault((slot.trigger.id, slot.date), (slot, []))
    for item in priced:
        if item.slot is not None:
            key = (item.slot.trigger.id, item.slot.date)
            slots.setdefault(key, (item.slot, []))[1].append(item)
    come = [pair for pair in slots.values() if pair[0].date <= as_of]
    return sorted(
        come, key=lambda pair: (pair[0].date, specificity(pair[0].trigger), pair[0].trigger.id)
    )


def _hidden_invoices(known: Known, projects: Sequence[str]) -> list[Hold]:
    """A hold for each invoice of the projects that cannot be read, and may bill anything."""
    return [
        Hold(Reason(problem.code, None, problem.message, ()), problem.place)
        for problem in known.facts.problems
        if problem.hides_invoice and problem.project in projects
    ]


class _Drafting:
    """Makes the drafts of one contract; a ready one counts as billed for the next."""

    def __init__(
        self, contract: Contract, known: Known, fixed: FixedScope, hidden: Sequence[Hold]
    ) -> None:
        self.contract = contract
        self.known = known
        self.fixed = fixed
        self.drafts: list[Draft] = []
        self.findings: list[Finding] = []
        self.on_draft: dict[str, str] = {}
        self._hidden = hidden
        self._reported = {hold.reason.message for hold in hidden}

    def run(self, slots: Sequence[tuple[Slot, list[Priced]]], covered: list[Covered]) -> None:
        """Draft slot by slot."""
        waiting = covered
        for slot, priced in slots:
            fixed_lines, holds = self.fixed.lines_at(slot)
            lines = [*fixed_lines, *time_lines(self.contract, [item.item for item in priced])]
            if not lines:
                continue
            listed, waiting = self.fixed.covered_at(slot, waiting)
            lines += [
                covered_line(self.contract, milestone, items)
                for milestone, items in sorted(listed.items())
            ]
            holds += self._entry_holds(priced)
            self._add(slot, lines, holds)

    def _add(self, slot: Slot, lines: Sequence[Line], holds: list[Hold]) -> None:
        contract, known = self.contract, self.known
        draft = make_draft(contract, slot, lines, [])
        for line in draft.lines:
            self.on_draft.update((entry.id, draft.id) for entry in line.entries)
        if draft.net < ZERO:
            message = f"{draft.id} comes to {draft.net} {draft.currency}: a credit note is due"
            reason = Reason("negative-invoice", draft.net, message, ())
            holds.append(Hold(reason, contract.place))
        holds += self._hidden
        if draft.net == ZERO and not holds:
            self._zero(draft)
            return
        lacking = missing_accounts(known.firm, known.facts, contract, draft, known.as_of)
        draft = make_draft(contract, slot, lines, [*holds, *lacking])
        if not draft.held:
            self.fixed.count(draft)
        self.drafts.append(draft)
        self._report(draft, holds, lacking)

    def _zero(self, draft: Draft) -> None:
        self.fixed.count(draft)
        message = f"{draft.id} comes to 0.00: nothing is invoiced or posted; its work is done"
        self.findings.append(
            finding(
                "zero-invoice",
                draft.project,
                draft.date,
                message,
                draft.place,
                identity=draft.id,
            )
        )

    def _entry_holds(self, priced: Sequence[Priced]) -> list[Hold]:
        """The reasons that single entries give to hold the draft, one per code."""
        groups: dict[str, list[tuple[TimeEntry, str]]] = {}
        for item in priced:
            entry = item.item.entry
            for block in self.known.blocks.reasons.get(entry.id, ()):
                groups.setdefault(block.code, []).append((entry, block.message))
            if item.rate.code:
                message = f"entry {entry.id} cannot be priced: {item.rate.rule}"
                groups.setdefault(item.rate.code, []).append((entry, message))
        holds = []
        for code in sorted(groups):
            first, message = groups[code][0]
            identities = tuple(dict.fromkeys(entry.id for entry, _ in groups[code]))
            more = f" (and {len(identities) - 1} more entries)" if len(identities) > 1 else ""
            holds.append(Hold(Reason(code, None, message + more, identities), first.place))
        return holds

    def _report(self, draft: Draft, holds: Sequence[Hold], lacking: Sequence[Hold]) -> None:
        """Findings of the draft as a whole; those of entries are reported with the entries."""
        for hold in (*holds, *lacking):
            reason = hold.reason
            if reason.entries or reason.message in self._reported:
                continue
            if reason.code == "account-missing":
                self._reported.add(reason.message)
            self.findings.append(
                finding(
                    reason.code,
                    draft.project,
                    draft.date,
                    reason.message,
                    hold.place,
                    amount=reason.amount,
                    identity=draft.id,
                )
            )
        self.findings += tax_findings(self.known.firm, draft, draft.place)


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
