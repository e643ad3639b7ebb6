"""The overview: what needs somebody now, what can be billed, what is held and why, what is owed."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from projbill_beancount.billing.decisions import RELEASABLE
from projbill_beancount.reports.hints import HINTS
from projbill_beancount.reports.hints import IN_WORDS
from projbill_beancount.reports.hints import hint_in_words
from tests.fava_server import EXTENSION_LINE
from tests.fava_server import looking
from tests.fava_server import needs_chromium
from tests.fava_server import serve
from tests.fava_tables import Pages
from tests.fava_tables import text_of
from tests.ledgers import ask
from tests.ledgers import progress_text
from tests.ledgers import time_text
from tests.ledgers import write_ledger
from tests.payment_books import books as payment_books
from tests.payment_books import invoice
from tests.payment_books import paid

EXAMPLE = Path(__file__).parent.parent / "example-ledger"
AS_OF = "2026-04-30"
#: What the example's drafts that may go out come to, net.
READY = "45054.74"
FOREIGN = """\
project: ACME-USA
client: acme
billing: time-and-materials
currency: USD
rates: {default: 50}
"""
HOURLY = """\
project: ACME-APP
client: acme
billing: time-and-materials
rates: {default: 100}
"""
FIXED = """\
project: ACME-WEB
client: acme
billing: fixed-fee
milestones:
  M1: {name: "Concept <b>", value: 4000, bill: accepted}
  M2: {name: Build, value: 6000, due: 2026-06-30}
"""
ORDER = """\
2026-04-02 custom "change-order" "ACME-WEB" "CO-1" 1500.00 EUR
  title: "More pages"
"""


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Pages:
    """The example's books, which no test changes."""
    return Pages(example_books(tmp_path_factory.mktemp("example")))


def example_books(folder: Path) -> Path:
    shutil.copytree(EXAMPLE, folder / "books", ignore=shutil.ignore_patterns("__pycache__", ".*"))
    return folder / "books" / "main.beancount"


def books(folder: Path, facts: str, **contracts: str) -> Path:
    return write_ledger(
        folder,
        AS_OF,
        contracts={name.replace("_", "-"): text for name, text in contracts.items()},
        facts=facts,
    )


def part(html: str, label: str) -> str:
    """A section by the id of its title, or by its own label."""
    pattern = rf'<section [^>]*aria-label(?:ledby)?="{label}">(.*?)</section>'
    (found,) = re.findall(pattern, html, re.DOTALL)
    return str(found)


def items(html: str, label: str) -> list[str]:
    """The items of a section's list as a reader sees them."""
    found = re.findall(r"<li\b[^>]*>(.*?)</li>", part(html, label), re.DOTALL)
    return [re.sub(r" (?=[,:;])", "", text_of(one).replace("\xa0", " ")) for one in found]


def tiles(html: str) -> dict[str, str]:
    """What each figure says, by its title."""
    found = re.findall(r'class="title">(.*?)</span>(.*?)</a>', part(html, "Figures"), re.DOTALL)
    return {title: text_of(rest).replace("\xa0", " ") for title, rest in found}


def test_the_figures_are_those_of_the_command_line(example: Pages, tmp_path: Path) -> None:
    ledger = example_books(tmp_path)
    projects = ask(ledger, AS_OF, "status")["projects"]

    def total(key: str) -> Decimal:
        return sum((Decimal(one[key]) for one in projects), Decimal(0))

    assert tiles(example.page("overview")) == {
        "Ready to bill": f"{total('drafts')} EUR 8 drafts, net",
        "Held": f"{total('held')} EUR 2 drafts, net, as far as priced",
        "Unbilled": f"{total('unbilled')} EUR net, with ready and held",
        "Hours unbilled": "146.10 h billable, on no invoice",
        "Outstanding": f"{total('open')} EUR 5 invoices, with tax",
        "Overdue": f"{total('overdue')} EUR 1 invoice, with tax",
    }
    assert total("overdue") == Decimal("1715.98")


