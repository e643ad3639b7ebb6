"""What settles an invoice, what does not, and what is said of it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from projbill_beancount.reports.ageing import receivables_of
from tests.ledgers import ask
from tests.ledgers import run
from tests.payment_books import FIRM
from tests.payment_books import books
from tests.payment_books import credit
from tests.payment_books import invoice
from tests.payment_books import opened
from tests.payment_books import paid
from tests.payment_books import told
from tests.payment_books import void

if TYPE_CHECKING:
    from pathlib import Path

    from projbill_beancount.billing.receivables import ClientAccount
    from projbill_beancount.book import Book

INV_1 = invoice("INV-1", "2025-05-31", "1000.00", due="2025-06-30")
INV_2 = invoice("INV-2", "2025-06-01", "500.00", due="2025-07-01")
SHORT = "warning payment-short"
OVER = "warning payment-over"
UNALLOCATED = "warning payment-unallocated"
OVERDUE = "warning invoice-overdue"
BEFORE = "warning payment-before-invoice"


def account(book: Book, client: str = "oak", currency: str = "EUR") -> ClientAccount:
    """A client's account on the day of the books."""
    owed = receivables_of(book.facts).on(book.billing.as_of)
    (one,) = [one for one in owed.accounts if (one.client, one.currency) == (client, currency)]
    return one


def left(book: Book) -> dict[str, str]:
    """What each document of a client that is not settled leaves on the receivable."""
    owed = receivables_of(book.facts).on(book.billing.as_of)
    return {item.document.number: str(item.left) for one in owed.accounts for item in one.items}


@pytest.mark.parametrize(
    ("as_of", "open_", "bucket", "overpaid", "findings"),
    [
        ("2025-06-30", "600.00", "not-due", "0.00", []),
        ("2025-07-01", "600.00", "1-30", "0.00", [(OVERDUE, "2025-06-30", "600.00")]),
        ("2025-07-02", "0.00", None, "100.00", [(OVER, "2025-07-02", "100.00")]),
    ],
)
def test_part_payment_then_too_much(
    tmp_path: Path,
    as_of: str,
    open_: str,
    bucket: str | None,
    overpaid: str,
    findings: list[tuple[str, str, str]],
) -> None:
    facts = INV_1 + paid("2025-06-15", "400.00", "^INV-1") + paid("2025-07-02", "700.00", "^INV-1")
    book = opened(tmp_path, facts, as_of)
    assert told(book) == findings
    position = book.billing.positions["OAK-1"]
    assert (str(position.open), str(position.credit)) == (open_, overpaid)
    (currency,) = ask(tmp_path / "main.beancount", as_of, "ageing")
    ((item,),) = [client["invoices"] for client in currency["clients"]]
    assert (item["open"], item["bucket"], item["credit"]) == (open_, bucket, overpaid)


DISCOUNT = """\
2025-06-10 * "Oak" "Paid within 10 days less 2 %" ^INV-1
  Assets:Bank            980.00 EUR
  Income:Discounts        20.00 EUR
  Assets:Receivable:OAK -1000.00 EUR
"""
WITHHELD = """\
2025-06-10 * "Oak" "Payment less tax withheld" ^INV-1
  Assets:Bank            900.00 EUR
  Assets:TaxWithheld     100.00 EUR
  Assets:Receivable:OAK -1000.00 EUR
"""
BAD_DEBT = """\
2025-06-01 * "Allowance"
  Expenses:CreditLoss    480.00 EUR
  Assets:Allowance:OAK  -480.00 EUR
2025-06-10 * "Oak" "INV-1 written off" ^INV-1
  Assets:Allowance:OAK   480.00 EUR
  Expenses:CreditLoss    520.00 EUR
  Assets:Receivable:OAK -1000.00 EUR
"""
DEPOSIT = """\
2025-06-01 * "Oak" "On account"
  Assets:Bank            1000.00 EUR
  Liabilities:Deposits:OAK -1000.00 EUR
2025-06-10 * "Oak" "Deposit applied" ^INV-1 ^OAK-DEP
  Liabilities:Deposits:OAK 1000.00 EUR
  Assets:Receivable:OAK -1000.00 EUR
"""
BY_META = """\
2025-06-10 * "Oak" "Payment"
  invoice: "INV-1"
  Assets:Bank            1000.00 EUR
  Assets:Receivable:OAK -1000.00 EUR
"""


