"""Rounding as accountants expect it: worked examples where the order of the steps matters."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from projbill_beancount.billing.engine import bill
from projbill_beancount.facts.model import Facts
from projbill_beancount.facts.model import TimeEntry
from projbill_beancount.terms.read import read_terms
from tests.ledgers import FIRM

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

DAY = date(2025, 5, 5)


def net(folder: Path, rate: str, rounding: str, seconds: Sequence[int]) -> str:
    """The net of one month's draft for sessions of one person on one day and task."""
    (folder / "contracts").mkdir()
    (folder / "projbill.yaml").write_text(FIRM)
    (folder / "contracts" / "acme-app.yaml").write_text(
        "project: ACME-APP\nclient: acme\nbilling: time-and-materials\nstart: 2025-01-01\n"
        f"rates: {{default: {rate}}}\ninvoice: {{hours: {rounding}}}\n"
    )
    terms = read_terms(str(folder / "projbill.yaml"))
    assert terms.mistakes == ()
    entries = [_entry(number, amount) for number, amount in enumerate(seconds, 1)]
    billing = bill(terms, Facts(time={"ACME-APP": entries}), date(2025, 5, 31))
    assert [finding for finding in billing.findings if finding.severity != "info"] == []
    return str(sum((draft.net for draft in billing.drafts), billing.positions["ACME-APP"].billed))


def _entry(number: int, seconds: int) -> TimeEntry:
    return TimeEntry(
        id=f"toggl-{number}",
        date=DAY,
        project="ACME-APP",
        person="ana",
        seconds=seconds,
        account="unbilled",
        task="dev",
        role="",
        rate=None,
        billable=None,
        milestone="",
        note="",
        start=None,
        end=None,
        corrects="toggl-1" if seconds < 0 else "",
        source="toggl",
        file="facts.beancount",
        line=number,
    )


@pytest.mark.parametrize(
    ("rounding", "per_entry", "per_day"),
    [
        ("to: 15m, direction: nearest", "90.00", "60.00"),
        ("to: 15m, direction: up", "90.00", "60.00"),
        ("to: 15m, direction: down", "0.00", "30.00"),
        ("to: 6m, direction: nearest", "36.00", "48.00"),
        ("to: 6m, direction: up", "72.00", "48.00"),
    ],
)
def test_three_short_calls_of_a_day(
    tmp_path: Path, rounding: str, per_entry: str, per_day: str
) -> None:
    calls = [8 * 60] * 3
    for per, wanted in (("entry", per_entry), ("day", per_day)):
        folder = tmp_path / per
        folder.mkdir()
        assert net(folder, "120.00", f"{{{rounding}, per: {per}}}", calls) == wanted


@pytest.mark.parametrize(
    ("seconds", "wanted"),
    [([450], "25.00"), ([1350], "50.00"), ([449], "0.00"), ([3600, -450], "75.00")],
    ids=["a tie goes up", "the next tie too", "below the tie", "a reversal mirrors it"],
)
def test_ties_go_away_from_zero(tmp_path: Path, seconds: list[int], wanted: str) -> None:
    rounding = "{to: 15m, direction: nearest, per: entry}"
    assert net(tmp_path, "100.00", rounding, seconds) == wanted


def test_a_whole_reversal_leaves_nothing(tmp_path: Path) -> None:
    assert net(tmp_path, "100.00", "{to: 15m, direction: up, per: entry}", [480, -480]) == "0.00"


@pytest.mark.parametrize(
    ("rate", "minutes", "wanted"),
    [
        ("100.00", [20, 20, 20], "100.00"),
        ("27.50", [15, 15], "13.75"),
        ("90.50", [15], "22.63"),
        ("90.50", [45], "67.88"),
        ("150.00", [15, 50, 225, 75, 35], "1000.00"),
    ],
)
def test_hours_are_grouped_before_they_are_priced_once(
    tmp_path: Path, rate: str, minutes: list[int], wanted: str
) -> None:
    assert net(tmp_path, rate, "exact", [60 * amount for amount in minutes]) == wanted
