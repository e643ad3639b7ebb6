"""Facts out of a loaded ledger, in one pass over its entries."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

from beancount.core.data import Transaction

from projbill_beancount.facts.accounts import TimeAccounts
from projbill_beancount.facts.accounts import open_accounts
from projbill_beancount.facts.accounts import opens_accounts_itself
from projbill_beancount.facts.invoices import InvoiceReader
from projbill_beancount.facts.model import Facts
from projbill_beancount.facts.model import Problem
from projbill_beancount.facts.model import Progress
from projbill_beancount.facts.progress import read_progress
from projbill_beancount.facts.time import TimeReader
from projbill_beancount.terms.model import Place

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Mapping
    from collections.abc import Sequence
    from datetime import date

    from beancount.core.data import Directive

    from projbill_beancount.terms.accounts import Accounts
    from projbill_beancount.terms.model import Terms

#: Tags of transactions that are no time entries, though they move hours.
BILLING_TAGS = frozenset(("invoice", "closed", "credit-note", "void", "draft"))


def read_facts(
    entries: Sequence[Directive],
    terms: Terms,
    accounts: Accounts,
    options: Mapping[str, Any],
    as_of: date,
) -> Facts:
    """What `entries` (sorted, as Beancount loads them, without our drafts) say that happened.

    Entries on invoices dated up to `as_of` that stand as frozen are settled, not listed as time.
    """
    roles = TimeAccounts(accounts)
    receivables = frozenset(map(accounts.receivable, terms.firm.clients))
    invoices = InvoiceReader(terms, receivables)
    progress: dict[str, list[Progress]] = {}
    problems: list[Problem] = []
    others: list[Any] = []
    noted: list[Any] = []
    for order, entry in enumerate(entries):
        if type(entry) is not Transaction:
            continue
        tags, meta = entry.tags, entry.meta
        if (tags and not BILLING_TAGS.isdisjoint(tags)) or "invoice" in meta:
            noted.append(entry)
            problem = _read_billing(entry, invoices)
            if problem is not None:
                problems.append(problem)
        elif "complete" in meta or "accepted" in meta:
            noted.append(entry)
            report = read_progress(entry, order, roles)
            if isinstance(report, Problem):
                problems.append(report)
            else:
                progress.setdefault(report.project, []).append(report)
        else:
            others.append(entry)
    time = TimeReader(terms.firm, roles, invoices.billed(as_of))
    for entry in others:
        roles.day = entry.date
        if not time.read(entry):
            invoices.settle(entry)
    for entry in noted:
        _note_accounts(entry, roles)
    settled = time.close()
    opened = open_accounts(entries)
    return Facts(
        time.entries,
        progress,
        invoices.invoices(),
        None if opens_accounts_itself(options.get("plugin", ())) else opened,
        (*problems, *time.problems, *invoices.problems),
        roles.first_use,
        opened,
        settled,
    )


def _note_accounts(transaction: Transaction, roles: TimeAccounts) -> None:
    """Note the time accounts that `transaction` uses, if nothing before it did."""
    day = roles.day = transaction.date
    first_use = roles.first_use
    for posting in transaction.postings:
        if roles[posting.account] is not None and first_use[posting.account] > day:
            first_use[posting.account] = day


def _read_billing(transaction: Transaction, invoices: InvoiceReader) -> Problem | None:
    """Take an invoice or a settlement; a correction that we cannot read yet is a problem."""
    tags = transaction.tags or frozenset()
    for tag in ("credit-note", "void"):
        if tag in tags:
            return Problem(
                "fact-invalid",
                str(transaction.meta.get("project") or ""),
                transaction.date,
                f"transactions with #{tag} do not work in this version yet: what it corrects "
                "still counts as billed",
                Place(transaction.meta["filename"], transaction.meta["lineno"]),
            )
    if invoices.is_invoice(transaction):
        invoices.read(transaction)
    else:
        invoices.settle(transaction)
    return None
