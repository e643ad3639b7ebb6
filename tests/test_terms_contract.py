"""A contract file: what is read, and what holds where it says nothing."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from projbill_beancount.terms.currencies import places
from projbill_beancount.terms.model import BillRule
from projbill_beancount.terms.model import Contract
from projbill_beancount.terms.model import DatedRate
from projbill_beancount.terms.model import HourRounding
from projbill_beancount.terms.model import InvoiceTerms
from projbill_beancount.terms.model import MatchRule
from projbill_beancount.terms.model import Milestone
from projbill_beancount.terms.model import PaymentTerms
from projbill_beancount.terms.model import Place
from projbill_beancount.terms.model import Rates
from projbill_beancount.terms.model import Task
from projbill_beancount.terms.model import Trigger
from tests.terms_files import FIRM
from tests.terms_files import FIXED
from tests.terms_files import HYBRID
from tests.terms_files import TIME
from tests.terms_files import good

if TYPE_CHECKING:
    from pathlib import Path


def _place(folder: Path, line: int) -> Place:
    return Place(str(folder / "contracts/c1.yaml"), line)


def test_the_shortest_contract(tmp_path: Path) -> None:
    place = _place(tmp_path, 3)
    assert good(tmp_path, TIME) == Contract(
        id="P",
        name="P",
        client="acme",
        billing="time-and-materials",
        currency="EUR",
        places=2,
        place=_place(tmp_path, 1),
        triggers=(Trigger("time", "time", place),),
        invoice=InvoiceTerms(),
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [(TIME, ["time"]), (HYBRID, ["hybrid"]), (FIXED + "value: 1\n", ["milestone"])],
)
def test_each_billing_type_has_its_trigger(tmp_path: Path, text: str, expected: list[str]) -> None:
    triggers = good(tmp_path, text).triggers
    assert [trigger.type for trigger in triggers] == expected
    assert [trigger.id for trigger in triggers] == expected
    assert triggers[0].every == "month"


def test_triggers(tmp_path: Path) -> None:
    text = """\
triggers:
  - {type: milestone}
  - {id: weekly, type: time, every: week, tasks: support}
  - {id: rest, type: time, every: quarter, anchor: 2026-02-28, tasks: [a, b]}
"""
    assert good(tmp_path, HYBRID + text).triggers == (
        Trigger("milestone", "milestone", _place(tmp_path, 5)),
        Trigger("weekly", "time", _place(tmp_path, 6), "week", None, ("support",)),
        Trigger("rest", "time", _place(tmp_path, 7), "quarter", date(2026, 2, 28), ("a", "b")),
    )


def test_rates_keep_their_digits_places_and_file_order(tmp_path: Path) -> None:
    text = """\
rates:
  default: 0.1
  roles:
    senior:
      - {from: 2026-07-01, rate: 160}
      - {from: 2026-03-01, rate: 150.00}
      - {from: 2026-07-01, rate: 0}
  tasks: {"design: UI": 180.1234 USD}
  people: {alice: [{rate: 1}, {from: 2026-01-01, rate: 2}]}
  person-tasks: {alice/a/b: 200}
"""
    undated = date.min
    rates = good(tmp_path, TIME + text).rates
    assert str(rates.default[0].amount) == "0.1"
    assert rates == Rates(
        default=(DatedRate(undated, Decimal("0.1"), "EUR", _place(tmp_path, 5)),),
        roles={
            "senior": (
                DatedRate(date(2026, 3, 1), Decimal("150.00"), "EUR", _place(tmp_path, 9)),
                DatedRate(date(2026, 7, 1), Decimal(160), "EUR", _place(tmp_path, 8)),
                DatedRate(date(2026, 7, 1), Decimal(0), "EUR", _place(tmp_path, 10)),
            )
        },
        tasks={
            "design: UI": (DatedRate(undated, Decimal("180.1234"), "USD", _place(tmp_path, 11)),)
        },
        people={
            "alice": (
                DatedRate(undated, Decimal(1), "EUR", _place(tmp_path, 12)),
                DatedRate(date(2026, 1, 1), Decimal(2), "EUR", _place(tmp_path, 12)),
            )
        },
        person_tasks={
            ("alice", "a/b"): (DatedRate(undated, Decimal(200), "EUR", _place(tmp_path, 13)),)
        },
    )


@pytest.mark.parametrize(
    "text", ["rates: 120\n", "rates: [{rate: 120}]\n", "rates: {default: 120}\n"]
)
def test_one_rate_for_all(tmp_path: Path, text: str) -> None:
    rates = good(tmp_path, TIME + "currency: CHF\n" + text).rates
    assert [(rate.amount, rate.currency) for rate in rates.default] == [(Decimal(120), "CHF")]
    assert rates._replace(default=()) == Rates()


def test_milestones_and_tasks(tmp_path: Path) -> None:
    text = """\
