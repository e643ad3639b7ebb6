"""`projbill.yaml`: what is read, and every kind of mistake in it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from projbill_beancount.terms.model import AccountTemplates
from projbill_beancount.terms.model import Company
from projbill_beancount.terms.model import DatedPercent
from projbill_beancount.terms.model import DatedText
from projbill_beancount.terms.model import Files
from projbill_beancount.terms.model import Firm
from projbill_beancount.terms.model import Place
from projbill_beancount.terms.read import read_terms
from tests.terms_files import FIRM
from tests.terms_files import TIME
from tests.terms_files import mistakes
from tests.terms_files import of_firm
from tests.terms_files import write

if TYPE_CHECKING:
    from pathlib import Path

BY_FIRM = [
    ("clinets: {}", '1: clinets: unknown key; did you mean "clients"?'),
    (
        "clients: {a b: {}}",
        '1: clients.a b: found "a b", expected an id without blanks and slashes',
    ),
    ("clients: {acme: {nmae: A}}", '1: clients.acme.nmae: unknown key; did you mean "name"?'),
    (
        "clients:\n  a-b: {}\n  a_b: {}",
        '3: clients.a_b: its part of account names, "A-B", is also that of clients.a-b on line 2; give one of them `account:`',
    ),
    (
        "clients: {acme: {account: acme}}",
        '1: clients.acme.account: found "acme", expected a part of an account name such as ACME: a capital or digit, then letters, digits, -',
    ),
    (
        "people:\n  a.b: {}\n  a-b: {}",
        '3: people.a-b: its part of account names, "A-b", is also that of people.a.b on line 2; give one of them `account:`',
    ),
    (
        "people: {a: {cost: 1e3}}",
        '1: people.a.cost: found "1e3", expected a cost per hour such as 62.50; write plain digits with a point, 1200.50',
    ),
    (
        "people: {a: {zone: Europe/Berln}}",
        '1: people.a.zone: unknown time zone "Europe/Berln"; did you mean "Europe/Berlin"?',
    ),
    (
        "people: {a: {zone: ../etc}}",
        '1: people.a.zone: unknown time zone "../etc"; expected a time zone such as Europe/Berlin',
    ),
    (
        "people: {a: {until: 2026-13-01}}",
        "1: people.a.until: there is no 2026-13-01 in the calendar",
    ),
    (
        "people: {a: {}, b: {aliases: A}}",
        '1: people.b.aliases: "A" already stands for people.a; remove it from one',
    ),
    (
        "people:\n  a:\n    role:\n    - {from: 2026-01-01, role: x}\n    - {from: 2026-01-01, role: y}",
        "5: people.a.role: two values from 2026-01-01 on, on lines 4 and 5; keep one",
    ),
    (
        "numbering: {invoice: R-1}",
        '1: numbering.invoice: found "R-1" without {number}; expected a number pattern such as INV-{year}-{number:04}',
    ),
    (
        "numbering: {invoice: 'R {number}'}",
        '1: numbering.invoice: found "R {number}", expected a number pattern such as INV-{year}-{number:04}; only letters, digits and - _ / . may stand around {year}, {month:02}, {number:04}',
    ),
    (
        "numbering: {credit-note: 'C-{jahr}-{number}'}",
        '1: numbering.credit-note: found "C-{jahr}-{number}", expected a number pattern such as INV-{year}-{number:04}; only letters, digits and - _ / . may stand around {year}, {month:02}, {number:04}',
    ),
    ("numbering: {start: 0}", '1: numbering.start: found "0", expected the first number from 1 on'),
    (
        "files: {time: /var/time}",
        '1: files.time: found "/var/time", expected a path relative to the ledger such as time/{year}-{month:02}.beancount',
    ),
    (
        "files: {invoices: '{year}.beancount'}",
        '1: files.invoices: found "{year}.beancount", expected a path relative to the ledger such as invoices.beancount',
    ),
    ("imports: {togl: {}}", '1: imports.togl: unknown importer "togl"; did you mean "toggl"?'),
    (
        "imports: {toggl: {columns: {date: Tag}}}",
        "1: imports.toggl.columns: the columns of toggl are known; only hours-csv, milestones-csv and expenses-csv take this map",
    ),
    (
        "imports: {toggl: {from: 'Liabilities:Card'}}",
        "1: imports.toggl.from: belongs to expenses-csv, not to toggl; remove it",
    ),
    (
        "imports: {expenses-csv: {accounts: {Travel: travel}}}",
        '1: imports.expenses-csv.accounts.Travel: found "travel", expected an account such as "Liabilities:VAT:Output"',
    ),
    (
        "imports: {expenses-csv: {columns: {amout: Sum}}}",
        '1: imports.expenses-csv.columns.amout: unknown field; did you mean "amount"?',
    ),
    (
        "imports: {expenses-csv: {form: 'Liabilities:Card'}}",
        '1: imports.expenses-csv.form: unknown key; did you mean "from"?',
    ),
    (
        "imports: {hours-csv: {columns: {dat: Tag}}}",
        '1: imports.hours-csv.columns.dat: unknown field; did you mean "date"?',
    ),
    (
        "imports: {toggl: {share: points}}",
        "1: imports.toggl.share: belongs to an issue tracker, and toggl is none; remove it",
    ),
    (
        "imports: {jira: {share: half}}",
        '1: imports.jira.share: found "half"; expected items, points or percent',
    ),
    (
        "imports: {hours-csv: {dates: dd.mm.}}",
        '1: imports.hours-csv.dates: found "dd.mm."; expected ymd, dmy or mdy',
    ),
    (
        "imports: {hours-csv: {decimal: ;}}",
        '1: imports.hours-csv.decimal: found ";"; expected . or ,',
    ),
    (
        "imports: {hours-csv: {encoding: utf9}}",
        '1: imports.hours-csv.encoding: found "utf9", expected a text encoding such as utf-8 or cp1252',
    ),
    (
        "imports: {hours-csv: {encoding: rot13}}",
        '1: imports.hours-csv.encoding: found "rot13", expected a text encoding such as utf-8 or cp1252',
    ),
    (
        "imports: {hours-csv: {delimiter: ;;}}",
        '1: imports.hours-csv.delimiter: found ";;", expected one character or the word tab',
    ),
    (
        "imports: {toggl: {person: al}}\npeople: {alice: {}}",
        '1: imports.toggl.person: unknown person "al"; known: alice',
    ),
    (
        "imports: {toggl: {ignore: {}}}",
        "1: imports.toggl.ignore: fits every row; name a client, project, task, tag, source or jira-project",
    ),
    (
        "defaults: {currency: euro}",
        '1: defaults.currency: found "euro", expected a currency in capitals such as EUR',
    ),
    (
        "defaults: {invoice: {tax: S19}}",
        '1: defaults.invoice.tax: unknown tax code "S19"; projbill.yaml has none; add it there',
    ),
    (
        "taxes: {S19: {rate: 19}}",
        '1: taxes.S19.account: is missing; name the account of this tax, such as "Liabilities:VAT:Output"',
    ),
    (
        "taxes: {S19: {rate: 0, account: vat}}",
        '1: taxes.S19.account: found "vat", expected an account such as "Liabilities:VAT:Output"',
    ),
    (
        "taxes: {S19: {name: x}}",
        "1: taxes.S19.rate: is missing; give the tax in percent, 0 for none",
    ),
    ("taxes: {S: {rate: 119, account: 'A:B'}}", "1: taxes.S.rate: 119 is more than 100 %"),
    (
        "taxes: {none: {rate: 0}}",
        "1: taxes.none: `tax: none` already means no tax; choose another code",
    ),
    (
        "taxes: {S: {rate: [{rate: 0}, {rate: 0}]}}",
        "1: taxes.S.rate: two values without a date; keep one",
    ),
    (
        "accounts: {income: 'Income:Services'}",
        '1: accounts.income: found "Income:Services", expected an account with {project} in it once, such as "Income:Services:{project}"',
    ),
    (
        "accounts: {worked: 'Equity:{project}'}",
        '1: accounts.worked: found "Equity:{project}", expected an account with {person} in it once, such as "Equity:Time:Worked:{person}"',
    ),
    (
        "accounts: {income: 'Income:a b:{project}'}",
        '1: accounts.income: found "Income:a b:{project}", expected an account with {project} in it once, such as "Income:Services:{project}"',
    ),
    (
        "accounts: {worked: 'Equity:Time:Billed:{person}'}",
        "1: accounts.worked: is the same account as accounts.billed-time; choose another",
    ),
    (
        "hour-commodity: h",
        '1: hour-commodity: found "h", expected a currency in capitals such as EUR',
    ),
    ("closed-until: 2026-02-30", "1: closed-until: there is no 2026-02-30 in the calendar"),
    (
        "closed-until: March",
        '1: closed-until: found "March", expected a date such as 2026-03-31',
    ),
    ("holidays: 2026-01-01", '1: holidays: expected a list, found "2026-01-01"'),
    (
        "holidays:\n  - 2026-01-01\n  - 1.5.2026",
        '3: holidays: found "1.5.2026", expected a date such as 2026-03-31',
    ),
    ("holiday: []", '1: holiday: unknown key; did you mean "holidays"?'),
    ("closed: 2026-01-01", '1: closed: unknown key; did you mean "closed-until"?'),
    (
        "defaults: {reconcile: {tolerance: [5]}}",
        "1: defaults.reconcile.tolerance: expected a percentage such as 19 or a mapping, found a list",
    ),
    (
        "defaults: {reconcile: {tolerance: {amount: 1.005}}}",
        "1: defaults.reconcile.tolerance.amount: 1.005 has 3 decimal places; amounts in EUR have at most 2",
    ),
    (
        "defaults: {currency: JPY, invoice: {minimum: 1.5}}",
        "1: defaults.invoice.minimum: 1.5 has 1 decimal place; amounts in JPY have none",
    ),
    (
        "defaults: {invoice: {due-shift: next-busines-day}}",
        '1: defaults.invoice.due-shift: found "next-busines-day"; did you mean "next-business-day"?',
    ),
    (
        "accounts: {deposits: 'Liabilities:D:{project}'}",
        '1: accounts.deposits: found "Liabilities:D:{project}", expected an account with {client} in it once, such as "Liabilities:Deposits:{client}"',
    ),
    (
        "accounts: {defered: 'Liabilities:D:{project}'}",
        '1: accounts.defered: unknown key; did you mean "deferred"?',
    ),
    (
        "accounts: {retention: 'Assets:Receivable:{client}'}",
        "1: accounts.retention: is the same account as accounts.receivable; choose another",
    ),
    (
        "people: {a: {role: []}}",
        "1: people.a.role: is empty; give at least one, or remove the key",
    ),
    (
        "people: {a: {role: [{from: 2026-01-01}]}}",
        "1: people.a.role.role: is missing; each needs a role",
    ),
    (
        "taxes:\n  S:\n    account: A:B\n    rate:\n    - {from: 2026-02-30, rate: 1}",
        "5: taxes.S.rate.from: there is no 2026-02-30 in the calendar",
    ),
    (
        "taxes:\n  S:\n    account: A:B\n    rate:\n    - {from: 2026-01-01, rate: 101}",
        "5: taxes.S.rate.rate: 101 is more than 100 %",
    ),
    (
        "taxes:\n  S:\n    account: A:B\n    rate:\n    - {from: 2026-01-01, rate: 1}\n    - {from: 2026-01-01, rate: 2}",
        "6: taxes.S.rate: two values from 2026-01-01 on, on lines 5 and 6; keep one",
    ),
    ("", '1: is empty; expected lines such as "key: value"'),
]


@pytest.mark.parametrize(("text", "expected"), BY_FIRM)
def test_a_mistake_in_projbill_yaml(tmp_path: Path, text: str, expected: str) -> None:
    assert of_firm(tmp_path, text) == [expected]


def test_projbill_yaml_that_is_not_there(tmp_path: Path) -> None:
    terms = read_terms(str(tmp_path / "projbill.yaml"))
    assert mistakes(terms) == [
        "projbill.yaml:1: cannot be read: No such file or directory; create the file or correct its name"
    ]
    assert terms.paths == (str(tmp_path / "projbill.yaml"),)


def test_a_folder_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "projbill.yaml").mkdir()
    terms = read_terms(str(tmp_path / "projbill.yaml"))
    assert mistakes(terms) == [
        "projbill.yaml:1: cannot be read: Is a directory; make it a readable text file"
    ]


def test_with_a_mistake_in_it_no_contract_is_trusted_and_all_mistakes_are_told(
    tmp_path: Path,
) -> None:
    text = FIRM + "defaults: {currency: euro}\n"
    terms = read_terms(write(tmp_path, text, TIME, TIME.replace(": P", ": Q") + "valeu: 1\n"))
    assert mistakes(terms) == [
        'contracts/c2.yaml:4: valeu: unknown key; did you mean "value"?',
        'projbill.yaml:9: defaults.currency: found "euro", expected a currency in capitals such as EUR',
    ]
    assert terms.contracts == {}
    assert terms.unreadable == {"P", "Q"}


def test_an_unreadable_list_of_names_is_told_once_and_not_by_every_contract(
    tmp_path: Path,
) -> None:
    terms = read_terms(write(tmp_path, "clients: [acme]\n", TIME))
    assert mistakes(terms) == [
        'projbill.yaml:1: clients: expected a mapping ("key: value"), found a list'
    ]


def test_a_client_with_a_mistake_is_still_known(tmp_path: Path) -> None:
    terms = read_terms(write(tmp_path, "clients: {acme: {nmae: A}}\n", TIME))
    assert mistakes(terms) == [
        'projbill.yaml:1: clients.acme.nmae: unknown key; did you mean "name"?'
    ]


def test_the_defaults(tmp_path: Path) -> None:
    path = write(tmp_path, "company: {name: N}\n")
    assert read_terms(path).firm == Firm(str(tmp_path), Place(path, 1), Company("N"))


def test_everything_is_read(tmp_path: Path) -> None:
    text = """\
