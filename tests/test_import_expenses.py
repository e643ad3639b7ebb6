"""Expenses from a table: what is written, what is refused, and what the client is billed."""

from __future__ import annotations

import json
import tempfile
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

import openpyxl
import pytest
from beancount.core.data import Transaction
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from projbill_beancount.book import open_book
from projbill_beancount.importers.gulp import ExportRefusedError
from tests.cli_books import projbill
from tests.import_books import MAIN
from tests.import_books import check_sum
from tests.import_books import make_books
from tests.import_books import write
from tests.test_import_gulp import by_name

if TYPE_CHECKING:
    from tests.import_books import Books

OPEN = (
    'include "expenses/*.beancount"\n'
    "2020-01-01 open Expenses:Travel\n"
    "2026-03-01 open Expenses:Travel:Hotels EUR,CHF\n"
    "2020-01-01 open Assets:Disbursements:BOLT\n"
    "2020-01-01 open Liabilities:Card\n"
    "2020-01-01 open Liabilities:Owed:Bo EUR\n"
    "2020-01-01 open Income:Reimbursed:BOLT-APP\n"
    "2020-01-01 open Income:Reimbursed:ACME-MIG\n"
)
COLUMNS = (
    "columns: {date: Datum, project: Projekt, amount: Betrag, currency: Währung, account: Art,"
    " note: Text, person: Wer, payee: Bei, markup: Aufschlag, billable: Weiter, id: Beleg}"
)
ACCOUNTS = 'accounts: {Reise: "Expenses:Travel", Hotel: "Expenses:Travel:Hotels"}'
GERMAN = f'{{expenses-csv: {{{COLUMNS}, {ACCOUNTS}, from: "Liabilities:Card", dates: dmy, decimal: ","}}}}'
HEAD = "Beleg;Datum;Projekt;Betrag;Währung;Art;Text;Wer;Bei;Aufschlag;Weiter\n"
ROWS = (
    "R 17;26.03.2026;Mobile app;84,00;EUR;Reise;Hamburg – Bremen;bo;Nordbahn;10 %;ja\n"
    'R-18;27.03.2026;Migration;1.234,5;EUR;Hotel;"Zwei ""Nächte""; =1+1";Alice Rey;Hotel;;nein\n'
    ";02.04.2026;Mobile app;-20,00;EUR;Reise;Erstattung;;Nordbahn;;ja\n"
    "Summe;;;1.298,50;;;;;;;\n"
)
PLAIN = '{expenses-csv: {from: "Liabilities:Card", account: "Expenses:Travel", currency: EUR}}'
PLAIN_HEAD = "date,project,amount\n"


def expense_books(folder: Path, imports: str = PLAIN, main: str = MAIN + OPEN) -> Books:
    (folder / "expenses").mkdir()
    (folder / "expenses" / "2020-01.beancount").write_text("")
    return make_books(folder, imports, main=main)


def written(books: Books) -> dict[str, str]:
    folder = books.folder / "expenses"
    return {path.name: path.read_text() for path in folder.iterdir() if path.stat().st_size}


def spent(books: Books) -> list[Any]:
    """Every posting of an imported expense, in the ledger's order."""
    return [
        posting
        for entry in books.entries()
        if isinstance(entry, Transaction)
        for posting in entry.postings
        if str((posting.meta or {}).get("id", "")).startswith("expenses-csv-")
    ]


def refusal(books: Books, rows: str, head: str = PLAIN_HEAD) -> str:
    line = books.refusal(write(books.folder, head + rows))
    assert written(books) == {}
    return line


