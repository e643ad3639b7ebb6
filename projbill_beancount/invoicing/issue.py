"""Issuing: drafts that may go out become numbered invoices, frozen in the ledger's text."""

from __future__ import annotations

import difflib
from datetime import date
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.billing.calendar import due_date
from projbill_beancount.invoicing.days import Numbering
from projbill_beancount.invoicing.days import check_day
from projbill_beancount.invoicing.entering import check_expected
from projbill_beancount.invoicing.steps import due_hours
from projbill_beancount.invoicing.steps import on_former_names
from projbill_beancount.invoicing.steps import opened_books
from projbill_beancount.invoicing.steps import put
from projbill_beancount.ledger.errors import LedgerWriteError
from projbill_beancount.ledger.freeze import Issue
from projbill_beancount.ledger.freeze import closing_voucher
from projbill_beancount.ledger.freeze import invoice_voucher
from projbill_beancount.ledger.voucher import sealed

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator
    from collections.abc import Sequence
    from decimal import Decimal

    from projbill_beancount.billing.model import Draft
    from projbill_beancount.book import Book

Day = date


class Selection(NamedTuple):
    """Which drafts: of these projects, or these very drafts, or of a client; empty for all ready.

    With `together` all drafts of the client that are chosen become one invoice.
    """

    names: tuple[str, ...] = ()
    client: str = ""
    together: str = ""


class Issued(NamedTuple):
    """An invoice as it was written; amounts in the drafts' currency, `text` is the ledger's.

    A closing of drafts of 0.00 has no number.
    """

    number: str
    drafts: tuple[Draft, ...]
    date: Day
    due: Day
    net: Decimal
    total: Decimal
    currency: str
    text: str


class Outcome(NamedTuple):
    """What a step wrote, and where; `path` is None for a trial run."""

    issued: tuple[Issued, ...]
    path: str | None

    @property
    def text(self) -> str:
        """What `projbill issue --dry-run` shows before its table: all documents, a blank line between."""
        return "\n".join(one.text for one in self.issued)


def issue_drafts(
    ledger: str,
    selection: Selection,
    *,
    as_of: Day | None = None,
    on: Day | None = None,
    now: bool = False,
    dry_run: bool = False,
    expected: str | None = None,
) -> Outcome:
    """Issue the chosen drafts that may go out, in order of their dates, each with the next number.

    Invoices are dated `on`, by default the day of the books. With `now` everything billable of the
    chosen projects is drafted up to that day first. All or none are written.

    `expected` is the text that a person was shown before, `Outcome.text` of a trial run: the text of
    every document in order, with its number, dates, lines and digest, joined by line feeds; "" where
    there was nothing to issue. Where another text would be written now, nothing is.

    Raises:
        BookUnreadable: the ledger or `projbill.yaml` cannot be read.
        LedgerWriteError: nothing was written, with the reason.
    """
    if now and not any(selection):
        raise LedgerWriteError("name the projects, or the client, of which to bill everything now")
    by_hand = (lambda book: _projects_now(book, selection)) if now else None
    with opened_books(ledger, as_of, by_hand, dry_run=dry_run) as opened:
        issued = planned_issue(opened.book, selection, on or opened.book.billing.as_of)
        outcome = Outcome(tuple(issued), None)
        check_expected(outcome.text, expected)
        if not issued:
            return outcome
        path = put(opened, [one.text for one in issued], dry_run=dry_run)
        return outcome._replace(path=path)


def planned_issue(book: Book, selection: Selection, day: Day) -> list[Issued]:
    """The invoices that these books allow on a day, and the closings; nothing is written.

    Raises:
        LedgerWriteError: what was asked for may not go out, with the reason.
    """
    check_day(book, day, date.min, "")
    drafts = _chosen(book, selection)
    _check_order(book, drafts)
    return [*_issued(book, drafts, selection, day), *_closings(book, selection, day)]


def _issued(
    book: Book, drafts: Sequence[Draft], selection: Selection, day: Day
) -> Iterator[Issued]:
    firm = book.terms.firm
    documents = (*book.facts.invoices, *book.facts.credit_notes)
    numbers = Numbering(firm.invoice_numbers, documents, firm.first_number)
    hours = due_hours(book.entries, book.terms, book.facts, book.billing.as_of)
    former = on_former_names(book.terms, book.facts)
    for group in _groups(drafts, selection):
        first = group[0]
        check_day(book, day, max(draft.date for draft in group), first.id)
        number = numbers.next(day)
        due = min(_due(book, draft, day) for draft in group)
        issue = Issue(number, day, due, book.terms, book.accounts, hours, former)
        voucher = invoice_voucher(issue, group)
        amounts = {key: value for key, value in voucher.meta if key in {"net", "total"}}
        net, total = amounts["net"], amounts["total"]
        assert isinstance(net, tuple)
        assert isinstance(total, tuple)
        text = sealed(voucher, book.options)
        yield Issued(number, tuple(group), day, due, net[0], total[0], first.currency, text)


