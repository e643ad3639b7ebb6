from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

from beancount import loader

from projbill_beancount.terms.read import read_terms
from tests.import_books import write
from tests.tracker_books import put
from tests.tracker_books import said
from tests.tracker_books import take_twice
from tests.tracker_books import tracker_books

if TYPE_CHECKING:
    from pathlib import Path

REPOSITORY = "https://api.github.com/repos/octo/portal"
PAGE = "https://github.com/octo/portal"


def milestone(number: int, title: str, state: str = "open", **more: Any) -> dict[str, Any]:
    return {
        "url": f"{REPOSITORY}/milestones/{number}",
        "html_url": f"{PAGE}/milestone/{number}",
        "id": 4317517 + number,
        "number": number,
        "title": title,
        "open_issues": 0,
        "closed_issues": 4,
        "state": state,
        "created_at": "2026-03-01T08:00:00Z",
        "updated_at": "2026-04-02T10:00:00Z",
        "due_on": "2026-03-31T07:00:00Z",
        "closed_at": "2026-03-31T22:30:00Z" if state == "closed" else None,
    } | more


def issue(day: int, state: str = "closed", reason: str | None = "completed", **more: Any) -> Any:
    """An issue whose number is the day of March on which it was closed."""
    number = day
    return {
        "url": f"{REPOSITORY}/issues/{number}",
        "repository_url": REPOSITORY,
        "html_url": f"{PAGE}/issues/{number}",
        "id": 1000 + number,
        "number": number,
        "title": f"Issue {number}",
        "labels": [],
        "state": state,
        "state_reason": reason,
        "milestone": None,
        "created_at": "2026-03-01T08:00:00Z",
        "updated_at": f"2026-03-{number:02}T20:00:00Z",
        "closed_at": f"2026-03-{number:02}T12:00:00Z" if state == "closed" else None,
    } | more


def in_milestone(state: str, still_open: int, closed: int) -> dict[str, Any]:
    found = milestone(3, "Cut-over", state, open_issues=still_open, closed_issues=closed)
    return {"milestone": found}


def test_a_closed_milestone_is_complete_on_the_local_day(tmp_path: Path) -> None:
    books = tracker_books(tmp_path, "{github: 3}")
    report = take_twice(
        books, put(tmp_path, [milestone(3, "Cut-over", "closed"), milestone(4, "x")])
    )
    assert report.format == "github"
    assert dict(report.skipped) == {"not a milestone of any contract": 1}
    # 22:30 in UTC is half past midnight in Berlin; the due date means nothing.
    assert books.progress() == [("2026-04-01", "M1", "100 %", "", "github-octo-portal-milestone-3")]


def test_without_a_zone_the_day_is_that_of_utc_and_the_import_says_so(tmp_path: Path) -> None:
    books = tracker_books(tmp_path, "{github: 3}", imports="{github: {zone: UTC}}")
    books.take(put(tmp_path, [milestone(3, "Cut-over", "closed")]))
    assert said(books) == ["2026-03-31 M1 100 %"]


def test_closed_with_open_issues_is_not_complete(tmp_path: Path) -> None:
    books = tracker_books(tmp_path, "{github: 3}")
    take_twice(books, put(tmp_path, [milestone(3, "Cut-over", "closed", open_issues=1)]))
    assert said(books) == ["2026-04-02 M1 80 %"]


def test_an_open_milestone_is_never_complete(tmp_path: Path) -> None:
    books = tracker_books(tmp_path, "{github: 3}")
    take_twice(books, put(tmp_path, [milestone(3, "Cut-over")]))
    assert said(books) == ["2026-04-02 M1 99 %"]


def test_every_way_to_name_a_milestone(tmp_path: Path) -> None:
    export = put(tmp_path, [milestone(3, "Cut-over", "closed")])
    for number, name in enumerate(
        ("3", "%3", "cut-OVER", "octo/portal%3", "portal%3", f"{PAGE}/milestone/3")
    ):
        books = tracker_books(tmp_path / str(number), f'{{github: "{name}"}}')
        books.take(export)
        assert said(books) == ["2026-04-01 M1 100 %"], name
    for number, name in enumerate(("#3", "octo/other%3", "4")):
        books = tracker_books(tmp_path / f"not-{number}", f'{{github: "{name}"}}')
        books.take(export)
        assert said(books) == [], name


