"""What of the books Fava's filters let through.

The books are always billed whole. A filter of accounts or words shows what the transactions that it
lets through are about; a filter of time shows what is dated within it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import NamedTuple

from fava.beans.abc import Transaction

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Mapping
    from datetime import date

    from fava.beans.abc import Directive

    from projbill_beancount.billing.model import Draft
    from projbill_beancount.billing.model import Finding
    from projbill_beancount.facts.model import Invoice
    from projbill_beancount.terms.accounts import Accounts
    from projbill_beancount.terms.model import Terms


class Touched(NamedTuple):
    """Projects, clients, drafts and documents by number that some transactions are about."""

    projects: frozenset[str]
    clients: frozenset[str]
    documents: frozenset[str]


class Shown(NamedTuple):
    """What is shown: from `begin` up to the day before `end`, and what is `touched`.

    None stands for no limit.
    """

    begin: date | None = None
    end: date | None = None
    touched: Touched | None = None

    @property
    def is_all(self) -> bool:
        """Whether nothing is filtered."""
        return self == Shown()

    def day(self, day: date | None) -> bool:
        """Whether a day is shown; what has no day is."""
        if day is None:
            return True
        return (self.begin is None or day >= self.begin) and (self.end is None or day < self.end)

    def project(self, project: str) -> bool:
        """Whether a project is shown, by its present id."""
        return self.touched is None or project in self.touched.projects

    def client(self, client: str) -> bool:
        """Whether a client is shown."""
        return self.touched is None or client in self.touched.clients

    def draft(self, draft: Draft) -> bool:
        """Whether a draft is shown; a held one posts nothing, and goes with its project."""
        if self.touched is None:
            return self.day(draft.date)
        there = draft.id in self.touched.documents
        return self.day(draft.date) and (there or (draft.held and self.project(draft.project)))

    def invoice(self, invoice: Invoice) -> bool:
        """Whether an invoice or a credit note is shown."""
        return self.day(invoice.date) and self.number(invoice.number)

    def number(self, number: str) -> bool:
        """Whether the document of that number is shown, whatever its day."""
        return self.touched is None or number in self.touched.documents

    def finding(self, finding: Finding) -> bool:
        """Whether a finding is shown."""
        return self.day(finding.date) and self.project(finding.project)


def touched(entries: Iterable[Directive], terms: Terms, accounts: Accounts) -> Touched:
    """What the transactions among `entries` are about."""
    names: set[str] = set()
    documents: set[str] = set()
    booked: set[str] = set()
    for entry in entries:
        if not isinstance(entry, Transaction):
            continue
        meta: Mapping[str, object] = entry.meta
        documents.update(str(meta[key]) for key in ("draft", "invoice") if key in meta)
        if "project" in meta:
            names.add(str(meta["project"]))
        for posting in entry.postings:
            booked.add(posting.account)
            if posting.meta and "project" in posting.meta:
                names.add(str(posting.meta["project"]))
    projects, clients = set(), set()
    for contract in terms.contracts.values():
        own = {contract.id, *contract.formerly}
        if own & names or any(booked & _accounts(accounts, name) for name in own):
            projects.add(contract.id)
            clients.add(contract.client)
    for client in terms.firm.clients:
        if accounts.receivable(client) in booked:
            clients.add(client)
    return Touched(frozenset(projects), frozenset(clients), frozenset(documents))


def _accounts(accounts: Accounts, project: str) -> set[str]:
    """The accounts that only this project has."""
    templates = accounts.templates
    patterns = (
        templates.unbilled_time,
        templates.non_billable_time,
        templates.unbilled,
        templates.income,
    )
    return {one.format(project=project) for one in patterns if "{project}" in one}
