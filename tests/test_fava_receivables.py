"""The page of receivables and the statements: the command line's numbers, and what is behind them."""

from __future__ import annotations

import json
import re
import shutil
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

import pytest

from projbill_beancount.book import open_book
from tests.fava_tables import Pages
from tests.fava_tables import Table
from tests.fava_tables import tables
from tests.fava_tables import text_of
from tests.fava_tables import the_table
from tests.ledgers import ask
from tests.ledgers import run
from tests.payment_books import OPEN
from tests.payment_books import books
from tests.payment_books import credit
from tests.payment_books import invoice
from tests.payment_books import paid
from tests.payment_books import void

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Sequence

AS_OF = "2025-07-31"
RETAINED = """\
2025-06-02 * "Oak" "INV-5 certificate <1>" #invoice ^INV-5
  invoice: "INV-5"
  project: "OAK-2"
  due: 2025-07-02
  Assets:Receivable:OAK    1800.00 EUR
  Assets:Retention:OAK      200.00 EUR
  Income:Services:OAK-2   -2000.00 EUR
"""
FROM_DEPOSIT = """\
2025-05-02 * "Oak" "On account"
  Assets:Bank              700.00 EUR
  Liabilities:Deposits:OAK -700.00 EUR
2025-07-05 * "Oak" "INV-6" #invoice ^INV-6
  invoice: "INV-6"
  project: "OAK-1"
  due: 2025-07-31
  Liabilities:Deposits:OAK  150.00 EUR
  Assets:Receivable:OAK     450.00 EUR
  Income:Services:OAK-1    -600.00 EUR
"""
CHARGED = """\
2025-07-06 * "Elm" "Reminder fee evil <script>alert(1)</script>"
  Assets:Receivable:ELM  5.00 EUR
  Income:Services:ELM-1 -5.00 EUR
"""
#: Every age in euros; dollars, yen; what is paid too much, on nothing, before; a credit alone.
FACTS = (
    invoice("INV-1", "2025-05-31", "1000.00", due="2025-06-30")
    + credit("CN-1", "2025-06-05", "120.00", "INV-1")
    + paid("2025-06-15", "400.00", "^INV-1")
    + invoice("INV-2", "2025-03-01", "500.00", due="2025-03-31", project="OAK-2")
    + invoice("INV-3", "2025-04-01", "90.00", due="2025-05-20", project="ELM-1")
    + invoice("INV-4", "2025-06-20", "70.00", due="2025-07-20")
    + void("INV-4", "2025-06-21", "70.00")
    + RETAINED
    + FROM_DEPOSIT
    + CHARGED
    + invoice("INV-7", "2025-05-02", "60.00", due="2025-06-01", project="ELM-1")
    + paid("2025-06-20", "300.00", client="ELM", meta='    invoice: "INV-99"\n')
    + invoice("INV-8", "2025-07-01", "10.00", due="2025-08-01")
    + paid("2025-07-02", "25.00", "^INV-8")
    + invoice("INV-9", "2025-07-01", "1234567.89", due="2025-08-15", currency="USD")
    + paid("2025-07-09", "34567.89", "^INV-9", currency="USD")
    + invoice("INV-10", "2025-01-01", "98000", due="2025-01-31", currency="JPY", project="ELM-1")
    + invoice("INV-11", "2025-06-01", "33.00", due="2025-07-01", currency="USD", project="ELM-1")
    + paid("2025-06-02", "33.00", "^INV-11", currency="USD", client="ELM")
    + paid("2025-08-01", "1.00", "^INV-1")
)
EXAMPLE = Path(__file__).parent.parent / "example-ledger"


def of_many(folder: Path) -> tuple[Path, str]:
    """Books with several currencies, a deposit, a retention, and payments of all kinds."""
    return books(folder, FACTS, AS_OF), AS_OF


def of_example(folder: Path) -> tuple[Path, str]:
    """A copy of the example."""
    ignored = shutil.ignore_patterns("__pycache__", ".*", "exports")
    shutil.copytree(EXAMPLE, folder, dirs_exist_ok=True, ignore=ignored)
    return folder / "main.beancount", "2026-04-30"


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Pages:
    """The pages of the books with several currencies; no test changes them."""
    return Pages(of_many(tmp_path_factory.mktemp("many"))[0])


