"""Expenses of projects as records of the ledger."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.ledger.facts import percent_text
from projbill_beancount.ledger.record import Leg
from projbill_beancount.ledger.record import Record
from projbill_beancount.terms.currencies import places

if TYPE_CHECKING:  # pragma: no cover
    from projbill_beancount.terms.model import Terms

Day = date


class SpentMoney(NamedTuple):
    """Money to be written: what was spent for a project, below zero where it came back.

    It is on `account` and was paid from `paid_from`. `billable` is the row's own word, `markup` a
    percentage; None where it has none. `tax` is a tax code or "none"; the texts may be empty.
    `tool_invoice` is how the tool from which it comes has marked what it has invoiced.
    """

    id: str
    date: Day
    project: str
    amount: Decimal
    currency: str
    account: str
    paid_from: str
    billable: bool | None = None
    markup: Decimal | None = None
    tax: str = ""
    person: str = ""
    payee: str = ""
    note: str = ""
    tool_invoice: str | bool = ""


def expense_record(spent: SpentMoney, terms: Terms, source: str) -> Record:
    """The transaction of one expense: its account with what is to be billed, and the other side."""
    meta: dict[str, str | bool] = {"id": spent.id, "project": spent.project}
    if spent.billable is not None:
        meta["billable"] = spent.billable
    if spent.markup is not None:
        meta["markup"] = percent_text(spent.markup)
    texts = (("tax", spent.tax), ("person", spent.person), ("note", spent.note))
    meta |= {key: text for key, text in texts if text}
    if spent.tool_invoice:
        meta["tool-invoice"] = spent.tool_invoice
    contract = terms.contracts[spent.project]
    narration = spent.note or f"{contract.name or contract.id}: {spent.account.rpartition(':')[2]}"
    legs = (
        Leg(spent.account, 0, meta, amount_text(spent.amount, spent.currency), spent.currency),
        Leg(spent.paid_from, 0, {}, amount_text(-spent.amount, spent.currency), spent.currency),
    )
    return Record(spent.date, spent.payee, narration, {"source": source}, legs, "expenses")


def amount_text(amount: Decimal, currency: str) -> str:
    """An exact amount with at least the places of its currency: 84 EUR is "84.00"."""
    wanted = -places(currency)
    exponent = amount.as_tuple().exponent
    finer = isinstance(exponent, int) and exponent < wanted
    return f"{amount if finer else amount.quantize(Decimal(1).scaleb(wanted)):f}"
