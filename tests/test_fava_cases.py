"""Every page of Fava on every worked case: none fails, and each link of ours leads somewhere."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs
from urllib.parse import urlencode
from urllib.parse import urlsplit

import pytest
import yaml
from fava.application import create_app

from projbill_beancount.fava.pages import PAGES
from tests.fava_server import EXTENSION
from tests.fava_server import EXTENSION_LINE
from tests.ledgers import ask
from tests.ledgers import copy_ledger
from tests.ledgers import run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask.testing import FlaskClient

CASES = sorted(path.parent for path in (Path(__file__).parent / "cases").glob("*/expected.yaml"))
HREF = re.compile(r'href="([^"]*)"')


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_every_page_of_a_case(case: Path, tmp_path: Path) -> None:
    expected = yaml.load((case / "expected.yaml").read_text(), yaml.BaseLoader)
    ledger = copy_ledger(case, tmp_path, expected["as-of"])
    for export in expected.get("import", ()):
        run(ledger, expected["as-of"], "import", str(tmp_path / export))
    drafts = ask(ledger, expected["as-of"], "drafts")["drafts"]
    ledger.write_text(ledger.read_text() + EXTENSION_LINE)
    app = create_app([ledger], poll_watcher=True)
    fava = app.test_client()
    root = f"/{app.config['LEDGERS'].first_slug()}/{EXTENSION}/"

    wanted = {f"{root}?{urlencode({'page': page.name})}" for page in PAGES}
    wanted |= {_draft_page(root, draft["draft"]) for draft in drafts}
    told = {urlsplit(address).query for address in _pages(fava, root, wanted)}
    projects = {path.stem.upper() for path in tmp_path.glob("contracts/*.yaml")}
    for project in projects:
        assert urlencode({"page": "project", "project": project}) in told
    for draft in drafts:
        shown = fava.get(_draft_page(root, draft["draft"])).get_data(as_text=True)
        assert all(f"{reason['code']}" in shown for reason in draft["reasons"])
        assert draft["net"].lstrip("-") in shown.replace(",", "")


def _draft_page(root: str, draft: str) -> str:
    return f"{root}?{urlencode({'page': 'drafts', 'draft': draft})}"


def _pages(fava: FlaskClient, root: str, wanted: set[str]) -> Iterator[str]:
    """All pages of ours that there are a link to, each looked at."""
    seen: set[str] = set()
    while wanted:
        address = wanted.pop()
        seen.add(address)
        yield address
        answer = fava.get(address)
        shown = answer.get_data(as_text=True)
        assert answer.status_code == 200, address
        assert "projbill-failed" not in shown, (address, shown)
        assert 'aria-current="page"' in shown, address
        links = {html.unescape(link) for link in HREF.findall(shown)}
        for link in links:
            _check_place(link)
        ours = {link.partition("#")[0] for link in links if link.startswith(root)}
        wanted |= ours - seen - {""}


def _check_place(link: str) -> None:
    """A link to Fava's editor names a line that is there."""
    parts = urlsplit(link)
    if parts.path.endswith("/editor/") and parts.query:
        asked = parse_qs(parts.query)
        lines = Path(asked["file_path"][0]).read_text().splitlines()
        assert 1 <= int(asked["line"][0]) <= len(lines), link
