"""Why: a draft, an invoice or a time entry, as a tree of statements with their places."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from projbill_beancount.reports.evidence import Evidence
from projbill_beancount.reports.evidence import Node
from projbill_beancount.reports.evidence import contract_node
from projbill_beancount.reports.evidence import decision_words
from projbill_beancount.reports.explain_draft import draft_node
from projbill_beancount.reports.explain_entry import entry_node
from projbill_beancount.reports.explain_invoice import credit_node
from projbill_beancount.reports.explain_invoice import invoice_node
from projbill_beancount.reports.explain_line import expense_node
from projbill_beancount.reports.explain_line import order_nodes
from projbill_beancount.reports.places import shown
from projbill_beancount.reports.places import shown_file

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Iterator
    from datetime import date

ROW_COLUMNS = ("depth", "kind", "text", "file", "line")


def explain(evidence: Evidence, subject: str) -> list[Node]:
    """What is known of the draft, invoice, credit note or entry called `subject`; empty if nothing.

    A draft that was issued is explained by its invoice, one that was written off by the decision.
    Expenses and change orders are explained as well.
    """
    if not subject:
        return []
    billing, facts = evidence.billing, evidence.facts
    drafts = [
        draft_node(evidence, item)
        for item in (*billing.drafts, *billing.closings)
        if item.id == subject
    ]
    invoices = [
        invoice_node(evidence, item)
        for item in facts.invoices
        if subject in (item.number, item.draft, *(line.draft for line in item.lines))
    ]
    credit_notes = [
        credit_node(evidence, item) for item in facts.credit_notes if item.number == subject
    ]
    entries = [entry_node(evidence, entry) for entry in evidence.entries.get(subject, ())]
    return drafts or [*invoices, *credit_notes] or entries or list(_agreed(evidence, subject))


def nearest(evidence: Evidence, subject: str) -> str | None:
    """What is called most like `subject`, None if nothing is near."""
    names = {draft.id for draft in (*evidence.billing.drafts, *evidence.billing.closings)}
    documents = (*evidence.facts.invoices, *evidence.facts.credit_notes)
    names.update(document.number for document in documents if document.number)
    names.update(evidence.entries)
    return next(iter(difflib.get_close_matches(subject, sorted(names), n=1)), None)


def _agreed(evidence: Evidence, subject: str) -> Iterator[Node]:
    """Write-offs of drafts, expenses and change orders of that id."""
    for contract in evidence.terms.contracts.values():
        for decision in evidence.decisions_of(contract):
            if decision.kind == "write-off" and decision.subject == subject:
                text = f"{subject} was written off {decision_words(decision)}"
                yield Node("write-off", text, decision.place, (contract_node(contract),))
        for expense in evidence.expenses_of(contract):
            if expense.id == subject:
                node = expense_node(evidence, contract, expense)
                on = tuple(_billing_expense(evidence, subject))
                yield node._replace(children=(contract_node(contract), *node.children, *on))
        orders = tuple(order_nodes(evidence, contract, subject))
        if orders:
            yield orders[0]._replace(children=(contract_node(contract), *orders[1:]))


def _billing_expense(evidence: Evidence, identity: str) -> Iterator[Node]:
    """The invoices and drafts that bill an expense."""
    for invoice in evidence.facts.invoices:
        for line in invoice.lines:
            if identity in line.expenses and evidence.is_live(invoice):
                yield Node(
                    "invoice", f'on invoice {invoice.number}, line "{line.text}"', line.place
                )
    for draft in evidence.billing.drafts:
        for drafted in draft.lines:
            if identity in drafted.expenses:
                state = "held" if draft.held else "ready"
                yield Node("draft", f'on {state} draft {draft.id}, line "{drafted.text}"')


def explain_data(as_of: date, nodes: Iterable[Node], root: str) -> dict[str, object]:
    """The explanation as JSON wants it: statements with their children."""
    return {"as-of": as_of.isoformat(), "explain": [_data(node, root) for node in nodes]}


def explain_rows(nodes: Iterable[Node], root: str, depth: int = 0) -> Iterator[dict[str, object]]:
    """A flat row for each statement; `depth` counts from 0."""
    for node in nodes:
        yield {"depth": depth, **_own(node, root)}
        yield from explain_rows(node.children, root, depth + 1)


def explain_lines(nodes: Iterable[Node], root: str, depth: int = 0) -> Iterator[str]:
    """The explanation for people: indented lines, the place at the end."""
    for node in nodes:
        place = f"  [{shown(node.place, root)}]" if node.place and node.place.file else ""
        yield f"{'  ' * depth}{node.kind}: {node.text}{place}"
        yield from explain_lines(node.children, root, depth + 1)


def _data(node: Node, root: str) -> dict[str, object]:
    return {**_own(node, root), "children": [_data(child, root) for child in node.children]}


def _own(node: Node, root: str) -> dict[str, object]:
    place = node.place if node.place and node.place.file else None
    return {
        "kind": node.kind,
        "text": node.text,
        "file": shown_file(place.file, root) if place else None,
        "line": place.line if place else None,
    }
