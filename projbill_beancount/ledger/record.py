"""Transactions of ours before they are Beancount's: what is written and how it reads.

Hours are counted in ticks, ten-thousandths of an hour, because the ledger has them with four
places: coarser ones widen Beancount's tolerance and hide minutes.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING
from typing import Literal
from typing import NamedTuple
from typing import overload

from beancount.core import data
from beancount.core.amount import Amount

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable
    from collections.abc import Iterator
    from datetime import date

Meta = Mapping[str, str | bool]

NO_META: Meta = {}

FIRST_LATIN_1 = 0xA0


class Leg(NamedTuple):
    """A posting of `ticks` ten-thousandths of an hour; its metadata is text or boolean.

    A posting of money has its number as text in `amount`, with its `currency`, and no ticks.
    """

    account: str
    ticks: int
    meta: Meta = NO_META
    amount: str = ""
    currency: str = ""


class Record(NamedTuple):
    """A transaction in hours or money; `meta` is that of the transaction.

    `file` is the key of `files:` that says where it is written.
    """

    date: date
    payee: str
    narration: str
    meta: Meta
    legs: tuple[Leg, ...]
    file: Literal["time", "expenses"] = "time"


#: The key of `files:` and the day that say where a record is written.
Place = tuple[str, "date"]


class LazyRecords(Sequence[Record]):
    """Records that are made each time they are asked for, since all at once would be too many."""

    def places(self) -> Iterable[Place]:
        """Where each of them is to be written; none is made for that."""
        raise NotImplementedError

    def made(self, index: int) -> Record:
        """The record at an index."""
        raise NotImplementedError

    @overload
    def __getitem__(self, index: int) -> Record: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Record]: ...

    def __getitem__(self, index: int | slice) -> Record | Sequence[Record]:
        there = range(len(self))[index]
        return [self.made(one) for one in there] if isinstance(there, range) else self.made(there)


class JoinedRecords(LazyRecords):
    """Records after another, as one sequence."""

    def __init__(self, parts: Iterable[Sequence[Record]]) -> None:
        self.parts = [part for part in parts if part]
        self._ends = list(accumulate(map(len, self.parts)))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def places(self) -> Iterator[Place]:
        """Where each of them is to be written."""
        for part in self.parts:
            yield from places_of(part)

    def made(self, index: int) -> Record:
        """The record at an index."""
        at = bisect_right(self._ends, index)
        return self.parts[at][index - (self._ends[at - 1] if at else 0)]


def places_of(records: Sequence[Record]) -> Iterable[Place]:
    """Where each record is to be written."""
    if isinstance(records, LazyRecords):
        return records.places()
    return ((record.file, record.date) for record in records)


@lru_cache(maxsize=4096)
def ticks_of(seconds: int) -> int:
    """Ten-thousandths of an hour in `seconds`, the half away from zero."""
    size = (abs(seconds) * 50 + 9) // 18
    return size if seconds >= 0 else -size


@lru_cache(maxsize=4096)
def number_of(ticks: int) -> str:
    """`ticks` as hours with four places: 63333 is "6.3333"."""
    sign = "-" if ticks < 0 else ""
    whole, rest = divmod(abs(ticks), 10_000)
    return f"{sign}{whole}.{rest:04d}"


def one_line(text: str) -> str:
    """`text` on one line: blanks, line ends and control characters become single blanks."""
    if text.isprintable() and "  " not in text:
        return text.strip()
    kept = (char if char.isprintable() else _replacement(char) for char in text)
    return " ".join("".join(kept).split())


def _replacement(char: str) -> str:
    # Zero-width joiners and the like are part of a word; halves of a pair cannot be encoded.
    if "\ud800" <= char <= "\udfff":
        return "\ufffd"
    return " " if char.isspace() or ord(char) < FIRST_LATIN_1 else char


def quoted(text: str) -> str:
    """`text` as a Beancount string."""
    if "\\" in text or '"' in text:
        text = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def text_of(record: Record, hour: str) -> str:
    """The record as Beancount text, each line ended by a line feed; `hour` is the commodity."""
    lines = [f"{record.date.isoformat()} * {quoted(record.payee)} {quoted(record.narration)}\n"]
    lines += [_meta_line("  ", key, value) for key, value in record.meta.items()]
    numbers = [leg.amount or number_of(leg.ticks) for leg in record.legs]
    accounts = max(len(leg.account) for leg in record.legs) + 2
    width = max(map(len, numbers))
    for (account, _, meta, _, currency), number in zip(record.legs, numbers, strict=True):
        lines.append(f"  {account.ljust(accounts)}{number.rjust(width)} {currency or hour}\n")
        for key, value in meta.items():
            # Most values need neither escapes nor a call: this runs for each line of an import.
            if value.__class__ is str and '"' not in value and "\\" not in value:
                lines.append(f'    {key}: "{value}"\n')
            else:
                lines.append(_meta_line("    ", key, value))
    return "".join(lines)


def _meta_line(indent: str, key: str, value: str | bool) -> str:
    if isinstance(value, bool):
        return f"{indent}{key}: {'TRUE' if value else 'FALSE'}\n"
    return f"{indent}{key}: {quoted(value)}\n"


def transaction_of(record: Record, hour: str, file: str, line: int) -> data.Transaction:
    """The record as Beancount's own transaction, placed at `file` and `line`."""
    postings = [
        data.Posting(
            leg.account,
            Amount(Decimal(leg.amount or number_of(leg.ticks)), leg.currency or hour),
            None,
            None,
            None,
            {"filename": file, "lineno": line, **leg.meta},
        )
        for leg in record.legs
    ]
    meta = {"filename": file, "lineno": line, **record.meta}
    return data.Transaction(
        meta,
        record.date,
        "*",
        record.payee,
        record.narration,
        data.EMPTY_SET,
        data.EMPTY_SET,
        postings,
    )
