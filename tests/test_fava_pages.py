"""Our pages in a running Fava: what they show, whatever the books are like."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from projbill_beancount.fava.pages import PAGES
from tests.fava_server import EXTENSION_LINE
from tests.fava_server import Fava
from tests.fava_server import looking
from tests.fava_server import needs_chromium
from tests.fava_server import serve

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLE = Path(__file__).parent.parent / "example-ledger"


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fava]:
    """The example's books, which no test changes."""
    folder = tmp_path_factory.mktemp("example") / "books"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    ledger = folder / "main.beancount"
    if "fava-extension" not in ledger.read_text():
        ledger.write_text(ledger.read_text() + EXTENSION_LINE)
    with serve(ledger) as running:
        yield running


@pytest.mark.parametrize("page", [page.name for page in PAGES if page.listed])
def test_every_page_of_the_example_is_there(example: Fava, page: str) -> None:
    shown = example.page(page)
    assert 'aria-current="page"' in shown
    assert 'role="alert"' not in shown.partition("<dialog")[0]


@needs_chromium
def test_a_page_reached_by_a_link_has_its_scripts(example: Fava) -> None:
    with looking() as page:
        page.goto(f"{example.url}/income_statement/")
        page.get_by_role("link", name="Billing").click()
        page.get_by_role("link", name="Drafts", exact=True).click()
        page.get_by_role("heading", name="What can be invoiced").wait_for()
        page.get_by_role("button", name="Issue").first.click()
        page.get_by_role("dialog").get_by_text("INV-2026-").first.wait_for()
