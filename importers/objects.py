"""JSON objects as rows of work: paths into an object take the place of a table's headers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from typing import Any
from typing import NamedTuple

from projbill_beancount.importers.amounts import cells_at
from projbill_beancount.importers.jsontext import objects
from projbill_beancount.importers.jsontext import texts_at
from projbill_beancount.importers.model import Content
from projbill_beancount.importers.worktable import read_cells

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable
    from collections.abc import Iterator
    from collections.abc import Mapping

    from projbill_beancount.importers.workcolumns import WorkColumns
    from projbill_beancount.terms.model import ImportSettings

    Cells = dict[str, str]


OTHERS = "export the other pages too"
#: Fields that are empty in every entry of an export in which all are running.
ALWAYS = ("end", "duration")


class Item(NamedTuple):
    """An entry of an export: its line, or where all are on one line its number; its own values."""

    line: int
    value: Mapping[str, Any]


def no_change(cells: Cells, settings: ImportSettings) -> None:
    """Leaves the cells as they are."""
    del cells, settings


class Objects(NamedTuple):
    """One arrangement of JSON objects.

    The headers of `columns` are dotted paths, `custom_fields[Name]` is the value of a named one in
    a list. `at` is the key of the list, empty where the objects stand at the top. `needs` are keys
    that every object has. `change` may mend the cells by field before they are read. `total` is
    the key of the number of all entries, which a page of them states.
    """

    columns: WorkColumns
    needs: tuple[str, ...]
    at: str = ""
    missing: Callable[[str, int], str] | None = None
    change: Callable[[Cells, ImportSettings], None] = no_change
    items: Callable[[str], Iterator[Item]] | None = None

    def found(self, text: str) -> Iterator[Item]:
        """The entries of a text."""
        if self.items:
            yield from self.items(text)
            return
        number = 0
        for line, value in objects(text):
            if not self.at:
                yield Item(line, value)
                continue
            for one in entries_at(value, self.at):
                number += 1
                yield Item(number, one)

    def fits(self, text: str) -> bool:
        """Whether a text has such objects."""
        first = next(self.found(text), None)
        return first is not None and all(key in first.value for key in self.needs)

    def read(self, text: str, settings: ImportSettings) -> Content:
        """The rows of a text that fits.

        Raises:
            FileRefusedError: day and month cannot be told apart.
        """
        content = Content()
        fields = tuple(self.columns.headers)
        rows = []
        for line, value in self.found(text):
            cells = {field: _cell(value, self.columns.headers[field]) for field in fields}
            self.change(cells, settings)
            rows.append((line, [cells[field] for field in fields]))
        content.rows = len(rows)
        there = {place for _, cells in rows for place, cell in enumerate(cells) if cell}
        there |= {place for place, field in enumerate(fields) if field in ALWAYS}
        places = {field: place for place, field in enumerate(fields) if place in there}
        if "amount" in places:
            # JSON's decimal mark is the point.
            content.amounts = cells_at([(places["amount"], "")], self.columns, places, ".")
        # An object is never a subtotal; one without a date is refused.
        read_cells(rows, places, self.columns._replace(sums=()), settings, content)
        if self.missing and (told := self.missing(text, len(rows))):
            content.notices.append(told)
        return content


def more_by(key: str) -> Callable[[str, int], str]:
    """What says of a page that its `key` states more entries than it has."""

    def missing(text: str, rows: int) -> str:
        found = [total for _, value in objects(text) for total in texts_at(value, key)]
        total = max((int(one) for one in found if one.isdecimal()), default=0)
        return f"the file has {rows} of {total} entries; {OTHERS}" if total > rows else ""

    return missing


def more_if(pattern: str) -> Callable[[str, int], str]:
    """What says of a page that it names a next one."""
    named = re.compile(pattern)
    return lambda text, rows: (
        f"the file has {rows} entries and a page follows; {OTHERS}" if named.search(text) else ""
    )


def entries_at(value: Mapping[str, Any], key: str) -> Iterator[Mapping[str, Any]]:
    """The objects in the list at a dotted path."""
    found: Any = value
    for name in key.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    for one in found if isinstance(found, list) else ():
        if isinstance(one, dict):
            yield one


def _cell(value: Mapping[str, Any], paths: tuple[str, ...]) -> str:
    for path in paths:
        if found := texts_at(value, path) if "[" not in path else _named(value, path):
            return ", ".join(found)
    return ""


def _named(value: Mapping[str, Any], path: str) -> tuple[str, ...]:
    """The value of a named one in a list, such as `custom_fields[Billable]`."""
    key, _, name = path.rstrip("]").partition("[")
    found = value.get(key)
    return tuple(
        text
        for one in (found if isinstance(found, list) else ())
        if isinstance(one, dict) and str(one.get("name", "")).lower() == name.lower()
        for text in texts_at(one, "value")
    )
