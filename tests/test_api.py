"""The public names: what scripts and notebooks use."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

import projbill_beancount
from projbill_beancount import LedgerWriteError
from projbill_beancount import Selection
from projbill_beancount import credit_invoice
from projbill_beancount import issue_drafts
from projbill_beancount import open_book
from projbill_beancount import renumber
from projbill_beancount import verify_book
from projbill_beancount import void_invoice
from tests.issue_books import invoices_of
from tests.issue_books import write_books

PAGE = Path(__file__).parent.parent / "docs" / "python.md"
DAY = date(2025, 5, 5)


def test_a_script_can_do_what_the_commands_do(tmp_path: Path) -> None:
    ledger = str(write_books(tmp_path))
    book = open_book(ledger, DAY)
    assert [(draft.id, draft.net) for draft in book.billing.drafts if draft.project == "APP"] == [
        ("APP/time/2025-03-31", Decimal("1280.00")),
        ("APP/time/2025-04-30", Decimal("200.00")),
    ]
    trial = issue_drafts(ledger, Selection(("APP",)), as_of=DAY, dry_run=True)
    assert (trial.path, [one.number for one in trial.issued]) == (
        None,
        ["INV-2025-0001", "INV-2025-0002"],
    )
    outcome = issue_drafts(ledger, Selection(("APP",)), as_of=DAY)
    assert [one.text for one in outcome.issued] == [one.text for one in trial.issued]
    note = credit_invoice(ledger, "INV-2025-0001", entries={"t-1": Decimal(2)}, as_of=DAY)
    assert (note.number, note.net, note.path) == ("CN-2025-0001", Decimal("200.00"), outcome.path)
    void_invoice(ledger, "INV-2025-0002", "test", as_of=DAY)
    verified = verify_book(open_book(ledger, DAY))
    assert [one.number for one in verified if one.sealed and one.intact] == [
        "INV-2025-0001",
        "INV-2025-0002",
        "CN-2025-0001",
        "INV-2025-0002",
    ]
    before = invoices_of(Path(ledger))
    with pytest.raises(LedgerWriteError, match="is there once"):
        renumber(ledger, "INV-2025-0001", as_of=DAY)
    assert invoices_of(Path(ledger)) == before


def test_the_page_about_python_runs_as_it_stands(tmp_path: Path) -> None:
    write_books(tmp_path)
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "APP/time/2025-03-31 1280.00 EUR ready" in done.stdout
    assert "INV-2025-0001 1280.00" in done.stdout
    assert "INV-2025-0002" in invoices_of(tmp_path / "main.beancount")


def test_every_public_name_is_there_and_no_other() -> None:
    for name in projbill_beancount.__all__:
        assert getattr(projbill_beancount, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = projbill_beancount.nothing
    assert "issue_drafts" in dir(projbill_beancount)


def test_the_plugin_imports_none_of_it() -> None:
    code = (
        "import sys, projbill_beancount.plugins.billing\n"
        "print([name for name in sys.modules if name.startswith('projbill_beancount.')"
        " and name.split('.')[1] in ('invoicing', 'cli', 'reports', 'importers')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
