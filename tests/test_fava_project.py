"""The page of projects and that of one project: the command line's numbers, and what is behind them."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

import pytest

from tests.fava_server import EXTENSION_LINE
from tests.fava_server import looking
from tests.fava_server import needs_chromium
from tests.fava_server import serve
from tests.fava_tables import Pages
from tests.fava_tables import text_of
from tests.fava_tables import the_table
from tests.ledgers import ask
from tests.ledgers import progress_text
from tests.ledgers import run
from tests.ledgers import time_text
from tests.ledgers import write_ledger

if TYPE_CHECKING:
    from playwright.sync_api import Page

EXAMPLE = Path(__file__).parent.parent / "example-ledger"
EXAMPLE_DAY, AS_OF = "2026-04-30", "2026-03-31"
OLD, NEW = "OLD-APP", "NEW-APP"
HYBRID = f"""\
project: {NEW}
name: The <b>new</b> app
client: acme
formerly: [{OLD}]
billing: hybrid
start: 2026-01-01
end: 2026-12-31
value: 9000
rates:
  default: 100
  people: {{ana: [{{from: 2026-01-01, rate: 120}}, {{from: 2026-03-15, rate: 130}}, {{from: 2026-09-01, rate: 140}}]}}
tasks: {{plan: {{milestone: M1}}}}
milestones:
  M1: {{name: Plan, value: 4000, hours: 10, due: 2026-03-01}}
  M2: {{name: Build, value: 5000, bill: accepted}}
  M3: {{name: Later, value: 2000, change-order: CO-9}}
"""
YEN = """\
project: YEN-1
name: Yen
client: acme
billing: time-and-materials
currency: JPY
rates: {default: 10000}
cap: {hours: 10, every: month}
"""
BUDGET = """\
project: DOL-1
name: Dollar
client: acme
billing: time-and-materials
currency: USD
rates: {people: {ana: 100}}
budget: {amount: 4000, hours: 40}
"""
BROKEN = "project: BROKEN\nname: Broken\nclient: acme\nbilling: nonsense\nvalue: 2026-02-30\n"
CONTRACTS = {NEW: HYBRID, "YEN-1": YEN, "DOL-1": BUDGET, "BROKEN": BROKEN}
FACTS = (
    time_text("t-1", "2026-02-10", 36000, project=OLD, person="ana", task="plan", note="Sketch")
    + time_text("t-2", "2026-03-10", 7200, project=NEW, person="ana", task="build")
    + time_text("t-3", "2026-03-20", 7200, project=NEW, person="ben", task="build")
    + time_text(
        "t-4", "2026-03-20", 3600, project=NEW, person="ben", task="talk", account="NonBillable"
    )
    + progress_text("2026-02-28", 60, project=OLD, milestone="M1")
    + progress_text("2026-03-16", 100, project=NEW, milestone="M2")
    + time_text("y-1", "2026-01-10", 28800, project="YEN-1", person="cid")
    + time_text("y-2", "2026-02-10", 43200, project="YEN-1", person="cid")
    + time_text("d-1", "2026-03-02", 36000, project="DOL-1", person="ana")
    + time_text("d-2", "2026-03-03", 3600, project="DOL-1", person="ben")
    + f'2026-03-05 custom "change-order" "{NEW}" "CO-9" 2000.00 EUR\n  title: "Later"\n'
    + f'2026-03-06 custom "change-order" "{NEW}" "CO-1" 500.00 EUR\n'
    + '  title: "More"\n  approved: 2026-03-08\n  milestone: "M1"\n'
    + f'2026-03-06 custom "change-order" "{NEW}" "CO-2" 700.00 EUR\n'
    + '  title: "No"\n  rejected: 2026-03-09\n'
)
LABEL = re.compile(r'aria-label="(?:Complete|Billed) [^"]*"')
POINTS = re.compile(r'<script type="application/json">(.*?)</script>', re.DOTALL)


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Pages:
    """The example's books, which no test changes."""
    folder = tmp_path_factory.mktemp("example") / "books"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    return Pages(folder / "main.beancount")


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Pages:
    """Three currencies, former ids, caps by month, a contract that cannot be read."""
    folder = tmp_path_factory.mktemp("own")
    return Pages(write_ledger(folder, AS_OF, contracts=CONTRACTS, facts=FACTS))


