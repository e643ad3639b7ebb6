"""The example ledger shows what its comments promise, before and after the demo."""

from __future__ import annotations

import filecmp
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from beancount import loader
from click.testing import CliRunner

from projbill_beancount.cli import main
from tools import demo

EXAMPLE = Path(__file__).parent.parent / "example-ledger"


@pytest.fixture
def books(tmp_path: Path) -> Path:
    folder = tmp_path / "books"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    return folder


def run(books: Path, *arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(main, ["-f", str(books / "main.beancount"), *arguments])
    assert result.exit_code == code, result.output
    return result.stdout


def as_json(books: Path, command: str, code: int = 0) -> Any:
    return json.loads(run(books, "--format", "json", command, code=code))


def codes(books: Path) -> list[tuple[str, str]]:
    found = as_json(books, "check", code=1)["findings"]
    return sorted((finding["project"], finding["code"]) for finding in found)


def drafts(books: Path) -> dict[str, tuple[str, bool]]:
    found = as_json(books, "drafts")["drafts"]
    return {draft["draft"]: (draft["net"], draft["held"]) for draft in found}


def texts(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.beancount")
    }
