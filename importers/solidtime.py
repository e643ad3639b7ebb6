"""solidtime: the detailed report as CSV or XLSX, its import file, and an organisation's ZIP.

Only the ZIP has ids, and its times are in UTC; in a report they are local and a person's start
makes the id.
"""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

from projbill_beancount.importers.declared import Layout
from projbill_beancount.importers.declared import declared
from projbill_beancount.importers.model import FileRefusedError
from projbill_beancount.importers.table import decoded
from projbill_beancount.importers.workcolumns import WorkColumns

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Mapping

ENTRIES = "time_entries.csv"
#: What the entries of a ZIP refer to: our field, the file, and its column.
_NAMES = (
    ("client", "client_id", "clients.csv", "name"),
    ("project", "project_id", "projects.csv", "name"),
    ("task", "task_id", "tasks.csv", "name"),
    ("user_name", "member_id", "members.csv", "name"),
    ("user_email", "member_id", "members.csv", "email"),
)
_KEPT = ("id", "description", "start", "end", "billable")

COLUMNS = WorkColumns(
    {
        "start": ("Start",),
        "end": ("End",),
        "duration": ("Duration",),
        "hours": ("Duration (decimal)",),
        "person": ("User", "user_name"),
        "email": ("user_email",),
        "client": ("Client",),
        "project": ("Project",),
        "task": ("Task",),
        "tags": ("Tags",),
        "note": ("Description",),
        "billable": ("Billable",),
        "id": ("id",),
    },
    sums=("start",),
)


def unpack(files: Mapping[str, bytes]) -> str:
    """The entries of an organisation's ZIP with the names that they refer to, as one CSV.

    Raises:
        FileRefusedError: a file in it is cut off, or lacks a column.
    """
    # Somebody may have unpacked it and packed the folder.
    files = {name.rpartition("/")[2]: content for name, content in files.items()}
    if ENTRIES not in files or "projects.csv" not in files:
        return ""
    tables = {name: _rows(files, name) for name in files if name.endswith(".csv")}
    by_id = {name: {row.get("id", ""): row for row in rows} for name, rows in tables.items()}
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow((*_KEPT, *(name for name, *_ in _NAMES), "tags"))
    for row in tables[ENTRIES]:
        missing = [name for name in (*_KEPT, "project_id", "member_id") if name not in row]
        if missing:
            raise FileRefusedError(f"{ENTRIES} has no column {missing[0]}; export it again")
        names = [
            by_id.get(file, {}).get(row.get(key, ""), {}).get(column, "")
            for _, key, file, column in _NAMES
        ]
        tags = [by_id.get("tags.csv", {}).get(one, {}).get("name", "") for one in _ids(row)]
        kept = [" ".join(row[name].split()) for name in _KEPT]
        writer.writerow((*kept, *names, ", ".join(tags)))
    return out.getvalue()


def _rows(files: Mapping[str, bytes], name: str) -> list[dict[str, str]]:
    text = io.StringIO(decoded(files[name]), newline="")
    try:
        found = list(csv.DictReader(text, restkey="", restval="", strict=True))
    except csv.Error as error:
        raise FileRefusedError(f"{name} in the archive is cut off; export it again") from error
    return [{key: str(value or "") for key, value in row.items() if key} for row in found]


def _ids(row: Mapping[str, str]) -> list[str]:
    try:
        found = json.loads(row.get("tags", "") or "[]")
    except ValueError:
        return []
    return [str(one) for one in found] if isinstance(found, list) else []


SOLIDTIME = declared(
    "solidtime",
    "solidtime, detailed report (CSV, XLSX) or organisation (ZIP)",
    [
        Layout(
            COLUMNS,
            needs=("start", "end", "duration", "hours", "person", "billable"),
            near=("Start", "End", "Duration", "Duration (decimal)", "User"),
        ),
        Layout(
            COLUMNS,
            needs=("start", "end", "billable", "project", "person"),
            marks=("user_name",),
            near=("start", "end", "billable", "tags", "user_name"),
        ),
    ],
    unpack=unpack,
)
