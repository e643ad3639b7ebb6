"""Days out of the instants that issue trackers write: with an offset, in UTC, or as a number."""

from __future__ import annotations

import re
from datetime import date
from datetime import datetime
from datetime import timedelta
from datetime import timezone
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from projbill_beancount.importers.dates import YEARS
from projbill_beancount.importers.dates import split_moment
from projbill_beancount.importers.model import RowRefusedError

if TYPE_CHECKING:  # pragma: no cover
    from datetime import tzinfo

    from projbill_beancount.importers.dates import Dates
    from projbill_beancount.terms.model import ImportSettings
    from projbill_beancount.terms.model import Terms

_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?\s*(Z|UTC|[+-]\d\d:?\d\d)?"
)
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(Z)")
_SCRIPT = re.compile(
    r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) (\d\d) (\d{4}) (\d\d):(\d\d):(\d\d) GMT([+-]\d{4})(?: \(.*\))?"
)
_MILLISECONDS = re.compile(r'[\s"]*(\d{12,13})(?:\.0+)?[\s"]*')
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()  # noqa: SIM905
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def firm_zone(terms: Terms, settings: ImportSettings) -> tzinfo | None:
    """The zone whose calendar counts: the import's, else the one that all people share."""
    zones = {person.zone for person in terms.firm.people.values() if person.zone}
    name = settings.zone or (zones.pop() if len(zones) == 1 else "")
    return ZoneInfo(name) if name else None


class Days:
    """Reads what a tracker writes as the day on which it was where the firm is.

    `in_utc` says that a time without an offset is of UTC; without it such a time is local already.
    `guessed` is set once an offset was met and no zone is known: then the day of UTC counts.
    """

    def __init__(self, dates: Dates, zone: tzinfo | None, *, in_utc: bool = False) -> None:
        self.dates = dates
        self.zone = zone
        self.in_utc = in_utc
        self.guessed = False
        self._known: dict[str, date] = {}

    def __call__(self, text: str) -> date:
        """The local day.

        Raises:
            RowRefusedError: it is no date, or none that exists.
        """
        found = self._known.get(text)
        if found is None:
            found = self._known[text] = self._read(text.strip())
        return found

    def _read(self, text: str) -> date:
        try:
            moment = self._moment(text)
        except (ValueError, OverflowError) as error:
            raise RowRefusedError(f'the date "{text}" does not exist') from error
        if moment is None:
            return self.dates(split_moment(text)[0])
        if moment.year not in YEARS:
            raise RowRefusedError(f'the year of "{text}" cannot be right; correct the date')
        if moment.tzinfo is None:
            return moment.date()
        if self.zone is None:
            self.guessed = True
            return moment.astimezone(timezone.utc).date()
        return moment.astimezone(self.zone).date()

    def _moment(self, text: str) -> datetime | None:
        if found := _ISO.fullmatch(text) or _COMPACT.fullmatch(text):
            *numbers, offset = found.groups()
            parts = [int(number or 0) for number in numbers]
            own = _zone_of(offset) if offset else timezone.utc if self.in_utc else None
            return datetime(*parts, tzinfo=own)  # type: ignore[arg-type,misc]
        if found := _SCRIPT.fullmatch(text):
            month = _MONTHS.index(found[1]) + 1
            parts = [int(found[place]) for place in range(3, 7)]
            own = _zone_of(found[7])
            return datetime(parts[0], month, int(found[2]), *parts[1:], tzinfo=own)  # type: ignore[arg-type,misc]
        if found := _MILLISECONDS.fullmatch(text):
            return _EPOCH + timedelta(milliseconds=int(found[1]))
        return None


def _zone_of(offset: str) -> timezone:
    if offset in {"Z", "UTC"}:
        return timezone.utc
    hours, minutes = int(offset[1:3]), int(offset[-2:])
    span = timedelta(hours=hours, minutes=minutes)
    return timezone(-span if offset[0] == "-" else span)
