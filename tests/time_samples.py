"""Books for exports of time that are not ours: their people and projects as they name them."""

from __future__ import annotations

import os
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING
from typing import NamedTuple

from tests.import_books import Books
from tests.import_books import check_sum
from tests.import_books import make_books

if TYPE_CHECKING:
    from collections.abc import Iterable

    from projbill_beancount.importers.plan import FileReport

FOLDER = Path(os.environ.get("PROJBILL_SAMPLES", ""))
MAIN = (
    'option "operating_currency" "EUR"\n'
    'include "time/*.beancount"\n'
    "2020-01-01 open Assets:Receivable:ACME\n"
    'plugin "projbill_beancount.plugins.billing"'
    " \"{'config': 'projbill.yaml', 'post-drafts': False}\"\n"
)


class Worked(NamedTuple):
    """An entry as a test counts it: texts of person, client and project; seconds; billable."""

    person: str
    client: str
    project: str
    seconds: int
    billable: bool | None
    day: str = ""


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def books_for(
    folder: Path, worked: Iterable[Worked], imports: str = "", zone: str = "Europe/Vienna"
) -> Books:
    """Books that know the people and projects of the entries."""
    found = list(worked)
    people = sorted({one.person for one in found})
    pairs = sorted({(one.client, one.project) for one in found})
    firm = "clients:\n  acme: {name: ACME}\npeople:\n"
    for number, person in enumerate(people):
        aliases = f", aliases: [{quoted(person)}]" if person else ""
        firm += f"  p{number}: {{name: Person {number}, zone: {zone}{aliases}}}\n"
    contracts = {}
    for number, (client, project) in enumerate(pairs):
        rule = f"project: {quoted(project or '-')}"
        rule += f", client: {quoted(client)}" if client else ""
        contracts[f"c{number}"] = (
            f"project: C{number}\nclient: acme\nbilling: time-and-materials\n"
            f"rates: {{default: 100}}\nmatch: [{{{rule}}}]\n"
        )
    return make_books(folder, imports, firm=firm, contracts=contracts, main=MAIN)


def compare(
    books: Books, path: Path, worked: Iterable[Worked], *, days: bool = False
) -> FileReport:
    """Import; the seconds by person, project and billable state must be those of the test.

    A second import adds nothing and changes no byte.
    """
    found = list(worked)
    people = {text: f"p{n}" for n, text in enumerate(sorted({one.person for one in found}))}
    pairs = sorted({(one.client, one.project) for one in found})
    projects = {pair: f"C{number}" for number, pair in enumerate(pairs)}
    wanted: Counter[object] = Counter()
    for one in found:
        day = one.day if days else ""
        place = projects[one.client, one.project]
        wanted[people[one.person], place, one.billable, day] += one.seconds
    (report,) = books.take(path)
    assert report.refused == ()
    check_sum(report)
    assert report.new == len(found)
    seen: Counter[object] = Counter()
    for entry in books.time():
        seconds = int((Decimal(entry["hours"]) * 3600).quantize(Decimal(1)))
        project = entry["account"].rpartition(":")[2]
        day = entry["date"] if days else ""
        seen[entry["person"], project, entry.get("billable"), day] += seconds
    assert seen == wanted
    before = books.bytes()
    (again,) = books.take(path)
    assert (again.known, again.new, again.changed) == (len(found), 0, ())
    assert books.bytes() == before
    return report
