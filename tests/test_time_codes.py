"""What is said of single time entries, each code with a case that comes close and is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from projbill_beancount.book import open_book
from tests.ledgers import FIRM
from tests.ledgers import progress_text
from tests.ledgers import write_ledger
from tests.one_book import FIXED
from tests.one_book import HOURLY
from tests.one_book import bill
from tests.one_book import codes
from tests.one_book import hours
from tests.one_book import nets
from tests.one_book import of_code
from tests.one_book import worked

if TYPE_CHECKING:
    from pathlib import Path

JANUARY = "APP/time/2025-01-31"
DATED = HOURLY + "end: 2025-06-30\n"
HYBRID = HOURLY.replace("time-and-materials", "hybrid") + (
    "value: 1000\nmilestones: {M1: {value: 400}, M2: {value: 600}}\ntasks: {build: {milestone: M1}}\n"
)
INVOICE = """\
2025-01-31 * "ACME Corp" "I1" #invoice ^I1
  invoice: "I1"
  project: "APP"
  draft: "APP/time/2025-01-31"
  period-start: 2025-01-01
  period-end: 2025-01-31
  Assets:Receivable:ACME   100.00 EUR
  Income:Services:APP     -100.00 EUR
    kind: "time"
    quantity: 1.00 HOUR
    price: 100.00 EUR
    entries: "2025-01-07 ana 1.0000 t-1"