def test_each_draft_that_is_ready_is_named_and_can_be_issued(example: Pages) -> None:
    shown = example.page("overview")
    cards = items(shown, "projbill-ready")
    assert [card.replace(" Issue", "") for card in cards] == [
        "OAK-DATA 5473.75 EUR Oak Energy eG: 37.75 h ready 30 days",
        "DELTA-WEB 6000.00 EUR Delta Harbour BV: Concept",
        "ACME-MIG 19204.25 EUR ACME Corp: Cut-over, CO-1 Single sign-on, 4.70 h",
        "HEATH-STUDY 3000.00 EUR Fir Logistik AG: Study",
        "HEATH-STUDY 2000.00 EUR Holm Werft GmbH: Study",
        "BOLT-APP 5287.35 EUR BOLT AG: 34.33 h",
        "FIR-PORT 3247.22 EUR Fir Logistik AG: 22.53 h, expenses",
        "GORSE-AUDIT 842.17 EUR Gorse Bank eG: 7.02 h",
    ]
    assert all(" EUR Issue " in card for card in cards)
    assert 'title="ACME Corp: Cut-over, CO-1 Single sign-on, 4.70 h"' in shown
    assert "draft=OAK-DATA/time/2026-03-31" in part(shown, "projbill-ready")


def test_what_is_held_says_why_and_what_would_release_it(example: Pages) -> None:
    first, second = items(example.page("overview"), "projbill-held")
    assert first == (
        "HOLM-ERP 6000.00 EUR Holm Werft GmbH: Data import "
        "It would bill 2400.00 EUR more than is delivered. "
        "To release it: report M2 further: 60\xa0% is reported ( 2026-04-29 ), 100\xa0% is needed. "
        "Report progress… Release anyway…"
    ).replace("\xa0", " ")
    assert second.startswith("OAK-DATA 2283.75 EUR and 7 entries without a price Oak Energy eG")
    assert "no rate for dana on task dashboards" in second
    assert second.endswith(
        "add a rate to the contract that applies on the work date . contracts/oak-data.yaml:4"
    )
    assert "Release" not in second


def test_what_is_in_work_says_what_is_left_and_when_it_bills(example: Pages) -> None:
    beyond = "9.48 h used up, 1.53 h beyond"
    assert items(example.page("overview"), "projbill-working") == [
        f"ELM-CARE Elm Verlag GmbH: Retainer {beyond} 245.33 EUR earned bills on 2026-05-14",
        "DELTA-WEB Delta Harbour BV: Site built 12000.00 EUR to come when complete, due 2026-05-29",
        "HOLM-ERP Holm Werft GmbH: Go-live 6000.00 EUR to come when complete, due 2026-07-31",
        "ACME-MIG ACME Corp: Cut-over, 50 % 15000.00 EUR to come in steps, due 2026-08-31",
    ]


def test_what_is_owed_has_its_day_and_the_overdue_comes_first(example: Pages) -> None:
    cards = items(example.page("overview"), "projbill-invoiced")
    assert cards[0] == (
        "INV-2026-0008 1715.98 EUR Gorse Bank eG: GORSE-AUDIT due 2026-04-22 ⚠ 8 days overdue"
    )
    assert cards[1] == "INV-2026-0003 11759.18 EUR BOLT AG: BOLT-APP due 2026-05-01"
    assert len(cards) == 5
    assert items(example.page("overview"), "projbill-paid")[0] == (
        "INV-2026-0002 1428.00 EUR Elm Verlag GmbH: ELM-CARE paid 2026-04-15"
    )


def test_what_needs_somebody_is_named_what_matters_most_first(example: Pages) -> None:
    shown = example.page("overview")
    now = items(shown, "projbill-now")
    kinds = [one.partition(" ")[0] for one in now]
    assert kinds == ["Ready", "Held", "Held", "Overdue", "Approval", "Look"]
    assert now[0] == f"Ready 8 drafts, {READY} EUR net Issue all…"
    assert now[1].startswith(
        "Held HOLM-ERP: report M2 further: 60 % is reported, 100 % is needed time/2026-04.beancount"
    )
    assert now[1].endswith("Report progress…")
    assert "INV-2026-0008 Gorse Bank eG, ⚠ 8 days overdue" in now[3]
    assert "CO-2 Second data centre, 8000.00 EUR, asked for on 2026-04-20" in now[4]
    assert now[4].endswith("Record approval…")
    assert "3 warnings: ELM-CARE retainer-overage" in now[5]
    assert "more" not in now[5]
    assert "file_path=" in part(shown, "projbill-now")


