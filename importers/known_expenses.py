"""Which expenses the ledger has already, and on which of its accounts a day may post."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING
from typing import Any

from beancount.core.amount import Amount
from beancount.core.data import Close
from beancount.core.data import Open
from beancount.core.data import Transaction

from projbill_beancount.facts.values import percent_of
from projbill_beancount.ledger.expenses import SpentMoney

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable
    from collections.abc import Mapping
    from datetime import date

    from beancount.core.data import Directive
    from beancount.core.data import Posting

_NUMBERED = re.compile(r"(.*-\d{4}-\d\d-\d\d-)(\d+)")


class KnownExpenses:
    """Expenses by base id and number, as sessions of time are.

    Most imports bring none, so entries are kept as they are until somebody asks. `roots` are the
    ledger's names for expense accounts and for asset accounts, as far as it `knows_roots`.
    """

    def __init__(
        self, prefix: str, renamed: Mapping[str, str], options: Mapping[str, object] | None
    ) -> None:
        roots = (("name_expenses", "Expenses"), ("name_assets", "Assets"))
        self.roots = tuple(f"{(options or {}).get(name, root)}:" for name, root in roots)
        self.knows_roots = options is not None
        self._prefix = prefix
        self._renamed = renamed
        self._waiting: list[Directive] = []
        self._by_base: dict[str, dict[int, SpentMoney]] = {}
        self._by_hand: set[tuple[object, ...]] = set()
        self._opens: dict[str, Open] = {}
        self._closes: dict[str, date] = {}

    def later(self, entries: Iterable[Directive]) -> None:
        """Take a ledger's entries, to be read when they are needed."""
        self._waiting += entries

    def of(self, base: str) -> dict[int, SpentMoney]:
        """The known expenses of a base id by number."""
        self._read()
        return dict(sorted(self._by_base.get(base, {}).items()))

    def add(self, spent: SpentMoney) -> None:
        """Know an expense from now on."""
        base, _, text = spent.id.partition("~")
        self._by_base.setdefault(base, {})[int(text) if text.isdigit() else 1] = spent
        if found := _NUMBERED.fullmatch(base):
            self._by_base.setdefault(found[1], {})[int(found[2])] = spent

    def is_by_hand(self, spent: SpentMoney) -> bool:
        """Whether the ledger has the same, but for its id, from elsewhere."""
        self._read()
        return (spent.date, spent.project, spent.amount, spent.currency) in self._by_hand

    def closed(self, account: str, day: date, currency: str) -> str:
        """Why nothing in `currency` can post to an account on a day, "" if it can.

        Nothing is known without a ledger; then Beancount says it when it loads what is imported.
        """
        self._read()
        if not self._opens:
            return ""
        found = self._opens.get(account)
        if found is None:
            return f"{account} is not open; add to the ledger: {day} open {account}"
        if day < found.date:
            return f"{account} is not open before {found.date}; date its `open` {day} or earlier"
        if (until := self._closes.get(account)) is not None and day >= until:
            return f"{account} was closed on {until}; date its `close` after {day}"
        if found.currencies and currency not in found.currencies:
            allowed = ", ".join(found.currencies)
            return f"{account} is open for {allowed} only; add {currency} to its `open`"
        return ""

    def names(self) -> list[str]:
        """The accounts that are opened anywhere in the ledger."""
        self._read()
        return list(self._opens)

    def _read(self) -> None:
        waiting, self._waiting = self._waiting, []
        for entry in waiting:
            if isinstance(entry, Open):
                self._opens[entry.account] = entry
            elif isinstance(entry, Close):
                self._closes[entry.account] = entry.date
            elif isinstance(entry, Transaction):
                for posting in entry.postings:
                    meta = posting.meta or {}
                    if str(meta.get("id", "")).startswith(self._prefix):
                        self._take(entry, posting, {**entry.meta, **meta})
                    elif "billable" in meta or "billable" in entry.meta:
                        self._note(entry, posting, {**entry.meta, **meta})

    def _note(self, entry: Transaction, posting: Posting, meta: Mapping[str, Any]) -> None:
        units = posting.units
        if isinstance(units, Amount) and posting.account.startswith(self.roots):
            project = str(meta.get("project", ""))
            project = self._renamed.get(project, project)
            self._by_hand.add((entry.date, project, units.number, units.currency))

    def _take(self, entry: Transaction, posting: Posting, meta: Mapping[str, Any]) -> None:
        units = posting.units
        if not isinstance(units, Amount) or not isinstance(units.number, Decimal):
            return

        def text(key: str) -> str:
            value = meta.get(key)
            return "" if value is None else str(value)

        try:
            markup = percent_of(meta["markup"]) if meta.get("markup") is not None else None
        except ValueError:
            markup = None
        billable, project = meta.get("billable"), text("project")
        self.add(
            SpentMoney(
                text("id"),
                entry.date,
                self._renamed.get(project, project),
                units.number,
                units.currency,
                posting.account,
                "",
                billable if isinstance(billable, bool) else None,
                markup,
                text("tax"),
                text("person"),
                entry.payee or "",
                text("note"),
            )
        )
