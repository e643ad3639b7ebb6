"""What a credit note does not say of itself: it is as on the invoice that it corrects."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # pragma: no cover
    from projbill_beancount.facts.model import Invoice
    from projbill_beancount.facts.model import InvoiceLine


def as_corrected(credit: Invoice, invoice: Invoice | None) -> Invoice:
    """A credit note with the project, client and kinds of lines of the invoice that it corrects."""
    if invoice is None:
        return credit
    project = credit.project or invoice.project
    lines = tuple(_credited(line, project, invoice) for line in credit.lines)
    return credit._replace(project=project, client=credit.client or invoice.client, lines=lines)


def _credited(line: InvoiceLine, project: str, invoice: Invoice) -> InvoiceLine:
    line = line._replace(project=line.project or _project_of_line(line, invoice) or project)
    if line.kind != "manual" or line.milestone or line.change_order:
        return line
    of_text = [one for one in invoice.lines if one.text == line.text and one.kind != "covered"]
    billing = [one for one in invoice.lines if one.kind != "covered"]
    alike = of_text if len(of_text) == 1 else billing
    kinds = {(one.kind, one.milestone, one.change_order, one.task) for one in alike}
    if len(kinds) != 1:
        return line
    kind, milestone, order, task = kinds.pop()
    return line._replace(kind=kind, milestone=milestone, change_order=order, task=line.task or task)


def _project_of_line(line: InvoiceLine, invoice: Invoice) -> str:
    """The project of the invoice's lines that a credit's line means; "" if it may be several."""
    ids = set(line.ids)
    of_ids = {one.project for one in invoice.lines if not ids.isdisjoint(one.ids)}
    of_text = {one.project for one in invoice.lines if one.text == line.text}
    projects = of_ids or of_text
    return projects.pop() if len(projects) == 1 else ""
