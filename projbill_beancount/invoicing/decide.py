"""Deciding: change orders are approved, drafts held and released, work is written off.

Each step opens the books itself, locked unless `dry_run`, judges them as of `as_of` (None: the
plugin line's day, else today) and is dated `on` (None: the day of the books). With `dry_run`
nothing is written. `expected` is the text that a person was shown before, `Entered.text` of a trial
run; where another text would be written now, nothing is. `read` opens the books; a command gives
one that also tells how they are.

All of them raise:
    BookUnreadable: the ledger or `projbill.yaml` cannot be read.
    LedgerWriteError: nothing was written, with the reason.
    Refused: what was asked for cannot be done, with the reasons.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from projbill_beancount.billing.decisions import RELEASABLE
from projbill_beancount.billing.decisions import standing_hold
from projbill_beancount.book import open_book
from projbill_beancount.invoicing.entering import enter_decisions
from projbill_beancount.invoicing.errors import Refused
from projbill_beancount.invoicing.names import chosen_contract
from projbill_beancount.invoicing.names import known
from projbill_beancount.invoicing.opening import books_to_enter
from projbill_beancount.invoicing.subjects import draft_named
from projbill_beancount.invoicing.subjects import place_words
from projbill_beancount.invoicing.writing_off import written_off
from projbill_beancount.ledger.decisions import approval
from projbill_beancount.ledger.decisions import hold
from projbill_beancount.ledger.decisions import release
from projbill_beancount.reports.hints import hint

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Sequence

    from projbill_beancount.billing.model import Draft
    from projbill_beancount.book import Book
    from projbill_beancount.invoicing.entering import Entered
    from projbill_beancount.invoicing.opening import Reader
    from projbill_beancount.ledger.decisions import Decided
    from projbill_beancount.terms.model import Contract

Day = date


def approve_change_order(
    ledger: str,
    project: str,
    order: str,
    *,
    as_of: Day | None = None,
    on: Day | None = None,
    reason: str = "",
    dry_run: bool = False,
    expected: str | None = None,
    read: Reader = open_book,
) -> Entered:
    """Approve a change order of a project: it counts and is billed from that day on.

    Raises: see the module.
    """
    with books_to_enter(ledger, as_of, read, dry_run=dry_run) as book:
        contract = chosen_contract(book.terms, project)
        decision = _approval(book, contract, order, on or book.billing.as_of, reason)
        return enter_decisions(book, [decision], dry_run=dry_run, expected=expected)


def hold_billing(
    ledger: str,
    subject: str,
    *,
    as_of: Day | None = None,
    on: Day | None = None,
    reason: str = "",
    dry_run: bool = False,
    expected: str | None = None,
    read: Reader = open_book,
) -> Entered:
    """Hold a draft by its id, or the drafts of a project dated on that day or later.

    Drafts of the project that are dated earlier are remarked.

    Raises: see the module.
    """
    with books_to_enter(ledger, as_of, read, dry_run=dry_run) as book:
        day = on or book.billing.as_of
        remarks: list[str] = []
        if "/" in subject:
            decision = _hold_of_draft(draft_named(book, subject), day, reason)
        else:
            contract = chosen_contract(book.terms, subject)
            decision = _hold_of_project(book, contract, day, reason)
            remarks = _earlier(book, contract, day)
        return enter_decisions(
            book, [decision], dry_run=dry_run, expected=expected, remarks=remarks
        )


def release_billing(
    ledger: str,
    subject: str,
    *,
    as_of: Day | None = None,
    on: Day | None = None,
    reason: str = "",
    dry_run: bool = False,
    expected: str | None = None,
    read: Reader = open_book,
) -> Entered:
    """Release a held draft for the net that it comes to now, or the hold of a whole project.

    The release of a draft lapses when the draft comes to another net.

    Raises: see the module.
    """
    with books_to_enter(ledger, as_of, read, dry_run=dry_run) as book:
        day = on or book.billing.as_of
        if "/" in subject:
            decision = _release_of_draft(draft_named(book, subject), day, reason)
        else:
            contract = chosen_contract(book.terms, subject)
            decision = _release_of_project(book, contract, day, reason)
        return enter_decisions(book, [decision], dry_run=dry_run, expected=expected, lifts=subject)


def write_off(
    ledger: str,
    project: str,
    subjects: Sequence[str],
    *,
    as_of: Day | None = None,
    on: Day | None = None,
    reason: str = "",
    dry_run: bool = False,
    expected: str | None = None,
    read: Reader = open_book,
) -> Entered:
    """Take entries by their ids, or drafts, out of billing for good; hours become non-billable.

    Raises: see the module.
    """
    with books_to_enter(ledger, as_of, read, dry_run=dry_run) as book:
        contract = chosen_contract(book.terms, project)
        decided = written_off(book, contract, subjects, on or book.billing.as_of, reason)
        return enter_decisions(book, decided, dry_run=dry_run, expected=expected)


def _approval(book: Book, contract: Contract, order: str, day: Day, reason: str) -> Decided:
    projects = (contract.id, *contract.formerly)
    orders = {one.id: one for name in projects for one in book.facts.change_orders.get(name, ())}
    found = orders[known("change order", order, orders)]
    if found.rejected is not None:
        raise Refused(
            [f"{found.id} was rejected on {found.rejected} ({place_words(book, found.place)})"]
        )
    if found.approved is not None:
        place = place_words(book, found.approved_at or found.place)
        raise Refused([f"{found.id} is approved already, on {found.approved} ({place})"])
    if day < found.date:
        raise Refused([f"{found.id} was asked for on {found.date}; it cannot be approved on {day}"])
    return approval(day, found.project, found.id, reason)


def _hold_of_draft(draft: Draft, day: Day, reason: str) -> Decided:
    standing = [one for one in draft.reasons if one.code == "billing-on-hold"]
    if standing:
        raise Refused([f"nothing to do: {standing[0].message}"])
    return hold(day, draft.project, draft.id, reason)


def _hold_of_project(book: Book, contract: Contract, day: Day, reason: str) -> Decided:
    found = standing_hold(contract, book.facts, book.billing.as_of)
    if found is not None:
        place = place_words(book, found.place)
        raise Refused([f"{contract.id} is on hold already, since {found.date} ({place})"])
    return hold(day, contract.id, "", reason)


def _earlier(book: Book, contract: Contract, day: Day) -> list[str]:
    """Which drafts a hold of the project leaves alone, since they are dated before it."""
    drafts = book.billing.drafts
    earlier = [one.id for one in drafts if one.project == contract.id and one.date < day]
    if not earlier:
        return []
    said = f"note: drafts dated before {day} are not held: {', '.join(earlier)}; "
    return [f"{said}hold them by their ids, or give --date"]


def _release_of_draft(draft: Draft, day: Day, reason: str) -> Decided:
    """The release of a draft that something holds which a person's word can release."""
    if not draft.held:
        raise Refused([f"{draft.id} is not held: it can go out"])
    firm = dict.fromkeys(one.code for one in draft.reasons if one.code not in RELEASABLE)
    if firm:
        raise Refused(_firm_words(draft, code) for code in firm)
    return release(day, draft.project, draft.id, draft.net, draft.currency, reason)


def _firm_words(draft: Draft, code: str) -> str:
    remedy = hint(code)
    todo = f"; {remedy}" if remedy else "; put right what `projbill explain` says of it"
    return f"{draft.id} is held by {code}, which cannot be released{todo}"


def _release_of_project(book: Book, contract: Contract, day: Day, reason: str) -> Decided:
    found = standing_hold(contract, book.facts, book.billing.as_of)
    project = contract.id
    if found is None:
        said = f"no hold of all of {project} stands; name the draft to release: "
        raise Refused([f"{said}`projbill drafts {project}` lists them"])
    if day < found.date:
        raise Refused([f"{project} is on hold since {found.date}; it cannot be released on {day}"])
    return release(day, found.project, "", None, "", reason)
