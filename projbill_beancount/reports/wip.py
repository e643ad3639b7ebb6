"""The WIP schedule: what is earned on each contract against what is billed, and what it costs.

Over-billing is a liability, under-billing an asset; they are netted within a contract and never
across contracts (IFRS 15.105-107). Amounts are net of tax and without expenses that are billed on.
"""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.billing.costs import Cost
from projbill_beancount.billing.costs import cost_of
from projbill_beancount.reports.numbers import money_or_none
from projbill_beancount.reports.numbers import percent
from projbill_beancount.reports.table import Column
from projbill_beancount.reports.table import Table

if TYPE_CHECKING:
    from collections.abc import Collection
    from collections.abc import Iterable
    from collections.abc import Iterator
    from collections.abc import Mapping
    from collections.abc import Sequence

    from projbill_beancount.billing.model import Billing
    from projbill_beancount.terms.model import Contract
    from projbill_beancount.terms.model import Terms

ZERO = Decimal(0)
FULL = Decimal(100)

COLUMNS = (
    Column("Project"),
    Column("Currency"),
    Column("Value", right=True),
    Column("Est. cost", right=True),
    Column("Est. profit", right=True),
    Column("Cost", right=True),
    Column("Done %", right=True),
    Column("Earned", right=True),
    Column("Billed", right=True),
    Column("Under", right=True),
    Column("Over", right=True),
    Column("Profit", right=True),
    Column("Backlog", right=True),
    Column("Billed %", right=True),
    Column("Gap", right=True),
    Column("Provision", right=True),
)

#: Amounts in their order, by the name that JSON and CSV give them.
AMOUNTS = {
    "value": "value",
    "estimated-cost": "estimate",
    "estimated-profit": "estimated_profit",
    "cost": "cost",
    "earned": "earned",
    "billed": "billed",
    "under-billed": "under",
    "over-billed": "over",
    "profit": "profit",
    "backlog": "backlog",
    "provision": "provision",
}
ROW_COLUMNS = (
    "project",
    "client",
    "billing",
    "currency",
    "value",
    "estimated-cost",
    "estimated-profit",
    "cost",
    "completion",
    "earned",
    "billed",
    "under-billed",
    "over-billed",
    "profit",
    "backlog",
    "billed-percent",
    "gap",
    "provision",
)


class WipRow(NamedTuple):
    """A contract on the schedule, None for what is unknown; the letters are the usual columns.

    A value, B estimate (cost at completion), C estimated_profit, D cost to date, E completion in
    percent, F earned, G billed, H under, I over, J profit to date, K backlog, L billed_percent,
    M gap in percentage points, N provision for the rest of an expected loss. `uncosted` are the
    people whose cost nobody knows.
    """

    project: str
    client: str
    billing: str
    currency: str
    value: Decimal | None
    estimate: Decimal | None
    cost: Decimal | None
    completion: Decimal | None
    earned: Decimal | None
    billed: Decimal
    estimated_profit: Decimal | None
    under: Decimal | None
    over: Decimal | None
    profit: Decimal | None
    backlog: Decimal | None
    billed_percent: Decimal | None
    gap: Decimal | None
    provision: Decimal | None
    uncosted: tuple[str, ...] = ()


class WipTotal(NamedTuple):
    """The sums of one currency by the fields of `AMOUNTS`, None for what is not known of all.

    `without_earned` are the projects that nobody reported on.
    """

    currency: str
    sums: Mapping[str, Decimal | None]
    without_earned: tuple[str, ...]


def wip_schedule(terms: Terms, billing: Billing, projects: Collection[str]) -> list[WipRow]:
    """The row of each of `projects` that can be read, in order of their ids."""
    return [
        _row(terms, billing, terms.contracts[name])
        for name in sorted(billing.positions)
        if name in projects
    ]


def wip_data(rows: Sequence[WipRow], billing: Billing) -> dict[str, object]:
    """The schedule as JSON wants it, with totals by currency and what does not add up."""
    return {
        "as-of": billing.as_of.isoformat(),
        "projects": [wip_row(row) for row in rows],
        "totals": [wip_total(total) for total in wip_totals(rows)],
        "mismatches": broken_identities(rows),
    }


def wip_row(row: WipRow) -> dict[str, object]:
    """One contract as JSON and CSV want it."""
    amounts = {
        name: money_or_none(getattr(row, field), row.currency) for name, field in AMOUNTS.items()
    }
    known: dict[str, object] = {
        "project": row.project,
        "client": row.client,
        "billing": row.billing,
        "currency": row.currency,
        "completion": percent(row.completion),
        "billed-percent": percent(row.billed_percent),
        "gap": percent(row.gap),
        **amounts,
    }
    return {name: known[name] for name in ROW_COLUMNS}


def wip_table(rows: Sequence[WipRow]) -> Table:
    """The schedule for people, with a total for each currency that several contracts share."""
    cells = [_cells(row.project, row.currency, wip_row(row)) for row in rows]
    counts = Counter(row.currency for row in rows)
    totals = [
        _cells("Total", total.currency, wip_total(total))
        for total in wip_totals(rows)
        if counts[total.currency] > 1
    ]
    return Table(COLUMNS, cells + totals)


