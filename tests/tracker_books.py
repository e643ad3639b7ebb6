"""Books with one contract whose milestones are items of issue trackers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from typing import Any

from tests.import_books import Books
from tests.import_books import make_books
from tests.import_books import write

if TYPE_CHECKING:
    from pathlib import Path

    from projbill_beancount.importers.plan import FileReport


def tracker_books(folder: Path, *matches: str, imports: str = "", rules: str = "") -> Books:
    """M1, M2, … with these `match:` mappings; the firm works in Berlin."""
    folder.mkdir(exist_ok=True)
    milestones = "".join(
        f"  M{number}: {{value: 1000, match: {match}}}\n" for number, match in enumerate(matches, 1)
    )
    text = f"project: ACME-MIG\nclient: acme\nbilling: fixed-fee\n{rules}milestones:\n{milestones}"
    return make_books(folder, imports, contracts={"acme": text})


def said(books: Books) -> list[str]:
    """Every report as `DATE MILESTONE PERCENT`, those of a day by milestone."""
    found = [f"{day} {milestone} {percent}" for day, milestone, percent, *_ in books.progress()]
    return sorted(found, key=lambda text: text.split()[:2])


def put(folder: Path, value: Any, name: str = "export.json") -> Path:
    """Write a JSON export."""
    return write(folder, json.dumps(value, indent=1), name)


def take_twice(books: Books, export: Path) -> FileReport:
    """Import a file, and see that the second time adds nothing."""
    (report,) = books.take(export)
    assert not report.is_refused, report.refused
    before = books.bytes()
    (again,) = books.take(export)
    assert (again.new, books.bytes()) == (0, before)
    assert again.changed == ()
    return report
