"""Books of one project with a fixed scope, for tests: its contract, its reports, its invoices."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from projbill_beancount.book import open_book
from tests.ledgers import FIRM
from tests.ledgers import issued_text
from tests.ledgers import progress_text
from tests.ledgers import time_text
from tests.ledgers import write_ledger

if TYPE_CHECKING:
    from pathlib import Path

    from projbill_beancount.billing.model import Billing
    from projbill_beancount.billing.model import Draft
    from projbill_beancount.billing.model import Finding

HEAD = "project: APP\nclient: acme\nstart: 2025-01-01\n"
FIXED = HEAD + "billing: fixed-fee\n"


def bill(folder: Path, contract: str, facts: str, as_of: str, firm: str = FIRM) -> Billing:
    """The billing of one contract's ledger, which Beancount loads without an error of its own."""
    ledger = write_ledger(folder, as_of, contracts={"APP": contract}, facts=facts, firm=firm)
    billing = open_book(str(ledger)).billing
    assert [found.message for found in billing.findings if found.code == "fact-invalid"] == []
    return billing


def nets(billing: Billing) -> list[tuple[str, str]]:
    """The ready drafts by what follows the project in their ids, and their nets."""
    return [(_short(draft), str(draft.net)) for draft in billing.drafts if not draft.held]


def held(billing: Billing) -> list[tuple[str, str, list[str]]]:
    """The held drafts by the rest of their ids, with their nets and the codes of their reasons."""
    return [
        (_short(draft), str(draft.net), sorted(reason.code for reason in draft.reasons))
        for draft in billing.drafts
        if draft.held
    ]


def codes(billing: Billing) -> list[str]:
    """The findings as severity and code, sorted, but that nobody pays in these books."""
    return sorted(
        f"{found.severity} {found.code}"
        for found in billing.findings
        if found.code != "invoice-overdue"
    )


def found(billing: Billing, code: str) -> Finding:
    """The only finding of a code."""
    (one,) = [each for each in billing.findings if each.code == code]
    return one


def report(day: str, percent: int | str, milestone: str = "", accepted: str = "") -> str:
    """A progress report of a milestone, or of the whole contract."""
    return progress_text(
        day,
        percent,  # type: ignore[arg-type]
        project="APP",
        milestone=milestone,
        accepted=accepted,
    )


def worked(entry_id: str, day: str, hours: int, **meta: str) -> str:
    """A time transaction of Ana."""
    return time_text(entry_id, day, hours * 3600, project="APP", person="ana", **meta)


def order(identity: str, day: str, amount: str | None, **meta: str) -> str:
    """A change order; `approved`, `milestone` and so on as they stand."""
    value = f" {amount} EUR" if amount is not None else ""
    lines = "".join(f"  {key.rstrip('_')}: {value}\n" for key, value in meta.items())
    return f'{day} custom "change-order" "APP" "{identity}"{value}\n{lines}'


def approval(identity: str, day: str) -> str:
    """The directive that approves a change order."""
    return f'{day} custom "change-order-approval" "APP" "{identity}"\n'


def by_hand(number: str, day: str, amount: str, *, milestone: str = "", extra: str = "") -> str:
    """An invoice that was written by hand, without tax."""
    line = f'    milestone: "{milestone}"\n' if milestone else ""
    return (
        f'{day} * "ACME Corp" "{number}" ^{number}\n'
        f'  invoice: "{number}"\n'
        f'  project: "APP"\n{extra}'
        f"  Assets:Receivable:ACME   {amount} EUR\n"
        f"  Income:Services:APP     -{amount} EUR\n{line}"
    )


def issued(
    folder: Path,
    contract: str,
    facts: str,
    as_of: str,
    *,
    firm: str = FIRM,
    first: int = 1,
    day: str = "",
) -> str:
    """The ready drafts of that day as issued invoices, numbered from `first` on."""
    drafts = [
        draft for draft in bill(folder, contract, facts, as_of, firm).drafts if not draft.held
    ]
    return "".join(
        issued_text(draft, f"INV-2025-{number:04}", date.fromisoformat(day) if day else draft.date)
        for number, draft in enumerate(drafts, first)
    )


def _short(draft: Draft) -> str:
    return draft.id.removeprefix("APP/")
