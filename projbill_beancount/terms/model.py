"""What was agreed: the typed terms of the firm and of each contract.

Money and rates are `Decimal` in major units of the contract's currency, hours are whole seconds,
percentages are `Decimal` from 0 to 100. A `Place` says where in which file a term was written.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Literal
from typing import NamedTuple

Billing = Literal["fixed-fee", "time-and-materials", "hybrid", "retainer"]
Severity = Literal["error", "hold", "warning", "info"]
TriggerType = Literal["time", "milestone", "hybrid", "manual"]
Every = Literal["week", "two-weeks", "month", "quarter", "year"]
BillKind = Literal["complete", "accepted", "progress", "steps", "date", "manual"]
GroupKey = Literal["task", "rate", "person", "role", "entry", "day", "milestone"]


class Place(NamedTuple):
    """A line of a text file; `line` counts from 1."""

    file: str
    line: int


class Mistake(NamedTuple):
    """Something in a terms file that cannot be read as what the schema wants.

    `key` is the dotted path of the key (`milestones.M1.value`), empty for the whole file.
    `project` names the contract that bills nothing because of it, None for `projbill.yaml`.
    """

    place: Place
    key: str
    message: str
    project: str | None = None

    def __str__(self) -> str:
        key = f"{self.key}: " if self.key else ""
        return f"{self.place.file}:{self.place.line}: {key}{self.message}"


class DatedRate(NamedTuple):
    """A price per hour that applies from a work date on; `start` is `date.min` if undated."""

    start: date
    amount: Decimal
    currency: str
    place: Place


RateSchedule = tuple[DatedRate, ...]


class Rates(NamedTuple):
    """Prices per hour by what they apply to; the most specific one wins.

    `person_tasks` is keyed by (person, task). Each schedule is sorted by `start`, equal starts in
    the order of the file. With `day_seconds` the prices are per day of so many seconds.
    """

    default: RateSchedule = ()
    roles: Mapping[str, RateSchedule] = {}
    tasks: Mapping[str, RateSchedule] = {}
    people: Mapping[str, RateSchedule] = {}
    person_tasks: Mapping[tuple[str, str], RateSchedule] = {}
    day_seconds: int | None = None


class DatedText(NamedTuple):
    """A text that applies from a date on; `start` is `date.min` if undated."""

    start: date
    text: str


class DatedPercent(NamedTuple):
    """A percentage that applies from a date on; `start` is `date.min` if undated."""

    start: date
    percent: Decimal


class Company(NamedTuple):
    """Who bills."""

    name: str = ""
    address: tuple[str, ...] = ()
    country: str = ""
    vat_id: str = ""
    iban: str = ""
    email: str = ""


class Client(NamedTuple):
    """Whom we bill. `account` is the client's component in account names."""

    id: str
    name: str
    account: str
    place: Place
    address: tuple[str, ...] = ()
    country: str = ""
    vat_id: str = ""
    email: str = ""
    reference: str = ""


class Person(NamedTuple):
    """Who works. `roles` are dated, sorted by start; `cost` is per hour in the firm's currency.

    `zone` is an IANA time zone name or empty; `aliases` are names under which exports know them.
    """

    id: str
    name: str
    account: str
    place: Place
    roles: tuple[DatedText, ...] = ()
    cost: Decimal | None = None
    zone: str = ""
    until: date | None = None
    aliases: tuple[str, ...] = ()


class Tax(NamedTuple):
    """A tax code with its dated rates in percent, sorted by start."""

    code: str
    name: str
    account: str
    rates: tuple[DatedPercent, ...]
    place: Place
    note: str = ""


class MatchRule(NamedTuple):
    """Which rows of an export belong to a contract: every pattern must fit.

    `patterns` maps a field (`client`, `project`, `task`, `tag`, `source`, `jira-project`) to a
    shell-style pattern, compared without regard to case. An empty cell fits `*`, `-` and the empty
    pattern. The rule applies to work dates from `start` to `end`, both included.
    """

    patterns: Mapping[str, str]
    place: Place
    start: date | None = None
    end: date | None = None


