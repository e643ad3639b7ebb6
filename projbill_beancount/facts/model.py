"""What happened: typed facts, independent of where they were read.

Hours are whole seconds, amounts `Decimal` in major units of the invoice's currency. Every fact
carries the file and line of its source.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from collections.abc import Sequence
from decimal import Decimal
from typing import Literal
from typing import NamedTuple

from projbill_beancount.facts.values import seconds_of
from projbill_beancount.terms.model import Place

TimeAccount = Literal["unbilled", "non-billable"]


class TimeEntry(NamedTuple):
    """Logged time of one person on one project.

    `seconds` is signed. `billable` is the entry's own word, None where it has none. `rate` is its
    own price per hour with its currency (empty: the contract's). `start` and `end` are seconds
    since the epoch, None where unknown. `file` and `line` are those of the posting.
    """

    id: str
    date: dt.date
    project: str
    person: str
    seconds: int
    account: TimeAccount
    task: str
    role: str
    rate: tuple[Decimal, str] | None
    billable: bool | None
    milestone: str
    note: str
    start: int | None
    end: int | None
    corrects: str
    source: str
    file: str
    line: int

    @property
    def place(self) -> Place:
        """Where the ledger says so."""
        return Place(self.file, self.line)


class Progress(NamedTuple):
    """A report of cumulative completion: of a milestone, or of the contract (milestone "").

    `percent` is None for a report that only accepts; `accepted` is the day of acceptance.
    `order` is the position in the ledger, which decides between reports of one day.
    """

    id: str
    date: dt.date
    project: str
    milestone: str
    percent: Decimal | None
    accepted: dt.date | None
    order: int
    file: str
    line: int

    @property
    def place(self) -> Place:
        """Where the ledger says so."""
        return Place(self.file, self.line)


class FrozenEntry(NamedTuple):
    """An entry as an invoice line froze it, in the words of the ledger; all but `id` may be "".

    Old ledgers hold hundreds of thousands of them, so that a word is only read when it is asked.
    The properties are None where the line gives only the id, and raise ValueError where a word
    cannot be read.
    """

    day: str
    person: str
    hours: str
    id: str
    task: str = ""

    @property
    def date(self) -> dt.date | None:
        """The work date."""
        return dt.date.fromisoformat(self.day) if self.day else None

    @property
    def seconds(self) -> int | None:
        """Worked seconds."""
        return seconds_of(Decimal(self.hours.partition("/")[0])) if self.hours else None


#: The words of a `FrozenEntry`. A line keeps them plain: Python's garbage collector looks at
#: every NamedTuple again and again, and an old ledger has hundreds of thousands of entries.
FrozenWords = tuple[str, str, str, str, str]
FROZEN_ID = 3


class InvoiceLine(NamedTuple):
    """A line of an issued invoice; `amount` is positive for what the client owes, net of tax.

    `frozen` has the words of its entries.
    """

    kind: str
    text: str
    project: str
    amount: Decimal
    account: str
    quantity: Decimal | None = None
    price: Decimal | None = None
    task: str = ""
    milestone: str = ""
    draft: str = ""
    tax: str = ""
    frozen: tuple[FrozenWords, ...] = ()
    place: Place = Place("", 0)

    @property
    def entries(self) -> tuple[FrozenEntry, ...]:
        """The entries that the line bills or covers, as it froze them."""
        return tuple(map(FrozenEntry._make, self.frozen))

    @property
    def ids(self) -> list[str]:
        """The ids of its entries."""
        return [words[FROZEN_ID] for words in self.frozen]


class Invoice(NamedTuple):
    """An issued invoice, or a numberless `#closed` transaction (number "", net 0).

    `paid` are the settlements (date, amount), positive, in the invoice's currency.
    `final` says that the project is closed with it.
    """

    number: str
    date: dt.date
    project: str
    draft: str
    period_start: dt.date | None
    period_end: dt.date | None
    due: dt.date | None
    currency: str
    net: Decimal
    total: Decimal
    lines: tuple[InvoiceLine, ...]
    receivable: str
    file: str
    line: int
    paid: tuple[tuple[dt.date, Decimal], ...] = ()
    final: bool = False

    @property
    def place(self) -> Place:
        """Where the ledger says so."""
        return Place(self.file, self.line)


class OpenAccount(NamedTuple):
    """When an account may be used, and with which currencies (empty: any)."""

    opened: dt.date
    closed: dt.date | None
    currencies: frozenset[str]


class Problem(NamedTuple):
    """Something that the ledger says and that cannot be read as a fact; `code` is a finding's.

    `entry` is the id of the time entry that cannot be billed because of it, if there is one.
    `hides_invoice` says that an invoice is unknown because of it: nothing more of the project may
    be billed, since it could be billed already.
    """

    code: str
    project: str
    date: dt.date | None
    message: str
    place: Place
    entry: str = ""
    hides_invoice: bool = False


class Facts(NamedTuple):
    """All that happened, in the order of the ledger.

    `settled` has, by project, the words of entries that stand in the ledger exactly as an issued
    invoice froze them, and that nothing else concerns any more; they are not in `time`.

    `time` is keyed by project id as written, `progress` likewise. `accounts` is None where any
    account may be used (a plugin of the ledger opens what it needs); `opened` are the accounts that
    the ledger opens either way. `time_accounts` are the accounts of the
    memo circuit that are used, each with its first day.
    """

    time: Mapping[str, Sequence[TimeEntry]] = {}
    progress: Mapping[str, Sequence[Progress]] = {}
    invoices: Sequence[Invoice] = ()
    accounts: Mapping[str, OpenAccount] | None = None
    problems: Sequence[Problem] = ()
    time_accounts: Mapping[str, dt.date] = {}
    opened: Mapping[str, OpenAccount] = {}
    settled: Mapping[str, Sequence[FrozenWords]] = {}
