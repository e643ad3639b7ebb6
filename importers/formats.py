"""The export formats that can be read, and which of them a file is."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.importers.expenses_csv import EXPENSES_CSV
from projbill_beancount.importers.hours_csv import HOURS_CSV
from projbill_beancount.importers.jsontext import no_json
from projbill_beancount.importers.milestones_csv import MILESTONES_CSV
from projbill_beancount.importers.model import FileRefusedError
from projbill_beancount.importers.table import decoded
from projbill_beancount.importers.timetools import TIME_TOOLS
from projbill_beancount.importers.trackers import TRACKERS
from projbill_beancount.importers.workbook import MARK as ARCHIVE_MARK
from projbill_beancount.importers.workbook import SHEET
from projbill_beancount.importers.workbook import files_of
from projbill_beancount.importers.workbook import sheets_of
from projbill_beancount.terms.model import ImportSettings

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Sequence
    from importlib.metadata import EntryPoint

    from projbill_beancount.importers.model import Format
    from projbill_beancount.terms.model import Firm

HEAD = 4096
UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
FORMATS = (
    *TIME_TOOLS,
    HOURS_CSV,
    MILESTONES_CSV,
    EXPENSES_CSV,
    *TRACKERS,
)


#: Packages beside ours add formats with an entry point of this group.
GROUP = "projbill_beancount.formats"


@lru_cache(maxsize=1)
def formats() -> tuple[Format, ...]:
    """Our formats, and those of installed packages.

    Raises:
        FileRefusedError: one of a package cannot be loaded.
    """
    from importlib.metadata import entry_points  # noqa: PLC0415 - only importing needs it

    return (*FORMATS, *(_loaded(found) for found in entry_points(group=GROUP)))


def _loaded(found: EntryPoint) -> Format:
    try:
        form: Format = found.load()
    except Exception as error:
        # Whatever the package runs into, it is its fault and not the file's.
        raise FileRefusedError(f"the format {found.value} cannot be loaded: {error}") from error
    return form


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
    if not content or content.isspace():
        raise FileRefusedError("the file is empty")
    return content


class _Texts:
    """The texts that an export's bytes may be: of a file, a workbook's sheets, or an archive."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self._decoded: dict[str, str | FileRefusedError] = {}
        self._files = files_of(content) if content.startswith(ARCHIVE_MARK) else {}
        self._sheets = sheets_of(content) if SHEET in self._files else ()

    @property
    def is_archive(self) -> bool:
        """Whether the bytes are files that are no workbook together."""
        return bool(self._files) and not self._sheets

    def of(self, form: Format, settings: ImportSettings) -> Sequence[str]:
        """What a format may find itself in.

        Raises:
            FileRefusedError: the bytes are no text in the encoding of the settings.
        """
        encoding = settings.encoding
        if self._sheets:
            return sheets_of(self.content, ",") if settings.decimal == "," else self._sheets
        if not self._files:
            return [self.text(encoding)]
        if len(self._files) == 1:
            (content,) = self._files.values()
            return [decoded(content, encoding)]
        text = form.unpack(self._files) if form.unpack else ""
        return [text] if text else []

    def text(self, encoding: str = "") -> str:
        """The bytes as text, decoded once.

        Raises:
            FileRefusedError: they are none.
        """
        if encoding not in self._decoded:
            try:
                self._decoded[encoding] = decoded(self.content, encoding)
            except FileRefusedError as error:
                self._decoded[encoding] = error
        found = self._decoded[encoding]
        if isinstance(found, FileRefusedError):
            raise FileRefusedError(str(found), found.line)
        return found

    def plain(self) -> Sequence[str]:
        """What is shown to the formats that say what is missing.

        Raises:
            FileRefusedError: there is no text at all.
        """
        if self._sheets:
            return self._sheets
        if self._files:
            names = ", ".join(sorted(self._files)[:5])
            raise FileRefusedError(
                f"no known export in the archive of {names}; unpack it and import the files"
            )
        if b"\0" in self.content[:HEAD] and not self.content.startswith(UTF_16_MARKS):
            raise FileRefusedError(
                "not text, or UTF-16 without its mark; export it as UTF-8, or set"
                " `encoding: utf-16-le` in projbill.yaml for this import"
            )
        return [self.text()]


def recognise(content: bytes, firm: Firm, path: str = "") -> Recognised:
    """The one format that a file is in; its name may tell the order of day and month.

    Raises:
        FileRefusedError: it is in none that is known, or may be in several.
    """
    found, unread = [], None
    texts = _Texts(content)
    for form in formats():
        settings = settings_of(firm, form)
        try:
            candidates = texts.of(form, settings)
        except FileRefusedError as error:
            # The encoding that one format is said to have says nothing of the others.
            unread = unread or error
            continue
        found += [
            Recognised(form, _with_order(form, settings, path), text)
            for text in candidates
            if form.recognise(text, settings)
        ]
    if len(found) == 1:
        return found[0]
    if found:
        raise FileRefusedError(_several([one.format.name for one in found]))
    raise _refusal(texts, firm, unread)


def _with_order(form: Format, settings: ImportSettings, path: str) -> ImportSettings:
    if settings.dates or form.order is None or not path:
        return settings
    return settings._replace(dates=form.order(Path(path).name))


def _several(names: list[str]) -> str:
    if len(set(names)) == 1:
        return f"{len(names)} of its sheets are {names[0]}; save each as a file of its own"
    return f"may be {' and '.join(names)}; change `columns:` so that only one fits"


def _refusal(texts: _Texts, firm: Firm, unread: FileRefusedError | None) -> FileRefusedError:
    if unread and texts.is_archive:
        return unread
    for text in texts.plain():
        for form in formats():
            if problem := form.nearly(text, settings_of(firm, form)):
                return FileRefusedError(problem)
        if problem := no_json(text):
            return FileRefusedError(problem)
    titles = "; ".join(form.title for form in formats())
    return unread or FileRefusedError(
        "no known export; for a table of your own say which column is what, by"
        f" `imports: hours-csv: columns:` in projbill.yaml. Known are: {titles}"
    )
