"""What was agreed: typed contract terms, read from YAML."""

from __future__ import annotations
