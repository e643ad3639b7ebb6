"""The page of drafts: each as the invoice that it would become, and why others are held."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from projbill_beancount.fava.books import Books
    from projbill_beancount.fava.shown import Shown


def drafts_view(books: Books, shown: Shown, _: Mapping[str, str]) -> Mapping[str, object]:
    """The drafts that Fava's filters let through, ready ones first."""
    drafts = [draft for draft in books.billing.drafts if shown.draft(draft)]
    return {
        "ready": [draft for draft in drafts if not draft.held],
        "held": [draft for draft in drafts if draft.held],
        "actions": ("issue", "hold", "release"),
    }
