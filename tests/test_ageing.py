"""What clients owe by age: tables, data, and that it is what the ledger says on every day."""

from __future__ import annotations

import csv
import io
from datetime import date
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from beancount import loader
from beancount.core import data
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from projbill_beancount.book import open_book
from projbill_beancount.reports.ageing import receivables_of
from tests.ledgers import ask
from tests.ledgers import run
from tests.payment_books import FIRM
from tests.payment_books import books
from tests.payment_books import credit
from tests.payment_books import invoice
from tests.payment_books import opened
from tests.payment_books import paid
from tests.payment_books import void

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AS_OF = "2025-06-30"
TABLE = (
    invoice("a", "2025-06-15", "1200.00", due="2025-07-15")
    + invoice("b", "2025-06-01", "800.00", due="2025-06-30")
    + invoice("c", "2025-05-01", "500.00", due="2025-05-31", project="OAK-2")
    + invoice("d", "2025-04-30", "700.00", due="2025-05-30")
    + invoice("e", "2025-03-01", "1000.00", due="2025-03-31")
    + paid("2025-06-20", "300.00")
)
BUCKETS = ["not-due", "1-30", "31-60", "61-90", "90+"]


def test_the_table_of_ages(tmp_path: Path) -> None:
    (found,) = ask(books(tmp_path, TABLE, AS_OF), AS_OF, "ageing")
    assert (found["as-of"], found["currency"], found["buckets"]) == (AS_OF, "EUR", BUCKETS)
    (client,) = found["clients"]
    assert client["client"] == "oak"
    assert client["by-bucket"] == {
        "not-due": "2000.00",
        "1-30": "500.00",
        "31-60": "700.00",
        "61-90": "0.00",
        "90+": "1000.00",
    }
    assert client["open"] == "4200.00"
    assert (client["credits"], client["balance"]) == ("-300.00", "3900.00")
    assert [
        (one["invoice"], one["due"], one["open"], one["days"], one["bucket"])
        for one in client["invoices"]
    ] == [
        ("e", "2025-03-31", "1000.00", 91, "90+"),
        ("d", "2025-05-30", "700.00", 31, "31-60"),
        ("c", "2025-05-31", "500.00", 30, "1-30"),
        ("b", "2025-06-30", "800.00", 0, "not-due"),
        ("a", "2025-07-15", "1200.00", -15, "not-due"),
    ]
    (unapplied,) = client["unapplied"]
    assert (unapplied["date"], unapplied["amount"]) == ("2025-06-20", "300.00")


@pytest.mark.parametrize(
    ("days", "bucket"),
    [
        (-1, "not-due"),
        (0, "not-due"),
        (1, "1-30"),
        (30, "1-30"),
        (31, "31-60"),
        (60, "31-60"),
        (61, "61-90"),
        (90, "61-90"),
        (91, "90+"),
    ],
)
def test_the_edges_of_the_buckets(tmp_path: Path, days: int, bucket: str) -> None:
    due = date.fromisoformat(AS_OF) - timedelta(days=days)
    ledger = books(tmp_path, invoice("INV-1", "2025-01-01", "1.00", due=str(due)), AS_OF)
    (found,) = ask(ledger, AS_OF, "ageing")
    (one,) = found["clients"][0]["invoices"]
    assert (one["days"], one["bucket"]) == (days, bucket)


def test_without_a_due_date_nothing_is_overdue(tmp_path: Path) -> None:
    ledger = books(tmp_path, invoice("INV-1", "2020-01-01", "1.00"), AS_OF)
    (found,) = ask(ledger, AS_OF, "ageing")
    (one,) = found["clients"][0]["invoices"]
    assert (one["due"], one["days"], one["bucket"]) == (None, None, "not-due")
    assert ask(ledger, AS_OF, "check")["findings"] == []


RETAINED = """\
2025-04-30 * "Oak" "INV-1 certificate 2: 20,000 less 10 % retention" #invoice ^INV-1
  invoice: "INV-1"
  project: "OAK-1"
  due: 2025-05-30
  Assets:Receivable:OAK   18000.00 EUR
  Assets:Retention:OAK     2000.00 EUR
  Income:Services:OAK-1  -20000.00 EUR
"""
RELEASED = """\
2026-04-30 * "Oak" "INV-2 release of retention" #invoice ^INV-2 ^INV-1
  invoice: "INV-2"
  project: "OAK-1"
  due: 2026-05-30
  Assets:Receivable:OAK   2000.00 EUR
  Assets:Retention:OAK   -2000.00 EUR
"""


