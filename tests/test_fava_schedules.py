"""The pages of change orders, retainers and the WIP schedule: the command line's numbers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from typing import Any

import pytest

from projbill_beancount.book import open_book
from projbill_beancount.reports.change_orders import change_order_rows
from tests.fava_server import looking
from tests.fava_server import needs_chromium
from tests.fava_server import serve
from tests.fava_tables import Pages
from tests.fava_tables import tables
from tests.fava_tables import text_of
from tests.fava_tables import the_table
from tests.ledgers import ask
from tests.ledgers import write_ledger
from tests.schedule_books import AS_OF
from tests.schedule_books import CONTRACTS
from tests.schedule_books import schedule_books
from tests.test_fava_receivables import of_example

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Iterable
    from collections.abc import Sequence
    from pathlib import Path


def of_schedules(folder: Path) -> tuple[Path, str]:
    """Books with change orders, retainers and two currencies."""
    return schedule_books(folder), AS_OF


BOTH = pytest.mark.parametrize("write", [of_schedules, of_example])


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Pages:
    """The pages of the books of schedules; no test changes them."""
    return Pages(schedule_books(tmp_path_factory.mktemp("schedules")))


def _shown(value: object) -> str:
    """A cell of what the JSON has; unknown is a dash."""
    return "–" if value is None else str(value)


@BOTH
def test_the_wip_schedule_is_that_of_the_command_line(
    tmp_path: Path, write: Callable[[Path], tuple[Path, str]]
) -> None:
    ledger, as_of = write(tmp_path)
    shown = Pages(ledger).page("wip")
    told = ask(ledger, as_of, "wip")
    table = the_table(shown, "projbill-wip")
    keys = {title: key for title, key in WIP_KEYS.items() if title in table.titles}
    unknown = WIP_KEYS.keys() - keys
    # a column that says nothing of any project is left out
    assert {row[WIP_KEYS[title]] for title in unknown for row in told["projects"]} <= {None, "0.00"}
    assert [_wip(dict(zip(table.titles, row, strict=True))) for row in table.rows] == [
        [row["project"], *(_shown(row[key]) for key in keys.values())] for row in told["projects"]
    ]
    shared = [
        total
        for total in told["totals"]
        if [row["currency"] for row in told["projects"]].count(total["currency"]) > 1
    ]
    assert [_wip(dict(zip(table.titles, row, strict=True)))[4:] for row in table.foot] == [
        [_shown(total[key]) for key in list(keys.values())[3:]] for total in shared
    ]
    assert told["mismatches"] == []
    assert "Does it add up? yes" in text_of(shown)


WIP_KEYS = {
    "Done, %": "completion",
    "Billed, %": "billed-percent",
    "Gap, pp": "gap",
    "Value": "value",
    "Earned": "earned",
    "Billed": "billed",
    "Under": "under-billed",
    "Over": "over-billed",
    "Backlog": "backlog",
    "Cost": "cost",
    "Profit": "profit",
    "Est. cost": "estimated-cost",
    "Est. profit": "estimated-profit",
    "Provision": "provision",
}


def _wip(row: dict[str, str]) -> list[str]:
    return [
        row["Project"],
        *(row[title].removesuffix(" %") for title in WIP_KEYS if title in row),
    ]


def test_the_wip_schedule_says_what_is_not_known(pages: Pages) -> None:
    words = text_of(pages.page("wip"))
    assert "so nothing is earned yet: WEB" in words
    assert "Earned 0.00 USD without WEB" in words
    assert "Earned 15430.00 EUR Billed 6400.00 EUR" in words
    one = the_table(pages.page("wip", account="Income:Services:APP"), "projbill-wip")
    assert one.columns("Project", "Under", "Over") == [("APP", "1600.00", "0.00")]


@BOTH
def test_retainers_are_those_of_the_command_line(
    tmp_path: Path, write: Callable[[Path], tuple[Path, str]]
) -> None:
    ledger, as_of = write(tmp_path)
    shown = Pages(ledger).page("retainers")
    told = ask(ledger, as_of, "retainers")
    found = tables(shown, "projbill-periods")
    assert len(found) == len(told["retainers"])
    for one, table in zip(told["retainers"], found, strict=True):
        expected = [_period(period) for period in reversed(one["periods"])]
        assert [[row[0].split()[0], *row[2:]] for row in table.rows] == expected
    deposits = the_table(shown, "projbill-deposits")
    keys = ("balance", "on-drafts", "target", "replenish-below", "to-replenish", "currency")
    titles = ("Balance", "On drafts", "Target", "Replenish below", "Ask for", "Currency")
    assert deposits.columns(*titles) == [
        tuple(_shown(one[key]) for key in keys) for one in told["deposits"]
    ]


def _period(one: dict[str, Any]) -> list[str]:
    keys = ("allocated", "carried-in", "used", "overage", "unused", "expired", "carried-out")
    cells = [_shown(one[key]) for key in (*keys, "fee", "billed")]
    return [one["period"]["start"], *cells, one["invoice"] or ""]


def test_a_retainer_says_how_much_of_it_is_used(pages: Pages) -> None:
    shown = pages.page("retainers")
    running = the_table(shown, "projbill-running")
    titles = ("Project", "Share used", "Available, h", "Used, h", "Left, h", "Overage, h", "State")
    assert running.columns(*titles) == [
        ("BLOCK", "25 %", "40.00", "10.00", "30.00", "0.00", "running"),
        ("CARE", "120 %", "15.00", "18.00", "0.00", "3.00", "over"),
    ]
    assert 'aria-label="used 120 %"' in shown
    words = text_of(shown)
    assert "unused hours roll over (at most 3.00)" in words
    assert "what is beyond is billed by the hour (110.00)" in words
    assert "2025-06-01 – without an end" in words
    may = pages.page("retainers", time="2025-05")
    assert the_table(may, "projbill-periods").columns("Used, h") == [("6.00",)]


def test_many_periods_leave_the_older_ones_a_click_away(tmp_path: Path) -> None:
    contract = CONTRACTS["CARE"].replace("2025-05-01", "2023-01-01")
    ledger = write_ledger(tmp_path, AS_OF, contracts={"CARE": contract})
    shown = Pages(ledger).page("retainers")
    newest, older = tables(shown, "projbill-periods")
    assert (len(newest.rows), len(older.rows)) == (13, 17)
    assert newest.rows[0][0] == "2025-06-01 – 2025-06-30"
    assert older.rows[-1][0] == "2023-01-01 – 2023-01-31"
    assert "17 earlier periods" in text_of(shown)


WAITING = """\
CO-3|APP|2025-03-01|2000.00 EUR|contract value +2000.00 EUR (11000.00 → 13000.00)|Approve
CO-4|APP|2025-03-02|1500.00 EUR|contract value +1500.00 EUR (11000.00 → 12500.00) \
lets milestone M3 be billed|Approve
CO-6|APP|2025-03-04|100.00 USD|change order CO-6: is in USD, and the contract in EUR; \
give its amount in EUR; it does not count|approved, does not count
CO-7|APP|2025-03-05|50.00 EUR|contract value +50.00 EUR (11000.00 → 11050.00)|from 2025-07-05
CO-8|OPS|2025-04-01|0.00 EUR|cap +2000.00 EUR|Approve
"""
DECIDED = """\
CO-9|approved|2025-05-31|0.00 EUR|0.00 EUR|hours +2.00
CO-5|rejected|2025-03-10|700.00 EUR||nothing
CO-2|approved|2025-02-21|-500.00 EUR|5500.00 EUR of 5500.00 of M1|\
contract value -500.00 EUR price of milestone M1 -500.00 EUR
CO-1 Single sign-on <i>|approved|2025-02-20|1500.00 EUR|900.00 EUR|contract value +1500.00 EUR
"""


def _lines(rows: Iterable[Sequence[str]]) -> str:
    return "".join("|".join(row) + "\n" for row in rows)


def test_orders_that_wait_say_what_their_approval_changes(pages: Pages) -> None:
    waiting = the_table(pages.page("change-orders"), "projbill-waiting")
    titles = ("Order", "Project", "Asked for on", "Amount", "What its approval changes", "Approval")
    assert _lines(waiting.columns(*titles)) == WAITING


def test_orders_that_are_decided_say_what_is_billed(pages: Pages) -> None:
    shown = pages.page("change-orders")
    decided = the_table(shown, "projbill-decided")
    titles = ("Order", "State", "On", "Amount", "Billed", "What it changed")
    assert _lines(decided.columns(*titles)) == DECIDED
    words = text_of(shown)
    assert "Waiting for approval 3550.00 EUR" in words
    assert "Approved 1000.00 EUR Approved and not invoiced 600.00 EUR" in words
    assert "Single sign-on &lt;i&gt;" in shown


def test_what_is_billed_of_an_order_is_on_drafts_until_it_is_issued(tmp_path: Path) -> None:
    ledger, _ = of_example(tmp_path)
    decided = the_table(Pages(ledger).page("change-orders"), "projbill-decided")
    assert decided.columns("Order", "Billed") == [
        ("CO-1 Single sign-on", "0.00 EUR + 3500.00 on drafts")
    ]


def test_the_effect_of_an_order_is_what_its_approval_does(tmp_path: Path) -> None:
    ledger = schedule_books(tmp_path)
    book = open_book(str(ledger))
    rows = {row.order.id: row for row in change_order_rows(book.terms, book.facts, book.billing)}
    facts = ledger.parent / "facts.beancount"
    before = facts.read_text()
    for name in ("CO-3", "CO-4"):
        text = f'{AS_OF} custom "change-order-approval" "APP" "{name}"\n'
        facts.write_text(before + text)
        approved = open_book(str(ledger)).billing.positions["APP"].value
        value, effect = rows[name].value, rows[name].effect
        assert value is not None
        assert effect is not None
        assert approved == value + effect


def test_filters_choose_orders_by_what_happened_in_time(pages: Pages) -> None:
    february = pages.page("change-orders", time="2025-02")
    decided = the_table(february, "projbill-decided")
    assert [row[0] for row in decided.rows] == ["CO-2", "CO-1 Single sign-on <i>"]
    assert tables(february, "projbill-waiting") == []
    assert "None waits: all are approved or rejected." in text_of(february)
    none = text_of(pages.page("change-orders", time="1999"))
    assert "No change order is let through by the filters above." in none


def test_nothing_to_show_is_said(tmp_path: Path) -> None:
    empty = Pages(write_ledger(tmp_path, AS_OF, contracts={}))
    sentences = {
        "change-orders": "There are no change orders: every contract stands as it was agreed.",
        "retainers": "There are no retainers, and no client has money on account.",
        "wip": "There is no contract that can be read, so nothing is in progress.",
        "receivables": "Nothing is open: every invoice is paid.",
        "findings": "Everything fits: there is nothing to put right.",
    }
    for page, sentence in sentences.items():
        assert sentence in text_of(empty.page(page))


def test_read_only_and_incognito(tmp_path: Path) -> None:
    ledger = schedule_books(tmp_path)
    read_only = Pages(ledger, read_only=True).page("change-orders")
    waiting = the_table(read_only, "projbill-waiting").columns("Order", "Approval")
    assert waiting[0] == ("CO-3", "pending")
    hidden = Pages(ledger, incognito=True)
    for page in ("change-orders", "retainers", "wip", "findings"):
        assert not re.search(r"[0-9]\.[0-9]{2}", text_of(hidden.page(page))), page


@needs_chromium
def test_an_order_is_approved_where_it_waits(tmp_path: Path) -> None:
    ledger = schedule_books(tmp_path)
    pages = Pages(ledger)  # writes the line of the extension
    assert "CO-3" in pages.page("change-orders")
    with serve(ledger) as fava, looking(viewport={"width": 400, "height": 800}) as page:
        page.goto(fava.address("change-orders"))
        row = page.get_by_role("row").filter(has_text="CO-3")
        row.get_by_role("button", name="Approve").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_text('custom "change-order-approval" "APP" "CO-3"').wait_for()
        dialog.get_by_role("button", name="Write to the ledger").click()
        decided = page.locator(".projbill-decided").get_by_role("row").filter(has_text="CO-3")
        decided.get_by_text("approved", exact=True).wait_for()
    written = "".join(path.read_text() for path in ledger.parent.rglob("*.beancount"))
    assert f'{AS_OF} custom "change-order-approval" "APP" "CO-3"' in written
    assert open_book(str(ledger)).billing.positions["APP"].value == 13000
