"""`projbill profit`: hours, costs, margins, realisation and utilisation."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from projbill_beancount import open_book
from projbill_beancount.billing.rounding import spread
from projbill_beancount.cli import main
from tests.ledgers import copy_ledger
from tests.ledgers import progress_text
from tests.ledgers import run
from tests.ledgers import time_text
from tests.ledgers import write_ledger

if TYPE_CHECKING:
    from projbill_beancount.billing.model import Billing

DAY = "2025-06-30"
FIRM = """\
company: {name: Northlight IT GmbH}
clients:
  acme: {name: ACME Corp}
  bolt: {name: BOLT AG}
people:
  ana: {name: Ana Ruiz, cost: 50}
  ben: {name: Ben Adler, cost: 40}
contracts: contracts/*.yaml
defaults: {currency: EUR, invoice: {terms: net 30}}
"""
APP = """\
project: APP
name: App
client: acme
billing: time-and-materials
start: 2025-01-01
rates: {default: 125}
tasks: {standup: {billable: false}}
"""
SITE = """\
project: SITE
name: Site
client: bolt
billing: fixed-fee
start: 2025-01-01
value: 3000
rates: {people: {ana: 100, ben: 50}}
milestones: {M1: {name: Design, value: 1000}, M2: {name: Build, value: 2000}}
tasks: {design: {milestone: M1}, build: {milestone: M2}}
"""


def log(identity: str, day: str, hours: float, project: str, person: str, **meta: str) -> str:
    return time_text(identity, day, round(hours * 3600), project=project, person=person, **meta)


def profit(ledger: Path, *arguments: str, day: str = DAY) -> Any:
    return json.loads(run(ledger, day, "--format", "json", "profit", *arguments))


def rows_by(ledger: Path, by: str, *arguments: str, day: str = DAY) -> dict[str | None, Any]:
    return {row[by]: row for row in profit(ledger, "--by", by, *arguments, day=day)["rows"]}


#: 80 hours at 125 are worth 10,000; the partner agrees to bill 9,200.
LARCH = (
    log("a-1", "2025-05-05", 20, "APP", "ana", task="backend")
    + log("a-2", "2025-05-06", 20, "APP", "ana", task="backend")
    + log("b-1", "2025-05-06", 20, "APP", "ben", task="backend")
    + log("b-2", "2025-05-07", 20, "APP", "ben", task="review")
    + log("a-3", "2025-05-08", 20, "APP", "ana", task="standup", account="NonBillable")
    + """\
2025-05-31 * "ACME" "INV-2025-0001" #invoice ^INV-2025-0001
  invoice: "INV-2025-0001"
  project: "APP"
  net: 9200.00 EUR
  total: 9200.00 EUR
  Assets:Receivable:ACME  9200.00 EUR
  Income:Services:APP  -9200.00 EUR
    line: "May"
    kind: "time"
    quantity: 80.00 HOUR
    price: 115.00 EUR
    entries: "
      2025-05-05 ana 20.0000 a-1 backend
      2025-05-06 ana 20.0000 a-2 backend
      2025-05-06 ben 20.0000 b-1 backend
      2025-05-07 ben 20.0000 b-2 review"
  Equity:Time:Unbilled:APP  -40.0000 HOUR
    person: "ana"
  Equity:Time:Unbilled:APP  -40.0000 HOUR
    person: "ben"
  Equity:Time:Billed:APP  80.0000 HOUR
"""
)


@pytest.fixture
def larch(tmp_path: Path) -> Path:
    return write_ledger(tmp_path, DAY, contracts={"APP": APP}, facts=LARCH, firm=FIRM)


def test_a_write_down_is_seen_in_the_realisation(larch: Path) -> None:
    (row,) = profit(larch)["rows"]
    assert row == {
        "project": "APP",
        "currency": "EUR",
        "no-hours": False,
        "hours": {
            "worked": "100.00",
            "billable": "80.00",
            "non-billable": "20.00",
            "covered": "0.00",
            "billed": "80.00",
            "unbilled": "0.00",
            "written-off": "0.00",
        },
        "standard-value": "10000.00",
        "unpriced-hours": "0.00",
        "billed": "9200.00",
        "unbilled": "0.00",
        "cost": "4600.00",
        "cost-currency": "EUR",
        "margin": "4600.00",
        "margin-percent": "50.00",
        "realisation": "92.00",
        "utilisation": "80.00",
        "available-hours": None,
        "available-utilisation": None,
    }


def test_by_person_and_by_task(larch: Path) -> None:
    people = rows_by(larch, "person")
    assert {name: (row["billed"], row["cost"], row["margin"]) for name, row in people.items()} == {
        "ana": ("4600.00", "3000.00", "1600.00"),
        "ben": ("4600.00", "1600.00", "3000.00"),
    }
    assert (people["ana"]["utilisation"], people["ben"]["utilisation"]) == ("66.67", "100.00")
    tasks = rows_by(larch, "task")
    assert {name: (row["billed"], row["hours"]["worked"]) for name, row in tasks.items()} == {
        "backend": ("6900.00", "60.00"),
        "review": ("2300.00", "20.00"),
        "standup": ("0.00", "20.00"),
    }
    assert tasks["standup"]["realisation"] is None
    assert tasks["standup"]["utilisation"] == "0.00"


def test_utilisation_of_the_hours_that_were_available(larch: Path) -> None:
    found = profit(larch, "--by", "person", "--available", "160")
    shown = [(row["available-hours"], row["available-utilisation"]) for row in found["rows"]]
    assert shown == [("160.00", "25.00"), ("160.00", "25.00")]
    (total,) = found["totals"]
    assert (total["available-hours"], total["available-utilisation"]) == ("320.00", "25.00")
    header = run(larch, DAY, "profit", "--available", "50").splitlines()[0]
    assert header.endswith("Of available %")
    refused = CliRunner().invoke(main, ["-f", str(larch), "profit", "--available", "many"])
    assert refused.exit_code == 2
    assert '"many" is no number of hours' in refused.output


def test_from_a_day_on(larch: Path) -> None:
    (row,) = profit(larch, "--from", "2025-05-07")["rows"]
    assert (row["hours"]["worked"], row["billed"], row["cost"]) == ("40.00", "2300.00", "1800.00")
    assert profit(larch, "--from", "2025-06-01")["rows"] == []


def test_work_that_was_written_off_lowers_the_realisation(tmp_path: Path) -> None:
    facts = log("a-1", "2025-05-05", 8, "APP", "ana") + (
        '2025-06-02 custom "write-off" "APP" "a-1"\n  reason: "Goodwill"\n'
    )
    ledger = write_ledger(tmp_path, DAY, contracts={"APP": APP}, facts=facts, firm=FIRM)
    (row,) = profit(ledger)["rows"]
    assert (row["hours"]["written-off"], row["hours"]["non-billable"]) == ("8.00", "8.00")
    assert (row["standard-value"], row["billed"], row["realisation"]) == ("1000.00", "0.00", "0.00")


def fixed_price(milestone: str, amount: int, number: str, covered: str = "") -> str:
    return (
        f'2025-06-02 * "BOLT" "{number}" #invoice ^{number}\n  invoice: "{number}"\n'
        f'  project: "SITE"\n  net: {amount}.00 EUR\n  total: {amount}.00 EUR\n'
        f"  Assets:Receivable:BOLT  {amount}.00 EUR\n"
        f'  Income:Services:SITE  -{amount}.00 EUR\n    line: "{milestone}"\n'
        f'    kind: "milestone"\n    milestone: "{milestone}"\n' + covered
    )


def test_a_fixed_price_is_shared_among_the_hours_that_it_covers(tmp_path: Path) -> None:
    facts = (
        "2020-01-01 open Assets:Receivable:BOLT\n"
        + log("a-1", "2025-05-05", 3, "SITE", "ana", task="design")
        + log("b-1", "2025-05-05", 2, "SITE", "ben", task="design")
        + log("b-2", "2025-05-20", 9, "SITE", "ben", task="build")
        + progress_text("2025-05-10", 100, project="SITE", milestone="M1")
        + fixed_price("M1", 1000, "INV-2025-0001")
    )
    ledger = write_ledger(tmp_path, DAY, contracts={"SITE": SITE}, facts=facts, firm=FIRM)
    people = rows_by(ledger, "person")
    # 300 and 100 of standard value were worked on the design: three quarters and one quarter
    assert (people["ana"]["billed"], people["ben"]["billed"]) == ("750.00", "250.00")
    tasks = rows_by(ledger, "task")
    assert (tasks["design"]["billed"], tasks["build"]["billed"]) == ("1000.00", "0.00")
    (row,) = profit(ledger)["rows"]
    assert (row["billed"], row["standard-value"], row["cost"]) == ("1000.00", "850.00", "590.00")
    assert row["hours"]["covered"] == "14.00"
    assert row["utilisation"] == "100.00", "covered hours are work for the client"


def test_what_no_hours_explain_has_a_row_of_its_own(tmp_path: Path) -> None:
    facts = "2020-01-01 open Assets:Receivable:BOLT\n" + fixed_price("M1", 1000, "INV-2025-0001")
    ledger = write_ledger(tmp_path, DAY, contracts={"SITE": SITE}, facts=facts, firm=FIRM)
    (row,) = profit(ledger, "--by", "person")["rows"]
    assert (row["person"], row["no-hours"], row["billed"]) == (None, True, "1000.00")
    assert run(ledger, DAY, "profit", "--by", "person").splitlines()[2].startswith("(no hours)")


def test_hours_without_a_price_have_no_standard_value(tmp_path: Path) -> None:
    contract = SITE.replace("rates: {people: {ana: 100, ben: 50}}\n", "")
    facts = log("a-1", "2025-05-05", 3, "SITE", "ana", task="design")
    ledger = write_ledger(tmp_path, DAY, contracts={"SITE": contract}, facts=facts, firm=FIRM)
    (row,) = profit(ledger)["rows"]
    assert (row["standard-value"], row["unpriced-hours"]) == ("0.00", "3.00")
    assert row["realisation"] is None


def test_the_cost_of_a_person_without_one_is_unknown(tmp_path: Path) -> None:
    firm = FIRM.replace(", cost: 40", "")
    ledger = write_ledger(tmp_path, DAY, contracts={"APP": APP}, facts=LARCH, firm=firm)
    people = rows_by(ledger, "person")
    assert (people["ana"]["cost"], people["ben"]["cost"]) == ("3000.00", None)
    assert people["ben"]["margin"] is None
    (row,) = profit(ledger)["rows"]
    assert (row["cost"], row["margin"], row["margin-percent"]) == (None, None, None)
    result = CliRunner().invoke(main, ["-f", str(ledger), "--as-of", DAY, "profit"])
    assert "the cost of an hour is unknown of ben" in result.stderr


def test_costs_are_never_converted(tmp_path: Path) -> None:
    contract = APP.replace("start:", "currency: USD\nstart:")
    facts = log("a-1", "2025-05-05", 8, "APP", "ana")
    ledger = write_ledger(tmp_path, DAY, contracts={"APP": contract}, facts=facts, firm=FIRM)
    (row,) = profit(ledger)["rows"]
    assert (row["unbilled"], row["currency"]) == ("1000.00", "USD")
    assert (row["cost"], row["cost-currency"], row["margin"]) == ("400.00", "EUR", None)
    result = CliRunner().invoke(main, ["-f", str(ledger), "--as-of", DAY, "profit"])
    assert "costs are in EUR and not converted: no margin in USD" in result.stderr


def test_a_credit_takes_back_what_the_hours_brought(tmp_path: Path) -> None:
    taken = """\
2025-06-03 * "ACME" "CN-2025-0001" #credit-note ^CN-2025-0001 ^INV-2025-0001
  invoice: "CN-2025-0001"
  corrects: "INV-2025-0001"
  project: "APP"
  net: 2300.00 EUR
  total: 2300.00 EUR
  Income:Services:APP  2300.00 EUR
    line: "May"
    kind: "time"
    quantity: 20.00 HOUR
    price: 115.00 EUR
    entries: "
      2025-05-07 ben 20.0000 b-2 review"
  Assets:Receivable:ACME  -2300.00 EUR
  Equity:Time:Unbilled:APP  20.0000 HOUR
    person: "ben"
  Equity:Time:Billed:APP  -20.0000 HOUR
"""
    ledger = write_ledger(tmp_path, DAY, contracts={"APP": APP}, facts=LARCH + taken, firm=FIRM)
    tasks = rows_by(ledger, "task")
    assert (tasks["review"]["billed"], tasks["review"]["unbilled"]) == ("0.00", "2500.00")
    assert tasks["backend"]["billed"] == "6900.00"


def test_csv_and_table_have_the_same_figures(larch: Path) -> None:
    text = run(larch, DAY, "--format", "csv", "profit", "--by", "client")
    (row,) = csv.DictReader(io.StringIO(text))
    assert (row["client"], row["hours.worked"], row["realisation"]) == ("acme", "100.00", "92.00")
    cells = run(larch, DAY, "profit", "--by", "client").splitlines()[2].split()
    shown = (
        "acme EUR 100.00 80.00 20.00 80.00 10000.00 9200.00 0.00 4600.00 4600.00 50.00 92.00 80.00"
    )
    assert cells == shown.split()


@given(
    st.decimals(-10000, 10000, places=2),
    st.lists(st.integers(0, 100000), min_size=1, max_size=8),
)
def test_shares_add_up_to_what_is_shared(amount: Decimal, weights: list[int]) -> None:
    parts = spread(amount, weights, 2)
    assert sum(parts) == amount
    whole = sum(weights)
    for part, weight in zip(parts, weights, strict=True):
        assert part.as_tuple().exponent in {0, -2}
        if whole:
            assert abs(part - amount * weight / whole) <= Decimal("0.01")


CASES = sorted(path.parent for path in (Path(__file__).parent / "cases").glob("*/expected.yaml"))
EXAMPLE = Path(__file__).parent.parent / "example-ledger"