def test_retention_is_in_no_age(tmp_path: Path) -> None:
    facts = RETAINED + paid("2025-05-20", "18000.00", "^INV-1") + RELEASED
    ledger = books(tmp_path, facts, "2025-05-10")
    (client,) = ask(ledger, "2025-05-10", "ageing")[0]["clients"]
    (one,) = client["invoices"]
    assert (one["total"], one["retained"], one["open"]) == ("20000.00", "2000.00", "18000.00")
    assert (client["open"], client["retained"]) == ("18000.00", "2000.00")
    (client,) = ask(ledger, "2025-12-31", "ageing")[0]["clients"]
    assert (client["invoices"], client["open"]) == ([], "0.00")
    assert client["retained"] == "2000.00"
    (client,) = ask(ledger, "2026-04-30", "ageing")[0]["clients"]
    assert [(each["invoice"], each["open"]) for each in client["invoices"]] == [
        ("INV-2", "2000.00")
    ]
    assert client["retained"] == "0.00"


NOTE = """\
2025-06-05 * "Maple" "10.00 h x 150.00" #invoice ^INV-1
  invoice: "INV-1"
  project: "OAK-1"
  due: 2025-07-05
  Assets:Receivable:OAK             1800.00 EUR
  Income:Services:OAK-1            -1500.00 EUR
  Liabilities:VAT:Output            -300.00 EUR
    tax: "V"
    rate: 20
    base: 1500.00 EUR
2025-06-12 * "Maple" "rate should be 140.00" #credit-note ^CN-1 ^INV-1
  invoice: "CN-1"
  corrects: "INV-1"
  project: "OAK-1"
  Assets:Receivable:OAK             -120.00 EUR
  Income:Services:OAK-1              100.00 EUR
  Liabilities:VAT:Output              20.00 EUR
    tax: "V"
    rate: 20
    base: 100.00 EUR
"""


def test_a_credit_note_lowers_its_invoice(tmp_path: Path) -> None:
    firm_tax = 'taxes:\n  V: {rate: 20, name: VAT, account: "Liabilities:VAT:Output"}\n'
    ledger = books(tmp_path, NOTE, AS_OF, FIRM + firm_tax)
    assert ask(ledger, AS_OF, "check")["findings"] == []
    (client,) = ask(ledger, AS_OF, "ageing")[0]["clients"]
    (one,) = client["invoices"]
    assert (one["total"], one["paid"], one["credited"], one["open"]) == (
        "1800.00",
        "0.00",
        "120.00",
        "1680.00",
    )


LARK = """\
2020-01-01 open Expenses:FX
2025-06-10 * "Lark" "10,000.00 USD at 0.92" #invoice ^INV-1
  invoice: "INV-1"
  project: "OAK-1"
  due: 2025-07-10
  Assets:Receivable:OAK  10000.00 USD {0.92 EUR, "INV-1"}
  Income:Services:OAK-1  -9200.00 EUR
2025-07-10 * "Lark" "Payment received as 9,000.00 EUR" ^INV-1
  Assets:Bank  9000.00 EUR
  Assets:Receivable:OAK  -10000.00 USD {0.92 EUR, "INV-1"} @ 0.90 EUR
  Expenses:FX  200.00 EUR
"""


def test_currencies_are_never_added(tmp_path: Path) -> None:
    facts = LARK + invoice("INV-2", "2025-06-11", "50.00", due="2025-07-11")
    ledger = books(tmp_path, facts, AS_OF)
    found = ask(ledger, AS_OF, "ageing")
    assert [(one["currency"], one["clients"][0]["open"]) for one in found] == [
        ("EUR", "50.00"),
        ("USD", "10000.00"),
    ]
    (euros,) = ask(ledger, "2025-07-10", "ageing")
    assert euros["currency"] == "EUR"


