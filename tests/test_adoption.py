"""Books that were kept by hand before: what counts as billed, corrected, given up or closed."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

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
from tests.one_book import hours
from tests.one_book import nets
from tests.one_book import of_code
from tests.one_book import worked

if TYPE_CHECKING:
    from pathlib import Path

JANUARY = "APP/time/2025-01-31"
BY_HAND = """\
2025-01-31 * "ACME Corp" "January" ^2025-17
  invoice: "2025-17"
  project: "APP"
  Assets:Receivable:ACME   300.00 EUR
  Income:Services:APP     -300.00 EUR
"""
WORK = worked("t-1", "2025-01-07", 3) + worked("t-2", "2025-01-20", 2)


def with_line(text: str, *meta: str) -> str:
    """The invoice with metadata on its line."""
    return text + "".join(f"    {line}\n" for line in meta)


def test_an_invoice_by_hand_that_names_entries_has_billed_them(tmp_path: Path) -> None:
    facts = WORK + with_line(BY_HAND, 'entries: "t-1"')
    billing = bill(tmp_path, HOURLY, facts, "2025-02-28")
    assert hours(billing) == [("t-2", 2.0)]
    position = billing.positions["APP"]
    assert (position.billed, position.open) == (Decimal("300.00"), Decimal("300.00"))
    assert (position.hours.billed, position.hours.unbilled) == (3 * 3600, 2 * 3600)


@pytest.mark.parametrize(
    ("covers", "left"),
    [("2025-01-06", ["t-1", "t-2"]), ("2025-01-07", ["t-2"]), ("2025-01-31", [])],
)
def test_an_invoice_by_hand_may_cover_time_up_to_a_day(
    tmp_path: Path, covers: str, left: list[str]
) -> None:
    invoice = BY_HAND.replace('project: "APP"\n', f'project: "APP"\n  covers: {covers}\n')
    billing = bill(tmp_path, HOURLY, WORK + invoice, "2025-02-28")
    assert [entry for entry, _ in hours(billing)] == left
    assert codes(billing) == []
    assert billing.positions["APP"].hours.unbilled == 3600 * {0: 0, 1: 2, 2: 5}[len(left)]


def test_without_entries_or_covers_it_is_an_amount_alone(tmp_path: Path) -> None:
    billing = bill(tmp_path, HOURLY, WORK + BY_HAND, "2025-02-28")
    assert nets(billing) == [(JANUARY, "500.00")]
    assert billing.positions["APP"].billed == Decimal("300.00")


def test_an_invoice_by_hand_of_the_same_period_holds_its_draft(tmp_path: Path) -> None:
    period = 'project: "APP"\n  period-start: 2025-01-01\n  period-end: 2025-01-31\n'
    invoice = BY_HAND.replace('project: "APP"\n', period)
    february = worked("t-3", "2025-02-04", 1)
    billing = bill(tmp_path, HOURLY, WORK + invoice + february, "2025-02-28")
    assert nets(billing) == [
        (JANUARY, "500.00 invoice-double-posted"),
        ("APP/time/2025-02-28", "100.00"),
    ]
    assert codes(billing) == [("hold", "invoice-double-posted")]
    covered = invoice.replace("  period-end", "  covers: 2025-01-31\n  period-end")
    billing = bill(tmp_path / "covers", HOURLY, WORK + covered + february, "2025-02-28")
    assert nets(billing) == [("APP/time/2025-02-28", "100.00")]
    assert codes(billing) == []


@pytest.mark.parametrize(
    ("before", "net"),
    [
        ('2025-01-01 custom "billed-before" "APP" "M1" 150.00 EUR\n', "250.00"),
        ('2025-01-01 custom "billed-before" "APP" "M1" 400.00 EUR\n', ""),
        ('2025-03-01 custom "billed-before" "APP" "M1" 150.00 EUR\n', "400.00"),
        (with_line(BY_HAND, 'milestone: "M1"'), "100.00"),
    ],
    ids=["part", "all", "later", "by hand"],
)
def test_what_was_billed_on_a_milestone_is_not_billed_again(
    tmp_path: Path, before: str, net: str
) -> None:
    done = progress_text("2025-02-10", 100, project="APP", milestone="M1")
    billing = bill(tmp_path, FIXED, before + done, "2025-02-28")
    assert nets(billing) == ([("APP/milestone/2025-02-10", net)] if net else [])


def test_numbers_may_start_anywhere(tmp_path: Path) -> None:
    firm = FIRM + 'numbering: {invoice: "{year}-{number:02}", start: 17}\n'
    facts = with_line(BY_HAND, 'entries: "t-1, t-2"')
    assert codes(bill(tmp_path, HOURLY, WORK + facts, "2025-02-28", firm)) == []


ISSUED = """\
2025-01-31 * "ACME Corp" "INV-2025-0001" #invoice ^INV-2025-0001
  invoice: "INV-2025-0001"
  project: "APP"
  draft: "APP/time/2025-01-31"
  period-start: 2025-01-01
  period-end: 2025-01-31
  Assets:Receivable:ACME   357.00 EUR
  Income:Services:APP     -300.00 EUR
    kind: "time"
    quantity: 3.00 HOUR
    price: 100.00 EUR
    tax: "S19"
    entries: "2025-01-07 ana 3.0000 t-1 build"
  Liabilities:VAT:Output   -57.00 EUR
    tax: "S19"
    rate: 19
    base: 300.00 EUR
