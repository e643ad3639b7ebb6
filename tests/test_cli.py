from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli_books import AS_OF
from tests.cli_books import BOLT
from tests.cli_books import DAN
from tests.cli_books import FIRM
from tests.cli_books import MAIN
from tests.cli_books import MARCH
from tests.cli_books import projbill
from tests.cli_books import write_books

PLUGIN = 'plugin "projbill_beancount.plugins.billing" "projbill.yaml"\n'


def ask(ledger: Path, *args: str, code: int = 0) -> Any:
    result = projbill("-f", ledger, "--as-of", AS_OF, "--format", "json", *args)
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def test_drafts_as_json(tmp_path: Path) -> None:
    data = ask(write_books(tmp_path), "drafts")
    assert data["as-of"] == AS_OF
    milestone, hours = data["drafts"]
    assert milestone["draft"] == "ACME-MIG/milestone/2026-03-14"
    assert (milestone["net"], milestone["tax"], milestone["payable"]) == (
        "10000.00",
        "1900.00",
        "11900.00",
    )
    assert hours["draft"] == "BOLT-APP/time/2026-03-31"
    assert hours["period"] == {"start": "2026-03-01", "end": "2026-03-31"}
    assert hours["due"] == "2026-04-30"
    (line,) = hours["lines"]
    assert (line["quantity"], line["price"], line["amount"]) == ("9.50", "150.00", "1425.00")
    assert line["entries"] == ["toggl-2", "toggl-4"]
    assert hours["total"] == "1695.75"


def test_the_shared_options_stand_before_or_after_the_command(tmp_path: Path) -> None:
    ledger = write_books(tmp_path)
    before = projbill("-f", ledger, "--as-of", AS_OF, "--format", "json", "status")
    after = projbill("status", "--format", "json", "--as-of", AS_OF, "-f", ledger)
    later_wins = projbill(
        "-f", "nowhere", "status", "-f", ledger, "--as-of", AS_OF, "--format=json"
    )
    assert before.stdout == after.stdout == later_wins.stdout
    assert json.loads(before.stdout)["as-of"] == AS_OF


