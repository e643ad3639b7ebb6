"""Whatever an address of ours says: strange words, filters, prefixes, names of folders and titles."""

from __future__ import annotations

import html
import json
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs
from urllib.parse import quote
from urllib.parse import urlencode
from urllib.parse import urlsplit

import pytest
from fava.application import create_app
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client
from werkzeug.wrappers import Response

from projbill_beancount.fava.pages import PAGES
from tests.fava_action_books import MARCH
from tests.fava_action_books import write_books
from tests.fava_server import EXTENSION

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

EXAMPLE = Path(__file__).parent.parent / "example-ledger"
NAMES = [page.name for page in PAGES]
STRANGE = [
    '"',
    "'",
    "%",
    "%00%s%d",
    "\0",
    "x" * 10_240,
    "../../etc/passwd",
    "{{7*191}}",
    "<script>",
    "\U0001f600\u202e",
    "a/b/c/d",
    "//",
    " ",
    "HOLM-ERP\n",
]


def pages_url(app: Flask, number: int = 0) -> str:
    """The path of our pages of a ledger."""
    slugs = [slug for slug, _ in app.config["LEDGERS"].items()]
    return f"/{quote(slugs[number])}/{EXTENSION}/"


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> tuple[FlaskClient, str]:
    """The example's books, which no test changes, and the path of their pages."""
    folder = tmp_path_factory.mktemp("example") / "books"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    app = create_app([folder / "main.beancount"], poll_watcher=True)
    return app.test_client(), pages_url(app)


@pytest.mark.parametrize("key", ["page", "project", "draft", "client", "code", "severity"])
def test_strange_words_get_a_page(example: tuple[FlaskClient, str], key: str) -> None:
    fava, root = example
    for name in NAMES:
        for word in STRANGE:
            answer = fava.get(f"{root}?{urlencode({'page': name, key: word})}")
            shown = answer.get_data(as_text=True)
            assert answer.status_code == 200, (name, key, word)
            assert "projbill-failed" not in shown, (name, key, word)
            assert "<script></" not in shown
            assert "1337" not in shown


def test_pages_are_read_and_only_actions_are_posted(example: tuple[FlaskClient, str]) -> None:
    fava, root = example
    assert fava.head(f"{root}?page=drafts").status_code == 200
    assert fava.post(f"{root}?page=drafts").status_code == 405
    assert fava.get(f"{root}perform").status_code == 404
    assert fava.post(f"{root}preview").status_code == 404


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"time": "nonsense"}, "nonsense"),
        ({"filter": "((("}, "filter"),
        ({"time": "2026-04 - 2026-03"}, "Fava cannot apply these filters"),
        ({"time": "0001"}, "Fava cannot apply these filters"),
        ({"account": "("}, "Fava cannot apply these filters"),
    ],
)
def test_a_bad_filter_is_told_by_fava(
    example: tuple[FlaskClient, str], asked: dict[str, str], said: str
) -> None:
    fava, root = example
    for name in NAMES:
        shown = fava.get(f"{root}?{urlencode({'page': name, **asked})}").get_data(as_text=True)
        assert said in shown.partition("<article>")[2]
        assert "projbill-failed" not in shown
        assert "Internal Server Error" not in shown


@pytest.mark.parametrize(
    "filters",
    [
        {"time": "1999"},
        {"time": "2099"},
        {"account": "Nothing:Of:The:Kind"},
        {"filter": "#invoice"},
        {"filter": "^INV-2026-0001"},
        {"filter": 'payee:"Fir Logistik AG"', "time": "2026-04", "account": "Assets"},
        {"filter": "#nowhere", "time": "1999-01 - 1999-03"},
    ],
)
def test_filters_let_through_what_they_may_and_stay_in_links(
    example: tuple[FlaskClient, str], filters: dict[str, str]
) -> None:
    fava, root = example
    more = {"project": "HOLM-ERP", "client": "acme"}
    for name in NAMES:
        for arguments in ({}, more):
            asked = urlencode({"page": name, **filters, **arguments})
            shown = fava.get(f"{root}?{asked}").get_data(as_text=True)
            assert "projbill-failed" not in shown, (name, shown)
            links = [html.unescape(link) for link in re.findall(r'href="([^"]*)"', shown)]
            ours = [link for link in links if link.startswith(f"{root}?")]
            assert len(ours) >= len(NAMES) - 1
            for link in ours:
                kept = parse_qs(urlsplit(link).query)
                assert {key: kept.get(key) for key in filters} == {
                    key: [value] for key, value in filters.items()
                }


def test_two_ledgers_with_one_title_in_one_fava(tmp_path: Path) -> None:
    ledgers = [write_books(tmp_path / f"Büro & Söhne #{number} 100%") for number in (1, 2)]
    title = 'option "title" "Büro \\"Nord\\" & <b>Söhne</b>"'
    for ledger in ledgers:
        ledger.write_text(re.sub(r'option "title" .*', lambda _: title, ledger.read_text()))
    app = create_app(ledgers, poll_watcher=True)
    fava = app.test_client()
    app.config["LEDGERS"].ledgers  # noqa: B018 - loads them
    roots = [pages_url(app, number) for number in (0, 1)]
    assert roots[0] != roots[1]
    _hold(fava, roots[1], "")
    assert MARCH in (ledgers[1].parent / "decisions.beancount").read_text()
    assert MARCH not in (ledgers[0].parent / "decisions.beancount").read_text()
    asked = urlencode({"page": "drafts", "draft": MARCH})
    is_held = [
        b"on hold since 2026-03-31: Talk" in fava.get(f"{root}?{asked}").data for root in roots
    ]
    assert is_held == [False, True]


def test_a_prefix_is_before_every_address(tmp_path: Path) -> None:
    ledger = write_books(tmp_path)
    # Fava remembers addresses by titles for the whole process, whatever prefix they were made with
    ledger.write_text(ledger.read_text().replace("A test's books", "Books under a prefix"))
    app = create_app([ledger], poll_watcher=True)
    root = pages_url(app)
    assert "prefix" in root
    mounted = DispatcherMiddleware(Response("elsewhere"), {"/money": app.wsgi_app})
    fava = Client(mounted, Response)
    shown = fava.get(f"/money{root}?page=drafts").get_data(as_text=True)
    links = re.findall(r'href="(/[^"]*)"', shown.partition('class="projbill"')[2])
    ours = [link for link in links if "static" not in link]
    assert len(ours) > 20
    assert all(link.startswith("/money/") for link in ours)
    _hold(fava, root, "/money")
    assert MARCH in (tmp_path / "decisions.beancount").read_text()


def _hold(fava: Client, root: str, prefix: str) -> None:
    """Hold a draft as the page does: a preview, then the same text again."""
    page = fava.get(f"{prefix}{root}?page=drafts").get_data(as_text=True)
    token = re.search(r'data-token="([^"]+)"', page)
    assert token is not None
    values = {"subject": MARCH, "reason": "Talk"}
    seen = fava.get(f"{prefix}{root}preview?{urlencode({'action': 'hold', **values})}")
    found = json.loads(seen.data)
    body = {"action": "hold", "values": values, "text": found["text"], "stamp": found["stamp"]}
    headers = {"X-Projbill-Token": token[1]}
    answer = fava.post(f"{prefix}{root}perform", json=body, headers=headers)
    assert (answer.status_code, json.loads(answer.data)["files"]) == (200, ["decisions.beancount"])
