"""Finding the invoices that bank transactions pay, and writing the links where they stand."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING
from typing import Any

import pytest
from click.testing import CliRunner

from projbill_beancount.book import open_book
from projbill_beancount.cli import main
from projbill_beancount.invoicing.similar import names_client
from projbill_beancount.invoicing.similar import names_number
from tests.ledgers import load
from tests.ledgers import run
from tests.payment_books import FIRM
from tests.payment_books import books
from tests.payment_books import invoice
from tests.payment_books import paid
from tests.payment_books import told

if TYPE_CHECKING:
    from pathlib import Path

AS_OF = "2025-07-31"
FIRST = invoice("INV-2025-0001", "2025-05-31", "1000.00", due="2025-09-30")
SECOND = invoice("INV-2025-0002", "2025-06-01", "500.00", due="2025-09-30")
THIRD = invoice("INV-2025-0003", "2025-06-02", "250.00", due="2025-09-30", project="ELM-1")
INVOICES = FIRST + SECOND + THIRD
UNMATCHED = "2020-01-01 open Equity:Unmatched\n"


def match(ledger: Path, *args: str) -> Any:
    """The JSON of `projbill match`."""
    return json.loads(run(ledger, AS_OF, "--format", "json", "match", *args))


def found(ledger: Path, *args: str) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """What transactions pay: how it was found, of whom, invoices with amounts."""
    return [
        (
            one["how"],
            one["client"],
            [(part["invoice"], part["amount"]) for part in one["invoices"]],
        )
        for one in match(ledger, "--dry-run", *args)["matches"]
    ]


def unclear(ledger: Path, *args: str) -> list[tuple[str, list[list[str]]]]:
    """What is left to a person: amounts with what they could be for."""
    one = match(ledger, "--dry-run", *args)
    assert one["matches"] == []
    return [(each["amount"], each["candidates"]) for each in one["unmatched"]]


def settled(ledger: Path) -> tuple[list[tuple[str, str, str]], dict[str, str]]:
    """The findings, and what is open by project; Beancount has no errors."""
    assert load(ledger).foreign == []
    book = open_book(str(ledger))
    positions = book.billing.positions
    return told(book), {name: str(positions[name].open) for name in positions}


def bank(text: str, amount: str, *, day: str = "2025-07-10", client: str = "OAK") -> str:
    """A credit of a receivable without reference."""
    return paid(day, amount, client=client).replace('"Payment"', f'"{text}"')


def waiting(text: str, amount: str, *, flag: str = "!", payee: str = "") -> str:
    """What an importer writes of money whose other side is unknown."""
    return (
        f'2025-07-10 {flag} "{payee}" "{text}"\n  Assets:Bank  {amount} EUR\n'
        f"  Equity:Unmatched  -{amount} EUR\n"
    )


@pytest.mark.parametrize(
    "text",
    [
        "Invoice INV-2025-0001, thank you",
        "inv 2025 0001",
        "INV20250001",
        "INV 2025/1",
        "RE:INV-2025-0001.",
    ],
)
def test_a_number_in_the_text_comes_first(tmp_path: Path, text: str) -> None:
    # 500.00 would be the second invoice by its amount.
    ledger = books(tmp_path, INVOICES + bank(text, "500.00"), AS_OF)
    assert found(ledger) == [("number", "oak", [("INV-2025-0001", "500.00")])]
    (one,) = match(ledger, "--dry-run")["matches"]
    assert one["note"] == "1000.00 EUR are open on it"


@pytest.mark.parametrize(
    ("text", "number", "named"),
    [
        ("INV-10", "INV-1", False),
        ("XINV-1", "INV-1", False),
        ("INV-1 and INV-2", "INV-2", True),
        ("INV 1", "INV-0001", True),
        ("INV-20251", "INV-2025-0001", False),
        ("2025-01", "2025-1", True),
        ("rechnung inv_2025_0001", "INV-2025-0001", True),
        ("", "INV-1", False),
    ],
)
def test_numbers_in_texts(text: str, number: str, named: bool) -> None:
    assert names_number(text, number) is named


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Oak Energy", True),
        ("OAK ENERGY EG, Berlin", True),
        ("oak", True),
        ("Oakland eG", False),
        ("eG", False),
        ("Elm Press", False),
    ],
)
def test_names_in_texts(text: str, named: bool) -> None:
    assert names_client(text, ("oak", "Oak Energy eG")) is named


def test_then_the_amount_then_sums(tmp_path: Path) -> None:
    ledger = books(tmp_path, INVOICES + bank("Thanks", "500.00"), AS_OF)
    assert found(ledger) == [("amount", "oak", [("INV-2025-0002", "500.00")])]
    ledger = books(tmp_path, INVOICES + bank("Thanks", "1500.00"), AS_OF)
    assert found(ledger) == [
        ("sum", "oak", [("INV-2025-0001", "1000.00"), ("INV-2025-0002", "500.00")])
    ]


@pytest.mark.parametrize("amount", ["250.00", "499.99", "1250.00", "3000.00"])
def test_an_amount_of_nothing_is_not_guessed(tmp_path: Path, amount: str) -> None:
    ledger = books(tmp_path, INVOICES + bank("Thanks", amount), AS_OF)
    assert unclear(ledger) == [(amount, [])]


def test_what_could_be_for_several_is_shown(tmp_path: Path) -> None:
    twin = SECOND.replace("0002", "0004")
    ledger = books(tmp_path, INVOICES + twin + bank("Thanks", "500.00"), AS_OF)
    assert unclear(ledger) == [("500.00", [["INV-2025-0002"], ["INV-2025-0004"]])]
    ledger = books(tmp_path, INVOICES + twin + bank("Thanks", "1500.00"), AS_OF)
    ((_, sums),) = unclear(ledger)
    assert sorted(sums) == [
        ["INV-2025-0001", "INV-2025-0002"],
        ["INV-2025-0001", "INV-2025-0004"],
    ]


def test_two_transactions_for_one_invoice_are_shown(tmp_path: Path) -> None:
    twice = bank("Thanks", "500.00") + bank("Thanks again", "500.00", day="2025-07-11")
    ledger = books(tmp_path, INVOICES + twice, AS_OF)
    assert unclear(ledger) == [("500.00", [["INV-2025-0002"]])] * 2


def test_a_number_takes_its_invoice_away_from_others(tmp_path: Path) -> None:
    both = bank("Thanks", "1000.00") + bank("INV-2025-0001", "1000.00", day="2025-07-11")
    ledger = books(tmp_path, INVOICES + both, AS_OF)
    one = match(ledger, "--dry-run")
    assert [each["invoices"][0]["invoice"] for each in one["matches"]] == ["INV-2025-0001"]
    assert [each["date"] for each in one["unmatched"]] == ["2025-07-10"]


def test_an_invoice_of_a_later_day_is_not_paid_by_its_amount(tmp_path: Path) -> None:
    ledger = books(tmp_path, INVOICES + bank("Thanks", "500.00", day="2025-05-31"), AS_OF)
    assert unclear(ledger) == [("500.00", [])]


def test_a_number_that_is_paid_is_for_nothing_else(tmp_path: Path) -> None:
    facts = INVOICES + paid("2025-07-01", "1000.00", "^INV-2025-0001")
    ledger = books(tmp_path, facts + bank("INV-2025-0001", "500.00"), AS_OF)
    assert unclear(ledger) == [("500.00", [])]
    (one,) = match(ledger, "--dry-run")["unmatched"]
    assert one["why"] == "it names INV-2025-0001, on which nothing is open"


def test_several_numbers_whose_sum_is_another(tmp_path: Path) -> None:
    text = "INV-2025-0001 and INV-2025-0002"
    ledger = books(tmp_path, INVOICES + bank(text, "1400.00"), AS_OF)
    assert unclear(ledger) == [("1400.00", [["INV-2025-0001"], ["INV-2025-0002"]])]
    ledger = books(tmp_path, INVOICES + bank(text, "1500.00"), AS_OF)
    assert found(ledger) == [
        ("number", "oak", [("INV-2025-0001", "1000.00"), ("INV-2025-0002", "500.00")])
    ]


def test_money_whose_other_side_waits(tmp_path: Path) -> None:
    facts = UNMATCHED + INVOICES
    named = waiting("INV-2025-0003", "100.00")
    ledger = books(tmp_path, facts + named, AS_OF)
    assert found(ledger) == [("number", "elm", [("INV-2025-0003", "100.00")])]
    by_name = waiting("Thank you", "250.00", payee="ELM PRESS SARL")
    ledger = books(tmp_path, facts + by_name, AS_OF)
    assert found(ledger) == [("amount", "elm", [("INV-2025-0003", "250.00")])]
    ledger = books(tmp_path, facts + waiting("Thank you", "249.00", payee="Elm Press"), AS_OF)
    assert unclear(ledger) == [("249.00", [])]
    ledger = books(tmp_path, facts + waiting("Thank you", "250.00", payee="Someone"), AS_OF)
    assert unclear(ledger) == []
    assert unclear(ledger, "--account", "Equity:Unmatched") == [("250.00", [])]


def test_without_the_flag_the_account_is_to_be_named(tmp_path: Path) -> None:
    facts = UNMATCHED + INVOICES + waiting("INV-2025-0003", "250.00", flag="*")
    ledger = books(tmp_path, facts, AS_OF)
    assert match(ledger, "--dry-run")["unmatched"] == found(ledger) == []
    assert found(ledger, "--account", "Equity:Unmatched") == [
        ("number", "elm", [("INV-2025-0003", "250.00")])
    ]
    assert found(ledger, "--account", "Equity:Unmatched", "oak") == []


def test_an_account_that_is_not_there_is_refused(tmp_path: Path) -> None:
    ledger = books(tmp_path, UNMATCHED + INVOICES, AS_OF)
    run(ledger, AS_OF, "match", "--dry-run", "--account", "Equity:Unmached", status=2)


def test_a_closed_period_stays_as_it_is(tmp_path: Path) -> None:
    facts = UNMATCHED + INVOICES + waiting("INV-2025-0003", "250.00") + bank("Thanks", "500.00")
    ledger = books(tmp_path, facts, AS_OF, FIRM + "closed-until: 2025-07-10\n")
    # A link changes no balance; another account does.
    one = match(ledger, "--dry-run")
    assert [each["invoices"][0]["invoice"] for each in one["matches"]] == ["INV-2025-0002"]
    assert [each["why"] for each in one["unmatched"]] == ["the books are closed until 2025-07-10"]


BANK = """\
; the bank's file
2025-07-09 * "OAK" "Refund; of what" #bank ; a note with "quotes"
  Assets:Bank                  1.00 EUR
  Equity:Unmatched

