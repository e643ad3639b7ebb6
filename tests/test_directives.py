"""Directives that stand twice, or that nobody can read: what the findings say of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.one_book import HOURLY
from tests.one_book import bill
from tests.one_book import nets
from tests.one_book import worked

if TYPE_CHECKING:
    from pathlib import Path

JANUARY = "APP/time/2025-01-31"


def adjustment(identity: str, day: str, amount: str) -> str:
    """An agreed adjustment."""
    return f'{day} custom "billing-adjustment" "APP" "{identity}" {amount} EUR\n'


@pytest.mark.parametrize("second", ["-35.00", "-36.00"], ids=["the same", "another"])
def test_an_adjustment_s_id_counts_once(tmp_path: Path, second: str) -> None:
    facts = worked("t-1", "2025-01-10", 9) + adjustment("ADJ-1", "2025-01-20", "-35.00")
    facts += adjustment("ADJ-1", "2025-01-20", second)
    billing = bill(tmp_path, HOURLY, facts, "2025-01-31")
    assert nets(billing) == [(JANUARY, "865.00")]
    (found,) = billing.findings
    assert (found.severity, found.code) == ("error", "fact-invalid")
    assert "adjustment ADJ-1 of APP is already at" in found.message


def test_an_adjustment_is_not_rounded(tmp_path: Path) -> None:
    facts = worked("t-1", "2025-01-10", 9) + adjustment("ADJ-1", "2025-01-20", "-35.005")
    billing = bill(tmp_path, HOURLY, facts, "2025-01-31")
    assert [reason.code for reason in billing.drafts[0].reasons] == ["fact-invalid"]


@pytest.mark.parametrize(
    ("directive", "said"),
    [
        ('custom "billing-hold" 5.00 EUR', "no project"),
        ('custom "change-order" "APP"', "an id is missing"),
        ('custom "change-order" "APP" "CO-1" "ten"', "amount: 'ten'"),
        ('custom "change-order" "APP" "CO-1" 5.00 EUR\n  cap: "x"', "cap: 'x'"),
        ('custom "change-order" "APP" "CO-1" 5.00 EUR\n  bill: "soon"', "bill: 'soon'"),
        ('custom "change-order-approval" "APP"', "it names one order"),
        (
            'custom "billing-hold" "APP" "t-1"',
            '"t-1" is no draft\'s id, such as APP/time/2026-04-30',
        ),
        (
            'custom "billing-release" "APP" "APP/time/2025-1-31" 5.00 EUR',
            '"APP/time/2025-1-31" is no draft\'s id, such as APP/time/2026-04-30',
        ),
        ('custom "billing-hold" "APP" "WEB/time/2025-01-31"', "is no draft of APP"),
    ],
)
def test_a_directive_that_cannot_be_read_says_what_was_found(
    tmp_path: Path, directive: str, said: str
) -> None:
    (found,) = bill(tmp_path, HOURLY, f"2025-01-10 {directive}\n", "2025-01-31").findings
    assert found.code == "fact-invalid"
    assert "cannot be read (" in found.message
    assert f"{said}): expected custom" in found.message
