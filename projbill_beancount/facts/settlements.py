"""What stands on clients' receivables beside invoices: payments, refunds, discounts, write-offs.

Whatever the other accounts of such a transaction are, the posting on the receivable counts: a
discount, a bank's fee or tax that the client withholds settles as money does.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.facts.model import Settlement
from projbill_beancount.terms.model import Place

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable
    from collections.abc import Container
    from collections.abc import Iterable
    from collections.abc import Mapping
    from collections.abc import Sequence

    from projbill_beancount.facts.booked import Posting
    from projbill_beancount.facts.booked import Transaction
    from projbill_beancount.facts.model import Invoice

ZERO = Decimal(0)
#: A document by its number, the receivable that it is on and its currency.
DocumentKey = tuple[str, str, str]


class Reference(NamedTuple):
    """What a posting on a client's account names: a document's number, else "" and why."""

    number: str
    problem: str = ""


NO_REFERENCE = Reference("", "it names no invoice")


class References:
    """Finds the invoice or credit note that a posting settles.

    A posting's own `invoice:` names it, else that of its transaction, else the only link to one. Of
    the links to an invoice and its credit notes the invoice counts, and what is void does not.
    """

    def __init__(
        self,
        invoices: Iterable[Invoice],
        credit_notes: Iterable[Invoice],
        voided: Container[str],
    ) -> None:
        self._corrects = {one.number: one.corrects for one in credit_notes if one.number}
        self._known = {one.number for one in invoices if one.number} | self._corrects.keys()
        self._voided = voided

    def of(self, transaction: Transaction, posting: Posting) -> Reference:
        """The reference of one posting of `transaction`."""
        number = (posting.meta or {}).get("invoice") or transaction.meta.get("invoice")
        if number is not None:
            text = str(number)
            known = text in self._known
            return Reference(text, "" if known else f"it names {text}, which is not known")
        links = transaction.links
        if not links:
            return NO_REFERENCE
        linked = [link for link in links if link in self._known]
        if len(linked) == 1:
            return Reference(linked[0])
        return self._of_links(sorted(linked)) if linked else NO_REFERENCE

    def _of_links(self, linked: Sequence[str]) -> Reference:
        own = [one for one in linked if self._corrects.get(one) not in linked]
        live = [one for one in own if one not in self._voided]
        if len(live) == 1:
            return Reference(live[0])
        said = " and ".join(live or own)
        return Reference("", f"it is linked to {said}, and does not say how much is for which")


def settlements_of(
    found: Iterable[tuple[Transaction, Posting]],
    references: References,
    accounts: Mapping[str, str],
    documents: Container[DocumentKey],
    project_of: Callable[[Transaction], str],
) -> list[Settlement]:
    """The settlements that `found` postings on the receivables in `accounts` (by client) are.

    One that names a document on another account, or in another currency, settles nothing.
    """
    settlements = []
    for transaction, posting in found:
        reference = references.of(transaction, posting)
        units, account = posting.units, posting.account
        number, problem = reference
        if not problem and (number, account, units.currency) not in documents:
            problem = f"{number} is not on {account} in {units.currency}"
        meta = posting.meta or {}
        shared = transaction.meta
        settlements.append(
            Settlement(
                transaction.date,
                accounts[account],
                account,
                -units.number,
                units.currency,
                number,
                problem,
                transaction.narration or transaction.payee or "",
                project_of(transaction) if problem else "",
                tuple(
                    (other.account, other.units.number, other.units.currency)
                    for other in transaction.postings
                    if other.account not in accounts and other.units is not None
                ),
                Place(
                    str(meta.get("filename") or shared["filename"]),
                    int(meta.get("lineno") or shared["lineno"]),
                ),
            )
        )
    return settlements