def test_rows_become_transactions_of_their_month_to_the_byte(tmp_path: Path) -> None:
    books = expense_books(tmp_path, GERMAN)
    export = write(tmp_path, HEAD + ROWS, encoding="cp1252")
    (report,) = books.take(export)
    assert (report.format, report.rows, report.new) == ("expenses-csv", 4, 3)
    assert report.skipped == {"subtotal": 1}
    assert report.notices == ("in 1 row money comes back: amounts below zero",)
    assert written(books) == {
        "2026-03.beancount": (
            '2026-03-26 * "Nordbahn" "Hamburg – Bremen"\n'
            '  source: "expenses-csv"\n'
            "  Expenses:Travel    84.00 EUR\n"
            '    id: "expenses-csv-R-17"\n'
            '    project: "BOLT-APP"\n'
            "    billable: TRUE\n"
            '    markup: "10 %"\n'
            '    person: "bo"\n'
            '    note: "Hamburg – Bremen"\n'
            "  Liabilities:Card  -84.00 EUR\n"
            "\n"
            '2026-03-27 * "Hotel" "Zwei \\"Nächte\\"; =1+1"\n'
            '  source: "expenses-csv"\n'
            "  Expenses:Travel:Hotels   1234.50 EUR\n"
            '    id: "expenses-csv-R-18"\n'
            '    project: "ACME-MIG"\n'
            "    billable: FALSE\n"
            '    person: "alice"\n'
            '    note: "Zwei \\"Nächte\\"; =1+1"\n'
            "  Liabilities:Card        -1234.50 EUR\n"
        ),
        "2026-04.beancount": (
            '2026-04-02 * "Nordbahn" "Erstattung"\n'
            '  source: "expenses-csv"\n'
            "  Expenses:Travel   -20.00 EUR\n"
            '    id: "expenses-csv-2026-04-02-1"\n'
            '    project: "BOLT-APP"\n'
            "    billable: TRUE\n"
            '    note: "Erstattung"\n'
            "  Liabilities:Card   20.00 EUR\n"
        ),
    }
    assert len(spent(books)) == 3
    before = written(books)
    (again,) = books.take(export)
    assert (again.new, again.known, again.changed) == (0, 3, ())
    assert written(books) == before


def test_the_next_draft_bills_cost_and_markup_and_gives_a_refund_back(tmp_path: Path) -> None:
    books = expense_books(tmp_path, GERMAN)
    books.take(write(tmp_path, HEAD + ROWS))
    billing = open_book(str(books.ledger), as_of=date(2026, 4, 30)).billing
    lines = {
        draft.id: [(line.kind, line.text, str(line.amount)) for line in draft.lines]
        for draft in billing.drafts
    }
    assert lines == {
        "BOLT-APP/time/2026-03-31": [
            ("expense", "Hamburg – Bremen (2026-03-26) + 10 %", "92.40"),
        ],
        "BOLT-APP/time/2026-04-30": [("expense", "Erstattung (2026-04-02)", "-20.00")],
    }


@pytest.mark.parametrize(
    ("setting", "billable", "notice"),
    [
        (
            "",
            None,
            (
                "in 1 row nothing says what is billable: written without `billable:`, so not billed;"
                " `billable: true` under `imports: expenses-csv:` in projbill.yaml bills them"
            ),
        ),
        (
            ", billable: true",
            True,
            (
                "in 1 row nothing says what is billable: taken as billable, as `billable:` in"
                " projbill.yaml says"
            ),
        ),
        (
            ", billable: false",
            False,
            (
                "in 1 row nothing says what is billable: taken as not billable, as `billable:` in"
                " projbill.yaml says"
            ),
        ),
    ],
)
def test_what_the_table_does_not_say_is_billed_by_a_setting_only(
    tmp_path: Path, setting: str, billable: bool | None, notice: str
) -> None:
    books = expense_books(tmp_path, PLAIN.replace("}}", f"{setting}}}}}"))
    (report,) = books.take(write(tmp_path, f"{PLAIN_HEAD}2026-03-26,Mobile app,84\n"))
    assert report.notices == (notice,)
    (posting,) = spent(books)
    assert posting.meta.get("billable") is billable
    assert str(posting.units) == "84.00 EUR"
    drafts = open_book(str(books.ledger), as_of=date(2026, 3, 31)).billing.drafts
    assert [str(draft.net) for draft in drafts] == (["84.00"] if billable else [])


def test_what_was_added_by_hand_makes_no_row_a_changed_one(tmp_path: Path) -> None:
    books = expense_books(tmp_path)
    export = write(tmp_path, f"{PLAIN_HEAD}2026-03-26,Mobile app,84\n")
    books.take(export)
    path = tmp_path / "expenses" / "2026-03.beancount"
    more = '    billable: TRUE\n    markup: "5 %"\n    note: "Train"\n'
    path.write_text(path.read_text().replace("  Liabilities:Card", f"{more}  Liabilities:Card"))
    (report,) = books.take(export)
    assert (report.known, report.changed) == (1, ())


