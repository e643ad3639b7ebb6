"""Laws of what a tracker tells over time: nothing twice, and the newest report is how things stand."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING
from typing import Any

import pytest
from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from projbill_beancount.importers.known import KnownFacts
from projbill_beancount.importers.plan import Planner
from tests.test_import_github import issue
from tests.tracker_books import tracker_books

if TYPE_CHECKING:
    from tests.import_books import Books

QUIET = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
DAYS = range(1, 28)
#: Which of four issues are closed or opened again on which day.
EVENTS = st.lists(st.tuples(st.sampled_from(DAYS), st.integers(0, 3)), max_size=12)
#: On which days somebody writes into an issue, which changes nothing but its last change.
NOTES = st.lists(st.tuples(st.sampled_from(DAYS), st.integers(0, 3)), max_size=4)
SHOTS = st.lists(st.sampled_from(DAYS), min_size=1, max_size=6, unique=True).map(sorted)


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Books:
    return tracker_books(tmp_path_factory.mktemp("books"), "{github: 3}", '{github: "#2"}')


def stood(day: int, events: list[tuple[int, int]], notes: list[tuple[int, int]]) -> list[Any]:
    """The issues as they are exported in the evening of a day."""
    found = []
    for number in range(4):
        mine = sorted(on for on, which in events if which == number and on <= day)
        closed = len(mine) % 2 == 1
        touched = [on for on, which in notes if which == number and on <= day]
        one = issue(mine[-1] if closed else 1, *(() if closed else ("open", None)))
        one |= {"number": number, "milestone": {"number": 3, "title": "Cut-over"}}
        one["html_url"] = f"https://github.com/octo/portal/issues/{number}"
        one["updated_at"] = f"2026-03-{max([1, *mine, *touched]):02}T12:00:00Z"
        found.append(one)
    return found


def shares(found: list[Any]) -> tuple[Decimal, Decimal]:
    done = [one["state"] == "closed" for one in found]
    return Decimal(25 * sum(done)), Decimal(100 * done[2])


class Ledger:
    """What the imports of exports have reported, oldest first."""

    def __init__(self, books: Books) -> None:
        self.folder = books.folder
        self.known = KnownFacts(books.terms)
        self.planner = Planner(books.terms, self.known)

    def take(self, found: list[Any]) -> int:
        path = self.folder / "export.json"
        path.write_text(json.dumps(found))
        report = self.planner.file(str(path))
        assert not report.is_refused
        return len(report.records)

    def newest(self, milestone: str) -> Decimal:
        told = [
            (day, order, str(percent))
            for order, (day, _, of, percent, _) in enumerate(self.known.progress.values())
            if of == milestone
        ]
        return Decimal(max(told)[2].rstrip("%")) if told else Decimal(0)


@given(EVENTS, NOTES, SHOTS)
@QUIET
def test_the_newest_report_is_how_things_stand(
    books: Books, events: list[tuple[int, int]], notes: list[tuple[int, int]], days: list[int]
) -> None:
    # What happens twice on one day, or is undone on it, leaves no trace that tells the order.
    events = list(dict.fromkeys(events))
    ledger = Ledger(books)
    for day in days:
        found = stood(day, events, notes)
        ledger.take(found)
        assert (ledger.newest("M1"), ledger.newest("M2")) == shares(found)


@given(EVENTS, NOTES, SHOTS, st.randoms(use_true_random=False))
@QUIET
def test_exports_that_come_again_add_nothing(
    books: Books,
    events: list[tuple[int, int]],
    notes: list[tuple[int, int]],
    days: list[int],
    order: Any,
) -> None:
    events = list(dict.fromkeys(events))
    shots = [stood(day, events, notes) for day in days]
    ledger = Ledger(books)
    for found in shots:
        ledger.take(found)
    again = shots * 2
    order.shuffle(again)
    assert [ledger.take(found) for found in again] == [0] * len(again)
