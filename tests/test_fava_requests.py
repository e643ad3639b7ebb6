"""Requests to write from Fava's pages: what is written is what was shown, and what is refused."""

from __future__ import annotations

import json
import os
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from typing import TYPE_CHECKING
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request
from urllib.request import urlopen

import pytest
from beancount import loader

from projbill_beancount.ledger.files import ledger_lock
from tests.fava_action_books import AS_OF
from tests.fava_action_books import CREDIT
from tests.fava_action_books import FEBRUARY
from tests.fava_action_books import MARCH
from tests.fava_action_books import SITE
from tests.fava_action_books import asked
from tests.fava_action_books import headers_of
from tests.fava_action_books import texts_of
from tests.fava_action_books import token_of
from tests.fava_action_books import write_books
from tests.fava_server import EXTENSION
from tests.fava_server import Fava
from tests.fava_server import serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def fava(tmp_path: Path) -> Iterator[Fava]:
    """A Fava on books that the test may change."""
    with serve(write_books(tmp_path / "books")) as running:
        yield running


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fava]:
    """A Fava on books that no test changes: what it asks for is refused."""
    ledger = write_books(tmp_path_factory.mktemp("still") / "books")
    before = texts_of(ledger)
    with serve(ledger) as running:
        yield running
    assert texts_of(ledger) == before


def test_two_requests_at_once_issue_two_numbers(fava: Fava) -> None:
    orders = [(FEBRUARY, fava.preview("issue", draft=FEBRUARY))]
    held = fava.preview("hold", subject=FEBRUARY)
    headers = headers_of(fava)
    assert fava.post(asked("hold", held, subject=FEBRUARY), headers)[0] == 200
    orders = [(MARCH, fava.preview("issue", draft=MARCH))]
    release = fava.preview("release", subject=FEBRUARY)
    assert "INV-2026-0002" in orders[0][1]["text"]
    with ThreadPoolExecutor(4) as pool:
        body = asked("issue", orders[0][1], draft=MARCH)
        statuses = sorted(
            status for status, _ in pool.map(lambda one: fava.post(one, headers), [body] * 4)
        )
    assert statuses[0] == 200
    assert set(statuses[1:]) <= {400, 409}
    assert fava.post(asked("release", release, subject=FEBRUARY), headers)[0] == 409
    release = fava.preview("release", subject=FEBRUARY)
    assert fava.post(asked("release", release, subject=FEBRUARY), headers)[0] == 200
    seen = fava.preview("issue", draft=FEBRUARY)
    assert "INV-2026-0003" in seen["text"]
    assert fava.post(asked("issue", seen, draft=FEBRUARY), headers)[0] == 200
    text = (fava.ledger.parent / "invoices.beancount").read_text()
    assert [text.count(f'  invoice: "INV-2026-000{number}"') for number in (1, 2, 3)] == [1, 1, 1]


def test_what_is_written_is_what_was_shown_or_nothing(fava: Fava) -> None:
    seen = fava.preview("hold", subject=MARCH, reason="Talk")
    assert seen["files"] == ["decisions.beancount"]
    headers = headers_of(fava)
    other = {**asked("hold", seen, subject=MARCH, reason="Talk"), "text": "; mine\n"}
    status, answer = fava.post(other, headers)
    assert status == 400
    assert "something else would be written now" in answer["error"][0]
    other = asked("hold", seen, subject=FEBRUARY, reason="Talk")
    assert fava.post(other, headers)[0] == 400
    for subject in (MARCH, FEBRUARY):
        assert "on hold" not in fava.page("drafts", draft=subject)
    status, answer = fava.post(asked("hold", seen, subject=MARCH, reason="Talk"), headers)
    assert (status, answer["text"]) == (200, seen["text"])
    decisions = fava.ledger.parent / "decisions.beancount"
    assert decisions.read_text() == f"; decisions\n\n{seen['text']}"
    assert "on hold since 2026-03-31: Talk" in fava.page("drafts", draft=MARCH)
    again = fava.preview("hold", subject=MARCH)
    assert "on hold since 2026-03-31" in again["error"][0]


