"""Reads a tracker's export: each milestone in it with its share delivered and its days."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from projbill_beancount.importers.dates import Dates
from projbill_beancount.importers.dates import date_order
from projbill_beancount.importers.model import Content
from projbill_beancount.importers.model import FileRefusedError
from projbill_beancount.importers.model import Refused
from projbill_beancount.importers.model import RowRefusedError
from projbill_beancount.importers.model import TrackedRow
from projbill_beancount.importers.moments import Days
from projbill_beancount.importers.moments import firm_zone
from projbill_beancount.importers.tracked import TOGETHER
from projbill_beancount.importers.tracker import opened
from projbill_beancount.importers.tracker_items import ALMOST
from projbill_beancount.importers.tracker_items import WHOLE
from projbill_beancount.importers.tracker_items import ZERO
from projbill_beancount.importers.tracker_items import Items
from projbill_beancount.importers.tracker_items import delivered_on
from projbill_beancount.importers.tracker_items import moved_on
from projbill_beancount.importers.tracker_items import share_of
from projbill_beancount.importers.tracker_units import Wanted
from projbill_beancount.importers.tracker_units import sorted_out

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Sequence
    from datetime import date

    from projbill_beancount.importers.tracker import Export
    from projbill_beancount.importers.tracker_format import Tracker
    from projbill_beancount.importers.tracker_items import Item
    from projbill_beancount.importers.tracker_units import Unit
    from projbill_beancount.terms.model import ImportSettings
    from projbill_beancount.terms.model import Terms

LEFT_OUT = "cancelled, not part of the share"
TWICE = "the same item again"
DATED = ("closed", "dropped", "updated", "created")


def read_tracker(tracker: Tracker, text: str, settings: ImportSettings, terms: Terms) -> Content:
    """The milestones among an export's items; all other items are skipped.

    Raises:
        FileRefusedError: it is no such export, or day and month cannot be told apart.
    """
    export = opened(text, tracker.layouts, settings)
    if export is None:
        raise FileRefusedError(f"no export of {tracker.title}")
    content = Content()
    items = _items(export, settings, content)
    tool = tracker.tool or tracker.name
    wanted = Wanted(tool, export.layout, terms)
    units = sorted_out(items, wanted, content)
    if items and not content.refused:
        wanted.tell_missing(items, units, content)
    reader = _Reader(export, settings, terms, content)
    if units:
        reader.decide_dates(items)
    for unit in units:
        reader.take(unit, tool)
    # Another order of the export's rows makes the same files.
    content.tracked.sort(key=lambda row: (row.project, row.milestone, row.base))
    content.notices += reader.notices()
    return content


def _items(export: Export, settings: ImportSettings, content: Content) -> list[Item]:
    read = Items(export.layout, settings)
    items = []
    seen: set[tuple[str, ...]] = set()
    for entry in export.entries(content):
        own = (entry.first("id"), entry.first("project"))
        if own[0] and own in seen:
            content.skipped[TWICE] += 1
            continue
        seen.add(own)
        if reason := export.layout.left_out(entry):
            content.skipped[reason] += 1
            continue
        try:
            items.append(read(entry))
        except RowRefusedError as error:
            content.refused.append(Refused(entry.line, str(error)))
    if content.rows in export.layout.limits:
        content.notices.append(
            f"{content.rows} rows are just what the tool exports at most; see that none is missing"
        )
    return items


class _Reader:
    """Turns the milestones of one export into rows."""

    def __init__(
        self, export: Export, settings: ImportSettings, terms: Terms, content: Content
    ) -> None:
        self.layout = export.layout
        self.settings = settings
        self.content = content
        self.partial = export.layout.partial(export.text) if export.layout.partial else ""
        self.days = Days(Dates(""), firm_zone(terms, settings), in_utc=self.layout.in_utc)
        self.broken: set[int] = set()
        self.other_states: set[str] = set()
        self.by_points = settings.share == "points"
        self.by_percent = settings.share == "percent" or (self.layout.ratio and not settings.share)

    def decide_dates(self, items: Sequence[Item]) -> None:
        """Fix the order of day and month by all dates of the export.

        Raises:
            FileRefusedError: both orders fit.
        """
        texts = (
            text for item in items for name in DATED for text in item.entry.texts.get(name, ())
        )
        self.days.dates = Dates(date_order(texts, self.settings.dates))

    def notices(self) -> list[str]:
        """What the person should know about the whole export."""
        told = []
        if self.other_states:
            names = ", ".join(f'"{name}"' for name in sorted(self.other_states))
            told.append(
                f"items in the states {names} have a day of completion and do not count as"
                f" delivered; if they are, list all delivered states in `done:` under `imports:"
                f" {self.settings.name}:`"
            )
        if not self.days.guessed:
            return told
        told.append(
            "times have an offset, and no zone is known: the days are those of UTC; set `zone:`"
            f" under `imports: {self.settings.name}:`"
        )
        return told

    def take(self, unit: Unit, tool: str) -> None:
        """The row of a milestone, or why there is none."""
        counted = [item for item in unit.counted if id(item) not in self.broken]
        members = [item for item in unit.members if not item.cancelled]
        done = self._delivered(members)
        if any(id(item) in self.broken for item in unit.members):
            self.content.skipped[TOGETHER] += sum(id(item) not in self.broken for item in counted)
            return
        if unit.level.group:
            left = sum(item.cancelled for item in counted)
            self.content.skipped[LEFT_OUT] += left
            counted = [item for item in counted if not item.cancelled]
        try:
            percent = self._percent(unit, members)
        except RowRefusedError as error:
            if counted:
                self.content.refused.append(Refused(counted[0].entry.line, str(error)))
                self.content.skipped[TOGETHER] += len(counted) - 1
            return
        moved = max(
            (day for item in unit.members if (day := moved_on(item, self.days))), default=None
        )
        partly = percent > 0 and percent < WHOLE and (self.by_percent or not unit.level.group)
        first = unit.members[0].entry
        self.content.tracked.append(
            TrackedRow(
                first.line,
                len(counted),
                unit.identity(tool),
                unit.target.contract.id,
                unit.target.milestone.id,
                percent,
                moved if partly else max(done, default=None),
                moved,
                not unit.level.group,
                self.layout.exact,
                first.raw,
                unit.elsewhere(tool),
            )
        )

    def _delivered(self, members: Sequence[Item]) -> list[date]:
        """The days of the delivered items; those whose day cannot be read are refused."""
        found = []
        for item in members:
            if not item.done and self.layout.exact and self._is_other(item):
                self.other_states.add(item.status)
            if not item.done or id(item) in self.broken:
                continue
            try:
                found.append(delivered_on(item, self.layout, self.days))
            except RowRefusedError as error:
                self.content.refused.append(Refused(item.entry.line, str(error)))
                self.broken.add(id(item))
        return found

    def _is_other(self, item: Item) -> bool:
        """Whether an open item has a day of completion, in a state that nobody listed."""
        known = item.status.casefold() in self.layout.done and not self.settings.done
        return bool(item.status and item.entry.first("closed")) and not known

    def _percent(self, unit: Unit, members: Sequence[Item]) -> Decimal:
        """The share that is delivered, rounded down: whole only when the last item is.

        Raises:
            RowRefusedError: items or their points are missing, so that the share is not known.
        """
        if not members:
            return ZERO
        if not unit.level.group:
            return share_of(members[0])
        self._check_whole(unit)
        if self.by_points:
            weights = [item.points or ZERO for item in members]
            if not any(weights):
                raise RowRefusedError(
                    f"no item of the {unit.level.noun} {unit.key} has points; estimate them, or"
                    f" remove `share: points` under `imports: {self.settings.name}:`"
                )
        else:
            weights = [Decimal(1)] * len(members)
        shares = [share_of(item) if self.by_percent else WHOLE * item.done for item in members]
        total = sum((w * s for w, s in zip(weights, shares, strict=True)), ZERO)
        percent = Decimal(int(total * 100 / sum(weights, ZERO))) / 100
        if not all(item.done for item in members):
            return min(percent, ALMOST) if percent == WHOLE else percent
        return self._closed(unit, members)

    def _closed(self, unit: Unit, members: Sequence[Item]) -> Decimal:
        """All of it, unless the tool says that the group itself is still open."""
        state = members[0].entry.first("group-state").casefold()
        if state in {"", "closed"}:
            return WHOLE
        self.content.notices.append(
            f"all items of the {unit.level.noun} {unit.key} are delivered, and it is still {state}:"
            f" {ALMOST} % is reported until it is closed"
        )
        return ALMOST

    def _check_whole(self, unit: Unit) -> None:
        if self.partial:
            raise RowRefusedError(self.partial)
        entry = unit.members[0].entry
        counts = [entry.first(name) for name in ("group-open", "group-closed")]
        if not all(count.isdecimal() for count in counts):
            return
        total = sum(map(int, counts))
        if len(unit.members) < total:
            raise RowRefusedError(
                f"{len(unit.members)} of the {total} items of the {unit.level.noun} {unit.key} are in"
                " the file; export all states and all pages"
            )
