"""A table for people: titles and cells as text, before anything is printed."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


class Column(NamedTuple):
    """A column's title; numbers are aligned to the right."""

    title: str
    right: bool = False


class Table(NamedTuple):
    """Rows of cells, one cell a column."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
