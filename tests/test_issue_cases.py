"""Every worked case is issued, credited line by line and issued again: the books add up throughout."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from beancount.core import data

from projbill_beancount.book import open_book
from tests.issue_books import projbill
from tests.ledgers import ask
from tests.ledgers import copy_ledger
from tests.ledgers import load
from tests.ledgers import run

CASES = sorted(path.parent for path in (Path(__file__).parent / "cases").glob("*/expected.yaml"))
ZERO = Decimal(0)


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_what_is_issued_and_credited_is_drafted_as_before(case: Path, tmp_path: Path) -> None:
    expected = yaml.load((case / "expected.yaml").read_text(), yaml.BaseLoader)
    as_of = expected["as-of"]
    ledger = _with_invoice_file(copy_ledger(case, tmp_path, as_of))
    for export in expected.get("import", ()):
        run(ledger, as_of, "import", str(tmp_path / export))
    before = _ready(ledger, as_of)
    worked = _balances(ledger)
    wrong = _wrong(ledger, as_of)

    issued = [one for one in _issue(ledger, as_of) if one.number]
    assert _ready(ledger, as_of) == []
    assert _wrong(ledger, as_of) == wrong
    _check_balances(ledger, as_of)

    for invoice in issued:
        for how in _steps(invoice):
            projbill(ledger, "credit", invoice.number, *how, as_of=as_of)
    assert _ready(ledger, as_of) == before
    assert _wrong(ledger, as_of) == wrong
    _check_balances(ledger, as_of)
    money = {key: total for key, total in worked.items() if key[1] != "HOUR"}
    back = {key: total for key, total in _balances(ledger).items() if key[1] != "HOUR"}
    assert back == money

    again = [one for one in _issue(ledger, as_of) if one.number]
    assert [one.total for one in again] == [one.total for one in issued]
    assert _wrong(ledger, as_of) == wrong


def _with_invoice_file(ledger: Path) -> Path:
    (ledger.parent / "invoices.beancount").write_text("; invoices\n")
    ledger.write_text(ledger.read_text() + '\ninclude "invoices.beancount"\n')
    return ledger


def _issue(ledger: Path, as_of: str) -> list[Any]:
    """The invoices that were issued, as the ledger has them; each must say what its draft said."""
    known = len(open_book(str(ledger)).facts.invoices)
    drafts = {
        draft.id: draft
        for draft in open_book(str(ledger)).billing.drafts
        if not draft.held and draft.kind == "invoice"
    }
    projbill(ledger, "issue", as_of=as_of)
    issued = open_book(str(ledger)).facts.invoices[known:]
    assert {one.draft for one in issued if one.number} == set(drafts)
    for invoice in issued:
        draft = drafts.get(invoice.draft)
        if draft is not None:
            assert (invoice.net, invoice.total) == (draft.net, draft.total)
            assert _said(invoice.lines) == _said(draft.lines)
    return list(issued)


def _steps(invoice: Any) -> list[tuple[str, ...]]:
    """Line by line, or whole where a line takes something off."""
    if any(line.amount < ZERO for line in invoice.lines):
        return [()]
    return [("--line", str(line)) for line in range(len(invoice.lines), 0, -1)]


def _said(lines: Any) -> list[tuple[Any, ...]]:
    """What lines of a draft or of an invoice say alike."""
    return [
        (
            line.kind,
            line.text,
            line.amount,
            line.task or "",
            line.milestone or "",
            line.tax or "",
            line.prior_period,
            [(one.id, one.date, one.seconds, one.billed_seconds) for one in line.entries],
        )
        for line in lines
    ]


def _ready(ledger: Path, as_of: str) -> list[tuple[str, str, list[str]]]:
    drafts = ask(ledger, as_of, "drafts")["drafts"]
    return [
        (one["draft"], one["total"], [line["amount"] for line in one["lines"]])
        for one in drafts
        if not one["held"] and one["kind"] == "invoice"
    ]


def _wrong(ledger: Path, as_of: str) -> list[str]:
    """What `verify` finds wrong."""
    found = projbill(ledger, "--format", "csv", "verify", as_of=as_of, status=None).stdout
    rows = [line.split(",") for line in found.splitlines()[1:]]
    return [row[0] for row in rows if row[1] not in {"intact", "unsealed"}]


def _balances(ledger: Path) -> dict[tuple[str, str], Decimal]:
    loaded = load(ledger)
    assert loaded.foreign == []
    found: dict[tuple[str, str], Decimal] = {}
    for entry in loaded.entries:
        for posting in entry.postings if isinstance(entry, data.Transaction) else ():
            assert posting.units is not None
            assert posting.units.number is not None
            key = (posting.account, posting.units.currency)
            found[key] = found.get(key, ZERO) + posting.units.number
    return {key: total for key, total in found.items() if total}


def _check_balances(ledger: Path, as_of: str) -> None:
    """Hours add up to nothing, and `Assets:Unbilled` is what may go out."""
    found = _balances(ledger)
    assert sum((total for (_, unit), total in found.items() if unit == "HOUR"), ZERO) == ZERO
    ready: dict[str, Decimal] = {}
    for draft in ask(ledger, as_of, "drafts")["drafts"]:
        if not draft["held"]:
            account = f"Assets:Unbilled:{draft['project']}"
            ready[account] = ready.get(account, ZERO) + Decimal(draft["net"])
    unbilled = {
        account: total for (account, _), total in found.items() if account.startswith("Assets:Unb")
    }
    assert unbilled == {account: total for account, total in ready.items() if total}
