"""What one file says, with the line of each word, and what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

from projbill_beancount.terms.model import Mistake
from projbill_beancount.terms.model import Place

if TYPE_CHECKING:
    from collections.abc import Iterator


class Sheet:
    """One file while it is read; it collects the mistakes of the file."""

    __slots__ = ("file", "mistakes")

    def __init__(self, file: str) -> None:
        self.file = file
        self.mistakes: list[Mistake] = []

    def wrong(self, line: int, key: str, message: str) -> None:
        """Note a mistake at `line` (from 1) under the dotted `key` (empty: the whole file)."""
        self.mistakes.append(Mistake(Place(self.file, line), _printable(key), _printable(message)))

    def place(self, line: int) -> Place:
        """The place of a line of this file."""
        return Place(self.file, line)


def _printable(text: str) -> str:
    """The text on one line that any terminal can show."""
    return text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)


class Fields:
    """The keys of a mapping that could be read, as typed values.

    `values` holds what could be read, `lines` the line of every key that was given, readable or
    not. `key` is the dotted path of the mapping and `line` where it begins.
    """

    __slots__ = ("key", "line", "lines", "values")

    def __init__(self, key: str, line: int) -> None:
        self.key = key
        self.line = line
        self.values: dict[str, Any] = {}
        self.lines: dict[str, int] = {}

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a key, `default` where it was not given or cannot be read."""
        return self.values.get(name, default)

    def given(self, name: str) -> bool:
        """Whether the key stands there, readable or not."""
        return name in self.lines

    def line_of(self, name: str) -> int:
        """The line of a key, or of the mapping where the key was not given."""
        return self.lines.get(name, self.line)

    def path(self, name: str) -> str:
        """The dotted path of a key."""
        return f"{self.key}.{name}" if self.key else name

    def items(self) -> Iterator[tuple[str, Any]]:
        """The readable keys and their values, in the order of the file."""
        return iter(self.values.items())

    def inner(self, name: str) -> Fields:
        """The mapping under a key; an empty one where it was not given or cannot be read."""
        found = self.values.get(name)
        return found if isinstance(found, Fields) else Fields(self.path(name), self.line_of(name))
