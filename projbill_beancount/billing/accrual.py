"""The accrual house style: what is earned by a day, against what is billed by then.

E is what is earned, B what is billed and drafted, both net of tax and without expenses. Per
contract, E − B is an asset (earned, not invoiced; IFRS 15.107) or, below zero, a liability
(invoiced, not earned; 15.106): never both.
"""

from __future__ import annotations

from bisect import bisect_right
from decimal import Decimal
from itertools import accumulate
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.billing.calendar import DAY
from projbill_beancount.billing.calendar import month_end
from projbill_beancount.billing.earned import is_scope
from projbill_beancount.billing.findings import finding
from projbill_beancount.billing.invoiced import billed_before
from projbill_beancount.terms.accounts import Accounts

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Container
    from collections.abc import Iterator
    from collections.abc import Mapping
    from collections.abc import Sequence
    from datetime import date

    from projbill_beancount.billing.drafting import Known
    from projbill_beancount.billing.model import Finding
    from projbill_beancount.billing.performed import History
    from projbill_beancount.facts.model import Booking
    from projbill_beancount.facts.model import Facts
    from projbill_beancount.facts.model import InvoiceLine
    from projbill_beancount.terms.model import Contract

ZERO = Decimal(0)


class Booked(NamedTuple):
    """What a line brings to the books on a day.

    `billed` is its part of B, `scope` what of it is income of a fixed scope or a retainer's fee.
    `drafted` is what it adds to the drafts that are not issued; `unbilled` and `deferred` are what
    it posts on those accounts, as the ledger signs it.
    """

    day: date
    billed: Decimal = ZERO
    scope: Decimal = ZERO
    drafted: Decimal = ZERO
    unbilled: Decimal = ZERO
    deferred: Decimal = ZERO


class Line(NamedTuple):
    """A line of a draft or a document, as the books see it; `amount` is what the client owes."""

    kind: str
    account: str
    amount: Decimal
    has_entries: bool


class Month(NamedTuple):
    """What an accrual brings the books to: posted on `day`, on what is earned by `end`.

    `unbilled` and `deferred` are what it adds to the accounts, as the ledger signs it; `earned` is
    E, `billed` is B with the drafts.
    """

    day: date
    end: date
    earned: Decimal
    billed: Decimal
    unbilled: Decimal
    deferred: Decimal


