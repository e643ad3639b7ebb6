"""What became of the rows of an export, as data and as lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

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
        "refused": [item._asdict() for item in report.refused],
        "notices": list(report.notices),
    }


def file_row(report: FileReport) -> dict[str, object]:
    """A file's report as one flat row of counts."""
    return {
        "file": report.path,
        "format": report.format,
        "rows": report.rows,
        "new": report.new,
        "known": report.known,
        "changed": len(report.changed),
        "skipped": sum(report.skipped.values()),
        "refused": len(report.refused),
    }


def file_lines(report: FileReport) -> Iterator[str]:
    """A file's report for people; why rows were refused is told elsewhere."""
    form = f" ({report.format})" if report.format else ""
    if report.is_refused:
        yield f"{report.path}{form}: refused, nothing of it is imported"
    else:
        counts = f"{report.new} new, {report.known} known, {len(report.changed)} changed"
        skipped = sum(report.skipped.values())
        yield f"{report.path}{form}: {report.rows} rows: {counts}, {skipped} skipped"
        for reason, count in report.skipped.items():
            yield f"  skipped {count}: {reason}"
        for item in report.changed:
            change = f"{item.id} was {item.old}, is now {item.new}"
            yield f"  changed, not written: {report.path}:{item.line}: {change}"
    for notice in report.notices:
        yield f"  note: {notice}"
