"""Books of one contract in the accrual style, `APP`: grown, issued from, and read by the loader."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING
from typing import Any

from beancount.core import data
from click.testing import CliRunner

from projbill_beancount.book import open_book
from projbill_beancount.cli import main
from tests.ledgers import FIRM
from tests.ledgers import load
from tests.ledgers import run
from tests.ledgers import write_ledger
from tests.ledgers import write_top_level

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from projbill_beancount.billing.model import Billing
    from projbill_beancount.billing.model import Finding

HEAD = "project: APP\nclient: acme\nstart: 2025-01-01\nstyle: accrual\n"
HOURLY = HEAD + "billing: time-and-materials\nrates: {default: 125}\n"
QUARTERLY = HOURLY + "triggers: [{type: time, every: quarter}]\n"
UNBILLED, DEFERRED = "Assets:Unbilled:APP", "Liabilities:Deferred:APP"
INCOME = "Income:Services:APP"
FILES = ("invoices", "decisions")

Money = dict[str, str]


class Books:
    """A ledger that grows by text and by what is issued."""

    def __init__(self, folder: Path, contract: str, facts: str = "", firm: str = FIRM) -> None:
        self.folder = folder
        self.ledger = write_ledger(
            folder, "2025-01-01", contracts={"APP": contract}, facts=facts, firm=firm
        )
        for name in FILES:
            (folder / f"{name}.beancount").write_text(f"; {name}\n")

    def add(self, facts: str) -> None:
        """More that happened."""
        path = self.folder / "facts.beancount"
        path.write_text(path.read_text() + facts)

    def issue(self, day: str, *args: str) -> None:
        """Issue what may go out, or what is named, on a day."""
        self._top(day)
        run(self.ledger, day, "issue", *(args or ("APP",)))

    def texts(self) -> str:
        """The text of the invoice file."""
        return (self.folder / "invoices.beancount").read_text()

    def run(self, day: str, *args: str) -> None:
        """Any other command on a day."""
        self._top(day)
        run(self.ledger, day, *args)

    def attempt(self, day: str, *args: str) -> None:
        """A command that may be refused, and writes nothing then."""
        self._top(day)
        result = CliRunner().invoke(main, ["-f", str(self.ledger), "--as-of", day, *args])
        assert result.exit_code in {0, 2}, (result.output, result.exception)

    def entries(self, as_of: str) -> list[Any]:
        """The ledger as Beancount has it with our entries; it has no errors but ours."""
        self._top(as_of)
        loaded = load(self.ledger)
        assert loaded.foreign == [], loaded.foreign
        assert not any("defect" in message for message in loaded.errors), loaded.errors
        return loaded.entries

    def accruals(self, as_of: str) -> list[tuple[str, Money]]:
        """The accruals by day, with their amounts by account."""
        return [
            (str(entry.date), {one.account: str(number_of(one)) for one in entry.postings})
            for entry in self.entries(as_of)
            if isinstance(entry, data.Transaction) and "accrual" in entry.tags
        ]

    def balances(self, as_of: str, *days: str) -> list[Money]:
        """The money accounts of the project with a balance, at the end of each day."""
        entries = self.entries(as_of)
        return [balances(entries, day) for day in days or (as_of,)]

    def billing(self, as_of: str) -> Billing:
        """What the engine says."""
        self._top(as_of)
        return open_book(str(self.ledger)).billing

    def found(self, as_of: str, part: str = "ledger-mismatch") -> list[tuple[str, str]]:
        """The findings whose code has a part, with their amounts."""
        return [(one.code, str(one.amount)) for one in self.findings(as_of) if part in one.code]

    def findings(self, as_of: str) -> Sequence[Finding]:
        """All findings."""
        return self.billing(as_of).findings

    def _top(self, as_of: str) -> None:
        ledger = write_top_level(self.folder, as_of, ["APP"])
        includes = "".join(f'include "{name}.beancount"\n' for name in FILES)
        text = ledger.read_text().replace('include "facts', f'{includes}include "facts')
        ledger.write_text(text)


def balances(entries: Sequence[Any], day: str) -> Money:
    """The money accounts of `APP` and its receivable with a balance, at the end of a day."""
    sums: dict[str, Decimal] = {}
    for entry in entries:
        if not isinstance(entry, data.Transaction) or entry.date > date.fromisoformat(day):
            continue
        for posting in entry.postings:
            assert posting.units is not None
            if posting.units.currency != "HOUR":
                before = sums.get(posting.account, Decimal(0))
                sums[posting.account] = before + number_of(posting)
    return {account: str(amount) for account, amount in sorted(sums.items()) if amount}


def number_of(posting: data.Posting) -> Decimal:
    """The amount of a posting, without its currency."""
    assert posting.units is not None
    assert posting.units.number is not None
    return posting.units.number
