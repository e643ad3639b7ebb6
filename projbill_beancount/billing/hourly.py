"""Hours on a contract's drafts: each billable entry on the draft of its slot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from projbill_beancount.billing.calendar import period_containing
from projbill_beancount.billing.drafts import Hold
from projbill_beancount.billing.findings import counted
from projbill_beancount.billing.lines import time_lines
from projbill_beancount.billing.model import Reason
from projbill_beancount.billing.schedule import Slot

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Sequence
    from datetime import date

    from projbill_beancount.billing.lines import PricedEntry
    from projbill_beancount.billing.model import Line
    from projbill_beancount.billing.pricing import Priced
    from projbill_beancount.billing.time_checks import Blocks
    from projbill_beancount.facts.model import TimeEntry
    from projbill_beancount.terms.model import Contract

SlotKey = tuple[str, "date"]


class Hourly:
    """The open billable entries of a contract by the slot that bills them."""

    def __init__(self, contract: Contract, priced: Sequence[Priced], blocks: Blocks) -> None:
        self.contract = contract
        self._blocks = blocks
        self._slots: dict[SlotKey, Slot] = {}
        self._items: dict[SlotKey, list[Priced]] = {}
        self._postponed: list[Priced] = []
        for item in priced:
            if item.slot is not None:
                key = (item.slot.trigger.id, item.slot.date)
                self._slots.setdefault(key, item.slot)
                self._items.setdefault(key, []).append(item)

    def slots(self) -> list[Slot]:
        """Where entries are billed; below a minimum, also where the contract ends."""
        slots = list(self._slots.values())
        end = self.contract.end
        if self.contract.invoice.minimum and end:
            triggers = {slot.trigger.id: slot.trigger for slot in slots}
            slots += [
                Slot(trigger, end, period_containing(end, trigger, self.contract.start, end))
                for trigger in triggers.values()
            ]
        return slots

    def lines_at(self, slot: Slot) -> tuple[list[Line], list[Hold]]:
        """The hour lines of a slot's draft, and what holds them."""
        items = self._at(slot)
        holds = entry_holds(items, self._blocks)
        return time_lines(self.contract, [item.item for item in items]), holds

    def postpone(self, slot: Slot) -> None:
        """Leave the slot's entries to the trigger's next draft, as of a prior period."""
        items = self._at(slot)
        self._items.pop((slot.trigger.id, slot.date), None)
        self._postponed = [
            *(item for item in self._postponed if item not in items),
            *(item._replace(item=_as_prior(item.item)) for item in items),
        ]

    def take(self, slot: Slot) -> None:
        """The slot's entries are on its draft, also those that were postponed to it."""
        self._items[slot.trigger.id, slot.date] = self._at(slot)
        self._postponed = [item for item in self._postponed if not _same_trigger(item, slot)]

    def _at(self, slot: Slot) -> list[Priced]:
        postponed = [item for item in self._postponed if _same_trigger(item, slot)]
        return [*postponed, *self._items.get((slot.trigger.id, slot.date), ())]


def entry_holds(priced: Sequence[Priced], blocks: Blocks) -> list[Hold]:
    """The reasons that single entries give to hold the draft, one per code."""
    groups: dict[str, list[tuple[TimeEntry, str]]] = {}
    for item in priced:
        entry = item.item.entry
        for block in blocks.reasons.get(entry.id, ()):
            groups.setdefault(block.code, []).append((entry, block.message))
        if item.rate.code:
            message = f"entry {entry.id} cannot be priced: {item.rate.rule}"
            groups.setdefault(item.rate.code, []).append((entry, message))
    return [_hold(code, groups[code]) for code in sorted(groups)]


def _hold(code: str, entries: Sequence[tuple[TimeEntry, str]]) -> Hold:
    first, message = entries[0]
    identities = tuple(dict.fromkeys(entry.id for entry, _ in entries))
    left = counted(len(identities) - 1, "more entry", "more entries")
    more = f" (and {left})" if len(identities) > 1 else ""
    return Hold(Reason(code, None, message + more, identities), first.place)


def _same_trigger(item: Priced, slot: Slot) -> bool:
    return item.slot is not None and item.slot.trigger.id == slot.trigger.id


def _as_prior(item: PricedEntry) -> PricedEntry:
    return item._replace(late=True)
