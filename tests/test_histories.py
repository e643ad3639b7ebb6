"""Laws that hold after every step of a project's history, whatever happens in whatever order."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine
from hypothesis.stateful import initialize
from hypothesis.stateful import invariant
from hypothesis.stateful import precondition
from hypothesis.stateful import rule

from tests.histories import START
from tests.histories import Document
from tests.histories import History
from tests.histories import Order
from tests.histories import billed
from tests.histories import credited
from tests.histories import invoiced
from tests.stories import fixed
from tests.stories import hourly
from tests.stories import hybrid

if TYPE_CHECKING:
    from projbill_beancount.billing.model import Draft
    from projbill_beancount.book import Book

HOURLY, HYBRID, FIXED, RETAINER = "ACME-APP", "ACME-MIG", "ACME-WEB", "ACME-RET"
FIXED_PROJECTS = (HYBRID, FIXED)
ZERO = Decimal(0)
#: What nothing that a command of ours writes may cause.
BROKEN = {"issued-changed", "ledger-amount-mismatch", "fact-invalid", "entry-already-invoiced",
          "credit-exceeds-invoice", "credit-unlinked", "tax-amount-mismatch"}  # fmt: skip
seconds = st.integers(60, 5 * 3600)
tasks = st.sampled_from(["dev", "support", "build", "internal"])
people = st.sampled_from(["ana", "ben"])
pick = st.integers(0, 1000)


@st.composite
def retainers(draw: st.DrawFn) -> dict[str, Any]:
    """A monthly retainer of a few hours."""
    terms: dict[str, Any] = {
        "fee": "1000",
        "hours": draw(st.sampled_from(["2", "5.5", "10"])),
        "in": draw(st.sampled_from(["advance", "arrears"])),
        "unused": draw(st.sampled_from(["expire", "rollover"])),
        "overage": {
            "policy": draw(st.sampled_from(["bill", "absorb"])),
            "rate": draw(st.sampled_from(["100", "130.50"])),
        },
    }
    return {
        "project": RETAINER,
        "client": "acme",
        "billing": "retainer",
        "start": "2025-01-01",
        "rates": {"default": "90"},
        "tasks": {"internal": {"billable": False}},
        "retainer": terms,
    }


class Histories(RuleBasedStateMachine):
    """Four contracts side by side: by the hour, hybrid, fixed, retainer."""

    history: History

    @initialize(
        agreed=st.tuples(hourly(HOURLY), hybrid(HYBRID), fixed(FIXED), retainers()),
    )
    def agree(self, agreed: tuple[dict[str, Any], ...]) -> None:
        """What was agreed; contracts have no end here, so that nothing lies outside."""
        contracts = {terms["project"]: terms for terms in agreed}
        for terms in contracts.values():
            terms.pop("end", None)
            terms["start"] = "2025-01-01"
        for milestone in contracts[HYBRID]["milestones"].values():
            milestone["bill"] = "complete" if milestone["bill"] == "accepted" else milestone["bill"]
        self.history = History(contracts)

    @rule(project=st.sampled_from([HOURLY, HOURLY, HYBRID, RETAINER]), back=st.integers(0, 60),
          person=people, long=seconds, task=tasks)  # fmt: skip
    def log(self, project: str, back: int, person: str, long: int, task: str) -> None:
        """Log time, perhaps late."""
        day = max(self.history.today - timedelta(days=back), START)
        self.history.log(project, day, person, long, task)

    @precondition(lambda self: self.history.entries)
    @rule(which=pick, long=seconds)
    def edit(self, which: int, long: int) -> None:
        """Correct the hours of an entry."""
        self._entry(which).seconds = long

    @precondition(lambda self: self.history.entries)
    @rule(which=pick, project=st.sampled_from([HOURLY, HYBRID, RETAINER]))
    def move(self, which: int, project: str) -> None:
        """Move an entry to another project."""
        self._entry(which).project = project

    @precondition(lambda self: self.history.entries)
    @rule(which=pick)
    def delete(self, which: int) -> None:
        """Delete an entry."""
        names = sorted(self.history.entries)
        del self.history.entries[names[which % len(names)]]

    @rule(project=st.sampled_from(FIXED_PROJECTS), which=pick, percent=st.integers(0, 10000),
          done=st.booleans(), accepted=st.booleans())  # fmt: skip
    def report(self, project: str, which: int, percent: int, *, done: bool, accepted: bool) -> None:
        """Report progress, up or down."""
        names = list(self.history.contracts[project]["milestones"])
        size = Decimal(100) if done else Decimal(percent) / 100
        self.history.report(project, names[which % len(names)], size, accepted=accepted and done)

    @rule(project=st.sampled_from(FIXED_PROJECTS), which=pick, cents=st.integers(-50_000, 200_000),
          approved=st.booleans())  # fmt: skip
    def ask_for_change(self, project: str, which: int, cents: int, *, approved: bool) -> None:
        """A change order, of a milestone's price or by itself."""
        names = ["", *self.history.contracts[project]["milestones"]]
        milestone = names[which % len(names)]
        if milestone and self.history.price(project, milestone) + Decimal(cents) / 100 < ZERO:
            return
        if not milestone:
            cents = abs(cents)
        today = self.history.today
        order = Order(project, today, Decimal(cents) / 100, milestone, today if approved else None)
        self.history.orders[f"CO-{len(self.history.orders) + 1}"] = order

    @precondition(lambda self: self.history.orders)
    @rule(which=pick)
    def decide(self, which: int) -> None:
        """Approve an order that waits, or reject it."""
        orders = [one for one in self.history.orders.values() if not one.approved]
        if orders:
            order = orders[which % len(orders)]
            order.approved = self.history.today if which % 3 else None
            order.rejected = None if which % 3 else self.history.today

    @rule(count=st.integers(1, 45))
    def pass_days(self, count: int) -> None:
        """Let the time pass."""
        self.history.pass_days(count)

    @rule(which=pick, count=st.integers(0, 45))
    def issue(self, which: int, count: int) -> None:
        """Issue the first draft of a project that may go out, some days later."""
        self.history.pass_days(count)
        first: dict[str, Draft] = {}
        for draft in self.history.book().billing.drafts:
            if not draft.held:
                first.setdefault(draft.project, draft)
        if first:
            names = sorted(first)
            self.history.issue(first[names[which % len(names)]])

    @precondition(lambda self: self._whole())
    @rule(which=pick)
    def correct_after_issue(self, which: int) -> None:
        """Change or delete an entry that was issued."""
        document = self._whole()[which % len(self._whole())]
        ids = [item.id for line in document.draft.lines for item in line.entries]
        known = [one for one in ids if one in self.history.entries]
        if known and which % 2:
            self.history.entries[known[0]].seconds += 60 * (which % 7 - 3)
        elif known:
            del self.history.entries[known[0]]

    @precondition(lambda self: self._whole())
    @rule(which=pick)
    def void(self, which: int) -> None:
        """Take back an invoice that nothing was credited on."""
        documents = self._whole()
        if which % 3 == 0:
            self.history.void(documents[which % len(documents)])

    @precondition(lambda self: self._whole())
    @rule(which=pick, how=st.sampled_from(["whole", "line", "part"]), share=st.integers(1, 9))
    def credit(self, which: int, how: str, share: int) -> None:
        """Credit an invoice: whole, one line, or hours of an entry."""
        documents = self._whole()
        document = documents[which % len(documents)]
        lines = document.draft.lines
        timed = [entry for line in lines if line.kind == "time" for entry in line.entries]
        if how == "whole":
            self.history.credit(document)
        elif how == "line":
            self.history.credit(document, line=which % len(lines) + 1)
        elif timed:
            entry = timed[which % len(timed)]
            hours = (Decimal(entry.seconds * share) / 36000).quantize(Decimal("0.0001"))
            self.history.credit(document, entries={entry.id: hours})

    @invariant()
    def laws_hold(self) -> None:
        """Every law, after every step."""
        if not hasattr(self, "history"):
            return
        book = self.history.book()
        self._each_second_once(book)
        self._milestones_add_up(book)
        self._positions(book)
        assert not {found.code for found in book.billing.findings} & BROKEN

    def _each_second_once(self, book: Book) -> None:
        """Delivered − (invoiced − credited) of each entry is to be billed, on one draft or none."""
        listed, drafts = _on_drafts(book)
        waiting: Counter[str] = Counter()
        for one in book.billing.unbilled:
            waiting[one.id] += one.seconds
        live, freed = invoiced(book), credited(book)
        for identity, entry in self.history.entries.items():
            assert len(drafts.get(identity, ())) <= 1
            due = entry.seconds
            if identity in live:
                due = max(entry.seconds - live[identity], 0) if identity in freed else 0
            if entry.task == "internal":
                due = 0
            assert listed[identity] in {0, due}, (identity, listed[identity], due)
            if entry.project == HOURLY:
                assert waiting[identity] == due, (identity, waiting[identity], due)
        self._differences_are_named(book, listed)

    def _differences_are_named(self, book: Book, listed: Counter[str]) -> None:
        """An invoiced entry that changed or is gone has its finding; what replaces it waits."""
        named: dict[str, set[str]] = {}
        for found in book.billing.findings:
            named.setdefault(found.code, set()).add(found.id)
        freed, entries = credited(book), self.history.entries
        for identity, seconds_ in invoiced(book).items():
            entry = entries.get(identity)
            if entry is None and seconds_:
                assert identity in named["invoiced-entry-missing"]
                assert not listed[identity]
            elif entry and seconds_ not in {0, entry.seconds} and identity not in freed:
                assert identity in named["invoiced-entry-changed"]
        assert not any(listed[identity] for identity in named.get("time-reentered", ()))

    def _milestones_add_up(self, book: Book) -> None:
        """What is invoiced and ready on a milestone never exceeds its price."""
        for project in FIXED_PROJECTS:
            ready = [one for one in book.billing.drafts if one.project == project and not one.held]
            for name in self.history.contracts[project]["milestones"]:
                drafted = sum(
                    (line.amount for one in ready for line in one.lines if line.milestone == name),
                    ZERO,
                )
                known, price = billed(book, project, name), self.history.price(project, name)
                assert drafted >= ZERO
                assert not drafted or known + drafted <= price, (name, known, drafted, price)

    def _positions(self, book: Book) -> None:
        """What a position says agrees with what was issued and with the drafts."""
        for project in self.history.contracts:
            position = book.billing.positions[project]
            assert position.billed == billed(book, project)
            ready = [one for one in book.billing.drafts if one.project == project and not one.held]
            assert position.drafts == sum((one.net for one in ready), ZERO)
            if position.earned is not None and position.over_billed is not None:
                assert position.under_billed is not None
                gap = position.earned - position.billed_fixed
                assert gap == position.under_billed - position.over_billed

    def _entry(self, which: int) -> Any:
        names = sorted(self.history.entries)
        return self.history.entries[names[which % len(names)]]

    def _whole(self) -> list[Document]:
        return [one for one in self.history.documents if one.is_whole]

    def teardown(self) -> None:
        """Closing the books: all is done, all is issued; what is left is named."""
        if hasattr(self, "history"):
            _close(self.history)


