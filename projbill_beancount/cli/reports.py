"""What commands that print a report share: which contracts, and in which of three formats."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any
from typing import NamedTuple
from typing import TypeVar

import click

from projbill_beancount.cli.output import print_csv
from projbill_beancount.cli.output import print_json
from projbill_beancount.cli.reading import chosen_projects
from projbill_beancount.cli.reading import known
from projbill_beancount.cli.settings import settings_options

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Iterable
    from collections.abc import Mapping
    from collections.abc import Sequence

    from projbill_beancount.cli.settings import Settings
    from projbill_beancount.terms.model import Terms

Command = TypeVar("Command", bound="Callable[..., Any]")


class Csv(NamedTuple):
    """The columns of a report as CSV, and its rows."""

    columns: Sequence[str]
    rows: Iterable[Mapping[str, object]]


def print_report(
    settings: Settings,
    data: Callable[[], object],
    rows: Callable[[], Csv],
    people: Callable[[], None],
) -> None:
    """Print a report in the format that is asked for: JSON, CSV, or as `people` read it."""
    if settings.format == "json":
        print_json(data())
    elif settings.format == "csv":
        print_csv(*rows())
    else:
        people()


def report_options(command: Command) -> Command:
    """Give `command` project arguments, `--client` and the shared options."""
    for option in (
        settings_options,
        click.option(
            "--client",
            "clients",
            multiple=True,
            metavar="CLIENT",
            help="Only the projects of this client; may be given again.",
        ),
        click.argument("projects", nargs=-1, metavar="[PROJECT]..."),
    ):
        command = option(command)
    return command


def contracts_asked_for(
    terms: Terms, projects: Sequence[str], clients: Sequence[str]
) -> frozenset[str]:
    """The ids of the contracts that are named, or are a named client's; all without a name.

    Raises:
        Refusal: a name is no project's, or no client's.
    """
    chosen = chosen_projects(terms, projects)
    asked = frozenset(terms.contracts) if chosen is None else chosen
    if not clients:
        return asked
    names = {known("client", name, terms.firm.clients) for name in clients}
    of_clients = {
        contract.id
        for contract in terms.contracts.values()
        if names & {contract.client, contract.payer, *(share.client for share in contract.split)}
    }
    return asked & of_clients
