"""What the documentation shows is true: its ledger lines and YAML are read, its commands say that.

A block of the kind `console` is run on a copy of the example, one after the other of a page; a line
`…` stands for lines that are left out.
"""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING
from typing import NamedTuple

import click
import pytest
import yaml
from beancount import loader
from click.testing import CliRunner

from projbill_beancount.book import open_book
from projbill_beancount.cli import main
from projbill_beancount.terms.codes import SEVERITIES
from projbill_beancount.terms.read import read_terms

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
SPAN = re.compile(r"`(projbill [^`]+)`")
ELIDED = "…"
#: Findings that say that a text was not understood.
UNREAD = frozenset(
    ("contract-invalid", "contract-unknown", "fact-invalid", "milestone-unknown", "time-unbalanced")
)
CONTRACT = {"project": "P", "client": "acme", "billing": "time-and-materials"}
#: Keys that are both of `projbill.yaml` and of a contract are shown in contracts.
FIRM_KEYS = frozenset(
    (
        "company", "clients", "people", "contracts", "numbering", "files", "imports", "defaults",
        "taxes", "accounts", "closed-until", "holidays", "hour",
    )
)  # fmt: skip


class Snippet(NamedTuple):
    """A block of a page: its kind (`yaml`, `beancount`, …), text, and the line where it begins."""

    page: Path
    line: int
    kind: str
    text: str

    @property
    def place(self) -> str:
        return f"{self.page.name}:{self.line}"


def snippets(kind: str) -> list[Snippet]:
    return [snippet for page in PAGES for snippet in blocks(page) if snippet.kind == kind]


def blocks(page: Path) -> Iterator[Snippet]:
    text = page.read_text(encoding="utf-8")
    for found in BLOCK.finditer(text):
        yield Snippet(page, text.count("\n", 0, found.start()) + 2, found[1], found[2])


def ids(found: list[Snippet]) -> list[str]:
    return [snippet.place for snippet in found]


