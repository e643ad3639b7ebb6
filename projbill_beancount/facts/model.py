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

from projbill_beancount.facts.values import day_said
from projbill_beancount.facts.values import seconds_said
from projbill_beancount.terms.model import BillRule
from projbill_beancount.terms.model import Place

TimeAccount = Literal["unbilled", "non-billable"]


class TimeEntry(NamedTuple):
    """Logged time of one person on one project.

    `seconds` is signed. `billable` and `approved` are the entry's own words, None where it has
    none. `rate` is its own price per hour with its currency (empty: the contract's). `start` and
    `end` are seconds since the epoch, None where unknown. `file` and `line` are those of the
    posting.
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
    approved: bool | None = None

    @property
    def place(self) -> Place:
        """Where the ledger says so."""
        return Place(self.file, self.line)


class Progress(NamedTuple):
    """A report of cumulative completion: of a milestone, or of the contract (milestone "").

    `percent` is None for a report that only accepts; `accepted` is the day of acceptance.
    `remaining` is the effort that is still to be done, in seconds, where the report tells it.
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
    remaining: int | None = None

    @property
    def place(self) -> Place:
        """Where the ledger says so."""
        return Place(self.file, self.line)


class ChangeOrder(NamedTuple):
    """A change of what was agreed, dated when it was asked for.

    `amount` is the difference in price, `cap` and `seconds` those of a cap and of an allocation
    or a cap in hours. `approved` and `rejected` are days, None while it is pending; `approved_at`
    is where the ledger approves it. With
    `milestone` it amends that price; without, it is billed by itself: on the next draft, or with a
    `bill` as a milestone is.
    """

    id: str
    date: dt.date
    project: str
    title: str
    amount: Decimal
    currency: str
    approved: dt.date | None
    rejected: dt.date | None
    milestone: str
    cap: Decimal | None
    seconds: int | None
    bill: BillRule | None
    tax: str | None
    file: str
    line: int
    approved_at: Place | None = None

    @property
    def place(self) -> Place:
        """Where the ledger says so."""
        return Place(self.file, self.line)


DecisionKind = Literal["hold", "release", "write-off", "billed-before", "adjustment"]


class Decision(NamedTuple):
    """A dated directive about billing.

    `subject` is a draft's id, an entry's id, a milestone, an adjustment's id, or "" for the whole
    contract. `amount` is the net that a release names, what was billed before, or the adjustment.
    """

    kind: DecisionKind
    date: dt.date
    project: str
    subject: str
    amount: Decimal | None
    currency: str
    text: str
    order: int
    file: str
    line: int

    @property
    def place(self) -> Place:
        """Where the ledger says so."""
        return Place(self.file, self.line)


class Expense(NamedTuple):
    """A cost that is billed on to the client; `markup` in percent, `tax` as on a milestone.

    With `on_assets` it is a disbursement in the client's name, which the client owes back.
    """

    id: str
    date: dt.date
    project: str
    amount: Decimal
    currency: str
    markup: Decimal
    tax: str | None
    text: str
    account: str
    file: str
    line: int
    on_assets: bool = False

    @property
    def place(self) -> Place:
        """Where the ledger says so."""
        return Place(self.file, self.line)


class PriceOn(NamedTuple):
    """What one unit of a currency costs in another from a day on."""

    date: dt.date
    amount: Decimal


class Booking(NamedTuple):
    """A posting of money on an account that billing watches; `amount` as the ledger signs it.

    `project` is what its transaction names, or the project of the income that it books.
    """

    date: dt.date
    account: str
    amount: Decimal
    currency: str
    place: Place
    project: str = ""


class Settlement(NamedTuple):
    """A posting on a client's receivable that no invoice, credit note or void made.

    `amount` is positive for what lowers the client's debt: a payment, or a discount; a refund is
    negative. `number` is the document that it names; with a `problem` it settles none, and that
    says why. `booked` are the accounts on the other side, as the ledger signs them. `project` is
    that of an unallocated one, where it names one.
    """

    date: dt.date
    client: str
    account: str
    amount: Decimal
    currency: str
    number: str
    problem: str
    text: str
    project: str
    booked: tuple[tuple[str, Decimal, str], ...]
    place: Place


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
        return day_said(self.day) if self.day else None

    @property
    def seconds(self) -> int | None:
        """Worked seconds."""
        return seconds_said(self.hours.partition("/")[0]) if self.hours else None

    @property
    def billed_seconds(self) -> int | None:
        """Billed seconds: the worked ones unless the line says else."""
        return seconds_said(self.hours.rpartition("/")[2]) if self.hours else None


