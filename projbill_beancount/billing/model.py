"""What the engine answers: drafts with their lines, and findings.

Amounts are `Decimal` with the contract currency's places, quantities whole seconds.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING
from typing import Literal
from typing import NamedTuple

from projbill_beancount.terms.model import Place
from projbill_beancount.terms.model import Severity

if TYPE_CHECKING:  # pragma: no cover
    from projbill_beancount.billing.performed import History

LineKind = Literal[
    "time",
    "milestone",
    "retainer",
    "overage",
    "covered",
    "change-order",
    "expense",
    "adjustment",
    "carried",
]


class Finding(NamedTuple):
    """A named mismatch; `place` is that of the item that must be looked at.

    `amount` is in `currency`, or with "" in the contract's.
    """

    code: str
    severity: Severity
    project: str
    date: dt.date | None
    amount: Decimal | None
    message: str
    place: Place
    id: str = ""
    currency: str = ""


class Reason(NamedTuple):
    """Why a draft is held."""

    code: str
    amount: Decimal | None
    message: str
    entries: tuple[str, ...]


class BilledEntry(NamedTuple):
    """A time entry on a draft line: what was worked and what is billed of it, in seconds."""

    id: str
    date: dt.date
    person: str
    seconds: int
    billed_seconds: int
    task: str


class Line(NamedTuple):
    """A line of a draft. `seconds` and `price` (per hour) are None on fixed lines.

    A line without a price has amount 0. `tax_rate` is in percent, None without a tax code. With
    `day_seconds` the price is per day of so many seconds. `basis` is the milestone's price,
    `expenses` are the ids of the expenses that it bills, `adjustment` that of an agreed adjustment.
    `account` is the one that a disbursement is taken from, None for revenue.
    """

    kind: LineKind
    text: str
    amount: Decimal
    seconds: int | None = None
    price: Decimal | None = None
    task: str | None = None
    milestone: str | None = None
    complete: Decimal | None = None
    prior_period: bool = False
    tax: str | None = None
    tax_rate: Decimal | None = None
    entries: tuple[BilledEntry, ...] = ()
    change_order: str | None = None
    expenses: tuple[str, ...] = ()
    basis: Decimal | None = None
    day_seconds: int | None = None
    adjustment: str | None = None
    account: str | None = None


class TaxAmount(NamedTuple):
    """Tax of one code and rate (percent) on the sum of the lines that carry them."""

    code: str
    rate: Decimal
    base: Decimal
    amount: Decimal


class Period(NamedTuple):
    """A billing period, both days included."""

    start: dt.date
    end: dt.date


class Draft(NamedTuple):
    """An invoice or a credit note (`kind`) that the engine computed.

    With `reasons` it is held and posts nothing. `deposit` is what the client's deposit pays of
    it, `retained` what the client keeps back. A proposed credit names the invoice that it
    `corrects`, where there is one.
    """

    id: str
    project: str
    client: str
    trigger: str
    trigger_id: str
    date: dt.date
    period: Period | None
    due: dt.date
    currency: str
    lines: tuple[Line, ...]
    net: Decimal
    taxes: tuple[TaxAmount, ...]
    place: Place
    reasons: tuple[Reason, ...] = ()
    kind: Literal["invoice", "credit"] = "invoice"
    corrects: str | None = None
    deposit: Decimal = Decimal(0)
    retained: Decimal = Decimal(0)

    @property
    def held(self) -> bool:
        """Whether the facts do not support it."""
        return bool(self.reasons)

    @property
    def is_proposal(self) -> bool:
        """Whether it only proposes to give back what invoices bill too much."""
        return self.id.endswith("/credit")

    @property
    def tax(self) -> Decimal:
        """The sum of the taxes, in the contract's currency."""
        return sum((tax.amount for tax in self.taxes), abs(self.net) * 0)

    @property
    def total(self) -> Decimal:
        """Net and tax."""
        return self.net + self.tax

    @property
    def payable(self) -> Decimal:
        """What is left to pay after deposit and retention."""
        return self.total - self.deposit - self.retained


class Hours(NamedTuple):
    """Seconds by what becomes of them. `unbilled` is billable by the hour and on no invoice."""

    worked: int
    billable: int
    non_billable: int
    covered: int
    billed: int
    unbilled: int


class UnbilledTime(NamedTuple):
    """A billable entry that no invoice bills; `value` is None where it has no price."""

    id: str
    date: dt.date
    project: str
    person: str
    task: str
    seconds: int
    value: Decimal | None
    draft: str | None


