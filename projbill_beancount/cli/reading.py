"""Opening the books for a command, and the remarks that belong on stderr."""

from __future__ import annotations

import difflib
import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from projbill_beancount.book import Book
from projbill_beancount.book import BookUnreadable
from projbill_beancount.book import open_book
from projbill_beancount.cli.output import remark
from projbill_beancount.cli.output import working
from projbill_beancount.cli.settings import Refusal
from projbill_beancount.ledger.errors import LedgerWriteError
from projbill_beancount.ledger.files import ledger_lock
from projbill_beancount.ledger.write import write_records
from projbill_beancount.reports.findings import count_line
from projbill_beancount.reports.places import shown_file
from projbill_beancount.reports.places import shown_text

if TYPE_CHECKING:
    from collections.abc import Collection
    from collections.abc import Iterator
    from collections.abc import Sequence

    from projbill_beancount.billing.model import Finding
    from projbill_beancount.cli.settings import Settings
    from projbill_beancount.ledger.files import Change
    from projbill_beancount.ledger.record import Record
    from projbill_beancount.terms.model import Terms

PLUGIN = "projbill_beancount.plugins.billing"
PLUGIN_LINE = re.compile(rf'^plugin\s+"{re.escape(PLUGIN)}"', re.MULTILINE)
SHOWN_ERRORS = 20


def read_book(settings: Settings) -> Book:
    """The books of the settings' ledger; remarks and Beancount's errors go to stderr.

    Raises:
        Refusal: the ledger or projbill.yaml cannot be read.
    """
    try:
        with working(f"reading {settings.path}"):
            book = open_book(settings.path, settings.as_of)
    except BookUnreadable as error:
        there = Path(settings.path).is_file()
        lines = [shown_text(line, settings.root) if there else line for line in error.lines]
        raise Refusal(lines) from error
    if not book.has_plugin:
        _remark_plugin(book, settings.root)
    for line in book.errors[:SHOWN_ERRORS]:
        remark(shown_text(line, settings.root))
    if len(book.errors) > SHOWN_ERRORS:
        remark(f"… and {len(book.errors) - SHOWN_ERRORS} more errors; see bean-check")
    return book


@contextmanager
def book_to_write(settings: Settings) -> Iterator[Book]:
    """The books, while no other command of ours may change them.

    Raises:
        Refusal: they cannot be read, or what was to be written was not.
    """
    if not Path(settings.path).is_file():
        # A lock would be left behind in a folder that has no ledger; this refuses.
        read_book(settings)
    try:
        with ledger_lock(settings.path):
            yield read_book(settings)
    except LedgerWriteError as error:
        raise Refusal([shown_text(str(error), settings.root)]) from error


def write_to_book(
    settings: Settings, book: Book, records: Sequence[Record], edits: Sequence[Change] = ()
) -> list[str]:
    """Write `records` and `edits` into the ledger's files, inside `book_to_write`; returns the files.

    Warnings go to stderr. Raises LedgerWriteError if nothing was written.
    """
    written = write_records(book.ledger, book.terms.firm, records, book.options, edits)
    for warning in written.warnings:
        remark(shown_text(warning, settings.root))
    return [shown_file(path, settings.root) for path in written.paths]


def remark_findings(findings: Sequence[Finding]) -> None:
    """Say on stderr how many findings there are."""
    see = "; see `projbill check`" if findings else ""
    remark(count_line(findings) + see)


def _remark_plugin(book: Book, root: str) -> None:
    """Say on stderr that Beancount and Fava show no drafts, since nothing asks for them."""
    main = Path(book.ledger).name
    line = f'plugin "{PLUGIN}" "projbill.yaml"'
    for path in book.options["include"]:
        if path != book.ledger and _has_plugin_line(path):
            remark(
                f"note: {shown_file(path, root)} has the plugin line, but Beancount reads it only in "
                f"the top-level file; move it to {main}, or bean-check and Fava show no drafts"
            )
            return
    remark(
        f"note: {main} has no plugin line; bean-check and Fava show no drafts until you add: {line}"
    )


def _has_plugin_line(path: str) -> bool:
    return PLUGIN_LINE.search(Path(path).read_text("utf-8", errors="replace")) is not None


def chosen_projects(
    terms: Terms, names: Sequence[str], others: Collection[str] = ()
) -> frozenset[str] | None:
    """The project ids that `names` mean, None for all; a former id means its contract.

    `others` are names beside those of the contracts that may be asked for.

    Raises:
        Refusal: a name is no project's.
    """
    if not names:
        return None
    ids = {old: contract.id for contract in terms.contracts.values() for old in contract.formerly}
    ids.update({name: name for name in (*terms.contracts, *terms.unreadable, *others)})
    unknown = [name for name in names if name not in ids]
    if unknown:
        raise Refusal([_unknown("project", name, ids) for name in unknown])
    return frozenset(ids[name] for name in names)


def chosen_project(terms: Terms, name: str) -> str:
    """The id of the one project that `name` means.

    Raises:
        Refusal: it is no project's, or its contract cannot be read.
    """
    chosen = chosen_projects(terms, [name]) or frozenset()
    (project,) = chosen
    if project in terms.unreadable:
        raise Refusal([f"the contract of {project} cannot be read; see `projbill check {project}`"])
    return project


def known(kind: str, name: str, names: Collection[str]) -> str:
    """`name`, if it is one of `names`.

    Raises:
        Refusal: it is not; the line names the nearest.
    """
    if name not in names:
        raise Refusal([_unknown(kind, name, names)])
    return name


def _unknown(kind: str, name: str, names: Collection[str]) -> str:
    folded = {known.casefold(): known for known in names}
    near = difflib.get_close_matches(name.casefold(), folded, n=1)
    if near:
        return f'unknown {kind} "{name}"; did you mean "{folded[near[0]]}"?'
    listed = ", ".join(sorted(names)) or "none"
    return f'unknown {kind} "{name}"; known: {listed}'
