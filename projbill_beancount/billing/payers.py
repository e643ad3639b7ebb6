"""Payers' shares: one contract that several clients pay, each a part of every invoice.

Each payer is billed as on a contract of its own, whose prices are its shares of the agreed ones
and whose invoices are its own; so an entry is billed once to each payer, and to none twice.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from projbill_beancount.billing.rounding import divided

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable

    from projbill_beancount.facts.model import ChangeOrder
    from projbill_beancount.facts.model import Decision
    from projbill_beancount.facts.model import Facts
    from projbill_beancount.terms.model import Contract

#: Decisions whose amount is shared.
SHARED_DECISIONS = frozenset(("adjustment", "billed-before"))
#: A number of percent whose denominator divides this is exact with six decimal places.
SIX_PLACES = 10**6


def payers_of(contract: Contract) -> list[Contract]:
    """The contract as each payer has it, with its shares of the agreed amounts.

    None where one client pays, or where the shares do not add up.
    """
    if sum((share.fraction for share in contract.split), Fraction(0)) != 1:
        return []
    return [_terms(contract._replace(share=share)) for share in contract.split]


def part_of(contract: Contract, amount: Decimal) -> Decimal:
    """The payer's part of `amount`, all of it on a contract with one payer.

    The parts of all payers add up to the amount.
    """
    if contract.share is None:
        return amount
    fractions = [share.fraction for share in contract.split]
    parts = divided(amount, fractions, contract.places)
    return parts[contract.split.index(contract.share)]


def shared_text(contract: Contract, text: str) -> str:
    """A line's text with the share that the payer at hand pays of what was done."""
    if contract.share is None:
        return text
    return f"{text} ({_share_words(contract.share.fraction)} share)"


def _share_words(part: Fraction) -> str:
    """A share in percent, `62.5 %`, or as a fraction where no decimal number is exact: `1/3`."""
    percent = part * 100
    if SIX_PLACES % percent.denominator:
        return str(part)
    return f"{Decimal(percent.numerator) / percent.denominator:f} %"


def shared_facts(contract: Contract, facts: Facts) -> Facts:
    """What happened, with the payer's shares of the amounts that the ledger agrees on."""
    orders, decisions = dict(facts.change_orders), dict(facts.decisions)
    for project in (contract.id, *contract.formerly):
        if project in orders:
            orders[project] = [_order(contract, order) for order in orders[project]]
        if project in decisions:
            decisions[project] = list(_decisions(contract, decisions[project]))
    client = contract.payer
    return facts._replace(
        change_orders=orders,
        decisions=decisions,
        invoices=[invoice for invoice in facts.invoices if invoice.client in {client, ""}],
        credit_notes=[credit for credit in facts.credit_notes if credit.client in {client, ""}],
    )


def _terms(contract: Contract) -> Contract:
    assert contract.share is not None
    retainer, value = contract.retainer, contract.value
    return contract._replace(
        bill_to=contract.share.client,
        value=None if value is None else part_of(contract, value),
        milestones={
            name: milestone._replace(value=part_of(contract, milestone.value))
            for name, milestone in contract.milestones.items()
        },
        retainer=retainer and retainer._replace(fee=part_of(contract, retainer.fee)),
        caps=tuple(
            cap._replace(amount=None if cap.amount is None else part_of(contract, cap.amount))
            for cap in contract.caps
        ),
    )


def _order(contract: Contract, order: ChangeOrder) -> ChangeOrder:
    return order._replace(
        amount=part_of(contract, order.amount),
        cap=None if order.cap is None else part_of(contract, order.cap),
    )


def _decisions(contract: Contract, decisions: Iterable[Decision]) -> Iterable[Decision]:
    for decision in decisions:
        if decision.kind in SHARED_DECISIONS and decision.amount is not None:
            yield decision._replace(amount=part_of(contract, decision.amount))
        else:
            yield decision
