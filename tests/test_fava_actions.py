"""Actions of Fava's pages: from the click to the bytes of the ledger, and what is refused."""

from __future__ import annotations

import json
import os
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from typing import TYPE_CHECKING
from typing import Any
from typing import NamedTuple
from urllib.error import HTTPError
from urllib.request import Request
from urllib.request import urlopen

import pytest
from axe_playwright_python.sync_playwright import Axe

from projbill_beancount.ledger.files import ledger_lock
from tests.fava_action_books import AS_OF
from tests.fava_action_books import CREDIT
from tests.fava_action_books import FEBRUARY
from tests.fava_action_books import MARCH
from tests.fava_action_books import PLUS
from tests.fava_action_books import SITE
from tests.fava_action_books import asked
from tests.fava_action_books import command
from tests.fava_action_books import copied
from tests.fava_action_books import headers_of
from tests.fava_action_books import texts_of
from tests.fava_action_books import token_of
from tests.fava_action_books import write_books
from tests.fava_server import EXTENSION
from tests.fava_server import Fava
from tests.fava_server import looking
from tests.fava_server import needs_chromium
from tests.fava_server import serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Locator
    from playwright.sync_api import Page
    from playwright.sync_api import Route


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


class Step(NamedTuple):
    """A click on a button of a draft, what is filled in, and the command that does the same.

    Afterwards the page of the draft says `then`.
    """

    draft: str
    button: str
    fields: dict[str, str]
    command: tuple[str, ...]
    file: str
    then: str


STEPS = (
    Step(
        FEBRUARY,
        "Hold",
        {"Reason": 'Scope "A" under discussion'},
        ("hold", FEBRUARY, "--reason", 'Scope "A" under discussion'),
        "decisions.beancount",
        'billing of APP/time/2026-02-28 is on hold since 2026-03-31: Scope "A" under discussion',
    ),
    Step(FEBRUARY, "Release", {}, ("release", FEBRUARY), "decisions.beancount", "ready"),
    Step(
        FEBRUARY,
        "Issue",
        {"Date": "2026-03-30"},
        ("issue", FEBRUARY, "--date", "2026-03-30"),
        "invoices.beancount",
        "INV-2026-0002",
    ),
    Step(
        SITE,
        "Report progress of P2",
        {"Complete": "80"},
        ("progress", "SITE", "P2", "80", "--date", AS_OF),
        "time/2026-03.beancount",
        "P2 Build is reported 80 % complete on 2026-03-31",
    ),
    Step(
        SITE,
        "Record acceptance of P2",
        {},
        ("accept", "SITE", "P2", "--date", AS_OF),
        "time/2026-03.beancount",
        "ready",
    ),
    Step(
        PLUS,
        "Approve CO-1",
        {"Reason": "Mail of 30 March"},
        ("approve", "PLUS", "CO-1", "--reason", "Mail of 30 March"),
        "decisions.beancount",
        "PLUS/milestone/2026-03-31",
    ),
    Step(
        CREDIT,
        "Credit",
        {"Reason": "Less was done"},
        ("credit", CREDIT, "--corrects", "INV-2026-0001", "--reason", "Less was done"),
        "invoices.beancount",
        "There is no draft of that name now",
    ),
)


@needs_chromium
def test_each_action_from_the_click_to_the_ledger_and_back(fava: Fava, tmp_path: Path) -> None:
    with looking() as page:
        for number, step in enumerate(STEPS):
            by_command = copied(fava.ledger, tmp_path / str(number))
            command(by_command, *step.command)
            before = texts_of(fava.ledger)
            page.goto(fava.address("drafts", draft=step.draft))
            page.get_by_role("button", name=step.button, exact=True).click()
            text = write_in(page, step.fields)
            page.locator(".projbill-written").get_by_text(step.file).wait_for()
            after = texts_of(fava.ledger)
            changed = {name for name in after if after[name] != before.get(name)}
            assert changed == {step.file}, step
            assert text in after[step.file].decode(), step
            assert after == texts_of(by_command), step
            page.locator(".projbill").get_by_text(step.then).first.wait_for()
    assert "hold" not in command(fava.ledger, "check", "PLUS", "SITE", "WEB")


@needs_chromium
def test_hours_are_logged_from_the_page_of_a_project(fava: Fava, tmp_path: Path) -> None:
    by_command = copied(fava.ledger, tmp_path / "command")
    told = ("--person", "ana", "--task", "dev", "--note", "Review")
    command(by_command, "log", "APP", "1:30", *told, "--date", "2026-03-30")
    with looking() as page:
        page.goto(fava.address("project", project="APP"))
        page.get_by_role("button", name="Log time").first.click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Who worked").select_option("ana")
        dialog.get_by_label("Task").select_option("dev")
        fields = {"Hours": "1:30", "Date": "2026-03-30", "What was done": "Review"}
        write_in(page, fields)
        page.locator(".projbill-written").get_by_text("time/2026-03.beancount").wait_for()
    assert texts_of(fava.ledger) == texts_of(by_command)
    assert "3.50" in fava.page("drafts", draft=MARCH)


