"""Microsoft Project's XML (MSPDI): tasks by WBS or name, with their own percentage."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING
from xml.parsers import expat

from projbill_beancount.importers.jsontext import Value
from projbill_beancount.importers.model import FileRefusedError
from projbill_beancount.importers.tracker import Entry
from projbill_beancount.importers.tracker import Layout
from projbill_beancount.importers.tracker import Level
from projbill_beancount.importers.tracker_format import Tracker
from projbill_beancount.importers.tracker_format import tracker_format

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Sequence

NAMESPACE = "http://schemas.microsoft.com/project"
PROJECT = f"{NAMESPACE} Project"
#: The project's days that stand for the day of the export, the best first.
REPORTED = ("StatusDate", "LastSaved", "CurrentDate")
TASK_DEPTH, PROJECT_DEPTH = 3, 1


class _Tasks:
    """Takes the texts of all tasks; what is nested deeper is passed over."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate("utf-8", " ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = _refuse
        self.path: list[str] = []
        self.texts: list[str] = []
        self.task: dict[str, str] = {}
        self.line = 1
        self.found: list[Value] = []
        self.project: dict[str, str] = {}

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        del attributes
        if not self.path and name != PROJECT:
            raise ValueError(name)
        self.path.append(name.rpartition(" ")[2])
        self.texts = []
        if self.path == ["Project", "Tasks", "Task"]:
            self.task, self.line = {}, self.parser.CurrentLineNumber

    def _text(self, text: str) -> None:
        self.texts.append(text)

    def _end(self, name: str) -> None:
        del name
        if self.path == ["Project", "Tasks", "Task"]:
            self.found.append(Value(self.line, self.task))
        elif len(self.path) == TASK_DEPTH + 1 and self.path[:TASK_DEPTH] == [
            "Project",
            "Tasks",
            "Task",
        ]:
            self.task[self.path[-1]] = "".join(self.texts).strip()
        elif len(self.path) == PROJECT_DEPTH + 1:
            self.project[self.path[-1]] = "".join(self.texts).strip()
        self.path.pop()
        self.texts = []


def _refuse(*declaration: object) -> None:
    """A document type may define entities, which Project never writes and which can be a trap."""
    raise ValueError(f"a document type, {declaration[0]}")


def _tasks(text: str) -> Sequence[Value] | None:
    # What is no such file is not remembered: it may be a large table.
    return _parsed(text) if NAMESPACE in text[:4096] else None


@lru_cache(maxsize=1)
def _parsed(text: str) -> Sequence[Value]:
    reader = _Tasks()
    try:
        reader.parser.Parse(text.encode("utf-8", "replace"), True)
    except (expat.ExpatError, ValueError) as error:
        raise FileRefusedError(
            f"Microsoft Project XML that is cut off, damaged or changed ({error}); export it again",
            reader.parser.CurrentLineNumber,
        ) from error
    day = next((found for name in REPORTED if (found := reader.project.get(name))), "")
    # The project's `Name` is that of its file, which changes with every copy.
    title = reader.project.get("Title", "")
    return [Value(line, task | _state(task, day, title)) for line, task in reader.found]


def _state(task: dict[str, str], day: str, title: str) -> dict[str, str]:
    done = task.get("PercentComplete") == "100"
    return {
        "status": "complete" if done else "open",
        # Of a task that is complete both are the same, and some programs write one only.
        "finished": task.get("Finish", "") if done else "",
        "updated": day,
        "project": title,
    }


def _is_no_task(entry: Entry) -> str:
    if entry.first("id") == "0":
        return "summary of the whole project"
    if entry.first("null") == "1":
        return "blank line"
    return "" if entry.first("active") != "0" else "inactive task"


TASKS = Layout(
    items=_tasks,
    fields={
        # The ID is the row's number and changes; the UID stays.
        "id": ("UID",),
        "key": ("WBS",),
        "name": ("Name",),
        "guid": ("GUID",),
        "project": ("project",),
        "status": ("status",),
        "percent": ("PercentComplete",),
        "closed": ("ActualFinish", "finished"),
        "updated": ("updated",),
        "null": ("IsNull",),
        "active": ("Active",),
    },
    levels=(
        Level("msproject", "task", "id", also=("key", "guid", "name"), scoped=True, named=False),
    ),
    done=frozenset(("complete",)),
    left_out=_is_no_task,
)

MSPROJECT = tracker_format(Tracker("msproject", "Microsoft Project (XML)", (TASKS,)))
