"""Issued invoices, credit notes and voids out of the ledger, and what was paid on them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING
from typing import Any

from projbill_beancount.facts.credits import as_corrected
from projbill_beancount.facts.digest import digest_of
from projbill_beancount.facts.frozen import read_entries
from projbill_beancount.facts.lots import in_one_currency
from projbill_beancount.facts.model import Booking
from projbill_beancount.facts.model import Invoice
from projbill_beancount.facts.model import InvoiceLine
from projbill_beancount.facts.model import InvoiceTax
from projbill_beancount.facts.model import Problem
from projbill_beancount.facts.settled import billed_entries
from projbill_beancount.facts.settlements import References
from projbill_beancount.facts.settlements import settlements_of
from projbill_beancount.facts.values import date_of
from projbill_beancount.facts.values import flag_of
from projbill_beancount.facts.values import money_of
from projbill_beancount.facts.values import number_of
from projbill_beancount.facts.values import percent_of
from projbill_beancount.terms.model import Place

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable
    from datetime import date

    from projbill_beancount.facts.booked import Posting
    from projbill_beancount.facts.booked import Transaction
    from projbill_beancount.facts.model import Settlement
    from projbill_beancount.facts.settled import Billed
    from projbill_beancount.facts.watched import WatchedAccounts
    from projbill_beancount.terms.model import Terms

ZERO = Decimal(0)
LINE_KEYS = frozenset(("line", "kind", "entries", "milestone", "task", "change-order"))


class InvoiceReader:
    """Collects the issued invoices of one ledger and the settlements of their receivables."""

    def __init__(self, terms: Terms, accounts: WatchedAccounts) -> None:
        self.accounts = accounts
        self.problems: list[Problem] = []
        self.deposits: dict[str, list[Booking]] = {}
        self.unregistered: list[Booking] = []
        self.settlements: list[Settlement] = []
        self.income: dict[str, list[Booking]] = {}
        self.accrued: dict[str, list[Booking]] = {}
        self._parts = {
            account: part
            for part in ("receivable", "deposits", "retention")
            for account in getattr(accounts, part)
        }
        self._hour = terms.firm.hour
        self._tax_accounts = frozenset(tax.account for tax in terms.firm.taxes.values())
        self._invoices: list[Invoice] = []
        self._credits: list[Invoice] = []
        self._voids: list[tuple[str, Transaction]] = []
        self._settling: list[tuple[Transaction, Posting]] = []
        self._releasing: list[tuple[Transaction, Posting]] = []

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
                posting.account in self.accounts.receivable and posting.units.number > ZERO
                for posting in transaction.postings
            )
        )

    def read(self, transaction: Transaction) -> None:
        """Take an invoice, a credit note, a void or a settlement.

        What an invoice says wrongly becomes a problem (`fact-invalid`).
        """
        tags = transaction.tags or ()
        self._note_deposits(transaction)
        if "void" in tags:
            self._void(transaction)
        elif "credit-note" in tags:
            self._read(transaction, self._credits, 1)
        elif self.is_invoice(transaction):
            self._read(transaction, self._invoices, -1)
        else:
            self._settle(transaction)

    def settle(self, transaction: Transaction) -> None:
        """Remember the postings of any other transaction on a receivable as settlements."""
        self._note_deposits(transaction)
        self._settle(transaction)

    def billed(self, as_of: date, terms: Terms) -> Billed:
        """The entries that live invoices settle."""
        live, credits_ = self._live(self._invoices, as_of), self._live(self._credits, as_of)
        return billed_entries(live, credits_, terms)

    def invoices(self) -> list[Invoice]:
        """The invoices in the ledger's order, each with what was paid on it."""
        voided = {number: transaction.date for number, transaction in self._voids}
        references = References(self._invoices, self._credits, voided)
        self.settlements = self._settlements(references)
        paid: dict[tuple[str, str], list[tuple[date, Decimal]]] = {}
        for settlement in self.settlements:
            if not settlement.problem:
                key = (settlement.number, settlement.account)
                paid.setdefault(key, []).append((settlement.date, settlement.amount))
        released: dict[str, list[tuple[date, Decimal]]] = {}
        for transaction, posting in self._releasing:
            number = references.of(transaction, posting).number
            part = (transaction.date, -posting.units.number)
            released.setdefault(number, []).append(part)
        return [
            invoice._replace(
                paid=tuple(paid.get((invoice.number, invoice.receivable), ())),
                released=tuple(released.get(invoice.number, ())) if invoice.number else (),
                voided=voided.get(invoice.number) if invoice.number else None,
            )
            for invoice in self._invoices
        ]

    def _settlements(self, references: References) -> list[Settlement]:
        """What settles; a debit that is of no document is noted as unregistered, too."""
        documents = {
            (one.number, one.receivable, one.currency)
            for one in (*self._invoices, *self._credits)
            if one.number
        }
        accounts = self.accounts.receivable
        found = settlements_of(self._settling, references, accounts, documents, self._project_of)
        self.unregistered = [
            Booking(one.date, one.account, -one.amount, one.currency, one.place, one.project)
            for one in found
            if one.problem and one.amount < ZERO
        ]
        return found

    def credit_notes(self) -> list[Invoice]:
        """The credit notes in the ledger's order; what they do not say is as on their invoice."""
        voided = {number: transaction.date for number, transaction in self._voids}
        invoices = {invoice.number: invoice for invoice in self._invoices}
        return [
            as_corrected(credit, invoices.get(credit.corrects))._replace(
                voided=voided.get(credit.number)
            )
            for credit in self._credits
        ]

    def close(self) -> None:
        """Report voids that take back nothing that is known, or not the whole of it."""
        known = {one.number: one.posted for one in self._invoices}
        known |= {one.number: -one.posted for one in self._credits}
        for number, transaction in self._voids:
            if number in known:
                self._check_void(number, transaction, known[number])
            else:
                self._problem(
                    transaction,
                    f'a void takes back an invoice, and there is no "{number}"; '
                    "name it with `corrects:`",
                )

    def _check_void(self, number: str, transaction: Transaction, posted: Decimal) -> None:
        """`ledger-amount-mismatch`: a void leaves something of what was posted to the client."""
        postings = [one for one in transaction.postings if one.account in self._parts]
        back = -sum((posting.units.number for posting in postings), ZERO)
        if back != posted:
            message = f"{number} is void: {posted} were posted to the client, {back} are taken back"
            self._problem(transaction, message, code="ledger-amount-mismatch")

    def _project_of(self, transaction: Transaction) -> str:
        """The project that a transaction by hand names, or whose income it books; "" for none."""
        accounts = (posting.account for posting in transaction.postings)
        booked = (self.accounts.income[one] for one in accounts if one in self.accounts.income)
        return str(transaction.meta.get("project") or next(booked, ""))

    def _live(self, invoices: list[Invoice], as_of: date) -> list[Invoice]:
        voided = {number for number, transaction in self._voids if transaction.date <= as_of}
        return [
            invoice
            for invoice in invoices
            if invoice.date <= as_of and invoice.number not in voided
        ]

    def _read(self, transaction: Transaction, into: list[Invoice], sign: int) -> None:
        meta = transaction.meta
        try:
            into.append(self._invoice(transaction, meta, sign))
        except ValueError as error:
            what = "invoice" if sign < 0 else "credit note"
            for project in _projects_of(transaction):
                message = (
                    f"{what} {meta.get('invoice', '')}: cannot read {error.args[0]!r}; "
                    "until it is put right, nothing more of the project is billed"
                )
                self._problem(transaction, message, project=project, hides_invoice=True)

    def _problem(
        self,
        transaction: Transaction,
        message: str,
        *,
        project: str | None = None,
        hides_invoice: bool = False,
        code: str = "fact-invalid",
    ) -> None:
        meta = transaction.meta
        self.problems.append(
            Problem(
                code,
                str(meta.get("project") or "") if project is None else project,
                transaction.date,
                message,
                Place(meta["filename"], meta["lineno"]),
                hides_invoice=hides_invoice,
            )
        )

    def _void(self, transaction: Transaction) -> None:
        meta = transaction.meta
        links = sorted(transaction.links or ())
        number = meta.get("corrects") or meta.get("invoice") or (links[0] if links else "")
        self._voids.append((str(number), transaction))
        if _is_changed(transaction):
            message = f"the void of {number} is not as it was written; `projbill verify` says more"
            self._problem(transaction, message, code="issued-changed")

    def _settle(self, transaction: Transaction) -> None:
        accrued = self.accounts.accrued
        if accrued and any(posting.account in accrued for posting in transaction.postings):
            self._accrue(transaction)
            return
        for posting in transaction.postings:
            if posting.account in self.accounts.receivable:
                self._settling.append((transaction, posting))
            elif posting.account in self.accounts.retention:
                self._releasing.append((transaction, posting))
            elif posting.account in self.accounts.income:
                project = self.accounts.income[posting.account]
                self.income.setdefault(project, []).append(_booking(transaction, posting))

    def _accrue(self, transaction: Transaction) -> None:
        """Remember what is accrued by hand; its income is no invoice, it may settle one."""
        for posting in transaction.postings:
            project = self.accounts.accrued.get(posting.account)
            if project is not None:
                self.accrued.setdefault(project, []).append(_booking(transaction, posting))
            elif posting.account in self.accounts.receivable:
                self._settling.append((transaction, posting))
            elif posting.account in self.accounts.retention:
                self._releasing.append((transaction, posting))

    def _note_deposits(self, transaction: Transaction) -> None:
        for posting in transaction.postings:
            client = self.accounts.deposits.get(posting.account)
            if client is not None:
                self.deposits.setdefault(client, []).append(_booking(transaction, posting))

    def _invoice(self, transaction: Transaction, meta: dict[str, Any], sign: int) -> Invoice:
        project = str(meta.get("project") or "")
        lines, taxes = [], []
        receivable, currency = "", ""
        parts = {"receivable": ZERO, "deposits": ZERO, "retention": ZERO}
        for posting in in_one_currency(transaction.postings, self._parts):
            units, account = posting.units, posting.account
            part = self._parts.get(account)
            if part:
                parts[part] -= sign * units.number
                currency = units.currency
                receivable = account if part == "receivable" else receivable
            elif units.currency == self._hour and LINE_KEYS.isdisjoint(posting.meta or ()):
                continue
            elif self._is_line(posting):
                lines.append(self._line(transaction, posting, project, sign))
            else:
                taxes.append(_tax(posting, sign))
        posted = sum(parts.values(), ZERO)
        return Invoice(
            str(meta.get("invoice") or ""),
            transaction.date,
            project or next((line.project for line in lines), ""),
            str(meta.get("draft") or next((line.draft for line in lines), "")),
            _read(meta, "period-start", date_of),
            _read(meta, "period-end", date_of),
            _read(meta, "due", date_of),
            currency or next((p.units.currency for p in transaction.postings), ""),
            _read(meta, "net", number_of, sum((line.amount for line in lines), ZERO)),
            _read(meta, "total", number_of, posted),
            tuple(lines),
            receivable,
            meta["filename"],
            meta["lineno"],
            final=flag_of(meta.get("final") or False),
            covers=_read(meta, "covers", date_of),
            corrects=str(meta.get("corrects") or ""),
            taxes=tuple(taxes),
            posted=posted,
            retained=parts["retention"],
            deposit=parts["deposits"],
            client=self.accounts.receivable.get(receivable, ""),
            title=transaction.narration or "",
            is_changed=_is_changed(transaction),
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

    def _line(
        self, transaction: Transaction, posting: Posting, project: str, sign: int
    ) -> InvoiceLine:
        meta, units = posting.meta or {}, posting.units
        get, shared = meta.get, transaction.meta
        entries, expenses = get("entries"), get("expenses")
        quantity, unit = _read(meta, "quantity", money_of, (None, ""))
        return InvoiceLine(
            str(get("kind") or "manual"),
            str(get("line") or transaction.narration or ""),
            str(get("project") or project),
            sign * units.number if units.currency != self._hour else ZERO,
            posting.account,
            quantity,
            _read(meta, "price", number_of),
            str(get("task") or ""),
            str(get("milestone") or ""),
            str(get("draft") or shared.get("draft") or ""),
            str(get("tax") or ""),
            read_entries(str(entries)) if entries else (),
            Place(
                str(get("filename") or shared["filename"]), int(get("lineno") or shared["lineno"])
            ),
            _read(meta, "basis", number_of),
            _read(meta, "complete", percent_of),
            str(get("change-order") or ""),
            tuple(str(expenses).replace(",", " ").split()) if expenses else (),
            flag_of(get("prior-period") or False),
            unit or "HOUR",
            str(get("adjustment") or ""),
            _read(meta, "rate", percent_of),
        )


def _is_changed(transaction: Transaction) -> bool:
    """Whether its content has another digest than it says; without one there is no verdict."""
    digest = transaction.meta.get("digest")
    return digest is not None and digest != digest_of(transaction)


def _tax(posting: Posting, sign: int) -> InvoiceTax:
    meta = posting.meta or {}
    return InvoiceTax(
        str(meta.get("tax") or ""),
        _read(meta, "rate", percent_of),
        _read(meta, "base", number_of),
        sign * posting.units.number,
        posting.account,
    )


def _booking(transaction: Transaction, posting: Posting) -> Booking:
    meta = posting.meta or {}
    place = Place(
        str(meta.get("filename") or transaction.meta["filename"]),
        int(meta.get("lineno") or transaction.meta["lineno"]),
    )
    units = posting.units
    return Booking(transaction.date, posting.account, units.number, units.currency, place)


def _projects_of(transaction: Transaction) -> list[str]:
    """The projects that an invoice names, on itself or on its lines."""
    metas = [transaction.meta, *(posting.meta or {} for posting in transaction.postings)]
    return sorted({str(meta["project"]) for meta in metas if meta.get("project")}) or [""]


def _read(
    meta: dict[str, Any], key: str, parse: Callable[[object], Any], default: Any = None
) -> Any:
    """A value under a key, `default` where it is not given."""
    value = meta.get(key)
    return default if value is None else parse(value)
