"""`approve`, `hold`, `release` and `write-off` on real ledgers: what is written, and what it does."""

from __future__ import annotations

import json
import subprocess
import sys
from decimal import Decimal
from typing import TYPE_CHECKING
from typing import Any

import pytest
from beancount.core import data

from projbill_beancount.book import open_book
from tests.cli_books import projbill
from tests.ledgers import FIRM
from tests.ledgers import ask
from tests.ledgers import credit_text
from tests.ledgers import issued_text
from tests.ledgers import load
from tests.ledgers import progress_text
from tests.ledgers import time_text
from tests.ledgers import write_ledger

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

AS_OF = "2025-02-10"
DRAFT = "APP/time/2025-01-31"
HEAD = "project: APP\nclient: acme\nstart: 2025-01-01\n"
HOURLY = HEAD + "billing: time-and-materials\nrates: {default: 100}\n"
FIXED = HEAD + (
    "billing: fixed-fee\nvalue: 1000\nmilestones: {M1: {name: Plan, value: 400}, "
    "M2: {name: Build, value: 600, bill: {date: 2025-01-31}}}\n"
)
HYBRID = HEAD + (
    "billing: hybrid\nvalue: 400\nrates: {default: 100}\nmilestones: {M1: {name: Plan, value: 400}}\n"
)
ORDER = '2025-01-15 custom "change-order" "APP" "CO-1" 250.00 EUR\n  title: "Sign-on"\n'


def hours(*ids: str, day: str = "2025-01-10", seconds: int = 7200, person: str = "ana") -> str:
    return "".join(
        time_text(one, day, seconds, project="APP", person=person, task="dev") for one in ids
    )


def books(folder: Path, contract: str, facts: str, firm: str = FIRM, decisions: str = "") -> Path:
    """A ledger that includes its decisions."""
    ledger = write_ledger(folder, AS_OF, contracts={"APP": contract}, facts=facts, firm=firm)
    (folder / "decisions.beancount").write_text(decisions)
    ledger.write_text(ledger.read_text() + 'include "decisions.beancount"\n')
    return ledger


def decide(ledger: Path, *args: str, as_of: str = AS_OF) -> Result:
    return projbill("-f", ledger, "--as-of", as_of, *args)


def done(ledger: Path, *args: str) -> str:
    """What a decision that is taken prints; the ledger loads with it."""
    result = decide(ledger, *args)
    assert result.exit_code == 0, result.output
    assert load(ledger).foreign == []
    return result.stdout


def refused(ledger: Path, *args: str) -> str:
    """Why a decision is refused; nothing is written."""
    path = ledger.parent / "decisions.beancount"
    before = path.read_bytes()
    result = decide(ledger, *args)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert path.read_bytes() == before
    return result.stderr.strip()


def written(ledger: Path) -> str:
    return (ledger.parent / "decisions.beancount").read_text()


def drafts(ledger: Path) -> list[tuple[str, str, bool]]:
    found = ask(ledger, AS_OF, "drafts")["drafts"]
    return [(draft["draft"], draft["net"], draft["held"]) for draft in found]


def codes(ledger: Path) -> list[str]:
    result = decide(ledger, "check", "--format", "json")
    return [found["code"] for found in json.loads(result.stdout)["findings"]]


def position(ledger: Path) -> Any:
    return ask(ledger, AS_OF, "status")["projects"][0]


def memo(ledger: Path) -> dict[str, Decimal]:
    """The balance of each account of the memo circuit."""
    sums: dict[str, Decimal] = {}
    for entry in load(ledger).entries:
        if isinstance(entry, data.Transaction):
            for posting in entry.postings:
                if posting.units and posting.units.number and posting.units.currency == "HOUR":
                    known = sums.get(posting.account, Decimal(0))
                    sums[posting.account] = known + posting.units.number
    return sums


