"""Change orders that take something off, in real ledgers: what is not issued, what is billed."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from tests.fixed_books import FIXED
from tests.fixed_books import bill
from tests.fixed_books import codes
from tests.fixed_books import found
from tests.fixed_books import held
from tests.fixed_books import issued
from tests.fixed_books import nets
from tests.fixed_books import order
from tests.fixed_books import report
from tests.ledgers import credit_text

if TYPE_CHECKING:
    from pathlib import Path

TWO = FIXED + "value: 10000\nmilestones: {M1: {value: 6000}, M2: {value: 4000}}\n"


ONE = FIXED + "value: 10000\nmilestones: {M1: {value: 10000}}\n"


PROGRESS = FIXED + "value: 10000\nmilestones: {M1: {value: 10000, bill: progress}}\n"


M1 = report("2025-02-10", 100, "M1")


M2 = report("2025-03-10", 100, "M2")


def test_a_reduction_before_the_issue_lowers_the_draft(tmp_path: Path) -> None:
    facts = M1 + order("CO-1", "2025-02-11", "-2000.00", approved="2025-02-15", milestone='"M1"')
    billing = bill(tmp_path / "1", ONE, facts, "2025-02-28")
    assert nets(billing) == [("milestone/2025-02-10", "8000.00")]
    assert codes(billing) == []
    facts += issued(tmp_path / "2", ONE, facts, "2025-02-28", day="2025-02-28")
    billing = bill(tmp_path / "3", ONE, facts, "2025-03-31")
    assert (nets(billing), codes(billing)) == ([], [])


@pytest.mark.parametrize("amends", [True, False], ids=["amends", "own line"])
def test_a_reduction_after_billing_proposes_a_credit(tmp_path: Path, amends: bool) -> None:
    (draft,) = bill(tmp_path / "0", ONE, M1, "2025-02-28").drafts
    facts = M1 + issued(tmp_path / "1", ONE, M1, "2025-02-28")
    meta = {"milestone": '"M1"'} if amends else {}
    facts += order("CO-1", "2025-03-01", "-2000.00", approved="2025-03-05", **meta)
    billing = bill(tmp_path / "2", ONE, facts, "2025-03-31")
    assert held(billing) == [
        ("change-order/2025-03-05/credit", "-2000.00", ["change-order-below-billed"])
    ]
    (credit,) = billing.drafts
    assert credit.kind == "credit"
    assert codes(billing) == ["hold change-order-below-billed"]
    assert str(found(billing, "change-order-below-billed").amount) == "2000.00"
    if amends:
        assert credit.corrects == "INV-2025-0001"
    facts += credit_text(
        draft,
        "CN-2025-0001",
        date(2025, 3, 6),
        "INV-2025-0001",
        [credit.lines[0]._replace(amount=-credit.lines[0].amount)],
    )
    billing = bill(tmp_path / "3", ONE, facts, "2025-03-31")
    assert (billing.drafts, codes(billing)) == ([], [])
    assert str(billing.positions["APP"].billed) == "8000.00"


def test_a_reduction_that_leaves_enough_to_bill_is_a_negative_line(tmp_path: Path) -> None:
    facts = M1 + issued(tmp_path / "1", TWO, M1, "2025-02-28")
    facts += order("CO-1", "2025-03-01", "-1500.00", approved="2025-03-05") + M2
    billing = bill(tmp_path / "2", TWO, facts, "2025-03-31")
    assert nets(billing) == [("milestone/2025-03-10", "2500.00")]
    assert codes(billing) == []


def test_a_reduction_with_nothing_left_to_bill_is_a_credit_either_way(tmp_path: Path) -> None:
    facts = M1 + M2
    facts += issued(tmp_path / "1", TWO, facts, "2025-03-31")
    facts += order("CO-1", "2025-04-01", "-1500.00", approved="2025-04-05")
    billing = bill(tmp_path / "2", TWO, facts, "2025-04-30")
    assert held(billing) == [
        ("change-order/2025-04-05/credit", "-1500.00", ["change-order-below-billed"])
    ]
    assert codes(billing) == ["hold change-order-below-billed"]


@pytest.mark.parametrize(("cut", "due"), [("-5000.00", ""), ("-5000.01", "-0.01")])
def test_a_reduction_to_what_is_billed_is_no_credit(tmp_path: Path, cut: str, due: str) -> None:
    facts = report("2025-02-10", 50, "M1")
    facts += issued(tmp_path / "1", PROGRESS, facts, "2025-02-28")
    facts += order("CO-1", "2025-03-01", cut, approved="2025-03-05", milestone='"M1"')
    billing = bill(tmp_path / "2", PROGRESS, facts, "2025-03-31")
    assert [net for _, net, _ in held(billing)] == [due] * bool(due)
    assert ("hold change-order-below-billed" in codes(billing)) == bool(due)


def test_a_credit_names_no_invoice_that_is_smaller(tmp_path: Path) -> None:
    facts = report("2025-02-10", 30, "M1") + report("2025-02-20", 100, "M1")
    facts += issued(tmp_path / "1", PROGRESS, facts, "2025-02-28")
    for number, (cut, names) in enumerate({"-6000": "INV-2025-0002", "-8000": None}.items(), 2):
        cuts = order("CO-1", "2025-03-01", cut, approved="2025-03-05", milestone='"M1"')
        (credit,) = bill(tmp_path / str(number), PROGRESS, facts + cuts, "2025-03-31").drafts
        assert (str(credit.net), credit.corrects) == (f"{cut}.00", names)