class Sheet:
    """The unbilled and the deferred account of one contract, month by month.

    `history` tells what is earned by a day; what is booked is added with `add`, in any order.
    """

    def __init__(self, contract: Contract, accounts: Accounts, history: History) -> None:
        self.contract = contract
        self.history = history
        names = (contract.id, *contract.formerly)
        self._unbilled = {accounts.unbilled(name) for name in names}
        self._deferred = {accounts.deferred(name) for name in names}
        self._booked: list[Booked] = []
        self._sums: list[Booked] = []

    def add(self, day: date, line: Line, *, drafted: bool = False, back: bool = False) -> None:
        """Book a line of a document or, `drafted`, of a draft; `back` takes it back."""
        amount = -line.amount if back else line.amount
        is_deferred = line.account in self._deferred
        is_income = is_scope(self.contract, line.kind, has_entries=line.has_entries)
        on_unbilled = amount if line.account in self._unbilled else ZERO
        draft = amount if drafted else ZERO
        self._booked.append(
            Booked(
                day,
                ZERO if line.kind == "expense" else amount,
                amount if is_income and not is_deferred else ZERO,
                draft,
                draft - on_unbilled,
                -amount if is_deferred else ZERO,
            )
        )

    def add_by_hand(self, day: date, account: str, amount: Decimal) -> None:
        """Book a posting by hand, as the ledger signs it."""
        on_unbilled = amount if account in self._unbilled else ZERO
        self._booked.append(Booked(day, unbilled=on_unbilled, deferred=amount - on_unbilled))

    def add_before(self, day: date, amount: Decimal) -> None:
        """Count what was billed before the books began, which posts nothing."""
        of_scope = self.contract.billing not in {"time-and-materials", "retainer"}
        self._booked.append(Booked(day, billed=amount, scope=amount if of_scope else ZERO))

    def months(self, as_of: date, closed_until: date | None) -> Iterator[Month]:
        """What has to be added to the accounts by each month end up to a day, all in all.

        Nothing is posted into a closed period: its months are taken together on the first open
        day. What the books open with is not posted.
        """
        first = self._first_day()
        if first is None:
            return
        opening = self.opening()
        for end in month_ends(first, as_of):
            if closed_until and month_end(end + DAY) <= min(closed_until, as_of):
                continue
            day = end if closed_until is None else max(end, closed_until + DAY)
            stands = self.on(end, day)
            if opening is not None:
                stands = stands._replace(
                    unbilled=stands.unbilled - opening.unbilled,
                    deferred=stands.deferred - opening.deferred,
                )
            yield stands

    def on(self, end: date, day: date) -> Month:
        """What the accounts lack on `day`, by what is earned by `end`.

        They should hold the drafts and, net, what is earned and not billed, or billed and not
        earned. Where nobody knows what is earned, income is what it is, and advances wait.
        """
        booked = self._booked_by(day)
        performed = self.history.on(end)
        scope = booked.scope if performed.scope is None else performed.scope
        earned = scope + performed.rest
        gap = earned - booked.billed
        unbilled = booked.drafted + max(gap, ZERO) - booked.unbilled
        return Month(day, end, earned, booked.billed, unbilled, min(gap, ZERO) - booked.deferred)

    def opening(self) -> Month | None:
        """What the books should open with where something was billed before they began."""
        day = self.history.opened
        return None if day is None else self.on(day, day)

    def _booked_by(self, day: date) -> Booked:
        """All that is booked up to a day."""
        if len(self._sums) != len(self._booked):
            self._booked.sort(key=lambda one: one.day)
            self._sums = list(accumulate(self._booked, _added))
        number = bisect_right(self._sums, day, key=lambda one: one.day)
        return self._sums[number - 1] if number else Booked(day)

    def _first_day(self) -> date | None:
        days = [one.day for one in self._booked]
        days += self.history.days[:1]
        first = min(days, default=None)
        opened = self.history.opened
        return first if first is None or opened is None else max(first, opened + DAY)


def month_ends(first: date, last: date) -> Iterator[date]:
    """The month ends from one day to another."""
    end = month_end(first)
    while end <= last:
        yield end
        end = month_end(end + DAY)


def sheets_of(
    contracts: Mapping[str, Contract],
    facts: Facts,
    accounts: Accounts,
    histories: Mapping[str, History],
) -> dict[str, Sheet]:
    """The sheets of the contracts that have a history, by all their names, with what is issued.

    What is posted by hand in a closed period counts as it stands, since nothing else can be there.
    """
    sheets: dict[str, Sheet] = {}
    for project in histories:
        sheet = Sheet(contracts[project], accounts, histories[project])
        _add_by_hand(sheet, facts, accounts.firm.closed_until)
        sheets |= dict.fromkeys((project, *sheet.contract.formerly), sheet)
    for back, documents in ((False, facts.invoices), (True, facts.credit_notes)):
        for document in documents:
            for line in document.lines:
                known = sheets.get(line.project)
                if known is None or document.currency != known.contract.currency:
                    continue
                known.add(document.date, line_of(line), back=back)
                if document.voided is not None:
                    known.add(document.voided, line_of(line), back=not back)
    return sheets


def _add_by_hand(sheet: Sheet, facts: Facts, closed: date | None) -> None:
    """Book what the ledger says of the accounts beside documents, and of the time before it."""
    contract = sheet.contract
    for booking in facts.accrued.get(contract.id, ()):
        counts = facts.by_hand or (closed is not None and booking.date <= closed)
        if counts and booking.currency == contract.currency:
            sheet.add_by_hand(booking.date, booking.account, booking.amount)
    for name in (contract.id, *contract.formerly):
        for decision in facts.decisions.get(name, ()):
            if decision.kind == "billed-before":
                sheet.add_before(decision.date, decision.amount or ZERO)


def line_of(line: InvoiceLine) -> Line:
    """A line of a document as the books see it."""
    return Line(line.kind, line.account, line.amount, bool(line.frozen))


