"""What can be done from the pages: the same steps as on the command line, from words of a form."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING
from typing import Literal
from typing import NamedTuple
from typing import TypedDict

from projbill_beancount.fava.texts import marked
from projbill_beancount.invoicing.correct import credit_invoice
from projbill_beancount.invoicing.decide import approve_change_order
from projbill_beancount.invoicing.decide import hold_billing
from projbill_beancount.invoicing.decide import release_billing
from projbill_beancount.invoicing.entering import Entered
from projbill_beancount.invoicing.issue import Issued
from projbill_beancount.invoicing.issue import Selection
from projbill_beancount.invoicing.issue import issue_drafts
from projbill_beancount.invoicing.record import accept_milestone
from projbill_beancount.invoicing.record import log_time
from projbill_beancount.invoicing.record import report_progress
from projbill_beancount.invoicing.typed import parse_hours
from projbill_beancount.invoicing.typed import parse_percent
from projbill_beancount.reports.numbers import money

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping


class Field(NamedTuple):
    """A field of an action's form; `name` is its key in requests.

    A `day` is today's of the books unless something else is said. A `choice` is offered what the
    page gives under that name. A value of that name that a button gives is what the form begins
    with.
    """

    name: str
    label: str
    kind: Literal["text", "day", "choice"] = "text"
    required: bool = False
    hint: str = ""


class Run(NamedTuple):
    """How an action is done: on which ledger, as of which day, for a trial or in earnest.

    In earnest, what is written must be what the preview showed: `expected`. `invoices` is the file
    of documents.
    """

    ledger: str
    as_of: date | None
    invoices: str
    dry_run: bool
    expected: str | None = None


class Action(NamedTuple):
    """An action: what its button and its form say, and what does it.

    `subject` names the values that the button itself gives.
    """

    name: str
    label: str
    subject: tuple[str, ...]
    fields: tuple[Field, ...]
    run: Callable[[Run, Mapping[str, str]], Entered]


def _issue(run: Run, values: Mapping[str, str]) -> Entered:
    names = tuple(values.get("draft", "").split())
    outcome = issue_drafts(
        run.ledger,
        Selection(names),
        as_of=run.as_of,
        on=_day(values),
        dry_run=run.dry_run,
        expected=run.expected,
    )
    paths = (outcome.path or run.invoices,) if outcome.issued else ()
    return Entered(outcome.text, paths, tuple(map(_issued_words, outcome.issued)))


def _issued_words(issued: Issued) -> str:
    drafts = ", ".join(draft.id for draft in issued.drafts)
    if not issued.number:
        return f"{drafts}: nothing to invoice, it is closed"
    total = money(issued.total, issued.currency)
    return f"{issued.number}: {drafts}, {total} {issued.currency}, due {issued.due}"


def _credit(run: Run, values: Mapping[str, str]) -> Entered:
    note = credit_invoice(
        run.ledger,
        values["draft"],
        corrects=values.get("corrects", ""),
        **_common(run, values),
        reason=values.get("reason", ""),
    )
    total = money(note.total, note.currency)
    said = f"{note.number}: takes {total} {note.currency} off {note.invoice}"
    return Entered(note.text, (note.path or run.invoices,), (said,))


def _hold(run: Run, values: Mapping[str, str]) -> Entered:
    return hold_billing(
        run.ledger, values["subject"], **_common(run, values), reason=values.get("reason", "")
    )


def _release(run: Run, values: Mapping[str, str]) -> Entered:
    return release_billing(
        run.ledger, values["subject"], **_common(run, values), reason=values.get("reason", "")
    )


def _approve(run: Run, values: Mapping[str, str]) -> Entered:
    return approve_change_order(
        run.ledger,
        values["project"],
        values["order"],
        **_common(run, values),
        reason=values.get("reason", ""),
    )


def _progress(run: Run, values: Mapping[str, str]) -> Entered:
    percent = parse_percent(values.get("percent", ""))
    return report_progress(
        run.ledger, values["project"], values["milestone"], percent, **_common(run, values)
    )


def _accept(run: Run, values: Mapping[str, str]) -> Entered:
    return accept_milestone(
        run.ledger, values["project"], values["milestone"], **_common(run, values)
    )


def _log(run: Run, values: Mapping[str, str]) -> Entered:
    return log_time(
        run.ledger,
        values["project"],
        parse_hours(values.get("hours", "")),
        person=values.get("person") or None,
        task=values.get("task", ""),
        note=values.get("note", ""),
        **_common(run, values),
    )


class _Common(TypedDict):
    as_of: date | None
    on: date | None
    dry_run: bool
    expected: str | None


def _common(run: Run, values: Mapping[str, str]) -> _Common:
    return {
        "as_of": run.as_of,
        "on": _day(values),
        "dry_run": run.dry_run,
        "expected": run.expected,
    }


def _day(values: Mapping[str, str]) -> date | None:
    """The day that the form names, None for the day of the books.

    Raises:
        ValueError: it is no day; the message is ready to show.
    """
    text = values.get("date", "").strip()
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f'"{text}" is not a day; write it as 2026-03-31') from error


DAY = Field("date", marked("Date"), "day")
REASON = Field("reason", marked("Reason, for the books"))
ACTIONS = {
    action.name: action
    for action in (
        Action("issue", marked("Issue"), ("draft",), (DAY,), _issue),
        Action(
            "credit",
            marked("Credit"),
            ("draft",),
            (Field("corrects", marked("Which invoice"), "choice", required=True), DAY, REASON),
            _credit,
        ),
        Action("hold", marked("Hold"), ("subject",), (DAY, REASON), _hold),
        Action("release", marked("Release"), ("subject",), (DAY, REASON), _release),
        Action("approve", marked("Approve"), ("project", "order"), (DAY, REASON), _approve),
        Action(
            "progress",
            marked("Report progress"),
            ("project", "milestone"),
            (
                Field("percent", marked("Complete, in percent"), required=True),
                DAY,
            ),
            _progress,
        ),
        Action("accept", marked("Record acceptance"), ("project", "milestone"), (DAY,), _accept),
        Action(
            "log",
            marked("Log time"),
            ("project",),
            (
                Field(
                    "hours", marked("Hours"), required=True, hint=marked("1.5, 1:30, 90m or 1h30m")
                ),
                Field("person", marked("Who worked"), "choice", required=True),
                Field("task", marked("Task"), "choice"),
                DAY,
                Field("note", marked("What was done")),
            ),
            _log,
        ),
    )
}
