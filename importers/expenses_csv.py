"""Any CSV or sheet of expenses, its columns named by `columns:` in projbill.yaml."""

from __future__ import annotations

from typing import TYPE_CHECKING

from projbill_beancount.importers.dates import Dates
from projbill_beancount.importers.dates import date_order
from projbill_beancount.importers.dates import split_moment
from projbill_beancount.importers.mapped import mapped_headers
from projbill_beancount.importers.mapped import mapped_table
from projbill_beancount.importers.mapped import missing_mapped
from projbill_beancount.importers.matching import Matcher
from projbill_beancount.importers.matching import People
from projbill_beancount.importers.model import Content
from projbill_beancount.importers.model import ExpenseRow
from projbill_beancount.importers.model import FileRefusedError
from projbill_beancount.importers.model import Format
from projbill_beancount.importers.model import Reading
from projbill_beancount.importers.model import RowRefusedError
from projbill_beancount.importers.model import Where
from projbill_beancount.importers.money import Money
from projbill_beancount.importers.money import currency_of
from projbill_beancount.importers.money import exact
from projbill_beancount.importers.money import money_of
from projbill_beancount.importers.resolve import IGNORED
from projbill_beancount.importers.table import data_rows
from projbill_beancount.importers.table import take_rows
from projbill_beancount.importers.values import billable_of
from projbill_beancount.importers.values import number_of
from projbill_beancount.importers.workcolumns import INVOICED
from projbill_beancount.importers.workcolumns import SUBTOTAL
from projbill_beancount.importers.workcolumns import TOTALS
from projbill_beancount.ledger.by_hand import id_part
from projbill_beancount.ledger.expenses import SpentMoney
from projbill_beancount.ledger.record import one_line
from projbill_beancount.terms.books import is_account
from projbill_beancount.terms.names import did_you_mean
from projbill_beancount.terms.names import nearest

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Mapping
    from collections.abc import Sequence
    from datetime import date
    from decimal import Decimal

    from projbill_beancount.terms.model import ImportSettings
    from projbill_beancount.terms.model import Terms

TITLE = "CSV of expenses (expenses-csv)"
FIELDS = (
    *("date", "project", "client", "amount", "currency", "account", "from", "payee", "note"),
    *("person", "markup", "tax", "billable", "invoiced", "id"),
)
#: A file without a column map must have these columns.
NEEDED = (("date", "amount", "project"),)
#: A row with none of these is a subtotal.
SUMS = ("date", "project", "person", "payee", "id")
#: What a table may have no column for; the ledger may then say more than the row.
OPTIONAL = ("billable", "markup", "tax", "person", "payee", "note")
NOTHING = "zero amount"


def recognise(text: str, settings: ImportSettings) -> bool:
    """Whether `text` has the mapped columns, or without a map the fields' own names."""
    return mapped_table(text, settings, FIELDS, NEEDED) is not None


def nearly(text: str, settings: ImportSettings) -> str:
    """What keeps a text that is almost such a table from being one, or ""."""
    return missing_mapped(text, settings, TITLE, FIELDS, NEEDED)


def read(text: str, settings: ImportSettings, terms: Terms) -> Content:
    """The rows of a CSV of expenses.

    Raises:
        FileRefusedError: a mapped column is not there, day and month cannot be told apart, or all
            amounts are below zero and nothing says what that means.
    """
    table = mapped_table(text, settings, FIELDS, NEEDED)
    if table is None:
        raise FileRefusedError("no header with the columns of expenses-csv")
    content = Content()
    rows = list(data_rows(table, content))
    places = {
        name: place
        for name, header in mapped_headers(settings, FIELDS).items()
        if (place := table.column(header.strip())) is not None
    }
    dated = places.get("date")
    texts = (cells[dated] for _, cells in rows) if dated is not None else ()
    dates = Dates(date_order(texts, settings.dates))
    reader = _Reader(terms, settings, places, dates)
    content.expenses += take_rows(rows, reader.row, content)
    _check_signs(content.expenses, settings)
    content.notices += reader.notices(content.expenses)
    return content


