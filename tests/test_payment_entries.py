"""The entries that accountants write for payments: credited, withheld, discounted, bad, in bulk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from projbill_beancount.book import open_book
from projbill_beancount.reports.ageing import receivables_of
from tests.ledgers import load
from tests.ledgers import write_ledger
from tests.payment_books import told

if TYPE_CHECKING:
    from pathlib import Path

    from projbill_beancount.book import Book

CLIENTS = ("Maple", "Kiln", "Oak", "Pine", "Quince", "Rowan", "Hazel", "Elm")
FIRM = (
    "company: {name: Northlight}\nclients:\n"
    + "".join(f"  {name.lower()}: {{name: {name}, account: {name}}}\n" for name in CLIENTS)
    + 'numbering: {invoice: "INV-{year}-{number:03}", credit-note: "CN-{year}-{number:03}"}\n'
    'taxes:\n  V: {rate: 20, name: VAT, account: "Liabilities:VAT:Output"}\n'
    '  G: {rate: 18, name: GST, account: "Liabilities:GST"}\n'
)
CONTRACTS = {
    name.upper(): f"project: {name.upper()}\nclient: {name.lower()}\n"
    f"currency: {'INR' if name == 'Kiln' else 'EUR'}\n"
    "billing: time-and-materials\nrates: {default: 100}\n"
    for name in CLIENTS
}

MAPLE = """\
2025-06-05 * "Maple" "INV-2025-050 10.00 h x 150.00" #invoice ^INV-2025-050
  invoice: "INV-2025-050"
  project: "MAPLE"
  due: 2025-07-05
  Assets:Receivable:Maple           1800.00 EUR
  Income:Services:MAPLE            -1500.00 EUR
  Liabilities:VAT:Output            -300.00 EUR
2025-06-12 * "Maple" "CN-2025-003 rate should be 140.00" #credit-note ^CN-2025-003 ^INV-2025-050
  invoice: "CN-2025-003"
  corrects: "INV-2025-050"
  Income:Services:MAPLE              100.00 EUR
  Liabilities:VAT:Output              20.00 EUR
  Assets:Receivable:Maple           -120.00 EUR
"""
KILN = """\
2025-06-30 * "Kiln" "INV-2025-065" #invoice ^INV-2025-065
  invoice: "INV-2025-065"
  project: "KILN"
  due: 2025-07-30
  Assets:Receivable:Kiln          118000.00 INR
  Income:Services:KILN           -100000.00 INR
  Liabilities:GST                 -18000.00 INR
2025-07-30 * "Kiln" "Payment less TDS 10 % of 100,000" ^INV-2025-065
  Assets:Bank:INR                 108000.00 INR
  Assets:TaxWithheld               10000.00 INR
  Assets:Receivable:Kiln         -118000.00 INR
"""
OAK = """\
2025-06-01 * "Oak" "INV-2025-055, 2/10 net 30" #invoice ^INV-2025-055
  invoice: "INV-2025-055"
  project: "OAK"
  due: 2025-07-01
  Assets:Receivable:Oak             5000.00 EUR
  Income:Services:OAK              -5000.00 EUR
"""
OAK_IN_TIME = """\
2025-06-10 * "Oak" "Paid within 10 days less 2 %" ^INV-2025-055
  Assets:Bank:EUR                   4900.00 EUR
  Income:Discounts                   100.00 EUR
  Assets:Receivable:Oak            -5000.00 EUR
"""
OAK_LATE = """\
2025-06-12 * "Oak" "Paid on day 11" ^INV-2025-055
  Assets:Bank:EUR                   4900.00 EUR
  Assets:Receivable:Oak            -4900.00 EUR
"""
PINE = """\
2025-05-01 * "Pine" "INV-2025-048" #invoice ^INV-2025-048
  invoice: "INV-2025-048"
  project: "PINE"
  due: 2025-05-31
  Assets:Receivable:Pine            4000.00 EUR
  Income:Services:PINE             -4000.00 EUR
2025-07-15 * "Pine" "Late interest on INV-2025-048, 45 days" ^LF-2025-002 ^INV-2025-048
  Assets:Receivable:Pine              49.32 EUR
  Income:LateFees                    -49.32 EUR
2025-07-20 * "Pine" "Payment with interest" ^INV-2025-048
  Assets:Bank:EUR                   4049.32 EUR
  Assets:Receivable:Pine           -4049.32 EUR
"""
QUINCE = """\
2025-06-01 * "Quince" "INV-2025-033" #invoice ^INV-2025-033
  invoice: "INV-2025-033"
  project: "QUINCE"
  due: 2025-07-01
  Assets:Receivable:Quince          1200.00 EUR
  Income:Services:QUINCE           -1000.00 EUR
  Liabilities:VAT:Output            -200.00 EUR
2025-12-31 * "Allowance: 40 % of Quince 1,200.00"
  Expenses:CreditLoss                480.00 EUR
  Assets:Allowance:Quince           -480.00 EUR
2026-03-31 * "Quince" "INV-2025-033 written off (net 1,000 + VAT 200 relief)" ^INV-2025-033
  Assets:Allowance:Quince            480.00 EUR
  Expenses:CreditLoss                520.00 EUR
  Liabilities:VAT:Output             200.00 EUR
  Assets:Receivable:Quince         -1200.00 EUR
"""
ROWAN = """\
2025-07-01 * "Rowan" "INV-2025-071" #invoice ^INV-2025-071
  invoice: "INV-2025-071"
  project: "ROWAN"
  due: 2025-07-31
  Assets:Receivable:Rowan           1200.00 EUR
  Income:Services:ROWAN            -1200.00 EUR
