"""`projbill issue`, `credit`, `void`, `renumber` and `verify`: invoices and their corrections."""

from __future__ import annotations

import re
import sys
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING

import click

from projbill_beancount.book import BookUnreadable
from projbill_beancount.cli.output import print_csv
from projbill_beancount.cli.output import print_json
from projbill_beancount.cli.output import print_table
from projbill_beancount.cli.reading import read_book
from projbill_beancount.cli.settings import Refusal
from projbill_beancount.cli.settings import parse_day
from projbill_beancount.cli.settings import settings_of
from projbill_beancount.cli.settings import settings_options
from projbill_beancount.invoicing.correct import credit_invoice
from projbill_beancount.invoicing.correct import void_invoice
from projbill_beancount.invoicing.issue import Selection
from projbill_beancount.invoicing.issue import issue_drafts
from projbill_beancount.invoicing.renumber import renumber
from projbill_beancount.invoicing.verify import verify_book
from projbill_beancount.ledger.errors import LedgerWriteError
from projbill_beancount.reports.numbers import money
from projbill_beancount.reports.places import shown_file
from projbill_beancount.reports.places import shown_text
from projbill_beancount.reports.table import Column
from projbill_beancount.reports.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping
    from collections.abc import Sequence
    from datetime import date

    from projbill_beancount.cli.settings import Settings
    from projbill_beancount.invoicing.correct import Corrected
    from projbill_beancount.invoicing.issue import Issued
    from projbill_beancount.invoicing.verify import Verified

ISSUED_COLUMNS = ("invoice", "drafts", "date", "due", "currency", "net", "total")
VERIFIED_COLUMNS = ("invoice", "state", "since", "file", "line", "what")
HOURS = re.compile(r"\d+(?:\.\d+)?", re.ASCII)
PLACE = re.compile(r"(.+):(\d+)")

date_option = click.option(
    "--date",
    "day",
    metavar="DATE",
    callback=parse_day,
    help="The document's date [default: --as-of, the plugin line's, today]; never before what it concerns.",
)
dry_run_option = click.option("--dry-run", is_flag=True, help="Print what would be written.")


@click.command("issue")
@click.argument("names", nargs=-1, metavar="[PROJECT|DRAFT]...")
@click.option("--client", default="", help="Only drafts of this client.")
@click.option("--together", default="", metavar="CLIENT", help="One invoice for all projects.")
@click.option("--now", is_flag=True, help="Bill everything billable up to the day, too.")
@date_option
@dry_run_option
@settings_options
@click.pass_context
def issue_command(
    ctx: click.Context,
    *,
    names: tuple[str, ...],
    client: str,
    together: str,
    now: bool,
    day: date | None,
    dry_run: bool,
) -> None:
    """Issue the drafts that may go out: of PROJECTs, single DRAFTs, or all of them."""
    settings = settings_of(ctx)
    with _refusing(settings):
        outcome = issue_drafts(
            settings.path,
            Selection(names, client, together),
            as_of=settings.as_of,
            on=day,
            now=now,
            dry_run=dry_run,
        )
    if settings.format == "json":
        path = outcome.path and shown_file(outcome.path, settings.root)
        print_json({"invoices": [_issued(one) for one in outcome.issued], "file": path})
    elif settings.format == "csv":
        print_csv(ISSUED_COLUMNS, (_issued(one) for one in outcome.issued))
    elif not outcome.issued:
        click.echo("Nothing to issue: no draft may go out. `projbill drafts` says what is held.")
    else:
        if dry_run:
            click.echo(outcome.text, nl=False)
        print_table(_issued_table(outcome.issued))
        if outcome.path:
            click.echo(f"written to {shown_file(outcome.path, settings.root)}")


@click.command("credit")
@click.argument("number", metavar="INVOICE|DRAFT")
@click.option("--line", type=int, metavar="N", help="One line, counted from 1.")
@click.option("--entry", "entries", multiple=True, metavar="ID[=HOURS]", help="Hours of an entry.")
@click.option("--corrects", default="", metavar="INVOICE", help="What a DRAFT gives back from.")
@click.option("--reason", default="", help="Why, for the books.")
@date_option
@dry_run_option
@settings_options
@click.pass_context
def credit_command(
    ctx: click.Context,
    *,
    number: str,
    line: int | None,
    entries: tuple[str, ...],
    corrects: str,
    reason: str,
    day: date | None,
    dry_run: bool,
) -> None:
    """Credit an INVOICE: whole, one line, or hours of entries. What it takes back is free again.

    A DRAFT below zero becomes a credit note.
    """
    settings = settings_of(ctx)
    with _refusing(settings):
        credit = credit_invoice(
            settings.path,
            number,
            line=line,
            entries=_hours_of(entries),
            corrects=corrects,
            reason=reason,
            as_of=settings.as_of,
            on=day,
            dry_run=dry_run,
        )
    _print_correction(settings, credit)


@click.command("void")
@click.argument("number", metavar="INVOICE")
@click.option("--reason", required=True, help="Why, for the books.")
@date_option
@dry_run_option
@settings_options
@click.pass_context
def void_command(
    ctx: click.Context, *, number: str, reason: str, day: date | None, dry_run: bool
) -> None:
    """Take back an INVOICE that was never sent and is not paid; its number stays in the books."""
    settings = settings_of(ctx)
    with _refusing(settings):
        void = void_invoice(
            settings.path, number, reason, as_of=settings.as_of, on=day, dry_run=dry_run
        )
    _print_correction(settings, void)


