from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.import_books import make_books
from tests.import_books import write

if TYPE_CHECKING:
    from pathlib import Path

GERMAN = (
    "{hours-csv: {columns: {date: Tag, person: Wer, hours: Std, project: Projekt, note: Text},"
    ' dates: dmy, decimal: ","}}'
)


def test_a_column_map_reads_any_table(tmp_path: Path) -> None:
    books = make_books(tmp_path, GERMAN)
    export = write(
        tmp_path,
        "Zeiten im März\n\nProjekt;Tag;Wer;Std;Text;Sonst\n"
        "Migration;03.03.2026;Alice Rey;7,5;Plan;x\n"
        "Migration;03.03.2026;alice;0:20;;x\n"
        "Summe;;;;;\n".replace("Summe;;;;;\n", "")
        + "Mobile app;4.3.26;bo;1,25;;x\n",
        encoding="cp1252",
    )
    (report,) = books.take(export)
    assert (report.format, report.rows, report.new) == ("hours-csv", 3, 3)
    shown = [(entry["id"], entry["hours"], entry.get("note")) for entry in books.time()]
    assert shown == [
        ("hours-csv-alice-2026-03-03-1", "0.3333", None),
        ("hours-csv-alice-2026-03-03-2", "7.5000", "Plan"),
        ("hours-csv-bo-2026-03-04-1", "1.2500", None),
    ]


