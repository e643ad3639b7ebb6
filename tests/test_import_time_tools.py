"""An export of every time tracker: what becomes of each row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from projbill_beancount.importers.formats import FORMATS
from projbill_beancount.importers.table import decoded
from projbill_beancount.terms.exports import IMPORT_FIELDS
from projbill_beancount.terms.model import ImportSettings
from projbill_beancount.terms.model import Place
from tests.import_books import EXPORTS
from tests.import_books import make_books

if TYPE_CHECKING:
    from pathlib import Path

RULES = (
    "{timew: {person: bo}, watson: {person: bo}, org-clock: {person: bo}, timedot: {person: alice}}"
)

# Id, date, hours, billable, project and task, reckoned from the files by hand.
EXPECTED: dict[str, list[tuple[object, ...]]] = {
    "clockify.csv": [
        (
            "clockify-alice-20260302T102300",
            "2026-03-02",
            "0.2167",
            True,
            "ACME-MIG",
            "network-plan",
        ),
        ("clockify-bo-20260331T120000", "2026-03-31", "12.0000", False, "ACME-MIG", ""),
        ("clockify-bo-20260331T120000/2", "2026-04-01", "0.5028", False, "ACME-MIG", ""),
    ],
    "harvest.csv": [
        ("harvest-alice-2026-03-02-1", "2026-03-02", "7.3300", True, "ACME-MIG", "architecture"),
        ("harvest-bo-2026-03-02-1", "2026-03-02", "1.5000", True, "BOLT-APP", "Dev"),
        ("harvest-bo-2026-03-02-2", "2026-03-02", "1.5000", True, "BOLT-APP", "Dev"),
        ("harvest-bo-2026-03-03-1", "2026-03-03", "0.5000", False, "BOLT-APP", "Dev"),
    ],
    "kimai-1.csv": [
        ("kimai-alice-20260302T143200", "2026-03-02", "0.4667", True, "ACME-MIG", "architecture"),
        ("kimai-bo-20260302T223000", "2026-03-02", "1.5061", False, "BOLT-APP", "Dev"),
        ("kimai-bo-20260302T223000/2", "2026-03-03", "1.1717", False, "BOLT-APP", "Dev"),
    ],
    "kimai-2-de.csv": [
        ("kimai-alice-20260302T090000", "2026-03-02", "1.2500", True, "ACME-MIG", "architecture"),
        ("kimai-bo-20260302T110000", "2026-03-02", "0.1000", False, "BOLT-APP", "Dev"),
    ],
    "kimai.json": [
        ("kimai-11", "2026-03-02", "1.5056", True, "ACME-MIG", "architecture"),
        ("kimai-12", "2026-03-02", "0.5000", False, "BOLT-APP", "Dev"),
        ("kimai-12/2", "2026-03-03", "0.5000", False, "BOLT-APP", "Dev"),
    ],
    "solidtime.csv": [
        (
            "solidtime-alice-20260302T090000",
            "2026-03-02",
            "1.3361",
            True,
            "ACME-MIG",
            "architecture",
        ),
        ("solidtime-bo-20260303T230000", "2026-03-03", "1.0000", False, "BOLT-APP", ""),
        ("solidtime-bo-20260303T230000/2", "2026-03-04", "1.0000", False, "BOLT-APP", ""),
    ],
    "tempo.csv": [
        ("tempo-alice-20260302T143300", "2026-03-02", "1.5000", True, "ACME-MIG", "architecture"),
        ("tempo-bo-2026-03-02-1", "2026-03-02", "0.2500", False, "ACME-MIG", ""),
    ],
    "tempo.json": [
        ("tempo-126", "2026-03-02", "1.5000", True, "ACME-MIG", ""),
        ("tempo-127", "2026-03-02", "0.2500", False, "ACME-MIG", ""),
    ],
    "jira-worklogs.json": [
        ("jira-worklogs-100", "2026-03-02", "1.5000", None, "ACME-MIG", ""),
        ("jira-worklogs-101", "2026-03-31", "0.5000", None, "ACME-MIG", ""),
        ("jira-worklogs-101/2", "2026-04-01", "0.5000", None, "ACME-MIG", ""),
    ],
    "redmine.csv": [
        ("redmine-alice-2026-03-02-1", "2026-03-02", "1.1700", None, "ACME-MIG", "architecture"),
        ("redmine-bo-2026-03-31-1", "2026-03-31", "0.3300", None, "BOLT-APP", "Dev"),
        ("redmine-bo-2026-03-31-2", "2026-03-31", "0.3300", None, "BOLT-APP", "Dev"),
    ],
    "redmine.json": [
        ("redmine-7", "2026-03-02", "1.1667", True, "ACME-MIG", "architecture"),
        ("redmine-8", "2026-03-31", "0.5000", False, "BOLT-APP", "Dev"),
    ],
    "gitlab-time.json": [
        ("gitlab-time-31", "2026-03-02", "3.0000", None, "BOLT-APP", ""),
        ("gitlab-time-32", "2026-03-02", "-1.0000", None, "BOLT-APP", ""),
        ("gitlab-time-33", "2026-03-31", "0.5000", None, "BOLT-APP", ""),
    ],
    "everhour.csv": [
        ("everhour-alice-2026-03-02-1", "2026-03-02", "1.5000", True, "ACME-MIG", "architecture"),
        ("everhour-bo-2026-03-02-1", "2026-03-02", "2.2500", False, "BOLT-APP", "Dev"),
        ("everhour-bo-2026-03-03-1", "2026-03-03", "0.5000", True, "BOLT-APP", "Dev"),
    ],
    "quickbooks-time.csv": [
        (
            "quickbooks-time-alice-20260302T090000",
            "2026-03-02",
            "1.5000",
            True,
            "ACME-MIG",
            "architecture",
        ),
        ("quickbooks-time-bo-2026-03-03-1", "2026-03-03", "0.7500", None, "BOLT-APP", "Dev"),
        ("quickbooks-time-bo-20260331T170000", "2026-03-31", "1.0000", False, "BOLT-APP", ""),
        ("quickbooks-time-bo-20260331T170000/2", "2026-04-01", "1.0000", False, "BOLT-APP", ""),
    ],
    "timecamp.json": [
        ("timecamp-501", "2026-03-02", "1.5000", True, "ACME-MIG", "architecture"),
        ("timecamp-502", "2026-03-02", "0.5000", False, "BOLT-APP", ""),
        ("timecamp-502/2", "2026-03-03", "0.5000", False, "BOLT-APP", ""),
    ],
    "timew.json": [
        ("timew-bo-20260302T080000", "2026-03-02", "1.5047", True, "ACME-MIG", "architecture"),
        ("timew-bo-20260331T213000", "2026-03-31", "0.5000", False, "BOLT-APP", "dev"),
        ("timew-bo-20260331T213000/2", "2026-04-01", "1.5000", False, "BOLT-APP", "dev"),
    ],
    "watson.json": [
        ("watson-01f0552", "2026-03-02", "1.2500", True, "ACME-MIG", "architecture"),
        ("watson-9c4c295", "2026-03-31", "1.0000", None, "BOLT-APP", ""),
        ("watson-9c4c295/2", "2026-04-01", "1.0000", None, "BOLT-APP", ""),
    ],
    "org-clock.csv": [
        ("org-clock-bo-20260302T080000", "2026-03-02", "1.1667", None, "ACME-MIG", "architecture"),
        ("org-clock-bo-20260331T225100", "2026-03-31", "1.1500", None, "BOLT-APP", "Login, screen"),
        (
            "org-clock-bo-20260331T225100/2",
            "2026-04-01",
            "2.8500",
            None,
            "BOLT-APP",
            "Login, screen",
        ),
    ],
    "work.timedot": [
        ("timedot-alice-2026-03-02-1", "2026-03-02", "1.5000", None, "ACME-MIG", "architecture"),
        ("timedot-alice-2026-03-02-2", "2026-03-02", "1.5000", None, "BOLT-APP", ""),
        ("timedot-alice-2026-03-02-3", "2026-03-02", "1.5000", None, "BOLT-APP", "dev"),
        ("timedot-alice-2026-03-03-1", "2026-03-03", "2.0000", None, "BOLT-APP", ""),
        ("timedot-alice-2026-03-03-2", "2026-03-03", "0.5000", None, "BOLT-APP", ""),
        ("timedot-alice-2026-03-03-3", "2026-03-03", "0.5000", None, "BOLT-APP", ""),
    ],
}
SKIPPED = {
    "clockify.csv": {"already invoiced in the tool": 1, "not work: Break": 1, "zero duration": 1},
    "harvest.csv": {"already invoiced in the tool": 1},
    "kimai-1.csv": {"already invoiced in the tool": 1, "not work: holiday": 1, "running timer": 1},
    "kimai-2-de.csv": {"not work: expense": 1},
    "kimai.json": {"already invoiced in the tool": 1, "running timer": 1},
    "everhour.csv": {"subtotal": 2},
    "quickbooks-time.csv": {"subtotal": 1},
    "timecamp.json": {"already invoiced in the tool": 1},
    "timew.json": {"running timer": 1},
    "watson.json": {"running timer": 1},
    "org-clock.csv": {"running timer": 1},
    "work.timedot": {"zero duration": 1},
}


@pytest.mark.parametrize("name", EXPECTED)
def test_each_row_of_an_export(tmp_path: Path, name: str) -> None:
    books = make_books(tmp_path, RULES)
    (report,) = books.take(EXPORTS / name)
    shown = [
        (
            *(entry["id"], entry["date"], entry["hours"], entry.get("billable")),
            *(entry["account"].rpartition(":")[2], entry.get("task", "")),
        )
        for entry in books.time()
    ]
    assert shown == EXPECTED[name]
    assert dict(report.skipped) == SKIPPED.get(name, {})
    assert report.rows == report.new + sum(report.skipped.values())
    before = books.bytes()
    (again,) = books.take(EXPORTS / name)
    assert (again.new, again.known, again.changed) == (0, report.new, ())
    assert books.bytes() == before


@pytest.mark.parametrize("path", sorted(EXPORTS.iterdir()), ids=lambda path: path.name)
def test_no_export_is_of_two_formats(path: Path) -> None:
    text = decoded(path.read_bytes())
    found = [
        form.name
        for form in FORMATS
        if form.recognise(text, ImportSettings(form.name, Place("projbill.yaml", 1)))
    ]
    assert len(found) == 1


def test_every_format_has_a_name_of_its_own_and_settings() -> None:
    names = [form.name for form in FORMATS]
    assert len(set(names)) == len(names)
    assert set(names) == set(IMPORT_FIELDS)
