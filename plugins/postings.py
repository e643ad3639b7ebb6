"""Ledger entries out of drafts, and the traces that issued drafts leave in past months."""

from __future__ import annotations

import re
from datetime import date
from datetime import timedelta
from decimal import Decimal
from itertools import chain
from typing import TYPE_CHECKING
from typing import Any
from typing import NamedTuple

from beancount.core.amount import Amount
from beancount.core.data import EMPTY_SET
from beancount.core.data import Open
from beancount.core.data import Posting
from beancount.core.data import Transaction

from projbill_beancount.billing.revenue import revenue_account
from projbill_beancount.plugins.freed import Freed

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable
    from collections.abc import Iterator
    from collections.abc import Mapping

    from beancount.core.data import Directive

    from projbill_beancount.billing.model import Draft
    from projbill_beancount.billing.model import Line
    from projbill_beancount.evaluate import Evaluation
    from projbill_beancount.facts.model import Invoice
    from projbill_beancount.facts.model import InvoiceLine

DRAFT = "draft"
DRAFT_TAG = frozenset((DRAFT,))
#: What the filename of each generated entry begins with: readable, and without `<`, so that
#: Fava's journal, query page and download work.
DRAFT_SOURCE, REVERSAL_SOURCE, OPEN_SOURCE = "draft ", "reversal ", "opened by projbill"
ACCRUAL_SOURCE = "accrual "
ZERO = Decimal(0)
DAY = timedelta(days=1)
SECONDS_PER_HOUR = 3600
FOUR_PLACES = Decimal("0.0001")
DATE = re.compile(r"\d{4}-\d\d-\d\d")


def is_generated(entry: Directive) -> bool:
    """Whether the plugin made this entry."""
    source = entry.meta.get("filename") or ""
    return source.startswith((DRAFT_SOURCE, REVERSAL_SOURCE, OPEN_SOURCE, ACCRUAL_SOURCE))


def generated_entries(evaluation: Evaluation, *, post_drafts: bool) -> list[Directive]:
    """Everything that the plugin adds: accounts that are not open, drafts, and their traces."""
    made: list[Directive] = []
    if post_drafts:
        freed = Freed(evaluation.facts, evaluation.billing.as_of)
        settled = list(settled_drafts(evaluation, freed))
        for one in settled:
            made += [_trace(one, evaluation, reverse=False), _trace(one, evaluation, reverse=True)]
        later = {
            line.draft
            for invoice in evaluation.facts.invoices
            if invoice.date > evaluation.billing.as_of
            for line in invoice.lines
        }
        drafts = [
            (draft, freed.posting_day(draft))
            for draft in evaluation.billing.drafts
            if not draft.held and draft.id not in later
        ]
        made += [draft_entry(draft, evaluation, day) for draft, day in drafts]
        if evaluation.billing.histories:
            from projbill_beancount.plugins.accruals import accruals  # noqa: PLC0415 - few need it

            made += accruals(evaluation, drafts, settled)
    return [*missing_opens(evaluation, made), *made]


def draft_entry(draft: Draft, evaluation: Evaluation, day: date) -> Transaction:
    """The receivable entry of a draft on its day: unbilled against income by line, net of tax."""
    accounts = evaluation.accounts
    meta: dict[str, Any] = {
        "filename": f"{DRAFT_SOURCE}{draft.id}",
        "lineno": 1,
        "draft": draft.id,
        "project": draft.project,
        "due": draft.due,
        "net": Amount(draft.net, draft.currency),
        "total": Amount(draft.total, draft.currency),
    }
    if draft.period is not None:
        meta |= {"period-start": draft.period.start, "period-end": draft.period.end}
    contract = evaluation.terms.contracts[draft.project]
    postings = [
        _posting(accounts.unbilled(draft.project), draft.net, draft.currency, _source(meta)),
        *(
            _posting(
                revenue_account(accounts, contract, line),
                -line.amount,
                draft.currency,
                _line_meta(line, meta, evaluation),
            )
            for line in draft.lines
            if line.kind != "covered"
        ),
    ]
    client = evaluation.terms.firm.clients.get(draft.client)
    return Transaction(
        meta,
        day,
        "!",
        client.name if client else draft.client,
        f"Draft {draft.id}",
        DRAFT_TAG,
        EMPTY_SET,
        postings,
    )


def _line_meta(line: Line, draft: Mapping[str, Any], evaluation: Evaluation) -> dict[str, Any]:
    """What a posting says of its line."""
    meta = {**_source(draft), "line": line.text, "kind": line.kind}
    if line.seconds is not None:
        hours = (Decimal(line.seconds) / SECONDS_PER_HOUR).quantize(FOUR_PLACES)
        meta["quantity"] = Amount(hours, evaluation.terms.firm.hour)
    if line.price is not None:
        meta["price"] = Amount(line.price, draft["net"].currency)
    if line.milestone:
        meta["milestone"] = line.milestone
    if line.change_order:
        meta["change-order"] = line.change_order
    return meta