value: 50000.00
start: 2026-03-01
end: 2026-09-30
strict-tasks: yes
milestones:
  M1:
    name: Migration plan
    value: 20000
    due: 2026-04-15
    hours: 7.5
    match: {jira: MIG-12, fix-version: "1.0"}
    tax: none
  M2: {value: 30000.10, bill: [50, 99.5]}
  G: {value: 0, bill: accepted, tax: S19}
  D: {value: 1, bill: {date: 2026-05-31, advance: true}}
tasks:
  build: {milestone: M1}
  standup: {billable: false}
  review:
"""
    contract = good(tmp_path, HYBRID + text)
    assert (contract.value, contract.value_place) == (Decimal("50000.00"), _place(tmp_path, 4))
    assert (contract.start, contract.end) == (date(2026, 3, 1), date(2026, 9, 30))
    assert list(contract.milestones.values()) == [
        Milestone(
            "M1",
            "Migration plan",
            Decimal(20000),
            BillRule(),
            _place(tmp_path, 9),
            date(2026, 4, 15),
            27000,
            {"jira": "MIG-12", "fix-version": "1.0"},
            "none",
        ),
        Milestone(
            "M2",
            "M2",
            Decimal("30000.10"),
            BillRule("steps", (Decimal(50), Decimal("99.5"))),
            _place(tmp_path, 16),
        ),
        Milestone("G", "G", Decimal(0), BillRule("accepted"), _place(tmp_path, 17), tax="S19"),
        Milestone(
            "D",
            "D",
            Decimal(1),
            BillRule("date", date=date(2026, 5, 31), advance=True),
            _place(tmp_path, 18),
        ),
    ]
    assert contract.tasks == {
        "build": Task("build", None, "M1"),
        "standup": Task("standup", billable=False),
        "review": Task("review"),
    }
    assert contract.strict_tasks


@pytest.mark.parametrize(
    ("bill", "expected"),
    [
        ("", BillRule("manual")),
        ("bill: [25, 50]\n", BillRule("steps", (Decimal(25), Decimal(50)))),
        ("bill: progress\n", BillRule("progress")),
        ("bill: {date: 2026-01-31}\n", BillRule("date", date=date(2026, 1, 31))),
    ],
)
def test_a_fixed_fee_without_milestones_is_one_milestone(
    tmp_path: Path, bill: str, expected: BillRule
) -> None:
    contract = good(tmp_path, FIXED + "name: All of it\nvalue: 100\n" + bill)
    assert contract.milestones == {
        "P": Milestone("P", "All of it", Decimal(100), expected, _place(tmp_path, 5))
    }


def test_a_fixed_fee_of_milestones_needs_no_value(tmp_path: Path) -> None:
    contract = good(tmp_path, FIXED + "milestones: {M1: {value: 3}}\n")
    assert (contract.value, contract.value_place, list(contract.milestones)) == (None, None, ["M1"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("net 30", PaymentTerms("net", 30)),
        ("Net 14", PaymentTerms("net", 14)),
        ("net 30 eom", PaymentTerms("net-eom", 30)),
        ("eom + 30", PaymentTerms("eom-plus", 30)),
        ("eom +5", PaymentTerms("eom-plus", 5)),
        ("on receipt", PaymentTerms("net", 0)),
    ],
)
def test_payment_terms(tmp_path: Path, text: str, expected: PaymentTerms) -> None:
    assert good(tmp_path, TIME + f"invoice: {{terms: {text}}}\n").invoice.terms == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("exact", None),
        ("{to: 15m}", HourRounding(900)),
        ("{to: 6m, direction: up, per: day}", HourRounding(360, "up", "day")),
        ("{to: 0.1h}", HourRounding(360)),
        ("{to: 1h, direction: down}", HourRounding(3600, "down")),
        ("{to: 30 m, direction: nearest}", HourRounding(1800)),
    ],
)
def test_hour_rounding(tmp_path: Path, text: str, expected: HourRounding | None) -> None:
    assert good(tmp_path, TIME + f"invoice: {{hours: {text}}}\n").invoice.hours == expected


def test_a_contract_changes_the_defaults_of_invoices_key_by_key(tmp_path: Path) -> None:
    defaults = "{terms: net 14, tax: S19, group-by: person, hours: {to: 15m}, consolidate: month}"
    firm = FIRM + f"defaults: {{currency: CHF, invoice: {defaults}}}\n"
    inherited = InvoiceTerms(
        PaymentTerms("net", 14), "S19", ("person",), HourRounding(900), "month"
    )
    assert good(tmp_path, TIME, firm).invoice == inherited
    assert good(tmp_path, TIME, firm).currency == "CHF"
    text = TIME + "invoice: {tax: none, hours: exact, consolidate: no}\n"
    changed = inherited._replace(tax=None, hours=None, consolidate="no")
    assert good(tmp_path, text, firm).invoice == changed


def test_match_rules(tmp_path: Path) -> None:
    text = """\
