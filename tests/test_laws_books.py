"""Laws of the books: what the plugin posts and the importers write, on random projects."""

from __future__ import annotations

import tempfile
from datetime import date
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from beancount.core import data
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from projbill_beancount.billing.engine import bill
from projbill_beancount.terms.read import read_terms
from tests.ledgers import ask
from tests.ledgers import issued_text
from tests.ledgers import load
from tests.ledgers import run
from tests.ledgers import write_ledger
from tests.stories import FIRM
from tests.stories import Story
from tests.stories import ready
from tests.stories import stories

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

slow = settings(deadline=None, max_examples=15)


@slow
@given(stories())
def test_beancount_accepts_what_the_plugin_posts(story: Story) -> None:
    with tempfile.TemporaryDirectory() as folder:
        ledger = _ledger(Path(folder), story)
        loaded = load(ledger)
        drafts = ask(ledger, story.as_of, "drafts")["drafts"]
    assert loaded.foreign == []
    assert _balances(loaded.entries, "Assets:Unbilled", date.max) == sum(
        Decimal(draft["net"]) for draft in drafts if not draft["held"]
    )
    assert {draft["draft"] for draft in drafts if not draft["held"]} == {
        entry.meta["draft"]
        for entry in loaded.entries
        if isinstance(entry, data.Transaction) and "draft" in entry.tags
    }


@slow
@given(stories(), st.randoms(use_true_random=False))
def test_the_order_of_files_changes_nothing(story: Story, chance: random.Random) -> None:
    chunks = story.chunks
    with tempfile.TemporaryDirectory() as folder:
        ledger = _ledger(Path(folder), story)
        drafts = run(ledger, story.as_of, "--format", "json", "drafts")
        status = run(ledger, story.as_of, "--format", "json", "status")
        chance.shuffle(chunks)
        middle = len(chunks) // 2
        (ledger.parent / "facts.beancount").write_text("\n".join(chunks[:middle]))
        (ledger.parent / "time" / "a.beancount").write_text("\n".join(chunks[middle:]))
        assert run(ledger, story.as_of, "--format", "json", "drafts") == drafts
        assert run(ledger, story.as_of, "--format", "json", "status") == status


@slow
@given(stories(), st.integers(0, 2), st.integers(0, 40))
def test_issuing_moves_no_income_between_months(story: Story, choice: int, delay: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        terms = read_terms(story.write(Path(folder)))
    projects = ("ACME-APP", "ACME-MIG", "ACME-WEB")
    drafts = bill(terms, story.facts, story.as_of).drafts
    frozen = ready(drafts, projects[choice], 1)
    with tempfile.TemporaryDirectory() as folder:
        ledger = _ledger(Path(folder), story)
        before = load(ledger)
        days = [min(draft.date + timedelta(days=delay), story.as_of) for draft in frozen]
        for draft, day in zip(frozen, days, strict=True):
            facts = ledger.parent / "facts.beancount"
            text = issued_text(draft, "INV-2025-0001", day)
            facts.write_text(f"{facts.read_text()}\n{text}")
        after = load(ledger)
    assert after.foreign == []
    for month in _month_ends():
        for project in projects:
            income = f"Income:Services:{project}"
            assert _balances(after.entries, income, month) == _balances(
                before.entries, income, month
            )
            issued = sum(
                draft.net
                for draft, day in zip(frozen, days, strict=True)
                if draft.project == project and day <= month
            )
            unbilled = f"Assets:Unbilled:{project}"
            assert (
                _balances(after.entries, unbilled, month)
                == _balances(before.entries, unbilled, month) - issued
            )


def _ledger(folder: Path, story: Story) -> Path:
    return write_ledger(
        folder, story.as_of, contracts=story.files, facts="\n".join(story.chunks), firm=FIRM
    )


def _month_ends() -> list[date]:
    firsts = [date(2025, month, 1) for month in range(2, 13)] + [date(2026, 1, 1)]
    return [first - timedelta(days=1) for first in firsts]


def _balances(entries: Sequence[data.Directive], account: str, until: date) -> Decimal:
    """The balance of an account and what is below it, at the end of a day."""
    total = Decimal(0)
    for entry in entries:
        for posting in entry.postings if isinstance(entry, data.Transaction) else ():
            if f"{posting.account}:".startswith(f"{account}:") and entry.date <= until:
                assert posting.units is not None
                assert posting.units.number is not None
                total += posting.units.number
    return total


rows = st.lists(
    st.tuples(
        st.sampled_from(["ana", "ben"]),
        st.dates(date(2025, 1, 1), date(2025, 3, 31)),
        st.integers(1, 400),
        st.sampled_from(["dev", "support"]),
        st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=12),
    ),
    min_size=1,
    max_size=8,
)


def _export(drawn: Sequence[tuple[str, date, int, str, str]]) -> str:
    lines = ["person,date,hours,project,task,note"]
    for person, day, minutes, task, note in drawn:
        quoted = note.replace('"', '""')
        lines.append(f'{person},{day},{minutes // 60}:{minutes % 60:02},ACME-APP,{task},"{quoted}"')
    return "\n".join(lines) + "\n"


def _bytes(folder: Path) -> dict[str, bytes]:
    return {
        str(path): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith(".lock")
    }


@slow
@given(rows, rows)
def test_importing_again_changes_no_byte(
    first: list[tuple[str, date, int, str, str]], more: list[tuple[str, date, int, str, str]]
) -> None:
    contract = {
        "ACME-APP": "project: ACME-APP\nclient: acme\nbilling: time-and-materials\nrates: {default: 100}\n"
    }
    imports = "imports:\n  hours-csv: {dates: ymd}\n"
    as_of = date(2025, 3, 31)
    with tempfile.TemporaryDirectory() as folder:
        ledger = write_ledger(Path(folder), as_of, contracts=contract, firm=FIRM + imports)
        export = ledger.parent / "hours.csv"
        for drawn in (first, first + more):
            export.write_text(_export(drawn))
            run(ledger, as_of, "import", str(export))
            once = _bytes(ledger.parent)
            run(ledger, as_of, "import", str(export))
            assert _bytes(ledger.parent) == once
            loaded = load(ledger)
            assert loaded.foreign == []
            seconds = [
                round(posting.units.number * 3600)
                for entry in loaded.entries
                if isinstance(entry, data.Transaction)
                for posting in entry.postings
                if posting.account == "Equity:Time:Unbilled:ACME-APP"
                and posting.units
                and posting.units.number
            ]
            assert sorted(seconds) == sorted(row[2] * 60 for row in drawn)
