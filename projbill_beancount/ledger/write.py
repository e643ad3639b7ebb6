"""Records into the ledger's files of facts, and text to the end of a file: the only ways to write."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.ledger.errors import LedgerWriteError
from projbill_beancount.ledger.files import Change
from projbill_beancount.ledger.files import read_snapshot
from projbill_beancount.ledger.files import touch
from projbill_beancount.ledger.files import write_changes
from projbill_beancount.ledger.includes import including_file
from projbill_beancount.ledger.insert import inserted
from projbill_beancount.ledger.record import Chosen
from projbill_beancount.ledger.record import places_of
from projbill_beancount.ledger.record import quoted
from projbill_beancount.ledger.record import text_at
from projbill_beancount.ledger.verify import ALL
from projbill_beancount.ledger.verify import doubtful
from projbill_beancount.ledger.verify import prove

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator
    from collections.abc import Mapping
    from collections.abc import Sequence
    from datetime import date

    from projbill_beancount.ledger.files import Snapshot
    from projbill_beancount.ledger.record import Place
    from projbill_beancount.ledger.record import Record
    from projbill_beancount.terms.model import Firm

#: Beancount's options for the roots of accounts, with its own names.
ROOTS = {
    "name_assets": "Assets",
    "name_liabilities": "Liabilities",
    "name_equity": "Equity",
    "name_income": "Income",
    "name_expenses": "Expenses",
}
_ROOT = re.compile(rb'^option\s+"(name_\w+)"\s+"([^"\n]*)"', re.MULTILINE)
_ID = re.compile(rb'^\s+id:\s*"([^"]+)"', re.MULTILINE)


class Written(NamedTuple):
    """The files that were written, and what the person should know, one line each."""

    paths: tuple[str, ...]
    warnings: tuple[str, ...]


def _by_file(
    ledger: str, firm: Firm, records: Sequence[Record]
) -> dict[str, list[tuple[date, int]]]:
    """Days and indexes of records, in order of day, by the absolute path of their file."""
    places = list(places_of(records))
    paths: dict[Place, str] = {}
    files: dict[str, list[tuple[date, int]]] = {}
    for index in sorted(range(len(places)), key=lambda index: places[index][1]):
        file, day = place = places[index]
        if place not in paths:
            paths[place] = fact_file(ledger, firm, file, day)
        files.setdefault(paths[place], []).append((day, index))
    return files


def _dated_file(ledger: str, pattern: str, day: date) -> str:
    name = pattern.format(year=day.year, month=day.month, day=day.day)
    return str(Path(ledger).absolute().parent / name)


def fact_file(ledger: str, firm: Firm, file: str, day: date) -> str:
    """The absolute path of the file for what is of a day; `file` is "time" or "expenses"."""
    pattern = firm.files.time if file == "time" else firm.files.expenses
    return _dated_file(ledger, pattern, day)


def decisions_file(ledger: str, firm: Firm) -> str:
    """The absolute path of the file that decisions are written to."""
    return str(Path(ledger).absolute().parent / firm.files.decisions)


def write_records(
    ledger: str,
    firm: Firm,
    records: Sequence[Record],
    options: Mapping[str, object] | None = None,
    edits: Sequence[Change] = (),
    *,
    dry_run: bool = False,
) -> Written:
    """Put the records into their files by date; hold `ledger_lock` around load and write.

    `options` are the ledger's. A record one of whose ids the file already has is refused: then
    the file is not part of the ledger that was loaded, or was changed since. `edits` are files in
    which entries were replaced; they are written with the records, in one step. With `dry_run`
    nothing is written or warned of, and the files are those that would be written.

    Raises:
        LedgerWriteError: nothing was written, with the reason.
    """
    changes = _changes(ledger, firm, records, options or {}, edits)
    if dry_run:
        return Written(tuple(change.old.path for change in changes), ())
    return _announced(ledger, write_changes(changes))


def _changes(
    ledger: str,
    firm: Firm,
    records: Sequence[Record],
    options: Mapping[str, object],
    edits: Sequence[Change],
) -> Iterator[Change]:
    """The changes of all files, one after the other: of many records, one file's are in memory.

    Raises:
        LedgerWriteError: a record cannot be written, with the reason.
    """
    edited = {os.path.realpath(edit.old.path): edit for edit in edits}
    seen: set[str] | None = set() if len(records) > ALL else None
    for path, dated in sorted(_by_file(ledger, firm, records).items()):
        edit = edited.pop(os.path.realpath(path), None)
        old = edit.old if edit else read_snapshot(path)
        content = edit.content if edit else old.content
        indexes = [index for _, index in dated]
        some = Chosen(records, indexes)
        said = [text_at(records, index, firm.hour) for index in indexes]
        doubted = range(len(said)) if seen is None else doubtful(said, seen)
        if doubted:
            texts = [said[index].text for index in doubted]
            prove(texts, Chosen(some, doubted), firm.hour, options)
        _check_ids(content, some, path)
        blocks = [(day, one.text) for (day, _), one in zip(dated, said, strict=True)]
        yield Change(old, inserted(_begun(content, options), blocks, path))
    yield from edited.values()


def append_text(path: str, text: str) -> None:
    """Add `text` to the end of a file, after a blank line; hold `ledger_lock` around it.

    `text` is in lines that end with a line feed and has been proven to load.

    Raises:
        LedgerWriteError: nothing was written, with the reason.
    """
    old = read_snapshot(path)
    write_changes([Change(old, appended(old.content, text))])


def appended(content: bytes, text: str) -> bytes:
    """`content` with `text` after a blank line at its end, in the content's own line ends."""
    newline = b"\r\n" if b"\r\n" in content else b"\n"
    gap = b""
    if content:
        gap = newline if content.endswith(b"\n") else newline * 2
    return content + gap + text.encode().replace(b"\n", newline)


