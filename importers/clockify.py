"""Clockify's detailed report and shared report as CSV or XLSX, in the layouts since 2021.

No entry has an id, so its person and start make one; a shared report has no start, so its person,
date and a running number do. Dates are those of the profile of whoever exported: the file's name
has its period in the same order.
"""

from __future__ import annotations

import re
from datetime import date

from projbill_beancount.importers.declared import Layout
from projbill_beancount.importers.declared import declared
from projbill_beancount.importers.workcolumns import WorkColumns

_PERIOD = re.compile(r"(\d\d)[_.-](\d\d)[_.-](\d{4})-(\d\d)[_.-](\d\d)[_.-](\d{4})")

_TEXTS = {
    "person": ("User", "Benutzer", "Usuário"),
    "email": ("Email", "E-Mail"),
    "client": ("Client", "Kunde", "Cliente"),
    "project": ("Project", "Projekt", "Projeto"),
    "task": ("Task", "Activity", "Aufgabe", "Tarefa"),
    "tags": ("Tags", "Etiquetas"),
    "note": ("Description", "Beschreibung", "Descrição"),
    "billable": ("Billable", "Abrechenbar", "Faturável"),
    "invoiced": ("Invoiced",),
    "invoice": ("Invoice ID",),
    "kind": ("Type",),
    "amount": ("Billable Amount", "Amount"),
}
_WORK = frozenset(("regular",))


def order_in_name(name: str) -> str:
    """Whether the period in a file's name has the day or the month first; "" if both fit."""
    found = _PERIOD.search(name)
    if found is None:
        return ""
    numbers = list(map(int, found.groups()))
    fitting = [order for order in ("dmy", "mdy") if _is_period(numbers, order)]
    return fitting[0] if len(fitting) == 1 else ""


def _is_period(numbers: list[int], order: str) -> bool:
    ends = []
    for first, second, year in (numbers[:3], numbers[3:]):
        day, month = (first, second) if order == "dmy" else (second, first)
        try:
            ends.append(date(year, month, day))
        except ValueError:
            return False
    return ends[0] <= ends[1]


CLOCKIFY = declared(
    "clockify",
    "Clockify, detailed or shared report (CSV, XLSX)",
    [
        Layout(
            WorkColumns(
                _TEXTS
                | {
                    "date": ("Start Date", "Startdatum", "Data de início"),
                    "start": ("Start Time", "Startzeit", "Hora de início"),
                    "end-date": ("End Date", "Enddatum", "Data de término"),
                    "end": ("End Time", "Endzeit", "Hora de término"),
                    "duration": ("Duration (h)", "Dauer (h)", "Duração (h)"),
                    "hours": ("Duration (decimal)", "Dauer (dezimal)", "Duração (decimal)"),
                },
                work=_WORK,
            ),
            needs=("date", "duration|hours", "project"),
            near=("Start Date", "Duration (h)", "Duration (decimal)"),
        ),
        Layout(
            WorkColumns(
                _TEXTS
                | {
                    "date": ("Date",),
                    "duration": ("Time (h)",),
                    "hours": ("Time (decimal)",),
                },
                work=_WORK,
            ),
            needs=("date", "duration|hours", "project"),
        ),
    ],
    order=order_in_name,
)
