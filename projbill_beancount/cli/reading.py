"""Opening the books for a command, the remarks that belong on stderr, and what was entered."""

from __future__ import annotations

import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from projbill_beancount.book import BookUnreadable
from projbill_beancount.book import open_book
from projbill_beancount.cli.output import print_json
from projbill_beancount.cli.output import remark
from projbill_beancount.cli.output import working
from projbill_beancount.cli.settings import Refusal
from projbill_beancount.invoicing.errors import Refused
from projbill_beancount.invoicing.names import chosen_projects as projects_of_names
from projbill_beancount.invoicing.names import known as known_name
from projbill_beancount.invoicing.opening import books_to_enter
from projbill_beancount.ledger.errors import LedgerWriteError
from projbill_beancount.ledger.write import write_records
from projbill_beancount.reports.places import shown_file
from projbill_beancount.reports.places import shown_text

if TYPE_CHECKING:
    from collections.abc import Collection
    from collections.abc import Iterator
    from collections.abc import Sequence
    from datetime import date

    from projbill_beancount.billing.model import Finding
    from projbill_beancount.book import Book
    from projbill_beancount.cli.settings import Settings
    from projbill_beancount.invoicing.entering import Entered
    from projbill_beancount.invoicing.opening import Reader
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
    with refusing(settings):
        return reader(settings)(settings.path, settings.as_of)


def reader(settings: Settings) -> Reader:
    """What opens books as `read_book` does, but raises BookUnreadable: for steps that open them."""

    def read(ledger: str, as_of: date | None) -> Book:
        with working(f"reading {ledger}"):
            book = open_book(ledger, as_of)
        if not book.has_plugin:
            _remark_plugin(book, settings.root)
        for line in book.errors[:SHOWN_ERRORS]:
            remark(shown_text(line, settings.root))
        if len(book.errors) > SHOWN_ERRORS:
            remark(f"… and {len(book.errors) - SHOWN_ERRORS} more errors; see bean-check")
        return book

    return read


@contextmanager
def refusing(settings: Settings) -> Iterator[None]:
    """Turn what cannot be done into lines on stderr, exit code 2."""
    try:
        yield
    except BookUnreadable as error:
        there = Path(settings.path).is_file()
        lines = [shown_text(line, settings.root) if there else line for line in error.lines]
        raise Refusal(lines) from error
    except Refused as error:
        raise Refusal(error.lines) from error
    except LedgerWriteError as error:
        raise Refusal([shown_text(str(error), settings.root)]) from error


@contextmanager
def book_to_write(settings: Settings) -> Iterator[Book]:
    """The books, while no other command of ours may change them.

    Raises:
        Refusal: they cannot be read, or what was to be written was not.
    """
    opened = books_to_enter(settings.path, settings.as_of, reader(settings), dry_run=False)
    with refusing(settings), opened as book:
        yield book


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
    from projbill_beancount.reports.findings import count_line  # noqa: PLC0415 - few need it

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
    try:
        return projects_of_names(terms, names, others)
    except Refused as error:
        raise Refusal(error.lines) from error


def known(kind: str, name: str, names: Collection[str]) -> str:
    """`name`, if it is one of `names`.

    Raises:
        Refusal: it is not; the line names the nearest.
    """
    try:
        return known_name(kind, name, names)
    except Refused as error:
        raise Refusal(error.lines) from error


def print_entered(settings: Settings, entered: Entered, text: str, *, dry_run: bool) -> None:
    """Print what was entered, or would be; `text` is its text as people see it."""
    for line in entered.remarks:
        remark(line)
    files = [] if dry_run else [shown_file(path, settings.root) for path in entered.paths]
    if settings.format == "json":
        print_json({"files": files, "entry": entered.text})
        return
    click.echo(text, nl=False)
    click.echo(f"; written to {', '.join(files)}" if files else "; dry run: nothing was written")