def _closings(book: Book, selection: Selection, day: Day) -> Iterator[Issued]:
    """Drafts of 0.00 take no number: their entries are closed."""
    hours = due_hours(book.entries, book.terms, book.facts, book.billing.as_of)
    former = on_former_names(book.terms, book.facts)
    for draft in book.billing.closings:
        if _is_chosen(draft, book, selection) and draft.date <= day:
            issue = Issue("", day, day, book.terms, book.accounts, hours, former)
            text = sealed(closing_voucher(issue, draft), book.options)
            none = draft.net
            yield Issued("", (draft,), day, day, none, none, draft.currency, text)


def _groups(drafts: Sequence[Draft], selection: Selection) -> list[list[Draft]]:
    """The drafts of each invoice: one each, or all of one currency together."""
    if not selection.together:
        return [[draft] for draft in drafts]
    groups: dict[str, list[Draft]] = {}
    for draft in drafts:
        groups.setdefault(draft.currency, []).append(draft)
    return list(groups.values())


def _chosen(book: Book, selection: Selection) -> list[Draft]:
    """The chosen drafts that may go out, in order of date; named ones have to.

    Raises:
        LedgerWriteError: a name is unknown, or what it names is held.
    """
    drafts = sorted(book.billing.drafts, key=lambda draft: (draft.date, draft.project, draft.id))
    by_id = {draft.id: draft for draft in drafts}
    closings = {draft.id for draft in book.billing.closings}
    for name in selection.names:
        draft = by_id.get(name)
        if draft is None and name not in closings and _project(book, name) is None:
            raise LedgerWriteError(_unknown(book, name))
        if draft is not None and draft.kind == "credit":
            raise LedgerWriteError(f"{name} is a credit note: `projbill credit {name}` issues it")
        if draft is not None and draft.held:
            reasons = "; ".join(f"{reason.code}: {reason.message}" for reason in draft.reasons)
            raise LedgerWriteError(f"{name} is held: {reasons}")
    for client in filter(None, (selection.client, selection.together)):
        if client not in book.terms.firm.clients:
            known = ", ".join(book.terms.firm.clients)
            raise LedgerWriteError(f'there is no client "{client}"; known: {known}')
    _check_clients(book, selection)
    return [
        draft
        for draft in drafts
        if not draft.held and draft.kind == "invoice" and _is_chosen(draft, book, selection)
    ]


def _check_clients(book: Book, selection: Selection) -> None:
    """Refuse names whose drafts are another client's than the chosen one."""
    clients = {client for client in (selection.client, selection.together) if client}
    for name in selection.names:
        of_name = [
            draft
            for draft in (*book.billing.drafts, *book.billing.closings)
            if draft.id == name or draft.project == _project(book, name)
        ]
        if clients and of_name and all(clients - {draft.client} for draft in of_name):
            raise LedgerWriteError(
                f"{name} is billed to {of_name[0].client}, not to {', '.join(sorted(clients))}"
            )


def _is_chosen(draft: Draft, book: Book, selection: Selection) -> bool:
    projects = {_project(book, name) for name in selection.names}
    named = not selection.names or draft.id in selection.names or draft.project in projects
    clients = {client for client in (selection.client, selection.together) if client}
    return named and clients <= {draft.client}


def _projects_now(book: Book, selection: Selection) -> set[str]:
    """The contracts of which everything is billed now."""
    clients = {client for client in (selection.client, selection.together) if client}
    named = {_project(book, name) for name in selection.names}
    return {
        contract.id
        for contract in book.terms.contracts.values()
        if (not selection.names or contract.id in named)
        and clients <= {contract.payer, *(share.client for share in contract.split)}
    }


def _project(book: Book, name: str) -> str | None:
    """The contract that a name means, under its id or a former one."""
    for contract in book.terms.contracts.values():
        if name in (contract.id, *contract.formerly):
            return contract.id
    return None


def _unknown(book: Book, name: str) -> str:
    names = [*book.terms.contracts, *(draft.id for draft in book.billing.drafts)]
    near = difflib.get_close_matches(name, names, 1)
    hint = f'; did you mean "{near[0]}"?' if near else "; `projbill drafts` lists the drafts"
    return f'there is no project or draft "{name}"{hint}'


def _check_order(book: Book, drafts: Sequence[Draft]) -> None:
    """Refuse to skip an earlier draft of the same contract and payer that may go out."""
    chosen = {draft.id for draft in drafts}
    skipped: dict[tuple[str, str], Draft] = {}
    for draft in sorted(book.billing.drafts, key=lambda draft: (draft.date, draft.id)):
        key = (draft.project, draft.client)
        if draft.held or draft.kind != "invoice":
            continue
        if draft.id not in chosen:
            skipped.setdefault(key, draft)
        elif key in skipped:
            other = skipped[key]
            raise LedgerWriteError(
                f"{other.id} is earlier than {draft.id} and may go out too: issue both, or "
                f"hold it with `projbill hold {other.id}`"
            )


def _due(book: Book, draft: Draft, day: Day) -> Day:
    contract = book.terms.contracts[draft.project]
    return due_date(
        day,
        contract.invoice.terms,
        shift=contract.invoice.due_shift,
        holidays=book.terms.firm.holidays,
    )
