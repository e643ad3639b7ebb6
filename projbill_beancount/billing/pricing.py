"""Pricing a contract's open entries: price, tax, slot, and what keeps one from being billed."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.billing.findings import counted
from projbill_beancount.billing.findings import finding
from projbill_beancount.billing.lines import PricedEntry
from projbill_beancount.billing.lines import line_value
from projbill_beancount.billing.rates import RateResult
from projbill_beancount.billing.rates import find_rate
from projbill_beancount.billing.rates import role_on
from projbill_beancount.billing.tax import tax_on

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable
    from collections.abc import Mapping
    from collections.abc import Sequence
    from datetime import date

    from projbill_beancount.billing.invoiced import Invoiced
    from projbill_beancount.billing.model import Finding
    from projbill_beancount.billing.schedule import Schedule
    from projbill_beancount.billing.schedule import Slot
    from projbill_beancount.facts.model import TimeEntry
    from projbill_beancount.terms.model import Contract
    from projbill_beancount.terms.model import Firm


#: Work that is not billed after so many days is stale.
STALE_DAYS = 90


class Priced(NamedTuple):
    """An open billable entry with its price and its slot (None: no date to bill it on).

    `after_final` says that the project's final invoice is issued already, `unapproved` on which day
    it would be billed if it were approved.
    """

    item: PricedEntry
    rate: RateResult
    slot: Slot | None
    after_final: bool
    unapproved: date | None = None


class Pricer:
    """Prices the entries of one contract; equal questions are answered once."""

    def __init__(
        self,
        contract: Contract,
        firm: Firm,
        invoiced: Invoiced,
        originals: Callable[[], Mapping[str, TimeEntry]],
    ) -> None:
        self.contract = contract
        self.firm = firm
        self.invoiced = invoiced
        self._originals = originals
        self._rates: dict[tuple[object, ...], RateResult] = {}

    def price(self, entry: TimeEntry, schedule: Schedule) -> Priced:
        """Price an entry by its work date; a correction like the entry that it corrects."""
        rate, day, task = self.rate(entry), entry.date, entry.task
        corrected = ""
        if entry.corrects:
            rate, day, task = self._as_corrected(entry)
            corrected = self.invoiced.number_with(entry.corrects)
        tax = tax_on(self.contract.invoice.tax, self.firm.taxes, day)
        if tax.code and tax.rate is None:
            said = f"tax {tax.code} has no rate on {day}"
            rate = RateResult(None, said, "tax-rate-missing")
        final = schedule.is_final(task)
        if entry.id in self.invoiced.voided or (final and entry.id in self.invoiced.credited):
            final, slot = False, schedule.first_slot(task, entry.date)
        else:
            slot = None if final else schedule.slot(task, entry.date)
        unapproved = None
        if self.contract.approval and not entry.approved and slot is not None:
            unapproved, slot = slot.date, None
        role = entry.role or role_on(self.firm.people.get(entry.person), entry.date)
        late = slot is not None and slot.late
        item = PricedEntry(entry, rate.price, task, role, tax.code, tax.rate, late, corrected)
        return Priced(item, rate, slot, final, unapproved)

    def rate(self, entry: TimeEntry) -> RateResult:
        """The rate of an entry that stands for itself."""
        key = (entry.rate, entry.person, entry.task, entry.role, entry.date)
        found = self._rates.get(key)
        if found is None:
            found = self._rates[key] = find_rate(self.contract, entry, self.firm.people)
        return found

    def agreed(self, entry: TimeEntry) -> Decimal | None:
        """The price of an entry by its work date, or of the one that it corrects; None without."""
        rate = self._as_corrected(entry)[0] if entry.corrects else self.rate(entry)
        return rate.price

    def _as_corrected(self, entry: TimeEntry) -> tuple[RateResult, date, str]:
        """The price, the day of supply and the task of the entry that `entry` corrects.

        An invoiced one has the price of its line, another that of its own work date.
        """
        line = self.invoiced.entries.get(entry.corrects)
        if line is not None and line.price is not None:
            frozen = next(item for item in line.entries if item.id == entry.corrects)
            rate = RateResult(line.price, f"the invoice that bills {entry.corrects}")
            return rate, frozen.date or entry.date, entry.task or frozen.task
        original = self._originals().get(entry.corrects, entry)
        return self.rate(original), original.date, entry.task or original.task

    def value(self, priced: Priced) -> Decimal | None:
        """What the entry alone is worth; None without a price."""
        price = priced.item.price
        if price is None:
            return None
        return line_value(self.contract, priced.item.entry.seconds, price)


def rate_findings(contract: Contract, priced: Sequence[Priced]) -> list[Finding]:
    """Entries without a price: one finding per code and slot, at the first of them."""
    groups: dict[tuple[str, str], list[Priced]] = {}
    for item in priced:
        if item.rate.code:
            slot = f"{item.slot.trigger.id}/{item.slot.date}" if item.slot else ""
            groups.setdefault((item.rate.code, slot), []).append(item)
    found = []
    for (code, _), items in groups.items():
        first = min(items, key=lambda one: (one.item.entry.date, one.item.entry.id))
        entry = first.item.entry
        left = counted(len(items) - 1, "more entry", "more entries")
        more = f" (and {left})" if len(items) > 1 else ""
        message = f"entry {entry.id} cannot be priced: {first.rate.rule}{more}"
        found.append(
            finding(code, contract.id, entry.date, message, entry.place, identity=entry.id)
        )
    return found


def lateness_findings(
    contract: Contract, priced: Sequence[Priced], pricer: Pricer, as_of: date
) -> list[Finding]:
    """Entries that come after the invoice of their period, or after the final one."""
    found = []
    for item in priced:
        entry = item.item.entry
        if entry.id in pricer.invoiced.credited:
            continue
        if item.slot is not None and item.slot.late:
            code = "time-late"
            waits = "" if item.slot.date <= as_of else ", not due yet"
            message = (
                f"entry {entry.id} came after its period was invoiced; it goes on the next "
                f"invoice ({contract.id}/{item.slot.trigger.id}/{item.slot.date}{waits})"
            )
        elif item.after_final:
            code = "time-after-final"
            message = (
                f"entry {entry.id} came after the final invoice of {contract.id}; credit and "
                "bill again, or write it off"
            )
        else:
            continue
        found.append(
            finding(
                code,
                contract.id,
                entry.date,
                message,
                entry.place,
                amount=pricer.value(item),
                identity=entry.id,
            )
        )
    return found


def waiting_findings(
    contract: Contract, priced: Sequence[Priced], pricer: Pricer, as_of: date
) -> list[Finding]:
    """Entries that nobody approved by the day of their draft, and those that wait too long.

    What is on a draft waits for nothing but to be issued.
    """
    found = []
    for item in priced:
        entry = item.item.entry
        if item.unapproved is not None and item.unapproved <= as_of:
            message = (
                f"entry {entry.id} is not approved, and is not on the draft of {item.unapproved}: "
                "approve it with `approved: TRUE`"
            )
            found.append(
                finding(
                    "time-unapproved",
                    contract.id,
                    entry.date,
                    message,
                    entry.place,
                    amount=pricer.value(item),
                    identity=entry.id,
                )
            )
    stale = [
        item
        for item in priced
        if (as_of - item.item.entry.date).days > STALE_DAYS
        and (item.slot is None or item.slot.date > as_of)
    ]
    if stale:
        first = min(stale, key=lambda item: (item.item.entry.date, item.item.entry.id)).item.entry
        values = [value for item in stale if (value := pricer.value(item)) is not None]
        seconds = sum(item.item.entry.seconds for item in stale)
        message = (
            f"{counted(len(stale), 'entry', 'entries')} "
            f"({seconds // 3600}:{seconds % 3600 // 60:02} h) not billed after {STALE_DAYS} days: "
            "complete what the work waits for, or write it off"
        )
        found.append(
            finding(
                "time-stale-unbilled",
                contract.id,
                first.date,
                message,
                first.place,
                amount=sum(values, Decimal(0)) if values else None,
            )
        )
    return found
