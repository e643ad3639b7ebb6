"""`projbill retainers`: what became of the hours of each period, and money on account."""

from __future__ import annotations

import click

from projbill_beancount.cli.output import print_table
from projbill_beancount.cli.reading import read_book
from projbill_beancount.cli.reports import Csv
from projbill_beancount.cli.reports import contracts_asked_for
from projbill_beancount.cli.reports import print_report
from projbill_beancount.cli.reports import report_options
from projbill_beancount.cli.settings import settings_of
from projbill_beancount.reports.retainers import ROW_COLUMNS
from projbill_beancount.reports.retainers import deposit_rows
from projbill_beancount.reports.retainers import deposits_table
from projbill_beancount.reports.retainers import retainers_data
from projbill_beancount.reports.retainers import retainers_rows
from projbill_beancount.reports.retainers import retainers_table


@click.command("retainers")
@report_options
@click.pass_context
def retainers_command(
    ctx: click.Context, projects: tuple[str, ...], clients: tuple[str, ...]
) -> None:
    """Show each period of the retainers: hours, fees, what is left; and deposits."""
    settings = settings_of(ctx)
    book = read_book(settings)
    asked = contracts_asked_for(book.terms, projects, clients)
    terms, facts, billing = book.terms, book.facts, book.billing

    def people() -> None:
        table = retainers_table(terms, billing, asked)
        deposits = deposit_rows(terms, facts, billing, asked)
        if table.rows:
            print_table(table)
        if table.rows and deposits:
            click.echo()
        if deposits:
            print_table(deposits_table(deposits))
        if not table.rows and not deposits:
            click.echo("No retainers and no deposits.")

    print_report(
        settings,
        lambda: retainers_data(terms, facts, billing, asked),
        lambda: Csv(ROW_COLUMNS, retainers_rows(terms, facts, billing, asked)),
        people,
    )
