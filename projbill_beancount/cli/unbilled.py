"""`projbill unbilled`: billable hours that are on no invoice."""

from __future__ import annotations

import click

from projbill_beancount.cli.output import print_csv
from projbill_beancount.cli.output import print_json
from projbill_beancount.cli.output import print_table
from projbill_beancount.cli.reading import chosen_projects
from projbill_beancount.cli.reading import read_book
from projbill_beancount.cli.settings import settings_of
from projbill_beancount.cli.settings import settings_options
from projbill_beancount.reports.unbilled import ROW_COLUMNS
from projbill_beancount.reports.unbilled import unbilled_data
from projbill_beancount.reports.unbilled import unbilled_groups
from projbill_beancount.reports.unbilled import unbilled_row
from projbill_beancount.reports.unbilled import unbilled_table


@click.command("unbilled")
@click.argument("projects", nargs=-1, metavar="[PROJECT]...")
@settings_options
@click.pass_context
def unbilled_command(ctx: click.Context, projects: tuple[str, ...]) -> None:
    """Show billable hours that are on no invoice, by project, task and person, with their age."""
    settings = settings_of(ctx)
    book = read_book(settings)
    chosen = chosen_projects(book.terms, projects)
    shown = book.terms.contracts.keys() if chosen is None else chosen
    groups = unbilled_groups(book.billing, shown)
    if settings.format == "json":
        print_json(unbilled_data(book.billing, shown))
    elif settings.format == "csv":
        print_csv(ROW_COLUMNS, [unbilled_row(group) for group in groups])
    elif groups:
        print_table(unbilled_table(groups))
    else:
        click.echo("Nothing is unbilled.")