def test_an_approved_order_is_billed_from_the_day_of_its_approval(tmp_path: Path) -> None:
    ledger = books(tmp_path, HOURLY, ORDER + hours("a"))
    assert drafts(ledger) == [(DRAFT, "200.00", False)]
    printed = done(
        ledger, "approve", "APP", "CO-1", "--date", "2025-01-20", "--reason", 'By "mail"'
    )
    expected = '2025-01-20 custom "change-order-approval" "APP" "CO-1"\n  reason: "By \\"mail\\""\n'
    assert written(ledger) == expected
    assert printed == expected + "; written to decisions.beancount\n"
    assert drafts(ledger) == [(DRAFT, "450.00", False)]


def test_what_cannot_be_approved_is_refused(tmp_path: Path) -> None:
    rejected = ORDER.replace("CO-1", "CO-2") + "  rejected: 2025-01-20\n"
    ledger = books(tmp_path, HOURLY, ORDER + rejected)
    assert refused(ledger, "approve", "APQ", "CO-1") == 'unknown project "APQ"; did you mean "APP"?'
    assert refused(ledger, "approve", "APP", "CO1") == (
        'unknown change order "CO1"; did you mean "CO-1"?'
    )
    assert "was asked for on 2025-01-15" in refused(
        ledger, "approve", "APP", "CO-1", "--date", "2025-01-14"
    )
    assert refused(ledger, "approve", "APP", "CO-2") == (
        "CO-2 was rejected on 2025-01-20 (facts.beancount:3)"
    )
    done(ledger, "approve", "APP", "CO-1")
    assert refused(ledger, "approve", "APP", "CO-1") == (
        "CO-1 is approved already, on 2025-02-10 (decisions.beancount:1)"
    )


def test_an_order_under_a_former_id_is_approved_under_that_id(tmp_path: Path) -> None:
    old = ORDER.replace('"APP"', '"OLD"')
    ledger = books(tmp_path, HOURLY + "formerly: [OLD]\n", old + hours("a"))
    done(ledger, "approve", "OLD", "CO-1", "--date", "2025-01-20")
    assert '"change-order-approval" "OLD" "CO-1"' in written(ledger)
    assert codes(ledger) == []
    assert drafts(ledger) == [(DRAFT, "450.00", False)]


def test_a_draft_is_held_and_released_for_its_net_alone(tmp_path: Path) -> None:
    ledger = books(tmp_path, HOURLY, hours("a"))
    done(ledger, "hold", DRAFT, "--reason", "Scope under discussion")
    assert drafts(ledger) == [(DRAFT, "200.00", True)]
    assert codes(ledger) == ["billing-on-hold"]
    assert "on hold since 2025-02-10: Scope under discussion" in refused(ledger, "hold", DRAFT)
    done(ledger, "release", DRAFT)
    assert f'custom "billing-release" "APP" "{DRAFT}" 200.00 EUR' in written(ledger)
    assert drafts(ledger) == [(DRAFT, "200.00", False)]
    assert refused(ledger, "release", DRAFT) == f"{DRAFT} is not held: it can go out"
    facts = ledger.parent / "facts.beancount"
    facts.write_text(facts.read_text() + hours("b"))
    assert drafts(ledger) == [(DRAFT, "400.00", True)]


def test_a_held_milestone_is_released_and_lapses_with_another_amount(tmp_path: Path) -> None:
    ledger = books(tmp_path, FIXED, progress_text("2025-01-20", 60, project="APP", milestone="M2"))
    draft = "APP/milestone/2025-01-31"
    assert drafts(ledger) == [(draft, "600.00", True)]
    done(ledger, "release", draft, "--reason", "The client pays ahead")
    assert drafts(ledger) == [(draft, "600.00", False)]
    contract = ledger.parent / "contracts" / "app.yaml"
    contract.write_text(FIXED.replace("400", "300").replace("600", "700"))
    assert drafts(ledger) == [(draft, "700.00", True)]


def test_a_draft_that_data_holds_cannot_be_released(tmp_path: Path) -> None:
    ledger = books(tmp_path, HEAD + "billing: time-and-materials\n", hours("a"))
    assert refused(ledger, "release", DRAFT) == (
        f"{DRAFT} is held by rate-missing, which cannot be released; add a rate to the contract "
        "that applies on the work date"
    )


