"""Books in which something waits for each action of Fava's pages, and how an action is asked for."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING
from typing import Any

from click.testing import CliRunner

from projbill_beancount.cli import main
from tests.fava_server import EXTENSION_LINE
from tests.fava_server import Fava
from tests.ledgers import FIRM
from tests.ledgers import progress_text
from tests.ledgers import time_text
from tests.ledgers import write_ledger

if TYPE_CHECKING:
    from pathlib import Path

AS_OF = "2026-03-31"
FEBRUARY, MARCH = "APP/time/2026-02-28", "APP/time/2026-03-31"
SITE, PLUS = "SITE/milestone/2026-03-20", "PLUS/milestone/2026-03-10"
CREDIT = "WEB/change-order/2026-03-05/credit"
UNPRICED = "OAK/time/2026-03-31"
HEAD = "client: acme\nstart: 2026-01-01\n"
HOURLY = f"{HEAD}billing: time-and-materials\n"
FIXED = f"{HEAD}billing: fixed-fee\n"
CONTRACTS = {
    "APP": f"project: APP\nname: Shop app\n{HOURLY}rates: {{default: 150}}\ntasks: {{dev: {{}}}}\n",
    "OAK": f"project: OAK\n{HOURLY}rates: {{tasks: {{etl: 90}}}}\n",
    "SITE": (
        f"project: SITE\n{FIXED}value: 1000\nmilestones: {{P1: {{name: Plan, value: 400}}, "
        "P2: {name: Build, value: 600, bill: {date: 2026-03-20}}}\n"
    ),
    "PLUS": (
        f"project: PLUS\n{FIXED}value: 400\nmilestones: {{M1: {{name: Base, value: 400}}, "
        "M2: {name: More, value: 250, change-order: CO-1}}\n"
    ),
    "WEB": f"project: WEB\n{FIXED}value: 3000\nmilestones: {{W1: {{name: Site, value: 3000}}}}\n",
}
INVOICED = progress_text("2026-02-10", 100, project="WEB", milestone="W1")
FACTS = (
    INVOICED
    + time_text(
        "t-1", "2026-02-03", 21600, project="APP", person="ana", task="dev", note="Login page"
    )
    + time_text("t-2", "2026-03-03", 7200, project="APP", person="ben", task="dev")
    + time_text("t-3", "2026-03-04", 3600, project="OAK", person="ben")
    + progress_text("2026-03-19", 60, project="SITE", milestone="P2")
    + progress_text("2026-03-10", 100, project="PLUS", milestone="M2")
    + '2026-03-01 custom "change-order" "PLUS" "CO-1" 250.00 EUR\n  title: "Sign-on"\n'
    + '2026-03-01 custom "change-order" "WEB" "CO-1" -500.00 EUR\n'
    + '  title: "Less"\n  milestone: "W1"\n  approved: 2026-03-05\n'
)


def write_books(folder: Path, *, as_of: str = AS_OF) -> Path:
    """Two drafts that may go out, one held by each thing, an invoice to credit; the ledger's path."""
    ledger = write_ledger(folder, as_of, contracts=CONTRACTS, facts=INVOICED, firm=FIRM)
    (folder / "decisions.beancount").write_text("; decisions\n")
    (folder / "invoices.beancount").write_text("; invoices\n")
    includes = 'include "invoices.beancount"\ninclude "decisions.beancount"\n'
    ledger.write_text(ledger.read_text() + includes + EXTENSION_LINE)
    command(ledger, "issue", "WEB", "--date", "2026-02-20")
    (folder / "facts.beancount").write_text(FACTS)
    return ledger


def command(ledger: Path, *args: str) -> str:
    """What a command that succeeds prints, as of the books' own day."""
    result = CliRunner().invoke(main, ["-f", str(ledger), *args])
    assert result.exit_code in {0, 1}, (result.output, result.exception)
    return result.stdout


def copied(ledger: Path, folder: Path) -> Path:
    """The same books once more, for the command to do what a page does."""
    shutil.copytree(ledger.parent, folder, ignore=shutil.ignore_patterns("*.log", ".*"))
    return folder / ledger.name


def texts_of(ledger: Path) -> dict[str, bytes]:
    """The bytes of all files of the books by their names."""
    root = ledger.parent
    found = (path for path in root.rglob("*") if path.suffix in {".beancount", ".yaml"})
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in found
        if not path.name.startswith(".")
    }


def token_of(fava: Fava) -> str:
    """What a page gives its own requests to write."""
    found = re.search(r'data-token="([^"]+)"', fava.page("drafts"))
    assert found is not None
    return found[1]


def asked(action: str, seen: dict[str, Any], **values: str) -> dict[str, Any]:
    """The body that writes what a preview showed."""
    shown = {key: seen.get(key) for key in ("text", "stamp")}
    return {"action": action, "values": values, **shown}


def headers_of(fava: Fava, **more: str) -> dict[str, str]:
    """The headers of a page's own request to write; `more` may replace them."""
    own = {"Content-Type": "application/json", "X-Projbill-Token": token_of(fava)}
    return {**own, **{name.replace("_", "-"): value for name, value in more.items()}}
