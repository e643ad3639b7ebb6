from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from projbill_beancount.reports.drafts import ROW_COLUMNS
from projbill_beancount.reports.drafts import draft_block
from projbill_beancount.reports.drafts import drafts_data
from projbill_beancount.reports.drafts import drafts_rows
from projbill_beancount.reports.findings import chosen_findings
from projbill_beancount.reports.findings import count_line
from projbill_beancount.reports.findings import findings_data
from projbill_beancount.reports.findings import findings_table
from projbill_beancount.reports.numbers import money
from projbill_beancount.reports.numbers import percent
from projbill_beancount.reports.numbers import plain
from projbill_beancount.reports.numbers import price
from projbill_beancount.reports.numbers import quantity
from projbill_beancount.reports.places import shown_text
from projbill_beancount.reports.status import status_data
from projbill_beancount.reports.status import status_table
from projbill_beancount.reports.unbilled import unbilled_data
from projbill_beancount.reports.unbilled import unbilled_groups
from projbill_beancount.reports.unbilled import unbilled_table
from tests.report_values import BILLING
from tests.report_values import HELD
from tests.report_values import READY
from tests.report_values import ROOT

ALL = BILLING.positions.keys()
CURRENCIES = {"BOLT-APP": "EUR", "KYOTO": "JPY"}


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (34200, "9.50"),
        (1200, "0.3333"),
        (3600, "1.00"),
        (0, "0.00"),
        (450, "0.125"),
        (-1800, "-0.50"),
    ],
)
def test_quantities_have_two_to_four_places(seconds: int, text: str) -> None:
    assert quantity(seconds) == text


def test_money_has_the_places_of_its_currency_and_rounds_the_half_up() -> None:
    assert money(Decimal("1.005"), "EUR") == "1.01"
    assert money(Decimal(1425), "EUR") == "1425.00"
    assert money(Decimal(500000), "JPY") == "500000"
    assert money(Decimal("1E+3"), "KWD") == "1000.000"


def test_prices_keep_the_places_that_they_need() -> None:
    assert price(Decimal(150), "EUR") == "150.00"
    assert price(Decimal("93.7550"), "EUR") == "93.755"
    assert price(Decimal(12000), "JPY") == "12000"


def test_percentages_are_rounded_once_and_unknown_stays_unknown() -> None:
    assert percent(Decimal(200) / 3) == "66.67"
    assert percent(Decimal("-0.001")) == "0.00"
    assert percent(None) is None
    assert plain(Decimal("19.0")) == "19"
    assert plain(Decimal("7.7")) == "7.7"


def test_a_draft_in_json() -> None:
    data = drafts_data(BILLING, {"BOLT-APP"})
    assert data == {
        "as-of": "2026-04-30",
        "drafts": [
            {
                "draft": "BOLT-APP/time/2026-03-31",
                "kind": "invoice",
                "project": "BOLT-APP",
                "client": "bolt",
                "trigger": "time",
                "trigger-id": "time",
                "date": "2026-03-31",
                "period": {"start": "2026-03-01", "end": "2026-03-31"},
                "due": "2026-04-30",
                "currency": "EUR",
                "held": False,
                "corrects": None,
                "reasons": [],
                "lines": [
                    {
                        "kind": "time",
                        "text": "Backend",
                        "quantity": "9.50",
                        "unit": "HOUR",
                        "price": "150.00",
                        "amount": "1425.00",
                        "task": "backend",
                        "milestone": None,
                        "change-order": None,
                        "prior-period": False,
                        "entries": ["toggl-1", "toggl-2"],
                    }
                ],
                "net": "1425.00",
                "tax": "270.75",
                "taxes": [{"code": "S19", "rate": "19", "base": "1425.00", "amount": "270.75"}],
                "total": "1695.75",
                "payable": "1695.75",
            }
        ],
    }


def test_a_held_draft_keeps_its_lines_and_says_why() -> None:
    drafts: Any = drafts_data(BILLING, {"KYOTO"})["drafts"]
    (draft,) = drafts
    assert draft["held"] is True
    assert draft["period"] is None
    assert draft["net"] == draft["total"] == "500000"
    assert draft["tax"] == "0"
    assert draft["reasons"] == [
        {
            "code": "rate-missing",
            "amount": None,
            "message": "no rate for dan on 2026-04-02.",
            "entries": ["toggl-9"],
        }
    ]
    fixed, hours = draft["lines"]
    assert (fixed["quantity"], fixed["unit"], fixed["price"]) == (None, None, None)
    assert (hours["quantity"], hours["price"], hours["amount"]) == ("0.3333", None, "0")
    assert hours["prior-period"] is True


def test_csv_has_a_row_for_each_line_of_a_draft() -> None:
    rows = list(drafts_rows(BILLING, ALL))
    assert [row["line-text"] for row in rows] == ["Backend", "Plan", "Extra"]
    assert [row["entries"] for row in rows] == ["toggl-1 toggl-2", "", ""]
    assert rows[1]["reasons"] == "rate-missing"
    assert all(set(row) == set(ROW_COLUMNS) for row in rows)


def test_a_held_draft_tells_a_person_what_releases_it() -> None:
    block = draft_block(HELD, {})
    assert block.title == "KYOTO/milestone/2026-04-10  kyoto  500000 JPY  HELD"
    assert block.held == [
        (
            "held by rate-missing: no rate for dan on 2026-04-02. To release it: add a rate to the "
            "contract that applies on the work date"
        )
    ]
    assert block.table.rows[1] == ("Extra", "", "0.3333", "missing", "0")


