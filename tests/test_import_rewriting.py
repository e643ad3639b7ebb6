"""`projbill import --update`: expenses and reports that changed in the tool and are not billed."""

from __future__ import annotations

import csv
import difflib
import io
import json
from typing import TYPE_CHECKING
from typing import Any

import pytest
from beancount import loader
from beancount.core.data import Transaction
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from projbill_beancount.ledger.entry_text import PLACE
from tests.cli_books import ACME
from tests.cli_books import AS_OF
from tests.cli_books import FIRM
from tests.cli_books import MAIN
from tests.cli_books import projbill
from tests.cli_books import write_books

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

OPEN = (
    'include "expenses/*.beancount"\n'
    'include "decisions.beancount"\n'
    "2020-01-01 open Expenses:Travel\n"
    "2020-01-01 open Expenses:Travel:Hotels\n"
    "2020-01-01 open Liabilities:Card\n"
    "2020-01-01 open Income:Reimbursed:BOLT-APP\n"
    "2020-01-01 open Income:Reimbursed:ACME-MIG\n"
)
IMPORTS = (
    'imports:\n  expenses-csv: {from: "Liabilities:Card", account: "Expenses:Travel", currency: EUR}\n'
    "  jira: {zone: Europe/Berlin}\n"
)
HEAD = "date,project,amount,account,note,payee,billable,markup,id\n"
SPENT = HEAD + (
    "2026-03-09,BOLT-APP,84.00,,Train,Nordbahn,yes,10 %,r1\n"
    "2026-03-10,BOLT-APP,120.00,Expenses:Travel:Hotels,,Hotel,no,,r2\n"
    "2026-03-12,ACME-MIG,-7.50,,Back,Nordbahn,yes,,r3\n"
)
JIRA = "Issue key,Issue id,Status,Resolution,Project key,Resolved\n"
M1 = "MIG-12,10012,Done,Done,MIG,{}\n"


def books(folder: Path, firm: str = FIRM + IMPORTS, **texts: str) -> Path:
    texts.setdefault(
        "acme", ACME.replace("value: 10000.00", "value: 10000.00, match: {jira: MIG-12}")
    )
    ledger = write_books(folder, main=MAIN + OPEN, firm=firm, **texts)
    (folder / "expenses").mkdir()
    (folder / "expenses" / "2020-01.beancount").write_text("")
    (folder / "decisions.beancount").write_text("")
    return ledger


def run(ledger: Path, *args: object) -> Result:
    result = projbill("-f", ledger, "--as-of", AS_OF, *args)
    assert result.exit_code == 0, result.output
    return result


def take(ledger: Path, text: str, *options: str) -> Result:
    export = ledger.parent / ("jira.csv" if text.startswith("Issue") else "spent.csv")
    export.write_text(text)
    return run(ledger, "import", *options, export)


def changes(ledger: Path, text: str) -> list[dict[str, Any]]:
    (told,) = json.loads(take(ledger, text, "--update", "--format", "json").stdout)["files"]
    return list(told["changed"])


def texts(ledger: Path) -> dict[str, str]:
    """All of the ledger but what is exported, by name; it must load."""
    errors = loader.load_file(str(ledger))[1]
    assert [one for one in errors if not type(one).__module__.startswith("projbill")] == []
    paths = ledger.parent.rglob("*.beancount")
    return {str(path.relative_to(ledger.parent)): path.read_bytes().decode() for path in paths}


def differing(old: dict[str, str], new: dict[str, str]) -> list[str]:
    """The lines that git would show as taken out and put in."""
    lines = []
    for name in sorted(old.keys() | new.keys()):
        before, after = (one.get(name, "").splitlines() for one in (old, new))
        found = difflib.unified_diff(before, after, n=0, lineterm="")
        lines += [line for line in found if not line.startswith(("---", "+++", "@@"))]
    return lines


def settled(ledger: Path, text: str) -> None:
    """The same again is known, and writes nothing."""
    before = texts(ledger)
    (told,) = json.loads(take(ledger, text, "--update", "--format", "json").stdout)["files"]
    assert (told["new"], told["changed"], told["known"]) == (0, [], told["rows"])
    assert texts(ledger) == before


