from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from beancount import loader

from tests.cli_books import AS_OF
from tests.cli_books import projbill
from tests.cli_books import write_books

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

HEAD = "Date,Person,Project,Task,Hours,Id\n"
GOOD = HEAD + "2026-03-09,carol,BOLT-APP,backend,1.5,a1\n2026-04-01,Dan Roe,BOLT-APP,backend,2,a2\n"
BAD = HEAD + "2026-03-09,carol,BOLT-APP,backend,1.0,b1\n2026-03-10,carol,NOWHERE,,1.0,b2\n"


def take(ledger: Path, *args: object) -> Result:
    return projbill("-f", ledger, "--as-of", AS_OF, "import", *args)


def texts(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / "time").iterdir()}


def test_an_export_goes_into_the_months_of_its_rows_and_twice_changes_nothing(
    tmp_path: Path,
) -> None:
    ledger = write_books(tmp_path)
    export = tmp_path / "hours.csv"
    export.write_text(GOOD)
    first = take(ledger, export)
    assert first.exit_code == 0, first.output
    lines = first.stdout.splitlines()
    assert (
        lines[0] == f"{export} (hours-csv): 2 rows: 2 new, 0 known, 0 changed, 0 skipped, 0 refused"
    )
    assert lines[-1] == "written to time/2026-03.beancount, time/2026-04.beancount"
    errors = [error.message for error in loader.load_file(str(ledger))[1]]
    assert len(errors) == 1
    assert "no rate for dan" in errors[0]
    before = texts(tmp_path)
    second = take(ledger, export)
    assert second.exit_code == 0
    assert "2 rows: 0 new, 2 known, 0 changed, 0 skipped" in second.stdout
    assert second.stdout.endswith("nothing new: no file was changed\n")
    assert texts(tmp_path) == before


ON_A_TERMINAL = """
import sys
from projbill_beancount.cli import main, output
output.SILENT_SECONDS = 0
sys.argv[1:] = {arguments}
main()
"""


def test_a_bar_is_on_a_terminal_alone_and_not_in_the_report(tmp_path: Path) -> None:
    pty = pytest.importorskip("pty")
    ledger = write_books(tmp_path)
    (tmp_path / "hours.csv").write_text(GOOD)
    arguments = ["-f", str(ledger), "--as-of", str(AS_OF), "import", str(tmp_path / "hours.csv")]
    parent, child = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-c", ON_A_TERMINAL.format(arguments=arguments)],
        stdout=subprocess.PIPE,
        stderr=child,
        check=True,
    )
    os.close(child)
    shown = os.read(parent, 10000).decode()
    os.close(parent)
    bars = [part for part in shown.split("\r\x1b[K") if "[" in part]
    assert bars[0].startswith("reading the exports [")
    assert bars[-1].startswith("writing [")
    assert shown.endswith("\r\x1b[K")
    assert "\x1b" not in shown.replace("\r\x1b[K", "")
    assert b"\r" not in done.stdout
    assert b"2 new" in done.stdout


def test_imported_hours_are_on_the_draft(tmp_path: Path) -> None:
    ledger = write_books(tmp_path)
    (tmp_path / "hours.csv").write_text(GOOD)
    assert take(ledger, tmp_path / "hours.csv").exit_code == 0
    told = projbill("-f", ledger, "--as-of", AS_OF, "drafts", "BOLT-APP", "--format", "json")
    (draft,) = json.loads(told.stdout)["drafts"]
    assert draft["lines"][0]["quantity"] == "11.00"
    assert draft["net"] == "1650.00"


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    ledger = write_books(tmp_path)
    (tmp_path / "hours.csv").write_text(GOOD)
    before = texts(tmp_path)
    result = take(ledger, "--dry-run", tmp_path / "hours.csv")
    assert result.exit_code == 0
    assert "2 new" in result.stdout
    assert result.stdout.endswith("dry run: nothing was written\n")
    assert texts(tmp_path) == before


def test_a_refused_file_alone_is_not_called_nothing_new(tmp_path: Path) -> None:
    ledger = write_books(tmp_path)
    (tmp_path / "hours.csv").write_text(BAD)
    result = take(ledger, tmp_path / "hours.csv")
    assert result.exit_code == 2
    assert result.stdout.splitlines()[-1] == "no file was changed"


def test_a_refused_file_stays_out_whole_and_the_others_go_in(tmp_path: Path) -> None:
    ledger = write_books(tmp_path)
    exports = tmp_path / "exports"
    exports.mkdir()
    (exports / "bad.csv").write_text(BAD)
    (exports / "good.csv").write_text(GOOD)
    (exports / ".hidden").write_text("no export")
    result = take(ledger, exports)
    assert result.exit_code == 2
    assert f"{exports}/bad.csv (hours-csv): 2 rows: 1 new" in result.stdout
    assert "1 refused; nothing of it is written" in result.stdout
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"{exports}/bad.csv:3: ")
    assert "NOWHERE" in line
    text = b"".join(texts(tmp_path).values())
    assert b"b1" not in text
    assert b"a1" in text
    assert b"a2" in text


def test_what_became_of_the_rows_as_json_and_csv(tmp_path: Path) -> None:
    ledger = write_books(tmp_path)
    export = tmp_path / "hours.csv"
    export.write_text(GOOD)
    told = take(ledger, "--dry-run", export, "--format", "json")
    data = json.loads(told.stdout)
    assert data["dry-run"] is True
    assert data["written"] == []
    (file,) = data["files"]
    assert (file["file"], file["format"], file["rows"], file["new"]) == (
        str(export),
        "hours-csv",
        2,
        2,
    )
    assert (file["known"], file["changed"], file["refused"]) == (0, [], [])
    flat = take(ledger, "--dry-run", export, "--format", "csv")
    (row,) = csv.DictReader(io.StringIO(flat.stdout))
    assert row["new"] == "2"
    assert row["refused"] == "0"


def test_a_file_that_is_not_there_or_no_export(tmp_path: Path) -> None:
    ledger = write_books(tmp_path)
    (tmp_path / "letter.txt").write_text("Dear Bolt,\nthe hours follow.\n")
    result = take(ledger, tmp_path / "gone.csv", tmp_path / "letter.txt")
    assert result.exit_code == 2
    gone, letter = result.stderr.splitlines()
    assert gone == f"{tmp_path}/gone.csv:1: cannot be read: No such file or directory"
    assert letter.startswith(f"{tmp_path}/letter.txt:1: ")


def test_without_a_ledger_nothing_is_left_behind(tmp_path: Path) -> None:
    (tmp_path / "hours.csv").write_text(GOOD)
    result = take(tmp_path / "main.beancount", tmp_path / "hours.csv")
    assert result.exit_code == 2
    assert [path.name for path in tmp_path.iterdir()] == ["hours.csv"]
