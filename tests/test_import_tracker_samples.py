"""Real exports of issue trackers, counted here and compared with what the ledger says."""

from __future__ import annotations

import csv
import json
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from projbill_beancount.importers.formats import FORMATS
from projbill_beancount.importers.formats import settings_of
from projbill_beancount.importers.table import decoded
from tests.tracker_books import said
from tests.tracker_books import take_twice
from tests.tracker_books import tracker_books

FOLDER = os.environ.get("PROJBILL_SAMPLES", "")
if not FOLDER and os.environ.get("CI") == "true":
    pytest.fail("PROJBILL_SAMPLES must name the folder of the real exports", pytrace=False)

pytestmark = pytest.mark.skipif(
    not FOLDER, reason="PROJBILL_SAMPLES does not name the folder of the real exports"
)
SAMPLES = sorted(path for path in Path(FOLDER or "/nowhere").rglob("*.*") if path.is_file())


def sample(name: str) -> Path:
    return Path(FOLDER) / name


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_file_is_of_two_formats(tmp_path: Path, path: Path) -> None:
    firm = tracker_books(tmp_path, "{jira: X-1}").terms.firm
    text = decoded(path.read_bytes())
    found = [form.name for form in FORMATS if form.recognise(text, settings_of(firm, form))]
    assert len(found) <= 1
    if path.parent.name in {"asana", "clickup", "jira", "linear", "taskwarrior", "trello"}:
        assert found == [path.parent.name]


def percent(issue: dict[str, Any]) -> Decimal:
    return (
        Decimal(100)
        if issue["status"]["name"] == "Closed"
        else Decimal(min(issue["done_ratio"], 99))
    )


@pytest.mark.parametrize("name", ["issues.json", "issues.csv"])
def test_redmine_versions_from_issues(tmp_path: Path, name: str) -> None:
    issues = json.loads(sample("redmine/issues.json").read_text())["issues"]
    versions: dict[str, list[Decimal]] = {}
    for issue in issues:
        if "fixed_version" in issue:
            versions.setdefault(issue["fixed_version"]["name"], []).append(percent(issue))
    names = sorted(versions)
    imports = "{redmine-issues: {zone: UTC, dates: mdy}}"
    books = tracker_books(tmp_path, *(f"{{version: {one}}}" for one in names), imports=imports)
    report = take_twice(books, sample(f"redmine/{name}"))
    assert report.rows == len(issues)
    wanted = []
    for number, one in enumerate(names, 1):
        share = int(sum(versions[one]) * 100 / len(versions[one])) / Decimal(100)
        wanted += [f"2026-11-22 M{number} {share.normalize():f} %"] if share else []
    assert said(books) == wanted
    assert len(wanted) == 3


def test_redmine_versions(tmp_path: Path) -> None:
    path = sample("redmine/versions.acme-portal.json")
    found = json.loads(path.read_text())["versions"]
    books = tracker_books(tmp_path, *(f"{{version: {one['name']}}}" for one in found))
    take_twice(books, path)
    assert said(books) == ["2026-11-22 M1 100 %"]


def test_taskwarrior_projects(tmp_path: Path) -> None:
    path = sample("taskwarrior/task_2.6.2_export.json")
    tasks = json.loads(path.read_text())
    counted = [
        one
        for one in tasks
        if one["project"] == "acme-portal" and one["status"] in {"pending", "completed"}
    ]
    done = [one for one in counted if one["status"] == "completed"]
    books = tracker_books(
        tmp_path, "{taskwarrior: acme-portal}", "{taskwarrior: nordwind-migration}"
    )
    report = take_twice(books, path)
    # Its end is 23:00 in UTC on the 19th, the next day in Berlin.
    assert [one["end"] for one in done] == ["20260319T230000Z"]
    assert said(books) == [f"2026-03-20 M1 {100 * len(done) // len(counted)} %"]
    assert report.rows == len(tasks)


def test_github(tmp_path: Path) -> None:
    books = tracker_books(tmp_path, "{github: v1.0}", '{github: "#13"}')
    take_twice(books, sample("github/rest_milestone_object_extracted.json"))
    report = take_twice(books, sample("github/rest_issues_list_page1_extracted.json"))
    assert report.skipped["not delivered yet"] == 1
    assert said(books) == ["2019-05-15 M1 100 %"]


def test_gitlab_milestone_that_is_active_and_past_its_day(tmp_path: Path) -> None:
    books = tracker_books(tmp_path, '{gitlab: "%12.2"}')
    report = take_twice(books, sample("gitlab/group_milestone_and_time_stats_extracted.json"))
    assert dict(report.skipped) == {"not delivered yet": 1}


def test_gitlab_iterations_are_refused(tmp_path: Path) -> None:
    books = tracker_books(tmp_path, '{gitlab: "%13"}')
    assert "no known export" in books.refusal(sample("gitlab/list_group_iterations.json"))


def test_linear_and_asana(tmp_path: Path) -> None:
    for tool, day, column in (("linear", "2026-10-12", "ID"), ("asana", "2026-09-30", "Task ID")):
        path = sample(f"{tool}/sred-kit_{tool}.csv")
        with path.open(encoding="utf-8-sig", newline="") as file:
            (row,) = csv.DictReader(file)
        books = tracker_books(tmp_path / tool, f'{{{tool}: "{row[column]}"}}')
        take_twice(books, path)
        assert said(books) == [f"{day} M1 100 %"]


def test_clickup_that_does_not_say_when(tmp_path: Path) -> None:
    books = tracker_books(tmp_path, "{clickup: Control}")
    refused = books.refusal(sample("clickup/sred-kit_clickup_view_export.csv"))
    assert "is complete but has no date in Date Closed" in refused


def test_trello_board_where_nothing_is_done(tmp_path: Path) -> None:
    books = tracker_books(tmp_path, "{trello: Todo}", "{trello: Visualize code}")
    report = take_twice(books, sample("trello/wekan_trello-project100.json"))
    assert dict(report.skipped) == {"not delivered yet": 3}
