"""Which account a line of a draft or of an invoice is credited to."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # pragma: no cover
    from projbill_beancount.billing.model import Line
    from projbill_beancount.terms.accounts import Accounts
    from projbill_beancount.terms.model import Contract


def revenue_account(names: Accounts, contract: Contract, line: Line) -> str:
    """Income; expenses apart; with accrual, what is billed in advance is deferred (IFRS 15.106).

    A disbursement is no revenue: it clears the account that it was paid from.
    """
    if line.account:
        return line.account
    if line.kind == "expense":
        return names.expenses(contract.id)
    if contract.style == "accrual" and _is_advance(contract, line):
        return names.deferred(contract.id)
    return names.income(contract.id)


def _is_advance(contract: Contract, line: Line) -> bool:
    if line.kind == "retainer":
        retainer = contract.retainer
        if retainer is None:
            return False
        lasts = retainer.every == "once" and contract.end is None
        return retainer.advance or lasts  # a block without an end is billed when it begins
    milestone = contract.milestones.get(line.milestone or "")
    return line.kind == "milestone" and milestone is not None and milestone.bill.advance
