"""The importers as beangulp and Fava use them."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING
from typing import Any

import pytest
from beancount import loader
from beancount.core.data import Transaction
from fava.application import create_app

from projbill_beancount.importers import importers
from projbill_beancount.importers.gulp import ExportRefusedError
from projbill_beancount.terms.exports import IMPORT_FIELDS
from tests.import_books import EXPORTS
from tests.import_books import MAIN
from tests.import_books import make_books
from tests.import_books import write
from tests.tracker_books import tracker_books

if TYPE_CHECKING:
    from pathlib import Path

    from werkzeug.test import TestResponse

    from projbill_beancount.importers.gulp import ExportImporter

CONFIG = (
    'from projbill_beancount.importers import importers\n\nCONFIG = importers("projbill.yaml")\n'
)
HEAD = "date,person,hours,project,note\n"


def by_name(folder: Path) -> dict[str, ExportImporter]:
    return {one.name: one for one in importers(str(folder / "projbill.yaml"))}


def test_each_format_is_an_importer_with_a_name_of_its_own(tmp_path: Path) -> None:
    make_books(tmp_path, "{timeclock: {person: alice}}")
    found = by_name(tmp_path)
    assert sorted(found) == sorted(f"projbill.{name}" for name in IMPORT_FIELDS)
    for name, export in (("toggl", "toggl-old.csv"), ("timeclock", "work.timeclock")):
        path = str(EXPORTS / export)
        said = {key: one.identify(path) for key, one in found.items()}
        assert said == {key: key == f"projbill.{name}" for key in found}
    toggl, path = found["projbill.toggl"], str(EXPORTS / "toggl-old.csv")
    assert (toggl.account(path), str(toggl.date(path))) == ("Equity:Time:Unbilled", "2026-04-01")
    assert toggl.filename(path) == "toggl-old.csv"
    assert toggl.identify(str(tmp_path / "missing")) is False


def test_extract_leaves_out_what_is_known_and_shows_the_rows(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    toggl = by_name(tmp_path)["projbill.toggl"]
    path = str(EXPORTS / "toggl-old.csv")
    entries = toggl.extract(path, [])
    first = entries[0]
    assert isinstance(first, Transaction)
    assert [type(value) for key, value in first.meta.items() if key != "lineno"] == [str] * 4
    assert first.meta["__source__"].count("\n") == 1
    assert first.meta["__source__"].startswith("Alice Rey | alice@northlight.example | ACME Corp")
    books.take(EXPORTS / "toggl-old.csv")
    assert toggl.extract(path, books.entries()) == []


def test_a_refused_row_refuses_the_file_with_its_line(tmp_path: Path) -> None:
    make_books(tmp_path)
    export = write(tmp_path, f"{HEAD}2026-03-03,bo,25,Mobile app,\n")
    with pytest.raises(ExportRefusedError) as caught:
        by_name(tmp_path)["projbill.hours-csv"].extract(str(export), [])
    assert str(caught.value) == f'{export}:2: the duration "25" is longer than a day'


def test_days_known_from_another_file_of_the_run_are_marked_or_halved(tmp_path: Path) -> None:
    make_books(tmp_path)
    importer = by_name(tmp_path)["projbill.hours-csv"]
    one, two = "2026-03-03,bo,1,Mobile app,a\n", "2026-03-03,bo,2,Mobile app,b\n"
    three = "2026-03-04,bo,3,Mobile app,c\n"
    first = importer.extract(str(write(tmp_path, HEAD + one + three, "a.csv")), [])
    second = importer.extract(str(write(tmp_path, HEAD + one + two + three, "b.csv")), [])
    importer.deduplicate(second, first)
    halved, known = second
    assert isinstance(halved, Transaction)
    assert known.meta["__duplicate__"] is first[1]
    assert "__duplicate__" not in halved.meta
    assert halved.narration == "BOLT-APP 2 h"
    assert [str(posting.units) for posting in halved.postings] == ["2.0000 HOUR", "-2.0000 HOUR"]


def test_beangulps_own_command_extracts_text_that_loads(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    (tmp_path / "import.py").write_text(
        CONFIG
        + "\nif __name__ == '__main__':\n    import beangulp\n    beangulp.Ingest(CONFIG)()\n"
    )
    command = [
        sys.executable,
        str(tmp_path / "import.py"),
        "extract",
        str(EXPORTS / "toggl-old.csv"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd="/")
    (tmp_path / "time" / "2026-03.beancount").write_text(done.stdout)
    assert [entry["hours"] for entry in books.time()] == ["6.0000", "0.3333", "1.5000", "1.0000"]


def data(response: TestResponse) -> Any:
    assert response.status_code == 200, response.text
    return (response.json or {})["data"]


def test_favas_import_page_extracts_and_saves(tmp_path: Path) -> None:
    main = MAIN + '2020-01-01 custom "fava-option" "import-config" "import.py"\n'
    main += '2020-01-01 custom "fava-option" "import-dirs" "inbox"\n'
    main += f'2020-01-01 custom "fava-option" "default-file" "{tmp_path}/time/2020-01.beancount"\n'
    books = make_books(tmp_path, main=main)
    (tmp_path / "import.py").write_text(CONFIG)
    (tmp_path / "inbox").mkdir()
    export = tmp_path / "inbox" / "toggl.csv"
    export.write_bytes((EXPORTS / "toggl-old.csv").read_bytes())
    client = create_app([str(books.ledger)], poll_watcher=True).test_client()
    (shown,) = [one for one in data(client.get("/books/api/imports")) if one["name"] == str(export)]
    (importer,) = shown["importers"]
    assert importer["importer_name"] == "projbill.toggl"
    query = {"filename": str(export), "importer": "projbill.toggl"}
    entries = data(client.get("/books/api/extract", query_string=query))
    assert len(entries) == 3
    saved = client.put("/books/api/add_entries", json={"entries": entries})
    assert saved.status_code == 200, saved.text
    assert [entry["hours"] for entry in books.time()] == ["6.0000", "0.3333", "1.5000", "1.0000"]
    (report,) = books.plan(export)
    assert (report.new, report.known, report.changed) == (0, 3, ())


def test_a_config_that_is_nowhere_is_said_so() -> None:
    with pytest.raises(
        FileNotFoundError, match=r"no\.yaml: found neither beside .*test_import_gulp"
    ):
        importers("no.yaml")


def test_what_extract_prints_is_what_the_command_writes(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    entries = by_name(tmp_path)["projbill.toggl"].extract(str(EXPORTS / "toggl-old.csv"), [])
    books.take(EXPORTS / "toggl-old.csv")
    written, _, _ = loader.load_file(str(books.ledger))
    ours = [one for one in written if isinstance(one, Transaction)]
    shown = [one for one in entries if isinstance(one, Transaction)]
    assert [[posting.units for posting in one.postings] for one in ours] == [
        [posting.units for posting in one.postings] for one in shown
    ]


def test_a_tracker_is_imported_and_known_again(tmp_path: Path) -> None:
    books = tracker_books(tmp_path, "{github: Cut-over}")
    export = str(EXPORTS.parent / "trackers" / "github-milestones.json")
    found = by_name(tmp_path)
    said = [name for name, one in found.items() if one.identify(export)]
    assert said == ["projbill.github"]
    github = found["projbill.github"]
    (report,) = github.extract(export, books.entries())
    assert (str(report.date), report.meta["complete"]) == ("2026-04-01", "100 %")
    assert "Cut-over" in report.meta["__source__"]
    assert github.extract(export, [report]) == []