match:
  - {client: "ACME*", project: Migration, task: "", tag: x, source: toggl}
  - {jira-project: MIG, from: 2026-01-01, until: 2026-01-31}
"""
    first = {"client": "ACME*", "project": "Migration", "task": "", "tag": "x", "source": "toggl"}
    january = (date(2026, 1, 1), date(2026, 1, 31))
    assert good(tmp_path, TIME + text).match == (
        MatchRule(first, _place(tmp_path, 5)),
        MatchRule({"jira-project": "MIG"}, _place(tmp_path, 6), *january),
    )
    single = good(tmp_path, TIME + "match: {project: 012}\n").match
    assert single == (MatchRule({"project": "012"}, _place(tmp_path, 4)),)


def test_words_that_yaml_would_turn_into_something_else_stay_text(tmp_path: Path) -> None:
    text = "name: 1:30\nreference: 012\nmilestones:\n  on: {name: no, value: 1_0}\n"
    contract = good(tmp_path, HYBRID + text.replace("1_0", "10"))
    assert (contract.name, contract.reference) == ("1:30", "012")
    assert contract.milestones["on"].name == "no"


def test_anchors_and_a_byte_order_mark_are_read(tmp_path: Path) -> None:
    text = "\ufeff" + HYBRID + "rates:\n  people: {alice: &r 120, bob: *r}\n"
    rates = good(tmp_path, text).rates
    assert {name: rate[0].amount for name, rate in rates.people.items()} == {
        "alice": Decimal(120),
        "bob": Decimal(120),
    }


def test_older_ids_and_the_reference(tmp_path: Path) -> None:
    contract = good(tmp_path, TIME + "formerly: [OLD, Older-1]\nreference: PO 4711\n")
    assert (contract.formerly, contract.reference) == (("OLD", "Older-1"), "PO 4711")


def test_unknown_people_pass_where_projbill_yaml_lists_none(tmp_path: Path) -> None:
    text = TIME + "rates: {people: {zoe: 1}, roles: {wizard: 2}}\n"
    assert list(good(tmp_path, text, "clients: {acme: {}}\n").rates.people) == ["zoe"]


@pytest.mark.parametrize(
    ("currency", "expected"), [("EUR", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4), ("POINTS", 2)]
)
def test_the_places_of_a_currency(currency: str, expected: int) -> None:
    assert places(currency) == expected


def test_a_price_as_fine_as_the_currency_is_taken(tmp_path: Path) -> None:
    contract = good(tmp_path, FIXED + "currency: KWD\nvalue: 10.005\n")
    assert (contract.value, contract.places) == (Decimal("10.005"), 3)
