"""A client's statement of account, as it is sent to the client."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from projbill_beancount.reports.ageing import receivables_of
from projbill_beancount.reports.statement import WORDS
from projbill_beancount.reports.statement import statements

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from projbill_beancount.fava.books import Books
    from projbill_beancount.fava.shown import Shown


def statement_view(books: Books, shown: Shown, client: str) -> Mapping[str, object]:
    """The statements of a client, one for each currency.

    Fava's filter of time gives the days from which and up to which the account is stated; what was
    before is the opening balance.
    """
    until = _until(books, shown)
    since = shown.begin if shown.begin is not None and shown.begin <= until else None
    is_later = shown.begin is not None and shown.begin > until
    owed = books.owed if until == books.as_of else receivables_of(books.facts).on(until)
    firm = books.terms.firm
    known = firm.clients.get(client)
    return {
        "client": client,
        "is_known": known is not None,
        "company": firm.company,
        "address": known.address if known else (),
        "name": books.client_name(client),
        "since": since,
        "until": until,
        "is_later": is_later,
        "statements": [] if is_later else statements(books.facts, owed, client, since),
        "words": WORDS,
        "receivable": books.accounts.receivable(client),
        "retained": {
            one.currency: one.retained
            for one in owed.accounts
            if one.client == client and one.retained
        },
    }


def _until(books: Books, shown: Shown) -> date:
    """The last day of the statement: that of the books, or of the filter before it."""
    if shown.end is None:
        return books.as_of
    return min(books.as_of, shown.end - timedelta(days=1))
