"""Billing that a careful reader of the books would have contradicted, in real ledgers."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from projbill_beancount.book import open_book
from tests.ledgers import FIRM
from tests.ledgers import issued_text
from tests.ledgers import load
from tests.ledgers import progress_text
from tests.ledgers import time_text
from tests.ledgers import transactions
from tests.ledgers import write_ledger

if TYPE_CHECKING:
    from pathlib import Path

    from projbill_beancount.billing.model import Billing

HEAD = "project: APP\nclient: acme\nstart: 2025-01-01\n"
HOURLY = HEAD + "billing: time-and-materials\nrates: {default: 100}\n"
WEEKLY = HOURLY + "triggers: {type: time, every: week}\ninvoice: {consolidate: month}\n"
WHOLE = HEAD + "billing: fixed-fee\nvalue: 1000\nbill: complete\nformerly: [OLD]\n"
HYBRID = HEAD + (
    "billing: hybrid\nvalue: 1000\nrates: {default: 100}\n"
    "tasks: {build: {milestone: M1}}\n"
    "milestones: {M1: {value: 400}, M2: {value: 600}}\n"
)
TAXED = FIRM + (
    "taxes: {V: {rate: [{rate: 19}, {from: 2025-04-01, rate: 7}], "
    'account: "Liabilities:VAT:Output"}}\n'
)
INVOICE = """\
2025-01-31 * "ACME Corp" "I1" ^I1
  invoice: "I1"
  project: "APP"
  Assets:Receivable:ACME   400.00 EUR
  Income:Services:APP     -400.00 EUR
"""


def bill(folder: Path, contract: str, facts: str, as_of: str, firm: str = FIRM) -> Billing:
    """The billing of one contract's ledger."""
    ledger = write_ledger(folder, as_of, contracts={"APP": contract}, facts=facts, firm=firm)
    return open_book(str(ledger)).billing


def nets(billing: Billing) -> list[tuple[str, str]]:
    """The drafts by id and net."""
    return [(draft.id, str(draft.net)) for draft in billing.drafts]


def codes(billing: Billing) -> list[tuple[str, str]]:
    """The findings by severity and code, but that nobody pays in these books."""
    return [
        (found.severity, found.code)
        for found in billing.findings
        if found.code != "invoice-overdue"
    ]


def worked(entry_id: str, day: str, seconds: int = 3600, **meta: str) -> str:
    """A time transaction of Ana."""
    return time_text(entry_id, day, seconds, project="APP", person="ana", **meta)


def report(day: str, percent: int, milestone: str, **more: str) -> str:
    """A progress report."""
    return progress_text(day, percent, **{"project": "APP", "milestone": milestone, **more})


def issued_first(folder: Path, contract: str, facts: str, as_of: str) -> str:
    """The first draft as an issued invoice."""
    (draft, *_) = bill(folder, contract, facts, as_of).drafts
    return issued_text(draft, "INV-1", draft.date)


def test_a_renamed_fixed_fee_is_not_billed_again(tmp_path: Path) -> None:
    before = WHOLE.replace("formerly: [OLD]\n", "").replace("project: APP", "project: OLD")
    done = report("2025-02-10", 100, "OLD", project="OLD")
    ledger = write_ledger(tmp_path / "old", "2025-02-28", contracts={"OLD": before}, facts=done)
    (draft,) = open_book(str(ledger)).billing.drafts
    assert str(draft.net) == "1000.00"
    issued = issued_text(draft, "INV-1", draft.date)
    renamed = bill(tmp_path, WHOLE, done + issued, "2025-03-31")
    assert (nets(renamed), codes(renamed)) == ([], [])
    assert renamed.positions["APP"].billed == Decimal("1000.00")


def test_a_fixed_fee_without_milestones_is_billed_less_what_was_billed_by_hand(
    tmp_path: Path,
) -> None:
    billing = bill(tmp_path, WHOLE, INVOICE + report("2025-02-10", 100, ""), "2025-02-28")
    assert nets(billing) == [("APP/milestone/2025-02-10", "600.00")]


@pytest.mark.parametrize(("as_of", "drafts"), [("2025-03-31", 0), ("2025-04-10", 1)])
def test_an_acceptance_is_not_known_before_its_report(
    tmp_path: Path, as_of: str, drafts: int
) -> None:
    contract = HEAD + (
        "billing: fixed-fee\nvalue: 1000\nmilestones: {M1: {value: 1000, bill: accepted}}\n"
    )
    facts = report("2025-03-10", 50, "M1") + report("2025-04-10", 100, "M1", accepted="2025-03-20")
    billing = bill(tmp_path, contract, facts, as_of)
    assert len(billing.drafts) == drafts
    assert billing.positions["APP"].completion == 100 * drafts
    assert codes(billing) == [("warning", "milestone-future")] * (1 - drafts)


