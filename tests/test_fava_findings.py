"""The page of findings: all that the command line has, worst first, with what to do about it."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from projbill_beancount.reports.hints import HINTS
from projbill_beancount.reports.meanings import MEANINGS
from projbill_beancount.terms.codes import RANK
from projbill_beancount.terms.codes import SEVERITIES
from tests.fava_tables import Pages
from tests.fava_tables import tables
from tests.fava_tables import text_of
from tests.ledgers import ask
from tests.ledgers import time_text
from tests.ledgers import write_ledger
from tests.schedule_books import AS_OF
from tests.schedule_books import CONTRACTS
from tests.schedule_books import FACTS
from tests.schedule_books import schedule_books
from tests.test_fava_receivables import of_example
from tests.test_fava_receivables import of_many

if TYPE_CHECKING:
    from collections.abc import Callable

DOCS = Path(__file__).parent.parent / "docs"
CODE = re.compile(r'aria-labelledby="projbill-([a-z-]+)"')
#: An error, and two of one code with different severities; a message with what people wrote.
WRONG = FACTS + (
    time_text("x-1", "2025-06-20", 3600, project="NO<i>SUCH", person="ana").replace(
        "Unbilled:NO<i>SUCH", "Unbilled:NOSUCH"
    )
    + time_text("x-2", "2024-06-20", 3600, project="OPS", person="ana")
    + time_text("x-3", "2025-06-21", 3600, project="OPS", person="zoe")
)


def of_schedules(folder: Path) -> tuple[Path, str]:
    """Books with change orders, retainers and two currencies."""
    return schedule_books(folder), AS_OF


@pytest.fixture(scope="module")
def wrong(tmp_path_factory: pytest.TempPathFactory) -> Pages:
    """Pages of books with an error, a hold, warnings, and an unreadable contract."""
    folder = tmp_path_factory.mktemp("wrong")
    contracts = {**CONTRACTS, "BAD": "project: BAD\nclient: acme\nbilling: <b>hourly</b>\n"}
    return Pages(write_ledger(folder, AS_OF, contracts=contracts, facts=WRONG))


@pytest.mark.parametrize("write", [of_schedules, of_example, of_many])
def test_all_findings_of_the_command_line_are_there(
    tmp_path: Path, write: Callable[[Path], tuple[Path, str]]
) -> None:
    ledger, as_of = write(tmp_path)
    shown = Pages(ledger).page("findings")
    told = ask(ledger, as_of, "check", status=1)["findings"]
    rows = [
        (code, row[0].split(" ")[0], row[1], row[2].split(" ")[0], row[3].split(" holds ")[0])
        for code, table in zip(CODE.findall(shown), tables(shown, "sortable"), strict=False)
        for row in table.rows
    ]
    assert Counter(rows) == Counter(
        (
            one["code"],
            one["project"] or "",
            one["date"] or "–",
            one["amount"] or "",
            " ".join(one["message"].replace("`", "").split()),
        )
        for one in told
    )
    assert f"All: {len(told)}" in text_of(shown)


def test_the_worst_comes_first_with_what_to_do(wrong: Pages) -> None:
    shown = wrong.page("findings")
    codes = CODE.findall(shown)
    ranks = [RANK.index(SEVERITIES[code]) for code in codes]
    assert ranks == sorted(ranks)
    assert {"contract-invalid", "contract-unknown", "time-before-start"} <= set(codes)
    words = text_of(shown)
    assert "Errors: 3 Hold a draft: 1 Warnings: 3" in words
    assert "A contract cannot be read, so it bills nothing. What to do: correct the line" in words
    assert "<b>hourly" not in shown
    assert "contracts/bad.yaml:3" in words
    assert "contracts%2Fbad.yaml&amp;line=3" in shown or "contracts/bad.yaml&amp;line=3" in shown


def test_a_severity_or_a_code_is_asked_for(wrong: Pages) -> None:
    errors = wrong.page("findings", severity="error")
    assert set(CODE.findall(errors)) == {
        "contract-invalid",
        "contract-unknown",
        "time-before-start",
    }
    assert "Errors: 3 Hold a draft: 1" in text_of(errors)
    assert CODE.findall(wrong.page("findings", code="retainer-low")) == ["retainer-low"]
    ops = wrong.page("findings", project="OPS")
    assert set(CODE.findall(ops)) == {"person-unknown", "time-before-start"}
    none = wrong.page("findings", severity="error", code="retainer-low")
    assert "There is no such finding; choose among those above." in text_of(none)


def test_what_a_contract_accepts_is_not_open(wrong: Pages) -> None:
    shown = wrong.page("findings")
    assert "cap-near" not in CODE.findall(shown)
    (accepted,) = tables(shown, "projbill-accepted")
    assert [list(row) for row in accepted.rows] == [
        ["OPS", "cap-near", "nothing, it is not shown", "the client knows", "contracts/ops.yaml:7"]
    ]


def test_a_finding_that_holds_a_draft_names_it(tmp_path: Path) -> None:
    ledger, _ = of_example(tmp_path)
    shown = Pages(ledger).page("findings")
    assert "holds HOLM-ERP/milestone/2026-04-30" in text_of(shown)
    assert "page=drafts&amp;draft=OAK-DATA/time/2026-04-30" in shown.replace("%2F", "/")
    assert "projbill progress HOLM-ERP MILESTONE PERCENT" in text_of(shown)


def test_many_of_a_code_are_a_click_away(tmp_path: Path) -> None:
    facts = "".join(
        time_text(f"t-{day}", f"2025-06-{day:02}", 3600, project="OPS", person=f"p{day}")
        for day in range(1, 26)
    )
    pages = Pages(write_ledger(tmp_path, AS_OF, contracts=CONTRACTS, facts=facts))
    (unknown, *_) = tables(pages.page("findings", code="person-unknown"), "sortable")
    assert len(unknown.rows) == 25
    shown = pages.page("findings")
    at = CODE.findall(shown).index("person-unknown")
    assert len(tables(shown, "sortable")[at].rows) == 20
    assert "5 more" in text_of(shown)


def test_an_amount_has_the_currency_of_its_document(tmp_path: Path) -> None:
    ledger, as_of = of_many(tmp_path)
    overdue = tables(Pages(ledger).page("findings", code="invoice-overdue"), "sortable")[0]
    assert ("ELM-1", "98000 JPY") in overdue.columns("Project", "Amount")
    told = ask(ledger, as_of, "check", status=1)["findings"]
    assert [one["amount"] for one in told if "98000 JPY" in one["message"]] == ["98000"]


def test_filters_choose_what_is_shown(wrong: Pages) -> None:
    care = wrong.page("findings", account="Equity:Time:Unbilled:CARE")
    assert set(CODE.findall(care)) == {"retainer-expired", "retainer-low"}
    none = text_of(wrong.page("findings", time="1999", account="Assets:Bank"))
    assert "No finding is let through by the filters above." in none


def test_every_code_is_explained() -> None:
    assert MEANINGS.keys() == SEVERITIES.keys()
    assert SEVERITIES.keys() - HINTS.keys() == {"retainer-expired", "zero-invoice"}
    explained = (DOCS / "findings.md").read_text()
    assert [code for code in MEANINGS if f"`{code}`" not in explained] == []
