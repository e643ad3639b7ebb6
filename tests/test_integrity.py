"""Issued invoices in ledgers that were edited since: each mismatch has its code, a near miss none."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from tests.ledgers import FIRM
from tests.one_book import FIXED
from tests.one_book import HOURLY
from tests.one_book import TAXED
from tests.one_book import bill
from tests.one_book import codes
from tests.one_book import nets
from tests.one_book import of_code
from tests.one_book import worked

if TYPE_CHECKING:
    from pathlib import Path

#: One entry of three hours, as it was billed and taxed.
WORK = worked("t-1", "2025-01-07", 3, task="build")
INVOICE = """\
2025-01-31 * "ACME Corp" "INV-2025-0001" #invoice ^INV-2025-0001
  invoice: "INV-2025-0001"
  project: "APP"
  draft: "APP/time/2025-01-31"
  period-start: 2025-01-01
  period-end: 2025-01-31
  due: 2025-03-02
  net: 300.00 EUR
  total: 357.00 EUR
  Assets:Receivable:ACME   357.00 EUR
  Income:Services:APP     -300.00 EUR
    line: "build"
    kind: "time"
    quantity: 3.00 HOUR
    price: 100.00 EUR
    tax: "S19"
    entries: "
      2025-01-07 ana 3.0000 t-1 build"
  Liabilities:VAT:Output   -57.00 EUR
    tax: "S19"
    rate: 19
    base: 300.00 EUR