def test_a_debit_without_an_invoice_stands_apart(tmp_path: Path) -> None:
    opening = (
        "2020-01-01 open Equity:Opening\n"
        '2025-01-01 * "Opening balances"\n  Assets:Receivable:OAK  75.00 EUR\n  Equity:Opening\n'
    )
    ledger = books(tmp_path, opening, AS_OF)
    (client,) = ask(ledger, AS_OF, "ageing")[0]["clients"]
    assert (client["open"], client["credits"]) == ("0.00", "0.00")
    assert (client["unregistered"], client["balance"]) == ("75.00", "75.00")


def test_the_table_for_people(tmp_path: Path) -> None:
    facts = TABLE + invoice("f", "2025-06-01", "10.00", due="2025-06-29", project="ELM-1")
    ledger = books(tmp_path, facts, AS_OF)
    lines = [" ".join(line.split()) for line in run(ledger, AS_OF, "ageing").splitlines()]
    assert lines[2:] == [
        "elm 0.00 10.00 0.00 0.00 0.00 0.00 10.00 EUR",
        "oak 2000.00 500.00 700.00 0.00 1000.00 -300.00 3900.00 EUR",
        "Total 2000.00 510.00 700.00 0.00 1000.00 -300.00 3910.00 EUR",
    ]
    of_oak = run(ledger, AS_OF, "ageing", "oak")
    assert "elm" not in of_oak
    assert [line.split()[1] for line in of_oak.splitlines() if "2025-0" in line] == [
        "e",
        "d",
        "c",
        "b",
        "a",
        "(Payment)",
    ]
    rows = list(csv.DictReader(io.StringIO(run(ledger, AS_OF, "--format", "csv", "ageing"))))
    assert [(row["client"], row["invoice"], row["open"], row["credit"]) for row in rows] == [
        ("elm", "f", "10.00", "0.00"),
        ("oak", "e", "1000.00", "0.00"),
        ("oak", "d", "700.00", "0.00"),
        ("oak", "c", "500.00", "0.00"),
        ("oak", "b", "800.00", "0.00"),
        ("oak", "a", "1200.00", "0.00"),
        ("oak", "", "", "300.00"),
    ]


def test_what_is_asked_for_is_refused_or_empty(tmp_path: Path) -> None:
    ledger = books(tmp_path, "", AS_OF)
    assert run(ledger, AS_OF, "ageing") == "Nothing is open.\n"
    assert ask(ledger, AS_OF, "ageing") == []
    run(ledger, AS_OF, "ageing", "oka", status=2)


# A law: on every day the accounts come to the balances that Beancount adds up itself.

DAY_ONE = date(2025, 1, 1)
DAYS = st.integers(0, 200).map(lambda days: (DAY_ONE + timedelta(days=days)).isoformat())
CENTS = st.integers(1, 50_000).map(lambda cents: f"{Decimal(cents).scaleb(-2)}")
NUMBERS = st.integers(1, 8).map(lambda number: f"INV-{number}")
LINKS = st.lists(st.one_of(NUMBERS, st.just("CN-1"), st.just("X")), max_size=3)


@st.composite
def facts_texts(draw: st.DrawFn) -> str:
    """Invoices, some void or credited, and payments: with one link, several, none, too much."""
    texts = []
    issued: dict[str, tuple[str, str]] = {}
    for number in range(1, draw(st.integers(1, 6)) + 1):
        day, amount = draw(DAYS), draw(CENTS)
        project = draw(st.sampled_from(["OAK-1", "OAK-2", "ELM-1"]))
        due = (date.fromisoformat(day) + timedelta(days=draw(st.integers(0, 60)))).isoformat()
        texts.append(invoice(f"INV-{number}", day, amount, due=due, project=project))
        if project == "OAK-1":
            issued[f"INV-{number}"] = day, amount
    texts += [_with_parts(draw, number) for number in range(draw(st.integers(0, 2)))]
    for known, (day, amount) in issued.items():
        later = (date.fromisoformat(day) + timedelta(days=draw(st.integers(0, 90)))).isoformat()
        what = draw(st.sampled_from(["", "", "void", "credit"]))
        if what == "void":
            texts.append(void(known, later, amount))
        elif what == "credit":
            texts.append(credit(f"CN-{known[4:]}", later, draw(CENTS), known))
    for _ in range(draw(st.integers(0, 12))):
        links = " ".join(f"^{link}" for link in draw(LINKS))
        amount = draw(CENTS)
        amount = f"-{amount}" if draw(st.integers(0, 5)) == 0 else amount
        meta = f'    invoice: "{draw(NUMBERS)}"\n' if draw(st.integers(0, 3)) == 0 else ""
        client = draw(st.sampled_from(["OAK", "ELM"]))
        texts.append(paid(draw(DAYS), amount, links, client=client, meta=meta))
    return "".join(texts)


