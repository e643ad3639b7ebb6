"""The page of drafts: each as the invoice that it would become, with what is behind it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from decimal import Decimal
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

import pytest
from beancount import loader

from tests.fava_action_books import AS_OF
from tests.fava_action_books import CREDIT
from tests.fava_action_books import FEBRUARY
from tests.fava_action_books import MARCH
from tests.fava_action_books import PLUS
from tests.fava_action_books import SITE
from tests.fava_action_books import UNPRICED
from tests.fava_action_books import command
from tests.fava_action_books import write_books
from tests.fava_server import Fava
from tests.fava_server import looking
from tests.fava_server import needs_chromium
from tests.fava_server import serve
from tests.fava_tables import Pages
from tests.fava_tables import tables
from tests.fava_tables import text_of
from tests.fava_tables import the_table
from tests.ledgers import ask
from tests.ledgers import time_text
from tests.ledgers import write_ledger

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLE = Path(__file__).parent.parent / "example-ledger"
STATES = {"ready": "ready", "held": "held", "credit": "credit note"}
HOURLY = "client: acme\nbilling: time-and-materials\nstart: 2026-01-01\nrates: {default: 100}\n"


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Pages:
    """The example's books with all of its exports: every kind of contract."""
    folder = tmp_path_factory.mktemp("example") / "books"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    ledger = folder / "main.beancount"
    command(ledger, "import", *(str(path) for path in sorted(folder.glob("exports/new/*"))))
    return Pages(ledger)


@pytest.fixture(scope="module")
def waiting(tmp_path_factory: pytest.TempPathFactory) -> Pages:
    """Books in which something waits for each action."""
    return Pages(write_books(tmp_path_factory.mktemp("waiting") / "books"))


def ledger_of(pages: Pages) -> Path:
    """The top-level file of the books."""
    return Path(pages.app.config["LEDGERS"][pages.slug].beancount_file_path)


def told(pages: Pages, as_of: str) -> list[dict[str, Any]]:
    """The drafts as the command line tells them."""
    found: list[dict[str, Any]] = ask(ledger_of(pages), as_of, "drafts")["drafts"]
    return found


def _state(draft: dict[str, Any]) -> str:
    return "credit" if draft["kind"] == "credit" else "held" if draft["held"] else "ready"


@pytest.mark.parametrize(("books", "as_of"), [("example", "2026-04-30"), ("waiting", AS_OF)])
def test_the_table_lists_what_the_command_does(
    books: str, as_of: str, request: pytest.FixtureRequest
) -> None:
    pages: Pages = request.getfixturevalue(books)
    drafts = told(pages, as_of)
    table = the_table(pages.page("drafts"), "projbill-drafts")
    rows = {
        (draft["draft"], draft["date"], f"{draft['net']} EUR", f"{draft['total']} EUR")
        for draft in drafts
    }
    shown = table.columns("Draft", "Date", "Net", "Total")
    assert {tuple(cell.replace("\xa0", " ") for cell in row) for row in shown} == rows
    states = [state.partition(" ")[0] for (state,) in table.columns("State")]
    order = [("ready", "held", "credit").index(state) for state in states]
    assert order == sorted(order)
    for row in table.foot:
        state = next(name for name, words in STATES.items() if row[0].endswith(words))
        nets = [Decimal(draft["net"]) for draft in drafts if _state(draft) == state]
        assert row[0].split()[0] == str(len(nets))
        assert Decimal(row[3].split()[0]) == sum(nets)


def test_each_draft_of_the_example_is_an_invoice_with_the_commands_numbers(example: Pages) -> None:
    for draft in told(example, "2026-04-30"):
        shown = text_of(example.page("drafts", draft=draft["draft"]))
        for line in draft["lines"]:
            parts = [line["text"], line["amount"]]
            if line["quantity"]:
                unit = "days" if line["unit"] == "DAY" else "h"
                parts[1:1] = [line["quantity"], unit, *([line["price"]] if line["price"] else [])]
            pattern = ".{0,40}?".join(re.escape(part) for part in parts)
            assert re.search(pattern, shown), (draft["draft"], parts)
        assert f"Net {draft['net']}" in shown
        for tax in draft["taxes"]:
            assert f"Tax {tax['code']}, {tax['rate']} % of {tax['base']} {tax['amount']}" in shown
        assert f"Total EUR {draft['total']}" in shown
        assert (f"Payable EUR {draft['payable']}" in shown) == (draft["payable"] != draft["total"])
        assert f"Date {draft['date']} Due {draft['due']}" in shown


