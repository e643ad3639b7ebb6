"""What a contract is held to, as it is read: retainer, caps, shares, deposit, settings."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from projbill_beancount.terms.model import Budget
from projbill_beancount.terms.model import Cap
from projbill_beancount.terms.model import DatedPercent
from projbill_beancount.terms.model import DatedText
from projbill_beancount.terms.model import Deposit
from projbill_beancount.terms.model import FindingSetting
from projbill_beancount.terms.model import Place
from projbill_beancount.terms.model import Reconcile
from projbill_beancount.terms.model import Retainer
from projbill_beancount.terms.model import Share
from projbill_beancount.terms.model import Trigger
from projbill_beancount.terms.read import read_terms
from tests.terms_files import FIRM
from tests.terms_files import HYBRID
from tests.terms_files import RETAINER
from tests.terms_files import TIME
from tests.terms_files import good
from tests.terms_files import mistakes
from tests.terms_files import write

if TYPE_CHECKING:
    from pathlib import Path

HOUR = 3600


def _place(folder: Path, line: int) -> Place:
    return Place(str(folder / "contracts/c1.yaml"), line)


def test_the_shortest_retainer_is_monthly_in_arrears_and_its_unused_hours_expire(
    tmp_path: Path,
) -> None:
    retainer = good(tmp_path, RETAINER + "retainer: {fee: 5000}\n").retainer
    assert retainer == Retainer(
        fee=Decimal(5000),
        place=_place(tmp_path, 4),
        seconds=None,
        every="month",
        anchor=None,
        advance=False,
        overage_rate=None,
        overage="bill",
        unused="expire",
        rollover_seconds=None,
        rollover_periods=None,
        prorate="days",
        tasks=(),
    )


def test_a_retainer_with_every_key(tmp_path: Path) -> None:
    text = """\
retainer:
  fee: 5000.00
  hours: 7.5
  every: quarter
  anchor: 2026-01-31
  in: advance
  overage: {rate: 150.25, policy: hold}
  unused: rollover
  rollover: {max: 20, periods: 2}
  prorate: none
  tasks: [support, hotline]