def _with_parts(draw: st.DrawFn, number: int) -> str:
    """An invoice of which a deposit pays a part, and a part is kept back; and its credit note."""
    day, parts = draw(DAYS), [Decimal(draw(CENTS)) for _ in range(3)]
    back = [part if draw(st.booleans()) else Decimal(0) for part in parts]
    texts = []
    for sign, name, some in ((1, f"P-{number}", parts), (-1, f"PC-{number}", back)):
        tag = "invoice" if sign > 0 else "credit-note"
        corrects = "" if sign > 0 else f'  corrects: "P-{number}"\n'
        texts.append(
            f'{day} * "OAK" "{name}" #{tag} ^{name}\n  invoice: "{name}"\n{corrects}'
            f'  project: "OAK-1"\n  Assets:Receivable:OAK  {sign * some[0]} EUR\n'
            f"  Assets:Retention:OAK  {sign * some[1]} EUR\n"
            f"  Liabilities:Deposits:OAK  {sign * some[2]} EUR\n"
            f"  Income:Services:OAK-1  {-sign * sum(some)} EUR\n"
        )
    released = (
        f'{draw(DAYS)} * "OAK" "Released" ^P-{number}\n'
        f"  Assets:Receivable:OAK  {parts[1]} EUR\n  Assets:Retention:OAK  -{parts[1]} EUR\n"
    )
    return "".join([*texts[: draw(st.integers(1, 2))], *[released] * draw(st.integers(0, 1))])


@given(facts=facts_texts())
@settings(max_examples=60, deadline=None)
def test_the_ages_come_to_the_ledgers_balance(
    facts: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    ledger = books(tmp_path_factory.mktemp("law"), facts, "2026-01-31")
    days = [date(2025, month, 1) - timedelta(days=1) for month in range(2, 13)]
    days.append(date(2026, 1, 31))
    book = open_book(str(ledger))
    receivables = receivables_of(book.facts)
    balances = dict(_balances(str(ledger), days))
    for owed in receivables.over(days):
        aged = {f"Assets:Receivable:{one.client.upper()}": one for one in owed.accounts}
        for account in ("Assets:Receivable:OAK", "Assets:Receivable:ELM"):
            balance = balances[owed.day, account]
            assert (aged[account].balance if account in aged else 0) == balance
        for one in owed.accounts:
            assert sum(one.by_bucket().values()) == one.open
            assert all(item.left or item.retained for item in one.items)
        assert receivables.on(owed.day) == owed


def _balances(ledger: str, days: list[date]) -> Iterator[tuple[tuple[date, str], Decimal]]:
    entries, _, _ = loader.load_file(ledger)
    for day in days:
        sums = {"Assets:Receivable:OAK": Decimal(0), "Assets:Receivable:ELM": Decimal(0)}
        for entry in entries:
            if isinstance(entry, data.Transaction) and entry.date <= day:
                for posting in entry.postings:
                    if posting.account in sums and posting.units and posting.units.number:
                        sums[posting.account] += posting.units.number
        yield from (((day, account), amount) for account, amount in sums.items())


def test_positions_come_to_the_ages(tmp_path: Path) -> None:
    facts = TABLE + paid("2025-06-25", "900.00", "^b")
    book = opened(tmp_path, facts, AS_OF)
    owed = receivables_of(book.facts).on(date.fromisoformat(AS_OF))
    (one,) = owed.accounts
    positions = book.billing.positions
    assert sum(position.open for position in positions.values()) == one.open
    assert str(one.open) == "3400.00"
    assert (str(positions["OAK-1"].open), str(positions["OAK-2"].open)) == ("2900.00", "500.00")
    assert (str(positions["OAK-1"].overdue), str(positions["OAK-1"].credit)) == (
        "1700.00",
        "100.00",
    )
