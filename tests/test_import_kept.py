from __future__ import annotations

import random
import subprocess
import sys
from datetime import date
from typing import TYPE_CHECKING

import pytest

from projbill_beancount.importers import kept
from projbill_beancount.importers.kept import Found
from projbill_beancount.importers.kept import KeptSessions
from projbill_beancount.importers.model import Content
from projbill_beancount.importers.table import Table
from projbill_beancount.importers.table import data_rows
from projbill_beancount.ledger.facts import LoggedTime
from projbill_beancount.ledger.facts import entry_meta
from projbill_beancount.ledger.facts import entry_text
from projbill_beancount.ledger.record import meta_in
from projbill_beancount.ledger.record import meta_text
from tests.import_books import make_books
from tests.import_books import write

if TYPE_CHECKING:
    from pathlib import Path

WORDS = ("", "dev", 'a "b"', "back\\slash", '\\"', "\u2028é日", "x: y", "note: \\n", " TRUE")


def entry(chance: random.Random, identity: str, day: int) -> LoggedTime:
    words = [chance.choice(WORDS) for _ in range(6)]
    return LoggedTime(
        identity,
        date(2026, 3, day),
        chance.choice(("alice", "bo")),
        chance.choice(("P", "Q")),
        chance.randrange(-7200, 86_400),
        chance.choice((True, False)),
        words[0],
        chance.choice((None, True, False)),
        words[1],
        words[2],
        words[3],
        words[4],
        words[5],
        chance.choice(("", True, "INV-7")),
    )


@pytest.mark.parametrize("in_memory", [1, 10, 2000])
def test_sessions_are_as_they_were_kept(in_memory: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "IN_MEMORY", in_memory)
    monkeypatch.setattr(kept, "WINDOW", 700)
    chance = random.Random(in_memory)
    sessions = KeptSessions(cells=True)
    meant = []
    for number in range(60):
        base = chance.choice((f"t-{number}", "t-1", "t-bo-2026-03-01-"))
        entries = tuple(entry(chance, base, 1 + part) for part in range(chance.randrange(1, 3)))
        meant.append(Found(number, base, entries, ("a", str(number)), chance.choice((True, False))))
        sessions.add(meant[-1], is_known=False)
    order = list(range(60))
    chance.shuffle(order)
    assert [sessions[index] for index in order] == [meant[index] for index in order]


def test_text_of_an_entry_is_that_of_its_metadata() -> None:
    chance = random.Random(1)
    for _ in range(500):
        one = entry(chance, "t-1", 1)
        meta = entry_meta(one)
        assert entry_text(one) == meta_text(meta)
        assert meta_in(meta_text(meta)) == meta


def test_lines_of_a_long_table_are_those_of_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("projbill_beancount.importers.table.CHUNK", 7)
    rows = [["a", 'x"y'], ["b", "one\ntwo\r\nthree"], ["c", ""], ["dddddddddd", "e\rf"]]
    for end in ("\n", "\r\n", "\r"):
        body = end.join(
            f'"{one}","{two}"' for one, two in ((a, b.replace('"', '""')) for a, b in rows)
        )
        text = f"id,note{end}{body}{end}"
        table = Table(text, ",", 0, ("id", "note"), {"id": (0,), "note": (1,)})
        assert [cells for _, cells in data_rows(table, Content())] == rows


GERMAN = "{hours-csv: {columns: {date: Tag, person: Wer, hours: Std, project: Projekt}}}"


def test_the_order_of_dates_may_first_show_late_in_a_file(tmp_path: Path) -> None:
    books = make_books(tmp_path, GERMAN)
    early = "".join(f"03/{1 + at % 12:02}/2026,alice,1,Migration\n" for at in range(2500))
    export = write(tmp_path, f"Tag,Wer,Std,Projekt\n{early}03/31/2026,alice,2,Migration\n")
    (report,) = books.take(export)
    assert (report.new, report.refused) == (2501, ())
    assert {one["date"][:7] for one in books.time()} == {"2026-03"}
    both = f"{early}03/31/2026,alice,2,Migration\n31/03/2026,alice,2,Migration\n"
    for rows, reason in ((both, "some dates have the day first"), (early, "may have the day or")):
        (report,) = books.plan(write(tmp_path, f"Tag,Wer,Std,Projekt\n{rows}", "b.csv"))
        assert (report.rows, report.records) == (0, ())
        assert reason in report.refused[0].reason


def test_of_many_records_each_is_written_to_its_month(tmp_path: Path) -> None:
    books = make_books(tmp_path, GERMAN)
    days = [date.fromordinal(date(2015, 1, 1).toordinal() + at) for at in range(2500)]
    random.Random(1).shuffle(days)
    rows = "".join(f"{day},alice,1,Migration\n{day},alice,2,Migration\n" for day in days)
    (report,) = books.take(write(tmp_path, f"Tag,Wer,Std,Projekt\n{rows}"))
    assert (report.new, len(report.records)) == (5000, 2500)
    time = books.time()
    assert sorted(one["id"] for one in time) == sorted(
        f"hours-csv-alice-{day}-{number}" for day in days for number in (1, 2)
    )
    assert len(books.bytes()) == len({day.isoformat()[:7] for day in days})


def test_without_room_for_what_waits_nothing_is_written(tmp_path: Path) -> None:
    books = make_books(tmp_path, GERMAN)
    before = books.bytes()
    rows = "".join(f"2026-03-{1 + at % 28:02},alice,1,Migration\n" for at in range(2500))
    export = write(tmp_path, f"Tag,Wer,Std,Projekt\n{rows}")
    command = [
        *(sys.executable, "-c", "from projbill_beancount.cli import main; main()"),
        *("-f", str(books.ledger), "import", str(export)),
    ]
    full = "import tempfile; tempfile.tempdir = '/dev/full'; "
    command[2] = full + command[2]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert line.startswith("/dev/full: ")
    assert "nothing was written: make room there" in line
    assert books.bytes() == before
