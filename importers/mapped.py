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


def missing_mapped(
    text: str,
    settings: ImportSettings,
    title: str,
    fields: Sequence[str],
    needed: Sequence[Sequence[str]],
) -> str:
    """Why a text that almost is such a table is none, or "".

    It lacks some of the mapped columns; or without a map, it has columns beside the fields, and
    leaving out one that is not understood may bill what should not be billed.
    """
    if settings.columns:
        problem = missing_columns(text, settings, tuple(settings.columns.values()), title)
        place = settings.place
        return f"{problem}, which {place.file}:{place.line} maps" if problem else ""
    table = find_table(text, settings, lambda header: any(known_set(header, one) for one in needed))
    if table is None:
        return _lacking(text, settings, title, fields, needed)
    others = ", ".join(f'"{name}"' for name in table.columns if name not in fields)
    return (
        f"looks like {title} but has other columns too: {others}; name those to be read in"
        f" `columns:` under `imports: {settings.name}:` in projbill.yaml"
    )


def _lacking(
    text: str,
    settings: ImportSettings,
    title: str,
    fields: Sequence[str],
    needed: Sequence[Sequence[str]],
) -> str:
    """What a table lacks whose columns are all fields, but not enough of them; else ""."""
    known = set(fields)
    table = find_table(text, settings, lambda header: len(header) > 1 and known.issuperset(header))
    if table is None:
        return ""
    sets = " or ".join(" and ".join(names) for names in needed)
    return f"looks like {title} but has not the columns it needs: {sets}"