def test_a_row_that_changed_is_reported_and_not_written(tmp_path: Path) -> None:
    books = expense_books(tmp_path, GERMAN)
    books.take(write(tmp_path, HEAD + ROWS))
    before = written(books)
    (report,) = books.take(write(tmp_path, HEAD + ROWS.replace("84,00", "48,00")))
    (changed,) = report.changed
    assert (changed.line, changed.id) == (2, "expenses-csv-R-17")
    assert changed.old == (
        "2026-03-26 BOLT-APP 84.00 EUR Expenses:Travel (Nordbahn, billable, + 10 %, bo,"
        ' "Hamburg – Bremen")'
    )
    assert changed.new == changed.old.replace("84.00", "48.00")
    assert (changed.update, changed.reason) == ("", "")
    assert written(books) == before


def test_equal_rows_both_count_and_another_order_gives_the_same_ids(tmp_path: Path) -> None:
    rows = ["2026-03-26,Mobile app,3\n", "2026-03-26,Mobile app,3\n", "2026-03-26,Mobile app,2\n"]
    texts = []
    for name, order in (("one", rows), ("two", rows[::-1])):
        (tmp_path / name).mkdir()
        books = expense_books(tmp_path / name)
        (report,) = books.take(write(books.folder, PLAIN_HEAD + "".join(order)))
        assert report.new == 3
        (again,) = books.take(write(books.folder, PLAIN_HEAD + "".join(order[::-1])))
        assert again.known == 3
        found = {posting.meta["id"]: str(posting.units) for posting in spent(books)}
        texts.append(found)
    assert texts[0] == texts[1]
    assert sorted(texts[0].values()) == ["2.00 EUR", "3.00 EUR", "3.00 EUR"]


def test_a_receipt_with_two_rows_is_two_expenses(tmp_path: Path) -> None:
    books = expense_books(tmp_path)
    export = write(
        tmp_path, f"id,{PLAIN_HEAD}7,2026-03-26,Mobile app,3\n7,2026-03-26,Migration,4\n"
    )
    books.take(export)
    assert {(one.meta["id"], one.meta["project"]) for one in spent(books)} == {
        ("expenses-csv-7", "ACME-MIG"),
        ("expenses-csv-7~2", "BOLT-APP"),
    }
    assert books.take(export)[0].known == 2


def test_two_files_of_one_run_that_share_a_row_bring_it_once(tmp_path: Path) -> None:
    books = expense_books(tmp_path)
    row = "2026-03-26,Mobile app,3\n"
    one = write(tmp_path, PLAIN_HEAD + row, "a.csv")
    two = write(tmp_path, PLAIN_HEAD + row + "2026-03-27,Mobile app,4\n", "b.csv")
    assert [(report.new, report.known) for report in books.take(one, two)] == [(1, 0), (1, 1)]


def test_what_was_written_by_hand_already_is_pointed_out(tmp_path: Path) -> None:
    train = (
        '2026-03-26 * "Nordbahn" "Train"\n  Expenses:Travel  84 EUR\n    project: "BOLT-APP"\n'
        "    billable: TRUE\n  Liabilities:Card\n"
    )
    books = expense_books(tmp_path, main=MAIN + OPEN + train)
    rows = "2026-03-26,Mobile app,84.00\n2026-03-26,Migration,84.00\n2026-03-27,Mobile app,84.00\n"
    export = write(tmp_path, PLAIN_HEAD + rows)
    (report,) = books.take(export)
    assert (report.new, report.notices[-1]) == (
        3,
        (
            "rows that are new, and in the ledger from elsewhere with the same project, day and"
            " amount: 1; see that no client is billed twice"
        ),
    )
    assert not any("billed twice" in one for one in books.take(export)[0].notices)


