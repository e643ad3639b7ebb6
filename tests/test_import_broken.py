"""Exports that were cut off or damaged: never a traceback, never half a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from projbill_beancount.importers.run import plan_for_ledger
from projbill_beancount.importers.run import refusal_lines
from tests.import_books import EXPORTS
from tests.import_books import make_books
from tests.import_books import report_on

if TYPE_CHECKING:
    from pathlib import Path

    from tests.import_books import Books

NAMES = sorted(path.name for path in EXPORTS.iterdir())
RULES = (
    '{toggl: {ignore: [{project: "-"}]}, timeclock: {person: alice}, timedot: {person: alice},'
    " timew: {person: bo}, watson: {person: bo}, org-clock: {person: bo}}"
)


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Books:
    return make_books(tmp_path_factory.mktemp("books"), RULES)


@pytest.mark.parametrize("name", NAMES)
def test_a_file_cut_off_anywhere_is_read_in_whole_rows_or_refused(books: Books, name: str) -> None:
    whole = (EXPORTS / name).read_bytes()
    entries = {str(record) for record in report_on(books, whole).records}
    assert entries
    for end in range(0, len(whole), 7):
        report = report_on(books, whole[:end])
        assert report.is_refused or report.new <= report_on(books, whole).new


@given(st.sampled_from(NAMES), st.data())
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_damaged_file_is_reported_and_never_a_traceback(
    books: Books, name: str, data: st.DataObject
) -> None:
    whole = (EXPORTS / name).read_bytes()
    start = data.draw(st.integers(0, len(whole)))
    length = data.draw(st.integers(0, 12))
    new = data.draw(st.one_of(st.binary(max_size=8), st.text(max_size=8).map(str.encode)))
    report_on(books, whole[:start] + new + whole[start + length :])


@given(st.binary(max_size=200))
@settings(deadline=None)
def test_any_bytes_are_reported(books: Books, content: bytes) -> None:
    assert report_on(books, content).new == 0


def test_a_folder_is_no_export(books: Books, tmp_path: Path) -> None:
    plan = plan_for_ledger([str(tmp_path)], str(books.ledger), books.terms, [])
    assert refusal_lines(plan.files[0]) == [f"{tmp_path}:1: cannot be read: Is a directory"]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (
            b"PK\x03\x04" + bytes(200),
            "the archive cannot be unpacked (File is not a zip file); export it again",
        ),
        (
            "date,person,hours,project\n".encode("utf-16-le"),
            (
                "not text, or UTF-16 without its mark; export it as UTF-8, or set"
                " `encoding: utf-16-le` in projbill.yaml for this import"
            ),
        ),
        (
            "date,person,hours,project\n".encode("utf-16")[:-1],
            "begins as utf-16 and is not; it is cut off or damaged, export it again",
        ),
        (
            b"date,person,project\n2026-03-02,bo,BOLT-APP\n",
            (
                "looks like CSV of hours (hours-csv) but has not the columns it needs: date and"
                " hours or date and duration or date and start and end or start and end"
            ),
        ),
    ],
)
def test_a_file_that_is_no_export_is_told_why(tmp_path: Path, content: bytes, line: str) -> None:
    books = make_books(tmp_path)
    export = tmp_path / "export"
    export.write_bytes(content)
    assert books.refusal(export) == f"1: {line}"


HOURS = "date,person,hours,project"
TIMES = "start,end,person,project"


@pytest.mark.parametrize(
    ("head", "row", "line"),
    [
        (HOURS, f"2026-03-02,bo,{'9' * 5000},BOLT-APP", '"999999999999…" is too long a number'),
        (HOURS, "2026-03-02,bo,1234567890:00,BOLT-APP", '"1234567890:00" is not a number'),
        (f"{HOURS},rate", f"2026-03-02,bo,1,BOLT-APP,1{'0' * 12}", '"100000000000…" is too long'),
        (HOURS, "0206-03-02,bo,1,BOLT-APP", 'the year of "0206-03-02" cannot be right'),
        (HOURS, "9999-12-31,bo,1,BOLT-APP", 'the year of "9999-12-31" cannot be right'),
        (
            TIMES,
            "9999-12-31T23:30:00,9999-12-31T23:40:00,bo,BOLT-APP",
            'the year of "9999-12-31" cannot be right',
        ),
        (
            TIMES,
            "2026-03-02T09:00:00Z,2026-03-02T10:00:00,bo,BOLT-APP",
            "of start (2026-03-02 09:00:00+00:00) and end (2026-03-02 10:00:00) only one has",
        ),
    ],
)
def test_a_value_beyond_all_bounds_is_one_line(
    tmp_path: Path, head: str, row: str, line: str
) -> None:
    books = make_books(tmp_path)
    export = tmp_path / "export.csv"
    export.write_text(f"{head}\n{row}\n")
    assert books.refusal(export).startswith(f"2: {line}")


def test_a_clock_line_of_no_year_of_ours_is_refused(tmp_path: Path) -> None:
    books = make_books(tmp_path, "{timeclock: {person: bo}}")
    export = tmp_path / "work.timeclock"
    export.write_text("i 9999-12-31 23:00:00 BOLT-APP\n")
    assert books.refusal(export) == (
        '1: "i 9999-12-31 23:00:00 BOLT-APP" is not a clock line such as'
        " `i 2026-03-02 09:00:00 acme:web  note`"
    )


def test_an_encoding_set_for_one_format_keeps_no_other_out(tmp_path: Path) -> None:
    books = make_books(tmp_path, "{toggl: {encoding: ascii}}")
    export = tmp_path / "export.csv"
    export.write_text("date,person,hours,project,note\n2026-03-02,bo,1,BOLT-APP,Büro\n", "utf-8")
    (report,) = books.take(export)
    assert (report.format, report.new) == ("hours-csv", 1)
    export.write_bytes((EXPORTS / "toggl-old.csv").read_bytes())
    assert books.refusal(export) == (
        "1: not text in ascii; set `encoding:` in projbill.yaml for this import"
    )


def test_a_last_row_without_a_line_end_is_imported_with_a_word(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    export = tmp_path / "export.csv"
    export.write_text("date,project,person,hours\n2026-03-02,BOLT-APP,bo,12")
    (report,) = books.take(export)
    assert (report.new, report.notices[0]) == (
        1,
        "the last row (line 2) has no line end; see that its last cell is whole",
    )


def test_cells_with_line_ends_or_of_great_length_still_give_one_readable_line(
    tmp_path: Path,
) -> None:
    books = make_books(tmp_path)
    export = tmp_path / "export.csv"
    export.write_text(f'{HOURS}\n"2026-\n03-02",bo,1,BOLT-APP\n')
    assert books.refusal(export) == '2: "2026- 03-02" is not a date such as 2026-03-31'
    export.write_text(f"{HOURS}\n2026-03-02,bo,{'x' * 5000},BOLT-APP\n")
    assert books.refusal(export) == f'2: "{"x" * 999}…'