"""
CONTRACT = HOURLY + "invoice: {tax: S19}\n"
ERROR, WARNING, HOLD = "error", "warning", "hold"


def edited(text: str, *changes: tuple[str, str]) -> str:
    """A text with replacements that each must fit."""
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text


def numbered(
    number: str, day: str = "2025-01-31", tag: str = "invoice", amount: str = "1.00"
) -> str:
    """A small invoice or credit note of its own."""
    sign = "-" if tag == "credit-note" else ""
    other = "" if sign else "-"
    more = '  corrects: "INV-2025-0001"\n' if sign else ""
    return (
        f'{day} * "ACME Corp" "{number}" #{tag} ^{number}\n  invoice: "{number}"\n'
        f'  project: "APP"\n{more}  Assets:Receivable:ACME  {sign}{amount} EUR\n'
        f"  Income:Services:APP  {other}{amount} EUR\n"
    )


def test_what_was_issued_and_stands_says_nothing(tmp_path: Path) -> None:
    billing = bill(tmp_path, CONTRACT, WORK + INVOICE, "2025-02-28", TAXED)
    assert (nets(billing), codes(billing)) == ([], [])


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        (
            [("ACME   357.00", "ACME   358.00"), ("APP     -300.00", "APP     -301.00")],
            "ledger-amount-mismatch",
        ),
        ([("net: 300.00", "net: 301.00")], "ledger-amount-mismatch"),
        ([("total: 357.00", "total: 356.00")], "ledger-amount-mismatch"),
        ([("quantity: 3.00", "quantity: 4.00")], "issued-changed"),
        ([("price: 100.00", "price: 110.00")], "issued-changed"),
        (
            [
                ("ACME   357.00", "ACME   457.00"),
                ("APP     -300.00", "APP     -400.00"),
                ("net: 300.00", "net: 400.00"),
                ("total: 357.00", "total: 457.00"),
                ('    tax: "S19"\n    entries', "    entries"),
            ],
            "issued-changed",
        ),
        (
            [
                ("ACME   357.00", "ACME   457.00"),
                ("APP     -300.00", "APP     -400.00"),
                ("net: 300.00", "net: 400.00"),
                ("total: 357.00", "total: 457.00"),
                ("quantity: 3.00", "quantity: 4.00"),
                ('    tax: "S19"\n    entries', "    entries"),
            ],
            "issued-changed",
        ),
        (
            [
                ("ACME   357.00", "ACME   360.00"),
                ("Output   -57.00", "Output   -60.00"),
                ("total: 357.00", "total: 360.00"),
            ],
            "tax-amount-mismatch",
        ),
        ([("base: 300.00", "base: 299.90")], "tax-amount-mismatch"),
        ([("rate: 19", "rate: 20")], "tax-amount-mismatch"),
        (
            [
                ("ACME   357.00", "ACME   360.00"),
                ("Output   -57.00", "Output   -60.00"),
                ("total: 357.00", "total: 360.00"),
                ("    rate: 19\n    base: 300.00 EUR\n", ""),
            ],
            "tax-amount-mismatch",
        ),
    ],
    ids=[
        "postings",
        "net",
        "total",
        "quantity",
        "price",
        "all the amounts",
        "all but the entries",
        "tax",
        "base",
        "rate",
        "tax that says no rate",
    ],
)
def test_an_edited_invoice_is_found_once(
    tmp_path: Path, changes: list[tuple[str, str]], code: str
) -> None:
    billing = bill(tmp_path, CONTRACT, WORK + edited(INVOICE, *changes), "2025-02-28", TAXED)
    assert codes(billing) == [(ERROR, code)]
    assert nets(billing) == []
    (found,) = billing.findings
    assert (found.project, found.place.file[-15:]) == ("APP", "facts.beancount")


@pytest.mark.parametrize(
    "changes",
    [
        [("quantity: 3.00", "quantity: 3.0000")],
        [("    base: 300.00 EUR\n", "")],
        [("    rate: 19\n    base: 300.00 EUR\n", "")],
        [
            ("Output   -57.00", "Output   -57.01"),
            ("ACME   357.00", "ACME   357.01"),
            ("total: 357.00", "total: 357.01"),
        ],
        [("    quantity: 3.00 HOUR\n    price: 100.00 EUR\n", "")],
        [("  net: 300.00 EUR\n  total: 357.00 EUR\n", "")],
        [('    tax: "S19"\n    entries', "    entries")],
    ],
    ids=["places", "no base", "no rate", "a cent of tax", "no price", "no totals", "no code"],
)
def test_an_invoice_that_says_less_is_no_other(
    tmp_path: Path, changes: list[tuple[str, str]]
) -> None:
    billing = bill(tmp_path, CONTRACT, WORK + edited(INVOICE, *changes), "2025-02-28", TAXED)
    assert (nets(billing), codes(billing)) == ([], [])


def test_a_quantity_of_two_places_stands_for_its_entries(tmp_path: Path) -> None:
    third = edited(
        INVOICE,
        ("quantity: 3.00", "quantity: 3.33"),
        ("3.0000 t-1", "3.3333 t-1"),
        ("357.00", "396.66"),
        ("300.00", "333.33"),
        ("-57.00", "-63.33"),
    )
    work = worked("t-1", "2025-01-07", 10 / 3, task="build")
    assert codes(bill(tmp_path, CONTRACT, work + third, "2025-02-28", TAXED)) == []


def test_a_tax_that_lines_name_and_nobody_posts_is_missing(tmp_path: Path) -> None:
    untaxed = edited(
        INVOICE.split("  Liabilities", maxsplit=1)[0],
        ("total: 357.00", "total: 300.00"),
        ("ACME   357.00", "ACME   300.00"),
    )
    assert codes(bill(tmp_path, CONTRACT, WORK + untaxed, "2025-02-28", TAXED)) == [
        (ERROR, "tax-amount-mismatch")
    ]


@pytest.mark.parametrize(
    ("work", "message", "amount"),
    [
        (worked("t-1", "2025-01-07", 2.5, task="build"), "hours 3:00, now 2:30", "-50.00"),
        (worked("t-1", "2025-01-07", 3.25, task="build"), "hours 3:00, now 3:15", "25.00"),
        (worked("t-1", "2025-01-08", 3, task="build"), "date 2025-01-07, now 2025-01-08", None),
        (worked("t-1", "2025-01-07", 3, task="build", person="ben"), "person ana, now ben", None),
        (worked("t-1", "2025-01-07", 3, task="tests"), "task build, now tests", None),
        (worked("t-1", "2025-01-07", 3, task="build", billable="FALSE"), "billable, now not", None),
        (
            worked("t-1", "2025-01-07", 3, task="build", account="NonBillable"),
            "billable, now not",
            None,
        ),
        (worked("t-1", "2025-01-07", 3, task="build", project="WEB"), "project APP, now WEB", None),
    ],
)
def test_an_entry_that_changed_after_its_invoice_is_found_and_not_billed(
    tmp_path: Path, work: str, message: str, amount: str | None
) -> None:
    contract = CONTRACT + "formerly: [OLD]\n"
    billing = bill(tmp_path, contract, work + INVOICE, "2025-02-28", TAXED)
    (found,) = of_code(billing, "invoiced-entry-changed")
    assert (found.severity, found.project, found.id) == (ERROR, "APP", "t-1")
    assert message in found.message
    assert found.amount == (None if amount is None else Decimal(amount))
    assert nets(billing) == []


def test_an_entry_may_stand_under_a_former_name_and_be_described_better(tmp_path: Path) -> None:
    work = worked("t-1", "2025-01-07", 3, task="build", project="OLD", note="Better words")
    contract = CONTRACT + "formerly: [OLD]\n"
    billing = bill(tmp_path, contract, work + INVOICE, "2025-02-28", TAXED)
    assert (nets(billing), codes(billing)) == ([], [])


def test_an_entry_that_is_gone_is_missing_and_a_new_one_of_the_day_waits(tmp_path: Path) -> None:
    billing = bill(tmp_path / "gone", CONTRACT, INVOICE, "2025-02-28", TAXED)
    (found,) = billing.findings
    assert (found.severity, found.code, found.id) == (ERROR, "invoiced-entry-missing", "t-1")
    assert (str(found.amount), str(found.date), nets(billing)) == ("-300.00", "2025-01-07", [])
    again = worked("t-9", "2025-01-07", 3, task="build") + worked("t-10", "2025-01-08", 1)
    billing = bill(tmp_path, CONTRACT, INVOICE + again, "2025-02-28", TAXED)
    assert sorted(codes(billing)) == [
        (ERROR, "invoiced-entry-missing"),
        (HOLD, "time-reentered"),
        (WARNING, "time-late"),
    ]
    assert [
        entry.id for draft in billing.drafts for line in draft.lines for entry in line.entries
    ] == ["t-10"]
    assert not billing.drafts[0].held


def test_what_a_credit_took_back_may_be_gone(tmp_path: Path) -> None:
    note = """\
