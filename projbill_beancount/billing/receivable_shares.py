"""What is open on invoices by project: a joint invoice is shared by what each project bills on it."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.billing.rounding import divided

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Mapping
    from collections.abc import Sequence

    from projbill_beancount.billing.receivables import Owed
    from projbill_beancount.facts.model import Invoice

ZERO = Decimal(0)
NOTHING = Fraction(0)


class Receivable(NamedTuple):
    """What is open on a project's invoices, what of it is overdue, and what is paid too much; gross."""

    open: Decimal = ZERO
    overdue: Decimal = ZERO
    credit: Decimal = ZERO


def by_project(owed: Owed, owners: Mapping[str, str]) -> dict[tuple[str, str], Receivable]:
    """What is open by contract and currency; `owners` maps each name of a project to its contract.

    The shares of an invoice add up to what is open on it.
    """
    found: dict[tuple[str, str], Receivable] = {}
    for account in owed.accounts:
        for item in account.items:
            live = [credit for credit in item.credit_notes if credit.is_live(owed.day)]
            overdue = item.days is not None and item.days > 0
            for name, left in _shares(item.document, live, item.left).items():
                key = owners.get(name, name), account.currency
                known = found.get(key, Receivable())
                found[key] = Receivable(
                    known.open + max(left, ZERO),
                    known.overdue + (max(left, ZERO) if overdue else ZERO),
                    known.credit + max(-left, ZERO),
                )
    return found


def _shares(invoice: Invoice, credit_notes: Sequence[Invoice], left: Decimal) -> dict[str, Decimal]:
    """`left` by project, in proportion of the gross of each, less what of it is credited.

    A credit is in proportion of the gross alone.
    """
    projects = list(dict.fromkeys(line.project for line in invoice.lines)) or [invoice.project]
    if len(projects) == 1:
        return {projects[0]: left}
    gross = _gross(invoice)
    rest = dict(gross)
    for credit in credit_notes if left > ZERO else ():
        for project, amount in _gross(credit).items():
            if project in rest:
                rest[project] = max(rest[project] - amount, NOTHING)
    weights = rest if sum(rest.values()) > 0 else gross
    whole = sum(weights.values())
    if whole <= 0:
        return {projects[0]: left}
    places = max(-int(left.as_tuple().exponent), 0)
    fractions = [weights[project] / whole for project in projects]
    return dict(zip(projects, divided(left, fractions, places), strict=True))


def _gross(document: Invoice) -> dict[str, Fraction]:
    """The lines of each project with their taxes; below zero counts as nothing."""
    bases: dict[str, Fraction] = {}
    for line in document.lines:
        bases[line.tax] = bases.get(line.tax, NOTHING) + Fraction(line.amount)
    amounts: dict[str, Fraction] = {}
    for tax in document.taxes:
        amounts[tax.code] = amounts.get(tax.code, NOTHING) + Fraction(tax.amount)
    found: dict[str, Fraction] = {}
    for line in document.lines:
        net, base = Fraction(line.amount), bases[line.tax]
        tax_part = amounts.get(line.tax, NOTHING) * net / base if base else NOTHING
        found[line.project] = found.get(line.project, NOTHING) + net + tax_part
    return {project: max(amount, NOTHING) for project, amount in found.items()}
