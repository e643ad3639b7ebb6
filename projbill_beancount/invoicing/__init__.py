"""What people do to the books: facts are entered, decisions taken, drafts issued, invoices corrected."""

from __future__ import annotations
