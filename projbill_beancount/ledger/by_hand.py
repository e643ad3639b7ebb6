"""Facts that people write by hand: the transactions of `log`, `progress` and `accept`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from projbill_beancount.ledger.facts import LoggedTime
from projbill_beancount.ledger.facts import ReportedProgress
from projbill_beancount.ledger.facts import is_counted
from projbill_beancount.ledger.facts import progress_record
from projbill_beancount.ledger.facts import time_records
from projbill_beancount.ledger.record import one_line
from projbill_beancount.terms.accounts import accounts_of

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Collection
    from collections.abc import Mapping
    from datetime import date
    from decimal import Decimal

    from projbill_beancount.ledger.record import Record
    from projbill_beancount.terms.model import Terms

SOURCE = "log"


def id_part(text: str) -> str:
    """`text` as a piece of an id: blanks and what has a meaning in ids become `-`."""
    return re.sub(r"[^\w.@:+-]", "-", text)


def free_id(base: str, taken: Collection[str], first: str = "") -> str:
    """The first id of `base` + `first`, `base`-2, `base`-3, … that is not taken."""
    number, found = 1, f"{base}{first}"
    while found in taken:
        number += 1
        found = f"{base}-{number}"
    return found


def time_transaction(
    terms: Terms,
    project: str,
    person: str,
    day: date,
    seconds: int,
    taken: Collection[str],
    *,
    task: str = "",
    note: str = "",
    billable: bool | None = None,
    options: Mapping[str, object] | None = None,
) -> Record:
    """Logged time of one person on one project; `taken` are the ids that the ledger has.

    `project` is a contract's id. `options` are the ledger's. The id is `log-PERSON-DATE-N`.
    """
    identity = free_id(f"log-{id_part(person)}-{day.isoformat()}", taken, "-1")
    entry = LoggedTime(
        identity,
        day,
        person,
        project,
        seconds,
        is_counted(terms, project, task, billable),
        one_line(task),
        billable,
        one_line(note),
    )
    return time_records([entry], terms, accounts_of(terms.firm, options), SOURCE)[0]


def progress_transaction(
    terms: Terms,
    project: str,
    milestone: str,
    day: date,
    percent: Decimal | None,
    taken: Collection[str],
    *,
    accepted: date | None = None,
    options: Mapping[str, object] | None = None,
) -> Record:
    """A report on a milestone ("" for the contract); `percent` None only accepts.

    The id is `progress-PROJECT-MILESTONE-DATE`, with `-2`, … for further reports of the day.
    """
    subject = "-".join(part for part in (project, id_part(milestone)) if part)
    identity = free_id(f"progress-{subject}-{day.isoformat()}", taken)
    report = ReportedProgress(identity, day, project, milestone, percent, accepted)
    return progress_record(report, terms, accounts_of(terms.firm, options), SOURCE)
