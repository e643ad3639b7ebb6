"""What only all contract files together show: ids that collide, renewals of contracts."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.terms.model import Mistake
from projbill_beancount.terms.model import Place
from projbill_beancount.terms.names import did_you_mean
from projbill_beancount.terms.names import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Iterator
    from collections.abc import Sequence

    from projbill_beancount.terms.contract import ContractFile
    from projbill_beancount.terms.model import Contract


class _Claim(NamedTuple):
    """A contract's own id (`current`) or one that it had formerly, and where it stands."""

    one: ContractFile
    current: bool
    line: int


def collisions(files: Iterable[ContractFile], root: str) -> Iterator[Mistake]:
    """Ids that stand for two contracts.

    Both files are wrong where two contracts have one id now or had it formerly; where one has it
    now, only the one that had it formerly is wrong.
    """
    claims: dict[str, list[_Claim]] = {}
    for one in files:
        claims.setdefault(one.id, []).append(_Claim(one, current=True, line=one.id_line))
        for former in dict.fromkeys(one.formerly):
            claim = _Claim(one, current=False, line=one.formerly_line)
            claims.setdefault(former, []).append(claim)
    for name, rivals in claims.items():
        for claim in rivals if len(rivals) > 1 else ():
            others = (rival for rival in rivals if rival is not claim)
            other = next((rival for rival in others if rival.current or not claim.current), None)
            if other is not None:
                yield _collision(name, claim, other, root)


def _collision(name: str, claim: _Claim, other: _Claim, root: str) -> Mistake:
    where = f"{os.path.relpath(other.one.file, root)}:{other.line}"
    key = "project" if claim.current else "formerly"
    told = f'"{name}" also stands in {where}; an id belongs to one contract'
    return Mistake(Place(claim.one.file, claim.line), key, told, claim.one.id)


def stray_renewals(files: Sequence[ContractFile]) -> Iterator[Mistake]:
    """Contracts that `follow` one that there is not, or, by way of others, themselves.

    While the id of a file cannot be read, any name may be its.
    """
    current = _current_ids(files)
    follows = {one.id: current.get(one.follows, "") for one in files if one.follows}
    all_named = all(one.named for one in files)
    for one in files:
        told = ""
        if one.follows and one.follows not in current and all_named:
            others = current.keys() - {one.id, *one.formerly}
            hint = did_you_mean(one.follows, others, otherwise="known: {names}")
            told = f"unknown contract {quoted(one.follows)}; {hint if others else 'it is the only one'}"
        elif one.follows and _comes_back(one.id, follows):
            told = f"{quoted(one.follows)} leads back to this contract; name the one that it renews"
        if told:
            yield Mistake(Place(one.file, one.follows_line), "follows", told, one.id)


def _current_ids(files: Iterable[ContractFile]) -> dict[str, str]:
    """The ids that contracts have now by all ids that they have or had."""
    ids = {former: one.id for one in files for former in one.formerly}
    return {**ids, **{one.id: one.id for one in files}}


def _comes_back(name: str, follows: dict[str, str]) -> bool:
    """Whether the chain of renewed contracts that begins at `name` arrives there again."""
    seen: set[str] = set()
    at = follows.get(name, "")
    while at and at != name and at not in seen:
        seen.add(at)
        at = follows.get(at, "")
    return at == name


def renewed(contract: Contract, files: Iterable[ContractFile]) -> Contract:
    """The contract with the present id of the one that it follows."""
    if not contract.follows:
        return contract
    return contract._replace(follows=_current_ids(files).get(contract.follows, contract.follows))
