"""Formats of tables and of JSON, each declared by its layouts and nothing else.

A format is one short module:

    FORMAT = declared("tool", "Tool, detailed report (CSV, XLSX)", [Layout(WorkColumns({…}), …)])
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.importers.model import FileRefusedError
from projbill_beancount.importers.model import Format
from projbill_beancount.importers.table import find_table
from projbill_beancount.importers.table import missing_columns
from projbill_beancount.importers.worktable import read_work

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable
    from collections.abc import Mapping
    from collections.abc import Sequence

    from projbill_beancount.importers.model import Content
    from projbill_beancount.importers.objects import Objects
    from projbill_beancount.importers.table import Header
    from projbill_beancount.importers.table import Table
    from projbill_beancount.importers.workcolumns import WorkColumns
    from projbill_beancount.terms.model import ImportSettings
    from projbill_beancount.terms.model import Terms


class Layout(NamedTuple):
    """One arrangement of an export's columns.

    `needs` are fields that a table must have, in any language of `columns`; `a|b` is one of both.
    `marks` are headers of which one must be there, `lacks` those that another tool's export has.
    `near` are headers by which a table is told that it almost is such an export. `notices` are
    said of every file.
    """

    columns: WorkColumns
    needs: tuple[str, ...]
    marks: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()

    def fits(self, header: Header) -> bool:
        """Whether a header is of this layout."""
        return (
            all(self._has(header, need) for need in self.needs)
            and (not self.marks or any(mark.lower() in header for mark in self.marks))
            and not any(name.lower() in header for name in self.lacks)
        )

    def _has(self, header: Header, need: str) -> bool:
        names = [one for field in need.split("|") for one in self.columns.headers.get(field, ())]
        return any(name.lower() in header for name in names)

    def read(self, table: Table, settings: ImportSettings) -> Content:
        """The rows of a table that fits.

        Raises:
            FileRefusedError: day and month cannot be told apart.
        """
        content = read_work(table, self.columns, settings)
        content.notices += self.notices
        return content


class _Declared(NamedTuple):
    """The layouts of a format, and what they say of a text; the first that fits is taken."""

    title: str
    tables: Sequence[Layout]
    objects: Sequence[Objects]
    refuses: Callable[[str, ImportSettings], str] | None

    def recognise(self, text: str, settings: ImportSettings) -> bool:
        return any(
            find_table(text, settings, layout.fits) is not None for layout in self.tables
        ) or any(layout.fits(text) for layout in self.objects)

    def nearly(self, text: str, settings: ImportSettings) -> str:
        if self.refuses and (problem := self.refuses(text, settings)):
            return problem
        told = self.title.partition(",")[0]
        near = (layout.near for layout in self.tables if layout.near)
        return next(filter(None, (missing_columns(text, settings, one, told) for one in near)), "")

    def read(self, text: str, settings: ImportSettings, terms: Terms) -> Content:
        del terms
        for layout in self.objects:
            if layout.fits(text):
                return layout.read(text, settings)
        for columns in self.tables:
            if table := find_table(text, settings, columns.fits):
                return columns.read(table, settings)
        raise FileRefusedError(f"not in a layout of {self.title}")


def declared(
    name: str,
    title: str,
    tables: Sequence[Layout] = (),
    objects: Sequence[Objects] = (),
    *,
    refuses: Callable[[str, ImportSettings], str] | None = None,
    unpack: Callable[[Mapping[str, bytes]], str] | None = None,
    order: Callable[[str], str] | None = None,
) -> Format:
    """The format of the tables and JSON texts in one of these layouts.

    `refuses` says what is wrong with a text of the same tool that no layout reads.
    """
    form = _Declared(title, tables, objects, refuses)
    return Format(name, title, form.recognise, form.nearly, form.read, unpack, order)
