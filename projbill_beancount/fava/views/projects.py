"""The page of projects: where each stands, in a table that can be sorted."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.reports.status import severity_words

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Mapping
    from collections.abc import Sequence

    from projbill_beancount.billing.model import Position
    from projbill_beancount.billing.model import RetainerStanding
    from projbill_beancount.fava.books import Books
    from projbill_beancount.fava.shown import Shown

ZERO = Decimal(0)
FULL = Decimal(100)
#: What findings weigh when projects are sorted by them: one of a kind more than all below it.
WEIGHTS = {"error": 10**9, "hold": 10**6, "warning": 10**3, "info": 1}


class ProjectRow(NamedTuple):
    """A contract with its position, None where its file cannot be read.

    `billed_percent` is of the fixed scope, or of the cap or the budget of hours without one.
    """

    id: str
    name: str
    client: str
    position: Position | None
    findings: Counter[str]
    billed_percent: Decimal | None = None

    @property
    def said(self) -> str:
        """Its findings, counted by severity, in words."""
        return severity_words(self.findings)

    @property
    def weight(self) -> int:
        """How urgent its findings are, for sorting."""
        return sum(WEIGHTS[severity] * count for severity, count in self.findings.items())


class Total(NamedTuple):
    """What the projects of one currency come to; `value` is of those that have one."""

    currency: str
    projects: int
    value: Decimal
    billed: Decimal
    over: Decimal
    under: Decimal
    unbilled: Decimal
    open: Decimal
    billable: int
    covered: int
    non_billable: int


def projects_view(books: Books, shown: Shown, _: Mapping[str, str]) -> Mapping[str, object]:
    """The projects that Fava's filters let through, with totals by currency."""
    expenses = _expenses(books)
    rows = [_row(books, one.id, expenses) for one in books.contracts if shown.project(one.id)]
    if shown.touched is None:
        rows += [_row(books, name, {}) for name in sorted(books.terms.unreadable)]
        rows.sort(key=lambda row: row.id)
    positions = [row.position for row in rows if row.position is not None]
    return {"rows": rows, "totals": totals_of(positions), "retained": retained}


def totals_of(positions: Iterable[Position]) -> list[Total]:
    """The sums by currency, in order of currencies."""
    by_currency: dict[str, list[Position]] = {}
    for position in positions:
        by_currency.setdefault(position.currency, []).append(position)
    return [_total(currency, by_currency[currency]) for currency in sorted(by_currency)]


def retained(retainer: RetainerStanding) -> tuple[int | None, Decimal | None]:
    """What a retainer's period has in seconds, and how much of it is used in percent.

    Both are None where the fee pays for all hours.
    """
    if retainer.allocated is None:
        return None, None
    whole = retainer.allocated + retainer.carried
    return whole, Decimal(retainer.used) * FULL / whole if whole else None


def billed_percent(position: Position, expenses: Decimal) -> Decimal | None:
    """How much is billed: of the fixed scope, else the fees of the cap or the budget."""
    if position.billing != "time-and-materials" or not position.value:
        return position.billed_percent
    return (position.billed - expenses) * FULL / position.value


def _row(books: Books, project: str, expenses: Mapping[str, Decimal]) -> ProjectRow:
    contract = books.terms.contracts.get(project)
    findings = Counter[str](one.severity for one in books.findings.get(project, ()))
    if contract is None:
        return ProjectRow(project, "", "", None, findings)
    client = books.client_name(contract.client)
    position = books.billing.positions[project]
    names = (project, *contract.formerly)
    spent = sum((expenses.get(name, ZERO) for name in names), ZERO)
    percent = billed_percent(position, spent)
    return ProjectRow(project, contract.name, client, position, findings, percent)


def _expenses(books: Books) -> dict[str, Decimal]:
    """What invoices bill of expenses, less credits, by the project that their lines name."""
    found: dict[str, Decimal] = {}
    for sign, documents in ((1, books.facts.invoices), (-1, books.facts.credit_notes)):
        for document in documents:
            if not document.is_live(books.as_of):
                continue
            for line in document.lines:
                if line.kind == "expense":
                    amount = found.get(line.project, ZERO) + sign * line.amount
                    found[line.project] = amount
    return found


def _total(currency: str, positions: Sequence[Position]) -> Total:
    def add(amounts: Iterable[Decimal | None]) -> Decimal:
        return sum((one or ZERO for one in amounts), ZERO)

    return Total(
        currency,
        len(positions),
        add(one.value for one in positions),
        add(one.billed for one in positions),
        add(one.over_billed for one in positions),
        add(one.under_billed for one in positions),
        add(one.unbilled for one in positions),
        add(one.open for one in positions),
        sum(one.hours.billable for one in positions),
        sum(one.hours.covered for one in positions),
        sum(one.hours.non_billable for one in positions),
    )