2025-07-10 * "OAK" "INV-2025-0001;
  two lines" #bank  ; comment ^X
  source: "bank"
  Assets:Bank                  1000.00 EUR
  Assets:Receivable:OAK  ; nothing said

2025-07-11 * "Elm" "Thank you"
  Assets:Bank                   250.00 EUR
  Assets:Receivable:ELM        -250.00 EUR
    who: "elm"
"""


def bank_file(folder: Path, text: str, *, crlf: bool = False) -> Path:
    """A ledger with a bank's file of its own; returns that file."""
    ledger = books(folder, UNMATCHED + INVOICES, AS_OF)
    path = folder / "bank.beancount"
    path.write_bytes(text.replace("\n", "\r\n" if crlf else "\n").encode())
    ledger.write_text(ledger.read_text() + 'include "bank.beancount"\n')
    return path


@pytest.mark.parametrize("crlf", [False, True])
def test_only_the_lines_of_the_links_change(tmp_path: Path, crlf: bool) -> None:
    path = bank_file(tmp_path, BANK, crlf=crlf)
    ledger = tmp_path / "main.beancount"
    one = match(ledger, "--yes")
    assert [each["linked"] for each in one["matches"]] == [True, True]
    expected = BANK.replace('two lines" #bank  ;', 'two lines" #bank ^INV-2025-0001  ;').replace(
        '"Thank you"', '"Thank you" ^INV-2025-0003'
    )
    assert path.read_bytes().decode() == expected.replace("\n", "\r\n" if crlf else "\n")
    assert settled(ledger) == ([], {"OAK-1": "500.00", "OAK-2": "0.00", "ELM-1": "0.00"})
    assert match(ledger, "--yes")["matches"] == []


