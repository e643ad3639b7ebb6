from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

import pytest

from tests.cli_books import AS_OF
from tests.cli_books import BOLT
from tests.cli_books import DAN
from tests.cli_books import MARCH
from tests.cli_books import projbill
from tests.cli_books import write_books

if TYPE_CHECKING:
    from pathlib import Path


def explained(ledger: Path, subject: str, as_of: str = AS_OF) -> list[str]:
    result = projbill("-f", ledger, "--as-of", as_of, "explain", subject)
    assert result.exit_code == 0, result.output
    return result.stdout.splitlines()


def test_a_draft_from_its_trigger_to_the_rate_of_each_entry(tmp_path: Path) -> None:
    assert explained(write_books(tmp_path), "BOLT-APP/time/2026-03-31") == [
        (
            "draft: BOLT-APP/time/2026-03-31, ready, 1425.00 EUR net, 1695.75 EUR with tax, "
            "due 2026-04-30  [contracts/bolt-app.yaml:1]"
        ),
        "  contract: BOLT-APP Mobile app  [contracts/bolt-app.yaml:1]",
        (
            "  trigger: time every month: the period 2026-03-01 to 2026-03-31 is over by 2026-04-10"
            "  [contracts/bolt-app.yaml:4]"
        ),
        "  line: backend: 9.50 h x 150.00 = 1425.00 EUR",
        (
            '    entry: 2026-03-03 carol 6.00 h backend "Login page" (toggl-2)'
            "  [time/2026-03.beancount:10]"
        ),
        "      rate: 150.00 EUR per hour by role senior",
        "    entry: 2026-03-04 carol 3.50 h backend (toggl-4)  [time/2026-03.beancount:21]",
        "      rate: 150.00 EUR per hour by role senior",
        "  left-out: 0.50 h: not billable by its account and the contract's task standup",
        "    entry: 2026-03-03 carol 0.50 h standup (toggl-3)  [time/2026-03.beancount:14]",
    ]


def test_a_milestone_draft_names_the_report_that_let_it_bill(tmp_path: Path) -> None:
    lines = explained(write_books(tmp_path), "ACME-MIG/milestone/2026-03-14")
    assert "    progress: M1 100 % reported on 2026-03-14  [time/2026-03.beancount:26]" in lines
    assert "  line: Plan: 10000.00 EUR" in lines


def test_a_held_draft_says_what_releases_it(tmp_path: Path) -> None:
    ledger = write_books(tmp_path, time=MARCH + DAN)
    lines = explained(ledger, "BOLT-APP/time/2026-04-30", "2026-04-30")
    assert "    release: add a rate to the contract that applies on the work date" in lines
    assert any(line.startswith("  held: rate-missing: ") for line in lines)
    assert any(line.startswith("      rate: rate-missing: no rate for dan") for line in lines)


def test_an_invoice_down_to_its_entries_and_payments(tmp_path: Path) -> None:
    ledger = write_books(tmp_path)
    expected = [
        (
            "invoice: INV-2026-0001 of 2026-02-28, 300.00 EUR net, 357.00 with tax"
            "  [invoices.beancount:1]"
        ),
        "  contract: BOLT-APP Mobile app  [contracts/bolt-app.yaml:1]",
        "  draft: BOLT-APP/time/2026-02-28",
        "    trigger: time: time every month  [contracts/bolt-app.yaml:4]",
        "  period: 2026-02-01 to 2026-02-28",
        "  line: backend: 2.00 h x 150.00 = 300.00 EUR  [invoices.beancount:12]",
        "    entry: 2026-02-10 carol 2.00 h backend (toggl-1)  [time/2026-03.beancount:3]",
        (
            "  finding: warning invoice-overdue: INV-2026-0001 to bolt is 11 days overdue: "
            "257.00 EUR of 357.00 are open  [invoices.beancount:1]"
        ),
        "  payment: 100.00 EUR on 2026-03-20",
        "  open: 257.00 EUR, due 2026-03-30",
    ]
    assert explained(ledger, "INV-2026-0001") == expected
    assert explained(ledger, "BOLT-APP/time/2026-02-28") == expected
    assert (
        explained(ledger, "INV-2026-0001", "2026-03-01")[-1] == "  open: 357.00 EUR, due 2026-03-30"
    )


