"""Credit notes, voids, new numbers and the check of what was issued, by command on real books."""

from __future__ import annotations

import re
import subprocess
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from tests.issue_books import APP
from tests.issue_books import FACTS
from tests.issue_books import OPENS
from tests.issue_books import ask
from tests.issue_books import balances
from tests.issue_books import hours
from tests.issue_books import invoices_of
from tests.issue_books import projbill
from tests.issue_books import write_books

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """All ready drafts are issued: WEB 1 and 3, APP 2 (March) and 4 (April)."""
    books = write_books(tmp_path)
    projbill(books, "issue")
    return books


def twenty_hours(folder: Path) -> Path:
    """20 h in March, invoiced."""
    facts = OPENS + "".join(hours(f"t-{n}", f"2025-03-{n:02}", 5) for n in (3, 4, 5, 6))
    ledger = write_books(folder, facts, APP=APP)
    projbill(ledger, "issue")
    return ledger


def drafts(ledger: Path, as_of: str = "2025-05-31") -> list[tuple[str, str, list[str]]]:
    """Id, net and entries of each draft."""
    return [
        (
            draft["draft"],
            draft["net"],
            sorted(e for line in draft["lines"] for e in line["entries"]),
        )
        for draft in ask(ledger, "drafts", as_of=as_of)["drafts"]
    ]


def test_to_bill_is_delivered_less_invoiced_plus_credited(tmp_path: Path) -> None:
    ledger = twenty_hours(tmp_path)
    note = ask(ledger, "credit", "INV-2025-0001", "--entry", "t-3", "--entry", "t-4",
               "--entry", "t-5=1")  # fmt: skip
    assert (note["credit-note"], note["net"], note["total"]) == (
        "CN-2025-0001",
        "1100.00",
        "1320.00",
    )
    facts = tmp_path / "facts.beancount"
    facts.write_text(facts.read_text() + hours("t-9", "2025-04-20", 5))
    assert drafts(ledger) == [("APP/time/2025-04-30", "1600.00", ["t-3", "t-4", "t-5", "t-9"])]
    assert ask(ledger, "check", as_of="2025-05-31")["findings"] == []
    projbill(ledger, "issue", as_of="2025-05-31")
    assert balances(ledger)["Equity:Time:Billed:APP"] == "25.0000 HOUR"
    assert drafts(ledger, "2025-06-30") == []


def test_a_credited_line_frees_its_own_entries_only(tmp_path: Path) -> None:
    facts = OPENS + hours("t-1", "2025-03-03", 5) + hours("t-2", "2025-03-04", 5, "support")
    ledger = write_books(tmp_path, facts, APP=APP)
    projbill(ledger, "issue")
    note = ask(ledger, "credit", "INV-2025-0001", "--line", "2", "--reason", "wrong task")
    assert note["net"] == "400.00"
    assert '  reason: "wrong task"\n' in note["entry"]
    assert drafts(ledger) == [("APP/time/2025-04-30", "400.00", ["t-2"])]


def test_parts_of_a_credit_add_up_to_the_invoice(tmp_path: Path) -> None:
    facts = OPENS + "".join(hours(f"t-{n}", f"2025-03-0{n}", 1.0061) for n in (3, 4, 5))
    ledger = write_books(tmp_path, facts, APP=APP.replace("100", "33.33"))
    (issued,) = ask(ledger, "issue")["invoices"]
    notes = [ask(ledger, "credit", "INV-2025-0001", "--entry", f"t-{n}") for n in (3, 4)] + [
        ask(ledger, "credit", "INV-2025-0001")
    ]
    nets = [note["net"] for note in notes]
    assert sum(map(Decimal, nets)) == Decimal(issued["net"])
    seen = balances(ledger, "2025-05-06")
    assert "Assets:Receivable:ACME" not in seen
    assert "Liabilities:VAT:Output" not in seen
    assert "Equity:Time:Billed:APP" not in seen
    nothing = projbill(ledger, "credit", "INV-2025-0001", status=2)
    assert nothing.stderr == "INV-2025-0001 has nothing left to credit\n"


