"""Expenses that are billed on, in the contract's currency and in others, and currencies' places."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from projbill_beancount.book import open_book
from tests.issue_books import balances
from tests.issue_books import projbill
from tests.issue_books import write_books
from tests.ledgers import FIRM
from tests.ledgers import issued_text
from tests.ledgers import load
from tests.ledgers import progress_text
from tests.ledgers import transactions
from tests.ledgers import write_ledger
from tests.one_book import FIXED
from tests.one_book import HOURLY
from tests.one_book import TAXED
from tests.one_book import bill
from tests.one_book import codes
from tests.one_book import nets
from tests.one_book import worked

if TYPE_CHECKING:
    from pathlib import Path

    from projbill_beancount.billing.model import Billing

OPEN = "2020-01-01 open Expenses:Travel\n2020-01-01 open Income:Reimbursed:APP\n"
JANUARY = "APP/time/2025-01-31"


def spent(day: str, amount: str, **meta: str) -> str:
    """A hotel bill of the project; `meta` stands on the posting as it is."""
    told = {"project": '"APP"', "billable": "TRUE", **meta}
    lines = "".join(f"    {key}: {value}\n" for key, value in told.items())
    return f'{day} * "Hotel" "Client trip"\n  Expenses:Travel  {amount}\n{lines}  Assets:Bank  -{amount}\n'


def expense_amounts(billing: Billing) -> list[str]:
    """What each expense on a draft comes to."""
    lines = (line for draft in billing.drafts for line in draft.lines)
    return [str(line.amount) for line in lines if line.kind == "expense"]


def test_an_expense_rides_on_the_next_draft(tmp_path: Path) -> None:
    facts = OPEN + worked("t-1", "2025-01-07", 1) + spent("2025-01-20", "400.00 EUR")
    ledger = write_ledger(tmp_path, "2025-01-31", contracts={"APP": HOURLY}, facts=facts)
    loaded = load(ledger)
    (entry,) = transactions(loaded, "draft")
    assert (loaded.errors, loaded.foreign) == ([], [])
    assert [(p.account, str(p.units)) for p in entry.postings] == [
        ("Assets:Unbilled:APP", "500.00 EUR"),
        ("Income:Services:APP", "-100.00 EUR"),
        ("Income:Reimbursed:APP", "-400.00 EUR"),
    ]


@pytest.mark.parametrize(("identity", "billed"), [("ex-1", ["400.00"]), ("ex 1", [])])
def test_an_expense_s_id_is_one_word_and_counts_once(
    tmp_path: Path, identity: str, billed: list[str]
) -> None:
    facts = OPEN + spent("2025-01-20", "400.00 EUR", id=f'"{identity}"') * (1 + len(billed))
    billing = bill(tmp_path, HOURLY, facts, "2025-01-31")
    assert expense_amounts(billing) == billed
    assert codes(billing) == [("error", "fact-invalid")]


@pytest.mark.parametrize(
    ("day", "as_of", "draft"),
    [
        ("2025-01-20", "2025-01-30", []),
        ("2025-01-31", "2025-01-31", [(JANUARY, "80.00")]),
        ("2025-02-01", "2025-02-28", [("APP/time/2025-02-28", "80.00")]),
    ],
)
def test_an_expense_alone_goes_with_its_period(
    tmp_path: Path, day: str, as_of: str, draft: list[tuple[str, str]]
) -> None:
    billing = bill(tmp_path, HOURLY, OPEN + spent(day, "80.00 EUR"), as_of)
    assert nets(billing) == draft
    assert billing.positions["APP"].unbilled == Decimal("80.00")


@pytest.mark.parametrize(
    ("contract", "ids"),
    [
        (FIXED, "APP/unscheduled/2025-03-31"),
        (FIXED + "end: 2025-04-15\n", "APP/unscheduled/2025-04-15"),
    ],
)
def test_with_no_draft_left_expenses_make_their_own(
    tmp_path: Path, contract: str, ids: str
) -> None:
    done = "".join(
        progress_text("2025-01-20", 100, project="APP", milestone=name) for name in ("M1", "M2")
    )
    facts = OPEN + done + spent("2025-03-10", "80.00 EUR")
    billing = bill(tmp_path, contract, facts, "2025-04-30")
    assert nets(billing) == [("APP/milestone/2025-01-20", "1000.00"), (ids, "80.00")]


def test_an_expense_that_waits_for_a_milestone_goes_with_it(tmp_path: Path) -> None:
    facts = OPEN + spent("2025-01-10", "80.00 EUR")
    waiting = bill(tmp_path / "waits", FIXED, facts, "2025-01-31")
    done = progress_text("2025-02-20", 100, project="APP", milestone="M1")
    billing = bill(tmp_path, FIXED, facts + done, "2025-02-28")
    assert nets(billing) == [("APP/milestone/2025-02-20", "480.00")]
    assert nets(waiting) == []
    assert waiting.positions["APP"].unbilled == Decimal("80.00")


@pytest.mark.parametrize(
    ("amount", "meta", "billed"),
    [
        ("400.00 EUR", {"markup": '"15 %"'}, "460.00"),
        ("12.35 EUR", {"markup": "15"}, "14.20"),
        ("12.35 EUR", {"markup": '"0 %"'}, "12.35"),
        ("-80.00 EUR", {}, "-80.00"),
    ],
)
def test_markup_is_added_and_rounded_once(
    tmp_path: Path, amount: str, meta: dict[str, str], billed: str
) -> None:
    text = spent("2025-01-20", amount.removeprefix("-"), **meta)
    if amount.startswith("-"):
        text = text.replace("-80", "+80").replace("  80", "  -80").replace("+80", "80")
    facts = OPEN + worked("t-1", "2025-01-07", 10) + text
    assert expense_amounts(bill(tmp_path, HOURLY, facts, "2025-01-31")) == [billed]


def test_an_expense_is_billed_and_not_earned(tmp_path: Path) -> None:
    facts = OPEN + worked("t-1", "2025-01-07", 5) + spent("2025-01-20", "80.00 EUR")
    contract = HOURLY + "budget: {amount: 1000}\n"
    drafted = bill(tmp_path / "drafted", contract, facts, "2025-01-31")
    (draft,) = drafted.drafts
    facts += issued_text(draft, "2025-1", draft.date)
    issued = bill(tmp_path / "issued", contract, facts, "2025-01-31")
    for billing, unbilled in ((drafted, "580.00"), (issued, "0.00")):
        position = billing.positions["APP"]
        assert (str(position.unbilled), str(position.earned)) == (unbilled, "500.00")
        assert position.completion == 50


@pytest.mark.parametrize(
    ("prices", "billed"),
    [
        ("2025-01-20 price USD 0.92 EUR\n", "92.00"),
        ("2025-01-01 price USD 0.90 EUR\n2025-01-21 price USD 0.95 EUR\n", "90.00"),
        ("2025-01-01 price EUR 1.25 USD\n", "80.00"),
        ("2025-01-01 price EUR 1.25 USD\n2025-01-02 price USD 0.90 EUR\n", "90.00"),
    ],
    ids=["on the day", "before the day", "the other way", "both ways"],
)
def test_another_currency_is_converted_at_the_price_of_the_day(
    tmp_path: Path, prices: str, billed: str
) -> None:
    facts = OPEN + prices + spent("2025-01-20", "100.00 USD")
    billing = bill(tmp_path, HOURLY, facts, "2025-01-31")
    assert expense_amounts(billing) == [billed]
    assert "100.00 USD at" in billing.drafts[0].lines[0].text
    assert codes(billing) == []


@pytest.mark.parametrize(
    "prices", ["", "2025-01-21 price USD 0.92 EUR\n", "2025-01-01 price USD 0.9 GBP\n"]
)
def test_without_a_price_an_expense_holds_its_draft(tmp_path: Path, prices: str) -> None:
    facts = OPEN + prices + worked("t-1", "2025-01-07", 1) + spent("2025-01-20", "100.00 USD")
    billing = bill(tmp_path, HOURLY, facts, "2025-01-31")
    assert codes(billing) == [("hold", "fx-rate-missing")]
    assert nets(billing) == [(JANUARY, "100.00 fx-rate-missing")]
    assert (
        billing.findings[0].place.line
        == facts[: facts.index("Expenses:Travel  100")].count("\n") + 1
    )


@pytest.mark.parametrize(
    ("meta", "tax"), [({}, "19.00"), ({"tax": '"none"'}, "0.00"), ({"tax": '"S19"'}, "19.00")]
)
def test_an_expense_is_taxed_as_the_contract_or_as_it_says(
    tmp_path: Path, meta: dict[str, str], tax: str
) -> None:
    contract = HOURLY + "invoice: {tax: S19}\n"
    billing = bill(
        tmp_path, contract, OPEN + spent("2025-01-20", "100.00 EUR", **meta), "2025-01-31", TAXED
    )
    assert [str(draft.tax) for draft in billing.drafts] == [tax]
    unknown = OPEN + spent("2025-01-20", "100.00 EUR", tax='"S7"')
    held = bill(tmp_path / "unknown", contract, unknown, "2025-01-31", TAXED)
    assert codes(held) == [("hold", "tax-rate-missing")]


def credit_of(expense: str, number: str, corrects: str, day: str) -> str:
    """A credit note of 400.00 on an expense."""
    return (
        f'{day} * "ACME Corp" "{number}" #credit-note ^{number} ^{corrects}\n'
        f'  invoice: "{number}"\n  corrects: "{corrects}"\n  project: "APP"\n'
        "  Assets:Receivable:ACME  -400.00 EUR\n  Income:Reimbursed:APP  400.00 EUR\n"
        f'    kind: "expense"\n    expenses: "{expense}"\n'
    )


def test_an_expense_is_billed_once_until_it_is_credited(tmp_path: Path) -> None:
    facts = OPEN + spent("2025-01-20", "400.00 EUR", id='"receipt-1"')
    (draft,) = bill(tmp_path / "1", HOURLY, facts, "2025-01-31").drafts
    first = issued_text(draft, "INV-2025-0001", draft.date).replace(
        "Services:APP", "Reimbursed:APP"
    )
    assert 'expenses: "receipt-1"' in first
    issued = bill(tmp_path / "2", HOURLY, facts + first, "2025-02-28")
    assert (nets(issued), codes(issued)) == ([], [])
    credit = credit_of("receipt-1", "CN-2025-0001", "INV-2025-0001", "2025-02-03")
    freed = bill(tmp_path / "3", HOURLY, facts + first + credit, "2025-02-28")
    assert [net for _, net in nets(freed)] == ["400.00"]
    second = first.replace("INV-2025-0001", "INV-2025-0002").replace("2025-01-31 *", "2025-02-10 *")
    again = bill(tmp_path / "4", HOURLY, facts + first + credit + second, "2025-02-28")
    assert (nets(again), codes(again)) == ([], [])


def test_expenses_of_old_and_of_nobody_are_not_billed(tmp_path: Path) -> None:
    facts = (
        OPEN
        + spent("2024-12-20", "80.00 EUR")
        + spent("2024-12-21", "80.00 EUR")
        + spent("2025-01-20", "80.00 EUR", billable="FALSE")
        + spent("2025-02-20", "80.00 EUR")
    )
    billing = bill(tmp_path, HOURLY, facts, "2025-01-31")
    assert (nets(billing), codes(billing)) == ([], [("error", "time-before-start")])


def test_an_unreadable_markup_is_a_finding_at_its_line(tmp_path: Path) -> None:
    facts = OPEN + spent("2025-01-20", "80.00 EUR", markup='"much"')
    billing = bill(tmp_path, HOURLY, facts, "2025-01-31")
    assert (nets(billing), codes(billing)) == ([], [("error", "fact-invalid")])


@pytest.mark.parametrize(
    ("currency", "rate", "net", "tax", "total"),
    [("JPY", "12345", "15431", "2932", "18363"), ("KWD", "12.345", "15.431", "2.932", "18.363")],
)
def test_a_currency_has_its_places_in_drafts_postings_and_invoices(
    tmp_path: Path, currency: str, rate: str, net: str, tax: str, total: str
) -> None:
    contract = (
        HOURLY.replace("default: 100", f"default: {rate}")
        + f"currency: {currency}\ninvoice: {{tax: S19}}\n"
    )
    facts = worked("t-1", "2025-01-07", 1.25)
    billing = bill(tmp_path / "first", contract, facts, "2025-01-31", TAXED)
    (draft,) = billing.drafts
    assert (str(draft.net), str(draft.tax), str(draft.total)) == (net, tax, total)
    issued = issued_text(draft, "INV-2025-0001", draft.date).replace("2025-01-31 *", "2025-02-03 *")
    facts += issued
    ledger = write_ledger(
        tmp_path, "2025-02-28", contracts={"APP": contract}, facts=facts, firm=TAXED
    )
    loaded = load(ledger)
    assert (loaded.errors, loaded.foreign) == ([], [])
    assert [str(entry.postings[0].units) for entry in transactions(loaded, "draft")] == [
        f"{net} {currency}",
        f"-{net} {currency}",
    ]
    after = bill(tmp_path / "after", contract, facts, "2025-02-28", TAXED)
    assert (nets(after), codes(after)) == ([], [])
    assert str(after.positions["APP"].open) == total


def test_a_wrong_tax_in_a_currency_without_cents_is_found(tmp_path: Path) -> None:
    invoice = """\
