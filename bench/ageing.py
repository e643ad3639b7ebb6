"""Measures the ageing as of 36 month-ends against one load of the ledger without the plugin.

    .venv/bin/python -m bench.ageing

2,000 invoices to 40 clients over three years, 3,000 payments: in part, of several, too much, and
some that say nothing. Prints seconds and ratios.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from datetime import date
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING
from typing import Any

from beancount import loader
from beancount.core.data import Transaction

from projbill_beancount.evaluate import evaluate
from projbill_beancount.reports.ageing import ageing_data
from projbill_beancount.reports.ageing import receivables_of

if TYPE_CHECKING:
    from collections.abc import Sequence

CLIENTS, INVOICES, PAYMENTS, MONTHS = 40, 2000, 3000, 36
FIRST = date(2023, 1, 1)
RUNS = 5
AS_OF = date(2026, 1, 31)


def main() -> None:
    """Writes the ledger, measures in turn, and prints."""
    with tempfile.TemporaryDirectory(prefix="projbill-ageing-") as name:
        ledger, config = write(Path(name))
        measured = [_measure(ledger, config) for _ in range(RUNS)]
    print(f"{INVOICES:,} invoices, {PAYMENTS:,} payments, {MONTHS} month-ends, {RUNS} runs")
    print(f"  one load without the plugin   {median(load for load, _, _ in measured):8.3f} s")
    _print("ageing as of all of them", [(part, load) for load, part, _ in measured])
    _print("with all rows of its JSON", [(part, load) for load, _, part in measured])


def _print(label: str, parts: list[tuple[float, float]]) -> None:
    ratios = [part / load for part, load in parts]
    print(
        f"  {label:<28}  {median(part for part, _ in parts):8.3f} s  ÷ load {median(ratios):6.1%}"
        f"  (highest {max(ratios):.1%})"
    )


def write(folder: Path) -> tuple[str, str]:
    """The ledger and its configuration."""
    clients = [f"c{number:02}" for number in range(CLIENTS)]
    (folder / "contracts").mkdir()
    for client in clients:
        text = f"project: P-{client.upper()}\nclient: {client}\nbilling: time-and-materials\n"
        (folder / "contracts" / f"{client}.yaml").write_text(text + "rates: {default: 100}\n")
    names = "".join(f"  {client}: {{name: Client {client}}}\n" for client in clients)
    (folder / "projbill.yaml").write_text(
        f"company: {{name: Bench}}\nclients:\n{names}defaults: {{currency: EUR}}\n"
    )
    opens = "".join(
        f"2020-01-01 open Assets:Receivable:{client.upper()}\n"
        f"2020-01-01 open Income:Services:P-{client.upper()}\n"
        for client in clients
    )
    texts = [*map(_invoice, range(INVOICES)), *map(_payment, range(PAYMENTS))]
    ledger = folder / "main.beancount"
    ledger.write_text("2020-01-01 open Assets:Bank\n" + opens + "\n".join(texts))
    return str(ledger), str(folder / "projbill.yaml")


def _day(number: int) -> date:
    return FIRST + timedelta(days=number * MONTHS * 30 // INVOICES)


def _client(number: int) -> str:
    return f"C{number % CLIENTS:02}"


def _invoice(number: int) -> str:
    """One of 1,000.00 without tax, by hand."""
    client, day, name = _client(number), _day(number), f"INV-{number:05}"
    return (
        f'{day} * "Client" "{name}" #invoice ^{name}\n  invoice: "{name}"\n'
        f'  project: "P-{client}"\n  due: {day + timedelta(days=30)}\n'
        f"  Assets:Receivable:{client}  1000.00 EUR\n  Income:Services:P-{client}  -1000.00 EUR\n"
    )


def _payment(number: int) -> str:
    """The first 2,000 pay half of each invoice, most of the others the rest; some say nothing."""
    invoice = number % INVOICES
    client, name = _client(invoice), f"INV-{invoice:05}"
    rest = number >= INVOICES
    day = _day(invoice) + timedelta(days=60 if rest else 25)
    link = "" if number % 97 == 0 else f" ^{name}"
    amount = "550.00" if number % 89 == 0 else "500.00"
    return (
        f'{day} * "Client" "Payment"{link}\n  Assets:Bank  {amount} EUR\n'
        f"  Assets:Receivable:{client}  -{amount} EUR\n"
    )


def _measure(ledger: str, config: str) -> tuple[float, float, float]:
    """Seconds of a load, of the ageing of all month-ends, and of that with its data for people."""
    os.environ["BEANCOUNT_DISABLE_LOAD_CACHE"] = "1"
    start = time.perf_counter()
    entries, errors, options = loader.load_file(ledger)
    load = time.perf_counter() - start
    if errors:
        sys.exit(f"the measured ledger has errors: {errors[0].message}")
    facts = evaluate(entries, options, config, AS_OF).facts
    start = time.perf_counter()
    owed = list(receivables_of(facts).over(_month_ends()))
    computed = time.perf_counter() - start
    data = [ageing_data(one.day, one.accounts) for one in owed]
    ageing = time.perf_counter() - start
    _check(entries, owed[-1].day, sum((one.balance for one in owed[-1].accounts), Decimal(0)))
    if not all(data):
        sys.exit("a month has nothing open, so the measurement says little")
    return load, computed, ageing


def _check(entries: Sequence[Any], day: date, balance: Decimal) -> None:
    """Stops if the ageing does not come to the ledger's balance."""
    booked = Decimal(0)
    for entry in entries:
        for posting in entry.postings if isinstance(entry, Transaction) else ():
            if entry.date <= day and posting.account.startswith("Assets:Receivable:"):
                assert posting.units is not None
                booked += posting.units.number or 0
    if booked != balance:
        sys.exit(f"the ageing comes to {balance}, the ledger to {booked}")


def _month_ends() -> list[date]:
    firsts = [date(2023 + month // 12, month % 12 + 1, 1) for month in range(1, MONTHS + 1)]
    return [first - timedelta(days=1) for first in firsts]


if __name__ == "__main__":
    main()