def joined(content: bytes, texts: Sequence[str], options: Mapping[str, object]) -> str:
    """Directives as one text to be added to `content`, with blank lines between them.

    A file that does not name the roots of accounts does so first, where they are not Beancount's
    own: Beancount reads each file by the options of that file alone. `options` are the ledger's.
    """
    roots = _roots_to_name(content, options)
    return "\n".join([roots, *texts] if roots else texts)


def _begun(content: bytes, options: Mapping[str, object]) -> bytes:
    """What a file of facts begins with: a new one names the roots of accounts, as `joined` does."""
    return content or _roots_to_name(content, options).encode()


def _roots_to_name(content: bytes, options: Mapping[str, object]) -> str:
    usual = all(options.get(name, root) == root for name, root in ROOTS.items())
    if usual or _ROOT.search(content):
        return ""
    return "".join(
        f'option "{name}" {quoted(str(options.get(name, ROOTS[name])))}\n' for name in ROOTS
    )


def roots_of(content: bytes) -> dict[str, str]:
    """The options by which Beancount reads the accounts of a file, as far as it says them."""
    return {name.decode(): root.decode("utf-8", "replace") for name, root in _ROOT.findall(content)}


def append_to_ledger(
    ledger: str, path: str, texts: Sequence[str], options: Mapping[str, object]
) -> Written:
    """Add directives to the end of a file of the ledger, each after a blank line, in one step.

    `texts` have been proven to load; `options` are the ledger's; hold `ledger_lock` around load
    and write.

    Raises:
        LedgerWriteError: nothing was written, with the reason. So is a directive that the file
            has and the loaded ledger has not, since the ledger does not include the file.
    """
    old = read_snapshot(path)
    if including_file(ledger, path) is None and _lacks_nothing(old.content, texts):
        raise LedgerWriteError(
            f"{path}: it already says so, but the ledger does not include it; include the file"
        )
    write_changes([Change(old, appended(old.content, joined(old.content, texts, options)))])
    return _announced(ledger, [old])


def _lacks_nothing(content: bytes, texts: Sequence[str]) -> bool:
    """Whether a file has the first lines of all texts already."""
    lines = set(content.decode("utf-8", "replace").splitlines())
    return all(text.partition("\n")[0] in lines for text in texts)


def _check_ids(content: bytes, records: Sequence[Record], path: str) -> None:
    there = set(_ID.findall(content))
    if not there:
        return
    for record in records:
        for meta in (record.meta, *(leg.meta for leg in record.legs)):
            identity = str(meta.get("id", ""))
            if identity.encode() in there:
                raise LedgerWriteError(
                    f"{path}: it already has {identity}, which the loaded ledger has not; include "
                    "the file in the ledger, or run this again if it was changed just now"
                )


def _announced(ledger: str, files: Sequence[Snapshot]) -> Written:
    """Make Beancount's cache and Fava see new files; warn of files that the ledger leaves out."""
    warnings, touched = [], set()
    for file in files:
        path = file.path
        includer = including_file(ledger, path)
        if includer is None:
            name = os.path.relpath(path, Path(ledger).absolute().parent).replace(os.sep, "/")
            warnings.append(
                f'{path}: the ledger does not include this file; add to {ledger}: include "{name}"'
            )
        elif file.stamp is None and includer not in touched:
            touch(includer)
            touched.add(includer)
    return Written(tuple(file.path for file in files), tuple(warnings))
