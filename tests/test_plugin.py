"""The plugin in real Beancount loads: what it posts, what it reports, what it survives."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from textwrap import dedent

import pytest
from beancount import loader
from beancount.core import data
from beanquery import query  # type: ignore[import-untyped]

from projbill_beancount.book import open_book
from projbill_beancount.plugins import billing as plugin
from tests.ledgers import ask
from tests.ledgers import load
from tests.ledgers import time_text
from tests.ledgers import transactions
from tests.ledgers import write_ledger

HOURLY = """\
project: ACME-APP
client: acme
billing: time-and-materials
start: 2026-01-01
rates: {default: 150}
"""
MARCH = time_text("toggl-1", "2026-03-03", 21600, project="ACME-APP", person="ana", task="backend")
AS_OF = "2026-03-31"


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """Six hours of March at 150.00, the month at its end."""
    return write_ledger(tmp_path, AS_OF, contracts={"ACME-APP": HOURLY}, facts=MARCH)


def plugin_line(ledger: Path, line: str) -> None:
    """Put another plugin line in the ledger's place for it."""
    lines = ledger.read_text().splitlines(keepends=True)
    kept = [old for old in lines if not old.startswith("plugin ")]
    ledger.write_text(line + "\n" + "".join(kept))


def balances(ledger: Path, until: date) -> dict[str, str]:
    """What every money account holds at the end of a day."""
    entries, errors, _ = loader.load_file(str(ledger))
    assert errors == []
    sums: dict[str, Decimal] = {}
    for entry in entries:
        for posting in getattr(entry, "postings", ()) if entry.date <= until else ():
            if posting.units.currency == "EUR":
                sums[posting.account] = sums.get(posting.account, Decimal(0)) + posting.units.number
    return {account: f"{amount} EUR" for account, amount in sums.items() if amount}


def test_a_draft_is_a_balanced_receivable_entry(ledger: Path) -> None:
    loaded = load(ledger)
    [draft] = transactions(loaded, "draft")
    assert loaded.errors == loaded.foreign == []
    assert (draft.date, draft.flag) == (date(2026, 3, 31), "!")
    assert draft.payee == "ACME Corp"
    assert draft.meta["draft"] == "ACME-APP/time/2026-03-31"
    assert [(p.account, p.units.to_string()) for p in draft.postings] == [
        ("Assets:Unbilled:ACME-APP", "900.00 EUR"),
        ("Income:Services:ACME-APP", "-900.00 EUR"),
    ]
    assert draft.postings[1].meta["quantity"].to_string() == "6.0000 HOUR"


def test_accounts_of_the_circuit_are_opened_on_their_first_day(ledger: Path) -> None:
    opens = {
        entry.account: entry.date
        for entry in load(ledger).entries
        if isinstance(entry, data.Open) and entry.meta["filename"] == "opened by projbill"
    }
    assert opens == {
        "Assets:Unbilled:ACME-APP": date(2026, 3, 31),
        "Equity:Time:Unbilled:ACME-APP": date(2026, 3, 3),
        "Equity:Time:Worked:Ana": date(2026, 3, 3),
    }


def test_entries_of_others_come_out_unchanged(ledger: Path) -> None:
    entries, _, options = loader.load_file(str(ledger))
    own = [entry for entry in entries if not plugin_made(entry)]
    made, errors = plugin.billing(own, options, "projbill.yaml")
    assert isinstance(made, list)
    assert isinstance(errors, list)
    assert all(before is after for before, after in zip(own, made, strict=False))


def plugin_made(entry: data.Directive) -> bool:
    """Whether the entry says that our plugin made it."""
    return str(entry.meta["filename"]).startswith(("draft ", "opened by"))


