"""The steps behind the commands: a trial run shows what is written, and only that is written."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING
from typing import NamedTuple

import pytest

from projbill_beancount import BookUnreadable
from projbill_beancount import LedgerWriteError
from projbill_beancount import Refused
from projbill_beancount import Selection
from projbill_beancount import accept_milestone
from projbill_beancount import approve_change_order
from projbill_beancount import hold_billing
from projbill_beancount import issue_drafts
from projbill_beancount import log_time
from projbill_beancount import open_book
from projbill_beancount import release_billing
from projbill_beancount import report_progress
from projbill_beancount import write_off
from tests.issue_books import FACTS
from tests.issue_books import hours
from tests.issue_books import projbill
from tests.issue_books import write_books
from tests.ledgers import load

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from projbill_beancount.invoicing.entering import Entered

AS_OF = date(2025, 5, 5)
MARCH = "APP/time/2025-03-31"
APRIL = "APP/time/2025-04-30"
NEW = "time/2025-05.beancount"
INCLUDE = f'include "{NEW}"'
BY_IDS = "hold them by their ids, or give --date"
ORDER = '2025-04-15 custom "change-order" "APP" "CO-1" 250.00 EUR\n  title: "Sign-on"\n'
HELD = f'2025-04-20 custom "billing-hold" "APP" "{MARCH}"\n'


class Step(NamedTuple):
    """A step, as a function and as a command, and the file that it writes to."""

    do: Callable[..., Entered]
    subject: tuple[object, ...]
    command: str
    file: str


STEPS = {
    "approve": Step(
        approve_change_order, ("APP", "CO-1"), "approve APP CO-1", "decisions.beancount"
    ),
    "hold": Step(hold_billing, (APRIL,), f"hold {APRIL}", "decisions.beancount"),
    "hold all": Step(hold_billing, ("WEB",), "hold WEB", "decisions.beancount"),
    "release": Step(release_billing, (MARCH,), f"release {MARCH}", "decisions.beancount"),
    "write off": Step(
        write_off, ("APP", ["t-1", "t-3"]), "write-off APP t-1 t-3", "decisions.beancount"
    ),
    "write off all": Step(
        write_off, ("APP", [APRIL]), f"write-off APP {APRIL}", "decisions.beancount"
    ),
    "log": Step(log_time, ("WEB", 5400), "log WEB 1:30 --person ana", NEW),
    "progress": Step(report_progress, ("WEB", "M2", Decimal(80)), "progress WEB M2 80", NEW),
    "accept": Step(accept_milestone, ("WEB", "M2"), "accept WEB M2", NEW),
}
each_step = pytest.mark.parametrize("step", STEPS.values(), ids=list(STEPS))


def books(folder: Path) -> Path:
    """The books of the tests of issuing, with a change order and a held draft."""
    return write_books(folder, FACTS + ORDER + HELD)


def without_new_time(folder: Path) -> Path:
    """A ledger that does not include new files of time."""
    ledger = write_books(folder)
    text = ledger.read_text()
    ledger.write_text(text.replace("time/*.beancount", "time/2020-01.beancount"))
    assert ledger.read_text() != text
    return ledger


def texts(ledger: Path) -> dict[str, bytes]:
    """Every file of the books."""
    root = ledger.parent
    files = [one for one in root.rglob("*") if one.suffix in {".beancount", ".yaml"}]
    return {str(one.relative_to(root)): one.read_bytes() for one in files}


def run(step: Step, ledger: Path, **options: object) -> Entered:
    if step.do is log_time:
        options["person"] = "Ana Ruiz"
    return step.do(str(ledger), *step.subject, as_of=AS_OF, **options)


@each_step
def test_what_a_trial_run_shows_is_what_is_written(tmp_path: Path, step: Step) -> None:
    ledger = books(tmp_path)
    before = texts(ledger)
    shown = run(step, ledger, dry_run=True)
    assert texts(ledger) == before
    assert shown.paths == (str(tmp_path / step.file),)
    written = run(step, ledger, expected=shown.text)
    assert (written.text, written.paths) == (shown.text, shown.paths)
    after = texts(ledger)
    added = after.pop(step.file).removeprefix(before.pop(step.file, b""))
    assert added.lstrip(b"\n").decode() == shown.text
    assert after == before
    assert load(ledger).foreign == []


@each_step
def test_the_command_shows_and_writes_the_same(tmp_path: Path, step: Step) -> None:
    ledger = books(tmp_path)
    before = texts(ledger)
    text = run(step, ledger, dry_run=True).text
    args = step.command.split()
    shown = projbill(ledger, *args, "--dry-run")
    assert shown.stdout == f"{text}; dry run: nothing was written\n"
    told = json.loads(projbill(ledger, *args, "--dry-run", "--format", "json").stdout)
    assert told == {"files": [], "entry": text}
    assert texts(ledger) == before
    assert projbill(ledger, *args).stdout == f"{text}; written to {step.file}\n"


@each_step
def test_what_nobody_was_shown_is_not_written(tmp_path: Path, step: Step) -> None:
    ledger = books(tmp_path)
    before = texts(ledger)
    for expected in ("", run(step, ledger, dry_run=True).text + "\n"):
        with pytest.raises(LedgerWriteError, match="the books changed since the preview"):
            run(step, ledger, expected=expected)
    assert texts(ledger) == before


@pytest.mark.parametrize(
    ("name", "was", "now"),
    [
        ("release", ORDER, ORDER + hours("t-9", "2025-03-07", 1)),  # it comes to another net
        ("write off", "6.0000 HOUR", "5.0000 HOUR"),
        ("write off all", ORDER, ORDER + hours("t-9", "2025-04-07", 1)),
        ("log", ORDER, ORDER + hours("log-ana-2025-05-05-1", "2025-05-05", 1)),  # the id is taken
    ],
)
def test_what_changed_since_the_preview_is_not_written(
    tmp_path: Path, name: str, was: str, now: str
) -> None:
    ledger, step = books(tmp_path), STEPS[name]
    shown = run(step, ledger, dry_run=True).text
    facts = tmp_path / "facts.beancount"
    facts.write_text(facts.read_text().replace(was, now))
    before = texts(ledger)
    with pytest.raises(LedgerWriteError, match="the books changed since the preview"):
        run(step, ledger, expected=shown)
    assert texts(ledger) == before
    run(step, ledger, expected=run(step, ledger, dry_run=True).text)


def test_a_report_that_somebody_else_made_meanwhile_needs_another_look(tmp_path: Path) -> None:
    ledger, step = books(tmp_path), STEPS["progress"]
    shown = run(step, ledger, dry_run=True).text
    projbill(ledger, "progress", "WEB", "M2", "70")
    before = texts(ledger)
    with pytest.raises(LedgerWriteError, match="the books changed since the preview"):
        run(step, ledger, expected=shown)
    assert texts(ledger) == before


def issue(ledger: Path, **options: object) -> str:
    outcome = issue_drafts(str(ledger), Selection(("APP",)), as_of=AS_OF, **options)  # type: ignore[arg-type]
    return outcome.text


def test_invoices_are_issued_as_they_were_shown_or_not_at_all(tmp_path: Path) -> None:
    ledger = books(tmp_path)
    projbill(ledger, "release", MARCH)
    shown = issue(ledger, dry_run=True)
    assert projbill(ledger, "issue", "APP", "--dry-run").stdout.startswith(shown)
    with (tmp_path / "facts.beancount").open("a") as facts:
        facts.write(hours("t-9", "2025-04-07", 1))
    before = texts(ledger)
    with pytest.raises(LedgerWriteError, match="the books changed since the preview"):
        issue(ledger, expected=shown)
    assert texts(ledger) == before
    shown = issue(ledger, dry_run=True)
    assert issue(ledger, expected=shown) == shown
    assert texts(ledger)["invoices.beancount"].decode() == f"; invoices\n\n{shown}"
    before = texts(ledger)
    with pytest.raises(LedgerWriteError, match="the books changed since the preview"):
        issue(ledger, expected=shown)  # they were issued by then
    assert texts(ledger) == before
    assert issue(ledger, expected="") == ""


def test_a_trial_run_refuses_what_cannot_be_written(tmp_path: Path) -> None:
    ledger = without_new_time(tmp_path)
    path = tmp_path / "time" / "2025-05.beancount"
    path.write_text(hours("log-ana-2025-05-05-1", "2025-05-05", 1))
    args = ("log", "APP", "1", "--person", "ana", "--dry-run")
    result = projbill(ledger, *args, status=2)
    assert "it already has log-ana-2025-05-05-1, which the loaded ledger has not" in result.stderr
    assert result.stdout == ""


def test_every_reason_is_told(tmp_path: Path) -> None:
    ledger = books(tmp_path)
    before = texts(ledger)
    with pytest.raises(Refused) as refused:
        write_off(str(ledger), "APP", ["t-8", "t-77"], as_of=AS_OF)
    assert refused.value.lines == (
        'unknown entry "t-8"; did you mean "t-4"?',
        'unknown entry "t-77"; `projbill drafts` lists what can be billed',
    )
    with pytest.raises(Refused, match='unknown project "APQ"; did you mean "APP"'):
        log_time(str(ledger), "APQ", 60, person="ana")
    assert texts(ledger) == before


def test_remarks_come_back_with_paths_as_the_folder_has_them(tmp_path: Path) -> None:
    ledger = without_new_time(tmp_path)
    held = hold_billing(str(ledger), "APP", as_of=AS_OF, on=date(2025, 6, 1))
    assert held.remarks == (
        f"note: drafts dated before 2025-06-01 are not held: {MARCH}, {APRIL}; {BY_IDS}",
        "note: this counts from 2025-06-01 on, and the books are billed as of 2025-05-05",
    )
    logged = log_time(str(ledger), "APP", 60, person="ana", as_of=AS_OF)
    (remark,) = logged.remarks
    assert (
        remark == f"{NEW}: the ledger does not include this file; add to main.beancount: {INCLUDE}"
    )


def test_a_fact_is_dated_the_day_that_is_asked_for(tmp_path: Path) -> None:
    ledger = str(books(tmp_path))
    today = date.today()
    entered = log_time(ledger, "WEB", 60, person="ana", dry_run=True)
    assert date.fromisoformat(entered.text[:10]) - today <= date.resolution
    assert log_time(ledger, "WEB", 60, person="ana", as_of=AS_OF, dry_run=True).text.startswith(
        "2025-05-05 "
    )
    accepted = accept_milestone(ledger, "WEB", "M2", as_of=AS_OF, on=date(2025, 5, 2))
    assert 'accepted: "2025-05-02"' in accepted.text
    drafts = open_book(ledger, AS_OF).billing.drafts
    assert [one.net for one in drafts if one.project == "WEB" and one.date == date(2025, 5, 2)]


def test_a_folder_without_a_ledger_stays_empty(tmp_path: Path) -> None:
    with pytest.raises(BookUnreadable, match="no such ledger"):
        hold_billing(str(tmp_path / "main.beancount"), "APP")
    assert list(tmp_path.iterdir()) == []
