"""The pages of Billing as a browser gets them, without a server, and the tables on them."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import TYPE_CHECKING
from typing import NamedTuple
from urllib.parse import urlencode

from fava.application import create_app

from tests.fava_server import EXTENSION
from tests.fava_server import EXTENSION_LINE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

OK = 200


class Pages:
    """The pages of a ledger's Fava, which is given the extension where it has none."""

    def __init__(self, ledger: Path, *, incognito: bool = False, read_only: bool = False) -> None:
        is_plain = ledger.suffix == ".beancount"
        if is_plain and "fava-extension" not in ledger.read_text():
            ledger.write_text(ledger.read_text() + EXTENSION_LINE)
        self.app = create_app(
            [str(ledger)], load=True, incognito=incognito, read_only=read_only, poll_watcher=True
        )
        self.app.testing = True
        self.slug = next(slug for slug, _ in self.app.config["LEDGERS"].items())

    def page(self, name: str, **arguments: str) -> str:
        """The HTML of a page: its main part, without the dialogs of its actions."""
        asked = urlencode({"page": name, "partial": "true", **arguments})
        answer = self.app.test_client().get(f"/{self.slug}/{EXTENSION}/?{asked}")
        assert answer.status_code == OK
        shown = answer.get_data(as_text=True).partition("<dialog")[0]
        assert "projbill-failed" not in shown, shown
        return shown


class Table(NamedTuple):
    """A table's titles, and its rows as texts; those of its foot are `foot`."""

    titles: Sequence[str]
    rows: Sequence[Sequence[str]]
    foot: Sequence[Sequence[str]]

    def columns(self, *titles: str) -> list[tuple[str, ...]]:
        """Some columns of the rows, by their titles."""
        indexes = [self.titles.index(title) for title in titles]
        return [tuple(row[index] for index in indexes) for row in self.rows]


def tables(html: str, kind: str) -> list[Table]:
    """The tables of a class, in the page's order."""
    reader = _Reader(kind)
    reader.feed(html)
    return reader.found


def the_table(html: str, kind: str) -> Table:
    """The only table of a class."""
    (found,) = tables(html, kind)
    return found


def text_of(html: str) -> str:
    """What a reader sees of a page, but for its styles; each run of blanks is one."""
    reader = _Text()
    reader.feed(html)
    return " ".join(" ".join(reader.parts).split())


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self._unseen += tag in {"style", "script"}

    def handle_endtag(self, tag: str) -> None:
        self._unseen -= tag in {"style", "script"}

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.parts.append(data)


class _Reader(HTMLParser):
    def __init__(self, kind: str) -> None:
        super().__init__()
        self.found: list[Table] = []
        self._kind = kind
        self._rows: list[tuple[str, list[str]]] | None = None
        self._part = "tbody"
        self._cell: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table" and self._kind in (dict(attrs).get("class") or "").split():
            self._rows = []
        elif tag in {"thead", "tbody", "tfoot"}:
            self._part = tag
        elif tag == "tr" and self._rows is not None:
            self._rows.append((self._part, []))
        elif tag in {"td", "th"}:
            self._cell = []
        elif tag in {"br", "li"} and self._cell is not None:
            self._cell.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if self._rows is None:
            return
        if tag in {"td", "th"} and self._cell is not None:
            self._rows[-1][1].append(" ".join("".join(self._cell).split()))
            self._cell = None
        elif tag == "table":
            parts = {
                part: [cells for where, cells in self._rows if where == part]
                for part in ("thead", "tbody", "tfoot")
            }
            self.found.append(Table(parts["thead"][0], parts["tbody"], parts["tfoot"]))
            self._rows = None

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)
