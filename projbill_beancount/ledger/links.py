"""The invoices that a bank transaction pays, written into its text where it stands.

One invoice is a link at the end of the transaction's first line; several, or one beside others, are
`invoice:` under postings. Every other byte of the file stays as it is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from typing import Any
from typing import NamedTuple

from beancount.core import data
from beancount.core.amount import Amount
from beancount.parser import parser

from projbill_beancount.ledger.errors import LedgerWriteError
from projbill_beancount.ledger.record import quoted

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable
    from collections.abc import Sequence
    from decimal import Decimal

LINK = re.compile(r"[A-Za-z0-9\-_/.]+")
_HEAD = re.compile(rb'"(?:[^"\\]|\\.)*"|[^"\s;]+|[ \t]+', re.DOTALL)
_POSTING = re.compile(
    r"(?P<lead>[ \t]+(?:[*!&#?%A-Z][ \t]+)?)(?P<account>[^\s;]+)(?P<rest>.*)", re.DOTALL
)
_AMOUNT = re.compile(
    r"(?P<gap>[ \t]+)(?P<number>[-+]?[\d.,]+)(?P<space>[ \t]+)(?P<currency>[A-Z][^\s;]*)"
    r"(?P<tail>[ \t]*(?:;.*)?)",
    re.DOTALL,
)
_NOTHING = re.compile(r"[ \t]*(?:;.*)?", re.DOTALL)


class Allocation(NamedTuple):
    """What of a payment is for a document, in the payment's currency, positive."""

    number: str
    amount: Decimal


class Linking(NamedTuple):
    """A posting of a transaction that is to be allocated.

    `account` is the client's receivable, which takes the place of another account that the posting
    has. `by_link` says that a link on the transaction suffices.
    """

    transaction: data.Transaction
    posting: data.Posting
    account: str
    currency: str
    allocations: tuple[Allocation, ...]
    by_link: bool

    @property
    def path(self) -> str:
        """The file that it stands in."""
        return str(self.transaction.meta["filename"])

    @property
    def line(self) -> int:
        """The line of the posting."""
        return int((self.posting.meta or {})["lineno"])

    def meant(self) -> data.Transaction:
        """The transaction as it is to be afterwards."""
        if self.by_link:
            links = frozenset(self.transaction.links or ())
            return self.transaction._replace(links=links | {self.allocations[0].number})
        postings: list[data.Posting] = []
        for posting in self.transaction.postings:
            postings += self._allocated(posting) if posting is self.posting else [posting]
        return self.transaction._replace(postings=postings)

    def _allocated(self, posting: data.Posting) -> list[data.Posting]:
        place = {key: (posting.meta or {})[key] for key in ("filename", "lineno")}
        parts = []
        for index, one in enumerate(self.allocations, 1):
            last = index == len(self.allocations)
            meta = {**((posting.meta or {}) if last else place), "invoice": one.number}
            units = posting.units
            if len(self.allocations) > 1:
                units = Amount(-one.amount, self.currency)
            parts.append(posting._replace(account=self.account, units=units, meta=meta))
        return parts


def linked(content: bytes, linkings: Sequence[Linking], path: str) -> bytes:
    """`content` of the file at `path` with what `linkings` (all of that file) say.

    Raises:
        LedgerWriteError: a line is not as it was read, or cannot be divided.
    """
    lines = content.split(b"\n")
    before = _parsed(content)
    transactions = {
        entry.meta["lineno"]: entry for entry in before[0] if isinstance(entry, data.Transaction)
    }
    for one in linkings:
        if not _is_there(one, transactions.get(one.transaction.meta["lineno"])):
            raise _changed(path, one.line)
    for one in sorted(linkings, key=lambda one: -one.line):
        if one.by_link:
            _link(lines, one, path)
        else:
            lines[one.line - 1 : one.line] = _postings(lines, one, path)
    new = b"\n".join(lines)
    _prove(before, _parsed(new), linkings, path)
    return new


def _is_there(one: Linking, parsed: data.Transaction | None) -> bool:
    """Whether what the file has in its place is the transaction that was loaded."""
    meant = one.transaction
    return (
        parsed is not None
        and (parsed.date, parsed.payee, parsed.narration)
        == (meant.date, meant.payee, meant.narration)
        and any(
            posting.account == one.posting.account
            and (posting.meta or {}).get("lineno") == one.line
            for posting in parsed.postings
        )
    )


