"""`projbill explain`: why a draft, an invoice or a time entry is what it is."""

from __future__ import annotations

from datetime import date

import click

from projbill_beancount.cli.output import print_csv
from projbill_beancount.cli.output import print_json
from projbill_beancount.cli.output import printable
from projbill_beancount.cli.reading import read_book
from projbill_beancount.cli.settings import Refusal
from projbill_beancount.cli.settings import settings_of
from projbill_beancount.cli.settings import settings_options
from projbill_beancount.facts.read import read_facts
from projbill_beancount.reports.evidence import Evidence
from projbill_beancount.reports.explain import ROW_COLUMNS
from projbill_beancount.reports.explain import explain
from projbill_beancount.reports.explain import explain_data
from projbill_beancount.reports.explain import explain_lines
from projbill_beancount.reports.explain import explain_rows
from projbill_beancount.reports.explain import nearest


@click.command("explain")
@click.argument("subject", metavar="DRAFT|INVOICE|ENTRY")
@settings_options
@click.pass_context
def explain_command(ctx: click.Context, subject: str) -> None:
    """Say why: trigger, rates, entries, what was left out, and where each of them stands."""
    settings = settings_of(ctx)
    book = read_book(settings)
    # The book sums up entries that invoices list; here each of them counts with its place.
    facts = read_facts(book.entries, book.terms, book.accounts, book.options, date.min)
    evidence = Evidence(book.terms, facts, book.billing)
    nodes = explain(evidence, subject)
    if not nodes:
        near = nearest(evidence, subject)
        hint = f'; did you mean "{near}"?' if near else "; `projbill drafts` lists the drafts"
        raise Refusal([f'no draft, invoice or entry is called "{subject}"{hint}'])
    if settings.format == "json":
        print_json(explain_data(book.billing.as_of, nodes, settings.root))
    elif settings.format == "csv":
        print_csv(ROW_COLUMNS, explain_rows(nodes, settings.root))
    else:
        for line in explain_lines(nodes, settings.root):
            click.echo(printable(line))
