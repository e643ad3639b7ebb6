"""`projbill.yaml`: from what was read to the firm's terms."""

from __future__ import annotations

import os
from typing import NamedTuple

from projbill_beancount.terms.accounts import component
from projbill_beancount.terms.exports import import_settings
from projbill_beancount.terms.layout import PROJBILL
from projbill_beancount.terms.limits import reconcile_of
from projbill_beancount.terms.model import AccountTemplates
from projbill_beancount.terms.model import Client
from projbill_beancount.terms.model import Company
from projbill_beancount.terms.model import DatedPercent
from projbill_beancount.terms.model import DatedText
from projbill_beancount.terms.model import Files
from projbill_beancount.terms.model import Firm
from projbill_beancount.terms.model import InvoiceTerms
from projbill_beancount.terms.model import Mistake
from projbill_beancount.terms.model import Person
from projbill_beancount.terms.model import Reconcile
from projbill_beancount.terms.model import Tax
from projbill_beancount.terms.parts import NO_TAX
from projbill_beancount.terms.parts import Known
from projbill_beancount.terms.parts import as_texts
from projbill_beancount.terms.parts import dated_once
from projbill_beancount.terms.parts import invoice_terms
from projbill_beancount.terms.parts import known_names
from projbill_beancount.terms.pricing import check_amount
from projbill_beancount.terms.sheet import Fields
from projbill_beancount.terms.sheet import Sheet
from projbill_beancount.terms.yamltext import read_node


class FirmFile(NamedTuple):
    """A read `projbill.yaml`; with mistakes, `firm` holds only what could be read.

    `invoice` and `reconcile` are the defaults under every contract's keys of that name.
    """

    firm: Firm
    invoice: InvoiceTerms
    reconcile: Reconcile
    known: Known
    mistakes: tuple[Mistake, ...]
    usable: bool


def read_firm(file: str) -> FirmFile:
    """Read the `projbill.yaml` at the absolute path `file`."""
    sheet = Sheet(file)
    node = read_node(sheet)
    read = PROJBILL.read(node, "", 1, sheet) if node is not None else None
    fields = read or Fields("", 1)
    known = known_names(fields)
    firm = _firm(fields, known, sheet)
    defaults = fields.inner("defaults")
    invoice = invoice_terms(defaults.inner("invoice"), InvoiceTerms(), known, sheet)
    check_amount(defaults.inner("invoice"), "minimum", firm.currency, sheet)
    reconcile = reconcile_of(defaults.inner("reconcile"), Reconcile(), firm.currency, sheet)
    return FirmFile(firm, invoice, reconcile, known, tuple(sheet.mistakes), read is not None)


def _firm(fields: Fields, known: Known, sheet: Sheet) -> Firm:
    root = os.path.dirname(sheet.file)  # noqa: PTH120 - pathlib would cost import time
    plain = Firm(root, sheet.place(1))
    numbering = fields.inner("numbering")
    clients = {name: _client(name, one, sheet) for name, one in fields.inner("clients").items()}
    people = {name: _person(name, one, sheet) for name, one in fields.inner("people").items()}
    _check_components(fields.inner("clients"), clients, sheet)
    _check_components(fields.inner("people"), people, sheet)
    _check_aliases(fields.inner("people"), people, sheet)
    return plain._replace(
        company=_company(fields.inner("company")),
        clients=clients,
        people=people,
        contracts=as_texts(fields.get("contracts")) or plain.contracts,
        invoice_numbers=numbering.get("invoice", plain.invoice_numbers),
        credit_note_numbers=numbering.get("credit-note", plain.credit_note_numbers),
        first_number=numbering.get("start", plain.first_number),
        files=Files()._replace(**dict(fields.inner("files").items())),
        imports=import_settings(fields.inner("imports"), known, sheet),
        currency=fields.inner("defaults").get("currency", plain.currency),
        taxes={code: _tax(code, one, sheet) for code, one in fields.inner("taxes").items()},
        accounts=_accounts(fields.inner("accounts"), sheet),
        hour=fields.get("hour-commodity", plain.hour),
        closed_until=fields.get("closed-until"),
        holidays=frozenset(fields.get("holidays") or ()),
    )


