"""What every step that writes a voucher shares: the books under a lock, the proof, the writing."""

from __future__ import annotations

import re
import time
from collections import defaultdict
from contextlib import contextmanager
from contextlib import nullcontext
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any
from typing import NamedTuple

from beancount.core import data
from beancount.ops import balance
from beancount.ops import pad
from beancount.ops import validation

from projbill_beancount.billing.engine import bill
from projbill_beancount.book import Book
from projbill_beancount.book import open_book
from projbill_beancount.evaluate import Evaluation
from projbill_beancount.facts.read import read_facts
from projbill_beancount.ledger.errors import LedgerWriteError
from projbill_beancount.ledger.files import Change
from projbill_beancount.ledger.files import ledger_lock
from projbill_beancount.ledger.files import read_snapshot
from projbill_beancount.ledger.files import touch
from projbill_beancount.ledger.files import write_changes
from projbill_beancount.ledger.includes import fits
from projbill_beancount.ledger.includes import including_file
from projbill_beancount.ledger.voucher import read_back
from projbill_beancount.ledger.write import ROOTS
from projbill_beancount.ledger.write import appended
from projbill_beancount.ledger.write import joined
from projbill_beancount.ledger.write import roots_of
from projbill_beancount.plugins.postings import generated_entries

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable
    from collections.abc import Collection
    from collections.abc import Iterable
    from collections.abc import Iterator
    from collections.abc import Mapping
    from collections.abc import Sequence
    from datetime import date

    from projbill_beancount.facts.model import Facts
    from projbill_beancount.terms.model import Terms

ZERO = Decimal(0)
END_OF_FILE = 10**9
#: Beancount's error for an `include` that covers nothing.
NO_FILE = re.compile(r'File glob "(.*)" does not match any files$')
#: Findings that a voucher of ours must never cause.
NEVER = frozenset(
    (
        "contract-unknown",
        "credit-exceeds-invoice",
        "credit-unlinked",
        "entry-already-invoiced",
        "fact-invalid",
        "invoice-number-duplicate",
        "invoice-number-gap",
        "invoice-unregistered",
        "invoiced-entry-changed",
        "invoiced-entry-missing",
        "issued-changed",
        "ledger-amount-mismatch",
        "tax-amount-mismatch",
    )
)


class Opened(NamedTuple):
    """The books while nobody else of ours may change them; `since` is when reading began (ns)."""

    book: Book
    since: int

    @property
    def invoices_path(self) -> str:
        """The file that vouchers are appended to."""
        return _invoices_path(self.book)


@contextmanager
def opened_books(
    ledger: str,
    as_of: date | None,
    now: Callable[[Book], Collection[str]] | None = None,
    *,
    dry_run: bool = False,
) -> Iterator[Opened]:
    """The books of `ledger`, locked unless `dry_run`: whoever only looks keeps nobody waiting.

    Of the contracts that `now` tells all is billed on the day.

    Raises:
        BookUnreadable: the ledger or `projbill.yaml` cannot be read.
        LedgerWriteError: Beancount finds errors in the ledger, or another command holds the lock.
    """
    if not Path(ledger).is_file():
        open_book(ledger, as_of)  # refuses; a lock would be left behind in a folder without ledger
    with nullcontext() if dry_run else ledger_lock(ledger):
        since = time.time_ns()
        book = open_book(ledger, as_of)
        errors = [error for error in book.errors if not _is_cured(error, book)]
        if errors:
            raise LedgerWriteError(
                f"{errors[0]} – the ledger has to load without errors of Beancount before "
                "anything is issued; nothing was written"
            )
        if now is not None:
            billing = bill(book.terms, book.facts, book.billing.as_of, now(book))
            book = book._replace(billing=billing)
        yield Opened(book, since)


def _invoices_path(book: Book) -> str:
    return str(Path(book.ledger).parent / book.terms.firm.files.invoices)


def _is_cured(error: str, book: Book) -> bool:
    """Whether an error is that the invoice file is not there yet."""
    path = _invoices_path(book)
    missing = NO_FILE.search(error)
    if missing is None or Path(path).exists():
        return False
    includer = including_file(book.ledger, path)
    return includer is not None and fits(path, str(Path(includer).parent / missing[1]))


def due_hours(
    entries: Iterable[data.Directive], terms: Terms, facts: Facts, as_of: date
) -> Callable[[str], Decimal]:
    """Tells the hours of an entry, as posted, that no live invoice has; 0 for an unknown one."""
    posted = {
        (str(posting.meta.get("filename")), posting.meta.get("lineno")): posting.units.number
        for entry in entries
        if isinstance(entry, data.Transaction)
        for posting in entry.postings
        if posting.units and posting.meta and posting.units.currency == terms.firm.hour
    }
    known = {
        entry.id: posted.get((entry.file, entry.line)) or ZERO
        for of in facts.time.values()
        for entry in reversed(of)  # of two with one id the first counts
    }
    live = _live_hours(terms, facts, as_of)
    return lambda identity: known.get(identity, ZERO) - live.get(identity, ZERO)


def on_former_names(terms: Terms, facts: Facts) -> dict[str, str]:
    """The entries that stand on the account of a former name of their contract, with that name."""
    return {
        entry.id: name
        for contract in terms.contracts.values()
        for name in contract.formerly
        for entry in facts.time.get(name, ())
    }


