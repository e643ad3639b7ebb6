"""How many decimal places a currency has: the minor units of ISO 4217."""

from __future__ import annotations

_USUAL = 2

_PLACES = {
    code: places
    for places, codes in (
        (0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"),
        (3, "BHD IQD JOD KWD LYD OMR TND"),
        (4, "CLF UYW"),
    )
    for code in codes.split()
}


def places(currency: str) -> int:
    """The decimal places of amounts in `currency` (`EUR` 2, `JPY` 0); 2 for one unknown."""
    return _PLACES.get(currency, _USUAL)
