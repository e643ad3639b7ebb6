"""What an auditor tried and the engine got wrong once, in real ledgers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from projbill_beancount.book import open_book
from projbill_beancount.plugins.settings import parse_settings
from tests.ledgers import FIRM
from tests.ledgers import ask
from tests.ledgers import load
from tests.ledgers import time_text
from tests.ledgers import write_ledger

if TYPE_CHECKING:
    from pathlib import Path

    from projbill_beancount.billing.model import Billing

HOURLY = """\
project: APP
client: acme
billing: time-and-materials
start: 2025-01-01
rates: {default: 100}
"""
FIXED = """\
project: APP
client: acme
billing: fixed-fee
start: 2025-01-01
value: 1000
milestones:
  M1: {name: One, value: 1000, bill: BILL}
invoice: {tax: S19}
"""
TAXED = FIRM + (
    "taxes: {S19: {rate: [{from: 2025-06-01, rate: 19}], name: VAT, "
    'account: "Liabilities:VAT:Output"}}\n'
)
INVOICE = """\
2025-02-01 * "ACME Corp" "I1" #invoice ^I1
  invoice: "I1"
  project: "APP"
  draft: "APP/time/2025-01-31"
  period-start: 2025-01-01
  period-end: 2025-01-31
  Assets:Receivable:ACME   100.00 EUR
  Income:Services:APP     -100.00 EUR
    kind: "time"
    price: 100.00 EUR
    entries: "
      2025-13-45 ana 1.0000 toggl-1"
"""


def bill(folder: Path, contract: str, facts: str, as_of: str, firm: str = FIRM) -> Billing:
    """The billing of one contract's ledger, which loads without a defect of ours."""
    ledger = write_ledger(folder, as_of, contracts={"APP": contract}, facts=facts, firm=firm)
    assert not any("defect" in message for message in load(ledger).errors)
    return open_book(str(ledger)).billing


def codes(billing: Billing) -> list[tuple[str, str]]:
    """The findings by code and id, but that nobody pays in these books."""
    return [(found.code, found.id) for found in billing.findings if found.code != "invoice-overdue"]


def worked(entry_id: str, day: str, seconds: int = 3600, **meta: str) -> str:
    """A time transaction of Ana."""
    return time_text(entry_id, day, seconds, **{"project": "APP", "person": "ana", **meta})


def report(day: str, key: str, value: str) -> str:
    """A report of the milestone."""
    return (
        f'{day} * "M1"\n  project: "APP"\n  milestone: "M1"\n  {key}: "{value}"\n'
        "  Equity:Time:Unbilled:APP  0.0000 HOUR\n"
    )


def test_ids_and_persons_that_are_no_text_are_read_as_text(tmp_path: Path) -> None:
    facts = """\
2025-01-05 * "hours"
  person: "ana"
  Equity:Time:Unbilled:APP   1.0000 HOUR
    id: 17
  Equity:Time:Unbilled:APP   1.0000 HOUR
    id: "toggl-1"
    person:
  Equity:Time:Worked:Ana    -2.0000 HOUR
"""
    billing = bill(tmp_path, HOURLY, facts, "2025-01-31")
    (draft,) = billing.drafts
    billed = [(entry.id, entry.person) for line in draft.lines for entry in line.entries]
    assert billed == [("17", "ana"), ("toggl-1", "ana")]
    assert codes(billing) == []


def test_a_milestone_without_a_tax_rate_on_its_day_is_held(tmp_path: Path) -> None:
    fixed = FIXED.replace("BILL", "complete")
    facts = report("2025-05-31", "complete", "100 %")
    billing = bill(tmp_path, fixed, facts, "2025-07-31", TAXED)
    (draft,) = billing.drafts
    assert [reason.code for reason in draft.reasons] == ["tax-rate-missing"]
    (found,) = billing.findings
    assert (found.code, found.place.line) == ("tax-rate-missing", 7)
    later = bill(tmp_path / "later", fixed, facts.replace("05-31", "06-01"), "2025-07-31", TAXED)
    assert [(draft.held, str(draft.tax)) for draft in later.drafts] == [(False, "190.00")]


@pytest.mark.parametrize(
    ("percent", "dates"), [("100 %", ["2025-07-10"]), ("90 %", [])], ids=["confirmed", "less"]
)
def test_acceptance_lasts_until_less_is_reported(
    tmp_path: Path, percent: str, dates: list[str]
) -> None:
    facts = report("2025-07-10", "accepted", "2025-07-10") + report(
        "2025-07-20", "complete", percent
    )
    fixed = FIXED.replace("BILL", "accepted")
    billing = bill(tmp_path, fixed, facts, "2025-07-31", TAXED)
    assert [str(draft.date) for draft in billing.drafts] == dates


def test_equal_starts_of_two_tools_hold_even_within_a_longer_session(tmp_path: Path) -> None:
    short = {"start": "2025-01-06T10:00", "end": "2025-01-06T11:00"}
    facts = (
        worked("toggl-1", "2025-01-06", 28800, start="2025-01-06T09:00", end="2025-01-06T17:00")
        + worked("toggl-2", "2025-01-06", 3600, **short)
        + worked("jira-3", "2025-01-06", 3600, **short)
    )
    billing = bill(tmp_path, HOURLY, facts, "2025-01-31")
    assert ("time-possible-duplicate", "toggl-2") in codes(billing)
    (draft,) = billing.drafts
    assert [reason.code for reason in draft.reasons] == ["time-possible-duplicate"]


