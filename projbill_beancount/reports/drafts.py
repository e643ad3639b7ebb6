"""Drafts and held drafts with their lines, as data, as flat rows and as text blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.reports.hints import hint
from projbill_beancount.reports.numbers import days
from projbill_beancount.reports.numbers import money
from projbill_beancount.reports.numbers import money_or_none
from projbill_beancount.reports.numbers import plain
from projbill_beancount.reports.numbers import price
from projbill_beancount.reports.numbers import quantity
from projbill_beancount.reports.table import Column
from projbill_beancount.reports.table import Table

if TYPE_CHECKING:
    from collections.abc import Collection
    from collections.abc import Iterator
    from collections.abc import Mapping
    from collections.abc import Sequence

    from projbill_beancount.billing.model import Billing
    from projbill_beancount.billing.model import Draft
    from projbill_beancount.billing.model import Line
    from projbill_beancount.terms.model import Client

COLUMNS = (
    Column("What"),
    Column("Task"),
    Column("Hours", right=True),
    Column("Price", right=True),
    Column("Amount", right=True),
)

DRAFT_COLUMNS = (
    "draft",
    "project",
    "client",
    "trigger",
    "trigger-id",
    "date",
    "due",
    "currency",
    "held",
    "net",
    "tax",
    "total",
)

LINE_COLUMNS = (
    "kind",
    "text",
    "quantity",
    "unit",
    "price",
    "amount",
    "task",
    "milestone",
    "change-order",
    "prior-period",
)

ROW_COLUMNS = (
    *DRAFT_COLUMNS,
    "reasons",
    *(f"line-{name}" for name in LINE_COLUMNS),
    "entries",
    "kind",
    "corrects",
    "period.start",
    "period.end",
    "taxes",
    "payable",
)

#: What a row says of its whole draft as the data has it.
WHOLE = frozenset((*DRAFT_COLUMNS, "kind", "corrects", "payable"))


class DraftBlock(NamedTuple):
    """A draft for people: a title, what must be known about it, and its lines with totals.

    `held` has one sentence for each reason, with what would release it.
    """

    title: str
    subtitle: str
    held: Sequence[str]
    table: Table


def chosen_drafts(billing: Billing, projects: Collection[str]) -> list[Draft]:
    """The drafts of `projects` in the engine's order."""
    return [draft for draft in billing.drafts if draft.project in projects]


def drafts_data(billing: Billing, projects: Collection[str]) -> dict[str, object]:
    """The drafts of `projects` as JSON wants them: amounts and quantities are text."""
    drafts = [_draft(draft) for draft in chosen_drafts(billing, projects)]
    return {"as-of": billing.as_of.isoformat(), "drafts": drafts}


def drafts_rows(billing: Billing, projects: Collection[str]) -> Iterator[dict[str, object]]:
    """A flat row for each draft line, with its draft's id, dates, state and totals."""
    for draft in chosen_drafts(billing, projects):
        whole = {key: value for key, value in _draft(draft).items() if key in WHOLE}
        codes = " ".join(reason.code for reason in draft.reasons)
        period = draft.period
        taxes = "; ".join(
            f"{tax.code} {plain(tax.rate)} % of {money(tax.base, draft.currency)}: "
            f"{money(tax.amount, draft.currency)}"
            for tax in draft.taxes
        )
        for line in draft.lines:
            ids = " ".join(entry.id for entry in line.entries)
            yield {
                **whole,
                "reasons": codes,
                "taxes": taxes,
                "period.start": period and period.start.isoformat(),
                "period.end": period and period.end.isoformat(),
                **_prefixed(_line(line, draft.currency)),
                "entries": ids,
            }


def draft_block(draft: Draft, clients: Mapping[str, Client]) -> DraftBlock:
    """`draft` for people."""
    client = clients[draft.client].name if draft.client in clients else draft.client
    state = "HELD" if draft.held else "ready"
    if draft.kind == "credit":
        state += f", a credit on {draft.corrects}" if draft.corrects else ", a credit"
    period = f"{draft.period.start} to {draft.period.end}, " if draft.period else ""
    return DraftBlock(
        title=f"{draft.id}  {client}  {money(draft.net, draft.currency)} {draft.currency}  {state}",
        subtitle=f"{period}invoice date {draft.date}, due {draft.due}",
        held=[_held_sentence(draft, index) for index in range(len(draft.reasons))],
        table=Table(COLUMNS, [*_line_cells(draft), *_total_cells(draft)]),
    )


