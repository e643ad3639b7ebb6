"""Redmine's time entries, as CSV in the languages of its users, and as JSON.

The CSV has no ids and hours to two places; JSON has both as they are. Encoding, delimiter, decimal
mark and dates follow the language of whoever exported.
"""

from __future__ import annotations

from projbill_beancount.importers.declared import Layout
from projbill_beancount.importers.declared import declared
from projbill_beancount.importers.objects import Objects
from projbill_beancount.importers.objects import more_by
from projbill_beancount.importers.workcolumns import WorkColumns
from projbill_beancount.importers.workcolumns import names

COLUMNS = WorkColumns(
    {
        "date": names("Date|Datum|Fecha|Data|Dato|Päivä|Дата|Dátum|日付"),
        "hours": names(
            "Hours|Stunden|Heures|Uren|Horas|Ore|Godzin|Timer|Timmar|Tuntia|Hodiny|"
            "час(а,ов)|Óra|時間"
        ),
        "person": names(
            "User|Benutzer|Utilisateur|Gebruiker|Usuario|Utente|Użytkownik|Usuário|"
            "Utilizador|Bruger|Användare|Käyttäjä|Bruker|Uživatel|Пользователь|"
            "Felhasználó|ユーザー"
        ),
        "client": ("Customer", "Kunde", "Client"),
        "project": names(
            "Project|Projekt|Projet|Proyecto|Progetto|Projeto|Projekti|Prosjekt|Проект|プロジェクト"
        ),
        "task": names(
            "Activity|Aktivität|Activité|Activiteit|Actividad|Attività|Aktywność|"
            "Atividade|Aktivitet|Historia|Aktivita|Деятельность|Aktivitás|作業分類"
        ),
        "note": names(
            "Comment|Kommentar|Commentaire|Commentaar|Comentario|Commento|Komentarz|"
            "Comentário|Kommentarer|Kommentti|Komentář|Комментарий|Megjegyzés|コメント"
        ),
        "subject": names(
            "Issue|Ticket|Demande|Petición|Segnalazione|Zagadnienie|Tarefa|Sag|Ärende|"
            "Tapahtuma|Sak|Úkol|Задача|Feladat|チケット"
        ),
        "billable": ("Billable", "Abrechenbar", "Facturable"),
    }
)

OBJECTS = WorkColumns(
    {
        "date": ("spent_on",),
        "hours": ("hours",),
        "person": ("user.name",),
        "client": ("custom_fields[Customer]",),
        "project": ("project.name",),
        "task": ("activity.name",),
        "note": ("comments",),
        "billable": ("custom_fields[Billable]",),
        "id": ("id",),
    }
)

REDMINE = declared(
    "redmine",
    "Redmine, time entries (CSV, JSON)",
    [Layout(COLUMNS, needs=("date", "hours", "person", "project", "task"))],
    [Objects(OBJECTS, ("spent_on", "hours"), at="time_entries", missing=more_by("total_count"))],
)
