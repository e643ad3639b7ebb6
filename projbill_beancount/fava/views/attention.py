"""What needs somebody now: mistakes, held drafts, overdue invoices, and what waits for a word."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING
from typing import Literal
from typing import NamedTuple

from projbill_beancount.billing.completion import FULL
from projbill_beancount.billing.completion import counts_accepted
from projbill_beancount.fava.views.board import first_clause
from projbill_beancount.fava.views.board import owing_of
from projbill_beancount.reports.hints import hint
from projbill_beancount.reports.scopes import FIXED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Sequence
    from datetime import date

    from projbill_beancount.billing.model import Finding
    from projbill_beancount.fava.books import Books
    from projbill_beancount.fava.shown import Shown
    from projbill_beancount.fava.views.board import Owing
    from projbill_beancount.reports.change_orders import ChangeOrderRow
    from projbill_beancount.terms.model import Milestone
    from projbill_beancount.terms.model import Place

ZERO = Decimal(0)
#: So many are named, and of one kind so many before the others have their turn.
MOST, OF_ONE_KIND = 6, 3
#: What holds a draft until progress is reported.
FOR_PROGRESS = frozenset(("invoice-held-overbilling", "effort-ahead"))
#: Warnings of what is named by itself.
SAID = frozenset(("invoice-overdue", "milestone-unaccepted"))


class Mismatch(NamedTuple):
    """A finding: `say` is what is wrong, or of what holds a draft, as the board has it, what to do.

    `milestone` is the one whose progress would release the draft.
    """

    finding: Finding
    say: str
    kind: Literal["error", "hold"]
    milestone: str = ""


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


Item = Mismatch | Late | Pending | Delivered


class Attention(NamedTuple):
    """What is named of all that needs somebody, how many `more` of a kind, and other warnings."""

    items: Sequence[Item]
    more: dict[str, int]
    warnings: Sequence[Finding]


def attention(books: Books, shown: Shown) -> Attention:
    """What needs somebody, what matters most first."""
    findings = [one for one in books.billing.findings if shown.finding(one)]
    by_kind: dict[str, list[Item]] = {
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


def _hold(books: Books, finding: Finding) -> Mismatch:
    found = Mismatch(
        finding, hint(finding.code, finding.project) or first_clause(finding.message), "hold"
    )
    if finding.code not in FOR_PROGRESS:
        return found
    milestones = {
        line.milestone
        for draft in books.billing.drafts
        if draft.project == finding.project
        and any(
            one.code == finding.code and one.message == finding.message for one in draft.reasons
        )
        for line in draft.lines
        if line.milestone
    }
    return found._replace(milestone=milestones.pop()) if len(milestones) == 1 else found


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
