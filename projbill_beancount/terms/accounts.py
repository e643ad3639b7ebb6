"""Account names out of the templates of `projbill.yaml` and the ledger's root names."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.terms.model import AccountTemplates
from projbill_beancount.terms.model import Firm

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_TEMPLATES = AccountTemplates()


class Accounts(NamedTuple):
    """The accounts of a firm in a ledger; `templates` already have the ledger's roots."""

    firm: Firm
    templates: AccountTemplates = DEFAULT_TEMPLATES

    def unbilled_time(self, project: str) -> str:
        """Hours logged and not yet on an invoice."""
        return self.templates.unbilled_time.format(project=project)

    def non_billable_time(self, project: str) -> str:
        """Hours that will not be billed."""
        return self.templates.non_billable_time.format(project=project)

    def billed_time(self, project: str) -> str:
        """Hours that issued invoices bill or cover."""
        return self.templates.billed_time.format(project=project)

    def worked(self, person: str) -> str:
        """The counterpart of a person's hours; an unknown person's id is made a component."""
        known = self.firm.people.get(person)
        return self.templates.worked.format(person=known.account if known else component(person))

    def receivable(self, client: str) -> str:
        """What a client owes."""
        return self.templates.receivable.format(client=self._client(client))

    def deposits(self, client: str) -> str:
        """What a client has paid on account."""
        return self.templates.deposits.format(client=self._client(client))

    def retention(self, client: str) -> str:
        """What a client keeps back of invoices."""
        return self.templates.retention.format(client=self._client(client))

    def unbilled(self, project: str) -> str:
        """Drafts that are not issued, net of tax."""
        return self.templates.unbilled.format(project=project)

    def deferred(self, project: str) -> str:
        """What is billed on a project and not earned."""
        return self.templates.deferred.format(project=project)

    def income(self, project: str) -> str:
        """A project's revenue."""
        return self.templates.income.format(project=project)

    def expenses(self, project: str) -> str:
        """Expenses that are billed on to the client."""
        return self.templates.expenses.format(project=project)

    def _client(self, client: str) -> str:
        """The client's component in account names; an unknown client's id is made one."""
        known = self.firm.clients.get(client)
        return known.account if known else component(client).upper()


def accounts_of(firm: Firm, options: Mapping[str, object] | None = None) -> Accounts:
    """The firm's accounts in a ledger with these Beancount options.

    A template that was left at its default follows the ledger's `name_assets`, `name_equity`,
    `name_income` options; one that the firm wrote is taken as written.
    """
    rooted = {
        field: _rooted(template, options)
        if template == getattr(DEFAULT_TEMPLATES, field)
        else template
        for field, template in firm.accounts._asdict().items()
    }
    return Accounts(firm, AccountTemplates(**rooted))


def _rooted(template: str, options: Mapping[str, object] | None) -> str:
    root, _, rest = template.partition(":")
    return f"{(options or {}).get('name_' + root.lower(), root)}:{rest}"


def component(name: str) -> str:
    """`name` as an account component: invalid characters become `-`, the first is a capital."""
    kept = "".join(char if char.isalnum() else "-" for char in name).strip("-")
    return kept[:1].upper() + kept[1:] if kept else "X"
