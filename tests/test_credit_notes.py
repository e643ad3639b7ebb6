"""Credit notes and voids as people write them into their books, and what is billed after them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from projbill_beancount.book import open_book
from tests.ledgers import FIRM
from tests.ledgers import progress_text
from tests.ledgers import write_ledger
from tests.one_book import FIXED
from tests.one_book import HOURLY
from tests.one_book import bill
from tests.one_book import codes
from tests.one_book import hours
from tests.one_book import worked

if TYPE_CHECKING:
    from pathlib import Path

#: Two lines of five hours each.
TWO_LINES = """\
2025-01-31 * "ACME Corp" "I1" #invoice ^I1
  invoice: "I1"
  project: "APP"
  draft: "APP/time/2025-01-31"
  period-start: 2025-01-01
  period-end: 2025-01-31
  net: 1000.00 EUR
  total: 1000.00 EUR
  Assets:Receivable:ACME   1000.00 EUR
  Income:Services:APP      -500.00 EUR
    line: "Build"
    kind: "time"
    quantity: 5.00 HOUR
    price: 100.00 EUR
    entries: "2025-01-07 ana 5.0000 t-1 build"
  Income:Services:APP      -500.00 EUR
    line: "Tests"
    kind: "time"
    quantity: 5.00 HOUR
    price: 100.00 EUR
    entries: "2025-01-08 ana 5.0000 t-2 tests"
"""
#: Twenty hours of one entry, which the lines give by its id alone.
BY_ID = """\
2025-01-31 * "ACME Corp" "I1" #invoice ^I1
  invoice: "I1"
  project: "APP"
  Assets:Receivable:ACME   2000.00 EUR
  Income:Services:APP     -2000.00 EUR
    kind: "time"
    entries: "t-1"
