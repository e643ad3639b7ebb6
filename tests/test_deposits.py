"""Deposits: money on account, what drafts take of it, and when it is to be replenished."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from projbill_beancount.book import open_book
from tests.ledgers import FIRM
from tests.ledgers import write_ledger
from tests.stepping import TAXED
from tests.stepping import bill
from tests.stepping import codes
from tests.stepping import worked

if TYPE_CHECKING:
    from pathlib import Path

    from projbill_beancount.billing.model import Billing

HEAD = "client: acme\nstart: 2025-01-01\nbilling: time-and-materials\nrates: {default: 100}\n"
HOURLY = "project: APP\n" + HEAD
DEPOSIT = HOURLY + "deposit: {target: 5000, replenish-below: 2000}\n"
OPEN = "2020-01-01 open Liabilities:Deposits:ACME\n2020-01-01 open Liabilities:Deposits:BOLT\n"


def paid_in(amount: str, day: str = "2025-01-02", client: str = "ACME") -> str:
    """Money that the client puts on account; negative where it is taken off."""
    return (
        f'{day} * "Deposit"\n  Assets:Bank  {amount}\n  Liabilities:Deposits:{client}  -{amount}\n'
    ).replace("--", "")


def applied(billing: Billing) -> list[tuple[str, str, str]]:
    """What deposits pay of each draft, and what is left to pay."""
    return [(draft.id, str(draft.deposit), str(draft.payable)) for draft in billing.drafts]


def amounts(billing: Billing) -> dict[str, str]:
    """The amounts of the findings by code."""
    return {found.code: str(found.amount) for found in billing.findings}


@pytest.mark.parametrize(
    ("hours", "left_to_pay", "low"),
    [("32", "0.00", {"retainer-low": "3200.00"}), ("30", "0.00", {}), ("60", "1000.00", {})],
)
def test_a_deposit_pays_a_draft_as_far_as_it_goes(
    tmp_path: Path, hours: str, left_to_pay: str, low: dict[str, str]
) -> None:
    facts = OPEN + paid_in("5000.00 EUR") + _days(hours)
    billing = bill(tmp_path, DEPOSIT, facts, "2025-01-31")
    (draft,) = billing.drafts
    assert draft.deposit == min(draft.total, Decimal(5000))
    assert str(draft.payable) == left_to_pay
    expected = low or ({"retainer-low": "5000.00"} if hours == "60" else {})
    assert amounts(billing) == expected


def _days(hours: str) -> str:
    """So many hours, at most ten a day."""
    left, day, text = Decimal(hours), 1, ""
    while left > 0:
        part = min(left, Decimal(10))
        text += worked(f"t-{day}", f"2025-01-{day + 5:02}", part)
        left, day = left - part, day + 1
    return text


def test_a_request_is_no_draft(tmp_path: Path) -> None:
    billing = bill(tmp_path, DEPOSIT, OPEN + paid_in("1999.99 EUR"), "2025-01-31")
    assert billing.drafts == []
    assert amounts(billing) == {"retainer-low": "3000.01"}


def test_a_deposit_pays_the_tax_too(tmp_path: Path) -> None:
    contract = DEPOSIT + "invoice: {tax: V, retention: 10 %}\n"
    facts = OPEN + "2020-01-01 open Assets:Retention:ACME\n" + paid_in("5000.00 EUR")
    (draft,) = bill(tmp_path, contract, facts + _days("10"), "2025-01-31", TAXED).drafts
    assert (str(draft.total), str(draft.retained)) == ("1190.00", "100.00")
    assert (str(draft.deposit), str(draft.payable)) == ("1090.00", "0.00")


def test_earlier_drafts_of_a_client_come_first(tmp_path: Path) -> None:
    other = "project: WEB\n" + HEAD + "deposit: {target: 5000, replenish-below: 100}\n"
    plain = "project: ZZZ\n" + HEAD
    facts = (
        OPEN
        + paid_in("1500.00 EUR")
        + worked("t-1", "2025-02-05", 10)
        + worked("t-2", "2025-01-07", 10).replace("APP", "WEB")
        + worked("t-3", "2025-01-08", 10).replace("APP", "ZZZ")
    )
    ledger = write_ledger(
        tmp_path, "2025-02-28", contracts={"APP": DEPOSIT, "WEB": other, "ZZZ": plain}, facts=facts
    )
    billing = open_book(str(ledger)).billing
    assert applied(billing) == [
        ("APP/time/2025-02-28", "500.00", "500.00"),
        ("WEB/time/2025-01-31", "1000.00", "0.00"),
        ("ZZZ/time/2025-01-31", "0.00", "1000.00"),
    ]
    # The contracts share one account, and there is one request for it.
    assert [(found.code, str(found.amount)) for found in billing.findings] == [
        ("retainer-low", "5000.00")
    ]


def test_a_held_draft_takes_nothing(tmp_path: Path) -> None:
    hold = '2025-01-10 custom "billing-hold" "APP"\n'
    billing = bill(
        tmp_path, DEPOSIT, OPEN + paid_in("5000.00 EUR") + _days("10") + hold, "2025-01-31"
    )
    assert applied(billing) == [("APP/time/2025-01-31", "0.00", "1000.00")]
    assert codes(billing) == ["hold billing-on-hold"]


@pytest.mark.parametrize(
    ("balance", "found"),
    [("-0.01 EUR", {"retainer-overdrawn": "0.01"}), ("5000.00 EUR", {})],
)
def test_more_taken_than_there_was_is_an_error(
    tmp_path: Path, balance: str, found: dict[str, str]
) -> None:
    billing = bill(tmp_path, DEPOSIT, OPEN + paid_in(balance), "2025-01-31")
    assert amounts(billing) == found


def test_an_overdrawn_deposit_pays_nothing(tmp_path: Path) -> None:
    billing = bill(tmp_path, DEPOSIT, OPEN + paid_in("-100.00 EUR") + _days("10"), "2025-01-31")
    assert applied(billing) == [("APP/time/2025-01-31", "0.00", "1000.00")]


def test_money_of_another_currency_pays_nothing(tmp_path: Path) -> None:
    facts = OPEN + paid_in("5000.00 USD") + _days("10")
    billing = bill(tmp_path, DEPOSIT, facts, "2025-01-31")
    assert applied(billing) == [("APP/time/2025-01-31", "0.00", "1000.00")]
    assert amounts(billing) == {"retainer-low": "5000.00"}


def test_money_that_comes_later_is_not_there_yet(tmp_path: Path) -> None:
    facts = OPEN + paid_in("5000.00 EUR", "2025-02-03") + _days("10")
    billing = bill(tmp_path, DEPOSIT, facts, "2025-01-31")
    assert applied(billing) == [("APP/time/2025-01-31", "0.00", "1000.00")]
    later = bill(tmp_path, DEPOSIT, facts, "2025-02-03")
    assert applied(later) == [("APP/time/2025-01-31", "1000.00", "0.00")]


def test_the_deposit_of_another_client_is_left_alone(tmp_path: Path) -> None:
    firm = FIRM.replace("clients:\n", "clients:\n  bolt: {name: BOLT AG}\n")
    facts = OPEN + paid_in("5000.00 EUR", client="BOLT") + _days("10")
    billing = bill(tmp_path, DEPOSIT, facts, "2025-01-31", firm)
    assert applied(billing) == [("APP/time/2025-01-31", "0.00", "1000.00")]


def test_the_one_who_owes_pays_from_his_own_deposit(tmp_path: Path) -> None:
    firm = FIRM.replace("clients:\n", "clients:\n  bolt: {name: BOLT AG}\n")
    opened = OPEN + "2020-01-01 open Assets:Receivable:BOLT\n"
    facts = opened + paid_in("5000.00 EUR", client="BOLT") + _days("10")
    billing = bill(tmp_path, DEPOSIT + "bill-to: bolt\n", facts, "2025-01-31", firm)
    assert applied(billing) == [("APP/time/2025-01-31", "1000.00", "0.00")]


def test_an_invoice_that_took_from_it_leaves_less(tmp_path: Path) -> None:
    taken = (
        '2025-01-31 * "ACME Corp" "INV-2025-0001" #invoice ^INV-2025-0001\n'
        '  invoice: "INV-2025-0001"\n  project: "APP"\n  draft: "APP/time/2025-01-31"\n'
        "  period-start: 2025-01-01\n  period-end: 2025-01-31\n"
        "  net: 1000.00 EUR\n  total: 1000.00 EUR\n"
        "  Assets:Receivable:ACME  0.00 EUR\n  Liabilities:Deposits:ACME  1000.00 EUR\n"
        '  Income:Services:APP  -1000.00 EUR\n    kind: "time"\n    quantity: 10.00 HOUR\n'
        '    price: 100.00 EUR\n    entries: "2025-01-06 ana 10.0000 t-1"\n'
        '  Equity:Time:Unbilled:APP  -10.0000 HOUR\n    person: "ana"\n'
        "  Equity:Time:Billed:APP  10.0000 HOUR\n"
    )
    facts = OPEN + paid_in("2500.00 EUR") + _days("10") + taken
    billing = bill(tmp_path, DEPOSIT, facts, "2025-02-10")
    assert billing.drafts == []
    assert amounts(billing) == {"retainer-low": "3500.00"}
    assert str(billing.positions["APP"].open) == "0.00"


@pytest.mark.parametrize(("end", "found"), [("2025-01-31", {}), ("2025-02-01", {"retainer-low"})])
def test_a_contract_that_has_ended_asks_for_no_money(
    tmp_path: Path, end: str, found: set[str]
) -> None:
    billing = bill(tmp_path, DEPOSIT + f"end: {end}\n", OPEN, "2025-01-31")
    assert set(amounts(billing)) == set(found)


def test_without_another_level_the_target_is_the_level(tmp_path: Path) -> None:
    contract = HOURLY + "deposit: {target: 5000}\n"
    billing = bill(tmp_path, contract, OPEN + paid_in("4999.99 EUR"), "2025-01-31")
    assert amounts(billing) == {"retainer-low": "0.01"}
    enough = bill(tmp_path, contract, OPEN + paid_in("5000.00 EUR"), "2025-01-31")
    assert amounts(enough) == {}
