"""Books for tests of issuing: hours of two months, a milestone, taxes, accounts that are open."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING
from typing import Any

from beancount import loader
from beancount.core import data
from click.testing import CliRunner

from projbill_beancount.cli import main
from tests.ledgers import progress_text
from tests.ledgers import time_text
from tests.ledgers import write_ledger

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

FIRM = """\
company: {name: Northlight IT GmbH, address: [Hafenstr. 1, 20457 Hamburg], country: DE, vat-id: DE1}
clients:
  acme: {name: ACME Corp, address: [Werkstr. 12], country: DE, reference: PO-4711}
  bolt: {name: BOLT AG}
people:
  ana: {name: Ana Ruiz}
  ben: {name: Ben Adler}
taxes:
  V: {rate: 20, name: VAT, account: "Liabilities:VAT:Output"}
defaults: {currency: EUR, invoice: {terms: net 30, tax: V}}
"""
APP = """\
project: APP
name: Shop app
client: acme
billing: time-and-materials
start: 2025-01-01
rates: {default: 100, tasks: {support: 80}}
"""
WEB = """\
project: WEB
name: Web site
client: bolt
billing: fixed-fee
value: 9000
milestones: {M1: {name: Concept, value: 3000}, M2: {name: Launch, value: 6000, bill: [50, 100]}}
"""
OPENS = """\
2020-01-01 open Assets:Receivable:BOLT
"""


def hours(entry: str, day: str, size: float, task: str = "dev", **meta: str) -> str:
    """An entry of Ana's on APP."""
    meta = {"person": "ana", "project": "APP", "task": task, **meta}
    return time_text(entry, day, round(size * 3600), **meta)


FACTS = (
    OPENS
    + hours("t-1", "2025-03-03", 6)
    + hours("t-2", "2025-03-04", 3.5, "support")
    + hours("t-3", "2025-03-05", 4, person="ben")
    + hours("t-4", "2025-04-02", 2)
    + progress_text("2025-03-14", 100, project="WEB", milestone="M1")
    + progress_text("2025-04-10", 60, project="WEB", milestone="M2")
)
AS_OF = "2025-05-05"


def write_books(folder: Path, facts: str = FACTS, **contracts: str) -> Path:
    """The books with an invoice file and a file of decisions; returns the top-level file."""
    ledger = write_ledger(
        folder, AS_OF, contracts=contracts or {"APP": APP, "WEB": WEB}, facts=facts, firm=FIRM
    )
    for name in ("invoices", "decisions"):
        (folder / f"{name}.beancount").write_text(f"; {name}\n")
    text = ledger.read_text()
    includes = 'include "invoices.beancount"\ninclude "decisions.beancount"\n'
    ledger.write_text(text.replace('include "facts', f'{includes}include "facts'))
    return ledger


def projbill(ledger: Path, *args: str, as_of: str = AS_OF, status: int | None = 0) -> Result:
    """The command's result; its exit status must be `status`, None for 0 or 1."""
    result = CliRunner().invoke(main, ["-f", str(ledger), "--as-of", as_of, *args])
    assert result.exit_code in ({0, 1} if status is None else {status}), (
        result.exit_code,
        result.output,
        result.exception,
    )
    return result


def ask(ledger: Path, *args: str, as_of: str = AS_OF, status: int = 0) -> Any:
    """The command's JSON."""
    return json.loads(
        projbill(ledger, *args, "--format", "json", as_of=as_of, status=status).stdout
    )


def invoices_of(ledger: Path) -> str:
    """The text of the invoice file."""
    return (ledger.parent / "invoices.beancount").read_text()


def balances(ledger: Path, as_of: str = "2030-01-01") -> dict[str, str]:
    """The balance of each account with one, at the start of a day; there must be no errors."""
    entries, errors, _ = loader.load_file(str(ledger))
    assert errors == [], errors
    found: dict[tuple[str, str], Decimal] = {}
    for entry in entries:
        if isinstance(entry, data.Transaction) and entry.date < date.fromisoformat(as_of):
            for posting in entry.postings:
                assert posting.units is not None
                assert posting.units.number is not None
                key = (posting.account, posting.units.currency)
                found[key] = found.get(key, Decimal(0)) + posting.units.number
    return {account: f"{total} {unit}" for (account, unit), total in sorted(found.items()) if total}
