"""Expenses that are billed on, and agreed adjustments: what rides on the next draft."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.billing.calendar import month_end
from projbill_beancount.billing.drafts import Hold
from projbill_beancount.billing.findings import counted
from projbill_beancount.billing.findings import finding
from projbill_beancount.billing.model import Line
from projbill_beancount.billing.model import Reason
from projbill_beancount.billing.payers import part_of
from projbill_beancount.billing.payers import shared_text
from projbill_beancount.billing.riders import Rider
from projbill_beancount.billing.rounding import divide_half_up
from projbill_beancount.billing.schedule import UNSCHEDULED
from projbill_beancount.billing.schedule import Slot
from projbill_beancount.billing.tax import tax_on
from projbill_beancount.terms.model import Trigger

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable
    from collections.abc import Mapping
    from collections.abc import Sequence

    from projbill_beancount.billing.invoiced import Issued
    from projbill_beancount.billing.model import Finding
    from projbill_beancount.billing.schedule import Schedule
    from projbill_beancount.facts.model import Decision
    from projbill_beancount.facts.model import Expense
    from projbill_beancount.facts.model import PriceOn
    from projbill_beancount.terms.model import Contract
    from projbill_beancount.terms.model import Firm

ZERO = Decimal(0)
Currencies = tuple[str, str]


class Converted(NamedTuple):
    """An expense in the contract's currency, rounded once; None without a price on its date."""

    amount: Decimal | None
    said: str


def expense_riders(
    contract: Contract,
    expenses: Iterable[Expense],
    invoiced: Iterable[Issued],
    credited: Iterable[Issued],
    prices: Mapping[Currencies, Sequence[PriceOn]],
    firm: Firm,
    as_of: date,
) -> list[Rider]:
    """The contract's expenses that no invoice bills, each as a line of its own."""
    billed = _settled(
        (identity for _, line in invoiced for identity in line.expenses),
        (identity for _, line in credited for identity in line.expenses),
    )
    end = contract.end or date.max
    return [
        _rider(contract, expense, prices, firm, min(expense.date, end))
        for expense in expenses
        if expense.id not in billed and expense.date <= as_of and not _is_early(contract, expense)
    ]


def early_expenses(contract: Contract, expenses: Iterable[Expense], as_of: date) -> list[Finding]:
    """Expenses from before the contract's start are not billed: one finding at the first."""
    early = [one for one in expenses if _is_early(contract, one) and one.date <= as_of]
    if not early:
        return []
    first = min(early, key=lambda one: (one.date, one.id))
    message = (
        f"{counted(len(early), 'expense', 'expenses')} before the contract starts on "
        f"{contract.start}: not billed; change the contract's dates or move the expenses"
    )
    return [
        finding(
            "time-before-start", contract.id, first.date, message, first.place, identity=first.id
        )
    ]


def adjustment_riders(
    contract: Contract,
    decisions: Iterable[Decision],
    invoiced: Iterable[Issued],
    credited: Iterable[Issued],
    firm: Firm,
    as_of: date,
) -> list[Rider]:
    """The agreed adjustments that no invoice bills."""
    billed = _settled(
        (line.adjustment for _, line in invoiced), (line.adjustment for _, line in credited)
    )
    found = []
    for one in sorted(decisions, key=lambda one: (one.date, one.subject, one.order)):
        if one.kind != "adjustment" or one.date > as_of or one.subject in billed:
            continue
        tax = tax_on(contract.invoice.tax, firm.taxes, one.date)
        exact = (one.amount or ZERO).quantize(Decimal(1).scaleb(-contract.places))
        line = Line(
            "adjustment",
            one.text or one.subject,
            exact,
            tax=tax.code,
            tax_rate=tax.rate,
            adjustment=one.subject,
        )
        holds: tuple[Hold, ...] = ()
        if one.amount is not None and exact != one.amount:
            message = (
                f"adjustment {one.subject}: {one.amount} is finer than {contract.currency} has "
                "places; round it"
            )
            holds = (Hold(Reason("fact-invalid", None, message, ()), one.place),)
        if one.currency and one.currency != contract.currency:
            message = (
                f"adjustment {one.subject} is in {one.currency}, and the contract in "
                f"{contract.currency}; give it in {contract.currency}"
            )
            line = line._replace(amount=exact * 0)
            holds = (Hold(Reason("currency-mismatch", None, message, ()), one.place),)
        found.append(Rider(one.date, line, holds))
    return found


