"""`projbill drafts`: what can be invoiced, and what is held and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from projbill_beancount.cli.output import print_table
from projbill_beancount.cli.output import printable
from projbill_beancount.cli.reading import chosen_projects
from projbill_beancount.cli.reading import read_book
from projbill_beancount.cli.reading import remark_findings
from projbill_beancount.cli.reports import Csv
from projbill_beancount.cli.reports import print_report
from projbill_beancount.cli.settings import settings_of
from projbill_beancount.cli.settings import settings_options
from projbill_beancount.reports.drafts import ROW_COLUMNS
from projbill_beancount.reports.drafts import chosen_drafts
from projbill_beancount.reports.drafts import draft_block
from projbill_beancount.reports.drafts import drafts_data
from projbill_beancount.reports.drafts import drafts_rows
from projbill_beancount.reports.findings import chosen_findings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from projbill_beancount.billing.model import Draft
    from projbill_beancount.terms.model import Terms


@click.command("drafts")
@click.argument("projects", nargs=-1, metavar="[PROJECT]...")
@settings_options
@click.pass_context
def drafts_command(ctx: click.Context, projects: tuple[str, ...]) -> None:
    """Show the invoices that can go out and those that are held, with their lines."""
    settings = settings_of(ctx)
    book = read_book(settings)
    chosen = chosen_projects(book.terms, projects)
    shown = book.terms.contracts.keys() if chosen is None else chosen
    print_report(
        settings,
        lambda: drafts_data(book.billing, shown),
        lambda: Csv(ROW_COLUMNS, drafts_rows(book.billing, shown)),
        lambda: _print_drafts(chosen_drafts(book.billing, shown), book.terms),
    )
    remark_findings(chosen_findings(book.billing, chosen))


def _print_drafts(drafts: Sequence[Draft], terms: Terms) -> None:
    if not drafts:
        click.echo("No drafts: nothing is due to be invoiced.")
    for draft in drafts:
        block = draft_block(draft, terms.firm.clients)
        click.secho(printable(block.title), bold=True, fg="magenta" if draft.held else None)
        click.echo(printable(block.subtitle))
        for sentence in block.held:
            click.echo(printable(sentence))
        print_table(block.table, indent="  ")
        click.echo()
