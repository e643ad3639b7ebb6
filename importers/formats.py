"""The export formats that can be read, and which of them a file is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.importers.hours_csv import HOURS_CSV
from projbill_beancount.importers.jira import JIRA
from projbill_beancount.importers.milestones_csv import MILESTONES_CSV
from projbill_beancount.importers.model import FileRefusedError
from projbill_beancount.importers.table import decoded
from projbill_beancount.importers.timeclock import TIMECLOCK
from projbill_beancount.importers.toggl import TOGGL
from projbill_beancount.terms.model import ImportSettings

if TYPE_CHECKING:  # pragma: no cover
    from projbill_beancount.importers.model import Format
    from projbill_beancount.terms.model import Firm

HEAD = 4096
UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
FORMATS = (TOGGL, TIMECLOCK, JIRA, HOURS_CSV, MILESTONES_CSV)


class Recognised(NamedTuple):
    """A file's text and the format that it is in."""

    format: Format
    settings: ImportSettings
    text: str


def settings_of(firm: Firm, form: Format) -> ImportSettings:
    """The firm's settings for a format, or settings that say nothing."""
    return firm.imports.get(form.name) or ImportSettings(form.name, firm.place)


def content_of_file(path: str) -> bytes:
    """The bytes of an export.

    Raises:
        FileRefusedError: it cannot be read, or is empty.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise FileRefusedError(f"cannot be read: {error.strerror}") from error
    if not content.strip():
        raise FileRefusedError("the file is empty")
    return content


def _check_text(content: bytes) -> None:
    if content.startswith(b"PK\x03\x04"):
        raise FileRefusedError("a workbook or an archive, not text; save the sheet as CSV")
    if b"\0" in content[:HEAD] and not content.startswith(UTF_16_MARKS):
        raise FileRefusedError(
            "not text, or UTF-16 without its mark; export it as UTF-8, or set"
            " `encoding: utf-16-le` in projbill.yaml for this import"
        )


def recognise(content: bytes, firm: Firm) -> Recognised:
    """The one format that a file is in.

    Raises:
        FileRefusedError: it is in none that is known, or may be in several.
    """
    found, unread = [], None
    for form in FORMATS:
        settings = settings_of(firm, form)
        try:
            text = decoded(content, settings.encoding)
        except FileRefusedError as error:
            # The encoding that one format is said to have says nothing of the others.
            unread = unread or error
            continue
        if form.recognise(text, settings):
            found.append(Recognised(form, settings, text))
    if len(found) == 1:
        return found[0]
    if found:
        names = " and ".join(one.format.name for one in found)
        raise FileRefusedError(f"may be {names}; change `columns:` so that only one fits")
    _check_text(content)
    text = decoded(content)
    for form in FORMATS:
        if problem := form.nearly(text, settings_of(firm, form)):
            raise FileRefusedError(problem)
    if unread:
        raise unread
    titles = "; ".join(form.title for form in FORMATS)
    raise FileRefusedError(f"no known export; known are: {titles}")
