"""Expenses and reports that changed since they were imported: what takes them, or why they stay.

As with hours, what nothing has invoiced, closed or written off is changed where it stands, or moves
to its new day with all that people wrote there.
"""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING
from typing import NamedTuple

from beancount.core.amount import Amount
from beancount.core.data import Transaction

from projbill_beancount.ledger.entry_text import UneditableError
from projbill_beancount.ledger.errors import LedgerWriteError
from projbill_beancount.ledger.expenses import amount_text
from projbill_beancount.ledger.expenses import expense_record
from projbill_beancount.ledger.facts import progress_record
from projbill_beancount.ledger.rewrite import Head
from projbill_beancount.ledger.rewrite import Money
from projbill_beancount.ledger.write import fact_file

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable
    from collections.abc import Iterator
    from datetime import date

    from beancount.core.data import Posting

    from projbill_beancount.facts.model import Invoice
    from projbill_beancount.facts.model import InvoiceLine
    from projbill_beancount.importers.expenses import ChangedExpense
    from projbill_beancount.importers.known import ProgressContent
    from projbill_beancount.importers.updating import Updater
    from projbill_beancount.ledger.expenses import SpentMoney
    from projbill_beancount.ledger.facts import ReportedProgress
    from projbill_beancount.ledger.record import Record
    from projbill_beancount.ledger.rewrite import LedgerFile
    from projbill_beancount.ledger.rewrite import Rewrite

EXPENSE_KEYS = ("id", "project", "billable", "markup", "tax", "person", "note")
REPORT_KEYS = ("project", "milestone", "complete", "accepted", "id", "source")
#: What an approval of an expense is about, and what stands in closed books.
APPROVED = ("date", "project", "amount", "currency", "billable", "markup")
BOOKED = ("date", "amount", "currency", "account")
#: What a person may have added that an export with an empty cell does not take away.
WORDS = ("billable", "markup", "tax")
AS_LOADED = "another file of this import has it too, in other words"


class Rewritten(NamedTuple):
    """What becomes of a changed expense or report: `reason` says why it stays."""

    id: str
    reason: str = ""
    file: LedgerFile | None = None
    edit: Rewrite | None = None
    to: LedgerFile | None = None


