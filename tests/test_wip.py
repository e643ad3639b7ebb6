"""The WIP schedule: earned against billed, costs, backlog, and what must add up."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING
from typing import Any

import pytest
from beancount.core import data
from click.testing import CliRunner

from projbill_beancount import open_book
from projbill_beancount.cli import main
from projbill_beancount.reports.wip import broken_identities
from projbill_beancount.reports.wip import wip_schedule
from tests.ledgers import load
from tests.ledgers import progress_text
from tests.ledgers import run
from tests.ledgers import time_text
from tests.ledgers import write_ledger

if TYPE_CHECKING:
    from pathlib import Path

DAY = "2025-06-30"
FIRM = """\
company: {name: Northlight IT GmbH}
clients: {fir: {name: Fir}, gum: {name: Gum}, hop: {name: Hop}, ivy: {name: Ivy}}
people:
  ana: {name: Ana Ruiz, cost: 625}
  cid: {name: Cid Moreau}
contracts: contracts/*.yaml
taxes: {S20: {rate: 20, name: VAT, account: "Liabilities:VAT:Output"}}
defaults: {currency: EUR, invoice: {terms: net 30}}
"""
OPENS = "".join(
    f"2020-01-01 open Assets:Receivable:{name}\n2020-01-01 open Assets:Retention:{name}\n"
    for name in ("FIR", "GUM", "HOP", "IVY")
)


def fixed(name: str, value: int, cost: int | None) -> str:
    budget = "" if cost is None else f"budget: {{cost: {cost}}}\n"
    return (
        f"project: {name}\nname: {name}\nclient: {name.lower()}\nbilling: fixed-fee\n"
        f"start: 2025-01-01\nvalue: {value}\n{budget}"
        f"milestones: {{M1: {{name: All of it, value: {value}}}}}\n"
    )


IVY = """\
project: IVY
name: Ivy
client: ivy
billing: time-and-materials
start: 2025-01-01
rates: {default: 1000}
cap: {amount: 50000}
"""


def worked(project: str, person: str, hours: str, first: int = 1, month: int = 5) -> str:
    """So many hours in days of eight, from a day of a month on."""
    text, left, day = "", int(Decimal(hours) * 3600), first
    while left:
        seconds = min(left, 28800)
        identity = f"hand-{project}-{month}-{day}"
        date = f"2025-{month:02}-{day:02}"
        text += time_text(identity, date, seconds, project=project, person=person)
        left, day = left - seconds, day + 1
    return text


def invoice(
    number: str,
    day: str,
    project: str,
    net: int,
    *,
    tax: int = 0,
    retained: int = 0,
    covers: str = "",
    milestone: str = "M1",
) -> str:
    return (
        f'{day} * "{project}" "{number}" #invoice ^{number}\n'
        f'  invoice: "{number}"\n  project: "{project}"\n'
        f"  net: {net} EUR\n  total: {net + tax} EUR\n"
        + (f"  covers: {covers}\n" if covers else "")
        + f"  Assets:Receivable:{project}  {net + tax - retained} EUR\n"
        + (f"  Assets:Retention:{project}  {retained} EUR\n" if retained else "")
        + f'  Income:Services:{project}  {-net} EUR\n    line: "Work"\n'
        + (f'    kind: "milestone"\n    milestone: "{milestone}"\n' if milestone else "")
        + (f"  Liabilities:VAT:Output  {-tax} EUR\n" if tax else "")
    )


def credit(number: str, day: str, project: str, net: int, of: str) -> str:
    return (
        f'{day} * "{project}" "{number}" #credit-note ^{number} ^{of}\n'
        f'  invoice: "{number}"\n  corrects: "{of}"\n  project: "{project}"\n'
        f"  net: {net} EUR\n  total: {net} EUR\n"
        f'  Income:Services:{project}  {net} EUR\n    line: "Work"\n'
        '    kind: "milestone"\n    milestone: "M1"\n'
        f"  Assets:Receivable:{project}  {-net} EUR\n"
    )


FACTS = (
    OPENS
    + worked("FIR", "ana", "80")
    + worked("GUM", "ana", "72")
    + worked("HOP", "ana", "52.8")
    + worked("IVY", "cid", "41.5", month=4)
    + worked("IVY", "cid", "4.5", month=6)
    + progress_text("2025-06-20", Decimal("62.5"), project="FIR", milestone="M1")
    + progress_text("2025-06-20", 25, project="GUM", milestone="M1")
    + progress_text("2025-06-20", 50, project="HOP", milestone="M1")
    + invoice("INV-2025-0001", "2025-02-28", "FIR", 30000, tax=6000)
    + invoice("INV-2025-0002", "2025-03-31", "GUM", 90000, retained=9000)
    + invoice("INV-2025-0003", "2025-04-15", "HOP", 35000)
    + credit("CN-2025-0001", "2025-04-30", "HOP", 5000, "INV-2025-0003")
    + invoice("INV-2025-0004", "2025-05-02", "IVY", 41500, covers="2025-05-02", milestone="")
    + invoice("INV-2025-0005", "2025-05-31", "FIR", 20000, tax=4000)
    + """\
2025-03-01 custom "change-order" "GUM" "CO-1" 40000.00 EUR
  title: "A second site"
  milestone: "M1"
  approved: 2025-03-10
2025-06-01 custom "change-order" "FIR" "CO-1" 7000.00 EUR
  title: "Pending, so not in the value"
"""
)

#: Value, estimated cost and profit, cost, done %, earned, billed, under, over, profit, backlog,
#: billed %, gap, provision: the worked example that the formulas come with.
SCHEDULE = {
    "FIR": "100000 80000 20000 50000 62.50 62500 50000 12500 0 12500 37500 50.00 -12.50 0",
    "GUM": "240000 180000 60000 45000 25.00 60000 90000 0 30000 15000 180000 37.50 12.50 0",
    "HOP": "60000 66000 -6000 33000 50.00 30000 30000 0 0 -3000 30000 50.00 0.00 3000",
    "IVY": "50000 - - - 92.00 46000 41500 4500 0 - 4000 83.00 -9.00 0",
}
NAMES = [
    "value",
    "estimated-cost",
    "estimated-profit",
    "cost",
    "completion",
    "earned",
    "billed",
    "under-billed",
    "over-billed",
    "profit",
    "backlog",
    "billed-percent",
    "gap",
    "provision",
]


@pytest.fixture
def books(tmp_path: Path) -> Path:
    contracts = {
        "FIR": fixed("FIR", 100000, 80000),
        "GUM": fixed("GUM", 200000, 180000),
        "HOP": fixed("HOP", 60000, 66000),
        "IVY": IVY,
    }
    return write_ledger(tmp_path, DAY, contracts=contracts, facts=FACTS, firm=FIRM)


def wip(ledger: Path, *arguments: str, day: str = DAY) -> Any:
    return json.loads(run(ledger, day, "--format", "json", "wip", *arguments))


def amounts(row: dict[str, str | None]) -> list[Decimal | None]:
    return [None if (cell := row[name]) is None else Decimal(cell) for name in NAMES]


def expected(project: str) -> list[Decimal | None]:
    return [None if word == "-" else Decimal(word) for word in SCHEDULE[project].split()]


def test_the_worked_example_to_the_cent(books: Path) -> None:
    found = wip(books)
    rows = {row["project"]: row for row in found["projects"]}
    assert {name: amounts(row) for name, row in rows.items()} == {
        name: expected(name) for name in SCHEDULE
    }
    assert found["as-of"] == DAY
    (total,) = found["totals"]
    assert total == {
        "currency": "EUR",
        "value": "450000.00",
        "estimated-cost": None,
        "estimated-profit": None,
        "cost": None,
        "earned": "198500.00",
        "billed": "211500.00",
        "under-billed": "17000.00",
        "over-billed": "30000.00",
        "profit": None,
        "backlog": "251500.00",
        "provision": "3000.00",
        "without-earned": [],
    }
    assert found["mismatches"] == []


def test_csv_and_table_have_the_same_figures(books: Path) -> None:
    text = run(books, DAY, "--format", "csv", "wip")
    rows = {row["project"]: row for row in csv.DictReader(io.StringIO(text))}
    for name in SCHEDULE:
        cells = [Decimal(rows[name][column]) if rows[name][column] else None for column in NAMES]
        assert cells == expected(name)
    lines = {line.split()[0]: line.split()[1:] for line in run(books, DAY, "wip").splitlines()}
    assert lines["HOP"][0] == "EUR"
    assert [Decimal(cell) for cell in lines["HOP"][1:]] == expected("HOP")
    assert lines["Total"] == (
        [
            "EUR",
            "450000.00",
            "198500.00",
            "211500.00",
            "17000.00",
            "30000.00",
            "251500.00",
            "3000.00",
        ]
    )


def test_an_earlier_day_has_what_was_known_then(books: Path) -> None:
    found = wip(books, "FIR", "GUM", day="2025-03-05")
    rows = {row["project"]: row for row in found["projects"]}
    assert (rows["FIR"]["billed"], rows["FIR"]["earned"]) == ("30000.00", None)
    assert rows["FIR"]["under-billed"] is None
    assert rows["FIR"]["backlog"] is None
    assert rows["FIR"]["profit"] is None
    assert rows["FIR"]["cost"] == "0.00"
    assert rows["GUM"]["value"] == "200000.00", "the change order is approved on 10 March"
    assert rows["GUM"]["billed"] == "0.00"
    (total,) = found["totals"]
    assert total["without-earned"] == ["FIR", "GUM"]


def test_projects_and_clients_are_chosen(books: Path) -> None:
    def named(*arguments: str) -> list[str]:
        return [row["project"] for row in wip(books, *arguments)["projects"]]

    assert named("HOP", "FIR") == ["FIR", "HOP"]
    assert named("--client", "gum", "--client", "ivy") == ["GUM", "IVY"]
    assert named("FIR", "--client", "gum") == []
    refused = CliRunner().invoke(main, ["-f", str(books), "wip", "--client", "gim"])
    assert refused.exit_code == 2
    assert 'unknown client "gim"; did you mean "gum"?' in refused.stderr


def test_why_a_cost_is_missing_is_said(books: Path) -> None:
    result = CliRunner().invoke(main, ["-f", str(books), "--as-of", DAY, "wip"])
    assert "IVY: the cost of an hour is unknown of cid" in result.stderr
    assert "FIR" not in result.stderr


def test_what_does_not_add_up_is_reported(books: Path) -> None:
    book = open_book(str(books), date.fromisoformat(DAY))
    rows = wip_schedule(book.terms, book.billing, {"FIR", "GUM"})
    assert broken_identities(rows) == []
    fir, gum = rows
    wrong = fir._replace(under=fir.under and fir.under - 1)
    assert broken_identities([wrong, gum]) == [
        "FIR: earned - billed is not under-billed - over-billed",
        "EUR: the sums of earned - billed and of under - over differ",
    ]
    wrong = gum._replace(backlog=Decimal(1))
    assert broken_identities([fir, wrong]) == ["GUM: backlog is not value - earned"]


def one_book(folder: Path, contract: str, facts: str, firm: str = FIRM) -> Any:
    ledger = write_ledger(folder, DAY, contracts={"FIR": contract}, facts=OPENS + facts, firm=firm)
    (row,) = wip(ledger)["projects"]
    return row


def test_a_contract_of_which_nothing_was_reported_is_unknown_not_zero(tmp_path: Path) -> None:
    row = one_book(tmp_path, fixed("FIR", 1000, None), worked("FIR", "ana", "2"))
    unknown = {name for name, cell in row.items() if cell is None}
    assert unknown == {
        "estimated-cost",
        "estimated-profit",
        "completion",
        "earned",
        "under-billed",
        "over-billed",
        "profit",
        "backlog",
        "gap",
        "provision",
    }
    assert (row["cost"], row["billed-percent"]) == ("1250.00", "0.00")


def test_more_cost_than_planned_is_the_new_estimate(tmp_path: Path) -> None:
    facts = worked("FIR", "ana", "2") + progress_text(
        "2025-06-20", 50, project="FIR", milestone="M1"
    )
    row = one_book(tmp_path, fixed("FIR", 1000, 900), facts)
    assert (row["estimated-cost"], row["estimated-profit"]) == ("1250.00", "-250.00")
    # 1250 spent for 500 earned: the loss of 250 is booked already
    assert (row["profit"], row["provision"]) == ("-750.00", "0.00")


def test_hours_of_all_kinds_cost(tmp_path: Path) -> None:
    contract = (
        "project: FIR\nname: Fir\nclient: fir\nbilling: hybrid\nstart: 2025-01-01\nvalue: 1000\n"
        "rates: {default: 200}\ntasks: {standup: {billable: false}, build: {milestone: M1}}\n"
        "milestones: {M1: {name: All of it, value: 1000}}\n"
    )
    facts = (
        time_text("a-1", "2025-05-05", 3600, project="FIR", person="ana")
        + time_text("a-2", "2025-05-06", 3600, project="FIR", person="ana", task="build")
        + time_text(
            "a-3",
            "2025-05-07",
            3600,
            project="FIR",
            person="ana",
            task="standup",
            account="NonBillable",
        )
        + progress_text("2025-05-10", 40, project="FIR", milestone="M1")
    )
    row = one_book(tmp_path, contract, facts)
    assert row["cost"] == "1875.00"
    # the hour beside the fixed price is earned, and part of what the contract is worth
    assert (row["value"], row["earned"], row["completion"]) == ("1200.00", "600.00", "50.00")
    assert (row["under-billed"], row["backlog"]) == ("600.00", "600.00")


def test_costs_are_never_converted(tmp_path: Path) -> None:
    contract = fixed("FIR", 1000, 900).replace("start:", "currency: USD\nstart:")
    ledger = write_ledger(
        tmp_path, DAY, contracts={"FIR": contract}, facts=worked("FIR", "ana", "2"), firm=FIRM
    )
    (row,) = wip(ledger)["projects"]
    assert (row["currency"], row["cost"], row["estimated-cost"]) == ("USD", None, None)
    result = CliRunner().invoke(main, ["-f", str(ledger), "--as-of", DAY, "wip"])
    assert "FIR: costs are in EUR and not converted" in result.stderr


def test_a_retainer_that_is_paid_ahead_is_overbilled_until_it_is_earned(tmp_path: Path) -> None:
    contract = (
        "project: FIR\nname: Fir\nclient: fir\nbilling: retainer\nstart: 2025-06-01\n"
        "retainer: {fee: 3000, hours: 10, every: month, in: advance, overage: {rate: 100}}\n"
    )
    paid = (
        '2025-06-01 * "Fir" "INV-2025-0001" #invoice ^INV-2025-0001\n'
        '  invoice: "INV-2025-0001"\n  project: "FIR"\n  draft: "FIR/time/2025-06-01"\n'
        "  period-start: 2025-06-01\n  period-end: 2025-06-30\n"
        "  net: 3000.00 EUR\n  total: 3000.00 EUR\n"
        "  Assets:Receivable:FIR  3000.00 EUR\n"
        '  Income:Services:FIR  -3000.00 EUR\n    line: "Fee"\n    kind: "retainer"\n'
    )
    hours = worked("FIR", "ana", "12", month=6)
    ledger = write_ledger(
        tmp_path, "2025-06-10", contracts={"FIR": contract}, facts=OPENS + paid + hours, firm=FIRM
    )
    (row,) = wip(ledger, day="2025-06-10")["projects"]
    # ten of thirty days of the fee, and two hours beyond the ten that it pays for
    assert (row["earned"], row["billed"], row["over-billed"]) == ("1200.00", "3000.00", "1800.00")
    assert (row["value"], row["completion"], row["backlog"]) == (None, None, None)


def test_expenses_billed_on_are_no_fees(tmp_path: Path) -> None:
    facts = progress_text("2025-06-20", 100, project="FIR", milestone="M1") + (
        '2025-06-21 * "Fir" "INV-2025-0001" #invoice ^INV-2025-0001\n'
        '  invoice: "INV-2025-0001"\n  project: "FIR"\n  net: 1080.00 EUR\n  total: 1080.00 EUR\n'
        "  Assets:Receivable:FIR  1080.00 EUR\n"
        '  Income:Services:FIR  -1000.00 EUR\n    line: "Work"\n    kind: "milestone"\n'
        '    milestone: "M1"\n'
        '  Income:Services:FIR  -80.00 EUR\n    line: "Train"\n    kind: "expense"\n'
    )
    row = one_book(tmp_path, fixed("FIR", 1000, None), facts)
    assert (row["earned"], row["billed"], row["billed-percent"]) == ("1000.00", "1000.00", "100.00")
    assert (row["under-billed"], row["over-billed"]) == ("0.00", "0.00")


def test_what_was_let_off_by_agreement_is_neither_value_nor_asset(tmp_path: Path) -> None:
    facts = progress_text("2025-06-20", 100, project="FIR", milestone="M1") + (
        '2025-06-20 custom "billing-adjustment" "FIR" "ADJ-1" -150.00 EUR\n  text: "Goodwill"\n'
        '2025-06-21 * "Fir" "INV-2025-0001" #invoice ^INV-2025-0001\n'
        '  invoice: "INV-2025-0001"\n  project: "FIR"\n  net: 850.00 EUR\n  total: 850.00 EUR\n'
        "  Assets:Receivable:FIR  850.00 EUR\n"
        '  Income:Services:FIR  -1000.00 EUR\n    line: "Work"\n    kind: "milestone"\n'
        '    milestone: "M1"\n'
        '  Income:Services:FIR  150.00 EUR\n    line: "Goodwill"\n    kind: "adjustment"\n'
        '    adjustment: "ADJ-1"\n'
    )
    row = one_book(tmp_path, fixed("FIR", 1000, None), facts)
    assert (row["value"], row["earned"], row["billed"]) == ("850.00", "850.00", "850.00")
    assert (row["completion"], row["under-billed"], row["backlog"]) == ("100.00", "0.00", "0.00")


def test_hours_that_must_be_approved_are_earned_when_they_are(tmp_path: Path) -> None:
    contract = IVY.replace("IVY", "FIR").replace("ivy", "fir") + "approval: required\n"
    facts = time_text(
        "a-1", "2025-06-02", 3600, project="FIR", person="ana", approved="TRUE"
    ) + time_text("a-2", "2025-06-03", 3600, project="FIR", person="ana")
    row = one_book(tmp_path, contract, facts)
    assert (row["earned"], row["under-billed"], row["cost"]) == ("1000.00", "1000.00", "1250.00")


def test_hours_above_a_cap_are_cost_and_no_asset(tmp_path: Path) -> None:
    contract = IVY.replace("IVY", "FIR").replace("ivy", "fir").replace("50000", "1500")
    row = one_book(tmp_path, contract, worked("FIR", "ana", "2", month=6))
    assert (row["earned"], row["completion"], row["backlog"]) == ("1500.00", "100.00", "0.00")
    assert (row["cost"], row["profit"]) == ("1250.00", "250.00")


def balances(ledger: Path) -> dict[str, Decimal]:
    """What stands on unbilled receivables and deferred income, by account."""
    found: dict[str, Decimal] = {}
    for entry in load(ledger).entries:
        for posting in entry.postings if isinstance(entry, data.Transaction) else ():
            if posting.account.startswith(("Assets:Unbilled:", "Liabilities:Deferred:")):
                assert posting.units is not None
                assert posting.units.number is not None
                amount = posting.units.number
                found[posting.account] = found.get(posting.account, Decimal(0)) + amount
    return {account: amount for account, amount in found.items() if amount}


def test_with_accruals_the_ledger_has_the_same_assets_and_liabilities(tmp_path: Path) -> None:
    accrual = "style: accrual\n"
    contracts = {
        "FIR": fixed("FIR", 100000, 80000) + accrual,
        "GUM": fixed("GUM", 200000, 180000) + accrual,
        "HOP": fixed("HOP", 60000, 66000) + accrual,
        "IVY": IVY + accrual,
    }
    ledger = write_ledger(tmp_path, DAY, contracts=contracts, facts=FACTS, firm=FIRM)
    assert balances(ledger) == {
        "Assets:Unbilled:FIR": Decimal(12500),
        "Assets:Unbilled:IVY": Decimal(4500),
        "Liabilities:Deferred:GUM": Decimal(-30000),
    }
