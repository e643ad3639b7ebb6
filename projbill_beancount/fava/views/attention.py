"""What needs somebody now: drafts to issue, mistakes, held drafts, overdue invoices, open words."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING
from typing import Literal
from typing import NamedTuple

from projbill_beancount.billing.completion import FULL
from projbill_beancount.billing.completion import counts_accepted
from projbill_beancount.fava.views.board import behind
from projbill_beancount.fava.views.board import first_clause
from projbill_beancount.fava.views.board import owing_of
from projbill_beancount.fava.views.board import sums_of
from projbill_beancount.fava.views.flows import main_currency
from projbill_beancount.reports.hints import hint_in_words
from projbill_beancount.reports.scopes import FIXED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Sequence
    from datetime import date

    from projbill_beancount.billing.model import Finding
    from projbill_beancount.fava.books import Books
    from projbill_beancount.fava.shown import Shown
    from projbill_beancount.fava.views.board import Behind
    from projbill_beancount.fava.views.board import Owing
    from projbill_beancount.reports.change_orders import ChangeOrderRow
    from projbill_beancount.terms.model import Milestone
    from projbill_beancount.terms.model import Place

ZERO = Decimal(0)
#: So many are named, and of one kind so many before the others have their turn.
MOST, OF_ONE_KIND = 7, 3
#: Warnings of what is named by itself.
SAID = frozenset(("invoice-overdue", "milestone-unaccepted"))


class Billable(NamedTuple):
    """The drafts that can be issued as they are, and their sums net by currency."""

    drafts: Sequence[str]
    sums: Sequence[tuple[str, Decimal]]
    kind: Literal["ready"] = "ready"


class Mismatch(NamedTuple):
    """A finding: `say` is what is wrong, or of what holds a draft, as the board has it, what to do.

    `behind` is the milestone whose progress would release the draft.
    """

    finding: Finding
    say: str
    kind: Literal["error", "hold"]
    behind: Behind | None = None


class Late(NamedTuple):
    """What is overdue in one currency, with the invoice that has been longest."""

    oldest: Owing
    invoices: int
    amount: Decimal
    kind: Literal["overdue"] = "overdue"


class Pending(NamedTuple):
    """A change order that nobody approved or rejected."""

    row: ChangeOrderRow
    kind: Literal["approval"] = "approval"


class Delivered(NamedTuple):
    """A milestone that is complete and waits for the client's acceptance."""

    project: str
    milestone: Milestone
    since: date
    place: Place
    kind: Literal["acceptance"] = "acceptance"


Item = Billable | Mismatch | Late | Pending | Delivered


class Attention(NamedTuple):
    """What is named of all that needs somebody, how many `more` of a kind, and other warnings."""

    items: Sequence[Item]
    more: dict[str, int]
    warnings: Sequence[Finding]


def attention(books: Books, shown: Shown) -> Attention:
    """What needs somebody, what matters most first."""
    findings = [one for one in books.billing.findings if shown.finding(one)]
    by_kind: dict[str, list[Item]] = {
        "ready": _billable(books, shown),
        "error": [
            Mismatch(one, first_clause(one.message), "error")
            for one in findings
            if one.severity == "error"
        ],
        "hold": [_hold(books, one) for one in findings if one.severity == "hold"],
        "overdue": _late(books, shown),
        "approval": [
            Pending(row)
            for row in books.change_orders
            if row.state == "pending" and shown.project(row.project) and shown.day(row.order.date)
        ],
        "acceptance": list(_delivered(books, shown)),
    }
    chosen = _chosen(by_kind)
    more = {
        kind: len(items) - len(chosen[kind])
        for kind, items in by_kind.items()
        if len(items) > len(chosen[kind])
    }
    warnings = [one for one in findings if one.severity == "warning" and one.code not in SAID]
    return Attention([one for items in chosen.values() for one in items], more, warnings)


def _chosen(by_kind: dict[str, list[Item]]) -> dict[str, list[Item]]:
    """The first of each kind, and as many more mistakes as there is room for."""
    counts = {kind: min(len(items), OF_ONE_KIND) for kind, items in by_kind.items()}
    room = MOST - sum(counts.values())
    for kind in reversed(counts):
        while room < 0 and counts[kind] > 1:
            counts[kind] -= 1
            room += 1
    for kind in ("error", "hold"):
        more = min(max(room, 0), len(by_kind[kind]) - counts[kind])
        counts[kind] += more
        room -= more
    return {kind: items[: counts[kind]] for kind, items in by_kind.items()}


def _billable(books: Books, shown: Shown) -> list[Item]:
    """One for all drafts that can be issued."""
    drafts = [
        draft
        for draft in books.billing.drafts
        if not draft.held and draft.kind == "invoice" and shown.draft(draft)
    ]
    sums = sums_of(((one.currency, one.net) for one in drafts), main_currency(books))
    return [Billable([one.id for one in drafts], sums)] if drafts else []


def _hold(books: Books, finding: Finding) -> Mismatch:
    held = (
        (draft, reason)
        for draft in books.billing.drafts
        if draft.project == finding.project
        for reason in draft.reasons
        if reason.code == finding.code and reason.message == finding.message
    )
    late = next((behind(books, draft, reason) for draft, reason in held), None)
    words = hint_in_words(finding.code, late.milestone.id if late else "")
    return Mismatch(finding, words or first_clause(finding.message), "hold", late)


def _late(books: Books, shown: Shown) -> list[Item]:
    """What is overdue, by currency."""
    late: dict[str, list[Owing]] = {}
    for one in owing_of(books, shown):
        if one.days:
            late.setdefault(one.item.document.currency, []).append(one)
    return [
        Late(
            max(some, key=lambda one: (one.days, one.item.open)),
            len(some),
            sum((one.item.open for one in some), ZERO),
        )
        for _, some in sorted(late.items())
    ]


def _delivered(books: Books, shown: Shown) -> Iterator[Delivered]:
    """Milestones that are reported complete, and count or bill only once they are accepted."""
    for contract in books.contracts:
        if contract.billing not in FIXED or not shown.project(contract.id):
            continue
        scope = books.scopes.on(contract, books.as_of)
        for milestone in scope.scope.values():
            reports = scope.reports[milestone.id]
            waits = milestone.bill.kind == "accepted" or counts_accepted(contract, milestone)
            if not (reports and waits) or reports[-1].accepted or reports[-1].percent < FULL:
                continue
            since = reports[-1].date
            for report in reversed(reports):
                if report.percent < FULL:
                    break
                since = report.date
            if shown.day(since):
                place = reports[-1].source.place
                yield Delivered(contract.id, milestone, since, place)