"""
    assert good(tmp_path, RETAINER + text).retainer == Retainer(
        fee=Decimal("5000.00"),
        place=_place(tmp_path, 4),
        seconds=27000,
        every="quarter",
        anchor=date(2026, 1, 31),
        advance=True,
        overage_rate=Decimal("150.25"),
        overage="hold",
        unused="rollover",
        rollover_seconds=20 * HOUR,
        rollover_periods=2,
        prorate="none",
        tasks=("support", "hotline"),
    )


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("every: once", {"every": "once"}),
        ("in: arrears", {"advance": False}),
        ("overage: {policy: absorb}", {"overage": "absorb"}),
        ("overage: {rate: 90 EUR}", {"overage_rate": Decimal(90)}),
        ("overage: {rate: 0}", {"overage_rate": Decimal(0)}),
        ("hours: 3, unused: refund", {"seconds": 3 * HOUR, "unused": "refund"}),
        ("hours: 3, unused: rollover", {"seconds": 3 * HOUR, "unused": "rollover"}),
        (
            "hours: 3, unused: rollover, rollover: {periods: 1}",
            {"seconds": 3 * HOUR, "unused": "rollover", "rollover_periods": 1},
        ),
        ("tasks: support", {"tasks": ("support",)}),
    ],
)
def test_one_key_of_a_retainer(tmp_path: Path, words: str, expected: dict[str, object]) -> None:
    plain = Retainer(Decimal(1), _place(tmp_path, 4))
    read = good(tmp_path, RETAINER + f"retainer: {{fee: 1, {words}}}\n").retainer
    assert read == plain._replace(**expected)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("words", "every", "anchor"),
    [
        ("", "month", None),
        (", every: quarter, anchor: 2026-02-10", "quarter", date(2026, 2, 10)),
        (", every: two-weeks", "two-weeks", None),
        (", every: once", "month", None),
    ],
)
def test_a_retainers_own_trigger_has_its_periods(
    tmp_path: Path, words: str, every: str, anchor: date | None
) -> None:
    (trigger,) = good(tmp_path, RETAINER + f"retainer: {{fee: 1{words}}}\n").triggers
    assert trigger == Trigger("time", "time", _place(tmp_path, 3))._replace(
        every=every,  # type: ignore[arg-type]
        anchor=anchor,
    )


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("{amount: 60000}", {"amount": Decimal(60000)}),
        ("{hours: 7.5, warn: 90 %}", {"seconds": 27000, "warn": Decimal(90)}),
        ("{hours: 20, every: month, excess: carry}", {"every": "month", "excess": "carry"}),
        ("{amount: 0, excess: drop}", {"amount": Decimal(0), "excess": "drop"}),
        ("{amount: 1, excess: adjust, warn: 0}", {"excess": "adjust", "warn": Decimal(0)}),
        (
            "{amount: 1, every: year, anchor: 2026-04-01, tasks: a}",
            {"every": "year", "anchor": date(2026, 4, 1), "tasks": ("a",)},
        ),
    ],
)
def test_a_cap(tmp_path: Path, words: str, expected: dict[str, object]) -> None:
    (cap,) = good(tmp_path, TIME + f"cap: {words}\n").caps
    assert cap == cap._replace(place=_place(tmp_path, 4), **expected)  # type: ignore[arg-type]


def test_what_a_cap_does_not_say(tmp_path: Path) -> None:
    assert good(tmp_path, TIME + "cap: {amount: 60000}\n").caps == (
        Cap(
            place=_place(tmp_path, 4),
            amount=Decimal(60000),
            seconds=None,
            every=None,
            anchor=None,
            tasks=(),
            warn=Decimal(80),
            excess="adjust",
        ),
    )
    assert good(tmp_path, TIME).caps == ()


def test_several_caps_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = "cap:\n  - {hours: 20, every: month}\n  - {amount: 60000}\n"
    assert good(tmp_path, TIME + text).caps == (
        Cap(_place(tmp_path, 5), seconds=20 * HOUR, every="month"),
        Cap(_place(tmp_path, 6), amount=Decimal(60000)),
    )


@pytest.mark.parametrize("billing", ["fixed-fee", "hybrid", "time-and-materials", "retainer"])
def test_any_billing_type_may_have_a_cap(tmp_path: Path, billing: str) -> None:
    own = {"fixed-fee": "value: 9\n", "retainer": "retainer: {fee: 1}\n"}.get(billing, "")
    text = TIME.replace("time-and-materials", billing) + own + "cap: {amount: 5}\n"
    assert [cap.amount for cap in good(tmp_path, text).caps] == [Decimal(5)]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("{}", Reconcile(Decimal(5), Decimal("0.01"), None, 45)),
        ("{tolerance: 5 %}", Reconcile(Decimal(5))),
        ("{tolerance: 2.5}", Reconcile(Decimal("2.5"))),
        ("{tolerance: 0}", Reconcile(Decimal(0))),
        ("{tolerance: 0.05}", Reconcile(Decimal("0.05"))),
        ("{tolerance: {percent: 1%, amount: 500.00}}", Reconcile(Decimal(1), Decimal("500.00"))),
        ("{tolerance: {amount: 500}}", Reconcile(Decimal(5), Decimal(500))),
        ("{completion: hours, stale: 10}", Reconcile(completion="hours", stale=10)),
        ("{completion: accepted}", Reconcile(completion="accepted")),
        ("{completion: manual}", Reconcile(completion="manual")),
        ("{completion: progress}", Reconcile(completion="progress")),
    ],
)
def test_reconciliation(tmp_path: Path, words: str, expected: Reconcile) -> None:
    assert good(tmp_path, HYBRID + f"reconcile: {words}\n").reconcile == expected


def test_a_contract_changes_the_firms_reconciliation_key_by_key(tmp_path: Path) -> None:
    firm = FIRM + "defaults: {reconcile: {tolerance: {percent: 2, amount: 9}, stale: 30}}\n"
    assert good(tmp_path, HYBRID, firm).reconcile == Reconcile(Decimal(2), Decimal(9), None, 30)
    text = HYBRID + "reconcile: {tolerance: {percent: 0}, completion: hours}\n"
    changed = Reconcile(Decimal(0), Decimal(9), "hours", 30)
    assert good(tmp_path, text, firm).reconcile == changed


def test_a_deposit_is_replenished_below_its_target_unless_it_says_below_what(
    tmp_path: Path,
) -> None:
    plain = good(tmp_path, TIME + "deposit: {target: 5000}\n").deposit
    assert plain == Deposit(Decimal(5000), Decimal(5000))
    below = good(tmp_path, TIME + "deposit: {target: 5000, replenish-below: 2000.50}\n").deposit
    assert below == Deposit(Decimal(5000), Decimal("2000.50"))
    assert good(tmp_path, TIME).deposit is None


@pytest.mark.parametrize(
    ("words", "acme", "bolt"),
    [
        ("{acme: 60, bolt: 40}", Fraction(3, 5), Fraction(2, 5)),
        ("{acme: 60 %, bolt: 40%}", Fraction(3, 5), Fraction(2, 5)),
        ("{acme: 1/3, bolt: 2/3}", Fraction(1, 3), Fraction(2, 3)),
        ("{acme: 1/2, bolt: 50}", Fraction(1, 2), Fraction(1, 2)),
        ("{acme: 33.3333, bolt: 66.6667}", Fraction(333333, 1000000), Fraction(666667, 1000000)),
        ("{acme: 0.6, bolt: 0.4}", Fraction(3, 5), Fraction(2, 5)),
        ("{acme: 1/4, bolt: 0.75}", Fraction(1, 4), Fraction(3, 4)),
        # Not all of it is a finding, no mistake.
        ("{acme: 60, bolt: 30}", Fraction(3, 5), Fraction(3, 10)),
        ("{acme: 60, bolt: 60}", Fraction(3, 5), Fraction(3, 5)),
        ("{acme: 0.6, bolt: 0.3}", Fraction(6, 1000), Fraction(3, 1000)),
        ("{acme: 0.6 %, bolt: 0.4 %}", Fraction(6, 1000), Fraction(4, 1000)),
    ],
)
def test_shares(tmp_path: Path, words: str, acme: Fraction, bolt: Fraction) -> None:
    contract = good(tmp_path, TIME + f"split: {words}\n")
    assert contract.split == (Share("acme", acme), Share("bolt", bolt))
    assert contract.split_place == _place(tmp_path, 4)


def test_shares_stand_in_the_order_of_the_file(tmp_path: Path) -> None:
    contract = good(tmp_path, TIME + "split: {bolt: 40, acme: 60}\n")
    assert [share.client for share in contract.split] == ["bolt", "acme"]


def test_who_owes(tmp_path: Path) -> None:
    assert good(tmp_path, TIME + "bill-to: bolt\n").payer == "bolt"
    assert good(tmp_path, TIME).payer == "acme"


def test_a_budget(tmp_path: Path) -> None:
    text = "budget: {amount: 9000.50, hours: 80, cost: 4000}\n"
    expected = Budget(Decimal("9000.50"), 80 * HOUR, Decimal(4000))
    assert good(tmp_path, TIME + text).budget == expected
    assert good(tmp_path, TIME + "budget: {hours: 0.5}\n").budget == Budget(None, 1800, None)
    assert good(tmp_path, TIME).budget == Budget(None, None, None)


def test_settings_of_findings(tmp_path: Path) -> None:
    text = """\
