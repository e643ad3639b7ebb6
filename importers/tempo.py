"""Tempo's worklogs and Jira's own: Tempo's CSV or XLSX, and what both services answer as JSON.

Tempo's CSV has no ids; what is billable is how many of a row's hours are to be billed. JSON has
ids and seconds. `match: {jira-project: KEY}` finds the contract by the issue's project.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

from projbill_beancount.importers.declared import Layout
from projbill_beancount.importers.declared import declared
from projbill_beancount.importers.jsontext import objects
from projbill_beancount.importers.objects import Item
from projbill_beancount.importers.objects import Objects
from projbill_beancount.importers.objects import entries_at
from projbill_beancount.importers.objects import more_if
from projbill_beancount.importers.workcolumns import WorkColumns

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator
    from collections.abc import Mapping

    from projbill_beancount.importers.objects import Cells
    from projbill_beancount.terms.model import ImportSettings

KEY = "jira-project"

TABLE = WorkColumns(
    {
        "date": ("Work date", "Дата работы"),
        "start": ("Work date", "Дата работы"),
        "hours": ("Hours", "Часов"),
        "billed": ("Billed Hours", "Тарифицируемые часы"),
        "person": ("Full name", "Полное имя"),
        "email": ("Username", "Имя пользователя", "User Account ID"),
        "client": ("Account Customer", "Account Name", "Имя аккаунта"),
        "project": ("Project Name", "Имя проекта"),
        "code": ("Project Key", "Ключ проекта", "Issue Key", "Ключ запроса"),
        "task": ("Activity Name",),
        "note": ("Work Description", "Описание работы"),
        "subject": ("Issue summary", "Тема запроса"),
    },
    key=KEY,
    date_only=True,
)

CLOUD = WorkColumns(
    {
        "date": ("startDate",),
        "start": ("startTime",),
        "duration": ("timeSpentSeconds",),
        "billed": ("billableSeconds",),
        "person": ("author.displayName",),
        "email": ("author.accountId",),
        "project": ("issue.key", "issue.id"),
        "code": ("issue.key",),
        "note": ("description",),
        "id": ("tempoWorklogId",),
    },
    unit=1,
    key=KEY,
)

JIRA = WorkColumns(
    {
        "start": ("started",),
        "duration": ("timeSpentSeconds",),
        "person": ("author.displayName", "author.name"),
        "email": ("author.emailAddress", "author.accountId"),
        "project": ("issue.project", "issue.key", "issueId"),
        "code": ("issue.key",),
        "note": ("comment",),
        "subject": ("issue.summary",),
        "id": ("id",),
    },
    unit=1,
    key=KEY,
    sums=(),
)


def worklogs(text: str) -> Iterator[Item]:
    """The worklogs of an issue, or of all issues of a search, each with its issue."""
    number = 0
    for _, value in objects(text):
        for issue, found in _by_issue(value):
            for one in found:
                number += 1
                comment = one.get("comment")
                said = comment if isinstance(comment, str) else " ".join(_texts(comment))
                yield Item(number, {**one, "issue": issue, "comment": said})


def _by_issue(
    value: Mapping[str, Any],
) -> Iterator[tuple[dict[str, object], Iterator[Mapping[str, Any]]]]:
    yield {}, entries_at(value, "worklogs")
    for one in entries_at(value, "issues"):
        fields = one.get("fields")
        fields = fields if isinstance(fields, dict) else {}
        project = fields.get("project")
        name = project.get("name") if isinstance(project, dict) else None
        issue = {"key": one.get("key"), "summary": fields.get("summary"), "project": name}
        yield issue, entries_at(fields, "worklog.worklogs")


def _missing(text: str, rows: int) -> str:
    """That a search has more issues, or an issue more worklogs, than are in the file."""
    del rows
    told = []
    for _, value in objects(text):
        fields = [(value, "worklogs"), (value, "issues")]
        issues = (one.get("fields") for one in entries_at(value, "issues"))
        logs = (one.get("worklog") for one in issues if isinstance(one, dict))
        fields += [(one, "worklogs") for one in logs if isinstance(one, dict)]
        for holder, key in fields:
            here, total = len(list(entries_at(holder, key))), holder.get("total")
            if key in holder and isinstance(total, int) and total > here:
                told.append(f"{here} of {total} {key}")
    return f"the file has only {', '.join(told)}; ask for the others too" if told else ""


def _texts(comment: object) -> Iterator[str]:
    """The words of a comment in Jira's document format."""
    waiting = [comment]
    while waiting:
        found = waiting.pop()
        if isinstance(found, dict):
            if isinstance(found.get("text"), str):
                yield found["text"]
            waiting.append(found.get("content"))
        elif isinstance(found, list):
            waiting += reversed(found)


def _number_only(cells: Cells, settings: ImportSettings) -> None:
    """A start at midnight is Tempo's word for a worklog without a time."""
    del settings
    if cells["start"] == "00:00:00":
        cells["start"] = ""


TEMPO = declared(
    "tempo",
    "Tempo, worklogs (CSV, XLSX, JSON)",
    [
        Layout(
            TABLE,
            needs=("date", "hours", "person|email", "code"),
            near=("Issue Key", "Hours", "Work date", "Full name"),
        )
    ],
    [
        Objects(
            CLOUD,
            ("tempoWorklogId", "timeSpentSeconds"),
            at="results",
            change=_number_only,
            missing=more_if(r'"next"\s*:\s*"http'),
        ),
        Objects(CLOUD, ("tempoWorklogId", "timeSpentSeconds"), change=_number_only),
    ],
)

JIRA_WORKLOGS = declared(
    "jira-worklogs",
    "Jira, worklogs (JSON)",
    objects=[Objects(JIRA, ("started", "timeSpentSeconds"), items=worklogs, missing=_missing)],
)
