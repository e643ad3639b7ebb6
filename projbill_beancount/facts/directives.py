"""Decisions and change orders out of the ledger: its dated `custom` directives about billing.

Each names its project first; git attributes it to the person who wrote it.
"""

from __future__ import annotations

import re
from decimal import Decimal
from difflib import get_close_matches
from functools import partial
from typing import TYPE_CHECKING
from typing import Any
from typing import TypeVar

from projbill_beancount.facts.model import ChangeOrder
from projbill_beancount.facts.model import Decision
from projbill_beancount.facts.model import Problem
from projbill_beancount.facts.values import bill_rule_of
from projbill_beancount.facts.values import date_of
from projbill_beancount.facts.values import flag_of
from projbill_beancount.facts.values import money_of
from projbill_beancount.facts.values import number_of
from projbill_beancount.facts.values import seconds_of
from projbill_beancount.terms.model import Place

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable
    from collections.abc import Mapping
    from datetime import date

    from beancount.core.data import Custom

    from projbill_beancount.facts.model import DecisionKind

ZERO = Decimal(0)
Value = TypeVar("Value")

#: How each directive is written, after its name.
FORMS = {
    "change-order": '"PROJECT" "CO-1" 3500.00 EUR',
    "change-order-approval": '"PROJECT" "CO-1"',
    "billing-hold": '"PROJECT" ["DRAFT"]',
    "billing-release": '"PROJECT" ["DRAFT" 7000.00 EUR]',
    "write-off": '"PROJECT" "ENTRY"…',
    "billed-before": '"PROJECT" ["M1"] 5000.00 EUR',
    "billing-adjustment": '"PROJECT" "ADJ-1" -350.00 EUR',
}
KINDS: dict[str, DecisionKind] = {
    "billing-hold": "hold",
    "billing-release": "release",
    "write-off": "write-off",
    "billed-before": "billed-before",
    "billing-adjustment": "adjustment",
}
#: The date in a draft's id.
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
#: Directives of the ecosystem whose names could be mistaken for ours.
PREFIXES = ("billing", "billed", "change", "write")


