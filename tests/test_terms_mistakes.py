"""Every kind of mistake in a contract file, with its line, its key and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from projbill_beancount.terms.model import MATCH_KINDS
from tests.terms_files import FIXED
from tests.terms_files import HYBRID
from tests.terms_files import TIME
from tests.terms_files import of_contract

if TYPE_CHECKING:
    from pathlib import Path

MONEY = 'a price per hour such as 120 or "120 EUR"'
DIGITS = "; write plain digits with a point, 1200.50"

SYNTAX = [
    (b"", '1: is empty; expected lines such as "key: value"'),
    (b"# nothing yet\n", '1: is empty; expected lines such as "key: value"'),
    (b"- project\n", '1: expected a mapping ("key: value"), found a list'),
    (b"project\n", '1: expected a mapping ("key: value"), found "project"'),
    (b"project: P\nname: M\xfcller\n", "2: the byte 0xfc is not UTF-8; save the file as UTF-8"),
    (b"project: P\nname: a\x01b\n", "2: found the control character '\\x01'; delete it"),
    (
        b"project: P\nrates:\n\tdefault: 1\n",
        "3: a tab stands where YAML wants blanks; indent with blanks",
    ),
    (
        b"project: P\nmatch: [{a: b}\nname: X\n",
        "2: the bracket that opens here is not closed properly by line 3",
    ),
    (b"project: P\nname: 'X\nclient: a\n", "2: the quotation mark that opens here is not closed"),
    (
        b"project: P\nname: a: b\n",
        "2: a colon stands where none can; indent evenly, or quote the value",
    ),
    (b"project: P\nname: @x\n", "2: no value can begin with '@'; put the value in quotes"),
    (b"project: P\nclient\n", '2: expected "key: value", found no colon'),
    (
        b"project: P\nname: *x\n",
        "2: the alias (*) names no anchor (&) before it; write the value out",
    ),
    (
        b"project: P\n---\nproject: Q\n",
        "2: a second document begins here; give it a file of its own",
    ),
    (b"%YAML 3.0\n---\na: b\n", "1: is not valid YAML here: found incompatible YAML document"),
]

BY_CONTRACT = [
    (TIME + "valeu: 3\n", '4: valeu: unknown key; did you mean "value"?'),
    (TIME + "client: bolt\n", "4: client: is given twice, on lines 2 and 4; keep one"),
    (TIME + "? [a]\n: b\n", "4: expected a name before the colon, found a list"),
    (TIME + "name: !!int 3\n", '4: name: found the tag "!!int"; remove it'),
    (TIME + "tasks: !x {}\n", '4: tasks: found the tag "!x"; remove it'),
    (
        TIME + "name:\n",
        "4: name: expected a text, found nothing; give it a value or remove the key",
    ),
    (TIME + "name: [a]\n", "4: name: expected a text, found a list"),
    (TIME + 'name: "a\\nb"\n', "4: name: expected a text on one line, without control characters"),
    (TIME + 'reference: " "\n', "4: reference: is empty; expected a text"),
    (TIME + "tasks: [a]\n", '4: tasks: expected a mapping ("key: value"), found a list'),
    (TIME + "match: a\n", '4: match: expected a list or a mapping, found "a"'),
    (
        TIME + "currency: eur\n",
        '4: currency: found "eur", expected a currency in capitals such as EUR',
    ),
    (TIME + "strict-tasks: on\n", '4: strict-tasks: found "on", expected true or false'),
    (TIME + "start: 2026-02-30\n", "4: start: there is no 2026-02-30 in the calendar"),
    (TIME + "start: 1.3.2026\n", '4: start: found "1.3.2026", expected a date such as 2026-03-31'),
    (
        TIME + "start: 2026-03-02\nend: 2026-03-01\n",
        "5: end: 2026-03-01 is before start, 2026-03-02; correct one of them",
    ),
    (TIME + "formerly: p\n", '4: formerly: found "p", expected an id such as ACME-MIG'),
    (TIME.replace("acme", "acem"), '2: client: unknown client "acem"; did you mean "acme"?'),
    (TIME.replace("acme", "zzz"), '2: client: unknown client "zzz"; known: acme, bolt'),
    (
        TIME.replace("time-and-materials", "hourly"),
        '3: billing: found "hourly"; expected fixed-fee, time-and-materials, hybrid or retainer',
    ),
    (
        TIME + "value: 100\n",
        "4: value: time-and-materials has no agreed price; remove it (`budget: {amount: …}` says what is expected, `cap: {amount: …}` what is the most)",
    ),
    (FIXED, "3: value: is missing; a fixed fee needs a value, or milestones with values"),
    (
        FIXED + "milestones:\n",
        "3: value: is missing; a fixed fee needs a value, or milestones with values",
    ),
    (FIXED + "value: -5\n", "4: value: -5 is negative; expected 0 or more"),
    (
        FIXED + "value: 10.005\n",
        "4: value: 10.005 has 3 decimal places; amounts in EUR have at most 2",
    ),
    (
        FIXED + "currency: JPY\nvalue: 10.5\n",
        "5: value: 10.5 has 1 decimal place; amounts in JPY have none",
    ),
    (
        FIXED + "currency: KWD\nvalue: 10.0005\n",
        "5: value: 10.0005 has 4 decimal places; amounts in KWD have at most 3",
    ),
    (
        HYBRID + "bill: accepted\n",
        "4: bill: is for a fixed fee without milestones; write it on the milestone instead",
    ),
    (
        HYBRID + "milestones:\n  M1: {name: A}\n",
        "5: milestones.M1.value: is missing; give the agreed price, 0 for a milestone without one",
    ),
    (
        HYBRID + "milestones:\n  M1: {value: 1e3}\n",
        f'5: milestones.M1.value: found "1e3", expected an amount such as 20000.00{DIGITS}',
    ),
    (
        HYBRID + "milestones:\n  M1: {value: 1, hours: 0.3333}\n",
        "5: milestones.M1.hours: 0.3333 is no whole number of seconds; give fewer decimal places",
    ),
    (
        HYBRID + "milestones:\n  M1: {value: 1, tax: S91}\n",
        '5: milestones.M1.tax: unknown tax code "S91"; did you mean "S19"?',
    ),
    (
        HYBRID + "milestones:\n  M1: {value: 1, bill: [50, 40]}\n",
        "5: milestones.M1.bill: found the steps [50, 40], expected ascending percentages such as [50, 100]",
    ),
    (
        HYBRID + "milestones:\n  M1: {value: 1, match: {githb: 3}}\n",
        '5: milestones.M1.match.githb: unknown key; did you mean "github"?',
    ),
    (
        HYBRID + "milestones:\n  M1: {value: 1, match: {basecamp: 3}}\n",
        f"5: milestones.M1.match.basecamp: unknown key; expected one of {', '.join(MATCH_KINDS)}",
    ),
    (
        HYBRID + "milestones:\n  M1: {value: 1, match: [3]}\n",
        '5: milestones.M1.match: expected a mapping ("key: value"), found a list',
    ),
    (
        HYBRID + "milestones:\n  M1: {value: 1, bill: [50, 101]}\n",
        "5: milestones.M1.bill: 101 is more than 100 %",
    ),
    (
        HYBRID + "milestones:\n  M1: {value: 1, bill: {advance: true}}\n",
        "5: milestones.M1.bill.date: is missing; give the day of billing",
    ),
    (
        HYBRID + "tasks: {build: {milestone: M2}}\nmilestones: {M1: {value: 1}}\n",
        '4: tasks.build.milestone: unknown milestone "M2"; known: M1',
    ),
    (
        HYBRID + "tasks: {build: {milestone: M2}}\n",
        '4: tasks.build.milestone: unknown milestone "M2"; the contract has none',
    ),
    (
        TIME + "rates: {default: 1_000}\n",
        f'4: rates.default: found "1_000", expected {MONEY}{DIGITS}',
    ),
    (TIME + "rates: {default: 012}\n", f'4: rates.default: found "012", expected {MONEY}{DIGITS}'),
    (
        TIME + "rates: {default: 1:30}\n",
        f'4: rates.default: found "1:30", expected {MONEY}{DIGITS}',
    ),
    (TIME + "rates: {default: NO}\n", f'4: rates.default: found "NO", expected {MONEY}'),
    (TIME + "rates: {default: 120 eur}\n", f'4: rates.default: found "120 eur", expected {MONEY}'),
    (TIME + "rates: {default: -1}\n", "4: rates.default: -1 is negative; expected 0 or more"),
    (
        TIME + "rates: {default: 1.23456}\n",
        "4: rates.default: 1.23456 has 5 decimal places; at most 4 are read",
    ),
    (
        TIME + "rates: {default: []}\n",
        "4: rates.default: is empty; give at least one, or remove the key",
    ),
    (
        TIME + "rates:\n  default:\n    - from: 2026-01-01\n",
        "6: rates.default.rate: is missing; each needs a rate",
    ),
    (
        TIME + "rates: {people: {alcie: 1}}\n",
        '4: rates.people.alcie: unknown person "alcie"; did you mean "alice"?',
    ),
    (
        TIME + "rates: {person-tasks: {bobo/x: 1}}\n",
        '4: rates.person-tasks.bobo/x: unknown person "bobo"; did you mean "bob"?',
    ),
    (
        TIME + "rates: {person-tasks: {bob: 1}}\n",
        '4: rates.person-tasks.bob: found "bob", expected person/task such as alice/architecture',
    ),
    (
        TIME + "match: [{}]\n",
        "4: match: fits every row; name a client, project, task, tag, source or jira-project",
    ),
    (
        TIME + "match: {from: 2026-01-01}\n",
        "4: match: fits every row; name a client, project, task, tag, source or jira-project",
    ),
    (
        TIME + "match: {client: a, from: 2026-02-01, until: 2026-01-01}\n",
        "4: match.until: 2026-01-01 is before from, 2026-02-01; correct one of them",
    ),
    (TIME + "triggers: []\n", "4: triggers: is empty; give at least one, or remove the key"),
    (
        TIME + "triggers: [{every: week}]\n",
        "4: triggers.type: is missing; expected time, milestone, hybrid or manual",
    ),
    (
        TIME + "triggers: {type: time, every: weekly}\n",
        '4: triggers.every: found "weekly"; did you mean "week"?',
    ),
    (
        TIME + "triggers: {type: manual, every: week}\n",
        "4: triggers.every: belongs to a trigger of type time, and this one is of type manual; remove it",
    ),
    (
        TIME + "triggers: [{type: time}, {type: time, id: b}]\n",
        "4: triggers.id: is missing; there are 2 triggers of type time",
    ),
    (
        TIME + "triggers:\n  - {type: time, id: b}\n  - {type: time, id: b}\n",
        '6: triggers.id: "b" is also the id of the trigger on line 5; choose another',
    ),
    (
        TIME + "triggers: {type: time, id: a/b}\n",
        '4: triggers.id: found "a/b", expected an id such as weekly-support',
    ),
    (
        TIME + "triggers: {type: time, id: consolidated}\n",
        '4: triggers.id: the id "consolidated" is taken for drafts of that kind; choose another',
    ),
    (
        TIME + "invoice: {terms: 30 days}\n",
        '4: invoice.terms: found "30 days", expected payment terms: "net 30", "net 30 eom", "eom + 30" or "on receipt"',
    ),
    (TIME + "invoice: {tax: s19}\n", '4: invoice.tax: unknown tax code "s19"; did you mean "S19"?'),
    (
        TIME + "invoice: {group-by: [task, wrok]}\n",
        '4: invoice.group-by: found "wrok"; expected task, rate, person, role, entry, day or milestone',
    ),
    (
        TIME + "invoice: {hours: {direction: up}}\n",
        "4: invoice.hours.to: is missing; give what hours are rounded to, such as 15m",
    ),
    (
        TIME + "invoice: {hours: {to: 15}}\n",
        '4: invoice.hours.to: found "15", expected a stretch of time such as 15m or 0.1h',
    ),
    (
        TIME + "invoice: {hours: {to: 0m}}\n",
        "4: invoice.hours.to: 0m is not between a minute and a day; expected a stretch of time such as 15m or 0.1h",
    ),
    (TIME + "invoice: {hours: rounded}\n", '4: invoice.hours: found "rounded"; expected exact'),
    (
        TIME + "formerly: [P]\n",
        '4: formerly: "P" also stands in contracts/c1.yaml:1; an id belongs to one contract',
    ),
]


@pytest.mark.parametrize(("text", "expected"), SYNTAX)
def test_a_file_that_is_no_yaml_mapping(tmp_path: Path, text: bytes, expected: str) -> None:
    assert of_contract(tmp_path, text)[:1] == [expected]


@pytest.mark.parametrize(("text", "expected"), BY_CONTRACT)
def test_a_mistake_in_a_contract(tmp_path: Path, text: str, expected: str) -> None:
    assert of_contract(tmp_path, text) == [expected]


def test_what_a_contract_must_say(tmp_path: Path) -> None:
    assert of_contract(tmp_path, "name: X\n") == [
        "1: billing: is missing; expected fixed-fee, time-and-materials, hybrid or retainer",
        "1: client: is missing; name one of the clients of projbill.yaml",
        "1: project: is missing; give the contract its id, such as ACME-MIG",
    ]


def test_merge_keys_are_keys_like_others(tmp_path: Path) -> None:
    (told,) = of_contract(tmp_path, TIME + "<<: {name: X}\n")
    assert told.startswith("4: <<: unknown key; expected one of project, name, client, billing,")


def test_every_mistake_of_a_file_at_once(tmp_path: Path) -> None:
    text = """\