class CapStanding(NamedTuple):
    """What is used of a cap and what is above it: amounts, or seconds of a cap in hours.

    `percent` is exact, None of a cap of 0.
    """

    amount: Decimal
    used: Decimal
    percent: Decimal | None
    over: Decimal
    in_hours: bool


class RetainerStanding(NamedTuple):
    """A retainer's period and its hours in seconds; `allocated` is None where the fee pays for all.

    `carried` came in from earlier periods, `expired` lapsed at the end of this one.
    """

    period: Period
    allocated: int | None
    used: int
    carried: int
    expired: int


class Position(NamedTuple):
    """Where a contract stands on a day; amounts net of tax but `open` and `overdue`.

    `completion` and `billed_percent` (of the fixed scope) are percentages, exact, None where
    undefined. `credit` is what was paid too much; `gap` is invoiced less complete in percentage
    points.
    """

    project: str
    client: str
    billing: str
    currency: str
    value: Decimal | None
    completion: Decimal | None
    earned: Decimal | None
    billed: Decimal
    billed_percent: Decimal | None
    unbilled: Decimal
    drafts: Decimal
    held: Decimal
    open: Decimal
    overdue: Decimal
    hours: Hours
    next_trigger: dt.date | None
    billed_fixed: Decimal = Decimal(0)
    credit: Decimal = Decimal(0)
    over_billed: Decimal | None = None
    under_billed: Decimal | None = None
    gap: Decimal | None = None
    cap: CapStanding | None = None
    retainer: RetainerStanding | None = None


WorkKind = Literal["billed", "unbilled", "covered", "non-billable", "written-off", "outside"]


class WorkedTime(NamedTuple):
    """Seconds of an entry with what became of them; `outside` is outside the contract's dates.

    `price` is the agreed one of the work date for a second, exact, None where there is none;
    `milestone` is the one whose price covers the work.
    """

    date: dt.date
    person: str
    task: str
    seconds: int
    kind: WorkKind
    price: Fraction | None
    milestone: str = ""


class BilledFee(NamedTuple):
    """What invoices bill, less credits, net of tax and without expenses.

    It is of the hours of a person on a task, or of no hours (person ""): a fixed price, a fee.
    """

    date: dt.date
    person: str
    task: str
    amount: Decimal
    milestone: str = ""


class RetainerPeriod(NamedTuple):
    """A period of a retainer, in seconds and in the contract's currency.

    `period.end` is the last day that there is, for a block that does not end. `allocated`,
    `unused` and `carried_out` are None where the fee pays for all hours; while the period runs
    nobody knows what will be carried out of it. `billed` is what invoices bill of the fee, less
    what was given back, `invoice` the number of the first.
    """

    period: Period
    allocated: int | None
    carried: int
    used: int
    overage: int
    unused: int | None
    expired: int
    carried_out: int | None
    fee: Decimal
    billed: Decimal
    invoice: str | None
    running: bool


class Outline(NamedTuple):
    """What reports of all contracts ask of each beside its position, without what each hour became.

    `earned` is all that is earned, None where nobody reported how far a fixed scope is; `beside` is
    what of it is earned beside a fixed scope, by the hour or as it is billed, and belongs to the
    contract's value then. `expenses` are billed, and no fee. `seconds` has all worked ones by person.
    """

    earned: Decimal | None
    beside: Decimal
    expenses: Decimal
    seconds: Mapping[str, int]
    periods: Sequence[RetainerPeriod]


class Analysis(NamedTuple):
    """What reports ask of a contract beside its position: as its outline has it, and hour by hour."""

    earned: Decimal | None
    beside: Decimal
    expenses: Decimal
    worked: Sequence[WorkedTime]
    fees: Sequence[BilledFee]
    periods: Sequence[RetainerPeriod]


class Billing(NamedTuple):
    """The engine's whole answer for one day.

    Drafts are in order of project, date and id; zero drafts are left out. Findings are in order
    of contract, date, code and id. `unbilled` lists what waits, draft by draft or on none.
    `closings` are drafts of 0.00: nothing is invoiced, and their entries are done. `outlines`,
    and `analyses`, which go through all hours of a contract, are computed once one is asked.
    `histories` tell what was earned by any day on the contracts in the accrual style.
    """

    as_of: dt.date
    drafts: Sequence[Draft]
    findings: Sequence[Finding]
    positions: Mapping[str, Position]
    unbilled: Sequence[UnbilledTime]
    closings: Sequence[Draft] = ()
    analyses: Mapping[str, Analysis] = {}
    outlines: Mapping[str, Outline] = {}
    histories: Mapping[str, History] = {}
