"""The group of all commands."""

from __future__ import annotations

import difflib
import errno
from importlib import import_module
from typing import NamedTuple

import click

from projbill_beancount import __version__
from projbill_beancount.cli.settings import Refusal
from projbill_beancount.cli.settings import Settings
from projbill_beancount.cli.settings import settings_options


class Known(NamedTuple):
    """Where a command is: a module of this package, and one line that says what it does."""

    module: str
    help: str


COMMANDS = {
    "init": Known("init", "Write a working ledger to start from."),
    "import": Known("importing", "Take exports into the ledger's time files."),
    "status": Known("status", "Show where each project stands."),
    "drafts": Known("drafts", "Show what can be invoiced, and what is held and why."),
    "unbilled": Known("unbilled", "Show billable hours that are on no invoice."),
    "wip": Known("wip", "Show the WIP schedule: earned against billed, and what it costs."),
    "retainers": Known("retainers", "Show the hours and fees of retainers, and deposits."),
    "profit": Known("profit", "Show what hours cost and what they bring."),
    "ageing": Known("ageing", "Show what clients owe, by how long it is due."),
    "statement": Known("statement", "Show a client's account with its balance."),
    "match": Known("match", "Find the invoices that bank transactions pay, and link them."),
    "check": Known("check", "Show everything that does not fit; exit 1 on an error or a hold."),
    "explain": Known("explain", "Say why: a draft, an invoice or a time entry."),
    "log": Known("by_hand", "Log hours by hand."),
    "progress": Known("by_hand", "Report how far a milestone is."),
    "accept": Known("by_hand", "Record that the client accepted a milestone."),
    "approve": Known("decisions", "Approve a change order."),
    "hold": Known("decisions", "Hold a draft, or the drafts of a project, until a release."),
    "release": Known("decisions", "Release a held draft, or the hold of a project."),
    "write-off": Known("decisions", "Take entries or a draft out of billing for good."),
    "issue": Known("invoices", "Issue drafts as numbered, frozen invoices."),
    "credit": Known("invoices", "Credit an invoice, a line of it, or hours of entries."),
    "void": Known("invoices", "Take back an invoice that was never sent."),
    "renumber": Known("invoices", "Give one of two invoices with one number the next one."),
    "verify": Known("invoices", "Check that issued invoices are as they were issued."),
    "schema": Known("schema", "Print the JSON Schema of projbill.yaml and the contracts."),
    "open": Known("opening", "Print the `open` directives that the ledger lacks."),
}


class Commands(click.Group):
    """Imports a command when it is asked for, and turns a failing file into one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, in the order of a project's life."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, None where there is none."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"projbill_beancount.cli.{COMMANDS[cmd_name].module}")
        command = vars(module)[f"{cmd_name.replace('-', '_')}_command"]
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that `args` begin with; an unknown one is refused with the nearest name."""
        near = difflib.get_close_matches(args[0], COMMANDS, n=1)
        if args[0] not in COMMANDS and near:
            ctx.fail(f'No such command "{args[0]}"; did you mean "{near[0]}"?')
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, known.help) for name, known in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; a file that cannot be read or written is the user's to mend."""
        try:
            return super().invoke(ctx)
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise
            what = error.filename or "standard output"
            raise Refusal([f"{what}: {error.strerror}"]) from error


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="projbill")
@settings_options
@click.pass_context
def main(ctx: click.Context) -> None:
    """Bill projects out of a Beancount ledger: time and milestones in, invoices out."""
    ctx.ensure_object(Settings)
