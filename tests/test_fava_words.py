"""The words of the pages can be translated, all of them."""

from __future__ import annotations

import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from fava.application import create_app

from projbill_beancount.fava import texts
from projbill_beancount.fava.pages import PAGES
from tests.fava_server import EXTENSION_LINE
from tests.ledgers import write_ledger

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
#: What is the same in every language, or is a line of a ledger.
KEPT = ("projbill", "plugin", "custom", "EUR", "ISO", "20")


@pytest.fixture
def marked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A German catalogue that puts each of our words into brackets."""
    found = tmp_path / "projbill.pot"
    pybabel = Path(sys.executable).with_name("pybabel")
    command = [str(pybabel), "-q", "extract", "-F", "babel.cfg", "-k", "marked", "-o", str(found)]
    subprocess.run([*command, "projbill_beancount/fava"], cwd=ROOT, check=True)
    with found.open("rb") as source:
        catalogue = read_po(source, locale="de")
    for message in catalogue:
        if message.id:
            wrapped = [f"⟦{one}⟧" for one in (message.id if message.pluralizable else [message.id])]
            message.string = tuple(wrapped) if message.pluralizable else wrapped[0]
    folder = tmp_path / "locale" / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / "projbill.mo").open("wb") as target:
        write_mo(target, catalogue)
    monkeypatch.setattr(texts, "FOLDER", tmp_path / "locale")
    texts._catalogue.cache_clear()
    yield
    texts._catalogue.cache_clear()


class Words(HTMLParser):
    """The texts that a page shows or tells screen readers, outside of scripts and styles."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._within: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"style", "script", "pre", "code"}:
            self._within.append(tag)
        shown = ("aria-label", "title", "placeholder", "alt")
        self.found += [value for name, value in attrs if name in shown and value]

    def handle_endtag(self, tag: str) -> None:
        if self._within and self._within[-1] == tag:
            self._within.pop()

    def handle_data(self, data: str) -> None:
        if not self._within:
            self.found.append(data.strip())


@pytest.mark.parametrize("page", [page.name for page in PAGES])
@pytest.mark.usefixtures("marked")
def test_books_without_contracts_show_only_words_that_can_be_translated(
    tmp_path: Path, page: str
) -> None:
    ledger = write_ledger(tmp_path / "books", "2026-03-31", contracts={}, facts="")
    language = '2020-01-01 custom "fava-option" "language" "de"\n'
    ledger.write_text(ledger.read_text() + EXTENSION_LINE + language)
    client = create_app([str(ledger)], load=True, poll_watcher=True).test_client()
    [slug] = {client.get("/").headers["Location"].split("/")[1]}
    answer = client.get(f"/{slug}/extension/ProjectBilling/?page={page}&partial=true")
    words = Words()
    words.feed(answer.get_data(as_text=True))
    plain = [
        text for text in words.found if any(letter.isalpha() for letter in text) and "⟦" not in text
    ]
    assert [text for text in plain if not text.startswith(KEPT)] == []
    assert any("⟦Overview⟧" in text for text in words.found)