"""


def credit(
    lines: str, amount: str, number: str = "C1", corrects: str = "I1", day: str = "2025-02-05"
) -> str:
    """A credit note; `lines` are metadata of its only line, one a row."""
    meta = "".join(f"    {line}\n" for line in lines.splitlines())
    return (
        f'{day} * "ACME Corp" "{number}" #credit-note ^{number} ^{corrects}\n'
        f'  invoice: "{number}"\n  corrects: "{corrects}"\n  project: "APP"\n'
        f"  net: {amount} EUR\n  total: {amount} EUR\n"
        f"  Assets:Receivable:ACME  -{amount} EUR\n  Income:Services:APP  {amount} EUR\n{meta}"
    )


TWO = worked("t-1", "2025-01-07", 5, task="build") + worked("t-2", "2025-01-08", 5, task="tests")


def test_a_credit_of_one_line_frees_its_entries_alone(tmp_path: Path) -> None:
    facts = (
        TWO
        + TWO_LINES
        + credit('line: "Tests"\nentries: "2025-01-08 ana 5.0000 t-2 tests"', "500.00")
    )
    billing = bill(tmp_path, HOURLY, facts, "2025-02-28")
    assert hours(billing) == [("t-2", 5.0)]
    assert codes(billing) == []
    assert billing.positions["APP"].billed == Decimal("500.00")
    assert billing.positions["APP"].unbilled == Decimal("500.00")


def test_a_credit_before_its_day_frees_nothing(tmp_path: Path) -> None:
    facts = TWO + TWO_LINES + credit('entries: "2025-01-08 ana 5.0000 t-2 tests"', "500.00")
    assert bill(tmp_path, HOURLY, facts, "2025-02-04").drafts == []


def test_a_price_credit_frees_nothing(tmp_path: Path) -> None:
    facts = TWO + TWO_LINES + credit('line: "Tests"\nkind: "time"', "50.00")
    billing = bill(tmp_path, HOURLY, facts, "2025-02-28")
    assert (billing.drafts, codes(billing)) == ([], [])
    assert billing.positions["APP"].billed == Decimal("950.00")


def test_what_is_freed_of_an_entry_is_billed_with_what_was_logged_since(tmp_path: Path) -> None:
    facts = (
        worked("t-1", "2025-01-07", 20)
        + TWO_LINES.replace("5.00", "20.00").split("  Income")[0].replace("1000.00", "2000.00")
        + "  Income:Services:APP  -2000.00 EUR\n"
        '    kind: "time"\n    quantity: 20.00 HOUR\n    price: 100.00 EUR\n'
        '    entries: "2025-01-07 ana 20.0000 t-1"\n'
        + credit('kind: "time"\nentries: "2025-01-07 ana 11.0000 t-1"', "1100.00")
        + worked("t-2", "2025-02-10", 5)
    )
    billing = bill(tmp_path, HOURLY, facts, "2025-02-28")
    billed = hours(billing)
    assert sorted(billed) == [("t-1", 11.0), ("t-2", 5.0)]
    assert sum(draft.net for draft in billing.drafts) == Decimal("1600.00")
    assert codes(billing) == []
    assert billing.positions["APP"].hours.billed == 9 * 3600


@pytest.mark.parametrize(
    "again", ["2025-01-07 ana 20.0000 t-1", "t-1"], ids=["with hours", "by id"]
)
def test_what_was_credited_and_billed_again_is_not_billed_once_more(
    tmp_path: Path, again: str
) -> None:
    second = (
        BY_ID.replace("I1", "I2").replace("2025-01-31", "2025-02-10").replace('"t-1"', f'"{again}"')
    )
    facts = (
        worked("t-1", "2025-01-07", 20) + BY_ID + credit('kind: "time"\nentries: "t-1"', "2000.00")
    )
    freed = bill(tmp_path / "freed", HOURLY, facts, "2025-02-28")
    assert [str(draft.net) for draft in freed.drafts] == ["2000.00"]
    billing = bill(tmp_path, HOURLY, facts + second, "2025-02-28")
    assert (billing.drafts, codes(billing)) == ([], [])


def test_hours_that_are_credited_of_an_entry_known_by_its_id_are_billed_once(
    tmp_path: Path,
) -> None:
    facts = (
        worked("t-1", "2025-01-07", 20)
        + BY_ID
        + credit('kind: "time"\nentries: "2025-01-07 ana 11.0000 t-1"', "1100.00")
    )
    billing = bill(tmp_path / "freed", HOURLY, facts, "2025-02-28")
    assert hours(billing) == [("t-1", 11.0)]
    second = (
        BY_ID.replace("I1", "I2")
        .replace("2025-01-31", "2025-02-10")
        .replace("2000.00", "1100.00")
        .replace('"t-1"', '"2025-01-07 ana 11.0000 t-1"')
    )
    billing = bill(tmp_path, HOURLY, facts + second, "2025-02-28")
    assert (billing.drafts, codes(billing)) == ([], [])


def test_more_than_was_invoiced_cannot_be_freed(tmp_path: Path) -> None:
    facts = (
        TWO
        + TWO_LINES
        + credit('line: "Tests"\nentries: "2025-01-08 ana 9.0000 t-2 tests"', "500.00")
    )
    billing = bill(tmp_path, HOURLY, facts, "2025-02-28")
    assert hours(billing) == [("t-2", 5.0)]
    assert codes(billing) == [("error", "credit-exceeds-invoice")]


@pytest.mark.parametrize(
    ("amounts", "found"),
    [
        (["500.00"], []),
        (["500.01"], [("error", "credit-exceeds-invoice")]),
        (["300.00", "200.00"], []),
        (["300.00", "200.01"], [("error", "credit-exceeds-invoice")]),
    ],
)
def test_credits_of_a_line_are_at_most_the_line(
    tmp_path: Path, amounts: list[str], found: list[tuple[str, str]]
) -> None:
    facts = (
        TWO
        + TWO_LINES
        + "".join(
            credit('line: "Tests"\nkind: "time"', amount, f"C{number}")
            for number, amount in enumerate(amounts)
        )
    )
    assert codes(bill(tmp_path, HOURLY, facts, "2025-02-28")) == found


def test_credits_are_at_most_the_invoice(tmp_path: Path) -> None:
    facts = TWO + TWO_LINES + credit("", "1000.01")
    billing = bill(tmp_path, HOURLY, facts, "2025-02-28")
    (found,) = billing.findings
    assert (found.severity, found.code) == ("error", "credit-exceeds-invoice")
    assert (found.project, found.amount) == ("APP", Decimal("0.01"))
    whole = TWO + TWO_LINES + credit("", "1000.00")
    assert codes(bill(tmp_path, HOURLY, whole, "2025-02-28")) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('  corrects: "I1"\n', ""),
        ('corrects: "I1"', 'corrects: "I9"'),
        ("Assets:Receivable:ACME", "Assets:Receivable:BOLT"),
    ],
    ids=["none", "unknown", "another client"],
)
def test_a_credit_note_names_an_invoice_of_its_client(tmp_path: Path, old: str, new: str) -> None:
    firm = FIRM.replace("people:", "  bolt: {name: BOLT AG}\npeople:")
    note = credit("", "100.00").replace(old, new)
    facts = "2020-01-01 open Assets:Receivable:BOLT\n" + TWO + TWO_LINES + note
    assert codes(bill(tmp_path, HOURLY, facts, "2025-02-28", firm)) == [
        ("error", "credit-unlinked")
    ]


def test_a_credited_milestone_is_billed_again_as_far_as_it_was_credited(tmp_path: Path) -> None:
    done = progress_text("2025-01-20", 100, project="APP", milestone="M1")
    invoice = """\
2025-01-31 * "ACME Corp" "I1" #invoice ^I1
  invoice: "I1"
  project: "APP"
  draft: "APP/milestone/2025-01-20"
  Assets:Receivable:ACME   400.00 EUR
  Income:Services:APP     -400.00 EUR
    kind: "milestone"
    milestone: "M1"
    basis: 400.00 EUR
"""
    facts = done + invoice + credit('milestone: "M1"\nkind: "milestone"', "150.00")
    billing = bill(tmp_path, FIXED, facts, "2025-02-28")
    assert [str(draft.net) for draft in billing.drafts] == ["150.00"]
    assert billing.positions["APP"].billed == Decimal("250.00")


def test_a_void_frees_all_and_keeps_its_number(tmp_path: Path) -> None:
    void = """\
