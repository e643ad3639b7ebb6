"""The example ledger shows what its comments promise, before and after the demo."""

from __future__ import annotations

import filecmp
import json
import runpy
import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from beancount import loader
from beancount.core import data
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


def position(books: Path, project: str) -> Any:
    (found,) = [p for p in as_json(books, "status")["projects"] if p["project"] == project]
    return found


def balance(books: Path, account: str) -> Decimal:
    entries, _, _ = loader.load_file(str(books / "main.beancount"))
    postings = [p for e in entries if isinstance(e, data.Transaction) for p in e.postings]
    units = [posting.units for posting in postings if posting.account == account]
    return sum((amount.number for amount in units if amount and amount.number), Decimal(0))


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
    "toggl-finn-greta-2026-04-30.csv",
)
NEW = ("new/jira-2026-04-30.csv", "new/toggl-2026-04-30.csv")


def issued(books: Path) -> list[Any]:
    entries, _, _ = loader.load_file(str(books / "main.beancount"))
    tags = frozenset(("invoice", "credit-note", "void"))
    return [e for e in entries if isinstance(e, data.Transaction) and e.tags & tags]


HELD = ["invoice-held-overbilling", "rate-missing"]
FOUND = [
    ("ELM-CARE", "retainer-overage"),
    ("FIR-PORT", "cap-near"),
    ("GORSE-AUDIT", "invoice-overdue"),
    ("GORSE-AUDIT", "retainer-low"),
    ("HOLM-ERP", "invoice-held-overbilling"),
    ("OAK-DATA", "rate-missing"),
]
DRAFTS = {
    "ACME-MIG/hybrid/2026-04-10": ("19204.25", False),
    "BOLT-APP/time/2026-04-30": ("5287.35", False),
    "DELTA-WEB/milestone/2026-04-02": ("6000.00", False),
    "FIR-PORT/time/2026-04-30": ("3247.22", False),
    "GORSE-AUDIT/time/2026-04-30": ("842.17", False),
    "HEATH-STUDY/milestone/2026-04-24/fir": ("3000.00", False),
    "HEATH-STUDY/milestone/2026-04-24/holm": ("2000.00", False),
    "HOLM-ERP/milestone/2026-04-30": ("6000.00", True),
    "OAK-DATA/time/2026-03-31": ("5473.75", False),
    "OAK-DATA/time/2026-04-30": ("2283.75", True),
}


def test_it_loads_with_the_errors_that_it_is_meant_to_show(books: Path) -> None:
    assert sorted(messages(books)) == HELD
    assert codes(books) == FOUND


def test_its_drafts(books: Path) -> None:
    assert drafts(books) == DRAFTS


def test_an_approved_change_order_is_a_line_and_a_pending_one_is_not(books: Path) -> None:
    (draft,) = [d for d in as_json(books, "drafts")["drafts"] if d["project"] == "ACME-MIG"]
    orders = {line["change-order"]: line["amount"] for line in draft["lines"]}
    assert orders == {None: "704.25", "CO-1": "3500.00"}
    assert position(books, "ACME-MIG")["value"] == "53500.00"


def test_money_on_account_and_money_kept_back_are_not_to_be_paid(books: Path) -> None:
    found = {draft["draft"]: draft for draft in as_json(books, "drafts")["drafts"]}
    gorse = found["GORSE-AUDIT/time/2026-04-30"]
    assert (gorse["total"], gorse["payable"]) == ("1002.18", "2.18")
    holm = found["HOLM-ERP/milestone/2026-04-30"]
    assert (holm["total"], holm["payable"]) == ("7140.00", "6540.00")


@pytest.mark.parametrize(
    ("project", "billed", "open_amount"),
    [
        ("ACME-MIG", "21399.65", "0.00"),  # paid
        ("BOLT-APP", "18381.66", "11759.18"),  # 8500.00 by hand, one invoice, less 325.71
        ("ELM-CARE", "2400.00", "1428.00"),  # two fees, one is paid
        ("FIR-PORT", "4579.05", "5449.07"),  # one was taken back
        ("GORSE-AUDIT", "1442.00", "1715.98"),  # one was credited whole
        ("HOLM-ERP", "8000.00", "8720.00"),  # 800.00 of the gross are kept back
    ],
)
def test_what_is_billed_and_open(books: Path, project: str, billed: str, open_amount: str) -> None:
    found = position(books, project)
    assert (found["billed"], found["open"]) == (billed, open_amount)