def test_what_the_tool_has_invoiced_is_left_out_and_pointed_out_where_it_is_there(
    tmp_path: Path,
) -> None:
    books = expense_books(tmp_path)
    head = "id,date,project,amount,invoiced\n"
    books.take(write(tmp_path, f"{head}1,2026-03-26,Mobile app,84,no\n"))
    rows = (
        "1,2026-03-26,Mobile app,84,yes\n2,2026-03-26,Nowhere,85,yes\n3,2026-03-26,Migration,-9,x\n"
    )
    (report,) = books.take(write(tmp_path, head + rows))
    assert (report.known, report.skipped) == (1, {"already invoiced in the tool": 2})
    assert report.notices == (
        "rows that the ledger has and the tool has invoiced: 1; see that no client is billed twice",
    )
    assert len(spent(books)) == 1


def test_the_command_says_what_to_include_and_what_became_of_the_rows(tmp_path: Path) -> None:
    main = MAIN + OPEN.replace('include "expenses/*.beancount"\n', "")
    books = make_books(tmp_path, GERMAN, main=main)
    export = write(tmp_path, HEAD + ROWS)
    told = projbill("-f", books.ledger, "import", export)
    assert told.exit_code == 0, told.output
    lines = told.stdout.splitlines()
    assert lines[0].endswith(
        "(expenses-csv): 4 rows: 3 new, 0 known, 0 changed, 1 skipped, 0 refused"
    )
    assert lines[-1] == "written to expenses/2026-03.beancount, expenses/2026-04.beancount"
    wanted = 'expenses/2026-03.beancount: the ledger does not include this file; add to main.beancount: include "expenses/2026-03.beancount"'
    assert wanted in told.stderr.splitlines()
    books.ledger.write_text(main + 'include "expenses/*.beancount"\n')
    again = projbill("-f", books.ledger, "import", export)
    assert "0 new, 3 known" in again.stdout
    drafts = projbill(
        "-f", books.ledger, "--as-of", "2026-03-31", "drafts", "BOLT-APP", "--format", "json"
    )
    (draft,) = json.loads(drafts.stdout)["drafts"]
    assert draft["net"] == "92.40"


def test_a_new_file_of_a_ledger_with_other_roots_loads(tmp_path: Path) -> None:
    main = 'option "name_expenses" "Kosten"\n' + MAIN + OPEN.replace("Expenses:", "Kosten:")
    main = main.replace('include "expenses/*.beancount"\n', "")
    books = make_books(tmp_path, GERMAN.replace("Expenses:", "Kosten:"), main=main)
    told = projbill("-f", books.ledger, "import", write(tmp_path, HEAD + ROWS))
    assert told.exit_code == 0, told.output
    books.ledger.write_text(main + 'include "expenses/*.beancount"\n')
    assert [posting.account for posting in spent(books)] == [
        *("Kosten:Travel", "Kosten:Travel:Hotels", "Kosten:Travel")
    ]
    importer = by_name(tmp_path)["projbill.expenses-csv"]
    assert importer.extract(str(tmp_path / "export.csv"), books.entries()) == []


def test_a_file_that_the_ledger_leaves_out_is_known_all_the_same(tmp_path: Path) -> None:
    main = MAIN + OPEN.replace('include "expenses/*.beancount"\n', "")
    books = expense_books(tmp_path, main=main)
    export = write(tmp_path, f"{PLAIN_HEAD}2026-03-26,Mobile app,84\n")
    books.take(export)
    assert "84.00 EUR" in written(books)["2026-03.beancount"]
    assert books.take(export)[0].known == 1


def test_the_firm_says_where_expenses_are_written(tmp_path: Path) -> None:
    books = expense_books(tmp_path, PLAIN + "\nfiles: {expenses: 'time/all.beancount'}")
    export = write(tmp_path, f"{PLAIN_HEAD}2026-03-26,Mobile app,84\n")
    books.take(export)
    assert b"84.00 EUR" in books.bytes()["all.beancount"]
    assert (written(books), books.take(export)[0].known) == ({}, 1)


