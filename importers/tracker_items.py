"""How far an item of a tracker is, as its state, its percentage or its points say."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.importers.model import RowRefusedError
from projbill_beancount.importers.values import number_of

if TYPE_CHECKING:  # pragma: no cover
    from datetime import date

    from projbill_beancount.importers.moments import Days
    from projbill_beancount.importers.tracker import Entry
    from projbill_beancount.importers.tracker import Layout
    from projbill_beancount.terms.model import ImportSettings

ZERO = Decimal(0)
WHOLE = Decimal(100)
#: Only a state that means delivered makes the whole; a percentage alone stops here.
ALMOST = Decimal(99)


class Item(NamedTuple):
    """An entry with its project and its state.

    `percent` is the tool's own, None where it gives none; `name` is for messages.
    """

    entry: Entry
    name: str
    project: str
    status: str
    done: bool
    cancelled: bool
    percent: Decimal | None
    points: Decimal | None


class Items:
    """Reads the entries of one export as items."""

    def __init__(self, layout: Layout, settings: ImportSettings) -> None:
        self.layout = layout
        self.mark = settings.decimal
        self.done = _words(settings.done)
        self.cancelled = _words(settings.cancelled) or layout.cancelled

    def __call__(self, entry: Entry) -> Item:
        """The item.

        Raises:
            RowRefusedError: its percentage or points are no numbers.
        """
        status = entry.first("status")
        cancelled = self._is_cancelled(entry, status)
        percent = entry.first("percent").removesuffix("%").strip()
        points = entry.first("points")
        return Item(
            entry,
            _name(entry),
            self._project(entry),
            status,
            not cancelled and self._is_done(entry, status),
            cancelled,
            _percentage(percent, self.mark) if percent else None,
            _points(points, self.mark) if points else None,
        )

    def _is_cancelled(self, entry: Entry, status: str) -> bool:
        if entry.first("dropped"):
            return True
        words = (status, *entry.texts.get("resolution", ()), *entry.texts.get("labels", ()))
        return any(
            word.strip().casefold() in self.cancelled for text in words for word in text.split(",")
        )

    def _is_done(self, entry: Entry, status: str) -> bool:
        if self.done:
            return status.casefold() in self.done
        if self.layout.delivering is not None:
            resolution = entry.first("resolution").casefold()
            if resolution not in self.layout.delivering:
                return False
        if self.layout.done:
            return status.casefold() in self.layout.done
        return bool(entry.first("closed"))

    def _project(self, entry: Entry) -> str:
        text = entry.first("project")
        if self.layout.project is None:
            return text
        found = self.layout.project.search(text)
        return found[1] if found else ""


def _words(texts: tuple[str, ...]) -> frozenset[str]:
    return frozenset(text.strip().casefold() for text in texts)


def _name(entry: Entry) -> str:
    key, name = entry.first("key", "id"), entry.first("name")
    if not name or name == key:
        return key or "an item"
    return f'{key} "{name}"' if key else f'"{name}"'


def _percentage(text: str, mark: str) -> Decimal:
    percent = number_of(text, mark)
    if not ZERO <= percent <= WHOLE:
        raise RowRefusedError(f'"{text}" is not a percentage from 0 to 100')
    return percent


def _points(text: str, mark: str) -> Decimal:
    points = number_of(text, mark)
    if points < 0:
        raise RowRefusedError(f'"{text}" points are fewer than none')
    return points


def share_of(item: Item) -> Decimal:
    """The item's own percentage: all of it only where its state says that it is delivered."""
    if item.done:
        return WHOLE
    return min(item.percent or ZERO, ALMOST) if not item.cancelled else ZERO


def delivered_on(item: Item, layout: Layout, days: Days) -> date:
    """The day on which a delivered item was delivered.

    Raises:
        RowRefusedError: the export does not say, or not in a way that can be read.
    """
    text = item.entry.first("closed")
    if not text:
        field = layout.fields["closed"][0]
        raise RowRefusedError(
            f"{item.name} is {item.status or 'done'} but has no date in {field};"
            " export with that field, or report it with `projbill progress`"
        )
    return days(text)


def moved_on(item: Item, days: Days) -> date | None:
    """The last day on which something of the item changed, None if it cannot be told."""
    found = []
    for name in ("closed", "dropped", "updated", "created"):
        text = item.entry.first(name)
        try:
            found += [days(text)] if text else []
        except RowRefusedError:
            continue
    return max(found, default=None)