@pytest.mark.parametrize(
    ("reported", "tax"), [("2025-03-10", "190.00"), ("2025-04-02", "70.00")], ids=["19", "7"]
)
def test_a_milestone_that_bills_on_a_date_is_taxed_by_its_completion(
    tmp_path: Path, reported: str, tax: str
) -> None:
    contract = HEAD + (
        "billing: fixed-fee\nvalue: 1000\ninvoice: {tax: V}\n"
        "milestones: {M1: {value: 1000, bill: {date: 2025-04-15}}}\n"
    )
    billing = bill(tmp_path, contract, report(reported, 100, "M1"), "2025-04-30", TAXED)
    assert [(str(draft.date), str(draft.tax)) for draft in billing.drafts] == [("2025-04-15", tax)]


def test_amounts_of_milestones_have_the_places_of_the_currency(tmp_path: Path) -> None:
    contract = HYBRID.replace("400}", "400.0}")
    facts = report("2025-02-10", 100, "M1")
    ledger = write_ledger(tmp_path, "2025-02-28", contracts={"APP": contract}, facts=facts)
    (entry,) = transactions(load(ledger), "draft")
    assert [str(posting.units) for posting in entry.postings] == ["400.00 EUR", "-400.00 EUR"]


def test_work_of_a_week_that_ends_after_the_joined_month_is_not_late(tmp_path: Path) -> None:
    facts = worked("t-1", "2025-01-07") + worked("t-2", "2025-01-30")
    issued = issued_first(tmp_path / "first", WEEKLY, facts, "2025-01-31")
    late = worked("t-3", "2025-01-15")
    billing = bill(tmp_path, WEEKLY, facts + issued + late, "2025-02-28")
    (draft,) = billing.drafts
    assert draft.id == "APP/consolidated/2025-02-28"
    seen = {entry.id: line.prior_period for line in draft.lines for entry in line.entries}
    assert seen == {"t-2": False, "t-3": True}
    assert [found.id for found in billing.findings] == ["t-3"]


def test_work_after_the_joined_month_s_milestone_is_not_late(tmp_path: Path) -> None:
    contract = HYBRID + "invoice: {consolidate: month}\n"
    facts = (
        worked("t-1", "2025-01-07")
        + report("2025-01-10", 100, "M1")
        + worked("t-2", "2025-01-20")
        + report("2025-02-10", 100, "M2")
    )
    issued = issued_first(tmp_path / "first", contract, facts, "2025-01-31")
    billing = bill(tmp_path, contract, facts + issued, "2025-02-28")
    assert nets(billing) == [("APP/consolidated/2025-02-28", "700.00")]
    assert codes(billing) == []


def test_work_after_the_last_milestone_of_a_joined_month_is_late(tmp_path: Path) -> None:
    contract = HYBRID + "invoice: {consolidate: month}\n"
    milestones = report("2025-01-10", 100, "M1") + report("2025-01-12", 100, "M2")
    facts = worked("t-1", "2025-01-07") + milestones
    issued = issued_first(tmp_path / "first", contract, facts, "2025-01-31")
    billing = bill(tmp_path, contract, facts + issued + worked("t-2", "2025-01-20"), "2025-02-28")
    assert nets(billing) == [("APP/consolidated/2025-02-28", "100.00")]
    assert codes(billing) == [("warning", "time-late")]


@pytest.mark.parametrize("day", ["2025-01-20", "2025-02-10"])
def test_nothing_is_billed_after_the_final_invoice(tmp_path: Path, day: str) -> None:
    final = INVOICE.replace('project: "APP"\n', 'project: "APP"\n  final: TRUE\n')
    billing = bill(tmp_path, HOURLY, final + worked("t-1", day), "2025-02-28")
    assert (nets(billing), codes(billing)) == ([], [("error", "time-after-final")])


def test_the_same_start_in_two_tools_is_a_hold_in_words_too(tmp_path: Path) -> None:
    session = {"start": "2025-01-06T10:00", "end": "2025-01-06T11:00"}
    facts = "".join(
        worked(entry_id, "2025-01-06", 3600, **session) for entry_id in ("toggl-1", "jira-2")
    )
    billing = bill(tmp_path, HOURLY, facts, "2025-01-31")
    assert [draft.held for draft in billing.drafts] == [True]
    assert codes(billing) == [("hold", "time-possible-duplicate")]


