"""What a contract is held to: caps, reconciliation, deposit, budget, settings of findings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from projbill_beancount.terms.codes import RANK
from projbill_beancount.terms.codes import SEVERITIES
from projbill_beancount.terms.model import Budget
from projbill_beancount.terms.model import Cap
from projbill_beancount.terms.model import Deposit
from projbill_beancount.terms.model import FindingSetting
from projbill_beancount.terms.model import Reconcile
from projbill_beancount.terms.parts import as_texts
from projbill_beancount.terms.pricing import check_amount
from projbill_beancount.terms.sheet import Fields

if TYPE_CHECKING:
    from projbill_beancount.terms.sheet import Sheet


def caps_of(contract: Fields, currency: str, sheet: Sheet) -> tuple[Cap, ...]:
    """The contract's `cap:`, one or a list of them, in the order of the file."""
    found = contract.get("cap") or []
    caps = [found] if isinstance(found, Fields) else found
    return tuple(_cap(fields, currency, sheet) for fields in caps)


def _cap(fields: Fields, currency: str, sheet: Sheet) -> Cap:
    check_amount(fields, "amount", currency, sheet)
    if fields.get("excess") == "carry" and not fields.given("every"):
        told = "`carry` moves the excess to the next period of the cap; give it `every:`"
        sheet.wrong(fields.line_of("excess"), fields.path("excess"), told)
    if fields.given("anchor") and not fields.given("every"):
        told = "is the first day of a period; give the cap `every:` or remove it"
        sheet.wrong(fields.line_of("anchor"), fields.path("anchor"), told)
    plain = Cap(sheet.place(fields.line))
    return plain._replace(
        amount=fields.get("amount"),
        seconds=fields.get("hours"),
        every=fields.get("every"),
        anchor=fields.get("anchor"),
        tasks=as_texts(fields.get("tasks")),
        warn=fields.get("warn", plain.warn),
        excess=fields.get("excess", plain.excess),
    )


def reconcile_of(fields: Fields, base: Reconcile, currency: str, sheet: Sheet) -> Reconcile:
    """`base` with what a `reconcile:` mapping says instead, key by key."""
    tolerance = fields.get("tolerance")
    percent, amount = base.percent, base.amount
    if isinstance(tolerance, Fields):
        check_amount(tolerance, "amount", currency, sheet)
        percent = tolerance.get("percent", percent)
        amount = tolerance.get("amount", amount)
    elif tolerance is not None:
        percent = tolerance
    return Reconcile(
        percent=percent,
        amount=amount,
        completion=fields.get("completion", base.completion),
        stale=fields.get("stale", base.stale),
    )


def deposit_of(contract: Fields, currency: str, sheet: Sheet) -> Deposit | None:
    """The contract's `deposit:`; it is replenished below its target unless it says below what."""
    fields = contract.inner("deposit")
    for name in ("target", "replenish-below"):
        check_amount(fields, name, currency, sheet)
    target = fields.get("target")
    if target is None:
        return None
    below = fields.get("replenish-below", target)
    if below > target:
        told = f"{below} is more than the target of {target}; give the target or less"
        line = fields.line_of("replenish-below")
        sheet.wrong(line, fields.path("replenish-below"), told)
    return Deposit(target, below)


def budget_of(contract: Fields, currency: str, own: str, sheet: Sheet) -> Budget:
    """The contract's `budget:`, which limits nothing; its cost is in the firm's `own` currency."""
    fields = contract.inner("budget")
    check_amount(fields, "amount", currency, sheet)
    check_amount(fields, "cost", own, sheet)
    return Budget(fields.get("amount"), fields.get("hours"), fields.get("cost"))


def finding_settings(contract: Fields, sheet: Sheet) -> dict[str, FindingSetting]:
    """The contract's `findings:`: codes whose severity it lowers, with the reason."""
    found = {}
    for code, fields in contract.inner("findings").items():
        severity = fields.get("severity")
        if severity is None or code not in SEVERITIES:
            continue
        usual = SEVERITIES[code]
        if RANK.index(severity) < RANK.index(usual):
            told = f"{severity} is more than the {usual} that it is; lower it or remove it"
            sheet.wrong(fields.line_of("severity"), fields.path("severity"), told)
        found[code] = FindingSetting(severity, fields.get("reason", ""), sheet.place(fields.line))
    return found
