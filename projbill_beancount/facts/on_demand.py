"""Facts that few ask for and that take long to read: they are read when they are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING
from typing import TypeVar

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable
    from collections.abc import Iterator

Fact = TypeVar("Fact")


class OnDemandFacts(Mapping[str, Fact]):
    """Facts by project that `read` reads, all of them once one is asked."""

    def __init__(self, read: Callable[[], Mapping[str, Fact]]) -> None:
        self._read = read

    @cached_property
    def _known(self) -> Mapping[str, Fact]:
        return self._read()

    def __getitem__(self, project: str) -> Fact:
        return self._known[project]

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)