def test_deposits_and_retentions_lower_what_is_to_be_paid(example: Pages) -> None:
    gorse = text_of(example.page("drafts", draft="GORSE-AUDIT/time/2026-04-30"))
    assert "Total EUR 1002.18 Paid by deposit -1000.00 Payable EUR 2.18" in gorse
    holm = text_of(example.page("drafts", draft="HOLM-ERP/milestone/2026-04-30"))
    assert "Total EUR 7140.00 Retained -600.00 Payable EUR 6540.00" in holm


def test_the_parties_are_those_of_the_invoice(example: Pages) -> None:
    shown = text_of(example.page("drafts", draft="FIR-PORT/time/2026-04-30"))
    assert (
        "From Northlight IT GmbH Hafenstr. 1 20457 Hamburg, DE DE123456789 "
        "To Fir Logistik AG Am Kai 40 28217 Bremen, DE Project FIR-PORT" in shown
    )
    assert "Period 2026-04-01 – 2026-04-30" in shown


def test_behind_a_line_stand_its_entries_and_why_they_cost_that(waiting: Pages) -> None:
    shown = waiting.page("drafts", draft=FEBRUARY)
    (table,) = tables(shown, "projbill-entries")
    (row,) = table.columns("Day", "Who", "Task", "Worked", "Billed")
    assert row == ("2026-02-03", "Ana Ruiz", "dev", "6.00", "6.00")
    (cell,) = table.columns("Note")[0]
    assert cell == "Login page150.00 EUR per hour by default"
    facts = ledger_of(waiting).parent / "facts.beancount"
    line = next(
        number
        for number, text in enumerate(facts.read_text().splitlines(), 1)
        if "Equity:Time:Unbilled:APP  6.0000" in text
    )
    assert table.columns("Ledger") == [(f"facts.beancount:{line}",)]
    links = [unescape(one) for one in re.findall(r'href="([^"]+)"', shown)]
    assert any("/editor/" in one and one.endswith(f"line={line}") for one in links)
    assert "trigger time every month: the period 2026-02-01 to 2026-02-28 is over" in text_of(shown)


def test_entries_that_cost_alike_say_so_once(example: Pages) -> None:
    shown = text_of(example.page("drafts", draft="BOLT-APP/time/2026-04-30"))
    backend = shown[shown.index("26 entries, and the reasons") :]
    backend = backend[: backend.index("frontend 2.1706")]
    assert backend.count("158.00 EUR per hour by role senior from 2026-04-01") == 1


def test_rounding_and_parts_of_entries_are_told_where_they_are(tmp_path: Path) -> None:
    contract = HOURLY + "invoice: {hours: {to: 15m, direction: up}}\n"
    facts = time_text("t-1", "2026-03-03", 3000, project="APP", person="ana")
    contracts = {"APP": f"project: APP\n{contract}"}
    pages = Pages(write_ledger(tmp_path, AS_OF, contracts=contracts, facts=facts))
    (table,) = tables(pages.page("drafts"), "projbill-entries")
    assert table.columns("Worked", "Billed") == [("0.8333", "1.00")]
    assert "billed as 1.00 h" in table.rows[0][3]


