"""What clients owe on any day: open invoices with their age, credits apart, retention apart.

Invoices are aged by their due dates: what is due today is not overdue. Credits are netted into no
bucket. For each client and currency the open amounts, less credits, and what is debited without
an invoice are the balance of the ledger's receivable.
"""

from __future__ import annotations

from decimal import Decimal
from operator import itemgetter
from typing import TYPE_CHECKING
from typing import NamedTuple

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable
    from collections.abc import Iterator
    from collections.abc import Mapping
    from collections.abc import Sequence
    from datetime import date

    from projbill_beancount.facts.model import Invoice
    from projbill_beancount.facts.model import Settlement

ZERO = Decimal(0)
NOT_DUE = "not-due"
#: The last days past due of a bucket; what is older is in the last one.
LIMITS = ((0, NOT_DUE), (30, "1-30"), (60, "31-60"), (90, "61-90"))
OLDEST = "90+"
BUCKETS = (*(name for _, name in LIMITS), OLDEST)
#: What events change, in order: charged (less what is retained), paid, credited, retained.
CHARGED, PAID, CREDITED, RETAINED = range(4)
Event = tuple["date", int, int, Decimal]


class OpenItem(NamedTuple):
    """A document that a client has not settled on a day, or paid too much on.

    `paid` has what a deposit paid, `retained` is what the client still keeps back, which is not
    due. `left` is what the document leaves on the receivable, negative where the client has a
    credit. `settlements` and `credit_notes` are all of them, those of later days too. `is_credit`
    says that the document is a credit note that corrects no invoice of the client.
    """

    document: Invoice
    paid: Decimal
    credited: Decimal
    retained: Decimal
    left: Decimal
    days: int | None
    settlements: Sequence[Settlement]
    credit_notes: Sequence[Invoice]
    is_credit: bool

    @property
    def open(self) -> Decimal:
        """What is to be paid."""
        return max(self.left, self.left * 0)

    @property
    def credit(self) -> Decimal:
        """What is paid or credited too much."""
        return max(-self.left, self.left * 0)

    @property
    def bucket(self) -> str | None:
        """How long the open amount is due; None where nothing is open."""
        return bucket_of(self.days) if self.left > ZERO else None


class ClientAccount(NamedTuple):
    """What a client owes in one currency on a day.

    `loose` are postings on the receivable that settle no document of that day: payments, and
    debits.
    """

    client: str
    currency: str
    items: Sequence[OpenItem]
    loose: Sequence[Settlement]

    @property
    def open(self) -> Decimal:
        """The sum of what is open on invoices."""
        return sum((item.open for item in self.items), ZERO)

    @property
    def credits(self) -> Decimal:
        """What the client paid, or was credited, beyond invoices: not positive."""
        unapplied = sum((-one.amount for one in self.loose if one.amount > ZERO), ZERO)
        return unapplied - sum((item.credit for item in self.items), ZERO)

    @property
    def unregistered(self) -> Decimal:
        """What is debited without an invoice."""
        return sum((-one.amount for one in self.loose if one.amount < ZERO), ZERO)

    @property
    def retained(self) -> Decimal:
        """What the client keeps back of invoices."""
        return sum((item.retained for item in self.items), ZERO)

    @property
    def balance(self) -> Decimal:
        """What stands on the client's receivable."""
        return self.open + self.credits + self.unregistered

    def by_bucket(self) -> dict[str, Decimal]:
        """The open amounts by their age, all buckets in order."""
        sums = dict.fromkeys(BUCKETS, ZERO)
        for item in self.items:
            if item.bucket is not None:
                sums[item.bucket] += item.left
        return sums


class Owed(NamedTuple):
    """All clients' accounts on a day, by client and currency."""

    day: date
    accounts: Sequence[ClientAccount]


def bucket_of(days: int | None) -> str:
    """The bucket of so many days past due; without a due date nothing is overdue."""
    if days is None:
        return NOT_DUE
    return next((name for limit, name in LIMITS if days <= limit), OLDEST)


