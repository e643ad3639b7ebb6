"""Laws of a fixed scope, on random histories: what is billed is never more than the price, and all
of it in the end, through progress up and down, change orders, invoices and credits."""

from __future__ import annotations

import json
import tempfile
from collections import defaultdict
from datetime import date
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING
from typing import NamedTuple

from beancount import loader
from hypothesis import event
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from projbill_beancount.evaluate import evaluate
from tests.fixed_books import approval
from tests.fixed_books import order
from tests.fixed_books import report
from tests.ledgers import FIRM
from tests.ledgers import credit_text
from tests.ledgers import issued_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from projbill_beancount.billing.model import Billing
    from projbill_beancount.billing.model import Draft

START = date(2025, 1, 1)
ZERO = Decimal(0)
PLUGIN = 'plugin "beancount.plugins.auto_accounts"\n'


class Change(NamedTuple):
    """A change order: what it amends ("" for a line of its own), and what becomes of it."""

    amount: Decimal
    milestone: str
    bill: str
    fate: str
    days: int


class History(NamedTuple):
    """Milestones with (price, bill rule), and what happens week by week."""

    milestones: dict[str, tuple[Decimal, str]]
    steps: list[tuple[str, str, int] | Change | None]


cents = st.integers(1, 2_000_000).map(lambda units: Decimal(units) / 100)
rules = st.sampled_from(["complete", "accepted", "progress", "[30, 70, 100]"])


@st.composite
def histories(draw: st.DrawFn) -> History:
    names = ["M1", "M2", "M3"][: draw(st.integers(1, 3))]
    milestones = {name: (draw(cents), draw(rules)) for name in names}
    reports = st.tuples(
        st.sampled_from(["report", "accept"]), st.sampled_from(names), st.integers(0, 100)
    )
    changes = st.builds(
        Change,
        amount=st.integers(-500_000, 500_000).map(lambda units: Decimal(units) / 100),
        milestone=st.sampled_from(["", *names]),
        bill=st.sampled_from(["", "", "complete", "progress"]),
        fate=st.sampled_from(["approved", "approved", "directive", "rejected", "pending"]),
        days=st.integers(0, 30),
    )
    steps = draw(
        st.lists(st.one_of(reports, reports, changes, changes, st.none()), min_size=2, max_size=10)
    )
    return History(milestones, [step for step in steps if _is_possible(step, milestones, steps)])


def _is_possible(
    step: object, milestones: dict[str, tuple[Decimal, str]], steps: Sequence[object]
) -> bool:
    """No price falls below zero by changes, and what is billed like a milestone is an addition."""
    if not isinstance(step, Change) or step.amount >= 0:
        return True
    if step.bill and not step.milestone:
        return False
    cuts = [one for one in steps if isinstance(one, Change) and one.amount < 0]
    lowest = min(price for price, _ in milestones.values())
    return lowest + sum((one.amount for one in cuts), ZERO) >= 0


