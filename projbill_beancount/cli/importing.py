"""`projbill import`: exports into the ledger's time files."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from projbill_beancount.cli.import_report import ROW_COLUMNS
from projbill_beancount.cli.import_report import file_data
from projbill_beancount.cli.import_report import file_row
from projbill_beancount.cli.output import print_csv
from projbill_beancount.cli.output import print_json
from projbill_beancount.cli.output import printable
from projbill_beancount.cli.output import remark
from projbill_beancount.cli.output import working
from projbill_beancount.cli.reading import book_to_write
from projbill_beancount.cli.reading import read_book
from projbill_beancount.cli.reading import write_to_book
from projbill_beancount.cli.settings import USAGE
from projbill_beancount.cli.settings import Refusal
from projbill_beancount.cli.settings import settings_of
from projbill_beancount.cli.settings import settings_options
from projbill_beancount.importers.run import plan_for_ledger
from projbill_beancount.importers.run import proposal_lines
from projbill_beancount.importers.run import refusal_lines
from projbill_beancount.importers.run import report_lines
from projbill_beancount.ledger.errors import LedgerWriteError
from projbill_beancount.ledger.record import LazyRecords
from projbill_beancount.ledger.record import places_of
from projbill_beancount.ledger.record import text_at

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Iterable
    from collections.abc import Sequence

    from projbill_beancount.book import Book
    from projbill_beancount.cli.settings import Settings
    from projbill_beancount.importers.plan import FileReport
    from projbill_beancount.importers.plan import ImportPlan
    from projbill_beancount.ledger.record import Place
    from projbill_beancount.ledger.record import Record
    from projbill_beancount.ledger.record import RecordText

#: After so many records the bar is looked at again.
STEP = 64


@click.command("import")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--dry-run", is_flag=True, help="Say what would be imported; write nothing.")
@click.option("--update", is_flag=True, help="Replace entries that changed and are not invoiced.")
@settings_options
@click.pass_context
def import_command(
    ctx: click.Context, paths: tuple[str, ...], *, dry_run: bool, update: bool
) -> None:
    """Take exports into the ledger's time files; a folder means the files in it.

    Run twice, it adds nothing twice. A file with a row that cannot be imported is refused whole;
    the other files go in, and the exit code is 2.
    """
    settings = settings_of(ctx)
    opened = nullcontext(read_book(settings)) if dry_run else book_to_write(settings)
    files = _files(paths)
    with opened as book:
        with working("reading the exports") as done:
            plan = _plan(files, book, done, update=update)
        written = []
        if (plan.records or plan.edits) and not dry_run:
            with working("writing") as done:
                written = write_to_book(settings, book, _Watched(plan.records, done), plan.edits)
    _print(settings, plan.files, written, dry_run=dry_run)
    for report in plan.files:
        for line in refusal_lines(report):
            remark(line)
    if any(report.is_refused for report in plan.files):
        sys.exit(USAGE)


class _Watched(LazyRecords):
    """Records that tell how many of them were made."""

    def __init__(self, records: Sequence[Record], done: Callable[[float], None]) -> None:
        self.records = records
        self.done = done

    def __len__(self) -> int:
        return len(self.records)

    def places(self) -> Iterable[Place]:
        """Where each of them is to be written."""
        return places_of(self.records)

    def made(self, index: int) -> Record:
        """The record at an index."""
        return self.records[index]

    def text(self, index: int, hour: str) -> RecordText:
        """The record at an index as text."""
        if index % STEP == 0:
            self.done(index / len(self.records))
        return text_at(self.records, index, hour)


def _plan(
    files: Sequence[str], book: Book, done: Callable[[float], None], *, update: bool
) -> ImportPlan:
    """What the exports would do.

    Raises:
        Refusal: entries cannot be replaced.
    """
    try:
        return plan_for_ledger(
            files,
            book.ledger,
            book.terms,
            book.entries,
            book.options,
            book.facts,
            update=update,
            done=done,
        )
    except LedgerWriteError as error:
        raise Refusal([str(error)]) from error


def _files(paths: Sequence[str]) -> list[str]:
    """The files that `paths` name, each once; of a folder those in it that are not hidden."""
    found: dict[str, None] = {}
    for path in paths:
        folder = Path(path)
        inside = sorted(folder.iterdir()) if folder.is_dir() else [folder]
        files = (item for item in inside if item == folder or _is_export(item))
        found.update({str(item): None for item in files})
    return list(found)


def _is_export(path: Path) -> bool:
    return path.is_file() and not path.name.startswith(".")


def _print(
    settings: Settings, reports: Sequence[FileReport], written: Sequence[str], *, dry_run: bool
) -> None:
    if settings.format == "json":
        files = [file_data(report) for report in reports]
        print_json({"dry-run": dry_run, "files": files, "written": list(written)})
        return
    if settings.format == "csv":
        print_csv(ROW_COLUMNS, [file_row(report) for report in reports])
        return
    for report in reports:
        for line in report_lines(report):
            click.echo(printable(line))
    if proposed := proposal_lines(reports):
        click.echo("to paste where it says so, the one of several that is right:")
        for line in proposed:
            click.echo(printable(line))
    if written:
        click.echo(f"written to {', '.join(written)}")
    elif dry_run:
        click.echo("dry run: nothing was written")
    elif any(report.is_refused for report in reports):
        click.echo("no file was changed")
    else:
        click.echo("nothing new: no file was changed")