def check_against_positions(billing: Billing) -> None:
    """The hours and the fees that reports go through one by one are those of the positions."""
    for project, position in billing.positions.items():
        analysis = billing.analyses[project]
        kinds: Counter[str] = Counter()
        people: Counter[str] = Counter()
        for item in analysis.worked:
            kinds[item.kind] += item.seconds
            people[item.person] += item.seconds
        outline = billing.outlines[project]
        assert outline.seconds == people, project
        assert (outline.earned, outline.periods) == (analysis.earned, analysis.periods), project
        assert (
            kinds.total(),
            kinds["billed"] + kinds["unbilled"],
            kinds["non-billable"] + kinds["written-off"],
            kinds["covered"],
            kinds["billed"],
            kinds["unbilled"],
        ) == tuple(position.hours), project
        fees = sum((fee.amount for fee in analysis.fees), Decimal(0))
        assert fees + analysis.expenses == position.billed, project


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_reports_and_status_know_the_same_hours(case: Path, tmp_path: Path) -> None:
    as_of = yaml.load((case / "expected.yaml").read_text(), yaml.BaseLoader)["as-of"]
    ledger = copy_ledger(case, tmp_path, as_of)
    check_against_positions(open_book(str(ledger), date.fromisoformat(as_of)).billing)


@pytest.mark.parametrize("as_of", ["2026-03-15", "2026-03-31", "2026-04-15", "2026-04-30"])
def test_the_example_adds_up_on_every_day(as_of: str) -> None:
    ledger = EXAMPLE / "main.beancount"
    check_against_positions(open_book(str(ledger), date.fromisoformat(as_of)).billing)
    totals = [profit(ledger, "--by", by, day=as_of)["totals"] for by in ("project", "client")]
    totals += [profit(ledger, "--by", by, day=as_of)["totals"] for by in ("person", "task")]
    assert all(total == totals[0] for total in totals)
    (total,) = totals[0]
    wip = json.loads(run(ledger, as_of, "--format", "json", "wip"))["totals"]
    assert (total["cost"], total["billed"]) == (wip[0]["cost"], wip[0]["billed"])
