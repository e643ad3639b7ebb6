"""What a time tracker says that its hours cost, compared with what the contract says.

Nothing is ever billed from an export's amounts. They are worked out from rates that somebody typed
into the tool, so that one that is not seconds × the contract's rate is worth a look.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.billing.rates import find_rate
from projbill_beancount.billing.rounding import divide_half_up
from projbill_beancount.billing.rounding import round_seconds
from projbill_beancount.billing.work import hourly_tasks
from projbill_beancount.facts.model import TimeEntry
from projbill_beancount.facts.values import price_of
from projbill_beancount.importers.model import AmountCells
from projbill_beancount.importers.model import RowRefusedError
from projbill_beancount.importers.money import currency_of
from projbill_beancount.importers.money import money_of
from projbill_beancount.terms.currencies import places

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable
    from collections.abc import Mapping
    from collections.abc import Sequence

    from projbill_beancount.importers.kept import Found
    from projbill_beancount.importers.table import Header
    from projbill_beancount.importers.workcolumns import WorkColumns
    from projbill_beancount.ledger.facts import LoggedTime
    from projbill_beancount.terms.model import Contract
    from projbill_beancount.terms.model import HourRounding
    from projbill_beancount.terms.model import Terms

HOUR = 3600
MINUTE = 60
#: Half of a hundredth and of a thousandth of an hour, in seconds.
HUNDREDTH, FINE = 18, 2
#: Amounts are whole ten-thousandths here: sums of integers are exact, and fast.
SCALE = 10_000
DIFFERENT = "other amounts"
NOT_BILLABLE = "not billable"
FOREIGN = "other currency"
_CENTS = re.compile(r"\d{1,9}\.\d\d")
_NAMED = re.compile(r"(.*\S)\s*\(([^()]*)\)")


def amount_cells(
    header: Header, columns: WorkColumns, fields: Mapping[str, int], mark: str
) -> AmountCells | None:
    """Where the rows of a table have the tool's own amounts, None where they have none.

    A header may have the currency behind it, as `Amount (EUR)` has; `Amount ()` has none.
    """
    names = {name.lower() for name in columns.headers.get("amount", ())}
    found = []
    for title, at in header.items():
        named = None if title in names else _NAMED.fullmatch(title)
        if title in names:
            found.append((at[0], ""))
        elif named and named[1] in names:
            found.append((at[0], named[2].strip()))
    return cells_at(found, columns, fields, mark) if found else None


def cells_at(
    found: Sequence[tuple[int, str]],
    columns: WorkColumns,
    fields: Mapping[str, int],
    mark: str,
) -> AmountCells:
    """The amounts in these columns, with what belongs to them."""
    hours = tuple(fields[name] for name in ("duration", "hours") if name in fields)
    seconds = columns.whole == 1 or columns.unit == 1
    return AmountCells(tuple(found), fields.get("currency"), hours, mark, seconds)


def amount_notices(sessions: Iterable[Found], cells: AmountCells, terms: Terms) -> list[str]:
    """A line for each project and each way in which the amounts differ from ours."""
    comparison = _Comparison(cells, terms)
    for session in sessions:
        if not session.invoiced:
            comparison.take(session)
    return comparison.notices()


class _Money(NamedTuple):
    """An amount of the export in ten-thousandths; its currency is empty where none is said."""

    amount: int
    currency: str


class _Price(NamedTuple):
    """What `whole` seconds cost, in ten-thousandths, and how their hours are rounded."""

    amount: int
    whole: int
    rounding: HourRounding | None


_NONE = _Money(0, "")
_UNREAD = _Money(0, "?")


class _Comparison:
    """Compares the rows of one file; equal texts and prices are looked up once."""

    def __init__(self, cells: AmountCells, terms: Terms) -> None:
        self.cells = cells
        self.terms = terms
        self.unread = 0
        self._priced: set[str] = set()
        self._sums: dict[tuple[str, str, str], tuple[int, int, int]] = {}
        self._amounts: dict[tuple[str, str], _Money] = {}
        self._currencies: dict[str, str] = {}
        self._slacks: dict[str, int] = {}
        self._prices: dict[tuple[object, ...], _Price | None] = {}
        self._hourly: dict[str, frozenset[str] | None] = {}
        self._days: dict[str, list[date]] = {}

    def take(self, session: Found) -> None:
        """Compare a session, if its row has an amount."""
        money = self._money(session.raw)
        if money is _NONE:
            return
        if money is _UNREAD:
            self.unread += 1
            return
        amount, currency = money
        entry = session.entries[0]
        contract = self.terms.contracts[entry.project]
        if amount:
            self._priced.add(entry.project)
        if not entry.counted:
            if amount:
                self._add(NOT_BILLABLE, contract, currency or contract.currency, amount, 0)
        elif not currency or currency == contract.currency:
            self._compare(session, contract, amount)
        elif self._price(entry, contract):
            self._add(FOREIGN, contract, currency, amount, 0)

    def _compare(self, session: Found, contract: Contract, amount: int) -> None:
        ours = 0
        price = None
        for entry in session.entries:
            price = self._price(entry, contract)
            if price is None:
                return
            seconds = (
                round_seconds(entry.seconds, price.rounding) if price.rounding else entry.seconds
            )
            ours += (2 * seconds * price.amount + price.whole) // (2 * price.whole)
        assert price is not None
        over = abs(amount - ours) - SCALE // 10**contract.places
        if over > 0 and over > self._slack(session.raw) * price.amount // price.whole:
            self._add(DIFFERENT, contract, contract.currency, amount, ours)

    def _add(self, kind: str, contract: Contract, currency: str, there: int, here: int) -> None:
        key = (contract.id, kind, currency)
        rows, others, own = self._sums.get(key, (0, 0, 0))
        self._sums[key] = (rows + 1, others + there, own + here)

    def notices(self) -> list[str]:
        """What is to be said of the whole file.

        Where all amounts of a project are 0.00 the tool has no rates for it, and nothing is said.
        """
        found = []
        for (project, kind, currency), (rows, there, here) in sorted(self._sums.items()):
            if project not in self._priced:
                continue
            said = f"in {_rows(rows)} of {project} the export has"
            theirs = _shown(there, currency)
            if kind == DIFFERENT:
                found.append(
                    f"{said} other amounts than hours × the contract's rate: {theirs} there,"
                    f" {_shown(here, currency)} by the contract, which counts"
                )
            elif kind == FOREIGN:
                own = self.terms.contracts[project].currency
                found.append(
                    f"{said} amounts in {currency} ({theirs}) and the contract is in {own}; they are"
                    " not compared, the contract's rate counts"
                )
            else:
                found.append(f"{said} amounts ({theirs}) for work that is not billable")
        if self.unread:
            found.append(f"in {_rows(self.unread)} the export's amount cannot be read")
        return found

    def _money(self, raw: Sequence[str]) -> _Money:
        """The amount of a row: of several columns, one for each currency, the one that has some."""
        found = _NONE
        for place, currency in self.cells.columns:
            key = (raw[place], currency)
            money = self._amounts.get(key) or self._read(key)
            if money is _UNREAD or money.amount:
                found = money
                break
            found = found if money is _NONE else money
        if found.amount and not found.currency and self.cells.currency is not None:
            text = raw[self.cells.currency]
            named = self._currencies.get(text)
            if named is None:
                named = self._currencies[text] = _currency(text)
            return _Money(found.amount, named)
        return found

    def _read(self, key: tuple[str, str]) -> _Money:
        text, named = key
        found = _NONE
        if self.cells.mark != "," and _CENTS.fullmatch(text):
            found = _Money(int(text.replace(".", "")) * (SCALE // 100), _currency(named))
        elif text.strip() not in {"", "-"}:
            try:
                amount, currency = money_of(text, self.cells.mark)
            except RowRefusedError:
                found = _UNREAD
            else:
                found = _Money(_units(amount), currency or _currency(named))
        self._amounts[key] = found
        return found

    def _slack(self, raw: Sequence[str]) -> int:
        """By how many seconds the hours that the row shows may have been rounded or cut."""
        slack = 0
        for place in self.cells.hours:
            text = raw[place]
            if text not in self._slacks:
                self._slacks[text] = self._rounded(text.strip())
            slack = max(slack, self._slacks[text])
        return slack

    def _rounded(self, text: str) -> int:
        colons = text.count(":")
        if colons:
            return MINUTE if colons == 1 else 1
        if not text or (self.cells.seconds and text.isdigit()):
            return 0
        if text[-1].isalpha():
            return 1 if "s" in text else MINUTE
        point = max(text.rfind("."), text.rfind(","))
        return FINE if 0 <= point < len(text) - len(".00") else HUNDREDTH

    def _price(self, entry: LoggedTime, contract: Contract) -> _Price | None:
        days = self._days.get(contract.id)
        if days is None:
            days = self._days[contract.id] = _days_of_change(contract, self.terms)
        era = bisect_right(days, entry.date) if days else 0
        key = (entry.project, entry.person, entry.task, entry.role, entry.rate, era)
        if key not in self._prices:
            self._prices[key] = self._looked_up(entry, contract)
        return self._prices[key]

    def _looked_up(self, entry: LoggedTime, contract: Contract) -> _Price | None:
        """The contract's price of an hour, None where it has none, or no price by the hour."""
        if contract.id not in self._hourly:
            covers = contract.billing == "retainer"
            self._hourly[contract.id] = frozenset() if covers else hourly_tasks(contract)
        hourly = self._hourly[contract.id]
        task = contract.tasks.get(entry.task)
        if (hourly is not None and entry.task not in hourly) or (task and task.milestone):
            return None
        price = find_rate(contract, _as_fact(entry), self.terms.firm.people).price
        if price is None:
            return None
        rounding = contract.invoice.hours
        by_entry = rounding if rounding and rounding.per == "entry" else None
        return _Price(_units(price), contract.rates.day_seconds or HOUR, by_entry)


