"""Laws of billing, on random projects: nothing is lost, nothing is billed twice, all adds up."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections import defaultdict
from datetime import date
from datetime import timedelta
from decimal import ROUND_DOWN
from decimal import ROUND_HALF_UP
from decimal import ROUND_UP
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from beancount import loader
from hypothesis import assume
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from projbill_beancount.billing.engine import bill
from projbill_beancount.evaluate import evaluate
from projbill_beancount.terms.read import read_terms
from tests.ledgers import issued_text
from tests.stories import END
from tests.stories import Story
from tests.stories import facts_of
from tests.stories import finished
from tests.stories import ready
from tests.stories import stories

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from projbill_beancount.billing.model import BilledEntry
    from projbill_beancount.billing.model import Billing
    from projbill_beancount.billing.model import Draft
    from projbill_beancount.facts.model import TimeEntry
    from projbill_beancount.terms.model import Contract
    from projbill_beancount.terms.model import Terms

fast = settings(deadline=None, max_examples=100)
medium = settings(deadline=None, max_examples=60)


def terms_of(story: Story) -> Terms:
    with tempfile.TemporaryDirectory() as folder:
        terms = read_terms(story.write(Path(folder)))
    assert terms.mistakes == ()
    return terms


def told(folder: str, story: Story, as_of: date, issued: Sequence[str] = ()) -> Billing:
    """The billing of a story that is told as a ledger, with issued invoices at its end."""
    text = "\n".join(['plugin "beancount.plugins.auto_accounts"', *story.chunks, *issued])
    entries, errors, options = loader.load_string(text)
    assert errors == []
    return evaluate(entries, options, story.write(Path(folder)), as_of).billing


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


def fate(contract: Contract, entry: TimeEntry) -> str:
    """What becomes of an entry by the contract's words alone."""
    task = contract.tasks.get(entry.task)
    no = entry.billable is False or (task and task.billable is False)
    if no or entry.account == "non-billable":
        return "never"
    if (contract.start and entry.date < contract.start) or (
        contract.end and entry.date > contract.end
    ):
        return "outside"
    return "covered" if task and task.milestone else "billable"


def issue(drafts: Sequence[Draft], delay: int, as_of: date) -> list[str]:
    """The drafts as issued invoices, each dated `delay` days later, but not after `as_of`."""
    return [
        issued_text(draft, f"INV-2025-{number:04}", min(draft.date + timedelta(days=delay), as_of))
        for number, draft in enumerate(drafts, 1)
    ]


@fast
@given(stories())
def test_every_billable_second_is_on_one_draft_or_waits(story: Story) -> None:
    terms = terms_of(story)
    billing = bill(terms, story.facts, story.as_of)
    lines = [
        (draft, line, item)
        for draft in billing.drafts
        for line in draft.lines
        for item in line.entries
    ]
    listed = {draft.id for draft in billing.drafts}
    placed = Counter(item.id for _, _, item in lines)
    waiting = {item.id: item for item in billing.unbilled}
    assert len(waiting) == len(billing.unbilled)
    assert all(count == 1 for count in placed.values())
    for entry in story.entries:
        what = fate(terms.contracts[entry.project], entry)
        if what == "billable" and entry.date <= story.as_of:
            assert waiting[entry.id].seconds == entry.seconds
            assert (entry.id in placed) == (waiting[entry.id].draft in listed)
        elif what in {"never", "billable"}:
            assert entry.id not in placed
            assert entry.id not in waiting
        elif what == "outside":
            assert entry.id not in placed
    by_id = {entry.id: entry for entry in story.entries}
    for draft, line, item in lines:
        entry = by_id[item.id]
        assert (item.seconds, item.date, item.person) == (entry.seconds, entry.date, entry.person)
        assert line.kind == {"billable": "time"}.get(
            fate(terms.contracts[entry.project], entry), "covered"
        )
        if line.kind == "time":
            assert waiting[item.id].draft == draft.id


@fast
@given(stories())
def test_hourly_work_has_a_way_out(story: Story) -> None:
    terms = terms_of(story)
    billing = bill(terms, story.facts, date(2026, 12, 31))
    stuck = [item for item in billing.unbilled if item.project == "ACME-APP" and not item.draft]
    outside = {
        entry.id
        for entry in story.entries
        if fate(terms.contracts[entry.project], entry) == "outside"
    }
    assert [item for item in stuck if item.id not in outside] == []


