"""Every kind of mistake in a retainer and in a cap."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.terms_files import FIXED
from tests.terms_files import HYBRID
from tests.terms_files import RETAINER
from tests.terms_files import TIME
from tests.terms_files import of_contract

if TYPE_CHECKING:
    from pathlib import Path

MISTAKES = [
    (RETAINER + "retainer: \n", "4: retainer.fee: is missing; give the fee of a period"),
    (RETAINER + "retainer: 5000\n", '4: retainer: expected a mapping ("key: value"), found "5000"'),
    (RETAINER + "retainer: {}\n", "4: retainer.fee: is missing; give the fee of a period"),
    (RETAINER + "retainer: {hours: 3}\n", "4: retainer.fee: is missing; give the fee of a period"),
    (RETAINER + "retainer: {fee: -1}\n", "4: retainer.fee: -1 is negative; expected 0 or more"),
    (
        RETAINER + "retainer: {fee: 1.005}\n",
        "4: retainer.fee: 1.005 has 3 decimal places; amounts in EUR have at most 2",
    ),
    (
        RETAINER + "retainer: {fee: 5e3}\n",
        '4: retainer.fee: found "5e3", expected an amount such as 20000.00; write plain digits with a point, 1200.50',
    ),
    (
        RETAINER + "retainer: {fee: 1, hourz: 3}\n",
        '4: retainer.hourz: unknown key; did you mean "hours"?',
    ),
    (
        RETAINER + "retainer: {fee: 1, hours: 0.3333}\n",
        "4: retainer.hours: 0.3333 is no whole number of seconds; give fewer decimal places",
    ),
    (
        RETAINER + "retainer: {fee: 1, hours: x}\n",
        '4: retainer.hours: found "x", expected hours such as 40 or 7.5',
    ),
    (
        RETAINER + "retainer: {fee: 1, every: monthly}\n",
        '4: retainer.every: found "monthly"; did you mean "month"?',
    ),
    (
        RETAINER + "retainer: {fee: 1, every: onse}\n",
        '4: retainer.every: found "onse"; did you mean "once"?',
    ),
    (
        RETAINER + "retainer: {fee: 1, anchor: 31}\n",
        '4: retainer.anchor: found "31", expected a date such as 2026-03-31',
    ),
    (
        RETAINER + "retainer: {fee: 1, in: advnace}\n",
        '4: retainer.in: found "advnace"; did you mean "advance"?',
    ),
    (
        RETAINER + "retainer: {fee: 1, in: before}\n",
        '4: retainer.in: found "before"; expected advance or arrears',
    ),
    (
        RETAINER + "retainer: {fee: 1, overage: 150}\n",
        '4: retainer.overage: expected a mapping ("key: value"), found "150"',
    ),
    (
        RETAINER + "retainer: {fee: 1, overage: {rate: 1.23456}}\n",
        "4: retainer.overage.rate: 1.23456 has 5 decimal places; at most 4 are read",
    ),
    (
        RETAINER + "retainer: {fee: 1, overage: {rate: 150 USD}}\n",
        "4: retainer.overage.rate: is in USD, and the contract in EUR; give it in EUR",
    ),
    (
        RETAINER + "retainer: {fee: 1, overage: {polcy: bill}}\n",
        '4: retainer.overage.polcy: unknown key; did you mean "policy"?',
    ),
    (
        RETAINER + "retainer: {fee: 1, overage: {policy: ignore}}\n",
        '4: retainer.overage.policy: found "ignore"; expected bill, hold or absorb',
    ),
    (
        RETAINER + "retainer: {fee: 1, unused: expires}\n",
        '4: retainer.unused: found "expires"; did you mean "expire"?',
    ),
    (
        RETAINER + "retainer: {fee: 1, unused: keep}\n",
        '4: retainer.unused: found "keep"; expected expire, rollover or refund',
    ),
    (
        RETAINER + "retainer: {fee: 1, hours: 4, rollover: {max: 2}}\n",
        "4: retainer.rollover: belongs to `unused: rollover`; add that or remove it",
    ),
    (
        RETAINER + "retainer: {fee: 1, hours: 4, unused: refund, rollover: {max: 2}}\n",
        "4: retainer.rollover: belongs to `unused: rollover`; add that or remove it",
    ),
    (
        RETAINER + "retainer: {fee: 1, hours: 4, unused: rolover, rollover: {max: 2}}\n",
        '4: retainer.unused: found "rolover"; did you mean "rollover"?',
    ),
    (
        RETAINER + "retainer: {fee: 1, unused: rollover}\n",
        "4: retainer.unused: `rollover` needs `hours:`, the hours that the fee pays for",
    ),
    (
        RETAINER + "retainer: {fee: 1, hours: 0, unused: refund}\n",
        "4: retainer.unused: `refund` needs `hours:`, the hours that the fee pays for",
    ),
    (
        RETAINER + "retainer: {fee: 1, hours: x, unused: refund}\n",
        '4: retainer.hours: found "x", expected hours such as 40 or 7.5',
    ),
    (
        RETAINER + "retainer: {fee: 1, hours: 4, unused: rollover, rollover: 20}\n",
        '4: retainer.rollover: expected a mapping ("key: value"), found "20"',
    ),
    (
        RETAINER + "retainer: {fee: 1, hours: 4, unused: rollover, rollover: {max: -1}}\n",
        "4: retainer.rollover.max: -1 is negative; expected 0 or more",
    ),
    (
        RETAINER + "retainer: {fee: 1, hours: 4, unused: rollover, rollover: {periods: 0}}\n",
        '4: retainer.rollover.periods: found "0", expected a number of periods from 1 on',
    ),
    (
        RETAINER + "retainer: {fee: 1, hours: 4, unused: rollover, rollover: {periods: 1.5}}\n",
        '4: retainer.rollover.periods: found "1.5", expected a number of periods from 1 on',
    ),
    (
        RETAINER + "retainer: {fee: 1, hours: 4, unused: rollover, rollover: {mx: 1}}\n",
        '4: retainer.rollover.mx: unknown key; did you mean "max"?',
    ),
    (
        RETAINER + "retainer: {fee: 1, prorate: day}\n",
        '4: retainer.prorate: found "day"; did you mean "days"?',
    ),
    (
        RETAINER + "retainer: {fee: 1, prorate: yes}\n",
        '4: retainer.prorate: found "yes"; expected none or days',
    ),
    (
        RETAINER + "retainer: {fee: 1, tasks: {}}\n",
        "4: retainer.tasks: expected a text or a list, found a mapping",
    ),
    (
        RETAINER + "retainer: {fee: 1, tasks: ['']}\n",
        "4: retainer.tasks: is empty; expected a text",
    ),
    (RETAINER + "name: x\n", "3: retainer: is missing; a retainer needs `retainer: {fee: …}`"),
    (
        TIME + "retainer: {fee: 1}\n",
        "4: retainer: belongs to `billing: retainer`, and this is time-and-materials; change one",
    ),
    (
        HYBRID + "retainer: {fee: 1}\n",
        "4: retainer: belongs to `billing: retainer`, and this is hybrid; change one",
    ),
    (TIME + "cap: \n", "4: cap: needs exactly one of `amount` and `hours`"),
    (
        TIME + "cap: 60000\n",
        '4: cap: expected a list or a mapping, found "60000"; write `{amount: 60000}` or `{hours: 500}`',
    ),
    (TIME + "cap: {}\n", "4: cap: needs exactly one of `amount` and `hours`"),
    (TIME + "cap: []\n", "4: cap: is empty; give at least one, or remove the key"),
    (TIME + "cap: {amount: 1, hours: 2}\n", "4: cap: needs exactly one of `amount` and `hours`"),
    (TIME + "cap: {amount: -1}\n", "4: cap.amount: -1 is negative; expected 0 or more"),
    (
        TIME + "cap: {amount: 1.005}\n",
        "4: cap.amount: 1.005 has 3 decimal places; amounts in EUR have at most 2",
    ),
    (TIME + "cap: {hours: x}\n", '4: cap.hours: found "x", expected hours such as 40 or 7.5'),
    (TIME + "cap: {hours: -1}\n", "4: cap.hours: -1 is negative; expected 0 or more"),
    (
        TIME + "cap: {amount: 1, every: once}\n",
        '4: cap.every: found "once"; expected week, two-weeks, month, quarter or year',
    ),
    (
        TIME + "cap: {amount: 1, every: monthly}\n",
        '4: cap.every: found "monthly"; did you mean "month"?',
    ),
    (TIME + "cap: {amount: 1, warn: 101}\n", "4: cap.warn: 101 is more than 100 %"),
    (
        TIME + "cap: {amount: 1, warn: 80 percent}\n",
        '4: cap.warn: found "80 percent", expected a percentage such as 19; write plain digits with a point, 1200.50',
    ),
    (
        TIME + "cap: {amount: 1, excess: keep}\n",
        '4: cap.excess: found "keep"; expected adjust, carry or drop',
    ),
    (
        TIME + "cap: {amount: 1, excess: ajust}\n",
        '4: cap.excess: found "ajust"; did you mean "adjust"?',
    ),
    (
        TIME + "cap: {amount: 1, excess: carry}\n",
        "4: cap.excess: `carry` moves the excess to the next period of the cap; give it `every:`",
    ),
    (
        TIME + "cap: {amount: 1, anchor: 2026-01-01}\n",
        "4: cap.anchor: is the first day of a period; give the cap `every:` or remove it",
    ),
    (
        TIME + "cap: {amount: 1, every: month, anchor: 2026-02-30}\n",
        "4: cap.anchor: there is no 2026-02-30 in the calendar",
    ),
    (
        TIME + "cap: {amount: 1, tasks: {a: b}}\n",
        "4: cap.tasks: expected a text or a list, found a mapping",
    ),
    (
        FIXED + "value: 1\nretainer: {fee: 1}\n",
        "5: retainer: belongs to `billing: retainer`, and this is fixed-fee; change one",
    ),
    (
        RETAINER + "currency: JPY\nretainer: {fee: 5.5}\n",
        "5: retainer.fee: 5.5 has 1 decimal place; amounts in JPY have none",
    ),
    (
        TIME + "cap:\n  - {amount: 1}\n  - {hours: 1, excess: carry}\n",
        "6: cap.excess: `carry` moves the excess to the next period of the cap; give it `every:`",
    ),
]


@pytest.mark.parametrize(("text", "expected"), MISTAKES)
def test_a_mistake_in_a_retainer_or_a_cap(tmp_path: Path, text: str, expected: str) -> None:
    assert of_contract(tmp_path, text) == [expected]
