"""The engine: `bill(terms, facts, as_of)` holds what was agreed against what happened.

Pure: no files, no clock, no Beancount. The same input gives the same output in the same order.
"""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from functools import partial
from typing import TYPE_CHECKING
from typing import Protocol

from projbill_beancount.billing.comparison import compare_entries
from projbill_beancount.billing.deposits import Deposits
from projbill_beancount.billing.drafting import Known
from projbill_beancount.billing.findings import as_set
from projbill_beancount.billing.findings import finding
from projbill_beancount.billing.findings import in_order
from projbill_beancount.billing.integrity import credit_findings
from projbill_beancount.billing.integrity import invoice_findings
from projbill_beancount.billing.integrity import unregistered_findings
from projbill_beancount.billing.invoiced import Invoiced
from projbill_beancount.billing.joint import bill_payers
from projbill_beancount.billing.model import Billing
from projbill_beancount.billing.numbers import number_findings
from projbill_beancount.billing.payment_checks import payment_findings
from projbill_beancount.billing.position import OnDemand
from projbill_beancount.billing.position import with_receivable
from projbill_beancount.billing.receivable_shares import by_project
from projbill_beancount.billing.receivables import Receivables
from projbill_beancount.billing.time_checks import check_time

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable
    from collections.abc import Collection
    from collections.abc import Iterable
    from collections.abc import Iterator
    from collections.abc import Mapping
    from collections.abc import Sequence
    from datetime import date

    from projbill_beancount.billing.model import Draft
    from projbill_beancount.billing.model import Finding
    from projbill_beancount.billing.performed import History
    from projbill_beancount.facts.model import Facts
    from projbill_beancount.terms.model import Contract
    from projbill_beancount.terms.model import Place
    from projbill_beancount.terms.model import Terms


class Dated(Protocol):
    """A fact of a day, with its place."""

    @property
    def date(self) -> date:
        """The day of which it is."""

    @property
    def place(self) -> Place:
        """Where the ledger says so."""


def bill(terms: Terms, facts: Facts, as_of: date, now: Collection[str] = frozenset()) -> Billing:
    """What can be billed on `as_of`, what is held, and every mismatch.

    Of the contracts to be billed `now` all that is billable, whatever their triggers say.
    `terms.firm.accounts` are the ledger's account templates. Contracts that could not be read
    bill nothing; the others go on.
    """
    owners = {
        name: contract.id
        for contract in terms.contracts.values()
        for name in (contract.id, *contract.formerly)
    }
    invoiced = Invoiced(facts.invoices, facts.credit_notes, as_of)
    clients = {name: terms.contracts[project].client for name, project in owners.items()}
    shared = {name for name, project in owners.items() if terms.contracts[project].split}
    blocks = check_time(facts.time, facts.problems, invoiced, owners, clients, as_of)
    compared = compare_entries(terms.contracts, owners, facts, invoiced)
    blocks.apart = compared.reentered
    known = Known(terms.firm, facts, invoiced, blocks, as_of, terms.contracts)
    billed = {
        name: bill_payers(_by_hand(contract, as_of) if name in now else contract, known)
        for name, contract in terms.contracts.items()
    }
    results = billed.values()
    deposits = Deposits(terms.contracts.values(), facts.deposits, as_of)
    drafts = deposits.applied([draft for result in results for draft in result.drafts])
    receivables = Receivables(facts.invoices, facts.credit_notes, facts.settlements)
    owed = receivables.on(as_of)
    open_by_project = cache(lambda: by_project(owed, owners))
    histories = _histories(known)
    findings = [
        *(found for result in results for found in result.findings),
        *(_accruals(known, histories, drafts) if histories else ()),
        *deposits.findings(),
        *payment_findings(receivables, owed, terms.contracts.values(), owners),
        *blocks.findings,
        *invoiced.billed_twice(_delivered(facts), shared),
        *compared.findings,
        *_issued(terms, facts, owners, as_of),
        *_problems(facts, owners),
        *_mistakes(terms),
        *_unknown_contracts(terms, facts, owners),
    ]
    return Billing(
        as_of,
        _sorted(drafts),
        in_order(as_set(findings, terms.contracts)),
        OnDemand(
            {
                name: partial(with_receivable, result.position, open_by_project)
                for name, result in billed.items()
            }
        ),
        [item for result in results for item in result.unbilled],
        _sorted(draft for result in results for draft in result.closings),
        OnDemand({name: result.analysis for name, result in billed.items()}),
        OnDemand({name: result.outline for name, result in billed.items()}),
        histories,
    )


