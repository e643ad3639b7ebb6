"""Findings about receivables: overdue, paid too little or too much, or not for a known invoice."""

from __future__ import annotations

from decimal import Decimal
from operator import itemgetter
from typing import TYPE_CHECKING

from projbill_beancount.billing.findings import finding

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable
    from collections.abc import Iterator
    from collections.abc import Mapping
    from collections.abc import Sequence
    from datetime import date

    from projbill_beancount.billing.model import Finding
    from projbill_beancount.billing.receivables import OpenItem
    from projbill_beancount.billing.receivables import Owed
    from projbill_beancount.billing.receivables import Receivables
    from projbill_beancount.facts.model import Invoice
    from projbill_beancount.facts.model import Settlement
    from projbill_beancount.terms.model import Contract
    from projbill_beancount.terms.model import Place

ZERO = Decimal(0)
#: What is left of an invoice after a payment is suspicious below so many per cent of it.
SHORT_PERCENT = 5


def payment_findings(
    receivables: Receivables,
    owed: Owed,
    contracts: Iterable[Contract],
    owners: Mapping[str, str],
) -> Iterator[Finding]:
    """What does not fit on the clients' accounts on the day of `owed`."""
    day = owed.day
    for account in owed.accounts:
        for item in account.items:
            project = _project_of(item.document, owners)
            if item.left > ZERO and not item.is_credit:
                yield from _open(item, project, day)
            elif item.left < ZERO and not item.is_credit:
                yield from _over(item, project, day)
    for document, settled in zip(receivables.documents, receivables.settled, strict=True):
        for one in settled:
            if one.date < document.date and one.date <= day and one.amount > ZERO:
                yield _early(document, one, _project_of(document, owners))
    loose = [one for one in receivables.loose if one.date <= day and one.amount > ZERO]
    only = _only_projects(contracts) if loose else {}
    for one in loose:
        project = owners.get(one.project, one.project) or only.get(one.client, "")
        yield _unallocated(one, project)


def _open(item: OpenItem, project: str, day: date) -> Iterator[Finding]:
    """`invoice-overdue`, and `payment-short`: a payment left only a small remainder open."""
    document, left = item.document, item.left
    currency = document.currency
    if item.days is not None and item.days > 0:
        days = "1 day" if item.days == 1 else f"{item.days} days"
        message = (
            f"{document.number} to {document.client} is {days} overdue: {left} {currency} of "
            f"{document.total} are open"
        )
        yield _finding(
            "invoice-overdue", project, document.due, message, document.place, left, document
        )
    payments = _payments(item.settlements, day)
    payable = left + item.paid
    if payments and left * 100 < SHORT_PERCENT * payable:
        last = payments[-1]
        message = (
            f"{left} {currency} of {document.number} are left open by a payment{_beside(last)}: "
            "a discount, a bank's fee or withheld tax? Book it on the receivable, or ask for it"
        )
        yield _finding("payment-short", project, last.date, message, last.place, left, document)


def _over(item: OpenItem, project: str, day: date) -> Iterator[Finding]:
    """`payment-over`: with what was paid the client has more than the invoice comes to.

    Credits alone that exceed it are `credit-exceeds-invoice`.
    """
    document, excess = item.document, -item.left
    if document.date > day or item.paid <= ZERO:
        return
    dated = [(one.date, one.place) for one in _payments(item.settlements, day)]
    dated += [(one.date, one.place) for one in item.credit_notes if one.is_live(day)]
    when, place = max(dated, key=itemgetter(0)) if dated else (document.date, document.place)
    if document.voided is not None and document.voided <= day:
        said = f"{document.number} is void, and {excess} {document.currency} are paid on it"
    else:
        said = (
            f"{excess} {document.currency} more are paid or credited on {document.number} than "
            "it bills"
        )
    message = f"{said}: refund it, or set it off against another invoice"
    yield _finding("payment-over", project, when, message, place, excess, document)


def _early(document: Invoice, one: Settlement, project: str) -> Finding:
    """`payment-before-invoice`: money received before it is owed is a deposit or deferred."""
    message = (
        f"{one.amount} {one.currency} are paid on {one.date} for {document.number}, which is dated "
        f"{document.date}: until then it is a deposit"
    )
    return _finding(
        "payment-before-invoice", project, one.date, message, one.place, one.amount, document
    )


def _unallocated(one: Settlement, project: str) -> Finding:
    """`payment-unallocated`: nothing says which invoice a credit of a receivable is for."""
    message = (
        f"{one.amount} {one.currency} are credited to {one.account}, and no invoice is settled by "
        f"it: {one.problem}"
    )
    return finding(
        "payment-unallocated",
        project,
        one.date,
        message,
        one.place,
        amount=one.amount,
        identity=one.account,
    )._replace(currency=one.currency)


def _payments(settlements: Sequence[Settlement], day: date) -> list[Settlement]:
    """What lowered the debt up to a day, in order of dates."""
    paid = [one for one in settlements if one.amount > ZERO and one.date <= day]
    return sorted(paid, key=lambda one: one.date)


def _beside(one: Settlement) -> str:
    """What a payment books beside the money: the accounts after the first one."""
    others = [f"{amount} {currency} on {account}" for account, amount, currency in one.booked[1:]]
    return f" (beside {', '.join(others)})" if others else ""


def _project_of(document: Invoice, owners: Mapping[str, str]) -> str:
    return owners.get(document.project, document.project)


def _only_projects(contracts: Iterable[Contract]) -> dict[str, str]:
    """The project of each client that has only one."""
    found: dict[str, set[str]] = {}
    for contract in contracts:
        payers = [share.client for share in contract.split] or [contract.payer]
        for payer in payers:
            found.setdefault(payer, set()).add(contract.id)
    return {client: next(iter(ids)) for client, ids in found.items() if len(ids) == 1}


def _finding(
    code: str,
    project: str,
    when: date | None,
    message: str,
    place: Place,
    amount: Decimal,
    document: Invoice,
) -> Finding:
    found = finding(code, project, when, message, place, amount=amount, identity=document.number)
    return found._replace(currency=document.currency)