def write_in(page: Page, fields: dict[str, str]) -> str:
    """Fill in the open form, look at the preview and write it; the text that was shown."""
    dialog = page.get_by_role("dialog")
    for label, value in fields.items():
        dialog.get_by_label(label).fill(value)
    if fields:
        dialog.get_by_role("button", name="Preview").click()
    write = writing(dialog)
    text = dialog.locator("pre").text_content()
    write.click()
    return text or ""


def writing(dialog: Locator) -> Locator:
    """The button that writes, once there is a preview."""
    dialog.locator("pre").filter(has_text="custom").or_(
        dialog.locator("pre").filter(has_text="*")
    ).wait_for()
    return dialog.get_by_role("button", name="Write to the ledger")


@needs_chromium
def test_all_that_may_go_out_is_issued_at_once(fava: Fava, tmp_path: Path) -> None:
    by_command = copied(fava.ledger, tmp_path / "command")
    command(by_command, "issue", FEBRUARY, MARCH)
    with looking() as page:
        page.goto(fava.address("drafts"))
        page.get_by_role("button", name="Issue all that may go out (2)").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_text(f"INV-2026-0003: {MARCH}, 300.00 EUR, due 2026-04-30").wait_for()
        write_in(page, {})
        page.locator(".projbill-written").get_by_text(FEBRUARY).wait_for()
        assert page.get_by_role("button", name="Issue").count() == 0
    assert texts_of(fava.ledger) == texts_of(by_command)


@needs_chromium
def test_the_dialog_says_why_not_and_a_new_preview_can_be_taken(fava: Fava) -> None:
    with looking(refused=True) as page:
        page.goto(fava.address("drafts", draft=MARCH))
        page.get_by_role("button", name="Issue").click()
        dialog = page.get_by_role("dialog")
        alert, write = dialog.get_by_role("alert"), dialog.get_by_role("button", name="Write")
        alert.get_by_text(f"{FEBRUARY} is earlier than {MARCH} and may go out too").wait_for()
        assert write.is_disabled()
        page.keyboard.press("Escape")
        assert dialog.count() == 0

        page.goto(fava.address("drafts", draft=FEBRUARY))
        page.get_by_role("button", name="Issue").click()
        writing(dialog)
        decisions = fava.ledger.parent / "decisions.beancount"
        decisions.write_text(decisions.read_text() + "; somebody was here\n")
        write.click()
        alert.get_by_text("a file of the ledger changed since the preview").wait_for()
        assert write.is_disabled()
        assert (fava.ledger.parent / "invoices.beancount").read_text().count("#invoice") == 1
        dialog.get_by_role("button", name="Preview").click()
        writing(dialog).click()
        page.locator(".projbill-written").get_by_text("invoices.beancount").wait_for()
    assert (fava.ledger.parent / "invoices.beancount").read_text().count("#invoice") == 2


@needs_chromium
def test_a_form_is_filled_in_with_the_keyboard_alone(fava: Fava) -> None:
    with looking(viewport={"width": 400, "height": 500}) as page:
        page.goto(fava.address("drafts", draft=SITE))
        button = page.get_by_role("button", name="Report progress of P2")
        button.focus()
        page.keyboard.press("Enter")
        dialog = page.get_by_role("dialog", name="Report progress SITE P2")
        page.keyboard.type("1e")
        page.keyboard.press("Enter")
        dialog.get_by_role("alert").get_by_text('"1e"').wait_for()
        page.keyboard.press("Control+A")
        page.keyboard.type("70")
        page.keyboard.press("Enter")
        dialog.get_by_role("status").get_by_text("time/2026-03.beancount").wait_for()
        page.keyboard.press("Escape")
        assert dialog.count() == 0
        assert button.evaluate("it => it === document.activeElement")
        page.keyboard.press("Enter")
        assert dialog.locator("pre").text_content() == ""  # a new form
        page.keyboard.type("70")
        page.keyboard.press("Enter")
        dialog.get_by_role("status").get_by_text("time/2026-03.beancount").wait_for()
        for _ in range(9):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.value") == "write":
                break
        page.keyboard.press("Enter")
        page.locator(".projbill-written").get_by_text("time/2026-03.beancount").wait_for()
    assert '70 %"' in (fava.ledger.parent / "time" / "2026-03.beancount").read_text()