def test_what_changed_of_an_expense_is_replaced_where_it_stands(tmp_path: Path) -> None:
    ledger = books(tmp_path)
    take(ledger, SPENT)
    before = texts(ledger)
    edited = SPENT.replace("84.00,,Train,Nordbahn,yes,10 %", "94.5,,Train and bus,Südbahn,yes,12 %")
    assert "--update takes it" in take(ledger, edited).stdout
    assert texts(ledger) == before
    result = take(ledger, edited, "--update")
    assert "changed expenses-csv-r1 (line 2), updated:" in result.stdout
    assert differing(before, texts(ledger)) == [
        '-2026-03-09 * "Nordbahn" "Train"',
        '+2026-03-09 * "Südbahn" "Train and bus"',
        "-  Expenses:Travel    84.00 EUR",
        "+  Expenses:Travel    94.50 EUR",
        '-    markup: "10 %"',
        '-    note: "Train"',
        "-  Liabilities:Card  -84.00 EUR",
        '+    markup: "12 %"',
        '+    note: "Train and bus"',
        "+  Liabilities:Card  -94.50 EUR",
    ]
    settled(ledger, edited)
    told = json.loads(run(ledger, "drafts", "BOLT-APP", "--format", "json").stdout)
    assert [one["amount"] for one in told["drafts"][0]["lines"] if one["kind"] == "expense"] == [
        "105.84"
    ]


def test_account_project_and_currency_change_too(tmp_path: Path) -> None:
    ledger = books(tmp_path)
    take(ledger, SPENT)
    before = texts(ledger)
    edited = SPENT.replace(
        "BOLT-APP,120.00,Expenses:Travel:Hotels", "ACME-MIG,120 CHF,Expenses:Travel"
    )
    take(ledger, edited, "--update")
    assert sorted(differing(before, texts(ledger))) == sorted(
        [
            '-2026-03-10 * "Hotel" "Mobile app: Hotels"',
            "-  Expenses:Travel:Hotels   120.00 EUR",
            '+2026-03-10 * "Hotel" "Migration: Travel"',
            "+  Expenses:Travel          120.00 CHF",
            '-    project: "BOLT-APP"',
            '+    project: "ACME-MIG"',
            "-  Liabilities:Card        -120.00 EUR",
            "+  Liabilities:Card        -120.00 CHF",
        ]
    )
    settled(ledger, edited)


def test_what_people_wrote_beside_an_expense_stays(tmp_path: Path) -> None:
    ledger = books(tmp_path)
    take(ledger, SPENT)
    path = tmp_path / "expenses" / "2026-03.beancount"
    text = path.read_text().replace(
        '"Nordbahn" "Train"', '"Nordbahn" "To the client" #trip ^r-1 ; x'
    )
    text = text.replace(
        '    project: "BOLT-APP"\n    billable: TRUE\n    markup: "10 %"\n',
        '    ; seen\n    project: "BOLT-APP"\n    mine: "y" ; z\n    billable: TRUE\n    markup: 10%\n'.replace(
            "10%", '"10%"'
        ),
    ).replace("  Liabilities:Card  -84.00 EUR", "  Liabilities:Card  ; the rest")
    path.write_bytes(text.replace("\n", "\r\n").encode())
    before = texts(ledger)
    edited = SPENT.replace("84.00,,Train", "80.00,,Train")
    take(ledger, edited, "--update")
    assert differing(before, texts(ledger)) == [
        "-  Expenses:Travel    84.00 EUR",
        "+  Expenses:Travel    80.00 EUR",
    ]
    assert path.read_bytes().count(b"\r\n") == path.read_bytes().count(b"\n")
    settled(ledger, edited)


