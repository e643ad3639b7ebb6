"""What does not fit, as data, as lines and as a count."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.reports.numbers import money
from projbill_beancount.reports.places import shown
from projbill_beancount.reports.places import shown_file
from projbill_beancount.reports.places import shown_text
from projbill_beancount.reports.status import severity_words
from projbill_beancount.reports.table import Column
from projbill_beancount.reports.table import Table
from projbill_beancount.terms.codes import RANK

if TYPE_CHECKING:
    from collections.abc import Collection
    from collections.abc import Mapping
    from collections.abc import Sequence

    from projbill_beancount.billing.model import Billing
    from projbill_beancount.billing.model import Finding

COLUMNS = (
    Column("Severity"),
    Column("Code"),
    Column("Project"),
    Column("Date"),
    Column("Amount", right=True),
    Column("Where"),
    Column("What"),
)

ROW_COLUMNS = ("code", "severity", "project", "date", "amount", "message", "file", "line")


def chosen_findings(billing: Billing, projects: Collection[str] | None) -> list[Finding]:
    """The findings of `projects`, or all of them where None."""
    return [item for item in billing.findings if projects is None or item.project in projects]


class Group(NamedTuple):
    """The findings of one code; `severity` is the worst of theirs."""

    code: str
    severity: str
    findings: Sequence[Finding]


def findings_by_code(findings: Sequence[Finding]) -> list[Group]:
    """The findings by code: the worst first, then those of which there are most, then by name."""
    by_code: dict[str, list[Finding]] = {}
    for item in findings:
        by_code.setdefault(item.code, []).append(item)
    groups = [
        Group(code, min((item.severity for item in items), key=RANK.index), items)
        for code, items in by_code.items()
    ]
    return sorted(groups, key=lambda one: (RANK.index(one.severity), -len(one.findings), one.code))


def currencies_of(billing: Billing) -> dict[str, str]:
    """The currency of each project that can be read: that of its findings' amounts."""
    return {item.project: item.currency for item in billing.positions.values()}


def currency_of(finding: Finding, currencies: Mapping[str, str]) -> str:
    """The currency of a finding's amount, "" where nobody knows it."""
    return finding.currency or currencies.get(finding.project, "")


def findings_data(
    billing: Billing, findings: Sequence[Finding], currencies: dict[str, str], root: str
) -> dict[str, object]:
    """`findings` as JSON wants them; `currencies` names the currency of each project."""
    return {
        "as-of": billing.as_of.isoformat(),
        "findings": findings_rows(findings, currencies, root),
    }


def findings_rows(
    findings: Sequence[Finding], currencies: dict[str, str], root: str
) -> list[dict[str, object]]:
    """One mapping for each of `findings`; paths are relative to the ledger's folder `root`."""
    return [
        {
            "code": item.code,
            "severity": item.severity,
            "project": item.project or None,
            "date": item.date.isoformat() if item.date else None,
            "amount": _amount(item, currencies),
            "message": shown_text(item.message, root),
            "file": shown_file(item.place.file, root),
            "line": item.place.line,
        }
        for item in findings
    ]


def findings_table(findings: Sequence[Finding], currencies: dict[str, str], root: str) -> Table:
    """The same for people, in the engine's order."""
    return Table(
        COLUMNS,
        [
            (
                item.severity,
                item.code,
                item.project,
                item.date.isoformat() if item.date else "",
                _amount(item, currencies) or "",
                shown(item.place, root),
                shown_text(item.message, root),
            )
            for item in findings
        ],
    )


def count_line(findings: Sequence[Finding]) -> str:
    """How many findings there are: `3 findings (1 error, 2 warnings)`."""
    words = severity_words(Counter(item.severity for item in findings))
    number = f"{len(findings)} finding{'' if len(findings) == 1 else 's'}"
    return f"{number} ({words})" if words else number


def _amount(finding: Finding, currencies: dict[str, str]) -> str | None:
    if finding.amount is None:
        return None
    currency = currency_of(finding, currencies)
    return money(finding.amount, currency) if currency else format(finding.amount, "f")
