"""Which expenses of an export are new, known, or changed since they were imported."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.importers.model import Refused
from projbill_beancount.importers.workcolumns import INVOICED
from projbill_beancount.ledger.expenses import amount_text
from projbill_beancount.ledger.facts import percent_text
from projbill_beancount.terms.names import nearest

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable
    from collections.abc import Sequence
    from datetime import date

    from projbill_beancount.importers.known_expenses import KnownExpenses
    from projbill_beancount.importers.model import Content
    from projbill_beancount.importers.model import ExpenseRow
    from projbill_beancount.ledger.expenses import SpentMoney

#: What makes two expenses equal: all that is billed or said, but not where the money came from.
COMPARED = (
    *("date", "project", "amount", "currency", "account", "billable", "markup", "tax"),
    *("person", "payee", "note"),
)
BILLED_TWICE = (
    "rows that the ledger has and the tool has invoiced: {}; see that no client is billed twice"
)
BY_HAND = (
    "rows that are new, and in the ledger from elsewhere with the same project, day and amount: {};"
    " see that no client is billed twice"
)


class ChangedExpense(NamedTuple):
    """A row that the ledger has with another content; the id is that of both.

    It is doubtful where nothing but the day says that it is the same. `invoiced` rows were billed
    in the tool.
    """

    line: int
    old: SpentMoney
    new: SpentMoney
    is_doubtful: bool = False
    invoiced: bool = False


class Expenses(NamedTuple):
    """What is to be done about the expenses of a file; new ones with their cells."""

    new: list[tuple[SpentMoney, Sequence[str]]]
    known: int
    changed: list[ChangedExpense]


def compare_expenses(content: Content, known: KnownExpenses) -> Expenses:
    """Tell new, known and changed expenses apart, and give new ones their ids.

    Rows whose accounts the ledger does not have are refused in `content`. What the export has no
    column for may have been added by hand, and makes no row a changed one.
    """
    by_base: dict[str, list[ExpenseRow]] = {}
    for row in _postable(content, known):
        by_base.setdefault(row.spent.id, []).append(row)
    new: list[ExpenseRow] = []
    changed: list[ChangedExpense] = []
    there: list[ExpenseRow] = []
    for base, same in by_base.items():
        _compare_base(base, same, known.of(base), (new, there, changed, content))
    new.sort(key=lambda row: row.line)
    if twice := sum(known.is_by_hand(row.spent) for row in new):
        content.notices.append(BY_HAND.format(twice))
    if marked := sum(row.invoiced for row in there):
        content.notices.append(BILLED_TWICE.format(marked))
    return Expenses([(row.spent, row.raw) for row in new], len(there), changed)


def _compare_base(
    base: str,
    rows: Sequence[ExpenseRow],
    free: dict[int, SpentMoney],
    verdict: tuple[list[ExpenseRow], list[ExpenseRow], list[ChangedExpense], Content],
) -> None:
    """As sessions of time are compared: equal ones first, in the order of contents.

    `free` are the known ones of the base by number; it is used up. `verdict` takes new ones, known
    ones, changed ones, and the count of those that were invoiced in the tool.
    """
    new, there, changed, content = verdict
    rest, following = [], max(free, default=0)
    for row in sorted(rows, key=lambda row: repr(_said(row.spent, COMPARED))):
        number = next((one for one, old in free.items() if _equal(row, old)), None)
        if number is None:
            rest.append(row)
        else:
            del free[number]
            there.append(row)
    one = len(rest) == len(free) == 1
    for row in rest:
        if row.invoiced and (not free or base.endswith("-")):
            content.skipped[INVOICED] += 1
        elif free:
            number = next(iter(free))
            old = free.pop(number)
            # What the export has no column for is as the ledger has it.
            kept = {name: getattr(old, name) for name in row.unsaid}
            spent = row.spent._replace(id=_name(base, number), **kept)
            doubtful = not one or (base.endswith("-") and not _alike(old, spent))
            changed.append(ChangedExpense(row.line, old, spent, doubtful, row.invoiced))
        else:
            following += 1
            new.append(row._replace(spent=row.spent._replace(id=_name(base, following))))


def _equal(row: ExpenseRow, old: SpentMoney) -> bool:
    said = [name for name in COMPARED if name not in row.unsaid]
    return _said(row.spent, said) == _said(old, said)


def _alike(old: SpentMoney, new: SpentMoney) -> bool:
    """Whether two expenses of a day without ids of their own seem to be the same one."""
    same = (old.amount, old.currency) == (new.amount, new.currency)
    texts = [(old.note, new.note), (old.payee, new.payee)]
    return old.project == new.project and (same or any(one and one == two for one, two in texts))


def _said(spent: SpentMoney, names: Iterable[str]) -> list[object]:
    return [getattr(spent, name) for name in names]


def _name(base: str, number: int) -> str:
    if base.endswith("-"):
        return f"{base}{number}"
    return base if number == 1 else f"{base}~{number}"


def _postable(content: Content, known: KnownExpenses) -> list[ExpenseRow]:
    """The rows whose accounts are open on their days; the others are refused.

    The reason is that of the account's first day, so that one `open` does for all rows.
    """
    first: dict[tuple[str, str], date] = {}
    for row in content.expenses:
        for account in (row.spent.account, row.spent.paid_from):
            key = account, row.spent.currency
            first[key] = min(first.get(key, row.spent.date), row.spent.date)
    kept = []
    for row in content.expenses:
        problem = _problem(row.spent, known, first)
        if problem and row.invoiced:
            content.skipped[INVOICED] += 1
        elif problem:
            content.refused.append(Refused(row.line, problem))
        else:
            kept.append(row)
    return kept


def _problem(spent: SpentMoney, known: KnownExpenses, first: dict[tuple[str, str], date]) -> str:
    if known.knows_roots and not spent.account.startswith(known.roots):
        costs, assets = known.roots
        return (
            f"{spent.account} is not under {costs}, nor under {assets} as what was paid in the"
            " client's name is"
        )
    if spent.account == spent.paid_from:
        return f"{spent.account} is on both sides; correct `account` or `from`"
    for account in (spent.account, spent.paid_from):
        if problem := known.closed(account, spent.date, spent.currency):
            day = first[account, spent.currency]
            problem = known.closed(account, day, spent.currency) or problem
            return problem + _hint(account, known)
    return ""


def _hint(account: str, known: KnownExpenses) -> str:
    there = known.names()
    near = None if account in there else nearest(account, there)
    return f"; or is it {near}?" if near else ""


def shown_expense(spent: SpentMoney) -> str:
    """An expense as a report on a changed row shows it."""
    words = {None: "", True: "billable", False: "not billable"}[spent.billable]
    markup = "" if spent.markup is None else f"+ {percent_text(spent.markup)}"
    texts = (spent.payee, words, markup, spent.tax, spent.person)
    said = ", ".join(filter(None, (*texts, f'"{spent.note}"' if spent.note else "")))
    amount = f"{amount_text(spent.amount, spent.currency)} {spent.currency}"
    head = f"{spent.date} {spent.project} {amount} {spent.account}"
    return head + (f" ({said})" if said else "")