def test_orders_to_approve_and_milestones_to_accept_have_their_buttons(tmp_path: Path) -> None:
    facts = ORDER + progress_text("2026-04-10", 100, project="ACME-WEB", milestone="M1")
    shown = Pages(books(tmp_path, facts, ACME_WEB=FIXED)).page("overview")
    approve, accept = items(shown, "projbill-now")
    assert approve.startswith("Approval ACME-WEB: change order CO-1 More pages, 1500.00 EUR")
    assert accept.startswith("Acceptance ACME-WEB: M1 Concept <b> is delivered since 2026-04-10")
    values = re.findall(r'data-action="(\w+)" data-values="(.*?)"', part(shown, "projbill-now"))
    assert [(name, json.loads(text.replace("&#34;", '"'))) for name, text in values] == [
        ("approve", {"order": "CO-1", "project": "ACME-WEB"}),
        ("accept", {"milestone": "M1", "project": "ACME-WEB"}),
    ]


def test_currencies_are_never_added(tmp_path: Path) -> None:
    facts = [
        time_text(f"toggl-{day}-{project}", day, 7200, project=project, person="ana")
        for project in ("ACME-APP", "ACME-USA")
        for day in ("2026-03-10", "2026-04-10")
    ]
    ledger = books(tmp_path, "".join(facts), ACME_APP=HOURLY, ACME_USA=FOREIGN)
    shown = Pages(ledger).page("overview")
    assert tiles(shown)["Ready to bill"] == "400.00 EUR 200.00 USD 4 drafts, net"
    assert tiles(shown)["Hours unbilled"].startswith("8.00 h")
    charts = [json.loads(text) for text in re.findall(r"json\">(.*?)</script>", shown)]
    assert [chart["currency"] for chart in charts] == ["EUR", "USD"]
    bars = {(one["month"], one["what"]): one["amount"] for one in charts[1]["months"]}
    assert bars["2026-03", "worked"] == bars["2026-04", "worked"] == "100.00"
    assert bars["2026-04", "billed"] == "0.00"


def test_a_column_shows_a_handful_and_links_to_all(tmp_path: Path) -> None:
    facts = [
        time_text(f"toggl-{number}", "2026-03-10", 3600, project=f"ACME-{number}", person="ana")
        for number in range(10)
    ]
    contracts = {
        f"ACME-{number}": HOURLY.replace("ACME-APP", f"ACME-{number}") for number in range(10)
    }
    ledger = write_ledger(tmp_path, AS_OF, contracts=contracts, facts="".join(facts))
    shown = Pages(ledger).page("overview")
    cards = items(shown, "projbill-ready")
    assert len(cards) == 9
    assert cards[-1] == "and 2 more"
    assert "page=drafts" in part(shown, "projbill-ready").rpartition("<li")[2]


def test_one_card_more_is_shown_rather_than_a_link_to_it(tmp_path: Path) -> None:
    facts = [
        time_text(f"toggl-{day}", f"2025-{day:02}-10", 3600, project="ACME-APP", person="ana")
        for day in range(1, 10)
    ]
    shown = Pages(books(tmp_path, "".join(facts), ACME_APP=HOURLY)).page("overview")
    cards = items(shown, "projbill-ready")
    assert len(cards) == 9
    assert all(card.startswith("ACME-APP 100.00 EUR Issue ACME Corp: 1.00 h") for card in cards)


