"""The page of one project: what was agreed, what happened, what is billed, and what does not fit."""

from __future__ import annotations

from decimal import Decimal
from difflib import get_close_matches
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.billing.calendar import DAY
from projbill_beancount.billing.calendar import month_end
from projbill_beancount.billing.decisions import RELEASABLE
from projbill_beancount.billing.decisions import standing_hold
from projbill_beancount.fava.views.project_documents import documents_of
from projbill_beancount.fava.views.project_work import work_of
from projbill_beancount.fava.views.projects import billed_percent
from projbill_beancount.fava.views.projects import retained
from projbill_beancount.fava.views.retainers import period_row
from projbill_beancount.reports.burn import burn_of
from projbill_beancount.reports.change_orders import change_order_rows
from projbill_beancount.reports.milestones import Agreed
from projbill_beancount.reports.milestones import milestone_rows
from projbill_beancount.reports.numbers import plain
from projbill_beancount.reports.places import shown_text
from projbill_beancount.reports.rates import rate_rows

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Sequence
    from datetime import date
    from fractions import Fraction

    from projbill_beancount.fava.books import Books
    from projbill_beancount.fava.shown import Shown
    from projbill_beancount.fava.views.project_work import Work
    from projbill_beancount.reports.burn import BurnChart
    from projbill_beancount.reports.burn import BurnLine
    from projbill_beancount.terms.model import Contract

ZERO = Decimal(0)
ACTIONS = ("progress", "accept", "approve", "log", "hold", "release", "issue")
#: So many months stand in the table beside a chart, the newest ones.
MOST_MONTHS = 36


class ChartRow(NamedTuple):
    """The end of a month, and what each line of a chart comes to then."""

    day: date
    sizes: Sequence[Decimal | None]


def project_view(books: Books, shown: Shown, asked: Mapping[str, str]) -> Mapping[str, object]:
    """The project that is asked for by any of its ids; `kind` says what there is to show of it."""
    name = asked.get("project", "")
    project = books.project_of(name)
    findings = books.findings.get(project, ())
    found: dict[str, object] = {
        "asked": name,
        "project": project,
        "findings": [one for one in findings if shown.day(one.date)],
        "findings_count": len(findings),
        "releasable": RELEASABLE,
        "anchor": anchor,
        "message": lambda one: shown_text(one.message, books.root),
    }
    contract = books.terms.contracts.get(project)
    if contract is not None:
        return {**found, "kind": "contract", **_contract(books, shown, contract)}
    if project in books.terms.unreadable:
        mistakes = [one for one in books.terms.mistakes if one.project == project]
        others = [one for one in findings if one.code != "contract-invalid" and shown.day(one.date)]
        return {**found, "kind": "unreadable", "mistakes": mistakes, "findings": others}
    return {**found, "kind": "unknown", "nearest": _nearest(books, name)}


def _nearest(books: Books, name: str) -> str:
    """The project that somebody may have meant, "" if none is like it."""
    names = {former.upper(): one.id for one in books.contracts for former in one.formerly}
    names |= {one.upper(): one for one in (*books.terms.contracts, *books.terms.unreadable)}
    near = get_close_matches(name.upper(), names, 1, 0.5)
    return names[near[0]] if near else ""


