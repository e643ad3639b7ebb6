"""Issued invoices out of the ledger, in their frozen form, and what was paid on them."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING
from typing import Any

from projbill_beancount.facts.model import FROZEN_ID
from projbill_beancount.facts.model import FrozenWords
from projbill_beancount.facts.model import Invoice
from projbill_beancount.facts.model import InvoiceLine
from projbill_beancount.facts.model import Problem
from projbill_beancount.facts.values import date_of
from projbill_beancount.facts.values import decimal_of
from projbill_beancount.facts.values import flag_of
from projbill_beancount.terms.model import Place

if TYPE_CHECKING:  # pragma: no cover
    from projbill_beancount.facts.booked import Posting
    from projbill_beancount.facts.booked import Transaction
    from projbill_beancount.terms.model import Terms

ZERO = Decimal(0)
DATE = re.compile(r"\d{4}-\d\d-\d\d")
LINE_KEYS = frozenset(("line", "kind", "entries", "milestone", "task"))


#: An entry of a line: date, person, hours with or without billed hours, id, task or nothing.
ENTRY = re.compile(
    rf"^[ \t]*({DATE.pattern}) +(\S+) +([-\d.]+(?:/[-\d.]+)?) +(\S+)(?: +(.*))?$", re.MULTILINE
)


def read_entries(text: str) -> tuple[FrozenWords, ...]:
    """The words of a line's entries: `DATE PERSON HOURS[/BILLED] ID [TASK]` each, or ids alone.

    Raises ValueError with the offending line or date.
    """
    found: tuple[FrozenWords, ...] = tuple(ENTRY.findall(text))
    lines = text.strip().count("\n") + 1
    if len(found) != lines:
        found = tuple(entry for line in text.split("\n") for entry in _read_line(line))
    for words in found:
        _check_date(words[0])
    return found


@lru_cache(maxsize=4096)  # the days of eleven years; each is on many lines
def _check_date(day: str) -> None:
    if not day:
        return
    try:
        date.fromisoformat(day)
    except ValueError as error:
        raise ValueError(day) from error


def _read_line(line: str) -> list[FrozenWords]:
    """An entry in full, or ids alone; a line that begins like the first and is not, is refused."""
    if ENTRY.fullmatch(line):
        return ENTRY.findall(line)
    words = line.replace(",", " ").split()
    if words and DATE.fullmatch(words[0]):
        raise ValueError(line.strip())
    return [("", "", "", word, "") for word in words]


class InvoiceReader:
    """Collects the issued invoices of one ledger and the settlements of their receivables.

    `receivables` are the exact receivable accounts of the firm's clients.
    """

    def __init__(self, terms: Terms, receivables: frozenset[str]) -> None:
        self.receivables = receivables
        self.problems: list[Problem] = []
        self._hour = terms.firm.hour
        self._tax_accounts = frozenset(tax.account for tax in terms.firm.taxes.values())
        self._invoices: list[Invoice] = []
        self._settling: list[tuple[Transaction, Posting]] = []

    def is_invoice(self, transaction: Transaction) -> bool:
        """Whether `transaction` is an invoice, by tag or by hand, or closes entries."""
        tags = transaction.tags
        if tags and ("invoice" in tags or "closed" in tags):
            return True
        meta = transaction.meta
        return (
            "invoice" in meta
            and "project" in meta
            and any(
                posting.account in self.receivables and posting.units.number > ZERO
                for posting in transaction.postings
            )
        )

    def read(self, transaction: Transaction) -> None:
        """Take an invoice; what it says wrongly becomes a problem (`fact-invalid`)."""
        meta = transaction.meta
        try:
            self._invoices.append(self._invoice(transaction, meta))
        except ValueError as error:
            self.problems += [
                Problem(
                    "fact-invalid",
                    project,
                    transaction.date,
                    f"invoice {meta.get('invoice', '')}: cannot read {error.args[0]!r}; "
                    "until it is put right, nothing more of the project is billed",
                    Place(meta["filename"], meta["lineno"]),
                    hides_invoice=True,
                )
                for project in _projects_of(transaction)
            ]

    def settle(self, transaction: Transaction) -> None:
        """Remember the postings of any other transaction on a receivable as settlements."""
        for posting in transaction.postings:
            if posting.account in self.receivables:
                self._settling.append((transaction, posting))

    def billed(self, as_of: date) -> dict[str, FrozenWords]:
        """The entries on invoices up to `as_of`, by id, as they were frozen."""
        return {
            words[FROZEN_ID]: words
            for invoice in self._invoices
            if invoice.date <= as_of
            for line in invoice.lines
            for words in line.frozen
        }

    def invoices(self) -> list[Invoice]:
        """The invoices in the ledger's order, each with what was paid on it.

        A posting's own `invoice:` names what it settles, else the transaction's only invoice link.
        """
        known = {invoice.number for invoice in self._invoices}
        paid: dict[tuple[str, str], list[tuple[date, Decimal]]] = {}
        for transaction, posting in self._settling:
            number = (posting.meta or {}).get("invoice")
            if number is None:
                linked = known.intersection(transaction.links or ())
                number = linked.pop() if len(linked) == 1 else None
            if number is not None:
                key = (str(number), posting.account)
                paid.setdefault(key, []).append((transaction.date, -posting.units.number))
        return [
            invoice._replace(paid=tuple(paid.get((invoice.number, invoice.receivable), ())))
            for invoice in self._invoices
        ]

    def _invoice(self, transaction: Transaction, meta: dict[str, Any]) -> Invoice:
        project = str(meta.get("project") or "")
        lines = []
        receivable, total, currency = "", ZERO, ""
        for posting in transaction.postings:
            units = posting.units
            if posting.account in self.receivables:
                receivable, total, currency = (
                    posting.account,
                    total + units.number,
                    units.currency,
                )
            elif units.currency == self._hour and "entries" not in (posting.meta or ()):
                continue
            elif self._is_line(posting):
                lines.append(self._line(transaction, posting, project))
        net = sum((line.amount for line in lines), ZERO)
        return Invoice(
            str(meta.get("invoice") or ""),
            transaction.date,
            project or next((line.project for line in lines), ""),
            str(meta.get("draft") or next((line.draft for line in lines), "")),
            _date(meta, "period-start"),
            _date(meta, "period-end"),
            _date(meta, "due"),
            currency,
            _number(meta, "net", net),
            _number(meta, "total", total),
            tuple(lines),
            receivable,
            meta["filename"],
            meta["lineno"],
            final=flag_of(meta.get("final") or False),
        )

    def _is_line(self, posting: Posting) -> bool:
        """A line says so, or is money that is neither the receivable nor a tax."""
        meta = posting.meta or {}
        if not LINE_KEYS.isdisjoint(meta):
            return True
        return (
            posting.units.currency != self._hour
            and "rate" not in meta
            and "base" not in meta
            and posting.account not in self._tax_accounts
        )

    def _line(self, transaction: Transaction, posting: Posting, project: str) -> InvoiceLine:
        meta = posting.meta or {}
        get = meta.get
        text = get("entries")
        return InvoiceLine(
            str(get("kind") or "manual"),
            str(get("line") or transaction.narration or ""),
            str(get("project") or project),
            -posting.units.number if posting.units.currency != self._hour else ZERO,
            posting.account,
            _number(meta, "quantity", None),
            _number(meta, "price", None),
            str(get("task") or ""),
            str(get("milestone") or ""),
            str(get("draft") or transaction.meta.get("draft") or ""),
            str(get("tax") or ""),
            read_entries(str(text)) if text else (),
            Place(
                str(get("filename") or transaction.meta["filename"]),
                int(get("lineno") or transaction.meta["lineno"]),
            ),
        )


def _projects_of(transaction: Transaction) -> list[str]:
    """The projects that an invoice names, on itself or on its lines."""
    metas = [transaction.meta, *(posting.meta or {} for posting in transaction.postings)]
    return sorted({str(meta["project"]) for meta in metas if meta.get("project")}) or [""]


def _date(meta: dict[str, Any], key: str) -> date | None:
    value = meta.get(key)
    return None if value is None else date_of(value)


def _number(meta: dict[str, Any], key: str, default: Any) -> Any:
    """A number that is written as a number, an amount, or text with or without a unit."""
    value = meta.get(key)
    if value is None:
        return default
    number = getattr(value, "number", None)
    return number if number is not None else decimal_of(str(value).partition(" ")[0])