2025-02-03 * "ACME Corp" "INV-2025-0001" #invoice ^INV-2025-0001
  invoice: "INV-2025-0001"
  project: "APP"
  Assets:Receivable:ACME   TOTAL JPY
  Income:Services:APP     -15431 JPY
    kind: "time"
    tax: "S19"
  Liabilities:VAT:Output   -TAX JPY
    tax: "S19"
    rate: 19
    base: 15431 JPY
"""
    contract = HOURLY + "currency: JPY\n"
    for tax, found in ((2932, []), (2933, []), (2934, [("error", "tax-amount-mismatch")])):
        facts = invoice.replace("TAX", str(tax)).replace("TOTAL", str(15431 + tax))
        assert codes(bill(tmp_path / str(tax), contract, facts, "2025-02-28", TAXED)) == found


def test_a_contract_may_be_in_another_currency_than_the_books(tmp_path: Path) -> None:
    contract = HOURLY.replace("default: 100", "default: 200") + "currency: USD\n"
    facts = worked("t-1", "2025-01-07", 10) + "2025-01-31 price USD 0.92 EUR\n"
    billing = bill(tmp_path, contract, facts, "2025-01-31", FIRM)
    assert [(draft.currency, str(draft.net)) for draft in billing.drafts] == [("USD", "2000.00")]
    assert codes(billing) == []


def test_an_invoice_may_book_its_income_in_the_books_currency(tmp_path: Path) -> None:
    contract = HOURLY.replace("default: 100", "default: 200") + "currency: USD\n"
    facts = (
        worked("t-1", "2025-01-07", 10)
        + """\
