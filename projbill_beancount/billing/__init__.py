"""The engine: what can be billed, what is held, and what does not match."""

from __future__ import annotations
