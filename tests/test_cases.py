"""Worked billing cases: what a careful accountant expects, in the project's own format.

Each folder of `cases` holds contracts, facts or exports and `expected.yaml`. A draft is compared
whole: what the expectation leaves out has its ordinary value (no tax, not held, due after thirty
days, nothing late). `any` compares nothing. Hours are compared by price, not line by line; `lines`,
where a case gives them, are `KIND AMOUNT` or `KIND QUANTITY x PRICE = AMOUNT`, in order.
"""

from __future__ import annotations

from collections import Counter
from datetime import date
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

import pytest
import yaml
from beancount.core import data

from tests.ledgers import ask
from tests.ledgers import copy_ledger
from tests.ledgers import load
from tests.ledgers import run
from tests.ledgers import transactions

if TYPE_CHECKING:
    from collections.abc import Iterable

CASES = sorted(path.parent for path in (Path(__file__).parent / "cases").glob("*/expected.yaml"))


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_case(case: Path, tmp_path: Path) -> None:
    expected = yaml.load((case / "expected.yaml").read_text(), yaml.BaseLoader)
    as_of = expected["as-of"]
    ledger = copy_ledger(case, tmp_path, as_of)
    for export in expected.get("import", ()):
        run(ledger, as_of, "import", str(tmp_path / export))
    before = (tmp_path / "facts.beancount").read_bytes()

    drafts = ask(ledger, as_of, "drafts")["drafts"]
    wanted = [_whole(draft) for draft in expected["drafts"]]
    assert [_seen(*pair) for pair in zip(drafts, wanted, strict=False)] == wanted
    assert len(drafts) == len(wanted)
    _check_findings(ledger, as_of, expected)
    _check_status(ledger, as_of, expected.get("status", {}))
    _check_entries(ledger, drafts, expected)
    assert (tmp_path / "facts.beancount").read_bytes() == before


def _whole(expected: dict[str, Any]) -> dict[str, Any]:
    """An expectation with what it leaves out."""
    places = _places(expected["net"])
    ordinary = {
        "due": str(date.fromisoformat(expected["date"]) + timedelta(days=30)),
        "period": "any",
        "currency": "EUR",
        "kind": "invoice",
        "client": "acme",
        "corrects": "none",
        "held": [],
        "lines": "any",
        "time": {},
        "late": {},
        "fixed": {},
        "covered": {},
        "taxes": [],
        "entries": "any",
        "total": expected["net"],
        "payable": expected.get("total", expected["net"]),
    }
    tax = sum((Decimal(line.split()[-1]) for line in expected.get("taxes", ())), Decimal(places))
    return ordinary | {"tax": str(tax)} | expected


def _places(amount: str) -> str:
    """Zero with the places of an amount."""
    return str(Decimal(amount) * 0) if amount != "any" else "0.00"


def _seen(draft: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    """A draft of the command's JSON in the expectation's words."""
    period = draft["period"]
    lines = draft["lines"]
    seen = {
        **{key: draft[key] for key in ("draft", "date", "due", "currency", "net", "tax")},
        **{key: draft[key] for key in ("total", "payable", "kind", "client")},
        "corrects": draft["corrects"] or "none",
        "lines": [_line(line) for line in lines],
        "period": f"{period['start']}/{period['end']}" if period else None,
        "held": sorted({reason["code"] for reason in draft["reasons"]}),
        "time": _hours_by(lines, "price", kind="time", prior=False),
        "late": _hours_by(lines, "price", kind="time", prior=True),
        "covered": _hours_by(lines, "milestone", kind="covered", prior=False),
        "fixed": {
            line["milestone"]: line["amount"] for line in lines if line["kind"] == "milestone"
        },
        "taxes": [
            f"{tax['code']} {tax['rate']} % on {tax['base']} is {tax['amount']}"
            for tax in draft["taxes"]
        ],
        "entries": sorted(entry for line in lines for entry in line["entries"]),
    }
    assert draft["held"] == bool(draft["reasons"])
    assert (Decimal(draft["net"]) < 0) == (draft["kind"] == "credit")
    return {key: "any" if wanted[key] == "any" else seen[key] for key in wanted}


def _line(line: dict[str, Any]) -> str:
    hours = f"{line['quantity']} x {line['price'] or 'unpriced'} = " if line["quantity"] else ""
    return f"{line['kind']} {hours}{line['amount']}"


def _hours_by(
    lines: Iterable[dict[str, Any]], key: str, *, kind: str, prior: bool
) -> dict[str, str]:
    hours: Counter[str] = Counter()
    for line in lines:
        if line["kind"] == kind and line["prior-period"] == prior:
            hours[line[key] or "unpriced"] += Decimal(line["quantity"])  # type: ignore[assignment]
    return {name: str(amount) for name, amount in hours.items()}


def _check_findings(ledger: Path, as_of: str, expected: dict[str, Any]) -> None:
    wanted = expected["findings"]
    fails = any(finding.split()[0] in {"error", "hold"} for finding in wanted)
    findings = ask(ledger, as_of, "check", status=1 if fails else 0)["findings"]
    seen = sorted(f"{finding['severity']} {finding['code']}" for finding in findings)
    assert seen == sorted(wanted), findings
    projects = {path.stem.upper() for path in ledger.parent.glob("contracts/*.yaml")}
    for finding in findings:
        assert finding["project"] in projects
        source = (ledger.parent / finding["file"]).read_text().splitlines()
        assert 1 <= finding["line"] <= len(source)
        assert expected.get("messages", {}).get(finding["code"], "") in finding["message"]


def _check_status(ledger: Path, as_of: str, expected: dict[str, Any]) -> None:
    projects = {row["project"]: row for row in ask(ledger, as_of, "status")["projects"]}
    for project, wanted in expected.items():
        seen = {
            key: {name: projects[project][key][name] for name in value}
            if isinstance(value, dict)
            else projects[project][key] or "none"
            for key, value in wanted.items()
        }
        assert seen == wanted


def _check_entries(ledger: Path, drafts: list[dict[str, Any]], expected: dict[str, Any]) -> None:
    """Each ready draft is one balanced entry, a held one is none; errors are errors and holds."""
    loaded = load(ledger)
    posted = transactions(loaded, "draft")
    seen = {}
    for entry in posted:
        assert entry.flag == "!"
        debit, *income = entry.postings
        project = debit.account.removeprefix("Assets:Unbilled:")
        assert {posting.account for posting in income} <= {
            f"Income:Services:{project}",
            f"Income:Reimbursed:{project}",
            f"Liabilities:Deferred:{project}",
        }
        assert sum(posting.units.number for posting in entry.postings) == 0
        assert {posting.units.currency for posting in entry.postings} == {debit.units.currency}
        seen[entry.meta["draft"]] = (str(entry.date), str(debit.units.number), debit.units.currency)
    ready = [draft for draft in drafts if not draft["held"]]
    assert len(posted) == len(ready)
    assert seen == {
        draft["draft"]: (draft["date"], draft["net"], draft["currency"]) for draft in ready
    }
    codes = [finding.split()[1] for finding in expected["findings"] if finding[0] in "eh"]
    assert loaded.foreign == []
    assert len(loaded.errors) == len(codes), loaded.errors
    assert all(any(code in error for error in loaded.errors) for code in codes)
    _check_memo(loaded.entries)


def _check_memo(entries: Iterable[data.Directive]) -> None:
    hours = Decimal(0)
    for entry in entries:
        for posting in entry.postings if isinstance(entry, data.Transaction) else ():
            units = posting.units
            if units and units.number and units.currency == "HOUR":
                hours += units.number
    assert hours == 0