SUM = """\
2025-07-11 * "Oak" "Thank you" ^bank-7
  Assets:Bank                   1500.00 EUR
  Assets:Receivable:OAK        -1500.00 EUR  ; both
    who: "oak"
"""
DIVIDED = """\
2025-07-11 * "Oak" "Thank you" ^bank-7
  Assets:Bank                   1500.00 EUR
  Assets:Receivable:OAK        -1000.00 EUR
    invoice: "INV-2025-0001"
  Assets:Receivable:OAK         -500.00 EUR  ; both
    invoice: "INV-2025-0002"
    who: "oak"
"""


@pytest.mark.parametrize("end", ["", "\n"])
def test_a_payment_of_several_is_divided(tmp_path: Path, end: str) -> None:
    path = bank_file(tmp_path, SUM.removesuffix("\n") + end)
    match(tmp_path / "main.beancount", "--yes")
    assert path.read_text() == DIVIDED.removesuffix("\n") + end
    assert settled(tmp_path / "main.beancount")[1]["OAK-1"] == "0.00"


def test_an_amount_that_is_left_out_is_divided_too(tmp_path: Path) -> None:
    path = bank_file(tmp_path, SUM.replace("        -1500.00 EUR  ; both", ""))
    match(tmp_path / "main.beancount", "--yes")
    assert "OAK  -1000.00 EUR\n    invoice" in path.read_text()
    assert settled(tmp_path / "main.beancount")[1]["OAK-1"] == "0.00"


def test_an_amount_that_is_computed_is_left_to_a_person(tmp_path: Path) -> None:
    text = SUM.replace("-1500.00 EUR  ; both", "-(1000.00 + 500.00) EUR")
    path = bank_file(tmp_path, text)
    run(tmp_path / "main.beancount", AS_OF, "match", "--yes", status=2)
    assert path.read_text() == text


