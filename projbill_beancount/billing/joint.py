"""Billing a contract that several clients pay: once for each of them, and what it comes to."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from projbill_beancount.billing.contract import ContractBilling
from projbill_beancount.billing.contract import bill_contract
from projbill_beancount.billing.model import CapStanding
from projbill_beancount.billing.payers import payers_of
from projbill_beancount.billing.payers import shared_facts

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable
    from collections.abc import Sequence
    from decimal import Decimal

    from projbill_beancount.billing.drafting import Known
    from projbill_beancount.billing.model import Analysis
    from projbill_beancount.billing.model import Finding
    from projbill_beancount.billing.model import Outline
    from projbill_beancount.billing.model import Position
    from projbill_beancount.billing.model import RetainerPeriod
    from projbill_beancount.billing.model import UnbilledTime
    from projbill_beancount.terms.model import Contract

#: Amounts of a position that payers' positions add up to; the rest is the same for all of them.
SUMMED = (
    "value",
    "earned",
    "billed",
    "unbilled",
    "drafts",
    "held",
    "open",
    "overdue",
    "billed_fixed",
    "credit",
    "over_billed",
    "under_billed",
)


def bill_payers(contract: Contract, known: Known) -> ContractBilling:
    """Draft what the contract lets be billed, to its one client or to each payer of a share."""
    payers = payers_of(contract)
    if not payers:
        return bill_contract(contract, known)
    billings = [bill_contract(payer, known_of(payer, known)) for payer in payers]
    return ContractBilling(
        [draft for billing in billings for draft in billing.drafts],
        [draft for billing in billings for draft in billing.closings],
        _each_once(
            (payer.payer, found)
            for payer, billing in zip(payers, billings, strict=True)
            for found in billing.findings
        ),
        _together([billing.unbilled for billing in billings]),
        lambda: reduce(_sum, (billing.position() for billing in billings)),
        lambda: reduce(_analysed, (billing.analysis() for billing in billings)),
        lambda: reduce(_outlined, (billing.outline() for billing in billings)),
    )


def known_of(payer: Contract, known: Known) -> Known:
    """What concerns one payer: its own invoices, its shares of what the ledger agrees on."""
    facts = shared_facts(payer, known.facts)
    return known._replace(facts=facts, invoiced=known.invoiced.to_client(payer.payer, facts))


def _each_once(findings: Iterable[tuple[str, Finding]]) -> list[Finding]:
    """The findings of payers, those of the contract or of an entry not once for each of them."""
    unique: dict[tuple[object, ...], list[tuple[str, Finding]]] = {}
    for payer, found in findings:
        key = (found.code, found.date, found.id, found.place)
        unique.setdefault(key, []).append((payer, found))
    return [_joined(same) for same in unique.values()]


def _joined(same: Sequence[tuple[str, Finding]]) -> Finding:
    """One finding for all payers, with all their shares, and what is said of each."""
    first = same[0][1]
    message = first.message
    if any(found.message != message for _, found in same):
        message = "; ".join(f"{payer}: {found.message}" for payer, found in same)
    amount = reduce(_plus, (found.amount for _, found in same))
    return first._replace(message=message, amount=amount)


def _together(lists: Sequence[Sequence[UnbilledTime]]) -> list[UnbilledTime]:
    """The entries that some payer was not billed for, with the values of all those payers.

    One is on a draft only where it is on a draft of each of them.
    """
    found: dict[str, UnbilledTime] = {}
    for item in (item for items in lists for item in items):
        other = found.get(item.id)
        if other is not None:
            draft = other.draft if item.draft else None
            item = other._replace(value=_plus(other.value, item.value), draft=draft)  # noqa: PLW2901
        found[item.id] = item
    return list(found.values())


def _sum(one: Position, other: Position) -> Position:
    sums = {name: _plus(getattr(one, name), getattr(other, name)) for name in SUMMED}
    value, fixed = sums["value"], sums["billed_fixed"]
    percent = fixed * 100 / value if value and fixed is not None else None
    return one._replace(**sums, billed_percent=percent, cap=_caps(one.cap, other.cap))  # type: ignore[arg-type]


def _analysed(one: Analysis, other: Analysis) -> Analysis:
    """The amounts of all payers; the hours are the same for each of them."""
    return one._replace(
        earned=_plus(one.earned, other.earned),
        beside=one.beside + other.beside,
        expenses=one.expenses + other.expenses,
        fees=[*one.fees, *other.fees],
        periods=_periods(one.periods, other.periods),
    )


def _outlined(one: Outline, other: Outline) -> Outline:
    """The same of what reports of all contracts ask."""
    return one._replace(
        earned=_plus(one.earned, other.earned),
        beside=one.beside + other.beside,
        expenses=one.expenses + other.expenses,
        periods=_periods(one.periods, other.periods),
    )


def _periods(
    one: Sequence[RetainerPeriod], other: Sequence[RetainerPeriod]
) -> list[RetainerPeriod]:
    return [
        mine._replace(fee=mine.fee + theirs.fee, billed=mine.billed + theirs.billed)
        for mine, theirs in zip(one, other, strict=False)
    ]


def _caps(one: CapStanding | None, other: CapStanding | None) -> CapStanding | None:
    """A cap that payers share; one in hours is the same for all of them."""
    if one is None or other is None or one.in_hours:
        return one
    amount, used = one.amount + other.amount, one.used + other.used
    percent = used * 100 / amount if amount else None
    return CapStanding(amount, used, percent, one.over + other.over, in_hours=False)


def _plus(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return None if one is None or other is None else one + other
