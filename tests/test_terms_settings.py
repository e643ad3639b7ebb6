"""A contract's own severities: what `findings:` makes of what the checks find."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from projbill_beancount.terms.codes import INTEGRITY
from projbill_beancount.terms.codes import SEVERITIES
from tests.ledgers import ask
from tests.ledgers import progress_text
from tests.ledgers import time_text
from tests.ledgers import write_ledger

GUIDE = Path(__file__).parent.parent / "docs/findings.md"
RETAINER = """\
project: P
client: acme
billing: retainer
start: 2025-01-01
rates: {default: 100}
retainer: {fee: 1000, hours: 2, overage: {policy: absorb}}
"""
DATED = """\
project: P
client: acme
billing: fixed-fee
start: 2025-01-01
milestones: {M1: {value: 1000, bill: {date: 2025-01-31}}}
"""


def _found(folder: Path, contract: str, setting: str, facts: str) -> tuple[Any, Any]:
    """The findings as (code, severity), and whether each draft is held."""
    contracts = {"P": contract + f"findings: {{{setting}}}\n"}
    ledger = write_ledger(folder, "2025-02-01", contracts=contracts, facts=facts)
    drafts = ask(ledger, "2025-02-01", "drafts")["drafts"]
    status = 1 if any(draft["held"] for draft in drafts) else 0
    findings = ask(ledger, "2025-02-01", "check", status=status)["findings"]
    return [(one["code"], one["severity"]) for one in findings], [one["held"] for one in drafts]


def _hours(hours: int) -> str:
    day = date(2025, 1, 15)
    return time_text("t-1", day, hours * 3600, project="P", person="ana", task="x")


def test_a_setting_makes_nothing_worse_than_the_case_made_it(tmp_path: Path) -> None:
    setting = 'retainer-overage: {severity: warning, reason: "Seen"}'
    assert _found(tmp_path / "as-is", RETAINER, "", _hours(5))[0] == [("retainer-overage", "info")]
    assert _found(tmp_path / "set", RETAINER, setting, _hours(5))[0] == [
        ("retainer-overage", "info")
    ]


def test_what_is_ignored_is_left_out(tmp_path: Path) -> None:
    setting = "retainer-overage: {severity: ignore, reason: Absorbed}"
    assert _found(tmp_path, RETAINER, setting, _hours(5))[0] == []


def test_what_holds_a_draft_lets_it_go_where_it_is_accepted(tmp_path: Path) -> None:
    report = progress_text(date(2025, 1, 31), 60, project="P", milestone="M1")
    held, goes = tmp_path / "held", tmp_path / "goes"
    setting = "invoice-held-overbilling: {severity: warning, reason: Agreed}"
    assert _found(held, DATED, "", report) == ([("invoice-held-overbilling", "hold")], [True])
    assert _found(goes, DATED, setting, report) == (
        [("invoice-held-overbilling", "warning")],
        [False],
    )


def test_the_accountants_guide_lists_every_code() -> None:
    guide = GUIDE.read_text()
    assert [code for code in SEVERITIES if f"`{code}`" not in guide] == []
    assert SEVERITIES.keys() >= INTEGRITY
