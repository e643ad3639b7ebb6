"""`projbill unbilled`: billable hours that are on no invoice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from projbill_beancount.cli.output import print_table
from projbill_beancount.cli.reading import read_book
from projbill_beancount.cli.reports import Csv
from projbill_beancount.cli.reports import contracts_asked_for
from projbill_beancount.cli.reports import print_report
from projbill_beancount.cli.reports import report_options
from projbill_beancount.cli.settings import settings_of
from projbill_beancount.reports.unbilled import BYS
from projbill_beancount.reports.unbilled import ROW_COLUMNS
from projbill_beancount.reports.unbilled import SUM_COLUMNS
from projbill_beancount.reports.unbilled import sum_row
from projbill_beancount.reports.unbilled import sums_data
from projbill_beancount.reports.unbilled import sums_table
from projbill_beancount.reports.unbilled import unbilled_data
from projbill_beancount.reports.unbilled import unbilled_groups
from projbill_beancount.reports.unbilled import unbilled_row
from projbill_beancount.reports.unbilled import unbilled_sums
from projbill_beancount.reports.unbilled import unbilled_table

if TYPE_CHECKING:
    from collections.abc import Collection

    from projbill_beancount.billing.model import Billing
    from projbill_beancount.cli.settings import Settings
    from projbill_beancount.reports.table import Table
    from projbill_beancount.reports.unbilled import By


@click.command("unbilled")
@click.option("--by", type=click.Choice(BYS), help="What a row is of [default: all of them].")
@report_options
@click.pass_context
def unbilled_command(
    ctx: click.Context, projects: tuple[str, ...], clients: tuple[str, ...], by: By | None
) -> None:
    """Show billable hours that are on no invoice, by project, task and person, with their age."""
    settings = settings_of(ctx)
    book = read_book(settings)
    asked = contracts_asked_for(book.terms, projects, clients)
    if by is None:
        _print_groups(settings, book.billing, asked)
    else:
        _print_sums(settings, book.billing, asked, by)


def _print_groups(settings: Settings, billing: Billing, asked: Collection[str]) -> None:
    groups = unbilled_groups(billing, asked)
    print_report(
        settings,
        lambda: unbilled_data(billing, asked),
        lambda: Csv(ROW_COLUMNS, map(unbilled_row, groups)),
        lambda: _print_table(unbilled_table(groups)),
    )


def _print_sums(settings: Settings, billing: Billing, asked: Collection[str], by: By) -> None:
    sums = unbilled_sums(billing, asked, by)
    print_report(
        settings,
        lambda: sums_data(billing, sums, by),
        lambda: Csv((by, *SUM_COLUMNS), [sum_row(one, by) for one in sums]),
        lambda: _print_table(sums_table(sums, by)),
    )


def _print_table(table: Table) -> None:
    if table.rows:
        print_table(table)
    else:
        click.echo("Nothing is unbilled.")
