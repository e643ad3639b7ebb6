"""Issuing: numbers, frozen text, what is refused, and books that read as before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from projbill_beancount.ledger.write import appended
from tests.issue_books import APP
from tests.issue_books import FACTS
from tests.issue_books import FIRM
from tests.issue_books import OPENS
from tests.issue_books import WEB
from tests.issue_books import ask
from tests.issue_books import balances
from tests.issue_books import hours
from tests.issue_books import invoices_of
from tests.issue_books import projbill
from tests.issue_books import write_books
from tests.ledgers import progress_text
from tests.ledgers import time_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return write_books(tmp_path)


def test_all_ready_drafts_get_numbers_in_order_of_date(ledger: Path) -> None:
    issued = ask(ledger, "issue")
    assert [
        (one["invoice"], *one["drafts"], one["date"], one["due"]) for one in issued["invoices"]
    ] == [
        ("INV-2025-0001", "WEB/milestone/2025-03-14", "2025-05-05", "2025-06-04"),
        ("INV-2025-0002", "APP/time/2025-03-31", "2025-05-05", "2025-06-04"),
        ("INV-2025-0003", "WEB/milestone/2025-04-10", "2025-05-05", "2025-06-04"),
        ("INV-2025-0004", "APP/time/2025-04-30", "2025-05-05", "2025-06-04"),
    ]
    assert issued["file"] == "invoices.beancount"
    assert ask(ledger, "drafts")["drafts"] == []
    assert ask(ledger, "check")["findings"] == []
    assert balances(ledger) == {
        "Assets:Receivable:ACME": "1776.00 EUR",
        "Assets:Receivable:BOLT": "7200.00 EUR",
        "Equity:Time:Billed:APP": "15.5000 HOUR",
        "Equity:Time:Worked:Ana": "-11.5000 HOUR",
        "Equity:Time:Worked:Ben": "-4.0000 HOUR",
        "Income:Services:APP": "-1480.00 EUR",
        "Income:Services:WEB": "-6000.00 EUR",
        "Liabilities:VAT:Output": "-1496.00 EUR",
    }


def test_an_invoice_says_everything_in_text(ledger: Path) -> None:
    projbill(ledger, "issue", "APP/time/2025-03-31")
    head, _, digest = invoices_of(ledger).partition("  digest: ")
    assert (
        head
        == """\
; invoices

2025-05-05 * "ACME Corp" "INV-2025-0001 Shop app, 2025-03" #invoice ^INV-2025-0001
  invoice: "INV-2025-0001"
  project: "APP"
  draft: "APP/time/2025-03-31"
  period-start: 2025-03-01
  period-end: 2025-03-31
  due: 2025-06-04
  net: 1280.00 EUR
  total: 1536.00 EUR
  seller: "Northlight IT GmbH, Hafenstr. 1, 20457 Hamburg, DE, DE1"
  buyer: "ACME Corp, Werkstr. 12, DE"
  reference: "PO-4711"
  format: 1
"""
    )
    assert (
        digest.partition("\n")[2]
        == """\
  Assets:Receivable:ACME     1536.00 EUR
  Income:Services:APP       -1000.00 EUR
    line: "dev"
    kind: "time"
    quantity: 10.00 HOUR
    price: 100.00 EUR
    task: "dev"
    tax: "V"
    entries: "
      2025-03-03 ana 6.0000 t-1 dev
      2025-03-05 ben 4.0000 t-3 dev"
  Income:Services:APP        -280.00 EUR
    line: "support"
    kind: "time"
    quantity: 3.50 HOUR
    price: 80.00 EUR
    task: "support"
    tax: "V"
    entries: "
      2025-03-04 ana 3.5000 t-2 support"
  Liabilities:VAT:Output     -256.00 EUR
    tax: "V"
    rate: 20
    base: 1280.00 EUR
  Equity:Time:Unbilled:APP   -9.5000 HOUR
    person: "ana"
  Equity:Time:Unbilled:APP   -4.0000 HOUR
    person: "ben"
  Equity:Time:Billed:APP     13.5000 HOUR
