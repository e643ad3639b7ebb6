"""Transactions that are changed whole where they stand: expenses and reports that importers wrote.

As with entries of time, only what is different is written, and a text that is laid out in another
way than such a change understands is refused. A transaction of another day moves as it stands,
with all that people wrote in it.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING
from typing import NamedTuple

from beancount.core.amount import Amount

from projbill_beancount.ledger.entry_text import number_in
from projbill_beancount.ledger.insert import inserted
from projbill_beancount.ledger.record import quoted
from projbill_beancount.ledger.replace import TimeFile

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Mapping
    from collections.abc import Sequence
    from datetime import date

    from beancount.core.data import Posting
    from beancount.core.data import Transaction

    from projbill_beancount.ledger.files import Change
    from projbill_beancount.terms.accounts import Accounts

_HEAD = re.compile(
    r'(?P<date>\d{4}[-/]\d\d?[-/]\d\d?)(?P<flag>\s+\S+\s+)(?:(?P<payee>"(?:[^"\\]|\\.)*")(?P<gap>\s+))?'
    r'(?P<narration>"(?:[^"\\]|\\.)*")(?P<tail>[^"]*?(?:;.*)?)'
)


class Head(NamedTuple):
    """What the first line of a transaction says."""

    date: date
    payee: str
    narration: str


class Money(NamedTuple):
    """What the posting of an expense says; `text` is its number as it is written."""

    account: str
    number: Decimal
    text: str
    currency: str


class Rewrite(NamedTuple):
    """What is to become of a transaction: new lines by the numbers of the old ones.

    `meant` is what Beancount is to read then.
    """

    lines: Mapping[int, list[bytes]]
    transaction: Transaction
    meant: Transaction


class LedgerFile(TimeFile):
    """A file of the ledger with transactions and entries that are to be changed.

    A new file begins with the text `begin`.

    Raises:
        LedgerWriteError: it cannot be read.
    """

    def __init__(self, path: str, accounts: Accounts, begin: str = "") -> None:
        super().__init__(path, accounts)
        self.begin = begin.encode()
        self._whole: dict[int, Rewrite] = {}
        self._gone: set[int] = set()
        self._added: list[tuple[date, str, Transaction]] = []

    def report(
        self,
        line: int,
        identity: str,
        head: Head,
        wanted: Mapping[str, object],
        keys: Sequence[str],
    ) -> Rewrite:
        """The report that begins in `line` with another first line and these keys.

        Raises:
            UneditableError: its text is not one that can be changed safely.
        """
        transaction = self.begun(line, identity)
        lines = {line: [self._head(transaction, head)]}
        block = range(line + 1, min((one.meta or {})["lineno"] for one in transaction.postings))
        lines |= self.key_lines(line, block, transaction.meta, wanted, keys)
        meta = {key: value for key, value in transaction.meta.items() if key not in keys}
        meant = transaction._replace(**head._asdict(), meta={**meta, **wanted})
        return Rewrite(lines, transaction, meant)

    def expense(
        self,
        line: int,
        identity: str,
        head: Head,
        money: Money,
        wanted: Mapping[str, object],
        keys: Sequence[str],
    ) -> Rewrite:
        """The expense whose posting is in `line`, with another sum, account or keys.

        Raises:
            UneditableError: its text is not one that can be changed safely.
        """
        transaction, index = self.find(line, identity)
        first = int(transaction.meta["lineno"])
        posting = transaction.postings[index]
        lines = {first: [self._head(transaction, head)]}
        postings = list(transaction.postings)
        lines[line] = [self._money_line(line, posting, money)]
        units = Amount(money.number, money.currency)
        meta = {key: value for key, value in (posting.meta or {}).items() if key not in keys}
        postings[index] = posting._replace(
            account=money.account, units=units, meta={**meta, **wanted}
        )
        lines |= self.key_lines(line, self.block(transaction, index), posting.meta, wanted, keys)
        if units != posting.units:
            number, other, text = self._other_side(transaction, index, money)
            if text:
                at = (postings[number].meta or {})["lineno"]
                lines[at] = [text]
                postings[number] = other
        meant = transaction._replace(**head._asdict(), postings=postings)
        return Rewrite(lines, transaction, meant)

    def begun(self, line: int, identity: str) -> Transaction:
        """The transaction that begins in `line` and has that id of its own."""
        for transaction, _ in self.postings.values():
            if transaction.meta["lineno"] == line and str(transaction.meta.get("id")) == identity:
                return transaction
        raise self.refusal(line, "it is not as it was loaded", "run this again")

    def rewrite(self, edit: Rewrite) -> None:
        """Make an edit one of those that `change` makes, where the transaction stands."""
        self._whole[edit.transaction.meta["lineno"]] = edit

    def move(self, edit: Rewrite, to: LedgerFile) -> None:
        """Take the transaction out, and put it as edited into a file in the order of dates."""
        first, end = edit.transaction.meta["lineno"], self.end(edit.transaction)
        rows = (edit.lines.get(at, [self.lines[at - 1]]) for at in range(first, end + 1))
        text = b"".join(self.ended(one) for row in rows for one in row).decode()
        self._whole[first] = edit
        self._gone.add(first)
        to._added.append((edit.meant.date, text.replace("\r\n", "\n"), edit.meant))

    def keeps_order(self, edit: Rewrite) -> bool:
        """Whether the transaction's new day fits between those before and after it in the file."""
        first, day = edit.transaction.meta["lineno"], edit.meant.date
        if day == edit.transaction.date:
            return True
        before = [one.date for one in self.parsed[0] if one.meta["lineno"] < first]
        after = [one.date for one in self.parsed[0] if one.meta["lineno"] > first]
        return max(before, default=day) <= day <= min(after, default=day)

    @property
    def has_edits(self) -> bool:
        """Whether anything of it is to be changed."""
        return super().has_edits or bool(self._whole or self._added)

    def change(self) -> Change:
        """The file with all edits that were taken.

        Raises:
            LedgerWriteError: Beancount would read anything else than what is meant.
        """
        swapped, meant = self._made()
        for first, edit in self._whole.items():
            if first in self._gone:
                self._drop(edit.transaction, swapped)
                meant[first] = None
            else:
                swapped.update(edit.lines)
                meant[first] = edit.meant
        new = self._joined(swapped)
        added = sorted(self._added, key=lambda one: one[0])
        new = inserted(new or self.begin, [(day, text) for day, text, _ in added], self.path)
        return self._proven(new, meant, [one for _, _, one in added])

    def _head(self, transaction: Transaction, head: Head) -> bytes:
        line = transaction.meta["lineno"]
        said = Head(transaction.date, transaction.payee or "", transaction.narration or "")
        if said == head:
            return self.ended(self.lines[line - 1])
        found = _HEAD.fullmatch(self.text(line))
        if found is None:
            raise self.refusal(line, "its first line is not a date, a flag and texts")
        day = found["date"] if said.date == head.date else head.date.isoformat()
        payee = found["payee"] or ""
        if said.payee != head.payee:
            payee = quoted(head.payee)
        narration = found["narration"]
        if said.narration != head.narration:
            narration = quoted(head.narration)
        payee += (found["gap"] or " ") if payee else ""
        return self.line(f"{day}{found['flag']}{payee}{narration}{found['tail']}")

    def _money_line(self, line: int, posting: Posting, money: Money) -> bytes:
        """The posting's line with another account, number or currency, ended in the same column."""
        found = self.amount(line, posting, "sum of money")
        units = posting.units
        assert isinstance(units, Amount)
        same = (posting.account, units.number, units.currency)
        if same == (money.account, money.number, money.currency):
            return self.ended(self.lines[line - 1])
        text = found["number"] if money.number == units.number else money.text
        width = len(found["account"] + found["gap"] + found["number"])
        gap = max(width - len(money.account) - len(text), 2)
        tail = found["tail"].replace(units.currency, money.currency, 1)
        return self.line(f"{found['lead']}{money.account}{' ' * gap}{text}{tail}")

    def _other_side(
        self, transaction: Transaction, index: int, money: Money
    ) -> tuple[int, Posting, bytes]:
        """The posting that pays for the expense, with the new sum; no text where none is written.

        Raises:
            UneditableError: there are several, or it is not of the same sum.
        """
        others = [at for at in range(len(transaction.postings)) if at != index]
        posting = transaction.postings[index]
        line = (posting.meta or {})["lineno"]
        if len(others) != 1:
            raise self.refusal(line, "its transaction has more postings than an import writes")
        other = transaction.postings[others[0]]
        if number_in(other) is None:
            return others[0], other, b""
        number = number_in(posting)
        assert number is not None
        assert isinstance(posting.units, Amount)
        if other.units != Amount(-number, posting.units.currency) or other.cost or other.price:
            raise self.refusal(line, "the other side of its transaction is not of the same sum")
        text = money.text[1:] if money.text.startswith("-") else f"-{money.text}"
        sides = Money(other.account, -money.number, text, money.currency)
        said = self._money_line((other.meta or {})["lineno"], other, sides)
        return (
            others[0],
            other._replace(units=Amount(Decimal(text), money.currency)),
            said,
        )