def test_without_a_map_the_fields_are_the_headers(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    export = write(
        tmp_path,
        "ID,Date,Person,Start,End,Client,Project,Task,Billable,Role,Rate,Tags,Note\n"
        "A 1,2026-03-03,bo,22:00,02:00,BOLT AG,Mobile app,dev,yes,senior,165.50 EUR,a,late\n"
        "A 2,2026-03-03,bo,9:00 AM,12:30 PM,BOLT AG,Mobile app,dev,,,,a,\n",
    )
    books.take(export)
    one, two, three = books.time()
    assert (two["id"], two["hours"], two["role"], two["rate"], two["billable"]) == (
        *("hours-csv-A-1", "2.0000", "senior", "165.50 EUR", True),
    )
    assert (one["id"], one["hours"], "billable" in one) == ("hours-csv-A-2", "3.5000", False)
    assert (three["id"], three["date"], three["hours"]) == (
        "hours-csv-A-1/2",
        "2026-03-04",
        "2.0000",
    )


def test_starts_and_ends_with_their_own_offset_are_dated_where_the_person_is(
    tmp_path: Path,
) -> None:
    books = make_books(tmp_path)
    export = write(
        tmp_path,
        "person,start,end,project\nbo,2026-03-03T21:30:00Z,2026-03-03T23:30:00Z,Mobile app\n",
    )
    books.take(export)
    shown = [(entry["id"], entry["date"], entry["hours"], entry["start"]) for entry in books.time()]
    assert shown == [
        ("hours-csv-bo-20260303T213000", "2026-03-03", "1.5000", "2026-03-03T22:30:00+01:00"),
        ("hours-csv-bo-20260303T213000/2", "2026-03-04", "0.5000", "2026-03-04T00:00:00+01:00"),
    ]


def test_a_mapped_column_that_is_missing_is_named(tmp_path: Path) -> None:
    books = make_books(tmp_path, GERMAN)
    export = write(tmp_path, "Tag;Wer;Stunden;Projekt;Text\n03.03.2026;alice;1;Migration;\n")
    assert books.refusal(export) == (
        '1: looks like CSV of hours (hours-csv) but has no column "Std", which'
        f" {tmp_path}/projbill.yaml:8 maps"
    )


@pytest.mark.parametrize(
    ("row", "line"),
    [
        ("31.02.2026;alice;1;Migration;", '2: the date "31.02.2026" does not exist'),
        ("gestern;alice;1;Migration;", '2: "gestern" is not a date such as 2026-03-31'),
        (";alice;1;Migration;", "2: the row has no date"),
        (
            "03.03.2026;alice;;Migration;",
            "2: the row has neither a duration nor a start and an end",
        ),
        (
            "03.03.2026;alice;-1;Migration;",
            '2: the duration "-1" is negative; correct the entry it is meant for',
        ),
        ("03.03.2026;alice;30;Migration;", '2: the duration "30" is longer than a day'),
        ("03.03.2026;alice;7.5;Migration;", '2: "7.5" is not a number with decimal mark ","'),
        ("03.03.2026;alice;viel;Migration;", '2: "viel" is not a number'),
        ("03.03.2026;alice;1:75;Migration;", '2: "1:75" is not a duration such as 1:30 or 1:30:00'),
        (
            "03.03.2026;alice;02:00:00 AM;Migration;",
            (
                '2: the duration is "02:00:00 AM": a spreadsheet turned it into a time of day;'
                " export again"
            ),
        ),
        (
            "03.03.2026;;1;Migration;",
            "2: the row names no person; set `person:` under `imports: hours-csv:` in projbill.yaml",
        ),
        (
            "03.03.2026;Alice Ray;1;Migration;",
            (
                '2: nobody under `people:` in projbill.yaml is "Alice Ray"; nearest is alice "Alice Rey": add'
                ' `aliases: ["Alice Ray"]` there'
            ),
        ),
        (
            "03.03.2026;alice;1;Migration;a;b;c",
            "2: 7 cells where the header has 5; quote cells that hold ';', or export again",
        ),
        ("03.03.2026;alice;1;Migra", "2: the file is cut off in its last row; export it again"),
        (
            '03.03.2026;alice;1;Migration;"cut',
            "2: a quoted cell begins here and never ends: the file is cut off; export it again",
        ),
    ],
)
def test_one_bad_row_is_one_line_and_keeps_the_file_out(
    tmp_path: Path, row: str, line: str
) -> None:
    books = make_books(tmp_path, GERMAN)
    export = write(tmp_path, f"Tag;Wer;Std;Projekt;Text\n{row}")
    assert books.refusal(export) == line


def test_a_good_row_beside_a_bad_one_is_not_written_but_another_file_is(tmp_path: Path) -> None:
    books = make_books(tmp_path, GERMAN)
    head = "Tag;Wer;Std;Projekt;Text\n"
    good = "03.03.2026;alice;1;Migration;\n"
    bad = write(tmp_path, f"{head}{good}03.03.2026;alice;1;Nirgends;\n", "bad.csv")
    first, second = books.take(bad, write(tmp_path, head + good, "good.csv"))
    assert (first.new, len(first.refused), first.records) == (1, 1, ())
    assert (second.new, [entry["hours"] for entry in books.time()]) == (1, ["1.0000"])


def test_an_unknown_word_for_billable_is_refused(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    export = write(
        tmp_path, "date,person,hours,project,billable\n2026-03-03,bo,1,Mobile app,perhaps\n"
    )
    assert books.refusal(export) == '2: billable is "perhaps", which is neither yes nor no'


def test_a_start_after_its_end_is_refused(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    export = write(
        tmp_path, "person,start,end,project\nbo,2026-03-03 10:00,2026-03-03 09:00,Mobile app\n"
    )
    assert books.refusal(export) == (
        "2: it ends (2026-03-03 09:00:00) before it starts (2026-03-03 10:00:00)"
    )


def test_a_start_without_an_end_is_a_running_timer(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    export = write(tmp_path, "date,person,start,end,project\n2026-03-03,bo,09:00,,Mobile app\n")
    (report,) = books.take(export)
    assert dict(report.skipped) == {"running timer": 1}


def test_short_rows_are_filled_up_with_a_note(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    export = write(tmp_path, "date,person,hours,project,note\n\n2026-03-03,bo,1,Mobile app\n,,,,\n")
    (report,) = books.take(export)
    assert (report.rows, report.new) == (1, 1)
    assert report.notices[0] == "1 row shorter than the header; read as empty cells"


def test_files_that_are_no_known_export_are_named(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    refusal = books.refusal(write(tmp_path, "a,b\n1,2\n"))
    assert refusal.startswith(
        "1: no known export; for a table of your own say which column is what"
    )
    assert "Known are: Toggl Track" in refusal
    assert books.refusal(write(tmp_path, "")) == "1: the file is empty"
    assert books.refusal(tmp_path / "missing.csv") == "1: cannot be read: No such file or directory"
    assert (
        books.refusal(
            write(tmp_path, "Email,Start date,Start time,Project\na,2026-03-03,09:00:00,x\n")
        )
        == '1: looks like Toggl Track but has no column "Duration"'
    )
    assert books.refusal(
        write(tmp_path, "Date,Person,Hours,Project,Billable?\n2026-03-03,bo,1,Mobile app,No\n")
    ) == (
        '1: looks like CSV of hours (hours-csv) but has other columns too: "billable?"; name those'
        " to be read in `columns:` under `imports: hours-csv:` in projbill.yaml"
    )


def test_a_file_that_two_formats_fit_is_refused(tmp_path: Path) -> None:
    books = make_books(
        tmp_path, "{hours-csv: {columns: {date: Start date, person: Email, hours: Duration}}}"
    )
    export = write(
        tmp_path, "Email,Start date,Start time,Duration\nbo,2026-03-03,09:00:00,01:00:00\n"
    )
    assert books.refusal(export) == (
        "1: may be toggl and hours-csv; change `columns:` so that only one fits"
    )


MILESTONES = "project,milestone,date,complete,accepted,id\n"


def test_milestones_are_found_by_id_name_and_match(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    rows = (
        "Migration,M1,2026-03-20,60 %,,\n"
        ",cut-over,2026-03-21,12.5,,\n"
        ",MIG-30,2026-03-22,,2026-03-25,accepted 3\n"
        ",M3,2026-03-23,,,\n"
    )
    (report,) = books.take(write(tmp_path, MILESTONES + rows))
    assert (report.format, report.new, dict(report.skipped)) == (
        *("milestones-csv", 3, {"nothing reported": 1}),
    )
    assert books.progress() == [
        ("2026-03-20", "M1", "60 %", "", "milestones-csv-ACME-MIG-M1-2026-03-20"),
        ("2026-03-21", "M2", "12.5 %", "", "milestones-csv-ACME-MIG-M2-2026-03-21"),
        ("2026-03-22", "M3", "", "2026-03-25", "milestones-csv-accepted-3"),
    ]


@pytest.mark.parametrize(
    ("row", "line"),
    [
        (",M9,2026-03-20,60,,", '2: no milestone is "M9"; did you mean "M1" or "M2" or "M3"?'),
        (
            "Migration,Cut over,2026-03-20,60,,",
            '2: no milestone of ACME-MIG is "Cut over"; did you mean "M2"?',
        ),
        (",M1,2026-03-20,130,,", '2: complete is "130", not a percentage from 0 to 100'),
        (",M1,,60,,", "2: the row has no date"),
    ],
)
def test_a_bad_milestone_is_one_line(tmp_path: Path, row: str, line: str) -> None:
    books = make_books(tmp_path)
    assert books.refusal(write(tmp_path, f"{MILESTONES}{row}\n")) == line
