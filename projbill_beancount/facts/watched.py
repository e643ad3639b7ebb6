"""The accounts of the ledger that say what is invoiced, paid, kept back and earned."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import NamedTuple

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Mapping

    from projbill_beancount.terms.accounts import Accounts


class WatchedAccounts(NamedTuple):
    """The exact accounts of the firm's clients, each with its client; `income` with its project.

    `accrued` are the unbilled and deferred accounts of projects in the accrual style, likewise.
    """

    receivable: dict[str, str]
    deposits: dict[str, str]
    retention: dict[str, str]
    income: dict[str, str]
    accrued: dict[str, str]

    @classmethod
    def of(
        cls, accounts: Accounts, projects: Mapping[str, str], accrued: Mapping[str, str]
    ) -> WatchedAccounts:
        """The accounts of all the clients in `projbill.yaml`, and the income of `projects`.

        `projects` maps each name of a project to its contract, `accrued` those in the accrual
        style.
        """
        clients = accounts.firm.clients
        return cls(
            {accounts.receivable(client): client for client in clients},
            {accounts.deposits(client): client for client in clients},
            {accounts.retention(client): client for client in clients},
            {accounts.income(name): project for name, project in projects.items()},
            {
                account: project
                for name, project in accrued.items()
                for account in (accounts.unbilled(name), accounts.deferred(name))
            },
        )
