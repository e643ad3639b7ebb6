"""Redmine's issues (CSV in its languages, JSON) and versions (JSON)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

from projbill_beancount.importers.jsontext import Value
from projbill_beancount.importers.jsontext import objects
from projbill_beancount.importers.tracker import Layout
from projbill_beancount.importers.tracker import Level
from projbill_beancount.importers.tracker import have
from projbill_beancount.importers.tracker_read import Tracker
from projbill_beancount.importers.tracker_read import tracker_format

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Sequence

#: `Resolved` awaits somebody's word; only what is closed is delivered. Rejected is closed as well.
CLOSED = frozenset(("closed", "done", "geschlossen", "erledigt", "fermé", "terminé"))
ISSUE = Level("redmine", "issue", "id", sign="#", tag="issue")
VERSION = Level("version", "version", "version", group=True, tag="version", scoped=True)


def _issues(text: str) -> Sequence[Value] | None:
    values = _under(text, "issues")
    return values if have(values or (), "id", "status", "subject", "tracker") else None


def _versions(text: str) -> Sequence[Value] | None:
    values = _under(text, "versions")
    return values if have(values or (), "id", "name", "status", "project") else None


def _under(text: str, name: str) -> Sequence[Value] | None:
    """The objects under a key; of several pages after another, those of all."""
    pages = objects(text)
    if not have(pages, name) or not all(isinstance(page.value[name], list) for page in pages):
        return None
    found = [Value(line, one) for line, page in pages for one in page[name]]
    return found if all(isinstance(one.value, dict) for one in found) else None


def _is_partial(text: str) -> str:
    pages: list[dict[str, Any]] = [page.value for page in objects(text)]
    there = sum(len(page["issues"]) for page in pages)
    totals = [total for page in pages if isinstance(total := page.get("total_count"), int)]
    if max(totals, default=0) <= there:
        return ""
    return (
        f"the file has {there} of {max(totals)} issues, so that the share of a version is not"
        " known; export all (`limit=100`, page by page, into one file)"
    )


TABLE = Layout(
    needed=(
        ("#",),
        ("Tracker",),
        ("Status", "Statut"),
        ("Subject", "Thema", "Sujet"),
    ),
    fields={
        "id": ("#",),
        "key": ("#",),
        "name": ("Subject", "Thema", "Sujet"),
        "project": ("Project", "Projekt", "Projet"),
        "status": ("Status", "Statut"),
        "percent": ("% Done", "% erledigt", "% réalisé"),
        "closed": ("Closed", "Geschlossen", "Fermé"),
        "updated": ("Updated", "Aktualisiert", "Mis-à-jour", "Mis à jour"),
        "created": ("Created", "Angelegt", "Créé"),
        "version": ("Target version", "Zielversion", "Version cible"),
    },
    levels=(ISSUE, VERSION),
    done=CLOSED,
    ratio=True,
    limits=(500,),
)
ISSUES = Layout(
    items=_issues,
    fields={
        "id": ("id",),
        "key": ("id",),
        "name": ("subject",),
        "project": ("project.name",),
        "status": ("status.name",),
        "percent": ("done_ratio",),
        "closed": ("closed_on",),
        "updated": ("updated_on",),
        "created": ("created_on",),
        "version": ("fixed_version.name",),
    },
    levels=(ISSUE, VERSION),
    done=CLOSED,
    ratio=True,
    partial=_is_partial,
)
VERSIONS = Layout(
    items=_versions,
    fields={
        "id": ("id",),
        "name": ("name",),
        "project": ("project.name",),
        "status": ("status",),
        # Nothing says when it was closed, only when it was changed last.
        "closed": ("updated_on",),
        "updated": ("updated_on",),
        "created": ("created_on",),
    },
    levels=(Level("version", "version", "id", also=("name",), tag="version"),),
    done=frozenset(("closed",)),
    exact=False,
)

REDMINE_ISSUES = tracker_format(
    Tracker(
        "redmine-issues",
        "Redmine issues (CSV, JSON) or versions (JSON)",
        (TABLE, ISSUES, VERSIONS),
        tool="redmine",
    )
)