@pytest.mark.parametrize(
    ("opened", "told"),
    [
        ("2025-02-01 open Assets:Unbilled:APP EUR\n", "is open from 2025-02-01 on"),
        ("2020-01-01 open Assets:Unbilled:APP USD\n", "is not open for EUR"),
    ],
    ids=["later", "other currency"],
)
def test_an_unbilled_account_of_the_ledger_s_own_must_fit(
    tmp_path: Path, opened: str, told: str
) -> None:
    facts = worked("t-1", "2025-01-06") + opened
    ledger = write_ledger(tmp_path, "2025-01-31", contracts={"APP": HOURLY}, facts=facts)
    loaded = load(ledger)
    assert loaded.foreign == []
    (error,) = loaded.errors
    assert error.startswith("account-missing: APP: Assets:Unbilled:APP ")
    assert told in error


def test_an_account_may_be_used_on_the_day_it_is_closed(tmp_path: Path) -> None:
    facts = worked("t-1", "2025-01-06") + "2025-01-31 close Income:Services:APP\n"
    ledger = write_ledger(tmp_path, "2025-01-31", contracts={"APP": HOURLY}, facts=facts)
    loaded = load(ledger)
    assert (loaded.errors, loaded.foreign) == ([], [])
    assert len(transactions(loaded, "draft")) == 1


def test_a_correction_of_covered_hours_is_covered(tmp_path: Path) -> None:
    facts = (
        worked("t-1", "2025-01-06", 4 * 3600, task="build")
        + worked("t-2", "2025-01-07", -3600, corrects="t-1")
        + report("2025-01-10", 100, "M1")
    )
    billing = bill(tmp_path, HYBRID, facts, "2025-01-31")
    assert nets(billing) == [("APP/hybrid/2025-01-10", "400.00")]
    assert [line.seconds for line in billing.drafts[0].lines] == [None, 3 * 3600]


def test_a_correction_of_invoiced_covered_hours_is_covered(tmp_path: Path) -> None:
    facts = worked("t-1", "2025-01-06", 4 * 3600, task="build") + report("2025-01-10", 100, "M1")
    issued = issued_first(tmp_path / "first", HYBRID, facts, "2025-01-31")
    later = worked("t-2", "2025-02-07", -3600, corrects="t-1") + report("2025-02-10", 100, "M2")
    billing = bill(tmp_path, HYBRID, facts + issued + later, "2025-02-28")
    assert nets(billing) == [("APP/hybrid/2025-02-10", "600.00")]
    assert billing.positions["APP"].hours.covered == 3 * 3600


def test_an_invoice_without_a_client_s_receivable_leaves_no_half_draft(tmp_path: Path) -> None:
    issued = INVOICE.replace("Assets:Receivable:ACME", "Assets:Bank").replace(
        '"I1" ^I1\n', '"I1" #invoice ^I1\n  draft: "APP/time/2025-01-15"\n'
    )
    ledger = write_ledger(tmp_path, "2025-02-28", contracts={"APP": HOURLY}, facts=issued)
    assert transactions(load(ledger), "draft") == []


def test_hours_that_wait_for_the_end_say_when(tmp_path: Path) -> None:
    facts = "".join(report("2025-01-10", 100, name) for name in ("M1", "M2"))
    facts += worked("t-1", "2025-02-05")
    waiting = bill(tmp_path / "end", HYBRID + "end: 2025-06-20\n", facts, "2025-02-28")
    assert str(waiting.positions["APP"].next_trigger) == "2025-06-20"
    open_end = bill(tmp_path / "open", HYBRID, facts, "2025-02-10")
    assert str(open_end.positions["APP"].next_trigger) == "2025-02-28"


def test_a_joined_month_that_the_contract_ends_in_fires_at_its_end(tmp_path: Path) -> None:
    contract = HOURLY + "end: 2025-02-20\ninvoice: {consolidate: month}\n"
    billing = bill(tmp_path, contract, worked("t-1", "2025-02-05"), "2025-02-10")
    assert str(billing.positions["APP"].next_trigger) == "2025-02-20"


def test_months_after_the_last_milestone_do_not_overlap(tmp_path: Path) -> None:
    facts = "".join(report("2025-01-10", 100, name) for name in ("M1", "M2"))
    facts += worked("t-1", "2025-01-20") + worked("t-2", "2025-02-05")
    billing = bill(tmp_path, HYBRID, facts, "2025-02-28")
    periods = [tuple(map(str, draft.period or ())) for draft in billing.drafts]
    assert periods == [
        ("2025-01-01", "2025-01-10"),
        ("2025-01-11", "2025-01-31"),
        ("2025-02-01", "2025-02-28"),
    ]
