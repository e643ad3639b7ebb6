"""Source entries against what invoices froze of them: changed, missing, entered anew."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.billing.findings import finding
from projbill_beancount.billing.invoiced import WRITE_OFF
from projbill_beancount.billing.rounding import divide_half_up
from projbill_beancount.facts.model import FROZEN_ID
from projbill_beancount.facts.model import FrozenEntry

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Collection
    from collections.abc import Iterator
    from collections.abc import Mapping
    from collections.abc import Sequence
    from datetime import date

    from projbill_beancount.billing.invoiced import Invoiced
    from projbill_beancount.billing.model import Finding
    from projbill_beancount.facts.model import Facts
    from projbill_beancount.facts.model import Invoice
    from projbill_beancount.facts.model import InvoiceLine
    from projbill_beancount.facts.model import TimeEntry
    from projbill_beancount.terms.model import Contract

ZERO = Decimal(0)
HOUR = 3600


class Frozen(NamedTuple):
    """An entry as a line of an issued invoice froze it."""

    invoice: Invoice
    line: InvoiceLine
    entry: FrozenEntry


class Comparison(NamedTuple):
    """What differs between the source and the invoices.

    `reentered` are ids of entries that may be billed ones under a new id.
    """

    findings: list[Finding]
    reentered: frozenset[str]


def compare_entries(
    contracts: Mapping[str, Contract],
    owners: Mapping[str, str],
    facts: Facts,
    invoiced: Invoiced,
) -> Comparison:
    """Hold each entry that an invoice bills or covers against the source.

    Entries that stand exactly as frozen are in `facts.settled` and need no look, so that this costs
    nothing but a count where all of them do.
    """
    of_projects = reversed(list(facts.time.values()))
    source = {entry.id: entry for entries in of_projects for entry in reversed(entries)}
    listed = [identity for identity in source if identity in invoiced.entries]
    settled = sum(map(len, facts.settled.values()))
    missing: set[str] = set()
    if settled + len(listed) < len(invoiced.entries):
        known = {words[FROZEN_ID] for words_of in facts.settled.values() for words in words_of}
        missing = {one for one in invoiced.entries if one not in known and one not in source}
    if not listed and not missing:
        return Comparison([], frozenset())
    frozen = _frozen(invoiced, {*listed, *missing})
    # what stands on credit notes alone was invoiced by none
    listed = [identity for identity in listed if identity in frozen]
    missing &= frozen.keys()
    findings = [
        *_changed(contracts, owners, source, frozen, invoiced, listed),
        *_missing(owners, contracts, frozen, missing),
    ]
    reentered = list(_reentered(facts, owners, frozen, missing, invoiced))
    findings += [found for _, found in reentered]
    return Comparison(findings, frozenset(identity for identity, _ in reentered))


def _frozen(invoiced: Invoiced, wanted: Collection[str]) -> dict[str, list[Frozen]]:
    found: dict[str, list[Frozen]] = {}
    for pairs in invoiced.by_project.values():
        for invoice, line in pairs:
            for words in line.frozen:
                if words[FROZEN_ID] in wanted:
                    entry = FrozenEntry(*words)
                    found.setdefault(entry.id, []).append(Frozen(invoice, line, entry))
    return found


def _changed(
    contracts: Mapping[str, Contract],
    owners: Mapping[str, str],
    source: Mapping[str, TimeEntry],
    frozen: Mapping[str, list[Frozen]],
    invoiced: Invoiced,
    listed: Sequence[str],
) -> Iterator[Finding]:
    """`invoiced-entry-changed`: hours, date, person, task, project or billable are not as frozen."""
    for identity in listed:
        entry, parts = source[identity], frozen[identity]
        first = parts[0]
        project = owners.get(first.line.project, first.line.project)
        changes = list(_differences(entry, parts, owners))
        hours = _hours_changed(entry, parts, invoiced)
        if hours:
            changes.insert(0, f"hours {_said(entry.seconds - hours)}, now {_said(entry.seconds)}")
        if not changes:
            continue
        amount = _value(contracts.get(project), hours, first.line) if hours else None
        message = (
            f"entry {identity} was {_taken_as(first.invoice)} and has changed since: "
            f"{', '.join(changes)}; "
        )
        if amount is not None and amount < ZERO:
            message += f"credit {-amount} on {first.invoice.number}, or restore the entry"
        else:
            message += "restore the entry, or credit it and bill it again"
        yield finding(
            "invoiced-entry-changed",
            project,
            entry.date,
            message,
            entry.place,
            amount=amount,
            identity=identity,
        )


def _taken_as(invoice: Invoice) -> str:
    """What took an entry out of what is to be billed."""
    return f"invoiced as {invoice.number}" if invoice.number else f"closed on {invoice.date}"


def _differences(
    entry: TimeEntry, parts: Sequence[Frozen], owners: Mapping[str, str]
) -> Iterator[str]:
    """What of an entry is not as frozen, old and new; only what the line froze is compared."""
    was = parts[0].entry
    project = parts[0].line.project
    if was.date is not None and was.date != entry.date:
        yield f"date {was.date}, now {entry.date}"
    if was.person and was.person != entry.person:
        yield f"person {was.person}, now {entry.person or '(none)'}"
    if was.task and was.task != entry.task and not entry.corrects:
        yield f"task {was.task}, now {entry.task or '(none)'}"
    if owners.get(project, project) != owners.get(entry.project, entry.project):
        yield f"project {project}, now {entry.project}"
    billed = any(part.line.kind in {"time", "overage"} for part in parts)
    if billed and (entry.account != "unbilled" or entry.billable is False):
        yield "billable, now not"


def _hours_changed(entry: TimeEntry, parts: Sequence[Frozen], invoiced: Invoiced) -> int:
    """The seconds that the source has more (or, negative, less) than a client was billed for.

    What one client was billed for stands on one invoice or, in parts, on several. Where a credit
    note took hours back, more is simply to be billed again.
    """
    clients: dict[str, dict[str, int]] = {}
    for part in parts:
        if part.entry.seconds is None:
            return 0
        if part.line.kind == WRITE_OFF and entry.id in invoiced.credited:
            continue  # what a credit note freed of it was written off
        invoices = clients.setdefault(part.invoice.client, {})
        number = part.invoice.number
        invoices[number] = invoices.get(number, 0) + part.entry.seconds
    for client, invoices in clients.items():
        credited = invoiced.on_invoices(entry.id, client)
        if credited is None:
            known = (*invoices.values(), sum(invoices.values()))
            if entry.seconds not in known:
                return entry.seconds - known[0]
        elif credited.live is not None and 0 < entry.seconds < credited.live:
            return entry.seconds - credited.live
    return 0


def _missing(
    owners: Mapping[str, str],
    contracts: Mapping[str, Contract],
    frozen: Mapping[str, list[Frozen]],
    missing: Collection[str],
) -> Iterator[Finding]:
    """`invoiced-entry-missing`: an invoice bills an entry that the source does not have."""
    for identity in sorted(missing):
        first = frozen[identity][0]
        project = owners.get(first.line.project, first.line.project)
        seconds = sum(part.entry.seconds or 0 for part in frozen[identity])
        amount = _value(contracts.get(project), -seconds, first.line)
        message = (
            f"entry {identity} was {_taken_as(first.invoice)} and is no longer in the time "
            "files: restore it, or credit it"
        )
        yield finding(
            "invoiced-entry-missing",
            project,
            first.entry.date or first.invoice.date,
            message,
            first.line.place,
            amount=amount,
            identity=identity,
        )


def _reentered(
    facts: Facts,
    owners: Mapping[str, str],
    frozen: Mapping[str, list[Frozen]],
    missing: Collection[str],
    invoiced: Invoiced,
) -> Iterator[tuple[str, Finding]]:
    """`time-reentered`: a new entry of the person and day of a billed one that is missing."""
    days: dict[tuple[str, date], str] = {}
    for identity in sorted(missing):
        was = frozen[identity][0].entry
        if was.person and was.date is not None:
            days.setdefault((was.person, was.date), identity)
    for entries in facts.time.values() if days else ():
        for entry in entries:
            billed = days.get((entry.person, entry.date))
            if billed is None or entry.id in invoiced.entries or entry.account != "unbilled":
                continue
            message = (
                f"entry {entry.id} is of the same person and day as {billed}, which is invoiced "
                "and missing: it may be the same work under a new id, and is not billed"
            )
            yield (
                entry.id,
                finding(
                    "time-reentered",
                    owners.get(entry.project, entry.project),
                    entry.date,
                    message,
                    entry.place,
                    identity=entry.id,
                ),
            )


def _value(contract: Contract | None, seconds: int, line: InvoiceLine) -> Decimal | None:
    """What hours are worth at the line's price; None without one."""
    if line.price is None or contract is None:
        return None
    whole = (contract.rates.day_seconds or HOUR) if line.unit == "DAY" else HOUR
    return divide_half_up(seconds * line.price, whole, contract.places)


def _said(seconds: int) -> str:
    sign = "-" if seconds < 0 else ""
    return f"{sign}{abs(seconds) // HOUR}:{abs(seconds) % HOUR // 60:02}"
