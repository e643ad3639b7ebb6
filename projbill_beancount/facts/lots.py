"""Invoices in a foreign currency whose income is booked in the ledger's own, at the day's rate."""

from __future__ import annotations

from decimal import ROUND_HALF_UP
from decimal import Decimal
from typing import TYPE_CHECKING
from typing import Any

from beancount.core.amount import Amount

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Container
    from collections.abc import Sequence

    from projbill_beancount.facts.booked import Posting


def in_one_currency(postings: Sequence[Posting], owed: Container[str]) -> Sequence[Posting]:
    """The postings of an invoice in the currency of the accounts that say what is `owed`.

    Such an account may have a cost or a price in the currency of the other postings: they are
    divided by it, and rounded as what is owed is (IAS 21: revenue at the rate of its day).
    """
    for posting in postings:
        rate = posting.cost or posting.price
        if rate and rate.number and posting.account in owed:
            return [_converted(one, rate, posting.units) for one in postings]
    return postings


def _converted(posting: Posting, rate: Any, owed: Amount) -> Posting:
    if posting.units.currency != rate.currency:
        return posting
    assert owed.number is not None
    unit = Decimal(1).scaleb(int(owed.number.as_tuple().exponent))
    number = (posting.units.number / rate.number).quantize(unit, ROUND_HALF_UP)
    return posting._replace(units=Amount(number, owed.currency))