def expense_slot(contract: Contract, schedule: Schedule, rider: Rider) -> Slot | None:
    """Where an expense is billed if no draft takes it before: with its period, else at the end."""
    slot = schedule.next_slot(rider.ready)
    if slot is None or slot.trigger.type == "time":
        return slot
    end = contract.end
    last = max((rider.ready, *schedule.events))
    day = end if end is not None and end >= last else month_end(last)
    return schedule.consolidated(Slot(Trigger(UNSCHEDULED, "time", contract.place), day, None))


def _settled(invoiced: Iterable[str], credited: Iterable[str]) -> set[str]:
    """The ids that invoices bill and that credit notes did not take back as often.

    What credit notes alone give back is settled by them.
    """
    left = Counter(invoiced)
    left.subtract(credited)
    return {identity for identity, times in left.items() if times}


def _is_early(contract: Contract, expense: Expense) -> bool:
    return contract.start is not None and expense.date < contract.start


def _rider(
    contract: Contract,
    expense: Expense,
    prices: Mapping[Currencies, Sequence[PriceOn]],
    firm: Firm,
    ready: date,
) -> Rider:
    found = converted(contract, expense, prices)
    code = expense.tax if expense.tax is not None else contract.invoice.tax
    tax = tax_on(code, firm.taxes, expense.date)
    text = f"{expense.text} ({expense.date}{found.said})"
    if expense.markup:
        text += f" + {expense.markup.normalize():f} %"
    holds: list[Hold] = []
    amount = ZERO.quantize(Decimal(1).scaleb(-contract.places))
    if found.amount is None:
        message = (
            f"expense {expense.id} is in {expense.currency}, and there is no price of "
            f"{expense.currency} in {contract.currency} on or before {expense.date}; add one"
        )
        holds.append(Hold(Reason("fx-rate-missing", None, message, ()), expense.place))
    else:
        marked_up = found.amount * (100 + expense.markup)
        amount = part_of(contract, divide_half_up(marked_up, 100, contract.places))
    if tax.code and tax.rate is None:
        message = (
            f"expense {expense.id} cannot be taxed: tax {tax.code} has no rate on {expense.date}"
        )
        holds.append(Hold(Reason("tax-rate-missing", None, message, ()), expense.place))
    line = Line(
        "expense",
        shared_text(contract, text),
        amount,
        tax=tax.code,
        tax_rate=tax.rate,
        expenses=(expense.id,),
        account=expense.account if _is_disbursement(contract, expense) else None,
    )
    return Rider(ready, line, tuple(holds))


def _is_disbursement(contract: Contract, expense: Expense) -> bool:
    """Whether it was paid in the client's name, to the exact amount: no revenue (IFRS 15.B36).

    What is marked up, converted or shared is the firm's own supply.
    """
    exact = expense.currency == contract.currency and not expense.markup
    return expense.on_assets and exact and contract.share is None


def converted(
    contract: Contract, expense: Expense, prices: Mapping[Currencies, Sequence[PriceOn]]
) -> Converted:
    """The receipt in the contract's currency, at the newest price on or before its date."""
    if expense.currency == contract.currency:
        return Converted(expense.amount, "")
    direct = _price_on(prices.get((expense.currency, contract.currency), ()), expense.date)
    inverse = _price_on(prices.get((contract.currency, expense.currency), ()), expense.date)
    if direct is not None:
        exact = divide_half_up(expense.amount * direct, 1, contract.places)
        said = f"{direct} {contract.currency}"
    elif inverse:
        numerator, denominator = inverse.as_integer_ratio()
        exact = divide_half_up(expense.amount * denominator, numerator, contract.places)
        said = f"1/{inverse} {contract.currency}"
    else:
        return Converted(None, "")
    return Converted(exact, f", {expense.amount} {expense.currency} at {said}")


def _price_on(prices: Sequence[PriceOn], day: date) -> Decimal | None:
    """The newest price on or before a day."""
    known = bisect_right([price.date for price in prices], day)
    return prices[known - 1].amount if known else None
