"""`projbill status`: where each project stands."""

from __future__ import annotations

import click

from projbill_beancount.cli.output import print_table
from projbill_beancount.cli.output import remark
from projbill_beancount.cli.reading import chosen_projects
from projbill_beancount.cli.reading import read_book
from projbill_beancount.cli.reading import remark_findings
from projbill_beancount.cli.reports import Csv
from projbill_beancount.cli.reports import print_report
from projbill_beancount.cli.settings import settings_of
from projbill_beancount.cli.settings import settings_options
from projbill_beancount.reports.converted import missing_rates
from projbill_beancount.reports.converted import rates_into
from projbill_beancount.reports.findings import chosen_findings
from projbill_beancount.reports.status import ROW_COLUMNS
from projbill_beancount.reports.status import currencies_of
from projbill_beancount.reports.status import status_data
from projbill_beancount.reports.status import status_rows
from projbill_beancount.reports.status import status_table


@click.command("status")
@click.argument("projects", nargs=-1, metavar="[PROJECT]...")
@settings_options
@click.pass_context
def status_command(ctx: click.Context, projects: tuple[str, ...]) -> None:
    """Show where each project stands: value, completion, billed, unbilled, drafts, open."""
    settings = settings_of(ctx)
    book = read_book(settings)
    chosen = chosen_projects(book.terms, projects)
    shown = book.billing.positions.keys() if chosen is None else chosen
    as_of = book.billing.as_of
    rates = rates_into(book.entries, book.options, currencies_of(book.billing, shown), as_of)

    def people() -> None:
        print_table(status_table(book.billing, shown, rates))
        for line in missing_rates(rates, as_of):
            remark(line)

    print_report(
        settings,
        lambda: status_data(book.billing, shown),
        lambda: Csv(ROW_COLUMNS, status_rows(book.billing, shown)),
        people,
    )
    remark_findings(chosen_findings(book.billing, chosen))
