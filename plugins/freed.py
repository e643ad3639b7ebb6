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
    from projbill_beancount.facts.model import InvoiceLine

#: What a line bills: an entry's, a milestone's or a change order's id, by project where it needs one.
Subject = tuple[str, str, str]


class Freed:
    """The days on which what issued lines billed was freed, up to a day."""

    def __init__(self, facts: Facts, as_of: date) -> None:
        self._days: dict[Subject, list[date]] = {}
        for invoice in facts.invoices:
            if invoice.voided is not None and invoice.voided <= as_of:
                self._note(invoice.lines, invoice.voided)
        for credit in facts.credit_notes:
            if credit.is_live(as_of):
                self._note(credit.lines, credit.date)

    def posting_day(self, draft: Draft) -> date:
        """The day on which a draft is posted."""
        return (
            self._latest(draft.date, None, _subjects_of_draft(draft)) if self._days else draft.date
        )

    def trace_day(self, day: date, issued: date, lines: Iterable[InvoiceLine]) -> date:
        """The day on which the draft of lines that were issued later was posted."""
        if not self._days:
            return day
        return self._latest(day, issued, (subject for line in lines for subject in _subjects(line)))

    def _note(self, lines: Iterable[InvoiceLine], day: date) -> None:
        for line in lines:
            for subject in _subjects(line):
                self._days.setdefault(subject, []).append(day)

    def _latest(self, day: date, until: date | None, subjects: Iterable[Subject]) -> date:
        days = (freed for subject in subjects for freed in self._days.get(subject, ()))
        return max((day, *(freed for freed in days if until is None or freed <= until)))


def _subjects(line: InvoiceLine) -> list[Subject]:
    found = [("entry", "", identity) for identity in line.ids]
    if line.milestone and line.kind != "covered":
        found.append(("milestone", line.project, line.milestone))
    if line.change_order:
        found.append(("change-order", line.project, line.change_order))
    return found


def _subjects_of_draft(draft: Draft) -> list[Subject]:
    found: list[Subject] = []
    for line in draft.lines:
        found += [("entry", "", entry.id) for entry in line.entries]
        if line.milestone and line.kind != "covered":
            found.append(("milestone", draft.project, line.milestone))
        if line.change_order:
            found.append(("change-order", draft.project, line.change_order))
    return found
