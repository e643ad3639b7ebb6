"""Exports of issue trackers that were cut off, damaged or shuffled: never a traceback, never half."""

from __future__ import annotations

import csv
import io
import json
import random
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from projbill_beancount.importers.formats import FORMATS
from projbill_beancount.importers.formats import recognise
from projbill_beancount.importers.formats import settings_of
from projbill_beancount.importers.table import decoded
from tests.import_books import report_on
from tests.tracker_books import take_twice
from tests.tracker_books import tracker_books

if TYPE_CHECKING:
    from tests.import_books import Books

EXPORTS = Path(__file__).parent / "data" / "trackers"
NAMES = sorted(path.name for path in EXPORTS.iterdir())
MATCHES = (
    "{github: Cut-over, linear: Cut-over, version: M1, taskwarrior: acme.portal}",
    '{gitlab: "%12.2", asana: Phase 1, clickup: Phase 1, trello: M1, msproject: Plan}',
    '{github: "#5", redmine: "#2", openproject: "#2", msproject: Build, linear: APP-2}',
)
IMPORTS = "{redmine-issues: {dates: mdy}, openproject: {dates: mdy}}"


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Books:
    return tracker_books(tmp_path_factory.mktemp("books"), *MATCHES, imports=IMPORTS)


@pytest.mark.parametrize("name", NAMES)
def test_an_export_of_each_kind_is_read_and_known_again(tmp_path: Path, name: str) -> None:
    fresh = tracker_books(tmp_path, *MATCHES, imports=IMPORTS)
    report = take_twice(fresh, EXPORTS / name)
    assert report.new > 0
    assert name.startswith(report.format.partition("-")[0])


@pytest.mark.parametrize("name", NAMES)
def test_another_order_of_rows_writes_the_same(tmp_path: Path, name: str) -> None:
    text = (EXPORTS / name).read_text()
    written = set()
    for seed in range(4):
        shuffled = mixed(name, text, random.Random(seed))
        found = tracker_books(tmp_path / str(seed), *MATCHES, imports=IMPORTS)
        path = tmp_path / "export"
        path.write_text(shuffled)
        take_twice(found, path)
        written.add(tuple(sorted(found.bytes().items())))
    assert len(written) == 1


def mixed(name: str, text: str, order: random.Random) -> str:
    """The same items in another order."""
    if name.endswith(".csv"):
        header, *rows = csv.reader(io.StringIO(text, newline=""))
        order.shuffle(rows)
        file = io.StringIO()
        csv.writer(file).writerows([header, *rows])
        return file.getvalue()
    if name.endswith(".xml"):
        return text
    value = json.loads(text)
    inner = value
    if isinstance(value, dict):
        inner = value.get("issues") or value.get("versions") or value.get("cards")
        inner = inner or value["_embedded"]["elements"]
    order.shuffle(inner)
    return json.dumps(value)


@pytest.mark.parametrize("name", NAMES)
def test_a_file_cut_off_anywhere_is_read_in_whole_rows_or_refused(books: Books, name: str) -> None:
    whole = (EXPORTS / name).read_bytes()
    everything = report_on(books, whole)
    assert everything.records
    for end in range(0, len(whole), 97):
        report = report_on(books, whole[:end])
        assert report.is_refused or report.rows <= everything.rows
        if not name.endswith(".csv") and end < len(whole.rstrip()):
            assert report.is_refused


@given(st.sampled_from(NAMES), st.data())
@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_damaged_file_is_reported_and_never_a_traceback(
    books: Books, name: str, data: st.DataObject
) -> None:
    whole = (EXPORTS / name).read_bytes()
    start = data.draw(st.integers(0, len(whole)))
    length = data.draw(st.integers(0, 12))
    new = data.draw(st.one_of(st.binary(max_size=8), st.text(max_size=8).map(str.encode)))
    report_on(books, whole[:start] + new + whole[start + length :])


#: Values that no tool writes, in the place of those that it does.
STRANGE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.floats(allow_nan=True),
    st.text(max_size=6),
    st.sampled_from(["2026-03-31", "closed", "=1+1", "\ud800", "9" * 400, "2026-13-45T99:99:99Z"]),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.sampled_from(["id", "name", "title"]), st.text(max_size=3), max_size=2),
)


@given(st.sampled_from([name for name in NAMES if name.endswith(".json")]), st.data())
@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_value_in_any_place_is_reported(books: Books, name: str, data: st.DataObject) -> None:
    value = json.loads((EXPORTS / name).read_text())
    places: list[tuple[object, object]] = []
    collect(value, places)
    for _ in range(data.draw(st.integers(1, 3))):
        inner, key = data.draw(st.sampled_from(places))
        inner[key] = data.draw(STRANGE)  # type: ignore[index]
    report_on(books, json.dumps(value).encode())


def collect(value: object, places: list[tuple[object, object]]) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            places.append((value, key))
            collect(inner, places)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            places.append((value, number))
            collect(inner, places)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"a":' * 50_000,
        "[1e999999999]",
        "[" + "9" * 5000 + "]",
        "[NaN]",
        "{}",
        "[]",
        "[{}]",
    ],
)
def test_json_that_is_a_trap_is_refused(books: Books, text: str) -> None:
    assert report_on(books, text.encode()).is_refused


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            '[\n{"number": 3, "sta',
            "begins as JSON and is not; it is cut off or damaged, export it again",
        ),
        ("[]\n", "an empty list: there is nothing to import"),
    ],
)
def test_json_that_brings_nothing_says_why(books: Books, text: str, reason: str) -> None:
    (refused,) = report_on(books, text.encode()).refused
    assert refused.reason == reason


ALL = sorted(
    path for folder in ("exports", "trackers") for path in (EXPORTS.parent / folder).iterdir()
)


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.name)
def test_no_file_is_of_two_formats(books: Books, path: Path) -> None:
    firm = books.terms.firm
    found = recognise(path.read_bytes(), firm, str(path)).format.name
    text = decoded(path.read_bytes()) if path.suffix not in {".xlsx", ".zip"} else ""
    others = [form.name for form in FORMATS if form.recognise(text, settings_of(firm, form))]
    assert others == ([found] if text else [])


def test_time_tracked_in_clickup_is_no_list_of_tasks(books: Books) -> None:
    header = "User ID,Time Entry ID,Task ID,Task Name,Task Status,Status,List Name,Space Name\n"
    assert report_on(books, header.encode()).is_refused
