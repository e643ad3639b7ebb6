"""The board of the first page: what is in work, ready, held, invoiced and paid, a card each."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.billing.completion import FULL
from projbill_beancount.billing.decisions import RELEASABLE
from projbill_beancount.reports.hints import hint_in_words
from projbill_beancount.reports.scopes import FIXED

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Iterator
    from collections.abc import Sequence

    from projbill_beancount.billing.agreed import AgreedScope
    from projbill_beancount.billing.model import Draft
    from projbill_beancount.billing.model import Reason
    from projbill_beancount.billing.receivables import OpenItem
    from projbill_beancount.facts.model import Invoice
    from projbill_beancount.fava.books import Books
    from projbill_beancount.fava.shown import Shown
    from projbill_beancount.terms.model import Contract
    from projbill_beancount.terms.model import Milestone
    from projbill_beancount.terms.model import Place

ZERO = Decimal(0)
#: So many cards of a column are shown; the others are one link away.
CARDS, READY_CARDS = 5, 8
#: Seconds of a hundredth of an hour, to which sums are rounded that are only looked at.
HUNDREDTH = 36
#: What holds a draft until progress is reported.
FOR_PROGRESS = frozenset(("invoice-held-overbilling", "effort-ahead"))


class Column(NamedTuple):
    """The cards of a column that are shown, of `total`."""

    cards: Sequence[object]
    total: int

    @property
    def more(self) -> int:
        """How many are not shown."""
        return self.total - len(self.cards)


class Working(NamedTuple):
    """What of a contract waits for its next trigger.

    `earned` is what the hours are worth that wait (`seconds`), `coming` the price that is left of
    the milestone in work, or the fee of the running period; `day` is when the next trigger can
    fire. `used` and `allocated` are a retainer's seconds in the running period and `beyond` those
    above it, None where there is none.
    """

    project: str
    client: str
    currency: str
    earned: Decimal
    seconds: int
    day: date | None
    coming: Decimal = ZERO
    milestone: Milestone | None = None
    percent: Decimal | None = None
    used: int | None = None
    allocated: int | None = None
    beyond: int = 0


class Behind(NamedTuple):
    """The milestone whose progress holds a draft: its newest report, None where there is none.

    `needed` is the percentage that releases the draft, None where that depends on more than it.
    """

    milestone: Milestone
    percent: Decimal | None
    day: date | None
    needed: Decimal | None


class DraftCard(NamedTuple):
    """A draft with what it bills in a few words: what has a fixed price, and hours.

    `days` is how long it could have been billed. `unpriced` counts its entries without a price,
    which its amount does not have. `why` and `remedy` are those of the first reason that holds it,
    `others` counts further ones; `place` is the contract, where nothing but that can be put right.
    """

    draft: Draft
    client: str
    what: Sequence[str]
    seconds: int
    days: int
    has_expenses: bool = False
    unpriced: int = 0
    why: str = ""
    remedy: str = ""
    others: int = 0
    can_release: bool = False
    behind: Behind | None = None
    amount: Decimal | None = None
    place: Place | None = None


class Owing(NamedTuple):
    """An open invoice; `days` is how long it is overdue, 0 where it is not."""

    item: OpenItem
    client: str
    projects: Sequence[str]
    days: int


class Paid(NamedTuple):
    """An invoice that is settled, with the day of the last payment."""

    invoice: Invoice
    client: str
    projects: Sequence[str]
    day: date


def board(books: Books, shown: Shown) -> dict[str, Column]:
    """The columns by name, in the order of the way from work to money."""
    drafts = [draft for draft in books.billing.drafts if shown.draft(draft)]
    ready = [_draft_card(books, draft) for draft in drafts if not draft.held]
    held = [_draft_card(books, draft) for draft in drafts if draft.held]
    ready.sort(key=lambda card: (card.draft.date, card.draft.id))
    held.sort(key=lambda card: (-card.draft.net, card.draft.id))
    owing = sorted(owing_of(books, shown), key=_by_urgency)
    paid = sorted(_paid(books, shown), key=lambda one: (one.day, one.invoice.number), reverse=True)
    working = sorted(_working(books, shown), key=_by_day)
    return {
        "working": _column(working),
        "ready": _column(ready, READY_CARDS),
        "held": _column(held),
        "invoiced": _column(owing),
        "paid": _column(paid),
    }


def sums_of(amounts: Iterable[tuple[str, Decimal]], first: str = "") -> list[tuple[str, Decimal]]:
    """The sum of each currency; `first` is the currency that comes first."""
    found: dict[str, Decimal] = {}
    for currency, amount in amounts:
        found[currency] = found.get(currency, ZERO) + amount
    return sorted(found.items(), key=lambda one: (one[0] != first, one[0]))


def in_hundredths(seconds: int) -> int:
    """Seconds as whole hundredths of an hour."""
    return round(seconds / HUNDREDTH) * HUNDREDTH


def owing_of(books: Books, shown: Shown) -> Iterator[Owing]:
    """The invoices on which something is open."""
    for account in books.owed.accounts:
        name = books.client_name(account.client)
        for item in account.items:
            if item.open > ZERO and shown.invoice(item.document):
                days = max(item.days or 0, 0)
                yield Owing(item, name, _projects(books, item.document), days)


def _column(cards: Sequence[object], most: int = CARDS) -> Column:
    """At most so many cards, and one more where "and 1 more" would take its room."""
    return Column(cards if len(cards) == most + 1 else cards[:most], len(cards))


def _draft_card(books: Books, draft: Draft) -> DraftCard:
    contract = books.terms.contracts[draft.project]
    milestones = contract.milestones
    priced = [line for line in draft.lines if line.amount and line.seconds is None]
    fixed = [line for line in priced if line.kind != "expense"]
    known = [milestones.get(line.milestone or "") for line in fixed]
    names = [
        one.name if one else line.text.removeprefix(f"{contract.name}: ")
        for one, line in zip(known, fixed, strict=True)
    ]
    hours = [line.seconds for line in draft.lines if line.seconds and line.kind != "covered"]
    card = DraftCard(
        draft,
        books.client_name(draft.client),
        list(dict.fromkeys(names)),
        in_hundredths(sum(hours)),
        (books.as_of - draft.date).days,
        has_expenses=len(fixed) < len(priced),
        unpriced=unpriced_entries(draft),
    )
    if not draft.held:
        return card
    reason = draft.reasons[0]
    late = behind(books, draft, reason)
    return card._replace(
        why=first_clause(reason.message),
        remedy=hint_in_words(reason.code, late.milestone.id if late else ""),
        others=len(draft.reasons) - 1,
        can_release=all(one.code in RELEASABLE for one in draft.reasons),
        behind=late,
        amount=reason.amount,
        place=contract.place if reason.code == "rate-missing" else None,
    )


def unpriced_entries(draft: Draft) -> int:
    """How many entries on a draft have no price; its amounts do not have them."""
    return sum(
        len(line.entries) for line in draft.lines if line.kind == "time" and line.price is None
    )


def behind(books: Books, draft: Draft, reason: Reason) -> Behind | None:
    """The milestone whose report would release a draft; None where no single one would."""
    if reason.code not in FOR_PROGRESS:
        return None
    contract = books.terms.contracts[draft.project]
    billed = {line.milestone for line in draft.lines if line.milestone}
    known = [one for one in contract.milestones.values() if one.id in billed]
    named = [one for one in known if reason.message.startswith(f"{one.id} {one.name} ")]
    found = named or known
    if len(found) != 1:
        return None
    (milestone,) = found
    reports = books.scopes.on(contract, books.as_of).reports[milestone.id]
    needs_all = named and reason.code == "invoice-held-overbilling"
    return Behind(
        milestone,
        reports[-1].percent if reports else None,
        reports[-1].date if reports else None,
        FULL if needs_all else None,
    )


def first_clause(message: str) -> str:
    """What a message says is wrong, without what it says to do."""
    return message.partition("; ")[0].rstrip(".")


def _working(books: Books, shown: Shown) -> Iterator[Working]:
    waiting: dict[str, tuple[int, Decimal]] = {}
    for item in books.billing.unbilled:
        if item.draft is None and shown.day(item.date):
            seconds, value = waiting.get(item.project, (0, ZERO))
            waiting[item.project] = seconds + item.seconds, value + (item.value or ZERO)
    drafted: dict[tuple[str, str], Decimal] = {}
    for draft in books.billing.drafts:
        for line in draft.lines:
            key = draft.project, line.milestone or line.change_order or ""
            drafted[key] = drafted.get(key, ZERO) + line.amount
    for contract in books.contracts:
        if shown.project(contract.id):
            seconds, value = waiting.get(contract.id, (0, ZERO))
            card = _work_of(books, contract, seconds, value, drafted)
            if card is not None and shown.day(card.day):
                yield card


def _work_of(
    books: Books,
    contract: Contract,
    seconds: int,
    value: Decimal,
    drafted: dict[tuple[str, str], Decimal],
) -> Working | None:
    """The card of a contract; None where nothing of it waits."""
    position = books.billing.positions[contract.id]
    card = Working(
        contract.id,
        books.client_name(contract.client),
        contract.currency,
        value,
        in_hundredths(seconds),
        position.next_trigger,
    )
    if contract.billing in FIXED:
        scope = books.scopes.on(contract, books.as_of)
        found = _in_work(contract, scope, drafted)
        if found is not None:
            milestone, left = found
            reports = scope.reports[milestone.id]
            return card._replace(
                coming=left,
                milestone=milestone,
                percent=reports[-1].percent if reports else None,
                day=milestone.bill.date or milestone.due or position.next_trigger,
            )
    elif contract.retainer is not None and position.next_trigger is not None:
        standing = position.retainer
        fee = ZERO if contract.retainer.advance else contract.retainer.fee
        if standing is not None and standing.period.end > books.as_of:
            whole = standing.allocated and standing.allocated + standing.carried
            return card._replace(
                coming=fee,
                used=in_hundredths(standing.used),
                allocated=whole and in_hundredths(whole),
                beyond=0 if whole is None else in_hundredths(max(standing.used - whole, 0)),
            )
    return card if seconds else None


def _in_work(
    contract: Contract, scope: AgreedScope, drafted: dict[tuple[str, str], Decimal]
) -> tuple[Milestone, Decimal] | None:
    """What is billed next, and what is left of it: what is begun comes first."""
    open_ones = []
    for milestone in scope.scope.values():
        done = scope.before.get(milestone.id, ZERO) + drafted.get((contract.id, milestone.id), ZERO)
        left = scope.price(milestone, scope.as_of) - done
        if scope.completed[milestone.id] is None and left > ZERO:
            open_ones.append((milestone, left))
    begun = (one for one in open_ones if scope.reports[one[0].id])
    return next(begun, open_ones[0] if open_ones else None)


def _paid(books: Books, shown: Shown) -> Iterator[Paid]:
    """The invoices that are settled, each with its last payment."""
    unsettled = {
        id(item.document) for account in books.owed.accounts for item in account.items if item.left
    }
    last: dict[tuple[str, str, str], date] = {}
    for one in books.facts.settlements:
        if not one.problem and one.date <= books.as_of:
            key = one.number, one.account, one.currency
            last[key] = max(last.get(key, one.date), one.date)
    for invoice in books.facts.invoices:
        day = last.get((invoice.number, invoice.receivable, invoice.currency))
        is_there = day is not None and invoice.is_live(books.as_of) and shown.invoice(invoice)
        if is_there and day is not None and id(invoice) not in unsettled:
            client = books.client_name(invoice.client)
            yield Paid(invoice, client, _projects(books, invoice), day)


def _projects(books: Books, invoice: Invoice) -> list[str]:
    """The contracts that an invoice bills, by their present ids."""
    names = (line.project for line in invoice.lines)
    return list(dict.fromkeys(books.project_of(name) for name in names if name))


def _by_day(card: Working) -> tuple[bool, date, str]:
    """What can be billed soonest comes first, what has no day last."""
    return card.day is None, card.day or date.max, card.project


def _by_urgency(one: Owing) -> tuple[int, date, str]:
    """What is overdue longest comes first, then what is due next."""
    return -one.days, one.item.document.due or date.max, one.item.document.number