def ledger_of(pages: Pages) -> Path:
    (_, fava), *_ = pages.app.config["LEDGERS"].items()
    return Path(fava.beancount_file_path)


def charts(html: str) -> list[dict[str, Any]]:
    return [found for one in POINTS.findall(html) if "runs" in one for found in [json.loads(one)]]


def steps(chart: dict[str, Any], name: str) -> list[list[list[str]]]:
    (found,) = (one["runs"] for one in (*chart["lines"], *chart["limits"]) if one["name"] == name)
    return list(found)


def test_projects_stand_as_status_says(example: Pages) -> None:
    table = the_table(example.page("projects"), "projbill-projects")
    told = ask(ledger_of(example), EXAMPLE_DAY, "status")["projects"]
    assert [row[0].split()[0] for row in table.rows] == [one["project"] for one in told]
    for row, one in zip(
        table.columns("Unbilled", "Open", "Billable h", "Other h"), told, strict=True
    ):
        assert [cell.split()[0] for cell in row] == [
            one["unbilled"],
            one["open"],
            one["hours"]["billable"],
            one["hours"]["non-billable"],
        ]
    by_name = {row[0].split()[0]: row for row in table.rows}
    assert by_name["ACME-MIG"][1:4] == [
        "53500.00 hybrid",
        "72 % complete 37 % billed",
        "18500.00 under",
    ]
    assert by_name["HOLM-ERP"][4] == "6000.00 6000.00 held"
    assert by_name["HOLM-ERP"][6] == "1 hold"
    assert by_name["FIR-PORT"][2] == "85 % complete 50 % billed"
    assert by_name["ELM-CARE"][8].startswith("11.0167 of 9.4833 h")
    assert by_name["HOLM-ERP"][7] == "2026-07-31"


def test_what_is_compared_is_told_in_words_and_sorted_as_numbers(example: Pages) -> None:
    shown = example.page("projects")
    assert 'aria-label="Complete 72 %"' in shown
    assert 'aria-label="Billed 37 %"' in shown
    assert 'data-sort="53500.00"' in shown
    assert (
        'href="/northlight-it/extension/ProjectBilling/?page=project&amp;project=ACME-MIG"' in shown
    )


def test_totals_are_by_currency(example: Pages, own: Pages) -> None:
    (total,) = the_table(example.page("projects"), "projbill-projects").foot
    assert total[:2] == ["Total EUR 9 projects", "111500.00"]
    assert total[4:6] == ["53583.82", "29072.23"]
    table = the_table(own.page("projects"), "projbill-projects")
    assert [row[0] for row in table.foot] == [
        "Total EUR 1 project",
        "Total JPY 1 project",
        "Total USD 1 project",
    ]
    assert table.foot[0][1] == "9500.00 EUR"
    assert table.foot[1][4] == "180000 JPY"


def test_a_contract_that_cannot_be_read_has_a_row_and_a_page(own: Pages) -> None:
    table = the_table(own.page("projects"), "projbill-projects")
    broken = next(row for row in table.rows if row[0].startswith("BROKEN"))
    assert "cannot be read" in broken[0]
    assert "error" in broken[6]
    page = own.page("project", project="BROKEN")
    text = text_of(page)
    assert "The contract cannot be read" in text
    assert "nonsense" in text
    assert "2026-02-30" in text
    assert re.search(r"editor/\?file_path=[^\"]*broken\.yaml&amp;line=4", page)


def test_filters_choose_the_projects(own: Pages) -> None:
    shown = own.page("projects", account="Income:Services:YEN-1")
    assert "DOL-1" not in shown
    assert own.page("projects", filter='"no such thing"').count("<tr>") == 0


def test_who_asks_for_an_unknown_project_is_led_on(own: Pages) -> None:
    text = text_of(own.page("project", project="new-ap"))
    assert "There is no project “new-ap”" in text
    assert f"Did you mean {NEW}" in text
    assert "Did you mean" not in text_of(own.page("project", project="zzzzzz"))
    assert "No project is named" in text_of(own.page("project"))
    assert "&lt;script&gt;" in own.page("project", project="<script>")


