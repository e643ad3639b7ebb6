"""Numbers after a merge of two branches, and the commit since which a moved file's invoice differs."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.issue_books import FACTS
from tests.issue_books import FIRM
from tests.issue_books import ask
from tests.issue_books import invoices_of
from tests.issue_books import projbill
from tests.issue_books import write_books

if TYPE_CHECKING:
    from pathlib import Path


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=Eve", "-c", "user.email=eve@example.com", *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def merged(tmp_path: Path) -> Path:
    """Each of two branches issued an invoice; git kept both, WEB's above APP's."""
    ledger = write_books(tmp_path)
    (tmp_path / ".gitattributes").write_text("invoices.beancount merge=union\n")
    _git(tmp_path, "init", "-q", "-b", "main")
    _git(tmp_path, "add", ".")
    _git(tmp_path, "commit", "-qm", "start")
    _git(tmp_path, "checkout", "-qb", "other")
    projbill(ledger, "issue", "APP/time/2025-03-31")
    _git(tmp_path, "commit", "-qam", "APP")
    _git(tmp_path, "checkout", "-q", "main")
    projbill(ledger, "issue", "WEB/milestone/2025-03-14")
    _git(tmp_path, "commit", "-qam", "WEB")
    _git(tmp_path, "merge", "-q", "other")
    return ledger


def test_a_merge_leaves_two_of_one_number_and_one_gets_the_next(merged: Path) -> None:
    assert ask(merged, "check", status=1)["findings"][0]["code"] == "invoice-number-duplicate"
    done = ask(merged, "renumber", "INV-2025-0001")
    assert (done["new"], "Shop app" in done["entry"]) == ("INV-2025-0002", True)
    assert ask(merged, "check")["findings"] == []
    assert {row["state"] for row in ask(merged, "verify")["invoices"]} == {"intact"}


def test_a_finding_names_the_file_beside_the_ledger(merged: Path) -> None:
    said = {row["what"] for row in ask(merged, "verify", status=1)["invoices"]}
    assert any("that of invoices.beancount:3;" in text for text in said)


PAID = """
2025-05-05 * "ACME Corp" "Paid" ^INV-2025-0001
  Assets:Bank              1536.00 EUR
  Assets:Receivable:ACME
"""
CREDITED = """
2025-05-05 * "ACME Corp" "CN" #credit-note ^CN-2025-0001 ^INV-2025-0001
  invoice: "CN-2025-0001"
  corrects: "INV-2025-0001"
  project: "APP"
  Assets:Receivable:ACME   -12.00 EUR
  Income:Services:APP       10.00 EUR
    line: "Goodwill"
    tax: "V"
  Liabilities:VAT:Output     2.00 EUR
    tax: "V"
    rate: 20
    base: 10.00 EUR
"""


@pytest.mark.parametrize(("more", "said"), [(PAID, "is paid"), (CREDITED, "by CN-2025-0001")])
def test_one_that_is_paid_or_credited_keeps_its_number(merged: Path, more: str, said: str) -> None:
    (merged.parent / "facts.beancount").write_text(FACTS + more)
    refused = projbill(merged, "renumber", "INV-2025-0001", status=2)
    assert said in refused.stderr
    assert "--at FILE:LINE" in refused.stderr
    other = ask(merged, "renumber", "INV-2025-0001", "--at", "invoices.beancount:3")
    assert "Web site" in other["entry"]


def test_one_that_was_edited_is_not_sealed_anew(merged: Path) -> None:
    path = merged.parent / "invoices.beancount"
    path.write_text(path.read_text().replace("Werkstr. 12", "Werkstr. 14"))
    before = invoices_of(merged)
    refused = projbill(merged, "renumber", "INV-2025-0001", status=2)
    assert "not as it was issued" in refused.stderr
    assert invoices_of(merged) == before


def test_lines_are_those_that_beancount_counts(merged: Path) -> None:
    path = merged.parent / "invoices.beancount"
    path.write_text("; a\u2028b\x0cc\x85d\n" + path.read_text())
    assert ask(merged, "renumber", "INV-2025-0001")["line"] > 1
    assert ask(merged, "check")["findings"] == []


def test_a_moved_file_has_the_history_of_its_old_name(tmp_path: Path) -> None:
    ledger = write_books(tmp_path)
    projbill(ledger, "issue")
    _git(tmp_path, "init", "-q")
    _git(tmp_path, "add", ".")
    _git(tmp_path, "commit", "-qm", "issued")
    path = tmp_path / "invoices.beancount"
    path.write_text(path.read_text().replace("Werkstr. 12", "Werkstr. 14", 1))
    _git(tmp_path, "commit", "-qam", "a new address")
    (tmp_path / "Bücher").mkdir()
    _git(tmp_path, "mv", "invoices.beancount", "Bücher/invoices.beancount")
    (tmp_path / "projbill.yaml").write_text(
        f"{FIRM}files: {{invoices: Bücher/invoices.beancount}}\n"
    )
    ledger.write_text(ledger.read_text().replace('"invoices.', '"Bücher/invoices.'))
    _git(tmp_path, "commit", "-qam", "moved")
    rows = ask(ledger, "verify", status=1)["invoices"]
    assert [row["what"] for row in rows if row["state"] == "changed"] == ["a new address"]


def test_a_name_of_another_client_than_the_chosen_one_is_refused(tmp_path: Path) -> None:
    ledger = write_books(tmp_path)
    refused = projbill(ledger, "issue", "APP", "WEB", "--together", "acme", status=2)
    assert refused.stderr == "WEB is billed to bolt, not to acme\n"
