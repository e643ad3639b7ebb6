"""`projbill approve`, `release`, `hold` and `write-off`: decisions, appended to the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from projbill_beancount.cli.output import printable
from projbill_beancount.cli.reading import print_entered
from projbill_beancount.cli.reading import reader
from projbill_beancount.cli.reading import refusing
from projbill_beancount.cli.settings import parse_day
from projbill_beancount.cli.settings import settings_of
from projbill_beancount.cli.settings import settings_options
from projbill_beancount.invoicing.decide import approve_change_order
from projbill_beancount.invoicing.decide import hold_billing
from projbill_beancount.invoicing.decide import release_billing
from projbill_beancount.invoicing.decide import write_off

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date
    from typing import Any

    from projbill_beancount.invoicing.entering import Entered

day_option = click.option(
    "--date",
    "day",
    metavar="DATE",
    callback=parse_day,
    help="The day [default: --as-of, the plugin line's, today].",
)
reason_option = click.option("--reason", default="", metavar="TEXT", help="Why; it is kept.")
dry_run_option = click.option("--dry-run", is_flag=True, help="Print it; write nothing.")


def decision_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command what all decisions share."""
    for option in (settings_options, dry_run_option, reason_option, day_option):
        command = option(command)
    return click.pass_context(command)


@click.command("approve")
@click.argument("project")
@click.argument("order", metavar="CHANGE-ORDER")
@decision_options
def approve_command(ctx: click.Context, project: str, order: str, **options: Any) -> None:
    """Approve a change order of PROJECT: it counts and is billed from that day on."""
    _decide(ctx, approve_change_order, project, order, **options)


@click.command("hold")
@click.argument("subject", metavar="PROJECT|DRAFT")
@decision_options
def hold_command(ctx: click.Context, subject: str, **options: Any) -> None:
    """Hold a draft, or the drafts of a project dated on that day or later, until a release."""
    _decide(ctx, hold_billing, subject, **options)


@click.command("release")
@click.argument("subject", metavar="DRAFT|PROJECT")
@decision_options
def release_command(ctx: click.Context, subject: str, **options: Any) -> None:
    """Release a held draft for what it comes to now, or the hold of a whole project.

    The release of a draft lapses when the draft comes to another amount.
    """
    _decide(ctx, release_billing, subject, **options)


@click.command("write-off")
@click.argument("project")
@click.argument("subjects", nargs=-1, required=True, metavar="ENTRY|DRAFT...")
@decision_options
def write_off_command(
    ctx: click.Context, project: str, subjects: tuple[str, ...], **options: Any
) -> None:
    """Take entries, or a draft, out of billing for good; their hours become non-billable."""
    _decide(ctx, write_off, project, subjects, **options)


def _decide(
    ctx: click.Context,
    step: Callable[..., Entered],
    *subject: object,
    day: date | None,
    reason: str,
    dry_run: bool,
) -> None:
    """Take the step with the options that all decisions share, and print what it wrote."""
    settings = settings_of(ctx)
    with refusing(settings):
        entered = step(
            settings.path,
            *subject,
            as_of=settings.as_of,
            on=day,
            reason=reason,
            dry_run=dry_run,
            read=reader(settings),
        )
    shown = "".join(f"{printable(line)}\n" for line in entered.text.splitlines())
    print_entered(settings, entered, shown, dry_run=dry_run)
