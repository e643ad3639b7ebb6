"""Entering facts by hand: hours that were worked, the progress and the acceptance of milestones.

Each step opens the books itself, locked unless `dry_run`, as of `as_of` (None: the plugin line's
day, else today). A fact is dated `on`, else `as_of`, else today. With `dry_run` nothing is written.
`expected` is the text that a person was shown before, `Entered.text` of a trial run; where another
text would be written now, nothing is. `read` opens the books; a command gives one that also tells
how they are.

All of them raise:
    BookUnreadable: the ledger or `projbill.yaml` cannot be read.
    LedgerWriteError: nothing was written, with the reason.
    Refused: what was asked for cannot be done, with the reasons.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from beancount.core.data import Transaction

from projbill_beancount.book import open_book
from projbill_beancount.invoicing.entering import enter_record
from projbill_beancount.invoicing.errors import Refused
from projbill_beancount.invoicing.names import chosen_contract
from projbill_beancount.invoicing.names import known
from projbill_beancount.invoicing.opening import books_to_enter
from projbill_beancount.ledger.by_hand import progress_transaction
from projbill_beancount.ledger.by_hand import time_transaction

if TYPE_CHECKING:  # pragma: no cover
    from decimal import Decimal

    from projbill_beancount.book import Book
    from projbill_beancount.invoicing.entering import Entered
    from projbill_beancount.invoicing.opening import Reader
    from projbill_beancount.ledger.record import Record
    from projbill_beancount.terms.model import Contract
    from projbill_beancount.terms.model import Terms

Day = date


def log_time(
    ledger: str,
    project: str,
    seconds: int,
    *,
    person: str | None = None,
    task: str = "",
    note: str = "",
    billable: bool | None = None,
    as_of: Day | None = None,
    on: Day | None = None,
    dry_run: bool = False,
    expected: str | None = None,
    read: Reader = open_book,
) -> Entered:
    """Log the seconds that a person worked on a project in a day.

    `person` is an id, a name or an alias, None for the only one that there is. `billable` is the
    entry's own word, None where it has none.

    Raises: see the module.
    """
    with books_to_enter(ledger, as_of, read, dry_run=dry_run) as book:
        contract = chosen_contract(book.terms, project)
        if contract.strict_tasks:
            known("task", task, contract.tasks)
        record = time_transaction(
            book.terms,
            contract.id,
            _person(book.terms, person),
            on or as_of or _today(),
            seconds,
            _taken(book),
            task=task,
            note=note,
            billable=billable,
            options=book.options,
        )
        return enter_record(book, record, dry_run=dry_run, expected=expected)


def report_progress(
    ledger: str,
    project: str,
    milestone: str,
    percent: Decimal,
    *,
    as_of: Day | None = None,
    on: Day | None = None,
    dry_run: bool = False,
    expected: str | None = None,
    read: Reader = open_book,
) -> Entered:
    """Report that a milestone is complete to 0 to 100 percent, counted from its beginning.

    Raises: see the module.
    """
    with books_to_enter(ledger, as_of, read, dry_run=dry_run) as book:
        day = on or as_of or _today()
        record = _report(book, project, milestone, day, percent)
        return enter_record(book, record, dry_run=dry_run, expected=expected)


def accept_milestone(
    ledger: str,
    project: str,
    milestone: str,
    *,
    as_of: Day | None = None,
    on: Day | None = None,
    dry_run: bool = False,
    expected: str | None = None,
    read: Reader = open_book,
) -> Entered:
    """Record that the client accepted a milestone; that also means 100 %.

    Raises: see the module.
    """
    with books_to_enter(ledger, as_of, read, dry_run=dry_run) as book:
        record = _report(book, project, milestone, on or as_of or _today(), None)
        return enter_record(book, record, dry_run=dry_run, expected=expected)


def _report(book: Book, project: str, milestone: str, day: Day, percent: Decimal | None) -> Record:
    """A report on a milestone; `percent` None for its acceptance on the day."""
    contract = chosen_contract(book.terms, project)
    return progress_transaction(
        book.terms,
        contract.id,
        known("milestone", milestone, _parts(book, contract)),
        day,
        percent,
        _taken(book),
        accepted=day if percent is None else None,
        options=book.options,
    )


def _parts(book: Book, contract: Contract) -> list[str]:
    """What can be reported on: milestones, and change orders that are billed like one."""
    names = (contract.id, *contract.formerly)
    orders = (one for name in names for one in book.facts.change_orders.get(name, ()))
    like = [one.id for one in orders if one.bill is not None and not one.milestone]
    return [*contract.milestones, *like]


def _person(terms: Terms, name: str | None) -> str:
    people = terms.firm.people
    if name is None:
        if len(people) != 1:
            raise Refused([f"who worked? give --person; known: {', '.join(people) or 'none'}"])
        return next(iter(people))
    called = {alias: person.id for person in people.values() for alias in person.aliases}
    called.update({person.name: person.id for person in people.values()})
    called.update({person: person for person in people})
    return called[known("person", name, called)]


def _taken(book: Book) -> set[str]:
    """All ids that the ledger's transactions and their postings have."""
    metas = (
        meta
        for entry in book.entries
        if isinstance(entry, Transaction)
        for meta in (entry.meta, *(posting.meta for posting in entry.postings))
    )
    return {str(meta["id"]) for meta in metas if meta and "id" in meta}


def _today() -> Day:
    return date.today()  # noqa: DTZ011 - the user's day
