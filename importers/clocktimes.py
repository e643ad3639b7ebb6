"""Moments of a table: a day and a time of day in two cells or in one, equal texts read once."""

from __future__ import annotations

from datetime import datetime
from datetime import time
from datetime import timedelta
from typing import TYPE_CHECKING

from projbill_beancount.importers.dates import split_moment
from projbill_beancount.importers.model import RowRefusedError
from projbill_beancount.importers.values import iso_moment
from projbill_beancount.importers.values import time_of_day

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable

    from projbill_beancount.importers.dates import Dates


class ClockTimes:
    """Reads moments; `clean` takes off a cell what is not its text.

    With `date_only` a midnight is no time but its day. `midnights` and `clocks` are the texts that
    were read before.
    """

    def __init__(self, dates: Dates, clean: Callable[[str], str], *, date_only: bool) -> None:
        self.dates = dates
        self.clean = clean
        self.date_only = date_only
        self.midnights: dict[str, datetime] = {}
        self.clocks: dict[str, timedelta] = {}

    def midnight(self, day_text: str) -> datetime:
        """The begin of a day.

        Raises:
            RowRefusedError: it is no date, or empty.
        """
        found = self.midnights.get(day_text)
        if found is None:
            clean = self.clean(day_text)
            if not clean:
                raise RowRefusedError("the row has no date")
            day = self.dates(split_moment(clean)[0])
            found = self.midnights[day_text] = datetime.combine(day, time())
        return found

    def moment(self, text: str, day_text: str) -> datetime | None:
        """The moment of a text, on the day of `day_text` if it has none; None if it is empty.

        Raises:
            RowRefusedError: it is none, or there is no day.
        """
        clock = self.clocks.get(text)
        if clock is not None and day_text:
            # Without a call: this is asked twice for each row.
            return (self.midnights.get(day_text) or self.midnight(day_text)) + clock
        clean = self.clean(text)
        if not clean:
            return None
        if "T" in clean[8:11]:
            return self._iso(clean)
        own_day, own_clock = split_moment(clean)
        if self.date_only and (not own_clock or not time_of_day(own_clock)):
            return None
        if own_clock and ":" not in own_day:
            return self.midnight(own_day) + timedelta(seconds=time_of_day(own_clock))
        self.clocks[text] = timedelta(seconds=time_of_day(clean))
        return self.midnight(day_text) + self.clocks[text]

    def _iso(self, text: str) -> datetime:
        moment = iso_moment(text)
        self.dates(text[:10])
        return moment
