"""Project billing for Beancount: from logged time and finished milestones to receivables."""

from __future__ import annotations

__version__ = "0.1.0"
