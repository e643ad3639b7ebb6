"""`projbill profit`: hours, costs, margins, realisation and utilisation."""

from __future__ import annotations

from decimal import Decimal
from decimal import InvalidOperation
from typing import TYPE_CHECKING

import click

from projbill_beancount.cli.output import print_table
from projbill_beancount.cli.output import remark
from projbill_beancount.cli.reading import read_book
from projbill_beancount.cli.reports import Csv
from projbill_beancount.cli.reports import contracts_asked_for
from projbill_beancount.cli.reports import print_report
from projbill_beancount.cli.reports import report_options
from projbill_beancount.cli.settings import parse_day
from projbill_beancount.cli.settings import settings_of
from projbill_beancount.facts.values import seconds_of
from projbill_beancount.reports.profit import BYS
from projbill_beancount.reports.profit import cost_remarks
from projbill_beancount.reports.profit import profit_data
from projbill_beancount.reports.profit import profit_report
from projbill_beancount.reports.profit import profit_row
from projbill_beancount.reports.profit import profit_table
from projbill_beancount.reports.profit import row_columns

if TYPE_CHECKING:
    from datetime import date

    from projbill_beancount.reports.profit import By


def _parse_hours(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    if value is None:
        return None
    try:
        hours = Decimal(value)
    except InvalidOperation:
        hours = Decimal(0)
    if not hours.is_finite() or hours <= 0:
        raise click.BadParameter(f'"{value}" is no number of hours; write it as 160.', ctx, param)
    return seconds_of(hours)


@click.command("profit")
@click.option("--by", type=click.Choice(BYS), default="project", help="What a row is of.")
@click.option(
    "--from",
    "since",
    metavar="DATE",
    callback=parse_day,
    help="Only work, and invoices without hours, of this day and later.",
)
@click.option(
    "--available",
    metavar="HOURS",
    callback=_parse_hours,
    help="The hours that each person could have worked, for utilisation.",
)
@report_options
@click.pass_context
def profit_command(
    ctx: click.Context,
    projects: tuple[str, ...],
    clients: tuple[str, ...],
    by: By,
    since: date | None,
    available: int | None,
) -> None:
    """Show what hours cost and what they bring: margin, realisation, utilisation."""
    settings = settings_of(ctx)
    book = read_book(settings)
    asked = contracts_asked_for(book.terms, projects, clients)
    report = profit_report(book.terms, book.billing, asked, by, since, available)
    print_report(
        settings,
        lambda: profit_data(report, book.billing),
        lambda: Csv(row_columns(by), [profit_row(by, row) for row in report.rows]),
        lambda: print_table(profit_table(report)),
    )
    for line in cost_remarks(report):
        remark(line)