2025-02-03 * "ACME Corp" "CN-2025-0001" #credit-note ^CN-2025-0001 ^INV-2025-0001
  invoice: "CN-2025-0001"
  corrects: "INV-2025-0001"
  project: "APP"
  Assets:Receivable:ACME  -357.00 EUR
  Income:Services:APP      300.00 EUR
    line: "build"
    kind: "time"
    entries: "2025-01-07 ana 3.0000 t-1 build"
  Liabilities:VAT:Output    57.00 EUR
    tax: "S19"
    rate: 19
    base: 300.00 EUR
"""
    billing = bill(tmp_path, CONTRACT, INVOICE + note, "2025-02-28", TAXED)
    assert (nets(billing), codes(billing)) == ([], [])


def test_an_entry_on_two_invoices_is_found_at_the_second(tmp_path: Path) -> None:
    second = INVOICE.replace("INV-2025-0001", "INV-2025-0002").replace(
        "2025-01-31 *", "2025-02-10 *"
    )
    billing = bill(tmp_path / "both", CONTRACT, WORK + INVOICE + second, "2025-02-28", TAXED)
    (found,) = billing.findings
    assert (found.severity, found.code, found.id) == (ERROR, "entry-already-invoiced", "t-1")
    assert "INV-2025-0002" in found.message
    void = """\
2025-02-11 * "ACME Corp" "void" #void ^INV-2025-0002
  corrects: "INV-2025-0002"
  Assets:Receivable:ACME  -357.00 EUR
  Income:Services:APP      300.00 EUR
  Liabilities:VAT:Output    57.00 EUR
"""
    billing = bill(tmp_path, CONTRACT, WORK + INVOICE + second + void, "2025-02-28", TAXED)
    assert (nets(billing), codes(billing)) == ([], [])


def test_two_entries_that_are_each_invoiced_twice_are_found_beside_a_credited_one(
    tmp_path: Path,
) -> None:
    lines = edited(
        INVOICE,
        ("3.00 HOUR", "6.00 HOUR"),
        ("t-1 build", "t-1 build\n      2025-01-08 ana 3.0000 t-2 build"),
        ("357.00", "714.00"),
        ("300.00", "600.00"),
        ("-57.00", "-114.00"),
    )
    second = INVOICE.replace("INV-2025-0001", "INV-2025-0002").replace(
        "2025-01-31 *", "2025-02-10 *"
    )
    note = """\
