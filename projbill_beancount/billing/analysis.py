"""What reports ask of a contract: all its hours with what became of them, and what was billed.

Nothing here is needed to draft, and all entries are gone through: it is computed when it is asked.
"""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from fractions import Fraction
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING

from projbill_beancount.billing.earned import performed_of
from projbill_beancount.billing.invoiced import WRITE_OFF
from projbill_beancount.billing.invoiced import billed_before
from projbill_beancount.billing.model import Analysis
from projbill_beancount.billing.model import BilledFee
from projbill_beancount.billing.model import Outline
from projbill_beancount.billing.model import RetainerPeriod
from projbill_beancount.billing.model import WorkedTime
from projbill_beancount.billing.position import expenses_billed
from projbill_beancount.billing.rounding import spread
from projbill_beancount.billing.time_checks import Blocks
from projbill_beancount.billing.work import sort_work
from projbill_beancount.facts.model import FROZEN_HOURS
from projbill_beancount.facts.model import FROZEN_ID
from projbill_beancount.facts.model import FROZEN_PERSON
from projbill_beancount.facts.model import FrozenEntry
from projbill_beancount.facts.model import TimeEntry

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable
    from collections.abc import Collection
    from collections.abc import Iterator
    from collections.abc import Mapping
    from datetime import date

    from projbill_beancount.billing.contract import Case
    from projbill_beancount.billing.drafting import Drafting
    from projbill_beancount.billing.model import WorkKind
    from projbill_beancount.billing.retainer import Retained
    from projbill_beancount.billing.work import Work
    from projbill_beancount.facts.model import FrozenWords
    from projbill_beancount.facts.model import InvoiceLine

ZERO = Decimal(0)
HOUR = 3600


def analysis_of(case: Case, drafting: Drafting) -> Analysis:
    """The analysis of a contract whose drafts are made."""
    outline = outline_of(case, drafting)
    dropped = {
        entry.id for draft in drafting.dropped for line in draft.lines for entry in line.entries
    }
    return Analysis(
        outline.earned,
        outline.beside,
        outline.expenses,
        sorted([*_open(case, dropped), *_settled(case)], key=_in_order),
        list(_fees(case)),
        outline.periods,
    )


def outline_of(case: Case, drafting: Drafting) -> Outline:
    """The outline of a contract whose drafts are made."""
    scope, rest, _ = performed_of(case, drafting)
    fixed = case.fixed.earned()
    beside = ZERO
    if case.contract.billing not in {"time-and-materials", "retainer"}:
        beside = rest if scope is None or fixed is None else rest + scope - fixed
    return Outline(
        None if scope is None else scope + rest,
        beside,
        expenses_billed(case.told),
        _seconds(case),
        list(_periods(case.retained)) if case.retained else [],
    )


def _seconds(case: Case) -> dict[str, int]:
    """The worked seconds by person, as `Analysis.worked` adds up to them."""
    found: dict[str, int] = {}
    known, copies = case.known, case.known.blocks.copies
    lines, credited = known.invoiced.entries, known.invoiced.credited
    for entry in case.told.entries:
        if copies and id(entry) in copies:
            continue
        seconds = entry.seconds
        if entry.date > known.as_of:  # counts as far as an invoice bills it already
            billed = entry.id in lines
            rest = known.invoiced.rest(entry) if entry.id in credited else 0
            seconds = seconds - rest if billed else 0
        if seconds:
            found[entry.person] = found.get(entry.person, 0) + seconds
    # the same hours are on very many lines of invoices
    frozen = Counter(
        (words[FROZEN_PERSON], words[FROZEN_HOURS])
        for words in chain.from_iterable(case.told.settled)
    )
    for (person, hours), times in frozen.items():
        seconds = times * (FrozenEntry("", person, hours, "").seconds or 0)
        if seconds:
            found[person] = found.get(person, 0) + seconds
    return found


def _in_order(worked: WorkedTime) -> tuple[date, str, str, str, int]:
    """By day, person and task, whatever the order of the facts."""
    return worked.date, worked.person, worked.task, worked.kind, worked.seconds


def _open(case: Case, dropped: Collection[str]) -> Iterator[WorkedTime]:
    """The entries that do not stand as an invoice froze them, each sorted as the engine does."""
    told, known = case.told, case.known
    blocks = Blocks({}, {})
    blocks.copies = known.blocks.copies
    originals = cache(lambda: {entry.id: entry for entry in told.entries})
    paid_for = _paid_for(case.retained)
    beyond = _beyond(case.retained)
    for entry in told.entries:
        work = sort_work(
            case.contract,
            [entry],
            known.invoiced,
            blocks,
            {},
            known.as_of,
            originals,
            looks_back=True,
            covers=told.billed.covers,
            written_off=told.decided.written_off,
        )
        if not work.worked:
            continue
        line = known.invoiced.entries.get(entry.id)
        price = _price(case, case.pricer.agreed(entry))
        given_up = (line is not None and line.kind == WRITE_OFF) or (
            entry.id in told.decided.written_off
        )
        milestone = line.milestone if line is not None else ""
        if work.covered:
            milestone = work.covered[0].milestone
        inside = paid_for.get(entry.id, 0) if work.unbilled else 0
        kinds = _kinds(work, inside, dropped=entry.id in dropped, given_up=given_up)
        for kind, seconds in kinds:
            if kind == "unbilled" and entry.id in beyond:
                price = beyond[entry.id]
            elif kind == "billed" and line is not None and line.kind == "overage":
                price = _line_price(case, line)
            if seconds:
                yield WorkedTime(
                    entry.date, entry.person, entry.task, seconds, kind, price, milestone
                )


