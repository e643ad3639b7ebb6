"""What a contract bills and when: its milestones and triggers."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

from projbill_beancount.terms.model import Billing
from projbill_beancount.terms.model import BillRule
from projbill_beancount.terms.model import Milestone
from projbill_beancount.terms.model import Trigger
from projbill_beancount.terms.model import TriggerType
from projbill_beancount.terms.parts import Known
from projbill_beancount.terms.parts import as_texts
from projbill_beancount.terms.parts import tax_code
from projbill_beancount.terms.pricing import check_amount
from projbill_beancount.terms.sheet import Fields
from projbill_beancount.terms.sheet import Sheet

_DEFAULT_TRIGGER: dict[Billing, TriggerType] = {
    "fixed-fee": "milestone",
    "time-and-materials": "time",
    "hybrid": "hybrid",
    "retainer": "time",
}

# Drafts of these names exist beside those of the triggers.
_RESERVED = frozenset({"consolidated", "change-order", "credit", "unscheduled"})


def milestones_of(
    contract: Fields, currency: str, known: Known, sheet: Sheet
) -> dict[str, Milestone]:
    """The contract's `milestones:` in the order of the file."""
    listed = contract.inner("milestones")
    other = contract.get("billing", "fixed-fee") != "fixed-fee"
    if contract.given("bill") and (contract.given("milestones") or other):
        told = "is for a fixed fee without milestones; write it on the milestone instead"
        sheet.wrong(contract.line_of("bill"), "bill", told)
    return {name: _milestone(name, one, currency, known, sheet) for name, one in listed.items()}


def _milestone(name: str, fields: Fields, currency: str, known: Known, sheet: Sheet) -> Milestone:
    check_amount(fields, "value", currency, sheet)
    return Milestone(
        id=name,
        name=fields.get("name", name),
        value=fields.get("value", Decimal(0)),
        bill=_bill_rule(fields, sheet) or BillRule(),
        place=sheet.place(fields.line),
        due=fields.get("due"),
        seconds=fields.get("hours"),
        match=dict(fields.inner("match").items()),
        tax=tax_code(fields, known, sheet),
        change_order=fields.get("change-order", ""),
    )


def only_milestone(contract: Fields, sheet: Sheet) -> Milestone:
    """The one milestone of a fixed fee without milestones: the contract itself."""
    project = contract.get("project", "")
    return Milestone(
        id=project,
        name=contract.get("name", project),
        value=contract.get("value", Decimal(0)),
        bill=_bill_rule(contract, sheet) or BillRule("manual"),
        place=sheet.place(contract.line_of("value")),
    )


def _bill_rule(fields: Fields, sheet: Sheet) -> BillRule | None:
    found = fields.get("bill")
    if found is None:
        return None
    if isinstance(found, Fields):
        return BillRule("date", date=found.get("date"), advance=found.get("advance", False))
    if isinstance(found, list):
        if any(later <= earlier for earlier, later in pairwise([Decimal(0), *found])):
            steps = ", ".join(map(str, found))
            told = f"found the steps [{steps}], expected ascending percentages such as [50, 100]"
            sheet.wrong(fields.line_of("bill"), fields.path("bill"), told)
        return BillRule("steps", steps=tuple(found))
    return BillRule(found)


def triggers_of(contract: Fields, sheet: Sheet) -> tuple[Trigger, ...]:
    """The contract's `triggers:`, or the one that its billing type has by itself."""
    found = contract.get("triggers")
    if found is None:
        return (_default_trigger(contract, sheet),)
    rules = [found] if isinstance(found, Fields) else found
    triggers = tuple(_trigger(rule, sheet) for rule in rules if rule.get("type"))
    _check_ids(rules, sheet)
    return triggers


def _default_trigger(contract: Fields, sheet: Sheet) -> Trigger:
    """The billing type's own trigger; hours beside a retainer are billed with its periods."""
    kind = _DEFAULT_TRIGGER[contract.get("billing", "hybrid")]
    trigger = Trigger(kind, kind, sheet.place(contract.line_of("billing")))
    retainer = contract.inner("retainer")
    every = retainer.get("every", "month")
    if kind != "time" or every == "once":
        return trigger
    return trigger._replace(every=every, anchor=retainer.get("anchor"))


def _trigger(rule: Fields, sheet: Sheet) -> Trigger:
    kind = rule.get("type")
    for name in ("every", "anchor"):
        if rule.given(name) and kind != "time":
            told = f"belongs to a trigger of type time, and this one is of type {kind}; remove it"
            sheet.wrong(rule.line_of(name), rule.path(name), told)
    return Trigger(
        id=rule.get("id", kind),
        type=kind,
        place=sheet.place(rule.line),
        every=rule.get("every", "month"),
        anchor=rule.get("anchor"),
        tasks=as_texts(rule.get("tasks")),
    )


def _check_ids(rules: list[Fields], sheet: Sheet) -> None:
    """A draft's id is built from the trigger's, so that it must be the only one of its id."""
    kinds = [rule.get("type") for rule in rules if rule.get("type")]
    first: dict[str, int] = {}
    for rule in rules:
        kind = rule.get("type")
        name = rule.get("id", kind)
        if name in _RESERVED:
            told = f'the id "{name}" is taken for drafts of that kind; choose another'
            sheet.wrong(rule.line_of("id"), rule.path("id"), told)
        elif kinds.count(kind) > 1 and not rule.given("id"):
            told = f"is missing; there are {kinds.count(kind)} triggers of type {kind}"
            sheet.wrong(rule.line, rule.path("id"), told)
        elif name and first.setdefault(name, rule.line) != rule.line:
            told = f'"{name}" is also the id of the trigger on line {first[name]}; choose another'
            sheet.wrong(rule.line, rule.path("id"), told)
