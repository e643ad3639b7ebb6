"""A project's drafts, invoices and credit notes, each with the entries behind it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING
from typing import Literal
from typing import NamedTuple

from projbill_beancount.reports.milestones import concerns

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable
    from collections.abc import Iterator
    from collections.abc import Mapping
    from collections.abc import Sequence

    from projbill_beancount.billing.model import Draft
    from projbill_beancount.billing.model import Line
    from projbill_beancount.billing.receivables import OpenItem
    from projbill_beancount.facts.model import FrozenEntry
    from projbill_beancount.facts.model import Invoice
    from projbill_beancount.facts.model import InvoiceLine
    from projbill_beancount.facts.model import TimeEntry
    from projbill_beancount.fava.books import Books
    from projbill_beancount.fava.shown import Shown
    from projbill_beancount.terms.model import Place

ZERO = Decimal(0)
HOUR = 3600
#: So many entries are shown of a document, and of all documents of a page.
MOST_OF_ONE = 200
MOST = 1500

State = Literal["ready", "held", "credit", "void", "paid", "open", "overdue", "settled", "closed"]


class EntryRow(NamedTuple):
    """An entry behind a line: what was worked and what is billed of it in seconds, if known.

    `place` is None where the ledger has it only as the document froze it.
    """

    id: str
    date: dt.date | None
    person: str
    task: str
    seconds: int | None
    billed_seconds: int | None
    note: str
    place: Place | None


class LineRow(NamedTuple):
    """A line of a document; `size` is in seconds or, with `in_days`, 3600 for a day."""

    text: str
    about: str
    size: int | None
    in_days: bool
    price: Decimal | None
    amount: Decimal
    entries: Sequence[EntryRow]
    entry_count: int


class DocumentRow(NamedTuple):
    """A draft, an invoice or a credit note with the lines that are of the project.

    Amounts are of the whole document, those of credit notes negative; `own` is the net of the
    project's lines, which is less than `net` on a joint invoice. `entries` counts all entries of
    its lines, `shown` those that are listed. `days` is how long it is overdue, `kept` what the
    client keeps back of it.
    """

    name: str
    client: str
    date: dt.date
    due: dt.date | None
    currency: str
    net: Decimal
    total: Decimal
    own: Decimal
    paid: Decimal
    open: Decimal
    state: State
    lines: Sequence[LineRow]
    place: Place | None
    draft: Draft | None = None
    corrects: str = ""
    days: int | None = None
    kept: Decimal = ZERO

    @property
    def entries(self) -> int:
        """How many entries are behind it."""
        return sum(line.entry_count for line in self.lines)

    @property
    def listed(self) -> int:
        """How many of them are listed."""
        return sum(len(line.entries) for line in self.lines)

    @property
    def is_joint(self) -> bool:
        """Whether it bills other projects too."""
        return self.own != self.net


class _Room:
    """How many entries may still be listed on the page."""

    def __init__(self) -> None:
        self.left = MOST
        self._of_one = 0

    def begin(self) -> None:
        """Begin another document."""
        self._of_one = min(MOST_OF_ONE, self.left)

    def take(self, count: int) -> int:
        """How many of so many entries may be listed."""
        taken = min(count, self._of_one)
        self._of_one -= taken
        self.left -= taken
        return taken


def documents_of(books: Books, shown: Shown, names: Sequence[str]) -> dict[str, object]:
    """The documents of a project with these ids that the filters let through, newest first."""
    project, room = names[0], _Room()
    known = {entry.id: entry for name in names for entry in books.facts.time.get(name, ())}
    drafts = [one for one in books.billing.drafts if one.project == project]
    issued = list(_issued(books, names))
    chosen = [one for one in drafts if shown.draft(one)]
    let = sorted((one for one in issued if shown.invoice(one)), key=_newest, reverse=True)
    open_items = {id(item.document): item for one in books.owed.accounts for item in one.items}
    return {
        "drafts": [_draft(one, known, room) for one in chosen],
        "invoices": [
            _invoice(books, one, names, open_items.get(id(one)), known, room) for one in let
        ],
        "left_out": len(drafts) - len(chosen) + len(issued) - len(let),
    }


def _newest(document: Invoice) -> tuple[dt.date, str]:
    return document.date, document.number


def _issued(books: Books, names: Sequence[str]) -> Iterator[Invoice]:
    """The invoices, credit notes and closing transactions of a project up to the day."""
    for document in (*books.facts.invoices, *books.facts.credit_notes):
        if document.date <= books.as_of and concerns(document, names):
            yield document


def _draft(draft: Draft, known: Mapping[str, TimeEntry], room: _Room) -> DocumentRow:
    room.begin()
    state: State = "held" if draft.held else "credit" if draft.kind == "credit" else "ready"
    return DocumentRow(
        draft.id,
        draft.client,
        draft.date,
        draft.due,
        draft.currency,
        draft.net,
        draft.total,
        draft.net,
        ZERO,
        draft.payable,
        state,
        [_draft_line(line, known, room) for line in draft.lines],
        draft.place,
        draft,
        draft.corrects or "",
    )


def _draft_line(line: Line, known: Mapping[str, TimeEntry], room: _Room) -> LineRow:
    unit = line.day_seconds or HOUR
    entries = [
        EntryRow(
            one.id, one.date, one.person, one.task, one.seconds, one.billed_seconds, *_said(known, one.id)
        )
        for one in line.entries[: room.take(len(line.entries))]
    ]  # fmt: skip
    return LineRow(
        line.text,
        line.milestone or line.task or line.change_order or "",
        None if line.seconds is None else round(line.seconds * HOUR / unit),
        line.day_seconds is not None,
        line.price,
        line.amount,
        entries,
        len(line.entries),
    )


def _invoice(
    books: Books,
    document: Invoice,
    names: Sequence[str],
    item: OpenItem | None,
    known: Mapping[str, TimeEntry],
    room: _Room,
) -> DocumentRow:
    room.begin()
    own = [line for line in document.lines if (line.project or document.project) in names]
    is_credit = any(document is one for one in books.facts.credit_notes)
    sign = -1 if is_credit else 1
    left = item.left if item else ZERO
    paid = sum((amount for day, amount in document.paid if day <= books.as_of), document.deposit)
    return DocumentRow(
        document.number,
        document.client,
        document.date,
        None if is_credit else document.due,
        document.currency,
        sign * document.net,
        sign * document.total,
        sign * sum((line.amount for line in own), ZERO),
        sign * paid,
        left,
        _state(books, document, left, is_credit=is_credit),
        [_invoice_line(line, sign, known, room) for line in own],
        document.place,
        corrects=document.corrects,
        days=item.days if item and left > ZERO else None,
        kept=item.retained if item else ZERO,
    )


def _state(books: Books, document: Invoice, left: Decimal, *, is_credit: bool) -> State:
    if document.voided is not None and document.voided <= books.as_of:
        return "void"
    if not document.number:
        return "closed"
    if is_credit:
        return "credit"
    if left > ZERO:
        late = document.due is not None and document.due < books.as_of
        return "overdue" if late else "open"
    paid = any(day <= books.as_of for day, _ in document.paid) or document.deposit
    return "paid" if paid else "settled"


def _invoice_line(
    line: InvoiceLine, sign: int, known: Mapping[str, TimeEntry], room: _Room
) -> LineRow:
    room_for = room.take(len(line.frozen))
    return LineRow(
        line.text,
        line.milestone or line.task or line.change_order,
        None if line.quantity is None else int(line.quantity * HOUR),
        line.unit == "DAY",
        line.price,
        sign * line.amount,
        list(_frozen(line.entries[:room_for] if room_for else (), known)),
        len(line.frozen),
    )


def _frozen(entries: Iterable[FrozenEntry], known: Mapping[str, TimeEntry]) -> Iterator[EntryRow]:
    for one in entries:
        said = _said(known, one.id)
        yield EntryRow(
            one.id, one.date, one.person, one.task, one.seconds, one.billed_seconds, *said
        )


def _said(known: Mapping[str, TimeEntry], identity: str) -> tuple[str, Place | None]:
    """An entry's note and place, where it is not settled: those are read no more."""
    entry = known.get(identity)
    return ("", None) if entry is None else (entry.note, entry.place)