def test_a_project_is_held_from_a_day_on_until_it_is_released(tmp_path: Path) -> None:
    weekly = HOURLY + "triggers: {type: time, every: week}\n"
    ledger = books(tmp_path, weekly, hours("a") + hours("b", day="2025-02-04"))
    early, late = "APP/time/2025-01-12", "APP/time/2025-02-09"
    result = decide(ledger, "hold", "APP", "--date", "2025-02-01")
    assert result.exit_code == 0
    assert f"drafts dated before 2025-02-01 are not held: {early}" in result.stderr
    assert drafts(ledger) == [(early, "200.00", False), (late, "200.00", True)]
    assert refused(ledger, "hold", "APP") == (
        "APP is on hold already, since 2025-02-01 (decisions.beancount:1)"
    )
    assert "cannot be released on 2025-01-31" in refused(
        ledger, "release", "APP", "--date", "2025-01-31"
    )
    done(ledger, "release", "APP")
    assert [held for _, _, held in drafts(ledger)] == [False, False]
    assert "no hold of all of APP stands" in refused(ledger, "release", "APP")


def test_a_release_that_would_come_before_its_hold_is_refused(tmp_path: Path) -> None:
    """Of one day the ledger's order decides: a hold further down another file comes later."""
    hold = "\n" * 40 + f'{AS_OF} custom "billing-hold" "APP" "{DRAFT}"\n'
    ledger = books(tmp_path, HOURLY, hours("a") + hold)
    assert "this would not release it: billing of" in refused(ledger, "release", DRAFT)
    done(ledger, "hold", "APP", "--date", "2025-02-09")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("hold", "APP/time/2025-01-30"), f'did you mean "{DRAFT}"?'),
        (("release", "APP/time/2025-01-30"), f'did you mean "{DRAFT}"?'),
        (("hold", "APX"), 'unknown project "APX"; did you mean "APP"?'),
        (("write-off", "APX", "a-1"), 'unknown project "APX"; did you mean "APP"?'),
        (("write-off", "APP", "a-2"), 'unknown entry "a-2"; did you mean "a-1"?'),
        (("hold", DRAFT, "--date", "1.2.2025"), "is not a date"),
    ],
)
def test_what_is_called_nothing_is_refused(
    tmp_path: Path, args: tuple[str, ...], said: str
) -> None:
    assert said in refused(books(tmp_path, HOURLY, hours("a-1")), *args)


def test_written_off_entries_become_non_billable_once(tmp_path: Path) -> None:
    ledger = books(tmp_path, HOURLY, hours("a", "b") + hours("c", person="ben"))
    done(ledger, "write-off", "APP", "a", "c", "--reason", "Goodwill")
    assert written(ledger) == (
        '2025-02-10 custom "write-off" "APP" "a" "c"\n'
        '  reason: "Goodwill"\n'
        "\n"
        '2025-02-10 * "ACME Corp" "APP Written off: Goodwill" #closed\n'
        '  project: "APP"\n'
        '  reason: "Goodwill"\n'
        "  Equity:Time:Unbilled:APP       -2.0000 HOUR\n"
        '    person: "ana"\n'
        "  Equity:Time:NonBillable:APP     2.0000 HOUR\n"
        '    person: "ana"\n'
        '    line: "Written off: Goodwill"\n'
        '    kind: "write-off"\n'
        '    entries: "\n'
        '      2025-01-10 ana 2.0000 a dev"\n'
        "  Equity:Time:Unbilled:APP       -2.0000 HOUR\n"
        '    person: "ben"\n'
        "  Equity:Time:NonBillable:APP     2.0000 HOUR\n"
        '    person: "ben"\n'
        '    line: "Written off: Goodwill"\n'
        '    kind: "write-off"\n'
        '    entries: "\n'
        '      2025-01-10 ben 2.0000 c dev"\n'
    )
    assert drafts(ledger) == [(DRAFT, "200.00", False)]
    assert codes(ledger) == []
    told = position(ledger)["hours"]
    assert (told["worked"], told["non-billable"], told["unbilled"], told["billed"]) == (
        "6.00",
        "4.00",
        "2.00",
        "0.00",
    )
    assert memo(ledger) == {
        "Equity:Time:Unbilled:APP": Decimal(2),
        "Equity:Time:NonBillable:APP": Decimal(4),
        "Equity:Time:Worked:Ana": Decimal(-4),
        "Equity:Time:Worked:Ben": Decimal(-2),
    }
    assert refused(ledger, "write-off", "APP", "a") == (
        "a was written off already, on 2025-02-10 (decisions.beancount:1)"
    )


