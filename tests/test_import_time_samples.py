"""Real exports of time: hours by person, project and billable state against a count by hand."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime
from datetime import timezone
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from tests.import_books import make_books
from tests.time_samples import FOLDER
from tests.time_samples import Worked
from tests.time_samples import books_for
from tests.time_samples import compare

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(
    not FOLDER.name, reason="PROJBILL_SAMPLES does not name the folder of the real exports"
)
YES = {"Yes": True, "No": False, "Ja": True, "Nein": False, "1": True, "0": False}


def rows(name: str, encoding: str = "utf-8-sig", delimiter: str = ",") -> list[dict[str, str]]:
    text = (FOLDER / name).read_bytes().decode(encoding)
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))


def clock(text: str) -> int:
    hours, minutes, seconds = map(int, text.split(":"))
    return hours * 3600 + minutes * 60 + seconds


def hours(text: str) -> int:
    return int((Decimal(text.replace(",", ".")) * 3600).quantize(Decimal(1)))


def test_clockify_shared_report(tmp_path: Path) -> None:
    name = "clockify/damirarh_shared_report_custom_columns.csv"
    worked = [
        Worked("", row["Client"], row["Project"], clock(row["Time (h)"]), None, row["Date"])
        for row in rows(name)
    ]
    books = books_for(tmp_path, worked, "{clockify: {person: p0}}")
    report = compare(books, FOLDER / name, worked, days=True)
    assert report.format == "clockify"
    assert report.notices == ("no column says what is billable; the contract's tasks decide",)


def test_harvest_import_layout_of_250_rows(tmp_path: Path) -> None:
    name = "harvest/compiler-admin_harvest_IMPORT_format_250rows.csv"
    worked = [
        Worked(
            f"{row['First name']} {row['Last name']}",
            *(row["Client"], row["Project"], hours(row["Hours"]), None, row["Date"]),
        )
        for row in rows(name)
    ]
    assert compare(books_for(tmp_path, worked), FOLDER / name, worked, days=True).rows == 250


def test_harvest_without_projects_is_refused(tmp_path: Path) -> None:
    books = make_books(
        tmp_path,
        firm="clients: {acme: {name: A}, bolt: {name: B}}\n"
        "people: {jane: {name: Jane Austen}, em: {name: Emily Bronte}}\n",
    )
    line = books.refusal(FOLDER / "harvest/flandrade_harvest_example_subset.csv")
    assert line.startswith("2: the row names no project; give it one, or leave such rows out with")
    assert line.endswith("(also lines 3, 4, 5, 6, 7 and 6 more)")


def test_kimai_1(tmp_path: Path) -> None:
    name = "kimai/kimai1x_export_extracted.csv"
    found = rows(name)
    worked = [
        Worked(
            row["User"],
            *(row["Customer"], row["Project"], int(row["Duration"]), YES[row["Billable"]]),
            row["Date"],
        )
        for row in found
    ]
    books = books_for(tmp_path, worked)
    assert books.refusal(FOLDER / name) == '4: the duration "756000" is longer than a day'
    lines = (FOLDER / name).read_text().splitlines(keepends=True)
    path = tmp_path / "kimai.csv"
    path.write_text("".join(line for line in lines if "756000" not in line))
    report = compare(books, path, [one for one in worked if one.seconds < 86_400], days=True)
    assert (report.format, report.rows) == ("kimai", len(found) - 1)
    first = next(entry for entry in books.time() if entry.get("note") == "test")
    assert (first["task"], first["start"]) == ("Ea illo", "2022-03-30T14:32:00+02:00")


REDMINE = [
    ("redmine/time_entries.csv", "utf-8-sig", ","),
    ("redmine/time_entries.default.csv", "iso-8859-1", ","),
    ("redmine/time_entries.de-default-encoding.csv", "iso-8859-1", ";"),
]


@pytest.mark.parametrize(("name", "encoding", "delimiter"), REDMINE)
def test_redmine_csv_in_its_locales(
    tmp_path: Path, name: str, encoding: str, delimiter: str
) -> None:
    german = "Stunden" if delimiter == ";" else ""
    worked = []
    for row in rows(name, encoding, delimiter):
        day = row["Datum" if german else "Date"]
        parts = day.split(".") if german else [day[3:5], day[:2], day[6:]]
        worked.append(
            Worked(
                row["Benutzer" if german else "User"],
                row.get("Customer", ""),
                row["Projekt" if german else "Project"],
                hours(row[german or "Hours"]),
                YES[row["Billable"]] if "Billable" in row else None,
                f"{parts[2]}-{parts[1]}-{parts[0]}",
            )
        )
    report = compare(books_for(tmp_path, worked), FOLDER / name, worked, days=True)
    assert (report.format, report.rows) == ("redmine", len(worked))


def test_redmine_json_is_one_page_of_two(tmp_path: Path) -> None:
    name = "redmine/time_entries.page1.json"
    entries = json.loads((FOLDER / name).read_text(), parse_float=str, parse_int=str)
    worked = []
    for one in entries["time_entries"]:
        fields = {field["name"]: field["value"] for field in one["custom_fields"]}
        worked.append(
            Worked(
                *(one["user"]["name"], "", one["project"]["name"], hours(one["hours"])),
                *(YES[fields["Billable"]], one["spent_on"]),
            )
        )
    books = books_for(tmp_path, worked)
    report = compare(books, FOLDER / name, worked, days=True)
    assert report.notices == ("the file has 100 of 114 entries; export the other pages too",)
    assert {"redmine-114", "redmine-113"} < {entry["id"] for entry in books.time()}


def timew_worked() -> list[Worked]:
    found = []
    for one in json.loads((FOLDER / "timewarrior/timew_1.4.3_export_march.json").read_text()):
        if "end" not in one:
            continue
        start, end = (
            datetime.strptime(one[key], "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
            for key in ("start", "end")
        )
        (client,) = (tag[7:] for tag in one["tags"] if tag.startswith("client:"))
        (project,) = {"acme-portal", "nordwind-migration"} & set(one["tags"])
        said = True if "billable" in one["tags"] else None
        found.append(Worked("", client, project, int((end - start).total_seconds()), said))
    return found


def test_timewarrior(tmp_path: Path) -> None:
    worked = timew_worked()
    books = books_for(tmp_path, worked, "{timew: {person: p0}}", zone="Europe/Zurich")
    report = compare(books, FOLDER / "timewarrior/timew_1.4.3_export_march.json", worked)
    assert dict(report.skipped) == {"running timer": 1}
    said = sum(one.billable is True for one in worked)
    assert report.notices[0].startswith(f"{len(worked) - said} of {len(worked)} entries do not say")
    night = [entry for entry in books.time() if "DST" in entry.get("note", "")]
    # 23:30 on the 28th to 04:00 summer time: the clock shows 4:30 h, 3:30 h went by.
    assert [(entry["date"], entry["hours"]) for entry in night] == [
        ("2026-03-28", "0.5000"),
        ("2026-03-29", "3.0000"),
    ]
    assert night[0]["task"] == "dev"


def test_timewarrior_where_every_billable_entry_has_a_tag(tmp_path: Path) -> None:
    worked = [one._replace(billable=bool(one.billable)) for one in timew_worked()]
    books = books_for(tmp_path, worked, "{timew: {person: p0, billable-tag: billable}}")
    report = compare(books, FOLDER / "timewarrior/timew_1.4.3_export_march.json", worked)
    assert report.notices == ()


def test_timewarrior_running_interval_without_an_id(tmp_path: Path) -> None:
    books = make_books(tmp_path, "{timew: {person: bo}}")
    (report,) = books.take(FOLDER / "timewarrior/running_interval_no_id_extracted.json")
    assert (report.rows, dict(report.skipped)) == (1, {"running timer": 1})


def test_watson_log_by_json_and_by_csv_is_the_same_work(tmp_path: Path) -> None:
    worked = []
    for one in json.loads((FOLDER / "watson/watson_2.1.0_log_march.json").read_text()):
        start, stop = (datetime.fromisoformat(one[key]) for key in ("start", "stop"))
        span = int((stop - start).total_seconds())
        said = True if "billable" in one["tags"] else None
        worked.append(Worked("", "", one["project"], span, said))
    books = books_for(tmp_path, worked, "{watson: {person: p0}}", zone="Europe/Zurich")
    compare(books, FOLDER / "watson/watson_2.1.0_log_march.json", worked)
    before = books.bytes()
    (again,) = books.take(FOLDER / "watson/watson_2.1.0_log_march.csv")
    assert (again.known, again.new) == (len(worked), 0)
    assert books.bytes() == before


def test_watson_frames(tmp_path: Path) -> None:
    worked = [
        Worked("", "", project, stop - start, None)
        for start, stop, project, *_ in json.loads((FOLDER / "watson/frames.json").read_text())
    ]
    books = books_for(tmp_path, worked, "{watson: {person: p0}}")
    compare(books, FOLDER / "watson/frames.json", worked)


def test_a_summary_of_timecamp_is_refused(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    assert books.refusal(FOLDER / "timecamp/prejournal_timecamp_summary.csv") == (
        "1: a summary of TimeCamp has no dates; export the detailed report, or the entries"
    )
