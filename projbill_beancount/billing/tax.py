"""Tax: per code and rate on the sum of the lines, rounded once per rate (EN 16931, BR-CO-17)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.billing.model import TaxAmount
from projbill_beancount.billing.rates import tax_rate_on
from projbill_beancount.billing.rounding import share

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable
    from collections.abc import Mapping
    from datetime import date
    from decimal import Decimal

    from projbill_beancount.billing.model import Line
    from projbill_beancount.terms.model import Tax

NO_TAX = "none"


class TaxOfLine(NamedTuple):
    """The tax code of a line and its rate in percent; `rate` None with a code is a gap."""

    code: str | None
    rate: Decimal | None


def tax_on(code: str | None, taxes: Mapping[str, Tax], day: date) -> TaxOfLine:
    """The tax of a supply on `day`; the code `none` means that there is none."""
    if code is None or code == NO_TAX:
        return TaxOfLine(None, None)
    dated = tax_rate_on(taxes.get(code), day)
    return TaxOfLine(code, dated.percent if dated else None)


def taxes_of(lines: Iterable[Line], places: int) -> tuple[TaxAmount, ...]:
    """One amount per code and rate, in order of code and rate."""
    bases: dict[tuple[str, Decimal], Decimal] = {}
    for line in lines:
        if line.tax is not None and line.tax_rate is not None and line.kind != "covered":
            key = (line.tax, line.tax_rate)
            bases[key] = bases.get(key, line.amount * 0) + line.amount
    return tuple(
        TaxAmount(code, rate, base, share(base, rate, places))
        for (code, rate), base in sorted(bases.items())
    )
