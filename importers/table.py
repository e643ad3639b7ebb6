"""A delimited text file as rows with line numbers, its header found by names."""

from __future__ import annotations

import csv
import io
from functools import lru_cache
from typing import TYPE_CHECKING
from typing import NamedTuple
from typing import TypeVar

from projbill_beancount.importers.model import FileRefusedError
from projbill_beancount.importers.model import Refused
from projbill_beancount.importers.model import RowRefusedError

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable
    from collections.abc import Iterable
    from collections.abc import Iterator
    from collections.abc import Mapping

    from projbill_beancount.importers.model import Content
    from projbill_beancount.terms.model import ImportSettings

    Header = Mapping[str, tuple[int, ...]]

R = TypeVar("R")
T = TypeVar("T")
DELIMITERS = (",", ";", "\t", "|")
PREAMBLE_ROWS = 20
HEAD, WIDEST = 16_384, 262_144
CHUNK = 65_536
BYTE_ORDER_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)


class Table(NamedTuple):
    """A delimited text whose header is at row `skip`.

    `columns` maps a header's text in lower case to its places, several where it is repeated.
    """

    text: str
    delimiter: str
    skip: int
    header: tuple[str, ...]
    columns: Header

    def column(self, *names: str) -> int | None:
        """The first place of the first of `names` that the header has, None if it has none."""
        for name in names:
            if places := self.columns.get(name.lower()):
                return places[0]
        return None

    def all_columns(self, *names: str) -> tuple[int, ...]:
        """All places of all of `names`."""
        return tuple(place for name in names for place in self.columns.get(name.lower(), ()))


def decoded(content: bytes, encoding: str = "") -> str:
    """The text of an export: by its byte order mark, as UTF-8, else as Windows-1252.

    Raises:
        FileRefusedError: it is no text in `encoding`, or in any of these.
    """
    mark = _by_mark(content)
    marked = encoding or mark
    guesses = [marked] if marked else ["utf-8", "cp1252"]
    for guess in guesses:
        text = _tried(content, guess)
        if text is not None:
            return text.removeprefix("\ufeff")
    if mark and not encoding:
        raise FileRefusedError(
            f"begins as {mark} and is not; it is cut off or damaged, export it again"
        )
    raise FileRefusedError(
        f"not text in {' or '.join(guesses)}; set `encoding:` in projbill.yaml for this import"
    )


def _tried(content: bytes, encoding: str) -> str | None:
    try:
        return content.decode(encoding)
    except LookupError as error:
        raise FileRefusedError(f"encoding {encoding!r} is not known to Python") from error
    except UnicodeError:
        return None


def _by_mark(content: bytes) -> str:
    for mark, encoding in BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return encoding
    return ""


def find_table(text: str, settings: ImportSettings, fits: Callable[[Header], bool]) -> Table | None:
    """The table whose header fits, looked for in the first rows; None if there is none."""
    for delimiter in (settings.delimiter,) if settings.delimiter else DELIMITERS:
        for skip, (cells, columns) in enumerate(_headers(_head(text), delimiter)):
            if fits(columns):
                return Table(text, delimiter, skip, cells, columns)
    return None


@lru_cache(maxsize=16)
def _headers(head: str, delimiter: str) -> tuple[tuple[tuple[str, ...], Header], ...]:
    """The first rows as headers: every format looks at them."""
    return tuple((tuple(cells), columns_of(cells)) for cells in head_rows(head, delimiter))


def head_rows(text: str, delimiter: str) -> Iterator[list[str]]:
    """The first rows of a text, as far as they can be read."""
    reader = csv.reader(io.StringIO(_head(text), newline=""), delimiter=delimiter)
    try:
        for _ in range(PREAMBLE_ROWS):
            yield next(reader)
    except (csv.Error, StopIteration):
        return


def _head(text: str) -> str:
    """The beginning of a text, to the end of a line, if lines are not endless: headers are wide."""
    end = text.find("\n", HEAD, WIDEST)
    return text[:HEAD] if end < 0 else text[: end + 1]


