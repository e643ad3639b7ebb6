"""The plugin and the importers in a running Fava: over its API, and in a real browser."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote

import pytest

from tests.fava_server import Fava
from tests.fava_server import looking
from tests.fava_server import needs_chromium
from tests.fava_server import serve
from tests.ledgers import time_text
from tests.ledgers import write_ledger

if TYPE_CHECKING:
    from collections.abc import Iterator

CONTRACT = """\
project: ACME-APP
client: acme
billing: time-and-materials
start: 2026-01-01
rates: {default: 150}
match: [{project: App}]
"""
HELD = """\
project: OAK-DATA
client: acme
billing: time-and-materials
start: 2026-01-01
rates: {tasks: {etl: 90}}
"""
FACTS = time_text(
    "toggl-1", "2026-03-03", 21600, project="ACME-APP", person="ana", task="backend"
) + time_text("toggl-2", "2026-03-04", 3600, project="OAK-DATA", person="ben")
TOGGL = """\
"Description","Billable","Duration","Member","Email","Project","Client","Tags","Amount","Currency","Start date","Start time","Stop date","Stop time"
"Cut ""over"", Zürich","Yes","2:00:00","Ana Ruiz","ana@example.com","App","ACME","-",300,"EUR","2026-03-09","12:00:00","2026-03-09","14:00:00"
"""


@pytest.fixture
def fava(tmp_path: Path) -> Iterator[Fava]:
    """One ready draft of 900.00, one that is held for a missing rate, and an import config."""
    contracts = {"ACME-APP": CONTRACT, "OAK-DATA": HELD}
    ledger = write_ledger(tmp_path, "2026-03-31", contracts=contracts, facts=FACTS)
    (tmp_path / "import.py").write_text(
        "from projbill_beancount.importers import importers\n"
        f'CONFIG = importers("{tmp_path / "projbill.yaml"}")\n'
    )
    (tmp_path / "exports").mkdir()
    options = (
        '\n2020-01-01 custom "fava-option" "import-config" "import.py"\n'
        '2020-01-01 custom "fava-option" "import-dirs" "exports"\n'
    )
    ledger.write_text(ledger.read_text() + options)
    with serve(ledger) as running:
        yield running


def drafts(fava: Fava) -> list[dict[str, Any]]:
    """The draft transactions in Fava's journal."""
    return [entry for entry in fava.api("journal") if "draft" in entry.get("tags", ())]


def test_journal_popup_source_and_download(fava: Fava) -> None:
    [draft] = drafts(fava)
    assert draft["narration"] == "Draft ACME-APP/time/2026-03-31"
    context = fava.api("context", entry_hash=draft["entry_hash"])
    assert context["entry"]["meta"]["draft"] == "ACME-APP/time/2026-03-31"
    assert context["balances_after"]["Assets:Unbilled:ACME-APP"] == ["900.00 EUR"]
    download = fava.get("download-journal/").decode()
    assert '2026-03-31 ! "ACME Corp" "Draft ACME-APP/time/2026-03-31" #draft' in download
    assert download.count("toggl-1") == 1
    with pytest.raises(HTTPError) as refused:  # there is no source to edit; it says so, and lives
        fava.api("source_slice", entry_hash=draft["entry_hash"])
    assert refused.value.headers["Content-Type"] == "application/json"
    refused.value.close()
    assert drafts(fava) == [draft]


def test_query_page_and_income_statement(fava: Fava) -> None:
    text = "SELECT account, sum(position) WHERE 'draft' IN tags GROUP BY account ORDER BY account"
    table = fava.api("query", query_string=text)
    assert [row[0] for row in table["rows"]] == [
        "Assets:Unbilled:ACME-APP",
        "Income:Services:ACME-APP",
    ]
    csv = fava.get("download-query/query_result.csv?query_string=" + quote(text)).decode()
    assert "Assets:Unbilled:ACME-APP,900.0" in csv


def test_the_held_draft_is_an_error_at_the_entrys_line(fava: Fava) -> None:
    page = fava.get("errors/").decode()
    data = json.loads(page.split('id="ledger-data">')[1].split("</script>")[0])
    [error] = data["errors"]
    assert error["type"] == "BillingHold"
    assert error["message"].startswith("rate-missing: OAK-DATA: entry toggl-2 cannot be priced")
    lines = Path(error["source"]["filename"]).read_text().splitlines()
    assert "OAK-DATA" in lines[int(error["source"]["lineno"]) - 1]


def test_editing_a_contract_reloads_fava(fava: Fava) -> None:
    contract = fava.ledger.parent / "contracts" / "acme-app.yaml"
    sources = fava.api("options")["beancount_options"]
    assert str(contract) in sources["include"]
    contract.write_text(CONTRACT.replace("150", "160"))
    until = time.monotonic() + 20
    while not fava.api("changed") and time.monotonic() < until:
        time.sleep(0.2)
    [draft] = drafts(fava)
    assert draft["postings"][0]["amount"] == "960.00 EUR"


def test_the_import_page_writes_what_it_shows(fava: Fava) -> None:
    export = fava.ledger.parent / "exports" / "toggl.csv"
    export.write_text(TOGGL, encoding="utf-8-sig")
    [found] = [item for item in fava.api("imports") if item["name"] == str(export)]
    [importer] = found["importers"]
    extract = {"filename": str(export), "importer": importer["importer_name"]}
    [entry] = fava.api("extract", **extract)
    assert entry["postings"][0]["amount"] == "2.0000 HOUR"
    fava.put("add_entries", {"entries": [entry]})
    until = time.monotonic() + 20
    while not fava.api("changed") and time.monotonic() < until:
        time.sleep(0.1)
    [draft] = drafts(fava)
    assert draft["postings"][0]["amount"] == "1200.00 EUR"
    assert fava.api("extract", **extract) == []


@needs_chromium
def test_pages_in_a_real_browser(fava: Fava) -> None:
    with looking() as page:
        page.goto(f"{fava.url}/journal/?filter=%23draft")
        page.get_by_text("Draft ACME-APP/time/2026-03-31").wait_for()
        page.goto(f"{fava.url}/errors/")
        page.get_by_text("rate-missing: OAK-DATA").wait_for()
        page.goto(f"{fava.url}/income_statement/")
        page.get_by_text("ACME-APP").first.wait_for()
