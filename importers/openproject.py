"""OpenProject's work packages, as CSV in its languages and as JSON of its API."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

from projbill_beancount.importers.jsontext import Value
from projbill_beancount.importers.jsontext import objects
from projbill_beancount.importers.jsontext import text_of
from projbill_beancount.importers.tracker import Layout
from projbill_beancount.importers.tracker import Level
from projbill_beancount.importers.tracker import have
from projbill_beancount.importers.tracker_format import Tracker
from projbill_beancount.importers.tracker_format import tracker_format

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Sequence

CLOSED = frozenset(("closed", "done", "geschlossen", "erledigt", "fermé", "terminé"))
LEVELS = (
    Level("openproject", "work package", "id", also=("name",), sign="#"),
    Level("version", "version", "version", group=True, tag="version", scoped=True),
)


def _packages(text: str) -> Sequence[Value] | None:
    pages = objects(text)
    if not have(pages, "_embedded") or any(
        text_of(page.value.get("_type")) not in {"WorkPackageCollection", "Collection"}
        for page in pages
    ):
        return None
    found = [Value(line, one) for line, page in pages for one in _elements(page)]
    kinds = have(found, "id", "subject", "_links")
    return found if kinds else None


def _elements(page: dict[str, Any]) -> list[dict[str, Any]]:
    embedded = page["_embedded"]
    found = embedded.get("elements") if isinstance(embedded, dict) else None
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _is_partial(text: str) -> str:
    pages: list[dict[str, Any]] = [page.value for page in objects(text)]
    there = sum(len(_elements(page)) for page in pages)
    totals = [total for page in pages if isinstance(total := page.get("total"), int)]
    if max(totals, default=0) <= there:
        return ""
    return (
        f"the file has {there} of {max(totals)} work packages, so that the share of a version is"
        " not known; export all pages into one file"
    )


TABLE = Layout(
    needed=(
        ("ID",),
        ("Subject", "Thema", "Sujet"),
        ("Status", "Statut"),
        ("Updated on", "Aktualisiert am", "Zuletzt aktualisiert", "Mis à jour le"),
    ),
    without=("#", "Tracker", "Team"),
    fields={
        "id": ("ID",),
        "key": ("ID",),
        "name": ("Subject", "Thema", "Sujet"),
        "project": ("Project", "Projekt", "Projet"),
        "status": ("Status", "Statut"),
        "percent": (
            "% Complete",
            "Progress (%)",
            "% abgeschlossen",
            "Fortschritt (%)",
            "% Réalisé",
        ),
        # Nothing says when it was closed, only when it was changed last.
        "closed": ("Updated on", "Aktualisiert am", "Zuletzt aktualisiert", "Mis à jour le"),
        "updated": ("Updated on", "Aktualisiert am", "Zuletzt aktualisiert", "Mis à jour le"),
        "created": ("Created on", "Angelegt am", "Erstellt am", "Créé le"),
        "points": ("Story Points", "Story points"),
        "version": ("Version", "Target versions", "Zielversionen"),
    },
    levels=LEVELS,
    joined=("version",),
    done=CLOSED,
    exact=False,
    ratio=True,
    # An administrator sets how many rows are exported at most; these are the usual ones.
    limits=(500,),
)
PACKAGES = Layout(
    items=_packages,
    fields={
        "id": ("id",),
        "key": ("id",),
        "name": ("subject",),
        "project": ("_links.project.title",),
        "status": ("_links.status.title",),
        "percent": ("percentageDone",),
        "closed": ("updatedAt",),
        "updated": ("updatedAt",),
        "created": ("createdAt",),
        "points": ("storyPoints",),
        "version": ("_links.version.title",),
    },
    levels=LEVELS,
    done=CLOSED,
    exact=False,
    ratio=True,
    partial=_is_partial,
)

OPENPROJECT = tracker_format(
    Tracker("openproject", "OpenProject work packages (CSV, JSON)", (TABLE, PACKAGES))
)
