"""Laws of caps, shares, deposits, retention, expenses and decisions, whatever is issued and undone."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING
from typing import Any

from beancount.core import data
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine
from hypothesis.stateful import initialize
from hypothesis.stateful import invariant
from hypothesis.stateful import precondition
from hypothesis.stateful import rule

from projbill_beancount.ledger.errors import LedgerWriteError
from tests.histories import START
from tests.histories import Document
from tests.histories import History
from tests.histories import live
from tests.stories import FIRM as ONE_CLIENT

if TYPE_CHECKING:
    from projbill_beancount.billing.model import Draft
    from projbill_beancount.book import Book

ZERO, CENT = Decimal(0), Decimal("0.01")
FIRM = ONE_CLIENT.replace("  acme: {name: ACME Corp}\n", "  acme: {name: ACME Corp}\n  bolt: {}\n")
CAPPED, SHARED, SECURED = "CAP", "SHARE", "SECURE"
PROJECTS = (CAPPED, SHARED, SECURED)
BROKEN = {"issued-changed", "ledger-amount-mismatch", "fact-invalid", "entry-already-invoiced",
          "credit-exceeds-invoice", "credit-unlinked", "tax-amount-mismatch",
          "invoiced-entry-changed", "invoiced-entry-missing", "retainer-overdrawn",
          "invoice-number-gap", "invoice-number-duplicate"}  # fmt: skip
pick = st.integers(0, 1000)
caps = st.sampled_from(
    [
        {"amount": "700"},
        {"hours": "7", "excess": "drop"},
        {"amount": "400", "every": "month", "excess": "carry"},
        {"hours": "3.5", "every": "month", "excess": "carry"},
    ]
)
shares = st.sampled_from([{"acme": 60, "bolt": 40}, {"bolt": "1/3", "acme": "2/3"}])


def _terms(project: str, **more: Any) -> dict[str, Any]:
    return {
        "project": project,
        "client": "acme",
        "billing": "time-and-materials",
        "start": "2025-01-01",
        "rates": {"default": "101.37", "tasks": {"support": "80"}},
        **more,
    }


class MoneyHistories(RuleBasedStateMachine):
    """A capped contract, one that two clients share, one with a deposit and retention."""

    history: History

    @initialize(cap=caps, split=shares, retention=st.sampled_from(["0 %", "7.5 %"]),
                tax=st.sampled_from(["V", "none"]))  # fmt: skip
    def agree(self, cap: dict[str, str], split: dict[str, Any], retention: str, tax: str) -> None:
        """What was agreed, and money on account."""
        self.history = History(
            {
                CAPPED: _terms(CAPPED, cap=cap, invoice={"tax": tax}),
                SHARED: _terms(SHARED, split=split, invoice={"tax": tax}),
                SECURED: _terms(
                    SECURED,
                    deposit={"target": "500"},
                    invoice={"tax": tax, "retention": retention},
                ),
            },
            firm=FIRM,
        )
        self.history.others.append(
            '2025-01-02 * "ACME Corp" "Deposit"\n'
            "  Assets:Bank  300.00 EUR\n  Liabilities:Deposits:ACME\n"
        )
        self.history.today = START + timedelta(days=30)

    @rule(project=st.sampled_from(PROJECTS), back=st.integers(0, 60), size=st.integers(60, 18000),
          task=st.sampled_from(["dev", "support"]))  # fmt: skip
    def log(self, project: str, back: int, size: int, task: str) -> None:
        """Log time, perhaps late."""
        day = max(self.history.today - timedelta(days=back), START)
        self.history.log(project, day, "ana", size, task)

    @rule(project=st.sampled_from(PROJECTS), cents=st.integers(1, 30000))
    def spend(self, project: str, cents: int) -> None:
        """An expense that the client bears."""
        number = len(self.history.others)
        self.history.others.append(
            f'{self.history.today} * "Rail" "Train"\n'
            f"  Expenses:Travel  {Decimal(cents) / 100} EUR\n"
            f'    project: "{project}"\n    billable: TRUE\n    id: "x-{number}"\n  Assets:Bank\n'
        )

    @rule(count=st.integers(1, 45))
    def pass_days(self, count: int) -> None:
        """Let the time pass."""
        self.history.pass_days(count)

    @rule(project=st.sampled_from(PROJECTS), lift=st.booleans())
    def hold(self, project: str, *, lift: bool) -> None:
        """Hold all drafts of a project, or release them."""
        name = "billing-release" if lift else "billing-hold"
        self.history.others.append(f'{self.history.today} custom "{name}" "{project}"\n')

    @rule(which=pick)
    def issue(self, which: int) -> None:
        """Issue the first draft of a project, or close what comes to nothing."""
        billing = self.history.book().billing
        first: dict[tuple[str, str], Draft] = {}
        for draft in sorted(
            [*billing.drafts, *billing.closings], key=lambda one: (one.date, one.id)
        ):
            if not draft.held and draft.kind == "invoice":
                first.setdefault((draft.project, draft.client), draft)
        if first:
            names = sorted(first)
            self.history.issue(first[names[which % len(names)]])

    @precondition(lambda self: self._open())
    @rule(which=pick, how=st.sampled_from(["whole", "whole", "line", "entry", "void"]))
    def undo(self, which: int, how: str) -> None:
        """Take back an invoice, or a part of it."""
        document = self._open()[which % len(self._open())]
        lines = document.draft.lines
        try:
            if how == "void":
                self.history.void(document)
            elif how == "line":
                self.history.credit(document, line=which % len(lines) + 1)
            elif how == "entry" and lines[0].entries:
                entry = lines[0].entries[which % len(lines[0].entries)]
                self.history.credit(document, entries={entry.id: None})
            else:
                self.history.credit(document)
        except LedgerWriteError as refused:
            assert _is_known(str(refused)), refused  # noqa: PT017 - a refusal is an outcome here

    @invariant()
    def laws_hold(self) -> None:
        """Every law, after every step."""
        if hasattr(self, "history"):
            check(self.history.book())

    def teardown(self) -> None:
        """All is taken back, the newest first: it is billable as if nothing had been issued."""
        if hasattr(self, "history"):
            undo_all(self.history)

    def _open(self) -> list[Document]:
        return [one for one in self.history.documents if not one.voided]


def _is_known(said: str) -> bool:
    """A reason for which a correction may be refused."""
    reasons = ("nothing left", "below zero", "is credited by", "of one of its lines", "bills")
    return any(reason in said for reason in reasons)


def check(book: Book) -> None:
    """The books add up, and nothing is billed that was not worked."""
    found = {one.code: one.message for one in book.billing.findings if one.code in BROKEN}
    assert not found, found
    totals = _totals(book)
    assert sum((total for (_, unit), total in totals.items() if unit == "HOUR"), ZERO) == ZERO
    for client in ("acme", "bolt"):
        owed = sum(
            (
                sign * (one.total - one.deposit - one.retained)
                for sign, one in live(book)
                if one.client == client and one.number
            ),
            ZERO,
        )
        assert totals.get((f"Assets:Receivable:{client.upper()}", "EUR"), ZERO) == owed
    for project in PROJECTS:
        assert totals.get((f"Equity:Time:Unbilled:{project}", "HOUR"), ZERO) >= ZERO
        position = book.billing.positions[project]
        ready = [one for one in book.billing.drafts if one.project == project and not one.held]
        assert position.drafts == sum((one.net for one in ready), ZERO)


def undo_all(history: History) -> None:
    """Credit what is left of every invoice, and compare with books in which none was issued."""
    history.others = [text for text in history.others if "custom" not in text]
    for document in reversed(history.documents):
        if not document.voided:
            try:
                history.credit(document)
            except LedgerWriteError as refused:
                assert "nothing left" in str(refused)  # noqa: PT017 - it was all credited before
    history.pass_days(62)
    undone, fresh = history.book(), _untouched(history).book()
    check(undone)
    slack = CENT * 4 * (1 + len(history.entries))
    for project in PROJECTS:
        now, then = (book.billing.positions[project].drafts for book in (undone, fresh))
        assert abs(now - then) <= slack, (project, now, then)
    assert undone.facts.deposits.keys() == fresh.facts.deposits.keys()
    assert _totals(undone).get(("Liabilities:Deposits:ACME", "EUR")) == Decimal("-300.00")


def _untouched(history: History) -> History:
    return History(
        history.contracts,
        history.today,
        history.entries,
        others=history.others,
        firm=history.firm,
    )


def _totals(book: Book) -> dict[tuple[str, str], Decimal]:
    totals: dict[tuple[str, str], Decimal] = {}
    for entry in book.entries:
        for posting in entry.postings if isinstance(entry, data.Transaction) else ():
            assert posting.units is not None
            assert posting.units.number is not None
            key = (posting.account, posting.units.currency)
            totals[key] = totals.get(key, ZERO) + posting.units.number
    return totals


MoneyHistories.TestCase.settings = settings(deadline=None, max_examples=15, stateful_step_count=20)
TestMoneyHistories = MoneyHistories.TestCase