@pytest.mark.parametrize("settling", [DISCOUNT, WITHHELD, BAD_DEBT, DEPOSIT, BY_META])
def test_whatever_the_other_accounts_are_the_receivable_counts(
    tmp_path: Path, settling: str
) -> None:
    book = opened(tmp_path, INV_1 + settling, "2025-12-31")
    assert (left(book), told(book)) == ({}, [])
    assert str(book.billing.positions["OAK-1"].billed) == "1000.00"


@pytest.mark.parametrize(
    ("amount", "said"),
    [("950.01", "49.99"), ("950.00", None), ("999.99", "0.01"), ("1000.00", None)],
)
def test_a_small_remainder_after_a_payment(tmp_path: Path, amount: str, said: str | None) -> None:
    book = opened(tmp_path, INV_1 + paid("2025-06-10", amount, "^INV-1"), "2025-06-30")
    assert told(book) == ([(SHORT, "2025-06-10", said)] if said else [])
    short = [one for one in book.billing.findings if one.code == "payment-short"]
    assert [one.id for one in short] == ["INV-1"] * (said is not None)


def test_what_was_credited_is_not_missing_from_a_payment(tmp_path: Path) -> None:
    note = credit("CN-1", "2025-06-05", "800.00", "INV-1")
    facts = INV_1 + note + paid("2025-06-10", "150.00", "^INV-1")
    book = opened(tmp_path, facts, "2025-06-30")
    assert (left(book), told(book)) == ({"INV-1": "50.00"}, [])
    book = opened(tmp_path / "2", facts.replace("150.00", "195.00"), "2025-06-30")
    assert told(book) == [(SHORT, "2025-06-10", "5.00")]


BULK = """\
2025-06-20 * "Oak" "1,800.00 for both, 300.00 over" ^INV-1 ^INV-2
  Assets:Bank            1800.00 EUR
  Assets:Receivable:OAK -1000.00 EUR
    invoice: "INV-1"
  Assets:Receivable:OAK  -500.00 EUR
    invoice: "INV-2"
  Liabilities:CustomerCredits:OAK -300.00 EUR
"""


def test_one_payment_of_several_invoices(tmp_path: Path) -> None:
    book = opened(tmp_path, INV_1 + INV_2 + BULK, "2025-12-31")
    assert (left(book), told(book)) == ({}, [])


def test_links_to_several_invoices_say_not_which(tmp_path: Path) -> None:
    facts = INV_1 + INV_2 + paid("2025-06-20", "1500.00", "^INV-1 ^INV-2")
    book = opened(tmp_path, facts, "2025-06-30")
    assert told(book) == [(UNALLOCATED, "2025-06-20", "1500.00")]
    one = account(book)
    assert left(book) == {"INV-1": "1000.00", "INV-2": "500.00"}
    assert (str(one.open), str(one.credits), str(one.balance)) == ("1500.00", "-1500.00", "0.00")
    assert "INV-1 and INV-2" in book.billing.findings[-1].message


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        (paid("2025-06-20", "300.00"), "it names no invoice"),
        (paid("2025-06-20", "300.00", "^OTHER"), "it names no invoice"),
        (
            paid("2025-06-20", "300.00", meta='    invoice: "INV-7"\n'),
            "it names INV-7, which is not known",
        ),
        (
            paid("2025-06-20", "300.00", "^INV-1", client="ELM"),
            "INV-1 is not on Assets:Receivable:ELM in EUR",
        ),
        (
            paid("2025-06-20", "300.00", "^INV-1", currency="USD"),
            "INV-1 is not on Assets:Receivable:OAK in USD",
        ),
    ],
)
def test_a_payment_that_settles_nothing_known(tmp_path: Path, facts: str, why: str) -> None:
    book = opened(tmp_path, INV_1 + facts, "2025-06-30")
    assert told(book) == [(UNALLOCATED, "2025-06-20", "300.00")]
    assert book.billing.findings[0].message.endswith(why)
    assert left(book) == {"INV-1": "1000.00"}
    assert str(book.billing.positions["OAK-1"].open) == "1000.00"
    place = book.billing.findings[0].place
    line = (tmp_path / "facts.beancount").read_text().splitlines()[place.line - 1]
    assert "Assets:Receivable:" in line


