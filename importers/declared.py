"""Formats that are tables, each declared by its layouts and nothing else.

A format is one short module:

    FORMAT = tabular("tool", "Tool, detailed report (CSV, XLSX)", [Layout(WorkColumns({…}), …)])
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


def tabular(
    name: str,
    title: str,
    layouts: Sequence[Layout],
    *,
    unpack: Callable[[Mapping[str, bytes]], str] | None = None,
    order: Callable[[str], str] | None = None,
) -> Format:
    """The format of tables in one of `layouts`; the first that fits is taken."""

    def found(text: str, settings: ImportSettings) -> tuple[Layout, Table] | None:
        for layout in layouts:
            table = find_table(text, settings, layout.fits)
            if table is not None:
                return layout, table
        return None

    def recognise(text: str, settings: ImportSettings) -> bool:
        return found(text, settings) is not None

    def nearly(text: str, settings: ImportSettings) -> str:
        told = title.partition(",")[0]
        problems = (
            missing_columns(text, settings, layout.near, told) for layout in layouts if layout.near
        )
        return next(filter(None, problems), "")

    def read(text: str, settings: ImportSettings, terms: Terms) -> Content:
        del terms
        here = found(text, settings)
        if here is None:
            raise FileRefusedError(f"no header of {title}")
        layout, table = here
        content = read_work(table, layout.columns, settings)
        content.notices += layout.notices
        return content

    return Format(name, title, recognise, nearly, read, unpack, order)
