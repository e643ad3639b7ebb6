"""Takes the pictures of the documentation: the example's pages in a real Fava and a real browser.

.venv/bin/python tools/screenshots.py
"""

from __future__ import annotations

import logging
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING
from typing import NamedTuple

from fava.application import create_app
from playwright.sync_api import sync_playwright
from werkzeug.serving import make_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "example-ledger"
PROJBILL = Path(sys.executable).with_name("projbill")
PICTURES = ROOT / "docs" / "img"
WIDTH, HEIGHT = 1280, 800
NARROW = 400


class Picture(NamedTuple):
    """A picture: its file, Fava's page, and what is clicked before it is taken."""

    name: str
    page: str
    click: str = ""
    dark: bool = False
    width: int = WIDTH


BILLING = "extension/ProjectBilling/?page="
SHOWN = (
    Picture("overview", f"{BILLING}overview"),
    Picture("overview-dark", f"{BILLING}overview", dark=True),
    Picture("overview-narrow", f"{BILLING}overview", width=NARROW),
    Picture("projects", f"{BILLING}projects"),
    Picture("project", f"{BILLING}project&project=ACME-MIG"),
    Picture("drafts", f"{BILLING}drafts"),
    Picture("draft", f"{BILLING}drafts&draft=ACME-MIG/hybrid/2026-04-10"),
    Picture("issue", f"{BILLING}drafts&draft=FIR-PORT/time/2026-04-30", click="Issue"),
    Picture("receivables", f"{BILLING}receivables"),
    Picture("statement", f"{BILLING}receivables&client=bolt"),
    Picture("change-orders", f"{BILLING}change-orders"),
    Picture("retainers", f"{BILLING}retainers"),
    Picture("wip", f"{BILLING}wip"),
    Picture("findings", f"{BILLING}findings"),
    Picture("journal", "journal/?filter=%23draft&time=2026-04", click="Postings"),
)


def main() -> None:
    """Writes every picture, or those whose names are given."""
    wanted = set(sys.argv[1:])
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    PICTURES.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        _fava(_books(Path(folder) / "books")) as address,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        for picture in SHOWN:
            if not wanted or picture.name in wanted:
                print(_taken(browser, address, picture))
        browser.close()


def _taken(browser: Browser, address: str, picture: Picture) -> Path:
    path = PICTURES / f"fava-{picture.name}.png"
    page = browser.new_page(
        viewport={"width": picture.width, "height": HEIGHT},
        color_scheme="dark" if picture.dark else "light",
    )
    page.goto(address + picture.page)
    page.wait_for_load_state("networkidle")
    if picture.click:
        page.get_by_role("button", name=picture.click, exact=True).first.click()
        page.wait_for_load_state("networkidle")
    page.wait_for_timeout(300)  # charts follow the size of the page
    page.screenshot(path=path)
    page.close()
    return path


def _books(folder: Path) -> Path:
    """The example with its new exports imported; returns the ledger."""
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    ledger = folder / "main.beancount"
    exports = sorted(str(path) for path in (folder / "exports" / "new").iterdir())
    subprocess.run([PROJBILL, "-f", ledger, "import", *exports], check=True)
    return ledger


@contextmanager
def _fava(ledger: Path) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, create_app([ledger]), threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/northlight-it/"
    finally:
        server.shutdown()
        thread.join()


if __name__ == "__main__":
    main()
