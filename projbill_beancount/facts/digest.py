"""The digest of an issued invoice: what a later edit of its content makes different.

It covers what the client was sent and what the books rest on: date, number, parties, amounts,
lines, entries, taxes. Tags, links, blanks and keys of other programs do not enter it.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING
from typing import Any

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator
    from collections.abc import Mapping

    from projbill_beancount.facts.booked import Transaction

#: The keys of format 1, in the order in which they enter the digest.
INVOICE_KEYS = (
    "invoice",
    "corrects",
    "reason",
    "project",
    "draft",
    "period-start",
    "period-end",
    "due",
    "net",
    "total",
    "seller",
    "buyer",
    "reference",
    "covers",
    "final",
    "format",
)
LINE_KEYS = (
    "line",
    "kind",
    "project",
    "draft",
    "quantity",
    "price",
    "task",
    "milestone",
    "basis",
    "complete",
    "change-order",
    "adjustment",
    "expenses",
    "prior-period",
    "person",
    "tax",
    "rate",
    "base",
    "entries",
)


def digest_of(transaction: Transaction) -> str:
    """SHA-256, in hexadecimal, of the content of an invoice, a credit note or a void.

    Postings enter in the order of their text, since Beancount may reorder them.
    """
    head = [transaction.date.isoformat(), transaction.payee or "", transaction.narration or ""]
    postings = sorted(
        "\n".join(
            [
                f"{posting.account} {posting.units.number} {posting.units.currency}",
                *_pairs(posting.meta or {}, LINE_KEYS),
            ]
        )
        for posting in transaction.postings
    )
    content = "\n".join([*head, *_pairs(transaction.meta, INVOICE_KEYS), *postings])
    return hashlib.sha256(content.encode()).hexdigest()


def _pairs(meta: Mapping[str, Any], keys: tuple[str, ...]) -> Iterator[str]:
    for key in keys:
        if key in meta:
            value = meta[key]
            text = " ".join(value.split()) if isinstance(value, str) else _text(value)
            yield f"{key}: {text}"


def _text(value: object) -> str:
    number, currency = getattr(value, "number", None), getattr(value, "currency", "")
    return f"{number} {currency}" if number is not None else str(value)