def _company(fields: Fields) -> Company:
    return Company(
        name=fields.get("name", ""),
        address=as_texts(fields.get("address")),
        country=fields.get("country", ""),
        vat_id=fields.get("vat-id", ""),
        iban=fields.get("iban", ""),
        email=fields.get("email", ""),
    )


def _client(name: str, fields: Fields, sheet: Sheet) -> Client:
    return Client(
        id=name,
        name=fields.get("name", name),
        account=fields.get("account") or component(name).upper(),
        place=sheet.place(fields.line),
        address=as_texts(fields.get("address")),
        country=fields.get("country", ""),
        vat_id=fields.get("vat-id", ""),
        email=fields.get("email", ""),
        reference=fields.get("reference", ""),
    )


def _person(name: str, fields: Fields, sheet: Sheet) -> Person:
    roles = dated_once(fields, "role", "role", sheet)
    return Person(
        id=name,
        name=fields.get("name", name),
        account=fields.get("account") or component(name),
        place=sheet.place(fields.line),
        roles=tuple(DatedText(start, role) for start, role, _ in roles),
        cost=fields.get("cost"),
        zone=fields.get("zone", ""),
        until=fields.get("until"),
        aliases=as_texts(fields.get("aliases")),
    )


def _check_components(
    fields: Fields, parties: dict[str, Client] | dict[str, Person], sheet: Sheet
) -> None:
    """Two that share an account component would share accounts."""
    first: dict[str, str] = {}
    for name, party in parties.items():
        other = first.setdefault(party.account, name)
        if other != name:
            told = (
                f'its part of account names, "{party.account}", is also that of '
                f"{fields.path(other)} on line {fields.line_of(other)}; give one of them `account:`"
            )
            sheet.wrong(fields.line_of(name), fields.path(name), told)


def _check_aliases(fields: Fields, people: dict[str, Person], sheet: Sheet) -> None:
    """A name that stands for two people would credit the wrong one's hours."""
    owners = {name.lower(): name for name in people}
    for name, person in people.items():
        for alias in person.aliases:
            other = owners.setdefault(alias.lower(), name)
            if other != name:
                told = f'"{alias}" already stands for {fields.path(other)}; remove it from one'
                sheet.wrong(person.place.line, f"{fields.path(name)}.aliases", told)


def _tax(code: str, fields: Fields, sheet: Sheet) -> Tax:
    if code == NO_TAX:
        told = "`tax: none` already means no tax; choose another code"
        sheet.wrong(fields.line, fields.key, told)
    rows = dated_once(fields, "rate", "rate", sheet)
    if not fields.given("account") and any(rate for _, rate, _ in rows):
        told = 'is missing; name the account of this tax, such as "Liabilities:VAT:Output"'
        sheet.wrong(fields.line, fields.path("account"), told)
    return Tax(
        code=code,
        name=fields.get("name", code),
        account=fields.get("account", ""),
        rates=tuple(DatedPercent(start, rate) for start, rate, _ in rows),
        place=sheet.place(fields.line),
        note=fields.get("note", ""),
    )


def _accounts(fields: Fields, sheet: Sheet) -> AccountTemplates:
    """The account templates; two that meet would mix hours or money."""
    templates = AccountTemplates()._replace(
        **{name.replace("-", "_"): text for name, text in fields.items()}
    )
    first: dict[str, str] = {}
    for field, template in templates._asdict().items():
        name = field.replace("_", "-")
        other = first.setdefault(_without_placeholder(template), name)
        if other != name:
            told = f"is the same account as {fields.path(other)}; choose another"
            key = name if fields.given(name) else other
            if key == other:
                told = f"is the same account as {fields.path(name)}; choose another"
            sheet.wrong(fields.line_of(key), fields.path(key), told)
    return templates


def _without_placeholder(template: str) -> str:
    for placeholder in ("{project}", "{client}", "{person}"):
        template = template.replace(placeholder, "X")
    return template