class DirectiveReader:
    """Collects the decisions and change orders of one ledger, in the ledger's order.

    `contracts` are the ids of the contracts by each name that their project has or had.
    """

    def __init__(self, contracts: Mapping[str, str]) -> None:
        self._contracts = contracts
        self.decisions: dict[str, list[Decision]] = {}
        self.problems: list[Problem] = []
        self._orders: dict[tuple[str, str], ChangeOrder] = {}
        self._approvals: dict[tuple[str, str], list[tuple[date, Place]]] = {}
        self._adjustments: dict[tuple[str, str], Place] = {}

    def read(self, entry: Custom, order: int) -> None:
        """Take a directive of ours; what it says wrongly becomes a problem (`fact-invalid`)."""
        name = entry.type
        if name not in FORMS:
            self._check_name(entry)
            return
        try:
            self._take(entry, order)
        except ValueError as error:
            said = f" ({error.args[0]})" if error.args and error.args[0] else ""
            message = (
                f'custom "{name}" cannot be read{said}: expected custom "{name}" {FORMS[name]}'
            )
            self._problem(entry, message)

    def change_orders(self) -> dict[str, list[ChangeOrder]]:
        """The change orders by project, each with the day of its approval."""
        found: dict[str, list[ChangeOrder]] = {}
        for key, order in self._orders.items():
            approvals = self._approvals.pop(key, [])
            if order.approved is not None:
                approvals = [(order.approved, order.place), *approvals]
            if approvals:
                day, place = min(approvals, key=lambda one: one[0])
                order = order._replace(approved=day, approved_at=place)  # noqa: PLW2901
            found.setdefault(order.project, []).append(order)
        for (project, identity), approvals in self._approvals.items():
            day, place = approvals[0]
            message = f'there is no change order "{identity}" of {project} to approve'
            self.problems.append(Problem("fact-invalid", project, day, message, place))
        return found

    def _take(self, entry: Custom, order: int) -> None:
        values = [value.value for value in entry.values or ()]
        if not values or not isinstance(values[0], str) or not values[0]:
            raise ValueError("no project")
        project, *rest = values
        if entry.type == "change-order":
            self._order(entry, project, rest)
        elif entry.type == "change-order-approval":
            if len(rest) != 1:
                raise ValueError("it names one order")
            identity = _text(rest[0])
            self._approvals.setdefault((project, identity), []).append((entry.date, _place(entry)))
        else:
            self._decision(entry, project, rest, order)

    def _order(self, entry: Custom, project: str, rest: list[Any]) -> None:
        meta = entry.meta
        identity, *amounts = rest or [None]
        amount, currency = _read("amount", money_of, amounts[0]) if amounts else (ZERO, "")
        if len(amounts) > 1:
            raise ValueError("too many values")
        key = (project, _text(identity))
        if key in self._orders:
            self._again(entry, "change order", key, self._orders[key].place)
            return
        cap, hours = meta.get("cap"), meta.get("hours")
        advance = _read("advance", flag_of, meta.get("advance", False))
        rule = partial(bill_rule_of, advance=advance)
        bill = None if meta.get("bill") is None else _read("bill", rule, meta["bill"])
        self._orders[key] = ChangeOrder(
            id=key[1],
            date=entry.date,
            project=project,
            title=str(meta.get("title") or identity),
            amount=amount,
            currency=currency,
            approved=_date(meta, "approved"),
            rejected=_date(meta, "rejected"),
            milestone=str(meta.get("milestone") or ""),
            cap=None if cap is None else _read("cap", money_of, cap)[0],
            seconds=None if hours is None else seconds_of(_read("hours", number_of, hours)),
            bill=bill,
            tax=str(meta["tax"]) if meta.get("tax") else None,
            file=meta["filename"],
            line=meta["lineno"],
        )

    def _decision(self, entry: Custom, project: str, rest: list[Any], order: int) -> None:
        kind = KINDS[entry.type]
        texts = [value for value in rest if isinstance(value, str)]
        numbers = [value for value in rest if not isinstance(value, str)]
        amount, currency = _read("amount", money_of, numbers[0]) if numbers else (None, "")
        if len(numbers) > 1 or (kind != "write-off" and len(texts) > 1):
            raise ValueError("too many values")
        if kind in {"billed-before", "adjustment"} and amount is None:
            raise ValueError("no amount")
        if kind in {"write-off", "adjustment"} and not texts:
            raise ValueError("no id")
        if kind == "release" and texts and amount is None:
            raise ValueError("a release names the net of its draft")
        if kind in {"hold", "release"} and texts:
            self._check_draft(project, texts[0])
        key = (project, texts[0] if texts else "")
        if kind == "adjustment":
            if key in self._adjustments:
                self._again(entry, "adjustment", key, self._adjustments[key])
                return
            self._adjustments[key] = _place(entry)
        meta = entry.meta
        said = str(meta.get("text") or meta.get("reason") or "")
        for subject in texts or [""]:
            self.decisions.setdefault(project, []).append(
                Decision(
                    kind,
                    entry.date,
                    project,
                    subject,
                    amount,
                    currency,
                    said,
                    order,
                    meta["filename"],
                    meta["lineno"],
                )
            )

    def _check_draft(self, project: str, draft: str) -> None:
        """A name that no draft can have would be a decision that nobody hears."""
        named, *rest = draft.split("/")
        if len(rest) not in {2, 3, 4} or not DAY.fullmatch(rest[1]):
            raise ValueError(f'"{draft}" is no draft\'s id, such as {project}/time/2026-04-30')
        if self._contracts.get(named, named) != self._contracts.get(project, project):
            raise ValueError(f'"{draft}" is no draft of {project}')

    def _check_name(self, entry: Custom) -> None:
        """A name that is nearly one of ours would be a decision that nobody hears."""
        if not entry.type.startswith(PREFIXES):
            return
        near = get_close_matches(entry.type, FORMS, 1, 0.8)
        if near:
            message = f'custom "{entry.type}" means nothing here; did you mean "{near[0]}"?'
            self._problem(entry, message)

    def _again(self, entry: Custom, what: str, key: tuple[str, str], first: Place) -> None:
        """A second directive of one id: what it says may be billed already, and is not again."""
        project, identity = key
        message = f"{what} {identity} of {project} is already at {first.file}:{first.line}"
        self._problem(entry, f"{message}; give this one an id of its own")

    def _problem(self, entry: Custom, message: str) -> None:
        values = entry.values or ()
        project = values[0].value if values and isinstance(values[0].value, str) else ""
        self.problems.append(Problem("fact-invalid", project, entry.date, message, _place(entry)))


def _place(entry: Custom) -> Place:
    return Place(entry.meta["filename"], entry.meta["lineno"])


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("an id is missing")
    return value


def _read(key: str, read: Callable[[object], Value], value: object) -> Value:
    """What `read` makes of a value; an error says what was found, and under which key."""
    try:
        return read(value)
    except ValueError as error:
        raise ValueError(f"{key}: {str(value)!r}") from error


def _date(meta: dict[str, Any], key: str) -> date | None:
    value = meta.get(key)
    try:
        return None if value is None else date_of(value)
    except ValueError as error:
        raise ValueError(f"{key}: {value!r} is no date") from error
