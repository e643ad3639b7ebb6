"""Any CSV of milestones, its columns named by `columns:` in projbill.yaml."""

from __future__ import annotations

from typing import TYPE_CHECKING

from projbill_beancount.importers.dates import Dates
from projbill_beancount.importers.dates import date_order
from projbill_beancount.importers.dates import split_moment
from projbill_beancount.importers.mapped import mapped_headers
from projbill_beancount.importers.mapped import mapped_table
from projbill_beancount.importers.mapped import missing_mapped
from projbill_beancount.importers.matching import Matcher
from projbill_beancount.importers.milestones import named
from projbill_beancount.importers.model import Content
from projbill_beancount.importers.model import FileRefusedError
from projbill_beancount.importers.model import Format
from projbill_beancount.importers.model import ProgressRow
from projbill_beancount.importers.model import Reading
from projbill_beancount.importers.model import RowRefusedError
from projbill_beancount.importers.model import Where
from projbill_beancount.importers.table import data_rows
from projbill_beancount.importers.table import take_rows
from projbill_beancount.importers.values import number_of
from projbill_beancount.ledger.by_hand import id_part

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Mapping
    from datetime import date
    from decimal import Decimal

    from projbill_beancount.terms.model import ImportSettings
    from projbill_beancount.terms.model import Terms

TITLE = "CSV of milestones (milestones-csv)"
FIELDS = ("project", "milestone", "date", "complete", "accepted", "id")
NEEDED = (("milestone", "date"), ("milestone", "accepted"))
WHOLE = 100


def recognise(text: str, settings: ImportSettings) -> bool:
    """Whether `text` has the mapped columns, or without a map the fields' own names."""
    return mapped_table(text, settings, FIELDS, NEEDED) is not None


def nearly(text: str, settings: ImportSettings) -> str:
    """What keeps a text that is almost such a table from being one, or ""."""
    return missing_mapped(text, settings, TITLE, FIELDS, NEEDED)


def read(text: str, settings: ImportSettings, terms: Terms) -> Content:
    """The rows of a CSV of milestones.

    Raises:
        FileRefusedError: a mapped column is not there, or day and month cannot be told apart.
    """
    table = mapped_table(text, settings, FIELDS, NEEDED)
    if table is None:
        raise FileRefusedError("no header with the columns of milestones-csv")
    content = Content()
    rows = list(data_rows(table, content))
    places = {
        name: place
        for name, header in mapped_headers(settings, FIELDS).items()
        if (place := table.column(header.strip())) is not None
    }
    dated = [places[name] for name in ("date", "accepted") if name in places]
    order = date_order((cells[place] for _, cells in rows for place in dated), settings.dates)
    reader = _Reader(terms, settings, places, Dates(order))
    content.progress += take_rows(rows, reader.row, content)
    return content


class _Reader:
    """Turns the rows of one table into reports."""

    def __init__(
        self, terms: Terms, settings: ImportSettings, places: Mapping[str, int], dates: Dates
    ) -> None:
        self.terms = terms
        self.mark = settings.decimal
        self.places = places
        self.dates = dates
        self.matcher = Matcher(terms, settings)
        self._projects: dict[str, Where] = {}

    def row(self, line: int, cells: list[str]) -> ProgressRow | str:
        """The report of a row, or why it is skipped.

        Raises:
            RowRefusedError: a cell cannot be read.
        """
        complete, accepted = self._percent(cells), self._date(cells, "accepted")
        if complete is None and accepted is None:
            return "nothing reported"
        day = self._date(cells, "date") or accepted
        if day is None:
            raise RowRefusedError("the row has no date")
        project, contract = self._cell(cells, "project"), None
        if project:
            match = self.matcher.find(self._where(project), day)
            if match is None:
                return "ignored on purpose"
            contract = self.terms.contracts[match.project]
        target = named(self.terms, contract, self._cell(cells, "milestone"))
        own = self._cell(cells, "id")
        subject = f"{target.contract.id}-{id_part(target.milestone.id)}-{day.isoformat()}"
        return ProgressRow(
            line,
            1,
            f"milestones-csv-{id_part(own) if own else subject}",
            target.contract.id,
            target.milestone.id,
            day,
            complete,
            accepted,
            cells,
        )

    def _where(self, project: str) -> Where:
        found = self._projects.get(project)
        if found is None:
            found = self._projects[project] = Where((Reading("", project, ""),))
        return found

    def _cell(self, cells: list[str], name: str) -> str:
        place = self.places.get(name)
        return cells[place].strip() if place is not None else ""

    def _date(self, cells: list[str], name: str) -> date | None:
        text = split_moment(self._cell(cells, name))[0]
        return self.dates(text) if text else None

    def _percent(self, cells: list[str]) -> Decimal | None:
        text = self._cell(cells, "complete").removesuffix("%").strip()
        if not text:
            return None
        percent = number_of(text, self.mark)
        if not 0 <= percent <= WHOLE:
            raise RowRefusedError(f'complete is "{text}", not a percentage from 0 to 100')
        return percent


MILESTONES_CSV = Format("milestones-csv", TITLE, recognise, nearly, read)
