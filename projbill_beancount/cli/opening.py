"""`projbill open`: the `open` directives that the ledger lacks."""

from __future__ import annotations

import click

from projbill_beancount.cli.output import print_csv
from projbill_beancount.cli.output import print_json
from projbill_beancount.cli.reading import read_book
from projbill_beancount.cli.settings import settings_of
from projbill_beancount.cli.settings import settings_options
from projbill_beancount.reports.opens import missing_opens
from projbill_beancount.reports.opens import opens_data
from projbill_beancount.reports.opens import opens_rows
from projbill_beancount.reports.opens import opens_text


@click.command("open")
@settings_options
@click.pass_context
def open_command(ctx: click.Context) -> None:
    """Print the `open` directives that receivables, income and taxes still need."""
    settings = settings_of(ctx)
    book = read_book(settings)
    as_of = book.billing.as_of
    openings = missing_opens(book.terms, book.facts, book.accounts, as_of)
    if settings.format == "json":
        print_json(opens_data(as_of, openings))
    elif settings.format == "csv":
        print_csv(("date", "account", "currencies"), opens_rows(openings))
    else:
        click.echo(opens_text(openings), nl=False)