def test_the_ledger_is_that_of_the_environment_then_main_beancount(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = write_books(tmp_path / "books")
    named = projbill("--as-of", AS_OF, "unbilled", env={"BEANCOUNT_FILE": str(ledger)})
    monkeypatch.chdir(tmp_path / "books")
    found = projbill("--as-of", AS_OF, "unbilled", env={"BEANCOUNT_FILE": None})
    assert named.exit_code == found.exit_code == 0
    assert named.stdout == found.stdout
    assert "backend" in found.stdout


def test_status_counts_findings_on_stderr(tmp_path: Path) -> None:
    ledger = write_books(tmp_path)
    result = projbill("-f", ledger, "--as-of", AS_OF, "status")
    assert result.exit_code == 0
    assert result.stderr == "1 finding (1 warning); see `projbill check`\n"
    late = projbill("-f", ledger, "--as-of", "2026-03-01", "status", "BOLT-APP")
    assert late.exit_code == 0


def test_status_of_a_project(tmp_path: Path) -> None:
    data = ask(write_books(tmp_path), "status", "BOLT-OLD")
    (project,) = data["projects"]
    assert project["project"] == "BOLT-APP"
    assert (project["billed"], project["unbilled"], project["drafts"]) == (
        "300.00",
        "1425.00",
        "1425.00",
    )
    assert (project["open"], project["overdue"]) == ("257.00", "257.00")
    assert project["hours"] == {
        "worked": "12.00",
        "billable": "11.50",
        "non-billable": "0.50",
        "covered": "0.00",
        "billed": "2.00",
        "unbilled": "9.50",
    }
    assert project["value"] is project["cap"] is project["retainer"] is None


def test_unbilled_hours_with_their_age(tmp_path: Path) -> None:
    data = ask(write_books(tmp_path), "unbilled", "BOLT-APP")
    assert data["unbilled"] == [
        {
            "project": "BOLT-APP",
            "client": "bolt",
            "task": "backend",
            "person": "carol",
            "hours": "9.50",
            "value": "1425.00",
            "unpriced-hours": "0.00",
            "currency": "EUR",
            "oldest": "2026-03-03",
            "days": 38,
        }
    ]


def test_a_held_draft_is_a_finding_and_check_exits_with_1(tmp_path: Path) -> None:
    ledger = write_books(tmp_path, time=MARCH + DAN)
    result = projbill("-f", ledger, "--as-of", "2026-04-30", "check")
    assert result.exit_code == 1
    assert "2 findings (1 hold, 1 warning)" in result.stdout
    findings = json.loads(
        projbill("-f", ledger, "--as-of", "2026-04-30", "check", "--format", "json").stdout
    )["findings"]
    assert [(found["severity"], found["code"]) for found in findings] == [
        ("warning", "invoice-overdue"),
        ("hold", "rate-missing"),
    ]
    drafts = projbill("-f", ledger, "--as-of", "2026-04-30", "drafts")
    assert drafts.exit_code == 0
    assert drafts.stderr == "2 findings (1 hold, 1 warning); see `projbill check`\n"
    assert "HELD" in drafts.stdout
    assert "To release it: add a rate" in drafts.stdout
    other = projbill("-f", ledger, "--as-of", "2026-04-30", "check", "ACME-MIG")
    assert other.exit_code == 0
    assert other.stdout == "0 findings\n"


def test_a_contract_that_cannot_be_read_is_a_finding_and_the_others_bill(tmp_path: Path) -> None:
    ledger = write_books(tmp_path, bolt=BOLT.replace("client: bolt", "client: blot"))
    data = ask(ledger, "check", code=1)
    invalid = [item for item in data["findings"] if item["code"] == "contract-invalid"]
    assert [(item["file"], item["line"]) for item in invalid] == [("contracts/bolt-app.yaml", 3)]
    assert [draft["project"] for draft in ask(ledger, "drafts")["drafts"]] == ["ACME-MIG"]
    entered = projbill("-f", ledger, "log", "BOLT-APP", "1", "--person", "carol")
    assert entered.exit_code == 2
    assert entered.stderr.splitlines()[-1] == (
        "the contract of BOLT-APP cannot be read; see `projbill check BOLT-APP`"
    )


@pytest.mark.parametrize("command", ["status", "drafts", "unbilled", "check"])
def test_an_unknown_project_is_named_with_the_nearest(tmp_path: Path, command: str) -> None:
    result = projbill("-f", write_books(tmp_path), "--as-of", AS_OF, command, "BOLT-PAP")
    assert result.exit_code == 2
    assert result.stderr == 'unknown project "BOLT-PAP"; did you mean "BOLT-APP"?\n'
    assert not result.stdout


def test_a_ledger_that_is_not_there(tmp_path: Path) -> None:
    result = projbill("-f", tmp_path / "main.beancount", "status")
    assert result.exit_code == 2
    assert result.stderr.startswith(f"{tmp_path / 'main.beancount'}")
    assert len(result.stderr.splitlines()) == 1


def test_a_firm_file_that_cannot_be_read(tmp_path: Path) -> None:
    ledger = write_books(tmp_path, firm=FIRM.replace("clients:", "cleints:"))
    result = projbill("-f", ledger, "status")
    assert result.exit_code == 2
    assert any(
        "projbill.yaml:2: cleints: " in line and '"clients"' in line
        for line in result.stderr.splitlines()
    )
    assert "Traceback" not in result.output


def test_csv_is_one_flat_table_with_a_header(tmp_path: Path) -> None:
    ledger = write_books(tmp_path, time=MARCH + DAN)
    sizes = {"status": 2, "drafts": 2, "unbilled": 2, "check": 2, "open": 0}
    for command, size in sizes.items():
        result = projbill("-f", ledger, "--as-of", AS_OF, command, "--format", "csv")
        rows = list(csv.DictReader(io.StringIO(result.stdout)))
        assert len(rows) == size, command
        assert all(None not in row and None not in row.values() for row in rows)
    status = projbill("-f", ledger, "--as-of", AS_OF, "status", "--format", "csv")
    second = list(csv.DictReader(io.StringIO(status.stdout)))[1]
    assert second["hours.unbilled"] == "10.50"
    assert second["findings.hold"] == "1"


def test_tables_align_money_to_the_right(tmp_path: Path) -> None:
    result = projbill("-f", write_books(tmp_path), "--as-of", AS_OF, "status")
    header, _, acme, bolt, *_ = result.stdout.splitlines()
    end = header.index("Unbilled") + len("Unbilled")
    assert acme[:end].endswith(" 10000.00")
    assert bolt[:end].endswith(" 1425.00")


def test_the_plugin_line_is_missed(tmp_path: Path) -> None:
    ledger = write_books(tmp_path, main=MAIN.replace(PLUGIN, ""))
    result = projbill("-f", ledger, "--as-of", AS_OF, "drafts")
    assert result.exit_code == 0
    assert result.stderr.splitlines()[0] == (
        "note: main.beancount has no plugin line; bean-check and Fava show no drafts until you "
        f"add: {PLUGIN.strip()}"
    )


def test_a_plugin_line_in_an_included_file_is_pointed_out(tmp_path: Path) -> None:
    ledger = write_books(tmp_path, main=MAIN.replace(PLUGIN, ""), time=PLUGIN + MARCH)
    result = projbill("-f", ledger, "--as-of", AS_OF, "drafts")
    assert result.stderr.splitlines()[0] == (
        "note: time/2026-03.beancount has the plugin line, but Beancount reads it only in the "
        "top-level file; move it to main.beancount, or bean-check and Fava show no drafts"
    )


def test_missing_accounts_are_printed_as_beancount_text(tmp_path: Path) -> None:
    gone = ("Receivable:ACME", "Income:Services:BOLT-APP", "VAT")
    lines = [line for line in MAIN.splitlines() if not any(name in line for name in gone)]
    ledger = write_books(tmp_path, main="\n".join(lines), invoices="")
    result = projbill("-f", ledger, "--as-of", AS_OF, "open")
    assert result.exit_code == 0
    assert result.stdout == (
        "2026-03-14 open Assets:Receivable:ACME   EUR\n"
        "2026-02-01 open Income:Services:BOLT-APP EUR\n"
        "2026-02-01 open Liabilities:VAT:Output   EUR\n"
    )
    ledger.write_text(ledger.read_text() + "\n" + result.stdout)
    assert not projbill("-f", ledger, "--as-of", AS_OF, "open").stdout
    assert projbill("-f", ledger, "--as-of", AS_OF, "check").exit_code == 0


def test_beancounts_own_errors_are_shown_and_fail_the_check(tmp_path: Path) -> None:
    wrong = "2026-03-01 balance Assets:Bank 5.00 EUR\n"
    ledger = write_books(tmp_path, main=MAIN + wrong)
    result = projbill("-f", ledger, "--as-of", AS_OF, "check")
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"main.beancount:{len(MAIN.splitlines()) + 1}: Balance failed")


