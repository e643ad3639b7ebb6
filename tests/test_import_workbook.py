"""Workbooks and archives: the sheet or the files inside are read like a text of their own."""

from __future__ import annotations

import zipfile
from datetime import date
from datetime import datetime
from datetime import time
from datetime import timedelta
from typing import TYPE_CHECKING
from typing import Any

import openpyxl
import pytest

from tests.import_books import EXPORTS
from tests.import_books import make_books

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Sequence
    from pathlib import Path

    from tests.import_books import Books


def workbook(path: Path, sheets: Mapping[str, Sequence[Sequence[Any]]]) -> Path:
    """Write a workbook; a cell that is a pair is a value and the format that it is shown in."""
    book = openpyxl.Workbook()
    book.remove(book.active)  # type: ignore[arg-type]
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for line, row in enumerate(rows, 1):
            for column, value in enumerate(row, 1):
                cell = sheet.cell(line, column)
                cell.value = value[0] if isinstance(value, tuple) else value
                if isinstance(value, tuple):
                    cell.number_format = value[1]
    book.save(path)
    return path


KIMAI = (
    *("Date", "From", "To", "Duration", "Rate", "User", "Name", "Customer", "Project"),
    *("Activity", "Description", "Exported", "Billable", "Tags", "Type", "label.category"),
)


def kimai_row(day: date, start: datetime, end: datetime | None, duration: Any) -> list[Any]:
    return [
        *((day, "yyyy-mm-dd"), (start, "yyyy-mm-dd hh:mm"), (end, "yyyy-mm-dd hh:mm")),
        *((duration, "[h]:mm"), 10.5, "alice", "Alice Rey", "ACME Corp", "Migration"),
        *("architecture", "plan", "No", "Yes", "", "timesheet", "work"),
    ]


def test_kimai_writes_durations_as_formulas_and_a_sum_below(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    rows = [
        kimai_row(
            date(2026, 3, 2), datetime(2026, 3, 2), datetime(2026, 3, 2, 0, 28), "=1680/86400"
        ),
        kimai_row(
            date(2026, 3, 3), datetime(2026, 3, 3, 22), datetime(2026, 3, 4, 1), "=10800/86400"
        ),
        kimai_row(date(2026, 3, 5), datetime(2026, 3, 5, 9), None, None),
        [None, None, None, ("=SUBTOTAL(9,D2:D3)", "[h]:mm")],
        [None, None, None, (timedelta(seconds=12_480), "[h]:mm")],
    ]
    path = workbook(tmp_path / "kimai.xlsx", {"Kimai": [KIMAI, *rows]})
    (report,) = books.take(path)
    assert (report.format, report.rows) == ("kimai", 4)
    assert dict(report.skipped) == {"running timer": 1, "subtotal": 1}
    shown = [(entry["id"], entry["start"][11:16], entry["hours"]) for entry in books.time()]
    assert shown == [
        ("kimai-alice-20260302T000000", "00:00", "0.4667"),
        ("kimai-alice-20260303T220000", "22:00", "2.0000"),
        ("kimai-alice-20260303T220000/2", "00:00", "1.0000"),
    ]


def test_a_sheet_of_hours_of_ones_own(tmp_path: Path) -> None:
    columns = "{date: Tag, person: Wer, project: Projekt, hours: Std, start: Von, note: Was}"
    books = make_books(tmp_path, f"{{hours-csv: {{columns: {columns}}}}}")
    head = ["Tag", "Wer", "Projekt", "Std", "Von", "Was"]
    path = workbook(
        tmp_path / "hours.xlsx",
        {
            "Notes": [["Nothing to see"]],
            "Hours": [
                ["March"],
                [],
                head,
                [date(2026, 3, 2), "bo", "BOLT-APP", 1.25, time(9, 30), "two\nlines"],
                [date(2026, 3, 2), "bo", "BOLT-APP", timedelta(minutes=90), time(11), None],
                [],
                ["Summe", None, None, "=D4+D5", None, None],
            ],
        },
    )
    (report,) = books.take(path)
    assert (report.format, report.rows, dict(report.skipped)) == ("hours-csv", 3, {"subtotal": 1})
    assert [(entry["hours"], entry["start"][11:16]) for entry in books.time()] == [
        ("1.2500", "09:30"),
        ("1.5000", "11:00"),
    ]
    assert books.time()[0]["note"] == "two lines"


def test_a_number_in_a_cell_is_not_read_by_the_mark_of_texts(tmp_path: Path) -> None:
    books = make_books(tmp_path, '{hours-csv: {decimal: ","}}')
    head: list[object] = ["date", "person", "project", "hours"]
    hours: list[object] = [1.125, "1,5", 2, 7.5]
    rows = [[date(2026, 3, day), "bo", "BOLT-APP", worked] for day, worked in enumerate(hours, 2)]
    books.take(workbook(tmp_path / "hours.xlsx", {"A": [head, *rows]}))
    assert [entry["hours"] for entry in books.time()] == ["1.1250", "1.5000", "2.0000", "7.5000"]


def test_a_refused_cell_of_a_sheet_is_told_by_its_row(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    head: list[object] = ["date", "person", "project", "hours"]
    rows: list[list[object]] = [
        head,
        [date(2026, 3, 2), "bo", "BOLT-APP", 1],
        [],
        [date(2026, 3, 2), "x", "y", 1],
    ]
    path = workbook(tmp_path / "hours.xlsx", {"A": rows})
    assert books.refusal(path).startswith("4: no contract for project")


def test_two_sheets_of_hours_are_refused(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    rows: list[list[object]] = [
        ["date", "person", "project", "hours"],
        [date(2026, 3, 2), "bo", "BOLT-APP", 1],
    ]
    path = workbook(tmp_path / "hours.xlsx", {"Jan": rows, "Feb": rows})
    assert books.refusal(path) == (
        "1: 2 of its sheets are hours-csv; save each as a file of its own"
    )


@pytest.mark.parametrize("cut", [0.2, 0.5, 0.9, 0.99])
def test_a_damaged_workbook_is_refused(tmp_path: Path, cut: float) -> None:
    books = make_books(tmp_path)
    rows: list[list[object]] = [
        ["date", "person", "project", "hours"],
        [date(2026, 3, 2), "bo", "BOLT-APP", 1],
    ]
    path = workbook(tmp_path / "hours.xlsx", {"Jan": rows})
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * cut)])
    assert "cannot be unpacked" in books.refusal(path)


