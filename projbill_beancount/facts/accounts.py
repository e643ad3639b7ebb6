"""Which account says what: time accounts, receivables, and what is open when."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING
from typing import NamedTuple

from beancount.core.data import Close
from beancount.core.data import Open

from projbill_beancount.facts.model import OpenAccount

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable

    from beancount.core.data import Directive

    from projbill_beancount.terms.accounts import Accounts

#: A plugin of Beancount that opens every account that is used.
OPENING_PLUGINS = frozenset(("beancount.plugins.auto_accounts", "beancount.plugins.auto"))


class TimeRole(NamedTuple):
    """What a posting on an account means: `family` of the memo circuit and its component.

    `is_entry` says that hours on the account are time entries.
    """

    family: str
    component: str
    is_entry: bool


class TimeAccounts(dict[str, "TimeRole | None"]):
    """The role of each account in the memo circuit of hours, looked up once per account.

    `first_use` maps the accounts that were looked up and have a role to the `day` of the first
    look, which the reader sets to the date of the entry at hand.
    """

    def __init__(self, accounts: Accounts) -> None:
        super().__init__()
        self.day = date.min
        self.first_use: dict[str, date] = {}
        templates = accounts.templates
        self.patterns = [
            ("unbilled", _pattern(templates.unbilled_time)),
            ("non-billable", _pattern(templates.non_billable_time)),
            ("billed", _pattern(templates.billed_time)),
            ("worked", _pattern(templates.worked)),
        ]

    def __missing__(self, account: str) -> TimeRole | None:
        role = None
        for family, pattern in self.patterns:
            if match := pattern.fullmatch(account):
                role = TimeRole(family, match[1], family in {"unbilled", "non-billable"})
                self.first_use[account] = self.day
                break
        self[account] = role
        return role


def _pattern(template: str) -> re.Pattern[str]:
    before, _, rest = template.partition("{")
    after = rest.partition("}")[2]
    return re.compile(f"{re.escape(before)}([^:]+){re.escape(after)}")


def open_accounts(entries: Iterable[Directive]) -> dict[str, OpenAccount]:
    """Every account that the ledger opens, with its days and currencies."""
    found: dict[str, OpenAccount] = {}
    for entry in entries:
        if isinstance(entry, Open):
            found[entry.account] = OpenAccount(entry.date, None, frozenset(entry.currencies or ()))
        elif isinstance(entry, Close) and entry.account in found:
            found[entry.account] = found[entry.account]._replace(closed=entry.date)
    return found


def opens_accounts_itself(plugins: Iterable[tuple[str, str | None]]) -> bool:
    """Whether one of the ledger's plugins opens every account that is used."""
    return any(name in OPENING_PLUGINS for name, _ in plugins)