def test_a_former_id_leads_to_the_contract(own: Pages) -> None:
    text = text_of(own.page("project", project=OLD))
    assert f"{OLD} is called {NEW} now." in text
    assert "The <b>new</b> app" in text


def test_key_figures_are_those_of_status(example: Pages) -> None:
    text = text_of(example.page("project", project="ACME-MIG"))
    (one,) = ask(ledger_of(example), EXAMPLE_DAY, "status")["projects"][:1]
    for label, key in (
        ("Value", "value"),
        ("Earned", "earned"),
        ("Billed", "billed"),
        ("Under-billed", "under-billed"),
        ("Unbilled", "unbilled"),
        ("Open, with tax", "open"),
    ):
        assert f"{label} {one[key]}\xa0EUR".replace("\xa0", " ") in text, label
    assert "hybrid" in text
    assert "2026-03-01 – 2026-09-30" in text


def test_milestones_compare_completion_with_billing(own: Pages) -> None:
    page = own.page("project", project=NEW)
    table = the_table(page, "projbill-milestones")
    first, second, third = table.rows
    assert first[:2] == ["M1 Plan", "4500.00 agreed 4000.00"]
    assert first[2] == "2026-03-01 late"
    assert first[4].startswith("60 %")
    assert first[6] == "10.00 of 10.00"
    assert first[7].startswith("bills at 100 %")
    assert second[3] == "when accepted"
    assert second[7] == "complete; waits for acceptance"
    assert second[4].startswith("100 % (0 % counts)")
    assert third[1] == "2000.00 not agreed yet"
    assert third[7] == "waits for change order CO-9"
    assert "Report progress" in first[8]
    assert "Report progress" not in second[8]
    assert "Record acceptance" in second[8]
    assert table.foot[0][1] == "9500.00"


def test_milestones_on_drafts_lead_to_them(example: Pages) -> None:
    holm = example.page("project", project="HOLM-ERP")
    row = the_table(holm, "projbill-milestones").rows[1]
    assert row[7].startswith("held on a draft 2026-04-30")
    assert 'href="#draft-HOLM-ERP-milestone-2026-04-30"' in holm
    assert 'id="draft-HOLM-ERP-milestone-2026-04-30"' in holm
    acme = the_table(example.page("project", project="ACME-MIG"), "projbill-milestones")
    assert acme.rows[0][7] == "billed in full"
    assert acme.rows[0][5] == "100 % 20000.00 EUR"
    beside, total = acme.foot
    assert (beside[1], beside[5]) == ("3500.00", "0.00")
    assert (total[1], total[4], total[5]) == ("53500.00", "72 % complete", "20000.00 billed")
    heath = the_table(example.page("project", project="HEATH-STUDY"), "projbill-milestones")
    assert heath.rows[0][1] == "5000.00"
    assert heath.rows[0][7] == "on a draft 2026-04-24 on a draft 2026-04-24"


def test_the_burn_of_a_fixed_price(own: Pages) -> None:
    hours, value = charts(own.page("project", project=NEW))
    assert (hours["unit"], value["unit"]) == ("h", "EUR")
    assert hours["today"] == AS_OF
    assert steps(hours, "worked")[0][-1] == ["2026-03-20", "15.0000"]
    assert steps(hours, "planned")[0][0][1] == "10"
    assert [size for _, size in steps(value, "value")[0]] == ["9000.00", "9500.00"]
    # 60 % of 4,000, of 4,500 from the approval on
    assert steps(value, "earned")[0] == [
        ["2026-02-28", "2400.00"],
        ["2026-03-08", "2700.00"],
        ["2026-03-16", "2700.00"],
        ["2026-03-31", "2700.00"],
    ]
    assert steps(value, "effort")[0][-1] == ["2026-02-10", "1200.0000"]
    assert steps(value, "by-the-hour")[0][-1] == ["2026-03-20", "440.0000"]


def test_a_cap_by_month_begins_anew_each_month(own: Pages) -> None:
    hours, _ = charts(own.page("project", project="YEN-1"))
    january, february, march = steps(hours, "billable")
    assert january[-1] == ["2026-01-31", "8.0000"]
    assert february == [["2026-02-01", "0"], ["2026-02-10", "12.0000"], ["2026-02-28", "12.0000"]]
    assert march[-1] == ["2026-03-31", "0"]
    assert [run[0][1] for run in steps(hours, "cap")] == ["10", "10", "10"]


