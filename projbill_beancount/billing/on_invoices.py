"""What invoices still hold of a single entry after the credit notes on them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.facts.model import FrozenEntry

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable
    from collections.abc import Sequence

    from projbill_beancount.facts.model import Invoice

Listed = tuple["Invoice", FrozenEntry]


class OnInvoices(NamedTuple):
    """What invoices hold of an entry that credit notes concern, in seconds.

    `live` is what is still invoiced, None where the lines do not say how much; `freed` is then what
    credit notes took back and no later invoice bills.
    """

    live: int | None
    freed: int = 0


def left_on(held: Sequence[Listed], taken: Sequence[Listed]) -> OnInvoices:
    """What invoices to one client still hold of an entry after the credit notes on them.

    A credit note that gives no hours takes what the invoice holds that it corrects. Where an
    invoice gives none either, it is taken as credited whole, and invoices that do are counted off.
    What stands on credit notes alone was never invoiced: they settle it with the other sign.
    """
    invoiced = worked_seconds(entry for _, entry in held)
    parts = [_credited(credit, entry, held) for credit, entry in taken]
    credited = [seconds for seconds in parts if seconds is not None]
    if invoiced is not None and len(credited) == len(parts):
        left = invoiced - sum(credited)
        if not held:
            return OnInvoices(left)
        return OnInvoices(left if (left > 0) == (invoiced > 0) else 0)
    documents = {(invoice.file, invoice.line) for invoice, _ in held}
    if len(credited) < len(parts):
        return OnInvoices(0 if len({id(credit) for credit, _ in taken}) >= len(documents) else None)
    corrected = {credit.corrects for credit, _ in taken}
    later = [entry.seconds or 0 for invoice, entry in held if invoice.number not in corrected]
    return OnInvoices(None, sum(credited) - sum(later))


def _credited(credit: Invoice, entry: FrozenEntry, held: Sequence[Listed]) -> int | None:
    """The seconds of an entry that a credit note takes back; None where nothing says how many."""
    if entry.seconds is not None:
        return entry.seconds
    return worked_seconds(one for invoice, one in held if invoice.number == credit.corrects) or None


def together(parts: Sequence[OnInvoices]) -> OnInvoices:
    """What all clients' invoices hold of an entry."""
    known = [part.live for part in parts if part.live is not None]
    if len(known) < len(parts):
        return OnInvoices(None, sum(part.freed for part in parts))
    return OnInvoices(sum(known))


def worked_seconds(entries: Iterable[FrozenEntry]) -> int | None:
    """The worked seconds that lines say of an entry; None where one does not."""
    total = 0
    for entry in entries:
        if entry.seconds is None:
            return None
        total += entry.seconds
    return total
