"""The sessions of a file between reading and writing: on disk, so that many take little memory."""

from __future__ import annotations

import marshal
import tempfile
import weakref
from array import array
from datetime import date
from itertools import groupby
from typing import IO
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.ledger.facts import LoggedTime

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator
    from collections.abc import Sequence

#: Up to so many bytes stay in memory; a file of more is written to a temporary one.
IN_MEMORY = 1 << 20
#: So much is read back at once: neighbours of an export are wanted together.
WINDOW = 1 << 14
#: Of marshal's versions one that does not look for what is the same object twice, which is slower.
PLAIN = 1
PERSON_BITS = 32


class Found(NamedTuple):
    """A session of an export: its line, base id and entries, whose ids are not yet numbered.

    A base that ends in `-` is continued by a running number. What was `invoiced` in the tool is
    looked for, but is never new.
    """

    line: int
    base: str
    entries: tuple[LoggedTime, ...]
    raw: Sequence[str] = ()
    invoiced: bool = False


class KeptSessions:
    """The sessions of one file in its order; each is read when it is asked for.

    Memory has but a few numbers for each: where it is, a hash of its base, what number it has
    within the base (0 where it is not new), and the day and person of each of its entries. `cells`
    says whether the cells are kept too, for people to look at.
    """

    def __init__(self, *, cells: bool = False) -> None:
        self.numbers = array("I")
        self.pairs: set[tuple[str, str]] = set()
        self._cells = cells
        self._hashes = array("q")
        self._seen: set[int] = set()
        self._compared: set[int] = set()
        self._places = array("Q", [0])
        self._owners = array("I")
        self._days = array("Q")
        self._people: dict[str, int] = {}
        self._file: IO[bytes] | None = None
        self._written = 0
        self._tail = bytearray()
        self._window = b""
        self._begin = 0

    def __len__(self) -> int:
        return len(self._hashes)

    def __contains__(self, base: object) -> bool:
        """Whether a session of the file has that base, as far as a hash of 64 bits tells."""
        return hash(base) in self._seen

    def add(self, found: Found, *, is_known: bool) -> None:
        """Keep a session; `is_known` says whether the ledger has some of its base."""
        line, base, entries, raw, invoiced = found
        code = hash(base)
        if code in self._seen or is_known or invoiced or base[-1:] == "-":
            self._compared.add(code)
        self._seen.add(code)
        owner = len(self._hashes)
        self._hashes.append(code)
        self.numbers.append(1)
        parts = []
        for entry in entries:
            identity, on, person, project, *others = entry
            day = on.toordinal()
            self.pairs.add((person, project))
            self._owners.append(owner)
            number = self._people.setdefault(person, len(self._people))
            self._days.append(day << PERSON_BITS | number)
            parts.append((identity, day, person, project, *others))
        cells = tuple(raw) if self._cells else ()
        data = marshal.dumps((line, invoiced, cells, parts), PLAIN)
        self._places.append(self._places[-1] + len(data))
        self._tail += data
        if len(self._tail) > IN_MEMORY:
            self._flush()

    def _flush(self) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile(prefix="projbill-")  # noqa: SIM115 - closed below
            weakref.finalize(self, self._file.close)
        self._file.seek(self._written)
        self._file.write(self._tail)
        self._written += len(self._tail)
        self._tail = bytearray()

    def __getitem__(self, index: int) -> Found:
        """A session as it was kept."""
        if not 0 <= index < len(self._hashes):
            raise IndexError(index)
        line, invoiced, cells, parts = marshal.loads(self._data(index))  # noqa: S302 - our own
        entries = tuple(
            LoggedTime(identity, date.fromordinal(day), *others) for identity, day, *others in parts
        )
        return Found(line, entries[0].id, entries, cells, invoiced)

    def _data(self, index: int) -> bytes | bytearray:
        start, end = self._places[index], self._places[index + 1]
        if start >= self._written:
            return self._tail[start - self._written : end - self._written]
        if start < self._begin or end > self._begin + len(self._window):
            assert self._file is not None
            self._begin = max(start - WINDOW // 2, 0)
            self._file.seek(self._begin)
            self._window = self._file.read(max(end - self._begin, WINDOW))
        return self._window[start - self._begin : end - self._begin]

    def groups(self) -> Iterator[list[int]]:
        """Sessions that must be compared, those of one base together; a hash may join two bases."""
        found: dict[int, list[int]] = {}
        for index, code in enumerate(self._hashes):
            if code in self._compared:
                found.setdefault(code, []).append(index)
        yield from found.values()

    @property
    def bounds(self) -> tuple[date, date]:
        """The first and the last day of all entries."""
        first, last = min(self._days), max(self._days)
        return date.fromordinal(first >> PERSON_BITS), date.fromordinal(last >> PERSON_BITS)

    def new_days(self) -> Iterator[tuple[date, array[int]]]:
        """The new sessions of each day and person, in the order of both; those of two days twice."""
        names = {number: name for name, number in self._people.items()}
        ranks = {number: rank for rank, number in enumerate(sorted(names, key=names.__getitem__))}
        low = (1 << PERSON_BITS) - 1
        keys = array("Q", (key & ~low | ranks[key & low] for key in self._days))
        new = [at for at, owner in enumerate(self._owners) if self.numbers[owner]]
        new.sort(key=keys.__getitem__)
        for key, places in groupby(new, keys.__getitem__):
            owners = array("I", (self._owners[at] for at in places))
            yield date.fromordinal(key >> PERSON_BITS), owners
