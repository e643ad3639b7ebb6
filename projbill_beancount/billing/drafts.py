"""Drafts: lines put together, totalled, taxed, and held where the facts do not support them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.billing.calendar import DAY
from projbill_beancount.billing.calendar import due_date
from projbill_beancount.billing.findings import finding
from projbill_beancount.billing.model import Draft
from projbill_beancount.billing.model import Reason
from projbill_beancount.billing.rates import tax_rate_on
from projbill_beancount.billing.revenue import revenue_account
from projbill_beancount.billing.rounding import share
from projbill_beancount.billing.tax import taxes_of
from projbill_beancount.terms.accounts import Accounts

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Sequence
    from datetime import date

    from projbill_beancount.billing.model import Finding
    from projbill_beancount.billing.model import Line
    from projbill_beancount.billing.schedule import Slot
    from projbill_beancount.facts.model import Facts
    from projbill_beancount.terms.model import Contract
    from projbill_beancount.terms.model import Firm
    from projbill_beancount.terms.model import Place

ZERO = Decimal(0)


class Hold(NamedTuple):
    """A reason to hold a draft, with where to look."""

    reason: Reason
    place: Place


def make_draft(contract: Contract, firm: Firm, slot: Slot, lines: Sequence[Line]) -> Draft:
    """The invoice that these lines would become, on the first open day if its own is closed."""
    day = slot.date
    if firm.closed_until is not None:
        day = max(day, firm.closed_until + DAY)
    zero = ZERO.quantize(Decimal(1).scaleb(-contract.places))
    net = sum((line.amount for line in lines), zero)
    return Draft(
        draft_id(contract, slot),
        contract.id,
        contract.payer,
        slot.trigger.type,
        slot.trigger.id,
        day,
        slot.period,
        due_date(
            day,
            contract.invoice.terms,
            shift=contract.invoice.due_shift,
            holidays=firm.holidays,
        ),
        contract.currency,
        tuple(lines),
        net,
        taxes_of(lines, contract.places),
        contract.place,
        deposit=zero,
        retained=share(net, contract.invoice.retention, contract.places),
    )


def draft_id(contract: Contract, slot: Slot) -> str:
    """`PROJECT/TRIGGER/DATE`, with `/CLIENT` for a payer's share."""
    payer = f"/{contract.share.client}" if contract.share else ""
    return f"{contract.id}/{slot.trigger.id}/{slot.date}{payer}"


def missing_accounts(
    firm: Firm, facts: Facts, contract: Contract, draft: Draft, as_of: date
) -> list[Hold]:
    """A hold for each account that the draft or its invoice would need and that is not open.

    Income is needed on the draft's date, the receivable and taxes by the time it is issued. The
    plugin opens the unbilled receivable, deferred revenue and retention where the ledger does not.
    """
    if facts.accounts is None:
        return []
    names = Accounts(firm, firm.accounts)
    credited = dict.fromkeys(
        revenue_account(names, contract, line) for line in draft.lines if line.kind != "covered"
    )
    needed = [
        *((account, draft.date) for account in credited),
        (names.receivable(draft.client), max(as_of, draft.date)),
        (names.unbilled(contract.id), draft.date),
    ]
    if draft.retained:
        needed.append((names.retention(draft.client), max(as_of, draft.date)))
    ours = (
        names.unbilled(contract.id),
        names.deferred(contract.id),
        names.retention(draft.client),
    )
    needed = [pair for pair in needed if pair[0] not in ours or pair[0] in facts.accounts]
    needed += [
        (account, max(as_of, draft.date))
        for tax in draft.taxes
        if (account := firm.taxes[tax.code].account)
    ]
    holds = []
    for account, day in needed:
        known = facts.accounts.get(account)
        if known is not None and known.opened > day:
            message = (
                f"{account} is open from {known.opened} on, but {draft.id} needs it on {day}; "
                "open it earlier"
            )
        elif known is None:
            since = min(contract.start or draft.date, draft.date)
            message = (
                f"{account} is not open on {day}; add: {since} open {account} {draft.currency}"
            )
        elif known.closed is not None and known.closed < day:
            message = f"{account} was closed on {known.closed}, but {draft.id} needs it on {day}"
        elif known.currencies and draft.currency not in known.currencies:
            message = f"{account} is not open for {draft.currency}; add it to its open directive"
        else:
            continue
        holds.append(Hold(Reason("account-missing", None, message, ()), contract.place))
    return holds


def tax_findings(firm: Firm, draft: Draft, place: Place) -> list[Finding]:
    """Whether a line's tax rate, by its date of supply, is not that of the invoice's date."""
    for line in draft.lines:
        if line.tax is None or line.tax_rate is None:
            continue
        now = tax_rate_on(firm.taxes.get(line.tax), draft.date)
        if now is not None and now.percent != line.tax_rate:
            message = (
                f"{draft.id} taxes work at {line.tax_rate} % ({line.tax}) by its date of supply; "
                f"the rate on {draft.date} is {now.percent} %"
            )
            return [
                finding(
                    "tax-rate-period",
                    draft.project,
                    draft.date,
                    message,
                    place,
                    identity=draft.id,
                )
            ]
    return []