def test_all_that_is_ready_is_issued_by_one_button(tmp_path: Path) -> None:
    facts = [
        time_text(f"toggl-{number}", day, 7200, project=project, person="ana")
        for number, (day, project) in enumerate(
            [("2026-03-10", "ACME-APP"), ("2026-04-10", "ACME-APP"), ("2026-04-10", "ACME-USA")]
        )
    ]
    ledger = books(tmp_path, "".join(facts), ACME_APP=HOURLY, ACME_USA=FOREIGN)
    shown = Pages(ledger).page("overview")
    assert items(shown, "projbill-now") == [
        "Ready 3 drafts, 400.00 EUR and 100.00 USD net Issue all…"
    ]
    (values,) = re.findall(r'data-action="issue" data-values="(.*?)"', part(shown, "projbill-now"))
    assert sorted(json.loads(values.replace("&#34;", '"'))["draft"].split()) == [
        "ACME-APP/time/2026-03-31",
        "ACME-APP/time/2026-04-30",
        "ACME-USA/time/2026-04-30",
    ]


def test_a_fourth_warning_is_a_click_away(tmp_path: Path) -> None:
    contracts = {f"ACME-{name}": HOURLY.replace("ACME-APP", f"ACME-{name}") for name in "ABCDE"}
    facts = "".join(
        time_text(f"toggl-{name}", "2026-05-10", 3600, project=name, person="ana")
        for name in contracts
    )
    ledger = write_ledger(tmp_path, AS_OF, contracts=contracts, facts=facts)
    shown = Pages(ledger).page("overview")
    (look,) = (one for one in items(shown, "projbill-now") if one.startswith("Look"))
    assert look.startswith("Look 5 warnings: ACME-A time-future, ")
    assert look.endswith(", and 2 more")


def test_a_hold_without_a_report_says_that_nothing_is_reported(tmp_path: Path) -> None:
    dated = FIXED.replace("bill: accepted", "bill: {date: 2026-04-15}")
    shown = Pages(books(tmp_path, "", ACME_WEB=dated)).page("overview")
    (now,) = items(shown, "projbill-now")
    assert now.startswith(
        "Held ACME-WEB: report M1 further: nothing is reported, 100 % is needed contracts/"
    )
    (card,) = items(shown, "projbill-held")
    assert "It would bill 4000.00 EUR more than is delivered." in card
    assert "nothing is reported, 100 % is needed" in card


def test_what_a_button_does_is_said_without_a_command() -> None:
    assert IN_WORDS.keys() <= HINTS.keys()
    assert {code for code in RELEASABLE if "projbill" in hint_in_words(code)} == set()
    assert hint_in_words("effort-ahead", "M1") == "report M1 further"
    assert hint_in_words("effort-ahead") == "report the work further"


def test_a_draft_on_hold_is_released_and_nothing_is_reported(tmp_path: Path) -> None:
    facts = time_text("toggl-1", "2026-03-10", 3600, project="ACME-APP", person="ana")
    facts += '2026-03-01 custom "billing-hold" "ACME-APP"\n'
    shown = Pages(books(tmp_path, facts, ACME_APP=HOURLY)).page("overview")
    (card,) = items(shown, "projbill-held")
    assert "To release it: settle what it was held for ." in card
    assert card.endswith("Release…")
    assert "projbill release" not in card


def test_filters_choose_what_is_shown(example: Pages) -> None:
    shown = example.page("overview", account="Assets:Receivable:GORSE")
    assert tiles(shown)["Outstanding"] == "1715.98 EUR 1 invoice, with tax"
    assert items(shown, "projbill-held") == ["Nothing is held."]
    march = example.page("overview", time="2026-03")
    assert [card.partition(" ")[0] for card in items(march, "projbill-ready")] == ["OAK-DATA"]
    assert tiles(march)["Held"] == "– nothing is held"
    (chart,) = (json.loads(text) for text in re.findall(r"json\">(.*?)</script>", march))
    assert {one["month"] for one in chart["months"]} == {"2026-03"}