@click.command("renumber")
@click.argument("number", metavar="NUMBER")
@click.option("--at", metavar="FILE:LINE", help="Which of the two [default: the later one].")
@dry_run_option
@settings_options
@click.pass_context
def renumber_command(ctx: click.Context, *, number: str, at: str | None, dry_run: bool) -> None:
    """Give one of two documents with one NUMBER the next free one, if it was not sent."""
    settings = settings_of(ctx)
    place = None
    if at is not None:
        found = PLACE.fullmatch(at)
        if found is None:
            raise Refusal([f'"{at}" is not a place; write it as invoices.beancount:120'])
        place = (f"{settings.root}/{found[1]}", int(found[2]))
    with _refusing(settings):
        done = renumber(settings.path, number, at=place, as_of=settings.as_of, dry_run=dry_run)
    file = shown_file(done.file, settings.root)
    if settings.format == "json":
        print_json({"old": done.old, "new": done.new, "file": file, "line": done.line,
                    "entry": done.text})  # fmt: skip
    else:
        click.echo(done.text if dry_run else f"{file}:{done.line}: {done.old} is {done.new} now")


@click.command("verify")
@settings_options
@click.pass_context
def verify_command(ctx: click.Context) -> None:
    """Check that every issued invoice is as it was issued; exit 1 if one is not."""
    settings = settings_of(ctx)
    documents = verify_book(read_book(settings))
    rows = [row for one in documents for row in _verified(one, settings.root)]
    wrong = [row for row in rows if row["state"] in {"changed", "error"}]
    if settings.format == "json":
        print_json({"invoices": rows})
    elif settings.format == "csv":
        print_csv(VERIFIED_COLUMNS, rows)
    else:
        shown = [row for row in rows if row["state"] not in {"intact", "unsealed"}]
        if shown:
            columns = [Column(title) for title in ("Invoice", "State", "Since", "Where", "What")]
            print_table(Table(columns, [_verified_cells(row) for row in shown]))
        unsealed = sum(row["state"] == "unsealed" for row in rows)
        more = f"; without a digest: {unsealed}" if unsealed else ""
        click.echo(
            f"{len(documents)} documents, {len({row['invoice'] for row in wrong})} wrong{more}"
        )
    if wrong:
        sys.exit(1)


@contextmanager
def _refusing(settings: Settings) -> Iterator[None]:
    """Turn what cannot be done into lines on stderr, exit code 2."""
    try:
        yield
    except BookUnreadable as error:
        raise Refusal([shown_text(line, settings.root) for line in error.lines]) from error
    except LedgerWriteError as error:
        raise Refusal([shown_text(str(error), settings.root)]) from error


def _hours_of(entries: Sequence[str]) -> dict[str, Decimal | None]:
    """`ID` or `ID=HOURS` of each `--entry`."""
    found: dict[str, Decimal | None] = {}
    for text in entries:
        identity, equals, hours = text.partition("=")
        if equals and not HOURS.fullmatch(hours):
            raise Refusal([f'"{text}": {hours!r} are no hours; write --entry {identity}=1.5'])
        found[identity] = Decimal(hours) if equals else None
    return found


def _issued(one: Issued) -> dict[str, object]:
    return {
        "invoice": one.number or None,
        "drafts": [draft.id for draft in one.drafts],
        "date": one.date.isoformat(),
        "due": one.due.isoformat(),
        "currency": one.currency,
        "net": money(one.net, one.currency),
        "total": money(one.total, one.currency),
        "entry": one.text,
    }


def _issued_table(issued: Sequence[Issued]) -> Table:
    columns = (
        Column("Invoice"),
        Column("Date"),
        Column("Due"),
        Column("Net", right=True),
        Column("Total", right=True),
        Column("Currency"),
        Column("Draft"),
    )
    rows = [
        (
            one.number or "closed",
            one.date.isoformat(),
            one.due.isoformat() if one.number else "",
            money(one.net, one.currency),
            money(one.total, one.currency),
            one.currency,
            ", ".join(draft.id for draft in one.drafts),
        )
        for one in issued
    ]
    return Table(columns, rows)


def _print_correction(settings: Settings, one: Corrected) -> None:
    path = one.path and shown_file(one.path, settings.root)
    if settings.format == "json":
        print_json(
            {
                "credit-note": one.number or None,
                "invoice": one.invoice,
                "date": one.date.isoformat(),
                "currency": one.currency,
                "net": money(one.net, one.currency),
                "total": money(one.total, one.currency),
                "file": path,
                "entry": one.text,
            }
        )
        return
    click.echo(one.text, nl=False)
    if path:
        click.echo(f"; written to {path}")


def _verified(one: Verified, root: str) -> Iterator[dict[str, object]]:
    """A row for each thing that is wrong with a document, or one that says that nothing is."""
    place = {"file": shown_file(one.place.file, root), "line": one.place.line}
    name = {"invoice": one.number}
    if not one.intact:
        since = one.since
        commit = f"{since.hash[:10]} {since.date} {since.author}".strip() if since else ""
        said = f"{since.subject}" if since else "its content is not what was issued"
        yield {**name, "state": "changed", "since": commit or None, **place, "what": said}
    for finding in one.findings:
        if finding.code == "issued-changed" and not one.intact:
            continue
        said = shown_text(f"{finding.code}: {finding.message}", root)
        yield {**name, "state": finding.severity, "since": None, **place, "what": said}
    if one.intact and not one.findings:
        state = "intact" if one.sealed else "unsealed"
        yield {**name, "state": state, "since": None, **place, "what": ""}


def _verified_cells(row: Mapping[str, object]) -> tuple[str, ...]:
    where = f"{row['file']}:{row['line']}"
    return (
        str(row["invoice"]),
        str(row["state"]),
        str(row["since"] or ""),
        where,
        str(row["what"]),
    )