@pytest.mark.parametrize(
    ("day", "file"),
    [
        ("2026-03-08", "2026-03"),
        ("2026-03-11", "2026-03"),
        ("2026-04-02", "2026-04"),
        ("2026-02-27", "2026-02"),
    ],
)
def test_another_day_moves_an_expense_as_it_stands(tmp_path: Path, day: str, file: str) -> None:
    ledger = books(tmp_path)
    take(ledger, SPENT)
    path = tmp_path / "expenses" / "2026-03.beancount"
    path.write_text(
        path.read_text().replace(
            '    id: "expenses-csv-r1"', '    ; why\n    id: "expenses-csv-r1"\n    mine: 7'
        )
    )
    before = texts(ledger)
    edited = SPENT.replace("2026-03-09", day)
    take(ledger, edited, "--update")
    after = texts(ledger)
    text = after[f"expenses/{file}.beancount"]
    start = text.index(f'{day} * "Nordbahn" "Train"')
    assert "; why" in text[start:]
    assert "mine: 7" in text[start:]
    # Nothing else is another: the same lines are there, but for the day.
    old, new = (sorted("\n".join(one.values()).split("\n")) for one in (before, after))
    same = [line.replace("2026-03-09 *", f"{day} *") if "Train" in line else line for line in old]
    assert sorted(filter(None, same)) == sorted(filter(None, new))
    days = [
        line[:10] for line in after["expenses/2026-03.beancount"].splitlines() if line[:1] == "2"
    ]
    assert days == sorted(days)
    settled(ledger, edited)


def test_an_expense_on_an_invoice_stays(tmp_path: Path) -> None:
    ledger = books(tmp_path)
    take(ledger, SPENT)
    run(ledger, "issue", "BOLT-APP/time/2026-03-31")
    before = texts(ledger)
    edited = SPENT.replace("84.00", "94.00")
    (change,) = changes(ledger, edited)
    assert change["reason"].startswith("it is on invoice INV-2026-0002 (invoices.beancount:")
    assert change["reason"].endswith("; enter the difference as an expense of its own")
    assert texts(ledger) == before
    # What is not on it may change, and so may all once the invoice is void.
    take(ledger, SPENT.replace("120.00", "130.00"), "--update")
    run(ledger, "void", "INV-2026-0002", "--reason", "Wrong sum")
    take(ledger, edited.replace("120.00", "130.00"), "--update")
    settled(ledger, edited.replace("120.00", "130.00"))


def test_an_expense_that_was_given_back_may_change(tmp_path: Path) -> None:
    ledger = books(tmp_path)
    take(ledger, SPENT)
    run(ledger, "issue", "BOLT-APP/time/2026-03-31")
    run(ledger, "credit", "INV-2026-0002", "--reason", "Wrong sum")
    edited = SPENT.replace("84.00", "94.00")
    (change,) = changes(ledger, edited)
    assert change["update"] == "done"
    settled(ledger, edited)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (
            '    id: "expenses-csv-r1"\n',
            '    id: "expenses-csv-r1"\n    approved: TRUE\n',
            "it was approved as it is; delete the `approved:` there, and have it approved",
        ),
        ("84.00 EUR\n", "80.00 + 4 EUR\n", "its amount is not a plain sum of money"),
        (
            "  Liabilities:Card  -84.00 EUR",
            "  Liabilities:Card  -80.00 EUR\n  Assets:Bank  -4.00 EUR",
            "its transaction has more postings than an import writes",
        ),
        (
            "-84.00 EUR",
            "-84.00 EUR @ 1 EUR",
            "the other side of its transaction is not of the same sum",
        ),
        (
            '2026-03-09 * "Nordbahn" "Train"\n',
            '2026-03-09 * "Nordbahn" "Train\n"\n',
            "its first line is not a date, a flag and texts",
        ),
    ],
)
def test_what_must_not_or_cannot_be_changed_is_told(
    tmp_path: Path, old: str, new: str, reason: str
) -> None:
    ledger = books(tmp_path)
    take(ledger, SPENT)
    path = tmp_path / "expenses" / "2026-03.beancount"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    before = texts(ledger)
    (change,) = [
        one
        for one in changes(ledger, SPENT.replace("84.00,,Train,Nordbahn", "94.00,,Train,Südbahn"))
        if one["id"] == "expenses-csv-r1"
    ]
    assert change["update"] == ""
    assert reason in change["reason"]
    assert texts(ledger) == before


