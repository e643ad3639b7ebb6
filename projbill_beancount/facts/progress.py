"""Progress reports out of the ledger: transactions with `complete:` or `accepted:`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from projbill_beancount.facts.model import Problem
from projbill_beancount.facts.model import Progress
from projbill_beancount.facts.values import date_of
from projbill_beancount.facts.values import number_of
from projbill_beancount.facts.values import percent_of
from projbill_beancount.facts.values import seconds_of
from projbill_beancount.terms.model import Place

if TYPE_CHECKING:  # pragma: no cover
    from projbill_beancount.facts.accounts import TimeAccounts
    from projbill_beancount.facts.booked import Transaction


WANTED = {
    "complete": 'a percentage such as "60 %"',
    "accepted": "a date",
    "remaining": "the hours that are left, such as 12.5",
}


def read_progress(
    transaction: Transaction, order: int, accounts: TimeAccounts
) -> Progress | Problem:
    """The report of `transaction`; a Problem (`fact-invalid`) says what cannot be read.

    The project is that of `project:`, else of the posting's time account.
    """
    meta = transaction.meta
    place = Place(meta["filename"], meta["lineno"])
    project = str(meta.get("project") or _project_of(transaction, accounts))
    try:
        key, value = "complete", meta.get("complete")
        percent = None if value is None else percent_of(value)
        key, value = "accepted", meta.get("accepted")
        accepted = None if value is None else date_of(value)
        key, value = "remaining", meta.get("remaining")
        remaining = None if value is None else seconds_of(number_of(value))
    except ValueError:
        wanted = WANTED[key]
        return Problem(
            "fact-invalid",
            project,
            transaction.date,
            f"progress report: {key}: {value!r} is not {wanted}",
            place,
        )
    return Progress(
        str(meta.get("id") or f"ledger-{project}-{transaction.date}-{order}"),
        transaction.date,
        project,
        str(meta.get("milestone") or ""),
        percent,
        accepted,
        order,
        place.file,
        place.line,
        remaining,
    )


def _project_of(transaction: Transaction, accounts: TimeAccounts) -> str:
    for posting in transaction.postings:
        role = accounts[posting.account]
        if role is not None and role.is_entry:
            return role.component
    return ""
