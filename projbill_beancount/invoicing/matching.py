"""Which open invoices bank transactions pay: by a number in the text, by amount, by a sum.

Nothing is guessed: what could be for this invoice or for that is shown with what it could be.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.invoicing.payments import incoming
from projbill_beancount.invoicing.similar import is_weak
from projbill_beancount.invoicing.similar import names_client
from projbill_beancount.invoicing.similar import names_number
from projbill_beancount.ledger.links import LINK
from projbill_beancount.ledger.links import Allocation
from projbill_beancount.ledger.links import Linking
from projbill_beancount.reports.ageing import receivables_of

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Collection
    from collections.abc import Sequence

    from projbill_beancount.book import Book
    from projbill_beancount.facts.model import Invoice
    from projbill_beancount.invoicing.payments import Incoming

ZERO = Decimal(0)
#: Sums of invoices are tried in so many steps; whether one is the only one is unknown beyond it.
MOST_STEPS = 200_000
#: So many possibilities are shown.
SHOWN = 5


class Open(NamedTuple):
    """An invoice and what is open on it."""

    document: Invoice
    left: Decimal


class Match(NamedTuple):
    """What a transaction pays, and how that was found: `number`, `amount` or `sum`.

    `note` says what is special about it; empty where all fits.
    """

    incoming: Incoming
    client: str
    how: str
    allocations: tuple[Allocation, ...]
    note: str = ""


class Unmatched(NamedTuple):
    """A transaction that pays nothing for certain: why, and what it could be for."""

    incoming: Incoming
    why: str
    candidates: tuple[tuple[str, ...], ...] = ()


class Matching(NamedTuple):
    """The answer, in order of dates."""

    matches: list[Match]
    unmatched: list[Unmatched]


def match_payments(
    book: Book, clients: Collection[str] | None = None, accounts: Collection[str] = ()
) -> Matching:
    """What the transactions that settle nothing yet pay; of `clients` alone where given.

    A posting on one of `accounts` opposite to money received is one that waits for an invoice.
    """
    waiting = [
        one
        for one in incoming(book, frozenset(accounts))
        if clients is None or not one.client or one.client in clients
    ]
    matcher = _Matcher(book, clients)
    matches, rest = [], []
    for one in waiting:
        found = matcher.by_number(one)
        if isinstance(found, Match):
            matches.append(found)
        else:
            rest.append((one, found))
    unmatched = [found for _, found in rest if found is not None]
    more, others = matcher.by_amounts([one for one, found in rest if found is None])
    return Matching(
        sorted(matches + more, key=lambda match: _order(match.incoming)),
        sorted(unmatched + others, key=lambda one: _order(one.incoming)),
    )


def linking_of(book: Book, match: Match) -> Linking:
    """What is to be written of a match."""
    one = match.incoming
    receivable = book.accounts.receivable(match.client)
    single = len(match.allocations) == 1 and one.is_alone
    by_link = single and LINK.fullmatch(match.allocations[0].number) is not None
    return Linking(
        one.transaction, one.posting, receivable, one.currency, match.allocations, by_link
    )


class _Matcher:
    """Open invoices, of which matched ones are taken."""

    def __init__(self, book: Book, clients: Collection[str] | None) -> None:
        self._firm = book.terms.firm
        day = book.billing.as_of
        self._open: dict[str, Open] = {}
        for account in receivables_of(book.facts).on(day).accounts:
            for item in account.items:
                if clients is not None and account.client not in clients:
                    continue
                if item.left > ZERO and item.document.number and not item.is_credit:
                    self._open[item.document.number] = Open(item.document, item.left)
        self._settled = [
            invoice
            for invoice in book.facts.invoices
            if invoice.number and invoice.is_live(day) and invoice.number not in self._open
        ]

    def by_number(self, one: Incoming) -> Match | Unmatched | None:
        """By the numbers in the text; None where it has none."""
        closed = self._firm.closed_until
        if not one.client and closed is not None and one.transaction.date <= closed:
            # Its posting would go to another account, which changes what is closed.
            return Unmatched(one, f"the books are closed until {closed}")
        hits = [
            open_
            for number, open_ in self._open.items()
            if self._fits(one, open_.document)
            and names_number(one.text, number)
            and (open_.left == one.amount or not is_weak(number))
        ]
        hits = _longest(hits)
        if not hits:
            return self._by_settled(one)
        payers = {hit.document.client for hit in hits}
        left = sum((hit.left for hit in hits), ZERO)
        if len(payers) > 1 or (len(hits) > 1 and left != one.amount):
            numbers = tuple(hit.document.number for hit in hits)
            why = f"it names {' and '.join(numbers)}, on which {left} {one.currency} are open"
            return Unmatched(one, why, tuple((number,) for number in numbers))
        note = "" if left == one.amount else f"{left} {one.currency} are open on it"
        return self._match(one, "number", hits, note)

    def by_amounts(self, waiting: Sequence[Incoming]) -> tuple[list[Match], list[Unmatched]]:
        """By what is open on one invoice or several; what two transactions could pay is unclear."""
        matches, unmatched = [], []
        possible = []
        for one in waiting:
            sets = self._possible(one)
            if not sets and not one.is_claimed and not self._names_any(one):
                continue  # a flag alone makes it no payment of a client
            if sets is None:
                unmatched.append(Unmatched(one, "its client has too many open invoices to try"))
            else:
                possible.append((one, sets))
        claims: dict[str, int] = {}
        for _, sets in possible:
            for number in {hit.document.number for hits in sets for hit in hits}:
                claims[number] = claims.get(number, 0) + 1
        for one, sets in possible:
            candidates = tuple(tuple(hit.document.number for hit in hits) for hits in sets)
            if not sets:
                why = "no open invoice of its client has this amount, alone or with others"
                unmatched.append(Unmatched(one, why))
            elif len(sets) > 1:
                unmatched.append(Unmatched(one, "it could be for several", candidates[:SHOWN]))
            elif any(claims[number] > 1 for number in candidates[0]):
                why = "another transaction could be for the same"
                unmatched.append(Unmatched(one, why, candidates))
            else:
                how = "amount" if len(sets[0]) == 1 else "sum"
                matches.append(self._match(one, how, sets[0], ""))
        return matches, unmatched

    def _by_settled(self, one: Incoming) -> Unmatched | None:
        """A text that names what is paid already is for nothing else."""
        for invoice in self._settled:
            number = invoice.number
            if self._fits(one, invoice) and not is_weak(number) and names_number(one.text, number):
                return Unmatched(one, f"it names {number}, on which nothing is open")
        return None

    def _possible(self, one: Incoming) -> list[list[Open]] | None:
        """The invoices, or the sets of invoices of one client, that come to the amount.

        None where there are too many sets to try.
        """
        fitting = [
            open_
            for open_ in self._open.values()
            if open_.document.date <= one.transaction.date
            and self._fits(one, open_.document)
            and (one.client or self._is_named(one, open_.document.client))
        ]
        single = [[open_] for open_ in fitting if open_.left == one.amount]
        if single:
            return single
        by_client: dict[str, list[Open]] = {}
        for open_ in fitting:
            by_client.setdefault(open_.document.client, []).append(open_)
        found: list[list[Open]] = []
        for opens in by_client.values():
            sums = _sums(opens, one.amount)
            if sums is None:
                return None
            found += sums
        return found

    def _match(self, one: Incoming, how: str, hits: Sequence[Open], note: str) -> Match:
        """Take what a transaction pays; the whole of it where it pays one invoice."""
        allocations = []
        for hit in hits:
            number = hit.document.number
            amount = one.amount if len(hits) == 1 else hit.left
            allocations.append(Allocation(number, amount))
            del self._open[number]
            if amount < hit.left:
                self._open[number] = hit._replace(left=hit.left - amount)
        return Match(one, hits[0].document.client, how, tuple(allocations), note)

    def _fits(self, one: Incoming, invoice: Invoice) -> bool:
        of_client = not one.client or invoice.client == one.client
        return of_client and bool(invoice.client) and invoice.currency == one.currency

    def _names_any(self, one: Incoming) -> bool:
        return any(self._is_named(one, client) for client in self._firm.clients)

    def _is_named(self, one: Incoming, client: str) -> bool:
        known = self._firm.clients.get(client)
        names = (client, known.name) if known else (client,)
        return names_client(one.text, names)


def _longest(hits: Sequence[Open]) -> list[Open]:
    """The hits without those whose number is only a part of another one's."""
    numbers = [hit.document.number for hit in hits]
    return [
        hit
        for hit in hits
        if not any(
            hit.document.number != other and names_number(other, hit.document.number)
            for other in numbers
        )
    ]


def _sums(opens: Sequence[Open], amount: Decimal) -> list[list[Open]] | None:
    """The sets of two or more that come to `amount`, a few of them where there are many.

    None where it takes too long to try them.
    """
    ordered = sorted(opens, key=lambda one: one.left, reverse=True)
    rests = [ZERO]
    for one in reversed(ordered):
        rests.append(rests[-1] + one.left)
    rests.reverse()
    found: list[list[Open]] = []
    steps = 0
    stack: list[tuple[int, Decimal, tuple[int, ...]]] = [(0, amount, ())]
    while stack and len(found) < SHOWN:
        at, left, taken = stack.pop()
        steps += 1
        if steps > MOST_STEPS:
            return None
        if left == ZERO:
            if len(taken) > 1:
                found.append([ordered[index] for index in taken])
            continue
        if at == len(ordered) or rests[at] < left:
            continue
        stack.append((at + 1, left, taken))
        if ordered[at].left <= left:
            stack.append((at + 1, left - ordered[at].left, (*taken, at)))
    return [sorted(one, key=lambda hit: (hit.document.date, hit.document.number)) for one in found]


def _order(one: Incoming) -> tuple[object, ...]:
    return one.transaction.date, str(one.transaction.meta["filename"]), one.line
