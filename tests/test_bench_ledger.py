"""The bench's books must be right, or its numbers say nothing."""

from __future__ import annotations

import filecmp
from collections import defaultdict
from decimal import ROUND_HALF_UP
from decimal import Decimal
from typing import TYPE_CHECKING
from typing import Any

import pytest
from beancount import loader
from beancount.core.data import Transaction

from bench import ledger

if TYPE_CHECKING:
    from pathlib import Path

CENT = Decimal("0.01")


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("books")
    assert ledger.write(folder, people=1, contracts=10) == 5000
    return folder


@pytest.fixture(scope="module")
def transactions(books: Path) -> list[Any]:
    entries, errors, _ = loader.load_file(str(books / "without.beancount"))
    assert errors == []
    return [entry for entry in entries if isinstance(entry, Transaction)]


def test_the_same_size_gives_the_same_bytes(books: Path, tmp_path: Path) -> None:
    ledger.write(tmp_path, people=1, contracts=10)
    names = [path.relative_to(books) for path in books.rglob("*.*") if path.is_file()]
    written = [str(name) for name in names if "picklecache" not in name.name]
    assert filecmp.cmpfiles(books, tmp_path, written, shallow=False)[1:] == ([], [])


def test_with_and_without_differ_in_the_plugin_line_alone(books: Path) -> None:
    with_plugin = (books / "with.beancount").read_text()
    assert with_plugin.removeprefix(ledger.PLUGIN) == (books / "without.beancount").read_text()


def test_ten_invoices_a_contract(transactions: list[Any]) -> None:
    invoices = [entry for entry in transactions if "invoice" in entry.tags]
    assert len(invoices) == 100
    assert len({entry.meta["invoice"] for entry in invoices}) == 100


def test_invoices_freeze_what_was_worked(transactions: list[Any]) -> None:
    worked = {}
    for entry in transactions:
        for posting in entry.postings:
            if "id" in posting.meta:
                worked[posting.meta["id"]] = (
                    f"{entry.date} {entry.meta['person']} {posting.units.number}"
                    f" {posting.meta['id']} {posting.meta['task']}"
                )
    frozen = [
        line.strip()
        for entry in transactions
        for posting in entry.postings
        for line in posting.meta.get("entries", "").strip().splitlines()
    ]
    assert len(frozen) > 3000
    assert len(frozen) == len(set(frozen))
    assert set(frozen) <= set(worked.values())


def test_invoice_amounts_add_up(transactions: list[Any]) -> None:
    for entry in transactions:
        if "invoice" not in entry.tags:
            continue
        net, total = entry.meta["net"].number, entry.meta["total"].number
        lines = [p for p in entry.postings if p.account.startswith("Income:")]
        assert -sum(p.units.number for p in lines) == net
        assert total == net + (net * Decimal("0.19")).quantize(CENT, ROUND_HALF_UP)
        for line in lines:
            if line.meta["kind"] == "time":
                price = line.meta["price"].number
                product = line.meta["quantity"].number * price
                # seconds are exact, the printed quantity has four places
                assert abs(product + line.units.number) <= (price / 100 + 1) * CENT / 2


def test_only_the_last_month_is_unbilled(transactions: list[Any]) -> None:
    unbilled: dict[str, Decimal] = defaultdict(Decimal)
    last_month: dict[str, Decimal] = defaultdict(Decimal)
    for entry in transactions:
        for posting in entry.postings:
            if posting.account.startswith("Equity:Time:Unbilled:"):
                unbilled[posting.account] += posting.units.number
                if str(entry.date) >= "2026-04-01":
                    last_month[posting.account] += posting.units.number
    waiting = {account: hours for account, hours in unbilled.items() if hours}
    assert waiting == last_month
    assert waiting
