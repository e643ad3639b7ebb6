from __future__ import annotations

from typing import TYPE_CHECKING

from tests.import_books import ACME
from tests.import_books import BOLT
from tests.import_books import EXPORTS
from tests.import_books import make_books
from tests.import_books import write

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "Issue key,Issue id,Status,Resolution,Project key,Resolved,Fix versions,Parent key\n"


def test_tickets_and_versions_become_progress(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    (report,) = books.take(EXPORTS / "jira.csv")
    assert (report.format, report.rows, report.new) == ("jira", 6, 4)
    assert dict(report.skipped) == {"not a milestone of any contract": 1, "not delivered yet": 1}
    assert books.progress() == [
        ("2026-03-20", "M1", "100 %", "", "jira-10012"),
        ("2026-04-02", "M2", "66.66 %", "", "jira-MIG-1.0-2026-04-02"),
    ]
    text = (tmp_path / "time/2026-03.beancount").read_text()
    assert text == (
        '2026-03-20 * "ACME Corp" "M1 Migration plan: complete"\n'
        '  project: "ACME-MIG"\n'
        '  milestone: "M1"\n'
        '  complete: "100 %"\n'
        '  id: "jira-10012"\n'
        '  source: "jira"\n'
        "  Equity:Time:Unbilled:ACME-MIG  0.0000 HOUR\n"
    )


def test_twice_is_known_and_a_later_export_adds_only_what_moved(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    books.take(EXPORTS / "jira.csv")
    before = books.bytes()
    (again,) = books.take(EXPORTS / "jira.csv")
    assert (again.new, again.known, books.bytes()) == (0, 4, before)
    later = (EXPORTS / "jira.csv").read_text()
    later = later.replace("In Progress,MIG,,", "Done,MIG,Done,")
    later = later.replace("03/Apr/26 9:00 AM,,1.0", "09/Apr/26 9:00 AM,09/Apr/26 9:00 AM,1.0")
    (report,) = books.take(write(tmp_path, later))
    assert (report.new, report.known) == (3, 1)
    assert books.progress()[-1] == ("2026-04-09", "M2", "100 %", "", "jira-MIG-1.0-2026-04-09")


def test_a_declined_ticket_is_not_delivered(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    row = "MIG-12,10012,Closed,Won't Do,MIG,20/Mar/26 4:30 PM,,\n"
    (report,) = books.take(write(tmp_path, HEAD + row))
    assert dict(report.skipped) == {"not delivered yet": 1}
    assert books.progress() == []


def test_a_delivered_ticket_without_a_day_is_refused(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    assert books.refusal(write(tmp_path, HEAD + "MIG-12,10012,Done,Done,MIG,,,\n")) == (
        "2: MIG-12 is Done but has no date in Resolved; export with that field, or report it with"
        " `projbill progress`"
    )


def test_dates_are_read_in_the_order_of_the_whole_file(tmp_path: Path) -> None:
    for folder, dates, day in (
        ("excel", "6/5/2026 16:14,6/21/2026 9:00", "2026-06-05"),
        ("european", "05/06/2026 14:04,18/06/2026 14:04", "2026-06-05"),
    ):
        (tmp_path / folder).mkdir()
        books = make_books(tmp_path / folder)
        first, second = dates.split(",")
        rows = f"MIG-12,10012,Done,Done,MIG,{first},,\nMIG-99,10099,Done,Done,MIG,{second},,\n"
        books.take(write(tmp_path, HEAD + rows))
        assert [row[0] for row in books.progress()] == [day]


def test_an_order_that_nothing_tells_is_refused_or_given(tmp_path: Path) -> None:
    export = write(tmp_path, HEAD + "MIG-12,10012,Done,Done,MIG,05/06/2026 14:04,,\n")
    (tmp_path / "a").mkdir()
    assert make_books(tmp_path / "a").refusal(export) == (
        '1: "05/06/2026 14:04" may have the day or the month first, and no date in the file tells;'
        " set `dates: dmy` or `dates: mdy` under `imports:` in projbill.yaml"
    )
    (tmp_path / "b").mkdir()
    books = make_books(tmp_path / "b", "{jira: {dates: mdy}}")
    books.take(export)
    assert [row[0] for row in books.progress()] == ["2026-05-06"]


def test_an_epic_counts_its_tickets(tmp_path: Path) -> None:
    acme = ACME.replace('{fix-version: "1.0"}', "{epic: MIG-1}")
    books = make_books(tmp_path, contracts={"acme": acme})
    rows = (
        "MIG-1,1,Done,Done,MIG,2026-03-31 10:00,,\n"
        "MIG-2,2,Done,Done,MIG,2026-03-30 10:00,,MIG-1\n"
        "MIG-3,3,To Do,,MIG,,,MIG-1\n"
        "MIG-4,4,Resolved,,MIG,2026-03-29 10:00,,MIG-1\n"
    )
    (report,) = books.take(write(tmp_path, HEAD + rows))
    assert (report.rows, report.new) == (4, 4)
    assert books.progress() == [("2026-03-31", "M2", "75 %", "", "jira-epic-MIG-1-2026-03-31")]


def test_one_version_of_two_contracts_is_told_apart_by_jira_project(tmp_path: Path) -> None:
    bolt = BOLT.replace("time-and-materials", "hybrid") + (
        'milestones: {B1: {name: App, value: 10, match: {fix-version: "1.0"}}}\n'
    )
    row = "APP-1,77,Done,Done,APP,2026-03-31 10:00,1.0,\n"
    (tmp_path / "a").mkdir()
    books = make_books(tmp_path / "a", contracts={"acme": ACME, "bolt": bolt})
    books.take(write(tmp_path, HEAD + row))
    assert [entry[1] for entry in books.progress()] == ["B1"]
    (tmp_path / "b").mkdir()
    unruled = ACME.replace(", {jira-project: MIG}", "")
    books = make_books(tmp_path / "b", contracts={"acme": unruled, "bolt": bolt})
    assert books.refusal(write(tmp_path, HEAD + row)) == (
        '2: match-ambiguous: fix-version "1.0" is milestone of ACME-MIG M2 and of BOLT-APP B1;'
        " make their `match:` tell them apart"
    )


def test_a_version_of_another_jira_project_is_not_taken_for_the_one_so_far(tmp_path: Path) -> None:
    acme = ACME.replace(", {jira-project: MIG}", "")
    books = make_books(tmp_path, contracts={"acme": acme})
    books.take(write(tmp_path, HEAD + "MIG-1,1,Done,Done,MIG,2026-03-31 10:00,1.0,\n"))
    other = write(tmp_path, HEAD + "APP-1,77,Done,Done,APP,2026-04-30 10:00,1.0,\n")
    assert "was reported by jira-MIG-1.0-2026-03-31, of another project" in books.refusal(other)


def test_a_state_that_nobody_listed_is_named(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    export = write(tmp_path, HEAD + "MIG-12,10012,Released,Done,MIG,2026-03-31 10:00,,\n")
    (report,) = books.take(export)
    assert dict(report.skipped) == {"not delivered yet": 1}
    (notice,) = report.notices
    assert notice == (
        'items in the states "Released" have a day of completion and do not count as delivered; if'
        " they are, list all delivered states in `done:` under `imports: jira:`"
    )
    (tmp_path / "b").mkdir()
    told = make_books(tmp_path / "b", "{jira: {done: released}}")
    (report,) = told.take(export)
    assert (report.new, report.notices) == (1, ())


def test_story_points_and_repeated_columns(tmp_path: Path) -> None:
    books = make_books(tmp_path, "{jira: {share: points}}")
    head = (
        "Issue key,Issue id,Status,Resolution,Project key,Resolved,Fix versions,Fix versions,"
        "Custom field (Story Points)\n"
    )
    rows = (
        "MIG-1,1,Done,Done,MIG,2026-03-31 10:00,0.9,1.0,8.0\n"
        "MIG-2,2,To Do,,MIG,,1.0,,2.5\n"
        "MIG-3,3,Done,Won't Do,MIG,2026-03-31 10:00,1.0,,40\n"
    )
    books.take(write(tmp_path, head + rows))
    assert [entry[1:3] for entry in books.progress()] == [("M2", "76.19 %")]