2025-02-12 * "ACME Corp" "CN-2025-0001" #credit-note ^CN-2025-0001 ^INV-2025-0001
  invoice: "CN-2025-0001"
  corrects: "INV-2025-0001"
  project: "APP"
  Assets:Receivable:ACME  -100.00 EUR
  Income:Services:APP      100.00 EUR
    line: "build"
    kind: "time"
    entries: "2025-01-08 ana 1.0000 t-2 build"
"""
    facts = WORK + worked("t-2", "2025-01-08", 3, task="build") + lines + second + note
    billing = bill(tmp_path, CONTRACT, facts, "2025-02-28", TAXED)
    assert [found.id for found in of_code(billing, "entry-already-invoiced")] == ["t-1"]


def test_a_void_takes_back_the_whole_invoice(tmp_path: Path) -> None:
    void = """\
2025-02-11 * "ACME Corp" "void" #void ^INV-2025-0001
  corrects: "INV-2025-0001"
  Assets:Receivable:ACME  -300.00 EUR
  Income:Services:APP      300.00 EUR
"""
    billing = bill(tmp_path, CONTRACT, WORK + INVOICE + void, "2025-02-28", TAXED)
    assert codes(billing) == [(ERROR, "ledger-amount-mismatch")]
    unknown = void.replace("INV-2025-0001", "INV-2025-0009")
    billing = bill(tmp_path / "unknown", CONTRACT, WORK + INVOICE + unknown, "2025-02-28", TAXED)
    assert codes(billing) == [(ERROR, "fact-invalid")]


@pytest.mark.parametrize(
    ("invoices", "found"),
    [
        (["0001", "0002", "0003"], []),
        (
            ["0001", "0002", "0002", "0004"],
            ["error invoice-number-duplicate", "warning invoice-number-gap"],
        ),
        (["0003", "0005"], ["warning invoice-number-gap"]),
        (["0007"], []),
    ],
)
def test_numbers_are_there_once_and_all(
    tmp_path: Path, invoices: list[str], found: list[str]
) -> None:
    facts = "".join(numbered(f"INV-2025-{number}") for number in invoices)
    billing = bill(tmp_path, HOURLY, facts, "2025-02-28")
    assert sorted(" ".join(code) for code in codes(billing)) == found
    if len(invoices) == 4:
        assert "INV-2025-0003" in of_code(billing, "invoice-number-gap")[0].message


def test_each_year_has_a_series_and_other_numbers_have_none(tmp_path: Path) -> None:
    facts = "".join(
        numbered(number, day)
        for number, day in (
            ("INV-2024-0009", "2024-12-31"),
            ("INV-2025-0001", "2025-01-02"),
            ("2025/17", "2025-01-03"),
            ("2025/19", "2025-01-04"),
        )
    )
    assert codes(bill(tmp_path, HOURLY, facts, "2025-02-28")) == []


def test_a_number_of_an_invoice_is_none_of_a_credit_note(tmp_path: Path) -> None:
    facts = numbered("INV-2025-0001") + numbered("INV-2025-0001", "2025-02-01", "credit-note")
    assert codes(bill(tmp_path, HOURLY, facts, "2025-02-28")) == [
        (ERROR, "invoice-number-duplicate")
    ]


def test_a_later_number_has_no_earlier_date(tmp_path: Path) -> None:
    first = numbered("INV-2025-0001", "2025-01-20")
    assert (
        codes(
            bill(
                tmp_path / "same",
                HOURLY,
                first + numbered("INV-2025-0002", "2025-01-20"),
                "2025-02-28",
            )
        )
        == []
    )
    billing = bill(tmp_path, HOURLY, first + numbered("INV-2025-0002", "2025-01-19"), "2025-02-28")
    (found,) = billing.findings
    assert (found.severity, found.code, found.id) == (
        WARNING,
        "invoice-date-order",
        "INV-2025-0002",
    )


def test_gaps_are_not_judged_before_their_day(tmp_path: Path) -> None:
    facts = numbered("INV-2025-0001") + numbered("INV-2025-0003", "2025-02-10")
    assert codes(bill(tmp_path, HOURLY, facts, "2025-02-09")) == []


BY_HAND = """\
2025-01-31 * "ACME Corp" "January"
  Assets:Receivable:ACME   300.00 EUR
  Income:Services:APP     -300.00 EUR
