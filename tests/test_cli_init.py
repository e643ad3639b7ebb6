from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from beancount import loader

from tests.cli_books import projbill


def test_the_starting_ledger_loads_and_has_a_status(tmp_path: Path) -> None:
    folder = tmp_path / "books"
    result = projbill("--as-of", "2026-03-15", "init", folder)
    assert result.exit_code == 0
    assert sorted(
        str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()
    ) == [
        ".gitignore",
        "contracts/example.yaml",
        "decisions.beancount",
        "import.py",
        "invoices.beancount",
        "main.beancount",
        "projbill.yaml",
        "time/2026-03.beancount",
    ]
    ledger = folder / "main.beancount"
    check = subprocess.run(
        [Path(sys.executable).with_name("bean-check"), ledger],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (check.returncode, check.stderr) == (0, "")
    status = projbill("-f", ledger, "--as-of", "2026-03-31", "status", "--format", "json")
    assert status.exit_code == 0
    assert status.stderr == "0 findings\n"
    (project,) = json.loads(status.stdout)["projects"]
    assert (project["project"], project["unbilled"]) == ("EXAMPLE-1", "0.00")
    assert not projbill("-f", ledger, "open").stdout


def test_hours_logged_into_the_starting_ledger_become_a_draft(tmp_path: Path) -> None:
    assert projbill("--as-of", "2026-03-15", "init", tmp_path).exit_code == 0
    ledger = tmp_path / "main.beancount"
    logged = projbill("-f", ledger, "--as-of", "2026-03-15", "log", "EXAMPLE-1", "1:30")
    assert logged.exit_code == 0, logged.output
    told = projbill("-f", ledger, "--as-of", "2026-03-31", "drafts", "--format", "json")
    (draft,) = json.loads(told.stdout)["drafts"]
    assert (draft["draft"], draft["net"], draft["total"]) == (
        "EXAMPLE-1/time/2026-03-31",
        "180.00",
        "214.20",
    )
    assert loader.load_file(str(ledger))[1] == []


def test_no_file_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "projbill.yaml").write_text("mine")
    (tmp_path / "notes.txt").write_text("mine too")
    result = projbill("init", tmp_path)
    assert result.exit_code == 2
    assert result.stderr == (
        f"{tmp_path}/projbill.yaml: is there already; choose an empty folder\n"
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["notes.txt", "projbill.yaml"]


def test_a_folder_with_other_files_may_become_a_ledger(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    assert projbill("init", tmp_path).exit_code == 0
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = projbill("init", tmp_path / "file" / "books")
    assert result.exit_code == 2
    assert result.stderr == f"{tmp_path}/file/books: Not a directory\n"


def test_the_starting_import_configuration_has_the_importers(tmp_path: Path) -> None:
    assert projbill("init", tmp_path).exit_code == 0
    code = "import runpy; print(len(runpy.run_path('import.py')['CONFIG']) > 0)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("True\n", "")
