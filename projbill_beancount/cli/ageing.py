"""`projbill ageing`: what clients owe, by how long it is due."""

from __future__ import annotations

import click

from projbill_beancount.cli.output import print_csv
from projbill_beancount.cli.output import print_json
from projbill_beancount.cli.output import print_table
from projbill_beancount.cli.reading import known
from projbill_beancount.cli.reading import read_book
from projbill_beancount.cli.settings import settings_of
from projbill_beancount.cli.settings import settings_options
from projbill_beancount.reports.ageing import ROW_COLUMNS
from projbill_beancount.reports.ageing import ageing_data
from projbill_beancount.reports.ageing import ageing_rows
from projbill_beancount.reports.ageing import ageing_table
from projbill_beancount.reports.ageing import chosen_accounts
from projbill_beancount.reports.ageing import currencies_of
from projbill_beancount.reports.ageing import items_table
from projbill_beancount.reports.ageing import receivables_of


@click.command("ageing")
@click.argument("clients", nargs=-1, metavar="[CLIENT]...")
@settings_options
@click.pass_context
def ageing_command(ctx: click.Context, clients: tuple[str, ...]) -> None:
    """Show what clients owe by days past due; of CLIENTs, invoice by invoice.

    What is due on the day itself is not overdue. Credits stand apart, in no age.
    """
    settings = settings_of(ctx)
    book = read_book(settings)
    chosen = {known("client", name, book.terms.firm.clients) for name in clients} or None
    day = book.billing.as_of
    accounts = chosen_accounts(receivables_of(book.facts).on(day), chosen)
    if settings.format == "json":
        print_json(ageing_data(day, accounts))
    elif settings.format == "csv":
        print_csv(ROW_COLUMNS, ageing_rows(accounts))
    elif not accounts:
        click.echo("Nothing is open.")
    else:
        for number, currency in enumerate(currencies_of(accounts)):
            if number:
                click.echo()
            print_table(ageing_table(currency, accounts))
        if chosen is not None:
            click.echo()
            print_table(items_table(accounts))
