"""Accounts that nothing has used yet and that Fava's import page must know.

Its form refuses an account that the ledger does not open, so that the first hours of a new project,
or its first milestone, could not be saved. A ledger without that page gets no such accounts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from beancount.core.data import Custom
from beancount.core.data import Open

from projbill_beancount.plugins.postings import OPEN_SOURCE

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable
    from collections.abc import Sequence

    from beancount.core.data import Directive

    from projbill_beancount.evaluate import Evaluation


def awaited_accounts(entries: Iterable[Directive], evaluation: Evaluation) -> Sequence[Open]:
    """Open directives for the accounts of hours, if the ledger has an import page."""
    if not any(map(_is_import_page, entries)):
        return []
    accounts, facts = evaluation.accounts, evaluation.facts
    wanted = {accounts.worked(person) for person in evaluation.terms.firm.people}
    for project in evaluation.terms.contracts:
        wanted |= {accounts.unbilled_time(project), accounts.non_billable_time(project)}
    days = (one.opened for one in facts.opened.values())
    day = min(days, default=evaluation.billing.as_of)
    return [
        Open({"filename": OPEN_SOURCE, "lineno": 1}, day, account, [], None)
        for account in sorted(wanted)
        if account not in facts.opened and account not in facts.time_accounts
    ]


def _is_import_page(entry: Directive) -> bool:
    return (
        isinstance(entry, Custom)
        and entry.type == "fava-option"
        and bool(entry.values)
        and entry.values[0].value == "import-config"
    )
