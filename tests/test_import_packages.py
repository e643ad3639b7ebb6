"""Redmine's issues and versions, OpenProject, and Microsoft Project."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import pytest

from tests.import_books import write
from tests.tracker_books import put
from tests.tracker_books import said
from tests.tracker_books import take_twice
from tests.tracker_books import tracker_books

if TYPE_CHECKING:
    from pathlib import Path

REDMINE = (
    "#,Project,Tracker,Status,Subject,Assignee,Updated,Target version,Estimated time,% Done,"
    "Created,Closed,Description\n"
    "1,Portal,Feature,Closed,Plan,Anna,03/31/2026 11:30 PM,M1,16.00,90,03/02/2026 09:44 PM,"
    '03/31/2026 11:30 PM,"two\n\nlines"\n'
    "2,Portal,Feature,In Progress,Login,Anna,04/02/2026 09:44 PM,M1,40.00,100,"
    "03/02/2026 09:44 PM,,\n"
    "3,Portal,Feature,Resolved,Spike,Anna,04/01/2026 09:44 PM,M1,8.00,50,03/02/2026 09:44 PM,,\n"
    "4,Portal,Bug,Rejected,Gold,Anna,04/01/2026 09:44 PM,M1,,100,03/02/2026 09:44 PM,"
    "04/01/2026 09:44 PM,\n"
    "5,Other,Bug,Closed,Else,Anna,03/05/2026 09:44 PM,M9,,100,03/02/2026 09:44 PM,"
    "03/05/2026 09:44 PM,\n"
)
GERMAN = (
    "#;Projekt;Tracker;Status;Thema;Aktualisiert;Zielversion;% erledigt;Angelegt;Geschlossen am\n"
    "1;Portal;Feature;Erledigt;Größe;31.03.2026 23:30;M1;100;02.03.2026 21:44;31.03.2026 23:30\n"
    "2;Portal;Feature;In Bearbeitung;Login;02.04.2026 21:44;M1;50;02.03.2026 21:44;\n"
    "3;Portal;Fehler;Abgewiesen;Gold;02.04.2026 21:44;M1;50;02.03.2026 21:44;02.04.2026 21:44\n"
)


def test_redmine_issues_count_with_their_own_percentage(tmp_path: Path) -> None:
    books = tracker_books(tmp_path, "{version: M1}", '{redmine: "#1"}', "{redmine: 2}")
    report = take_twice(books, write(tmp_path, REDMINE, encoding="utf-8-sig"))
    assert (report.format, report.rows) == ("redmine-issues", 5)
    assert dict(report.skipped) == {
        "cancelled, not part of the share": 1,
        "not a milestone of any contract": 1,
    }
    # (100 + 99 + 50) / 3: what is not closed is never whole, whatever its percentage.
    assert books.progress() == [
        ("2026-03-31", "M2", "100 %", "", "redmine-issue-1"),
        ("2026-04-02", "M1", "83 %", "", "redmine-Portal-version-M1-2026-04-02"),
        ("2026-04-02", "M3", "99 %", "", "redmine-issue-2"),
    ]


def test_redmine_by_count(tmp_path: Path) -> None:
    imports = "{redmine-issues: {share: items, done: [Closed, Resolved]}}"
    books = tracker_books(tmp_path, "{version: M1}", imports=imports)
    (report,) = books.take(write(tmp_path, REDMINE))
    (refused,) = report.refused
    assert refused.reason == (
        '3 "Spike" is Resolved but has no date in Closed; export with that field, or report it'
        " with `projbill progress`"
    )
    dated = REDMINE.replace(
        "04/01/2026 09:44 PM,M1,8.00,50,03/02/2026 09:44 PM,,", "x,M1,,50,,04/01/2026,"
    )
    take_twice(books, write(tmp_path, dated))
    assert said(books) == ["2026-04-01 M1 66.66 %"]


def test_redmine_in_german_and_latin_1(tmp_path: Path) -> None:
    books = tracker_books(tmp_path, "{version: portal/m1}")
    take_twice(books, write(tmp_path, GERMAN, encoding="iso-8859-1"))
    assert said(books) == ["2026-04-02 M1 75 %"]


@pytest.mark.parametrize(
    ("header", "closed", "rejected", "encoding"),
    [
        (
            "#;Projet;Tracker;Statut;Sujet;Mis-à-jour;Version cible;% réalisé;Créé;Fermé",
            *("Fermé", "Rejeté", "iso-8859-1"),
        ),
        (
            "#;Projekt;Typ zagadnienia;Status;Temat;Aktualizacja;Wersja docelowa;% Wykonania;D;Data zamknięcia",
            *("Zamknięty", "Odrzucony", "utf-8-sig"),
        ),
        (
            "#;プロジェクト;トラッカー;ステータス;題名;更新日;対象バージョン;進捗率;作成日;終了日",
            *("終了", "却下", "utf-8-sig"),
        ),
    ],
)
def test_redmine_in_other_languages(
    tmp_path: Path, header: str, closed: str, rejected: str, encoding: str
) -> None:
    rows = (
        f"1;Portal;X;{closed};A;2026-03-31;M1;100;2026-03-02;2026-03-31\n"
        f"2;Portal;X;{rejected};B;2026-03-31;M1;0;2026-03-02;2026-03-31\n"
    )
    books = tracker_books(tmp_path, "{version: M1}")
    report = take_twice(books, write(tmp_path, f"{header}\n{rows}", encoding=encoding))
    assert report.skipped["cancelled, not part of the share"] == 1
    assert said(books) == ["2026-03-31 M1 100 %"]


def test_a_version_of_two_redmine_projects_is_ambiguous(tmp_path: Path) -> None:
    text = REDMINE.replace("M9", "M1")
    books = tracker_books(tmp_path / "a", "{version: M1}")
    (report,) = books.take(write(tmp_path, text))
    assert report.refused[0].reason == (
        'match-ambiguous: ACME-MIG M1 is version "M1", which is the version M1 of Portal and the'
        ' version M1 of Other; name it by its project too, such as "Portal/M1"'
    )
    rules = "match: [{source: redmine, project: Other}]\n"
    books = tracker_books(tmp_path / "b", "{version: M1}", rules=rules)
    take_twice(books, write(tmp_path, text))
    assert said(books) == ["2026-03-05 M1 100 %"]


def redmine_issue(
    number: int, status: str, ratio: int, closed: str | None = None
) -> dict[str, Any]:
    return {
        "id": number,
        "project": {"id": 1, "name": "Portal"},
        "tracker": {"id": 2, "name": "Feature"},
        "status": {"id": 5, "name": status, "is_closed": closed is not None},
        "fixed_version": {"id": 1, "name": "M1"},
        "subject": f"Issue {number}",
        "done_ratio": ratio,
        "created_on": "2026-03-01T08:00:00Z",
        "updated_on": "2026-04-02T08:00:00Z",
        "closed_on": closed,
    }


def test_redmine_issues_in_pages_of_json(tmp_path: Path) -> None:
    first = {"issues": [redmine_issue(1, "Closed", 0, "2026-03-31T22:30:00Z")], "total_count": 2}
    second = {"issues": [redmine_issue(2, "Rejected", 0, "2026-03-31T22:30:00Z")], "total_count": 2}
    books = tracker_books(tmp_path, "{version: M1}")
    assert "the file has 1 of 2 issues" in books.refusal(put(tmp_path, first))
    pages = put(tmp_path, first).read_text() + put(tmp_path, second).read_text()
    take_twice(books, write(tmp_path, pages, "export.json"))
    assert said(books) == ["2026-04-01 M1 100 %"]


def test_a_page_of_issues_is_enough_for_a_single_one(tmp_path: Path) -> None:
    page = {"issues": [redmine_issue(1, "Closed", 0, "2026-03-31T10:00:00Z")], "total_count": 9}
    books = tracker_books(tmp_path, '{redmine: "#1"}')
    take_twice(books, put(tmp_path, page))
    assert said(books) == ["2026-03-31 M1 100 %"]


def test_redmine_versions_are_delivered_when_they_are_closed(tmp_path: Path) -> None:
    def version(number: int, status: str) -> dict[str, Any]:
        return {
            "id": number,
            "project": {"id": 1, "name": "Portal"},
            "name": f"M{number}",
            "status": status,
            "due_date": "2026-03-06",
            "created_on": "2026-03-01T08:00:00Z",
            "updated_on": "2026-03-31T22:30:00Z",
        }

    value = {"versions": [version(1, "closed"), version(2, "open"), version(3, "locked")]}
    books = tracker_books(tmp_path, "{version: M1}", "{version: M2}", "{version: portal/M3}")
    report = take_twice(books, put(tmp_path, value))
    assert dict(report.skipped) == {"not delivered yet": 2}
    assert books.progress() == [("2026-04-01", "M1", "100 %", "", "redmine-version-1")]


OPENPROJECT = (
    "id,Type,Subject,Status,% Complete,Version,Project,Assignee,Updated on,Description\n"
    "12,Milestone,Go-live,Closed,100,M1,Portal,Anna,03/31/2026 11:30 PM,<p>two</p>\n"
    "13,Task,'=Sum,In progress,60,M1,Portal,Anna,04/02/2026 09:00 AM,\n"
    "14,Task,Idea,Rejected,0,M1,Portal,Anna,04/03/2026 09:00 AM,\n"
)


@pytest.mark.parametrize("dates", ["", "{openproject: {dates: mdy}}"])
def test_openproject_table(tmp_path: Path, dates: str) -> None:
    matches = ('{openproject: "#12"}', '{openproject: "=Sum"}', "{version: M1}")
    books = tracker_books(tmp_path, *matches, imports=dates)
    report = take_twice(books, write(tmp_path, OPENPROJECT, encoding="utf-8-sig"))
    assert report.format == "openproject"
    assert books.progress() == [
        ("2026-03-31", "M1", "100 %", "", "openproject-12"),
        ("2026-04-02", "M2", "60 %", "", "openproject-13"),
        ("2026-04-03", "M3", "80 %", "", "openproject-Portal-version-M1-2026-04-03"),
    ]


def test_openproject_with_several_versions_and_ids_with_letters(tmp_path: Path) -> None:
    text = (
        "id,Subject,Status,Target versions,Updated on\n"
        "APP-12,Plan,Closed,1.0; 2.0,2026-03-31 10:00\n"
        "APP-13,Build,New,2.0,2026-03-31 10:00\n"
    )
    books = tracker_books(tmp_path, '{version: "1.0"}', '{version: "2.0"}', "{openproject: app-12}")
    take_twice(books, write(tmp_path, text))
    assert said(books) == ["2026-03-31 M1 100 %", "2026-03-31 M2 50 %", "2026-03-31 M3 100 %"]


def test_openproject_without_its_days_is_named(tmp_path: Path) -> None:
    books = tracker_books(tmp_path, "{version: M1}")
    text = OPENPROJECT.replace("Updated on", "Updated")
    assert books.refusal(write(tmp_path, text)) == (
        '1: looks like OpenProject work packages (CSV, JSON) but has no column "Updated on"'
    )


def test_openproject_collection(tmp_path: Path) -> None:
    def package(number: int, status: str, percent: int | None) -> dict[str, Any]:
        return {
            "_type": "WorkPackage",
            "id": number,
            "subject": f"Package {number}",
            "percentageDone": percent,
            "createdAt": "2026-03-01T08:00:00.000Z",
            "updatedAt": "2026-03-31T22:30:00.000Z",
            "_links": {
                "status": {"title": status},
                "project": {"title": "Portal"},
                "version": {"title": "M1"},
            },
        }

    found = [package(1, "Closed", 100), package(2, "In progress", 50), package(3, "New", None)]
    page = {
        "_type": "WorkPackageCollection",
        "total": 3,
        "count": 3,
        "_embedded": {"elements": found},
    }
    books = tracker_books(tmp_path, "{version: M1}", "{openproject: 1}")
    take_twice(books, put(tmp_path, page))
    assert said(books) == ["2026-04-01 M1 50 %", "2026-04-01 M2 100 %"]
    other = tracker_books(tmp_path / "b", "{version: M1}")
    refused = other.refusal(put(tmp_path, page | {"total": 61}))
    assert "the file has 3 of 61 work packages" in refused


def project(*tasks: str, head: str = "", status: str = "2026-04-02T17:00:00") -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n{head}'
        '<Project xmlns="http://schemas.microsoft.com/project"><Title>Portal</Title>'
        f"<StatusDate>{status}</StatusDate><LastSaved>2026-04-05T10:00:00</LastSaved><Tasks>"
        "<Task><UID>0</UID><ID>0</ID><Name>Portal</Name><PercentComplete>40</PercentComplete></Task>"
        + "\n".join(tasks)
        + "</Tasks><Resources><Resource><UID>1</UID><Name>Anna</Name></Resource></Resources></Project>"
    )


def task(uid: int, wbs: str, name: str, percent: int, finish: str = "", more: str = "") -> str:
    done = f"<ActualFinish>{finish}</ActualFinish>" if finish else ""
    return (
        f"<Task><UID>{uid}</UID><ID>{uid + 1}</ID><Name>{name}</Name><WBS>{wbs}</WBS>"
        f"<Milestone>1</Milestone><PercentComplete>{percent}</PercentComplete>{done}{more}"
        "<Cost>123400</Cost><Baseline><Finish>2026-01-01T00:00:00</Finish></Baseline>"
        "<PredecessorLink><PredecessorUID>1</PredecessorUID></PredecessorLink></Task>"
    )


def test_project_tasks_by_wbs_name_and_uid(tmp_path: Path) -> None:
    text = project(
        task(5, "1", "Phase &amp; plan", 60),
        task(6, "1.1", "Plan", 100, "2026-03-31T23:30:00"),
        task(7, "1.2", "Build", 30),
        task(8, "1.3", "Dropped", 0, more="<Active>0</Active>"),
    )
    books = tracker_books(
        tmp_path, "{msproject: Phase & plan}", "{msproject: 1.1}", "{msproject: portal/1.2}"
    )
    report = take_twice(books, write(tmp_path, text, "plan.xml"))
    assert report.format == "msproject"
    assert dict(report.skipped) == {"inactive task": 1, "summary of the whole project": 1}
    # A phase has the percentage that Project gives it; its parts are not added to it.
    assert books.progress() == [
        ("2026-03-31", "M2", "100 %", "", "msproject-Portal-6"),
        ("2026-04-02", "M1", "60 %", "", "msproject-Portal-5"),
        ("2026-04-02", "M3", "30 %", "", "msproject-Portal-7"),
    ]


def test_a_project_saved_later_tells_how_far_it_is_then(tmp_path: Path) -> None:
    books = tracker_books(tmp_path, "{msproject: Build}")
    for percent, day in ((30, "2026-04-02"), (20, "2026-04-09"), (99, "2026-04-16")):
        text = project(task(7, "1.2", "Build", percent), status=f"{day}T17:00:00")
        take_twice(books, write(tmp_path, text, "plan.xml"))
    done = task(7, "1.2", "Build", 100, "2026-04-20T17:00:00")
    take_twice(books, write(tmp_path, project(done, status="2026-04-23T17:00:00"), "plan.xml"))
    assert said(books) == [
        "2026-04-02 M1 30 %",
        "2026-04-09 M1 20 %",
        "2026-04-16 M1 99 %",
        "2026-04-20 M1 100 %",
    ]


def test_a_wbs_is_not_taken_for_the_number_of_another_task(tmp_path: Path) -> None:
    tasks = (task(2, "1", "Plan", 100, "2026-03-31T17:00:00"), task(1, "2", "Build", 30))
    books = tracker_books(tmp_path, '{msproject: "1"}')
    take_twice(books, write(tmp_path, project(*tasks), "plan.xml"))
    assert books.progress() == [("2026-03-31", "M1", "100 %", "", "msproject-Portal-2")]


def test_a_copy_of_a_project_without_title_is_the_same_project(tmp_path: Path) -> None:
    books = tracker_books(tmp_path, "{msproject: Build}")
    finish = "<Finish>2026-04-20T17:00:00</Finish>"
    text = project(task(7, "1.2", "Build", 100, more=finish))
    for name in ("plan.xml", "plan v2.xml"):
        copy = text.replace("<Title>Portal</Title>", f"<Name>{name}</Name>")
        take_twice(books, write(tmp_path, copy, name))
    assert books.progress() == [("2026-04-20", "M1", "100 %", "", "msproject-7")]


@pytest.mark.parametrize(
    ("head", "tail", "reason"),
    [
        ('<!DOCTYPE Project [<!ENTITY a "aaaa">]>', "", "a document type, Project"),
        ('<!DOCTYPE Project SYSTEM "file:///etc/passwd">', "", "a document type, Project"),
        ("", "<Task>", "mismatched tag"),
    ],
)
def test_project_xml_with_entities_or_cut_off_is_refused(
    tmp_path: Path, head: str, tail: str, reason: str
) -> None:
    books = tracker_books(tmp_path, "{msproject: Build}")
    text = project(task(7, "1.2", "Build", 100, "2026-04-20T17:00:00"), tail, head=head)
    refusal = books.refusal(write(tmp_path, text, "plan.xml"))
    assert "Microsoft Project XML that is cut off, damaged or changed" in refusal
    assert reason in refusal