def test_query_reads_file_and_line_of_generated_postings(ledger: Path) -> None:
    entries, _, options = loader.load_file(str(ledger))
    _, rows = query.run_query(
        entries,
        options,
        "SELECT account, number, filename, lineno, entry_meta('draft') WHERE 'draft' IN tags",
    )
    assert [(row[0], row[1]) for row in rows] == [
        ("Assets:Unbilled:ACME-APP", Decimal("900.00")),
        ("Income:Services:ACME-APP", Decimal("-900.00")),
    ]
    assert {(row[2], row[3]) for row in rows} == {("draft ACME-APP/time/2026-03-31", 1)}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            """plugin "projbill_beancount.plugins.billing" "{'config': 'projbill.yaml', 'as_of': 1}\"""",
            "unknown option 'as_of'; the options are config, as-of, post-drafts, report-from",
        ),
        (
            """plugin "projbill_beancount.plugins.billing" "{'as-of': 'March'}\"""",
            "as-of is 'March'; write a date such as '2026-03-31'",
        ),
        (
            """plugin "projbill_beancount.plugins.billing" "{'report-from': 'info'}\"""",
            "report-from is 'info'; write 'hold' or 'warning'",
        ),
        (
            """plugin "projbill_beancount.plugins.billing" "{'post-drafts': 0}\"""",
            "post-drafts is 0; write True or False",
        ),
        (
            """plugin "projbill_beancount.plugins.billing" "{__import__('os')}\"""",
            (
                "the plugin's options are not a dict literal; write for example "
                "\"{'config': 'projbill.yaml', 'as-of': '2026-03-31'}\""
            ),
        ),
    ],
)
def test_a_bad_plugin_line_is_one_error_at_that_line(
    ledger: Path, line: str, expected: str
) -> None:
    plugin_line(ledger, "; our books\n" + line)
    _, errors, _ = loader.load_file(str(ledger))
    ours = [error for error in errors if error.message == expected]
    assert [(e.source["filename"], e.source["lineno"]) for e in ours] == [(str(ledger), 2)]


def test_without_options_the_file_beside_the_ledger_is_read(ledger: Path) -> None:
    plugin_line(ledger, 'plugin "projbill_beancount.plugins.billing"')
    assert len(transactions(load(ledger), "draft")) == 1


def test_drafts_can_be_left_out(ledger: Path) -> None:
    options = "{'as-of': '2026-03-31', 'post-drafts': False}"
    plugin_line(ledger, f'plugin "projbill_beancount.plugins.billing" "{options}"')
    loaded = load(ledger)
    assert transactions(loaded, "draft") == []
    assert loaded.errors == loaded.foreign == []


@pytest.mark.parametrize(("report_from", "count"), [("hold", 0), ("warning", 1)])
def test_the_mildest_reported_severity_is_chosen(
    ledger: Path, report_from: str, count: int
) -> None:
    stranger = time_text("toggl-2", "2026-03-04", 3600, project="ACME-APP", person="zoe")
    (ledger.parent / "facts.beancount").write_text(MARCH + stranger)
    options = f"{{'as-of': '2026-03-31', 'report-from': '{report_from}'}}"
    plugin_line(ledger, f'plugin "projbill_beancount.plugins.billing" "{options}"')
    errors = [message for message in load(ledger).errors if "person-unknown" in message]
    assert len(errors) == count


def test_a_missing_configuration_is_one_error(ledger: Path) -> None:
    (ledger.parent / "projbill.yaml").unlink()
    entries, errors, _ = loader.load_file(str(ledger))
    ours = [error for error in errors if type(error).__name__ == "BillingError"]
    assert len(ours) == 1
    assert ours[0].source["filename"] == str(ledger.parent / "projbill.yaml")
    assert "draft" not in {tag for e in entries for tag in getattr(e, "tags", None) or ()}


def test_an_unreadable_contract_bills_nothing_and_the_others_go_on(ledger: Path) -> None:
    broken = ledger.parent / "contracts" / "bolt.yaml"
    broken.write_text("project: BOLT\nclient: acme\nbilling: hourly\n")
    loaded = load(ledger)
    assert len(transactions(loaded, "draft")) == 1
    [message] = loaded.errors
    assert message.startswith("contract-invalid: BOLT: billing: ")


def test_a_held_draft_posts_nothing_and_says_why_at_its_source(tmp_path: Path) -> None:
    contract = HOURLY.replace("{default: 150}", "{tasks: {frontend: 90}}")
    ledger = write_ledger(tmp_path, AS_OF, contracts={"ACME-APP": contract}, facts=MARCH)
    entries, errors, _ = loader.load_file(str(ledger))
    assert not any("draft" in (getattr(entry, "tags", None) or ()) for entry in entries)
    [error] = errors
    assert type(error).__name__ == "BillingHold"
    assert error.message.startswith("rate-missing: ACME-APP: entry toggl-1 cannot be priced")
    assert (Path(error.source["filename"]).name, error.source["lineno"]) == ("facts.beancount", 3)


def test_a_missing_income_account_holds_the_draft_and_names_the_line(ledger: Path) -> None:
    text = ledger.read_text().replace("2020-01-01 open Income:Services:ACME-APP\n", "")
    ledger.write_text(text)
    loaded = load(ledger)
    assert transactions(loaded, "draft") == []
    [message] = loaded.errors
    assert "add: 2026-01-01 open Income:Services:ACME-APP EUR" in message


