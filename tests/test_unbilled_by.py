"""`projbill unbilled --by`: unbilled hours by one of their sides."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING
from typing import Any

import pytest

from tests.ledgers import run
from tests.ledgers import time_text
from tests.ledgers import write_ledger

if TYPE_CHECKING:
    from pathlib import Path

DAY = "2025-06-15"
APP = """\
project: APP
name: App
client: acme
billing: time-and-materials
rates: {people: {ana: 100, ben: 50}}
"""
SITE = APP.replace("APP", "SITE").replace("rates:", "currency: USD\nrates:")
FACTS = "".join(
    time_text(identity, day, 3600, project=project, person=person, task=task)
    for identity, day, project, person, task in (
        ("a", "2025-06-02", "APP", "ana", "design"),
        ("b", "2025-05-10", "APP", "ben", "build"),
        ("c", "2025-02-01", "APP", "ana", "build"),
        ("d", "2025-06-03", "APP", "cid", ""),
        ("e", "2025-06-04", "SITE", "ben", "build"),
    )
)


@pytest.fixture
def books(tmp_path: Path) -> Path:
    return write_ledger(tmp_path, DAY, contracts={"APP": APP, "SITE": SITE}, facts=FACTS)


def sums(ledger: Path, by: str, *arguments: str) -> list[tuple[Any, ...]]:
    found = json.loads(run(ledger, DAY, "--format", "json", "unbilled", "--by", by, *arguments))
    assert (found["as-of"], found["by"]) == (DAY, by)
    names = (by, "currency", "hours", "value", "unpriced-hours", "oldest", "days")
    return [tuple(row[name] for name in names) for row in found["unbilled"]]


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        (
            "project",
            [
                ("APP", "EUR", "4.00", "250.00", "1.00", "2025-02-01", 134),
                ("SITE", "USD", "1.00", "50.00", "0.00", "2025-06-04", 11),
            ],
        ),
        (
            "client",
            [
                ("acme", "EUR", "4.00", "250.00", "1.00", "2025-02-01", 134),
                ("acme", "USD", "1.00", "50.00", "0.00", "2025-06-04", 11),
            ],
        ),
        (
            "person",
            [
                ("ana", "EUR", "2.00", "200.00", "0.00", "2025-02-01", 134),
                ("ben", "EUR", "1.00", "50.00", "0.00", "2025-05-10", 36),
                ("ben", "USD", "1.00", "50.00", "0.00", "2025-06-04", 11),
                ("cid", "EUR", "1.00", None, "1.00", "2025-06-03", 12),
            ],
        ),
        (
            "task",
            [
                (None, "EUR", "1.00", None, "1.00", "2025-06-03", 12),
                ("build", "EUR", "2.00", "150.00", "0.00", "2025-02-01", 134),
                ("build", "USD", "1.00", "50.00", "0.00", "2025-06-04", 11),
                ("design", "EUR", "1.00", "100.00", "0.00", "2025-06-02", 13),
            ],
        ),
        (
            "age",
            [
                ("0-30", "EUR", "2.00", "100.00", "1.00", "2025-06-02", 13),
                ("0-30", "USD", "1.00", "50.00", "0.00", "2025-06-04", 11),
                ("31-60", "EUR", "1.00", "50.00", "0.00", "2025-05-10", 36),
                ("90+", "EUR", "1.00", "100.00", "0.00", "2025-02-01", 134),
            ],
        ),
    ],
)
def test_sums_by_one_side(books: Path, by: str, expected: list[tuple[Any, ...]]) -> None:
    assert sums(books, by) == expected


def test_csv_and_table_have_the_same_figures(books: Path) -> None:
    text = run(books, DAY, "--format", "csv", "unbilled", "--by", "person", "APP")
    rows = [
        (row["person"], row["hours"], row["value"]) for row in csv.DictReader(io.StringIO(text))
    ]
    assert rows == [("ana", "2.00", "200.00"), ("ben", "1.00", "50.00"), ("cid", "1.00", "")]
    lines = run(books, DAY, "unbilled", "--by", "person", "APP").splitlines()
    assert [line.split()[:4] for line in lines[2:]] == [
        ["ana", "2.00", "200.00", "EUR"],
        ["ben", "1.00", "50.00", "EUR"],
        ["cid", "1.00", "no", "rate"],
        ["Total", "4.00", "250.00", "EUR"],
    ]


def test_nothing_is_unbilled(tmp_path: Path) -> None:
    ledger = write_ledger(tmp_path, DAY, contracts={"APP": APP})
    assert run(ledger, DAY, "unbilled", "--by", "age") == "Nothing is unbilled.\n"


def test_of_one_client(books: Path) -> None:
    assert len(sums(books, "project", "--client", "acme")) == 2
    assert len(sums(books, "project", "SITE", "--client", "acme")) == 1
