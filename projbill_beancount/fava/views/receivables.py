"""The page of receivables: what each client owes and since when; and one client's statement."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.billing.receivables import BUCKETS
from projbill_beancount.fava.texts import marked
from projbill_beancount.fava.views.statement import statement_view
from projbill_beancount.reports.ageing import currencies_of
from projbill_beancount.terms.model import Place

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping
    from collections.abc import Sequence

    from projbill_beancount.billing.receivables import ClientAccount
    from projbill_beancount.billing.receivables import OpenItem
    from projbill_beancount.facts.model import Settlement
    from projbill_beancount.fava.books import Books
    from projbill_beancount.fava.shown import Shown

ZERO = Decimal(0)
TITLES = dict(
    zip(
        BUCKETS,
        (
            marked("Not due"),
            marked("1–30 days"),
            marked("31–60 days"),
            marked("61–90 days"),
            marked("Over 90 days"),
        ),
        strict=True,
    )
)


class Row(NamedTuple):
    """An invoice that is open, or that the client keeps back money of."""

    item: OpenItem
    project: str
    place: Place


class Loose(NamedTuple):
    """What stands on a receivable beside open invoices, as the client owes it: credits negative.

    `why` says why a payment is on none, `item` is the document that was paid or credited too much.
    """

    client: str
    what: str
    number: str
    text: str
    day: object
    amount: Decimal
    why: str
    place: Place
    item: OpenItem | None = None


class Currency(NamedTuple):
    """What clients owe in one currency. `shares` are percentages of what is open, by bucket."""

    currency: str
    accounts: Sequence[ClientAccount]
    buckets: Mapping[str, Decimal]
    shares: Mapping[str, Decimal]
    rows: Sequence[Row]
    loose: Sequence[Loose]
    retained: Sequence[Row]

    @property
    def open(self) -> Decimal:
        """What is to be paid."""
        return sum((one.open for one in self.accounts), ZERO)

    @property
    def overdue(self) -> Decimal:
        """What of it is due already."""
        return self.open - self.buckets[BUCKETS[0]]

    @property
    def credits(self) -> Decimal:
        """What clients have to their credit: not positive."""
        return sum((one.credits for one in self.accounts), ZERO)

    @property
    def unregistered(self) -> Decimal:
        """What is charged without an invoice."""
        return sum((one.unregistered for one in self.accounts), ZERO)

    @property
    def has_unregistered(self) -> bool:
        """Whether anything is charged without an invoice."""
        return any(one.unregistered for one in self.accounts)

    @property
    def balance(self) -> Decimal:
        """What stands on the receivables."""
        return sum((one.balance for one in self.accounts), ZERO)

    @property
    def kept_back(self) -> Decimal:
        """What clients keep back, which is not on the receivables."""
        return sum((one.retained for one in self.accounts), ZERO)


def receivables_view(
    books: Books, shown: Shown, arguments: Mapping[str, str]
) -> Mapping[str, object]:
    """The ageing of each currency, or with `client` the statement of that one."""
    client = arguments.get("client", "")
    if client:
        return statement_view(books, shown, client)
    accounts = list(shown_accounts(books, shown))
    known = {one.client for one in books.owed.accounts}
    told = {one.client for one in (*books.facts.invoices, *books.facts.credit_notes)}
    told |= {one.client for one in books.facts.settlements}
    return {
        "client": "",
        "currencies": [
            _currency(books, currency, [one for one in accounts if one.currency == currency])
            for currency in currencies_of(accounts)
        ],
        "titles": TITLES,
        "settled": sorted(name for name in told - known if name and shown.client(name)),
        "is_anything_open": bool(books.owed.accounts),
    }


def shown_accounts(books: Books, shown: Shown) -> Iterator[ClientAccount]:
    """The accounts with what the filters let through of them."""
    for account in books.owed.accounts:
        if not shown.client(account.client):
            continue
        items = [item for item in account.items if shown.invoice(item.document)]
        loose = [one for one in account.loose if shown.day(one.date)]
        if items or loose:
            yield account._replace(items=items, loose=loose)


def item_row(books: Books, item: OpenItem) -> Row:
    """An item with its project's present id and where the ledger has it."""
    document = item.document
    return Row(item, books.project_of(document.project), Place(document.file, document.line))


def _currency(books: Books, currency: str, accounts: Sequence[ClientAccount]) -> Currency:
    buckets = dict.fromkeys(BUCKETS, ZERO)
    for account in accounts:
        for name, amount in account.by_bucket().items():
            buckets[name] += amount
    total = sum(buckets.values(), ZERO)
    rows = [item_row(books, item) for account in accounts for item in account.items]
    # what is longest due first; without a due date nothing is overdue
    by_age = sorted(rows, key=lambda row: -(row.item.days if row.item.days is not None else -9999))
    return Currency(
        currency,
        accounts,
        buckets,
        {name: amount * 100 / total if total else ZERO for name, amount in buckets.items()},
        [row for row in by_age if row.item.left > ZERO],
        [one for account in accounts for one in _loose(account)],
        [row for row in rows if row.item.retained],
    )


def _loose(account: ClientAccount) -> Iterator[Loose]:
    """Payments on no invoice, charges without one, and documents with a credit on them."""
    for one in account.loose:
        what = marked("Payment on no invoice") if one.amount > ZERO else marked("No invoice")
        yield Loose(
            one.client, what, one.number, one.text, one.date, -one.amount, _why(one), one.place
        )
    for item in account.items:
        if item.left < ZERO:
            document = item.document
            yield Loose(
                document.client,
                marked("Credit note") if item.is_credit else marked("Paid or credited too much"),
                document.number,
                document.title.removeprefix(document.number).strip(),
                document.date,
                item.left,
                "",
                Place(document.file, document.line),
                item,
            )


def _why(one: Settlement) -> str:
    """Why a posting settles no document, as `projbill ageing` says it."""
    return one.problem or f"{one.number} is dated later"
