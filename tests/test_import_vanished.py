"""Entries of the ledger that an export of their time has no more."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from typing import Any

from tests.cli_books import AS_OF
from tests.cli_books import INVOICES
from tests.cli_books import MARCH
from tests.cli_books import projbill
from tests.cli_books import write_books

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "Date,Person,Project,Task,Hours,Note,Id\n"
ROW = "2026-03-{:02},{},{},backend,1,,{}\n"


def take(ledger: Path, *texts: str, options: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    exports = []
    for number, text in enumerate(texts):
        exports.append(ledger.parent / f"hours{number}.csv")
        exports[-1].write_text(text)
    args = ("-f", ledger, "--as-of", AS_OF, "import", *options, *exports, "--format", "json")
    result = projbill(*args)
    assert result.exit_code == 0, result.output
    return list(json.loads(result.stdout)["files"])


def rows(*days: int, person: str = "carol", project: str = "BOLT-APP") -> str:
    return "".join(ROW.format(day, person, project, f"{person}{day}") for day in days)


def test_a_row_that_is_gone_is_named_and_nothing_is_deleted(tmp_path: Path) -> None:
    ledger = write_books(tmp_path)
    take(ledger, HEAD + rows(9, 10, 11, 12))
    before = (tmp_path / "time" / "2026-03.beancount").read_bytes()
    (told,) = take(ledger, HEAD + rows(9, 12), options=("--update",))
    assert told["vanished"] == ["hours-csv-carol10", "hours-csv-carol11"]
    (notice,) = [line for line in told["notices"] if "not in this export" in line]
    assert notice == (
        "2 entries of this time that the ledger has are not in this export: hours-csv-carol10,"
        " hours-csv-carol11; if they are gone in the tool, remove them or write them off"
    )
    assert (tmp_path / "time" / "2026-03.beancount").read_bytes() == before
    plain = projbill("-f", ledger, "--as-of", AS_OF, "import", tmp_path / "hours0.csv")
    assert plain.exit_code == 0
    assert f"  note: {notice}\n" in plain.stdout


def test_beyond_the_bounds_of_the_file_nothing_is_missed(tmp_path: Path) -> None:
    ledger = write_books(tmp_path)
    take(ledger, HEAD + rows(9, 10, 11, 12) + rows(10, person="dan"))
    take(ledger, HEAD + rows(11, project="ACME-MIG").replace("carol11", "acme11"))
    (earlier,) = take(ledger, HEAD + rows(9, 10))
    (narrow,) = take(ledger, HEAD + rows(10, person="dan"))
    assert (earlier["vanished"], narrow["vanished"]) == ([], [])
    (both,) = take(ledger, HEAD + rows(9, 12) + rows(10, person="dan"))
    assert both["vanished"] == ["hours-csv-carol10", "hours-csv-carol11"]


def test_what_another_file_of_the_import_has_is_not_missed(tmp_path: Path) -> None:
    ledger = write_books(tmp_path)
    first, second = HEAD + rows(9, 11), HEAD + rows(8, 10, 12)
    for _ in range(2):
        told = take(ledger, first, second)
        assert [one["vanished"] for one in told] == [[], []]


def test_what_is_billed_or_of_another_format_is_not_missed(tmp_path: Path) -> None:
    time = MARCH.replace('"toggl-1"', '"hours-csv-1"').replace('"toggl-3"', '"hours-csv-3"')
    invoices = INVOICES.replace("toggl-1", "hours-csv-1")
    ledger = write_books(tmp_path, time=time, invoices=invoices)
    text = HEAD + "2026-02-09,carol,BOLT-APP,backend,1,,a\n2026-03-31,carol,BOLT-APP,backend,1,,b\n"
    (told,) = take(ledger, text)
    assert told["vanished"] == ["hours-csv-3"]


def test_many_are_counted_and_rows_without_an_id_say_nothing(tmp_path: Path) -> None:
    ledger = write_books(tmp_path)
    take(ledger, HEAD + rows(*range(9, 19)))
    (told,) = take(ledger, HEAD + rows(9, 18))
    (notice,) = [line for line in told["notices"] if "not in this export" in line]
    assert notice.startswith("8 entries of this time")
    assert "hours-csv-carol14 and 3 more;" in notice
    head, row = "Date,Person,Project,Task,Hours\n", "2026-04-0{},carol,BOLT-APP,backend,1\n"
    take(ledger, head + row.format(1) + row.format(2) + row.format(3))
    (told,) = take(ledger, head + row.format(1) + row.format(3))
    assert told["vanished"] == []


def test_an_entry_whose_start_was_moved_is_new_and_missed(tmp_path: Path) -> None:
    ledger = write_books(tmp_path)
    head = "Email,Start date,Start time,Duration,Project,Task,Client,Billable,Description\n"
    row = "carol@northlight.example,2026-03-09,{}:00,01:00:00,Mobile app,backend,BOLT AG,Yes,a\n"
    take(ledger, head + row.format("09:00") + row.format("09:00") + row.format("14:00"))
    (told,) = take(ledger, head + row.format("09:00") + row.format("10:00") + row.format("14:00"))
    assert (told["new"], told["known"]) == (1, 2)
    assert told["vanished"] == ["toggl-carol-20260309T090000~2"]