def test_a_note_may_change_where_the_sum_is_approved_or_its_books_are_closed(
    tmp_path: Path,
) -> None:
    ledger = books(tmp_path)
    take(ledger, SPENT)
    path = tmp_path / "expenses" / "2026-03.beancount"
    key = '    id: "expenses-csv-r1"\n'
    path.write_text(path.read_text().replace(key, f"{key}    approved: TRUE\n"))
    config = tmp_path / "projbill.yaml"
    config.write_text(config.read_text() + "closed-until: 2026-03-31\n")
    take(ledger, SPENT.replace(",Train,", ",Bus,"), "--update")
    assert '    note: "Bus"' in path.read_text()
    before = texts(ledger)
    (change,) = changes(ledger, SPENT.replace(",Train,", ",Bus,").replace("120.00", "130.00"))
    assert change["reason"] == (
        "the books are closed up to 2026-03-31; enter the difference in an open period"
    )
    assert texts(ledger) == before


def test_what_the_ledger_says_and_the_export_does_not_stays(tmp_path: Path) -> None:
    ledger = books(tmp_path)
    take(ledger, SPENT)
    before = texts(ledger)
    (change,) = changes(
        ledger, SPENT.replace("84.00,,Train,Nordbahn,yes,10 %", "90.00,,Train,Nordbahn,yes,")
    )
    assert change["reason"].startswith("the ledger has its `markup` and the export has none")
    assert texts(ledger) == before


def test_without_ids_another_expense_of_the_day_is_not_taken_for_it(tmp_path: Path) -> None:
    ledger = books(tmp_path)
    head = "date,project,amount,note\n"
    take(ledger, head + "2026-03-09,BOLT-APP,84,Train\n")
    before = texts(ledger)
    (change,) = changes(ledger, head + "2026-03-09,BOLT-APP,17,Lunch\n")
    assert change["reason"] == "it may be another expense of that day; change it by hand"
    assert texts(ledger) == before
    edited = head + "2026-03-09,BOLT-APP,17,Train\n"
    take(ledger, edited, "--update")
    settled(ledger, edited)


def test_a_column_that_the_table_lacks_takes_nothing_away(tmp_path: Path) -> None:
    ledger = books(tmp_path)
    head = "date,project,amount,id\n"
    take(ledger, head + "2026-03-09,BOLT-APP,84,r9\n")
    path = tmp_path / "expenses" / "2026-03.beancount"
    more = '    billable: TRUE\n    markup: "5 %"\n    note: "Train"\n'
    path.write_text(path.read_text().replace("  Liabilities:Card", f"{more}  Liabilities:Card"))
    before = texts(ledger)
    edited = head + "2026-03-09,BOLT-APP,80,r9\n"
    take(ledger, edited, "--update")
    assert differing(before, texts(ledger)) == [
        "-  Expenses:Travel    84.00 EUR",
        "+  Expenses:Travel    80.00 EUR",
        "-  Liabilities:Card  -84.00 EUR",
        "+  Liabilities:Card  -80.00 EUR",
    ]
    settled(ledger, edited)


def jira(day: str) -> str:
    return JIRA + M1.format(f"{day} 10:00")


@pytest.mark.parametrize(
    ("day", "file"),
    [("2026-03-25", "2026-03"), ("2026-03-15", "2026-03"), ("2026-04-02", "2026-04")],
)
def test_a_day_of_delivery_that_the_tool_corrected(tmp_path: Path, day: str, file: str) -> None:
    ledger = books(tmp_path, time="")
    take(ledger, jira("2026-03-20"))
    path = tmp_path / "time" / "2026-03.beancount"
    path.write_text(
        path.read_text().replace('  id: "jira-10012"', '  mine: "y" ; z\n  id: "jira-10012"')
    )
    before = texts(ledger)
    assert "--update takes it" in take(ledger, jira(day)).stdout
    assert texts(ledger) == before
    assert "updated: 2026-03-20 ACME-MIG M1 100% → " in take(ledger, jira(day), "--update").stdout
    after = texts(ledger)
    found = after[f"time/{file}.beancount"]
    start = found.index(f'{day} * "ACME Corp" "M1 Plan: complete"')
    assert '  mine: "y" ; z\n  id: "jira-10012"\n' in found[start:]
    if file == "2026-03":
        assert differing(before, after) == [
            '-2026-03-20 * "ACME Corp" "M1 Plan: complete"',
            f'+{day} * "ACME Corp" "M1 Plan: complete"',
        ]
    assert "".join(after.values()).count('"M1 Plan: complete"') == 1
    settled(ledger, jira(day))


