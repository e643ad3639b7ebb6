from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from beancount import loader

from tests.cli_books import AS_OF
from tests.cli_books import BOLT
from tests.cli_books import FIRM
from tests.cli_books import MARCH
from tests.cli_books import projbill
from tests.cli_books import write_books

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result


def enter(ledger: Path, *args: str) -> Result:
    return projbill("-f", ledger, "--as-of", AS_OF, *args)


def test_logged_hours_stand_in_the_time_file_and_on_the_draft(tmp_path: Path) -> None:
    ledger = write_books(tmp_path)
    result = enter(
        ledger,
        *("log", "BOLT-APP", "1:30", "--person", "Carol Lee", "--task", "backend"),
        *("--date", "2026-03-05", "--note", 'Said "done"', "--billable"),
    )
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[-1] == "; written to time/2026-03.beancount"
    text = (tmp_path / "time/2026-03.beancount").read_text()
    assert 'id: "log-carol-2026-03-05-1"' in text
    assert 'note: "Said \\"done\\""' in text
    assert "billable: TRUE" in text
    assert "1.5000 HOUR" in text
    assert loader.load_file(str(ledger))[1] == []
    drafts = json.loads(enter(ledger, "drafts", "BOLT-APP", "--format", "json").stdout)["drafts"]
    assert drafts[0]["net"] == "1650.00"
    assert drafts[0]["lines"][0]["entries"][-1] == "log-carol-2026-03-05-1"


def test_a_second_entry_of_the_day_gets_the_next_id(tmp_path: Path) -> None:
    ledger = write_books(tmp_path)
    for _ in range(2):
        assert enter(ledger, "log", "BOLT-APP", "30m", "--person", "dan").exit_code == 0
    told = enter(ledger, "log", "BOLT-APP", "30m", "--person", "dan", "--format", "json")
    assert json.loads(told.stdout)["files"] == ["time/2026-04.beancount"]
    text = (tmp_path / "time/2026-04.beancount").read_text()
    assert [f'"log-dan-{AS_OF}-{number}"' in text for number in (1, 2, 3, 4)] == [
        True,
        True,
        True,
        False,
    ]


def test_the_only_person_need_not_be_named(tmp_path: Path) -> None:
    alone = FIRM.replace("  dan: {name: Dan Roe}\n", "")
    ledger = write_books(tmp_path, firm=alone)
    assert enter(ledger, "log", "BOLT-APP", "1").exit_code == 0
    assert f'id: "log-carol-{AS_OF}-1"' in (tmp_path / "time/2026-04.beancount").read_text()


def test_progress_makes_a_milestone_billable(tmp_path: Path) -> None:
    ledger = write_books(tmp_path, time="", invoices="")
    assert not drafted(ledger)
    assert enter(ledger, "progress", "ACME-MIG", "M1", "60 %").exit_code == 0
    assert not drafted(ledger)
    assert enter(ledger, "progress", "ACME-MIG", "M1", "100").exit_code == 0
    assert drafted(ledger) == [f"ACME-MIG/milestone/{AS_OF}"]
    assert loader.load_file(str(ledger))[1] == []


def test_acceptance_makes_an_accepted_milestone_billable(tmp_path: Path) -> None:
    ledger = write_books(tmp_path, time="")
    result = enter(ledger, "accept", "ACME-MIG", "M2", "--date", "2026-04-08")
    assert result.exit_code == 0, result.output
    assert drafted(ledger) == ["ACME-MIG/milestone/2026-04-08"]


def drafted(ledger: Path) -> list[str]:
    told = enter(ledger, "drafts", "ACME-MIG", "--format", "json")
    return [draft["draft"] for draft in json.loads(told.stdout)["drafts"]]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("log", "BOLT-PAP", "1"), 'unknown project "BOLT-PAP"; did you mean "BOLT-APP"?'),
        (("log", "BOLT-APP", "1"), "who worked? give --person; known: carol, dan"),
        (
            ("log", "BOLT-APP", "1", "--person", "karol"),
            'unknown person "karol"; did you mean "carol"?',
        ),
        (("log", "BOLT-APP", "1,5"), '"1,5" are no hours; write 1.5, 1:30, 90m or 1h30m'),
        (("log", "BOLT-APP", "25"), '"25" are not more than 0 and at most 24 hours'),
        (("progress", "ACME-MIG", "M3", "50"), 'unknown milestone "M3"; known: M1, M2'),
        (
            ("progress", "ACME-MIG", "M1", "101"),
            '"101" is not a percentage; write a number from 0 to 100',
        ),
        (
            ("progress", "ACME-MIG", "M1", "half"),
            '"half" is not a percentage; write a number from 0 to 100',
        ),
        (
            ("progress", "ACME-MIG", "M1", "1e1"),
            '"1e1" is not a percentage; write a number from 0 to 100',
        ),
        (("accept", "BOLT-APP", "M1"), 'unknown milestone "M1"; known: none'),
    ],
)
def test_what_cannot_be_entered_is_refused_in_one_line_and_nothing_is_written(
    tmp_path: Path, args: tuple[str, ...], message: str
) -> None:
    ledger = write_books(tmp_path)
    result = enter(ledger, *args)
    assert result.exit_code == 2
    assert result.stderr == f"{message}\n"
    assert [path.name for path in (tmp_path / "time").iterdir()] == ["2026-03.beancount"]
    assert (tmp_path / "time/2026-03.beancount").read_text() == MARCH


def test_a_strict_contract_takes_only_its_tasks(tmp_path: Path) -> None:
    ledger = write_books(tmp_path, bolt=BOLT + "strict-tasks: true\n")
    result = enter(ledger, "log", "BOLT-APP", "1", "--person", "dan", "--task", "bakend")
    assert result.exit_code == 2
    assert result.stderr == 'unknown task "bakend"; did you mean "backend"?\n'


def test_an_impossible_date_is_a_usage_error(tmp_path: Path) -> None:
    result = enter(write_books(tmp_path), "accept", "ACME-MIG", "M1", "--date", "2026-02-30")
    assert result.exit_code == 2
    assert '"2026-02-30" is not a date; write it as 2026-03-31.' in result.stderr
