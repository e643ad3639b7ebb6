"""The example ledger shows what its comments promise, before and after the demo."""

from __future__ import annotations

import filecmp
import json
import runpy
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


def messages(books: Path) -> list[str]:
    _, errors, _ = loader.load_file(str(books / "main.beancount"))
    return [error.message.split(":")[0] for error in errors]


def import_again(books: Path, *names: str) -> None:
    before = texts(books)
    run(books, "import", *(str(books / "exports" / name) for name in names))
    assert texts(books) == before


IMPORTED = (
    "bob.timeclock",
    "jira-2026-04-15.csv",
    "stunden-2026-04.csv",
    "toggl-2026-03.csv",
    "toggl-2026-04-15.csv",
    "toggl-erik-2026-04-15.csv",
)
NEW = ("new/jira-2026-04-30.csv", "new/toggl-2026-04-30.csv")


def test_it_loads_with_the_one_error_that_it_is_meant_to_show(books: Path) -> None:
    assert messages(books) == ["rate-missing"]
    assert codes(books) == [("OAK-DATA", "rate-missing")]


def test_its_drafts(books: Path) -> None:
    assert drafts(books) == {
        "ACME-MIG/hybrid/2026-04-10": ("15704.25", False),
        "BOLT-APP/time/2026-04-30": ("5287.35", False),
        "DELTA-WEB/milestone/2026-04-02": ("6000.00", False),
        "OAK-DATA/time/2026-03-31": ("5473.75", False),
        "OAK-DATA/time/2026-04-30": ("2283.75", True),
    }


def test_one_invoice_is_paid_and_one_is_open(books: Path) -> None:
    projects = {row["project"]: row for row in as_json(books, "status")["projects"]}
    assert (projects["ACME-MIG"]["billed"], projects["ACME-MIG"]["open"]) == ("21399.65", "0.00")
    assert (projects["BOLT-APP"]["billed"], projects["BOLT-APP"]["open"]) == (
        "10207.37",
        "12146.77",
    )


def test_the_exports_are_what_the_time_files_were_imported_from(books: Path) -> None:
    import_again(books, *IMPORTED)


def test_new_exports_bring_the_rest_of_april_and_a_late_entry(books: Path) -> None:
    run(books, "import", *(str(books / "exports" / name) for name in NEW))
    assert messages(books) == ["rate-missing"]
    assert codes(books) == [("BOLT-APP", "time-late"), ("OAK-DATA", "rate-missing")]
    after = drafts(books)
    assert after["BOLT-APP/time/2026-04-30"] == ("11303.82", False)
    assert after["DELTA-WEB/milestone/2026-04-28"] == ("12000.00", False)
    import_again(books, *IMPORTED, *NEW)


def test_a_rate_for_dana_releases_the_held_draft(books: Path) -> None:
    contract = books / "contracts" / "oak-data.yaml"
    text = contract.read_text(encoding="utf-8")
    contract.write_text(text.replace("{senior: 145}", "{senior: 145, trainee: 60}"), "utf-8")
    assert messages(books) == []
    assert drafts(books)["OAK-DATA/time/2026-04-30"] == ("3813.75", False)


def test_import_py_offers_every_importer_to_fava(books: Path) -> None:
    config = runpy.run_path(str(books / "import.py"))["CONFIG"]
    exports = [str(books / "exports" / name) for name in (*IMPORTED, *NEW)]
    known_by = [sum(importer.identify(path) for importer in config) for path in exports]
    assert known_by == [1] * len(exports)


def test_the_demo_goes_all_the_way(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "demo"
    assert demo.main(folder) == 0
    assert demo.main(folder) == 0
    output = capfd.readouterr().out
    last = output.splitlines()[-1]
    assert last.startswith("Now open it in Fava:")
    assert last.endswith(f"fava {folder / 'main.beancount'}")
    for word in ("BOLT-APP/time/2026-04-30", "11303.82", "time-late", "rate-missing"):
        assert word in output
    assert not filecmp.dircmp(EXAMPLE, folder).left_only
