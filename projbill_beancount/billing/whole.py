"""What holds all drafts of a contract, whatever is on them."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from projbill_beancount.billing.drafts import Hold
from projbill_beancount.billing.findings import finding
from projbill_beancount.billing.model import Reason
from projbill_beancount.billing.rounding import divide_half_up

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable
    from collections.abc import Iterator

    from projbill_beancount.billing.model import Finding
    from projbill_beancount.billing.told import Told
    from projbill_beancount.facts.model import Facts
    from projbill_beancount.terms.model import Contract


def whole_holds(contract: Contract, facts: Facts, told: Told) -> list[Hold]:
    """Invoices that nobody can read or that are in another currency, and wrong shares."""
    return [
        *_unread_invoices(contract, facts),
        *_wrong_shares(contract),
        *_foreign_invoices(contract, told),
    ]


def whole_findings(contract: Contract, holds: Iterable[Hold]) -> list[Finding]:
    """The findings of these holds, but for those that are reported as what cannot be read."""
    return [
        finding(hold.reason.code, contract.id, None, hold.reason.message, hold.place)
        for hold in holds
        if hold.reason.code in {"split-incomplete", "currency-mismatch"}
    ]


def _unread_invoices(contract: Contract, facts: Facts) -> Iterator[Hold]:
    projects = (contract.id, *contract.formerly)
    for problem in facts.problems:
        if problem.hides_invoice and problem.project in projects:
            yield Hold(Reason(problem.code, None, problem.message, ()), problem.place)


def _wrong_shares(contract: Contract) -> Iterator[Hold]:
    total = sum((share.fraction for share in contract.split), Fraction(0))
    if contract.split and total != 1:
        percent = divide_half_up(Decimal(total.numerator * 100), total.denominator, 2).normalize()
        message = f"the shares of the payers add up to {percent:f} %, not to 100 %: correct `split`"
        place = contract.split_place or contract.place
        yield Hold(Reason("split-incomplete", None, message, ()), place)


def _foreign_invoices(contract: Contract, told: Told) -> Iterator[Hold]:
    """Issued in another currency than the contract's: what is billed in two cannot be added up."""
    found = {one.number: one for one, _ in (*told.invoiced, *told.credited) if one.number}
    for number, one in found.items():
        if one.currency != contract.currency:
            message = (
                f"{number} is in {one.currency}, and the contract in {contract.currency}: the "
                "currency of a contract is fixed once something was issued"
            )
            yield Hold(Reason("currency-mismatch", None, message, ()), one.place)
