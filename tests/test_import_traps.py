"""What breaks importers of time that take an export at its word, one test each."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from typing import Any

import pytest

from tests.import_books import ACME
from tests.import_books import EXPORTS
from tests.import_books import make_books
from tests.import_books import write

if TYPE_CHECKING:
    from pathlib import Path

    from tests.import_books import Books

CLOCKIFY = (
    '"Project","Client","Description","Task","User","Email","Tags","Billable","Start Date",'
    '"Start Time","End Date","End Time","Duration (h)","Duration (decimal)"\n'
)
HARVEST = "Date,Client,Project,Task,Notes,Hours,Billable?,Invoiced?,First Name,Last Name\n"
TEMPO = "Issue Key,Hours,Work date,Full name,Billed Hours\n"


def clockify_row(day: str, start: str, end: str, duration: str, end_day: str = "") -> str:
    cells = ["Mobile app", "BOLT AG", "x", "", "Bo Lindqvist", "", "", "Yes", day, start]
    cells += [end_day or day, end, duration, ""]
    return ",".join(f'"{cell}"' for cell in cells) + "\n"


def harvest_row(day: str = "2026-03-02", hours: str = "1.0", rest: str = "Yes,No") -> str:
    return f"{day},BOLT AG,Mobile app,Dev,,{hours},{rest},Bo,Lindqvist\n"


def hours_of(books: Books) -> list[str]:
    return [entry["hours"] for entry in books.time()]


# Identity


def test_overlapping_exports_without_ids_count_each_row_once_and_equal_rows_all(
    tmp_path: Path,
) -> None:
    books = make_books(tmp_path)
    one = write(tmp_path, HARVEST + harvest_row() + harvest_row(), "one.csv")
    two = write(tmp_path, HARVEST + harvest_row("2026-03-03") + 3 * harvest_row(), "two.csv")
    first, second = books.take(one, two)
    assert (first.new, second.new, second.known) == (2, 2, 2)
    assert len(books.time()) == 4


def test_what_the_tool_writes_later_is_no_part_of_the_identity(tmp_path: Path) -> None:
    books = make_books(tmp_path, "{harvest: {invoiced: import}}")
    books.take(write(tmp_path, HARVEST + harvest_row(), "one.csv"))
    (again,) = books.take(write(tmp_path, HARVEST + harvest_row(rest="Yes,Yes"), "two.csv"))
    assert (again.known, again.new, again.changed) == (1, 0, ())


def test_numbers_that_change_with_every_entry_are_no_ids(tmp_path: Path) -> None:
    books = make_books(tmp_path, "{timew: {person: bo}}")
    found: list[dict[str, Any]] = json.loads((EXPORTS / "timew.json").read_text())
    books.take(EXPORTS / "timew.json")
    for one in found:
        one["id"] += 1
    found.append(
        {"id": 1, "start": "20260403T070000Z", "end": "20260403T080000Z", "tags": ["Mobile app"]}
    )
    (report,) = books.take(write(tmp_path, json.dumps(found)))
    assert (report.known, report.new) == (2, 1)


def test_a_row_edited_after_the_import_is_shown_and_not_added(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    books.take(EXPORTS / "redmine.json")
    text = (EXPORTS / "redmine.json").read_text().replace('"hours":0.5', '"hours":0.75')
    (report,) = books.take(write(tmp_path, text))
    (change,) = report.changed
    assert (change.id, change.old, change.new) == (
        "redmine-8",
        "2026-03-31 bo BOLT-APP 0.5 h (Dev, not billable)",
        "2026-03-31 bo BOLT-APP 0.75 h (Dev, not billable)",
    )
    assert (report.known, report.new) == (1, 0)


# What is billable, and what was invoiced


@pytest.mark.parametrize(
    ("word", "billable"),
    [("Yes", True), ("no", False), ("TRUE", True), ("0", False), ("いいえ", False), ("Sim", True)],
)
def test_words_for_billable(tmp_path: Path, word: str, billable: object) -> None:
    books = make_books(tmp_path)
    books.take(write(tmp_path, HARVEST + harvest_row(rest=f"{word},No")))
    assert books.time()[0]["billable"] is billable


def test_unknown_words_are_refused(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    assert books.refusal(write(tmp_path, HARVEST + harvest_row(rest="perhaps,No"))) == (
        '2: billable is "perhaps", which is neither yes nor no'
    )
    assert books.refusal(write(tmp_path, HARVEST + harvest_row(rest="Yes,perhaps"))) == (
        '2: invoiced is "perhaps", which is neither yes nor no'
    )


def test_what_was_invoiced_there_comes_in_only_on_demand(tmp_path: Path) -> None:
    rows = HARVEST + harvest_row() + harvest_row("2026-03-03", rest="Yes,Yes")
    books = make_books(tmp_path)
    (report,) = books.take(write(tmp_path, rows))
    assert (report.new, dict(report.skipped)) == (1, {"already invoiced in the tool": 1})
    (tmp_path / "all").mkdir()
    books = make_books(tmp_path / "all", "{harvest: {invoiced: import}}")
    (report,) = books.take(write(tmp_path, rows))
    assert (report.new, dict(report.skipped)) == (2, {})


def test_what_is_invoiced_there_after_the_import_is_warned_of(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    books.take(write(tmp_path, HARVEST + harvest_row() + harvest_row(hours="2.0"), "one.csv"))
    before = books.bytes()
    rows = harvest_row(rest="Yes,Yes") + harvest_row(hours="2.0") + harvest_row(hours="3.0")
    rows += harvest_row(hours="4.0", rest="Yes,Yes") + harvest_row("2026-03-09", rest="Yes,Yes")
    (report,) = books.take(write(tmp_path, HARVEST + rows, "two.csv"))
    assert (report.new, report.known, report.changed) == (1, 2, ())
    assert dict(report.skipped) == {"already invoiced in the tool": 2}
    (notice,) = report.notices
    assert notice.startswith("1 of the entries that the ledger has are invoiced in the tool;")
    assert books.bytes() != before
    assert [entry["id"] for entry in books.time()][-1] == "harvest-bo-2026-03-02-3"


def test_what_is_invoiced_there_and_unknown_here_keeps_nothing_out(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    old = harvest_row(rest="Yes,Yes").replace("Mobile app", "Long gone")
    worse = harvest_row(hours="much", rest="Yes,Yes")
    (report,) = books.take(write(tmp_path, HARVEST + old + worse + harvest_row()))
    assert (report.new, dict(report.skipped)) == (1, {"already invoiced in the tool": 2})


def test_a_table_of_ones_own_may_say_what_was_invoiced(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    head = "date,person,project,hours,invoiced\n"
    rows = "2026-03-02,bo,BOLT-APP,1,no\n2026-03-02,bo,BOLT-APP,2,yes\n"
    (report,) = books.take(write(tmp_path, head + rows))
    assert (report.new, dict(report.skipped)) == (1, {"already invoiced in the tool": 1})


PARTLY = TEMPO + "MIG-12,2,2026-03-02 09:00,Bo Lindqvist,1.5\n"


def test_hours_of_which_a_part_is_to_be_billed_are_refused(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    assert books.refusal(write(tmp_path, PARTLY)) == (
        "2: 1.5 of 2 hours are to be billed; split the entry there, or set `partly-billed: worked`"
        " or `partly-billed: billed` for what counts"
    )


@pytest.mark.parametrize(("part", "hours"), [("worked", "2.0000"), ("billed", "1.5000")])
def test_what_counts_of_hours_that_are_billed_in_part(
    tmp_path: Path, part: str, hours: str
) -> None:
    books = make_books(tmp_path, f"{{tempo: {{partly-billed: {part}}}}}")
    books.take(write(tmp_path, PARTLY))
    (entry,) = books.time()
    assert (entry["hours"], entry["billable"]) == (hours, True)


def test_a_key_of_an_issue_finds_the_contract_of_its_project(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    books.take(write(tmp_path, TEMPO + "MIG-12,2,2026-03-02 00:00,Bo Lindqvist,2\n"))
    (entry,) = books.time()
    assert (entry["account"], entry["id"]) == ("Unbilled:ACME-MIG", "tempo-bo-2026-03-02-1")


# Durations and clocks


def test_the_code_of_a_project_in_harvest_finds_its_contract(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    head = HARVEST.replace("Project,", "Project,Project Code,")
    row = harvest_row().replace("Mobile app", "Some app,BOLT-APP")
    books.take(write(tmp_path, head + row))
    assert books.time()[0]["account"] == "Unbilled:BOLT-APP"


def test_the_exact_duration_counts_and_not_the_rounded_number_beside_it(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    row = clockify_row("2026-03-02", "10:00", "10:13", "0:13").replace('""\n', '"0.22"\n')
    books.take(write(tmp_path, CLOCKIFY + row))
    assert hours_of(books) == ["0.2167"]


def test_a_duration_without_breaks_counts_more_than_start_and_end(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    row = clockify_row("2026-03-02", "09:00", "17:00", "07:15:00")
    (report,) = books.take(write(tmp_path, CLOCKIFY + row))
    assert hours_of(books) == ["7.2500"]
    assert report.notices == (
        "in 1 row the duration differs from end − start by more than a minute; the duration counts",
    )


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("12:15 AM", "12:45 AM", "0.5000"),
        ("11:45 AM", "12:15 PM", "0.5000"),
        ("12:00 PM", "11:59:59 PM", "11.9997"),
    ],
)
def test_clocks_of_twelve_hours(tmp_path: Path, start: str, end: str, hours: str) -> None:
    books = make_books(tmp_path)
    books.take(write(tmp_path, CLOCKIFY + clockify_row("2026-03-02", start, end, "")))
    assert hours_of(books) == [hours]


def test_the_night_on_which_the_clocks_change_has_its_true_length(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    row = clockify_row("2024-03-31", "01:30", "03:30", "")
    books.take(write(tmp_path, CLOCKIFY + row))
    assert hours_of(books) == ["1.0000"]


def test_a_zone_of_the_export_is_not_that_of_the_person(tmp_path: Path) -> None:
    books = make_books(tmp_path, "{clockify: {zone: America/New_York}}")
    row = clockify_row("2026-03-31", "17:30", "18:30", "01:00:00")
    books.take(write(tmp_path, CLOCKIFY + row))
    assert [(entry["date"], entry["hours"]) for entry in books.time()] == [
        ("2026-03-31", "0.5000"),
        ("2026-04-01", "0.5000"),
    ]


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        *(("1h 30m", "1.5000"), ("90 min", "1.5000"), ("2h 05m 8s", "2.0856"), ("8s", "0.0022")),
        *(("1.5h", "1.5000"), ("0,25 h", "0.2500"), ("1:30", "1.5000"), ("1:30:36", "1.5100")),
    ],
)
def test_durations_as_tools_write_them(tmp_path: Path, text: str, hours: str) -> None:
    books = make_books(tmp_path)
    books.take(write(tmp_path, HARVEST + harvest_row(hours=f'"{text}"')))
    assert hours_of(books) == [hours]


# Dates and numbers


def test_dates_that_fit_two_ways_need_the_files_name_or_a_setting(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    text = CLOCKIFY + clockify_row("03/04/2026", "09:00", "10:00", "01:00:00")
    assert books.refusal(write(tmp_path, text, "Clockify_01_01_2026-05_05_2026.csv")) == (
        '1: "03/04/2026" may have the day or the month first, and no date in the file tells; set'
        " `dates: dmy` or `dates: mdy` under `imports:` in projbill.yaml"
    )
    books.take(
        write(tmp_path, text, "Clockify_Time_Report_Detailed_01_03_2026-30_04_2026.csv"),
    )
    assert books.time()[0]["date"] == "2026-04-03"


def test_the_period_in_a_files_name_may_have_the_month_first(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    text = CLOCKIFY + clockify_row("03/04/2026", "09:00", "10:00", "01:00:00")
    books.take(write(tmp_path, text, "Clockify_Time_Report_Detailed_03_01_2026-04_30_2026.csv"))
    assert books.time()[0]["date"] == "2026-03-04"


def test_one_date_decides_for_the_whole_file(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    rows = clockify_row("03/04/2026", "09:00", "10:00", "01:00:00")
    rows += clockify_row("03/24/2026", "09:00", "10:00", "01:00:00")
    books.take(write(tmp_path, CLOCKIFY + rows))
    assert [entry["date"] for entry in books.time()] == ["2026-03-04", "2026-03-24"]


@pytest.mark.parametrize(
    ("text", "hours"), [("7,5", "7.5000"), ("0,01", "0.0100"), ("1.25", "1.2500")]
)
def test_decimal_marks_of_an_account(tmp_path: Path, text: str, hours: str) -> None:
    books = make_books(tmp_path)
    books.take(write(tmp_path, HARVEST + harvest_row(hours=f'"{text}"')))
    assert hours_of(books) == [hours]


def test_a_rate_in_thousands_or_to_three_places_is_refused(tmp_path: Path) -> None:
    head, row = "date,person,hours,project,rate\n", '2026-03-02,bo,1,BOLT-APP,"1.234 EUR"\n'
    books = make_books(tmp_path)
    assert books.refusal(write(tmp_path, head + row)) == (
        '2: the rate "1.234 EUR" may be in thousands or have three places; set `decimal:` under'
        " `imports:` in projbill.yaml"
    )
    (tmp_path / "set").mkdir()
    books = make_books(tmp_path / "set", '{hours-csv: {decimal: ","}}')
    books.take(write(tmp_path, head + row))
    assert books.time()[0]["rate"] == "1234 EUR"


# Rows that are no entries, and rows of another shape


def test_totals_titles_and_blank_rows_are_no_work(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    (report,) = books.take(EXPORTS / "everhour.csv")
    assert (report.rows, report.new, dict(report.skipped)) == (5, 3, {"subtotal": 2})


@pytest.mark.parametrize("row", ["Total,,,12\n", ",,,12\n", "Summe:,,,12\n"])
def test_a_total_of_any_table(tmp_path: Path, row: str) -> None:
    books = make_books(tmp_path)
    head = "date,person,project,hours\n2026-03-02,bo,BOLT-APP,12\n"
    (report,) = books.take(write(tmp_path, head + row))
    assert (report.new, dict(report.skipped)) == (1, {"subtotal": 1})


def test_a_row_of_a_person_and_a_project_without_a_date_is_no_total(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    assert books.refusal(write(tmp_path, HARVEST + harvest_row(day=""))) == (
        "2: the row has no date"
    )


def test_short_rows_are_filled_and_long_ones_refused(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    head = "Date,Client,Project,Task,Hours,First Name,Last Name,Notes\n"
    short = "2026-03-02,BOLT AG,Mobile app,Dev,1,Bo,Lindqvist\n"
    (report,) = books.take(write(tmp_path, head + short))
    assert report.notices[0] == "1 row shorter than the header; read as empty cells"
    long = "2026-03-03,BOLT AG,Mobile app,Dev,1,Bo,Lindqvist,a,b\n"
    assert books.refusal(write(tmp_path, head + long)).startswith("2: 9 cells where the header")


def test_a_header_that_occurs_twice_is_read_at_its_first_place(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    head = "Date,Client,Project,Task,Hours,First Name,Last Name,Notes,Notes\n"
    row = "2026-03-02,BOLT AG,Mobile app,Dev,1,Bo,Lindqvist,first,second\n"
    books.take(write(tmp_path, head + row))
    assert books.time()[0]["note"] == "first"


# Text


def test_what_guards_against_formulas_is_taken_off(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    books.take(EXPORTS / "kimai-2-de.csv")
    assert [entry["note"] for entry in books.time()] == ["added the hidden part", "=1+1"]


def test_notes_of_many_lines_and_blanks_become_one(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    text = HARVEST + harvest_row().replace("Dev,,", 'Dev,"a\n\u00a0b\t""c"" \\ ",')
    books.take(write(tmp_path, text))
    assert books.time()[0]["note"] == 'a b "c" \\'


# Units, pages, time taken back


def test_numbers_without_places_are_seconds_in_kimai_1_and_hours_else(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    text = (EXPORTS / "kimai-2-de.csv").read_text().replace("1:15;EUR", "1,25;EUR")
    books.take(write(tmp_path, text))
    books.take(EXPORTS / "kimai-1.csv")
    assert sorted(hours_of(books)) == ["0.1000", "0.4667", "1.1717", "1.2500", "1.5061"]


def test_time_taken_back_is_imported_and_said(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    (report,) = books.take(EXPORTS / "gitlab-time.json")
    assert "-1.0000" in hours_of(books)
    assert report.notices[0] == "in 1 row time is taken back: hours below zero"


def test_time_spent_late_is_of_the_day_where_the_import_is(tmp_path: Path) -> None:
    books = make_books(tmp_path, "{gitlab-time: {zone: Europe/Berlin}}")
    books.take(EXPORTS / "gitlab-time.json")
    assert [entry["date"] for entry in books.time()] == ["2026-03-02", "2026-03-02", "2026-04-01"]


@pytest.mark.parametrize("hour", ["00", "12"])
def test_a_day_that_is_written_as_a_moment_is_that_day_wherever_the_import_is(
    tmp_path: Path, hour: str
) -> None:
    for zone in ("America/Los_Angeles", "Pacific/Auckland"):
        folder = tmp_path / zone.rpartition("/")[2]
        folder.mkdir()
        books = make_books(folder, f"{{gitlab-time: {{zone: {zone}}}}}")
        node = {
            "id": "gid://gitlab/Timelog/1",
            "timeSpent": 3600,
            "spentAt": f"2026-03-02T{hour}:00:00Z",
            "user": {"name": "Bo Lindqvist"},
            "project": {"name": "Mobile app"},
        }
        books.take(write(folder, json.dumps({"timelogs": {"nodes": [node]}}), "timelogs.json"))
        assert [entry["date"] for entry in books.time()] == ["2026-03-02"]


def test_a_byte_order_mark_is_no_part_of_the_first_header_even_with_an_encoding_set(
    tmp_path: Path,
) -> None:
    books = make_books(tmp_path, "{harvest: {encoding: utf-8}}")
    (report,) = books.take(write(tmp_path, "\ufeff" + HARVEST + harvest_row()))
    assert (report.format, report.new) == ("harvest", 1)


def test_a_page_of_more_entries_says_so(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    text = (EXPORTS / "redmine.json").read_text().replace('"total_count":2', '"total_count":9')
    (report,) = books.take(write(tmp_path, text))
    assert report.notices == ("the file has 2 of 9 entries; export the other pages too",)


@pytest.mark.parametrize(
    ("name", "old", "new", "line"),
    [
        (
            *("gitlab-time.json", '{"nodes"', '{"pageInfo":{"hasNextPage":true},"nodes"'),
            "the file has 3 entries and a page follows; export the other pages too",
        ),
        (
            *(
                "tempo.json",
                '"limit":50',
                '"limit":2,"next":"https://api.tempo.example/4?offset=2"',
            ),
            "the file has 2 entries and a page follows; export the other pages too",
        ),
        (
            *("jira-worklogs.json", '"maxResults":20,"total":2', '"maxResults":2,"total":7'),
            "the file has only 2 of 7 worklogs; ask for the others too",
        ),
    ],
)
def test_other_pages_are_asked_for(
    tmp_path: Path, name: str, old: str, new: str, line: str
) -> None:
    books = make_books(tmp_path)
    text = (EXPORTS / name).read_text()
    assert old in text
    (report,) = books.take(write(tmp_path, text.replace(old, new)))
    assert line in report.notices


def test_worklogs_beside_issues_are_hours(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    text = (
        "Issue key,Issue id,Project key,Status,Resolved,Log Work,Log Work\n"
        'MIG-12,10012,MIG,Done,12/Mar/26 9:41 AM,"a; b;01/Mar/26 3:00 PM;bo;7200",{}\n'
    )
    assert books.refusal(write(tmp_path, text.format("x;y;z;60"))).startswith("2: ")
    (report,) = books.take(write(tmp_path, text.format("")))
    assert (report.format, report.new) == ("jira", 2)
    (entry,) = books.time()
    assert (entry["hours"], entry["note"], entry["person"]) == ("2.0000", "a; b", "bo")
    assert len(books.progress()) == 1


def test_a_report_of_sums_is_refused(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    text = "from,to,project,tag,time\n2026-03-01,2026-03-31,acme,,3600.0\n"
    assert books.refusal(write(tmp_path, text)) == (
        "1: a report of Watson has sums, once more for each tag; use `watson log --json`"
    )


def test_a_journal_is_no_timedot(tmp_path: Path) -> None:
    books = make_books(tmp_path, "{timedot: {person: bo}}")
    journal = "2026-03-02 Shop\n  expenses:food  10.00\n  assets:cash  -10.00\n"
    assert books.refusal(write(tmp_path, journal)).startswith("1: no known export")


def test_entries_with_several_tags_are_of_the_contract_that_one_of_them_names(
    tmp_path: Path,
) -> None:
    contracts = {"acme": ACME, "dev": "project: BOLT-APP\nname: dev\nclient: bolt\n"}
    contracts["dev"] += "billing: time-and-materials\n"
    books = make_books(tmp_path, "{timew: {person: bo}}", contracts=contracts)
    one = {"start": "20260403T070000Z", "end": "20260403T080000Z", "tags": ["dev", "Migration"]}
    assert books.refusal(write(tmp_path, json.dumps([one]))).startswith("1: match-ambiguous:")
    one["tags"] = ["dev", "project:Migration"]
    books.take(write(tmp_path, json.dumps([one])))
    assert (books.time()[0]["account"], books.time()[0]["task"]) == ("Unbilled:ACME-MIG", "dev")
