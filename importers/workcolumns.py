"""What a format says of its columns: which header is which field, units, and words."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.importers.model import Reading
from projbill_beancount.importers.model import RowRefusedError
from projbill_beancount.importers.values import billable_of
from projbill_beancount.ledger.record import one_line

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable
    from collections.abc import Mapping
    from collections.abc import Sequence

    from projbill_beancount.importers.table import Table

HOUR = 3600
ZERO = "zero duration"
SUBTOTAL = "subtotal"
INVOICED = "already invoiced in the tool"
TOTALS = frozenset(
    (
        *("", "total", "totals", "subtotal", "sub-total", "grand total", "sum", "summe", "gesamt"),
        *("zwischensumme", "total général", "totale", "totaal", "razem", "suma", "итого"),
    )
)
#: The cells that the reader takes of every row, in this order.
FIELDS = (
    *("date", "start", "end-date", "end", "duration", "hours", "person", "email", "client"),
    *("project", "code", "task", "tags", "billable", "note", "role", "rate", "id"),
)
#: The cells that only some formats have.
EXTRAS = ("first", "last", "subject", "zone", "invoiced", "invoice", "kind", "category", "billed")


def names(text: str) -> tuple[str, ...]:
    """The headers of a field, written with `|` between them."""
    return tuple(text.split("|"))


def plain_readings(client: str, project: str, code: str, task: str) -> tuple[Reading, ...]:
    """The row's place by the project's name, and by its code where it has one."""
    named = Reading(client, project, task)
    return (named, Reading(client, code, task)) if code and code != project else (named,)


class WorkColumns(NamedTuple):
    """Which headers mean a field, the first that a table has.

    Fields are `FIELDS` and `EXTRAS`: `code` is the project's second name, `subject` stands in for
    an empty note, `invoiced` says yes where the tool has billed the row and `invoice` by which of
    its invoices, `billed` is how much of the duration it would bill, `kind` and `category` tell work from leave and expenses.

    `amount` is what the tool says that a row costs, its header perhaps with a currency behind it as
    in `Amount (EUR)`, `currency` the column of that; they are compared, and never billed from.

    `empty` is an empty cell's text; `unit` is how many seconds a bare number of a duration means,
    `whole` the same for a number without decimal places, where that differs; `date_only` says
    that a start at midnight is no time but the day; `negative` allows time taken back; `billable` are words for it beside yes and no, in lower case; `work` are the words of `kind` and
    `category` that are work; `guard` is what the tool puts before text that a spreadsheet would
    take for a formula; `sums` are the fields of which one is there in every row that is no
    subtotal; `readings` makes places of client, project, code and task; `key` is the pattern of
    a `match:` rule that `code` is compared with; `tag_mark` stands between tags.
    """

    headers: Mapping[str, tuple[str, ...]]
    empty: str = ""
    unit: int = HOUR
    whole: int = 0
    billable: Mapping[str, bool | None] = {}
    work: frozenset[str] = frozenset()
    guard: str = ""
    sums: tuple[str, ...] = ("date", "start")
    readings: Callable[[str, str, str, str], tuple[Reading, ...]] = plain_readings
    key: str = ""
    tag_mark: str = ","
    date_only: bool = False
    negative: bool = False

    def places(self, table: Table) -> dict[str, int]:
        """The column of each field that the table has."""
        found = {name: table.column(*texts) for name, texts in self.headers.items()}
        return {name: place for name, place in found.items() if place is not None}


class Extras:
    """The cells of a row that say whether it is work at all, and what stands in for others."""

    def __init__(self, columns: WorkColumns, places: Mapping[str, int], *, keep: bool) -> None:
        self.columns = columns
        self.keep_invoiced = keep
        self._places = {name: places[name] for name in EXTRAS if name in places}
        self._sums = tuple(places[name] for name in columns.sums if name in places)
        self._whose = [
            [places[name] for name in group if name in places]
            for group in (("person", "email", "first"), ("project",))
        ]
        self.is_needed = bool(self._places)

    def cell(self, cells: Sequence[str], name: str) -> str:
        """The text of a field, empty where the table has no such column."""
        place = self._places.get(name)
        if place is None:
            return ""
        text = cells[place].strip()
        return "" if text == self.columns.empty else text

    def is_sum(self, cells: Sequence[str]) -> bool:
        """Whether a row without its usual cells is a subtotal, or a word says that it is one.

        A row that names a person and a project is none: its date is missing.
        """
        return (
            bool(self._sums)
            and not any(self._says(cells, place) for place in self._sums)
            and not all(any(self._says(cells, one) for one in group) for group in self._whose)
        )

    def _says(self, cells: Sequence[str], place: int) -> bool:
        text = cells[place].strip()
        return text != self.columns.empty and text.lower().rstrip(":") not in TOTALS

    def not_work(self, cells: Sequence[str]) -> str:
        """Why the row is no work to be imported, or ""."""
        for name in ("kind", "category"):
            word = self.cell(cells, name)
            if word and word.lower() not in self.columns.work:
                return f"not work: {word}"
        return ""

    def is_invoiced(self, cells: Sequence[str]) -> bool:
        """Whether the tool has billed the row, and the import leaves such rows out.

        Raises:
            RowRefusedError: the mark for it is neither yes nor no.
        """
        text = self.cell(cells, "invoiced")
        return bool(text) and not self.keep_invoiced and _is_yes(text)

    def tool_invoice(self, cells: Sequence[str]) -> str | bool:
        """How the tool has marked a row that it has billed, "" where it has not.

        It is the number of its invoice, True without one, or a word that is neither yes nor no.
        """
        text = self.cell(cells, "invoiced")
        number = one_line(self.cell(cells, "invoice"))
        try:
            return _is_yes(text) and (number or True) if text else number
        except RowRefusedError:
            return number or one_line(text)

    def person(self, cells: Sequence[str]) -> str:
        """The name of first and last name."""
        return " ".join(filter(None, (self.cell(cells, "first"), self.cell(cells, "last"))))

    def billed(
        self, cells: Sequence[str], seconds: int | None, read: SecondsReader, part: str
    ) -> tuple[str, str]:
        """`yes` or `no` by the hours that the tool would bill, and the text of those that count.

        Both are empty where the table has no such column, the second where all hours count. `part`
        is what counts of a row of which a part is to be billed: `worked`, `billed`, or empty.

        Raises:
            RowRefusedError: a part is to be billed, and nothing says what counts then.
        """
        text = self.cell(cells, "billed")
        if not text:
            return "", ""
        billed = read(text)
        if not billed:
            return "no", ""
        if seconds is None or billed == seconds or part == "worked":
            return "yes", ""
        if part == "billed":
            return "yes", text
        raise RowRefusedError(
            f"{billed / HOUR:g} of {seconds / HOUR:g} hours are to be billed; split the entry there,"
            " or set `partly-billed: worked` or `partly-billed: billed` for what counts"
        )


def _is_yes(text: str) -> bool:
    try:
        return billable_of(text) is True
    except RowRefusedError as error:
        raise RowRefusedError(f'invoiced is "{text}", which is neither yes nor no') from error


if TYPE_CHECKING:  # pragma: no cover
    SecondsReader = Callable[[str], int | None]
