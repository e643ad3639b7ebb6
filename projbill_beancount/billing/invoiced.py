"""What issued invoices say up to a day, net of what credit notes and voids took back."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from itertools import chain
from itertools import groupby
from typing import TYPE_CHECKING

from projbill_beancount.billing.calendar import DAY
from projbill_beancount.billing.findings import finding
from projbill_beancount.billing.on_invoices import Listed
from projbill_beancount.billing.on_invoices import OnInvoices
from projbill_beancount.billing.on_invoices import left_on
from projbill_beancount.billing.on_invoices import together
from projbill_beancount.billing.on_invoices import worked_seconds
from projbill_beancount.billing.scope_lines import cut_of_scope
from projbill_beancount.billing.scope_lines import is_of_cap
from projbill_beancount.billing.scope_lines import is_of_scope
from projbill_beancount.facts.model import FROZEN_HOURS
from projbill_beancount.facts.model import FROZEN_ID
from projbill_beancount.facts.model import FrozenEntry
from projbill_beancount.facts.values import seconds_said

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable
    from collections.abc import Container
    from collections.abc import Iterable
    from collections.abc import Iterator
    from collections.abc import Sequence
    from datetime import date

    from projbill_beancount.billing.model import Finding
    from projbill_beancount.facts.model import Decision
    from projbill_beancount.facts.model import Facts
    from projbill_beancount.facts.model import FrozenWords
    from projbill_beancount.facts.model import Invoice
    from projbill_beancount.facts.model import InvoiceLine
    from projbill_beancount.facts.model import TimeEntry
    from projbill_beancount.terms.model import Place

ZERO = Decimal(0)
HOUR_KINDS = frozenset(("time", "covered", "overage"))
#: The lines of `#closed` transactions with the hours that nobody will pay for.
WRITE_OFF = "write-off"

Issued = tuple["Invoice", "InvoiceLine"]


class Invoiced:
    """Issued invoices that count on a day, net of credit notes.

    `entries` maps an entry's id to the line that bills or covers it; one that credit notes freed
    whole is not there. `credited` has the entries that credit notes concern. `by_project` has the
    lines of each project with their invoices, `credits_by_project` those of credit notes.
    `voided` are the entries of invoices that were taken back whole. `looks_back` says that later
    invoices exist. `beyond` has what is billed of entries that a
    retainer pays for in part, in seconds.
    """

    def __init__(
        self, invoices: Iterable[Invoice], credit_notes: Iterable[Invoice], as_of: date
    ) -> None:
        self.entries: dict[str, InvoiceLine] = {}
        self.by_project: dict[str, list[Issued]] = {}
        self.credits_by_project: dict[str, list[Issued]] = {}
        self.credited: dict[str, OnInvoices] = {}
        self.looks_back = False
        self.voided: set[str] = set()
        self._as_of = as_of
        self._payers: dict[str, Invoiced] = {}
        self._of_client: dict[tuple[str, str], OnInvoices] = {}
        #: Ids that stand more than once on lines.
        self._repeated: set[str] = set()
        for invoice in invoices:
            if not invoice.is_live(as_of):
                self.looks_back = self.looks_back or invoice.date > as_of
                if invoice.voided is not None and invoice.date <= as_of:
                    self.voided.update(identity for line in invoice.lines for identity in line.ids)
                continue
            for line in invoice.lines:
                self.by_project.setdefault(line.project, []).append((invoice, line))
                before, ids = len(self.entries), line.ids
                again = () if self.entries.keys().isdisjoint(ids) else self.entries.keys() & ids
                self.entries.update(dict.fromkeys(ids, line))
                self._repeated.update(again)
                if len(self.entries) - before + len(again) < len(ids):
                    self._repeated.update(ids)
        for credit in credit_notes:
            if credit.is_live(as_of):
                for line in credit.lines:
                    self.credits_by_project.setdefault(line.project, []).append((credit, line))
        self.beyond = self._parts_beyond() if self._repeated else {}
        self._free()

    def _parts_beyond(self) -> dict[str, int]:
        """The billed seconds of the entries that a retainer pays for in part, by id."""
        lines = [line for pairs in self.by_project.values() for _, line in pairs]
        credited = [line for pairs in self.credits_by_project.values() for _, line in pairs]
        found: dict[str, int] = {}
        for sign, some in ((1, lines), (-1, credited)):
            for line in some:
                for entry in line.entries if line.kind == "overage" else ():
                    found[entry.id] = found.get(entry.id, 0) + sign * (entry.seconds or 0)
        covered = {
            words[FROZEN_ID]
            for line in lines
            for words in (line.frozen if line.kind == "covered" else ())
            if words[FROZEN_ID] in found
        }
        return {identity: seconds for identity, seconds in found.items() if identity in covered}

    def number_with(self, identity: str) -> str:
        """The number of the invoice that bills an entry, "" if none does."""
        line = self.entries.get(identity)
        of_project = self.by_project.get(line.project, ()) if line else ()
        return next((invoice.number for invoice, one in of_project if one is line), "")

    def to_client(self, client: str, facts: Facts) -> Invoiced:
        """What is issued to one payer, whose invoices and credit notes are in `facts`."""
        if client not in self._payers:
            self._payers[client] = Invoiced(facts.invoices, facts.credit_notes, self._as_of)
        return self._payers[client]

    def rest(self, entry: TimeEntry) -> int:
        """What is to be billed again of an entry that invoices still list: seconds, 0 for none.

        Delivered − (invoiced − credited), for entries that a credit note concerns; any other
        difference between an entry and its invoice is a mistake, and bills nothing.
        """
        known = self.credited.get(entry.id)
        if known is None:
            return 0
        live = known.live or 0
        live = live if (live > 0) == (entry.seconds > 0) else 0
        rest = known.freed if known.live is None else entry.seconds - live
        return rest if (rest > 0) == (entry.seconds > 0) else 0

    def on_invoices(self, identity: str, client: str) -> OnInvoices | None:
        """What invoices to one client hold of an entry; None where no credit note concerns it."""
        return self._of_client.get((identity, client))

    def billed_twice(
        self, delivered: Callable[[str], int | None], shared: Container[str]
    ) -> list[Finding]:
        """Entries of which more is invoiced than was delivered; to one client, on `shared` projects.

        `delivered` tells the seconds of an entry, None where the ledger does not have it.
        """
        if not self._repeated:
            return []
        pairs = [pair for lines in self.by_project.values() for pair in lines]
        listed: dict[tuple[str, str], list[Issued]] = {}
        for invoice, line in pairs:
            for identity in line.ids if not self._repeated.isdisjoint(line.ids) else ():
                if identity not in self._repeated:
                    continue
                client = invoice.client if line.project in shared else ""
                listed.setdefault((identity, client), []).append((invoice, line))
        return [
            _twice(identity, issued)
            for (identity, client), issued in listed.items()
            if len(issued) > 1 and self._exceeds(identity, client, issued, delivered(identity))
        ]

    def hours(self, settled: Iterable[Iterable[FrozenWords]]) -> tuple[int, int, int]:
        """The billed, the covered and the written-off seconds of lists of settled entries."""
        seconds = {"": 0, "covered": 0, WRITE_OFF: 0}
        entries = self.entries
        for words in chain.from_iterable(settled):
            kind = entries[words[FROZEN_ID]].kind
            # As `FrozenEntry.seconds` has it: this is asked for every entry of an old ledger.
            hours = words[FROZEN_HOURS]
            worked = hours.partition("/")[0] if "/" in hours else hours
            seconds[kind if kind in seconds else ""] += seconds_said(worked) if worked else 0
        return seconds[""], seconds["covered"], seconds[WRITE_OFF]

    def lines_of(self, projects: Iterable[str]) -> list[Issued]:
        """The invoice lines of a contract under all its ids."""
        return [pair for project in projects for pair in self.by_project.get(project, ())]

    def credits_of(self, projects: Iterable[str]) -> list[Issued]:
        """The lines of credit notes of a contract under all its ids."""
        return [pair for project in projects for pair in self.credits_by_project.get(project, ())]

    def _free(self) -> None:
        """Work out what credit notes freed, per entry and client."""
        taken: dict[tuple[str, str], list[Listed]] = {}
        lines: dict[str, InvoiceLine] = {}
        for credit, line in chain.from_iterable(self.credits_by_project.values()):
            for entry in line.entries:
                taken.setdefault((entry.id, credit.client), []).append((credit, entry))
                lines[entry.id] = line
        if not taken:
            return
        ids = {identity for identity, _ in taken}
        held = self._held(ids)
        for key, credits_ in taken.items():
            self._of_client[key] = left_on(held.get(key, ()), credits_)
        parts: dict[str, list[OnInvoices]] = {}
        for key in sorted({*held, *taken}):
            known = self._of_client.get(key) or left_on(held[key], ())
            parts.setdefault(key[0], []).append(known)
        for identity, of_clients in parts.items():
            known = self.credited[identity] = together(of_clients)
            if known.live == 0:
                self.entries.pop(identity, None)
            elif known.live and identity in lines:
                self.entries.setdefault(identity, lines[identity])

    def _held(self, ids: Container[str]) -> dict[tuple[str, str], list[Listed]]:
        """What invoices list of entries, by id and client."""
        held: dict[tuple[str, str], list[Listed]] = {}
        for invoice, line in chain.from_iterable(self.by_project.values()):
            for words in line.frozen:
                if words[FROZEN_ID] in ids:
                    key = (words[FROZEN_ID], invoice.client)
                    held.setdefault(key, []).append((invoice, FrozenEntry(*words)))
        return held

    def _exceeds(
        self, identity: str, client: str, issued: Sequence[Issued], delivered: int | None
    ) -> bool:
        if sorted(line.kind for _, line in issued) == ["covered", "overage"]:
            return False  # a retainer pays for a part of it, the client for the rest
        invoices: dict[tuple[str, int], list[FrozenEntry]] = {}
        for invoice, line in issued:
            for words in line.frozen:
                if words[FROZEN_ID] == identity:
                    key = (invoice.file, invoice.line)
                    invoices.setdefault(key, []).append(FrozenEntry(*words))
        sums = [worked_seconds(entries) for entries in invoices.values()]
        known = [seconds for seconds in sums if seconds is not None]
        of_client = self.on_invoices(identity, client)
        credited = of_client if client else self.credited.get(identity)
        if len(known) < len(sums) or (credited and credited.live is None):
            return credited is None
        live = sum(known) if credited is None else credited.live or 0
        most = max(known) if delivered is None else delivered
        return abs(live) > abs(most) and (len(sums) > 1 or delivered is not None)


def _twice(identity: str, issued: Sequence[Issued]) -> Finding:
    (_, first), *_, (invoice, line) = issued
    message = (
        f"entry {identity} is on invoice {invoice.number} and already at "
        f"{first.place.file}:{first.place.line}; credit one of them"
    )
    return finding(
        "entry-already-invoiced",
        line.project,
        invoice.date,
        message,
        line.place,
        identity=identity,
    )


class BilledBefore:
    """What a contract's issued lines have billed so far: in `total`, and of the `fixed` scope.

    Credit notes lower it, `billed-before` decisions raise it. `milestones` maps a milestone to its
    billed amount, for those that any line names; "" has what lines bill by hand that name none and
    list no hours; `billed_on` and `places` are the day and the line of the newest. `bases` has the newest
    invoice's date and price of each milestone, with its place, `drafted` the date of the draft that
    it came from.
    `cut` is what caps took off the fixed scope, `given_up` that and what was taken off by agreement.
    `orders` maps a change order to its billed amount. `periods` maps a trigger's id
    to the newest day that an invoice of it settled; "" stands for invoices of the whole contract.
    `final` says that one of them closes the project; time up to `covers` is billed elsewhere.
    """

    def __init__(
        self,
        lines: Sequence[Issued],
        credited: Sequence[Issued] = (),
        before: Iterable[Decision] = (),
        live: Container[str] | None = None,
    ) -> None:
        self.milestones: dict[str, Decimal] = {}
        self.orders: dict[str, Decimal] = {}
        self.bases: dict[str, tuple[date, Decimal, Place]] = {}
        self.drafted: dict[str, date] = {}
        self.places: dict[str, Place] = {}
        self.billed_on: dict[str, date] = {}
        self.periods: dict[str, date] = {}
        self.total = ZERO
        self.fixed = ZERO
        self.given_up = ZERO
        self.final = False
        self.covers: date | None = None
        for invoice, line in lines:
            self._add(line, line.amount)
            self._note_basis(invoice, line)
            if invoice.covers is not None:
                self.covers = max(invoice.covers, self.covers or invoice.covers)
            bills_hours = line.kind in HOUR_KINDS or line.frozen
            if invoice.period_end and bills_hours and not _is_freed(line, live):
                draft = line.draft or invoice.draft
                trigger = _trigger_of(draft)
                until = _settled_until(invoice, invoice.period_end, draft)
                self.periods[trigger] = max(self.periods.get(trigger, until), until)
            self.final = self.final or invoice.final
        for _, line in credited:
            self._add(line, -line.amount)
        for decision in before:
            self._add_before(decision)
        self.cut = sum((size for _, size in cuts_of_caps(lines, credited)), ZERO)
        self.fixed -= self.cut
        self.given_up += self.cut

    def settled_until(self, trigger: str) -> date | None:
        """The newest period end that invoices of this trigger, or of the contract, settled."""
        days = [self.periods[key] for key in (trigger, "") if key in self.periods]
        return max(days, default=None)

    def _add(self, line: InvoiceLine, amount: Decimal) -> None:
        self.total += amount
        if is_of_scope(line):
            self.fixed += amount
            if line.adjustment and line.amount < ZERO:
                self.given_up -= amount
        by_hand = line.kind == "manual" and not line.frozen
        if line.kind != "covered" and (line.milestone or (by_hand and not line.change_order)):
            billed = self.milestones.get(line.milestone, ZERO)
            self.milestones[line.milestone] = billed + amount
        elif line.change_order:
            self.orders[line.change_order] = self.orders.get(line.change_order, ZERO) + amount

    def _note_basis(self, invoice: Invoice, line: InvoiceLine) -> None:
        known = self.bases.get(line.milestone)
        is_newer = known is None or invoice.date >= known[0]
        if line.milestone and line.kind != "covered":
            day = max(invoice.date, self.billed_on.get(line.milestone, invoice.date))
            self.billed_on[line.milestone] = day
            self.places[line.milestone] = line.place
        if line.basis is not None and line.milestone and is_newer:
            self.bases[line.milestone] = (invoice.date, line.basis, line.place)
            drafted = _draft_date(line.draft or invoice.draft) or invoice.date
            self.drafted[line.milestone] = min(drafted, invoice.date)

    def _add_before(self, decision: Decision) -> None:
        amount = decision.amount or ZERO
        self.total += amount
        self.fixed += amount
        self.milestones[decision.subject] = self.milestones.get(decision.subject, ZERO) + amount


def cuts_of_caps(
    lines: Sequence[Issued], credited: Sequence[Issued]
) -> Iterator[tuple[date, Decimal]]:
    """What caps took off a contract's fixed scope, by the days of documents; credits give it back."""
    if not any(is_of_cap(line) for _, line in lines):
        return
    cuts: dict[str, Decimal] = {}
    for invoice, own in _documents(lines):
        size = cut_of_scope(own, sum(cuts.values(), ZERO))
        cuts[invoice.number] = size
        yield invoice.date, size
    for invoice, line in credited:
        left = cuts.get(invoice.corrects, ZERO)
        if is_of_cap(line) and left > ZERO:
            back = min(max(-line.amount, ZERO), left)
            cuts[invoice.corrects] = left - back
            yield invoice.date, -back