def _check_signs(rows: Sequence[ExpenseRow], settings: ImportSettings) -> None:
    if rows and not settings.spent and all(row.spent.amount < 0 for row in rows):
        raise FileRefusedError(
            "every amount is below zero, as a card's statement has what was spent; set `spent:"
            " negative` under `imports: expenses-csv:` in projbill.yaml, or `spent: positive` if"
            " all of them were paid back"
        )


class _Reader:
    """Turns the rows of one table into expenses."""

    def __init__(
        self, terms: Terms, settings: ImportSettings, places: Mapping[str, int], dates: Dates
    ) -> None:
        self.terms = terms
        self.settings = settings
        self.places = places
        self.dates = dates
        self.matcher = Matcher(terms, settings)
        self.people = People(terms, settings)
        self.accounts = {name.strip().casefold(): to for name, to in settings.accounts.items()}
        told = {*places, *(["person"] if settings.person else [])}
        told |= {"billable"} if settings.billable is not None else set()
        self.unsaid = frozenset(OPTIONAL) - told
        self.assumed = 0
        self._wheres: dict[tuple[str, str], Where] = {}

    def notices(self, rows: Sequence[ExpenseRow]) -> list[str]:
        """What the person should know about the whole table."""
        notices = []
        if self.assumed:
            said = {
                None: (
                    "written without `billable:`, so not billed; `billable: true` under"
                    " `imports: expenses-csv:` in projbill.yaml bills them"
                ),
                True: "taken as billable, as `billable:` in projbill.yaml says",
                False: "taken as not billable, as `billable:` in projbill.yaml says",
            }[self.settings.billable]
            notices.append(f"in {_rows(self.assumed)} nothing says what is billable: {said}")
        if back := sum(row.spent.amount < 0 and not row.invoiced for row in rows):
            notices.append(f"in {_rows(back)} money comes back: amounts below zero")
        return notices

    def row(self, line: int, cells: list[str]) -> ExpenseRow | str:
        """The expense of a row, or why it is skipped.

        Raises:
            RowRefusedError: a cell cannot be read.
        """
        if self._is_sum(cells):
            return SUBTOTAL
        invoiced = self._is_invoiced(cells)
        try:
            found = self._expense(line, cells)
        except RowRefusedError:
            if invoiced:
                return INVOICED
            raise
        if isinstance(found, str):
            return found
        self.assumed += not invoiced and billable_of(self._cell(cells, "billable")) is None
        return found._replace(invoiced=invoiced)

    def _expense(self, line: int, cells: list[str]) -> ExpenseRow | str:
        day = self._day(cells)
        money = self._money(cells)
        if not money.amount:
            return NOTHING
        match = self.matcher.find(self._where(cells), day)
        if match is None:
            return IGNORED
        person = self._person(cells)
        spent = SpentMoney(
            self._base(cells, person, day),
            day,
            match.project,
            money.amount,
            money.currency,
            self._account(cells, "account", self.settings.account),
            self._account(cells, "from", self.settings.paid_from),
            self._billable(cells),
            self._markup(cells),
            self._tax(cells),
            person,
            one_line(self._cell(cells, "payee")),
            one_line(self._cell(cells, "note")),
            self._mark(cells) if self.settings.invoiced == "import" else "",
        )
        return ExpenseRow(line, spent, self.unsaid, cells)

    def _cell(self, cells: list[str], name: str) -> str:
        place = self.places.get(name)
        return cells[place].strip() if place is not None else ""

    def _is_sum(self, cells: list[str]) -> bool:
        texts = (self._cell(cells, name) for name in SUMS)
        return all(not text or text.lower().rstrip(":") in TOTALS for text in texts)

    def _is_invoiced(self, cells: list[str]) -> bool:
        text = self._cell(cells, "invoiced")
        if not text or self.settings.invoiced == "import":
            return False
        try:
            return billable_of(text) is True
        except RowRefusedError as error:
            raise RowRefusedError(f'invoiced is "{text}", which is neither yes nor no') from error

    def _mark(self, cells: list[str]) -> str | bool:
        """How the tool has marked what it has invoiced: by a number, or just so."""
        text = self._cell(cells, "invoiced")
        try:
            return billable_of(text) or ""
        except RowRefusedError:
            return one_line(text)

    def _day(self, cells: list[str]) -> date:
        text = split_moment(self._cell(cells, "date"))[0]
        if not text:
            raise RowRefusedError("the row has no date")
        return self.dates(text)

    def _money(self, cells: list[str]) -> Money:
        text = self._cell(cells, "amount")
        if not text:
            raise RowRefusedError("the row has no amount")
        amount, beside = money_of(text, self.settings.decimal)
        own = currency_of(self._cell(cells, "currency"))
        if own and beside and own != beside:
            raise RowRefusedError(f'the amount is "{text}" and the currency {own}; correct the row')
        currency = own or beside or self.settings.currency
        if not currency:
            raise RowRefusedError(
                "the row names no currency; set `currency:` under `imports: expenses-csv:` in"
                " projbill.yaml"
            )
        if self.settings.spent == "negative":
            amount = -amount
        return Money(exact(amount, currency), currency)

    def _where(self, cells: list[str]) -> Where:
        place = self._cell(cells, "client"), self._cell(cells, "project")
        found = self._wheres.get(place)
        if found is None:
            found = self._wheres[place] = Where((Reading(*place, ""),))
        return found

    def _person(self, cells: list[str]) -> str:
        text = self._cell(cells, "person")
        return self.people.find((text,)) if text else self.settings.person

    def _base(self, cells: list[str], person: str, day: date) -> str:
        own = self._cell(cells, "id")
        if own:
            return f"{self.settings.name}-{id_part(own)}"
        whose = f"{id_part(person)}-" if person else ""
        return f"{self.settings.name}-{whose}{day.isoformat()}-"

    def _account(self, cells: list[str], name: str, otherwise: str) -> str:
        text = self._cell(cells, name)
        found = self.accounts.get(text.casefold()) if text else otherwise
        if found:
            return found
        if not text:
            raise RowRefusedError(
                f"the row says nothing of `{name}`; set `{name}:` to an account under"
                " `imports: expenses-csv:` in projbill.yaml"
            )
        if is_account(text):
            return text
        near = nearest(text, self.settings.accounts)
        hint = f'; nearest there is "{near}"' if near else ""
        raise RowRefusedError(
            f'no account for "{text}"; add it to `accounts:` under `imports: expenses-csv:` in'
            f" projbill.yaml{hint}"
        )

    def _billable(self, cells: list[str]) -> bool | None:
        said = billable_of(self._cell(cells, "billable"))
        return self.settings.billable if said is None else said

    def _markup(self, cells: list[str]) -> Decimal | None:
        text = self._cell(cells, "markup")
        if not text:
            return None
        markup = number_of(text.removesuffix("%"), self.settings.decimal)
        if markup < 0:
            raise RowRefusedError(f'the markup "{text}" is below zero')
        if 0 < markup < 1 and not text.endswith("%"):
            raise RowRefusedError(
                f'the markup "{text}" may be a share or a percentage; write it with %, as 10 %'
            )
        return markup

    def _tax(self, cells: list[str]) -> str:
        text = self._cell(cells, "tax")
        codes = {"none": "none", **{code.casefold(): code for code in self.terms.firm.taxes}}
        found = codes.get(text.casefold()) if text else ""
        if found is None:
            hint = did_you_mean(text, codes.values())
            raise RowRefusedError(f'"{text}" is no code under `taxes:` in projbill.yaml; {hint}')
        return found


def _rows(number: int) -> str:
    return f"{number} row{'' if number == 1 else 's'}"


EXPENSES_CSV = Format("expenses-csv", TITLE, recognise, nearly, read)