def _held_sentence(draft: Draft, index: int) -> str:
    reason = draft.reasons[index]
    amount = ""
    if reason.amount is not None:
        amount = f" ({money(reason.amount, draft.currency)} {draft.currency})"
    remedy = hint(reason.code, draft.project, draft.id)
    release = f". To release it: {remedy}" if remedy else ""
    return f"held by {reason.code}{amount}: {reason.message.rstrip('.')}{release}"


def _line_cells(draft: Draft) -> Iterator[Sequence[str]]:
    for line in draft.lines:
        yield (
            line.text,
            line.task or line.milestone or "",
            line_quantity(line),
            _price(line, draft.currency) or ("missing" if line.kind == "time" else ""),
            money(line.amount, draft.currency),
        )


def _total_cells(draft: Draft) -> Iterator[Sequence[str]]:
    yield ("Net", "", "", "", money(draft.net, draft.currency))
    for tax in draft.taxes:
        amount = money(tax.amount, draft.currency)
        yield (f"Tax {tax.code} {plain(tax.rate)} %", "", "", "", amount)
    yield (f"Total {draft.currency}", "", "", "", money(draft.total, draft.currency))
    if draft.payable == draft.total:
        return
    for what, less in (("Paid by deposit", draft.deposit), ("Retained", draft.retained)):
        if less:
            yield (what, "", "", "", money(-less, draft.currency))
    yield (f"Payable {draft.currency}", "", "", "", money(draft.payable, draft.currency))


def _draft(draft: Draft) -> dict[str, object]:
    currency = draft.currency
    period = draft.period
    return {
        "draft": draft.id,
        "kind": draft.kind,
        "project": draft.project,
        "client": draft.client,
        "trigger": draft.trigger,
        "trigger-id": draft.trigger_id,
        "date": draft.date.isoformat(),
        "period": period and {"start": period.start.isoformat(), "end": period.end.isoformat()},
        "due": draft.due.isoformat(),
        "currency": currency,
        "held": draft.held,
        "corrects": draft.corrects,
        "reasons": [
            {
                "code": reason.code,
                "amount": money_or_none(reason.amount, currency),
                "message": reason.message,
                "entries": list(reason.entries),
            }
            for reason in draft.reasons
        ],
        "lines": [_line(line, currency) for line in draft.lines],
        "net": money(draft.net, currency),
        "tax": money(draft.tax, currency),
        "taxes": [
            {
                "code": tax.code,
                "rate": plain(tax.rate),
                "base": money(tax.base, currency),
                "amount": money(tax.amount, currency),
            }
            for tax in draft.taxes
        ],
        "total": money(draft.total, currency),
        "payable": money(draft.payable, currency),
    }


def _line(line: Line, currency: str) -> dict[str, object]:
    return {
        "kind": line.kind,
        "text": line.text,
        "quantity": line_quantity(line) or None,
        "unit": None if line.seconds is None else "DAY" if line.day_seconds else "HOUR",
        "price": _price(line, currency),
        "amount": money(line.amount, currency),
        "task": line.task,
        "milestone": line.milestone,
        "change-order": line.change_order,
        "prior-period": line.prior_period,
        "entries": [entry.id for entry in line.entries],
    }


def line_quantity(line: Line) -> str:
    """The hours or days of a line as text, "" for a line without them."""
    if line.seconds is None:
        return ""
    if line.day_seconds:
        return days(line.seconds, line.day_seconds)
    return quantity(line.seconds)


def _price(line: Line, currency: str) -> str | None:
    return None if line.price is None else price(line.price, currency)


def _prefixed(line: dict[str, object]) -> dict[str, object]:
    return {key if key == "entries" else f"line-{key}": value for key, value in line.items()}