def _live_hours(terms: Terms, facts: Facts, as_of: date) -> dict[str, Decimal]:
    """The hours that stand on live invoices, less credit notes, of entries that are listed as time.

    Where several clients pay, those on the first one's invoices.
    """
    wanted = {entry.id for of in facts.time.values() for entry in of}
    live: defaultdict[str, Decimal] = defaultdict(Decimal)
    for sign, documents in ((1, facts.invoices), (-1, facts.credit_notes)):
        for document in documents:
            if not document.is_live(as_of):
                continue
            for line in document.lines:
                contract = terms.contracts.get(line.project)
                if contract and contract.split and document.client != contract.split[0].client:
                    continue
                for entry in line.entries:
                    if entry.id in wanted and entry.hours:
                        live[entry.id] += sign * Decimal(entry.hours.partition("/")[0])
    return live


def put(opened: Opened, texts: Sequence[str], *, dry_run: bool) -> str | None:
    """Append vouchers to the invoice file once the ledger is proven to load with them.

    Returns the path of the file, None for a trial run, which writes nothing.

    Raises:
        LedgerWriteError: nothing was written, with the reason.
    """
    path = opened.invoices_path
    book = opened.book
    old = read_snapshot(path)
    includer = including_file(book.ledger, path)
    if includer is None:
        name = book.terms.firm.files.invoices
        raise LedgerWriteError(
            f'{path}: the ledger does not include this file; add to {book.ledger}: include "{name}"'
        )
    if old.stamp is not None and old.stamp[1] > opened.since:
        raise LedgerWriteError(
            f"{path}: it was changed while this was being prepared; nothing was written, run it "
            "again"
        )
    _prove_loads(book, texts, path)
    content = appended(old.content, joined(old.content, texts, book.options))
    _prove_reads(texts, roots_of(content), book.options)
    if dry_run:
        return None
    write_changes([Change(old, content)])
    if old.stamp is None:
        touch(includer)
    return path


def _prove_reads(
    texts: Sequence[str], roots: Mapping[str, str], options: Mapping[str, Any]
) -> None:
    """Check that the file that they are in reads the vouchers as the ledger does.

    Raises:
        LedgerWriteError: its options name other roots of accounts.
    """
    if any(options.get(name, root) != roots.get(name, root) for name, root in ROOTS.items()):
        for text in texts:
            read_back(text, roots)


def _prove_loads(book: Book, texts: Sequence[str], path: str) -> None:
    """Check that the ledger loads with the new vouchers, and that they say what was meant.

    Raises:
        LedgerWriteError: it would not, or a finding says that something would not add up.
    """
    added = [_placed(read_back(text, book.options), path, number) for number, text in
             enumerate(texts, 1)]  # fmt: skip
    unpadded = [entry for entry in book.entries if not _is_padding(entry)]
    entries = sorted([*unpadded, *added], key=data.entry_sortkey)
    facts = read_facts(entries, book.terms, book.accounts, book.options, book.billing.as_of)
    billing = bill(book.terms, facts, book.billing.as_of)
    known = {(found.code, found.project, found.id) for found in book.billing.findings}
    for found in billing.findings:
        if found.code in NEVER and (found.code, found.project, found.id) not in known:
            raise LedgerWriteError(
                f"{found.code}: {found.project}: {found.message}; nothing was written"
            )
    evaluation = Evaluation(book.terms, facts, billing, book.accounts)
    _check(book, [*entries, *generated_entries(evaluation, post_drafts=True)])


def _check(book: Book, entries: list[data.Directive]) -> None:
    """Beancount's own checks after plugins: padding, balance assertions, accounts, sums."""
    if book.facts.accounts is None:
        entries = [*entries, *_opens(entries)]
    entries = sorted(entries, key=data.entry_sortkey)
    options = dict(book.options)
    entries, errors = pad.pad(entries, options)  # type: ignore[no-untyped-call]
    entries, more = balance.check(entries, options)  # type: ignore[no-untyped-call]
    errors = [*errors, *more, *validation.validate(entries, options)]  # type: ignore[no-untyped-call]
    if errors:
        source = errors[0].source or {}
        place = f"{source.get('filename')}:{source.get('lineno')}"
        raise LedgerWriteError(
            f"{place}: with the new entry the ledger would not load: "
            f"{' '.join(str(errors[0].message).split())}; nothing was written"
        )


def _opens(entries: Sequence[data.Directive]) -> list[data.Open]:
    """What a plugin that opens accounts by itself would open for the new entries."""
    opened = {entry.account for entry in entries if isinstance(entry, data.Open)}
    first: dict[str, data.Open] = {}
    for entry in entries:
        for posting in entry.postings if isinstance(entry, data.Transaction) else ():
            account = posting.account
            if account not in opened and (account not in first or first[account].date > entry.date):
                first[account] = data.Open(
                    data.new_metadata("opened", 1), entry.date, account, [], None
                )
    return list(first.values())


def _is_padding(entry: data.Directive) -> bool:
    return isinstance(entry, data.Transaction) and entry.flag == "P"


def _placed(entry: data.Transaction, path: str, number: int) -> data.Transaction:
    """A new entry at the end of its file."""
    line = END_OF_FILE + number
    postings = [
        posting._replace(meta={**(posting.meta or {}), "filename": path, "lineno": line})
        for posting in entry.postings
    ]
    return entry._replace(meta={**entry.meta, "filename": path, "lineno": line}, postings=postings)
