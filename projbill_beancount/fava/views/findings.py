"""The page of findings: everything that does not fit by code, and what to do about it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.fava.texts import marked
from projbill_beancount.reports.findings import currencies_of
from projbill_beancount.reports.findings import currency_of
from projbill_beancount.reports.findings import findings_by_code
from projbill_beancount.reports.hints import hint
from projbill_beancount.reports.meanings import MEANINGS
from projbill_beancount.reports.places import shown_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping
    from collections.abc import Sequence

    from projbill_beancount.billing.model import Finding
    from projbill_beancount.fava.books import Books
    from projbill_beancount.fava.shown import Shown
    from projbill_beancount.reports.findings import Group
    from projbill_beancount.terms.model import FindingSetting

#: Findings of a code that are shown at once; all of them where the code is asked for.
AT_ONCE = 20
SEVERITIES = {
    "error": marked("Errors"),
    "hold": marked("Hold a draft"),
    "warning": marked("Warnings"),
    "info": marked("For information"),
}
SEVERITY = {
    "error": marked("error"),
    "hold": marked("holds a draft"),
    "warning": marked("warning"),
    "info": marked("information"),
}


class Accepted(NamedTuple):
    """A code that a contract accepts."""

    project: str
    code: str
    setting: FindingSetting


class Coded(NamedTuple):
    """The findings of a code: what it means, what to do, those that are shown, how many are not."""

    group: Group
    meaning: str
    remedy: str
    findings: Sequence[Finding]
    more: int


def findings_view(books: Books, shown: Shown, arguments: Mapping[str, str]) -> Mapping[str, object]:
    """The findings that the filters let through; of a `severity`, a `code`, a `project` if asked."""
    asked = {key: arguments.get(key, "") for key in ("severity", "code", "project")}
    let_through = [one for one in books.billing.findings if shown.finding(one)]
    of_project = [one for one in let_through if asked["project"] in {"", one.project}]
    found = [
        one
        for one in of_project
        if asked["severity"] in {"", one.severity} and asked["code"] in {"", one.code}
    ]
    held, currencies = _held(books), currencies_of(books.billing)
    return {
        "counts": Counter(one.severity for one in of_project),
        "severities": SEVERITIES,
        "severity": SEVERITY,
        "codes": Counter(one.code for one in of_project),
        "asked": asked,
        "groups": [_coded(group, asked["code"]) for group in findings_by_code(found)],
        "currency": lambda one: currency_of(one, currencies),
        "message": lambda one: shown_text(one.message, books.root),
        "held": lambda one: held.get((one.project, one.code), ()),
        "accepted": [one for one in _accepted(books) if shown.project(one.project)],
        "is_any": bool(books.billing.findings),
        "is_any_let_through": bool(let_through),
    }


def _coded(group: Group, asked: str) -> Coded:
    shown = group.findings if asked else group.findings[:AT_ONCE]
    more = len(group.findings) - len(shown)
    projects = {one.project for one in group.findings}
    remedy = hint(group.code, projects.pop() if len(projects) == 1 else "")
    return Coded(group, MEANINGS.get(group.code, ""), remedy, shown, more)


def _held(books: Books) -> dict[tuple[str, str], list[str]]:
    """The drafts that are held, by project and code of what holds them."""
    found: dict[tuple[str, str], list[str]] = {}
    for draft in books.billing.drafts:
        for code in {reason.code for reason in draft.reasons}:
            found.setdefault((draft.project, code), []).append(draft.id)
    return found


def _accepted(books: Books) -> Iterator[Accepted]:
    for contract in books.contracts:
        for code, setting in sorted(contract.finding_settings.items()):
            yield Accepted(contract.id, code, setting)
