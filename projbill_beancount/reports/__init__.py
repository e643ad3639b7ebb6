"""Tables out of a billing."""

from __future__ import annotations