def wip_remarks(rows: Sequence[WipRow], firm_currency: str) -> Iterator[str]:
    """Why cells are empty that people look for, and what does not add up, a line each."""
    for row in rows:
        if row.uncosted:
            yield f"{row.project}: the cost of an hour is unknown of {', '.join(row.uncosted)}"
        elif row.cost is None:
            yield f"{row.project}: costs are in {firm_currency} and not converted"
    unknown = [row.project for row in rows if row.earned is None]
    if unknown:
        yield f"nobody reported how far these are, so nothing is earned yet: {', '.join(unknown)}"
    yield from broken_identities(rows)


def broken_identities(rows: Iterable[WipRow]) -> list[str]:
    """What does not add up of F - G = H - I and K = A - F by contract, and of their sums."""
    known = [row for row in rows if row.earned is not None]
    found = []
    for row in known:
        if _less(row.earned, row.billed) != _less(row.under, row.over):
            found.append(f"{row.project}: earned - billed is not under-billed - over-billed")
        if row.value is not None and row.backlog != _less(row.value, row.earned):
            found.append(f"{row.project}: backlog is not value - earned")
    for currency in sorted({row.currency for row in known}):
        shared = [row for row in known if row.currency == currency]
        earned, billed, under, over = (
            _sum(shared, name) for name in ("earned", "billed", "under", "over")
        )
        if earned - billed != under - over:
            found.append(f"{currency}: the sums of earned - billed and of under - over differ")
    return found


def _row(terms: Terms, billing: Billing, contract: Contract) -> WipRow:
    position, outline = billing.positions[contract.id], billing.outlines[contract.id]
    zero = ZERO.quantize(Decimal(1).scaleb(-contract.places))
    value = None if position.value is None else position.value + outline.beside
    earned = None if outline.earned is None else outline.earned + zero
    billed = position.billed - outline.expenses
    completion = position.completion
    if outline.beside and value and earned is not None:
        # what is earned beside a fixed price is worth just that
        completion = earned * FULL / value
    costs = Cost(None)
    if contract.currency == terms.firm.currency:
        costs = cost_of(outline.seconds, terms.firm.people, contract.places)
    cost, planned = costs.amount, contract.budget.cost
    estimate = None
    if planned is not None and contract.currency == terms.firm.currency:
        # as `loss-contract` has it: what is spent already is the least that it will cost
        estimate = planned if cost is None else max(planned, cost)
    expected = _less(value, estimate)
    billed_percent = billed * FULL / value if value else None
    return WipRow(
        contract.id,
        contract.client,
        contract.billing,
        contract.currency,
        value,
        estimate,
        cost,
        completion,
        earned,
        billed,
        expected,
        None if earned is None else max(earned - billed, zero),
        None if earned is None else max(billed - earned, zero),
        _less(earned, cost),
        _less(value, earned),
        billed_percent,
        _less(billed_percent, completion),
        _provision(contract, expected, cost, earned),
        costs.unknown,
    )


def _provision(
    contract: Contract, expected: Decimal | None, cost: Decimal | None, earned: Decimal | None
) -> Decimal | None:
    """The rest of an expected loss, which is provided for at once (IAS 37.66).

    Hours that are paid by the hour are expected to lose nothing where no cost is estimated.
    """
    if expected is None:
        return ZERO if contract.billing == "time-and-materials" else None
    if expected >= ZERO:
        return ZERO
    lost = _less(cost, earned)
    return None if lost is None else max(-expected - lost, ZERO)


def _less(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return None if one is None or other is None else one - other


def _sum(rows: Iterable[WipRow], name: str) -> Decimal:
    """The sum of what is known."""
    return sum((amount for row in rows if (amount := getattr(row, name)) is not None), ZERO)


#: Sums of costs and profits say nothing while one of them is unknown.
_WHOLE = frozenset(("estimate", "estimated_profit", "cost", "profit"))


def wip_totals(rows: Sequence[WipRow]) -> Iterator[WipTotal]:
    """The sums of each currency; those of costs and profits only if all are known."""
    for currency in sorted({row.currency for row in rows}):
        shared = [row for row in rows if row.currency == currency]
        sums = {
            field: None
            if field in _WHOLE and any(getattr(row, field) is None for row in shared)
            else _sum(shared, field)
            for field in AMOUNTS.values()
        }
        unknown = tuple(row.project for row in shared if row.earned is None)
        yield WipTotal(currency, sums, unknown)


def wip_total(total: WipTotal) -> dict[str, object]:
    """The sums of one currency as JSON wants them."""
    sums = {
        name: money_or_none(total.sums[field], total.currency) for name, field in AMOUNTS.items()
    }
    return {"currency": total.currency, **sums, "without-earned": list(total.without_earned)}


def _cells(first: str, currency: str, row: dict[str, object]) -> Sequence[str]:
    shown = ROW_COLUMNS[4:]
    return (first, currency, *(str(row.get(name) or "") for name in shown))