company:
  name: Northlight IT GmbH
  address: [Hafenstr. 1, 20457 Hamburg]
  country: NO
  vat-id: 012
  iban: DE02 1203
  email: billing@northlight.example
clients:
  acme-north: {name: ACME Corp, address: Kai 2, reference: PO-4711}
  bolt: {account: BoltAG}
people:
  alice:
    name: Alice Rey
    role: [{role: junior}, {from: 2026-01-01, role: senior}]
    cost: 62.50
    zone: Europe/Berlin
    until: 2027-03-31
    aliases: [alice@northlight.example, "A. Rey"]
contracts: [contracts/*.yaml, old/*.yaml]
numbering: {invoice: "R/{year}/{month:02}-{number:05}", credit-note: "G-{number}", start: 17}
files: {time: "zeit/{year}.beancount", documents: out}
imports:
  toggl: {zone: Europe/Berlin, person: alice}
  hours-csv:
    columns: {date: Tag, person: Wer, hours: Std}
    dates: dmy
    decimal: ","
    delimiter: tab
    encoding: cp1252
    ignore: [{project: Internal}, {client: "-", until: 2026-01-31}]
defaults: {currency: CHF, invoice: {terms: eom + 10, tax: S19}}
taxes:
  S19: {rate: [{rate: 16}, {from: 2021-01-01, rate: 19 %}], name: VAT 19 %, account: "Liabilities:VAT:Output"}
  AE: {rate: 0, note: Reverse charge}
accounts: {income: "Income:Projects:{project}", receivable: "Assets:Debtors:{client}"}
hour-commodity: STD
"""
    path = write(tmp_path, text)
    terms = read_terms(path)
    firm = terms.firm
    assert mistakes(terms) == []
    assert firm.company == Company(
        "Northlight IT GmbH",
        ("Hafenstr. 1", "20457 Hamburg"),
        "NO",
        "012",
        "DE02 1203",
        "billing@northlight.example",
    )
    acme, bolt = firm.clients.values()
    assert (acme.id, acme.account, acme.address) == ("acme-north", "ACME-NORTH", ("Kai 2",))
    assert (acme.reference, acme.place) == ("PO-4711", Place(path, 9))
    assert (bolt.name, bolt.account) == ("bolt", "BoltAG")
    (alice,) = firm.people.values()
    assert alice.roles == (DatedText(date.min, "junior"), DatedText(date(2026, 1, 1), "senior"))
    assert (alice.cost, alice.zone, alice.until) == (
        Decimal("62.50"),
        "Europe/Berlin",
        date(2027, 3, 31),
    )
    assert alice.aliases == ("alice@northlight.example", "A. Rey")
    assert (alice.account, alice.place) == ("Alice", Place(path, 12))
    assert firm.contracts == ("contracts/*.yaml", "old/*.yaml")
    assert (firm.invoice_numbers, firm.credit_note_numbers, firm.first_number) == (
        "R/{year}/{month:02}-{number:05}",
        "G-{number}",
        17,
    )
    assert firm.files == Files(time="zeit/{year}.beancount", documents="out")
    assert firm.imports["toggl"].zone == "Europe/Berlin"
    assert firm.imports["toggl"].person == "alice"
    hours = firm.imports["hours-csv"]
    assert hours.columns == {"date": "Tag", "person": "Wer", "hours": "Std"}
    assert (hours.dates, hours.decimal, hours.delimiter, hours.encoding) == (
        "dmy",
        ",",
        "\t",
        "cp1252",
    )
    assert [(rule.patterns, rule.end) for rule in hours.ignore] == [
        ({"project": "Internal"}, None),
        ({"client": "-"}, date(2026, 1, 31)),
    ]
    assert (firm.currency, firm.hour) == ("CHF", "STD")
    assert firm.taxes["S19"].rates == (
        DatedPercent(date.min, Decimal(16)),
        DatedPercent(date(2021, 1, 1), Decimal(19)),
    )
    assert (firm.taxes["S19"].account, firm.taxes["AE"].note, firm.taxes["AE"].account) == (
        "Liabilities:VAT:Output",
        "Reverse charge",
        "",
    )
    assert firm.accounts == AccountTemplates(
        income="Income:Projects:{project}", receivable="Assets:Debtors:{client}"
    )
