"""What became of the rows of an export, as JSON and as a flat row."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from projbill_beancount.importers.plan import FileReport

ROW_COLUMNS = ("file", "format", "rows", "new", "known", "changed", "skipped", "refused")


def file_data(report: FileReport) -> dict[str, object]:
    """A file's report as JSON wants it."""
    return {
        "file": report.path,
        "format": report.format or None,
        "rows": report.rows,
        "new": report.new,
        "known": report.known,
        "changed": [item._asdict() for item in report.changed],
        "skipped": dict(report.skipped),
        "refused": [{"line": item.line, "reason": item.reason} for item in report.refused],
        "notices": list(report.notices),
        "vanished": list(report.vanished),
        "proposals": [item._asdict() for item in report.proposals],
    }


def file_row(report: FileReport) -> dict[str, object]:
    """A file's report as one flat row of counts."""
    return {
        "file": report.path,
        "format": report.format,
        "rows": report.rows,
        "new": report.new,
        "known": report.known,
        "changed": sum(change.rows for change in report.changed),
        "skipped": sum(report.skipped.values()),
        "refused": len(report.refused),
    }