def test_a_file_that_was_not_there_yet_is_in_the_books_at_once(tmp_path: Path) -> None:
    ledger = write_books(tmp_path)
    (tmp_path / "decisions.beancount").unlink()
    ledger.write_text(ledger.read_text().replace("decisions.b", "decisions*.b"))
    future = 2_000_000_000
    os.utime(tmp_path / "facts.beancount", (future, future))  # as a clock that is wrong leaves it
    with serve(ledger) as fava:
        seen = fava.preview("hold", subject=MARCH, reason="Talk")
        body = asked("hold", seen, subject=MARCH, reason="Talk")
        assert fava.post(body, headers_of(fava))[0] == 200
        assert "on hold since 2026-03-31: Talk" in fava.page("drafts", draft=MARCH)


@pytest.mark.parametrize(
    ("changed", "body"),
    [
        ({"X_Projbill_Token": ""}, None),
        ({"X_Projbill_Token": "é" * 43}, None),
        ({"X_Projbill_Token": "x" * 43}, None),
        ({"Origin": "http://evil.example"}, None),
        ({"Origin": "null"}, None),
        ({"Origin": "http://127.0.0.1:1"}, None),
        ({"Sec_Fetch_Site": "cross-site"}, None),
        ({"Sec_Fetch_Site": "same-site"}, None),
        ({"Content_Type": "text/plain"}, None),
        ({"Content_Type": "application/x-www-form-urlencoded"}, b"action=hold"),
    ],
)
def test_another_site_cannot_write(
    still: Fava, changed: dict[str, str], body: bytes | None
) -> None:
    seen = still.preview("hold", subject=MARCH)
    headers = headers_of(still, **changed)
    status, answer = still.post(body or asked("hold", seen, subject=MARCH), headers)
    assert status == 403
    assert "nothing was written" in answer["error"][0]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"hold"',
        b"\xff\xfe",
        b"[" * 200_000,
        b'{"values": []}',
        b'{"action": "hold", "values": {"subject": 1}, "text": "", "stamp": ""}',
        b'{"action": "hold", "values": {}, "text": null, "stamp": ""}',
        b'{"action": ["hold"], "values": {}, "text": "", "stamp": ""}',
    ],
    ids=range(11),
)
def test_a_body_that_is_no_preview_is_refused(still: Fava, body: bytes) -> None:
    status, answer = still.post(body, headers_of(still))
    assert status == 400
    assert "nothing was written" in answer["error"][0]


def test_a_body_that_is_too_long_is_not_even_read(still: Fava) -> None:
    host, _, path = still.url.removeprefix("http://").partition("/")
    connection = HTTPConnection(host, timeout=30)
    connection.putrequest("POST", f"/{path}/{EXTENSION}/perform")
    for name, value in headers_of(still, Content_Length=str(2**40)).items():
        connection.putheader(name, value)
    connection.endheaders(b"{")
    answer = connection.getresponse()
    assert answer.status == 413
    assert "nothing was written" in json.loads(answer.read())["error"][0]
    connection.close()


@pytest.mark.parametrize(
    ("action", "values", "said"),
    [
        ("hold", {}, "subject is missing"),
        ("pay", {"subject": MARCH}, "there is no such action"),
        ("hold", {"subject": "APP/time/2026-03-30"}, "APP/time/2026-03-3"),
        ("hold", {"subject": MARCH, "date": "31.3.2026"}, '"31.3.2026" is not a day'),
        ("issue", {"draft": SITE}, "is held: invoice-held-overbilling"),
        ("issue", {"draft": CREDIT}, "is a credit note"),
        ("issue", {"draft": FEBRUARY, "date": "2026-02-21"}, "2026-02-28"),
        ("release", {"subject": MARCH}, "is not held: it can go out"),
        ("release", {"subject": "OAK/time/2026-03-31"}, "rate-missing, which cannot be released"),
        ("approve", {"project": "WEB", "order": "CO-1"}, "CO-1 is approved already"),
        ("progress", {"project": "SITE", "milestone": "P2", "percent": "101"}, "101"),
        ("progress", {"project": "SITE", "milestone": "P9", "percent": "10"}, "P9"),
        ("accept", {"project": "NONE", "milestone": "P2"}, "NONE"),
        ("log", {"project": "APP", "hours": "25", "person": "ana"}, "at most 24 hours"),
        ("log", {"project": "APP", "hours": "soon", "person": "ana"}, "soon"),
        ("log", {"project": "APP", "hours": "1", "person": "zoe"}, "zoe"),
        ("credit", {"draft": MARCH, "corrects": "INV-2026-0001"}, "is no credit"),
        ("credit", {"draft": CREDIT, "corrects": "INV-1"}, 'there is no invoice "INV-1"'),
    ],
)
def test_what_cannot_be_done_says_why(
    still: Fava, action: str, values: dict[str, str], said: str
) -> None:
    seen = still.preview(action, **values)
    assert said in seen["error"][0], seen
    assert "text" not in seen