def test_the_retainer_and_the_cap_stand_where_the_comments_say(books: Path) -> None:
    retainer = position(books, "ELM-CARE")["retainer"]
    assert (retainer["allocated"], retainer["carried"], retainer["used"]) == (
        "8.00",
        "1.4833",
        "11.0167",
    )
    cap = position(books, "FIR-PORT")["cap"]
    assert (cap["used"], cap["percent"]) == ("7641.47", "84.91")


def test_hours_that_were_credited_and_written_off_are_not_billable(books: Path) -> None:
    hours = position(books, "BOLT-APP")["hours"]
    assert (hours["billed"], hours["unbilled"]) == ("68.8858", "34.3297")
    assert "toggl-carol-20260324T140115" not in run(books, "--format", "json", "drafts")


def test_all_documents_are_as_the_commands_issued_them(books: Path) -> None:
    rows = json.loads(run(books, "--format", "json", "verify"))["invoices"]
    assert {row["invoice"]: row["state"] for row in rows if row["state"] != "intact"} == {
        "R2026-17": "unsealed"
    }
    numbers = [e.meta["invoice"] for e in issued(books) if "void" not in e.tags]
    assert sorted(numbers) == [
        "CN-2026-0001",
        "CN-2026-0002",
        *(f"INV-2026-{n:04}" for n in range(1, 10)),
        "R2026-17",
    ]
    assert [e.meta["corrects"] for e in issued(books) if "void" in e.tags] == ["INV-2026-0004"]


def test_a_changed_amount_of_an_invoice_is_found(books: Path) -> None:
    invoices = books / "invoices.beancount"
    text = invoices.read_text(encoding="utf-8")
    invoices.write_text(text.replace("base: 8000.00 EUR", "base: 8000.01 EUR"), "utf-8")
    rows = json.loads(run(books, "--format", "json", "verify", code=1))["invoices"]
    assert [row["invoice"] for row in rows if row["state"] == "changed"] == ["INV-2026-0006"]


def test_a_release_has_the_day_of_the_books_and_lets_the_milestone_go(books: Path) -> None:
    run(books, "release", "HOLM-ERP/milestone/2026-04-30", "--reason", "Agreed by mail")
    decided = (books / "decisions.beancount").read_text(encoding="utf-8").splitlines()
    assert decided[-2].startswith('2026-04-30 custom "billing-release" "HOLM-ERP"')
    assert drafts(books)["HOLM-ERP/milestone/2026-04-30"] == ("6000.00", False)
    assert messages(books) == ["rate-missing"]


def test_all_that_is_ready_can_be_issued(books: Path) -> None:
    before = balance(books, "Income:Services:ACME-MIG")
    run(books, "issue")
    assert drafts(books) == {name: draft for name, draft in DRAFTS.items() if draft[1]}
    assert sorted(messages(books)) == HELD
    assert balance(books, "Income:Services:ACME-MIG") == before == Decimal("-40603.90")
    assert balance(books, "Liabilities:Deposits:GORSE") == 0


def test_the_exports_are_what_the_time_files_were_imported_from(books: Path) -> None:
    import_again(books, *IMPORTED)


def test_new_exports_bring_the_rest_of_april_and_a_late_entry(books: Path) -> None:
    run(books, "import", *(str(books / "exports" / name) for name in NEW))
    assert sorted(messages(books)) == HELD
    assert codes(books) == sorted([*FOUND, ("BOLT-APP", "time-late")])
    after = drafts(books)
    assert after["BOLT-APP/time/2026-04-30"] == ("11303.82", False)
    assert after["DELTA-WEB/milestone/2026-04-28"] == ("12000.00", False)
    import_again(books, *IMPORTED, *NEW)


def test_a_rate_for_dana_releases_the_held_draft(books: Path) -> None:
    contract = books / "contracts" / "oak-data.yaml"
    text = contract.read_text(encoding="utf-8")
    contract.write_text(text.replace("{senior: 145}", "{senior: 145, trainee: 60}"), "utf-8")
    assert messages(books) == ["invoice-held-overbilling"]
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
    for word in ("BOLT-APP/time/2026-04-30", "11303.82", "time-late", *HELD, "0 wrong"):
        assert word in output
    caches = [path.name for path in EXAMPLE.glob("*.picklecache")]
    assert not filecmp.dircmp(EXAMPLE, folder, ignore=[*filecmp.DEFAULT_IGNORES, *caches]).left_only
    last = issued(folder)[-1].meta
    assert (last["invoice"], last["corrects"]) == ("CN-2026-0003", demo.INVOICE)
    assert str(last["net"]) == "140.00 EUR"
