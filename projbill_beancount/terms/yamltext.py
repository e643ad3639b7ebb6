"""YAML as text with places: every scalar stays the text that was written.

The composer runs without resolvers, so that `no`, `1e3`, `012` or `1:30` never turn into something
else; the schema gives each its type.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from projbill_beancount.terms.sheet import Sheet

_TAB = "a tab stands where YAML wants blanks; indent with blanks"
_CONTROL = "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"

_TAGS = {
    yaml.ScalarNode: "tag:yaml.org,2002:str",
    yaml.SequenceNode: "tag:yaml.org,2002:seq",
    yaml.MappingNode: "tag:yaml.org,2002:map",
}


class _Loader(getattr(yaml, "CBaseLoader", yaml.BaseLoader)):  # type: ignore[misc]
    """The fastest composer that there is, with every scalar a text."""

    def resolve(self, kind: type[yaml.Node], _value: object, _implicit: object) -> str:
        """The tag of a node that has none of its own; only its kind decides."""
        return _TAGS[kind]


def read_node(sheet: Sheet) -> yaml.Node | None:
    """The root node of the sheet's file; None, with a mistake, where there is none."""
    try:
        with open(sheet.file, "rb") as file:  # noqa: PTH123 - pathlib would cost import time
            data = file.read()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        missing = isinstance(error, FileNotFoundError)
        hint = "create the file or correct its name" if missing else "make it a readable text file"
        sheet.wrong(1, "", f"cannot be read: {reason}; {hint}")
        return None
    text = _decoded(data, sheet)
    return None if text is None else compose(text, sheet)


def compose(text: str, sheet: Sheet) -> yaml.Node | None:
    """The root node of one YAML document; None, with a mistake, where it is not one."""
    control = re.search(_CONTROL, text)
    if control:
        line = text.count("\n", 0, control.start()) + 1
        sheet.wrong(line, "", f"found the control character {control[0]!r}; delete it")
        return None
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        sheet.wrong(*_explained(error, text))
        return None
    except RecursionError:
        sheet.wrong(1, "", "is nested too deeply to be read")
        return None
    if node is None:
        sheet.wrong(1, "", 'is empty; expected lines such as "key: value"')
    return node


def _decoded(data: bytes, sheet: Sheet) -> str | None:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        byte = f"0x{data[error.start]:02x}"
        sheet.wrong(line, "", f"the byte {byte} is not UTF-8; save the file as UTF-8")
        return None


def _explained(error: yaml.MarkedYAMLError, text: str) -> tuple[int, str, str]:
    """The line, the (empty) key and the message of a syntax error."""
    mark = error.problem_mark or error.context_mark
    lines = text.splitlines() or [""]
    # The end of the text is marked on a line that is not there.
    line = min(mark.line if mark else 0, len(lines) - 1)
    begun = min(error.context_mark.line if error.context_mark else line, line)
    problem = error.problem or "cannot be understood"
    if "cannot start any token" in problem:
        return line + 1, "", _no_token(lines[line], mark.column if mark else 0)
    if "flow" in (error.context or ""):
        return (
            begun + 1,
            "",
            f"the bracket that opens here is not closed properly by line {line + 1}",
        )
    for words, at, told in (
        ("tab character", line, _TAB),
        ("another document", line, "a second document begins here; give it a file of its own"),
        ("end of stream", begun, "the quotation mark that opens here is not closed"),
        ("expected ':'", begun, 'expected "key: value", found no colon'),
        (
            "undefined alias",
            line,
            "the alias (*) names no anchor (&) before it; write the value out",
        ),
        (
            "mapping values",
            line,
            "a colon stands where none can; indent evenly, or quote the value",
        ),
    ):
        if words in problem:
            return at + 1, "", told
    return line + 1, "", f"is not valid YAML here: {problem}"


def _no_token(written: str, column: int) -> str:
    found = written[column : column + 1]
    if found == "\t" or "\t" in written[: len(written) - len(written.lstrip())]:
        return _TAB
    return f"no value can begin with {found!r}; put the value in quotes"