@needs_chromium
def test_two_clicks_write_once_and_an_old_answer_is_not_shown(fava: Fava) -> None:
    late: list[Route] = []

    def answer(route: Route) -> None:
        if late:
            route.continue_()
        else:
            late.append(route)

    with looking() as page:
        page.goto(fava.address("drafts"))
        page.route("**/preview*", answer)
        dialog = page.get_by_role("dialog")
        hold = page.get_by_role("button", name="Hold")
        hold.first.click()
        page.keyboard.press("Escape")
        hold.nth(1).click()
        dialog.locator("pre").filter(has_text=MARCH).wait_for()
        with page.expect_response("**/preview*"):
            late[0].continue_()  # the preview of the first
        page.wait_for_timeout(100)
        assert FEBRUARY not in (dialog.locator("pre").text_content() or "")
        writing(dialog).dblclick()
        page.locator(".projbill-written").get_by_text("decisions.beancount").wait_for()
    assert (fava.ledger.parent / "decisions.beancount").read_text().count("billing-hold") == 1


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
        ("hold", {"subject": MARCH, "reason": "a\ud800b".encode("utf-8", "replace")}, None),
        ("issue", {"draft": SITE}, "is held: invoice-held-overbilling"),
        ("issue", {"draft": CREDIT}, "is a credit note"),
        ("issue", {"draft": FEBRUARY, "date": "2026-02-21"}, "2026-02-28"),
        ("release", {"subject": MARCH}, "is not held: it can go out"),
        ("release", {"subject": "OAK/time/2026-03-31"}, "rate-missing, which cannot be released"),
        ("approve", {"project": "WEB", "order": "CO-1"}, "CO-1 is approved already"),
        ("progress", {"project": "SITE", "milestone": "P2", "percent": "101"}, "101"),
        ("progress", {"project": "SITE", "milestone": "P9", "percent": "10"}, "P9"),
        ("accept", {"project": "NONE", "milestone": "P2"}, "NONE"),
        ("log", {"project": "APP", "hours": "25", "person": "ana"}, None),
        ("log", {"project": "APP", "hours": "soon", "person": "ana"}, "soon"),
        ("log", {"project": "APP", "hours": "1", "person": "zoe"}, "zoe"),
        ("credit", {"draft": MARCH, "corrects": "INV-2026-0001"}, "is no credit"),
        ("credit", {"draft": CREDIT, "corrects": "INV-1"}, 'there is no invoice "INV-1"'),
    ],
)
def test_what_cannot_be_done_says_why(
    still: Fava, action: str, values: dict[str, str], said: str | None
) -> None:
    seen = still.preview(action, **values)
    if said is None:
        assert seen.get("text") or seen.get("error")
    else:
        assert said in seen["error"][0], seen
        assert "text" not in seen


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
    assert "another projbill command is writing" in issue["error"][0]
    assert "text" in still.preview("issue", draft=FEBRUARY)


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


@needs_chromium
def test_incognito_shows_no_digits_and_writes_them(tmp_path: Path) -> None:
    ledger = write_books(tmp_path)
    with serve(ledger, "--incognito") as fava, looking(color_scheme="dark") as page:
        page.goto(fava.address("drafts", draft=FEBRUARY))
        page.get_by_role("button", name="Issue").click()
        dialog = page.get_by_role("dialog")
        writing(dialog)
        assert "XXX.XX EUR" in (dialog.locator("pre").text_content() or "")
        assert not re.search(r"\d", dialog.locator("pre, .projbill-remarks").all_text_contents()[1])
        write_in(page, {})
        written = page.locator(".projbill-written")
        written.get_by_text("invoices.beancount").wait_for()
        assert "900.00" not in (written.text_content() or "")
    assert "  net: 900.00 EUR\n" in (tmp_path / "invoices.beancount").read_text()


@needs_chromium
def test_a_server_that_is_gone_is_told(tmp_path: Path) -> None:
    with looking(refused=True) as page:
        with serve(write_books(tmp_path)) as fava:
            page.goto(fava.address("drafts", draft=FEBRUARY))
            page.get_by_role("button", name="Issue").click()
            dialog = page.get_by_role("dialog")
            write = writing(dialog)
        write.click()
        alert = dialog.get_by_role("alert")
        alert.get_by_text("Fava did not answer; look in the files").wait_for()
        assert write.is_disabled()


@needs_chromium
def test_a_page_that_is_older_than_fava_is_told_to_be_reloaded(tmp_path: Path) -> None:
    ledger = write_books(tmp_path)
    with looking(refused=True) as page:
        with serve(ledger) as fava:
            port = int(fava.url.rpartition("/")[0].rpartition(":")[2])
            page.goto(fava.address("drafts", draft=FEBRUARY))
            page.get_by_role("button", name="Hold").click()
            dialog = page.get_by_role("dialog")
            write = writing(dialog)
        with serve(ledger, port=port):
            write.click()
            dialog.get_by_role("alert").get_by_text("older than this Fava: reload it").wait_for()
    assert (tmp_path / "decisions.beancount").read_text() == "; decisions\n"


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


@needs_chromium
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_dialog_can_be_read_by_all(still: Fava, scheme: str) -> None:
    with looking(color_scheme=scheme, viewport={"width": 1000, "height": 500}) as page:
        page.goto(still.address("drafts"))
        page.get_by_role("button", name="Issue all").click()
        dialog = page.get_by_role("dialog")
        writing(dialog)
        answer = Axe().run(page, context=".projbill-dialog[open]")
        assert [one["id"] for one in answer.response["violations"]] == []
        text = dialog.locator("pre")
        assert text.evaluate("it => it.scrollHeight > it.clientHeight")
        assert dialog.get_by_role("button", name="Write").is_visible()
