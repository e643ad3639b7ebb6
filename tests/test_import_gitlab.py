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

PAGE = "https://git.example/acme/portal/-"
OLD = (
    "Title,Description,Issue ID,URL,State,Author,Author Username,Assignee,Assignee Username,"
    "Confidential,Locked,Due Date,Created At (UTC),Updated At (UTC),Closed At (UTC),Milestone,"
    "Weight,Labels,Time Estimate,Time Spent\n"
)
NEW = (
    "ID,IID,Title,Description,Type,URL,State,Confidential,Locked,Milestone,Labels,Author,"
    "Created At (UTC),Updated At (UTC),Closed At (UTC),Due Date,Weight\n"
)


def milestone(state: str = "closed", **more: Any) -> dict[str, Any]:
    return {
        "id": 693521,
        "iid": 5,
        "project_id": 9,
        "title": "12.2",
        "description": "",
        "state": state,
        "created_at": "2026-03-01T08:00:00.567Z",
        "updated_at": "2026-03-31T22:30:00.455Z",
        "due_date": "2026-03-20",
        "start_date": None,
        "expired": True,
        "web_url": f"{PAGE}/milestones/5",
    } | more


def issue(iid: int, state: str = "closed", **more: Any) -> dict[str, Any]:
    return {
        "id": 900 + iid,
        "iid": iid,
        "project_id": 9,
        "title": f"Issue {iid}",
        "state": state,
        "labels": [],
        "milestone": milestone("active"),
        "author": {"username": "alice"},
        "created_at": "2026-03-01T08:00:00.000Z",
        "updated_at": f"2026-03-{iid:02}T20:00:00.000Z",
        "closed_at": f"2026-03-{iid:02}T12:00:00.000Z" if state == "closed" else None,
        "due_date": None,
        "weight": None,
        "web_url": f"{PAGE}/issues/{iid}",
    } | more


@pytest.mark.parametrize("name", ["5", "%5", "12.2", '%"12.2"', "acme/portal%5", "portal%12.2"])
def test_a_closed_milestone_by_every_name(tmp_path: Path, name: str) -> None:
    books = tracker_books(tmp_path, f"{{gitlab: '{name}'}}")
    report = take_twice(books, put(tmp_path, [milestone()]))
    assert report.format == "gitlab"
    assert books.progress() == [("2026-04-01", "M1", "100 %", "", "gitlab-acme-portal-milestone-5")]


def test_a_milestone_that_is_past_its_day_is_not_done(tmp_path: Path) -> None:
    books = tracker_books(tmp_path, "{gitlab: 5}")
    report = take_twice(books, put(tmp_path, [milestone("active")]))
    assert dict(report.skipped) == {"not delivered yet": 1}
    assert said(books) == []


def test_a_closed_milestone_that_is_edited_later_stays_as_it_was(tmp_path: Path) -> None:
    books = tracker_books(tmp_path, "{gitlab: 5}")
    take_twice(books, put(tmp_path, [milestone()]))
    edited = milestone(updated_at="2026-05-01T09:00:00.000Z", title="12.2 LTS")
    take_twice(books, put(tmp_path, [edited]))
    assert said(books) == ["2026-04-01 M1 100 %"]


def test_issues_count_for_their_milestone(tmp_path: Path) -> None:
    export = [
        issue(3),
        issue(7),
        issue(9, "opened"),
        issue(11, labels=["wontfix"]),
        issue(12, milestone=None),
    ]
    books = tracker_books(tmp_path, '{gitlab: "%5"}', '{gitlab: "#12"}')
    report = take_twice(books, put(tmp_path, export))
    assert dict(report.skipped) == {"cancelled, not part of the share": 1}
    assert said(books) == ["2026-03-07 M1 66.66 %", "2026-03-12 M2 100 %"]


def test_shares_by_weight(tmp_path: Path) -> None:
    export = [issue(3, weight=5), issue(7, weight=1), issue(9, "opened", weight=2)]
    books = tracker_books(tmp_path, '{gitlab: "%5"}', imports="{gitlab: {share: points}}")
    take_twice(books, put(tmp_path, export))
    assert said(books) == ["2026-03-07 M1 75 %"]


def test_open_items_without_points_keep_a_share_from_being_whole(tmp_path: Path) -> None:
    export = [issue(3, weight=5), issue(9, "opened")]
    books = tracker_books(tmp_path, '{gitlab: "%5"}', imports="{gitlab: {share: points}}")
    take_twice(books, put(tmp_path, export))
    assert said(books) == ["2026-03-03 M1 99 %"]


def test_shares_by_weight_need_weights(tmp_path: Path) -> None:
    books = tracker_books(tmp_path, '{gitlab: "%5"}', imports="{gitlab: {share: points}}")
    assert "no item of the milestone 5 has points" in books.refusal(put(tmp_path, [issue(3)]))


def test_iterations_and_merge_requests_are_no_milestones(tmp_path: Path) -> None:
    books = tracker_books(tmp_path, "{gitlab: 5}")
    for value in (milestone(sequence=1), issue(5, source_branch="x")):
        assert "no known export" in books.refusal(put(tmp_path, [value]))


def test_the_table_of_issues_in_both_layouts(tmp_path: Path) -> None:
    old = (
        f'Plan,"two\nlines",3,{PAGE}/issues/3,Closed,A,a,,,No,No,,2026-03-01 08:00:00,'
        "2026-03-31 22:30:00,2026-03-31 22:30:00,12.2,,plan,3600,7200\n"
        f"Build,,4,{PAGE}/issues/4,Open,A,a,,,No,No,,2026-03-01 08:00:00,"
        "2026-03-02 08:00:00,,12.2,,,0,0\n"
        f"Gold,,5,{PAGE}/issues/5,Closed,A,a,,,No,No,,2026-03-01 08:00:00,"
        '2026-03-02 08:00:00,2026-03-02 08:00:00,12.2,,"later,duplicate",0,0\n'
    )
    new = (
        f"903,3,Plan,,Issue,{PAGE}/issues/3,Closed,false,false,12.2,plan,A,2026-03-01 08:00:00,"
        "2026-03-31 22:30:00,2026-03-31 22:30:00,,\n"
        f"904,4,Build,,Issue,{PAGE}/issues/4,Open,false,false,12.2,,A,2026-03-01 08:00:00,"
        "2026-03-02 08:00:00,,,\n"
    )
    for folder, text in (("old", OLD + old), ("new", NEW + new)):
        books = tracker_books(tmp_path / folder, '{gitlab: "%12.2"}', '{gitlab: "portal#3"}')
        report = take_twice(books, write(tmp_path, text))
        assert report.format == "gitlab"
        # UTC in the file, half past midnight in Berlin.
        assert books.progress() == [
            ("2026-04-01", "M1", "50 %", "", "gitlab-acme-portal-milestone-issues-12.2-2026-04-01"),
            ("2026-04-01", "M2", "100 %", "", "gitlab-acme-portal-3"),
        ]
