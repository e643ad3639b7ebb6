"""The numbers of invoices and credit notes: none twice, none missing, rising with the date."""

from __future__ import annotations

from itertools import chain
from itertools import islice
from itertools import pairwise
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.billing.findings import finding
from projbill_beancount.billing.series import SerialNumber
from projbill_beancount.billing.series import serial_of
from projbill_beancount.billing.series import series_text
from projbill_beancount.billing.series import written

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable
    from collections.abc import Iterator
    from collections.abc import Mapping

    from projbill_beancount.billing.model import Finding
    from projbill_beancount.facts.model import Invoice

#: So many missing numbers are named one by one.
NAMED = 5


class Numbered(NamedTuple):
    """An invoice whose number fits a series."""

    serial: SerialNumber
    invoice: Invoice

    @property
    def number(self) -> int:
        """Its running number in the series."""
        return self.serial.number


def number_findings(
    invoices: Iterable[Invoice],
    credit_notes: Iterable[Invoice],
    patterns: tuple[str, str],
    owners: Mapping[str, str],
) -> Iterator[Finding]:
    """The findings on the numbers of both series; `patterns` are those of invoices and credits.

    Numbers that do not fit a pattern make no gap. A series begins anew with each year, and each
    month, that its pattern has. Invoices and credit notes of one pattern are one series.
    """
    documents = [one for one in (*invoices, *credit_notes) if one.number]
    yield from _duplicates(documents, owners)
    for pattern in {series_text(pattern): pattern for pattern in patterns}.values():
        series: dict[tuple[str, str], list[Numbered]] = {}
        for document in documents:
            serial = serial_of(pattern, document.number)
            if serial is not None:
                series.setdefault(serial.series, []).append(Numbered(serial, document))
        for members in series.values():
            yield from _gaps(pattern, members, owners)
            yield from _order(members, owners)


def _duplicates(documents: Iterable[Invoice], owners: Mapping[str, str]) -> Iterator[Finding]:
    """`invoice-number-duplicate`: the same number on two documents, in any series."""
    first: dict[str, Invoice] = {}
    for document in documents:
        known = first.setdefault(document.number, document)
        if known is not document:
            message = (
                f"the number {document.number} is also that of {known.file}:{known.line}; "
                "`projbill renumber` gives one that was not sent a new one"
            )
            yield _finding("invoice-number-duplicate", document, message, owners)


def _gaps(pattern: str, members: list[Numbered], owners: Mapping[str, str]) -> Iterator[Finding]:
    """`invoice-number-gap`: numbers between the lowest and the highest that are nowhere."""
    numbers = sorted({member.number for member in members})
    count = numbers[-1] - numbers[0] + 1 - len(numbers)
    if not count:
        return
    gaps = (range(one + 1, other) for one, other in pairwise(numbers))
    missing = list(islice(chain.from_iterable(gaps), NAMED))
    after = min((one for one in members if one.number > missing[0]), key=lambda one: one.number)
    shown = [written(pattern, after.serial._replace(number=number)) for number in missing]
    more = f" and {count - NAMED} more" if count > NAMED else ""
    message = (
        f"missing before {after.invoice.number}: {', '.join(shown)}{more}; a number that was taken "
        "back stays in the books as a void"
    )
    yield _finding("invoice-number-gap", after.invoice, message, owners)


def _order(members: list[Numbered], owners: Mapping[str, str]) -> Iterator[Finding]:
    """`invoice-date-order`: a later number with an earlier date."""
    ordered = sorted(members, key=lambda member: member.number)
    latest = ordered[0]
    for member in ordered[1:]:
        if member.invoice.date < latest.invoice.date:
            message = (
                f"{member.invoice.number} is dated {member.invoice.date}, before "
                f"{latest.invoice.number} of {latest.invoice.date}"
            )
            yield _finding("invoice-date-order", member.invoice, message, owners)
        else:
            latest = member


def _finding(code: str, document: Invoice, message: str, owners: Mapping[str, str]) -> Finding:
    return finding(
        code,
        owners.get(document.project, document.project),
        document.date,
        message,
        document.place,
        identity=document.number,
    )
