"""Credit notes on invoices of every kind: each takes back what its line billed, and no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.issue_books import APP
from tests.issue_books import FIRM
from tests.issue_books import OPENS
from tests.issue_books import ask
from tests.issue_books import balances
from tests.issue_books import hours
from tests.issue_books import projbill
from tests.issue_books import write_books

if TYPE_CHECKING:
    from pathlib import Path

DATED = APP.replace("default: 100", "default: [{from: 2025-01-01, rate: 100}, "
                    "{from: 2025-03-15, rate: 150}]")  # fmt: skip
DEPOSIT = """\
2025-01-10 * "ACME Corp" "Deposit"
  Assets:Bank              1000.00 EUR
  Liabilities:Deposits:ACME
"""
BY_HAND = """\
2025-03-31 * "ACME Corp" "Work of March" ^R-7
  invoice: "R-7"
  project: "APP"
  due: 2025-04-30
  Assets:Receivable:ACME   240.00 EUR
  Income:Services:APP     -200.00 EUR
  Liabilities:VAT:Output   -40.00 EUR
"""


def test_lines_of_the_same_words_are_credited_each_at_its_price(tmp_path: Path) -> None:
    facts = OPENS + hours("t-1", "2025-03-03", 2) + hours("t-2", "2025-03-20", 2)
    ledger = write_books(tmp_path, facts, APP=DATED)
    projbill(ledger, "issue")
    second = ask(ledger, "credit", "INV-2025-0001", "--line", "2")
    first = ask(ledger, "credit", "INV-2025-0001")
    assert [note["net"] for note in (second, first)] == ["300.00", "200.00"]
    assert "Assets:Receivable:ACME" not in balances(ledger)
    assert "Equity:Time:Billed:APP" not in balances(ledger)


def test_hours_of_an_entry_are_credited_in_parts_on_the_line_that_has_them(tmp_path: Path) -> None:
    facts = OPENS + hours("t-1", "2025-03-03", 2) + hours("t-2", "2025-03-20", 2)
    ledger = write_books(tmp_path, facts, APP=DATED)
    projbill(ledger, "issue")
    notes = [
        ask(ledger, "credit", "INV-2025-0001", "--entry", entry)
        for entry in ("t-2=1.5", "t-1=0.5", "t-2", "t-1")
    ]
    assert [note["net"] for note in notes] == ["225.00", "50.00", "75.00", "150.00"]
    assert "Assets:Receivable:ACME" not in balances(ledger)


def test_a_deposit_gets_back_what_the_client_has_no_more_to_pay(tmp_path: Path) -> None:
    facts = OPENS + DEPOSIT + hours("t-1", "2025-03-03", 10) + hours("t-2", "2025-03-04", 5)
    terms = f"{APP}deposit: {{target: 1000}}\n"
    ledger = write_books(tmp_path, facts, APP=terms)
    (draft,) = ask(ledger, "drafts")["drafts"]
    assert (draft["total"], draft["payable"]) == ("1800.00", "800.00")
    projbill(ledger, "issue")

    projbill(ledger, "credit", "INV-2025-0001", "--entry", "t-2")
    found = balances(ledger, "2025-05-06")
    assert found["Assets:Receivable:ACME"] == "200.00 EUR"
    assert "Liabilities:Deposits:ACME" not in found
    projbill(ledger, "credit", "INV-2025-0001")
    found = balances(ledger, "2025-05-06")
    assert "Assets:Receivable:ACME" not in found
    assert found["Liabilities:Deposits:ACME"] == "-1000.00 EUR"
    (again,) = ask(ledger, "drafts")["drafts"]
    assert (again["total"], again["payable"]) == ("1800.00", "800.00")


def test_a_tax_is_taken_back_where_it_was_posted(tmp_path: Path) -> None:
    facts = OPENS + "2020-01-01 open Liabilities:VAT:New\n" + hours("t-1", "2025-03-03", 10)
    ledger = write_books(tmp_path, facts, APP=APP)
    projbill(ledger, "issue")
    firm = FIRM.replace("  V: {rate", "  N: {rate").replace("tax: V}", "tax: N}")
    firm = firm.replace("Liabilities:VAT:Output", "Liabilities:VAT:New")
    (tmp_path / "projbill.yaml").write_text(firm)
    note = ask(ledger, "credit", "INV-2025-0001")
    assert (note["net"], note["total"]) == ("1000.00", "1200.00")
    assert "Liabilities:VAT:Output" not in balances(ledger, "2025-05-06")


def test_a_tax_without_a_rate_is_taken_back_in_proportion(tmp_path: Path) -> None:
    ledger = write_books(tmp_path, OPENS + BY_HAND, APP=APP)
    assert ask(ledger, "credit", "R-7")["total"] == "240.00"
    assert "Assets:Receivable:ACME" not in balances(ledger)


def test_what_takes_something_off_is_credited_with_the_whole_invoice(tmp_path: Path) -> None:
    facts = OPENS + hours("t-1", "2025-03-03", 10)
    ledger = write_books(tmp_path, facts, APP=f"{APP}cap: {{amount: 600}}\n")
    projbill(ledger, "issue")
    refused = projbill(ledger, "credit", "INV-2025-0001", "--line", "2", status=2)
    assert "comes to -400.00, below zero" in refused.stderr
    assert ask(ledger, "credit", "INV-2025-0001")["net"] == "600.00"


def test_the_share_of_carried_hours_is_issued_and_credited(tmp_path: Path) -> None:
    facts = OPENS + hours("t-1", "2025-03-03", 5.4857) + hours("t-2", "2025-04-03", 1)
    terms = APP.replace("100", "101.37") + (
        "split: {acme: 60, bolt: 40}\ncap: {hours: 4, every: month, excess: carry}\n"
    )
    ledger = write_books(tmp_path, facts, APP=terms)
    issued = ask(ledger, "issue")["invoices"]
    nets = [one["net"] for one in issued]
    assert ask(ledger, "check")["findings"] == []
    back = [ask(ledger, "credit", one["invoice"])["net"] for one in reversed(issued)]
    assert sorted(back) == sorted(nets)
    assert [one["net"] for one in ask(ledger, "issue")["invoices"]] == nets


def test_hours_on_the_account_of_a_former_name_leave_it_and_come_back(tmp_path: Path) -> None:
    facts = OPENS + hours("t-1", "2025-03-03", 2) + hours("t-2", "2025-03-04", 3)
    facts = facts.replace("Unbilled:APP  3.0000", "Unbilled:SHOP  3.0000")
    ledger = write_books(tmp_path, facts, APP=f"{APP}formerly: [SHOP]\n")
    projbill(ledger, "issue")
    found = balances(ledger)
    assert {key: total for key, total in found.items() if key.startswith("Equity")} == {
        "Equity:Time:Billed:APP": "5.0000 HOUR",
        "Equity:Time:Worked:Ana": "-5.0000 HOUR",
    }
    projbill(ledger, "credit", "INV-2025-0001")
    found = balances(ledger)
    assert found["Equity:Time:Unbilled:SHOP"] == "3.0000 HOUR"
    assert found["Equity:Time:Unbilled:APP"] == "2.0000 HOUR"


def test_an_invoice_under_a_former_name_loads_and_is_credited(tmp_path: Path) -> None:
    ledger = write_books(tmp_path, OPENS + hours("t-1", "2025-03-03", 2), APP=APP)
    projbill(ledger, "issue")
    terms = tmp_path / "contracts" / "app.yaml"
    terms.write_text(APP.replace("project: APP", "project: SHOP\nformerly: [APP]"))
    ledger.write_text(ledger.read_text() + "\n2020-01-01 open Income:Services:SHOP\n")
    assert balances(ledger)["Assets:Receivable:ACME"] == "240.00 EUR"
    projbill(ledger, "credit", "INV-2025-0001")
    assert ask(ledger, "issue")["invoices"][0]["net"] == "200.00"
    assert "Equity:Time:Unbilled:APP" not in balances(ledger)


def test_an_invoice_of_a_client_who_is_gone_is_not_credited(tmp_path: Path) -> None:
    ledger = write_books(tmp_path, OPENS + hours("t-1", "2025-03-03", 2), APP=APP)
    projbill(ledger, "issue")
    (tmp_path / "projbill.yaml").write_text(FIRM.replace("  acme: {", "  other: {"))
    refused = projbill(ledger, "credit", "INV-2025-0001", status=2)
    assert "is on no receivable of a client" in refused.stderr


def test_entries_that_are_listed_without_their_hours_are_freed_by_a_whole_credit(
    tmp_path: Path,
) -> None:
    legs = (
        '    entries: "t-1"\n'
        "  Equity:Time:Unbilled:APP   -2.0000 HOUR\n"
        '    person: "ana"\n'
        "  Equity:Time:Billed:APP      2.0000 HOUR\n"
    )
    invoice = BY_HAND.replace("-200.00 EUR\n", f"-200.00 EUR\n{legs}")
    ledger = write_books(tmp_path, OPENS + hours("t-1", "2025-03-03", 2) + invoice, APP=APP)
    assert ask(ledger, "drafts")["drafts"] == []
    projbill(ledger, "credit", "R-7")
    (draft,) = ask(ledger, "drafts")["drafts"]
    assert (draft["net"], draft["lines"][0]["entries"]) == ("200.00", ["t-1"])
    assert balances(ledger)["Equity:Time:Unbilled:APP"] == "2.0000 HOUR"
    projbill(ledger, "issue")
    assert "Equity:Time:Unbilled:APP" not in balances(ledger)


def test_a_tax_that_is_on_no_line_is_refused(tmp_path: Path) -> None:
    taxes = "  Liabilities:VAT:Output   -20.00 EUR\n" * 2
    invoice = BY_HAND.replace("  Liabilities:VAT:Output   -40.00 EUR\n", taxes)
    ledger = write_books(tmp_path, OPENS + invoice, APP=APP)
    refused = projbill(ledger, "credit", "R-7", status=2)
    assert "give that posting and the lines the same `tax:`" in refused.stderr
