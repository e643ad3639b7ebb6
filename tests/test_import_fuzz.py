"""Exports that were damaged on the way: never a traceback, never half a file, always readable.

`PROJBILL_FUZZ=50000` says how many damaged files to try; a few run with all other tests.
"""

from __future__ import annotations

import io
import os
import random
import zipfile
from typing import TYPE_CHECKING

import pytest
from beancount.core.data import Transaction
from beancount.parser import parser

from projbill_beancount.importers.run import plan_for_ledger
from projbill_beancount.importers.run import refusal_lines
from projbill_beancount.importers.run import report_lines
from projbill_beancount.ledger.record import text_of
from tests.import_books import EXPORTS
from tests.import_books import check_sum
from tests.import_books import make_books
from tests.test_import_broken import RULES

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.import_books import Books

TIMES = int(os.environ.get("PROJBILL_FUZZ", "600"))
SEEDS = 4
SOURCES = [path.read_bytes() for path in sorted(EXPORTS.iterdir())]
#: What people, spreadsheets and accidents put into cells.
PIECES = [
    *('"', "'", "\n", "\r", "\0", "\x1b", "\\", "{", "}", "[", "]", ";", "\t", "\u00a0", "\u202e"),
    *("=1+1", "@x", "+1", "-", "-1", "−1", "' =a", "1e999", "NaN", "Infinity", "null", "true", "²"),
    *("9" * 5000, "x" * 3000, "12:99", "24:00", "25:61:61", "9999-12-31T23:59:59+14:00", "２"),
    *("0000-00-00", "0001-01-01", "2026-02-30", "2026-03-29T02:30:00", "+99:99", "Europe/Nowhere"),
    *(
        "1,234",
        "1.234.567",
        "../etc/passwd",
        '"\n"',
        "a\n2026-01-01 open Assets:X\n",
        "é",
        "\ud7ff",
    ),
]
ENCODINGS = ["utf-16", "cp1252", "utf-16-le", "utf-8-sig", "cp932", "iso-8859-15"]


def cut(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.randrange(len(content) + 1)]


def shuffled(content: bytes, chance: random.Random) -> bytes:
    first, *lines = content.split(b"\n")
    chance.shuffle(lines)
    return b"\n".join([first, *lines])


def recoded(content: bytes, chance: random.Random) -> bytes:
    text = content.decode("utf-8", "replace")
    return text.encode(chance.choice(ENCODINGS), "replace")


def doubled(content: bytes, chance: random.Random) -> bytes:
    lines = content.split(b"\n")
    place = chance.randrange(len(lines))
    return b"\n".join([*lines[:place], *[lines[place]] * chance.randrange(2, 4), *lines[place:]])


def inserted(content: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(content) + 1)
    piece = chance.choice(PIECES).encode("utf-8", "surrogatepass")
    return content[:place] + piece + content[place + chance.randrange(12) :]


def replaced(content: bytes, chance: random.Random) -> bytes:
    marks = [place for place, mark in enumerate(content) if mark in b',;:"\n']
    if len(marks) < 2:
        return content
    place = chance.randrange(len(marks) - 1)
    piece = chance.choice(PIECES).encode("utf-8", "surrogatepass")
    return content[: marks[place] + 1] + piece + content[marks[place + 1] :]


def garbled(content: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(content) + 1)
    return content[:place] + chance.randbytes(chance.randrange(1, 6)) + content[place:]


def joined(content: bytes, chance: random.Random) -> bytes:
    other = chance.choice(SOURCES)
    return content[: chance.randrange(len(content) + 1)] + other[chance.randrange(len(other)) :]


def packed(content: bytes, chance: random.Random) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("export", content)
    return chance.choice([inserted, garbled, cut])(out.getvalue(), chance)


WAYS: list[Callable[[bytes, random.Random], bytes]] = [
    *(cut, shuffled, recoded, doubled, inserted, inserted, replaced, replaced, garbled, joined),
    packed,
]


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Books:
    return make_books(tmp_path_factory.mktemp("books"), RULES)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_damaged_exports(books: Books, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(TIMES // SEEDS):
        content = chance.choice(SOURCES)
        for _ in range(chance.randrange(1, 4)):
            content = chance.choice(WAYS)(content, chance) or b"x"
        check(books, content, seed)


def check(books: Books, content: bytes, seed: int) -> None:
    """The report adds up in single lines, and what would be written reads back as it is."""
    path = books.folder / f"export-{seed}"
    path.write_bytes(content)
    (report,) = plan_for_ledger([str(path)], str(books.ledger), books.terms, []).files
    check_sum(report)
    assert all(
        line and len(line.splitlines()) == 1
        for line in (*report_lines(report), *refusal_lines(report))
    )
    assert not (report.is_refused and report.records)
    hour = books.terms.firm.hour
    entries, errors, _ = parser.parse_string(
        "\n".join(text_of(record, hour) for record in report.records)
    )
    assert errors == []
    assert len(entries) == len(report.records)
    for entry, record in zip(entries, report.records, strict=True):
        assert isinstance(entry, Transaction)
        assert (entry.payee, entry.narration) == (record.payee, record.narration)
        notes = [dict(leg.meta).get("note") for leg in record.legs]
        assert [(posting.meta or {}).get("note") for posting in entry.postings] == notes
