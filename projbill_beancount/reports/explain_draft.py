"""Why a draft is there: its contract, its trigger, its lines and what was left out."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from projbill_beancount.billing.decisions import RELEASABLE
from projbill_beancount.billing.milestones import FULL
from projbill_beancount.billing.retainer_fees import date_of_draft
from projbill_beancount.billing.schedule import CHANGE_ORDER
from projbill_beancount.billing.schedule import CONSOLIDATED
from projbill_beancount.billing.schedule import UNSCHEDULED
from projbill_beancount.reports.evidence import Evidence
from projbill_beancount.reports.evidence import Node
from projbill_beancount.reports.evidence import contract_node
from projbill_beancount.reports.evidence import decision_words
from projbill_beancount.reports.evidence import entry_words
from projbill_beancount.reports.evidence import order_name
from projbill_beancount.reports.explain_entry import is_billed
from projbill_beancount.reports.explain_entry import rate_nodes
from projbill_beancount.reports.explain_entry import why_not_drafted
from projbill_beancount.reports.explain_line import cap_node
from projbill_beancount.reports.explain_line import line_nodes
from projbill_beancount.reports.explain_line import rule_words
from projbill_beancount.reports.hints import hint
from projbill_beancount.reports.numbers import days
from projbill_beancount.reports.numbers import money
from projbill_beancount.reports.numbers import plain
from projbill_beancount.reports.numbers import price
from projbill_beancount.reports.numbers import quantity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from projbill_beancount.billing.contract import Case
    from projbill_beancount.billing.model import BilledEntry
    from projbill_beancount.billing.model import Draft
    from projbill_beancount.billing.model import Line
    from projbill_beancount.billing.model import Reason
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
        case = evidence.case(contract, draft.client)
        children += [contract_node(contract), _trigger(evidence, case, draft)]
        children += [*_reasons(evidence, draft), *_decisions(evidence, contract, draft)]
        children += [_line(evidence, case, draft, line) for line in draft.lines]
        children += [*_payable(contract, draft), *_caps(evidence, contract, draft)]
        children += [*_left_out(evidence, contract, draft), *_not_yet(evidence, case, draft)]
    text = f"{draft.id}, {state}, {net} {currency} net, {total} {currency} with tax"
    if draft.kind == "credit":
        text += f", a credit on {draft.corrects}" if draft.corrects else ", a credit"
    return Node("draft", f"{text}, due {draft.due}", draft.place, tuple(children))


def _trigger(evidence: Evidence, case: Case, draft: Draft) -> Node:
    contract = case.contract
    rule = next((item for item in contract.triggers if item.id == draft.trigger_id), None)
    as_of = evidence.billing.as_of
    period = f"{draft.period.start} to {draft.period.end}" if draft.period else ""
    if draft.is_proposal:
        text = f"credit: due since {draft.date}, and no invoice that it could be taken off"
    elif draft.trigger_id == CONSOLIDATED:
        text = f"consolidated: the drafts of {period} are joined"
    elif draft.trigger_id == CHANGE_ORDER:
        text = f"change-order: fired on {draft.date}; no other draft bills it"
    elif draft.trigger_id == UNSCHEDULED:
        text = f"unscheduled: no trigger of the contract bills it, so it goes out on {draft.date}"
    elif draft.trigger == "time":
        every = f" every {rule.every}" if rule else ""
        text = f"time{every}: the period {period} is over by {as_of}"
        if _is_in_advance(contract, draft):
            text = f"time{every}: the period {period} has begun, its fee is due in advance"
    else:
        hours = f", with the hours of {period}" if period else ""
        text = f"{draft.trigger}: fired on {draft.date}, by {as_of}{hours}"
    reports = tuple(_reports(evidence, contract, draft))
    return Node("trigger", text, rule.place if rule else None, reports)


def _is_in_advance(contract: Contract, draft: Draft) -> bool:
    """Whether a draft is due at the beginning of its period."""
    retainer, period = contract.retainer, draft.period
    if retainer is None or not retainer.advance or period is None:
        return False
    bills_fee = any(line.kind == "retainer" and line.amount > 0 for line in draft.lines)
    return bills_fee and (date_of_draft(draft.id) or draft.date) == period.start


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


def _reasons(evidence: Evidence, draft: Draft) -> Iterator[Node]:
    """Why the draft is held, where that can be seen, and what would release it."""
    places = {item.code: item.place for item in evidence.findings.get(draft.id, ())}
    for reason in draft.reasons:
        children = [_held_entry(evidence, identity) for identity in reason.entries]
        children += [Node("release", text) for text in _releases(draft, reason)]
        text = f"{reason.code}: {reason.message}"
        yield Node("held", text, places.get(reason.code), tuple(children))


def _held_entry(evidence: Evidence, identity: str) -> Node:
    known = evidence.entries.get(identity)
    return (
        Node("entry", entry_words(known[0]), known[0].place) if known else Node("entry", identity)
    )


def _releases(draft: Draft, reason: Reason) -> Iterator[str]:
    remedy = hint(reason.code, draft.project, draft.id)
    if remedy:
        yield remedy
    if reason.code in RELEASABLE and "projbill release" not in remedy:
        yield f"or, if the client agreed, `projbill release {draft.id}`"


def _decisions(evidence: Evidence, contract: Contract, draft: Draft) -> Iterator[Node]:
    """The holds and releases of this very draft, and the holds of the project."""
    for decision in evidence.decisions_of(contract):
        about = decision.subject == draft.id or not decision.subject
        if decision.kind not in {"hold", "release"} or not about:
            continue
        what = "" if decision.subject else f"all of {draft.project} "
        text = f"{what}put on hold {decision_words(decision)}"
        if decision.kind == "release":
            net = "" if decision.amount is None else f" for {decision.amount} {draft.currency}"
            text = f"{what}released{net} {decision_words(decision)}"
            if decision.amount is not None and decision.amount != draft.net:
                text += "; it has lapsed, since the draft comes to another amount"
        yield Node(decision.kind, text, decision.place)


def _line(evidence: Evidence, case: Case, draft: Draft, line: Line) -> Node:
    currency = draft.currency
    amount = money(line.amount, currency)
    how = ""
    if line.seconds is not None:
        unpriced = "covered" if line.kind == "covered" else "no price"
        per_unit = unpriced if line.price is None else price(line.price, currency)
        size = f"{quantity(line.seconds)} h"
        if line.day_seconds:
            size = f"{days(line.seconds, line.day_seconds)} days"
        how = f"{size} x {per_unit} = "
    late = ", from an earlier period" if line.prior_period else ""
    text = f"{line.text}: {how}{amount} {currency}{late}"
    share = case.contract.share
    parts = []
    if share is not None and line.price is not None:
        percent = plain(Decimal(share.fraction.numerator * 100) / share.fraction.denominator)
        parts.append(
            Node("share", f"{share.client} pays {percent} % of it", case.contract.split_place)
        )
    parts += _late(case, draft, line)
    parts += line_nodes(evidence, case, draft, line)
    parts += [_entry(evidence, case, line, entry) for entry in line.entries]
    return Node("line", text, None, tuple(parts))


def _late(case: Case, draft: Draft, line: Line) -> Iterator[Node]:
    """Which invoice the work of a line came too late for."""
    trigger = next((one for one in case.schedule.hourly if one.id == draft.trigger_id), None)
    settled = case.schedule.settled_until(trigger) if trigger and line.prior_period else None
    if settled is not None:
        yield Node("late", f"work up to {settled} was invoiced before this was logged")


def _entry(evidence: Evidence, case: Case, line: Line, billed: BilledEntry) -> Node:
    """An entry with its place in the ledger; on a priced line also the rule behind its price."""
    known = evidence.entries.get(billed.id)
    if not known:
        return Node("entry", f"{billed.date} {billed.person} ({billed.id})")
    entry = known[0]
    children: list[Node] = []
    if billed.seconds != entry.seconds:
        children.append(Node("part", f"{quantity(billed.seconds)} h of it are on this line"))
    if billed.billed_seconds != billed.seconds:
        capped = [cap for cap in case.contract.caps if cap.seconds is not None]
        by_cap = capped and not case.contract.invoice.hours
        kind, place = ("cap", capped[0].place) if by_cap else ("rounding", None)
        children.append(Node(kind, f"billed as {quantity(billed.billed_seconds)} h", place))
    children += rate_nodes(case, line, entry)
    return Node("entry", entry_words(entry), entry.place, tuple(children))


def _payable(contract: Contract, draft: Draft) -> Iterator[Node]:
    """What of the total the client's deposit pays, and what the client keeps back."""
    currency = draft.currency
    if draft.retained:
        text = (
            f"{plain(contract.invoice.retention)} % of the net are kept back: "
            f"{money(draft.retained, currency)} {currency}"
        )
        yield Node("retention", text, contract.place)
    if draft.deposit:
        text = f"the deposit of {draft.client} pays {money(draft.deposit, currency)} {currency}"
        yield Node("deposit", text, contract.place)
    if draft.payable != draft.total:
        yield Node("payable", f"{money(draft.payable, currency)} {currency}")


