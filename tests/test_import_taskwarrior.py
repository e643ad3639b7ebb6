"""Taskwarrior, where it is installed: its own export of tasks that these tests make."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from typing import TYPE_CHECKING
from typing import Any

import pytest

from tests.import_books import write
from tests.tracker_books import put
from tests.tracker_books import said
from tests.tracker_books import take_twice
from tests.tracker_books import tracker_books

if TYPE_CHECKING:
    from pathlib import Path

TASK = shutil.which("task")


class Taskwarrior:
    """The program with a data folder of its own, in Berlin."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "taskrc").write_text(f"data.location={folder}/data\nconfirmation=off\n")

    def __call__(self, *words: str, text: str | None = None) -> str:
        assert TASK is not None
        found = subprocess.run(
            [TASK, *words],
            env=os.environ
            | {"TASKRC": f"{self.folder}/taskrc", "TZ": "Europe/Berlin", "HOME": str(self.folder)},
            input=text,
            stdin=None if text is not None else subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=True,
        )
        return found.stdout

    def load(self, *tasks: dict[str, Any]) -> None:
        self("import", "-", text=json.dumps(tasks))

    def export(self) -> Path:
        return write(self.folder, self("export"), "tasks.json")


def task(number: int, status: str = "pending", end: str = "", **more: Any) -> dict[str, Any]:
    ended = {"end": end} if end else {}
    return {
        "uuid": f"0f13e986-322f-4957-9d46-cb17c066{number:04}",
        "description": f"Task {number}",
        "project": "acme.portal",
        "status": status,
        "entry": "20260302T091500Z",
        "modified": end or "20260303T091500Z",
        "due": "20260330T220000Z",
        **ended,
        **more,
    }


@pytest.mark.skipif(TASK is None, reason="Taskwarrior is not installed")
def test_what_the_program_exports(tmp_path: Path) -> None:
    program = Taskwarrior(tmp_path)
    program.load(
        task(1, "completed", "20260331T223000Z"),
        task(2, description='Call "Zoë" (Größe)', project="acme.portal.m2"),
        task(3, "deleted", "20260305T100000Z"),
        task(4, "completed", "20260310T100000Z", project="acme.other"),
    )
    program("add", "Weekly", "project:acme.portal", "recur:weekly", "due:2026-03-09")
    export = program.export()
    books = tracker_books(
        tmp_path / "books",
        "{taskwarrior: acme.portal}",
        "{taskwarrior: 0f13e986-322f-4957-9d46-cb17c0660001}",
        '{taskwarrior: Call "Zoë" (Größe)}',
        "{taskwarrior: acme}",
    )
    report = take_twice(books, export)
    assert report.format == "taskwarrior"
    assert report.skipped["template of recurring tasks"] == 1
    assert report.rows == len(json.loads(export.read_text()))
    weekly = sum(one["description"] == "Weekly" for one in json.loads(export.read_text())) - 1
    assert said(books) == [
        f"2026-04-01 M1 {shown(1, 2 + weekly)}",
        "2026-04-01 M2 100 %",
        f"2026-04-01 M4 {shown(2, 3 + weekly)}",
    ]


def shown(done: int, of: int) -> str:
    return f"{done * 10_000 // of / 100:g} %"


@pytest.mark.skipif(TASK is None, reason="Taskwarrior is not installed")
def test_a_task_that_the_program_opens_again_goes_back(tmp_path: Path) -> None:
    program = Taskwarrior(tmp_path)
    program.load(task(1, "completed", "20260331T223000Z"))
    books = tracker_books(tmp_path / "books", "{taskwarrior: 0f13e986-322f-4957-9d46-cb17c0660001}")
    take_twice(books, program.export())
    program("0f13e986-322f-4957-9d46-cb17c0660001", "modify", "status:pending", "end:")
    take_twice(books, program.export())
    (first, second) = [entry[1:3] for entry in books.progress()]
    assert (first, second) == (("M1", "100 %"), ("M1", "0 %"))


def test_one_object_a_line_without_a_list(tmp_path: Path) -> None:
    lines = "\n".join(json.dumps(task(n, "completed", "20260310T100000Z")) for n in (1, 2))
    books = tracker_books(tmp_path, "{taskwarrior: acme}", "{taskwarrior: 0f13e986}")
    (report,) = books.take(write(tmp_path, lines, "tasks.json"))
    # Both begin alike, so the short form does not tell which is meant.
    assert "match-ambiguous" in report.refused[0].reason
    clear = tracker_books(tmp_path / "b", "{taskwarrior: acme}")
    take_twice(clear, write(tmp_path, lines, "tasks.json"))
    assert said(clear) == ["2026-03-10 M1 100 %"]


def test_a_waiting_task_and_one_without_project(tmp_path: Path) -> None:
    lost = task(2, "completed", "20260310T100000Z")
    del lost["project"]
    books = tracker_books(tmp_path, "{taskwarrior: acme.portal}")
    report = take_twice(books, put(tmp_path, [task(1, "waiting"), lost]))
    assert dict(report.skipped) == {"not a milestone of any contract": 1, "not delivered yet": 1}
