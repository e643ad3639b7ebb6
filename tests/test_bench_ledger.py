"""The bench's books must be right, or its numbers say nothing."""

from __future__ import annotations

import filecmp
import shutil
from collections import defaultdict
from decimal import ROUND_HALF_UP
from decimal import Decimal
from typing import TYPE_CHECKING
from typing import Any
from typing import get_args

import pytest
from beancount import loader
from beancount.core.data import Transaction

from bench import invoices
from bench import ledger
from bench import terms
from projbill_beancount.billing.model import LineKind
from projbill_beancount.plugins.billing import LATEST

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from projbill_beancount.billing.model import Billing

CENT = Decimal("0.01")
ZERO = Decimal(0)
CONTRACTS = len(terms.KINDS)
#: What the books are made to show: caps are reached, and later drafts come to nothing.
MEANT = {"cap-exceeded", "zero-invoice"}


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("books")
    size = ledger.write(folder, people=2, contracts=CONTRACTS)
    assert size.entries == 10_000
    assert size.invoices >= 10 * CONTRACTS
    return folder


@pytest.fixture(scope="module")
def transactions(books: Path) -> list[Any]:
    entries, errors, _ = loader.load_file(str(books / "without.beancount"))
    assert errors == []
    return [entry for entry in entries if isinstance(entry, Transaction)]


@pytest.fixture(scope="module")
def billing(books: Path) -> Billing:
    path = str(books / "with.beancount")
    _, errors, _ = loader.load_file(path)
    assert errors == []
    return LATEST[path][1].billing


def test_the_same_size_gives_the_same_bytes(books: Path, tmp_path: Path) -> None:
    ledger.write(tmp_path, people=2, contracts=CONTRACTS)
    names = [path.relative_to(books) for path in books.rglob("*.*") if path.is_file()]
    written = [str(name) for name in names if "picklecache" not in name.name]
    assert len(written) > CONTRACTS
    assert filecmp.cmpfiles(books, tmp_path, written, shallow=False)[1:] == ([], [])


def test_with_and_without_differ_in_the_plugin_line_alone(books: Path) -> None:
    with_plugin = (books / "with.beancount").read_text()
    assert with_plugin.removeprefix(ledger.PLUGIN) == (books / "without.beancount").read_text()


def test_all_kinds_of_contracts_and_lines_are_invoiced(transactions: list[Any]) -> None:
    invoiced = [entry for entry in transactions if "invoice" in entry.tags]
    projects = {entry.meta["project"] for entry in invoiced}
    assert len(projects) == CONTRACTS
    assert len({entry.meta["invoice"] for entry in invoiced}) == len(invoiced)
    kinds = {posting.meta.get("kind") for entry in invoiced for posting in entry.postings}
    assert set(get_args(LineKind)) <= kinds
    tags = {tag for entry in transactions for tag in entry.tags}
    assert {"credit-note", "void", "closed"} <= tags


def test_the_engine_finds_nothing_wrong_with_what_was_issued(billing: Billing) -> None:
    found = {(one.code, one.project, one.message) for one in billing.findings}
    assert {one for one in found if one[0] not in MEANT} == set()
    assert [draft.id for draft in billing.drafts if draft.held] == []
    assert any(draft.net > 0 for draft in billing.drafts)


def test_only_the_last_month_is_drafted(billing: Billing) -> None:
    early = [draft.id for draft in billing.drafts if draft.date <= invoices.LAST_ISSUED]
    assert early == []


def test_invoices_freeze_what_was_worked(transactions: list[Any]) -> None:
    worked = {}
    due = set()
    for entry in transactions:
        for posting in entry.postings:
            if str(posting.meta.get("id", "")).startswith("toggl"):
                meta = posting.meta
                words = (str(entry.date), entry.meta["person"], meta["task"])
                worked[meta["id"]] = (posting.units.number, *words)
                if meta["billable"] and entry.date < invoices.LAST_ISSUED.replace(day=1):
                    due.add(meta["id"])
    frozen = set()
    for entry in transactions:
        parts: dict[str, Decimal] = defaultdict(Decimal)
        for day, person, hours, identity, task in _frozen(entry):
            parts[identity] += Decimal(hours)
            assert worked[identity][1:] == (day, person, task)
        # an entry that is covered in part is on two lines, each with four places
        assert all(abs(hours - worked[one][0]) <= Decimal("0.0001") for one, hours in parts.items())
        frozen |= set(parts)
    assert len(due) > 7000
    assert due <= frozen