class Task(NamedTuple):
    """A task of a contract. `billable` is None where the contract does not say."""

    name: str
    billable: bool | None = None
    milestone: str | None = None


class BillRule(NamedTuple):
    """When a milestone lets itself be billed.

    `steps` are percentages for kind `steps`; `date` and `advance` belong to kind `date`.
    """

    kind: BillKind = "complete"
    steps: tuple[Decimal, ...] = ()
    date: date | None = None
    advance: bool = False


#: What a milestone can be in a tool: the keys of its `match:`.
MATCH_KINDS = (
    "jira",
    "fix-version",
    "epic",
    "github",
    "gitlab",
    "linear",
    "asana",
    "trello",
    "clickup",
    "openproject",
    "redmine",
    "version",
    "msproject",
    "taskwarrior",
    "milestones-csv",
)


class Milestone(NamedTuple):
    """A deliverable with an agreed price. `seconds` is its planned effort.

    `match` names the item of the tool that it is, by `MATCH_KINDS`: `{"jira": "MIG-12"}`,
    `{"fix-version": "1.0"}`.
    `tax` is a tax code, "none", or None for the contract's. A milestone with a `change_order` is
    outside the contract's value until that order is approved.
    """

    id: str
    name: str
    value: Decimal
    bill: BillRule
    place: Place
    due: date | None = None
    seconds: int | None = None
    match: Mapping[str, str] = {}
    tax: str | None = None
    change_order: str = ""


class Trigger(NamedTuple):
    """The rule that says when to bill. `every` and `anchor` belong to time triggers.

    `tasks` narrows the hours that it bills; empty means all.
    """

    id: str
    type: TriggerType
    place: Place
    every: Every = "month"
    anchor: date | None = None
    tasks: tuple[str, ...] = ()


class PaymentTerms(NamedTuple):
    """When an invoice is due.

    `net N` is N days; `net N eom` goes on to that month's end; `eom + N` counts from the end of
    the invoice's month; `on receipt` is `net 0`.
    """

    kind: Literal["net", "net-eom", "eom-plus"] = "net"
    days: int = 30


class HourRounding(NamedTuple):
    """How worked seconds become billed seconds: to multiples of `unit` seconds.

    `up` and `down` mean away from and towards zero.
    """

    unit: int
    direction: Literal["nearest", "up", "down"] = "nearest"
    per: Literal["entry", "day"] = "entry"


class InvoiceTerms(NamedTuple):
    """How an invoice is composed. `tax` is a tax code or None; `hours` None means exact.

    A draft below `minimum` waits for the next one. `retention` is the percentage of the net that
    the client keeps back. With `due_shift` a due date moves to the next business day.
    """

    terms: PaymentTerms = PaymentTerms()
    tax: str | None = None
    group_by: tuple[GroupKey, ...] = ("task", "rate")
    hours: HourRounding | None = None
    consolidate: Literal["no", "month"] = "no"
    minimum: Decimal = Decimal(0)
    retention: Decimal = Decimal(0)
    due_shift: bool = False


class Retainer(NamedTuple):
    """A fee per period, with an allocation of `seconds` (None: as many as are asked for).

    `every` "once" is a prepaid block. `overage_rate` is per hour, None for the contract's rates.
    Unused hours roll over for `rollover_periods` (None: for good), at most `rollover_seconds`
    (None: all) at a time. `tasks` are those that the retainer pays for; empty means all.
    """

    fee: Decimal
    place: Place
    seconds: int | None = None
    every: Every | Literal["once"] = "month"
    anchor: date | None = None
    advance: bool = False
    overage_rate: Decimal | None = None
    overage: Literal["bill", "hold", "absorb"] = "bill"
    unused: Literal["expire", "rollover", "refund"] = "expire"
    rollover_seconds: int | None = None
    rollover_periods: int | None = None
    prorate: Literal["none", "days"] = "days"
    tasks: tuple[str, ...] = ()


