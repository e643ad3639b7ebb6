"""Redmine's issues (CSV in its languages, JSON) and versions (JSON)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

from projbill_beancount.importers.jsontext import Value
from projbill_beancount.importers.jsontext import objects
from projbill_beancount.importers.tracker import CANCELLED
from projbill_beancount.importers.tracker import Layout
from projbill_beancount.importers.tracker import Level
from projbill_beancount.importers.tracker import have
from projbill_beancount.importers.tracker_format import Tracker
from projbill_beancount.importers.tracker_format import tracker_format

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Sequence

# What Redmine calls its columns: en, de, fr, es, it, nl, pl, pt-BR, ja, ru, sv, cs.
TRACKER = ("Tracker", "Tipo", "Typ zagadnienia", "トラッカー", "Трекер", "Ärendetyp", "Fronta")
PROJECT = (
    "Project",
    "Projekt",
    "Projet",
    "Proyecto",
    "Progetto",
    "Projeto",
    "プロジェクト",
    "Проект",
)
STATUS = ("Status", "Statut", "Estado", "Stato", "Situação", "ステータス", "Статус", "Stav")
SUBJECT = (
    *("Subject", "Thema", "Sujet", "Asunto", "Oggetto", "Onderwerp", "Temat", "Título", "題名"),
    *("Тема", "Ämne", "Předmět"),
)
VERSION_NAME = (
    *("Target version", "Zielversion", "Version cible", "Versión prevista", "Versione prevista"),
    *(
        "Versie",
        "Wersja docelowa",
        "Versão",
        "対象バージョン",
        "Версия",
        "Versionsmål",
        "Cílová verze",
    ),
)
RATIO = (
    *("% Done", "% erledigt", "% réalisé", "% Realizado", "% Completato", "% voltooid"),
    *("% Wykonania", "% Terminado", "進捗率", "Готовность", "% Klart", "% Hotovo"),
)
CLOSED_ON = (
    *("Closed", "Geschlossen am", "Geschlossen", "Fermé", "Cerrada", "Chiuso", "Gesloten"),
    *("Data zamknięcia", "Concluído", "終了日", "Закрыта", "Stängd", "Uzavřeno"),
)
UPDATED = (
    *("Updated", "Aktualisiert", "Mis-à-jour", "Actualizado", "Aggiornato", "Laatst gewijzigd op"),
    *("Data modyfikacji", "Alterado em", "更新日", "Обновлено", "Uppdaterad", "Aktualizováno"),
)
CREATED = (
    *("Created", "Angelegt", "Créé", "Creado", "Creato", "Aangemaakt op", "Data utworzenia"),
    *("Criado em", "作成日", "Создано", "Skapad", "Vytvořeno"),
)
#: `Resolved` awaits somebody's word; only what is closed is delivered.
CLOSED = frozenset(
    (
        *("closed", "done", "erledigt", "geschlossen", "fermé", "terminé", "cerrada", "chiuso"),
        *("gesloten", "zamknięty", "fechada", "終了", "закрыта", "stängd", "uzavřený"),
    )
)
#: These are closed as well, and nothing was delivered.
REJECTED = CANCELLED | {
    *("rechazada", "rifiutato", "afgewezen", "odrzucony", "rejeitada", "却下", "отклонена"),
    *("avslagen", "odmítnutý"),
}
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
    needed=(("#",), TRACKER, STATUS, SUBJECT),
    fields={
        "id": ("#",),
        "key": ("#",),
        "name": SUBJECT,
        "project": PROJECT,
        "status": STATUS,
        "percent": RATIO,
        "closed": CLOSED_ON,
        "updated": UPDATED,
        "created": CREATED,
        "version": VERSION_NAME,
    },
    levels=(ISSUE, VERSION),
    done=CLOSED,
    cancelled=REJECTED,
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
    cancelled=REJECTED,
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
    levels=(Level("version", "version", "id", also=("name",), tag="version", named=False),),
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