class Books:
    """The ledger of a history as it grows, issued invoices and credit notes included."""

    def __init__(self, history: History, folder: str) -> None:
        milestones = {
            name: {"value": str(price), "bill": json.loads(rule) if rule[0] == "[" else rule}
            for name, (price, rule) in history.milestones.items()
        }
        contract = {
            "project": "APP",
            "client": "acme",
            "billing": "fixed-fee",
            "start": "2025-01-01",
            "milestones": milestones,
        }
        (Path(folder) / "contracts").mkdir()
        (Path(folder) / "contracts" / "app.yaml").write_text(json.dumps(contract))
        self.firm = Path(folder) / "projbill.yaml"
        self.firm.write_text(FIRM)
        self.text = PLUGIN
        self.history = history
        self.orders: dict[str, tuple[Change, date | None]] = {}
        self.billed: defaultdict[str, Decimal] = defaultdict(Decimal)
        self.numbers = 0
        self.invoices: dict[str, dict[str, Decimal]] = {}

    def happens(self, step: tuple[str, str, int] | Change, day: date) -> None:
        if isinstance(step, Change):
            self._order(step, day)
        else:
            kind, name, percent = step
            accepted = str(day) if kind == "accept" else ""
            self.text += report(str(day), 100 if accepted else percent, name, accepted)

    def _order(self, change: Change, day: date) -> None:
        identity = f"CO-{len(self.orders) + 1}"
        decided = day + timedelta(days=change.days)
        meta = {"milestone": f'"{change.milestone}"'} if change.milestone else {}
        if change.bill and not change.milestone:
            meta["bill_"] = f'"{change.bill}"'
        if change.fate in {"approved", "rejected"}:
            meta[change.fate] = str(decided)
        self.text += order(identity, str(day), f"{change.amount:.2f}", **meta)
        if change.fate == "directive":
            self.text += approval(identity, str(decided))
        counts = change.fate in {"approved", "directive"}
        self.orders[identity] = (change, decided if counts else None)

    def bill(self, as_of: date) -> Billing:
        entries, errors, options = loader.load_string(self.text)
        assert errors == []
        return evaluate(entries, options, str(self.firm), as_of).billing

    def issue(self, as_of: date) -> None:
        """Issue what may go out, and the credits that are proposed."""
        billing = self.bill(as_of)
        for draft in (*billing.closings, *billing.drafts):
            if draft.held and not draft.is_proposal:
                continue
            self.numbers += 1
            if draft.is_proposal:
                self._credit(draft, as_of)
            else:
                self.text += issued_text(draft, f"INV-{self.numbers}", as_of)
                self.invoices[f"INV-{self.numbers}"] = {
                    line.milestone or line.change_order or "": line.amount for line in draft.lines
                }
            for line in draft.lines:
                self.billed[line.milestone or line.change_order or ""] += line.amount

    def _credit(self, draft: Draft, as_of: date) -> None:
        """Credit notes for a proposal: one on the invoice that it names, else on as many as it takes."""
        for line in draft.lines:
            due = -line.amount
            for number, lines in reversed(self.invoices.items()):
                if draft.corrects not in {None, number}:
                    continue
                if line.milestone:
                    left = lines.get(line.milestone, ZERO)
                else:
                    left = sum(lines.values(), ZERO)
                part = min(due, left)
                if part <= 0:
                    continue
                name = line.milestone or max(lines, key=lambda one: lines[one])
                lines[name] -= part
                due -= part
                self.numbers += 1
                credited = [line._replace(amount=part)]
                self.text += credit_text(draft, f"CN-{self.numbers}", as_of, number, credited)
            assert due == 0, self.text

    def price(self, name: str, day: date) -> Decimal:
        """What a milestone, or a change order, costs on a day by what was agreed."""
        if name in self.orders:
            change, approved = self.orders[name]
            return change.amount if approved and approved <= day else ZERO
        price, _ = self.history.milestones[name]
        return price + sum(
            change.amount
            for change, approved in self.orders.values()
            if change.milestone == name and approved and approved <= day
        )

    def value(self, day: date) -> Decimal:
        alone = [name for name, (change, _) in self.orders.items() if not change.milestone]
        return sum((self.price(name, day) for name in (*self.history.milestones, *alone)), ZERO)


@settings(deadline=None, max_examples=60)
@given(histories())
def test_never_more_than_the_price_and_all_of_it_in_the_end(history: History) -> None:
    with tempfile.TemporaryDirectory() as folder:
        books = Books(history, folder)
        day = START
        for step in history.steps:
            day += timedelta(days=7)
            if step is None:
                books.issue(day)
            else:
                books.happens(step, day)
            check(books, books.bill(day), day)
        finish(books, day)


def check(books: Books, billing: Billing, day: date) -> None:
    """Nothing is billed above its price, but what a credit is proposed for."""
    total = books.billed.copy()
    for draft in billing.drafts:
        if not draft.held or draft.is_proposal:
            for line in draft.lines:
                total[line.milestone or line.change_order or ""] += line.amount
    for name in books.history.milestones:
        assert total[name] <= books.price(name, day), (name, books.text)
    position = billing.positions["APP"]
    assert position.value == books.value(day)
    assert position.billed == sum(books.billed.values())
    assert position.earned is None or (
        position.over_billed is not None
        and position.under_billed is not None
        and position.earned - position.billed == position.under_billed - position.over_billed
    )
    ready = sum((draft.net for draft in billing.drafts if not draft.held), ZERO)
    assert position.drafts == ready


def finish(books: Books, day: date) -> None:
    """Once all is accepted and issued, exactly the value is billed, and nothing is wrong.

    Where reductions leave a draft below zero, a person has to confirm a credit first.
    """
    day += timedelta(days=31)
    scope = [*books.history.milestones]
    scope += [
        name
        for name, (change, approved) in books.orders.items()
        if change.bill and not change.milestone and approved
    ]
    for name in scope:
        books.text += report(str(day), 100, name, str(day))
    for _ in range(3):
        books.issue(day)
        day += timedelta(days=1)
    billing = books.bill(day)
    codes = {found.code for found in billing.findings}
    event(f"{len(books.orders)} orders")
    if "negative-invoice" in codes:
        event("a credit waits")
        return
    assert sum(books.billed.values()) == books.value(day), books.text
    usual = {
        "invoice-date-order",
        "invoice-overdue",
        "milestone-duplicate-event",
        "milestone-regress",
    }
    assert codes <= usual, (codes, books.text)
    for name in books.history.milestones:
        assert books.billed[name] == books.price(name, day)
