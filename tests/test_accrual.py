"""The accrual style: month-end entries as an accountant writes them, and books that differ."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from beancount.core import data

from projbill_beancount.book import open_book
from tests.accrual_books import DEFERRED
from tests.accrual_books import HEAD
from tests.accrual_books import HOURLY
from tests.accrual_books import INCOME
from tests.accrual_books import QUARTERLY
from tests.accrual_books import UNBILLED
from tests.accrual_books import Books
from tests.ledgers import FIRM
from tests.ledgers import load
from tests.ledgers import progress_text
from tests.one_book import TAXED
from tests.one_book import worked

if TYPE_CHECKING:
    from pathlib import Path

TAX = "invoice: {tax: S19, terms: net 30}\n"
MILESTONES = "billing: fixed-fee\nvalue: 100000\nmilestones:\n"
RECEIVABLE, VAT = "Assets:Receivable:ACME", "Liabilities:VAT:Output"


def week(prefix: str, first: str, days: int, size: float = 8) -> str:
    """So many days of work, one after the other."""
    year_month, _, day = first.rpartition("-")
    return "".join(
        worked(f"{prefix}-{number}", f"{year_month}-{int(day) + number:02}", size)
        for number in range(days)
    )


def whole(day: str, percent: int) -> str:
    """A report of the only milestone."""
    return progress_text(day, percent, project="APP", milestone="M1")


def test_hours_are_unbilled_at_month_end_and_the_invoice_relieves_them(tmp_path: Path) -> None:
    books = Books(tmp_path, HOURLY + TAX, week("t", "2025-03-03", 5), TAXED)
    books.issue("2025-04-05")
    books.add(
        f"2025-04-01 balance {UNBILLED}  5000.00 EUR\n"
        f"2025-04-06 balance {UNBILLED}  0.00 EUR\n"
        f"2025-05-06 balance {RECEIVABLE}  0.00 EUR\n"
        '2025-05-05 * "ACME Corp" "Payment" ^INV-2025-0001\n'
        f"  Assets:Bank  5950.00 EUR\n  {RECEIVABLE}  -5950.00 EUR\n"
    )
    assert books.accruals("2025-05-31") == []
    assert books.balances("2025-05-31", "2025-03-31", "2025-04-05") == [
        {UNBILLED: "5000.00", INCOME: "-5000.00"},
        {RECEIVABLE: "5950.00", INCOME: "-5000.00", VAT: "-950.00"},
    ]


def test_hours_of_a_quarter_are_accrued_month_by_month(tmp_path: Path) -> None:
    facts = week("a", "2025-01-06", 5) + week("b", "2025-02-03", 1) + week("c", "2025-03-03", 2)
    books = Books(tmp_path, QUARTERLY, facts)
    assert books.accruals("2025-02-28") == [
        ("2025-01-31", {UNBILLED: "5000.00", INCOME: "-5000.00"}),
        ("2025-02-28", {UNBILLED: "1000.00", INCOME: "-1000.00"}),
    ]
    months = ("2025-01-31", "2025-02-28", "2025-03-31", "2025-04-30")
    stood = [
        {UNBILLED: "5000.00", INCOME: "-5000.00"},
        {UNBILLED: "6000.00", INCOME: "-6000.00"},
        {UNBILLED: "8000.00", INCOME: "-8000.00"},
    ]
    assert books.balances("2025-03-31", *months[:3]) == stood
    assert books.accruals("2025-03-31")[2:] == [
        ("2025-03-31", {UNBILLED: "-6000.00", INCOME: "6000.00"})
    ]
    books.issue("2025-04-04")
    assert books.balances("2025-04-30", *months) == [
        *stood,
        {RECEIVABLE: "8000.00", INCOME: "-8000.00"},
    ]


def test_an_invoice_by_hand_that_relieves_the_accrual_leaves_nothing_of_it(tmp_path: Path) -> None:
    books = Books(tmp_path, QUARTERLY, week("t", "2025-02-03", 5))
    books.add(
        '2025-03-05 * "ACME Corp" "INV-2025-0014" #invoice ^INV-2025-0014\n'
        '  invoice: "INV-2025-0014"\n  project: "APP"\n  covers: 2025-02-28\n'
        f"  {RECEIVABLE}  5000.00 EUR\n  {UNBILLED}  -5000.00 EUR\n"
        f"2025-03-01 balance {UNBILLED}  5000.00 EUR\n"
        f"2025-03-06 balance {UNBILLED}  0.00 EUR\n"
    )
    assert books.balances("2025-03-31") == [{RECEIVABLE: "5000.00", INCOME: "-5000.00"}]
    assert books.found("2025-03-31") == []


def test_a_fee_in_advance_is_earned_by_days(tmp_path: Path) -> None:
    contract = (
        HEAD.replace("01-01", "02-01")
        + "billing: retainer\nretainer: {fee: 3000, hours: 15, in: advance}\nrates: {default: 90}\n"
    )
    books = Books(tmp_path, contract)
    books.issue("2025-02-01")
    books.add(
        f"2025-02-02 balance {DEFERRED}  -3000.00 EUR\n2025-03-01 balance {DEFERRED}  0.00 EUR\n"
    )
    assert books.accruals("2025-02-28") == [
        ("2025-02-28", {DEFERRED: "3000.00", INCOME: "-3000.00"})
    ]
    assert books.balances("2025-02-28", "2025-02-01", "2025-02-28") == [
        {RECEIVABLE: "3000.00", DEFERRED: "-3000.00"},
        {RECEIVABLE: "3000.00", INCOME: "-3000.00"},
    ]


def test_a_year_in_advance_is_earned_by_days_and_the_last_slice_takes_the_rest(
    tmp_path: Path,
) -> None:
    contract = HEAD + (
        "end: 2025-12-31\nbilling: retainer\n"
        "retainer: {fee: 10000, every: year, in: advance}\nrates: {default: 90}\n"
    )
    books = Books(tmp_path, contract)
    books.issue("2025-01-01")
    released = [amounts[DEFERRED] for _, amounts in books.accruals("2026-06-30")]
    assert released[:3] == ["849.32", "767.12", "849.31"]
    assert len(released) == 12
    assert books.balances("2026-06-30") == [{RECEIVABLE: "10000.00", INCOME: "-10000.00"}]


def test_a_fee_in_arrears_is_accrued_as_the_days_pass(tmp_path: Path) -> None:
    contract = HEAD + (
        "billing: retainer\nretainer: {fee: 9000, every: quarter}\nrates: {default: 90}\n"
    )
    books = Books(tmp_path, contract)
    assert books.accruals("2025-03-31") == [
        ("2025-01-31", {UNBILLED: "3100.00", INCOME: "-3100.00"}),
        ("2025-02-28", {UNBILLED: "2800.00", INCOME: "-2800.00"}),
        ("2025-03-31", {UNBILLED: "-5900.00", INCOME: "5900.00"}),
    ]
    assert books.balances("2025-03-31") == [{UNBILLED: "9000.00", INCOME: "-9000.00"}]


def test_a_block_is_drawn_by_its_hours_and_what_is_left_lapses(tmp_path: Path) -> None:
    contract = (
        HEAD.replace("01-01", "03-03")
        + "end: 2025-12-31\nbilling: retainer\nrates: {default: 110}\n"
        "retainer: {fee: 5500, hours: 50, every: once, in: advance}\n"
    )
    books = Books(tmp_path, contract, week("a", "2025-03-03", 2, 6) + week("b", "2025-12-01", 5, 7))
    books.issue("2025-03-03")
    books.add(
        f"2025-04-01 balance {DEFERRED}  -4180.00 EUR\n2026-01-01 balance {DEFERRED}  0.00 EUR\n"
    )
    assert books.accruals("2026-02-28") == [
        ("2025-03-31", {DEFERRED: "1320.00", INCOME: "-1320.00"}),
        ("2025-12-31", {DEFERRED: "4180.00", INCOME: "-4180.00"}),
    ]


def test_a_block_that_does_not_end_waits_for_its_hours(tmp_path: Path) -> None:
    contract = HEAD + (
        "billing: retainer\nrates: {default: 110}\nretainer: {fee: 5500, hours: 50, every: once}\n"
    )
    books = Books(tmp_path, contract, week("a", "2025-03-03", 2, 6))
    books.issue("2025-01-01")
    assert books.balances("2026-12-31") == [
        {RECEIVABLE: "5500.00", INCOME: "-1320.00", DEFERRED: "-4180.00"}
    ]


def test_unused_hours_that_are_given_back_are_never_earned(tmp_path: Path) -> None:
    contract = (
        HEAD + "end: 2025-01-31\nbilling: retainer\nrates: {default: 90}\n"
        "retainer: {fee: 1000, hours: 10, in: advance, unused: refund}\n"
    )
    books = Books(tmp_path, contract, worked("t", "2025-01-10", 4))
    books.issue("2025-01-01")
    assert books.balances("2025-02-15") == [
        {RECEIVABLE: "1000.00", INCOME: "-400.00", DEFERRED: "-600.00"}
    ]
    books.run("2025-02-10", "credit", "APP/time/2025-01-31/credit")
    assert books.balances("2025-02-28", "2025-01-31", "2025-02-28") == [
        {RECEIVABLE: "1000.00", INCOME: "-400.00", DEFERRED: "-600.00"},
        {RECEIVABLE: "400.00", INCOME: "-400.00"},
    ]


def test_revenue_follows_the_completion_of_a_fixed_price(tmp_path: Path) -> None:
    contract = HEAD + MILESTONES + "  M1: {value: 100000, bill: [30, 50, 100]}\n"
    contract += "reconcile: {completion: manual, tolerance: 100 %}\n"
    books = Books(tmp_path, contract)
    books.add(
        progress_text("2025-02-28", 0, project="APP", milestone="")
        + whole("2025-02-28", 30)
        + progress_text("2025-03-31", 25, project="APP", milestone="")
        + whole("2025-05-31", 50)
        + progress_text("2025-06-30", Decimal("62.5"), project="APP", milestone="")
    )
    books.issue("2025-02-28")
    books.issue("2025-05-31")
    books.add(
        f"2025-03-01 balance {DEFERRED}  -30000.00 EUR\n"
        f"2025-04-01 balance {DEFERRED}  -5000.00 EUR\n"
        f"2025-07-01 balance {DEFERRED}  0.00 EUR\n"
        f"2025-07-01 balance {UNBILLED}  12500.00 EUR\n"
    )
    assert books.accruals("2025-06-30") == [
        ("2025-02-28", {DEFERRED: "-30000.00", INCOME: "30000.00"}),
        ("2025-03-31", {DEFERRED: "25000.00", INCOME: "-25000.00"}),
        ("2025-05-31", {DEFERRED: "-20000.00", INCOME: "20000.00"}),
        ("2025-06-30", {UNBILLED: "12500.00", DEFERRED: "25000.00", INCOME: "-37500.00"}),
    ]
    position = books.billing("2025-06-30").positions["APP"]
    assert (position.under_billed, position.over_billed) == (Decimal(12500), Decimal(0))


def test_an_agreed_advance_is_deferred_until_it_is_earned(tmp_path: Path) -> None:
    contract = (
        HEAD
        + MILESTONES
        + (
            "  A: {value: 30000, bill: {date: 2025-01-15, advance: true}}\n"
            "  M1: {value: 40000}\n  M2: {value: 30000}\n"
        )
    )
    books = Books(tmp_path, contract, whole("2025-01-10", 0))
    assert books.balances("2025-01-15") == [{UNBILLED: "30000.00", DEFERRED: "-30000.00"}]
    books.issue("2025-01-15")
    books.add(whole("2025-02-10", 50) + whole("2025-03-10", 100))
    books.add(progress_text("2025-04-10", 100, project="APP", milestone="M2"))
    assert books.balances("2025-04-30", "2025-01-31", "2025-02-28", "2025-03-31", "2025-04-30") == [
        {RECEIVABLE: "30000.00", DEFERRED: "-30000.00"},
        {RECEIVABLE: "30000.00", DEFERRED: "-1428.57", INCOME: "-28571.43"},
        {
            RECEIVABLE: "30000.00",
            UNBILLED: "40000.00",
            DEFERRED: "-12857.14",
            INCOME: "-57142.86",
        },
        {RECEIVABLE: "30000.00", UNBILLED: "70000.00", INCOME: "-100000.00"},
    ]


def test_an_advance_waits_while_nobody_reports(tmp_path: Path) -> None:
    contract = (
        HEAD
        + MILESTONES
        + ("  A: {value: 30000, bill: {date: 2025-01-15, advance: true}}\n  M1: {value: 70000}\n")
    )
    books = Books(tmp_path, contract)
    books.issue("2025-01-15")
    assert books.balances("2025-06-30") == [{RECEIVABLE: "30000.00", DEFERRED: "-30000.00"}]


def test_an_approved_change_catches_up(tmp_path: Path) -> None:
    contract = HEAD + (
        "billing: fixed-fee\nvalue: 120000\nmilestones: {M1: {value: 120000, bill: [50, 100]}}\n"
        "reconcile: {completion: hours}\n"
    )
    books = Books(tmp_path, contract, worked("t", "2025-06-02", 12, milestone="M1"))

    def remaining(day: str, percent: int, hours: int) -> str:
        report = progress_text(day, percent, project="APP", milestone="M1")
        return report.replace("  milestone", f'  remaining: "{hours} h"\n  milestone')

    books.add(remaining("2025-06-30", 50, 12))
    books.issue("2025-06-30")
    books.add(
        '2025-07-10 custom "change-order" "APP" "CO-1" 30000 EUR\n  approved: 2025-07-15\n'
        '  title: "More"\n  milestone: "M1"\n' + remaining("2025-07-15", 50, 16)
    )
    assert books.accruals("2025-07-31") == [
        ("2025-07-31", {UNBILLED: "4285.71", INCOME: "-4285.71"})
    ]
    assert books.balances("2025-07-31", "2025-06-30", "2025-07-31") == [
        {RECEIVABLE: "60000.00", INCOME: "-60000.00"},
        {RECEIVABLE: "60000.00", UNBILLED: "4285.71", INCOME: "-64285.71"},
    ]


def test_a_capped_contract_accrues_no_more_than_its_cap(tmp_path: Path) -> None:
    contract = QUARTERLY + "cap: {amount: 4500}\n"
    books = Books(tmp_path, contract, week("a", "2025-01-06", 4) + week("b", "2025-02-03", 4))
    assert books.accruals("2025-02-28") == [
        ("2025-01-31", {UNBILLED: "4000.00", INCOME: "-4000.00"}),
        ("2025-02-28", {UNBILLED: "500.00", INCOME: "-500.00"}),
    ]
    assert books.balances("2025-03-31") == [{UNBILLED: "4500.00", INCOME: "-4500.00"}]


def test_a_write_down_goes_to_income_and_leaves_nothing_unbilled(tmp_path: Path) -> None:
    books = Books(tmp_path, QUARTERLY, week("t", "2025-05-05", 10))
    books.add(
        '2025-06-03 custom "billing-adjustment" "APP" "ADJ-1" -800.00 EUR\n  text: "Agreed"\n'
    )
    books.issue("2025-07-04")
    books.add(
        f"2025-06-01 balance {UNBILLED}  10000.00 EUR\n2025-07-05 balance {UNBILLED}  0.00 EUR\n"
    )
    assert books.balances("2025-07-31", "2025-05-31", "2025-06-30", "2025-07-31") == [
        {UNBILLED: "10000.00", INCOME: "-10000.00"},
        {UNBILLED: "9200.00", INCOME: "-9200.00"},
        {RECEIVABLE: "9200.00", INCOME: "-9200.00"},
    ]


def test_tax_and_expenses_are_no_part_of_an_accrual(tmp_path: Path) -> None:
    books = Books(tmp_path, QUARTERLY + TAX, week("t", "2025-02-03", 1), TAXED)
    books.add(
        "2020-01-01 open Expenses:Travel\n2020-01-01 open Income:Reimbursed:APP\n"
        '2025-02-04 * "Hotel"\n  Expenses:Travel  400.00 EUR\n    project: "APP"\n'
        '    billable: TRUE\n    id: "e-1"\n  Assets:Bank  -400.00 EUR\n'
    )
    assert books.accruals("2025-02-28") == [
        ("2025-02-28", {UNBILLED: "1000.00", INCOME: "-1000.00"})
    ]
    books.issue("2025-03-31")
    assert books.balances("2025-04-30")[0] | {"Assets:Bank": "", "Expenses:Travel": ""} == {
        RECEIVABLE: "1666.00",
        INCOME: "-1000.00",
        "Income:Reimbursed:APP": "-400.00",
        VAT: "-266.00",
        "Assets:Bank": "",
        "Expenses:Travel": "",
    }


def test_work_that_is_written_off_leaves_the_accounts_on_that_day(tmp_path: Path) -> None:
    books = Books(tmp_path, QUARTERLY, week("t", "2025-01-06", 2))
    books.add('2025-02-10 custom "write-off" "APP" "t-1"\n  reason: "Goodwill"\n')
    assert books.balances("2025-02-28", "2025-01-31", "2025-02-28") == [
        {UNBILLED: "2000.00", INCOME: "-2000.00"},
        {UNBILLED: "1000.00", INCOME: "-1000.00"},
    ]


def test_a_voided_invoice_leaves_the_months_before_as_they_were(tmp_path: Path) -> None:
    books = Books(tmp_path, HOURLY, week("t", "2025-01-06", 2))
    books.issue("2025-02-05")
    books.run("2025-03-05", "void", "INV-2025-0001", "--reason", "Wrong client")
    stood = {UNBILLED: "2000.00", INCOME: "-2000.00"}
    issued = {RECEIVABLE: "2000.00", INCOME: "-2000.00"}
    assert books.balances("2025-03-31", "2025-01-31", "2025-02-28", "2025-03-31") == [
        stood,
        issued,
        stood,
    ]


def test_a_price_credit_lowers_revenue_on_its_own_date(tmp_path: Path) -> None:
    books = Books(tmp_path, HOURLY, week("t", "2025-01-06", 2))
    books.issue("2025-01-31")
    books.add(
        '2025-02-10 * "ACME Corp" "CN-2025-0001" #credit-note ^CN-2025-0001 ^INV-2025-0001\n'
        '  invoice: "CN-2025-0001"\n  corrects: "INV-2025-0001"\n  project: "APP"\n'
        f"  {RECEIVABLE}  -150.00 EUR\n  {INCOME}  150.00 EUR\n"
        '    line: "Rate"\n    kind: "time"\n'
    )
    assert books.balances("2025-02-28", "2025-01-31", "2025-02-28") == [
        {RECEIVABLE: "2000.00", INCOME: "-2000.00"},
        {RECEIVABLE: "1850.00", INCOME: "-1850.00"},
    ]


def test_held_hours_are_earned_all_the_same(tmp_path: Path) -> None:
    books = Books(tmp_path, HOURLY, week("t", "2025-01-06", 2))
    books.add('2025-01-20 custom "billing-hold" "APP"\n  reason: "Scope"\n')
    assert books.balances("2025-01-31") == [{UNBILLED: "2000.00", INCOME: "-2000.00"}]
    assert [draft.held for draft in books.billing("2025-01-31").drafts] == [True]


def test_two_payers_accrue_the_whole(tmp_path: Path) -> None:
    firm = FIRM.replace("people:", "  bolt: {name: BOLT AG}\npeople:")
    books = Books(tmp_path, QUARTERLY + "split: {acme: 60, bolt: 40}\n", firm=firm)
    books.add("2020-01-01 open Assets:Receivable:BOLT\n" + week("t", "2025-01-06", 2))
    assert books.accruals("2025-01-31") == [
        ("2025-01-31", {UNBILLED: "2000.00", INCOME: "-2000.00"})
    ]
    books.issue("2025-03-31")
    assert books.balances("2025-04-30") == [
        {RECEIVABLE: "1200.00", "Assets:Receivable:BOLT": "800.00", INCOME: "-2000.00"}
    ]


def test_nothing_is_posted_into_a_closed_period(tmp_path: Path) -> None:
    facts = week("a", "2025-01-06", 2) + week("b", "2025-02-03", 1) + week("c", "2025-03-03", 1)
    books = Books(tmp_path, QUARTERLY, facts, FIRM + "closed-until: 2025-02-28\n")
    assert books.accruals("2025-03-31")[0] == (
        "2025-03-01",
        {UNBILLED: "3000.00", INCOME: "-3000.00"},
    )
    assert books.balances("2025-03-31") == [{UNBILLED: "4000.00", INCOME: "-4000.00"}]


def test_hours_of_a_closed_month_are_drafted_and_accrued_once(tmp_path: Path) -> None:
    firm = FIRM + "closed-until: 2025-03-31\n"
    books = Books(tmp_path, HOURLY, worked("t", "2025-03-10", 5), firm)
    assert books.accruals("2025-04-30") == []
    assert books.balances("2025-04-03", "2025-03-31", "2025-04-01") == [
        {},
        {UNBILLED: "625.00", INCOME: "-625.00"},
    ]
    assert books.found("2025-04-03", "period-closed") == [("period-closed", "None")]


def test_what_was_written_into_a_closed_period_counts(tmp_path: Path) -> None:
    books = Books(
        tmp_path, QUARTERLY, week("a", "2025-01-06", 2), FIRM + "closed-until: 2025-01-31\n"
    )
    books.add(
        '2025-01-31 * "Accrual January"\n'
        f"  {UNBILLED}  2000.00 EUR\n  {INCOME}  -2000.00 EUR\n" + week("b", "2025-02-03", 1)
    )
    assert books.accruals("2025-02-28") == [
        ("2025-02-28", {UNBILLED: "1000.00", INCOME: "-1000.00"})
    ]
    assert books.found("2025-02-28") == []


def test_an_accrual_by_hand_is_no_invoice_by_hand(tmp_path: Path) -> None:
    books = Books(tmp_path, HOURLY, week("a", "2025-01-06", 2))
    books.add(
        f'2025-01-31 * "Accrual January"\n  {UNBILLED}  2000.00 EUR\n  {INCOME}  -2000.00 EUR\n'
    )
    assert [draft.held for draft in books.billing("2025-01-31").drafts] == [False]
    assert books.found("2025-01-31", "double") == []
    assert books.found("2025-01-31") == [("unbilled-ledger-mismatch", "2000.00")]


def test_old_names_and_other_currencies_are_understood(tmp_path: Path) -> None:
    contract = QUARTERLY.replace("style", "formerly: [OLD]\ncurrency: JPY\nstyle")
    books = Books(tmp_path, contract.replace("125", "12345"))
    books.add(worked("t-1", "2025-01-10", 1.5, project="OLD") + worked("t-2", "2025-02-10", 1))
    assert books.accruals("2025-02-28") == [
        ("2025-01-31", {UNBILLED: "18518", INCOME: "-18518"}),
        ("2025-02-28", {UNBILLED: "12345", INCOME: "-12345"}),
    ]
    books.issue("2025-03-31")
    assert books.balances("2025-04-30") == [{RECEIVABLE: "30863", INCOME: "-30863"}]
    assert books.balances("2025-04-30", "2025-01-31") == [{UNBILLED: "18518", INCOME: "-18518"}]


def test_books_open_with_what_was_billed_before(tmp_path: Path) -> None:
    contract = HEAD + MILESTONES + "  M1: {value: 100000, bill: [50, 100]}\n"
    books = Books(tmp_path, contract, whole("2025-01-01", 20))
    books.add('2025-01-01 custom "billed-before" "APP" "M1" 50000.00 EUR\n')
    assert books.found("2025-01-31") == [("deferred-ledger-mismatch", "-30000.00")]
    books.add(
        "2025-01-01 open Equity:Opening\n"
        f'2025-01-01 * "Opening"\n  {DEFERRED}  -30000.00 EUR\n  Equity:Opening  30000.00 EUR\n'
    )
    books.add(whole("2025-02-10", 60))
    assert books.found("2025-02-28") == []
    assert books.accruals("2025-02-28") == [
        ("2025-02-28", {UNBILLED: "10000.00", DEFERRED: "30000.00", INCOME: "-40000.00"})
    ]


@pytest.mark.parametrize(
    ("account", "amount", "found"),
    [
        (UNBILLED, "120.00", ("unbilled-ledger-mismatch", "120.00")),
        (UNBILLED, "-0.01", ("unbilled-ledger-mismatch", "-0.01")),
        (DEFERRED, "-75.50", ("deferred-ledger-mismatch", "75.50")),
    ],
)
def test_a_posting_by_hand_is_the_difference(
    tmp_path: Path, account: str, amount: str, found: tuple[str, str]
) -> None:
    books = Books(tmp_path, QUARTERLY, week("t", "2025-01-06", 2))
    books.add(
        f'2025-01-20 * "By hand"\n  {account}  {amount} EUR\n  {INCOME}\n'
        f'2025-01-21 * "By hand and back"\n  {account}  5.00 EUR\n  {account}  -5.00 EUR\n'
    )
    assert books.found("2025-01-31") == [found]
    (one,) = [one for one in books.findings("2025-01-31") if "ledger-mismatch" in one.code]
    assert (one.severity, str(one.date)) == ("error", "2025-01-21")
    text = (tmp_path / "facts.beancount").read_text().splitlines()
    assert one.place.file.endswith("facts.beancount")
    assert text[one.place.line - 1].split() == [account, "5.00", "EUR"]
    assert books.found("2025-01-19") == []


def test_the_direct_style_has_no_such_findings(tmp_path: Path) -> None:
    books = Books(tmp_path, QUARTERLY.replace("style: accrual\n", ""), week("t", "2025-01-06", 2))
    books.add(f'2020-01-01 open {UNBILLED}\n2025-01-20 * ""\n  {UNBILLED}  1 EUR\n  {INCOME}\n')
    assert books.found("2025-01-31") == []
    assert books.accruals("2025-03-31") == []


def test_without_drafts_the_ledger_is_held_against_the_last_month_end(tmp_path: Path) -> None:
    books = Books(tmp_path, HOURLY, week("t", "2025-01-06", 2) + week("u", "2025-02-03", 1))

    def found(day: str) -> list[tuple[str, str]]:
        ledger = books.ledger
        books.billing(day)
        text = ledger.read_text().replace(
            f"'as-of': '{day}'", f"'as-of': '{day}', 'post-drafts': False"
        )
        ledger.write_text(text)
        findings = open_book(str(ledger)).billing.findings
        return [(one.code, str(one.amount)) for one in findings if "ledger-mism" in one.code]

    assert found("2025-02-10") == [("unbilled-ledger-mismatch", "-2000.00")]
    books.add(f'2025-01-31 * ""\n  {UNBILLED}  2000.00 EUR\n  {INCOME}\n')
    assert found("2025-02-10") == []
    assert found("2025-02-28") == [("unbilled-ledger-mismatch", "-1000.00")]


def test_an_accrual_has_all_that_readers_of_entries_want(tmp_path: Path) -> None:
    books = Books(tmp_path, QUARTERLY, week("t", "2025-01-06", 2))
    (entry,) = [
        one
        for one in books.entries("2025-01-31")
        if isinstance(one, data.Transaction) and "accrual" in one.tags
    ]
    assert (entry.flag, entry.payee) == ("*", "ACME Corp")
    assert entry.narration == "Accrual APP 2025-01-31: 2000.00 earned, 0.00 billed"
    assert (entry.meta["filename"], entry.meta["lineno"]) == ("accrual APP/2025-01-31", 1)
    assert (entry.meta["project"], str(entry.meta["earned"])) == ("APP", "2000.00 EUR")
    assert all(one.meta["lineno"] == 1 for one in entry.postings if one.meta)


def test_the_same_books_give_the_same_histories(tmp_path: Path) -> None:
    books = Books(tmp_path, HOURLY, week("t", "2025-01-06", 2))
    first = books.billing("2025-02-28")
    assert books.billing("2025-02-28") == first
    books.add(week("u", "2025-02-03", 1))
    assert books.billing("2025-02-28").histories != first.histories


def test_income_that_is_not_open_is_said_and_nothing_is_posted(tmp_path: Path) -> None:
    books = Books(tmp_path, QUARTERLY, week("t", "2025-01-06", 2))
    books.billing("2025-01-31")
    ledger = books.ledger
    ledger.write_text(ledger.read_text().replace(f"2020-01-01 open {INCOME}\n", ""))
    loaded = load(ledger)
    assert loaded.foreign == []
    assert [error.split(":")[0] for error in loaded.errors] == ["account-missing"]
