"""Books for tests of importing: real files, loaded by Beancount with our plugin."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any
from typing import NamedTuple

from beancount import loader
from beancount.core.data import Transaction

from projbill_beancount.importers.run import plan_for_ledger
from projbill_beancount.importers.run import refusal_lines
from projbill_beancount.importers.run import report_lines
from projbill_beancount.ledger.files import ledger_lock
from projbill_beancount.ledger.write import write_records
from projbill_beancount.terms.read import read_terms

if TYPE_CHECKING:
    from collections.abc import Mapping

    from projbill_beancount.importers.plan import FileReport
    from projbill_beancount.terms.model import Terms

EXPORTS = Path(__file__).parent / "data" / "exports"

FIRM = """\
company: {name: Northlight IT GmbH}
clients:
  acme: {name: ACME Corp}
  bolt: {name: BOLT AG}
people:
  alice: {name: Alice Rey, zone: Europe/Berlin, aliases: [alice@northlight.example]}
  bo: {name: Bo Lindqvist, zone: Europe/Berlin, aliases: [bo@northlight.example]}
"""

ACME = """\
project: ACME-MIG
name: Migration
client: acme
billing: hybrid
match: [{client: "ACME*", project: "migra*"}, {jira-project: MIG}]
rates: {default: 120}
tasks:
  architecture: {billable: true}
  standup: {billable: false}
  network-plan: {}
milestones:
  M1: {name: Migration plan, value: 20000, match: {jira: MIG-12}}
  M2: {name: Cut-over, value: 30000, match: {fix-version: "1.0"}}
  M3: {name: Acceptance, value: 5000, match: {jira: MIG-30}}
"""

BOLT = """\
project: BOLT-APP
name: Mobile app
client: bolt
billing: time-and-materials
rates: {default: 150}
"""

MAIN = """\
option "title" "Books"
option "operating_currency" "EUR"
plugin "projbill_beancount.plugins.billing" "{'config': 'projbill.yaml', 'post-drafts': False}"
include "time/*.beancount"
2020-01-01 commodity HOUR
2020-01-01 open Assets:Bank
2020-01-01 open Assets:Receivable:ACME
2020-01-01 open Assets:Receivable:BOLT
2020-01-01 open Income:Services:ACME-MIG
2020-01-01 open Income:Services:BOLT-APP
"""


class Books(NamedTuple):
    """A ledger's top-level file and the terms beside it."""

    ledger: Path
    terms: Terms

    @property
    def folder(self) -> Path:
        return self.ledger.parent

    def entries(self) -> list[Any]:
        """The ledger as Beancount loads it; only findings of ours may be errors."""
        entries, errors, _ = loader.load_file(str(self.ledger))
        foreign = [one for one in errors if not type(one).__module__.startswith("projbill")]
        assert foreign == []
        return entries

    def plan(self, *exports: Path | str) -> list[FileReport]:
        """What importing the files would do."""
        entries, _, options = loader.load_file(str(self.ledger))
        paths = [str(path) for path in exports]
        plan = plan_for_ledger(paths, str(self.ledger), self.terms, entries, options)
        return list(plan.files)

    def take(self, *exports: Path | str) -> list[FileReport]:
        """Import the files as the command does."""
        with ledger_lock(str(self.ledger)):
            reports = self.plan(*exports)
            records = [record for report in reports for record in report.records]
            write_records(str(self.ledger), self.terms.firm, records)
        for report in reports:
            check_sum(report)
        return reports

    def refusal(self, export: Path) -> str:
        """The one line that refuses an export, without its path; nothing may be written."""
        before = self.bytes()
        (report,) = self.take(export)
        assert self.bytes() == before
        (line,) = refusal_lines(report)
        return line.removeprefix(f"{export}:")

    def bytes(self) -> dict[str, bytes]:
        """The contents of all time files."""
        return {path.name: path.read_bytes() for path in (self.folder / "time").iterdir()}

    def time(self) -> list[dict[str, Any]]:
        """Every time posting with its transaction's date, in the ledger's order."""
        return [
            {**(posting.meta or {}), "date": str(entry.date), "person": entry.meta["person"]}
            | {
                "account": posting.account.removeprefix("Equity:Time:"),
                "hours": str(posting.units).partition(" ")[0],
            }
            for entry in self.entries()
            if isinstance(entry, Transaction) and "person" in entry.meta
            for posting in entry.postings
            if posting.meta and "id" in posting.meta
        ]

    def progress(self) -> list[tuple[str, ...]]:
        """Date, milestone, percentage, acceptance and id of every report."""
        keys = ("milestone", "complete", "accepted", "id")
        return [
            (str(entry.date), *(str(entry.meta.get(key, "")) for key in keys))
            for entry in self.entries()
            if isinstance(entry, Transaction) and "milestone" in entry.meta
        ]


def make_books(
    folder: Path,
    imports: str = "",
    *,
    firm: str = FIRM,
    contracts: Mapping[str, str] | None = None,
    main: str = MAIN,
) -> Books:
    """Write a ledger; `imports` is the value of that key in projbill.yaml."""
    (folder / "contracts").mkdir()
    (folder / "time").mkdir()
    (folder / "time" / "2020-01.beancount").write_text("")
    for name, text in (contracts or {"acme": ACME, "bolt": BOLT}).items():
        (folder / "contracts" / f"{name}.yaml").write_text(text)
    config = folder / "projbill.yaml"
    config.write_text(firm + (f"imports: {imports}\n" if imports else ""))
    ledger = folder / "main.beancount"
    ledger.write_text(main)
    terms = read_terms(str(config))
    assert terms.mistakes == ()
    return Books(ledger, terms)


def check_sum(report: FileReport) -> None:
    """Every row of a file that could be read is somewhere in its report."""
    if report.rows:
        changed = sum(change.rows for change in report.changed)
        skipped = sum(report.skipped.values())
        known = report.new + report.known
        assert report.rows == known + changed + skipped + len(report.refused), report


def report_on(books: Books, content: bytes) -> FileReport:
    """What the bytes of an export come to; the report adds up and is of whole lines."""
    path = books.folder / "export"
    path.write_bytes(content)
    plan = plan_for_ledger([str(path)], str(books.ledger), books.terms, [])
    (report,) = plan.files
    check_sum(report)
    assert all(
        line and "\n" not in line for line in (*report_lines(report), *refusal_lines(report))
    )
    return report


def write(folder: Path, text: str, name: str = "export.csv", encoding: str = "utf-8") -> Path:
    """Write an export."""
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path
