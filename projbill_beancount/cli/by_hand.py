"""`projbill log`, `progress` and `accept`: facts that a person enters by hand."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

import click
from beancount.core.data import Transaction

from projbill_beancount.cli.hours import parse_hours
from projbill_beancount.cli.output import print_json
from projbill_beancount.cli.reading import book_to_write
from projbill_beancount.cli.reading import chosen_project
from projbill_beancount.cli.reading import known
from projbill_beancount.cli.reading import write_to_book
from projbill_beancount.cli.settings import Refusal
from projbill_beancount.cli.settings import parse_day
from projbill_beancount.cli.settings import settings_of
from projbill_beancount.cli.settings import settings_options
from projbill_beancount.ledger.by_hand import progress_transaction
from projbill_beancount.ledger.by_hand import time_transaction
from projbill_beancount.ledger.record import text_of

if TYPE_CHECKING:
    from datetime import date

    from projbill_beancount.book import Book
    from projbill_beancount.cli.settings import Settings
    from projbill_beancount.ledger.record import Record
    from projbill_beancount.terms.model import Terms

FULL = Decimal(100)
PERCENT = re.compile(r"(\d+(?:\.\d+)?) ?%?", re.ASCII)

day_option = click.option(
    "--date", "day", metavar="DATE", callback=parse_day, help="The day [default: --as-of, today]."
)


@click.command("log")
@click.argument("project")
@click.argument("hours")
@click.option("--person", help="Who worked [default: the only one in projbill.yaml].")
@click.option("--task", default="", help="The contract's task.")
@day_option
@click.option("--note", default="", help="What was done.")
@click.option("--billable/--no-billable", default=None, help="Say it for this entry itself.")
@settings_options
@click.pass_context
def log_command(
    ctx: click.Context,
    *,
    project: str,
    hours: str,
    person: str | None,
    task: str,
    day: date | None,
    note: str,
    billable: bool | None,
) -> None:
    """Log HOURS on PROJECT: 1.5, 1:30, 90m or 1h30m."""
    settings = settings_of(ctx)
    seconds = parse_hours(hours)
    with book_to_write(settings) as book:
        contract = book.terms.contracts[chosen_project(book.terms, project)]
        if contract.strict_tasks:
            known("task", task, contract.tasks)
        record = time_transaction(
            book.terms,
            contract.id,
            _person(book.terms, person),
            day or settings.day,
            seconds,
            _taken(book),
            task=task,
            note=note,
            billable=billable,
            options=book.options,
        )
        _write(settings, book, record)


@click.command("progress")
@click.argument("project")
@click.argument("milestone")
@click.argument("percent")
@day_option
@settings_options
@click.pass_context
def progress_command(
    ctx: click.Context, project: str, milestone: str, percent: str, day: date | None
) -> None:
    """Report that MILESTONE of PROJECT is complete to PERCENT, counted from its beginning."""
    _report(settings_of(ctx), project, milestone, _percent(percent), day, accepted=False)


@click.command("accept")
@click.argument("project")
@click.argument("milestone")
@day_option
@settings_options
@click.pass_context
def accept_command(ctx: click.Context, project: str, milestone: str, day: date | None) -> None:
    """Record that the client accepted MILESTONE of PROJECT; that also means 100 %."""
    _report(settings_of(ctx), project, milestone, None, day, accepted=True)


def _report(
    settings: Settings,
    project: str,
    milestone: str,
    percent: Decimal | None,
    day: date | None,
    *,
    accepted: bool,
) -> None:
    when = day or settings.day
    with book_to_write(settings) as book:
        contract = book.terms.contracts[chosen_project(book.terms, project)]
        record = progress_transaction(
            book.terms,
            contract.id,
            known("milestone", milestone, contract.milestones),
            when,
            percent,
            _taken(book),
            accepted=when if accepted else None,
            options=book.options,
        )
        _write(settings, book, record)


def _person(terms: Terms, name: str | None) -> str:
    people = terms.firm.people
    if name is None:
        if len(people) != 1:
            raise Refusal([f"who worked? give --person; known: {', '.join(people) or 'none'}"])
        return next(iter(people))
    called = {alias: person.id for person in people.values() for alias in person.aliases}
    called.update({person.name: person.id for person in people.values()})
    called.update({person: person for person in people})
    return called[known("person", name, called)]


def _percent(text: str) -> Decimal:
    found = PERCENT.fullmatch(text.strip())
    if found is None or Decimal(found[1]) > FULL:
        raise Refusal([f'"{text}" is not a percentage; write a number from 0 to 100'])
    return Decimal(found[1])


def _taken(book: Book) -> set[str]:
    """All ids that the ledger's transactions and their postings have."""
    metas = (
        meta
        for entry in book.entries
        if isinstance(entry, Transaction)
        for meta in (entry.meta, *(posting.meta for posting in entry.postings))
    )
    return {str(meta["id"]) for meta in metas if meta and "id" in meta}


def _write(settings: Settings, book: Book, record: Record) -> None:
    paths = write_to_book(settings, book, [record])
    text = text_of(record, book.terms.firm.hour)
    if settings.format == "json":
        print_json({"files": paths, "entry": text})
    else:
        click.echo(text, nl=False)
        click.echo(f"; written to {', '.join(paths)}")
