"""What was worked, billed and collected in each month."""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from projbill_beancount.book import open_book
from projbill_beancount.reports.months import flows_of
from projbill_beancount.reports.months import months_between
from projbill_beancount.reports.months import months_of
from projbill_beancount.reports.scopes import Scopes
from projbill_beancount.reports.wip import wip_schedule
from tests.ledgers import progress_text
from tests.ledgers import run
from tests.ledgers import time_text
from tests.ledgers import write_ledger

if TYPE_CHECKING:
    from projbill_beancount.reports.months import Month

EXAMPLE = Path(__file__).parent.parent / "example-ledger"
OPEN = """\
2020-01-01 open Income:Discounts
2020-01-01 open Liabilities:Deposits:ACME
"""
FIRM = """\
company: {name: Northlight IT GmbH}
clients:
  acme: {name: ACME Corp}
people:
  ana: {name: Ana Ruiz}
contracts: contracts/*.yaml
taxes: {S19: {name: VAT, rate: 19 %, account: Liabilities:VAT:Output}}
defaults: {currency: EUR, invoice: {terms: net 30, tax: S19}}
numbering: {invoice: "INV-{number}"}
"""
HOURLY = """\
project: ACME-APP
client: acme
billing: time-and-materials
rates: {default: 100}
triggers: [{type: time, every: quarter}]
"""
FIXED = """\
project: ACME-WEB
client: acme
billing: fixed-fee
value: 10000
milestones:
  M1: {name: Concept, value: 4000}
  M2: {name: Build, value: 6000}
"""


def months(ledger: Path, first: str, last: str, **of: str) -> dict[str, tuple[str, str, str]]:
    """The sums by month as text; `since` among `of` is the month from which facts are read."""
    book = open_book(str(ledger))
    since, currency = of.get("since", ""), of.get("currency", "EUR")
    flows = flows_of(book.terms, book.facts, book.billing, Scopes(book.facts), since)
    return {
        one.month: texts(one)
        for one in months_of(flows, currency, None, months_between(first, last))
    }


def texts(one: Month) -> tuple[str, str, str]:
    return str(one.worked), str(one.billed), str(one.collected)


def hours(day: str, number: int, project: str = "ACME-APP") -> str:
    return time_text(f"toggl-{project}-{day}", day, number * 3600, project=project, person="ana")


def issued(folder: Path, *facts: str, as_of: str, contract: str = HOURLY) -> Path:
    """Books on a contract, with everything issued that can be."""
    project = contract.partition("\n")[0].removeprefix("project: ")
    text = 'include "invoices.beancount"\n' + OPEN + "".join(facts)
    (folder / "invoices.beancount").parent.mkdir(parents=True, exist_ok=True)
    (folder / "invoices.beancount").write_text("")
    ledger = write_ledger(folder, as_of, contracts={project: contract}, facts=text, firm=FIRM)
    run(ledger, as_of, "issue")
    return ledger


def test_hours_are_worked_in_the_month_of_the_work_and_billed_in_that_of_the_invoice(
    tmp_path: Path,
) -> None:
    facts = [hours("2026-01-10", 3), hours("2026-02-10", 4), hours("2026-04-02", 5)]
    ledger = issued(tmp_path, *facts, as_of="2026-04-03")
    assert months(ledger, "2026-01", "2026-04") == {
        "2026-01": ("300.00", "0.00", "0.00"),
        "2026-02": ("400.00", "0.00", "0.00"),
        "2026-03": ("0.00", "0.00", "0.00"),
        "2026-04": ("500.00", "700.00", "0.00"),
    }


@pytest.mark.parametrize(
    ("postings", "collected"),
    [
        # 700 net are 833 with 19 % of tax
        ("  Assets:Bank  833.00 EUR\n  Assets:Receivable:ACME  -833.00 EUR\n", "700.00"),
        ("  Assets:Bank  416.50 EUR\n  Assets:Receivable:ACME  -416.50 EUR\n", "350.00"),
        (
            (
                "  Assets:Bank  714.00 EUR\n  Income:Discounts  119.00 EUR\n"
                "  Assets:Receivable:ACME  -833.00 EUR\n"
            ),
            "600.00",
        ),
        ("  Income:Discounts  833.00 EUR\n  Assets:Receivable:ACME  -833.00 EUR\n", "0.00"),
    ],
    ids=["whole", "half", "with a discount", "written off"],
)
def test_what_is_collected_is_money_without_the_tax_in_it(
    tmp_path: Path, postings: str, collected: str
) -> None:
    facts = [hours("2026-01-10", 3), hours("2026-02-10", 4)]
    ledger = issued(tmp_path, *facts, as_of="2026-04-03")
    with (tmp_path / "facts.beancount").open("a") as file:
        file.write(f'2026-04-03 * "ACME" "Payment" ^INV-1\n{postings}')
    assert months(ledger, "2026-04", "2026-04")["2026-04"][2] == collected


