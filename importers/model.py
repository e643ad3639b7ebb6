"""What an export says, before it is compared with the terms: rows of work and of milestones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from datetime import date
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import NamedTuple

from projbill_beancount.importers.proposals import Proposal
from projbill_beancount.ledger.expenses import SpentMoney
from projbill_beancount.terms.model import ImportSettings
from projbill_beancount.terms.model import Terms

Day = date


class Reading(NamedTuple):
    """One way to read where a row belongs; an empty text is an empty cell."""

    client: str
    project: str
    task: str


class Where:
    """Where a row belongs, as far as the export says: its readings and tags.

    `keys` are texts for other patterns of a `match:` rule, such as `jira-project`. Rows that say
    the same share one object, so that it is looked up once; it is equal to nothing but itself.
    """

    __slots__ = ("keys", "readings", "tags")

    def __init__(
        self,
        readings: tuple[Reading, ...],
        tags: tuple[str, ...] = (),
        keys: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
    ) -> None:
        self.readings = readings
        self.tags = tags
        self.keys = keys


class WorkRow(NamedTuple):
    """A row of logged time.

    `people` are the texts that name the person. `start` and `end` are local times of the export
    or carry their own offset; `seconds` is the duration that the export states. `billable` is None
    where the row does not say. `id` is the tool's own. `raw` are the cells, for people to look at.
    What was `invoiced` in the tool is never new; where such rows are taken all the same,
    `tool_invoice` is the tool's mark: the number of its invoice, True without one.
    """

    line: int
    people: tuple[str, ...]
    where: Where
    day: date
    start: datetime | None
    end: datetime | None
    seconds: int | None
    billable: bool | None
    note: str
    role: str = ""
    rate: str = ""
    id: str = ""
    raw: Sequence[str] = ()
    invoiced: bool = False
    tool_invoice: str | bool = ""


class ProgressRow(NamedTuple):
    """Reported progress, already matched to a contract; `rows` of the export say so together.

    `percent` is 0 to 100, None for a row that only accepts.
    """

    line: int
    rows: int
    id: str
    project: str
    milestone: str
    date: Day
    percent: Decimal | None
    accepted: Day | None
    raw: Sequence[str] = ()


class TrackedRow(NamedTuple):
    """How far a milestone is by an issue tracker, as its items say on the day of the export.

    `base` is what the ids of its reports begin with; the ledger decides whether it is a new report.
    `done` is the day of the last delivery, `moved` the last day on which anything of it changed;
    None where the export does not say. `single` is a milestone that is one item; `exact` says that
    `done` is the day itself and not just that of the last change. `elsewhere` is set where
    `match:` does not say which of the tool's projects it means: how the base of the same thing in
    another project begins and ends.
    """

    line: int
    rows: int
    base: str
    project: str
    milestone: str
    percent: Decimal
    done: Day | None
    moved: Day | None
    single: bool
    exact: bool = True
    raw: Sequence[str] = ()
    elsewhere: tuple[str, str] | None = None


class ExpenseRow(NamedTuple):
    """An expense, already matched to a contract; its id is a base without a number.

    `unsaid` are the fields that the export has no column for; `invoiced` rows were billed in the
    tool, and only count where the ledger has them already.
    """

    line: int
    spent: SpentMoney
    unsaid: frozenset[str] = frozenset()
    raw: Sequence[str] = ()
    invoiced: bool = False


class Refused(NamedTuple):
    """A row that cannot be imported and keeps its whole file out; `line` counts from 1.

    `proposals` say what would make known what it names.
    """

    line: int
    reason: str
    proposals: tuple[Proposal, ...] = ()


class RowRefusedError(ValueError):
    """Raised while one row is read; the message says what was found and what to do.

    `proposals` are lines that would do it.
    """

    def __init__(self, reason: str, proposals: tuple[Proposal, ...] = ()) -> None:
        super().__init__(reason)
        self.proposals = proposals


class FileRefusedError(Exception):
    """A file that cannot be read as the export that it seems to be; the message has no path."""

    def __init__(self, reason: str, line: int = 1) -> None:
        super().__init__(reason)
        self.line = line


class AmountCells(NamedTuple):
    """Where rows have the tool's own amounts, for comparison alone.

    `columns` are places with the currency that their header names, or ""; `currency` is that of a
    column for it. `hours` are the places of durations, whose numbers are `seconds` where they have
    no decimal places. `mark` is the decimal mark, empty if it is to be guessed.
    """

    columns: tuple[tuple[int, str], ...]
    currency: int | None
    hours: tuple[int, ...]
    mark: str
    seconds: bool


@dataclass
class Content:
    """All rows of a file: those to import, and the others by reason.

    `unread` is work that is read while it is taken, once; only then are the rows and notices
    complete. `tracked` are milestones by an issue tracker. `rows` counts the rows of data; `skipped` counts rows by reason; `notices` are lines for the
    person who imports. `amounts` says where rows of work have the tool's own. `proposals` are for
    what is unknown and keeps no row out.
    """

    rows: int = 0
    work: list[WorkRow] = field(default_factory=list)
    unread: Iterable[WorkRow] = ()
    progress: list[ProgressRow] = field(default_factory=list)
    tracked: list[TrackedRow] = field(default_factory=list)
    expenses: list[ExpenseRow] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    refused: list[Refused] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    amounts: AmountCells | None = None
    proposals: list[Proposal] = field(default_factory=list)


class Format(NamedTuple):
    """An export format. `name` is its key in `imports:`, `title` is for messages.

    `recognise` tells from the text whether a file is such an export; `nearly` is a line that says
    what a file lacks that almost is one, or empty. `read` gives its rows. `unpack` makes one text
    of the files of an archive, empty if they are no such export; `order` tells from a file's name
    whether its dates are `dmy` or `mdy`.

    A workbook is read as the CSV of its sheet, so a format need not know of it.
    """

    name: str
    title: str
    recognise: Callable[[str, ImportSettings], bool]
    nearly: Callable[[str, ImportSettings], str]
    read: Callable[[str, ImportSettings, Terms], Content]
    unpack: Callable[[Mapping[str, bytes]], str] | None = None
    order: Callable[[str], str] | None = None
