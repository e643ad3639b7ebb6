"""Entries as plugins see them: booked, so that every posting has its amount.

Beancount's own types allow for postings that are still to be completed, which never reach us.
"""

from __future__ import annotations

from typing import Any
from typing import TypeAlias

Transaction: TypeAlias = Any
Posting: TypeAlias = Any
