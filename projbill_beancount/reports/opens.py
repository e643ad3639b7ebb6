"""The `open` directives that receivables, income and taxes still need."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Sequence
    from datetime import date

    from projbill_beancount.facts.model import Facts
    from projbill_beancount.terms.accounts import Accounts
    from projbill_beancount.terms.model import Contract
    from projbill_beancount.terms.model import Terms


class Opening(NamedTuple):
    """An account that is to be opened from `date` on; `currencies` are sorted."""

    date: date
    account: str
    currencies: tuple[str, ...]


def missing_opens(terms: Terms, facts: Facts, accounts: Accounts, as_of: date) -> list[Opening]:
    """The accounts that the contracts post to and the ledger does not open, by name.

    Each opens on the first day that its contracts need it: their start, or their first fact.
    """
    if facts.accounts is None:
        return []
    needed: dict[str, Opening] = {}
    for contract in terms.contracts.values():
        since = _first_day(contract, facts, as_of)
        for account in _accounts_of(contract, terms, accounts):
            if account not in facts.accounts:
                wanted = Opening(since, account, (contract.currency,))
                needed[account] = _joined(needed.get(account, wanted), wanted)
    return [needed[account] for account in sorted(needed)]


def opens_data(as_of: date, openings: Sequence[Opening]) -> dict[str, object]:
    """The openings as JSON wants them."""
    return {"as-of": as_of.isoformat(), "open": opens_rows(openings)}


def opens_rows(openings: Sequence[Opening]) -> list[dict[str, object]]:
    """One mapping for each opening."""
    return [
        {
            "date": opening.date.isoformat(),
            "account": opening.account,
            "currencies": list(opening.currencies),
        }
        for opening in openings
    ]


def opens_text(openings: Sequence[Opening]) -> str:
    """The openings as Beancount text, a line each."""
    width = max((len(opening.account) for opening in openings), default=0)
    return "".join(
        f"{opening.date} open {opening.account:<{width}} {','.join(opening.currencies)}\n"
        for opening in openings
    )


def _joined(first: Opening, second: Opening) -> Opening:
    currencies = tuple(sorted({*first.currencies, *second.currencies}))
    return Opening(min(first.date, second.date), first.account, currencies)


def _accounts_of(contract: Contract, terms: Terms, accounts: Accounts) -> Iterator[str]:
    yield accounts.receivable(contract.client)
    yield accounts.income(contract.id)
    codes = {contract.invoice.tax, *(item.tax for item in contract.milestones.values())}
    for code in codes:
        tax = terms.firm.taxes.get(code or "")
        if tax is not None and tax.account:
            yield tax.account


def _first_day(contract: Contract, facts: Facts, as_of: date) -> date:
    names = (contract.id, *contract.formerly)
    days = [contract.start] if contract.start else []
    for name in names:
        days += [entry.date for entry in facts.time.get(name, ())]
        days += [report.date for report in facts.progress.get(name, ())]
    days += [invoice.date for invoice in facts.invoices if invoice.project in names]
    return min(days, default=as_of)