2025-07-01 * "Rowan" "INV-2025-072" #invoice ^INV-2025-072
  invoice: "INV-2025-072"
  project: "ROWAN"
  due: 2025-07-31
  Assets:Receivable:Rowan           1000.00 EUR
  Income:Services:ROWAN            -1000.00 EUR
2025-07-20 * "Rowan" "2,500.00 for both, 300.00 over" ^INV-2025-071 ^INV-2025-072
  Assets:Bank:EUR                   2500.00 EUR
  Assets:Receivable:Rowan          -1200.00 EUR
    invoice: "INV-2025-071"
  Assets:Receivable:Rowan          -1000.00 EUR
    invoice: "INV-2025-072"
  Liabilities:CustomerCredits:Rowan -300.00 EUR
"""
HAZEL = """\
2025-04-30 * "Hazel" "INV-2025-031 certificate 2: 20,000 less 10 % retention" #invoice ^INV-2025-031
  invoice: "INV-2025-031"
  project: "HAZEL"
  due: 2025-05-30
  Assets:Receivable:Hazel          18000.00 EUR
  Assets:Retention:Hazel            2000.00 EUR
  Income:Services:HAZEL           -20000.00 EUR
2025-05-30 * "Hazel" "Payment" ^INV-2025-031
  Assets:Bank:EUR                  18000.00 EUR
  Assets:Receivable:Hazel         -18000.00 EUR
"""
HAZEL_RELEASED = """\
2026-04-30 * "Hazel" "Release of retention" ^INV-2025-031
  Assets:Receivable:Hazel           2000.00 EUR
  Assets:Retention:Hazel           -2000.00 EUR
"""
ELM = """\
2025-01-10 * "Elm" "Deposit on account" ^ELM-DEP
  Assets:Bank:EUR                   5000.00 EUR
  Liabilities:Deposits:Elm         -5000.00 EUR
2025-06-30 * "Elm" "INV-2025-044 final" #invoice ^INV-2025-044
  invoice: "INV-2025-044"
  project: "ELM"
  due: 2025-07-30
  Assets:Receivable:Elm             6200.00 EUR
  Income:Services:ELM              -6200.00 EUR
2025-06-30 * "Elm" "Deposit applied to INV-2025-044" ^INV-2025-044 ^ELM-DEP
  Liabilities:Deposits:Elm          5000.00 EUR
  Assets:Receivable:Elm            -5000.00 EUR
"""


def books(folder: Path, facts: str, as_of: str) -> Book:
    """The books with accounts that are opened as they are used."""
    head = 'plugin "beancount.plugins.auto_accounts"\n'
    ledger = write_ledger(folder, as_of, contracts=CONTRACTS, facts="", firm=FIRM)
    ledger.write_text(head + ledger.read_text().replace("Assets:Receivable:ACME", "Assets:Other"))
    (folder / "facts.beancount").write_text(facts)
    assert load(ledger).foreign == []
    return open_book(str(ledger))


def open_items(book: Book) -> dict[str, str]:
    """What is left on each document."""
    owed = receivables_of(book.facts).on(book.billing.as_of)
    return {item.document.number: str(item.left) for one in owed.accounts for item in one.items}


@pytest.mark.parametrize(
    ("facts", "as_of", "left", "codes"),
    [
        (MAPLE, "2025-06-13", {"INV-2025-050": "1680.00"}, []),
        (KILN, "2025-07-29", {"INV-2025-065": "118000.00"}, []),
        (KILN, "2025-07-31", {}, []),
        (OAK + OAK_IN_TIME, "2025-07-31", {}, []),
        (
            OAK + OAK_LATE,
            "2025-06-12",
            {"INV-2025-055": "100.00"},
            [("warning payment-short", "2025-06-12", "100.00")],
        ),
        (PINE, "2025-07-20", {}, []),
        (
            PINE,
            "2025-07-15",
            {"INV-2025-048": "4049.32"},
            [("warning invoice-overdue", "2025-05-31", "4049.32")],
        ),
        (QUINCE, "2025-07-01", {"INV-2025-033": "1200.00"}, []),
        (QUINCE, "2026-03-31", {}, []),
        (ROWAN, "2025-07-19", {"INV-2025-071": "1200.00", "INV-2025-072": "1000.00"}, []),
        (ROWAN, "2025-12-31", {}, []),
        (ELM, "2025-07-01", {"INV-2025-044": "1200.00"}, []),
    ],
)
def test_entries(
    tmp_path: Path,
    facts: str,
    as_of: str,
    left: dict[str, str],
    codes: list[tuple[str, str, str]],
) -> None:
    book = books(tmp_path, facts, as_of)
    assert open_items(book) == left
    assert told(book) == codes


def test_a_bad_debt_is_billed_all_the_same(tmp_path: Path) -> None:
    position = books(tmp_path, QUINCE, "2026-03-31").billing.positions["QUINCE"]
    assert (str(position.billed), str(position.open)) == ("1000.00", "0.00")


def test_retention_that_is_released_by_hand_is_owed(tmp_path: Path) -> None:
    book = books(tmp_path / "1", HAZEL, "2025-12-31")
    (account,) = receivables_of(book.facts).on(book.billing.as_of).accounts
    assert (str(account.open), str(account.retained)) == ("0.00", "2000.00")
    assert told(book) == []
    book = books(tmp_path / "2", HAZEL + HAZEL_RELEASED, "2026-04-30")
    (account,) = receivables_of(book.facts).on(book.billing.as_of).accounts
    assert (str(account.open), str(account.retained)) == ("2000.00", "0.00")
