"""Lines to paste into a terms file, in the way in which the file is written there.

The file is only read: what is proposed takes the place of one of its lines, or is a line more.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING
from typing import NamedTuple

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator
    from collections.abc import Sequence

OPENING, CLOSING = "[{", "]}"
STEP = "  "
LAST_SHORT = 0xFFFF
_PAIR = re.compile(r'("(?:[^"\\]|\\.)*"|[^\s"{[]+): ')


class Spot(NamedTuple):
    """A place in a terms file: the mapping under `owner`, near `line`; "" is the file itself."""

    file: str
    line: int
    owner: str = ""


class Item(NamedTuple):
    """What a key gains: a piece of a list, or of a mapping where it is `name: value`.

    `others` are what the key has already, for where its text cannot be changed on one line.
    `instead` says that `text` takes the place of all of them, a piece of its own as it is.
    """

    text: str
    others: tuple[str, ...] = ()
    instead: bool = False

    @property
    def is_pair(self) -> bool:
        """Whether it belongs into a mapping."""
        return _PAIR.match(self.text) is not None

    def whole(self, key: str) -> str:
        """The key with all of it."""
        return f"{key}: {self.value}"

    @property
    def value(self) -> str:
        """What the key has then."""
        inner = ", ".join(dict.fromkeys((*self.others, self.text)))
        if self.is_pair:
            return f"{{{inner}}}"
        return self.text if self.instead else f"[{inner}]"


def text_of(text: str) -> str:
    """A text as a YAML scalar that is read as just this text."""
    said = json.dumps(text, ensure_ascii=False)
    return "".join(char if char.isprintable() else _escaped(char) for char in said)


def _escaped(char: str) -> str:
    code = ord(char)
    return f"\\u{code:04x}" if code <= LAST_SHORT else f"\\U{code:08x}"


def pasted(spot: Spot, root: str, key: str, item: Item, about: str = "") -> tuple[str, str]:
    """A comment that says where, and the line by which `key` of `spot` gains an item.

    Paths are shown from the folder `root`. `about` is said of the owner.
    """
    shown = os.path.relpath(spot.file, root).replace(os.sep, "/")
    where, line = _found(_lines(spot.file), spot, key, item)
    return f"# {shown}, {where}{about}", line


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8-sig").splitlines()
    except (OSError, ValueError):
        return []


def _found(lines: Sequence[str], spot: Spot, key: str, item: Item) -> tuple[str, str]:
    if not spot.owner:
        return _in_block(lines, range(len(lines)), "", "a line more", key, item)
    of = re.compile(rf"(\s*)[\"']?{re.escape(spot.owner)}[\"']?\s*:(?:\s+(.*))?")
    for number in range(min(spot.line, len(lines)), 0, -1):
        found = of.fullmatch(lines[number - 1])
        if found is None:
            continue
        lead, value = found[1], found[2] or ""
        if value.startswith("{"):
            new = _in_mapping(value, key, item)
            if new:
                return f"in place of line {number}", lines[number - 1][: found.start(2)] + new
        elif not value or value.startswith("#"):
            block = _below(lines, number, len(lead))
            inner = next((_indent(lines[one]) for one in block if _says(lines[one])), lead + STEP)
            under = f"under `{spot.owner}:` on line {number}"
            return _in_block(lines, block, inner, under, key, item)
        break
    return f"under `{spot.owner}:`", f"{STEP * 2}{item.whole(key)}"


def _below(lines: Sequence[str], number: int, indent: int) -> range:
    """The places of the lines under line `number`, which begin further in than `indent`."""
    end = number
    while end < len(lines) and (
        not _says(lines[end]) or len(_indent(lines[end])) > indent or _is_item(lines[end], indent)
    ):
        end += 1
    return range(number, end)


def _is_item(line: str, indent: int) -> bool:
    """Whether it is an item of a list, which need not be further in than its key."""
    return len(_indent(line)) == indent and line.lstrip().startswith("- ")


def _in_block(
    lines: Sequence[str], block: range, indent: str, under: str, key: str, item: Item
) -> tuple[str, str]:
    of = re.compile(rf"{indent}{re.escape(key)}\s*:(?:\s+(.*))?")
    for place in block:
        found = of.fullmatch(lines[place])
        if found is None:
            continue
        value = found[1] or ""
        if value and not value.startswith("#"):
            if new := _joined(value, item):
                return f"in place of line {place + 1}", lines[place][: found.start(1)] + new
            return f"in place of `{key}:` on line {place + 1}", f"{indent}{item.whole(key)}"
        below = [lines[one] for one in _below(lines, place + 1, len(indent)) if _says(lines[one])]
        inner = _indent(below[0]) if below else indent + STEP
        dashed = bool(below) and below[0].lstrip().startswith("- ")
        if item.instead or dashed == item.is_pair:
            return f"in place of `{key}:` on line {place + 1}", f"{indent}{item.whole(key)}"
        return f"under `{key}:` on line {place + 1}", f"{inner}{'- ' * dashed}{item.text}"
    return under, f"{indent}{item.whole(key)}"


def _in_mapping(text: str, key: str, item: Item) -> str:
    """The mapping in braces with the item, "" if it does not end on its line."""
    end = _end(text)
    if not end:
        return ""
    named = re.compile(rf"\s*[\"']?{re.escape(key)}[\"']?\s*:\s+")
    for at, depth in _depths(text):
        if depth == 1 and text[at] in "{," and (found := named.match(text, at + 1)):
            start = found.end()
            until = start + (_end(text[start:]) or _plain(text, start) - start)
            return f"{text[:start]}{_joined(text[start:until], item)}{text[until:]}"
    gap = ", " if text[1 : end - 1].strip() else ""
    return f"{text[: end - 1].rstrip()}{gap}{item.whole(key)}{text[end - 1 :]}"


def _plain(text: str, start: int) -> int:
    """Where a value without brackets ends in a mapping in braces."""
    return next(
        at
        for at, depth in _depths(text)
        if at >= start and ((text[at] == "," and depth == 1) or depth == 0)
    )


def _joined(value: str, item: Item) -> str:
    """A value on one line with the item more, "" if it goes on; one text or rule becomes a list."""
    end = _end(value)
    if item.instead or value[:1] not in {*OPENING}:
        tail = value[end:] if end else ""
        one = "" if item.instead or item.is_pair else f"[{value.partition(' #')[0].rstrip()}, "
        return f"{one}{item.text}]" if one else f"{item.value}{tail}"
    if not end:
        return ""
    if value[0] == "{" and not item.is_pair:
        return f"[{value[:end]}, {item.text}]{value[end:]}"
    gap = ", " if value[1 : end - 1].strip() else ""
    return f"{value[: end - 1].rstrip()}{gap}{item.text}{value[end - 1 :]}"


def _end(text: str) -> int:
    """The place behind the bracket that closes the first one, 0 if there is none."""
    if text[:1] not in {*OPENING}:
        return 0
    return next((at + 1 for at, depth in _depths(text) if depth == 0), 0)


def _depths(text: str) -> Iterator[tuple[int, int]]:
    """The places of brackets and commas outside of quotes, each with the depth that it makes."""
    depth, quote, before = 0, "", "["
    for at, char in enumerate(text):
        if quote:
            if char == quote and not (quote == '"' and text[at - 1] == "\\"):
                quote = ""
        elif char in {'"', "'"} and before in {*OPENING, ",", ":"}:
            quote = char
        elif char in OPENING or char in CLOSING or char == ",":
            depth += (char in OPENING) - (char in CLOSING)
            yield at, depth
        if not char.isspace():
            before = char


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _says(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")
