"""Actions of Fava's pages in a browser: from the click to the bytes of the ledger and back."""

from __future__ import annotations

import re
from functools import partial
from http.server import SimpleHTTPRequestHandler
from http.server import ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING
from typing import NamedTuple

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.fava_action_books import AS_OF
from tests.fava_action_books import CREDIT
from tests.fava_action_books import FEBRUARY
from tests.fava_action_books import MARCH
from tests.fava_action_books import PLUS
from tests.fava_action_books import SITE
from tests.fava_action_books import command
from tests.fava_action_books import copied
from tests.fava_action_books import texts_of
from tests.fava_action_books import write_books
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
    Step(FEBRUARY, "Release…", {}, ("release", FEBRUARY), "decisions.beancount", "ready"),
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


@pytest.fixture
def other_site(tmp_path: Path, still: Fava) -> Iterator[str]:
    """Another site on this machine, whose page shows Fava in a frame."""
    icon = '<link rel="icon" href="data:,">'
    frame = f'{icon}<iframe src="{still.address("drafts")}" width="900" height="600"></iframe>'
    (tmp_path / "index.html").write_text(frame)
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}/index.html"
        server.shutdown()


@needs_chromium
def test_another_sites_frame_has_no_buttons_to_click(other_site: str) -> None:
    with looking() as page:
        with page.expect_response(lambda answer: "ProjectBilling.js" in answer.url):
            page.goto(other_site)
        within = page.frame_locator("iframe")
        within.get_by_role("button", name="Issue all").wait_for()
        page.wait_for_timeout(500)  # by then the script has made them ready where it does
        assert within.locator("button.projbill-action:enabled").count() == 0
