"""Whether a bank's text names a document or a client."""

from __future__ import annotations

import re
import unicodedata
from difflib import SequenceMatcher
from functools import lru_cache

#: Words of companies' names that tell nobody apart.
LEGAL_FORMS = frozenset(
    re.split(
        " ",
        "ag and bv co company corp corporation eg et gmbh group holding inc kg limited llc llp ltd "
        "mbh nv ohg plc sa sarl sas spa srl the ug und",
    )
)
NEAR = 0.8
#: Numbers with fewer characters, or digits alone, stand in texts for other reasons.
SHORT, SHORT_DIGITS = 4, 6


def names_number(text: str, number: str) -> bool:
    """Whether `text` has the document's number: in any case, with other or no separators.

    Leading zeros of a part may be missing where something separates it.
    """
    return _pattern(number).search(text) is not None


def is_weak(number: str) -> bool:
    """Whether a number is so short that a text may have it for another reason."""
    kept = re.sub(r"[\W_]", "", number)
    return len(kept) < (SHORT_DIGITS if kept.isdigit() else SHORT)


def names_client(text: str, names: tuple[str, ...]) -> bool:
    """Whether `text` names a client: at least half of a name's own words, or nearly all of it."""
    words = _words(text)
    folded = " ".join(words)
    for name in names:
        own = [word for word in _words(name) if word not in LEGAL_FORMS and len(word) > 1]
        # one word of two is enough: banks cut names off
        if own and 2 * sum(word in words for word in own) >= len(own):
            return True
        whole = " ".join(own)
        if whole and SequenceMatcher(None, whole, folded).ratio() >= NEAR:
            return True
    return False


@lru_cache(maxsize=8192)
def _pattern(number: str) -> re.Pattern[str]:
    parts = []
    before = ""
    for run in re.findall(r"[^\W\d_]+|\d+", number):
        if run.isdigit():
            short = f"0*{run.lstrip('0') or '0'}"
            parts.append(rf"(?:[\W_]+{short}|{run})" if before.isdigit() else rf"[\W_]*{short}")
        else:
            parts.append(rf"[\W_]*{re.escape(run)}")
        before = run
    inner = "".join(parts).removeprefix(r"[\W_]*")
    return re.compile(rf"(?<![^\W_]){inner}(?![^\W_])", re.IGNORECASE)


@lru_cache(maxsize=8192)
def _words(text: str) -> tuple[str, ...]:
    plain = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(char for char in plain if not unicodedata.combining(char))
    return tuple(re.findall(r"[^\W_]+", kept))
