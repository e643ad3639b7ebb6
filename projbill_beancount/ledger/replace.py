"""Entries of time that are changed where they stand in a file of the ledger.

Only what is different is written: the account, the hours, the keys that importers write, and the
sum of the transaction. Every other byte stays: keys and comments of people, line ends. A text that
is laid out in another way than such a change understands is refused.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING
from typing import Any
from typing import NamedTuple

from beancount.core.amount import Amount
from beancount.core.data import Transaction

from projbill_beancount.facts.accounts import TimeAccounts
from projbill_beancount.facts.values import seconds_of
from projbill_beancount.ledger.entry_text import OWN_KEYS
from projbill_beancount.ledger.entry_text import PLACE
from projbill_beancount.ledger.entry_text import EntryText
from projbill_beancount.ledger.entry_text import number_in
from projbill_beancount.ledger.entry_text import parsed
from projbill_beancount.ledger.entry_text import written
from projbill_beancount.ledger.errors import LedgerWriteError
from projbill_beancount.ledger.facts import hours
from projbill_beancount.ledger.files import Change
from projbill_beancount.ledger.record import number_of
from projbill_beancount.ledger.record import quoted

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable
    from collections.abc import Mapping
    from collections.abc import Sequence

    from beancount.core.data import Posting

    from projbill_beancount.ledger.record import Leg
    from projbill_beancount.terms.accounts import Accounts

SHARED_KEYS = frozenset(("person", "source"))


class Edit(NamedTuple):
    """What is to become of one posting of a file: new lines by the numbers of the old ones.

    `posting` is what Beancount is to read then, None where it is taken out. `kept` are the keys
    of a posting that is taken out which no importer writes.
    """

    lines: Mapping[int, list[bytes]]
    transaction: Transaction
    at: int
    posting: Posting | None
    kept: Mapping[str, str | bool]


class TimeFile(EntryText):
    """A file of the ledger with entries that are to be changed; nothing is written here.

    Raises:
        LedgerWriteError: it cannot be read.
    """

    def __init__(self, path: str, accounts: Accounts) -> None:
        super().__init__(path)
        self.accounts = accounts
        self.roles = TimeAccounts(accounts)
        self._edits: dict[int, dict[int, Edit]] = {}

    def replaced(self, line: int, identity: str, leg: Leg, *, keep_account: bool) -> Edit:
        """The posting in `line` as `leg` says, with the keys that people gave it.

        Raises:
            UneditableError: its text is not one that can be changed safely.
        """
        transaction, index = self.find(line, identity)
        posting = transaction.postings[index]
        account = posting.account if keep_account else leg.account
        old = number_in(posting)
        assert old is not None
        number = Decimal(number_of(leg.ticks))
        if seconds_of(old) == seconds_of(number):
            number = old
        if number != old:
            self._counter(transaction, index)
        block = self.block(transaction, index)
        lines = {line: [self.posting_line(line, posting, account, number)]}
        meta = {key: value for key, value in (posting.meta or {}).items() if key not in OWN_KEYS}
        meant = posting._replace(
            account=account, units=_amount(number, posting), meta={**meta, **leg.meta}
        )
        lines |= self.key_lines(line, block, posting.meta, leg.meta)
        return Edit(lines, transaction, index, meant, {})

    def removed(self, line: int, identity: str) -> Edit:
        """The posting in `line` taken out, and with the last one its transaction.

        Raises:
            UneditableError: its text is not one that can be taken out safely.
        """
        transaction, index = self.find(line, identity)
        posting = transaction.postings[index]
        self._counter(transaction, index)
        if set(transaction.meta) - SHARED_KEYS - PLACE or transaction.tags or transaction.links:
            raise self.refusal(line, "its transaction says more than an import writes")
        kept: dict[str, str | bool] = {}
        for key, value in (posting.meta or {}).items():
            if key in OWN_KEYS or key in PLACE or key == "person":
                continue
            if not isinstance(value, (str, bool)) or "\n" in str(value):
                raise self.refusal(line, f"`{key}:` cannot be moved to another day or person")
            kept[key] = value
        block = self.block(transaction, index)
        if any(b";" in self.bare_line(number) for number in (line, *block)):
            raise self.refusal(line, "it has a comment, which would be lost")
        lines: dict[int, list[bytes]] = {number: [] for number in (line, *block)}
        edit = Edit(lines, transaction, index, None, kept)
        if not self._entries_left(edit):
            self._check_plain(transaction, line)
        return edit

    def take(self, edit: Edit) -> None:
        """Make an edit one of those that `change` makes."""
        self._edits.setdefault(edit.transaction.meta["lineno"], {})[edit.at] = edit

    def change(self) -> Change:
        """The file with all edits that were taken.

        Raises:
            LedgerWriteError: Beancount would read anything else than what is meant.
        """
        swapped, meant = self._made()
        return self._proven(self._joined(swapped), meant)

    @property
    def has_edits(self) -> bool:
        """Whether anything of it is to be changed."""
        return bool(self._edits)

    def _made(self) -> tuple[dict[int, list[bytes]], dict[int, Transaction | None]]:
        """New lines by number, and by first line what transactions are meant to be then."""
        swapped: dict[int, list[bytes]] = {}
        meant: dict[int, Transaction | None] = {}
        for first, edits in self._edits.items():
            for edit in edits.values():
                swapped.update(edit.lines)
            transaction = next(iter(edits.values())).transaction
            meant[first] = self._finished(transaction, edits, swapped)
        return swapped, meant

    def _joined(self, swapped: Mapping[int, list[bytes]]) -> bytes:
        """The content with new lines; it ends as it did, with or without a line end."""
        new = b"".join(
            b"".join(swapped[number]) if number in swapped else line
            for number, line in enumerate(self.lines, 1)
        )
        if self.lines and not self.lines[-1].endswith(b"\n"):
            new = new.removesuffix(b"\n").removesuffix(b"\r")
        return new

    def _proven(
        self,
        new: bytes,
        meant: Mapping[int, Transaction | None],
        added: Sequence[Transaction] = (),
    ) -> Change:
        """The change to a new content, in which Beancount reads what is meant.

        Raises:
            LedgerWriteError: it does not.
        """
        kept = (meant.get(entry.meta["lineno"], entry) for entry in self.parsed[0])
        wanted = [_bare(entry) for entry in (*kept, *added) if entry is not None]
        entries, errors = parsed(new)
        found = [_bare(entry) for entry in entries]
        if errors != self.parsed[1] or sorted(found, key=_key) != sorted(wanted, key=_key):
            raise LedgerWriteError(
                f"{self.path}: with the changed entries Beancount would not read what is meant;"
                " nothing was written"
            )
        return Change(self.old, new)

    def _counter(self, transaction: Transaction, index: int) -> int | None:
        """The posting that has the sum of a person's hours; None where Beancount works it out.

        Raises:
            UneditableError: it cannot be told.
        """
        postings = transaction.postings
        if any(not isinstance(one.units, Amount) or number_in(one) is None for one in postings):
            return None
        worked = [at for at, one in enumerate(postings) if self._family(one) == "worked"]
        meta = postings[index].meta or {}
        person = str(meta.get("person", transaction.meta.get("person", "")))
        if len(worked) > 1:
            own = self.accounts.worked(person)
            worked = [at for at in worked if postings[at].account == own]
        line = int(meta["lineno"])
        if len(worked) != 1:
            raise self.refusal(line, "the posting that has the sum of its hours cannot be told")
        counter = postings[worked[0]]
        self.amount((counter.meta or {})["lineno"], counter)
        return worked[0]

    def _family(self, posting: Posting) -> str:
        role = self.roles[posting.account]
        return role.family if role else ""

    def _is_entry(self, posting: Posting) -> bool:
        role = self.roles[posting.account]
        return bool(role and role.is_entry)

    def _entries_left(self, edit: Edit) -> bool:
        """Whether a transaction has entries when what was taken and `edit` are made."""
        edits = {**self._edits.get(edit.transaction.meta["lineno"], {}), edit.at: edit}
        gone = {at for at, one in edits.items() if one.posting is None}
        return any(
            at not in gone and self._is_entry(one)
            for at, one in enumerate(edit.transaction.postings)
        )

    def _check_plain(self, transaction: Transaction, line: int) -> None:
        """That a transaction without entries has nothing else that a person wrote.

        Raises:
            UneditableError: it has.
        """
        first, end = transaction.meta["lineno"], self.end(transaction)
        texts = quoted(transaction.payee or ""), quoted(transaction.narration or "")
        plain = self.text(first) == f"{transaction.date.isoformat()} * {' '.join(texts)}"
        others = [one for one in transaction.postings if not self._is_entry(one)]
        bare = len(others) == 1 and not set(others[0].meta or {}) - PLACE
        commented = any(b";" in self.bare_line(number) for number in range(first, end + 1))
        if not plain or not bare or commented:
            raise self.refusal(line, "its transaction has more than an import writes")

    def _finished(
        self, transaction: Transaction, edits: Mapping[int, Edit], swapped: dict[int, list[bytes]]
    ) -> Transaction | None:
        """The transaction with its edits and their sum; None if nothing is left of it."""
        if not self._entries_left(next(iter(edits.values()))):
            self._drop(transaction, swapped)
            return None
        postings: list[Posting | None] = list(transaction.postings)
        for index, edit in edits.items():
            counter = self._counter(transaction, index) if _moves(edit) else None
            postings[index] = edit.posting
            if counter is not None:
                sum_of = postings[counter]
                assert sum_of is not None
                left = (number_in(sum_of) or Decimal(0)) + _hours_of(edit)
                postings[counter] = sum_of._replace(units=_amount(left, sum_of))
        for old, now in zip(transaction.postings, postings, strict=True):
            if now is not None and self._family(old) == "worked" and now.units != old.units:
                number = (old.meta or {})["lineno"]
                total = Decimal(written(number_in(now) or Decimal(0)))
                swapped[number] = [self.ended(self.posting_line(number, old, old.account, total))]
        kept = [one for one in postings if one is not None]
        return self._named(transaction, transaction._replace(postings=kept), swapped)

    def _named(
        self, old: Transaction, new: Transaction, swapped: dict[int, list[bytes]]
    ) -> Transaction:
        """The transaction with the sums of its projects in its narration, where it had them."""
        before, after = self._narration(old), self._narration(new)
        first = old.meta["lineno"]
        head, found, tail = self.text(first).rpartition(quoted(before))
        if before != old.narration or before == after or not found:
            return new
        swapped[first] = [self.line(f"{head}{quoted(after)}{tail}")]
        return new._replace(narration=after)

    def _narration(self, transaction: Transaction) -> str:
        sums: dict[str, int] = {}
        for posting in transaction.postings:
            role, number = self.roles[posting.account], number_in(posting)
            if role is not None and role.is_entry and number is not None:
                sums[role.component] = sums.get(role.component, 0) + seconds_of(number)
        return ", ".join(f"{project} {hours(seconds)} h" for project, seconds in sums.items())

    def _drop(self, transaction: Transaction, swapped: dict[int, list[bytes]]) -> None:
        """Take a whole transaction out, with one of the blank lines around it."""
        first, end = transaction.meta["lineno"], self.end(transaction)
        for number in range(first, end + 1):
            swapped[number] = []
        if end < len(self.lines):
            if not self.text(end + 1).strip():
                swapped[end + 1] = []
        elif first > 1 and not self.text(first - 1).strip():
            swapped[first - 1] = []


def _amount(number: Decimal, posting: Posting) -> Amount:
    """A number of what the posting has."""
    assert isinstance(posting.units, Amount)
    return Amount(number, posting.units.currency)


def _hours_of(edit: Edit) -> Decimal:
    """How many hours less the posting has."""
    before = number_in(edit.transaction.postings[edit.at]) or Decimal(0)
    after = number_in(edit.posting) if edit.posting is not None else None
    return before - (after or Decimal(0))


def _moves(edit: Edit) -> bool:
    return edit.posting is None or bool(_hours_of(edit))


def _key(entry: Any) -> tuple[object, str]:
    return entry.date, repr(entry)


def _bare(entry: Any) -> Any:
    """A directive without its places."""
    bare = entry._replace(meta=_without_place(entry.meta))
    if isinstance(entry, Transaction):
        postings = [one._replace(meta=_without_place(one.meta)) for one in entry.postings]
        bare = bare._replace(postings=postings)
    return bare


def _without_place(meta: Mapping[str, Any] | None) -> dict[str, Any]:
    said = ((key, value) for key, value in (meta or {}).items() if key not in PLACE)
    # In one order, so that what is equal also looks so.
    return dict(sorted(said, key=lambda pair: pair[0]))


def changes_of(files: Iterable[TimeFile]) -> Sequence[Change]:
    """The changes of all files that have edits.

    Raises:
        LedgerWriteError: one of them would not read as meant.
    """
    return [file.change() for file in files if file.has_edits]
