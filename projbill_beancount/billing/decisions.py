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
    from projbill_beancount.facts.model import Facts
    from projbill_beancount.terms.model import Contract

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


def standing_hold(contract: Contract, facts: Facts, as_of: date) -> Decision | None:
    """The hold of a whole project, under any of its ids, that stands on a day."""
    projects = (contract.id, *contract.formerly)
    told = [one for name in projects for one in facts.decisions.get(name, ())]
    return Decisions(contract, told, as_of).project_hold


class Decisions:
    """The decisions on one contract up to a day; the ledger's order decides within a day."""

    def __init__(self, contract: Contract, decisions: Iterable[Decision], as_of: date) -> None:
        known = sorted(
            (_renamed(contract, one) for one in decisions if one.date <= as_of),
            key=lambda one: (one.date, one.order),
        )
        self._holds = [one for one in known if one.kind in {"hold", "release"}]
        self._written_off = {one.subject: one for one in known if one.kind == "write-off"}

    def holds(self, draft: Draft) -> list[Hold]:
        """The hold that stands on a draft, on all payers' drafts, or on its project from a day on."""
        subjects = dict.fromkeys((draft.id, _of_payers(draft), ""))
        standing = (self._standing(draft, subject) for subject in subjects)
        decision = next((one for one in standing if one is not None), None)
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
        releases = [one for one in self._holds if _releases(one, draft.id)]
        if not releases:
            return holds
        fitting = [one for one in releases if one.amount == draft.net]
        if fitting:
            held_again = any(
                _is_later(one, fitting[-1]) and _concerns(one, draft) for one in self._holds
            )
            return [
                hold
                for hold in holds
                if hold.reason.code not in RELEASABLE
                or (hold.reason.code == "billing-on-hold" and held_again)
            ]
        lapsed = (
            f"; the release of {releases[-1].date} was for {releases[-1].amount} and has lapsed, "
            f"the draft is {draft.net} now"
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

    @property
    def singled_out(self) -> frozenset[str]:
        """The ids of drafts that a hold or a release names, without their payers."""
        named = (one.subject for one in self._holds if one.subject)
        return frozenset("/".join(identity.split("/")[:3]) for identity in named)

    @property
    def project_hold(self) -> Decision | None:
        """The hold of the whole project that nothing released since."""
        shared = [one for one in self._holds if not one.subject]
        return shared[-1] if shared and shared[-1].kind == "hold" else None

    def _standing(self, draft: Draft, subject: str) -> Decision | None:
        """The hold of a draft's id, or of the whole project, that nothing released since."""
        standing = None
        for decision in self._holds:
            if decision.subject != subject:
                continue
            if decision.kind == "release":
                has_lapsed = bool(subject) and decision.amount != draft.net
                standing = standing if has_lapsed else None
            elif _concerns(decision, draft):
                standing = decision
        return standing


def _renamed(contract: Contract, decision: Decision) -> Decision:
    """A decision on a draft under a former id of the contract means the draft of today's id."""
    former, slash, rest = decision.subject.partition("/")
    if slash and former in contract.formerly:
        return decision._replace(subject=f"{contract.id}/{rest}")
    return decision


def _concerns(decision: Decision, draft: Draft) -> bool:
    """Whether a decision is a hold of a draft: by its id, or of its project from a day on."""
    if decision.kind != "hold":
        return False
    whole = not decision.subject and draft.date >= decision.date
    return whole or decision.subject in {draft.id, _of_payers(draft)}


def _of_payers(draft: Draft) -> str:
    """What the ids of all payers' drafts begin with; of a draft to one client its own id."""
    return draft.id.removesuffix(f"/{draft.client}")


def _releases(decision: Decision, draft: str) -> bool:
    return decision.kind == "release" and decision.subject == draft


def _is_later(one: Decision, other: Decision) -> bool:
    return (one.date, one.order) > (other.date, other.order)


def _with(hold: Hold, said: str) -> Hold:
    return hold._replace(reason=hold.reason._replace(message=hold.reason.message + said))
