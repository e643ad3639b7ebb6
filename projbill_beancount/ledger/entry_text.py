"""How an entry of time is laid out in a file of the ledger, and new lines in the same layout."""

from __future__ import annotations

import io
import re
from decimal import Decimal
from decimal import InvalidOperation
from typing import TYPE_CHECKING
from typing import Any

from beancount.core.amount import Amount
from beancount.core.data import Transaction
from beancount.parser import parser

from projbill_beancount.ledger.files import read_snapshot
from projbill_beancount.ledger.record import quoted

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable
    from collections.abc import Mapping
    from collections.abc import Sequence

    from beancount.core.data import Posting

#: The keys of an entry that importers write, in their order.
OWN_KEYS = ("id", "task", "role", "rate", "billable", "note", "start", "end", "tool-invoice")
PLACE = frozenset(("filename", "lineno"))
PLACES = 4
BY_HAND = "change it by hand, as the export has it"

_KEY = re.compile(
    r'(?P<lead>[ \t]+)(?P<key>[a-z][\w-]*)(?P<colon>:[ \t]*)(?P<value>"(?:[^"\\]|\\.)*"|[^\s;"][^;"]*?)?'
    r"(?P<tail>[ \t]*(?:;.*)?)"
)
_POSTING = re.compile(
    r"(?P<lead>[ \t]+)(?P<account>[^\s;]+)(?P<gap>[ \t]+)(?P<number>[-+]?[\d.,]+)"
    r"(?P<tail>[ \t]+[A-Z][^\s;@{]*[ \t]*(?:;.*)?)"
)


class UneditableError(Exception):
    """An entry that cannot be changed where it stands; the message has file, line and reason."""