project: P
client: acem
billing: hybrid
valeu: 50000.00
start: 2026-02-30
rates:
  default: 1e3
milestones:
  M1: {name: A, value: 3.999, tax: none}
  M2: {value: x, due: 31.3.2026}
tasks:
  build: {milestone: M3, billable: maybe}
invoice:
  tax: S91
cap: 3
"""
    assert of_contract(tmp_path, text) == [
        '2: client: unknown client "acem"; did you mean "acme"?',
        '4: valeu: unknown key; did you mean "value"?',
        "5: start: there is no 2026-02-30 in the calendar",
        f'7: rates.default: found "1e3", expected {MONEY}{DIGITS}',
        "9: milestones.M1.value: 3.999 has 3 decimal places; amounts in EUR have at most 2",
        '10: milestones.M2.due: found "31.3.2026", expected a date such as 2026-03-31',
        '10: milestones.M2.value: found "x", expected an amount such as 20000.00',
        '12: tasks.build.billable: found "maybe", expected true or false',
        '12: tasks.build.milestone: unknown milestone "M3"; known: M1, M2',
        '14: invoice.tax: unknown tax code "S91"; did you mean "S19"?',
        '15: cap: expected a list or a mapping, found "3"; write `{amount: 60000}` or `{hours: 500}`',
    ]
