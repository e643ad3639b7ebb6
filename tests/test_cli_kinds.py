"""`status`, `drafts`, `check` and `unbilled` over every kind of contract, in three currencies."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING
from typing import Any

import pytest

from projbill_beancount.cli.group import COMMANDS
from projbill_beancount.reports.hints import HINTS
from projbill_beancount.terms.codes import SEVERITIES
from tests.cli_books import projbill
from tests.ledgers import FIRM
from tests.ledgers import progress_text
from tests.ledgers import time_text
from tests.ledgers import write_ledger

if TYPE_CHECKING:
    from pathlib import Path

AS_OF = "2025-03-05"
START = "client: acme\nstart: 2025-01-01\n"
TAX = 'taxes: {V: {rate: 10, account: "Liabilities:VAT:Output"}}\n'
CONTRACTS = {
    "YEN": START + "billing: retainer\ncurrency: JPY\nrates: {default: 9000}\ninvoice: {tax: V}\n"
    "retainer: {fee: 500000, hours: 4, overage: {rate: 12345}, unused: rollover}\n",
    "BLOCK": START
    + "billing: retainer\nretainer: {fee: 5500, hours: 50, every: once, in: advance}\n",
    "DINAR": START + "billing: time-and-materials\ncurrency: KWD\nrates: {default: 33.333}\n"
    "cap: {hours: 5, every: month, excess: carry}\n",
    "PLAIN": START + "billing: time-and-materials\n",
    "NEW": START.replace("2025", "2026") + "billing: retainer\nretainer: {fee: 100}\n",
    "FIX": START
    + "billing: fixed-fee\nvalue: 1000\ncap: {amount: 900}\ninvoice: {retention: 5 %}\n"
    "milestones: {M1: {name: Plan, value: 400, bill: progress}, M2: {value: 600}}\n",
    "BOTH": START
    + "split: {acme: 2/3, bolt: 1/3}\nbilling: hybrid\nvalue: 100\nrates: {default: 10}\n"
    "milestones: {M1: {value: 100}}\n",
}


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    facts = "".join(
        time_text(
            f"{project}-{day}", f"2025-02-{day:02}", 3 * 3600 + 1, project=project, person="ana"
        )
        for project in ("YEN", "BLOCK", "DINAR", "PLAIN", "BOTH")
        for day in (3, 4)
    )
    facts += progress_text("2025-02-05", 33, project="FIX", milestone="M1")
    facts += progress_text("2025-02-05", 100, project="BOTH", milestone="M1")
    facts += "2020-01-01 open Assets:Receivable:BOLT\n2020-01-01 open Assets:Retention:ACME\n"
    contracts = {name: f"project: {name}\n{text}" for name, text in CONTRACTS.items()}
    firm = FIRM.replace("people:", "  bolt: {name: BOLT AG}\npeople:") + TAX
    return write_ledger(tmp_path, AS_OF, contracts=contracts, facts=facts, firm=firm)


def printed(ledger: Path, command: str, form: str) -> str:
    result = projbill("-f", ledger, "--as-of", AS_OF, command, "--format", form)
    assert result.exit_code in ({0, 1} if command == "check" else {0}), (
        result.output,
        result.exception,
    )
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.stdout


def flat(data: dict[str, Any], outer: str = "") -> dict[str, str]:
    """A JSON object as CSV has it."""
    found: dict[str, str] = {}
    for key, value in data.items():
        if isinstance(value, dict):
            found |= flat(value, f"{outer}{key}.")
        else:
            found[f"{outer}{key}"] = "" if value is None else str(value)
    return found


def test_status_of_every_kind_says_what_is_known_and_null_for_the_rest(ledger: Path) -> None:
    told = {
        one["project"]: one for one in json.loads(printed(ledger, "status", "json"))["projects"]
    }
    assert told.keys() == CONTRACTS.keys()
    keys = {frozenset(one) for one in told.values()}
    assert len(keys) == 1
    yen, dinar, block, new = (told[name] for name in ("YEN", "DINAR", "BLOCK", "NEW"))
    assert (yen["drafts"], yen["cap"], yen["value"]) == ("1000000", None, None)
    assert yen["retainer"] == {
        "period": {"start": "2025-03-01", "end": "2025-03-31"},
        "allocated": "4.00",
        "used": "0.00",
        "carried": "1.9994",
        "expired": "0.00",
    }
    assert dinar["cap"] == {"amount": "5.00", "used": "0.00", "percent": "0.00", "over": "1.0006"}
    assert dinar["drafts"] == "166.665"
    assert block["retainer"]["period"] == {"start": "2025-01-01", "end": None}
    assert (new["retainer"], new["completion"], new["gap"]) == (None, None, None)
    assert told["FIX"]["completion"] == "13.20"


def test_csv_has_the_fields_of_json(ledger: Path) -> None:
    told = json.loads(printed(ledger, "status", "json"))["projects"]
    rows = list(csv.DictReader(io.StringIO(printed(ledger, "status", "csv"))))
    assert len(rows) == len(told)
    for row, one in zip(rows, told, strict=True):
        wanted = flat(one)
        missing = {key for key in wanted if key not in row} - {"cap", "retainer"}
        assert not missing
        assert {key: value for key, value in row.items() if value} == {
            key: value for key, value in wanted.items() if value
        }


def test_csv_of_drafts_has_what_json_says_of_the_whole(ledger: Path) -> None:
    told = {one["draft"]: one for one in json.loads(printed(ledger, "drafts", "json"))["drafts"]}
    rows = list(csv.DictReader(io.StringIO(printed(ledger, "drafts", "csv"))))
    assert {row["draft"] for row in rows} == told.keys()
    for row in rows:
        whole = flat({key: value for key, value in told[row["draft"]].items() if key != "held"})
        for key in ("kind", "corrects", "payable", "net", "date", "due", "client"):
            assert row[key] == whole[key]
        period = told[row["draft"]]["period"] or {"start": "", "end": ""}
        assert (row["period.start"], row["period.end"]) == (period["start"], period["end"])
    yen = next(row for row in rows if row["project"] == "YEN")
    assert yen["taxes"] == "V 10 % of 500000: 50000"
    assert (yen["net"], yen["payable"]) == ("500000", "550000")


def test_tables_align_money_with_the_places_of_its_currency(ledger: Path) -> None:
    table = printed(ledger, "status", "table").splitlines()
    header = table[0]
    end = header.index("Drafts") + len("Drafts")
    cells = {row.split()[0]: row[:end].split()[-1] for row in table[2:]}
    assert (cells["YEN"], cells["DINAR"], cells["BLOCK"]) == ("1000000", "166.665", "5500.00")
    assert all(row[end : end + 1] in {"", " "} for row in table[2:])
    drafts = printed(ledger, "drafts", "table")
    assert "Total JPY" in drafts
    assert "missing" in drafts  # the hours without a rate
    assert "held by rate-missing" in drafts


@pytest.mark.parametrize("command", ["status", "drafts", "check", "unbilled"])
@pytest.mark.parametrize("form", ["table", "json", "csv"])
def test_nothing_fails_on_any_kind(ledger: Path, command: str, form: str) -> None:
    assert printed(ledger, command, form)


def test_every_draft_and_entry_can_be_explained(ledger: Path) -> None:
    drafts = json.loads(printed(ledger, "drafts", "json"))["drafts"]
    entries = {one for draft in drafts for line in draft["lines"] for one in line["entries"]}
    for subject in [*(draft["draft"] for draft in drafts), *sorted(entries)]:
        result = projbill("-f", ledger, "--as-of", AS_OF, "explain", subject)
        assert result.exit_code == 0, (subject, result.output, result.exception)
        assert "  contract: " in result.stdout


def test_every_code_that_a_person_can_act_on_has_a_remedy() -> None:
    assert SEVERITIES.keys() - HINTS.keys() == {"retainer-expired", "zero-invoice"}
    assert HINTS.keys() <= SEVERITIES.keys()


def test_remedies_name_commands_that_exist() -> None:
    named = [part.split()[0] for hint in HINTS.values() for part in hint.split("`projbill ")[1:]]
    assert {name.strip("`") for name in named} <= COMMANDS.keys()