def test_a_debit_in_the_name_of_another_clients_invoice_is_unregistered(tmp_path: Path) -> None:
    facts = INV_1 + paid("2025-06-20", "-300.00", "^INV-1", client="ELM")
    book = opened(tmp_path, facts, "2025-06-30")
    assert told(book) == [("warning invoice-unregistered", "2025-06-20", "300.00")]
    assert str(account(book, "elm").unregistered) == "300.00"


def test_an_unallocated_payment_is_of_its_clients_only_project(tmp_path: Path) -> None:
    book = opened(tmp_path, paid("2025-06-20", "300.00", client="ELM"), "2025-06-30")
    assert [found.project for found in book.billing.findings] == ["ELM-1"]
    book = opened(tmp_path / "2", paid("2025-06-20", "300.00"), "2025-06-30")
    assert [found.project for found in book.billing.findings] == [""]


@pytest.mark.parametrize(
    ("as_of", "credits_"), [("2025-05-20", "-1000.00"), ("2025-05-31", "0"), ("2025-12-31", "0")]
)
def test_a_payment_before_its_invoice(tmp_path: Path, as_of: str, credits_: str) -> None:
    book = opened(tmp_path, INV_1 + paid("2025-05-20", "1000.00", "^INV-1"), as_of)
    assert told(book) == [(BEFORE, "2025-05-20", "1000.00")]
    owed = receivables_of(book.facts).on(book.billing.as_of)
    assert Decimal(credits_) == sum((one.credits for one in owed.accounts), Decimal(0))
    assert str(book.billing.positions["OAK-1"].open) == "0.00"


def test_nothing_is_said_before_the_payment(tmp_path: Path) -> None:
    facts = INV_1 + paid("2025-06-20", "300.00") + paid("2025-06-21", "990.00", "^INV-1")
    book = opened(tmp_path, facts, "2025-06-19")
    assert (told(book), left(book)) == ([], {"INV-1": "1000.00"})


def test_a_refund_lowers_what_was_paid(tmp_path: Path) -> None:
    facts = (
        INV_1 + paid("2025-06-10", "1200.00", "^INV-1") + paid("2025-06-12", "-200.00", "^INV-1")
    )
    book = opened(tmp_path, facts, "2025-06-11")
    assert told(book) == [(OVER, "2025-06-10", "200.00")]
    book = opened(tmp_path / "2", facts, "2025-12-31")
    assert (left(book), told(book)) == ({}, [])


def test_a_bounced_payment_leaves_the_invoice_open(tmp_path: Path) -> None:
    facts = INV_1 + paid("2025-06-10", "1000.00", "^INV-1")
    facts += paid("2025-06-12", "-1000.00", "^INV-1")
    book = opened(tmp_path, facts, "2025-07-01")
    assert left(book) == {"INV-1": "1000.00"}
    assert told(book) == [(OVERDUE, "2025-06-30", "1000.00")]


def test_a_credit_note_of_a_paid_invoice_is_paid_back(tmp_path: Path) -> None:
    facts = INV_1 + paid("2025-06-02", "1000.00", "^INV-1")
    facts += credit("CN-1", "2025-06-12", "120.00", "INV-1")
    facts += paid("2025-06-20", "-120.00", "^CN-1")
    book = opened(tmp_path, facts, "2025-06-12")
    assert told(book) == [(OVER, "2025-06-12", "120.00")]
    assert str(account(book).credits) == "-120.00"
    book = opened(tmp_path / "2", facts, "2025-12-31")
    assert (left(book), told(book)) == ({}, [])


def test_links_to_a_credit_note_and_its_invoice_are_one_reference(tmp_path: Path) -> None:
    facts = INV_1 + credit("CN-1", "2025-06-05", "120.00", "INV-1")
    facts += paid("2025-06-20", "880.00", "^CN-1 ^INV-1")
    book = opened(tmp_path, facts, "2025-12-31")
    assert (left(book), told(book)) == ({}, [])


def test_a_credit_note_on_nothing_known_stands_as_a_credit(tmp_path: Path) -> None:
    facts = INV_1 + credit("CN-1", "2025-06-05", "120.00", "INV-9")
    book = opened(tmp_path, facts, "2025-06-30")
    one = account(book)
    assert left(book) == {"INV-1": "1000.00", "CN-1": "-120.00"}
    assert (str(one.open), str(one.credits)) == ("1000.00", "-120.00")
    assert told(book) == [("error credit-unlinked", "2025-06-05", "None")]


