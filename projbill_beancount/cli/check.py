"""`projbill check`: everything that does not fit."""

from __future__ import annotations

import sys

import click

from projbill_beancount.cli.output import print_csv
from projbill_beancount.cli.output import print_json
from projbill_beancount.cli.output import print_table
from projbill_beancount.cli.reading import chosen_projects
from projbill_beancount.cli.reading import read_book
from projbill_beancount.cli.settings import settings_of
from projbill_beancount.cli.settings import settings_options
from projbill_beancount.reports.findings import ROW_COLUMNS
from projbill_beancount.reports.findings import chosen_findings
from projbill_beancount.reports.findings import count_line
from projbill_beancount.reports.findings import currencies_of
from projbill_beancount.reports.findings import findings_data
from projbill_beancount.reports.findings import findings_rows
from projbill_beancount.reports.findings import findings_table

FOUND = 1


@click.command("check")
@click.argument("projects", nargs=-1, metavar="[PROJECT]...")
@settings_options
@click.pass_context
def check_command(ctx: click.Context, projects: tuple[str, ...]) -> None:
    """Show everything that does not fit.

    Exits with 1 if anything is an error or holds a draft, or if Beancount reports an error in the
    ledger.
    """
    settings = settings_of(ctx)
    book = read_book(settings)
    named = {item.project for item in book.billing.findings if item.project}
    chosen = chosen_projects(book.terms, projects, named)
    findings = chosen_findings(book.billing, chosen)
    currencies = currencies_of(book.billing)
    if settings.format == "json":
        print_json(findings_data(book.billing, findings, currencies, settings.root))
    elif settings.format == "csv":
        print_csv(ROW_COLUMNS, findings_rows(findings, currencies, settings.root))
    else:
        if findings:
            print_table(findings_table(findings, currencies, settings.root))
        click.echo(count_line(findings))
    if book.errors or any(item.severity in ("error", "hold") for item in findings):
        sys.exit(FOUND)
