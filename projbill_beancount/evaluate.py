"""From a loaded ledger and its configuration to a billing: the way that all commands share."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any
from typing import NamedTuple

from projbill_beancount.billing.engine import bill
from projbill_beancount.facts.read import read_facts
from projbill_beancount.terms.accounts import accounts_of
from projbill_beancount.terms.read import read_terms

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Mapping
    from collections.abc import Sequence
    from datetime import date

    from beancount.core.data import Directive

    from projbill_beancount.billing.model import Billing
    from projbill_beancount.facts.model import Facts
    from projbill_beancount.terms.accounts import Accounts
    from projbill_beancount.terms.model import Terms


class Evaluation(NamedTuple):
    """What was agreed, what happened and what follows; `accounts` are the ledger's names."""

    terms: Terms
    facts: Facts
    billing: Billing
    accounts: Accounts


def ledger_terms(config: str, options: Mapping[str, Any]) -> tuple[Terms, Accounts]:
    """The terms of the configuration file `config`, with accounts as the ledger names its roots."""
    terms = read_terms(config)
    accounts = accounts_of(terms.firm, options)
    firm = terms.firm._replace(accounts=accounts.templates)
    return terms._replace(firm=firm), accounts._replace(firm=firm)


def evaluate(
    entries: Sequence[Directive],
    options: Mapping[str, Any],
    config: str,
    as_of: date,
    *,
    post_drafts: bool = True,
) -> Evaluation:
    """Bill what `entries` (without our drafts) say, on the terms of `config`, as of a day.

    Without `post_drafts`, drafts and accruals are posted by hand, if at all.
    """
    terms, accounts = ledger_terms(config, options)
    facts = read_facts(entries, terms, accounts, options, as_of)
    if not post_drafts:
        facts = facts._replace(by_hand=True)
    return Evaluation(terms, facts, bill(terms, facts, as_of), accounts)
