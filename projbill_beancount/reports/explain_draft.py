"""Why a draft is there: its contract, its trigger, its lines and what was left out."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from projbill_beancount.reports.evidence import Evidence
from projbill_beancount.reports.evidence import Node
from projbill_beancount.reports.evidence import entry_words
from projbill_beancount.reports.evidence import rate_words
from projbill_beancount.reports.evidence import why_not_drafted
from projbill_beancount.reports.hints import hint
from projbill_beancount.reports.numbers import money
from projbill_beancount.reports.numbers import plain
from projbill_beancount.reports.numbers import price
from projbill_beancount.reports.numbers import quantity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from projbill_beancount.billing.model import BilledEntry
    from projbill_beancount.billing.model import Draft
    from projbill_beancount.billing.model import Line
    from projbill_beancount.facts.model import TimeEntry
    from projbill_beancount.terms.model import Contract


def draft_node(evidence: Evidence, draft: Draft) -> Node:
    """Why `draft` is there now, what each line rests on, and what was left out."""
    currency = draft.currency
    net, total = money(draft.net, currency), money(draft.total, currency)
    state = "held" if draft.held else "ready"
    contract = evidence.contract(draft.project)
    children: list[Node] = []
    if contract is not None:
        children.append(Node("contract", f"{contract.id} {contract.name}", contract.place))
        children.append(_trigger(evidence, contract, draft))
    children += _reasons(draft)
    children += [_line(evidence, contract, draft, line) for line in draft.lines]
    if contract is not None:
        children += _left_out(evidence, contract, draft)
    text = f"{draft.id}, {state}, {net} {currency} net, {total} {currency} with tax"
    return Node("draft", f"{text}, due {draft.due}", draft.place, tuple(children))


def _trigger(evidence: Evidence, contract: Contract, draft: Draft) -> Node:
    rule = next((item for item in contract.triggers if item.id == draft.trigger_id), None)
    as_of = evidence.billing.as_of
    period = f"{draft.period.start} to {draft.period.end}" if draft.period else ""
    if draft.trigger == "time":
        every = f" every {rule.every}" if rule else ""
        text = f"time{every}: the period {period} is over by {as_of}"
    else:
        hours = f", with the hours of {period}" if period else ""
        text = f"{draft.trigger}: fired on {draft.date}, by {as_of}{hours}"
    reports = tuple(_reports(evidence, contract, draft))
    return Node("trigger", text, rule.place if rule else None, reports)


def _reports(evidence: Evidence, contract: Contract, draft: Draft) -> Iterator[Node]:
    """What let each milestone on the draft bill: its date in the contract, or its reports."""
    for name in dict.fromkeys(line.milestone for line in draft.lines if line.milestone):
        milestone = contract.milestones.get(name)
        if milestone is None:
            continue
        if milestone.bill.date:
            text = f"{name} bills on {milestone.bill.date}"
            yield Node("milestone", text, milestone.place)
        for project in (contract.id, *contract.formerly):
            for report in evidence.facts.progress.get(project, ()):
                if (report.milestone or contract.id) == name and report.date <= draft.date:
                    share = "" if report.percent is None else f" {plain(report.percent)} %"
                    accepted = f", accepted {report.accepted}" if report.accepted else ""
                    text = f"{name}{share} reported on {report.date}{accepted}"
                    yield Node("progress", text, report.place)


def _reasons(draft: Draft) -> Iterator[Node]:
    for reason in draft.reasons:
        remedy = hint(reason.code)
        children = (Node("release", remedy),) if remedy else ()
        yield Node("held", f"{reason.code}: {reason.message}", None, children)


def _line(evidence: Evidence, contract: Contract | None, draft: Draft, line: Line) -> Node:
    currency = draft.currency
    amount = money(line.amount, currency)
    how = ""
    if line.seconds is not None:
        unpriced = "no price" if line.kind == "time" else "covered"
        per_hour = unpriced if line.price is None else price(line.price, currency)
        how = f"{quantity(line.seconds)} h x {per_hour} = "
    late = ", from an earlier period" if line.prior_period else ""
    text = f"{line.text}: {how}{amount} {currency}{late}"
    hourly = contract if line.kind == "time" else None
    entries = tuple(_entry(evidence, hourly, entry) for entry in line.entries)
    return Node("line", text, None, entries)


def _entry(evidence: Evidence, contract: Contract | None, billed: BilledEntry) -> Node:
    """An entry with its place in the ledger; with a contract also the rule behind its price."""
    known = evidence.entries.get(billed.id)
    if not known:
        return Node("entry", f"{billed.date} {billed.person} ({billed.id})")
    entry = known[0]
    children = []
    if billed.billed_seconds != billed.seconds:
        children.append(Node("rounding", f"billed as {quantity(billed.billed_seconds)} h"))
    if contract is not None:
        children.append(Node("rate", rate_words(evidence, contract, entry)))
    return Node("entry", entry_words(entry), entry.place, tuple(children))


def _left_out(evidence: Evidence, contract: Contract, draft: Draft) -> Iterator[Node]:
    """The contract's entries of the draft's time that are on no draft and no invoice, by reason."""
    first = draft.period.start if draft.period else date.min
    last = draft.period.end if draft.period else draft.date
    reasons: dict[str, list[TimeEntry]] = {}
    for entry in evidence.entries_of(contract):
        inside = first <= entry.date <= last
        if inside and entry.id not in evidence.drafted and entry.id not in evidence.invoiced:
            reasons.setdefault(why_not_drafted(evidence, entry), []).append(entry)
    for reason, entries in sorted(reasons.items()):
        hours = quantity(sum(entry.seconds for entry in entries))
        children = tuple(Node("entry", entry_words(entry), entry.place) for entry in entries)
        yield Node("left-out", f"{hours} h: {reason}", None, children)
