"""A tool whose exports are tracked items, as an export format.

All formats are asked what a file is; how one is read is loaded when it is.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.importers.model import Format
from projbill_beancount.importers.tracker import Layout
from projbill_beancount.importers.tracker import lacking
from projbill_beancount.importers.tracker import opened

if TYPE_CHECKING:  # pragma: no cover
    from projbill_beancount.importers.model import Content
    from projbill_beancount.terms.model import ImportSettings
    from projbill_beancount.terms.model import Terms


class Tracker(NamedTuple):
    """A tool and the layouts of its exports; `name` is its key in `imports:` and begins its ids.

    `tool` begins the ids where it is not the name.
    """

    name: str
    title: str
    layouts: tuple[Layout, ...]
    tool: str = ""


def tracker_format(tracker: Tracker) -> Format:
    """The tracker as an export format."""
    return Format(
        tracker.name,
        tracker.title,
        partial(_recognise, tracker),
        partial(_nearly, tracker),
        partial(_read, tracker),
    )


def _recognise(tracker: Tracker, text: str, settings: ImportSettings) -> bool:
    return opened(text, tracker.layouts, settings) is not None


def _nearly(tracker: Tracker, text: str, settings: ImportSettings) -> str:
    return lacking(text, tracker.layouts, settings, tracker.title)


def _read(tracker: Tracker, text: str, settings: ImportSettings, terms: Terms) -> Content:
    from projbill_beancount.importers.tracker_read import read_tracker  # noqa: PLC0415 - see above

    return read_tracker(tracker, text, settings, terms)
