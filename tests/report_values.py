"""A billing made by hand: one ready draft, one held, in euros and in yen."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from projbill_beancount.billing.model import BilledEntry
from projbill_beancount.billing.model import Billing
from projbill_beancount.billing.model import Draft
from projbill_beancount.billing.model import Finding
from projbill_beancount.billing.model import Hours
from projbill_beancount.billing.model import Line
from projbill_beancount.billing.model import Period
from projbill_beancount.billing.model import Position
from projbill_beancount.billing.model import Reason
from projbill_beancount.billing.model import TaxAmount
from projbill_beancount.billing.model import UnbilledTime
from projbill_beancount.terms.model import Place

ROOT = "/books"
AS_OF = date(2026, 4, 30)
CONTRACT = Place("/books/contracts/bolt.yaml", 12)

READY = Draft(
    id="BOLT-APP/time/2026-03-31",
    project="BOLT-APP",
    client="bolt",
    trigger="time",
    trigger_id="time",
    date=date(2026, 3, 31),
    period=Period(date(2026, 3, 1), date(2026, 3, 31)),
    due=date(2026, 4, 30),
    currency="EUR",
    lines=(
        Line(
            kind="time",
            text="Backend",
            amount=Decimal("1425.00"),
            seconds=34200,
            price=Decimal(150),
            task="backend",
            tax="S19",
            tax_rate=Decimal(19),
            entries=(
                BilledEntry("toggl-1", date(2026, 3, 3), "carol", 21600, 21600, "backend"),
                BilledEntry("toggl-2", date(2026, 3, 4), "carol", 12600, 12600, "backend"),
            ),
        ),
    ),
    net=Decimal("1425.00"),
    taxes=(TaxAmount("S19", Decimal("19.0"), Decimal("1425.00"), Decimal("270.75")),),
    place=CONTRACT,
)

HELD = Draft(
    id="KYOTO/milestone/2026-04-10",
    project="KYOTO",
    client="kyoto",
    trigger="milestone",
    trigger_id="milestone",
    date=date(2026, 4, 10),
    period=None,
    due=date(2026, 5, 10),
    currency="JPY",
    lines=(
        Line(kind="milestone", text="Plan", amount=Decimal(500000), milestone="M1"),
        Line(kind="time", text="Extra", amount=Decimal(0), seconds=1200, prior_period=True),
    ),
    net=Decimal(500000),
    taxes=(),
    place=Place("/books/contracts/kyoto.yaml", 3),
    reasons=(Reason("rate-missing", None, "no rate for dan on 2026-04-02.", ("toggl-9",)),),
)

FINDINGS = (
    Finding(
        "time-late",
        "warning",
        "BOLT-APP",
        date(2026, 3, 28),
        Decimal(300),
        "goes on the next invoice",
        Place("/books/time/2026-03.beancount", 12),
        "toggl-2",
    ),
    Finding(
        "rate-missing",
        "hold",
        "KYOTO",
        date(2026, 4, 2),
        None,
        "no rate for dan",
        Place("/elsewhere/time.beancount", 7),
        "toggl-9",
    ),
)


def position(project: str, client: str, currency: str, **amounts: Decimal) -> Position:
    """A position in which nothing is known but the given amounts."""
    zero = Decimal(0)
    names = ("billed", "unbilled", "drafts", "held", "open", "overdue")
    values: dict[str, Any] = {**dict.fromkeys(names, zero), **amounts}
    return Position(
        project=project,
        client=client,
        billing="hybrid",
        currency=currency,
        value=None,
        completion=None,
        earned=None,
        billed_percent=None,
        hours=Hours(36000, 34200, 1800, 0, 0, 34200),
        next_trigger=None,
        **values,
    )


BILLING = Billing(
    as_of=AS_OF,
    drafts=(READY, HELD),
    findings=FINDINGS,
    positions={
        "BOLT-APP": position(
            "BOLT-APP", "bolt", "EUR", unbilled=Decimal(1425), drafts=Decimal(1425)
        )._replace(
            value=Decimal(50000),
            completion=Decimal(42),
            earned=Decimal(21000),
            billed_percent=Decimal(200) / 3,
            next_trigger=AS_OF,
        ),
        "BOLT-WEB": position("BOLT-WEB", "bolt", "EUR", open=Decimal("11.90")),
        "KYOTO": position("KYOTO", "kyoto", "JPY", held=Decimal(500000)),
    },
    unbilled=(
        UnbilledTime(
            "toggl-1",
            date(2026, 3, 3),
            "BOLT-APP",
            "carol",
            "backend",
            21600,
            Decimal(900),
            READY.id,
        ),
        UnbilledTime(
            "toggl-2",
            date(2026, 3, 4),
            "BOLT-APP",
            "carol",
            "backend",
            12600,
            Decimal(525),
            READY.id,
        ),
        UnbilledTime("toggl-9", date(2026, 4, 2), "KYOTO", "dan", "", 1200, None, HELD.id),
    ),
)