def test_a_whole_credit_frees_everything(ledger: Path) -> None:
    note = ask(ledger, "credit", "INV-2025-0002")
    assert (note["net"], note["total"]) == ("1280.00", "1536.00")
    assert drafts(ledger) == [("APP/time/2025-05-31", "1280.00", ["t-1", "t-2", "t-3"])]
    milestone = ask(ledger, "credit", "INV-2025-0001")
    assert milestone["net"] == "3000.00"
    again = [draft for draft in drafts(ledger) if draft[0].startswith("WEB")]
    assert [(net, entries) for _, net, entries in again] == [("3000.00", [])]


def test_what_cannot_be_credited_is_refused(ledger: Path) -> None:
    unknown = projbill(ledger, "credit", "INV-2025-0022", status=2)
    assert unknown.stderr == 'there is no invoice "INV-2025-0022"; did you mean "INV-2025-0002"?\n'
    line = projbill(ledger, "credit", "INV-2025-0002", "--line", "3", status=2)
    assert line.stderr == "there is no line 3; the invoice has 2\n"
    entry = projbill(ledger, "credit", "INV-2025-0002", "--entry", "t-4", status=2)
    assert entry.stderr == "the invoice has nothing left of entry t-4 to credit\n"
    much = projbill(ledger, "credit", "INV-2025-0002", "--entry", "t-1=7", status=2)
    assert "1.0000 h less of entry t-1" in much.stderr
    odd = projbill(ledger, "credit", "INV-2025-0002", "--entry", "t-1=x", status=2)
    assert "write --entry t-1=1.5" in odd.stderr
    early = projbill(ledger, "credit", "INV-2025-0002", "--date", "2025-05-04", status=2)
    assert "INV-2025-0002 is dated 2025-05-05" in early.stderr


def test_credit_notes_have_a_series_of_their_own(ledger: Path) -> None:
    names = [ask(ledger, "credit", f"INV-2025-000{n}")["credit-note"] for n in (1, 2)]
    assert names == ["CN-2025-0001", "CN-2025-0002"]
    assert [row["code"] for row in ask(ledger, "check")["findings"]] == []


def test_a_trial_run_writes_nothing(ledger: Path) -> None:
    before = invoices_of(ledger)
    shown = projbill(ledger, "credit", "INV-2025-0002", "--dry-run").stdout
    assert "CN-2025-0001" in shown
    assert (
        "INV-2025-0002"
        in projbill(ledger, "void", "INV-2025-0002", "--reason", "x", "--dry-run").stdout
    )
    assert invoices_of(ledger) == before


def test_a_void_takes_back_every_posting(ledger: Path) -> None:
    before = invoices_of(ledger)
    void = ask(ledger, "void", "INV-2025-0002", "--reason", "wrong client")
    assert void["credit-note"] is None
    assert invoices_of(ledger).startswith(before)
    assert "#void ^INV-2025-0002\n" in void["entry"]
    seen = balances(ledger, "2025-05-06")
    assert seen["Assets:Receivable:ACME"] == "240.00 EUR"
    assert seen["Equity:Time:Unbilled:APP"] == "13.5000 HOUR"
    assert [row["code"] for row in ask(ledger, "check")["findings"]] == []
    (issued,) = ask(ledger, "issue", "APP")["invoices"]
    assert (issued["invoice"], issued["net"]) == ("INV-2025-0005", "1280.00")
    twice = projbill(ledger, "void", "INV-2025-0002", "--reason", "x", status=2)
    assert "INV-2025-0002 was taken back on 2025-05-05" in twice.stderr


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        (
            '2025-05-05 * "pay" ^INV-2025-0002\n  Assets:Bank  10 EUR\n  Assets:Receivable:ACME  -10 EUR\n',
            "is paid in part or whole",
        ),
        ('2025-05-05 custom "invoice-sent" "INV-2025-0002"\n', "was sent to the client"),
    ],
)
def test_what_a_client_has_seen_is_not_voided(ledger: Path, facts: str, said: str) -> None:
    path = ledger.parent / "facts.beancount"
    path.write_text(f"{path.read_text()}\n{facts}")
    refused = projbill(ledger, "void", "INV-2025-0002", "--reason", "x", status=2)
    assert refused.stderr == (f"INV-2025-0002 {said}: `projbill credit INV-2025-0002` credits it\n")


