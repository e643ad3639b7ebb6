"""Where each project stands, as data and as a table."""

from __future__ import annotations

from collections import Counter
from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from projbill_beancount.reports.numbers import money
from projbill_beancount.reports.numbers import money_or_none
from projbill_beancount.reports.numbers import percent
from projbill_beancount.reports.numbers import plain
from projbill_beancount.reports.numbers import quantity
from projbill_beancount.reports.numbers import rounded
from projbill_beancount.reports.table import Column
from projbill_beancount.reports.table import Table

if TYPE_CHECKING:
    from collections.abc import Collection
    from collections.abc import Iterator
    from collections.abc import Sequence

    from projbill_beancount.billing.model import Billing
    from projbill_beancount.billing.model import Hours
    from projbill_beancount.billing.model import Position
    from projbill_beancount.billing.model import RetainerStanding
    from projbill_beancount.reports.converted import Rates

SUMMED = ("billed", "unbilled", "drafts", "held", "open", "overdue")

COLUMNS = (
    Column("Project"),
    Column("Client"),
    Column("Currency"),
    Column("Value", right=True),
    Column("Done %", right=True),
    Column("Billed", right=True),
    Column("Billed %", right=True),
    Column("Unbilled", right=True),
    Column("Drafts", right=True),
    Column("Held", right=True),
    Column("Open", right=True),
    Column("Overdue", right=True),
    Column("Unbilled h", right=True),
    Column("Next"),
    Column("Findings"),
)

ROW_COLUMNS = (
    "project",
    "client",
    "billing",
    "currency",
    "value",
    "completion",
    "earned",
    "billed",
    "billed-percent",
    "unbilled",
    "drafts",
    "held",
    "open",
    "overdue",
    "hours.worked",
    "hours.billable",
    "hours.non-billable",
    "hours.covered",
    "hours.billed",
    "hours.unbilled",
    "next-trigger",
    "findings.error",
    "findings.hold",
    "findings.warning",
    "billed-fixed",
    "credit",
    "over-billed",
    "under-billed",
    "gap",
    "cap.amount",
    "cap.used",
    "cap.percent",
    "cap.over",
    "retainer.period.start",
    "retainer.period.end",
    "retainer.allocated",
    "retainer.used",
    "retainer.carried",
    "retainer.expired",
)


def status_data(billing: Billing, projects: Collection[str]) -> dict[str, object]:
    """The position of each of `projects` as JSON wants it.

    Amounts and hours are text, what is unknown is None.
    """
    return {
        "as-of": billing.as_of.isoformat(),
        "projects": status_rows(billing, projects),
    }


def status_rows(billing: Billing, projects: Collection[str]) -> list[dict[str, object]]:
    """One mapping for each of `projects`, in order of their ids."""
    severities = _severities(billing)
    return [
        _project(position, severities[position.project])
        for position in _positions(billing, projects)
    ]


def status_table(billing: Billing, projects: Collection[str], rates: Rates | None = None) -> Table:
    """The same for people, with a total for each currency that several projects share.

    With `rates` the sums of foreign currencies are converted as well, each row with its rate.
    """
    positions = list(_positions(billing, projects))
    severities = _severities(billing)
    rows = [_row(position, severities[position.project]) for position in positions]
    converted = _converted(positions, rates) if rates else ()
    return Table(COLUMNS, [*rows, *_totals(positions), *converted])


def currencies_of(billing: Billing, projects: Collection[str]) -> set[str]:
    """The currencies of the contracts."""
    return {position.currency for position in _positions(billing, projects)}


def _positions(billing: Billing, projects: Collection[str]) -> Iterator[Position]:
    return (billing.positions[name] for name in sorted(billing.positions) if name in projects)