def test_one_number_in_two_repositories_is_ambiguous(tmp_path: Path) -> None:
    other = "https://api.github.com/repos/octo/other/milestones/3"
    both = [milestone(3, "Cut-over", "closed"), milestone(3, "Else", "closed", url=other)]
    books = tracker_books(tmp_path / "a", "{github: 3}")
    (report,) = books.take(put(tmp_path, both))
    (refused,) = report.refused
    assert refused.reason == (
        'match-ambiguous: ACME-MIG M1 is github "3", which is the milestone 3 "Cut-over" of'
        ' octo/portal and the milestone 3 "Else" of octo/other; name it by its project too, such'
        ' as "octo/portal%3"'
    )
    for folder, match, rules in (
        ("b", '{github: "octo/portal%3"}', ""),
        ("c", "{github: 3}", "match: [{source: github, project: octo/portal}]\n"),
    ):
        books = tracker_books(tmp_path / folder, match, rules=rules)
        books.take(put(tmp_path, both))
        assert said(books) == ["2026-04-01 M1 100 %"]


def test_issues_of_a_milestone_count_without_pull_requests_and_declined_ones(
    tmp_path: Path,
) -> None:
    of = in_milestone("open", 1, 4)
    export = [
        issue(5, **of),
        issue(9, **of),
        issue(11, "open", None, **of),
        issue(12, reason="not_planned", **of),
        issue(13, reason=None, labels=[{"name": "duplicate"}], **of),
        issue(20, pull_request={"url": f"{REPOSITORY}/pulls/20"}),
        issue(21),
    ]
    books = tracker_books(tmp_path, "{github: 3}")
    report = take_twice(books, put(tmp_path, export))
    assert dict(report.skipped) == {
        "cancelled, not part of the share": 2,
        "not a milestone of any contract": 1,
        "pull request": 1,
    }
    assert books.progress() == [
        ("2026-03-09", "M1", "66.66 %", "", "github-octo-portal-milestone-issues-3-2026-03-09")
    ]


def test_an_issue_closed_for_a_reason_that_nobody_knows_is_not_delivered(tmp_path: Path) -> None:
    of = in_milestone("open", 1, 1)
    books = tracker_books(tmp_path, "{github: 3}")
    export = [issue(5, **of), issue(9, reason="gone_elsewhere", **of)]
    take_twice(books, put(tmp_path, export))
    ((day, _, percent, *_),) = books.progress()
    assert (day, percent) == ("2026-03-05", "50 %")


def test_a_list_of_some_states_only_is_refused(tmp_path: Path) -> None:
    books = tracker_books(tmp_path, "{github: 3}")
    (report,) = books.take(put(tmp_path, [issue(5, **in_milestone("open", 3, 1))]))
    assert report.refused[0].reason == (
        "1 of the 4 items of the milestone 3 are in the file; export all states and all pages"
    )
    assert said(books) == []


def test_all_issues_closed_in_an_open_milestone_is_almost_complete(tmp_path: Path) -> None:
    books = tracker_books(tmp_path, "{github: 3}")
    report = take_twice(books, put(tmp_path, [issue(5, **in_milestone("open", 0, 1))]))
    assert said(books) == ["2026-03-05 M1 99 %"]
    (notice,) = report.notices
    assert notice == (
        "all items of the milestone 3 are delivered, and it is still open: 99 % is reported until"
        " it is closed"
    )


def test_an_issue_is_a_milestone_by_its_number_with_the_sign(tmp_path: Path) -> None:
    books = tracker_books(tmp_path, '{github: "#5"}', '{github: "#6"}')
    export = [issue(5), issue(6, reason="not_planned")]
    report = take_twice(books, put(tmp_path, export))
    assert books.progress() == [("2026-03-05", "M1", "100 %", "", "github-octo-portal-5")]
    assert dict(report.skipped) == {"not delivered yet": 1}


def test_what_the_command_line_tool_writes(tmp_path: Path) -> None:
    one = {
        "number": 5,
        "title": "Plan",
        "state": "CLOSED",
        "stateReason": "COMPLETED",
        "closedAt": "2026-03-05T12:00:00Z",
        "updatedAt": "2026-03-05T12:00:00Z",
        "url": f"{PAGE}/issues/5",
        "labels": [],
        "milestone": {"number": 3, "title": "Cut-over", "description": "", "dueOn": None},
    }
    other = one | {"number": 6, "stateReason": "NOT_PLANNED", "url": f"{PAGE}/issues/6"}
    books = tracker_books(tmp_path, "{github: Cut-over}")
    take_twice(books, put(tmp_path, [one, other]))
    assert said(books) == ["2026-03-05 M1 100 %"]