def merged(ledger: Path) -> str:
    """Two branches issued one number each: git's merge keeps both ends; returns the number."""
    path = ledger.parent / "invoices.beancount"
    base = path.read_text()
    projbill(ledger, "issue", "WEB/milestone/2025-03-14")
    ours = path.read_text()
    path.write_text(base)
    projbill(ledger, "issue", "APP/time/2025-03-31")
    theirs = path.read_text().removeprefix(base)
    path.write_text(ours + theirs)
    return "INV-2025-0001"


def test_two_branches_with_one_number_are_found_and_renumbered(tmp_path: Path) -> None:
    ledger = write_books(tmp_path)
    number = merged(ledger)
    (found,) = [
        row for row in ask(ledger, "check", status=1)["findings"]
        if row["code"] == "invoice-number-duplicate"
    ]  # fmt: skip
    assert "projbill renumber" in found["message"]
    assert projbill(ledger, "verify", status=1).exit_code == 1
    before = invoices_of(ledger).splitlines()
    done = ask(ledger, "renumber", number)
    assert (done["old"], done["new"]) == (number, "INV-2025-0002")
    after = invoices_of(ledger).splitlines()
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert [old.split('"')[0].strip() for old, _ in changed] == [
        "2025-05-05 *",
        "invoice:",
        "digest:",
    ]
    assert "Shop app" in changed[0][1]
    assert ask(ledger, "check")["findings"] == []
    assert {row["state"] for row in ask(ledger, "verify")["invoices"]} == {"intact"}


def test_a_number_that_was_sent_or_stands_alone_is_kept(tmp_path: Path) -> None:
    ledger = write_books(tmp_path)
    number = merged(ledger)
    facts = tmp_path / "facts.beancount"
    facts.write_text(FACTS + f'\n2025-05-05 custom "invoice-sent" "{number}"\n')
    assert "was sent" in projbill(ledger, "renumber", number, status=2).stderr
    facts.write_text(FACTS)
    line = next(
        at for at, text in enumerate(invoices_of(ledger).splitlines(), 1) if "BOLT AG" in text
    )
    done = ask(ledger, "renumber", number, "--at", f"invoices.beancount:{line}")
    assert "BOLT AG" in done["entry"]
    alone = projbill(ledger, "renumber", number, status=2)
    assert "is there once" in alone.stderr


EDITS = {
    "an amount": ("  Assets:Receivable:ACME     1536.00 EUR", "  Assets:Receivable:ACME     1536.01 EUR"),
    "an amount on both sides": ("1536.00 EUR", "1546.00 EUR"),
    "a line": ("-280.00 EUR", "-290.00 EUR"),
    "a text": ('line: "support"', 'line: "supports"'),
    "the date": ('2025-05-05 * "ACME Corp" "INV-2025-0002', '2025-05-06 * "ACME Corp" "INV-2025-0002'),
    "the number": ('  invoice: "INV-2025-0002"', '  invoice: "INV-2025-0009"'),
    "the buyer": ("Werkstr. 12", "Werkstr. 13"),
    "the due date": ("  due: 2025-06-04\n  net: 1280.00", "  due: 2025-07-04\n  net: 1280.00"),
    "an entry's hours": ("ana 6.0000 t-1", "ana 5.0000 t-1"),
    "an entry's id": ("3.5000 t-2", "3.5000 t-7"),
    "two entries swapped": (
        "2025-03-03 ana 6.0000 t-1 dev\n      2025-03-05 ben 4.0000 t-3 dev",
        "2025-03-05 ben 4.0000 t-3 dev\n      2025-03-03 ana 6.0000 t-1 dev",
    ),
    "the tax rate": ("    rate: 20\n    base: 1280.00", "    rate: 19\n    base: 1280.00"),
    "the digest": ('  digest: "', '  digest: "0'),
}  # fmt: skip


