"""Lets a running Fava see what no file of the ledger says: a new contract, and a new day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from projbill_beancount.plugins.watched import WatchedPath

if TYPE_CHECKING:
    from fava.core import FavaLedger


def outside_of(ledger: FavaLedger) -> tuple[bytes, ...]:
    """What the load depends on beside the contents of files: their names, and the day."""
    return tuple(
        path.encode() for path in ledger.options["include"] if isinstance(path, WatchedPath)
    )
