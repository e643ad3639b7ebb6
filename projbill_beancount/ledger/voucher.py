"""Vouchers: the transactions that billing writes for ever, and how they read.

An invoice, a credit note, a void, a closing. Their numbers have the places that they are printed
with, and their metadata says everything, so that nothing has to compute them again.
"""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING
from typing import Any
from typing import NamedTuple

from beancount.core import data
from beancount.parser import parser

from projbill_beancount.facts.digest import digest_of
from projbill_beancount.ledger.errors import LedgerWriteError
from projbill_beancount.ledger.record import quoted

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Mapping
    from collections.abc import Sequence


class Money(NamedTuple):
    """A number with its commodity, written as it stands."""

    number: Decimal
    currency: str


Value = str | bool | int | Decimal | date | Money
Pairs = tuple[tuple[str, Value], ...]


class Item(NamedTuple):
    """A posting with its metadata, in order."""

    account: str
    units: Money
    meta: Pairs = ()


class Voucher(NamedTuple):
    """A transaction; `items` are in the order in which they are read."""

    date: date
    payee: str
    narration: str
    tags: tuple[str, ...]
    links: tuple[str, ...]
    meta: Pairs
    items: tuple[Item, ...]


def sealed(voucher: Voucher, options: Mapping[str, Any] | None = None) -> str:
    """The voucher's text with the digest of its content as its last key.

    The digest is that of what Beancount reads. `options` are the ledger's, for its root names.

    Raises:
        LedgerWriteError: Beancount would read anything else, or it does not balance.
    """
    left = _unbalanced(voucher.items)
    if left:
        said = ", ".join(f"{total} {currency}" for currency, total in left.items())
        raise LedgerWriteError(
            f"{voucher.narration} does not balance ({said}); nothing was written"
        )
    plain = text_of(voucher)
    digest = digest_of(read_back(plain, options))
    text = text_of(voucher._replace(meta=(*voucher.meta, ("digest", digest))))
    read = read_back(text, options)
    if digest_of(read) != digest or not _is_same(read, voucher):
        raise LedgerWriteError(
            f'"{voucher.narration}" would be read differently from what was meant;'
            " nothing was written"
        )
    return text


def text_of(voucher: Voucher) -> str:
    """The voucher as Beancount text, each line ended by a line feed."""
    marks = [f"#{tag}" for tag in voucher.tags] + [f"^{link}" for link in voucher.links]
    head = [voucher.date.isoformat(), "*", quoted(voucher.payee), quoted(voucher.narration), *marks]
    lines = [" ".join(head), *_meta_lines("  ", voucher.meta)]
    numbers = [f"{item.units.number:f}" for item in voucher.items]
    accounts = max((len(item.account) for item in voucher.items), default=0) + 2
    width = max(map(len, numbers), default=0)
    for item, number in zip(voucher.items, numbers, strict=True):
        lines.append(f"  {item.account:<{accounts}}{number:>{width}} {item.units.currency}")
        lines += _meta_lines("    ", item.meta)
    return "\n".join(lines) + "\n"


def read_back(text: str, options: Mapping[str, Any] | None = None) -> data.Transaction:
    """The one transaction that Beancount reads in `text`.

    Raises:
        LedgerWriteError: there are errors, or not exactly one transaction.
    """
    renamed = [
        f'option "{name}" "{(options or {})[name]}"\n'
        for name in ("name_assets", "name_liabilities", "name_equity", "name_income")
        if options and name in options
    ]
    source = "".join(renamed) + text
    entries, errors, _ = parser.parse_file(io.BytesIO(source.encode()), report_filename="new entry")
    if errors:
        line = errors[0].source["lineno"] - len(renamed)
        raise LedgerWriteError(
            f"new entry, line {line}: Beancount would not read this: {errors[0].message};"
            " nothing was written"
        )
    if len(entries) != 1 or not isinstance(entries[0], data.Transaction):
        raise LedgerWriteError("the new entry is not one transaction; nothing was written")
    return entries[0]


def _is_same(read: data.Transaction, voucher: Voucher) -> bool:
    """Whether what was read has the postings, the marks and the keys that were meant."""
    postings = [
        (posting.account, posting.units.number, posting.units.currency)
        for posting in read.postings
        if posting.units is not None
    ]
    meant = [(item.account, item.units.number, item.units.currency) for item in voucher.items]
    keys = {key for key, _ in voucher.meta} - {"digest"}
    return (
        postings == meant
        and read.date == voucher.date
        and read.narration == voucher.narration
        and read.payee == voucher.payee
        and read.tags == frozenset(voucher.tags)
        and read.links == frozenset(voucher.links)
        and keys <= set(read.meta)
    )


def _meta_lines(indent: str, pairs: Pairs) -> list[str]:
    return [f"{indent}{key}: {_written(value)}" for key, value in pairs]


def _written(value: Value) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, Money):
        return f"{value.number:f} {value.currency}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"
    return quoted(value) if isinstance(value, str) else str(value)


def _unbalanced(items: Sequence[Item]) -> dict[str, Decimal]:
    """What the items of each commodity add up to, where it is not zero."""
    totals: dict[str, Decimal] = {}
    for item in items:
        currency = item.units.currency
        totals[currency] = totals.get(currency, Decimal(0)) + item.units.number
    return {currency: total for currency, total in totals.items() if total}