def _documents(lines: Iterable[Issued]) -> Iterator[tuple[Invoice, list[InvoiceLine]]]:
    """The documents with their lines, in order of date and number."""
    ordered = sorted(lines, key=lambda pair: (pair[0].date, pair[0].number))
    for _, pairs in groupby(ordered, key=lambda pair: pair[0].number):
        own = list(pairs)
        yield own[0][0], [line for _, line in own]


def _settled_until(invoice: Invoice, period_end: date, draft: str) -> date:
    """Until when an invoice settles the hours of its period: a fee in advance settles none of it.

    Such a fee is drafted on its period's first day, whenever its invoice is issued.
    """
    start = invoice.period_start
    if start is None or not any(line.kind == "retainer" for line in invoice.lines):
        return period_end
    in_advance = str(start) in draft.split("/") if draft else invoice.date < period_end
    return start - DAY if in_advance and start < period_end else period_end


def _is_freed(line: InvoiceLine, live: Container[str] | None) -> bool:
    """Whether credit notes took back all the entries of a line: its period is open again."""
    if live is None or not line.frozen:
        return False
    return not any(words[FROZEN_ID] in live for words in line.frozen)


def billed_before(decisions: Iterable[Decision], as_of: date) -> Iterator[Decision]:
    """The decisions that state what was billed before the books began."""
    for decision in decisions:
        if decision.kind == "billed-before" and decision.date <= as_of:
            yield decision


def _trigger_of(draft: str) -> str:
    """The trigger in a draft's id; "" where an invoice settles the whole contract."""
    words = draft.split("/")
    return words[1] if len(words) > 2 else ""  # noqa: PLR2004


def _draft_date(draft: str) -> date | None:
    """The date in a draft's id, None where it has none."""
    found = re.search(r"/(\d{4}-\d\d-\d\d)(?:/|$)", draft)
    try:
        return dt.date.fromisoformat(found[1]) if found else None
    except ValueError:
        return None