class Cap(NamedTuple):
    """What is billed at most: an `amount` net of tax or `seconds`, one of the two.

    `every` makes it a limit per period, None for the whole contract; `tasks` narrows what counts,
    empty means all fees. `warn` is the percentage from which on the cap is near.
    """

    place: Place
    amount: Decimal | None = None
    seconds: int | None = None
    every: Every | None = None
    anchor: date | None = None
    tasks: tuple[str, ...] = ()
    warn: Decimal = Decimal(80)
    excess: Literal["adjust", "carry", "drop"] = "adjust"


CompletionMethod = Literal["progress", "accepted", "hours", "manual"]


class Reconcile(NamedTuple):
    """How billing is held against completion: what difference is tolerated, how it is measured.

    The tolerance is the larger of `amount` and `percent` of the contract's value. `completion` is
    None for the contract's own way; a report is stale after `stale` days.
    """

    percent: Decimal = Decimal(5)
    amount: Decimal = Decimal("0.01")
    completion: CompletionMethod | None = None
    stale: int = 45


class Deposit(NamedTuple):
    """The client's money on account: what it should be, and below what it is replenished."""

    target: Decimal
    replenish_below: Decimal


class Share(NamedTuple):
    """The part of each invoice that one of several clients pays, as a fraction of 1."""

    client: str
    fraction: Fraction


class Budget(NamedTuple):
    """What a contract is expected to take; it limits nothing. `cost` is the firm's own."""

    amount: Decimal | None = None
    seconds: int | None = None
    cost: Decimal | None = None


class FindingSetting(NamedTuple):
    """The severity that a contract gives a finding, and why; "ignore" leaves it out."""

    severity: Severity | Literal["ignore"]
    reason: str
    place: Place


class Contract(NamedTuple):
    """One billable agreement. `places` is the number of decimal places of its currency.

    `bill_to` is the client who owes instead of `client`; `split` are the payers of shares, in the
    order of the file, empty for one payer; terms for one of them say its
    `share`. `follows` is the contract that this one renews; `carries` says what of it goes on: the
    hours that a retainer rolls over, what is used of a cap. With `billed_now` everything billable
    is billed on that day, whatever the triggers say.
    """

    id: str
    name: str
    client: str
    billing: Billing
    currency: str
    places: int
    place: Place
    triggers: tuple[Trigger, ...]
    invoice: InvoiceTerms
    start: date | None = None
    end: date | None = None
    value: Decimal | None = None
    formerly: tuple[str, ...] = ()
    match: tuple[MatchRule, ...] = ()
    rates: Rates = Rates()
    tasks: Mapping[str, Task] = {}
    strict_tasks: bool = False
    milestones: Mapping[str, Milestone] = {}
    value_place: Place | None = None
    reference: str = ""
    retainer: Retainer | None = None
    caps: tuple[Cap, ...] = ()
    reconcile: Reconcile = Reconcile()
    deposit: Deposit | None = None
    bill_to: str = ""
    split: tuple[Share, ...] = ()
    split_place: Place | None = None
    share: Share | None = None
    approval: bool = False
    budget: Budget = Budget()
    finding_settings: Mapping[str, FindingSetting] = {}
    style: Literal["direct", "accrual"] = "direct"
    follows: str = ""
    billed_now: date | None = None
    carries: frozenset[str] = frozenset()

    @property
    def payer(self) -> str:
        """The client who owes the invoices, where there is one payer."""
        return self.bill_to or self.client


