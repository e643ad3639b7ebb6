"""Takes the README's picture: the example's drafts in a real Fava, in a real browser.

.venv/bin/python tools/screenshot.py
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
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
EXAMPLE = ROOT / "example-ledger"
PROJBILL = Path(sys.executable).with_name("projbill")
PICTURE = ROOT / "docs" / "img" / "fava-drafts.png"
PAGE = "journal/?filter=%23draft&time=2026-04"


def main() -> None:
    """Writes the picture of the journal with the postings of the drafts."""
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        _fava(_books(Path(folder) / "books")) as address,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        page = browser.new_page(viewport={"width": 1180, "height": 640})
        page.goto(address + PAGE)
        page.get_by_role("button", name="Postings").click()
        page.wait_for_load_state("networkidle")
        page.screenshot(path=PICTURE)
        browser.close()
    print(PICTURE)


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
