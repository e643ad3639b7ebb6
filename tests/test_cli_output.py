from __future__ import annotations

import csv
import io
import os
import subprocess
import sys

import pytest

from projbill_beancount.cli.output import print_csv
from projbill_beancount.cli.output import print_table
from projbill_beancount.cli.output import printable
from projbill_beancount.reports.table import Column
from projbill_beancount.reports.table import Table

WORK = """
import time
from projbill_beancount.cli import output
output.SILENT_SECONDS = 0.2
with output.working("reading books"):
    time.sleep({seconds})
"""


def on_a_terminal(code: str) -> bytes:
    """What a script writes on stderr when that is a terminal."""
    pty = pytest.importorskip("pty")
    parent, child = pty.openpty()
    subprocess.run(
        [sys.executable, "-c", code + "\noutput.remark('done')"], stderr=child, check=True
    )
    os.close(child)
    written = os.read(parent, 10000)
    os.close(parent)
    return written


def test_long_work_shows_on_a_terminal_and_is_wiped_out_afterwards() -> None:
    assert on_a_terminal(WORK.format(seconds=0.6)) == "reading books …\r\x1b[Kdone\r\n".encode()


def test_short_work_shows_nothing() -> None:
    assert on_a_terminal(WORK.format(seconds=0)) == b"done\r\n"


BAR = """
import time
from projbill_beancount.cli import output
output.SILENT_SECONDS = 0.2
with output.working("reading") as done:
    done(0.1)
    time.sleep({seconds})
    done(0.5)
    done(0.5)
    done(1.5)
"""


def test_long_work_that_tells_how_much_is_done_shows_a_bar() -> None:
    half, all_of_it = "#" * 15 + "-" * 15, "#" * 30
    assert on_a_terminal(BAR.format(seconds=0.6)).decode() == (
        f"reading …\r\x1b[Kreading [{half}] 50 %\r\x1b[Kreading [{all_of_it}] 100 %\r\x1b[Kdone\r\n"
    )
    assert on_a_terminal(BAR.format(seconds=0)) == b"done\r\n"


def test_long_work_shows_nothing_without_a_terminal() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WORK.format(seconds=0.4)], capture_output=True, check=True
    )
    assert (done.stdout, done.stderr) == (b"", b"")
    done = subprocess.run(
        [sys.executable, "-c", BAR.format(seconds=0.4)], capture_output=True, check=True
    )
    assert (done.stdout, done.stderr) == (b"", b"")


def test_text_cannot_steer_the_terminal() -> None:
    assert printable("a\x1b[2Jb\x07\nc – ü") == "a[2Jbc – ü"


def test_a_table_keeps_numbers_as_they_are_written(capsys: pytest.CaptureFixture[str]) -> None:
    columns = (Column("Task"), Column("Amount", right=True))
    print_table(Table(columns, [("007", "1.50"), ("b", "100.00")]), indent="  ")
    assert capsys.readouterr().out == (
        "  Task  Amount\n  ----  ------\n  007     1.50\n  b     100.00\n"
    )


def test_csv_flattens_mappings_and_quotes(capsys: pytest.CaptureFixture[str]) -> None:
    print_csv(
        ("name", "hours.worked", "held", "value"),
        [{"name": 'a "b", c', "hours": {"worked": "1.00"}, "held": False, "value": None}],
    )
    text = capsys.readouterr().out
    assert text == 'name,hours.worked,held,value\n"a ""b"", c",1.00,false,\n'
    (row,) = csv.DictReader(io.StringIO(text))
    assert row["name"] == 'a "b", c'
