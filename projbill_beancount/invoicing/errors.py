"""Why a step is refused before anything is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable


class Refused(Exception):  # noqa: N818 - it is the request that is refused
    """What was asked for cannot be done, and nothing was written; `lines` say why, ready to show.

    Paths in them are relative to the ledger's folder.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines = tuple(lines)
        super().__init__("\n".join(self.lines))
