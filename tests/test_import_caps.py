"""Exports that are just as long as the tool makes them at most: something may be missing."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

import pytest

from tests.import_books import EXPORTS
from tests.import_books import make_books
from tests.import_books import write
from tests.tracker_books import tracker_books

if TYPE_CHECKING:
    from pathlib import Path

TRACKERS = EXPORTS.parent / "trackers"
TOLD = "{} rows are just what the tool exports at most; see that none is missing"


def lengthened(path: Path, key: str, rows: int) -> str:
    """The export with its last row again and again, each time under another id."""
    header, *cells = csv.reader(io.StringIO(path.read_text("utf-8-sig"), newline=""))
    place, last = header.index(key), cells[-1]
    numbers = range(700_000, 700_000 + rows - len(cells))
    cells += [[*last[:place], str(number), *last[place + 1 :]] for number in numbers]
    out = io.StringIO()
    csv.writer(out).writerows([header, *cells])
    return out.getvalue()


@pytest.mark.parametrize("more", [0, 1])
@pytest.mark.parametrize(
    ("name", "key", "match", "settings", "most"),
    [
        ("trackers/openproject.csv", "id", '{openproject: "#12"}', "openproject", 500),
        ("trackers/redmine-issues.csv", "#", '{redmine: "#1"}', "redmine-issues", 500),
        ("exports/jira.csv", "Issue id", "{jira: MIG-12}", "jira", 1000),
    ],
)
def test_a_table_of_issues_that_is_full_is_named(
    tmp_path: Path, name: str, key: str, match: str, settings: str, most: int, more: int
) -> None:
    books = tracker_books(tmp_path, match, imports=f"{{{settings}: {{dates: mdy}}}}")
    path = EXPORTS.parent / name
    (report,) = books.plan(write(tmp_path, lengthened(path, key, most + more)))
    assert report.format == settings
    assert report.rows == most + more
    assert (TOLD.format(most) in report.notices) is not bool(more)


@pytest.mark.parametrize(("rows", "is_told"), [(99, False), (100, True), (101, False)])
def test_an_answer_of_gitlab_that_does_not_tell_of_pages_may_be_full(
    tmp_path: Path, rows: int, is_told: bool
) -> None:
    books = make_books(tmp_path)
    node = {
        "timeSpent": 60,
        "spentAt": "2026-03-02T12:00:00Z",
        "user": {"name": "Bo Lindqvist"},
        "issue": {"title": "API"},
        "project": {"name": "Mobile app"},
    }
    nodes = [{**node, "id": f"gid://gitlab/Timelog/{number}"} for number in range(rows)]
    answer = {"data": {"project": {"timelogs": {"nodes": nodes}}}}
    (report,) = books.plan(write(tmp_path, json.dumps(answer), "timelogs.json"))
    told = "100 entries are just what GitLab answers at most; see that none is missing"
    assert (report.new, told in report.notices) == (rows, is_told)
    whole = json.dumps(answer).replace('"nodes"', '"pageInfo": {"hasNextPage": false}, "nodes"')
    (report,) = books.plan(write(tmp_path, whole, "timelogs.json"))
    assert told not in report.notices