def test_a_day_of_delivery_on_an_invoice_stays(tmp_path: Path) -> None:
    ledger = books(tmp_path, time="")
    take(ledger, jira("2026-03-20"))
    drafts = json.loads(run(ledger, "drafts", "ACME-MIG", "--format", "json").stdout)["drafts"]
    run(ledger, "issue", drafts[0]["draft"])
    before = texts(ledger)
    (change,) = changes(ledger, jira("2026-03-25"))
    assert change["reason"].startswith("M1 is on invoice INV-2026-0002 (invoices.beancount:")
    assert texts(ledger) == before
    run(ledger, "void", "INV-2026-0002", "--reason", "Wrong day")
    (change,) = changes(ledger, jira("2026-03-25"))
    assert change["update"] == "done"
    settled(ledger, jira("2026-03-25"))


def test_an_accepted_or_approved_day_of_delivery_stays(tmp_path: Path) -> None:
    ledger = books(tmp_path, time="")
    take(ledger, jira("2026-03-20"))
    path = tmp_path / "time" / "2026-03.beancount"
    plain = path.read_text()
    path.write_text(plain.replace('  id: "jira-10012"', '  id: "jira-10012"\n  approved: TRUE'))
    (change,) = changes(ledger, jira("2026-03-25"))
    assert change["reason"].startswith("it was approved as it is")
    path.write_text(plain)
    run(ledger, "accept", "ACME-MIG", "M1", "--date", "2026-03-24")
    before = texts(ledger)
    (change,) = changes(ledger, jira("2026-03-25"))
    assert change["reason"] == (
        "M1 was accepted on 2026-03-24; report another day by `projbill progress`"
    )
    assert texts(ledger) == before


def test_a_day_of_delivery_in_closed_books_stays(tmp_path: Path) -> None:
    ledger = books(tmp_path, time="")
    take(ledger, jira("2026-03-20"))
    config = tmp_path / "projbill.yaml"
    config.write_text(config.read_text() + "closed-until: 2026-03-31\n")
    (change,) = changes(ledger, jira("2026-04-02"))
    assert change["reason"].startswith("the books are closed up to 2026-03-31")


def test_a_report_of_a_table_changes_its_percentage(tmp_path: Path) -> None:
    ledger = books(tmp_path)
    export = tmp_path / "m.csv"
    head = "project,milestone,date,complete,id\n"
    export.write_text(head + "Migration,M1,2026-03-20,60,p1\n")
    run(ledger, "import", export)
    before = texts(ledger)
    export.write_text(head + "Migration,M1,2026-03-20,100,p1\n")
    run(ledger, "import", "--update", export)
    assert differing(before, texts(ledger)) == [
        '-2026-03-20 * "ACME Corp" "M1 Plan: 60 %"',
        '+2026-03-20 * "ACME Corp" "M1 Plan: complete"',
        '-  complete: "60 %"',
        '+  complete: "100 %"',
    ]


def test_hours_expenses_and_reports_change_in_one_import(tmp_path: Path) -> None:
    ledger = books(tmp_path)
    hours = tmp_path / "hours.csv"
    hours.write_text(
        "Date,Person,Project,Task,Hours,Id\n2026-03-20,carol,BOLT-APP,backend,1.5,a1\n"
    )
    run(ledger, "import", hours)
    take(ledger, SPENT)
    take(ledger, jira("2026-03-20"))
    before = texts(ledger)
    hours.write_text(hours.read_text().replace("1.5", "2"))
    (tmp_path / "spent.csv").write_text(SPENT.replace("84.00", "94.00"))
    (tmp_path / "jira.csv").write_text(jira("2026-03-21"))
    exports = (hours, tmp_path / "spent.csv", tmp_path / "jira.csv")
    result = run(ledger, "import", "--update", *exports)
    assert result.stdout.count("updated: ") == 3
    assert len(differing(before, texts(ledger))) == 6 + 4 + 2
    assert run(ledger, "import", "--update", *exports).stdout.endswith(
        "nothing new: no file was changed\n"
    )


