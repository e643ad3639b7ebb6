"""Where invoices are written, and under which numbers: new files, other roots, shared series."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.issue_books import APP
from tests.issue_books import FIRM
from tests.issue_books import OPENS
from tests.issue_books import ask
from tests.issue_books import balances
from tests.issue_books import hours
from tests.issue_books import invoices_of
from tests.issue_books import projbill
from tests.issue_books import write_books

if TYPE_CHECKING:
    from pathlib import Path

ROOTS = {"assets": "Aktiva", "liabilities": "Passiva", "equity": "Eigen", "income": "Ertrag"}


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return write_books(tmp_path)


def _rename_roots(folder: Path) -> None:
    """Give the books other roots; each file names them, as Beancount wants it."""
    options = "".join(f'option "name_{name}" "{root}"\n' for name, root in ROOTS.items())
    for path in [*folder.rglob("*.beancount"), folder / "projbill.yaml"]:
        text = path.read_text()
        for name, root in ROOTS.items():
            text = text.replace(f"{name.capitalize()}:", f"{root}:")
        path.write_text(options + text if path.suffix == ".beancount" else text)


@pytest.mark.parametrize("old", [None, "", "; invoices\n"])
def test_a_file_that_names_no_roots_gets_the_ledgers(ledger: Path, old: str | None) -> None:
    _rename_roots(ledger.parent)
    invoices = ledger.parent / "invoices.beancount"
    invoices.unlink()
    if old is not None:
        invoices.write_text(old)
    projbill(ledger, "issue", "WEB")
    projbill(ledger, "issue", "APP")
    found = balances(ledger)
    assert found["Aktiva:Receivable:ACME"] == "1776.00 EUR"
    assert found["Eigen:Time:Billed:APP"] == "15.5000 HOUR"
    assert invoices_of(ledger).count("name_assets") == 1
    assert ask(ledger, "verify")["invoices"][0]["state"] == "intact"


def test_a_file_with_other_roots_than_the_ledgers_is_refused(ledger: Path) -> None:
    invoices = ledger.parent / "invoices.beancount"
    invoices.write_text('option "name_assets" "Aktiva"\n')
    refused = projbill(ledger, "issue", status=2)
    assert "Beancount would not read this" in refused.stderr
    assert invoices_of(ledger) == 'option "name_assets" "Aktiva"\n'


@pytest.mark.parametrize("include", ["invoices.beancount", "inv*.beancount", "**/inv*.beancount"])
def test_the_first_invoice_makes_the_file_that_is_included(ledger: Path, include: str) -> None:
    (ledger.parent / "invoices.beancount").unlink()
    ledger.write_text(ledger.read_text().replace('"invoices.beancount"', f'"{include}"'))
    projbill(ledger, "issue")
    assert "Assets:Receivable:ACME" in balances(ledger)


def test_a_file_that_is_missing_for_another_include_is_named(ledger: Path) -> None:
    (ledger.parent / "invoices.beancount").unlink()
    ledger.write_text(ledger.read_text() + '\ninclude "bank/*.beancount"\n')
    refused = projbill(ledger, "issue", status=2)
    assert '"bank/*.beancount" does not match any files' in refused.stderr


@pytest.mark.parametrize("name", ["invoices.beancount.gpg", "invoices.asc"])
@pytest.mark.parametrize("more", [(), ("--dry-run",)])
def test_an_encrypted_file_is_refused(ledger: Path, name: str, more: tuple[str, ...]) -> None:
    config = ledger.parent / "projbill.yaml"
    config.write_text(f"{FIRM}files: {{invoices: {name}}}\n")
    (ledger.parent / name).write_text("; invoices\n")
    refused = projbill(ledger, "issue", *more, status=2)
    assert refused.stderr == f"{name}: it is encrypted; name another file in projbill.yaml\n"
    assert (ledger.parent / name).read_text() == "; invoices\n"


@pytest.mark.parametrize("pattern", ["{year}-{number:04}", "{number}", "R{number}/{month:02}"])
def test_invoices_and_credit_notes_may_share_a_series(tmp_path: Path, pattern: str) -> None:
    ledger = write_books(tmp_path, OPENS + hours("t-1", "2025-03-03", 5), APP=APP)
    numbering = f'numbering: {{invoice: "{pattern}", credit-note: "{pattern}"}}\n'
    (tmp_path / "projbill.yaml").write_text(FIRM + numbering)
    numbers = [pattern.format(year=2025, month=5, number=number) for number in range(1, 13)]
    seen = []
    for _ in range(6):
        (issued,) = ask(ledger, "issue")["invoices"]
        seen += [issued["invoice"], ask(ledger, "credit", issued["invoice"])["credit-note"]]
    assert seen == numbers
    assert ask(ledger, "check")["findings"] == []


@pytest.mark.parametrize(
    "pattern", ["{year}{month}{number}", "{number}{month}", "R{month}1-{number}"]
)
def test_a_number_that_reads_in_two_ways_is_refused(ledger: Path, pattern: str) -> None:
    config = ledger.parent / "projbill.yaml"
    config.write_text(f'{FIRM}numbering: {{invoice: "{pattern}"}}\n')
    assert "write it as {month:02}" in projbill(ledger, "issue", status=2).stderr


def test_months_with_two_digits_are_told_from_the_number(tmp_path: Path) -> None:
    ledger = write_books(tmp_path, OPENS + hours("t-1", "2025-03-03", 5), APP=APP)
    config = tmp_path / "projbill.yaml"
    config.write_text(f'{FIRM}numbering: {{invoice: "{{number}}{{month:02}}", start: 11}}\n')
    first = ask(ledger, "issue")["invoices"][0]["invoice"]
    projbill(ledger, "void", first, "--reason", "wrong")
    second = ask(ledger, "issue")["invoices"][0]["invoice"]
    assert (first, second) == ("1105", "1205")
