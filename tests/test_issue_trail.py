"""The trail that an auditor walks, and books that read the same from every side after issuing."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest
from fava.core import FavaLedger

from tests.issue_books import APP
from tests.issue_books import OPENS
from tests.issue_books import ask
from tests.issue_books import balances
from tests.issue_books import hours
from tests.issue_books import invoices_of
from tests.issue_books import projbill
from tests.issue_books import write_books
from tests.ledgers import time_text

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return write_books(tmp_path)


def test_explain_walks_from_the_contract_to_the_payment(ledger: Path) -> None:
    projbill(ledger, "issue")
    projbill(ledger, "credit", "INV-2025-0002", "--line", "2")
    folder = ledger.parent
    (folder / "INV-2025-0002.pdf").write_bytes(b"%PDF-1.7")
    facts = folder / "facts.beancount"
    facts.write_text(
        facts.read_text()
        + '\n2025-05-05 document Assets:Receivable:ACME "INV-2025-0002.pdf" ^INV-2025-0002\n'
        '2025-05-05 custom "invoice-sent" "INV-2025-0002" "ap@acme.example"\n'
        '2025-05-05 * "ACME Corp" "Payment" ^INV-2025-0002\n'
        "  Assets:Bank  1000.00 EUR\n  Assets:Receivable:ACME  -1000.00 EUR\n"
    )
    shown = projbill(ledger, "explain", "INV-2025-0002").stdout
    lines = [line.strip().partition("  [")[0] for line in shown.splitlines()]
    wanted = [
        "invoice: INV-2025-0002 of 2025-05-05, 1280.00 EUR net, 1536.00 with tax",
        "contract: APP Shop app",
        "draft: APP/time/2025-03-31",
        "trigger: time: time every month",
        "period: 2025-03-01 to 2025-03-31",
        "line: dev: 10.00 h x 100.00 = 1000.00 EUR",
        "entry: 2025-03-03 ana 6.00 h dev (t-1)",
        "credit: CN-2025-0001 of 2025-05-05, 280.00 EUR net, 336.00 with tax",
        "sent: ap@acme.example of 2025-05-05",
        "document: INV-2025-0002.pdf of 2025-05-05",
        "payment: 1000.00 EUR on 2025-05-05",
        "open: 200.00 EUR, due 2025-06-04",
    ]
    assert [line for line in lines if line in wanted] == wanted
    assert "[facts.beancount:" in shown
    assert "[contracts/app.yaml:" in shown


def income(ledger: Path, month: str) -> dict[str, str]:
    """Fava's own income statement of a month."""
    fava = FavaLedger(str(ledger), poll_watcher=True)
    filtered = fava.get_filtered(time=month)
    return {
        account: str(filtered.root_tree[account].balance)
        for account in filtered.root_tree
        if account.startswith("Income:")
    }


def test_favas_income_statement_of_march_reads_the_same(ledger: Path) -> None:
    months = ("2025-03", "2025-04", "2025-05")
    before = [income(ledger, month) for month in months]
    assert "1280.00" in before[0]["Income:Services:APP"]
    projbill(ledger, "issue")
    assert [income(ledger, month) for month in months] == before
    projbill(ledger, "credit", "INV-2025-0002")
    after = [income(ledger, month) for month in months]
    assert after[:2] == before[:2]
    assert "1280.00" in after[2]["Income:Services:APP"]


def test_an_invoice_of_two_thousand_entries_reads_and_diffs_well(tmp_path: Path) -> None:
    facts = OPENS + "".join(
        time_text(f"t-{n:04}", f"2025-03-{n % 28 + 1:02}", 360, project="APP", person="ana",
                  task="dev")
        for n in range(2000)
    )  # fmt: skip
    ledger = write_books(tmp_path, facts, APP=APP)
    (issued,) = ask(ledger, "issue")["invoices"]
    assert issued["net"] == "20000.00"
    text = invoices_of(ledger)
    assert max(map(len, text.splitlines())) < 120
    assert (
        len(re.findall(r"^      2025-03-\d\d ana 0\.1000 t-\d{4} dev", text, re.MULTILINE)) == 2000
    )
    path = tmp_path / "invoices.beancount"
    old = tmp_path / "old"
    old.write_text(text)
    path.write_text(text.replace("ana 0.1000 t-1234", "ana 0.2000 t-1234"))
    diff = subprocess.run(
        ["git", "diff", "--no-index", "--unified=0", str(old), str(path)],
        capture_output=True, text=True, check=False,
    ).stdout  # fmt: skip
    changed = [
        line for line in diff.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")
    ]
    assert [line[0] + line[1:].strip() for line in changed] == [
        "-2025-03-03 ana 0.1000 t-1234 dev",
        "+2025-03-03 ana 0.2000 t-1234 dev",
    ]
    codes = {row["code"] for row in ask(ledger, "check", status=1)["findings"]}
    assert "issued-changed" in codes


def test_every_month_end_is_explained_when_half_is_issued_credited_and_issued_again(
    tmp_path: Path,
) -> None:
    facts = OPENS + "".join(hours(f"t-{n}", f"2025-0{n}-10", 10) for n in (1, 2, 3, 4))
    ledger = write_books(tmp_path, facts, APP=APP)
    projbill(ledger, "issue", "APP/time/2025-01-31", as_of="2025-02-03")
    projbill(ledger, "issue", "APP/time/2025-02-28", as_of="2025-03-05")
    projbill(ledger, "credit", "INV-2025-0001", as_of="2025-03-20")
    projbill(ledger, "issue", as_of="2025-04-10")
    months = ("2025-02", "2025-03", "2025-04", "2025-05", "2025-06")
    seen = {month: _balances(ledger, f"{month}-01") for month in months}
    assert seen == {
        "2025-02": ("1000.00", None, "-1000.00"),
        "2025-03": ("1000.00", "1200.00", "-2000.00"),
        "2025-04": ("2000.00", "1200.00", "-3000.00"),
        "2025-05": ("1000.00", "3600.00", "-4000.00"),
        "2025-06": ("1000.00", "3600.00", "-4000.00"),
    }


def _balances(ledger: Path, day: str) -> tuple[str | None, ...]:
    found = balances(ledger, day)
    names = ("Assets:Unbilled:APP", "Assets:Receivable:ACME", "Income:Services:APP")
    return tuple(found[name].split()[0] if name in found else None for name in names)
