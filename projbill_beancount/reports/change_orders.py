"""Change orders as they stand on a day: what each changes, and what of it is billed."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING
from typing import Literal
from typing import NamedTuple

from projbill_beancount.billing.change_orders import Orders
from projbill_beancount.billing.invoiced import BilledBefore
from projbill_beancount.billing.invoiced import billed_before

if TYPE_CHECKING:
    from collections.abc import Collection
    from collections.abc import Iterable
    from collections.abc import Iterator
    from collections.abc import Mapping
    from collections.abc import Sequence
    from datetime import date

    from projbill_beancount.billing.invoiced import Issued
    from projbill_beancount.billing.model import Billing
    from projbill_beancount.billing.model import Draft
    from projbill_beancount.facts.model import ChangeOrder
    from projbill_beancount.facts.model import Facts
    from projbill_beancount.facts.model import Invoice
    from projbill_beancount.terms.model import Contract
    from projbill_beancount.terms.model import Terms

ZERO = Decimal(0)
#: `not-counted` is approved in the ledger and cannot be billed as it is; the row says why.
State = Literal["pending", "approved", "rejected", "not-counted"]


class ChangeOrderRow(NamedTuple):
    """A change order on a day; amounts net of tax, in the contract's currency.

    `value` is the contract's value on the day, `effect` what the approval adds to it (or added, or
    would add); None where no fixed price is agreed. `billed` is what invoices bill of the order,
    `drafts` and `held` what drafts would: of its own lines, or of the `own` milestones that depend
    on it. An order that changes the price of a milestone of the contract is billed with that, and
    these three are what is billed of the milestone, at the `price` that it has on the day; else
    `price` is None.
    """

    project: str
    client: str
    currency: str
    order: ChangeOrder
    state: State
    why: str
    value: Decimal | None
    effect: Decimal | None
    billed: Decimal
    drafts: Decimal
    held: Decimal
    own: tuple[str, ...] = ()
    price: Decimal | None = None


def change_order_rows(
    terms: Terms, facts: Facts, billing: Billing, projects: Collection[str] | None = None
) -> list[ChangeOrderRow]:
    """The orders of `projects` (None: of all contracts) up to the day, by project and day."""
    contracts = {
        name: contract
        for name, contract in sorted(terms.contracts.items())
        if (projects is None or name in projects) and orders_of(contract, facts, billing.as_of)
    }
    if not contracts:
        return []
    issued = _by_project(facts.invoices, billing.as_of)
    credited = _by_project(facts.credit_notes, billing.as_of)
    drafts: dict[str, list[Draft]] = {}
    for draft in billing.drafts:
        drafts.setdefault(draft.project, []).append(draft)
    return [
        row
        for name, contract in contracts.items()
        for row in _rows(
            contract,
            orders_of(contract, facts, billing.as_of),
            _billed(contract, facts, issued, credited, billing.as_of),
            drafts.get(name, ()),
            billing.as_of,
        )
    ]


def orders_of(contract: Contract, facts: Facts, as_of: date) -> list[ChangeOrder]:
    """The orders of a contract under all its ids that there are on a day, in order of days."""
    names = (contract.id, *contract.formerly)
    found = [one for name in names for one in facts.change_orders.get(name, ())]
    return sorted((one for one in found if one.date <= as_of), key=lambda one: (one.date, one.id))


def _rows(
    contract: Contract,
    orders: Sequence[ChangeOrder],
    billed: BilledBefore,
    drafts: Sequence[Draft],
    as_of: date,
) -> Iterator[ChangeOrderRow]:
    standing = Orders(contract, orders, as_of)
    problems = {found.id: found.message for found in standing.findings}
    value = standing.value()
    for order in orders:
        state: State = "not-counted"
        if order.id not in problems:
            state = _state(standing, order)
        own = tuple(
            name for name, one in contract.milestones.items() if one.change_order == order.id
        )
        amended = None
        if order.milestone and order.milestone not in own:
            amended = contract.milestones.get(order.milestone)
        named = own if amended is None else (amended.id,)
        amounts = [billed.orders.get(order.id, ZERO)]
        amounts += [billed.milestones.get(name, ZERO) for name in named]
        yield ChangeOrderRow(
            contract.id,
            contract.client,
            contract.currency,
            order,
            state,
            problems.get(order.id, ""),
            value,
            _effect(contract, orders, order, as_of),
            sum(amounts, ZERO),
            _on_drafts(drafts, order.id, named, held=False),
            _on_drafts(drafts, order.id, named, held=True),
            own,
            None if amended is None else standing.price(amended, as_of),
        )


def _state(standing: Orders, order: ChangeOrder) -> State:
    found = standing.standing(order.id)
    return "pending" if found == "unknown" else found


def _effect(
    contract: Contract, orders: Iterable[ChangeOrder], order: ChangeOrder, as_of: date
) -> Decimal | None:
    """What the approval of `order` makes of the contract's value, with the others as they are."""
    others = [one for one in orders if one is not order]
    approved = order._replace(approved=order.approved or as_of, rejected=None)
    if order.approved is not None and order.approved > as_of:
        approved = approved._replace(approved=as_of)
    after = Orders(contract, [*others, approved], as_of).value()
    before = Orders(contract, others, as_of).value()
    return None if after is None or before is None else after - before


def _on_drafts(
    drafts: Iterable[Draft], identity: str, milestones: Collection[str], *, held: bool
) -> Decimal:
    return sum(
        (
            line.amount
            for draft in drafts
            if draft.held == held
            for line in draft.lines
            if line.kind != "covered"
            and (line.milestone in milestones if line.milestone else line.change_order == identity)
        ),
        ZERO,
    )


def _billed(
    contract: Contract,
    facts: Facts,
    issued: Mapping[str, Sequence[Issued]],
    credited: Mapping[str, Sequence[Issued]],
    as_of: date,
) -> BilledBefore:
    """What is billed on a contract's orders and milestones, as the engine counts it."""
    names = (contract.id, *contract.formerly)
    decisions = [one for name in names for one in facts.decisions.get(name, ())]
    return BilledBefore(
        [pair for name in names for pair in issued.get(name, ())],
        [pair for name in names for pair in credited.get(name, ())],
        billed_before(decisions, as_of),
    )


def _by_project(documents: Iterable[Invoice], as_of: date) -> dict[str, list[Issued]]:
    found: dict[str, list[Issued]] = {}
    for document in documents:
        if document.is_live(as_of):
            for line in document.lines:
                found.setdefault(line.project, []).append((document, line))
    return found
