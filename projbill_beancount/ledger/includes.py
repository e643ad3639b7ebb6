"""Which file of a ledger includes another: Beancount's glob includes, read from the text."""

from __future__ import annotations

import glob
import re
from pathlib import Path

_INCLUDE = re.compile(rb'^include\s+"((?:[^"\\\n]|\\.)*)"', re.MULTILINE)


def including_file(ledger: str, target: str) -> str | None:
    """The file of the ledger whose `include` line covers `target`, None if there is none.

    `target` need not exist. All paths are absolute; the ledger itself is covered by itself.
    """
    wanted = _real(target)
    waiting, seen = [_real(ledger)], set()
    if wanted == waiting[0]:
        return ledger
    while waiting:
        path = waiting.pop()
        if path in seen or not Path(path).is_file():
            continue
        seen.add(path)
        for pattern in _patterns(path):
            if fits(wanted, pattern):
                return path
            waiting += [_real(found) for found in glob.glob(pattern, recursive=True)]  # noqa: PTH207 - whole paths, as Beancount does
    return None


def _patterns(path: str) -> list[str]:
    text = Path(path).read_bytes()
    if b"include" not in text:
        return []
    folder = Path(path).parent
    written = [found.decode("utf-8", "replace") for found in _INCLUDE.findall(text)]
    return [str(folder / pattern.replace('\\"', '"')) for pattern in written]


def fits(path: str, pattern: str) -> bool:
    """Whether a glob pattern covers a path, existing or not; `*` stays within a folder."""
    pieces = [_part(part) for part in Path(pattern).resolve().parts]
    return re.fullmatch("/?".join(pieces), "/".join(Path(path).parts)) is not None


def _part(part: str) -> str:
    if part == "**":
        return "(?:.*/)?"
    escaped = re.escape(part)
    return escaped.replace(r"\*", "[^/]*").replace(r"\?", "[^/]")


def _real(path: str) -> str:
    return str(Path(path).resolve())
