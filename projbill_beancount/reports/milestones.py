"""The parts of a contract's fixed scope: how far each is, what is billed on it, what comes next."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING
from typing import Literal
from typing import NamedTuple

from projbill_beancount.billing.agreed import AgreedScope
from projbill_beancount.billing.completion import Scope
from projbill_beancount.billing.completion import counted_percent
from projbill_beancount.billing.drafting import Known
from projbill_beancount.billing.invoiced import Invoiced
from projbill_beancount.billing.joint import known_of
from projbill_beancount.billing.payers import payers_of
from projbill_beancount.billing.time_checks import Blocks
from projbill_beancount.billing.told import told_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Iterable
    from collections.abc import Mapping
    from collections.abc import Sequence
    from datetime import date

    from projbill_beancount.billing.milestones import Report
    from projbill_beancount.billing.model import Draft
    from projbill_beancount.billing.model import WorkedTime
    from projbill_beancount.billing.told import Told
    from projbill_beancount.facts.model import Facts
    from projbill_beancount.facts.model import Invoice
    from projbill_beancount.terms.model import Contract
    from projbill_beancount.terms.model import Firm
    from projbill_beancount.terms.model import Milestone
    from projbill_beancount.terms.model import Place

ZERO = Decimal(0)
FULL = Decimal(100)

#: What comes next of a part: nothing, a draft that may go out, one that is held, an approval or a
#: rejected order that it depends on, a report that something was accepted, or its `bill` rule.
Next = Literal["billed", "ready", "held", "order", "rejected", "accept", "rule"]


class MilestoneRow(NamedTuple):
    """A milestone, or an approved change order that is billed like one (`is_order`).

    `is_agreed` says that it counts in the contract's value: it waits for no change order.
    `price` is with approved changes. `percent` is what was reported last, None if nothing was,
    `counted` what of it counts as complete. `billed` is on invoices, net of credits; `logged` and
    `planned` are seconds. `drafts` are those that bill it next, ready or held, one a payer.
    """

    milestone: Milestone
    is_order: bool
    is_agreed: bool
    price: Decimal
    percent: Decimal | None
    counted: Decimal
    reported: date | None
    reported_at: Place | None
    accepted: date | None
    billed: Decimal
    logged: int
    planned: int
    next: Next
    drafts: Sequence[Draft]

    @property
    def billed_percent(self) -> Decimal | None:
        """What is billed in percent of the price; None without a price."""
        return self.billed * FULL / self.price if self.price else None


class Agreed:
    """What one contract agrees on, for all its payers together, on the day of the books or before.

    `told` and `scopes` are by payer; `decisions` are shared by nobody; `worked` is all its work. Only the contract's own
    documents are gone through.
    """

    def __init__(
        self,
        contract: Contract,
        firm: Firm,
        facts: Facts,
        as_of: date,
        worked: Sequence[WorkedTime],
    ) -> None:
        self.contract = contract
        self.as_of = as_of
        self.worked = worked
        names = [contract.id, *contract.formerly]
        self.invoices = [one for one in facts.invoices if concerns(one, names)]
        self.credit_notes = [one for one in facts.credit_notes if concerns(one, names)]
        self.decisions = [one for name in names for one in facts.decisions.get(name, ())]
        self._firm = firm
        self._facts = facts._replace(invoices=self.invoices, credit_notes=self.credit_notes)
        self._payers = payers_of(contract) or [contract]
        self.told = self._told(as_of)
        self.scopes = self._scopes(as_of, self.told)

    def earned_on(self, day: date) -> Decimal | None:
        """The fixed scope's value × completion as it was known on a day; None where it was not."""
        scopes = self._scopes(day, self._told(day))
        earned = [scope.earned() for scope in scopes]
        return sum((one or ZERO for one in earned), ZERO) if None not in earned else None

    def value_on(self, day: date) -> Decimal | None:
        """The fixed scope's value with what was approved by a day; None without one."""
        values = [one.orders.value() for one in self._told(day)]
        return sum((one or ZERO for one in values), ZERO) if None not in values else None

    def logged(self, day: date) -> dict[str, int]:
        """The seconds that were worked up to a day on each milestone, "" for the rest."""
        found = {"": 0}
        for item in self.worked:
            if item.date <= day and item.kind in {"billed", "unbilled", "covered"}:
                found[item.milestone] = found.get(item.milestone, 0) + item.seconds
        return found

    def _told(self, day: date) -> list[Told]:
        """What was told by a day; documents of later days count for nothing on it."""
        invoiced = Invoiced(self.invoices, self.credit_notes, day)
        known = Known(self._firm, self._facts, invoiced, Blocks({}, {}), day)
        return [told_of(payer, self._of(payer, known)) for payer in self._payers]

    def _of(self, payer: Contract, known: Known) -> Known:
        return known_of(payer, known) if payer.share is not None else known

    def _scopes(self, day: date, told: Sequence[Told]) -> list[AgreedScope]:
        logged: Callable[[], Mapping[str, int]] = lambda: self.logged(day)  # noqa: E731
        return [
            AgreedScope(payer, one.progress, one.billed, day, one.orders, logged)
            for payer, one in zip(self._payers, told, strict=True)
        ]


