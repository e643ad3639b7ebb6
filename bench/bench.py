"""Measures the plugin against Beancount's own loading and prints ratios with their spread.

    make bench                        # the whole measurement, some minutes
    .venv/bin/python bench/bench.py --pairs 3

Every load runs in a fresh process without Beancount's cache, with and without the plugin line in
turn, so that a slow moment of the machine falls on both sides of a pair.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import NamedTuple

from bench import ledger

BENCH = Path(__file__).parent
PLUGIN = "projbill_beancount.plugins.billing"
# an import statement's own line: what it imports in turn stands further in
IMPORT_LINE = re.compile(r"import time:\s+\d+ \|\s+(\d+) \| (\S+)$", re.MULTILINE)
IMPORT_RUNS = 11
# without bytecode on disk our modules would be compiled at every load, and Beancount's not
UNFAIR = frozenset(("PYTHONDONTWRITEBYTECODE",))


class Size(NamedTuple):
    """A ledger of the bench: 5,000 time entries a person, eleven invoices a contract."""

    name: str
    people: int
    contracts: int


class Pair(NamedTuple):
    """Processor seconds of one load without and one with the plugin; `plugin` is its own part."""

    without: float
    with_plugin: float
    plugin: float


BIG = Size("100,000 entries, 200 contracts", 20, 200)
SAME_TERMS = Size("10,000 entries, 200 contracts", 2, 200)
SMALL = Size("10,000 entries, 20 contracts", 2, 20)


def main() -> None:
    """Measures all sizes and the import, and prints them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pairs", type=int, default=5, help="loads of each kind (5)")
    pairs = parser.parse_args().pairs
    print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, {pairs} pairs a size")
    own = {size: _measure_size(size, pairs) for size in (SMALL, SAME_TERMS, BIG)}
    print("\ngrowth of the plugin's own time, at most 11 wanted:")
    _print_growth("ten times the entries, contracts and invoices", own[SMALL], own[BIG])
    _print_growth("ten times the entries, same contracts and invoices", own[SAME_TERMS], own[BIG])
    _print_imports()


def _measure_size(size: Size, pairs: int) -> list[float]:
    with tempfile.TemporaryDirectory(prefix="projbill-bench-") as folder:
        written = ledger.write(Path(folder), size.people, size.contracts)
        measured = [_pair(_load(folder, "without"), _load(folder, "with")) for _ in range(pairs)]
    print(f"\n{size.name}, {written.invoices:,} invoices")
    print(f"  load without the plugin  {median(pair.without for pair in measured):8.2f} s")
    _print_spread("load with ÷ without", [pair.with_plugin / pair.without - 1 for pair in measured])
    _print_spread("plugin's own ÷ without", [pair.plugin / pair.without for pair in measured])
    return [pair.plugin for pair in measured]


def _pair(without: dict[str, float], with_plugin: dict[str, float]) -> Pair:
    return Pair(without["cpu"], with_plugin["cpu"], with_plugin["plugin"])


def _load(folder: str, name: str) -> dict[str, float]:
    path = f"{folder}/{name}.beancount"
    answer = _python([str(BENCH / "load.py"), path], BEANCOUNT_DISABLE_LOAD_CACHE="1").stdout
    result: dict[str, float] = json.loads(answer)
    if result["errors"]:
        sys.exit(f"the measured ledger has errors, so the measurement says nothing:\n{answer}")
    if name == "with" and not result["drafts"]:
        sys.exit(f"{path}: the plugin made no draft, so the measurement says nothing")
    return result


def _print_spread(label: str, ratios: list[float]) -> None:
    print(
        f"  {label:<24} {median(ratios):+8.1%}  (lowest {min(ratios):+.1%},"
        f" highest {max(ratios):+.1%})"
    )


def _print_growth(label: str, small: list[float], big: list[float]) -> None:
    ratios = sorted(much / little for little, much in zip(small, big, strict=True))
    print(f"  {label}: {median(ratios):.1f}  (lowest {ratios[0]:.1f}, highest {ratios[-1]:.1f})")


def _print_imports() -> None:
    shares = [_import_share() for _ in range(IMPORT_RUNS)]
    print(
        f"\nimport of the plugin ÷ import beancount.loader, at most 40 % wanted:\n"
        f"  {median(shares):.1%}  (lowest {min(shares):.1%}, highest {max(shares):.1%})"
    )


def _import_share() -> float:
    code = f"import beancount.loader\nimport {PLUGIN}"
    log = _python(["-X", "importtime", "-c", code]).stderr
    cost = {found[2]: int(found[1]) for found in IMPORT_LINE.finditer(log)}
    return cost[PLUGIN] / cost["beancount.loader"]


def _python(arguments: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, *arguments],
        env={k: v for k, v in os.environ.items() if k not in UNFAIR} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{' '.join(arguments)} failed:\n{done.stderr}")
    return done


if __name__ == "__main__":
    main()
