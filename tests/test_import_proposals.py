"""`projbill import --dry-run`: what nobody knows, as lines that are pasted and then do."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import TYPE_CHECKING
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from projbill_beancount.ledger.record import one_line
from tests.cli_books import ACME
from tests.cli_books import AS_OF
from tests.cli_books import BOLT
from tests.cli_books import FIRM
from tests.cli_books import projbill
from tests.cli_books import write_books

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

HEAD = "Date,Person,Email,Client,Project,Task,Hours,Id\n"
COLUMNS = (
    "imports:\n  hours-csv:\n    columns: {date: Date, person: Person, project: Project,"
    " client: Client, task: Task, hours: Hours, id: Id}\n"
)
MAILS = COLUMNS.replace("person: Person", "person: Email")


class Choice(NamedTuple):
    """A line to paste, and the comment that says where."""

    where: str
    line: str


def take(ledger: Path, text: str, *options: str, name: str = "hours.csv") -> Result:
    export = ledger.parent / name
    export.write_text(text)
    return projbill("-f", ledger, "--as-of", AS_OF, "import", *options, export)


def proposed(result: Result) -> dict[str, list[Choice]]:
    """The choices by what is unknown, as the command prints them."""
    _, _, block = result.stdout.partition("the one of several that is right:\n")
    lines = block.splitlines()
    found: dict[str, list[Choice]] = {}
    choices: list[Choice] = []
    number = 0
    while number < len(lines) and not lines[number].startswith(("dry run", "no file", "written")):
        if lines[number].startswith("# unknown "):
            choices = found[lines[number].removeprefix("# unknown ")] = []
            number += 1
        else:
            choices.append(Choice(lines[number].removeprefix("# "), lines[number + 1]))
            number += 2
    return found


def paste(folder: Path, choice: Choice) -> None:
    """Do what the comment says, as a person would."""
    name, _, where = choice.where.partition(", ")
    path = folder / name
    lines = path.read_text().splitlines()
    if found := re.match(r"in place of (?:`\S+` on )?line (\d+)", where):
        lines[int(found[1]) - 1] = choice.line
    elif found := re.match(r"under `\S+` on line (\d+)", where):
        lines.insert(int(found[1]), choice.line)
    else:
        assert where.startswith("a line more"), where
        lines.append(choice.line)
    path.write_text("\n".join(lines) + "\n")


def books(folder: Path, imports: str = COLUMNS) -> Path:
    ledger = write_books(folder)
    (folder / "projbill.yaml").write_text(FIRM + imports)
    return ledger


def goes_in(ledger: Path, text: str, name: str = "hours.csv") -> None:
    result = take(ledger, text, name=name)
    assert result.exit_code == 0, result.output
    assert " 0 skipped, 0 refused" in result.stdout


def row(person: str = "carol", project: str = "BOLT-APP", client: str = "", task: str = "") -> str:
    return f"2026-03-09,{person},{person},{client},{project},{task},1.5,a1\n"


def test_a_person_who_is_like_one_is_an_alias_or_somebody_new(tmp_path: Path) -> None:
    export = HEAD + row("Carol M. Lee")
    for number in (0, 1):
        folder = tmp_path / str(number)
        folder.mkdir()
        ledger = books(folder)
        dry = take(ledger, export, "--dry-run")
        assert dry.exit_code == 2
        ((title, choices),) = proposed(dry).items()
        assert title == "person Carol M. Lee, nearest carol"
        assert [choice.where for choice in choices] == [
            "projbill.yaml, in place of line 6 (Carol Lee)",
            "projbill.yaml, under `people:` on line 5 for somebody new",
        ]
        paste(folder, choices[number])
        text = (folder / "projbill.yaml").read_text()
        # What the person is known by already stays.
        assert "carol@northlight.example" in text
        goes_in(ledger, export)
        written = (folder / "time" / "2026-03.beancount").read_text()
        assert ('person: "carol-m-lee"' in written) == (number == 1)


def test_the_order_of_a_name_s_words_does_not_count(tmp_path: Path) -> None:
    ledger = books(tmp_path)
    found = proposed(take(ledger, HEAD + '2026-03-09,"Roe, Dan",,,BOLT-APP,,1.5,a1\n', "--dry-run"))
    assert list(found) == ["person Roe, Dan, nearest dan"]


def test_a_person_who_is_like_nobody_is_somebody_new(tmp_path: Path) -> None:
    ledger = books(tmp_path)
    export = HEAD + row("Žofie Ünüsü")
    ((title, (choice,)),) = proposed(take(ledger, export, "--dry-run")).items()
    assert title == "person Žofie Ünüsü"
    assert choice.line == '  zofie-unusu: {name: "Žofie Ünüsü"}'
    paste(tmp_path, choice)
    goes_in(ledger, export)


def test_several_people_are_named_where_several_are_near(tmp_path: Path) -> None:
    ledger = books(tmp_path)
    (tmp_path / "projbill.yaml").write_text(
        FIRM.replace("  dan:", "  carla: {name: Carla Lea}\n  dan:") + COLUMNS
    )
    export = HEAD + row("Carl Lee")
    dry = take(ledger, export, "--dry-run")
    ((title, choices),) = proposed(dry).items()
    assert title == "person Carl Lee, nearest carol or carla"
    assert len(choices) == 3
    assert 'nearest are carol "Carol Lee" or carla "Carla Lea"' in dry.stderr
    paste(tmp_path, choices[1])
    goes_in(ledger, export)
    assert 'person: "carla"' in (tmp_path / "time" / "2026-03.beancount").read_text()


@pytest.mark.parametrize(
    "people",
    [
        "people:\n  carol:\n    name: Carol Lee\n    aliases:\n    - caro\n  dan: {name: Dan Roe}\n",
        "people:\n  carol:\n    name: Carol Lee\n    aliases: caro # as a child\n",
        "people:\n  carol:\n    # the boss\n    name: Carol Lee\n",
        'people:\n  carol: {name: "Carol\'s {Lee}", aliases: [\'caro\', "c, l"]} # boss\n',
    ],
    ids=["list", "text", "none", "braces"],
)
def test_the_line_is_written_as_the_file_is(tmp_path: Path, people: str) -> None:
    ledger = books(tmp_path)
    firm = re.sub(r"people:\n(?:  .*\n)+", people, FIRM)
    (tmp_path / "projbill.yaml").write_text(firm + COLUMNS)
    export = HEAD + row("Carol Leeh")
    (choices,) = proposed(take(ledger, export, "--dry-run")).values()
    paste(tmp_path, choices[0])
    goes_in(ledger, export)
    if "caro" in people.partition("aliases")[2]:
        goes_in(ledger, HEAD + row("caro").replace("a1", "a2"))


def test_an_address_is_an_alias_of_a_new_person(tmp_path: Path) -> None:
    ledger = books(tmp_path, MAILS)
    export = HEAD + row("zed@example.org")
    (choices,) = proposed(take(ledger, export, "--dry-run")).values()
    assert choices[-1].line == '  zed: {name: "zed@example.org"}'
    paste(tmp_path, choices[-1])
    goes_in(ledger, export)


def test_the_first_person_needs_the_key_too(tmp_path: Path) -> None:
    ledger = books(tmp_path)
    (tmp_path / "time" / "2026-03.beancount").write_text("")
    (tmp_path / "projbill.yaml").write_text(
        re.sub(r"people:\n(?:  .*\n)+", "", FIRM) + COLUMNS.rstrip("\n")
    )
    export = HEAD + row("Ann Other")
    ((_, (choice,)),) = proposed(take(ledger, export, "--dry-run")).items()
    assert choice.line == 'people: {ann-other: {name: "Ann Other"}}'
    paste(tmp_path, choice)
    goes_in(ledger, export)


@pytest.mark.parametrize(
    ("match", "where"),
    [
        ("", "a line more"),
        ('match: [{client: "BOLT*", project: "*x"}] # theirs\n', "in place of line 2"),
        ("match: {client: Nobody}\n", "in place of line 2"),
        ("match:\n- {client: Nobody}\n", "under `match:` on line 2"),
        ("match:\n  client: Nobody\n", "in place of `match:` on line 2"),
    ],
    ids=["none", "list", "one", "lines", "mapping"],
)
def test_a_project_is_matched_by_a_line_in_its_contract(
    tmp_path: Path, match: str, where: str
) -> None:
    ledger = books(tmp_path)
    path = tmp_path / "contracts" / "bolt-app.yaml"
    path.write_text(BOLT.replace("name: Mobile", f"{match}name: Mobile"))
    export = HEAD + row(project='Mobil "App" 2', client="Bolt")
    ((title, choices),) = proposed(take(ledger, export, "--dry-run")).items()
    assert title == 'project Bolt / Mobil "App" 2, nearest BOLT-APP'
    assert choices[0].where == f'contracts/bolt-app.yaml, {where} (BOLT-APP "Mobile app")'
    paste(tmp_path, choices[0])
    if match.endswith("  client: Nobody\n"):
        path.write_text(path.read_text().replace("  client: Nobody\n", ""))
    goes_in(ledger, export)


@pytest.mark.parametrize("imports", [COLUMNS, COLUMNS + "    ignore: [{project: Holiday}]\n"])
def test_rows_of_no_project_are_left_out_by_a_line(tmp_path: Path, imports: str) -> None:
    ledger = books(tmp_path, imports)
    export = HEAD + row(project="Qqq")
    ((title, choices),) = proposed(take(ledger, export, "--dry-run")).items()
    assert title == "project Qqq"
    # No contract is like it: the line is one for any.
    assert choices[0] == Choice("the file of its contract", 'match: [{project: "Qqq"}]')
    paste(tmp_path, choices[1])
    result = take(ledger, export)
    assert (result.exit_code, "1 skipped" in result.stdout) == (0, True)


def test_a_client_with_one_contract_is_a_hint(tmp_path: Path) -> None:
    ledger = books(tmp_path)
    export = HEAD + row(project="Zz", client="BOLT AG")
    (title,) = proposed(take(ledger, export, "--dry-run"))
    assert title.endswith("nearest BOLT-APP")


@given(
    name=st.text(min_size=1, max_size=30).filter(one_line),
    client=st.sampled_from(["", "BOLT AG", 'A "b" [c] {d}: #e', "O'Neil, Inc"]),
    braces=st.booleans(),
)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_a_name_is_its_lines_do(
    tmp_path_factory: pytest.TempPathFactory, name: str, client: str, *, braces: bool
) -> None:
    folder = tmp_path_factory.mktemp("books")
    ledger = books(folder)
    if braces:
        (folder / "contracts" / "bolt-app.yaml").write_text(BOLT + "match: [{client: 'x, y]'}]\n")
    out = io.StringIO()
    cells = ["2026-03-09", name, "", client, f"{name} p", "", "1.5", "a1"]
    csv.writer(out).writerow(cells)
    export = HEAD + out.getvalue()
    (folder / "hours.csv").write_bytes(export.encode("utf-8", "replace"))
    found = proposed(projbill("-f", ledger, "import", "--dry-run", folder / "hours.csv"))
    for choices in found.values():
        choice = choices[0]
        if choice.where == "the file of its contract":
            where = "in place of line 12" if braces else "a line more"
            choice = choice._replace(where=f"contracts/bolt-app.yaml, {where}")
        paste(folder, choice)
    result = projbill("-f", ledger, "import", folder / "hours.csv")
    assert (result.exit_code, "1 new" in result.stdout) == (0, True), result.output


def test_all_that_is_unknown_is_told_at_once_and_once(tmp_path: Path) -> None:
    ledger = books(tmp_path)
    export = HEAD + row("Karol", "Mobil app") + row("Karol", "Mobil app").replace("a1", "a2")
    dry = take(ledger, export, "--dry-run")
    found = proposed(dry)
    assert list(found) == [
        "project Mobil app, nearest BOLT-APP",
        "person Karol, nearest carol",
    ]
    for choices in found.values():
        paste(tmp_path, choices[0])
    goes_in(ledger, export)


def test_json_has_the_proposals(tmp_path: Path) -> None:
    ledger = books(tmp_path)
    dry = take(ledger, HEAD + row("Karol"), "--dry-run", "--format", "json")
    (file,) = json.loads(dry.stdout)["files"]
    (one,) = file["proposals"]
    assert (one["kind"], one["name"], one["nearest"]) == ("person", "Karol", ["carol"])
    assert len(one["lines"]) == 4
    assert set(file["refused"][0]) == {"line", "reason"}


def test_a_task_that_is_like_one_that_decides_is_told(tmp_path: Path) -> None:
    ledger = books(tmp_path)
    export = HEAD + row(task="stand-up calls") + row(task="Phase 2").replace("a1", "a2")
    (tmp_path / "contracts" / "bolt-app.yaml").write_text(
        BOLT.replace(
            "tasks:\n", "tasks:\n  stand-up call: {billable: false}\n  Phase 1: {billable: true}\n"
        )
    )
    dry = take(ledger, export, "--dry-run")
    assert dry.exit_code == 0
    assert 'note: BOLT-APP has no task "stand-up calls"; nearest is "stand-up call"' in dry.stdout
    ((title, (choice,)),) = proposed(dry).items()
    assert title == "task stand-up calls, nearest stand-up call"
    assert choice.line == '  "stand-up calls": {billable: false}'
    paste(tmp_path, choice)
    goes_in(ledger, export)
    written = (tmp_path / "time" / "2026-03.beancount").read_text()
    assert "NonBillable:BOLT-APP" in written
    assert proposed(take(ledger, export, "--dry-run")) == {}


def test_a_strict_contract_wants_all_its_tasks(tmp_path: Path) -> None:
    ledger = books(tmp_path)
    strict = BOLT + "strict-tasks: true\n"
    (tmp_path / "contracts" / "bolt-app.yaml").write_text(strict)
    export = HEAD + row(task="Zzz")
    ((title, (choice,)),) = proposed(take(ledger, export, "--dry-run")).items()
    assert (title, choice.line) == ("task Zzz", '  "Zzz": {}')
    paste(tmp_path, choice)
    goes_in(ledger, export)
    checked = projbill("-f", ledger, "--as-of", AS_OF, "check", "--format", "json")
    assert "task-unknown" not in checked.stdout


JIRA = "Issue key,Issue id,Summary,Status,Resolution,Project key,Resolved,Fix versions\n"


@pytest.mark.parametrize(
    ("contract", "near"),
    [
        (
            ACME.replace(
                "value: 20000.00, ", 'value: 20000.00, match: {fix-version: "Cut over"}, '
            ),
            "M2",
        ),
        (ACME, "M2"),
        (
            ACME.replace(
                "  M2: {name: Cut-over, value: 20000.00, bill: accepted}\n",
                "  M2:\n    name: Big\n    value: 20000.00\n    match:\n      fix-version: Cut over\n",
            ),
            "M2",
        ),
    ],
    ids=["matched", "named", "lines"],
)
def test_a_milestone_is_named_by_an_item_that_is_like_it(
    tmp_path: Path, contract: str, near: str
) -> None:
    ledger = books(tmp_path)
    path = tmp_path / "contracts" / "acme-mig.yaml"
    path.write_text(contract)
    export = JIRA + "MIG-1,1,x,Done,Done,MIG,2026-03-31 10:00,Cutover\n"
    dry = take(ledger, export, "--dry-run", name="jira.csv")
    assert dry.exit_code == 0
    ((title, (choice,)),) = proposed(dry).items()
    assert title == f"milestone ACME-MIG {near}, nearest Cutover"
    paste(tmp_path, choice)
    path.write_text(path.read_text().replace("      fix-version: Cut over\n", ""))
    result = take(ledger, export, name="jira.csv")
    assert "1 rows: 1 new" in result.stdout
    written = (tmp_path / "time" / "2026-03.beancount").read_text()
    assert 'milestone: "M2"\n  complete: "100 %"\n  id: "jira-MIG-Cutover-2026-03-31"' in written


def test_items_that_are_like_no_milestone_are_lines_for_any(tmp_path: Path) -> None:
    ledger = books(tmp_path)
    export = JIRA + "MIG-1,1,x,Done,Done,MIG,2026-03-31 10:00,Zq\n"
    ((_, choices),) = proposed(take(ledger, export, "--dry-run", name="jira.csv")).items()
    assert choices[0] == Choice("under a milestone of its contract", 'match: {fix-version: "Zq"}')


def test_a_milestone_of_a_table_is_a_name_or_one_more(tmp_path: Path) -> None:
    export = "project,milestone,date,complete\nMigration,Cut over!,2026-03-20,60\n"
    for number in (0, 1):
        folder = tmp_path / str(number)
        folder.mkdir()
        ledger = books(folder)
        dry = take(ledger, export, "--dry-run", name="m.csv")
        assert 'no milestone of ACME-MIG is "Cut over!"; did you mean "M2"?' in dry.stderr
        ((title, choices),) = proposed(dry).items()
        assert title == "milestone Cut over!, nearest ACME-MIG M2"
        paste(folder, choices[number])
        goes_in(ledger, export, "m.csv")


def test_worklogs_of_jira_are_matched_by_the_project_s_key(tmp_path: Path) -> None:
    ledger = books(tmp_path)
    export = 'Issue key,Log Work\nNEW-7,"a;02/Mar/26 3:00 PM;5b10:ac-8d;3600"\n'
    found = proposed(take(ledger, export, "--dry-run", name="jira.csv"))
    assert list(found) == ["project NEW", "person 5b10:ac-8d"]
    rule, new = found.values()
    assert rule[0].line == 'match: [{jira-project: "NEW"}]'
    paste(tmp_path, rule[0]._replace(where="contracts/bolt-app.yaml, a line more"))
    paste(tmp_path, new[0])
    goes_in(ledger, export, "jira.csv")
