"""What a draft line rests on: prices, orders, hours, receipts, and what is billed on it already."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from projbill_beancount.billing.expenses import converted
from projbill_beancount.billing.milestones import milestone_of
from projbill_beancount.billing.rounding import share
from projbill_beancount.reports.evidence import Node
from projbill_beancount.reports.evidence import order_name
from projbill_beancount.reports.explain_retainer import retainer_nodes
from projbill_beancount.reports.numbers import money
from projbill_beancount.reports.numbers import plain
from projbill_beancount.reports.numbers import quantity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from projbill_beancount.billing.contract import Case
    from projbill_beancount.billing.model import Draft
    from projbill_beancount.billing.model import Line
    from projbill_beancount.facts.model import ChangeOrder
    from projbill_beancount.facts.model import Expense
    from projbill_beancount.reports.evidence import Evidence
    from projbill_beancount.terms.model import BillRule
    from projbill_beancount.terms.model import Cap
    from projbill_beancount.terms.model import Contract
    from projbill_beancount.terms.model import Milestone

ZERO = Decimal(0)
RETAINED = frozenset(("retainer", "overage", "covered"))
EXCESS = {
    "adjust": "what is above it is billed if a change order raises it",
    "carry": "what is above it is carried to the next period",
    "drop": "what is above it is never billed",
}


def line_nodes(evidence: Evidence, case: Case, draft: Draft, line: Line) -> Iterator[Node]:
    """What the amount of `line` comes from, beside its time entries."""
    contract = case.contract
    scope = case.fixed.scope.get(line.milestone or line.change_order or "")
    if line.kind == "covered" and scope is not None:
        yield Node("covers", f"the price of {scope.id} {scope.name} pays for them", scope.place)
    elif line.kind in RETAINED and case.retained is not None:
        yield from retainer_nodes(case, draft, line)
    elif scope is not None:
        yield from _scope(evidence, case, draft, line, scope)
    elif line.change_order:
        yield from _order(evidence, case, draft, line.change_order)
    elif line.expenses:
        yield from _expenses(evidence, contract, line)
    elif line.adjustment:
        yield from _adjustment(evidence, contract, line.adjustment)
    elif line.kind in {"adjustment", "carried"}:
        yield from (cap_node(evidence, contract, cap) for cap in contract.caps)


def cap_node(evidence: Evidence, contract: Contract, cap: Cap) -> Node:
    """A cap with what raised it, what is used of it, and what becomes of the excess."""
    currency = contract.currency
    tasks = f" for {', '.join(cap.tasks)}" if cap.tasks else ""
    every = f" a {cap.every}" if cap.every else ""
    size = quantity(cap.seconds or 0) + " h"
    if cap.amount is not None:
        size = f"{money(cap.amount, currency)} {currency}"
    children = []
    whole = not cap.tasks and cap.every is None
    for order in evidence.orders_of(contract) if whole else ():
        more = order.cap if cap.amount is not None else order.seconds
        if more and _is_approved(evidence, order):
            said = f"{quantity(int(more))} h"
            if cap.amount is not None:
                said = f"{money(Decimal(more), currency)} {currency}"
            text = f"{order_name(order)} changes it by {said}, approved on {order.approved}"
            children.append(Node("change-order", text, order.approved_at))
    position = evidence.billing.positions.get(contract.id)
    standing = position.cap if position else None
    if standing is not None and whole:
        used, over = (
            f"{quantity(int(size))} h"
            if standing.in_hours
            else f"{money(size, currency)} {currency}"
            for size in (standing.used, standing.over)
        )
        children.append(Node("used", f"{used} are billed or waiting, {over} are above it"))
    text = f"at most {size}{tasks}{every}; {EXCESS[cap.excess]}"
    return Node("cap", text, cap.place, tuple(children))


def rule_words(rule: BillRule) -> str:
    """When a milestone with this rule is billed."""
    if rule.kind == "date":
        agreed = ", agreed in advance" if rule.advance else ""
        return f"billed on {rule.date}{agreed}"
    return {
        "complete": "billed when 100 % is reported",
        "accepted": "billed when it is accepted",
        "progress": "billed by what is reported",
        "steps": f"billed in steps of {', '.join(plain(step) for step in rule.steps)} %",
        "manual": "billed by hand alone",
    }[rule.kind]


def price_nodes(evidence: Evidence, case: Case, milestone: Milestone) -> Iterator[Node]:
    """The price of a milestone and what changed it."""
    currency, fixed = case.contract.currency, case.fixed
    text = f"{milestone.id} {milestone.name} costs {money(milestone.value, currency)} {currency}"
    yield Node("price", f"{text}, {rule_words(milestone.bill)}", milestone.place)
    if milestone.change_order:
        yield from order_nodes(evidence, case.contract, milestone.change_order)
    for order in fixed.orders.amendments(milestone.id, None, fixed.as_of):
        amount = f"{money(order.amount, currency)} {currency}"
        text = f"{order_name(order)} changes it by {amount}"
        yield Node("change-order", f"{text}, approved on {order.approved}", order.approved_at)
    frozen = fixed.bases.get(milestone.id)
    if frozen is not None:
        text = f"it was invoiced at {money(frozen[1], currency)} {currency} on {frozen[0]}"
        yield Node("price", f"{text}; a change of the contract alone bills nothing")


def order_nodes(evidence: Evidence, contract: Contract, identity: str) -> Iterator[Node]:
    """A change order with its approval."""
    for order in evidence.orders_of(contract):
        if order.id != identity:
            continue
        yield Node("change-order", _order_words(order, contract.currency), order.place)
        if order.rejected is not None and order.rejected <= evidence.billing.as_of:
            yield Node("rejected", f"rejected on {order.rejected}", order.place)
        elif _is_approved(evidence, order):
            yield Node("approval", f"approved on {order.approved}", order.approved_at)
        else:
            remedy = f"`projbill approve {contract.id} {order.id}` approves it"
            yield Node("pending", f"not approved yet; {remedy}")


def _order_words(order: ChangeOrder, currency: str) -> str:
    """What a change order changes."""
    text = f"{order_name(order)}: {money(order.amount, currency)} {currency}"
    if order.milestone:
        text += f" on the price of {order.milestone}"
    if order.cap is not None:
        text += f", the cap by {money(order.cap, currency)} {currency}"
    if order.seconds is not None:
        text += f", {quantity(order.seconds)} h"
    return text


def billed_nodes(evidence: Evidence, case: Case, identity: str, draft: Draft) -> Iterator[Node]:
    """What is billed on a milestone or a change order already, and what earlier drafts bill."""
    contract, told = case.contract, case.told
    currency = contract.currency
    for sign, pairs in ((1, told.invoiced), (-1, told.credited)):
        for document, issued in pairs:
            names = {
                issued.change_order,
                issued.milestone and milestone_of(contract, issued.milestone),
            }
            if identity in names and issued.kind != "covered":
                amount = f"{money(issued.amount, currency)} {currency}"
                text = f"less {amount} on {document.number} of {document.date}"
                if sign < 0:
                    text = f"plus {amount} taken back by {document.number} of {document.date}"
                yield Node("billed", text, issued.place)
    for decision in evidence.decisions_of(contract):
        if decision.kind == "billed-before" and decision.subject == identity:
            text = f"less {money(decision.amount or ZERO, currency)} {currency} billed before"
            yield Node("billed", f"{text} {decision.date}", decision.place)
    yield from _on_earlier_drafts(evidence, identity, draft)


def _on_earlier_drafts(evidence: Evidence, identity: str, draft: Draft) -> Iterator[Node]:
    """What ready drafts of the same payer bill before this one."""
    for other in evidence.billing.drafts:
        same = (other.project, other.client) == (draft.project, draft.client)
        if other.held or not same or other.date >= draft.date:
            continue
        for line in other.lines:
            if identity in {line.milestone, line.change_order} and line.kind != "covered":
                amount = f"{money(line.amount, draft.currency)} {draft.currency}"
                yield Node("billed", f"less {amount} on ready draft {other.id}")


def _scope(
    evidence: Evidence, case: Case, draft: Draft, line: Line, milestone: Milestone
) -> Iterator[Node]:
    """The price, the percentage that may be billed, and what is billed already."""
    yield from price_nodes(evidence, case, milestone)
    if line.complete is not None and line.basis is not None:
        currency, places = case.contract.currency, case.contract.places
        amount = money(share(line.basis, line.complete, places), currency)
        text = f"{plain(line.complete)} % of {money(line.basis, currency)} {currency} may be billed"
        yield Node("entitled", f"{text}: {amount} {currency}")
    yield from billed_nodes(evidence, case, milestone.id, draft)


def _order(evidence: Evidence, case: Case, draft: Draft, identity: str) -> Iterator[Node]:
    yield from order_nodes(evidence, case.contract, identity)
    yield from billed_nodes(evidence, case, identity, draft)


def _expenses(evidence: Evidence, contract: Contract, line: Line) -> Iterator[Node]:
    for expense in evidence.expenses_of(contract):
        if expense.id in line.expenses:
            yield expense_node(evidence, contract, expense)


def expense_node(evidence: Evidence, contract: Contract, expense: Expense) -> Node:
    """A receipt with its conversion and its markup."""
    currency = contract.currency
    paid = f"{money(expense.amount, expense.currency)} {expense.currency}"
    text = f"{expense.date} {expense.text}: {paid} on {expense.account} ({expense.id})"
    found = converted(contract, expense, evidence.facts.prices)
    children = []
    if found.amount is None:
        why = f"there is no price of {expense.currency} in {currency} on or before {expense.date}"
        children.append(Node("conversion", why))
    elif expense.currency != currency:
        said = found.said.removeprefix(", ")
        children.append(Node("conversion", f"{said}: {money(found.amount, currency)} {currency}"))
    if expense.markup:
        children.append(Node("markup", f"{plain(expense.markup)} % are added"))
    return Node("expense", text, expense.place, tuple(children))


def _adjustment(evidence: Evidence, contract: Contract, identity: str) -> Iterator[Node]:
    for decision in evidence.decisions_of(contract):
        if decision.kind == "adjustment" and decision.subject == identity:
            amount = f"{money(decision.amount or ZERO, contract.currency)} {contract.currency}"
            text = f"{identity} of {decision.date}: {amount} agreed"
            yield Node("adjustment", text, decision.place)


def _is_approved(evidence: Evidence, order: ChangeOrder) -> bool:
    as_of = evidence.billing.as_of
    rejected = order.rejected is not None and order.rejected <= as_of
    return order.approved is not None and order.approved <= as_of and not rejected
