"""Takes the README's picture: the demo's drafts in a real Fava, in a real browser.

make demo && .venv/bin/python tools/screenshot.py
"""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from fava.application import create_app
from playwright.sync_api import sync_playwright
from werkzeug.serving import make_server

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
LEDGER = ROOT / "demo" / "main.beancount"
IMAGES = ROOT / "docs" / "img"
PAGES = {
    "fava-drafts.png": "journal/?filter=%23draft",
    "fava-findings.png": "errors/",
}


def main() -> None:
    """Writes a PNG for each of `PAGES`."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with _fava() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        page = browser.new_page(viewport={"width": 1180, "height": 720})
        for name, path in PAGES.items():
            page.goto(address + path)
            page.wait_for_selector("article")
            page.wait_for_load_state("networkidle")
            page.screenshot(path=IMAGES / name)
            print(IMAGES / name)
        browser.close()


@contextmanager
def _fava() -> Iterator[str]:
    server = make_server("127.0.0.1", 0, create_app([LEDGER]), threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/northlight-it/"
    finally:
        server.shutdown()
        thread.join()


if __name__ == "__main__":
    main()
