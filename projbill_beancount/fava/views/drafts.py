"""The page of drafts: each as the invoice that it would become, and why others are held."""

from __future__ import annotations

from decimal import Decimal
from itertools import zip_longest
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.billing.decisions import RELEASABLE
from projbill_beancount.billing.decisions import standing_hold
from projbill_beancount.invoicing.correct import CONFIRMED
from projbill_beancount.reports.explain import explain
from projbill_beancount.reports.explain import nearest
from projbill_beancount.reports.explain_draft import draft_node
from projbill_beancount.reports.hints import hint

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Mapping
    from collections.abc import Sequence

    from projbill_beancount.billing.model import BilledEntry
    from projbill_beancount.billing.model import Draft
    from projbill_beancount.billing.model import Line
    from projbill_beancount.billing.model import Reason
    from projbill_beancount.fava.books import Books
    from projbill_beancount.fava.shown import Shown
    from projbill_beancount.reports.evidence import Node
    from projbill_beancount.terms.model import Client
    from projbill_beancount.terms.model import Company
    from projbill_beancount.terms.model import Place

#: Of so many drafts and entries each draft is shown whole at once; of more only the one asked for.
MOST_DRAFTS = 25
MOST_ENTRIES = 600
FEW_ENTRIES = 8
ACTIONS = ("issue", "credit", "hold", "release", "approve", "progress", "accept")


class EntryRow(NamedTuple):
    """A time entry on a line: seconds worked and billed, and the reason for what is billed of it."""

    id: str
    billed: BilledEntry
    person: str
    note: str
    why: tuple[Node, ...]
    place: Place | None


class LineRow(NamedTuple):
    """A line of a draft with what it rests on. `why` is said of all its entries alike."""

    line: Line
    entries: Sequence[EntryRow]
    why: Sequence[Node]


class HoldRow(NamedTuple):
    """Why a draft is held, what helps, and where that can be put right.

    `places` are of the fact that holds it, and of the contract where no word can release it.
    `orders` wait for approval, `milestones` for a report or for acceptance. `more` counts the
    entries that are not listed.
    """

    reason: Reason
    remedy: str
    is_releasable: bool
    places: Sequence[Place]
    entries: Sequence[tuple[str, Place | None]]
    more: int
    orders: Sequence[str]
    milestones: Sequence[str]


class DraftRow(NamedTuple):
    """A draft as the page shows it; `state` is ready, held or credit."""

    draft: Draft
    state: str
    client: str
    has_release: bool
    has_project_hold: bool
    has_credit: bool


class Document(NamedTuple):
    """A draft as the invoice that it would become: the parties, its lines and what it rests on."""

    row: DraftRow
    project: str
    seller: Sequence[str]
    buyer: Sequence[str]
    reference: str
    holds: Sequence[HoldRow]
    lines: Sequence[LineRow]
    why: Sequence[Node]


class Sum(NamedTuple):
    """What the drafts of a state and a currency come to."""

    state: str
    currency: str
    size: int
    net: Decimal
    total: Decimal


def drafts_view(books: Books, shown: Shown, arguments: Mapping[str, str]) -> Mapping[str, object]:
    """The drafts that Fava's filters let through, ready ones first; with `draft` that one alone."""
    wanted = arguments.get("draft", "")
    everything = books.billing.drafts
    drafts = [one for one in everything if (one.id == wanted if wanted else shown.draft(one))]
    rows = sorted((_row(books, draft) for draft in drafts), key=_order)
    entries = sum(len(line.entries) for draft in drafts for line in draft.lines)
    is_whole = bool(wanted) or (len(drafts) <= MOST_DRAFTS and entries <= MOST_ENTRIES)
    return {
        "wanted": wanted,
        "rows": rows,
        "sums": _sums(rows),
        "documents": [_document(books, row) for row in rows] if is_whole else [],
        "ready": [row.draft.id for row in rows if row.state == "ready"],
        "instead": _instead(books, wanted) if wanted and not rows else [],
        "near": nearest(books.evidence, wanted) if wanted and not rows else None,
        "choices": {"corrects": _invoices(books, rows)},
        "actions": ACTIONS if rows else (),
    }


def _instead(books: Books, wanted: str) -> list[Node]:
    """What became of a draft that is there no more: its invoice, its end, or that it is closed.

    An invoice is named alone: the books of a page do not list entries that invoices have.
    """
    found = explain(books.evidence, wanted)
    return [one._replace(children=()) if one.kind == "invoice" else one for one in found]


def _order(row: DraftRow) -> tuple[object, ...]:
    states = ("ready", "held", "credit")
    return states.index(row.state), row.draft.date, row.draft.project, row.draft.id


