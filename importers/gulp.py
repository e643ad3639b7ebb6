"""The export formats as beangulp importers, for `import.py` and for Fava's import page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from beancount.core.data import Transaction
from beangulp.importer import Importer

from projbill_beancount.importers.formats import content_of_file
from projbill_beancount.importers.formats import recognise
from projbill_beancount.importers.formats import settings_of
from projbill_beancount.importers.known import KnownFacts
from projbill_beancount.importers.model import FileRefusedError
from projbill_beancount.importers.plan import Planner
from projbill_beancount.importers.run import refusal_lines
from projbill_beancount.ledger.record import places_of
from projbill_beancount.ledger.record import transaction_of
from projbill_beancount.terms.read import read_terms

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Sequence
    from datetime import date

    from beancount.core.data import Directive

    from projbill_beancount.importers.model import Format
    from projbill_beancount.importers.plan import FileReport
    from projbill_beancount.ledger.record import Record
    from projbill_beancount.terms.model import Terms


class ExportRefusedError(Exception):
    """An export with rows that cannot be imported; the message has a line for each reason."""


class ExportImporter(Importer):  # type: ignore[misc, unused-ignore]
    """Imports one export format with the terms of a `projbill.yaml`."""

    def __init__(self, form: Format, config: str) -> None:
        self.format = form
        self.config = config

    @property
    def name(self) -> str:
        """The importer's name, unique for each format."""
        return f"projbill.{self.format.name}"

    def identify(self, filepath: str) -> bool:
        """Whether the file is an export of this format and of no other."""
        try:
            content = content_of_file(filepath)
            return recognise(content, self._terms().firm).format.name == self.format.name
        except FileRefusedError:
            return False

    def account(self, filepath: str) -> str:
        """The account that the archive files exports under."""
        del filepath
        firm = self._terms().firm
        paid_from = settings_of(firm, self.format).paid_from
        return paid_from or firm.accounts.unbilled_time.partition(":{")[0]

    def date(self, filepath: str) -> date | None:
        """The day of the newest row, None if the file brings nothing."""
        terms = self._terms()
        report = Planner(terms, KnownFacts(terms)).file(filepath)
        return max((day for _, day in places_of(report.records)), default=None)

    def filename(self, filepath: str) -> str | None:
        """The name that the archive gives the file: its own."""
        return Path(filepath).name

    def extract(self, filepath: str, existing: Sequence[Directive]) -> list[Directive]:
        """The transactions that the export brings; what `existing` has already is left out.

        Raises:
            ExportRefusedError: a row cannot be imported, so nothing of the file is.
        """
        terms = self._terms()
        known = KnownFacts(terms)
        known.read(existing)
        report = Planner(terms, known, cells=True).file(filepath)
        if report.is_refused:
            raise ExportRefusedError("\n".join(refusal_lines(report)))
        return [
            _shown(record, report, terms.firm.hour, number)
            for number, record in enumerate(report.records, 1)
        ]

    def deduplicate(self, entries: list[Directive], existing: Sequence[Directive]) -> None:
        """Mark what `existing` has already, by id; a day that is half known keeps the new half."""
        there: dict[str, Directive] = {}
        for entry in existing:
            for identity in _ids(entry):
                there.setdefault(identity, entry)
        halves = []
        for index, entry in enumerate(entries):
            known = [identity in there for identity in _ids(entry)]
            if known and all(known):
                entry.meta["__duplicate__"] = there[_ids(entry)[0]]
            elif any(known):
                halves.append(index)
        if halves:
            path = entries[halves[0]].meta["filename"]
            fresh = {_day(entry): entry for entry in self.extract(path, existing)}
            for index in halves:
                entries[index] = fresh[_day(entries[index])]

    def _terms(self) -> Terms:
        return read_terms(self.config)


def _ids(entry: Directive) -> list[str]:
    if not isinstance(entry, Transaction):
        return []
    metas = [entry.meta, *(posting.meta or {} for posting in entry.postings)]
    return [str(meta["id"]) for meta in metas if "id" in meta]


def _day(entry: Directive) -> tuple[object, ...]:
    return entry.date, entry.meta.get("person"), entry.meta.get("milestone")


def _shown(record: Record, report: FileReport, hour: str, line: int) -> Directive:
    """The record as Beancount's, with the rows behind it, which Fava shows beside its form."""
    transaction = transaction_of(record, hour, report.path, line)
    rows = dict.fromkeys(report.sources.get(identity, "") for identity in _ids(transaction))
    transaction.meta["__source__"] = "\n".join(row for row in rows if row)
    return transaction
