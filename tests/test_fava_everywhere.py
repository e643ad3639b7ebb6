"""What holds on every page: whatever the books say, however Fava is started or filtered."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import HTTPError

import pytest
from axe_playwright_python.sync_playwright import Axe

from projbill_beancount.fava.pages import PAGES
from tests.fava_server import EXTENSION_LINE
from tests.fava_server import Fava
from tests.fava_server import looking
from tests.fava_server import needs_chromium
from tests.fava_server import serve
from tests.ledgers import FIRM
from tests.ledgers import progress_text
from tests.ledgers import time_text
from tests.ledgers import write_ledger

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLE = Path(__file__).parent.parent / "example-ledger"
SCRIPT = "<script>document.title='owned'</script>"
QUOTES = "\"><img src=x onerror=\"document.title='owned'\"> 'a' & b"
LEFT = "\u202eטקסט עברי\u202c שלום"
LONG = "Donaudampfschifffahrtsgesellschaftskapitän" * 8
HOSTILE_FIRM = FIRM.replace("{name: ACME Corp}", "{name: " + repr(SCRIPT + " Corp") + "}").replace(
    "{name: Ana Ruiz}", "{name: " + repr(f"Ana {QUOTES}".replace("'", "`")) + "}"
)
HOSTILE = f"""\
project: ACME-APP
name: {SCRIPT!r}
client: acme
billing: hybrid
start: 2026-01-01
value: 5000
rates: {{default: 150}}
milestones:
  M1: {{name: {(LEFT + LONG)!r}, value: 5000}}
"""
HOSTILE_FACTS = (
    time_text(
        "toggl-1",
        "2026-03-03",
        21600,
        project="ACME-APP",
        person="ana",
        task=f"{SCRIPT} {LEFT}",
        note=QUOTES,
    )
    + time_text("toggl-2", "2026-03-04", 3600, project="ACME-APP", person="ben", task=LONG)
    + progress_text("2026-03-20", 100, project="ACME-APP", milestone="M1")
)
MONEY = re.compile(r"\d[\d.,]*\.\d\d\b")


def addresses(project: str, client: str, draft: str) -> dict[str, dict[str, str]]:
    """Every page by a name for the test, with what it is asked for."""
    found: dict[str, dict[str, str]] = {page.name: {} for page in PAGES}
    found["project"] = {"project": project}
    return {
        **found,
        "drafts of one": {"draft": draft},
        "receivables of one": {"client": client},
    }


def pages_of(project: str, client: str, draft: str) -> list[tuple[str, dict[str, str]]]:
    """Every page and what it is asked for."""
    asked = addresses(project, client, draft)
    return [(name.partition(" ")[0], arguments) for name, arguments in asked.items()]


EXAMPLE_PAGES = pages_of("HOLM-ERP", "acme", "HOLM-ERP/milestone/2026-04-30")
HOSTILE_PAGES = pages_of("ACME-APP", "acme", "ACME-APP/hybrid/2026-03-20")


def books(folder: Path, *lines: str) -> Path:
    """A copy of the example's books, with more lines in the top-level file."""
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    ledger = folder / "main.beancount"
    ledger.write_text(ledger.read_text() + "".join(lines))
    return ledger


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fava]:
    """The example's books, which no test changes."""
    with serve(books(tmp_path_factory.mktemp("example") / "books")) as running:
        yield running


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fava]:
    """Books with scripts, quotes, right-to-left and very long words wherever people write texts."""
    folder = tmp_path_factory.mktemp("hostile")
    ledger = write_ledger(
        folder,
        "2026-03-31",
        contracts={"ACME-APP": HOSTILE},
        facts=HOSTILE_FACTS,
        firm=HOSTILE_FIRM,
    )
    ledger.write_text(ledger.read_text() + EXTENSION_LINE)
    with serve(ledger) as running:
        yield running


@needs_chromium
def test_texts_of_people_are_texts(hostile: Fava) -> None:
    with looking(viewport={"width": 1280, "height": 800}) as page:
        for name, arguments in HOSTILE_PAGES:
            page.goto(hostile.address(name, **arguments))
            page.locator(".projbill").wait_for()
            assert "owned" not in page.title(), name
            assert page.locator(".projbill img, .projbill script:not([type])").count() == 0, name
            wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wider <= 0, (name, wider)
        page.goto(hostile.address("project", project="ACME-APP"))
        page.locator(".projbill").wait_for()
        assert page.get_by_text(SCRIPT).count() > 0
        assert page.get_by_text("Donaudampfschifffahrtsgesellschaft").count() > 0


@needs_chromium
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_can_be_read_by_all(example: Fava, scheme: str) -> None:
    found = []
    with looking(color_scheme=scheme, viewport={"width": 1280, "height": 800}) as page:
        for name, arguments in EXAMPLE_PAGES:
            page.goto(example.address(name, **arguments))
            page.locator(".projbill").wait_for()
            page.wait_for_load_state("networkidle")
            answer = Axe().run(page, context=".projbill")
            found += [
                (name, one["id"], node["html"][:120])
                for one in answer.response["violations"]
                for node in one["nodes"]
            ]
    assert found == []


@needs_chromium
def test_every_page_fits_a_telephone(example: Fava) -> None:
    with looking(viewport={"width": 400, "height": 800}) as page:
        for name, arguments in EXAMPLE_PAGES:
            page.goto(example.address(name, **arguments))
            page.locator(".projbill").wait_for()
            wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wider <= 0, (name, wider)


