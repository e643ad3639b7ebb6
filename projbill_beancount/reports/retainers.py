"""Retainers period by period, and the clients' money on account."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.reports.numbers import money
from projbill_beancount.reports.numbers import money_or_none
from projbill_beancount.reports.numbers import quantity
from projbill_beancount.reports.table import Column
from projbill_beancount.reports.table import Table

if TYPE_CHECKING:
    from collections.abc import Collection
    from collections.abc import Iterator
    from collections.abc import Sequence

    from projbill_beancount.billing.model import Billing
    from projbill_beancount.billing.model import RetainerPeriod
    from projbill_beancount.facts.model import Facts
    from projbill_beancount.terms.model import Contract
    from projbill_beancount.terms.model import Terms

ZERO = Decimal(0)

COLUMNS = (
    Column("Project"),
    Column("From"),
    Column("To"),
    Column("Allocated", right=True),
    Column("Carried in", right=True),
    Column("Used", right=True),
    Column("Overage", right=True),
    Column("Unused", right=True),
    Column("Expired", right=True),
    Column("Carried out", right=True),
    Column("Fee", right=True),
    Column("Billed", right=True),
    Column("Currency"),
    Column("State"),
)
DEPOSIT_COLUMNS = (
    Column("Client"),
    Column("Balance", right=True),
    Column("On drafts", right=True),
    Column("Target", right=True),
    Column("To replenish", right=True),
    Column("Currency"),
)

ROW_COLUMNS = (
    "kind",
    "project",
    "client",
    "currency",
    "period.start",
    "period.end",
    "running",
    "days-left",
    "allocated",
    "carried-in",
    "used",
    "overage",
    "unused",
    "expired",
    "carried-out",
    "fee",
    "billed",
    "invoice",
    "balance",
    "on-drafts",
    "target",
    "replenish-below",
    "to-replenish",
)


class DepositRow(NamedTuple):
    """A client's money on account in one currency.

    `drafts` is what the drafts that may go out will take of the `balance`. `target`, `below` and
    `missing` are None where no contract asks for a deposit.
    """

    client: str
    currency: str
    balance: Decimal
    drafts: Decimal
    target: Decimal | None
    below: Decimal | None
    missing: Decimal | None


def deposit_rows(
    terms: Terms, facts: Facts, billing: Billing, projects: Collection[str]
) -> list[DepositRow]:
    """The deposits that the contracts of `projects` ask for, and what their clients have paid in."""
    contracts = [terms.contracts[name] for name in sorted(projects) if name in terms.contracts]
    clients = {contract.payer for contract in contracts}
    keys = {(one.payer, one.currency) for one in contracts if one.deposit is not None}
    for client in clients & facts.deposits.keys():
        keys.update((client, booking.currency) for booking in facts.deposits[client])
    rows = [_deposit(key, terms, facts, billing) for key in sorted(keys)]
    return [row for row in rows if row.balance or row.target is not None]


def retainers_data(
    terms: Terms, facts: Facts, billing: Billing, projects: Collection[str]
) -> dict[str, object]:
    """Retainers with their periods, and deposits, as JSON wants them."""
    return {
        "as-of": billing.as_of.isoformat(),
        "retainers": [
            {
                "project": contract.id,
                "client": contract.client,
                "currency": contract.currency,
                "every": contract.retainer.every if contract.retainer else None,
                "periods": [
                    _period(contract, one, billing.as_of)
                    for one in billing.outlines[contract.id].periods
                ],
            }
            for contract in retained_contracts(terms, billing, projects)
        ],
        "deposits": [deposit_row(row) for row in deposit_rows(terms, facts, billing, projects)],
    }


def retainers_rows(
    terms: Terms, facts: Facts, billing: Billing, projects: Collection[str]
) -> Iterator[dict[str, object]]:
    """A row for each period, then one for each deposit; `kind` tells them apart."""
    for contract in retained_contracts(terms, billing, projects):
        for one in billing.outlines[contract.id].periods:
            yield {
                "kind": "period",
                "project": contract.id,
                "client": contract.client,
                "currency": contract.currency,
                **_period(contract, one, billing.as_of),
            }
    for row in deposit_rows(terms, facts, billing, projects):
        yield {"kind": "deposit", **deposit_row(row)}


def deposit_row(row: DepositRow) -> dict[str, object]:
    """One deposit as JSON wants it."""
    currency = row.currency
    return {
        "client": row.client,
        "currency": currency,
        "balance": money(row.balance, currency),
        "on-drafts": money(row.drafts, currency),
        "target": money_or_none(row.target, currency),
        "replenish-below": money_or_none(row.below, currency),
        "to-replenish": money_or_none(row.missing, currency),
    }


def retainers_table(terms: Terms, billing: Billing, projects: Collection[str]) -> Table:
    """The periods for people."""
    rows = [
        _cells(contract, _period(contract, one, billing.as_of))
        for contract in retained_contracts(terms, billing, projects)
        for one in billing.outlines[contract.id].periods
    ]
    return Table(COLUMNS, rows)


def deposits_table(rows: Sequence[DepositRow]) -> Table:
    """The deposits for people."""
    names = ("client", "balance", "on-drafts", "target", "to-replenish", "currency")
    cells = [[str(deposit_row(row)[name] or "") for name in names] for row in rows]
    return Table(DEPOSIT_COLUMNS, cells)


def retained_contracts(
    terms: Terms, billing: Billing, projects: Collection[str]
) -> Iterator[Contract]:
    """The contracts among `projects` that have a retainer, in order of their ids."""
    for name in sorted(billing.outlines):
        if name in projects and terms.contracts[name].retainer is not None:
            yield terms.contracts[name]


def last_day(one: RetainerPeriod) -> date | None:
    """The last day of a period, None for a block that does not end."""
    return None if one.period.end.year == date.max.year else one.period.end


def days_left(one: RetainerPeriod, as_of: date) -> int | None:
    """The days after `as_of` up to the period's end, None where it is over or does not end."""
    end = last_day(one)
    return (end - as_of).days if one.running and end else None