def test_links_to_several_are_allocated_on_postings(tmp_path: Path) -> None:
    text = SUM.replace("^bank-7", "^INV-2025-0001 ^INV-2025-0002")
    path = bank_file(tmp_path, text)
    match(tmp_path / "main.beancount", "--yes")
    assert path.read_text() == DIVIDED.replace("^bank-7", "^INV-2025-0001 ^INV-2025-0002")
    findings, open_ = settled(tmp_path / "main.beancount")
    assert (findings, open_["OAK-1"]) == ([], "0.00")


def test_two_clients_of_one_transaction(tmp_path: Path) -> None:
    text = (
        '2025-07-11 * "Collected"\n  Assets:Bank  750.00 EUR\n'
        "  Assets:Receivable:OAK  -500.00 EUR\n  Assets:Receivable:ELM  -250.00 EUR\n"
    )
    path = bank_file(tmp_path, text)
    match(tmp_path / "main.beancount", "--yes")
    assert path.read_text() == (
        '2025-07-11 * "Collected"\n  Assets:Bank  750.00 EUR\n'
        '  Assets:Receivable:OAK  -500.00 EUR\n    invoice: "INV-2025-0002"\n'
        '  Assets:Receivable:ELM  -250.00 EUR\n    invoice: "INV-2025-0003"\n'
    )
    assert settled(tmp_path / "main.beancount")[1] == {
        "OAK-1": "1000.00",
        "OAK-2": "0.00",
        "ELM-1": "0.00",
    }


def test_the_account_that_waits_becomes_the_clients(tmp_path: Path) -> None:
    text = waiting("INV-2025-0003", "250.00")
    path = bank_file(tmp_path, text)
    match(tmp_path / "main.beancount", "--yes")
    assert path.read_text() == text.replace(
        "  Equity:Unmatched  -250.00 EUR\n",
        '  Assets:Receivable:ELM  -250.00 EUR\n    invoice: "INV-2025-0003"\n',
    )
    assert settled(tmp_path / "main.beancount")[1]["ELM-1"] == "0.00"


def test_what_would_not_load_is_refused(tmp_path: Path) -> None:
    path = bank_file(tmp_path, waiting("INV-2025-0003", "250.00"))
    facts = tmp_path / "facts.beancount"
    closing = "2025-07-05 balance Equity:Unmatched  0.00 EUR\n"
    closing += "2025-07-12 balance Equity:Unmatched  -250.00 EUR\n"
    facts.write_text(facts.read_text() + closing)
    before = path.read_bytes()
    assert load(tmp_path / "main.beancount").foreign == []
    run(tmp_path / "main.beancount", AS_OF, "match", "--yes", status=2)
    assert path.read_bytes() == before


def test_nothing_is_written_without_a_yes(tmp_path: Path) -> None:
    path = bank_file(tmp_path, BANK)
    ledger = tmp_path / "main.beancount"
    for args in (
        ("match", "--dry-run"),
        ("--format", "json", "match"),
        ("--format", "csv", "match"),
    ):
        run(ledger, AS_OF, *args)
        assert path.read_text() == BANK
    shown = run(ledger, AS_OF, "match", "--dry-run")
    assert "pays INV-2025-0001 1000.00 of oak: its number is in the text" in shown
    assert shown.splitlines()[-1] == "0 linked (dry run), 2 proposed, 0 without a match"


def test_each_is_asked_for(tmp_path: Path) -> None:
    path = bank_file(tmp_path, BANK)
    arguments = ["-f", str(tmp_path / "main.beancount"), "--as-of", AS_OF, "match"]
    result = CliRunner().invoke(main, arguments, input="n\ny\n")
    assert result.exit_code == 0
    assert path.read_text() == BANK.replace('"Thank you"', '"Thank you" ^INV-2025-0003')
    assert result.stdout.splitlines()[-1] == "1 linked, 1 proposed, 0 without a match"
    result = CliRunner().invoke(main, arguments, input="")
    assert (result.exit_code, "0 linked, 1 proposed" in result.stdout) == (0, True)


def test_rows_for_a_spreadsheet(tmp_path: Path) -> None:
    facts = INVOICES + bank("Thanks", "1500.00") + bank("Thanks", "3.00", day="2025-07-12")
    ledger = books(tmp_path, facts, AS_OF)
    text = run(ledger, AS_OF, "--format", "csv", "match")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["date"], row["how"], row["invoices"], row["linked"]) for row in rows] == [
        ("2025-07-10", "sum", "INV-2025-0001 INV-2025-0002", "false"),
        ("2025-07-12", "", "", "false"),
    ]
