"""Rates that were changed after work was invoiced at another price."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from projbill_beancount.billing.findings import finding
from projbill_beancount.billing.payers import part_of
from projbill_beancount.billing.rates import find_rate
from projbill_beancount.billing.rates import role_on
from projbill_beancount.billing.rounding import divide_half_up
from projbill_beancount.facts.model import FROZEN_ID
from projbill_beancount.facts.model import FrozenEntry
from projbill_beancount.facts.model import TimeEntry

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Container
    from collections.abc import Iterable
    from collections.abc import Mapping

    from projbill_beancount.billing.drafting import Known
    from projbill_beancount.billing.invoiced import Issued
    from projbill_beancount.billing.model import Finding
    from projbill_beancount.facts.model import InvoiceLine
    from projbill_beancount.terms.model import Contract
    from projbill_beancount.terms.model import Person

ZERO = Decimal(0)
HOUR = 3600
Work = tuple[str, str, str]


def backdated_rates(
    contract: Contract,
    invoiced: Iterable[Issued],
    credited: Iterable[Issued],
    known: Known,
    priced_apart: Container[str],
) -> list[Finding]:
    """`rate-backdated`: a rate in force on the work date is not the one that was invoiced.

    One finding for each line, with the difference that no credit of the price made good. Entries
    that are `priced_apart` have a rate of their own, or that of an entry which they correct; those
    that credit notes freed are billed again at today's rates.
    """
    found = []
    rates = _Rates(contract, known.firm.people)
    made_good: dict[str, Decimal] | None = None
    for invoice, line in invoiced:
        if line.kind != "time" or line.price is None or not line.frozen:
            continue
        if rates.agree(line):
            continue
        seconds: Counter[Decimal] = Counter()
        for words in line.frozen:
            now = rates.on((words[0], words[1], words[4]))
            if now is None or now == line.price or words[FROZEN_ID] in priced_apart:
                continue
            if known.invoiced.entries.get(words[FROZEN_ID]) is line:
                seconds[now] += FrozenEntry(*words).billed_seconds or 0
        if not seconds or not _is_as_priced(contract, line, line.price):
            continue
        if made_good is None:
            made_good = _price_credits(credited)
        difference = sum(
            (_worth(contract, size, now - line.price) for now, size in seconds.items()), ZERO
        )
        credit = made_good.get(invoice.number, ZERO)
        made = min(credit, max(-difference, ZERO))
        made_good[invoice.number] = credit - made
        difference += made
        if not difference:
            continue
        prices = " and ".join(str(price) for price in sorted(seconds))
        message = (
            f"{invoice.number} bills {line.text} at {line.price} {contract.currency}, and the "
            f"contract's rate for those days is {prices} now: date the new rate from the day on "
            "which it applies"
        )
        found.append(
            finding(
                "rate-backdated",
                contract.id,
                invoice.date,
                message,
                line.place,
                amount=difference,
                identity=f"{invoice.number} {line.text}",
            )
        )
    return found


def _is_as_priced(contract: Contract, line: InvoiceLine, price: Decimal) -> bool:
    """Whether a line's amount is its hours at its price: an edited price is no rate of ours."""
    seconds = sum(entry.billed_seconds or 0 for entry in line.entries)
    slack = price / 100 + Decimal(1).scaleb(-contract.places)
    return abs(_worth(contract, seconds, price) - line.amount) <= slack


def _price_credits(credited: Iterable[Issued]) -> dict[str, Decimal]:
    """What credit notes took off the price of hours, by invoice: they free no hours."""
    found: dict[str, Decimal] = {}
    for credit, line in credited:
        if line.kind in {"time", "manual"} and not line.frozen:
            found[credit.corrects] = found.get(credit.corrects, ZERO) + line.amount
    return found


def _worth(contract: Contract, seconds: int, price: Decimal) -> Decimal:
    """What hours are worth to the payer at hand, at a price or a difference of prices."""
    whole = contract.rates.day_seconds or HOUR
    return part_of(contract, divide_half_up(seconds * price, whole, contract.places))


class _Rates:
    """A contract's prices by work; equal questions are answered once."""

    def __init__(self, contract: Contract, people: Mapping[str, Person]) -> None:
        self.contract = contract
        self.people = people
        self._known: dict[Work, Decimal | None] = {}
        self._spans: dict[int, dict[tuple[str, str], Decimal | None]] = {}
        self._by_role: dict[tuple[int, str, str, bool], Decimal | None] = {}
        rates = contract.rates
        named = (rates.roles, rates.tasks, rates.people, rates.person_tasks)
        schedules = (rates.default, *(one for by_name in named for one in by_name.values()))
        days = {rate.start for schedule in schedules for rate in schedule}
        days |= {role.start for person in people.values() for role in person.roles}
        #: The days on which any price may change, as frozen entries write days.
        self._changes = sorted(day.isoformat() for day in days)

    def agree(self, line: InvoiceLine) -> bool:
        """Whether the line's price is certainly that of all its entries.

        No price changes between its first and last day, so that each person and task is asked
        about once.
        """
        days = {words[0] for words in line.frozen}
        first = min(days)
        since = bisect_right(self._changes, first)
        if not first or since < bisect_right(self._changes, max(days)):
            return False
        known = self._spans.setdefault(since, {})
        for who in {(person, task) for _, person, _, _, task in line.frozen}:
            if who not in known:
                known[who] = self._alike(since, first, *who)
            if known[who] not in (None, line.price):
                return False
        return True

    def _alike(self, since: int, day: str, person: str, task: str) -> Decimal | None:
        """The price of a person and a task, looked up once for all who are priced alike."""
        rates = self.contract.rates
        named = person in rates.people or any(who == person for who, _ in rates.person_tasks)
        alike = (
            since,
            person if named else role_on(self.people.get(person), date.fromisoformat(day)),
            task if task in rates.tasks or named else "",
            named,
        )
        if alike not in self._by_role:
            self._by_role[alike] = self.on((day, person, task))
        return self._by_role[alike]

    def on(self, work: Work) -> Decimal | None:
        """The price of a day, a person and a task; None where it is not known."""
        if work not in self._known:
            self._known[work] = self._find(work)
        return self._known[work]

    def _find(self, work: Work) -> Decimal | None:
        day, person, task = work
        worked = FrozenEntry(day, person, "", "").date
        if worked is None:
            return None
        entry = TimeEntry(
            "", worked, self.contract.id, person, 0, "unbilled", task, "", None, None, "", "", None,
            None, "", "", "", 0,
        )  # fmt: skip
        return find_rate(self.contract, entry, self.people).price
