"""What is said of contracts and their settings, each code beside a case that comes close."""

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
from tests.one_book import nets
from tests.one_book import of_code
from tests.one_book import worked

if TYPE_CHECKING:
    from pathlib import Path

JANUARY = "APP/time/2025-01-31"
FIRST = worked("t-1", "2025-01-07", 1)
HYBRID = HOURLY.replace("time-and-materials", "hybrid") + (
    "value: 1000\nmilestones: {M1: {value: 400}, M2: {value: 600}}\n"
)


@pytest.mark.parametrize(
    ("rates", "code", "net"),
    [
        ("{tasks: {build: 100}}", "rate-missing", "0.00"),
        ("{default: 0}", None, None),
        ("{default: [{from: 2025-01-08, rate: 100}]}", "rate-missing", "0.00"),
        ("{default: [{from: 2025-01-07, rate: 100}]}", None, "100.00"),
        ("{default: [{from: 2025-01-01, rate: 90}, {from: 2025-01-01, rate: 100}]}", "rate-ambiguous", "0.00"),
        ("{default: [{from: 2025-01-01, rate: 100}, {from: 2025-01-01, rate: 100}]}", None, "100.00"),
        ("{default: 100, people: {ana: 120 USD}}", "currency-mismatch", "0.00"),
        ("{default: 100, people: {ben: 120 USD}}", None, "100.00"),
    ],
)  # fmt: skip
def test_a_rate_is_one_and_in_the_contract_s_currency(
    tmp_path: Path, rates: str, code: str | None, net: str | None
) -> None:
    contract = HOURLY.replace("{default: 100}", rates)
    billing = bill(tmp_path, contract, FIRST, "2025-01-31")
    found = [("hold", code)] if code else []
    assert [one for one in codes(billing) if one[1] != "zero-invoice"] == found
    held = f"{net} {code}" if code else net
    assert nets(billing) == ([(JANUARY, held)] if held else [])


@pytest.mark.parametrize(
    ("directive", "held"),
    [
        ('"billing-adjustment" "APP" "A-1" -20.00 USD', "currency-mismatch"),
        ('"billing-adjustment" "APP" "A-1" -20.00 EUR', ""),
        ('"change-order" "APP" "CO-1" 50.00 EUR\n  approved: 2025-01-09', ""),
    ],
)
def test_what_is_agreed_beside_the_contract_is_in_its_currency(
    tmp_path: Path, directive: str, held: str
) -> None:
    billing = bill(tmp_path, HOURLY, f"2025-01-09 custom {directive}\n" + FIRST, "2025-01-31")
    assert [code for _, code in codes(billing)] == ([held] if held else [])
    assert [draft.held for draft in billing.drafts] == [bool(held)]


@pytest.mark.parametrize(
    ("opens", "said"),
    [
        ("", "add: 2025-01-01 open Income:Services:APP EUR"),
        ("2025-02-01 open Income:Services:APP\n", "open it earlier"),
        ("2025-01-31 open Income:Services:APP\n", ""),
        ("2025-01-01 open Income:Services:APP USD\n", "is not open for EUR"),
        ("2025-01-01 open Income:Services:APP USD, EUR\n", ""),
        (
            "2020-01-01 open Income:Services:APP\n2025-01-30 close Income:Services:APP\n",
            "was closed",
        ),
    ],
    ids=["none", "later", "that day", "other currency", "both currencies", "closed"],
)
def test_an_account_is_open_on_the_day_for_the_currency(
    tmp_path: Path, opens: str, said: str
) -> None:
    ledger = write_ledger(tmp_path, "2025-01-31", contracts={"APP": HOURLY}, facts=opens + FIRST)
    text = ledger.read_text().replace("2020-01-01 open Income:Services:APP\n", "")
    ledger.write_text(text)
    billing = open_book(str(ledger)).billing
    assert codes(billing) == ([("error", "account-missing")] if said else [])
    assert [draft.held for draft in billing.drafts] == [bool(said)]
    assert all(said in found.message for found in billing.findings)


@pytest.mark.parametrize(
    ("triggers", "found"),
    [
        ("[{id: a, type: time}, {id: b, type: time, every: week}]", 1),
        ("[{id: a, type: time, tasks: [dev]}, {id: b, type: time, tasks: [ops]}]", 0),
        ("[{id: a, type: time, tasks: [dev]}, {id: b, type: time, tasks: [ops, dev]}]", 1),
        (
            "[{id: a, type: time}, {id: b, type: time, tasks: [ops]}, {id: c, type: time, tasks: [dev]}]",
            2,
        ),
    ],
)
def test_triggers_overlap_once_a_pair(tmp_path: Path, triggers: str, found: int) -> None:
    billing = bill(tmp_path, HOURLY + f"triggers: {triggers}\n", "", "2025-01-31")
    assert codes(billing) == [("warning", "trigger-overlap")] * found


