from __future__ import annotations

import errno
import os
import threading
from contextvars import ContextVar
from datetime import date
from typing import TYPE_CHECKING

import pytest

from projbill_beancount.ledger import files
from projbill_beancount.ledger.errors import LedgerWriteError
from projbill_beancount.ledger.files import Change
from projbill_beancount.ledger.files import ledger_lock
from projbill_beancount.ledger.files import read_snapshot
from projbill_beancount.ledger.files import write_changes
from projbill_beancount.ledger.includes import including_file
from projbill_beancount.ledger.record import Leg
from projbill_beancount.ledger.record import Record
from projbill_beancount.ledger.write import append_text
from projbill_beancount.ledger.write import write_records
from projbill_beancount.terms.model import Firm
from projbill_beancount.terms.model import Place

if TYPE_CHECKING:
    from pathlib import Path

FIRM = Firm("", Place("", 1))
OLD = 1_600_000_000


def record(day: int, identity: str = "x-1", month: int = 3) -> Record:
    legs = (
        Leg("Equity:Time:Unbilled:P", 10_000, {"id": identity}),
        Leg("Equity:Time:Worked:Bo", -10_000),
    )
    return Record(date(2026, month, day), "Bo", "P 1 h", {"person": "bo"}, legs)


def ledger(folder: Path, text: str = 'include "time/*.beancount"\n') -> str:
    path = folder / "main.beancount"
    path.write_text(text)
    os.utime(path, (OLD, OLD))
    return str(path)


def test_records_go_to_the_file_of_their_month_and_the_ledger_is_touched(tmp_path: Path) -> None:
    main = ledger(tmp_path)
    written = write_records(main, FIRM, [record(5), record(2, "x-2"), record(1, "x-3", 4)])
    march, april = (tmp_path / "time" / name for name in ("2026-03.beancount", "2026-04.beancount"))
    assert written == ((str(march), str(april)), ())
    assert [line[:10] for line in march.read_text().splitlines() if line[:4] == "2026"] == [
        "2026-03-02",
        "2026-03-05",
    ]
    assert (tmp_path / "main.beancount").stat().st_mtime > OLD
    assert sorted(path.name for path in (tmp_path / "time").iterdir()) == [march.name, april.name]


def test_mode_and_symbolic_link_stay_and_both_are_touched(tmp_path: Path) -> None:
    main = ledger(tmp_path)
    (tmp_path / "time").mkdir()
    real = tmp_path / "real.beancount"
    real.write_text("")
    real.chmod(0o640)
    link = tmp_path / "time" / "2026-03.beancount"
    link.symlink_to(real)
    os.utime(link, (OLD, OLD), follow_symlinks=False)
    write_records(main, FIRM, [record(2)])
    assert link.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert "x-1" in real.read_text()
    assert link.lstat().st_mtime > OLD


def test_a_file_that_the_ledger_leaves_out_is_warned_of(tmp_path: Path) -> None:
    main = ledger(tmp_path, 'include "other/*.beancount"\n')
    assert write_records(main, FIRM, [record(2)]).warnings == (
        (
            f"{tmp_path}/time/2026-03.beancount: the ledger does not include this file; add to {main}:"
            ' include "time/2026-03.beancount"'
        ),
    )


def test_an_id_that_the_file_has_already_is_refused(tmp_path: Path) -> None:
    main = ledger(tmp_path)
    write_records(main, FIRM, [record(2)])
    before = (tmp_path / "time/2026-03.beancount").read_bytes()
    with pytest.raises(
        LedgerWriteError, match="it already has x-1, which the loaded ledger has not"
    ):
        write_records(main, FIRM, [record(3, "x-9"), record(4)])
    assert (tmp_path / "time/2026-03.beancount").read_bytes() == before


def test_a_file_changed_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    one, two = tmp_path / "a", tmp_path / "b"
    one.write_text("a")
    two.write_text("b")
    changes = [Change(read_snapshot(str(path)), b"new") for path in (one, two)]
    two.write_text("edited in Fava")
    with pytest.raises(LedgerWriteError, match="it was changed while this was being prepared"):
        write_changes(changes)
    assert (one.read_text(), two.read_text()) == ("a", "edited in Fava")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_a_full_disk_leaves_all_files_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = tmp_path / "a", tmp_path / "b"
    one.write_text("a")
    changes = [Change(read_snapshot(str(path)), b"new") for path in (one, two)]
    synced: list[int] = []

    def full(handle: int) -> None:
        synced.append(handle)
        if len(synced) == 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(LedgerWriteError, match="b: No space left on device; nothing was written"):
        write_changes(changes)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a", "a")]


def test_what_cannot_be_read_or_written_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(LedgerWriteError, match=r": Is a directory; nothing was written$"):
        read_snapshot(str(tmp_path))
    (tmp_path / "file").write_text("")
    blocked = Change(read_snapshot(str(tmp_path / "new")), b"x")
    blocked = blocked._replace(old=blocked.old._replace(path=str(tmp_path / "file" / "x")))
    with pytest.raises(LedgerWriteError, match="nothing was written"):
        write_changes([blocked])


def test_the_lock_lets_one_in_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    main = ledger(tmp_path)
    monkeypatch.setattr(files, "PATIENCE", ContextVar("PATIENCE", default=0.1))
    said: list[str] = []

    def second() -> None:
        try:
            with ledger_lock(main):
                said.append("in")
        except LedgerWriteError as error:
            said.append(str(error))

    with ledger_lock(main):
        other = threading.Thread(target=second)
        other.start()
        other.join()
    assert said == [
        (
            f"{tmp_path}/.projbill.lock: another projbill command is writing; wait for it and run this"
            " again"
        )
    ]
    second()
    assert said[1] == "in"


def test_text_is_appended_in_the_files_own_line_ends(tmp_path: Path) -> None:
    for old, new in (
        (b"", b"x\ny\n"),
        (b"a\n", b"a\n\nx\ny\n"),
        (b"a\r\n", b"a\r\n\r\nx\r\ny\r\n"),
        (b"a", b"a\n\nx\ny\n"),
    ):
        path = tmp_path / "invoices.beancount"
        path.write_bytes(old)
        append_text(str(path), "x\ny\n")
        assert path.read_bytes() == new


def test_including_files_are_found_through_globs_and_folders(tmp_path: Path) -> None:
    main = ledger(
        tmp_path, '; include "no"\ninclude "books/*.beancount"\ninclude "all/**/*.bean"\n'
    )
    (tmp_path / "books").mkdir()
    inner = tmp_path / "books" / "time.beancount"
    inner.write_text('include "../time/2026-??.beancount"\ninclude "time.beancount"\n')
    assert including_file(main, str(tmp_path / "time/2026-03.beancount")) == str(inner)
    assert including_file(main, str(tmp_path / "time/2026-003.beancount")) is None
    assert including_file(main, str(tmp_path / "books/new.beancount")) == main
    assert including_file(main, str(tmp_path / "books/deep/new.beancount")) is None
    assert including_file(main, str(tmp_path / "all/new.bean")) == main
    assert including_file(main, str(tmp_path / "all/a/b/new.bean")) == main
    assert including_file(main, main) == main