@pytest.mark.parametrize(
    ("draft", "sentence", "remedy", "buttons"),
    [
        (
            SITE,
            "the draft would bill 240.00 EUR more than the 360.00 EUR of 600.00 that are delivered",
            "projbill progress SITE MILESTONE PERCENT ; or, if the client agreed, release it as it is",
            ["Record acceptance of P2", "Release anyway…", "Report progress of P2"],
        ),
        (
            PLUS,
            "billed once its change order is approved, and change order CO-1 is not approved yet",
            "projbill approve PLUS CHANGE-ORDER once the client agrees",
            ["Approve CO-1", "Release anyway…"],
        ),
        (
            UNPRICED,
            "entry t-3 cannot be priced: no rate for ben on task (none) on 2026-03-04",
            "add a rate to the contract that applies on the work date",
            [],
        ),
        (
            CREDIT,
            "W1 is 2500.00 EUR with its approved changes, and 3000.00 EUR are billed: credit 500.00",
            "credit the difference on the invoice that billed it",
            ["Credit"],
        ),
        (FEBRUARY, "", "", ["Hold", "Issue"]),
    ],
)
def test_a_held_draft_says_why_and_what_would_release_it(
    waiting: Pages, draft: str, sentence: str, remedy: str, buttons: list[str]
) -> None:
    shown = waiting.page("drafts", draft=draft)
    words = text_of(shown)
    assert sentence in words
    assert remedy in words
    found = re.findall(r'<button type="button" class="projbill-action[^>]+>([^<]+)<', shown)
    assert sorted(found) == buttons


def test_what_no_word_can_release_is_linked_to_where_it_is_put_right(waiting: Pages) -> None:
    shown = unescape(waiting.page("drafts", draft=UNPRICED))
    held = shown.partition('class="projbill-holds"')[2].partition('class="projbill-parties"')[0]
    targets = re.findall(r"/editor/\?file_path=([^&]+)&line=(\d+)", held)
    assert {Path(file.replace("%2F", "/")).name for file, _ in targets} == {
        "facts.beancount",
        "oak.yaml",
    }


def test_a_project_on_hold_is_released_whole_or_draft_by_draft(tmp_path: Path) -> None:
    ledger = write_books(tmp_path)
    command(ledger, "hold", "APP", "--date", "2026-03-01", "--reason", "Talks")
    shown = Pages(ledger).page("drafts", draft=MARCH)
    assert "billing of all of APP is on hold since 2026-03-01: Talks" in text_of(shown)
    assert ">Release…<" in shown
    assert ">Release all of the project<" in shown
    assert 'data-values="{&#34;subject&#34;: &#34;APP&#34;}"' in shown


def test_a_credit_is_a_credit_note_on_the_invoice_that_it_corrects(waiting: Pages) -> None:
    shown = waiting.page("drafts", draft=CREDIT)
    words = text_of(shown)
    assert f"{CREDIT} credit note" in words
    assert "Corrects INV-2026-0001" in words
    assert "Total EUR -500.00" in words
    assert "Due" not in words.partition("Corrects")[0]


def test_a_draft_that_became_an_invoice_says_so(tmp_path: Path) -> None:
    ledger = write_books(tmp_path)
    command(ledger, "issue", FEBRUARY)
    pages = Pages(ledger)
    gone = text_of(pages.page("drafts", draft=FEBRUARY))
    assert f"There is no draft of that name now: {FEBRUARY}" in gone
    assert "invoice INV-2026-0002 of 2026-03-31, 900.00 EUR net, 900.00 with tax" in gone
    assert "no longer in the ledger" not in gone
    near = pages.page("drafts", draft="APP/time/2026-03-30")
    assert f"Did you mean {MARCH} ?" in text_of(near)
    nothing = text_of(pages.page("drafts", draft="<script>alert(1)</script>"))
    assert "There is no draft of that name now: <script>alert(1)</script>" in nothing


def test_of_many_drafts_one_is_shown_when_it_is_asked_for(tmp_path: Path) -> None:
    names = [f"P{number:02}" for number in range(30)]
    contracts = {name: f"project: {name}\n{HOURLY}" for name in names}
    facts = "".join(
        time_text(f"t-{name}", "2026-03-03", 3600, project=name, person="ana") for name in names
    )
    pages = Pages(write_ledger(tmp_path, AS_OF, contracts=contracts, facts=facts))
    shown = pages.page("drafts")
    assert len(the_table(shown, "projbill-drafts").rows) == 30
    assert "<article" not in shown
    assert "Choose a draft to see it line by line" in text_of(shown)
    (link,) = re.findall(r'href="([^"]+draft=P07[^"]+)"', shown)
    assert "draft=P07/time/2026-03-31" in unescape(link).replace("%2F", "/")
    assert pages.page("drafts", draft="P07/time/2026-03-31").count("<article") == 1
    few = pages.page("drafts", account="Equity:Time:Unbilled:P07")
    assert few.count("<article") == 1


