"""Effort, reports that grow stale, losses and retention, in real ledgers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fixed_books import FIXED
from tests.fixed_books import HEAD
from tests.fixed_books import bill
from tests.fixed_books import codes
from tests.fixed_books import found
from tests.fixed_books import issued
from tests.fixed_books import nets
from tests.fixed_books import order
from tests.fixed_books import report
from tests.fixed_books import worked
from tests.ledgers import FIRM
from tests.ledgers import load
from tests.ledgers import write_ledger

if TYPE_CHECKING:
    from pathlib import Path

COSTLY = FIRM.replace("ana: {name: Ana Ruiz}", "ana: {name: Ana Ruiz, cost: 60}")


@pytest.mark.parametrize(
    ("hours", "percent", "contract", "told"),
    [
        (26, 60, "", False),
        (27, 60, "", True),
        (27, 60, "reconcile: {tolerance: 8 %}\n", False),
        (27, 60, "reconcile: {completion: hours}\n", False),
        (48, 100, "", False),
        (27, None, "", False),
    ],
    ids=["at", "above", "tolerated", "hours", "complete", "no report"],
)
def test_effort_runs_ahead_strictly_above_the_tolerance(
    tmp_path: Path, hours: int, percent: int | None, contract: str, told: bool
) -> None:
    terms = (
        FIXED
        + contract
        + (
            "value: 4000\nmilestones: {P1: {value: 4000, hours: 40, bill: manual}}\n"
            "tasks: {build: {milestone: P1}}\n"
        )
    )
    facts = worked("t-1", "2025-03-03", hours // 2, task="build")
    facts += worked("t-2", "2025-03-04", hours - hours // 2, task="build")
    facts += report("2025-03-31", percent, "P1") if percent else ""
    seen = [code for code in codes(bill(tmp_path, terms, facts, "2025-03-31")) if "effort" in code]
    assert seen == ["warning effort-ahead"] * told


def test_effort_is_no_hold_where_a_part_is_billed(tmp_path: Path) -> None:
    contract = FIXED + (
        "value: 4000\nmilestones: {P1: {value: 4000, hours: 40, bill: progress}}\n"
        "tasks: {build: {milestone: P1}}\n"
    )
    facts = worked("t-1", "2025-03-03", 20, task="build") + worked(
        "t-2", "2025-03-04", 20, task="build"
    )
    facts += report("2025-03-31", 60, "P1")
    billing = bill(tmp_path, contract, facts, "2025-03-31")
    assert nets(billing) == [("milestone/2025-03-31", "2400.00")]
    assert codes(billing) == ["warning effort-ahead"]


@pytest.mark.parametrize(
    ("as_of", "day", "stale", "told"),
    [
        ("2025-04-17", "2025-04-01", "", False),
        ("2025-04-18", "2025-04-01", "", True),
        ("2025-04-18", "2025-03-03", "", False),
        ("2025-03-31", "2025-03-20", "reconcile: {stale: 20}\n", True),
    ],
    ids=["45 days", "46 days", "no work since", "agreed"],
)
def test_a_report_grows_stale_while_work_goes_on(
    tmp_path: Path, as_of: str, day: str, stale: str, told: bool
) -> None:
    contract = FIXED + stale + "value: 4000\nmilestones: {P1: {value: 4000}}\n"
    facts = report("2025-03-03", 60, "P1") + worked("t-1", day, 4)
    assert codes(bill(tmp_path, contract, facts, as_of)) == ["warning progress-stale"] * told
    done = bill(tmp_path / "done", contract, facts.replace("60 %", "100 %"), as_of)
    assert codes(done) == []


def test_a_report_is_stale_too_when_the_work_since_is_billed(tmp_path: Path) -> None:
    contract = HEAD + (
        "billing: hybrid\nvalue: 1000\nrates: {default: 100}\nmilestones: {M1: {value: 1000}}\n"
        "triggers: {type: time}\n"
    )
    facts = report("2025-01-10", 50, "M1") + worked("t-1", "2025-01-20", 2)
    facts += issued(tmp_path / "1", contract, facts, "2025-01-31")
    billing = bill(tmp_path / "2", contract, facts, "2025-03-31")
    assert codes(billing) == ["warning progress-stale"]


@pytest.mark.parametrize(
    ("cost", "hours", "loss"),
    [
        ("4000", 1, ""),
        ("4000.01", 1, "0.01"),
        ("3000", 66, ""),
        ("3000", 67, "20.00"),
        ("", 99, ""),
    ],
    ids=["planned", "planned above", "spent", "spent above", "no budget"],
)
def test_a_contract_that_costs_more_than_its_value_is_a_loss(
    tmp_path: Path, cost: str, hours: int, loss: str
) -> None:
    budget = f"budget: {{cost: {cost}}}\n" if cost else ""
    contract = FIXED + budget + "value: 4000\nmilestones: {P1: {value: 4000}}\n"
    facts = "".join(
        worked(f"t-{day}", f"2025-03-{day + 1:02}", min(12, hours - day * 12))
        for day in range((hours + 11) // 12)
    )
    billing = bill(tmp_path, contract, facts, "2025-04-01", COSTLY)
    assert codes(billing) == ["warning loss-contract"] * bool(loss)
    if loss:
        assert str(found(billing, "loss-contract").amount) == loss
        raised = facts + order("CO-1", "2025-03-01", "20.00", approved="2025-03-01")
        assert codes(bill(tmp_path / "2", contract, raised, "2025-04-01", COSTLY)) == []


RETAINED = FIXED + (
    "end: 2025-06-30\nvalue: 10000\ninvoice: {retention: 10 %}\n"
    "milestones: {M1: {value: 6000}, M2: {value: 4000, bill: accepted}}\n"
)


RETENTION = """\
2025-03-31 * "ACME Corp" "I-1" #invoice ^I-1
  invoice: "I-1"
  project: "APP"
  draft: "APP/milestone/2025-03-10"
  Assets:Receivable:ACME   9000.00 EUR
  Assets:Retention:ACME    1000.00 EUR
  Income:Services:APP     -6000.00 EUR
    kind: "milestone"
    milestone: "M1"
    basis: 6000 EUR
  Income:Services:APP     -4000.00 EUR
    kind: "milestone"
    milestone: "M2"
    basis: 4000 EUR
