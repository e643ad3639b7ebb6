"""Contracts that another client pays, or several in shares, day rates and renewed names."""

from __future__ import annotations

import tempfile
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from tests.ledgers import FIRM
from tests.ledgers import credit_text
from tests.ledgers import issued_text
from tests.ledgers import load
from tests.ledgers import progress_text
from tests.ledgers import transactions
from tests.ledgers import void_text
from tests.ledgers import write_ledger
from tests.one_book import FIXED
from tests.one_book import HOURLY
from tests.one_book import bill
from tests.one_book import codes
from tests.one_book import nets
from tests.one_book import of_code
from tests.one_book import worked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from projbill_beancount.billing.model import Billing
    from projbill_beancount.billing.model import Draft

TWO = FIRM.replace("people:", "  bolt: {name: BOLT AG}\n  cedar: {name: Cedar Ltd}\npeople:")
OPEN = "2020-01-01 open Assets:Receivable:BOLT\n2020-01-01 open Assets:Receivable:CEDAR\n"
SHARED = HOURLY + "split: {acme: 60, bolt: 40}\n"
JANUARY = "APP/time/2025-01-31"
TEN = worked("t-1", "2025-01-07", 10)


def clients(billing_nets: list[tuple[str, str]]) -> dict[str, str]:
    """Nets by the payer in the drafts' ids."""
    return {name.rpartition("/")[2]: net for name, net in billing_nets}


def test_each_payer_has_a_draft_of_its_share(tmp_path: Path) -> None:
    billing = bill(tmp_path, SHARED, OPEN + TEN, "2025-01-31", TWO)
    assert nets(billing) == [(f"{JANUARY}/acme", "600.00"), (f"{JANUARY}/bolt", "400.00")]
    assert [draft.client for draft in billing.drafts] == ["acme", "bolt"]
    assert codes(billing) == []
    position = billing.positions["APP"]
    assert (position.unbilled, position.drafts) == (Decimal("1000.00"), Decimal("1000.00"))
    assert position.hours.unbilled == 36000
    assert [(item.id, item.value) for item in billing.unbilled] == [("t-1", Decimal("1000.00"))]


@pytest.mark.parametrize(
    ("split", "parts"),
    [
        ("{acme: 1/3, bolt: 1/3, cedar: 1/3}", ["33.34", "33.34", "33.33"]),
        ("{cedar: 1/3, acme: 1/3, bolt: 1/3}", ["33.34", "33.33", "33.34"]),
        ("{acme: 33.33, bolt: 33.33, cedar: 33.34}", ["33.33", "33.33", "33.35"]),
    ],
)
def test_shares_go_by_the_largest_remainder_and_ties_by_order(
    tmp_path: Path, split: str, parts: list[str]
) -> None:
    contract = HOURLY.replace("default: 100", "default: 100.01") + f"split: {split}\n"
    billing = bill(tmp_path, contract, OPEN + worked("t-1", "2025-01-07", 1), "2025-01-31", TWO)
    found = clients(nets(billing))
    assert [found[name] for name in ("acme", "bolt", "cedar")] == parts


@pytest.mark.parametrize("split", ["{acme: 60, bolt: 39.99}", "{acme: 60, bolt: 41}"])
def test_shares_of_more_or_less_than_all_are_incomplete(tmp_path: Path, split: str) -> None:
    contract = HOURLY + f"split: {split}\n"
    billing = bill(tmp_path, contract, OPEN + TEN, "2025-01-31", TWO)
    assert codes(billing) == [("error", "split-incomplete")]
    assert [draft.held for draft in billing.drafts] == [True]
    assert billing.findings[0].place.line == 6


def test_a_payer_that_was_billed_is_not_billed_again_and_the_other_is(tmp_path: Path) -> None:
    first = bill(tmp_path / "first", SHARED, OPEN + TEN, "2025-01-31", TWO)
    issued = [
        issued_text(draft, f"INV-2025-000{number}", draft.date)
        for number, draft in enumerate(first.drafts, 1)
    ]
    facts = OPEN + TEN + issued[0]
    billing = bill(tmp_path / "one", SHARED, facts, "2025-02-28", TWO)
    assert (nets(billing), codes(billing)) == ([(f"{JANUARY}/bolt", "400.00")], [])
    assert billing.positions["APP"].billed == Decimal("600.00")
    both = bill(tmp_path / "both", SHARED, facts + issued[1], "2025-02-28", TWO)
    assert (nets(both), codes(both)) == ([], [])
    assert both.positions["APP"].open == Decimal("1000.00")
    again = issued[0].replace("INV-2025-0001", "INV-2025-0003")
    twice = bill(tmp_path / "twice", SHARED, facts + issued[1] + again, "2025-02-28", TWO)
    assert codes(twice) == [("error", "entry-already-invoiced")]


