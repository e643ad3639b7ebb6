"""Parts that `projbill.yaml` and the contracts have in common, from what was read to terms."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from operator import itemgetter
from typing import TYPE_CHECKING
from typing import Any
from typing import NamedTuple

from projbill_beancount.terms.model import HourRounding
from projbill_beancount.terms.model import InvoiceTerms
from projbill_beancount.terms.model import MatchRule
from projbill_beancount.terms.names import did_you_mean
from projbill_beancount.terms.names import quoted
from projbill_beancount.terms.sheet import Fields
from projbill_beancount.terms.sheet import Sheet

if TYPE_CHECKING:
    from collections.abc import Collection

#: The tax code that means: no tax.
NO_TAX = "none"


class Known(NamedTuple):
    """The names that `projbill.yaml` gives; None where its list could not be read."""

    clients: Collection[str] | None
    people: Collection[str] | None
    taxes: Collection[str] | None


def known_names(fields: Fields) -> Known:
    """The names in a `projbill.yaml`, also of clients, people and taxes with mistakes in them."""
    return Known(*(_names(fields, name) for name in ("clients", "people", "taxes")))


def _names(fields: Fields, name: str) -> Collection[str] | None:
    if fields.given(name) and fields.get(name) is None:
        return None
    return fields.inner(name).lines


def check_known(
    sheet: Sheet, line: int, key: str, what: str, name: str, names: Collection[str] | None
) -> None:
    """Note a mistake if `name` is none of `names`; None for `names` means that all may be."""
    if names is None or name in names:
        return
    if names:
        hint = did_you_mean(name, names, otherwise="known: {names}")
    else:
        hint = "projbill.yaml has none; add it there"
    sheet.wrong(line, key, f"unknown {what} {quoted(name)}; {hint}")


def dated(fields: Fields, name: str, value: str) -> list[tuple[date, Any, int]]:
    """The dated values under a key as (start, value, line), by start and then as in the file."""
    found = fields.get(name)
    if found is None:
        return []
    if not isinstance(found, list):
        return [(date.min, found, fields.line_of(name))]
    rows = [
        (one.get("from", date.min), one.get(value), one.line)
        for one in found
        if one.get(value) is not None
    ]
    return sorted(rows, key=itemgetter(0))


def dated_once(fields: Fields, name: str, value: str, sheet: Sheet) -> list[tuple[date, Any, int]]:
    """As `dated`; two values from the same day on are a mistake."""
    rows = dated(fields, name, value)
    for (before, _, first), (start, _, line) in pairwise(rows):
        if before == start:
            since = "without a date" if start == date.min else f"from {start} on"
            where = f", on lines {first} and {line}" if first != line else ""
            told = f"two values {since}{where}; keep one"
            sheet.wrong(line, fields.path(name), told)
    return rows


def as_texts(found: str | list[str] | None) -> tuple[str, ...]:
    """One text or a list of them as a tuple."""
    if found is None:
        return ()
    return (found,) if isinstance(found, str) else tuple(found)


def match_rules(fields: Fields, name: str, sheet: Sheet) -> tuple[MatchRule, ...]:
    """The match rules under a key, one or a list of them."""
    found = fields.get(name) or []
    rules = [found] if isinstance(found, Fields) else found
    return tuple(_match_rule(rule, sheet) for rule in rules)


def _match_rule(rule: Fields, sheet: Sheet) -> MatchRule:
    patterns = {field: text for field, text in rule.items() if field not in ("from", "until")}
    if not patterns and not set(rule.lines) - {"from", "until"}:
        told = "fits every row; name a client, project, task, tag, source or jira-project"
        sheet.wrong(rule.line, rule.key, told)
    start, end = rule.get("from"), rule.get("until")
    check_order(rule, "from", "until", sheet)
    return MatchRule(patterns, sheet.place(rule.line), start, end)


def check_order(fields: Fields, first: str, last: str, sheet: Sheet) -> None:
    """Note a mistake if the date under `last` is before the one under `first`."""
    start, end = fields.get(first), fields.get(last)
    if start and end and end < start:
        told = f"{end} is before {first}, {start}; correct one of them"
        sheet.wrong(fields.line_of(last), fields.path(last), told)


def invoice_terms(fields: Fields, base: InvoiceTerms, known: Known, sheet: Sheet) -> InvoiceTerms:
    """`base` with what an `invoice:` mapping says instead, key by key."""
    hours = fields.get("hours")
    group_by, due_shift = fields.get("group-by"), fields.get("due-shift")
    return InvoiceTerms(
        terms=fields.get("terms", base.terms),
        tax=_invoice_tax(fields, base, known, sheet),
        group_by=as_texts(group_by) or base.group_by,  # type: ignore[arg-type]
        hours=base.hours if hours is None else _rounding(hours),
        consolidate=fields.get("consolidate", base.consolidate),
        minimum=fields.get("minimum", base.minimum),
        retention=fields.get("retention", base.retention),
        due_shift=base.due_shift if due_shift is None else due_shift != "no",
    )


def _invoice_tax(fields: Fields, base: InvoiceTerms, known: Known, sheet: Sheet) -> str | None:
    code = tax_code(fields, known, sheet)
    if code is None:
        return base.tax
    return None if code == NO_TAX else code


def tax_code(fields: Fields, known: Known, sheet: Sheet) -> str | None:
    """The code under `tax:`, which must be a known one or `none`; None where none was given."""
    code: str | None = fields.get("tax")
    if code is not None and code != NO_TAX:
        check_known(sheet, fields.line_of("tax"), fields.path("tax"), "tax code", code, known.taxes)
    return code


def _rounding(hours: Fields | str) -> HourRounding | None:
    if isinstance(hours, str):
        return None
    rounding = HourRounding(hours.get("to", 1))
    return rounding._replace(
        direction=hours.get("direction", rounding.direction),
        per=hours.get("per", rounding.per),
    )
