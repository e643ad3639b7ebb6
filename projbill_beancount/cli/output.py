"""Printing: JSON, CSV and tables on stdout, remarks on stderr."""

from __future__ import annotations

import csv
import io
import json
import sys
from contextlib import contextmanager
from threading import Timer
from time import monotonic
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Iterable
    from collections.abc import Iterator
    from collections.abc import Mapping
    from collections.abc import Sequence

    from projbill_beancount.reports.table import Table

COLOURS = {"error": "red", "hold": "magenta", "warning": "yellow"}


# Shorter work needs no sign that it goes on.
SILENT_SECONDS = 1.0
ERASE_LINE = "\r\x1b[K"
BAR = 30


def print_json(data: object) -> None:
    """Print `data` as JSON, keys in their order."""
    click.echo(json.dumps(data, indent=2, ensure_ascii=False))


def print_csv(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> None:
    """Print a header and a line for each row; nested mappings become `outer.inner` columns."""
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({key: _cell(value) for key, value in _flat(row)})
    click.echo(out.getvalue(), nl=False)


def print_table(table: Table, *, indent: str = "") -> None:
    """Print `table` in columns, numbers to the right."""
    import tabulate  # noqa: PLC0415 - a tenth of what a command needs to start

    # Headers are as wide as their words; by default two blanks are added to each.
    tabulate.MIN_PADDING = 0
    text = tabulate.tabulate(
        [[_styled(printable(cell)) for cell in row] for row in table.rows],
        headers=[column.title for column in table.columns],
        colalign=["right" if column.right else "left" for column in table.columns],
        disable_numparse=True,
        tablefmt="simple",
    )
    click.echo("\n".join(indent + line.rstrip() for line in text.splitlines()))


@contextmanager
def working(what: str) -> Iterator[Callable[[float], None]]:
    """Show `what` on stderr while the work inside takes longer than a second; on a terminal only.

    Yields what the work may tell how much of it is done, from 0 to 1: then a bar shows it.
    """
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    sign = _Sign(what)
    timer = Timer(SILENT_SECONDS, sign.show)
    timer.daemon = True
    timer.start()
    try:
        yield sign.advance
    finally:
        timer.cancel()
        sign.erase()


class _Sign:
    """That work goes on, in one line without colours, wiped out afterwards."""

    def __init__(self, what: str) -> None:
        self.what = what
        self._since = monotonic()
        self._shown = ""

    def show(self) -> None:
        """Say that the work goes on, as long as nothing says how far it is."""
        if not self._shown:
            self._draw(f"{self.what} …")

    def advance(self, part: float) -> None:
        """Draw the bar, if the work takes long and it has grown."""
        if monotonic() - self._since < SILENT_SECONDS:
            return
        percent = int(100 * min(max(part, 0.0), 1.0))
        full = percent * BAR // 100
        self._draw(f"{self.what} [{'#' * full}{'-' * (BAR - full)}] {percent} %")

    def erase(self) -> None:
        """Leave the line as it was."""
        if self._shown:
            click.echo(ERASE_LINE, nl=False, err=True)

    def _draw(self, text: str) -> None:
        if text != self._shown:
            erase = ERASE_LINE if self._shown else ""
            self._shown = text
            click.echo(f"{erase}{text}", nl=False, err=True)


def remark(line: str) -> None:
    """Print one line on stderr."""
    click.echo(" ".join(line.split("\n")), err=True)


def _flat(row: Mapping[str, object]) -> Iterable[tuple[str, object]]:
    for key, value in row.items():
        if isinstance(value, dict):
            yield from ((f"{key}.{inner}", deep) for inner, deep in _flat(value))
        else:
            yield key, value


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value


def printable(cell: str) -> str:
    """`cell` without control characters, which could steer a terminal."""
    return "".join(char for char in cell if char.isprintable())


def _styled(cell: str) -> str:
    return click.style(cell, fg=COLOURS[cell]) if cell in COLOURS else cell