@pytest.mark.parametrize(
    ("row", "line"),
    [
        ("2026-03-26,Mobil app,84", '2: no contract for project "Mobil app"; nearest is BOLT-APP'),
        ("2026-03-26,,84", "2: the row names no project; give it one, or leave such rows out"),
        (",Mobile app,84", "2: the row has no date"),
        ("2026-02-30,Mobile app,84", '2: the date "2026-02-30" does not exist'),
        ("04/03/2026,Mobile app,84", '1: "04/03/2026" may have the day or the month first'),
        ("2026-03-26,Mobile app,", "2: the row has no amount"),
        ("2026-03-26,Mobile app,much", '2: the amount "much" is not one such as 84.00'),
        ("2026-03-26,Mobile app,1e3", '2: the amount "1e3" is not one such as 84.00'),
        ("2026-03-26,Mobile app,1.234", '2: the amount "1.234" may be in thousands or have three'),
        ("2026-03-26,Mobile app,84.0051", "2: 84.0051 EUR is finer than EUR has places (2)"),
        ("2026-03-26,Mobile app,84.5 JPY", "2: 84.5 JPY is finer than JPY has places (0)"),
        ("2026-03-26,Mobile app,-84.00", "1: every amount is below zero, as a card's statement"),
        ("2026-03-26,Mobile app,--84", '2: the amount "--84" is not one such as 84.00'),
        ("2026-03-26,Mobile app,84.00,x", "2: 4 cells where the header has 3"),
        ("2026-03-26,Mobile app", "2: the file is cut off in its last row; export it again"),
    ],
)
def test_a_row_that_cannot_be_read_keeps_the_file_out(tmp_path: Path, row: str, line: str) -> None:
    assert refusal(expense_books(tmp_path), row).startswith(line)


@pytest.mark.parametrize(
    ("head", "row", "line"),
    [
        ("account", "Expenses:Taxi", "2: Expenses:Taxi is not open; add to the ledger: 2026-03-26"),
        ("account", "Income:Travel", "2: Income:Travel is not under Expenses:, nor under Assets:"),
        ("account", "Liabilities:Card", "2: Liabilities:Card is not under Expenses:"),
        ("account", "Taxi", '2: no account for "Taxi"; add it to `accounts:` under `imports:'),
        ("from", "Assets:Bonk", "2: Assets:Bonk is not open; add to the ledger: 2026-03-26 open"),
        ("from", "Expenses:Travel", "2: Expenses:Travel is on both sides"),
        ("person", "Zora", '2: nobody under `people:` in projbill.yaml is "Zora"'),
        ("markup", "0.1", '2: the markup "0.1" may be a share or a percentage; write it with %'),
        ("markup", "-5 %", '2: the markup "-5 %" is below zero'),
        ("billable", "perhaps", '2: billable is "perhaps", which is neither yes nor no'),
        ("invoiced", "perhaps", '2: invoiced is "perhaps", which is neither yes nor no'),
        ("currency", "$", '2: "$" is not the code of a currency such as EUR'),
        ("currency", "null", '2: "null" is not the code of a currency such as EUR'),
        ("tax", "S17", '2: "S17" is no code under `taxes:` in projbill.yaml; expected one of none'),
    ],
)
def test_a_cell_that_fits_nothing_keeps_the_file_out(
    tmp_path: Path, head: str, row: str, line: str
) -> None:
    found = refusal(
        expense_books(tmp_path),
        f"2026-03-26,Mobile app,84,{row}\n",
        f"date,project,amount,{head}\n",
    )
    assert found.startswith(line)


def test_an_account_that_is_not_open_gets_one_line_with_its_first_day(tmp_path: Path) -> None:
    books = expense_books(tmp_path)
    rows = "2026-03-26,Mobile app,1,Expenses:Travle\n2026-03-04,Mobile app,2,Expenses:Travle\n"
    assert refusal(books, rows, "date,project,amount,account\n") == (
        "2: Expenses:Travle is not open; add to the ledger: 2026-03-04 open Expenses:Travle; or is"
        " it Expenses:Travel? (also line 3)"
    )


