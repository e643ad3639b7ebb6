"""Draft lines out of priced entries: group, round the hours, price once.

Line = quantity × price, from exact seconds, rounded once; every printed number can be recomputed.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.billing.model import BilledEntry
from projbill_beancount.billing.model import Line
from projbill_beancount.billing.payers import part_of
from projbill_beancount.billing.payers import shared_text
from projbill_beancount.billing.rounding import divide_half_up
from projbill_beancount.billing.rounding import round_seconds

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable
    from collections.abc import Sequence

    from projbill_beancount.billing.work import Covered
    from projbill_beancount.facts.model import TimeEntry
    from projbill_beancount.terms.model import Contract
    from projbill_beancount.terms.model import GroupKey
    from projbill_beancount.terms.model import HourRounding

ZERO = Decimal(0)
HOUR = 3600


class PricedEntry(NamedTuple):
    """A billable entry with its price per hour (None: unpriced), task, role and tax rate.

    `correction_of` is the number of the invoice that bills what it corrects, "" without one.
    """

    entry: TimeEntry
    price: Decimal | None
    task: str
    role: str
    tax: str | None
    tax_rate: Decimal | None
    late: bool
    correction_of: str = ""


def time_lines(contract: Contract, priced: Iterable[PricedEntry]) -> list[Line]:
    """The hour lines of a draft: prior periods first, then corrections of invoices.

    They are in an order that the input cannot change.
    """
    groups: dict[tuple[object, ...], list[PricedEntry]] = {}
    for item in priced:
        groups.setdefault(_group(contract.invoice.group_by, item), []).append(item)
    return [_time_line(contract, groups[key]) for key in sorted(groups, key=_sort_key)]


def overage_lines(contract: Contract, priced: Iterable[PricedEntry]) -> list[Line]:
    """The hours beyond a retainer, one line for each price, prior periods first."""
    priced = [item._replace(correction_of="") for item in priced]
    by_rate = contract._replace(invoice=contract.invoice._replace(group_by=("rate",)))
    if contract.retainer is not None and contract.retainer.overage_rate is not None:
        by_rate = by_rate._replace(rates=contract.rates._replace(day_seconds=None))
    return [
        line._replace(kind="overage", text=_overage_text(contract, line))
        for line in time_lines(by_rate, priced)
    ]


def line_value(contract: Contract, seconds: int, price: Decimal) -> Decimal:
    """What hours cost at the contract's prices, per hour or per day, to the payer at hand."""
    whole = contract.rates.day_seconds or HOUR
    return part_of(contract, divide_half_up(seconds * price, whole, contract.places))


def _overage_text(contract: Contract, line: Line) -> str:
    text = shared_text(contract, f"{contract.name}: hours beyond the retainer")
    return text + _of_prior(line.entries) if line.prior_period else text


def _of_prior(entries: Sequence[TimeEntry | BilledEntry]) -> str:
    """That late work is of a prior period, and from when."""
    days = sorted({entry.date.isoformat() for entry in entries})
    worked = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
    return f" (prior period, worked {worked})"


def _group(keys: Sequence[GroupKey], item: PricedEntry) -> tuple[object, ...]:
    """What the entries of one line share; price, tax rate, lateness, what it corrects always."""
    entry = item.entry
    parts = {
        "task": item.task,
        "rate": "",
        "person": entry.person,
        "role": item.role,
        "entry": entry.id,
        "day": entry.date.isoformat(),
        "milestone": entry.milestone,
    }
    first = (not item.late, not item.correction_of, item.correction_of)
    return (*first, *(parts[key] for key in keys), item.price, item.tax_rate)


def _sort_key(group: tuple[object, ...]) -> tuple[tuple[bool, str, Decimal], ...]:
    """Sorts groups whose parts may be None, text or numbers."""
    return tuple(
        (part is not None, "" if isinstance(part, Decimal) else str(part), part)
        if isinstance(part, Decimal)
        else (part is not None, str(part), ZERO)
        for part in group
    )


def _time_line(contract: Contract, items: list[PricedEntry]) -> Line:
    items = sorted(items, key=lambda item: (item.entry.date, item.entry.person, item.entry.id))
    billed = billed_entries([item.entry for item in items], contract.invoice.hours)
    first = items[0]
    seconds = sum(entry.billed_seconds for entry in billed)
    zero = ZERO.quantize(Decimal(1).scaleb(-contract.places))
    price = first.price
    tasks = {item.task for item in items}
    return Line(
        "time",
        shared_text(contract, _text(contract, items)),
        zero if price is None else line_value(contract, seconds, price),
        seconds,
        price,
        tasks.pop() or None if len(tasks) == 1 else None,
        prior_period=first.late,
        tax=first.tax,
        tax_rate=first.tax_rate,
        entries=billed,
        day_seconds=contract.rates.day_seconds,
    )


def _text(contract: Contract, items: list[PricedEntry]) -> str:
    """What the line says: the task, whatever else it is grouped by, and the dates of late work."""
    entries = [item.entry for item in items]
    first = items[0]
    shown = {
        "task": first.task or contract.name,
        "person": entries[0].person,
        "role": first.role,
        "entry": entries[0].note or entries[0].id,
        "day": entries[0].date.isoformat(),
        "milestone": entries[0].milestone,
    }
    parts = [shown[key] for key in contract.invoice.group_by if key in shown]
    text = ", ".join(part for part in parts if part) or contract.name
    if first.correction_of:
        text += f" (correction of {first.correction_of})"
    return text + _of_prior(entries) if first.late else text


def billed_entries(
    entries: Sequence[TimeEntry], rounding: HourRounding | None
) -> tuple[BilledEntry, ...]:
    """The entries of a line with their billed seconds, rounded as the contract says.

    Rounded per day, a person's entries of a day share the rounded sum: each gets what the rounded
    running sum grows by.
    """
    running: dict[object, tuple[int, int]] = {}
    found = []
    for entry in entries:
        billed = entry.seconds
        if rounding is not None:
            key = entry.id if rounding.per == "entry" else (entry.person, entry.date)
            worked, before = running.get(key, (0, 0))
            worked += entry.seconds
            total = round_seconds(worked, rounding)
            running[key] = (worked, total)
            billed = total - before
        found.append(
            BilledEntry(entry.id, entry.date, entry.person, entry.seconds, billed, entry.task)
        )
    return tuple(found)


def covered_line(contract: Contract, milestone: str, covered: Iterable[Covered]) -> Line:
    """The line of 0.00 that lists the hours which a fixed price pays for."""
    entries = sorted(
        (item.entry for item in covered), key=lambda entry: (entry.date, entry.person, entry.id)
    )
    name = contract.milestones[milestone].name if milestone else contract.name
    pays = "retainer" if contract.retainer and not milestone else "fixed price"
    return Line(
        "covered",
        f"{name}: hours covered by the {pays}",
        ZERO.quantize(Decimal(1).scaleb(-contract.places)),
        sum(entry.seconds for entry in entries),
        milestone=milestone or None,
        entries=billed_entries(entries, None),
    )
