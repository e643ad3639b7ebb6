"""Which hours a retainer pays for, and which are beyond it."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from datetime import date
from typing import TYPE_CHECKING

from projbill_beancount.billing.retainer_periods import left_over
from projbill_beancount.billing.retainer_periods import uses
from projbill_beancount.facts.values import seconds_of

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable
    from collections.abc import Iterator
    from collections.abc import Mapping
    from collections.abc import Sequence

    from projbill_beancount.billing.invoiced import Issued
    from projbill_beancount.billing.model import Period
    from projbill_beancount.billing.retainer_periods import Allowance
    from projbill_beancount.billing.retainer_periods import Part
    from projbill_beancount.billing.retainer_periods import Use
    from projbill_beancount.facts.model import InvoiceLine
    from projbill_beancount.facts.model import TimeEntry
    from projbill_beancount.terms.model import Retainer


class Hours:
    """The hours of a retainer up to a day, in seconds.

    `covered` and `beyond` are the open entries that it pays for, and those that it does not; one
    that it pays for in part is in both. `uses` says what became of each period. `overdrawn` has
    the periods for which invoices list more as covered than there was, with how much.

    Work counts in the period of its date. What comes late finds what its period has left, less
    what later invoices drew on: nothing is used twice, and nothing issued changes.
    """

    def __init__(
        self,
        retainer: Retainer,
        periods: Sequence[Allowance],
        as_of: date,
        *,
        listed: tuple[Iterable[Issued], Iterable[Issued]],
        refunded: Mapping[date, int],
        before: Sequence[Part] = (),
    ) -> None:
        self.retainer = retainer
        self.periods = periods
        self.as_of = as_of
        self.covered: list[TimeEntry] = []
        self.beyond: list[TimeEntry] = []
        self.uses: list[Use] = []
        self._starts = [one.period.start for one in periods]
        self._refunded = refunded
        self._before = before
        self._used = self._listed("covered", *listed)
        self._over = self._listed("overage", *listed)
        self.overdrawn = {
            use.period: use.overage for use in self._uses({}) if use.overage and not self._is_free
        }

    def period_of(self, day: date) -> Period | None:
        """The period that contains a day, None outside of all."""
        number = bisect_right(self._starts, day) - 1
        period = self.periods[number].period if number >= 0 else None
        return period if period is not None and day <= period.end else None

    def divide(self, entries: Iterable[TimeEntry]) -> None:
        """Divide open entries, in order of date: an earlier period takes what it needs first."""
        of_period: dict[date, list[TimeEntry]] = {}
        for entry in sorted(entries, key=lambda one: (one.date, one.person, one.id)):
            period = self.period_of(entry.date)
            if period is None:
                self.beyond.append(entry)
            else:
                of_period.setdefault(period.start, []).append(entry)
        for start, own in of_period.items():
            self._divide(start, own)
        self.uses = self._uses(self._over)

    def left(self) -> list[Part]:
        """What is left to carry over into a contract that renews this one."""
        return left_over(self.retainer, self.periods, self._used, self.as_of, self._before)

    @property
    def _is_free(self) -> bool:
        """Whether the retainer pays for all hours, however many."""
        return self.retainer.overage == "absorb" or self.retainer.seconds is None

    def _divide(self, start: date, entries: Sequence[TimeEntry]) -> None:
        net = sum(entry.seconds for entry in entries)
        room = self._room(start, net)
        if net < 0:
            # What is taken back was billed beyond the allocation first.
            room = net + min(-net, max(self._over.get(start, 0), 0))
        self._used[start] = self._used.get(start, 0) + room
        self._over[start] = self._over.get(start, 0) + net - room
        left = room - sum(entry.seconds for entry in entries if entry.seconds < 0)
        back = max(room - net, 0)
        for entry in entries:
            inside = min(entry.seconds, left)
            if entry.seconds < 0:
                inside = entry.seconds + min(back, -entry.seconds)
                back -= inside - entry.seconds
            else:
                left -= inside
            if inside:
                self.covered.append(entry._replace(seconds=inside))
            if entry.seconds != inside:
                self.beyond.append(entry._replace(seconds=entry.seconds - inside))

    def _room(self, start: date, seconds: int) -> int:
        """What of so many seconds more in a period the retainer pays for."""
        if self._is_free or seconds <= 0:
            return seconds
        before = self._overage()
        known = self._used.get(start, 0)
        self._used[start] = known + seconds + self._refunded.get(start, 0)
        short = self._overage() - before
        self._used[start] = known
        return max(seconds - short, 0)

    def _overage(self) -> int:
        return sum(use.overage for use in self._uses({}))

    def _uses(self, beyond: Mapping[date, int]) -> list[Use]:
        return uses(self.retainer, self.periods, self._used, beyond, self.as_of, self._before)

    def _listed(
        self, kind: str, invoiced: Iterable[Issued], credited: Iterable[Issued]
    ) -> defaultdict[date, int]:
        """The retainer's hours on invoices, less credited ones, by period."""
        found: defaultdict[date, int] = defaultdict(int)
        for sign, pairs in ((1, invoiced), (-1, credited)):
            for _, line in pairs:
                if line.kind == kind and not line.milestone:
                    for start, seconds in self._of_line(line):
                        found[start] += sign * seconds
        return found

    def _of_line(self, line: InvoiceLine) -> Iterator[tuple[date, int]]:
        """The worked seconds of a line by period; its own sum where all are of one period."""
        days = [words[0] for words in line.frozen if words[0]]
        if not days:
            return
        first, last = (self.period_of(date.fromisoformat(day)) for day in (min(days), max(days)))
        if line.kind == "covered" and first is not None and first == last and line.quantity:
            yield first.start, seconds_of(line.quantity)
            return
        for entry in line.entries:
            period = self.period_of(entry.date) if entry.date is not None else None
            if period is not None and entry.seconds is not None:
                yield period.start, entry.seconds