def _on_drafts(book: Book) -> tuple[Counter[str], dict[str, set[str]]]:
    """The seconds of each entry that drafts list, and the drafts that list it."""
    listed: Counter[str] = Counter()
    drafts: dict[str, set[str]] = {}
    for draft in book.billing.drafts:
        for line in draft.lines:
            for item in line.entries:
                listed[item.id] += item.seconds
                drafts.setdefault(item.id, set()).add(draft.id)
    return listed, drafts


def _close(history: History) -> None:
    """Complete and accept everything, issue whatever is ready: the fixed scope is billed whole."""
    history.pass_days(1)
    for order in history.orders.values():
        if not order.approved:
            order.rejected = history.today
    for project in FIXED_PROJECTS:
        for name in history.contracts[project]["milestones"]:
            history.report(project, name, Decimal(100), accepted=True)
    history.pass_days(400)
    billing = history.book().billing
    for _ in range(80):
        draft = next((one for one in billing.drafts if not one.held), None)
        if draft is None:
            break
        history.issue(draft)
        billing = history.book().billing
    assert not [one for one in billing.drafts if not one.held]
    codes = {(found.project, found.code) for found in billing.findings}
    for project in FIXED_PROJECTS:
        position = billing.positions[project]
        if position.billed_fixed != position.value:
            named = {"change-order-below-billed", "unbilled-at-completion", "billing-on-hold"}
            assert {code for of, code in codes if of == project} & named, (position, codes)
    stuck = {one.id for one in billing.unbilled if one.draft is None and one.project == HOURLY}
    said = {found.id for found in billing.findings}
    assert stuck <= said, stuck - said


Histories.TestCase.settings = settings(deadline=None, max_examples=25, stateful_step_count=25)
TestHistories = Histories.TestCase