class EntryText:
    """The lines of a file, with what Beancount reads in them.

    Raises:
        LedgerWriteError: it cannot be read.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.old = read_snapshot(path)
        self.lines: list[bytes] = re.findall(rb"[^\n]*\n|[^\n]+", self.old.content)
        self.newline = "\r\n" if b"\r\n" in self.old.content else "\n"
        self.parsed = parsed(self.old.content)
        self.postings: dict[int, tuple[Transaction, int]] = {}
        for entry in self.parsed[0]:
            if isinstance(entry, Transaction):
                for index, posting in enumerate(entry.postings):
                    self.postings[(posting.meta or {})["lineno"]] = entry, index

    def find(self, line: int, identity: str) -> tuple[Transaction, int]:
        """The transaction with the posting in `line`, and its place there; it must have that id."""
        found = self.postings.get(line)
        if found is not None:
            posting = found[0].postings[found[1]]
            if str((posting.meta or {}).get("id")) == identity and number_in(posting) is not None:
                return found
        raise self.refusal(line, "it is not as it was loaded", "run this again")

    def refusal(self, line: int, reason: str, remedy: str = BY_HAND) -> UneditableError:
        """That an entry cannot be changed: the place, the reason, and what to do."""
        return UneditableError(f"{self.path}:{line}: {reason}; {remedy}")

    def text(self, line: int) -> str:
        """A line without its end."""
        return self.lines[line - 1].decode("utf-8", "replace").rstrip("\r\n")

    def bare_line(self, line: int) -> bytes:
        """A line without its strings."""
        return re.sub(rb'"(?:[^"\\]|\\.)*"', b"", self.lines[line - 1])

    def end(self, transaction: Transaction) -> int:
        """The last line of a transaction."""
        last = max((posting.meta or {})["lineno"] for posting in transaction.postings)
        while last < len(self.lines) and self.text(last + 1)[:1] in {" ", "\t"}:
            if not self.text(last + 1).strip():
                break
            last += 1
        return int(last)

    def block(self, transaction: Transaction, index: int) -> range:
        """The lines under a posting."""
        lines = sorted((posting.meta or {})["lineno"] for posting in transaction.postings)
        line = (transaction.postings[index].meta or {})["lineno"]
        after = next((one for one in lines if one > line), self.end(transaction) + 1)
        return range(line + 1, after)

    def posting_line(self, line: int, posting: Posting, account: str, number: Decimal) -> bytes:
        """A posting's line with another account or number, which ends in the same column."""
        found = self.amount(line, posting)
        if (account, number) == (posting.account, number_in(posting)):
            return self.lines[line - 1]
        said = found["number"] if number == number_in(posting) else written(number)
        width = len(found["account"] + found["gap"] + found["number"])
        gap = max(width - len(account) - len(said), 2)
        return self.line(f"{found['lead']}{account}{' ' * gap}{said}{found['tail']}")

    def amount(self, line: int, posting: Posting, of: str = "number of hours") -> re.Match[str]:
        """The parts of a posting's line; `of` says what it has.

        Raises:
            UneditableError: it has others.
        """
        found = _POSTING.fullmatch(self.text(line))
        try:
            if (
                found is not None
                and found["account"] == posting.account
                and Decimal(found["number"].replace(",", "")) == number_in(posting)
            ):
                return found
        except InvalidOperation:
            pass
        raise self.refusal(line, f"its amount is not a plain {of}")

    def line(self, text: str) -> bytes:
        """A new line, with the end that the file's lines have."""
        return (text + self.newline).encode()

    def key_lines(
        self,
        line: int,
        block: Iterable[int],
        meta: Mapping[str, object] | None,
        wanted: Mapping[str, object],
        keys: Sequence[str] = OWN_KEYS,
    ) -> dict[int, list[bytes]]:
        """The lines of an importer's keys, old and new; those of people are not among them.

        `meta` is what they say now. A value of `wanted` that is the old one itself stays as it is.
        """
        meta = meta or {}
        there: dict[str, tuple[int, re.Match[str]]] = {}
        for number in block:
            found = _KEY.fullmatch(self.text(number))
            if found is not None:
                there[found["key"]] = number, found
            elif not self.text(number).lstrip().startswith(";"):
                raise self.refusal(number, "this line is not a key with a value on one line")
        if "id" not in there or any(key in meta and key not in there for key in keys):
            raise self.refusal(line, "its keys are not on lines of their own")
        lines: dict[int, list[bytes]] = {}
        last = there["id"][0]
        lead = there["id"][1]["lead"]
        for key in keys:
            if key in there:
                last, found = there[key]
                lead = found["lead"]
                lines[last] = [self._key_line(last, found, meta.get(key), wanted.get(key))]
            elif key in wanted:
                before = lines.setdefault(last, [self.lines[last - 1]])
                before.append(self.line(f"{lead}{key}: {_value(wanted[key])}"))
        return {
            number: [self.ended(text) for text in texts if text] for number, texts in lines.items()
        }

    def _key_line(self, number: int, found: re.Match[str], old: object, new: object) -> bytes:
        if new is None:
            if found["tail"].strip():
                raise self.refusal(number, "it has a comment, which would be lost")
            return b""
        if old is new or (not isinstance(old, bool) and str(old) == new):
            return self.lines[number - 1]
        return self.line(f"{found['lead']}{found['key']}: {_value(new)}{found['tail']}")

    def ended(self, line: bytes) -> bytes:
        """A line with its end, which the last of a file may lack."""
        return line if line.endswith(b"\n") else line + self.newline.encode()


def number_in(posting: Posting) -> Decimal | None:
    """What number a posting has; None where Beancount works it out."""
    units = posting.units
    number = units.number if isinstance(units, Amount) else None
    return number if isinstance(number, Decimal) else None


def written(number: Decimal) -> str:
    """Hours with four places, or with more if they have more."""
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int)
    return f"{number:.{max(PLACES, -exponent)}f}"


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return quoted(str(value))


def parsed(content: bytes) -> tuple[list[Any], int]:
    """The directives of a file, and how many errors it has."""
    entries, errors, _ = parser.parse_file(io.BytesIO(content), report_filename="file")
    return entries, len(errors)
