"""`projbill match`: finds the invoices that bank transactions pay, and links them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from beancount.core import data

from projbill_beancount.billing.engine import bill
from projbill_beancount.cli.matched import ROW_COLUMNS
from projbill_beancount.cli.matched import match_lines
from projbill_beancount.cli.matched import matching_data
from projbill_beancount.cli.matched import matching_rows
from projbill_beancount.cli.matched import unmatched_lines
from projbill_beancount.cli.output import print_csv
from projbill_beancount.cli.output import print_json
from projbill_beancount.cli.output import printable
from projbill_beancount.cli.output import remark
from projbill_beancount.cli.reading import book_to_write
from projbill_beancount.cli.reading import known
from projbill_beancount.cli.reading import read_book
from projbill_beancount.cli.settings import Refusal
from projbill_beancount.cli.settings import settings_of
from projbill_beancount.cli.settings import settings_options
from projbill_beancount.evaluate import Evaluation
from projbill_beancount.facts.read import read_facts
from projbill_beancount.invoicing.matching import linking_of
from projbill_beancount.invoicing.matching import match_payments
from projbill_beancount.invoicing.trial import Trial
from projbill_beancount.invoicing.trial import new_errors
from projbill_beancount.ledger.errors import LedgerWriteError
from projbill_beancount.ledger.files import Change
from projbill_beancount.ledger.files import read_snapshot
from projbill_beancount.ledger.files import write_changes
from projbill_beancount.ledger.links import linked
from projbill_beancount.reports.places import shown_text

if TYPE_CHECKING:
    from collections.abc import Collection
    from collections.abc import Iterator
    from collections.abc import Sequence

    from projbill_beancount.book import Book
    from projbill_beancount.cli.settings import Settings
    from projbill_beancount.invoicing.matching import Match
    from projbill_beancount.invoicing.matching import Matching
    from projbill_beancount.ledger.links import Linking


@click.command("match")
@click.argument("clients", nargs=-1, metavar="[CLIENT]...")
@click.option(
    "--account",
    "accounts",
    multiple=True,
    metavar="ACCOUNT",
    help="Where money waits for its invoice, opposite to the bank; may be given several times.",
)
@click.option("--yes", is_flag=True, help="Link all that is found, without asking.")
@click.option("--dry-run", is_flag=True, help="Show what is found; write nothing.")
@settings_options
@click.pass_context
def match_command(
    ctx: click.Context,
    clients: tuple[str, ...],
    accounts: tuple[str, ...],
    *,
    yes: bool,
    dry_run: bool,
) -> None:
    """Find the invoices that bank transactions pay, and write the links after a yes.

    Looked at are credits of a receivable that name no invoice, transactions with the flag `!`, and
    those whose other side is an ACCOUNT. An invoice's number in the text comes first, then its open
    amount, then sums of several. What could be for several is shown, and left alone.
    """
    settings = settings_of(ctx)
    book = read_book(settings)
    chosen = {known("client", name, book.terms.firm.clients) for name in clients} or None
    for account in accounts:
        known("account", account, book.facts.opened)
    found = match_payments(book, chosen, accounts)
    silent = settings.format != "table"
    accepted: list[Match] = []
    if yes and not dry_run:
        accepted = found.matches
    elif not silent and not dry_run:
        accepted = list(_asked(found.matches, settings.root))
    if accepted:
        written = _write(settings, accepted, chosen, accounts)
        accepted = [match for match in accepted if _identity(match) in written]
    if settings.format == "json":
        print_json(matching_data(book.billing.as_of, found, accepted, settings.root))
    elif silent:
        print_csv(ROW_COLUMNS, matching_rows(found, accepted, settings.root))
    else:
        _print(found, len(accepted), settings.root, shown=not (dry_run or yes), dry_run=dry_run)


def _print(found: Matching, linked_: int, root: str, *, shown: bool, dry_run: bool) -> None:
    """For people: the matches, unless they were asked for one by one, and what is left."""
    for match in () if shown else found.matches:
        _echo(match_lines(match, root))
    for one in found.unmatched:
        _echo(unmatched_lines(one, root))
    dry = " (dry run)" if dry_run else ""
    click.echo(
        f"{linked_} linked{dry}, {len(found.matches) - linked_} proposed, "
        f"{len(found.unmatched)} without a match"
    )


def _asked(matches: Sequence[Match], root: str) -> Iterator[Match]:
    """The matches that the person says yes to; at the end of the input all others are left."""
    for match in matches:
        _echo(match_lines(match, root))
        try:
            if click.confirm("  Link it?", default=False):
                yield match
        except click.Abort:
            click.echo()
            return


def _write(
    settings: Settings,
    accepted: Sequence[Match],
    clients: Collection[str] | None,
    accounts: Sequence[str],
) -> set[tuple[object, ...]]:
    """Write the links into the files, once the ledger is proven to load with them.

    Returns what tells the matches that were written. Those that the ledger does not have any more, since it was changed meanwhile, are left.
    """
    with book_to_write(settings) as book:
        now = match_payments(book, clients, accounts).matches
        wanted = {_identity(match) for match in accepted}
        matches = [match for match in now if _identity(match) in wanted]
        for _ in range(len(wanted) - len(matches)):
            remark("note: the ledger was changed meanwhile; run this again for what was left out")
        linkings = [linking_of(book, match) for match in matches]
        changes = list(_changes(linkings))
        errors = _errors(book, linkings)
        if errors:
            raise Refusal([shown_text(error, settings.root) for error in errors])
        write_changes(changes)
    return {_identity(match) for match in matches}


def _changes(linkings: Sequence[Linking]) -> Iterator[Change]:
    by_path: dict[str, list[Linking]] = {}
    for one in linkings:
        by_path.setdefault(one.path, []).append(one)
    for path, own in by_path.items():
        if path.endswith((".gpg", ".asc")):
            raise LedgerWriteError(f"{path}: it is encrypted; link its payments by hand")
        old = read_snapshot(path)
        yield Change(old, linked(old.content, own, path))


def _errors(book: Book, linkings: Sequence[Linking]) -> list[str]:
    """What would be wrong with the ledger with the links, or would not be settled by them."""
    changed: dict[int, data.Transaction] = {}
    for one in linkings:
        key = id(one.transaction)
        current = changed.get(key, one.transaction)
        changed[key] = one._replace(transaction=current).meant()
    entries = data.sorted([changed.get(id(entry), entry) for entry in book.entries])
    as_of = book.billing.as_of
    facts = read_facts(entries, book.terms, book.accounts, book.options, as_of)
    billing = bill(book.terms, facts, as_of)
    trial = Trial(entries, Evaluation(book.terms, facts, billing, book.accounts))
    errors = new_errors(book, trial)
    settled = {
        (one.place.file, one.place.line, one.number) for one in facts.settlements if not one.problem
    }
    errors += [
        f"{one.path}:{one.line}: the link would not settle {part.number}"
        for one in linkings
        for part in one.allocations
        if (one.path, one.line, part.number) not in settled
    ]
    return errors


def _identity(match: Match) -> tuple[object, ...]:
    one = match.incoming
    place = (one.transaction.meta["filename"], one.line, one.transaction.date, one.text)
    return (*place, match.client, match.allocations)


def _echo(lines: Sequence[str]) -> None:
    for line in lines:
        click.echo(printable(line))