def _days_of_change(contract: Contract, terms: Terms) -> list[date]:
    """The days on which a price of the contract may become another one."""
    rates = contract.rates
    schedules = [rates.default]
    for some in (rates.roles, rates.tasks, rates.people, rates.person_tasks):
        schedules += some.values()
    days = {rate.start for schedule in schedules for rate in schedule}
    days |= {role.start for person in terms.firm.people.values() for role in person.roles}
    return sorted(days - {date.min})


def _as_fact(entry: LoggedTime) -> TimeEntry:
    """What the engine asks of an entry when it looks for its price."""
    return TimeEntry(
        id=entry.id,
        date=entry.date,
        project=entry.project,
        person=entry.person,
        seconds=entry.seconds,
        account="unbilled",
        task=entry.task,
        role=entry.role,
        rate=price_of(entry.rate) if entry.rate else None,
        billable=entry.billable,
        milestone="",
        note="",
        start=None,
        end=None,
        corrects="",
        source="",
        file="",
        line=0,
    )


def _currency(text: str) -> str:
    """The code in "EUR" or "Euro - EUR"; a name that is no code is taken as it is."""
    code = text.rpartition(" - ")[2].strip()
    try:
        return "" if code == "-" else currency_of(code)
    except RowRefusedError:
        return code


def _units(amount: Decimal) -> int:
    return int(divide_half_up(amount * SCALE, 1, 0))


def _shown(units: int, currency: str) -> str:
    amount = divide_half_up(Decimal(units), SCALE, places(currency))
    return f"{amount:f} {currency}".rstrip()


def _rows(number: int) -> str:
    return f"{number} row{'' if number == 1 else 's'}"