def _period(contract: Contract, one: RetainerPeriod, as_of: date) -> dict[str, object]:
    """A period as JSON wants it."""
    currency, end = contract.currency, last_day(one)
    return {
        "period": {
            "start": one.period.start.isoformat(),
            "end": end.isoformat() if end else None,
        },
        "running": one.running,
        "days-left": days_left(one, as_of),
        "allocated": _hours(one.allocated),
        "carried-in": quantity(one.carried),
        "used": quantity(one.used),
        "overage": quantity(one.overage),
        "unused": _hours(one.unused),
        "expired": quantity(one.expired),
        "carried-out": _hours(one.carried_out),
        "fee": money(one.fee, currency),
        "billed": money(one.billed, currency),
        "invoice": one.invoice,
    }


def _hours(seconds: int | None) -> str | None:
    return None if seconds is None else quantity(seconds)


def _cells(contract: Contract, row: dict[str, object]) -> Sequence[str]:
    period = row["period"]
    assert isinstance(period, dict)
    names = ("allocated", "carried-in", "used", "overage", "unused", "expired", "carried-out")
    state = ""
    if row["running"]:
        days = row["days-left"]
        state = "running" if days is None else f"running, {days} days left"
    return (
        contract.id,
        period["start"],
        period["end"] or "",
        *(str(row[name] or "") for name in (*names, "fee", "billed")),
        contract.currency,
        state,
    )


def _deposit(key: tuple[str, str], terms: Terms, facts: Facts, billing: Billing) -> DepositRow:
    """What is left of a deposit, and what a client is asked for, as `retainer-low` has it.

    A contract that has ended asks for nothing; of several the largest request counts.
    """
    client, currency = key
    asking = [
        one.deposit
        for one in terms.contracts.values()
        if one.deposit is not None
        and (one.payer, one.currency) == key
        and (one.end is None or one.end > billing.as_of)
    ]
    booked = (one for one in facts.deposits.get(client, ()) if one.date <= billing.as_of)
    balance = -sum((one.amount for one in booked if one.currency == currency), ZERO)
    drafts = sum((one.deposit for one in billing.drafts if (one.client, one.currency) == key), ZERO)
    left = balance - drafts
    largest = max(asking, key=lambda deposit: deposit.target, default=None)
    missing = [one.target - left for one in asking if left < one.replenish_below]
    return DepositRow(
        client,
        currency,
        balance,
        drafts,
        largest.target if largest else None,
        largest.replenish_below if largest else None,
        max(missing, default=ZERO) if largest else None,
    )
