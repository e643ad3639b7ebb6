"""Issuing and correcting: numbers are given, drafts are frozen, invoices are credited and voided."""

from __future__ import annotations