class Rewriter:
    """Judges changed expenses and reports against the ledger as it was loaded.

    `updater` has the ledger, and the files that are changed. Nothing is written here.
    """

    def __init__(self, updater: Updater) -> None:
        self.updater = updater
        self.terms = updater.terms
        self.facts = updater.facts
        self.ledger = updater.ledger
        self._places: dict[str, list[tuple[Transaction, Posting | None]]] | None = None
        self._billed: dict[str, str] | None = None
        self._updated: set[str] = set()

    def judge_expense(self, row: ChangedExpense, source: str) -> Rewritten:
        """What would take a changed expense into the ledger; nothing changes yet."""
        return self._judged(
            row.new.id, self._staying_expense(row), lambda: self._expense(row, source)
        )

    def judge_report(self, old: ProgressContent, new: ReportedProgress, source: str) -> Rewritten:
        """What would take a changed report into the ledger; nothing changes yet."""
        reason = self._staying_report(old, new)
        return self._judged(new.id, reason, lambda: self._report(old, new, source))

    def take(self, found: Rewritten) -> None:
        """Take what was found no reason against."""
        assert found.file is not None
        assert found.edit is not None
        if found.to is None:
            found.file.rewrite(found.edit)
        else:
            found.file.move(found.edit, found.to)
        self._updated.add(found.id)

    def _judged(self, identity: str, reason: str, edited: Callable[[], Rewritten]) -> Rewritten:
        if reason:
            return Rewritten(identity, reason)
        try:
            return edited()
        except UneditableError as error:
            return Rewritten(identity, str(error).replace(self.updater.folder + os.sep, ""))
        except LedgerWriteError as error:
            return Rewritten(identity, str(error).removesuffix("; nothing was written"))

    def _staying_expense(self, row: ChangedExpense) -> str:
        old, new = row.old, row.new
        changed = {name for name in (*APPROVED, *BOOKED) if _of(old, name) != _of(new, name)}
        reasons = [
            "it may be another expense of that day; change it by hand" if row.is_doubtful else "",
            "the export says that it is invoiced already" if row.invoiced else "",
            self._misplaced(new.id),
            self._billed_by(new.id),
            self._unread(old.project) or self._unread(new.project),
            self._closed(old.date, new.date) if changed.intersection(BOOKED) else "",
            self._approved(new.id) if changed.intersection(APPROVED) else "",
            *(_said_by_ledger(word, old, new) for word in WORDS),
        ]
        return next(filter(None, reasons), "")

    def _staying_report(self, old: ProgressContent, new: ReportedProgress) -> str:
        before = old[0]
        assert not isinstance(before, str)
        reasons = [
            "it is now of another milestone; change it by hand"
            if old[1:3] != (new.project, new.milestone)
            else "",
            self._misplaced(new.id),
            self._milestone_billed(new),
            self._unread(new.project),
            self._closed(before, new.date),  # type: ignore[arg-type]
            self._approved(new.id),
            self._accepted(new),
        ]
        return next(filter(None, reasons), "")

    def _misplaced(self, identity: str) -> str:
        places = self._found().get(identity, ())
        if identity in self._updated or not places:
            return AS_LOADED
        if len(places) > 1:
            return f"{identity} is in the ledger {len(places)} times; delete the wrong ones"
        return ""

    def _approved(self, identity: str) -> str:
        for transaction, posting in self._found().get(identity, ()):
            said = {**transaction.meta, **((posting.meta or {}) if posting else {})}.get("approved")
            if said is True or str(said).lower() == "true":
                return (
                    "it was approved as it is; delete the `approved:` there, and have it approved"
                )
        return ""

    def _accepted(self, new: ReportedProgress) -> str:
        names = self._names(new.project)
        for project in names:
            for one in self.facts.progress.get(project, ()):
                if one.milestone == new.milestone and one.accepted is not None:
                    return (
                        f"{new.milestone} was accepted on {one.accepted}; report another day by"
                        " `projbill progress`"
                    )
        return ""

    def _closed(self, *days: date) -> str:
        until = self.terms.firm.closed_until
        if until is None or min(days) > until:
            return ""
        return f"the books are closed up to {until}; enter the difference in an open period"

    def _unread(self, project: str) -> str:
        names = self._names(project)
        if any(one.hides_invoice and one.project in names for one in self.facts.problems):
            return f"an invoice of {project} cannot be read; see `projbill check`"
        return ""

    def _names(self, project: str) -> set[str]:
        contract = self.terms.contracts.get(project)
        return {project, *(contract.formerly if contract else ())}

    def _billed_by(self, identity: str) -> str:
        """Why an expense is settled, or ""."""
        if self._billed is None:
            self._billed = dict(self._settled())
        return self._billed.get(identity, "")

    def _settled(self) -> Iterator[tuple[str, str]]:
        notes = [note for note in self.facts.credit_notes if note.voided is None]
        free = Counter(one for note in notes for line in note.lines for one in line.expenses)
        for decisions in self.facts.decisions.values():
            for decision in decisions:
                if decision.kind == "write-off":
                    yield decision.subject, f"it was written off on {decision.date}"
        for invoice in self._live():
            for line in invoice.lines:
                for identity in line.expenses:
                    free[identity] -= 1
                    if free[identity] < 0:
                        yield (
                            identity,
                            f"it is {self._named(invoice)}; enter the difference as an expense of its own",
                        )

    def _milestone_billed(self, new: ReportedProgress) -> str:
        """That an invoice has the milestone, and no credit note gave all of it back."""
        names = self._names(new.project)
        if not new.milestone:
            of = [one for one in self._live() if names & {one.project}]
            return f"the project is {self._named(of[-1])}" if of else ""
        notes = [note for note in self.facts.credit_notes if note.voided is None]
        left = -sum(line.amount for note in notes for line in _of_milestone(note, names, new))
        last = None
        for invoice in self._live():
            for line in _of_milestone(invoice, names, new):
                left += line.amount
                last = invoice
        if last is not None and left:
            return (
                f"{new.milestone} is {self._named(last)}; an invoice keeps the day it was billed by"
            )
        for project in names:
            for one in self.facts.decisions.get(project, ()):
                if one.subject == new.milestone and one.kind in {"billed-before", "write-off"}:
                    return f"{new.milestone} was billed or written off on {one.date}"
        return ""

    def _live(self) -> Iterator[Invoice]:
        return (invoice for invoice in self.facts.invoices if invoice.voided is None)

    def _named(self, invoice: Invoice) -> str:
        where = f"{os.path.relpath(invoice.file, self.updater.folder)}:{invoice.line}"
        return f"on invoice {invoice.number} ({where})" if invoice.number else f"closed ({where})"

    def _found(self) -> dict[str, list[tuple[Transaction, Posting | None]]]:
        """Expenses and reports of the ledger by id; a report has no posting of its own."""
        if self._places is None:
            self._places = {}
            hour = self.updater.known.hour
            for entry in self.updater.entries:
                if not isinstance(entry, Transaction):
                    continue
                if "id" in entry.meta and ("complete" in entry.meta or "accepted" in entry.meta):
                    self._places.setdefault(str(entry.meta["id"]), []).append((entry, None))
                for posting in entry.postings:
                    units, meta = posting.units, posting.meta or {}
                    if "id" in meta and isinstance(units, Amount) and units.currency != hour:
                        self._places.setdefault(str(meta["id"]), []).append((entry, posting))
        return self._places

    def _expense(self, row: ChangedExpense, source: str) -> Rewritten:
        """The edit of an expense, proven to say what the export says.

        Raises:
            UneditableError, LedgerWriteError: its text cannot be changed safely.
        """
        old, new = row.old, row.new
        ((transaction, posting),) = self._found()[new.id]
        assert posting is not None
        file = self.updater.file(str(transaction.meta["filename"]))
        line = int((posting.meta or {})["lineno"])
        record = expense_record(new, self.terms, source)
        own = posting.meta or {}
        wanted: dict[str, object] = {}
        for key in EXPENSE_KEYS:
            if _of(old, key) == _of(new, key):
                wanted |= {key: own[key]} if key in own else {}
            elif key in record.legs[0].meta:
                wanted[key] = record.legs[0].meta[key]
            elif key in transaction.meta:
                raise file.refusal(line, f"its transaction has the `{key}:`")
        head = self._head(transaction, new.date, expense_record(old, self.terms, source), record)
        money = Money(
            new.account if old.account != new.account else posting.account,
            new.amount,
            amount_text(new.amount, new.currency),
            new.currency,
        )
        edit = file.expense(line, new.id, head, money, wanted, EXPENSE_KEYS)
        return self._placed(new.id, file, edit, "expenses")

    def _report(self, old: ProgressContent, new: ReportedProgress, source: str) -> Rewritten:
        """The edit of a report; see `_expense`."""
        ((transaction, _),) = self._found()[new.id]
        file = self.updater.file(str(transaction.meta["filename"]))
        record = progress_record(new, self.terms, self.updater.accounts, source)
        own = transaction.meta
        wanted = {key: own[key] for key in REPORT_KEYS if key in own}
        for key, before, after in (
            ("complete", str(own.get("complete") or "").replace(" ", ""), _percent(record)),
            ("accepted", old[4], str(record.meta.get("accepted", ""))),
        ):
            if before != after:
                wanted.pop(key, None)
                wanted |= {key: record.meta[key]} if key in record.meta else {}
        head = Head(new.date, transaction.payee or "", transaction.narration or "")
        if "complete" in wanted and wanted["complete"] is not own.get("complete"):
            head = head._replace(narration=record.narration)
        edit = file.report(int(own["lineno"]), new.id, head, wanted, REPORT_KEYS)
        return self._placed(new.id, file, edit, "time")

    def _head(self, transaction: Transaction, day: date, old: Record, new: Record) -> Head:
        """The first line, with the texts of people as they are."""
        payee, narration = transaction.payee or "", transaction.narration or ""
        return Head(
            day,
            new.payee if payee == old.payee else payee,
            new.narration if narration == old.narration else narration,
        )

    def _placed(self, identity: str, file: LedgerFile, edit: Rewrite, kind: str) -> Rewritten:
        """Where the transaction stands then: as it did, or where its new day belongs."""
        days = (edit.transaction.date, edit.meant.date)
        before, after = (fact_file(self.ledger, self.terms.firm, kind, day) for day in days)
        stays = before == after or os.path.realpath(file.path) != os.path.realpath(before)
        if stays and file.keeps_order(edit):
            return Rewritten(identity, "", file, edit)
        return Rewritten(identity, "", file, edit, file if stays else self.updater.file(after))


def _of(spent: SpentMoney, name: str) -> object:
    return getattr(spent, name)


def _percent(record: Record) -> str:
    return str(record.meta.get("complete", "")).replace(" ", "")


def _said_by_ledger(word: str, old: SpentMoney, new: SpentMoney) -> str:
    if _of(old, word) in ("", None) or _of(new, word) not in ("", None):
        return ""
    return (
        f"the ledger has its `{word}` and the export has none;"
        f" delete the `{word}:` there if it is wrong"
    )


def _of_milestone(
    invoice: Invoice, names: set[str], new: ReportedProgress
) -> Iterator[InvoiceLine]:
    for line in invoice.lines:
        if line.milestone == new.milestone and (line.project or invoice.project) in names:
            yield line