def test_schema_is_json(tmp_path: Path) -> None:
    del tmp_path
    result = projbill("schema")
    assert result.exit_code == 0
    assert {"projbill", "contract"} <= set(json.loads(result.stdout)["$defs"])


def test_a_misspelt_command(tmp_path: Path) -> None:
    del tmp_path
    result = projbill("stauts")
    assert result.exit_code == 2
    assert 'No such command "stauts"; did you mean "status"?' in result.stderr


def test_the_installed_command_prints_no_colour_into_a_pipe(tmp_path: Path) -> None:
    ledger = write_books(tmp_path, time=MARCH + DAN)
    command = Path(sys.executable).with_name("projbill")
    done = subprocess.run(
        [command, "-f", ledger, "--as-of", "2026-04-30", "check"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 1
    assert "rate-missing" in done.stdout
    assert "\x1b" not in done.stdout


def test_help_does_not_load_beancount() -> None:
    code = (
        "import sys, contextlib\n"
        "from projbill_beancount.cli import main\n"
        "with contextlib.suppress(SystemExit): main(['--help'])\n"
        "sys.exit(any(name.split('.')[0] in ('beancount', 'tabulate') for name in sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == 0


@pytest.mark.parametrize(("no_color", "coloured"), [("", True), ("1", False)])
def test_colour_only_on_a_terminal_that_wants_it(
    tmp_path: Path, no_color: str, coloured: bool
) -> None:
    pty = pytest.importorskip("pty")
    ledger = write_books(tmp_path, time=MARCH + DAN)
    parent, child = pty.openpty()
    command = Path(sys.executable).with_name("projbill")
    environment = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
    if no_color:
        environment["NO_COLOR"] = no_color
    subprocess.run(
        [command, "-f", ledger, "--as-of", "2026-04-30", "check"],
        stdout=child,
        env=environment,
        check=False,
    )
    os.close(child)
    assert (b"\x1b[35mhold" in os.read(parent, 10000)) is coloured
    os.close(parent)
