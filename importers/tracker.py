"""Exports of issue trackers: a tool is a declaration of its layouts, and all are read alike.

A layout says how an export is recognised, where an item's fields stand, what the tool calls the
things that a milestone's `match:` can name, and which states mean delivered. A state that is not
in the list is not delivered, whatever else it is called.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.importers.jsontext import texts_at
from projbill_beancount.importers.table import data_rows
from projbill_beancount.importers.table import find_table
from projbill_beancount.importers.table import missing_columns

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable
    from collections.abc import Iterator
    from collections.abc import Mapping
    from collections.abc import Sequence

    from projbill_beancount.importers.jsontext import Value
    from projbill_beancount.importers.model import Content
    from projbill_beancount.importers.table import Header
    from projbill_beancount.importers.table import Table
    from projbill_beancount.terms.model import ImportSettings

#: What people call work that was given up; such items are left out of a share.
CANCELLED = frozenset(
    (
        "abandoned",
        "abgelehnt",
        "abgewiesen",
        "canceled",
        "cancelled",
        "cannot reproduce",
        "declined",
        "deleted",
        "dropped",
        "duplicate",
        "duplicated",
        "invalid",
        "not planned",
        "not_planned",
        "obsolete",
        "rejected",
        "rejeté",
        "won't do",
        "won't fix",
        "won’t do",
        "won’t fix",
        "wont do",
        "wont fix",
        "wontdo",
        "wontfix",
    )
)
DONE = frozenset(("done", "closed", "complete", "completed", "resolved"))
#: Spreadsheets run a text that begins so; some tools write an apostrophe before it.
_GUARDED = re.compile(r"'(?=[=+\-@\t])")
NOTHING = frozenset(("null", "nan"))


class Level(NamedTuple):
    """What a milestone may be in a tool: an item, or a group of items.

    `kind` is the key in `match:`, `noun` what messages call it. `key` is the field whose text
    stays the same when the thing is renamed and makes the report's id; of a group, each text is a
    group of its own. `also` are fields with other names of the same thing, `url` one with its
    address. `itself` is the field with an item's own name, where the item that a group is called
    after belongs to it. `sign` is written before the key (`#12`), and must be unless `bare`. `tag` tells the
    ids of the tool's kinds apart; keys that are `scoped` are unique in one project only. Where the key is not `named`, people do not
    write it, and only the other names count.
    """

    kind: str
    noun: str
    key: str
    also: tuple[str, ...] = ()
    url: str = ""
    group: bool = False
    itself: str = ""
    sign: str = ""
    bare: bool = True
    tag: str = ""
    scoped: bool = False
    named: bool = True


class Entry(NamedTuple):
    """An item of an export: the texts of its fields, and its cells for people to look at."""

    line: int
    texts: Mapping[str, tuple[str, ...]]
    raw: Sequence[str]

    def first(self, *names: str) -> str:
        """The first text of the first of these fields that has one, else ""."""
        return next((text for name in names for text in self.texts.get(name, ())), "")


def _keep(entry: Entry) -> str:
    del entry
    return ""


class Layout(NamedTuple):
    """One shape of a tool's export.

    `fields` are headers of a table, or dotted paths in an object. `needed` are the headers that a
    table must have, each with its translations, `without` those it must not have; `items` finds
    the objects of another kind of file.

    Fields that mean the same everywhere: id, key, name, project, url, status, resolution, labels,
    closed (when it was delivered), dropped (when it was given up), updated, created, percent,
    points, group-state, group-open and group-closed (of the group's own record).

    Delivered is what is in a state of `done`, and where `done` is empty what has a date in
    `closed`; of several resolutions only those in `delivering`. `exact` says that `closed` is the
    day of delivery and not just of the last change. `ratio` says that shares of groups are means
    of the items' own percentages. `project` picks the project's name out of its field.
    `left_out` gives a reason for items that are none. `limits` are row counts at which the
    tool stops. A cell of the fields in `joined` has several texts, with a semicolon and a blank
    between them. `partial` tells from the text why an export has a part of the items only, or "".
    """

    fields: Mapping[str, tuple[str, ...]]
    levels: tuple[Level, ...]
    needed: tuple[tuple[str, ...], ...] = ()
    without: tuple[str, ...] = ()
    items: Callable[[str], Sequence[Value] | None] | None = None
    done: frozenset[str] = frozenset()
    delivering: frozenset[str] | None = None
    cancelled: frozenset[str] = CANCELLED
    exact: bool = True
    ratio: bool = False
    in_utc: bool = False
    project: re.Pattern[str] | None = None
    left_out: Callable[[Entry], str] = _keep
    limits: tuple[int, ...] = ()
    joined: tuple[str, ...] = ()
    partial: Callable[[str], str] | None = None


class Export(NamedTuple):
    """A text and the layout that it is in; `table` is its table where it is one."""

    text: str
    layout: Layout
    table: Table | None
    values: Sequence[Value]

    def entries(self, content: Content) -> Iterator[Entry]:
        """All items; what they count goes to `content`."""
        if self.table is not None:
            return _of_table(self.table, self.layout, content)
        return _of_values(self.values, self.layout, content)


def opened(text: str, layouts: Sequence[Layout], settings: ImportSettings) -> Export | None:
    """The text in the first layout that it is in, None if it is in none."""
    for layout in layouts:
        if layout.items is not None:
            values = layout.items(text)
            if values is not None:
                return Export(text, layout, None, values)
            continue
        table = find_table(text, settings, lambda header, of=layout: _fits(header, of))  # type: ignore[misc]
        if table is not None:
            return Export(text, layout, table, ())
    return None


def _fits(header: Header, layout: Layout) -> bool:
    return all(
        any(name.lower() in header for name in names) for names in layout.needed
    ) and not any(name.lower() in header for name in layout.without)


def lacking(text: str, layouts: Sequence[Layout], settings: ImportSettings, title: str) -> str:
    """What a table lacks that almost is such an export, or ""."""
    for layout in layouts:
        if layout.needed:
            needed = tuple(names[0] for names in layout.needed)
            problem = missing_columns(text, settings, needed, title)
            # Several common words are missing from any table.
            if problem.count('"') == len('""'):
                return problem
    return ""


def _of_table(table: Table, layout: Layout, content: Content) -> Iterator[Entry]:
    places = {name: table.all_columns(*headers) for name, headers in layout.fields.items()}
    for line, cells in data_rows(table, content):
        texts = {name: _cells(cells, found) for name, found in places.items() if found}
        for name in layout.joined:
            texts[name] = tuple(one for text in texts.get(name, ()) for one in text.split("; "))
        yield Entry(line, texts, cells)


def _cells(cells: Sequence[str], places: Sequence[int]) -> tuple[str, ...]:
    texts = (clean(cells[place]) for place in places)
    return tuple(text for text in texts if text)


def clean(cell: str) -> str:
    """A cell without blanks, without a guard against formulas, and without words for nothing."""
    text = _GUARDED.sub("", cell.strip(), count=1) if cell[:1] == "'" else cell.strip()
    return "" if text.lower() in NOTHING else text


def _of_values(values: Sequence[Value], layout: Layout, content: Content) -> Iterator[Entry]:
    for line, value in values:
        content.rows += 1
        texts = {
            name: tuple(text for path in paths for text in texts_at(value, path))
            for name, paths in layout.fields.items()
        }
        shown = [
            text
            for name in ("id", "key", "name", "status", "closed")
            for text in texts.get(name, ())
        ]
        yield Entry(line, texts, tuple(dict.fromkeys(shown)))


def have(values: Sequence[Value], *keys: str) -> bool:
    """Whether there are objects, and all of them have these keys."""
    return bool(values) and all(key in one.value for one in values for key in keys)


def counted_state(state: str, closed: object, still_open: object) -> dict[str, object]:
    """State and percentage of a group's own record, which counts its items.

    What is closed with open items is not delivered.
    """
    counts = [count if isinstance(count, int) else 0 for count in (closed, still_open)]
    total = sum(counts)
    percent = Decimal(counts[0] * 10_000 // total) / 100 if total > 0 else None
    return {"state": "closed with open items" if counts[1] else state, "percent": percent}
