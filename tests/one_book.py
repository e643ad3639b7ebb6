"""Books with one contract, `APP`, and what the engine makes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from projbill_beancount.book import open_book
from tests.ledgers import FIRM
from tests.ledgers import load
from tests.ledgers import time_text
from tests.ledgers import write_ledger

if TYPE_CHECKING:
    from pathlib import Path

    from projbill_beancount.billing.model import Billing
    from projbill_beancount.billing.model import Finding

HOURLY = (
    "project: APP\nclient: acme\nstart: 2025-01-01\nbilling: time-and-materials\n"
    "rates: {default: 100}\n"
)
FIXED = (
    "project: APP\nclient: acme\nstart: 2025-01-01\nbilling: fixed-fee\nvalue: 1000\n"
    "milestones: {M1: {value: 400}, M2: {value: 600}}\n"
)
TAXED = FIRM + 'taxes: {S19: {rate: 19, name: VAT, account: "Liabilities:VAT:Output"}}\n'


def bill(folder: Path, contract: str, facts: str, as_of: str, firm: str = FIRM) -> Billing:
    """The billing of the contract's ledger, which Beancount accepts with all that we post."""
    ledger = write_ledger(folder, as_of, contracts={"APP": contract}, facts=facts, firm=firm)
    loaded = load(ledger)
    assert loaded.foreign == []
    assert not any("defect" in message for message in loaded.errors)
    return open_book(str(ledger)).billing


def codes(billing: Billing) -> list[tuple[str, str]]:
    """The findings by severity and code, but that nobody pays in these books."""
    return [
        (found.severity, found.code)
        for found in billing.findings
        if found.code != "invoice-overdue"
    ]


def of_code(billing: Billing, code: str) -> list[Finding]:
    """The findings of one code."""
    return [found for found in billing.findings if found.code == code]


def nets(billing: Billing) -> list[tuple[str, str]]:
    """The drafts by id and net, `held` ones with their reasons."""
    return [
        (draft.id, " ".join((str(draft.net), *(reason.code for reason in draft.reasons))))
        for draft in billing.drafts
    ]


def hours(billing: Billing) -> list[tuple[str, float]]:
    """The entries on drafts with the hours of each."""
    return [
        (entry.id, entry.seconds / 3600)
        for draft in billing.drafts
        for line in draft.lines
        for entry in line.entries
    ]


def worked(entry_id: str, day: str, worked_hours: float, **meta: str) -> str:
    """A time transaction, of Ana if nobody else is named."""
    told = {"project": "APP", "person": "ana", **meta}
    return time_text(entry_id, day, round(worked_hours * 3600), **told)
