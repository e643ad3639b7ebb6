"""One contract's ledger, billed at once or issued draft by draft."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from projbill_beancount.book import open_book
from tests.ledgers import FIRM
from tests.ledgers import issued_text
from tests.ledgers import time_text
from tests.ledgers import write_ledger

if TYPE_CHECKING:
    from pathlib import Path

    from projbill_beancount.billing.model import Billing
    from projbill_beancount.billing.model import Draft

TAXED = FIRM + (
    "taxes:\n"
    '  V: {rate: [{rate: 19}, {from: 2025-04-01, rate: 7}], account: "Liabilities:VAT:Output"}\n'
)


def bill(folder: Path, contract: str, facts: str, as_of: str, firm: str = FIRM) -> Billing:
    """The billing of one contract's ledger."""
    ledger = write_ledger(folder, as_of, contracts={"APP": contract}, facts=facts, firm=firm)
    return open_book(str(ledger)).billing


def nets(billing: Billing) -> list[tuple[str, str]]:
    """The drafts by the last parts of their ids, and net."""
    return [(draft.id.removeprefix("APP/"), str(draft.net)) for draft in billing.drafts]


def codes(billing: Billing) -> list[str]:
    """The findings by severity and code, but that nobody pays in these books."""
    return [
        f"{found.severity} {found.code}"
        for found in billing.findings
        if found.code != "invoice-overdue"
    ]


def worked(entry_id: str, day: str, hours: float | str | Decimal, **meta: str) -> str:
    """A time transaction of Ana."""
    seconds = int(Decimal(str(hours)) * 3600)
    return time_text(entry_id, day, seconds, project="APP", person="ana", **meta)


def lines(draft: Draft) -> list[tuple[str, str, str]]:
    """A draft's lines: kind, hours (empty where it has none) and amount."""
    return [
        (
            line.kind,
            "" if line.seconds is None else f"{Decimal(line.seconds) / 3600:.2f}",
            str(line.amount),
        )
        for line in draft.lines
    ]


def frozen(draft: Draft, number: int) -> str:
    """A draft as `issue` freezes it: as an invoice, or a closing without a number."""
    if draft.net:
        return issued_text(draft, f"INV-{draft.date.year}-{number:04}", draft.date)
    head = f'{draft.date} * "{draft.client}" "closed" #closed\n  project: "{draft.project}"\n'
    head += f'  draft: "{draft.id}"\n'
    if draft.period:
        head += f"  period-start: {draft.period.start}\n  period-end: {draft.period.end}\n"
    return head + "".join(
        f"  Equity:Time:Unbilled:{draft.project}  {-hours:.4f} HOUR\n"
        f"  Equity:Time:Billed:{draft.project}  {hours:.4f} HOUR\n{meta}"
        for hours, meta in _closed_lines(draft)
    )


def _closed_lines(draft: Draft) -> list[tuple[Decimal, str]]:
    found = []
    for line in draft.lines:
        if not line.entries:
            continue
        meta = f'    line: "{line.text}"\n    kind: "{line.kind}"\n'
        if line.price is not None and line.seconds is not None:
            meta += f"    quantity: {Decimal(line.seconds) / 3600:.4f} HOUR\n"
            meta += f"    price: {line.price} {draft.currency}\n"
        entries = "".join(
            f"\n      {one.date} {one.person} {Decimal(one.seconds) / 3600:.4f}"
            f"/{Decimal(one.billed_seconds) / 3600:.4f} {one.id} {one.task}".rstrip()
            for one in line.entries
        )
        meta += f'    entries: "{entries}"\n'
        found.append((Decimal(sum(one.seconds for one in line.entries)) / 3600, meta))
    return found


def issued(
    folder: Path, contract: str, facts: str, days: list[str], firm: str = FIRM
) -> tuple[list[Draft], str]:
    """The drafts that are issued as each of the days comes, and the ledger with them."""
    found: list[Draft] = []
    for day in days:
        while True:
            billing = bill(folder, contract, facts, day, firm)
            made = sorted([*billing.drafts, *billing.closings], key=lambda one: (one.date, one.id))
            ready = [
                draft
                for draft in made
                if not draft.held and (draft.net or any(line.entries for line in draft.lines))
            ]
            if not ready:
                break
            found.append(ready[0])
            facts += frozen(ready[0], sum(1 for draft in found if draft.net))
    return found, facts
