"""`projbill approve`, `release`, `hold` and `write-off`: decisions, appended to the ledger."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import click
from beancount.core.data import Transaction

from projbill_beancount.billing.decisions import RELEASABLE
from projbill_beancount.billing.decisions import Decisions
from projbill_beancount.cli.output import print_json
from projbill_beancount.cli.output import printable
from projbill_beancount.cli.output import remark
from projbill_beancount.cli.reading import book_to_write
from projbill_beancount.cli.reading import chosen_project
from projbill_beancount.cli.reading import known
from projbill_beancount.cli.reading import read_book
from projbill_beancount.cli.settings import Refusal
from projbill_beancount.cli.settings import parse_day
from projbill_beancount.cli.settings import settings_of
from projbill_beancount.cli.settings import settings_options
from projbill_beancount.cli.subjects import draft_named
from projbill_beancount.cli.subjects import place_words
from projbill_beancount.cli.trial import new_errors
from projbill_beancount.cli.trial import tried
from projbill_beancount.cli.writing_off import written_off
from projbill_beancount.ledger.decisions import approval
from projbill_beancount.ledger.decisions import hold
from projbill_beancount.ledger.decisions import read_decided
from projbill_beancount.ledger.decisions import release
from projbill_beancount.ledger.errors import LedgerWriteError
from projbill_beancount.ledger.write import append_to_ledger
from projbill_beancount.ledger.write import decisions_file
from projbill_beancount.reports.hints import hint
from projbill_beancount.reports.places import shown_file
from projbill_beancount.reports.places import shown_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Iterator
    from collections.abc import Sequence
    from datetime import date
    from typing import Any

    from projbill_beancount.billing.model import Draft
    from projbill_beancount.book import Book
    from projbill_beancount.cli.settings import Settings
    from projbill_beancount.ledger.decisions import Decided

day_option = click.option(
    "--date",
    "day",
    metavar="DATE",
    callback=parse_day,
    help="The day [default: --as-of, the plugin line's, today].",
)
reason_option = click.option("--reason", default="", metavar="TEXT", help="Why; it is kept.")
dry_run_option = click.option("--dry-run", is_flag=True, help="Print it; write nothing.")


def decision_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command what all decisions share."""
    for option in (settings_options, dry_run_option, reason_option, day_option):
        command = option(command)
    return click.pass_context(command)


@click.command("approve")
@click.argument("project")
@click.argument("order", metavar="CHANGE-ORDER")
@decision_options
def approve_command(
    ctx: click.Context,
    project: str,
    order: str,
    *,
    day: date | None,
    reason: str,
    dry_run: bool,
) -> None:
    """Approve a change order of PROJECT: it counts and is billed from that day on."""
    settings = settings_of(ctx)
    with _book(settings, dry_run=dry_run) as book:
        when = day or book.billing.as_of
        contract = book.terms.contracts[chosen_project(book.terms, project)]
        projects = (contract.id, *contract.formerly)
        orders = {
            one.id: one for name in projects for one in book.facts.change_orders.get(name, ())
        }
        found = orders[known("change order", order, orders)]
        if found.rejected is not None:
            raise Refusal(
                [f"{found.id} was rejected on {found.rejected} ({place_words(book, found.place)})"]
            )
        if found.approved is not None:
            place = place_words(book, found.approved_at or found.place)
            raise Refusal([f"{found.id} is approved already, on {found.approved} ({place})"])
        if when < found.date:
            raise Refusal(
                [f"{found.id} was asked for on {found.date}; it cannot be approved on {when}"]
            )
        _write(settings, book, [approval(when, found.project, found.id, reason)], dry_run=dry_run)


@click.command("hold")
@click.argument("subject", metavar="PROJECT|DRAFT")
@decision_options
def hold_command(
    ctx: click.Context, subject: str, *, day: date | None, reason: str, dry_run: bool
) -> None:
    """Hold a draft, or the drafts of a project dated on that day or later, until a release."""
    settings = settings_of(ctx)
    with _book(settings, dry_run=dry_run) as book:
        when = day or book.billing.as_of
        if "/" in subject:
            draft = draft_named(book, subject)
            standing = [one for one in draft.reasons if one.code == "billing-on-hold"]
            if standing:
                raise Refusal([f"nothing to do: {standing[0].message}"])
            decision = hold(when, draft.project, draft.id, reason)
        else:
            project = chosen_project(book.terms, subject)
            found = _decisions(book, project).project_hold
            if found is not None:
                place = place_words(book, found.place)
                raise Refusal([f"{project} is on hold already, since {found.date} ({place})"])
            decision = hold(when, project, "", reason)
            _remark_earlier(book, project, when)
        _write(settings, book, [decision], dry_run=dry_run)