def test_a_ready_draft_ends_with_tax_and_total() -> None:
    rows = draft_block(READY, {}).table.rows
    assert [row[0] for row in rows] == ["Backend", "Net", "Tax S19 19 %", "Total EUR"]
    assert [row[-1] for row in rows] == ["1425.00", "1425.00", "270.75", "1695.75"]


def test_status_in_json_has_null_for_what_is_unknown() -> None:
    projects: Any = status_data(BILLING, ALL)["projects"]
    first, second, third = projects
    assert first == {
        "project": "BOLT-APP",
        "client": "bolt",
        "billing": "hybrid",
        "currency": "EUR",
        "value": "50000.00",
        "completion": "42.00",
        "earned": "21000.00",
        "billed": "0.00",
        "billed-percent": "66.67",
        "unbilled": "1425.00",
        "drafts": "1425.00",
        "held": "0.00",
        "open": "0.00",
        "overdue": "0.00",
        "hours": {
            "worked": "10.00",
            "billable": "9.50",
            "non-billable": "0.50",
            "covered": "0.00",
            "billed": "0.00",
            "unbilled": "9.50",
        },
        "next-trigger": "2026-04-30",
        "findings": {"error": 0, "hold": 0, "warning": 1},
        "billed-fixed": "0.00",
        "credit": "0.00",
        "over-billed": None,
        "under-billed": None,
        "gap": None,
        "cap": None,
        "retainer": None,
    }
    assert second["value"] is second["completion"] is second["next-trigger"] is None
    assert third["held"] == "500000"
    assert third["findings"] == {"error": 0, "hold": 1, "warning": 0}


def test_status_sums_only_what_has_one_currency() -> None:
    rows = status_table(BILLING, ALL).rows
    assert [row[0] for row in rows] == ["BOLT-APP", "BOLT-WEB", "KYOTO", "Total"]
    assert rows[-1][2] == "EUR"
    assert rows[-1][7] == "1425.00"
    assert rows[-1][10] == "11.90"


def test_unbilled_groups_by_project_client_task_and_person_with_age() -> None:
    data = unbilled_data(BILLING, ALL)
    assert data["unbilled"] == [
        {
            "project": "BOLT-APP",
            "client": "bolt",
            "task": "backend",
            "person": "carol",
            "hours": "9.50",
            "value": "1425.00",
            "unpriced-hours": "0.00",
            "currency": "EUR",
            "oldest": "2026-03-03",
            "days": 58,
        },
        {
            "project": "KYOTO",
            "client": "kyoto",
            "task": None,
            "person": "dan",
            "hours": "0.3333",
            "value": None,
            "unpriced-hours": "0.3333",
            "currency": "JPY",
            "oldest": "2026-04-02",
            "days": 28,
        },
    ]
    assert data["age"] == [
        {"currency": "EUR", "0-30": "0.00", "31-60": "1425.00", "61-90": "0.00", "90+": "0.00"},
        {"currency": "JPY", "0-30": "0", "31-60": "0", "61-90": "0", "90+": "0"},
    ]


def test_an_unpriced_group_is_not_shown_as_worth_nothing() -> None:
    rows = unbilled_table(unbilled_groups(BILLING, ALL)).rows
    assert [row[5] for row in rows] == ["1425.00", "no rate"]


def test_findings_name_files_relative_to_the_ledger() -> None:
    data = findings_data(BILLING, chosen_findings(BILLING, None), CURRENCIES, ROOT)
    assert data["findings"] == [
        {
            "code": "time-late",
            "severity": "warning",
            "project": "BOLT-APP",
            "date": "2026-03-28",
            "amount": "300.00",
            "message": "goes on the next invoice",
            "file": "time/2026-03.beancount",
            "line": 12,
        },
        {
            "code": "rate-missing",
            "severity": "hold",
            "project": "KYOTO",
            "date": "2026-04-02",
            "amount": None,
            "message": "no rate for dan",
            "file": "/elsewhere/time.beancount",
            "line": 7,
        },
    ]
    where = [row[5] for row in findings_table(BILLING.findings, CURRENCIES, ROOT).rows]
    assert where == ["time/2026-03.beancount:12", "/elsewhere/time.beancount:7"]


def test_paths_inside_a_message_are_relative_too() -> None:
    assert shown_text("is at /books/a.beancount:3 and /books/b:4", "/books") == (
        "is at a.beancount:3 and b:4"
    )
    assert shown_text("/books/a.beancount:3", "/") == "/books/a.beancount:3"


def test_findings_are_counted_in_words() -> None:
    warning, hold = BILLING.findings
    assert count_line([]) == "0 findings"
    assert count_line([hold]) == "1 finding (1 hold)"
    assert count_line([warning, hold, warning]) == "3 findings (1 hold, 2 warnings)"
    assert chosen_findings(BILLING, {"KYOTO"}) == [hold]


def test_numbers_longer_than_28_digits_are_shown_whole() -> None:
    assert money(Decimal("1" + "0" * 30), "EUR") == "1" + "0" * 30 + ".00"
    assert quantity(3600 * 10**30) == "1" + "0" * 30 + ".00"
