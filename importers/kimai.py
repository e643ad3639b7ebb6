"""Kimai's export of time, 1.x and 2.x: CSV and XLSX in the languages of its templates, and JSON.

JSON is the best source: it has ids, seconds and offsets. In CSV 1.x writes the duration in seconds,
2.x cuts it down to minutes. A record that was exported counts as invoiced there.
"""

from __future__ import annotations

from projbill_beancount.importers.declared import Layout
from projbill_beancount.importers.declared import declared
from projbill_beancount.importers.objects import Objects
from projbill_beancount.importers.workcolumns import WorkColumns
from projbill_beancount.importers.workcolumns import names

#: Kimai puts this before text that a spreadsheet would take for a formula, or that has "dde" in it.
GUARD = "' "
_WORK = frozenset(("timesheet", "work"))

COLUMNS = WorkColumns(
    {
        "date": names("Date|Datum|Fecha|Data"),
        "start": names("From|Von|De|Da|Van|Od"),
        "end": names("To|Bis|À|Para|A|Tot|Do"),
        "duration": names("Duration|Dauer|Durée|Duración|Durata|Duur|Duração|Czas trwania"),
        "person": names("Name|Nom|Nombre|Nome|Naam|Nazwa"),
        "email": names(
            "E-mail|E-Mail|Email|Courriel|Correo electrónico|User|Benutzer|Utilisateur|"
            "Usuario|Utente|Gebruiker|Użytkownik"
        ),
        "client": names("Customer|Kunde|Client|Cliente|Klant|Klient"),
        "project": names("Project|Projekt|Projet|Proyecto|Progetto|Projeto"),
        "code": ("Project number", "Projektnummer"),
        "task": names(
            "Activity|Tätigkeit|Activité|Actividad|Attività|Activiteit|Atividade|Aktywność"
        ),
        "tags": names("Tags|Schlagworte|Mots-clés|Etiquetas|Etichette|Labels|Tagi"),
        "note": names(
            "Description|Beschreibung|Descripción|Descrizione|Omschrijving|Beschrijving|"
            "Descrição|Opis"
        ),
        "billable": names(
            "Billable|Abrechenbar|Facturable|Fatturabile|Factureerbaar|Faturável|Płatne"
        ),
        "invoiced": names(
            "Exported|Exportiert|Exporté|Exportado|Esportate|Geëxporteerd|Wyeksportowane"
        ),
        "kind": ("Type", "Typ", "Tipo"),
        "amount": names("Price|Preis|Prix|Precio|Prezzo|Prijs|Preço|Cena|Rate|Betrag"),
        "currency": names("Currency|Währung|Devise|Moneda|Valuta|Moeda|Waluta"),
        "category": ("category", "label.category"),
        "id": ("ID", "Id.", "Identifiant"),
    },
    billable={"": False},
    whole=1,
    work=_WORK,
    guard=GUARD,
)

OBJECTS = WorkColumns(
    {
        "start": ("begin",),
        "end": ("end",),
        "duration": ("duration",),
        "person": ("user.alias", "user.username"),
        "email": ("user.email", "user.username"),
        "client": ("project.customer.name",),
        "project": ("project.name", "project"),
        "code": ("project.number",),
        "task": ("activity.name",),
        "tags": ("tags", "tags.name"),
        "note": ("description",),
        "billable": ("billable",),
        "invoiced": ("exported",),
        "amount": ("rate",),
        "currency": ("project.customer.currency",),
        "id": ("id",),
    },
    unit=1,
)

KIMAI = declared(
    "kimai",
    "Kimai (CSV, XLSX, JSON)",
    [Layout(COLUMNS, needs=("date", "duration", "client", "project", "task", "person|email"))],
    [Objects(OBJECTS, needs=("begin", "end", "duration", "activity", "project"))],
)