"""
    )


def test_only_the_invoice_file_changes_and_only_at_its_end(ledger: Path) -> None:
    def files() -> dict[str, bytes]:
        return {
            str(path): path.read_bytes()
            for path in ledger.parent.rglob("*")
            if path.is_file() and not path.name.endswith(".lock")
        }

    before = files()
    assert "INV-2025-0001" in projbill(ledger, "issue", "--dry-run").stdout
    assert files() == before
    projbill(ledger, "issue", "APP")
    after = files()
    path = str(ledger.parent / "invoices.beancount")
    assert after.pop(path).startswith(before.pop(path))
    assert after == before


def test_numbers_go_on_and_begin_anew_with_the_year(ledger: Path) -> None:
    projbill(ledger, "issue", "WEB")
    (one,) = ask(ledger, "issue", "APP/time/2025-03-31", as_of="2025-12-31")["invoices"]
    (two,) = ask(ledger, "issue", "APP", as_of="2026-01-02")["invoices"]
    assert (one["invoice"], two["invoice"]) == ("INV-2025-0003", "INV-2026-0001")
    codes = {row["code"] for row in ask(ledger, "check", as_of="2026-01-02")["findings"]}
    assert codes <= {"invoice-overdue"}


def test_patterns_and_the_first_number_are_the_firms(tmp_path: Path) -> None:
    ledger = write_books(tmp_path)
    config = tmp_path / "projbill.yaml"
    numbering = 'numbering: {invoice: "{year}{month:02}-{number:03}", start: 41}\n'
    config.write_text(FIRM + numbering)
    names = [one["invoice"] for one in ask(ledger, "issue")["invoices"]]
    assert names == ["202505-041", "202505-042", "202505-043", "202505-044"]


def test_a_date_before_the_series_or_the_draft_is_refused(ledger: Path) -> None:
    projbill(ledger, "issue", "WEB/milestone/2025-03-14", "--date", "2025-04-20")
    early = projbill(ledger, "issue", "APP/time/2025-03-31", "--date", "2025-04-19", status=2)
    assert early.stderr == (
        "INV-2025-0001 is dated 2025-04-20: the next number cannot be dated 2025-04-19, before that\n"
    )
    before = projbill(ledger, "issue", "APP/time/2025-03-31", "--date", "2025-03-30", status=2)
    assert "APP/time/2025-03-31 is dated 2025-03-31" in before.stderr
    later = projbill(ledger, "issue", "--date", "2025-06-01", status=2)
    assert "is after 2025-05-05, the day of the books" in later.stderr
    (one,) = ask(ledger, "issue", "APP/time/2025-03-31", "--date", "2025-04-20")["invoices"]
    assert (one["date"], one["due"]) == ("2025-04-20", "2025-05-20")


def test_an_earlier_ready_draft_of_the_contract_is_not_skipped(ledger: Path) -> None:
    skipped = projbill(ledger, "issue", "APP/time/2025-04-30", status=2)
    assert skipped.stderr.startswith("APP/time/2025-03-31 is earlier than APP/time/2025-04-30")
    projbill(ledger, "hold", "APP/time/2025-03-31", "--reason", "client away")
    issued = ask(ledger, "issue", "APP/time/2025-04-30")["invoices"]
    assert [one["invoice"] for one in issued] == ["INV-2025-0001"]
    held = projbill(ledger, "issue", "APP/time/2025-03-31", status=2)
    assert "APP/time/2025-03-31 is held: billing-on-hold" in held.stderr
    assert "client away" in held.stderr


def test_what_is_unknown_is_refused_with_the_nearest_name(ledger: Path) -> None:
    wrong = projbill(ledger, "issue", "APP/time/2025-03-13", status=2)
    assert wrong.stderr == (
        'there is no project or draft "APP/time/2025-03-13"; did you mean "APP/time/2025-03-31"?\n'
    )
    client = projbill(ledger, "issue", "--client", "acne", status=2)
    assert client.stderr == 'there is no client "acne"; known: acme, bolt\n'
    assert "Nothing to issue" in projbill(ledger, "issue", "APP", as_of="2025-01-31").stdout


def test_drafts_are_chosen_by_client(ledger: Path) -> None:
    issued = ask(ledger, "issue", "--client", "bolt")["invoices"]
    assert [one["drafts"] for one in issued] == [
        ["WEB/milestone/2025-03-14"],
        ["WEB/milestone/2025-04-10"],
    ]


def test_projects_of_a_client_are_billed_together(tmp_path: Path) -> None:
    ledger = write_books(tmp_path, APP=APP, WEB=WEB.replace("client: bolt", "client: acme"))
    (one,) = ask(ledger, "issue", "--together", "acme")["invoices"]
    assert (one["net"], one["total"]) == ("7480.00", "8976.00")
    assert one["drafts"] == [
        "WEB/milestone/2025-03-14",
        "APP/time/2025-03-31",
        "WEB/milestone/2025-04-10",
        "APP/time/2025-04-30",
    ]
    assert one["entry"].count('    project: "WEB"\n    draft: "WEB/') == 2
    assert ask(ledger, "drafts")["drafts"] == []
    assert ask(ledger, "check")["findings"] == []
    billed = {row["project"]: row["billed"] for row in ask(ledger, "status")["projects"]}
    assert billed == {"APP": "1480.00", "WEB": "6000.00"}


def test_taxes_of_a_joint_invoice_are_rounded_once(tmp_path: Path) -> None:
    contracts = {
        name: f"project: {name}\nclient: acme\nbilling: fixed-fee\nvalue: 33.33\nbill: complete\n"
        for name in ("A", "B", "C")
    }
    facts = "".join(
        f'2025-03-01 * "x" "done"\n  project: "{name}"\n  complete: "100 %"\n'
        f"  Equity:Time:Unbilled:{name}  0.0000 HOUR\n\n"
        for name in contracts
    )
    ledger = write_books(tmp_path, facts, **contracts)
    (one,) = ask(ledger, "issue", "--together", "acme")["invoices"]
    assert (one["net"], one["total"]) == ("99.99", "119.99")
    assert ask(ledger, "check")["findings"] == []


def test_past_months_read_the_same_before_and_after(ledger: Path) -> None:
    days = ("2025-04-01", "2025-05-01", "2025-06-01")

    def income() -> list[tuple[str | None, str | None]]:
        return [
            (seen.get("Income:Services:APP"), seen.get("Income:Services:WEB"))
            for seen in (balances(ledger, day) for day in days)
        ]

    before = income()
    assert before[0] == ("-1280.00 EUR", "-3000.00 EUR")
    projbill(ledger, "issue")
    assert income() == before


def test_hours_of_three_thirds_leave_unbilled_as_posted(tmp_path: Path) -> None:
    facts = OPENS + "".join(hours(f"t-{n}", f"2025-03-0{n}", 1 / 3) for n in (3, 4, 5))
    ledger = write_books(tmp_path, facts, APP=APP)
    (one,) = ask(ledger, "issue")["invoices"]
    assert one["net"] == "100.00"
    assert balances(ledger)["Equity:Time:Billed:APP"] == "0.9999 HOUR"
    assert "Equity:Time:Unbilled:APP" not in balances(ledger)
    assert ask(ledger, "check")["findings"] == []


def test_work_that_costs_nothing_is_closed_without_a_number(tmp_path: Path) -> None:
    app = APP.replace("default: 100", "default: 0")
    gate = "project: GATE\nclient: acme\nbilling: fixed-fee\nmilestones: {G: {value: 0}, H: {value: 5}}\n"
    facts = (
        OPENS
        + hours("t-1", "2025-03-03", 2)
        + (
            '2025-03-09 * "x" "gate"\n  project: "GATE"\n  milestone: "G"\n  complete: "100 %"\n'
            "  Equity:Time:Unbilled:GATE  0.0000 HOUR\n"
        )
    )
    ledger = write_books(tmp_path, facts, APP=app, GATE=gate)
    assert [row["code"] for row in ask(ledger, "check")["findings"]] == ["zero-invoice"] * 2
    issued = ask(ledger, "issue")["invoices"]
    assert [(one["invoice"], one["net"]) for one in issued] == [(None, "0.00")] * 2
    assert ask(ledger, "check")["findings"] == []
    assert balances(ledger)["Equity:Time:Billed:APP"] == "2.0000 HOUR"
    assert ask(ledger, "issue")["invoices"] == []


def test_a_ledger_with_errors_is_refused(ledger: Path) -> None:
    facts = ledger.parent / "facts.beancount"
    facts.write_text(FACTS + "\n2025-04-01 balance Assets:Bank  7.00 EUR\n")
    before = invoices_of(ledger)
    refused = projbill(ledger, "issue", status=2)
    assert "Balance failed for 'Assets:Bank'" in refused.stderr
    assert "the ledger has to load without errors" in refused.stderr
    assert invoices_of(ledger) == before


def test_a_ledger_that_would_not_load_with_it_is_refused(ledger: Path) -> None:
    facts = ledger.parent / "facts.beancount"
    facts.write_text(FACTS + "\n2025-05-06 balance Assets:Receivable:ACME  0.00 EUR\n")
    before = invoices_of(ledger)
    refused = projbill(ledger, "issue", status=2)
    assert "with the new entry the ledger would not load" in refused.stderr
    assert "Balance failed for 'Assets:Receivable:ACME'" in refused.stderr
    assert invoices_of(ledger) == before


def test_an_invoice_file_that_is_not_included_is_refused(ledger: Path) -> None:
    text = ledger.read_text().replace('include "invoices.beancount"\n', "")
    ledger.write_text(text)
    refused = projbill(ledger, "issue", status=2)
    assert "the ledger does not include this file; add to" in refused.stderr
    assert 'include "invoices.beancount"' in refused.stderr


def _crlf(path: Path) -> None:
    path.write_bytes(b"; invoices\r\n; second\r\n")


def _no_last_line_end(path: Path) -> None:
    path.write_bytes(b"; invoices")


def _private(path: Path) -> None:
    path.chmod(0o600)


def _link(path: Path) -> None:
    real = path.with_name("elsewhere.txt")
    path.rename(real)
    path.symlink_to(real.name)


@pytest.mark.parametrize("prepare", [_crlf, _no_last_line_end, _private, _link])
def test_the_invoice_file_keeps_its_nature(ledger: Path, prepare: Callable[[Path], None]) -> None:
    path = ledger.parent / "invoices.beancount"
    prepare(path)
    before, mode, is_link = path.read_bytes(), path.stat().st_mode, path.is_symlink()
    projbill(ledger, "issue", "APP")
    after = path.read_bytes()
    assert after.startswith(before)
    assert (after.count(b"\n") == after.count(b"\r\n")) == (b"\r\n" in before)
    assert (path.stat().st_mode, path.is_symlink()) == (mode, is_link)
    assert "Assets:Receivable:ACME" in balances(ledger)


def test_a_byte_order_mark_stays_where_it_is() -> None:
    assert appended(b"\xef\xbb\xbf; invoices\r\n", "x\n") == b"\xef\xbb\xbf; invoices\r\n\r\nx\r\n"


def test_nothing_is_dated_into_a_closed_period(tmp_path: Path) -> None:
    ledger = write_books(tmp_path)
    (tmp_path / "projbill.yaml").write_text(FIRM + "closed-until: 2025-04-30\n")
    refused = projbill(ledger, "issue", "--date", "2025-04-30", status=2)
    assert "the books are closed until 2025-04-30" in refused.stderr
    issued = ask(ledger, "issue")["invoices"]
    assert {one["date"] for one in issued} == {"2025-05-05"}
    assert "Assets:Receivable:ACME" not in balances(ledger, "2025-05-01")


def test_everything_billable_is_billed_now(tmp_path: Path) -> None:
    facts = FACTS + hours("t-5", "2025-05-02", 1)
    ledger = write_books(tmp_path, facts)
    refused = projbill(ledger, "issue", "--now", status=2)
    assert "name the projects" in refused.stderr
    issued = ask(ledger, "issue", "APP", "--now")["invoices"]
    assert [(one["drafts"], one["net"]) for one in issued] == [
        (["APP/time/2025-03-31"], "1280.00"),
        (["APP/time/2025-04-30"], "200.00"),
        (["APP/time/2025-05-05"], "100.00"),
    ]
    assert "  period-start: 2025-05-01\n  period-end: 2025-05-05\n" in issued[2]["entry"]
    path = tmp_path / "facts.beancount"
    path.write_text(facts + hours("t-6", "2025-05-20", 2) + hours("t-7", "2025-05-03", 3))
    (may,) = [
        one
        for one in ask(ledger, "drafts", as_of="2025-05-31")["drafts"]
        if one["project"] == "APP"
    ]
    assert (may["draft"], may["net"]) == ("APP/time/2025-05-31", "500.00")
    late = [row["code"] for row in ask(ledger, "check", as_of="2025-05-31")["findings"]]
    assert late == ["time-late"]


def test_what_is_billed_by_hand_fires_only_now(tmp_path: Path) -> None:
    by_hand = "project: FIX\nclient: acme\nbilling: fixed-fee\nvalue: 1000\n"
    talk = APP.replace("APP", "TALK") + "triggers: {type: manual}\n"
    facts = OPENS + time_text("t-1", "2025-03-03", 7200, project="TALK", person="ana")
    ledger = write_books(tmp_path, facts, FIX=by_hand, TALK=talk)
    assert ask(ledger, "drafts")["drafts"] == []
    assert ask(ledger, "issue")["invoices"] == []
    issued = ask(ledger, "issue", "FIX", "TALK", "--now")["invoices"]
    assert [(one["drafts"], one["net"]) for one in issued] == [
        (["FIX/milestone/2025-05-05"], "1000.00"),
        (["TALK/manual/2025-05-05"], "200.00"),
    ]
    codes = {row["code"] for row in ask(ledger, "check")["findings"]}
    assert codes == {"progress-unknown"}


def test_only_what_is_reported_is_billed_by_hand(tmp_path: Path) -> None:
    by_hand = "project: FIX\nclient: acme\nbilling: fixed-fee\nvalue: 1000\n"
    facts = OPENS + progress_text("2025-04-01", 40, project="FIX", milestone="")
    ledger = write_books(tmp_path, facts, FIX=by_hand)
    (one,) = ask(ledger, "issue", "FIX", "--now")["invoices"]
    assert one["net"] == "400.00"
    assert ask(ledger, "issue", "FIX", "--now")["invoices"] == []