def test_a_void_invoice_is_billed_and_taken_back_and_its_hours_are_worked_once(
    tmp_path: Path,
) -> None:
    facts = [hours("2026-01-10", 3), hours("2026-02-10", 4)]
    ledger = issued(tmp_path, *facts, as_of="2026-04-03")
    run(ledger, "2026-05-04", "void", "INV-1", "--reason", "wrong client")
    text = ledger.read_text().replace("2026-04-03", "2026-05-04")
    ledger.write_text(text)
    found = months(ledger, "2026-01", "2026-05")
    assert found["2026-01"] == ("300.00", "0.00", "0.00")
    assert found["2026-04"] == ("0.00", "700.00", "0.00")
    assert found["2026-05"] == ("0.00", "-700.00", "0.00")


def test_a_fixed_price_is_worked_as_reports_complete_it(tmp_path: Path) -> None:
    facts = [
        progress_text("2026-01-20", 50, project="ACME-WEB", milestone="M1"),
        progress_text("2026-02-20", 100, project="ACME-WEB", milestone="M1"),
        progress_text("2026-02-25", 10, project="ACME-WEB", milestone="M2"),
        hours("2026-02-10", 40, "ACME-WEB"),
    ]
    ledger = issued(tmp_path, *facts, as_of="2026-03-31", contract=FIXED)
    assert months(ledger, "2026-01", "2026-03") == {
        "2026-01": ("2000.00", "0.00", "0.00"),
        "2026-02": ("2600.00", "0.00", "0.00"),
        "2026-03": ("0.00", "4000.00", "0.00"),
    }


def test_completion_by_hours_is_worked_in_the_months_of_the_hours(tmp_path: Path) -> None:
    contract = FIXED.replace("value: 10000\n", "value: 10000\nreconcile: {completion: hours}\n")
    contract = contract.replace("value: 4000", "value: 4000, hours: 40")
    contract += "tasks: {concept: {milestone: M1}}\n"
    facts = [
        time_text(f"toggl-{day}", day, seconds, project="ACME-WEB", person="ana", task="concept")
        for day, seconds in (("2026-01-10", 10 * 3600), ("2026-02-10", 20 * 3600))
    ]
    ledger = write_ledger(
        tmp_path, "2026-02-28", contracts={"ACME-WEB": contract}, facts="".join(facts), firm=FIRM
    )
    found = months(ledger, "2026-01", "2026-02")
    # 30 of 40 hours of a milestone of 4000
    assert found == {"2026-01": ("1000.00", "0.00", "0.00"), "2026-02": ("2000.00", "0.00", "0.00")}


RETAINER = """\
project: ACME-APP
client: acme
billing: retainer
start: 2026-01-01
retainer: {fee: 900, hours: 10, every: quarter, in: PAID}
"""


@pytest.mark.parametrize("paid", ["advance", "arrears"])
def test_a_fee_is_worked_over_the_days_of_its_period(tmp_path: Path, paid: str) -> None:
    contract = RETAINER.replace("PAID", paid)
    ledger = issued(tmp_path, as_of="2026-05-15", contract=contract)
    found = months(ledger, "2026-01", "2026-05")
    # 90 days of the first quarter, 91 of the second, of which 45 have passed
    assert [found[month][0] for month in sorted(found)] == [
        "310.00",
        "280.00",
        "310.00",
        "296.70",
        "148.35",
    ]


def test_what_is_worked_is_what_the_wip_schedule_says_is_earned(tmp_path: Path) -> None:
    folder = tmp_path / "books"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    book = open_book(str(folder / "main.beancount"))
    flows = flows_of(book.terms, book.facts, book.billing, Scopes(book.facts))
    rows = wip_schedule(book.terms, book.billing, book.terms.contracts)
    assert len(rows) == len(book.terms.contracts)
    for row in rows:
        worked = sum(flows.worked[row.project, row.currency].values(), Decimal(0))
        assert worked.quantize(Decimal("0.01")) == row.earned, row.project
        billed = sum(flows.billed.get((row.project, row.currency), {}).values(), Decimal(0))
        assert billed == book.billing.positions[row.project].billed


@pytest.mark.parametrize("since", ["2026-03", "2026-04"])
def test_months_are_the_same_whatever_was_before_them(tmp_path: Path, since: str) -> None:
    folder = tmp_path / "books"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    ledger = folder / "main.beancount"
    whole = months(ledger, since, "2026-04")
    assert months(ledger, since, "2026-04", since=since) == whole
    assert whole["2026-04"] == ("48046.73", "25102.71", "22599.65")


