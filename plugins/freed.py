"""When credit notes and voids made work billable again.

What is billed a second time is posted no earlier than that day, so that months before it read as
they did.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable
    from datetime import date

    from projbill_beancount.billing.model import Draft
    from projbill_beancount.facts.model import Facts
    from projbill_beancount.facts.model import Invoice
    from projbill_beancount.facts.model import InvoiceLine

#: What a line bills: the id of an entry, a milestone, a change order, an expense, an adjustment or,
#: of a fee, of its draft; by project where it needs one.
Subject = tuple[str, str, str]
FEE = "retainer"


class Freed:
    """The days on which what issued lines billed was freed, up to a day."""

    def __init__(self, facts: Facts, as_of: date) -> None:
        #: The day of each time that something was freed, and the invoice that had it.
        self._days: dict[Subject, list[tuple[date, str]]] = {}
        for invoice in facts.invoices:
            if invoice.voided is not None and invoice.voided <= as_of:
                self._note(invoice.lines, invoice.voided, invoice.number)
        for credit in facts.credit_notes:
            if credit.is_live(as_of):
                lines = _of_draft(credit, facts) if _has_fee(credit.lines) else credit.lines
                self._note(lines, credit.date, credit.corrects)

    def posting_day(self, draft: Draft) -> date:
        """The day on which a draft is posted."""
        return (
            self._latest(draft.date, None, _subjects_of_draft(draft)) if self._days else draft.date
        )

    def trace_day(self, day: date, invoice: Invoice, lines: Iterable[InvoiceLine]) -> date:
        """The day on which the draft of an invoice's lines, issued later, was posted.

        What was freed of the invoice itself came after it.
        """
        if not self._days:
            return day
        return self._latest(
            day, invoice, (subject for line in lines for subject in _subjects(line))
        )

    def _note(self, lines: Iterable[InvoiceLine], day: date, number: str) -> None:
        for line in lines:
            for subject in _subjects(line):
                self._days.setdefault(subject, []).append((day, number))

    def _latest(self, day: date, by: Invoice | None, subjects: Iterable[Subject]) -> date:
        freed = (one for subject in subjects for one in self._days.get(subject, ()))
        days = (
            when
            for when, number in freed
            if by is None or (when <= by.date and number != by.number)
        )
        return max((day, *days))


def _has_fee(lines: Iterable[InvoiceLine]) -> bool:
    return any(line.kind == FEE for line in lines)


def _of_draft(credit: Invoice, facts: Facts) -> list[InvoiceLine]:
    """The lines of a credit note with the draft of the invoice that it corrects."""
    invoices = (one for one in facts.invoices if one.number == credit.corrects)
    fees = (line.draft for one in invoices for line in one.lines if line.kind == FEE)
    draft = next(fees, "")
    return [line._replace(draft=line.draft or draft) for line in credit.lines]


def _subjects(line: InvoiceLine) -> list[Subject]:
    found = [("entry", "", identity) for identity in line.ids]
    found += [("expense", "", identity) for identity in line.expenses]
    if line.milestone and line.kind != "covered":
        found.append(("milestone", line.project, line.milestone))
    if line.change_order:
        found.append(("change-order", line.project, line.change_order))
    if line.adjustment:
        found.append(("adjustment", line.project, line.adjustment))
    if line.kind == FEE:
        found.append((FEE, "", line.draft))
    return found


def _subjects_of_draft(draft: Draft) -> list[Subject]:
    found: list[Subject] = []
    for line in draft.lines:
        found += [("entry", "", entry.id) for entry in line.entries]
        found += [("expense", "", identity) for identity in line.expenses]
        if line.milestone and line.kind != "covered":
            found.append(("milestone", draft.project, line.milestone))
        if line.change_order:
            found.append(("change-order", draft.project, line.change_order))
        if line.adjustment:
            found.append(("adjustment", draft.project, line.adjustment))
        if line.kind == FEE:
            found.append((FEE, "", draft.id))
    return found
