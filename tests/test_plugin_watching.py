"""What makes Beancount's cache and Fava look again, and what importing the plugin costs."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

import pytest
from beancount import loader

from projbill_beancount.plugins.watched import WatchedPath
from tests.ledgers import time_text
from tests.ledgers import write_ledger

if TYPE_CHECKING:
    from collections.abc import Mapping

HOURLY = """\
project: ACME-APP
client: acme
billing: time-and-materials
start: 2026-01-01
rates: {default: 150}
"""


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """Six hours of March at 150.00, the month at its end."""
    facts = time_text("toggl-1", "2026-03-03", 21600, project="ACME-APP", person="ana")
    return write_ledger(tmp_path, "2026-03-31", contracts={"ACME-APP": HOURLY}, facts=facts)


def test_the_terms_are_among_the_files_that_are_watched(ledger: Path) -> None:
    _, _, options = loader.load_file(str(ledger))
    names = {Path(path).name for path in options["include"]}
    assert {"main.beancount", "projbill.yaml", "acme-app.yaml"} <= names


def test_a_watched_path_changes_with_new_files_and_days(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pattern = str(tmp_path / "*.yaml")
    fixed = WatchedPath("projbill.yaml", (pattern,), daily=False)
    daily = WatchedPath("projbill.yaml", (pattern,), daily=True)
    before = fixed.encode(), daily.encode()
    (tmp_path / "bolt.yaml").write_text("project: BOLT\n")
    again = pickle.loads(pickle.dumps(fixed))
    assert type(again) is WatchedPath
    assert again.encode() == fixed.encode() != before[0]

    class Tomorrow(date):
        @classmethod
        def today(cls) -> Tomorrow:
            return cls(2999, 1, 1)

    monkeypatch.setattr("projbill_beancount.plugins.watched.date", Tomorrow)
    assert b"2999-01-01" in daily.encode()
    assert b"2999-01-01" not in fixed.encode()


def cached_load(ledger: Path, **env: str) -> str:
    """The amounts of the drafts, loaded in a fresh process that caches whatever it loads."""
    program = (
        "import sys; from beancount import loader; loader.PICKLE_CACHE_THRESHOLD = 0\n"
        "loader.initialize(use_cache=True)\n"
        "entries, errors, _ = loader.load_file(sys.argv[1])\n"
        "print([e.postings[0].units.to_string() for e in entries"
        " if 'draft' in (getattr(e, 'tags', None) or ())], len(errors))\n"
    )
    clean: Mapping[str, str] = {
        key: value for key, value in os.environ.items() if "LOAD_CACHE" not in key
    }
    result: Any = subprocess.run(
        [sys.executable, "-c", program, str(ledger)],
        capture_output=True,
        text=True,
        check=True,
        env={**clean, **env},
    )
    return str(result.stdout).strip()


def test_the_load_cache_goes_stale_with_a_contract(ledger: Path) -> None:
    assert cached_load(ledger) == "['900.00 EUR'] 0"
    assert list(ledger.parent.glob(".*.picklecache"))
    contract = ledger.parent / "contracts" / "acme-app.yaml"
    contract.write_text(HOURLY.replace("150", "200.50"))
    assert cached_load(ledger) == "['1203.00 EUR'] 0"
    new = contract.with_name("bolt.yaml")
    new.write_text("project: BOLT\nclient: acme\n")
    assert cached_load(ledger) == "['1203.00 EUR'] 1"


def test_importing_the_plugin_pulls_in_nothing_heavy() -> None:
    program = (
        "import beancount.loader, sys; before = set(sys.modules)\n"
        "import projbill_beancount.plugins.billing\n"
        "import projbill_beancount.evaluate\n"
        "new = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        "print(sorted(new & {'click', 'babel', 'jsonschema', 'fava', 'beangulp', 'flask'}))"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"