def test_whatever_somebody_types_stays_in_its_string(fava: Fava) -> None:
    reason = 'a "quoted" \\ word\n2026-01-01 open Assets:Mine\n; \u202e <script>'
    seen = fava.preview("hold", subject=MARCH, reason=reason)
    body = asked("hold", seen, subject=MARCH, reason=reason)
    assert fava.post(body, headers_of(fava))[0] == 200
    assert (fava.ledger.parent / "decisions.beancount").read_text().endswith(seen["text"])
    entries, _, _ = loader.load_file(str(fava.ledger))
    assert not any(getattr(entry, "account", "") == "Assets:Mine" for entry in entries)
    (hold,) = (entry for entry in entries if getattr(entry, "type", "") == "billing-hold")
    assert str(hold.meta["reason"]).startswith('a "quoted" \\ word')
    shown = fava.page("drafts", draft=MARCH)
    assert "&lt;script&gt;" in shown
    assert "<script>" not in shown.partition("projbill-written")[2].partition("</article>")[0]


def test_while_a_command_writes_a_page_does_not_wait_for_long(still: Fava) -> None:
    seen = still.preview("hold", subject=MARCH)
    locked, done = threading.Event(), threading.Event()

    def hold_lock() -> None:
        with ledger_lock(str(still.ledger)):
            locked.set()
            done.wait(60)

    thread = threading.Thread(target=hold_lock)
    thread.start()
    locked.wait(10)
    try:
        status, answer = still.post(asked("hold", seen, subject=MARCH), headers_of(still))
        issue = still.preview("issue", draft=FEBRUARY)
    finally:
        done.set()
        thread.join()
    assert status == 400
    assert "another projbill command is writing" in answer["error"][0]
    assert "INV-2026-0002" in issue["text"]  # looking takes no lock


def test_read_only_shows_all_and_writes_nothing(tmp_path: Path) -> None:
    ledger = write_books(tmp_path)
    before = texts_of(ledger)
    with serve(ledger, "--read-only") as fava:
        for page in ("drafts", "overview"):
            shown = fava.page(page)
            assert "projbill-action" not in shown.replace(".projbill-action", "")
            assert "<dialog" not in shown
        assert "900.00" in fava.page("drafts")
        body = {"action": "hold", "values": {"subject": MARCH}, "text": "", "stamp": ""}
        assert fava.post(body, headers_of(fava))[0] == 401
        with pytest.raises(HTTPError) as refused:
            fava.preview("hold", subject=MARCH)
        assert refused.value.code == 403
        refused.value.close()
    assert texts_of(ledger) == before


def test_another_site_cannot_even_ask_for_a_preview(still: Fava) -> None:
    address = f"{still.url}/{EXTENSION}/preview?action=hold&subject={MARCH}"
    with pytest.raises(HTTPError) as refused:
        urlopen(Request(address, headers={"Sec-Fetch-Site": "cross-site"}), timeout=30)
    assert refused.value.code == 403
    assert "text" not in json.loads(refused.value.read())
    refused.value.close()


def test_of_two_ledgers_that_one_is_changed_whose_page_it_is(tmp_path: Path) -> None:
    first = write_books(tmp_path / "one")
    second = write_books(tmp_path / "two")
    second.write_text(second.read_text().replace("A test's books", "Second"))
    before = texts_of(first)
    with serve(first, str(second)) as both:
        root = both.url.rpartition("/")[0]
        fava, other = Fava(first, f"{root}/a-tests-books"), Fava(second, f"{root}/second")
        seen = other.preview("hold", subject=MARCH)
        body = asked("hold", seen, subject=MARCH)
        assert token_of(other) != token_of(fava)
        assert other.post(body, headers_of(fava))[0] == 403
        assert fava.post(body, headers_of(fava))[0] == 409
        assert other.post(body, headers_of(other))[0] == 200
        assert "is on hold" in other.page("drafts", draft=MARCH)
        assert "is on hold" not in fava.page("drafts", draft=MARCH)
    assert texts_of(first) == before
    assert "billing-hold" in (second.parent / "decisions.beancount").read_text()


