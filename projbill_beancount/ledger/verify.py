"""Proof before writing: Beancount's own parser must read back what was meant.

Beancount builds a dozen objects per posting; only the values are needed here, so the builder
below keeps plain tuples, which takes a third of the time.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING
from typing import Any

from beancount.parser import _parser  # type: ignore[attr-defined, unused-ignore]
from beancount.parser import grammar

from projbill_beancount.ledger.errors import LedgerWriteError
from projbill_beancount.ledger.record import number_of

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Mapping
    from collections.abc import Sequence
    from datetime import date
    from decimal import Decimal

    from projbill_beancount.ledger.record import Record

ROOTS = ("name_assets", "name_liabilities", "name_equity", "name_income", "name_expenses")


class _Values(grammar.Builder):  # type: ignore[misc, unused-ignore]
    """Collects the values of transactions; any other directive is left to Beancount."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call, unused-ignore]
        self.found: list[Any] = []

    def amount(self, _file: str, _line: int, number: Decimal, currency: str) -> Any:
        return number, currency

    def key_value(self, _file: str, _line: int, key: str, value: object) -> Any:
        return key, value

    def posting(self, *parts: Any) -> Any:
        return parts[2:]

    def transaction(
        self, _file: str, _line: int, day: date, flag: str, texts: list[str], links: Any, items: Any
    ) -> None:
        del links
        self.found.append((day, flag, texts, items))


def prove(
    text: str, records: Sequence[Record], hour: str, options: Mapping[str, object] | None = None
) -> None:
    """Check that Beancount reads `text` as exactly `records`, with hours in commodity `hour`.

    `options` are the ledger's, for its root names (`name_equity`, …).

    Raises:
        LedgerWriteError: it reads anything else.
    """
    builder = _Values()
    for name in ROOTS:
        if options and name in options:
            builder.option("", 0, name, options[name])  # type: ignore[no-untyped-call, unused-ignore]
    _parser.Parser(builder).parse(io.BytesIO(text.encode()), filename="new entries", lineno=1)
    if builder.errors:
        error = builder.errors[0]
        raise LedgerWriteError(
            f"new entries, line {error.source['lineno']}: Beancount would not read this: "
            f"{error.message}; nothing was written"
        )
    if len(builder.found) != len(records):
        raise LedgerWriteError(
            f"Beancount reads {len(builder.found)} transactions where {len(records)} were meant;"
            " nothing was written"
        )
    for found, record in zip(builder.found, records, strict=True):
        if not _same(found, record, hour):
            raise LedgerWriteError(
                f'the transaction of {record.date} "{record.payee}" would be read differently'
                " from what was meant; nothing was written"
            )


def _same(found: Any, record: Record, hour: str) -> bool:
    day, flag, texts, items = found
    if (day, flag, texts) != (record.date, "*", [record.payee, record.narration]):
        return False
    meant: list[Any] = list(record.meta.items())
    for leg in record.legs:
        meant.append((leg.account, number_of(leg.ticks), hour))
        meant += leg.meta.items()
    if len(items) != len(meant):
        return False
    return all(
        wanted == (item if len(item) == 2 else _posting(item))  # noqa: PLR2004
        for item, wanted in zip(items, meant, strict=True)
    )


def _posting(item: Any) -> tuple[str, str, str] | None:
    account, units, cost, price, _is_total, flag = item
    if cost is not None or price is not None or flag is not None:
        return None
    number, currency = units
    return account, f"{number:f}", currency
