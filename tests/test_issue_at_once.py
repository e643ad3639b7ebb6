"""Several commands that issue at the same time never share a number."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import date
from datetime import timedelta
from typing import TYPE_CHECKING

from beancount import loader

from tests.issue_books import FIRM
from tests.issue_books import OPENS
from tests.issue_books import ask
from tests.issue_books import balances
from tests.issue_books import invoices_of
from tests.issue_books import write_books
from tests.ledgers import time_text

if TYPE_CHECKING:
    from pathlib import Path

COMMANDS, EACH = 8, 50
FIRST = date(2024, 1, 1)
AS_OF = "2025-01-31"


def test_eight_commands_issue_fifty_invoices_each(tmp_path: Path) -> None:
    contracts = {
        f"P{n}": f"project: P{n}\nclient: acme\nbilling: time-and-materials\nrates: {{default: 100}}\n"
        "triggers: {type: time, every: week}\n"
        for n in range(COMMANDS)
    }
    facts = OPENS + "".join(
        time_text(f"t-{n}-{week}", FIRST + timedelta(weeks=week), 3600 + 180 * week,
                  project=f"P{n}", person="ana" if n % 2 else "ben", task="dev")
        for n in range(COMMANDS)
        for week in range(EACH)
    )  # fmt: skip
    ledger = write_books(tmp_path, facts, **contracts)
    assert FIRM in (tmp_path / "projbill.yaml").read_text()
    code = "from projbill_beancount.cli import main; main()"
    running = [
        subprocess.Popen(
            [sys.executable, "-c", code, "-f", str(ledger), "--as-of", AS_OF, "issue", project],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for project in contracts
    ]
    for process in running:
        _, errors = process.communicate(timeout=300)
        assert process.returncode == 0, errors
    numbers = re.findall(r'^  invoice: "INV-2025-(\d+)"$', invoices_of(ledger), re.MULTILINE)
    assert sorted(map(int, numbers)) == list(range(1, COMMANDS * EACH + 1))
    assert loader.load_file(str(ledger))[1] == []
    assert ask(ledger, "drafts", as_of=AS_OF)["drafts"] == []
    assert {row["code"] for row in ask(ledger, "check", as_of=AS_OF)["findings"]} == set()
    net = sum(3600 + 180 * week for week in range(EACH)) * COMMANDS * 100 // 3600
    assert balances(ledger)["Assets:Receivable:ACME"] == f"{net * 6 // 5}.00 EUR"
