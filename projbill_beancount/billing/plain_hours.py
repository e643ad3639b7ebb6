"""What hours earn by any day on a contract that bills nothing else: all days at once.

This is what the engine says day by day (`performed`), where nothing was taken back or limited; old
books have so many month ends that asking it again for each would take longer than loading them.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from projbill_beancount.billing.calendar import month_end
from projbill_beancount.billing.lines import line_value
from projbill_beancount.billing.retainer_fees import date_of_draft

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator
    from collections.abc import Sequence
    from datetime import date

    from projbill_beancount.billing.contract import Case
    from projbill_beancount.billing.model import Draft
    from projbill_beancount.billing.pricing import Priced
    from projbill_beancount.facts.model import Facts
    from projbill_beancount.terms.model import Contract

#: What is earned on a day.
Earned = tuple["date", Decimal]
HELD = frozenset(("hold", "release"))


def is_plain(contract: Contract, facts: Facts, names: set[str]) -> bool:
    """Whether hours, and documents that nothing takes back, are all that there is."""
    terms = (
        contract.caps,
        contract.split,
        contract.retainer,
        contract.follows,
        contract.milestones,
    )
    if contract.billing != "time-and-materials" or any(terms) or contract.approval:
        return False
    if contract.invoice.hours is not None or facts.credit_notes:
        return False
    for name in names:
        decisions = facts.decisions.get(name, ())
        if facts.change_orders.get(name) or any(one.kind not in HELD for one in decisions):
            return False
    return not any(one.voided or one.covers or one.final for one in facts.invoices)


def earned_by_hour(
    contract: Contract, case: Case, drafts: Sequence[Draft], waiting: Sequence[Priced]
) -> Iterator[Earned]:
    """What each day earns: hours alone on theirs, the rounding of their line on its draft's."""
    for invoice, line in case.told.invoiced:
        if line.kind == "expense":
            continue
        day = min(date_of_draft(line.draft or invoice.draft) or invoice.date, invoice.date)
        worked = (
            [(one.date or day, one.seconds or 0) for one in line.entries]
            if line.price is not None
            else []
        )
        yield from _spread(contract, day, line.amount, line.price, worked)
    for draft in drafts:
        for item in draft.lines:
            if item.kind != "expense":
                entries = [(one.date, one.seconds) for one in item.entries]
                yield from _spread(contract, draft.date, item.amount, item.price, entries)
    for priced in waiting:
        value = case.pricer.value(priced)
        if value is not None:
            yield priced.item.entry.date, value


def _spread(
    contract: Contract,
    day: date,
    amount: Decimal,
    price: Decimal | None,
    worked: Sequence[tuple[date, int]],
) -> Iterator[Earned]:
    """A line's amount: what is of earlier months on their days, the rest on its own."""
    for worked_on, seconds in worked if price is not None else ():
        if month_end(worked_on) < day:
            assert price is not None
            value = line_value(contract, seconds, price)
            amount -= value
            yield worked_on, value
    yield day, amount