def _severities(billing: Billing) -> dict[str, Counter[str]]:
    """How many findings of each severity each project has."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for item in billing.findings:
        found[item.project][item.severity] += 1
    return found


def _project(position: Position, severities: Counter[str]) -> dict[str, object]:
    currency = position.currency
    return {
        "project": position.project,
        "client": position.client,
        "billing": position.billing,
        "currency": currency,
        "value": money_or_none(position.value, currency),
        "completion": percent(position.completion),
        "earned": money_or_none(position.earned, currency),
        "billed": money(position.billed, currency),
        "billed-percent": percent(position.billed_percent),
        "unbilled": money(position.unbilled, currency),
        "drafts": money(position.drafts, currency),
        "held": money(position.held, currency),
        "open": money(position.open, currency),
        "overdue": money(position.overdue, currency),
        "hours": _hours(position.hours),
        "next-trigger": position.next_trigger.isoformat() if position.next_trigger else None,
        "findings": {name: severities[name] for name in ("error", "hold", "warning")},
        "billed-fixed": money(position.billed_fixed, currency),
        "credit": money(position.credit, currency),
        "over-billed": money_or_none(position.over_billed, currency),
        "under-billed": money_or_none(position.under_billed, currency),
        "gap": percent(position.gap),
        "cap": _cap(position),
        "retainer": _retainer(position.retainer),
    }


def _cap(position: Position) -> dict[str, object] | None:
    """A cap's standing: in money, or with hours where the cap is in hours."""
    cap = position.cap
    if cap is None:
        return None
    sizes = {"amount": cap.amount, "used": cap.used, "over": cap.over}
    shown = {
        name: quantity(int(size)) if cap.in_hours else money(size, position.currency)
        for name, size in sizes.items()
    }
    return {
        "amount": shown["amount"],
        "used": shown["used"],
        "percent": percent(cap.percent),
        "over": shown["over"],
    }


def _retainer(retainer: RetainerStanding | None) -> dict[str, object] | None:
    if retainer is None:
        return None
    period, allocated = retainer.period, retainer.allocated
    last = None if period.end.year == date.max.year else period.end.isoformat()
    return {
        "period": {"start": period.start.isoformat(), "end": last},
        "allocated": None if allocated is None else quantity(allocated),
        "used": quantity(retainer.used),
        "carried": quantity(retainer.carried),
        "expired": quantity(retainer.expired),
    }


def _hours(hours: Hours) -> dict[str, str]:
    return {name.replace("_", "-"): quantity(value) for name, value in hours._asdict().items()}


def _row(position: Position, severities: Counter[str]) -> Sequence[str]:
    currency = position.currency
    return (
        position.project,
        position.client,
        currency,
        money_or_none(position.value, currency) or "",
        percent(position.completion) or "",
        money(position.billed, currency),
        percent(position.billed_percent) or "",
        money(position.unbilled, currency),
        money(position.drafts, currency),
        money(position.held, currency),
        money(position.open, currency),
        money(position.overdue, currency),
        quantity(position.hours.unbilled),
        position.next_trigger.isoformat() if position.next_trigger else "",
        severity_words(severities),
    )


def _totals(positions: Sequence[Position]) -> Iterator[Sequence[str]]:
    for currency, count in sorted(Counter(item.currency for item in positions).items()):
        if count > 1:
            shared = [item for item in positions if item.currency == currency]
            hours = quantity(sum(item.hours.unbilled for item in shared))
            yield _sum_cells("Total", "", currency, _sums(shared), hours)


def _sums(positions: Sequence[Position]) -> list[Decimal]:
    return [sum((getattr(item, name) for item in positions), Decimal(0)) for name in SUMMED]


def _sum_cells(
    first: str, second: str, currency: str, sums: Sequence[Decimal], hours: str
) -> Sequence[str]:
    cells = [money(amount, currency) for amount in sums]
    return (first, second, currency, "", "", cells[0], "", *cells[1:], hours, "", "")


def _converted(positions: Sequence[Position], rates: Rates) -> Iterator[Sequence[str]]:
    """The sums of each foreign currency at its rate, and those of all if every rate is known."""
    into = rates.into
    totals = _sums([one for one in positions if one.currency == into])
    for currency, rate in rates.known.items():
        sums = _sums([one for one in positions if one.currency == currency])
        exchanged = [rounded(amount * rate.amount, into) for amount in sums]
        totals = [one + other for one, other in zip(totals, exchanged, strict=True)]
        said = f"at {plain(rate.amount)} of {rate.since}"
        yield _sum_cells(f"{currency} in {into}", said, into, exchanged, "")
    if not rates.missing:
        yield _sum_cells(f"All in {into}", "", into, totals, "")


def severity_words(severities: Counter[str]) -> str:
    """How many of each severity, in words: `1 error, 2 warnings`."""
    plural = {"error": "errors", "hold": "holds", "warning": "warnings", "info": "infos"}
    return ", ".join(
        f"{count} {name if count == 1 else many}"
        for name, many in plural.items()
        if (count := severities[name])
    )
