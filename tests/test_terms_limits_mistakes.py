"""Every kind of mistake in what a contract is held to: reconciliation, deposit, shares, settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from projbill_beancount.terms.read import read_terms
from tests.terms_files import HYBRID
from tests.terms_files import RETAINER
from tests.terms_files import TIME
from tests.terms_files import mistakes
from tests.terms_files import of_contract
from tests.terms_files import write

if TYPE_CHECKING:
    from pathlib import Path

MISTAKES = [
    (HYBRID + "reconcile: 5 %\n", '4: reconcile: expected a mapping ("key: value"), found "5 %"'),
    (
        HYBRID + "reconcile: {tolerence: 5 %}\n",
        '4: reconcile.tolerence: unknown key; did you mean "tolerance"?',
    ),
    (
        HYBRID + "reconcile: {tolerance: -5 %}\n",
        "4: reconcile.tolerance: -5 is negative; expected 0 or more",
    ),
    (HYBRID + "reconcile: {tolerance: 101 %}\n", "4: reconcile.tolerance: 101 is more than 100 %"),
    (
        HYBRID + "reconcile: {tolerance: 5 percent}\n",
        '4: reconcile.tolerance: found "5 percent", expected a percentage such as 19; write plain digits with a point, 1200.50',
    ),
    (
        HYBRID + "reconcile: {tolerance: [5]}\n",
        "4: reconcile.tolerance: expected a percentage such as 19 or a mapping, found a list",
    ),
    (
        HYBRID + "reconcile: {tolerance: {percnt: 5}}\n",
        '4: reconcile.tolerance.percnt: unknown key; did you mean "percent"?',
    ),
    (
        HYBRID + "reconcile: {tolerance: {amount: 1.005}}\n",
        "4: reconcile.tolerance.amount: 1.005 has 3 decimal places; amounts in EUR have at most 2",
    ),
    (
        HYBRID + "reconcile: {tolerance: {amount: -1}}\n",
        "4: reconcile.tolerance.amount: -1 is negative; expected 0 or more",
    ),
    (
        HYBRID + "reconcile: {completion: acepted}\n",
        '4: reconcile.completion: found "acepted"; did you mean "accepted"?',
    ),
    (
        HYBRID + "reconcile: {completion: cost}\n",
        '4: reconcile.completion: found "cost"; expected progress, accepted, hours or manual',
    ),
    (
        HYBRID + "reconcile: {stale: 0}\n",
        '4: reconcile.stale: found "0", expected a number of days from 1 on',
    ),
    (
        HYBRID + "reconcile: {stale: x}\n",
        '4: reconcile.stale: found "x", expected a number of days from 1 on',
    ),
    (TIME + "deposit: 5000\n", '4: deposit: expected a mapping ("key: value"), found "5000"'),
    (TIME + "deposit: {}\n", "4: deposit.target: is missing; give what the deposit should be"),
    (TIME + "deposit: {target: -1}\n", "4: deposit.target: -1 is negative; expected 0 or more"),
    (
        TIME + "deposit: {target: 1.005}\n",
        "4: deposit.target: 1.005 has 3 decimal places; amounts in EUR have at most 2",
    ),
    (
        TIME + "deposit: {target: 1, replenish-below: 2}\n",
        "4: deposit.replenish-below: 2 is more than the target of 1; give the target or less",
    ),
    (
        TIME + "deposit: {target: 5, replenish-below: 1.005}\n",
        "4: deposit.replenish-below: 1.005 has 3 decimal places; amounts in EUR have at most 2",
    ),
    (
        TIME + "deposit: {replenish-below: 3}\n",
        "4: deposit.target: is missing; give what the deposit should be",
    ),
    (
        TIME + "deposit: {target: 5, replenish_below: 3}\n",
        '4: deposit.replenish_below: unknown key; did you mean "replenish-below"?',
    ),
    (TIME + "split: acme\n", '4: split: expected a mapping ("key: value"), found "acme"'),
    (TIME + "split: [acme, bolt]\n", '4: split: expected a mapping ("key: value"), found a list'),
    (
        TIME + "split: {acem: 60, bolt: 40}\n",
        '4: split.acem: unknown client "acem"; did you mean "acme"?',
    ),
    (
        TIME + "split: {acme: 0, bolt: 100}\n",
        "4: split.acme: 0 is not between 0 and all of it; expected a percentage such as 60 or a fraction such as 1/3",
    ),
    (
        TIME + "split: {acme: 101}\n",
        "4: split.acme: 101 is not between 0 and all of it; expected a percentage such as 60 or a fraction such as 1/3",
    ),
    (TIME + "split: {acme: -60}\n", "4: split.acme: -60 is negative; expected 0 or more"),
    (
        TIME + "split: {acme: 3/2}\n",
        "4: split.acme: 3/2 is not between 0 and all of it; expected a percentage such as 60 or a fraction such as 1/3",
    ),
    (
        TIME + "split: {acme: 1/0}\n",
        '4: split.acme: found "1/0", expected a percentage such as 60 or a fraction such as 1/3; write plain digits with a point, 1200.50',
    ),
    (
        TIME + "split: {acme: sixty}\n",
        '4: split.acme: found "sixty", expected a percentage such as 60 or a fraction such as 1/3',
    ),
    (
        TIME + "split: {acme: 60 percent}\n",
        '4: split.acme: found "60 percent", expected a percentage such as 60 or a fraction such as 1/3; write plain digits with a point, 1200.50',
    ),
    (
        TIME + "split: {acme: 33.33333}\n",
        "4: split.acme: 33.33333 has 5 decimal places; at most 4 are read",
    ),
    (
        TIME + "split: {acme: {part: 3}}\n",
        "4: split.acme: expected a percentage such as 60 or a fraction such as 1/3, found a mapping",
    ),
    (
        TIME + "split: {acme: 60, acme: 40}\n",
        "4: split.acme: is given twice, on lines 4 and 4; keep one",
    ),
    (
        TIME + "split: {acme: 100}\nbill-to: bolt\n",
        "5: bill-to: `split` says already who owes; keep one of the two",
    ),
    (HYBRID + "bill-to: blot\n", '4: bill-to: unknown client "blot"; did you mean "bolt"?'),
    (HYBRID + "bill-to: [bolt]\n", "4: bill-to: expected a text, found a list"),
    (HYBRID + "approval: yes\n", '4: approval: found "yes"; expected required'),
    (HYBRID + "approval: requierd\n", '4: approval: found "requierd"; did you mean "required"?'),
    (HYBRID + "budget: 5000\n", '4: budget: expected a mapping ("key: value"), found "5000"'),
    (
        HYBRID + "budget: {value: 3}\n",
        "4: budget.value: unknown key; expected one of amount, hours, cost",
    ),
    (
        HYBRID + "budget: {amount: 1.005}\n",
        "4: budget.amount: 1.005 has 3 decimal places; amounts in EUR have at most 2",
    ),
    (HYBRID + "budget: {hours: -3}\n", "4: budget.hours: -3 is negative; expected 0 or more"),
    (
        HYBRID + "budget: {cost: 1.005}\n",
        "4: budget.cost: 1.005 has 3 decimal places; amounts in EUR have at most 2",
    ),
    (HYBRID + "budget: {cost: x}\n", '4: budget.cost: found "x", expected a cost'),
    (HYBRID + "style: accruals\n", '4: style: found "accruals"; did you mean "accrual"?'),
    (HYBRID + "style: cash\n", '4: style: found "cash"; expected direct or accrual'),
    (HYBRID + "follows: old\n", '4: follows: found "old", expected an id such as ACME-MIG'),
    (HYBRID + "follows: OLD\n", '4: follows: unknown contract "OLD"; it is the only one'),
    (
        HYBRID + "follows: P\n",
        '4: follows: "P" leads back to this contract; name the one that it renews',
    ),
    (
        HYBRID + "findings: [time-late]\n",
        '4: findings: expected a mapping ("key: value"), found a list',
    ),
    (
        HYBRID + "findings: {time-late: info}\n",
        '4: findings.time-late: expected a mapping ("key: value"), found "info"',
    ),
    (
        HYBRID + "findings: {time-late: {severity: info}}\n",
        "4: findings.time-late.reason: is missing; say why",
    ),
    (
        HYBRID + "findings: {time-late: {reason: x}}\n",
        "4: findings.time-late.severity: is missing; give the severity that it shall have",
    ),
    (
        HYBRID + "findings: {time-late: {severity: info, reason: ''}}\n",
        "4: findings.time-late.reason: is empty; expected a text",
    ),
    (
        HYBRID + "findings: {time-late: {severity: notice, reason: x}}\n",
        '4: findings.time-late.severity: found "notice"; expected error, hold, warning, info or ignore',
    ),
    (
        HYBRID + "findings: {time-late: {severity: inof, reason: x}}\n",
        '4: findings.time-late.severity: found "inof"; did you mean "info"?',
    ),
    (
        HYBRID + "findings: {time-lat: {severity: info, reason: x}}\n",
        '4: findings.time-lat: unknown code "time-lat"; did you mean "time-late"?',
    ),
    (
        HYBRID + "findings: {xyz: {severity: info, reason: x}}\n",
        '4: findings.xyz: unknown code "xyz"; the accountant\'s guide lists the codes',
    ),
    (
        HYBRID + "findings: {issued-changed: {severity: info, reason: x}}\n",
        "4: findings.issued-changed: this can be resolved, not excepted; remove it",
    ),
    (
        HYBRID + "findings: {invoice-number-gap: {severity: ignore, reason: x}}\n",
        "4: findings.invoice-number-gap: this can be resolved, not excepted; remove it",
    ),
    (
        HYBRID + "findings: {time-late: {severity: error, reason: x}}\n",
        "4: findings.time-late.severity: error is more than the warning that it is; lower it or remove it",
    ),
    (
        HYBRID + "findings: {time-late: {severity: info, reason: x, why: y}}\n",
        "4: findings.time-late.why: unknown key; expected one of severity, reason",
    ),
    (
        HYBRID
        + "findings: {time-late: {severity: info, reason: x}, time-late: {severity: info, reason: x}}\n",
        "4: findings.time-late: is given twice, on lines 4 and 4; keep one",
    ),
    (HYBRID + "rates: {unit: week}\n", '4: rates.unit: found "week"; expected hour or day'),
    (HYBRID + "rates: {unit: hours}\n", '4: rates.unit: found "hours"; did you mean "hour"?'),
    (
        HYBRID + "rates: {hours-per-day: 8}\n",
        "4: rates.hours-per-day: belongs to `unit: day`; add that or remove it",
    ),
    (
        HYBRID + "rates: {unit: hour, hours-per-day: 8}\n",
        "4: rates.hours-per-day: belongs to `unit: day`; add that or remove it",
    ),
    (
        HYBRID + "rates: {unit: day, hours-per-day: 0}\n",
        "4: rates.hours-per-day: a working day has more than 0 and at most 24 hours; the usual number is 8",
    ),
    (
        HYBRID + "rates: {unit: day, hours-per-day: 25}\n",
        "4: rates.hours-per-day: a working day has more than 0 and at most 24 hours; the usual number is 8",
    ),
    (
        HYBRID + "rates: {unit: dya, hours-per-day: 8}\n",
        '4: rates.unit: found "dya"; did you mean "day"?',
    ),
    (
        HYBRID + "rates: {unit: day, hours-per-day: 8h}\n",
        '4: rates.hours-per-day: found "8h", expected hours such as 40 or 7.5; write plain digits with a point, 1200.50',
    ),
    (HYBRID + "invoice: {minimum: -1}\n", "4: invoice.minimum: -1 is negative; expected 0 or more"),
    (
        HYBRID + "invoice: {minimum: 1.005}\n",
        "4: invoice.minimum: 1.005 has 3 decimal places; amounts in EUR have at most 2",
    ),
    (
        HYBRID + "invoice: {minimum: 5 %}\n",
        '4: invoice.minimum: found "5 %", expected an amount such as 20000.00; write plain digits with a point, 1200.50',
    ),
    (HYBRID + "invoice: {retention: 101}\n", "4: invoice.retention: 101 is more than 100 %"),
    (
        HYBRID + "invoice: {retention: ten}\n",
        '4: invoice.retention: found "ten", expected a percentage such as 19',
    ),
    (
        HYBRID + "invoice: {due-shift: next-bussiness-day}\n",
        '4: invoice.due-shift: found "next-bussiness-day"; did you mean "next-business-day"?',
    ),
    (
        HYBRID + "invoice: {due-shift: previous}\n",
        '4: invoice.due-shift: found "previous"; expected no or next-business-day',
    ),
    (
        HYBRID + "invoice: {due-shift: yes}\n",
        '4: invoice.due-shift: found "yes"; expected no or next-business-day',
    ),
    (
        HYBRID + "milestones: {M1: {value: 1, change-order: ''}}\n",
        "4: milestones.M1.change-order: is empty; expected a text",
    ),
    (
        HYBRID + "milestones: {M1: {value: 1, change-order: [C]}}\n",
        "4: milestones.M1.change-order: expected a text, found a list",
    ),
    (
        HYBRID + "value: 0.0000001\n",
        "4: value: 0.0000001 has 7 decimal places; amounts in EUR have at most 2",
    ),
    (
        TIME + "findings:\n  time-late:\n    severity: info\n    reson: x\n    reason: y\n",
        '7: findings.time-late.reson: unknown key; did you mean "reason"?',
    ),
]


@pytest.mark.parametrize(("text", "expected"), MISTAKES)
def test_a_mistake_in_a_contract(tmp_path: Path, text: str, expected: str) -> None:
    assert of_contract(tmp_path, text) == [expected]


def test_every_mistake_at_once(tmp_path: Path) -> None:
    text = (
        RETAINER
        + """\
