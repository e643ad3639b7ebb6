"""Who owes a contract's invoices: another client, or several with a share each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from projbill_beancount.terms.model import Share
from projbill_beancount.terms.parts import check_known

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping

    from projbill_beancount.terms.parts import Known
    from projbill_beancount.terms.scalars import Part
    from projbill_beancount.terms.sheet import Fields
    from projbill_beancount.terms.sheet import Sheet

_PERCENT = 100


def split_of(contract: Fields, known: Known, sheet: Sheet) -> tuple[Share, ...]:
    """The contract's `split:` in the order of the file; what it adds up to is not checked here."""
    fields = contract.inner("split")
    for name in fields.lines:
        check_known(sheet, fields.line_of(name), fields.path(name), "client", name, known.clients)
    if contract.given("split") and contract.given("bill-to"):
        told = "`split` says already who owes; keep one of the two"
        sheet.wrong(contract.line_of("bill-to"), "bill-to", told)
    return tuple(_shares(dict(fields.items())))


def _shares(parts: Mapping[str, Part]) -> Iterator[Share]:
    """The shares; bare numbers that make exactly 1 with the others (0.6 and 0.4) are fractions."""
    whole = {
        client: one.fraction * _PERCENT if one.bare else one.fraction
        for client, one in parts.items()
    }
    as_written = sum(whole.values()) == 1
    for client, one in parts.items():
        yield Share(client, whole[client] if as_written else one.fraction)


def bill_to(contract: Fields, known: Known, sheet: Sheet) -> str:
    """The client under `bill-to:`, "" where none is named."""
    client: str = contract.get("bill-to", "")
    if client:
        line = contract.line_of("bill-to")
        check_known(sheet, line, "bill-to", "client", client, known.clients)
    return client