2025-02-03 * "ACME Corp" "I1 void" #void ^I1
  corrects: "I1"
  reason: "Wrong address"
  Assets:Receivable:ACME  -1000.00 EUR
  Income:Services:APP      1000.00 EUR
"""
    numbered = TWO_LINES.replace('"I1"', '"INV-2025-0001"').replace("^I1", "^INV-2025-0001")
    void = void.replace('"I1"', '"INV-2025-0001"').replace("^I1", "^INV-2025-0001")
    others = "".join(
        f'{day} * "ACME Corp" "{number}" #invoice ^{number}\n  invoice: "{number}"\n'
        '  project: "APP"\n  Assets:Receivable:ACME  1.00 EUR\n  Income:Services:APP  -1.00 EUR\n'
        for day, number in (("2025-01-30", "INV-2025-0000"), ("2025-02-02", "INV-2025-0002"))
    )
    facts = TWO + numbered + void + others
    before = bill(tmp_path / "before", HOURLY, facts, "2025-02-02")
    assert (before.drafts, codes(before)) == ([], [])
    billing = bill(tmp_path, HOURLY, facts, "2025-02-28")
    assert hours(billing) == [("t-1", 5.0), ("t-2", 5.0)]
    assert codes(billing) == []
    assert billing.positions["APP"].open == Decimal("2.00")


def test_a_voided_credit_note_frees_nothing(tmp_path: Path) -> None:
    note = credit('entries: "2025-01-08 ana 5.0000 t-2 tests"', "500.00")
    void = """\
2025-02-07 * "ACME Corp" "C1 void" #void ^C1
  corrects: "C1"
  Assets:Receivable:ACME   500.00 EUR
  Income:Services:APP     -500.00 EUR
"""
    billing = bill(tmp_path, HOURLY, TWO + TWO_LINES + note + void, "2025-02-28")
    assert (billing.drafts, codes(billing)) == ([], [])
    assert billing.positions["APP"].billed == Decimal("1000.00")


def test_a_credited_entry_that_shrinks_is_found_below_what_is_still_invoiced(
    tmp_path: Path,
) -> None:
    note = credit('line: "Tests"\nentries: "2025-01-08 ana 2.0000 t-2 tests"', "200.00")
    shorter = worked("t-1", "2025-01-07", 5, task="build")
    shorter += worked("t-2", "2025-01-08", 2.5, task="tests")
    billing = bill(tmp_path, HOURLY, shorter + TWO_LINES + note, "2025-02-28")
    changed = [found for found in billing.findings if found.code == "invoiced-entry-changed"]
    assert [(found.id, str(found.amount)) for found in changed] == [("t-2", "-50.00")]
    assert billing.drafts == []


@pytest.mark.parametrize("final", ["", "  final: TRUE\n"])
@pytest.mark.parametrize("end", ["", "end: 2025-01-31\n"])
def test_what_is_freed_after_the_final_invoice_is_billed_again(
    tmp_path: Path, final: str, end: str
) -> None:
    note = credit('line: "Tests"\nentries: "2025-01-08 ana 2.0000 t-2 tests"', "200.00")
    invoice = TWO_LINES.replace("  net: 1000", f"{final}  net: 1000")
    billing = bill(tmp_path, HOURLY + end, TWO + invoice + note, "2025-03-31")
    assert hours(billing) == [("t-2", 2.0)]
    assert codes(billing) == []


def test_a_credit_of_a_joint_invoice_belongs_to_the_project_of_its_line(tmp_path: Path) -> None:
    invoice = """\
2025-01-31 * "ACME Corp" "I1" #invoice ^I1
  invoice: "I1"
  Assets:Receivable:ACME   300.00 EUR
  Income:Services:APP     -100.00 EUR
    project: "APP"
    line: "App"
    kind: "time"
    entries: "2025-01-07 ana 1.0000 t-1"
  Income:Services:WEB     -200.00 EUR
    project: "WEB"
    line: "Web"
    kind: "time"
    entries: "2025-01-08 ana 2.0000 w-1"
"""
    note = credit('line: "Web"\nentries: "2025-01-08 ana 2.0000 w-1"', "200.00")
    note = note.replace('  project: "APP"\n', "").replace("Services:APP", "Services:WEB")
    facts = worked("t-1", "2025-01-07", 1) + worked("w-1", "2025-01-08", 2, project="WEB")
    contracts = {"APP": HOURLY, "WEB": HOURLY.replace("APP", "WEB")}
    ledger = write_ledger(tmp_path, "2025-02-28", contracts=contracts, facts=facts + invoice + note)
    billing = open_book(str(ledger)).billing
    assert [(draft.project, str(draft.net)) for draft in billing.drafts] == [("WEB", "200.00")]
    assert {name: str(one.billed) for name, one in billing.positions.items()} == {
        "APP": "100.00",
        "WEB": "0.00",
    }