def test_a_credit_to_one_payer_frees_what_it_pays_alone(tmp_path: Path) -> None:
    first = bill(tmp_path / "first", SHARED, OPEN + TEN, "2025-01-31", TWO)
    issued = "".join(
        issued_text(draft, f"INV-2025-000{number}", draft.date)
        for number, draft in enumerate(first.drafts, 1)
    )
    note = """\
2025-02-03 * "ACME Corp" "CN-2025-0001" #credit-note ^CN-2025-0001 ^INV-2025-0001
  invoice: "CN-2025-0001"
  corrects: "INV-2025-0001"
  project: "APP"
  Assets:Receivable:ACME  -240.00 EUR
  Income:Services:APP      240.00 EUR
    kind: "time"
    entries: "2025-01-07 ana 4.0000 t-1"
"""
    billing = bill(tmp_path, SHARED, OPEN + TEN + issued + note, "2025-02-28", TWO)
    assert clients(nets(billing)) == {"acme": "240.00"}
    assert codes(billing) == []
    assert billing.positions["APP"].billed == Decimal("760.00")


def test_milestones_are_shared_and_add_up(tmp_path: Path) -> None:
    contract = FIXED.replace("value: 400", "value: 400.01").replace("value: 1000", "value: 1000.01")
    contract += "split: {acme: 1/2, bolt: 1/2}\n"
    done = progress_text("2025-01-20", 100, project="APP", milestone="M1")
    billing = bill(tmp_path, contract, OPEN + done, "2025-01-31", TWO)
    assert sorted(clients(nets(billing)).values()) == ["200.00", "200.01"]
    assert codes(billing) == []
    assert billing.positions["APP"].value == Decimal("1000.01")


def test_another_client_may_owe_the_invoices(tmp_path: Path) -> None:
    contract = HOURLY + "bill-to: bolt\n"
    ledger = write_ledger(
        tmp_path, "2025-01-31", contracts={"APP": contract}, facts=OPEN + TEN, firm=TWO
    )
    loaded = load(ledger)
    (entry,) = transactions(loaded, "draft")
    assert (loaded.errors, loaded.foreign) == ([], [])
    assert entry.payee == "BOLT AG"
    assert [posting.account for posting in entry.postings] == [
        "Assets:Unbilled:APP",
        "Income:Services:APP",
    ]
    billing = bill(tmp_path / "2", contract, OPEN + TEN, "2025-01-31", TWO)
    assert [draft.client for draft in billing.drafts] == ["bolt"]
    closed = bill(tmp_path / "3", contract, TEN, "2025-01-31", TWO)
    assert [found.code for found in closed.findings] == ["account-missing"]
    assert "Assets:Receivable:BOLT" in closed.findings[0].message


@pytest.mark.parametrize(
    ("rates", "net", "price"),
    [
        ("{default: 1200, unit: day, hours-per-day: 8}", "2550.00", "1200"),
        ("{default: 1200, unit: day, hours-per-day: 7.5}", "2720.00", "1200"),
    ],
)
def test_days_are_billed_by_their_hours(tmp_path: Path, rates: str, net: str, price: str) -> None:
    contract = HOURLY.replace("{default: 100}", rates)
    facts = worked("t-1", "2025-01-07", 12) + worked("t-2", "2025-01-08", 5)
    billing = bill(tmp_path / "first", contract, facts, "2025-01-31")
    assert nets(billing) == [(JANUARY, net)]
    (line,) = billing.drafts[0].lines
    assert (str(line.price), line.seconds) == (price, 17 * 3600)
    days = (Decimal(17) / Decimal(rates.rpartition(" ")[2].rstrip("}"))).quantize(Decimal("0.0001"))
    issued = issued_text(billing.drafts[0], "INV-2025-0001", billing.drafts[0].date)
    issued = issued.replace("17.0000 HOUR\n    price", f"{days} DAY\n    price")
    after = bill(tmp_path, contract, facts + issued, "2025-02-28")
    assert (nets(after), codes(after)) == ([], [])
    changed = worked("t-1", "2025-01-07", 10) + worked("t-2", "2025-01-08", 5)
    found = of_code(
        bill(tmp_path / "c", contract, changed + issued, "2025-02-28"), "invoiced-entry-changed"
    )
    assert [str(one.amount) for one in found] == [{"2550.00": "-300.00", "2720.00": "-320.00"}[net]]


