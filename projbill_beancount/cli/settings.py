"""What every command shares: the ledger, the day, the output format; and how it refuses."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from datetime import datetime
from pathlib import Path
from typing import IO
from typing import Any
from typing import Literal
from typing import TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])
Format = Literal["table", "json", "csv"]

USAGE = 2


@dataclass
class Settings:
    """The shared options, given before the command or after it; the later one wins.

    `ledger` None means $BEANCOUNT_FILE, else `main.beancount`; `as_of` None means what the
    ledger's plugin line says, else today.
    """

    ledger: str | None = None
    as_of: date | None = None
    format: Format = "table"

    @property
    def path(self) -> str:
        """The absolute path of the ledger."""
        name = self.ledger or os.environ.get("BEANCOUNT_FILE") or "main.beancount"
        return os.path.normpath(Path.cwd() / name)

    @property
    def root(self) -> str:
        """The folder of the ledger."""
        return str(Path(self.path).parent)

    @property
    def day(self) -> date:
        """The day that something is entered for: `--as-of`, else today."""
        return self.as_of or datetime.now().astimezone().date()


class Refusal(click.ClickException):
    """What a command cannot do: one line each on stderr, exit code 2."""

    exit_code = USAGE

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the lines."""
        for line in self.lines:
            click.echo(" ".join(line.split("\n")), file=file or sys.stderr)


def parse_day(ctx: click.Context, param: click.Parameter, value: str | None) -> date | None:
    """An option's value `2026-03-31` as a date; anything else is a usage error."""
    try:
        return None if value is None else date.fromisoformat(value)
    except ValueError as error:
        message = f'"{value}" is not a date; write it as 2026-03-31.'
        raise click.BadParameter(message, ctx, param) from error


def settings_options(command: Command) -> Command:
    """Give `command` the shared options; their values go to the context's `Settings`."""
    for option in reversed(
        (
            click.option(
                "-f",
                "--file",
                "ledger",
                metavar="LEDGER",
                expose_value=False,
                callback=_keep,
                help="The top-level ledger file [default: $BEANCOUNT_FILE, else main.beancount].",
            ),
            click.option(
                "--as-of",
                metavar="DATE",
                expose_value=False,
                callback=_keep_day,
                help="The day to judge by [default: the plugin line's, else today].",
            ),
            click.option(
                "--format",
                type=click.Choice(["table", "json", "csv"]),
                expose_value=False,
                callback=_keep,
                help="How to print [default: table].",
            ),
        )
    ):
        command = option(command)
    return command


def _keep(ctx: click.Context, param: click.Parameter, value: object) -> None:
    settings = ctx.ensure_object(Settings)
    if value is not None:
        setattr(settings, str(param.name), value)


def _keep_day(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    _keep(ctx, param, parse_day(ctx, param, value))


def settings_of(ctx: click.Context) -> Settings:
    """The shared options of a running command."""
    settings = ctx.obj
    assert isinstance(settings, Settings)
    if os.environ.get("NO_COLOR"):
        ctx.color = False
    return settings
