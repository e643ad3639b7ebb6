"""The JSON Schema says of a file what reading it says."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
import yaml

from projbill_beancount.terms.read import read_terms
from projbill_beancount.terms.schema import json_schema
from tests.terms_files import FIRM
from tests.terms_files import HYBRID
from tests.terms_files import TIME
from tests.terms_files import mistakes
from tests.terms_files import write
from tests.test_terms_limits_mistakes import MISTAKES
from tests.test_terms_retainer_mistakes import MISTAKES as RETAINER_MISTAKES

if TYPE_CHECKING:
    from pathlib import Path

PROJBILL = """\
company: {name: Northlight IT GmbH, address: [Hafenstr. 1, 20457 Hamburg], country: DE, vat-id: DE123456789, iban: DE02 1203, email: billing@northlight.example}
clients:
  acme: {name: ACME Corp, address: [Kai 2, 20457 Hamburg], country: DE, vat-id: DE1, email: ap@acme.example, reference: PO-4711}
  bolt: {name: BOLT AG}
people:
  alice: {name: Alice Rey, role: senior, cost: 62.50, zone: Europe/Berlin, until: 2027-03-31, aliases: [alice@northlight.example, "A. Rey"]}
contracts: contracts/*.yaml
numbering: {invoice: "INV-{year}-{number:04}", credit-note: "CN-{year}-{number:04}", start: 1}
files: {time: "time/{year}-{month:02}.beancount", expenses: "expenses/{year}-{month:02}.beancount", invoices: invoices.beancount, decisions: decisions.beancount, documents: documents}
imports: {toggl: {zone: Europe/Berlin}, timeclock: {person: alice}, hours-csv: {columns: {date: Tag, person: Wer, hours: Std}, dates: dmy}, expenses-csv: {columns: {date: Tag, amount: Summe}, accounts: {Reise: "Expenses:Travel"}, account: "Expenses:Other", from: "Liabilities:Card", currency: EUR, billable: true, spent: positive}}
defaults: {currency: EUR, invoice: {terms: net 30, tax: S19, due-shift: next-business-day}, reconcile: {tolerance: 5 %}}
taxes: {S19: {rate: 19, name: VAT 19 %, account: "Liabilities:VAT:Output"}, AE: {rate: 0, name: Reverse charge, note: Art. 196}}
accounts: {income: "Income:Services:{project}", deferred: "Liabilities:Deferred:{project}"}
hour-commodity: HOUR
closed-until: 2025-12-31
holidays: [2026-01-01, 2026-12-25]
"""

CONTRACT = """\
project: ACME-MIG
name: Data-centre migration
client: acme
billing: hybrid
currency: EUR
start: 2026-03-01
end: 2026-09-30
value: 50000.00
formerly: [ACME-OLD]
match:
  - {client: "ACME*", project: "Migration"}
  - {jira-project: MIG}
rates:
  default: 120
  roles:  {senior: [{from: 2026-03-01, rate: 150}, {from: 2026-07-01, rate: 160}], junior: 95 EUR}
  tasks:  {architecture: 180}
  people: {alice: 165}
  person-tasks: {alice/architecture: 200}
tasks:
  architecture: {billable: true}
  standup:      {billable: no}
  build:        {milestone: M1}
milestones:
  M1: {name: Migration plan, value: 20000, due: 2026-04-15, hours: 40, match: {jira: MIG-12, github: 3}}
  M2: {name: Cut-over, value: 30000, bill: [50, 100]}
  M3: {value: 0, bill: {date: 2026-05-31, advance: true}}
  M4: {value: 500, tax: none, change-order: CO-2}
triggers:
  - {type: hybrid}
  - {id: weekly, type: time, every: week, tasks: [support]}
invoice: {terms: net 30, tax: S19, group-by: [task, rate], hours: {to: 15m, direction: up, per: entry}, consolidate: no, minimum: 0, retention: 10 %, due-shift: no}
reference: 4711
cap: [{amount: 60000, warn: 80 %, excess: adjust}, {hours: 20, every: month, anchor: 2026-03-01, tasks: support, excess: carry}]
reconcile: {tolerance: {percent: 5 %, amount: 10.00}, completion: progress, stale: 30}
deposit: {target: 5000, replenish-below: 2000}
split: {acme: 1/3, bolt: 2/3}
approval: required
budget: {amount: 50000, hours: 400, cost: 30000}
findings: {time-late: {severity: info, reason: Agreed}}
style: accrual
follows: ACME-1
"""

RETAINER = """\
project: ACME-1
client: acme
bill-to: bolt
billing: retainer
rates: {default: 960, unit: day, hours-per-day: 7.5}
retainer: {fee: 5000, hours: 40, every: month, anchor: 2026-01-15, in: advance, overage: {rate: 150, policy: bill}, unused: rollover, rollover: {max: 20, periods: 1}, prorate: days, tasks: [support]}
"""


class _Core(yaml.BaseLoader):
    """What editors see: YAML 1.2's booleans and numbers, everything else a text."""


for _tag, _pattern, _first in (
    ("bool", "true|false", "tf"),
    ("int", "[-+]?[0-9]+", "-+0123456789"),
    ("float", r"[-+]?[0-9]+\.[0-9]+", "-+0123456789"),
):
    _Core.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(f"^({_pattern})$"), list(_first)
    )
_Core.add_constructor("tag:yaml.org,2002:bool", lambda _, node: node.value == "true")
_Core.add_implicit_resolver("tag:yaml.org,2002:null", re.compile("^(null|~|)$"), ["n", "~", ""])
_Core.add_constructor("tag:yaml.org,2002:null", lambda _loader, _node: None)
_Core.add_constructor("tag:yaml.org,2002:int", lambda _, node: int(node.value))
_Core.add_constructor("tag:yaml.org,2002:float", lambda _, node: float(node.value))


def complaints(text: str) -> list[str]:
    validator = jsonschema.Draft202012Validator(
        json_schema(), format_checker=jsonschema.FormatChecker(["date"])
    )
    document: Any = yaml.load(text, Loader=_Core)
    return [error.message for error in validator.iter_errors(document)]


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())


def test_the_example_files_fit_and_are_read(tmp_path: Path) -> None:
    assert complaints(PROJBILL) == []
    assert complaints(CONTRACT) == []
    assert complaints(RETAINER) == []
    terms = read_terms(write(tmp_path, PROJBILL, CONTRACT, RETAINER))
    assert mistakes(terms) == []
    assert list(terms.contracts) == ["ACME-1", "ACME-MIG"]


@pytest.mark.parametrize(
    "text",
    [
        TIME + "valeu: 3\n",
        TIME + "start: [a]\n",
        TIME + "strict-tasks: on\n",
        TIME + "rates: {default: 1e3x}\n",
        TIME + "invoice: {group-by: [wrok]}\n",
        TIME + "invoice: {terms: 30 days}\n",
        TIME + "cap: 3\n",
        TIME + "triggers: []\n",
        TIME.replace("time-and-materials", "retainer"),
        HYBRID + "milestones: {M1: {name: A}}\n",
        HYBRID + "milestones: {M1: {value: 1, bill: [50, 101]}}\n",
        "project: P\n",
    ],
)
def test_what_is_refused_is_refused_by_both(tmp_path: Path, text: str) -> None:
    assert complaints(text)
    assert mistakes(read_terms(write(tmp_path, FIRM, text)))


@pytest.mark.parametrize("text", ["clinets: {}", "clients: {a b: {}}", "holidays: 1"])
def test_what_is_refused_in_projbill_yaml_is_refused_by_both(tmp_path: Path, text: str) -> None:
    assert complaints(text)
    assert mistakes(read_terms(write(tmp_path, text)))


# What one file and its keys alone cannot show, or JSON Schema cannot say.
_ONLY_READING = (
    "decimal place",
    "number of seconds",
    "unknown (client|contract) ",
    "leads back",
    "given twice",
    "more than the",
    "more than 100 %",
    "at most 24 hours",
    "^[0-9]+: split.acme: 3/2 is not between",
    "is in USD, and the contract in EUR",
    "`refund` needs `hours:`",
)


@pytest.mark.parametrize(("text", "told"), [*MISTAKES, *RETAINER_MISTAKES])
def test_what_a_contract_is_held_to_is_refused_by_both(text: str, told: str) -> None:
    assert complaints(text) or re.search("|".join(_ONLY_READING), told)


def test_reading_terms_loads_no_library_but_yaml() -> None:
    program = (
        "import sys, projbill_beancount.terms.read, projbill_beancount.terms.schema\n"
        "print(sorted({'jsonschema', 'click', 'babel', 'beancount', 'fava', 'zoneinfo', 'difflib',"
        " 'pydantic'} & set(sys.modules)))"
    )
    shown = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    assert shown.stdout == "[]\n"
