"""`projbill retainers`: every period's hours and fees, and money on account."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING
from typing import Any

from tests.ledgers import FIRM
from tests.ledgers import run
from tests.ledgers import time_text
from tests.ledgers import write_ledger

if TYPE_CHECKING:
    from pathlib import Path

CARE = """\
project: CARE
name: Care
client: acme
billing: retainer
start: 2025-01-01
retainer: {fee: 1000, hours: 10, every: month, in: advance, overage: {rate: 150}, unused: UNUSED}
rates: {default: 120}
"""
ROLLOVER = CARE.replace("UNUSED", "rollover, rollover: {max: 4, periods: 1}")
FEE = """\
2025-01-01 * "ACME" "INV-2025-0001" #invoice ^INV-2025-0001
  invoice: "INV-2025-0001"
  project: "CARE"
  draft: "CARE/time/2025-01-01"
  period-start: 2025-01-01
  period-end: 2025-01-31
  net: 1000.00 EUR
  total: 1000.00 EUR
  Assets:Receivable:ACME  1000.00 EUR
  Income:Services:CARE  -1000.00 EUR
    line: "Care: retainer 2025-01-01 to 2025-01-31"
    kind: "retainer"
"""


def worked(*days: tuple[str, int]) -> str:
    return "".join(
        time_text(f"hand-{day}", day, hours * 3600, project="CARE", person="ana")
        for day, hours in days
    )


def retainers(ledger: Path, day: str, *arguments: str) -> Any:
    return json.loads(run(ledger, day, "--format", "json", "retainers", *arguments))


def of_periods(found: Any, *names: str) -> list[tuple[object, ...]]:
    (retainer,) = found["retainers"]
    return [tuple(period[name] for name in names) for period in retainer["periods"]]


HOURS = ("allocated", "carried-in", "used", "overage", "unused", "expired", "carried-out")


def test_hours_go_from_period_to_period(tmp_path: Path) -> None:
    facts = FEE + worked(("2025-01-10", 3), ("2025-02-10", 2), ("2025-03-10", 9), ("2025-03-11", 8))
    ledger = write_ledger(tmp_path, "2025-03-20", contracts={"CARE": ROLLOVER}, facts=facts)
    found = retainers(ledger, "2025-03-20")
    # of the seven that January leaves four are carried, and what February does not use of them
    # lapses; of its own ten four are carried again
    assert of_periods(found, *HOURS) == [
        ("10.00", "0.00", "3.00", "0.00", "7.00", "3.00", "4.00"),
        ("10.00", "4.00", "2.00", "0.00", "10.00", "8.00", "4.00"),
        ("10.00", "4.00", "17.00", "3.00", "0.00", "0.00", None),
    ]
    assert of_periods(found, "fee", "billed", "invoice", "running", "days-left") == [
        ("1000.00", "1000.00", "INV-2025-0001", False, None),
        ("1000.00", "0.00", None, False, None),
        ("1000.00", "0.00", None, True, 11),
    ]
    (retainer,) = found["retainers"]
    assert retainer["periods"][2]["period"] == {"start": "2025-03-01", "end": "2025-03-31"}
    assert (retainer["client"], retainer["every"]) == ("acme", "month")


def test_expired_hours_are_carried_nowhere(tmp_path: Path) -> None:
    contract = CARE.replace("UNUSED", "expire")
    facts = worked(("2025-01-10", 3))
    ledger = write_ledger(tmp_path, "2025-01-31", contracts={"CARE": contract}, facts=facts)
    found = retainers(ledger, "2025-01-31")
    assert of_periods(found, *HOURS) == [("10.00", "0.00", "3.00", "0.00", "7.00", "7.00", "0.00")]
    assert of_periods(found, "running", "days-left") == [(False, None)]


def test_refunded_hours_are_not_carried(tmp_path: Path) -> None:
    contract = CARE.replace("UNUSED", "refund")
    facts = FEE + worked(("2025-01-10", 3))
    ledger = write_ledger(tmp_path, "2025-02-01", contracts={"CARE": contract}, facts=facts)
    first, second = of_periods(retainers(ledger, "2025-02-01"), *HOURS)
    assert first == ("10.00", "0.00", "3.00", "0.00", "7.00", "0.00", "0.00")
    assert second[:3] == ("10.00", "0.00", "0.00")


def test_a_block_without_an_end_runs_for_good(tmp_path: Path) -> None:
    contract = CARE.replace("UNUSED", "expire").replace("every: month", "every: once")
    facts = worked(("2025-01-10", 3))
    ledger = write_ledger(tmp_path, "2025-06-30", contracts={"CARE": contract}, facts=facts)
    found = retainers(ledger, "2025-06-30")
    names = ("period", "running", "days-left", "used", "unused", "carried-out")
    assert of_periods(found, *names) == [
        ({"start": "2025-01-01", "end": None}, True, None, "3.00", "7.00", None)
    ]
    line = run(ledger, "2025-06-30", "retainers").splitlines()[2].split()
    assert line == [
        "CARE",
        "2025-01-01",
        "10.00",
        "0.00",
        "3.00",
        "0.00",
        "7.00",
        "0.00",
        "1000.00",
        "0.00",
        "EUR",
        "running",
    ]


def test_a_fee_for_all_hours_allocates_none(tmp_path: Path) -> None:
    contract = CARE.replace("UNUSED", "expire").replace(" hours: 10,", "")
    facts = worked(("2025-01-10", 3))
    ledger = write_ledger(tmp_path, "2025-01-15", contracts={"CARE": contract}, facts=facts)
    found = retainers(ledger, "2025-01-15")
    assert of_periods(found, *HOURS) == [(None, "0.00", "3.00", "0.00", None, "0.00", None)]


DEPOSIT = """\
project: AUDIT
name: Audit
client: acme
billing: time-and-materials
start: 2025-01-01
rates: {default: 100}
deposit: {target: 1000, replenish-below: 800}
"""
PAID_IN = """\
2020-01-01 open Liabilities:Deposits:ACME
2025-01-02 * "ACME" "On account"
  Assets:Bank  900.00 EUR
  Liabilities:Deposits:ACME  -900.00 EUR
