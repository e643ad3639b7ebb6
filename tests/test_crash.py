"""Killed at every system call that writes, or out of disk: the books stay whole, and it can be redone.

The program runs for real, under strace, which kills it on entering a call or lets the call fail.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING
from typing import NamedTuple

import pytest
from beancount import loader

from tests.issue_books import AS_OF
from tests.issue_books import ask
from tests.issue_books import invoices_of
from tests.issue_books import projbill
from tests.issue_books import write_books

if TYPE_CHECKING:
    from pathlib import Path

STRACE = shutil.which("strace")
pytestmark = pytest.mark.skipif(
    STRACE is None and not os.environ.get("CI"), reason="strace is not installed"
)
WRITES = (
    "write", "pwrite64", "writev", "rename", "renameat", "renameat2", "unlink", "unlinkat", "mkdir",
    "mkdirat", "fsync", "fdatasync", "ftruncate", "truncate", "chmod", "fchmod", "fchmodat",
    "utimensat", "link", "linkat", "symlink", "symlinkat", "flock",
)  # fmt: skip
CALL = re.compile(r"^\d+\s+(\w+)\((.*)$")
HOURS = """\
Person,Date,Hours,Project,Task
ana,2025-03-20,2:00,APP,dev
ben,2025-04-21,1:30,APP,dev
ana,2025-04-22,0:45,APP,support
"""
IMPORTS = "imports:\n  hours-csv: {dates: ymd}\n"


class Scenario(NamedTuple):
    """Commands that prepare the books, and the one that is killed."""

    before: tuple[tuple[str, ...], ...]
    command: tuple[str, ...]


SCENARIOS = {
    "issue one": Scenario((), ("issue", "APP/time/2025-03-31")),
    "issue all": Scenario((), ("issue",)),
    "issue more": Scenario((("issue", "WEB"),), ("issue", "APP")),
    "credit whole": Scenario((("issue",),), ("credit", "INV-2025-0002")),
    "credit a line": Scenario((("issue",),), ("credit", "INV-2025-0002", "--line", "1")),
    "credit an entry": Scenario((("issue",),), ("credit", "INV-2025-0002", "--entry", "t-2")),
    "void": Scenario((("issue",),), ("void", "INV-2025-0002", "--reason", "x")),
    "import": Scenario((), ("import", "hours.csv")),
    "import more": Scenario((("issue",),), ("import", "hours.csv")),
}


class Point(NamedTuple):
    """The n-th call of a name, counted from 1."""

    call: str
    number: int


def prepare(folder: Path, scenario: Scenario) -> Path:
    folder.mkdir()
    ledger = write_books(folder)
    config = folder / "projbill.yaml"
    config.write_text(config.read_text() + IMPORTS)
    (folder / "hours.csv").write_text(HOURS)
    for command in scenario.before:
        projbill(ledger, *command)
    return ledger


def traced(
    ledger: Path, command: tuple[str, ...], *options: str
) -> subprocess.CompletedProcess[str]:
    assert STRACE is not None, "install strace: apt-get install strace"
    code = "from projbill_beancount.cli import main; main()"
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [STRACE, "-f", "-qq", *options, sys.executable, "-c", code, "-f", str(ledger),
         "--as-of", AS_OF, *command],
        cwd=ledger.parent, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


def points(tmp_path: Path, scenario: Scenario) -> list[Point]:
    """Every writing call of an undisturbed run, in order."""
    ledger = prepare(tmp_path / "reference", scenario)
    log = tmp_path / "calls"
    calls = ",".join((*WRITES, "openat"))
    done = traced(ledger, scenario.command, "-o", str(log), "-e", f"trace={calls}")
    assert done.returncode == 0, done.stderr
    counts: Counter[str] = Counter()
    found = []
    for line in log.read_text(errors="replace").splitlines():
        match = CALL.match(line)
        if match is None:
            continue
        call, rest = match.groups()
        counts[call] += 1
        if call != "openat" or "O_CREAT" in rest or "O_WRONLY" in rest or "O_RDWR" in rest:
            found.append(Point(call, counts[call]))
    return found


def state(ledger: Path) -> tuple[str, dict[str, str]]:
    """What is issued and logged, with everything that may differ between two runs left out."""
    months = sorted((ledger.parent / "time").glob("[!.]*"))
    times = {path.name: path.read_text() for path in months}
    return invoices_of(ledger), times


def check(ledger: Path, old: object, new: object) -> None:
    """The books load, and are those before the command or those after it."""
    _, errors, _ = loader.load_file(str(ledger))
    assert errors == []
    assert state(ledger) in (old, new) or _half_imported(state(ledger), old, new)
    numbers = re.findall(r'^  invoice: "(\S+)"', invoices_of(ledger), re.MULTILINE)
    assert len(numbers) == len(set(numbers))


def _half_imported(seen: object, old: object, new: object) -> bool:
    """An import writes months one after the other: each file is as it was or as it will be."""
    assert isinstance(seen, tuple)
    assert isinstance(old, tuple)
    assert isinstance(new, tuple)
    names = {*old[1], *new[1]}
    return seen[0] == old[0] and all(
        seen[1].get(name) in (old[1].get(name), new[1].get(name)) for name in names
    )


@pytest.mark.parametrize("name", SCENARIOS)
def test_killed_at_any_write(tmp_path: Path, name: str) -> None:
    scenario = SCENARIOS[name]
    known = points(tmp_path, scenario)
    assert len(known) > 12
    new = state(tmp_path / "reference" / "main.beancount")
    for number, point in enumerate(known):
        ledger = prepare(tmp_path / str(number), scenario)
        old = state(ledger)
        inject = f"inject={point.call}:signal=SIGKILL:when={point.number}"
        killed = traced(ledger, scenario.command, "-o", "/dev/null", "-e", inject)
        assert killed.returncode != 0, point
        check(ledger, old, new)
        finish(ledger, scenario, new)


@pytest.mark.parametrize("name", SCENARIOS)
def test_any_write_fails_for_want_of_space(tmp_path: Path, name: str) -> None:
    scenario = SCENARIOS[name]
    known = [
        point
        for point in points(tmp_path, scenario)
        if point.call in {"write", "fsync", "rename", "openat", "mkdir"}
    ]
    new = state(tmp_path / "reference" / "main.beancount")
    for number, point in enumerate(known):
        ledger = prepare(tmp_path / str(number), scenario)
        old = state(ledger)
        inject = f"inject={point.call}:error=ENOSPC:when={point.number}"
        failed = traced(ledger, scenario.command, "-o", "/dev/null", "-e", inject)
        assert "Traceback" not in failed.stderr, (point, failed.stderr)
        check(ledger, old, new)
        finish(ledger, scenario, new)


def finish(ledger: Path, scenario: Scenario, new: object) -> None:
    """Running the command again finishes the job, or says that it is done."""
    if state(ledger) != new:
        projbill(ledger, *_here(ledger, scenario.command))
    assert state(ledger) == new
    again = traced(ledger, scenario.command, "-o", "/dev/null", "-e", "trace=none")
    assert again.returncode in (0, 2)
    assert state(ledger) == new
    assert not [
        row for row in ask(ledger, "check", status=0)["findings"] if row["severity"] == "error"
    ]


def _here(ledger: Path, command: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(str(ledger.parent / word) if word == "hours.csv" else word for word in command)


@pytest.fixture
def small_disk(tmp_path: Path) -> Path:
    """A file system of 64 kB; needs the right to mount."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)],
        check=False,
        capture_output=True,
    )
    if mounted.returncode:
        assert not os.environ.get("CI"), mounted.stderr
        pytest.skip("mounting a small disk needs root")
    return folder


@pytest.mark.parametrize("command", [("issue",), ("import", "hours.csv")])
def test_a_full_disk_leaves_the_old_files(small_disk: Path, command: tuple[str, ...]) -> None:
    try:
        books = prepare(small_disk / "books", Scenario((), command))
        old = state(books)
        filler = small_disk / "filler"
        for free in range(0, 16384, 1024):
            _fill(filler, free)
            result = traced(books, command, "-o", "/dev/null", "-e", "trace=none")
            if result.returncode == 0:
                break
            assert result.returncode == 2, result.stderr
            assert "No space left" in result.stderr
            assert "Traceback" not in result.stderr
            assert state(books) == old
        else:
            pytest.fail("the disk never had room enough")
        assert free > 0
        filler.unlink()
        assert state(books) != old
        assert loader.load_file(str(books))[1] == []
    finally:
        subprocess.run(["umount", str(small_disk)], check=True)


def _fill(filler: Path, free: int) -> None:
    """Fill the disk but for `free` bytes."""
    filler.unlink(missing_ok=True)
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 512)
        except OSError:
            pass
    size = filler.stat().st_size
    os.truncate(filler, max(size - free, 0))