def _contract(books: Books, shown: Shown, contract: Contract) -> dict[str, object]:
    terms, facts, billing, as_of = books.terms, books.facts, books.billing, books.as_of
    analysis = billing.analyses[contract.id]
    agreed = Agreed(contract, terms.firm, facts, as_of, analysis.worked)
    position, work = billing.positions[contract.id], work_of(books, shown, contract)
    burn = burn_of(agreed, analysis)
    retainer = position.retainer and retained(position.retainer)
    return {
        "contract": contract,
        "position": position,
        "billed_percent": billed_percent(position, analysis.expenses),
        "fees": position.billed - analysis.expenses,
        "expenses": analysis.expenses,
        "retainer_use": retainer,
        "shares": [(one.client, _percent(one.fraction)) for one in contract.split],
        "state": _state(contract, position.completion, as_of),
        "hold": standing_hold(contract, facts, as_of),
        "milestones": milestone_rows(agreed, billing.drafts),
        "charts": [
            (kind, unit, chart, _drawn(chart, unit, as_of), _table(chart, as_of))
            for kind, unit, chart in (
                ("hours", "h", burn.hours),
                ("value", contract.currency, burn.value),
            )
            if chart is not None
        ],
        "rates": rate_rows(contract, terms.firm.people, as_of),
        "orders": change_order_rows(terms, facts, billing, {contract.id}),
        "periods": [period_row(one, as_of) for one in reversed(analysis.periods)],
        "work": work,
        "accounts": _accounts(books, contract),
        "actions": ACTIONS,
        "choices": _choices(books, contract, work),
        **documents_of(books, shown, (contract.id, *contract.formerly)),
    }


def anchor(name: str) -> str:
    """An id in the page for a draft's id: no blank, no slash."""
    return "draft-" + "".join(char if char.isalnum() else "-" for char in name)


def _percent(fraction: Fraction) -> Decimal:
    """A share in percent with two places, without zeros that say nothing."""
    return Decimal(plain(Decimal(round(fraction * 10000)) / 100))


def _state(contract: Contract, completion: Decimal | None, as_of: date) -> str:
    if contract.start is not None and contract.start > as_of:
        return "coming"
    if contract.end is not None and contract.end < as_of:
        return "ended"
    return "complete" if completion == 100 and contract.milestones else "running"  # noqa: PLR2004


def _choices(books: Books, contract: Contract, work: Work) -> dict[str, Sequence[tuple[str, str]]]:
    """Who may have worked, and on what, those first who did."""
    seen = {row.person for row in work.by_person}
    people = [
        one
        for one in books.terms.firm.people.values()
        if one.until is None or one.until >= books.as_of
    ]
    people.sort(key=lambda one: (one.id not in seen, one.name))
    tasks = list(contract.tasks)
    if not contract.strict_tasks:
        tasks += sorted({row.task for row in work.by_task if row.task} - set(tasks))
    return {
        "person": [(one.id, one.name) for one in people],
        "task": [(name, name) for name in tasks],
    }


def _accounts(books: Books, contract: Contract) -> list[str]:
    """The accounts of the project and its payers that the ledger has."""
    accounts = books.accounts
    payers = [share.client for share in contract.split] or [contract.payer]
    of_project = [
        of(name)
        for of in (
            accounts.income,
            accounts.expenses,
            accounts.unbilled,
            accounts.deferred,
            accounts.unbilled_time,
            accounts.billed_time,
            accounts.non_billable_time,
        )
        for name in (contract.id, *contract.formerly)
    ]
    of_clients = [
        of(client)
        for of in (accounts.receivable, accounts.retention, accounts.deposits)
        for client in payers
    ]
    known = books.ledger.accounts
    return [name for name in dict.fromkeys((*of_project, *of_clients)) if name in known]


def _drawn(chart: BurnChart, unit: str, as_of: date) -> dict[str, object]:
    """A chart as the browser draws it; numbers are text."""

    def line(one: BurnLine) -> dict[str, object]:
        runs = [[[str(day), f"{size:f}"] for day, size in run] for run in one.runs]
        return {"name": one.name, "runs": runs}

    return {
        "unit": unit,
        "start": str(chart.start),
        "end": str(chart.end),
        "today": str(as_of),
        "lines": [line(one) for one in chart.lines],
        "limits": [line(one) for one in chart.limits],
    }


def _table(chart: BurnChart, as_of: date) -> list[ChartRow]:
    """The lines and the limits of a chart at the end of each month up to the day."""
    rows, day = [], min(month_end(chart.start), as_of)
    while True:
        rows.append(ChartRow(day, [one.on(day) for one in (*chart.lines, *chart.limits)]))
        if day >= as_of:
            return rows[-MOST_MONTHS:]
        day = min(month_end(day + DAY), as_of)
