"""A file's rows, read once: those of work wait as sessions, all others are in its content."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from projbill_beancount.importers.amounts import amount_notices
from projbill_beancount.importers.dates import OtherOrderError
from projbill_beancount.importers.kept import KeptSessions
from projbill_beancount.importers.resolve import Resolver

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable
    from collections.abc import Iterable
    from collections.abc import Iterator

    from projbill_beancount.importers.formats import Recognised
    from projbill_beancount.importers.kept import Found
    from projbill_beancount.importers.known import KnownFacts
    from projbill_beancount.importers.model import Content
    from projbill_beancount.terms.model import Terms

#: After so many sessions it is told how much is done.
STEP = 512


class ExportReader:
    """Reads the files of an import; `done` is told how much of all files is read, from 0 to 1."""

    def __init__(
        self, terms: Terms, known: KnownFacts, done: Callable[[float], None], *, cells: bool
    ) -> None:
        self.terms = terms
        self.known = known
        self.done = done
        self.cells = cells
        self.at, self.files = 0, 1

    def read(self, found: Recognised) -> tuple[Content, KeptSessions]:
        """The rows of a file, those of work as sessions.

        A file is read a second time if its first rows let guess the wrong order of day and month.

        Raises:
            FileRefusedError: it cannot be read.
        """
        try:
            return self._read(found)
        except OtherOrderError as error:
            settings = found.settings._replace(dates=error.order)
            return self._read(found._replace(settings=settings))

    def _read(self, found: Recognised) -> tuple[Content, KeptSessions]:
        content = found.format.read(found.text, found.settings, self.terms)
        kept = KeptSessions(cells=self.cells)
        resolver = Resolver(self.terms, found.settings)
        sessions = self._kept(resolver.resolve(content), kept, found.text.count("\n") + 1)
        if content.amounts:
            content.notices += amount_notices(sessions, content.amounts, self.terms)
        else:
            deque(sessions, maxlen=0)
        resolver.tell_tasks(content)
        return content, kept

    def _kept(self, sessions: Iterable[Found], kept: KeptSessions, lines: int) -> Iterator[Found]:
        known = self.known.sessions
        for number, session in enumerate(sessions):
            kept.add(session, is_known=session.base in known)
            # Of JSON in one line the number of an entry says nothing of how much there is.
            if number % STEP == 0 and session.line <= lines:
                self.done((self.at + session.line / lines) / self.files)
            yield session