findings:
  time-late: {severity: info, reason: "Agreed by mail"}
  overbilled: {severity: hold, reason: x}
  underbilled:
    severity: ignore
    reason: y
  retainer-expired: {severity: info, reason: z}
"""
    assert good(tmp_path, TIME + text).finding_settings == {
        "time-late": FindingSetting("info", "Agreed by mail", _place(tmp_path, 5)),
        "overbilled": FindingSetting("hold", "x", _place(tmp_path, 6)),
        "underbilled": FindingSetting("ignore", "y", _place(tmp_path, 7)),
        "retainer-expired": FindingSetting("info", "z", _place(tmp_path, 10)),
    }


def test_switches(tmp_path: Path) -> None:
    plain = good(tmp_path, TIME)
    assert (plain.approval, plain.style) == (False, "direct")
    contract = good(tmp_path, TIME + "approval: required\nstyle: accrual\n")
    assert (contract.approval, contract.style) == (True, "accrual")
    assert good(tmp_path, TIME + "style: direct\n").style == "direct"


@pytest.mark.parametrize(
    ("words", "seconds"),
    [
        ("default: 960", None),
        ("default: 960, unit: hour", None),
        ("default: 960, unit: day", 8 * HOUR),
        ("default: 960, unit: day, hours-per-day: 7.5", 27000),
        ("unit: day, hours-per-day: 24", 24 * HOUR),
    ],
)
def test_prices_per_day(tmp_path: Path, words: str, seconds: int | None) -> None:
    assert good(tmp_path, TIME + f"rates: {{{words}}}\n").rates.day_seconds == seconds


def test_what_an_invoice_leaves_to_later(tmp_path: Path) -> None:
    plain = good(tmp_path, TIME).invoice
    assert (plain.minimum, plain.retention, plain.due_shift) == (Decimal(0), Decimal(0), False)
    text = "invoice: {minimum: 50.50, retention: 10 %, due-shift: next-business-day}\n"
    invoice = good(tmp_path, TIME + text).invoice
    assert (invoice.minimum, invoice.retention) == (Decimal("50.50"), Decimal(10))
    assert invoice.due_shift


def test_a_contract_takes_back_what_the_firm_defers(tmp_path: Path) -> None:
    defaults = "{minimum: 50, retention: 10, due-shift: next-business-day}"
    firm = FIRM + f"defaults: {{invoice: {defaults}}}\n"
    kept = good(tmp_path, TIME, firm).invoice
    assert (kept.minimum, kept.retention, kept.due_shift) == (Decimal(50), Decimal(10), True)
    text = TIME + "invoice: {minimum: 0, retention: 0 %, due-shift: no}\n"
    back = good(tmp_path, text, firm).invoice
    assert (back.minimum, back.retention, back.due_shift) == (Decimal(0), Decimal(0), False)


def test_a_milestone_of_a_change_order(tmp_path: Path) -> None:
    text = "milestones: {M1: {value: 1}, M9: {value: 4000, change-order: CO-2}}\n"
    contract = good(tmp_path, HYBRID + text)
    assert [one.change_order for one in contract.milestones.values()] == ["", "CO-2"]


def test_a_manual_trigger(tmp_path: Path) -> None:
    contract = good(tmp_path, TIME + "triggers: {type: manual, tasks: [a]}\n")
    assert contract.triggers == (Trigger("manual", "manual", _place(tmp_path, 4), tasks=("a",)),)


def test_dates_of_the_firm(tmp_path: Path) -> None:
    firm = FIRM + "closed-until: 2025-12-31\nholidays: [2026-01-01, 2026-12-25, 2026-01-01]\n"
    read = read_terms(write(tmp_path, firm)).firm
    assert read.closed_until == date(2025, 12, 31)
    assert read.holidays == {date(2026, 1, 1), date(2026, 12, 25)}
    plain = read_terms(write(tmp_path, FIRM + "holidays: []\n")).firm
    assert (plain.closed_until, plain.holidays) == (None, frozenset())


def test_dated_roles_and_taxes_of_the_firm(tmp_path: Path) -> None:
    firm = """\