def test_a_void_invoice_that_is_paid(tmp_path: Path) -> None:
    facts = INV_1 + void("INV-1", "2025-06-05", "1000.00")
    assert told(opened(tmp_path, facts, "2025-12-31")) == []
    facts += paid("2025-06-10", "1000.00", "^INV-1")
    book = opened(tmp_path / "2", facts, "2025-12-31")
    assert told(book) == [(OVER, "2025-06-10", "1000.00")]
    assert "INV-1 is void" in book.billing.findings[0].message
    assert str(book.billing.positions["OAK-1"].open) == "0.00"


def test_a_link_to_a_void_invoice_beside_its_successor(tmp_path: Path) -> None:
    facts = INV_1 + void("INV-1", "2025-06-05", "1000.00")
    facts += invoice("INV-2", "2025-06-05", "1000.00", due="2025-07-05")
    facts += paid("2025-06-10", "1000.00", "^INV-1 ^INV-2")
    book = opened(tmp_path, facts, "2025-12-31")
    assert (left(book), told(book)) == ({}, [])


JOINT = """\
2025-05-31 * "Oak" "INV-1" #invoice ^INV-1
  invoice: "INV-1"
  due: 2025-06-30
  Assets:Receivable:OAK   143.00 EUR
  Income:Services:OAK-1   -60.00 EUR
    line: "One"
    project: "OAK-1"
    tax: "S10"
  Income:Services:OAK-2   -70.00 EUR
    line: "Two"
    project: "OAK-2"
    tax: "S10"
  Liabilities:VAT:Output  -13.00 EUR
    tax: "S10"
    rate: 10
    base: 130.00 EUR
"""
TAXED = """\
taxes:
  S10: {rate: 10, name: VAT, account: "Liabilities:VAT:Output"}
"""


@pytest.mark.parametrize(
    ("more", "shares"),
    [
        ("", ("66.00", "77.00")),
        (paid("2025-06-10", "43.00", "^INV-1"), ("46.15", "53.85")),
        (paid("2025-06-10", "143.00", "^INV-1"), ("0.00", "0.00")),
        (
            credit("CN-1", "2025-06-05", "60.00", "INV-1").replace(
                "  Income:Services:OAK-1  60.00 EUR\n",
                '  Income:Services:OAK-1  60.00 EUR\n    line: "One"\n    project: "OAK-1"\n',
            ),
            ("6.00", "77.00"),
        ),
    ],
)
def test_projects_share_what_is_open_on_a_joint_invoice(
    tmp_path: Path, more: str, shares: tuple[str, str]
) -> None:
    book = opened(tmp_path, JOINT + more, "2025-07-15", FIRM + TAXED)
    positions = [book.billing.positions[name] for name in ("OAK-1", "OAK-2")]
    assert tuple(str(one.open) for one in positions) == shares
    assert tuple(str(one.overdue) for one in positions) == shares
    whole = sum((Decimal(share) for share in shares), Decimal(0))
    owed = receivables_of(book.facts).on(book.billing.as_of)
    assert whole == sum((one.open for one in owed.accounts), Decimal(0))


def test_findings_can_be_accepted(tmp_path: Path) -> None:
    ledger = books(tmp_path, INV_1, "2025-12-31")
    contract = tmp_path / "contracts" / "oak-1.yaml"
    contract.write_text(
        contract.read_text() + 'findings: {invoice-overdue: {severity: info, reason: "In court"}}\n'
    )
    (found,) = ask(ledger, "2025-12-31", "check")["findings"]
    assert (found["code"], found["severity"]) == ("invoice-overdue", "info")


def test_an_explained_invoice_is_as_open_as_the_ages_say(tmp_path: Path) -> None:
    facts = INV_1 + paid("2025-06-02", "1000.00", "^INV-1")
    facts += credit("CN-1", "2025-06-12", "120.00", "INV-1") + paid(
        "2025-06-20", "-120.00", "^CN-1"
    )
    ledger = books(tmp_path, facts, "2025-06-30")
    assert run(ledger, "2025-06-30", "explain", "INV-1").splitlines()[-1].strip() == (
        "open: nothing, it is paid"
    )
    assert "open: -120.00 EUR" in run(ledger, "2025-06-12", "explain", "INV-1")
