"""`projbill init`: a working ledger to start from."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import click

from projbill_beancount.cli.settings import Refusal
from projbill_beancount.cli.settings import settings_of
from projbill_beancount.cli.settings import settings_options

if TYPE_CHECKING:
    from datetime import date

STARTER = {
    "main.beancount": "main.beancount",
    "projbill.yaml": "projbill.yaml",
    "contracts/example.yaml": "example.yaml",
    "time/@YEAR@-@MONTH@.beancount": "time.beancount",
    "invoices.beancount": "invoices.beancount",
    "decisions.beancount": "decisions.beancount",
    "import.py": "import.py.txt",
    ".gitignore": "gitignore.txt",
}


@click.command("init")
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@settings_options
@click.pass_context
def init_command(ctx: click.Context, folder: Path) -> None:
    """Write a working ledger to start from into DIR.

    Nothing is written if one of its files is there already.
    """
    texts = _starter(settings_of(ctx).day)
    there = [name for name in texts if (folder / name).exists()]
    if there:
        raise Refusal(
            [f"{folder / name}: is there already; choose an empty folder" for name in there]
        )
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (folder / "exports").mkdir(exist_ok=True)
    click.echo(f"Wrote a ledger to {folder}. Next:")
    click.echo("  edit projbill.yaml and contracts/example.yaml")
    click.echo(f"  projbill -f {folder / 'main.beancount'} status")
    click.echo(f"  fava {folder / 'main.beancount'}")


def _starter(day: date) -> dict[str, str]:
    """The files of the starting ledger by path, dated in the month of `day`."""
    source = files("projbill_beancount.cli") / "starter"
    return {
        _dated(name, day): _dated((source / file).read_text(encoding="utf-8"), day)
        for name, file in STARTER.items()
    }


def _dated(text: str, day: date) -> str:
    return text.replace("@YEAR@", f"{day.year:04}").replace("@MONTH@", f"{day.month:02}")
