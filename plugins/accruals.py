"""Month-end accruals of contracts in the accrual style, as ledger entries.

At each month end the unbilled and the deferred account of a contract come to what they should be:
the drafts, and what is earned and not billed, or billed and not earned. Each entry posts the
difference to the month before, so that no reversal is needed.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING
from typing import Any

from beancount.core.amount import Amount
from beancount.core.data import EMPTY_SET
from beancount.core.data import Posting
from beancount.core.data import Transaction

from projbill_beancount.billing.accrual import Line
from projbill_beancount.billing.accrual import line_of
from projbill_beancount.billing.accrual import sheets_of
from projbill_beancount.billing.revenue import revenue_account

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable
    from collections.abc import Iterator
    from datetime import date

    from projbill_beancount.billing.accrual import Month
    from projbill_beancount.billing.accrual import Sheet
    from projbill_beancount.billing.model import Draft
    from projbill_beancount.evaluate import Evaluation
    from projbill_beancount.plugins.postings import Settled
    from projbill_beancount.terms.model import Contract

ZERO = Decimal(0)
ACCRUAL_TAG = frozenset(("accrual",))


def accruals(
    evaluation: Evaluation, drafts: Iterable[tuple[Draft, date]], settled: Iterable[Settled]
) -> Iterator[Transaction]:
    """The accruals of all contracts in that style, up to the day of the billing.

    `drafts` are posted on their days, as are those that invoices `settled` later.
    """
    terms, facts, billing, accounts = evaluation
    sheets = sheets_of(terms.contracts, facts, accounts, billing.histories)
    for draft, day in drafts:
        _book_draft(sheets, evaluation, draft, day)
    for one in settled:
        for line in one.lines:
            sheet = sheets.get(line.project)
            if sheet is not None and one.invoice.currency == sheet.contract.currency:
                sheet.add(one.day, line_of(line), drafted=True)
                sheet.add(one.invoice.date, line_of(line), drafted=True, back=True)
    closed = terms.firm.closed_until
    for project in billing.histories:
        contract, posted = terms.contracts[project], (ZERO, ZERO)
        for month in sheets[project].months(billing.as_of, closed):
            more = (month.unbilled - posted[0], month.deferred - posted[1])
            if more == (ZERO, ZERO):
                continue
            entry = _entry(contract, month, more, evaluation)
            if _is_usable(entry, contract, evaluation):
                posted = (month.unbilled, month.deferred)
                yield entry


def _book_draft(sheets: dict[str, Sheet], evaluation: Evaluation, draft: Draft, day: date) -> None:
    sheet = sheets.get(draft.project)
    if sheet is None:
        return
    for line in draft.lines:
        account = revenue_account(evaluation.accounts, sheet.contract, line)
        known = Line(line.kind, account, line.amount, bool(line.entries))
        sheet.add(day, known, drafted=True)


def _entry(
    contract: Contract, month: Month, more: tuple[Decimal, Decimal], evaluation: Evaluation
) -> Transaction:
    """The accrual of a month: `more` on unbilled and deferred against income, to the cent."""
    accounts, currency = evaluation.accounts, contract.currency
    one = Decimal(1).scaleb(-contract.places)
    earned, billed = month.earned.quantize(one), month.billed.quantize(one)
    source = {"filename": f"accrual {contract.id}/{month.end}", "lineno": 1}
    meta: dict[str, Any] = {
        **source,
        "project": contract.id,
        "earned": Amount(earned, currency),
        "billed": Amount(billed, currency),
    }
    unbilled, deferred = more
    postings = [
        Posting(account, Amount(amount.quantize(one), currency), None, None, None, dict(source))
        for account, amount in (
            (accounts.unbilled(contract.id), unbilled),
            (accounts.deferred(contract.id), deferred),
            (accounts.income(contract.id), -(unbilled + deferred)),
        )
        if amount
    ]
    client = evaluation.terms.firm.clients.get(contract.payer)
    return Transaction(
        meta,
        month.day,
        "*",
        client.name if client else contract.payer,
        f"Accrual {contract.id} {month.end}: {earned} earned, {billed} billed",
        ACCRUAL_TAG,
        EMPTY_SET,
        postings,
    )


def _is_usable(entry: Transaction, contract: Contract, evaluation: Evaluation) -> bool:
    """Whether the accounts are open on the day; what is not posted is, once they are."""
    opened, names = evaluation.facts.accounts, evaluation.accounts
    if opened is None:
        return True
    ours = (names.unbilled(contract.id), names.deferred(contract.id))
    for posting in entry.postings:
        known = opened.get(posting.account)
        if known is None:
            if posting.account in ours:
                continue
            return False
        if known.opened > entry.date or (known.closed is not None and known.closed < entry.date):
            return False
        if known.currencies and contract.currency not in known.currencies:
            return False
    return True
