"""Linear, Asana, Trello and ClickUp."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING
from typing import Any

from tests.import_books import write
from tests.tracker_books import put
from tests.tracker_books import said
from tests.tracker_books import take_twice
from tests.tracker_books import tracker_books

if TYPE_CHECKING:
    from pathlib import Path

LINEAR = (
    '"ID","Team","Title","Description","Status","Estimate","Priority","Project ID","Project",'
    '"Creator","Assignee","Labels","Created","Updated","Started","Triaged","Completed","Canceled",'
    '"Archived","Due Date","Parent issue","Initiatives","Project Milestone ID",'
    '"Project Milestone","SLA Status","UUID","Duplicate of"'
)
ASANA = (
    "Task ID,Created At,Completed At,Last Modified,Name,Section/Column,Assignee,Assignee Email,"
    "Start Date,Due Date,Tags,Notes,Projects,Parent task"
)
CLICKUP = (
    "Task ID,Task Name,Task Content,Status,Date Created,Date Closed,Assignees,Tags,List Name,"
    "Folder Name,Space Name"
)


def table(header: str, *rows: dict[str, str]) -> str:
    """A CSV with these cells, all others empty."""
    file = io.StringIO()
    writer = csv.DictWriter(file, next(csv.reader([header])), restval="", quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()


def script(day: str, time: str = "09:00:00") -> str:
    return f"Thu {day} 2026 {time} GMT+0000 (GMT+00:00)"


def ticket(number: int, completed: str = "", **more: str) -> dict[str, str]:
    return {
        "ID": f"APP-{number}",
        "Team": "App",
        "Title": f"Ticket {number}",
        "Description": "two\nlines",
        "Status": "Shipped" if completed else "In Review",
        "Estimate": "3",
        "Project": "Portal",
        "Project ID": "p1",
        "Created": script("Mar 01"),
        "Updated": script("Apr 02"),
        "Completed": completed,
        "Due Date": script("Mar 25", "23:00:00"),
        "Project Milestone ID": "m-77",
        "Project Milestone": "Cut-over",
        "UUID": f"u{number}",
    } | more


def test_linear_milestones_issues_and_projects(tmp_path: Path) -> None:
    export = table(
        LINEAR,
        ticket(1, script("Mar 31", "22:30:00")),
        ticket(2, script("Mar 10"), Estimate="1"),
        ticket(3),
        ticket(4, Canceled=script("Mar 12"), Status="Canceled"),
        ticket(5, script("Mar 12"), **{"Duplicate of": "APP-1"}),
        ticket(6, script("Mar 12"), **{"Project Milestone": "", "Project Milestone ID": ""}),
    )
    matches = ("{linear: Cut-over}", "{linear: app-2}", "{linear: Portal}", "{linear: APP-4}")
    books = tracker_books(tmp_path, *matches)
    report = take_twice(books, write(tmp_path, export))
    assert books.progress() == [
        ("2026-03-10", "M2", "100 %", "", "linear-u2"),
        ("2026-04-01", "M1", "66.66 %", "", "linear-m-77-2026-04-01"),
        ("2026-04-01", "M3", "75 %", "", "linear-p1-2026-04-01"),
    ]
    assert (report.format, report.rows, report.new) == ("linear", 6, 4)
    points = tracker_books(tmp_path / "points", matches[0], imports="{linear: {share: points}}")
    take_twice(points, write(tmp_path, export))
    assert said(points) == ["2026-04-01 M1 57.14 %"]


def test_an_older_linear_file_has_neither_uuid_nor_milestones(tmp_path: Path) -> None:
    header = LINEAR.partition(',"Parent issue"')[0]
    row = {key: text for key, text in ticket(1, script("Mar 10")).items() if f'"{key}"' in header}
    books = tracker_books(tmp_path, "{linear: APP-1}")
    take_twice(books, write(tmp_path, table(header, row)))
    assert books.progress() == [("2026-03-10", "M1", "100 %", "", "linear-APP-1")]


def test_a_guard_against_formulas_is_no_part_of_a_name(tmp_path: Path) -> None:
    row = ticket(
        1, script("Mar 10"), **{"Project Milestone": "'=Phase 1", "Project Milestone ID": ""}
    )
    books = tracker_books(tmp_path, '{linear: "=Phase 1"}')
    take_twice(books, write(tmp_path, table(LINEAR, row)))
    assert said(books) == ["2026-03-10 M1 100 %"]


def test_one_name_for_an_issue_and_a_milestone_is_refused(tmp_path: Path) -> None:
    row = ticket(1, script("Mar 10"), Project="Cut-over")
    books = tracker_books(tmp_path, "{linear: Cut-over}")
    assert books.refusal(write(tmp_path, table(LINEAR, row))) == (
        '2: match-ambiguous: ACME-MIG M1 is linear "Cut-over", which is the project milestone m-77'
        " and the project p1; name it by its id, or rename one of them"
    )


def todo(number: int, done: str = "", **more: str) -> dict[str, str]:
    return {
        "Task ID": str(1200 + number),
        "Created At": "2026-03-01",
        "Completed At": done,
        "Last Modified": "2026-04-02",
        "Name": f"Task {number}",
        "Section/Column": "Phase 1",
        "Notes": "two\nlines",
        "Projects": "Portal",
    } | more


def test_asana_sections_and_tasks(tmp_path: Path) -> None:
    export = table(
        ASANA,
        todo(1, "2026-03-31"),
        todo(2),
        todo(3, "2026-03-12", Projects="Portal, Internal"),
        todo(4, "2026-03-15", Name="Kick-off", **{"Section/Column": "Phase 0"}),
    )
    books = tracker_books(tmp_path, "{asana: Phase 1}", "{asana: kick-off}", "{asana: 1202}")
    report = take_twice(books, write(tmp_path, "\nhttps://app.asana.example/x\n\n" + export))
    assert (report.format, report.rows) == ("asana", 4)
    assert said(books) == ["2026-03-15 M2 100 %", "2026-03-31 M1 66.66 %"]


def test_two_tasks_of_one_name_are_refused(tmp_path: Path) -> None:
    books = tracker_books(tmp_path, "{asana: Plan}")
    export = table(ASANA, todo(1, Name="Plan"), todo(2, "2026-03-01", Name="Plan"))
    assert books.refusal(write(tmp_path, export)).endswith(
        'which is the task 1201 "Plan" and the task 1202 "Plan"; name it by its id, or rename one'
        " of them"
    )


def card(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": f"5fcbec2e6621ca4f0a54789{number}",
        "shortLink": f"short{number}",
        "name": f"Card {number}",
        "closed": False,
        "dueComplete": False,
        "due": "2026-03-31T22:00:00.000Z",
        "idList": "l1",
        "labels": [{"name": "M1", "color": "green"}],
        "dateLastActivity": "2026-04-20T09:00:00.000Z",
        "badges": {"checkItems": 0, "checkItemsChecked": 0},
        "shortUrl": f"https://trello.example/c/short{number}",
    } | more


def board(*cards: dict[str, Any], actions: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    names = {"l1": "Sprint 1", "l2": "Done", "l3": "Cancelled"}
    lists = [{"id": key, "name": name, "closed": False} for key, name in names.items()]
    return {"id": "b", "name": "Portal", "cards": cards, "lists": lists, "actions": actions}


def move(number: int, day: str, **data: Any) -> dict[str, Any]:
    of = {"card": {"id": card(number)["id"], "idList": "l2"}, "listAfter": {"id": "l2"}} | data
    return {"type": "updateCard", "date": f"{day}T22:30:00.000Z", "data": of}


def test_trello_cards_are_done_by_mark_or_list_and_never_by_the_archive(tmp_path: Path) -> None:
    value = board(
        card(1, idList="l2"),
        card(2, dueComplete=True),
        card(3, closed=True),
        card(4, idList="l3"),
        actions=(
            move(1, "2026-03-31"),
            move(1, "2026-03-02", listAfter={"id": "l1"}),
            move(2, "2026-03-10", card={"id": card(2)["id"], "dueComplete": True}, old={}),
            {"type": "commentCard", "date": "2026-05-01", "data": {}},
        ),
    )
    books = tracker_books(tmp_path, "{trello: M1}", "{trello: short1}", "{trello: Card 3}")
    report = take_twice(books, put(tmp_path, value))
    assert (report.format, report.rows) == ("trello", 4)
    assert report.skipped["cancelled, not part of the share"] == 1
    assert said(books) == ["2026-04-01 M1 66.66 %", "2026-04-01 M2 100 %"]


def test_a_trello_list_as_a_milestone_and_a_card_by_its_checklist(tmp_path: Path) -> None:
    value = board(
        card(1, dueComplete=True),
        card(2, badges={"checkItems": 4, "checkItemsChecked": 3}),
        card(3, badges={"checkItems": 4, "checkItemsChecked": 4}),
    )
    books = tracker_books(
        tmp_path,
        "{trello: Sprint 1}",
        "{trello: Card 2}",
        "{trello: https://trello.example/c/short3}",
    )
    take_twice(books, put(tmp_path, value))
    assert said(books) == ["2026-04-20 M1 33.33 %", "2026-04-20 M2 75 %", "2026-04-20 M3 99 %"]


def job(number: int, closed: str = "", **more: str) -> dict[str, str]:
    return {
        "Task ID": f"86b{number}",
        "Task Name": f"Job {number}",
        "Status": "complete" if closed else "to do",
        "Date Created": "1772352000000",
        "Date Closed": closed,
        "Assignees": "[Alice Rey, Bo]",
        "List Name": "Phase 1",
        "Space Name": "Portal",
    } | more


def test_clickup_lists_and_tasks(tmp_path: Path) -> None:
    export = table(
        CLICKUP,
        # 31 March 2026, 22:30 in UTC, with the blank and the quotes that ClickUp writes.
        job(1, ' "1774996200000"'),
        job(2, "null", Status="to do"),
        job(3, "null", Status="in progress"),
        job(3, "null", Status="in progress"),
        job(4, "1773000000000", Status="cancelled"),
    )
    books = tracker_books(tmp_path, "{clickup: portal/phase 1}", "{clickup: 86b1}")
    report = take_twice(books, write(tmp_path, export))
    assert dict(report.skipped) == {
        "cancelled, not part of the share": 1,
        "the same item again": 1,
    }
    assert said(books) == ["2026-04-01 M1 33.33 %", "2026-04-01 M2 100 %"]


def test_clickup_without_a_day_of_completion_is_refused(tmp_path: Path) -> None:
    books = tracker_books(tmp_path, "{clickup: 86b1}")
    row = job(1) | {"Status": "Complete"}
    assert books.refusal(write(tmp_path, table(CLICKUP, row))) == (
        '2: 86b1 "Job 1" is Complete but has no date in Date Closed; export with that field, or'
        " report it with `projbill progress`"
    )


def test_the_states_of_a_team_are_told_in_the_settings(tmp_path: Path) -> None:
    rows = (job(1, "1774996200000", Status="Shipped"), job(2, Status="Parked"), job(3))
    imports = "{clickup: {done: [Shipped], cancelled: Parked}}"
    books = tracker_books(tmp_path, "{clickup: Phase 1}", imports=imports)
    take_twice(books, write(tmp_path, table(CLICKUP, *rows)))
    assert said(books) == ["2026-04-01 M1 50 %"]
    usual = tracker_books(tmp_path / "usual", "{clickup: Phase 1}")
    take_twice(usual, write(tmp_path, table(CLICKUP, *rows)))
    assert said(usual) == []
