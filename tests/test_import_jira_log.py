"""Worklogs in the columns `Log Work` of Jira's issue CSV, beside the milestones of the same file."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from projbill_beancount.book import open_book
from tests.import_books import ACME
from tests.import_books import BOLT
from tests.import_books import make_books
from tests.import_books import write

if TYPE_CHECKING:
    from pathlib import Path

    from tests.import_books import Books

HEAD = (
    "Summary,Issue key,Issue id,Status,Resolution,Project key,Project name,Created,Resolved,"
    "Log Work,Log Work,Time Spent\n"
)
DONE = (
    "Plan the move,MIG-12,10012,Done,Done,MIG,Migration,01/Mar/26 9:00 AM,20/Mar/26 4:30 PM,"
    '"Set up; then ""tests"";\nlater docs;02/Mar/26 3:00 PM;Alice Rey;7201",'
    ";02/Mar/26 11:30 PM;bo@northlight.example;3600,10801\n"
)
OPEN = (
    "Screens,APP-3,20003,To Do,,APP,Mobile app,02/Mar/26 9:00 AM,,"
    ";31/Mar/26 12:15 PM;Bo Lindqvist;1800,,1800\n"
)


def hours(books: Books) -> list[tuple[str, str, str, str, str]]:
    """Date, person, account, hours and note of every entry."""
    return [
        (one["date"], one["person"], one["account"], one["hours"], one.get("note", ""))
        for one in books.time()
    ]


def test_hours_and_milestones_come_from_one_file(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    export = write(tmp_path, HEAD + DONE + OPEN)
    (report,) = books.take(export)
    # Two issues and three worklogs; a night's worklog is one row on two days.
    assert (report.format, report.rows, report.new) == ("jira", 5, 4)
    assert dict(report.skipped) == {"not a milestone of any contract": 1}
    assert hours(books) == [
        (
            "2026-03-02",
            "alice",
            "Unbilled:ACME-MIG",
            "2.0003",
            'Set up; then "tests"; later docs',
        ),
        ("2026-03-02", "bo", "Unbilled:ACME-MIG", "0.5000", "Plan the move"),
        ("2026-03-03", "bo", "Unbilled:ACME-MIG", "0.5000", "Plan the move"),
        ("2026-03-31", "bo", "Unbilled:BOLT-APP", "0.5000", "Screens"),
    ]
    assert books.progress() == [("2026-03-20", "M1", "100 %", "", "jira-10012")]
    assert [one["id"] for one in books.time()] == [
        "jira-alice-20260302T150000",
        "jira-bo-20260302T233000",
        "jira-bo-20260302T233000/2",
        "jira-bo-20260331T121500",
    ]
    before = books.bytes()
    (again,) = books.take(export)
    assert (again.new, again.known, again.changed, again.vanished) == (0, 4, (), ())
    assert books.bytes() == before


def test_the_hours_are_on_the_draft(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    books.take(write(tmp_path, HEAD + OPEN))
    billing = open_book(str(books.ledger), as_of=date(2026, 3, 31)).billing
    assert [(draft.id, str(draft.net)) for draft in billing.drafts] == [
        ("BOLT-APP/time/2026-03-31", "75.00")
    ]


@pytest.mark.parametrize(
    ("created", "started", "day"),
    [
        ("6/21/2026 9:00", "6/5/2026 16:14", "2026-06-05"),
        ("21/06/2026 9:00", "05/06/2026 16:14", "2026-06-05"),
        ("2026-06-21 9:00", "2026-06-05 16:14", "2026-06-05"),
        ("05/06/2026 9:00", "21/06/2026 16:14", "2026-06-21"),
        ("21/Juin/26 9:00 AM", "05/Juin/26 4:14 PM", "2026-06-05"),
        ("21/Okt/26 9:00 AM", "05/Okt/26 4:14 PM", "2026-10-05"),
    ],
)
def test_dates_are_in_the_order_of_the_whole_file(
    tmp_path: Path, created: str, started: str, day: str
) -> None:
    books = make_books(tmp_path)
    row = f"A,MIG-12,10012,Done,Done,MIG,,{created},{created},x;{started};Bo Lindqvist;60,,\n"
    books.take(write(tmp_path, HEAD + row))
    assert [one["date"] for one in books.time()] == [day]
    assert len(books.progress()) == 1


def test_the_order_that_worklogs_tell_is_that_of_the_milestones_too(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    row = (
        "A,MIG-12,10012,Done,Done,MIG,,05/06/2026 9:00,05/06/2026 9:00,"
        "x;21/06/2026 16:14;Bo Lindqvist;60,,\n"
    )
    books.take(write(tmp_path, HEAD + row))
    assert [one[0] for one in books.progress()] == ["2026-06-05"]


def test_an_order_that_nothing_tells_is_refused(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    row = "A,APP-12,10012,To Do,,APP,,05/06/2026 9:00,,x;04/06/2026 16:14;Bo Lindqvist;60,,\n"
    assert "may have the day or the month first" in books.refusal(write(tmp_path, HEAD + row))


def cell(text: str) -> str:
    return f'A,MIG-9,10009,To Do,,MIG,Migration,02/Mar/26 9:00 AM,,"{text}",,\n'


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            "7200",
            '2: "7200" of MIG-9 in Log Work is not comment;date;author;seconds',
        ),
        ("x;02/Mar/26 3:00 PM;Bo Lindqvist;two", '2: "two" is not a number'),
        (
            "x;02/Mar/26 3:00 PM;Bo Lindqvist;90000",
            '2: the duration "90000" is longer than a day',
        ),
        ("x;31/Feb/26 3:00 PM;Bo Lindqvist;60", '2: the date "31/Feb/26" does not exist'),
        (
            "x;02/Mar/26 3:00 PM;5b10ac8d;60",
            '2: nobody under `people:` in projbill.yaml is "5b10ac8d"',
        ),
    ],
)
def test_a_worklog_that_cannot_be_read_keeps_the_file_out(
    tmp_path: Path, text: str, reason: str
) -> None:
    books = make_books(tmp_path)
    export = write(tmp_path, HEAD + cell(text))
    assert books.refusal(export).startswith(reason)


def test_ids_of_authors_are_aliases_and_nothing_is_billed_twice(tmp_path: Path) -> None:
    firm_ids = "5b10ac8d:4e"
    books = make_books(
        tmp_path,
        firm=(
            "company: {name: Northlight IT GmbH}\n"
            "clients: {acme: {name: ACME Corp}, bolt: {name: BOLT AG}}\n"
            f'people: {{bo: {{name: Bo, zone: Europe/Berlin, aliases: ["{firm_ids}"]}}}}\n'
        ),
    )
    row = cell(f";02/Mar/26 3:00 PM;{firm_ids};60")
    (report,) = books.take(write(tmp_path, HEAD + row + row))
    # The issue stands in the file twice, and so does its worklog.
    assert (report.rows, report.new) == (4, 1)
    assert report.skipped["worklogs of an issue that is in the file again"] == 1
    assert [one["hours"] for one in books.time()] == ["0.0167"]


def test_two_worklogs_of_one_start_are_two_entries(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    other = OPEN.replace("APP-3,20003", "APP-4,20004").replace("1800", "900")
    export = write(tmp_path, HEAD + OPEN + other)
    books.take(export)
    assert sorted((one["hours"], one["note"]) for one in books.time()) == [
        ("0.2500", "Screens"),
        ("0.5000", "Screens"),
    ]
    (again,) = books.take(write(tmp_path, HEAD + other + OPEN))
    assert (again.new, again.known) == (0, 2)


def test_the_project_key_finds_the_contract_without_a_name(tmp_path: Path) -> None:
    books = make_books(tmp_path, contracts={"acme": ACME, "bolt": BOLT})
    export = write(
        tmp_path, "Issue key,Log Work\nMIG-7,pairing;02/Mar/26 12:00 AM;Bo Lindqvist;5400\n"
    )
    (report,) = books.take(export)
    assert (report.format, report.rows, report.new) == ("jira", 1, 1)
    # A start at midnight is the day alone.
    (entry,) = books.time()
    assert (entry["id"], entry["account"]) == ("jira-bo-2026-03-02-1", "Unbilled:ACME-MIG")
    assert "start" not in entry


def test_a_very_wide_header_is_read_whole(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    many = 4000
    head = (
        "Issue key,Issue id,Status,Project key,Resolved,"
        + "Log Work," * many
        + "Custom field (X)\n"
    )
    row = (
        "MIG-9,10009,To Do,MIG,,"
        + "," * (many - 1)
        + ";02/Mar/26 3:00 PM;bo@northlight.example;60,x\n"
    )
    (report,) = books.take(write(tmp_path, head + row))
    assert (report.rows, report.new, report.refused) == (2, 1, ())


def test_worklogs_that_come_from_tempo_are_left_out_by_ignore(tmp_path: Path) -> None:
    books = make_books(tmp_path, '{jira: {ignore: [{project: "*"}]}}')
    strange = cell("x;02/Mar/26 3:00 PM;nobody;60")
    (report,) = books.take(write(tmp_path, HEAD + DONE + strange))
    assert report.skipped["ignored on purpose"] == 3
    assert (books.time(), len(books.progress())) == ([], 1)


def test_the_same_hours_by_tempo_are_told(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    tempo = (
        '"Issue Key","Hours","Work date","Full name","Project Key","Billed Hours"\n'
        '"APP-3","0.5","2026-03-31 00:00","Bo Lindqvist","Mobile app","0.5"\n'
    )
    books.take(write(tmp_path, tempo, "tempo.csv"))
    (report,) = books.take(write(tmp_path, HEAD + DONE + OPEN))
    assert report.new == 4
    assert (
        "1 of the new entries are in the ledger by tempo too, with the same person, day, project"
        " and hours; import worklogs from one of both, and see that they are not billed twice"
    ) in report.notices
    assert report.vanished == ()


def test_worklogs_that_miss_are_told_by_the_time_spent(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    export = write(tmp_path, HEAD + DONE + OPEN.replace("1800,,1800", "1800,,9000"))
    (report,) = books.take(export)
    assert (
        "the worklogs in Log Work are not the Time Spent; see whether some miss: APP-3 0.5 of 2.5 h"
    ) in report.notices


def test_who_imports_hours_is_not_told_how_to_name_milestones(tmp_path: Path) -> None:
    books = make_books(tmp_path, contracts={"bolt": BOLT})
    (report,) = books.take(write(tmp_path, HEAD + OPEN))
    assert not [one for one in report.notices if "no milestone" in one]