@click.command("release")
@click.argument("subject", metavar="DRAFT|PROJECT")
@decision_options
def release_command(
    ctx: click.Context, subject: str, *, day: date | None, reason: str, dry_run: bool
) -> None:
    """Release a held draft for what it comes to now, or the hold of a whole project.

    The release of a draft lapses when the draft comes to another amount.
    """
    settings = settings_of(ctx)
    with _book(settings, dry_run=dry_run) as book:
        when = day or book.billing.as_of
        if "/" in subject:
            draft = draft_named(book, subject)
            _check_releasable(draft)
            decision = release(when, draft.project, draft.id, draft.net, draft.currency, reason)
        else:
            project = chosen_project(book.terms, subject)
            found = _decisions(book, project).project_hold
            if found is None:
                said = f"no hold of all of {project} stands; name the draft to release: "
                raise Refusal([f"{said}`projbill drafts {project}` lists them"])
            if when < found.date:
                raise Refusal(
                    [f"{project} is on hold since {found.date}; it cannot be released on {when}"]
                )
            decision = release(when, found.project, "", None, "", reason)
        _write(settings, book, [decision], dry_run=dry_run, lifts=subject)


@click.command("write-off")
@click.argument("project")
@click.argument("subjects", nargs=-1, required=True, metavar="ENTRY|DRAFT...")
@decision_options
def write_off_command(
    ctx: click.Context,
    project: str,
    subjects: tuple[str, ...],
    *,
    day: date | None,
    reason: str,
    dry_run: bool,
) -> None:
    """Take entries, or a draft, out of billing for good; their hours become non-billable."""
    settings = settings_of(ctx)
    with _book(settings, dry_run=dry_run) as book:
        when = day or book.billing.as_of
        contract = book.terms.contracts[chosen_project(book.terms, project)]
        decided = written_off(book, contract, subjects, when, reason)
        _write(settings, book, decided, dry_run=dry_run)


@contextmanager
def _book(settings: Settings, *, dry_run: bool) -> Iterator[Book]:
    """The books, locked where something will be written."""
    if not dry_run:
        with book_to_write(settings) as book:
            yield book
        return
    try:
        yield read_book(settings)
    except LedgerWriteError as error:
        raise Refusal([shown_text(str(error), settings.root)]) from error


def _decisions(book: Book, project: str) -> Decisions:
    contract = book.terms.contracts[project]
    projects = (contract.id, *contract.formerly)
    told = [one for name in projects for one in book.facts.decisions.get(name, ())]
    return Decisions(contract, told, book.billing.as_of)


def _check_releasable(draft: Draft) -> None:
    """Refuse a draft that nothing holds, or that a person's word cannot release."""
    if not draft.held:
        raise Refusal([f"{draft.id} is not held: it can go out"])
    firm = dict.fromkeys(one.code for one in draft.reasons if one.code not in RELEASABLE)
    if firm:
        raise Refusal([_firm_words(draft, code) for code in firm])


def _firm_words(draft: Draft, code: str) -> str:
    remedy = hint(code)
    todo = f"; {remedy}" if remedy else "; put right what `projbill explain` says of it"
    return f"{draft.id} is held by {code}, which cannot be released{todo}"


def _remark_earlier(book: Book, project: str, day: date) -> None:
    """Say which drafts a hold of the project leaves alone, since they are dated before it."""
    drafts = book.billing.drafts
    earlier = [one.id for one in drafts if one.project == project and one.date < day]
    if earlier:
        remark(
            f"note: drafts dated before {day} are not held: {', '.join(earlier)}; "
            "hold them by their ids, or give --date"
        )


def _write(
    settings: Settings,
    book: Book,
    decided: Sequence[Decided],
    *,
    dry_run: bool,
    lifts: str = "",
) -> None:
    """Prove that the decisions do what they are meant to, append them, and print them.

    `lifts` is what a release is for: it must lift what holds that.
    """
    path = decisions_file(book.ledger, book.terms.firm)
    text = "\n".join(one.text for one in decided)
    trial = tried(book, read_decided(path, decided, book.options))
    moves = any(isinstance(one.meant, Transaction) for one in decided)
    errors = new_errors(book, trial) if moves else []
    if errors:
        raise Refusal([shown_text(error, settings.root) for error in errors])
    as_of = book.billing.as_of
    later = [one.meant.date for one in decided if one.meant.date > as_of]
    if later:
        remark(f"note: this counts from {later[0]} on, and the books are billed as of {as_of}")
    elif lifts:
        held = trial.draft(lifts)
        if held is not None and held.held:
            raise Refusal([f"this would not release it: {one.message}" for one in held.reasons])
    files: list[str] = []
    if not dry_run:
        written = append_to_ledger(book.ledger, path, [one.text for one in decided], book.options)
        for warning in written.warnings:
            remark(shown_text(warning, settings.root))
        files = [shown_file(one, settings.root) for one in written.paths]
    if settings.format == "json":
        print_json({"files": files, "entry": text})
        return
    for line in text.splitlines():
        click.echo(printable(line))
    click.echo(f"; written to {', '.join(files)}" if files else "; dry run: nothing was written")
