"""Ledgers for tests: real files in a folder, the real command and the real loader on them."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING
from typing import Any
from typing import NamedTuple

from beancount import loader
from beancount.core import data
from click.testing import CliRunner

from projbill_beancount.billing.tax import taxes_of
from projbill_beancount.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Mapping
    from collections.abc import Sequence
    from datetime import date
    from pathlib import Path

    from projbill_beancount.billing.model import Draft
    from projbill_beancount.billing.model import Line
    from projbill_beancount.billing.model import TaxAmount

ZERO = Decimal(0)

FIRM = """\
company: {name: Northlight IT GmbH}
clients:
  acme: {name: ACME Corp}
people:
  ana: {name: Ana Ruiz}
  ben: {name: Ben Adler}
  cid: {name: Cid Moreau}
contracts: contracts/*.yaml
defaults: {currency: EUR, invoice: {terms: net 30}}
"""

HEAD = """\
option "title" "A test's books"
option "operating_currency" "EUR"
plugin "projbill_beancount.plugins.billing" "{{'config': 'projbill.yaml', 'as-of': '{as_of}'}}"

include "facts.beancount"
include "time/*.beancount"

2020-01-01 commodity HOUR
  precision: 2
2020-01-01 open Assets:Bank
2020-01-01 open Assets:Receivable:ACME
2020-01-01 open Liabilities:VAT:Output
"""


class Loaded(NamedTuple):
    """A ledger as Beancount has it after our plugin; messages of our errors and of the others."""

    entries: list[Any]
    errors: list[str]
    foreign: list[str]


def write_ledger(
    folder: Path,
    as_of: date | str,
    *,
    contracts: Mapping[str, str],
    facts: str = "",
    firm: str = FIRM,
) -> Path:
    """Write a ledger whose contracts are YAML texts by project id, and open their income.

    Returns the top-level file.
    """
    for folder_name in ("contracts", "time"):
        (folder / folder_name).mkdir(parents=True, exist_ok=True)
    for project, text in contracts.items():
        (folder / "contracts" / f"{project.lower()}.yaml").write_text(text)
    (folder / "projbill.yaml").write_text(firm)
    (folder / "facts.beancount").write_text(facts)
    (folder / "time" / "2020-01.beancount").write_text("; time by month\n")
    return write_top_level(folder, as_of, contracts)


def copy_ledger(case: Path, folder: Path, as_of: str) -> Path:
    """Make a ledger of a folder that has contracts and what else differs from `FIRM` and no facts."""
    names = {path.stem.upper(): path.read_text() for path in sorted(case.glob("contracts/*.yaml"))}
    ledger = write_ledger(folder, as_of, contracts=names)
    shutil.copytree(case, folder, dirs_exist_ok=True)
    return ledger


def write_top_level(folder: Path, as_of: date | str, projects: Iterable[str]) -> Path:
    """Write `main.beancount` with the plugin line and the accounts that a firm opens itself."""
    ledger = folder / "main.beancount"
    opens = "".join(f"2020-01-01 open Income:Services:{project}\n" for project in projects)
    ledger.write_text(HEAD.format(as_of=as_of) + opens)
    return ledger


def run(ledger: Path, as_of: date | str, *args: str, status: int = 0) -> str:
    """What a command prints on stdout; its exit status must be `status`."""
    result = CliRunner().invoke(main, ["-f", str(ledger), "--as-of", str(as_of), *args])
    assert result.exit_code == status, (result.exit_code, result.output, result.exception)
    return result.stdout


def ask(ledger: Path, as_of: date | str, command: str, *, status: int = 0) -> Any:
    """A command's JSON."""
    return json.loads(run(ledger, as_of, "--format", "json", command, status=status))


def load(ledger: Path) -> Loaded:
    """Load as `bean-check` does; nothing is cached between two loads of a test."""
    entries, errors, _ = loader.load_file(str(ledger))
    ours = [error for error in errors if type(error).__module__.startswith("projbill_beancount")]
    foreign = [error.message for error in errors if error not in ours]
    return Loaded(entries, [error.message for error in ours], foreign)


def transactions(loaded: Loaded, tag: str) -> list[Any]:
    """The transactions with a tag, in the ledger's order."""
    return [
        entry
        for entry in loaded.entries
        if isinstance(entry, data.Transaction) and tag in entry.tags
    ]


def time_text(
    entry_id: str, day: date | str, seconds: int, *, project: str, person: str, **meta: str
) -> str:
    """A time transaction with one entry; `meta` is written as it stands but for quotes.

    `account` among it is the account's third component, by default `Unbilled`.
    """
    account = meta.pop("account", "Unbilled")
    hours = Decimal(seconds) / 3600
    lines = "".join(
        f"    {key}: {value if value in ('TRUE', 'FALSE') else json.dumps(value)}\n"
        for key, value in {"id": entry_id, **meta}.items()
    )
    return (
        f'{day} * "{person}" "{project} {hours:.2f} h"\n'
        f'  person: "{person}"\n'
        f"  Equity:Time:{account}:{project}  {hours:.4f} HOUR\n{lines}"
        f"  Equity:Time:Worked:{person.capitalize()}  {-hours:.4f} HOUR\n"
    )


def progress_text(
    day: date | str, percent: Decimal | int, *, project: str, milestone: str, accepted: str = ""
) -> str:
    """A progress report of a milestone, or of the contract (milestone empty)."""
    lines = [f'  milestone: "{milestone}"'] if milestone else []
    lines += [f'  accepted: "{accepted}"'] if accepted else []
    return "\n".join(
        [
            f'{day} * "ACME Corp" "{milestone or project}: {percent} %"',
            f'  project: "{project}"',
            f'  complete: "{percent} %"',
            f'  id: "report-{project}-{milestone}-{day}"',
            *lines,
            f"  Equity:Time:Unbilled:{project}  0.0000 HOUR\n",
        ]
    )


def issued_text(draft: Draft, number: str, day: date) -> str:
    """A draft in the form in which an issued invoice is frozen in the ledger."""
    moved = _moved_hours(draft)
    period = draft.period
    head = [
        f'{day} * "{draft.client}" "{number}" #invoice ^{number}',
        f'  invoice: "{number}"',
        f'  project: "{draft.project}"',
        f'  draft: "{draft.id}"',
        *([f"  period-start: {period.start}", f"  period-end: {period.end}"] if period else []),
        f"  due: {day + timedelta(days=30)}",
        f"  net: {draft.net} {draft.currency}",
        f"  total: {draft.total} {draft.currency}",
        "  format: 1",
        f"  Assets:Receivable:{draft.client.upper()}  {draft.total} {draft.currency}",
    ]
    lines = [_issued_line(draft, line) for line in draft.lines]
    taxes, hours = _tax_postings(draft, draft.taxes, -1), _hour_legs(draft, moved, 1)
    return "\n".join([*head, *lines, *taxes, *hours]) + "\n"


def credit_text(
    draft: Draft, number: str, day: date, corrects: str, credited: Sequence[Line]
) -> str:
    """A credit note on an invoice: its lines, or parts of them, with the taxes that belong to them.

    Amounts and quantities are positive, as credit notes have them.
    """
    taxes = taxes_of(credited, -(draft.net.as_tuple().exponent))  # type: ignore[operator]
    net = sum((line.amount for line in credited), ZERO)
    total = net + sum((tax.amount for tax in taxes), ZERO)
    moved = _moved_hours(draft._replace(lines=tuple(credited)))
    head = [
        f'{day} * "{draft.client}" "{number} for {corrects}" #credit-note ^{number} ^{corrects}',
        f'  invoice: "{number}"',
        f'  corrects: "{corrects}"',
        f'  project: "{draft.project}"',
        f"  net: {net} {draft.currency}",
        f"  total: {total} {draft.currency}",
        f"  Assets:Receivable:{draft.client.upper()}  {-total} {draft.currency}",
    ]
    lines = [_issued_line(draft, line, sign=1) for line in credited]
    return (
        "\n".join([*head, *lines, *_tax_postings(draft, taxes, 1), *_hour_legs(draft, moved, -1)])
        + "\n"
    )


def void_text(draft: Draft, number: str, day: date) -> str:
    """The transaction that takes back a whole invoice that was never sent."""
    moved = _moved_hours(draft)
    head = [
        f'{day} * "{draft.client}" "{number} void" #void ^{number}',
        f'  corrects: "{number}"',
        '  reason: "Wrong client"',
        f"  Assets:Receivable:{draft.client.upper()}  {-draft.total} {draft.currency}",
    ]
    lines = [
        f"  Income:Services:{draft.project}  {line.amount} {draft.currency}" for line in draft.lines
    ]
    return (
        "\n".join(
            [*head, *lines, *_tax_postings(draft, draft.taxes, 1), *_hour_legs(draft, moved, -1)]
        )
        + "\n"
    )


def _tax_postings(draft: Draft, taxes: Sequence[TaxAmount], sign: int) -> list[str]:
    return [
        f"  Liabilities:VAT:Output  {sign * tax.amount} {draft.currency}\n"
        f'    tax: "{tax.code}"\n    rate: {tax.rate}\n    base: {tax.base} {draft.currency}'
        for tax in taxes
    ]


def _hour_legs(draft: Draft, moved: Mapping[str, Decimal], sign: int) -> list[str]:
    """The hours that move from unbilled to billed (`sign` 1) or back, by person."""
    return [
        f"  Equity:Time:Unbilled:{draft.project}  {-sign * moved[person]:.4f} HOUR\n"
        f'    person: "{person}"\n'
        f"  Equity:Time:Billed:{draft.project}  {sign * moved[person]:.4f} HOUR"
        for person in sorted(moved)
    ]


def _issued_line(draft: Draft, line: Line, sign: int = -1) -> str:
    meta = {"line": json.dumps(line.text), "kind": json.dumps(line.kind)}
    if line.seconds is not None:
        meta["quantity"] = f"{Decimal(line.seconds) / 3600:.4f} HOUR"
    if line.price is not None:
        meta["price"] = f"{line.price} {draft.currency}"
    for key in ("task", "milestone", "tax", "change_order"):
        if getattr(line, key):
            meta[key.replace("_", "-")] = json.dumps(getattr(line, key))
    if line.complete is not None:
        meta["complete"] = f"{line.complete}"
    if line.basis is not None:
        meta["basis"] = f"{line.basis} {draft.currency}"
    if line.expenses:
        meta["expenses"] = json.dumps(" ".join(line.expenses))
    if line.prior_period:
        meta["prior-period"] = "TRUE"
    if line.entries:
        frozen = "".join(
            f"\n      {entry.date} {entry.person} {_hours(entry.seconds)}"
            f"{'' if entry.billed_seconds == entry.seconds else '/' + _hours(entry.billed_seconds)}"
            f" {entry.id} {entry.task}".rstrip()
            for entry in line.entries
        )
        meta["entries"] = f'"{frozen}"'
    amount = f"  Income:Services:{draft.project}  {sign * line.amount} {draft.currency}"
    return "\n".join([amount, *(f"    {key}: {value}" for key, value in meta.items())])


def _moved_hours(draft: Draft) -> dict[str, Decimal]:
    moved: dict[str, Decimal] = {}
    for line in draft.lines:
        for entry in line.entries:
            moved[entry.person] = moved.get(entry.person, ZERO) + Decimal(_hours(entry.seconds))
    return moved


def _hours(seconds: int) -> str:
    return f"{Decimal(seconds) / 3600:.4f}"
