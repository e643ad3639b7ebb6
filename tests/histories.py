"""A project's history as it is written down step by step, and what the engine makes of it.

Time is logged, edited, deleted and moved; progress goes up and down; change orders are approved and
withdrawn; drafts are issued, credited and taken back. The ledger is written anew after each step,
but for what was issued, which stays. `others` are texts as they stand: expenses, deposits, decisions.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from dataclasses import field
from datetime import date
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

from beancount import loader

from projbill_beancount.book import Book
from projbill_beancount.evaluate import evaluate
from projbill_beancount.invoicing.correct import planned_credit
from projbill_beancount.invoicing.correct import planned_void
from projbill_beancount.invoicing.issue import Selection
from projbill_beancount.invoicing.issue import planned_issue
from tests.ledgers import progress_text
from tests.ledgers import time_text
from tests.stories import FIRM

if TYPE_CHECKING:
    from collections.abc import Mapping

    from projbill_beancount.billing.model import Draft
    from projbill_beancount.facts.model import Invoice

START = date(2025, 1, 6)


@dataclass
class Entry:
    """A time entry as it stands in the ledger now."""

    project: str
    day: date
    person: str
    seconds: int
    task: str


@dataclass
class Order:
    """A change order; `milestone` is "" for one that is billed by itself."""

    project: str
    asked: date
    amount: Decimal
    milestone: str
    approved: date | None = None
    rejected: date | None = None


@dataclass
class Document:
    """An issued invoice: its draft, whether something or all of it was taken back."""

    number: str
    draft: Draft
    credited: bool = False
    voided: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether nothing was taken back of it."""
        return not self.voided and not self.credited


@dataclass
class History:
    """All that happened so far, up to `today`."""

    contracts: dict[str, dict[str, Any]]
    today: date = START
    entries: dict[str, Entry] = field(default_factory=dict)
    reports: list[str] = field(default_factory=list)
    orders: dict[str, Order] = field(default_factory=dict)
    documents: list[Document] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    logged: int = 0
    firm: str = FIRM

    def log(self, project: str, day: date, person: str, seconds: int, task: str) -> None:
        """A new entry with an id of its own."""
        self.logged += 1
        self.entries[f"toggl-{self.logged}"] = Entry(project, day, person, seconds, task)

    def report(self, project: str, milestone: str, percent: Decimal, *, accepted: bool) -> None:
        """A report of today."""
        day = self.today
        text = progress_text(
            day,
            percent,
            project=project,
            milestone=milestone,
            accepted=str(day) if accepted else "",
        )
        number = len(self.reports) + 1
        self.reports.append(text.replace('id: "report-', f'id: "report-{number}-'))

    def issue(self, draft: Draft) -> None:
        """Issue a draft today under the next number."""
        (issued,) = planned_issue(self.book(), Selection((draft.id,)), self.today)
        self.texts.append(issued.text)
        if issued.number:
            self.documents.append(Document(issued.number, draft))

    def credit(
        self,
        document: Document,
        *,
        line: int | None = None,
        entries: Mapping[str, Decimal | None] | None = None,
    ) -> None:
        """Take back an invoice, a line of it, or hours of entries, today."""
        note = planned_credit(
            self.book(), document.number, self.today, line=line, entries=entries, reason="law"
        )
        self.texts.append(note.text)
        document.credited = True

    def void(self, document: Document) -> None:
        """Take back a whole invoice today."""
        self.texts.append(planned_void(self.book(), document.number, self.today, "law").text)
        document.voided = True

    def book(self) -> Book:
        """The books as they stand today."""
        text = "\n".join(['plugin "beancount.plugins.auto_accounts"', *self._chunks()])
        entries, errors, options = loader.load_string(text)
        assert errors == [], errors
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            (root / "contracts").mkdir()
            (root / "projbill.yaml").write_text(self.firm)
            for project, terms in self.contracts.items():
                (root / "contracts" / f"{project}.yaml").write_text(json.dumps(terms))
            found = evaluate(entries, options, str(root / "projbill.yaml"), self.today)
        assert found.terms.mistakes == ()
        terms_, facts, billing, accounts = found
        return Book("", entries, options, (), terms_, facts, billing, accounts, has_plugin=True)

    def price(self, project: str, milestone: str) -> Decimal:
        """The price of a milestone with its approved changes."""
        agreed = Decimal(self.contracts[project]["milestones"][milestone]["value"])
        return agreed + sum(
            (
                order.amount
                for order in self.orders.values()
                if (order.project, order.milestone) == (project, milestone)
                and is_approved(order, self.today)
            ),
            Decimal(0),
        )

    def pass_days(self, count: int) -> None:
        """Let the time pass."""
        self.today += timedelta(days=count)

    def _chunks(self) -> list[str]:
        logged = [
            time_text(
                identity,
                entry.day,
                entry.seconds,
                project=entry.project,
                person=entry.person,
                task=entry.task,
            )
            for identity, entry in self.entries.items()
        ]
        orders = [_order_text(identity, order) for identity, order in self.orders.items()]
        return [*logged, *self.reports, *orders, *self.others, *self.texts]


def live(book: Book) -> list[tuple[int, Invoice]]:
    """The invoices (1) and credit notes (-1) that count."""
    facts, today = book.facts, book.billing.as_of
    return [
        (sign, document)
        for sign, documents in ((1, facts.invoices), (-1, facts.credit_notes))
        for document in documents
        if document.is_live(today) and (sign > 0 or _corrects_live(book, document))
    ]


def _corrects_live(book: Book, credit: Invoice) -> bool:
    return any(
        one.number == credit.corrects and one.is_live(book.billing.as_of)
        for one in book.facts.invoices
    )


def invoiced(book: Book) -> dict[str, int]:
    """The seconds of each entry that stand on invoices, less credit notes."""
    found: dict[str, int] = {}
    for sign, document in live(book):
        for line in document.lines:
            for entry in line.entries:
                found[entry.id] = found.get(entry.id, 0) + sign * (entry.seconds or 0)
    return found


def credited(book: Book) -> set[str]:
    """The entries of which credit notes took back hours."""
    return {
        identity
        for sign, document in live(book)
        for line in document.lines
        for identity in line.ids
        if sign < 0
    }


def billed(book: Book, project: str, milestone: str = "") -> Decimal:
    """What is invoiced of a project, or on a milestone, net, less what was taken back."""
    return sum(
        (
            sign * line.amount
            for sign, document in live(book)
            for line in document.lines
            if line.project == project and milestone in ("", line.milestone)
        ),
        Decimal(0),
    )


def is_approved(order: Order, day: date) -> bool:
    """Whether an order counts on a day."""
    return order.approved is not None and order.approved <= day and order.rejected is None


def _order_text(identity: str, order: Order) -> str:
    lines = [
        f'{order.asked} custom "change-order" "{order.project}" "{identity}" {order.amount} EUR',
        f'  title: "Change {identity}"',
    ]
    if order.milestone:
        lines.append(f'  milestone: "{order.milestone}"')
    if order.approved:
        lines.append(f"  approved: {order.approved}")
    if order.rejected:
        lines.append(f"  rejected: {order.rejected}")
    return "\n".join(lines) + "\n"
