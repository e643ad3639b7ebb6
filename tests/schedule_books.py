"""Books for the pages of schedules: change orders in every state, retainers, a project in dollars."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.ledgers import progress_text
from tests.ledgers import time_text
from tests.ledgers import write_ledger

if TYPE_CHECKING:
    from pathlib import Path

AS_OF = "2025-06-30"
CONTRACTS = {
    "APP": """\
project: APP
client: acme
billing: fixed-fee
start: 2025-01-01
value: 10000
budget: {cost: 4000}
milestones:
  M1: {value: 6000}
  M2: {value: 4000}
  M3: {value: 1500, change-order: CO-4}
""",
    "OPS": """\
project: OPS
client: acme
billing: time-and-materials
start: 2025-01-01
rates: {default: 100}
cap: {amount: 5000}
findings: {cap-near: {severity: ignore, reason: "the client knows"}}
""",
    "CARE": """\
project: CARE
client: acme
billing: retainer
start: 2025-05-01
rates: {default: 90}
retainer: {fee: 800, hours: 10, every: month, unused: rollover, rollover: {max: 3}, in: advance,
  overage: {rate: 110, policy: bill}}
deposit: {target: 500, replenish-below: 100}
""",
    "BLOCK": """\
project: BLOCK
client: acme
billing: retainer
start: 2025-06-01
rates: {default: 90}
retainer: {fee: 4000, hours: 40, every: once, in: advance}
""",
    "WEB": """\
project: WEB
client: acme
billing: fixed-fee
currency: USD
start: 2025-01-01
value: 9000
milestones: {W1: {value: 9000}}
""",
}
OPEN = "2020-01-01 open Liabilities:Deposits:ACME\n"
DEPOSIT = """\
2025-05-02 * "ACME" "On account"
  Assets:Bank  350.00 EUR
  Liabilities:Deposits:ACME  -350.00 EUR
"""


def order(project: str, identity: str, day: str, amount: str, **meta: str) -> str:
    """A change order; `amount` has its currency."""
    lines = "".join(f"  {key}: {value}\n" for key, value in meta.items())
    return f'{day} custom "change-order" "{project}" "{identity}" {amount}\n{lines}'


def approval(project: str, identity: str, day: str) -> str:
    """The directive that approves a change order."""
    return f'{day} custom "change-order-approval" "{project}" "{identity}"\n'


INVOICE = """\
2025-03-31 * "ACME Corp" "INV-1 Phase 1 <b>" #invoice ^INV-1
  invoice: "INV-1"
  project: "APP"
  due: 2025-04-30
  Assets:Receivable:ACME  6400.00 EUR
  Income:Services:APP    -5500.00 EUR
    kind: "milestone"
    milestone: "M1"
    basis: 5500.00 EUR
  Income:Services:APP     -900.00 EUR
    kind: "change-order"
    change-order: "CO-1"
"""
FACTS = (
    OPEN
    + DEPOSIT
    + order("APP", "CO-1", "2025-02-01", "1500.00 EUR", title='"Single sign-on <i>"')
    + approval("APP", "CO-1", "2025-02-20")
    + order("APP", "CO-2", "2025-02-02", "-500.00 EUR", milestone='"M1"', approved="2025-02-21")
    + order("APP", "CO-3", "2025-03-01", "2000.00 EUR")
    + order("APP", "CO-4", "2025-03-02", "1500.00 EUR")
    + order("APP", "CO-5", "2025-03-03", "700.00 EUR", rejected="2025-03-10")
    + order("APP", "CO-6", "2025-03-04", "100.00 USD", approved="2025-03-05")
    + order("APP", "CO-7", "2025-03-05", "50.00 EUR", approved="2025-07-05")
    + order("OPS", "CO-8", "2025-04-01", "0.00 EUR", cap="2000.00 EUR")
    + order("CARE", "CO-9", "2025-05-05", "0.00 EUR", hours="2", approved="2025-05-31")
    + progress_text("2025-03-15", 100, project="APP", milestone="M1")
    + progress_text("2025-04-15", 25, project="APP", milestone="M2")
    + INVOICE
    + time_text("a-1", "2025-02-03", 36000, project="APP", person="ana")
    + time_text("o-1", "2025-04-03", 36000 * 2, project="OPS", person="ben")
    + time_text("o-2", "2025-04-04", 36000 * 2, project="OPS", person="ben")
    + time_text("o-3", "2025-04-05", 3600 * 5, project="OPS", person="ben")
    + time_text("c-1", "2025-05-06", 3600 * 6, project="CARE", person="ana")
    + time_text("c-2", "2025-06-06", 3600 * 18, project="CARE", person="ana")
    + time_text("b-1", "2025-06-10", 3600 * 10, project="BLOCK", person="ana")
)


def schedule_books(folder: Path) -> Path:
    """The ledger with all of it, as of `AS_OF`."""
    ledger = write_ledger(folder, AS_OF, contracts=CONTRACTS, facts=FACTS)
    ledger.write_text(ledger.read_text() + 'include "decisions.beancount"\n')
    (folder / "decisions.beancount").write_text("; who decided what, and when\n")
    return ledger
