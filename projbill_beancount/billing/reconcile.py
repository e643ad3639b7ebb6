"""Reconciliation: what is billed is held against what is done, before and after it is issued.

The quantities are V value, C completion in percent, E earned (V × C), S scheduled (agreed advance
instalments), B billed to date; T is the tolerance. Only fixed scope enters: hours of a hybrid are
earned as they are worked.
"""

from __future__ import annotations

from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.billing.drafts import Hold
from projbill_beancount.billing.findings import finding
from projbill_beancount.billing.model import Reason
from projbill_beancount.billing.rounding import share
from projbill_beancount.billing.scope_lines import agreed_reduction
from projbill_beancount.billing.scope_lines import cut_of_scope
from projbill_beancount.billing.scope_lines import scope_amount

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator
    from datetime import date

    from projbill_beancount.billing.fixed import FixedScope
    from projbill_beancount.billing.model import Draft
    from projbill_beancount.billing.model import Finding
    from projbill_beancount.terms.model import Contract
    from projbill_beancount.terms.model import Place

ZERO = Decimal(0)
FULL = Decimal(100)
OVERBILLING = "invoice-held-overbilling"


class Standing(NamedTuple):
    """Where a fixed scope stands, in the contract's currency; None where it is not defined.

    `gap` is invoiced less complete in percentage points, exact.
    """

    value: Decimal | None
    completion: Decimal | None
    earned: Decimal | None
    scheduled: Decimal
    billed: Decimal
    tolerance: Decimal | None

    @property
    def over_billed(self) -> Decimal | None:
        """What is billed and not earned."""
        return None if self.earned is None else max(self.billed - self.earned, ZERO)

    @property
    def under_billed(self) -> Decimal | None:
        """What is earned and not billed."""
        return None if self.earned is None else max(self.earned - self.billed, ZERO)

    @property
    def gap(self) -> Decimal | None:
        """Invoiced percent less completion percent."""
        if not self.value or self.completion is None:
            return None
        return self.billed * FULL / self.value - self.completion

    def excess(self, more: Decimal) -> Decimal | None:
        """By how much `more` would bill above what is earned or agreed; None without a verdict."""
        if self.earned is None:
            return None
        return self.billed + more - max(self.earned, self.scheduled)


def tolerance(contract: Contract, value: Decimal, completion: Decimal) -> Decimal:
    """The larger of the agreed amount and percentage of the value; 0 at completion."""
    if completion >= FULL:
        return ZERO
    agreed = contract.reconcile
    return max(Decimal("0.01"), agreed.amount, share(value, agreed.percent, contract.places))


def standing_of(contract: Contract, fixed: FixedScope, billed: Decimal) -> Standing:
    """Where the contract's fixed scope stands; no verdict without a value and a completion."""
    value, done = fixed.value, fixed.completion
    tolerated = None if value is None or done is None else tolerance(contract, value, done)
    return Standing(value, done, fixed.earned(), fixed.scheduled(), billed, tolerated)