def test_a_credit_takes_a_fee_off_the_days_that_it_was_for(tmp_path: Path) -> None:
    contract = RETAINER.replace("PAID", "advance")
    ledger = issued(tmp_path, as_of="2026-02-14", contract=contract)
    run(ledger, "2026-02-14", "credit", "INV-1", "--reason", "another client")
    found = months(ledger, "2026-01", "2026-02")
    # the credit leaves the fee to be billed again: 900 for the 45 of 90 days that have passed
    assert found == {"2026-01": ("310.00", "0.00", "0.00"), "2026-02": ("140.00", "0.00", "0.00")}
    assert months(ledger, "2026-01", "2026-02", since="2026-02")["2026-02"] == found["2026-02"]


def test_hours_above_a_cap_are_not_worth_anything(tmp_path: Path) -> None:
    contract = HOURLY + "cap: {amount: 600}\n"
    facts = [hours("2026-01-10", 3), hours("2026-02-10", 4), hours("2026-03-02", 5)]
    ledger = write_ledger(
        tmp_path, "2026-03-15", contracts={"ACME-APP": contract}, facts="".join(facts), firm=FIRM
    )
    found = months(ledger, "2026-01", "2026-03")
    assert [found[month][0] for month in sorted(found)] == ["300.00", "300.00", "0.00"]


def test_a_correction_takes_off_what_was_worked(tmp_path: Path) -> None:
    less = time_text(
        "t-less", "2026-02-11", -3600, project="ACME-APP", person="ana", corrects="toggl-1"
    )
    facts = [time_text("toggl-1", "2026-02-10", 10800, project="ACME-APP", person="ana"), less]
    ledger = issued(tmp_path, *facts, as_of="2026-03-15")
    assert months(ledger, "2026-02", "2026-02")["2026-02"][0] == "200.00"


SPLIT = FIXED + "split: {acme: 60, bolt: 40}\n"
TWO = FIRM.replace("  acme: {name: ACME Corp}\n", "  acme: {name: ACME Corp}\n  bolt: {}\n")


@pytest.mark.parametrize("until", ["2026-01-31", "2026-03-31"])
def test_a_price_that_two_clients_share_is_worked_whole(tmp_path: Path, until: str) -> None:
    facts = [
        progress_text("2026-01-20", 100, project="ACME-WEB", milestone="M1"),
        progress_text("2026-03-20", 50, project="ACME-WEB", milestone="M2"),
    ]
    text = 'include "invoices.beancount"\n2020-01-01 open Assets:Receivable:BOLT\n'
    (tmp_path / "invoices.beancount").write_text("")
    ledger = write_ledger(
        tmp_path,
        until,
        contracts={"ACME-WEB": SPLIT},
        facts=text + "".join(facts),
        firm=TWO,
    )
    run(ledger, until, "issue")
    worked = {month: one[0] for month, one in months(ledger, "2026-01", "2026-03").items()}
    later = "3000.00" if until == "2026-03-31" else "0.00"
    assert worked == {"2026-01": "4000.00", "2026-02": "0.00", "2026-03": later}
    book = open_book(str(ledger))
    scope = Scopes(book.facts).on(book.terms.contracts["ACME-WEB"], book.billing.as_of)
    prices = {name: scope.price(one, scope.as_of) for name, one in scope.scope.items()}
    assert prices == {"M1": Decimal(4000), "M2": Decimal(6000)}
    assert scope.before == {"M1": Decimal(4000)}


def test_a_refund_takes_a_part_of_the_fee_back(tmp_path: Path) -> None:
    contract = RETAINER.replace("PAID", "advance").replace("hours: 10", "hours: 10, unused: refund")
    ledger = issued(tmp_path, as_of="2026-01-15", contract=contract)
    text = ledger.read_text().replace("2026-01-15", "2026-03-31")
    ledger.write_text(text)
    # nothing was used of the first quarter: all of its fee is to be paid back
    found = months(ledger, "2026-01", "2026-03")
    assert sum(Decimal(found[month][0]) for month in found) == 0


@pytest.mark.parametrize("split", ["{acme: 60, bolt: 40}", "{bolt: 40, acme: 60}"])
def test_hours_are_worked_once_though_one_payer_has_them_back(tmp_path: Path, split: str) -> None:
    contract = HOURLY.replace("every: quarter", "every: month") + f"split: {split}\n"
    text = 'include "invoices.beancount"\n2020-01-01 open Assets:Receivable:BOLT\n'
    (tmp_path / "invoices.beancount").write_text("")
    ledger = write_ledger(
        tmp_path,
        "2026-02-10",
        contracts={"ACME-APP": contract},
        facts=text + hours("2026-01-10", 3),
        firm=TWO,
    )
    run(ledger, "2026-02-10", "issue", "ACME-APP/time/2026-01-31/acme")
    run(ledger, "2026-02-10", "credit", "INV-1", "--reason", "wrong address")
    found = months(ledger, "2026-01", "2026-02")
    assert found == {"2026-01": ("300.00", "0.00", "0.00"), "2026-02": ("0.00", "0.00", "0.00")}
