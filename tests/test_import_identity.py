from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from projbill_beancount.facts.values import seconds_of
from tests.import_books import BOLT
from tests.import_books import EXPORTS
from tests.import_books import check_sum
from tests.import_books import make_books
from tests.import_books import write

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

HEAD = "Email,Start date,Start time,Duration,Project,Task,Client,Billable,Description\n"
DAYS = "date,person,hours,project,note\n"


def toggl(start: str, duration: str, note: str, day: str = "2026-03-03") -> str:
    return f"bo@northlight.example,{day},{start},{duration},Mobile app,,BOLT AG,Yes,{note}\n"


def ids(books: object) -> list[str]:
    return [entry["id"] for entry in books.time()]  # type: ignore[attr-defined]


def test_importing_twice_changes_no_byte(tmp_path: Path) -> None:
    books = make_books(tmp_path, '{toggl: {ignore: [{project: "-"}]}, timeclock: {person: alice}}')
    exports = [EXPORTS / name for name in ("toggl-old.csv", "toggl-new.csv", "toggl-subset.csv")]
    exports += [EXPORTS / "work.timeclock", EXPORTS / "jira.csv"]
    first = books.take(*exports)
    before = books.bytes()
    stamps = {path: path.stat().st_mtime_ns for path in (tmp_path / "time").iterdir()}
    second = books.take(*exports)
    assert books.bytes() == before
    assert {path: path.stat().st_mtime_ns for path in stamps} == stamps
    assert [(report.new, report.known) for report in second] == [(0, one.new) for one in first]