def test_hours_that_wait_for_an_approval_use_up_no_retainer(tmp_path: Path) -> None:
    retainer = (
        "project: CARE\nname: Care\nclient: acme\nbilling: retainer\nstart: 2026-03-01\n"
        "approval: required\nrates: {default: 100}\nretainer: {fee: 500, hours: 5}\n"
    )
    facts = time_text("a-1", "2026-03-02", 3600, project="CARE", person="ana", approved="TRUE")
    facts += time_text("a-2", "2026-03-03", 7200, project="CARE", person="ana")
    ledger = write_ledger(tmp_path, AS_OF, contracts={"CARE": retainer}, facts=facts)
    page = Pages(ledger).page("project", project="CARE")
    (hours,) = charts(page)
    assert steps(hours, "used")[0][-1] == [AS_OF, "1.0000"]
    assert the_table(page, "projbill-periods").rows[0][2] == "1.00"


def test_an_agreed_adjustment_is_part_of_what_is_billed(tmp_path: Path) -> None:
    fixed = (
        "project: FIX\nname: Fix\nclient: acme\nbilling: fixed-fee\nstart: 2026-01-01\nvalue: 1000\n"
        "milestones:\n  M1: {name: All, value: 1000}\n"
    )
    facts = progress_text("2026-02-10", 100, project="FIX", milestone="M1")
    facts += '2026-02-10 custom "billing-adjustment" "FIX" "ADJ-1" -150.00 EUR\n  text: "Let off"\n'
    ledger = write_ledger(tmp_path, AS_OF, contracts={"FIX": fixed}, facts=facts)
    ledger.write_text(ledger.read_text() + 'include "invoices.beancount"\n')
    (tmp_path / "invoices.beancount").touch()
    run(ledger, AS_OF, "issue", "FIX")
    page = Pages(ledger).page("project", project="FIX")
    (value,) = charts(page)
    assert steps(value, "billed")[0] == [[AS_OF, "850.0000"]]
    beside, total = the_table(page, "projbill-milestones").foot
    assert (beside[1], beside[5]) == ("0.00", "-150.00")
    assert total[5] == "850.00 billed"


def test_budgets_and_hours_without_a_rate(own: Pages) -> None:
    page = own.page("project", project="DOL-1")
    hours, value = charts(page)
    assert steps(hours, "budget")[0][0][1] == "40"
    assert steps(value, "budget")[0][0][1] == "4000"
    assert steps(value, "by-the-hour")[0] == [["2026-03-02", "1000.0000"]]
    rows = {row[0]: row for row in the_table(page, "projbill-by-person").rows}
    assert rows["Ben Adler"][6] == "0.00 1.00 h without a rate"
    assert rows["Ana Ruiz"][6] == "1000.00"


def test_a_retainer_begins_anew_each_period(example: Pages) -> None:
    page = example.page("project", project="ELM-CARE")
    (hours,) = charts(page)
    assert [run[-1][1] for run in steps(hours, "used")] == ["6.5167", "11.0167"]
    rows = the_table(page, "projbill-periods").rows
    assert rows[0][0].startswith("2026-04-15 – 2026-05-14")
    assert rows[0][2:7] == ["11.0167", "8.00", "1.4833", "1.5333", "0.00"]
    assert rows[0][9:] == ["1200.00", "1200.00", "INV-2026-0009"]


def test_work_adds_up_by_task_and_by_person(own: Pages, example: Pages) -> None:
    page = own.page("project", project=NEW)
    tasks = {row[0]: row[1:] for row in the_table(page, "projbill-by-task").rows}
    assert tasks["build"] == ["4.00", "4.00", "4.00", "", "", "440.00", "0.00"]
    assert tasks["plan"] == ["10.00", "", "", "10.00", "", "1200.00", "0.00"]
    assert tasks["talk"] == ["1.00", "", "", "", "1.00", "0.00", "0.00"]
    people = the_table(page, "projbill-by-person")
    assert [row[0] for row in people.rows] == ["Ana Ruiz", "Ben Adler"]
    assert people.foot[0][1:] == ["15.00", "4.00", "4.00", "10.00", "1.00", "1640.00", "0.00"]
    bolt = example.page("project", project="BOLT-APP")
    totals = [the_table(bolt, f"projbill-by-{kind}").foot[0][1:] for kind in ("task", "person")]
    assert totals[0] == totals[1]