class Reconciliation:
    """Holds drafts that would bill more than is earned or agreed, and reports what was issued."""

    def __init__(
        self,
        contract: Contract,
        fixed: FixedScope,
        billed: Decimal,
        given_up: Decimal = ZERO,
        cut: Decimal = ZERO,
    ) -> None:
        self.contract = contract
        self.fixed = fixed
        self._billed = billed
        self._given_up = given_up
        self._cut = cut
        self._ready = ZERO
        self._drafted = ZERO
        self._held: set[str] = set()

    @cached_property
    def standing(self) -> Standing:
        """Where the fixed scope stands by the issued invoices."""
        return standing_of(self.contract, self.fixed, self._billed)

    def holds(self, draft: Draft) -> list[Hold]:
        """Over-billing: B + earlier ready drafts + this one − max(E, S) > T holds the draft."""
        if draft.is_proposal:
            return []
        amount = scope_amount(draft.lines) - self._cut_by(draft) - self._unapproved(draft)
        self._drafted += amount
        if any(reason.code == OVERBILLING for reason in draft.reasons):
            self._held.add(draft.id)
            return []  # a milestone's own rule says so already, more precisely
        if amount - self._advance(draft) <= ZERO:
            return []
        now = self.standing
        excess = now.excess(self._ready + amount)
        if excess is None or now.tolerance is None or excess <= now.tolerance:
            return []
        self._held.add(draft.id)
        after = now.billed + self._ready + amount
        currency = draft.currency
        message = (
            f"{draft.id} would bring what is billed to {after} of {now.value} {currency} "
            f"({_percent(after, now.value)} %), and {_two(now.completion)} % are complete "
            f"({now.earned} earned): {excess} {currency} too much, {now.tolerance} are tolerated; "
            "report the progress, or release the draft if the client agreed to pay ahead"
        )
        reason = Reason(OVERBILLING, excess, message, ())
        return [Hold(reason, self._place())]

    def _unapproved(self, draft: Draft) -> Decimal:
        """What depends on a change order that is not approved: it is held for that already."""
        found = ZERO
        for line in draft.lines:
            milestone = self.contract.milestones.get(line.milestone or "")
            if milestone and self.fixed.orders.unapproved(milestone, line.amount):
                found += line.amount
        return found

    def _advance(self, draft: Draft) -> Decimal:
        """What a draft bills of agreed advance instalments, which are never held for progress."""
        scope = self.fixed.scope
        return sum(
            (
                line.amount
                for line in draft.lines
                if (known := scope.get(line.milestone or line.change_order or ""))
                and known.bill.advance
            ),
            ZERO,
        )

    def count(self, draft: Draft) -> None:
        """A draft that may go out counts as billed for the next."""
        cut = self._cut_by(draft)
        self._ready += scope_amount(draft.lines) - cut
        self._given_up += cut + agreed_reduction(draft.lines)
        self._cut += cut
        self._held.discard(draft.id)

    def _cut_by(self, draft: Draft) -> Decimal:
        """What caps take off the fixed scope on a draft, after earlier documents."""
        return cut_of_scope(draft.lines, self._cut)

    def findings(self, as_of: date) -> list[Finding]:
        """What the issued invoices and the ready drafts come to, against what is done."""
        if not self.fixed.scope and not self._billed:
            return []
        return [*self._over(as_of), *self._under(as_of), *self._unknown(as_of)]

    def _over(self, as_of: date) -> Iterator[Finding]:
        """`billed-exceeds-contract`: B > V by any amount; `overbilled`: B − max(E, S) > T."""
        now = self.standing
        if now.value is None or self.fixed.reductions:
            return
        told = self._told()
        if now.billed - told > now.value:
            message = f"{now.billed} {self.contract.currency} are billed of a value of {now.value}"
            yield self._finding("billed-exceeds-contract", as_of, now.billed - now.value, message)
            return
        excess = now.excess(ZERO)
        if self._held or excess is None or now.tolerance is None:
            return
        if excess - told > now.tolerance:
            message = (
                f"{now.billed} {self.contract.currency} are billed "
                f"({_percent(now.billed, now.value)} %), and {_two(now.completion)} % are complete "
                f"({now.earned} earned): {excess} too much, {now.tolerance} are tolerated"
            )
            yield self._finding("overbilled", as_of, excess, message)

    def _told(self) -> Decimal:
        """What is billed too much by other findings: on what is gone, not approved, or cheaper now."""
        fixed = self.fixed
        total = sum((fixed.before[name] for name in (*fixed.removed, *fixed.unapproved)), ZERO)
        for name in fixed.bases:
            milestone = fixed.scope[name]
            frozen = fixed.price(milestone, fixed.as_of)
            total += max(frozen - fixed.orders.price(milestone, fixed.as_of), ZERO)
        return total

    def _under(self, as_of: date) -> Iterator[Finding]:
        """`unbilled-at-completion`: C = 100 and B ≠ V; `underbilled`: E − B > T."""
        now, done = self.standing, self.standing.billed + self._ready
        if now.value is None or now.earned is None or now.tolerance is None:
            return
        on_held = self._drafted - self._ready  # what holds those drafts says so already
        if now.completion == FULL:
            left = now.value - done - self._given_up
            if left > max(on_held, ZERO) and not self._priced_otherwise():
                message = (
                    f"all is complete, and {left} {self.contract.currency} of {now.value} are not "
                    "billed"
                )
                yield self._finding("unbilled-at-completion", as_of, left, message)
            return
        short = min(now.earned, self.fixed.billable()) - done - self._given_up
        if short - on_held > now.tolerance:
            message = (
                f"{_two(now.completion)} % are complete ({now.earned} {self.contract.currency} "
                f"earned), and {done} are billed or drafted: {short} less than could be"
            )
            yield self._finding("underbilled", as_of, short, message)

    def _unknown(self, as_of: date) -> Iterator[Finding]:
        """`progress-unknown`: more than an agreed advance is billed, and nothing was ever reported."""
        now = self.standing
        if now.value is not None and now.completion is None and now.billed > now.scheduled:
            message = (
                f"{now.billed} {self.contract.currency} are billed, and no progress was ever "
                "reported: nobody can say whether that is too much"
            )
            yield self._finding("progress-unknown", as_of, None, message)

    def _priced_otherwise(self) -> bool:
        """Whether a price that was changed without an order explains what is missing."""
        return bool(self.fixed.bases)

    def _place(self) -> Place:
        """The newest progress report, else the contract."""
        reports = [known[-1] for known in self.fixed.reports.values() if known]
        newest = max(reports, key=lambda report: report.date, default=None)
        return newest.source.place if newest else self.contract.place

    def _finding(self, code: str, day: date, amount: Decimal | None, message: str) -> Finding:
        return finding(code, self.contract.id, day, message, self._place(), amount=amount)


def _percent(amount: Decimal, value: Decimal | None) -> str:
    return _two(amount * FULL / value) if value else "?"


def _two(percent: Decimal | None) -> str:
    return "?" if percent is None else f"{percent:.2f}"