"""


def test_income_by_hand_holds_the_draft_of_its_period(tmp_path: Path) -> None:
    billing = bill(tmp_path, HOURLY, WORK + BY_HAND, "2025-01-31")
    assert nets(billing) == [("APP/time/2025-01-31", "300.00 invoice-double-posted")]
    assert sorted(codes(billing)) == [
        (HOLD, "invoice-double-posted"),
        (WARNING, "invoice-unregistered"),
    ]
    assert {found.project for found in billing.findings} == {"APP"}
    next_month = BY_HAND.replace("2025-01-31", "2025-02-01")
    billing = bill(tmp_path / "next", HOURLY, WORK + next_month, "2025-02-28")
    assert nets(billing) == [("APP/time/2025-01-31", "300.00")]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (BY_HAND.replace('"January"', '"January" ^X-9'), ["invoice-unregistered"]),
        (
            BY_HAND.replace('"January"', '"January" #invoice\n  project: "APP"'),
            ["invoice-unregistered"],
        ),
        (BY_HAND.replace("Assets:Receivable:ACME ", "Assets:Receivable:ACME:Old "), []),
        (BY_HAND.replace("Assets:Receivable:ACME ", "Assets:Bank "), []),
    ],
    ids=["unknown link", "no number", "account below", "bank"],
)
def test_a_receivable_is_debited_by_an_invoice(tmp_path: Path, text: str, found: list[str]) -> None:
    opened = "2020-01-01 open Assets:Receivable:ACME:Old\n"
    billing = bill(tmp_path, HOURLY, opened + text, "2025-02-28")
    assert [code for _, code in codes(billing)] == found


@pytest.mark.parametrize(
    ("rate", "amount"),
    [
        ("[{rate: 100}, {from: 2025-01-08, rate: 120}]", None),
        ("[{rate: 100}, {from: 2025-01-07, rate: 120}]", "60.00"),
        ("90", "-30.00"),
    ],
)
def test_a_rate_that_begins_before_what_was_billed_is_found(
    tmp_path: Path, rate: str, amount: str | None
) -> None:
    contract = CONTRACT.replace("default: 100", f"default: {rate}")
    billing = bill(tmp_path, contract, WORK + INVOICE, "2025-02-28", TAXED)
    assert codes(billing) == ([] if amount is None else [(WARNING, "rate-backdated")])
    assert [str(found.amount) for found in billing.findings] == ([amount] if amount else [])


def test_a_credit_of_the_price_makes_a_backdated_rate_good(tmp_path: Path) -> None:
    contract = CONTRACT.replace("default: 100", "default: 90")
    note = """\
2025-02-03 * "ACME Corp" "CN-2025-0001" #credit-note ^CN-2025-0001 ^INV-2025-0001
  invoice: "CN-2025-0001"
  corrects: "INV-2025-0001"
  Assets:Receivable:ACME   -35.70 EUR
  Income:Services:APP       30.00 EUR
    line: "Rate should be 90"
    kind: "time"
  Liabilities:VAT:Output     5.70 EUR
    tax: "S19"
    rate: 19
    base: 30.00 EUR
