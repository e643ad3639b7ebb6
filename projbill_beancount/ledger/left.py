"""What is left to credit of an issued invoice, and what a credit note takes of it."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.billing.rounding import divide_half_up
from projbill_beancount.facts.model import FROZEN_ID
from projbill_beancount.facts.model import FrozenEntry
from projbill_beancount.facts.values import seconds_of
from projbill_beancount.ledger.errors import LedgerWriteError

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable
    from collections.abc import Mapping
    from collections.abc import Sequence

    from projbill_beancount.facts.model import FrozenWords
    from projbill_beancount.facts.model import Invoice
    from projbill_beancount.facts.model import InvoiceLine

ZERO = Decimal(0)
FOUR_PLACES = Decimal("0.0001")


class Left(NamedTuple):
    """A line of an invoice with what earlier credit notes left of it.

    `amount` is in the invoice's currency, `hours` are the worked hours of its entries by id.
    """

    line: InvoiceLine
    amount: Decimal
    hours: Mapping[str, Decimal]

    @property
    def is_taken_back(self) -> bool:
        """Whether nothing is left to credit."""
        return not self.amount and not any(self.hours.values())


class Taken(NamedTuple):
    """What a credit note takes back of a line; `entries` as the line froze them, with their hours."""

    line: InvoiceLine
    amount: Decimal
    entries: tuple[tuple[FrozenWords, Decimal], ...]


def left_of(invoice: Invoice, credit_notes: Iterable[Invoice]) -> list[Left]:
    """The lines of an invoice less what credit notes took back, in the invoice's order."""
    amounts = [line.amount for line in invoice.lines]
    hours = [
        {entry.id: Decimal(entry.hours.partition("/")[0] or 0) for entry in line.entries}
        for line in invoice.lines
    ]
    by_key: defaultdict[tuple[object, ...], list[int]] = defaultdict(list)
    for index, line in enumerate(invoice.lines):
        by_key[_key(line)].append(index)
    for credit in credit_notes:
        for line in credit.lines:
            alike = by_key.get(_key(line), range(len(amounts)))
            meant = _by_likeness(line, alike, invoice.lines)
            _take_amount(line.amount, meant, amounts)
            _take_hours(line, meant, hours)
    return [Left(*one) for one in zip(invoice.lines, amounts, hours, strict=True)]


def _by_likeness(
    line: InvoiceLine, alike: Iterable[int], lines: Sequence[InvoiceLine]
) -> list[int]:
    """The invoice's lines that a credit's line may mean: with its entries, its words, its price."""
    ids = set(line.ids)

    def unlikeness(index: int) -> tuple[bool, ...]:
        other = lines[index]
        return (
            ids.isdisjoint(other.ids),
            (line.project, line.milestone) != (other.project, other.milestone),
            line.text != other.text,
            line.price != other.price,
        )

    return sorted(alike, key=unlikeness)


def _take_amount(amount: Decimal, indexes: Iterable[int], amounts: list[Decimal]) -> None:
    for index in indexes:
        taken = part_of(amounts[index], amount)
        amounts[index] -= taken
        amount -= taken


def _take_hours(line: InvoiceLine, indexes: Iterable[int], hours: list[dict[str, Decimal]]) -> None:
    for entry in line.entries:
        size = Decimal(entry.hours.partition("/")[0] or 0)
        for index in indexes:
            taken = part_of(hours[index].get(entry.id, ZERO), size)
            if taken:
                hours[index][entry.id] -= taken
                size -= taken


def taken_whole(left: Sequence[Left]) -> list[Taken]:
    """Everything that is left; entries that a line lists without their hours, if it is untouched."""
    return [
        Taken(one.line, one.amount, (*_all_entries(one), *_of_unknown_hours(one)))
        for one in left
        if not one.is_taken_back
    ]


def taken_entries(
    left: Sequence[Left], wanted: Mapping[str, Decimal | None], places: int
) -> list[Taken]:
    """The hours of entries (None: all that is left of one), at the prices of their lines.

    Raises:
        LedgerWriteError: the invoice does not have them.
    """
    due = {
        identity: None if hours is None else hours.quantize(FOUR_PLACES)
        for identity, hours in wanted.items()
    }
    found = []
    for one in left:
        entries = []
        for words in one.line.frozen:
            identity, there = words[FROZEN_ID], one.hours.get(words[FROZEN_ID], ZERO)
            if identity not in due or not there:
                continue
            asked = due[identity]
            size = there if asked is None else min(asked, there)
            if asked is not None:
                due[identity] = asked - size
            if size:
                entries.append((words, size))
        if entries:
            found.append(Taken(one.line, _value(one, entries, places), tuple(entries)))
    listed = {words[FROZEN_ID] for taken in found for words, _ in taken.entries}
    for identity, hours in due.items():
        if identity not in listed:
            raise LedgerWriteError(f"the invoice has nothing left of entry {identity} to credit")
        if hours:
            raise LedgerWriteError(
                f"the invoice has {hours} h less of entry {identity} than is to be credited"
            )
    return found


def billed_seconds(words: FrozenWords, hours: Decimal) -> int:
    """What is billed of an entry's hours: all of it, or in proportion."""
    entry, worked = FrozenEntry(*words), seconds_of(hours)
    seconds, billed = entry.seconds or 0, entry.billed_seconds or 0
    if worked == seconds or not seconds:
        return billed
    return int(divide_half_up(Decimal(billed * worked), abs(seconds), 0)) * (
        1 if seconds > 0 else -1
    )


def _value(one: Left, entries: Sequence[tuple[FrozenWords, Decimal]], places: int) -> Decimal:
    """What hours are worth on a line: all that is left of it with its last hours."""
    taken = {words[FROZEN_ID]: hours for words, hours in entries}
    if all(hours == taken.get(identity, ZERO) for identity, hours in one.hours.items()):
        return one.amount
    whole = sum(FrozenEntry(*words).billed_seconds or 0 for words in one.line.frozen)
    seconds = sum(billed_seconds(words, hours) for words, hours in entries)
    return divide_half_up(one.line.amount * seconds, whole, places) if whole else ZERO


def _of_unknown_hours(one: Left) -> Iterable[tuple[FrozenWords, Decimal]]:
    if one.amount == one.line.amount:
        for words in one.line.frozen:
            if not FrozenEntry(*words).hours:
                yield words, ZERO


def _all_entries(one: Left) -> Iterable[tuple[FrozenWords, Decimal]]:
    return (
        (words, one.hours[words[FROZEN_ID]])
        for words in one.line.frozen
        if one.hours.get(words[FROZEN_ID])
    )


def _key(line: InvoiceLine) -> tuple[object, ...]:
    """What makes a credit note's line one of an invoice's line."""
    return (
        line.kind,
        line.text,
        line.project,
        line.task,
        line.milestone,
        line.change_order,
        line.adjustment,
        line.prior_period,
        line.tax,
        line.tax_rate,
    )


def part_of(size: Decimal, wanted: Decimal) -> Decimal:
    """As much of `wanted` as `size` has; both may be negative."""
    if size >= ZERO:
        return max(min(size, wanted), ZERO)
    return min(max(size, wanted), ZERO)
