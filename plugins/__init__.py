"""Beancount plugins of projbill-beancount."""

from __future__ import annotations
