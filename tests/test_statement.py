"""A client's statement of account: every movement of the receivable, with a running balance."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

from tests.ledgers import ask
from tests.ledgers import run
from tests.payment_books import books
from tests.payment_books import credit
from tests.payment_books import invoice
from tests.payment_books import paid
from tests.payment_books import void

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

AS_OF = "2025-07-31"
FACTS = (
    invoice("INV-1", "2025-05-31", "1000.00", due="2025-06-30")
    + invoice("INV-2", "2025-06-01", "500.00", due="2025-07-01", project="OAK-2")
    + invoice("INV-3", "2025-06-01", "9.00", due="2025-07-01", project="ELM-1")
    + credit("CN-1", "2025-06-05", "120.00", "INV-1")
    + paid("2025-06-15", "400.00", "^INV-1")
    + paid("2025-06-20", "300.00")
    + invoice("INV-4", "2025-06-20", "70.00", due="2025-07-20")
    + void("INV-4", "2025-06-21", "70.00")
    + paid("2025-07-02", "510.00", "^INV-2")
    + paid("2025-07-03", "-10.00", "^INV-2")
    + paid("2025-08-01", "1.00", "^INV-1")
)
LINES = [
    ("2025-05-31", "invoice", "INV-1", "1000.00", None, "1000.00"),
    ("2025-06-01", "invoice", "INV-2", "500.00", None, "1500.00"),
    ("2025-06-05", "credit-note", "CN-1", None, "120.00", "1380.00"),
    ("2025-06-15", "payment", "INV-1", None, "400.00", "980.00"),
    ("2025-06-20", "invoice", "INV-4", "70.00", None, "1050.00"),
    ("2025-06-20", "payment", None, None, "300.00", "750.00"),
    ("2025-06-21", "void", "INV-4", None, "70.00", "680.00"),
    ("2025-07-02", "payment", "INV-2", None, "510.00", "170.00"),
    ("2025-07-03", "debit", "INV-2", "10.00", None, "180.00"),
]
KEYS = ("date", "kind", "document", "debit", "credit", "balance")


def statement(ledger: Path, *args: str) -> Any:
    """The JSON of `projbill statement`."""
    return json.loads(run(ledger, AS_OF, "--format", "json", "statement", "oak", *args))


def test_a_statement_has_every_movement_with_a_running_balance(tmp_path: Path) -> None:
    found = statement(books(tmp_path, FACTS, AS_OF))
    assert (found["as-of"], found["client"], found["name"]) == (AS_OF, "oak", "Oak Energy eG")
    (euros,) = found["statements"]
    assert (euros["currency"], euros["opening"], euros["closing"]) == ("EUR", "0.00", "180.00")
    assert [tuple(line[key] for key in KEYS) for line in euros["lines"]] == LINES
    assert euros["lines"][0]["due"] == "2025-06-30"
    assert [(one["invoice"], one["open"], one["days"]) for one in euros["open"]] == [
        ("INV-1", "480.00", 31)
    ]
    assert euros["credits"] == "-300.00"


def test_a_statement_from_a_day_begins_with_the_balance(tmp_path: Path) -> None:
    ledger = books(tmp_path, FACTS, AS_OF)
    (euros,) = statement(ledger, "--from", "2025-06-20")["statements"]
    assert (euros["opening"], euros["closing"]) == ("980.00", "180.00")
    assert [tuple(line[key] for key in KEYS) for line in euros["lines"]] == LINES[4:]
    (euros,) = statement(ledger, "--from", "2025-07-31")["statements"]
    assert (euros["opening"], euros["lines"], euros["closing"]) == ("180.00", [], "180.00")


def test_its_end_is_the_balance_of_the_ages(tmp_path: Path) -> None:
    ledger = books(tmp_path, FACTS, AS_OF)
    (_, client) = ask(ledger, AS_OF, "ageing")[0]["clients"]
    assert client["balance"] == statement(ledger)["statements"][0]["closing"]


def test_a_statement_for_people(tmp_path: Path) -> None:
    ledger = books(tmp_path, FACTS, AS_OF)
    text = run(ledger, AS_OF, "statement", "oak", "--from", "2025-07-01")
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert lines[0] == ("Northlight IT GmbH – statement of account for Oak Energy eG, 2025-07-31")
    assert lines[4:8] == [
        "2025-07-01 Opening balance 680.00",
        "2025-07-02 Payment INV-2 Payment 510.00 170.00",
        "2025-07-03 Debit INV-2 Payment 10.00 180.00",
        "2025-07-31 Balance in EUR 180.00",
    ]
    assert any(line.startswith("oak INV-1 2025-05-31 2025-06-30 31 ") for line in lines)
    rows = list(
        csv.DictReader(
            io.StringIO(
                run(ledger, AS_OF, "--format", "csv", "statement", "oak", "--from", "2025-07-01")
            )
        )
    )
    assert [(row["kind"], row["balance"]) for row in rows] == [
        ("opening", "680.00"),
        ("payment", "170.00"),
        ("debit", "180.00"),
    ]


def test_what_cannot_be_stated_is_refused(tmp_path: Path) -> None:
    ledger = books(tmp_path, "", AS_OF)
    assert (
        run(ledger, AS_OF, "statement", "oak") == "Nothing was invoiced to oak up to 2025-07-31.\n"
    )
    run(ledger, AS_OF, "statement", "oka", status=2)
    run(ledger, AS_OF, "statement", "oak", "--from", "2025-08-01", status=2)