@pytest.mark.parametrize("write", [of_many, of_example])
def test_ages_are_those_of_the_command_line(
    tmp_path: Path, write: Callable[[Path], tuple[Path, str]]
) -> None:
    ledger, as_of = write(tmp_path)
    shown = Pages(ledger).page("receivables")
    told = ask(ledger, as_of, "ageing")
    names = open_book(str(ledger)).terms.firm.clients
    by_client = tables(shown, "projbill-by-client")
    assert len(by_client) == len(told)
    for one, table in zip(told, by_client, strict=True):
        keys = _keys(table)
        expected = [[client[key] for key in keys] for client in _flat(one)]
        assert [list(row[1:]) for row in table.rows] == expected
        assert [row[0] for row in table.rows] == [names[c["client"]].name for c in one["clients"]]
        if len(expected) > 1:
            sums = [sum(map(Decimal, column)) for column in zip(*expected, strict=True)]
            assert [list(map(Decimal, row[1:])) for row in table.foot] == [sums]
    items = [row for table in tables(shown, "projbill-items") for row in table.columns(*TITLES)]
    invoices = [item for one in told for c in one["clients"] for item in c["invoices"]]
    expected_items = [
        tuple(str(item[key]) for key in KEYS) for item in invoices if Decimal(item["open"])
    ]
    assert sorted(items) == sorted(expected_items)
    loose = [row for table in tables(shown, "projbill-loose") for row in table.columns("Amount")]
    unapplied = [-Decimal(p["amount"]) for o in told for c in o["clients"] for p in c["unapplied"]]
    credits_ = [-Decimal(item["credit"]) for item in invoices if Decimal(item["credit"])]
    assert sorted(Decimal(amount) for (amount,) in loose) == sorted(unapplied + credits_)


TITLES = ("Invoice", "Date", "Due", "Total", "Paid", "Credited", "Open")
KEYS = ("invoice", "date", "due", "total", "paid", "credited", "open")


def _keys(table: Table) -> list[str]:
    """What the JSON calls the columns after the client's name."""
    keys = ["not-due", "1-30", "31-60", "61-90", "90+", "credits"]
    keys += ["unregistered"] * ("No invoice" in table.titles)
    return [*keys, "balance", *["retained"] * ("Kept back" in table.titles)]


def _flat(one: dict[str, Any]) -> list[dict[str, str]]:
    return [{**client, **client["by-bucket"]} for client in one["clients"]]


def test_ages_columns_and_sums_are_right(many: Pages) -> None:
    euros, yen, dollars = tables(many.page("receivables"), "projbill-by-client")
    assert [" ".join(row) for row in euros.rows] == [
        "Elm Press SARL 0.00 0.00 60.00 90.00 0.00 -300.00 5.00 -145.00 0.00",
        "Oak Energy eG 450.00 1800.00 480.00 0.00 500.00 -15.00 0.00 3215.00 200.00",
    ]
    assert yen.rows == [["Elm Press SARL", "0", "0", "0", "0", "98000", "0", "98000"]]
    assert dollars.columns("Client", "Not due") == [("Oak Energy eG", "1200000.00")]
    words = text_of(many.page("receivables"))
    assert "Open on invoices 3380.00 EUR Overdue 2930.00 EUR Credits of clients -315.00" in words
    assert "1–30 days: 1800.00 EUR (53 %)" in words


def test_each_open_invoice_says_since_when_and_where(many: Pages) -> None:
    shown = many.page("receivables")
    days = {row[0]: row[5] for table in tables(shown, "projbill-items") for row in table.rows}
    # longest due first, in each currency
    assert list(days)[:3] == ["INV-2", "INV-3", "INV-7"]
    assert (days["INV-2"], days["INV-6"], days["INV-9"]) == ("122", "today", "in 15 days")
    assert "INV-11" not in days
    assert "/journal/?filter=%5EINV-2" in shown
    assert "page=project&amp;project=OAK-2" in shown
    line = FACTS.partition('"INV-2" #invoice')[0].count("\n") + OPEN.count("\n") + 1
    assert f"facts.beancount&amp;line={line}" in shown


def test_what_is_on_no_invoice_says_why(many: Pages) -> None:
    (loose,) = tables(many.page("receivables"), "projbill-loose")
    assert loose.columns("Client", "What", "Document", "Amount", "Why") == [
        (
            "Elm Press SARL",
            "Payment on no invoice",
            "INV-99",
            "-300.00",
            "it names INV-99, which is not known",
        ),
        ("Elm Press SARL", "No invoice", "", "5.00", "it names no invoice"),
        (
            "Oak Energy eG",
            "Paid or credited too much",
            "INV-8",
            "-15.00",
            "10.00 invoiced, 25.00 paid",
        ),
    ]
    retained = the_table(many.page("receivables"), "projbill-retained")
    assert retained.columns("Invoice", "Kept back") == [("INV-5", "200.00")]


