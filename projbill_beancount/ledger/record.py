"""Transactions of ours before they are Beancount's: what is written and how it reads.

Hours are counted in ticks, ten-thousandths of an hour, because the ledger has them with four
places: coarser ones widen Beancount's tolerance and hide minutes.
"""

from __future__ import annotations

import re
from abc import ABC
from abc import abstractmethod
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
_ESCAPED = re.compile(r"\\(.)")


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


class RecordText(NamedTuple):
    """A record as Beancount text, with the accounts in it."""

    text: str
    accounts: Sequence[str]


#: The key of `files:` and the day that say where a record is written.
Place = tuple[str, "date"]


class LazyRecords(Sequence[Record], ABC):
    """Records that are made each time they are asked for, since all at once would be too many."""

    @abstractmethod
    def places(self) -> Iterable[Place]:
        """Where each of them is to be written; none is made for that."""

    @abstractmethod
    def made(self, index: int) -> Record:
        """The record at an index."""

    def text(self, index: int, hour: str) -> RecordText:
        """The record at an index as text."""
        return _record_text(self.made(index), hour)

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
        self.parts = [one for part in parts if part for one in _parts_of(part)]
        self._ends = list(accumulate(map(len, self.parts)))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def places(self) -> Iterator[Place]:
        """Where each of them is to be written."""
        for part in self.parts:
            yield from places_of(part)

    def made(self, index: int) -> Record:
        """The record at an index."""
        part, at = self._at(index)
        return part[at]

    def text(self, index: int, hour: str) -> RecordText:
        """The record at an index as text."""
        part, at = self._at(index)
        return text_at(part, at, hour)

    def _at(self, index: int) -> tuple[Sequence[Record], int]:
        at = bisect_right(self._ends, index)
        return self.parts[at], index - (self._ends[at - 1] if at else 0)


def _parts_of(records: Sequence[Record]) -> Sequence[Sequence[Record]]:
    return records.parts if isinstance(records, JoinedRecords) else [records]


class Chosen(LazyRecords):
    """Some of other records."""

    def __init__(self, records: Sequence[Record], indexes: Sequence[int]) -> None:
        self.records = records
        self.indexes = indexes

    def __len__(self) -> int:
        return len(self.indexes)

    def places(self) -> Iterator[Place]:
        """Where each of them is to be written."""
        known = list(places_of(self.records))
        return (known[index] for index in self.indexes)

    def made(self, index: int) -> Record:
        """The record at an index."""
        return self.records[self.indexes[index]]


def text_at(records: Sequence[Record], index: int, hour: str) -> RecordText:
    """One of several records as text, see `text_of`."""
    if isinstance(records, LazyRecords):
        return records.text(index, hour)
    return _record_text(records[index], hour)


def _record_text(record: Record, hour: str) -> RecordText:
    return RecordText(text_of(record, hour), [leg.account for leg in record.legs])


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
    legs = [
        (leg.account, leg.amount or number_of(leg.ticks), leg.currency or hour, meta_text(leg.meta))
        for leg in record.legs
    ]
    return laid_out(record, legs)


def laid_out(record: Record, legs: Sequence[tuple[str, str, str, str]]) -> str:
    """The text of a record whose legs are account, number, commodity and text of the metadata."""
    lines = [f"{record.date.isoformat()} * {quoted(record.payee)} {quoted(record.narration)}\n"]
    lines += [f"  {key}: {_value(value)}\n" for key, value in record.meta.items()]
    accounts = max([len(leg[0]) for leg in legs]) + 2
    width = max([len(leg[1]) for leg in legs])
    for account, number, currency, meta in legs:
        lines.append(f"  {account.ljust(accounts)}{number.rjust(width)} {currency}\n{meta}")
    return "".join(lines)


def meta_text(meta: Meta) -> str:
    """The metadata of a posting as its lines."""
    lines = []
    for key, value in meta.items():
        # Most values need neither escapes nor a call: this runs for each line of an import.
        if value.__class__ is str and '"' not in value and "\\" not in value:
            lines.append(f'    {key}: "{value}"\n')
        else:
            lines.append(f"    {key}: {_value(value)}\n")
    return "".join(lines)


def meta_in(text: str) -> dict[str, str | bool]:
    """The metadata that `meta_text` made this text of; values are in one line."""
    meta: dict[str, str | bool] = {}
    for line in text.split("\n")[:-1]:
        key, _, value = line[4:].partition(": ")
        if value[0] == '"':
            value = value[1:-1]
            meta[key] = _ESCAPED.sub(r"\1", value) if "\\" in value else value
        else:
            meta[key] = value == "TRUE"
    return meta


def _value(value: str | bool) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return quoted(value)


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
