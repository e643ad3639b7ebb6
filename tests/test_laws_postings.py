"""Laws of what the plugin posts where invoices were credited and taken back, in any currency."""

from __future__ import annotations

import re
import tempfile
from datetime import date
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING
from typing import NamedTuple

from beancount.core import data
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from projbill_beancount.book import open_book
from tests.ledgers import credit_text
from tests.ledgers import issued_text
from tests.ledgers import load
from tests.ledgers import void_text
from tests.ledgers import write_ledger
from tests.one_book import TAXED
from tests.one_book import worked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from projbill_beancount.billing.model import Draft
    from projbill_beancount.billing.model import Line
    from tests.ledgers import Loaded

AS_OF = date(2025, 6, 30)
OPEN = (
    "2020-01-01 open Expenses:Travel\n2020-01-01 open Income:Reimbursed:APP\n"
    "2020-01-01 open Liabilities:Deferred:APP\n"
)
HEAD = "project: APP\nclient: acme\nstart: 2025-01-01\n"
CONTRACTS = (
    "billing: time-and-materials\nrates: {default: 101.01}\n",
    "billing: time-and-materials\nrates: {default: 12345}\ncurrency: JPY\ninvoice: {tax: S19}\n",
    "billing: time-and-materials\nrates: {default: 12.345}\ncurrency: KWD\ninvoice: {tax: S19}\n",
    (
        "billing: retainer\nstyle: accrual\nrates: {default: 90}\n"
        "retainer: {fee: 1000, hours: 3, in: advance, overage: {rate: 120}}\n"
    ),
    "billing: retainer\nrates: {default: 90}\nretainer: {fee: 1000, hours: 3, unused: rollover}\n",
)


class Past(NamedTuple):
    """What was logged, and what became of the first invoices: delay, then void, credit or nothing."""

    contract: str
    time: Sequence[tuple[int, int]]
    expenses: Sequence[tuple[int, int]]
    issued: Sequence[tuple[int, str, int]]


pasts = st.builds(
    Past,
    st.sampled_from(CONTRACTS),
    st.lists(st.tuples(st.integers(0, 150), st.integers(60, 20000)), min_size=1, max_size=8),
    st.lists(st.tuples(st.integers(0, 150), st.integers(1, 900)), max_size=2),
    st.lists(
        st.tuples(
            st.integers(0, 45), st.sampled_from(["", "void", "credit", "line"]), st.integers(1, 40)
        ),
        max_size=4,
    ),
)


def _facts(past: Past) -> str:
    first = date(2025, 1, 1)
    currency = past.contract.partition("currency: ")[2][:3] or "EUR"
    parts = [
        worked(f"t-{number}", str(first + timedelta(days=day)), seconds / 3600)
        for number, (day, seconds) in enumerate(past.time)
    ]
    parts += [
        f'{first + timedelta(days=day)} * "Hotel"\n  Expenses:Travel  {amount} {currency}\n'
        f'    project: "APP"\n    billable: TRUE\n    id: "e-{number}"\n'
        f"  Assets:Bank  -{amount} {currency}\n"
        for number, (day, amount) in enumerate(past.expenses)
    ]
    return OPEN + "".join(parts)


class Books:
    """A ledger that grows by what is issued."""

    def __init__(self, folder: str, past: Past) -> None:
        self.folder = Path(folder)
        self.contract = HEAD + past.contract
        self.facts = _facts(past)
        self.numbers = 0

    def drafts(self) -> list[Draft]:
        """What may go out."""
        return [draft for draft in open_book(self._write()).billing.drafts if not draft.held]

    def load(self) -> Loaded:
        """The ledger as Beancount has it; it has no errors but ours."""
        loaded = load(Path(self._write()))
        assert loaded.foreign == []
        return loaded

    def issue(self, draft: Draft, day: date) -> str:
        """Freeze a draft; its number."""
        self.numbers += 1
        number = f"INV-2025-{self.numbers:04}"
        self.facts += self._accounted(issued_text(draft, number, day))
        return number

    def credit(self, draft: Draft, number: str, day: date, lines: Sequence[Line]) -> None:
        """Credit lines of an issued draft."""
        self.facts += self._accounted(credit_text(draft, f"C-{number}", day, number, lines))

    def _accounted(self, text: str) -> str:
        """The lines on the accounts that they are drafted on."""
        accounts = {"expense": "Income:Reimbursed:APP"}
        if "accrual" in self.contract:
            accounts["retainer"] = "Liabilities:Deferred:APP"
        for kind, account in accounts.items():
            line = rf'Income:Services:APP(  \S+ \w+\n    line: .*\n    kind: "{kind}")'
            text = re.sub(line, rf"{account}\1", text)
        return text

    def _write(self) -> str:
        ledger = write_ledger(
            self.folder, AS_OF, contracts={"APP": self.contract}, facts=self.facts, firm=TAXED
        )
        return str(ledger)


def _grown(books: Books, past: Past) -> None:
    """Issue the first drafts one by one, and take back what the past says."""
    for delay, undo, later in past.issued:
        ready = books.drafts()
        if not ready:
            return
        draft = ready[0]
        day = min(draft.date + timedelta(days=delay), AS_OF)
        number = books.issue(draft, day)
        undone = min(day + timedelta(days=later), AS_OF)
        if undo == "void":
            books.facts += void_text(draft, number, undone)
        elif undo:
            lines = draft.lines if undo == "credit" else draft.lines[:1]
            books.credit(draft, number, undone, lines)


def _sums(loaded: Loaded, root: str, until: date) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for entry in loaded.entries:
        for posting in entry.postings if isinstance(entry, data.Transaction) else ():
            assert posting.units is not None
            assert posting.units.number is not None
            if posting.account.startswith(root) and entry.date <= until:
                before = sums.get(posting.account, Decimal(0))
                sums[posting.account] = before + posting.units.number
    return {account: amount for account, amount in sums.items() if amount}


@settings(deadline=None, max_examples=25)
@given(pasts)
def test_unbilled_is_what_may_go_out_and_months_stay(past: Past) -> None:
    with tempfile.TemporaryDirectory() as folder:
        books = Books(folder, past)
        _grown(books, past)
        before, ready = books.load(), books.drafts()
        net = sum((draft.net for draft in ready), Decimal(0))
        unbilled = _sums(before, "Assets:Unbilled:", AS_OF)
        assert unbilled == ({"Assets:Unbilled:APP": net} if net else {})
        if ready:
            books.issue(ready[0], AS_OF)
            after, left = books.load(), books.drafts()
            assert sum(draft.net for draft in left) == net - ready[0].net
            rest = net - ready[0].net
            unbilled = _sums(after, "Assets:Unbilled:", AS_OF)
            assert unbilled == ({"Assets:Unbilled:APP": rest} if rest else {})
            for month in range(2, 7):
                end = date(2025, month, 1) - timedelta(days=1)
                for root in ("Income:Services:", "Liabilities:Deferred:", "Assets:Unbilled:"):
                    assert _sums(after, root, end) == _sums(before, root, end)