def test_incognito_shows_no_amount(tmp_path: Path, example: Fava) -> None:
    with serve(books(tmp_path / "books"), "--incognito") as hidden:
        for name, arguments in EXAMPLE_PAGES:
            open_page, hidden_page = (
                re.sub(r"<(style|script).*?</\1>", "", one.page(name, **arguments), flags=re.DOTALL)
                for one in (example, hidden)
            )
            shown = set(MONEY.findall(re.sub(r"<[^>]*>", " ", open_page)))
            assert shown & set(MONEY.findall(re.sub(r"<[^>]*>", " ", hidden_page))) == set(), name
            assert "X" in hidden_page or not shown, name


def test_read_only_books_have_no_buttons_and_take_no_writing(tmp_path: Path) -> None:
    ledger = books(tmp_path / "books")
    before = {path: path.read_bytes() for path in ledger.parent.rglob("*.beancount")}
    with serve(ledger, "--read-only") as fava:
        for name, arguments in EXAMPLE_PAGES:
            shown = fava.page(name, **arguments)
            assert "projbill-action" not in re.sub(r"<style.*?</style>", "", shown, flags=re.DOTALL)
            assert "<dialog" not in shown
        with pytest.raises(HTTPError) as refused:
            fava.preview("hold", subject="HOLM-ERP")
        assert refused.value.code == 403
        refused.value.close()
        status, _ = fava.post({}, {"Content-Type": "application/json"})
        assert status == 401
    assert {path: path.read_bytes() for path in ledger.parent.rglob("*.beancount")} == before


@pytest.mark.parametrize("contracts", [{}, {"ACME-APP": "project: ACME-APP\nbilling: nonsense\n"}])
def test_empty_and_broken_books_have_pages(tmp_path: Path, contracts: dict[str, str]) -> None:
    ledger = write_ledger(tmp_path, "2026-03-31", contracts=contracts)
    ledger.write_text(ledger.read_text() + EXTENSION_LINE)
    with serve(ledger) as fava:
        for name, arguments in pages_of("ACME-APP", "acme", "ACME-APP/time/2026-03-31"):
            shown = fava.page(name, **arguments)
            assert "projbill-failed" not in shown, name
            assert 'aria-current="page"' in shown, name
        if contracts:
            assert "contract-invalid" in fava.page("findings")


@pytest.mark.parametrize(
    ("firm", "line"), [(": not yaml", EXTENSION_LINE), (FIRM, ""), (None, EXTENSION_LINE)]
)
def test_books_that_cannot_be_billed_say_so(tmp_path: Path, firm: str | None, line: str) -> None:
    ledger = write_ledger(tmp_path, "2026-03-31", contracts={}, firm=firm or FIRM)
    text = ledger.read_text()
    if firm is None:
        text = re.sub(r"plugin .*\n", "", text)
    ledger.write_text(text + line)
    with serve(ledger) as fava:
        errors = fava.api("errors")
        if firm is None:
            assert any("Billing need the plugin" in error["message"] for error in errors)
        if line:
            assert 'role="alert"' in fava.page("overview") or firm == FIRM
        else:
            with pytest.raises(HTTPError) as missing:
                fava.page("overview")
            assert missing.value.code == 404
            missing.value.close()


def test_options_of_the_extension_never_stop_fava(tmp_path: Path) -> None:
    line = EXTENSION_LINE.replace('fava"\n', 'fava" "{\'a\': foo}"\n')
    ledger = books(tmp_path / "books")
    ledger.write_text(re.sub(r'.*"fava-extension".*\n', "", ledger.read_text()) + line)
    with serve(ledger) as fava:
        assert any("takes no options" in error["message"] for error in fava.api("errors"))
        assert "HOLM-ERP" in fava.page("drafts")


def test_filters_choose_what_is_shown_and_change_no_amount(example: Fava) -> None:
    whole = example.page("drafts")
    assert "OAK-DATA/time/2026-03-31" in whole
    assert "BOLT-APP/time/2026-04-30" in whole
    april = example.page("drafts", time="2026-04")
    assert "OAK-DATA/time/2026-03-31" not in april
    assert "BOLT-APP/time/2026-04-30" in april
    bolt = example.page("drafts", account="Assets:Unbilled:BOLT-APP")
    assert "BOLT-APP/time/2026-04-30" in bolt
    assert "FIR-PORT/time/2026-04-30" not in bolt
    payee = example.page("drafts", filter='payee:"Fir Logistik AG"')
    assert "FIR-PORT/time/2026-04-30" in payee
    assert "3,864.19" in payee or "3864.19" in payee
    assert "BOLT-APP/time/2026-04-30" not in payee
    board = example.page("projects", account="Income:Services:BOLT-APP")
    assert "BOLT-APP" in board
    assert "ACME-MIG" not in board.partition("<dialog")[0]


def test_a_new_contract_and_one_that_is_gone_are_seen_at_once(tmp_path: Path) -> None:
    ledger = books(tmp_path / "books")
    new = ledger.parent / "contracts" / "new-shop.yaml"
    with serve(ledger) as fava:
        assert "NEW-SHOP" not in fava.page("projects")
        new.write_text(
            "project: NEW-SHOP\nclient: bolt\nbilling: time-and-materials\n"
            "start: 2026-04-01\nrates: {default: 100}\n"
        )
        assert "NEW-SHOP" in fava.page("projects")
        new.unlink()
        assert "NEW-SHOP" not in fava.page("projects")
