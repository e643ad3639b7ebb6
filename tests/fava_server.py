"""A real Fava on a ledger, and a real Chromium that looks at it."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING
from typing import Any
from typing import NamedTuple
from urllib.error import HTTPError
from urllib.error import URLError
from urllib.parse import quote
from urllib.parse import urlencode
from urllib.request import Request
from urllib.request import urlopen

import pytest
from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import ConsoleMessage
    from playwright.sync_api import Page

STARTS_WITHIN = 60
EXTENSION = "extension/ProjectBilling"
EXTENSION_LINE = '\n2020-01-01 custom "fava-extension" "projbill_beancount.fava"\n'

needs_chromium = pytest.mark.skipif(
    shutil.which("chromium") is None and os.environ.get("CI") != "true",
    reason="Chromium is not installed: `apt-get install chromium` as root",
)


class Fava(NamedTuple):
    """A Fava that serves one ledger on this machine."""

    ledger: Path
    url: str

    def get(self, path: str) -> bytes:
        """The body of a page; an answer other than 200 raises HTTPError."""
        with urlopen(f"{self.url}/{path}", timeout=60) as answer:
            return bytes(answer.read())

    def address(self, page: str, **arguments: str) -> str:
        """The address of one of our pages."""
        return f"{self.url}/{EXTENSION}/?{urlencode({'page': page, **arguments})}"

    def page(self, page: str, **arguments: str) -> str:
        """The HTML of one of our pages, without Fava's around it."""
        asked = urlencode({"page": page, "partial": "true", **arguments})
        return self.get(f"{EXTENSION}/?{asked}").decode()

    def api(self, name: str, **arguments: str) -> Any:
        """The data of an answer of Fava's JSON API."""
        query = "&".join(f"{key}={quote(value)}" for key, value in arguments.items())
        return json.loads(self.get(f"api/{name}?{query}"))["data"]

    def put(self, name: str, data: dict[str, Any]) -> Any:
        """Send JSON to Fava's API as its pages do."""
        request = Request(
            f"{self.url}/api/{name}",
            json.dumps(data).encode(),
            {"Content-Type": "application/json"},
            method="PUT",
        )
        with urlopen(request, timeout=30) as answer:
            return json.loads(answer.read())["data"]

    def preview(self, action: str, **values: str) -> dict[str, Any]:
        """What our endpoint says that an action would write."""
        asked = urlencode({"action": action, **values})
        found: dict[str, Any] = json.loads(self.get(f"{EXTENSION}/preview?{asked}"))
        return found

    def post(
        self, body: dict[str, Any] | bytes, headers: dict[str, str]
    ) -> tuple[int, dict[str, Any]]:
        """The status and the answer of a request to write; {} where the answer is no JSON."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        request = Request(f"{self.url}/{EXTENSION}/perform", data, headers, method="POST")
        try:
            with urlopen(request, timeout=60) as answer:
                return answer.status, json.loads(answer.read())
        except HTTPError as error:
            with error:
                is_json = error.headers.get("Content-Type") == "application/json"
                return error.code, json.loads(error.read()) if is_json else {}


@contextmanager
def serve(ledger: Path, *options: str, port: int = 0) -> Iterator[Fava]:
    """Run Fava on `ledger`, with options such as `--read-only`, until the block ends.

    It takes any free port unless one is given.
    """
    with socket.socket() as free:
        free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        free.bind(("127.0.0.1", port))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "fava.cli", "--port", str(port), *options, str(ledger)]
    log = ledger.parent / "fava.log"
    with log.open("wb") as output:
        server = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    try:
        yield Fava(ledger, _when_up(f"http://127.0.0.1:{port}", server, log))
    finally:
        server.terminate()
        server.wait(timeout=10)


def _when_up(url: str, server: subprocess.Popen[bytes], log: Path) -> str:
    """The address of the ledger's pages, once Fava answers."""
    until = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < until and server.poll() is None:
        try:
            with urlopen(url, timeout=5) as answer:
                return str(answer.url).rsplit("/", 2)[0]
        except URLError:  # noqa: PERF203 - until Fava listens
            time.sleep(0.1)
    raise AssertionError(f"Fava does not start: {log.read_text()}")


@contextmanager
def looking(*, refused: bool = False, **options: Any) -> Iterator[Page]:
    """A page of Chromium; an error of its scripts, or on its console, fails the test at the end.

    With `refused` the server may refuse what the page asks for. `options` are playwright's:
    `color_scheme="dark"`, `viewport={"width": 400, "height": 800}`.
    """
    failures: list[str] = []

    def tell(message: ConsoleMessage) -> None:
        is_answer = message.text.startswith("Failed to load resource")
        if message.type == "error" and not (refused and is_answer):
            failures.append(message.text)

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(**options)
        page.on("pageerror", lambda error: failures.append(str(error)))
        page.on("console", tell)
        yield page
        browser.close()
    assert failures == [], failures