people: {zoe: {role: [{from: 2026-07-01, role: senior}, {role: junior}]}}
taxes: {T: {rate: [{from: 2021-01-01, rate: 19 %}, {rate: 16.5}], account: "Liabilities:T"}}
"""
    terms = read_terms(write(tmp_path, firm))
    assert mistakes(terms) == []
    assert terms.firm.people["zoe"].roles == (
        DatedText(date.min, "junior"),
        DatedText(date(2026, 7, 1), "senior"),
    )
    assert terms.firm.taxes["T"].rates == (
        DatedPercent(date.min, Decimal("16.5")),
        DatedPercent(date(2021, 1, 1), Decimal(19)),
    )


def test_every_account_has_its_template(tmp_path: Path) -> None:
    names = {
        "unbilled-time": "Equity:A:{project}",
        "non-billable-time": "Equity:B:{project}",
        "billed-time": "Equity:C:{project}",
        "worked": "Equity:D:{person}",
        "receivable": "Assets:E:{client}",
        "unbilled": "Assets:F:{project}",
        "income": "Income:G:{project}",
        "deposits": "Liabilities:H:{client}",
        "deferred": "Liabilities:I:{project}",
        "retention": "Assets:J:{client}",
        "expenses": "Income:K:{project}",
    }
    lines = "".join(f'  {name}: "{template}"\n' for name, template in names.items())
    terms = read_terms(write(tmp_path, "accounts:\n" + lines))
    assert mistakes(terms) == []
    assert terms.firm.accounts._asdict() == {
        name.replace("-", "_"): template for name, template in names.items()
    }
