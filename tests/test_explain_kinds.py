"""`explain` on every kind of line, document and entry, in real ledgers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from projbill_beancount.book import open_book
from tests.cli_books import projbill
from tests.ledgers import FIRM
from tests.ledgers import credit_text
from tests.ledgers import issued_text
from tests.ledgers import progress_text
from tests.ledgers import time_text
from tests.ledgers import void_text
from tests.ledgers import write_ledger

if TYPE_CHECKING:
    from pathlib import Path

    from projbill_beancount.billing.model import Draft

HEAD = "project: APP\nname: App\nclient: acme\nstart: 2025-01-01\n"
HOURLY = HEAD + "billing: time-and-materials\nrates: {default: 100}\n"
FIXED = HEAD + (
    "billing: fixed-fee\nvalue: 1000\nmilestones:\n"
    "  M1: {name: Plan, value: 400, bill: progress}\n"
    "  M2: {name: Build, value: 600}\n"
)
RETAINER = HEAD.replace("01-01", "01-16") + (
    "billing: retainer\nrates: {default: 120}\n"
    "retainer: {fee: 1000, hours: 10, in: advance, overage: {rate: 150}, unused: rollover, "
    "rollover: {max: 5, periods: 1}}\n"
)
DRAFT = "APP/time/2025-01-31"


def hours(*ids: str, day: str = "2025-01-10", seconds: int = 7200, **meta: str) -> str:
    return "".join(
        time_text(one, day, seconds, project="APP", person="ana", task="dev", **meta) for one in ids
    )


def report(day: str, percent: int, milestone: str = "M1") -> str:
    return progress_text(day, percent, project="APP", milestone=milestone)


def books(folder: Path, contract: str, facts: str, as_of: str, firm: str = FIRM) -> Path:
    return write_ledger(folder, as_of, contracts={"APP": contract}, facts=facts, firm=firm)


def explained(ledger: Path, subject: str, as_of: str) -> list[str]:
    """The statements without their indentation and places."""
    result = projbill("-f", ledger, "--as-of", as_of, "explain", subject)
    assert result.exit_code == 0, (result.output, result.exception)
    return [line.strip().split("  [")[0] for line in result.stdout.splitlines()]


def placed(ledger: Path, subject: str, as_of: str) -> dict[str, str]:
    """The place of each statement that has one."""
    result = projbill("-f", ledger, "--as-of", as_of, "explain", subject)
    pairs = (line.strip().rstrip("]").split("  [") for line in result.stdout.splitlines())
    return {pair[0]: pair[1] for pair in pairs if len(pair) == 2}


def add(ledger: Path, text: str) -> None:
    facts = ledger.parent / "facts.beancount"
    facts.write_text(facts.read_text() + text)


def issue(ledger: Path, draft: str, number: str) -> Draft:
    found = next(one for one in open_book(str(ledger)).billing.drafts if one.id == draft)
    add(ledger, issued_text(found, number, found.date))
    return found


def test_a_retainers_fee_is_pro_rated_and_its_hours_are_carried(tmp_path: Path) -> None:
    as_of = "2025-03-05"
    facts = hours("a", "b", day="2025-01-20") + hours("c", day="2025-02-10", seconds=15 * 3600)
    ledger = books(tmp_path, RETAINER, facts, as_of)
    fee = explained(ledger, "APP/time/2025-01-16", as_of)
    assert (
        "trigger: time every month: the period 2025-01-16 to 2025-01-31 has begun, its fee is due "
        "in advance"
    ) in fee
    assert "retainer: the fee is 1000.00 EUR a month, billed in advance" in fee
    assert "pro-rated: 2025-01-16 to 2025-01-31 is 16 of 31 days: 516.13 EUR" in fee
    assert (
        "hours: 2025-01-16 to 2025-01-31: 5.16 h allocated, 4.00 h used: 1.16 h of its own left"
    ) in fee
    assert "unused: unused hours are carried over, at most 5.00 h, for 1 period" in fee
    beyond = explained(ledger, "APP/time/2025-02-28", as_of)
    assert "beyond: hours beyond the retainer are billed, at 150.00 EUR an hour" in beyond
    assert (
        "hours: 2025-02-01 to 2025-02-28: 10.00 h allocated and 1.16 h carried over, 15.00 h used: "
        "3.84 h beyond"
    ) in beyond
    assert "part: 3.84 h of it are on this line" in beyond
    assert "part: 11.16 h of it are on this line" in beyond
    entry = explained(ledger, "c", as_of)
    assert [line for line in entry if line.startswith("draft: ")] == [
        'draft: on ready draft APP/time/2025-02-28, line "App: hours beyond the retainer"',
        'draft: on ready draft APP/time/2025-02-28, line "App: hours covered by the retainer"',
    ]
    assert "rate: the retainer's overage rate" in entry


def test_what_a_running_retainer_covers_waits_for_the_periods_end(tmp_path: Path) -> None:
    ledger = books(tmp_path, RETAINER, hours("a", day="2025-01-20"), "2025-01-25")
    assert (
        "left-out: on no draft: the retainer's fee covers it; the invoice at the period's end, or "
        "the next, lists it"
    ) in explained(ledger, "a", "2025-01-25")


def test_a_refund_says_what_an_unused_hour_is_worth(tmp_path: Path) -> None:
    refund = HEAD + "billing: retainer\nretainer: {fee: 1000, hours: 10, unused: refund}\n"
    ledger = books(tmp_path, refund, hours("a"), "2025-02-10")
    assert "refund: unused hours are given back at 1000.00 EUR / 10.00 h" in explained(
        ledger, DRAFT, "2025-02-10"
    )


def test_an_adjusted_and_a_carried_line_name_the_cap(tmp_path: Path) -> None:
    ledger = books(
        tmp_path, HOURLY + "cap: {amount: 500}\n", hours("a", seconds=28800), "2025-03-05"
    )
    lines = explained(ledger, DRAFT, "2025-03-05")
    cap = "cap: at most 500.00 EUR; what is above it is billed if a change order raises it"
    assert cap in lines
    assert "used: 500.00 EUR are billed or waiting, 300.00 EUR are above it" in lines
    issue(ledger, DRAFT, "INV-2025-0001")
    add(
        ledger,
        '2025-02-05 custom "change-order" "APP" "CO-1" 0 EUR\n'
        '  title: "More work"\n  cap: 200 EUR\n  approved: 2025-02-06\n',
    )
    lines = explained(ledger, "APP/time/2025-02-28", "2025-03-05")
    assert cap in lines
    assert "change-order: CO-1 More work changes it by 200.00 EUR, approved on 2025-02-06" in lines


def test_a_milestone_line_counts_amendments_invoices_and_what_is_reported(tmp_path: Path) -> None:
    as_of = "2025-02-28"
    ledger = books(tmp_path, FIXED, report("2025-01-20", 50), as_of)
    issue(ledger, "APP/milestone/2025-01-20", "INV-2025-0001")
    order = (
        '2025-02-01 custom "change-order" "APP" "CO-1" 100.00 EUR\n  milestone: "M1"\n'
        '2025-02-02 custom "change-order-approval" "APP" "CO-1"\n'
        '2025-02-03 custom "change-order" "APP" "CO-2" 70.00 EUR\n  title: "More"\n'
    )
    add(ledger, order + report("2025-02-05", 80))
    draft = "APP/milestone/2025-02-05"
    lines = explained(ledger, draft, as_of)
    first = lines.index("line: Plan (80 % of 500.00 less 200.00): 200.00 EUR")
    assert lines[first + 1 : first + 5] == [
        "price: M1 Plan costs 400.00 EUR, billed by what is reported",
        "change-order: CO-1 changes it by 100.00 EUR, approved on 2025-02-02",
        "entitled: 80 % of 500.00 EUR may be billed: 400.00 EUR",
        "billed: less 200.00 EUR on INV-2025-0001 of 2025-01-20",
    ]
    assert lines[-3:] == [
        "left-out: M1 Plan, 500.00 EUR: 80 % reported, billed by what is reported",
        "left-out: M2 Build, 600.00 EUR: nothing reported, billed when 100 % is reported",
        ("left-out: CO-2 More, 70.00 EUR: not approved; `projbill approve APP CO-2` approves it"),
    ]
    text = (tmp_path / "facts.beancount").read_text().splitlines()
    place = placed(ledger, draft, as_of)[first_of(lines, "change-order: CO-1")]
    assert "change-order-approval" in text[int(place.partition(":")[2]) - 1]
    place = placed(ledger, draft, as_of)[first_of(lines, "billed: less")]
    assert "Income:Services:APP" in text[int(place.partition(":")[2]) - 1]
    invoice = explained(ledger, "INV-2025-0001", as_of)
    assert "milestone: M1 at a price of 400.00 EUR, complete up to 50 %" in invoice


def first_of(lines: list[str], start: str) -> str:
    return next(line for line in lines if line.startswith(start))


def test_a_change_order_line_names_order_and_approval(tmp_path: Path) -> None:
    facts = hours("a") + (
        '2025-01-03 custom "change-order" "APP" "CO-1" 70.00 EUR\n  title: "More"\n'
        '2025-01-05 custom "change-order-approval" "APP" "CO-1"\n'
        '2025-01-03 custom "change-order" "APP" "CO-2" 5.00 EUR\n  rejected: 2025-01-04\n'
    )
    ledger = books(tmp_path, HOURLY, facts, "2025-02-10")
    lines = explained(ledger, DRAFT, "2025-02-10")
    at = lines.index("line: CO-1 More: 70.00 EUR")
    assert lines[at + 1 : at + 3] == [
        "change-order: CO-1 More: 70.00 EUR",
        "approval: approved on 2025-01-05",
    ]
    assert placed(ledger, "CO-1", "2025-02-10")["approval: approved on 2025-01-05"] == (
        "facts.beancount:9"
    )
    assert explained(ledger, "CO-2", "2025-02-10")[-1] == "rejected: rejected on 2025-01-04"


def test_expenses_and_adjustments_name_their_source(tmp_path: Path) -> None:
    facts = hours("a") + (
        "2025-01-02 price USD 0.9 EUR\n2025-01-02 open Expenses:Travel\n"
        "2025-01-02 open Income:Reimbursed:APP\n"
        '2025-01-12 * "Hotel" "Hotel Kauri"\n  project: "APP"\n'
        "  Expenses:Travel  100.00 USD\n    billable: TRUE\n"
        '    markup: "15 %"\n    id: "exp-1"\n  Assets:Bank  -100.00 USD\n'
        '2025-01-13 custom "billing-adjustment" "APP" "ADJ-1" -20.00 EUR\n  text: "Goodwill"\n'
    )
    ledger = books(tmp_path, HOURLY, facts, "2025-02-10")
    lines = explained(ledger, DRAFT, "2025-02-10")
    at = lines.index("expense: 2025-01-12 Hotel Kauri: 100.00 USD on Expenses:Travel (exp-1)")
    assert lines[at + 1 : at + 3] == [
        "conversion: 100.00 USD at 0.9 EUR: 90.00 EUR",
        "markup: 15 % are added",
    ]
    assert "adjustment: ADJ-1 of 2025-01-13: -20.00 EUR agreed" in lines
    assert placed(ledger, DRAFT, "2025-02-10")[lines[at]] == "facts.beancount:12"
    assert explained(ledger, "exp-1", "2025-02-10")[-1].startswith(f"draft: on ready draft {DRAFT}")


def test_a_credit_note_and_the_invoice_that_it_credits(tmp_path: Path) -> None:
    as_of = "2025-02-10"
    ledger = books(tmp_path, HOURLY, hours("a", "b"), as_of)
    draft = issue(ledger, DRAFT, "INV-2025-0001")
    kept = draft.lines[0].entries[:1]
    part = draft.lines[0]._replace(amount=draft.net / 2, seconds=7200, entries=kept)
    add(ledger, credit_text(draft, "CN-2025-0001", draft.date, "INV-2025-0001", [part]))
    lines = explained(ledger, "CN-2025-0001", as_of)
    assert lines == [
        "credit: CN-2025-0001 of 2025-01-31, 200.00 EUR net, 200.00 with tax",
        "corrects: credits INV-2025-0001 of 2025-01-31, 400.00 EUR net, 400.00 with tax",
        "contract: APP App",
        "line: dev: 2.0000 h x 100.00 = 200.00 EUR",
        "entry: 2025-01-10 ana 2.00 h dev (a)",
    ]
    invoice = explained(ledger, "INV-2025-0001", as_of)
    assert invoice[-2:] == [
        "credit: CN-2025-0001 of 2025-01-31, 200.00 EUR net, 200.00 with tax",
        "open: 200.00 EUR, due 2025-03-02",
    ]
    entry = explained(ledger, "a", as_of)
    assert (
        "credit: credit note CN-2025-0001 of 2025-01-31 takes 2.00 h of it off INV-2025-0001"
        in (entry)
    )
    assert entry[-1].startswith("left-out: on no draft: billable; it waits for the next trigger on")


def test_a_void_invoice_says_so_and_its_entries_are_drafted_again(tmp_path: Path) -> None:
    as_of = "2025-02-10"
    ledger = books(tmp_path, HOURLY, hours("a"), as_of)
    draft = issue(ledger, DRAFT, "INV-2025-0001")
    add(ledger, void_text(draft, "INV-2025-0001", draft.date))
    lines = explained(ledger, "INV-2025-0001", as_of)
    assert lines[-2:] == [
        "void: void since 2025-01-31: nothing of it counts, its entries are free again",
        "open: nothing, it is void",
    ]
    entry = explained(ledger, "a", as_of)
    assert 'invoice: on invoice INV-2025-0001, line "dev", which is void since 2025-01-31' in entry
    assert f'draft: on ready draft {DRAFT}, line "dev"' in entry


def test_deposit_retention_and_shares_of_a_draft(tmp_path: Path) -> None:
    contract = HOURLY + "deposit: {target: 1000}\ninvoice: {retention: 10 %}\n"
    facts = hours("a") + (
        "2025-01-01 open Liabilities:Deposits:ACME\n2025-01-01 open Assets:Retention:ACME\n"
        '2025-01-02 * "Deposit"\n  Assets:Bank  150.00 EUR\n'
        "  Liabilities:Deposits:ACME  -150.00 EUR\n"
    )
    lines = explained(books(tmp_path, contract, facts, "2025-02-10"), DRAFT, "2025-02-10")
    assert lines[-3:] == [
        "retention: 10 % of the net are kept back: 20.00 EUR",
        "deposit: the deposit of acme pays 150.00 EUR",
        "payable: 30.00 EUR",
    ]


def test_a_share_of_a_line_says_who_pays_how_much(tmp_path: Path) -> None:
    contract = HOURLY + "split: {acme: 60, bolt: 40}\n"
    firm = FIRM.replace("people:", "  bolt: {name: BOLT AG}\npeople:")
    facts = "2025-01-01 open Assets:Receivable:BOLT\n" + hours("a")
    ledger = books(tmp_path, contract, facts, "2025-02-10", firm)
    lines = explained(ledger, f"{DRAFT}/bolt", "2025-02-10")
    at = lines.index("line: dev (40 % share): 2.00 h x 100.00 = 80.00 EUR")
    assert lines[at + 1] == "share: bolt pays 40 % of it"


def test_a_held_draft_says_where_why_and_what_releases_it(tmp_path: Path) -> None:
    contract = FIXED.replace("bill: progress", "bill: {date: 2025-01-31}")
    ledger = books(tmp_path, contract, report("2025-01-20", 60), "2025-02-10")
    draft = "APP/milestone/2025-01-31"
    lines = explained(ledger, draft, "2025-02-10")
    at = lines.index(first_of(lines, "held: invoice-held-overbilling: "))
    assert placed(ledger, draft, "2025-02-10")[lines[at]] == "facts.beancount:1"
    assert lines[at + 1 : at + 3] == [
        (
            "release: report the progress once it is reached: "
            "`projbill progress APP MILESTONE PERCENT`"
        ),
        f"release: or, if the client agreed, `projbill release {draft}`",
    ]
    assert "price: M1 Plan costs 400.00 EUR, billed on 2025-01-31" in lines


def test_holds_releases_and_what_they_lapsed_for(tmp_path: Path) -> None:
    decisions = (
        f'2025-02-02 custom "billing-hold" "APP" "{DRAFT}"\n  reason: "Talk"\n'
        f'2025-02-03 custom "billing-release" "APP" "{DRAFT}" 100.00 EUR\n'
    )
    ledger = books(tmp_path, HOURLY, hours("a") + decisions, "2025-02-10")
    lines = explained(ledger, DRAFT, "2025-02-10")
    assert "hold: put on hold on 2025-02-02: Talk" in lines
    assert (
        "release: released for 100.00 EUR on 2025-02-03; it has lapsed, since the draft comes to "
        "another amount"
    ) in lines
    add(ledger, f'2025-02-04 custom "billing-release" "APP" "{DRAFT}" 200.00 EUR\n')
    lines = explained(ledger, DRAFT, "2025-02-10")
    assert "release: released for 200.00 EUR on 2025-02-04" in lines
    assert not any(line.startswith("held: ") for line in lines)


@pytest.mark.parametrize(
    ("contract", "facts", "why"),
    [
        (
            HOURLY,
            hours("a") + '2025-02-01 custom "write-off" "APP" "a"\n  reason: "Goodwill"\n',
            "it was written off on 2025-02-01: Goodwill",
        ),
        (
            HOURLY + "approval: required\n",
            hours("a"),
            ("the contract bills approved time only, and it is not; `approved: TRUE` approves it"),
        ),
        (
            FIXED + "tasks: {dev: {milestone: M2}}\n",
            hours("a"),
            "the price of milestone M2 covers it",
        ),
        (
            HOURLY + "triggers: {type: manual}\n",
            hours("a"),
            "billable; no date bills it, it is invoiced by hand",
        ),
        (
            HOURLY,
            hours("a") + '2025-01-31 * "ACME" "Old" ^I1\n  invoice: "I1"\n  project: "APP"\n'
            "  covers: 2025-01-31\n  Assets:Receivable:ACME  9.00 EUR\n"
            "  Income:Services:APP  -9.00 EUR\n",
            "invoice I1 covers all time up to 2025-01-31",
        ),
        (
            HEAD + "billing: hybrid\nvalue: 1\nrates: {default: 1}\nmilestones: {M1: {value: 1}}\n",
            hours("a"),
            "billable; it waits for a milestone to be complete",
        ),
        (
            HOURLY + "invoice: {minimum: 900}\n",
            hours("a"),
            "billable; it waits, since a draft would be below the minimum of 900",
        ),
    ],
)
def test_why_an_entry_is_on_no_draft(tmp_path: Path, contract: str, facts: str, why: str) -> None:
    ledger = books(tmp_path, contract, facts, "2025-02-10")
    assert f"left-out: on no draft: {why}" in explained(ledger, "a", "2025-02-10")


def test_a_written_off_entry_and_draft_say_by_what(tmp_path: Path) -> None:
    ledger = books(tmp_path, FIXED, report("2025-01-20", 50) + hours("x"), "2025-02-10")
    main = ledger.read_text()
    ledger.write_text(main + 'include "decisions.beancount"\n')
    (tmp_path / "decisions.beancount").write_text("")
    draft = "APP/milestone/2025-01-20"
    for subject in (draft, "x"):
        result = projbill(
            *("-f", ledger, "--as-of", "2025-02-10", "write-off", "APP", subject),
            *("--reason", "Goodwill"),
        )
        assert result.exit_code == 0, result.output
    assert explained(ledger, draft, "2025-02-10") == [
        f"write-off: {draft} was written off on 2025-02-10: Goodwill",
        "contract: APP App",
    ]
    lines = explained(ledger, "x", "2025-02-10")
    assert lines[1:] == [
        "contract: APP App",
        "write-off: written off by a #closed transaction without a number, of 2025-02-10",
        "write-off: written off on 2025-02-10: Goodwill",
    ]


def test_a_proposed_credit_names_the_invoice_and_the_order_that_lowers_it(tmp_path: Path) -> None:
    as_of = "2025-02-28"
    ledger = books(tmp_path, FIXED, report("2025-01-20", 100), as_of)
    issue(ledger, "APP/milestone/2025-01-20", "INV-2025-0001")
    add(
        ledger,
        '2025-02-01 custom "change-order" "APP" "CO-1" -100.00 EUR\n'
        '  milestone: "M1"\n  approved: 2025-02-02\n',
    )
    lines = explained(ledger, "APP/change-order/2025-02-02/credit", as_of)
    assert lines[0].endswith("a credit on INV-2025-0001, due 2025-03-04")
    assert "change-order: CO-1 changes it by -100.00 EUR, approved on 2025-02-02" in lines
    assert "billed: less 400.00 EUR on INV-2025-0001 of 2025-01-20" in lines


def test_absorbed_hours_are_said_to_be_not_billed(tmp_path: Path) -> None:
    absorbed = HEAD + (
        "billing: retainer\nretainer: {fee: 1000, hours: 3, overage: {policy: absorb}}\n"
    )
    lines = explained(books(tmp_path, absorbed, hours("a", "b"), "2025-02-10"), DRAFT, "2025-02-10")
    assert "hours: 2025-01-01 to 2025-01-31: 3.00 h allocated, 4.00 h used: 1.00 h beyond" in lines
    assert "beyond: hours beyond the retainer are not billed" in lines


def test_a_prepaid_block_is_due_before_its_hours(tmp_path: Path) -> None:
    block = HEAD + "billing: retainer\nretainer: {fee: 5500, hours: 50, every: once, in: advance}\n"
    ledger = books(tmp_path, block, hours("a"), "2025-02-10")
    lines = explained(ledger, "APP/time/2025-01-01", "2025-02-10")
    assert "retainer: the fee is 5500.00 EUR once, billed in advance" in lines
    assert (
        "hours: from 2025-01-01: 50.00 h allocated, 2.00 h used: 48.00 h of its own left" in lines
    )
    assert lines[2].endswith("has begun, its fee is due in advance")


def test_late_work_and_capped_hours_say_why(tmp_path: Path) -> None:
    contract = HOURLY + "cap: {hours: 3}\n"
    ledger = books(tmp_path, contract, hours("a"), "2025-03-05")
    issue(ledger, DRAFT, "INV-2025-0001")
    add(ledger, hours("b"))
    lines = explained(ledger, "APP/time/2025-02-28", "2025-03-05")
    assert "late: work up to 2025-01-31 was invoiced before this was logged" in lines
    assert "cap: billed as 1.00 h" in lines


def test_day_rates_and_joined_months(tmp_path: Path) -> None:
    contract = HEAD + (
        "billing: time-and-materials\nrates: {unit: day, hours-per-day: 8, default: 800}\n"
        "invoice: {consolidate: month}\n"
    )
    ledger = books(tmp_path, contract, hours("a", "b"), "2025-02-10")
    lines = explained(ledger, "APP/consolidated/2025-01-31", "2025-02-10")
    assert "trigger: consolidated: the drafts of 2025-01-01 to 2025-01-31 are joined" in lines
    assert "line: dev: 0.50 days x 800.00 = 400.00 EUR" in lines
    assert "rate: 800.00 EUR per day by default" in lines