def test_texts_of_people_are_texts(many: Pages) -> None:
    for shown in (many.page("receivables"), many.page("receivables", client="elm")):
        assert "<script>alert" not in shown
        assert "&lt;script&gt;alert(1)&lt;/script&gt;</bdi>" in shown
    unknown = many.page("receivables", client='"><script>alert(2)</script>')
    assert "alert(2)</script>" not in unknown
    assert "No client is called" in unknown


@pytest.mark.parametrize("write", [of_many, of_example])
def test_statements_are_those_of_the_command_line(
    tmp_path: Path, write: Callable[[Path], tuple[Path, str]]
) -> None:
    ledger, as_of = write(tmp_path)
    pages = Pages(ledger)
    stated = 0
    for client in open_book(str(ledger)).terms.firm.clients:
        shown = pages.page("receivables", client=client)
        told = json.loads(run(ledger, as_of, "--format", "json", "statement", client))
        found = tables(shown, "projbill-statement")
        assert len(found) == len(told["statements"])
        for one, table in zip(told["statements"], found, strict=True):
            assert [_line(row) for row in table.rows] == [_told(line) for line in one["lines"]]
            assert table.foot[0][-1] == f"{one['closing']} {one['currency']}"
            stated += len(table.rows)
        opened = [item["invoice"] for one in told["statements"] for item in one["open"]]
        assert [row[0] for table in tables(shown, "projbill-open") for row in table.rows] == opened
    assert stated > 10


def _line(row: Sequence[str]) -> tuple[str, ...]:
    day, what, document, due, _, *amounts = row
    return day, what.lower().replace(" ", "-"), document, due, *amounts


def _told(line: dict[str, Any]) -> tuple[str, ...]:
    keys = ("date", "kind", "document", "due", "debit", "credit", "balance")
    return tuple(line[key] or "" for key in keys)


def test_the_filter_of_time_is_the_statements_period(many: Pages) -> None:
    shown = many.page("receivables", client="oak", time="2025-06 to 2025-06-30")
    ledger = Path(many.app.config["LEDGERS"][many.slug].beancount_file_path)
    told = json.loads(
        run(ledger, "2025-06-30", "--format", "json", "statement", "oak", "--from", "2025-06-01")
    )
    euros = next(one for one in told["statements"] if one["currency"] == "EUR")
    table = tables(shown, "projbill-statement")[0]
    assert table.rows[0] == ["2025-06-01", "Opening balance", euros["opening"]]
    assert [_line(row) for row in table.rows[1:]] == [_told(line) for line in euros["lines"]]
    assert table.foot == [["2025-06-30", "Balance", f"{euros['closing']} EUR"]]
    assert "2025-06-01 – 2025-06-30" in text_of(shown)
    later = many.page("receivables", client="oak", time="2026")
    assert "The books end on 2025-07-31, before the days that the filter asks for." in text_of(
        later
    )


def test_filters_choose_what_is_shown(many: Pages) -> None:
    elm = many.page("receivables", account="Assets:Receivable:ELM")
    assert {row[0] for table in tables(elm, "projbill-by-client") for row in table.rows} == {
        "Elm Press SARL"
    }
    july = many.page("receivables", time="2025-07")
    items = tables(july, "projbill-items")
    assert [row for table in items for row in table.columns("Invoice", "Open")] == [
        ("INV-6", "450.00"),
        ("INV-9", "1200000.00"),
    ]
    one = many.page("receivables", filter="^INV-3")
    assert the_table(one, "projbill-items").columns("Invoice") == [("INV-3",)]
    none = many.page("receivables", time="1999")
    assert "Nothing of what is open is let through by the filters above." in text_of(none)


def test_incognito_shows_no_number(tmp_path: Path) -> None:
    ledger, _ = of_many(tmp_path)
    pages = Pages(ledger, incognito=True)
    for shown in (pages.page("receivables"), pages.page("receivables", client="oak")):
        words = text_of(shown)
        assert "XXXX.XX" in words
        assert not re.search(r"[0-9]+\.[0-9]{2}", words)


def test_nothing_open_is_said(tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    pages = Pages(books(tmp_path / "none", "", AS_OF))
    assert "Nothing is open: every invoice is paid." in text_of(pages.page("receivables"))
    nothing = text_of(pages.page("receivables", client="oak"))
    assert "Nothing was invoiced to Oak Energy eG so far." in nothing
    (tmp_path / "settled").mkdir()
    facts = invoice("INV-1", "2025-05-31", "10.00") + paid("2025-06-15", "10.00", "^INV-1")
    shown = Pages(books(tmp_path / "settled", facts, AS_OF)).page("receivables")
    assert "Statements of clients who owe nothing Oak Energy eG" in text_of(shown)
