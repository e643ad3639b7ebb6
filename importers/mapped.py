"""Tables whose columns a person names in projbill.yaml."""

from __future__ import annotations

from typing import TYPE_CHECKING

from projbill_beancount.importers.table import find_table
from projbill_beancount.importers.table import missing_columns

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Mapping
    from collections.abc import Sequence

    from projbill_beancount.importers.table import Header
    from projbill_beancount.importers.table import Table

    from projbill_beancount.terms.model import ImportSettings


def mapped_headers(settings: ImportSettings, fields: Sequence[str]) -> Mapping[str, str]:
    """The header of each field: the mapped ones, or without a map the fields' own names."""
    if settings.columns:
        return settings.columns
    return {name: name for name in fields}


def mapped_table(
    text: str, settings: ImportSettings, fields: Sequence[str], needed: Sequence[Sequence[str]]
) -> Table | None:
    """The table with all mapped columns; without a map, with one of the sets in `needed`.

    Without a map every column must be one of `fields`, or another tool's file would be taken.
    """
    known = set(fields)

    def fits(header: Header) -> bool:
        if settings.columns:
            return all(name.strip().lower() in header for name in settings.columns.values())
        return known.issuperset(header) and any(known_set(header, names) for names in needed)

    return find_table(text, settings, fits)


def known_set(header: Header, names: Sequence[str]) -> bool:
    """Whether the header has all of `names`."""
    return all(name in header for name in names)


def missing_mapped(text: str, settings: ImportSettings, title: str) -> str:
    """Which mapped columns a text lacks that has at least half of them, or ""."""
    if not settings.columns:
        return ""
    problem = missing_columns(text, settings, tuple(settings.columns.values()), title)
    place = settings.place
    return f"{problem}, which {place.file}:{place.line} maps" if problem else ""
