"""Facts out of a loaded ledger, in one pass over its entries."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

from beancount.core.data import Custom
from beancount.core.data import Price
from beancount.core.data import Transaction

from projbill_beancount.facts.accounts import TimeAccounts
from projbill_beancount.facts.accounts import open_accounts
from projbill_beancount.facts.accounts import opens_accounts_itself
from projbill_beancount.facts.directives import DirectiveReader
from projbill_beancount.facts.expenses import ExpenseReader
from projbill_beancount.facts.invoices import InvoiceReader
from projbill_beancount.facts.model import Facts
from projbill_beancount.facts.model import PriceOn
from projbill_beancount.facts.model import Problem
from projbill_beancount.facts.model import Progress
from projbill_beancount.facts.on_demand import OnDemandFacts
from projbill_beancount.facts.papers import PaperReader
from projbill_beancount.facts.progress import read_progress
from projbill_beancount.facts.time import TimeReader
from projbill_beancount.facts.watched import WatchedAccounts

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
    names = _names(terms)
    invoices = InvoiceReader(terms, WatchedAccounts.of(accounts, names, _accrued(terms)))
    expenses = ExpenseReader(
        str(options.get("name_expenses") or "Expenses"),
        str(options.get("name_assets") or "Assets"),
    )
    directives = DirectiveReader(names)
    papers = PaperReader()
    progress: dict[str, list[Progress]] = {}
    problems: list[Problem] = []
    others: list[Any] = []
    noted: list[Any] = []
    for order, entry in enumerate(entries):
        if type(entry) is not Transaction:
            if type(entry) is Custom:
                directives.read(entry, order)
            papers.read(entry)
            continue
        tags, meta = entry.tags, entry.meta
        if (tags and not BILLING_TAGS.isdisjoint(tags)) or "invoice" in meta:
            noted.append(entry)
            invoices.read(entry)
        elif "complete" in meta or "accepted" in meta:
            noted.append(entry)
            report = read_progress(entry, order, roles)
            if isinstance(report, Problem):
                problems.append(report)
            else:
                progress.setdefault(report.project, []).append(report)
        else:
            others.append(entry)
    invoices.close()
    time = TimeReader(terms.firm, roles, invoices.billed(as_of, terms))
    for entry in others:
        roles.day = entry.date
        if not time.read(entry):
            invoices.settle(entry)
            expenses.read(entry)
    for entry in noted:
        _note_accounts(entry, roles)
    settled = time.close()
    accrued = _accrued(terms)
    opened = open_accounts(entries)
    issued = invoices.invoices()
    change_orders = directives.change_orders()
    return Facts(
        time.entries,
        progress,
        issued,
        None if opens_accounts_itself(options.get("plugin", ())) else opened,
        (
            *problems,
            *time.problems,
            *invoices.problems,
            *directives.problems,
            *expenses.problems,
        ),
        roles.first_use,
        opened,
        settled,
        change_orders=change_orders,
        decisions=directives.decisions,
        expenses=expenses.expenses,
        credit_notes=invoices.credit_notes(),
        deposits=invoices.deposits,
        unregistered=invoices.unregistered,
        prices=_prices(entries) if expenses.expenses else {},
        priced_apart=frozenset(time.priced_apart),
        income=invoices.income,
        papers=papers.papers,
        settlements=invoices.settlements,
        invoiced_time=OnDemandFacts(lambda: time.invoiced(accrued)) if accrued else {},
        accrued=invoices.accrued,
    )


def _prices(entries: Sequence[Directive]) -> dict[tuple[str, str], list[PriceOn]]:
    """What currencies cost in others, by date."""
    found: dict[tuple[str, str], list[PriceOn]] = {}
    for entry in entries:
        if type(entry) is Price and entry.amount.number is not None:
            pair = (entry.currency, entry.amount.currency)
            found.setdefault(pair, []).append(PriceOn(entry.date, entry.amount.number))
    return found


def _names(terms: Terms) -> dict[str, str]:
    """The contract that each project's name means; a current name beats a former one."""
    contracts = terms.contracts.values()
    former = {name: contract.id for contract in contracts for name in contract.formerly}
    return former | {contract.id: contract.id for contract in contracts}


def _accrued(terms: Terms) -> dict[str, str]:
    """The contract that each name of a project in the accrual style means."""
    return {
        name: contract.id
        for contract in terms.contracts.values()
        if contract.style == "accrual"
        for name in (contract.id, *contract.formerly)
    }


def _note_accounts(transaction: Transaction, roles: TimeAccounts) -> None:
    """Note the time accounts that `transaction` uses, if nothing before it did."""
    day = roles.day = transaction.date
    first_use = roles.first_use
    for posting in transaction.postings:
        if roles[posting.account] is not None and first_use[posting.account] > day:
            first_use[posting.account] = day
