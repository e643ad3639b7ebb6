"""Fava's import page in a real Chromium: from the upload to a ledger that loads."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.error import HTTPError

import pytest
from beancount.core.data import Open

from tests.fava_server import looking
from tests.fava_server import needs_chromium
from tests.fava_server import serve
from tests.import_books import ACME
from tests.import_books import MAIN
from tests.import_books import make_books
from tests.import_books import write
from tests.test_import_expenses import ACCOUNTS
from tests.test_import_expenses import COLUMNS
from tests.test_import_expenses import HEAD
from tests.test_import_expenses import OPEN
from tests.test_import_expenses import ROWS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.fava_server import Fava
    from tests.import_books import Books

PAGE = (
    '2020-01-01 custom "fava-option" "import-config" "import.py"\n'
    '2020-01-01 custom "fava-option" "import-dirs" "inbox"\n'
)
IMPORTS = (
    f'{{expenses-csv: {{{COLUMNS}, {ACCOUNTS}, from: "Liabilities:Card", dates: dmy, decimal: ","}},'
    " clockify: {invoiced: import}}"
)
PROJECTS = ("ACME-MIG", "BOLT-APP")
MILESTONE = {
    "html_url": "https://github.com/octo/portal/milestone/3",
    "id": 4317520,
    "number": 3,
    "title": "Cut-over",
    "open_issues": 0,
    "closed_issues": 4,
    "state": "closed",
    "updated_at": "2026-04-02T10:00:00Z",
    "due_on": None,
    "closed_at": "2026-03-31T22:30:00Z",
}
CLOCKIFY = (
    '"Project","Client","Description","User","Billable","Invoiced","Invoice ID","Start Date",'
    '"Start Time","End Date","End Time","Duration (h)"\n'
    '"Mobile app","BOLT AG","API","Bo Lindqvist","Yes","Yes","INV-7","2026-03-16","9:00",'
    '"2026-03-16","10:30","1:30:00"\n'
    '"Mobile app","BOLT AG","Tests","Bo Lindqvist","No","Yes","","2026-03-16","11:00",'
    '"2026-03-16","12:00","1:00:00"\n'
)


def page_books(folder: Path) -> Books:
    """Books in which no hours and no expenses are yet, with an import page in Fava."""
    for name in ("inbox", "expenses", "outside"):
        (folder / name).mkdir()
    (folder / "expenses" / "2020-01.beancount").write_text("")
    (folder / "import.py").write_text(
        'from projbill_beancount.importers import importers\nCONFIG = importers("projbill.yaml")\n'
    )
    contracts = {
        "acme": ACME.replace("{jira: MIG-12}", "{github: Cut-over}"),
        "bolt": "project: BOLT-APP\nname: Mobile app\nclient: bolt\n"
        "billing: time-and-materials\nrates: {default: 150}\n",
    }
    return make_books(folder, IMPORTS, contracts=contracts, main=MAIN + OPEN + PAGE)


@contextmanager
def importing(books: Books, export: Path) -> Iterator[tuple[Page, Fava]]:
    """The form of the first entry of a file that was uploaded."""
    with serve(books.ledger) as fava, looking() as page:
        page.goto(f"{fava.url}/import/")
        page.locator("input[type=file]").set_input_files(export)
        page.get_by_role("button", name="Upload").click()
        page.get_by_role("button", name=export.name).wait_for()
        page.get_by_role("button", name="Extract").click()
        page.get_by_text("Entry 1 of").wait_for()
        yield page, fava


def save(page: Page, fava: Fava, entries: int) -> None:
    """Go through all forms and save them; then nothing of the file is new."""
    for number in range(2, entries + 1):
        page.get_by_role("button", name="Next").click()
        page.get_by_text(f"Entry {number} of {entries}").wait_for()
    page.get_by_role("button", name="Save").click()
    page.get_by_text(f"Stored {entries} entries").wait_for()
    (found,) = fava.api("imports")
    (importer,) = found["importers"]
    query = {"filename": found["name"], "importer": importer["importer_name"]}
    until = time.monotonic() + 20
    while (left := fava.api("extract", **query)) and time.monotonic() < until:
        time.sleep(0.1)
    assert left == []


def added(books: Books) -> str:
    """What was written below the ledger's own lines."""
    return books.ledger.read_text().partition(PAGE)[2]


