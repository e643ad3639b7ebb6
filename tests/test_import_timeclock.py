from __future__ import annotations

from typing import TYPE_CHECKING

from tests.import_books import EXPORTS
from tests.import_books import make_books
from tests.import_books import write

if TYPE_CHECKING:
    from pathlib import Path

ALICE = "{timeclock: {person: alice}}"


def test_sessions_of_all_spellings(tmp_path: Path) -> None:
    books = make_books(tmp_path, ALICE)
    (report,) = books.take(EXPORTS / "work.timeclock")
    assert (report.format, report.rows, report.new) == ("timeclock", 6, 4)
    assert dict(report.skipped) == {"running timer": 1, "zero duration": 1}
    shown = [
        (entry["date"], entry["account"], entry["hours"], entry.get("task"), entry.get("note"))
        for entry in books.time()
    ]
    assert shown == [
        ("2026-03-02", "Unbilled:ACME-MIG", "3.5000", "architecture", "Network plan"),
        ("2026-03-02", "NonBillable:ACME-MIG", "0.2500", "standup", None),
        ("2026-03-02", "Unbilled:BOLT-APP", "1.5000", None, "Release"),
        ("2026-03-02", "Unbilled:ACME-MIG", "1.0000", None, "done for today"),
        ("2026-03-03", "Unbilled:ACME-MIG", "1.0000", None, "done for today"),
    ]
    assert books.time()[0]["id"] == "timeclock-alice-20260302T090000"


def test_a_person_must_be_given(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    export = write(tmp_path, "i 2026-03-02 09:00 migration\no 2026-03-02 10:00\n", "a.timeclock")
    assert books.refusal(export) == (
        "1: the row names no person; set `person:` under `imports: timeclock:` in projbill.yaml"
    )


def test_a_broken_line_and_a_lone_clock_out_are_refused(tmp_path: Path) -> None:
    books = make_books(tmp_path, ALICE)
    export = write(tmp_path, "i 2026-03-02 09:00 migration\no 2026-03-02 25:00\n", "a.timeclock")
    assert books.refusal(export).startswith('2: "o 2026-03-02 25:00" is not a clock line')
    export = write(tmp_path, "o 2026-03-02 08:00\ni 2026-03-02 09:00 migration\n", "b.timeclock")
    assert books.refusal(export) == "1: a clock-out without a clock-in before it"
    export = write(tmp_path, "i 2026-03-02 09:00 migration\no 2026-03-02 08:00\n", "c.timeclock")
    assert books.refusal(export) == "2: the clock-out is before the clock-in of line 1"


def test_a_session_over_a_day_long_is_refused(tmp_path: Path) -> None:
    books = make_books(tmp_path, ALICE)
    export = write(tmp_path, "i 2026-03-02 09:00 migration\no 2026-03-03 15:00\n", "a.timeclock")
    assert books.refusal(export) == (
        "1: from 2026-03-02 09:00:00 to 2026-03-03 15:00:00 is longer than a day"
    )