def test_a_renamed_contract_keeps_its_history(tmp_path: Path) -> None:
    old = worked("t-1", "2025-01-07", 3, project="OLD")
    draft = bill(tmp_path / "first", HOURLY + "formerly: [OLD]\n", old, "2025-01-31").drafts[0]
    issued = (
        issued_text(draft, "INV-2025-0001", draft.date)
        .replace(":APP  ", ":OLD  ")
        .replace('project: "APP"', 'project: "OLD"')
        .replace('draft: "APP', 'draft: "OLD')
    )
    opened = "2020-01-01 open Income:Services:OLD\n"
    late = worked("t-2", "2025-01-10", 1) + worked("t-3", "2025-02-10", 1)
    billing = bill(
        tmp_path, HOURLY + "formerly: [OLD]\n", opened + old + issued + late, "2025-02-28"
    )
    assert nets(billing) == [("APP/time/2025-02-28", "200.00")]
    assert [(found.code, found.id) for found in billing.findings] == [("time-late", "t-2")]
    assert billing.positions["APP"].billed == Decimal("300.00")


@pytest.mark.parametrize(
    "decision",
    [
        'hold" "OLD" "OLD/time/2025-01-31"\n  reason: "Scope"\n',
        'write-off" "OLD" "OLD/time/2025-01-31"\n  reason: "Goodwill"\n',
    ],
    ids=["hold", "write-off"],
)
def test_a_decision_on_a_draft_outlives_a_new_name(tmp_path: Path, decision: str) -> None:
    kind = "billing-" if decision.startswith("hold") else ""
    facts = worked("t-1", "2025-01-07", 3) + f'2025-01-31 custom "{kind}{decision}'
    billing = bill(tmp_path, HOURLY + "formerly: [OLD]\n", facts, "2025-01-31")
    assert nets(billing) == [(JANUARY, "300.00 billing-on-hold")] * bool(kind)


@pytest.mark.parametrize(
    ("split", "texts"),
    [
        ("{acme: 1/3, bolt: 2/3}", ["APP (1/3 share)", "APP (2/3 share)"]),
        ("{acme: 62.5, bolt: 37.5}", ["APP (62.5 % share)", "APP (37.5 % share)"]),
    ],
)
def test_a_share_is_said_as_people_say_it(tmp_path: Path, split: str, texts: list[str]) -> None:
    billing = bill(tmp_path, HOURLY + f"split: {split}\n", OPEN + TEN, "2025-01-31", TWO)
    assert [draft.lines[0].text for draft in billing.drafts] == texts


def test_a_hold_without_a_payer_is_one_of_all_their_drafts(tmp_path: Path) -> None:
    held = f'2025-02-01 custom "billing-hold" "APP" "{JANUARY}"\n  reason: "Scope"\n'
    facts = OPEN + TEN + held
    billing = bill(tmp_path / "1", SHARED, facts, "2025-02-10", TWO)
    assert clients(nets(billing)) == {
        "acme": "600.00 billing-on-hold",
        "bolt": "400.00 billing-on-hold",
    }
    facts += f'2025-02-02 custom "billing-release" "APP" "{JANUARY}/bolt" 400.00 EUR\n'
    billing = bill(tmp_path / "2", SHARED, facts, "2025-02-10", TWO)
    assert clients(nets(billing)) == {"acme": "600.00 billing-on-hold", "bolt": "400.00"}


def test_hours_beyond_a_shared_retainer_say_whose_share_they_are(tmp_path: Path) -> None:
    contract = (
        HOURLY.replace("time-and-materials", "retainer")
        + "split: {acme: 60, bolt: 40}\nretainer: {fee: 1000, hours: 8, overage: {rate: 150}}\n"
    )
    billing = bill(tmp_path, contract, OPEN + TEN, "2025-01-31", TWO)
    beyond = [line for draft in billing.drafts for line in draft.lines if line.kind == "overage"]
    assert [(line.text, str(line.amount)) for line in beyond] == [
        ("APP: hours beyond the retainer (60 % share)", "180.00"),
        ("APP: hours beyond the retainer (40 % share)", "120.00"),
    ]


