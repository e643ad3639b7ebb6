"""Several currencies in one table, at rates that are shown; JSON has each in its own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from click.testing import CliRunner

from projbill_beancount.cli import main
from tests.ledgers import run
from tests.ledgers import time_text
from tests.ledgers import write_ledger

if TYPE_CHECKING:
    from pathlib import Path

DAY = "2025-06-29"
HERE = """\
project: HERE
name: Here
client: acme
billing: time-and-materials
rates: {default: 100}
"""
THERE = HERE.replace("HERE", "THERE").replace("rates:", "currency: USD\nrates:")
FACTS = time_text("a", "2025-06-02", 36000, project="HERE", person="ana") + time_text(
    "b", "2025-06-02", 36000, project="THERE", person="ana"
)


def books(folder: Path, prices: str) -> Path:
    contracts = {"HERE": HERE, "THERE": THERE}
    return write_ledger(folder, DAY, contracts=contracts, facts=FACTS + prices)


def test_foreign_amounts_are_converted_with_the_rate_of_the_day(tmp_path: Path) -> None:
    ledger = books(
        tmp_path,
        "2025-01-01 price USD 0.80 EUR\n2025-06-15 price USD 0.9255 EUR\n"
        "2025-07-15 price USD 0.10 EUR\n",
    )
    lines = [line.split() for line in run(ledger, DAY, "status").splitlines()]
    assert lines[-2][:8] == ["USD", "in", "EUR", "at", "0.9255", "of", "2025-06-15", "EUR"]
    assert lines[-2][8:] == ["0.00", "925.50", "0.00", "0.00", "0.00", "0.00"]
    assert lines[-1] == ["All", "in", "EUR", "EUR", "0.00", "1925.50", *["0.00"] * 4]
    text = run(ledger, DAY, "--format", "json", "status")
    assert [row["unbilled"] for row in json.loads(text)["projects"]] == ["1000.00", "1000.00"]


def test_without_a_price_nothing_is_converted_and_it_is_said(tmp_path: Path) -> None:
    ledger = books(tmp_path, "2025-07-15 price USD 0.10 EUR\n")
    result = CliRunner().invoke(main, ["-f", str(ledger), "--as-of", DAY, "status"])
    assert " in EUR" not in result.stdout
    assert "warning: fx-rate-missing: no price of USD in EUR on or before 2025-06-29" in (
        result.stderr
    )


def test_one_currency_needs_no_rate(tmp_path: Path) -> None:
    ledger = write_ledger(tmp_path, DAY, contracts={"HERE": HERE})
    result = CliRunner().invoke(main, ["-f", str(ledger), "--as-of", DAY, "status"])
    assert "in EUR" not in result.stdout
    assert "fx-rate-missing" not in result.stderr