@pytest.fixture
def books(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "books"
    ignored = shutil.ignore_patterns("__pycache__", ".*")
    shutil.copytree(ROOT / "example-ledger", folder, ignore=ignored)
    monkeypatch.chdir(folder)
    monkeypatch.delenv("BEANCOUNT_FILE", raising=False)
    return folder


BEANCOUNT = snippets("beancount")
#: What a case expects has a day; terms have none.
CASES = [block for block in snippets("yaml") if "\nas-of: " in block.text]
YAML = [block for block in snippets("yaml") if block not in CASES]
CONSOLES = [page for page in PAGES if any(block.kind == "console" for block in blocks(page))]


@pytest.mark.parametrize("snippet", BEANCOUNT, ids=ids(BEANCOUNT))
def test_ledger_lines_load_in_the_example(snippet: Snippet, books: Path) -> None:
    (books / "invoices.beancount").write_text("", "utf-8")
    (books / "decisions.beancount").write_text("", "utf-8")
    for time in (books / "time").iterdir():
        time.write_text("", "utf-8")
    head = 'plugin "beancount.plugins.auto_accounts"\noption "operating_currency" "EUR"\n'
    if "plugin" not in snippet.text:
        head += """plugin "projbill_beancount.plugins.billing" "{'config': 'projbill.yaml', 'as-of': '2026-12-31'}"\n"""
    ledger = books / "main.beancount"
    ledger.write_text(head + snippet.text, "utf-8")
    _, errors, _ = loader.load_file(str(ledger))
    foreign = [e for e in errors if not type(e).__module__.startswith("projbill_beancount")]
    assert foreign == [], snippet.place
    findings = open_book(str(ledger)).billing.findings
    assert [found for found in findings if found.code in UNREAD] == []


@pytest.mark.parametrize("snippet", YAML, ids=ids(YAML))
def test_yaml_is_read_without_mistakes(snippet: Snippet, books: Path) -> None:
    shown = yaml.load(snippet.text, yaml.BaseLoader)
    firm = books / "projbill.yaml"
    for contract in (books / "contracts").iterdir():
        contract.unlink()
    if shown.keys() <= FIRM_KEYS:
        base = yaml.load(firm.read_text("utf-8"), yaml.BaseLoader)
        merged = {key: _merged(base.get(key), shown.get(key)) for key in {*base, *shown}}
        firm.write_text(yaml.safe_dump(merged, allow_unicode=True), "utf-8")
    else:
        assert not shown.keys() & FIRM_KEYS, snippet.place
        if "retainer" in shown:
            shown = {"billing": "retainer", **shown}
        elif "milestones" in shown or "value" in shown:
            shown = {"billing": "hybrid", **shown}
        text = yaml.safe_dump({**CONTRACT, **shown}, allow_unicode=True)
        (books / "contracts" / "p.yaml").write_text(text, "utf-8")
    assert [str(mistake) for mistake in read_terms(str(firm)).mistakes] == []


def test_the_case_that_is_shown_is_one() -> None:
    (shown,) = CASES
    cases = (ROOT / "tests" / "cases").glob("*/expected.yaml")
    assert any(shown.text in case.read_text(encoding="utf-8") for case in cases)


def _merged(old: object, new: object) -> object:
    if isinstance(old, dict) and isinstance(new, dict):
        return {**old, **new}
    return old if new is None else new


@pytest.mark.parametrize("page", CONSOLES, ids=lambda page: page.name)
def test_commands_print_what_is_shown(page: Path, books: Path) -> None:
    assert books == Path.cwd()
    for block in blocks(page):
        if block.kind == "console":
            for command, shown in commands(block.text):
                assert matches(printed(command), shown), (block.place, command, printed(command))


def commands(text: str) -> Iterator[tuple[str, list[str]]]:
    """Each command of a block, with the lines that it is shown to print."""
    for part in text.split("$ ")[1:]:
        command, _, shown = part.partition("\n")
        yield command, [line.rstrip() for line in shown.strip("\n").splitlines()]


def printed(command: str) -> list[str]:
    program, *arguments = shlex.split(command)
    assert program == "projbill"
    result = CliRunner().invoke(main, arguments)
    output = result.stdout.strip("\n") or result.stderr.strip("\n")
    return [line.rstrip() for line in output.splitlines()]


def matches(lines: list[str], shown: list[str]) -> bool:
    pattern = "".join(
        r"(?:.*\n)*?" if line == ELIDED else re.escape(line) + r"\n" for line in shown
    )
    return re.fullmatch(pattern, "".join(line + "\n" for line in lines)) is not None


def spans() -> list[tuple[str, str]]:
    return [
        (page.name, found[1])
        for page in PAGES
        for found in SPAN.finditer(page.read_text(encoding="utf-8"))
    ]


@pytest.mark.parametrize(("page", "command"), spans())
def test_commands_in_the_text_exist_with_their_options(page: str, command: str) -> None:
    words = shlex.split(command)[1:]
    name = next(word for word in words if not word.startswith("-"))
    known = main.get_command(click.Context(main), name)
    assert known is not None, (page, command)
    options = {option for param in known.params for option in (*param.opts, *param.secondary_opts)}
    options |= {option for param in main.params for option in param.opts}
    used = {word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)}
    assert used <= options, (page, command)


def test_every_finding_is_explained_once_with_its_severity() -> None:
    text = (ROOT / "docs" / "findings.md").read_text(encoding="utf-8")
    rows = [line.split("|") for line in text.splitlines() if line.startswith("| `")]
    explained: dict[str, str] = {}
    for _, names, severity, *_ in rows:
        codes = re.findall(r"`([a-z-]+)`", names)
        severities = severity.strip().split(", ")
        each = severities if len(codes) == len(severities) else severities[:1] * len(codes)
        for code, said in zip(codes, each, strict=True):
            assert code not in explained
            explained[code] = said.split(";")[0].split(",")[0].strip()
    assert explained == dict(SEVERITIES)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    targets = [target for target in LINK.findall(text) if "://" not in target]
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_the_index_lists_every_page() -> None:
    listed = set(LINK.findall((ROOT / "docs" / "index.md").read_text(encoding="utf-8")))
    assert listed == {page.name for page in (ROOT / "docs").glob("*.md")} - {"index.md"}