def test_invoice_amounts_add_up(transactions: list[Any]) -> None:
    for entry in transactions:
        if "invoice" not in entry.tags:
            continue
        net, total = entry.meta["net"].number, entry.meta["total"].number
        lines = [p for p in entry.postings if p.account.startswith("Income:")]
        assert -sum(p.units.number for p in lines) == net
        assert total == net + (net * Decimal("0.19")).quantize(CENT, ROUND_HALF_UP)
        for line in lines:
            if line.meta["kind"] in {"time", "overage", "carried"}:
                price = line.meta["price"].number
                product = line.meta["quantity"].number * price
                if "share" in line.meta["line"]:
                    product *= Decimal("0.6" if "60 %" in line.meta["line"] else "0.4")
                # seconds are exact, the printed quantity has four places
                assert abs(product + line.units.number) <= (price / 100 + 1) * CENT / 2


def test_only_the_last_month_and_what_was_credited_is_unbilled(transactions: list[Any]) -> None:
    unbilled: dict[str, Decimal] = defaultdict(Decimal)
    expected: dict[str, Decimal] = defaultdict(Decimal)
    for entry in transactions:
        for posting in entry.postings:
            if posting.account.startswith("Equity:Time:Unbilled:"):
                unbilled[posting.account] += posting.units.number
                if entry.date > invoices.LAST_ISSUED:
                    expected[posting.account] += posting.units.number
        if "credit-note" in entry.tags and entry.date == invoices.LAST_ISSUED:
            project = entry.meta["project"]
            for words in _frozen(entry):
                expected[f"Equity:Time:Unbilled:{project}"] += Decimal(words[2])
    waiting = {account: hours for account, hours in unbilled.items() if hours}
    # hours that instalments cover go on the next of them, in April
    covered = next(n for n, kind in enumerate(terms.KINDS) if kind.instalments)
    assert waiting.pop(f"Equity:Time:Unbilled:P{covered:03}") > expected.pop(
        f"Equity:Time:Unbilled:P{covered:03}"
    )
    assert waiting == expected
    assert waiting


@pytest.mark.parametrize("kind", ["billed once", "shared by payers", "credited, billed again"])
def test_a_billed_entry_that_is_edited_is_found(
    kind: str, books: Path, transactions: list[Any], tmp_path: Path
) -> None:
    shared = next(f"P{number:03}" for number, one in enumerate(terms.KINDS) if one.split)
    project = {"billed once": "P000", "shared by payers": shared}.get(kind, "")
    listed = next(
        entry
        for entry in transactions
        if any(_frozen(entry))
        and ("credit-note" in entry.tags if not project else entry.meta.get("project") == project)
    )
    day, _, hours, identity, _ = next(_frozen(listed))
    folder = tmp_path / "books"
    shutil.copytree(books, folder, ignore=shutil.ignore_patterns("*.picklecache"))
    time = folder / "time" / f"{day[:7]}.beancount"
    text = time.read_text()
    posted = f'{hours} HOUR\n    id: "{identity}"'
    assert text.count(posted) == 1
    time.write_text(text.replace(posted, posted.replace(hours, "0.0100")))
    path = str(folder / "with.beancount")
    loader.load_file(path)
    found = [one for one in LATEST[path][1].billing.findings if one.id == identity]
    assert "invoiced-entry-changed" in {one.code for one in found}


def _frozen(entry: Any) -> Iterator[tuple[str, ...]]:
    """The words of the entries that a transaction lists, without billed hours."""
    for posting in entry.postings:
        for line in posting.meta.get("entries", "").strip().splitlines():
            day, person, hours, *rest = line.split()
            yield (day, person, hours.partition("/")[0], *rest)
