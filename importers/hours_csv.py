"""Any CSV or sheet of hours, its columns named by `columns:` in projbill.yaml."""

from __future__ import annotations

from typing import TYPE_CHECKING

from projbill_beancount.importers.mapped import mapped_headers
from projbill_beancount.importers.mapped import mapped_table
from projbill_beancount.importers.mapped import missing_mapped
from projbill_beancount.importers.model import FileRefusedError
from projbill_beancount.importers.model import Format
from projbill_beancount.importers.workcolumns import WorkColumns
from projbill_beancount.importers.worktable import read_work

if TYPE_CHECKING:  # pragma: no cover
    from projbill_beancount.importers.model import Content
    from projbill_beancount.terms.model import ImportSettings
    from projbill_beancount.terms.model import Terms

TITLE = "CSV of hours (hours-csv)"
FIELDS = (
    *("date", "person", "hours", "duration", "start", "end", "client", "project", "task"),
    *("tags", "note", "billable", "invoiced", "role", "rate", "id"),
    *("amount", "currency"),
)
#: A row with none of these is a subtotal.
SUMS = ("date", "start", "person", "project")
#: A file without a column map must have one of these sets of columns.
NEEDED = (("date", "hours"), ("date", "duration"), ("date", "start", "end"), ("start", "end"))


def recognise(text: str, settings: ImportSettings) -> bool:
    """Whether `text` has the mapped columns, or without a map the fields' own names."""
    return mapped_table(text, settings, FIELDS, NEEDED) is not None


def nearly(text: str, settings: ImportSettings) -> str:
    """What keeps a text that is almost such a table from being one, or ""."""
    return missing_mapped(text, settings, TITLE, FIELDS, NEEDED)


def read(text: str, settings: ImportSettings, terms: Terms) -> Content:
    """The rows of a CSV of hours.

    Raises:
        FileRefusedError: a mapped column is not there, or day and month cannot be told apart.
    """
    del terms
    table = mapped_table(text, settings, FIELDS, NEEDED)
    if table is None:
        raise FileRefusedError("no header with the columns of hours-csv")
    headers = mapped_headers(settings, FIELDS)
    columns = WorkColumns({name: (text,) for name, text in headers.items()}, sums=SUMS)
    return read_work(table, columns, settings)


HOURS_CSV = Format("hours-csv", TITLE, recognise, nearly, read)