"""
FIRST = worked("t-1", "2025-01-07", 1)
FEBRUARY = worked("t-7", "2025-02-03", 2)


@pytest.mark.parametrize(
    ("facts", "found", "billed"),
    [
        (
            worked("t-1", "2024-12-30", 1) + worked("t-2", "2024-12-31", 2),
            ["error time-before-start"],
            [],
        ),
        (worked("t-1", "2025-01-01", 1), [], [("t-1", 1.0)]),
        (
            worked("t-1", "2025-07-01", 1) + worked("t-2", "2025-07-02", 2),
            ["error time-after-end"],
            [],
        ),
        (worked("t-1", "2025-06-30", 1), [], [("t-1", 1.0)]),
        (
            worked("t-1", "2024-12-31", 1) + worked("t-2", "2025-07-01", 2),
            ["error time-before-start", "error time-after-end"],
            [],
        ),
    ],
    ids=["before", "first day", "after", "last day", "both"],
)
def test_work_outside_the_contract_is_one_finding_a_code(
    tmp_path: Path, facts: str, found: list[str], billed: list[tuple[str, float]]
) -> None:
    billing = bill(tmp_path, DATED, facts, "2025-07-15")
    assert [" ".join(code) for code in codes(billing)] == found
    assert hours(billing) == billed


@pytest.mark.parametrize(
    ("facts", "found"),
    [
        (worked("t-2", "2025-01-20", 1), ["warning time-late"]),
        (worked("t-2", "2025-01-31", 1), ["warning time-late"]),
        (worked("t-2", "2025-02-01", 1), []),
        (worked("t-2", "2025-01-20", 1, account="NonBillable"), []),
        (FEBRUARY + worked("t-2", "2025-01-20", -0.5, corrects="t-1"), ["warning time-late"]),
        (FEBRUARY + worked("t-2", "2025-02-20", -0.5, corrects="t-1"), []),
    ],
    ids=["late", "last day", "in time", "not billable", "late correction", "correction"],
)
def test_work_of_an_invoiced_period_is_late(tmp_path: Path, facts: str, found: list[str]) -> None:
    billing = bill(tmp_path, HOURLY, FIRST + INVOICE + facts, "2025-02-28")
    assert [" ".join(code) for code in codes(billing)] == found


def test_what_is_late_goes_on_the_next_invoice_at_its_value(tmp_path: Path) -> None:
    late = worked("t-2", "2025-01-20", 1.5)
    billing = bill(tmp_path, HOURLY, FIRST + INVOICE + late, "2025-02-28")
    (found,) = billing.findings
    assert (str(found.amount), found.id) == ("150.00", "t-2")
    assert "APP/time/2025-02-28" in found.message
    assert nets(billing) == [("APP/time/2025-02-28", "150.00")]
    assert [line.prior_period for line in billing.drafts[0].lines] == [True]


def test_after_the_final_invoice_work_is_not_late_but_after_it(tmp_path: Path) -> None:
    final = INVOICE.replace('  project: "APP"\n', '  project: "APP"\n  final: TRUE\n')
    billing = bill(tmp_path, HOURLY, FIRST + final + worked("t-2", "2025-01-20", 1), "2025-02-28")
    assert codes(billing) == [("error", "time-after-final")]
    ended = HOURLY + "end: 2025-01-31\n"
    billing = bill(
        tmp_path / "2", ended, FIRST + INVOICE + worked("t-2", "2025-01-20", 1), "2025-02-28"
    )
    assert codes(billing) == [("error", "time-after-final")]
    billing = bill(
        tmp_path / "3", ended, FIRST + INVOICE + worked("t-2", "2025-02-01", 1), "2025-02-28"
    )
    assert codes(billing) == [("error", "time-after-end")]


def sessions(first: str, second: str, **more: str) -> str:
    """Two entries of Ana of one day, `START-END` each, of one tool or, with `other`, of two."""
    found = ""
    ids = ("toggl-1", more.get("other", "toggl-2"))
    projects = ("APP", more.get("project", "APP"))
    notes = ("call", more.get("note", "call"))
    for entry_id, span, project, note in zip(ids, (first, second), projects, notes, strict=True):
        start, end = span.split("-")
        size = int(end[:2]) * 60 + int(end[3:]) - int(start[:2]) * 60 - int(start[3:])
        found += worked(
            entry_id, "2025-01-07", size / 60, start=f"2025-01-07T{start}",
            end=f"2025-01-07T{end}", project=project, note=note,
        )  # fmt: skip
    return found


@pytest.mark.parametrize(
    ("facts", "found", "held"),
    [
        (sessions("09:00-10:00", "09:00-10:00"), ["warning time-possible-duplicate"], False),
        (sessions("09:00-10:00", "09:00-10:00", note="mail"), ["warning time-overlap"], False),
        (
            sessions("09:00-10:00", "09:00-11:00", other="jira-2"),
            ["hold time-possible-duplicate"],
            True,
        ),
        (sessions("09:00-10:00", "09:01-11:00", other="jira-2"), ["warning time-overlap"], False),
        (sessions("09:00-10:00", "09:59-11:00"), ["warning time-overlap"], False),
        (sessions("09:00-10:00", "10:00-11:00"), [], False),
        (
            sessions("09:00-10:00", "09:30-11:00", project="WEB"),
            ["error contract-unknown", "error time-overlap"],
            False,
        ),
        (
            sessions("09:00-10:00", "09:00-10:00").replace("toggl-2", "toggl-1"),
            ["warning time-duplicate"],
            False,
        ),
    ],
    ids=[
        "twin",
        "other text",
        "two tools",
        "two tools apart",
        "overlap",
        "adjoining",
        "across",
        "same id",
    ],
)
def test_sessions_of_one_person(tmp_path: Path, facts: str, found: list[str], held: bool) -> None:
    billing = bill(tmp_path, HOURLY, facts, "2025-01-31")
    assert sorted(" ".join(code) for code in codes(billing)) == found
    assert [draft.held for draft in billing.drafts] == [held]


@pytest.mark.parametrize(
    ("facts", "found", "net"),
    [
        (worked("t-1", "2025-01-07", 24), None, "2400.00"),
        (
            worked("t-1", "2025-01-07", 24) + worked("t-2", "2025-01-07", 1 / 60),
            "time-impossible",
            None,
        ),
        (
            worked("t-1", "2025-01-07", 24) + worked("t-2", "2025-01-07", 1, person="ben"),
            None,
            "2500.00",
        ),
        (
            worked("t-1", "2025-01-07", 1, start="2025-01-07T10:00", end="2025-01-07T09:00"),
            "time-impossible",
            None,
        ),
        (worked("t-1", "2025-01-07", 0, start="2025-01-07T10:00"), "time-open", None),
        (worked("t-1", "2025-01-07", 0), None, ""),
        (worked("t-8", "2025-01-07", 9) + worked("t-1", "2025-01-07", -1), "time-negative", None),
        (FIRST + worked("t-2", "2025-01-08", -1, corrects="t-9"), "time-negative", None),
        (
            worked("t-1", "2025-01-07", 2) + worked("t-2", "2025-01-08", -1, corrects="t-1"),
            None,
            "100.00",
        ),
        (FIRST + worked("t-1", "2025-01-08", 1), "time-id-conflict", None),
        (FIRST + worked("t-1", "2025-01-07", 1, note="later words"), "time-duplicate", "100.00"),
        (worked("t-1", "2025-01-07", 1, rate="110 USD"), "currency-mismatch", None),
        (worked("t-1", "2025-01-07", 1, rate="110 EUR"), None, "110.00"),
        (worked("t-1", "2025-01-07", 1, rate="dear"), "fact-invalid", None),
    ],
)
def test_entries_that_cannot_be_billed_hold_their_draft(
    tmp_path: Path, facts: str, found: str | None, net: str | None
) -> None:
    billing = bill(tmp_path, HOURLY, facts, "2025-01-31")
    assert {code for _, code in codes(billing)} == ({found} if found else set())
    if net is None:
        (draft,) = billing.drafts
        assert {reason.code for reason in draft.reasons} == {found}
    else:
        assert nets(billing) == ([(JANUARY, net)] if net else [])


@pytest.mark.parametrize(
    ("end", "found"), [("11:00", []), ("11:01", []), ("11:02", ["time-duration-differs"])]
)
def test_posted_hours_may_differ_by_a_minute_from_the_session(
    tmp_path: Path, end: str, found: list[str]
) -> None:
    facts = worked("t-1", "2025-01-07", 1, start="2025-01-07T10:00", end=f"2025-01-07T{end}")
    billing = bill(tmp_path, HOURLY, facts, "2025-01-31")
    assert [code for _, code in codes(billing)] == found
    assert nets(billing) == [(JANUARY, "100.00")]


@pytest.mark.parametrize(
    ("as_of", "found"),
    [("2025-04-01", []), ("2025-04-02", ["warning time-stale-unbilled"])],
    ids=["90 days", "91 days"],
)
def test_work_that_waits_too_long_is_stale(tmp_path: Path, as_of: str, found: list[str]) -> None:
    facts = worked("t-1", "2025-01-01", 2) + worked("t-2", "2025-03-20", 1)
    billing = bill(tmp_path, HYBRID, facts, as_of)
    assert [" ".join(code) for code in codes(billing)] == found
    assert [str(one.amount) for one in billing.findings] == ["200.00"] * len(found)


def test_old_work_on_a_draft_waits_only_to_be_issued(tmp_path: Path) -> None:
    facts = worked("t-1", "2025-01-01", 2)
    done = progress_text("2025-04-30", 100, project="APP", milestone="M1")
    billing = bill(tmp_path, HYBRID, facts + done, "2025-04-30")
    assert codes(billing) == []
    assert nets(billing) == [("APP/hybrid/2025-04-30", "600.00")]


def test_work_without_approval_is_left_out_from_its_draft_s_day_on(tmp_path: Path) -> None:
    contract = HOURLY + "approval: required\n"
    facts = (
        worked("t-1", "2025-01-07", 4, approved="TRUE")
        + worked("t-2", "2025-01-08", 2, approved="FALSE")
        + worked("t-3", "2025-02-03", 1)
    )
    billing = bill(tmp_path / "open", contract, facts, "2025-01-30")
    assert codes(billing) == [("warning", "time-future")]
    billing = bill(tmp_path, contract, facts, "2025-02-20")
    assert nets(billing) == [(JANUARY, "400.00")]
    (found,) = billing.findings
    assert (found.code, found.id, str(found.amount)) == ("time-unapproved", "t-2", "200.00")
    assert codes(bill(tmp_path / "any", HOURLY, facts, "2025-02-20")) == []


@pytest.mark.parametrize(
    ("terms", "unbilled"),
    [("", "500.00"), ("cap: {amount: 400, excess: drop}\n", "400.00")],
    ids=["no cap", "a cap"],
)
def test_work_is_earned_once_it_is_approved(tmp_path: Path, terms: str, unbilled: str) -> None:
    contract = HOURLY + "approval: required\n" + terms
    facts = worked("t-1", "2025-01-07", 3, approved="TRUE") + worked("t-2", "2025-01-08", 2)
    (position,) = bill(tmp_path, contract, facts, "2025-01-20").positions.values()
    assert (str(position.earned), str(position.unbilled)) == ("300.00", unbilled)


def test_what_is_approved_later_is_late(tmp_path: Path) -> None:
    contract = HOURLY + "approval: required\n"
    approved = worked("t-1", "2025-01-07", 1, approved="TRUE") + INVOICE
    waits = bill(tmp_path / "w", contract, approved + worked("t-2", "2025-01-08", 2), "2025-01-31")
    assert codes(waits) == []
    facts = approved + worked("t-2", "2025-01-08", 2, approved="TRUE")
    billing = bill(tmp_path, contract, facts, "2025-02-28")
    assert nets(billing) == [("APP/time/2025-02-28", "200.00")]
    assert codes(billing) == [("warning", "time-late")]


def test_persons_are_known_and_still_there(tmp_path: Path) -> None:
    firm = FIRM.replace("{name: Ben Adler}", "{name: Ben Adler, until: 2025-01-10}")
    facts = (
        worked("t-1", "2025-01-10", 1, person="ben")
        + worked("t-2", "2025-01-11", 1, person="ben")
        + worked("t-3", "2025-01-11", 1, person="anna")
    )
    billing = bill(tmp_path, HOURLY, facts, "2025-01-31", firm)
    assert [(found.severity, found.code, found.id) for found in billing.findings] == [
        ("warning", "person-ended", "t-2"),
        ("warning", "person-unknown", "t-3"),
    ]
    assert 'did you mean "ana"?' in billing.findings[1].message
    assert nets(billing) == [(JANUARY, "300.00")]


def test_an_unlisted_task_is_an_error_only_where_the_contract_is_strict(tmp_path: Path) -> None:
    tasks = HOURLY + "tasks: {build: {billable: true}}\n"
    facts = worked("t-1", "2025-01-07", 1, task="biuld")
    assert codes(bill(tmp_path / "loose", tasks, facts, "2025-01-31")) == []
    billing = bill(tmp_path, tasks + "strict-tasks: true\n", facts, "2025-01-31")
    (found,) = billing.findings
    assert (found.severity, found.code) == ("error", "task-unknown")
    assert 'did you mean "build"?' in found.message
    assert nets(billing) == [(JANUARY, "100.00 task-unknown")]
    facts = worked("t-1", "2025-01-07", 1)
    (found,) = bill(tmp_path / "none", tasks + "strict-tasks: true\n", facts, "2025-01-31").findings
    assert found.message == "entry t-1: it has no task"


@pytest.mark.parametrize(
    ("meta", "conflict", "billed"),
    [
        ({"task": "internal"}, True, False),
        ({"task": "internal", "billable": "FALSE"}, True, False),
        ({"task": "internal", "account": "NonBillable"}, False, False),
        ({"account": "NonBillable"}, False, False),
        ({"account": "NonBillable", "billable": "TRUE"}, True, False),
        ({"billable": "FALSE"}, True, False),
        ({"task": "build", "billable": "TRUE"}, False, True),
    ],
)
def test_what_says_both_is_not_billed(
    tmp_path: Path, meta: dict[str, str], conflict: bool, billed: bool
) -> None:
    contract = HOURLY + "tasks: {internal: {billable: false}, build: {billable: true}}\n"
    billing = bill(tmp_path, contract, worked("t-1", "2025-01-07", 1, **meta), "2025-01-31")
    assert codes(billing) == [("warning", "billable-conflict")] * conflict
    assert len(billing.drafts) == billed
    assert billing.positions["APP"].hours.non_billable == (0 if billed else 3600)


def test_covered_hours_raise_no_conflict(tmp_path: Path) -> None:
    facts = worked("t-1", "2025-01-07", 1, billable="FALSE")
    assert codes(bill(tmp_path, FIXED, facts, "2025-01-31")) == []


def test_hours_that_do_not_add_up_are_found(tmp_path: Path) -> None:
    facts = FIRST.replace("1.0000 HOUR\n    id", "1.00 HOUR\n    id").replace("-1.0000", "-0.9960")
    billing = bill(tmp_path, HOURLY, facts, "2025-01-31")
    assert codes(billing) == [("error", "time-unbalanced")]


def test_a_closed_period_moves_what_was_not_issued(tmp_path: Path) -> None:
    firm = FIRM + "closed-until: 2025-01-31\n"
    billing = bill(
        tmp_path / "open", HOURLY, FIRST, "2025-02-03", FIRM + "closed-until: 2025-01-30\n"
    )
    assert codes(billing) == []
    billing = bill(tmp_path, HOURLY, FIRST, "2025-02-03", firm)
    assert codes(billing) == [("warning", "period-closed")]
    (draft,) = billing.drafts
    assert (draft.id, str(draft.date), str(draft.due)) == (JANUARY, "2025-02-01", "2025-03-03")
    assert draft.period is not None
    assert (str(draft.period.start), str(draft.period.end)) == ("2025-01-01", "2025-01-31")


def test_future_work_is_told_once_and_not_when_looking_back(tmp_path: Path) -> None:
    facts = FIRST + worked("t-2", "2025-02-10", 1) + worked("t-3", "2025-02-11", 1)
    billing = bill(tmp_path / "now", HOURLY, facts, "2025-02-09")
    assert codes(billing) == [("warning", "time-future")]
    billing = bill(tmp_path, HOURLY, facts + INVOICE, "2025-01-30")
    assert of_code(billing, "time-future") == []


@pytest.mark.parametrize(("client", "severity"), [("acme", "warning"), ("bolt", "error")])
def test_an_hour_that_two_clients_pay_is_an_error(
    tmp_path: Path, client: str, severity: str
) -> None:
    firm = FIRM.replace("people:", "  bolt: {name: BOLT AG}\npeople:")
    web = HOURLY.replace("APP", "WEB").replace("client: acme", f"client: {client}")
    facts = "2020-01-01 open Assets:Receivable:BOLT\n"
    facts += sessions("09:00-10:00", "09:30-11:00", project="WEB")
    contracts = {"APP": HOURLY, "WEB": web}
    ledger = write_ledger(tmp_path, "2025-01-31", contracts=contracts, facts=facts, firm=firm)
    billing = open_book(str(ledger)).billing
    assert codes(billing) == [(severity, "time-overlap")]
    assert [draft.held for draft in billing.drafts] == [False, False]


def test_a_former_name_is_no_other_client(tmp_path: Path) -> None:
    facts = sessions("09:00-10:00", "09:30-11:00", project="OLD")
    billing = bill(tmp_path, HOURLY + "formerly: [OLD]\n", facts, "2025-01-31")
    assert codes(billing) == [("warning", "time-overlap")]