@fast
@given(stories())
def test_printed_numbers_can_be_recomputed(story: Story) -> None:
    for draft in bill(terms_of(story), story.facts, story.as_of).drafts:
        for line in draft.lines:
            if line.kind == "time":
                assert line.seconds == sum(item.billed_seconds for item in line.entries)
            if line.kind == "time" and line.price is not None:
                assert line.amount == cents(line.price * (line.seconds or 0) / 3600)
        assert draft.net == sum(line.amount for line in draft.lines)
        bases: defaultdict[tuple[str, Decimal], Decimal] = defaultdict(Decimal)
        for line in draft.lines:
            if line.tax is not None and line.tax_rate is not None:
                bases[line.tax, line.tax_rate] += line.amount
        assert {(tax.code, tax.rate): tax.base for tax in draft.taxes} == bases
        for tax in draft.taxes:
            assert tax.amount == cents(tax.base * tax.rate / 100)
        assert draft.total == draft.net + sum(tax.amount for tax in draft.taxes)


@fast
@given(stories())
def test_hours_are_rounded_as_agreed_and_worked_time_stays(story: Story) -> None:
    terms = terms_of(story)
    modes = {"nearest": ROUND_HALF_UP, "up": ROUND_UP, "down": ROUND_DOWN}
    for draft in bill(terms, story.facts, story.as_of).drafts:
        rounding = terms.contracts[draft.project].invoice.hours
        for line in [line for line in draft.lines if line.kind == "time"]:
            groups: defaultdict[object, list[BilledEntry]] = defaultdict(list)
            for item in line.entries:
                by_day = rounding and rounding.per == "day"
                groups[(item.person, item.date) if by_day else item.id].append(item)
            for items in groups.values():
                worked = sum(item.seconds for item in items)
                unit = rounding.unit if rounding else 1
                mode = modes[rounding.direction if rounding else "nearest"]
                units = (Decimal(worked) / unit).quantize(Decimal(1), mode)
                assert sum(item.billed_seconds for item in items) == units * unit


@medium
@given(finished(), st.integers(0, 3), st.integers(0, 40))
def test_parts_add_up_to_the_price(story: Story, count: int, delay: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        first = told(folder, story, END)
        issued = ready(first.drafts, "ACME-WEB", count)
        last = told(folder, story, story.as_of, issue(issued, delay, END))
    for name, milestone in story.contracts["ACME-WEB"]["milestones"].items():
        price = Decimal(milestone["value"])
        assert _billed(first.drafts, name) <= price
        assert _billed([*issued, *last.drafts], name) == price


def _billed(drafts: Sequence[Draft], milestone: str) -> Decimal:
    return sum(
        (
            line.amount
            for draft in drafts
            if not draft.held
            for line in draft.lines
            if line.milestone == milestone
        ),
        Decimal(0),
    )


@fast
@given(stories(), st.randoms(use_true_random=False))
def test_the_order_of_facts_changes_nothing(story: Story, chance: random.Random) -> None:
    terms = terms_of(story)
    entries, reports = list(story.entries), list(story.reports)
    chance.shuffle(entries)
    chance.shuffle(reports)
    straight = bill(terms, story.facts, story.as_of)
    assert bill(terms, story.facts, story.as_of) == straight
    assert bill(terms, facts_of(entries, reports), story.as_of) == straight


@medium
@given(
    stories(),
    st.sampled_from(["ACME-APP", "ACME-MIG", "ACME-WEB"]),
    st.integers(1, 4),
    st.integers(0, 40),
)
def test_issuing_takes_away_its_own_draft_only(
    story: Story, project: str, count: int, delay: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        before = told(folder, story, story.as_of)
        assume(not before.closings)  # issuing closes them first
        frozen = ready(before.drafts, project, count)
        after = told(folder, story, story.as_of, issue(frozen, delay, story.as_of))
    assert list(after.drafts) == [draft for draft in before.drafts if draft not in frozen]
    issued = {
        item.id
        for draft in frozen
        for line in draft.lines
        if line.kind == "time"
        for item in line.entries
    }
    waiting = {item.id for item in before.unbilled}
    assert issued <= waiting
    assert {item.id for item in after.unbilled} == waiting - issued
    was, now = before.positions[project], after.positions[project]
    assert now.billed == sum(draft.net for draft in frozen)
    assert now.open == sum(draft.total for draft in frozen)
    assert (now.earned, now.completion) == (was.earned, was.completion)
    assert now.unbilled == was.unbilled - now.billed
    assert now.hours.billed == sum(entry.seconds for entry in story.entries if entry.id in issued)
    assert (now.hours.worked, now.hours.non_billable) == (was.hours.worked, was.hours.non_billable)


@fast
@given(stories(), st.integers(1, 120))
def test_a_later_run_keeps_what_could_be_billed_before(story: Story, more: int) -> None:
    """Facts that are there already do not move between drafts as the days go by."""
    terms = terms_of(story)
    early = bill(terms, story.facts, story.as_of - timedelta(days=more))
    later = {draft.id: draft for draft in bill(terms, story.facts, story.as_of).drafts}
    for draft in early.drafts:
        if draft.project == "ACME-APP":
            assert later[draft.id] == draft
