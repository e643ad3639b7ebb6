"""Issues the bench's invoices: what the engine drafts up to the last month, frozen in the ledger.

Each is dated as its draft. Most are paid when they are due; a few are voided and issued again,
and a few are credited, by price or with entries that are free again.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING
from typing import NamedTuple

from beancount import loader

from projbill_beancount.billing.revenue import revenue_account
from projbill_beancount.billing.rounding import divide_half_up
from projbill_beancount.billing.tax import taxes_of
from projbill_beancount.evaluate import evaluate

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Iterator
    from collections.abc import Sequence
    from pathlib import Path

    from projbill_beancount.billing.model import BilledEntry
    from projbill_beancount.billing.model import Draft
    from projbill_beancount.billing.model import Line
    from projbill_beancount.billing.model import TaxAmount
    from projbill_beancount.evaluate import Evaluation
    from projbill_beancount.terms.model import Contract

LAST_ISSUED = date(2026, 3, 31)
UNPAID_FROM = date(2026, 4, 1)
#: One of so many invoices is voided, or credited whole, and issued again; or credited in part.
VOIDED, CREDITED_WHOLE, CREDITED = 150, 70, 40
CREDIT = Decimal("25.00")
PLACES = 2
ZERO = Decimal(0)


class Books:
    """What the firm wrote into its invoice file, with its contracts and names of accounts."""

    def __init__(self, evaluation: Evaluation) -> None:
        self.names = evaluation.accounts
        self.contracts = evaluation.terms.contracts
        self._texts: list[tuple[date, str]] = []
        self._last: dict[tuple[str, int], int] = {}

    def number(self, series: str, day: date) -> str:
        """The next number of a series and year."""
        number = self._last[series, day.year] = self._last.get((series, day.year), 0) + 1
        return f"{series}-{day.year}-{number:04}"

    def add(self, day: date, text: str) -> None:
        """Write a transaction."""
        self._texts.append((day, text))

    def text(self) -> str:
        """All of it by date."""
        return "\n".join(text for _, text in sorted(self._texts, key=lambda item: item[0]))


class Paper(NamedTuple):
    """An invoice, a credit note or a void: its head, and the lines that it posts.

    `sign` is 1 for an invoice, -1 for what takes one back.
    """

    draft: Draft
    head: list[str]
    sign: int
    bare: bool = False


def write(folder: Path, head: str) -> int:
    """Writes `invoices.beancount` and returns the number of invoices; `head` includes the facts."""
    ledger = folder / "facts-only.beancount"
    ledger.write_text(head, encoding="utf-8")
    entries, _, options = loader.load_file(str(ledger))
    ledger.unlink()
    evaluation = evaluate(entries, options, str(folder / "projbill.yaml"), LAST_ISSUED)
    billing = evaluation.billing
    held = [draft.id for draft in billing.drafts if draft.held]
    if held:
        raise ValueError(f"the bench's books hold drafts: {', '.join(held[:3])}")
    books = Books(evaluation)
    drafts = sorted(billing.drafts, key=lambda draft: (draft.date, draft.id))
    for position, draft in enumerate(drafts):
        _issue(books, draft, position)
    for draft in billing.closings:
        books.add(draft.date, _closing(books, draft))
    (folder / "invoices.beancount").write_text(books.text(), encoding="utf-8")
    return len(drafts)


def _issue(books: Books, draft: Draft, position: int) -> None:
    """The invoice of a draft, what takes it back, and its payment."""
    contract = books.contracts[draft.project]
    number = books.number("INV", draft.date)
    books.add(draft.date, _invoice(books, draft, number))
    if position % VOIDED == 0:
        books.add(draft.date, _void(books, draft, number))
        number = books.number("INV", draft.date)
        books.add(draft.date, _invoice(books, draft, number))
    elif position % CREDITED_WHOLE == 0 and not (contract.caps or draft.deposit):
        _credit(books, draft, number, draft.lines)
        number = books.number("INV", draft.date)
        books.add(draft.date, _invoice(books, draft, number))
    credited = _credited(contract, draft, position)
    total = _credit(books, draft, number, credited) if credited else ZERO
    if draft.due < UNPAID_FROM and draft.payable > total:
        books.add(draft.due, _payment(books, draft, number, draft.payable - total))


def _credited(contract: Contract, draft: Draft, position: int) -> list[Line]:
    """What is given back of some invoices: money, or the first two entries of one just sent."""
    by_hour = [line for line in draft.lines if line.kind == "time" and line.entries]
    if not by_hour or draft.deposit or contract.split or contract.billing != "time-and-materials":
        return []
    line = by_hour[0]
    just_sent = draft.period and draft.period.start == LAST_ISSUED.replace(day=1)
    if just_sent and contract.end is None and contract.invoice.hours is None:
        entries = line.entries[:2]
        seconds = sum(entry.billed_seconds for entry in entries)
        amount = divide_half_up(seconds * (line.price or ZERO), 3600, PLACES)
        return [line._replace(entries=entries, seconds=seconds, amount=amount)]
    if position % CREDITED == 0 and line.amount > CREDIT:
        return [line._replace(entries=(), seconds=None, price=None, amount=CREDIT)]
    return []


def _invoice(books: Books, draft: Draft, number: str) -> str:
    client = draft.client.upper()
    period = draft.period
    head = [
        f'{draft.date} * "{client}" "{number}" #invoice ^{number}',
        f'  invoice: "{number}"',
        f'  project: "{draft.project}"',
        f'  draft: "{draft.id}"',
        *([f"  period-start: {period.start}", f"  period-end: {period.end}"] if period else []),
        f"  due: {draft.due}",
        f"  net: {draft.net} EUR",
        f"  total: {draft.total} EUR",
        '  seller: "Bench GmbH, Hafenstr. 1, 20457 Hamburg"',
        f'  buyer: "{client}, Hauptstr. 2, 10115 Berlin"',
        "  format: 1",
    ]
    return _text(books, Paper(draft, head, 1), draft.lines, draft.taxes)


def _void(books: Books, draft: Draft, number: str) -> str:
    head = [
        f'{draft.date} * "{draft.client.upper()}" "{number} void" #void ^{number}',
        f'  corrects: "{number}"',
        '  reason: "Sent to the wrong address"',
    ]
    return _text(books, Paper(draft, head, -1, bare=True), draft.lines, draft.taxes)


def _credit(books: Books, draft: Draft, corrects: str, lines: Sequence[Line]) -> Decimal:
    """A credit note on an invoice; returns its total."""
    day, client = draft.date, draft.client.upper()
    number = books.number("CN", day)
    taxes = taxes_of(lines, PLACES)
    net = sum((line.amount for line in lines), ZERO)
    total = net + sum((tax.amount for tax in taxes), ZERO)
    head = [
        f'{day} * "{client}" "{number} for {corrects}" #credit-note ^{number} ^{corrects}',
        f'  invoice: "{number}"',
        f'  corrects: "{corrects}"',
        f'  project: "{draft.project}"',
        f"  net: {net} EUR",
        f"  total: {total} EUR",
    ]
    credited = draft._replace(net=net, taxes=taxes, deposit=ZERO, retained=ZERO)
    books.add(day, _text(books, Paper(credited, head, -1), lines, taxes))
    return total


def _closing(books: Books, draft: Draft) -> str:
    """What ends the hours of a draft of 0.00, which gets no number."""
    head = [
        f'{draft.date} * "{draft.client.upper()}" "{draft.id} comes to nothing" #closed',
        f'  project: "{draft.project}"',
        f'  draft: "{draft.id}"',
    ]
    if draft.period:
        head += [
            f"  period-start: {draft.period.start}",
            f"  period-end: {draft.period.end}",
        ]
    paper = Paper(draft, head, 1)
    lines = [*head, *_lines(books, paper, draft.lines), *_relief(books, draft, 1)]
    return "\n".join(lines) + "\n"


def _payment(books: Books, draft: Draft, number: str, paid: Decimal) -> str:
    return (
        f'{draft.due} * "{draft.client.upper()}" "Payment" ^{number}\n'
        f"  Assets:Bank  {paid} EUR\n"
        f"  {books.names.receivable(draft.client)}  {-paid} EUR\n"
    )


def _text(books: Books, paper: Paper, lines: Sequence[Line], taxes: Iterable[TaxAmount]) -> str:
    draft, sign, names = paper.draft, paper.sign, books.names
    text = [
        *paper.head,
        f"  {names.receivable(draft.client)}  {sign * draft.payable} EUR",
        *(
            [f"  {names.deposits(draft.client)}  {sign * draft.deposit} EUR"]
            if draft.deposit
            else []
        ),
        *_lines(books, paper, lines),
    ]
    for tax in taxes:
        text.append(f"  Liabilities:VAT:Output  {-sign * tax.amount} EUR")
        text += [f'    tax: "{tax.code}"', f"    rate: {tax.rate}", f"    base: {tax.base} EUR"]
    relief = _relief(books, draft._replace(lines=tuple(lines)), sign)
    return "\n".join([*text, *relief]) + "\n"


def _lines(books: Books, paper: Paper, lines: Iterable[Line]) -> Iterator[str]:
    contract = books.contracts[paper.draft.project]
    for line in lines:
        account = revenue_account(books.names, contract, line)
        yield f"  {account}  {-paper.sign * line.amount} EUR"
        yield from () if paper.bare else _said(line)


def _said(line: Line) -> Iterator[str]:
    """What a posting says of its line."""
    yield f'    line: "{line.text}"'
    yield f'    kind: "{line.kind}"'
    if line.seconds is not None:
        yield f"    quantity: {_hours(line.seconds)} HOUR"
    if line.price is not None:
        yield f"    price: {line.price} EUR"
    for key, value in (
        ("task", line.task),
        ("milestone", line.milestone),
        ("change-order", line.change_order),
        ("tax", line.tax),
        ("expenses", " ".join(line.expenses)),
    ):
        if value:
            yield f'    {key}: "{value}"'
    if line.basis is not None:
        yield f"    basis: {line.basis} EUR"
    if line.complete is not None:
        yield f'    complete: "{line.complete} %"'
    if line.prior_period:
        yield "    prior-period: TRUE"
    if line.entries:
        yield f'    entries: "{"".join(map(_frozen, line.entries))}"'


def _frozen(entry: BilledEntry) -> str:
    hours = _hours(entry.seconds)
    if entry.billed_seconds != entry.seconds:
        hours += f"/{_hours(entry.billed_seconds)}"
    return f"\n      {entry.date} {entry.person} {hours} {entry.id} {entry.task}"


def _relief(books: Books, draft: Draft, sign: int) -> Iterator[str]:
    """The hours that move from unbilled to billed, or back, by person: with the first payer."""
    if draft.client != books.contracts[draft.project].client:
        return
    worked: dict[tuple[str, str], int] = {}
    for line in draft.lines:
        for entry in line.entries:  # one may be on two lines: covered in part
            key = (entry.person, entry.id)
            worked[key] = worked.get(key, 0) + entry.seconds
    moved: dict[str, Decimal] = {}
    for (person, _), seconds in worked.items():
        moved[person] = moved.get(person, ZERO) + Decimal(_hours(seconds))
    for person, hours in sorted(moved.items()):
        yield f"  Equity:Time:Unbilled:{draft.project}  {-sign * hours} HOUR"
        yield f'    person: "{person}"'
    if moved:
        total = sum(moved.values(), ZERO)
        yield f"  Equity:Time:Billed:{draft.project}  {sign * total} HOUR"


def _hours(seconds: int) -> str:
    ten_thousandths = (seconds * 20_000 + 3600) // 7200
    return f"{ten_thousandths // 10_000}.{ten_thousandths % 10_000:04}"
