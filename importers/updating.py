"""Rows that changed since they were imported: what takes them into the ledger, or why they stay.

An entry that nothing has invoiced, closed or written off is replaced where it stands. What is
invoiced stays as it was billed, and is corrected by an entry of its own.
"""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from typing import NamedTuple

from beancount.core.amount import Amount
from beancount.core.data import Transaction

from projbill_beancount.facts.model import FROZEN_ID
from projbill_beancount.facts.model import FrozenEntry
from projbill_beancount.importers.identity import numbered
from projbill_beancount.importers.known import content_of
from projbill_beancount.ledger.entry_text import UneditableError
from projbill_beancount.ledger.errors import LedgerWriteError
from projbill_beancount.ledger.facts import time_records
from projbill_beancount.ledger.write import joined

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Container
    from collections.abc import Iterable
    from collections.abc import Mapping
    from collections.abc import Sequence

    from beancount.core.data import Directive
    from beancount.core.data import Posting

    from projbill_beancount.facts.model import Facts
    from projbill_beancount.facts.model import Invoice
    from projbill_beancount.importers.identity import Altered
    from projbill_beancount.importers.known import KnownFacts
    from projbill_beancount.importers.known import TimeContent
    from projbill_beancount.importers.rewriting import Rewriter
    from projbill_beancount.ledger.facts import LoggedTime
    from projbill_beancount.ledger.files import Change
    from projbill_beancount.ledger.record import Record
    from projbill_beancount.ledger.replace import Edit
    from projbill_beancount.ledger.rewrite import LedgerFile
    from projbill_beancount.terms.accounts import Accounts
    from projbill_beancount.terms.model import Terms

#: Words that decide what is billed, by their place in an entry's content.
WORDS = {"task": 4, "billable": 5, "role": 7, "rate": 8}
#: How many places of an entry's content an approval is about: day, person, contract and hours.
APPROVED = 4


class Moved(NamedTuple):
    """An entry that goes to another day or person, with the keys that people gave it."""

    entry: LoggedTime
    kept: Mapping[str, str | bool]


class Update(NamedTuple):
    """What becomes of a changed row: `reason` says why it stays, else it can be taken."""

    reason: str = ""
    edits: tuple[tuple[LedgerFile, Edit], ...] = ()
    moved: tuple[Moved, ...] = ()


