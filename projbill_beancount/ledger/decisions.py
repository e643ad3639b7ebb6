"""Decisions about billing as text of the ledger: approvals, holds, releases, write-offs.

Each is a dated directive, so that git attributes it to the person who took it. A write-off also
has a `#closed` transaction without a number: it freezes the entries that nobody will pay for, and
moves their hours from the unbilled to those that will not be billed.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING
from typing import NamedTuple

from beancount.core import data
from beancount.core.amount import Amount

from projbill_beancount.ledger.files import read_snapshot
from projbill_beancount.ledger.record import one_line
from projbill_beancount.ledger.record import quoted
from projbill_beancount.ledger.verify import read_back
from projbill_beancount.ledger.write import appended
from projbill_beancount.ledger.write import joined

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable
    from collections.abc import Mapping
    from collections.abc import Sequence
    from datetime import date
    from typing import Any

    from projbill_beancount.terms.accounts import Accounts
    from projbill_beancount.terms.model import Terms

#: How many entries one `write-off` directive names: it stands on one line.
IDS_A_LINE = 5
CLOSED = frozenset(("closed",))
#: The places that hours are written with: fewer widen Beancount's tolerance.
FOUR_PLACES = Decimal("0.0001")


class Closed(NamedTuple):
    """An entry that a `#closed` transaction freezes; `kind` is `write-off` or `covered`.

    `project` is the id under which the ledger has it, `hours` its number there, or a part of it.
    """

    id: str
    date: date
    person: str
    hours: Decimal
    task: str
    project: str
    kind: str = "write-off"


class Decided(NamedTuple):
    """A directive as it is written and as Beancount must read it back."""

    text: str
    meant: data.Directive


def read_decided(
    path: str, decided: Sequence[Decided], options: Mapping[str, Any]
) -> list[data.Directive]:
    """The directives as Beancount reads them at the end of the file at `path`.

    Raises:
        LedgerWriteError: it reads anything else.
    """
    old = read_snapshot(path).content
    text = joined(old, [one.text for one in decided], options)
    content = appended(old, text)
    lines = len(old.splitlines())
    return read_back(content, [one.meant for one in decided], path, lines + 1)


def approval(day: date, project: str, order: str, reason: str) -> Decided:
    """The approval of a change order."""
    return _custom("change-order-approval", day, (project, order), reason)


def hold(day: date, project: str, draft: str, reason: str) -> Decided:
    """A hold of a draft, or with "" of the project's drafts dated on or after `day`."""
    return _custom("billing-hold", day, (project, *filter(None, (draft,))), reason)


def release(
    day: date, project: str, draft: str, net: Decimal | None, currency: str, reason: str
) -> Decided:
    """The release of a draft for this net alone, or with "" of the project's hold."""
    values: tuple[str | Amount, ...] = (project,)
    if draft and net is not None:
        values = (project, draft, Amount(net, currency))
    return _custom("billing-release", day, values, reason)


def write_off_draft(
    day: date, project: str, draft: str, net: Decimal, currency: str, reason: str
) -> Decided:
    """The write-off of a draft as it is now; with another net it is billed again."""
    return _custom("write-off", day, (project, draft, Amount(net, currency)), reason)


def write_off(
    terms: Terms,
    accounts: Accounts,
    day: date,
    project: str,
    entries: Sequence[Closed],
    reason: str,
) -> list[Decided]:
    """The write-off of entries: directives that name them, and the transaction that closes them."""
    ids = list(dict.fromkeys(entry.id for entry in entries if entry.kind == "write-off"))
    parts = [ids[at : at + IDS_A_LINE] for at in range(0, len(ids), IDS_A_LINE)]
    named = [_custom("write-off", day, (project, *part), reason) for part in parts]
    return [*named, _closing(terms, accounts, day, project, entries, reason)]


def _custom(name: str, day: date, values: Sequence[str | Amount], reason: str) -> Decided:
    words = " ".join(
        quoted(value) if isinstance(value, str) else f"{value.number:f} {value.currency}"
        for value in values
    )
    meta = {"reason": one_line(reason)} if reason else {}
    text = f"{day} custom {quoted(name)} {words}\n"
    text += "".join(f"  {key}: {quoted(value)}\n" for key, value in meta.items())
    return Decided(text, data.Custom(dict(meta), day, name, list(values)))


def _closing(
    terms: Terms,
    accounts: Accounts,
    day: date,
    project: str,
    entries: Sequence[Closed],
    reason: str,
) -> Decided:
    """The transaction that moves the hours from unbilled to non-billable, two postings a person."""
    contract = terms.contracts[project]
    client = terms.firm.clients.get(contract.payer)
    payee = one_line(client.name if client else contract.payer)
    said = f"Written off: {one_line(reason)}" if reason else "Written off"
    meta = {"project": project}
    if reason:
        meta["reason"] = one_line(reason)
    postings: list[data.Posting] = []
    for (person, kind, component), own in _grouped(entries):
        hours = sum((entry.hours for entry in own), FOUR_PLACES * 0)
        line = {"line": said if kind == "write-off" else "Covered", "kind": kind}
        line["entries"] = "".join(f"\n      {_frozen(entry)}" for entry in own)
        whose = {"person": person} if person else {}
        hour = terms.firm.hour
        postings += [
            _leg(accounts.unbilled_time(component), -hours, hour, whose),
            _leg(accounts.non_billable_time(component), hours, hour, {**whose, **line}),
        ]
    meant = data.Transaction(
        dict(meta), day, "*", payee, f"{project} {said}", CLOSED, data.EMPTY_SET, postings
    )
    return Decided(_text(meant), meant)


def _grouped(entries: Iterable[Closed]) -> list[tuple[tuple[str, str, str], list[Closed]]]:
    """The entries by person, kind and project, those of a person in order of date and id."""
    found: dict[tuple[str, str, str], list[Closed]] = {}
    for entry in sorted(entries, key=lambda one: (one.person, one.kind, one.date, one.id)):
        found.setdefault((entry.person, entry.kind, entry.project), []).append(entry)
    return list(found.items())


def _frozen(entry: Closed) -> str:
    """`DATE PERSON HOURS ID [TASK]`, the id alone where nobody is known to have worked."""
    if not entry.person or " " in entry.person:
        return entry.id
    words = (str(entry.date), entry.person, f"{entry.hours:f}", entry.id)
    return " ".join((*words, *filter(None, (one_line(entry.task),))))


def _leg(account: str, hours: Decimal, hour: str, meta: dict[str, str]) -> data.Posting:
    return data.Posting(account, Amount(hours, hour), None, None, None, dict(meta))


def _text(meant: data.Transaction) -> str:
    lines = [f"{meant.date} * {quoted(meant.payee or '')} {quoted(meant.narration or '')} #closed"]
    lines += [f"  {key}: {quoted(value)}" for key, value in meant.meta.items()]
    width = max(len(posting.account) for posting in meant.postings) + 2
    for posting in meant.postings:
        assert posting.units is not None
        number = f"{posting.units.number:>9f}"
        lines.append(f"  {posting.account:<{width}}{number} {posting.units.currency}")
        lines += [f"    {key}: {quoted(value)}" for key, value in (posting.meta or {}).items()]
    return "\n".join(lines) + "\n"