def test_an_invoiced_entry_that_was_edited_or_removed_is_shown_as_it_was_billed(
    tmp_path: Path,
) -> None:
    edited = MARCH.replace(" 2.0000 HOUR", " 3.0000 HOUR").replace("-2.0000", "-3.0000")
    lines = explained(write_books(tmp_path, time=edited), "INV-2026-0001")
    assert "      frozen: was billed as 2026-02-10 carol 2.00 h backend (toggl-1)" in lines
    renamed = MARCH.replace("toggl-1", "toggl-7")
    lines = explained(write_books(tmp_path, time=renamed), "INV-2026-0001")
    assert (
        "    entry: 2026-02-10 carol 2.00 h backend (toggl-1) is no longer in the ledger" in lines
    )


@pytest.mark.parametrize(
    ("entry", "standing"),
    [
        ("toggl-1", 'invoice: on invoice INV-2026-0001, line "backend"  [invoices.beancount:12]'),
        ("toggl-2", 'draft: on ready draft BOLT-APP/time/2026-03-31, line "backend"'),
        (
            "toggl-3",
            "left-out: on no draft: not billable by its account and the contract's task standup",
        ),
        (
            "toggl-5",
            "left-out: on no draft: billable; it waits for the next trigger on 2026-04-30",
        ),
    ],
)
def test_where_an_entry_stands(tmp_path: Path, entry: str, standing: str) -> None:
    rates = BOLT.replace("  roles: {senior: 150}", "  default: 150")
    lines = explained(write_books(tmp_path, time=MARCH + DAN, bolt=rates), entry)
    assert f"  {standing}" in lines


def test_why_an_entry_outside_the_contract_is_not_billed(tmp_path: Path) -> None:
    late = BOLT.replace("start: 2026-02-01", "start: 2026-03-04")
    lines = explained(write_books(tmp_path, bolt=late), "toggl-2")
    assert "  left-out: on no draft: it is dated before the contract's start, 2026-03-04" in lines
    ended = BOLT.replace("start: 2026-02-01", "end: 2026-03-03")
    lines = explained(write_books(tmp_path, bolt=ended), "toggl-4")
    assert "  left-out: on no draft: it is dated after the contract's end, 2026-03-03" in lines
    lines = explained(write_books(tmp_path), "toggl-4", "2026-03-03")
    assert "  left-out: on no draft: it is dated after 2026-03-03" in lines


def test_what_a_price_covers_is_on_no_draft(tmp_path: Path) -> None:
    covered = DAN.replace("BOLT-APP", "ACME-MIG")
    lines = explained(write_books(tmp_path, time=MARCH + covered), "toggl-5")
    assert "  left-out: on no draft: the contract's fixed price covers it" in lines


def test_an_unreadable_contract_bills_nothing(tmp_path: Path) -> None:
    ledger = write_books(tmp_path, bolt=BOLT + "colour: red\n")
    lines = explained(ledger, "toggl-2")
    assert lines[1] == (
        "  left-out: on no draft: the contract of BOLT-APP cannot be read, so it bills nothing"
    )


def test_json_and_csv_say_the_same(tmp_path: Path) -> None:
    ledger = write_books(tmp_path)
    told = projbill("-f", ledger, "--as-of", AS_OF, "explain", "toggl-3", "--format", "json")
    assert json.loads(told.stdout) == {
        "as-of": AS_OF,
        "explain": [
            {
                "kind": "entry",
                "text": "2026-03-03 carol 0.50 h standup (toggl-3)",
                "file": "time/2026-03.beancount",
                "line": 14,
                "children": [
                    {
                        "kind": "contract",
                        "text": "BOLT-APP Mobile app",
                        "file": "contracts/bolt-app.yaml",
                        "line": 1,
                        "children": [],
                    },
                    {
                        "kind": "left-out",
                        "text": "on no draft: not billable by its account and the contract's "
                        "task standup",
                        "file": None,
                        "line": None,
                        "children": [],
                    },
                ],
            }
        ],
    }
    flat = projbill("-f", ledger, "--as-of", AS_OF, "explain", "toggl-3", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(flat.stdout)))
    assert [(row["depth"], row["kind"], row["line"]) for row in rows] == [
        ("0", "entry", "14"),
        ("1", "contract", "1"),
        ("1", "left-out", ""),
    ]


def test_what_is_called_nothing(tmp_path: Path) -> None:
    ledger = write_books(tmp_path)
    result = projbill("-f", ledger, "--as-of", AS_OF, "explain", "INV-2026-0002")
    assert result.exit_code == 2
    assert result.stderr == (
        'no draft, invoice or entry is called "INV-2026-0002"; did you mean "INV-2026-0001"?\n'
    )
