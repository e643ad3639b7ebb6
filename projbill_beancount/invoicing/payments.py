"""Money that came in and settles no invoice yet, among the ledger's transactions."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING
from typing import NamedTuple

from beancount.core import data

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Collection
    from collections.abc import Iterator

    from projbill_beancount.book import Book
    from projbill_beancount.facts.model import Settlement

ZERO = Decimal(0)
#: Transactions of ours are no payments.
OURS = frozenset(("invoice", "credit-note", "void", "closed", "draft"))
LEGS = 2


class Incoming(NamedTuple):
    """A posting that credits a client without saying for what, or waits for a client.

    `client` is "" where nothing says whose it is. `text` is all that the bank says. `is_alone` says
    that a link on the transaction would mean this posting, and no other. `is_claimed` says that it
    is a client's, or on an account that was asked for: not only flagged.
    """

    transaction: data.Transaction
    posting: data.Posting
    client: str
    amount: Decimal
    currency: str
    text: str
    is_alone: bool
    is_claimed: bool

    @property
    def line(self) -> int:
        """The line of the posting."""
        return int((self.posting.meta or {})["lineno"])


def incoming(book: Book, accounts: Collection[str]) -> list[Incoming]:
    """What came in up to the day, in the ledger's order; `accounts` are those that wait."""
    day = book.billing.as_of
    loose: dict[tuple[str, int], Settlement] = {
        (one.place.file, one.place.line): one
        for one in book.facts.settlements
        if one.problem and not one.number and one.amount > ZERO
    }
    receivable = {book.accounts.receivable(client) for client in book.terms.firm.clients}
    numbers = {one.number for one in (*book.facts.invoices, *book.facts.credit_notes)}
    found: list[Incoming] = []
    for entry in book.entries:
        if not isinstance(entry, data.Transaction) or entry.date > day:
            continue
        if not OURS.isdisjoint(entry.tags or ()) or not Path(entry.meta["filename"]).is_file():
            continue
        if any(posting.account in receivable for posting in entry.postings):
            found += _on_receivables(entry, loose, receivable, numbers)
        else:
            found += _waiting(entry, receivable, accounts, book.options["name_assets"])
    return found


def _on_receivables(
    entry: data.Transaction,
    loose: dict[tuple[str, int], Settlement],
    receivable: Collection[str],
    numbers: Collection[str],
) -> Iterator[Incoming]:
    meant_by_link = [
        posting
        for posting in entry.postings
        if posting.account in receivable and "invoice" not in (posting.meta or {})
    ]
    is_alone = len(meant_by_link) == 1 and not any(link in numbers for link in entry.links or ())
    for posting in meant_by_link:
        one = loose.get(_place(posting))
        if one is not None:
            yield Incoming(
                entry,
                posting,
                one.client,
                one.amount,
                one.currency,
                _text(entry),
                is_alone,
                is_claimed=True,
            )


def _waiting(
    entry: data.Transaction, receivable: Collection[str], accounts: Collection[str], assets: str
) -> Iterator[Incoming]:
    """Money on an account of ours whose other side is to be found out."""
    postings = entry.postings
    if len(postings) != LEGS:
        return
    for bank, other in (tuple(postings), tuple(reversed(postings))):
        money, units = bank.units, other.units
        if (
            money is not None
            and units is not None
            and money.number is not None
            and money.number > ZERO
            and units.number == -money.number
            and units.currency == money.currency
            and bank.account.startswith(f"{assets}:")
            and bank.account not in receivable
            and not (other.cost or other.price)
            and (other.account in accounts or entry.flag == "!")
        ):
            yield Incoming(
                entry,
                other,
                "",
                money.number,
                money.currency,
                _text(entry),
                is_alone=False,
                is_claimed=other.account in accounts,
            )
            return


def _text(entry: data.Transaction) -> str:
    """Payee, narration, links and the texts of metadata."""
    metas = [entry.meta, *(posting.meta or {} for posting in entry.postings)]
    said = [
        value
        for meta in metas
        for key, value in meta.items()
        if isinstance(value, str) and key != "filename"
    ]
    return "\n".join([entry.payee or "", entry.narration or "", *sorted(entry.links or ()), *said])


def _place(posting: data.Posting) -> tuple[str, int]:
    meta = posting.meta or {}
    return str(meta.get("filename")), int(meta.get("lineno") or 0)
