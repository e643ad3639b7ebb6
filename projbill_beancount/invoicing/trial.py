"""What the books would be with directives that are still to be written."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import NamedTuple

from beancount.core import data
from beancount.ops import balance
from beancount.ops import validation

from projbill_beancount.billing.engine import bill
from projbill_beancount.evaluate import Evaluation
from projbill_beancount.facts.read import read_facts
from projbill_beancount.plugins.postings import missing_opens

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Sequence

    from projbill_beancount.billing.model import Draft
    from projbill_beancount.book import Book


class Trial(NamedTuple):
    """The ledger's entries with those that are still to be written, and what follows from them."""

    entries: list[data.Directive]
    evaluation: Evaluation

    def draft(self, identity: str) -> Draft | None:
        """The draft of that id, None if there is none any more."""
        drafts = self.evaluation.billing.drafts
        return next((draft for draft in drafts if draft.id == identity), None)


def tried(book: Book, more: Sequence[data.Directive]) -> Trial:
    """The books with `more` in them, billed as of the same day."""
    entries = data.sorted([*book.entries, *more])
    as_of = book.billing.as_of
    facts = read_facts(entries, book.terms, book.accounts, book.options, as_of)
    billing = bill(book.terms, facts, as_of)
    return Trial(entries, Evaluation(book.terms, facts, billing, book.accounts))


def new_errors(book: Book, trial: Trial) -> list[str]:
    """What Beancount would find wrong with the ledger of the trial that it does not find now."""
    now = Trial(book.entries, Evaluation(book.terms, book.facts, book.billing, book.accounts))
    known = set(_errors(book, now))
    return [error for error in _errors(book, trial) if error not in known]


def _errors(book: Book, trial: Trial) -> list[str]:
    opens_all = trial.evaluation.facts.accounts is None
    opens = missing_opens(trial.evaluation, []) if book.has_plugin or opens_all else []
    entries = data.sorted([*trial.entries, *opens])
    checked, unbalanced = balance.check(entries, book.options)  # type: ignore[no-untyped-call, unused-ignore]
    invalid = validation.validate(checked, book.options)  # type: ignore[no-untyped-call, unused-ignore]
    return [
        f"{error.source.get('filename')}:{error.source.get('lineno')}: "
        f"{' '.join(str(error.message).split())}"
        for error in (*unbalanced, *invalid)
    ]
