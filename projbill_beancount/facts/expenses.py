"""Expenses that are billed on to the client: postings with `project:` and `billable: TRUE`."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING
from typing import Any

from projbill_beancount.facts.model import Expense
from projbill_beancount.facts.model import Problem
from projbill_beancount.facts.values import flag_of
from projbill_beancount.facts.values import percent_of
from projbill_beancount.terms.model import Place

if TYPE_CHECKING:  # pragma: no cover
    from projbill_beancount.facts.booked import Posting
    from projbill_beancount.facts.booked import Transaction

ZERO = Decimal(0)


class ExpenseReader:
    """Collects the rebillable expenses of one ledger, by project, in the ledger's order.

    `root` is the ledger's name for expense accounts: where the whole transaction is billable, only
    what stands on them is. `assets` is that for assets, on which disbursements stand.
    """

    def __init__(self, root: str, assets: str) -> None:
        self._assets = f"{assets}:"
        self.expenses: dict[str, list[Expense]] = {}
        self.problems: list[Problem] = []
        self._root = f"{root}:"
        self._unnamed: dict[str, int] = {}
        self._places: dict[str, Place] = {}

    def read(self, transaction: Transaction) -> None:
        """Take the expenses of a transaction."""
        shared = transaction.meta
        all_of_them = "billable" in shared and "project" in shared
        for posting in transaction.postings:
            own = posting.meta or {}
            if "billable" in own or (all_of_them and posting.account.startswith(self._root)):
                self._take(transaction, posting, {**shared, **own}, own)

    def _take(
        self, transaction: Transaction, posting: Posting, meta: dict[str, Any], own: dict[str, Any]
    ) -> None:
        project = str(meta.get("project") or "")
        place = Place(meta["filename"], meta["lineno"])
        try:
            key = "billable"
            if not project or not flag_of(meta["billable"]):
                return
            key = "markup"
            markup = percent_of(meta["markup"]) if meta.get("markup") is not None else ZERO
        except ValueError:
            wanted = {"billable": "TRUE or FALSE", "markup": 'a percentage such as "15 %"'}[key]
            message = f"expense: {key}: {meta[key]!r} is not {wanted}; it is not billed until it is"
            self.problems.append(Problem("fact-invalid", project, transaction.date, message, place))
            return
        identity = str(own.get("id") or self._derived_id(transaction, posting))
        first = self._places.setdefault(identity, place)
        wrong = ""
        if first is not place:
            wrong = (
                f"is already at {first.file}:{first.line}; delete one, or give this one another id"
            )
        elif " " in identity:
            wrong = "holds a blank; give it an id without one"
        if wrong:
            message = f'expense "{identity}" {wrong}: it is not billed until then'
            self.problems.append(Problem("fact-invalid", project, transaction.date, message, place))
            return
        self.expenses.setdefault(project, []).append(
            Expense(
                id=identity,
                date=transaction.date,
                project=project,
                amount=posting.units.number,
                currency=posting.units.currency,
                markup=markup,
                tax=str(meta["tax"]) if meta.get("tax") else None,
                text=str(own.get("note") or transaction.narration or posting.account),
                account=posting.account,
                on_assets=posting.account.startswith(self._assets),
                file=place.file,
                line=place.line,
            )
        )

    def _derived_id(self, transaction: Transaction, posting: Posting) -> str:
        """An id for an expense without one: day and account, and a running number of the two."""
        base = f"expense-{transaction.date}-{posting.account}"
        number = self._unnamed[base] = self._unnamed.get(base, 0) + 1
        return base if number == 1 else f"{base}-{number}"
