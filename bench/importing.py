"""Measures the import of 100,000 rows against `bean-check` of what it wrote.

    .venv/bin/python -m bench.importing

A Toggl export of twenty people on fifty contracts. Each command runs in a fresh process without
Beancount's cache; times are the processor's. Prints seconds, ratios and memory.
"""

from __future__ import annotations

import csv
import os
import random
import resource
import subprocess
import sys
import tempfile
from datetime import date
from datetime import datetime
from datetime import time
from datetime import timedelta
from itertools import count
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROWS, PEOPLE, CONTRACTS = 100_000, 20, 50
FIRST = date(2022, 1, 3)
SESSIONS = 5
RUNS = 5
WEEKEND = 5
BIN = Path(sys.executable).parent
HEADER = ("User", "Email", "Client", "Project", "Task", "Description", "Billable")
TIMES = ("Start date", "Start time", "End date", "End time", "Duration", "Tags")


def main() -> None:
    """Writes books and an export, measures in turn, and prints."""
    measured = []
    for _ in range(RUNS):
        with tempfile.TemporaryDirectory(prefix="projbill-importing-") as name:
            folder = Path(name)
            ledger = write(folder)
            taken = _seconds("projbill", "-f", ledger, "import", str(folder / "toggl.csv"))
            again = _seconds("projbill", "-f", ledger, "import", str(folder / "toggl.csv"))
            measured.append((taken, again, _seconds("bean-check", "--no-cache", ledger)))
    print(f"{ROWS:,} rows, {RUNS} runs")
    print(f"  bean-check of the result  {median(load for _, _, load in measured):8.2f} s")
    _print("import", [(taken, load) for taken, _, load in measured])
    _print("import, nothing new", [(again, load) for _, again, load in measured])
    print(f"  memory of a row, at most  {_memory():8.0f} bytes")


def write(folder: Path) -> str:
    """Books that have no time yet, and `toggl.csv`; returns the top-level file."""
    for name in ("contracts", "time"):
        (folder / name).mkdir()
    people = "".join(f"  p{one}: {{name: Person {one}}}\n" for one in range(PEOPLE))
    (folder / "projbill.yaml").write_text(
        "company: {name: Northlight IT GmbH}\nclients: {acme: {name: ACME}}\n"
        f"people:\n{people}imports: {{toggl: {{zone: Europe/Berlin}}}}\n"
        "defaults: {currency: EUR}\n"
    )
    opens = "2020-01-01 open Assets:Receivable:ACME\n"
    for one in range(CONTRACTS):
        (folder / "contracts" / f"p{one}.yaml").write_text(
            f"project: P{one}\nclient: acme\nstart: 2020-01-01\n"
            "billing: time-and-materials\nrates: {default: 100}\n"
        )
        opens += f"2020-01-01 open Income:Services:P{one}\n"
    (folder / "time" / "2020-01.beancount").write_text("; time by month\n")
    ledger = folder / "main.beancount"
    ledger.write_text(
        'plugin "projbill_beancount.plugins.billing" '
        "\"{'config': 'projbill.yaml', 'as-of': '2026-01-01'}\"\n"
        f'include "time/*.beancount"\n{opens}'
    )
    with (folder / "toggl.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow((*HEADER, *TIMES))
        table.writerows(row for row, _ in zip(_rows(), range(ROWS), strict=False))
    return str(ledger)


def _rows() -> Iterator[tuple[object, ...]]:
    chance = random.Random(1)
    for day in (FIRST + timedelta(days) for days in count()):
        for person in range(PEOPLE) if day.weekday() < WEEKEND else ():
            start = datetime.combine(day, time(8))
            for part in range(SESSIONS):
                minutes = chance.choice((30, 45, 60, 75, 90))
                end = start + timedelta(minutes=minutes)
                work = (f"P{(person + part) % CONTRACTS}", "dev", f"ticket {minutes}", "Yes")
                length = f"{minutes // 60:02}:{minutes % 60:02}:00"
                times = (start.date(), start.time(), end.date(), end.time(), length, "")
                yield (f"Person {person}", f"p{person}@northlight.example", "ACME", *work, *times)
                start = end


def _seconds(command: str, *arguments: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [str(BIN / command), *arguments],
        env=os.environ | {"BEANCOUNT_DISABLE_LOAD_CACHE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{command} failed:\n{done.stdout}{done.stderr}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _memory() -> float:
    """What the import of the whole export takes more than that of one row, by row."""
    with tempfile.TemporaryDirectory(prefix="projbill-importing-") as name:
        folder = Path(name)
        ledger = write(folder)
        whole = folder / "toggl.csv"
        little = folder / "little.csv"
        little.write_text("".join(whole.read_text().splitlines(keepends=True)[:2]))
        peaks = [_peak(ledger, path) for path in (little, whole)]
    return (peaks[1] - peaks[0]) * 1024 / ROWS


def _peak(ledger: str, export: Path) -> int:
    """Kilobytes that a dry run has at most; a process of its own tells of its one child."""
    code = (
        "import resource, subprocess, sys\n"
        "subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    command = [str(BIN / "projbill"), "-f", ledger, "import", "--dry-run", str(export)]
    done = subprocess.run(
        [sys.executable, "-c", code, *command], capture_output=True, text=True, check=True
    )
    return int(done.stdout)


def _print(label: str, parts: list[tuple[float, float]]) -> None:
    ratios = [part / load for part, load in parts]
    print(
        f"  {label:<24}  {median(part for part, _ in parts):8.2f} s  ÷ bean-check"
        f" {median(ratios):6.1%}  (lowest {min(ratios):.1%}, highest {max(ratios):.1%})"
    )


if __name__ == "__main__":
    main()