def test_pages_after_another_are_one_list_and_an_issue_on_two_counts_once(tmp_path: Path) -> None:
    of = in_milestone("open", 1, 1)
    first = put(tmp_path, [issue(5, **of)]).read_text()
    second = put(tmp_path, [issue(5, **of), issue(6, "open", None, **of)]).read_text()
    books = tracker_books(tmp_path, "{github: 3}")
    report = take_twice(books, write(tmp_path, first + second, "export.json"))
    assert (report.rows, dict(report.skipped)) == (3, {"the same item again": 1})
    assert said(books) == ["2026-03-05 M1 50 %"]


def test_a_page_that_is_full_is_named(tmp_path: Path) -> None:
    books = tracker_books(tmp_path, '{github: "#5"}')
    report = take_twice(
        books, put(tmp_path, [issue(1), *(issue(5, number=n) for n in range(2, 31))])
    )
    assert report.notices == (
        "30 rows are just what the tool exports at most; see that none is missing",
    )


def test_a_milestone_that_is_opened_again_goes_back(tmp_path: Path) -> None:
    books = tracker_books(tmp_path, "{github: 3}")
    closed = put(tmp_path, [milestone(3, "Cut-over", "closed")], "1.json")
    opened = milestone(3, "Cut-over", open_issues=1, updated_at="2026-04-10T09:00:00Z")
    back = put(tmp_path, [opened], "2.json")
    again = milestone(3, "Cut-over", "closed", closed_at="2026-04-20T09:00:00Z")
    final = put(tmp_path, [again | {"updated_at": "2026-04-20T09:00:00Z"}], "3.json")
    for export in (closed, back, final):
        books.take(export)
    assert said(books) == [
        "2026-04-01 M1 100 %",
        "2026-04-10 M1 80 %",
        "2026-04-20 M1 100 %",
    ]
    before = books.bytes()
    for export in (final, closed, back, closed, final):
        (report,) = books.take(export)
        assert (report.new, report.changed) == (0, ())
    assert books.bytes() == before


def test_exports_in_the_wrong_order_tell_the_same_story(tmp_path: Path) -> None:
    day_of = (1, 10, 11, 12)

    def export(name: str, done: int, day: int) -> Path:
        issues = [
            issue(
                day_of[n],
                *(("closed",) if n < done else ("open", None)),
                **in_milestone("open", 4 - done, done),
            )
            for n in range(4)
        ]
        for one in issues:
            one["updated_at"] = f"2026-03-{day:02}T09:00:00Z"
        return put(tmp_path, issues, name)

    early, late = export("1.json", 1, 5), export("2.json", 3, 20)
    stories = []
    for folder, order in (("a", (early, late)), ("b", (late, early))):
        books = tracker_books(tmp_path / folder, "{github: 3}")
        for one in order:
            books.take(one)
        stories.append(said(books))
    assert stories[0] == stories[1] == ["2026-03-01 M1 25 %", "2026-03-11 M1 75 %"]


def test_a_version_that_grows_goes_back(tmp_path: Path) -> None:
    books = tracker_books(tmp_path, "{github: 3}")
    done = [issue(1, **in_milestone("closed", 0, 2)), issue(2, **in_milestone("closed", 0, 2))]
    books.take(put(tmp_path, done, "1.json"))
    of = in_milestone("open", 1, 2)
    grown = [issue(1, **of), issue(2, **of), issue(30, "open", None, **of)]
    later = put(tmp_path, grown, "2.json")
    take_twice(books, later)
    assert said(books) == ["2026-03-02 M1 100 %", "2026-03-30 M1 66.66 %"]


def test_another_day_of_delivery_is_shown_and_not_written(tmp_path: Path) -> None:
    books = tracker_books(tmp_path, '{github: "#5"}')
    books.take(put(tmp_path, [issue(5)]))
    moved = issue(5, closed_at="2026-03-07T12:00:00Z", updated_at="2026-03-07T12:00:00Z")
    (report,) = books.take(put(tmp_path, [moved]))
    (change,) = report.changed
    assert (change.old, change.new) == (
        "2026-03-05 ACME-MIG M1 100%",
        "2026-03-07 ACME-MIG M1 100%",
    )
    assert said(books) == ["2026-03-05 M1 100 %"]


