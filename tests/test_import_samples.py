"""The real exports, counted straight from the file and compared with what the ledger says."""

from __future__ import annotations

import csv
import os
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.import_books import Books
from tests.import_books import make_books

FOLDER = os.environ.get("PROJBILL_SAMPLES", "")
if not FOLDER and os.environ.get("CI") == "true":
    pytest.fail("PROJBILL_SAMPLES must name the folder of the real exports", pytrace=False)

pytestmark = pytest.mark.skipif(
    not FOLDER, reason="PROJBILL_SAMPLES does not name the folder of the real exports"
)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def books_for(folder: Path, found: list[dict[str, str]], imports: str) -> Books:
    """Books whose people and contracts are those that the export names."""
    emails = sorted({row["Email"] for row in found})
    pairs = sorted(
        {(row.get("Client", ""), row["Project"]) for row in found} - {("", "-"), ("-", "-")}
    )
    people = "".join(
        f'  p{number}: {{name: "Person {number}", aliases: ["{email}"]}}\n'
        for number, email in enumerate(emails)
    )
    contracts = {
        f"c{number}": (
            f"project: C{number}\nclient: acme\nbilling: time-and-materials\nrates: {{default: 100}}\n"
            f'match: [{{client: "{client}", project: "{project}"}}]\n'
        )
        for number, (client, project) in enumerate(pairs)
    } or {"c0": 'project: C0\nclient: acme\nbilling: time-and-materials\nmatch: [{project: "-"}]\n'}
    firm = f"clients:\n  acme: {{name: ACME}}\npeople:\n{people}"
    main = 'option "operating_currency" "EUR"\ninclude "time/*.beancount"\n'
    main += "2020-01-01 open Assets:Receivable:ACME\n"
    main += "plugin \"projbill_beancount.plugins.billing\" \"{'config': 'projbill.yaml', 'post-drafts': False}\"\n"
    return make_books(folder, imports, firm=firm, contracts=contracts, main=main)


def seconds(duration: str) -> int:
    hours, minutes, rest = map(int, duration.split(":"))
    return hours * 3600 + minutes * 60 + rest


def exact(entry: dict[str, Any]) -> int:
    return int((Decimal(entry["hours"]) * 3600).quantize(Decimal(1)))


def compare(books: Books, found: list[dict[str, str]], path: Path) -> None:
    """Seconds by person, project, date and billable word are those of the file."""
    emails = {
        alias: person.id for person in books.terms.firm.people.values() for alias in person.aliases
    }
    projects = {
        (rule.patterns.get("client", ""), rule.patterns["project"]): contract.id
        for contract in books.terms.contracts.values()
        for rule in contract.match
    }
    wanted: Counter[object] = Counter()
    for row in found:
        pair = (row.get("Client", ""), row["Project"])
        words = {"Yes": True, "No": False}
        said = words[row["Billable"]] if "Billable" in row else None
        project = projects.get(pair) or projects["", "-"]
        key = (emails[row["Email"]], project, row["Start date"], said)
        wanted[key] += seconds(row["Duration"])
    (report,) = books.take(path)
    assert (report.new, report.refused) == (len(found), ())
    seen: Counter[object] = Counter()
    for entry in books.time():
        project = entry["account"].rpartition(":")[2]
        seen[entry["person"], project, entry["date"], entry.get("billable")] += exact(entry)
    assert seen == wanted
    before = books.bytes()
    (again,) = books.take(path)
    assert (again.known, again.new, books.bytes()) == (len(found), 0, before)


def test_toggl_subset_of_250_rows(tmp_path: Path) -> None:
    path = Path(FOLDER) / "toggl/compiler-admin_toggl_subset_250rows.csv"
    found = rows(path)
    books = books_for(tmp_path, found, "")
    compare(books, found, path)
    assert sum(map(exact, books.time())) == 1_865_220
    assert sum(Decimal(entry["hours"]) for entry in books.time()) == Decimal("518.1187")


def test_toggl_new_layout_of_one_member(tmp_path: Path) -> None:
    path = Path(FOLDER) / "toggl/IanCodes_new_format_members.csv"
    found = rows(path)
    compare(books_for(tmp_path, found, ""), found, path)


def test_toggl_new_layout_with_a_running_timer(tmp_path: Path) -> None:
    path = Path(FOLDER) / "toggl/time-stop_new_format_with_client_amount.csv"
    found = rows(path)
    wellbeing = [row for row in found if row["Client"] != "Acme"]
    done = [row for row in found if row["Client"] == "Acme" and row["Duration"] != "-"]
    ignore = '{toggl: {ignore: [{client: "-"}]}}'
    books = books_for(tmp_path, done, ignore)
    (report,) = books.take(path)
    assert dict(report.skipped) == {"ignored on purpose": len(wellbeing), "running timer": 1}
    assert [exact(entry) for entry in books.time()] == [seconds(row["Duration"]) for row in done]
    assert all(entry["billable"] is True for entry in books.time())


def test_jira_issues(tmp_path: Path) -> None:
    path = Path(FOLDER) / "jira/sred-kit_jira.csv"
    acme = (
        "project: ROBOT\nclient: acme\nbilling: fixed-fee\nmilestones:\n"
        "  P1: {name: Planner, value: 1000, match: {jira: ACME-12}}\n"
        "  P2: {name: Ticket, value: 1000, match: {jira: ACME-3}}\n"
    )
    books = make_books(tmp_path, contracts={"robot": acme})
    (report,) = books.take(path)
    assert (report.rows, report.new) == (len(rows(path)), 2)
    assert books.progress() == [
        ("2026-06-02", "P2", "100 %", "", "jira-10003"),
        ("2026-09-20", "P1", "100 %", "", "jira-10012"),
    ]
    (again,) = books.take(path)
    assert (again.new, again.known) == (0, 2)
