"""New transactions into the text of a file that has others, in the order of dates.

What the file has stays as it is, byte by byte: line ends, byte order mark, a missing last line
end, comments.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from projbill_beancount.ledger.errors import LedgerWriteError

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator
    from collections.abc import Sequence
    from datetime import date

BOM = b"\xef\xbb\xbf"

# Strings and comments are stepped over, so that a date inside one begins no directive.
_TOKENS = re.compile(
    r'"[^"\\]*(?:\\.[^"\\]*)*"|;[^\n]*|^[*:#!&?%][^\n]*|^(\d{4})[-/](\d\d?)[-/](\d\d?)(?=\s)',
    re.MULTILINE | re.DOTALL,
)
_TAGGED = re.compile(r"^push(?:tag|meta)\b", re.MULTILINE)
_NOTES_ABOVE = re.compile(r"(?:^;[^\n]*\n)+\Z", re.MULTILINE)


def inserted(old: bytes, texts: Sequence[tuple[date, str]], path: str) -> bytes:
    """`old` with each dated text put after the last directive of its day or an earlier one.

    The texts end with a line feed and are in order of their dates; `path` is for messages.

    Raises:
        LedgerWriteError: `old` is not UTF-8.
    """
    mark = BOM if old.startswith(BOM) else b""
    try:
        text = old[len(mark) :].decode()
    except UnicodeDecodeError as error:
        line = old[: error.start + len(mark)].count(b"\n") + 1
        raise LedgerWriteError(
            f"{path}:{line}: not UTF-8; Beancount cannot read it either; save it as UTF-8"
        ) from error
    newline = "\r\n" if "\r\n" in text else "\n"
    pieces, done = [], 0
    for at, block in _blocks(text, texts):
        pieces += [text[done:at], _fitted(text, at, block, newline)]
        done = at
    pieces.append(text[done:])
    return mark + "".join(pieces).encode()


def _blocks(text: str, texts: Sequence[tuple[date, str]]) -> Iterator[tuple[int, str]]:
    """Where to put what: texts that meet at one place are joined to one block."""
    starts, days = _directives(text)
    block: list[str] = []
    place = None
    number = 0
    latest: list[tuple[str, int]] = []
    for index, written in enumerate(days):
        if not latest or written >= latest[-1][0]:
            latest.append((written, index))
    for day, piece in texts:
        wanted = day.isoformat()
        while number < len(latest) and latest[number][0] <= wanted:
            number += 1
        at = _gap(text, starts, latest[number - 1][1] + 1 if number else 0)
        if place is not None and at != place:
            yield place, "\n".join(block)
            block = []
        place = at
        block.append(piece)
    if place is not None:
        yield place, "\n".join(block)


def _directives(text: str) -> tuple[list[int], list[str]]:
    starts, days = [], []
    # Between pushtag and poptag a new transaction would take on a tag: stay at the end.
    if not _TAGGED.search(text):
        for found in _TOKENS.finditer(text):
            year, month, day = found.groups()
            if year is not None:
                starts.append(found.start())
                days.append(f"{year}-{month:0>2}-{day:0>2}")
    return starts, days


def _gap(text: str, starts: list[int], index: int) -> int:
    """The place before directive `index`, above the comment lines that belong to it."""
    if index >= len(starts):
        return len(text)
    at = starts[index]
    above = text[starts[index - 1] if index else 0 : at]
    notes = _NOTES_ABOVE.search(above)
    return at - len(notes[0]) if notes else at


def _fitted(text: str, at: int, block: str, newline: str) -> str:
    """The block with blank lines to its neighbours, in the file's line ends."""
    before = ""
    if at and not text.endswith(("\n\n", "\r\n\r\n"), 0, at):
        before = "\n" if text.endswith("\n", 0, at) else "\n\n"
    after = "\n" if at < len(text) else ""
    if at == len(text) and text and not text.endswith("\n"):
        block = block.removesuffix("\n")
    return (before + block + after).replace("\n", newline)