def accrual_findings(
    known: Known, histories: Mapping[str, History], drafted: Container[str]
) -> list[Finding]:
    """Where the ledger's unbilled and deferred accounts are not what the accruals make them.

    The plugin keeps these accounts, so that what is posted by hand is the difference, unless the
    period is closed or the books open with it. Where it posts nothing, the balances of the last
    month end are compared. Contracts that are `drafted` have said which accounts they need.
    """
    found = []
    for project in histories:
        contract = known.contracts[project]
        if project not in drafted:
            found += _income_missing(contract, known)
        bookings = [
            one
            for one in known.facts.accrued.get(project, ())
            if one.date <= known.as_of and one.currency == contract.currency
        ]
        unbilled, deferred = _differences(contract, known, histories, bookings)
        names = Accounts(known.firm, known.firm.accounts)
        for code, account, amount in (
            ("unbilled-ledger-mismatch", names.unbilled(project), unbilled),
            ("deferred-ledger-mismatch", names.deferred(project), deferred),
        ):
            if amount:
                found.append(_mismatch(contract, known, bookings, code, account, amount))
    return found


def _differences(
    contract: Contract,
    known: Known,
    histories: Mapping[str, History],
    bookings: Sequence[Booking],
) -> tuple[Decimal, Decimal]:
    """Ledger less engine: of the asset and of the liability, each as it is usually signed."""
    names, facts = Accounts(known.firm, known.firm.accounts), known.facts
    one = {contract.id: contract}
    history = {contract.id: histories[contract.id]} if facts.by_hand else {}
    if facts.by_hand:
        last = known.as_of if known.as_of == month_end(known.as_of) else _month_before(known.as_of)
        sheet = sheets_of(one, facts, names, history)[contract.id]
        lacks = sheet.on(last, last)
        return -lacks.unbilled, lacks.deferred
    closed = known.firm.closed_until
    known_names = (contract.id, *contract.formerly)
    unbilled_accounts = {names.unbilled(name) for name in known_names}
    unbilled = deferred = ZERO
    for booking in bookings:
        if closed is not None and booking.date <= closed:
            continue
        if booking.account in unbilled_accounts:
            unbilled += booking.amount
        else:
            deferred -= booking.amount
    decisions = [one for name in known_names for one in facts.decisions.get(name, ())]
    days = [one.date for one in billed_before(decisions, known.as_of)]
    if days and (closed is None or max(days) > closed):
        history = {contract.id: histories[contract.id]}
        opening = sheets_of(one, facts, names, history)[contract.id].opening()
        if opening is not None:
            unbilled -= opening.unbilled
            deferred += opening.deferred
    return unbilled, deferred


def _mismatch(
    contract: Contract,
    known: Known,
    bookings: Sequence[Booking],
    code: str,
    account: str,
    amount: Decimal,
) -> Finding:
    """The finding at the newest posting by hand on the account, else at the contract."""
    on_account = [one for one in bookings if one.account == account]
    newest = max(on_account, key=lambda one: one.date, default=None)
    message = (
        f"{account} is {amount:+} {contract.currency} off what is "
        f"{'earned and not invoiced' if code.startswith('unbilled') else 'invoiced and not earned'}"
    )
    if known.facts.by_hand:
        message += " by the last month end; post the difference"
    elif newest is not None:
        message += ": the plugin posts all of it, and this posting by hand comes on top"
    else:
        message += ": the books do not open with what was billed before they began"
    place = newest.place if newest else contract.place
    day = newest.date if newest else known.as_of
    return finding(code, contract.id, day, message, place, amount=amount, identity=account)


def _income_missing(contract: Contract, known: Known) -> list[Finding]:
    """`account-missing`: income that accruals need and that no draft has asked for yet."""
    accounts = known.facts.accounts
    account = Accounts(known.firm, known.firm.accounts).income(contract.id)
    if accounts is None or account in accounts or known.facts.by_hand:
        return []
    day = contract.start or known.as_of
    message = f"{account} is not open, and accruals need it; add: {day} open {account}"
    return [
        finding("account-missing", contract.id, day, message, contract.place, identity=contract.id)
    ]


def _month_before(day: date) -> date:
    """The end of the month before that of a day."""
    return day.replace(day=1) - DAY


def _added(one: Booked, other: Booked) -> Booked:
    """Both together, on the later day."""
    return Booked(
        max(one.day, other.day),
        *(mine + more for mine, more in zip(one[1:], other[1:], strict=True)),
    )
