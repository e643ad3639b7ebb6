"""The format that the documentation declares, installed as a package of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.import_books import make_books
from tests.import_books import write

GUIDE = (Path(__file__).parent.parent / "docs" / "importing.md").read_text(encoding="utf-8")
MAIN = "from projbill_beancount.cli import main; main()"
HEADER = (
    "Client,Project,Budget Type,Date,Name,Email,Logged Hours,Planned Hours,Tags,Billed,Notes,"
    "Billable Hours,Non-Billable Hours\n"
)
REPORT = HEADER + (
    "BOLT AG,,,,,,3.5,,,,,3.0,0.5\n"
    "BOLT AG,Mobile app,Hours,,,,3.5,,,,,3.0,0.5\n"
    "BOLT AG,Mobile app,,18/03/2026,Bo Lindqvist,bo@x,2.5,,,No,Login,2.5,0\n"
    "BOLT AG,Mobile app,,19/03/2026,Bo Lindqvist,bo@x,0.5,,,No,Mail,0,0.5\n"
    "BOLT AG,Mobile app,,20/03/2026,Bo Lindqvist,bo@x,0.5,,,Yes,Old,0.5,0\n"
)


def block(language: str, containing: str) -> str:
    blocks = re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)
    (found,) = [text for text in blocks if containing in text]
    return str(found)


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    info = folder / "x_timely-1.0.dist-info"
    info.mkdir(parents=True)
    (folder / "x_timely.py").write_text(block("python", "TIMELY"))
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: x-timely\nVersion: 1.0\n")
    group, line = block("toml", "x_timely:TIMELY").strip().splitlines()
    name = group.strip("[]").removeprefix("project.entry-points.").strip('"')
    (info / "entry_points.txt").write_text(f"[{name}]\n{line.replace(chr(34), '')}\n")
    return folder


def run(package: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", MAIN, *command],
        env=os.environ | {"PYTHONPATH": str(package)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_format_in_the_guide_imports_and_adds_up(tmp_path: Path, package: Path) -> None:
    books = make_books(tmp_path, '{x-timely: {ignore: [{client: "Nobody"}]}}')
    export = write(tmp_path, REPORT)
    done = run(package, "-f", str(books.ledger), "import", str(export))
    assert done.returncode == 0, done.stderr
    assert f"{export} (x-timely): 5 rows: 2 new, 0 known" in done.stdout + done.stderr
    assert [(one["id"], one["hours"], one["billable"]) for one in books.time()] == [
        ("x-timely-bo-2026-03-18-1", "2.5000", True),
        ("x-timely-bo-2026-03-19-1", "0.5000", False),
    ]


def test_a_format_that_cannot_be_loaded_is_named(tmp_path: Path, package: Path) -> None:
    books = make_books(tmp_path)
    (package / "x_timely.py").write_text("import nothing_of_the_kind\n")
    done = run(package, "-f", str(books.ledger), "import", str(write(tmp_path, REPORT)))
    assert done.returncode != 0
    assert "the format x_timely:TIMELY cannot be loaded: No module named" in done.stderr