def _caps(evidence: Evidence, contract: Contract, draft: Draft) -> Iterator[Node]:
    """The caps that bound the draft, where no line of it says so."""
    said = any(
        line.kind in {"adjustment", "carried"} and not line.adjustment for line in draft.lines
    )
    if not said:
        yield from (cap_node(evidence, contract, cap) for cap in contract.caps)


def _left_out(evidence: Evidence, contract: Contract, draft: Draft) -> Iterator[Node]:
    """The contract's entries of the draft's time that are on no draft and no invoice, by reason."""
    first = draft.period.start if draft.period else date.min
    last = draft.period.end if draft.period else draft.date
    reasons: dict[str, list[TimeEntry]] = {}
    for entry in evidence.entries_of(contract):
        inside = first <= entry.date <= last
        if inside and entry.id not in evidence.drafted and not is_billed(evidence, entry.id):
            reasons.setdefault(why_not_drafted(evidence, entry), []).append(entry)
    for reason, entries in sorted(reasons.items()):
        hours = quantity(sum(entry.seconds for entry in entries))
        children = tuple(Node("entry", entry_words(entry), entry.place) for entry in entries)
        yield Node("left-out", f"{hours} h: {reason}", None, children)


def _not_yet(evidence: Evidence, case: Case, draft: Draft) -> Iterator[Node]:
    """Milestones and change orders of the contract that cannot be billed yet."""
    fixed, contract = case.fixed, case.contract
    for milestone in fixed.scope.values() if fixed.trigger else ():
        steps, reports = fixed.steps[milestone.id], fixed.reports[milestone.id]
        if steps and steps[-1].percent == FULL:
            continue
        amount = money(fixed.price(milestone, fixed.as_of), draft.currency)
        done = f"{plain(reports[-1].percent)} % reported" if reports else "nothing reported"
        text = f"{milestone.id} {milestone.name}, {amount} {draft.currency}: {done}"
        yield Node("left-out", f"{text}, {rule_words(milestone.bill)}", milestone.place)
    for order in evidence.orders_of(contract):
        if fixed.orders.standing(order.id) == "pending":
            amount = money(order.amount, draft.currency)
            text = f"{order_name(order)}, {amount} {draft.currency}: not approved"
            remedy = f"`projbill approve {contract.id} {order.id}` approves it"
            yield Node("left-out", f"{text}; {remedy}", order.place)
