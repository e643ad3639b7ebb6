from __future__ import annotations

from typing import TYPE_CHECKING

from tests.import_books import EXPORTS
from tests.import_books import make_books
from tests.import_books import write

if TYPE_CHECKING:
    from pathlib import Path

IGNORE = '{toggl: {ignore: [{project: "-"}]}}'


def test_the_old_layout_becomes_one_transaction_per_person_and_day(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    (report,) = books.take(EXPORTS / "toggl-old.csv")
    assert (report.format, report.rows, report.new, dict(report.skipped)) == ("toggl", 3, 3, {})
    assert (tmp_path / "time/2026-03.beancount").read_text() == (
        '2026-03-02 * "Alice Rey" "ACME-MIG 6.33 h"\n'
        '  person: "alice"\n'
        '  source: "toggl"\n'
        "  Equity:Time:Unbilled:ACME-MIG      6.0000 HOUR\n"
        '    id: "toggl-alice-20260302T090000"\n'
        '    task: "architecture"\n'
        "    billable: TRUE\n"
        '    note: "Target \\"network\\" plan, part 1"\n'
        '    start: "2026-03-02T09:00:00+01:00"\n'
        '    end: "2026-03-02T15:00:00+01:00"\n'
        "  Equity:Time:NonBillable:ACME-MIG   0.3333 HOUR\n"
        '    id: "toggl-alice-20260302T150000"\n'
        '    task: "standup"\n'
        "    billable: FALSE\n"
        '    note: "Daily"\n'
        '    start: "2026-03-02T15:00:00+01:00"\n'
        '    end: "2026-03-02T15:20:00+01:00"\n'
        "  Equity:Time:Worked:Alice          -6.3333 HOUR\n"
        "\n"
        '2026-03-31 * "Bo Lindqvist" "BOLT-APP 1.5 h"\n'
        '  person: "bo"\n'
        '  source: "toggl"\n'
        "  Equity:Time:Unbilled:BOLT-APP   1.5000 HOUR\n"
        '    id: "toggl-bo-20260331T223000"\n'
        "    billable: TRUE\n"
        '    note: "Login screen"\n'
        '    start: "2026-03-31T22:30:00+02:00"\n'
        '    end: "2026-04-01T00:00:00+02:00"\n'
        "  Equity:Time:Worked:Bo          -1.5000 HOUR\n"
    )
    (april,) = [entry for entry in books.time() if entry["date"] == "2026-04-01"]
    assert (april["id"], april["hours"]) == ("toggl-bo-20260331T223000/2", "1.0000")
    assert (april["start"], april["end"]) == (
        "2026-04-01T00:00:00+02:00",
        "2026-04-01T01:00:00+02:00",
    )


def test_the_new_layout_has_dashes_for_empty_cells_and_running_timers(tmp_path: Path) -> None:
    books = make_books(tmp_path, IGNORE)
    (report,) = books.take(EXPORTS / "toggl-new.csv")
    assert (report.rows, report.new) == (5, 2)
    assert dict(report.skipped) == {"ignored on purpose": 1, "running timer": 1, "zero duration": 1}
    assert report.notices == (
        "in 1 row the duration differs from end − start by more than a minute; the duration counts",
    )
    api, talk = sorted(books.time(), key=lambda entry: entry["id"], reverse=True)
    assert (api["person"], api["hours"], api["billable"]) == ("bo", "1.5000", True)
    assert (talk["account"], talk["hours"]) == ("NonBillable:ACME-MIG", "0.7500")
    assert "note" not in talk
    assert api["end"] == "2026-04-02T10:35:12+02:00"


def test_the_subset_layout_has_no_end_and_still_splits_at_midnight(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    books.take(EXPORTS / "toggl-subset.csv")
    shown = [(entry["date"], entry["id"], entry["hours"]) for entry in books.time()]
    assert shown == [
        ("2026-03-03", "toggl-alice-20260303T090000", "2.9667"),
        ("2026-03-03", "toggl-bo-20260303T230000", "1.0000"),
        ("2026-03-04", "toggl-bo-20260303T230000/2", "1.0000"),
    ]
    assert "end" not in books.time()[0]


def test_without_a_billable_column_nothing_is_said_and_the_task_decides(tmp_path: Path) -> None:
    books = make_books(tmp_path)
    export = write(
        tmp_path,
        "Email,Start date,Start time,Duration,Project,Task,Client,Description\n"
        "alice@northlight.example,2026-03-03,09:00:00,01:00:00,Migration,STANDUP,ACME Corp,a\n"
        "alice@northlight.example,2026-03-03,10:00:00,01:00:00,Migration,Network plan,ACME Corp,b\n",
    )
    (report,) = books.take(export)
    assert report.notices == ("no column says what is billable; the contract's tasks decide",)
    first, second = books.time()
    assert (first["account"], first["task"]) == ("NonBillable:ACME-MIG", "standup")
    assert (second["account"], second["task"]) == ("Unbilled:ACME-MIG", "network-plan")
    assert "billable" not in first


def test_encodings_and_delimiters_are_found(tmp_path: Path) -> None:
    text = (EXPORTS / "toggl-subset.csv").read_text().replace("first", "für Søren")
    expected = None
    for number, (encoding, delimiter) in enumerate(
        [("utf-8", ","), ("utf-8-sig", ";"), ("utf-16", "\t"), ("cp1252", ";")]
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        books = make_books(folder)
        books.take(write(folder, text.replace(",", delimiter), encoding=encoding))
        assert expected is None or books.bytes() == expected
        expected = books.bytes()
    assert b"f\xc3\xbcr S\xc3\xb8ren" in b"".join((expected or {}).values())
