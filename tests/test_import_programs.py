"""Trackers themselves as sources: what they write is imported, and adds up to what they say."""

from __future__ import annotations

import csv
import io
import os
import shutil
import subprocess
import sys
from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from tests.import_books import make_books
from tests.import_books import write

if TYPE_CHECKING:
    from pathlib import Path

    from tests.import_books import Books

BERLIN = {"TZ": "Europe/Berlin", "LC_ALL": "C.UTF-8"}


def run(*command: str, **environment: str) -> str:
    done = subprocess.run(
        command,
        env=os.environ | BERLIN | environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
        stdin=subprocess.DEVNULL,
    )
    return done.stdout


def seconds_by_project(books: Books) -> dict[str, int]:
    found: dict[str, int] = defaultdict(int)
    for entry in books.time():
        project = entry["account"].rpartition(":")[2]
        found[project] += int((Decimal(entry["hours"]) * 3600).quantize(Decimal(1)))
    return dict(found)


# Timewarrior

timew = pytest.mark.skipif(not shutil.which("timew"), reason="timew is not installed")


def timewarrior(folder: Path, *command: str) -> str:
    home = folder / "timew"
    home.mkdir(exist_ok=True)
    (home / "timewarrior.cfg").touch()
    return run("timew", *command, TIMEWARRIORDB=str(home))


@timew
def test_timewarrior_export(tmp_path: Path) -> None:
    books = make_books(tmp_path, "{timew: {person: bo}}")
    sessions = [
        ("2026-03-02T09:00:00", "2026-03-02T10:30:17", "Migration", "architecture", "billable"),
        ("2026-03-28T23:30:00", "2026-03-29T04:00:00", "Mobile app", 'say "x"', "non-billable"),
        ("2026-03-31T22:00:00", "2026-03-31T23:00:00", "Mobile app", "dev", "billable"),
    ]
    for start, end, *tags in sessions:
        timewarrior(tmp_path, "track", start, "-", end, *tags)
    timewarrior(tmp_path, "annotate", "@1", 'Größe; "quoted" and {braces}')
    (report,) = books.take(write(tmp_path, timewarrior(tmp_path, "export")))
    assert (report.format, report.rows, report.new) == ("timew", 3, 3)
    # The night of the 28th has 4:30 h on the clock and 3:30 h of work.
    assert seconds_by_project(books) == {"ACME-MIG": 5417, "BOLT-APP": 12_600 + 3600}
    noted = [entry["note"] for entry in books.time() if "note" in entry]
    assert noted == ['Größe; "quoted" and {braces}']
    # One more interval gives every older one another number.
    timewarrior(tmp_path, "track", "2026-04-01T09:00:00", "-", "2026-04-01T10:00:00", "Mobile app")
    (again,) = books.take(write(tmp_path, timewarrior(tmp_path, "export")))
    assert (again.known, again.new, again.changed) == (3, 1, ())


# Watson

watson = pytest.mark.skipif(
    subprocess.run(
        [sys.executable, "-c", "import watson"], capture_output=True, check=False
    ).returncode
    != 0,
    reason="td-watson is not installed",
)


def watsons(folder: Path, *command: str) -> str:
    return run(sys.executable, "-m", "watson", *command, WATSON_DIR=str(folder / "watson"))


@watson
def test_watson_log_and_its_file(tmp_path: Path) -> None:
    books = make_books(tmp_path, "{watson: {person: bo, zone: Europe/Berlin}}")
    for start, end, *rest in (
        ("2026-01-12 09:00", "2026-01-12 10:30", "Migration", "+architecture", "+billable"),
        ("2026-01-13 09:00", "2026-01-13 11:00", "Mobile app"),
        ("2026-01-13 09:00", "2026-01-13 11:00", "Mobile app"),
    ):
        watsons(tmp_path, "add", "--from", start, "--to", end, *rest)
    span = ("--from", "2026-01-01", "--to", "2026-01-31", "--no-pager")
    (report,) = books.take(write(tmp_path, watsons(tmp_path, "log", "--json", *span)))
    assert (report.format, report.new) == ("watson", 3)
    assert seconds_by_project(books) == {"ACME-MIG": 5400, "BOLT-APP": 14_400}
    frames = (tmp_path / "watson" / "frames").read_text()
    for text in (watsons(tmp_path, "log", "--csv", *span), frames):
        (again,) = books.take(write(tmp_path, text))
        assert (again.known, again.new, again.changed) == (3, 0, ())
    refused = books.refusal(write(tmp_path, watsons(tmp_path, "report", "--csv", *span)))
    assert refused.startswith("1: a report of Watson has sums")


# hledger

hledger = pytest.mark.skipif(not shutil.which("hledger"), reason="hledger is not installed")

TIMECLOCK = """\
i 2026-03-02 09:00:00 ACME-MIG:architecture  plan
o 2026-03-02 12:30:00
i 2026-03-02 13:00:00 BOLT-APP:dev
o 2026-03-02 14:06:00
i 2026-03-31 22:21:00 BOLT-APP:dev
o 2026-04-01 02:00:00
i 2026-04-01 09:00:00 ACME-MIG
o 2026-04-01 09:45:00
"""
TIMEDOT = """\
# a comment
2026-03-02 on site
ACME-MIG:architecture  .... .... ..
BOLT-APP:dev           1.75

2026-03-03
BOLT-APP:dev   90m
BOLT-APP:dev   90m
BOLT-APP       .... .
ACME-MIG       0.1h  ; short
"""


def totals(path: Path) -> dict[str, Decimal]:
    """hledger's own balances by project, in hours to two places."""
    text = run("hledger", "-f", str(path), "balance", "--flat", "--depth", "1", "-O", "csv", "-N")
    return {
        row["account"]: Decimal(row["balance"].rstrip("h"))
        for row in csv.DictReader(io.StringIO(text))
    }


@hledger
@pytest.mark.parametrize(("name", "text"), [("timeclock", TIMECLOCK), ("timedot", TIMEDOT)])
def test_hledger_counts_the_same_hours(tmp_path: Path, name: str, text: str) -> None:
    books = make_books(tmp_path, f"{{{name}: {{person: bo}}}}")
    path = write(tmp_path, text, f"work.{name}")
    (report,) = books.take(path)
    assert (report.format, report.refused) == (name, ())
    wanted = totals(path)
    assert set(wanted) == {"ACME-MIG", "BOLT-APP"}
    for project, seconds in seconds_by_project(books).items():
        # It ends a day at 23:59:59 and rounds each entry to two places.
        assert abs(Decimal(seconds) / 3600 - wanted[project]) <= Decimal("0.02")


@hledger
def test_hledger_counts_the_same_hours_by_day(tmp_path: Path) -> None:
    books = make_books(tmp_path, "{timeclock: {person: bo}}")
    path = write(tmp_path, TIMECLOCK, "work.timeclock")
    books.take(path)
    text = run("hledger", "-f", str(path), "register", "-O", "csv")
    wanted: dict[str, Decimal] = defaultdict(Decimal)
    for row in csv.DictReader(io.StringIO(text)):
        wanted[row["date"]] += Decimal(row["amount"].rstrip("h"))
    seen: dict[str, Decimal] = defaultdict(Decimal)
    for entry in books.time():
        seen[entry["date"]] += Decimal(entry["hours"])
    assert set(seen) == set(wanted)
    assert all(abs(seen[day] - wanted[day]) <= Decimal("0.02") for day in wanted)
