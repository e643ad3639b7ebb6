"""What a tool has invoiced, taken all the same: its mark is kept, and decides nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from typing import Any

import pytest
from fava.application import create_app

from tests.cli_books import projbill
from tests.import_books import EXPORTS
from tests.import_books import MAIN
from tests.import_books import make_books
from tests.import_books import write
from tests.test_import_expenses import PLAIN
from tests.test_import_expenses import expense_books
from tests.test_import_expenses import spent
from tests.test_import_expenses import written

if TYPE_CHECKING:
    from pathlib import Path

CLOCKIFY = (
    '"Project","Client","Description","User","Billable","Invoiced","Invoice ID","Start Date",'
    '"Start Time","End Date","End Time","Duration (h)"\n'
)
HARVEST = "Date,Client,Project,Task,Notes,Hours,Billable?,Invoiced?,First Name,Last Name\n"


def clockify_row(hour: int, invoiced: str, invoice: str) -> str:
    cells = ["Mobile app", "BOLT AG", "API", "Bo Lindqvist", "Yes", invoiced, invoice]
    cells += ["2026-03-16", f"{hour}:00", "2026-03-16", f"{hour + 1}:00", "1:00:00"]
    return ",".join(f'"{cell}"' for cell in cells) + "\n"


def harvest_row(invoiced: str, hours: str = "1.5") -> str:
    return f"2026-03-02,BOLT AG,Mobile app,Dev,,{hours},Yes,{invoiced},Bo,Lindqvist\n"


def marks(entries: list[dict[str, Any]]) -> list[object]:
    return [entry.get("tool-invoice") for entry in entries]


def test_the_number_of_the_tools_invoice_is_a_key_of_the_entry(tmp_path: Path) -> None:
    books = make_books(tmp_path, "{clockify: {invoiced: import}}")
    rows = clockify_row(9, "Yes", 'INV "7"'.replace('"', '""')) + clockify_row(11, "Yes", "")
    books.take(write(tmp_path, CLOCKIFY + rows + clockify_row(13, "No", "")))
    assert books.bytes()["2026-03.beancount"].decode() == (
        '2026-03-16 * "Bo Lindqvist" "BOLT-APP 3 h"\n'
        '  person: "bo"\n'
        '  source: "clockify"\n'
        "  Equity:Time:Unbilled:BOLT-APP   1.0000 HOUR\n"
        '    id: "clockify-bo-20260316T090000"\n'
        "    billable: TRUE\n"
        '    note: "API"\n'
        '    start: "2026-03-16T09:00:00+01:00"\n'
        '    end: "2026-03-16T10:00:00+01:00"\n'
        '    tool-invoice: "INV \\"7\\""\n'
        "  Equity:Time:Unbilled:BOLT-APP   1.0000 HOUR\n"
        '    id: "clockify-bo-20260316T110000"\n'
        "    billable: TRUE\n"
        '    note: "API"\n'
        '    start: "2026-03-16T11:00:00+01:00"\n'
        '    end: "2026-03-16T12:00:00+01:00"\n'
        "    tool-invoice: TRUE\n"
        "  Equity:Time:Unbilled:BOLT-APP   1.0000 HOUR\n"
        '    id: "clockify-bo-20260316T130000"\n'
        "    billable: TRUE\n"
        '    note: "API"\n'
        '    start: "2026-03-16T13:00:00+01:00"\n'
        '    end: "2026-03-16T14:00:00+01:00"\n'
        "  Equity:Time:Worked:Bo          -3.0000 HOUR\n"
    )
    assert marks(books.time()) == ['INV "7"', True, None]


def test_without_the_setting_such_rows_are_left_out_and_nothing_is_marked(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    rows = clockify_row(9, "Yes", "INV-7") + clockify_row(13, "No", "")
    (report,) = books.take(write(tmp_path, CLOCKIFY + rows))
    assert dict(report.skipped) == {"already invoiced in the tool": 1}
    assert marks(books.time()) == [None]


@pytest.mark.parametrize(("first", "then"), [("No", "Yes"), ("Yes", "No")])
def test_a_flag_that_flips_later_makes_no_other_entry(
    tmp_path: Path, first: str, then: str
) -> None:
    books = make_books(tmp_path, "{harvest: {invoiced: import}}")
    books.take(write(tmp_path, HARVEST + harvest_row(first)))
    before = books.bytes()
    (report,) = books.take(write(tmp_path, HARVEST + harvest_row(then)))
    assert (report.new, report.known, report.changed) == (0, 1, ())
    assert books.bytes() == before


def test_a_word_that_is_neither_yes_nor_no_is_kept_as_it_is(tmp_path: Path) -> None:
    books = make_books(tmp_path, "{harvest: {invoiced: import}}")
    books.take(write(tmp_path, HARVEST + harvest_row("Partly") + harvest_row("", "2.0")))
    assert marks(books.time()) == ["Partly", None]


def test_kimais_records_that_were_exported_are_marked(tmp_path: Path) -> None:
    books = make_books(tmp_path, "{kimai: {invoiced: import}}")
    records = json.loads((EXPORTS / "kimai.json").read_text())
    exported = [record["exported"] for record in records if record["end"]]
    assert True in exported
    assert False in exported
    books.take(EXPORTS / "kimai.json")
    found = {entry["id"]: entry.get("tool-invoice", False) for entry in books.time()}
    for record in records:
        if record["end"]:
            assert found[f"kimai-{record['id']}"] is record["exported"]


def test_an_update_takes_the_mark_along(tmp_path: Path) -> None:
    books = make_books(tmp_path, "{kimai: {invoiced: import}}")
    record = {
        "id": 1,
        "activity": {"name": "Dev"},
        "project": {"name": "Mobile app", "customer": {"name": "BOLT AG"}},
        "user": {"username": "bo", "alias": "Bo Lindqvist"},
        "begin": "2026-03-02T09:00:00+0100",
        "end": "2026-03-02T10:00:00+0100",
        "duration": 3600,
        "description": "first",
        "billable": True,
        "exported": False,
    }
    for note, exported, wanted in (("first", False, None), ("b", True, True), ("c", False, None)):
        text = json.dumps([{**record, "description": note, "exported": exported}])
        export = write(tmp_path, text, "kimai.json")
        done = projbill("-f", books.ledger, "import", "--update", export)
        assert done.exit_code == 0, done.output
        (entry,) = books.time()
        assert (entry["note"], entry.get("tool-invoice")) == (note, wanted)


def test_timecamps_number_of_an_invoice_is_kept(tmp_path: Path) -> None:
    books = make_books(tmp_path, "{timecamp: {invoiced: import}}")
    entry = {
        "id": "1",
        "duration": "3600",
        "user_name": "Bo Lindqvist",
        "name": "Mobile app",
        "date": "2026-03-02",
        "billable": 1,
    }
    entries = [{**entry, "invoiceId": "0"}, {**entry, "id": "2", "invoiceId": "4711"}]
    books.take(write(tmp_path, json.dumps(entries), "entries.json"))
    assert marks(books.time()) == [None, "4711"]


def test_the_mark_goes_with_an_entry_that_fava_saves(tmp_path: Path) -> None:
    main = MAIN + '2020-01-01 custom "fava-option" "import-config" "import.py"\n'
    main += '2020-01-01 custom "fava-option" "import-dirs" "."\n'
    main += f'2020-01-01 custom "fava-option" "default-file" "{tmp_path}/time/2020-01.beancount"\n'
    books = make_books(tmp_path, "{clockify: {invoiced: import}}", main=main)
    (tmp_path / "import.py").write_text(
        'from projbill_beancount.importers import importers\nCONFIG = importers("projbill.yaml")\n'
    )
    rows = clockify_row(9, "Yes", "INV-7") + clockify_row(11, "Yes", "")
    export = write(tmp_path, CLOCKIFY + rows)
    client = create_app([str(books.ledger)], poll_watcher=True).test_client()
    query = {"filename": str(export), "importer": "projbill.clockify"}
    found = client.get("/books/api/extract", query_string=query).json
    assert found is not None
    saved = client.put("/books/api/add_entries", json={"entries": found["data"]})
    assert saved.status_code == 200, saved.text
    assert marks(books.time()) == ["INV-7", True]


def test_expenses_keep_the_mark_too(tmp_path: Path) -> None:
    books = expense_books(tmp_path, PLAIN.replace("EUR}", "EUR, invoiced: import}"))
    head = "id,date,project,amount,invoiced\n"
    rows = "1,2026-03-26,Mobile app,84,{}\n2,2026-03-26,Mobile app,85,RE-12\n"
    books.take(write(tmp_path, head + rows.format("yes") + "3,2026-03-26,Mobile app,86,no\n"))
    assert written(books)["2026-03.beancount"].count("tool-invoice") == 2
    found = {posting.meta["id"]: posting.meta.get("tool-invoice") for posting in spent(books)}
    assert found == {
        "expenses-csv-1": True,
        "expenses-csv-2": "RE-12",
        "expenses-csv-3": None,
    }
    before = written(books)
    (report,) = books.take(write(tmp_path, head + rows.format("no")))
    assert (report.new, report.known, report.changed) == (0, 2, ())
    assert written(books) == before