def test_filters_choose_what_is_shown_and_issued(waiting: Pages) -> None:
    shown = waiting.page("drafts", time="2026-02")
    assert the_table(shown, "projbill-drafts").columns("Draft") == [(FEBRUARY,)]
    assert "Issue all" not in shown
    none = text_of(waiting.page("drafts", time="2020"))
    assert "The filters let no draft through." in none
    site = waiting.page("drafts", account="Income:Services:SITE")
    assert MARCH not in site


def test_incognito_hides_every_amount(tmp_path: Path) -> None:
    pages = Pages(write_books(tmp_path), incognito=True)
    for shown in (pages.page("drafts"), *(pages.page("drafts", draft=one) for one in (SITE, PLUS))):
        assert not re.search(r"\d+\.\d\d\b", text_of(shown))
        assert not re.search(r'data-sort="-?\d', shown)


def test_nothing_to_invoice_is_said(tmp_path: Path) -> None:
    contracts = {"APP": f"project: APP\n{HOURLY}"}
    pages = Pages(write_ledger(tmp_path, AS_OF, contracts=contracts))
    assert "Nothing is due to be invoiced." in text_of(pages.page("drafts"))


def test_a_load_for_an_action_leaves_fava_its_books(tmp_path: Path) -> None:
    pages = Pages(write_books(tmp_path))
    ledger = pages.app.config["LEDGERS"][pages.slug]
    before = text_of(pages.page("drafts"))
    loader.load_file(str(ledger_of(pages)))  # ends between Fava's load and what follows on it
    ledger.extensions.after_load_file()
    assert text_of(pages.page("drafts")) == before


@pytest.mark.skipif(
    shutil.which("gpg") is None and os.environ.get("CI") != "true",
    reason="GnuPG is not installed",
)
def test_an_encrypted_ledger_is_shown_and_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = write_books(tmp_path / "books")
    home = tmp_path / "gpg"
    home.mkdir(mode=0o700)
    monkeypatch.setenv("GNUPGHOME", str(home))
    gpg = ["gpg", "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", ""]
    subprocess.run([*gpg, "--quick-generate-key", "books", "ed25519"], check=True)
    key = re.findall(r"fpr:+(\w+):", _listed(gpg))[0]
    subprocess.run([*gpg, "--quick-add-key", key, "cv25519"], check=True)
    subprocess.run(
        [*gpg, "--armor", "--trust-model", "always", "-r", "books", "-e", str(ledger)], check=True
    )
    monkeypatch.chdir(ledger.parent)  # where Beancount looks for what an encrypted ledger includes
    pages = Pages(ledger.with_name("main.beancount.asc"))
    shown = pages.page("drafts")
    assert FEBRUARY in shown
    assert 'class="projbill-action' not in shown
    answer = pages.app.test_client().get(
        f"/{pages.slug}/extension/ProjectBilling/preview?action=hold&subject={FEBRUARY}"
    )
    assert answer.status_code == 403


def _listed(gpg: list[str]) -> str:
    done = subprocess.run([*gpg, "-k", "--with-colons"], check=True, capture_output=True, text=True)
    return done.stdout


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Fava]:
    with serve(write_books(tmp_path)) as fava:
        yield fava


@needs_chromium
def test_the_table_leads_to_the_draft_and_to_the_line_in_the_editor(served: Fava) -> None:
    with looking(viewport={"width": 400, "height": 700}) as page:
        page.goto(served.address("drafts"))
        page.get_by_role("link", name=SITE).first.click()
        title = page.get_by_role("heading", name=SITE)
        title.wait_for()
        page.wait_for_function("document.activeElement !== null && scrollY + 1 > 0")
        assert title.evaluate("it => it.getBoundingClientRect().top < innerHeight")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        title.get_by_role("link").click()
        page.get_by_role("link", name="All drafts").wait_for()
        assert page.locator(".projbill-draft").count() == 1
        page.locator(".projbill-holds .projbill-place").first.click()
        page.locator(".cm-editor").get_by_text("SITE").first.wait_for()
