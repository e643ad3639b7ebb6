"""The same hours by another tool: Jira's worklogs come from Jira as well as from Tempo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from projbill_beancount.importers.known import content_of

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable

    from projbill_beancount.importers.kept import Found
    from projbill_beancount.importers.known import KnownFacts

#: What ids of exports of the same worklogs begin with; the first that fits says which it is.
PREFIXES = ("jira-worklogs-", "jira-", "tempo-")
#: How many parts of an entry's content are compared: day, person, contract and hours.
COMPARED = 4


def seen_elsewhere(new: Iterable[Found], known: KnownFacts, prefix: str) -> list[str]:
    """The notice that new sessions of the ids `prefix` are in the ledger by another export."""
    if prefix not in PREFIXES:
        return []
    others: dict[str, set[tuple[object, ...]]] = {}
    for base, numbers in known.sessions.items():
        of = next((one for one in PREFIXES if base.startswith(one)), prefix)
        if of != prefix:
            contents = others.setdefault(of, set())
            contents |= {part[:COMPARED] for one in numbers.values() for part in one.values()}
    counts = dict.fromkeys(others, 0)
    for session in new:
        parts = {content_of(entry)[:COMPARED] for entry in session.entries}
        for of, contents in others.items():
            counts[of] += not contents.isdisjoint(parts)
    return [
        f"{count} of the new entries are in the ledger by {of.removesuffix('-')} too, with the same"
        " person, day, project and hours; import worklogs from one of both, and see that they are"
        " not billed twice"
        for of, count in counts.items()
        if count
    ]