@pytest.mark.parametrize(
    ("row", "line"),
    [
        (
            "2026-02-26,Mobile app,1 EUR,Expenses:Travel:Hotels",
            (
                "2: Expenses:Travel:Hotels is not open before 2026-03-01; date its `open` 2026-02-26"
                " or earlier"
            ),
        ),
        (
            "2026-03-26,Mobile app,1 USD,Expenses:Travel:Hotels",
            "2: Expenses:Travel:Hotels is open for EUR, CHF only; add USD to its `open`",
        ),
        (
            "2026-05-02,Mobile app,1 EUR,Expenses:Travel",
            "2: Expenses:Travel was closed on 2026-05-01; date its `close` after 2026-05-02",
        ),
    ],
)
def test_an_account_is_open_on_the_day_and_for_the_currency(
    tmp_path: Path, row: str, line: str
) -> None:
    books = expense_books(tmp_path, main=f"{MAIN}{OPEN}2026-05-01 close Expenses:Travel\n")
    assert refusal(books, row + "\n", "date,project,amount,account\n") == line


def test_without_a_currency_or_an_other_side_nothing_is_guessed(tmp_path: Path) -> None:
    books = expense_books(tmp_path, "{expenses-csv: {account: 'Expenses:Travel'}}")
    assert refusal(books, "2026-03-26,Mobile app,84\n").startswith("2: the row names no currency")
    assert refusal(books, "2026-03-26,Mobile app,84 EUR\n") == (
        "2: the row says nothing of `from`; set `from:` to an account under"
        " `imports: expenses-csv:` in projbill.yaml"
    )


def test_two_currencies_in_one_row_are_refused(tmp_path: Path) -> None:
    found = refusal(
        expense_books(tmp_path),
        "2026-03-26,Mobile app,84 EUR,CHF\n",
        "date,project,amount,currency\n",
    )
    assert found == '2: the amount is "84 EUR" and the currency CHF; correct the row'


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("84,50 €", "84.50 EUR"),
        ("€1.234,50", "1234.50 EUR"),
        ("CHF 1'234.50", "1234.50 CHF"),
        ("1 234 567.8 chf", "1234567.80 CHF"),
        ("(84.00)", "-84.00 EUR"),
        ("84.00-", "-84.00 EUR"),
        ("\u221284.00", "-84.00 EUR"),
        ("12345 JPY", "12345 JPY"),
        ("0.125 KWD", "0.125 KWD"),
        ("999999999999.99", "999999999999.99 EUR"),
    ],
)
def test_amounts_are_exact_however_they_are_written(tmp_path: Path, text: str, units: str) -> None:
    books = expense_books(tmp_path)
    export = write(
        tmp_path, f'{PLAIN_HEAD}2026-03-26,Mobile app,"{text}"\n2026-03-27,Mobile app,1\n'
    )
    books.take(export)
    assert [str(posting.units) for posting in spent(books)] == [units, "1.00 EUR"]


def test_a_card_s_statement_has_what_was_spent_below_zero(tmp_path: Path) -> None:
    books = expense_books(tmp_path, PLAIN.replace("}}", ", spent: negative}}"))
    books.take(write(tmp_path, f"{PLAIN_HEAD}2026-03-26,Mobile app,-84\n2026-03-27,Migration,5\n"))
    assert [str(one.units) for one in spent(books)] == ["84.00 EUR", "-5.00 EUR"]


def test_rows_that_are_no_expenses_are_skipped_and_counted(tmp_path: Path) -> None:
    imports = PLAIN.replace("}}", ', ignore: [{project: "-"}]}}')
    books = expense_books(tmp_path, imports)
    (report,) = books.take(
        write(
            tmp_path,
            "date,project,amount,invoiced\n2026-03-26,Mobile app,0.00,\n"
            "2026-03-26,,5,\n2026-03-26,Mobile app,6,yes\n,Total,6,\n2026-03-26,Mobile app,7,no\n",
        )
    )
    assert report.skipped == {
        "already invoiced in the tool": 1,
        "ignored on purpose": 1,
        "subtotal": 1,
        "zero amount": 1,
    }
    assert [str(one.units) for one in spent(books)] == ["7.00 EUR"]


def test_the_other_side_and_tax_may_be_columns_and_assets_hold_disbursements(
    tmp_path: Path,
) -> None:
    books = expense_books(
        tmp_path, '{expenses-csv: {currency: EUR, accounts: {bo: "Liabilities:Owed:Bo"}}}'
    )
    books.take(
        write(
            tmp_path,
            "date,project,amount,account,from,tax,billable\n"
            "2026-03-26,Mobile app,84,Assets:Disbursements:BOLT,BO,None,yes\n",
        )
    )
    (posting,) = spent(books)
    assert (posting.account, posting.meta["tax"]) == ("Assets:Disbursements:BOLT", "none")
    assert "  Liabilities:Owed:Bo        -84.00 EUR" in written(books)["2026-03.beancount"]


