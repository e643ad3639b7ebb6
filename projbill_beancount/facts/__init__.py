"""What happened: typed facts, and reading them from Beancount entries."""

from __future__ import annotations
