"""The first page: what needs me now, what can be billed, what is held and why, what is owed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from projbill_beancount.fava.books import Books
    from projbill_beancount.fava.shown import Shown


def overview_view(books: Books, shown: Shown, _: Mapping[str, str]) -> Mapping[str, object]:
    """The figures, the board and the chart."""
    drafts = [draft for draft in books.billing.drafts if shown.draft(draft)]
    return {"drafts": drafts, "actions": ("issue",)}