"""
SEVEN = TAXED.replace("rate: 19", "rate: [{rate: 19}, {from: 2025-02-01, rate: 7}]")
RISING = (
    HOURLY.replace("default: 100", "default: [{rate: 100}, {from: 2025-02-01, rate: 120}]")
    + "invoice: {tax: S19}\n"
)


def test_a_correction_has_price_and_tax_of_what_it_corrects(tmp_path: Path) -> None:
    facts = (
        worked("t-1", "2025-01-07", 3, task="build")
        + ISSUED
        + worked("t-2", "2025-02-03", -1, corrects="t-1")
        + worked("t-3", "2025-02-10", 5)
    )
    (draft,) = bill(tmp_path, RISING, facts, "2025-02-28", SEVEN).drafts
    assert sorted((str(line.price), str(line.amount)) for line in draft.lines) == [
        ("100.00", "-100.00"),
        ("120", "600.00"),
    ]
    assert [(str(tax.rate), str(tax.amount)) for tax in draft.taxes] == [
        ("7", "42.00"),
        ("19", "-19.00"),
    ]
    assert not draft.held


def test_a_correction_of_what_was_not_invoiced_goes_by_its_work_date(tmp_path: Path) -> None:
    facts = worked("t-1", "2025-01-07", 3) + worked("t-2", "2025-02-03", -1, corrects="t-1")
    billing = bill(tmp_path, RISING, facts + worked("t-3", "2025-02-10", 5), "2025-02-28", SEVEN)
    assert nets(billing) == [(JANUARY, "300.00"), ("APP/time/2025-02-28", "500.00")]


def test_a_correction_of_what_was_invoiced_is_a_line_that_says_so(tmp_path: Path) -> None:
    facts = (
        worked("t-1", "2025-01-07", 3, task="build")
        + ISSUED
        + worked("t-2", "2025-02-03", -1, corrects="t-1")
        + worked("t-3", "2025-02-10", 5, task="build", rate="100")
    )
    billing = bill(tmp_path, RISING, facts, "2025-02-28", SEVEN)
    assert [(line.text, str(line.amount)) for line in billing.drafts[0].lines] == [
        ("build (correction of INV-2025-0001)", "-100.00"),
        ("build", "500.00"),
    ]


def test_a_correction_that_leaves_a_negative_draft_is_a_credit_to_make(tmp_path: Path) -> None:
    facts = (
        worked("t-1", "2025-01-07", 3, task="build")
        + ISSUED
        + worked("t-2", "2025-02-03", -1, corrects="t-1")
    )
    billing = bill(tmp_path, RISING, facts, "2025-02-28", SEVEN)
    assert nets(billing) == [("APP/time/2025-02-28", "-100.00 negative-invoice")]
    assert [draft.kind for draft in billing.drafts] == ["credit"]


CLOSED = """\
2025-02-05 * "ACME Corp" "APP Written off" #closed
  project: "APP"
  Equity:Time:Unbilled:APP     -3.0000 HOUR
    person: "ana"
  Equity:Time:NonBillable:APP   3.0000 HOUR
    person: "ana"
    line: "Written off"
    kind: "write-off"
    entries: "
      2025-01-07 ana 3.0000 t-1"
