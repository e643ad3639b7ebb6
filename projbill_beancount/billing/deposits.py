"""Deposits: the client's money on account, applied to drafts and never below zero.

The balance of the deposits account is the deposit; it is not revenue until an invoice takes it.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from projbill_beancount.billing.findings import finding

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable
    from collections.abc import Mapping
    from collections.abc import Sequence
    from datetime import date

    from projbill_beancount.billing.model import Draft
    from projbill_beancount.billing.model import Finding
    from projbill_beancount.facts.model import Booking
    from projbill_beancount.terms.model import Contract

ZERO = Decimal(0)
#: A deposit by the client and the currency that it is in.
DepositKey = tuple[str, str]


class Deposits:
    """What is left of each client's deposit while drafts take from it."""

    def __init__(
        self,
        contracts: Iterable[Contract],
        bookings: Mapping[str, Sequence[Booking]],
        as_of: date,
    ) -> None:
        self._contracts = {one.id: one for one in contracts if one.deposit is not None}
        self._as_of = as_of
        self._left: dict[DepositKey, Decimal] = {}
        self._overdrawn: dict[DepositKey, Decimal] = {}
        if not self._contracts:
            return
        for client, booked in bookings.items():
            for booking in booked:
                if booking.date <= as_of:
                    key = (client, booking.currency)
                    self._left[key] = self._left.get(key, ZERO) - booking.amount
        self._overdrawn = {key: left for key, left in self._left.items() if left < ZERO}

    def applied(self, drafts: Sequence[Draft]) -> list[Draft]:
        """The drafts (in order of date) with what the deposit pays of each that may go out.

        It pays what is due after retention, tax included, as far as it goes.
        """
        if not self._contracts:
            return list(drafts)
        paid: dict[str, Decimal] = {}
        for draft in sorted(drafts, key=lambda draft: (draft.date, draft.id)):
            if draft.project not in self._contracts or draft.held or draft.kind != "invoice":
                continue
            key = (draft.client, draft.currency)
            amount = max(min(self._left.get(key, ZERO), draft.payable), ZERO)
            if amount:
                self._left[key] -= amount
                paid[draft.id] = amount
        return [
            draft._replace(deposit=draft.deposit + paid[draft.id]) if draft.id in paid else draft
            for draft in drafts
        ]

    def findings(self) -> list[Finding]:
        """Deposits that are to be replenished, or that more was taken from than was there.

        A request for money is no invoice: its amount is the difference to the target.
        """
        found = []
        for key in dict.fromkeys(map(_key, self._contracts.values())):
            contracts = [one for one in self._contracts.values() if _key(one) == key]
            problem = self._overdraft(contracts) or self._request(contracts)
            if problem is not None:
                found.append(problem)
        return found

    def _overdraft(self, contracts: Sequence[Contract]) -> Finding | None:
        contract = contracts[0]
        taken = self._overdrawn.get(_key(contract))
        if taken is None:
            return None
        message = (
            f"the deposit of {contract.payer} is overdrawn by {-taken} {contract.currency}; correct "
            "what was taken from it"
        )
        return self._finding("retainer-overdrawn", contract, message, -taken)

    def _request(self, contracts: Sequence[Contract]) -> Finding | None:
        """One request for the account that several contracts of a client share: the largest one.

        A contract that has ended asks for no more.
        """
        zero = ZERO.quantize(Decimal(1).scaleb(-contracts[0].places))
        left = self._left.get(_key(contracts[0]), ZERO) + zero
        low = [
            (one.deposit.target - left, one, one.deposit)
            for one in contracts
            if one.deposit is not None
            and left < one.deposit.replenish_below
            and (one.end is None or one.end > self._as_of)
        ]
        if not low:
            return None
        amount, contract, deposit = max(low, key=lambda each: each[0])
        message = (
            f"{left} {contract.currency} of the deposit of {contract.payer} are left after the "
            f"drafts, less than {deposit.replenish_below}: ask for {amount} to bring it to "
            f"{deposit.target}"
        )
        return self._finding("retainer-low", contract, message, amount)

    def _finding(self, code: str, contract: Contract, message: str, amount: Decimal) -> Finding:
        return finding(
            code,
            contract.id,
            self._as_of,
            message,
            contract.place,
            amount=amount,
            identity=contract.payer,
        )


def _key(contract: Contract) -> DepositKey:
    """The deposit that pays a contract's invoices."""
    return contract.payer, contract.currency
