"""`projbill log`, `progress` and `accept`: facts that a person enters by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from projbill_beancount.cli.hours import parse_hours
from projbill_beancount.cli.hours import parse_percent
from projbill_beancount.cli.reading import print_entered
from projbill_beancount.cli.reading import reader
from projbill_beancount.cli.reading import refusing
from projbill_beancount.cli.settings import parse_day
from projbill_beancount.cli.settings import settings_of
from projbill_beancount.cli.settings import settings_options
from projbill_beancount.invoicing.record import accept_milestone
from projbill_beancount.invoicing.record import log_time
from projbill_beancount.invoicing.record import report_progress

if TYPE_CHECKING:
    from datetime import date

day_option = click.option(
    "--date", "day", metavar="DATE", callback=parse_day, help="The day [default: --as-of, today]."
)
dry_run_option = click.option("--dry-run", is_flag=True, help="Print it; write nothing.")


@click.command("log")
@click.argument("project")
@click.argument("hours")
@click.option("--person", help="Who worked [default: the only one in projbill.yaml].")
@click.option("--task", default="", help="The contract's task.")
@day_option
@click.option("--note", default="", help="What was done.")
@click.option("--billable/--no-billable", default=None, help="Say it for this entry itself.")
@dry_run_option
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
    dry_run: bool,
) -> None:
    """Log HOURS on PROJECT: 1.5, 1:30, 90m or 1h30m."""
    settings = settings_of(ctx)
    seconds = parse_hours(hours)
    with refusing(settings):
        entered = log_time(
            settings.path,
            project,
            seconds,
            person=person,
            task=task,
            note=note,
            billable=billable,
            as_of=settings.as_of,
            on=day,
            dry_run=dry_run,
            read=reader(settings),
        )
    print_entered(settings, entered, entered.text, dry_run=dry_run)


@click.command("progress")
@click.argument("project")
@click.argument("milestone")
@click.argument("percent")
@day_option
@dry_run_option
@settings_options
@click.pass_context
def progress_command(
    ctx: click.Context,
    *,
    project: str,
    milestone: str,
    percent: str,
    day: date | None,
    dry_run: bool,
) -> None:
    """Report that MILESTONE of PROJECT is complete to PERCENT, counted from its beginning."""
    settings = settings_of(ctx)
    complete = parse_percent(percent)
    with refusing(settings):
        entered = report_progress(
            settings.path,
            project,
            milestone,
            complete,
            as_of=settings.as_of,
            on=day,
            dry_run=dry_run,
            read=reader(settings),
        )
    print_entered(settings, entered, entered.text, dry_run=dry_run)


@click.command("accept")
@click.argument("project")
@click.argument("milestone")
@day_option
@dry_run_option
@settings_options
@click.pass_context
def accept_command(
    ctx: click.Context, *, project: str, milestone: str, day: date | None, dry_run: bool
) -> None:
    """Record that the client accepted MILESTONE of PROJECT; that also means 100 %."""
    settings = settings_of(ctx)
    with refusing(settings):
        entered = accept_milestone(
            settings.path,
            project,
            milestone,
            as_of=settings.as_of,
            on=day,
            dry_run=dry_run,
            read=reader(settings),
        )
    print_entered(settings, entered, entered.text, dry_run=dry_run)
