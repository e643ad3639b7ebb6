"""Caps: what is billed at most, in money or in hours, and what becomes of the excess.

Caps count fees net of tax, without expenses. What an invoice left out is remembered by the invoice
itself: an adjustment line in money, billed hours below the worked ones in hours. It is billed later
as `carried`, where the cap lets it.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from projbill_beancount.billing.cap_documents import documents
from projbill_beancount.billing.cap_limits import Limit
from projbill_beancount.billing.cap_measure import Measure
from projbill_beancount.billing.findings import finding
from projbill_beancount.billing.model import CapStanding

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable
    from collections.abc import Iterator
    from collections.abc import Mapping
    from collections.abc import Sequence
    from datetime import date

    from projbill_beancount.billing.cap_documents import Document
    from projbill_beancount.billing.model import Draft
    from projbill_beancount.billing.model import Finding
    from projbill_beancount.billing.model import Line
    from projbill_beancount.billing.pricing import Priced
    from projbill_beancount.billing.schedule import Schedule
    from projbill_beancount.billing.schedule import Slot
    from projbill_beancount.billing.told import Told
    from projbill_beancount.terms.model import Cap
    from projbill_beancount.terms.model import Contract
    from projbill_beancount.terms.model import Tax

ZERO = Decimal(0)


class Caps:
    """The caps of one contract while its drafts are made.

    `before` is what the contract that this one renews has billed, where its cap goes on.
    """

    def __init__(
        self,
        contract: Contract,
        told: Told,
        taxes: Mapping[str, Tax],
        as_of: date,
        before: Iterable[Document] = (),
    ) -> None:
        self.contract = contract
        self.as_of = as_of
        measures = [
            Measure(contract, cap, told.orders, raised=_is_raised(contract, cap))
            for cap in contract.caps
        ]
        measures.sort(key=lambda measure: measure.order)
        self._limits = [Limit(measure, taxes) for measure in measures]
        self._own: set[tuple[str, date]] = set()
        if self._limits:
            self._count_issued(told, before)

    def limited(self, slot: Slot, lines: list[Line]) -> list[Line]:
        """The lines as far as the caps let them be billed, what was carried first."""
        if not self._limits or (not lines and (slot.trigger.id, slot.date) not in self._own):
            return lines
        for limit in self._limits:
            lines = limit.limited(slot, lines)
        lines = [line for line in lines if line.kind != "carried" or line.amount]
        for limit in self._limits:
            limit.take(lines)
        return lines

    def count(self, draft: Draft) -> None:
        """A draft that may go out counts against the caps."""
        for limit in self._limits:
            limit.count(draft)

    def slots(self, schedule: Schedule, others: Iterable[Slot]) -> list[Slot]:
        """Where something carried is billed if no other draft takes it."""
        first = min((slot.date for slot in others), default=None) if self._limits else None
        found = [day for limit in self._limits for day in limit.days(first, self.as_of)]
        asked = [schedule.next_slot(day) for day in sorted(set(found))]
        slots = [slot for slot in asked if slot is not None]
        self._own = {(slot.trigger.id, slot.date) for slot in slots}
        return slots

    def findings(self, drafts: Sequence[Draft], waiting: Sequence[Priced]) -> Iterator[Finding]:
        """`cap-exceeded` and `cap-near`, one finding a cap."""
        for limit in self._limits:
            measure = limit.measure
            over, used, most = limit.position(drafts, waiting, self.as_of)
            cap = f"the cap of {measure.said(most)}{measure.scope}"
            if over > ZERO:
                message = f"{measure.said(over)} above {cap}: {measure.becomes}"
                value = limit.value(drafts, waiting, self.as_of)
                yield self._finding("cap-exceeded", limit, message, value)
            elif most > ZERO and used * 100 >= measure.cap.warn * most:
                message = (
                    f"{measure.said(used)} of {cap} are billed or waiting "
                    f"({used * 100 / most:.2f} %)"
                )
                yield self._finding("cap-near", limit, message, None)

    def standing(self, drafts: Sequence[Draft], waiting: Sequence[Priced]) -> CapStanding | None:
        """Where the contract-wide cap stands, else the first one; None without a cap."""
        whole = [limit for limit in self._limits if limit.measure.is_whole]
        for limit in whole or self._limits:
            over, used, most = limit.position(drafts, waiting, self.as_of)
            percent = min(used, most) * 100 / most if most else None
            return CapStanding(most, min(used, most), percent, over, limit.measure.in_hours)
        return None

    def beyond(self, drafts: Sequence[Draft], waiting: Sequence[Priced]) -> Decimal:
        """The value of what waits on no draft and that no cap leaves room for."""
        values = [limit.beyond(drafts, waiting, self.as_of) for limit in self._limits]
        return max((value for value in values if value is not None), default=ZERO)

    def _count_issued(self, told: Told, before: Iterable[Document]) -> None:
        """Count what was billed so far, also before the books began or on an earlier contract."""
        whole = [limit for limit in self._limits if limit.measure.is_whole]
        for document in before:
            _issued(whole, document)
        with_entries = any(cap.seconds or cap.every or cap.tasks for cap in self.contract.caps)
        lines = sum((line.amount for _, line in told.invoiced), ZERO)
        credited = sum((line.amount for _, line in told.credited), ZERO)
        for limit in whole:
            limit.use(told.billed.total - lines + credited)
        for document in documents(
            self.contract, told.invoiced, told.credited, with_entries=with_entries
        ):
            _issued(self._limits, document)

    def _finding(self, code: str, limit: Limit, message: str, amount: Decimal | None) -> Finding:
        measure = limit.measure
        return finding(
            code,
            self.contract.id,
            self.as_of,
            message,
            measure.cap.place,
            amount=amount,
            identity=measure.scope.strip(),
        )


def _issued(limits: Sequence[Limit], document: Document) -> None:
    """Count a document; hours that it left out belong to the first cap that was full."""
    left = dict(document.left)
    for limit in limits:
        limit.issued(document, left)
    for limit in limits if left else ():
        limit.issued(document, left, all_left=True)
    for limit in limits:
        limit.take(document.lines, document.sign)


def _is_raised(contract: Contract, cap: Cap) -> bool:
    """Whether change orders raise a cap: the contract-wide one, else the only one of its kind.

    Hours that are added to a contract with a retainer raise its allocation.
    """
    in_hours = cap.seconds is not None
    if in_hours and contract.retainer is not None and contract.retainer.seconds is not None:
        return False
    kind = [one for one in contract.caps if (one.seconds is not None) == in_hours]
    whole = [one for one in kind if not one.tasks and one.every is None]
    return cap in whole or (not whole and len(kind) == 1)
