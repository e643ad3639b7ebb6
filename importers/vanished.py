"""Entries that came from a tool and that its export of their time has no more.

Only a hint: an export may be filtered. So it looks no further than the file itself does: its first
to its last day, and who worked on which contract in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.terms.exports import IMPORT_FIELDS

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Container
    from collections.abc import Iterable
    from collections.abc import Iterator
    from collections.abc import Sequence

    from projbill_beancount.importers.kept import KeptSessions
    from projbill_beancount.importers.known import KnownFacts

SHOWN = 5


class Missing(NamedTuple):
    """What a file of an import lacks, `base` and id of each; `bases` are those that it has."""

    bases: Container[str]
    ids: tuple[tuple[str, str], ...]


def missing(sessions: KeptSessions, left: Iterable[str], known: KnownFacts, prefix: str) -> Missing:
    """What the ledger has within the bounds of `sessions`, and they have not.

    `left` are ids of known sessions that share their base with one of the file. Ids that end in a
    running number of the day are left out: they say too little.
    """
    if not sessions:
        return Missing(sessions, ())
    first, last = sessions.bounds
    pairs = sessions.pairs
    others = tuple(f"{name}-" for name in IMPORT_FIELDS if name.startswith(prefix))
    candidates = [(identity.partition("~")[0], identity) for identity in left]
    candidates += (
        (base, identity)
        for base in known.sessions
        if base.startswith(prefix) and base not in sessions and not base.startswith(others)
        for identity in known.names(base)
    )
    found = []
    for base, identity in candidates:
        day, person, project = known.first(identity)[:3]
        if first <= day <= last and (person, project) in pairs:
            found.append((day, identity, base))
    return Missing(sessions, tuple((base, identity) for _, identity, base in sorted(found)))


def vanished(files: Sequence[Missing | None], billed: Container[str]) -> Iterator[tuple[str, ...]]:
    """The ids that each file lacks and no other of the same import has, without billed ones."""
    for at, file in enumerate(files):
        others = [one.bases for number, one in enumerate(files) if one and number != at]
        yield tuple(
            identity
            for base, identity in (file.ids if file else ())
            if identity not in billed and not any(base in bases for bases in others)
        )


def notice(identities: Sequence[str]) -> str:
    """One line for the person who imports."""
    shown = ", ".join(identities[:SHOWN])
    more = f" and {len(identities) - SHOWN} more" if len(identities) > SHOWN else ""
    one = len(identities) == 1
    return (
        f"{len(identities)} {'entry' if one else 'entries'} of this time that the ledger has"
        f" {'is' if one else 'are'} not in this export: {shown}{more}; if {'it is' if one else 'they are'}"
        f" gone in the tool, remove {'it' if one else 'them'} or write {'it' if one else 'them'} off"
    )