def test_time_filters_choose_the_work_and_no_figure(own: Pages) -> None:
    whole, march = (own.page("project", project=NEW, **when) for when in ({}, {"time": "2026-03"}))
    assert the_table(march, "projbill-by-person").foot[0][1] == "5.00"
    figures = re.compile(r'<dl class="projbill-figures">.*?</dl>', re.DOTALL)
    assert figures.findall(whole) == figures.findall(march)


def test_rates_say_which_apply_today(own: Pages) -> None:
    rows = the_table(own.page("project", project=NEW), "projbill-rates").rows
    assert [row[:5] for row in rows] == [
        ["person", "Ana Ruiz", "120.00", "2026-01-01", "no longer"],
        ["person", "Ana Ruiz", "130.00", "2026-03-15", "applies"],
        ["person", "Ana Ruiz", "140.00", "2026-09-01", "not yet"],
        ["default", "all else", "100.00", "the beginning", "applies"],
    ]


def test_change_orders_stand_with_a_button_for_those_that_wait(own: Pages) -> None:
    rows = {
        row[0]: row for row in the_table(own.page("project", project=NEW), "projbill-orders").rows
    }
    assert rows["CO-1 More"][4] == "approved 2026-03-08"
    assert rows["CO-2 No"][4] == "rejected 2026-03-09"
    assert rows["CO-9 Later"][4] == "pending Approve"
    assert "value +500.00 EUR" in rows["CO-1 More"][3]


def test_documents_have_the_entries_behind_them(example: Pages) -> None:
    page = example.page("project", project="BOLT-APP")
    text = text_of(page)
    assert "INV-2026-0003 2026-04-01 2026-05-01 10207.37 12146.77 EUR" in text
    assert "11759.18" in text
    assert "CN-2026-0002 on INV-2026-0003 2026-04-13 -325.71 -387.59 EUR" in text
    assert "3 lines, 33 entries" in text
    # an entry as the invoice froze it, with its person's name
    assert re.search(r"2026-03-\d\d Carol Diaz backend \d+\.\d+ toggl-carol-", text)
    assert 'href="/northlight-it/journal/?filter=%5EINV-2026-0003"' in page
    acme = text_of(example.page("project", project="ACME-MIG"))
    assert "ready ACME-MIG/hybrid/2026-04-10" in acme
    assert "Cut-over (50 % of 30000.00) M2 15000.00" in acme


def test_what_the_client_keeps_back_is_not_open(example: Pages) -> None:
    text = text_of(example.page("project", project="HOLM-ERP"))
    assert "9520.00 EUR 8720.00 800.00 kept back open" in text


def test_a_change_order_that_is_billed_like_a_milestone_can_be_reported_on(tmp_path: Path) -> None:
    order = f'2026-03-06 custom "change-order" "{NEW}" "CO-3" 300.00 EUR\n'
    order += '  title: "Alone"\n  approved: 2026-03-08\n  bill: "accepted"\n'
    ledger = write_ledger(tmp_path, AS_OF, contracts=CONTRACTS, facts=FACTS + order)
    run(ledger, AS_OF, "accept", NEW, "CO-3")
    rows = the_table(Pages(ledger).page("project", project=NEW), "projbill-milestones").rows
    assert rows[-1][0] == "CO-3 Alone change order"
    assert rows[-1][1] == "300.00"
    assert rows[-1][4].startswith("100 %")
    assert rows[-1][7] == "on a draft 2026-03-31"


def test_held_drafts_say_why_and_what_to_do(example: Pages) -> None:
    page = example.page("project", project="HOLM-ERP")
    text = text_of(page)
    assert "2400.00 EUR more than the 3600.00 EUR of 6000.00 that are delivered" in text
    assert "projbill progress HOLM-ERP MILESTONE PERCENT" in text
    assert 'data-action="release"' in page
    oak = example.page("project", project="OAK-DATA")
    held = oak.partition('id="draft-OAK-DATA-time-2026-04-30"')[2].partition("</article>")[0]
    assert "rate-missing" in held
    assert 'data-action="release"' not in held  # nobody can release what has no price