def milestone_rows(agreed: Agreed, drafts: Iterable[Draft]) -> list[MilestoneRow]:
    """The parts of the fixed scope in the contract's order, then change orders billed like them."""
    own = [draft for draft in drafts if draft.project == agreed.contract.id]
    logged = agreed.logged(agreed.as_of)
    return [
        _row(agreed, identity, own, logged.get(identity, 0)) for identity in agreed.scopes[0].scope
    ]


def _row(agreed: Agreed, identity: str, drafts: Sequence[Draft], logged: int) -> MilestoneRow:
    scope, contract = agreed.scopes[0], agreed.contract
    milestone = contract.milestones.get(identity, scope.scope[identity])
    reports = scope.reports[identity]
    newest = reports[-1] if reports else None
    price = sum((one.price(one.scope[identity], one.as_of) for one in agreed.scopes), ZERO)
    billed = sum((one.before.get(identity, ZERO) for one in agreed.scopes), ZERO)
    row = MilestoneRow(
        milestone,
        identity not in contract.milestones,
        not milestone.change_order or scope.orders.standing(milestone.change_order) == "approved",
        price,
        newest.percent if newest else None,
        counted_percent(contract, Scope(milestone, price, reports)),
        newest.date if newest else None,
        newest.source.place if newest else None,
        _accepted_since(reports),
        billed,
        logged,
        scope.planned(milestone),
        "rule",
        [one for one in drafts if _bills(one, identity)],
    )
    return row._replace(next=_next(row, scope))


def _next(row: MilestoneRow, scope: AgreedScope) -> Next:
    if row.drafts:
        return "held" if any(draft.held for draft in row.drafts) else "ready"
    if row.billed >= row.price and (row.billed or row.percent == FULL):
        return "billed"
    standing = scope.orders.standing(row.milestone.change_order)
    if row.milestone.change_order and standing != "approved":
        return "rejected" if standing == "rejected" else "order"
    if row.milestone.bill.kind == "accepted" and row.percent == FULL and row.accepted is None:
        return "accept"
    return "rule"


def _accepted_since(reports: Sequence[Report]) -> date | None:
    """The day since which it is accepted, None where it is not."""
    since = None
    for report in reversed(reports):
        if not report.accepted:
            break
        since = report.date
    return since


def _bills(draft: Draft, identity: str) -> bool:
    """Whether a draft has a line of a milestone or of a change order, other than of its hours."""
    return any(
        identity in {line.milestone, line.change_order} and line.kind != "covered"
        for line in draft.lines
    )


def concerns(document: Invoice, names: Sequence[str]) -> bool:
    """Whether an invoice or a credit note is of a contract with these ids, or one of its lines."""
    return document.project in names or any(line.project in names for line in document.lines)
