"""Project billing for Beancount: from logged time and finished milestones to receivables.

What the commands do, scripts and notebooks can do as well:

    from projbill_beancount import Selection, issue_drafts, open_book

    book = open_book("main.beancount")
    for draft in book.billing.drafts:
        print(draft.id, draft.net, draft.currency, "held" if draft.held else "ready")
    issue_drafts("main.beancount", Selection(("ACME-MIG",)), dry_run=True)

Names are imported when they are asked for, so that the plugin loads none that it does not need.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from projbill_beancount.billing.engine import bill
    from projbill_beancount.book import Book
    from projbill_beancount.book import BookUnreadable
    from projbill_beancount.book import open_book
    from projbill_beancount.invoicing.correct import Corrected
    from projbill_beancount.invoicing.correct import credit_invoice
    from projbill_beancount.invoicing.correct import void_invoice
    from projbill_beancount.invoicing.decide import approve_change_order
    from projbill_beancount.invoicing.decide import hold_billing
    from projbill_beancount.invoicing.decide import release_billing
    from projbill_beancount.invoicing.decide import write_off
    from projbill_beancount.invoicing.entering import Entered
    from projbill_beancount.invoicing.errors import Refused
    from projbill_beancount.invoicing.issue import Issued
    from projbill_beancount.invoicing.issue import Outcome
    from projbill_beancount.invoicing.issue import Selection
    from projbill_beancount.invoicing.issue import issue_drafts
    from projbill_beancount.invoicing.record import accept_milestone
    from projbill_beancount.invoicing.record import log_time
    from projbill_beancount.invoicing.record import report_progress
    from projbill_beancount.invoicing.renumber import Renumbered
    from projbill_beancount.invoicing.renumber import renumber
    from projbill_beancount.invoicing.verify import Verified
    from projbill_beancount.invoicing.verify import verify_book
    from projbill_beancount.ledger.errors import LedgerWriteError

__version__ = "0.1.0"

__all__ = [
    "Book",
    "BookUnreadable",
    "Corrected",
    "Entered",
    "Issued",
    "LedgerWriteError",
    "Outcome",
    "Refused",
    "Renumbered",
    "Selection",
    "Verified",
    "__version__",
    "accept_milestone",
    "approve_change_order",
    "bill",
    "credit_invoice",
    "hold_billing",
    "issue_drafts",
    "log_time",
    "open_book",
    "release_billing",
    "renumber",
    "report_progress",
    "verify_book",
    "void_invoice",
    "write_off",
]

_HOMES = {
    "bill": "billing.engine",
    "Book": "book",
    "BookUnreadable": "book",
    "open_book": "book",
    "Corrected": "invoicing.correct",
    "credit_invoice": "invoicing.correct",
    "void_invoice": "invoicing.correct",
    "Issued": "invoicing.issue",
    "Outcome": "invoicing.issue",
    "Selection": "invoicing.issue",
    "issue_drafts": "invoicing.issue",
    "Renumbered": "invoicing.renumber",
    "renumber": "invoicing.renumber",
    "Verified": "invoicing.verify",
    "verify_book": "invoicing.verify",
    "approve_change_order": "invoicing.decide",
    "hold_billing": "invoicing.decide",
    "release_billing": "invoicing.decide",
    "write_off": "invoicing.decide",
    "Entered": "invoicing.entering",
    "Refused": "invoicing.errors",
    "log_time": "invoicing.record",
    "report_progress": "invoicing.record",
    "accept_milestone": "invoicing.record",
    "LedgerWriteError": "ledger.errors",
}


def __getattr__(name: str) -> object:
    """Import a public name from its module."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return vars(import_module(f"{__name__}.{_HOMES[name]}"))[name]


def __dir__() -> list[str]:
    return __all__
