"""Writing to the ledger."""

from __future__ import annotations