def test_a_written_off_entry_that_is_edited_afterwards_is_found(tmp_path: Path) -> None:
    ledger = books(tmp_path, HOURLY, hours("a"))
    done(ledger, "write-off", "APP", "a")
    (tmp_path / "facts.beancount").write_text(hours("a", seconds=10800))
    found = json.loads(decide(ledger, "check", "--format", "json").stdout)["findings"]
    assert [(one["code"], one["amount"]) for one in found] == [("invoiced-entry-changed", None)]
    assert (
        "was closed on 2025-02-10 and has changed since: hours 2:00, now 3:00"
        in (found[0]["message"])
    )


def test_a_write_off_without_its_transaction_counts_as_well(tmp_path: Path) -> None:
    by_hand = '2025-02-01 custom "write-off" "APP" "a"\n'
    ledger = books(tmp_path, HOURLY, hours("a", "b"), decisions=by_hand)
    assert drafts(ledger) == [(DRAFT, "200.00", False)]
    assert position(ledger)["hours"]["non-billable"] == "2.00"
    assert "a was written off already, on 2025-02-01" in refused(ledger, "write-off", "APP", "a")


def test_a_write_off_before_its_day_writes_nothing_off(tmp_path: Path) -> None:
    ledger = books(tmp_path, HOURLY, hours("a"))
    done(ledger, "write-off", "APP", "a")
    found = ask(ledger, "2025-02-09", "drafts")["drafts"]
    assert [(draft["draft"], draft["net"]) for draft in found] == [(DRAFT, "200.00")]


def test_a_written_off_draft_of_hours_does_not_swallow_later_ones(tmp_path: Path) -> None:
    ledger = books(tmp_path, HOURLY, hours("a"))
    done(ledger, "write-off", "APP", DRAFT)
    assert drafts(ledger) == []
    assert position(ledger)["unbilled"] == "0.00"
    facts = ledger.parent / "facts.beancount"
    facts.write_text(facts.read_text() + hours("b"))
    assert drafts(ledger) == [(DRAFT, "200.00", False)]


def test_a_written_off_draft_of_a_milestone_is_gone_with_its_hours(tmp_path: Path) -> None:
    report = progress_text("2025-01-20", 100, project="APP", milestone="M1")
    ledger = books(tmp_path, HYBRID, hours("a") + report)
    draft = "APP/hybrid/2025-01-20"
    assert drafts(ledger) == [(draft, "600.00", False)]
    done(ledger, "write-off", "APP", draft, "--reason", "Settled")
    assert drafts(ledger) == []
    assert f'custom "write-off" "APP" "{draft}" 400.00 EUR' in written(ledger)
    told = position(ledger)
    assert (told["unbilled"], told["drafts"], told["hours"]["unbilled"]) == ("0.00", "0.00", "0.00")
    assert codes(ledger) == []
    assert f"{draft} was written off already, on 2025-02-10" in refused(
        ledger, "write-off", "APP", draft
    )


def test_what_cannot_be_written_off_is_refused_at_once(tmp_path: Path) -> None:
    other = "project: TWO\nclient: acme\nbilling: time-and-materials\nrates: {default: 1}\n"
    facts = hours("a", "b") + time_text("t", "2025-01-10", 3600, project="TWO", person="ben")
    facts += time_text("n", "2025-01-11", 60, project="APP", person="ana", account="NonBillable")
    ledger = books(tmp_path, HOURLY, facts)
    (tmp_path / "contracts" / "two.yaml").write_text(other)
    bill = open_book(str(ledger)).billing.drafts[0]
    invoice = issued_text(bill, "INV-2025-0001", bill.date)
    facts_file = tmp_path / "facts.beancount"
    facts_file.write_text(facts + invoice)
    lines = refused(ledger, "write-off", "APP", "a", "t", "n", "x").splitlines()
    assert lines[0].startswith("a is on invoice INV-2025-0001 (facts.beancount:")
    assert lines[1:] == [
        "t is an entry of TWO, not of APP",
        "n is not billable; there is nothing to write off",
        'unknown entry "x"; `projbill drafts` lists what can be billed',
    ]
    assert f"{DRAFT} was issued as INV-2025-0001" in refused(ledger, "write-off", "APP", DRAFT)


