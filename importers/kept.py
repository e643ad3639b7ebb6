"""The sessions of a file between reading and writing: on disk, so that many take little memory."""

from __future__ import annotations

import tempfile
import weakref
from array import array
from bisect import bisect_left
from datetime import date
from itertools import accumulate
from itertools import groupby
from itertools import islice
from itertools import pairwise
from itertools import repeat
from typing import IO
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.ledger.errors import LedgerWriteError
from projbill_beancount.ledger.facts import LoggedTime
from projbill_beancount.ledger.facts import entry_in
from projbill_beancount.ledger.facts import entry_text
from projbill_beancount.ledger.record import meta_in
from projbill_beancount.ledger.record import meta_text

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable
    from collections.abc import Iterator
    from collections.abc import MutableSequence
    from collections.abc import Sequence

    from projbill_beancount.ledger.facts import Work

#: Up to so many texts stay in memory; when there are more they are written to a temporary file.
IN_MEMORY = 2000
#: So much is read back at once: neighbours of an export are wanted together.
WINDOW = 1 << 14


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


def session_id(base: str, number: int) -> str:
    """The id of a session by its number within a base."""
    if base.endswith("-"):
        return f"{base}{number}"
    return base if number == 1 else f"{base}~{number}"


class KeptSessions:
    """The sessions of one file in its order; each is read when it is asked for.

    The metadata of an entry waits as the text that it will have in the ledger. Memory has but a few
    numbers: of each session a hash of its base and what number it has within the base, 0 where it is
    not new; of each entry its day, person, contract and seconds, and where its text is. `cells`
    says whether the cells are kept too, for people to look at.
    """

    def __init__(self, *, cells: bool = False) -> None:
        self._numbers = array("I")
        self._raws: list[Sequence[str]] | None = [] if cells else None
        self._compared: set[int] = set()
        self._invoiced: set[int] = set()
        self._hashes = array("q")
        self._sorted = array("q")
        self._lines = array("I")
        self._entries = array("I", [0])
        self._owners = array("I")
        self._days = array("I")
        self._whose = array("I")
        self._seconds = array("i")
        self._pairs: dict[tuple[str, str, bool], int] = {}
        self._people: list[str] = []
        self._works: list[tuple[str, bool]] = []
        self._texts = Texts()
        # Rows wait until there are many: to extend arrays costs less than to append to them.
        self._new: list[tuple[int, int, int]] = []
        self._new_entries: list[tuple[date, int, int, str]] = []

    def __len__(self) -> int:
        return len(self._hashes) + len(self._new)

    def __contains__(self, base: object) -> bool:
        """Whether a session has that base, as far as a hash of 64 bits tells."""
        self._settle()
        if len(self._sorted) != len(self):
            self._sorted = array("q", sorted(self._hashes))
        code = hash(base)
        at = bisect_left(self._sorted, code)
        return at < len(self._sorted) and self._sorted[at] == code

    def add(self, found: Found, *, is_known: bool) -> None:
        """Keep a session; `is_known` says whether the ledger has some of its base."""
        line, base, entries, raw, invoiced = found
        code = hash(base)
        if is_known or invoiced or base[-1:] == "-":
            self._compared.add(code)
        if invoiced:
            self._invoiced.add(len(self))
        if self._raws is not None:
            self._raws.append(raw)
        self._new.append((code, line, len(entries)))
        for entry in entries:
            # Not `*_`, which would make a list for each row.
            _, day, person, project, seconds, counted, _, _, _, _, _, _, _, _ = entry
            pair = (person, project, counted)
            whose = self._pairs.get(pair)
            if whose is None:
                whose = self._pairs[pair] = len(self._pairs)
                self._people.append(person)
                self._works.append((project, counted))
            self._new_entries.append((day, whose, seconds, entry_text(entry)))
        if len(self._new) >= IN_MEMORY:
            self._settle()

    def _settle(self) -> None:
        """Put what waits where it is looked for."""
        if not self._new:
            return
        done = len(self._hashes)
        hashes, lines, sizes = zip(*self._new, strict=True)
        days, whose, seconds, texts = zip(*self._new_entries, strict=True)
        self._hashes.extend(hashes)
        self._lines.extend(lines)
        self._numbers.extend(repeat(1, len(sizes)))
        self._entries.extend(islice(accumulate(sizes, initial=self._entries[-1]), 1, None))
        if len(days) == len(sizes):
            self._owners.extend(range(done, done + len(sizes)))
        else:
            self._owners.extend(one for one, size in enumerate(sizes, done) for _ in range(size))
        self._days.extend(map(date.toordinal, days))
        self._whose.extend(whose)
        self._seconds.extend(seconds)
        self._texts.extend(texts)
        self._new.clear()
        self._new_entries.clear()

    @property
    def numbers(self) -> MutableSequence[int]:
        """The number of each session within its base; 0 where it is not new."""
        self._settle()
        return self._numbers

    def __getitem__(self, index: int) -> Found:
        """A session as it was kept."""
        self._settle()
        if not 0 <= index < len(self._hashes):
            raise IndexError(index)
        places = range(self._entries[index], self._entries[index + 1])
        entries = tuple(
            entry_in(
                meta_in(self._texts[place]),
                date.fromordinal(self._days[place]),
                self._people[self._whose[place]],
                self.work(place),
            )
            for place in places
        )
        raw = self._raws[index] if self._raws is not None else ()
        return Found(self._lines[index], entries[0].id, entries, raw, index in self._invoiced)

    def groups(self) -> Iterator[list[int]]:
        """Sessions that must be compared, those of one base together; a hash may join two bases.

        All sessions of the file are kept by then.
        """
        self._settle()
        hashes = sorted(self._hashes)  # a set would be quicker, and take twice the memory
        self._compared.update(one for one, two in pairwise(hashes) if one == two)
        del hashes
        found: dict[int, list[int]] = {}
        for index, code in enumerate(self._hashes):
            if code in self._compared:
                found.setdefault(code, []).append(index)
        yield from found.values()

    @property
    def pairs(self) -> set[tuple[str, str]]:
        """Who worked on which contract."""
        return {(person, project) for person, project, _ in self._pairs}

    @property
    def bounds(self) -> tuple[date, date]:
        """The first and the last day of all entries."""
        self._settle()
        return date.fromordinal(min(self._days)), date.fromordinal(max(self._days))

    def new_days(self) -> Iterator[tuple[date, str, list[int]]]:
        """The places of new entries by day and person, in the order of both."""
        self._settle()
        names = sorted(set(self._people))
        ranks = [names.index(person) for person in self._people]
        size = len(names)
        keys = array(
            "Q",
            [day * size + ranks[whose] for day, whose in zip(self._days, self._whose, strict=True)],
        )
        new = [place for place, owner in enumerate(self._owners) if self._numbers[owner]]
        new.sort(key=keys.__getitem__)
        for key, places in groupby(new, keys.__getitem__):
            yield date.fromordinal(key // size), names[key % size], list(places)

    def work(self, place: int) -> Work:
        """What the entry at a place adds to its day."""
        return self._works[self._whose[place]], self._seconds[place]

    def texts(self, places: Iterable[int]) -> list[str]:
        """The metadata of entries, with the ids that the numbers of their sessions give them."""
        owners, hashes, first, compared = self._owners, self._hashes, self._entries, self._compared
        found = []
        for place in places:
            text = self._texts[place]
            owner = owners[place]
            if hashes[owner] in compared or place != first[owner]:
                text = self._numbered(place, text)
            found.append(text)
        return found

    def _numbered(self, place: int, text: str) -> str:
        first, end, others = text.partition("\n")
        base = str(meta_in(first + end)["id"])
        return meta_text({"id": self._id(place, base)}) + others

    def entry(self, place: int) -> LoggedTime:
        """The entry at a place with its id."""
        owner = self._owners[place]
        entry = self[owner].entries[place - self._entries[owner]]
        return entry._replace(id=self._id(place, entry.id))

    def _id(self, place: int, base: str) -> str:
        owner = self._owners[place]
        part = place - self._entries[owner]
        identity = session_id(base, self._numbers[owner])
        return f"{identity}/{part + 1}" if part else identity


class Texts:
    """Many texts by their number: the newest in memory, the others in a temporary file."""

    def __init__(self) -> None:
        self._ends = array("Q", [0])
        self._newest: list[str] = []
        self._file: IO[bytes] | None = None
        self._window = b""
        self._begin = 0

    def extend(self, texts: Iterable[str]) -> None:
        """Keep some texts; their numbers follow those before."""
        self._newest += texts
        if len(self._newest) >= IN_MEMORY:
            self._flush()

    def __getitem__(self, number: int) -> str:
        flushed = len(self._ends) - 1
        if number >= flushed:
            return self._newest[number - flushed]
        start, end = self._ends[number], self._ends[number + 1]
        if start < self._begin or end > self._begin + len(self._window):
            assert self._file is not None
            self._begin = max(start - WINDOW // 2, 0)
            self._file.seek(self._begin)
            self._window = self._file.read(max(end - self._begin, WINDOW))
        return self._window[start - self._begin : end - self._begin].decode()

    def _flush(self) -> None:
        """Move the newest to the file.

        Raises:
            LedgerWriteError: there is no room for it.
        """
        try:
            self._write()
        except OSError as error:
            raise LedgerWriteError(
                f"{tempfile.gettempdir()}: {error.strerror}; nothing was written: make room there, "
                "or name another folder in TMPDIR"
            ) from error

    def _write(self) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile(prefix="projbill-")  # noqa: SIM115 - closed below
            weakref.finalize(self, self._file.close)
        texts = list(map(str.encode, self._newest))
        self._file.seek(self._ends[-1])
        self._file.write(b"".join(texts))
        self._file.flush()
        self._ends.extend(islice(accumulate(map(len, texts), initial=self._ends[-1]), 1, None))
        self._newest.clear()