class Updater:
    """Judges changed rows against the ledger as it was loaded, and gathers what is to be written.

    `entries` are the ledger's and those of files that it does not include, as Beancount parsed
    them; `options` are the ledger's. Nothing is written here.
    """

    def __init__(
        self,
        terms: Terms,
        accounts: Accounts,
        facts: Facts,
        known: KnownFacts,
        entries: Iterable[Directive],
        ledger: str,
        options: Mapping[str, object] | None = None,
    ) -> None:
        self.terms = terms
        self.accounts = accounts
        self.facts = facts
        self.known = known
        self.ledger = ledger
        self.folder = str(Path(ledger).absolute().parent)
        self.entries = entries
        self._places: dict[str, list[tuple[Transaction, Posting]]] | None = None
        self._taken: dict[str, str] | None = None
        self._begin = joined(b"", [], options or {})
        self._files: dict[str, LedgerFile] = {}
        self._updated: set[str] = set()

    def judge(self, row: Altered, source: str) -> Update:
        """What would take a changed row into the ledger; nothing changes yet."""
        try:
            reason = self._staying(row)
            return Update(reason) if reason else self._edited(row, source)
        except UneditableError as error:
            return Update(str(error).replace(self.folder + os.sep, ""))
        except LedgerWriteError as error:
            return Update(str(error).removesuffix("; nothing was written"))

    def take(self, row: Altered, update: Update) -> None:
        """Take a row that `judge` found no reason against."""
        for file, edit in update.edits:
            file.take(edit)
        entries = numbered(row.session, row.id).entries
        for identity in self._ids(row):
            self.known.forget(identity)
        for entry in entries:
            self.known.add(entry.id, content_of(entry))
            self._updated.add(entry.id)
        self._updated.update(self._ids(row))

    def changes(self) -> tuple[Change, ...]:
        """The files with all rows that were taken.

        Raises:
            LedgerWriteError: Beancount would not read what is meant.
        """
        if not self._files:
            return ()
        from projbill_beancount.ledger.replace import changes_of  # noqa: PLC0415 - see `rewriter`

        return tuple(changes_of(self._files.values()))

    @cached_property
    def rewriter(self) -> Rewriter:
        """Judges changed reports and expenses; loaded, as all that edits, where something changed."""
        from projbill_beancount.importers.rewriting import Rewriter  # noqa: PLC0415 - rarely needed

        return Rewriter(self)

    def _ids(self, row: Altered) -> list[str]:
        return [row.id, *(f"{row.id}/{part}" for part in range(2, len(row.old) + 1))]

    def _staying(self, row: Altered) -> str:
        """Why a row must not be taken, or ""."""
        if row.is_doubtful:
            return "it may be another row of that time; change it by hand"
        if row.session.invoiced:
            return "the export says that it is invoiced already"
        reasons = [self._misplaced(identity) for identity in self._ids(row)]
        for identity, part in zip(self._ids(row), row.old, strict=True):
            reasons.append(self._billed(identity, part))
        new = [content_of(entry) for entry in row.session.entries]
        reasons += [*(self._covered(part[2], part) for part in new), _said_by_ledger(row)]
        if [part[:APPROVED] for part in new] != [part[:APPROVED] for part in row.old]:
            reasons += [self._approved(identity) for identity in self._ids(row)]
        return next((reason for reason in reasons if reason), "")

    def _misplaced(self, identity: str) -> str:
        """Why it is not clear where an entry stands, or ""."""
        places = self._found().get(identity, ())
        if identity in self._updated or not places:
            return "another file of this import has it too, in other words"
        if len(places) > 1:
            return f"{identity} is in the ledger {len(places)} times; delete the wrong ones"
        return ""

    def _approved(self, identity: str) -> str:
        """That somebody approved an entry as it is, or ""."""
        for transaction, posting in self._found().get(identity, ()):
            said = (posting.meta or {}).get("approved", transaction.meta.get("approved"))
            if said is True or str(said).lower() == "true":
                return (
                    "it was approved as it is; delete the `approved:` there, and have it approved"
                )
        return ""

    @property
    def taken(self) -> Mapping[str, str]:
        """What has invoiced, closed or written off an entry, by its id."""
        if self._taken is None:
            self._taken = dict(self._taken_ids())
        return self._taken

    def _billed(self, identity: str, content: TimeContent) -> str:
        if identity in self.taken:
            return f'{self.taken[identity]}; log the difference with `corrects: "{identity}"`'
        return self._covered(content[2], content)

    def _taken_ids(self) -> Iterable[tuple[str, str]]:
        free = _credited(self.facts)
        for decisions in self.facts.decisions.values():
            for decision in decisions:
                if decision.kind == "write-off":
                    yield decision.subject, f"it was written off on {decision.date}"
        for invoice in self.facts.invoices:
            if invoice.voided is not None:
                continue
            where = f"{os.path.relpath(invoice.file, self.folder)}:{invoice.line}"
            named = f"on invoice {invoice.number}" if invoice.number else "closed"
            for line in invoice.lines:
                for identity in line.ids:
                    if identity not in free:
                        yield identity, f"it is {named} ({where})"

    def _covered(self, project: str, content: TimeContent) -> str:
        """Why nothing of a project may change on a day, or ""."""
        contract = self.terms.contracts.get(project)
        names = {project, *(contract.formerly if contract else ())}
        day = content[0]
        for invoice in self.facts.invoices:
            if invoice.voided is not None or invoice.covers is None or day > invoice.covers:
                continue
            if names.intersection((invoice.project, *(line.project for line in invoice.lines))):
                return f"invoice {invoice.number} covers the time up to {invoice.covers}"
        for problem in self.facts.problems:
            if problem.hides_invoice and problem.project in names:
                return f"an invoice of {project} cannot be read; see `projbill check`"
        return ""

    def _found(self) -> dict[str, list[tuple[Transaction, Posting]]]:
        """The postings of the ledger by id."""
        if self._places is None:
            self._places = {}
            hour = self.known.hour
            for entry in self.entries:
                if not isinstance(entry, Transaction):
                    continue
                for posting in entry.postings:
                    units = posting.units
                    if isinstance(units, Amount) and units.currency == hour and posting.meta:
                        identity = posting.meta.get("id")
                        if identity is not None:
                            self._places.setdefault(str(identity), []).append((entry, posting))
        return self._places

    def _edited(self, row: Altered, source: str) -> Update:
        """The edits of a row, proven to say what the export says.

        Raises:
            UneditableError, LedgerWriteError: its text cannot be changed safely.
        """
        entries = {entry.id: entry for entry in numbered(row.session, row.id).entries}
        edits: list[tuple[LedgerFile, Edit]] = []
        moved: list[Moved] = []
        for identity, old in zip(self._ids(row), row.old, strict=True):
            ((_, posting),) = self._found()[identity]
            meta = posting.meta or {}
            file = self.file(str(meta["filename"]))
            line = int(meta["lineno"])
            entry = entries.pop(identity, None)
            if entry is not None and (entry.date, entry.person) == old[:2]:
                edit = self._in_place(file, line, entry, old, source)
                assert edit.posting is not None
                if self.known.content(edit.transaction, edit.posting) != content_of(entry):
                    raise UneditableError(
                        f"{file.path}:{line}: its transaction says otherwise for all its entries;"
                        " change it by hand, as the export has it"
                    )
            else:
                edit = file.removed(line, identity)
                if entry is not None:
                    moved.append(Moved(entry, edit.kept))
                elif edit.kept:
                    raise UneditableError(
                        f"{file.path}:{line}: {identity} is no longer in the export, but has"
                        f" {', '.join(edit.kept)}; delete it by hand"
                    )
            edits.append((file, edit))
        moved += [Moved(entry, {}) for entry in entries.values()]
        return Update("", tuple(edits), tuple(moved))

    def _in_place(
        self, file: LedgerFile, line: int, entry: LoggedTime, old: TimeContent, source: str
    ) -> Edit:
        (record,) = time_records([entry], self.terms, self.accounts, source)
        # A person may have moved it to the other account; only another contract or task decides anew.
        same = (entry.project, entry.task, entry.billable) == (old[2], old[4], old[5])
        return file.replaced(line, entry.id, record.legs[0], keep_account=same)

    def file(self, path: str) -> LedgerFile:
        """A file of the ledger that may be changed, one object for each.

        Raises:
            LedgerWriteError: it cannot be read.
        """
        from projbill_beancount.ledger.rewrite import LedgerFile  # noqa: PLC0415 - see `rewriter`

        real = os.path.realpath(path)
        if real not in self._files:
            self._files[real] = LedgerFile(path, self.accounts, self._begin)
        return self._files[real]


