"""What people call projects, people, tasks and milestones: which is meant, or which is near."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from projbill_beancount.invoicing.errors import Refused

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Collection
    from collections.abc import Sequence

    from projbill_beancount.terms.model import Contract
    from projbill_beancount.terms.model import Terms


def chosen_projects(
    terms: Terms, names: Sequence[str], others: Collection[str] = ()
) -> frozenset[str] | None:
    """The project ids that `names` mean, None for all; a former id means its contract.

    `others` are names beside those of the contracts that may be asked for.

    Raises:
        Refused: a name is no project's.
    """
    if not names:
        return None
    ids = {old: contract.id for contract in terms.contracts.values() for old in contract.formerly}
    ids.update({name: name for name in (*terms.contracts, *terms.unreadable, *others)})
    unknown = [name for name in names if name not in ids]
    if unknown:
        raise Refused(_unknown("project", name, ids) for name in unknown)
    return frozenset(ids[name] for name in names)


def chosen_contract(terms: Terms, name: str) -> Contract:
    """The contract of the one project that `name` means.

    Raises:
        Refused: it is no project's, or its contract cannot be read.
    """
    chosen = chosen_projects(terms, [name]) or frozenset()
    (project,) = chosen
    if project in terms.unreadable:
        raise Refused([f"the contract of {project} cannot be read; see `projbill check {project}`"])
    return terms.contracts[project]


def known(kind: str, name: str, names: Collection[str]) -> str:
    """`name`, if it is one of `names`.

    Raises:
        Refused: it is not; the line names the nearest.
    """
    if name not in names:
        raise Refused([_unknown(kind, name, names)])
    return name


def _unknown(kind: str, name: str, names: Collection[str]) -> str:
    folded = {known.casefold(): known for known in names}
    near = difflib.get_close_matches(name.casefold(), folded, n=1)
    if near:
        return f'unknown {kind} "{name}"; did you mean "{folded[near[0]]}"?'
    listed = ", ".join(sorted(names)) or "none"
    return f'unknown {kind} "{name}"; known: {listed}'
