"""Why: a draft, an invoice or a time entry, as a tree of statements with their places."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from projbill_beancount.reports.evidence import Evidence
from projbill_beancount.reports.evidence import Node
from projbill_beancount.reports.evidence import entry_words
from projbill_beancount.reports.evidence import rate_words
from projbill_beancount.reports.evidence import why_not_drafted
from projbill_beancount.reports.explain_draft import draft_node
from projbill_beancount.reports.explain_invoice import invoice_node
from projbill_beancount.reports.places import shown
from projbill_beancount.reports.places import shown_file

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Iterator
    from datetime import date

    from projbill_beancount.facts.model import TimeEntry

ROW_COLUMNS = ("depth", "kind", "text", "file", "line")


def explain(evidence: Evidence, subject: str) -> list[Node]:
    """What is known of the draft, the invoice or the entry called `subject`; empty if nothing.

    A draft that was issued is explained by its invoice.
    """
    drafts = [draft_node(evidence, item) for item in evidence.billing.drafts if item.id == subject]
    invoices = [
        invoice_node(evidence, item)
        for item in evidence.facts.invoices
        if subject in (item.number, item.draft) and subject
    ]
    entries = [entry_node(evidence, entry) for entry in evidence.entries.get(subject, ())]
    return drafts or invoices or entries


def nearest(evidence: Evidence, subject: str) -> str | None:
    """The draft, invoice or entry whose name is nearest to `subject`, None if none is near."""
    names = {draft.id for draft in evidence.billing.drafts}
    names.update(invoice.number for invoice in evidence.facts.invoices)
    names.update(evidence.entries)
    return next(iter(difflib.get_close_matches(subject, names, n=1)), None)


def entry_node(evidence: Evidence, entry: TimeEntry) -> Node:
    """Where a time entry stands: on which invoice or draft, or why on none."""
    contract = evidence.contract(entry.project)
    invoices = evidence.invoiced.get(entry.id, ())
    children = [
        Node("invoice", f'on {_name(invoice.number)}, line "{line.text}"', line.place)
        for invoice, line in invoices
    ]
    drafted = evidence.drafted.get(entry.id)
    if drafted:
        draft, line = drafted
        state = "held" if draft.held else "ready"
        children.append(Node("draft", f'on {state} draft {draft.id}, line "{line.text}"'))
    if not children:
        children.append(Node("left-out", f"on no draft: {why_not_drafted(evidence, entry)}"))
    if contract is not None:
        children.insert(0, Node("contract", f"{contract.id} {contract.name}", contract.place))
        if drafted and drafted[1].kind == "time":
            children.append(Node("rate", rate_words(evidence, contract, entry)))
    children += [
        Node("finding", f"{item.severity} {item.code}: {item.message}", item.place)
        for item in evidence.findings.get(entry.id, ())
    ]
    return Node("entry", entry_words(entry), entry.place, tuple(children))


def _name(number: str) -> str:
    return f"invoice {number}" if number else "a #closed transaction without a number"


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