def _row(books: Books, draft: Draft) -> DraftRow:
    codes = {reason.code for reason in draft.reasons}
    is_credit = draft.kind == "credit"
    state = "credit" if is_credit else "held" if codes else "ready"
    return DraftRow(
        draft,
        state,
        books.client_name(draft.client),
        has_release=bool(codes) and codes <= RELEASABLE,
        has_project_hold="billing-on-hold" in codes
        and standing_hold(books.terms.contracts[draft.project], books.facts, books.as_of)
        is not None,
        has_credit=is_credit and codes <= CONFIRMED,
    )


def _sums(rows: Iterable[DraftRow]) -> list[Sum]:
    found: dict[tuple[str, str], list[Draft]] = {}
    for row in rows:
        found.setdefault((row.state, row.draft.currency), []).append(row.draft)
    return [
        Sum(
            state,
            currency,
            len(drafts),
            sum((draft.net for draft in drafts), Decimal(0)),
            sum((draft.total for draft in drafts), Decimal(0)),
        )
        for (state, currency), drafts in found.items()
    ]


def _invoices(books: Books, rows: Iterable[DraftRow]) -> list[tuple[str, str]]:
    """The invoices that proposed credits may be taken off, newest first."""
    clients = {row.draft.client for row in rows if row.has_credit}
    if not clients:
        return []
    return [
        (one.number, f"{one.number}, {one.date}, {books.client_name(one.client)}")
        for one in reversed(books.facts.invoices)
        if one.number and one.client in clients and one.is_live(books.as_of)
    ]


def _document(books: Books, row: DraftRow) -> Document:
    draft = row.draft
    contract = books.terms.contracts[draft.project]
    client = books.terms.firm.clients.get(draft.client)
    nodes = draft_node(books.evidence, draft).children
    of_lines = [node for node in nodes if node.kind == "line"]
    of_holds = {node.text.partition(":")[0]: node.place for node in nodes if node.kind == "held"}
    lines = zip_longest(draft.lines, of_lines[: len(draft.lines)])
    return Document(
        row,
        contract.name,
        _address(books.terms.firm.company),
        _address(client) if client else [draft.client],
        contract.reference or (client.reference if client else ""),
        [_hold(books, draft, reason, of_holds.get(reason.code)) for reason in draft.reasons],
        [_line(books, line, node) for line, node in lines],
        [node for node in nodes if node.kind not in {"line", "held"}],
    )


def _address(party: Company | Client) -> list[str]:
    """A party's name and address, a line each, with its country and its tax number."""
    *lines, last = party.name, *party.address
    last = f"{last}, {party.country}" if party.country and lines else last
    return [line for line in (*lines, last, party.vat_id) if line]


def _line(books: Books, line: Line, node: Node | None) -> LineRow:
    """A line; `node` explains it, and ends with its entries in their order."""
    children = node.children if node else ()
    first = len(children) - len(line.entries)
    rows = []
    for billed, entry in zip(line.entries, children[max(first, 0) :], strict=False):
        known = books.evidence.entries.get(billed.id)
        note = known[0].note if known else ""
        person = books.person_name(billed.person)
        rows.append(EntryRow(billed.id, billed, person, note, entry.children, entry.place))
    why = list(children[: max(first, 0)])
    alike = {row.why for row in rows}
    if len(rows) > 1 and len(alike) == 1:
        why += alike.pop()
        rows = [row._replace(why=()) for row in rows]
    return LineRow(line, rows, why)


def _hold(books: Books, draft: Draft, reason: Reason, place: Place | None) -> HoldRow:
    evidence = books.evidence
    entries = [
        (identity, known[0].place if (known := evidence.entries.get(identity)) else None)
        for identity in reason.entries[:FEW_ENTRIES]
    ]
    is_releasable = reason.code in RELEASABLE
    contract = None if is_releasable else books.terms.contracts[draft.project].place
    milestones = list(dict.fromkeys(line.milestone for line in draft.lines if line.milestone))
    return HoldRow(
        reason,
        hint(reason.code, draft.project, draft.id),
        is_releasable,
        [one for one in dict.fromkeys((place, contract)) if one and one.file],
        entries,
        len(reason.entries) - len(entries),
        _pending(books, draft) if reason.code == "change-order-unapproved" else (),
        milestones if reason.code in {"invoice-held-overbilling", "effort-ahead"} else (),
    )


def _pending(books: Books, draft: Draft) -> list[str]:
    """The change orders that lines of a draft wait for."""
    contract = books.terms.contracts[draft.project]
    named = {line.change_order for line in draft.lines if line.change_order}
    for line in draft.lines:
        milestone = contract.milestones.get(line.milestone or "")
        if milestone is not None and milestone.change_order:
            named.add(milestone.change_order)
    orders = books.evidence.orders_of(contract)
    return [one.id for one in orders if one.id in named and not one.approved and not one.rejected]
