"""What hours cost and what they bring: by project, client, person or task.

Standard value is hours at the agreed prices of their days, of all work for the client: billed,
unbilled, covered by a fixed price, written off. Realisation is billed value ÷ standard value,
utilisation is client hours ÷ hours worked, and ÷ available hours where those are given.
Margin is billed value less cost.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING
from typing import Literal
from typing import NamedTuple
from typing import get_args

from projbill_beancount.billing.costs import together
from projbill_beancount.reports.numbers import money
from projbill_beancount.reports.numbers import money_or_none
from projbill_beancount.reports.numbers import percent
from projbill_beancount.reports.numbers import quantity
from projbill_beancount.reports.profit_parts import FOR_CLIENT
from projbill_beancount.reports.profit_parts import parts_of
from projbill_beancount.reports.table import Column
from projbill_beancount.reports.table import Table

if TYPE_CHECKING:
    from collections.abc import Collection
    from collections.abc import Sequence
    from datetime import date

    from projbill_beancount.billing.costs import Cost
    from projbill_beancount.billing.model import Billing
    from projbill_beancount.reports.profit_parts import Key
    from projbill_beancount.reports.profit_parts import Part
    from projbill_beancount.terms.model import Contract
    from projbill_beancount.terms.model import Terms

ZERO = Decimal(0)
FULL = Decimal(100)
By = Literal["project", "client", "person", "task"]
BYS: tuple[By, ...] = get_args(By)
#: The row of what is billed for no hours in particular.
NO_HOURS = "(no hours)"
NO_TASK = "(no task)"

HOUR_NAMES = (
    "worked",
    "billable",
    "non-billable",
    "covered",
    "billed",
    "unbilled",
    "written-off",
)
AMOUNT_COLUMNS = (
    "currency",
    "no-hours",
    *(f"hours.{name}" for name in HOUR_NAMES),
    "standard-value",
    "unpriced-hours",
    "billed",
    "unbilled",
    "cost",
    "cost-currency",
    "margin",
    "margin-percent",
    "realisation",
    "utilisation",
    "available-hours",
    "available-utilisation",
)

NUMBERS = (
    "Worked h",
    "Client h",
    "Other h",
    "Billed h",
    "Standard",
    "Billed",
    "Unbilled",
    "Cost",
    "Margin",
    "Margin %",
    "Realised %",
    "Utilised %",
)


class ProfitRow(NamedTuple):
    """What one project, client, person or task comes to; seconds, and amounts in `currency`.

    `key` is None for what is billed for no hours in particular. `seconds` are by kind of work.
    `standard` is the value of the hours that have a price, `unpriced` are those that have none.
    `cost` is in the firm's currency, None where the cost of a person is unknown; `available` are
    the hours that the people could have worked.
    """

    key: str | None
    currency: str
    seconds: dict[str, int]
    standard: Decimal
    unpriced: int
    billed: Decimal
    unbilled: Decimal
    cost: Cost
    cost_currency: str
    available: int | None = None

    @property
    def worked(self) -> int:
        """All seconds."""
        return sum(self.seconds.values())

    @property
    def for_client(self) -> int:
        """The seconds that a client pays for, by the hour or by a fixed price."""
        return sum(seconds for kind, seconds in self.seconds.items() if kind in FOR_CLIENT)

    @property
    def margin(self) -> Decimal | None:
        """Billed less cost; None where the cost is unknown, or in another currency."""
        if self.cost.amount is None or (self.cost.amount and self.cost_currency != self.currency):
            return None
        return self.billed - self.cost.amount

    @property
    def margin_percent(self) -> Decimal | None:
        """Margin in percent of what is billed."""
        return None if self.margin is None or not self.billed else self.margin * FULL / self.billed

    @property
    def realisation(self) -> Decimal | None:
        """Billed in percent of the standard value; None where hours have no price."""
        if self.unpriced or not self.standard:
            return None
        return self.billed * FULL / self.standard

    @property
    def utilisation(self) -> Decimal | None:
        """Hours for clients in percent of the hours worked."""
        return Decimal(self.for_client) * FULL / self.worked if self.worked else None

    @property
    def available_utilisation(self) -> Decimal | None:
        """Hours for clients in percent of the available ones."""
        return Decimal(self.for_client) * FULL / self.available if self.available else None


class Profit(NamedTuple):
    """The rows of a report and their totals by currency."""

    by: By
    rows: Sequence[ProfitRow]
    totals: Sequence[ProfitRow]


def profit_report(
    terms: Terms,
    billing: Billing,
    projects: Collection[str],
    by: By,
    since: date | None = None,
    available: int | None = None,
) -> Profit:
    """What the work on `projects` comes to; of work and invoices from `since` on, if given.

    Hours count on the day of the work, and so does what is billed for them; fixed prices count on
    the day of their invoice. `available` are the seconds that each person could have worked.
    """
    found: dict[tuple[str, Key], list[Part]] = {}
    for name in sorted(billing.analyses):
        if name in projects:
            contract = terms.contracts[name]
            for key, part in _parts(terms, billing, contract, by, since).items():
                found.setdefault((contract.currency, key), []).append(part)
    firm_currency = terms.firm.currency
    rows = [
        _row(key, currency, firm_currency, found[currency, key], available if by == "person" else 0)
        for currency, key in sorted(found, key=lambda one: (one[0], one[1] is None, one[1] or ""))
    ]
    totals = []
    for currency in sorted({currency for currency, _ in found}):
        parts = [part for key in found if key[0] == currency for part in found[key]]
        people = len({person for part in parts for person in part.people})
        totals.append(_row("", currency, firm_currency, parts, (available or 0) * people))
    return Profit(by, rows, totals)


def profit_data(report: Profit, billing: Billing) -> dict[str, object]:
    """The report as JSON wants it."""
    return {
        "as-of": billing.as_of.isoformat(),
        "by": report.by,
        "rows": [profit_row(report.by, row) for row in report.rows],
        "totals": [
            {name: value for name, value in profit_row(report.by, row).items() if name != report.by}
            for row in report.totals
        ],
    }


def profit_row(by: By, row: ProfitRow) -> dict[str, object]:
    """One row as JSON and CSV want it."""
    currency = row.currency
    cost = row.cost.amount
    return {
        by: row.key or None,
        "currency": currency,
        "no-hours": row.key is None,
        "hours": {name: quantity(seconds) for name, seconds in _hours(row).items()},
        "standard-value": money(row.standard, currency),
        "unpriced-hours": quantity(row.unpriced),
        "billed": money(row.billed, currency),
        "unbilled": money(row.unbilled, currency),
        "cost": money_or_none(cost, row.cost_currency),
        "cost-currency": row.cost_currency,
        "margin": money_or_none(row.margin, currency),
        "margin-percent": percent(row.margin_percent),
        "realisation": percent(row.realisation),
        "utilisation": percent(row.utilisation),
        "available-hours": None if row.available is None else quantity(row.available),
        "available-utilisation": percent(row.available_utilisation),
    }


def row_columns(by: By) -> tuple[str, ...]:
    """The columns of the report as CSV."""
    return (by, *AMOUNT_COLUMNS)


def profit_table(report: Profit) -> Table:
    """The report for people, with a total for each currency that several rows share."""
    with_available = any(row.available is not None for row in (*report.rows, *report.totals))
    titles = (*NUMBERS, *(("Of available %",) if with_available else ()))
    columns = [Column(report.by.capitalize()), Column("Currency")]
    columns += [Column(title, right=True) for title in titles]
    rows = [_cells(_named(report.by, row.key), row) for row in report.rows]
    shared = [row.currency for row in report.rows]
    rows += [_cells("Total", row) for row in report.totals if shared.count(row.currency) > 1]
    return Table(columns, [row[: len(columns)] for row in rows])


def cost_remarks(report: Profit) -> list[str]:
    """Whose cost is missing, and what is not converted."""
    unknown = sorted({name for row in report.totals for name in row.cost.unknown})
    said = [f"the cost of an hour is unknown of {', '.join(unknown)}"] if unknown else []
    foreign = [
        one for one in report.totals if one.cost.amount and one.currency != one.cost_currency
    ]
    said += [
        f"costs are in {one.cost_currency} and not converted: no margin in {one.currency}"
        for one in foreign
    ]
    return said


def _parts(
    terms: Terms, billing: Billing, contract: Contract, by: By, since: date | None
) -> dict[Key, Part]:
    analysis, currency, firm = billing.analyses[contract.id], contract.currency, terms.firm
    if by == "person":
        return parts_of(analysis, currency, firm, lambda one: one.person, since, whole=False)
    if by == "task":
        return parts_of(analysis, currency, firm, lambda one: one.task, since, whole=False)
    own = contract.id if by == "project" else contract.client
    return parts_of(analysis, currency, firm, lambda _: own, since, whole=True)


def _row(
    key: Key, currency: str, cost_currency: str, parts: Sequence[Part], available: int | None
) -> ProfitRow:
    """A row: what the contracts in it add up to."""
    seconds: dict[str, int] = {}
    for part in parts:
        for kind, of_kind in part.seconds.items():
            seconds[kind] = seconds.get(kind, 0) + of_kind
    return ProfitRow(
        key,
        currency,
        seconds,
        sum((part.standard for part in parts), ZERO),
        sum(part.unpriced for part in parts),
        sum((part.billed for part in parts), ZERO),
        sum((part.unbilled for part in parts), ZERO),
        together(part.cost for part in parts),
        cost_currency,
        None if key is None else available or None,
    )


def _hours(row: ProfitRow) -> dict[str, int]:
    """The seconds of a row as `status` tells them: billable are those by the hour."""
    of = row.seconds
    billed, unbilled = of.get("billed", 0), of.get("unbilled", 0)
    given_up = of.get("written-off", 0)
    return {
        "worked": row.worked,
        "billable": billed + unbilled,
        "non-billable": of.get("non-billable", 0) + given_up,
        "covered": of.get("covered", 0),
        "billed": billed,
        "unbilled": unbilled,
        "written-off": given_up,
    }


def _named(by: By, key: str | None) -> str:
    if key is None:
        return NO_HOURS
    return key or (NO_TASK if by == "task" else "")


def _cells(first: str, row: ProfitRow) -> Sequence[str]:
    currency = row.currency
    return (
        first,
        currency,
        quantity(row.worked),
        quantity(row.for_client),
        quantity(row.worked - row.for_client),
        quantity(row.seconds.get("billed", 0)),
        money(row.standard, currency),
        money(row.billed, currency),
        money(row.unbilled, currency),
        money_or_none(row.cost.amount, row.cost_currency) or "",
        money_or_none(row.margin, currency) or "",
        percent(row.margin_percent) or "",
        percent(row.realisation) or "",
        percent(row.utilisation) or "",
        percent(row.available_utilisation) or "",
    )