def _credited(facts: Facts) -> set[str]:
    """The entries that invoices have, and credit notes have given back to the last second."""
    left: dict[str, int] = {}
    notes = [note for note in facts.credit_notes if note.voided is None]
    for identity, seconds in _frozen_seconds(notes):
        left[identity] = left.get(identity, 0) - seconds
    if not left:
        return set()
    invoices = [invoice for invoice in facts.invoices if invoice.voided is None]
    for identity, seconds in _frozen_seconds(invoices, left):
        left[identity] += seconds
    return {identity for identity, seconds in left.items() if not seconds}


def _frozen_seconds(
    invoices: Iterable[Invoice], only: Container[str] | None = None
) -> Iterable[tuple[str, int]]:
    """The worked seconds of entries as the lines have them, as far as they say them."""
    for invoice in invoices:
        for line in invoice.lines:
            for words in line.frozen:
                if only is None or words[FROZEN_ID] in only:
                    try:
                        yield words[FROZEN_ID], FrozenEntry(*words).seconds or 0
                    except ValueError:
                        continue


def _said_by_ledger(row: Altered) -> str:
    """What the ledger says of an entry and the export does not, as the reason to leave it, or ""."""
    for word, at in WORDS.items():
        said = next((part[at] for part in row.old if part[at] not in ("", None)), None)
        now = [content_of(entry)[at] for entry in row.session.entries]
        if said is not None and all(one in ("", None) for one in now):
            return (
                f"the ledger has its `{word}` and the export has none;"
                f" delete the `{word}:` there if it is wrong"
            )
    return ""


def with_keys(
    records: Sequence[Record], kept: Mapping[str, Mapping[str, str | bool]]
) -> list[Record]:
    """The records with the keys that people gave to entries, by their ids."""
    return [
        record._replace(
            legs=tuple(
                leg._replace(meta={**leg.meta, **kept.get(str(leg.meta.get("id")), {})})
                for leg in record.legs
            )
        )
        for record in records
    ]
