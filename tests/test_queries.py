"""The queries of docs/queries.md: each runs in bean-query and in Fava, and says what is so."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any
from typing import NamedTuple

import beanquery  # type: ignore[import-untyped]
import pytest
from beanquery import shell
from click.testing import CliRunner
from fava.core import FavaLedger

from tests.ledgers import run

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parent.parent
LEDGER = ROOT / "example-ledger" / "main.beancount"
AS_OF = "2026-04-30"
PAGE = (ROOT / "docs" / "queries.md").read_text(encoding="utf-8")
QUERIES = dict(re.findall(r"^### (.+?)\n\n```sql\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
COLUMN = re.compile(r"\bAS (\w+)")


class Answer(NamedTuple):
    """What a query answers: the names of its columns, and a row for each line."""

    columns: list[str]
    rows: list[tuple[Any, ...]]

    def column(self, name: str) -> list[Any]:
        return [row[self.columns.index(name)] for row in self.rows]

    def sum(self, name: str) -> Decimal:
        return sum(self.column(name), Decimal(0))


@pytest.fixture(scope="module")
def fava() -> FavaLedger:
    return FavaLedger(str(LEDGER), poll_watcher=True)


@pytest.fixture(scope="module")
def ledger(fava: FavaLedger) -> Any:
    """A connection as `bean-query` has it, to what Fava loaded."""
    return beanquery.connect(
        "beancount:", entries=fava.all_entries, errors=[], options=fava.options
    )


def answer(ledger: Any, title: str) -> Answer:
    cursor = ledger.execute(QUERIES[title])
    return Answer([column.name for column in cursor.description], cursor.fetchall())


def report(*command: str) -> Any:
    return json.loads(run(LEDGER, AS_OF, "--format", "json", *command))


def test_there_are_queries_and_none_has_two_answers() -> None:
    assert len(QUERIES) >= 20
    assert PAGE.count("```sql") == len(QUERIES)


@pytest.mark.parametrize("title", QUERIES)
def test_it_answers_in_bean_query_and_in_fava_alike(
    title: str, ledger: Any, fava: FavaLedger
) -> None:
    found = answer(ledger, title)
    assert found.rows, "the example has something to show"
    assert set(COLUMN.findall(QUERIES[title])) <= set(found.columns)
    shown: Any = fava.query_shell.execute_query_serialised(fava.all_entries, QUERIES[title])
    assert [column.name for column in shown.types] == found.columns
    assert len(shown.rows) == len(found.rows)


def test_bean_query_itself_takes_one() -> None:
    found = CliRunner().invoke(shell.main, [str(LEDGER), QUERIES["Hours by person and month"]])
    assert found.exit_code == 0
    lines = [line.split() for line in found.stdout.splitlines()]
    assert ["Alice", "2026", "3"] in [line[:3] for line in lines]


def totals(projects: Any, name: str) -> Decimal:
    return sum((Decimal(project[name]) for project in projects), Decimal(0))


def test_what_is_open_is_what_status_says(ledger: Any) -> None:
    open_amount = totals(report("status")["projects"], "open")
    invoices = answer(ledger, "Open invoices")
    assert invoices.sum("open") == open_amount
    clients = answer(ledger, "Open receivables by client")
    amounts = [inventory.get_only_position().units.number for inventory in clients.column("open")]
    assert sum(amounts) == open_amount


def test_what_waits_is_what_the_drafts_say(ledger: Any) -> None:
    drafts = {
        draft["draft"]: Decimal(draft["net"])
        for draft in report("drafts")["drafts"]
        if not draft["held"] and draft["kind"] == "invoice"
    }
    found = answer(ledger, "Drafts waiting")
    nets = [inventory.get_only_position().units.number for inventory in found.column("net")]
    assert dict(zip(found.column("draft"), nets, strict=True)) == drafts


def about(found: Mapping[str, Decimal], expected: Mapping[str, Decimal]) -> None:
    """Hours in four places, so that many entries differ from whole seconds by a little."""
    assert found.keys() == expected.keys()
    for name, hours in found.items():
        assert abs(hours - expected[name]) < Decimal("0.05"), name


def test_hours_are_those_of_the_reports(ledger: Any) -> None:
    people = {
        row["person"]: Decimal(row["hours"]["worked"])
        for row in report("profit", "--by", "person")["rows"]
        if row["person"]
    }
    shares = answer(ledger, "The share that is not billable")
    about(dict(zip(shares.column("person"), shares.column("hours"), strict=True)), people)
    by_month = answer(ledger, "Hours by person and month")
    assert by_month.sum("hours") == shares.sum("hours")
    tasks: dict[str, Decimal] = {}
    by_task = answer(ledger, "Hours by task")
    for name, hours in zip(by_task.column("task"), by_task.column("hours"), strict=True):
        tasks[name or ""] = tasks.get(name or "", Decimal(0)) + hours
    expected = {
        row["task"] or "": Decimal(row["hours"]["worked"])
        for row in report("profit", "--by", "task")["rows"]
        if not row["no-hours"]
    }
    about(tasks, expected)


def test_unbilled_hours_are_what_no_invoice_moved(ledger: Any) -> None:
    by_project = answer(ledger, "Unbilled hours by project")
    by_person = answer(ledger, "Unbilled hours by person and project")
    assert by_project.sum("hours") == by_person.sum("hours")
    billable = {
        row["project"]: Decimal(row["hours"])
        for row in report("unbilled", "--by", "project")["unbilled"]
    }
    found = dict(zip(by_project.column("project"), by_project.column("hours"), strict=True))
    assert all(found[name] > hours - Decimal("0.05") for name, hours in billable.items())


def test_revenue_by_client_and_by_project_is_the_same(ledger: Any) -> None:
    by_client = answer(ledger, "Revenue by client")
    assert by_client.sum("revenue") == answer(ledger, "Revenue by project and month").sum("revenue")
    largest = answer(ledger, "The largest clients")
    assert largest.column("revenue") == sorted(largest.column("revenue"), reverse=True)
    assert len(largest.rows) <= 5


def test_an_invoice_adds_up(ledger: Any) -> None:
    lines = answer(ledger, "The lines of an invoice")
    assert lines.sum("amount") == Decimal("10207.37")


def test_an_invoice_that_was_paid_has_its_days(ledger: Any) -> None:
    found = answer(ledger, "Days to pay")
    by_number = dict(zip(found.column("invoice"), found.column("days"), strict=True))
    assert by_number["R2026-17"] == 27
    assert "INV-2026-0003" not in by_number, "it is open in part"