@pytest.mark.parametrize(
    ("value", "facts", "found"),
    [
        ("1000", "", 0),
        ("1000.01", "", 1),
        ("999.99", "", 1),
        (
            "1000",
            '2025-01-09 custom "change-order" "APP" "CO-1" 5 EUR\n  milestone: "M1"\n  approved: 2025-01-09\n',
            0,
        ),
    ],
)
def test_milestones_add_up_to_the_price(tmp_path: Path, value: str, facts: str, found: int) -> None:
    contract = FIXED.replace("value: 1000", f"value: {value}")
    billing = bill(tmp_path, contract, facts, "2025-01-31")
    assert codes(billing) == [("error", "milestone-total-mismatch")] * found


@pytest.mark.parametrize(
    ("minimum", "end", "drafts", "found"),
    [
        ("100", "", [(JANUARY, "100.00")], []),
        ("100.01", "", [("APP/time/2025-02-28", "300.00")], ["below-minimum"]),
        ("100.01", "end: 2025-01-31\n", [(JANUARY, "100.00")], []),
    ],
    ids=["equal", "below", "last period"],
)
def test_less_than_the_minimum_waits_for_the_next_draft(
    tmp_path: Path, minimum: str, end: str, drafts: list[tuple[str, str]], found: list[str]
) -> None:
    contract = HOURLY + end + f"invoice: {{minimum: {minimum}}}\n"
    facts = FIRST + ("" if end else worked("t-2", "2025-02-03", 2))
    billing = bill(tmp_path, contract, facts, "2025-02-28")
    ids = {draft for draft, _ in drafts}
    assert [one for one in nets(billing) if one[0] in ids] == drafts
    assert [code for _, code in codes(billing)] == found


@pytest.mark.parametrize(
    ("day", "found"), [("2025-01-07", ["tax-rate-period"]), ("2025-01-20", [])]
)
def test_work_taxed_by_its_date_may_differ_from_the_invoice_s(
    tmp_path: Path, day: str, found: list[str]
) -> None:
    rates = "rate: [{rate: 20}, {from: 2025-01-15, rate: 22}]"
    firm = FIRM + f'taxes: {{V: {{{rates}, name: VAT, account: "Liabilities:VAT:Output"}}}}\n'
    contract = HOURLY + "invoice: {tax: V}\n"
    billing = bill(tmp_path, contract, worked("t-1", day, 1), "2025-01-31", firm)
    assert [code for _, code in codes(billing)] == found
    assert [str(draft.tax) for draft in billing.drafts] == ["20.00" if found else "22.00"]


def test_a_hold_that_a_contract_accepts_lets_its_draft_go(tmp_path: Path) -> None:
    span = {"start": "2025-01-07T09:00", "end": "2025-01-07T10:00"}
    facts = worked("toggl-1", "2025-01-07", 1, **span) + worked("jira-2", "2025-01-07", 1, **span)
    held = bill(tmp_path / "held", HOURLY, facts, "2025-01-31")
    assert nets(held) == [(JANUARY, "200.00 time-possible-duplicate")]
    accepted = 'findings: {time-possible-duplicate: {severity: info, reason: "Pairing"}}\n'
    billing = bill(tmp_path, HOURLY + accepted, facts, "2025-01-31")
    assert nets(billing) == [(JANUARY, "200.00")]
    assert codes(billing) == [("info", "time-possible-duplicate")]


def test_a_finding_is_lowered_on_its_own_contract_alone(tmp_path: Path) -> None:
    setting = 'findings: {person-unknown: {severity: ignore, reason: "Subcontractors"}}\n'
    stranger = worked("t-1", "2025-01-07", 1, person="zoe")
    assert codes(bill(tmp_path / "here", HOURLY + setting, stranger, "2025-01-31")) == []
    other = worked("t-2", "2025-01-07", 1, person="zoe", project="WEB")
    contracts = {"APP": HOURLY + setting, "WEB": HOURLY.replace("APP", "WEB")}
    ledger = write_ledger(tmp_path, "2025-01-31", contracts=contracts, facts=stranger + other)
    assert [(one.project, one.code) for one in open_book(str(ledger)).billing.findings] == [
        ("WEB", "person-unknown")
    ]


def test_progress_counts_for_a_known_milestone_alone(tmp_path: Path) -> None:
    done = progress_text("2025-01-20", 100, project="APP", milestone="M9")
    billing = bill(tmp_path, HYBRID, done, "2025-01-31")
    assert [found.severity for found in of_code(billing, "milestone-unknown")] == ["error"]
    assert billing.drafts == []


def test_a_change_order_in_another_currency_is_not_billed(tmp_path: Path) -> None:
    order = '2025-01-09 custom "change-order" "APP" "CO-1" 50.00 USD\n  approved: 2025-01-09\n'
    billing = bill(tmp_path, HOURLY, order + FIRST, "2025-01-31")
    assert [code for _, code in codes(billing)] == ["currency-mismatch"]
    assert sum(draft.net for draft in billing.drafts) == 100
