"""Making Beancount's load cache and Fava notice changes outside the ledger.

Both look at the files in the `include` option: the cache hashes their names (encoded), times and
sizes, Fava watches those that exist.
"""

from __future__ import annotations

import glob
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # pragma: no cover
    from typing_extensions import Self


class WatchedPath(str):
    """A path whose encoding changes with the files of a pattern, and with the day if `daily`.

    The instance is pickled with the ledger's options, and encoded again when the cache is checked.
    """

    __slots__ = ("daily", "patterns")

    patterns: tuple[str, ...]
    daily: bool

    def __new__(cls, path: str, patterns: tuple[str, ...], *, daily: bool) -> Self:
        """`path` with absolute glob `patterns`."""
        self = super().__new__(cls, path)
        self.patterns = patterns
        self.daily = daily
        return self

    def __getnewargs_ex__(self) -> tuple[tuple[str, tuple[str, ...]], dict[str, bool]]:
        return (str(self), self.patterns), {"daily": self.daily}

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        """The path, the files that match the patterns, and today if that matters."""
        names = [name for pattern in self.patterns for name in sorted(glob.glob(pattern))]  # noqa: PTH207 - absolute patterns
        today = [date.today().isoformat()] if self.daily else []  # noqa: DTZ011 - the user's day
        return "\n".join([str(self), *names, *today]).encode(encoding, errors)