def test_work_is_not_written_off_before_it_was_done(tmp_path: Path) -> None:
    ledger = books(tmp_path, HOURLY, hours("a"))
    assert refused(ledger, "write-off", "APP", "a", "--date", "2025-01-09") == (
        "a is dated 2025-01-10; it cannot be written off on 2025-01-09"
    )
    closed = FIRM + "closed-until: 2025-01-31\n"
    (tmp_path / "projbill.yaml").write_text(closed)
    assert "the books are closed until 2025-01-31" in refused(
        ledger, "write-off", "APP", "a", "--date", "2025-01-31"
    )


def test_what_a_credit_note_freed_of_an_entry_can_be_written_off(tmp_path: Path) -> None:
    ledger = books(tmp_path, HOURLY, hours("a"))
    draft = open_book(str(ledger)).billing.drafts[0]
    half = draft.lines[0].entries[0]._replace(seconds=3600, billed_seconds=3600)
    line = draft.lines[0]._replace(amount=Decimal("100.00"), seconds=3600, entries=(half,))
    facts = tmp_path / "facts.beancount"
    facts.write_text(
        facts.read_text()
        + issued_text(draft, "INV-2025-0001", draft.date)
        + credit_text(draft, "CN-2025-0001", draft.date, "INV-2025-0001", [line])
    )
    assert position(ledger)["unbilled"] == "100.00"
    done(ledger, "write-off", "APP", "a")
    assert "2025-01-10 ana 1.0000 a dev" in written(ledger)
    assert position(ledger)["unbilled"] == "0.00"
    assert codes(ledger) == []
    assert set(memo(ledger).items()) >= {
        ("Equity:Time:Unbilled:APP", Decimal(0)),
        ("Equity:Time:NonBillable:APP", Decimal(1)),
        ("Equity:Time:Billed:APP", Decimal(1)),
    }


def test_a_balance_assertion_that_would_fail_refuses_the_write_off(tmp_path: Path) -> None:
    asserted = "2025-02-05 balance Equity:Time:Unbilled:APP  2.0000 HOUR\n"
    ledger = books(tmp_path, HOURLY, hours("a") + asserted)
    assert "Balance failed" in refused(ledger, "write-off", "APP", "a", "--date", "2025-02-01")
    done(ledger, "write-off", "APP", "a")


def test_a_dry_run_prints_and_writes_nothing(tmp_path: Path) -> None:
    ledger = books(tmp_path, HOURLY, ORDER + hours("a"))
    for args in (
        ("approve", "APP", "CO-1"),
        ("hold", "APP"),
        ("hold", DRAFT),
        ("write-off", "APP", "a"),
    ):
        printed = done(ledger, *args, "--dry-run")
        assert printed.startswith("2025-02-10 custom ")
        assert printed.endswith("; dry run: nothing was written\n")
        told = json.loads(done(ledger, *args, "--dry-run", "--format", "json"))
        assert told["files"] == []
        assert printed == told["entry"] + "; dry run: nothing was written\n"
    assert written(ledger) == ""


def test_json_names_the_file_and_what_was_added(tmp_path: Path) -> None:
    firm = FIRM + "files: {decisions: books/decided.beancount}\n"
    ledger = books(tmp_path, HOURLY, hours("a"), firm=firm)
    (tmp_path / "books").mkdir()
    (tmp_path / "books" / "decided.beancount").write_text("; decided\n")
    ledger.write_text(ledger.read_text() + 'include "books/*.beancount"\n')
    told = json.loads(done(ledger, "hold", DRAFT, "--format", "json"))
    assert told == {
        "files": ["books/decided.beancount"],
        "entry": f'2025-02-10 custom "billing-hold" "APP" "{DRAFT}"\n',
    }
    assert (tmp_path / "books" / "decided.beancount").read_text() == "; decided\n\n" + told["entry"]


