"""Books for tests of payments: clients with a project each, invoices by hand, what settles them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from projbill_beancount.book import open_book
from tests.ledgers import load
from tests.ledgers import write_ledger

if TYPE_CHECKING:
    from pathlib import Path

    from projbill_beancount.billing.model import Finding
    from projbill_beancount.book import Book

FIRM = """\
company: {name: Northlight IT GmbH}
clients:
  oak: {name: Oak Energy eG}
  elm: {name: Elm Press SARL}
contracts: contracts/*.yaml
defaults: {currency: EUR, invoice: {terms: net 30}}
numbering: {invoice: "INV-{number}", credit-note: "CN-{number}"}
"""

#: A contract under which nothing is drafted, since nothing was logged.
CONTRACT = "project: {}\nclient: {}\nbilling: time-and-materials\nrates: {{default: 100}}\n"
PROJECTS = {"OAK-1": "oak", "OAK-2": "oak", "ELM-1": "elm"}
CONTRACTS = {project: CONTRACT.format(project, client) for project, client in PROJECTS.items()}

OPEN = """\
2020-01-01 open Assets:Receivable:OAK
2020-01-01 open Assets:Receivable:ELM
2020-01-01 open Assets:Retention:OAK
2020-01-01 open Assets:TaxWithheld
2020-01-01 open Assets:Allowance:OAK
2020-01-01 open Expenses:CreditLoss
2020-01-01 open Expenses:BankFees
2020-01-01 open Income:Discounts
2020-01-01 open Liabilities:Deposits:OAK
2020-01-01 open Liabilities:CustomerCredits:OAK
"""


def invoice(
    number: str,
    day: str,
    amount: str,
    *,
    due: str = "",
    project: str = "OAK-1",
    currency: str = "EUR",
) -> str:
    """An invoice by hand, without tax."""
    client = PROJECTS[project].upper()
    return (
        f'{day} * "{client}" "{number}" #invoice ^{number}\n'
        f'  invoice: "{number}"\n  project: "{project}"\n'
        + (f"  due: {due}\n" if due else "")
        + f"  Assets:Receivable:{client}  {amount} {currency}\n"
        f"  Income:Services:{project}  -{amount} {currency}\n"
    )


def paid(
    day: str,
    amount: str,
    links: str = "",
    *,
    client: str = "OAK",
    meta: str = "",
    to: str = "Assets:Bank",
    currency: str = "EUR",
) -> str:
    """A payment (a refund where the amount is negative) with what its posting says in `meta`."""
    return (
        f'{day} * "{client}" "Payment" {links}\n'
        f"  {to}  {amount} {currency}\n"
        f"  Assets:Receivable:{client}  -{amount} {currency}\n{meta}"
    ).replace("--", "")


def credit(number: str, day: str, amount: str, corrects: str, *, project: str = "OAK-1") -> str:
    """A credit note on an invoice."""
    client = PROJECTS[project].upper()
    return (
        f'{day} * "{client}" "{number}" #credit-note ^{number} ^{corrects}\n'
        f'  invoice: "{number}"\n  corrects: "{corrects}"\n  project: "{project}"\n'
        f"  Assets:Receivable:{client}  -{amount} EUR\n"
        f"  Income:Services:{project}  {amount} EUR\n"
    )


def void(number: str, day: str, amount: str) -> str:
    """What takes back an invoice whole."""
    return (
        f'{day} * "OAK" "{number} void" #void ^{number}\n'
        f'  corrects: "{number}"\n  reason: "Wrong"\n'
        f"  Assets:Receivable:OAK  -{amount} EUR\n  Income:Services:OAK-1  {amount} EUR\n"
    )


def books(folder: Path, facts: str, as_of: str, firm: str = FIRM) -> Path:
    """The ledger, which Beancount loads without errors."""
    ledger = write_ledger(folder, as_of, contracts=CONTRACTS, facts=OPEN + facts, firm=firm)
    assert load(ledger).foreign == []
    return ledger


def opened(folder: Path, facts: str, as_of: str, firm: str = FIRM) -> Book:
    """The books as of a day."""
    return open_book(str(books(folder, facts, as_of, firm)))


def told(book: Book) -> list[tuple[str, str, str]]:
    """The findings with severities, dates and amounts, but for those of numbering."""
    return [_told(found) for found in book.billing.findings if "number" not in found.code]


def _told(found: Finding) -> tuple[str, str, str]:
    return f"{found.severity} {found.code}", str(found.date), str(found.amount)
