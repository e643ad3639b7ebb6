"""Numbers and dates of the pages as Fava writes them: its locale, and nothing in incognito mode."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from babel.core import Locale
from fava.core.number import get_locale_format
from markupsafe import Markup
from markupsafe import escape

from projbill_beancount.fava.settings import is_incognito
from projbill_beancount.reports import numbers
from projbill_beancount.terms.currencies import places

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from fava.core import FavaLedger

DIGIT = re.compile(r"\d")
MOST_PLACES = 4


class Words:
    """The filters of the templates; `money` has the currency's places, whatever the ledger shows."""

    def __init__(self, ledger: FavaLedger) -> None:
        name = ledger.fava_options.locale
        self._locale = Locale.parse(name) if name else None
        self._patterns: dict[int, Callable[[Decimal], str]] = {}

    def money(self, amount: Decimal | None, currency: str) -> Markup:
        """An amount with its currency, `–` where it is unknown."""
        if amount is None:
            return Markup("–")
        text = self.number(amount, currency)
        return Markup('<span class="money">{}&nbsp;{}</span>').format(text, currency)

    def number(self, amount: Decimal | None, currency: str) -> str:
        """An amount without its currency, `–` where it is unknown."""
        if amount is None:
            return "–"
        return hidden(self._written(numbers.rounded(amount, currency), places(currency)))

    def price(self, amount: Decimal | None, currency: str) -> str:
        """A price with the currency's places, or more where it has more; `–` if it is unknown."""
        return "–" if amount is None else self._text(numbers.price(amount, currency))

    def hours(self, seconds: int | None) -> str:
        """Hours of whole seconds with two places, up to four where two are not exact."""
        return "–" if seconds is None else self._text(numbers.quantity(seconds))

    def percent(self, share: Decimal | None, places: int = 0) -> str:
        """A share of 0 to 100 with a percent sign, `–` where it is undefined."""
        return "–" if share is None else hidden(f"{self._written(share, places)} %")

    def _text(self, text: str) -> str:
        _, _, fraction = text.partition(".")
        return hidden(self._written(Decimal(text), len(fraction)))

    def _written(self, number: Decimal, places: int) -> str:
        pattern = self._patterns.get(places)
        if pattern is None:
            pattern = self._patterns[places] = get_locale_format(self._locale, places)
        return pattern(number)


def hidden(text: str) -> str:
    """`text` without its digits in incognito mode, as Fava's own filter has it."""
    return DIGIT.sub("X", text) if is_incognito() else text


def hidden_words(text: object) -> Markup:
    """A sentence with amounts in it, escaped, and without digits in incognito mode."""
    return escape(hidden(str(text)))


def said(text: object) -> Markup:
    """A sentence like `hidden_words`, in which `commands` between backticks are set as such."""
    parts = hidden(str(text)).split("`")
    if len(parts) % 2 == 0:
        return escape("`".join(parts))
    pairs = (Markup("<code>{}</code>").format(part) if at % 2 else escape(part)
             for at, part in enumerate(parts))  # fmt: skip
    return Markup("").join(pairs)


def day(when: date | None) -> Markup:
    """A date as Fava writes it, for machines too."""
    if when is None:
        return Markup("–")
    return Markup('<time datetime="{0}">{0}</time>').format(when.isoformat())