def test_findings_lead_to_the_line(example: Pages) -> None:
    page = example.page("project", project="HOLM-ERP")
    findings = page.partition('id="findings"')[2]
    told = ask(ledger_of(example), EXAMPLE_DAY, "check", status=1)["findings"]
    (found,) = (one for one in told if one["project"] == "HOLM-ERP")
    assert f"line={found['line']}" in findings
    assert "2400.00" in findings
    assert "What to do:" in findings


def test_accounts_and_the_contract_can_be_opened(example: Pages) -> None:
    page = example.page("project", project="HOLM-ERP")
    assert 'href="/northlight-it/account/Income:Services:HOLM-ERP/"' in page
    assert 'href="/northlight-it/account/Assets:Retention:HOLM/"' in page
    assert re.search(r"editor/\?file_path=[^\"]*contracts/holm-erp.yaml&amp;line=4", page)


def test_a_project_on_hold_offers_the_release(tmp_path: Path) -> None:
    hold = f'2026-03-20 custom "billing-hold" "{NEW}"\n  reason: "Talks <b>go on</b>"\n'
    pages = Pages(write_ledger(tmp_path, AS_OF, contracts=CONTRACTS, facts=FACTS + hold))
    page = pages.page("project", project=NEW)
    assert "All billing is on hold since 2026-03-20 : Talks <b>go on</b>" in text_of(page)
    head = page.partition('<nav class="projbill-toc"')[0]
    assert "Release the hold" in head
    assert "Hold billing" not in head


def test_very_many_entries_are_limited_and_lead_to_the_rest(tmp_path: Path) -> None:
    facts = "".join(
        time_text(f"d-{n}", "2026-02-02", 60, project="DOL-1", person="ana") for n in range(450)
    )
    ledger = write_ledger(tmp_path, AS_OF, contracts={"DOL-1": BUDGET}, facts=facts)
    ledger.write_text(ledger.read_text() + 'include "invoices.beancount"\n')
    (tmp_path / "invoices.beancount").touch()
    page = Pages(ledger).page("project", project="DOL-1")
    assert page.count('<tr class="entry">') == 200
    assert "All 450 on the page of drafts" in page
    run(ledger, AS_OF, "issue", "DOL-1")
    invoices = Pages(ledger).page("project", project="DOL-1").partition('id="invoices"')[2]
    assert invoices.count('<tr class="entry">') == 200
    assert "All 450 in the journal" in invoices


@needs_chromium
def test_a_browser_sorts_jumps_draws_and_logs(tmp_path: Path) -> None:
    ledger = write_ledger(tmp_path, AS_OF, contracts=CONTRACTS, facts=FACTS)
    ledger.write_text(ledger.read_text() + EXTENSION_LINE)
    with serve(ledger) as fava, looking(viewport={"width": 1280, "height": 600}) as page:
        page.goto(fava.address("projects"))
        page.get_by_role("button", name="Unbilled").click()
        page.get_by_role("button", name="Unbilled").click()
        assert page.locator(".projbill-projects tbody th a").first.inner_text() == "YEN-1"
        page.get_by_role("link", name=NEW).click()
        page.locator("figure svg").first.wait_for()
        assert page.locator("figure[data-chart] svg").count() >= 2
        page.get_by_role("link", name="Rates").click()
        page.wait_for_function("document.getElementById('rates').getBoundingClientRect().top < 300")
        assert "page=project" in page.url
        _report(page)
        page.locator(".projbill-milestones tbody tr").first.get_by_text("80 %").first.wait_for()
    assert 'complete: "80 %"' in "".join(one.read_text() for one in tmp_path.rglob("*.beancount"))


def _report(page: Page) -> None:
    page.get_by_role("button", name="Report progress").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Complete, in percent").fill("80")
    dialog.get_by_role("button", name="Preview").click()
    dialog.get_by_text('complete: "80 %"').wait_for()
    dialog.get_by_role("button", name="Write to the ledger").click()
