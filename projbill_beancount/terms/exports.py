"""What `imports:` in `projbill.yaml` says about each export."""

from __future__ import annotations

from typing import TYPE_CHECKING

from projbill_beancount.terms.model import ImportSettings
from projbill_beancount.terms.names import did_you_mean
from projbill_beancount.terms.names import quoted
from projbill_beancount.terms.parts import Known
from projbill_beancount.terms.parts import as_texts
from projbill_beancount.terms.parts import check_known
from projbill_beancount.terms.parts import match_rules

if TYPE_CHECKING:
    from projbill_beancount.terms.sheet import Fields
    from projbill_beancount.terms.sheet import Sheet

_TIME_FIELDS = (
    "date",
    "person",
    "hours",
    "duration",
    "start",
    "end",
    "project",
    "client",
    "task",
    "note",
    "billable",
    "invoiced",
    "id",
    "role",
    "rate",
    "tags",
    "amount",
    "currency",
)
_MILESTONE_FIELDS = ("project", "milestone", "date", "complete", "accepted", "id")
EXPENSES = "expenses-csv"
_EXPENSE_FIELDS = (
    *("date", "project", "client", "amount", "currency", "account", "from", "payee", "note"),
    *("person", "markup", "tax", "billable", "invoiced", "id"),
)
#: Settings that only a table of expenses has.
_EXPENSE_SETTINGS = ("accounts", "account", "from", "currency", "billable", "spent")

#: The time trackers.
TIME_TOOLS = (
    *("toggl", "clockify", "harvest", "kimai", "solidtime", "tempo", "jira-worklogs", "redmine"),
    *("gitlab-time", "everhour", "quickbooks-time", "timecamp"),
    *("timew", "watson", "timeclock", "timedot", "org-clock"),
)

#: The issue trackers and planning tools.
TRACKERS = (
    "jira",
    "github",
    "gitlab",
    "linear",
    "asana",
    "trello",
    "clickup",
    "openproject",
    "redmine-issues",
    "msproject",
    "taskwarrior",
)

#: Formats of other packages have names that begin so.
OTHERS = "x-"

#: The exports that are imported, and which of our fields a column map may name.
IMPORT_FIELDS = {
    **dict.fromkeys(TIME_TOOLS, ()),
    **dict.fromkeys(TRACKERS, ()),
    "hours-csv": _TIME_FIELDS,
    "milestones-csv": _MILESTONE_FIELDS,
    EXPENSES: _EXPENSE_FIELDS,
}

_MAPPED = "hours-csv, milestones-csv and expenses-csv"


def import_settings(fields: Fields, known: Known, sheet: Sheet) -> dict[str, ImportSettings]:
    """The settings under `imports:` by name of the export."""
    for name, line in fields.lines.items():
        if name in IMPORT_FIELDS or name.startswith(OTHERS):
            continue
        key = fields.path(name)
        hint = did_you_mean(name, IMPORT_FIELDS, otherwise="known: {names}")
        sheet.wrong(line, key, f"unknown importer {quoted(name)}; {hint}")
    return {
        name: _import(name, one, known, sheet)
        for name, one in fields.items()
        if name in IMPORT_FIELDS or name.startswith(OTHERS)
    }


def _import(name: str, fields: Fields, known: Known, sheet: Sheet) -> ImportSettings:
    person = fields.get("person", "")
    if person and known.people:
        key = fields.path("person")
        check_known(sheet, fields.line_of("person"), key, "person", person, known.people)
    _check_columns(name, fields, sheet)
    _check_states(name, fields, sheet)
    delimiter = fields.get("delimiter", "")
    texts = {name: fields.get(name, "") for name in ("zone", "dates", "decimal", "encoding")}
    return ImportSettings(
        name=name,
        place=sheet.place(fields.line),
        zone=texts["zone"],
        person=person,
        columns=dict(fields.inner("columns").items()),
        dates=texts["dates"],
        decimal=texts["decimal"],
        encoding=texts["encoding"],
        delimiter="\t" if delimiter == "tab" else delimiter,
        ignore=match_rules(fields, "ignore", sheet),
        invoiced=fields.get("invoiced", ""),
        billable_tag=fields.get("billable-tag", ""),
        partly_billed=fields.get("partly-billed", ""),
        done=as_texts(fields.get("done")),
        cancelled=as_texts(fields.get("cancelled")),
        share=fields.get("share", ""),
        accounts=dict(fields.inner("accounts").items()),
        account=fields.get("account", ""),
        paid_from=fields.get("from", ""),
        currency=fields.get("currency", ""),
        billable=fields.get("billable"),
        spent=fields.get("spent", ""),
    )


def _check_columns(name: str, fields: Fields, sheet: Sheet) -> None:
    columns = fields.inner("columns")
    allowed = IMPORT_FIELDS.get(name, ())
    if columns.lines and not allowed:
        told = f"the columns of {name} are known; only {_MAPPED} take this map"
        sheet.wrong(columns.line, columns.key, told)
        return
    for column, line in columns.lines.items():
        if column not in allowed:
            told = f"unknown field; {did_you_mean(column, allowed)}"
            sheet.wrong(line, columns.path(column), told)


def _check_states(name: str, fields: Fields, sheet: Sheet) -> None:
    for key in ("done", "cancelled", "share"):
        if fields.given(key) and name not in TRACKERS:
            told = f"belongs to an issue tracker, and {name} is none; remove it"
            sheet.wrong(fields.line_of(key), fields.path(key), told)
    for key in _EXPENSE_SETTINGS:
        if fields.given(key) and name != EXPENSES:
            told = f"belongs to {EXPENSES}, not to {name}; remove it"
            sheet.wrong(fields.line_of(key), fields.path(key), told)
