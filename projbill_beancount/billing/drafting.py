"""Making the drafts of one contract, earlier dates first; a ready one counts as billed."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING
from typing import NamedTuple
from typing import Protocol

from projbill_beancount.billing.drafts import Hold
from projbill_beancount.billing.drafts import draft_id
from projbill_beancount.billing.drafts import make_draft
from projbill_beancount.billing.drafts import missing_accounts
from projbill_beancount.billing.drafts import tax_findings
from projbill_beancount.billing.findings import finding
from projbill_beancount.billing.findings import holds_drafts
from projbill_beancount.billing.model import Reason
from projbill_beancount.billing.schedule import CHANGE_ORDER
from projbill_beancount.billing.schedule import UNSCHEDULED
from projbill_beancount.billing.schedule import specificity
from projbill_beancount.terms.codes import SEVERITIES

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Mapping
    from collections.abc import Sequence
    from datetime import date

    from projbill_beancount.billing.decisions import Decisions
    from projbill_beancount.billing.hourly import Hourly
    from projbill_beancount.billing.invoiced import Invoiced
    from projbill_beancount.billing.model import Draft
    from projbill_beancount.billing.model import Finding
    from projbill_beancount.billing.model import Line
    from projbill_beancount.billing.riders import Riders
    from projbill_beancount.billing.schedule import Slot
    from projbill_beancount.billing.time_checks import Blocks
    from projbill_beancount.facts.model import Facts
    from projbill_beancount.terms.model import Contract
    from projbill_beancount.terms.model import Firm
    from projbill_beancount.terms.model import Severity

ZERO = Decimal(0)
#: Triggers of what no other draft of the day took.
LAST = frozenset((CHANGE_ORDER, UNSCHEDULED))
#: Why a credit note is proposed where no invoice is due.
PROPOSALS = frozenset(("change-order-below-billed", "retainer-refund-due"))
#: What holds a draft for some of its entries and is said of the draft, not of them.
OF_DRAFT = frozenset(("retainer-overage",))
#: Lines that a minimum amount may let wait; the others are owed when they are.
POSTPONABLE = frozenset(("time", "covered"))


class Known(NamedTuple):
    """What billing one contract may look at: the firm, all facts up to a day, their checks.

    `contracts` are those that it may renew.
    """

    firm: Firm
    facts: Facts
    invoiced: Invoiced
    blocks: Blocks
    as_of: date
    contracts: Mapping[str, Contract] = {}


class Source(Protocol):
    """A part of a contract that puts lines on its drafts."""

    def lines_at(self, slot: Slot) -> tuple[list[Line], list[Hold]]:
        """Its lines on the draft of a slot, and what holds them."""

    def covered_at(self, slot: Slot) -> list[Line]:
        """The lines of 0.00 that list what its price covers, on a draft that has others."""

    def count(self, draft: Draft) -> None:
        """Count a draft that may go out as billed."""


class Check(Protocol):
    """What may hold a draft as a whole."""

    def holds(self, draft: Draft) -> list[Hold]:
        """The reasons to hold the draft."""

    def count(self, draft: Draft) -> None:
        """Count a draft that may go out as billed."""


class Limit(Protocol):
    """What changes the lines of a draft before it is one: caps."""

    def limited(self, slot: Slot, lines: list[Line]) -> list[Line]:
        """The lines as far as they may be billed."""

    def count(self, draft: Draft) -> None:
        """Count a draft that may go out as billed."""


class Parts(NamedTuple):
    """What a contract's drafts are made of, in the order of their lines.

    `slots` are those where something may be billed, in any order, with repetitions, whether their
    day has come or not.
    """

    slots: Sequence[Slot]
    hourly: Hourly
    sources: Sequence[Source]
    riders: Sequence[Riders] = ()
    limits: Sequence[Limit] = ()
    checks: Sequence[Check] = ()


class Drafting:
    """Makes the drafts of one contract.

    `drafts` go out or are held; `closings` come to nothing and close their entries; `dropped` are
    written off. `on_draft` maps an entry's id to its draft's.
    """

    def __init__(
        self,
        contract: Contract,
        known: Known,
        parts: Parts,
        hidden: Sequence[Hold],
        decided: Decisions,
    ) -> None:
        self.contract = contract
        self.known = known
        self.parts = parts
        self.drafts: list[Draft] = []
        self.closings: list[Draft] = []
        self.dropped: list[Draft] = []
        self.findings: list[Finding] = []
        self.on_draft: dict[str, str] = {}
        self._hidden = hidden
        self._decided = decided
        self._reported = {hold.reason.message for hold in hidden}

    def run(self) -> None:
        """Draft slot by slot, as far as their days have come."""
        for slot in self._slots():
            self._draft(slot)

    def _slots(self) -> list[Slot]:
        slots: dict[tuple[str, date], Slot] = {}
        for slot in self.parts.slots:
            if slot.date <= self.known.as_of:
                slots.setdefault((slot.trigger.id, slot.date), slot)
        return sorted(
            slots.values(),
            key=lambda slot: (
                slot.date,
                slot.trigger.id in LAST,
                specificity(slot.trigger),
                slot.trigger.id,
            ),
        )

    def _draft(self, slot: Slot) -> None:
        lines: list[Line] = []
        holds: list[Hold] = []
        parts = self.parts
        asked = [source.lines_at(slot) for source in parts.sources]
        for more, why in (*asked, parts.hourly.lines_at(slot)):
            if any(hold.reason.code in PROPOSALS for hold in why):
                self._add(slot, more, why)
                continue
            lines += more
            holds += why
        riding = [riders.lines_at(slot, alone=not lines) for riders in parts.riders]
        if not holds and not any(more for more, _ in riding) and self._waits(slot, lines):
            parts.hourly.postpone(slot)
            return
        for more, why in riding:
            lines += more
            holds += why
        for limit in parts.limits:
            lines = limit.limited(slot, lines)
        if not lines and not self._is_over(slot):
            return
        parts.hourly.take(slot)
        for source in parts.sources:
            lines += source.covered_at(slot)
        if lines:
            self._add(slot, lines, holds)

    def _is_over(self, slot: Slot) -> bool:
        """Whether no later draft can list what is covered: the contract has ended by then."""
        end = self.contract.end
        return end is not None and slot.date >= end

    def _waits(self, slot: Slot, lines: Sequence[Line]) -> bool:
        """Whether the draft is below the contract's minimum, and a later one can take it."""
        minimum, end = self.contract.invoice.minimum, self.contract.end
        if self.contract.billed_now:
            return False
        net = sum((line.amount for line in lines), ZERO)
        if not ZERO < net < minimum or (end and slot.date >= end):
            return False
        if slot.period and end and slot.period.start <= end <= slot.period.end:
            return False
        if any(line.kind not in POSTPONABLE for line in lines):
            return False
        message = (
            f"{draft_id(self.contract, slot)} would come to {net} "
            f"{self.contract.currency}, less than the minimum of {minimum}: it waits for the next"
        )
        self.findings.append(
            finding(
                "below-minimum",
                self.contract.id,
                slot.date,
                message,
                self.contract.place,
                amount=net,
            )
        )
        return True

    def _add(self, slot: Slot, lines: Sequence[Line], holds: list[Hold]) -> None:
        draft = self._make(slot, lines)
        for line in draft.lines:
            self.on_draft.update((entry.id, draft.id) for entry in line.entries)
        if draft.net < ZERO:
            draft = draft._replace(kind="credit")
        proposed = [hold for hold in holds if hold.reason.code in PROPOSALS]
        if proposed:
            draft = draft._replace(id=f"{draft.id}/credit")
        elif draft.net < ZERO:
            message = f"{draft.id} comes to {draft.net} {draft.currency}: a credit note is due"
            reason = Reason("negative-invoice", draft.net, message, ())
            holds.append(Hold(reason, self.contract.place))
        for check in self.parts.checks:
            known = draft._replace(reasons=tuple(hold.reason for hold in holds))
            holds = [*holds, *check.holds(known)]
        if self._decided.drops(draft):
            self._drop(draft)
            return
        holds = [*self._decided.released(draft, holds), *self._hidden]
        accepted = [hold for hold in holds if not holds_drafts(self.contract, hold.reason.code)]
        holds = [hold for hold in holds if hold not in accepted]
        if draft.net == ZERO and not holds:
            self._close(draft)
            return
        lacking = missing_accounts(
            self.known.firm, self.known.facts, self.contract, draft, self.known.as_of
        )
        draft = draft._replace(reasons=tuple(hold.reason for hold in (*holds, *lacking)))
        if not draft.held:
            self._count(draft)
        self.drafts.append(draft)
        self._report(draft, [*holds, *accepted], lacking)

    def _make(self, slot: Slot, lines: Sequence[Line]) -> Draft:
        """The draft; one that is moved out of a closed period says so."""
        draft = make_draft(self.contract, self.known.firm, slot, lines)
        if draft.date != slot.date:
            message = (
                f"{draft.id} belongs to a period that is closed until "
                f"{self.known.firm.closed_until}: it is dated {draft.date}"
            )
            self.findings.append(
                finding(
                    "period-closed",
                    draft.project,
                    slot.date,
                    message,
                    draft.place,
                    identity=draft.id,
                )
            )
        return draft

    def _count(self, draft: Draft) -> None:
        for source in self.parts.sources:
            source.count(draft)
        for limit in self.parts.limits:
            limit.count(draft)
        for check in self.parts.checks:
            check.count(draft)

    def _drop(self, draft: Draft) -> None:
        """Take a draft out of billing that was written off."""
        for source in self.parts.sources:
            source.count(draft)
        self.dropped.append(draft)

    def _close(self, draft: Draft) -> None:
        self._count(draft)
        self.closings.append(draft)
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

    def _report(self, draft: Draft, holds: Sequence[Hold], lacking: Sequence[Hold]) -> None:
        """Findings of the draft as a whole; those of entries are reported with the entries."""
        for hold in (*holds, *lacking):
            reason = hold.reason
            of_entries = reason.entries and reason.code not in OF_DRAFT
            if of_entries or reason.message in self._reported:
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
                    severity=_holding(reason.code),
                )
            )
        self.findings += tax_findings(self.known.firm, draft, draft.place)


def _holding(code: str) -> Severity:
    """The severity of what holds a draft: what else is a warning is a hold here."""
    usual = SEVERITIES[code]
    return usual if usual == "error" else "hold"