2025-01-31 * "ACME Corp" "INV-2025-0001" #invoice ^INV-2025-0001
  invoice: "INV-2025-0001"
  project: "APP"
  net: 2000.00 USD
  total: 2000.00 USD
  Assets:Receivable:ACME   2000.00 USD {0.93 EUR}
  Income:Services:APP     -1860.00 EUR
    kind: "time"
    quantity: 10.00 HOUR
    price: 200.00 USD
    entries: "2025-01-07 ana 10.0000 t-1"
"""
    )
    billing = bill(tmp_path, contract, facts, "2025-02-28")
    assert (nets(billing), codes(billing)) == ([], [])
    position = billing.positions["APP"]
    assert (position.billed, position.open) == (Decimal("2000.00"), Decimal("2000.00"))


DISBURSED = """\
2020-01-01 open Assets:Disbursements:APP
2020-01-01 open Expenses:Reimbursable:APP
2020-01-01 open Income:Reimbursed:APP
2025-05-06 * "Hotel" "Client trip"
  Expenses:Reimbursable:APP  400.00 EUR
    project: "APP"
    billable: TRUE
    markup: 15
  Assets:Bank  -400.00 EUR
2025-05-07 * "Registry" "Filing fee in the client's name"
  Assets:Disbursements:APP  100.00 EUR
    project: "APP"
    billable: TRUE
    tax: "none"
  Assets:Bank  -100.00 EUR
"""


@pytest.mark.parametrize(
    ("markup", "owed", "revenue", "left"),
    [("", 560, 460, None), ("    markup: 5\n", 565, 565, "100.00 EUR")],
    ids=["exact", "marked up"],
)
def test_a_disbursement_is_no_revenue(
    tmp_path: Path, markup: str, owed: int, revenue: int, left: str | None
) -> None:
    facts = DISBURSED.replace('    tax: "none"\n', f'    tax: "none"\n{markup}')
    ledger = write_books(tmp_path, facts, APP=HOURLY + "invoice: {tax: none}\n")
    projbill(ledger, "issue", "APP/time/2025-05-31", "--date", "2025-05-31", as_of="2025-06-30")
    assert codes(open_book(str(ledger)).billing) == []
    found = balances(ledger)
    assert found["Assets:Receivable:ACME"] == f"{owed}.00 EUR"
    assert found["Income:Reimbursed:APP"] == f"-{revenue}.00 EUR"
    assert found.get("Assets:Disbursements:APP") == left
