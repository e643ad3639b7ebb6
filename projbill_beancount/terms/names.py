"""Names that nothing answers to, and the ones that were probably meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

_SHOWN = 20
_QUOTED = 60


def quoted(found: str) -> str:
    """A text as a message quotes it: on one line, and not too long."""
    shown = " ".join(found.split()) if found.strip() else found
    return f'"{shown[:_QUOTED]}..."' if len(shown) > _QUOTED else f'"{shown}"'


def nearest(name: str, names: Collection[str]) -> str | None:
    """The one of `names` that `name` is most likely a misspelling of, None if none is near."""
    import difflib  # noqa: PLC0415 - only a mistake needs it

    by_lower = {known.lower(): known for known in sorted(names)}
    near = difflib.get_close_matches(name.lower(), by_lower, n=1)
    return by_lower[near[0]] if near else None


def did_you_mean(
    name: str, names: Collection[str], otherwise: str = "expected one of {names}"
) -> str:
    """What to do about an unknown name: the nearest one, or all that there are."""
    near = nearest(name, names)
    if near is not None:
        return f'did you mean "{near}"?'
    shown = sorted(names)
    more = f" and {len(shown) - _SHOWN} more" if len(shown) > _SHOWN else ""
    return otherwise.format(names=", ".join(shown[:_SHOWN]) + more)