def test_a_milestone_that_goes_back_after_its_invoice_is_a_finding(tmp_path: Path) -> None:
    books = tracker_books(tmp_path, "{github: 3}")
    books.take(put(tmp_path, [milestone(3, "Cut-over", "closed")], "1.json"))
    with (tmp_path / "main.beancount").open("a") as ledger:
        ledger.write(
            '2026-04-02 * "ACME Corp" "INV-2026-0001" #invoice ^INV-2026-0001\n'
            '  invoice: "INV-2026-0001"\n'
            '  project: "ACME-MIG"\n'
            "  net: 1000.00 EUR\n"
            "  total: 1000.00 EUR\n"
            "  Assets:Receivable:ACME  1000.00 EUR\n"
            "  Income:Services:ACME-MIG  -1000.00 EUR\n"
            '    line: "M1"\n'
            '    kind: "milestone"\n'
            '    milestone: "M1"\n'
        )
    opened = milestone(3, "Cut-over", open_issues=1, updated_at="2026-04-10T09:00:00Z")
    books.take(put(tmp_path, [opened], "2.json"))
    assert said(books) == ["2026-04-01 M1 100 %", "2026-04-10 M1 80 %"]
    _, errors, _ = loader.load_file(str(books.ledger))
    assert any("milestone-regress" in error.message for error in errors)


def test_the_number_of_another_repository_is_not_taken_for_the_one_so_far(tmp_path: Path) -> None:
    books = tracker_books(tmp_path, "{github: 3}")
    books.take(put(tmp_path, [milestone(3, "Cut-over", "closed")]))
    other = milestone(3, "Else", url="https://api.github.com/repos/octo/other/milestones/3")
    assert books.refusal(put(tmp_path, [other])) == (
        "2: M1 of ACME-MIG was reported by github-octo-portal-milestone-3, of another project of the"
        " tool than github-octo-other-milestone-3; say in `match:` which is meant, such as"
        ' "octo/portal%3" or "Portal/1.0"'
    )
    assert said(books) == ["2026-04-01 M1 100 %"]


def test_a_repository_that_is_named_may_change(tmp_path: Path) -> None:
    books = tracker_books(tmp_path, "{github: 3}")
    books.take(put(tmp_path, [milestone(3, "Cut-over", "closed")]))
    contract = tmp_path / "contracts" / "acme.yaml"
    contract.write_text(contract.read_text().replace("github: 3", 'github: "octo/other%3"'))
    books = books._replace(terms=read_terms(str(tmp_path / "projbill.yaml")))
    other = milestone(3, "Else", url="https://api.github.com/repos/octo/other/milestones/3")
    take_twice(books, put(tmp_path, [other]))
    assert said(books) == ["2026-04-01 M1 100 %", "2026-04-02 M1 99 %"]


def test_a_very_long_name_makes_an_id_of_a_line(tmp_path: Path) -> None:
    label = "x" * 300
    one = issue(5, milestone={"title": label, "state": "closed"})
    books = tracker_books(tmp_path, f"{{github: {label}}}")
    take_twice(books, put(tmp_path, [one]))
    ((*_, identity),) = books.progress()
    assert len(identity) < 130


def test_two_exports_of_one_day_tell_two_shares_and_the_last_counts(tmp_path: Path) -> None:
    def export(name: str, done: int) -> Path:
        issues = [
            issue(10, **in_milestone("open", 4 - done, done)) | {"number": n} for n in range(done)
        ]
        issues += [
            issue(10, "open", None, **in_milestone("open", 4 - done, done)) | {"number": n}
            for n in range(done, 4)
        ]
        return put(tmp_path, issues, name)

    books = tracker_books(tmp_path, "{github: 3}")
    morning, evening = export("1.json", 1), export("2.json", 3)
    for one in (morning, evening):
        books.take(one)
    base = "github-octo-portal-milestone-issues-3-2026-03-10"
    assert books.progress() == [
        ("2026-03-10", "M1", "25 %", "", base),
        ("2026-03-10", "M1", "75 %", "", f"{base}~2"),
    ]
    before = books.bytes()
    for one in (morning, evening, morning):
        books.take(one)
    assert books.bytes() == before


def test_a_file_without_any_milestone_says_what_comes_nearest(tmp_path: Path) -> None:
    export = put(tmp_path, [milestone(3, "Cut-over"), milestone(4, "Go-live")])
    near = tracker_books(tmp_path / "near", "{github: Cutover}")
    (report,) = near.take(export)
    assert report.notices == (
        'no milestone is in this file; M1 of ACME-MIG comes nearest: `match: {github: "Cut-over"}`',
    )
    far = tracker_books(tmp_path / "far", "{jira: MIG-1}")
    (report,) = far.take(export)
    (notice,) = report.notices
    assert notice.endswith('name one by `match:`, such as github: "Cut-over", github: "Go-live"')
    issues = put(tmp_path, [issue(5)])
    (report,) = far.take(issues)
    assert report.notices[0].endswith('such as github: "#5"')