"""


def test_deposits_with_what_is_to_be_replenished(tmp_path: Path) -> None:
    facts = PAID_IN + time_text("a", "2025-01-10", 7200, project="AUDIT", person="ana")
    ledger = write_ledger(tmp_path, "2025-02-01", contracts={"AUDIT": DEPOSIT}, facts=facts)
    row = {
        "client": "acme",
        "currency": "EUR",
        "balance": "900.00",
        "on-drafts": "0.00",
        "target": "1000.00",
        "replenish-below": "800.00",
        "to-replenish": "0.00",
    }
    assert retainers(ledger, "2025-01-30")["deposits"] == [row]
    # the draft of January takes 200 of it: 700 are less than 800, so 300 are asked for
    row |= {"on-drafts": "200.00", "to-replenish": "300.00"}
    assert retainers(ledger, "2025-02-01")["deposits"] == [row]
    assert retainers(ledger, "2025-01-01")["deposits"][0]["balance"] == "0.00"
    shown = run(ledger, "2025-02-01", "retainers").splitlines()
    assert shown[-1].split() == ["acme", "900.00", "200.00", "1000.00", "300.00", "EUR"]


def test_money_on_account_that_nobody_asked_for_is_shown(tmp_path: Path) -> None:
    contract = DEPOSIT.replace("deposit: {target: 1000, replenish-below: 800}\n", "")
    ledger = write_ledger(tmp_path, "2025-02-01", contracts={"AUDIT": contract}, facts=PAID_IN)
    (row,) = retainers(ledger, "2025-02-01")["deposits"]
    assert (row["balance"], row["target"], row["to-replenish"]) == ("900.00", None, None)
    assert retainers(ledger, "2025-01-01")["deposits"] == []


def test_csv_has_periods_and_deposits(tmp_path: Path) -> None:
    facts = PAID_IN + worked(("2025-01-10", 3))
    contracts = {"CARE": CARE.replace("UNUSED", "expire"), "AUDIT": DEPOSIT}
    ledger = write_ledger(tmp_path, "2025-01-15", contracts=contracts, facts=facts)
    text = run(ledger, "2025-01-15", "--format", "csv", "retainers")
    period, deposit = csv.DictReader(io.StringIO(text))
    assert (period["kind"], period["project"], period["period.end"]) == (
        "period",
        "CARE",
        "2025-01-31",
    )
    assert (period["used"], period["days-left"], period["balance"]) == ("3.00", "16", "")
    assert (deposit["kind"], deposit["client"], deposit["balance"]) == ("deposit", "acme", "900.00")


def test_projects_and_clients_are_chosen(tmp_path: Path) -> None:
    firm = FIRM.replace("clients:\n", "clients:\n  bolt: {name: BOLT AG}\n")
    contracts = {
        "CARE": CARE.replace("UNUSED", "expire"),
        "PARK": CARE.replace("UNUSED", "expire").replace("CARE", "PARK").replace("acme", "bolt"),
        "AUDIT": DEPOSIT,
    }
    ledger = write_ledger(tmp_path, "2025-01-15", contracts=contracts, facts=PAID_IN, firm=firm)

    def named(*arguments: str) -> tuple[list[str], int]:
        found = retainers(ledger, "2025-01-15", *arguments)
        return [one["project"] for one in found["retainers"]], len(found["deposits"])

    assert named() == (["CARE", "PARK"], 1)
    assert named("PARK") == (["PARK"], 0)
    assert named("--client", "bolt") == (["PARK"], 0)
    assert named("AUDIT") == ([], 1)


def test_a_firm_without_any_is_told_so(tmp_path: Path) -> None:
    contract = DEPOSIT.replace("deposit: {target: 1000, replenish-below: 800}\n", "")
    ledger = write_ledger(tmp_path, "2025-02-01", contracts={"AUDIT": contract})
    assert run(ledger, "2025-02-01", "retainers") == "No retainers and no deposits.\n"
