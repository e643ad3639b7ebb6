"""`projbill statement`: a client's account, as it is sent to the client."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from projbill_beancount.cli.output import print_csv
from projbill_beancount.cli.output import print_json
from projbill_beancount.cli.output import print_table
from projbill_beancount.cli.output import printable
from projbill_beancount.cli.reading import known
from projbill_beancount.cli.reading import read_book
from projbill_beancount.cli.settings import Refusal
from projbill_beancount.cli.settings import parse_day
from projbill_beancount.cli.settings import settings_of
from projbill_beancount.cli.settings import settings_options
from projbill_beancount.reports.ageing import chosen_accounts
from projbill_beancount.reports.ageing import items_table
from projbill_beancount.reports.ageing import receivables_of
from projbill_beancount.reports.statement import ROW_COLUMNS
from projbill_beancount.reports.statement import statement_data
from projbill_beancount.reports.statement import statement_rows
from projbill_beancount.reports.statement import statement_table
from projbill_beancount.reports.statement import statements

if TYPE_CHECKING:
    from datetime import date


@click.command("statement")
@click.argument("client")
@click.option(
    "--from",
    "since",
    metavar="DATE",
    callback=parse_day,
    help="The first day; what was before is the opening balance [default: all].",
)
@settings_options
@click.pass_context
def statement_command(ctx: click.Context, client: str, since: date | None) -> None:
    """Show CLIENT's account: invoices, credit notes, payments, the balance, what is open."""
    settings = settings_of(ctx)
    book = read_book(settings)
    firm = book.terms.firm
    known("client", client, firm.clients)
    day = book.billing.as_of
    if since is not None and since > day:
        raise Refusal([f"the statement ends on {day}; it cannot begin on {since}"])
    owed = receivables_of(book.facts).on(day)
    found = statements(book.facts, owed, client, since)
    name = firm.clients[client].name
    if settings.format == "json":
        print_json(statement_data(client, name, found, day, since))
    elif settings.format == "csv":
        print_csv(ROW_COLUMNS, statement_rows(found))
    elif not found:
        click.echo(f"Nothing was invoiced to {client} up to {day}.")
    else:
        click.echo(printable(f"{firm.company.name} – statement of account for {name}, {day}"))
        for one in found:
            click.echo()
            print_table(statement_table(one))
        accounts = chosen_accounts(owed, (client,))
        if accounts:
            click.echo("\nOpen:\n")
            print_table(items_table(accounts))