"""


RELEASED = """\
2025-07-02 * "ACME Corp" "retention" ^I-1
  Assets:Retention:ACME   -1000.00 EUR
  Assets:Receivable:ACME   1000.00 EUR
"""


DONE = report("2025-03-01", 100, "M1") + report("2025-03-10", 100, "M2", accepted="2025-03-10")


@pytest.mark.parametrize(
    ("facts", "as_of", "left"),
    [
        (DONE + RETENTION, "2025-06-30", ""),
        (DONE + RETENTION, "2025-07-01", "1000.00"),
        (
            DONE + RETENTION.replace('"I-1"\n  project', '"I-1"\n  final: TRUE\n  project'),
            "2025-04-01",
            "1000.00",
        ),
        (DONE.replace('  accepted: "2025-03-10"\n', "") + RETENTION, "2025-07-01", ""),
        (DONE + RETENTION + RELEASED, "2025-07-03", ""),
        (DONE + RETENTION + RELEASED.replace("1000", "400"), "2025-07-03", "600.00"),
        (
            DONE + RETENTION + RELEASED.replace("Assets:Receivable:ACME", "Assets:Bank"),
            "2025-07-03",
            "",
        ),
    ],
    ids=["running", "ended", "final", "not accepted", "released", "in part", "paid"],
)
def test_retention_is_asked_for_when_all_is_done(
    tmp_path: Path, facts: str, as_of: str, left: str
) -> None:
    billing = bill(tmp_path, RETAINED, facts, as_of)
    seen = [each for each in billing.findings if each.code == "retention-releasable"]
    assert [(each.severity, str(each.amount)) for each in seen] == [("info", left)] * bool(left)


def test_what_is_retained_counts_as_billed(tmp_path: Path) -> None:
    billing = bill(tmp_path, RETAINED, report("2025-03-01", 100, "M1"), "2025-03-31")
    (draft,) = billing.drafts
    assert (draft.held, str(draft.net), str(draft.retained), str(draft.payable)) == (
        False,
        "6000.00",
        "600.00",
        "5400.00",
    )
    billing = bill(tmp_path / "2", RETAINED, DONE + RETENTION, "2025-04-01")
    assert billing.positions["APP"].billed_percent == 100
    assert str(billing.positions["APP"].open) == "9000.00"


def test_retention_needs_no_account_to_be_opened(tmp_path: Path) -> None:
    facts = DONE + RETENTION + RELEASED
    ledger = write_ledger(tmp_path, "2025-08-01", contracts={"APP": RETAINED}, facts=facts)
    loaded = load(ledger)
    assert (loaded.errors, loaded.foreign) == ([], [])