def _price(case: Case, amount: Decimal | None, *, by_day: bool = True) -> Fraction | None:
    """A price of the contract per second, exact; per day only where the contract's prices are."""
    whole = case.contract.rates.day_seconds if by_day else None
    return None if amount is None else Fraction(amount) / (whole or HOUR)


def _line_price(case: Case, line: InvoiceLine) -> Fraction | None:
    return _price(case, line.price, by_day=line.unit == "DAY")


def _beyond(retained: Retained | None) -> Mapping[str, Fraction | None]:
    """What a second costs of the open entries that a retainer does not pay for."""
    if retained is None:
        return {}
    case_price = retained.retainer.overage_rate is None
    whole = (retained.contract.rates.day_seconds if case_price else None) or HOUR
    return {
        item.item.entry.id: None if item.item.price is None else Fraction(item.item.price) / whole
        for item in retained.priced
    }


def _kinds(
    work: Work, paid_for: int, *, dropped: bool, given_up: bool
) -> Iterator[tuple[WorkKind, int]]:
    """What became of the seconds of the one entry that was sorted."""
    yield "billed", work.billed
    yield "covered", work.covered_seconds + paid_for
    yield ("written-off" if dropped else "unbilled"), work.unbilled - paid_for
    yield ("written-off" if given_up else "non-billable"), work.non_billable
    known = work.billed + work.covered_seconds + work.unbilled + work.non_billable
    yield "outside", work.worked - known


def _paid_for(retained: Retained | None) -> Mapping[str, int]:
    found: dict[str, int] = {}
    for entry in retained.paid_for if retained else ():
        found[entry.id] = found.get(entry.id, 0) + entry.seconds
    return found


def _settled(case: Case) -> Iterator[WorkedTime]:
    """The entries that stand exactly as an invoice froze them, at the agreed prices of their days.

    What is frozen does not tell an entry's own rate or role: those have the price of their line.
    """
    lines = case.known.invoiced.entries
    apart = case.known.facts.priced_apart
    agreed = _agreed(case)
    for words in chain.from_iterable(case.told.settled):
        frozen = FrozenEntry(*words)
        line = lines[words[FROZEN_ID]]
        kind: WorkKind = "billed"
        if line.kind == "covered":
            kind = "covered"
        elif line.kind == WRITE_OFF:
            kind = "written-off"
        day = frozen.date
        assert day is not None
        own = line.kind == "overage" or frozen.id in apart
        price = _line_price(case, line) if own else None
        if price is None:
            price = agreed(words) or _line_price(case, line)
        yield WorkedTime(
            day, frozen.person, frozen.task, frozen.seconds or 0, kind, price, line.milestone
        )


def _agreed(case: Case) -> Callable[[FrozenWords], Fraction | None]:
    """Tells the agreed price of a frozen entry; equal questions are answered once."""
    known: dict[tuple[str, str, str], Fraction | None] = {}
    contract = case.contract

    def agreed(words: FrozenWords) -> Fraction | None:
        frozen = FrozenEntry(*words)
        key = (frozen.day, frozen.person, frozen.task)
        if key not in known:
            day = frozen.date
            assert day is not None
            amount = case.pricer.agreed(_entry(contract.id, day, frozen))
            known[key] = _price(case, amount)
        return known[key]

    return agreed


def _entry(project: str, day: date, frozen: FrozenEntry) -> TimeEntry:
    """A frozen entry as one of the ledger that says no more than the invoice."""
    return TimeEntry(
        id=frozen.id,
        date=day,
        project=project,
        person=frozen.person,
        seconds=frozen.seconds or 0,
        account="unbilled",
        task=frozen.task,
        role="",
        rate=None,
        billable=None,
        milestone="",
        note="",
        start=None,
        end=None,
        corrects="",
        source="",
        file="",
        line=0,
    )


def _fees(case: Case) -> Iterator[BilledFee]:
    """What invoices bill of each person's hours on a task and day, and what of no hours."""
    told, contract = case.told, case.contract
    for sign, lines in ((1, told.invoiced), (-1, told.credited)):
        for document, line in lines:
            if line.kind == "expense" or not line.amount:
                continue
            amount = sign * line.amount
            weights = _weights(line)
            if not weights:
                yield BilledFee(document.date, "", line.task, amount, line.milestone)
                continue
            parts = spread(amount, list(weights.values()), contract.places)
            for (day, person, task), part in zip(weights, parts, strict=True):
                yield BilledFee(day or document.date, person, task, part)
    for name in (contract.id, *contract.formerly):
        decisions = case.known.facts.decisions.get(name, ())
        for before in billed_before(decisions, case.known.as_of):
            yield BilledFee(before.date, "", "", before.amount or ZERO, before.subject)


def _weights(line: InvoiceLine) -> dict[tuple[date | None, str, str], int]:
    """The billed seconds of a line by day, person and task; none where it does not say whose."""
    found: dict[tuple[date | None, str, str], int] = {}
    for entry in line.entries:
        if not entry.person:
            return {}
        key = (entry.date, entry.person, entry.task)
        found[key] = found.get(key, 0) + (entry.billed_seconds or 0)
    return found


def _periods(retained: Retained) -> Iterator[RetainerPeriod]:
    """Each period of the retainer up to the day, the running one last."""
    as_of = retained.known.as_of
    for use in retained.uses:
        allocated, running = use.allowance.allocated, use.period.end > as_of
        out = None
        if allocated is not None and not running:
            left = max(use.carried + allocated - (use.used - use.overage), 0)
            out = left - use.expired if retained.retainer.unused == "rollover" else 0
        yield RetainerPeriod(
            use.period,
            allocated,
            use.carried,
            use.used,
            use.overage,
            None if allocated is None else use.unused,
            use.expired,
            out,
            use.allowance.fee,
            retained.billed_fee(use),
            retained.invoice_of(use.period.end),
            running,
        )