def archive(path: Path, files: Mapping[str, str]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as found:
        for name, text in files.items():
            found.writestr(name, text)
    return path


ENTRIES = (
    "id,description,start,end,billable_rate,billable,member_id,user_id,organization_id,client_id,"
    "project_id,task_id,tags,is_imported,still_active_email_sent_at,created_at,updated_at\n"
)


def entry(identity: str, start: str, end: str, rest: str, tags: str = "[]") -> str:
    quoted = tags.replace('"', '""')
    return f'{identity},note,{start},{end},12000,{rest},"{quoted}",false,,,\n'


SOLIDTIME = {
    "meta.json": "{}",
    "clients.csv": "id,name\nc1,ACME Corp\n",
    "projects.csv": "id,name,client_id\np1,Migration,c1\np2,Mobile app,\n",
    "tasks.csv": "id,name,project_id\nt1,Architecture,p1\n",
    "members.csv": "id,user_id,name,email\nm1,u1,Ali,alice@northlight.example\nm2,u2,Bo Lindqvist,b@x\n",
    "tags.csv": "id,name\ng1,late\n",
    "time_entries.csv": ENTRIES
    + entry("e-1", "2026-03-02T08:00:00Z", "2026-03-02T09:30:00Z", "true,m1,u1,o1,c1,p1,t1")
    + entry("e-2", "2026-03-31T21:30:00Z", "2026-03-31T23:30:00Z", "false,m2,u2,o1,,p2,", '["g1"]')
    + entry("e-3", "2026-04-01T08:00:00Z", "", "true,m2,u2,o1,,p2,"),
}


def take_solidtime(books: Books, files: Mapping[str, str]) -> dict[str, int]:
    (report,) = books.take(archive(books.folder / "export.zip", files))
    assert report.format == "solidtime"
    return dict(report.skipped)


def test_an_organisation_of_solidtime(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    assert take_solidtime(books, SOLIDTIME) == {"running timer": 1}
    shown = [
        (entry["id"], entry["date"], entry["hours"], entry["billable"], entry["account"][-8:])
        for entry in books.time()
    ]
    assert shown == [
        ("solidtime-e-1", "2026-03-02", "1.5000", True, "ACME-MIG"),
        ("solidtime-e-2", "2026-03-31", "0.5000", False, "BOLT-APP"),
        ("solidtime-e-2/2", "2026-04-01", "1.5000", False, "BOLT-APP"),
    ]
    assert books.time()[0]["task"] == "architecture"


def test_an_organisation_that_was_packed_again(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    files = {f"export/{name}": text for name, text in SOLIDTIME.items()}
    files["__MACOSX/export/._clients.csv"] = "\0"
    assert take_solidtime(books, files) == {"running timer": 1}


def test_an_archive_that_lacks_a_column_is_refused(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    path = archive(
        tmp_path / "export.zip", {**SOLIDTIME, "time_entries.csv": "id,start\ne-1,2026\n"}
    )
    assert books.refusal(path) == ("1: time_entries.csv has no column description; export it again")


def test_one_export_in_an_archive_is_that_export(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    text = (EXPORTS / "harvest.csv").read_text()
    (report,) = books.take(archive(tmp_path / "export.zip", {"harvest.csv": text}))
    assert (report.format, report.new) == ("harvest", 4)


def test_an_archive_of_other_files_is_refused(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    path = archive(tmp_path / "export.zip", {"a.txt": "a", "b.txt": "b"})
    assert books.refusal(path) == (
        "1: no known export in the archive of a.txt, b.txt; unpack it and import the files"
    )


def test_an_archive_made_to_fill_the_memory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    books = make_books(tmp_path)
    monkeypatch.setattr("projbill_beancount.importers.workbook.LARGEST", 1000)
    path = archive(tmp_path / "export.zip", {"a.csv": "x" * 1001})
    assert books.refusal(path) == ("1: the archive unpacks to more than 512 MB; unpack it yourself")