def columns_of(cells: list[str]) -> dict[str, tuple[int, ...]]:
    """The places of each header text, in lower case."""
    columns: dict[str, tuple[int, ...]] = {}
    for place, cell in enumerate(cells):
        name = cell.strip().lower()
        if name:
            columns[name] = (*columns.get(name, ()), place)
    return columns


def data_rows(table: Table, content: Content) -> Iterator[tuple[int, list[str]]]:
    """The rows below the header with their line numbers, each as long as the header.

    Blank rows and repeated headers are passed over; short rows are filled up; rows that are too
    long, and a file that is cut off, are refused in `content`. All are counted.
    """
    reader = csv.reader(_lines(table.text), delimiter=table.delimiter, strict=True)
    width = len(table.header)
    header = list(table.header)
    line, found, short, misfit = 1, 0, 0, 0
    cut_line = 0 if table.text.endswith(("\n", "\r")) else table.text.count("\n") + 1
    try:
        for _ in range(table.skip + 1):
            next(reader)
        line = reader.line_num + 1
        for cells in reader:
            found, line = line, reader.line_num + 1
            if len(cells) != width or cells == header or not any(cells):
                if not any(map(str.strip, cells)) or cells == header:
                    continue
                content.rows += 1
                if refusal := _misfit(cells, width, table, last=reader.line_num == cut_line):
                    content.refused.append(Refused(found, refusal))
                    misfit = found
                    continue
                short += len(cells) < width
                yield found, [*cells, *[""] * (width - len(cells))][:width]
                continue
            content.rows += 1
            yield found, cells
    except csv.Error as error:
        content.rows += 1
        content.refused.append(Refused(line, _broken(error)))
    else:
        if cut_line and found and found != misfit:
            content.notices.append(
                f"the last row (line {found}) has no line end; see that its last cell is whole"
            )
    if short:
        content.notices.append(
            f"{_count(short, 'row')} shorter than the header; read as empty cells"
        )


def _lines(text: str) -> Iterator[str]:
    """The lines of a text with their ends, as a file has them; not all at once."""
    done = 0
    while done < len(text):
        end = text.find("\n", done + CHUNK) + 1 or len(text)
        yield from io.StringIO(text[done:end], newline="")
        done = end


def _misfit(cells: list[str], width: int, table: Table, *, last: bool) -> str:
    if len(cells) > width and any(cell.strip() for cell in cells[width:]):
        return (
            f"{len(cells)} cells where the header has {width}; quote cells that hold"
            f" {table.delimiter!r}, or export again"
        )
    if len(cells) < width and last:
        return "the file is cut off in its last row; export it again"
    return ""


def _broken(error: csv.Error) -> str:
    text = str(error)
    if "unexpected end of data" in text:
        return "a quoted cell begins here and never ends: the file is cut off; export it again"
    return f"the row cannot be read ({text}); export it again"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def missing_columns(
    text: str, settings: ImportSettings, needed: tuple[str, ...], title: str
) -> str:
    """`looks like TITLE but has no column X`, if a row has most of the columns; else ""."""
    best: list[str] | None = None
    for delimiter in (settings.delimiter,) if settings.delimiter else DELIMITERS:
        for cells in head_rows(text, delimiter):
            columns = columns_of(cells)
            missing = [name for name in needed if name.lower() not in columns]
            if 0 < len(missing) <= len(needed) / 2 and (best is None or len(missing) < len(best)):
                best = missing
    if best is None:
        return ""
    names = ", ".join(f'"{name}"' for name in best)
    return f"looks like {title} but has no column {names}"


def take_rows(
    rows: Iterable[tuple[int, R]],
    read: Callable[[int, R], T | str],
    content: Content,
) -> Iterator[T]:
    """What `read` makes of each row; a text is why a row is skipped, a refusal is noted."""
    for line, cells in rows:
        try:
            found = read(line, cells)
        except RowRefusedError as error:
            content.refused.append(Refused(line, str(error), error.proposals))
            continue
        if isinstance(found, str):
            content.skipped[found] += 1
        else:
            yield found