def test_a_renewed_contract_is_a_contract_of_its_own(tmp_path: Path) -> None:
    contracts = {
        "APP": HOURLY + "end: 2025-01-31\ncap: {amount: 500}\n",
        "APP2": HOURLY.replace("APP", "APP2").replace("2025-01-01", "2025-02-01")
        + "follows: APP\ncap: {amount: 500}\n",
    }
    facts = worked("t-1", "2025-01-07", 4) + worked("t-2", "2025-02-04", 4, project="APP2")
    ledger = write_ledger(tmp_path, "2025-02-28", contracts=contracts, facts=facts)
    drafts = transactions(load(ledger), "draft")
    assert [str(entry.meta["net"]) for entry in drafts] == ["400.00 EUR", "400.00 EUR"]


actions = st.lists(
    st.tuples(st.sampled_from(["issue", "credit", "void"]), st.integers(0, 9), st.integers(1, 4)),
    max_size=8,
)


class Shared:
    """A shared contract's books: what is still invoiced of each live invoice, in seconds."""

    def __init__(self, folder: str, quarters: Sequence[int]) -> None:
        self.folder = Path(folder)
        self.live: dict[str, tuple[Draft, Counter[str]]] = {}
        self.facts = OPEN + "".join(
            worked(f"t-{number}", "2025-01-07", size / 4) for number, size in enumerate(quarters)
        )

    def bill(self) -> Billing:
        """The billing long after all of it."""
        return bill(self.folder, SHARED, self.facts, "2025-12-31", TWO)

    def issue(self, number: int, which: int) -> None:
        """Issue one of the drafts."""
        ready = self.bill().drafts
        if ready:
            draft = ready[which % len(ready)]
            self.live[f"I-{number}"] = (draft, _seconds([draft]))
            self.facts += issued_text(draft, f"I-{number}", date(2025, 2, 1 + number))

    def void(self, name: str, number: int) -> None:
        """Take an invoice back, unless it was credited."""
        draft, left = self.live[name]
        if left == _seconds([draft]):
            self.facts += void_text(draft, name, date(2025, 2, 1 + number))
            del self.live[name]

    def credit(self, name: str, number: int, size: int) -> None:
        """Credit some quarters of an invoice's first entry, at a cent: it is the hours that count."""
        draft, left = self.live[name]
        line = draft.lines[0]
        first = line.entries[0]
        taken = min(size * 900, left[first.id])
        if taken:
            left[first.id] -= taken
            part = line._replace(
                entries=(first._replace(seconds=taken, billed_seconds=taken),),
                seconds=taken,
                price=None,
                amount=Decimal("0.01"),
            )
            self.facts += credit_text(draft, f"C-{number}", date(2025, 2, 1 + number), name, [part])


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(1, 12), min_size=1, max_size=3), actions)
def test_every_hour_is_billed_once_to_each_payer(
    quarters: list[int], done: list[tuple[str, int, int]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        books = Shared(folder, quarters)
        for number, (action, which, size) in enumerate(done):
            names = sorted(books.live)
            if action == "issue":
                books.issue(number, which)
            elif names and action == "void":
                books.void(names[which % len(names)], number)
            elif names:
                books.credit(names[which % len(names)], number, size)
        billing = books.bill()
    assert [code for _, code in codes(billing) if code != "invoice-number-gap"] == []
    delivered = {f"t-{number}": size * 900 for number, size in enumerate(quarters)}
    for payer in ("acme", "bolt"):
        billed = _seconds([draft for draft in billing.drafts if draft.client == payer])
        for draft, left in books.live.values():
            if draft.client == payer:
                billed.update(left)
        assert {name: size for name, size in billed.items() if size} == delivered


def _seconds(drafts: Sequence[Draft]) -> Counter[str]:
    """The seconds of each entry on drafts."""
    found: Counter[str] = Counter()
    for draft in drafts:
        for line in draft.lines:
            for entry in line.entries:
                found[entry.id] += entry.seconds
    return found