def test_a_sheet_and_a_utf_16_text_bring_the_same_expenses(tmp_path: Path) -> None:
    books = expense_books(tmp_path)
    export = write(
        tmp_path, f"{PLAIN_HEAD}2026-03-26,Mobile app,84.1\n".replace(",", "\t"), encoding="utf-16"
    )
    books.take(export)
    book = openpyxl.Workbook()
    sheet = book.create_sheet("Expenses", 0)
    sheet.append(["Date", "Project", "Amount"])
    sheet.append(["2026-03-26", "Mobile app", 84.1])
    book.save(tmp_path / "sheet.xlsx")
    (report,) = books.take(tmp_path / "sheet.xlsx")
    assert (report.known, [str(one.units) for one in spent(books)]) == (1, ["84.10 EUR"])


def test_a_table_with_a_column_that_is_not_ours_is_not_guessed(tmp_path: Path) -> None:
    found = refusal(
        expense_books(tmp_path), "2026-03-26,Mobile app,84,no\n", "date,project,amount,Rebill?\n"
    )
    assert found.startswith(
        '1: looks like CSV of expenses (expenses-csv) but has other columns too: "rebill?"'
    )


def test_the_import_page_shows_the_transaction_and_its_row(tmp_path: Path) -> None:
    books = expense_books(tmp_path, GERMAN)
    export = str(write(tmp_path, HEAD + ROWS))
    found = by_name(tmp_path)
    assert [name for name, one in found.items() if one.identify(export)] == [
        "projbill.expenses-csv"
    ]
    importer = found["projbill.expenses-csv"]
    assert importer.account(export) == "Liabilities:Card"
    first, *others = importer.extract(export, [])
    assert isinstance(first, Transaction)
    assert [str(posting.units) for posting in first.postings] == ["84.00 EUR", "-84.00 EUR"]
    assert first.meta["__source__"].startswith("R 17 | 26.03.2026 | Mobile app | 84,00")
    assert (len(others), str(importer.date(export))) == (2, "2026-04-02")
    again = importer.extract(export, [])
    importer.deduplicate(again, [first])
    assert [one.meta.get("__duplicate__") is first for one in again] == [True, False, False]
    books.take(export)
    assert importer.extract(export, books.entries()) == []
    (tmp_path / "bad").mkdir()
    bad = write(tmp_path / "bad", HEAD + ROWS.replace("Reise", "Taxi"))
    with pytest.raises(ExportRefusedError, match=r":2: no account for .Taxi.*\(also line 4\)"):
        importer.extract(str(bad), books.entries())


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=12)


@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(1, 4),
            st.sampled_from(["Mobile app", "Migration"]),
            st.decimals("-999.99", "99999.99", places=2),
            st.sampled_from(["EUR", "CHF"]),
            TEXTS,
            st.sampled_from(["", "a", "b"]),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_importing_twice_adds_nothing_and_no_cent_is_lost(rows: list[tuple[Any, ...]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        books = expense_books(folder, PLAIN.replace("}}", ", spent: positive}}"))
        lines = [
            f'"2026-03-0{day}","{project}",{amount},{currency},"{text.replace(chr(34), chr(34) * 2)}","{own}"\n'
            for day, project, amount, currency, text, own in rows
        ]
        head = "date,project,amount,currency,note,id\n"
        (report,) = books.take(write(folder, head + "".join(lines)))
        check_sum(report)
        assert report.refused == ()
        before = written(books)
        (again,) = books.take(write(folder, head + "".join(reversed(lines))))
        assert (again.new, again.changed, again.known) == (0, (), report.new)
        assert written(books) == before
        for currency in ("EUR", "CHF"):
            meant = [amount for _, _, amount, one, _, _ in rows if one == currency]
            found = [one.units.number for one in spent(books) if one.units.currency == currency]
            assert sum(found, Decimal(0)) == sum(meant, Decimal(0))
