"""Which milestone of which contract a text of an export means."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.importers.model import RowRefusedError
from projbill_beancount.importers.proposals import for_milestone
from projbill_beancount.importers.proposals import nearest

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator
    from collections.abc import Sequence

    from projbill_beancount.terms.model import Contract
    from projbill_beancount.terms.model import Milestone
    from projbill_beancount.terms.model import Terms


class Target(NamedTuple):
    """A milestone and its contract."""

    contract: Contract
    milestone: Milestone


def targets(terms: Terms) -> Iterator[Target]:
    """All milestones of all contracts."""
    for contract in terms.contracts.values():
        for milestone in contract.milestones.values():
            yield Target(contract, milestone)


def only(found: Sequence[Target], what: str) -> Target | None:
    """The one of `found`, None of none.

    Raises:
        RowRefusedError: there are several (`match-ambiguous`).
    """
    if len(found) > 1:
        names = " and of ".join(f"{one.contract.id} {one.milestone.id}" for one in found)
        raise RowRefusedError(
            f"match-ambiguous: {what} is milestone of {names}; make their `match:` tell them apart"
        )
    return found[0] if found else None


def named(terms: Terms, contract: Contract | None, text: str) -> Target:
    """The milestone by its id, name or a `match:` value, within a contract or over all.

    Raises:
        RowRefusedError: none or several have it.
    """
    word = text.casefold()
    among = [one for one in targets(terms) if contract is None or one.contract is contract]
    found = [one for one in among if word in _words(one.milestone)]
    where = f" of {contract.id}" if contract else ""
    target = only(found, f'"{text}"')
    if target is None:
        known = {word: one for one in among for word in _words(one.milestone)}
        near = [known[word] for word in nearest([word], {word: word for word in known})]
        near = list({(one.contract.id, one.milestone.id): one for one in near}.values())
        meant = " or ".join(f'"{one.milestone.id}"' for one in near)
        hint = f"; did you mean {meant}?" if near else ""
        raise RowRefusedError(
            f'no milestone{where} is "{text}"{hint}',
            (for_milestone(text, near, contract, terms.firm.root),),
        )
    return target


def _words(milestone: Milestone) -> set[str]:
    return {
        text.casefold()
        for text in (milestone.id, milestone.name, *milestone.match.values())
        if text
    }