@needs_chromium
def test_expenses_are_shown_changed_and_saved(tmp_path: Path) -> None:
    books = page_books(tmp_path)
    export = write(tmp_path / "outside", HEAD + ROWS, "expenses.csv", "cp1252")
    with importing(books, export) as (page, fava):
        page.get_by_text("R 17 | 26.03.2026 | Mobile app | 84,00").wait_for()
        page.get_by_placeholder("Narration").fill("To Bremen, and back")
        save(page, fava, 3)
    assert added(books) == (
        "\n"
        '2026-03-26 * "Nordbahn" "To Bremen, and back"\n'
        '  source: "expenses-csv"\n'
        "  Expenses:Travel                                     84.00 EUR\n"
        "    billable: TRUE\n"
        '    id: "expenses-csv-R-17"\n'
        '    markup: "10 %"\n'
        '    note: "Hamburg – Bremen"\n'
        '    person: "bo"\n'
        '    project: "BOLT-APP"\n'
        "  Liabilities:Card                                   -84.00 EUR\n"
        "\n"
        '2026-03-27 * "Hotel" "Zwei \\"Nächte\\"; =1+1"\n'
        '  source: "expenses-csv"\n'
        "  Expenses:Travel:Hotels                            1234.50 EUR\n"
        "    billable: FALSE\n"
        '    id: "expenses-csv-R-18"\n'
        '    note: "Zwei \\"Nächte\\"; =1+1"\n'
        '    person: "alice"\n'
        '    project: "ACME-MIG"\n'
        "  Liabilities:Card                                 -1234.50 EUR\n"
        "\n"
        '2026-04-02 * "Nordbahn" "Erstattung"\n'
        '  source: "expenses-csv"\n'
        "  Expenses:Travel                                    -20.00 EUR\n"
        "    billable: TRUE\n"
        '    id: "expenses-csv-2026-04-02-1"\n'
        '    note: "Erstattung"\n'
        '    project: "BOLT-APP"\n'
        "  Liabilities:Card                                    20.00 EUR\n"
    )
    (report,) = books.plan(export)
    assert (report.new, report.known, report.changed) == (0, 3, ())


@needs_chromium
def test_the_first_milestone_of_a_project_is_saved(tmp_path: Path) -> None:
    books = page_books(tmp_path)
    export = write(tmp_path / "outside", json.dumps([MILESTONE]), "milestones.json")
    with importing(books, export) as (page, fava):
        save(page, fava, 1)
    assert added(books) == (
        "\n"
        '2026-04-01 * "ACME Corp" "M1 Migration plan: complete"\n'
        '  complete: "100 %"\n'
        '  id: "github-octo-portal-milestone-3"\n'
        '  milestone: "M1"\n'
        '  project: "ACME-MIG"\n'
        '  source: "github"\n'
        "  Equity:Time:Unbilled:ACME-MIG                      0.0000 HOUR\n"
    )
    assert books.progress() == [("2026-04-01", "M1", "100 %", "", "github-octo-portal-milestone-3")]


@needs_chromium
def test_the_first_hours_of_a_project_are_saved_with_the_marks_of_the_tool(tmp_path: Path) -> None:
    books = page_books(tmp_path)
    export = write(tmp_path / "outside", CLOCKIFY, "clockify.csv")
    with importing(books, export) as (page, fava):
        save(page, fava, 1)
    assert [
        (one["account"], one["hours"], one["billable"], one["tool-invoice"]) for one in books.time()
    ] == [
        ("Unbilled:BOLT-APP", "1.5000", True, "INV-7"),
        ("NonBillable:BOLT-APP", "1.0000", False, True),
    ]


def test_a_refused_row_is_named_on_the_page(tmp_path: Path) -> None:
    books = page_books(tmp_path)
    rows = HEAD + ROWS.replace("Mobile app", "Nothing known", 1)
    export = write(tmp_path / "inbox", rows, "expenses.csv", "cp1252")
    with serve(books.ledger) as fava:
        with pytest.raises(HTTPError) as refused:
            fava.api("extract", filename=str(export), importer="projbill.expenses-csv")
        with refused.value as answer:
            told = json.loads(answer.read())["error"]
    assert 'expenses.csv:2: no contract for project "Nothing known"' in told
    assert added(books) == ""


# The accounts that the page must know


def opened(books: Books) -> dict[str, str]:
    """The accounts of the memo circuit that are open, and since when."""
    return {
        entry.account.removeprefix("Equity:Time:"): str(entry.date)
        for entry in books.entries()
        if isinstance(entry, Open) and entry.account.startswith("Equity:Time:")
    }


def test_a_ledger_with_an_import_page_has_the_accounts_of_hours_to_come(tmp_path: Path) -> None:
    books = page_books(tmp_path)
    projects = [f"{kind}:{name}" for kind in ("NonBillable", "Unbilled") for name in PROJECTS]
    names = [*projects, "Worked:Alice", "Worked:Bo"]
    assert opened(books) == dict.fromkeys(names, "2020-01-01")
    old = CLOCKIFY.replace("2026-03-16", "2019-05-06")
    books.take(write(tmp_path, old, "clockify.csv"))
    assert opened(books)["Worked:Bo"] == "2019-05-06"
    assert opened(books)["Worked:Alice"] == "2020-01-01"


def test_accounts_that_the_ledger_opens_itself_are_not_opened_twice(tmp_path: Path) -> None:
    books = page_books(tmp_path)
    line = "2021-01-01 open Equity:Time:Worked:Bo HOUR\n"
    books.ledger.write_text(books.ledger.read_text() + line)
    assert opened(books)["Worked:Bo"] == "2021-01-01"


def test_a_ledger_without_an_import_page_has_only_the_accounts_that_are_used(
    tmp_path: Path,
) -> None:
    books = page_books(tmp_path)
    books.ledger.write_text(books.ledger.read_text().replace(PAGE, ""))
    assert opened(books) == {}
