"""A contract's `retainer:`: a fee per period and what it pays for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from projbill_beancount.terms.model import Retainer
from projbill_beancount.terms.parts import as_texts
from projbill_beancount.terms.pricing import check_amount

if TYPE_CHECKING:
    from decimal import Decimal

    from projbill_beancount.terms.sheet import Fields
    from projbill_beancount.terms.sheet import Sheet


def retainer_of(contract: Fields, currency: str, sheet: Sheet) -> Retainer | None:
    """The contract's retainer; one that its billing type does not have, or lacks, is a mistake."""
    is_retainer = contract.get("billing") == "retainer"
    if not contract.given("retainer"):
        if is_retainer:
            told = "is missing; a retainer needs `retainer: {fee: …}`"
            sheet.wrong(contract.line_of("billing"), "retainer", told)
        return None
    if not is_retainer and contract.get("billing") is not None:
        told = f"belongs to `billing: retainer`, and this is {contract.get('billing')}; change one"
        sheet.wrong(contract.line_of("retainer"), "retainer", told)
    fields = contract.inner("retainer")
    overage, rollover = fields.inner("overage"), fields.inner("rollover")
    check_amount(fields, "fee", currency, sheet)
    _check_unused(fields, sheet)
    plain = Retainer(fields.get("fee", 0), sheet.place(fields.line))
    return plain._replace(
        seconds=fields.get("hours"),
        every=fields.get("every", plain.every),
        anchor=fields.get("anchor"),
        advance=fields.get("in") == "advance",
        overage_rate=_overage_rate(overage, currency, sheet),
        overage=overage.get("policy", plain.overage),
        unused=fields.get("unused", plain.unused),
        rollover_seconds=rollover.get("max"),
        rollover_periods=rollover.get("periods"),
        prorate=fields.get("prorate", plain.prorate),
        tasks=as_texts(fields.get("tasks")),
    )


def _check_unused(fields: Fields, sheet: Sheet) -> None:
    unused = fields.get("unused", None if fields.given("unused") else "expire")
    if fields.given("rollover") and unused in {"expire", "refund"}:
        told = "belongs to `unused: rollover`; add that or remove it"
        sheet.wrong(fields.line_of("rollover"), fields.path("rollover"), told)
    lacking = not fields.given("hours") or fields.get("hours") == 0
    if unused in {"rollover", "refund"} and lacking:
        told = f"`{unused}` needs `hours:`, the hours that the fee pays for"
        sheet.wrong(fields.line_of("unused"), fields.path("unused"), told)


def _overage_rate(overage: Fields, currency: str, sheet: Sheet) -> Decimal | None:
    found = overage.get("rate")
    if found is None:
        return None
    amount: Decimal = found[0]
    if found[1] and found[1] != currency:
        told = f"is in {found[1]}, and the contract in {currency}; give it in {currency}"
        sheet.wrong(overage.line_of("rate"), overage.path("rate"), told)
    return amount
