"""What clients owe by how long it is due, in a table, as rows and as data; one for each currency."""

from __future__ import annotations

from typing import TYPE_CHECKING

from projbill_beancount.billing.receivables import BUCKETS
from projbill_beancount.billing.receivables import Receivables
from projbill_beancount.reports.numbers import money
from projbill_beancount.reports.table import Column
from projbill_beancount.reports.table import Table

if TYPE_CHECKING:
    from collections.abc import Collection
    from collections.abc import Iterator
    from collections.abc import Sequence
    from datetime import date
    from decimal import Decimal

    from projbill_beancount.billing.receivables import ClientAccount
    from projbill_beancount.billing.receivables import OpenItem
    from projbill_beancount.billing.receivables import Owed
    from projbill_beancount.facts.model import Facts
    from projbill_beancount.facts.model import Settlement

ROW_COLUMNS = (
    "client",
    "currency",
    "invoice",
    "date",
    "due",
    "total",
    "paid",
    "credited",
    "retained",
    "open",
    "credit",
    "unregistered",
    "days",
    "bucket",
)
BUCKET_TITLES = ("Not due", "1–30", "31–60", "61–90", "Over 90")
ITEM_TITLES = ("Client", "Invoice", "Date", "Due")


def receivables_of(facts: Facts) -> Receivables:
    """The receivables of a ledger, for any day."""
    return Receivables(facts.invoices, facts.credit_notes, facts.settlements)


def chosen_accounts(owed: Owed, clients: Collection[str] | None) -> list[ClientAccount]:
    """The accounts of `clients`, of all where None, that are not settled."""
    return [one for one in owed.accounts if clients is None or one.client in clients]


def ageing_data(day: date, accounts: Sequence[ClientAccount]) -> list[dict[str, object]]:
    """The accounts as JSON wants them: one object for each currency.

    `open` is the sum of what is open on invoices; with `credits` and `unregistered` it is the
    `balance` of the client's receivable.
    """
    return [
        {
            "as-of": day.isoformat(),
            "currency": currency,
            "buckets": list(BUCKETS),
            "clients": [_client(one) for one in accounts if one.currency == currency],
        }
        for currency in currencies_of(accounts)
    ]


def ageing_rows(accounts: Sequence[ClientAccount]) -> Iterator[dict[str, object]]:
    """A row for each open invoice, each credit, and each debit without an invoice."""
    for account in accounts:
        head = {"client": account.client, "currency": account.currency}
        for item in account.items:
            if item.left:
                yield {**head, **item_data(item)}
        for one in account.loose:
            amount = money(abs(one.amount), one.currency)
            key = "credit" if one.amount > 0 else "unregistered"
            yield {**head, "date": one.date.isoformat(), key: amount}


def item_data(item: OpenItem) -> dict[str, object]:
    """An invoice with what is open on it."""
    document = item.document

    def amount(number: Decimal) -> str:
        return money(number, document.currency)

    return {
        "invoice": document.number,
        "date": document.date.isoformat(),
        "due": document.due.isoformat() if document.due else None,
        "total": amount(-document.total if item.is_credit else document.total),
        "paid": amount(item.paid),
        "credited": amount(item.credited),
        "retained": amount(item.retained),
        "open": amount(item.open),
        "credit": amount(item.credit),
        "days": item.days,
        "bucket": item.bucket,
    }


def loose_data(one: Settlement) -> dict[str, object]:
    """A payment, or a debit (negative), that settles no invoice."""
    return {
        "date": one.date.isoformat(),
        "amount": money(one.amount, one.currency),
        "text": one.text,
        "why": one.problem or f"{one.number} is dated later",
    }


def ageing_table(currency: str, accounts: Sequence[ClientAccount]) -> Table:
    """The clients' balances of one currency for people: by age, credits and retention apart."""
    of_currency = [one for one in accounts if one.currency == currency]
    unregistered = any(one.unregistered for one in of_currency)
    retained = any(one.retained for one in of_currency)
    titles = [*BUCKET_TITLES, "Credits"]
    titles += ["No invoice"] * unregistered + ["Balance"] + ["Retained"] * retained
    columns = [Column("Client"), *(Column(title, right=True) for title in titles)]

    amounts = []
    for one in of_currency:
        cells = [*one.by_bucket().values(), one.credits]
        cells += [one.unregistered] * unregistered + [one.balance] + [one.retained] * retained
        amounts.append(cells)
    names = [one.client for one in of_currency]
    if len(of_currency) > 1:
        names.append("Total")
        amounts.append([sum(column, column[0] * 0) for column in zip(*amounts, strict=True)])
    rows = [
        [name, *(money(cell, currency) for cell in cells), currency]
        for name, cells in zip(names, amounts, strict=True)
    ]
    return Table([*columns, Column("Currency")], rows)


def items_table(accounts: Sequence[ClientAccount]) -> Table:
    """The open invoices of the accounts, and the payments on none, one a line."""
    retained = any(item.retained for account in accounts for item in account.items if item.left)
    titles = ("Days", "Total", "Paid", "Credited", *("Retained",) * retained, "Open")
    rows: list[Sequence[str]] = []
    for account in accounts:
        rows += [_item_cells(item, retained=retained) for item in account.items if item.left]
        rows += [
            (
                one.client,
                f"({one.text})" if one.text else "(no invoice)",
                one.date.isoformat(),
                *("",) * len(titles),
                money(-one.amount, one.currency),
                one.currency,
            )
            for one in account.loose
        ]
    columns = [*map(Column, ITEM_TITLES), *(Column(title, right=True) for title in titles)]
    return Table([*columns, Column("Currency")], rows)


def currencies_of(accounts: Sequence[ClientAccount]) -> list[str]:
    """The currencies of the accounts, in order."""
    return sorted({one.currency for one in accounts})


def _item_cells(item: OpenItem, *, retained: bool) -> Sequence[str]:
    document, currency = item.document, item.document.currency
    total = -document.total if item.is_credit else document.total
    amounts = (total, item.paid, item.credited, *(item.retained,) * retained, item.left)
    return (
        document.client,
        document.number,
        document.date.isoformat(),
        document.due.isoformat() if document.due else "",
        "" if item.days is None else str(item.days),
        *(money(amount, currency) for amount in amounts),
        currency,
    )


def _client(account: ClientAccount) -> dict[str, object]:
    currency = account.currency
    return {
        "client": account.client,
        "open": money(account.open, currency),
        "by-bucket": {name: money(sum_, currency) for name, sum_ in account.by_bucket().items()},
        "credits": money(account.credits, currency),
        "unregistered": money(account.unregistered, currency),
        "balance": money(account.balance, currency),
        "retained": money(account.retained, currency),
        "invoices": [item_data(item) for item in account.items if item.left],
        "unapplied": [loose_data(one) for one in account.loose],
    }
