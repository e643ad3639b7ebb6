"""Books for tests of the commands: hours of two people, a milestone, an issued invoice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from click.testing import CliRunner

from projbill_beancount.cli import main

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

FIRM = """\
company: {name: Northlight IT GmbH}
clients:
  bolt: {name: BOLT AG}
  acme: {name: ACME Corp}
people:
  carol: {name: Carol Lee, role: senior, aliases: [carol@northlight.example]}
  dan: {name: Dan Roe}
taxes:
  S19: {rate: 19, name: VAT 19 %, account: "Liabilities:VAT:Output"}
defaults: {currency: EUR, invoice: {terms: net 30, tax: S19}}
"""

BOLT = """\
project: BOLT-APP
name: Mobile app
client: bolt
billing: time-and-materials
start: 2026-02-01
formerly: [BOLT-OLD]
rates:
  roles: {senior: 150}
tasks:
  backend: {billable: true}
  standup: {billable: false}
"""

ACME = """\
project: ACME-MIG
name: Migration
client: acme
billing: fixed-fee
value: 30000.00
milestones:
  M1: {name: Plan, value: 10000.00}
  M2: {name: Cut-over, value: 20000.00, bill: accepted}
"""

MAIN = """\
option "title" "Books"
option "operating_currency" "EUR"
plugin "projbill_beancount.plugins.billing" "projbill.yaml"

include "time/*.beancount"
include "invoices.beancount"

2026-01-01 commodity HOUR
  precision: 2
2026-01-01 open Assets:Bank
2026-01-01 open Assets:Receivable:BOLT
2026-01-01 open Assets:Receivable:ACME
2026-01-01 open Income:Services:BOLT-APP
2026-01-01 open Income:Services:ACME-MIG
2026-01-01 open Liabilities:VAT:Output
"""

MARCH = """\
2026-02-10 * "Carol Lee" "BOLT-APP 2.00 h"
  person: "carol"
  Equity:Time:Unbilled:BOLT-APP   2.0000 HOUR
    id: "toggl-1"
    task: "backend"
  Equity:Time:Worked:Carol       -2.0000 HOUR

2026-03-03 * "Carol Lee" "BOLT-APP 6.50 h"
  person: "carol"
  Equity:Time:Unbilled:BOLT-APP   6.0000 HOUR
    id: "toggl-2"
    task: "backend"
    note: "Login page"
  Equity:Time:NonBillable:BOLT-APP  0.5000 HOUR
    id: "toggl-3"
    task: "standup"
  Equity:Time:Worked:Carol       -6.5000 HOUR

2026-03-04 * "Carol Lee" "BOLT-APP 3.50 h"
  person: "carol"
  Equity:Time:Unbilled:BOLT-APP   3.5000 HOUR
    id: "toggl-4"
    task: "backend"
  Equity:Time:Worked:Carol       -3.5000 HOUR

2026-03-14 * "ACME Corp" "M1 Plan: complete"
  project: "ACME-MIG"
  milestone: "M1"
  complete: "100 %"
  id: "jira-10042"
  Equity:Time:Unbilled:ACME-MIG  0.0000 HOUR
"""

DAN = """
2026-04-02 * "Dan Roe" "BOLT-APP 1.00 h"
  person: "dan"
  Equity:Time:Unbilled:BOLT-APP   1.0000 HOUR
    id: "toggl-5"
    task: "backend"
  Equity:Time:Worked:Dan         -1.0000 HOUR
"""

INVOICES = """\
2026-02-28 * "BOLT AG" "INV-2026-0001 February 2026" #invoice ^INV-2026-0001
  invoice: "INV-2026-0001"
  project: "BOLT-APP"
  draft: "BOLT-APP/time/2026-02-28"
  period-start: 2026-02-01
  period-end: 2026-02-28
  due: 2026-03-30
  net: 300.00 EUR
  total: 357.00 EUR
  format: 1
  Assets:Receivable:BOLT                357.00 EUR
  Income:Services:BOLT-APP             -300.00 EUR
    line: "backend"
    kind: "time"
    quantity: 2.00 HOUR
    price: 150.00 EUR
    task: "backend"
    tax: "S19"
    entries: "
      2026-02-10 carol 2.0000 toggl-1 backend"
  Liabilities:VAT:Output                -57.00 EUR
    tax: "S19"
    rate: 19
    base: 300.00 EUR
  Equity:Time:Unbilled:BOLT-APP        -2.0000 HOUR
    person: "carol"
  Equity:Time:Billed:BOLT-APP           2.0000 HOUR

2026-03-20 * "BOLT AG" "Payment" ^INV-2026-0001
  Assets:Bank                           100.00 EUR
  Assets:Receivable:BOLT               -100.00 EUR
"""

AS_OF = "2026-04-10"


def write_books(folder: Path, **texts: str) -> Path:
    """Write the books; a keyword replaces a file: `main`, `firm`, `bolt`, `acme`, `time`."""
    files = {
        "main.beancount": texts.get("main", MAIN),
        "projbill.yaml": texts.get("firm", FIRM),
        "contracts/bolt-app.yaml": texts.get("bolt", BOLT),
        "contracts/acme-mig.yaml": texts.get("acme", ACME),
        "time/2026-03.beancount": texts.get("time", MARCH),
        "invoices.beancount": texts.get("invoices", INVOICES),
    }
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder / "main.beancount"


def projbill(*args: object, env: dict[str, str | None] | None = None) -> Result:
    """Run the command in this process; stdout and stderr are apart."""
    return CliRunner().invoke(main, [str(arg) for arg in args], env=env)