@pytest.mark.parametrize("edit", EDITS)
def test_every_edit_of_an_invoice_is_found(ledger: Path, edit: str) -> None:
    old, new = EDITS[edit]
    path = ledger.parent / "invoices.beancount"
    text = path.read_text()
    at = text.index("INV-2025-0002")
    start = text.rindex("\n", 0, at) + 1
    assert old in text[start:]
    count = -1 if edit == "an amount on both sides" else 1
    path.write_text(text[:start] + text[start:].replace(old, new, count))
    rows = ask(ledger, "verify", as_of="2025-05-06", status=1)["invoices"]
    wrong = {row["invoice"] for row in rows if row["state"] == "changed"}
    assert wrong == {"INV-2025-0009" if edit == "the number" else "INV-2025-0002"}
    codes = {row["code"] for row in ask(ledger, "check", as_of="2025-05-06", status=1)["findings"]}
    assert codes & {"issued-changed", "ledger-amount-mismatch"}


def test_what_does_not_change_the_content_is_no_edit(ledger: Path) -> None:
    path = ledger.parent / "invoices.beancount"
    text = path.read_text()
    text = text.replace("#invoice ^INV-2025-0002", "#invoice #reviewed ^INV-2025-0002 ^paid-late")
    text = re.sub(r"^(  Assets:Receivable:ACME) +", r"\g<1>  ", text, flags=re.MULTILINE)
    path.write_text(text.replace("\n      2025-", "\n          2025-"))
    assert {row["state"] for row in ask(ledger, "verify")["invoices"]} == {"intact"}
    assert ask(ledger, "check")["findings"] == []


def test_verify_names_the_commit_since_which_an_invoice_differs(ledger: Path) -> None:
    def git(*arguments: str) -> str:
        command = ["git", "-c", "user.name=Eve", "-c", "user.email=eve@example.com", *arguments]
        return subprocess.run(
            command, cwd=ledger.parent, check=True, capture_output=True, text=True
        ).stdout

    path = ledger.parent / "invoices.beancount"
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "issued")
    path.write_text(path.read_text().replace("Werkstr. 12", "Werkstr. 14"))
    uncommitted = [
        row for row in ask(ledger, "verify", status=1)["invoices"] if row["since"] is None
    ]
    assert "not committed yet" in {row["what"] for row in uncommitted}
    git("commit", "-qam", "a new address")
    guilty = git("rev-parse", "HEAD").strip()[:10]
    path.write_text(path.read_text() + "\n; later\n")
    git("commit", "-qam", "a remark")
    (row, *more) = [
        row for row in ask(ledger, "verify", status=1)["invoices"] if row["state"] == "changed"
    ]
    assert {one["invoice"] for one in (row, *more)} == {"INV-2025-0002", "INV-2025-0004"}
    assert row["since"].startswith(guilty)
    assert row["since"].endswith("Eve")
    assert row["what"] == "a new address"


def test_changed_sources_are_named_with_old_and_new(ledger: Path) -> None:
    facts = ledger.parent / "facts.beancount"
    text = facts.read_text().replace("6.0000 HOUR", "5.0000 HOUR").replace("t-2", "t-22")
    facts.write_text(text.replace("-6.0000", "-5.0000"))
    config = ledger.parent / "contracts" / "app.yaml"
    config.write_text(config.read_text().replace("support: 80", "support: 90"))
    found = {
        (row["code"], row["message"].partition(";")[0])
        for row in ask(ledger, "check", status=1)["findings"]
    }
    texts = "\n".join(f"{code} {text}" for code, text in sorted(found))
    assert "invoiced-entry-changed entry t-1 was invoiced as INV-2025-0002" in texts
    assert "hours 6:00, now 5:00" in texts
    assert "invoiced-entry-missing entry t-2" in texts or "t-22" in texts
    assert "rate-backdated INV-2025-0002 bills support at 80.00 EUR" in texts