def test_a_refused_row_keeps_changes_out_too(tmp_path: Path) -> None:
    ledger = books(tmp_path)
    take(ledger, SPENT)
    before = texts(ledger)
    export = tmp_path / "spent.csv"
    export.write_text(SPENT.replace("84.00", "94.00") + "2026-03-12,NOWHERE,1,,,,,,r4\n")
    result = projbill("-f", ledger, "--as-of", AS_OF, "import", "--update", export)
    assert result.exit_code == 2
    assert texts(ledger) == before


DAYS = st.sampled_from(["2026-02-27", "2026-03-09", "2026-03-10", "2026-04-01"])
SUMS = st.sampled_from(["1", "84.00", "-3.5", "1200"])
NOTES = st.sampled_from(["", "Train", 'A "b"; c', "Ü #tag ^link"])
ROWS = st.lists(
    st.tuples(
        DAYS,
        st.sampled_from(["BOLT-APP", "ACME-MIG"]),
        SUMS,
        st.sampled_from(["", "Expenses:Travel:Hotels"]),
        NOTES,
        NOTES,
        st.sampled_from(["yes", "no"]),
    ),
    min_size=1,
    max_size=5,
)


def exported(rows: list[tuple[str, ...]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["date", "project", "amount", "account", "note", "payee", "billable", "id"])
    writer.writerows((*row, f"r{number}") for number, row in enumerate(rows))
    # A sum that is not below zero: else nobody knows which sign is what was spent.
    writer.writerow(["2026-03-11", "BOLT-APP", "5", "", "", "", "no", "last"])
    return out.getvalue()


def said(ledger: Path) -> list[tuple[object, ...]]:
    """All that the ledger's expenses say, in no order."""
    entries = loader.load_file(str(ledger))[0]
    return sorted(
        (
            str(entry.date),
            entry.payee or "",
            entry.narration,
            *(
                (one.account, str(one.units), sorted(own.items(), key=str))
                for one in entry.postings
                for own in [{k: v for k, v in (one.meta or {}).items() if k not in PLACE}]
            ),
        )
        for entry in entries
        if isinstance(entry, Transaction) and entry.meta.get("source") == "expenses-csv"
    )


@given(first=ROWS, then=ROWS)
@settings(max_examples=40, deadline=None)
def test_after_an_update_the_ledger_says_what_a_first_import_would(
    tmp_path_factory: pytest.TempPathFactory,
    first: list[tuple[str, ...]],
    then: list[tuple[str, ...]],
) -> None:
    then = [*then, *first[len(then) :]]
    ledger = books(tmp_path_factory.mktemp("old"))
    take(ledger, exported(first))
    take(ledger, exported(then), "--update")
    fresh = books(tmp_path_factory.mktemp("new"))
    take(fresh, exported(then))
    assert said(ledger) == said(fresh)
    settled(ledger, exported(then))


def test_a_new_file_names_the_roots_of_accounts(tmp_path: Path) -> None:
    ledger = books(tmp_path)
    roots = {"Expenses": "Aufwand", "Liabilities": "Schulden"}
    options = 'option "name_expenses" "Aufwand"\noption "name_liabilities" "Schulden"\n'
    for path in tmp_path.rglob("*.*"):
        text = path.read_text()
        for old, new in roots.items():
            text = text.replace(f"{old}:", f"{new}:")
        if path.suffix == ".beancount" and text.strip():
            text = options + text
        path.write_text(text)
    spent = SPENT.replace("Expenses:", "Aufwand:")
    take(ledger, spent)
    edited = spent.replace("2026-03-10", "2026-04-10")
    (change,) = changes(ledger, edited)
    assert change["update"] == "done"
    text = texts(ledger)["expenses/2026-04.beancount"]
    assert text.startswith('option "name_assets"')
    assert '2026-04-10 * "Hotel"' in text
    settled(ledger, edited)
