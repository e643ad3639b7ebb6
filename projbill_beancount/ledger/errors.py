"""What can go wrong when the ledger is written."""

from __future__ import annotations


class LedgerWriteError(Exception):
    """The ledger was not changed; the message says why and what to do, on one line."""