def test_a_file_that_the_ledger_does_not_include_is_not_doubled_either(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    text = books.ledger.read_text()
    books.ledger.write_text(text.replace('include "time/*.beancount"', ""))
    books.take(EXPORTS / "toggl-old.csv")
    before = books.bytes()
    (again,) = books.take(EXPORTS / "toggl-old.csv")
    assert (again.new, again.known, books.bytes()) == (0, 3, before)


def test_overlapping_exports_add_what_is_new(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    one, two = toggl("09:00:00", "01:00:00", "a"), toggl("10:00:00", "01:00:00", "b")
    three = toggl("09:00:00", "01:00:00", "c", "2026-03-04")
    reports = books.take(
        write(tmp_path, HEAD + one + two, "a.csv"), write(tmp_path, HEAD + two + three, "b.csv")
    )
    assert [(report.new, report.known) for report in reports] == [(2, 0), (1, 1)]
    assert [entry["note"] for entry in books.time()] == ["a", "b", "c"]


def test_equal_rows_both_count_and_stay_two(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    row = toggl("09:00:00", "01:00:00", "a")
    export = write(tmp_path, HEAD + row + row)
    (report,) = books.take(export)
    assert (report.new, ids(books)) == (
        2,
        ["toggl-bo-20260303T090000", "toggl-bo-20260303T090000~2"],
    )
    (again,) = books.take(export)
    assert (again.new, again.known) == (0, 2)
    (third,) = books.take(write(tmp_path, HEAD + row * 3))
    assert (third.new, third.known, ids(books)[2]) == (1, 2, "toggl-bo-20260303T090000~3")


def test_equal_rows_without_a_start_both_count(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    row = "2026-03-03,bo,1,Mobile app,a\n"
    export = write(tmp_path, DAYS + row + row)
    books.take(export)
    assert ids(books) == ["hours-csv-bo-2026-03-03-1", "hours-csv-bo-2026-03-03-2"]
    (again,) = books.take(export)
    assert (again.new, again.known) == (0, 2)


def test_a_changed_row_is_reported_and_not_written(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    books.take(write(tmp_path, HEAD + toggl("09:00:00", "01:00:00", "a")))
    before = books.bytes()
    (report,) = books.take(write(tmp_path, HEAD + toggl("09:00:00", "01:30:00", "b")))
    (change,) = report.changed
    assert (report.new, report.known, books.bytes()) == (0, 0, before)
    assert (change.line, change.id) == (2, "toggl-bo-20260303T090000")
    assert change.old == '2026-03-03 bo BOLT-APP 1 h (billable, "a")'
    assert change.new == '2026-03-03 bo BOLT-APP 1.5 h (billable, "b")'


def test_one_changed_row_among_equals_leaves_the_other_known(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    row, other = toggl("09:00:00", "01:00:00", "a"), toggl("09:00:00", "02:00:00", "b")
    books.take(write(tmp_path, HEAD + row + other))
    edited = toggl("09:00:00", "02:00:00", "edited")
    (report,) = books.take(write(tmp_path, HEAD + edited + row))
    assert (report.known, [change.id for change in report.changed]) == (
        1,
        ["toggl-bo-20260303T090000~2"],
    )


def test_a_re_sorted_export_gives_the_same_ids(tmp_path: Path) -> None:
    rows = [toggl("09:00:00", "01:00:00", note) for note in ("c", "a", "b")]
    seen = []
    for name, order in (("x", rows), ("y", rows[::-1])):
        (tmp_path / name).mkdir()
        books = make_books(tmp_path / name)
        books.take(write(tmp_path, HEAD + "".join(order)))
        seen.append(books.bytes())
    assert seen[0] == seen[1]


def test_a_renamed_project_is_no_change(tmp_path: Path) -> None:
    export = write(tmp_path, HEAD + toggl("09:00:00", "01:00:00", "a"))
    (tmp_path / "old").mkdir()
    old = make_books(tmp_path / "old")
    old.take(export)
    (tmp_path / "new").mkdir()
    renamed = BOLT.replace("project: BOLT-APP", "project: BOLT-NEXT\nformerly: [BOLT-APP]")
    new = make_books(tmp_path / "new", contracts={"bolt": renamed})
    for name, content in old.bytes().items():
        (tmp_path / "new" / "time" / name).write_bytes(content)
    (report,) = new.plan(export)
    assert (report.known, report.changed) == (1, ())


def test_a_split_session_stays_known(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    export = write(tmp_path, HEAD + toggl("23:00:00", "02:00:00", "late"))
    books.take(export)
    assert ids(books) == ["toggl-bo-20260303T230000", "toggl-bo-20260303T230000/2"]
    (again,) = books.take(export)
    assert (again.new, again.known, again.changed) == (0, 1, ())


def test_the_tools_own_id_survives_every_correction_of_text(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    head = "id,date,person,hours,project,note\n"
    books.take(write(tmp_path, head + "7,2026-03-03,bo,1,Mobile app,a\n"))
    (report,) = books.take(write(tmp_path, head + "7,2026-03-05,bo,1,Mobile app,b\n"))
    assert [change.id for change in report.changed] == ["hours-csv-7"]


ROWS = st.lists(
    st.tuples(
        st.integers(1, 3),
        st.integers(0, 3),
        st.integers(1, 7200),
        st.sampled_from(["", "x", 'y"\\']),
    ),
    max_size=8,
)


@given(ROWS, st.randoms(use_true_random=False))
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_import_twice_is_once_in_any_order(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[int, int, int, str]], random: object
) -> None:
    folder = tmp_path_factory.mktemp("books")
    books = make_books(folder)
    texts = [
        toggl(
            f"{9 + hour:02}:00:00",
            f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}",
            '"' + note.replace('"', '""') + '"',
            f"2026-03-0{day}",
        )
        for day, hour, seconds, note in rows
    ]
    (first,) = books.take(write(folder, HEAD + "".join(texts)))
    before = books.bytes()
    random.shuffle(texts)  # type: ignore[attr-defined]
    (second,) = books.take(write(folder, HEAD + "".join(texts)))
    check_sum(second)
    assert (first.new, second.known, second.new, second.changed) == (len(rows), len(rows), 0, ())
    assert books.bytes() == before
    written = sum(seconds_of(Decimal(entry["hours"])) for entry in books.time())
    assert written == sum(row[2] for row in rows)