"""
DECIDED = '2025-02-05 custom "write-off" "APP" "t-1"\n  reason: "Goodwill"\n'


@pytest.mark.parametrize(
    "decision", [DECIDED, CLOSED, DECIDED + CLOSED], ids=["directive", "transaction", "both"]
)
def test_hours_that_are_given_up_are_not_billed(tmp_path: Path, decision: str) -> None:
    before = bill(tmp_path / "before", HOURLY, WORK + decision, "2025-02-04")
    assert nets(before) == [(JANUARY, "500.00")]
    billing = bill(tmp_path, HOURLY, WORK + decision, "2025-02-28")
    assert (nets(billing), codes(billing)) == ([(JANUARY, "200.00")], [])
    position = billing.positions["APP"].hours
    assert (position.worked, position.non_billable) == (5 * 3600, 3 * 3600)
    assert (position.billed, position.unbilled) == (0, 2 * 3600)


def test_hours_on_a_closed_transaction_are_settled(tmp_path: Path) -> None:
    closed = CLOSED.replace('    kind: "write-off"\n', "").replace("NonBillable", "Billed")
    billing = bill(tmp_path, HOURLY, WORK + closed, "2025-02-28")
    assert (nets(billing), codes(billing)) == ([(JANUARY, "200.00")], [])
    position = billing.positions["APP"]
    assert (position.billed, position.hours.billed) == (Decimal("0.00"), 3 * 3600)
    covered = closed.replace("    entries", '    kind: "covered"\n    entries')
    billing = bill(tmp_path / "covered", HOURLY, WORK + covered, "2025-02-28")
    assert billing.positions["APP"].hours.covered == 3 * 3600


def test_a_written_off_entry_that_changes_is_found(tmp_path: Path) -> None:
    work = WORK.replace("3.0000", "4.0000")
    billing = bill(tmp_path, HOURLY, work + DECIDED + CLOSED, "2025-02-28")
    assert [found.id for found in of_code(billing, "invoiced-entry-changed")] == ["t-1"]


@pytest.mark.parametrize("month", ["2025-01-31", "2025-02-28", "2025-03-31"])
def test_months_read_the_same_after_a_credit_and_a_new_invoice(tmp_path: Path, month: str) -> None:
    contract = {"APP": HOURLY}
    (draft,) = bill(tmp_path / "1", HOURLY, WORK, "2025-01-31").drafts
    first = issued_text(draft, "INV-2025-0001", draft.date).replace("2025-01-31 *", "2025-02-03 *")
    note = """\
2025-02-20 * "ACME Corp" "CN-2025-0001" #credit-note ^CN-2025-0001 ^INV-2025-0001
  invoice: "CN-2025-0001"
  corrects: "INV-2025-0001"
  project: "APP"
  Assets:Receivable:ACME  -500.00 EUR
  Income:Services:APP      500.00 EUR
    kind: "time"
    entries: "
      2025-01-07 ana 3.0000 t-1
      2025-01-20 ana 2.0000 t-2"
"""
    second = first.replace("INV-2025-0001", "INV-2025-0002").replace("2025-02-03 *", "2025-03-10 *")
    seen = []
    for number, facts in enumerate((first + note, first + note + second)):
        ledger = write_ledger(
            tmp_path / str(number + 2), "2025-03-31", contracts=contract, facts=WORK + facts
        )
        loaded = load(ledger)
        assert (loaded.errors, loaded.foreign) == ([], [])
        seen.append(
            sum(
                posting.units.number
                for entry in loaded.entries
                if str(entry.date) <= month
                for posting in getattr(entry, "postings", ())
                if posting.account == "Income:Services:APP"
            )
        )
    assert seen[0] == seen[1] == Decimal("-500.00")


def test_what_is_issued_after_the_close_leaves_the_closed_month_alone(tmp_path: Path) -> None:
    firm = FIRM + "closed-until: 2025-01-31\n"
    (draft,) = bill(tmp_path / "1", HOURLY, WORK, "2025-02-03", firm).drafts
    issued = issued_text(draft, "INV-2025-0001", draft.date).replace("2025-02-01 *", "2025-02-10 *")
    ledger = write_ledger(
        tmp_path / "2", "2025-02-28", contracts={"APP": HOURLY}, facts=WORK + issued, firm=firm
    )
    loaded = load(ledger)
    assert loaded.foreign == []
    assert [str(entry.date) for entry in transactions(loaded, "draft")] == [
        "2025-02-01",
        "2025-02-10",
    ]
