"""Proof before writing: Beancount's own parser must read back what was meant.

Beancount builds a dozen objects per posting; only the values are needed here, so the builder
below keeps plain tuples, which takes a third of the time. Reading alone is a sixth of what loading
the result costs, so of very large imports only those transactions are read back that could read
differently: the first with an account, and every one with a character that is not plain.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING
from typing import Any

from beancount.core import data
from beancount.parser import _parser  # type: ignore[attr-defined, unused-ignore]
from beancount.parser import grammar

from projbill_beancount.ledger.errors import LedgerWriteError
from projbill_beancount.ledger.record import RecordText
from projbill_beancount.ledger.record import number_of

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable
    from collections.abc import Mapping
    from collections.abc import Sequence
    from datetime import date
    from decimal import Decimal

    from projbill_beancount.ledger.record import Record

ROOTS = ("name_assets", "name_liabilities", "name_equity", "name_income", "name_expenses")
PLACE = ("filename", "lineno")
ALL = 2000
PLAIN = bytes(code for code in range(0x7F) if chr(code) == "\n" or chr(code).isprintable()).replace(
    b"\\", b""
)


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
        self, _file: str, _line: int, day: date, flag: int, texts: list[str], links: Any, items: Any
    ) -> None:
        del links
        self.found.append((day, flag, texts, items))


def prove(
    texts: Sequence[str],
    records: Sequence[Record],
    hour: str,
    options: Mapping[str, object] | None = None,
) -> None:
    """Check that Beancount reads the texts as exactly `records`, hours in commodity `hour`.

    There is one text for each record. `options` are the ledger's, for its root names
    (`name_equity`, …). Up to `ALL` records are all read back, of more those that may differ.

    Raises:
        LedgerWriteError: it reads anything else.
    """
    if len(records) > ALL:
        accounts = ([leg.account for leg in record.legs] for record in records)
        chosen = doubtful(map(RecordText, texts, accounts), set())
        texts, records = [texts[one] for one in chosen], [records[one] for one in chosen]
    builder = _Values()
    for name in ROOTS:
        if options and name in options:
            builder.option("", 0, name, options[name])  # type: ignore[no-untyped-call, unused-ignore]
    _parser.Parser(builder).parse(
        io.BytesIO("\n".join(texts).encode()), filename="new entries", lineno=1
    )
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


def read_back(
    content: bytes, meant: Sequence[data.Directive], path: str, line: int
) -> list[data.Directive]:
    """The directives that Beancount reads from `line` on in a file at `path` with this `content`.

    Raises:
        LedgerWriteError: they are not exactly `meant`.
    """
    builder = grammar.Builder()  # type: ignore[no-untyped-call, unused-ignore]
    _parser.Parser(builder).parse(io.BytesIO(content), filename=path, lineno=1)
    found, errors, _ = builder.finalize()  # type: ignore[no-untyped-call, unused-ignore]
    wrong = [error for error in errors if error.source["lineno"] >= line]
    if wrong:
        raise LedgerWriteError(
            f"{path}: Beancount would not read what is to be written: {wrong[0].message}; "
            "nothing was written"
        )
    new = [entry for entry in found if entry.meta["lineno"] >= line]
    by_line = sorted(new, key=lambda entry: entry.meta["lineno"])
    if list(map(_values, by_line)) != list(map(_values, meant)):
        raise LedgerWriteError(
            "Beancount would read this differently from what was meant; nothing was written"
        )
    return by_line


def _values(entry: data.Directive) -> tuple[Any, ...]:
    """What a directive says, without its place."""
    said: tuple[Any, ...] = (type(entry), entry.date, _without_place(entry.meta))
    if isinstance(entry, data.Custom):
        values = (getattr(value, "value", value) for value in entry.values)
        return (*said, entry.type, *values)
    assert isinstance(entry, data.Transaction)
    postings = [
        (post.account, post.units, post.cost, post.price, post.flag, _without_place(post.meta))
        for post in entry.postings
    ]
    return (
        *said,
        entry.flag,
        entry.payee,
        entry.narration,
        set(entry.tags or ()),
        set(entry.links or ()),
        postings,
    )


def _without_place(meta: Mapping[str, Any] | None) -> dict[str, Any]:
    return {key: value for key, value in (meta or {}).items() if key not in PLACE}


def doubtful(written: Iterable[RecordText], seen: set[str]) -> list[int]:
    """The records whose text is not plain, or that have an account that is not in `seen` yet."""
    chosen = []
    for index, (text, accounts) in enumerate(written):
        is_new = not seen.issuperset(accounts)
        if is_new or not _is_plain(text):
            seen.update(accounts)
            chosen.append(index)
    return chosen


def _is_plain(text: str) -> bool:
    """Whether all of the lines is printable, and nothing is escaped."""
    if text.isascii():
        # A fourth of the time that it takes to look each character up.
        return not text.encode().translate(None, PLAIN)
    return "\\" not in text and text.replace("\n", "").isprintable()


def _same(found: Any, record: Record, hour: str) -> bool:
    day, flag, texts, items = found
    if (day, flag, texts) != (record.date, ord("*"), [record.payee, record.narration]):
        return False
    meant: list[Any] = list(record.meta.items())
    for leg in record.legs:
        number = leg.amount or number_of(leg.ticks)
        meant.append((leg.account, number, leg.currency or hour))
        meant += leg.meta.items()
    if len(items) != len(meant):
        return False
    return all(
        wanted == (item if len(item) == 2 else _posting(item))  # noqa: PLR2004
        for item, wanted in zip(items, meant, strict=True)
    )


def _posting(item: Any) -> tuple[str, str, str] | None:
    account, units, cost, price, _is_total, flag = item
    if cost is not None or price is not None or flag:
        return None
    number, currency = units
    return account, f"{number:f}", currency
