"""Which entries invoices settle: each payer was billed for the whole entry, once."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.facts.model import FROZEN_ID

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable
    from collections.abc import Mapping

    from projbill_beancount.facts.model import FrozenWords
    from projbill_beancount.facts.model import Invoice
    from projbill_beancount.facts.model import InvoiceLine
    from projbill_beancount.terms.model import Terms

#: What is known of an entry that several lines list: how often each client is billed for it, and
#: in which words.
Listed = tuple[dict[str, int], set[tuple[str, "FrozenWords"]]]


#: A line with the client who is billed and the ids of its entries.
OfClient = tuple[str, "InvoiceLine", list[str]]


class Billed(NamedTuple):
    """Entries that invoices settle: their ids, and as they are frozen by each name of their contract."""

    ids: set[str]
    by_project: dict[str, dict[str, FrozenWords]]


def billed_entries(
    invoices: Iterable[Invoice], credit_notes: Iterable[Invoice], terms: Terms
) -> Billed:
    """The entries with which nothing is left to do, if the ledger has them as they are frozen.

    Most are on one line. Of the others every line must say the same, and what is billed to each
    payer less what is credited must be one time the entry.
    """
    billed = Billed(set(), {})
    payers = _payers(terms)
    listed = [
        (invoice.client, line, line.ids)
        for invoice in invoices
        for line in invoice.lines
        if line.frozen
    ]
    credited = [
        (credit.client, line, line.ids)
        for credit in credit_notes
        for line in credit.lines
        if line.frozen
    ]
    suspect = {identity for _, _, ids in credited for identity in ids}
    for _, line, ids in listed:
        before = len(billed.ids)
        billed.ids.update(ids)
        of_project = billed.by_project.setdefault(line.project, {})
        of_project.update(zip(ids, line.frozen, strict=True))
        if len(billed.ids) - before < len(ids) or line.project in payers:
            suspect.update(ids)
    for identity, known in _listed(listed, credited, suspect).items():
        if not _is_settled(known, payers):
            billed.ids.discard(identity)
            for project, _ in known[1]:
                billed.by_project.get(project, {}).pop(identity, None)
    _share_names(billed, terms)
    return billed


def _payers(terms: Terms) -> dict[str, int]:
    """How many clients pay the contracts that several pay, by each of their names."""
    return {
        name: len(contract.split)
        for contract in terms.contracts.values()
        if contract.split
        for name in (contract.id, *contract.formerly)
    }


def _listed(
    listed: Iterable[OfClient],
    credited: Iterable[OfClient],
    suspect: set[str],
) -> dict[str, Listed]:
    """What lines say of each `suspect` entry."""
    found: dict[str, Listed] = {identity: ({}, set()) for identity in suspect}
    for sign, lines in ((1, listed), (-1, credited)):
        for client, line, ids in lines:
            if suspect.isdisjoint(ids):
                continue
            for words in line.frozen:
                if words[FROZEN_ID] in suspect:
                    clients, said = found[words[FROZEN_ID]]
                    clients[client] = clients.get(client, 0) + sign
                    said.add((line.project, words))
    return found


def _is_settled(known: Listed, payers: Mapping[str, int]) -> bool:
    clients, said = known
    if len(said) != 1:
        return False
    ((project, _),) = said
    times = [count for count in clients.values() if count]
    return times == [1] * payers.get(project, 1)


def _share_names(billed: Billed, terms: Terms) -> None:
    """Let each name of a contract know the entries that were billed under any of them."""
    by_project = billed.by_project
    owned = {name for one in terms.contracts.values() for name in (one.id, *one.formerly)}
    for name in by_project.keys() - owned:
        del by_project[name]
    for contract in terms.contracts.values():
        names = (contract.id, *contract.formerly)
        known = [by_project[name] for name in names if name in by_project]
        if known and contract.formerly:
            whole = {one: words for of_name in known for one, words in of_name.items()}
            by_project.update(dict.fromkeys(names, whole))
