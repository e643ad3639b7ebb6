"""What bank transactions pay, as lines for people, as rows and as data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from projbill_beancount.reports.numbers import money
from projbill_beancount.reports.places import shown_file

if TYPE_CHECKING:
    from collections.abc import Collection
    from collections.abc import Iterator
    from datetime import date

    from projbill_beancount.invoicing.matching import Match
    from projbill_beancount.invoicing.matching import Matching
    from projbill_beancount.invoicing.matching import Unmatched
    from projbill_beancount.invoicing.payments import Incoming

ROW_COLUMNS = (
    "date",
    "file",
    "line",
    "amount",
    "currency",
    "text",
    "client",
    "how",
    "invoices",
    "linked",
    "why",
)
HOW = {
    "number": "its number is in the text",
    "amount": "the amount is what is open on it",
    "sum": "the amount is what is open on them",
}


def matching_data(
    day: date, found: Matching, linked: Collection[Match], root: str
) -> dict[str, object]:
    """What was found as JSON wants it; `linked` are the matches that were written."""
    written = {_place(match.incoming) for match in linked}
    return {
        "as-of": day.isoformat(),
        "matches": [
            {
                **_incoming(match.incoming, root),
                "client": match.client,
                "how": match.how,
                "invoices": [
                    {"invoice": one.number, "amount": money(one.amount, match.incoming.currency)}
                    for one in match.allocations
                ],
                "note": match.note,
                "linked": _place(match.incoming) in written,
            }
            for match in found.matches
        ],
        "unmatched": [
            {
                **_incoming(one.incoming, root),
                "client": one.incoming.client or None,
                "why": one.why,
                "candidates": [list(numbers) for numbers in one.candidates],
            }
            for one in found.unmatched
        ],
    }


def matching_rows(
    found: Matching, linked: Collection[Match], root: str
) -> Iterator[dict[str, object]]:
    """A row for each transaction."""
    written = {_place(match.incoming) for match in linked}
    for match in found.matches:
        yield {
            **_incoming(match.incoming, root),
            "client": match.client,
            "how": match.how,
            "invoices": " ".join(one.number for one in match.allocations),
            "linked": _place(match.incoming) in written,
            "why": match.note,
        }
    for one in found.unmatched:
        candidates = " or ".join("+".join(numbers) for numbers in one.candidates)
        yield {
            **_incoming(one.incoming, root),
            "client": one.incoming.client,
            "invoices": candidates,
            "linked": False,
            "why": one.why,
        }


def match_lines(match: Match, root: str) -> list[str]:
    """A match for people: the transaction, and what it pays and why."""
    one = match.incoming
    parts = ", ".join(
        f"{part.number} {money(part.amount, one.currency)}" for part in match.allocations
    )
    note = f"; {match.note}" if match.note else ""
    return [_line(one, root), f"  pays {parts} of {match.client}: {HOW[match.how]}{note}"]


def unmatched_lines(one: Unmatched, root: str) -> list[str]:
    """What is left to a person, with what it could be."""
    candidates = " or ".join(" + ".join(numbers) for numbers in one.candidates)
    return [_line(one.incoming, root), f"  {one.why}{': ' if candidates else ''}{candidates}"]


def _line(one: Incoming, root: str) -> str:
    amount = f"{money(one.amount, one.currency)} {one.currency}"
    entry = one.transaction
    text = " ".join(part for part in (entry.payee, entry.narration) if part)
    place = f"{shown_file(str(entry.meta['filename']), root)}:{one.line}"
    return f"{entry.date} {amount} {text}  [{place}]"


def _incoming(one: Incoming, root: str) -> dict[str, object]:
    entry = one.transaction
    return {
        "date": entry.date.isoformat(),
        "file": shown_file(str(entry.meta["filename"]), root),
        "line": one.line,
        "amount": money(one.amount, one.currency),
        "currency": one.currency,
        "text": " ".join(part for part in (entry.payee, entry.narration) if part),
    }


def _place(one: Incoming) -> tuple[str, int]:
    return str(one.transaction.meta["filename"]), one.line
