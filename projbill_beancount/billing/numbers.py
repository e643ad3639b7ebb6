"""The numbers of invoices and credit notes: none twice, none missing, rising with the date."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.billing.findings import finding

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable
    from collections.abc import Iterator
    from collections.abc import Mapping

    from projbill_beancount.billing.model import Finding
    from projbill_beancount.facts.model import Invoice

#: So many missing numbers are named one by one.
NAMED = 5


class Numbered(NamedTuple):
    """An invoice whose number fits a series: the series, its running number, and how to write it."""

    series: tuple[str, str]
    number: int
    invoice: Invoice


def number_findings(
    invoices: Iterable[Invoice],
    credit_notes: Iterable[Invoice],
    patterns: tuple[str, str],
    owners: Mapping[str, str],
) -> Iterator[Finding]:
    """The findings on the numbers of both series; `patterns` are those of invoices and credits.

    Numbers that do not fit their pattern make no gap. A series begins anew with each year, and
    each month, that its pattern has.
    """
    issued = [one for one in invoices if one.number]
    credits_ = [one for one in credit_notes if one.number]
    yield from _duplicates([*issued, *credits_], owners)
    for pattern, documents in zip(patterns, (issued, credits_), strict=True):
        series: dict[tuple[str, str], list[Numbered]] = {}
        for document in documents:
            numbered = _numbered(pattern, document)
            if numbered is not None:
                series.setdefault(numbered.series, []).append(numbered)
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
    numbers = {member.number for member in members}
    missing = sorted(set(range(min(numbers), max(numbers))) - numbers)
    if not missing:
        return
    after = min((one for one in members if one.number > missing[0]), key=lambda one: one.number)
    year, month = after.series
    shown = [_written(pattern, number, year, month) for number in missing[:NAMED]]
    more = f" and {len(missing) - NAMED} more" if len(missing) > NAMED else ""
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


def _numbered(pattern: str, document: Invoice) -> Numbered | None:
    match = _matcher(pattern).fullmatch(document.number)
    if match is None:
        return None
    found = match.groupdict(default="")
    return Numbered((found.get("year", ""), found.get("month", "")), int(found["number"]), document)


@lru_cache(maxsize=64)
def _matcher(pattern: str) -> re.Pattern[str]:
    """The regular expression of a number pattern such as `INV-{year}-{number:04}`."""
    parts = re.split(r"(\{[^}]*\})", pattern)
    seen: set[str] = set()
    text = ""
    for part in parts:
        name = part.strip("{}").partition(":")[0] if part.startswith("{") else ""
        if not name:
            text += re.escape(part)
        elif name in seen:
            text += f"(?P={name})"
        else:
            seen.add(name)
            digits = {"year": r"\d{4}", "month": r"\d{1,2}"}.get(name, r"\d+")
            text += f"(?P<{name}>{digits})"
    return re.compile(text)


def _written(pattern: str, number: int, year: str, month: str) -> str:
    """A number of a series as its pattern writes it."""
    return pattern.format(number=number, year=int(year or 0), month=int(month or 0))


def _finding(code: str, document: Invoice, message: str, owners: Mapping[str, str]) -> Finding:
    return finding(
        code,
        owners.get(document.project, document.project),
        document.date,
        message,
        document.place,
        identity=document.number,
    )