def test_the_longest_overdue_of_several_is_named_with_their_sum(tmp_path: Path) -> None:
    facts = (
        invoice("INV-1", "2026-02-01", "100.00", due="2026-03-01")
        + invoice("INV-2", "2026-02-01", "200.00", due="2026-04-29", project="ELM-1")
        + invoice("INV-3", "2026-02-01", "400.00", due="2026-04-30")
        + paid("2026-04-01", "30.00", "^INV-1")
    )
    shown = Pages(payment_books(tmp_path, facts, AS_OF)).page("overview")
    (late,) = items(shown, "projbill-now")
    assert (
        late
        == "Overdue 2 invoices, 270.00 EUR; the longest: INV-1 Oak Energy eG, ⚠ 60 days overdue"
    )
    days = [
        re.findall(r"INV-\d|\d+ days? overdue", card) for card in items(shown, "projbill-invoiced")
    ]
    assert days == [["INV-1", "60 days overdue"], ["INV-2", "1 day overdue"], ["INV-3"]]


def test_books_that_are_just_begun_say_what_to_do_first(tmp_path: Path) -> None:
    shown = text_of(Pages(books(tmp_path, "")).page("overview"))
    assert "Nothing is agreed and nothing is logged yet" in shown
    assert "contracts/*.yaml" in shown
    assert "projbill init" in shown
    assert "projbill import" in shown


def test_a_contract_without_hours_is_no_empty_page(tmp_path: Path) -> None:
    shown = Pages(books(tmp_path, "", ACME_WEB=FIXED)).page("overview")
    assert items(shown, "projbill-working") == [
        "ACME-WEB ACME Corp: Concept <b> 4000.00 EUR to come once accepted, due 2026-06-30"
    ]
    assert "Nothing is logged yet" in text_of(part(shown, "projbill-now"))


def test_a_broken_contract_is_the_first_thing(tmp_path: Path) -> None:
    ledger = books(tmp_path, "", ACME_APP="project: ACME-APP\nclient: acme\nbilling: never\n")
    (first,) = items(Pages(ledger).page("overview"), "projbill-now")
    assert first.startswith("Error ACME-APP: billing")
    assert "acme-app.yaml:3" in first.lower()


def test_hidden_numbers_are_not_in_the_chart_either(tmp_path: Path) -> None:
    shown = Pages(example_books(tmp_path), incognito=True).page("overview")
    (chart,) = (json.loads(text) for text in re.findall(r"json\">(.*?)</script>", shown))
    amounts = [Decimal(one["amount"]) for one in chart["months"]]
    assert max(amounts) == 100
    assert "50094" not in shown
    assert tiles(shown)["Ready to bill"] == "XXXXX.XX EUR 8 drafts, net"


@needs_chromium
def test_a_draft_is_issued_from_its_card_and_the_chart_is_drawn(tmp_path: Path) -> None:
    ledger = example_books(tmp_path)
    exports = sorted((ledger.parent / "exports" / "new").iterdir())
    projbill = Path(sys.executable).with_name("projbill")
    subprocess.run([projbill, "-f", ledger, "import", *exports], check=True)
    if "fava-extension" not in ledger.read_text():
        ledger.write_text(ledger.read_text() + EXTENSION_LINE)
    with serve(ledger) as fava, looking(viewport={"width": 1280, "height": 800}) as page:
        page.goto(fava.address("overview"))
        page.locator("figure svg rect").first.wait_for()
        assert "Mar" in page.locator("figure[data-chart]").inner_text()
        for label in ("ready", "held", "invoiced"):
            box = page.locator(f"#projbill-{label}").bounding_box()
            assert box
            assert box["y"] < 450
        cards = page.locator("section.ready li").all()
        assert len(cards) == 9
        for card in cards:
            box = card.bounding_box()
            assert box
            assert box["y"] + box["height"] < 800
            assert box["height"] < 45
        card = page.locator("section.ready li", has_text="BOLT-APP")
        card.get_by_role("button", name="Issue").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_text("INV-2026-").first.wait_for()
        dialog.get_by_role("button", name="Write to the ledger").click()
        page.locator("section.ready li", has_text="BOLT-APP").wait_for(state="detached")
        page.locator("#projbill-invoiced", has_text="6").wait_for()
    assert 'draft: "BOLT-APP/time/2026-04-30"' in (ledger.parent / "invoices.beancount").read_text()