class Settled(NamedTuple):
    """A draft that an invoice was issued from, later than on the `day` on which it was posted."""

    invoice: Invoice
    draft: str
    day: date
    lines: list[InvoiceLine]


def settled_drafts(evaluation: Evaluation, freed: Freed) -> Iterator[Settled]:
    """The drafts that issued invoices came from; they are reversed on the invoices' dates.

    All is derived from the issued invoice, so that past months read the same before and after
    an invoice is issued later than its draft.
    """
    for invoice in evaluation.facts.invoices:
        by_draft: dict[str, list[InvoiceLine]] = {}
        for line in invoice.lines if invoice.receivable else ():
            by_draft.setdefault(line.draft, []).append(line)
        for draft, lines in by_draft.items():
            day = _date_of(draft)
            if day is None or day >= invoice.date:
                continue
            day = freed.trace_day(_open_day(evaluation, day), invoice, lines)
            billing = [line for line in lines if line.amount]
            if day < invoice.date and billing:
                yield Settled(invoice, draft, day, billing)


def _open_day(evaluation: Evaluation, day: date) -> date:
    """`day`, or the first open day after it: nothing is posted into a closed period."""
    closed = evaluation.terms.firm.closed_until
    return day if closed is None else max(day, closed + DAY)


def _date_of(draft: str) -> date | None:
    """The date in a draft's id (`PROJECT/TRIGGER/DATE`), None if there is none."""
    words = [word for word in draft.split("/") if DATE.fullmatch(word)]
    try:
        return date.fromisoformat(words[-1]) if words else None
    except ValueError:
        return None


def _trace(settled: Settled, evaluation: Evaluation, *, reverse: bool) -> Transaction:
    invoice, draft, day, lines = settled
    day = invoice.date if reverse else day
    sign = -1 if reverse else 1
    source = REVERSAL_SOURCE if reverse else DRAFT_SOURCE
    what = "Reversal of draft" if reverse else "Draft"
    per_project: dict[str, Decimal] = {}
    meta = {
        "filename": f"{source}{draft}",
        "lineno": 1,
        "draft": draft,
        "settled-by": invoice.number,
    }
    currency, made = invoice.currency, _source(meta)
    postings = []
    for line in lines:
        per_project[line.project] = per_project.get(line.project, ZERO) + line.amount
        postings.append(_posting(line.account, -sign * line.amount, currency, made))
    unbilled = [
        _posting(evaluation.accounts.unbilled(project), sign * amount, currency, made)
        for project, amount in per_project.items()
    ]
    return Transaction(
        meta,
        day,
        "*",
        None,
        f"{what} {draft}, invoiced as {invoice.number}",
        DRAFT_TAG,
        EMPTY_SET,
        [*unbilled, *postings],
    )


def _source(meta: Mapping[str, Any]) -> dict[str, Any]:
    """The place of an entry for its postings, which Beancount's query shows."""
    return {"filename": meta["filename"], "lineno": meta["lineno"]}


def _posting(account: str, number: Decimal, currency: str, meta: dict[str, Any]) -> Posting:
    return Posting(account, Amount(number + ZERO, currency), None, None, None, meta)


def _projects(evaluation: Evaluation) -> set[str]:
    """The contracts, and what invoices were written under: former names, contracts that are gone."""
    issued = {line.project for one in evaluation.facts.invoices for line in one.lines}
    return {*evaluation.terms.contracts, *issued} - {""}


def missing_opens(evaluation: Evaluation, made: Iterable[Directive]) -> list[Open]:
    """Open directives for the accounts that are ours to open and that the ledger does not open.

    Those are the memo circuit, deposits, retentions, the unbilled receivables and deferred revenue;
    where a plugin opens all accounts, it may have run before us, so that we open whatever else we
    use as well.
    """
    known = evaluation.facts.accounts
    wanted = dict(evaluation.facts.time_accounts)
    ours = {
        account(project)
        for account in (evaluation.accounts.unbilled, evaluation.accounts.deferred)
        for project in _projects(evaluation)
    }
    for invoice in evaluation.facts.invoices:
        posted = {line.account for line in invoice.lines} & ours
        if invoice.retained and invoice.client:
            posted.add(evaluation.accounts.retention(invoice.client))
        for account in posted:
            wanted[account] = min(wanted.get(account, invoice.date), invoice.date)
    by_hand = (evaluation.facts.deposits.values(), evaluation.facts.accrued.values())
    for booking in chain.from_iterable(chain.from_iterable(by_hand)):
        wanted[booking.account] = min(wanted.get(booking.account, booking.date), booking.date)
    for entry in made:
        if isinstance(entry, Transaction):
            for posting in entry.postings:
                if known is None or posting.account in ours:
                    wanted[posting.account] = min(
                        wanted.get(posting.account, entry.date), entry.date
                    )
    return [
        Open({"filename": OPEN_SOURCE, "lineno": 1}, day, account, [], None)
        for account, day in sorted(wanted.items())
        if account not in evaluation.facts.opened
    ]
