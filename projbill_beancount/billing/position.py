"""Where a contract stands: value, earned, billed, unbilled, open, hours."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING
from typing import TypeVar

from projbill_beancount.billing.calendar import DAY
from projbill_beancount.billing.calendar import month_end
from projbill_beancount.billing.calendar import period_containing
from projbill_beancount.billing.model import Hours
from projbill_beancount.billing.model import Position
from projbill_beancount.billing.model import RetainerStanding

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable
    from collections.abc import Iterable
    from collections.abc import Iterator
    from collections.abc import Sequence
    from datetime import date

    from projbill_beancount.billing.fixed import FixedScope
    from projbill_beancount.billing.model import CapStanding
    from projbill_beancount.billing.model import Draft
    from projbill_beancount.billing.model import UnbilledTime
    from projbill_beancount.billing.pricing import Priced
    from projbill_beancount.billing.receivable_shares import Receivable
    from projbill_beancount.billing.reconcile import Standing
    from projbill_beancount.billing.retainer import Retained
    from projbill_beancount.billing.told import Told
    from projbill_beancount.billing.work import Work
    from projbill_beancount.terms.model import Contract

ZERO = Decimal(0)
Answer = TypeVar("Answer")
BY_HOUR = frozenset(("time", "overage", "carried", "adjustment"))


class OnDemand(Mapping[str, Answer]):
    """Answers by project, each computed when it is first asked: drafting needs none of them."""

    def __init__(self, ask: Mapping[str, Callable[[], Answer]]) -> None:
        self._ask = ask
        self._known: dict[str, Answer] = {}

    def __getitem__(self, project: str) -> Answer:
        if project not in self._known:
            self._known[project] = self._ask[project]()
        return self._known[project]

    def __iter__(self) -> Iterator[str]:
        return iter(self._ask)

    def __len__(self) -> int:
        return len(self._ask)


def with_receivable(
    position: Callable[[], Position],
    receivables: Callable[[], Mapping[tuple[str, str], Receivable]],
) -> Position:
    """The position with what is open on its invoices, gross; `receivables` are by contract."""
    found = position()
    owed = receivables().get((found.project, found.currency))
    if owed is None:
        return found
    return found._replace(
        open=found.open + owed.open,
        overdue=found.overdue + owed.overdue,
        credit=found.credit + owed.credit,
    )


def position_of(
    contract: Contract,
    as_of: date,
    told: Told,
    work: Work,
    settled_hours: tuple[int, int, int],
    drafts: Sequence[Draft],
    unbilled: Sequence[UnbilledTime],
    fixed: FixedScope,
    priced: Iterable[Priced],
    retained: Retained | None,
    cap: CapStanding | None,
    stands: Standing,
    more: Decimal,
    expenses: Decimal,
    unapproved: Decimal,
) -> Position:
    """The contract's position on `as_of`; what clients owe on it is told apart.

    `settled_hours` are the billed, the covered and the written-off seconds that are not in `work`;
    `priced` are the open entries with the dates on which they are billed; `more` is what goes on
    the next draft, whichever that is, less what caps leave no room for; `expenses` are part of it.
    `unapproved` is the part of the hours that is not earned before somebody approves it.
    """
    billed = told.billed
    billed_seconds, covered_seconds, written_off = settled_hours
    zero = ZERO.quantize(Decimal(1).scaleb(-contract.places))
    unbilled_amount = _unbilled_time(drafts, unbilled, zero) + fixed.unbilled() + more
    if retained is not None:
        unbilled_amount += retained.unbilled()
    fees = billed.total - expenses_billed(told) + unbilled_amount - expenses - unapproved
    value, completion, earned = _progress(contract, fees, fixed, retained)
    return Position(
        contract.id,
        contract.client,
        contract.billing,
        contract.currency,
        value,
        completion,
        earned,
        billed.total + zero,
        billed.fixed * 100 / value if value else None,
        unbilled_amount,
        sum((draft.net for draft in drafts if not draft.held), zero),
        sum((draft.net for draft in drafts if draft.held and not draft.is_proposal), zero),
        zero,
        zero,
        Hours(
            work.worked + sum(settled_hours),
            work.billed + billed_seconds + work.unbilled,
            work.non_billable + written_off,
            work.covered_seconds + covered_seconds,
            work.billed + billed_seconds,
            work.unbilled,
        ),
        next_trigger(contract, fixed, priced, as_of),
        billed_fixed=billed.fixed + zero,
        credit=zero,
        over_billed=stands.over_billed,
        under_billed=stands.under_billed,
        gap=stands.gap,
        cap=cap,
        retainer=_retainer(retained),
    )


def _unbilled_time(
    drafts: Sequence[Draft], unbilled: Sequence[UnbilledTime], zero: Decimal
) -> Decimal:
    """Hours on drafts as their lines and the caps bill them, and the value of those on none."""
    on_drafts = sum(
        (
            line.amount
            for draft in drafts
            for line in draft.lines
            if line.kind in BY_HOUR and line.adjustment is None
        ),
        zero,
    )
    waiting = (item.value for item in unbilled if item.draft is None and item.value is not None)
    return on_drafts + sum(waiting, zero)


def _progress(
    contract: Contract,
    fees: Decimal,
    fixed: FixedScope,
    retained: Retained | None,
) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
    """Value, completion and what is earned.

    Value × completion for a fixed scope; fees for a retainer; otherwise hours at their prices
    (`fees`, without expenses), out of the cap or the budget where one is agreed.
    """
    if retained is not None:
        return None, None, retained.earned()
    if contract.billing != "time-and-materials":
        return fixed.value, fixed.completion, fixed.earned()
    whole = [cap for cap in contract.caps if cap.amount and not cap.every and not cap.tasks]
    agreed = whole[0].amount if whole else contract.budget.amount
    if whole and agreed is not None:
        agreed += fixed.orders.cap_raise(fixed.as_of)
    completion = min(fees * 100 / agreed, Decimal(100)) if agreed else None
    return agreed, completion, fees


def expenses_billed(told: Told) -> Decimal:
    """Expenses on live invoices less those that are credited."""
    signed = ((1, told.invoiced), (-1, told.credited))
    return sum(
        (
            sign * line.amount
            for sign, documents in signed
            for _, line in documents
            if line.kind == "expense"
        ),
        ZERO,
    )


def _retainer(retained: Retained | None) -> RetainerStanding | None:
    """The retainer's hours in the period of the day, or the last one."""
    use = retained.current if retained else None
    if use is None:
        return None
    return RetainerStanding(use.period, use.allowance.allocated, use.used, use.carried, use.expired)


def next_trigger(
    contract: Contract, fixed: FixedScope, priced: Iterable[Priced], as_of: date
) -> date | None:
    """The next day on which a trigger of the contract can fire, None if no date says so."""
    days = [day for day in _coming(contract, fixed, as_of) if day > as_of]
    if contract.invoice.consolidate == "month":
        end = contract.end
        lasts = [(day, month_end(day)) for day in days]
        days = [end if end and day <= end < last else last for day, last in lasts]
    days += [item.slot.date for item in priced if item.slot and item.slot.date > as_of]
    return min(days, default=None)


def _coming(contract: Contract, fixed: FixedScope, as_of: date) -> Iterator[date]:
    tomorrow = as_of + DAY
    for trigger in contract.triggers:
        if trigger.type != "time" or (contract.end and contract.end < tomorrow):
            continue
        first = max(tomorrow, contract.start) if contract.start else tomorrow
        yield period_containing(first, trigger, contract.start, contract.end).end
    for milestone in contract.milestones.values():
        if fixed.completed[milestone.id] is None:
            day = milestone.bill.date or milestone.due
            if day is not None:
                yield day