def _histories(known: Known) -> Mapping[str, History]:
    """What was done by any day on the contracts in the accrual style, once it is asked."""
    accrued = [one for one in known.contracts.values() if one.style == "accrual"]
    if not accrued:
        return {}
    from projbill_beancount.billing.performed import History  # noqa: PLC0415 - few ledgers need it

    return OnDemand({one.id: partial(History, one, known) for one in accrued})


def _accruals(
    known: Known, histories: Mapping[str, History], drafts: Iterable[Draft]
) -> list[Finding]:
    from projbill_beancount.billing.accrual import accrual_findings  # noqa: PLC0415 - as above

    return accrual_findings(known, histories, {draft.project for draft in drafts})


def _by_hand(contract: Contract, day: date) -> Contract:
    """The contract as it is when a person bills it on a day."""
    milestones = {
        name: one._replace(bill=one.bill._replace(date=day)) if one.bill.kind == "manual" else one
        for name, one in contract.milestones.items()
    }
    return contract._replace(milestones=milestones, billed_now=day)


def _issued(
    terms: Terms, facts: Facts, owners: Mapping[str, str], as_of: date
) -> Iterator[Finding]:
    """What is wrong with issued invoices and credit notes themselves, up to the day."""
    firm = terms.firm
    invoices = [invoice for invoice in facts.invoices if invoice.date <= as_of]
    credit_notes = [credit for credit in facts.credit_notes if credit.date <= as_of]
    documents = [*invoices, *credit_notes]
    yield from invoice_findings(documents, terms.contracts, owners, firm.taxes)
    patterns = (firm.invoice_numbers, firm.credit_note_numbers)
    yield from number_findings(invoices, credit_notes, patterns, owners)
    live = [credit for credit in credit_notes if credit.is_live(as_of)]
    yield from credit_findings(live, invoices, owners)
    yield from unregistered_findings(
        (booking for booking in facts.unregistered if booking.date <= as_of), owners
    )


def _delivered(facts: Facts) -> Callable[[str], int | None]:
    """Tells an entry's seconds by its id; the entries are gone through once it is asked."""
    known = cache(lambda: {entry.id: entry.seconds for of in facts.time.values() for entry in of})
    return lambda identity: known().get(identity)


def _sorted(drafts: Iterable[Draft]) -> list[Draft]:
    return sorted(drafts, key=lambda draft: (draft.project, draft.date, draft.id))


def _problems(facts: Facts, owners: Mapping[str, str]) -> Iterator[Finding]:
    for problem in facts.problems:
        yield finding(
            problem.code,
            owners.get(problem.project, problem.project),
            problem.date,
            problem.message,
            problem.place,
            identity=problem.entry,
        )


def _mistakes(terms: Terms) -> Iterator[Finding]:
    """What could not be read of the contracts; mistakes of the firm's own file stop everything."""
    for mistake in terms.mistakes:
        message = f"{mistake.key}: {mistake.message}" if mistake.key else mistake.message
        yield finding(
            "contract-invalid",
            mistake.project or "",
            None,
            message,
            mistake.place,
            identity=mistake.key,
        )


def _unknown_contracts(terms: Terms, facts: Facts, owners: Mapping[str, str]) -> Iterator[Finding]:
    """Facts that name a contract which does not exist: one finding per name, at the first."""
    first: dict[str, tuple[date, Place]] = {}
    by_project: tuple[Mapping[str, Sequence[Dated]], ...] = (
        facts.time,
        facts.progress,
        facts.change_orders,
        facts.decisions,
        facts.expenses,
    )
    for facts_of in by_project:
        for project, items in facts_of.items():
            if items and project not in owners:
                first.setdefault(project, (items[0].date, items[0].place))
    for invoice in (*facts.invoices, *facts.credit_notes):
        for line in invoice.lines:
            if line.project not in owners and (line.project or not invoice.corrects):
                first.setdefault(line.project, (invoice.date, line.place))
    for project, (day, place) in first.items():
        if project in terms.unreadable:
            continue
        near = get_close_matches(project, owners, 1)
        hint = f'; did you mean "{near[0]}"?' if near else ""
        message = f'there is no contract "{project}"{hint}'
        if not project:
            message = "an invoice says neither with `project:` nor on a line of which project it is"
        yield finding("contract-unknown", project, day, message, place, identity=project)
