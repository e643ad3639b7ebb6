"""The books of one load of Fava, and what the pages ask of them."""

from __future__ import annotations

import logging
from datetime import date
from functools import cached_property
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING
from typing import cast

from projbill_beancount.evaluate import evaluate
from projbill_beancount.fava.shown import Shown
from projbill_beancount.fava.shown import Touched
from projbill_beancount.fava.shown import touched
from projbill_beancount.plugins.billing import LATEST
from projbill_beancount.plugins.postings import is_generated
from projbill_beancount.plugins.settings import parse_settings
from projbill_beancount.plugins.settings import plugin_text
from projbill_beancount.reports.ageing import receivables_of
from projbill_beancount.reports.change_orders import change_order_rows
from projbill_beancount.reports.evidence import Evidence
from projbill_beancount.reports.months import flows_of
from projbill_beancount.reports.scopes import Scopes
from projbill_beancount.reports.wip import wip_schedule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from beancount.core import data
    from fava.core import FavaLedger
    from fava.core import FilteredLedger

    from projbill_beancount.billing.model import Finding
    from projbill_beancount.billing.receivables import Owed
    from projbill_beancount.evaluate import Evaluation
    from projbill_beancount.plugins.settings import Settings
    from projbill_beancount.reports.change_orders import ChangeOrderRow
    from projbill_beancount.reports.months import Flows
    from projbill_beancount.reports.wip import WipRow
    from projbill_beancount.terms.model import Contract

LOG = logging.getLogger(__name__)


class Books:
    """What was agreed, what happened and what follows, with what pages need of it computed once.

    `root` is the folder of the ledger. `is_daily` says that the books are billed as of today.
    """

    def __init__(self, ledger: FavaLedger, evaluation: Evaluation, *, is_daily: bool) -> None:
        self.ledger = ledger
        self.path = ledger.beancount_file_path
        self.root = str(Path(self.path).absolute().parent)
        self.terms, self.facts, self.billing, self.accounts = evaluation
        self.as_of: date = self.billing.as_of
        self.is_daily = is_daily
        self._touched = lru_cache(maxsize=16)(self._touched_by)
        self._flows = lru_cache(maxsize=16)(self._flows_since)

    @cached_property
    def evidence(self) -> Evidence:
        """What explains each number."""
        return Evidence(self.terms, self.facts, self.billing)

    @cached_property
    def owed(self) -> Owed:
        """What clients owe on the day of the books."""
        return receivables_of(self.facts).on(self.as_of)

    @cached_property
    def wip(self) -> Sequence[WipRow]:
        """The WIP schedule of all contracts; it goes through all hours, once."""
        return wip_schedule(self.terms, self.billing, self.terms.contracts)

    @cached_property
    def change_orders(self) -> Sequence[ChangeOrderRow]:
        """The change orders of all contracts as they stand."""
        return change_order_rows(self.terms, self.facts, self.billing)

    @cached_property
    def scopes(self) -> Scopes:
        """The fixed scopes of contracts on any day."""
        return Scopes(self.facts)

    def flows(self, since: str) -> Flows:
        """What was worked, billed and collected in each month from one on, as `2026-04`."""
        return self._flows(since)

    def _flows_since(self, since: str) -> Flows:
        return flows_of(self.terms, self.facts, self.billing, self.scopes, since)

    @cached_property
    def findings(self) -> dict[str, list[Finding]]:
        """The findings of each project, in the engine's order; "" has those of none."""
        found: dict[str, list[Finding]] = {}
        for finding in self.billing.findings:
            found.setdefault(finding.project, []).append(finding)
        return found

    @cached_property
    def contracts(self) -> Sequence[Contract]:
        """The contracts that can be read, in order of their ids."""
        return [self.terms.contracts[name] for name in sorted(self.terms.contracts)]

    def project_of(self, name: str) -> str:
        """The id of the contract that has or had this id; `name` itself if there is none."""
        if name in self.terms.contracts:
            return name
        former = (one.id for one in self.contracts if name in one.formerly)
        return next(former, name)

    def client_name(self, client: str) -> str:
        """A client's name, for people."""
        found = self.terms.firm.clients.get(client)
        return found.name if found else client

    def person_name(self, person: str) -> str:
        """A person's name, for people."""
        found = self.terms.firm.people.get(person)
        return found.name if found else person

    def shown(self, filtered: FilteredLedger, account: str, words: str) -> Shown:
        """What Fava's filters let through: `filtered` is by all three, `words` is the text filter."""
        times = filtered.date_range
        found = self._touched(account, words) if account or words.strip() else None
        return Shown(times.begin if times else None, times.end if times else None, found)

    def _touched_by(self, account: str, words: str) -> Touched:
        filtered = self.ledger.get_filtered(account=account, filter=words)
        return touched(filtered.entries, self.terms, self.accounts)


def books_of(ledger: FavaLedger) -> Books | None:
    """The books that the plugin billed during the load of `ledger`, None where it did not."""
    text = plugin_text(dict(ledger.options))
    known = LATEST.get(str(ledger.options["filename"]))
    if known is None or text is None:
        return None
    try:
        settings = parse_settings(text, ledger.beancount_file_path)
        evaluation = known[1]
        if known[0] is not ledger.options:
            evaluation = _evaluated(ledger, settings)
    except Exception:  # the plugin has told of it; Fava would not start
        LOG.exception("the books of %s", ledger.beancount_file_path)
        return None
    if any(mistake.project is None for mistake in evaluation.terms.mistakes):
        return None
    return Books(ledger, evaluation, is_daily=settings.as_of is None)


def _evaluated(ledger: FavaLedger, settings: Settings) -> Evaluation:
    """The same once more: another load of the ledger, for an action, ended meanwhile."""
    entries = cast("Sequence[data.Directive]", ledger.all_entries)
    own = [entry for entry in entries if not is_generated(entry)]
    as_of = settings.as_of or date.today()  # noqa: DTZ011 - the user's day
    options = ledger.options
    return evaluate(own, options, settings.config, as_of, post_drafts=settings.post_drafts)