@pytest.mark.parametrize("before", [True, False])
def test_a_ledger_that_opens_accounts_itself_gets_them(ledger: Path, before: bool) -> None:
    text = ledger.read_text().replace("2020-01-01 open Income:Services:ACME-APP\n", "")
    auto = 'plugin "beancount.plugins.auto_accounts"\n'
    ledger.write_text(auto + text if before else text + auto)
    loaded = load(ledger)
    assert len(transactions(loaded, "draft")) == 1
    assert loaded.errors == loaded.foreign == []


def test_the_ledgers_own_root_names_are_used(tmp_path: Path) -> None:
    ledger = write_ledger(tmp_path, AS_OF, contracts={"ACME-APP": HOURLY}, facts=MARCH)
    for path in (ledger, tmp_path / "facts.beancount"):
        text = path.read_text()
        for ours, theirs in (("Assets:", "Aktiva:"), ("Equity:", "Eigenkapital:")):
            text = text.replace(ours, theirs)
        path.write_text(text.replace("Income:", "Ertrag:"))
    names = (("assets", "Aktiva"), ("equity", "Eigenkapital"), ("income", "Ertrag"))
    options = "".join(f'option "name_{root}" "{name}"\n' for root, name in names)
    for path in (ledger, tmp_path / "facts.beancount"):
        path.write_text(options + path.read_text())
    loaded = load(ledger)
    [draft] = transactions(loaded, "draft")
    assert loaded.errors == loaded.foreign == []
    assert [p.account for p in draft.postings] == [
        "Aktiva:Unbilled:ACME-APP",
        "Ertrag:Services:ACME-APP",
    ]


def test_two_drafts_of_one_day_differ_for_fava(tmp_path: Path) -> None:
    contracts = {name: HOURLY.replace("ACME-APP", name) for name in ("ACME-APP", "ACME-WEB")}
    facts = MARCH + MARCH.replace("ACME-APP", "ACME-WEB").replace("toggl-1", "toggl-2")
    ledger = write_ledger(tmp_path, AS_OF, contracts=contracts, facts=facts)
    drafts = transactions(load(ledger), "draft")
    assert len({draft.meta["filename"] for draft in drafts}) == len(drafts) == 2


INVOICE = """
{day} * "ACME Corp" "INV-2026-0001 March 2026" #invoice ^INV-2026-0001
  invoice: "INV-2026-0001"
  project: "ACME-APP"
  draft: "ACME-APP/time/2026-03-31"
  period-start: 2026-03-01
  period-end: 2026-03-31
  due: 2026-06-04
  net: 900.00 EUR
  total: 900.00 EUR
  Assets:Receivable:ACME  900.00 EUR
  Income:Services:ACME-APP  -900.00 EUR
    line: "backend"
    kind: "time"
    quantity: 6.00 HOUR
    price: 150.00 EUR
    task: "backend"
    entries: "
      2026-03-03 ana 6.0000 toggl-1 backend"
  Equity:Time:Unbilled:ACME-APP  -6.0000 HOUR
    person: "ana"
  Equity:Time:Billed:ACME-APP  6.0000 HOUR
"""


def test_issuing_in_may_leaves_march_and_april_as_they_were(ledger: Path) -> None:
    ends = [date(2026, 3, 31), date(2026, 4, 30), date(2026, 5, 31)]
    plugin_line(
        ledger, """plugin "projbill_beancount.plugins.billing" "{'as-of': '2026-05-31'}\""""
    )
    before = [balances(ledger, end) for end in ends]
    (ledger.parent / "facts.beancount").write_text(MARCH + INVOICE.format(day="2026-05-05"))
    after = [balances(ledger, end) for end in ends]
    assert before[:2] == after[:2]
    assert before[2]["Assets:Unbilled:ACME-APP"] == "900.00 EUR"
    assert after[2] == {
        "Assets:Receivable:ACME": "900.00 EUR",
        "Income:Services:ACME-APP": "-900.00 EUR",
    }


def test_an_invoice_of_the_drafts_own_day_leaves_no_trace(ledger: Path) -> None:
    (ledger.parent / "facts.beancount").write_text(MARCH + INVOICE.format(day="2026-03-31"))
    assert transactions(load(ledger), "draft") == []


def test_looking_back_before_an_invoice_posts_its_draft_once(ledger: Path) -> None:
    (ledger.parent / "facts.beancount").write_text(MARCH + INVOICE.format(day="2026-05-05"))
    assert balances(ledger, date(2026, 5, 31)) == {
        "Assets:Receivable:ACME": "900.00 EUR",
        "Income:Services:ACME-APP": "-900.00 EUR",
    }