def test_a_file_that_the_ledger_does_not_include_is_remarked(tmp_path: Path) -> None:
    ledger = write_ledger(tmp_path, AS_OF, contracts={"APP": HOURLY}, facts=hours("a"))
    result = decide(ledger, "write-off", "APP", "a")
    assert result.exit_code == 0, result.output
    assert 'the ledger does not include this file; add to main.beancount: include "decisions' in (
        result.stderr
    )
    again = decide(ledger, "write-off", "APP", "a")
    assert again.exit_code == 2
    assert "it already says so, but the ledger does not include it" in again.stderr


def test_the_file_keeps_its_line_ends_and_what_it_has(tmp_path: Path) -> None:
    ledger = books(tmp_path, HOURLY, ORDER + hours("a"))
    path = tmp_path / "decisions.beancount"
    path.write_bytes(b'; decided by us\r\n2025-01-01 event "x" "y"')
    done(ledger, "approve", "APP", "CO-1")
    assert path.read_bytes() == (
        b'; decided by us\r\n2025-01-01 event "x" "y"\r\n\r\n'
        b'2025-02-10 custom "change-order-approval" "APP" "CO-1"\r\n'
    )


def test_names_with_quotes_and_roots_of_other_names_are_read_back(tmp_path: Path) -> None:
    option = 'option "name_equity" "Eigenkapital"\n'
    facts = option + hours('q\\"1').replace("Equity:", "Eigenkapital:")
    ledger = books(tmp_path, HOURLY, facts)
    ledger.write_text(option + ledger.read_text())
    done(ledger, "write-off", "APP", 'q\\"1', "--reason", "Ort: Köln\n2. Zeile")
    assert "Eigenkapital:Time:NonBillable:APP" in written(ledger)
    assert 'reason: "Ort: Köln 2. Zeile"' in written(ledger)
    assert drafts(ledger) == []


