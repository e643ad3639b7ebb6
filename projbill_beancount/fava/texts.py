"""The words of the pages in the language of Fava, where there is a catalogue for it.

A catalogue is `locale/LANGUAGE/LC_MESSAGES/projbill.mo` beside this file; without one the words
stay English. `pybabel extract -F babel.cfg` finds what is to be translated.
"""

from __future__ import annotations

import gettext as python_gettext
from functools import lru_cache
from pathlib import Path

from flask_babel import get_locale

DOMAIN = "projbill"
FOLDER = Path(__file__).parent / "locale"


def gettext(text: str) -> str:
    """`text` in the language of this request."""
    return _catalogue(str(get_locale() or "en")).gettext(text)


def ngettext(one: str, many: str, number: int) -> str:
    """`one` or `many`, whichever the language of this request has for a number."""
    return _catalogue(str(get_locale() or "en")).ngettext(one, many, number)


def marked(text: str) -> str:
    """Mark a text for translation where it is written; `gettext` translates it where it is used."""
    return text


@lru_cache(maxsize=8)
def _catalogue(language: str) -> python_gettext.NullTranslations:
    return python_gettext.translation(DOMAIN, FOLDER, [language], fallback=True)
