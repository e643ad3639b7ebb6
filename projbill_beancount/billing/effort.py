"""Effort against progress: hours that run ahead of what is reported as done."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from projbill_beancount.billing.completion import method_of
from projbill_beancount.billing.drafts import Hold
from projbill_beancount.billing.findings import finding
from projbill_beancount.billing.model import Reason

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable
    from collections.abc import Mapping
    from datetime import date

    from projbill_beancount.billing.fixed import FixedScope
    from projbill_beancount.billing.model import Draft
    from projbill_beancount.billing.model import Finding
    from projbill_beancount.terms.model import Contract
    from projbill_beancount.terms.model import Milestone

FULL = Decimal(100)


class Effort:
    """Compares the hours logged on each milestone with its plan and its reported completion.

    There is no verdict without planned hours, without a report, once all is reported complete, or
    where completion is measured by the hours themselves. The tolerance is in percentage points.
    """

    def __init__(
        self, contract: Contract, fixed: FixedScope, logged: Callable[[], Mapping[str, int]]
    ) -> None:
        self.contract = contract
        self.fixed = fixed
        self._logged = logged
        self._held: set[str] = set()

    def holds(self, draft: Draft) -> list[Hold]:
        """Drafts that would bill the whole of a milestone whose effort is ahead."""
        found = []
        for line in draft.lines:
            milestone = self.contract.milestones.get(line.milestone or "")
            if milestone is None or line.kind != "milestone" or line.complete != FULL:
                continue
            message = self._ahead(milestone)
            if message:
                self._held.add(milestone.id)
                reason = Reason("effort-ahead", None, message, ())
                found.append(Hold(reason, self.fixed.reports[milestone.id][-1].source.place))
        return found

    def count(self, draft: Draft) -> None:
        """Effort does not depend on what is billed."""

    def findings(self, as_of: date) -> list[Finding]:
        """Milestones whose effort is ahead, where no held draft says so."""
        found = []
        for milestone in self.contract.milestones.values():
            message = "" if milestone.id in self._held else self._ahead(milestone)
            if message:
                place = self.fixed.reports[milestone.id][-1].source.place
                found.append(
                    finding(
                        "effort-ahead",
                        self.contract.id,
                        as_of,
                        message,
                        place,
                        identity=milestone.id,
                    )
                )
        return found

    def _ahead(self, milestone: Milestone) -> str:
        """What is wrong with the effort on a milestone, "" if nothing is."""
        reports = self.fixed.reports[milestone.id]
        planned = self.fixed.planned(milestone)
        if not planned or not reports or reports[-1].percent >= FULL:
            return ""
        if method_of(self.contract) == "hours":
            return ""
        seconds = self._logged().get(milestone.id, 0)
        spent = Decimal(seconds) * 100 / planned
        if spent - reports[-1].percent <= self.contract.reconcile.percent:
            return ""
        return (
            f"{milestone.id} {milestone.name} has {_hours(seconds)} h logged of "
            f"{_hours(planned)} h planned ({spent:.2f} %), and is reported "
            f"{reports[-1].percent.normalize():f} % complete on {reports[-1].date}: report what is "
            "done, or expect it to take longer than planned"
        )


def _hours(seconds: int) -> str:
    return f"{seconds // 3600}:{seconds % 3600 // 60:02}"