def _link(lines: list[bytes], one: Linking, path: str) -> None:
    """Put the link behind the last word of the transaction's first line, which may be several."""
    first = int(one.transaction.meta["lineno"]) - 1
    text = b"\n".join(lines[first : one.line - 1])
    at = end = 0
    while found := _HEAD.match(text, at):
        at = found.end()
        if found[0].strip():
            end = at
    if not end:
        raise _changed(path, first + 1)
    link = f" ^{one.allocations[0].number}".encode()
    lines[first : one.line - 1] = (text[:end] + link + text[end:]).split(b"\n")


def _postings(lines: Sequence[bytes], one: Linking, path: str) -> list[bytes]:
    """The posting's line as one or several, each with `invoice:` under it."""
    line = lines[one.line - 1]
    returned = b"\r" if line.endswith(b"\r") or (lines[0].endswith(b"\r")) else b""
    text = line.removesuffix(b"\r").decode("utf-8", "replace")
    found = _POSTING.fullmatch(text)
    if found is None or found["account"] != one.posting.account:
        raise _changed(path, one.line)
    lead, rest = found["lead"], found["rest"]
    inner = re.match(r"[ \t]+", text)[0] * 2  # type: ignore[index]
    written: list[str] = []
    for index, part in enumerate(one.allocations, 1):
        amount = rest
        if len(one.allocations) > 1:
            amount = _amount(one, rest, part, path, last=index == len(one.allocations))
        written.append(f"{lead}{one.account}{amount}")
        written.append(f"{inner}invoice: {quoted(part.number)}")
    parts = [each.encode() + returned for each in written]
    if one.line == len(lines) and not line.endswith(b"\r"):
        parts[-1] = parts[-1].removesuffix(b"\r")
    return parts


def _amount(one: Linking, rest: str, part: Allocation, path: str, *, last: bool) -> str:
    """What follows the account: the part's amount where the whole one stood."""
    number = f"{-part.amount:f}"
    amount = _AMOUNT.fullmatch(rest)
    if amount is not None:
        number = number.rjust(len(amount["number"]))
        tail = amount["tail"] if last else ""
        return f"{amount['gap']}{number}{amount['space']}{amount['currency']}{tail}"
    if _NOTHING.fullmatch(rest):
        return f"  {number} {one.currency}{rest if last else ''}"
    raise LedgerWriteError(
        f"{path}:{one.line}: its amount is not a plain number, so that it cannot be divided among "
        "invoices; divide it by hand"
    )


def _changed(path: str, line: int) -> LedgerWriteError:
    return LedgerWriteError(
        f"{path}:{line}: the line is not as the ledger has it; nothing was written, run it again"
    )


def _parsed(content: bytes) -> tuple[list[Any], int]:
    """The directives of a file, and how many errors it has."""
    entries, errors, _ = parser.parse_string(content.decode("utf-8", "replace"))  # type: ignore[no-untyped-call, unused-ignore]
    return entries, len(errors)


def _prove(
    before: tuple[list[Any], int],
    after: tuple[list[Any], int],
    linkings: Iterable[Linking],
    path: str,
) -> None:
    """Check that Beancount reads the same as before but for the links and the allocations.

    Raises:
        LedgerWriteError: it does not.
    """
    wanted: dict[int, list[Linking]] = {}
    for one in linkings:
        wanted.setdefault(int(one.transaction.meta["lineno"]), []).append(one)
    meant = [_bare(_as_meant(entry, wanted.pop(entry.meta["lineno"], ()))) for entry in before[0]]
    # Beancount sorts what it parses by date and line, so that the order is the same.
    if wanted or before[1] != after[1] or meant != [_bare(entry) for entry in after[0]]:
        raise LedgerWriteError(
            f"{path}: with the links Beancount would not read what is meant; nothing was written"
        )


def _as_meant(entry: Any, linkings: Iterable[Linking]) -> Any:
    """A parsed directive as it is to be parsed afterwards."""
    for one in linkings:
        (posting,) = [
            posting for posting in entry.postings if (posting.meta or {}).get("lineno") == one.line
        ]
        entry = one._replace(transaction=entry, posting=posting).meant()
    return entry


def _bare(entry: Any) -> Any:
    """A directive without its places."""
    bare = entry._replace(meta=_without_place(entry.meta))
    if isinstance(entry, data.Transaction):
        postings = [one._replace(meta=_without_place(one.meta)) for one in entry.postings]
        bare = bare._replace(postings=postings)
    return bare


def _without_place(meta: Any) -> dict[str, Any]:
    return {key: value for key, value in (meta or {}).items() if key not in {"filename", "lineno"}}