def test_two_that_decide_at_once_both_are_heard(tmp_path: Path) -> None:
    ledger = books(tmp_path, HOURLY, ORDER + hours("a"))
    code = "from projbill_beancount.cli import main; main()"
    command = (sys.executable, "-c", code, "-f", str(ledger), "--as-of", AS_OF)
    running = [
        subprocess.Popen([*command, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for args in (("approve", "APP", "CO-1"), ("hold", DRAFT))
    ]
    assert [process.wait(60) for process in running] == [0, 0]
    for process in running:
        process.communicate()
    assert written(ledger).count(" custom ") == 2


def test_a_written_off_fee_is_gone_with_its_hours(tmp_path: Path) -> None:
    retainer = HEAD + (
        "billing: retainer\nrates: {default: 120}\nretainer: {fee: 1000, hours: 3}\n"
    )
    ledger = books(tmp_path, retainer, hours("a", "b"))
    assert drafts(ledger) == [(DRAFT, "1120.00", False)]
    done(ledger, "write-off", "APP", DRAFT)
    assert f'custom "write-off" "APP" "{DRAFT}" 1000.00 EUR' in written(ledger)
    assert (drafts(ledger), codes(ledger)) == ([], [])
    assert position(ledger)["unbilled"] == "0.00"
    assert memo(ledger)["Equity:Time:Unbilled:APP"] == 0
    assert memo(ledger)["Equity:Time:NonBillable:APP"] == 4


def test_one_payers_share_is_written_off_alone(tmp_path: Path) -> None:
    shared = HOURLY.replace("client: acme\n", "client: acme\nsplit: {acme: 60, bolt: 40}\n")
    firm = FIRM.replace("people:", "  bolt: {name: BOLT AG}\npeople:")
    facts = "2025-01-01 open Assets:Receivable:BOLT\n" + hours("a")
    ledger = books(tmp_path, shared, facts, firm)
    done(ledger, "write-off", "APP", f"{DRAFT}/bolt")
    assert drafts(ledger) == [(f"{DRAFT}/acme", "120.00", False)]
    assert "#closed" not in written(ledger)
    assert position(ledger)["unbilled"] == "120.00"


def test_a_change_order_on_a_written_off_draft_is_not_billed_later(tmp_path: Path) -> None:
    approved = ORDER + "  approved: 2025-01-16\n"
    ledger = books(tmp_path, HOURLY, approved + hours("a"))
    assert drafts(ledger) == [(DRAFT, "450.00", False)]
    done(ledger, "write-off", "APP", DRAFT)
    assert f'custom "write-off" "APP" "{DRAFT}" 250.00 EUR' in written(ledger)
    assert ask(ledger, "2025-04-10", "drafts")["drafts"] == []


def test_a_draft_without_prices_is_written_off_by_its_hours(tmp_path: Path) -> None:
    ledger = books(tmp_path, HEAD + "billing: time-and-materials\n", hours("a"))
    assert drafts(ledger) == [(DRAFT, "0.00", True)]
    done(ledger, "write-off", "APP", DRAFT)
    assert (drafts(ledger), codes(ledger)) == ([], [])


def test_credits_and_expenses_are_not_written_off(tmp_path: Path) -> None:
    expense = (
        "2025-01-01 open Expenses:Travel\n2025-01-01 open Income:Reimbursed:APP\n"
        '2025-01-12 * "Hotel" "Hotel"\n  Expenses:Travel  80.00 EUR\n    project: "APP"\n'
        '    billable: TRUE\n    id: "exp-1"\n  Assets:Bank  -80.00 EUR\n'
    )
    less = ORDER.replace("250.00", "-900.00") + "  approved: 2025-01-16\n"
    ledger = books(tmp_path, HOURLY, expense + less + hours("a"))
    assert "exp-1 is an expense: set `billable: FALSE` on it" in refused(
        ledger, "write-off", "APP", "exp-1"
    )
    assert drafts(ledger) == [(DRAFT, "-620.00", True)]
    assert "is a credit, which you owe" in refused(ledger, "write-off", "APP", DRAFT)
    assert "held by negative-invoice, which cannot be released" in refused(ledger, "release", DRAFT)


def test_a_decision_for_a_later_day_says_from_when_it_counts(tmp_path: Path) -> None:
    held = f'2025-02-01 custom "billing-hold" "APP" "{DRAFT}"\n'
    ledger = books(tmp_path, HOURLY, hours("a") + held)
    result = decide(ledger, "release", DRAFT, "--date", "2025-03-01")
    assert result.exit_code == 0, result.output
    assert "note: this counts from 2025-03-01 on, and the books are billed as of 2025-02-10" in (
        result.stderr
    )
    assert [held for _, _, held in drafts(ledger)] == [True]
    found = ask(ledger, "2025-03-01", "drafts")["drafts"]
    assert [draft["held"] for draft in found if draft["draft"] == DRAFT] == [False]


def test_a_change_order_that_is_approved_lifts_what_it_held(tmp_path: Path) -> None:
    contract = FIXED.replace("bill: {date: 2025-01-31}", "change-order: CO-1").replace(
        "value: 1000", "value: 400"
    )
    report = progress_text("2025-01-20", 100, project="APP", milestone="M2")
    ledger = books(tmp_path, contract, ORDER.replace("250", "600") + report)
    assert [held for _, _, held in drafts(ledger)] == [True]
    assert codes(ledger) == ["change-order-unapproved"]
    done(ledger, "approve", "APP", "CO-1")
    assert [(net, held) for _, net, held in drafts(ledger)] == [("600.00", False)]
    assert codes(ledger) == []


def test_a_hold_and_a_release_through_an_encrypted_file_are_refused(tmp_path: Path) -> None:
    firm = FIRM + "files: {decisions: decisions.beancount.gpg}\n"
    ledger = books(tmp_path, HOURLY, hours("a"), firm)
    assert "it is encrypted; name another file in projbill.yaml" in refused(ledger, "hold", DRAFT)


def test_an_entry_and_its_draft_are_written_off_once(tmp_path: Path) -> None:
    ledger = books(tmp_path, HOURLY, hours("a", "b"))
    done(ledger, "write-off", "APP", "a", DRAFT, "a")
    assert drafts(ledger) == []
    assert memo(ledger)["Equity:Time:Unbilled:APP"] == 0
    assert position(ledger)["hours"]["non-billable"] == "4.00"


def test_the_ledgers_own_digits_are_moved(tmp_path: Path) -> None:
    """What was posted with other places leaves nothing behind."""
    third = hours("a", seconds=1200).replace("0.3333", "0.33333")
    ledger = books(tmp_path, HOURLY, third + hours("b").replace("2.0000", "2"))
    done(ledger, "write-off", "APP", DRAFT)
    assert "2025-01-10 ana 0.33333 a dev" in written(ledger)
    assert memo(ledger)["Equity:Time:Unbilled:APP"] == 0
    assert position(ledger)["hours"]["non-billable"] == "2.3333"
    assert codes(ledger) == []


def test_hours_under_a_former_id_leave_the_account_of_that_id(tmp_path: Path) -> None:
    old = hours("a").replace("Unbilled:APP", "Unbilled:OLD")
    ledger = books(tmp_path, HOURLY + "formerly: [OLD]\n", old)
    done(ledger, "write-off", "OLD", "a")
    assert 'custom "write-off" "APP" "a"' in written(ledger)
    assert memo(ledger)["Equity:Time:Unbilled:OLD"] == 0
    assert memo(ledger)["Equity:Time:NonBillable:OLD"] == 2
    assert (drafts(ledger), codes(ledger)) == ([], [])


@pytest.mark.parametrize("opens", ["", 'plugin "beancount.plugins.auto_accounts"\n'])
def test_without_our_plugin_an_account_must_be_open(tmp_path: Path, opens: str) -> None:
    """Beancount would refuse the account of hours that nobody opens; a plugin may open it."""
    ledger = books(tmp_path, HOURLY, hours("a"))
    known = "".join(
        f"2020-01-01 open Equity:Time:{name}\n" for name in ("Unbilled:APP", "Worked:Ana")
    )
    lines = [line for line in ledger.read_text().splitlines() if "plugins.billing" not in line]
    ledger.write_text(opens + "\n".join(lines) + "\n" + ("" if opens else known))
    if opens:
        done(ledger, "write-off", "APP", "a")
    else:
        assert "unknown account 'Equity:Time:NonBillable:APP'" in refused(
            ledger, "write-off", "APP", "a"
        )


def test_what_one_payer_was_billed_for_is_written_off_by_the_others_draft(tmp_path: Path) -> None:
    shared = HOURLY.replace("client: acme\n", "client: acme\nsplit: {acme: 60, bolt: 40}\n")
    firm = FIRM.replace("people:", "  bolt: {name: BOLT AG}\npeople:")
    opened = "2025-01-01 open Assets:Receivable:BOLT\n"
    ledger = books(tmp_path, shared, opened + hours("a"), firm)
    first = open_book(str(ledger)).billing.drafts[0]
    facts = tmp_path / "facts.beancount"
    facts.write_text(facts.read_text() + issued_text(first, "INV-2025-0001", first.date))
    assert "write off the other payers' drafts" in refused(ledger, "write-off", "APP", "a")
    done(ledger, "write-off", "APP", f"{DRAFT}/bolt")
    assert (drafts(ledger), codes(ledger)) == ([], [])


def test_hours_that_two_payers_share_are_written_off_for_both(tmp_path: Path) -> None:
    shared = HOURLY.replace("client: acme\n", "client: acme\nsplit: {acme: 60, bolt: 40}\n")
    firm = FIRM.replace("people:", "  bolt: {name: BOLT AG}\npeople:")
    opened = "2025-01-01 open Assets:Receivable:BOLT\n"
    ledger = books(tmp_path, shared, opened + hours("a", "b"), firm)
    done(ledger, "write-off", "APP", "a")
    assert drafts(ledger) == [(f"{DRAFT}/acme", "120.00", False), (f"{DRAFT}/bolt", "80.00", False)]
    assert codes(ledger) == []
    assert memo(ledger)["Equity:Time:NonBillable:APP"] == 2
    told = position(ledger)["hours"]
    assert (told["worked"], told["non-billable"], told["unbilled"]) == ("4.00", "2.00", "2.00")
