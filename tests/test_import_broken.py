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
from projbill_beancount.importers.run import report_lines
from tests.import_books import EXPORTS
from tests.import_books import check_sum
from tests.import_books import make_books

if TYPE_CHECKING:
    from pathlib import Path

    from projbill_beancount.importers.plan import FileReport
    from tests.import_books import Books

NAMES = sorted(path.name for path in EXPORTS.iterdir())
RULES = '{toggl: {ignore: [{project: "-"}]}, timeclock: {person: alice}}'


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Books:
    return make_books(tmp_path_factory.mktemp("books"), RULES)


def report_on(books: Books, content: bytes) -> FileReport:
    path = books.folder / "export"
    path.write_bytes(content)
    plan = plan_for_ledger([str(path)], str(books.ledger), books.terms, [])
    (report,) = plan.files
    check_sum(report)
    assert all(
        line and "\n" not in line for line in (*report_lines(report), *refusal_lines(report))
    )
    return report


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
