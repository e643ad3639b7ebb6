"""Headers in the languages of those who export."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.import_books import make_books
from tests.import_books import write

if TYPE_CHECKING:
    from pathlib import Path

# As Redmine names project, date, user, activity, issue, comment and hours.
REDMINE = [
    "Project|Date|User|Activity|Issue|Comment|Hours",
    "Projekt|Datum|Benutzer|Aktivität|Ticket|Kommentar|Stunden",
    "Projet|Date|Utilisateur|Activité|Demande|Commentaire|Heures",
    "Project|Datum|Gebruiker|Activiteit|Issue|Commentaar|Uren",
    "Proyecto|Fecha|Usuario|Actividad|Petición|Comentario|Horas",
    "Progetto|Data|Utente|Attività|Segnalazione|Commento|Ore",
    "Projekt|Data|Użytkownik|Aktywność|Zagadnienie|Komentarz|Godzin",
    "Projeto|Data|Usuário|Atividade|Tarefa|Comentário|Horas",
    "Projeto|Data|Utilizador|Atividade|Tarefa|Comentário|Horas",
    "Projekt|Dato|Bruger|Aktivitet|Sag|Kommentar|Timer",
    "Projekt|Datum|Användare|Aktivitet|Ärende|Kommentarer|Timmar",
    "Projekti|Päivä|Käyttäjä|Historia|Tapahtuma|Kommentti|Tuntia",
    "Prosjekt|Dato|Bruker|Aktivitet|Sak|Kommentarer|Timer",
    "Projekt|Datum|Uživatel|Aktivita|Úkol|Komentář|Hodiny",
    "Проект|Дата|Пользователь|Деятельность|Задача|Комментарий|час(а,ов)",
    "Projekt|Dátum|Felhasználó|Aktivitás|Feladat|Megjegyzés|Óra",
    "プロジェクト|日付|ユーザー|作業分類|チケット|コメント|時間",
]
# As Kimai names date, begin, end, duration, name, customer, project, activity and billable.
KIMAI = [
    "Date|From|To|Duration|Name|Customer|Project|Activity|Billable",
    "Datum|Von|Bis|Dauer|Name|Kunde|Projekt|Tätigkeit|Abrechenbar",
    "Date|De|À|Durée|Nom|Client|Projet|Activité|Facturable",
    "Fecha|De|Para|Duración|Nombre|Cliente|Proyecto|Actividad|Facturable",
    "Data|Da|A|Durata|Nome|Cliente|Progetto|Attività|Fatturabile",
    "Datum|Van|Tot|Duur|Naam|Klant|Project|Activiteit|Factureerbaar",
    "Data|Od|Do|Czas trwania|Nazwa|Klient|Projekt|Aktywność|Płatne",
    "Data|De|Para|Duração|Nome|Cliente|Projeto|Atividade|Faturável",
]
# As Clockify names the columns of its report, and what cannot be left out of it.
CLOCKIFY = [
    "Project|Client|User|Billable|Start Date|Start Time|End Date|End Time|Duration (h)",
    "Projekt|Kunde|Benutzer|Abrechenbar|Startdatum|Startzeit|Enddatum|Endzeit|Dauer (h)",
    (
        "Projeto|Cliente|Usuário|Faturável|Data de início|Hora de início|Data de término"
        "|Hora de término|Duração (h)"
    ),
]
# As Tempo names key, summary, hours, date, full name and billed hours.
TEMPO = [
    "Issue Key|Issue summary|Hours|Work date|Full name|Billed Hours",
    "Ключ запроса|Тема запроса|Часов|Дата работы|Полное имя|Тарифицируемые часы",
]


@pytest.mark.parametrize(
    ("name", "header", "row"),
    [
        *(("redmine", header, "BOLT-APP|2026-03-02|bo|dev|||1,5") for header in REDMINE),
        *(
            ("kimai", header, "2026-03-02|09:00|10:30|1:30|bo|BOLT AG|BOLT-APP|dev|1")
            for header in KIMAI
        ),
        *(
            ("clockify", header, "BOLT-APP||bo|Yes|2026-03-02|09:00|2026-03-02|10:30|01:30:00")
            for header in CLOCKIFY
        ),
        *(("tempo", header, "MIG-12||1.5|2026-3-2 09:00|bo|1.5") for header in TEMPO),
    ],
)
def test_a_header_of_another_language(tmp_path: Path, name: str, header: str, row: str) -> None:
    books = make_books(tmp_path)
    (report,) = books.take(write(tmp_path, f"{header}\n{row}\n".replace("|", ";")))
    assert (report.format, report.new) == (name, 1)
    (entry,) = books.time()
    assert (entry["date"], entry["person"], entry["hours"]) == ("2026-03-02", "bo", "1.5000")


def test_an_encoding_that_cannot_be_guessed_is_asked_for(tmp_path: Path) -> None:
    text = REDMINE[-1].replace("|", ",") + "\nBOLT-APP,2026-03-02,bo,dev,,,1.5\n"
    books = make_books(tmp_path)
    path = write(tmp_path, text, encoding="cp932")
    assert "set `encoding:`" in books.refusal(path)
    (tmp_path / "set").mkdir()
    books = make_books(tmp_path / "set", "{redmine: {encoding: cp932}}")
    (report,) = books.take(path)
    assert (report.format, report.new) == ("redmine", 1)
