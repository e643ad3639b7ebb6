"""`projbill wip`: the WIP schedule."""

from __future__ import annotations

import click

from projbill_beancount.cli.output import print_table
from projbill_beancount.cli.output import remark
from projbill_beancount.cli.reading import read_book
from projbill_beancount.cli.reports import Csv
from projbill_beancount.cli.reports import contracts_asked_for
from projbill_beancount.cli.reports import print_report
from projbill_beancount.cli.reports import report_options
from projbill_beancount.cli.settings import settings_of
from projbill_beancount.reports.wip import ROW_COLUMNS
from projbill_beancount.reports.wip import wip_data
from projbill_beancount.reports.wip import wip_remarks
from projbill_beancount.reports.wip import wip_row
from projbill_beancount.reports.wip import wip_schedule
from projbill_beancount.reports.wip import wip_table


@click.command("wip")
@report_options
@click.pass_context
def wip_command(ctx: click.Context, projects: tuple[str, ...], clients: tuple[str, ...]) -> None:
    """Show the WIP schedule: earned against billed, costs, backlog and expected losses."""
    settings = settings_of(ctx)
    book = read_book(settings)
    asked = contracts_asked_for(book.terms, projects, clients)
    rows = wip_schedule(book.terms, book.billing, asked)
    print_report(
        settings,
        lambda: wip_data(rows, book.billing),
        lambda: Csv(ROW_COLUMNS, map(wip_row, rows)),
        lambda: print_table(wip_table(rows)),
    )
    for line in wip_remarks(rows, book.terms.firm.currency):
        remark(line)