def test_an_impossible_date_in_a_frozen_entry_is_one_finding(tmp_path: Path) -> None:
    facts = INVOICE + worked("toggl-9", "2025-02-05", -3600, corrects="toggl-1")
    billing = bill(tmp_path, HOURLY, facts, "2025-02-28")
    (found,) = [found for found in billing.findings if found.code == "fact-invalid"]
    assert (found.place.line, "'2025-13-45'" in found.message) == (1, True)


def test_a_fixed_fee_covers_the_hours_that_no_trigger_bills(tmp_path: Path) -> None:
    contract = FIXED.replace("BILL", "complete").replace("invoice: {tax: S19}\n", "") + (
        "rates: {default: 100}\n"
        "triggers: [{type: milestone}, {type: time, every: week, tasks: [support]}]\n"
    )
    facts = worked("toggl-1", "2025-01-06", task="support") + worked(
        "toggl-2", "2025-01-06", 7200, task="build"
    )
    billing = bill(tmp_path, contract, facts, "2025-01-31")
    assert [(draft.id, str(draft.net)) for draft in billing.drafts] == [
        ("APP/time/2025-01-12", "100.00")
    ]
    hours = billing.positions["APP"].hours
    assert (hours.billable, hours.covered) == (3600, 7200)


def test_a_problem_under_a_former_id_is_reported_with_the_contract(tmp_path: Path) -> None:
    facts = worked("toggl-1", "2025-01-06", project="OLD", rate="x")
    billing = bill(tmp_path, HOURLY + "formerly: [OLD]\n", facts, "2025-01-31")
    assert [(found.code, found.project) for found in billing.findings] == [("fact-invalid", "APP")]


def test_no_tax_of_a_negative_draft_is_zero_without_a_sign(tmp_path: Path) -> None:
    facts = worked("toggl-1", "2025-01-06", -3600, corrects="toggl-0")
    (draft,) = bill(tmp_path, HOURLY, facts, "2025-01-31").drafts
    assert (str(draft.net), str(draft.tax)) == ("-100.00", "0.00")


def test_more_hours_than_a_decimal_holds_are_a_finding(tmp_path: Path) -> None:
    facts = worked("toggl-1", "2025-01-06").replace("1.0000 HOUR", f"{'9' * 30} HOUR")
    billing = bill(tmp_path, HOURLY, facts, "2025-01-31")
    assert ("time-impossible", "toggl-1") in codes(billing)


def test_plugin_options_that_are_no_dict_say_what_to_write() -> None:
    with pytest.raises(ValueError, match=r"not a dict: \{'config'\}; write \{'config': "):
        parse_settings("{'config'}", "main.beancount")


def test_an_unreadable_invoice_holds_what_it_may_have_billed(tmp_path: Path) -> None:
    contract = (
        "project: ACME-APP\nclient: acme\nbilling: time-and-materials\nstart: 2026-01-01\n"
        "rates: {default: 150}\n"
    )
    facts = time_text("toggl-1", "2026-03-03", 3600, project="ACME-APP", person="ana") + (
        '2026-03-31 * "ACME Corp" "INV-1" #invoice ^INV-1\n'
        '  invoice: "INV-1"\n  project: "ACME-APP"\n  due: "soon"\n'
        "  Assets:Receivable:ACME  150.00 EUR\n"
        "  Income:Services:ACME-APP  -150.00 EUR\n"
        '    kind: "time"\n    entries: "2026-03-03 ana 1.0000 toggl-1"\n'
    )
    ledger = write_ledger(tmp_path, "2026-03-31", contracts={"ACME-APP": contract}, facts=facts)
    [draft] = ask(ledger, "2026-03-31", "drafts")["drafts"]
    assert (draft["held"], [reason["code"] for reason in draft["reasons"]]) == (
        True,
        ["fact-invalid"],
    )
    [found] = ask(ledger, "2026-03-31", "check", status=1)["findings"]
    assert "INV-1: cannot read" in found["message"]


@pytest.mark.parametrize(
    ("identity", "person", "said"),
    [
        ("t 1", "ana", 'entry t 1: id "t 1" holds a blank'),
        ("t-1", "Ana Ruiz", 'entry t-1: person "Ana Ruiz" holds a blank'),
    ],
)
def test_an_entry_that_no_invoice_could_list_is_held(
    tmp_path: Path, identity: str, person: str, said: str
) -> None:
    facts = time_text(identity, "2025-01-07", 3600, project="APP", person="ana")
    facts = facts.replace('person: "ana"', f'person: "{person}"')
    billing = bill(tmp_path, HOURLY, facts, "2025-01-31")
    assert [reason.code for reason in billing.drafts[0].reasons] == ["fact-invalid"]
    assert any(found.message.startswith(said) for found in billing.findings)


@pytest.mark.parametrize(("days", "said"), [(1, "1 entry (1:00 h)"), (2, "2 entries (2:00 h)")])
def test_what_is_counted_is_said_in_the_right_number(tmp_path: Path, days: int, said: str) -> None:
    facts = "".join(
        time_text(f"t-{day}", f"2024-12-{day:02}", 3600, project="APP", person="ana")
        for day in range(1, days + 1)
    )
    (found,) = bill(tmp_path, HOURLY, facts, "2025-01-31").findings
    assert found.message.startswith(f"{said} before the contract starts on 2025-01-01: not billed")
