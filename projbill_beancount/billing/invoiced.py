"""What issued invoices say up to a day: which entries and amounts are billed."""

from __future__ import annotations

from decimal import Decimal
from itertools import chain
from typing import TYPE_CHECKING

from projbill_beancount.billing.findings import finding
from projbill_beancount.facts.model import FROZEN_ID
from projbill_beancount.facts.model import FrozenEntry

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable
    from datetime import date

    from projbill_beancount.billing.model import Finding
    from projbill_beancount.facts.model import FrozenWords
    from projbill_beancount.facts.model import Invoice
    from projbill_beancount.facts.model import InvoiceLine

ZERO = Decimal(0)
HOUR_KINDS = frozenset(("time", "covered", "overage"))
#: Lines that are billed beside the fixed scope and do not enter its percentages.
VARIABLE_KINDS = frozenset(("time", "overage", "retainer", "expense"))


class Invoiced:
    """Issued invoices dated up to `as_of`.

    `entries` maps an entry's id to the line that bills or covers it; `by_project` has the lines
    of each project with their invoices. `looks_back` says that later invoices exist.
    """

    def __init__(self, invoices: Iterable[Invoice], as_of: date) -> None:
        self.entries: dict[str, InvoiceLine] = {}
        self.by_project: dict[str, list[tuple[Invoice, InvoiceLine]]] = {}
        self.findings: list[Finding] = []
        self.looks_back = False
        for invoice in invoices:
            if invoice.date > as_of:
                self.looks_back = True
                continue
            for line in invoice.lines:
                self.by_project.setdefault(line.project, []).append((invoice, line))
                for words in line.frozen:
                    self.entries[words[FROZEN_ID]] = line
        pairs = [pair for lines in self.by_project.values() for pair in lines]
        if len(self.entries) < sum(len(line.frozen) for _, line in pairs):
            self._report_twice(pairs)

    def _report_twice(self, pairs: Iterable[tuple[Invoice, InvoiceLine]]) -> None:
        """Report entries that are on more than one invoice line."""
        seen: dict[str, InvoiceLine] = {}
        for invoice, line in pairs:
            for identity in line.ids:
                first = seen.setdefault(identity, line)
                if first is line:
                    continue
                message = (
                    f"entry {identity} is on invoice {invoice.number} and already at "
                    f"{first.place.file}:{first.place.line}; credit one of them"
                )
                self.findings.append(
                    finding(
                        "entry-already-invoiced",
                        line.project,
                        invoice.date,
                        message,
                        line.place,
                        identity=identity,
                    )
                )

    def hours(self, settled: Iterable[Iterable[FrozenWords]]) -> tuple[int, int]:
        """The billed and the covered seconds of lists of settled entries."""
        seconds = {True: 0, False: 0}
        for words in chain.from_iterable(settled):
            covered = self.entries[words[FROZEN_ID]].kind == "covered"
            seconds[covered] += FrozenEntry(*words).seconds or 0
        return seconds[False], seconds[True]

    def lines_of(self, projects: Iterable[str]) -> list[tuple[Invoice, InvoiceLine]]:
        """The invoice lines of a contract under all its ids."""
        return [pair for project in projects for pair in self.by_project.get(project, ())]


class BilledBefore:
    """What a contract's issued lines have billed so far: in `total`, and of the `fixed` scope.

    `milestones` maps a milestone to its billed amount, for those that any line names; "" has what
    lines bill by hand that name none and list no hours.
    `periods` maps a trigger's id to the newest day that an invoice of it settled; "" stands for
    invoices of the whole contract. `final` says that one of them closes the project.
    """

    def __init__(self, lines: Iterable[tuple[Invoice, InvoiceLine]]) -> None:
        self.milestones: dict[str, Decimal] = {}
        self.periods: dict[str, date] = {}
        self.total = ZERO
        self.fixed = ZERO
        self.final = False
        for invoice, line in lines:
            self.total += line.amount
            if line.kind not in VARIABLE_KINDS:
                self.fixed += line.amount
            by_hand = line.kind == "manual" and not line.frozen
            if line.kind != "covered" and (line.milestone or by_hand):
                billed = self.milestones.get(line.milestone, ZERO)
                self.milestones[line.milestone] = billed + line.amount
            if invoice.period_end and (line.kind in HOUR_KINDS or line.frozen):
                trigger = _trigger_of(line.draft or invoice.draft)
                newest = self.periods.get(trigger, invoice.period_end)
                self.periods[trigger] = max(newest, invoice.period_end)
            self.final = self.final or invoice.final

    def settled_until(self, trigger: str) -> date | None:
        """The newest period end that invoices of this trigger, or of the contract, settled."""
        days = [self.periods[key] for key in (trigger, "") if key in self.periods]
        return max(days, default=None)


def _trigger_of(draft: str) -> str:
    """The trigger in a draft's id; "" where an invoice settles the whole contract."""
    words = draft.split("/")
    return words[1] if len(words) > 2 else ""  # noqa: PLR2004