retainer:
  fee: 5000.005
  evry: month
  unused: refund
  overage:
    rate: 1 USD
    policy: bil
cap:
  - {amount: 1, hours: 2}
  - {amont: 3}
reconcile: {tolerance: 200 %, stale: 0}
deposit: {target: 100, replenish-below: 200}
split: {acem: 60, bolt: 4O}
bill-to: blot
budget: {hours: x, cost: 0.001}
findings:
  overbild: {severity: info, reason: x}
  issued-changed: {severity: info, reason: x}
follows: P
"""
    )
    assert of_contract(tmp_path, text) == [
        "5: retainer.fee: 5000.005 has 3 decimal places; amounts in EUR have at most 2",
        '6: retainer.evry: unknown key; did you mean "every"?',
        "7: retainer.unused: `refund` needs `hours:`, the hours that the fee pays for",
        "9: retainer.overage.rate: is in USD, and the contract in EUR; give it in EUR",
        '10: retainer.overage.policy: found "bil"; did you mean "bill"?',
        "12: cap: needs exactly one of `amount` and `hours`",
        "13: cap: needs exactly one of `amount` and `hours`",
        '13: cap.amont: unknown key; did you mean "amount"?',
        '14: reconcile.stale: found "0", expected a number of days from 1 on',
        "14: reconcile.tolerance: 200 is more than 100 %",
        "15: deposit.replenish-below: 200 is more than the target of 100; give the target or less",
        '16: split.acem: unknown client "acem"; did you mean "acme"?',
        '16: split.bolt: found "4O", expected a percentage such as 60 or a fraction such as 1/3; write plain digits with a point, 1200.50',
        "17: bill-to: `split` says already who owes; keep one of the two",
        '17: bill-to: unknown client "blot"; did you mean "bolt"?',
        "18: budget.cost: 0.001 has 3 decimal places; amounts in EUR have at most 2",
        '18: budget.hours: found "x", expected hours such as 40 or 7.5',
        '20: findings.overbild: unknown code "overbild"; did you mean "overbilled"?',
        "21: findings.issued-changed: this can be resolved, not excepted; remove it",
        '22: follows: "P" leads back to this contract; name the one that it renews',
    ]


def test_where_the_clients_cannot_be_read_no_share_is_unknown(tmp_path: Path) -> None:
    terms = read_terms(write(tmp_path, "clients: [acme]\n", TIME + "split: {zoe: 50, zed: 50}\n"))
    assert mistakes(terms) == [
        'projbill.yaml:1: clients: expected a mapping ("key: value"), found a list'
    ]


def test_an_unreadable_word_is_told_once_and_not_again_by_what_depends_on_it(
    tmp_path: Path,
) -> None:
    text = RETAINER.replace("billing: retainer", "billing: retianer") + "retainer: {fee: 1}\n"
    assert of_contract(tmp_path, text) == ['3: billing: found "retianer"; did you mean "retainer"?']
