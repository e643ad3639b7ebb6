from __future__ import annotations

from typing import TYPE_CHECKING

from tests.import_books import ACME
from tests.import_books import BOLT
from tests.import_books import make_books
from tests.import_books import write

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "date,person,hours,client,project,task,tags\n"


def projects(folder: Path, rows: str, acme: str = ACME, bolt: str = BOLT, imports: str = "") -> str:
    """The accounts that rows go to, or the line that refuses them."""
    folder.mkdir(exist_ok=True)
    books = make_books(folder, imports, contracts={"acme": acme, "bolt": bolt})
    export = write(folder, HEAD + rows)
    (report,) = books.take(export)
    if report.refused:
        return report.refused[0].reason
    return ", ".join(entry["account"].rpartition(":")[2] for entry in books.time())


def test_rules_are_patterns_without_regard_to_case(tmp_path: Path) -> None:
    assert projects(tmp_path / "a", "2026-03-02,bo,1,acme corp,MIGRATION 2,,\n") == "ACME-MIG"
    assert "no contract for" in projects(tmp_path / "b", "2026-03-02,bo,1,Other,Migration 2,,\n")


def test_without_a_rule_id_former_id_and_name_are_found(tmp_path: Path) -> None:
    bolt = BOLT + "formerly: [BOLT-OLD]\n"
    rows = "".join(
        f"2026-03-0{number},bo,1,,{project},,\n"
        for number, project in enumerate(("bolt-app", "Bolt-Old", "mobile APP"), 1)
    )
    assert projects(tmp_path, rows, bolt=bolt) == "BOLT-APP, BOLT-APP, BOLT-APP"


def test_an_unknown_project_names_the_nearest_and_the_lines_to_add(tmp_path: Path) -> None:
    assert projects(tmp_path, "2026-03-02,bo,1,BOLT AG,Mobil app,,\n") == (
        f'no contract for client "BOLT AG", project "Mobil app"; nearest is BOLT-APP "Mobile app"'
        f" ({tmp_path}/contracts/bolt.yaml); add to its contract"
        ' `match: [{client: "BOLT AG", project: "Mobil app"}]`, or to `imports: hours-csv:`'
        ' `ignore: [{client: "BOLT AG", project: "Mobil app"}]`'
    )


def test_the_proposed_rule_works_whatever_the_name_holds(tmp_path: Path) -> None:
    name = '[BOLT] "app" \\ 2*'
    quoted = name.replace('"', '""')
    row = f'2026-03-02,bo,1,,"{quoted}",,\n'
    reason = projects(tmp_path / "a", row)
    rule = reason.partition("`match: ")[2].partition("`, or")[0]
    assert projects(tmp_path / "b", row, bolt=BOLT + f"match: {rule}\n") == "BOLT-APP"


def test_a_row_without_a_project_says_how_to_leave_it_out(tmp_path: Path) -> None:
    row = "2026-03-02,bo,1,,,,\n"
    assert projects(tmp_path / "a", row) == (
        "the row names no project; give it one, or leave such rows out with"
        ' `ignore: [{project: "-"}]` under `imports: hours-csv:`'
    )
    ignore = '{hours-csv: {ignore: [{project: "-"}]}}'
    assert projects(tmp_path / "b", row, imports=ignore) == ""


def test_an_empty_cell_fits_only_patterns_for_empty_cells(tmp_path: Path) -> None:
    row = "2026-03-02,bo,1,ACME,,,\n"
    for number, pattern in enumerate(("*", "-", "")):
        acme = ACME.replace('project: "migra*"', f'project: "{pattern}"')
        assert projects(tmp_path / str(number), row, acme) == "ACME-MIG"
    assert "no contract for" in projects(tmp_path / "none", row)


def test_a_row_of_two_contracts_is_refused(tmp_path: Path) -> None:
    bolt = BOLT + 'match: [{project: "*"}]\n'
    assert projects(tmp_path, "2026-03-02,bo,1,ACME,Migration,,\n", bolt=bolt) == (
        'match-ambiguous: client "ACME", project "Migration" belongs to ACME-MIG and to BOLT-APP;'
        " make their `match:` rules tell them apart"
    )


def test_dated_rules_hand_a_project_over(tmp_path: Path) -> None:
    acme = ACME.replace('project: "migra*"', "project: Migration, until: 2026-03-31")
    bolt = BOLT + "match: [{project: Migration, from: 2026-04-01}]\n"
    rows = "2026-03-31,bo,1,ACME,Migration,,\n2026-04-01,bo,1,ACME,Migration,,\n"
    assert projects(tmp_path, rows, acme, bolt) == "ACME-MIG, BOLT-APP"


def test_one_of_several_tags_is_enough(tmp_path: Path) -> None:
    bolt = BOLT + "match: [{tag: app}]\n"
    assert projects(tmp_path, '2026-03-02,bo,1,,Anything,,"x, App"\n', bolt=bolt) == "BOLT-APP"


def test_a_row_that_names_two_people_is_refused(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    export = write(
        tmp_path,
        "Member,Email,Start date,Start time,Duration,Project\n"
        "Alice Rey,bo@northlight.example,2026-03-03,09:00:00,1:00:00,Mobile app\n",
    )
    assert books.refusal(export) == (
        '2: "Alice Rey" / "bo@northlight.example" are alice and bo; correct the row, or `aliases:`'
    )


def test_tasks_that_only_have_a_rate_or_a_trigger_are_found_too(tmp_path: Path) -> None:
    bolt = BOLT.replace(
        "{default: 150}", "{tasks: {deep-work: 200}, person-tasks: {bo/Review: 90}}"
    )
    bolt += "triggers: [{id: help, type: time, tasks: [support]}, {id: rest, type: time}]\n"
    books = make_books(tmp_path, contracts={"acme": ACME, "bolt": bolt})
    rows = "".join(
        f"2026-03-02,bo,1,,BOLT-APP,{task},\n"
        for task in ("Deep Work", "review", "SUPPORT", "Other")
    )
    books.take(write(tmp_path, HEAD + rows))
    found = [entry["task"] for entry in books.time()]
    assert sorted(found) == ["Other", "Review", "deep-work", "support"]