def test_a_time_transaction_that_does_not_add_up_is_an_error(ledger: Path) -> None:
    facts = ledger.parent / "facts.beancount"
    facts.write_text(MARCH.replace("-6.0000", "-5.9999"))
    [message] = load(ledger).errors
    assert message.startswith("time-unbalanced: ACME-APP: the hours of this transaction add up to")


def test_three_thirds_of_an_hour_are_an_hour(ledger: Path) -> None:
    thirds = dedent(
        """\
        2026-03-03 * "Ana Ruiz" "ACME-APP 1.00 h"
          Equity:Time:Unbilled:ACME-APP  0.3333 HOUR
          Equity:Time:Unbilled:ACME-APP  0.3333 HOUR
          Equity:Time:Unbilled:ACME-APP  0.3333 HOUR
          Equity:Time:Worked:Ana        -0.9999 HOUR
        """
    )
    (ledger.parent / "facts.beancount").write_text(thirds)
    loaded = load(ledger)
    [draft] = transactions(loaded, "draft")
    assert loaded.errors == []
    assert draft.postings[0].units.to_string() == "150.00 EUR"


def test_a_defect_of_ours_is_one_error_and_loses_nothing(
    ledger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object) -> None:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr("projbill_beancount.evaluate.bill", broken)
    loaded = load(ledger)
    [message] = loaded.errors
    assert message.startswith("nothing is billed: ZeroDivisionError: by zero")
    assert len([e for e in loaded.entries if isinstance(e, data.Transaction)]) == 1


def test_an_invoiced_entry_that_is_imported_again_is_reported(ledger: Path) -> None:
    facts = ledger.parent / "facts.beancount"
    facts.write_text(MARCH + INVOICE.format(day="2026-03-31") + MARCH)
    assert [finding["code"] for finding in ask(ledger, AS_OF, "check")["findings"]] == [
        "time-duplicate"
    ]
    [project] = ask(ledger, AS_OF, "status")["projects"]
    assert project["hours"]["billed"] == project["hours"]["worked"] == "6.00"


def test_a_milestone_that_is_not_delivered_holds_its_own_draft_only(tmp_path: Path) -> None:
    contract = (
        "project: ACME-APP\nclient: acme\nbilling: hybrid\nstart: 2026-01-01\nend: 2026-05-15\n"
        "value: 2000\nrates: {default: 120}\n"
        "milestones: {M1: {name: Cut-over, value: 2000, bill: {date: 2026-03-31}}}\n"
    )
    facts = time_text("toggl-1", "2026-05-04", 3600, project="ACME-APP", person="ana")
    ledger = write_ledger(tmp_path, "2026-05-31", contracts={"ACME-APP": contract}, facts=facts)
    found = [
        (draft["draft"], draft["net"], draft["held"])
        for draft in ask(ledger, "2026-05-31", "drafts")["drafts"]
    ]
    assert found == [
        ("ACME-APP/hybrid/2026-03-31", "2000.00", True),
        ("ACME-APP/hybrid/2026-05-15", "120.00", False),
    ]


def test_hand_written_entries_with_one_start_are_both_billed(ledger: Path) -> None:
    entry = (
        '  Equity:Time:Unbilled:ACME-APP  1.0000 HOUR\n    start: "2026-03-03T09:00"\n'
        '    end: "2026-03-03T10:00"\n    note: "{note}"\n'
    )
    (ledger.parent / "facts.beancount").write_text(
        '2026-03-03 * "Ana Ruiz" "two calls"\n'
        + entry.format(note="one")
        + entry.format(note="other")
        + "  Equity:Time:Worked:Ana  -2.0000 HOUR\n"
    )
    [draft] = ask(ledger, AS_OF, "drafts")["drafts"]
    assert (draft["net"], draft["held"]) == ("300.00", False)
    assert draft["lines"][0]["entries"] == [
        "ledger-ana-2026-03-03T09:00",
        "ledger-ana-2026-03-03T09:00-2",
    ]


def test_an_entry_that_was_billed_in_steps_is_settled_too(ledger: Path) -> None:
    invoice = INVOICE.format(day="2026-03-31").replace(
        "ana 6.0000 toggl", "ana 6.0000/6.2500 toggl"
    )
    (ledger.parent / "facts.beancount").write_text(MARCH + invoice)
    facts = open_book(str(ledger)).facts
    assert (list(facts.time), [len(words) for words in facts.settled.values()]) == ([], [1])
    [project] = ask(ledger, AS_OF, "status")["projects"]
    assert project["hours"]["worked"] == "6.00"
