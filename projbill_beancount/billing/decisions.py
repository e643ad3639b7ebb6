"""Decisions about billing: what is put on hold, released, written off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from projbill_beancount.billing.drafts import Hold
from projbill_beancount.billing.model import Reason

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable
    from collections.abc import Mapping
    from datetime import date

    from projbill_beancount.billing.model import Draft
    from projbill_beancount.facts.model import Decision

#: Holds that a person may lift who knows better. Where data is missing or wrong, none can.
RELEASABLE = frozenset(
    (
        "billing-on-hold",
        "change-order-unapproved",
        "effort-ahead",
        "invoice-held-overbilling",
        "retainer-overage",
    )
)


class Decisions:
    """The decisions on one contract up to a day; the ledger's order decides within a day."""

    def __init__(self, decisions: Iterable[Decision], as_of: date) -> None:
        known = sorted(
            (one for one in decisions if one.date <= as_of), key=lambda one: (one.date, one.order)
        )
        self._holds = [one for one in known if one.kind in {"hold", "release"}]
        self._written_off = {one.subject: one for one in known if one.kind == "write-off"}

    def holds(self, draft: Draft) -> list[Hold]:
        """The hold that stands on a draft, on itself or on its project from a day on."""
        own = self._standing(draft.id)
        shared = self._standing("", draft)
        decision = own or shared
        if decision is None:
            return []
        what = draft.id if decision.subject else f"all of {draft.project}"
        message = f"billing of {what} is on hold since {decision.date}"
        if decision.text:
            message += f": {decision.text}"
        return [Hold(Reason("billing-on-hold", None, message, ()), decision.place)]

    def count(self, draft: Draft) -> None:
        """Decisions do not depend on what is billed."""

    def released(self, draft: Draft, holds: list[Hold]) -> list[Hold]:
        """The holds of a draft that no release lifts; a release for another net has lapsed."""
        release = next((one for one in reversed(self._holds) if _releases(one, draft.id)), None)
        if release is None:
            return holds
        if release.amount == draft.net:
            later = [one for one in self._holds if one.kind == "hold" and _is_later(one, release)]
            held_again = any(one.subject in {"", draft.id} for one in later)
            return [
                hold
                for hold in holds
                if hold.reason.code not in RELEASABLE
                or (hold.reason.code == "billing-on-hold" and held_again)
            ]
        lapsed = (
            f"; the release of {release.date} was for {release.amount} and has lapsed, the draft "
            f"is {draft.net} now"
        )
        return [_with(hold, lapsed) if hold.reason.code in RELEASABLE else hold for hold in holds]

    def drops(self, draft: Draft) -> bool:
        """Whether a draft is written off: as it is now, where the write-off names its net."""
        decision = self._written_off.get(draft.id)
        return decision is not None and decision.amount in {None, draft.net}

    @property
    def written_off(self) -> Mapping[str, Decision]:
        """The write-offs by what they take out of billing."""
        return self._written_off

    def _standing(self, subject: str, draft: Draft | None = None) -> Decision | None:
        """The hold of a draft's id, or of the whole project, that nothing released since."""
        standing = None
        for decision in self._holds:
            if decision.subject != subject:
                continue
            if decision.kind == "release":
                standing = None
            elif draft is None or draft.date >= decision.date:
                standing = decision
        return standing


def _releases(decision: Decision, draft: str) -> bool:
    return decision.kind == "release" and decision.subject == draft


def _is_later(one: Decision, other: Decision) -> bool:
    return (one.date, one.order) > (other.date, other.order)


def _with(hold: Hold, said: str) -> Hold:
    return hold._replace(reason=hold.reason._replace(message=hold.reason.message + said))
