"""JSON exports: one value, several after another, or one a line; with the lines of their items."""

from __future__ import annotations

import json
from decimal import Decimal
from functools import lru_cache
from typing import Any
from typing import NamedTuple


class Value(NamedTuple):
    """A value of a JSON text and the line, from 1, that it begins on."""

    line: int
    value: Any


def _number(text: str) -> Decimal:
    return Decimal(text)


def _no_number(text: str) -> None:
    """`NaN` and `Infinity` are no numbers of JSON."""
    del text


_DECODER = json.JSONDecoder(parse_float=_number, parse_constant=_no_number)
_BLANKS = " \t\r\n"


def json_values(text: str) -> tuple[Value, ...] | None:
    """The items of a JSON text, None if it is none.

    A list at the top gives its items; several lists after another, as paged downloads have them,
    and objects a line give theirs together.
    """
    start = _skip(text, 0)
    if start >= len(text) or text[start] not in "[{":
        # Not remembered: the cache would keep a large table in memory.
        return None
    return _values(text, start)


@lru_cache(maxsize=2)
def _values(text: str, start: int) -> tuple[Value, ...] | None:
    try:
        return tuple(_items(text, start))
    except (ValueError, ArithmeticError, RecursionError):
        return None


def _items(text: str, place: int) -> list[Value]:
    found: list[Value] = []
    line, counted, depth = 1, 0, 0
    closed = True
    while (place := _skip(text, place)) < len(text):
        mark = text[place]
        if mark == "[" and depth == 0:
            depth, place, closed = 1, place + 1, True
        elif mark == "]" and depth:
            depth, place, closed = 0, place + 1, True
        elif mark == "," and not closed:
            place, closed = place + 1, True
        elif closed or depth == 0:
            line, counted = line + text.count("\n", counted, place), place
            value, place = _DECODER.raw_decode(text, place)
            found.append(Value(line, value))
            closed = False
        else:
            raise ValueError(mark)
    if depth:
        raise ValueError(text[-1:])
    return found


def _skip(text: str, place: int) -> int:
    while place < len(text) and text[place] in _BLANKS:
        place += 1
    return place


def no_json(text: str) -> str:
    """Why a text that begins as JSON brings nothing, or ""."""
    if text[_skip(text, 0) :][:2] not in {"[{", "[]", '{"', "[\n", "[\r", "{\n", "{\r", "[ ", "{ "}:
        return ""
    values = json_values(text)
    if values is None:
        return "begins as JSON and is not; it is cut off or damaged, export it again"
    return "" if values else "an empty list: there is nothing to import"


def objects(text: str) -> tuple[Value, ...]:
    """The items of a JSON text, if all are objects; else none."""
    values = json_values(text) or ()
    return values if all(isinstance(one.value, dict) for one in values) else ()


def texts_at(value: Any, path: str) -> tuple[str, ...]:
    """The texts at a dotted path; a list on the way gives those of all its items."""
    found = [value]
    for name in path.split("."):
        found = [
            inner[name]
            for one in found
            for inner in (one if isinstance(one, list) else (one,))
            if isinstance(inner, dict) and name in inner
        ]
    flat = [inner for one in found for inner in (one if isinstance(one, list) else (one,))]
    return tuple(text for one in flat if (text := text_of(one)))


def text_of(value: Any) -> str:
    """A scalar as text: true and false as these words, null and all else as ""."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode().strip()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, Decimal)):
        return str(value)
    return ""