def test_a_ledger_behind_a_link_is_written_where_it_is(tmp_path: Path) -> None:
    ledger = write_books(tmp_path / "real")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (tmp_path / "real" / "books.beancount").symlink_to("main.beancount")
    for path in (tmp_path / "link" / "main.beancount", tmp_path / "real" / "books.beancount"):
        with serve(path) as fava:
            drafts = [FEBRUARY, MARCH]
            draft = next(one for one in drafts if "on hold" not in fava.page("drafts", draft=one))
            seen = fava.preview("hold", subject=draft)
            assert seen["files"] == ["decisions.beancount"]
            assert fava.post(asked("hold", seen, subject=draft), headers_of(fava))[0] == 200
            assert "is on hold" in fava.page("drafts", draft=draft)
    assert (ledger.parent / "decisions.beancount").read_text().count("billing-hold") == 2


def test_days_are_of_the_books_unless_said(still: Fava) -> None:
    assert f'name="date" value="{AS_OF}"' in still.page("drafts")
    assert still.preview("hold", subject=MARCH)["text"].startswith(f"{AS_OF} custom")
    dated: Any = still.preview("hold", subject=MARCH, date="2026-04-02")
    assert dated["text"].startswith("2026-04-02 custom")
    assert "this counts from 2026-04-02 on" in dated["remarks"][0]


def test_books_with_an_error_of_beancount_issue_nothing_and_take_decisions(fava: Fava) -> None:
    facts = fava.ledger.parent / "facts.beancount"
    facts.write_text(facts.read_text() + "2026-03-01 balance Assets:Bank  1.00 EUR\n")
    before = texts_of(fava.ledger)
    seen = fava.preview("issue", draft=FEBRUARY)
    (error,) = seen["error"]
    assert error.startswith("facts.beancount:")
    assert "Balance failed" in error
    assert "nothing was written" in error
    assert texts_of(fava.ledger) == before
    seen = fava.preview("hold", subject=FEBRUARY)
    assert fava.post(asked("hold", seen, subject=FEBRUARY), headers_of(fava))[0] == 200
    facts.write_text(facts.read_text() + 'option "title\n')
    assert any(
        "facts.beancount" in line
        for line in fava.preview("log", project="APP", hours="1", person="ana")["error"]
    )


@pytest.mark.parametrize("name", ["facts.beancount", "contracts/oak.yaml", "projbill.yaml"])
def test_any_file_of_the_books_that_changed_stops_the_writing(fava: Fava, name: str) -> None:
    seen = fava.preview("hold", subject=MARCH)
    path = fava.ledger.parent / name
    path.write_text(path.read_text() + "\n")
    body, headers = asked("hold", seen, subject=MARCH), headers_of(fava)
    status, answer = fava.post(body, headers)
    assert status == 409
    assert "changed since the preview" in answer["error"][0]
    seen = fava.preview("hold", subject=MARCH)
    assert fava.post(asked("hold", seen, subject=MARCH), headers)[0] == 200
    assert fava.post(asked("hold", seen, subject=MARCH), headers)[0] == 409  # sent twice


def test_books_as_of_today_date_what_is_written_today(tmp_path: Path) -> None:
    with serve(write_books(tmp_path, as_of="today")) as fava:
        found = re.search(r'name="date" value="([\d-]+)"', fava.page("drafts"))
        assert found is not None
        assert found[1] > AS_OF
        assert fava.preview("hold", subject=MARCH)["text"].startswith(f"{found[1]} custom")
        logged = fava.preview("log", project="APP", hours="1", person="ana", date=found[1])
        assert logged["text"].startswith(f"{found[1]} *")
        assert logged["files"] == [f"time/{found[1][:7]}.beancount"]
