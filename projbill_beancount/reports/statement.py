"""A client's statement of account: what was invoiced, credited and paid, with a running balance."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.reports.ageing import item_data
from projbill_beancount.reports.numbers import money
from projbill_beancount.reports.table import Column
from projbill_beancount.reports.table import Table
from projbill_beancount.terms.model import Place

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Sequence
    from datetime import date

    from projbill_beancount.billing.receivables import OpenItem
    from projbill_beancount.billing.receivables import Owed
    from projbill_beancount.facts.model import Facts
    from projbill_beancount.facts.model import Invoice

ZERO = Decimal(0)
#: What of one day comes first.
KINDS = ("invoice", "credit-note", "void", "debit", "payment")
WORDS = {
    "invoice": "Invoice",
    "credit-note": "Credit note",
    "void": "Void",
    "debit": "Debit",
    "payment": "Payment",
}
COLUMNS = (
    Column("Date"),
    Column("What"),
    Column("Document"),
    Column("Due"),
    Column("Text"),
    Column("Debit", right=True),
    Column("Credit", right=True),
    Column("Balance", right=True),
)
ROW_COLUMNS = (
    "currency",
    "date",
    "kind",
    "document",
    "due",
    "text",
    "debit",
    "credit",
    "balance",
)


class Entry(NamedTuple):
    """What changes what a client owes: positive `amount` is more; `balance` is that after it.

    `place` is where the ledger has it, None for what takes a document back.
    """

    day: date
    kind: str
    document: str
    due: date | None
    text: str
    amount: Decimal
    balance: Decimal
    place: Place | None = None


class Statement(NamedTuple):
    """A client's account in one currency from a day (None: the beginning) to `until`.

    `open` are the documents that are not settled at its end, `credits` what is paid on none.
    """

    currency: str
    since: date | None
    until: date
    opening: Decimal
    entries: Sequence[Entry]
    closing: Decimal
    open: Sequence[OpenItem]
    credits: Decimal


def statements(facts: Facts, owed: Owed, client: str, since: date | None) -> list[Statement]:
    """The statements of a client up to the day of `owed`, one for each currency."""
    by_currency: dict[str, list[Entry]] = {}
    for currency, entry in _movements(facts, client):
        if entry.day <= owed.day:
            by_currency.setdefault(currency, []).append(entry)
    return [
        _statement(currency, by_currency[currency], owed, client, since)
        for currency in sorted(by_currency)
    ]


def statement_data(
    client: str, name: str, found: Sequence[Statement], day: date, since: date | None
) -> dict[str, object]:
    """The statements as JSON wants them."""
    return {
        "as-of": day.isoformat(),
        "client": client,
        "name": name,
        "from": since.isoformat() if since else None,
        "statements": [
            {
                "currency": one.currency,
                "opening": money(one.opening, one.currency),
                "lines": [_row(entry, one.currency) for entry in one.entries],
                "closing": money(one.closing, one.currency),
                "credits": money(one.credits, one.currency),
                "open": [item_data(item) for item in one.open],
            }
            for one in found
        ],
    }


def statement_rows(found: Sequence[Statement]) -> Iterator[dict[str, object]]:
    """The lines of all currencies, opening balances first."""
    for one in found:
        if one.since is not None:
            opening = money(one.opening, one.currency)
            yield {
                "currency": one.currency,
                "date": one.since.isoformat(),
                "kind": "opening",
                "balance": opening,
            }
        for entry in one.entries:
            yield {"currency": one.currency, **_row(entry, one.currency)}


def statement_table(one: Statement) -> Table:
    """One statement for people."""
    rows: list[Sequence[str]] = []
    if one.since is not None:
        opening = money(one.opening, one.currency)
        rows.append((one.since.isoformat(), "Opening balance", "", "", "", "", "", opening))
    for entry in one.entries:
        row = _row(entry, one.currency)
        rows.append(
            (
                entry.day.isoformat(),
                WORDS[entry.kind],
                entry.document,
                entry.due.isoformat() if entry.due else "",
                entry.text,
                str(row["debit"] or ""),
                str(row["credit"] or ""),
                str(row["balance"]),
            )
        )
    closing = f"Balance in {one.currency}"
    until = one.until.isoformat()
    rows.append((until, closing, "", "", "", "", "", money(one.closing, one.currency)))
    return Table(COLUMNS, rows)


def _statement(
    currency: str, movements: Sequence[Entry], owed: Owed, client: str, since: date | None
) -> Statement:
    balance = opening = ZERO
    entries = []
    for entry in sorted(movements, key=lambda one: (one.day, KINDS.index(one.kind))):
        balance += entry.amount
        if since is not None and entry.day < since:
            opening = balance
        else:
            entries.append(entry._replace(balance=balance))
    accounts = [one for one in owed.accounts if (one.client, one.currency) == (client, currency)]
    items = [item for account in accounts for item in account.items if item.left]
    credits_ = sum((account.credits for account in accounts), ZERO)
    return Statement(currency, since, owed.day, opening, entries, balance, items, credits_)


def _movements(facts: Facts, client: str) -> Iterator[tuple[str, Entry]]:
    """What moved the client's receivable, with the currency, in no order."""
    for kind, sign, documents in (
        ("invoice", 1, facts.invoices),
        ("credit-note", -1, facts.credit_notes),
    ):
        for one in documents:
            amount = sign * (one.posted - one.deposit - one.retained)
            if one.client != client or not (amount or one.number):
                continue
            due = one.due if kind == "invoice" else None
            text, place = _text(one), Place(one.file, one.line)
            yield one.currency, Entry(one.date, kind, one.number, due, text, amount, ZERO, place)
            if one.voided is not None:
                void = Entry(one.voided, "void", one.number, None, "", -amount, ZERO)
                yield one.currency, void
    for settlement in facts.settlements:
        if settlement.client == client:
            yield (
                settlement.currency,
                Entry(
                    settlement.date,
                    "payment" if settlement.amount >= ZERO else "debit",
                    "" if settlement.problem else settlement.number,
                    None,
                    settlement.text,
                    -settlement.amount,
                    ZERO,
                    settlement.place,
                ),
            )


def _text(document: Invoice) -> str:
    """What a document is for, and what of it is not on the receivable."""
    said = document.title.removeprefix(document.number).strip()
    beside = [
        f"{word} {money(amount, document.currency)}"
        for word, amount in (("deposit", document.deposit), ("retained", document.retained))
        if amount
    ]
    return f"{said} (less {', '.join(beside)})" if beside else said


def _row(entry: Entry, currency: str) -> dict[str, object]:
    return {
        "date": entry.day.isoformat(),
        "kind": entry.kind,
        "document": entry.document or None,
        "due": entry.due.isoformat() if entry.due else None,
        "text": entry.text,
        "debit": money(entry.amount, currency) if entry.amount > ZERO else None,
        "credit": money(-entry.amount, currency) if entry.amount < ZERO else None,
        "balance": money(entry.balance, currency),
    }