class AccountTemplates(NamedTuple):
    """Account names with `{project}`, `{client}` or `{person}` for the component."""

    unbilled_time: str = "Equity:Time:Unbilled:{project}"
    non_billable_time: str = "Equity:Time:NonBillable:{project}"
    billed_time: str = "Equity:Time:Billed:{project}"
    worked: str = "Equity:Time:Worked:{person}"
    receivable: str = "Assets:Receivable:{client}"
    unbilled: str = "Assets:Unbilled:{project}"
    income: str = "Income:Services:{project}"
    deposits: str = "Liabilities:Deposits:{client}"
    deferred: str = "Liabilities:Deferred:{project}"
    retention: str = "Assets:Retention:{client}"
    expenses: str = "Income:Reimbursed:{project}"


class Files(NamedTuple):
    """Where facts are written, relative to the ledger."""

    time: str = "time/{year}-{month:02}.beancount"
    expenses: str = "expenses/{year}-{month:02}.beancount"
    invoices: str = "invoices.beancount"
    decisions: str = "decisions.beancount"
    documents: str = "documents"


class ImportSettings(NamedTuple):
    """What an export does not say itself: one entry of `imports:`.

    `columns` maps our field names to the export's headers; `dates` is `ymd`, `dmy` or `mdy`;
    `zone` is the export's time zone; `person` stands in where rows name nobody; `decimal` is the
    decimal mark; rows that fit one of `ignore` are left out on purpose; `invoiced` is `import`
    where rows that the tool has invoiced are taken all the same; `billable_tag` is the tag that
    every billable entry of a tool without such a field has. Of an issue tracker, `done` and
    `cancelled` are its states that mean delivered and given up, instead of the usual ones; `share`
    is what a group's share is counted by: `items`, `points` or `percent`, empty for the tool's way.

    Of a table of expenses, `accounts` maps its texts to accounts; `account` (the expense's),
    `paid_from` (the other side), `currency` and `billable` stand in where rows say nothing;
    `spent` is the sign of what was spent, `positive` or `negative`, empty where nobody said.
    """

    name: str
    place: Place
    zone: str = ""
    person: str = ""
    columns: Mapping[str, str] = {}
    dates: str = ""
    decimal: str = ""
    encoding: str = ""
    delimiter: str = ""
    ignore: tuple[MatchRule, ...] = ()
    invoiced: str = ""
    billable_tag: str = ""
    partly_billed: str = ""
    done: tuple[str, ...] = ()
    cancelled: tuple[str, ...] = ()
    share: str = ""
    accounts: Mapping[str, str] = {}
    account: str = ""
    paid_from: str = ""
    currency: str = ""
    billable: bool | None = None
    spent: str = ""


class Firm(NamedTuple):
    """`projbill.yaml`: who bills, whom, and defaults.

    `root` is the folder that it stands in; `contracts` are patterns of paths relative to it.
    Nothing is posted up to `closed_until`; `holidays` are no business days.
    """

    root: str
    place: Place
    company: Company = Company()
    clients: Mapping[str, Client] = {}
    people: Mapping[str, Person] = {}
    contracts: tuple[str, ...] = ("contracts/*.yaml",)
    invoice_numbers: str = "INV-{year}-{number:04}"
    credit_note_numbers: str = "CN-{year}-{number:04}"
    first_number: int = 1
    files: Files = Files()
    imports: Mapping[str, ImportSettings] = {}
    currency: str = "EUR"
    taxes: Mapping[str, Tax] = {}
    accounts: AccountTemplates = AccountTemplates()
    hour: str = "HOUR"
    closed_until: date | None = None
    holidays: frozenset[date] = frozenset()


class Terms(NamedTuple):
    """All that was agreed. `contracts` is keyed and sorted by id; unreadable ones are left out.

    `mistakes` says what could not be read. `paths` are the files that were read (absolute), so
    that a change of one can be noticed; `unreadable` holds the ids of contracts that bill nothing.
    """

    firm: Firm
    contracts: Mapping[str, Contract]
    mistakes: tuple[Mistake, ...] = ()
    paths: tuple[str, ...] = ()
    unreadable: frozenset[str] = frozenset()