#: The words of a `FrozenEntry`. A line keeps them plain: Python's garbage collector looks at
#: every NamedTuple again and again, and an old ledger has hundreds of thousands of entries.
FrozenWords = tuple[str, str, str, str, str]
FROZEN_PERSON, FROZEN_HOURS, FROZEN_ID = 1, 2, 3


class InvoiceLine(NamedTuple):
    """A line of an issued invoice; `amount` is positive for what the client owes, net of tax.

    `frozen` has the words of its entries, `expenses` the ids of the expenses that it bills.
    `basis` is the price of its milestone at issue, `complete` the percentage that it bills up to.
    `quantity` is in hours unless `unit` is "DAY". `tax_rate` is in percent, where the line says it:
    its tax code alone does not where an invoice has two rates of one code.
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
    basis: Decimal | None = None
    complete: Decimal | None = None
    change_order: str = ""
    expenses: tuple[str, ...] = ()
    prior_period: bool = False
    unit: str = "HOUR"
    adjustment: str = ""
    tax_rate: Decimal | None = None

    @property
    def entries(self) -> tuple[FrozenEntry, ...]:
        """The entries that the line bills or covers, as it froze them."""
        return tuple(map(FrozenEntry._make, self.frozen))

    @property
    def ids(self) -> list[str]:
        """The ids of its entries."""
        return [words[FROZEN_ID] for words in self.frozen]


class InvoiceTax(NamedTuple):
    """A tax posting of an invoice; `code`, `rate` (percent) and `base` as far as it says them."""

    code: str
    rate: Decimal | None
    base: Decimal | None
    amount: Decimal
    account: str = ""


class Invoice(NamedTuple):
    """An issued invoice, a credit note, or a numberless `#closed` transaction (number "", net 0).

    `net` and `total` are what it says; `posted` is what stands on the receivable and on
    retention and deposit accounts, gross. Amounts of a credit note are positive, `corrects` is the
    number that it corrects. `paid` are the settlements (date, amount), positive, in the invoice's
    currency, `released` what was given back of the retention. `final` says that the project is
    closed with it; `covers` closes time up to that day; `voided` is the day on which it was taken
    back whole.
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
    covers: dt.date | None = None
    corrects: str = ""
    voided: dt.date | None = None
    taxes: tuple[InvoiceTax, ...] = ()
    posted: Decimal = Decimal(0)
    retained: Decimal = Decimal(0)
    deposit: Decimal = Decimal(0)
    released: tuple[tuple[dt.date, Decimal], ...] = ()
    client: str = ""
    title: str = ""
    is_changed: bool = False

    @property
    def place(self) -> Place:
        """Where the ledger says so."""
        return Place(self.file, self.line)

    def is_live(self, as_of: dt.date) -> bool:
        """Whether it counts on a day: it is issued by then, and not taken back."""
        return self.date <= as_of and (self.voided is None or self.voided > as_of)


class Paper(NamedTuple):
    """A document of an invoice (`kind` "document"), or its sending ("sent"); `text` says which."""

    kind: str
    date: dt.date
    text: str
    place: Place


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

    `time` is keyed by project id as written; `progress`, `change_orders`, `decisions` and
    `expenses` likewise. `deposits` are the bookings on deposit accounts by client, `unregistered`
    the debits of receivables under no invoice's number. `prices` are those of a currency in another,
    by date. `priced_apart` are the ids of entries with a rate, a role or a correction of their own.
    `income` are the bookings by hand on income accounts, by project; `papers` the documents and
    sendings of invoices, by number. `settlements` are what was paid, in the ledger's order.
    Of projects in the accrual style, `invoiced_time` has the settled entries whole, and `accrued`
    the bookings by hand on their unbilled and deferred accounts; `by_hand` says that the plugin
    posts none itself. `accounts` is None where any
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
    change_orders: Mapping[str, Sequence[ChangeOrder]] = {}
    decisions: Mapping[str, Sequence[Decision]] = {}
    expenses: Mapping[str, Sequence[Expense]] = {}
    credit_notes: Sequence[Invoice] = ()
    deposits: Mapping[str, Sequence[Booking]] = {}
    unregistered: Sequence[Booking] = ()
    prices: Mapping[tuple[str, str], Sequence[PriceOn]] = {}
    priced_apart: frozenset[str] = frozenset()
    income: Mapping[str, Sequence[Booking]] = {}
    papers: Mapping[str, Sequence[Paper]] = {}
    settlements: Sequence[Settlement] = ()
    invoiced_time: Mapping[str, Sequence[TimeEntry]] = {}
    accrued: Mapping[str, Sequence[Booking]] = {}
    by_hand: bool = False
