"""Hours and percentages on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from projbill_beancount.cli.settings import Refusal
from projbill_beancount.invoicing import typed

if TYPE_CHECKING:
    from decimal import Decimal


def parse_hours(text: str) -> int:
    """The seconds in `1.5`, `1.5h`, `1:30`, `90m` or `1h30m`.

    Raises:
        Refusal: it is none of these, nothing, or more than a day.
    """
    try:
        return typed.parse_hours(text)
    except ValueError as error:
        raise Refusal([str(error)]) from error


def parse_percent(text: str) -> Decimal:
    """The number in `60`, `60%` or `33.5 %`.

    Raises:
        Refusal: it is none, or more than 100.
    """
    try:
        return typed.parse_percent(text)
    except ValueError as error:
        raise Refusal([str(error)]) from error