def test_a_draft_below_zero_becomes_a_credit_note(tmp_path: Path) -> None:
    facts = (
        OPENS
        + hours("t-1", "2025-03-03", 6)
        + hours("t-2", "2025-04-03", 2)
        + ('2025-04-20 custom "billing-adjustment" "APP" "ADJ-1" -350.00 EUR\n  text: "Goodwill"\n')
    )
    ledger = write_books(tmp_path, facts, APP=APP)
    projbill(ledger, "issue", "APP/time/2025-03-31")
    (draft,) = ask(ledger, "drafts")["drafts"]
    assert (draft["kind"], draft["net"], draft["held"]) == ("credit", "-150.00", True)
    assert "`projbill credit" in projbill(ledger, "issue", "APP/time/2025-04-30", status=2).stderr
    unnamed = projbill(ledger, "credit", "APP/time/2025-04-30", status=2)
    assert "say with --corrects" in unnamed.stderr
    note = ask(ledger, "credit", "APP/time/2025-04-30", "--corrects", "INV-2025-0001")
    assert (note["credit-note"], note["net"], note["total"]) == ("CN-2025-0001", "150.00", "180.00")
    assert ask(ledger, "drafts")["drafts"] == []
    assert ask(ledger, "check")["findings"] == []
    seen = balances(ledger)
    assert seen["Income:Services:APP"] == "-450.00 EUR"
    assert seen["Equity:Time:Billed:APP"] == "8.0000 HOUR"
    assert "Equity:Time:Unbilled:APP" not in seen
    assert ask(ledger, "status")["projects"][0]["billed"] == "450.00"


def test_a_correction_larger_than_new_work_is_credited_once(tmp_path: Path) -> None:
    facts = OPENS + hours("t-1", "2025-03-03", 6)
    ledger = write_books(tmp_path, facts, APP=APP)
    projbill(ledger, "issue")
    path = tmp_path / "facts.beancount"
    path.write_text(facts + hours("t-2", "2025-04-03", -2, corrects="t-1"))
    note = ask(ledger, "credit", "APP/time/2025-04-30", "--corrects", "INV-2025-0001")
    assert (note["net"], note["total"]) == ("200.00", "240.00")
    assert "2025-04-03 ana 2.0000 t-2 dev" in note["entry"]
    assert ask(ledger, "drafts")["drafts"] == []
    assert ask(ledger, "check")["findings"] == []
    assert balances(ledger)["Equity:Time:Billed:APP"] == "4.0000 HOUR"


def test_a_lowered_price_is_credited_on_its_invoice(ledger: Path) -> None:
    path = ledger.parent / "facts.beancount"
    order = (
        '\n2025-05-05 custom "change-order" "WEB" "CO-1" -500.00 EUR\n'
        '  milestone: "M1"\n  approved: 2025-05-05\n'
    )
    path.write_text(path.read_text() + order)
    (draft,) = ask(ledger, "drafts")["drafts"]
    assert (draft["draft"], draft["corrects"]) == (
        "WEB/change-order/2025-05-05/credit",
        "INV-2025-0001",
    )
    note = ask(ledger, "credit", draft["draft"])
    assert (note["invoice"], note["net"]) == ("INV-2025-0001", "500.00")
    assert ask(ledger, "drafts")["drafts"] == []
    assert [row["code"] for row in ask(ledger, "check")["findings"]] == []
    web = next(row for row in ask(ledger, "status")["projects"] if row["project"] == "WEB")
    assert (web["value"], web["billed"]) == ("8500.00", "5500.00")
