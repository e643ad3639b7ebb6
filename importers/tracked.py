"""Which reports of an issue tracker are new: what the ledger knows of a milestone, day by day.

A tracker says how things stand on the day of its export. That is a report if the newest one up to
then says otherwise, also where it says less: what goes back is reported too. An older export that
comes in again adds nothing.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING
from typing import NamedTuple

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Mapping
    from collections.abc import Sequence

    from projbill_beancount.importers.known import ProgressContent
    from projbill_beancount.importers.model import TrackedRow

NOT_DELIVERED = "not delivered yet"
UNDATED = "gone back on a day that the export does not say"
TOGETHER = "together with a refused row"
WHOLE = Decimal(100)
NOTHING_NAMED = "no milestone is in this file"
ANY_ITEM = f"{NOTHING_NAMED}; a contract can name one by `match:`"
_DATED = re.compile(r"(?:-\d{4}-\d\d-\d\d)?(?:~\d+)?$")
_SUFFIX = re.compile(r"(?:-\d{4}-\d\d-\d\d)?(?:~\d+)?")


class Known(NamedTuple):
    """A report that the ledger has of a milestone by this tracker."""

    date: date
    order: int
    id: str
    percent: Decimal


class Verdict(NamedTuple):
    """What a row is: a new report of a day, a known one, or nothing.

    `skipped` says why it is no report, `refused` why it must not be one. `instead_of` is the known report whose day the tool has
    changed since.
    """

    id: str = ""
    day: date | None = None
    skipped: str = ""
    instead_of: str = ""
    refused: str = ""


KNOWN = Verdict()


def judged(row: TrackedRow, progress: Mapping[str, ProgressContent]) -> Verdict:
    """What the row adds to the ledger's reports, which are `progress` by id in file order."""
    if rival := _elsewhere(row, progress):
        return Verdict(refused=rival)
    history = _history(row, progress)
    latest = row.moved or row.done
    if latest is None:
        back = bool(history) and history[-1].percent > row.percent
        return Verdict(skipped=UNDATED if back else NOT_DELIVERED)
    before = [one for one in history if one.date <= latest]
    if not before and row.percent:
        return _first(row, latest, history, progress)
    if not before or before[-1].percent == row.percent:
        return _as_before(row, before)
    newest = before[-1]
    days = (row.done, latest)
    if newest.date == latest and any(
        one.percent == row.percent and one.date in days for one in before
    ):
        # An export of earlier that day.
        return KNOWN
    forward = row.percent > newest.percent and row.done is not None and row.done >= newest.date
    return _new(row, row.done if forward and row.done else latest, progress)


def _first(
    row: TrackedRow,
    latest: date,
    history: Sequence[Known],
    progress: Mapping[str, ProgressContent],
) -> Verdict:
    """A report before all that are known; or the tool dates the delivery before the known one."""
    if history and history[0].percent == WHOLE and _is_redated(row, history):
        return Verdict(history[0].id, row.done, instead_of=history[0].id)
    return _new(row, row.done or latest, progress)


def _as_before(row: TrackedRow, before: Sequence[Known]) -> Verdict:
    """Nothing has changed, but perhaps the day on which the tool says that it was delivered."""
    if not row.percent:
        return Verdict(skipped=NOT_DELIVERED)
    if _is_redated(row, before):
        return Verdict(before[-1].id, row.done, instead_of=before[-1].id)
    return KNOWN


def _elsewhere(row: TrackedRow, progress: Mapping[str, ProgressContent]) -> str:
    """Why a row is not known to be of the project that was meant so far, or ""."""
    if row.elsewhere is None:
        return ""
    start, end = row.elsewhere
    for identity, content in progress.items():
        base = _DATED.sub("", identity)
        if not (base.startswith(start) and base.endswith(end)) or base == row.base:
            continue
        if (row.project, row.milestone) == content[1:3]:
            return (
                f"{row.milestone} of {row.project} was reported by {identity}, of another project of"
                f" the tool than {row.base}; say in `match:` which is meant, such as"
                ' "octo/portal%3" or "Portal/1.0"'
            )
    return ""


def _is_redated(row: TrackedRow, before: Sequence[Known]) -> bool:
    """Whether an item is delivered on another day than any that is known."""
    delivered = row.single and row.exact and row.percent == WHOLE and row.done is not None
    return delivered and all(one.date != row.done for one in before)


def _history(row: TrackedRow, progress: Mapping[str, ProgressContent]) -> list[Known]:
    """The reports of this milestone by this thing of the tool, oldest first."""
    found = []
    for order, (identity, content) in enumerate(progress.items()):
        if not identity.startswith(row.base) or not _SUFFIX.fullmatch(identity[len(row.base) :]):
            continue
        day, project, milestone, percent, _ = content
        if (project, milestone) != (row.project, row.milestone) or not isinstance(day, date):
            continue
        try:
            found.append(Known(day, order, identity, Decimal(str(percent).rstrip("%"))))
        except ArithmeticError:
            continue
    return sorted(found)


def _new(row: TrackedRow, day: date, progress: Mapping[str, ProgressContent]) -> Verdict:
    names = [row.base] if row.single else []
    names.append(f"{row.base}-{day.isoformat()}")
    number = 1
    while (identity := names.pop(0)) in progress:
        number += 1
        names.append(f"{row.base}-{day.isoformat()}~{number}")
    return Verdict(identity, day)
