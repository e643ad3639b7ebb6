"""Workbooks (XLSX) as the texts of their sheets, so that every format reads them like a CSV."""

from __future__ import annotations

import csv
import io
import math
import re
import zipfile
from datetime import date
from datetime import datetime
from datetime import time
from datetime import timedelta
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING
from typing import Any

from projbill_beancount.importers.model import FileRefusedError

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable
    from collections.abc import Iterator
    from collections.abc import Mapping

MARK = b"PK\x03\x04"
#: An export that unpacks to more is none, but an archive made to fill the memory.
LARGEST = 512 * 1024 * 1024
SHEET = "xl/workbook.xml"
_QUOTIENT = re.compile(r"=(\d{1,12}(?:\.\d+)?)/(\d{1,9})")
_FORMULA = re.compile(rb"<f[ >]")
_DAY = Decimal(86_400)
MICROSECONDS = 1_000_000
SYSTEM = "__MACOSX/"
BLANK_ROWS = 1000
EPOCH = date(1900, 1, 1)


@lru_cache(maxsize=2)
def files_of(content: bytes) -> Mapping[str, bytes]:
    """The files of an archive by name; folders, and what a Mac adds, are left out.

    Raises:
        FileRefusedError: it is damaged, encrypted, or unpacks to more than 512 MB.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [
                one
                for one in archive.infolist()
                if not one.is_dir() and not one.filename.startswith(SYSTEM)
            ]
            if sum(one.file_size for one in members) > LARGEST:
                raise FileRefusedError(
                    "the archive unpacks to more than 512 MB; unpack it yourself"
                )
            return {one.filename: archive.read(one) for one in members}
    except (
        zipfile.BadZipFile,
        EOFError,
        OSError,
        ValueError,
        RuntimeError,
        NotImplementedError,
    ) as error:
        raise FileRefusedError(
            f"the archive cannot be unpacked ({error}); export it again"
        ) from error
    except _unpacking_errors() as error:
        raise FileRefusedError(f"the archive is damaged ({error}); export it again") from error


def _unpacking_errors() -> tuple[type[Exception], ...]:
    import lzma  # noqa: PLC0415 - only an archive needs them
    import zlib  # noqa: PLC0415

    return (zlib.error, lzma.LZMAError)


@lru_cache(maxsize=2)
def sheets_of(content: bytes, mark: str = ".") -> tuple[str, ...]:
    """Each sheet of a workbook as CSV; a row of the sheet is a line of the text.

    Dates become 2026-03-31, times 09:30:00, durations hours, minutes and seconds, numbers have
    the decimal mark `mark` as the texts beside them; of formulas the value counts that the
    workbook has for it.

    Raises:
        FileRefusedError: it cannot be read as a workbook.
    """
    import openpyxl  # noqa: PLC0415 - costs 200 ms that only workbooks need

    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True)
        values = book
        if any(_FORMULA.search(one) for one in files_of(content).values()):
            values = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        return tuple(_text(sheet, values[sheet.title], mark) for sheet in book.worksheets)
    except Exception as error:
        # openpyxl lets out whatever a damaged part of the file runs into.
        raise FileRefusedError(
            f"the workbook cannot be read ({type(error).__name__}); save it again, or as CSV"
        ) from error


def _text(sheet: Any, values: Any, mark: str) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    blank = 0
    for row in _rows(sheet, values, mark):
        if any(row):
            # Blank rows in between keep the numbers of those below; those at the end are nothing.
            out.write("\n" * blank)
            blank = 0
            writer.writerow(row)
        else:
            blank += 1
            if blank > BLANK_ROWS:
                break
    return out.getvalue()


def _rows(sheet: Any, values: Any, mark: str) -> Iterator[list[str]]:
    if values is sheet:
        for cells in sheet.iter_rows():
            yield _trimmed([_cell_text(cell, None, mark) for cell in cells])
        return
    for cells, worked_out in zip(
        sheet.iter_rows(), values.iter_rows(values_only=True), strict=True
    ):
        pairs = zip(cells, worked_out, strict=True)
        yield _trimmed([_cell_text(cell, value, mark) for cell, value in pairs])


def _trimmed(row: list[str]) -> list[str]:
    while row and not row[-1]:
        row.pop()
    return row


def _cell_text(cell: Any, worked_out: Any, mark: str) -> str:
    value = cell.value
    if isinstance(value, str) and value.startswith("=") and cell.data_type == "f":
        found = _QUOTIENT.fullmatch(value.replace(" ", ""))
        if worked_out is None and found and Decimal(found[2]) == _DAY:
            return _duration(timedelta(microseconds=int(Decimal(found[1]) * MICROSECONDS)))
        value = worked_out
    if isinstance(value, float):
        return _number(value, mark)
    return _value_text(value, str(getattr(cell, "number_format", "") or ""))


def _value_text(value: Any, shown_as: str) -> str:
    if value is None:
        return ""
    for kind, text in _TEXTS:
        if isinstance(value, kind):
            return text(value, shown_as)
    return " ".join(str(value).splitlines())


def _moment_text(value: datetime, shown_as: str) -> str:
    if value.time() == time() and "h" not in shown_as.lower():
        return value.date().isoformat()
    return _whole_seconds(value).isoformat(" ")


def _whole_seconds(moment: datetime) -> datetime:
    """Excel's fractions of a day come out some microseconds off."""
    return (moment + timedelta(microseconds=500_000)).replace(microsecond=0)


def _clock(value: time, shown_as: str) -> str:
    start = datetime.combine(EPOCH, time())
    moment = _whole_seconds(datetime.combine(EPOCH, value))
    if shown_as.startswith("["):
        return _duration(moment - start)
    return moment.time().isoformat()


def _duration(span: timedelta, shown_as: str = "") -> str:
    del shown_as
    seconds = round(span.total_seconds())
    sign = "-" if seconds < 0 else ""
    hours, rest = divmod(abs(seconds), 3600)
    return f"{sign}{hours}:{rest // 60:02}:{rest % 60:02}"


def _number(value: float, mark: str) -> str:
    return format(Decimal(repr(value)), "f").replace(".", mark) if math.isfinite(value) else ""


#: How the values of a cell are written; a moment is a date too, so it comes first.
_TEXTS: tuple[tuple[type, Callable[[Any, str], str]], ...] = (
    (bool, lambda value, _: "yes" if value else "no"),
    (datetime, _moment_text),
    (date, lambda value, _: value.isoformat()),
    (time, _clock),
    (timedelta, _duration),
)
