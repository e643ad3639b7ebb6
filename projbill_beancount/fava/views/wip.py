"""The page of the WIP schedule: what is earned on each contract against what is billed."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from projbill_beancount.reports.wip import broken_identities
from projbill_beancount.reports.wip import wip_remarks
from projbill_beancount.reports.wip import wip_totals

if TYPE_CHECKING:
    from collections.abc import Mapping

    from projbill_beancount.fava.books import Books
    from projbill_beancount.fava.shown import Shown


def wip_view(books: Books, shown: Shown, _: Mapping[str, str]) -> Mapping[str, object]:
    """The rows of the projects that the filters let through, with their sums and remarks."""
    rows = [row for row in books.wip if shown.project(row.project)]
    totals = list(wip_totals(rows))
    counts = Counter(row.currency for row in rows)
    broken = broken_identities(rows)
    remarks = [one for one in wip_remarks(rows, books.terms.firm.currency) if one not in broken]
    return {
        "rows": rows,
        "totals": totals,
        "shared": [total for total in totals if counts[total.currency] > 1],
        "remarks": remarks,
        # what nobody knows of any project would only push the rest out of sight
        "columns": {
            "cost": any(row.cost is not None for row in rows),
            "estimate": any(row.estimate is not None for row in rows),
            "provision": any(row.provision for row in rows),
        },
        "broken": broken,
        "is_any": bool(books.wip),
    }