class Receivables:
    """The documents of a ledger with what settles them, for any day."""

    def __init__(
        self,
        invoices: Iterable[Invoice],
        credit_notes: Iterable[Invoice],
        settlements: Iterable[Settlement],
    ) -> None:
        self.documents: list[Invoice] = []
        self.settled: list[list[Settlement]] = []
        self.loose: list[Settlement] = []
        self._corrected: dict[int, list[Invoice]] = {}
        self._events: list[Event] = []
        #: Documents by number, receivable and currency; of several the first.
        self._index: dict[tuple[str, str, str], int] = {}
        for invoice in invoices:
            if invoice.posted or invoice.retained or invoice.deposit:
                self._add(invoice, 1)
        self._first_credit = len(self.documents)
        for credit in credit_notes:
            self._add_credit(credit)
        for settlement in settlements:
            index = self._of(settlement)
            if index is None:
                self.loose.append(settlement)
            else:
                self.settled[index].append(settlement)
                self._events.append((settlement.date, index, PAID, settlement.amount))
        self._events.sort(key=itemgetter(0))

    def on(self, day: date) -> Owed:
        """What clients owe at the end of `day`."""
        return next(self.over((day,)))

    def over(self, days: Iterable[date]) -> Iterator[Owed]:
        """What clients owe at the end of each of `days`, in order of days, in one pass."""
        states = [[ZERO] * 4 for _ in self.documents]
        unsettled: dict[int, list[Decimal]] = {}
        done, events = 0, self._events
        for day in sorted(days):
            changed = set()
            while done < len(events) and events[done][0] <= day:
                _, index, field, amount = events[done]
                states[index][field] += amount
                changed.add(index)
                done += 1
            for index in changed:
                state = states[index]
                if state[CHARGED] - state[PAID] - state[CREDITED] or state[RETAINED]:
                    unsettled[index] = state
                else:
                    unsettled.pop(index, None)
            yield Owed(day, self._accounts(day, unsettled))

    def _accounts(self, day: date, unsettled: Mapping[int, list[Decimal]]) -> list[ClientAccount]:
        items: dict[tuple[str, str], list[OpenItem]] = {}
        unapplied = [one for one in self.loose if one.date <= day]
        for index in sorted(unsettled):
            document, state = self.documents[index], unsettled[index]
            if document.date > day and not state[CREDITED]:
                # What is paid before the invoice is a credit until then.
                unapplied += [one for one in self.settled[index] if one.date <= day]
                continue
            item = self._item(index, document, state, day)
            items.setdefault((document.client, document.currency), []).append(item)
        loose: dict[tuple[str, str], list[Settlement]] = {}
        for one in unapplied:
            loose.setdefault((one.client, one.currency), []).append(one)
        keys = sorted(items.keys() | loose.keys())
        return [ClientAccount(*key, items.get(key, ()), loose.get(key, ())) for key in keys]

    def _item(self, index: int, document: Invoice, state: list[Decimal], day: date) -> OpenItem:
        charged, paid, credited, retained = state
        return OpenItem(
            document,
            paid,
            credited,
            retained,
            charged - paid - credited,
            None if document.due is None else (day - document.due).days,
            self.settled[index],
            self._corrected.get(index, ()),
            index >= self._first_credit,
        )

    def _add(self, document: Invoice, sign: int) -> None:
        """Take a document that has an amount of its own, and what takes it back."""
        index = len(self.documents)
        self.documents.append(document)
        self.settled.append([])
        if document.number:
            self._index.setdefault(_key(document), index)
        charged = document.posted - document.retained
        self._book(document, index, ((CHARGED, sign * charged), (PAID, sign * document.deposit)))
        self._book(document, index, ((RETAINED, sign * document.retained),))
        for day, amount in document.released:
            self._events.append((day, index, RETAINED, -amount))

    def _add_credit(self, credit: Invoice) -> None:
        """A credit note lowers its invoice; one without an invoice of the client stands alone."""
        corrected = (credit.corrects, credit.receivable, credit.currency)
        index = self._index.get(corrected) if credit.corrects else None
        if index is None or index >= self._first_credit:
            self._add(credit, -1)
            return
        self._corrected.setdefault(index, []).append(credit)
        if credit.number:
            self._index.setdefault(_key(credit), index)
        # What a credit note gives back to a deposit or takes off a retention is not on the
        # receivable.
        self._book(credit, index, ((CREDITED, credit.posted), (PAID, -credit.deposit)))
        self._book(credit, index, ((RETAINED, -credit.retained), (CHARGED, credit.retained)))

    def _book(self, document: Invoice, index: int, amounts: Iterable[tuple[int, Decimal]]) -> None:
        for field, amount in amounts:
            if amount:
                self._events.append((document.date, index, field, amount))
                if document.voided is not None:
                    self._events.append((document.voided, index, field, -amount))

    def _of(self, settlement: Settlement) -> int | None:
        if settlement.problem:
            return None
        return self._index.get((settlement.number, settlement.account, settlement.currency))


def _key(document: Invoice) -> tuple[str, str, str]:
    return document.number, document.receivable, document.currency