"""
    billing = bill(tmp_path, contract, WORK + INVOICE + note, "2025-02-28", TAXED)
    assert (nets(billing), codes(billing)) == ([], [])


def test_an_unknown_contract_is_named_once_with_the_nearest(tmp_path: Path) -> None:
    facts = (
        worked("t-1", "2025-01-07", 1, project="AP")
        + worked("t-2", "2025-01-08", 1, project="AP")
        + '2025-01-09 custom "billing-hold" "APPP"\n'
        + '2025-01-09 custom "change-order" "WEB" "CO-1" 10.00 EUR\n  approved: 2025-01-09\n'
        + '2025-01-10 * "Hotel"\n  project: "OTHER"\n  billable: TRUE\n'
        "  Expenses:Travel  10.00 EUR\n  Assets:Bank  -10.00 EUR\n"
        "2020-01-01 open Expenses:Travel\n"
    )
    billing = bill(tmp_path, HOURLY, facts, "2025-01-31")
    assert {(found.code, found.id) for found in billing.findings} == {
        ("contract-unknown", name) for name in ("AP", "APPP", "WEB", "OTHER")
    }
    hints = {found.id: found.message for found in billing.findings}
    assert 'did you mean "APP"?' in hints["AP"]
    assert "did you mean" not in hints["WEB"]


def test_integrity_cannot_be_lowered_and_other_codes_can(tmp_path: Path) -> None:
    late = worked("t-2", "2025-01-08", 1)
    settings = 'findings: {time-late: {severity: info, reason: "Agreed with the client"}}\n'
    billing = bill(tmp_path, CONTRACT + settings, WORK + INVOICE + late, "2025-02-28", TAXED)
    (found,) = billing.findings
    assert (found.severity, found.code) == ("info", "time-late")
    assert "Agreed with the client" in found.message
    silent = settings.replace("info", "ignore")
    billing = bill(tmp_path / "2", CONTRACT + silent, WORK + INVOICE + late, "2025-02-28", TAXED)
    assert codes(billing) == []
    lowered = settings.replace("time-late", "invoiced-entry-changed")
    billing = bill(tmp_path / "3", CONTRACT + lowered, WORK + INVOICE, "2025-02-28", TAXED)
    assert ("error", "contract-invalid") in codes(billing)


def test_a_frozen_entry_with_impossible_hours_is_a_finding(tmp_path: Path) -> None:
    broken = INVOICE.replace("ana 3.0000 t-1", "ana 3.0.0 t-1")
    billing = bill(tmp_path, CONTRACT, WORK + broken, "2025-02-28", TAXED)
    assert codes(billing)[0] == (ERROR, "fact-invalid")
    assert [draft.held for draft in billing.drafts] == [True]


def test_a_fixed_fee_s_invoice_by_hand_is_no_double_posting(tmp_path: Path) -> None:
    facts = numbered("INV-2025-0001", amount="400.00")
    assert codes(bill(tmp_path, FIXED, facts, "2025-02-28", FIRM))[1:] == []


@pytest.mark.parametrize(
    ("first", "found"),
    [
        (True, [(HOLD, "time-id-conflict")]),
        (False, [(ERROR, "invoiced-entry-changed"), (HOLD, "time-id-conflict")]),
    ],
    ids=["invoiced first", "other first"],
)
def test_of_two_entries_with_an_invoiced_id_the_first_counts(
    tmp_path: Path, first: bool, found: list[tuple[str, str]]
) -> None:
    other = worked("t-1", "2025-01-07", 2, task="build")
    work = WORK + other if first else other + WORK
    billing = bill(tmp_path, CONTRACT, work + INVOICE, "2025-02-28", TAXED)
    assert (nets(billing), codes(billing)) == ([], found)
    assert billing.positions["APP"].hours.worked == 3600 * (3 if first else 2)


def test_a_contract_keeps_the_currency_that_it_was_invoiced_in(tmp_path: Path) -> None:
    contract = CONTRACT + "currency: USD\n"
    facts = WORK + INVOICE + worked("t-2", "2025-02-03", 1)
    billing = bill(tmp_path, contract, facts, "2025-02-28", TAXED)
    assert codes(billing) == [(HOLD, "currency-mismatch")]
    assert nets(billing) == [("APP/time/2025-02-28", "100.00 currency-mismatch")]


def test_an_entry_is_not_invoiced_to_another_client_as_well(tmp_path: Path) -> None:
    firm = TAXED.replace("people:", "  bolt: {name: BOLT AG}\npeople:")
    second = edited(
        INVOICE,
        ("INV-2025-0001", "INV-2025-0002"),
        ("2025-01-31 *", "2025-02-10 *"),
        ("Receivable:ACME", "Receivable:BOLT"),
    )
    facts = "2020-01-01 open Assets:Receivable:BOLT\n" + WORK + INVOICE + second
    billing = bill(tmp_path, CONTRACT, facts, "2025-02-28", firm)
    assert codes(billing) == [(ERROR, "entry-already-invoiced")]
