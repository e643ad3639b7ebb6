"""Writing to the ledger: records, their text, and files that change whole or not at all."""

from __future__ import annotations
