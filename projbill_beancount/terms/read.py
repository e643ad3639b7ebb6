"""Reading `projbill.yaml` and its contract files, every mistake with file, line and key."""

from __future__ import annotations

import glob
import os
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.terms.contract import ContractFile
from projbill_beancount.terms.contract import read_contract
from projbill_beancount.terms.firm import FirmFile
from projbill_beancount.terms.firm import read_firm
from projbill_beancount.terms.model import Terms
from projbill_beancount.terms.together import collisions
from projbill_beancount.terms.together import renewed
from projbill_beancount.terms.together import stray_renewals

if TYPE_CHECKING:
    from projbill_beancount.terms.model import Firm

# What tells that a file is still the one that was read: modification time, size and inode.
_Stamp = tuple[int, int, int]


class _Kept(NamedTuple):
    """What was read from a `projbill.yaml` and the contracts under it."""

    stamp: _Stamp | None
    firm: FirmFile
    contracts: dict[str, tuple[_Stamp | None, ContractFile]]


_kept: dict[str, _Kept] = {}


def read_terms(path: str) -> Terms:
    """Read the `projbill.yaml` at `path` and the contracts that it names.

    Bad input never raises: all that is wrong in any of the files is in `Terms.mistakes`, by file
    and line. A contract with mistakes is left out and its id is in `Terms.unreadable`. With a
    mistake in `projbill.yaml` itself (`project` None) no contract is trusted: all are unreadable.
    Files that did not change since the last call (modification time, size, inode) are not read
    again.
    """
    file = os.path.abspath(path)  # noqa: PTH100 - pathlib would cost import time
    kept = _refreshed(file)
    firm = kept.firm
    files = [contract for _, contract in kept.contracts.values()]
    together = [*collisions(files, firm.firm.root), *stray_renewals(files)]
    doubtful = {mistake.place.file for mistake in together}
    contracts = {
        one.contract.id: renewed(one.contract, files)
        for one in sorted(files, key=lambda one: one.id)
        if one.contract and one.file not in doubtful and not firm.mistakes
    }
    mistakes = [*firm.mistakes, *together, *(found for one in files for found in one.mistakes)]
    return Terms(
        firm=firm.firm,
        contracts=contracts,
        mistakes=tuple(sorted(mistakes, key=lambda one: (one.place, one.key, one.message))),
        paths=(file, *kept.contracts),
        unreadable=frozenset(one.id for one in files if one.id not in contracts),
    )


def _refreshed(file: str) -> _Kept:
    """What the files say now, read again only where they changed."""
    before = _kept.get(file)
    stamp = _stamp(file)
    known = before is not None and stamp is not None and before.stamp == stamp
    firm = before.firm if before and known else read_firm(file)
    old = before.contracts if before and known else {}
    paths = _contract_paths(file, firm.firm) if firm.usable else []
    contracts = {path: _contract(path, firm, old) for path in paths}
    _kept[file] = kept = _Kept(stamp, firm, contracts)
    return kept


def _contract(
    path: str, firm: FirmFile, old: dict[str, tuple[_Stamp | None, ContractFile]]
) -> tuple[_Stamp | None, ContractFile]:
    # The stamp is taken first: a change while reading then makes the next call read again.
    stamp = _stamp(path)
    kept = old.get(path)
    if kept and stamp is not None and kept[0] == stamp:
        return kept
    return stamp, read_contract(path, firm)


def _stamp(path: str) -> _Stamp | None:
    try:
        status = os.stat(path)  # noqa: PTH116 - pathlib would cost import time
    except (OSError, ValueError):
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def _contract_paths(file: str, firm: Firm) -> list[str]:
    """The contract files, absolute and sorted; `projbill.yaml` itself is never one."""
    found = (
        path
        for pattern in firm.contracts
        for path in glob.glob(os.path.join(glob.escape(firm.root), pattern), recursive=True)  # noqa: PTH118, PTH207 - import time
    )
    return sorted({os.path.normpath(path) for path in found} - {file})
